"""An authority, signers with certificates of every kind of key, and messages bent by hand.

A message that is to be wrong in one place is taken apart, changed and, where that place is signed, signed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc5280.ext_keys import (
    AuthorityKeyIdentifier,
    ExtendedKeyUsage,
    KeyUsage,
    KeyUsages,
    SubjectKeyIdentifier,
)
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.asn1.rfc5652 import Attribute, ContentInfo, SignedData, SignerInfo
from gmpki.cms import SignedMessage, SignerSpec, Trust, sign
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.ed25519 import Ed25519PrivateKey
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder, key_identifier
from gmpki.x509.names import build_name
from rsa_keys import rsa_key

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=timezone.utc)
DAY = timedelta(days=1)
ROOT_NAME = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例根"))
ROOT_KEY = SM2PrivateKey.from_bytes(bytes(range(1, 33)))
CONTENT = "劳动合同，一式两份。".encode()
SIGNING = KeyUsages.DIGITAL_SIGNATURE | KeyUsages.NON_REPUDIATION
ENCRYPTION = KeyUsages.KEY_ENCIPHERMENT | KeyUsages.DATA_ENCIPHERMENT | KeyUsages.KEY_AGREEMENT
SIGNED_ATTRIBUTES = der.Tag.context(0, constructed=True)


@cache
def key(kind: str = "sm2", owner: str = "张三") -> Any:
    """Make a key, always the same one for the same owner."""
    makers = {
        "sm2": SM2PrivateKey.generate,
        "rsa": rsa_key,
        "p256": ECDSAPrivateKey.generate,
        "p384": lambda: ECDSAPrivateKey.generate("P-384"),
        "ed25519": Ed25519PrivateKey.generate,
    }
    return makers[kind]()


def certify(
    public_key: Any,
    *,
    usages: KeyUsages | None = SIGNING,
    subject: str = "张三",
    serial_number: int = 0x1001,
    ca: bool = False,
    identifier: bytes | None = b"",
    not_before: datetime = NOW - DAY,
    not_after: datetime = NOW + 3650 * DAY,
    issuer_key: Any = ROOT_KEY,
    purposes: tuple[oids.ObjectIdentifier, ...] = (),
) -> Certificate:
    """Issue a certificate; identifier b"" is that of the key, None leaves it out."""
    name = ROOT_NAME if ca else build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", subject))
    builder = CertificateBuilder().subject(name).issuer(ROOT_NAME).serial_number(serial_number)
    builder = builder.validity(not_before, not_after).public_key(public_key)
    builder = builder.add_extension(AuthorityKeyIdentifier(key_identifier(issuer_key.public_key)))
    if identifier is not None:
        builder = builder.add_extension(SubjectKeyIdentifier(identifier or key_identifier(public_key)))
    if usages is not None:
        builder = builder.add_extension(KeyUsage(usages))
    if purposes:
        builder = builder.add_extension(Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage(purposes).to_der()))
    if ca:
        builder = builder.add_extension(BasicConstraints(ca=True))
    return builder.sign(issuer_key)


@cache
def root() -> Certificate:
    """Return the certificate of the authority."""
    usages = KeyUsages.KEY_CERT_SIGN | KeyUsages.CRL_SIGN
    return certify(ROOT_KEY.public_key, usages=usages, serial_number=1, ca=True)


@dataclass(frozen=True)
class Person:
    """Somebody with a key and its certificate."""

    key: Any
    certificate: Certificate

    def spec(self, **options: Any) -> SignerSpec:
        """Return how he signs."""
        return SignerSpec(self.key, self.certificate, **options)


@cache
def person(kind: str = "sm2", owner: str = "张三", serial_number: int = 0x1001) -> Person:
    """Return somebody, always the same one."""
    private = key(kind, owner)
    return Person(private, certify(private.public_key, subject=owner, serial_number=serial_number))


def other() -> Person:
    """Return a second person."""
    return person(owner="李四", serial_number=0x1002)


def trust(**options: Any) -> Trust:
    """Trust the authority, at the time of the scene."""
    return Trust([root()], **({"at": NOW} | options))


def message(content: bytes = CONTENT, **options: Any) -> bytes:
    """Return a message of one signer; options of the signer are told from those of the message by their names."""
    own = {name: options.pop(name) for name in tuple(options) if name in SignerSpec.__dataclass_fields__}
    return sign(content, person().spec(**own), **options)


# ---- taking messages apart ----------------------------------------------------------------
def parts(data: bytes) -> tuple[str, SignedData]:
    """Return the outer content type and the SignedData of a message."""
    info = ContentInfo.from_der(data)
    assert info.content is not None
    return info.content_type, SignedData.from_der(info.content)


def changed(data: bytes, *, outer: str | None = None, **fields: Any) -> bytes:
    """Return a message with other fields of SignedData, or another outer content type."""
    content_type, signed = parts(data)
    return ContentInfo(oids.find(outer or content_type), replace(signed, **fields).to_der()).to_der()


def with_signer(data: bytes, **fields: Any) -> bytes:
    """Return a message whose one signer has other fields."""
    _, signed = parts(data)
    return changed(data, signer_infos=(replace(signed.signer_infos[0], **fields),))


def with_inner(data: bytes, **fields: Any) -> bytes:
    """Return a message with another inner content info."""
    _, signed = parts(data)
    return changed(data, encap_content_info=replace(signed.encap_content_info, **fields))


def resigned(data: bytes, attributes: Iterable[bytes], *, signer: Any = None, sort: bool = True) -> bytes:
    """Return a message whose one signer signs these attributes, each encoded already."""
    encoded = b"".join(sorted(attributes) if sort else attributes)
    signature = (signer or person().key).sign(der.encode(der.Tag.SET, encoded))
    return with_signer(data, signed_attributes=encoded, signature=signature)


def attributes_of(data: bytes) -> dict[str, Attribute]:
    """Return the signed attributes of the one signer of a message."""
    _, signed = parts(data)
    return {attribute.type: attribute for attribute in signed.signer_infos[0].attributes()}


def encoded(data: bytes, **replaced: Attribute | None) -> list[bytes]:
    """Encode the signed attributes of a message, some of them replaced by their names in oids, or left out."""
    found = attributes_of(data)
    for name, attribute in replaced.items():
        kind = getattr(oids, name)
        found.pop(kind, None)
        if attribute is not None:
            found[kind] = attribute
    return [attribute.to_der() for attribute in found.values()]


def only_signer(data: bytes) -> SignerInfo:
    """Return the one signer of a message."""
    (info,) = SignedMessage.from_der(data, lenient=True).signers
    return info
