"""PEM around messages larger than memory: decoded to a temporary file before reading, written as it comes.

:standard: RFC 7468
"""

from __future__ import annotations

import base64
import contextlib
import tempfile
from typing import IO, TYPE_CHECKING, Final

from gmpki._files import CHUNK_LEN, pieces
from gmpki._inputs import as_bytes
from gmpki.cms.message import PEM_LABELS
from gmpki.errors import DecodeError
from gmpki.keys import pem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from typing_extensions import Buffer

    from gmpki.asn1.ber_writer import Sink

__all__ = ["PEMWriter", "decoded"]

_HEAD_LEN: Final = 1 << 16  # where the BEGIN line is looked for
_LINE_LEN: Final = 64
_LINE_BYTES: Final = _LINE_LEN // 4 * 3
_BLANKS: Final = b" \t\r\n"
_BEGIN: Final = b"-----BEGIN "
_SEQUENCE: Final = b"\x30"
_TELLING_LEN: Final = 64


@contextlib.contextmanager
def decoded(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Give a seekable stream of a message in binary: the stream itself, or what PEM or bare base64 in it hold, in a
    temporary file without a name. A stream that cannot be sought is copied to one too.

    What is neither PEM nor base64 passes as it is, for the reader of messages to judge.

    :raises DecodeError: when PEM is not closed by the END line of its label, holds another thing than a message, has
        something but white space behind it, or its base64 is wrong.
    """
    start = stream.tell() if stream.seekable() else 0
    head = stream.read(_HEAD_LEN)
    if not _is_text(head) and stream.seekable():
        stream.seek(start)
        yield stream
        return
    with tempfile.TemporaryFile() as copy:
        if _is_text(head):
            _decode(head, stream, copy)
        else:
            copy.write(head)
            for piece in pieces(stream):
                copy.write(piece)
        copy.seek(0)
        yield copy


def _is_text(head: bytes) -> bool:
    """Tell PEM and bare base64 from BER, which is not all ASCII where it begins."""
    if head[:1] == _SEQUENCE and not head[:_TELLING_LEN].isascii():
        return False
    return _BEGIN in head or (head[:_TELLING_LEN].isascii() and bool(pem.bare_base64(_first_quads(head))))


def _first_quads(head: bytes) -> bytes:
    text = head.translate(None, _BLANKS)
    return text[: len(text) // 4 * 4]


def _decode(head: bytes, stream: IO[bytes], sink: Sink) -> None:
    label = b""
    if _BEGIN in head:
        line, _, head = head[head.index(_BEGIN) + len(_BEGIN) :].partition(b"\n")
        label = line.strip(_BLANKS).removesuffix(b"-----")
        if label.decode("ascii", "replace") not in PEM_LABELS:
            raise DecodeError(f"a PEM block {label[:40].decode('ascii', 'replace')!r}; expected one of {PEM_LABELS}")
    held = b""
    rest: bytes | None = None
    piece = head
    while piece:
        # Base64 has no hyphen: the first one begins the END line.
        text, hyphen, behind = piece.partition(b"-") if label else (piece, b"", b"")
        held += text.translate(None, _BLANKS)
        if hyphen:
            rest = hyphen + behind + stream.read(_HEAD_LEN)
            break
        whole = len(held) // 4 * 4 - 4  # padding may stand in the last four only
        if whole > 0:
            sink.write(_quads(held[:whole], last=False))
            held = held[whole:]
        piece = stream.read(CHUNK_LEN)
    sink.write(_quads(held, last=True))
    if label and (rest or b"").strip(_BLANKS) != b"-----END " + label + b"-----":
        raise DecodeError(f"the PEM block {label.decode('ascii')!r} does not end with its END line and nothing else")


def _quads(text: bytes, *, last: bool) -> bytes:
    data = pem.strict_base64(text)
    if data is None or (not last and b"=" in text):
        raise DecodeError("the text of a message is not base64")
    return data


class PEMWriter:
    """Writes a PEM block as its contents come. A context: one thread at a time."""

    def __init__(self, sink: Sink, label: str = PEM_LABELS[0]) -> None:
        """Write the BEGIN line.

        :raises InvalidTypeError: when label is no ``str``.
        :raises InvalidInputError: when it is none of PEM.
        """
        self._sink = sink
        self._held = b""
        begin, self._end = pem.write_pem(label, b"").splitlines(keepends=True)
        sink.write(begin)

    def write(self, data: Buffer) -> int:
        """Write bytes; return how many.

        :raises InvalidTypeError: when data has no buffer.
        :raises InvalidInputError: when it is not contiguous.
        """
        piece = as_bytes(data, "data")
        held = self._held + piece
        whole = len(held) - len(held) % _LINE_BYTES
        self._lines(held[:whole])
        self._held = held[whole:]
        return len(piece)

    def _lines(self, data: bytes) -> None:
        text = base64.b64encode(data)
        lines = [text[at : at + _LINE_LEN] for at in range(0, len(text), _LINE_LEN)]
        if lines:
            self._sink.write(b"\n".join(lines) + b"\n")

    def close(self) -> None:
        """Write what is held and the END line."""
        self._lines(self._held)
        self._held = b""
        self._sink.write(self._end)

    def __enter__(self) -> PEMWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
