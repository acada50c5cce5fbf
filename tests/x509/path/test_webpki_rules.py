"""The profile for servers on the public web: each rule of the Baseline Requirements broken in turn."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import (
    AccessDescription,
    AuthorityInfoAccess,
    AuthorityKeyIdentifier,
    ExtendedKeyUsage,
    Extension,
    GeneralName,
    GeneralSubtree,
    KeyUsage,
    NameConstraints,
    SubjectAltName,
    SubjectKeyIdentifier,
)
from gmpki.asn1.rfc5280.name import Name
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import build_name
from gmpki.x509.path import PROFILE_REASONS, AnchorRules, PathProfile, ValidatedPath
from x509.path.paths import ROOT, SIGN, SUB, USER, Party, extension, issue, refused, sub, validate

WEB: dict[str, Any] = {"profile": PathProfile.WEBPKI}
SERVER = ExtendedKeyUsage((oids.SERVER_AUTH,))
HOST = "www.example.cn"


def server(*more: Any, common_name: str | None = None, **changes: Any) -> Certificate:
    """Issue the certificate of a server that follows the Requirements."""
    names = [] if common_name is None else [("CN", common_name)]
    options: dict[str, Any] = {"hosts": (HOST,), "subject_name": build_name(("C", "CN"), *names), **changes}
    kinds = [item.extn_id if isinstance(item, Extension) else item.OID for item in more]
    return issue(USER, SUB, *([] if oids.EXTENDED_KEY_USAGE in kinds else [SERVER]), *more, **options)


def accepted(leaf: Certificate, *between: Certificate, **changes: Any) -> ValidatedPath:
    return validate(leaf, *(between or (sub(),)), **{**WEB, **changes})


def alternative(*names: GeneralName, critical: bool = False) -> Extension:
    return extension(SubjectAltName(names), critical)


def test_a_good_server() -> None:
    assert accepted(server()).departures == ()
    assert accepted(server(common_name=HOST)).departures == ()
    nameless = server(alternative(GeneralName.dns(HOST), critical=True), subject_name=Name())
    assert accepted(nameless).departures == ()


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("subject-alt-name", {"hosts": ()}),
        ("subject-alt-name", {"more": [alternative(GeneralName.dns(HOST), critical=True)]}),
        ("subject-alt-name", {"more": [alternative(GeneralName.dns(HOST), GeneralName.email("a@example.cn"))]}),
        ("subject-alt-name", {"more": [alternative(GeneralName.uri("http://example.cn/"))]}),
        ("subject-alt-name", {"hosts": ("*.cn",)}),
        ("common-name", {"common_name": "other.example.cn"}),
        ("common-name", {"common_name": "WWW.example.cn"}),
        ("common-name", {"subject_name": build_name(("CN", HOST), ("CN", HOST))}),
        ("webpki-extension", {"ca": True}),
        ("webpki-extension", {"more": [ExtendedKeyUsage((oids.CLIENT_AUTH,))]}),
        ("webpki-extension", {"more": [ExtendedKeyUsage((oids.SERVER_AUTH, oids.ANY_EXTENDED_KEY_USAGE))]}),
        ("webpki-extension", {"more": [extension(SERVER, True)]}),
        ("webpki-extension", {"issuer_unique_id": b"1"}),
        ("webpki-extension", {"more": [AuthorityInfoAccess((AccessDescription(oids.AD_OCSP, GeneralName.dns("a")),))]}),
        ("webpki-extension", {"more": [AuthorityInfoAccess(
            (AccessDescription(oids.AD_TIME_STAMPING, GeneralName.uri("http://a")),))]}),
        ("webpki-extension", {"more": [Extension(oids.AUTHORITY_INFO_ACCESS, False, b"\x30\0")], "lenient": True}),
        ("authority-key-identifier", {"more": [AuthorityKeyIdentifier(b"1", (GeneralName.dns("a"),), 1)]}),
        ("version", {"version": 1, "lenient": True}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_server(reason: str, changes: dict[str, Any]) -> None:
    changes = dict(changes)
    leaf = server(*changes.pop("more", ()), **changes)
    assert refused(reason, leaf, sub(), **WEB).certificate == leaf
    found = accepted(leaf, tolerated=frozenset({reason}))
    assert {departure.reason for departure in found.departures} == {reason}


def test_versions_without_extensions() -> None:
    """Everything else that is missing for want of extensions is tolerated, the version is not."""
    everything = PROFILE_REASONS - {"version"}
    gone = (KeyUsage, SubjectKeyIdentifier, AuthorityKeyIdentifier)
    for version in (1, 2):
        leaf = issue(USER, SUB, version=version, without=gone)
        assert not len(leaf.extensions)
        refused("version", leaf, sub(), tolerated=everything, **WEB)
        assert validate(leaf, sub(), tolerated=everything).chain


def test_without_ext_key_usage_it_is_no_server() -> None:
    leaf = issue(USER, SUB, hosts=(HOST,), subject_name=build_name(("C", "CN")))
    refused("webpki-extension", leaf, sub(), **WEB)


@pytest.mark.parametrize(
    ("common_name", "good"),
    [
        ("192.0.2.1", True),
        ("2001:db8::1", True),
        ("*.example.cn", True),
        ("192.000.002.001", False),
        ("0xC0000201", False),
        ("2001:DB8::1", False),
        ("2001:db8:0::1", False),
        ("example.cn", False),
        ("a.example.cn", False),
        ("Example.cn", False),
        ("192.0.2.2", False),
        ("", False),
    ],
)
def test_the_common_name_is_a_copy(common_name: str, good: bool) -> None:
    names = GeneralName.ip("192.0.2.1"), GeneralName.ip("2001:db8::1"), GeneralName.dns("*.example.cn")
    leaf = server(alternative(*names), subject_name=build_name(("C", "CN"), ("CN", common_name or "x" * 3)))
    if good:
        assert accepted(leaf).departures == ()
    else:
        refused("common-name", leaf, sub(), **WEB)


def test_authorities() -> None:
    leaf = server()
    plain = issue(SUB, ROOT, ca=True, without=(KeyUsage,))
    assert refused("webpki-extension", leaf, plain, **WEB).certificate == plain
    named = issue(SUB, ROOT, AuthorityKeyIdentifier(b"1", (GeneralName.dns("a"),), 1), ca=True)
    assert refused("authority-key-identifier", leaf, named, **WEB).certificate == named
    loose = extension(NameConstraints(permitted=(GeneralSubtree(GeneralName.dns("example.cn")),)), False)
    constrained = issue(SUB, ROOT, loose, ca=True)
    assert accepted(leaf, constrained).departures == ()
    refused("name-constraints-form", leaf, constrained)


@pytest.mark.parametrize(
    ("reason", "more"),
    [
        ("webpki-extension", [SERVER]),
        ("authority-key-identifier", [AuthorityKeyIdentifier(b"another")]),
        ("authority-key-identifier", [AuthorityKeyIdentifier(None, (GeneralName.dns("a"),), 1)]),
        ("authority-key-identifier", [AuthorityKeyIdentifier(ROOT.identifier, (GeneralName.dns("a"),), 1)]),
    ],
)
def test_roots(reason: str, more: list[Any]) -> None:
    anchor = issue(ROOT, ROOT, *more, ca=True)
    options = {**WEB, "anchors": [anchor], "anchor_rules": AnchorRules.CERTIFICATE}
    assert refused(reason, server(), sub(), **options).certificate == anchor
    assert accepted(server(), anchors=[anchor]).departures == ()
    good = issue(ROOT, ROOT, AuthorityKeyIdentifier(ROOT.identifier), ca=True)
    assert accepted(server(), anchors=[good], anchor_rules=AnchorRules.CERTIFICATE).departures == ()


def other_key(kind: str) -> Any:
    """Return the public key of another kind, as a certificate has it."""
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    makers = {
        "rsa-2048": lambda: rsa.generate_private_key(65537, 2048),
        "rsa-1024": lambda: rsa.generate_private_key(65537, 1024),
        "rsa-2052": lambda: rsa.generate_private_key(65537, 2052),
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p192": lambda: ec.generate_private_key(ec.SECP192R1()),
        "k1": lambda: ec.generate_private_key(ec.SECP256K1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "dsa": lambda: dsa.generate_private_key(1024),
    }
    return makers[kind]().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class AnyKey:
    """A party's key that is only looked at."""

    def __init__(self, encoded: bytes) -> None:
        self.public_key = self
        self._encoded = encoded

    def to_der(self) -> bytes:
        return self._encoded


