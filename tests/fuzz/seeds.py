"""Valid objects to begin with: built by gmpki with as many kinds of fields as there are, and outside ones if present.

Keys are fixed, so that an input found on one day can be run again on another.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path

from gmpki import oids
from gmpki.asn1.gmt0015 import ICRegistrationNumber, InsuranceNumber
from gmpki.asn1.rfc5280 import Validity
from gmpki.asn1.rfc5280.ext_crl import ReasonCode
from gmpki.asn1.rfc5280.ext_keys import (
    AuthorityKeyIdentifier,
    ExtendedKeyUsage,
    KeyUsage,
    KeyUsages,
    SubjectKeyIdentifier,
)
from gmpki.asn1.rfc5280.ext_names import BasicConstraints, GeneralSubtree, NameConstraints, SubjectAltName
from gmpki.asn1.rfc5280.ext_points import (
    AccessDescription,
    AuthorityInfoAccess,
    CRLDistributionPoints,
    DistributionPoint,
    DistributionPointName,
    IssuingDistributionPoint,
    ReasonFlags,
)
from gmpki.asn1.rfc5280.ext_policies import (
    CertificatePolicies,
    InhibitAnyPolicy,
    PolicyConstraints,
    PolicyInformation,
    PolicyMapping,
    PolicyMappings,
)
from gmpki.asn1.rfc5280.general_name import GeneralName
from gmpki.asn1.rfc6960 import CertStatus
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.ocsp.request_builder import OCSPRequestBuilder
from gmpki.ocsp.response_builder import OCSPResponseBuilder
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.delivery import CSRResponseDelivery, EnvelopeDelivery, SKFBlobDelivery
from gmpki.x509.issuing import Issuer
from gmpki.x509.names import build_name
from gmpki.x509.profile import BUILTIN_PROFILES, profile_text
from gmpki.x509.request import RequestBuilder

__all__ = ["AT", "LEAF_KEY", "ROOT_KEY", "SUB_KEY", "certificate", "outside", "root", "seeds_of"]

AT = datetime(2026, 6, 1, tzinfo=timezone.utc)
BEGIN, END = AT - timedelta(days=30), AT + timedelta(days=700)
ROOT_KEY, SUB_KEY, LEAF_KEY = (SM2PrivateKey.from_bytes(bytes((number,)) * 32) for number in (0x11, 0x22, 0x33))
POLICY = oids.find("1.2.156.10197.6.9.1")
MAPPED = oids.find("1.2.156.10197.6.9.2")
NAMES = {
    "root": build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例根")),
    "sub": build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "Example Sub CA")),
    "leaf": build_name(("C", "CN"), [("OU", "测试"), ("serialNumber", "42")], ("emailAddress", "a@example.cn")),
}


def certificate(
    who: str,
    key: SM2PrivateKey,
    issuer: str,
    issuer_key: SM2PrivateKey,
    *values: object,
    serial_number: int | None = None,
) -> Certificate:
    """Return a certificate with some extensions, given by their values or whole."""
    builder = (
        CertificateBuilder()
        .subject(NAMES[who])
        .issuer(NAMES[issuer])
        .serial_number(len(who) + 0x80 if serial_number is None else serial_number)
        .validity(BEGIN, END)
        .public_key(key.public_key)
        .add_extension(SubjectKeyIdentifier(key_identifier(key.public_key)))
        .add_extension(AuthorityKeyIdentifier(key_identifier(issuer_key.public_key)))
    )
    for value in values:
        builder = builder.add_extension(value)  # type: ignore[arg-type]
    return builder.sign(issuer_key)


@lru_cache(maxsize=1)
def root() -> Certificate:
    """Return the trust anchor."""
    usage = KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN)
    return certificate("root", ROOT_KEY, "root", ROOT_KEY, BasicConstraints(ca=True, path_len=1), usage)


@lru_cache(maxsize=1)
def sub() -> Certificate:
    """Return an authority with every kind of constraint."""
    constraints = NameConstraints(
        permitted=tuple(
            GeneralSubtree(name)
            for name in (
                GeneralName.dns("example.cn"),
                GeneralName.email("example.cn"),
                GeneralName.ip("10.0.0.0/8"),
                GeneralName.uri(".example.cn"),
                GeneralName.directory(build_name(("C", "CN"))),
            )
        ),
        excluded=(GeneralSubtree(GeneralName.dns("bad.example.cn")),),
    )
    return certificate(
        "sub",
        SUB_KEY,
        "root",
        ROOT_KEY,
        BasicConstraints(ca=True, path_len=0),
        KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN),
        constraints,
        CertificatePolicies((PolicyInformation(POLICY),)),
        PolicyMappings((PolicyMapping(POLICY, MAPPED),)),
        PolicyConstraints(require_explicit_policy=1, inhibit_policy_mapping=3),
        InhibitAnyPolicy(1),
    )


@lru_cache(maxsize=1)
def leaf() -> Certificate:
    """Return an end entity with names of every kind and the identity extensions."""
    uri = GeneralName.uri("http://crl.example.cn/a.crl")
    return certificate(
        "leaf",
        LEAF_KEY,
        "sub",
        SUB_KEY,
        KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION),
        ExtendedKeyUsage((oids.SERVER_AUTH, oids.CLIENT_AUTH)),
        SubjectAltName(
            (
                GeneralName.dns("seal.example.cn"),
                GeneralName.email("a@example.cn"),
                GeneralName.ip("10.0.0.1"),
                GeneralName.uri("https://www.example.cn/"),
                GeneralName.directory(build_name(("C", "CN"), ("CN", "张三"))),
                GeneralName.other("1.2.156.10197.6.9.9", b"\x0c\x02ab"),
                GeneralName.registered_id("1.2.156.10197.6"),
            )
        ),
        CRLDistributionPoints((DistributionPoint(DistributionPointName((uri,)), ReasonFlags.KEY_COMPROMISE),)),
        AuthorityInfoAccess((AccessDescription(oids.AD_OCSP, uri),)),
        CertificatePolicies((PolicyInformation(POLICY), PolicyInformation(MAPPED))),
        InsuranceNumber("330100199001011234"),
        ICRegistrationNumber("91330100MA27XF6Q2X"),
    )


@lru_cache(maxsize=1)
def lists() -> tuple[bytes, bytes]:
    """Return a complete list and a delta list."""
    entries = [
        Revocation(1, BEGIN, ReasonCode.KEY_COMPROMISE, invalidity_date=BEGIN),
        Revocation(0x8001, BEGIN, ReasonCode.CERTIFICATE_HOLD),
        Revocation(7, BEGIN),
    ]
    complete = CRLBuilder.for_issuer(sub(), this_update=BEGIN, next_update=END, number=5, entries=entries)
    point = IssuingDistributionPoint(
        DistributionPointName((GeneralName.uri("http://crl.example.cn/a.crl"),)), only_contains_user_certs=True
    )
    delta = replace(complete, number=6, delta_base=5, issuing_distribution_point=point)
    return complete.sign(SUB_KEY).to_der(), delta.sign(SUB_KEY).to_der()


def _request() -> bytes:
    builder = RequestBuilder().subject(NAMES["leaf"]).challenge_password("secret")
    return builder.add_extension(SubjectAltName((GeneralName.dns("a.example.cn"),))).sign(LEAF_KEY).to_der()


def _application() -> bytes:
    """Return what is signed of a request that an authority grants."""
    names = SubjectAltName((GeneralName.dns("a.example.cn"), GeneralName.email("a@example.cn")))
    owner = build_name(("C", "CN"), ("O", "示例局"), ("OU", "one"), ("OU", "two"), ("CN", "示例局"))
    return RequestBuilder().subject(owner).add_extension(names).sign(LEAF_KEY).tbs_der


def _deliveries() -> list[bytes]:
    """Return an encryption key delivered in every form."""
    applicant = (build_name(("C", "CN"), ("O", "示例局"), ("CN", "示例局")), LEAF_KEY.public_key)
    pair = (
        Issuer(root(), ROOT_KEY)
        .issue_pair(applicant, SUB_KEY, "organisation", validity=Validity(AT, END), delivery=None, at=AT)
        .pair
    )
    forms = (EnvelopeDelivery(), CSRResponseDelivery(), CSRResponseDelivery(explicit_key=True), SKFBlobDelivery())
    return [form.deliver(SUB_KEY, pair) for form in forms]


def _ocsp() -> tuple[bytes, bytes]:
    request = OCSPRequestBuilder().add(leaf(), sub()).add(77, sub(), "sha256").nonce(bytes(16)).build()
    builder = OCSPResponseBuilder().responder(sub()).certificates([sub()]).nonce(bytes(16)).produced_at(AT)
    statuses = (CertStatus.good(), CertStatus.revoked(BEGIN, ReasonCode.SUPERSEDED))
    for identifier, status in zip(request.cert_ids, statuses, strict=True):
        builder = builder.add(identifier, status, BEGIN, END)
    return request.to_der(), builder.sign(SUB_KEY).to_der()


def outside(folder: Path, kind: str) -> list[bytes]:
    """Return outside objects of a kind; none where the folder is absent."""
    return [path.read_bytes() for path in sorted((folder / "objects" / kind).glob("*.der"))]


def seeds_of(target: str, folder: Path) -> list[bytes]:
    """Return the seeds of a target; ``folder`` may hold outside objects."""
    certificates = [root().to_der(), sub().to_der(), leaf().to_der()]
    if target == "planted":
        return certificates
    if target in ("certificate", "ber"):
        return certificates + outside(folder, "certificate")
    if target == "request":
        return [_request(), *outside(folder, "request")]
    if target == "crl":
        return [*lists(), *outside(folder, "crl")]
    if target == "ocsp_request":
        return [_ocsp()[0]]
    if target == "ocsp_response":
        return [_ocsp()[1]]
    if target == "issuing":
        return [_application()]
    if target == "delivery":
        return _deliveries()
    if target == "profile":
        return [profile_text(name).encode() for name in BUILTIN_PROFILES]
    if target == "path":
        return [leaf().tbs_der + sub().tbs_der, leaf().tbs_der + sub().tbs_der + lists()[0]]
    if target == "name":
        texts = ["C=CN, O=示例, CN=张三", "/C=CN/O=a/CN=b", "CN=a\\,b+OU=\\#c,DC=example,DC=cn", "1.2.3=#0403414243"]
        return [*(b"\x00" + text.encode() for text in texts), *(b"\x01" + name.to_der() for name in NAMES.values())]
    return [extension.to_der() for one in (root(), sub(), leaf()) for extension in one.extensions]
