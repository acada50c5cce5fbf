"""Evidence of a signature, on its first day, renewed once and renewed twice, and the authorities of all those years."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from gmpki.asn1.rfc5280 import BasicConstraints
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import sign
from gmpki.tsa.authority import TimestampAuthority
from gmpki.tsa.evidence import Evidence
from gmpki.tsa.validation_data import ValidationData
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.names import build_name
from tsa.scene import (
    DATA,
    DAY,
    NOW,
    POLICY,
    ROOT,
    SIGNING,
    STAMPING,
    Counter,
    Scene,
    certify,
    key,
    scene,
)

YEAR = timedelta(days=365)
NEW_TSA = build_name(("C", "CN"), ("O", "示例时间戳服务中心"), ("CN", "示例时间戳二"))
SIGNER = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "张三"))


def world(algorithm: str = "sm2") -> Scene:
    """Return a scene whose root lasts for fifty years, and whose authority for three."""
    return _world(algorithm)


@lru_cache(maxsize=2)
def _world(algorithm: str) -> Scene:
    made = scene(algorithm)
    root = certify(
        ROOT,
        made.ca_key.public_key,
        ROOT,
        made.ca_key,
        BasicConstraints(ca=True),
        KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN),
        not_after=NOW + 50 * YEAR,
    )
    tsa = made.another(SIGNING, STAMPING, serial_number=8, not_after=NOW + 3 * YEAR)
    return Scene(algorithm, made.ca_key, root, made.tsa_key, tsa)


def signer_certificate(algorithm: str = "sm2") -> Certificate:
    return _signer_certificate(algorithm)


@lru_cache(maxsize=4)
def _signer_certificate(algorithm: str) -> Certificate:
    made = world(algorithm)
    owner = key(algorithm, "signer").public_key
    return certify(SIGNER, owner, ROOT, made.ca_key, SIGNING, serial_number=77, not_after=NOW + YEAR)


def signed(algorithm: str = "sm2", detached: bool = False) -> bytes:
    return _signed(algorithm, detached)


@lru_cache(maxsize=4)
def _signed(algorithm: str, detached: bool) -> bytes:
    spec = SignerSpec(key(algorithm, "signer"), signer_certificate(algorithm))
    return sign(DATA, spec, profile=world(algorithm).profile, detached=detached)


def crl(at: datetime, *entries: Revocation, algorithm: str = "sm2") -> CertificateRevocationList:
    builder = CRLBuilder(issuer=ROOT, this_update=at, next_update=at + 30 * DAY, number=1, entries=list(entries))
    return builder.sign(world(algorithm).ca_key)


def kept(at: datetime, *entries: Revocation, algorithm: str = "sm2") -> ValidationData:
    return ValidationData((world(algorithm).ca,), (crl(at, *entries, algorithm=algorithm),))


def authority(at: datetime, algorithm: str = "sm2") -> TimestampAuthority:
    """Return the authority that is there at a time: after three years it has another certificate, a year longer."""
    made = world(algorithm)
    certificate = made.tsa
    if at >= NOW + 3 * YEAR:
        begin = NOW + 2 * YEAR
        certificate = made.another(
            SIGNING, STAMPING, subject=NEW_TSA, serial_number=18, not_before=begin, not_after=at + 10 * YEAR
        )
    return TimestampAuthority(made.tsa_key, certificate, Counter(), [POLICY], clock=lambda: at)


def fresh(algorithm: str = "sm2", *, detached: bool = False) -> Evidence:
    """Return evidence of the day of the signature."""
    content = DATA if detached else None
    evidence = Evidence.from_der(signed(algorithm, detached), content=content)
    evidence = evidence.stamped(authority(NOW, algorithm).stamp)
    data = kept(NOW + DAY, algorithm=algorithm)
    return evidence.with_data(data).with_stamp_data(data)


def renewed(algorithm: str = "sm2", *, detached: bool = False) -> Evidence:
    """Return evidence that was renewed after two years."""
    return fresh(algorithm, detached=detached).renewed(authority(NOW + 2 * YEAR, algorithm).stamp)


def twice(algorithm: str = "sm2") -> Evidence:
    """Return evidence that was renewed after two years, and after four by another authority."""
    before = NOW + 3 * YEAR - 10 * DAY
    evidence = renewed(algorithm).with_stamp_data(kept(before, algorithm=algorithm))
    later = NOW + 4 * YEAR
    evidence = evidence.renewed(authority(later, algorithm).stamp)
    return evidence.with_stamp_data(kept(later + DAY, algorithm=algorithm))
