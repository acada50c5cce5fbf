"""The files that the examples of ``gmpki seal picture`` name."""

from __future__ import annotations

from pathlib import Path

from gmpki.seal.picture import draw_name_seal, draw_round_seal
from seal.picture.scans import Scanner


def write_pictures() -> None:
    """Write a drawing, a picture of pixels, and the scan of a sealed form."""
    seal = draw_round_seal("示例市社会保障局", code="1101010000018", dpi=300)
    Path("drawing.svg").write_text(seal.svg, encoding="utf-8")
    Path("name-300dpi.png").write_bytes(draw_name_seal("张三", dpi=300).png)
    scan, (x, y) = Scanner(dpi=200, turned=8).scan(seal, size_mm=(100, 80))
    assert (300 < x < 780, 100 < y < 600) == (True, True)
    Path("scan.jpg").write_bytes(scan)
