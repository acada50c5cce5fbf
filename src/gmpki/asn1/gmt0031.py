"""Electronic seals and signatures with them, as GM/T 0031-2014 writes them.

The printed module tags extDatas EXPLICIT without a number. Implementations leave the tag out, and one writes ``[0]``
(confidence B): both are read, the second is noted, and no tag is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1._seals import (
    HEADER_ID,
    MAX_EXTENSIONS,
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
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5652.content import ContentInfo
from gmpki.errors import DecodeError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.asn1.der import Reader
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "HEADER_ID",
    "MAX_EXTENSIONS",
    "MAX_LISTED",
    "SEAL_TYPES",
    "VERSION",
    "SESHeader",
    "SESPictureInfo",
    "SESPropertyInfo",
    "SESSealInfo",
    "SESSignInfo",
    "SESSignature",
    "SESeal",
    "TBSSign",
    "TimeInfo",
    "encode_extension_datas",
]

VERSION: Final = 1
"""Of the header of a seal, and of TBS_Sign: the example in the text, and what implementations write."""
SEAL_TYPES: Final = frozenset((1, 2))
"""The types of seals of GM/T 0031-2014: of an organisation, of a person."""
_CHINA: Final = timezone(timedelta(hours=8))


# ---- the seal -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class SESPropertyInfo(Schema):
    """``SEQUENCE { type INTEGER, name UTF8String, certList SEQUENCE OF Cert, createDate UTCTime, validStart UTCTime,
    validEnd UTCTime }``, a Cert being an OCTET STRING with the DER of a certificate.

    :ivar type: 1 for an organisation, 2 for a person; others are met [F], and noted.
    :ivar certificates: of those who may use the seal, each as it stands there.
    :standard: GM/T 0031-2014
    """

    type: int
    name: str
    certificates: tuple[bytes, ...]
    created_at: datetime
    valid_from: datetime
    valid_until: datetime

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESPropertyInfo:
        """Read a SES_ESPropertyInfo."""
        with reader.sequence(name) as fields:
            at = fields.offset
            kind = fields.integer("type")
            if kind not in SEAL_TYPES:
                fields.note(QuirkKind.SEAL_TYPE, "type", offset=at)
            return cls(
                kind,
                read_seal_text(fields, "name", der.Tag.UTF8_STRING),
                read_listed(fields),
                read_seal_time(fields, "createDate", der.Tag.UTC_TIME),
                read_seal_time(fields, "validStart", der.Tag.UTC_TIME),
                read_seal_time(fields, "validEnd", der.Tag.UTC_TIME),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when a time is not in the years 1950 to 2049 of UTCTime, has no time zone or a
            fraction of a second.
        """
        return der.encode_sequence(
            der.encode_integer(self.type),
            der.encode_utf8_string(self.name),
            encode_listed(self.certificates),
            der.encode_utc_time(self.created_at),
            der.encode_utc_time(self.valid_from),
            der.encode_utc_time(self.valid_until),
        )


@dataclass(frozen=True, slots=True)
class SESSealInfo(Schema):
    """``SEQUENCE { header SES_Header, esID IA5String, property SES_ESPropertyInfo, picture SES_ESPictrueInfo, extDatas
    ExtensionDatas OPTIONAL }``.

    :ivar extensions_tagged: whether the extensions stand in ``[0]``.
    :standard: GM/T 0031-2014
    """

    header: SESHeader
    seal_id: str
    properties: SESPropertyInfo
    picture: SESPictureInfo
    extensions: tuple[Extension, ...] = ()
    extensions_tagged: bool = False

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESSealInfo:
        """Read a SES_SealInfo. The standard does not fix the version; another than 1 is noted."""
        with reader.sequence(name) as fields:
            at = fields.offset
            header = SESHeader.read(fields, "header")
            if header.version != VERSION:
                fields.note(QuirkKind.VERSION, "header", offset=at)
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


