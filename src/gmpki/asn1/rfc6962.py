"""Certificate Transparency: the signed time-stamps of logs in a certificate, and the mark of a precertificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, ClassVar, Final

from gmpki import _inputs, oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280._extension_value import ExtensionValue, check_items
from gmpki.errors import DecodeError, InvalidInputError

if TYPE_CHECKING:
    from gmpki.asn1.der import Reader
    from gmpki.oids import ObjectIdentifier

__all__ = ["PrecertificatePoison", "SignedCertificateTimestamp", "SignedCertificateTimestampList"]

_V1: Final = 0
_LOG_ID_LEN: Final = 32
_MAX_LEN: Final = 0xFFFF  # every vector here is opaque<..2^16-1>
_MAX_TIME: Final = 2**64 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


class _Vectors:
    """A cursor over the presentation language of TLS (RFC 5246 4): numbers and vectors with their length before."""

    __slots__ = ("data", "pos")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pos = 0

    def take(self, size: int, what: str) -> bytes:
        taken = self.data[self.pos : self.pos + size]
        if len(taken) != size:
            raise DecodeError(f"{what}: {size} bytes expected, {len(taken)} are left")
        self.pos += size
        return taken

    def vector(self, what: str) -> bytes:
        return self.take(int.from_bytes(self.take(2, what), "big"), what)

    def at_end(self) -> bool:
        return self.pos == len(self.data)


def _vector(content: bytes, what: str) -> bytes:
    if len(content) > _MAX_LEN:
        raise InvalidInputError(f"{what} has at most {_MAX_LEN} bytes, not {len(content)}")
    return len(content).to_bytes(2, "big") + content


@dataclass(frozen=True, slots=True)
class SignedCertificateTimestamp:
    """A log's promise to publish a certificate: version 1, in the encoding of TLS.

    :ivar log_id: SHA-256 of the log's public key, 32 bytes.
    :ivar timestamp_ms: milliseconds since 1970-01-01 in UTC.
    :ivar extensions: bytes that no standard gives a meaning to yet.
    :ivar hash_algorithm: number of RFC 5246 7.4.1.4.1; 4 is SHA-256.
    :ivar signature_algorithm: number of the same clause; 1 is RSA, 3 ECDSA.
    :standard: RFC 6962 3.2
    """

    log_id: bytes
    timestamp_ms: int
    extensions: bytes
    hash_algorithm: int
    signature_algorithm: int
    signature: bytes

    @classmethod
    def from_bytes(cls, data: bytes) -> SignedCertificateTimestamp:
        """Decode one time-stamp.

        :raises DecodeError: when it is not of version 1, ends early or goes on.
        """
        vectors = _Vectors(data)
        if vectors.take(1, "version")[0] != _V1:
            raise DecodeError("a signed certificate timestamp of another version than 1")
        log_id = vectors.take(_LOG_ID_LEN, "log id")
        timestamp_ms = int.from_bytes(vectors.take(8, "timestamp"), "big")
        extensions = vectors.vector("extensions")
        hash_algorithm, signature_algorithm = vectors.take(2, "signature algorithm")
        signature = vectors.vector("signature")
        if not vectors.at_end():
            raise DecodeError("a signed certificate timestamp goes on after its signature")
        return cls(log_id, timestamp_ms, extensions, hash_algorithm, signature_algorithm, signature)

    def to_bytes(self) -> bytes:
        """Encode the time-stamp.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when a field has the wrong size.
        """
        log_id = _inputs.as_bytes(self.log_id, "log_id")
        if len(log_id) != _LOG_ID_LEN:
            raise InvalidInputError(f"log_id has {_LOG_ID_LEN} bytes, not {len(log_id)}")
        algorithms = (
            _inputs.number(self.hash_algorithm, 0, 0xFF, "hash_algorithm"),
            _inputs.number(self.signature_algorithm, 0, 0xFF, "signature_algorithm"),
        )
        return b"".join(
            (
                bytes((_V1,)),
                log_id,
                _inputs.number(self.timestamp_ms, 0, _MAX_TIME, "timestamp_ms").to_bytes(8, "big"),
                _vector(_inputs.as_bytes(self.extensions, "extensions"), "extensions"),
                bytes(algorithms),
                _vector(_inputs.as_bytes(self.signature, "signature"), "signature"),
            )
        )

    @property
    def time(self) -> datetime | None:
        """The time in UTC, without the milliseconds; None for one after the year 9999."""
        try:
            return _EPOCH + timedelta(seconds=self.timestamp_ms // 1000)
        except OverflowError:
            return None


@dataclass(frozen=True, slots=True)
class SignedCertificateTimestampList(ExtensionValue):
    """``OCTET STRING`` with the list of time-stamps in the encoding of TLS.

    :ivar timestamps: each a :class:`SignedCertificateTimestamp`, or its bytes when it has another version.
    :standard: RFC 6962 3.3
    """

    OID: ClassVar[ObjectIdentifier] = oids.SCT_LIST

    timestamps: tuple[SignedCertificateTimestamp | bytes, ...]

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> SignedCertificateTimestampList:
        """Read the list."""
        at = reader.offset
        outer = _Vectors(reader.octet_string(name))
        timestamps: list[SignedCertificateTimestamp | bytes] = []
        try:
            inner = _Vectors(outer.vector("the list"))
            if not outer.at_end() or inner.at_end():
                raise DecodeError("the list is empty, or something follows it")
            while not inner.at_end():
                item = inner.vector("a signed certificate timestamp")
                timestamps.append(SignedCertificateTimestamp.from_bytes(item) if item[:1] == b"\x00" else item)
        except DecodeError as error:
            raise reader.error(str(error), name, offset=at) from None
        return cls(tuple(timestamps))

    def to_der(self) -> bytes:
        """Encode the structure as DER.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when there is no time-stamp, or a field has the wrong size.
        """
        check_items(self.timestamps, "timestamps")
        encoded = [
            item.to_bytes() if isinstance(item, SignedCertificateTimestamp) else _inputs.as_bytes(item, "a timestamp")
            for item in self.timestamps
        ]
        content = b"".join(_vector(item, "a timestamp") for item in encoded)
        return der.encode_octet_string(_vector(content, "the list"))


@dataclass(frozen=True, slots=True)
class PrecertificatePoison(ExtensionValue):
    """``NULL``, always critical: this is a precertificate, which no one may use as a certificate.

    :standard: RFC 6962 3.1
    """

    OID: ClassVar[ObjectIdentifier] = oids.CT_POISON
    CRITICAL: ClassVar[bool] = True
    FIXED: ClassVar[bool] = True

    @classmethod
    def read(cls, reader: Reader, name: str = "") -> PrecertificatePoison:
        """Read the NULL."""
        reader.null(name)
        return cls()

    def to_der(self) -> bytes:
        """Encode the structure as DER."""
        return der.encode_null()
