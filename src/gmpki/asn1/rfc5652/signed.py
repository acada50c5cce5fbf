"""SignedData, its signers and how they name their certificates."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Name, read_serial_number
from gmpki.asn1.rfc5652._shared import (
    MAX_SIGNERS,
    bounded_set,
    encode_certificates,
    encode_set,
    read_algorithms,
    read_certificates,
    read_crls,
    read_version,
)
from gmpki.asn1.rfc5652._usual import UsualSigner, read_usual, read_usual_signer
from gmpki.asn1.rfc5652.attributes import Attributes, read_attributes
from gmpki.asn1.rfc5652.content import EncapsulatedContentInfo
from gmpki.errors import DecodeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.asn1.der import Reader

__all__ = ["IssuerAndSerialNumber", "SignedData", "SignerInfo", "encode_identifier", "read_identifier"]

_KEY_IDENTIFIER: Final = der.Tag.context(0)
_SIGNED: Final = der.Tag.context(0, constructed=True)
_UNSIGNED: Final = der.Tag.context(1, constructed=True)
# RFC 5652 5.1 and 5.3; GM/T 0010 and PKCS #7 have 1 throughout.
_MESSAGE_VERSIONS: Final = frozenset((1, 3, 4, 5))
_SIGNER_VERSIONS: Final = frozenset((1, 3))
# A SignedData holds a set of signers with a name in their identifier: three levels above what is cached.
_USUAL_DEPTH: Final = der.CACHED_DEPTH + 4
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class IssuerAndSerialNumber(Schema):
    """``SEQUENCE { issuer Name, serialNumber CertificateSerialNumber }``.

    :standard: RFC 5652 10.2.4
    """

    issuer: Name
    serial_number: int
    # Encoded when it is first asked for: the same signer stands in many messages.
    _der: bytes | None = field(init=False, default=None, repr=False, compare=False)

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> IssuerAndSerialNumber:
        """Read an IssuerAndSerialNumber."""
        with reader.sequence(name) as fields:
            return cls(Name.read(fields, "issuer"), read_serial_number(fields))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        if self._der is None:
            encoded = der.encode_sequence(der_of(self.issuer, Name, "issuer"), der.encode_integer(self.serial_number))
            object.__setattr__(self, "_der", encoded)
            return encoded
        return self._der


def read_identifier(reader: Reader, name: str) -> IssuerAndSerialNumber | bytes:
    """Read ``CHOICE { issuerAndSerialNumber, subjectKeyIdentifier [0] IMPLICIT OCTET STRING }``."""
    if reader.next_is(_KEY_IDENTIFIER):
        return reader.octet_string(name, tag=_KEY_IDENTIFIER)
    return IssuerAndSerialNumber.read(reader, name)


def encode_identifier(identifier: IssuerAndSerialNumber | bytes, name: str) -> bytes:
    """Encode the same choice.

    :raises InvalidTypeError: when it is neither.
    """
    if isinstance(identifier, IssuerAndSerialNumber):
        return identifier.to_der()
    return der.encode_octet_string(_inputs.as_bytes(identifier, name), tag=_KEY_IDENTIFIER)


@dataclass(frozen=True, slots=True)
class SignerInfo(Schema):
    """``SEQUENCE { version, sid SignerIdentifier, digestAlgorithm, signedAttrs [0] IMPLICIT SET OF Attribute OPTIONAL,
    signatureAlgorithm, signature OCTET STRING, unsignedAttrs [1] IMPLICIT SET OF Attribute OPTIONAL }``.

    :ivar sid: an :class:`IssuerAndSerialNumber`, or the bytes of a subject key identifier.
    :ivar signed_attributes: the contents octets of the set exactly as they came, without tag and length; None when
        the set is absent.
    :ivar unsigned_attributes: likewise.
    :standard: RFC 5652 5.3; RFC 2315 9.2; GM/T 0010
    """

    version: int
    sid: IssuerAndSerialNumber | bytes
    digest_algorithm: AlgorithmIdentifier
    signed_attributes: bytes | None
    signature_algorithm: AlgorithmIdentifier
    signature: bytes
    unsigned_attributes: bytes | None = None
    # What reading found in the two sets; made anew from the octets of a SignerInfo that was not read.
    _signed: Attributes | None = field(init=False, default=None, repr=False, compare=False)
    _unsigned: Attributes | None = field(init=False, default=None, repr=False, compare=False)

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SignerInfo:
        """Read a SignerInfo, its attributes too."""
        usual = _short_way(reader, name, _usual_signer)
        if usual is not None:
            return usual
        signed_octets = unsigned_octets = signed = unsigned = None
        with reader.sequence(name) as fields:
            version = read_version(fields, _SIGNER_VERSIONS)
            sid = read_identifier(fields, "sid")
            digest_algorithm = AlgorithmIdentifier.read(fields, "digestAlgorithm")
            if fields.next_is(_SIGNED):
                signed_octets, signed = read_attributes(fields, "signedAttrs", _SIGNED, signed=True)
            signature_algorithm = AlgorithmIdentifier.read(fields, "signatureAlgorithm")
            signature = fields.octet_string("signature")
            if fields.next_is(_UNSIGNED):
                unsigned_octets, unsigned = read_attributes(fields, "unsignedAttrs", _UNSIGNED)
        self = cls(version, sid, digest_algorithm, signed_octets, signature_algorithm, signature, unsigned_octets)
        object.__setattr__(self, "_signed", signed)
        object.__setattr__(self, "_unsigned", unsigned)
        return self

    def to_der(self) -> bytes:
        """Encode the structure as DER, the attributes as they are held.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        return der.encode_sequence(
            der.encode_integer(self.version),
            encode_identifier(self.sid, "sid"),
            der_of(self.digest_algorithm, AlgorithmIdentifier, "digest_algorithm"),
            b"" if self.signed_attributes is None else der.encode(_SIGNED, self.signed_attributes),
            der_of(self.signature_algorithm, AlgorithmIdentifier, "signature_algorithm"),
            der.encode_octet_string(self.signature),
            b"" if self.unsigned_attributes is None else der.encode(_UNSIGNED, self.unsigned_attributes),
        )

    @property
    def signed_attributes_to_sign(self) -> bytes:
        """What the signature is over when there are signed attributes: the same octets as a SET OF (RFC 5652 5.4).

        :raises InvalidTypeError: when there are none.
        """
        return der.encode(der.Tag.SET, self.signed_attributes)  # type: ignore[arg-type]  # encode() refuses None

    def attributes(self) -> Attributes:
        """Return the signed attributes; an empty set when there are none.

        :raises DecodeError: when the octets, which were not read, are no set of signed attributes.
        """
        if self._signed is not None:
            return self._signed
        return _attributes_of(self.signed_attributes, "signedAttrs", signed=True)

    def other_attributes(self) -> Attributes:
        """Return the unsigned attributes; an empty set when there are none.

        :raises DecodeError: when the octets, which were not read, are no set of attributes.
        """
        if self._unsigned is not None:
            return self._unsigned
        return _attributes_of(self.unsigned_attributes, "unsignedAttrs", signed=False)


