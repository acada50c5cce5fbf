"""The structures of the standards: known encodings, every truncation, trailing bytes, wrong versions."""

from __future__ import annotations

from typing import Any

import pytest

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.asn1.gmt0009 import SM2Cipher, SM2Signature
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier, Extension, SubjectPublicKeyInfo
from gmpki.asn1.rfc5915 import ECPrivateKey
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo, PrivateKeyInfo
from gmpki.asn1.rfc8018 import PBES2Params, PBKDF2Params
from gmpki.asn1.sec1 import SpecifiedECDomain
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, LimitExceeded

SM2_CURVE = der.encode_oid(oids.SM2)
SM2_KEY = AlgorithmIdentifier(oids.EC_PUBLIC_KEY, SM2_CURVE)
POINT = b"\x04" + bytes(range(64))
PRF = AlgorithmIdentifier(oids.HMAC_SM3, NULL)
PBKDF2 = AlgorithmIdentifier(oids.PBKDF2, PBKDF2Params(b"salt" * 4, 1000, 16, PRF).to_der())
SM4 = AlgorithmIdentifier(oids.SM4_CBC, der.encode_octet_string(bytes(16)))
PBES2 = PBES2Params(PBKDF2, SM4)

SAMPLES: list[Schema] = [
    AlgorithmIdentifier(oids.SM2_WITH_SM3),
    AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL),
    SM2_KEY,
    SubjectPublicKeyInfo(SM2_KEY, POINT),
    ECPrivateKey(bytes(range(32))),
    ECPrivateKey(bytes(range(32)), SM2_CURVE, POINT),
    PrivateKeyInfo(SM2_KEY, b"key"),
    PrivateKeyInfo(SM2_KEY, b"key", bytes.fromhex("A0020500"), POINT),
    EncryptedPrivateKeyInfo(AlgorithmIdentifier(oids.PBES2, PBES2.to_der()), bytes(48)),
    PBES2,
    PBKDF2Params(b"salt", 1),
    PBKDF2Params(b"salt", 2**40, None, PRF),
    SpecifiedECDomain(1, 23, b"\x01", b"\x02", None, b"\x04\x03\x04", 29, 1),
    SpecifiedECDomain(3, 23, b"\x01", b"\x02", b"seed", b"\x04\x03\x04", 29, None),
    SM2Signature(1, 2**256 - 1),
    SM2Cipher(0, 2**255, bytes(32), b"ciphertext"),
]
IDS = [f"{type(sample).__name__}-{index}" for index, sample in enumerate(SAMPLES)]


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_round_trip(sample: Schema) -> None:
    assert type(sample).from_der(sample.to_der()) == sample
    assert type(sample).from_der(bytearray(sample.to_der())) == sample


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_truncated_or_longer_is_refused(sample: Schema) -> None:
    data = sample.to_der()
    for length in range(len(data)):
        with pytest.raises(DecodeError):
            type(sample).from_der(data[:length])
    with pytest.raises(DecodeError, match="too many"):
        type(sample).from_der(data + b"\x00")
    # One more element inside: the outer header is rewritten to hold it.
    body = der.Reader(data).inside(data[0])
    inside = data[body.offset :]
    with pytest.raises(DecodeError):
        type(sample).from_der(der.encode(data[0], inside + b"\x05\x00\x05\x00"))


@pytest.mark.parametrize("sample", SAMPLES, ids=IDS)
def test_immutable_and_bounded(sample: Schema) -> None:
    with pytest.raises((AttributeError, TypeError)):
        sample.anything = 1  # type: ignore[attr-defined]
    with pytest.raises(LimitExceeded):
        type(sample).from_der(sample.to_der(), max_size=3)


def test_known_encodings() -> None:
    assert AlgorithmIdentifier(oids.SM2_WITH_SM3).to_der().hex().upper() == "300A06082A811CCF55018375"
    assert AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL).to_der().hex().upper() == "300C06082A811CCF550183750500"
    header = "3059301306072A8648CE3D020106082A811CCF5501822D034200"
    assert SubjectPublicKeyInfo(SM2_KEY, POINT).to_der().hex().upper() == header + POINT.hex().upper()
    plain = PrivateKeyInfo(SM2_KEY, ECPrivateKey(bytes(32), None, POINT).to_der()).to_der()
    start = "308187020100301306072A8648CE3D020106082A811CCF5501822D046D306B0201010420"
    assert plain.hex().upper().startswith(start)


def test_error_names_the_structure_and_field() -> None:
    with pytest.raises(DecodeError) as caught:
        SM2Signature.from_der(bytes.fromhex("3006020101020180"))
    assert caught.value.path == ("SM2Signature", "s")
    assert caught.value.offset == 5


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(ECPrivateKey(b"secret"))
    assert "secret" not in repr(PrivateKeyInfo(SM2_KEY, b"secret"))


@pytest.mark.parametrize("version", [0, 2, 3])
def test_ec_private_key_version(version: int) -> None:
    data = der.encode_sequence(der.encode_integer(version), der.encode_octet_string(bytes(32)))
    with pytest.raises(DecodeError, match="version"):
        ECPrivateKey.from_der(data)


def test_public_key_needs_version_1() -> None:
    data = bytearray(PrivateKeyInfo(SM2_KEY, b"key", None, POINT).to_der())
    version = data.index(b"\x02\x01\x01")
    data[version + 2] = 0
    with pytest.raises(DecodeError):
        PrivateKeyInfo.from_der(data)


