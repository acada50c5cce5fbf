"""Key pairs in envelopes: both forms, what readers take and refuse, and that nobody but the receiver opens one."""

from __future__ import annotations

import dataclasses
import doctest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki import oids
from gmpki.algorithms import sm4
from gmpki.asn1 import der
from gmpki.asn1.gmt0009 import SM2Cipher, SM2EnvelopedKey
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidPointError,
    InvalidTypeError,
    UnsupportedAlgorithm,
)
from gmpki.keys import envelope as module
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.envelope import KeyEnvelope, SKFLayout
from gmpki.keys.sm2 import CiphertextFormat, PointFormat, SM2PrivateKey

RECEIVER = SM2PrivateKey.from_bytes(bytes(31) + b"\x05")
OTHER = SM2PrivateKey.from_bytes(bytes(31) + b"\x06")
PAIR = SM2PrivateKey.from_bytes(bytes(31) + b"\x07")
ENVELOPE = KeyEnvelope.seal(PAIR, RECEIVER.public_key)
STRUCTURE = ENVELOPE.to_structure()
LAYOUTS = list(SKFLayout)


def made_with(sm4_key: bytes, plaintext: bytes, public_key: bytes = PAIR.public_key.to_bytes()) -> bytes:
    """Build an SM2EnvelopedKey from its parts, as another product would."""
    cipher = SM2Cipher.from_der(RECEIVER.public_key.encrypt(sm4_key))
    encrypted = sm4.encrypt(sm4_key, plaintext, sm4.Mode.ECB)
    return SM2EnvelopedKey(AlgorithmIdentifier(oids.SM4_ECB, NULL), cipher, public_key, encrypted).to_der()


def test_the_receiver_opens_it_and_nobody_else() -> None:
    assert ENVELOPE.open(RECEIVER).to_bytes() == PAIR.to_bytes()
    for stranger in (OTHER, PAIR):
        with pytest.raises(DecryptionError, match=f"^{DecryptionError.MESSAGE}$"):
            ENVELOPE.open(stranger)


def test_what_is_written_is_the_form_of_the_standard() -> None:
    assert STRUCTURE.algorithm == AlgorithmIdentifier(oids.SM4_ECB, NULL)
    assert STRUCTURE.public_key == PAIR.public_key.to_bytes()
    sm4_key = RECEIVER.decrypt(STRUCTURE.encrypted_key.to_der(), formats=CiphertextFormat.DER)
    assert len(sm4_key) == 16
    assert sm4.decrypt(sm4_key, STRUCTURE.encrypted_private_key, sm4.Mode.ECB) == PAIR.to_bytes()
    assert SM2EnvelopedKey.from_der(ENVELOPE.to_der()) == STRUCTURE


def test_every_envelope_has_its_own_key() -> None:
    again = KeyEnvelope.seal(PAIR, RECEIVER.public_key)
    assert again.encrypted_private_key != ENVELOPE.encrypted_private_key
    assert again.encrypted_key.c2 != ENVELOPE.encrypted_key.c2


def test_an_envelope_another_product_made() -> None:
    encoded = made_with(bytes(range(16)), PAIR.to_bytes())
    assert KeyEnvelope.from_der(encoded).open(RECEIVER).to_bytes() == PAIR.to_bytes()


@pytest.mark.parametrize("oid", [oids.SM4, oids.SM4_ECB])
@pytest.mark.parametrize("parameters", [None, NULL])
def test_variants_of_the_algorithm(oid: oids.ObjectIdentifier, parameters: bytes | None) -> None:
    changed = dataclasses.replace(STRUCTURE, algorithm=AlgorithmIdentifier(oid, parameters))
    assert KeyEnvelope.from_der(changed.to_der()).open(RECEIVER).public_key == PAIR.public_key


@pytest.mark.parametrize(
    ("oid", "parameters"),
    [
        (oids.SM4_CBC, der.encode_octet_string(bytes(16))),
        (oids.SM4_CBC, None),
        (oids.SM4, der.encode_octet_string(bytes(16))),
        (oids.SM1, NULL),
        (oids.find("1.2.3"), None),
    ],
)
def test_other_algorithms_are_named_and_refused(oid: oids.ObjectIdentifier, parameters: bytes | None) -> None:
    changed = dataclasses.replace(STRUCTURE, algorithm=AlgorithmIdentifier(oid, parameters))
    with pytest.raises(UnsupportedAlgorithm, match=f"{oid}.*SM4-ECB"):
        KeyEnvelope.from_der(changed.to_der())


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("public_key", PAIR.public_key.to_bytes(PointFormat.COMPRESSED), "65 expected"),
        ("public_key", PAIR.public_key.to_bytes(PointFormat.BARE), "65 expected"),
        ("public_key", b"", "65 expected"),
        ("encrypted_private_key", bytes(31), "32 expected"),
        ("encrypted_private_key", bytes(48), "32 expected"),
        ("encrypted_private_key", bytes(64), "32 expected"),
        ("encrypted_key", SM2Cipher(1, 2, bytes(32), bytes(15)), "16 expected"),
        ("encrypted_key", SM2Cipher(1, 2, bytes(32), b""), "16 expected"),
    ],
)
def test_wrong_lengths(field: str, value: Any, problem: str) -> None:
    changed = dataclasses.replace(STRUCTURE, **{field: value})
    with pytest.raises(DecodeError, match=problem):
        KeyEnvelope.from_der(changed.to_der())