def _short_way(reader: Reader, name: str, read: Callable[[bytes], T | None]) -> T | None:
    """Read what has the usual shape the short way, or leave the reader where it stands."""
    if not reader.next_is(der.Tag.SEQUENCE) or not reader.may_nest(_USUAL_DEPTH):
        return None
    at = reader.offset
    found = read(reader.exact(der.Tag.SEQUENCE, name))
    if found is None:
        reader.go_back(at)
    return found


@lru_cache(maxsize=256)
def _remembered_identifier(encoded: bytes) -> IssuerAndSerialNumber:
    """Decode exactly an IssuerAndSerialNumber, strictly, and remember it: most signers sign more than once."""
    return IssuerAndSerialNumber.from_der(encoded, max_depth=der.CACHED_DEPTH)


def _usual_signer(element: bytes) -> SignerInfo | None:
    found = read_usual_signer(element)
    return None if found is None else _signer(found)


def _signer(found: UsualSigner) -> SignerInfo | None:
    """Return the signer; None when only the identifier was not as usual."""
    try:
        identifier = _remembered_identifier(found.identifier)
    except DecodeError:
        return None
    self = SignerInfo(
        1,
        identifier,
        found.digest_algorithm,
        found.signed_octets,
        found.signature_algorithm,
        found.signature,
    )
    object.__setattr__(self, "_signed", Attributes(found.signed))
    return self


def _attributes_of(octets: bytes | None, name: str, *, signed: bool) -> Attributes:
    if octets is None:
        return Attributes()
    reader = der.Reader(der.encode(der.Tag.SET, octets))
    return read_attributes(reader, name, der.Tag.SET, signed=signed)[1]


@dataclass(frozen=True, slots=True)
class SignedData(Schema):
    """``SEQUENCE { version, digestAlgorithms SET OF AlgorithmIdentifier, encapContentInfo, certificates [0] IMPLICIT
    CertificateSet OPTIONAL, crls [1] IMPLICIT RevocationInfoChoices OPTIONAL, signerInfos SET OF SignerInfo }``.

    :ivar certificates: the exact DER of each, not looked into; other kinds than X.509 begin with ``[0]`` to ``[3]``.
    :ivar crls: the exact DER of each, not looked into; other kinds than revocation lists begin with ``[1]``.
    :standard: RFC 5652 5.1; RFC 2315 9.1; GM/T 0010
    """

    version: int
    digest_algorithms: tuple[AlgorithmIdentifier, ...]
    encap_content_info: EncapsulatedContentInfo
    certificates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    signer_infos: tuple[SignerInfo, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SignedData:
        """Read a SignedData."""
        usual = _short_way(reader, name, _usual_message)
        if usual is not None:
            return usual
        with reader.sequence(name) as fields:
            return cls(
                read_version(fields, _MESSAGE_VERSIONS),
                read_algorithms(fields),
                EncapsulatedContentInfo.read(fields, "encapContentInfo"),
                read_certificates(fields),
                read_crls(fields),
                bounded_set(fields, "signerInfos", "signerInfo", SignerInfo.read, MAX_SIGNERS),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        return der.encode_sequence(
            der.encode_integer(self.version),
            encode_set(self.digest_algorithms, AlgorithmIdentifier, "a digest algorithm"),
            der_of(self.encap_content_info, EncapsulatedContentInfo, "encap_content_info"),
            encode_certificates(self.certificates, self.crls),
            encode_set(self.signer_infos, SignerInfo, "a signer"),
        )


def _usual_message(element: bytes) -> SignedData | None:
    found = read_usual(element)
    if found is None:
        return None
    signers = []
    for usual in found.signers:
        signer = _signer(usual)
        if signer is None:
            return None
        signers.append(signer)
    return SignedData(
        found.version,
        found.digest_algorithms,
        EncapsulatedContentInfo(found.content_type, found.content),
        found.certificates,
        found.crls,
        tuple(signers),
    )
