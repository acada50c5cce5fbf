"""Pairs: what belongs together is found in any order, and every mix-up is refused by its own reason."""

from __future__ import annotations

import copy
import pickle
from datetime import timedelta
from typing import Any

import pytest

import hostile
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    ValidationError,
)
from gmpki.keys.sm2 import PointFormat
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.names import build_name
from gmpki.x509.pair import MAX_CERTIFICATES, CertificatePair, load_pair
from x509.pair_examples import (
    AT,
    DAY,
    ENCRYPTION_USAGES,
    OWNER,
    ROOT_KEY,
    ROOT_NAME,
    SIGNING_USAGES,
    STRANGER,
    certificate,
    key,
    root,
)

SIGNING = certificate(SIGNING_USAGES, 21)
ENCRYPTION = certificate(ENCRYPTION_USAGES, 22)
PAIR = CertificatePair(SIGNING, ENCRYPTION)
MIXED = SIGNING_USAGES | ENCRYPTION_USAGES


def refusal(signing: Certificate, encryption: Certificate) -> str:
    with pytest.raises(ValidationError) as caught:
        CertificatePair(signing, encryption)
    assert str(caught.value)
    return caught.value.reason


# ---- a good pair ------------------------------------------------------------------------
def test_what_a_pair_tells() -> None:
    assert (PAIR.signing, PAIR.encryption) == (SIGNING, ENCRYPTION)
    assert (PAIR.subject, PAIR.issuer) == (OWNER, ROOT_NAME)
    assert (PAIR.not_before, PAIR.not_after) == (AT, AT + 365 * DAY)
    later = certificate(ENCRYPTION_USAGES, 22, not_before=AT + DAY, not_after=AT + 2 * DAY)
    assert (CertificatePair(SIGNING, later).not_before, CertificatePair(SIGNING, later).not_after) == (
        AT + DAY,
        AT + 2 * DAY,
    )


def test_it_is_a_value() -> None:
    again = CertificatePair(SIGNING, ENCRYPTION)
    assert again == PAIR
    assert hash(again) == hash(PAIR)
    assert pickle.loads(pickle.dumps(PAIR)) == PAIR
    assert copy.copy(PAIR) == PAIR
    with pytest.raises(AttributeError):
        PAIR.signing = ENCRYPTION  # type: ignore[misc]


@pytest.mark.parametrize("signing", [KeyUsages.DIGITAL_SIGNATURE, KeyUsages.NON_REPUDIATION, SIGNING_USAGES])
@pytest.mark.parametrize("encryption", [KeyUsages.KEY_ENCIPHERMENT, KeyUsages.KEY_AGREEMENT, ENCRYPTION_USAGES])
def test_some_of_the_usages_suffice(signing: KeyUsages, encryption: KeyUsages) -> None:
    CertificatePair(certificate(signing, 21), certificate(encryption, 22))


def test_names_that_match_without_being_equal_bytes() -> None:
    spaced = build_name(("C", "cn"), ("O", "Example  Bureau"), ("CN", "example bureau"))
    plain = build_name(("C", "CN"), ("O", "example bureau"), ("CN", "Example Bureau"))
    CertificatePair(certificate(SIGNING_USAGES, 21, subject=spaced), certificate(ENCRYPTION_USAGES, 22, subject=plain))


