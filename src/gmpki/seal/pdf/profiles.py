"""What stands in a PDF signature dictionary: one table of Filter, SubFilter and the kind of Contents, for who writes
them and for who reads them.

GM/T 0112-2021 is the standard about signatures and seals in PDF; its names were not read, and are not claimed here. Of
the rows with confidence C each name is that of one product, as public code shows it.

>>> find_profile("/GM.sm2seal").row.contents.value
'seal-signature'
>>> find_profile("/adbe.pkcs7.detached") is PDFProfile.CMS
True
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROFILES", "ContentsKind", "PDFProfile", "ProfileRow", "find_profile", "piece_name"]


class ContentsKind(Enum):
    """What the bytes in Contents are."""

    DETACHED_CMS = "detached-cms"
    """SignedData without its content, which is the byte range: its digest is the messageDigest of the attributes, or
    is signed directly."""
    CMS_OF_DIGEST = "cms-of-digest"
    """SignedData whose content is the digest of the byte range: SM3, 32 bytes."""
    SEAL_SIGNATURE = "seal-signature"
    """SES_Signature whose dataHash is SM3 of the byte range."""
    TIMESTAMP = "time-stamp"
    """TimeStampToken whose imprint is that of the byte range."""
    UNKNOWN = "unknown"
    """The name was seen; what stands under it was not."""


class PDFProfile(str, Enum):
    """The forms of a signature in PDF."""

    CMS = "cms"
    """A message that every reader of PDF knows, with RSA, ECDSA or SM2."""
    CADES = "cades"
    """The same with the signer's certificate among the signed attributes (PAdES)."""
    GM_CMS = "gm-cms"
    """A message of GM/T 0010 around the digest, as Dianju's products have it."""
    SEAL = "seal"
    """A seal signature of GB/T 38540 or GM/T 0031, as Gomain's products have it."""
    GM_SM2 = "gm-sm2"
    """Only its name is known, which a fork of PDFBox writes; read, never written."""
    TIMESTAMP = "time-stamp"
    """A time-stamp over the document."""

    __hash__ = str.__hash__

    @property
    def row(self) -> ProfileRow:
        """What the table says of it."""
        return PROFILES[self]


@dataclass(frozen=True, slots=True)
class ProfileRow:
    """One row of the table. Immutable.

    :ivar filter: the name of the signature handler that is written, without its slash. Readers go by ``sub_filter``.
    :ivar sub_filter: the name of the encoding of Contents, without its slash.
    :ivar contents: what Contents is.
    :ivar type: the Type of the dictionary.
    :ivar source: where the names come from: the standard's clause, or the product, with the mark of confidence.
    """

    filter: str
    sub_filter: str
    contents: ContentsKind
    source: str
    type: str = "Sig"


PROFILES: Final[Mapping[PDFProfile, ProfileRow]] = {
    PDFProfile.CMS: ProfileRow(
        "Adobe.PPKLite", "adbe.pkcs7.detached", ContentsKind.DETACHED_CMS, "ISO 32000-1 12.8.3.3"
    ),
    PDFProfile.CADES: ProfileRow(
        "Adobe.PPKLite", "ETSI.CAdES.detached", ContentsKind.DETACHED_CMS, "ISO 32000-2 12.8.3.4; ETSI EN 319 142-1"
    ),
    PDFProfile.GM_CMS: ProfileRow(
        "DJ.GMPkiLite", "GM.sm2cms.detached", ContentsKind.CMS_OF_DIGEST, "products of Dianju [C]"
    ),
    PDFProfile.SEAL: ProfileRow(
        "Gomain.GMPkiLite", "GM.sm2seal", ContentsKind.SEAL_SIGNATURE, "products of Gomain [C]"
    ),
    PDFProfile.GM_SM2: ProfileRow("GM.SM2", "GM.SM2", ContentsKind.UNKNOWN, "a fork of PDFBox [C]"),
    PDFProfile.TIMESTAMP: ProfileRow(
        "Adobe.PPKLite", "ETSI.RFC3161", ContentsKind.TIMESTAMP, "ISO 32000-2 12.8.5", type="DocTimeStamp"
    ),
}
"""What each profile writes; no two have one sub_filter."""

_BY_SUB_FILTER: Final = {row.sub_filter: profile for profile, row in PROFILES.items()}


def find_profile(sub_filter: str) -> PDFProfile | None:
    """Return the profile of a SubFilter; None when the table has no such name.

    :param sub_filter: with its slash or without.
    :raises InvalidTypeError: when it is no ``str``.
    """
    return _BY_SUB_FILTER.get(as_text(sub_filter, "sub_filter").removeprefix("/"))


def piece_name(field_name: str, number: int) -> str:
    """Return the NM of a Stamp annotation that shows a seal where the signature field itself does not.

    A signature field has one place (ISO 32000-2 12.7.5.5). What a seal shows on further places, the pieces of a
    straddle seal for instance, are annotations of the type Stamp that come with the same revision and are covered by
    the same signature; these names tie them to the field.

    :param field_name: the full name of the signature field.
    :param number: of the piece, from 1; the field's own place is 0.
    """
    return f"{field_name}#{number}"
