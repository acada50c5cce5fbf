"""The images that signature fields show.

:standard: ISO 32000-1 8.9.5, 8.10.2 and 12.5.5
"""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from gmpki.errors import GmpkiError, UnsupportedPlatform
from gmpki.seal._extras import extra
from gmpki.seal.pdf.filters import decoded
from gmpki.seal.pdf.syntax import Stream

if TYPE_CHECKING:
    from gmpki.seal.pdf.revision import Revision

__all__ = ["ShownPicture", "shown_picture"]

_MAX_PIXELS: Final = 1 << 24
_MAX_FORMS: Final = 32
_MODES: Final = {"DeviceRGB": ("RGB", 3), "DeviceGray": ("L", 1)}


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """The picture of a signature. Immutable.

    :ivar name: of the field.
    :ivar kind: "png", "svg", "jpeg" and so on.
    :ivar data: the file.
    :ivar width_mm: how wide the seal says that it is, or the field shows it; ``height_mm`` the same.
    """

    name: str
    kind: str
    data: bytes = field(repr=False)
    width_mm: float
    height_mm: float


def shown_picture(revision: Revision, widget: dict[str, Any]) -> tuple[str, bytes] | None:
    """Return kind and bytes of the first image that an annotation shows; None when it shows none that is read here.

    :raises UnsupportedPlatform: when Pillow is not installed.
    """
    try:
        image = _first_image(revision, widget)
        return None if image is None else _file(revision, image)
    except UnsupportedPlatform:
        raise
    except GmpkiError:
        return None


def _first_image(revision: Revision, widget: dict[str, Any]) -> Stream | None:
    """Look through the forms of an appearance, the outer ones first."""
    appearance = revision.resolve(widget.get("AP"))
    pending: list[Any] = [appearance.get("N")] if isinstance(appearance, dict) else []
    for _ in range(_MAX_FORMS):
        if not pending:
            return None
        form = revision.resolve(pending.pop(0))
        if not isinstance(form, Stream):
            continue
        if form.dictionary.get("Subtype") == "Image":
            return form
        resources = revision.resolve(form.dictionary.get("Resources"))
        listed = revision.resolve(resources.get("XObject")) if isinstance(resources, dict) else None
        pending += listed.values() if isinstance(listed, dict) else ()
    return None


def _file(revision: Revision, image: Stream) -> tuple[str, bytes] | None:
    """Return an image as a file: a JPEG as it is, others with their transparency as PNG."""
    encoded = revision.document.data[image.start : image.end]
    if image.dictionary.get("Filter") in ("DCTDecode", ["DCTDecode"]):
        return "jpeg", encoded
    colours = _bitmap(revision, image)
    if colours is None:
        return None
    mask = revision.resolve(image.dictionary.get("SMask"))
    alpha = _bitmap(revision, mask) if isinstance(mask, Stream) else None
    if alpha is not None and alpha.size == colours.size and alpha.mode == "L":
        colours.putalpha(alpha)
    made = BytesIO()
    colours.save(made, "PNG")
    return "png", made.getvalue()


def _bitmap(revision: Revision, image: Stream) -> Any:
    """Return an image of 8 bits as Pillow has it; None for others."""
    entries = image.dictionary
    width, height = revision.resolve(entries.get("Width")), revision.resolve(entries.get("Height"))
    space = revision.resolve(entries.get("ColorSpace"))
    if type(width) is not int or type(height) is not int or not isinstance(space, str) or space not in _MODES:
        return None
    mode, channels = _MODES[space]
    if width < 1 or height < 1 or width * height > _MAX_PIXELS or entries.get("BitsPerComponent") != 8:
        return None
    pixels = decoded(entries, revision.document.data[image.start : image.end], at=image.start)
    if len(pixels) != width * height * channels:
        return None
    return extra("PIL.Image").frombytes(mode, (width, height), pixels)
