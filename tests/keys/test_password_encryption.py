"""Keys under a password: what is written, what is read, what it may cost, and what a wrong password gives."""

from __future__ import annotations

import hashlib
import hmac
import math

import pytest

from gmpki import oids
from gmpki.algorithms import aes, sm4
from gmpki.algorithms.sm3 import sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo
from gmpki.asn1.rfc8018 import PBES2Params, PBKDF2Params
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    InvalidTypeError,
    LimitExceeded,
    UnsupportedAlgorithm,
)
from gmpki.keys.loader import is_encrypted, load_private_key
from gmpki.keys.pbes2 import DEFAULT_ITERATIONS, MAX_ITERATIONS, EncryptionProfile
from gmpki.keys.sm2 import SM2PrivateKey

KEY = SM2PrivateKey.generate()
PASSWORD = "国密 password".encode()
SALT, IV = bytes(range(16)), bytes(range(16, 32))


def parts(data: bytes) -> tuple[PBKDF2Params, PBES2Params]:
    """Take an encrypted key apart."""
    outer = EncryptedPrivateKeyInfo.from_der(data)
    assert outer.algorithm.algorithm is oids.PBES2
    pbes2 = PBES2Params.from_der(outer.algorithm.parameters or b"")
    assert pbes2.key_derivation.algorithm is oids.PBKDF2
    return PBKDF2Params.from_der(pbes2.key_derivation.parameters or b""), pbes2


# ---- writing ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("profile", "prf", "parameters", "cipher"),
    [
        (EncryptionProfile.GM, oids.HMAC_SM3, NULL, oids.SM4_CBC),
        (EncryptionProfile.GMSSL, oids.HMAC_SM3, None, oids.SM4_CBC),
        (EncryptionProfile.OPENSSL, oids.HMAC_SHA256, NULL, oids.SM4_CBC),
        (EncryptionProfile.AES, oids.HMAC_SHA256, NULL, oids.AES256_CBC),
    ],
)
def test_profiles(profile: EncryptionProfile, prf: str, parameters: bytes | None, cipher: str) -> None:
    data = KEY.to_der(PASSWORD, profile=profile, iterations=1000)
    pbkdf2, pbes2 = parts(data)
    assert pbkdf2.prf == AlgorithmIdentifier(oids.find(prf), parameters)
    assert (pbkdf2.iteration_count, pbkdf2.key_length, len(pbkdf2.salt)) == (1000, None, 16)
    assert pbes2.encryption.algorithm is cipher
    assert len(der.Reader(pbes2.encryption.parameters or b"").octet_string()) == 16
    assert load_private_key(data, PASSWORD).public_key == KEY.public_key


def test_defaults() -> None:
    pem = KEY.to_pem(PASSWORD)
    assert pem.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert is_encrypted(pem)
    assert not is_encrypted(KEY.to_pem())
    pbkdf2, _ = parts(KEY.to_der(PASSWORD))
    assert pbkdf2.iteration_count == DEFAULT_ITERATIONS >= 200_000
    assert pbkdf2.prf is not None
    assert pbkdf2.prf.algorithm is oids.HMAC_SM3
    assert load_private_key(pem, bytearray(PASSWORD)).public_key == KEY.public_key


def test_salt_and_iv_are_new_each_time() -> None:
    seen = set()
    for _ in range(20):
        pbkdf2, pbes2 = parts(KEY.to_der(PASSWORD, iterations=1))
        seen |= {pbkdf2.salt, pbes2.encryption.parameters}
    assert len(seen) == 40


def test_what_cannot_be_written() -> None:
    for iterations in (0, -1, MAX_ITERATIONS + 1, 1.5, "1000"):
        with pytest.raises(InvalidInputError, match="iterations"):
            KEY.to_der(PASSWORD, iterations=iterations)
    with pytest.raises(InvalidInputError, match="empty"):
        KEY.to_der(b"")
    with pytest.raises(InvalidTypeError, match="UTF-8"):
        KEY.to_der("password")