@dataclass(frozen=True, slots=True)
class SESSignInfo(Schema):
    """``SEQUENCE { cert OCTET STRING, signatureAlgorithm OBJECT IDENTIFIER, signData BIT STRING }``.

    :ivar certificate: of the maker, the DER that the OCTET STRING holds, not looked into.
    :standard: GM/T 0031-2014
    """

    certificate: bytes
    signature_algorithm: ObjectIdentifier
    signature: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESSignInfo:
        """Read a SES_SignInfo."""
        with reader.sequence(name) as fields:
            return cls(
                fields.octet_string("cert"), fields.oid("signatureAlgorithm"), fields.bit_string_bytes("signData")
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        return der.encode_sequence(
            der.encode_octet_string(self.certificate),
            der.encode_oid(self.signature_algorithm),
            der.encode_bit_string(self.signature),
        )


@dataclass(frozen=True, slots=True)
class SESeal(Schema):
    """``SEQUENCE { esealInfo SES_SealInfo, signInfo SES_SignInfo }``.

    :ivar info_der: the exact bytes of esealInfo; those of ``info`` when they are not given.
    :standard: GM/T 0031-2014
    """

    info: SESSealInfo
    sign_info: SESSignInfo
    info_der: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not self.info_der:
            object.__setattr__(self, "info_der", der_of(self.info, SESSealInfo, "info"))

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SESeal:
        """Read a SESeal."""
        with reader.sequence(name) as fields:
            at = fields.offset
            info = SESSealInfo.read(fields, "esealInfo")
            info_der = fields.since(at)
            return cls(info, SESSignInfo.read(fields, "signInfo"), info_der)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        return der.encode_sequence(
            _inputs.as_bytes(self.info_der, "info_der"), der_of(self.sign_info, SESSignInfo, "sign_info")
        )

    @staticmethod
    def to_be_signed(info_der: bytes, certificate: bytes, algorithm: ObjectIdentifier) -> bytes:
        """Return what the maker signs: ``SEQUENCE { esealInfo, cert, signatureAlgorithm }``.

        :raises InvalidTypeError: when an input has the wrong type.
        """
        return der.encode_sequence(info_der, der.encode_octet_string(certificate), der.encode_oid(algorithm))


# ---- the signature with a seal --------------------------------------------------------------------------------------
# What implementations write as text: ISO 8601 in UTC [F], and without a time zone, where China's is meant [C].
_TEXT_TIME: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?(?:(?P<utc>Z)|(?P<zone>[+-]\d\d:?\d\d))?"
)
_MAX_TEXT: Final = 64


@dataclass(frozen=True, slots=True)
class TimeInfo:
    """What timeInfo of a TBS_Sign holds: a time-stamp token, a UTCTime or, outside the standard, text. Immutable.

    :ivar token: the exact DER of a token, a ContentInfo; None when it is none.
    :ivar time: in UTC; None for a token, and for text that is no time.
    :ivar text: what is written there, where it is text; else empty.
    :standard: GM/T 0031-2014
    """

    token: bytes | None = None
    time: datetime | None = None
    text: str = ""

    @classmethod
    def of(cls, content: bytes, *, lenient: bool = False) -> TimeInfo:
        """Tell what the bytes are.

        :param lenient: take text and GeneralizedTime too. Text without a time zone is taken for China's, UTC+8 (C).
        :raises DecodeError: when they are something else.
        :raises InvalidTypeError: when content has no buffer.
        """
        octets = _inputs.as_bytes(content, "timeInfo")
        first = octets[0] if octets else None
        if first == der.Tag.SEQUENCE:
            ContentInfo.from_der(octets, quirks=QuirkLog(tolerant=lenient))
            return cls(token=octets)
        reads: dict[int | None, Callable[[Reader], datetime]] = {der.Tag.UTC_TIME: der.Reader.utc_time}
        if lenient:
            reads[der.Tag.GENERALIZED_TIME] = der.Reader.generalized_time
        if first in reads:
            reader = der.Reader(octets, name="timeInfo", quirks=QuirkLog(tolerant=lenient))
            time = reads[first](reader)
            reader.end()
            return cls(time=time)
        if not lenient:
            raise DecodeError("neither a time-stamp token nor a UTCTime", path=("timeInfo",))
        return cls._of_text(octets)

    @classmethod
    def _of_text(cls, octets: bytes) -> TimeInfo:
        if not octets or len(octets) > _MAX_TEXT or not octets.isascii():
            raise DecodeError("neither a time-stamp token, a time nor text", path=("timeInfo",))
        text = octets.decode("ascii")
        found = _TEXT_TIME.fullmatch(text)
        if found is None:
            return cls(text=text)
        zone = found["zone"]
        try:
            tz = timezone.utc if found["utc"] else _CHINA
            if zone:
                digits = zone.replace(":", "")
                ahead = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:]))
                tz = timezone(-ahead if zone[0] == "-" else ahead)
            year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
            time = datetime(year, month, day, hour, minute, second, tzinfo=tz).astimezone(timezone.utc)
        except (ValueError, OverflowError):
            return cls(text=text)
        return cls(time=time, text=text)