@pytest.mark.parametrize(
    "signature",
    [
        "3006020101020100" + "00",  # trailing
        "300702010102020001",  # s padded
        "30060201FF020101",  # r negative
        "3026022200FF" + "FF" * 32 + "020101",  # r of 33 bytes
        "3009020101020102020103",  # three numbers
        "3003020101",  # one number
        "3006040101020101",  # not an INTEGER
    ],
)
def test_bad_signature_is_refused(signature: str) -> None:
    with pytest.raises(DecodeError):
        SM2Signature.from_der(bytes.fromhex(signature))


@pytest.mark.parametrize("size", [0, 31, 33])
def test_hash_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(DecodeError, match="32 bytes expected"):
        SM2Cipher.from_der(SM2Cipher(1, 2, bytes(size), b"x").to_der())


def test_iteration_count_is_positive() -> None:
    with pytest.raises(DecodeError, match="iterationCount"):
        PBKDF2Params.from_der(PBKDF2Params(b"salt", 0).to_der())


def test_default_prf_that_is_written_all_the_same() -> None:
    # The parameters that Java's provider writes for HMAC-SHA1: the default of the prf, which DER leaves out.
    encoded = bytes.fromhex("301B 0404 73616C74 0202 03E8 0201 10 300C 0608 2A864886F70D0207 0500".replace(" ", ""))
    parameters = PBKDF2Params.from_der(encoded)
    assert parameters.prf == AlgorithmIdentifier(oids.HMAC_SHA1, NULL)
    assert parameters.encodes_default_prf
    assert parameters.to_der() == encoded
    assert not PBKDF2Params(b"salt", 1000, 16).encodes_default_prf
    assert not PBKDF2Params(b"salt", 1000, 16, PRF).encodes_default_prf


def test_salt_from_another_source_is_refused() -> None:
    data = der.encode_sequence(AlgorithmIdentifier(oids.SM3).to_der(), der.encode_integer(1))
    with pytest.raises(DecodeError, match="OCTET STRING expected"):
        PBKDF2Params.from_der(data)


def test_binary_field_is_refused() -> None:
    data = SpecifiedECDomain(1, 23, b"\x01", b"\x02", None, b"\x04", 29, 1).to_der()
    prime, binary = der.encode_oid(oids.PRIME_FIELD), der.encode_oid("1.2.840.10045.1.2")
    with pytest.raises(DecodeError, match="prime fields"):
        SpecifiedECDomain.from_der(data.replace(prime, binary))


def test_what_a_structure_was_made_of_cannot_change_it() -> None:
    changing = bytearray(b"\x05\x00")
    algorithm = AlgorithmIdentifier(oids.RSA_SHA256, changing)  # type: ignore[arg-type]
    key = SubjectPublicKeyInfo(algorithm, changing)  # type: ignore[arg-type]
    extension = Extension(oids.KEY_USAGE, True, changing)  # type: ignore[arg-type]
    before = [part.to_der() for part in (algorithm, key, extension)]
    changing[0] = 0
    assert [part.to_der() for part in (algorithm, key, extension)] == before
    assert len({algorithm, key, extension}) == 3
    assert AlgorithmIdentifier("1.2.156.10197.1.501").algorithm.name == oids.SM2_WITH_SM3.name  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [5, [], object(), -1.5], ids=lambda value: type(value).__name__)
def test_structures_of_wrong_parts(wrong: Any) -> None:
    for make in (
        lambda: AlgorithmIdentifier(wrong),
        lambda: AlgorithmIdentifier(oids.SM3, wrong),
        lambda: SubjectPublicKeyInfo(wrong, b""),
        lambda: SubjectPublicKeyInfo(AlgorithmIdentifier(oids.SM3), wrong),
        lambda: Extension(oids.KEY_USAGE, True, wrong),
    ):
        with pytest.raises(InvalidTypeError):
            make()


def test_parameters_of_an_algorithm() -> None:
    assert AlgorithmIdentifier(oids.SM3).has_no_parameters
    assert AlgorithmIdentifier(oids.SM3, NULL).has_no_parameters
    assert not SM2_KEY.has_no_parameters
    assert SM2_KEY.parameters_oid is oids.SM2
    assert AlgorithmIdentifier(oids.SM3, NULL).parameters_oid is None


# ---- object identifiers -----------------------------------------------------------------
def test_identifiers_are_text_with_names() -> None:
    assert oids.SM2 == "1.2.156.10197.1.301"
    assert oids.find("1.2.156.10197.1.301") is oids.SM2
    assert {oids.SM2: 1}["1.2.156.10197.1.301"] == 1
    assert f"{oids.SM2}" == "1.2.156.10197.1.301"
    assert repr(oids.SM2) == "<ObjectIdentifier 1.2.156.10197.1.301 SM2>"
    assert repr(oids.find("1.2.3")) == "<ObjectIdentifier 1.2.3>"


def test_identifiers_are_registered_once_with_name_and_source() -> None:
    everything = oids.registered()
    assert len(everything) == len(set(everything)) >= 50
    for oid in everything:
        assert oid.name != oid
        assert oid.source
        assert der.Reader(der.encode_oid(oid)).oid() is oid


def test_identifiers_are_immutable() -> None:
    with pytest.raises(AttributeError):
        oids.SM2.name = "other"
    with pytest.raises(AttributeError):
        del oids.SM2.name


def test_parameters_that_are_not_der_are_refused_when_read() -> None:
    data = der.encode_sequence(der.encode_oid(oids.SM3), bytes.fromhex("3003010101"))
    with pytest.raises(DecodeError, match="00 or FF") as caught:
        AlgorithmIdentifier.from_der(data)
    assert caught.value.path == ("AlgorithmIdentifier", "parameters")


def test_limits_are_errors_of_input() -> None:
    assert issubclass(LimitExceeded, InvalidInputError)
