"""Deliveries: three forms, opened again by the owner alone, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki.asn1 import der
from gmpki.asn1.gmt0092 import CSRResponse
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    UnsupportedAlgorithm,
    ValidationError,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.envelope import KeyEnvelope, SKFLayout
from gmpki.x509.delivery import (
    CSRResponseDelivery,
    EnvelopeDelivery,
    KeyDelivery,
    SKFBlobDelivery,
    open_delivery,
)
from gmpki.x509.pair import CertificatePair
from x509.pair_examples import (
    ENCRYPTION_USAGES,
    SIGNING_USAGES,
    STRANGER,
    certificate,
    key,
    root,
)

SIGNING_KEY, ENCRYPTION_KEY, OTHER_KEY = key(21), key(22), key(23)
PAIR = CertificatePair(certificate(SIGNING_USAGES, 21), certificate(ENCRYPTION_USAGES, 22))
OTHER_PAIR = CertificatePair(certificate(SIGNING_USAGES, 21), certificate(ENCRYPTION_USAGES, 23))
DELIVERIES: list[KeyDelivery] = [
    EnvelopeDelivery(),
    CSRResponseDelivery(),
    CSRResponseDelivery(explicit_key=True),
    CSRResponseDelivery((root(),)),
    SKFBlobDelivery(),
    SKFBlobDelivery(SKFLayout.ULONG_64),
]
IDS = [str(number) for number in range(len(DELIVERIES))]


@pytest.mark.parametrize("delivery", DELIVERIES, ids=IDS)
def test_the_owner_opens_it_and_nobody_else(delivery: KeyDelivery) -> None:
    assert isinstance(delivery, KeyDelivery)
    data = delivery.deliver(ENCRYPTION_KEY, PAIR)
    opened = open_delivery(data, SIGNING_KEY)
    assert opened.encryption_key.to_bytes() == ENCRYPTION_KEY.to_bytes()
    assert opened.pair == (PAIR if isinstance(delivery, CSRResponseDelivery) else None)
    assert open_delivery(bytearray(data), SIGNING_KEY, pair=PAIR).pair == PAIR
    with pytest.raises(DecryptionError):
        open_delivery(data, OTHER_KEY)


def test_the_signing_certificate_is_that_of_the_key_that_opens() -> None:
    """Whoever puts other certificates into an answer cannot make the owner take them for their own."""
    foreign = CertificatePair(certificate(SIGNING_USAGES, 23), certificate(ENCRYPTION_USAGES, 22))
    envelope = KeyEnvelope.seal(ENCRYPTION_KEY, SIGNING_KEY.public_key)
    changed = response(foreign.signing.der, key=envelope, encryption=(foreign.encryption.der,))
    for data, pair in (
        (changed, None),
        (changed, PAIR),
        (envelope.to_der(), foreign),
        (envelope.to_skf_blob(), foreign),
    ):
        with pytest.raises(KeyMismatchError):
            open_delivery(data, SIGNING_KEY, pair=pair)


@pytest.mark.parametrize("delivery", DELIVERIES, ids=IDS)
def test_it_must_be_for_the_certificate(delivery: KeyDelivery) -> None:
    data = delivery.deliver(ENCRYPTION_KEY, PAIR)
    with pytest.raises(KeyMismatchError):
        open_delivery(data, SIGNING_KEY, pair=OTHER_PAIR)
    with pytest.raises(KeyMismatchError):
        delivery.deliver(OTHER_KEY, PAIR)


@pytest.mark.parametrize("delivery", DELIVERIES, ids=IDS)
def test_keys_of_other_algorithms(delivery: KeyDelivery) -> None:
    other = ECDSAPrivateKey.generate("P-256")
    delivery.check(ENCRYPTION_KEY, SIGNING_KEY.public_key)
    for encryption, signing in (
        (other, SIGNING_KEY.public_key),
        (ENCRYPTION_KEY, other.public_key),
        (None, SIGNING_KEY.public_key),
        (ENCRYPTION_KEY.public_key, SIGNING_KEY.public_key),
    ):
        with pytest.raises(UnsupportedAlgorithm, match="PKCS #12"):
            delivery.check(encryption, signing)
    with pytest.raises(UnsupportedAlgorithm):
        delivery.deliver(other, PAIR)


@pytest.mark.parametrize("delivery", DELIVERIES, ids=IDS)
def test_changed_ones_give_no_other_key(delivery: KeyDelivery) -> None:
    data = delivery.deliver(ENCRYPTION_KEY, PAIR)
    for place in range(0, len(data), max(1, len(data) // 40)):
        changed = bytearray(data)
        changed[place] ^= 0x80
        try:
            opened = open_delivery(changed, SIGNING_KEY)
        except GmpkiError:
            continue
        # A change of a certificate's signature is for the path validation to find, and the front half of a blob's
        # field of 64 bytes is passed over: the key is still the right one.
        assert opened.encryption_key.public_key == ENCRYPTION_KEY.public_key


@pytest.mark.parametrize("delivery", DELIVERIES, ids=IDS)
def test_truncated_ones(delivery: KeyDelivery) -> None:
    data = delivery.deliver(ENCRYPTION_KEY, PAIR)
    for length in range(0, len(data), max(1, len(data) // 40)):
        with pytest.raises(InvalidInputError):
            open_delivery(data[:length], SIGNING_KEY)


def response(*signing: bytes, key: KeyEnvelope | None, encryption: tuple[bytes, ...]) -> bytes:
    return CSRResponse(signing, None if key is None else key.to_structure(), encryption).to_der()


def test_responses_that_hold_no_pair() -> None:
    envelope = KeyEnvelope.seal(ENCRYPTION_KEY, SIGNING_KEY.public_key)
    signing, encryption = PAIR.signing.der, PAIR.encryption.der
    with pytest.raises(InvalidInputError, match="no encryption key"):
        open_delivery(response(signing, key=None, encryption=(encryption,)), SIGNING_KEY)
    with pytest.raises(InvalidInputError, match="1 and 0"):
        open_delivery(response(signing, key=envelope, encryption=()), SIGNING_KEY)
    with pytest.raises(DecodeError):
        open_delivery(response(der.encode_sequence(), key=envelope, encryption=(encryption,)), SIGNING_KEY)
    stranger = certificate(ENCRYPTION_USAGES, 22, subject=STRANGER).der
    with pytest.raises(ValidationError) as caught:
        open_delivery(response(signing, key=envelope, encryption=(stranger,)), SIGNING_KEY)
    assert caught.value.reason == "pair-subject"
    other = OTHER_PAIR.encryption.der
    with pytest.raises(KeyMismatchError):
        open_delivery(response(signing, key=envelope, encryption=(other,)), SIGNING_KEY)


@pytest.mark.parametrize("data", [b"", b"\x30\x00", b"\x31\x00", b"\x01\x00\x00\x00", b"PEM", b"\x30" * 50])
def test_neither_of_the_three(data: bytes) -> None:
    with pytest.raises(InvalidInputError):
        open_delivery(data, SIGNING_KEY)


def test_size_is_bounded() -> None:
    with pytest.raises(InvalidInputError, match="at most"):
        open_delivery(bytes((1 << 22) + 1), SIGNING_KEY)


@given(st.binary(max_size=200))
def test_arbitrary_bytes(data: bytes) -> None:
    with pytest.raises(GmpkiError):
        open_delivery(data, SIGNING_KEY)


@pytest.mark.parametrize("value", [None, 1, "text", b"bytes", object()])
def test_wrong_types(value: Any) -> None:
    data = EnvelopeDelivery().deliver(ENCRYPTION_KEY, PAIR)
    for call in (
        lambda: open_delivery(data, value),
        lambda: EnvelopeDelivery().deliver(ENCRYPTION_KEY, value),
        lambda: CSRResponseDelivery(value).deliver(ENCRYPTION_KEY, PAIR),
        lambda: CSRResponseDelivery((value,)).deliver(ENCRYPTION_KEY, PAIR),
        lambda: SKFBlobDelivery(value).deliver(ENCRYPTION_KEY, PAIR),
    ):
        with pytest.raises(InvalidTypeError):
            call()
    if value is not None:
        with pytest.raises(InvalidTypeError):
            open_delivery(data, SIGNING_KEY, pair=value)
    for _ in hostile.results(lambda delivery: open_delivery(delivery, SIGNING_KEY), (b"",)):
        raise AssertionError