# ---- reading: files made with other implementations of the parts ------------------------
def make(
    *,
    key: bytes | None = None,
    scheme: str = oids.PBES2,
    derivation: str = oids.PBKDF2,
    prf: AlgorithmIdentifier | None = None,
    hash_name: str = "sm3",
    cipher: AlgorithmIdentifier | None = None,
    key_length: int | None = None,
    key_len: int = 16,
    iterations: int = 10,
    salt: bytes = SALT,
    password: bytes = PASSWORD,
    plain: bytes | None = None,
) -> bytes:
    """Make an EncryptedPrivateKeyInfo from its parts; the key derivation is that of Python's integers and HMAC."""
    cipher = cipher or AlgorithmIdentifier(oids.SM4_CBC, der.encode_octet_string(IV))
    derived = key or pbkdf2(hash_name, password, salt, iterations, key_len)
    plain = KEY.to_der() if plain is None else plain
    if cipher.algorithm in (oids.SM4_CBC, oids.SM4):
        data = sm4.encrypt(derived, plain, sm4.Mode.CBC, IV, padding=sm4.Padding.PKCS7)
    else:
        data = aes.encrypt_cbc(derived, IV, plain)
    parameters = PBKDF2Params(salt, iterations, key_length, prf)
    kdf = AlgorithmIdentifier(oids.find(derivation), parameters.to_der())
    pbes2 = PBES2Params(kdf, cipher)
    return EncryptedPrivateKeyInfo(AlgorithmIdentifier(oids.find(scheme), pbes2.to_der()), data).to_der()


def pbkdf2(hash_name: str, password: bytes, salt: bytes, iterations: int, length: int) -> bytes:
    """RFC 8018 5.2, written out."""
    digest = sm3 if hash_name == "sm3" else getattr(hashlib, hash_name)
    out = b""
    for block in range(1, math.ceil(length / digest().digest_size) + 1):
        u = hmac.new(password, salt + block.to_bytes(4, "big"), digest).digest()
        total = int.from_bytes(u, "big")
        for _ in range(iterations - 1):
            u = hmac.new(password, u, digest).digest()
            total ^= int.from_bytes(u, "big")
        out += total.to_bytes(len(u), "big")
    return out[:length]


@pytest.mark.parametrize("parameters", [None, NULL], ids=["absent", "NULL"])
@pytest.mark.parametrize(
    ("prf", "hash_name"),
    [
        (oids.HMAC_SM3, "sm3"),
        (oids.HMAC_SM3_0091, "sm3"),
        (oids.HMAC_SHA1, "sha1"),
        (oids.HMAC_SHA224, "sha224"),
        (oids.HMAC_SHA256, "sha256"),
        (oids.HMAC_SHA384, "sha384"),
        (oids.HMAC_SHA512, "sha512"),
    ],
)
def test_every_prf(prf: str, hash_name: str, parameters: bytes | None) -> None:
    data = make(prf=AlgorithmIdentifier(oids.find(prf), parameters), hash_name=hash_name)
    assert load_private_key(data, PASSWORD).public_key == KEY.public_key


def test_prf_that_is_absent_is_sha1() -> None:
    assert load_private_key(make(hash_name="sha1"), PASSWORD).public_key == KEY.public_key


@pytest.mark.parametrize("scheme", [oids.SM_PBES, oids.SM_PBES_ALTERNATE])
@pytest.mark.parametrize("derivation", [oids.SM_PBKDF, oids.SM_PBKDF_ALTERNATE])
def test_numbers_of_gmt_0091(scheme: str, derivation: str) -> None:
    prf = AlgorithmIdentifier(oids.HMAC_SM3, NULL)
    assert load_private_key(make(scheme=scheme, derivation=derivation, prf=prf), PASSWORD).public_key == KEY.public_key
    # There the PRF that is absent is HMAC-SM3.
    assert load_private_key(make(scheme=scheme, derivation=derivation), PASSWORD).public_key == KEY.public_key


@pytest.mark.parametrize(
    ("cipher", "key_len"),
    [(oids.SM4_CBC, 16), (oids.SM4, 16), (oids.AES128_CBC, 16), (oids.AES192_CBC, 24), (oids.AES256_CBC, 32)],
)
@pytest.mark.parametrize("with_length", [False, True])
def test_every_cipher(cipher: str, key_len: int, with_length: bool) -> None:
    identifier = AlgorithmIdentifier(oids.find(cipher), der.encode_octet_string(IV))
    prf = AlgorithmIdentifier(oids.HMAC_SM3, NULL)
    data = make(prf=prf, cipher=identifier, key_len=key_len, key_length=key_len if with_length else None)
    assert load_private_key(data, PASSWORD).public_key == KEY.public_key


