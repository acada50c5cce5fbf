"""Building certificates: what comes out, what is refused before anything is signed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import x509 as asn1crypto_x509
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import (
    NULL,
    AlgorithmIdentifier,
    BasicConstraints,
    Extension,
    GeneralName,
    KeyUsage,
    KeyUsages,
    Name,
    SubjectAltName,
    SubjectPublicKeyInfo,
)
from gmpki.errors import (
    DecodeError,
    FaultDetected,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.interfaces import Signer
from gmpki.keys.pending import PendingSignature
from gmpki.keys.rsa import SignaturePadding
from gmpki.keys.sm2 import SignatureEncoding, SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier, random_serial_number
from gmpki.x509.request import RequestBuilder
from gmpki.x509.signatures import LENIENT_SIGNATURES
from rsa_keys import rsa_key
from x509 import made

RSA = rsa_key()
SIGNERS: dict[str, Signer] = {
    "SM2": SM2PrivateKey.generate(),
    "RSA": RSA,
    "RSA SM3": RSA.using(hash_name="sm3"),
    "RSA PSS": RSA.using(padding=SignaturePadding.PSS),
    "P-256": ECDSAPrivateKey.generate(),
    "P-384": ECDSAPrivateKey.generate("P-384"),
    "P-521": ECDSAPrivateKey.generate("P-521"),
    "Ed25519": Ed25519PrivateKey.generate(),
}


# ---- what comes out ---------------------------------------------------------------------
@pytest.mark.parametrize("name", SIGNERS)
def test_every_signer(name: str) -> None:
    signer = SIGNERS[name]
    root = made.root(signer)
    assert root.verify_signature(root) == ()
    assert root.quirks == ()
    assert root.public_key.to_der() == signer.public_key.to_der()
    assert root.signature_algorithm == signer.signature_algorithm
    leaf = made.builder().sign(signer)
    assert leaf.verify_signature(root) == ()
    # The leaf's own key is an SM2 key that signed nothing here.
    with pytest.raises((InvalidSignature, KeyMismatchError)):
        leaf.verify_signature(leaf)


class Renamed:
    """A signer that names its signatures another way."""

    def __init__(self, algorithm: AlgorithmIdentifier) -> None:
        self.signature_algorithm = algorithm

    @property
    def public_key(self) -> Any:
        return made.KEY.public_key

    def sign(self, message: bytes, *, user_id: bytes | None = None) -> bytes:
        return made.KEY.sign(message, user_id=user_id)

    def sign_digest(self, digest: bytes) -> bytes:
        return made.KEY.sign_digest(digest)


UNUSUAL: dict[str, Any] = {
    "NULL parameters": Renamed(AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL)),
    "synonym": Renamed(AlgorithmIdentifier(oids.SM2_SIGN)),
    "parameters of no bytes": Renamed(AlgorithmIdentifier(oids.SM2_WITH_SM3, b"")),
}


@pytest.mark.parametrize("name", [*SIGNERS, *UNUSUAL])
def test_what_is_returned_is_what_is_read(name: str) -> None:
    """The frame of a certificate is not read again when it was just written."""
    odd_key = SubjectPublicKeyInfo(AlgorithmIdentifier(oids.SM2, NULL), bytes(65))
    for builder in (made.builder(), made.builder(public_key=odd_key)):
        built = builder.add_extension(BasicConstraints()).sign({**SIGNERS, **UNUSUAL}[name])
        read = Certificate.from_der(built.to_der())
        for field in ("signed", "tbs", "normalised_tbs"):
            assert getattr(built._received, field) == getattr(read._received, field)
        assert (built.quirks, built.extensions, built.is_lenient) == (read.quirks, read.extensions, read.is_lenient)


@pytest.mark.parametrize("name", [name for name in SIGNERS if name not in ("SM2", "RSA SM3")])
def test_cryptography_verifies(name: str) -> None:
    root = made.root(SIGNERS[name]).to_cryptography()
    root.verify_directly_issued_by(root)


def test_asn1crypto_reads_the_same() -> None:
    certificate = made.builder().add_extension(BasicConstraints(ca=True, path_len=3)).sign(made.KEY)
    other = asn1crypto_x509.Certificate.load(certificate.der, strict=True)
    assert other.serial_number == certificate.serial_number
    assert other.subject.dump() == certificate.subject.to_der()
    assert other.not_valid_after == certificate.not_after
    assert other.basic_constraints_value.native == {"ca": True, "path_len_constraint": 3}
    assert other.dump(force=True) == certificate.der


@pytest.mark.parametrize(
    ("end", "tag"),
    [
        (datetime(2049, 12, 31, 23, 59, 59, tzinfo=timezone.utc), 0x17),
        (datetime(2050, 1, 1, tzinfo=timezone.utc), 0x18),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc), 0x18),
    ],
)
def test_the_form_of_times_follows_the_year(end: datetime, tag: int) -> None:
    certificate = fresh().validity(made.BEGIN, end).sign(made.KEY)
    assert certificate.not_after == end
    assert bytes((tag,)) + (b"\x0f" if tag == 0x18 else b"\x0d") in certificate.tbs_der


def test_times_of_other_zones_are_written_in_utc() -> None:
    zone = timezone(timedelta(hours=8))
    certificate = fresh().validity(datetime(2026, 1, 1, 8, tzinfo=zone), made.END).sign(made.KEY)
    assert certificate.not_before == made.BEGIN


def test_the_version_follows_the_content() -> None:
    assert made.builder().sign(made.KEY).version == 1
    assert made.builder().add_extension(BasicConstraints()).sign(made.KEY).version == 3


def test_extensions_keep_their_order() -> None:
    plain = Extension(oids.find("1.2.3"), False, b"\x05\x00")
    builder = made.builder().add_extension(plain).add_extension(KeyUsage(KeyUsages.CRL_SIGN))
    certificate = builder.add_extension(BasicConstraints(ca=True)).sign(made.KEY)
    assert certificate.extensions.oids == ("1.2.3", oids.KEY_USAGE, oids.BASIC_CONSTRAINTS)
    assert certificate.extensions[0] == plain


def test_criticality() -> None:
    usage = KeyUsage(KeyUsages.CRL_SIGN)
    plain = Extension(oids.find("1.2.3"), False, b"\x05\x00")
    for value, critical, expected in (
        (usage, None, True),
        (usage, False, False),
        (plain, None, False),
        (plain, True, True),
        (Extension(oids.find("1.2.3"), True, b""), False, False),
    ):
        certificate = made.builder().add_extension(value, critical=critical).sign(made.KEY)
        assert certificate.extensions[0].critical is expected


def test_an_empty_subject_with_a_critical_alternative_name() -> None:
    name = SubjectAltName((GeneralName.dns("www.example.cn"),))
    certificate = made.builder(Name()).add_extension(name, critical=True).sign(made.KEY)
    assert certificate.subject.is_empty
    assert certificate.extensions.is_critical(SubjectAltName)


def test_builders_do_not_change() -> None:
    builder = made.builder()
    with_extension = builder.add_extension(BasicConstraints(ca=True))
    assert builder.sign(made.KEY).version == 1
    assert with_extension.sign(made.KEY).is_ca
    assert not builder.add_extension(BasicConstraints()).sign(made.KEY).is_ca
    with pytest.raises(AttributeError):
        builder.anything = 1  # type: ignore[attr-defined]


def test_user_ids_for_other_peoples_verifiers() -> None:
    certificate = made.builder().sign(made.KEY, user_id=b"")
    with pytest.raises(InvalidSignature):
        certificate.verify_signature(made.KEY.public_key)
    (quirk,) = certificate.verify_signature(made.KEY.public_key, policy=LENIENT_SIGNATURES)
    assert quirk.kind is QuirkKind.EMPTY_USER_ID
    with pytest.raises(InvalidInputError, match="only SM2"):
        made.builder().sign(RSA, user_id=b"")


@given(
    serial=st.integers(1, 2**159 - 1),
    begin=st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc)),
    days=st.integers(0, 10_000),
)
def test_what_is_built_is_read(serial: int, begin: datetime, days: int) -> None:
    begin = begin.replace(microsecond=0)
    end = begin + timedelta(days=days)
    builder = CertificateBuilder().subject(made.SUBJECT).issuer(made.ROOT_NAME).public_key(made.OTHER.public_key)
    certificate = builder.serial_number(serial).validity(begin, end).sign(made.KEY)
    assert (certificate.serial_number, certificate.not_before, certificate.not_after) == (serial, begin, end)
    assert certificate.quirks == ()


class Faulty:
    """A signer that signs with another key than it says, as a token with mixed-up containers does."""

    public_key = made.KEY.public_key
    signature_algorithm = made.SM2_SIGNATURE

    def sign(self, message: Any, *, user_id: Any = None) -> bytes:
        return made.OTHER.sign(message, user_id=user_id)

    def sign_digest(self, digest: Any) -> bytes:
        return made.OTHER.sign_digest(digest)


def test_verification_before_release() -> None:
    for signer in SIGNERS.values():
        assert made.builder().sign(signer, verify=True).verify_signature(signer.public_key) == ()
    made.builder().sign(made.KEY, user_id=b"", verify=True)
    made.builder().sign(made.KEY, user_id=bytearray(b"ALICE"), verify=True)
    faulty = Faulty()
    with pytest.raises(InvalidSignature):
        made.builder().sign(faulty).verify_signature(faulty.public_key)
    with pytest.raises(FaultDetected):
        made.builder().sign(faulty, verify=True)
    with pytest.raises(FaultDetected):
        RequestBuilder().subject(made.SUBJECT).sign(faulty, verify=True)
    with pytest.raises(InvalidTypeError):
        made.builder().sign(made.KEY, verify=1)  # type: ignore[arg-type]


# ---- two phases -------------------------------------------------------------------------
@pytest.mark.parametrize("name", [name for name in SIGNERS if name != "Ed25519"])
def test_two_phases_with_a_digest(name: str) -> None:
    signer = SIGNERS[name]
    builder = made.builder().add_extension(BasicConstraints())
    tbs = builder.to_be_signed(signer.signature_algorithm)
    pending = PendingSignature.prepare(signer.public_key, tbs)
    signature = pending.finish(signer.sign_digest(pending.digest))
    certificate = CertificateBuilder.finish(tbs, signer.signature_algorithm, signature)
    assert certificate.tbs_der == tbs
    assert certificate.verify_signature(signer.public_key) == ()


def test_two_phases_with_a_raw_answer() -> None:
    tbs = made.builder().to_be_signed(made.SM2_SIGNATURE)
    raw = made.KEY.sign(tbs, encoding=SignatureEncoding.RAW)
    standard = made.KEY.public_key.standard_signature(raw)
    certificate = CertificateBuilder.finish(bytearray(tbs), made.SM2_SIGNATURE, standard)
    certificate.verify_signature(made.KEY.public_key)


def test_finish_checks_that_the_parts_fit() -> None:
    tbs = made.builder().to_be_signed(made.SM2_SIGNATURE)
    signature = made.KEY.sign(tbs)
    with pytest.raises(DecodeError, match="algorithm"):
        CertificateBuilder.finish(tbs, AlgorithmIdentifier(oids.ECDSA_SHA256), signature)
    for wrong in (b"", tbs[:-1], tbs + b"\0", signature):
        with pytest.raises(DecodeError):
            CertificateBuilder.finish(wrong, made.SM2_SIGNATURE, signature)
    for found in hostile.results(CertificateBuilder.finish, (tbs, made.SM2_SIGNATURE, signature)):
        assert isinstance(found, Certificate)  # any bytes may be a signature of someone


# ---- what is refused --------------------------------------------------------------------
def fresh() -> CertificateBuilder:
    """Give a builder with everything but the validity."""
    builder = CertificateBuilder().subject(made.SUBJECT).issuer(made.ROOT_NAME).serial_number(1)
    return builder.public_key(made.OTHER.public_key)


SETTERS: dict[str, Callable[[CertificateBuilder], CertificateBuilder]] = {
    "subject": lambda builder: builder.subject(made.SUBJECT),
    "issuer": lambda builder: builder.issuer(made.ROOT_NAME),
    "serial_number": lambda builder: builder.serial_number(1),
    "validity": lambda builder: builder.validity(made.BEGIN, made.END),
    "public_key": lambda builder: builder.public_key(made.OTHER.public_key),
}


@pytest.mark.parametrize("missing", SETTERS)
def test_nothing_may_be_missing(missing: str) -> None:
    builder = CertificateBuilder()
    for name, setter in SETTERS.items():
        if name != missing:
            builder = setter(builder)
    with pytest.raises(InvalidInputError, match=f"{missing}\\(\\)"):
        builder.sign(made.KEY)
    with pytest.raises(InvalidInputError, match=f"{missing}\\(\\)"):
        builder.to_be_signed(made.SM2_SIGNATURE)


@pytest.mark.parametrize("twice", SETTERS)
def test_nothing_is_set_twice(twice: str) -> None:
    with pytest.raises(InvalidInputError, match="already"):
        SETTERS[twice](made.builder())


@pytest.mark.parametrize("serial", [0, -1, 1 << 159, 1 << 160, 1 << 4000])
def test_serial_numbers_that_are_refused(serial: int) -> None:
    with pytest.raises(InvalidInputError):
        CertificateBuilder().serial_number(serial)


def test_the_largest_serial_number_has_20_octets() -> None:
    builder = CertificateBuilder().subject(made.SUBJECT).issuer(made.ROOT_NAME).serial_number((1 << 159) - 1)
    certificate = builder.validity(made.BEGIN, made.END).public_key(made.KEY.public_key).sign(made.KEY)
    assert b"\x02\x14\x7f" in certificate.tbs_der


@pytest.mark.parametrize(
    ("begin", "end"),
    [
        (made.END, made.BEGIN),
        (made.BEGIN, made.BEGIN - timedelta(seconds=1)),
        (datetime(2026, 1, 1), made.END),
        (made.BEGIN, datetime(2036, 1, 1)),
        (made.BEGIN.replace(microsecond=1), made.END),
        (made.BEGIN, made.END.replace(microsecond=999_999)),
        ("2026-01-01", made.END),
        (made.BEGIN, None),
        (made.BEGIN.date(), made.END),
        (0, 1),
    ],
)
def test_validities_that_are_refused(begin: Any, end: Any) -> None:
    with pytest.raises(InvalidInputError):
        CertificateBuilder().validity(begin, end)


def test_one_second_is_enough() -> None:
    certificate = fresh().validity(made.BEGIN, made.BEGIN).sign(made.KEY)
    assert certificate.not_before == certificate.not_after


def test_an_issuer_has_a_name() -> None:
    with pytest.raises(InvalidInputError, match="name"):
        CertificateBuilder().issuer(Name())


@pytest.mark.parametrize("critical", [None, False])
def test_an_empty_subject_alone_is_refused(critical: bool | None) -> None:
    builder = made.builder(Name())
    with pytest.raises(InvalidInputError, match="subjectAltName"):
        builder.sign(made.KEY)
    name = SubjectAltName((GeneralName.dns("www.example.cn"),))
    with pytest.raises(InvalidInputError, match="critical"):
        builder.add_extension(name, critical=critical).sign(made.KEY)


@pytest.mark.parametrize(
    "other", [BasicConstraints(ca=True), Extension(oids.BASIC_CONSTRAINTS, False, b"\x30\x00")], ids=["value", "whole"]
)
def test_no_extension_stands_twice(other: Any) -> None:
    builder = made.builder().add_extension(BasicConstraints())
    with pytest.raises(InvalidInputError, match="already"):
        builder.add_extension(other)


def test_an_extension_that_would_not_be_read_is_not_written() -> None:
    broken = Extension(oids.BASIC_CONSTRAINTS, True, b"\x05\x00")
    with pytest.raises(DecodeError, match="basicConstraints"):
        made.builder().add_extension(broken).sign(made.KEY)


def test_the_number_of_extensions_is_bounded() -> None:
    builder = made.builder()
    for number in range(1024):
        builder = builder.add_extension(Extension(oids.find(f"1.2.{number}"), False, b""))
    with pytest.raises(InvalidInputError, match="1024"):
        builder.add_extension(Extension(oids.find("1.3.1"), False, b""))


@pytest.mark.parametrize("method", ["subject", "issuer", "serial_number", "public_key", "add_extension"])
def test_hostile_arguments(method: str) -> None:
    for found in hostile.results(getattr(CertificateBuilder(), method), (None,)):
        assert method == "serial_number"
        assert isinstance(found, CertificateBuilder)
    for found in hostile.results(made.builder().sign, (None,)):
        pytest.fail(f"signed: {found}")
    for found in hostile.results(made.builder().to_be_signed, (None,)):
        pytest.fail(f"encoded: {found}")


@pytest.mark.parametrize("critical", [0, 1, "yes", b"", []])
def test_critical_is_a_bool(critical: Any) -> None:
    for value in (BasicConstraints(), Extension(oids.find("1.2.3"), False, b"")):
        with pytest.raises(InvalidTypeError):
            made.builder().add_extension(value, critical=critical)


@pytest.mark.parametrize(
    "parts", [("1.2.3", False, "text"), ("1.2.3", 1, b""), (7, False, b""), ("text", False, b""), ("", False, b"")]
)
def test_whole_extensions_are_checked(parts: tuple[Any, Any, Any]) -> None:
    with pytest.raises(GmpkiError):
        made.builder().add_extension(Extension(*parts))


class ForeignKey:
    """A public key of somebody's own, whose DER is what it was given."""

    signature_algorithm = made.SM2_SIGNATURE

    def __init__(self, encoded: Any) -> None:
        self.encoded = encoded

    def digest(self) -> None: ...
    def verify(self) -> None: ...
    def verify_digest(self) -> None: ...
    def standard_signature(self) -> None: ...

    def to_der(self) -> Any:
        return self.encoded


