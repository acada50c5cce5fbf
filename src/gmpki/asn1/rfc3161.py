"""Time-stamps: requests, responses and what a token says (RFC 3161; GM/T 0033 has the same structures)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1 import der
from gmpki.asn1._schema import Schema, der_of
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, Extension, GeneralName, encode_extensions, read_extensions
from gmpki.asn1.rfc5280._extension_value import encode_count
from gmpki.asn1.rfc5652.content import ContentInfo

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = [
    "MAX_STATUS_TEXTS",
    "Accuracy",
    "FailureInfo",
    "MessageImprint",
    "PKIStatus",
    "PKIStatusInfo",
    "TSTInfo",
    "TimeStampReq",
    "TimeStampResp",
]

MAX_STATUS_TEXTS: Final = 64
"""How many lines of text a status has at most."""
_MAX_FRACTION: Final = 999
_TSA: Final = der.Tag.context(0, constructed=True)
_REQUEST_EXTENSIONS: Final = der.Tag.context(0, constructed=True)
_TOKEN_EXTENSIONS: Final = der.Tag.context(1, constructed=True)


class PKIStatus(IntEnum):
    """What became of a request.

    :standard: RFC 3161 2.4.2
    """

    GRANTED = 0
    GRANTED_WITH_MODS = 1
    REJECTION = 2
    WAITING = 3
    REVOCATION_WARNING = 4
    REVOCATION_NOTIFICATION = 5


class FailureInfo(IntFlag):
    """Why a request was refused: bit n of the standard is ``1 << n``.

    :standard: RFC 3161 2.4.2
    """

    BAD_ALG = 1 << 0
    BAD_REQUEST = 1 << 2
    BAD_DATA_FORMAT = 1 << 5
    TIME_NOT_AVAILABLE = 1 << 14
    UNACCEPTED_POLICY = 1 << 15
    UNACCEPTED_EXTENSION = 1 << 16
    ADD_INFO_NOT_AVAILABLE = 1 << 17
    SYSTEM_FAILURE = 1 << 25


_NO_FAILURE: Final = FailureInfo(0)


@dataclass(frozen=True, slots=True)
class MessageImprint(Schema):
    """``SEQUENCE { hashAlgorithm AlgorithmIdentifier, hashedMessage OCTET STRING }``.

    :standard: RFC 3161 2.4.1
    """

    hash_algorithm: AlgorithmIdentifier
    hashed_message: bytes

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> MessageImprint:
        """Read a MessageImprint."""
        with reader.sequence(name) as fields:
            return cls(AlgorithmIdentifier.read(fields, "hashAlgorithm"), fields.octet_string("hashedMessage"))

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_sequence(
            der_of(self.hash_algorithm, AlgorithmIdentifier, "hash_algorithm"),
            der.encode_octet_string(self.hashed_message),
        )


def _read_version(fields: Reader) -> int:
    at = fields.offset
    version = fields.integer("version", minimum=0)
    if version != 1:
        fields.tolerate(QuirkKind.VERSION, "version 1 is the only one", "version", offset=at)
    return version


def _read_extensions(fields: Reader, tag: int) -> tuple[Extension, ...]:
    """Read ``[n] IMPLICIT Extensions OPTIONAL``."""
    return read_extensions(fields, tag=tag) if fields.next_is(tag) else ()


@dataclass(frozen=True, slots=True)
class TimeStampReq(Schema):
    """``SEQUENCE { version (1), messageImprint, reqPolicy OBJECT IDENTIFIER OPTIONAL, nonce INTEGER OPTIONAL, certReq
    BOOLEAN DEFAULT FALSE, extensions [0] IMPLICIT Extensions OPTIONAL }``.

    :standard: RFC 3161 2.4.1; GM/T 0033-2014
    """

    version: int
    message_imprint: MessageImprint
    req_policy: ObjectIdentifier | None = None
    nonce: int | None = None
    cert_req: bool = False
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> TimeStampReq:
        """Read a TimeStampReq."""
        with reader.sequence(name) as fields:
            return cls(
                _read_version(fields),
                MessageImprint.read(fields, "messageImprint"),
                fields.oid("reqPolicy") if fields.next_is(der.Tag.OID) else None,
                fields.integer("nonce") if fields.next_is(der.Tag.INTEGER) else None,
                fields.boolean_default_false("certReq"),
                _read_extensions(fields, _REQUEST_EXTENSIONS),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when the policy is no object identifier.
        """
        _inputs.member(self.cert_req, bool, "cert_req")
        return der.encode_sequence(
            der.encode_integer(self.version),
            der_of(self.message_imprint, MessageImprint, "message_imprint"),
            b"" if self.req_policy is None else der.encode_oid(self.req_policy),
            b"" if self.nonce is None else der.encode_integer(self.nonce),
            der.encode_boolean(True) if self.cert_req else b"",
            der.encode_implicit(0, encode_extensions(self.extensions)),
        )


