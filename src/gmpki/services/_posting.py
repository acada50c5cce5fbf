"""What services have in common to which one message is posted at a time, and that answer it in the same exchange."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

__all__ = ["posting_application"]

_LOGGER: Final = logging.getLogger(__name__)


def posting_application(
    answer: Callable[[bytes], bytes], path: str, media_types: tuple[str, str], max_len: int
) -> Starlette:
    """Return an ASGI application that answers what is posted to a path.

    Statuses other than 200: 405 for another method, 413 for a message that is too long, 415 for another media type,
    503 when no answer can be given now.

    :param answer: is called in threads of its own; an error that it raises is for the log, not for who asks.
    :param media_types: of the messages, and of the answers.
    :param max_len: of a message, in bytes.
    """
    taken, given = media_types

    async def answered(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != taken:
            return Response(status_code=415)
        body = await _body(request, max_len)
        if body is None:
            return Response(status_code=413)
        try:
            found = await run_in_threadpool(answer, body)
        except GmpkiError:
            _LOGGER.exception("a request could not be answered")
            return Response(status_code=503)
        return Response(found, media_type=given, headers={"Cache-Control": "no-store"})

    return Starlette(routes=[Route(path, answered, methods=["POST"])])


async def _body(request: Request, max_len: int) -> bytes | None:
    """Return the body, or None as soon as it is too long."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > max_len:
            return None
        parts.append(part)
    return b"".join(parts)