def test_foreign_public_keys() -> None:
    key: Any = ForeignKey(made.OTHER.public_key.to_der())
    assert made.builder(public_key=key).sign(made.KEY).public_key == made.OTHER.public_key
    for wrong in (b"", b"\x30\x00", "text", None, 5):
        with pytest.raises(InvalidInputError):
            CertificateBuilder().public_key(ForeignKey(wrong))  # type: ignore[arg-type]


# ---- numbers and identifiers ------------------------------------------------------------
def test_random_serial_numbers() -> None:
    numbers = [random_serial_number() for _ in range(2000)]
    assert len(set(numbers)) == len(numbers)
    assert all(0 < number < 1 << 127 for number in numbers)
    # The bits are random: each of the 127 is set in about half of them.
    for place in range(127):
        assert 700 < sum(number >> place & 1 for number in numbers) < 1300


def test_key_identifiers() -> None:
    key = made.KEY.public_key
    info = SubjectPublicKeyInfo.from_der(key.to_der())
    assert key_identifier(key) == key_identifier(info) == hashlib.sha1(key.to_bytes()).digest()
    assert key_identifier(key, "sm3") == sm3.digest(key.to_bytes())
    with pytest.raises(InvalidInputError):
        key_identifier(key, "sha256")
    assert list(hostile.results(key_identifier, (key, "sha1"))) == []


def test_openssl_agrees_about_key_identifiers(tmp_path: Path) -> None:
    import subprocess

    path = tmp_path / "key.pem"
    path.write_bytes(made.KEY.to_pem())
    config = tmp_path / "config"
    config.write_text("[req]\ndistinguished_name=name\nx509_extensions=v3\n[name]\n[v3]\nsubjectKeyIdentifier=hash\n")
    command = ["openssl", "req", "-x509", "-new", "-config", str(config), "-key", str(path), "-subj", "/CN=x", "-sm3"]
    command += ["-sigopt", "distid:1234567812345678", "-outform", "DER"]
    certificate = Certificate.from_der(subprocess.run(command, capture_output=True, check=True).stdout)
    assert certificate.subject_key_identifier == key_identifier(made.KEY.public_key)
    assert certificate.verify_signature(certificate) == ()
