"""What a check is and what came of it: values only, which the suite, its children and the reports share.

>>> from gmpki.conformance.model import Clause, Outcome, Words
>>> Clause("GM/T 0016-2012", "7.1.4").shown
'GM/T 0016-2012 7.1.4 (A)'
>>> Words("size", "长度").in_language("zh")
'长度'
>>> Outcome("not-run").is_verdict
False
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Final

from gmpki._inputs import as_text
from gmpki.errors import InvalidInputError

__all__ = [
    "CONFIDENCE",
    "Call",
    "Clause",
    "Kind",
    "LatencyRow",
    "Outcome",
    "Permission",
    "Result",
    "Severity",
    "Words",
]

CONFIDENCE: Final = ("A", "B", "C", "D")
"""How sure a rule is: read in the standard and in code; one standard or two codes; one code; not verified."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages. Immutable."""

    en: str
    zh: str

    def in_language(self, language: str) -> str:
        """Return it in "en" or "zh".

        :raises InvalidInputError: for another language.
        """
        if as_text(language, "language") not in ("en", "zh"):
            raise InvalidInputError("language is 'en' or 'zh'")
        return self.zh if language == "zh" else self.en

    def to_json(self) -> dict[str, str]:
        """Return it as the report keeps it."""
        return {"en": self.en, "zh": self.zh}

    @classmethod
    def from_json(cls, value: Any) -> Words:
        """Read it back.

        :raises InvalidInputError: when it is not what :meth:`to_json` makes.
        """
        if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in ("en", "zh")):
            raise InvalidInputError("a text of a report has 'en' and 'zh'")
        return cls(value["en"], value["zh"])


class Kind(enum.Enum):
    """By which interface a token is tested."""

    SKF = "skf"
    PKCS11 = "pkcs11"
    PCSC = "pcsc"


class Severity(enum.Enum):
    """How much a rule weighs."""

    REQUIRED = "required"
    """The standard demands it."""
    RECOMMENDED = "recommended"
    """Clients count on it, and the standard does not say it, or only of some tokens."""
    INFORMATION = "information"
    """The standard leaves it open: what the driver does is told."""


class Outcome(enum.Enum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    DEVIATION = "deviation"
    """Other than the standard says, in a way known in the field that a client can work around."""
    UNSUPPORTED = "unsupported"
    """The driver lacks the function, or the device does not claim the algorithm."""
    NOT_RUN = "not-run"
    """Not permitted, its precondition was not there, or the run ended before."""

    @property
    def is_verdict(self) -> bool:
        """Whether it says anything of the token."""
        return self is not Outcome.NOT_RUN


class Permission(enum.Enum):
    """What a check does to a token beyond reading. Each has to be given."""

    WRITE = "write"
    """Makes containers, keys, files and objects in the suite's own application, and removes them."""
    LOCK = "lock"
    """Gives wrong PINs, which may lock one; of the suite's own application where the interface has any."""
    INIT = "init"
    """Creates applications after device authentication, and deletes them; initialises tokens."""


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a rule stands. Immutable.

    :ivar document: with its edition, such as "GM/T 0016-2012".
    :ivar clause: its number; empty where the document as a whole is meant.
    :ivar confidence: "A" to "D", see :data:`CONFIDENCE`.
    :raises InvalidInputError: for another confidence.
    """

    document: str
    clause: str = ""
    confidence: str = "A"

    def __post_init__(self) -> None:
        if self.confidence not in CONFIDENCE:
            raise InvalidInputError(f"confidence is one of {', '.join(CONFIDENCE)}")

    @property
    def shown(self) -> str:
        """Such as "GM/T 0016-2012 7.1.4 (A)"."""
        return f"{self.document} {self.clause}".rstrip() + f" ({self.confidence})"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the driver. Immutable.

    :ivar function: such as "SKF_EnumDev"; over PC/SC the command's name.
    :ivar arguments: what it was called with, as one line: numbers, lengths, names that are not secret. Never a PIN, a
        key or data.
    :ivar answer: such as "SAR_OK"; empty when it never returned.
    """

    function: str
    arguments: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check. Immutable.

    :ivar check: its id.
    :ivar message: what was wrong, or why there is no verdict; None for most that passed.
    :ivar workaround: how a client copes with a deviation.
    :ivar observed: what the driver does where several things are right: name and value, such as ("code", "SAR_OK").
    :ivar calls: the last calls made, the oldest first; for what passed only how many there were is kept.
    :ivar call_count: how many calls there were.
    :ivar duration_s: how long it took, in seconds.
    :ivar functions: the functions of the driver that it called, sorted.
    """

    check: str
    outcome: Outcome
    message: Words | None = None
    workaround: Words | None = None
    observed: tuple[tuple[str, str], ...] = ()
    calls: tuple[Call, ...] = ()
    call_count: int = 0
    duration_s: float = 0.0
    functions: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return it as the journal and the report keep it."""
        return {
            "check": self.check,
            "outcome": self.outcome.value,
            "message": None if self.message is None else self.message.to_json(),
            "workaround": None if self.workaround is None else self.workaround.to_json(),
            "observed": [list(pair) for pair in self.observed],
            "calls": [[call.function, call.arguments, call.answer] for call in self.calls],
            "call_count": self.call_count,
            "duration_s": round(self.duration_s, 6),
            "functions": list(self.functions),
        }

    @classmethod
    def from_json(cls, value: Any) -> Result:
        """Read it back.

        :raises InvalidInputError: when it is not what :meth:`to_json` makes.
        """
        try:
            message, workaround = value["message"], value["workaround"]
            return cls(
                check=as_text(value["check"], "check"),
                outcome=Outcome(value["outcome"]),
                message=None if message is None else Words.from_json(message),
                workaround=None if workaround is None else Words.from_json(workaround),
                observed=tuple((str(name), str(text)) for name, text in value["observed"]),
                calls=tuple(Call(str(name), str(given), str(answer)) for name, given, answer in value["calls"]),
                call_count=int(value["call_count"]),
                duration_s=float(value["duration_s"]),
                functions=tuple(str(name) for name in value["functions"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInputError(f"this is no result of a check: {error}") from None


@dataclass(frozen=True, slots=True)
class LatencyRow:
    """How long one operation took. Immutable. Times are in seconds.

    :ivar algorithm: as :data:`gmpki.tokens.limits.ALGORITHMS`; operation as OPERATIONS there.
    :ivar count: how many were measured, those that warm up aside.
    :ivar data_len: bytes that each worked on; 0 where there is no rate.
    """

    algorithm: str
    operation: str
    count: int
    mean_s: float
    p50_s: float
    p95_s: float
    max_s: float
    data_len: int = 0

    @property
    def rate_kbps(self) -> float:
        """Kilobits (1000 bits) a second, by the mean; 0 where there is no rate."""
        return self.data_len * 8 / self.mean_s / 1000 if self.data_len else 0.0

    @property
    def per_second(self) -> float:
        """Operations a second, by the mean."""
        return 1 / self.mean_s