def test_points_off_the_curve() -> None:
    off = b"\x04" + bytes(63) + b"\x01"
    with pytest.raises(InvalidPointError):
        KeyEnvelope.from_der(dataclasses.replace(STRUCTURE, public_key=off).to_der())
    cipher = dataclasses.replace(STRUCTURE.encrypted_key, x=1)
    with pytest.raises(InvalidPointError):
        KeyEnvelope.from_der(dataclasses.replace(STRUCTURE, encrypted_key=cipher).to_der())


@pytest.mark.parametrize(
    "encoded",
    [
        made_with(bytes(16), bytes(32)),  # 0
        made_with(bytes(16), b"\xff" * 32),  # beyond n
        made_with(bytes(16), OTHER.to_bytes()),  # another pair's private key
        made_with(bytes(16), PAIR.to_bytes()[::-1]),
        made_with(bytes(16), PAIR.to_bytes(), OTHER.public_key.to_bytes()),  # another pair's public key
    ],
)
def test_what_is_inside_must_be_the_private_key_of_the_public_one(encoded: bytes) -> None:
    with pytest.raises(DecryptionError, match=f"^{DecryptionError.MESSAGE}$") as caught:
        KeyEnvelope.from_der(encoded).open(RECEIVER)
    assert caught.value.__cause__ is None


def test_an_sm4_key_of_another_length_is_the_same_error() -> None:
    """The length in the ciphertext is right; a broken token answers with something else."""

    class Token:
        public_key = RECEIVER.public_key

        def __init__(self, length: int) -> None:
            self.length = length

        def decrypt(self, _ciphertext: Any) -> bytes:
            return bytes(self.length)

    for length in (0, 15, 17, 32):
        with pytest.raises(DecryptionError):
            ENVELOPE.open(Token(length))


def test_no_changed_envelope_opens() -> None:
    encoded = ENVELOPE.to_der()
    for place in range(len(encoded)):
        data = bytearray(encoded)
        data[place] ^= 0x01
        with pytest.raises(GmpkiError):
            KeyEnvelope.from_der(data).open(RECEIVER)


def test_no_truncated_envelope_is_read() -> None:
    data = ENVELOPE.to_der()
    for length in range(len(data)):
        with pytest.raises(DecodeError):
            KeyEnvelope.from_der(data[:length])


# ---- ENVELOPEDKEYBLOB -------------------------------------------------------------------
@pytest.mark.parametrize("layout", LAYOUTS)
def test_blob_there_and_back(layout: SKFLayout) -> None:
    blob = ENVELOPE.to_skf_blob(layout)
    assert len(blob) == {SKFLayout.ULONG_32: 388, SKFLayout.ULONG_64: 408}[layout]
    assert KeyEnvelope.from_skf_blob(blob) == ENVELOPE
    for spare in range(1, 9):
        assert KeyEnvelope.from_skf_blob(blob + bytes(spare)) == ENVELOPE
    assert KeyEnvelope.from_skf_blob(bytearray(blob)).to_der() == ENVELOPE.to_der()


def test_fields_stand_where_the_c_structure_has_them() -> None:
    blob = ENVELOPE.to_skf_blob()
    assert [int.from_bytes(blob[at : at + 4], "little") for at in (0, 4, 8, 76, 368)] == [1, 0x401, 256, 256, 16]
    point = PAIR.public_key.to_bytes(PointFormat.BARE)
    assert blob[80:208] == bytes(32) + point[:32] + bytes(32) + point[32:]
    c1 = ENVELOPE.encrypted_key.c1.to_bytes(PointFormat.BARE)
    assert blob[208:336] == bytes(32) + c1[:32] + bytes(32) + c1[32:]
    assert blob[336:368] == ENVELOPE.encrypted_key.c3
    assert blob[372:] == ENVELOPE.encrypted_key.c2


def test_a_driver_that_decrypts_the_whole_field_finds_the_number_at_its_end() -> None:
    sm4_key = RECEIVER.decrypt(ENVELOPE.encrypted_key.to_bytes())
    field = sm4.decrypt(sm4_key, ENVELOPE.to_skf_blob()[12:76], sm4.Mode.ECB)
    assert field == bytes(32) + PAIR.to_bytes()


