"""What the builders of requests and responses share."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gmpki._inputs import member
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc6960 import MAX_CERTIFICATES
from gmpki.errors import InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.x509.certificate import Certificate
from gmpki.x509.extensions import make

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.rfc5280._extension_value import ExtensionValue

__all__ = ["check_room", "encoded_certificates", "made", "with_extension"]


def check_room(there: int, most: int, what: str) -> None:
    """Check that one more of something fits.

    :raises LimitExceeded: when it does not.
    """
    if there >= most:
        raise LimitExceeded(f"at most {most} {what}")


def made(value: ExtensionValue | Extension, critical: bool | None = None) -> Extension:
    """Return an extension, made of its contents unless it is one already.

    :raises InvalidTypeError: when it is neither.
    :raises InvalidInputError: when it cannot be encoded.
    """
    if isinstance(value, Extension):
        return value if critical is None else replace(value, critical=critical)
    return make(value, critical=critical)


def with_extension(
    extensions: tuple[Extension, ...], value: ExtensionValue | Extension, critical: bool | None
) -> tuple[Extension, ...]:
    """Return a list of extensions with one more.

    :raises InvalidTypeError: when it is none.
    :raises InvalidInputError: when one of that kind is there already, or its value cannot be encoded.
    """
    extension = made(value, critical)
    if any(other.extn_id == extension.extn_id for other in extensions):
        raise InvalidInputError(f"the extension {extension.extn_id.name} is there already")
    return (*extensions, extension)


def encoded_certificates(certificates: Iterable[Certificate]) -> tuple[bytes, ...]:
    """Return the DER of certificates that go along.

    :raises InvalidTypeError: when certificates cannot be iterated, or one of them is none.
    :raises LimitExceeded: when there are more than 32.
    """
    encoded: list[bytes] = []
    try:
        found = iter(certificates)
    except TypeError:
        raise InvalidTypeError(f"certificates must be a sequence, not {type(certificates).__name__}") from None
    for certificate in found:
        member(certificate, Certificate, "a certificate")
        check_room(len(encoded), MAX_CERTIFICATES, "certificates go along")
        encoded.append(certificate.to_der())
    return tuple(encoded)
