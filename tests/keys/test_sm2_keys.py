"""SM2 key objects: the standard's example, every input form, errors that help, and objects that keep their secret."""

from __future__ import annotations

import copy
import pickle
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.algorithms.sm2 import CiphertextFormat, SignatureEncoding
from gmpki.asn1.gmt0009 import SM2Cipher, SM2Signature
from gmpki.errors import (
    DecryptionError,
    InvalidInputError,
    InvalidPointError,
    InvalidScalarError,
    InvalidSignature,
    InvalidTypeError,
)
from gmpki.keys.interfaces import Decryptor, KeyAgreer, Signer
from gmpki.keys.interfaces import PublicKey as PublicKeyProtocol
from gmpki.keys.sm2 import PointFormat, SM2PrivateKey, SM2PublicKey

# GB/T 32918.5-2017 annex A.2: the private key, the public key, the signature of "message digest".
D = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"
X = "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
Y = "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
R = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
S = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

KEY = SM2PrivateKey.from_hex(D)
PUBLIC = KEY.public_key
MESSAGE = b"message digest"


# ---- signatures -------------------------------------------------------------------------
def test_example_of_the_standard() -> None:
    assert PUBLIC.to_hex(PointFormat.BARE).upper() == X + Y
    raw = bytes.fromhex(R + S)
    PUBLIC.verify(raw, MESSAGE)
    PUBLIC.verify(SM2Signature(int(R, 16), int(S, 16)).to_der(), MESSAGE)
    assert PUBLIC.digest(MESSAGE).hex().upper() == "F0B43E94BA45ACCAACE692ED534382EB17E6AB5A19CE7B31F4486FDFC0D28640"


@pytest.mark.parametrize("encoding", SignatureEncoding)
@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("verify", [False, True])
def test_sign_and_verify(encoding: SignatureEncoding, deterministic: bool, verify: bool) -> None:
    signature = KEY.sign(MESSAGE, encoding=encoding, deterministic=deterministic, verify=verify)
    PUBLIC.verify(signature, MESSAGE)
    assert (len(signature) == 64) == (encoding is SignatureEncoding.RAW)
    again = KEY.sign(MESSAGE, encoding=encoding, deterministic=deterministic)
    assert (again == signature) == deterministic


@pytest.mark.parametrize("user_id", [b"", b"ALICE123@YAHOO.COM", bytes(8191), bytearray(b"x"), memoryview(b"yz")])
def test_user_id_matters(user_id: bytes) -> None:
    signature = KEY.sign(MESSAGE, user_id=user_id)
    PUBLIC.verify(signature, MESSAGE, user_id=user_id)
    with pytest.raises(InvalidSignature):
        PUBLIC.verify(signature, MESSAGE)
    assert PUBLIC.digest(MESSAGE, user_id=user_id) != PUBLIC.digest(MESSAGE)


def test_none_is_the_default_user_id() -> None:
    PUBLIC.verify(KEY.sign(MESSAGE), MESSAGE, user_id=b"1234567812345678")
    assert PUBLIC.za() == PUBLIC.za(user_id=b"1234567812345678")


def test_user_id_that_is_too_long() -> None:
    with pytest.raises(InvalidInputError, match="8191"):
        KEY.sign(MESSAGE, user_id=bytes(8192))


def test_digest_level() -> None:
    digest = PUBLIC.digest(MESSAGE)
    running = PUBLIC.message_digest()
    for byte in MESSAGE:
        running.update(bytes([byte]))
    assert running.digest() == digest
    signature = KEY.sign_digest(digest)
    PUBLIC.verify(signature, MESSAGE)
    PUBLIC.verify_digest(signature, digest)
    for length in (0, 31, 33, 64):
        with pytest.raises(InvalidInputError, match="32"):
            KEY.sign_digest(bytes(length))
        with pytest.raises(InvalidInputError, match="32"):
            PUBLIC.verify_digest(signature, bytes(length))


def test_a_message_is_never_taken_for_its_digest() -> None:
    message = bytes(32)
    signature = KEY.sign(message)
    with pytest.raises(InvalidSignature):
        PUBLIC.verify_digest(signature, message)


