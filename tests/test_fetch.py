"""Fetching, from a server in a thread of this process."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpcore", reason="peer program: httpcore is not installed")

import hostile
from gmpki.asn1.rfc6960 import CertStatus
from gmpki.errors import FetchError, InvalidInputError, InvalidTypeError
from gmpki.fetch import Fetcher
from gmpki.ocsp.checker import OCSPChecker
from gmpki.ocsp.http import request_in_path
from gmpki.ocsp.responder import KnownStatus, OCSPResponder
from gmpki.x509.revocation import RevocationContext, RevocationStatus
from ocsp.scene import scene

Handler = Callable[[str, dict[str, str], bytes], bytes]


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    if "Content_Length" not in headers and "Transfer_Encoding" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Server:
    """A server that does what a function says with each request; it serves one connection after the other."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.handle: Handler = lambda _line, _headers, _body: reply(status="404 Not Found")
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.pieces: Callable[[bytes], Iterator[bytes]] = lambda answer: iter([answer])
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._stop = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        port: int = self._socket.getsockname()[1]
        return port

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"{'http' if self._context is None else 'https'}://{host}:{self.port}{path}"

    def _run(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self._stop:
                connection.close()
                return
            # What the client does to the connection is its own affair.
            with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as open_ones:
                open_ones.enter_context(connection)
                if self._context is not None:
                    connection = open_ones.enter_context(self._context.wrap_socket(connection, server_side=True))
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        stream = connection.makefile("rb")
        line = stream.readline().decode().strip()
        headers: dict[str, str] = {}
        while text := stream.readline().decode().strip():
            name, _, value = text.partition(": ")
            headers[name.lower()] = value
        body = stream.read(int(headers.get("content-length", "0")))
        self.asked.append((line, headers, body))
        for piece in self.pieces(self.handle(line, headers, body)):
            connection.sendall(piece)
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._stop = True
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            pass
        self._thread.join(15)
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def gives(server: Server, body: bytes = b"data", **options: str) -> None:
    server.handle = lambda _line, _headers, _body: reply(body, **options)


def refused(call: Callable[..., bytes], *arguments: Any, message: str | None = None) -> None:
    with pytest.raises(FetchError, match=message) as caught:
        call(*arguments)
    assert "\n" not in str(caught.value)
    assert str(caught.value).isascii()


# ---- what is fetched ----------------------------------------------------------------------
@pytest.mark.parametrize(
    "media_type", ["application/pkix-crl", "Application/PKIX-CRL; x=y", "application/octet-stream"]
)
def test_a_list(server: Server, media_type: str) -> None:
    gives(server, b"list" * 10_000, Content_Type=media_type)
    assert Fetcher().crl(server.url("/ca.crl?a=b")) == b"list" * 10_000
    line, headers, body = server.asked[0]
    assert line == "GET /ca.crl?a=b HTTP/1.1"
    assert headers["host"] == f"127.0.0.1:{server.port}"
    assert headers["accept-encoding"] == "identity"
    assert body == b""


@pytest.mark.parametrize("media_type", ["application/pkix-cert", "application/pkcs7-mime; smime-type=certs-only"])
def test_certificates(server: Server, media_type: str) -> None:
    gives(server, b"certificate", Content_Type=media_type)
    assert Fetcher().certificates(server.url("")) == b"certificate"
    assert server.asked[0][0] == "GET / HTTP/1.1"


def test_a_body_in_chunks(server: Server) -> None:
    gives(server, b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", Content_Type="application/pkix-crl", Transfer_Encoding="chunked")
    assert Fetcher().crl(server.url()) == b"abcde"


def test_a_body_up_to_the_end_of_the_connection(server: Server) -> None:
    server.handle = lambda *_: b"HTTP/1.0 200 OK\r\nContent-Type: application/pkix-crl\r\n\r\nabc"
    assert Fetcher().crl(server.url()) == b"abc"


class Good:
    def status(self, serial_number: int) -> KnownStatus | None:
        return KnownStatus(CertStatus.good()) if serial_number == 0x77 else None


@pytest.mark.parametrize("by_get", [False, True])
@pytest.mark.parametrize("nonce", [False, True])
def test_ocsp(server: Server, by_get: bool, nonce: bool) -> None:
    made = scene()
    now = datetime.now(timezone.utc)
    responder = OCSPResponder(made.ca, made.ca_key, Good())

    def handle(line: str, headers: dict[str, str], body: bytes) -> bytes:
        method, path, _ = line.split()
        request = body if method == "POST" else request_in_path(path.removeprefix("/ocsp"))
        return reply(responder.answer(request), Content_Type="application/ocsp-response")

    server.handle = handle
    checker = OCSPChecker(fetch=Fetcher(ocsp_by_get=by_get).ocsp, urls=[server.url("/ocsp")], nonce=nonce)
    result = checker.check(made.leaf, made.ca, RevocationContext(now))
    assert result.status is RevocationStatus.GOOD, result.detail
    line, headers, _ = server.asked[0]
    assert line.startswith("GET /ocsp/M" if by_get else "POST /ocsp ")
    assert headers.get("content-type") == (None if by_get else "application/ocsp-request")


def test_a_time_stamp(server: Server) -> None:
    gives(server, b"answer", Content_Type="application/timestamp-reply")
    assert Fetcher().timestamp(server.url("/tsa"), memoryview(b"request")) == b"answer"
    line, headers, body = server.asked[0]
    assert line.startswith("POST /tsa ")
    assert headers["content-type"] == "application/timestamp-query"
    assert headers["accept"] == "application/timestamp-reply"
    assert body == b"request"


@pytest.mark.parametrize("media_type", ["text/html", "application/ocsp-response", "application/octet-stream"])
def test_what_is_no_time_stamp(server: Server, media_type: str) -> None:
    gives(server, b"answer", Content_Type=media_type)
    refused(Fetcher().timestamp, server.url(), b"request", message="of the type")
    with pytest.raises(InvalidTypeError):
        Fetcher().timestamp(server.url(), "request")  # type: ignore[arg-type]


def test_a_long_question_is_posted(server: Server) -> None:
    gives(server, b"answer", Content_Type="application/ocsp-response")
    assert Fetcher(ocsp_by_get=True).ocsp(server.url(), bytes(300)) == b"answer"
    assert server.asked[0][0].startswith("POST")
    assert server.asked[0][2] == bytes(300)


# ---- messages of other protocols ----------------------------------------------------------
POSTED: dict[str, Any] = {"content_type": "application/x-asked", "answer_types": ("application/x-answered", "text/x")}


@pytest.mark.parametrize("media_type", ["application/x-answered", "Text/X; charset=utf-8"])
def test_a_message(server: Server, media_type: str) -> None:
    gives(server, b"answer", Content_Type=media_type)
    assert Fetcher().post(server.url("/orders"), memoryview(b"message"), **POSTED) == b"answer"
    line, headers, body = server.asked[0]
    assert line.startswith("POST /orders ")
    assert (headers["content-type"], headers["accept"]) == ("application/x-asked", "application/x-answered")
    assert body == b"message"


def test_answers_that_are_not_taken(server: Server) -> None:
    gives(server, b"answer", Content_Type="text/html")
    refused(lambda: Fetcher().post(server.url(), b"", **POSTED), message="of the type")
    gives(server, b"answer", Content_Type="text/x")
    refused(lambda: Fetcher().post(server.url(), b"", max_answer_len=5, **POSTED))
    assert Fetcher().post(server.url(), b"", max_answer_len=6, **POSTED) == b"answer"
    gives(server, b"", status="503 Later", Content_Type="text/x")
    refused(lambda: Fetcher().post(server.url(), b"", **POSTED), message="status 503")


@pytest.mark.parametrize(
    "changes",
    [
        {"content_type": "text/x\r\nHost: elsewhere"},
        {"content_type": "文本"},
        {"content_type": b"text/x"},
        {"answer_types": ()},
        {"answer_types": "text/x\n"},
        {"answer_types": (1,)},
        {"max_answer_len": 0},
        {"max_answer_len": "1"},
        {"content": "text"},
    ],
    ids=range(9),
)
def test_messages_that_are_not_sent(server: Server, changes: dict[str, Any]) -> None:
    arguments = {"content": b"", **POSTED, **changes}
    with pytest.raises(InvalidInputError):
        Fetcher().post(server.url(), **arguments)
    assert server.asked == []


# ---- what is not taken --------------------------------------------------------------------
@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "204 No Content", "206 Partial", "304 Not Modified"])
def test_status(server: Server, status: str) -> None:
    gives(server, b"", status=status, Content_Type="application/pkix-crl")
    refused(Fetcher().crl, server.url(), message=f"status {status[:3]}")