# ---- mix-ups ----------------------------------------------------------------------------
MIX_UPS: list[tuple[str, Certificate, Certificate]] = [
    ("pair-swapped", ENCRYPTION, SIGNING),
    ("pair-usage", SIGNING, SIGNING),
    ("pair-usage", ENCRYPTION, ENCRYPTION),
    ("pair-usage", SIGNING, certificate(SIGNING_USAGES, 22)),
    ("pair-usage", certificate(ENCRYPTION_USAGES, 21), ENCRYPTION),
    ("pair-usage", certificate(MIXED, 21), ENCRYPTION),
    ("pair-usage", SIGNING, certificate(MIXED, 22)),
    ("pair-usage", SIGNING, certificate(ENCRYPTION_USAGES | KeyUsages.NON_REPUDIATION, 22)),
    ("pair-usage", certificate(SIGNING_USAGES | KeyUsages.KEY_AGREEMENT, 21), ENCRYPTION),
    ("pair-usage", certificate(None, 21), ENCRYPTION),
    ("pair-usage", SIGNING, certificate(None, 22)),
    ("pair-usage", certificate(SIGNING_USAGES | KeyUsages.KEY_CERT_SIGN, 21), ENCRYPTION),
    ("pair-usage", certificate(SIGNING_USAGES, 21, ca=True), ENCRYPTION),
    ("pair-usage", SIGNING, certificate(ENCRYPTION_USAGES, 22, ca=True)),
    ("pair-usage", SIGNING, certificate(ENCRYPTION_USAGES | KeyUsages.CRL_SIGN, 22)),
    ("pair-usage", certificate(KeyUsages.ENCIPHER_ONLY, 21), ENCRYPTION),
    ("pair-subject", SIGNING, certificate(ENCRYPTION_USAGES, 22, subject=STRANGER)),
    ("pair-issuer", SIGNING, certificate(ENCRYPTION_USAGES, 22, issuer=STRANGER)),
    (
        "pair-issuer",
        certificate(SIGNING_USAGES, 21, authority=b"one key"),
        certificate(ENCRYPTION_USAGES, 22, authority=b"another"),
    ),
    ("pair-serial", SIGNING, certificate(ENCRYPTION_USAGES, 22, serial=21)),
    ("pair-key", SIGNING, certificate(ENCRYPTION_USAGES, 22, key=21)),
    (
        "pair-validity",
        SIGNING,
        certificate(ENCRYPTION_USAGES, 22, not_before=AT + 365 * DAY + timedelta(seconds=1), not_after=AT + 999 * DAY),
    ),
    (
        "pair-validity",
        SIGNING,
        certificate(ENCRYPTION_USAGES, 22, not_before=AT - 9 * DAY, not_after=AT - timedelta(seconds=1)),
    ),
]


@pytest.mark.parametrize(("reason", "signing", "encryption"), MIX_UPS, ids=[str(n) for n in range(len(MIX_UPS))])
def test_mix_ups_have_their_reason(reason: str, signing: Certificate, encryption: Certificate) -> None:
    assert refusal(signing, encryption) == reason


def test_the_error_brings_the_certificate_it_is_about() -> None:
    bad = certificate(None, 22)
    with pytest.raises(ValidationError, match="encryption certificate has no keyUsage") as caught:
        CertificatePair(SIGNING, bad)
    assert caught.value.certificate is bad


def test_one_common_second_is_enough() -> None:
    CertificatePair(SIGNING, certificate(ENCRYPTION_USAGES, 22, not_before=AT + 365 * DAY, not_after=AT + 999 * DAY))


def test_the_same_key_is_found_in_another_encoding() -> None:
    from gmpki.asn1.rfc5280 import SubjectPublicKeyInfo
    from gmpki.asn1.rfc5280.ext_keys import KeyUsage
    from gmpki.keys.ec_forms import SM2_KEY

    compressed = SubjectPublicKeyInfo(SM2_KEY, key(21).public_key.to_bytes(PointFormat.COMPRESSED))
    encryption = (
        CertificateBuilder()
        .subject(OWNER)
        .issuer(ROOT_NAME)
        .serial_number(22)
        .validity(AT, AT + DAY)
        .public_key(compressed)
        .add_extension(KeyUsage(ENCRYPTION_USAGES))
        .sign(ROOT_KEY)
    )
    assert refusal(SIGNING, encryption) == "pair-key"


@pytest.mark.parametrize("value", [None, b"der", SIGNING.der, "text", object()])
def test_wrong_types(value: Any) -> None:
    with pytest.raises(InvalidTypeError):
        CertificatePair(value, ENCRYPTION)
    with pytest.raises(InvalidTypeError):
        CertificatePair(SIGNING, value)


# ---- finding the pair -------------------------------------------------------------------
def test_order_authorities_and_copies_do_not_matter() -> None:
    for certificates in (
        [SIGNING, ENCRYPTION],
        [ENCRYPTION, SIGNING],
        [root(), ENCRYPTION, SIGNING, root()],
        (one for one in (SIGNING, ENCRYPTION, SIGNING)),
    ):
        assert CertificatePair.from_certificates(certificates) == PAIR