def test_what_was_tried_is_said() -> None:
    signature = KEY.sign(MESSAGE)
    with pytest.raises(InvalidSignature, match="read as DER") as caught:
        PUBLIC.verify(signature, b"other", user_id=b"someone")
    assert "someone" in str(caught.value)
    assert "5 bytes" in str(caught.value)
    with pytest.raises(InvalidSignature, match="read as 64 raw bytes"):
        PUBLIC.verify(KEY.sign(MESSAGE, encoding=SignatureEncoding.RAW), b"other")
    with pytest.raises(InvalidSignature, match="read as DER"):
        PUBLIC.verify_digest(signature, bytes(32))


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\x00" * 63,
        b"\x00" * 65,
        bytes.fromhex("3006020101020101") + b"\x00",
        bytes.fromhex("300702020001020101"),
        bytes.fromhex("30060201FF020101"),
    ],
)
def test_a_malformed_signature_is_one_that_does_not_hold(signature: bytes) -> None:
    with pytest.raises(InvalidSignature, match=f"{len(signature)} bytes" if signature else "no bytes") as caught:
        PUBLIC.verify(signature, MESSAGE)
    assert "64 raw" in str(caught.value)
    assert not PUBLIC.is_valid(signature, MESSAGE)
    with pytest.raises(InvalidSignature):
        PUBLIC.standard_signature(signature)


@pytest.mark.parametrize(
    ("signature", "words"),
    [
        ("300702020001020101", r"not minimal.*SM2Signature\.r at byte 2"),
        ("3006020101020181", r"negative.*SM2Signature\.s at byte 5"),
        ("300602010102010100", "1 bytes too many"),
        ("30810602010102010" + "1", "length is not minimal"),
        ("3080020101020101" + "0000", "indefinite length is BER"),
        ("3026022101" + "00" * 32 + "020101", "too large"),
    ],
)
def test_the_broken_rule_is_named(signature: str, words: str) -> None:
    with pytest.raises(InvalidSignature, match=words):
        PUBLIC.verify(bytes.fromhex(signature), MESSAGE)


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (N, 1), (1, N), (N - 1, 1), (2**256 - 1, 2**256 - 1)])
def test_numbers_out_of_range(r: int, s: int) -> None:
    assert not PUBLIC.is_valid(SM2Signature(r, s).to_der(), MESSAGE)
    assert not PUBLIC.is_valid(r.to_bytes(32, "big") + s.to_bytes(32, "big"), MESSAGE)


def test_is_valid() -> None:
    signature = KEY.sign(MESSAGE)
    assert PUBLIC.is_valid(signature, MESSAGE) is True
    assert PUBLIC.is_valid(signature, MESSAGE + b".") is False
    with pytest.raises(InvalidTypeError):
        PUBLIC.is_valid("signature", MESSAGE)  # type: ignore[arg-type]


def test_standard_signature_is_der() -> None:
    raw = KEY.sign(MESSAGE, encoding=SignatureEncoding.RAW)
    encoded = PUBLIC.standard_signature(raw)
    assert encoded == SM2Signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")).to_der()
    assert PUBLIC.standard_signature(encoded) == encoded


