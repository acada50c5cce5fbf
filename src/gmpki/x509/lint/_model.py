"""What a rule and a finding are, and the register of all rules."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, Flag, auto
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "CABF",
    "GMT0009",
    "GMT0015",
    "HERE",
    "RFC5280",
    "Clause",
    "Document",
    "Finding",
    "Rule",
    "Scope",
    "Severity",
    "every_rule",
    "rule",
    "rules_about",
]

C = TypeVar("C", bound="Callable[[Any], Iterable[str]]")


class Severity(str, Enum):
    """How much a finding matters, from the gravest to the least.

    ERROR breaks what a document demands; WARNING goes against what it recommends, or against a demand that software
    in the field does not follow; NOTICE may surprise somebody; INFO is good to know.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


class Scope(Flag):
    """Which certificates a rule is about. A certificate has one of the first two and any of the others."""

    CA = auto()
    END_ENTITY = auto()
    SIGNING = auto()
    ENCRYPTION = auto()
    TLS_SERVER = auto()
    OCSP = auto()
    TSA = auto()
    PAIR = auto()
    CERTIFICATE = CA | END_ENTITY


class Clause(NamedTuple):
    """Where a rule stands.

    :ivar confidence: A when the text was read, B when independent implementations agree on what it says, C when one
        does, D when it is common practice or general knowledge.
    """

    document: str
    clause: str
    edition: str
    confidence: str

    def __str__(self) -> str:
        return f"{self.document} {self.clause}".strip()


class Document(NamedTuple):
    """A document with its edition, and how well its text is known here."""

    name: str
    edition: str
    confidence: str

    def at(self, clause: str, confidence: str = "") -> Clause:
        """Return a clause of it; confidence where it is not that of the whole document."""
        return Clause(self.name, clause, self.edition, confidence or self.confidence)


RFC5280: Final = Document("RFC 5280", "2008", "A")
GMT0009: Final = Document("GM/T 0009", "2012", "A")
# Neither edition of GM/T 0015 could be read in full: clauses are named by their subject, not by number.
GMT0015: Final = Document("GM/T 0015", "2012 and 2023", "B")
CABF: Final = Document("CA/Browser Forum Baseline Requirements", "2.0", "D")
HERE: Final = Document("gmpki", "1", "A")


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is looked at. Immutable.

    :ivar id: stable: the document, then what it is about.
    :ivar title: what should be, in English; title_zh in Chinese.
    :ivar why: why it should be so, one sentence or two; may be empty.
    :ivar check: yields one text for each departure it finds.
    """

    id: str
    severity: Severity
    clause: Clause
    title: str
    title_zh: str
    scope: Scope
    why: str
    check: Callable[[Any], Iterable[str]]

    def to_dict(self) -> dict[str, str]:
        """Return the rule as plain data."""
        return {
            "rule": self.id,
            "severity": self.severity.value,
            "title": self.title,
            "title_zh": self.title_zh,
            "why": self.why,
            "document": self.clause.document,
            "clause": self.clause.clause,
            "edition": self.clause.edition,
            "confidence": self.clause.confidence,
        }


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure that was found. Immutable.

    :ivar text: what was found, in English; it never holds a personal identity number.
    :ivar part: "certificate", or for pairs "signing", "encryption" or "pair".
    """

    rule: Rule
    text: str
    part: str = "certificate"

    @property
    def id(self) -> str:
        """The identifier of the rule."""
        return self.rule.id

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return self.rule.severity

    def to_dict(self) -> dict[str, str]:
        """Return the finding as plain data, the rule's included."""
        return {**self.rule.to_dict(), "text": self.text, "part": self.part}

    def __str__(self) -> str:
        """Return one line: severity, rule, text, clause with our confidence in it."""
        clause = self.rule.clause
        return f"{self.severity.value}: {self.id}: {self.text} [{clause}, confidence {clause.confidence}]"


_rules: Final[dict[str, Rule]] = {}


def rule(
    identifier: str,
    severity: Severity,
    clause: Clause,
    title: str,
    title_zh: str,
    *,
    scope: Scope = Scope.CERTIFICATE,
    why: str = "",
) -> Callable[[C], C]:
    """Register the decorated function as the check of a rule."""

    def register(check: C) -> C:
        if identifier in _rules:
            raise AssertionError(f"two rules are called {identifier}")
        _rules[identifier] = Rule(identifier, severity, clause, title, title_zh, scope, why, check)
        return check

    return register


def every_rule() -> tuple[Rule, ...]:
    """Return the rules registered so far, in order."""
    return tuple(_rules.values())


@cache
def rules_about(scope: Scope) -> tuple[Rule, ...]:
    """Return the rules about what has a scope, in order. Called when all rules are registered."""
    return tuple(item for item in _rules.values() if item.scope & scope)