@pytest.mark.parametrize("headers", [{}, {"Content_Type": "text/html"}, {"Content_Type": "application/ocsp-response"}])
def test_media_types(server: Server, headers: dict[str, str]) -> None:
    gives(server, b"data", **headers)
    refused(Fetcher().crl, server.url(), message="of the type")
    assert Fetcher(any_media_type=True).crl(server.url()) == b"data"
    gives(server, b"data", Content_Type="application/octet-stream")
    refused(Fetcher().ocsp, server.url(), b"request", message="not application/ocsp-response")


def test_a_compressed_answer(server: Server) -> None:
    gives(server, b"data", Content_Type="application/pkix-crl", Content_Encoding="gzip")
    refused(Fetcher().crl, server.url(), message="encoded as gzip")


def test_too_much(server: Server) -> None:
    gives(server, b"x" * 101, Content_Type="application/pkix-crl")
    refused(Fetcher(max_crl_len=100).crl, server.url(), message="says to have 101 bytes; at most 100")
    assert len(Fetcher(max_crl_len=101).crl(server.url())) == 101
    body = b"".join(b"10\r\n" + bytes(16) + b"\r\n" for _ in range(10)) + b"0\r\n\r\n"
    gives(server, body, Content_Type="application/pkix-crl", Transfer_Encoding="chunked")
    refused(Fetcher(max_crl_len=100).crl, server.url(), message="more than the 100 bytes")
    gives(server, b"", Content_Type="application/pkix-crl", Content_Length="9" * 5000)
    refused(Fetcher().crl, server.url())
    gives(server, bytes((1 << 20) + 1), Content_Type="application/ocsp-response")
    refused(Fetcher().ocsp, server.url(), b"", message="at most 1048576")


