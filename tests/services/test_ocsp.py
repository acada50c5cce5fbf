"""OCSP over HTTP: what is asked, what is answered, and what caches are told."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

import pytest

from certified import NOW, certify
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.asn1.rfc6960 import CertStatus, ResponseStatus
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.ocsp.http import REQUEST_MEDIA_TYPE, RESPONSE_MEDIA_TYPE, get_url
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.responder import KnownStatus, OCSPResponder
from gmpki.ocsp.response import OCSPResponse
from gmpki.services.ocsp import ocsp_application
from gmpki.x509.names import build_name
from services.asgi import Answer, ask

KEY = SM2PrivateKey.generate()
ROOT = build_name(("C", "CN"), ("CN", "示例根"))
ISSUER = certify(ROOT, KEY.public_key, ROOT, KEY)


class Source:
    def status(self, serial_number: int) -> KnownStatus | None:
        if serial_number % 2:
            return KnownStatus(CertStatus.revoked(NOW, ReasonCode.SUPERSEDED))
        return KnownStatus(CertStatus.good(), next_update=NOW + timedelta(days=1))


def request(number: int = 5, **asked: Any) -> bytes:
    builder = OCSPRequestBuilder().add(number, ISSUER)
    return (builder.nonce(b"n" * 16) if asked else builder).build().to_der()


RESPONDER = OCSPResponder(ISSUER, KEY, Source(), clock=lambda: NOW)
APPLICATION = ocsp_application(RESPONDER, clock=lambda: NOW)
get = partial(ask, APPLICATION, "GET")


def post(body: bytes, kind: str = REQUEST_MEDIA_TYPE) -> Answer:
    return ask(APPLICATION, "POST", "/", body, content_type=kind)


def read(answer: Answer) -> OCSPResponse:
    assert (answer.status_code, answer.headers["content-type"]) == (200, RESPONSE_MEDIA_TYPE)
    return OCSPResponse.from_der(answer.content)


def test_post() -> None:
    answer = post(request())
    assert read(answer).responses[0].status.revocation_time == NOW
    assert answer.headers["cache-control"] == "no-store"
    assert read(post(request(), f"{REQUEST_MEDIA_TYPE}; x=y")).status is ResponseStatus.SUCCESSFUL


@pytest.mark.parametrize("number", range(2, 40, 3))
def test_get(number: int) -> None:
    url = get_url("/", request(number))
    assert url is not None
    answer = get(url)
    assert read(answer).responses[0].cert_id.serial_number == number
    # The answer of the source ends after an hour, or after a day, of which caches may have an hour.
    assert answer.headers["cache-control"] == "max-age=3600, public, no-transform, must-revalidate"
    assert answer.headers["last-modified"] == "Sun, 01 Mar 2026 08:00:00 GMT"
    ends = {0: "Mon, 02 Mar 2026 08:00:00 GMT", 1: "Sun, 01 Mar 2026 09:00:00 GMT"}
    assert answer.headers["expires"] == ends[number % 2]
    assert answer.headers["etag"].strip('"')


def test_a_nonce_is_not_kept_by_caches() -> None:
    url = get_url("/", request(7, nonce=True))
    assert url is not None
    answer = get(url)
    assert read(answer).nonce == b"n" * 16
    assert answer.headers["cache-control"] == "no-store"


def test_mounted_below_another_path() -> None:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    url = get_url("/ocsp", request())
    assert url is not None
    outer = Starlette(routes=[Mount("/ocsp", APPLICATION)])
    assert read(ask(outer, "GET", url)).status is ResponseStatus.SUCCESSFUL


@pytest.mark.parametrize("body", [b"", b"x", b"0" * 100, b"\x30\x80", request()[:-1], request() + b"\0"], ids=len)
def test_what_is_no_request(body: bytes) -> None:
    assert read(post(body)).status is ResponseStatus.MALFORMED_REQUEST


@pytest.mark.parametrize("path", ["", "x", "%", "%zz", "AAAA", "../..", "%00", quote("示例"), "A" * 9000])
def test_what_is_no_request_in_a_path(path: str) -> None:
    answer = get("/" + path)
    assert read(answer).status is ResponseStatus.MALFORMED_REQUEST
    assert answer.headers["cache-control"] == "no-store"


def test_too_long_a_request() -> None:
    assert post(b"0" * 70_000).status_code == 413


@pytest.mark.parametrize("kind", ["", "text/plain", "application/ocsp-response"])
def test_other_media_types(kind: str) -> None:
    assert post(request(), kind).status_code == 415


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods(method: str) -> None:
    assert ask(APPLICATION, method, "/").status_code == 405


def test_no_caching_at_all() -> None:
    url = get_url("/", request())
    assert url is not None
    answer = ask(ocsp_application(RESPONDER, max_age_s=0, clock=lambda: NOW), "GET", url)
    assert answer.headers["cache-control"] == "no-store"


def test_arguments() -> None:
    for bad in (None, "responder"):
        with pytest.raises(InvalidTypeError):
            ocsp_application(bad)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        ocsp_application(RESPONDER, max_age_s=-1)
    with pytest.raises(InvalidTypeError):
        ocsp_application(RESPONDER, clock=5)  # type: ignore[arg-type]
