"""The decoding of those streams that the structure of a PDF file lies in: cross-references and objects.

Only what such streams are written with is here: FlateDecode, with or without the predictors of PNG. The bytes that come
out are counted before they exist.

:standard: ISO 32000-1 7.4.4
"""

from __future__ import annotations

import zlib
from typing import Any, Final

from gmpki.errors import DecodeError, LimitExceeded, UnsupportedAlgorithm
from gmpki.seal.pdf.syntax import shown

__all__ = ["MAX_DECODED_LEN", "decoded"]

MAX_DECODED_LEN: Final = 64 << 20
"""The most that one stream may decode to, in bytes."""
_MAX_ROW_LEN: Final = 1 << 16


def decoded(dictionary: dict[str, Any], encoded: bytes, *, at: int, max_len: int = MAX_DECODED_LEN) -> bytes:
    """Return what a stream holds.

    :param at: where it stands in the file, for messages.
    :raises UnsupportedAlgorithm: when it has another filter than FlateDecode.
    :raises DecodeError: when it is malformed.
    :raises LimitExceeded: when it decodes to more than max_len bytes.
    """
    filters, parameters = _as_list(dictionary.get("Filter")), _as_list(dictionary.get("DecodeParms"))
    if not filters:
        if len(encoded) > max_len:
            raise LimitExceeded(f"the stream at byte {at} is longer than {max_len} bytes")
        return encoded
    if filters != ["FlateDecode"] or len(parameters) > 1 or "F" in dictionary:
        raise UnsupportedAlgorithm(
            f"the structure of the file lies in a stream with the filters {shown(filters)}; only FlateDecode is read"
        )
    data = _inflated(encoded, max_len, at)
    settings = parameters[0] if parameters else {}
    if not isinstance(settings, dict):
        raise DecodeError("the parameters of a filter are no dictionary", offset=at)
    return _without_predictor(data, settings, at)


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _inflated(encoded: bytes, max_len: int, at: int) -> bytes:
    engine = zlib.decompressobj()
    try:
        data = engine.decompress(encoded, max_len + 1)
    except zlib.error:
        raise DecodeError("a stream cannot be inflated", offset=at) from None
    if len(data) > max_len:
        raise LimitExceeded(f"the stream at byte {at} decodes to more than {max_len} bytes")
    # What two programs would read differently is refused; an end of line before endstream counts for nothing.
    if not engine.eof or engine.unused_data.strip(b"\r\n"):
        raise DecodeError("a stream is cut off, or longer than what was deflated", offset=at)
    return data


def _number(settings: dict[str, Any], key: str, default: int) -> int:
    value = settings.get(key, default)
    return value if type(value) is int else -1


def _without_predictor(data: bytes, settings: dict[str, Any], at: int) -> bytes:
    predictor = _number(settings, "Predictor", 1)
    if predictor == 1:
        return data
    columns = _number(settings, "Columns", 1)
    one_byte = _number(settings, "Colors", 1) == 1 and _number(settings, "BitsPerComponent", 8) == 8
    if not 10 <= predictor <= 15 or not 1 <= columns <= _MAX_ROW_LEN or not one_byte:
        raise UnsupportedAlgorithm(f"the stream at byte {at} has a predictor that is not read")
    if len(data) % (columns + 1):
        raise DecodeError("a stream with a predictor consists of whole rows", offset=at)
    rows = bytearray()
    above = bytes(columns)
    for start in range(0, len(data), columns + 1):
        above = _row(data[start], data[start + 1 : start + 1 + columns], above, at)
        rows += above
    return bytes(rows)


def _row(kind: int, row: bytes, above: bytes, at: int) -> bytes:
    """Undo the filter of one row of bytes; there is one byte to a pixel.

    :standard: PNG (ISO/IEC 15948) 9.2, which ISO 32000-1 7.4.4.4 takes over
    """
    if kind == 0:
        return row
    if kind == 2:
        return bytes((value + up) & 0xFF for value, up in zip(row, above, strict=True))
    if kind not in (1, 3, 4):
        raise DecodeError("a row of a stream has an unknown predictor", offset=at)
    out = bytearray()
    left = corner = 0
    for value, up in zip(row, above, strict=True):
        guess = left if kind == 1 else (left + up) // 2 if kind == 3 else _paeth(left, up, corner)
        left, corner = (value + guess) & 0xFF, up
        out.append(left)
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda one: abs(estimate - one))
