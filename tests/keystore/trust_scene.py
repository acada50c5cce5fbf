"""An authority with a root and one below it, the lists of both, and a trust folder; everybody is invented."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from certified import DAY, NOW, certify
from gmpki.asn1.rfc5280 import CRLDistributionPoints, DistributionPoint
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keystore import TrustFolder, TrustRole
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.names import parse_name

ROOT_KEY, SUB_KEY, USER_KEY, OTHER_KEY = (SM2PrivateKey.from_bytes(bytes(31) + bytes((n,))) for n in range(11, 15))
ROOT_NAME, SUB_NAME = parse_name("C=CN, O=示例CA, CN=示例根"), parse_name("C=CN, O=示例CA, CN=示例下级")
USER_NAME, OTHER_NAME = parse_name("C=CN, O=示例市社会保障局, CN=张三"), parse_name("C=CN, O=别处, CN=别的根")
ROOT_URL, SUB_URL = "http://crl.example.cn/root.crl", "http://crl.example.cn/sub.crl"
CA = (BasicConstraints(True), KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN))
ENCRYPTION = KeyUsage(KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT)


def points(*groups: tuple[str, ...]) -> CRLDistributionPoints:
    """Return distribution points, each with its addresses."""
    return CRLDistributionPoints(tuple(DistributionPoint.uri(*urls) for urls in groups))


@lru_cache
def root() -> Certificate:
    return certify(ROOT_NAME, ROOT_KEY.public_key, ROOT_NAME, ROOT_KEY, *CA)


@lru_cache
def sub() -> Certificate:
    return certify(SUB_NAME, SUB_KEY.public_key, ROOT_NAME, ROOT_KEY, *CA, points((ROOT_URL,)), serial_number=2)


@lru_cache
def renewed(key: SM2PrivateKey = OTHER_KEY) -> Certificate:
    """Return a certificate of the authority below the root with another key."""
    return certify(SUB_NAME, key.public_key, ROOT_NAME, ROOT_KEY, *CA, serial_number=8)


@lru_cache
def user(serial_number: int = 3, days: int = 1000, first_day: int = -1) -> Certificate:
    """Return the encryption certificate of somebody."""
    return certify(
        USER_NAME,
        USER_KEY.public_key,
        SUB_NAME,
        SUB_KEY,
        ENCRYPTION,
        points((SUB_URL,)),
        serial_number=serial_number,
        not_before=NOW + first_day * DAY,
        not_after=NOW + days * DAY,
    )


@lru_cache
def other() -> Certificate:
    return certify(OTHER_NAME, OTHER_KEY.public_key, OTHER_NAME, OTHER_KEY, *CA, serial_number=9)


def crl(
    number: int = 1,
    *revoked: int,
    issuer: Certificate | None = None,
    key: SM2PrivateKey = SUB_KEY,
    since: datetime = NOW - DAY,
    until: datetime = NOW + 7 * DAY,
    **fields: Any,
) -> CertificateRevocationList:
    """Return a list, that of the authority below the root unless another is named."""
    builder = CRLBuilder.for_issuer(
        issuer or sub(),
        this_update=since,
        next_update=until,
        number=number,
        entries=[Revocation(one, since) for one in revoked],
    )
    return dataclasses.replace(builder, **fields).sign(key)


def root_crl(number: int = 1, *revoked: int, **options: Any) -> CertificateRevocationList:
    return crl(number, *revoked, issuer=root(), key=ROOT_KEY, **options)


def folder_in(path: Path) -> TrustFolder:
    """Make a folder with the root as its anchor."""
    folder = TrustFolder.create(path / "trust")
    folder.add(TrustRole.ANCHOR, root())
    folder.add(TrustRole.INTERMEDIATE, sub())
    return folder
