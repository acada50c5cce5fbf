"""Make the pictures of the documentation: one function a picture, invented names only.

Run it from the root of the tree: ``python docs/images/make_pictures.py [NAME...]``. It needs the extra "seal", a
Chinese font such as that of Debian's fonts-noto-cjk, and the scanner of the tests.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests"))

from ofd_page import ofd_page  # noqa: E402
from pdf_page import pdf_page  # noqa: E402

from gmpki.seal.picture import draw_name_seal, draw_round_seal, extract_impression  # noqa: E402
from seal.picture.scans import Scanner  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

ORGANISATION = "示例市社会保障局"
CODE = "1101010000018"  # made up
DPI = 300


def round_seal() -> bytes:
    """Draw the round seal of an organisation that does not exist, as a licensed maker's program would."""
    return draw_round_seal(ORGANISATION, code=CODE, licensed_maker=True, dpi=DPI).png


def round_seal_specimen() -> bytes:
    """Draw the same with the mark that it has by default."""
    return draw_round_seal(ORGANISATION, code=CODE, dpi=DPI).png


def name_seal() -> bytes:
    """Draw the square of a person."""
    return draw_name_seal("张三", licensed_maker=True, dpi=DPI).png


def scan() -> bytes:
    """Make the scan of a sealed form."""
    seal = draw_round_seal(ORGANISATION, code=CODE, licensed_maker=True)
    yellowish = (246, 238, 214)
    scanner = Scanner(dpi=200, turned=9, skew=-2, paper=yellowish, strength=0.75, uneven=0.3, noise=8, quality=75)
    return scanner.scan(seal)[0]


def imprint_from_scan() -> bytes:
    """Take the imprint from that scan."""
    return extract_impression(scan(), width_mm=42, dpi=DPI).png


PICTURES: dict[str, Callable[[], bytes]] = {
    "round-seal.png": round_seal,
    "round-seal-specimen.png": round_seal_specimen,
    "name-seal.png": name_seal,
    "scan.jpg": scan,
    "imprint-from-scan.png": imprint_from_scan,
    "ofd-page.png": ofd_page,
    "pdf-page.png": pdf_page,
}


def main(names: list[str]) -> None:
    """Write the pictures of these names, or all."""
    for name in names or PICTURES:
        (HERE / name).write_bytes(PICTURES[name]())


if __name__ == "__main__":
    main(sys.argv[1:])
