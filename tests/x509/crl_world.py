"""A small authority for the tests of revocation: its keys and certificates, and lists made to measure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from functools import cache, cached_property
from typing import Any

from gmpki.asn1.rfc5280 import (
    AuthorityKeyIdentifier,
    BasicConstraints,
    CRLDistributionPoints,
    DistributionPoint,
    KeyUsage,
    KeyUsages,
    Name,
    SubjectKeyIdentifier,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.names import build_name
from gmpki.x509.revocation import RevocationContext

NOW = datetime(2026, 6, 15, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
CA_USAGE = KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN
CONTEXT = RevocationContext(NOW)


@cache
def key(label: str) -> SM2PrivateKey:
    """Return the key of a label, always the same in one run."""
    assert label
    return SM2PrivateKey.generate()


def name(label: str) -> Name:
    return build_name(("C", "CN"), ("O", "示例市测试机构"), ("CN", label))


@dataclass(frozen=True)
class Authority:
    """Somebody who signs certificates and lists."""

    label: str = "示例根"
    key_label: str = ""
    usage: KeyUsages | None = CA_USAGE

    @property
    def name(self) -> Name:
        return name(self.label)

    @property
    def key(self) -> SM2PrivateKey:
        return key(self.key_label or self.label)

    @cached_property
    def certificate(self) -> Certificate:
        """A self-signed certificate."""
        return self.issue(self.label, 1, public_key=self.key.public_key, ca=True, usage=self.usage)

    def issue(
        self,
        label: str,
        serial_number: int,
        *extensions: Any,
        points: tuple[DistributionPoint, ...] = (),
        public_key: Any = None,
        ca: bool = False,
        usage: KeyUsages | None = None,
    ) -> Certificate:
        """Issue a certificate."""
        owner = public_key if public_key is not None else key(label).public_key
        builder = (
            CertificateBuilder()
            .subject(name(label))
            .issuer(self.name)
            .serial_number(serial_number)
            .validity(NOW - 365 * DAY, NOW + 365 * DAY)
            .public_key(owner)
            .add_extension(AuthorityKeyIdentifier(key_identifier(self.key.public_key)))
            .add_extension(SubjectKeyIdentifier(key_identifier(owner)))
        )
        if ca:
            builder = builder.add_extension(BasicConstraints(ca=True))
        if usage is not None:
            builder = builder.add_extension(KeyUsage(usage))
        if points:
            builder = builder.add_extension(CRLDistributionPoints(points))
        for extension in extensions:
            builder = builder.add_extension(extension)
        return builder.sign(self.key)

    def builder(self, *entries: Revocation, **changes: Any) -> CRLBuilder:
        """Begin a list that is good now."""
        builder = CRLBuilder(
            issuer=self.name,
            this_update=NOW - DAY,
            next_update=NOW + DAY,
            number=10,
            entries=entries,
            authority_key_identifier=AuthorityKeyIdentifier(key_identifier(self.key.public_key)),
        )
        return replace(builder, **changes)

    def crl(self, *entries: Revocation, **changes: Any) -> CertificateRevocationList:
        """Sign a list that is good now."""
        return self.builder(*entries, **changes).sign(self.key)


def revoked(serial_number: int, reason: Any = None, **more: Any) -> Revocation:
    """Make an entry of ten days ago."""
    return Revocation(serial_number, NOW - 10 * DAY, reason, **more)


@dataclass
class Fetcher:
    """Lists by URI, and which were asked for. What is no bytes is raised or returned as it is."""

    lists: dict[str, Any]
    asked: list[str] = field(default_factory=list)

    def __call__(self, uri: str) -> bytes:
        self.asked.append(uri)
        found = self.lists.get(uri, OSError("no such place"))
        if isinstance(found, BaseException):
            raise found
        return found.der if isinstance(found, CertificateRevocationList) else found  # type: ignore[no-any-return]
