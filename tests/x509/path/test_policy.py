"""What a caller may ask: the fields of PathPolicy, and purposes."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields
from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1.rfc5280 import ExtendedKeyUsage, GeneralName, GeneralSubtree, KeyUsage, KeyUsages
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.x509.path import DEFAULT_PATH_POLICY, PathPolicy, PeerName, Purpose, RevocationMode
from gmpki.x509.path.facts import Facts
from gmpki.x509.path.purposes import purpose_problem
from x509.path.paths import SIGN, SUB, USER, extension, issue, refused, sub, validate

ENCRYPT = KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT
_U = KeyUsages


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("profile", "rfc5280"),
        ("profile", None),
        ("max_depth", "8"),
        ("max_depth", True),
        ("max_candidates", 1.5),
        ("max_signatures", None),
        ("max_name_comparisons", b"1"),
        ("key_usage", 1),
        ("key_usage", "digitalSignature"),
        ("extended_key_usage", oids.SERVER_AUTH),
        ("extended_key_usage", [oids.SERVER_AUTH]),
        ("extended_key_usage", (1,)),
        ("purpose", "signing"),
        ("peer_names", PeerName.dns("a.cn")),
        ("peer_names", ("a.cn",)),
        ("peer_names", ("DNS:a.cn", PeerName.dns("a.cn"))),
        ("initial_policies", {oids.ANY_POLICY}),
        ("initial_policies", frozenset({1})),
        ("require_explicit_policy", 1),
        ("inhibit_policy_mapping", None),
        ("inhibit_any_policy", "no"),
        ("permitted", GeneralSubtree(GeneralName.dns("a.cn"))),
        ("permitted", (GeneralName.dns("a.cn"),)),
        ("excluded", ("a.cn",)),
        ("revocation", "hard"),
        ("signatures", None),
        ("anchor_rules", "certificate"),
        ("tolerated", {"criticality"}),
        ("tolerated", frozenset({1})),
        ("understood", ("1.2.3",)),
        ("understood", frozenset({None})),
    ],
)
def test_wrong_types(field: str, value: Any) -> None:
    with pytest.raises(InvalidTypeError, match=field):
        PathPolicy(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_depth", -1),
        ("max_depth", 256),
        ("max_candidates", 0),
        ("max_candidates", 1 << 40),
        ("max_signatures", 0),
        ("max_name_comparisons", -1),
        ("extended_key_usage", ("serverAuth",)),
        ("initial_policies", frozenset()),
        ("initial_policies", frozenset({"any"})),
        ("understood", frozenset({"1.2.x"})),
        ("tolerated", frozenset({"expired"})),
        ("tolerated", frozenset({"signature"})),
        ("tolerated", frozenset({"name-constraints"})),
        ("tolerated", frozenset({"no such reason"})),
    ],
)
def test_wrong_values(field: str, value: Any) -> None:
    with pytest.raises(InvalidInputError):
        PathPolicy(**{field: value})


def test_it_is_immutable_and_can_be_a_key() -> None:
    with pytest.raises(FrozenInstanceError):
        DEFAULT_PATH_POLICY.max_depth = 1  # type: ignore[misc]
    assert PathPolicy() == DEFAULT_PATH_POLICY
    assert len({PathPolicy(), PathPolicy(max_depth=1), DEFAULT_PATH_POLICY}) == 2
    assert pickle.loads(pickle.dumps(PathPolicy(purpose=Purpose.SIGNING))).purpose is Purpose.SIGNING


def test_every_field_is_checked_and_documented() -> None:
    document = PathPolicy.__doc__ or ""
    for field in fields(PathPolicy):
        assert f":ivar {field.name}:" in document
        with pytest.raises(InvalidTypeError):
            PathPolicy(**{field.name: object()})  # type: ignore[arg-type]


def test_modes_have_stable_names() -> None:
    assert [mode.value for mode in RevocationMode] == ["hard", "soft", "none"]


# ---- purposes --------------------------------------------------------------------------------
GOOD = {
    Purpose.SIGNING: (SIGN, ()),
    Purpose.ENCRYPTION: (ENCRYPT, ()),
    Purpose.TLS_SERVER: (_U.DIGITAL_SIGNATURE, (oids.SERVER_AUTH,)),
    Purpose.TLS_CLIENT: (_U.DIGITAL_SIGNATURE, (oids.CLIENT_AUTH,)),
    Purpose.TLCP_SERVER_SIGNING: (SIGN, (oids.SERVER_AUTH,)),
    Purpose.TLCP_SERVER_ENCRYPTION: (ENCRYPT, (oids.SERVER_AUTH,)),
    Purpose.TLCP_CLIENT_SIGNING: (SIGN, (oids.CLIENT_AUTH,)),
    Purpose.TLCP_CLIENT_ENCRYPTION: (ENCRYPT, (oids.CLIENT_AUTH,)),
    Purpose.TIME_STAMPING: (SIGN, (oids.TIME_STAMPING,)),
    Purpose.OCSP_SIGNING: (SIGN, (oids.OCSP_SIGNING,)),
}
PAIRED = [purpose for purpose in Purpose if not purpose.value.startswith("tls-")][:2] + [
    purpose for purpose in Purpose if purpose.value.startswith("tlcp-")
]


def made(usage: KeyUsages | None, purposes: tuple[Any, ...], critical: bool) -> Any:
    more = [extension(ExtendedKeyUsage(purposes), critical)] if purposes else []
    return issue(USER, SUB, *more, **({"without": (KeyUsage,)} if usage is None else {"usage": usage}))


@pytest.mark.parametrize("purpose", list(Purpose))
def test_what_serves_a_purpose(purpose: Purpose) -> None:
    usage, purposes = GOOD[purpose]
    assert validate(made(usage, purposes, purpose is Purpose.TIME_STAMPING), sub(), purpose=purpose).chain


@pytest.mark.parametrize("purpose", list(Purpose))
def test_what_serves_none_of_them(purpose: Purpose) -> None:
    _, purposes = GOOD[purpose]
    critical = purpose is Purpose.TIME_STAMPING
    refused("key-usage", made(_U.ENCIPHER_ONLY, purposes, critical), sub(), purpose=purpose)
    if purposes:
        usage = GOOD[purpose][0]
        refused("extended-key-usage", made(usage, (oids.CODE_SIGNING,), critical), sub(), purpose=purpose)


@pytest.mark.parametrize("purpose", PAIRED)
def test_without_key_usage_the_certificates_of_a_pair_cannot_be_told_apart(purpose: Purpose) -> None:
    refused("key-usage", made(None, GOOD[purpose][1], False), sub(), purpose=purpose)


@pytest.mark.parametrize("purpose", [Purpose.TLS_SERVER, Purpose.TLS_CLIENT])
def test_without_key_usage_anything_goes_in_tls(purpose: Purpose) -> None:
    assert validate(made(None, GOOD[purpose][1], False), sub(), purpose=purpose).chain


def test_the_two_certificates_of_a_pair_are_not_mixed_up() -> None:
    signing, encryption = made(SIGN, (), False), made(ENCRYPT, (), False)
    for purpose in PAIRED:
        good, bad = (encryption, signing) if "encryption" in purpose.value else (signing, encryption)
        assert purpose_problem(Facts(good), purpose) is None
        problem = purpose_problem(Facts(bad), purpose)
        assert problem is not None
        assert problem[0] == "key-usage"


def test_messages_name_bits_as_the_standard_does() -> None:
    error = refused("key-usage", made(_U.DIGITAL_SIGNATURE, (), False), sub(), key_usage=_U.CRL_SIGN | _U.KEY_CERT_SIGN)
    assert "keyUsage lacks keyCertSign, cRLSign; it has digitalSignature" in str(error)
