"""SM2 digests and signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from algorithms.sm2_examples import POINT, SIGNATURE, ZA, E, G, N, P, few, flip, scalars
from gmpki.algorithms import sm2, sm3
from gmpki.algorithms.sm2 import CurvePoint, PrivateScalar
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
)

ALGORITHM = "sm2"
pytestmark = pytest.mark.usefixtures("backend")


def test_digests_of_the_standard(scalar: PrivateScalar) -> None:
    assert sm2.za(scalar.point).hex() == ZA
    assert sm2.digest(scalar.point, b"message digest").hex() == E


@few
@given(st.binary(max_size=200), st.binary(max_size=100))
def test_digest_is_its_definition(message: bytes, user_id: bytes) -> None:
    point = CurvePoint.from_bytes(POINT)
    a = (P - 3).to_bytes(32, "big")
    b = bytes.fromhex("28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93")
    za = sm3.digest((8 * len(user_id)).to_bytes(2, "big") + user_id + a + b + G + POINT)
    assert sm2.za(point, user_id) == za
    assert sm2.digest(point, message, user_id) == sm3.digest(za + message)
    running = sm2.MessageDigest(point, user_id)
    for start in range(0, len(message), 7):
        running.update(message[start : start + 7])
    assert running.digest() == sm3.digest(za + message)
    assert running.copy().hexdigest() == running.hexdigest()


def test_user_ids(scalar: PrivateScalar) -> None:
    longest = bytes(sm2.MAX_USER_ID_LEN)
    assert len({sm2.za(scalar.point, user_id) for user_id in (b"", b"\0", longest)}) == 3
    for call in (
        lambda user_id: sm2.za(scalar.point, user_id),
        lambda user_id: sm2.digest(scalar.point, b"", user_id),
        lambda user_id: sm2.MessageDigest(scalar.point, user_id),
        lambda user_id: sm2.sign(scalar, b"", user_id),
        lambda user_id: sm2.verify(scalar.point, SIGNATURE, b"", user_id),
    ):
        with pytest.raises(InvalidInputError, match="user_id must be at most 8191"):
            call(longest + b"\0")
        with pytest.raises(InvalidTypeError, match="user_id"):
            call("1234567812345678")


def test_za_is_kept_for_one_user_id_and_never_for_another() -> None:
    """Whatever was signed or verified with a key before, in whatever kind of buffer its user id came."""
    point = CurvePoint.from_bytes(POINT)
    changing = bytearray(b"ALICE123@YAHOO.COM")
    ids = [sm2.DEFAULT_USER_ID, b"", b"a", b"a", memoryview(b"b"), changing, b"\0" * 8191, sm2.DEFAULT_USER_ID]
    for user_id in [*ids, *ids[::-1]]:
        fresh = CurvePoint.from_bytes(POINT)
        for message in (b"message", bytearray(b"message")):
            expected = sm3.digest(sm2.za(fresh, bytes(user_id)) + message)
            assert sm2.digest(point, message, user_id) == expected
            assert sm2.MessageDigest(point, user_id).digest() == sm3.digest(sm2.za(fresh, bytes(user_id)))
    before = sm2.digest(point, b"m", changing)
    changing[0] ^= 1
    assert sm2.digest(point, b"m", changing) != before
    assert sm2.digest(point, b"m", bytes(changing)) == sm2.digest(point, b"m", changing)


@pytest.mark.parametrize("wrong", [None, 7, "text", ["a"]])
def test_a_wrong_user_id_is_refused_after_a_right_one(scalar: PrivateScalar, wrong: object) -> None:
    signature = sm2.sign(scalar, b"m")
    for call in (
        lambda: sm2.sign(scalar, b"m", wrong),
        lambda: sm2.verify(scalar.point, signature, b"m", wrong),
        lambda: sm2.digest(scalar.point, b"m", wrong),
    ):
        with pytest.raises(InvalidTypeError, match="user_id"):
            call()
    for call in (
        lambda: sm2.sign(scalar, b"m", bytes(8192)),
        lambda: sm2.verify(scalar.point, signature, b"m", bytes(8192)),
        lambda: sm2.digest(scalar.point, bytearray(b"m"), bytes(8192)),
    ):
        with pytest.raises(InvalidInputError, match="8191"):
            call()


def test_messages_of_any_kind_are_signed_alike(scalar: PrivateScalar, as_buffer: Callable[[bytes], Any]) -> None:
    for length in (0, 1, 64, 5000):
        message = bytes(i % 251 for i in range(length))
        signature = sm2.sign(scalar, as_buffer(message), deterministic=True)
        assert signature == sm2.sign(scalar, message, deterministic=True)
        sm2.verify(scalar.point, as_buffer(signature), as_buffer(message))
        with pytest.raises(InvalidSignature, match=f"{length + 1} bytes"):
            sm2.verify(scalar.point, signature, as_buffer(message + b"x"))


def test_the_signature_of_the_standard(scalar: PrivateScalar) -> None:
    sm2.verify(scalar.point, SIGNATURE, b"message digest")
    sm2.verify_digest(scalar.point, SIGNATURE, bytes.fromhex(E))


@few
@given(scalars, st.binary(max_size=200), st.binary(max_size=40), st.booleans(), st.booleans())
def test_signatures_round_trip(
    scalar: PrivateScalar, message: bytes, user_id: bytes, deterministic: bool, verify: bool
) -> None:
    signature = sm2.sign(scalar, message, user_id, deterministic=deterministic, verify=verify)
    assert len(signature) == sm2.SIGNATURE_LEN
    sm2.verify(scalar.point, signature, message, user_id)
    e = sm2.digest(scalar.point, message, user_id)
    sm2.verify_digest(scalar.point, signature, e)
    sm2.verify(scalar.point, sm2.sign_digest(scalar, e, deterministic=deterministic, verify=verify), message, user_id)
    der = sm2.signature_to_der(signature)
    assert sm2.signature_from_der(der) == sm2.parse_signature(der) == sm2.parse_signature(signature) == signature


def test_deterministic_signatures_repeat_and_others_do_not(scalar: PrivateScalar) -> None:
    assert sm2.sign(scalar, b"m", deterministic=True) == sm2.sign(scalar, b"m", deterministic=True)
    assert sm2.sign(scalar, b"m", deterministic=True) != sm2.sign(scalar, b"n", deterministic=True)
    assert len({sm2.sign(scalar, b"m") for _ in range(50)}) == 50


def test_every_flipped_bit_of_a_signature_is_refused(scalar: PrivateScalar) -> None:
    e = bytes.fromhex(E)
    for bit in range(8 * len(SIGNATURE)):
        with pytest.raises(InvalidSignature):
            sm2.verify_digest(scalar.point, flip(SIGNATURE, bit), e)
    for bit in range(0, 256, 5):
        with pytest.raises(InvalidSignature):
            sm2.verify_digest(scalar.point, SIGNATURE, flip(e, bit))


def test_a_signature_binds_message_id_and_key(scalar: PrivateScalar) -> None:
    for point, message, user_id in (
        (scalar.point, b"message digesu", sm2.DEFAULT_USER_ID),
        (scalar.point, b"message digest", b""),
        (scalar.point, b"message digest", b"1234567812345679"),
        (CurvePoint.from_bytes(G), b"message digest", sm2.DEFAULT_USER_ID),
    ):
        with pytest.raises(InvalidSignature) as caught:
            sm2.verify(point, SIGNATURE, message, user_id)
        assert repr(user_id) in str(caught.value)


def test_ranges_of_r_and_s(scalar: PrivateScalar) -> None:
    r, s = SIGNATURE[:32], SIGNATURE[32:]
    beyond = [value.to_bytes(32, "big") for value in (0, N, N + 1, 2**256 - 1)]
    for signature in [bad + s for bad in beyond] + [r + bad for bad in beyond] + [r + negate(r)]:
        with pytest.raises(InvalidSignature):
            sm2.verify_digest(scalar.point, signature, bytes.fromhex(E))


def negate(number: bytes) -> bytes:
    """Return n - number: with it, r + s is 0 mod n."""
    return (N - int.from_bytes(number, "big")).to_bytes(32, "big")


def test_a_digest_is_never_a_message(scalar: PrivateScalar) -> None:
    for length in (0, 1, 14, 31, 33, 64):
        with pytest.raises(InvalidInputError, match="e must be 32 bytes"):
            sm2.sign_digest(scalar, bytes(length))
        with pytest.raises(InvalidInputError, match="e must be 32 bytes"):
            sm2.verify_digest(scalar.point, SIGNATURE, bytes(length))
    signature = sm2.sign_digest(scalar, sm3.digest(b"m"))
    with pytest.raises(InvalidSignature):
        sm2.verify(scalar.point, signature, b"m")


@pytest.mark.parametrize("length", [0, 1, 63, 65, 72, 128])
def test_raw_signatures_have_one_length(scalar: PrivateScalar, length: int) -> None:
    for call in (
        lambda raw: sm2.verify(scalar.point, raw, b""),
        lambda raw: sm2.verify_digest(scalar.point, raw, bytes(32)),
        sm2.signature_to_der,
    ):
        with pytest.raises(InvalidInputError, match=f"raw64 must be 64 bytes long, not {length}"):
            call(bytes(length))


def der(*numbers: bytes) -> bytes:
    body = b"".join(b"\x02" + bytes([len(number)]) + number for number in numbers)
    return b"\x30" + bytes([len(body)]) + body


R, S = b"\x00" + SIGNATURE[:32], b"\x00" + SIGNATURE[32:]
BAD_DER = {
    "empty": b"",
    "not a sequence": b"\x31" + der(R, S)[1:],
    "cut": der(R, S)[:-1],
    "trailing byte": der(R, S) + b"\0",
    "long form of a short length": b"\x30\x81" + der(R, S)[1:],
    "indefinite length": b"\x30\x80" + der(R, S)[2:] + b"\0\0",
    "negative r": der(SIGNATURE[:32], S),
    "leading zero too many": der(b"\x00\x01", S),
    "empty integer": der(b"", S),
    "33 bytes": der(b"\x01" + SIGNATURE[:32], S),
    "one integer": der(R),
    "three integers": der(R, S, b"\x01"),
    "other type inside": der(R, S).replace(b"\x02\x21", b"\x04\x21", 1),
    "raw and one byte": SIGNATURE + b"\0",
    "63 bytes": SIGNATURE[:-1],
}


@pytest.mark.parametrize("name", BAD_DER)
def test_what_is_no_signature(name: str) -> None:
    data = BAD_DER[name]
    for call in (sm2.signature_from_der, sm2.parse_signature):
        with pytest.raises(DecodeError) as caught:
            call(data)
        message = str(caught.value)
        assert "expected an SM2 signature" in message
        assert (f"{len(data)} bytes" if data else "no bytes") in message


def test_64_bytes_are_der_where_they_are_der_as_a_whole() -> None:
    """A DER signature of 64 bytes needs short numbers; it is told from raw by being valid to the last byte."""
    r, s = b"\x12" * 28, b"\x34" * 30
    encoded = der(r, s)
    assert len(encoded) == 64
    assert sm2.parse_signature(encoded) == bytes(4) + r + bytes(2) + s
    almost = b"\x30\x3d" + encoded[2:]
    assert sm2.parse_signature(almost) == almost


def test_short_numbers_in_der() -> None:
    signature = bytes(31) + b"\x01" + bytes(30) + b"\x80\x00"
    encoded = sm2.signature_to_der(signature)
    assert encoded.hex() == "3008020101020300" + "8000"
    assert sm2.signature_from_der(encoded) == signature
