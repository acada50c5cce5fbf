"""The key file that CFCA's software keeps an SM2 key and its certificate in, with the suffix ".sm2".

No specification could be read; this is what one published implementation reads and writes [C].
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema
from gmpki.oids import ObjectIdentifier

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["CFCAKeyFile"]

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class CFCAKeyFile(Schema):
    """``SEQUENCE { version INTEGER (1), key SEQUENCE { contentType OBJECT IDENTIFIER, algorithm OBJECT IDENTIFIER,
    encryptedKey OCTET STRING }, certificate SEQUENCE { contentType OBJECT IDENTIFIER, certificate OCTET STRING } }``.

    Both content types are data of GM/T 0010.

    :ivar algorithm: SM4, or SM4 in CBC, which mean the same here.
    :ivar certificate: the exact DER of what the OCTET STRING holds. A certificate without an OCTET STRING around
        it, as a description of the format has it, is read too [C].
    """

    algorithm: ObjectIdentifier
    encrypted_key: bytes
    certificate: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CFCAKeyFile:
        """Read the file."""
        with reader.sequence(name) as fields:
            fields.integer("version", minimum=_VERSION, maximum=_VERSION)
            with fields.sequence("key") as key:
                _read_data(key)
                algorithm = key.oid("algorithm")
                encrypted_key = key.octet_string("encryptedKey")
            with fields.sequence("certificate") as held:
                _read_data(held)
                bare = held.next_is(der.Tag.SEQUENCE)
                certificate = held.exact(der.Tag.SEQUENCE) if bare else held.octet_string("certificate")
        return cls(algorithm, encrypted_key, certificate)

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        data = der.encode_oid(oids.GM_DATA)
        return der.encode_sequence(
            der.encode_integer(_VERSION),
            der.encode_sequence(data, der.encode_oid(self.algorithm), der.encode_octet_string(self.encrypted_key)),
            der.encode_sequence(data, der.encode_octet_string(self.certificate)),
        )


def _read_data(reader: Reader) -> None:
    at = reader.offset
    found = reader.oid("contentType")
    if found != oids.GM_DATA:
        raise reader.error(f"the type data of GM/T 0010 expected, {found.name} found", "contentType", offset=at)
