"""Certificates: what they say, the files they come in, their keys and signatures."""

from __future__ import annotations

import base64
import copy
import hashlib
import pickle
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cryptography.x509
import pytest

import hostile
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import (
    NULL,
    AlgorithmIdentifier,
    AuthorityKeyIdentifier,
    BasicConstraints,
    ExtendedKeyUsage,
    GeneralName,
    KeyUsage,
    KeyUsages,
    SubjectAltName,
    SubjectKeyIdentifier,
    SubjectPublicKeyInfo,
)
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    PolicyError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.sm2 import PointFormat
from gmpki.x509.certificate import MAX_CERTIFICATE_LEN, Certificate, load_certificate, load_certificates
from gmpki.x509.certificate_builder import key_identifier
from gmpki.x509.named_key import NamedKey, TrustAnchor
from gmpki.x509.names import build_name
from gmpki.x509.signatures import LENIENT_SIGNATURES
from x509 import made


def kinds(certificate: Certificate) -> list[QuirkKind]:
    return [quirk.kind for quirk in certificate.quirks]


POINT = made.OTHER.public_key.to_bytes()


# ---- what a certificate says ------------------------------------------------------------
def test_fields() -> None:
    name = SubjectAltName((GeneralName.dns("www.example.cn"),))
    certificate = (
        made.builder()
        .add_extension(BasicConstraints())
        .add_extension(KeyUsage(KeyUsages.DIGITAL_SIGNATURE))
        .add_extension(ExtendedKeyUsage((oids.SERVER_AUTH,)))
        .add_extension(name)
        .add_extension(SubjectKeyIdentifier(key_identifier(made.OTHER.public_key)))
        .add_extension(AuthorityKeyIdentifier(key_identifier(made.KEY.public_key)))
        .sign(made.KEY)
    )
    assert (certificate.version, certificate.serial_number) == (3, 0x1234567890)
    assert (certificate.issuer, certificate.subject) == (made.ROOT_NAME, made.SUBJECT)
    assert (certificate.not_before, certificate.not_after) == (made.BEGIN, made.END)
    assert certificate.public_key == made.OTHER.public_key
    assert certificate.public_key is certificate.public_key
    assert certificate.public_key_info.to_der() == made.OTHER.public_key.to_der()
    assert certificate.signature_algorithm == made.SM2_SIGNATURE
    assert certificate.issuer_unique_id is certificate.subject_unique_id is None
    assert certificate.quirks == ()
    assert not certificate.is_lenient
    assert not certificate.is_self_issued
    assert certificate.basic_constraints == BasicConstraints()
    assert not certificate.is_ca
    assert certificate.key_usage == KeyUsages.DIGITAL_SIGNATURE
    assert certificate.extended_key_usage == ExtendedKeyUsage((oids.SERVER_AUTH,))
    assert certificate.subject_alt_name == name
    assert certificate.subject_key_identifier == key_identifier(made.OTHER.public_key)
    authority = certificate.authority_key_identifier
    assert authority is not None
    assert authority.key_identifier == key_identifier(made.KEY.public_key)
    assert [extension.critical for extension in certificate.extensions] == [True, True, False, False, False, False]


def test_what_is_absent_is_none() -> None:
    certificate = made.builder().sign(made.KEY)
    assert certificate.version == 1
    assert len(certificate.extensions) == 0
    assert certificate.basic_constraints is certificate.key_usage is certificate.extended_key_usage is None
    assert certificate.subject_alt_name is certificate.subject_key_identifier is None
    assert certificate.authority_key_identifier is None
    assert not certificate.is_ca


def test_self_issued_by_comparison_of_names() -> None:
    assert made.root().is_self_issued
    other_case = build_name(("C", "CN"), ("O", "Example"), ("CN", "Root"))
    issuer = build_name(("C", "CN"), ("O", "EXAMPLE"), ("CN", "root"))
    encoded = made.certificate(subject=other_case.to_der(), issuer=issuer.to_der())
    assert Certificate.from_der(encoded).is_self_issued


