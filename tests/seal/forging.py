"""Signatures with a seal that no SealSigner would make: everything is put together by hand and signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from gmpki import oids
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.rfc5280 import Extension
from gmpki.asn1.rfc5280.ext_keys import ExtendedKeyUsage
from gmpki.seal.layouts import SealLayout
from gmpki.seal.seal import Seal
from gmpki.seal.signature import SealSignature
from gmpki.tsa.authority import TimestampAuthority
from gmpki.x509.certificate import Certificate
from seal import samples
from seal.samples import DAY, NOW, Person

Sign = Callable[[bytes], bytes]


def forge(
    seal: Seal,
    person: Person,
    *,
    certificate: Certificate | None = None,
    digest: bytes = samples.DIGEST,
    property_info: str = samples.PROPERTY_INFO,
    time: datetime = NOW,
    time_info: bytes | None = None,
    extensions: Iterable[Extension] = (),
    stamp: Callable[[bytes], bytes] | None = None,
    sign: Sign | None = None,
    version: int | None = None,
) -> bytes:
    """Sign a document with a seal, whoever may do so.

    :param property_info: what is protected, as the container says.
    :param certificate: which stands beside the signature, in the place of the person's.
    :param time_info: what stands in timeInfo in the layout of GM/T 0031-2014.
    :param stamp: gives the time-stamp over the value of the signature.
    :param sign: makes the value out of what is signed.
    """
    shown = (certificate or person.certificate).der
    algorithm = person.key.signature_algorithm.algorithm
    number = seal.version if version is None else version
    make = sign or person.key.sign
    structure = seal.structure
    if isinstance(structure, gmt0031.SESeal):
        info = der.encode_utc_time(time) if time_info is None else time_info
        old = gmt0031.TBSSign(number, structure, info, digest, property_info, shown, algorithm, seal_der=seal.der)
        return gmt0031.SESSignature(old, make(old.to_der())).to_der()
    tbs = gbt38540.TBSSign(number, structure, time, digest, property_info, tuple(extensions), seal_der=seal.der)
    value = make(tbs.to_der())
    token = None if stamp is None else stamp(value)
    return gbt38540.SESSignature(tbs, shown, algorithm, value, token).to_der()


def changed(data: bytes, **fields: Any) -> bytes:
    """Return a signature with other fields outside of what is signed."""
    return replace(SealSignature.from_der(data).structure, **fields).to_der()


def resealed(layout: SealLayout, **fields: Any) -> Seal:
    """Return the seal of the samples with other fields after its maker has signed it."""
    structure = samples.seal(layout).structure
    if isinstance(structure, gmt0031.SESeal):
        return Seal.from_der(replace(structure, sign_info=replace(structure.sign_info, **fields)).to_der())
    return Seal.from_der(replace(structure, **fields).to_der())


def listing(seal: Seal, *certificates: Certificate) -> Seal:
    """Return a seal that lists other signers, signed by the maker of the samples."""
    maker, listed = samples.maker(), tuple(certificate.der for certificate in certificates)
    structure = seal.structure
    if isinstance(structure, gmt0031.SESeal):
        info = replace(structure.info, properties=replace(structure.info.properties, certificates=listed))
        signs = structure.sign_info
        tbs = gmt0031.SESeal.to_be_signed(info.to_der(), signs.certificate, signs.signature_algorithm)
        return Seal.from_der(gmt0031.SESeal(info, replace(signs, signature=maker.key.sign(tbs))).to_der())
    new = replace(structure.info, properties=replace(structure.info.properties, certificates=listed))
    return Seal.from_der(replace(structure, info=new, signature=maker.key.sign(new.to_der()), info_der=b"").to_der())


class _Numbers:
    def next(self) -> int:
        """Return a number."""
        return 1


def late_stamp(value: bytes, at: datetime) -> bytes:
    """Return a token of an authority whose certificate lasts long after those of the samples."""
    purpose = Extension(oids.EXTENDED_KEY_USAGE, True, ExtendedKeyUsage((oids.TIME_STAMPING,)).to_der())
    tsa = samples.certified(
        "示例时间戳二", issuer=samples.root(), serial_number=0x77, not_after=NOW + 5000 * DAY, extensions=[purpose]
    )
    return TimestampAuthority(tsa.key, tsa.certificate, _Numbers(), [samples.TSA_POLICY], clock=lambda: at).stamp(value)
