"""The key-management centre as a service over HTTP: signed messages of GM/T 0014, posted one at a time.

    from gmpki.services.kmc import create_app
    app = create_app(service)         # a gmpki.ca.kmc.answering.KeyManagementService
    # uvicorn my_module:app

Every message that is a request gets a signed answer with the status 200, refusals too. Other statuses are for what is
none: 405 for another method, 413 for more than 4 MiB, 415 for another media type, 503 when the database does not
answer. Authority and centre are known to each other by their signatures; TLS with certificates of both is set up in
front of this.

:standard: GM/T 0014, whose text was not read; how its messages travel is a choice of this project (confidence D)
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from gmpki._inputs import as_text, member
from gmpki.ca.kmc.answering import KeyManagementService
from gmpki.ca.kmc.messages import MAX_MESSAGE_LEN, MEDIA_TYPE
from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["create_app"]

_LOGGER: Final = logging.getLogger(__name__)


def create_app(service: KeyManagementService, *, path: str = "/") -> Starlette:
    """Return an ASGI application that answers requests.

    :param service: what answers.
    :param path: where requests are posted.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    member(service, KeyManagementService, "service")
    as_text(path, "path")

    async def answer(request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
            return Response(status_code=415)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            answered = await run_in_threadpool(service.answer, body)
        except GmpkiError:
            # What is wrong inside is for the log of the service, not for who asks.
            _LOGGER.exception("a request could not be answered")
            return Response(status_code=503)
        return Response(answered, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})

    return Starlette(routes=[Route(path, answer, methods=["POST"])])


async def _body(request: Request) -> bytes | None:
    """Return the body, or None as soon as it is too long."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        if length > MAX_MESSAGE_LEN:
            return None
        parts.append(part)
    return b"".join(parts)
