"""Fetching revocation lists, OCSP responses, time-stamps and issuers' certificates over HTTP: what the rest of gmpki
never does.

Addresses come out of certificates that nobody has validated yet, so every fetch is bounded in time and size, and goes
where its caller allows; proxies that the environment names are not used. What comes back is data to be verified,
whoever sent it. Needs the extra ``fetch``.

>>> fetcher = Fetcher(timeout_s=5, allowed_hosts=("crl.example.cn", "ocsp.example.cn"))
>>> fetcher.crl("http://elsewhere.example.cn/ca.crl")
Traceback (most recent call last):
    ...
gmpki.errors.FetchError: http://elsewhere.example.cn/ca.crl: the host elsewhere.example.cn is not allowed
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

import httpcore

from gmpki._inputs import as_bytes, as_text, iterated, member, number
from gmpki.errors import FetchError, InvalidInputError, InvalidTypeError
from gmpki.ocsp.http import REQUEST_MEDIA_TYPE, RESPONSE_MEDIA_TYPE, get_url
from gmpki.ocsp.response import MAX_RESPONSE_LEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["Fetcher"]

MAX_URL_LEN: Final = 2048
_MAX_REDIRECTS: Final = 3
_MAX_ADDRESSES: Final = 4
_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = (301, 302, 303, 307, 308)
# RFC 3161 3.4; the longest answer, in bytes: tokens with the certificates and lists of their authority inside.
_QUERY_TYPE, _REPLY_TYPE = "application/timestamp-query", "application/timestamp-reply"
_MAX_REPLY_LEN: Final = 4 << 20
# RFC 2585 4 and RFC 8551 3.2.1, and what servers that know no better say of the same files.
_UNNAMED: Final = ("application/octet-stream", "binary/octet-stream")
_CRL_TYPES: Final = ("application/pkix-crl", "application/x-pkcs7-crl", *_UNNAMED)
_CERTIFICATE_TYPES: Final = (
    "application/pkix-cert",
    "application/x-x509-ca-cert",
    "application/x-x509-user-cert",
    "application/pkcs7-mime",
    "application/x-pkcs7-certificates",
    *_UNNAMED,
)
_FAILURES: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
    OSError,
    UnicodeError,
)


@dataclass(frozen=True, slots=True)
class _Target:
    """An address that may be fetched."""

    url: str
    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as they stand in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked, and which answer is taken: its media types, and its length in bytes."""

    types: tuple[str, ...]
    max_len: int
    content: bytes | None = None
    content_type: str = REQUEST_MEDIA_TYPE


