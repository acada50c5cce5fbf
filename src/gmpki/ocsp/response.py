"""OCSP responses as they come: read, and not yet believed.

What is read here was checked for its form alone. Who wants to know whether a certificate is good asks
:func:`~gmpki.ocsp.verify.verify_response` or an :class:`~gmpki.ocsp.checker.OCSPChecker`, which check who answered,
when, and about what.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki._inputs import number as in_range
from gmpki.asn1 import rfc6960
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc6960 import (
    BasicOCSPResponse,
    CertID,
    Nonce,
    ResponderID,
    ResponseStatus,
    SingleResponse,
)
from gmpki.errors import InvalidInputError, ResponderError, UnsupportedAlgorithm
from gmpki.keys._immutable import Immutable
from gmpki.x509.certificate import Certificate
from gmpki.x509.extensions import Extensions
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy, verify_by

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.x509.named_key import NamedKey

__all__ = ["MAX_RESPONSE_LEN", "OCSPResponse"]

MAX_RESPONSE_LEN: Final = 1 << 20
"""The longest response that is read, in bytes; one about a thousand certificates has about 200,000."""


class OCSPResponse(Immutable):
    """An OCSP response. Immutable; thread-safe. Responses of the same bytes compare equal.

    Everything but :attr:`status` raises ResponderError when the responder did not answer.

    :standard: RFC 6960 4.2
    """

    __slots__ = ("_basic", "_der", "_extensions", "_nonce", "_quirks", "_status")
    _der: bytes
    _status: ResponseStatus
    _basic: BasicOCSPResponse | None
    _extensions: Extensions
    _nonce: bytes | None
    _quirks: tuple[Quirk, ...]

    def __init__(self) -> None:
        """Refuse: responses are read or built.

        :raises InvalidInputError: always.
        """
        raise InvalidInputError("an OCSPResponse is made by from_der, of_status or an OCSPResponseBuilder")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False, max_size: int = MAX_RESPONSE_LEN) -> OCSPResponse:
        """Read a response.

        :param lenient: accept and note departures from DER.
        :param max_size: the longest data taken, in bytes.
        :raises InvalidTypeError: when data has no buffer, or max_size is no ``int``.
        :raises DecodeError: when it is no response, or answers about more than 1024 certificates; when the nonce is not
            1 to 128 bytes; unless lenient, when another extension is malformed or stands twice.
        :raises LimitExceeded: when it is longer than max_size.
        :raises UnsupportedAlgorithm: when it is of another type than the basic one.
        """
        log = QuirkLog(tolerant=bool(lenient))
        encoded = as_bytes(data, "an OCSP response")
        structure = rfc6960.OCSPResponse.from_der(encoded, max_size=max_size, quirks=log)
        basic = nonce = None
        extensions = Extensions()
        if structure.response is not None:
            if structure.response_type != oids.OCSP_BASIC:
                raise UnsupportedAlgorithm(f"an OCSP response of type {structure.response_type}; basic ones are read")
            inner = QuirkLog(tolerant=bool(lenient))
            basic = BasicOCSPResponse.from_der(structure.response, max_size=max_size, quirks=inner)
            log.extend(inner.quirks, "OCSPResponse.responseBytes")
            extensions = Extensions(basic.tbs.extensions, quirks=log, path="tbsResponseData.responseExtensions")
            for single in basic.tbs.responses:
                Extensions(single.extensions, quirks=log, path="tbsResponseData.responses.singleExtensions")
            found = extensions.find(Nonce)
            nonce = None if found is None else found.value
        self = object.__new__(cls)
        object.__setattr__(self, "_der", encoded)
        object.__setattr__(self, "_status", structure.status)
        object.__setattr__(self, "_basic", basic)
        object.__setattr__(self, "_extensions", extensions)
        object.__setattr__(self, "_nonce", nonce)
        object.__setattr__(self, "_quirks", log.quirks)
        return self

    @classmethod
    def of_status(cls, status: ResponseStatus) -> OCSPResponse:
        """Make the response of a responder that does not answer. It is not signed.

        :raises InvalidTypeError: when status is no :class:`~gmpki.asn1.rfc6960.ResponseStatus`.
        :raises InvalidInputError: when it is SUCCESSFUL.
        :standard: RFC 6960 2.3
        """
        member(status, ResponseStatus, "status")
        if status is ResponseStatus.SUCCESSFUL:
            raise InvalidInputError("a successful response answers something: use an OCSPResponseBuilder")
        return cls.from_der(rfc6960.OCSPResponse(status).to_der())

    def to_der(self) -> bytes:
        """Return the bytes the response was read from."""
        return self._der

    @property
    def status(self) -> ResponseStatus:
        """Whether the responder answered, and why not."""
        return self._status

    def _answer(self) -> BasicOCSPResponse:
        if self._basic is None:
            raise ResponderError(self._status.standard_name)
        return self._basic

    @property
    def tbs_der(self) -> bytes:
        """The exact bytes of tbsResponseData, which the signature is over."""
        return self._answer().tbs_der

    @property
    def responder_id(self) -> ResponderID:
        """Who says to have answered."""
        return self._answer().tbs.responder_id

    @property
    def produced_at(self) -> datetime:
        """When the response was signed, in UTC."""
        return self._answer().tbs.produced_at

    @property
    def responses(self) -> tuple[SingleResponse, ...]:
        """The answers, one for each certificate."""
        return self._answer().tbs.responses

    def find(self, identifier: CertID) -> tuple[SingleResponse, ...]:
        """Return the answers for a CertID; more than one should not be there."""
        return tuple(single for single in self.responses if single.cert_id == identifier)

    @property
    def extensions(self) -> Extensions:
        """The extensions of the whole response."""
        self._answer()
        return self._extensions

    @property
    def nonce(self) -> bytes | None:
        """The nonce, 1 to 128 bytes, or None."""
        self._answer()
        return self._nonce

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier:
        """The algorithm of the signature."""
        return self._answer().signature.algorithm

    @property
    def signature(self) -> bytes:
        """The signature."""
        return self._answer().signature.signature

    @property
    def certificates_der(self) -> tuple[bytes, ...]:
        """The exact bytes of the certificates that came along, at most 32."""
        return self._answer().signature.certificates

    def certificate(self, number: int) -> Certificate:
        """Read one of the certificates that came along. Nobody has checked it.

        :param number: its place in :attr:`certificates_der`, from 0.
        :raises InvalidTypeError: when number is no ``int``.
        :raises InvalidInputError: when there are not so many.
        :raises DecodeError: when it is no certificate.
        """
        encoded = self.certificates_der
        if not encoded:
            raise InvalidInputError("no certificate came along")
        return Certificate.from_der(encoded[in_range(number, 0, len(encoded) - 1, "number")])

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What departs from DER and was accepted."""
        return self._quirks

    def verify_signature(
        self, responder: NamedKey, *, policy: SignaturePolicy = STANDARD_SIGNATURES
    ) -> tuple[Quirk, ...]:
        """Verify the signature with the key of a responder; return the quirks that were accepted.

        Whether that responder may answer for a certificate is the question of
        :func:`~gmpki.ocsp.verify.verify_response`.

        :raises InvalidSignature: when the signature does not hold.
        :raises KeyMismatchError: when the algorithm of the signature is none of the key.
        :raises PolicyError: when the policy refuses the algorithm.
        :raises UnsupportedAlgorithm: when the algorithm or the key is not known.
        """
        signature = self._answer().signature
        return verify_by(responder, signature.algorithm, signature.signature, self.tbs_der, policy)

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, OCSPResponse) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __repr__(self) -> str:
        count = "" if self._basic is None else f" about {len(self._basic.tbs.responses)} certificates"
        return f"<OCSPResponse {self._status.standard_name}{count}>"

    def __reduce__(self) -> tuple[object, tuple[bytes, bool]]:
        return _read, (self._der, bool(self._quirks))


def _read(data: bytes, lenient: bool) -> OCSPResponse:
    """Read a pickled response the way it was read before."""
    return OCSPResponse.from_der(data, lenient=lenient, max_size=len(data))
