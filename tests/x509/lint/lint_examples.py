"""Certificates for the linter, put together field by field, so that any one of them can be wrong.

Their signatures are the DER of two small numbers: the linter verifies nothing. Persons and authorities are invented.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0009 import SM2Signature
from gmpki.asn1.rfc5280 import (
    AccessDescription,
    AlgorithmIdentifier,
    AttributeTypeAndValue,
    AuthorityInfoAccess,
    AuthorityKeyIdentifier,
    BasicConstraints,
    CertificatePolicies,
    CRLDistributionPoints,
    DistributionPoint,
    Extension,
    GeneralName,
    KeyUsage,
    KeyUsages,
    Name,
    PolicyInformation,
    SubjectKeyIdentifier,
    SubjectPublicKeyInfo,
    Validity,
)
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.extensions import make as make_extension
from gmpki.x509.names import build_name

SM2_SM3 = AlgorithmIdentifier(oids.SM2_WITH_SM3)
KEYS = [
    SubjectPublicKeyInfo.from_der(SM2PrivateKey.from_bytes(number.to_bytes(32, "big")).public_key.to_der())
    for number in (21, 22, 23)
]
KEY, OTHER_KEY, ISSUER_KEY = KEYS
ISSUER = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例CA"))
USER = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "张三"))
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
YEAR = timedelta(days=365)
SERIAL = 0x4A6B8C9DAEBFC0D1E2F3041526374859
SIGNING = KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION
ENCRYPTION = KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT
AUTHORITY = KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN

Some = ExtensionValue | Extension


def identifier(key: SubjectPublicKeyInfo) -> bytes:
    """Return the usual identifier of a key."""
    return hashlib.sha1(key.subject_public_key).digest()


def as_extension(value: Some) -> Extension:
    """Return an extension with its usual criticality."""
    return value if isinstance(value, Extension) else make_extension(value)


def usual(usages: KeyUsages, key: SubjectPublicKeyInfo, *, ca: bool, is_root: bool) -> list[Extension]:
    """Return the extensions of a certificate that no rule complains about."""
    authority = AuthorityKeyIdentifier(identifier(key if is_root else ISSUER_KEY))
    values: list[Some] = [
        KeyUsage(usages),
        BasicConstraints(ca),
        SubjectKeyIdentifier(identifier(key)),
        authority,
        CertificatePolicies((PolicyInformation(oids.find("1.2.156.99999.1")),)),
    ]
    if not is_root:
        values += [
            CRLDistributionPoints((DistributionPoint.uri("http://ca.example.cn/1.crl"),)),
            AuthorityInfoAccess(
                (
                    AccessDescription(oids.AD_OCSP, GeneralName.uri("http://ca.example.cn/ocsp")),
                    AccessDescription(oids.AD_CA_ISSUERS, GeneralName.uri("http://ca.example.cn/ca.cer")),
                )
            ),
        ]
    return [as_extension(value) for value in values]


def certificate(
    *,
    usages: KeyUsages = SIGNING,
    ca: bool = False,
    set: Iterable[Some] = (),  # noqa: A002 - reads well where it is used
    drop: Iterable[str] = (),
    twice: Iterable[Some] = (),
    algorithm: AlgorithmIdentifier = SM2_SM3,
    inner: AlgorithmIdentifier | None = None,
    signature: bytes = SM2Signature(1, 1).to_der(),
    version: int = 3,
    serial: int = SERIAL,
    issuer: Name = ISSUER,
    subject: Name = USER,
    start: datetime = START,
    end: datetime = START + YEAR,
    key: SubjectPublicKeyInfo = KEY,
    unique: tuple[bytes | None, bytes | None] = (None, None),
    raw: dict[str, bytes] | None = None,
    wrap: Callable[[bytes], bytes] = bytes,
) -> Certificate:
    """Make a certificate of an end entity that is clean but for what is asked.

    :param set: extensions in place of those of the same kind, or behind the others.
    :param drop: kinds of extension to leave out.
    :param twice: extensions to put at the end, whatever is there.
    :param raw: fields by name with the bytes that they are encoded as.
    :param wrap: changes the encoding of the whole.
    """
    chosen = {extension.extn_id: extension for extension in usual(usages, key, ca=ca, is_root=issuer == subject)}
    chosen.update({extension.extn_id: extension for extension in map(as_extension, set)})
    kept = [extension for oid, extension in chosen.items() if oid not in drop and "all" not in drop]
    kept += map(as_extension, twice)
    fields = {
        "version": der.encode_explicit(0, der.encode_integer(version - 1)) if version > 1 else b"",
        "serial": der.encode_integer(serial),
        "algorithm": (inner or algorithm).to_der(),
        "issuer": issuer.to_der(),
        "validity": Validity(start, end).to_der(),
        "subject": subject.to_der(),
        "key": key.to_der(),
        "issuer_id": b"" if unique[0] is None else der.encode_bit_string(unique[0], tag=0x81),
        "subject_id": b"" if unique[1] is None else der.encode_bit_string(unique[1], tag=0x82),
        "extensions": der.encode_explicit(3, der.encode_sequence(*(e.to_der() for e in kept))) if kept else b"",
    }
    body = der.encode_sequence(*{**fields, **(raw or {})}.values())
    whole = der.encode_sequence(body, algorithm.to_der(), der.encode_bit_string(signature))
    return Certificate.from_der(wrap(whole), lenient=True)


def authority(**changes: Any) -> Certificate:
    """Make a certificate of a subordinate authority."""
    subject = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例运营CA"))
    return certificate(**{"usages": AUTHORITY, "ca": True, "subject": subject, **changes})


def root(**changes: Any) -> Certificate:
    """Make a certificate of a root."""
    return authority(**{"subject": ISSUER, "key": ISSUER_KEY, **changes})


def pair(signing: dict[str, Any] | None = None, **encryption: Any) -> tuple[Certificate, Certificate]:
    """Make a signing and an encryption certificate of one holder."""
    second = {"usages": ENCRYPTION, "key": OTHER_KEY, "serial": SERIAL + 1, **encryption}
    return certificate(**(signing or {})), certificate(**second)


def name(*attributes: tuple[str, bytes]) -> Name:
    """Make a name of the DER of its values."""
    return Name(tuple((AttributeTypeAndValue(oids.find(kind), value),) for kind, value in attributes))


def extension(oid: str, content: str, *, critical: bool = False) -> Extension:
    """Make an extension of the hexadecimal text of its contents."""
    return Extension(oids.find(oid), critical, bytes.fromhex(content))
