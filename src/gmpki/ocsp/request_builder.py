"""Building OCSP requests.

A builder does not change: each method returns a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, member
from gmpki.algorithms.rand import random_bytes
from gmpki.asn1 import rfc6960
from gmpki.asn1.rfc5280 import GeneralName, Name
from gmpki.asn1.rfc5280.ext_points import AuthorityInfoAccess
from gmpki.asn1.rfc6960 import (
    MAX_REQUESTS,
    AcceptableResponses,
    CertID,
    Nonce,
    Request,
    ServiceLocator,
    Signature,
    TBSRequest,
)
from gmpki.errors import InvalidInputError
from gmpki.ocsp._building import check_room, encoded_certificates, extension_list
from gmpki.ocsp.cert_ids import cert_id
from gmpki.ocsp.request import MAX_REQUEST_LEN, OCSPRequest
from gmpki.x509._building import ExtensionList, demand_signer
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue
    from gmpki.keys.interfaces import Signer
    from gmpki.x509.named_key import NamedKey

__all__ = ["NONCE_LEN", "OCSPRequestBuilder"]

NONCE_LEN: Final = 32
"""The length of a nonce unless another is asked for, in bytes (RFC 9654 2.1)."""


@dataclass(frozen=True, slots=True)
class OCSPRequestBuilder:
    """What a request will ask. Immutable; thread-safe."""

    _requests: tuple[Request, ...] = ()
    _extensions: ExtensionList = field(default_factory=ExtensionList)
    _requestor_name: GeneralName | None = None

    def add(self, certificate: Certificate | int, issuer: NamedKey, hash_name: str = "sm3") -> OCSPRequestBuilder:
        """Ask about a certificate.

        :param certificate: the certificate, or its serial number alone.
        :param issuer: who issued it: the issuer's certificate or a trust anchor.
        :param hash_name: the hash of the CertID: "sm3", "sha1", "sha256", "sha384" or "sha512".
        :raises InvalidTypeError: when certificate is neither, or hash_name no ``str``.
        :raises UnsupportedAlgorithm: when there is no such hash.
        :raises LimitExceeded: when 1024 are asked about already.
        """
        return self.add_cert_id(cert_id(certificate, issuer, hash_name))

    def add_cert_id(self, identifier: CertID, *extensions: ExtensionValue | Extension) -> OCSPRequestBuilder:
        """Ask about a certificate by a CertID that is there already, with extensions of this one question.

        :raises InvalidTypeError: when it is no :class:`~gmpki.asn1.rfc6960.CertID`, or an extension is none.
        :raises InvalidInputError: when two extensions are of one kind, or one cannot be encoded.
        :raises LimitExceeded: when 1024 are asked about already.
        """
        member(identifier, CertID, "identifier")
        check_room(len(self._requests), MAX_REQUESTS, "certificates in a request")
        request = Request(identifier, extension_list(extensions))
        return replace(self, _requests=(*self._requests, request))

    def add_with_locator(
        self, certificate: Certificate, issuer: NamedKey, hash_name: str = "sm3"
    ) -> OCSPRequestBuilder:
        """Ask about a certificate, and say where its issuer's responder is, for one that passes questions on.

        :raises InvalidTypeError: when certificate is none.
        :raises UnsupportedAlgorithm: when there is no such hash.
        :raises LimitExceeded: when 1024 are asked about already.
        :standard: RFC 6960 4.4.6
        """
        member(certificate, Certificate, "certificate")
        access = certificate.extensions.find(AuthorityInfoAccess)
        locator = ServiceLocator(certificate.issuer, () if access is None else access.descriptions)
        return self.add_cert_id(cert_id(certificate, issuer, hash_name), locator)

    def nonce(self, value: bytes | None = None) -> OCSPRequestBuilder:
        """Add a nonce: 32 random bytes unless given.

        :param value: 1 to 128 bytes.
        :raises InvalidTypeError: when it has no buffer.
        :raises InvalidInputError: when it has another length, or there is a nonce already.
        :raises RandomSourceError: when the random source fails.
        :standard: RFC 9654 2.1
        """
        return self.add_extension(Nonce(random_bytes(NONCE_LEN) if value is None else value))

    def acceptable_responses(self, *types: str) -> OCSPRequestBuilder:
        """Say which types of response are understood; the basic one alone unless given.

        :raises InvalidTypeError: when one is no ``str``.
        :raises InvalidInputError: when one is no object identifier, or the extension is there already.
        """
        named = [oids.find(as_text(name, "a type of response")) for name in types]
        return self.add_extension(AcceptableResponses(tuple(named) or (oids.OCSP_BASIC,)))

    def requestor_name(self, name: GeneralName | Name) -> OCSPRequestBuilder:
        """Say who asks; a signed request has to (RFC 6960 4.1.2).

        :raises InvalidTypeError: when it is neither.
        """
        general = GeneralName.directory(name) if isinstance(name, Name) else name
        member(general, GeneralName, "name")
        return replace(self, _requestor_name=general)

    def add_extension(self, value: ExtensionValue | Extension, *, critical: bool | None = None) -> OCSPRequestBuilder:
        """Add an extension to the whole request.

        :param critical: None leaves it as the kind of extension has it.
        :raises InvalidTypeError: when it is none.
        :raises InvalidInputError: when one of that kind is there already, or its value cannot be encoded.
        """
        return replace(self, _extensions=self._extensions.adding(value, critical))

    def build(self) -> OCSPRequest:
        """Return the request, not signed, as nearly all are.

        :raises InvalidInputError: when no certificate was added.
        """
        return self._finish(None)

    def sign(
        self, signer: Signer, certificates: Sequence[Certificate] = (), *, user_id: bytes | None = None
    ) -> OCSPRequest:
        """Sign the request, for responders that answer members only.

        :param certificates: those of the signer that go along, at most 32.
        :param user_id: of an SM2 signature; None is the default id.
        :raises InvalidInputError: when no certificate was added, or requestor_name() was not called.
        :raises InvalidTypeError: when signer is none, or one of the certificates.
        :raises LimitExceeded: when there are more.
        """
        demand_signer(signer)
        if self._requestor_name is None:
            raise InvalidInputError("a signed request says who asks (RFC 6960 4.1.2): use requestor_name()")
        chain = encoded_certificates(certificates)
        signature = as_bytes(signer.sign(self._tbs().to_der(), user_id=user_id), "the signature")
        return self._finish(Signature(signer.signature_algorithm, signature, chain))

    def _tbs(self) -> TBSRequest:
        if not self._requests:
            raise InvalidInputError("a request asks about at least one certificate: use add()")
        return TBSRequest(self._requests, self._requestor_name, self._extensions)

    def _finish(self, signature: Signature | None) -> OCSPRequest:
        tbs = self._tbs()
        encoded = rfc6960.OCSPRequest(tbs, tbs.to_der(), signature).to_der()
        return OCSPRequest.from_der(encoded, max_size=max(MAX_REQUEST_LEN, len(encoded)))
