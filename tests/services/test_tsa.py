"""A time-stamping authority over HTTP."""

from __future__ import annotations

import pytest

from gmpki.errors import InvalidTypeError, TimestampRejected
from gmpki.services.tsa import create_app
from gmpki.tsa.http import QUERY_MEDIA_TYPE, REPLY_MEDIA_TYPE, TimestampClient
from gmpki.tsa.response import TimestampResponse
from gmpki.tsa.verify import TokenVerifier
from services.asgi import ask
from tsa.scene import DATA, NOW, scene

APPLICATION = create_app(scene().authority(), path="/tsa")


def post(url: str, body: bytes) -> bytes:
    answer = ask(APPLICATION, "POST", url, body, content_type=QUERY_MEDIA_TYPE)
    assert (answer.status_code, answer.headers["content-type"]) == (200, REPLY_MEDIA_TYPE)
    return answer.content


def test_stamping() -> None:
    client = TimestampClient("http://tsa.example.cn/tsa", post, TokenVerifier(scene().trust()))
    assert client.stamp(DATA).time == NOW


def test_refusals_are_answers() -> None:
    with pytest.raises(TimestampRejected, match="badDataFormat"):
        TimestampResponse.from_der(post("/tsa", b"no request")).token  # noqa: B018 - it raises
    client = TimestampClient("/tsa", post, TokenVerifier(scene().trust()), policy="1.2.3.4")
    with pytest.raises(TimestampRejected):
        client.stamp(DATA)


@pytest.mark.parametrize(
    ("method", "path", "content", "content_type", "status"),
    [
        ("GET", "/tsa", b"", QUERY_MEDIA_TYPE, 405),
        ("POST", "/", b"x", QUERY_MEDIA_TYPE, 404),
        ("POST", "/tsa", b"x", REPLY_MEDIA_TYPE, 415),
        ("POST", "/tsa", bytes((1 << 16) + 1), QUERY_MEDIA_TYPE, 413),
    ],
)
def test_what_http_can_do_wrong(method: str, path: str, content: bytes, content_type: str, status: int) -> None:
    assert ask(APPLICATION, method, path, content, content_type=content_type).status_code == status


def test_arguments() -> None:
    with pytest.raises(InvalidTypeError):
        create_app(scene())  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        create_app(scene().authority(), path=b"/")  # type: ignore[arg-type]
