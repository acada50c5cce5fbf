"""The files that the examples of ``gmpki seal picture`` name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from gmpki.seal.picture import draw_name_seal, draw_round_seal
from seal.picture.scans import Scanner


@cache
def _pictures() -> dict[str, bytes]:
    seal = draw_round_seal("示例市社会保障局", code="1101010000018", dpi=300)
    scan, (x, y) = Scanner(turned=8).scan(seal, size_mm=(100, 80))
    assert (300 < x < 780, 100 < y < 600) == (True, True)
    return {
        "drawing.svg": seal.svg.encode(),
        "name-300dpi.png": draw_name_seal("张三", dpi=300).png,
        "scan.jpg": scan,
    }


def write_pictures() -> None:
    """Write a drawing, a picture of pixels, and the scan of a sealed form."""
    for name, data in _pictures().items():
        Path(name).write_bytes(data)