@dataclass(frozen=True, slots=True)
class PKIStatusInfo(Schema):
    """``SEQUENCE { status PKIStatus, statusString SEQUENCE OF UTF8String OPTIONAL, failInfo BIT STRING OPTIONAL }``.

    :ivar failures: the reasons; zero when the field is absent. Bits without a name here are kept.
    :standard: RFC 3161 2.4.2
    """

    status: PKIStatus
    texts: tuple[str, ...] = ()
    failures: FailureInfo = _NO_FAILURE

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PKIStatusInfo:
        """Read a PKIStatusInfo."""
        texts: list[str] = []
        failures = 0
        with reader.sequence(name) as fields:
            status = PKIStatus(fields.integer("status", minimum=0, maximum=max(PKIStatus)))
            if fields.next_is(der.Tag.SEQUENCE):
                with fields.sequence("statusString") as lines:
                    if lines.at_end():
                        lines.tolerate(QuirkKind.EMPTY_SEQUENCE, "the SEQUENCE is empty; at least one text expected")
                    while not lines.at_end():
                        if len(texts) == MAX_STATUS_TEXTS:
                            raise lines.error(f"more than {MAX_STATUS_TEXTS} texts")
                        texts.append(lines.utf8_string("text"))
            if not fields.at_end():
                failures = fields.named_bits("failInfo")
        return cls(status, tuple(texts), FailureInfo(failures))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        _inputs.member(self.status, PKIStatus, "status")
        _inputs.member(self.failures, FailureInfo, "failures")
        texts = [der.encode_utf8_string(text) for text in _inputs.iterated(self.texts, "texts")]
        return der.encode_sequence(
            der.encode_integer(int(self.status)),
            der.encode_sequence(*texts) if texts else b"",
            der.encode_named_bits(int(self.failures)) if self.failures else b"",
        )


@dataclass(frozen=True, slots=True)
class TimeStampResp(Schema):
    """``SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }``.

    :ivar token: the exact DER of the token, a ContentInfo; None when it was not granted.
    :standard: RFC 3161 2.4.2; GM/T 0033-2014
    """

    status: PKIStatusInfo
    token: bytes | None = None

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> TimeStampResp:
        """Read a TimeStampResp; the token is there exactly when the status says that it was granted."""
        token = None
        with reader.sequence(name) as fields:
            status = PKIStatusInfo.read(fields, "status")
            at = fields.offset
            if not fields.at_end():
                ContentInfo.read(fields, "timeStampToken")
                token = fields.since(at)
            if (status.status <= PKIStatus.GRANTED_WITH_MODS) is (token is None):
                raise fields.error("a token belongs to a request that was granted, and to no other", offset=at)
        return cls(status, token)

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        """
        token = b"" if self.token is None else _inputs.as_bytes(self.token, "token")
        return der.encode_sequence(der_of(self.status, PKIStatusInfo, "status"), token)


@dataclass(frozen=True, slots=True)
class Accuracy(Schema):
    """``SEQUENCE { seconds INTEGER OPTIONAL, millis [0] IMPLICIT INTEGER (1..999) OPTIONAL, micros [1] IMPLICIT INTEGER
    (1..999) OPTIONAL }``; zero stands for a field that is absent.

    :standard: RFC 3161 2.4.2
    """

    seconds: int = 0
    millis: int = 0
    micros: int = 0

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> Accuracy:
        """Read an Accuracy."""
        with reader.sequence(name) as fields:
            seconds = fields.integer("seconds", minimum=0) if fields.next_is(der.Tag.INTEGER) else 0
            return cls(seconds, _read_fraction(fields, 0, "millis"), _read_fraction(fields, 1, "micros"))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field is no ``int``.
        :raises InvalidInputError: when one is negative, or a fraction above 999.
        """
        return der.encode_sequence(
            b"" if self.seconds == 0 else encode_count(self.seconds, "seconds"),
            _encode_fraction(self.millis, 0, "millis"),
            _encode_fraction(self.micros, 1, "micros"),
        )


