"""The TLS feature extension of RFC 7633: what a TLS server with this certificate must offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280._extension_value import ExtensionValue, check_items, encode_count, read_sequence_of
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = ["STATUS_REQUEST", "STATUS_REQUEST_V2", "TLSFeature"]

STATUS_REQUEST = 5  # RFC 6066 8: an OCSP answer in the handshake, "must staple"
STATUS_REQUEST_V2 = 17  # RFC 6961
_HIGHEST = 0xFFFF  # numbers of TLS extensions have 16 bits


@dataclass(frozen=True, slots=True)
class TLSFeature(ExtensionValue):
    """``Features ::= SEQUENCE OF INTEGER``: numbers of TLS extensions.

    :standard: RFC 7633 4.1
    """

    OID: ClassVar[ObjectIdentifier] = oids.TLS_FEATURE

    features: tuple[int, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> TLSFeature:
        """Read the features."""
        return cls(read_sequence_of(reader, name, "feature", _read_feature))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when the features are no tuple of ``int``.
        :raises InvalidInputError: when there is none, or one is no number of 16 bits.
        """
        check_items(self.features, "features")
        encoded = [encode_count(feature, "a feature") for feature in self.features]
        if max(self.features) > _HIGHEST:
            raise InvalidInputError(f"a feature is at most {_HIGHEST}")
        return der.encode_sequence(*encoded)


def _read_feature(reader: Reader, name: str) -> int:
    return reader.integer(name, minimum=0, maximum=_HIGHEST)