def test_objects() -> None:
    certificate = made.root()
    again = Certificate.from_der(bytearray(certificate.der))
    assert certificate == again
    assert len({certificate, again}) == 1
    assert certificate != made.builder().sign(made.KEY)
    assert certificate != certificate.der
    assert certificate.to_der() is certificate.der
    for how in (lambda c: pickle.loads(pickle.dumps(c)), copy.copy, copy.deepcopy):
        assert how(certificate) == certificate
    with pytest.raises(AttributeError):
        certificate.anything = 1  # type: ignore[attr-defined]
    with pytest.raises(InvalidTypeError):
        Certificate()
    assert "示例根证书" in repr(certificate)
    assert "1234567890" in repr(certificate)


def test_a_lenient_certificate_is_pickled_as_one() -> None:
    certificate = Certificate.from_der(made.certificate(serial=der.encode_integer(-1)), lenient=True)
    again = pickle.loads(pickle.dumps(certificate))
    assert again == certificate
    assert again.quirks == certificate.quirks
    assert again.is_lenient


def test_fingerprints() -> None:
    certificate = made.root()
    assert certificate.fingerprint() == sm3.digest(certificate.der)
    assert certificate.fingerprint("sha256") == hashlib.sha256(certificate.der).digest()
    assert len(certificate.fingerprint("sha1")) == 20
    for unknown in ("md5", "SHA256", "", "shake_128"):
        with pytest.raises(UnsupportedAlgorithm):
            certificate.fingerprint(unknown)
    with pytest.raises(InvalidTypeError):
        certificate.fingerprint(None)  # type: ignore[arg-type]


def test_cryptography_and_back() -> None:
    certificate = made.builder(public_key=ECDSAPrivateKey.generate().public_key).sign(ECDSAPrivateKey.generate())
    foreign = certificate.to_cryptography()
    assert foreign.serial_number == certificate.serial_number
    assert Certificate.from_cryptography(foreign) == certificate
    with pytest.raises(InvalidTypeError):
        Certificate.from_cryptography(certificate)


def test_cryptography_refuses_with_our_error() -> None:
    broken = Certificate.from_der(made.certificate(version=b""), lenient=True)
    assert isinstance(broken.to_cryptography(), cryptography.x509.Certificate)
    ber = b"\x30\x80" + made.certificate()[4:] + b"\0\0"
    with pytest.raises(DecodeError, match="cryptography"):
        Certificate.from_der(ber, lenient=True).to_cryptography()


# ---- files ------------------------------------------------------------------------------
def test_every_armour() -> None:
    certificate = made.root()
    text = certificate.to_pem()
    with_words = b"0 s:CN = x\n" + text
    for data in (certificate.der, text, base64.b64encode(certificate.der), with_words, memoryview(text)):
        assert load_certificate(data) == certificate
        assert load_certificates(data) == (certificate,)
    assert Certificate.from_pem(text) == certificate
    assert load_certificate(text.replace(b"CERTIFICATE", b"X509 CERTIFICATE")) == certificate


def test_bundles() -> None:
    first, second = made.root(), made.builder().sign(made.KEY)
    bundle = first.to_pem() + made.KEY.to_pem() + second.to_pem()
    assert load_certificates(bundle) == (first, second)
    for read in (load_certificate, Certificate.from_pem):
        with pytest.raises(InvalidInputError, match="2 PEM blocks"):
            read(bundle)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", InvalidInputError),
        (b" \n", InvalidInputError),
        (b"certificate", InvalidInputError),
        (made.KEY.public_key.to_pem(), InvalidInputError),
        (made.KEY.public_key.to_der(), DecodeError),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n", DecodeError),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", DecodeError),
        (b"MAA=", DecodeError),
        ("text", InvalidTypeError),
        (None, InvalidTypeError),
    ],
)
def test_files_that_are_refused(data: Any, error: type[Exception]) -> None:
    for read in (load_certificate, load_certificates):
        with pytest.raises(error):
            read(data)


def test_long_files_are_refused() -> None:
    with pytest.raises(LimitExceeded):
        Certificate.from_der(bytes(MAX_CERTIFICATE_LEN + 1))
    long = made.certificate(extensions=made.extensions(made.extension("1.2.3", bytes(MAX_CERTIFICATE_LEN))))
    for lenient in (False, True):
        with pytest.raises(LimitExceeded):
            load_certificate(long, lenient=lenient)
    with pytest.raises(LimitExceeded):
        load_certificate(bytes(64 * 1024 * 1024 + 1))


