"""The layouts of seals, and the one table of what differs between them.

The layout of a seal follows from its content: a second element that is a SEQUENCE is GM/T 0031-2014; where it is an
OCTET STRING, the version in the header tells GB/T 38540-2020 from the layout with a fifth field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki.asn1 import der, gbt38540, gmt0031

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.oids import ObjectIdentifier

__all__ = ["LayoutRules", "SealLayout", "layout_of"]


class SealLayout(str, Enum):
    """Whose structures a seal and the signatures made with it have. The values stand in reports."""

    GMT0031 = "GM/T 0031-2014"
    GBT38540 = "GB/T 38540-2020"
    FIVE_FIELD = "five-field"
    """That of GB/T 38540-2020 with header version 5 and, optionally, a time-stamp in the seal. One implementation calls
    it GM/T 0031-2025 (C). It is read and verified, not made."""

    __hash__ = str.__hash__

    @property
    def rules(self) -> LayoutRules:
        """What is particular to this layout."""
        return _RULES[self]


@dataclass(frozen=True, slots=True)
class LayoutRules:
    """What is particular to a layout. Immutable.

    :ivar version: of the header of the seal and of TBS_Sign.
    :ivar seal: the structure of a seal.
    :ivar signature: the structure of a signature with a seal.
    :ivar time_tag: the type of all times, as a universal tag.
    :ivar maker_is_signed: whether the maker signs his certificate and algorithm together with the seal.
    :ivar signer_is_signed: whether the signer signs his certificate and algorithm together with the document; they
        stand inside TBS_Sign then.
    :ivar stamp_is_signed: whether a time-stamp stands in timeInfo, inside what is signed, so that it cannot be over
        the value of the signature.
    :ivar takes_digests: whether a seal may list digests of certificates.
    :ivar types: the types of seals; None where the business defines them.
    :ivar algorithms: what seals and signatures are made with here. Which others are verified is decided by the
        verifier's policy.
    :ivar takes_signed_extensions: whether what is signed has a place for extensions.
    :ivar is_made: whether seals and signatures of this layout are made here.
    """

    version: int
    seal: type[gmt0031.SESeal | gbt38540.SESeal]
    signature: type[gmt0031.SESSignature | gbt38540.SESSignature]
    time_tag: int
    maker_is_signed: bool
    signer_is_signed: bool
    stamp_is_signed: bool
    takes_digests: bool
    types: frozenset[int] | None
    algorithms: frozenset[ObjectIdentifier]
    takes_signed_extensions: bool
    is_made: bool


def _like_gbt38540(version: int, *, is_made: bool) -> LayoutRules:
    return LayoutRules(
        version=version,
        seal=gbt38540.SESeal,
        signature=gbt38540.SESSignature,
        time_tag=der.Tag.GENERALIZED_TIME,
        maker_is_signed=False,
        signer_is_signed=False,
        stamp_is_signed=False,
        takes_digests=True,
        types=None,
        algorithms=frozenset((oids.SM2_WITH_SM3,)),
        takes_signed_extensions=True,
        is_made=is_made,
    )


_RULES: Final[Mapping[SealLayout, LayoutRules]] = {
    SealLayout.GMT0031: LayoutRules(
        version=gmt0031.VERSION,
        seal=gmt0031.SESeal,
        signature=gmt0031.SESSignature,
        time_tag=der.Tag.UTC_TIME,
        maker_is_signed=True,
        signer_is_signed=True,
        stamp_is_signed=True,
        takes_digests=False,
        types=gmt0031.SEAL_TYPES,
        # The standard names RSA with SHA-1 too, which is not written any more.
        algorithms=frozenset((oids.SM2_WITH_SM3, oids.RSA_SHA256)),
        takes_signed_extensions=False,
        is_made=True,
    ),
    SealLayout.GBT38540: _like_gbt38540(gbt38540.VERSION, is_made=True),
    SealLayout.FIVE_FIELD: _like_gbt38540(gbt38540.FIVE_FIELD_VERSION, is_made=False),
}


def layout_of(seal: gmt0031.SESeal | gbt38540.SESeal) -> SealLayout:
    """Return the layout of a seal that was read."""
    if isinstance(seal, gmt0031.SESeal):
        return SealLayout.GMT0031
    five = seal.info.header.version == gbt38540.FIVE_FIELD_VERSION
    return SealLayout.FIVE_FIELD if five else SealLayout.GBT38540
