"""What the builders of requests and responses share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._inputs import iterated, member
from gmpki.asn1.rfc6960 import MAX_CERTIFICATES
from gmpki.errors import LimitExceeded
from gmpki.x509._building import ExtensionList
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.asn1.rfc5280._extension_value import ExtensionValue

__all__ = ["check_room", "encoded_certificates", "extension_list"]


def check_room(there: int, most: int, what: str) -> None:
    """Check that one more of something fits.

    :raises LimitExceeded: when it does not.
    """
    if there >= most:
        raise LimitExceeded(f"at most {most} {what}")


def extension_list(values: Iterable[ExtensionValue | Extension]) -> ExtensionList:
    """Return the extensions of one question or answer.

    :raises InvalidTypeError: when values cannot be iterated, or one is neither an extension nor the contents of one.
    :raises InvalidInputError: when two are of one kind, or one cannot be encoded.
    """
    extensions = ExtensionList()
    for value in iterated(values, "extensions"):
        extensions = extensions.adding(value, None)
    return extensions


def encoded_certificates(certificates: Iterable[Certificate]) -> tuple[bytes, ...]:
    """Return the DER of certificates that go along.

    :raises InvalidTypeError: when certificates cannot be iterated, or one of them is none.
    :raises LimitExceeded: when there are more than 32.
    """
    encoded: list[bytes] = []
    for certificate in iterated(certificates, "certificates"):
        member(certificate, Certificate, "a certificate")
        check_room(len(encoded), MAX_CERTIFICATES, "certificates go along")
        encoded.append(certificate.to_der())
    return tuple(encoded)
