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

from typing import TYPE_CHECKING

from gmpki._inputs import as_text, member
from gmpki.ca.kmc.answering import KeyManagementService
from gmpki.ca.kmc.messages import MAX_MESSAGE_LEN, MEDIA_TYPE
from gmpki.services._posting import posting_application

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["create_app"]


def create_app(service: KeyManagementService, *, path: str = "/") -> Starlette:
    """Return an ASGI application that answers requests.

    :param service: what answers.
    :param path: where requests are posted.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    member(service, KeyManagementService, "service")
    return posting_application(service.answer, as_text(path, "path"), (MEDIA_TYPE, MEDIA_TYPE), MAX_MESSAGE_LEN)
