"""PEM, DER or bare base64 around certificates, requests and revocation lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.errors import InvalidInputError, LimitExceeded
from gmpki.keys import pem

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["MAX_FILE_LEN", "read_all", "read_one"]

MAX_FILE_LEN: Final = 64 * 1024 * 1024
"""The longest file read, in bytes."""

_SEQUENCE: Final = b"\x30"
_SHOWN_LABELS: Final = 8
_TELLING_LEN: Final = 64


def read_one(data: Buffer, labels: tuple[str, ...], what: str, *, max_len: int = MAX_FILE_LEN) -> bytes:
    """Return the DER of the one structure that a file holds.

    :param labels: the PEM labels it may have; blocks with others are passed over.
    :param what: what it is called in messages, such as "certificate".
    :raises InvalidTypeError: when data is not a buffer.
    :raises LimitExceeded: when it is longer than max_len bytes.
    :raises InvalidInputError: when there is none, or more than one.
    :raises DecodeError: when it is broken PEM.
    """
    found = read_all(data, labels, what, max_len=max_len)
    if len(found) != 1:
        raise InvalidInputError(f"the file has {len(found)} PEM blocks with a {what}; give one")
    return found[0]


def read_all(data: Buffer, labels: tuple[str, ...], what: str, *, max_len: int = MAX_FILE_LEN) -> list[bytes]:
    """Return the DER of every structure in a PEM file, at least one, or of the one in DER or base64.

    Parameters and errors are those of :func:`read_one`.
    """
    hint = "encode the text as ASCII, or read the file in binary mode"
    raw = as_bytes(data, f"a {what}", text_hint=hint)
    if len(raw) > max_len:
        raise LimitExceeded(f"a {what} file of {len(raw)} bytes; at most {max_len} are read")
    # Text may begin with "0" as well, which is the octet of a SEQUENCE, but DER of any use is not all ASCII.
    if raw[:1] == _SEQUENCE and not raw[:_TELLING_LEN].isascii():
        return [raw]
    if pem.is_pem(raw):
        blocks = pem.read_pem(raw)
        found = [block.data for block in blocks if block.label in labels]
        if not found:
            shown = ", ".join(repr(block.label) for block in blocks[:_SHOWN_LABELS])
            raise InvalidInputError(f"the PEM file has no {what}; it has {shown}")
        return found
    decoded = pem.bare_base64(raw)
    if not decoded:
        came = f"{len(raw)} bytes that are none of these" if raw.strip() else "an empty file"
        raise InvalidInputError(f"expected a {what} as PEM, DER or base64; came {came}")
    return [decoded]
