"""Reading any message: DER, PEM or base64 around it, BER framing inside it, each kind of content.

BER framing, which RFC 5652 5.1 allows and much software writes, is always taken and always reported. Every other
departure is refused unless reading is lenient, and then reported too.

>>> from gmpki.asn1 import der
>>> from gmpki import oids
>>> from gmpki.cms.message import read_message
>>> framed = bytes.fromhex("3080") + der.encode_oid(oids.GM_DATA) + bytes.fromhex("A080 04026869 0000 0000")
>>> message = read_message(framed)
>>> message.content, [quirk.kind.value for quirk in message.quirks]
(b'hi', ['indefinite-length'])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki.asn1 import der
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.gmt0010 import KeyAgreementInfo, SignedAndEnvelopedData
from gmpki.asn1.quirks import BER_FRAMING, Quirk, QuirkLog
from gmpki.asn1.rfc5083 import AuthEnvelopedData
from gmpki.asn1.rfc5652 import ContentInfo, DigestedData, EncryptedData, EnvelopedData, SignedData
from gmpki.asn1.rfc5652._shared import any_element
from gmpki.cms.profiles import MessageKind
from gmpki.errors import DecodeError
from gmpki.x509._armour import read_one

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Buffer

    from gmpki.asn1._schema import Schema
    from gmpki.oids import ObjectIdentifier

__all__ = ["MAX_MESSAGE_LEN", "PEM_LABELS", "Message", "MessageContent", "read_message"]

MAX_MESSAGE_LEN: Final = der.MAX_SIZE
"""The longest message read in memory, in bytes."""
PEM_LABELS: Final = ("CMS", "PKCS7", "PKCS #7 SIGNED DATA")
"""The labels of PEM blocks that hold a message: RFC 7468 9 and 8, and what stood before them. The first is written."""

MessageContent = (
    SignedData
    | EnvelopedData
    | SignedAndEnvelopedData
    | EncryptedData
    | DigestedData
    | AuthEnvelopedData
    | KeyAgreementInfo
    | bytes
)
"""What a message holds, taken apart; ``bytes`` are those of plain data."""

_SCHEMAS: Final[Mapping[MessageKind, type[Schema]]] = {
    MessageKind.SIGNED_DATA: SignedData,
    MessageKind.ENVELOPED_DATA: EnvelopedData,
    MessageKind.SIGNED_AND_ENVELOPED_DATA: SignedAndEnvelopedData,
    MessageKind.ENCRYPTED_DATA: EncryptedData,
    MessageKind.DIGESTED_DATA: DigestedData,
    MessageKind.AUTH_ENVELOPED_DATA: AuthEnvelopedData,
    MessageKind.KEY_AGREEMENT_INFO: KeyAgreementInfo,
}
_INDEFINITE: Final = b"\x30\x80"
_CONTENT: Final = der.Tag.context(0, constructed=True)


class Message(NamedTuple):
    """A message that was read.

    :ivar content_type: the type of the content.
    :ivar kind: what the content is; None when its type is unknown here.
    :ivar content: the content taken apart; None when its type is unknown here, or it is absent.
    :ivar quirks: the departures that were accepted; the offsets count in the DER.
    :ivar encoded: the whole message, with definite lengths whatever came.
    :ivar content_place: where the content begins and ends in it; None when it is absent.
    """

    content_type: ObjectIdentifier
    kind: MessageKind | None
    content: MessageContent | None
    quirks: tuple[Quirk, ...]
    encoded: bytes
    content_place: tuple[int, int] | None

    @property
    def content_info(self) -> ContentInfo:
        """The frame, which copies the content.

        BER that only the content shows, such as strings in segments under an implicit tag, stands there still.
        """
        place = self.content_place
        return ContentInfo(self.content_type, None if place is None else self.encoded[slice(*place)])


def read_message(data: Buffer, *, lenient: bool = False, max_len: int = MAX_MESSAGE_LEN) -> Message:
    """Read a message of any kind, with everything in it but the certificates and revocation lists it carries.

    :param data: DER or BER, PEM with one block of a message, or bare base64.
    :param lenient: take other departures than BER framing as well.
    :param max_len: the longest message, in bytes.
    :raises InvalidTypeError: when data is not a buffer.
    :raises DecodeError: when it is no message, or departs from the rules in a way that is not accepted.
    :raises LimitExceeded: when it is longer than max_len, or a bound against hostile input is reached.
    :raises InvalidInputError: when a file holds no message, or more than one.
    :standard: RFC 5652 3; RFC 7468 8 and 9
    """
    encoded = read_one(data, PEM_LABELS, "message", max_len=max_len)
    log = _log(lenient)
    try:
        return _read(encoded, log, max_len)
    except DecodeError as error:
        return _read_ber(encoded, lenient, max_len, error)


def _log(lenient: bool) -> QuirkLog:
    return QuirkLog(tolerant=lenient, accepted=BER_FRAMING)


def _read(encoded: bytes, log: QuirkLog, max_len: int) -> Message:
    reader = der.Reader(encoded, max_size=max_len, quirks=log)
    content: MessageContent | None = None
    with reader.sequence("ContentInfo") as fields:
        content_type = fields.oid("contentType")
        kind = MessageKind.of(content_type)
        place = None
        if not fields.at_end():
            with fields.inside(_CONTENT, "content") as wrapped:
                at = wrapped.offset
                schema = None if kind is None else _SCHEMAS.get(kind)
                if schema is not None:
                    content = schema.read(wrapped)  # type: ignore[assignment]  # one of the kinds of the table
                elif kind is MessageKind.DATA:
                    content = wrapped.octet_string()
                else:
                    any_element(wrapped, "")
                place = at, wrapped.offset
    reader.end()
    return Message(content_type, kind, content, log.quirks, encoded, place)


def _read_ber(encoded: bytes, lenient: bool, max_len: int, refused: DecodeError) -> Message:
    """Read the DER of BER; what is not BER either is refused with the error that the first attempt gave."""
    try:
        # Sets keep the order they came in: the signed attributes are signed in it.
        normalised = ber_to_der(encoded, sort_sets=False, max_size=max_len)
    except DecodeError:
        if encoded[:2] == _INDEFINITE:  # certainly meant as BER
            raise
        raise refused from None
    if not normalised.quirks:
        raise refused
    for quirk in normalised.quirks:
        if not lenient and quirk.kind not in BER_FRAMING:
            raise DecodeError(f"not accepted unless reading is lenient: {quirk.kind.value}", offset=quirk.offset)
    log = _log(lenient)
    log.extend(normalised.quirks)
    return _read(normalised.der, log, max_len)
