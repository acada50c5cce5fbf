"""The extension by which an authority says that an OCSP responder's own certificate need not be checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280._extension_value import ExtensionValue

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = ["OCSPNoCheck"]


@dataclass(frozen=True, slots=True)
class OCSPNoCheck(ExtensionValue):
    """``NULL``: the responder with this certificate is trusted for its lifetime.

    :standard: RFC 6960 4.2.2.2.1
    """

    OID: ClassVar[ObjectIdentifier] = oids.OCSP_NO_CHECK

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> OCSPNoCheck:
        """Read the NULL."""
        reader.null(name)
        return cls()

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_null()
