"""An authority as a service over HTTP for registration offices elsewhere: signed orders, posted one at a time.

    from gmpki.services.issuer import create_app
    app = create_app(service)         # a gmpki.ca.remote.answering.IssuerService
    # uvicorn my_module:app

Every message gets a signed answer with the status 200, refusals too. Other statuses are for what is none: 405 for
another method, 413 for more than 1 MiB, 415 for another media type, 503 when the database does not answer, after which
the same message may be sent again. TLS is set up in front of this, for what orders say about people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._inputs import as_text, member
from gmpki.ca.remote.answering import IssuerService
from gmpki.ca.remote.messages import MAX_MESSAGE_LEN, MEDIA_TYPE
from gmpki.services._posting import posting_application

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["create_app"]


def create_app(service: IssuerService, *, path: str = "/") -> Starlette:
    """Return an ASGI application that answers orders.

    :param service: what answers.
    :param path: where orders are posted.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    member(service, IssuerService, "service")
    return posting_application(service.answer, as_text(path, "path"), (MEDIA_TYPE, MEDIA_TYPE), MAX_MESSAGE_LEN)