def test_from_der_the_front_of_the_field_is_zero_and_readers_pass_over_it() -> None:
    blob = KeyEnvelope.from_der(ENVELOPE.to_der()).to_skf_blob()
    assert blob[12:44] == bytes(32)
    again = KeyEnvelope.from_skf_blob(blob)
    assert again.encrypted_zeros is None
    assert again.open(RECEIVER).public_key == PAIR.public_key


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_truncated_blob_is_read(layout: SKFLayout) -> None:
    blob = ENVELOPE.to_skf_blob(layout)
    for length in range(len(blob)):
        with pytest.raises((DecodeError, UnsupportedAlgorithm)):
            KeyEnvelope.from_skf_blob(blob[:length])
    for spare in (b"\x01", bytes(9), bytes(7) + b"\x01"):
        with pytest.raises(DecodeError, match="too many"):
            KeyEnvelope.from_skf_blob(blob + spare)


@pytest.mark.parametrize(
    ("at", "value", "error", "problem"),
    [
        (0, 2, DecodeError, "Version"),
        (4, 0x402, UnsupportedAlgorithm, "0x402"),
        (4, 0x101, UnsupportedAlgorithm, "0x101"),
        (8, 255, DecodeError, "ulBits"),
        (8, 512, DecodeError, "ulBits"),
        (76, 0, DecodeError, "PubKey.BitLen"),
        (80, 1, DecodeError, "PubKey.XCoordinate"),
        (144, 1, DecodeError, "PubKey.YCoordinate"),
        (208, 1, DecodeError, "ECCCipherBlob.XCoordinate"),
        (272, 1, DecodeError, "ECCCipherBlob.YCoordinate"),
        (112, 1, InvalidPointError, "not a point"),
        (240, 1, InvalidPointError, "not a point"),
        (368, 15, DecodeError, "CipherLen"),
        (368, 0xFFFFFFFF, DecodeError, "CipherLen"),
    ],
)
def test_wrong_fields_of_a_blob(at: int, value: int, error: type[GmpkiError], problem: str) -> None:
    blob = bytearray(ENVELOPE.to_skf_blob())
    blob[at : at + 4] = value.to_bytes(4, "little")
    with pytest.raises(error, match=problem):
        KeyEnvelope.from_skf_blob(blob)


@given(st.binary(max_size=500))
def test_arbitrary_blobs(data: bytes) -> None:
    for candidate in (data, ENVELOPE.to_skf_blob()[:12] + data, ENVELOPE.to_skf_blob(SKFLayout.ULONG_64)[:24] + data):
        with pytest.raises(GmpkiError):
            KeyEnvelope.from_skf_blob(candidate)


# ---- misuse -----------------------------------------------------------------------------
def test_a_pair_is_not_sealed_to_itself() -> None:
    with pytest.raises(InvalidInputError, match="to itself"):
        KeyEnvelope.seal(PAIR, PAIR.public_key)


@pytest.mark.parametrize("value", [None, b"key", PAIR.to_bytes(), PAIR.public_key.to_bytes(), object()])
def test_wrong_types(value: Any) -> None:
    for call in (
        lambda: KeyEnvelope.seal(value, RECEIVER.public_key),
        lambda: KeyEnvelope.seal(PAIR, value),
        lambda: ENVELOPE.open(value),
        lambda: ENVELOPE.to_skf_blob(value),
        lambda: KeyEnvelope.from_structure(value),
        lambda: dataclasses.replace(ENVELOPE, public_key=value),
        lambda: dataclasses.replace(ENVELOPE, encrypted_key=value),
    ):
        with pytest.raises(InvalidTypeError):
            call()


def test_fields_of_wrong_length_make_no_envelope() -> None:
    short = SM2Ciphertext.from_bytes(RECEIVER.public_key.encrypt(b"short"), CiphertextFormat.DER)
    for changes in ({"encrypted_private_key": bytes(31)}, {"encrypted_zeros": b""}, {"encrypted_key": short}):
        with pytest.raises(InvalidInputError, match="bytes long"):
            dataclasses.replace(ENVELOPE, **changes)  # type: ignore[arg-type]


class Returns:
    """A token that gives whatever it was told to."""

    public_key = RECEIVER.public_key

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def decrypt(self, ciphertext: Any) -> Any:  # noqa: ARG002 - the protocol has it
        return self.answer


@pytest.mark.parametrize("answer", [None, 16, 1 << 40, "x" * 16, [1] * 16], ids=lambda answer: type(answer).__name__)
def test_decryptors_return_bytes(answer: Any) -> None:
    with pytest.raises(InvalidTypeError):
        ENVELOPE.open(Returns(answer))


def test_hostile_values() -> None:
    for call in (KeyEnvelope.from_der, KeyEnvelope.from_skf_blob):
        assert list(hostile.results(call, (b"",))) == []


def test_the_example() -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)
