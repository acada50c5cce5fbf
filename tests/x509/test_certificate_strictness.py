"""Certificates: what strict reading takes, what lenient reading takes and names, what neither takes."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import (
    NULL,
    AlgorithmIdentifier,
    BasicConstraints,
    GeneralName,
    KeyUsage,
    KeyUsages,
    SubjectAltName,
    SubjectPublicKeyInfo,
)
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidSignature,
)
from gmpki.keys.sm2 import SignatureEncoding
from gmpki.x509.certificate import Certificate, load_certificates
from gmpki.x509.signatures import LENIENT_SIGNATURES, SignaturePolicy
from rsa_keys import rsa_key
from x509 import made

BYTE = der.encode_integer(1)
FULL = (
    made.builder()
    .add_extension(BasicConstraints(ca=True, path_len=1))
    .add_extension(KeyUsage(KeyUsages.KEY_CERT_SIGN))
    .add_extension(SubjectAltName((GeneralName.dns("www.example.cn"), GeneralName.ip("10.0.0.1"))))
    .sign(made.KEY)
)
TRUE, FALSE = b"\x01\x01\xff", b"\x01\x01\x00"


def kinds(certificate: Certificate) -> list[QuirkKind]:
    return [quirk.kind for quirk in certificate.quirks]


# ---- both modes: accepted and noted -----------------------------------------------------
def test_null_parameters_are_accepted_and_noted() -> None:
    algorithm = AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL).to_der()
    for lenient in (False, True):
        certificate = Certificate.from_der(
            made.signed(made.tbs(algorithm=algorithm), algorithm=algorithm), lenient=lenient
        )
        assert [str(quirk).split(" (")[0] for quirk in certificate.quirks] == [
            "null-parameters at tbsCertificate.signature",
            "null-parameters at signatureAlgorithm",
        ]
        certificate.verify_signature(made.KEY.public_key)


def test_synonyms_are_accepted_and_noted() -> None:
    point = made.OTHER.public_key.to_bytes()
    for kind in (oids.SM2, oids.SM2_SIGN):
        key = SubjectPublicKeyInfo(AlgorithmIdentifier(kind, der.encode_oid(oids.SM2)), point)
        certificate = Certificate.from_der(made.certificate(key=key.to_der()))
        assert certificate.public_key == made.OTHER.public_key
        assert kinds(certificate) == [QuirkKind.OID_SYNONYM]
    algorithm = AlgorithmIdentifier(oids.SM2_SIGN).to_der()
    certificate = Certificate.from_der(made.signed(made.tbs(algorithm=algorithm), algorithm=algorithm))
    assert kinds(certificate) == [QuirkKind.OID_SYNONYM]
    (quirk,) = certificate.verify_signature(made.KEY.public_key)
    assert quirk.kind is QuirkKind.OID_SYNONYM


def test_missing_null_of_rsa_is_noted() -> None:
    key = rsa_key()
    algorithm = AlgorithmIdentifier(oids.RSA_SHA256).to_der()
    contents = made.tbs(algorithm=algorithm)
    certificate = Certificate.from_der(made.signed(contents, algorithm=algorithm, signature=key.sign(contents)))
    assert kinds(certificate) == [QuirkKind.MISSING_PARAMETERS]
    assert certificate.verify_signature(key.public_key) == ()


def test_validity_that_ends_before_it_begins_is_read() -> None:
    validity = der.encode_sequence(der.encode_time(made.END), der.encode_time(made.BEGIN))
    certificate = Certificate.from_der(made.certificate(validity=validity))
    assert certificate.not_after < certificate.not_before


def test_times_by_year() -> None:
    early, late = datetime(1950, 1, 1, tzinfo=timezone.utc), datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
    validity = der.encode_sequence(der.encode_time(early), der.encode_time(late))
    certificate = Certificate.from_der(made.certificate(validity=validity))
    assert (certificate.not_before, certificate.not_after) == (early, late)


def test_unique_ids() -> None:
    unique_ids = der.encode_bit_string(b"ab", tag=0x81) + der.encode_bit_string(b"cd", tag=0x82)
    certificate = Certificate.from_der(made.certificate(unique_ids=unique_ids))
    assert (certificate.issuer_unique_id, certificate.subject_unique_id) == (b"ab", b"cd")


def test_unknown_extensions_keep_their_bytes() -> None:
    encoded = made.certificate(extensions=made.extensions(made.extension("1.2.3.4", b"\xff any bytes", TRUE)))
    certificate = Certificate.from_der(encoded)
    found = certificate.extensions.get("1.2.3.4")
    assert found is not None
    assert (found.critical, found.extn_value) == (True, b"\xff any bytes")
    assert certificate.der == encoded


# ---- strict refuses, lenient accepts and names it ---------------------------------------
def time(text: str, tag: int) -> bytes:
    return der.encode(tag, text.encode())


def validity(begin: bytes) -> bytes:
    return der.encode_sequence(begin, der.encode_time(made.END))


CA = der.encode_sequence(TRUE)
CONSTRAINTS = "2.5.29.19"
LENIENT: dict[str, tuple[dict[str, bytes], QuirkKind]] = {
    "zero serial": ({"serial": der.encode_integer(0)}, QuirkKind.ZERO_SERIAL),
    "negative serial": ({"serial": der.encode_integer(-5)}, QuirkKind.NEGATIVE_SERIAL),
    "serial of 21 bytes": ({"serial": der.encode_integer(1 << 160)}, QuirkKind.LONG_SERIAL),
    "serial of 20 bytes and a zero": ({"serial": der.encode_integer(1 << 159)}, QuirkKind.LONG_SERIAL),
    "serial not minimal": ({"serial": b"\x02\x02\x00\x05"}, QuirkKind.INTEGER),
    "length not minimal": ({"serial": b"\x02\x81\x01\x05"}, QuirkKind.LONG_LENGTH),
    "version 1 written": ({"version": der.encode_explicit(0, der.encode_integer(0))}, QuirkKind.EXPLICIT_DEFAULT),
    "extensions in version 1": (
        {"version": b"", "extensions": made.extensions(made.extension("1.2.3", b""))},
        QuirkKind.VERSION,
    ),
    "unique id in version 1": (
        {"version": b"", "unique_ids": der.encode_bit_string(b"a", tag=0x81)},
        QuirkKind.VERSION,
    ),
    "time without seconds": ({"validity": validity(time("2601010000Z", 0x17))}, QuirkKind.TIME_FORM),
    "time with zone": ({"validity": validity(time("260101080000+0800", 0x17))}, QuirkKind.TIME_FORM),
    "GeneralizedTime before 2050": ({"validity": validity(time("20260101000000Z", 0x18))}, QuirkKind.TIME_FORM),
    "critical FALSE written": (
        {"extensions": made.extensions(made.extension(CONSTRAINTS, CA, FALSE))},
        QuirkKind.EXPLICIT_DEFAULT,
    ),
    "BOOLEAN 01": (
        {"extensions": made.extensions(made.extension(CONSTRAINTS, CA, b"\x01\x01\x01"))},
        QuirkKind.BOOLEAN,
    ),
    "cA FALSE written": (
        {"extensions": made.extensions(made.extension(CONSTRAINTS, der.encode_sequence(FALSE)))},
        QuirkKind.EXPLICIT_DEFAULT,
    ),
    "empty list of extensions": ({"extensions": made.extensions()}, QuirkKind.EMPTY_SEQUENCE),
    "malformed basicConstraints": (
        {"extensions": made.extensions(made.extension(CONSTRAINTS, b"\x04\x00"))},
        QuirkKind.MALFORMED_EXTENSION,
    ),
    "basicConstraints twice": (
        {"extensions": made.extensions(made.extension(CONSTRAINTS, CA), made.extension(CONSTRAINTS, made.EMPTY))},
        QuirkKind.DUPLICATE_EXTENSION,
    ),
    "unknown extension twice": (
        {"extensions": made.extensions(made.extension("1.2.3", b""), made.extension("1.2.3", b""))},
        QuirkKind.DUPLICATE_EXTENSION,
    ),
    "asterisk in a PrintableString": (
        {
            "subject": der.encode_sequence(
                der.encode_set_of([der.encode_sequence(der.encode_oid(oids.COMMON_NAME), b"\x13\x01*")])
            )
        },
        QuirkKind.TEXT_ALPHABET,
    ),
    "another algorithm inside": (
        {"algorithm": AlgorithmIdentifier(oids.ECDSA_SHA256).to_der()},
        QuirkKind.ALGORITHM_MISMATCH,
    ),
    "NULL inside, nothing beside": (
        {"algorithm": AlgorithmIdentifier(oids.SM2_WITH_SM3, NULL).to_der()},
        QuirkKind.ALGORITHM_MISMATCH,
    ),
}


@pytest.mark.parametrize("name", LENIENT)
def test_only_lenient_reading(name: str) -> None:
    changed, kind = LENIENT[name]
    encoded = made.certificate(**changed)
    with pytest.raises(DecodeError):
        Certificate.from_der(encoded)
    certificate = Certificate.from_der(encoded, lenient=True)
    assert kind in kinds(certificate)
    assert certificate.der == encoded
    assert certificate.is_lenient
    # What was signed is what came: the quirk does not disturb the signature.
    assert certificate.verify_signature(made.KEY.public_key) == ()


@pytest.mark.parametrize("name", ["malformed basicConstraints", "basicConstraints twice"])
def test_a_broken_extension_is_no_answer(name: str) -> None:
    certificate = Certificate.from_der(made.certificate(**LENIENT[name][0]), lenient=True)
    for ask in (lambda: certificate.basic_constraints, lambda: certificate.is_ca):
        with pytest.raises(DecodeError):
            ask()


def test_raw_signature_is_named() -> None:
    contents = made.tbs()
    raw = made.signed(contents, signature=made.KEY.sign(contents, encoding=SignatureEncoding.RAW))
    strict = Certificate.from_der(raw)
    with pytest.raises(InvalidSignature, match="raw"):
        strict.verify_signature(made.KEY.public_key)
    lenient = Certificate.from_der(raw, lenient=True)
    assert kinds(lenient) == [QuirkKind.RAW_SIGNATURE]
    with pytest.raises(InvalidSignature, match="raw"):
        lenient.verify_signature(made.KEY.public_key)
    (quirk,) = lenient.verify_signature(made.KEY.public_key, policy=LENIENT_SIGNATURES)
    assert quirk.kind is QuirkKind.RAW_SIGNATURE


# ---- BER --------------------------------------------------------------------------------
def indefinite(element: bytes) -> bytes:
    reader = der.Reader(element)
    contents = reader.contents(element[0])
    return bytes((element[0], 0x80)) + contents + b"\0\0"


def test_ber_around_der() -> None:
    contents = made.tbs()
    whole = made.signed(contents)
    ber = indefinite(whole)
    with pytest.raises(DecodeError, match="indefinite"):
        Certificate.from_der(ber)
    certificate = Certificate.from_der(ber, lenient=True)
    assert certificate.der == ber
    assert certificate.tbs_der == contents
    assert kinds(certificate) == [QuirkKind.INDEFINITE_LENGTH]
    assert certificate.verify_signature(made.KEY.public_key) == ()


def test_ber_that_was_signed_as_it_is() -> None:
    contents = indefinite(made.tbs())
    certificate = Certificate.from_der(made.signed(contents), lenient=True)
    assert certificate.tbs_der == contents
    assert certificate.verify_signature(made.KEY.public_key) == ()
    assert certificate.serial_number == 5


def test_ber_that_was_signed_as_der() -> None:
    contents = made.tbs()
    signature = made.KEY.sign(contents)
    certificate = Certificate.from_der(made.signed(indefinite(contents), signature=signature), lenient=True)
    (quirk,) = certificate.verify_signature(made.KEY.public_key)
    assert quirk.kind is QuirkKind.NORMALISED
    with pytest.raises(InvalidSignature):
        certificate.verify_signature(made.OTHER.public_key)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_ber_inside(depth: int) -> None:
    """The end of what was signed is found behind indefinite lengths inside indefinite lengths."""
    value = der.encode_sequence(der.encode_integer(1))
    for _ in range(depth):
        value = indefinite(der.encode_sequence(value))
    subject, key = made.SUBJECT.to_der(), made.OTHER.public_key.to_der()
    algorithm = der.encode_sequence(der.encode_oid(oids.SM2_WITH_SM3), value)
    contents = indefinite(made.tbs(algorithm=algorithm, subject=indefinite(subject), key=indefinite(key)))
    certificate = Certificate.from_der(indefinite(made.signed(contents)), lenient=True)
    assert certificate.tbs_der == contents
    assert certificate.subject == made.SUBJECT


# ---- nobody takes these -----------------------------------------------------------------
POINT = made.OTHER.public_key.to_bytes()
GARBAGE: dict[str, dict[str, bytes]] = {
    "no serial": {"serial": b""},
    "serial is no INTEGER": {"serial": b"\x04\x01\x05"},
    "serial is empty": {"serial": b"\x02\x00"},
    "version 4": {"version": der.encode_explicit(0, der.encode_integer(3))},
    "version 0": {"version": der.encode_explicit(0, der.encode_integer(-1))},
    "version is empty": {"version": b"\xa0\x00"},
    "two versions": {"version": der.encode_explicit(0, der.encode_integer(2) * 2)},
    "no algorithm": {"algorithm": b""},
    "algorithm without identifier": {"algorithm": made.EMPTY},
    "two parameters": {"algorithm": der.encode_sequence(der.encode_oid(oids.SM2_WITH_SM3), NULL, NULL)},
    "no issuer": {"issuer": b""},
    "issuer is a set": {"issuer": b"\x31\x00"},
    "no validity": {"validity": b""},
    "one time": {"validity": der.encode_sequence(der.encode_time(made.BEGIN))},
    "three times": {"validity": der.encode_sequence(*[der.encode_time(made.BEGIN)] * 3)},
    "month 13": {"validity": validity(time("261301000000Z", 0x17))},
    "empty time": {"validity": validity(time("", 0x17))},
    "time of another type": {"validity": validity(b"\x13\x0d260101000000Z")},
    "no key": {"key": b""},
    "key without bits": {"key": der.encode_sequence(AlgorithmIdentifier(oids.SM2).to_der())},
    "key with unused bits": {
        "key": der.encode_sequence(AlgorithmIdentifier(oids.SM2).to_der(), b"\x03\x02\x01\xfe"),
    },
    "unique ids in the wrong order": {
        "unique_ids": der.encode_bit_string(b"a", tag=0x82) + der.encode_bit_string(b"a", tag=0x81)
    },
    "extension without value": {"extensions": made.extensions(der.encode_sequence(der.encode_oid("1.2.3")))},
    "extension value is no string": {"extensions": made.extensions(der.encode_sequence(der.encode_oid("1.2.3"), BYTE))},
    "extensions not wrapped": {"extensions": der.encode_sequence(made.extension("1.2.3", b""))},
    "two wrappings": {"extensions": made.extensions(made.extension("1.2.3", b"")) * 2},
    "extensions under [4]": {"extensions": der.encode_explicit(4, der.encode_sequence(made.extension("1.2.3", b"")))},
    "more behind": {"extensions": made.extensions(made.extension("1.2.3", b"")) + NULL},
}


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("lenient", [False, True])
def test_what_is_no_certificate(name: str, lenient: bool) -> None:
    with pytest.raises(DecodeError):
        Certificate.from_der(made.certificate(**GARBAGE[name]), lenient=lenient)


@pytest.mark.parametrize("lenient", [False, True])
def test_the_frame_is_exact(lenient: bool) -> None:
    contents, beside = made.tbs(), made.SM2_SIGNATURE.to_der()
    bits = der.encode_bit_string(made.KEY.sign(contents))
    for parts in (
        (contents, beside),
        (contents, bits),
        (beside, bits),
        (contents, beside, bits, NULL),
        (contents, beside, der.encode_octet_string(b"signature")),
        (contents, beside, b"\x03\x02\x04\xf0"),
        (contents, beside, b"\x03\x00"),
    ):
        with pytest.raises(DecodeError):
            Certificate.from_der(der.encode_sequence(*parts), lenient=lenient)
    whole = der.encode_sequence(contents, beside, bits)
    for wrong in (whole + b"\0", whole[:-1], whole[1:], b"\x31" + whole[1:], b"\x30\x80" + whole[4:]):
        with pytest.raises(DecodeError):
            Certificate.from_der(wrong, lenient=lenient)


@pytest.mark.parametrize("lenient", [False, True])
def test_every_truncation(lenient: bool) -> None:
    encoded = made.root().der
    for length in range(len(encoded)):
        with pytest.raises(DecodeError):
            Certificate.from_der(encoded[:length], lenient=lenient)


@given(data=st.data())
def test_changed_bytes_never_surprise(data: st.DataObject) -> None:
    encoded = bytearray(FULL.der)
    for _ in range(data.draw(st.integers(1, 3))):
        encoded[data.draw(st.integers(0, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    for lenient in (False, True):
        look_at_everything(bytes(encoded), lenient=lenient)


def look_at_everything(encoded: bytes, *, lenient: bool) -> None:
    """Only errors of gmpki come out of a certificate, whatever is done with it."""
    calls: list[Callable[[Certificate], Any]] = [
        lambda c: str(c.quirks) + repr(c),
        lambda c: c.is_self_issued,
        lambda c: c.is_ca,
        lambda c: (c.key_usage, c.subject_alt_name, c.extended_key_usage),
        lambda c: c.public_key,
        lambda c: c.verify_signature(c, policy=LENIENT_SIGNATURES),
    ]
    with contextlib.suppress(GmpkiError):
        certificate = Certificate.from_der(encoded, lenient=lenient)
        assert certificate.der == encoded
        for call in calls:
            with contextlib.suppress(GmpkiError):
                call(certificate)


def test_roots_of_the_system() -> None:
    """What browsers trust is read: strictly, but for old roots with the serial number 0 and the like."""
    path = ssl.get_default_verify_paths().cafile
    if path is None or not Path(path).is_file():
        pytest.skip("outside test data: no certificates of the system")
    roots = load_certificates(Path(path).read_bytes(), lenient=True)
    allowed = SignaturePolicy(algorithms=DEFAULT_POLICY.allowing("sha1-signature", "rsa-1024"))
    strict = verified = 0
    for root in roots:
        with contextlib.suppress(DecodeError):
            strict += Certificate.from_der(root.der) == root
        with contextlib.suppress(GmpkiError):
            verified += root.verify_signature(root, policy=allowed) == ()
    assert strict >= 0.8 * len(roots)
    assert verified >= 0.95 * len(roots)
