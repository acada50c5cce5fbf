"""AlgorithmIdentifier and SubjectPublicKeyInfo, which every other document uses too."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.oids import ObjectIdentifier

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader

__all__ = ["NULL", "AlgorithmIdentifier", "SubjectPublicKeyInfo"]

NULL: Final = der.encode_null()

# Parameters that are longer, in bytes, are encoded each time: they are seldom the same.
_REMEMBERED_LEN: Final = 64

_OID: Final = bytes((der.Tag.OID,))

# Signatures and hashes that we write without parameters, and that several national authorities write with NULL.
# RFC 5758 3.2 and RFC 8410 3 ask for none; for SM2 with SM3 the published software agrees on none.
_WITHOUT_PARAMETERS: Final = frozenset(
    (
        oids.SM2_WITH_SM3,
        oids.SM2_SIGN,
        oids.SM3,
        oids.SM3_HASH,
        oids.ECDSA_SHA1,
        oids.ECDSA_SHA256,
        oids.ECDSA_SHA384,
        oids.ECDSA_SHA512,
        "1.3.101.112",  # Ed25519
    )
)


@dataclass(frozen=True, slots=True)
class AlgorithmIdentifier(Schema):
    """``SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY DEFINED BY algorithm OPTIONAL }``.

    :ivar parameters: the exact DER of the parameters; None when they are absent.
    :raises InvalidTypeError: when a field has the wrong type.
    :standard: RFC 5280 4.1.1.2
    """

    algorithm: ObjectIdentifier
    parameters: bytes | None = None

    def __post_init__(self) -> None:
        if type(self.algorithm) is not ObjectIdentifier:
            object.__setattr__(self, "algorithm", oids.find(_inputs.as_text(self.algorithm, "an algorithm")))
        if self.parameters is not None and type(self.parameters) is not bytes:
            object.__setattr__(self, "parameters", _inputs.as_bytes(self.parameters, "the parameters of an algorithm"))

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> AlgorithmIdentifier:
        """Read an AlgorithmIdentifier; NULL where the parameters should be absent is accepted and noted."""
        at = reader.offset
        value = reader.through_cache(der.Tag.SEQUENCE, name, read_cached, _read_here)
        if value.has_unwanted_null:
            reader.note(QuirkKind.NULL_PARAMETERS, name, offset=at)
        return value

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        parameters = self.parameters
        if parameters is None or len(parameters) <= _REMEMBERED_LEN:
            return _encoded(self.algorithm, parameters)
        return der.encode_sequence(der.encode_oid(self.algorithm), parameters)

    @property
    def has_no_parameters(self) -> bool:
        """Tell whether the parameters are absent or NULL, which readers of SM2, SM3 and SM4 take for the same."""
        return self.parameters is None or self.parameters == NULL

    @property
    def has_unwanted_null(self) -> bool:
        """Tell whether the parameters are NULL where they should be absent, which is accepted and noted."""
        return self.parameters == NULL and self.algorithm in _WITHOUT_PARAMETERS

    @property
    def shown(self) -> str:
        """The algorithm as it stands in messages: its name, and its number in brackets."""
        name = self.algorithm.name
        return name if name == self.algorithm else f"{name} ({self.algorithm})"

    @property
    def parameters_oid(self) -> ObjectIdentifier | None:
        """The parameters as an object identifier, such as a named curve; None when they are something else."""
        if self.parameters is None or self.parameters[:1] != _OID:
            return None
        return _oid_of(self.parameters)


@lru_cache(maxsize=256)
def _encoded(algorithm: ObjectIdentifier, parameters: bytes | None) -> bytes:
    return der.encode_sequence(der.encode_oid(algorithm), b"" if parameters is None else parameters)


@lru_cache(maxsize=64)
def _oid_of(parameters: bytes) -> ObjectIdentifier:
    return der.Reader(parameters).oid("parameters")


def _read_here(reader: Reader, name: str) -> AlgorithmIdentifier:
    with reader.sequence(name) as fields:
        algorithm = fields.oid("algorithm")
        parameters = None if fields.at_end() else fields.raw_element("parameters")
    return AlgorithmIdentifier(algorithm, parameters)


@lru_cache(maxsize=256)
def read_cached(encoded: bytes) -> AlgorithmIdentifier:
    """Decode exactly an AlgorithmIdentifier, strictly, and remember it.

    :raises DecodeError: when it is not one.
    """
    return _read_here(der.Reader(encoded, max_depth=der.CACHED_DEPTH), "")


@dataclass(frozen=True, slots=True)
class SubjectPublicKeyInfo(Schema):
    """``SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING }``.

    :ivar subject_public_key: the bytes of the BIT STRING, which has no unused bits.
    :raises InvalidTypeError: when a field has the wrong type.
    :standard: RFC 5280 4.1.2.7; RFC 5480 2 for elliptic curves
    """

    algorithm: AlgorithmIdentifier
    subject_public_key: bytes

    def __post_init__(self) -> None:
        if type(self.algorithm) is not AlgorithmIdentifier:
            _inputs.member(self.algorithm, AlgorithmIdentifier, "algorithm")
        if type(self.subject_public_key) is not bytes:
            object.__setattr__(self, "subject_public_key", _inputs.as_bytes(self.subject_public_key, "a public key"))

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SubjectPublicKeyInfo:
        """Read a SubjectPublicKeyInfo."""
        with reader.sequence(name) as fields:
            return cls(
                AlgorithmIdentifier.read(fields, "algorithm"),
                fields.bit_string_bytes("subjectPublicKey"),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.algorithm, AlgorithmIdentifier, "algorithm"), der.encode_bit_string(self.subject_public_key)
        )