def test_too_little(server: Server) -> None:
    gives(server, b"abc", Content_Type="application/pkix-crl", Content_Length="10")
    refused(Fetcher().crl, server.url())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"\x00" * 500,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 50_000,
    ],
)
def test_no_http(server: Server, answer: bytes) -> None:
    server.handle = lambda *_: answer
    refused(Fetcher().crl, server.url(), message=server.url())


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    refused(Fetcher().crl, f"http://127.0.0.1:{port}/")
    refused(Fetcher().crl, "http://no-such-host.invalid/", message="no-such-host")
    refused(Fetcher().crl, f"http://{'a' * 70}.example.cn/")


# ---- time ---------------------------------------------------------------------------------
def drip(answer: bytes) -> Iterator[bytes]:
    """Send one byte after the other, each of which would be in time by itself."""
    for byte in answer:
        yield bytes([byte])
        time.sleep(0.05)


@pytest.mark.parametrize("part", ["headers", "body"])
def test_an_answer_that_drips(server: Server, part: str) -> None:
    whole = reply(b"x" * 200, Content_Type="application/pkix-crl")
    start = 0 if part == "headers" else whole.index(b"\r\n\r\n") + 4

    def pieces(answer: bytes) -> Iterator[bytes]:
        yield answer[:start]
        yield from drip(answer[start:])

    server.handle = lambda *_: whole
    server.pieces = pieces
    began = time.monotonic()
    refused(Fetcher(timeout_s=0.4).crl, server.url(), message=r"no answer within 0\.4 s")
    assert time.monotonic() - began < 5


def test_no_answer(server: Server) -> None:
    def pieces(_answer: bytes) -> Iterator[bytes]:
        time.sleep(0.6)
        yield b""

    server.pieces = pieces
    refused(Fetcher(timeout_s=0.2).crl, server.url(), message="no answer within")


# ---- where it goes ------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url",
    [
        "",
        "/ca.crl",
        "ftp://example.cn/ca.crl",
        "file:///etc/passwd",
        "ldap://example.cn",
        "javascript:alert(1)",
        "http://",
        "http:///ca.crl",
        "http://user@example.cn/",
        "http://user:secret@example.cn/",
        "http://example.cn:99999/",
        "http://example.cn:x/",
        "http://[::1/",
        "http://exa mple.cn/",
        "http://example.cn/\r\nX: y",
        "http://例.cn/",
        "http://example.cn/\x00",
        "\ud800",
        "http://example.cn/" + "a" * 3000,
    ],
)
def test_addresses_that_are_not_fetched(url: str) -> None:
    for call in (Fetcher().crl, Fetcher().certificates):
        refused(call, url)
    refused(Fetcher().ocsp, url, b"")


def test_allowed_hosts(server: Server) -> None:
    gives(server, b"data", Content_Type="application/pkix-crl")
    assert Fetcher(allowed_hosts=["127.0.0.1"]).crl(server.url()) == b"data"
    refused(Fetcher(allowed_hosts=["example.cn"]).crl, server.url(), message="not allowed")
    refused(Fetcher(allowed_hosts=[]).crl, server.url(), message="not allowed")
    assert len(server.asked) == 1