@pytest.mark.parametrize(
    ("certificates", "problem"),
    [
        ([], "0 and 0"),
        ([SIGNING], "1 and 0"),
        ([ENCRYPTION, root()], "0 and 1"),
        ([SIGNING, certificate(SIGNING_USAGES, 23), ENCRYPTION], "2 and 1"),
        ([SIGNING, certificate(ENCRYPTION_USAGES, 23), ENCRYPTION], "1 and 2"),
        ([SIGNING, certificate(MIXED, 22)], "1 and 0, and 1 whose keyUsage says neither or both"),
        ([certificate(None, 21), certificate(None, 22)], "0 and 0, and 2"),
    ],
)
def test_not_exactly_one_of_each(certificates: list[Certificate], problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        CertificatePair.from_certificates(certificates)


def test_what_is_found_is_checked_too() -> None:
    with pytest.raises(ValidationError) as caught:
        CertificatePair.from_certificates([SIGNING, certificate(ENCRYPTION_USAGES, 22, subject=STRANGER)])
    assert caught.value.reason == "pair-subject"


def test_bounded_and_typed() -> None:
    with pytest.raises(LimitExceeded):
        CertificatePair.from_certificates([SIGNING] * (MAX_CERTIFICATES + 1))
    for value in (None, 1, SIGNING, [SIGNING, None], [SIGNING.der]):
        with pytest.raises(InvalidTypeError):
            CertificatePair.from_certificates(value)  # type: ignore[arg-type]


# ---- files ------------------------------------------------------------------------------
def test_files_in_every_form() -> None:
    assert load_pair(PAIR.to_pem()) == PAIR
    assert load_pair(PAIR.to_pem() + root().to_pem()) == PAIR
    assert load_pair(ENCRYPTION.der, SIGNING.to_pem()) == PAIR
    assert load_pair(bytearray(SIGNING.der), memoryview(ENCRYPTION.der)) == PAIR
    assert PAIR.to_pem() == SIGNING.to_pem() + ENCRYPTION.to_pem()


def test_files_that_hold_no_pair() -> None:
    with pytest.raises(InvalidInputError, match="at least one source"):
        load_pair()
    with pytest.raises(InvalidInputError, match="1 and 0"):
        load_pair(SIGNING.der)
    with pytest.raises(InvalidInputError):
        load_pair(b"")
    with pytest.raises(DecodeError):
        load_pair(SIGNING.der, ENCRYPTION.der[:-1])
    with pytest.raises(LimitExceeded):
        load_pair(PAIR.to_pem() + b"\n" * (1 << 22))
    for _ in hostile.results(load_pair, (b"", b"")):
        raise AssertionError


# ---- private keys -----------------------------------------------------------------------
def test_which_key_belongs_to_which() -> None:
    signing, encryption = key(21), key(22)
    assert PAIR.match_keys([signing, encryption]) == (signing, encryption)
    assert PAIR.match_keys([encryption, signing]) == (signing, encryption)
    assert PAIR.match_keys([encryption]) == (None, encryption)
    assert PAIR.match_keys(iter([signing])) == (signing, None)


def test_keys_of_somebody_else() -> None:
    with pytest.raises(KeyMismatchError, match="number 2 belongs to neither"):
        PAIR.match_keys([key(21), key(23)])
    with pytest.raises(KeyMismatchError, match="both private keys are that of the signing"):
        PAIR.match_keys([key(21), key(21)])
    with pytest.raises(KeyMismatchError, match="of the encryption"):
        PAIR.match_keys([key(22), key(22)])
    with pytest.raises(InvalidInputError, match="no private key"):
        PAIR.match_keys([])
    with pytest.raises(InvalidInputError, match="two private keys"):
        PAIR.match_keys([key(21), key(22), key(21)])
    for value in (None, 1, key(21), [None], [b"key"], ["text"], [key(21).public_key]):
        with pytest.raises(InvalidTypeError):
            PAIR.match_keys(value)  # type: ignore[arg-type]
