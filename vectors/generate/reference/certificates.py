"""Certificates and revocation lists signed with SM2 and SM3, by the book: RFC 5280, GM/T 0009.

Everything is drawn from labels: a party's key from its label, a serial number from what it is for.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from vectorfile import draw, draw_number

from . import der, sm2
from .sm3 import sm3

SM2_WITH_SM3 = "1.2.156.10197.1.501"
EC_PUBLIC_KEY = "1.2.840.10045.2.1"
SM2_CURVE = "1.2.156.10197.1.301"

# Bits of keyUsage (RFC 5280 4.2.1.3).
DIGITAL_SIGNATURE, NON_REPUDIATION, KEY_ENCIPHERMENT, DATA_ENCIPHERMENT, KEY_AGREEMENT = (1 << n for n in range(5))
KEY_CERT_SIGN, CRL_SIGN, ENCIPHER_ONLY, DECIPHER_ONLY = (1 << n for n in range(5, 9))


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER."""
    first, second, *others = map(int, dotted.split("."))
    body = b""
    for arc in (40 * first + second, *others):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        body += bytes(reversed(groups))
    return der.tlv(0x06, body)


def boolean(value: bool) -> bytes:
    """A BOOLEAN."""
    return der.tlv(0x01, b"\xff" if value else b"\0")


def bits(data: bytes) -> bytes:
    """A BIT STRING without unused bits."""
    return der.tlv(0x03, b"\0" + data)


