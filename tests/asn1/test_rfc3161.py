"""Time-stamps, and how signatures name certificates: the rules that are refused when they are broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asn1.message_samples import CERTIFICATE, EXTENSION, IMPRINT, ISSUER_SERIAL, NOW, SHA256, SM3, TOKEN, TST
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc3161 import (
    MAX_STATUS_TEXTS,
    Accuracy,
    FailureInfo,
    PKIStatus,
    PKIStatusInfo,
    TimeStampReq,
    TimeStampResp,
    TSTInfo,
)
from gmpki.asn1.rfc5035 import ESSCertID, ESSCertIDv2, IssuerSerial, SigningCertificate, SigningCertificateV2
from gmpki.asn1.rfc5126 import MAX_VALUES, CertificateValues, CompleteCertificateRefs, OtherHash, RevocationValues
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError

REQUEST = TimeStampReq(1, IMPRINT)
GRANTED = PKIStatusInfo(PKIStatus.GRANTED)
REFUSED = PKIStatusInfo(PKIStatus.REJECTION)


def respliced(value: Any, old: bytes, new: bytes) -> bytes:
    """Encode a structure with one field replaced."""
    encoded = value.to_der()
    contents = encoded[der.Reader(encoded).sequence().offset :]
    assert contents.count(old) == 1
    return der.encode_sequence(contents.replace(old, new))


def test_known_encodings() -> None:
    assert GRANTED.to_der().hex() == "3003020100"
    assert PKIStatusInfo(PKIStatus.REJECTION, (), FailureInfo.BAD_ALG).to_der().hex() == "300702010203020780"
    assert Accuracy(1, 2, 3).to_der().hex() == "3009020101800102810103"
    assert b"\x18\x0f20260301080000Z" in TST.to_der()
    with_fraction = replace(TST, gen_time=NOW.replace(microsecond=123_400))
    assert b"\x18\x1420260301080000.1234Z" in with_fraction.to_der()


@pytest.mark.parametrize("value", [REQUEST, TST], ids=["request", "token"])
@pytest.mark.parametrize("version", [0, 2, 1 << 70])
def test_version(value: Any, version: int) -> None:
    encoded = replace(value, version=version).to_der()
    with pytest.raises(DecodeError, match="version 1 is the only one"):
        type(value).from_der(encoded)
    log = QuirkLog()
    assert type(value).from_der(encoded, quirks=log).version == version
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.VERSION]
    with pytest.raises(DecodeError, match="negative"):
        type(value).from_der(replace(value, version=-1).to_der(), quirks=QuirkLog())


@pytest.mark.parametrize("status", [6, 100, -1])
def test_no_status(status: int) -> None:
    with pytest.raises(DecodeError, match=r"too large|negative"):
        PKIStatusInfo.from_der(der.encode_sequence(der.encode_integer(status)), quirks=QuirkLog())


def test_bits_without_a_name_are_kept() -> None:
    encoded = der.encode_sequence(der.encode_integer(2), der.encode_named_bits(1 << 3 | 1 << 2))
    read = PKIStatusInfo.from_der(encoded)
    assert FailureInfo.BAD_REQUEST in read.failures
    assert read.to_der() == encoded


def test_texts_of_a_status() -> None:
    empty = der.encode_sequence(der.encode_integer(2), der.encode_sequence())
    with pytest.raises(DecodeError, match="at least one text"):
        PKIStatusInfo.from_der(empty)
    assert PKIStatusInfo.from_der(empty, quirks=QuirkLog()) == REFUSED
    many = PKIStatusInfo(PKIStatus.REJECTION, ("x",) * (MAX_STATUS_TEXTS + 1))
    with pytest.raises(DecodeError, match=f"more than {MAX_STATUS_TEXTS} texts"):
        PKIStatusInfo.from_der(many.to_der())
    for tag in (0x13, 0x04):
        with pytest.raises(DecodeError, match="UTF8String expected"):
            PKIStatusInfo.from_der(
                respliced(PKIStatusInfo(PKIStatus.WAITING, ("x",)), b"\x0c\x01x", bytes((tag, 1, 120)))
            )


@pytest.mark.parametrize("status", PKIStatus)
def test_a_token_belongs_to_what_was_granted(status: PKIStatus) -> None:
    granted = status in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS)
    right = TimeStampResp(PKIStatusInfo(status), TOKEN if granted else None)
    wrong = TimeStampResp(PKIStatusInfo(status), None if granted else TOKEN)
    assert TimeStampResp.from_der(right.to_der()) == right
    with pytest.raises(DecodeError, match="belongs to a request that was granted"):
        TimeStampResp.from_der(wrong.to_der(), quirks=QuirkLog())


def test_a_token_is_a_message() -> None:
    for token in (b"\x30\x00", b"\x04\x00", TOKEN[:-1], TOKEN + b"\x05\x00"):
        with pytest.raises(DecodeError):
            TimeStampResp.from_der(TimeStampResp(GRANTED, token).to_der())


@pytest.mark.parametrize("field", ["800100", "800203e8", "8001ff", "810100", "810203e8", "8000"])
def test_fractions_of_accuracy(field: str) -> None:
    with pytest.raises(DecodeError):
        Accuracy.from_der(der.encode_sequence(bytes.fromhex(field)), quirks=QuirkLog())


@pytest.mark.parametrize("fields", [(-1,), (0, 1000), (0, -1), (0, 0, 1000)])
def test_accuracy_that_cannot_be_written(fields: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError):
        Accuracy(*fields).to_der()


@given(
    time=st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(timezone.utc)),
    hours=st.integers(-12, 12),
)
def test_every_time(time: datetime, hours: int) -> None:
    elsewhere = time.astimezone(timezone(timedelta(hours=hours)))
    assert TSTInfo.from_der(replace(TST, gen_time=elsewhere).to_der()).gen_time == time


@pytest.mark.parametrize(
    "time",
    [
        "20260301080000.0Z",
        "20260301080000.10Z",
        "20260301080000.Z",
        "20260301080000,1Z",
        "202603010800Z",
        "20260301080000.1",
    ],
)
def test_times_are_der(time: str) -> None:
    encoded = respliced(TST, b"\x18\x0f20260301080000Z", der.encode(0x18, time.encode()))
    with pytest.raises(DecodeError):
        TSTInfo.from_der(encoded)


def test_a_time_without_a_zone() -> None:
    with pytest.raises(InvalidInputError, match="no time zone"):
        replace(TST, gen_time=NOW.replace(tzinfo=None)).to_der()


def test_defaults_are_left_out() -> None:
    false = der.encode_boolean(False)
    for value in (REQUEST, TST):
        encoded = value.to_der()
        contents = encoded[der.Reader(encoded).sequence().offset :]
        with pytest.raises(DecodeError, match="FALSE is left out"):
            type(value).from_der(der.encode_sequence(contents, false))
        log = QuirkLog()
        assert type(value).from_der(der.encode_sequence(contents, false), quirks=log) == value
        assert [quirk.kind for quirk in log.quirks] == [QuirkKind.EXPLICIT_DEFAULT]


def test_fields_stand_in_their_order() -> None:
    full = replace(REQUEST, nonce=5, cert_req=True, extensions=(EXTENSION,))
    nonce, wanted = der.encode_integer(5), der.encode_boolean(True)
    with pytest.raises(DecodeError):
        TimeStampReq.from_der(respliced(full, nonce + wanted, wanted + nonce), quirks=QuirkLog())
    with pytest.raises(DecodeError):
        TimeStampReq.from_der(respliced(full, nonce, nonce + nonce), quirks=QuirkLog())
    with pytest.raises(DecodeError, match="never empty"):
        TimeStampReq.from_der(respliced(full, der.encode(0xA0, EXTENSION.to_der()), der.encode(0xA0, b"")))


# ---- RFC 5035 and RFC 5126 ----------------------------------------------------------------
def test_the_default_hash_is_left_out() -> None:
    """SHA-256 is what is meant when nothing is said (RFC 5035 4)."""
    assert ESSCertIDv2(SHA256, b"h" * 32).to_der() == der.encode_sequence(der.encode_octet_string(b"h" * 32))
    written = der.encode_sequence(SHA256.to_der(), der.encode_octet_string(b"h" * 32))
    with pytest.raises(DecodeError, match="SHA-256 is left out"):
        ESSCertIDv2.from_der(written)
    log = QuirkLog()
    assert ESSCertIDv2.from_der(written, quirks=log) == ESSCertIDv2(SHA256, b"h" * 32)
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.EXPLICIT_DEFAULT]


@pytest.mark.parametrize("length", [0, 19, 21, 32])
def test_the_first_attribute_has_sha1(length: int) -> None:
    encoded = ESSCertID(bytes(length)).to_der()
    with pytest.raises(DecodeError, match="20 bytes expected"):
        ESSCertID.from_der(encoded)
    log = QuirkLog()
    assert ESSCertID.from_der(encoded, quirks=log).cert_hash == bytes(length)
    assert [quirk.kind for quirk in log.quirks] == [QuirkKind.ALGORITHM_MISMATCH]


def test_a_certificate_is_named() -> None:
    for kind in (SigningCertificate, SigningCertificateV2):
        with pytest.raises(InvalidInputError, match="at least one"):
            kind(()).to_der()
        with pytest.raises(DecodeError, match="at least one"):
            kind.from_der(der.encode_sequence(der.encode_sequence()))
        with pytest.raises(InvalidTypeError):
            kind((ISSUER_SERIAL,)).to_der()  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="never empty"):
        IssuerSerial((), 1).to_der()
    with pytest.raises(DecodeError, match="positive"):
        IssuerSerial.from_der(replace(ISSUER_SERIAL, serial_number=-1).to_der())


def test_an_old_hash_is_written_short() -> None:
    old = OtherHash.from_der(der.encode_octet_string(b"h" * 20))
    assert old.hash_algorithm.algorithm == oids.SHA1
    assert old.to_der() == der.encode_octet_string(b"h" * 20)
    assert OtherHash(SM3, b"h" * 32).to_der()[:1] == b"\x30"


def test_values_are_bounded() -> None:
    for value in (
        CertificateValues((CERTIFICATE,) * (MAX_VALUES + 1)),
        RevocationValues((CERTIFICATE,) * (MAX_VALUES + 1)),
    ):
        with pytest.raises(DecodeError, match=f"more than {MAX_VALUES}"):
            type(value).from_der(value.to_der())  # type: ignore[attr-defined]
    refs = der.encode_sequence(*[der.encode_sequence(der.encode_octet_string(b"h"))] * (MAX_VALUES + 1))
    with pytest.raises(DecodeError, match=f"more than {MAX_VALUES}"):
        CompleteCertificateRefs.from_der(refs)


def test_tags_are_explicit() -> None:
    value = RevocationValues((CERTIFICATE,))
    explicit = der.encode(0xA0, der.encode_sequence(CERTIFICATE))
    assert explicit in value.to_der()
    with pytest.raises(DecodeError):
        RevocationValues.from_der(respliced(value, explicit, der.encode(0xA0, CERTIFICATE)), quirks=QuirkLog())
