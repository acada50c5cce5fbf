"""Opening digital envelopes whose content is larger than memory.

The message is read twice: once for everything but its content, once for the content. Recipients, keys and parameters
are found by the functions that open envelopes in memory, and errors are as uniform as theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from gmpki._files import create, refuse_existing
from gmpki._inputs import member
from gmpki.asn1.rfc5083 import AuthEnvelopedData
from gmpki.asn1.rfc5652 import EnvelopedData
from gmpki.cms._streaming import opened_message, receive
from gmpki.cms.content_ciphers import CipherParameters, ContentCipher
from gmpki.cms.enveloped import authenticated_parts, envelope_variants
from gmpki.cms.key_history import KeyEntry, KeyHistory
from gmpki.cms.recipients import content_key
from gmpki.errors import DecodeError, MessageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gmpki.asn1.ber_writer import Sink
    from gmpki.asn1.quirks import Quirk
    from gmpki.cms._streaming import Path, Progress, Received
    from gmpki.cms.variants import Variant
    from gmpki.keys.interfaces import Decryptor
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.pair import CertificatePair

    Keys = KeyHistory | Iterable[KeyEntry | tuple[Certificate | CertificatePair, Decryptor]]

__all__ = ["OpenedStream", "decrypt_file", "decrypt_stream"]


@dataclass(frozen=True, slots=True)
class OpenedStream:
    """What is known about an envelope whose content went to a stream. Immutable; thread-safe.

    :ivar content_len: how many bytes of content were written.

    The other fields are those of :class:`~gmpki.cms.enveloped.OpenedEnvelope`.
    """

    content_len: int
    content_type: ObjectIdentifier
    recipient: Certificate
    cipher: ContentCipher
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[Variant, ...] = ()


def decrypt_stream(
    message: IO[bytes], sink: Sink, keys: Keys, *, lenient: bool = False, progress: Progress | None = None
) -> OpenedStream:
    """Open an envelope in a stream.

    :param message: DER or BER, from where the stream stands to its end; it must be seekable.
    :param sink: where the content is written to **before it is known to be right**: what is there may be used only
        after this function has returned. :func:`decrypt_file` sees to that.
    :param keys: as :func:`~gmpki.cms.enveloped.decrypt`.
    :param lenient: likewise.
    :param progress: called with how many bytes have been dealt with, and how many there are, or None.
    :raises GmpkiError: what :func:`~gmpki.cms.enveloped.decrypt` raises, in the same cases.
    :raises LimitExceeded: also when what stands around the content is longer than 16 MiB.
    :raises InvalidInputError: when the stream of the message cannot be sought.
    :standard: RFC 5652 6; RFC 5083
    """
    member(lenient, bool, "lenient")
    history = keys if isinstance(keys, KeyHistory) else KeyHistory(keys)
    received = receive(message, lenient=lenient)
    outer = received.message.content_info.content_type
    enveloped = received.message.content
    if not isinstance(enveloped, (EnvelopedData, AuthEnvelopedData)):
        raise MessageError("not-enveloped", f"a message of the type {outer.name}, not an envelope")
    inner = enveloped.encrypted_content_info
    parameters = CipherParameters.read(inner.content_encryption_algorithm)
    if received.place is None:
        raise MessageError("no-content", "the encrypted content is not in the message")
    tag: bytes | None
    if isinstance(enveloped, AuthEnvelopedData):
        tag, associated_data = authenticated_parts(enveloped, parameters)
        ciphertext = received.content(progress)
    else:
        tag, associated_data = _last_bytes(received, parameters), b""
        ciphertext = _without_last(received.content(progress), parameters.tag_len)
    key = content_key(enveloped.recipient_infos, history, parameters.cipher.key_len)
    decryptor = key.decryptor(parameters, tag, associated_data)
    content_len = 0
    for piece in ciphertext:
        content = decryptor.update(piece)
        sink.write(content)
        content_len += len(content)
    content = decryptor.finalize()
    sink.write(content)
    variants = envelope_variants(outer, inner.content_type, key, parameters)
    return OpenedStream(
        content_len + len(content),
        inner.content_type,
        key.recipient.certificate,
        parameters.cipher,
        received.quirks,
        variants,
    )


def _last_bytes(received: Received, parameters: CipherParameters) -> bytes | None:
    """Return the tag of GCM, for which EnvelopedData has no other place than the end of the content; else None.

    :raises DecodeError: when the content is too short to end with one.
    """
    if not parameters.tag_len:
        return None
    last = b""
    for piece in received.content(None):
        last = (last + piece)[-parameters.tag_len :]
    if len(last) < parameters.tag_len:
        raise DecodeError(f"an encrypted content of {len(last)} bytes has no tag", path=("encryptedContent",))
    return last


def _without_last(parts: Iterator[bytes], length: int) -> Iterator[bytes]:
    """Pass pieces on, but for the last bytes."""
    if not length:
        yield from parts
        return
    held = b""
    for part in parts:
        held += part
        yield held[:-length]
        held = held[-length:]


def decrypt_file(
    message: Path,
    output: Path,
    keys: Keys,
    *,
    force: bool = False,
    lenient: bool = False,
    progress: Progress | None = None,
) -> OpenedStream:
    """Open an envelope in a file. The output, which only its owner can read, appears when everything was in order.

    :param message: the file of the message: DER, BER, PEM or base64.
    :param force: the output may replace a file that exists.
    :raises GmpkiError: as :func:`decrypt_stream`, which has the other parameters.
    :raises FileExistsError: when the output exists and ``force`` is not set.
    :raises OSError: when a file cannot be read or written.
    """
    refuse_existing(output, force=force)
    with opened_message(message) as stream, create(output, private=True, force=force, withhold=True) as sink:
        return decrypt_stream(stream, sink, keys, lenient=lenient, progress=progress)
