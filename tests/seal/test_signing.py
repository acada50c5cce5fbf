"""Signing with a seal: who may, when, over what, and what is kept about it; no signature leaves that does not hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

import hostile
from gmpki.asn1.rfc5280 import Extension
from gmpki.errors import (
    FaultDetected,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    SealError,
    StateError,
    TimestampError,
    UnsupportedAlgorithm,
    ValidationError,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.oids import find
from gmpki.seal import (
    DocumentSigner,
    Seal,
    SealLayout,
    SealSignature,
    SealSigner,
    UseEvent,
    Verdict,
    check_seal_signature,
)
from seal import samples
from seal.forging import listing
from seal.samples import DAY, DIGEST, NOW, PROPERTY_INFO, UNASKED

GBT, OLD = SealLayout.GBT38540, SealLayout.GMT0031
layouts = pytest.mark.parametrize("layout", samples.LAYOUTS, ids=lambda layout: layout.name)


def signer(layout: SealLayout = GBT, *, algorithm: str = "sm2", **options: Any) -> SealSigner:
    """Return 张三 with the seal of the organisation, his clock at NOW unless told."""
    person = samples.signer() if algorithm == "sm2" else samples.signer(algorithm=algorithm)
    parts = {"seal": samples.seal(layout), "signer": person.key, "certificate": person.certificate}
    return SealSigner(**(parts | {"clock": lambda: NOW} | options))


def extension(number: int = 1, value: bytes = b"value") -> Extension:
    return Extension(find(f"1.2.156.99999.7.{number}"), False, value)


def refused(reason: str, call: Callable[[], object]) -> None:
    with pytest.raises(ValidationError) as caught:
        call()
    assert caught.value.reason == reason


# ---- signatures ---------------------------------------------------------------------------------
@layouts
def test_what_is_signed_is_said(layout: SealLayout) -> None:
    made = signer(layout).sign(bytearray(DIGEST), PROPERTY_INFO)
    read = SealSignature.from_der(made.der)
    assert read == made
    assert read.quirks == read.seal.quirks == ()
    for one in (made, read):
        assert (one.layout, one.version) == (layout, layout.rules.version)
        assert (one.time, one.time_text) == (NOW, "")
        assert (one.data_hash, one.property_info) == (DIGEST, PROPERTY_INFO)
        assert one.seal == samples.seal(layout)
        assert one.signer_certificate == samples.signer().certificate
        assert (one.timestamp, one.extensions) == (None, ())
        assert one.structure.to_der() == one.der
        samples.signer().key.public_key.verify(one.signature, one.to_be_signed)


def test_by_the_interface_of_containers() -> None:
    one = signer()
    assert isinstance(one, DocumentSigner)
    assert (one.kind, one.digest_name) == ("seal", "sm3")
    assert SealSignature.from_der(one.sign_document(DIGEST, PROPERTY_INFO)).data_hash == DIGEST
    assert one.prepare_document(DIGEST, PROPERTY_INFO) == one.prepare(DIGEST, PROPERTY_INFO)


@layouts
@pytest.mark.parametrize("stamped", [False, True], ids=["claimed", "stamped"])
def test_no_longer_than_estimated(layout: SealLayout, stamped: bool) -> None:
    one = signer(layout, timestamp=samples.timestamp if stamped else None)
    long = "/" + "x" * 1000
    assert len(one.sign_document(DIGEST, long)) < one.estimated_len
    if layout is GBT:
        one = one.using(extensions=[extension(value=b"x" * 5000)])
        assert len(one.sign_document(DIGEST, long)) < one.estimated_len


def test_time_of_the_caller() -> None:
    later = NOW + timedelta(hours=3, microseconds=17)
    assert signer().sign(DIGEST, PROPERTY_INFO, time=later).time == NOW + timedelta(hours=3)
    assert signer(clock=lambda: later).sign(DIGEST, PROPERTY_INFO).time == NOW + timedelta(hours=3)


def test_rsa_belongs_to_the_older_layout() -> None:
    one = signer(OLD, algorithm="rsa")
    assert one.digest_name == "sha256"
    assert check_seal_signature(one.sign(DIGEST, "x"), DIGEST, samples.trust()).verdict(UNASKED) is Verdict.VALID
    with pytest.raises(UnsupportedAlgorithm):
        signer(GBT, algorithm="rsa")


def test_extensions_are_signed_along() -> None:
    made = signer(extensions=[extension(1)]).sign(DIGEST, "x", extensions=[extension(2)])
    assert [one.extn_id for one in SealSignature.from_der(made.der).extensions] == [
        extension(1).extn_id,
        extension(2).extn_id,
    ]
    refusals: list[tuple[SealSigner, list[Any]]] = [
        (signer(extensions=[extension(1)]), [extension(1)]),
        (signer(), [extension(1), extension(1)]),
        (signer(), [b"no extension"]),
        (signer(), [extension(number) for number in range(1025)]),
        (signer(OLD), [extension(1)]),
    ]
    for one, given in refusals:
        with pytest.raises(InvalidInputError):
            one.sign(DIGEST, "x", extensions=given)
    with pytest.raises(InvalidInputError, match="no signed extensions"):
        signer(OLD, extensions=[extension(1)])


# ---- who may sign ---------------------------------------------------------------------------------
@layouts
def test_signer_not_listed(layout: SealLayout) -> None:
    stranger = samples.other_signer()
    refused("signer-not-listed", lambda: signer(layout, signer=stranger.key, certificate=stranger.certificate))


@layouts
def test_key_of_somebody_else(layout: SealLayout) -> None:
    with pytest.raises(KeyMismatchError):
        signer(layout, signer=samples.other_signer().key)


@layouts
def test_certificate_for_encryption(layout: SealLayout) -> None:
    person = samples.certified("王五", issuer=samples.root(), usage=samples.ENCRYPTION, serial_number=0x61)
    seal = listing(samples.seal(layout), person.certificate)
    refused("key-usage", lambda: SealSigner(seal, person.key, person.certificate))


def test_key_of_another_kind() -> None:
    key = ECDSAPrivateKey.generate()
    certificate = samples.certify(
        samples.signer().certificate.subject, key.public_key, samples.PERSON_ROOT, samples.root().key, samples.SIGNING
    )
    for layout in samples.LAYOUTS:
        with pytest.raises(UnsupportedAlgorithm):
            SealSigner(listing(samples.seal(layout), certificate), key, certificate)


def test_layout_that_is_only_read(test_data: Any) -> None:
    path = test_data / "seals" / "UserV5.esl"
    if not path.is_file():
        pytest.skip("outside test data: UserV5.esl not present")
    seal = Seal.from_der(path.read_bytes())
    with pytest.raises(UnsupportedAlgorithm, match="verified, not made"):
        SealSigner(seal, None, seal.signer_certificates[0])


# ---- when -------------------------------------------------------------------------------------------
@layouts
@pytest.mark.parametrize(
    ("days", "reason"),
    [(-30, "signed-before-certificate"), (400, "signed-after-seal"), (1500, "signed-after-certificate")],
)
def test_outside_validity(layout: SealLayout, days: int, reason: str) -> None:
    when = NOW + days * DAY
    refused(reason, lambda: signer(layout).sign(DIGEST, "x", time=when))
    refused(reason, lambda: signer(layout, clock=lambda: when).sign(DIGEST, "x"))
    refused(reason, lambda: signer(layout, clock=lambda: when).prepare(DIGEST, "x"))


def test_before_the_seal() -> None:
    seal = samples.new_seal(valid_from=NOW + DAY)
    refused("signed-before-seal", lambda: signer(seal=seal).sign(DIGEST, "x"))


def test_stamp_from_outside_of_validity() -> None:
    """In the layout of GM/T 0031-2014 the time is that of the token."""
    late = signer(OLD, timestamp=lambda data: samples.timestamp(data, NOW + 400 * DAY))
    refused("signed-after-seal", lambda: late.sign(DIGEST, "x"))


# ---- grants and the log of uses -----------------------------------------------------------------------
class Log:
    """A log in memory, or one that is full."""

    def __init__(self, *, full: bool = False) -> None:
        self.events: list[UseEvent] = []
        self.full = full

    def record(self, event: UseEvent) -> None:
        """Keep an event."""
        if self.full:
            raise StateError("the disk is full")
        self.events.append(event)

    def said(self) -> list[tuple[str, str]]:
        return [(event.action, event.result) for event in self.events]


def test_grant_is_asked_before_each_use() -> None:
    grant = Mock()
    one = signer(grant=grant, purpose="contracts")
    one.sign(DIGEST, "x")
    one.prepare(DIGEST, "x")
    assert grant.check.call_count == 2
    (call, _) = grant.check.call_args_list
    assert call.args == (one.seal, one.certificate)
    assert call.kwargs == {"purpose": "contracts", "at": NOW}


def test_grant_refused() -> None:
    real, log = samples.signer().key, Log()
    key = SimpleNamespace(
        public_key=real.public_key,
        signature_algorithm=real.signature_algorithm,
        sign=real.sign,
        sign_digest=Mock(wraps=real.sign_digest),
    )
    grant = Mock(**{"check.side_effect": SealError("grant-expired", "until yesterday")})
    one = signer(signer=key, grant=grant, log=log)
    refused("grant-expired", lambda: one.sign(DIGEST, "x"))
    refused("grant-expired", lambda: one.prepare(DIGEST, "x"))
    assert not key.sign_digest.called
    assert log.said() == [("seal", "grant-expired"), ("prepare", "grant-expired")]


def test_log_of_uses() -> None:
    log = Log()
    one = signer(log=log)
    one.sign(DIGEST, PROPERTY_INFO)
    prepared = one.using(document_name="合同.ofd").prepare(DIGEST, PROPERTY_INFO)
    one.finish(prepared, samples.signer().key.sign_digest(prepared.digest))
    refused("signed-after-seal", lambda: one.sign(DIGEST, "x", time=NOW + 400 * DAY))
    assert log.said() == [("seal", "done"), ("prepare", "done"), ("seal", "done"), ("seal", "signed-after-seal")]
    first, second = log.events[:2]
    assert first == UseEvent(
        NOW, "seal", DIGEST, PROPERTY_INFO, "31010000000001", str(samples.signer().certificate.subject), "done"
    )
    assert second.name == "合同.ofd"


def test_no_signature_without_the_log() -> None:
    one = signer(log=Log(full=True))
    with pytest.raises(StateError, match="full"):
        one.sign(DIGEST, "x")
    # A refusal that cannot be kept is still the refusal that it was.
    refused("signed-after-seal", lambda: one.sign(DIGEST, "x", time=NOW + 400 * DAY))


# ---- keys, time-stamps, faults ----------------------------------------------------------------------------
class Elsewhere:
    """A key that answers with something of its own."""

    def __init__(self, answer: Callable[[bytes], Any]) -> None:
        self.public_key = samples.signer().key.public_key
        self.signature_algorithm = samples.signer().key.signature_algorithm
        self.answer = answer

    def sign(self, message: bytes, *, user_id: bytes | None = None) -> Any:
        """Answer."""
        return self.answer(self.public_key.digest(message, user_id=user_id))

    def sign_digest(self, digest: bytes) -> Any:
        """Answer."""
        return self.answer(digest)


@layouts
def test_faulty_key(layout: SealLayout) -> None:
    key = samples.signer().key
    wrong: list[Callable[[bytes], Any]] = [
        lambda _: key.sign_digest(bytes(32)),
        samples.other_signer().key.sign_digest,
        lambda _: b"",
        lambda digest: key.sign_digest(digest) + b"\0",
    ]
    for answer in wrong:
        with pytest.raises(FaultDetected):
            signer(layout, signer=Elsewhere(answer)).sign(DIGEST, "x")
    with pytest.raises(InvalidTypeError):
        signer(layout, signer=Elsewhere(lambda _: "text")).sign(DIGEST, "x")


def test_key_that_answers_with_raw_numbers() -> None:
    from gmpki.algorithms import sm2

    key = samples.signer().key
    made = signer(signer=Elsewhere(lambda digest: sm2.parse_signature(key.sign_digest(digest)))).sign(DIGEST, "x")
    assert made.signature[:1] == b"\x30"
    assert check_seal_signature(made, DIGEST, samples.trust()).verdict(UNASKED) is Verdict.VALID


@layouts
def test_stamp_over_other_data(layout: SealLayout) -> None:
    token = samples.timestamp(b"other data")
    with pytest.raises(TimestampError) as caught:
        signer(layout, timestamp=lambda _: token).sign(DIGEST, "x")
    assert caught.value.reason == "imprint"


@layouts
def test_stamp_that_is_none(layout: SealLayout) -> None:
    for answer in (b"", b"no token", b"\x30\x00", "text", None):
        with pytest.raises(GmpkiError):
            signer(layout, timestamp=Mock(return_value=answer)).sign(DIGEST, "x")


def test_without_a_key() -> None:
    one = signer(signer=None)
    with pytest.raises(StateError):
        one.sign(DIGEST, "x")
    assert one.prepare(DIGEST, "x").data_hash == DIGEST


# ---- arguments ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("digest", [b"", bytes(31), bytes(33), bytes(64)], ids=["none", "short", "long", "sha512"])
def test_digest_of_another_length(digest: bytes) -> None:
    with pytest.raises(InvalidInputError, match="32 bytes"):
        signer().sign(digest, "x")


@pytest.mark.parametrize("text", ["中文", "\ud800", "x" * 65537], ids=["chinese", "surrogate", "long"])
def test_property_info_that_cannot_be_written(text: str) -> None:
    for layout in samples.LAYOUTS:
        with pytest.raises(InvalidInputError):
            signer(layout).sign(DIGEST, text)


def test_time_that_utc_time_does_not_have() -> None:
    far = NOW.replace(year=2055)
    lasting = samples.certified("赵六", issuer=samples.root(), serial_number=0x62, not_after=far + DAY)
    for layout in samples.LAYOUTS:
        seal = listing(samples.seal(layout), lasting.certificate)
        assert far > seal.valid_until
        refused(
            "signed-after-seal",
            lambda seal=seal: SealSigner(seal, lasting.key, lasting.certificate).sign(DIGEST, "x", time=far),
        )


def test_naive_times() -> None:
    naive = datetime(2026, 3, 1)
    with pytest.raises(InvalidInputError):
        signer().sign(DIGEST, "x", time=naive)
    with pytest.raises(InvalidInputError):
        signer(clock=lambda: naive).sign(DIGEST, "x")


def test_parts_that_are_none() -> None:
    parts = (samples.seal(), samples.signer().key, samples.signer().certificate)
    for one in hostile.results(SealSigner, parts):
        assert one.signer is None
    for name in ("timestamp", "clock", "grant", "log", "purpose", "extensions", "document_name"):
        for one in hostile.results(lambda value, name=name: signer(**{name: value}), (None,)):
            with pytest.raises(GmpkiError):
                one.using(**{name: 7})
    with pytest.raises(InvalidInputError, match="no part"):
        signer().using(key=None)
    for _ in hostile.results(signer().sign, (DIGEST, "x")):
        pass
    with pytest.raises(InvalidTypeError):
        signer(clock=lambda: "now").sign(DIGEST, "x")
