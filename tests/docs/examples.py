"""Find the fenced code blocks of a Markdown page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
GUIDES = {language: ROOT / "docs" / language for language in ("zh", "en")}

FENCE = re.compile(r"^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One code block: its language, its text, the line of the page on which the text begins."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page in their order."""
    source = page.read_text(encoding="utf-8")
    return [
        Block(match["language"], match["text"], source.count("\n", 0, match.start()) + 2)
        for match in FENCE.finditer(source)
    ]


def pages() -> list[Path]:
    """Return the README and every page of the guides."""
    return [README, *(page for guide in GUIDES.values() for page in sorted(guide.glob("*.md")))]
