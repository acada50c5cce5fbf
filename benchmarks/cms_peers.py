"""Signed messages of 1 KiB by gmpki and, encoded alone, by asn1crypto, each behind the same few methods.

Messages of many different signers take turns, as at a service that verifies them. Beside them stands the bare
signature over the same bytes: what a message costs besides it is the difference. asn1crypto signs nothing, so that it
gets ECDSA messages of gmpki to read and to judge in everything but the signature, and a signature that was made before
to put into what it builds.

gmpki remembers certificates that it has read, and that their signatures held. So there are messages of signers whose
certificates come again, and messages of so many that each is forgotten before it returns.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import Any

from gmpki.asn1.rfc5280.ext_keys import AuthorityKeyIdentifier, KeyUsage, KeyUsages
from gmpki.cms import MessageProfile, SignedMessage, SignerSpec, Trust, sign, verify
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier
from gmpki.x509.named_key import TrustAnchor, key_info_of
from gmpki.x509.names import build_name

NOW = datetime.now(timezone.utc).replace(microsecond=0)
SIGNERS = 64
STRANGERS = 320  # more than the 256 certificates that are remembered
CONTENT = bytes(range(256)) * 4


class Gmpki:
    """This package, with keys of one kind."""

    def __init__(self, name: str, make_key: Callable[[], SM2PrivateKey | ECDSAPrivateKey]) -> None:
        self.name = f"gmpki[{name}]"
        self._make_key = make_key
        self._root_key = make_key()
        self._root_name = build_name(("C", "CN"), ("O", "示例"), ("CN", "Root"))

    def _certify(self, number: int, public_key: Any) -> Certificate:
        return (
            CertificateBuilder()
            .subject(build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", f"signer {number}")))
            .issuer(self._root_name)
            .serial_number((1 << 100) + number)
            .validity(NOW - timedelta(days=1), NOW + timedelta(days=30))
            .public_key(public_key)
            .add_extension(AuthorityKeyIdentifier(key_identifier(self._root_key.public_key)))
            .add_extension(KeyUsage(KeyUsages.DIGITAL_SIGNATURE))
            .sign(self._root_key)
        )

    def _make_specs(self, count: int) -> list[SignerSpec]:
        keys = [self._make_key() for _ in range(count)]
        return [SignerSpec(key, self._certify(number, key.public_key)) for number, key in enumerate(keys)]

    @cached_property
    def specs(self) -> list[SignerSpec]:
        return self._make_specs(SIGNERS)

    @cached_property
    def messages(self) -> list[bytes]:
        return [sign(CONTENT, spec, profile=MessageProfile.RFC5652) for spec in self.specs]

    @cached_property
    def _specs(self) -> Iterator[SignerSpec]:
        return itertools.cycle(self.specs)

    @cached_property
    def turns(self) -> Iterator[bytes]:
        return itertools.cycle(self.messages)

    @cached_property
    def _signatures(self) -> Iterator[tuple[Any, bytes, bytes]]:
        infos = [SignedMessage.from_der(message).signers[0] for message in self.messages]
        return itertools.cycle(
            [
                (spec.signer, info.signature, info.signed_attributes_to_sign)
                for spec, info in zip(self.specs, infos, strict=True)
            ]
        )

    # ---- the jobs -----------------------------------------------------------------------
    def sign(self) -> bytes:
        return sign(CONTENT, next(self._specs), profile=MessageProfile.RFC5652)

    def bare_sign(self) -> bytes:
        key, _, signed = next(self._signatures)
        return bytes(key.sign(signed))

    _TRUST = Trust.signature_only()

    def verify(self) -> bytes:
        return verify(next(self.turns), self._TRUST).content

    def bare_verify(self) -> None:
        key, signature, signed = next(self._signatures)
        key.public_key.verify(signature, signed)

    def read(self) -> object:
        return SignedMessage.from_der(next(self.turns))

    @cached_property
    def _trusted(self) -> Trust:
        return Trust((TrustAnchor(self._root_name, key_info_of(self._root_key.public_key)),))

    def verify_with_path(self) -> bytes:
        return verify(next(self.turns), self._trusted).content

    @cached_property
    def _strangers(self) -> Iterator[bytes]:
        specs = self._make_specs(STRANGERS)
        return itertools.cycle([sign(CONTENT, spec, profile=MessageProfile.RFC5652) for spec in specs])

    def verify_strangers(self) -> bytes:
        return verify(next(self._strangers), self._trusted).content


class Asn1crypto:
    """PyPI ``asn1crypto``: the encoding alone."""

    name = "asn1crypto"

    def __init__(self, ours: Gmpki) -> None:
        from asn1crypto import cms, x509

        self._cms, self._x509 = cms, x509
        self._ours = ours

    def read(self) -> object:
        return self._cms.ContentInfo.load(next(self._ours.turns), strict=True).native

    def judge(self) -> object:
        """Do all that verifying a message takes, but for the signature: return its key, and what it is over."""
        message = self._cms.ContentInfo.load(next(self._ours.turns), strict=True)
        assert message.native  # everything is read, as gmpki does
        signed = message["content"]
        (signer,) = signed["signer_infos"]
        named = signer["sid"].chosen
        number = named["serial_number"].native
        (certificate,) = (
            choice.chosen
            for choice in signed["certificates"]
            if choice.chosen.serial_number == number and choice.chosen.issuer == named["issuer"]
        )
        attributes = {attribute["type"].native: attribute["values"].native for attribute in signer["signed_attrs"]}
        inner = signed["encap_content_info"]
        assert attributes["content_type"] == [inner["content_type"].native]
        assert signer["digest_algorithm"]["algorithm"].native == "sha256"
        assert attributes["message_digest"] == [hashlib.sha256(inner["content"].native).digest()]
        assert "digital_signature" in certificate.key_usage_value.native
        return certificate.public_key.dump(), signer["signature"].native, signer["signed_attrs"].untag().dump()

    @cached_property
    def _parts(self) -> Iterator[tuple[bytes, bytes]]:
        messages = map(SignedMessage.from_der, self._ours.messages)
        return itertools.cycle([(read.certificates[0].der, read.signers[0].signature) for read in messages])

    def build(self) -> bytes:
        """Build what gmpki builds, the digest of the content included."""
        cms = self._cms
        encoded, signature = next(self._parts)
        certificate = self._x509.Certificate.load(encoded)
        attributes = [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(CONTENT).digest()]}),
        ]
        named = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier("issuer_and_serial_number", named),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": cms.CMSAttributes(attributes),
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": signature,
        }
        data = {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data", "content": CONTENT},
            "certificates": [certificate],
            "signer_infos": [cms.SignerInfo(signer)],
        }
        return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump())


def _peers() -> Iterator[Any]:
    p256 = Gmpki("P-256", ECDSAPrivateKey.generate)
    yield Gmpki("SM2", SM2PrivateKey.generate)
    yield p256
    with contextlib.suppress(ImportError):
        yield Asn1crypto(p256)


PEERS = list(_peers())
