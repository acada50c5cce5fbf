"""The pictures of seals: taken over, taken from a scan, or drawn.

The names below are loaded when they are first used. Drawn impressions are outlines in an SVG, and pixels of true size:

>>> from gmpki.seal.picture import draw_name_seal, draw_round_seal, draw_special_seal
>>> round_seal = draw_round_seal("示例市社会保障局", diameter_mm=42, code="1101010000018")  # doctest: +SKIP
>>> special = draw_special_seal("示例科技（北京）有限公司", "合同专用章")  # doctest: +SKIP
>>> square = draw_name_seal("张三")  # doctest: +SKIP

They carry the mark 样章 unless the caller states that he is a licensed maker of seals. What a maker delivers as a
file, and what stands on paper, becomes a picture for a seal as well:

>>> from gmpki.seal.picture import extract_impression, import_picture
>>> picture = import_picture(open("seal.svg", "rb").read(), width_mm=42, height_mm=42)  # doctest: +SKIP
>>> taken = extract_impression(open("scan.jpg", "rb").read(), width_mm=42)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.seal.picture.fonts import Font, find_font, load_font
    from gmpki.seal.picture.importing import import_picture
    from gmpki.seal.picture.impression import Impression
    from gmpki.seal.picture.name_seal import draw_name_seal
    from gmpki.seal.picture.round_seals import draw_round_seal, draw_special_seal
    from gmpki.seal.picture.scan import ExtractedPicture, extract_impression

__all__ = [
    "ExtractedPicture",
    "Font",
    "Impression",
    "draw_name_seal",
    "draw_round_seal",
    "draw_special_seal",
    "extract_impression",
    "find_font",
    "import_picture",
    "load_font",
]

_HOMES = {
    "ExtractedPicture": "gmpki.seal.picture.scan",
    "Font": "gmpki.seal.picture.fonts",
    "Impression": "gmpki.seal.picture.impression",
    "draw_name_seal": "gmpki.seal.picture.name_seal",
    "draw_round_seal": "gmpki.seal.picture.round_seals",
    "draw_special_seal": "gmpki.seal.picture.round_seals",
    "extract_impression": "gmpki.seal.picture.scan",
    "find_font": "gmpki.seal.picture.fonts",
    "import_picture": "gmpki.seal.picture.importing",
    "load_font": "gmpki.seal.picture.fonts",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
