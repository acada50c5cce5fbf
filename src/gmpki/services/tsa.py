"""A time-stamping authority as a service over HTTP.

    from gmpki.services.tsa import create_app
    app = create_app(authority)       # a gmpki.tsa.authority.TimestampAuthority
    # uvicorn my_module:app

Every request gets a response with the status 200, refusals too. Other statuses are for what is none: 405 for another
method, 413 for more than 64 KiB, 415 for another media type.

:standard: RFC 3161 3.4; GM/T 0033-2014
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member
from gmpki.services._posting import posting_application
from gmpki.tsa.authority import TimestampAuthority
from gmpki.tsa.http import QUERY_MEDIA_TYPE, REPLY_MEDIA_TYPE

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["create_app"]

# A request is an imprint, a policy and a nonce; extensions are refused.
_MAX_REQUEST_LEN: Final = 1 << 16


def create_app(authority: TimestampAuthority, *, path: str = "/") -> Starlette:
    """Return an ASGI application that answers requests for time-stamps.

    :param authority: what answers.
    :param path: where requests are posted.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    member(authority, TimestampAuthority, "authority")
    types = (QUERY_MEDIA_TYPE, REPLY_MEDIA_TYPE)
    return posting_application(authority.answer, as_text(path, "path"), types, _MAX_REQUEST_LEN)
