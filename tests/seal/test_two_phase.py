"""Signatures that wait for their value: through bytes into other processes, and nothing that was changed comes out."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import pytest

import hostile
from gmpki.algorithms import sm2
from gmpki.asn1 import der
from gmpki.cms import ContentDigests, SignerPlan, prepare
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidSignature, SealError, TimestampError
from gmpki.seal import (
    DigitalForm,
    DigitalSigner,
    PreparedDigitalSignature,
    PreparedDocumentSignature,
    PreparedSealSignature,
    SealLayout,
    SealSignature,
    SealSigner,
    Verdict,
    check_digital_signature,
    check_seal_signature,
    prepared_from_bytes,
)
from seal import samples
from seal.samples import DIGEST, NOW, PROPERTY_INFO, UNASKED

GBT, OLD = SealLayout.GBT38540, SealLayout.GMT0031
layouts = pytest.mark.parametrize("layout", samples.LAYOUTS, ids=lambda layout: layout.name)


def remote(layout: SealLayout = GBT, **options: Any) -> SealSigner:
    """Return 张三, whose key is not here."""
    return SealSigner(samples.seal(layout), None, samples.signer().certificate, clock=lambda: NOW, **options)


def prepared(layout: SealLayout = GBT, **options: Any) -> PreparedSealSignature:
    return remote(layout, **options).prepare(DIGEST, PROPERTY_INFO)


def valid(data: bytes) -> bool:
    return check_seal_signature(data, DIGEST, samples.trust()).verdict(UNASKED) is Verdict.VALID


@layouts
def test_by_whatever_is_kept(layout: SealLayout) -> None:
    first, key = prepared(layout), samples.signer().key
    assert first.data_hash == DIGEST
    assert first.property_info == PROPERTY_INFO
    kept = (first, PreparedSealSignature.from_bytes(first.to_bytes()), pickle.loads(pickle.dumps(first)))
    for one in (*kept, prepared_from_bytes(first.to_bytes())):
        assert one == first
        assert isinstance(one, PreparedDocumentSignature)
        assert one.certificate == samples.signer().certificate
        by_digest, by_bytes = key.sign_digest(one.digest), key.sign(one.to_be_signed)
        for value in (by_digest, by_bytes, sm2.parse_signature(by_digest)):
            assert valid(one.finish(value))


# What another program does: it reads what waits and the value of the signature, and knows nothing else.
FINISH = """
import sys
from gmpki.seal import prepared_from_bytes
kept, value = (bytes.fromhex(line) for line in sys.stdin.read().split())
sys.stdout.write(prepared_from_bytes(kept).finish(value).hex())
"""


@pytest.mark.once
@pytest.mark.parametrize("kind", ["GMT0031", "GBT38540", "digital"])
def test_in_another_process(kind: str) -> None:
    person = samples.signer()
    one: PreparedDocumentSignature
    if kind == "digital":
        one = DigitalSigner(None, person.certificate).prepare_document(DIGEST, PROPERTY_INFO)
    else:
        one = prepared(SealLayout[kind])
    value = person.key.sign_digest(one.digest)
    told = f"{one.to_bytes().hex()}\n{value.hex()}"
    run = subprocess.run([sys.executable, "-c", FINISH], input=told, capture_output=True, text=True, check=True)
    data = bytes.fromhex(run.stdout)
    assert data == one.finish(value)
    if kind == "digital":
        report = check_digital_signature(data, DIGEST, samples.trust())
        assert report.verdict(UNASKED | {"time"}) is Verdict.VALID
    else:
        assert valid(data)


@layouts
def test_the_same_as_signing_at_once(layout: SealLayout) -> None:
    person = samples.signer()
    at_once = SealSigner(samples.seal(layout), person.key, person.certificate, clock=lambda: NOW).sign(
        DIGEST, PROPERTY_INFO
    )
    one = prepared(layout)
    assert one.to_be_signed == at_once.to_be_signed
    assert one.finish(at_once.signature) == at_once.der


@layouts
def test_value_that_does_not_hold(layout: SealLayout) -> None:
    one, key = prepared(layout), samples.signer().key
    for value in (key.sign(b"other"), samples.other_signer().key.sign_digest(one.digest), b"", bytes(64)):
        with pytest.raises(InvalidSignature):
            one.finish(value)


# ---- time-stamps ------------------------------------------------------------------------------------
def test_stamp_when_it_is_finished() -> None:
    one, key = prepared(), samples.signer().key
    value = key.sign_digest(one.digest)
    for stamp in (samples.timestamp, samples.timestamp(value)):
        report = check_seal_signature(one.finish(value, stamp), DIGEST, samples.trust())
        assert report.signed_at == NOW
    # The time-stamp is over the signature as it stands in the structure, in whatever form it came.
    raw = sm2.parse_signature(value)
    assert check_seal_signature(one.finish(raw, samples.timestamp), DIGEST, samples.trust()).signed_at == NOW
    with pytest.raises(TimestampError):
        one.finish(value, samples.timestamp(b"other"))


def test_stamp_of_the_older_layout_is_signed_along() -> None:
    one, key = prepared(OLD, timestamp=samples.timestamp), samples.signer().key
    value = key.sign_digest(one.digest)
    made = SealSignature.from_der(one.finish(value))
    assert made.timestamp is not None
    assert made.time is None
    with pytest.raises(InvalidInputError, match="inside what is signed"):
        one.finish(value, samples.timestamp)


@layouts
def test_finished_by_the_signer(layout: SealLayout) -> None:
    one = remote(layout, timestamp=samples.timestamp)
    waiting = one.prepare(DIGEST, PROPERTY_INFO)
    value = samples.signer().key.sign_digest(waiting.digest)
    finished = one.finish(waiting, value)
    assert finished.timestamp is not None
    assert valid(finished.der)
    others = (remote(OLD if layout is GBT else GBT), SealSigner(samples.new_seal(layout), None, one.certificate))
    for other in others:
        with pytest.raises(InvalidInputError, match="another seal"):
            other.finish(waiting, value)
    for _ in hostile.results(one.finish, (waiting, value)):
        pytest.fail("finished something else")


# ---- what was changed while it waited ------------------------------------------------------------------
@layouts
def test_changed_while_it_waited(layout: SealLayout) -> None:
    """A changed byte is refused, or is one of what will be signed: then the value of before does not hold."""
    kept = prepared(layout).to_bytes()
    value = samples.signer().key.sign_digest(prepared_from_bytes(kept).digest)
    held = []
    for place in range(0, len(kept), 7):
        other = bytearray(kept)
        other[place] ^= 1 << place % 8
        try:
            prepared_from_bytes(bytes(other)).finish(value)
        except GmpkiError:
            continue
        held.append(place)
    assert held == []


def rewritten(kept: bytes, place: int, element: bytes) -> bytes:
    """Return what waits with another element in a place of the sequence."""
    reader = der.Reader(kept)
    parts = []
    with reader.sequence() as fields:
        while not fields.at_end():
            start = fields.offset
            fields.contents(fields.peek())  # type: ignore[arg-type]
            parts.append(fields.since(start))
    parts[place] = element
    return der.encode_sequence(*parts)


KIND, LAYOUT, CERTIFICATE, ALGORITHM = 1, 2, 5, 6


@layouts
def test_parts_that_do_not_fit(layout: SealLayout) -> None:
    kept = prepared(layout).to_bytes()
    other_layout = OLD if layout is GBT else GBT
    stranger = der.encode_octet_string(samples.other_signer().certificate.der)
    changes = [
        (0, der.encode_integer(2), DecodeError),
        (KIND, der.encode_utf8_string("else"), DecodeError),
        (KIND, der.encode_utf8_string("signature"), DecodeError),
        (LAYOUT, der.encode_utf8_string(other_layout.value), DecodeError),
        (LAYOUT, der.encode_utf8_string(SealLayout.FIVE_FIELD.value), DecodeError),
        (CERTIFICATE, stranger, DecodeError if layout is OLD else SealError),
        (CERTIFICATE, der.encode_octet_string(b"none"), GmpkiError),
        (ALGORITHM, der.encode_oid("1.2.840.113549.1.1.11"), GmpkiError),
    ]
    assert rewritten(kept, 0, der.encode_integer(1)) == kept
    for place, element, error in changes:
        with pytest.raises(error):
            prepared_from_bytes(rewritten(kept, place, element))


def test_what_is_nothing_that_waits() -> None:
    kept = prepared().to_bytes()
    for _ in hostile.results(prepared_from_bytes, (kept,)):
        pytest.fail("read something else")
    for read in (PreparedSealSignature.from_bytes, PreparedDigitalSignature.from_bytes):
        for _ in hostile.results(read, (kept,)):
            pytest.fail("read something else")
    for end in range(0, len(kept), 101):
        with pytest.raises(DecodeError):
            prepared_from_bytes(kept[:end])


# ---- without a seal -------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", DigitalForm, ids=lambda form: form.name)
@pytest.mark.parametrize("algorithm", ["sm2", "rsa"])
def test_digital(form: DigitalForm, algorithm: str) -> None:
    person = samples.signer() if algorithm == "sm2" else samples.signer(algorithm=algorithm)
    one = DigitalSigner(None, person.certificate, form=form, clock=lambda: NOW)
    first = one.prepare_document(DIGEST, PROPERTY_INFO)
    for kept in (first, prepared_from_bytes(first.to_bytes()), pickle.loads(pickle.dumps(first))):
        assert kept == first
        assert isinstance(kept, PreparedDocumentSignature)
        assert kept.certificate == person.certificate
        assert (kept.to_be_signed == DIGEST) is (form is DigitalForm.DIGEST)
        person.key.public_key.verify(person.key.sign_digest(kept.digest), kept.to_be_signed)
        value = person.key.sign_digest(kept.digest)
        data = kept.finish(value, samples.timestamp)
        report = check_digital_signature(data, DIGEST, samples.trust())
        assert report.verdict(UNASKED) is Verdict.VALID
        assert report.signed_at == NOW
        with pytest.raises(InvalidSignature):
            kept.finish(person.key.sign(b"other"))
        with pytest.raises(TimestampError):
            kept.finish(value, samples.timestamp(b"other"))


def test_digital_changed_while_it_waited() -> None:
    kept = DigitalSigner(None, samples.signer().certificate).prepare_document(DIGEST, "x").to_bytes()
    value = samples.signer().key.sign_digest(prepared_from_bytes(kept).digest)
    whole = prepared_from_bytes(kept).finish(value)
    for place in range(0, len(kept), 5):
        other = bytearray(kept)
        other[place] ^= 1 << place % 8
        try:
            data = prepared_from_bytes(bytes(other)).finish(value)
        except GmpkiError:
            continue
        # What goes along unsigned can be spoilt, as in any message; no other message comes out that counts.
        report = check_digital_signature(data, DIGEST, samples.trust())
        assert data == whole or report.verdict(UNASKED | {"time"}) is Verdict.INVALID


def test_digital_by_nobody_or_by_two() -> None:
    plans = [SignerPlan(one.certificate) for one in (samples.signer(), samples.other_signer())]
    two = prepare(DIGEST, plans).to_bytes()
    unknown = prepare(None, SignerPlan(samples.signer().certificate), detached=True, digests=ContentDigests.of(b"x"))
    head = (der.encode_integer(1), der.encode_utf8_string("signature"))
    assert prepared_from_bytes(der.encode_sequence(*head, unknown.to_bytes())).to_be_signed
    with pytest.raises(DecodeError, match="one signer"):
        prepared_from_bytes(der.encode_sequence(*head, two))