def _read_fraction(fields: Reader, number: int, name: str) -> int:
    tag = der.Tag.context(number)
    return fields.integer(name, tag=tag, minimum=1, maximum=_MAX_FRACTION) if fields.next_is(tag) else 0


def _encode_fraction(value: int, number: int, name: str) -> bytes:
    _inputs.number(value, 0, _MAX_FRACTION, name)
    return der.encode_integer(value, tag=der.Tag.context(number)) if value else b""


@dataclass(frozen=True, slots=True)
class TSTInfo(Schema):
    """``SEQUENCE { version (1), policy OBJECT IDENTIFIER, messageImprint, serialNumber INTEGER, genTime
    GeneralizedTime, accuracy Accuracy OPTIONAL, ordering BOOLEAN DEFAULT FALSE, nonce INTEGER OPTIONAL, tsa [0]
    GeneralName OPTIONAL, extensions [1] IMPLICIT Extensions OPTIONAL }``.

    :ivar gen_time: in UTC; the only time here with a fraction of a second, of which microseconds are kept.
    :standard: RFC 3161 2.4.2; GM/T 0033-2014
    """

    version: int
    policy: ObjectIdentifier
    message_imprint: MessageImprint
    serial_number: int
    gen_time: datetime
    accuracy: Accuracy | None = None
    ordering: bool = False
    nonce: int | None = None
    tsa: GeneralName | None = None
    extensions: tuple[Extension, ...] = ()

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> TSTInfo:
        """Read a TSTInfo."""
        with reader.sequence(name) as fields:
            return cls(
                _read_version(fields),
                fields.oid("policy"),
                MessageImprint.read(fields, "messageImprint"),
                fields.integer("serialNumber"),
                fields.generalized_time("genTime", fraction=True),
                Accuracy.read(fields, "accuracy") if fields.next_is(der.Tag.SEQUENCE) else None,
                fields.boolean_default_false("ordering"),
                fields.integer("nonce") if fields.next_is(der.Tag.INTEGER) else None,
                _read_tsa(fields),
                _read_extensions(fields, _TOKEN_EXTENSIONS),
            )

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when the time has no time zone, or the policy is no object identifier.
        """
        _inputs.member(self.ordering, bool, "ordering")
        return der.encode_sequence(
            der.encode_integer(self.version),
            der.encode_oid(self.policy),
            der_of(self.message_imprint, MessageImprint, "message_imprint"),
            der.encode_integer(self.serial_number),
            _encode_time(self.gen_time),
            b"" if self.accuracy is None else der_of(self.accuracy, Accuracy, "accuracy"),
            der.encode_boolean(True) if self.ordering else b"",
            b"" if self.nonce is None else der.encode_integer(self.nonce),
            b"" if self.tsa is None else der.encode_explicit(0, der_of(self.tsa, GeneralName, "tsa")),
            der.encode_implicit(1, encode_extensions(self.extensions)),
        )


def _read_tsa(fields: Reader) -> GeneralName | None:
    if not fields.next_is(_TSA):
        return None
    with fields.explicit(0, "tsa") as wrapped:
        return GeneralName.read(wrapped)


def _encode_time(value: datetime) -> bytes:
    """Encode a GeneralizedTime with a fraction, which has no zeros at its end and is left out when it is zero."""
    time = _inputs.utc(value, "gen_time")
    whole = der.encode_generalized_time(time.replace(microsecond=0))
    if not time.microsecond:
        return whole
    fraction = b".%06d" % time.microsecond
    return der.encode(der.Tag.GENERALIZED_TIME, whole[2:-1] + fraction.rstrip(b"0") + b"Z")
