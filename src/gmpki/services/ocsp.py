"""OCSP over HTTP: an ASGI application around a responder.

    application = ocsp_application(OCSPResponder(issuer, signer, StoreStatusSource(store, 1, 1)))
    uvicorn.run(application, port=8080)

Requests come by POST to ``/`` or by GET with the request in the path. An answer to a GET may be kept by caches on the
way until its nextUpdate, but no longer than ``max_age_s``: what is revoked meanwhile is not seen by who asks a cache.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final

from gmpki._inputs import function, member, number
from gmpki.asn1.rfc6960 import ResponseStatus
from gmpki.errors import GmpkiError, UnsupportedPlatform
from gmpki.ocsp.http import REQUEST_MEDIA_TYPE, RESPONSE_MEDIA_TYPE, request_in_path
from gmpki.ocsp.responder import OCSPResponder
from gmpki.ocsp.response import OCSPResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["ocsp_application"]

_MAX_REQUEST_LEN: Final = 1 << 16
_MAX_AGE_S: Final = 3600


def ocsp_application(
    responder: OCSPResponder, *, max_age_s: int = _MAX_AGE_S, clock: Callable[[], datetime] | None = None
) -> Starlette:
    """Return an ASGI application that answers OCSP requests.

    :param max_age_s: for how long caches keep an answer at most, in seconds; 0 keeps them from it.
    :param clock: returns the time, with a time zone; None is that of the system. That of the responder, so that what
        caches are told fits what the answers say.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when max_age_s is not 0 to 31 days.
    :raises UnsupportedPlatform: when Starlette is not installed: the extra ``serve``.
    :standard: RFC 6960 appendix A; RFC 5019 5 and 6
    """
    try:
        from starlette.applications import Starlette
        from starlette.routing import Route
    except ImportError:
        raise UnsupportedPlatform("services need Starlette: install gmpki[serve]") from None
    member(responder, OCSPResponder, "responder")
    number(max_age_s, 0, 31 * 86_400, "max_age_s")
    if clock is not None:
        function(clock, "clock")
    endpoint = _Endpoint(responder, max_age_s, clock if clock is not None else _system_time)
    return Starlette(
        routes=[
            Route("/", endpoint.post, methods=["POST"]),
            Route("/{request:path}", endpoint.get, methods=["GET"]),
        ]
    )


class _Endpoint:
    def __init__(self, responder: OCSPResponder, max_age_s: int, clock: Callable[[], datetime]) -> None:
        self._responder = responder
        self._max_age_s = max_age_s
        self._clock = clock

    async def post(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != REQUEST_MEDIA_TYPE:
            return _refused(415)
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > _MAX_REQUEST_LEN:
                return _refused(413)
        return await self._answered(bytes(body), {"Cache-Control": "no-store"})

    async def get(self, request: Request) -> Response:
        # Undecoded, because a percent-encoded slash belongs to the request and is no step of the path.
        path = request.scope.get("raw_path") or request.url.path.encode("ascii", "replace")
        root = request.scope.get("root_path", "").encode("utf-8")
        try:
            asked = request_in_path(path.removeprefix(root).partition(b"?")[0].decode("ascii", "replace"))
        except GmpkiError:
            return await self._answered(b"", {"Cache-Control": "no-store"})
        return await self._answered(asked, None)

    async def _answered(self, asked: bytes, headers: dict[str, str] | None) -> Response:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import Response

        answer = await run_in_threadpool(self._responder.answer, asked)
        if headers is None:
            headers = _cache_headers(answer, self._clock(), self._max_age_s)
        return Response(answer, media_type=RESPONSE_MEDIA_TYPE, headers=headers)


def _cache_headers(answer: bytes, now: datetime, max_age_s: int) -> dict[str, str]:
    """Return what caches are told about an answer to a GET (RFC 5019 6.2)."""
    response = OCSPResponse.from_der(answer)
    if response.status is not ResponseStatus.SUCCESSFUL or response.nonce is not None:
        return {"Cache-Control": "no-store"}
    ends = [single.next_update for single in response.responses if single.next_update is not None]
    if len(ends) != len(response.responses):
        return {"Cache-Control": "no-store"}  # there may be newer information at any time
    age_s = min(max_age_s, int((min(ends) - now).total_seconds()))
    if age_s <= 0:
        return {"Cache-Control": "no-store"}
    return {
        "Cache-Control": f"max-age={age_s}, public, no-transform, must-revalidate",
        "ETag": f'"{hashlib.sha256(answer).hexdigest()}"',
        "Last-Modified": format_datetime(response.produced_at, usegmt=True),
        "Expires": format_datetime(min(ends), usegmt=True),
    }


def _refused(status: int) -> Response:
    from starlette.responses import Response

    return Response(status_code=status)


def _system_time() -> datetime:
    return datetime.now(timezone.utc)
