"""The OCSP of ``cryptography``, both ways, on P-256 and RSA."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.x509 import ocsp

from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc6960 import CertStatus
from gmpki.ocsp.cert_ids import key_hash
from gmpki.ocsp.request import OCSPRequest
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.responder import KnownStatus, OCSPResponder
from gmpki.ocsp.response import OCSPResponse
from gmpki.ocsp.verify import check_response
from gmpki.x509.revocation import RevocationContext, RevocationStatus
from ocsp.scene import DAY, NOW, Scene, scene

HASHES = {"sha1": hashes.SHA1(), "sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
DER = serialization.Encoding.DER


@pytest.fixture(params=["ecdsa", "rsa"])
def made(request: pytest.FixtureRequest) -> Scene:
    return scene(request.param)


def foreign_key(key: Any) -> Any:
    return serialization.load_der_private_key(key.to_der(), None)


def verify(made: Scene, response: ocsp.OCSPResponse, certificate: x509.Certificate) -> None:
    """Verify a response the way a client of that library does."""
    key: Any = certificate.public_key()
    assert response.signature_hash_algorithm is not None
    if made.algorithm == "rsa":
        key.verify(
            response.signature, response.tbs_response_bytes, padding.PKCS1v15(), response.signature_hash_algorithm
        )
    else:
        key.verify(response.signature, response.tbs_response_bytes, ec.ECDSA(response.signature_hash_algorithm))


# ---- ours, read there ---------------------------------------------------------------------
@pytest.mark.parametrize("hash_name", HASHES)
def test_our_request(made: Scene, hash_name: str) -> None:
    ours = OCSPRequestBuilder().add(made.leaf, made.ca, hash_name).nonce(b"n" * 20).build()
    theirs = ocsp.load_der_ocsp_request(ours.to_der())
    assert theirs.serial_number == made.leaf.serial_number
    assert theirs.hash_algorithm.name == hash_name
    assert theirs.issuer_name_hash == ours.cert_ids[0].issuer_name_hash
    assert theirs.issuer_key_hash == ours.cert_ids[0].issuer_key_hash
    assert theirs.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 20
    assert theirs.public_bytes(DER) == ours.to_der()


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("reason", [None, ReasonCode.KEY_COMPROMISE, ReasonCode.CERTIFICATE_HOLD])
def test_our_response(made: Scene, by_key: bool, reason: ReasonCode | None) -> None:
    status = CertStatus.revoked(NOW - DAY, reason)
    builder = made.builder(status, identifier=made.identifier("sha1")).responder(made.responder, by_key=by_key)
    ours = builder.certificates([made.responder]).nonce(b"n").sign(made.responder_key)
    theirs = ocsp.load_der_ocsp_response(ours.to_der())
    assert theirs.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert theirs.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert theirs.revocation_time_utc == NOW - DAY
    names = {None: None, ReasonCode.KEY_COMPROMISE: "keyCompromise", ReasonCode.CERTIFICATE_HOLD: "certificateHold"}
    assert (theirs.revocation_reason and theirs.revocation_reason.value) == names[reason]
    assert (theirs.this_update_utc, theirs.next_update_utc, theirs.produced_at_utc) == (NOW, NOW + DAY, NOW)
    assert theirs.serial_number == made.leaf.serial_number
    if by_key:
        assert theirs.responder_key_hash == key_hash(made.responder)
    else:
        assert theirs.responder_name == made.responder.to_cryptography().subject
    assert theirs.certificates == [made.responder.to_cryptography()]
    verify(made, theirs, theirs.certificates[0])


@pytest.mark.parametrize(("status", "name"), [(CertStatus.good(), "GOOD"), (CertStatus.unknown(), "UNKNOWN")])
def test_our_other_statuses(made: Scene, status: CertStatus, name: str) -> None:
    ours = made.builder(status, identifier=made.identifier("sha256")).sign(made.ca_key)
    theirs = ocsp.load_der_ocsp_response(ours.to_der())
    assert theirs.certificate_status is ocsp.OCSPCertStatus[name]
    verify(made, theirs, made.ca.to_cryptography())


@pytest.mark.parametrize("status", [status for status in ocsp.OCSPResponseStatus if status.value])
def test_errors(status: ocsp.OCSPResponseStatus) -> None:
    theirs = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    ours = OCSPResponse.from_der(theirs.public_bytes(DER))
    assert ours.status.name == status.name
    assert OCSPResponse.of_status(ours.status).to_der() == theirs.public_bytes(DER)


# ---- theirs, read here --------------------------------------------------------------------
@pytest.mark.parametrize("hash_name", HASHES)
def test_their_request(made: Scene, hash_name: str) -> None:
    builder = ocsp.OCSPRequestBuilder().add_certificate(
        made.leaf.to_cryptography(), made.ca.to_cryptography(), HASHES[hash_name]
    )
    theirs = builder.add_extension(x509.OCSPNonce(b"n" * 16), critical=False).build()
    ours = OCSPRequest.from_der(theirs.public_bytes(DER))
    assert ours.cert_ids == (made.identifier(hash_name),)
    assert ours.nonce == b"n" * 16
    responder = OCSPResponder(made.ca, made.ca_key, Good(), clock=lambda: NOW)
    answer = ocsp.load_der_ocsp_response(responder.answer(theirs.public_bytes(DER)))
    assert answer.certificate_status is ocsp.OCSPCertStatus.GOOD
    assert answer.hash_algorithm.name == hash_name
    verify(made, answer, made.ca.to_cryptography())


class Good:
    def status(self, serial_number: int) -> KnownStatus | None:
        return KnownStatus(CertStatus.good()) if serial_number == 0x77 else None


def their_response(made: Scene, status: str, at: datetime, *, delegated: bool, by_key: bool) -> OCSPResponse:
    revoked = status == "REVOKED"
    builder = ocsp.OCSPResponseBuilder().add_response(
        made.leaf.to_cryptography(),
        made.ca.to_cryptography(),
        hashes.SHA256(),
        ocsp.OCSPCertStatus[status],
        at,
        at + DAY,
        at - DAY if revoked else None,
        x509.ReasonFlags.superseded if revoked else None,
    )
    responder = made.responder if delegated else made.ca
    encoding = ocsp.OCSPResponderEncoding.HASH if by_key else ocsp.OCSPResponderEncoding.NAME
    builder = builder.responder_id(encoding, responder.to_cryptography())
    if delegated:
        builder = builder.certificates([responder.to_cryptography()])
    key = made.responder_key if delegated else made.ca_key
    return OCSPResponse.from_der(builder.sign(foreign_key(key), hashes.SHA256()).public_bytes(DER))


@pytest.mark.parametrize("status", ["GOOD", "REVOKED", "UNKNOWN"])
@pytest.mark.parametrize("delegated", [False, True])
@pytest.mark.parametrize("by_key", [False, True])
def test_their_response(made: Scene, status: str, delegated: bool, by_key: bool) -> None:
    at = datetime.now(timezone.utc).replace(microsecond=0)  # that library takes no other time of signing
    response = their_response(made, status, at, delegated=delegated, by_key=by_key)
    assert response.responses[0].cert_id == made.identifier("sha256")
    result = check_response(response, made.leaf, made.ca, RevocationContext(at))
    assert result.status is RevocationStatus[status]
    assert (result.this_update, result.next_update) == (at, at + DAY)
    if status == "REVOKED":
        assert (result.revoked_at, result.reason) == (at - DAY, ReasonCode.SUPERSEDED)
