"""Electronic seals: read strictly or leniently, kept byte for byte.

>>> from gmpki.seal import Seal
>>> seal = Seal.from_der(open("seal.esl", "rb").read())  # doctest: +SKIP
>>> seal.name, seal.layout.value  # doctest: +SKIP
('示例市社会保障局', 'GB/T 38540-2020')
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, as_text, member, number
from gmpki.algorithms import sm3
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.quirks import Quirk, QuirkKind, QuirkLog
from gmpki.cms.signed import read_certificate
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError
from gmpki.keys._immutable import Immutable
from gmpki.seal._received import Received, read_received
from gmpki.seal.layouts import SealLayout, layout_of
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.oids import ObjectIdentifier

__all__ = ["Seal", "SealPicture", "SealType", "SignerDigest"]

_MAX_SIDE_MM: Final = (1 << 31) - 1


class SealType(IntEnum):
    """Whose a seal is. GM/T 0031-2014 has these two; GB/T 38540-2020 leaves the numbers to the business [B]."""

    ORGANISATION = 1
    PERSON = 2


# ---- the picture ----------------------------------------------------------------------------------------------------
_MAGICS: Final = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"PK\x03\x04", "ofd"),
)
_SPELLINGS: Final = {"jpg": "jpeg"}
_KINDS: Final = frozenset(("png", "jpeg", "gif", "bmp", "svg", "ofd"))
_SVG_HEAD: Final = 1024


@dataclass(frozen=True, slots=True)
class SealPicture:
    """The picture of a seal. Immutable.

    :ivar type: GIF, BMP, JPG, PNG, SVG, ofd (one page of OFD) and so on, as the seal says.
    :ivar data: the file.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the type is not ASCII, or a size is negative or above 2^31 - 1.
    """

    type: str
    data: bytes = field(repr=False)
    width_mm: int
    height_mm: int

    def __post_init__(self) -> None:
        if not as_text(self.type, "the type of the picture").isascii():
            raise InvalidInputError("the type of the picture is ASCII, such as PNG")
        object.__setattr__(self, "data", as_bytes(self.data, "the picture"))
        for name in ("width_mm", "height_mm"):
            number(getattr(self, name), 0, _MAX_SIDE_MM, name)

    @property
    def kind(self) -> str:
        """What the file is by its first bytes: png, jpeg, gif, bmp, svg or ofd; empty when it is none of these."""
        for magic, kind in _MAGICS:
            if self.data.startswith(magic):
                return kind
        return "svg" if b"<svg" in self.data[:_SVG_HEAD] else ""

    @property
    def says_otherwise(self) -> bool:
        """Tell whether the type names another kind of file than the one that is there."""
        said = self.type.strip().lower()
        said = _SPELLINGS.get(said, said)
        return said in _KINDS and self.kind != said


# ---- who may use the seal -------------------------------------------------------------------------------------------
_HASHES: Final = {
    "sha256": "sha256",
    "sha384": "sha384",
    "sha512": "sha512",
    str(oids.SHA256): "sha256",
    str(oids.SHA384): "sha384",
    str(oids.SHA512): "sha512",
}


@dataclass(frozen=True, slots=True)
class SignerDigest:
    """The digest of the certificate of somebody who may use a seal. Immutable.

    :ivar type: which hash, as the seal says in free text: its name or object identifier.
    """

    type: str
    digest: bytes

    @property
    def hash_name(self) -> str:
        """The hash: sha256, sha384 or sha512 where the type says so, else sm3.

        A type that says something else stands for SM3 (C), and for nothing weaker: digests by SHA-1 and MD5 are those
        of no certificate.
        """
        return _HASHES.get(self.type.strip().lower().replace("-", ""), "sm3")


# ---- the seal -------------------------------------------------------------------------------------------------------
_KINDS_BY_TAG: Final[dict[int, type[gmt0031.SESeal | gbt38540.SESeal]]] = {
    der.Tag.SEQUENCE: gmt0031.SESeal,
    der.Tag.OCTET_STRING: gbt38540.SESeal,
}


class Seal(Immutable):
    """An electronic seal. Immutable; thread-safe. Equal by its bytes; it can be pickled.

    :standard: GM/T 0031-2014; GB/T 38540-2020
    """

    __slots__ = (
        "_certificates",
        "_der",
        "_first",
        "_layout",
        "_lenient",
        "_maker",
        "_picture",
        "_quirks",
        "_signed_by",
        "_structure",
    )
    _certificates: tuple[Certificate, ...]
    _der: bytes
    _first: bytes
    _layout: SealLayout
    _lenient: bool
    _maker: Certificate
    _picture: SealPicture
    _quirks: tuple[Quirk, ...]
    _signed_by: gmt0031.SESSignInfo | gbt38540.SESeal
    _structure: gmt0031.SESeal | gbt38540.SESeal

    def __init__(self) -> None:
        """Refuse: a seal is read or made.

        :raises InvalidTypeError: always.
        """
        raise InvalidTypeError("a Seal is made by Seal.from_der or make_seal")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> Seal:
        """Read a seal; its layout follows from its content.

        Strict reading takes DER as the standards have it, where they are clear, with certificates that can be read.
        Where they leave something open, what is unusual is accepted and noted in :attr:`quirks`: a tag ``[0]`` around
        extensions, another version than 1 and other types of seals in the layout of 2014, and a picture that is another
        kind of file than the seal says.

        :param lenient: accept and note more: BER, the other type of time, a version that is unknown, a header that does
            not begin with "ES", a list of signers of another kind than is said, text in place of certificates, and
            certificates in that list that cannot be read.
        :raises InvalidTypeError: when data is not a buffer.
        :raises DecodeError: when it is no seal, or not one that this way of reading takes.
        :raises LimitExceeded: when it is longer than 16 MiB, or a certificate in it than 1 MiB.
        """
        return cls._of(read_received(data, _KINDS_BY_TAG, "a seal", lenient=lenient), lenient=lenient)

    @classmethod
    def _of(cls, received: Received[gmt0031.SESeal | gbt38540.SESeal], *, lenient: bool) -> Seal:
        """Make a seal of what was read from its encoding; errors as :meth:`from_der`."""
        self = cls.__new__(cls)
        structure, log = received.structure, received.log
        signed_by = structure.sign_info if isinstance(structure, gmt0031.SESeal) else structure
        shown = structure.info.picture
        picture = SealPicture(shown.type, shown.data, shown.width, shown.height)
        if picture.says_otherwise:
            log.note(QuirkKind.PICTURE_TYPE, path="picture.type")
        for name, value in (
            ("_der", received.encoded),
            ("_first", received.first),
            ("_layout", layout_of(structure)),
            ("_lenient", lenient),
            ("_structure", structure),
            ("_signed_by", signed_by),
            ("_picture", picture),
            ("_maker", _read_maker(signed_by.certificate, log, lenient=lenient)),
            ("_certificates", _read_signers(structure.info.properties.certificates, log, lenient=lenient)),
            ("_quirks", log.quirks),
        ):
            object.__setattr__(self, name, value)
        return self

    # ---- what it says ------------------------------------------------------------------------
    @property
    def der(self) -> bytes:
        """The exact bytes that were read."""
        return self._der

    @property
    def layout(self) -> SealLayout:
        """Whose structure it has."""
        return self._layout

    @property
    def version(self) -> int:
        """The version in its header."""
        return self._structure.info.header.version

    @property
    def vendor_id(self) -> str:
        """Who made the software that made the seal."""
        return self._structure.info.header.vendor_id

    @property
    def seal_id(self) -> str:
        """esID, the code of the seal."""
        return self._structure.info.seal_id

    @property
    def seal_type(self) -> int:
        """Whose it is, as a number; see :class:`SealType`."""
        return self._structure.info.properties.type

    @property
    def name(self) -> str:
        """The name of the seal."""
        return self._structure.info.properties.name

    @property
    def signer_certificates(self) -> tuple[Certificate, ...]:
        """The certificates of those who may use it; empty when their digests are listed instead.

        Of a seal that was read leniently, those that cannot be read are left out.
        """
        return self._certificates

    @property
    def signer_digests(self) -> tuple[SignerDigest, ...]:
        """The digests of the certificates of those who may use it; empty when the certificates are listed instead."""
        properties = self._structure.info.properties
        if isinstance(properties, gmt0031.SESPropertyInfo):
            return ()
        return tuple(SignerDigest(one.type, one.value) for one in properties.digests)

    @property
    def created_at(self) -> datetime:
        """When it was made, in UTC."""
        return self._structure.info.properties.created_at

    @property
    def valid_from(self) -> datetime:
        """The first second of its validity, in UTC."""
        return self._structure.info.properties.valid_from

    @property
    def valid_until(self) -> datetime:
        """The last second of its validity, in UTC. It may lie before :attr:`valid_from`: then it is never valid."""
        return self._structure.info.properties.valid_until

    @property
    def picture(self) -> SealPicture:
        """What it shows."""
        return self._picture

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """extDatas, in their order; what they mean is the business of who wrote them."""
        return self._structure.info.extensions

    @property
    def maker_certificate(self) -> Certificate:
        """The certificate of who made the seal."""
        return self._maker

    @property
    def signature_algorithm(self) -> ObjectIdentifier:
        """The algorithm of the maker's signature, as it stands beside it."""
        return self._signed_by.signature_algorithm

    @property
    def signature(self) -> bytes:
        """The maker's signature."""
        return self._signed_by.signature

    @property
    def time_stamp(self) -> bytes | None:
        """What the fifth field holds; None when there is none."""
        return self._structure.time_stamp if isinstance(self._structure, gbt38540.SESeal) else None

    @property
    def structure(self) -> gmt0031.SESeal | gbt38540.SESeal:
        """The seal as its standard writes it."""
        return self._structure

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What was accepted that is not as usual."""
        return self._quirks

    @property
    def is_lenient(self) -> bool:
        """Tell whether it was read leniently."""
        return self._lenient

    # ---- use -----------------------------------------------------------------------------------
    @property
    def to_be_signed(self) -> bytes:
        """What the maker signed, over the bytes that came."""
        return self._signed_form(self._first)

    @property
    def reencoded_to_be_signed(self) -> bytes:
        """What the maker signed, if he signed the DER of what is said and not the bytes that came.

        :raises InvalidInputError: when what was read leniently cannot be written.
        """
        return self._signed_form(self._structure.info.to_der())

    def _signed_form(self, info: bytes) -> bytes:
        if not self._layout.rules.maker_is_signed:
            return info
        return gmt0031.SESeal.to_be_signed(info, self._signed_by.certificate, self.signature_algorithm)

    def names(self, certificate: Certificate) -> bool:
        """Tell whether a certificate is one of those whose holders may use the seal: byte for byte, or by its digest.

        :raises InvalidTypeError: when it is no certificate.
        :standard: GM/T 0031-2014 6; GB/T 38540-2020
        """
        member(certificate, Certificate, "certificate")
        if certificate.der in self._structure.info.properties.certificates:
            return True
        # Of thousands of digests each hash is computed once.
        wanted = {(one.hash_name, one.digest) for one in self.signer_digests}
        return any((name, certificate.fingerprint(name)) in wanted for name in sorted({name for name, _ in wanted}))

    def digest(self) -> bytes:
        """Return SM3 of all its bytes, 32 bytes."""
        return sm3.digest(self._der)

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, Seal) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __reduce__(self) -> tuple[object, tuple[bytes, bool]]:
        return _restore, (self._der, self._lenient)

    def __repr__(self) -> str:
        return f"<Seal {self.name!r}, id {self.seal_id!r}, {self._layout.value}>"


def _restore(data: bytes, lenient: bool) -> Seal:
    return Seal.from_der(data, lenient=lenient)


def _read_maker(encoded: bytes, log: QuirkLog, *, lenient: bool) -> Certificate:
    try:
        certificate = read_certificate(encoded, lenient)
    except DecodeError as error:
        raise DecodeError(f"the certificate of the maker cannot be read: {error}", path=("cert",)) from None
    log.extend(certificate.quirks, "cert")
    return certificate


def _read_signers(listed: tuple[bytes, ...], log: QuirkLog, *, lenient: bool) -> tuple[Certificate, ...]:
    path = "property.certList"
    found = []
    for encoded in listed:
        try:
            certificate = read_certificate(encoded, lenient)
        except DecodeError as error:
            if not lenient:
                message = f"the certificate of a signer cannot be read: {error}"
                raise DecodeError(message, path=("property", "certList")) from None
            log.note(QuirkKind.CERTIFICATE_UNREADABLE, path=path)
            continue
        log.extend(certificate.quirks, path)
        found.append(certificate)
    return tuple(found)
