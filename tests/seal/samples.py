"""Authorities, makers, signers, a time-stamping authority and seals for the tests of everything that is sealed.

Everybody and everything here is invented. Keys are made once in a process; ask for what is needed, it is cached.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from certified import DAY, NOW, certify
from gmpki import oids
from gmpki.asn1 import gbt38540
from gmpki.asn1.rfc5280 import BasicConstraints, Extension
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage, KeyUsage, KeyUsages
from gmpki.cms.trust import Trust
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.seal.layouts import SealLayout
from gmpki.seal.making import SealSpec, make_seal
from gmpki.seal.seal import Seal, SealPicture
from gmpki.seal.trust import SealTrust
from gmpki.tsa.authority import TimestampAuthority
from gmpki.tsa.verify import TokenVerifier
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.crl_checker import CRLChecker
from gmpki.x509.names import build_name
from rsa_keys import rsa_key

__all__ = ["DAY", "NOW"]

LAYOUTS = (SealLayout.GMT0031, SealLayout.GBT38540)
"""The layouts that seals are made in."""
ORGANISATION = "示例市社会保障局"
PERSON_ROOT = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例根"))
MAKER_ROOT = build_name(("C", "CN"), ("O", "示例市印章管理中心"), ("CN", "示例制章根"))
SIGNING = KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION)
ENCRYPTION = KeyUsage(KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT)
TSA_POLICY = "1.2.156.99999.1.1"
DIGEST = bytes(range(32))
"""What a container might hand over."""
PROPERTY_INFO = "/Doc_0/Signs/Sign_0/Signature.xml"


@dataclass(frozen=True)
class Person:
    """Somebody with a key and its certificate."""

    key: Any
    certificate: Certificate


@cache
def key(owner: str, algorithm: str = "sm2") -> Any:
    """Make a key, always the same one for the same owner."""
    return rsa_key(owner) if algorithm == "rsa" else SM2PrivateKey.generate()


def _root(name: Any, owner: str) -> Person:
    private = key(owner)
    usage = KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN)
    certificate = certify(
        name, private.public_key, name, private, BasicConstraints(ca=True), usage, not_after=NOW + 9000 * DAY
    )
    return Person(private, certificate)


@cache
def root() -> Person:
    """Return the authority of signers and of the time-stamping authority."""
    return _root(PERSON_ROOT, "root")


@cache
def maker_root() -> Person:
    """Return the authority of makers of seals."""
    return _root(MAKER_ROOT, "maker root")


def certified(owner: str, algorithm: str = "sm2", *, usage: Any = SIGNING, issuer: Person, **options: Any) -> Person:
    """Return somebody whom an authority has given a certificate, with whatever options of ``certify``."""
    private = key(owner, algorithm)
    subject = build_name(("C", "CN"), ("O", ORGANISATION), ("CN", owner))
    extensions = [usage] if usage is not None else []
    extensions += options.pop("extensions", [])
    certificate = certify(
        subject,
        private.public_key,
        issuer.certificate.subject,
        issuer.key,
        *extensions,
        **({"serial_number": 2} | options),
    )
    return Person(private, certificate)


@cache
def maker(algorithm: str = "sm2") -> Person:
    """Return the maker of seals."""
    return certified("示例制章中心", algorithm, issuer=maker_root(), serial_number=0x21)


@cache
def other_maker() -> Person:
    """Return a maker whom nobody trusts: the authority of signers has given him his certificate."""
    return certified("伪制章中心", issuer=root(), serial_number=0x22)


@cache
def signer(owner: str = "张三", algorithm: str = "sm2") -> Person:
    """Return somebody who signs."""
    number = int.from_bytes(f"{owner} {algorithm}".encode()[:15], "big")
    return certified(owner, algorithm, issuer=root(), serial_number=number)


def other_signer() -> Person:
    """Return somebody whom the seals do not list."""
    return signer("李四")


# ---- time-stamps --------------------------------------------------------------------------
class _Counter:
    number = 0

    def next(self) -> int:
        """Return the next number."""
        self.number += 1
        return self.number


@cache
def _tsa() -> Person:
    stamping = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
    return certified("示例时间戳", issuer=root(), serial_number=0x31, extensions=[stamping])


def authority(at: datetime = NOW) -> TimestampAuthority:
    """Return the time-stamping authority, whose clock stands at a time."""
    tsa = _tsa()
    return TimestampAuthority(tsa.key, tsa.certificate, _Counter(), [TSA_POLICY], clock=lambda: at)


def timestamp(data: bytes, at: datetime = NOW) -> bytes:
    """Return a token over bytes, such as the value of a signature."""
    return authority(at).stamp(data)


def token_verifier(at: datetime = NOW) -> TokenVerifier:
    """Return who verifies tokens of this authority."""
    return TokenVerifier(Trust([root().certificate], at=at))


# ---- pictures and seals -------------------------------------------------------------------
def png(side: int = 40, colour: tuple[int, int, int] = (200, 0, 0)) -> bytes:
    """Return a ring on transparent ground as PNG."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    middle, outer, inner = (side - 1) / 2, side / 2, side * 0.42
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            on_ring = inner <= ((x - middle) ** 2 + (y - middle) ** 2) ** 0.5 <= outer
            rows += bytes((*colour, 255 if on_ring else 0))
    head = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


