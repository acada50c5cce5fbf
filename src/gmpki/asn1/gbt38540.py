"""Electronic seals and signatures with them, as GB/T 38540-2020 writes them, and the layout with a fifth field.

The text of the standard was seen in parts: TBS_Sign and timeStamp on a page image (A), the rest agrees in several
published implementations (B) and in files of the field (F). Header version 5 belongs to the layout that one
implementation calls GM/T 0031-2025 (C): its seal may carry a time-stamp, all else is as here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1._seals import (
    MAX_LISTED,
    TAGGED,
    SESHeader,
    SESPictureInfo,
    encode_extension_datas,
    encode_listed,
    read_extension_datas,
    read_listed,
    read_seal_text,
    read_seal_time,
)
from gmpki.asn1.quirks import QuirkKind
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "CERTIFICATES",
    "DIGESTS",
    "FIVE_FIELD_VERSION",
    "VERSION",
    "CertDigestObj",
    "SESPropertyInfo",
    "SESSealInfo",
    "SESSignature",
    "SESeal",
    "TBSSign",
]

VERSION: Final = 4
"""Of the header of a seal, and of TBS_Sign."""
FIVE_FIELD_VERSION: Final = 5
"""The same of the layout with a fifth field."""
CERTIFICATES: Final = 1
"""certListType of a list of certificates."""
DIGESTS: Final = 2
"""certListType of a list of digests of certificates."""

_VERSIONS: Final = frozenset((VERSION, FIVE_FIELD_VERSION))


@dataclass(frozen=True, slots=True)
class CertDigestObj(Schema):
    """``SEQUENCE { type PrintableString, value OCTET STRING }``: the digest of a certificate.

    :ivar type: free text: the name of a hash, or its object identifier.
    :standard: GB/T 38540-2020 [B]
    """

    type: str
    value: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> CertDigestObj:
        """Read a CertDigestObj."""
        with reader.sequence(name) as fields:
            return cls(read_seal_text(fields, "type", der.Tag.PRINTABLE_STRING), fields.octet_string("value"))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when the type is not of the alphabet of PrintableString.
        """
        return der.encode_sequence(der.encode_printable_string(self.type), der.encode_octet_string(self.value))