def test_hostile_arguments() -> None:
    for read in (Certificate.from_der, Certificate.from_pem, load_certificate, load_certificates):
        assert list(hostile.results(read, (b"",))) == []
    certificate = made.root()
    assert list(hostile.results(certificate.verify_signature, (None,))) == []
    assert list(hostile.results(lambda policy: certificate.verify_signature(certificate, policy=policy), (None,))) == []
    for value in (None, 1, "yes"):
        with pytest.raises(InvalidTypeError):
            Certificate.from_der(certificate.der, lenient=value)  # type: ignore[arg-type]


# ---- keys -------------------------------------------------------------------------------
def sm2_info(point: bytes, algorithm: AlgorithmIdentifier | None = None) -> bytes:
    usual = AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid(oids.SM2))
    return SubjectPublicKeyInfo(algorithm or usual, point).to_der()


@pytest.mark.parametrize("length", [0, 1, 2, 31, 32, 34, 63, 64, 66, 128, 1000])
@pytest.mark.parametrize("lenient", [False, True])
def test_keys_of_wrong_length_are_read_when_asked_for(length: int, lenient: bool) -> None:
    certificate = Certificate.from_der(made.certificate(key=sm2_info((POINT * 20)[:length])), lenient=lenient)
    with pytest.raises(InvalidInputError):
        _ = certificate.public_key
    with pytest.raises(InvalidInputError):
        certificate.verify_signature(certificate)


@pytest.mark.parametrize(
    "point", [b"\x04" + bytes(64), b"\x05" + POINT[1:], b"\x02" + b"\xff" * 32, POINT[:-1] + b"\0"]
)
def test_keys_off_the_curve(point: bytes) -> None:
    certificate = Certificate.from_der(made.certificate(key=sm2_info(point)))
    with pytest.raises(InvalidInputError):
        _ = certificate.public_key


def test_compressed_keys() -> None:
    compressed = made.OTHER.public_key.to_bytes(PointFormat.COMPRESSED)
    certificate = Certificate.from_der(made.certificate(key=sm2_info(compressed)))
    assert certificate.public_key == made.OTHER.public_key


@pytest.mark.parametrize(
    ("algorithm", "error"),
    [
        (AlgorithmIdentifier(oids.EC_PUBLIC_KEY), DecodeError),
        (AlgorithmIdentifier(oids.EC_PUBLIC_KEY, NULL), DecodeError),
        (AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid("1.3.132.0.10")), UnsupportedAlgorithm),
        (AlgorithmIdentifier(oids.find("1.2.3")), UnsupportedAlgorithm),
        (AlgorithmIdentifier(oids.RSA_ENCRYPTION, NULL), DecodeError),
        (AlgorithmIdentifier(oids.RSA_PSS), DecodeError),
        (AlgorithmIdentifier(oids.ED25519), DecodeError),
        (AlgorithmIdentifier(oids.EC_PUBLIC_KEY, der.encode_oid(oids.P256)), DecodeError),
    ],
)
def test_keys_of_other_algorithms(algorithm: AlgorithmIdentifier, error: type[Exception]) -> None:
    certificate = Certificate.from_der(made.certificate(key=sm2_info(POINT, algorithm)))
    with pytest.raises(error):
        _ = certificate.public_key


def test_explicit_curve_parameters() -> None:
    algorithm = AlgorithmIdentifier(oids.EC_PUBLIC_KEY, made.EXPLICIT_SM2)
    encoded = made.certificate(key=sm2_info(POINT, algorithm))
    strict, lenient = Certificate.from_der(encoded), Certificate.from_der(encoded, lenient=True)
    assert kinds(strict) == kinds(lenient) == [QuirkKind.EXPLICIT_CURVE]
    with pytest.raises(PolicyError):
        _ = strict.public_key
    assert lenient.public_key == made.OTHER.public_key
    leaf = made.builder().sign(made.OTHER)
    with pytest.raises(PolicyError):
        leaf.verify_signature(strict)
    leaf.verify_signature(lenient)
    leaf.verify_signature(strict, policy=LENIENT_SIGNATURES)


