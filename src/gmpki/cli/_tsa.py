"""Time-stamps as the commands read them, and the signatures in messages that they stand over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.cli import _cms

if TYPE_CHECKING:
    from gmpki.cms.signed import SignedMessage
    from gmpki.tsa.response import TimestampResponse
    from gmpki.tsa.token import TimestampToken

__all__ = ["first_signature", "read_response_or_token", "signature_in", "token_of"]


def read_response_or_token(data: bytes, *, lenient: bool) -> TimestampResponse | TimestampToken:
    """Read a response, which begins with its status, or a token, which begins with its type."""
    from gmpki.asn1.der import Reader, Tag
    from gmpki.asn1.quirks import QuirkLog
    from gmpki.errors import DecodeError
    from gmpki.tsa.response import TimestampResponse
    from gmpki.tsa.token import TimestampToken

    try:
        is_response = Reader(data, quirks=QuirkLog()).sequence().next_is(Tag.SEQUENCE)
    except DecodeError:  # PEM or base64 perhaps, or BER, which tokens may be in
        is_response = False
    if is_response:
        return TimestampResponse.from_der(data, lenient=lenient)
    return TimestampToken.from_der(data, lenient=lenient)


def token_of(found: TimestampResponse | TimestampToken) -> TimestampToken:
    """Return the token of a response, or the token itself.

    :raises TimestampRejected: it is a response that brings none.
    """
    from gmpki.tsa.response import TimestampResponse

    return found.token if isinstance(found, TimestampResponse) else found


def signature_in(path: str) -> bytes:
    """Return the first signature of the message in a file, however long its content is."""
    from gmpki.cms._streaming import receive
    from gmpki.cms.signed import SignedMessage

    with _cms.message_source(path) as stream:
        around = receive(stream, lenient=True).message.encoded
    return first_signature(SignedMessage.from_der(around, lenient=True))


def first_signature(message: SignedMessage) -> bytes:
    """Return the first signature of a message.

    :raises MessageError: nobody signed it.
    """
    from gmpki.errors import MessageError

    if not message.signers:
        raise MessageError("no-signers", "nobody has signed the message")
    return message.signers[0].signature
