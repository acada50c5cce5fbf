"""A root, a time-stamping authority below it, and what else may sign tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

import pytest

from certified import DAY, NOW, certify
from gmpki import oids
from gmpki.asn1.rfc3161 import TSTInfo
from gmpki.asn1.rfc5280 import BasicConstraints, Extension
from gmpki.asn1.rfc5280._extension_value import ExtensionValue
from gmpki.asn1.rfc5280.ext_keys import (
    ExtendedKeyUsage,
    KeyUsage,
    KeyUsages,
)
from gmpki.asn1.rfc5652 import Attribute
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import sign
from gmpki.cms.trust import Trust
from gmpki.errors import TimestampError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.oids import ObjectIdentifier
from gmpki.tsa.authority import TimestampAuthority
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.signing_certificate import signing_certificate
from gmpki.tsa.token import TimestampToken
from gmpki.tsa.verify import TokenPolicy, TokenVerifier
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import build_name
from rsa_keys import rsa_key

SECOND = timedelta(seconds=1)
ROOT = build_name(("C", "CN"), ("O", "示例数字证书认证中心"), ("CN", "示例根"))
TSA = build_name(("C", "CN"), ("O", "示例时间戳服务中心"), ("CN", "示例时间戳"))
POLICY = "1.2.156.99999.1.1"
OTHER_POLICY = "1.2.156.99999.1.2"
DATA = "示例合同".encode()
ALGORITHMS = ("sm2", "rsa")


def purposes(*names: ObjectIdentifier, critical: bool = True) -> Extension:
    """Return an extKeyUsage with these purposes."""
    return Extension(oids.EXTENDED_KEY_USAGE, critical, ExtendedKeyUsage(names).to_der())


STAMPING = purposes(oids.TIME_STAMPING)
SIGNING = KeyUsage(KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION)


@lru_cache(maxsize=32)
def key(algorithm: str, owner: str) -> Any:
    """Make a key, always the same one for the same owner."""
    return SM2PrivateKey.generate() if algorithm == "sm2" else rsa_key(owner)


class Counter:
    """Serial numbers in memory, for tests that are not about them."""

    def __init__(self, first: int = 1) -> None:
        self.following = first

    def next(self) -> int:
        """Return the next number."""
        self.following += 1
        return self.following - 1


@dataclass(frozen=True)
class Scene:
    """A root and an authority, with a list of numbers in memory."""

    algorithm: str
    ca_key: Any
    ca: Certificate
    tsa_key: Any
    tsa: Certificate
    serials: Counter = field(default_factory=Counter)

    def trust(self, **options: Any) -> Trust:
        """Return who trusts the root, at NOW unless told."""
        return Trust(**({"anchors": [self.ca], "at": NOW} | options))

    def authority(self, **options: Any) -> TimestampAuthority:
        """Return the authority, whose clock stands at NOW unless told."""
        options = {"clock": lambda: NOW, "policies": (POLICY, OTHER_POLICY)} | options
        parts = {"signer": self.tsa_key, "certificate": self.tsa, "serials": self.serials}
        return TimestampAuthority(**(parts | options))

    def another(self, *extensions: ExtensionValue | Extension, **options: Any) -> Certificate:
        """Return another certificate for the authority's key."""
        places = {"issuer": ROOT, "signer": self.ca_key, "serial_number": 9} | options
        subject = places.pop("subject", TSA)
        return certify(
            subject, self.tsa_key.public_key, places.pop("issuer"), places.pop("signer"), *extensions, **places
        )

    @property
    def profile(self) -> MessageProfile:
        """Return the usual form of tokens."""
        return MessageProfile.GMT0010 if self.algorithm == "sm2" else MessageProfile.RFC5652

    def info(self, **changed: Any) -> TSTInfo:
        """Return the contents of a token over DATA, some fields changed."""
        fields = {
            "version": 1,
            "policy": oids.find(POLICY),
            "message_imprint": Imprint.of(DATA).to_structure(),
            "serial_number": 7,
            "gen_time": NOW,
        }
        return TSTInfo(**(fields | changed))

    def token(
        self,
        info: TSTInfo | bytes | None = None,
        *,
        certificate: Certificate | None = None,
        signer: Any = None,
        attributes: Iterable[Attribute] | None = None,
        **options: Any,
    ) -> bytes:
        """Sign the contents of a token, in any way that somebody might."""
        certificate = certificate or self.tsa
        contents = self.info() if info is None else info
        extra = (signing_certificate(certificate),) if attributes is None else tuple(attributes)
        spec = SignerSpec(signer or self.tsa_key, certificate, signed_attributes=extra)
        options = {"profile": self.profile, "content_type": oids.TST_INFO} | options
        return sign(contents if isinstance(contents, bytes) else contents.to_der(), [spec], **options)

    def read(self, **options: Any) -> TimestampToken:
        """Return a token that is in order, as it is read."""
        return TimestampToken.from_der(self.token(**options))


def scene(algorithm: str = "sm2") -> Scene:
    """Return the scene for an algorithm, always the same one."""
    return _built(algorithm)


@lru_cache(maxsize=4)
def _built(algorithm: str) -> Scene:
    ca_key, tsa_key = key(algorithm, "ca"), key(algorithm, "tsa")
    usage = KeyUsage(KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN)
    ca = certify(ROOT, ca_key.public_key, ROOT, ca_key, BasicConstraints(ca=True), usage, not_after=NOW + 3000 * DAY)
    tsa = certify(TSA, tsa_key.public_key, ROOT, ca_key, SIGNING, STAMPING, serial_number=8)
    return Scene(algorithm, ca_key, ca, tsa_key, tsa)


def verifier(made: Scene, policy: TokenPolicy | None = None, *, lenient: bool = False, **trust: Any) -> TokenVerifier:
    """Return a verifier that trusts the root, at NOW unless told; ``policy_`` is that of the path."""
    if "policy_" in trust:
        trust["policy"] = trust.pop("policy_")
    return TokenVerifier(made.trust(**trust), policy=policy or TokenPolicy(), lenient=lenient)


def refused(reason: str, token: bytes, policy: TokenPolicy | None = None, data: Any = DATA, **trust: Any) -> None:
    """Check that a token of the scene is refused for a reason."""
    with pytest.raises(TimestampError) as caught:
        verifier(scene(), policy, **trust).verify(token, data)
    assert caught.value.reason == reason