@cache
def picture() -> SealPicture:
    """Return a picture of 40 mm."""
    return SealPicture("PNG", png(), 40, 40)


def spec(**options: Any) -> SealSpec:
    """Return what a seal of the organisation says, some of it replaced."""
    said = {
        "seal_id": "31010000000001",
        "name": ORGANISATION,
        "picture": picture(),
        "signers": [signer().certificate, signer(algorithm="rsa").certificate],
        "valid_from": NOW - DAY,
        "valid_until": NOW + 365 * DAY,
        "created_at": NOW - DAY,
    }
    return SealSpec(**(said | options))


def new_seal(layout: SealLayout = SealLayout.GBT38540, *, by: Person | None = None, **options: Any) -> Seal:
    """Make a seal, with whatever options of :func:`spec`."""
    made_by = by or maker()
    return make_seal(spec(**options), made_by.key, made_by.certificate, layout=layout)


@cache
def seal(layout: SealLayout = SealLayout.GBT38540) -> Seal:
    """Return the seal of the organisation, which lists 张三 with both his keys."""
    return new_seal(layout)


def five_field(time_stamp: bytes | None = b"token") -> gbt38540.SESeal:
    """Return a seal with a fifth field, signed as those of GB/T 38540 are."""
    made = seal().structure
    assert isinstance(made, gbt38540.SESeal)
    info = replace(made.info, header=replace(made.info.header, version=5))
    made_by = maker()
    signature = made_by.key.sign(info.to_der())
    return gbt38540.SESeal(info, made_by.certificate.der, oids.SM2_WITH_SM3, signature, time_stamp)


# ---- trust --------------------------------------------------------------------------------
def signer_trust(**options: Any) -> Trust:
    """Trust the authority of signers, at NOW unless told."""
    return Trust(**({"anchors": [root().certificate], "at": NOW} | options))


def maker_trust(**options: Any) -> Trust:
    """Trust the authority of makers, at NOW unless told."""
    return Trust(**({"anchors": [maker_root().certificate], "at": NOW} | options))


def trust(*, at: datetime = NOW, **options: Any) -> SealTrust:
    """Trust both authorities and the time-stamps; nobody tells about revocation and about the status of seals."""
    said = {"signers": signer_trust(at=at), "makers": maker_trust(at=at), "timestamps": token_verifier(at)}
    return SealTrust(**(said | options))


UNASKED = frozenset({"signer-revocation", "maker-revocation", "seal-status", "time-stamp", "seal-copy"})
"""What a verifier with :func:`trust` accepts not to know."""


def checker(issuer: Person, *revoked: Revocation, at: datetime = NOW) -> CRLChecker:
    """Return who knows the revocations of an authority."""
    builder = CRLBuilder(
        issuer=issuer.certificate.subject, this_update=at, next_update=at + 30 * DAY, number=1, entries=list(revoked)
    )
    return CRLChecker([builder.sign(issuer.key)])
