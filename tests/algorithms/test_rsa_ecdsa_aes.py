"""RSA, ECDSA and AES-CBC through ``cryptography``: what we add is names, types and errors."""

from __future__ import annotations

import copy
import hashlib
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.algorithms import aes, ecdsa, rsa
from gmpki.algorithms.rsa import EncryptionPadding, SignaturePadding
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    UnsupportedAlgorithm,
)

HASHES = ("sm3", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "md5")
FAMILIES = {"rsa": rsa, "ecdsa": ecdsa}
family = pytest.mark.parametrize("module", [rsa, ecdsa], ids=FAMILIES)


@pytest.fixture(scope="module")
def keys() -> dict[Any, Any]:
    return {rsa: rsa.PrivateHandle.generate(1024), ecdsa: ecdsa.PrivateHandle.generate()}


@family
@pytest.mark.parametrize("hash_name", HASHES)
def test_signatures_round_trip(module: Any, keys: dict[Any, Any], hash_name: str) -> None:
    key = keys[module]
    signature = module.sign(key, b"message", hash_name)
    module.verify(key.public, signature, b"message", hash_name)
    with pytest.raises(InvalidSignature):
        module.verify(key.public, signature, b"messagf", hash_name)
    with pytest.raises(InvalidSignature):
        module.verify(key.public, signature[:-1] + bytes([signature[-1] ^ 1]), b"message", hash_name)
    for broken in (b"", signature[:-1], signature + b"\0"):
        with pytest.raises(InvalidSignature):
            module.verify(key.public, broken, b"message", hash_name)


@family
def test_a_digest_stands_for_its_message(module: Any, keys: dict[Any, Any]) -> None:
    key, digest = keys[module], hashlib.sha256(b"message").digest()
    module.verify(key.public, module.sign(key, digest, prehashed=True), b"message")
    module.verify(key.public, module.sign(key, b"message"), digest, prehashed=True)
    for length in (0, 31, 33):
        with pytest.raises(InvalidInputError):
            module.sign(key, bytes(length), prehashed=True)
        with pytest.raises(InvalidInputError):
            module.verify(key.public, bytes(128), bytes(length), prehashed=True)


@family
def test_keys_round_trip(module: Any, keys: dict[Any, Any]) -> None:
    key = keys[module]
    again = module.PrivateHandle.from_der(key.to_der())
    assert again.public == key.public == module.PublicHandle.from_der(key.public.to_der())
    assert len({key.public, again.public}) == 1
    assert key.public != module.PrivateHandle.generate().public
    assert key.public != key.public.to_der()
    assert key.bits == key.public.bits == (1024 if module is rsa else 256)


@family
def test_key_files_of_another_kind(module: Any, keys: dict[Any, Any]) -> None:
    other = keys[ecdsa if module is rsa else rsa]
    with pytest.raises(DecodeError, match="another kind"):
        module.PrivateHandle.from_der(other.to_der())
    with pytest.raises(DecodeError, match="another kind"):
        module.PublicHandle.from_der(other.public.to_der())
    for load, der in (
        (module.PrivateHandle.from_der, keys[module].to_der()),
        (module.PublicHandle.from_der, keys[module].public.to_der()),
    ):
        for data in (b"", b"\x30\x00", der[:-1], b"text", der[::-1]):
            with pytest.raises(DecodeError):
                load(data)


@family
def test_refused_inputs(module: Any, keys: dict[Any, Any], refuses_non_buffers: Callable[..., None]) -> None:
    key = keys[module]
    for call in (
        module.PrivateHandle.from_der,
        module.PublicHandle.from_der,
        lambda x: module.sign(key, x),
        lambda x: module.verify(key.public, x, b""),
        lambda x: module.verify(key.public, b"", x),
    ):
        refuses_non_buffers(call)
    for name in ("", "SHA256", "md2", "sha-1"):
        with pytest.raises(UnsupportedAlgorithm, match="hash"):
            module.sign(key, b"m", name)
        with pytest.raises(UnsupportedAlgorithm, match="hash"):
            module.verify(key.public, b"m", b"m", name)
    for wrong in (None, key.to_der(), "key"):
        with pytest.raises(InvalidTypeError, match="PrivateHandle"):
            module.sign(wrong, b"m")
        with pytest.raises(InvalidTypeError, match="PublicHandle"):
            module.verify(wrong, b"m", b"m")
    for name in (None, 256, b"sha256"):
        with pytest.raises(InvalidTypeError, match="hash_name"):
            module.sign(key, b"m", name)


@family
def test_handles_keep_their_secrets(module: Any, keys: dict[Any, Any]) -> None:
    for duplicate in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(InvalidTypeError, match="pickled"):
            duplicate(keys[module])
    for kind in (module.PrivateHandle, module.PublicHandle):
        with pytest.raises(InvalidTypeError, match="from_der"):
            kind()
    assert repr(keys[module]) in ("<RSA PrivateHandle of 1024 bits>", "<ECDSA PrivateHandle on P-256>")
    assert repr(keys[module].public) in ("<RSA PublicHandle of 1024 bits>", "<ECDSA PublicHandle on P-256>")