SM3_PRF = AlgorithmIdentifier(oids.HMAC_SM3, NULL)
WRONG_IV = AlgorithmIdentifier(oids.SM4_CBC, der.encode_octet_string(IV[:15]))
NO_IV = AlgorithmIdentifier(oids.SM4_CBC)


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (make(scheme="1.2.840.113549.1.12.1.3"), UnsupportedAlgorithm, "1.2.840.113549.1.12.1.3"),
        (make(derivation="1.3.6.1.4.1.11591.4.11"), UnsupportedAlgorithm, "1.3.6.1.4.1.11591.4.11"),
        (make(prf=AlgorithmIdentifier(oids.SM3)), UnsupportedAlgorithm, "HMAC"),
        (make(prf=AlgorithmIdentifier(oids.HMAC_SM3, b"\x02\x01\x01")), UnsupportedAlgorithm, "HMAC"),
        (make(prf=SM3_PRF, key_length=32), DecodeError, "32 bytes where the cipher takes 16"),
        (make(prf=SM3_PRF, cipher=WRONG_IV), DecodeError, "16 bytes expected, 15 found"),
        (make(prf=SM3_PRF, cipher=NO_IV), DecodeError, "nothing is left"),
        (make(prf=SM3_PRF, salt=bytes(1025)), LimitExceeded, "1025"),
    ],
)
def test_what_is_not_read(data: bytes, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        load_private_key(data, PASSWORD)


def test_a_cipher_that_is_not_read_is_named() -> None:
    cipher = AlgorithmIdentifier(oids.RC2_CBC, der.encode_octet_string(bytes(8)))
    data = make(key=bytes(16), cipher=cipher)
    with pytest.raises(UnsupportedAlgorithm, match="rc2CBC"):
        load_private_key(data, PASSWORD)


# ---- limits and wrong passwords ---------------------------------------------------------
def with_iterations(count: int) -> bytes:
    """An encrypted key that asks for many iterations; nobody did them."""
    return make(key=bytes(16), prf=SM3_PRF, iterations=count)


@pytest.mark.parametrize("count", [MAX_ITERATIONS + 1, 2**31, 2**62])
def test_iterations_are_capped(count: int) -> None:
    with pytest.raises(LimitExceeded, match=f"{count} iterations"):
        load_private_key(with_iterations(count), PASSWORD)


def test_the_cap_can_be_set() -> None:
    data = KEY.to_der(PASSWORD, iterations=2000)
    assert load_private_key(data, PASSWORD, max_iterations=2000).public_key == KEY.public_key
    with pytest.raises(LimitExceeded, match="at most 1999"):
        load_private_key(data, PASSWORD, max_iterations=1999)


def test_wrong_password() -> None:
    data = KEY.to_der(PASSWORD, iterations=1)
    # Of 600 wrong passwords about two leave the padding right by chance; they give the same error.
    for number in range(600):
        with pytest.raises(DecryptionError):
            load_private_key(data, b"wrong %d" % number)
    with pytest.raises(DecryptionError):
        load_private_key(data, b"")


def test_right_padding_around_nothing_is_a_wrong_password() -> None:
    for plain in (b"", b"not a key", b"\x30\x00", KEY.to_der() + b"\x00"):
        with pytest.raises(DecryptionError):
            load_private_key(make(prf=SM3_PRF, plain=plain), PASSWORD)


def test_damaged_ciphertext() -> None:
    outer = EncryptedPrivateKeyInfo.from_der(KEY.to_der(PASSWORD, iterations=1))
    for data in (b"", outer.encrypted_data[:-1], outer.encrypted_data[:-16], outer.encrypted_data[:16]):
        with pytest.raises(DecryptionError):
            load_private_key(EncryptedPrivateKeyInfo(outer.algorithm, data).to_der(), PASSWORD)


def test_password_missing_or_not_needed() -> None:
    with pytest.raises(InvalidInputError, match="give its password"):
        load_private_key(KEY.to_pem(PASSWORD, iterations=1))
    with pytest.raises(InvalidInputError, match="not encrypted"):
        load_private_key(KEY.to_pem(), PASSWORD)
    with pytest.raises(InvalidTypeError, match="UTF-8"):
        load_private_key(KEY.to_pem(PASSWORD, iterations=1), PASSWORD.decode())


def test_every_truncation_is_refused() -> None:
    data = KEY.to_der(PASSWORD, iterations=1)
    for length in range(len(data)):
        with pytest.raises((InvalidInputError, DecryptionError)):
            load_private_key(data[:length], PASSWORD)