@pytest.mark.parametrize(
    ("kind", "good"),
    [("rsa-2048", True), ("p256", True), ("rsa-1024", False), ("rsa-2052", False), ("p192", False), ("k1", False),
     ("ed25519", False), ("dsa", False)],
)  # fmt: skip
def test_keys(kind: str, good: bool) -> None:
    party = Party("服务器", key=AnyKey(other_key(kind)))
    leaf = issue(party, SUB, SERVER, hosts=(HOST,), subject_name=build_name(("C", "CN")))
    if good:
        assert accepted(leaf).departures == ()
    else:
        refused("key", leaf, sub(), **WEB)
        assert validate(leaf, sub()).departures == ()  # RFC 5280 says nothing about keys that are only certified


@pytest.mark.parametrize("broken", [b"", b"\x30\0", b"\x30\x03\x02\x01\x00", b"\x30\x03\x02\x01\xff", b"\x05\0"])
def test_rsa_keys_that_are_none(broken: bytes) -> None:
    algorithm = der.encode_sequence(der.encode_oid(oids.RSA_ENCRYPTION), der.encode_null())
    encoded = der.encode_sequence(algorithm, der.encode_bit_string(broken))
    leaf = issue(Party("服务器", key=AnyKey(encoded)), SUB, SERVER, hosts=(HOST,), subject_name=build_name(("C", "CN")))
    refused("key", leaf, sub(), **WEB)


@pytest.mark.parametrize("parameters", [b"", der.encode_null(), der.encode_sequence(), der.encode_oid("1.2.3")])
def test_curves_that_are_not_named(parameters: bytes) -> None:
    algorithm = der.encode_sequence(der.encode_oid(oids.EC_PUBLIC_KEY), parameters)
    encoded = der.encode_sequence(algorithm, der.encode_bit_string(b"\x04" + bytes(64)))
    party = Party("服务器", key=AnyKey(encoded))
    leaf = issue(party, SUB, SERVER, hosts=(HOST,), subject_name=build_name(("C", "CN")), lenient=True)
    refused("key", leaf, sub(), **WEB)


def test_signature_algorithms() -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    from gmpki.keys.loader import load_private_key

    made = ed25519.Ed25519PrivateKey.generate()
    authority = Party(
        "爱德华", key=load_private_key(made.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    )
    anchor = issue(authority, authority, ca=True)
    leaf = issue(USER, authority, SERVER, hosts=(HOST,), subject_name=build_name(("C", "CN")))
    error = refused("signature-algorithm", leaf, anchors=[anchor], **WEB)
    assert error.certificate == leaf
    assert validate(leaf, anchors=[anchor]).departures == ()


def test_the_other_profile_asks_for_none_of_this() -> None:
    leaf = issue(USER, SUB, usage=SIGN)
    assert validate(leaf, sub()).departures == ()
    refused("subject-alt-name", leaf, sub(), **WEB)
    assert SubjectKeyIdentifier in leaf.extensions