# ---- signatures -------------------------------------------------------------------------
def test_verify_with_certificate_anchor_and_key() -> None:
    root, leaf = made.root(), made.builder().sign(made.KEY)
    anchor = TrustAnchor.of(root)
    bare = TrustAnchor(root.subject, root.public_key_info)
    for issuer in (root, anchor, bare, root.public_key):
        assert leaf.verify_signature(issuer) == ()
    for named in (root, anchor, bare):
        assert isinstance(named, NamedKey)
    for wrong in (leaf, made.OTHER.public_key, TrustAnchor.of(leaf)):
        with pytest.raises(InvalidSignature):
            leaf.verify_signature(wrong)


def test_anchors_check_their_fields() -> None:
    root = made.root()
    calls: list[Callable[[], object]] = [
        lambda: TrustAnchor.of(root.der),  # type: ignore[arg-type]
        lambda: TrustAnchor("CN=x", root.public_key_info),  # type: ignore[arg-type]
        lambda: TrustAnchor(root.subject, root.public_key),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(InvalidTypeError):
            call()
    with pytest.raises(InvalidTypeError):
        TrustAnchor(root.subject, root.public_key_info, root.der)  # type: ignore[arg-type]
    other = made.root(made.OTHER)
    for subject, key in ((root.subject, other.public_key_info), (made.SUBJECT, root.public_key_info)):
        with pytest.raises(InvalidInputError):
            TrustAnchor(subject, key, root)


def test_every_bit_of_what_is_signed_counts() -> None:
    contents = made.tbs()
    signature = made.KEY.sign(contents)
    # The serial number lies near the front, the key at the end.
    for place in (contents.index(b"\x02\x01\x05") + 2, len(contents) - 1):
        changed = bytearray(contents)
        changed[place] ^= 1
        certificate = Certificate.from_der(made.signed(bytes(changed), signature=signature))
        with pytest.raises(InvalidSignature):
            certificate.verify_signature(made.KEY.public_key)


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\x30\x06\x02\x01\x00\x02\x01\x00", b"\xff" * 72])
def test_signatures_of_nothing(signature: bytes) -> None:
    certificate = Certificate.from_der(made.signed(made.tbs(), signature=signature), lenient=True)
    with pytest.raises(InvalidSignature):
        certificate.verify_signature(made.KEY.public_key)
    with pytest.raises(InvalidSignature):
        certificate.verify_signature(made.KEY.public_key, policy=LENIENT_SIGNATURES)


def test_the_key_decides_about_the_algorithm() -> None:
    ecdsa = ECDSAPrivateKey.generate()
    certificate = made.builder().sign(ecdsa)
    certificate.verify_signature(ecdsa.public_key)
    with pytest.raises(KeyMismatchError):
        certificate.verify_signature(made.KEY.public_key)
    with pytest.raises(KeyMismatchError):
        made.root().verify_signature(ecdsa.public_key)


# ---- other programs and real certificates -----------------------------------------------
def test_openssl_reads_and_verifies(tmp_path: Path) -> None:
    path = tmp_path / "root.pem"
    path.write_bytes(made.root().to_pem())
    shown = subprocess.run(
        ["openssl", "x509", "-in", str(path), "-noout", "-serial", "-nameopt", "utf8", "-subject"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "serial=1234567890" in shown
    assert "示例根证书" in shown
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(made.builder().sign(made.KEY).to_pem())
    command = ["openssl", "verify", "-partial_chain", "-trusted", str(path)]
    result = subprocess.run(
        [*command, "-vfyopt", "distid:1234567812345678", str(leaf)], capture_output=True, text=True, check=False
    )
    assert "OK" in result.stdout, result.stderr


def test_real_certificates(test_data: Path) -> None:
    files = sorted((test_data / "objects" / "certificate").glob("*.der"))
    if not files:
        pytest.skip("outside test data: no certificates")
    strict = 0
    for path in files:
        data = path.read_bytes()
        certificate = load_certificate(data, lenient=True)
        assert certificate.der == data
        try:
            strict += load_certificate(data) == certificate
        except DecodeError:
            assert certificate.quirks, path.name
    assert strict >= 0.9 * len(files)