@given(st.data())
def test_any_flipped_bit_is_refused(data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(SignatureEncoding))
    signature = bytearray(KEY.sign(MESSAGE, encoding=encoding))
    position = data.draw(st.integers(0, 10_000)) % (8 * len(signature))
    signature[position // 8] ^= 1 << position % 8
    assert not PUBLIC.is_valid(signature, MESSAGE)


@given(st.binary(max_size=100), st.binary(max_size=30))
def test_round_trip(message: bytes, user_id: bytes) -> None:
    PUBLIC.verify(KEY.sign(message, user_id=user_id), bytearray(message), user_id=memoryview(user_id))


# ---- encryption -------------------------------------------------------------------------
SINGLE_FORMATS = [fmt for fmt in CiphertextFormat if fmt.value.bit_count() == 1]


@pytest.mark.parametrize("fmt", SINGLE_FORMATS)
@pytest.mark.parametrize("length", [1, 16, 31, 32, 33, 100, 1000])
def test_every_format_is_recognised(fmt: CiphertextFormat, length: int) -> None:
    message = bytes(range(256)) * 4
    ciphertext = PUBLIC.encrypt(message[:length], fmt=fmt)
    assert KEY.decrypt(ciphertext, formats=CiphertextFormat.AUTO_WITH_C1C2C3) == message[:length]
    if fmt in CiphertextFormat.AUTO:
        assert KEY.decrypt(ciphertext) == message[:length]
    else:
        with pytest.raises(DecryptionError):
            KEY.decrypt(ciphertext)


def test_coordinates_that_look_like_another_format() -> None:
    """X may begin with the byte that marks DER, an uncompressed or a compressed point: C3 tells the readings apart."""
    wanted = {0x02, 0x03, 0x04, 0x30}
    message = bytes(range(1, 40))
    for _ in range(10_000):
        ciphertext = PUBLIC.encrypt(message, fmt=CiphertextFormat.C1C3C2_BARE)
        if ciphertext[0] in wanted:
            wanted.discard(ciphertext[0])
            assert KEY.decrypt(ciphertext) == message
            turned = ciphertext[:64] + ciphertext[96:] + ciphertext[64:96]
            assert KEY.decrypt(turned, formats=CiphertextFormat.AUTO_WITH_C1C2C3) == message
        if not wanted:
            break
    assert wanted == set()


def test_ciphertext_is_der_by_default() -> None:
    assert len(SM2Cipher.from_der(PUBLIC.encrypt(b"abc")).cipher_text) == 3


def test_decryption_has_one_error() -> None:
    good = PUBLIC.encrypt(b"secret", fmt=CiphertextFormat.C1C3C2)
    bad = [b"", b"\x30", good[:-1], good + b"\x00", bytes(len(good)), good.hex().encode(), b"\x04" + bytes(103)]
    bad += [bytes([*good[:i], good[i] ^ 1, *good[i + 1 :]]) for i in range(len(good))]
    messages = set()
    for ciphertext in bad:
        with pytest.raises(DecryptionError) as caught:
            KEY.decrypt(ciphertext)
        messages.add(str(caught.value))
    assert messages == {DecryptionError.MESSAGE}


def test_another_key_cannot_decrypt() -> None:
    with pytest.raises(DecryptionError):
        SM2PrivateKey.generate().decrypt(PUBLIC.encrypt(b"secret"))


def test_empty_message_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="not 0"):
        PUBLIC.encrypt(b"")


# ---- encodings --------------------------------------------------------------------------
def test_public_key_forms() -> None:
    odd = int(Y, 16) % 2
    for text in ("04" + X + Y, X + Y, f"0{2 + odd}" + X, "0x04" + X + Y, f" 04{X}{Y}\n", (X + Y).lower()):
        assert SM2PublicKey.from_hex(text) == PUBLIC
    for fmt in PointFormat:
        encoded = PUBLIC.to_bytes(fmt)
        assert len(encoded) == fmt
        assert SM2PublicKey.from_bytes(encoded) == PUBLIC
        assert PUBLIC.to_hex(fmt) == encoded.hex()


def test_a_bare_key_whose_x_begins_with_04_is_kept() -> None:
    """64 bytes are x, y, whatever they begin with: nothing is stripped."""
    for _ in range(2000):
        key = SM2PrivateKey.generate().public_key
        bare = key.to_bytes(PointFormat.BARE)
        if bare[0] in (0x02, 0x03, 0x04, 0x00):
            assert SM2PublicKey.from_bytes(bare) == key
            break
    else:
        pytest.fail("no such key in 2000")


@pytest.mark.parametrize("length", [0, 1, 32, 63, 66, 91, 128])
def test_point_of_another_length(length: int) -> None:
    with pytest.raises(InvalidInputError, match=f"not {length}"):
        SM2PublicKey.from_bytes(bytes(length))


def test_point_off_the_curve() -> None:
    for encoded in (b"\x04" + bytes(64), bytes.fromhex("04" + X + X), bytes.fromhex("05" + X + Y), b"\xff" * 64):
        with pytest.raises(InvalidPointError):
            SM2PublicKey.from_bytes(encoded)


def test_private_key_forms() -> None:
    assert KEY.to_bytes().hex().upper() == D
    assert SM2PrivateKey.from_bytes(bytearray.fromhex(D)).public_key == PUBLIC
    assert SM2PrivateKey.from_hex(f"0x{D.lower()}\n").public_key == PUBLIC


@pytest.mark.parametrize("d", [0, N - 1, N, N + 1, 2**256 - 1])
def test_private_key_out_of_range(d: int) -> None:
    with pytest.raises(InvalidScalarError):
        SM2PrivateKey.from_bytes(d.to_bytes(32, "big"))


@pytest.mark.parametrize("d", [1, 2, N - 2])
def test_private_key_at_the_edges(d: int) -> None:
    key = SM2PrivateKey.from_bytes(d.to_bytes(32, "big"))
    key.public_key.verify(key.sign(MESSAGE), MESSAGE)
    assert key.decrypt(key.public_key.encrypt(MESSAGE)) == MESSAGE


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_private_key_of_another_length(length: int) -> None:
    with pytest.raises(InvalidInputError, match="32"):
        SM2PrivateKey.from_bytes(bytes(length))


