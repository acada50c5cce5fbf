"""What an index says about an object, and what was found out about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gmpki.asn1.quirks import Quirk, QuirkKind

__all__ = ["DEFAULT_ID", "SEALED", "Entry", "Judgement"]

DEFAULT_ID = "valid(id=1234567812345678)"
SEALED = "seal or sealed OFD"


@dataclass(frozen=True)
class Entry:
    """A line of the index."""

    path: Path
    kind: str
    evaluates_to: str
    note: str

    @property
    def name(self) -> str:
        # Seals and what is sealed with them are of one kind, and of the same name often.
        return f"seal/{self.path.name}" if self.kind == SEALED else f"{self.kind}/{self.path.stem}"


@dataclass
class Judgement:
    """What was found out about an object.

    :ivar strict: whether strict reading takes it.
    :ivar verdict: in the words of the index.
    :ivar quirks: of the object and of its signature.
    :ivar variants: where it departs from the standards in meaning, one sentence each.
    :ivar problems: where that differs from what the index says, or from what must hold for every object.
    """

    strict: bool = False
    verdict: str = ""
    quirks: list[Quirk] = field(default_factory=list)
    variants: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def has(self, kind: QuirkKind) -> bool:
        """Tell whether a quirk was named."""
        return any(quirk.kind is kind for quirk in self.quirks)
