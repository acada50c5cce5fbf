"""Draw a run as bars on a logarithmic scale: one SVG with a panel for SM2, one for SM3 and SM4, one for Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from bench_results import PYTHON, C, Measurement, Run, title

WIDTH, LEFT, RIGHT = 900, 250, 90
BAR, GAP, HEAD = 12, 12, 76
COLOURS = {
    "gmpki": "#0b6e4f",
    "gmpki[portable]": "#7fc8a9",
    "openssl": "#c0504d",
    "libgcrypt": "#4f81bd",
    "cryptography": "#c0504d",
    "tongsuopy": "#e08e45",
    "gmssl-pyx": "#8064a2",
    "gmalglib": "#4f81bd",
    "gmssl": "#7f7f7f",
}
SM2 = ("keygen", "keygen_unchecked", "sign", "verify", "verify_table", "encrypt_32", "decrypt_32", "ecdh")
SM2_BATCH = ("sign_batch_8", "verify_batch_8", "keygen_unchecked_batch_8")
BULK = ("ecb_8192", "ctr_8192", "cbc_decrypt_8192", "gcm_8192", "xts_8192", "cbc_encrypt_8192", "cbc_batch_16x8192")
SM3 = ("sm3_64", "sm3_8192", "sm3_hmac_64", "sm3_batch_16x64", "sm3_batch_16x8192")
FROM_PYTHON = (
    "SM2 generate",
    "SM2 sign",
    "SM2 verify",
    "SM2 encrypt 32 B",
    "SM2 decrypt 32 B",
    "SM3 64 B",
    "SM3 8192 B",
    "SM4-CTR 8192 B",
    "SM4-GCM 8192 B",
    "SM4-CBC 8192 B",
)


@dataclass(frozen=True)
class Panel:
    """A heading, what is measured, whether figures are for a byte, and which operations."""

    heading: str
    level: str
    per_byte: bool
    operations: Sequence[str]

    def figure(self, one: Measurement) -> float:
        if self.level == PYTHON:
            return one.min * 1e6
        return one.min / one.data_len if self.per_byte else one.min


PANELS = (
    Panel("SM2, cycles for one operation", C, False, [f"sm2_{name}" for name in (*SM2, *SM2_BATCH)]),
    Panel("SM3 and SM4, cycles for a byte", C, True, [*SM3, *(f"sm4_{name}" for name in BULK)]),
    Panel("From Python, microseconds for a call", PYTHON, False, FROM_PYTHON),
)


def bars(run: Run, panel: Panel, operation: str) -> list[tuple[str, str, float]]:
    """Return series, label and figure of each bar: the best of ours, the portable one, every peer."""
    found = []
    ours = run.best_ours(panel.level, operation)
    if ours is None:
        return []
    found.append(("gmpki", ours.backend, panel.figure(ours)))
    portable = run.best_ours(panel.level, operation, ["portable"])
    if portable is not None and portable is not ours:
        found.append(("gmpki[portable]", "portable", panel.figure(portable)))
    peers = sorted((one for one in run.of(panel.level, operation) if not one.is_ours), key=lambda one: one.min)
    return found + [(one.implementation, one.implementation, panel.figure(one)) for one in peers]


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 10 else f"{value:.2f}"


def text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 11, weight: str = "normal") -> str:
    font = f'font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {font}>{escape(words)}</text>'


def axis(low: float, high: float, top: float, bottom: float) -> list[str]:
    """Return the lines of whole powers of ten, with their values above."""
    parts = []
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        x = LEFT + (WIDTH - LEFT - RIGHT) * (power - math.log10(low)) / math.log10(high / low)
        parts.append(f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="#d9d9d9"/>')
        value = 10.0**power
        parts.append(text(x, top - 5, f"{value:,.0f}" if value >= 1 else f"{value:g}", anchor="middle", size=10))
    return parts


def draw_panel(run: Run, panel: Panel, top: float) -> tuple[list[str], float]:
    """Return a panel's drawing and where it ends."""
    groups = [(operation, bars(run, panel, operation)) for operation in panel.operations]
    groups = [(operation, found) for operation, found in groups if found]
    if not groups:
        return [], top
    figures = [figure for _, found in groups for _, _, figure in found]
    low, high = 10.0 ** math.floor(math.log10(min(figures))), 10.0 ** math.ceil(math.log10(max(figures)))
    high = max(high, low * 10)
    bottom = top + HEAD + sum(BAR * len(found) + GAP for _, found in groups)
    parts = [text(12, top + 22, panel.heading, size=15, weight="bold")]
    x = 12
    for series in dict.fromkeys(name for _, found in groups for name, _, _ in found):
        parts.append(f'<rect x="{x}" y="{top + 32}" width="10" height="10" fill="{COLOURS.get(series, "#999999")}"/>')
        parts.append(text(x + 14, top + 41, "gmpki, fastest" if series == "gmpki" else series))
        x += 32 + 6 * len("gmpki, fastest" if series == "gmpki" else series)
    parts += axis(low, high, top + HEAD - 10, bottom - GAP / 2)
    y = top + HEAD
    for operation, found in groups:
        name = title(operation) if panel.level == C else operation
        parts.append(text(LEFT - 8, y + BAR * len(found) / 2 + 4, name, anchor="end"))
        for series, label, figure in found:
            length = max(1.0, (WIDTH - LEFT - RIGHT) * math.log10(figure / low) / math.log10(high / low))
            colour = COLOURS.get(series, "#999999")
            parts.append(f'<rect x="{LEFT}" y="{y:.1f}" width="{length:.1f}" height="{BAR - 1}" fill="{colour}"/>')
            words = number(figure) + (f" {label}" if series == "gmpki" and label else "")
            parts.append(text(LEFT + length + 4, y + BAR - 2.5, words, size=10))
            y += BAR
        y += GAP
    return parts, bottom


def svg(run: Run) -> str:
    """Return the drawing of a run."""
    machine = f"{run.machine.get('processor', '')}, {run.machine.get('compiler', '')}, {run.machine.get('date', '')}"
    parts, y = [text(12, 24, "gmpki and others: shorter is faster, logarithmic scale", size=17, weight="bold")], 44.0
    parts.append(text(12, y, f"one run on {machine}; least of many samples", size=11))
    y += 10
    for panel in PANELS:
        drawn, y = draw_panel(run, panel, y)
        parts += drawn
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y:.0f}" viewBox="0 0 {WIDTH} {y:.0f}" '
        'font-family="Helvetica, Arial, sans-serif" fill="#222222">'
    )
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>"]) + "\n"
