"""Responses read and built."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import hostile
from gmpki import oids
from gmpki.asn1 import der, rfc6960
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc6960 import MAX_REQUESTS, CertStatus, Nonce, ResponseStatus
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
    ResponderError,
    UnsupportedAlgorithm,
)
from gmpki.ocsp.cert_ids import cert_id, key_hash
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.response_builder import OCSPResponseBuilder
from ocsp.scene import ALGORITHMS, DAY, NOW, ROOT, key, scene

UNKNOWN = Extension(oids.find("1.2.3"), False, b"\x05\x00")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_a_response_says(algorithm: str) -> None:
    made = scene(algorithm)
    revoked = CertStatus.revoked(NOW - DAY)
    builder = made.builder().add(cert_id(0x78, made.ca, "sha1"), revoked, NOW, extensions=[UNKNOWN])
    builder = builder.nonce(b"n" * 20).add_extension(UNKNOWN).certificates([made.responder, made.ca])
    response = OCSPResponse.from_der(builder.sign(made.ca_key).to_der())
    assert response.status is ResponseStatus.SUCCESSFUL
    assert response.responder_id == rfc6960.ResponderID(name=ROOT)
    assert response.produced_at == NOW
    assert [single.status for single in response.responses] == [CertStatus.good(), revoked]
    assert response.responses[1].next_update is None
    assert [found.extn_id for found in response.responses[1].extensions] == ["1.2.3"]
    assert response.find(made.identifier()) == response.responses[:1]
    assert response.find(made.identifier("sha1")) == ()
    assert response.nonce == b"n" * 20
    assert "1.2.3" in response.extensions
    assert response.signature_algorithm == made.ca_key.signature_algorithm
    assert response.certificates_der == (made.responder.to_der(), made.ca.to_der())
    assert (response.certificate(0), response.certificate(1)) == (made.responder, made.ca)
    assert response.verify_signature(made.ca) == ()
    assert response.quirks == ()
    assert "2 certificates" in repr(response)
    with pytest.raises(InvalidSignature):
        response.verify_signature(made.responder)


def test_responder_by_key() -> None:
    made = scene()
    response = made.builder().responder(made.ca, by_key=True).sign(made.ca_key)
    assert response.responder_id == rfc6960.ResponderID(key_hash=key_hash(made.ca))


def test_signing_in_two_steps() -> None:
    made = scene()
    builder = made.builder()
    tbs = builder.to_be_signed()
    assert tbs == builder.to_be_signed()
    signature = made.ca_key.sign(tbs)
    response = builder.finish(tbs, made.ca_key.signature_algorithm, signature, [made.responder])
    assert response.tbs_der == tbs
    assert response.signature == signature
    assert response.certificate(0) == made.responder
    response.verify_signature(made.ca)
    with pytest.raises(DecodeError):
        builder.finish(tbs[:-1], made.ca_key.signature_algorithm, signature)


def test_produced_now_unless_told() -> None:
    made = scene()
    builder = OCSPResponseBuilder().responder(made.ca).add(made.identifier(), CertStatus.good(), NOW)
    response = builder.sign(made.ca_key)
    assert response.produced_at.microsecond == 0
    assert response.produced_at > NOW


@pytest.mark.parametrize("status", ResponseStatus)
def test_no_answer(status: ResponseStatus) -> None:
    if status is ResponseStatus.SUCCESSFUL:
        with pytest.raises(InvalidInputError):
            OCSPResponse.of_status(status)
        return
    response = OCSPResponse.of_status(status)
    assert response.status is status
    assert repr(response) == f"<OCSPResponse {status.standard_name}>"
    for name in ("responses", "responder_id", "nonce", "extensions", "tbs_der", "signature", "certificates_der"):
        with pytest.raises(ResponderError, match=status.standard_name):
            getattr(response, name)
    with pytest.raises(ResponderError):
        response.verify_signature(scene().ca)
    assert OCSPResponse.from_der(response.to_der()) == response


def test_names_of_statuses() -> None:
    names = [status.standard_name for status in ResponseStatus]
    assert names == ["successful", "malformedRequest", "internalError", "tryLater", "sigRequired", "unauthorized"]


def test_other_types_of_response() -> None:
    good = scene().good().to_der()
    with pytest.raises(UnsupportedAlgorithm, match=r"1\.3\.6\.1\.5\.5\.7\.48\.1\.2"):
        OCSPResponse.from_der(good.replace(der.encode_oid(oids.OCSP_BASIC), der.encode_oid(oids.OCSP_NONCE)))


def assembled(tbs: rfc6960.ResponseData) -> bytes:
    made = scene()
    encoded = tbs.to_der()
    signature = rfc6960.Signature(made.ca_key.signature_algorithm, made.ca_key.sign(encoded))
    basic = rfc6960.BasicOCSPResponse(tbs, encoded, signature).to_der()
    return rfc6960.OCSPResponse(ResponseStatus.SUCCESSFUL, oids.OCSP_BASIC, basic).to_der()


def test_extensions_twice() -> None:
    made = scene()
    nonce = Extension(oids.OCSP_NONCE, False, Nonce(b"n").to_der())
    single = rfc6960.SingleResponse(made.identifier(), CertStatus.good(), NOW)
    tbs = rfc6960.ResponseData(rfc6960.ResponderID(name=ROOT), NOW, (single,), (nonce, nonce))
    for lenient in (False, True):  # which of two nonces counts, nobody can say
        with pytest.raises(DecodeError, match="twice"):
            OCSPResponse.from_der(assembled(tbs), lenient=lenient)
    tbs = replace(tbs, extensions=(), responses=(replace(single, extensions=(UNKNOWN, UNKNOWN)),))
    with pytest.raises(DecodeError, match="twice"):
        OCSPResponse.from_der(assembled(tbs))
    read = OCSPResponse.from_der(assembled(tbs), lenient=True)
    assert len(read.quirks) == 1
    assert pickle.loads(pickle.dumps(read)) == read


def test_malformed_nonce() -> None:
    tbs = rfc6960.ResponseData(
        rfc6960.ResponderID(name=ROOT), NOW, (), (Extension(oids.OCSP_NONCE, False, b"\x04\x00"),)
    )
    with pytest.raises(DecodeError):
        OCSPResponse.from_der(assembled(tbs))


# ---- building -----------------------------------------------------------------------------
def test_what_cannot_be_built() -> None:
    made = scene()
    empty = OCSPResponseBuilder()
    with pytest.raises(InvalidInputError, match="at least one"):
        empty.responder(made.ca).sign(made.ca_key)
    with pytest.raises(InvalidInputError, match="who answers"):
        empty.add(made.identifier(), CertStatus.good(), NOW).sign(made.ca_key)
    with pytest.raises(InvalidInputError, match="once"):
        made.builder().add(made.identifier(), CertStatus.good(), NOW).sign(made.ca_key)
    with pytest.raises(InvalidInputError, match="there already"):
        empty.nonce(b"n").nonce(b"n")
    for nonce in (b"", bytes(129)):
        with pytest.raises(InvalidInputError, match="1 to 128"):
            empty.nonce(nonce)
    for next_update in (NOW, NOW - DAY):
        with pytest.raises(InvalidInputError, match="not after"):
            empty.add(made.identifier(), CertStatus.good(), NOW, next_update)
    for time in (NOW.replace(tzinfo=None), NOW + timedelta(microseconds=1)):
        with pytest.raises(InvalidInputError):
            empty.add(made.identifier(), CertStatus.good(), time)
        with pytest.raises(InvalidInputError):
            empty.add(made.identifier(), CertStatus.revoked(time), NOW)
        with pytest.raises(InvalidInputError):
            empty.produced_at(time)
    with pytest.raises(LimitExceeded):
        empty.certificates([made.ca] * 33)
    single = rfc6960.SingleResponse(made.identifier(), CertStatus.good(), NOW)
    with pytest.raises(LimitExceeded):
        OCSPResponseBuilder((single,) * MAX_REQUESTS).add(made.identifier(), CertStatus.good(), NOW)


def test_certificates_that_did_not_come_along() -> None:
    made = scene()
    with pytest.raises(InvalidInputError, match="no certificate"):
        made.good().certificate(0)
    with pytest.raises(InvalidInputError, match="0 to 0"):
        made.by_responder().certificate(1)


def test_immutable() -> None:
    response = scene().good()
    with pytest.raises(AttributeError):
        response.status = None  # type: ignore[misc, assignment]
    with pytest.raises(InvalidInputError):
        OCSPResponse()
    assert pickle.loads(pickle.dumps(response)) == response == copy.deepcopy(response)
    assert hash(response) == hash(OCSPResponse.from_der(response.to_der()))
    assert response != response.to_der()
    long = scene().builder(extensions=[Extension(oids.find("1.2.3"), False, bytes(1 << 20))]).sign(scene().ca_key)
    assert pickle.loads(pickle.dumps(long)) == long


def test_hostile_values() -> None:
    made = scene()
    builder = made.builder()
    calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
        (lambda data, size: OCSPResponse.from_der(data, max_size=size), (made.good().to_der(), 10_000)),
        (OCSPResponse.of_status, (ResponseStatus.TRY_LATER,)),
        (made.by_responder().certificate, (0,)),
        (builder.add, (cert_id(1, made.ca), CertStatus.good(), NOW, NOW + DAY)),
        (lambda extensions: builder.add(cert_id(1, made.ca), CertStatus.good(), NOW, extensions=extensions), ([],)),
        (builder.responder, (made.ca,)),
        (builder.produced_at, (NOW,)),
        (builder.nonce, (b"nonce",)),
        (builder.certificates, ([made.ca],)),
        (builder.sign, (made.ca_key,)),
        (builder.finish, (builder.to_be_signed(), made.ca_key.signature_algorithm, b"", [])),
    ]
    for call, arguments in calls:
        for result in hostile.results(call, arguments):
            assert isinstance(result, (OCSPResponse, OCSPResponseBuilder, type(made.ca)))
    with pytest.raises(InvalidTypeError):
        builder.sign(key("sm2", "leaf").public_key)
