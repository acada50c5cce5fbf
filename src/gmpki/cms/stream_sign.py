"""Signing contents larger than memory, and amending messages around them.

The signers' entries and everything else around the content are made by :func:`~gmpki.cms.signing.sign_digests`, as for
contents in memory: what it returns is the detached message, which is then written around the content.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from zlib import crc32

from gmpki._files import pieces, refuse_existing
from gmpki._inputs import as_bytes, member
from gmpki.asn1 import der
from gmpki.asn1.ber_writer import MessageFrame, MessageWriter
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652._shared import any_element, encode_set
from gmpki.cms._streaming import created_message, receive, remaining_len, reported
from gmpki.cms.algorithms import digest_algorithm
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import checked_signers, digests_for, message_head, sign_digests
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gmpki.asn1.ber_writer import Sink
    from gmpki.cms._streaming import Path, Progress
    from gmpki.cms.digests import ContentDigests
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList

__all__ = ["amend_stream", "sign_file", "sign_stream"]


def sign_stream(
    source: IO[bytes],
    sink: Sink,
    signers: SignerSpec | Iterable[SignerSpec],
    *,
    profile: MessageProfile = MessageProfile.GMT0010,
    detached: bool = False,
    certificates: Iterable[Certificate] = (),
    crls: Iterable[CertificateRevocationList] = (),
    include_signer_certificates: bool = True,
    content_type: str | None = None,
    progress: Progress | None = None,
) -> None:
    """Sign a stream.

    :param source: the content, from where the stream stands to its end. When it can be sought it is read twice, for
        the signature and for the message, which is DER. Else it is read once, and the message has elements of
        indefinite length. For a detached message it is read once in any case.
    :param sink: where the message is written to; the other parameters are those of :func:`~gmpki.cms.signing.sign`.
    :param progress: called with how many bytes have been dealt with, and how many there are, or None.
    :raises GmpkiError: what :func:`~gmpki.cms.signing.sign` raises, in the same cases.
    :raises UnsupportedAlgorithm: also when a key signs without attributes and no digests: Ed25519.
    :raises InvalidInputError: also when the source changes between the two readings.
    :standard: RFC 5652 5; GM/T 0010
    """
    specs = checked_signers(signers, SignerSpec)
    member(profile, MessageProfile, "profile")
    member(detached, bool, "detached")

    def message(digests: ContentDigests) -> bytes:
        return sign_digests(
            digests,
            specs,
            profile=profile,
            certificates=certificates,
            crls=crls,
            include_signer_certificates=include_signer_certificates,
            content_type=content_type,
        )

    total = remaining_len(source)
    digests = digests_for(spec.plan for spec in specs)
    if detached:
        _read(source, (digests.update,), progress, total)
        sink.write(message(digests))
    elif total is None:
        writer = MessageWriter(sink, _frame(specs, profile.inner_type(content_type), profile))
        _read(source, (digests.update, writer.write), progress, None)
        writer.finish(_around(message(digests))[1])
    else:
        start = source.tell()
        first, second = _Checksum(), _Checksum()
        _read(source, (digests.update, first.update), progress, 2 * total)
        source.seek(start)
        frame, after = _around(message(digests))
        writer = MessageWriter(sink, frame, lengths=(digests.size, len(after)))
        _read(source, (second.update, writer.write), progress, 2 * total, done=digests.size)
        if first != second:
            raise InvalidInputError("the content changed while it was being signed")
        writer.finish(after)


@dataclass
class _Checksum:
    """Tells whether a content was the same both times. If not, its signature would hold nowhere: nothing depends on
    this but that the signer hears of it, so that a checksum does, at a tenth of the cost of a digest.
    """

    value: int = 0
    size: int = 0

    def update(self, data: bytes) -> None:
        """Add a piece."""
        self.value = crc32(data, self.value)
        self.size += len(data)


def _read(
    source: IO[bytes],
    takers: Iterable[Callable[[bytes], object]],
    progress: Progress | None,
    total: int | None,
    *,
    done: int = 0,
) -> None:
    """Read a stream to its end, and give each piece to all takers."""
    for piece in reported(pieces(source), progress, total, done=done):
        for take in takers:
            take(piece)


def _frame(specs: tuple[SignerSpec, ...], content_type: str, profile: MessageProfile) -> MessageFrame:
    """Return what stands before a content that has not been signed yet."""
    announced = [(spec.key_identifier, digest_algorithm(spec.plan.hash_name)) for spec in specs]
    version, algorithms = message_head(profile, content_type, announced)
    before = der.encode_integer(version) + encode_set(algorithms, AlgorithmIdentifier, "a digest algorithm")
    outer = profile.content_type(MessageKind.SIGNED_DATA)
    return MessageFrame(outer, before, der.encode_oid(content_type), implicit=False)


def _around(detached: bytes) -> tuple[MessageFrame, bytes]:
    """Take a detached message apart: what stands before the place of its content, and behind it."""
    with der.Reader(detached).sequence() as info:
        outer = info.oid()
        with info.explicit(0) as wrapped, wrapped.sequence() as fields:
            start = fields.offset
            fields.integer()
            fields.exact(der.Tag.SET)
            before = fields.since(start)
            inside = fields.contents(der.Tag.SEQUENCE)
            start = fields.offset
            while not fields.at_end():
                any_element(fields, "")
            after = fields.since(start)
    return MessageFrame(outer, before, inside, implicit=False), after


def amend_stream(
    message: IO[bytes],
    sink: Sink,
    amend: Callable[[bytes], bytes],
    *,
    lenient: bool = False,
    progress: Progress | None = None,
) -> None:
    """Change what stands around the content of a signed message: add a time-stamp, or a counter-signature.

    :param message: DER or BER, from where the stream stands to its end; it must be seekable.
    :param sink: where the message is written to, in DER.
    :param amend: gets the message without its content as DER, and returns it changed, with
        :func:`~gmpki.cms.amending.attach_timestamp` for instance.
    :param lenient: accept departures from the standards.
    :raises GmpkiError: as :meth:`SignedMessage.from_der <gmpki.cms.signed.SignedMessage.from_der>`, and what amend
        raises.
    :raises InvalidInputError: when the stream of the message cannot be sought.
    """
    member(lenient, bool, "lenient")
    received = receive(message, lenient=lenient)
    info = received.message.content_info
    amended = as_bytes(amend(info.to_der()), "what amend returns")
    if received.place is None:
        sink.write(amended)
        return
    frame, after = _around(amended)
    length = sum(len(piece) for piece in received.content(None))
    writer = MessageWriter(sink, frame, lengths=(length, len(after)))
    for piece in received.content(progress):
        writer.write(piece)
    writer.finish(after)


def sign_file(
    source: Path,
    output: Path,
    signers: SignerSpec | Iterable[SignerSpec],
    *,
    profile: MessageProfile = MessageProfile.GMT0010,
    detached: bool = False,
    certificates: Iterable[Certificate] = (),
    crls: Iterable[CertificateRevocationList] = (),
    include_signer_certificates: bool = True,
    content_type: str | None = None,
    pem: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> None:
    """Sign a file; the output appears whole or not at all.

    :param pem: write PEM; without it, DER.
    :param force: the output may replace a file that exists.
    :raises GmpkiError: as :func:`sign_stream`, which has the other parameters.
    :raises FileExistsError: when the output exists and ``force`` is not set.
    :raises OSError: when a file cannot be read or written.
    """
    member(pem, bool, "pem")
    refuse_existing(output, force=force)
    with open(source, "rb") as content, created_message(output, pem=pem, force=force) as sink:
        sign_stream(
            content,
            sink,
            signers,
            profile=profile,
            detached=detached,
            certificates=certificates,
            crls=crls,
            include_signer_certificates=include_signer_certificates,
            content_type=content_type,
            progress=progress,
        )
