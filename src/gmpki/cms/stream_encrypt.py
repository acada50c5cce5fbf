"""Digital envelopes around contents larger than memory.

What stands around the content is made by :func:`~gmpki.cms.enveloping.empty_envelope`, as for contents in memory.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from gmpki._files import pieces, refuse_existing
from gmpki._inputs import member
from gmpki.asn1.ber_writer import MessageWriter
from gmpki.cms._streaming import created_message, remaining_len, reported
from gmpki.cms.content_ciphers import ContentCipher
from gmpki.cms.enveloping import empty_envelope
from gmpki.cms.profiles import MessageProfile

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.asn1.ber_writer import Sink
    from gmpki.cms._streaming import Path, Progress
    from gmpki.cms.recipients import Recipient
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.pair import CertificatePair

__all__ = ["encrypt_file", "encrypt_stream"]


def encrypt_stream(
    source: IO[bytes],
    sink: Sink,
    recipients: Iterable[Recipient | Certificate | CertificatePair],
    *,
    profile: MessageProfile = MessageProfile.GMT0010,
    cipher: ContentCipher = ContentCipher.SM4_CBC,
    content_type: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Encrypt a stream to some recipients.

    :param source: the content, from where the stream stands to its end. When it can be sought its length is known,
        and the message is DER; else the message has elements of indefinite length.
    :param sink: where the message is written to; the other parameters are those of
        :func:`~gmpki.cms.enveloping.encrypt`.
    :param progress: called with how many bytes have been dealt with, and how many there are, or None.
    :raises GmpkiError: what :func:`~gmpki.cms.enveloping.encrypt` raises, in the same cases.
    :raises InvalidInputError: also when the source becomes longer or shorter meanwhile.
    :standard: RFC 5652 6; RFC 5083
    """
    envelope = empty_envelope(recipients, profile=profile, cipher=cipher, content_type=content_type)
    parameters = envelope.parameters
    total = remaining_len(source)
    lengths = None
    if total is not None:
        lengths = parameters.encrypted_len(total), len(envelope.after(bytes(parameters.tag_len)))
    writer = MessageWriter(sink, envelope.frame, lengths=lengths)
    encryptor = parameters.encryptor(envelope.key, envelope.associated_data)
    for piece in reported(pieces(source), progress, total):
        writer.write(encryptor.update(piece))
    writer.write(encryptor.finalize())
    writer.finish(envelope.after(encryptor.tag))


def encrypt_file(
    source: Path,
    output: Path,
    recipients: Iterable[Recipient | Certificate | CertificatePair],
    *,
    profile: MessageProfile = MessageProfile.GMT0010,
    cipher: ContentCipher = ContentCipher.SM4_CBC,
    content_type: str | None = None,
    pem: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> None:
    """Encrypt a file to some recipients; the output appears whole or not at all.

    :param pem: write PEM; without it, DER.
    :param force: the output may replace a file that exists.
    :raises GmpkiError: as :func:`encrypt_stream`, which has the other parameters.
    :raises FileExistsError: when the output exists and ``force`` is not set.
    :raises OSError: when a file cannot be read or written.
    """
    member(pem, bool, "pem")
    refuse_existing(output, force=force)
    with open(source, "rb") as content, created_message(output, pem=pem, force=force) as sink:
        encrypt_stream(
            content, sink, recipients, profile=profile, cipher=cipher, content_type=content_type, progress=progress
        )