def test_pss(keys: dict[Any, Any]) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    key, pss = keys[rsa], SignaturePadding.PSS
    signature = rsa.sign(key, b"m", padding=pss)
    assert signature != rsa.sign(key, b"m", padding=pss)
    rsa.verify(key.public, signature, b"m", padding=pss)
    with pytest.raises(InvalidSignature):
        rsa.verify(key.public, signature, b"m")
    with pytest.raises(InvalidSignature):
        rsa.verify(key.public, rsa.sign(key, b"m"), b"m", padding=pss)
    other: Any = load_der_private_key(key.to_der(), None)
    for salt_length in (0, 20, 32):
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length)
        rsa.verify(key.public, other.sign(b"m", scheme, hashes.SHA256()), b"m", padding=pss)


@pytest.mark.parametrize("padding", list(EncryptionPadding), ids=lambda padding: padding.name)
def test_rsa_encryption(keys: dict[Any, Any], padding: EncryptionPadding) -> None:
    key = keys[rsa]
    for message in (b"", b"key of 16 bytes.", bytes(60)):
        ciphertext = rsa.encrypt(key.public, message, padding=padding)
        assert len(ciphertext) == 128
        assert rsa.decrypt(key, ciphertext, padding=padding) == message
    with pytest.raises(InvalidInputError):
        rsa.encrypt(key.public, bytes(128), padding=padding)
    for broken in (b"", bytes(127), bytes(129), b"\xff" * 128):
        with pytest.raises(DecryptionError) as caught:
            rsa.decrypt(key, broken, padding=padding)
        assert str(caught.value) == DecryptionError.MESSAGE


def test_a_wrong_pkcs1_padding_is_no_oracle(keys: dict[Any, Any]) -> None:
    """Implicit rejection (RFC 8017 7.2.2 leaves it open): the same unforeseeable message each time."""
    key, ciphertext = keys[rsa], bytes(127) + b"\x02"
    first = rsa.decrypt(key, ciphertext, padding=EncryptionPadding.PKCS1V15)
    assert rsa.decrypt(key, ciphertext, padding=EncryptionPadding.PKCS1V15) == first
    with pytest.raises(DecryptionError):
        rsa.decrypt(key, ciphertext, padding=EncryptionPadding.OAEP)


class _OldOpenSSL:
    """A key of a library that says so when the padding is wrong, as OpenSSL before 3.2 did."""

    def decrypt(self, _ciphertext: bytes, _padding: object) -> bytes:
        raise ValueError("Decryption failed")

    def __init__(self, key: Any) -> None:
        self._key = key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._key, name)


@pytest.mark.parametrize("expected_len", [None, 0, 16, 32])
def test_a_wrong_pkcs1_padding_over_an_old_library(keys: dict[Any, Any], expected_len: int | None) -> None:
    key = keys[rsa]
    old = rsa.PrivateHandle._over(_OldOpenSSL(key._key))
    answers = []
    for last in range(2, 40):
        ciphertext = bytes(127) + bytes([last])
        first = rsa.decrypt(old, ciphertext, padding=EncryptionPadding.PKCS1V15, expected_len=expected_len)
        again = rsa.decrypt(old, ciphertext, padding=EncryptionPadding.PKCS1V15, expected_len=expected_len)
        assert first == again
        assert len(first) == expected_len if expected_len is not None else len(first) <= 117
        answers.append(first)
    if expected_len == 0:
        assert set(answers) == {b""}
        return
    long = [answer for answer in answers if len(answer) >= 8]  # shorter ones may come twice by chance
    assert len(set(long)) == len(long) >= 20


def test_messages_of_another_length_than_expected(keys: dict[Any, Any]) -> None:
    """RFC 3218 2.3.2: what is no key of the right length is replaced by one that is, and nothing is said."""
    key = keys[rsa]
    for message in (b"", b"short", bytes(15), bytes(17), bytes(60)):
        sealed = rsa.encrypt(key.public, message, padding=EncryptionPadding.PKCS1V15)
        first = rsa.decrypt(key, sealed, padding=EncryptionPadding.PKCS1V15, expected_len=16)
        assert len(first) == 16
        assert first == rsa.decrypt(key, sealed, padding=EncryptionPadding.PKCS1V15, expected_len=16)
        sealed = rsa.encrypt(key.public, message)
        with pytest.raises(DecryptionError):
            rsa.decrypt(key, sealed, expected_len=16)
    right = rsa.encrypt(key.public, bytes(16), padding=EncryptionPadding.PKCS1V15)
    assert rsa.decrypt(key, right, padding=EncryptionPadding.PKCS1V15, expected_len=16) == bytes(16)
    assert rsa.decrypt(key, rsa.encrypt(key.public, bytes(16)), expected_len=16) == bytes(16)
    for wrong, error in ((-1, InvalidInputError), (2049, InvalidInputError), ("16", InvalidTypeError)):
        with pytest.raises(error):
            rsa.decrypt(key, right, expected_len=wrong)  # type: ignore[arg-type]