def named_bits(value: int) -> bytes:
    """A BIT STRING with named bits: bit n of the standard is 1 << n, trailing zeros left out."""
    size = value.bit_length()
    packed = sum(1 << 7 - n % 8 + 8 * (n // 8) for n in range(size) if value >> n & 1)
    unused = -size % 8
    return der.tlv(0x03, bytes([unused]) + packed.to_bytes((size + 7) // 8, "little"))


def algorithm(dotted: str, parameters: bytes = b"") -> bytes:
    """An AlgorithmIdentifier."""
    return der.sequence(oid(dotted), parameters)


def name(common_name: str, organization: str = "示例市数字证书认证中心") -> bytes:
    """A Name: C, O, CN."""
    parts = [("2.5.4.6", 0x13, "CN"), ("2.5.4.10", 0x0C, organization), ("2.5.4.3", 0x0C, common_name)]
    return der.sequence(
        *[der.tlv(0x31, der.sequence(oid(kind), der.tlv(tag, text.encode()))) for kind, tag, text in parts]
    )


def time(text: str) -> bytes:
    """A UTCTime, given as YYMMDDHHMMSS."""
    return der.tlv(0x17, f"{text}Z".encode())


@dataclass(frozen=True)
class Party:
    """Somebody with a name and a key."""

    label: str
    name: bytes

    @property
    def d(self) -> int:
        """The private key."""
        return draw_number(f"key of {self.label}", sm2.N - 1)

    @property
    def point(self) -> bytes:
        """The public key, 65 bytes."""
        return b"\x04" + sm2.xy(sm2.base(self.d))

    @property
    def key_identifier(self) -> bytes:
        """SHA-1 of the public key (RFC 5280 4.2.1.2, method 1)."""
        return hashlib.sha1(self.point).digest()

    def public_key_info(self, curve: str = SM2_CURVE) -> bytes:
        """The SubjectPublicKeyInfo."""
        return der.sequence(algorithm(EC_PUBLIC_KEY, oid(curve)), bits(self.point))

    def sign(self, message: bytes, user_id: bytes | None = sm2.DEFAULT_USER_ID) -> tuple[int, int]:
        """Sign with the nonce of RFC 6979; user_id None leaves Z out."""
        public = sm2.base(self.d)
        e = int.from_bytes(sm3(message), "big") if user_id is None else sm2.digest(public, user_id, message)
        return sm2.sign(self.d, e % sm2.N, sm2.rfc6979_nonce(self.d, e))


Signing = Callable[[Party, bytes], bytes]


def signature(party: Party, message: bytes) -> bytes:
    """The signature that the standards ask for: default user id, DER."""
    return der.signature(*party.sign(message))


# ---- extensions ------------------------------------------------------------------------------
def extension(dotted: str, value: bytes, critical: bool = False) -> bytes:
    """An Extension."""
    return der.sequence(oid(dotted), boolean(True) if critical else b"", der.octets(value))


def key_usage(value: int, critical: bool = True) -> bytes:
    """The extension keyUsage."""
    return extension("2.5.29.15", named_bits(value), critical)


def basic_constraints(ca: bool, path_len: int | None = None, critical: bool = True) -> bytes:
    """The extension basicConstraints."""
    fields = [boolean(True)] if ca else []
    return extension("2.5.29.19", der.sequence(*fields, b"" if path_len is None else der.integer(path_len)), critical)


def extended_key_usage(purposes: Iterable[str], critical: bool = False) -> bytes:
    """The extension extKeyUsage."""
    return extension("2.5.29.37", der.sequence(*map(oid, purposes)), critical)


def alternative_dns(*hosts: str) -> bytes:
    """The extension subjectAltName with DNS names."""
    return extension("2.5.29.17", der.sequence(*[der.tlv(0x82, host.encode()) for host in hosts]))


def subject_key_identifier(party: Party) -> bytes:
    """The extension subjectKeyIdentifier."""
    return extension("2.5.29.14", der.octets(party.key_identifier))


def authority_key_identifier(party: Party) -> bytes:
    """The extension authorityKeyIdentifier."""
    return extension("2.5.29.35", der.sequence(der.tlv(0x80, party.key_identifier)))


# ---- what is signed --------------------------------------------------------------------------
def signed(tbs: bytes, issuer: Party, outer: bytes, signing: Signing) -> bytes:
    """What is signed, the algorithm, the signature."""
    return der.sequence(tbs, outer, bits(signing(issuer, tbs)))


def certificate(
    subject: Party,
    issuer: Party,
    extensions: Sequence[bytes],
    *,
    not_before: str = "250101000000",
    not_after: str = "341231235959",
    inner: bytes = algorithm(SM2_WITH_SM3),
    outer: bytes = algorithm(SM2_WITH_SM3),
    curve: str = SM2_CURVE,
    signing: Signing = signature,
) -> bytes:
    """A certificate of version 3."""
    serial = int.from_bytes(draw(f"serial {subject.label} {issuer.label} {len(extensions)}", 16), "big") >> 1
    tbs = der.sequence(
        der.tlv(0xA0, der.integer(2)),
        der.integer(serial),
        inner,
        issuer.name,
        der.sequence(time(not_before), time(not_after)),
        subject.name,
        subject.public_key_info(curve),
        der.tlv(0xA3, der.sequence(*extensions)),
    )
    return signed(tbs, issuer, outer, signing)


def serial_number(encoded: bytes) -> bytes:
    """The serial number of a certificate that :func:`certificate` made, as an INTEGER."""
    start = encoded.index(der.tlv(0xA0, der.integer(2))) + 5
    return encoded[start : start + 2 + encoded[start + 1]]


def revocation_list(
    issuer: Party,
    revoked: Iterable[tuple[bytes, int]],
    *,
    this_update: str = "260101000000",
    next_update: str = "270101000000",
    signing: Signing = signature,
) -> bytes:
    """A revocation list of certificates, each with a reason (RFC 5280 5.3.1)."""
    entries = [
        der.sequence(
            serial_number(encoded),
            time("260101000000"),
            der.sequence(extension("2.5.29.21", der.tlv(0x0A, bytes([reason])))),
        )
        for encoded, reason in revoked
    ]
    extensions = [authority_key_identifier(issuer), extension("2.5.29.20", der.integer(1))]
    tbs = der.sequence(
        der.integer(1),
        algorithm(SM2_WITH_SM3),
        issuer.name,
        time(this_update),
        time(next_update),
        der.sequence(*entries) if entries else b"",
        der.tlv(0xA0, der.sequence(*extensions)),
    )
    return signed(tbs, issuer, algorithm(SM2_WITH_SM3), signing)


def pem(label: str, encoded: bytes) -> str:
    """The same as a PEM file."""
    body = base64.b64encode(encoded).decode()
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""])
