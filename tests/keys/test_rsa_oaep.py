"""The parameters of RSAES-OAEP: written, read, refused, and those of the cryptography package."""

from __future__ import annotations

from typing import Any

import pytest

import hostile
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc8017 import RSAESOAEPParams
from gmpki.errors import DecodeError, InvalidTypeError, UnsupportedAlgorithm
from gmpki.keys.rsa import EncryptionPadding
from gmpki.keys.rsa_oaep import oaep_algorithm, read_oaep
from rsa_keys import rsa_key

HASHES = ["sha1", "sha256", "sha384", "sha512"]
SHA1 = AlgorithmIdentifier(oids.SHA1, NULL)
SHA256 = AlgorithmIdentifier(oids.SHA256, NULL)
MGF1_SHA256 = AlgorithmIdentifier(oids.MGF1, SHA256.to_der())


def algorithm(*parameters: Any) -> AlgorithmIdentifier:
    return AlgorithmIdentifier(oids.RSA_OAEP, RSAESOAEPParams(*parameters).to_der())


@pytest.mark.parametrize("hash_name", HASHES)
def test_what_is_written_is_read(hash_name: str) -> None:
    assert read_oaep(oaep_algorithm(hash_name)) == hash_name


def test_defaults_are_left_out_and_read_all_the_same() -> None:
    assert oaep_algorithm("sha1") == AlgorithmIdentifier(oids.RSA_OAEP, der.encode_sequence())
    label = AlgorithmIdentifier(oids.P_SPECIFIED, der.encode_octet_string(b""))
    written = der.encode_sequence(
        der.encode_explicit(0, SHA1.to_der()),
        der.encode_explicit(1, AlgorithmIdentifier(oids.MGF1, SHA1.to_der()).to_der()),
        der.encode_explicit(2, label.to_der()),
    )
    assert read_oaep(AlgorithmIdentifier(oids.RSA_OAEP, written)) == "sha1"


def test_hashes_without_null() -> None:
    bare = AlgorithmIdentifier(oids.SHA256)
    assert read_oaep(algorithm(bare, AlgorithmIdentifier(oids.MGF1, bare.to_der()))) == "sha256"


@pytest.mark.parametrize(
    ("found", "error", "phrase"),
    [
        (AlgorithmIdentifier(oids.RSA_OAEP), DecodeError, "without parameters"),
        (AlgorithmIdentifier(oids.RSA_OAEP, NULL), DecodeError, "SEQUENCE"),
        (algorithm(SHA256), UnsupportedAlgorithm, "both must be the same"),
        (algorithm(SHA1, MGF1_SHA256), UnsupportedAlgorithm, "both must be the same"),
        (algorithm(SHA256, AlgorithmIdentifier(oids.SHA256, NULL)), UnsupportedAlgorithm, "mask"),
        (algorithm(SHA256, AlgorithmIdentifier(oids.MGF1)), UnsupportedAlgorithm, "mask"),
        (algorithm(AlgorithmIdentifier(oids.SHA256, b"\x04\x00"), MGF1_SHA256), DecodeError, "absent or NULL"),
        (
            algorithm(SHA256, MGF1_SHA256, AlgorithmIdentifier(oids.P_SPECIFIED, der.encode_octet_string(b"label"))),
            UnsupportedAlgorithm,
            "label",
        ),
        (
            algorithm(
                AlgorithmIdentifier(oids.MD5, NULL),
                AlgorithmIdentifier(oids.MGF1, AlgorithmIdentifier(oids.MD5, NULL).to_der()),
            ),
            UnsupportedAlgorithm,
            "hash",
        ),
        (AlgorithmIdentifier(oids.RSA_OAEP, der.encode_sequence(NULL)), DecodeError, "too many"),
    ],
    ids=range(10),
)
def test_what_is_refused(found: AlgorithmIdentifier, error: type[Exception], phrase: str) -> None:
    with pytest.raises(error, match=phrase):
        read_oaep(found)


def test_arguments_of_wrong_types() -> None:
    for name in ("md5", "sm3", ""):
        with pytest.raises(UnsupportedAlgorithm):
            oaep_algorithm(name)
    with pytest.raises(InvalidTypeError):
        oaep_algorithm(None)  # type: ignore[arg-type]
    list(hostile.results(read_oaep, (oaep_algorithm("sha256"),)))


@pytest.mark.parametrize("hash_name", HASHES)
def test_keys_encrypt_and_decrypt_with_each(hash_name: str) -> None:
    sealed = rsa_key().public_key.encrypt(b"key", hash_name=hash_name)
    assert rsa_key().decrypt(sealed, hash_name=hash_name, expected_len=3) == b"key"
    assert rsa_key().decrypt(sealed, padding=EncryptionPadding.OAEP, hash_name=hash_name) == b"key"
