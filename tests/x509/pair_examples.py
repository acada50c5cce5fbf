"""Keys, names and certificates that tests of pairs and of issuing share; every person and authority is invented."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from gmpki.asn1.rfc5280 import GeneralName, Name
from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, SubjectAltName
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.issuing import Addresses, Issuer, self_signed
from gmpki.x509.names import build_name
from gmpki.x509.profile import Profile
from gmpki.x509.request import CertificateRequest, RequestBuilder

AT = datetime(2026, 6, 1, 12, 0, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)


@lru_cache
def key(number: int) -> SM2PrivateKey:
    """Return one of some keys that are always the same."""
    return SM2PrivateKey.from_bytes(number.to_bytes(32, "big"))


ROOT_KEY, SIGNING_KEY, ENCRYPTION_KEY, OTHER_KEY = (key(number) for number in (11, 12, 13, 14))
ROOT_NAME = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例根"))
OWNER = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "示例市社会保障局"))
STRANGER = build_name(("C", "CN"), ("O", "示例公司"), ("CN", "示例公司"))

SIGNING_USAGES = KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION
ENCRYPTION_USAGES = KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT


@lru_cache
def root() -> Certificate:
    """Return the certificate of a root."""
    return self_signed(ROOT_NAME, ROOT_KEY, "root-ca", serial_number=1, at=AT)


def issuer(**options: Any) -> Issuer:
    """Return the root as one that issues."""
    return Issuer(root(), ROOT_KEY, **options)


def certificate(usages: KeyUsages | None, number: int, **changes: Any) -> Certificate:
    """Build a certificate by hand, with whatever is wrong in it.

    :param number: the serial number, and the number of its key unless ``key`` says another.
    """
    fields: dict[str, Any] = {
        "subject": OWNER,
        "issuer": ROOT_NAME,
        "not_before": AT,
        "not_after": AT + 365 * DAY,
        "key": number,
        "serial": number,
        "ca": None,
        "authority": None,
    } | changes
    builder = (
        CertificateBuilder()
        .subject(fields["subject"])
        .issuer(fields["issuer"])
        .serial_number(fields["serial"])
        .validity(fields["not_before"], fields["not_after"])
        .public_key(key(fields["key"]).public_key)
    )
    if usages is not None:
        builder = builder.add_extension(KeyUsage(usages))
    if fields["ca"] is not None:
        builder = builder.add_extension(BasicConstraints(fields["ca"]))
    if fields["authority"] is not None:
        builder = builder.add_extension(AuthorityKeyIdentifier(fields["authority"]))
    return builder.sign(ROOT_KEY)


# ---- applications -----------------------------------------------------------------------
APPLICANT = (OWNER, SIGNING_KEY.public_key)
HOST = SubjectAltName((GeneralName.dns("www.example.cn"),))

OPEN = """\
format = 1
name = "open"
title = "Everything that may be there"
issues = "certificate"

[validity]
default_days = 10
max_days = 20
backdate_minutes = 0

[subject_key]
algorithms = ["SM2", "ECDSA"]

[subject]
optional = ["CN", "OU", "C"]

[subject.fixed]
C = "CN"

[request]
extensions = ["subjectAltName", "nameConstraints", "1.2.3.4"]

[operator]
extensions = ["subjectAltName", "nameConstraints"]

[extensions.keyUsage]
critical = false
mixed = true
usages = ["digitalSignature", "keyAgreement"]

[extensions.certificatePolicies]
policies = ["1.2.156.1"]

[extensions.subjectAltName]
kinds = ["dns", "ip", "email", "uri", "directory"]
required = false
wildcards = true

[extensions.authorityKeyIdentifier]
"""


def own(old: str = "", new: str = "") -> Profile:
    """Return the profile that has everything, with a change."""
    assert old in OPEN
    return Profile.from_toml(OPEN.replace(old, new, 1) if old else OPEN)


def request(*extensions: Any, subject: Name = OWNER, key: Any = SIGNING_KEY, **options: Any) -> CertificateRequest:
    """Return a request that asks for extensions."""
    builder = RequestBuilder().subject(subject)
    for extension in extensions:
        builder = builder.add_extension(extension)
    return builder.sign(key, **options)


def alternative(*names: GeneralName) -> SubjectAltName:
    """Return the extension with these names."""
    return SubjectAltName(names)


def cn(text: str) -> Name:
    """Return a name of one attribute."""
    return build_name(("CN", text))


ADDRESSES = Addresses(
    crl=("http://crl.example.cn/root.crl", "ldap://ldap.example.cn/cn=root"),
    ocsp=("http://ocsp.example.cn",),
    ca_issuers=("http://crl.example.cn/root.cer",),
)
