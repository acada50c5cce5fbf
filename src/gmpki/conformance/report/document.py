"""The report of a run: what was tested, with what permission, and what came of each check.

A report holds what was found and nothing secret: of the driver its file name and digests, never the folder; of the
machine what it is, never its name or who uses it.
"""

from __future__ import annotations

import enum
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text, iterated, member, number, utc_seconds
from gmpki.conformance.model import Clause, Kind, LatencyRow, Outcome, Permission, Result, Severity, Words
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.tokens.limits import Judgement, LimitProfile, Measurement, judge

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from datetime import datetime

    from gmpki.conformance.registry import Check

__all__ = ["MAX_CHECKS", "DriverFile", "Report", "ReportedCheck", "Verdict"]

MAX_CHECKS: Final = 10_000
"""The most checks of a report."""
_MAX_NAME_LEN: Final = 4096
_MAX_LEN: Final = 1 << 40
_DIGEST_LEN: Final = 64  # hexadecimal digits, of SHA-256 and of SM3
_HEXADECIMAL: Final = frozenset("0123456789abcdef")
_NOT_SELECTED: Final = Words("it was not selected for this run", "本次运行未选择此项")
_NOT_REACHED: Final = Words("the run ended before it, or it was not selected", "运行在此项之前已结束，或未选择此项")


class Verdict(enum.Enum):
    """What came of a run as a whole."""

    PASSED = "passed"
    """Every required check passed, and no check failed."""
    DEVIATIONS = "passed-with-deviations"
    """No required check failed, but there are deviations, or failures of what is only recommended."""
    FAILED = "failed"
    """A required check failed."""
    UNSUPPORTED = "unsupported"
    """None failed, but the token lacks something that is required."""
    INCOMPLETE = "incomplete"
    """None failed of those that ran, but not every required check ran."""


@dataclass(frozen=True, slots=True)
class DriverFile:
    """What was tested. Immutable.

    :ivar name: of the file, without its folder; over PC/SC that of the reader.
    :ivar sha256: its digest in small hexadecimal digits, as sm3; empty where there is no file.
    :ivar length: of the file, in bytes.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the name has a folder, or a digest is none.
    """

    name: str
    sha256: str = ""
    sm3: str = ""
    length: int = 0

    def __post_init__(self) -> None:
        if not as_text(self.name, "name") or len(self.name) > _MAX_NAME_LEN:
            raise InvalidInputError(f"the name of a driver has 1 to {_MAX_NAME_LEN} characters")
        for name in ("sha256", "sm3"):
            digest = as_text(getattr(self, name), name)
            if digest and (len(digest) != _DIGEST_LEN or not _HEXADECIMAL.issuperset(digest)):
                raise InvalidInputError(f"{name} is {_DIGEST_LEN} small hexadecimal digits")
        if self.sha256 and ("/" in self.name or "\\" in self.name):
            raise InvalidInputError("a report names the file of a driver without its folder")
        number(self.length, 0, _MAX_LEN, "length")

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> DriverFile:
        """Return name, length and digests of a file.

        :raises InvalidTypeError: when path is neither text nor a path object.
        :raises InvalidInputError: when it is no name of a file.
        :raises OSError: when the file cannot be read.
        :standard: GM/T 0004-2012; FIPS 180-4
        """
        import hashlib
        import os

        from gmpki._files import as_path, pieces
        from gmpki.algorithms.sm3 import SM3

        place = as_path(path)
        sha256, sm3, length = hashlib.sha256(), SM3(), 0
        with open(place, "rb") as stream:
            for piece in pieces(stream):
                sha256.update(piece)
                sm3.update(piece)
                length += len(piece)
        name = os.fsencode(os.path.basename(place)).decode(
            "utf-8", "replace"
        )  # a report is text, whatever file systems take
        return cls(name, sha256.hexdigest(), sm3.digest().hex(), length)


