"""Pictures taken out of OFD documents: those of the seals on them.

:standard: GM/T 0031-2014 and GB/T 38540-2020 for the picture of a seal, which may be a page of OFD itself
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.errors import GmpkiError, UnsupportedAlgorithm
from gmpki.seal.ofd.package import DEFAULT_LIMITS, OFDPackage, PackageLimits, shown
from gmpki.seal.ofd.signatures import SignatureFile, signature_lists
from gmpki.seal.picture.importing import MAX_SEAL_PIXELS
from gmpki.seal.picture.raster import open_picture
from gmpki.seal.signature import SealSignature

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.seal.seal import Seal, SealPicture

__all__ = ["PlacedSeal", "extract_seals", "picture_png"]

_NESTED_DPI: Final = 300  # of a picture that is itself an OFD document
_NESTED_LIMITS: Final = PackageLimits(package_len=16 << 20, members=500, member_len=16 << 20, total_len=32 << 20)


@dataclass(frozen=True, slots=True)
class PlacedSeal:
    """The seal of one signature of a document. Immutable.

    :ivar name: of the description of the signature, such as "/Doc_0/Signs/Sign_0/Signature.xml".
    """

    name: str
    seal: Seal = field(repr=False)

    @property
    def picture(self) -> SealPicture:
        """The picture of the seal as it stands in it."""
        return self.seal.picture


def extract_seals(data: Buffer, *, limits: PackageLimits = DEFAULT_LIMITS) -> tuple[PlacedSeal, ...]:
    """Return the seals of a document, in the order of its signatures, with nothing verified.

    Signatures without a seal, and those that cannot be read, are passed over.

    :raises InvalidTypeError: when the data have no buffer.
    :raises DecodeError: when it is no OFD package, or its list of signatures is malformed.
    :raises LimitExceeded: when it holds more than the limits allow.
    """
    package = OFDPackage.from_bytes(as_bytes(data, "data"), limits=limits)
    found = []
    for listed in signature_lists(package):
        for entry in listed.entries:
            try:
                described = SignatureFile.parse(package, entry.path)
                signature = SealSignature.from_der(package.read(described.signed_value), lenient=True)
            except GmpkiError:
                continue
            found.append(PlacedSeal(shown(entry.path), signature.seal))
    return tuple(found)


def picture_png(picture: SealPicture) -> bytes:
    """Return the picture of a seal as PNG, whatever it is in the seal.

    :raises DecodeError: when it cannot be read.
    :raises LimitExceeded: when it has more pixels than are read.
    :raises UnsupportedAlgorithm: when it is SVG, which a seal brings from elsewhere and which is not drawn unchecked.
    :raises UnsupportedPlatform: when the libraries of the extra "seal" are not installed.
    """
    if picture.kind == "ofd":
        from gmpki.seal.ofd.render import PageRenderer

        # Without stamps: a seal whose picture is sealed with a seal would have no end.
        return PageRenderer(picture.data, stamps=False, limits=_NESTED_LIMITS, paper="").png(1, dpi=_NESTED_DPI)
    if picture.kind == "svg":
        raise UnsupportedAlgorithm("the picture of the seal is SVG, which is not drawn here")
    stream = io.BytesIO()
    open_picture(picture.data, max_pixels=MAX_SEAL_PIXELS).save(stream, "PNG")
    return stream.getvalue()
