"""Seals and signatures with them as programs of the field write them: every oddity that was seen or is told of.

Nothing of gmpki builds or signs them: asn1crypto encodes, tongsuopy signs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from asn1crypto import core, parser

from seal import samples
from seal.samples import DAY, NOW

SM2_WITH_SM3 = "1.2.156.10197.1.501"
GOMAIN = "1.2.156.10197.6.7.2.2.1"


# ---- elements -----------------------------------------------------------------------------
def seq(*parts: bytes) -> bytes:
    """Return a SEQUENCE."""
    return bytes(parser.emit(0, 1, 16, b"".join(parts)))


def explicit(number: int, part: bytes) -> bytes:
    """Return ``[number] EXPLICIT``."""
    return bytes(parser.emit(2, 1, number, part))


def element(tag: int, content: bytes) -> bytes:
    """Return a primitive element of a universal type."""
    return bytes(parser.emit(0, 0, tag, content))


def ia5(text: str) -> bytes:
    """Return an IA5String."""
    return bytes(core.IA5String(text).dump())


def utf8(text: str) -> bytes:
    """Return a UTF8String."""
    return bytes(core.UTF8String(text).dump())


def integer(value: int) -> bytes:
    """Return an INTEGER."""
    return bytes(core.Integer(value).dump())


def octets(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return bytes(core.OctetString(content).dump())


def bits(content: bytes) -> bytes:
    """Return a BIT STRING of whole bytes."""
    return bytes(core.OctetBitString(content).dump())


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    return bytes(core.ObjectIdentifier(dotted).dump())


def utc(when: datetime) -> bytes:
    """Return a UTCTime."""
    return bytes(core.UTCTime(when).dump())


def generalized(when: datetime) -> bytes:
    """Return a GeneralizedTime."""
    return bytes(core.GeneralizedTime(when).dump())


def extension(dotted: str = GOMAIN, value: bytes = b"2.1", critical: bytes = b"") -> bytes:
    """Return an ExtData."""
    return seq(oid(dotted), critical, octets(value))


# ---- signing ------------------------------------------------------------------------------
def sign(person: samples.Person, message: bytes) -> bytes:
    """Sign with SM2 as tongsuopy does."""
    from tongsuopy.crypto import hashes, serialization
    from tongsuopy.crypto.asymciphers import ec

    key = serialization.load_der_private_key(person.key.to_der(), None)
    return bytes(key.sign(message, ec.ECDSA(hashes.SM3())))


def raw(signature: bytes) -> bytes:
    """Return r and s, 32 bytes each."""
    values = core.SequenceOf.load(signature, spec=core.Integer).native
    return b"".join(value.to_bytes(32, "big") for value in values)


# ---- seals --------------------------------------------------------------------------------
@dataclass(frozen=True)
class Form:
    """What one program writes; every field of a seal and of a signature that may be odd, encoded."""

    version: int = 4
    head: bytes = ia5("ES")
    vendor: bytes = ia5("示例".encode().hex())
    seal_id: bytes = ia5("31010000000001")
    kind: int = 1
    name: bytes = utf8(samples.ORGANISATION)
    list_type: int = 1
    listed: bytes = b""
    created: bytes = b""
    begins: bytes = b""
    ends: bytes = b""
    picture_type: str = "PNG"
    picture: bytes = samples.png(8)
    extensions: bytes = b""
    algorithm: bytes = oid(SM2_WITH_SM3)
    raw: bool = False
    seal_stamp: bytes = b""
    # ---- of the signature
    signed_version: int | None = None
    time: bytes = b""
    property_info: bytes = ia5(samples.PROPERTY_INFO)
    data_hash: bytes = bits(samples.DIGEST)
    signed_extensions: bytes = b""
    stamp: bytes = b""
    with_signer: bool = False
    tail: bytes = b""

    @property
    def is_old(self) -> bool:
        """Tell whether it is of GM/T 0031-2014."""
        return self.version < 4

    def value(self, person: samples.Person, message: bytes) -> bytes:
        """Return the value of a signature as this program writes it."""
        signed = sign(person, message)
        return bits(raw(signed) if self.raw else signed)

    def info(self) -> bytes:
        """Return eSealInfo."""
        when = utc if self.is_old else generalized
        listed = self.listed or seq(octets(samples.signer().certificate.der))
        times = (
            self.created or when(NOW - DAY),
            self.begins or when(NOW - DAY),
            self.ends or when(NOW + 365 * DAY),
        )
        head = seq(self.head, integer(self.version), self.vendor)
        kinds = b"" if self.is_old else integer(self.list_type)
        properties = seq(integer(self.kind), self.name, kinds, listed, *times)
        picture = seq(ia5(self.picture_type), octets(self.picture), integer(40), integer(40))
        return seq(head, self.seal_id, properties, picture, self.extensions)

    def seal(self) -> bytes:
        """Return a SESeal."""
        maker, info = samples.maker(), self.info()
        shown = octets(maker.certificate.der)
        if self.is_old:
            return (
                seq(info, seq(shown, self.algorithm, self.value(maker, seq(info, shown, self.algorithm)))) + self.tail
            )
        return seq(info, shown, self.algorithm, self.value(maker, info), self.seal_stamp) + self.tail

    def signature(self) -> bytes:
        """Return a SES_Signature with this seal."""
        person, seal = samples.signer(), replace(self, tail=b"").seal()
        shown = octets(person.certificate.der)
        number = integer(self.version if self.signed_version is None else self.signed_version)
        if self.is_old:
            fields = (number, seal, self.time or bits(utc(NOW)), self.data_hash, self.property_info)
            signed = seq(*fields, shown, self.algorithm)
            return seq(signed, self.value(person, signed)) + self.tail
        fields = (number, seal, self.time or generalized(NOW), self.data_hash, self.property_info)
        signed = seq(*fields, self.signed_extensions)
        message = seq(*fields, self.signed_extensions, shown, self.algorithm) if self.with_signer else signed
        return seq(signed, shown, self.algorithm, self.value(person, message), self.stamp) + self.tail


OLD = Form(version=1)
NEW = Form()
FIFTH = Form(version=5)
