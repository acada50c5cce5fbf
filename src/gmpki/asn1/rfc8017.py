"""Structures of RFC 8017 (PKCS #1): the parameters of RSASSA-PSS and RSAES-OAEP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["RSAESOAEPParams", "RSASSAPSSParams"]

_SHA1: Final = AlgorithmIdentifier(oids.SHA1, NULL)
_MGF1_SHA1: Final = AlgorithmIdentifier(oids.MGF1, _SHA1.to_der())
_SALT_LEN: Final = 20
_TRAILER: Final = 1
_EMPTY_LABEL: Final = AlgorithmIdentifier(oids.P_SPECIFIED, der.encode_octet_string(b""))


@dataclass(frozen=True, slots=True)
class RSASSAPSSParams(Schema):
    """``SEQUENCE { [0] hashAlgorithm, [1] maskGenAlgorithm, [2] saltLength, [3] trailerField }``, each with a default.

    :ivar hash_algorithm: SHA-1 by default.
    :ivar mask_gen_algorithm: MGF1 with its hash as parameters; MGF1 with SHA-1 by default.
    :ivar salt_length: in bytes; 20 by default.
    :ivar trailer_field: 1, which stands for the byte BC, by default.
    :standard: RFC 8017 A.2.3; RFC 4055 3.1
    """

    hash_algorithm: AlgorithmIdentifier = _SHA1
    mask_gen_algorithm: AlgorithmIdentifier = _MGF1_SHA1
    salt_length: int = _SALT_LEN
    trailer_field: int = _TRAILER

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> RSASSAPSSParams:
        """Read the parameters; a default that is written out is refused, as DER has it."""
        values: list[AlgorithmIdentifier | int] = [_SHA1, _MGF1_SHA1, _SALT_LEN, _TRAILER]
        with reader.sequence(name) as fields:
            for number, field in enumerate(("hashAlgorithm", "maskGenAlgorithm", "saltLength", "trailerField")):
                at = fields.offset
                if not fields.next_is(der.Tag.context(number, constructed=True)):
                    continue
                with fields.explicit(number, field) as inner:
                    value = inner.integer(minimum=0) if number > 1 else AlgorithmIdentifier.read(inner)
                if value == values[number]:
                    raise fields.error("the default value is left out in DER", field, offset=at)
                values[number] = value
        return cls(*values)  # type: ignore[arg-type]

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        hash_der = der_of(self.hash_algorithm, AlgorithmIdentifier, "hash_algorithm")
        mask_der = der_of(self.mask_gen_algorithm, AlgorithmIdentifier, "mask_gen_algorithm")
        return der.encode_sequence(
            b"" if self.hash_algorithm == _SHA1 else der.encode_explicit(0, hash_der),
            b"" if self.mask_gen_algorithm == _MGF1_SHA1 else der.encode_explicit(1, mask_der),
            b"" if self.salt_length == _SALT_LEN else der.encode_explicit(2, der.encode_integer(self.salt_length)),
            b"" if self.trailer_field == _TRAILER else der.encode_explicit(3, der.encode_integer(self.trailer_field)),
        )


@dataclass(frozen=True, slots=True)
class RSAESOAEPParams(Schema):
    """``SEQUENCE { [0] hashAlgorithm, [1] maskGenAlgorithm, [2] pSourceAlgorithm }``, each with a default.

    :ivar hash_algorithm: SHA-1 by default.
    :ivar mask_gen_algorithm: MGF1 with its hash as parameters; MGF1 with SHA-1 by default.
    :ivar source_algorithm: id-pSpecified with the label as parameters; the empty label by default.
    :standard: RFC 8017 A.2.1; RFC 4055 4.1
    """

    hash_algorithm: AlgorithmIdentifier = _SHA1
    mask_gen_algorithm: AlgorithmIdentifier = _MGF1_SHA1
    source_algorithm: AlgorithmIdentifier = _EMPTY_LABEL

    @property
    def has_empty_label(self) -> bool:
        """Tell whether the label is the empty one."""
        return self.source_algorithm == _EMPTY_LABEL

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> RSAESOAEPParams:
        """Read the parameters; a default that is written out is accepted, as RFC 4055 4.1 asks of readers."""
        values = [_SHA1, _MGF1_SHA1, _EMPTY_LABEL]
        with reader.sequence(name) as fields:
            for number, field in enumerate(("hashAlgorithm", "maskGenAlgorithm", "pSourceAlgorithm")):
                if fields.next_is(der.Tag.context(number, constructed=True)):
                    with fields.explicit(number, field) as inner:
                        values[number] = AlgorithmIdentifier.read(inner)
        return cls(*values)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        hash_der = der_of(self.hash_algorithm, AlgorithmIdentifier, "hash_algorithm")
        mask_der = der_of(self.mask_gen_algorithm, AlgorithmIdentifier, "mask_gen_algorithm")
        source_der = der_of(self.source_algorithm, AlgorithmIdentifier, "source_algorithm")
        return der.encode_sequence(
            b"" if self.hash_algorithm == _SHA1 else der.encode_explicit(0, hash_der),
            b"" if self.mask_gen_algorithm == _MGF1_SHA1 else der.encode_explicit(1, mask_der),
            b"" if self.has_empty_label else der.encode_explicit(2, source_der),
        )
