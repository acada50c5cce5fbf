"""Verifying signed messages larger than memory.

The message is read twice: once for everything but its content, once for the content, which passes through the digests
that its signers need. What decides is :func:`~gmpki.cms.verification.verify_signers`, as for messages in memory.
"""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from typing import IO, TYPE_CHECKING

from gmpki._files import create, pieces, refuse_existing
from gmpki._inputs import member
from gmpki.asn1.rfc5652 import SignedData
from gmpki.cms._streaming import opened_message, receive, remaining_len, reported
from gmpki.cms.report import VerifiedMessage
from gmpki.cms.signed import SignedMessage
from gmpki.cms.verification import needed_digests, verify_signers
from gmpki.errors import GmpkiError, MessageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from gmpki.asn1.ber_writer import Sink
    from gmpki.cms._streaming import Path, Progress, Received
    from gmpki.cms.timestamps import TimestampVerifier
    from gmpki.cms.trust import Trust

__all__ = ["verify_file", "verify_stream"]


def verify_stream(
    message: IO[bytes],
    trust: Trust,
    *,
    content: IO[bytes] | None = None,
    sink: Sink | None = None,
    lenient: bool = False,
    collect: bool = False,
    timestamps: TimestampVerifier | None = None,
    progress: Progress | None = None,
) -> VerifiedMessage:
    """Verify a signed message in a stream.

    :param message: DER or BER, from where the stream stands to its end; it must be seekable.
    :param trust: as :func:`~gmpki.cms.verification.verify`; ``collect`` and ``timestamps`` likewise.
    :param content: of a detached message; need not be seekable.
    :param sink: where the content of the message is written to **before it is known to be signed**: what is there may
        be used only after this function has returned and, when collecting, the result is ``ok``.
        :func:`verify_file` sees to that.
    :param lenient: accept and note departures from the standards. The signatures of GmSSL 3 without attributes are
        not found here: they need the whole content at once.
    :param progress: called with how many bytes have been dealt with, and how many there are, or None.
    :returns: the report; its ``content`` is not there, it went to the sink.
    :raises GmpkiError: what :func:`~gmpki.cms.verification.verify` raises, in the same cases.
    :raises LimitExceeded: also when what stands around the content is longer than 16 MiB.
    :raises InvalidInputError: when the stream of the message cannot be sought.
    :standard: RFC 5652 5.4 and 5.6
    """
    member(lenient, bool, "lenient")
    received = receive(message, lenient=lenient)
    signed = received.message.content
    outer = received.message.content_info.content_type
    if not isinstance(signed, SignedData):
        raise MessageError("not-signed", f"a message of the type {outer.name}, not a signed one")
    parsed = SignedMessage.of(outer, signed, received.quirks, lenient=lenient)
    if not parsed.signers:
        raise MessageError("no-signers", "nobody has signed the message")
    digests = needed_digests(parsed, trust)
    for piece in _content(received, parsed, content, progress):
        digests.update(piece)
        if sink is not None:
            sink.write(piece)
    reports = verify_signers(parsed, trust, digests, collect=collect, timestamps=timestamps)
    return VerifiedMessage(None, reports, parsed.quirks, parsed.variants)


def _content(
    received: Received, parsed: SignedMessage, content: IO[bytes] | None, progress: Progress | None
) -> Iterator[bytes]:
    """Read what was signed: in the message or elsewhere, never both."""
    inside = parsed.unverified_content()  # of another type than OCTET STRING, which stays with the message
    if received.place is None and inside is None:
        if content is None:
            raise MessageError("content-missing", "the message is detached: its content has to be given")
        return reported(pieces(content), progress, remaining_len(content))
    if content is not None:
        raise MessageError("content-twice", "the message has its content inside; another one was given")
    return received.content(progress) if inside is None else iter((inside,))


def verify_file(
    message: Path,
    trust: Trust,
    *,
    content: Path | None = None,
    output: Path | None = None,
    force: bool = False,
    lenient: bool = False,
    collect: bool = False,
    timestamps: TimestampVerifier | None = None,
    progress: Progress | None = None,
) -> VerifiedMessage:
    """Verify a signed message in a file, and write its content to another one when every signature holds.

    :param message: the file of the message: DER, BER, PEM or base64.
    :param content: the file with the content of a detached message.
    :param output: the file that appears with the content, whole, when everything is in order, and otherwise not.
    :param force: the output may replace a file that exists.
    :raises GmpkiError: as :func:`verify_stream`, which has the other parameters.
    :raises FileExistsError: when the output exists and ``force`` is not set.
    :raises OSError: when a file cannot be read or written.
    """
    if output is not None:
        refuse_existing(output, force=force)
    with opened_message(message) as stream, _opened(content) as beside:
        run = partial(
            verify_stream,
            stream,
            trust,
            content=beside,
            lenient=lenient,
            collect=collect,
            timestamps=timestamps,
            progress=progress,
        )
        return run() if output is None else _written(run, output, force=force)


def _written(run: Callable[..., VerifiedMessage], output: Path, *, force: bool) -> VerifiedMessage:
    """Write the content while it is verified; the file takes its place only when everything was in order."""
    verified: VerifiedMessage | None = None
    try:
        with create(output, force=force, withhold=True) as sink:
            verified = run(sink=sink)
            verified.require()
    except GmpkiError:
        if verified is None:
            raise
    return verified


def _opened(content: Path | None) -> AbstractContextManager[IO[bytes] | None]:
    return nullcontext() if content is None else open(content, "rb")