@dataclass(frozen=True, slots=True)
class TBSSign(Schema):
    """``SEQUENCE { version INTEGER, eseal SESeal, timeInfo BIT STRING, dataHash BIT STRING, propertyInfo IA5String,
    cert OCTET STRING, signatureAlgorithm OBJECT IDENTIFIER }``.

    :ivar seal_der: the exact bytes of eseal; those of ``seal`` when they are not given.
    :ivar time_info: see :class:`TimeInfo`.
    :ivar certificate: of the signer, the DER that the OCTET STRING holds, not looked into.
    :standard: GM/T 0031-2014
    """

    version: int
    seal: SESeal
    time_info: bytes = field(repr=False)
    data_hash: bytes
    property_info: str
    certificate: bytes = field(repr=False)
    signature_algorithm: ObjectIdentifier
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
                _read_time_info(fields),
                fields.bit_string_bytes("dataHash"),
                read_seal_text(fields, "propertyInfo", der.Tag.IA5_STRING),
                fields.octet_string("cert"),
                fields.oid("signatureAlgorithm"),
                seal_der,
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when propertyInfo is not ASCII.
        """
        return der.encode_sequence(
            der.encode_integer(self.version),
            _inputs.as_bytes(self.seal_der, "seal_der"),
            der.encode_bit_string(self.time_info),
            der.encode_bit_string(self.data_hash),
            der.encode_ia5_string(self.property_info),
            der.encode_octet_string(self.certificate),
            der.encode_oid(self.signature_algorithm),
        )


def _read_time_info(fields: Reader) -> bytes:
    at = fields.offset
    content = fields.bit_string_bytes("timeInfo")
    try:
        TimeInfo.of(content)
    except (DecodeError, LimitExceeded) as error:
        try:
            TimeInfo.of(content, lenient=True)
        except (DecodeError, LimitExceeded):
            raise fields.error(str(error), "timeInfo", offset=at) from None
        fields.tolerate(QuirkKind.TIME_AS_TEXT, str(error), "timeInfo", offset=at)
    return content


@dataclass(frozen=True, slots=True)
class SESSignature(Schema):
    """``SEQUENCE { toSign TBS_Sign, signature BIT STRING }``.

    :ivar tbs_der: the exact bytes of toSign, which are signed; those of ``tbs`` when they are not given.
    :standard: GM/T 0031-2014
    """

    tbs: TBSSign
    signature: bytes
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
            return cls(tbs, fields.bit_string_bytes("signature"), tbs_der)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        return der.encode_sequence(_inputs.as_bytes(self.tbs_der, "tbs_der"), der.encode_bit_string(self.signature))
