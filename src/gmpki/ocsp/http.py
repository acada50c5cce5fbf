"""OCSP over HTTP: media types, and requests that stand in an address. No sockets are opened here.

:standard: RFC 6960 appendix A
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote_to_bytes

from gmpki._inputs import as_bytes, as_text
from gmpki.errors import DecodeError, LimitExceeded

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["MAX_GET_LEN", "REQUEST_MEDIA_TYPE", "RESPONSE_MEDIA_TYPE", "get_url", "request_in_path"]

REQUEST_MEDIA_TYPE: Final = "application/ocsp-request"
RESPONSE_MEDIA_TYPE: Final = "application/ocsp-response"

MAX_GET_LEN: Final = 255
"""From this many characters on a request does not go into an address but is posted (RFC 6960 A.1)."""
# What is read of others, some of which keep to no limit.
_MAX_PATH_LEN: Final = 1 << 13


def get_url(url: str, request: Buffer) -> str | None:
    """Return the address that asks by GET, so that caches on the way can answer; None when the request is too long.

    :param url: of the responder, from the certificate or from a setting.
    :param request: the DER of the request.
    :raises InvalidTypeError: when url is no ``str``, or request has no buffer.
    :standard: RFC 6960 A.1
    """
    encoded = quote(base64.b64encode(as_bytes(request, "the request")), safe="")
    if len(encoded) >= MAX_GET_LEN:
        return None
    return f"{as_text(url, 'url').rstrip('/')}/{encoded}"


def request_in_path(path: str) -> bytes:
    """Return the DER of a request that stands in the path of an address, behind what leads to the responder.

    :param path: percent-encoded base64, with or without the slash in front.
    :raises InvalidTypeError: when it is no ``str``.
    :raises DecodeError: when it is not base64.
    :raises LimitExceeded: when it is longer than 8192 characters.
    :standard: RFC 6960 A.1
    """
    if len(as_text(path, "path")) > _MAX_PATH_LEN:
        raise LimitExceeded(f"a path of {len(path)} characters; at most {_MAX_PATH_LEN} are read")
    try:
        # One slash leads to the request; base64 does not begin with one, because DER begins with 30.
        text = unquote_to_bytes(path.removeprefix("/"))
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise DecodeError("no OCSP request in the path: it is not base64") from None