@pytest.mark.parametrize("text", ["", "xyz", D[:-1], D + "00", "国"])
def test_bad_hexadecimal(text: str) -> None:
    with pytest.raises(InvalidInputError):
        SM2PrivateKey.from_hex(text)
    with pytest.raises(InvalidInputError):
        SM2PublicKey.from_hex(text)


@pytest.mark.parametrize(
    "call",
    [
        lambda: SM2PrivateKey.from_bytes(D),
        lambda: SM2PublicKey.from_bytes(X + Y),
        lambda: SM2PrivateKey.from_hex(bytes.fromhex(D)),
        lambda: SM2PublicKey.from_hex(None),
        lambda: SM2PrivateKey(bytes.fromhex(D)),
        lambda: SM2PublicKey(bytes.fromhex(X + Y)),
        lambda: KEY.sign("message"),
        lambda: KEY.sign(b"message", user_id="1234567812345678"),
        lambda: KEY.sign(b"message", encoding="raw"),
        lambda: KEY.sign_digest(bytes(32), encoding=1),
        lambda: KEY.decrypt("ciphertext"),
        lambda: KEY.decrypt(b"ciphertext", formats=1),
        lambda: KEY.ecdh(PUBLIC.to_bytes()),
        lambda: PUBLIC.verify("signature", b"message"),
        lambda: PUBLIC.verify(bytes(64), 5),
        lambda: PUBLIC.encrypt("message"),
        lambda: PUBLIC.encrypt(b"message", fmt=2),
        lambda: PUBLIC.to_bytes(65),
        lambda: KEY.to_pem("password"),
        lambda: KEY.to_pem(b"password", profile="gm"),
    ],
)
def test_wrong_types(call: object) -> None:
    with pytest.raises(InvalidTypeError):
        call()  # type: ignore[operator]


# ---- objects ----------------------------------------------------------------------------
def test_secrets_stay_inside() -> None:
    shown = repr(KEY) + str(KEY) + repr(KEY._scalar)
    assert D.lower() not in shown.lower()
    assert str(int(D, 16)) not in shown
    assert PUBLIC.to_hex(PointFormat.COMPRESSED) in repr(KEY)
    for leak in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(InvalidTypeError):
            leak(KEY)


def test_keys_are_immutable() -> None:
    for key in (KEY, PUBLIC):
        with pytest.raises(AttributeError):
            key.anything = 1  # type: ignore[attr-defined]
        with pytest.raises(AttributeError):
            key._point = None  # type: ignore[assignment,union-attr]
        with pytest.raises(AttributeError):
            del key._public  # type: ignore[union-attr]


def test_public_keys_compare_hash_and_copy() -> None:
    other = SM2PrivateKey.generate().public_key
    assert SM2PublicKey.from_hex(X + Y) == PUBLIC
    assert other != PUBLIC
    assert len({PUBLIC, SM2PublicKey.from_hex(X + Y), other}) == 2
    assert PUBLIC.to_bytes() != PUBLIC
    assert pickle.loads(pickle.dumps(PUBLIC)) == copy.deepcopy(PUBLIC) == PUBLIC


def test_generated_keys_differ() -> None:
    assert len({SM2PrivateKey.generate().to_bytes() for _ in range(50)}) == 50


def test_protocols() -> None:
    assert isinstance(KEY, Signer)
    assert isinstance(KEY, Decryptor)
    assert isinstance(KEY, KeyAgreer)
    assert isinstance(PUBLIC, PublicKeyProtocol)
    assert not isinstance(PUBLIC, Signer)
    assert KEY.signature_algorithm.algorithm is oids.SM2_WITH_SM3
    assert KEY.signature_algorithm.parameters is None


def test_keys_are_shared_by_threads() -> None:
    failures: list[object] = []

    def work(number: int) -> None:
        try:
            for i in range(20):
                message = f"{number} {i}".encode()
                PUBLIC.verify(KEY.sign(message), message)
                if KEY.decrypt(PUBLIC.encrypt(message)) != message:
                    failures.append(message)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_ecdh_is_symmetric() -> None:
    other = SM2PrivateKey.generate()
    assert KEY.ecdh(other.public_key) == other.ecdh(PUBLIC)
    assert len(KEY.ecdh(other.public_key)) == 64
