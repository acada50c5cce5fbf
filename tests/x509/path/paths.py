"""Authorities and certificates for the tests of path validation: sound ones, and with whatever is to be wrong."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest

from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280 import (
    AuthorityKeyIdentifier,
    BasicConstraints,
    Extension,
    GeneralName,
    KeyUsage,
    KeyUsages,
    Name,
    SubjectAltName,
    SubjectKeyIdentifier,
    SubjectPublicKeyInfo,
    TBSCertificate,
    Validity,
)
from gmpki.asn1.rfc5280.signed import SignedStructure
from gmpki.errors import ValidationError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import build_name
from gmpki.x509.path import PathPolicy, ValidatedPath, validate_path

NOW = datetime(2026, 6, 1, 12, tzinfo=timezone.utc)
DAY = timedelta(days=1)
ISSUE = KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN
SIGN = KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION


def name(label: str) -> Name:
    return build_name(("C", "CN"), ("O", "示例市测试机构"), ("CN", label))


@cache
def key(label: str) -> SM2PrivateKey:
    """Return the key of a label, the same in every process."""
    return SM2PrivateKey.from_bytes(bytes(16) + sm3.digest(label.encode())[:16])


def extension(value: Any, critical: bool | None = None) -> Extension:
    """Make an extension, critical as one likes."""
    return Extension(value.OID, value.CRITICAL if critical is None else critical, value.to_der())


@dataclass(frozen=True)
class Party:
    """Somebody with a name and a key."""

    label: str
    key_label: str = ""
    name: Name = field(default_factory=Name)
    key: Any = None

    def __post_init__(self) -> None:
        if self.name.is_empty:
            object.__setattr__(self, "name", name(self.label))
        if self.key is None:
            object.__setattr__(self, "key", key(self.key_label or self.label))

    @property
    def identifier(self) -> bytes:
        return sm3.digest(self.key.public_key.to_der())[:20]


ROOT, SUB, LOWER, USER = Party("根"), Party("运营"), Party("下级"), Party("张三")


def issue(
    subject: Party,
    issuer: Party,
    *more: Any,
    without: tuple[type, ...] = (),
    ca: bool = False,
    path_len: int | None = None,
    usage: KeyUsages | None = None,
    hosts: tuple[str, ...] = (),
    lenient: bool = False,
    version: int = 3,
    serial: int | None = None,
    begin: datetime = NOW - 100 * DAY,
    end: datetime = NOW + 100 * DAY,
    signer: Any = None,
    subject_name: Name | None = None,
    issuer_name: Name | None = None,
    issuer_unique_id: bytes | None = None,
) -> Certificate:
    """Issue a certificate with the extensions that it should have, ``without`` some, and with ``more``.

    :param more: contents of extensions, or whole extensions; each takes the place of its kind.
    """
    extensions = [extension(SubjectKeyIdentifier(subject.identifier))]
    if subject != issuer:
        extensions.append(extension(AuthorityKeyIdentifier(issuer.identifier)))
    if ca:
        extensions.append(extension(BasicConstraints(True, path_len)))
    extensions.append(extension(KeyUsage(usage if usage is not None else ISSUE if ca else SIGN)))
    if hosts:
        extensions.append(extension(SubjectAltName(tuple(map(GeneralName.dns, hosts)))))
    added = [item if isinstance(item, Extension) else extension(item) for item in more]
    gone = {item.extn_id for item in added} | {kind.OID for kind in without}  # type: ignore[attr-defined]
    signing = issuer.key if signer is None else signer
    tbs = TBSCertificate(
        version,
        serial if serial is not None else int.from_bytes(sm3.digest(repr((subject.label, more)).encode())[:8], "big"),
        signing.signature_algorithm,
        issuer.name if issuer_name is None else issuer_name,
        Validity(begin, end),
        subject.name if subject_name is None else subject_name,
        SubjectPublicKeyInfo.from_der(subject.key.public_key.to_der()),
        issuer_unique_id=issuer_unique_id,
        extensions=(*(item for item in extensions if item.extn_id not in gone), *added),
    ).to_der()
    encoded = SignedStructure(tbs, signing.signature_algorithm, signing.sign(tbs)).to_der()
    return Certificate.from_der(encoded, lenient=lenient)


@cache
def root() -> Certificate:
    return issue(ROOT, ROOT, ca=True)


@cache
def sub(path_len: int | None = None) -> Certificate:
    return issue(SUB, ROOT, ca=True, path_len=path_len)


@cache
def user() -> Certificate:
    return issue(USER, SUB, hosts=("user.example.cn",))


def validate(certificate: Certificate, *between: Certificate, **changes: Any) -> ValidatedPath:
    """Validate with the root as the anchor, now."""
    options = {"anchors": [root()], "intermediates": between, "at": NOW, **changes}
    policy = options.pop("policy", None)
    fields = {name: options.pop(name) for name in list(options) if name in PathPolicy.__dataclass_fields__}
    return validate_path(certificate, policy=policy or PathPolicy(**fields), **options)


def refused(reason: str, certificate: Certificate, *between: Certificate, **changes: Any) -> ValidationError:
    """Check that validation ends with a reason; return the error."""
    with pytest.raises(ValidationError) as caught:
        validate(certificate, *between, **changes)
    assert caught.value.reason == reason, (caught.value.reason, str(caught.value))
    return caught.value