def test_paddings_of_other_types(keys: dict[Any, Any]) -> None:
    key = keys[rsa]
    for padding in ("pss", None, 0):
        with pytest.raises(InvalidTypeError, match="SignaturePadding"):
            rsa.sign(key, b"m", padding=padding)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError, match="EncryptionPadding"):
            rsa.encrypt(key.public, b"m", padding=padding)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError, match="EncryptionPadding"):
            rsa.decrypt(key, bytes(128), padding=padding)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedAlgorithm):
        rsa.encrypt(key.public, b"m", hash_name="md2")


def test_rsa_numbers(keys: dict[Any, Any]) -> None:
    public = keys[rsa].public
    modulus, exponent = public.numbers()
    assert (modulus.bit_length(), exponent) == (1024, 65537)
    assert rsa.PublicHandle.from_numbers(modulus, exponent) == public
    for numbers in ((modulus, 1), (modulus, 2), (3, 65537), (-modulus, 3)):
        with pytest.raises(InvalidInputError):
            rsa.PublicHandle.from_numbers(*numbers)
    with pytest.raises(InvalidTypeError):
        rsa.PublicHandle.from_numbers("1", 3)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bits", "error"),
    [(1023, InvalidInputError), (16385, InvalidInputError), (-1, InvalidInputError), ("2048", InvalidTypeError)],
)
def test_rsa_sizes(bits: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="bits"):
        rsa.PrivateHandle.generate(bits)


@pytest.mark.parametrize("curve", [curve for curve in ecdsa.CURVES if curve != "P-192"])
def test_curves(curve: str) -> None:
    key = ecdsa.PrivateHandle.generate(curve)
    assert key.curve == key.public.curve == curve
    assert key.bits == int(curve[2:])
    ecdsa.verify(key.public, ecdsa.sign(key, b"m"), b"m")


@pytest.mark.parametrize("curve", ["", "p-256", "SM2", "secp256k1"])
def test_unknown_curves(curve: str) -> None:
    with pytest.raises(UnsupportedAlgorithm, match="P-256"):
        ecdsa.PrivateHandle.generate(curve)


@pytest.mark.parametrize("curve", [None, 256, ["P-256"], b"P-256"])
def test_the_name_of_a_curve_is_text(curve: Any) -> None:
    with pytest.raises(InvalidTypeError, match="curve must be str"):
        ecdsa.PrivateHandle.generate(curve)


def test_a_key_on_another_curve_is_refused() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

    key = ec.generate_private_key(ec.SECP256K1())
    with pytest.raises(UnsupportedAlgorithm, match="secp256k1"):
        ecdsa.PrivateHandle.from_der(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(UnsupportedAlgorithm, match="secp256k1"):
        ecdsa.PublicHandle.from_der(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


# NIST SP 800-38A F.2.1, its first block.
AES_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
AES_IV = bytes(range(16))


def test_aes_example() -> None:
    ciphertext = aes.encrypt_cbc(AES_KEY, AES_IV, bytes.fromhex("6bc1bee22e409f96e93d7e117393172a"))
    assert ciphertext[:16].hex() == "7649abac8119b246cee98e9b12e9197d"


@given(st.sampled_from(aes.KEY_LENGTHS), st.binary(max_size=100))
def test_aes_round_trips(key_length: int, data: bytes) -> None:
    ciphertext = aes.encrypt_cbc(bytes(key_length), AES_IV, data)
    assert len(ciphertext) == len(data) // 16 * 16 + 16
    assert aes.decrypt_cbc(bytes(key_length), AES_IV, bytearray(ciphertext)) == data


def test_aes_refusals(refuses_non_buffers: Callable[..., None]) -> None:
    ciphertext = aes.encrypt_cbc(AES_KEY, AES_IV, b"message")
    for broken in (b"", ciphertext[:-1], ciphertext + b"\0", bytes(16), bytes(32)):
        with pytest.raises(DecryptionError) as caught:
            aes.decrypt_cbc(AES_KEY, AES_IV, broken)
        assert str(caught.value) == DecryptionError.MESSAGE
    for work in (aes.encrypt_cbc, aes.decrypt_cbc):
        refuses_non_buffers(lambda x, work=work: work(x, AES_IV, b""))
        refuses_non_buffers(lambda x, work=work: work(AES_KEY, x, b""))
        refuses_non_buffers(lambda x, work=work: work(AES_KEY, AES_IV, x))
        for length in (0, 15, 17, 64):
            with pytest.raises(InvalidInputError, match="key must be"):
                work(bytes(length), AES_IV, b"")
            with pytest.raises(InvalidInputError, match="iv must be"):
                work(AES_KEY, bytes(length), b"")
