"""Certificates made for tests: through the builder, and field by field where a field is to be wrong."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, BasicConstraints, Name
from gmpki.asn1.sec1 import SpecifiedECDomain
from gmpki.keys.interfaces import Signer
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.certificate_builder import CertificateBuilder
from gmpki.x509.names import build_name

# Fixed keys: bytes made with them name cases, and every process must collect the same ones.
KEY = SM2PrivateKey.from_bytes(bytes(range(1, 33)))
OTHER = SM2PrivateKey.from_bytes(bytes(range(33, 65)))
ROOT_NAME = build_name(("C", "CN"), ("O", "示例市数字证书认证中心"), ("CN", "示例根证书"))
SUBJECT = build_name(("C", "CN"), ("O", "示例市社会保障局"), ("CN", "张三"))
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
END = datetime(2036, 1, 1, tzinfo=timezone.utc)
SM2_SIGNATURE = AlgorithmIdentifier(oids.SM2_WITH_SM3)
# The parameters of sm2p256v1 (GB/T 32918.5-2017 clause 2) written out, in place of the name of the curve.
_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
EXPLICIT_SM2 = SpecifiedECDomain(
    version=1,
    prime=_P,
    a=(_P - 3).to_bytes(32, "big"),
    b=bytes.fromhex("28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93"),
    seed=None,
    base=bytes.fromhex(
        "0432C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7"
        "BC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0"
    ),
    order=0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
    cofactor=1,
).to_der()
EMPTY = der.encode_sequence()


def builder(subject: Name = SUBJECT, public_key: Any = OTHER.public_key) -> CertificateBuilder:
    """Give a builder with every field set and no extension."""
    ready = CertificateBuilder().subject(subject).issuer(ROOT_NAME).serial_number(0x1234567890)
    return ready.validity(BEGIN, END).public_key(public_key)


def root(signer: Signer = KEY) -> Certificate:
    """Make a self-signed certificate."""
    return builder(ROOT_NAME, signer.public_key).add_extension(BasicConstraints(ca=True)).sign(signer)


def fields(**changed: bytes) -> dict[str, bytes]:
    """Give the encoded fields of a TBSCertificate of version 3, some of them changed."""
    parts = {
        "version": der.encode_explicit(0, der.encode_integer(2)),
        "serial": der.encode_integer(5),
        "algorithm": SM2_SIGNATURE.to_der(),
        "issuer": ROOT_NAME.to_der(),
        "validity": der.encode_sequence(der.encode_time(BEGIN), der.encode_time(END)),
        "subject": SUBJECT.to_der(),
        "key": OTHER.public_key.to_der(),
        "unique_ids": b"",
        "extensions": b"",
    }
    assert set(changed) <= set(parts)
    return parts | changed


def tbs(**changed: bytes) -> bytes:
    """Encode a TBSCertificate, some of its encoded fields changed."""
    return der.encode_sequence(*fields(**changed).values())


def signed(contents: bytes, *, algorithm: bytes | None = None, signature: bytes | None = None) -> bytes:
    """Sign contents with KEY; the algorithm beside the signature, or the signature itself, may be another."""
    beside = SM2_SIGNATURE.to_der() if algorithm is None else algorithm
    value = KEY.sign(contents) if signature is None else signature
    return der.encode_sequence(contents, beside, der.encode_bit_string(value))


def certificate(**changed: bytes) -> bytes:
    """Encode a certificate of KEY with some encoded fields changed."""
    return signed(tbs(**changed))


def extension(oid: str, value: bytes, *flags: bytes) -> bytes:
    """Encode an extension; flags stand where critical does."""
    return der.encode_sequence(der.encode_oid(oid), *flags, der.encode_octet_string(value))


def extensions(*parts: bytes) -> bytes:
    """Encode ``[3]`` with extensions that are encoded already."""
    return der.encode_explicit(3, der.encode_sequence(*parts))
