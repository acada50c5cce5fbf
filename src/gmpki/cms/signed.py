"""Signed messages as they are read: what they say, with nothing verified yet.

>>> from gmpki.cms.signed import SignedMessage
>>> message = SignedMessage.from_der(open("contract.p7m", "rb").read())  # doctest: +SKIP
>>> message.profile, message.is_detached  # doctest: +SKIP
(<MessageProfile.GMT0010: 'gmt0010'>, False)
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.asn1.quirks import QuirkLog
from gmpki.asn1.rfc5652 import ContentInfo, SignedData
from gmpki.cms.message import read_message
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.cms.variants import Variant
from gmpki.errors import InvalidTypeError, MessageError
from gmpki.keys._immutable import Immutable
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.asn1.rfc5652 import SignerInfo
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.crl import CertificateRevocationList

__all__ = ["SignedMessage", "read_certificate"]

# Certificates that are longer, in bytes, are read each time: a few hundred of them would fill the memory.
_REMEMBERED_LEN: Final = 4096
_SM2_ALGORITHMS: Final = frozenset((oids.SM2_SIGN, oids.SM2_WITH_SM3, oids.SM2))


class SignedMessage(Immutable):
    """A SignedData with its frame. Immutable; thread-safe. Equal by its structure.

    The content cannot be reached by accident: it comes from :func:`~gmpki.cms.verification.verify`, or by
    :meth:`unverified_content`.

    :standard: RFC 5652 5.1; GM/T 0010
    """

    __slots__ = ("_certificates", "_data", "_lenient", "_outer", "_quirks", "_variants")
    _outer: ObjectIdentifier
    _data: SignedData
    _certificates: tuple[Certificate, ...]
    _lenient: bool
    _quirks: tuple[Quirk, ...]
    _variants: tuple[Variant, ...]

    def __init__(self) -> None:
        """Refuse: a message is read.

        :raises InvalidTypeError: always.
        """
        raise InvalidTypeError("a SignedMessage is made by from_der; sign() makes the bytes of one")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> SignedMessage:
        """Read a message: DER, BER, PEM or base64.

        :param lenient: accept and note departures from DER, and the named :class:`~gmpki.cms.variants.Variant` of
            products in the field.
        :raises InvalidTypeError: when data is not a buffer.
        :raises DecodeError: when it is no message, or a certificate in it none.
        :raises LimitExceeded: when it is longer than 64 MiB, or a bound against hostile input is reached.
        :raises InvalidInputError: when PEM holds no message, or more than one.
        :raises MessageError: "not-signed" when it is a message of another kind; "content-type" when the inner content
            type is of another family of identifiers than the outer one, and reading is strict.
        """
        member(lenient, bool, "lenient")
        message = read_message(data, lenient=lenient)
        content_type = message.content_type
        if not isinstance(message.content, SignedData):
            raise MessageError("not-signed", f"a message of the type {content_type.name}, not a signed one")
        return cls.of(content_type, message.content, message.quirks, lenient=lenient)

    @classmethod
    def of(
        cls, content_type: str, data: SignedData, quirks: Iterable[Quirk] = (), *, lenient: bool = False
    ) -> SignedMessage:
        """Make a message of parts that were read elsewhere, for instance of a stream whose content went past.

        :param content_type: of the outer ContentInfo: signedData of GM/T 0010 or PKCS #7.
        :param quirks: what reading met and accepted.
        :raises InvalidTypeError: when data is no SignedData.
        :raises DecodeError: when a certificate in it is none.
        :raises MessageError: as :meth:`from_der`.
        """
        member(data, SignedData, "data")
        if MessageKind.of(content_type) is not MessageKind.SIGNED_DATA:
            raise MessageError("not-signed", f"a message of the type {oids.find(content_type).name}, not a signed one")
        log = QuirkLog(tolerant=lenient)
        log.extend(quirks)
        certificates: list[Certificate] = []
        for encoded in data.certificates:
            if encoded[:1] == b"\x30":  # the other choices are attribute certificates and obsolete kinds
                certificate = read_certificate(encoded, lenient)
                if certificate.quirks:
                    log.extend(certificate.quirks, f"certificates[{len(certificates)}]")
                certificates.append(certificate)
        self = cls.__new__(cls)
        outer = oids.find(content_type)
        for name, value in (
            ("_outer", outer),
            ("_data", data),
            ("_certificates", tuple(certificates)),
            ("_lenient", lenient),
            ("_quirks", log.quirks),
            ("_variants", _variants(outer, data, lenient=lenient)),
        ):
            object.__setattr__(self, name, value)
        return self

    # ---- what it says -------------------------------------------------------------------
    @property
    def profile(self) -> MessageProfile:
        """Whose message it is: identifiers of GM/T 0010, of PKCS #7 and RFC 5652, or GM/T 0010 as CFCA bends it."""
        if Variant.KEY_IDENTIFIER_SIGNER in self._variants:
            return MessageProfile.CFCA
        return MessageProfile.GMT0010 if self._outer == oids.GM_SIGNED_DATA else MessageProfile.RFC5652

    @property
    def outer_content_type(self) -> ObjectIdentifier:
        """The type of the message: signedData in one of two families of identifiers."""
        return self._outer

    @property
    def content_type(self) -> ObjectIdentifier:
        """The type of what was signed."""
        return self._data.encap_content_info.content_type

    @property
    def is_detached(self) -> bool:
        """Tell whether the content stands elsewhere."""
        return self._data.encap_content_info.content is None

    @property
    def digest_algorithms(self) -> tuple[AlgorithmIdentifier, ...]:
        """The digest algorithms that the message announces."""
        return self._data.digest_algorithms

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that came along, none of them trusted."""
        return self._certificates

    @property
    def crls(self) -> tuple[CertificateRevocationList, ...]:
        """The revocation lists that came along, read when they are asked for.

        :raises DecodeError: when one is malformed.
        """
        from gmpki.x509.crl import CertificateRevocationList

        return tuple(
            CertificateRevocationList.from_der(encoded, lenient=self._lenient)
            for encoded in self._data.crls
            if encoded[:1] == b"\x30"
        )

    @property
    def signers(self) -> tuple[SignerInfo, ...]:
        """The signers as they stand there, nothing about them verified."""
        return self._data.signer_infos

    @property
    def signed_data(self) -> SignedData:
        """The structure itself, which holds the content too."""
        return self._data

    @property
    def quirks(self) -> tuple[Quirk, ...]:
        """What was met and accepted that is not as the standards say."""
        return self._quirks

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Where the message as a whole departs from the standards in meaning."""
        return self._variants

    @property
    def is_lenient(self) -> bool:
        """Tell whether it was read leniently."""
        return self._lenient

    def unverified_content(self) -> bytes | None:
        """Return the content, of which nobody knows who wrote it; None when it stands elsewhere.

        Of a content that is no OCTET STRING, which PKCS #7 version 1.5 has, these are the contents octets.
        """
        return self._data.encap_content_info.digested_octets

    def content_with(self, content: Buffer | None) -> bytes:
        """Return what was signed: from the message or from the caller, never from both. Nothing is verified.

        :param content: of a detached message.
        :raises InvalidTypeError: when it has no buffer.
        :raises MessageError: "content-missing" when the message is detached and nothing was given, "content-twice"
            when it is not and something was.
        """
        inside = self.unverified_content()
        if inside is None:
            if content is None:
                raise MessageError("content-missing", "the message is detached: its content has to be given")
            return as_bytes(content, "content")
        if content is not None:
            raise MessageError("content-twice", "the message has its content inside; another one was given")
        return inside

    def to_der(self) -> bytes:
        """Return the message as DER."""
        return ContentInfo(self._outer, self._data.to_der()).to_der()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SignedMessage):
            return NotImplemented
        return (self._outer, self._data) == (other._outer, other._data)

    def __hash__(self) -> int:
        return hash((self._outer, self._data))

    def __reduce__(self) -> tuple[object, tuple[str, SignedData, tuple[Quirk, ...], bool]]:
        """Pickle what was read."""
        return _restore, (str(self._outer), self._data, self._quirks, self._lenient)

    def __repr__(self) -> str:
        where = "detached" if self.is_detached else "attached"
        return f"<SignedMessage, {self.profile.name}, {where}, {len(self.signers)} signers>"


