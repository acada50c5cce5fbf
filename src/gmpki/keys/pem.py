"""PEM: DER as text between a BEGIN and an END line.

:standard: RFC 7468
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text
from gmpki.errors import DecodeError, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Buffer

__all__ = ["PEMBlock", "bare_base64", "is_pem", "read_pem", "strict_base64", "write_pem"]

_BEGIN: Final = b"-----BEGIN "
_END: Final = b"-----END "
_DASHES: Final = b"-----"
_LINE_LEN: Final = 64
_SEQUENCE: Final = b"\x30"
_BLANKS: Final = b" \t\r\n"
# The byte order mark that some editors put in front.
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class PEMBlock:
    """One block of a PEM file.

    :ivar label: what stands behind BEGIN.
    :ivar data: the decoded bytes; not shown by ``repr``, they may be a private key.
    :ivar headers: the lines in front of the base64, such as ``Proc-Type: 4,ENCRYPTED``; empty in RFC 7468.
    """

    label: str
    data: bytes = field(repr=False)
    headers: tuple[str, ...] = ()


def is_pem(data: Buffer) -> bool:
    """Tell whether data has a BEGIN line.

    :raises InvalidTypeError: when it is not a buffer.
    """
    return _BEGIN in _file(data)


def read_pem(data: Buffer) -> tuple[PEMBlock, ...]:
    """Return the blocks of a PEM file in their order.

    Text around the blocks, and any line ends, are let through; inside, only base64 of the one form it has.

    :raises InvalidTypeError: when data is not a buffer.
    :raises DecodeError: when a block is not closed by the END line of its own label, or its base64 is wrong.
    """
    blocks = []
    lines = _lines(_file(data))
    for offset, line in lines:
        if line.startswith(_END):
            raise DecodeError("an END line of PEM without its BEGIN line", offset=offset)
        if line.startswith(_BEGIN):
            blocks.append(_read_block(_label(line, _BEGIN, offset), offset, lines))
    return tuple(blocks)


def _file(data: Buffer) -> bytes:
    return as_bytes(data, "PEM", text_hint="encode the text as ASCII, or read the file in binary mode")


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    offset = 0
    for line in data.splitlines(keepends=True):
        text = line.strip(_BLANKS)
        yield offset, text.removeprefix(_BOM) if offset == 0 else text
        offset += len(line)


def _label(line: bytes, start: bytes, offset: int) -> str:
    label = line[len(start) : -len(_DASHES)]
    if not line.endswith(_DASHES) or not label or not all(0x20 <= byte < 0x7F for byte in label):
        raise DecodeError("a BEGIN or END line of PEM that is not complete", offset=offset)
    return label.decode("ascii")


def _read_block(label: str, begin: int, lines: Iterator[tuple[int, bytes]]) -> PEMBlock:
    headers: list[str] = []
    body: list[bytes] = []
    in_headers = False
    for offset, line in lines:
        if line.startswith(_BEGIN):
            break
        if line.startswith(_END):
            end_label = _label(line, _END, offset)
            if end_label != label:
                raise DecodeError(f"the PEM block {label!r} is closed by END {end_label!r}", offset=offset)
            data = strict_base64(b"".join(body))
            if data is None:
                raise DecodeError(f"the PEM block {label!r} is not base64", offset=begin)
            return PEMBlock(label, data, tuple(headers))
        if in_headers or (b":" in line and not headers and not body):
            # Headers of RFC 1421, with their continuation lines, run to the next empty line.
            in_headers = line != b""
            if in_headers:
                headers.append(line.decode("ascii", "backslashreplace"))
        elif line:
            body.append(line)
    raise DecodeError(f"the PEM block {label!r} has no END line", offset=begin)


def strict_base64(text: bytes) -> bytes | None:
    """Return what base64 text stands for; None unless it is the one text that does.

    :standard: RFC 4648 3.5 and 4
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # Writing it again finds what decoders pass over: padding inside, unused bits that are not zero.
    return data if base64.b64encode(data) == text else None


def bare_base64(data: bytes) -> bytes:
    """Return the DER of base64 text without PEM lines, as web services hand out keys and certificates; b"" when it is
    not the text of a SEQUENCE.
    """
    text = b"".join(data.split())
    try:
        decoded = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return decoded if decoded[:1] == _SEQUENCE else b""


def write_pem(label: str, data: Buffer) -> bytes:
    """Return a PEM block: lines of 64 characters that end with a line feed.

    :raises InvalidTypeError: when label is not ``str``, or data not a buffer.
    :raises InvalidInputError: when the label is empty, has a hyphen, or is not printable ASCII.
    """
    if not as_text(label, "label") or not label.isascii() or not label.isprintable() or "-" in label:
        raise InvalidInputError(f"not a label of PEM: {label!r}")
    text = base64.b64encode(as_bytes(data, "data"))
    lines = [text[i : i + _LINE_LEN] for i in range(0, len(text), _LINE_LEN)]
    name = label.encode("ascii")
    return b"\n".join((_BEGIN + name + _DASHES, *lines, _END + name + _DASHES, b""))
