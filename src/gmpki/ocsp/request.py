"""OCSP requests: which certificates are asked about, and how.

A request is read by :meth:`OCSPRequest.from_der` and made by
:class:`~gmpki.ocsp.request_builder.OCSPRequestBuilder`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.asn1 import rfc6960
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc6960 import AcceptableResponses, CertID, Nonce, Request
from gmpki.errors import DecodeError, InvalidInputError
from gmpki.keys._immutable import Immutable
from gmpki.x509.certificate import Certificate
from gmpki.x509.extensions import Extensions
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy, verify_by

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier, GeneralName
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.named_key import NamedKey

__all__ = ["MAX_REQUEST_LEN", "OCSPRequest"]

MAX_REQUEST_LEN: Final = 1 << 18
"""The longest request that is read, in bytes; one for a thousand certificates has about 100,000."""


class OCSPRequest(Immutable):
    """An OCSP request. Immutable; thread-safe. Requests of the same bytes compare equal.

    :standard: RFC 6960 4.1
    """

    __slots__ = ("_der", "_extensions", "_nonce", "_quirks", "_single_extensions", "_structure")
    _der: bytes
    _structure: rfc6960.OCSPRequest
    _extensions: Extensions
    _single_extensions: tuple[Extensions, ...]
    _nonce: bytes | None
    _quirks: tuple[Quirk, ...]

    def __init__(self) -> None:
        """Refuse: requests are read or built.

        :raises InvalidInputError: always.
        """
        raise InvalidInputError("an OCSPRequest is made by from_der or by an OCSPRequestBuilder")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False, max_size: int = MAX_REQUEST_LEN) -> OCSPRequest:
        """Read a request.

        :param lenient: accept and note departures from DER.
        :param max_size: the longest data taken, in bytes.
        :raises InvalidTypeError: when data has no buffer, or max_size is no ``int``.
        :raises DecodeError: when it is no request, asks about no certificate, or about more than 1024; when the
            nonce is not 1 to 128 bytes; unless lenient, when another extension is malformed or stands twice.
        :raises LimitExceeded: when it is longer than max_size.
        """
        log = QuirkLog(tolerant=bool(lenient))
        encoded = as_bytes(data, "an OCSP request")
        structure = rfc6960.OCSPRequest.from_der(encoded, max_size=max_size, quirks=log)
        if not structure.tbs.requests:
            raise DecodeError("a request asks about at least one certificate", path=("OCSPRequest", "requestList"))
        extensions = Extensions(structure.tbs.extensions, quirks=log, path="tbsRequest.requestExtensions")
        single_extensions = tuple(
            Extensions(request.extensions, quirks=log, path="tbsRequest.requestList.singleRequestExtensions")
            for request in structure.tbs.requests
        )
        nonce = extensions.find(Nonce)
        self = object.__new__(cls)
        object.__setattr__(self, "_der", encoded)
        object.__setattr__(self, "_structure", structure)
        object.__setattr__(self, "_extensions", extensions)
        object.__setattr__(self, "_single_extensions", single_extensions)
        object.__setattr__(self, "_nonce", None if nonce is None else nonce.value)
        object.__setattr__(self, "_quirks", log.quirks)
        return self

    def to_der(self) -> bytes:
        """Return the bytes the request was read from."""
        return self._der

    @property
    def tbs_der(self) -> bytes:
        """The exact bytes of tbsRequest, which a signature is over."""
        return self._structure.tbs_der

    @property
    def requests(self) -> tuple[Request, ...]:
        """What is asked: one for each certificate, with its extensions."""
        return self._structure.tbs.requests

    @property
    def cert_ids(self) -> tuple[CertID, ...]:
        """The certificates asked about, in their order."""
        return tuple(request.cert_id for request in self._structure.tbs.requests)

    @property
    def requestor_name(self) -> GeneralName | None:
        """Who says to ask; proven only by a signature."""
        return self._structure.tbs.requestor_name

    @property
    def extensions(self) -> Extensions:
        """The extensions of the whole request."""
        return self._extensions

    @property
    def single_extensions(self) -> tuple[Extensions, ...]:
        """The extensions of each question, in the order of :attr:`requests`."""
        return self._single_extensions

    @property
    def nonce(self) -> bytes | None:
        """The nonce, 1 to 128 bytes, or None."""
        return self._nonce

    @property
    def acceptable_responses(self) -> tuple[ObjectIdentifier, ...] | None:
        """The types of response that the client understands; None when it does not say.

        :raises DecodeError: when the extension is malformed.
        """
        found = self._extensions.find(AcceptableResponses)
        return None if found is None else found.types

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What departs from DER and was accepted."""
        return self._quirks

    # ---- signature ----------------------------------------------------------------------
    @property
    def is_signed(self) -> bool:
        """Whether the request has a signature, which few have."""
        return self._structure.signature is not None

    @property
    def signature_algorithm(self) -> AlgorithmIdentifier | None:
        """The algorithm of the signature; None when there is none."""
        return None if self._structure.signature is None else self._structure.signature.algorithm

    @property
    def signature(self) -> bytes | None:
        """The signature; None when there is none."""
        return None if self._structure.signature is None else self._structure.signature.signature

    def certificates(self) -> tuple[Certificate, ...]:
        """Read the certificates that came with the signature. Nobody has checked them.

        :raises DecodeError: when one of them is no certificate.
        """
        signature = self._structure.signature
        return () if signature is None else tuple(map(Certificate.from_der, signature.certificates))

    def verify_signature(self, signer: NamedKey, *, policy: SignaturePolicy = STANDARD_SIGNATURES) -> tuple[Quirk, ...]:
        """Verify the signature with the key of who should have signed; return the quirks that were accepted.

        Whether that key may ask is for the caller to decide.

        :raises InvalidInputError: when the request is not signed.
        :raises InvalidSignature: when the signature does not hold.
        :raises KeyMismatchError: when the algorithm of the signature is none of the key.
        :raises PolicyError: when the policy refuses the algorithm.
        :raises UnsupportedAlgorithm: when the algorithm or the key is not known.
        """
        signature = self._structure.signature
        if signature is None:
            raise InvalidInputError("the request is not signed")
        return verify_by(signer, signature.algorithm, signature.signature, self.tbs_der, policy)

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, OCSPRequest) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __repr__(self) -> str:
        return f"<OCSPRequest about {len(self.requests)} certificates>"

    def __reduce__(self) -> tuple[object, tuple[bytes, bool]]:
        return _read, (self._der, bool(self._quirks))


def _read(data: bytes, lenient: bool) -> OCSPRequest:
    """Read a pickled request the way it was read before."""
    return OCSPRequest.from_der(data, lenient=lenient, max_size=len(data))