@dataclass(frozen=True, slots=True)
class ReportedCheck:
    """What a report says of a check. Immutable. The fields are those of :class:`~gmpki.conformance.registry.Check`.

    :ivar group_title: what the group is called.
    """

    id: str
    group: str
    group_title: Words
    title: Words
    clause: Clause
    severity: Severity
    permissions: frozenset[Permission] = frozenset()
    functions: tuple[str, ...] = ()
    description: str = ""
    precondition: Words | None = None

    @classmethod
    def of(cls, check: Check) -> ReportedCheck:
        """Return what is said of a check of the suite."""
        from gmpki.conformance.registry import groups

        titles = {group.name: group.title for group in groups(check.kind)}
        return cls(
            check.id,
            check.group,
            titles.get(check.group, Words(check.group, check.group)),
            check.title,
            check.clause,
            check.severity,
            check.permissions,
            check.functions,
            check.description,
            check.precondition,
        )


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a run. Immutable.

    :ivar driver: what was tested.
    :ivar device: what the token says of itself: manufacturer, issuer, label, serial_number, hardware_version,
        firmware_version, specification_version, algorithms, device_auth_algorithm, total_len, free_len, is_software ...
    :ivar driver_profile: what the client had to adapt to: layout, numbering of SM2, quirks, missing functions, notes.
        Values are what JSON has.
    :ivar permissions: what the run was permitted beyond reading.
    :ivar limits: the table that latency is judged by; None when none was chosen.
    :ivar selection: the patterns that chose checks; empty chose all.
    :ivar environment: version of gmpki, Python, system, processor, C library; no name of a host or a user.
    :ivar checks: all of the interface, in their order, also those that were not selected.
    :ivar results: of those that ran or were to run.
    :ivar latency: one row for each operation that was measured.
    :ivar is_complete: whether the run came to its end; incomplete_why says why it did not.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when there are two checks of one id, a result is of no check or of one that has one, an
        operation was measured twice or cannot have taken these times, or the run ended before it began.
    """

    kind: Kind
    driver: DriverFile
    started: datetime
    ended: datetime
    checks: tuple[ReportedCheck, ...]
    results: tuple[Result, ...]
    device: Mapping[str, str] = field(default_factory=dict)
    driver_profile: Mapping[str, Any] = field(default_factory=dict)
    permissions: frozenset[Permission] = frozenset()
    limits: LimitProfile | None = None
    selection: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    latency: tuple[LatencyRow, ...] = ()
    is_complete: bool = True
    incomplete_why: Words | None = None

    def __post_init__(self) -> None:
        member(self.kind, Kind, "kind")
        member(self.driver, DriverFile, "driver")
        member(self.is_complete, bool, "is_complete")
        if self.limits is not None:
            member(self.limits, LimitProfile, "limits")
        for name in ("started", "ended"):
            object.__setattr__(self, name, utc_seconds(getattr(self, name), name))
        if self.ended < self.started:
            raise InvalidInputError("a run does not end before it begins")
        kinds: tuple[tuple[str, type], ...] = (
            ("checks", ReportedCheck),
            ("results", Result),
            ("latency", LatencyRow),
            ("selection", str),
        )
        for name, kind in kinds:
            values = iterated(getattr(self, name), name)
            if len(values) > MAX_CHECKS:
                raise InvalidInputError(f"a report has at most {MAX_CHECKS} {name}")
            for value in values:
                member(value, kind, f"one of {name}")
            object.__setattr__(self, name, values)
        object.__setattr__(self, "permissions", frozenset(iterated(self.permissions, "permissions")))
        for permission in self.permissions:
            member(permission, Permission, "a permission")
        for name in ("device", "driver_profile", "environment"):
            if not isinstance(getattr(self, name), dict):
                raise InvalidTypeError(f"{name} must be a dict, not {type(getattr(self, name)).__name__}")
        self._check_consistency()

    def _check_consistency(self) -> None:
        known = {check.id for check in self.checks}
        if len(known) != len(self.checks):
            raise InvalidInputError("two checks of a report have the same id")
        judged = {result.check for result in self.results}
        if len(judged) != len(self.results) or not judged <= known:
            raise InvalidInputError("each result of a report is of one of its checks, and no check has two")
        measured = {(row.algorithm, row.operation) for row in self.latency}
        if len(measured) != len(self.latency):
            raise InvalidInputError("an operation was measured twice")
        if any(not row.p50_s <= row.p95_s <= row.max_s for row in self.latency):
            raise InvalidInputError("of the times of an operation p50 is the least, and the longest the greatest")
        self.measurements()
        _ = self.judgement  # which refuses rates without a length

    # ---- what follows from it -------------------------------------------------------------
    @property
    def outcomes(self) -> dict[str, Result]:
        """The result of every check by its id, in the order of the checks; of one without a result, why it has none."""
        found = {result.check: result for result in self.results}
        why = _NOT_SELECTED if self.is_complete else _NOT_REACHED
        return {
            check.id: found.get(check.id) or Result(check.id, Outcome.NOT_RUN, message=why) for check in self.checks
        }

    @property
    def verdict(self) -> Verdict:
        """What came of it as a whole, latency aside. What was not run of what is required is never passed over."""
        outcomes = self.outcomes
        required = {outcomes[check.id].outcome for check in self.checks if check.severity is Severity.REQUIRED}
        every = {result.outcome for result in outcomes.values()}
        if Outcome.FAILED in required:
            return Verdict.FAILED
        if Outcome.UNSUPPORTED in required:
            return Verdict.UNSUPPORTED
        if Outcome.NOT_RUN in required or not self.is_complete or not required:
            return Verdict.INCOMPLETE
        return Verdict.DEVIATIONS if {Outcome.FAILED, Outcome.DEVIATION} & every else Verdict.PASSED

    @property
    def is_whole(self) -> bool:
        """Whether the run came to its end and every required check ran."""
        outcomes = self.outcomes
        return self.is_complete and all(
            outcomes[check.id].outcome.is_verdict for check in self.checks if check.severity is Severity.REQUIRED
        )

    @property
    def counts(self) -> dict[tuple[Severity, Outcome], int]:
        """How many checks there are of each severity and outcome."""
        outcomes = self.outcomes
        return dict(Counter((check.severity, outcomes[check.id].outcome) for check in self.checks))

    @property
    def judgement(self) -> Judgement | None:
        """What was measured, held against the limits; None when no table was chosen."""
        return None if self.limits is None else judge(self.limits, self.measurements())

    def measurements(self) -> tuple[Measurement, ...]:
        """Return what was measured as limits are held against it.

        :raises InvalidInputError: when a row cannot be.
        """
        return tuple(
            Measurement(row.algorithm, row.operation, row.count, row.mean_s, row.max_s, row.data_len)
            for row in self.latency
        )

    @property
    def functions_called(self) -> tuple[str, ...]:
        """The functions of the driver that the run called, sorted."""
        return tuple(sorted({name for result in self.results for name in result.functions}))