class Fetcher:
    """Fetches over HTTP and HTTPS. Immutable; thread-safe: each fetch has a connection of its own.

    Its methods are what checkers take: :meth:`crl` for
    :class:`~gmpki.x509.crl_checker.CRLChecker`, :meth:`ocsp` for :class:`~gmpki.ocsp.checker.OCSPChecker`.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 10.0,
        max_crl_len: int = 64 << 20,
        max_certificate_len: int = 1 << 20,
        allowed_hosts: Iterable[str] | None = None,
        public_addresses_only: bool = False,
        redirects_to_other_hosts: bool = True,
        any_media_type: bool = False,
        ocsp_by_get: bool = False,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        """Set the limits.

        :param timeout_s: for one fetch from its first to its last byte with all redirects, 0.001 to 3600 seconds; the
            resolution of names by the system comes on top.
        :param max_crl_len: the longest revocation list, in bytes.
        :param max_certificate_len: the longest file of certificates, in bytes.
        :param allowed_hosts: the only names and addresses of hosts that are connected to; None allows all.
        :param public_addresses_only: do not connect to addresses of private and local networks. A service that checks
            certificates of strangers should, or they make it call into its own network.
        :param redirects_to_other_hosts: follow redirects that lead to another host.
        :param any_media_type: do not look at Content-Type.
        :param ocsp_by_get: ask by GET where the request is short enough, so that caches can answer.
        :param ssl_context: for HTTPS; None trusts what the system trusts.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when a number is out of bounds.
        """
        if not isinstance(timeout_s, (int, float)) or isinstance(timeout_s, bool):
            raise InvalidTypeError(f"timeout_s must be a number, not {type(timeout_s).__name__}")
        if not 0.001 <= timeout_s <= 3600:
            raise InvalidInputError("timeout_s must be 0.001 to 3600 seconds")
        if ssl_context is not None:
            member(ssl_context, ssl.SSLContext, "ssl_context")
        for name, flag in (
            ("public_addresses_only", public_addresses_only),
            ("redirects_to_other_hosts", redirects_to_other_hosts),
            ("any_media_type", any_media_type),
            ("ocsp_by_get", ocsp_by_get),
        ):
            member(flag, bool, name)
        self._timeout_s = float(timeout_s)
        self._max_crl_len = number(max_crl_len, 1, 1 << 32, "max_crl_len")
        self._max_certificate_len = number(max_certificate_len, 1, 1 << 32, "max_certificate_len")
        self._allowed_hosts = None if allowed_hosts is None else _hosts(allowed_hosts)
        self._public_only = public_addresses_only
        self._other_hosts = redirects_to_other_hosts
        self._any_media_type = any_media_type
        self._ocsp_by_get = ocsp_by_get
        self._ssl_context = ssl_context

    def crl(self, url: str) -> bytes:
        """Fetch a revocation list.

        :raises FetchError: when it cannot be had within the limits; the message says why.
        :raises InvalidTypeError: when url is no ``str``.
        :standard: RFC 5280 4.2.1.13; RFC 2585
        """
        return self._fetch(url, _Wanted(_CRL_TYPES, self._max_crl_len))

    def certificates(self, url: str) -> bytes:
        """Fetch what an issuer's address holds: one certificate in DER, or a PKCS #7 message with several.

        :raises FetchError: when it cannot be had within the limits; the message says why.
        :raises InvalidTypeError: when url is no ``str``.
        :standard: RFC 5280 4.2.2.1
        """
        return self._fetch(url, _Wanted(_CERTIFICATE_TYPES, self._max_certificate_len))

    def ocsp(self, url: str, request: Buffer) -> bytes:
        """Send an OCSP request and fetch the response.

        :param request: its DER.
        :raises FetchError: when there is no response within the limits; the message says why.
        :raises InvalidTypeError: when url is no ``str``, or request has no buffer.
        :standard: RFC 6960 appendix A
        """
        encoded = as_bytes(request, "the request")
        by_get = get_url(url, encoded) if self._ocsp_by_get else None
        if by_get is not None:
            return self._fetch(by_get, _Wanted((RESPONSE_MEDIA_TYPE,), MAX_RESPONSE_LEN))
        return self._fetch(url, _Wanted((RESPONSE_MEDIA_TYPE,), MAX_RESPONSE_LEN, encoded))

    def timestamp(self, url: str, request: Buffer) -> bytes:
        """Send a request for a time-stamp and fetch the response, for
        :class:`~gmpki.tsa.http.TimestampClient`.

        :param request: its DER.
        :raises FetchError: when there is no response within the limits; the message says why.
        :raises InvalidTypeError: when url is no ``str``, or request has no buffer.
        :standard: RFC 3161 3.4
        """
        encoded = as_bytes(request, "the request")
        return self._fetch(url, _Wanted((_REPLY_TYPE,), _MAX_REPLY_LEN, encoded, _QUERY_TYPE))

    def post(
        self,
        url: str,
        content: Buffer,
        *,
        content_type: str,
        answer_types: Iterable[str],
        max_answer_len: int = _MAX_REPLY_LEN,
    ) -> bytes:
        """Send a message of another protocol and fetch the answer.

        :param content_type: its media type.
        :param answer_types: the media types that an answer may have.
        :param max_answer_len: the longest answer, in bytes.
        :raises FetchError: when there is no answer within the limits; the message says why.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when max_answer_len is outside 1 to 2^32, no media type is taken, or one has letters
            that a header cannot hold.
        """
        types = iterated(answer_types, "answer_types")
        for each in (as_text(content_type, "content_type"), *types):
            if not as_text(each, "a media type").isascii() or not each.isprintable():
                raise InvalidInputError("a media type has printable ASCII characters")
        if not types:
            raise InvalidInputError("an answer has one of the media types that are taken, and none is")
        most = number(max_answer_len, 1, 1 << 32, "max_answer_len")
        return self._fetch(url, _Wanted(types, most, as_bytes(content, "content"), content_type))

    # ---- one fetch ----------------------------------------------------------------------
    def _fetch(self, url: str, wanted: _Wanted) -> bytes:
        as_text(url, "url")
        backend = _Backend(time.monotonic() + self._timeout_s, public_only=self._public_only)
        try:
            target = self._target(url)
            for _ in range(_MAX_REDIRECTS + 1):
                found = self._once(backend, target, wanted)
                if isinstance(found, bytes):
                    return found
                if wanted.content is not None:
                    raise FetchError("the server answers a question with a redirect, which is not followed")
                target = self._redirected(target, found)
            raise FetchError(f"more than {_MAX_REDIRECTS} redirects")
        except FetchError as error:
            raise FetchError(f"{_shown(url)}: {error}") from None
        except _FAILURES as error:
            late = isinstance(error, (httpcore.TimeoutException, TimeoutError))
            why = f"no answer within {self._timeout_s:g} s" if late else str(error) or type(error).__name__
            raise FetchError(f"{_shown(url)}: {_shown(why)}") from None

    def _target(self, url: str) -> _Target:
        """Take an address apart, and refuse it where it may not be fetched."""
        if len(url) > MAX_URL_LEN:
            raise FetchError(f"an address of {len(url)} characters; at most {MAX_URL_LEN} are taken")
        if not url.isascii() or not url.isprintable() or " " in url:
            raise FetchError("an address has printable ASCII characters and no blanks")
        try:
            parts = urlsplit(url)
            scheme, host, port = parts.scheme.lower(), parts.hostname, parts.port
        except ValueError as error:
            raise FetchError(f"not an address: {error}") from None
        if scheme not in _PORTS:
            raise FetchError(f"only http and https are fetched, not {scheme or 'an address without a scheme'}")
        if not host or parts.username is not None or parts.password is not None:
            raise FetchError("an address names a host, and no user")
        if self._allowed_hosts is not None and host not in self._allowed_hosts:
            raise FetchError(f"the host {host} is not allowed")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return _Target(url, scheme, host, _PORTS[scheme] if port is None else port, path)

    def _redirected(self, target: _Target, location: str) -> _Target:
        try:
            found = self._target(urljoin(target.url, location))
        except ValueError as error:
            raise FetchError(f"a redirect to what is no address: {error}") from None
        if target.scheme == "https" and found.scheme != "https":
            raise FetchError("a redirect from https to http is not followed")
        if not self._other_hosts and found.host != target.host:
            raise FetchError(f"a redirect to another host, {found.host}, is not followed")
        return found

    def _once(self, backend: _Backend, target: _Target, wanted: _Wanted) -> bytes | str:
        """Make one request; return the contents of the answer, or the address that it redirects to."""
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        headers = [
            ("Host", target.authority),
            ("Accept", wanted.types[0]),
            ("Accept-Encoding", "identity"),
            ("User-Agent", "gmpki"),
            ("Connection", "close"),
        ]
        method = "GET"
        if wanted.content is not None:
            method = "POST"
            headers.append(("Content-Type", wanted.content_type))
        context = self._ssl_context
        if context is None and target.scheme == "https":
            context = _system_trust()
        with (
            httpcore.ConnectionPool(ssl_context=context, network_backend=backend) as pool,
            pool.stream(method, url, headers=headers, content=wanted.content) as response,
        ):
            answered = {name.lower(): value.decode("latin-1") for name, value in response.headers}
            if response.status in _REDIRECTS and b"location" in answered:
                return answered[b"location"]
            if response.status != 200:
                raise FetchError(f"the server answers with the status {response.status}")
            self._check_type(answered, wanted.types)
            return _body(response, answered.get(b"content-length"), wanted.max_len)

    def _check_type(self, headers: dict[bytes, str], types: tuple[str, ...]) -> None:
        """Refuse what says itself that it is something else, such as a page of a portal in between."""
        encoding = headers.get(b"content-encoding", "identity").strip().lower()
        if encoding != "identity":
            raise FetchError(f"the answer is encoded as {_shown(encoding)}, which was not asked for")
        found = headers.get(b"content-type", "").partition(";")[0].strip().lower()
        if not self._any_media_type and found not in types:
            raise FetchError(f"the answer is of the type {_shown(found) or '(none)'}, not {types[0]}")


@lru_cache(maxsize=1)
def _system_trust() -> ssl.SSLContext:
    """Read what the system trusts once: that takes longer than many fetches."""
    return ssl.create_default_context()


def _hosts(names: Iterable[str]) -> frozenset[str]:
    if isinstance(names, str):
        raise InvalidTypeError("allowed_hosts is a list of names, not one str")
    return frozenset(as_text(name, "the name of a host").lower() for name in iterated(names, "allowed_hosts"))


def _body(response: httpcore.Response, announced: str | None, most: int) -> bytes:
    """Read the contents of an answer piece by piece, and no more than is allowed."""
    if announced is not None and announced.isdecimal() and (len(announced) > 12 or int(announced) > most):
        raise FetchError(f"the answer says to have {announced[:40]} bytes; at most {most} are taken")
    pieces: list[bytes] = []
    length = 0
    for piece in response.iter_stream():
        length += len(piece)
        if length > most:
            raise FetchError(f"the answer has more than the {most} bytes that are taken")
        pieces.append(piece)
    return b"".join(pieces)


def _shown(text: str) -> str:
    """Return hostile text as it may stand in a message: short, printable, on one line."""
    return ascii(text)[1:-1][:200]


# ---- connections that end in time -----------------------------------------------------------------------------------
class _Backend(httpcore.NetworkBackend):
    """Makes connections of which every step gets the time that is left, however slowly the other side drips."""

    def __init__(self, deadline: float, *, public_only: bool) -> None:
        self._deadline = deadline
        self._public_only = public_only
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - ours is shorter
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a host that answers."""
        problem: Exception = FetchError(f"the host {host} has no address")
        for address in _addresses(host, port)[:_MAX_ADDRESSES]:
            # Here and not by name: a name could lead elsewhere when it is resolved a second time.
            if self._public_only and not ipaddress.ip_address(address).is_global:
                problem = FetchError(f"the host {host} has the address {address} of a network that is not public")
                continue
            try:
                stream = self._backend.connect_tcp(address, port, _left(self._deadline), local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
                continue
            return _Stream(stream, self._deadline)
        raise problem


class _Stream(httpcore.NetworkStream):
    """A connection of which every step gets the time that is left."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - ours is shorter
        """Read what has come."""
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - ours is shorter
        """Write."""
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - ours is shorter
    ) -> httpcore.NetworkStream:
        """Go on with TLS."""
        inner = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Tell about the connection."""
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    """Return the seconds that are left.

    :raises httpcore.TimeoutException: when there are none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left


def _addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host, each once, in the order of the system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
