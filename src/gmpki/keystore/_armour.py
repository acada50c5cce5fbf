"""What stands around key files: how long they may be; DER or BER as it is, or as base64 text without PEM lines."""

from __future__ import annotations

from typing import Final

from gmpki.keys import pem

__all__ = ["MAX_FILE_LEN", "unwrap"]

MAX_FILE_LEN: Final = 1 << 22
"""The longest file, in bytes."""

_SEQUENCE: Final = b"\x30"


def unwrap(raw: bytes) -> tuple[bytes, str]:
    """Return the bytes of a SEQUENCE and what was around it: "" or "base64: "; ``b""`` when there is none."""
    # Text may begin with "0" as well, which is the octet of a SEQUENCE; binary data that is all ASCII is no base64.
    decoded = pem.bare_base64(raw) if raw.isascii() else b""
    if decoded:
        return decoded, "base64: "
    return (raw, "") if raw[:1] == _SEQUENCE else (b"", "")
