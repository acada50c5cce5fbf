"""What every implementation makes and reads: a small hierarchy, a request, revocation lists, OCSP messages.

An implementation that makes things is asked for one at a time, so that what it cannot make does not hide the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Literal, Protocol

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "CRLReading",
    "CRLSpec",
    "CertificateReading",
    "CertificateSpec",
    "Hierarchy",
    "Peer",
    "Refused",
    "RequestReading",
    "ResponseSpec",
    "Status",
]

Algorithm = Literal["sm2", "sm2-empty-id", "rsa", "rsa-pss", "p256", "ed25519"]
ALGORITHMS: tuple[Algorithm, ...] = ("sm2", "sm2-empty-id", "rsa", "rsa-pss", "p256", "ed25519")
Kind = Literal["root", "sub", "leaf", "signing", "encryption", "responder", "timestamper"]
Status = Literal["good", "revoked", "unknown"]

DNS_NAME = "seal.example.cn"
CRL_URI = "http://crl.example.cn/sub.crl"
ORGANIZATION = "示例市社会保障局"
COMMON_NAMES: dict[Kind, str] = {
    "root": "示例根",
    "sub": "示例子机构",
    "leaf": DNS_NAME,
    "signing": "张三",
    "encryption": "张三",
    "responder": "OCSP 应答器",
    "timestamper": "示例时间戳",
}
SIGNING_USAGE = frozenset({"digitalSignature", "nonRepudiation"})
ENCRYPTION_USAGE = frozenset({"keyEncipherment", "dataEncipherment", "keyAgreement"})

# Serial numbers with the top bit of their first octet set and clear, of one octet and of twenty.
SERIALS: dict[Kind, int] = {
    "root": 1,
    "sub": 0x80,
    "leaf": int("7f" * 20, 16),
    "signing": int("55" * 16, 16),
    "encryption": int("2a" * 16, 16),
    "responder": 0xFF01,
    "timestamper": 0xFF02,
}
SECOND_SIGNING_SERIAL, SECOND_ENCRYPTION_SERIAL = 0x2001, 0x2002
REVOKED_SERIAL = int("1b" * 16, 16)
# Serial numbers and reasons (RFC 5280 5.3.1); 0 stands for an entry without a reason.
REVOKED = {REVOKED_SERIAL: 1, 0x8001: 0, 0x1002: 4, 0x1003: 5, 0x1004: 6}
REVOKED_SINCE = {0x1004: 8, 0x1005: 3}  # in the delta list: released from hold, affiliation changed


class Refused(Exception):
    """An implementation cannot make something, or does not accept what it was given.

    :ivar ours: whether gmpki says so.
    """

    ours = False


@dataclass(frozen=True)
class CertificateSpec:
    """A certificate to make; ``issuer`` is None for a self-signed one."""

    kind: Kind
    public_key: bytes
    issuer_key: bytes
    issuer: bytes | None
    serial: int

    @property
    def subject(self) -> tuple[tuple[str, str], ...]:
        """Attribute types and texts, in the order they are encoded."""
        return (("C", "CN"), ("O", ORGANIZATION), ("CN", COMMON_NAMES[self.kind]))


@dataclass(frozen=True)
class CRLSpec:
    """A revocation list to make; ``base`` is set for a delta list."""

    issuer: bytes
    issuer_key: bytes
    number: int
    entries: dict[int, int] = field(default_factory=dict)
    base: int | None = None


@dataclass(frozen=True)
class ResponseSpec:
    """An OCSP response to make: about every certificate asked for, the same."""

    request: bytes
    certificate: bytes
    issuer: bytes
    responder: bytes
    responder_key: bytes
    status: Status


@dataclass(frozen=True)
class CertificateReading:
    """What the reader of a certificate saw in it."""

    serial: int
    common_name: str
    key_usage: frozenset[str]


@dataclass(frozen=True)
class RequestReading:
    """What the reader of a request saw in it."""

    common_name: str
    public_key: bytes
    dns_name: str


@dataclass(frozen=True)
class CRLReading:
    """What the reader of a revocation list saw in it."""

    entries: dict[int, int]
    number: int | None
    base: int | None


class Peer(Protocol):
    """An implementation: gmpki or another. Keys are PKCS #8, public keys SubjectPublicKeyInfo, all else DER.

    Every method raises Refused when it cannot do what is asked or does not accept what it is given.
    """

    name: str

    def new_key(self, algorithm: Algorithm) -> bytes: ...
    def public_key(self, algorithm: Algorithm, key: bytes) -> bytes: ...
    def check_key(self, algorithm: Algorithm, key: bytes, public_key: bytes) -> bytes: ...
    def sign(self, algorithm: Algorithm, key: bytes, message: bytes) -> bytes: ...
    def check_signature(self, algorithm: Algorithm, public_key: bytes, message: bytes, signature: bytes) -> None: ...
    def make_certificate(self, algorithm: Algorithm, spec: CertificateSpec) -> bytes: ...
    def check_certificate(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> CertificateReading: ...
    def check_chain(
        self, algorithm: Algorithm, leaf: bytes, sub: bytes, root: bytes, crls: tuple[bytes, ...]
    ) -> None: ...
    def make_request(self, algorithm: Algorithm, key: bytes, subject: tuple[tuple[str, str], ...]) -> bytes: ...
    def check_request(self, algorithm: Algorithm, request: bytes) -> RequestReading: ...
    def make_crl(self, algorithm: Algorithm, spec: CRLSpec) -> bytes: ...
    def check_crl(self, algorithm: Algorithm, crl: bytes, issuer: bytes) -> CRLReading: ...
    def make_ocsp_request(self, algorithm: Algorithm, certificate: bytes, issuer: bytes) -> bytes: ...
    def read_ocsp_request(self, algorithm: Algorithm, request: bytes, issuer: bytes) -> tuple[tuple[int, ...], int]:
        """Return the serial numbers asked about and the length of the nonce in bytes."""

    def make_ocsp_response(self, algorithm: Algorithm, spec: ResponseSpec) -> bytes: ...
    def check_ocsp_response(
        self, algorithm: Algorithm, response: bytes, request: bytes, certificate: bytes, issuer: bytes, root: bytes
    ) -> Status: ...


def now() -> datetime:
    """Return the present time in whole seconds."""
    return datetime.now(timezone.utc).replace(microsecond=0)


def begin() -> datetime:
    """Return when the validity of what is made begins: an hour ago."""
    return now() - timedelta(hours=1)


def end() -> datetime:
    """Return when the validity of what is made ends."""
    return now() + timedelta(days=30)


class Hierarchy:
    """A root, an authority below it, and what the two issue, all made by one implementation when first asked for."""

    def __init__(self, maker: Peer, algorithm: Algorithm, keys: dict[str, bytes] | None = None) -> None:
        """Begin with nothing, or with keys that another hierarchy of the same maker and kind of key has made."""
        self.maker = maker
        self.algorithm = algorithm
        self._keys = {} if keys is None else keys
        self._public_keys: dict[str, bytes] = {}
        self._responses: dict[tuple[Status, bool], bytes] = {}

    def key(self, name: str) -> bytes:
        """Return the private key of a name, made on the first call."""
        if name not in self._keys:
            self._keys[name] = self.maker.new_key(self.algorithm)
        return self._keys[name]

    def public_key(self, name: str) -> bytes:
        """Return the public key that goes with the private key of a name."""
        if name not in self._public_keys:
            self._public_keys[name] = self.maker.public_key(self.algorithm, self.key(name))
        return self._public_keys[name]

    def _certificate(self, kind: Kind, key: str, issuer: bytes | None, issuer_key: str, serial: int = 0) -> bytes:
        spec = CertificateSpec(kind, self.public_key(key), self.key(issuer_key), issuer, serial or SERIALS[kind])
        return self.maker.make_certificate(self.algorithm, spec)

    @cached_property
    def root(self) -> bytes:
        return self._certificate("root", "root", None, "root")

    @cached_property
    def sub(self) -> bytes:
        return self._certificate("sub", "sub", self.root, "root")

    @cached_property
    def leaf(self) -> bytes:
        return self._certificate("leaf", "user", self.sub, "sub")

    @cached_property
    def revoked(self) -> bytes:
        return self._certificate("leaf", "user", self.sub, "sub", REVOKED_SERIAL)

    @cached_property
    def signing(self) -> bytes:
        return self._certificate("signing", "user", self.sub, "sub")

    @cached_property
    def encryption(self) -> bytes:
        return self._certificate("encryption", "encryption", self.sub, "sub")

    @cached_property
    def second_signing(self) -> bytes:
        return self._certificate("signing", "responder", self.sub, "sub", SECOND_SIGNING_SERIAL)

    @cached_property
    def second_encryption(self) -> bytes:
        return self._certificate("encryption", "user", self.sub, "sub", SECOND_ENCRYPTION_SERIAL)

    @cached_property
    def timestamper(self) -> bytes:
        return self._certificate("timestamper", "responder", self.sub, "sub")

    @cached_property
    def responder(self) -> bytes:
        return self._certificate("responder", "responder", self.sub, "sub")

    @cached_property
    def request(self) -> bytes:
        subject = (("C", "CN"), ("O", ORGANIZATION), ("CN", COMMON_NAMES["signing"]))
        return self.maker.make_request(self.algorithm, self.key("user"), subject)

    @cached_property
    def root_crl(self) -> bytes:
        return self.maker.make_crl(self.algorithm, CRLSpec(self.root, self.key("root"), 1))

    @cached_property
    def crl(self) -> bytes:
        return self.maker.make_crl(self.algorithm, CRLSpec(self.sub, self.key("sub"), 0x80, dict(REVOKED)))

    @cached_property
    def delta_crl(self) -> bytes:
        spec = CRLSpec(self.sub, self.key("sub"), 0x81, dict(REVOKED_SINCE), base=0x80)
        return self.maker.make_crl(self.algorithm, spec)

    @cached_property
    def ocsp_request(self) -> bytes:
        return self.maker.make_ocsp_request(self.algorithm, self.leaf, self.sub)

    def ocsp_response(self, status: Status, *, delegated: bool) -> bytes:
        """Return the response about the leaf, signed by the authority itself or by its responder."""
        if (status, delegated) not in self._responses:
            who, key = (self.responder, "responder") if delegated else (self.sub, "sub")
            spec = ResponseSpec(self.ocsp_request, self.leaf, self.sub, who, self.key(key), status)
            self._responses[status, delegated] = self.maker.make_ocsp_response(self.algorithm, spec)
        return self._responses[status, delegated]
