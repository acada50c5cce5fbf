"""Certificates and revocation lists over HTTP: an ASGI application around a directory that was published to.

    uvicorn.run(tree_application("/srv/pki"), port=8080)

Any web server can hand out the directory of :class:`gmpki.ca.publication.directory.DirectoryPublisher`; this one gives
each file the media type of RFC 2585, and nothing that lies outside the places of the tree.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gmpki import _files
from gmpki._inputs import number
from gmpki.ca.publication.tree import media_type
from gmpki.errors import UnsupportedPlatform

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["tree_application"]

_PLACES: Final = ("ca", "crl", "certs")
_SUFFIXES: Final = (".cer", ".crl")
_MAX_AGE_S: Final = 600


def tree_application(path: str | os.PathLike[str], *, max_age_s: int = _MAX_AGE_S) -> Starlette:
    """Return an ASGI application that hands out the files of a directory.

    :param path: of the directory.
    :param max_age_s: for how long caches keep a file, in seconds.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the path is none, or max_age_s is not 0 to 31 days.
    :raises UnsupportedPlatform: when Starlette is not installed: the extra ``serve``.
    """
    try:
        from starlette.applications import Starlette
        from starlette.routing import Route
    except ImportError:
        raise UnsupportedPlatform("services need Starlette: install gmpki[serve]") from None
    root = Path(_files.as_path(path))
    cache = f"max-age={number(max_age_s, 0, 31 * 86_400, 'max_age_s')}, public"

    async def file(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import FileResponse, Response

        place = request.path_params["place"]
        found = await run_in_threadpool(_found, root, place)
        if found is None:
            return Response(status_code=404)
        return FileResponse(found, media_type=media_type(found.name), headers={"Cache-Control": cache})

    return Starlette(routes=[Route("/{place:path}", file, methods=["GET"])])


def _found(root: Path, place: str) -> Path | None:
    """Return the file of a place in the tree; None when there is none."""
    parts = place.split("/")
    if parts[0] not in _PLACES or any(part in ("", ".", "..") or "\0" in part for part in parts):
        return None
    file = root.joinpath(*parts)
    try:
        # A link could lead out of the tree.
        is_inside = file.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, ValueError):
        return None
    return file if is_inside and file.suffix in _SUFFIXES and file.is_file() else None
