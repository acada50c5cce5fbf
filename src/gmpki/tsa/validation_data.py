"""What a verifier needs besides a signature, kept beside it: certificates, revocation lists, OCSP responses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki import oids
from gmpki._inputs import iterated, member
from gmpki.asn1 import rfc6960
from gmpki.asn1.rfc5126 import MAX_VALUES, CertificateValues, RevocationValues
from gmpki.asn1.rfc5652 import Attribute
from gmpki.errors import InvalidInputError, LimitExceeded
from gmpki.ocsp.checker import OCSPChecker
from gmpki.ocsp.response import OCSPResponse
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_checker import CRLChecker

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.asn1.rfc5652 import Attributes
    from gmpki.x509.revocation import RevocationChecker

__all__ = ["ValidationData"]


@dataclass(frozen=True)
class ValidationData:
    """Certificates and what is known about their revocation. Immutable; thread-safe.

    >>> ValidationData().is_empty
    True

    :ivar certificates: those of a path and of who signed lists and responses, none of them trusted.
    :ivar crls: revocation lists.
    :ivar responses: OCSP responses, successful ones.
    :raises InvalidTypeError: when an element is none of its kind.
    :raises InvalidInputError: when a response is not successful.
    :raises LimitExceeded: when there are more than 1024 of a kind.
    """

    certificates: tuple[Certificate, ...] = ()
    crls: tuple[CertificateRevocationList, ...] = ()
    responses: tuple[OCSPResponse, ...] = ()

    def __post_init__(self) -> None:
        for name, kind in (
            ("certificates", Certificate),
            ("crls", CertificateRevocationList),
            ("responses", OCSPResponse),
        ):
            found = tuple(dict.fromkeys(iterated(getattr(self, name), name)))
            for element in found:
                member(element, kind, f"an element of {name}")
            if len(found) > MAX_VALUES:
                raise LimitExceeded(f"{len(found)} {name}; at most {MAX_VALUES} are kept")
            object.__setattr__(self, name, found)
        for response in self.responses:
            if response.status is not rfc6960.ResponseStatus.SUCCESSFUL:
                raise InvalidInputError(f"an OCSP response that says {response.status.standard_name} proves nothing")

    @classmethod
    def of_attributes(cls, attributes: Attributes) -> ValidationData:
        """Read what stands in the unsigned attributes of a signer.

        :raises DecodeError: when one of the two attributes is malformed, stands there twice or has several values, or
            a certificate, list or response in it is none.
        :raises LimitExceeded: when something in it is too long.
        :standard: RFC 5126 6.3.3 and 6.3.4
        """
        certificates: tuple[bytes, ...] = ()
        crls: tuple[bytes, ...] = ()
        answers: tuple[bytes, ...] = ()
        value = attributes.find(oids.CERTIFICATE_VALUES)
        if value is not None:
            certificates = CertificateValues.from_der(value).certificates
        value = attributes.find(oids.REVOCATION_VALUES)
        if value is not None:
            revocation = RevocationValues.from_der(value)
            crls, answers = revocation.crls, revocation.ocsp_responses
        return cls(
            tuple(Certificate.from_der(encoded) for encoded in certificates),
            tuple(CertificateRevocationList.from_der(encoded) for encoded in crls),
            tuple(_response(encoded) for encoded in answers),
        )

    def to_attributes(self) -> tuple[Attribute, ...]:
        """Return the unsigned attributes that hold this: none, one or both.

        :standard: RFC 5126 6.3.3 and 6.3.4
        """
        found = []
        if self.certificates:
            values = CertificateValues(tuple(certificate.der for certificate in self.certificates))
            found.append(Attribute(oids.CERTIFICATE_VALUES, (values.to_der(),)))
        if self.crls or self.responses:
            revocation = RevocationValues(
                tuple(crl.der for crl in self.crls), tuple(_basic(response) for response in self.responses)
            )
            found.append(Attribute(oids.REVOCATION_VALUES, (revocation.to_der(),)))
        return tuple(found)

    def merged(self, other: ValidationData) -> ValidationData:
        """Return all of both.

        :raises InvalidTypeError: when other is none.
        :raises LimitExceeded: when there are more than 1024 of a kind.
        """
        member(other, ValidationData, "other")
        return ValidationData(
            self.certificates + other.certificates, self.crls + other.crls, self.responses + other.responses
        )

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing."""
        return not (self.certificates or self.crls or self.responses)

    @property
    def known_at(self) -> datetime | None:
        """The time of the newest list or response; None when there is none."""
        times = [crl.this_update for crl in self.crls]
        times += [single.this_update for response in self.responses for single in response.responses]
        times += [response.produced_at for response in self.responses]
        return max(times, default=None)

    def checkers(self) -> tuple[RevocationChecker, ...]:
        """Return who can tell about revocation from this."""
        found: list[RevocationChecker] = []
        if self.responses:
            found.append(OCSPChecker(self.responses, nonce=False))
        if self.crls:
            found.append(CRLChecker(self.crls, signers=self.certificates))
        return tuple(found)


def _basic(response: OCSPResponse) -> bytes:
    """Return the BasicOCSPResponse inside a response, as it is kept."""
    return rfc6960.OCSPResponse.from_der(response.to_der(), max_size=len(response.to_der())).response or b""


def _response(basic: bytes) -> OCSPResponse:
    """Return the response around a BasicOCSPResponse."""
    encoded = rfc6960.OCSPResponse(rfc6960.ResponseStatus.SUCCESSFUL, oids.OCSP_BASIC, basic).to_der()
    return OCSPResponse.from_der(encoded)