def _restore(outer: str, data: SignedData, quirks: tuple[Quirk, ...], lenient: bool) -> SignedMessage:
    return SignedMessage.of(outer, data, quirks, lenient=lenient)


def read_certificate(encoded: bytes, lenient: bool) -> Certificate:
    """Read a certificate, or return the one that was read from the same bytes before.

    The signers of one verifier's messages are the same ones again and again, and certificates do not change.

    :raises DecodeError: as :meth:`~gmpki.x509.certificate.Certificate.from_der`.
    :raises LimitExceeded: when it is longer than 1 MiB.
    """
    if len(encoded) <= _REMEMBERED_LEN:
        return _remembered_certificate(encoded, lenient)
    return Certificate.from_der(encoded, lenient=lenient)


@lru_cache(maxsize=256)
def _remembered_certificate(encoded: bytes, lenient: bool) -> Certificate:
    return Certificate.from_der(encoded, lenient=lenient)


def _variants(outer: ObjectIdentifier, data: SignedData, *, lenient: bool) -> tuple[Variant, ...]:
    """Name how a message departs from its profile.

    :raises MessageError: "content-type" when that is not accepted.
    """
    found = []
    inner = data.encap_content_info.content_type
    if outer == oids.GM_SIGNED_DATA and inner == oids.DATA:
        found.append(Variant.INNER_PKCS7_TYPE)
    if outer == oids.SIGNED_DATA and inner == oids.GM_DATA:
        found.append(Variant.INNER_GM_TYPE)
    if found and not lenient:
        raise MessageError(
            "content-type", f"a message of the type {outer.name} over {inner.name}: identifiers of two families"
        )
    for info in data.signer_infos:
        if outer == oids.SIGNED_DATA and info.signature_algorithm.algorithm in _SM2_ALGORITHMS:
            found.append(Variant.SM2_UNDER_PKCS7)
            break
        if outer == oids.GM_SIGNED_DATA and isinstance(info.sid, bytes):
            found.append(Variant.KEY_IDENTIFIER_SIGNER)
            break
    return tuple(found)