def test_public_addresses_only(server: Server) -> None:
    gives(server, b"data", Content_Type="application/pkix-crl")
    fetcher = Fetcher(public_addresses_only=True)
    for host in ("127.0.0.1", "localhost"):
        refused(fetcher.crl, server.url(host=host), message="not public")
    for host in ("10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "[fe80::1]", "0.0.0.0", "2130706433"):
        refused(fetcher.crl, f"http://{host}/")
    assert server.asked == []


def moved(to: str, status: str = "302 Found") -> Handler:
    return lambda line, _headers, _body: (
        reply(status=status, Location=to)
        if line.startswith("GET / ")
        else reply(b"there", Content_Type="application/pkix-crl")
    )


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_redirects(server: Server, status: str) -> None:
    for to in ("/there", "there", server.url("/there"), "//127.0.0.1:" + server.url("/there").rpartition(":")[2]):
        server.handle = moved(to, status)
        assert Fetcher().crl(server.url("/")) == b"there"


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://u:p@127.0.0.1/", "http://[::1", ""]
)
def test_redirects_to_elsewhere(server: Server, to: str) -> None:
    server.handle = moved(to)
    refused(Fetcher(timeout_s=5).crl, server.url("/"))
    assert all(line.startswith("GET / ") for line, _, _ in server.asked)


def test_redirects_to_other_hosts(server: Server) -> None:
    server.handle = moved(server.url("/there", host="localhost"))
    assert Fetcher().crl(server.url("/")) == b"there"
    refused(Fetcher(redirects_to_other_hosts=False).crl, server.url("/"), message="another host, localhost")
    refused(Fetcher(allowed_hosts=["127.0.0.1"]).crl, server.url("/"), message="localhost is not allowed")
    server.handle = moved("/there")
    assert Fetcher(redirects_to_other_hosts=False).crl(server.url("/")) == b"there"


def test_redirects_without_end(server: Server) -> None:
    server.handle = lambda *_: reply(status="302 Found", Location="/")
    refused(Fetcher().crl, server.url("/"), message="more than 3 redirects")
    assert len(server.asked) == 4


def test_questions_are_not_redirected(server: Server) -> None:
    server.handle = lambda *_: reply(status="307 Temporary", Location="/there")
    refused(Fetcher().ocsp, server.url("/"), b"request", message="not followed")
    assert len(server.asked) == 1


def test_a_redirect_without_a_place(server: Server) -> None:
    gives(server, status="302 Found")
    refused(Fetcher().crl, server.url(), message="status 302")


# ---- HTTPS --------------------------------------------------------------------------------
def certificate_files(directory: Path) -> tuple[Path, Path]:
    """Make a self-signed certificate for 127.0.0.1 with the library that the server's TLS comes with."""
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    addresses = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = builder.add_extension(addresses, critical=False).sign(key, hashes.SHA256())
    paths = directory / "cert.pem", directory / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


def test_https(tmp_path: Path) -> None:
    certificate, key = certificate_files(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secure, plain = Server(context), Server()
    try:
        gives(secure, b"data", Content_Type="application/pkix-crl")
        refused(Fetcher().crl, secure.url())
        trusting = Fetcher(ssl_context=ssl.create_default_context(cafile=str(certificate)))
        assert trusting.crl(secure.url()) == b"data"
        secure.handle = moved(plain.url("/there"))
        refused(trusting.crl, secure.url("/"), message="https to http")
        assert plain.asked == []
        plain.handle = moved(secure.url("/there"))
        assert trusting.crl(plain.url("/")) == b"there"
    finally:
        secure.close()
        plain.close()


# ---- settings -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options",
    [
        {"timeout_s": 0},
        {"timeout_s": 1e9},
        {"timeout_s": float("nan")},
        {"max_crl_len": 0},
        {"max_certificate_len": -1},
    ],
)
def test_settings_out_of_bounds(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        Fetcher(**options)


def test_settings_of_another_type() -> None:
    for name in ("timeout_s", "max_crl_len", "allowed_hosts", "public_addresses_only", "any_media_type", "ssl_context"):
        with pytest.raises(InvalidTypeError):
            Fetcher(**{name: "text"})  # type: ignore[arg-type]
        for _ in hostile.results(lambda value, name=name: Fetcher(**{name: value}), (None,)):
            pass
    with pytest.raises(InvalidTypeError):
        Fetcher(allowed_hosts=[1])  # type: ignore[list-item]


def test_hostile_values() -> None:
    fetcher = Fetcher(allowed_hosts=[])
    for call, arguments in ((fetcher.crl, ("",)), (fetcher.certificates, ("",)), (fetcher.ocsp, ("", b""))):
        assert list(hostile.results(call, arguments)) == []
