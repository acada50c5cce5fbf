"""Who stands behind a report: signatures that hold, and those that do not."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from certified import DAY, NOW, certify
from conformance.report import samples
from gmpki import oids
from gmpki.asn1.rfc5280 import BasicConstraints, Extension
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.cms import SignerSpec, Trust, add_signer, sign
from gmpki.conformance.report.json_form import write_json
from gmpki.conformance.report.signing import SignedReport, sign_report, verify_report
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    MessageError,
    TimestampError,
    ValidationError,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tsa import TimestampAuthority, TimestampRequest, TimestampResponse, TokenVerifier
from gmpki.x509.names import build_name

DATA = write_json(samples.report())
SIGNED = NOW + DAY
ROOT_NAME = build_name(("C", "CN"), ("O", "示例认证中心"), ("CN", "示例根"))
SIGNER_NAME = build_name(("C", "CN"), ("O", "示例检测室"), ("CN", "张三"))
SIGNING = KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION)
ROOT_KEY, SIGNER_KEY, TSA_KEY = (SM2PrivateKey.from_bytes(bytes([number]) * 32) for number in (1, 2, 3))
ROOT = certify(
    ROOT_NAME,
    ROOT_KEY.public_key,
    ROOT_NAME,
    ROOT_KEY,
    BasicConstraints(ca=True),
    KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN),
)
SIGNER = certify(SIGNER_NAME, SIGNER_KEY.public_key, ROOT_NAME, ROOT_KEY, SIGNING, serial_number=2)
STAMPING = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
TSA = certify(
    build_name(("C", "CN"), ("CN", "示例时间戳")),
    TSA_KEY.public_key,
    ROOT_NAME,
    ROOT_KEY,
    SIGNING,
    STAMPING,
    serial_number=3,
)
SPEC = SignerSpec(SIGNER_KEY, SIGNER, signing_time=SIGNED)
TRUST = Trust([ROOT], at=SIGNED)


class Numbers:
    """Serial numbers in memory."""

    def __init__(self) -> None:
        self.last = 0

    def next(self) -> int:
        self.last += 1
        return self.last


AUTHORITY = TimestampAuthority(TSA_KEY, TSA, Numbers(), ["1.2.156.99999.1"], clock=lambda: SIGNED)
STAMPS = TokenVerifier(TRUST)


def stamp(signature: bytes) -> bytes:
    request = TimestampRequest.of(signature)
    return STAMPS.verify_response(TimestampResponse.from_der(AUTHORITY.answer(request.to_der())), request).token


@cache
def message(*, stamped: bool = False) -> bytes:
    return sign_report(DATA, SPEC, timestamp=stamp if stamped else None)


def test_signature_tells_who_signed() -> None:
    found = verify_report(DATA, message(), TRUST)
    assert found == SignedReport(
        report=samples.report(),
        signers=("C=CN, O=示例检测室, CN=张三",),
        certificates=(SIGNER,),
        signed_at=None,
        claimed_at=SIGNED,
        is_trusted=True,
    )


def test_signature_alone_trusts_nobody() -> None:
    assert not verify_report(DATA, message(), Trust.signature_only()).is_trusted


def test_time_stamp_tells_when() -> None:
    found = verify_report(DATA, message(stamped=True), TRUST, timestamps=STAMPS)
    assert found.signed_at == SIGNED
    assert verify_report(DATA, message(stamped=True), TRUST).signed_at is None
    assert verify_report(DATA, message(), TRUST, timestamps=STAMPS).signed_at is None


def test_two_signers_and_one_time_stamp() -> None:
    other = certify(ROOT_NAME, TSA_KEY.public_key, ROOT_NAME, ROOT_KEY, SIGNING, serial_number=4)
    both = add_signer(message(stamped=True), SignerSpec(TSA_KEY, other), content=DATA)
    found = verify_report(DATA, both, TRUST, timestamps=STAMPS)
    assert len(found.signers) == 2
    assert found.signed_at is None


@pytest.mark.parametrize(
    "data",
    [DATA + b"\n", DATA[:-1], DATA.replace(b'"failed"', b'"passed"', 1), b""],
    ids=["longer", "shorter", "changed", "empty"],
)
def test_changed_reports_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidSignature):
        verify_report(data, message(), TRUST)


def test_changed_signatures_are_refused() -> None:
    found = bytearray(message())
    found[-1] ^= 1
    with pytest.raises(GmpkiError):
        verify_report(DATA, bytes(found), TRUST)


def test_signatures_of_others_are_refused() -> None:
    stranger = certify(ROOT_NAME, SIGNER_KEY.public_key, ROOT_NAME, SIGNER_KEY, SIGNING)
    signed = sign_report(DATA, SignerSpec(SIGNER_KEY, stranger))
    with pytest.raises(ValidationError):
        verify_report(DATA, signed, TRUST)


def test_after_the_certificate_has_expired() -> None:
    late = Trust([ROOT], at=NOW + 2000 * DAY)
    with pytest.raises(ValidationError):
        verify_report(DATA, message(), late)


def test_message_that_carries_a_report_is_refused() -> None:
    with pytest.raises(MessageError):
        verify_report(DATA, sign(DATA, SPEC), TRUST)


def test_what_is_no_report_is_not_taken_for_one() -> None:
    signed = sign(b"{}", SPEC, detached=True)
    with pytest.raises(InvalidInputError, match="no report"):
        verify_report(b"{}", signed, TRUST)
    with pytest.raises(InvalidInputError, match="no report"):
        sign_report(b"{}", SPEC)


def test_time_stamp_over_something_else_is_refused() -> None:
    signed = sign_report(DATA, SPEC, timestamp=lambda _: stamp(b"another"))
    with pytest.raises(TimestampError):
        verify_report(DATA, signed, TRUST, timestamps=STAMPS)


def test_what_is_no_time_stamp_is_refused() -> None:
    with pytest.raises(DecodeError):
        sign_report(DATA, SPEC, timestamp=lambda _: b"token")


def test_errors_of_the_authority_go_through() -> None:
    def absent(signature: bytes) -> bytes:
        raise OSError("nobody answers")

    with pytest.raises(OSError, match="nobody answers"):
        sign_report(DATA, SPEC, timestamp=absent)


@pytest.mark.parametrize(
    "arguments",
    [("text", SPEC), (DATA, SIGNER_KEY), (DATA, None)],
    ids=["text", "key", "none"],
)
def test_other_types_are_not_signed(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidTypeError):
        sign_report(*arguments)


def test_time_stamps_come_from_a_function() -> None:
    with pytest.raises(InvalidTypeError):
        sign_report(DATA, SPEC, timestamp=b"token")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "arguments",
    [("text", b"", TRUST), (DATA, "text", TRUST), (DATA, b"", None), (DATA, b"", [ROOT])],
    ids=["data", "message", "none", "anchors"],
)
def test_other_types_are_not_verified(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidTypeError):
        verify_report(*arguments)


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x80" * 100])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(GmpkiError):
        verify_report(DATA, data, TRUST)
