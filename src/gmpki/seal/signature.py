"""Signatures with a seal as they are read: what they say, with nothing verified yet.

>>> from gmpki.seal import SealSignature
>>> signature = SealSignature.from_der(open("SignedValue.dat", "rb").read())  # doctest: +SKIP
>>> signature.seal.name, signature.time  # doctest: +SKIP
('示例市社会保障局', datetime.datetime(2026, 3, 1, 8, 0, tzinfo=datetime.timezone.utc))
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der, gbt38540, gmt0031
from gmpki.asn1.quirks import Quirk, QuirkLog
from gmpki.cms.signed import read_certificate
from gmpki.errors import DecodeError, InvalidTypeError
from gmpki.keys._immutable import Immutable
from gmpki.seal._received import Received, read_received
from gmpki.seal.seal import Seal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.oids import ObjectIdentifier
    from gmpki.seal.layouts import SealLayout
    from gmpki.x509.certificate import Certificate

__all__ = ["SealSignature"]

_KINDS_BY_TAG: Final[dict[int, type[gmt0031.SESSignature | gbt38540.SESSignature]]] = {
    der.Tag.BIT_STRING: gmt0031.SESSignature,
    der.Tag.OCTET_STRING: gbt38540.SESSignature,
}
_HASHES: Final = {
    oids.RSA_SHA1: "sha1",
    oids.RSA_SHA256: "sha256",
    oids.RSA_SHA384: "sha384",
    oids.RSA_SHA512: "sha512",
}
_SEAL_PATH: Final = "SESSignature.toSign.eseal"


class SealSignature(Immutable):
    """A signature with a seal. Immutable; thread-safe. Equal by its bytes; it can be pickled.

    :standard: GM/T 0031-2014; GB/T 38540-2020
    """

    __slots__ = ("_certificate", "_der", "_first", "_lenient", "_quirks", "_seal", "_structure", "_time_info")
    _certificate: Certificate
    _der: bytes
    _first: bytes
    _lenient: bool
    _quirks: tuple[Quirk, ...]
    _seal: Seal
    _structure: gmt0031.SESSignature | gbt38540.SESSignature
    _time_info: gmt0031.TimeInfo | None

    def __init__(self) -> None:
        """Refuse: a signature is read, or made by a SealSigner.

        :raises InvalidTypeError: always.
        """
        raise InvalidTypeError("a SealSignature is made by SealSignature.from_der or a SealSigner")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> SealSignature:
        """Read a signature; its layout follows from its content.

        Strict reading takes DER as the standards have it, with a seal that :meth:`Seal.from_der` reads strictly; a
        version that is not the seal's, and extensions without their tag, are accepted and noted in :attr:`quirks`.

        :param lenient: accept and note more: BER, a time of another form, and what :meth:`Seal.from_der` then takes.
        :raises InvalidTypeError: when data is not a buffer.
        :raises DecodeError: when it is no such signature, or not one that this way of reading takes.
        :raises LimitExceeded: when it is longer than 16 MiB, or a certificate in it than 1 MiB.
        """
        received = read_received(data, _KINDS_BY_TAG, "a signature with a seal", lenient=lenient)
        structure = received.structure
        tbs = structure.tbs
        own, of_seal = _split(received.log.quirks)
        log = QuirkLog(tolerant=lenient)
        log.extend(of_seal)
        seal = Seal._of(Received(tbs.seal, tbs.seal_der, tbs.seal.info_der, log), lenient=lenient)
        return cls._with(seal, structure, received.encoded, received.first, own, lenient=lenient)

    @classmethod
    def _with(
        cls,
        seal: Seal,
        structure: gmt0031.SESSignature | gbt38540.SESSignature,
        encoded: bytes,
        first: bytes,
        quirks: tuple[Quirk, ...] = (),
        *,
        lenient: bool = False,
    ) -> SealSignature:
        """Make a signature of its parts; errors as :meth:`from_der`.

        :param first: the exact bytes of toSign.
        """
        log = QuirkLog(tolerant=lenient)
        log.extend(quirks)
        if isinstance(structure, gmt0031.SESSignature):
            of_signer = structure.tbs.certificate
            time_info = gmt0031.TimeInfo.of(structure.tbs.time_info, lenient=lenient)
        else:
            of_signer, time_info = structure.certificate, None
        try:
            certificate = read_certificate(of_signer, lenient)
        except DecodeError as error:
            raise DecodeError(f"the certificate of the signer cannot be read: {error}", path=("cert",)) from None
        log.extend(certificate.quirks, "cert")
        self = cls.__new__(cls)
        for name, value in (
            ("_der", encoded),
            ("_first", first),
            ("_structure", structure),
            ("_seal", seal),
            ("_certificate", certificate),
            ("_time_info", time_info),
            ("_lenient", lenient),
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
        """Whose structure it has: that of its seal."""
        return self._seal.layout

    @property
    def version(self) -> int:
        """The version in what is signed."""
        return self._structure.tbs.version

    @property
    def seal(self) -> Seal:
        """The seal, as the signer signed it along."""
        return self._seal

    @property
    def time(self) -> datetime | None:
        """When the signer says that he signed, in UTC, which proves nothing; None when a time-stamp stands in its place
        (GM/T 0031-2014), or text that is no time.
        """
        tbs = self._structure.tbs
        if isinstance(tbs, gbt38540.TBSSign):
            return tbs.time
        return None if self._time_info is None else self._time_info.time

    @property
    def time_text(self) -> str:
        """The time as text, where text is written in its place, which only lenient reading takes; else empty."""
        return "" if self._time_info is None else self._time_info.text

    @property
    def digest_name(self) -> str:
        """The hash by which the document was digested, as ``hashlib`` names it: that of the signature algorithm, sm3
        where that names none.

        :standard: GM/T 0031-2014
        """
        return _HASHES.get(self.signature_algorithm, "sm3")

    @property
    def data_hash(self) -> bytes:
        """The digest of the document."""
        return self._structure.tbs.data_hash

    @property
    def property_info(self) -> str:
        """What is protected, in the words of the container."""
        return self._structure.tbs.property_info

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """The extensions that are signed along; GM/T 0031-2014 has none."""
        tbs = self._structure.tbs
        return tbs.extensions if isinstance(tbs, gbt38540.TBSSign) else ()

    @property
    def signer_certificate(self) -> Certificate:
        """The certificate of the signer."""
        return self._certificate

    @property
    def signature_algorithm(self) -> ObjectIdentifier:
        """The algorithm of the signature, as it stands beside it."""
        structure = self._structure
        if isinstance(structure, gmt0031.SESSignature):
            return structure.tbs.signature_algorithm
        return structure.signature_algorithm

    @property
    def signature(self) -> bytes:
        """The value of the signature."""
        return self._structure.signature

    @property
    def timestamp(self) -> bytes | None:
        """The token of a time-stamp, or None.

        It is over the value of the signature, except in the layout of GM/T 0031-2014, where the signer signs it along:
        there it can only be over something older than the signature.
        """
        structure = self._structure
        if isinstance(structure, gbt38540.SESSignature):
            return structure.time_stamp
        return None if self._time_info is None else self._time_info.token

    @property
    def structure(self) -> gmt0031.SESSignature | gbt38540.SESSignature:
        """The signature as its standard writes it."""
        return self._structure

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What was accepted that is not as usual; that of the seal is in the seal's own."""
        return self._quirks

    @property
    def is_lenient(self) -> bool:
        """Tell whether it was read leniently."""
        return self._lenient

    # ---- use -----------------------------------------------------------------------------------
    @property
    def to_be_signed(self) -> bytes:
        """What the signer signed, over the bytes that came."""
        return self._first

    def other_signed_forms(self) -> Iterator[tuple[str, bytes]]:
        """Yield what else may have been signed, each with one sentence that names it.

        That is the DER of what is said, where other bytes came; and, in the layout of GB/T 38540-2020, the fields
        followed by certificate and algorithm of the signer, as a guideline of government services that is superseded
        has it (C).

        :raises GmpkiError: when what was read leniently cannot be written.
        """
        structure = self._structure
        anew = _written_anew(structure.tbs)
        if anew != self._first:
            yield "the signature is over the DER of what came in other bytes", anew
        if isinstance(structure, gbt38540.SESSignature):
            form = structure.tbs.with_signer(structure.certificate, structure.signature_algorithm)
            yield "the signature is also over the certificate and algorithm of the signer (guideline C0119)", form

    def __eq__(self, other: object) -> bool:
        return self._der == other._der if isinstance(other, SealSignature) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._der)

    def __reduce__(self) -> tuple[object, tuple[bytes, bool]]:
        return _restore, (self._der, self._lenient)

    def __repr__(self) -> str:
        return f"<SealSignature with the seal {self._seal.name!r} of {self.property_info!r}, {self.layout.value}>"


def _restore(data: bytes, lenient: bool) -> SealSignature:
    return SealSignature.from_der(data, lenient=lenient)


def _written_anew(tbs: gmt0031.TBSSign | gbt38540.TBSSign) -> bytes:
    if isinstance(tbs, gmt0031.TBSSign):
        return replace(tbs, seal=replace(tbs.seal, info_der=b""), seal_der=b"").to_der()
    return replace(tbs, seal=replace(tbs.seal, info_der=b""), seal_der=b"").to_der()


def _split(quirks: tuple[Quirk, ...]) -> tuple[tuple[Quirk, ...], tuple[Quirk, ...]]:
    """Return the quirks of a signature, and those of the seal inside as they are called in a seal by itself."""
    if not quirks:
        return (), ()
    own, of_seal = [], []
    for quirk in quirks:
        if quirk.path.startswith(_SEAL_PATH):
            of_seal.append(quirk._replace(path=f"SESeal{quirk.path.removeprefix(_SEAL_PATH)}"))
        else:
            own.append(quirk)
    return tuple(own), tuple(of_seal)