@dataclass(frozen=True, slots=True)
class SESPropertyInfo(Schema):
    """``SEQUENCE { type INTEGER, name UTF8String, certListType INTEGER, certList SES_CertList, createDate
    GeneralizedTime, validStart GeneralizedTime, validEnd GeneralizedTime }``.

    ``SES_CertList`` is a CHOICE without tags: ``SEQUENCE OF Cert`` where certListType is 1, ``SEQUENCE OF
    CertDigestObj`` where it is 2. Only one of ``certificates`` and ``digests`` holds something.

    :ivar type: what the business means by it; 1, 3, 4, 6 and 15 are met [F].
    :ivar certificates: of those who may use the seal, each as it stands there.
    :raises InvalidTypeError: when a list is no tuple.
    :raises InvalidInputError: when both hold something.
    :standard: GB/T 38540-2020 [B]
    """

    type: int
    name: str
    list_type: int
    certificates: tuple[bytes, ...]
    digests: tuple[CertDigestObj, ...]
    created_at: datetime
    valid_from: datetime
    valid_until: datetime

    def __post_init__(self) -> None:
        for name in ("certificates", "digests"):
            _inputs.member(getattr(self, name), tuple, name)
        if self.certificates and self.digests:
            raise InvalidInputError("a seal lists certificates or their digests, not both")

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESPropertyInfo:
        """Read a SES_ESPropertyInfo."""
        with reader.sequence(name) as fields:
            kind, text = fields.integer("type"), read_seal_text(fields, "name", der.Tag.UTF8_STRING)
            at = fields.offset
            list_type = fields.integer("certListType", minimum=0)
            found = _listed_kind(fields)
            if list_type != (found or list_type) or list_type not in (CERTIFICATES, DIGESTS):
                message = "certListType is 1 for certificates and 2 for digests, and the list is as it says"
                fields.tolerate(QuirkKind.LIST_TYPE, message, "certListType", offset=at)
            holds_digests = found == DIGESTS
            return cls(
                kind,
                text,
                list_type,
                () if holds_digests else read_listed(fields),
                _read_digests(fields) if holds_digests else (),
                read_seal_time(fields, "createDate", der.Tag.GENERALIZED_TIME),
                read_seal_time(fields, "validStart", der.Tag.GENERALIZED_TIME),
                read_seal_time(fields, "validEnd", der.Tag.GENERALIZED_TIME),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when a time has no time zone or a fraction of a second.
        """
        if self.digests:
            parts = [der_of(one, CertDigestObj, "a digest") for one in _inputs.iterated(self.digests, "digests")]
            listed = der.encode_sequence(*parts)
        else:
            listed = encode_listed(self.certificates)
        return der.encode_sequence(
            der.encode_integer(self.type),
            der.encode_utf8_string(self.name),
            der.encode_integer(self.list_type),
            listed,
            der.encode_generalized_time(self.created_at),
            der.encode_generalized_time(self.valid_from),
            der.encode_generalized_time(self.valid_until),
        )


def _listed_kind(fields: Reader) -> int | None:
    """Tell what the list that follows holds, by its first element; None when it is empty. Nothing is consumed."""
    at = fields.offset
    inside = fields.sequence("certList")
    first = inside.peek()
    fields.go_back(at)
    if first is None:
        return None
    return DIGESTS if first == der.Tag.SEQUENCE else CERTIFICATES


def _read_digests(fields: Reader) -> tuple[CertDigestObj, ...]:
    found: list[CertDigestObj] = []
    with fields.sequence("certList") as elements:
        while not elements.at_end():
            if len(found) == MAX_LISTED:
                raise elements.error(f"more than {MAX_LISTED} signers")
            found.append(CertDigestObj.read(elements, "certDigestObj"))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class SESSealInfo(Schema):
    """``SEQUENCE { header SES_Header, esID IA5String, property SES_ESPropertyInfo, picture SES_ESPictrueInfo, extDatas
    ExtensionDatas OPTIONAL }``.

    The extensions have no tag in the implementations (B) and in files of the field (F); ``[0]`` is read, and noted.

    :ivar extensions_tagged: whether the extensions stand in ``[0]``.
    :standard: GB/T 38540-2020 [B]
    """

    header: SESHeader
    seal_id: str
    properties: SESPropertyInfo
    picture: SESPictureInfo
    extensions: tuple[Extension, ...] = ()
    extensions_tagged: bool = False

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESSealInfo:
        """Read a SES_SealInfo."""
        with reader.sequence(name) as fields:
            at = fields.offset
            header = SESHeader.read(fields, "header")
            if header.version not in _VERSIONS:
                fields.tolerate(QuirkKind.VERSION, "the version of this layout is 4 or 5", "header", offset=at)
            return cls(
                header,
                read_seal_text(fields, "esID", der.Tag.IA5_STRING),
                SESPropertyInfo.read(fields, "property"),
                SESPictureInfo.read(fields, "picture"),
                extensions_tagged=fields.next_is(TAGGED),
                extensions=read_extension_datas(fields, usually_tagged=False),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when a text is not ASCII, or a time cannot be written.
        """
        return der.encode_sequence(
            der_of(self.header, SESHeader, "header"),
            der.encode_ia5_string(self.seal_id),
            der_of(self.properties, SESPropertyInfo, "properties"),
            der_of(self.picture, SESPictureInfo, "picture"),
            encode_extension_datas(self.extensions, tagged=self.extensions_tagged),
        )


def _read_time_stamp(fields: Reader) -> bytes | None:
    """Read ``timeStamp [0] EXPLICIT BIT STRING OPTIONAL``; without its tag only tolerantly, as one implementation has
    it (C).
    """
    if fields.next_is(TAGGED):
        with fields.explicit(0, "timeStamp") as wrapped:
            return wrapped.bit_string_bytes()
    if fields.next_is(der.Tag.BIT_STRING):
        fields.tolerate(QuirkKind.FIELD_TAGGING, "a time-stamp stands in [0]", "timeStamp")
        return fields.bit_string_bytes("timeStamp")
    return None


def _encode_time_stamp(token: bytes | None) -> bytes:
    return b"" if token is None else der.encode_explicit(0, der.encode_bit_string(token))


@dataclass(frozen=True, slots=True)
class SESeal(Schema):
    """``SEQUENCE { eSealInfo SES_SealInfo, cert OCTET STRING, signAlgID OBJECT IDENTIFIER, signedValue BIT STRING }``,
    and in the layout with header version 5 ``timeStamp [0] BIT STRING OPTIONAL`` after these.

    :ivar certificate: of the maker, the DER that the OCTET STRING holds, not looked into.
    :ivar time_stamp: what the BIT STRING holds; always None with version 4.
    :ivar info_der: the exact bytes of eSealInfo, which are signed; those of ``info`` when they are not given.
    :standard: GB/T 38540-2020 [B]; the fifth field [C]
    """

    info: SESSealInfo
    certificate: bytes = field(repr=False)
    signature_algorithm: ObjectIdentifier
    signature: bytes
    time_stamp: bytes | None = None
    info_der: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not self.info_der:
            object.__setattr__(self, "info_der", der_of(self.info, SESSealInfo, "info"))

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESeal:
        """Read a SESeal."""
        with reader.sequence(name) as fields:
            at = fields.offset
            info = SESSealInfo.read(fields, "eSealInfo")
            info_der = fields.since(at)
            return cls(
                info,
                fields.octet_string("cert"),
                fields.oid("signAlgID"),
                fields.bit_string_bytes("signedValue"),
                _read_time_stamp(fields) if info.header.version == FIVE_FIELD_VERSION else None,
                info_der,
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        return der.encode_sequence(
            _inputs.as_bytes(self.info_der, "info_der"),
            der.encode_octet_string(self.certificate),
            der.encode_oid(self.signature_algorithm),
            der.encode_bit_string(self.signature),
            _encode_time_stamp(self.time_stamp),
        )


@dataclass(frozen=True, slots=True)
class TBSSign(Schema):
    """``SEQUENCE { version INTEGER, eseal SESeal, timeInfo GeneralizedTime, dataHash BIT STRING, propertyInfo
    IA5String, extDatas [0] ExtensionDatas OPTIONAL }``.

    Two implementations read the extensions without their tag (B): that is read, and noted.

    :ivar seal_der: the exact bytes of eseal; those of ``seal`` when they are not given.
    :ivar extensions_tagged: whether the extensions stand in ``[0]``, as the standard has it.
    :standard: GB/T 38540-2020
    """

    version: int
    seal: SESeal
    time: datetime
    data_hash: bytes
    property_info: str
    extensions: tuple[Extension, ...] = ()
    extensions_tagged: bool = True
    seal_der: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not self.seal_der:
            object.__setattr__(self, "seal_der", der_of(self.seal, SESeal, "seal"))

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> TBSSign:
        """Read a TBS_Sign; a version that is not the seal's is noted."""
        with reader.sequence(name) as fields:
            at = fields.offset
            version = fields.integer("version", minimum=0)
            start = fields.offset
            seal = SESeal.read(fields, "eseal")
            seal_der = fields.since(start)
            if version != seal.info.header.version:
                fields.note(QuirkKind.VERSION, "version", offset=at)
            return cls(
                version,
                seal,
                read_seal_time(fields, "timeInfo", der.Tag.GENERALIZED_TIME),
                fields.bit_string_bytes("dataHash"),
                read_seal_text(fields, "propertyInfo", der.Tag.IA5_STRING),
                extensions_tagged=not fields.next_is(der.Tag.SEQUENCE),
                extensions=read_extension_datas(fields, usually_tagged=True),
                seal_der=seal_der,
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when propertyInfo is not ASCII, or the time cannot be written.
        """
        return der.encode_sequence(
            der.encode_integer(self.version),
            _inputs.as_bytes(self.seal_der, "seal_der"),
            der.encode_generalized_time(self.time),
            der.encode_bit_string(self.data_hash),
            der.encode_ia5_string(self.property_info),
            encode_extension_datas(self.extensions, tagged=self.extensions_tagged),
        )

    def with_signer(self, certificate: bytes, algorithm: ObjectIdentifier) -> bytes:
        """Return what a superseded guideline of government services signs: the fields, then ``cert OCTET STRING`` and
        ``signatureAlgID OBJECT IDENTIFIER`` inside the same SEQUENCE (C).

        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: as :meth:`to_der`.
        """
        own = self.to_der()
        inside = der.Reader(own).contents(der.Tag.SEQUENCE)
        return der.encode_sequence(inside, der.encode_octet_string(certificate), der.encode_oid(algorithm))


@dataclass(frozen=True, slots=True)
class SESSignature(Schema):
    """``SEQUENCE { toSign TBS_Sign, cert OCTET STRING, signatureAlgID OBJECT IDENTIFIER, signature BIT STRING,
    timeStamp [0] BIT STRING OPTIONAL }``.

    :ivar certificate: of the signer, the DER that the OCTET STRING holds, not looked into.
    :ivar time_stamp: what the BIT STRING holds: a token over the value of the signature.
    :ivar tbs_der: the exact bytes of toSign, which are signed; those of ``tbs`` when they are not given.
    :standard: GB/T 38540-2020
    """

    tbs: TBSSign
    certificate: bytes = field(repr=False)
    signature_algorithm: ObjectIdentifier
    signature: bytes
    time_stamp: bytes | None = field(default=None, repr=False)
    tbs_der: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not self.tbs_der:
            object.__setattr__(self, "tbs_der", der_of(self.tbs, TBSSign, "tbs"))

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESSignature:
        """Read a SES_Signature."""
        with reader.sequence(name) as fields:
            at = fields.offset
            tbs = TBSSign.read(fields, "toSign")
            tbs_der = fields.since(at)
            return cls(
                tbs,
                fields.octet_string("cert"),
                fields.oid("signatureAlgID"),
                fields.bit_string_bytes("signature"),
                _read_time_stamp(fields),
                tbs_der,
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        return der.encode_sequence(
            _inputs.as_bytes(self.tbs_der, "tbs_der"),
            der.encode_octet_string(self.certificate),
            der.encode_oid(self.signature_algorithm),
            der.encode_bit_string(self.signature),
            _encode_time_stamp(self.time_stamp),
        )
