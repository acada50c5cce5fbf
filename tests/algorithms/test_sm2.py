"""SM2: keys, digests, signatures, encryption, key exchange."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmpki.algorithms import sm2, sm3
from gmpki.algorithms._call import lib
from gmpki.algorithms.sm2 import CiphertextFormat, CurvePoint, PointFormat, PrivateScalar, Role
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    InvalidPointError,
    InvalidScalarError,
    InvalidSignature,
    InvalidTypeError,
)

ALGORITHM = "sm2"
pytestmark = pytest.mark.usefixtures("backend")
few = settings(max_examples=30)

P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
G = bytes.fromhex(
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)

# GB/T 32918.5-2017 annexes A and C.
D = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
POINT = bytes.fromhex(
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
ZA = "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
E = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
SIGNATURE = bytes.fromhex(
    "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
)
C1 = b"\x04" + bytes.fromhex(  # whose x begins with 04 as well
    "04ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
    "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
)
C3 = bytes.fromhex("59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766")
C2 = bytes.fromhex("21886ca989ca9c7d58087307ca93092d651efa")

scalars = st.integers(1, N - 2).map(lambda d: PrivateScalar.from_bytes(d.to_bytes(32, "big")))


@pytest.fixture(scope="module")
def scalar() -> PrivateScalar:
    return PrivateScalar.from_bytes(D)


def flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_enumerations_are_those_of_the_core() -> None:
    for fmt in ("DER", "C1C3C2", "C1C3C2_BARE", "C1C2C3", "C1C2C3_BARE", "C1C3C2_COMPRESSED"):
        assert getattr(lib, f"GMPKI_SM2_{fmt}") == CiphertextFormat[fmt]
    assert (lib.GMPKI_SM2_INITIATOR, lib.GMPKI_SM2_RESPONDER) == (Role.INITIATOR, Role.RESPONDER)
    assert lib.GMPKI_SM2_POINT_COMPRESSED_LEN == PointFormat.COMPRESSED
    assert lib.GMPKI_SM2_POINT_UNCOMPRESSED_LEN == PointFormat.UNCOMPRESSED
    assert lib.GMPKI_SM2_POINT_LEN == PointFormat.BARE
    assert (lib.GMPKI_SM2_MAX_USER_ID_LEN, lib.GMPKI_SM2_MAX_PLAINTEXT_LEN) == (
        sm2.MAX_USER_ID_LEN,
        sm2.MAX_PLAINTEXT_LEN,
    )
    assert CiphertextFormat.AUTO_WITH_C1C2C3 == 63
    assert CiphertextFormat.AUTO == 63 - CiphertextFormat.C1C2C3 - CiphertextFormat.C1C2C3_BARE


# ---- keys ----------------------------------------------------------------------------------


def test_the_key_of_the_standard(scalar: PrivateScalar) -> None:
    assert scalar.to_bytes() == D
    assert scalar.point.to_bytes(PointFormat.BARE) == POINT
    assert scalar.point is scalar.point


@pytest.mark.parametrize("d", [1, 2, N - 3, N - 2])
def test_scalars_at_the_edges(d: int) -> None:
    scalar = PrivateScalar.from_bytes(d.to_bytes(32, "big"))
    assert scalar.to_bytes() == d.to_bytes(32, "big")
    if d == 1:
        assert scalar.point.to_bytes(PointFormat.BARE) == G
    sm2.verify(scalar.point, sm2.sign(scalar, b"m"), b"m")


@pytest.mark.parametrize("d", [0, N - 1, N, N + 1, 2**256 - 1])
def test_scalars_outside(d: int) -> None:
    with pytest.raises(InvalidScalarError, match="n-2"):
        PrivateScalar.from_bytes(d.to_bytes(32, "big"))


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64])
def test_scalars_of_other_lengths(length: int) -> None:
    with pytest.raises(InvalidInputError, match=f"d must be 32 bytes long, not {length}"):
        PrivateScalar.from_bytes(bytes(length))


def test_generated_keys_differ_and_work() -> None:
    made = [PrivateScalar.generate() for _ in range(20)]
    assert len({scalar.to_bytes() for scalar in made}) == 20
    for scalar in made:
        assert 1 <= int.from_bytes(scalar.to_bytes(), "big") <= N - 2
        assert PrivateScalar.from_bytes(scalar.to_bytes()).point == scalar.point
        sm2.verify(scalar.point, sm2.sign(scalar, b"m"), b"m")


@few
@given(scalars)
def test_every_encoding_of_a_point_round_trips(scalar: PrivateScalar) -> None:
    for fmt in PointFormat:
        encoded = scalar.point.to_bytes(fmt)
        assert len(encoded) == fmt
        decoded = CurvePoint.from_bytes(encoded)
        assert decoded == scalar.point
        assert hash(decoded) == hash(scalar.point)
    assert scalar.point.to_bytes() == b"\x04" + scalar.point.to_bytes(PointFormat.BARE)
    assert scalar.point.to_bytes(PointFormat.COMPRESSED)[0] == 2 + scalar.point.to_bytes()[-1] % 2


def test_a_bare_point_may_begin_like_an_encoded_one() -> None:
    """64 bytes are always x, y, whatever x begins with."""
    wanted, d = {2, 3, 4}, 1
    while wanted:
        point = PrivateScalar.from_bytes(d.to_bytes(32, "big")).point
        bare = point.to_bytes(PointFormat.BARE)
        if bare[0] in wanted:
            assert CurvePoint.from_bytes(bare) == point
            wanted.remove(bare[0])
        d += 1


def test_points_compare_by_value(scalar: PrivateScalar) -> None:
    assert scalar.point == CurvePoint.from_bytes(POINT)
    assert scalar.point != CurvePoint.from_bytes(G)
    assert scalar.point != POINT
    assert len({scalar.point, CurvePoint.from_bytes(POINT), CurvePoint.from_bytes(G)}) == 2


OFF_CURVE = [
    ("y changed", b"\x04" + flip(POINT, 511)),
    ("x changed", flip(POINT, 7)),
    ("x of no point", b"\x02" + (5).to_bytes(32, "big")),
    ("zeros", bytes(64)),
    ("x = p", b"\x04" + P.to_bytes(32, "big") + POINT[32:]),
    ("y = p", b"\x04" + POINT[:32] + P.to_bytes(32, "big")),
    ("x = p, compressed", b"\x03" + P.to_bytes(32, "big")),
    ("all ones", b"\xff" * 64),
    ("wrong first byte of 65", b"\x05" + POINT),
    ("hybrid form", b"\x06" + POINT),
    ("wrong first byte of 33", b"\x04" + POINT[:32]),
]


@pytest.mark.parametrize("encoded", [case[1] for case in OFF_CURVE], ids=[case[0] for case in OFF_CURVE])
def test_what_is_no_point(encoded: bytes) -> None:
    with pytest.raises(InvalidPointError, match=f"{len(encoded)} bytes"):
        CurvePoint.from_bytes(encoded)


@pytest.mark.parametrize("length", [0, 1, 32, 34, 63, 66, 128, 1000])
def test_points_of_other_lengths(length: int) -> None:
    with pytest.raises(InvalidInputError, match=rf"65 bytes .* 64 bytes .* 33 bytes .* not {length}$"):
        CurvePoint.from_bytes(bytes(length))


def test_hexadecimal_text_is_recognised() -> None:
    for text in (POINT.hex(), "04" + POINT.hex()):
        with pytest.raises(InvalidInputError, match="hexadecimal"):
            CurvePoint.from_bytes(text.encode())
        with pytest.raises(InvalidTypeError, match="str"):
            CurvePoint.from_bytes(text)  # type: ignore[arg-type]


def test_handles_are_made_by_name_only(scalar: PrivateScalar) -> None:
    for kind in (CurvePoint, PrivateScalar):
        with pytest.raises(InvalidTypeError, match="from_bytes"):
            kind()
    with pytest.raises(InvalidTypeError, match="PointFormat"):
        scalar.point.to_bytes(65)  # type: ignore[arg-type]


def test_secrets_stay_inside(scalar: PrivateScalar) -> None:
    for holder in (scalar, scalar.point):
        for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(InvalidTypeError, match="pickled"):
                duplicate(holder)
    assert D.hex()[:8] not in repr(scalar)
    assert str(int.from_bytes(D, "big"))[:8] not in repr(scalar)


# ---- digests -------------------------------------------------------------------------------


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


# ---- signatures ----------------------------------------------------------------------------


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


# ---- encryption ----------------------------------------------------------------------------

FORMATS = ("DER", "C1C3C2", "C1C3C2_BARE", "C1C2C3", "C1C2C3_BARE", "C1C3C2_COMPRESSED")
each_format = pytest.mark.parametrize("fmt", [CiphertextFormat[name] for name in FORMATS], ids=FORMATS)
ANY = CiphertextFormat.AUTO_WITH_C1C2C3


def test_the_ciphertext_of_the_standard(scalar: PrivateScalar) -> None:
    expected = b"encryption standard"
    for ciphertext in (C1 + C3 + C2, C1[1:] + C3 + C2):
        assert sm2.decrypt(scalar, ciphertext) == expected
    for ciphertext in (C1 + C2 + C3, C1[1:] + C2 + C3):
        assert sm2.decrypt(scalar, ciphertext, ANY) == expected
        with pytest.raises(DecryptionError):
            sm2.decrypt(scalar, ciphertext)


@each_format
@few
@given(scalar=scalars, message=st.binary(min_size=1, max_size=200))
def test_encryption_round_trips(fmt: CiphertextFormat, scalar: PrivateScalar, message: bytes) -> None:
    ciphertext = sm2.encrypt(scalar.point, message, fmt)
    assert sm2.decrypt(scalar, ciphertext, fmt) == message
    assert sm2.decrypt(scalar, ciphertext, ANY) == message
    assert sm2.encrypt(scalar.point, message, fmt) != ciphertext


@each_format
def test_lengths_and_first_bytes(fmt: CiphertextFormat, scalar: PrivateScalar) -> None:
    first, overhead = {
        "DER": ({0x30}, range(101, 112)),
        "C1C3C2": ({4}, (97,)),
        "C1C2C3": ({4}, (97,)),
        "C1C3C2_BARE": (set(range(256)), (96,)),
        "C1C2C3_BARE": (set(range(256)), (96,)),
        "C1C3C2_COMPRESSED": ({2, 3}, (65,)),
    }[str(fmt.name)]
    for length in (1, 2, 31, 32, 33, 100):
        ciphertext = sm2.encrypt(scalar.point, bytes(length), fmt)
        assert ciphertext[0] in first
        assert len(ciphertext) - length in overhead


@each_format
def test_every_flipped_bit_of_a_ciphertext_is_refused(fmt: CiphertextFormat, scalar: PrivateScalar) -> None:
    ciphertext = sm2.encrypt(scalar.point, b"message", fmt)
    for bit in range(8 * len(ciphertext)):
        with pytest.raises(DecryptionError) as caught:
            sm2.decrypt(scalar, flip(ciphertext, bit), ANY)
        assert str(caught.value) == DecryptionError.MESSAGE


@each_format
def test_every_truncation_is_refused(fmt: CiphertextFormat, scalar: PrivateScalar) -> None:
    ciphertext = sm2.encrypt(scalar.point, b"message", fmt)
    for cut in [*(ciphertext[:length] for length in range(len(ciphertext))), ciphertext + b"\0"]:
        with pytest.raises(DecryptionError) as caught:
            sm2.decrypt(scalar, cut, ANY)
        assert str(caught.value) == DecryptionError.MESSAGE


def test_decryption_needs_the_right_key_and_an_allowed_format(scalar: PrivateScalar) -> None:
    ciphertext = sm2.encrypt(scalar.point, b"message", CiphertextFormat.C1C3C2)
    with pytest.raises(DecryptionError):
        sm2.decrypt(PrivateScalar.generate(), ciphertext)
    for name in FORMATS:
        if name != "C1C3C2":
            with pytest.raises(DecryptionError):
                sm2.decrypt(scalar, ciphertext, CiphertextFormat[name])
    assert sm2.decrypt(scalar, ciphertext, CiphertextFormat.DER | CiphertextFormat.C1C3C2) == b"message"


def test_the_default_of_encryption_is_der(scalar: PrivateScalar) -> None:
    ciphertext = sm2.encrypt(scalar.point, b"message")
    assert sm2.decrypt(scalar, ciphertext, CiphertextFormat.DER) == b"message"


def test_messages_outside(scalar: PrivateScalar) -> None:
    for length in (0, sm2.MAX_PLAINTEXT_LEN + 1):
        with pytest.raises(InvalidInputError, match="message must be 1 to"):
            sm2.encrypt(scalar.point, bytes(length))


def test_a_large_message(scalar: PrivateScalar) -> None:
    message = bytes(1 << 20)
    assert sm2.decrypt(scalar, sm2.encrypt(scalar.point, message)) == message


@pytest.mark.parametrize("fmt", [1, "DER", None])
def test_formats_of_other_types(scalar: PrivateScalar, fmt: Any) -> None:
    with pytest.raises(InvalidTypeError, match="CiphertextFormat"):
        sm2.encrypt(scalar.point, b"m", fmt)
    with pytest.raises(InvalidTypeError, match="CiphertextFormat"):
        sm2.decrypt(scalar, b"m", fmt)


def test_formats_that_do_not_exist(scalar: PrivateScalar) -> None:
    with pytest.raises(InvalidInputError, match="one CiphertextFormat"):
        sm2.encrypt(scalar.point, b"m", CiphertextFormat.AUTO)
    for formats in (CiphertextFormat(0), CiphertextFormat(64), CiphertextFormat(65)):
        with pytest.raises(InvalidInputError, match="CiphertextFormat"):
            sm2.encrypt(scalar.point, b"m", formats)
        with pytest.raises(InvalidInputError, match="CiphertextFormat"):
            sm2.decrypt(scalar, b"m", formats)


# ---- key exchange --------------------------------------------------------------------------


def test_both_sides_agree(scalar: PrivateScalar) -> None:
    a, b = scalar, PrivateScalar.generate()
    ra, rb = PrivateScalar.generate(), PrivateScalar.generate()
    za, zb = sm2.za(a.point, b"Alice"), sm2.za(b.point, b"Bob")
    for length in (1, 16, 48, sm2.MAX_SHARED_KEY_LEN):
        initiator = sm2.exchange(a, ra, za, b.point, rb.point, zb, Role.INITIATOR, length)
        responder = sm2.exchange(b, rb, zb, a.point, ra.point, za, Role.RESPONDER, length)
        assert initiator == responder
        key, confirm_initiator, confirm_responder = initiator
        assert len(key) == length
        assert len(confirm_initiator) == len(confirm_responder) == 32
        assert confirm_initiator != confirm_responder
    same_role = sm2.exchange(b, rb, zb, a.point, ra.point, za, Role.INITIATOR, 48)
    other_id = sm2.exchange(b, rb, za, a.point, ra.point, za, Role.RESPONDER, 48)
    assert len({same_role[0], other_id[0], sm2.exchange(a, ra, za, b.point, rb.point, zb, Role.INITIATOR, 48)[0]}) == 3


def test_exchange_refusals(scalar: PrivateScalar) -> None:
    point, za = scalar.point, bytes(32)
    good: list[Any] = [scalar, scalar, za, point, point, za, Role.INITIATOR, 16]
    for index, values in {
        0: [point, None, D],
        1: [point, None, D],
        2: [b"", bytes(31), bytes(33), "z" * 32, None],
        3: [scalar, None, POINT],
        4: [scalar, None, POINT],
        5: [b"", bytes(31), bytes(33), "z" * 32, None],
        6: [0, "INITIATOR", None],
        7: [0, -1, sm2.MAX_SHARED_KEY_LEN + 1, 1 << 80, "16", None],
    }.items():
        for value in values:
            with pytest.raises(InvalidInputError):
                sm2.exchange(*good[:index], value, *good[index + 1 :])


@few
@given(scalars, scalars)
def test_diffie_hellman_points_agree(a: PrivateScalar, b: PrivateScalar) -> None:
    shared = sm2.ecdh(a, b.point)
    assert shared == sm2.ecdh(b, a.point)
    assert CurvePoint.from_bytes(shared).to_bytes(PointFormat.BARE) == shared


# ---- wrong types, buffers, threads ---------------------------------------------------------


def test_keys_of_other_types(scalar: PrivateScalar) -> None:
    for wrong in (D, scalar.point, None, "key"):
        for call in (
            lambda key: sm2.sign(key, b"m"),
            lambda key: sm2.sign_digest(key, bytes(32)),
            lambda key: sm2.decrypt(key, b"c"),
            lambda key: sm2.ecdh(key, scalar.point),
        ):
            with pytest.raises(InvalidTypeError, match="PrivateScalar"):
                call(wrong)
    for wrong in (POINT, scalar, None, "key"):
        for call in (
            sm2.za,
            sm2.MessageDigest,
            lambda point: sm2.digest(point, b"m"),
            lambda point: sm2.verify(point, SIGNATURE, b"m"),
            lambda point: sm2.verify_digest(point, SIGNATURE, bytes(32)),
            lambda point: sm2.encrypt(point, b"m"),
            lambda point: sm2.ecdh(scalar, point),
        ):
            with pytest.raises(InvalidTypeError, match="CurvePoint"):
                call(wrong)


def test_refused_buffers(scalar: PrivateScalar, refuses_non_buffers: Callable[..., None]) -> None:
    point = scalar.point
    for call in (
        PrivateScalar.from_bytes,
        CurvePoint.from_bytes,
        lambda x: sm2.za(point, x),
        lambda x: sm2.digest(point, x),
        sm2.MessageDigest(point).update,
        lambda x: sm2.sign(scalar, x),
        lambda x: sm2.sign(scalar, b"m", x),
        lambda x: sm2.sign_digest(scalar, x),
        lambda x: sm2.verify(point, x, b"m"),
        lambda x: sm2.verify(point, SIGNATURE, x),
        lambda x: sm2.verify(point, SIGNATURE, b"m", x),
        lambda x: sm2.verify_digest(point, x, bytes(32)),
        lambda x: sm2.verify_digest(point, SIGNATURE, x),
        sm2.signature_to_der,
        sm2.signature_from_der,
        sm2.parse_signature,
        lambda x: sm2.encrypt(point, x),
        lambda x: sm2.decrypt(scalar, x),
    ):
        refuses_non_buffers(call)


def test_every_kind_of_buffer(as_buffer: Callable[[bytes], Any]) -> None:
    scalar = PrivateScalar.from_bytes(as_buffer(D))
    point = CurvePoint.from_bytes(as_buffer(POINT))
    assert scalar.point == point
    user_id, message = as_buffer(sm2.DEFAULT_USER_ID), as_buffer(b"message digest")
    assert sm2.digest(point, message, user_id).hex() == E
    sm2.verify(point, as_buffer(SIGNATURE), message, user_id)
    sm2.verify_digest(point, as_buffer(SIGNATURE), as_buffer(bytes.fromhex(E)))
    with pytest.raises(InvalidSignature, match="1234567812345678"):
        sm2.verify(point, as_buffer(SIGNATURE), as_buffer(b"other"), user_id)
    encoded = as_buffer(sm2.signature_to_der(as_buffer(SIGNATURE)))
    assert sm2.signature_from_der(encoded) == sm2.parse_signature(encoded) == SIGNATURE
    assert sm2.parse_signature(as_buffer(SIGNATURE)) == SIGNATURE
    with pytest.raises(DecodeError, match="ff ff"):
        sm2.parse_signature(as_buffer(b"\xff\xff"))
    assert sm2.decrypt(scalar, as_buffer(sm2.encrypt(point, message))) == b"message digest"
    sm2.verify(point, sm2.sign(scalar, message, user_id), message)


def test_threads_share_keys(scalar: PrivateScalar) -> None:
    failures: list[BaseException] = []

    def work(index: int) -> None:
        try:
            for round_number in range(20):
                message = f"{index} {round_number}".encode()
                sm2.verify(scalar.point, sm2.sign(scalar, message), message)
                assert sm2.decrypt(scalar, sm2.encrypt(scalar.point, message)) == message
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
