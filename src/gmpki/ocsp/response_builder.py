"""Building OCSP responses.

A builder does not change: each method returns a new one. Signing can be done in two steps, for keys that are
elsewhere: :meth:`OCSPResponseBuilder.to_be_signed`, then :meth:`OCSPResponseBuilder.finish`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.asn1 import der, rfc6960
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc6960 import (
    MAX_REQUESTS,
    BasicOCSPResponse,
    CertID,
    CertStatus,
    Nonce,
    ResponderID,
    ResponseData,
    ResponseStatus,
    Signature,
    SingleResponse,
)
from gmpki.errors import InvalidInputError
from gmpki.ocsp._building import check_room, encoded_certificates, extension_list
from gmpki.ocsp.cert_ids import demand_issuer, key_hash
from gmpki.ocsp.response import MAX_RESPONSE_LEN, OCSPResponse
from gmpki.x509._building import ExtensionList, demand_signer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.interfaces import Signer
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.named_key import NamedKey

__all__ = ["OCSPResponseBuilder"]


@dataclass(frozen=True, slots=True)
class OCSPResponseBuilder:
    """What a response will say. Immutable; thread-safe."""

    _responses: tuple[SingleResponse, ...] = ()
    _extensions: ExtensionList = field(default_factory=ExtensionList)
    _responder_id: ResponderID | None = None
    _produced_at: datetime | None = None
    _certificates: tuple[bytes, ...] = ()

    def add(
        self,
        identifier: CertID,
        status: CertStatus,
        this_update: datetime,
        next_update: datetime | None = None,
        *,
        extensions: Iterable[ExtensionValue | Extension] = (),
    ) -> OCSPResponseBuilder:
        """Answer for a certificate.

        :param identifier: the CertID of the request, as it came.
        :param this_update: the last time at which the status was known to be right.
        :param next_update: when there will be newer information; None says that there is newer at any time.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when a time has no time zone or a fraction of a second; when next_update is not
            after this_update; when two extensions are of one kind; when the status is "revoked" with the reason
            removeFromCRL, which says that it is not.
        :raises LimitExceeded: when there are 1024 answers already.
        """
        member(identifier, CertID, "identifier")
        member(status, CertStatus, "status")
        if status.revocation_reason is ReasonCode.REMOVE_FROM_CRL:
            raise InvalidInputError("removeFromCRL belongs into delta CRLs; the status of such a certificate is good")
        single = SingleResponse(identifier, status, this_update, next_update, extension_list(extensions))
        single.to_der()  # refuses times that cannot be written
        if next_update is not None and next_update <= this_update:
            raise InvalidInputError("nextUpdate is not after thisUpdate")
        check_room(len(self._responses), MAX_REQUESTS, "certificates in a response")
        return replace(self, _responses=(*self._responses, single))

    def responder(self, responder: NamedKey, *, by_key: bool = False) -> OCSPResponseBuilder:
        """Say who answers: the subject of a certificate or trust anchor, or the SHA-1 of its key.

        :param by_key: identify the responder by its key.
        :raises InvalidTypeError: when responder is none.
        """
        demand_issuer(responder)
        identity = ResponderID(key_hash=key_hash(responder)) if by_key else ResponderID(name=responder.subject)
        return replace(self, _responder_id=identity)

    def produced_at(self, time: datetime) -> OCSPResponseBuilder:
        """Set when the response is signed; now unless set.

        :raises InvalidTypeError: when it is no ``datetime``.
        :raises InvalidInputError: when it has no time zone, or a fraction of a second.
        """
        der.encode_generalized_time(time)  # refuses times that cannot be written
        return replace(self, _produced_at=time)

    def nonce(self, value: bytes) -> OCSPResponseBuilder:
        """Repeat the nonce of the request, 1 to 128 bytes.

        :raises InvalidTypeError: when it has no buffer.
        :raises InvalidInputError: when it has another length, or there is a nonce already.
        """
        return self.add_extension(Nonce(as_bytes(value, "the nonce")))

    def add_extension(self, value: ExtensionValue | Extension, *, critical: bool | None = None) -> OCSPResponseBuilder:
        """Add an extension to the whole response.

        :param critical: None leaves it as the kind of extension has it.
        :raises InvalidTypeError: when it is none.
        :raises InvalidInputError: when one of that kind is there already, or its value cannot be encoded.
        """
        return replace(self, _extensions=self._extensions.adding(value, critical))

    def certificates(self, certificates: Iterable[Certificate]) -> OCSPResponseBuilder:
        """Set the certificates that go along: that of a delegated responder.

        :raises InvalidTypeError: when one of them is none.
        :raises LimitExceeded: when there are more than 32.
        """
        return replace(self, _certificates=encoded_certificates(certificates))

    # ---- signing ------------------------------------------------------------------------
    def sign(self, signer: Signer, *, user_id: bytes | None = None) -> OCSPResponse:
        """Sign the response.

        :param user_id: of an SM2 signature; None is the default id.
        :raises InvalidTypeError: when signer is none.
        :raises InvalidInputError: when there is no answer, or two for one CertID; when nobody was named as responder.
        """
        return _read(self.sign_der(signer, user_id=user_id))

    def sign_der(self, signer: Signer, *, user_id: bytes | None = None) -> bytes:
        """Sign the response and return its DER, without reading it again: for those who answer all day.

        Parameters and errors are those of :meth:`sign`.
        """
        demand_signer(signer)
        tbs = self._tbs()
        encoded = tbs.to_der()
        signature = as_bytes(signer.sign(encoded, user_id=user_id), "the signature")
        return _assembled(tbs, encoded, Signature(signer.signature_algorithm, signature, self._certificates))

    def to_be_signed(self) -> bytes:
        """Return the bytes to sign. Set :meth:`produced_at` before, so that they are the same each time.

        :raises InvalidInputError: when there is no answer, or two for one CertID; when nobody was named as responder.
        """
        return self._tbs().to_der()

    @staticmethod
    def finish(
        tbs_der: bytes,
        algorithm: AlgorithmIdentifier,
        signature: bytes,
        certificates: Iterable[Certificate] = (),
    ) -> OCSPResponse:
        """Put a signature to the bytes that :meth:`to_be_signed` gave.

        :param certificates: those that go along.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises DecodeError: when tbs_der is no ResponseData.
        :raises LimitExceeded: when there are more than 32 certificates.
        """
        encoded = as_bytes(tbs_der, "tbs_der")
        frame = Signature(algorithm, as_bytes(signature, "the signature"), encoded_certificates(certificates))
        return _read(_assembled(ResponseData.from_der(encoded), encoded, frame))

    def _tbs(self) -> ResponseData:
        if not self._responses:
            raise InvalidInputError("a response answers for at least one certificate: use add()")
        if len({single.cert_id for single in self._responses}) != len(self._responses):
            raise InvalidInputError("a response answers once for each CertID")
        if self._responder_id is None:
            raise InvalidInputError("a response says who answers: use responder()")
        produced_at = self._produced_at or datetime.now(timezone.utc).replace(microsecond=0)
        return ResponseData(self._responder_id, produced_at, self._responses, self._extensions)


def _assembled(tbs: ResponseData, encoded: bytes, signature: Signature) -> bytes:
    basic = BasicOCSPResponse(tbs, encoded, signature).to_der()
    return rfc6960.OCSPResponse(ResponseStatus.SUCCESSFUL, oids.OCSP_BASIC, basic).to_der()


def _read(response: bytes) -> OCSPResponse:
    return OCSPResponse.from_der(response, max_size=max(MAX_RESPONSE_LEN, len(response)))
