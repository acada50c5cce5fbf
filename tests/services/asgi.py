"""Asks ASGI applications without a server between."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Answer:
    """What an application answered. Names of headers are in lower case."""

    status_code: int
    headers: dict[str, str]
    content: bytes


def ask(application: Any, method: str, url: str, content: bytes = b"", **headers: str) -> Answer:
    """Send one request; underscores in the names of headers are hyphens."""
    parts = urlsplit(url)
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(parts.path) or "/",
        "raw_path": parts.path.encode() or b"/",
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", b"testserver"), *sent],
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 1),
    }
    messages: list[dict[str, Any]] = []
    # A body in pieces, as servers hand it on.
    pieces = [content[at : at + 1000] for at in range(0, len(content), 1000)] or [b""]

    async def receive() -> dict[str, Any]:
        if not pieces:
            await asyncio.Event().wait()  # the client stays until it has its answer
        return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    asyncio.run(application(scope, receive, send))
    answered = {name.decode().lower(): value.decode() for name, value in messages[0]["headers"]}
    return Answer(messages[0]["status"], answered, b"".join(each.get("body", b"") for each in messages[1:]))
