"""Lists that ``cryptography`` and gmpki build have the same bytes; each reads the other's; asn1crypto agrees."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import crl as asn1crypto_crl
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from gmpki.asn1.rfc5280 import (
    AuthorityKeyIdentifier,
    DistributionPoint,
    DistributionPointName,
    FreshestCRL,
    GeneralName,
    IssuingDistributionPoint,
    ReasonCode,
    ReasonFlags,
)
from gmpki.errors import InvalidSignature
from gmpki.keys.loader import load_private_key
from gmpki.x509.certificate import load_certificate
from gmpki.x509.crl import CertificateRevocationList, load_crl
from gmpki.x509.crl_builder import MAX_NUMBER, CRLBuilder, Revocation
from gmpki.x509.names import build_name
from gmpki.x509.signatures import LENIENT_SIGNATURES
from x509.crl_world import NOW, Authority

DAY = timedelta(days=1)
NAME = build_name(("C", "CN"), ("O", "示例市测试机构"), ("CN", "示例根"))
PEER_NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "示例市测试机构"),
        x509.NameAttribute(NameOID.COMMON_NAME, "示例根"),
    ]
)
OTHER = build_name(("CN", "甲"))
PEER_OTHER = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "甲")])
PEER_REASONS = {
    ReasonCode.UNSPECIFIED: x509.ReasonFlags.unspecified,
    ReasonCode.KEY_COMPROMISE: x509.ReasonFlags.key_compromise,
    ReasonCode.CA_COMPROMISE: x509.ReasonFlags.ca_compromise,
    ReasonCode.AFFILIATION_CHANGED: x509.ReasonFlags.affiliation_changed,
    ReasonCode.SUPERSEDED: x509.ReasonFlags.superseded,
    ReasonCode.CESSATION_OF_OPERATION: x509.ReasonFlags.cessation_of_operation,
    ReasonCode.CERTIFICATE_HOLD: x509.ReasonFlags.certificate_hold,
    ReasonCode.REMOVE_FROM_CRL: x509.ReasonFlags.remove_from_crl,
    ReasonCode.PRIVILEGE_WITHDRAWN: x509.ReasonFlags.privilege_withdrawn,
    ReasonCode.AA_COMPROMISE: x509.ReasonFlags.aa_compromise,
}
KEYS = {
    "p256": ec.generate_private_key(ec.SECP256R1()),
    "rsa": rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


def ours(key: Any) -> Any:
    encoded = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return load_private_key(encoded)


def peer_entry(entry: Revocation, issuer: x509.Name | None = None) -> x509.RevokedCertificate:
    builder = x509.RevokedCertificateBuilder(entry.serial_number, entry.revocation_date.replace(tzinfo=None))
    if entry.reason not in (None, ReasonCode.UNSPECIFIED):
        builder = builder.add_extension(x509.CRLReason(PEER_REASONS[entry.reason]), critical=False)
    if entry.invalidity_date is not None:
        builder = builder.add_extension(x509.InvalidityDate(entry.invalidity_date.replace(tzinfo=None)), critical=False)
    if issuer is not None:
        builder = builder.add_extension(x509.CertificateIssuer([x509.DirectoryName(issuer)]), critical=True)
    return builder.build()


def peer_crl(
    entries: list[x509.RevokedCertificate], *extensions: tuple[Any, bool], key: Any = KEYS["p256"]
) -> x509.CertificateRevocationList:
    builder = x509.CertificateRevocationListBuilder(
        PEER_NAME, NOW.replace(tzinfo=None), (NOW + DAY).replace(tzinfo=None), [], entries
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())


def builder(entries: list[Revocation], **changes: Any) -> CRLBuilder:
    return CRLBuilder(issuer=NAME, this_update=NOW, next_update=NOW + DAY, number=7, entries=entries, **changes)


MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=timezone.utc)
)
REVOCATIONS = st.builds(
    Revocation,
    st.integers(1, MAX_NUMBER),
    MOMENTS,
    st.none() | st.sampled_from([reason for reason in ReasonCode if reason is not ReasonCode.REMOVE_FROM_CRL]),
    st.none() | MOMENTS,
)


@given(st.lists(REVOCATIONS, max_size=6, unique_by=lambda entry: entry.serial_number))
def test_entries_have_the_same_bytes(entries: list[Revocation]) -> None:
    peer = peer_crl([peer_entry(entry) for entry in entries], (x509.CRLNumber(7), False))
    crl = builder(entries).sign(ours(KEYS["p256"]))
    assert crl.tbs_der == peer.tbs_certlist_bytes
    read = CertificateRevocationList.from_der(peer.public_bytes(serialization.Encoding.DER))
    assert read.quirks == ()
    assert list(read) == list(crl)
    for entry in entries:
        found = read.find(entry.serial_number)
        assert found is not None
        wanted = None if entry.reason is ReasonCode.UNSPECIFIED else entry.reason
        assert (found.revocation_date, found.reason, found.invalidity_date) == (
            entry.revocation_date,
            wanted,
            entry.invalidity_date,
        )


URI = "http://crl.example.cn/1.crl"
FULL = DistributionPointName((GeneralName.uri(URI),))
PEER_FULL = [x509.UniformResourceIdentifier(URI)]


def peer_scope(**changes: Any) -> x509.IssuingDistributionPoint:
    fields: dict[str, Any] = {
        "full_name": None,
        "relative_name": None,
        "only_contains_user_certs": False,
        "only_contains_ca_certs": False,
        "only_some_reasons": None,
        "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }
    return x509.IssuingDistributionPoint(**(fields | changes))


FLAGS = ReasonFlags.KEY_COMPROMISE | ReasonFlags.AA_COMPROMISE
PEER_FLAGS = frozenset((x509.ReasonFlags.key_compromise, x509.ReasonFlags.aa_compromise))
CASES: dict[str, tuple[dict[str, Any], list[tuple[Any, bool]]]] = {
    "key identifier": (
        {"authority_key_identifier": AuthorityKeyIdentifier(b"identifier")},
        [(x509.AuthorityKeyIdentifier(b"identifier", None, None), False), (x509.CRLNumber(7), False)],
    ),
    "delta": ({"delta_base": 5}, [(x509.CRLNumber(7), False), (x509.DeltaCRLIndicator(5), True)]),
    "freshest": (
        {"freshest_crl": FreshestCRL((DistributionPoint(FULL),))},
        [
            (x509.CRLNumber(7), False),
            (x509.FreshestCRL([x509.DistributionPoint(PEER_FULL, None, None, None)]), False),
        ],
    ),
    **{
        name: (
            {"issuing_distribution_point": IssuingDistributionPoint(**mine)},
            [(x509.CRLNumber(7), False), (peer_scope(**theirs), True)],
        )
        for name, mine, theirs in (
            ("point", {"distribution_point": FULL}, {"full_name": PEER_FULL}),
            ("users", {"only_contains_user_certs": True}, {"only_contains_user_certs": True}),
            ("authorities", {"only_contains_ca_certs": True}, {"only_contains_ca_certs": True}),
            ("attributes", {"only_contains_attribute_certs": True}, {"only_contains_attribute_certs": True}),
            ("reasons", {"only_some_reasons": FLAGS}, {"only_some_reasons": PEER_FLAGS}),
            ("indirect", {"indirect_crl": True}, {"indirect_crl": True}),
            (
                "relative",
                {"distribution_point": DistributionPointName(relative_name=OTHER.rdns[0])},
                {"relative_name": PEER_OTHER.rdns[0]},
            ),
        )
    },
}


@pytest.mark.parametrize("case", CASES)
def test_extensions_have_the_same_bytes(case: str) -> None:
    changes, extensions = CASES[case]
    peer = peer_crl([], *extensions)
    crl = builder([], **changes).sign(ours(KEYS["p256"]))
    assert crl.tbs_der == peer.tbs_certlist_bytes
    read = CertificateRevocationList.from_der(peer.public_bytes(serialization.Encoding.DER))
    assert read.extensions == crl.extensions
    assert read.issuing_distribution_point == changes.get("issuing_distribution_point")


def test_an_indirect_list_has_the_same_bytes() -> None:
    entries = [Revocation(1, NOW), Revocation(2, NOW, certificate_issuer=OTHER), Revocation(3, NOW)]
    scope = (peer_scope(indirect_crl=True), True)
    issuers = (None, PEER_OTHER, PEER_NAME)
    peer = peer_crl(
        [peer_entry(entry, issuer) for entry, issuer in zip(entries, issuers, strict=True)],
        (x509.CRLNumber(7), False),
        scope,
    )
    crl = builder(entries, issuing_distribution_point=IssuingDistributionPoint(indirect_crl=True))
    assert crl.sign(ours(KEYS["p256"])).tbs_der == peer.tbs_certlist_bytes
    read = CertificateRevocationList.from_der(peer.public_bytes(serialization.Encoding.DER))
    assert [entry.issuer for entry in read] == [NAME, OTHER, NAME]


@pytest.mark.parametrize("kind", KEYS)
def test_signatures_both_ways(kind: str) -> None:
    key = KEYS[kind]
    peer = peer_crl([peer_entry(Revocation(5, NOW))], key=key)
    load_crl(peer.public_bytes(serialization.Encoding.PEM)).verify_signature(ours(key).public_key)
    mine = builder([Revocation(5, NOW)]).sign(ours(key))
    assert x509.load_der_x509_crl(mine.der).is_signature_valid(key.public_key())
    assert not x509.load_der_x509_crl(mine.der[:-1] + bytes((mine.der[-1] ^ 1,))).is_signature_valid(key.public_key())


@given(st.lists(REVOCATIONS, max_size=5))
def test_asn1crypto_reads_the_same(entries: list[Revocation]) -> None:
    crl = builder(entries).sign(Authority().key)
    peer = asn1crypto_crl.CertificateList.load(crl.der, strict=True)
    listed = peer["tbs_cert_list"]["revoked_certificates"]
    theirs = [(item["user_certificate"].native, item["revocation_date"].native) for item in listed]
    assert theirs == [(entry.serial_number, entry.revocation_date) for entry in crl]
    assert peer.issuer.dump() == crl.issuer.to_der()
    assert peer.crl_number_value.native == crl.crl_number


def test_outside_lists(test_data: Path) -> None:
    """Lists of other makers are read strictly; each that has its issuer's certificate beside it is verified."""
    certificates = [
        load_certificate(path.read_bytes(), lenient=True)
        for path in sorted((test_data / "objects" / "certificate").iterdir())
    ]
    verified = 0
    files = sorted((test_data / "objects" / "crl").iterdir())
    for path in files:
        crl = load_crl(path.read_bytes())
        assert crl.to_der() == path.read_bytes()
        assert [entry.serial_number for entry in crl] == [
            item.serial_number for item in x509.load_der_x509_crl(path.read_bytes())
        ]
        for certificate in certificates:
            if certificate.subject == crl.issuer:
                with contextlib.suppress(InvalidSignature):  # another key of that name
                    crl.verify_signature(certificate, policy=LENIENT_SIGNATURES)
                    verified += 1
    assert files
    assert verified
