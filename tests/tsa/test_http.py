"""The client: it gives out only what it asked for and verified, over any transport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gmpki.errors import (
    DecodeError,
    FetchError,
    InvalidInputError,
    InvalidTypeError,
    TimestampError,
    TimestampRejected,
    UnsupportedAlgorithm,
)
from gmpki.tsa.http import QUERY_MEDIA_TYPE, REPLY_MEDIA_TYPE, TimestampClient
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.request import TimestampRequest
from gmpki.tsa.verify import TokenVerifier
from tsa.scene import ALGORITHMS, DATA, NOW, OTHER_POLICY, scene

URL = "http://tsa.example.cn/"


def client(post: Callable[[str, bytes], Any], **options: Any) -> TimestampClient:
    return TimestampClient(URL, post, TokenVerifier(scene().trust()), **options)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("hash_name", ["sm3", "sha256"])
def test_stamping(algorithm: str, hash_name: str) -> None:
    asked: list[tuple[str, bytes]] = []

    def post(url: str, body: bytes) -> bytes:
        asked.append((url, body))
        return scene(algorithm).authority().answer(body)

    made = TimestampClient(URL, post, TokenVerifier(scene(algorithm).trust()), hash_name=hash_name, policy=OTHER_POLICY)
    stamp = made.stamp(DATA)
    assert (stamp.time, stamp.policy) == (NOW, OTHER_POLICY)
    assert made.stamp(Imprint.of(DATA)).imprint == Imprint.of(DATA)
    assert [url for url, _ in asked] == [URL, URL]
    requests = [TimestampRequest.from_der(body) for _, body in asked]
    assert [request.imprint.hash_name for request in requests] == [hash_name, "sm3"]
    assert requests[0].nonce != requests[1].nonce


def test_media_types() -> None:
    assert (QUERY_MEDIA_TYPE, REPLY_MEDIA_TYPE) == ("application/timestamp-query", "application/timestamp-reply")


def test_an_answer_of_yesterday() -> None:
    kept = scene().authority().answer(TimestampRequest.of(DATA).to_der())
    with pytest.raises(TimestampError) as caught:
        client(lambda *_: kept).stamp(DATA)
    assert caught.value.reason == "nonce"


def test_an_answer_about_other_data() -> None:
    with pytest.raises(TimestampError) as caught:
        client(lambda _, body: scene().authority().answer(_about(body))).stamp(DATA)
    assert caught.value.reason == "imprint"


def _about(body: bytes) -> bytes:
    return TimestampRequest.of(b"other", nonce=TimestampRequest.from_der(body).nonce or 0).to_der()


def test_a_refusal() -> None:
    authority = scene().authority(hash_names=["sha256"])
    with pytest.raises(TimestampRejected, match="badAlg"):
        client(lambda _, body: authority.answer(body)).stamp(DATA)


@pytest.mark.parametrize("answer", [b"", b"<html>404</html>", bytes(100)])
def test_what_is_no_answer(answer: bytes) -> None:
    with pytest.raises(DecodeError):
        client(lambda *_: answer).stamp(DATA)


def test_a_transport_that_fails() -> None:
    def post(*_: object) -> bytes:
        raise FetchError("no connection")

    with pytest.raises(FetchError):
        client(post).stamp(DATA)


@pytest.mark.parametrize("answer", [None, "text", 7])
def test_a_transport_that_answers_with_no_bytes(answer: Any) -> None:
    with pytest.raises(InvalidTypeError):
        client(lambda *_: answer).stamp(DATA)


def test_other_types() -> None:
    verifier = TokenVerifier(scene().trust())
    for arguments in ((None, print, verifier), (URL, None, verifier), (URL, print, None)):
        with pytest.raises(InvalidTypeError):
            TimestampClient(*arguments)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedAlgorithm):
        client(print, hash_name="sha1")
    with pytest.raises(InvalidInputError):
        client(print, policy="policy")
    for wrong in (None, "text", 7):
        with pytest.raises(InvalidTypeError):
            client(print).stamp(wrong)  # type: ignore[arg-type]
