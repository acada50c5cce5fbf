"""Fonts: which file a character's outline is taken from, and the outlines.

Pictures of seals are drawn with outlines, not with text, so that they look the same wherever they are shown.
"""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Final

from gmpki._files import as_path
from gmpki._inputs import as_text, member
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, LimitExceeded
from gmpki.seal.picture.font_files import DAMAGE, FontFile, Outlines, files_below, system_directories
from gmpki.seal.picture.outline import Outline

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Font", "find_font", "load_font"]

_MAX_FILE_LEN: Final = 128 << 20  # bytes; a collection of all Chinese faces has about 30 MB

# What seals are set in, best first: the song style, bold enough for small pictures, forms of simplified Chinese.
# File name in lower case -> family. The first is in Debian's fonts-noto-cjk, the last in fonts-arphic-uming.
_SONG: Final = {
    "notoserifcjk-bold.ttc": "Noto Serif CJK SC",
    "notoserifcjksc-bold.otf": "Noto Serif CJK SC",
    "notoserifsc-bold.otf": "Noto Serif SC",
    "sourcehanserif-bold.ttc": "Source Han Serif SC",
    "sourcehanserifsc-bold.otf": "Source Han Serif SC",
    "sourcehanserifcn-bold.otf": "Source Han Serif CN",
    "notoserifcjk-regular.ttc": "Noto Serif CJK SC",
    "simsun.ttc": "SimSun",
    "songti.ttc": "Songti SC",
    "uming.ttc": "AR PL UMing CN",
}


class Font:
    """One face of a font file; :func:`load_font` and :func:`find_font` give it. Immutable, thread-safe.

    :ivar family: its name, such as "Noto Serif CJK SC".
    """

    def __init__(self, family: str, outlines: Outlines) -> None:
        self.family = family
        self._glyphs, self._units, self._characters = outlines

    def __repr__(self) -> str:
        return f"<Font {self.family}>"

    def __contains__(self, character: object) -> bool:
        return isinstance(character, str) and len(character) == 1 and ord(character) in self._characters

    def outline(self, character: str) -> Outline:
        """Return the outline of a character: 1.0 is the height of the type, y points down, the base line is 0.

        :raises InvalidInputError: when it is not one character, or the font has none such.
        :raises DecodeError: when the font is damaged there.
        :raises LimitExceeded: when the character is drawn with too many steps.
        """
        as_text(character, "character")
        if character not in self:
            raise InvalidInputError(f"the font {self.family} has no character {character!r}")
        return _outline(self, character)

    def require(self, text: str) -> None:
        """Check that the font has every character of a text.

        :raises InvalidInputError: when one is missing; it names all of them.
        """
        missing = "".join(dict.fromkeys(character for character in text if character not in self))
        if missing:
            raise InvalidInputError(f"the font {self.family} does not have: {missing}")


@functools.lru_cache(maxsize=512)
def _outline(font: Font, character: str) -> Outline:
    try:
        drawn = font._glyphs.outline(font._characters[ord(character)])
        scale = 1 / font._units
        flipped = tuple(
            (letter, tuple(value * (scale if place % 2 == 0 else -scale) for place, value in enumerate(numbers)))
            for letter, numbers in drawn.segments
        )
    except GmpkiError:
        raise
    except DAMAGE:
        raise DecodeError(f"the font {font.family} is damaged at the character {character!r}") from None
    return Outline(flipped)


def load_font(path: str | os.PathLike[str], family: str | None = None) -> Font:
    """Load a font file: .ttf, .otf, or one face of a collection (.ttc, .otc).

    :param family: which face of a collection; the first without it.
    :raises InvalidTypeError: when the path or the name is none.
    :raises InvalidInputError: when the file has no face of that family.
    :raises DecodeError: when it is no font, or a damaged one.
    :raises LimitExceeded: when it is longer than 128 MiB.
    :raises UnsupportedAlgorithm: when its outlines have another form than TrueType or CFF.
    :raises OSError: when it cannot be read.
    """
    path = as_path(path)
    if family is not None:
        member(family, str, "family")
    status = os.stat(path)
    if status.st_size > _MAX_FILE_LEN:
        raise LimitExceeded(f"a font of {status.st_size} bytes; at most {_MAX_FILE_LEN} are read")
    return _load(path, family, status.st_mtime_ns, status.st_size)


@functools.lru_cache(maxsize=8)
def _load(path: str, family: str | None, _changed: int, _len: int) -> Font:
    with open(path, "rb") as stream:
        try:
            return _face(FontFile(stream, _len), family)
        except GmpkiError:
            raise
        except DAMAGE:
            raise DecodeError(f"{os.path.basename(path)} is no font that can be read") from None


def _face(file: FontFile, family: str | None) -> Font:
    seen = []
    for face in file.faces():
        name = file.family(face)
        if family is None or name == family:
            return Font(name, file.outlines(face))
        seen.append(name)
    raise InvalidInputError(f"the font has no family {family}; it has {', '.join(dict.fromkeys(seen))}")


def find_font(directories: Iterable[str | os.PathLike[str]] | None = None) -> Font:
    """Return the best font for seals that is installed: a bold song style for simplified Chinese.

    :param directories: where fonts are; without them where the operating system keeps its own.
    :raises InvalidInputError: when there is none; Debian's package fonts-noto-cjk brings one.
    :raises OSError: when a font that is there cannot be read.
    """
    places = system_directories() if directories is None else [as_path(place, "directory") for place in directories]
    present: dict[str, str] = {}
    for directory in places:
        for name, path in files_below(directory):
            present.setdefault(name, path)
    for name, family in _SONG.items():
        if name in present:
            return load_font(present[name], family)
    raise InvalidInputError("no Chinese font was found; name one, or install Debian's package fonts-noto-cjk")
