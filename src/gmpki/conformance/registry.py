"""Where checks are written down: a group of them to a file, each a function with what it checks beside it.

>>> from gmpki.conformance.registry import checks
>>> from gmpki.conformance.model import Kind
>>> checks(Kind.SKF)[0].id
'SKF-ABI-001'
"""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_text, member
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Check", "Group", "check_named", "checks", "groups", "selected"]

# The file of each group, in the order in which they run: first what the others rest on, last what may lock or exhaust.
_GROUPS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.SKF: (
        "abi",
        "buffers",
        "handles",
        "pointers",
        "device",
        "device_info",
        "authentication",
        "stage",
        "pins",
        "pin_locks",
        "pin_limits",
        "pin_changes",
        "rights",
        "containers",
        "files",
        "file_contents",
        "file_rights",
        "keys",
        "dual",
        "certificates",
        "digests",
        "signatures",
        "verification",
        "encryption",
        "agreement",
        "sessions",
        "ciphers",
        "cipher_padding",
        "cipher_states",
        "macs",
        "rsa",
        "randomness",
        "errors",
        "events",
        "locking",
        "threads",
        "processes",
        "persistence",
        "exhaustion",
        "latency",
    ),
    Kind.PKCS11: (
        "general",
        "slots",
        "sessions",
        "login",
        "objects",
        "secrets",
        "certificates",
        "mechanisms",
        "asymmetric",
        "sm",
        "sm2",
        "randomness",
        "threads",
        "latency",
    ),
    Kind.PCSC: (
        "apdu",
        "lengths",
        "device",
        "randomness",
        "pins",
        "containers",
        "files",
        "keys",
        "digests",
        "signatures",
        "ciphers",
        "latency",
    ),
}
_ID: Final = re.compile(r"(SKF|P11|PCSC)-[A-Z0-9]{2,6}-[0-9]{3}")
_PREFIX: Final = {Kind.SKF: "SKF", Kind.PKCS11: "P11", Kind.PCSC: "PCSC"}


@dataclass(frozen=True, slots=True)
class Check:
    """One rule and how it is checked. Immutable.

    :ivar id: stable for ever, such as "SKF-BUF-003"; a check that is dropped leaves its number unused.
    :ivar group: the name of its group, such as "buffers".
    :ivar permissions: what it may do beyond reading.
    :ivar precondition: what has to be so beside the permissions, in words.
    :ivar functions: those of the driver that it is about.
    :ivar description: what it does, from its docstring.
    :ivar timeout_s: after how many seconds the driver counts as hanging.
    """

    id: str
    group: str
    kind: Kind
    title: Words
    clause: Clause
    severity: Severity
    permissions: frozenset[Permission]
    functions: tuple[str, ...]
    description: str
    precondition: Words | None = None
    timeout_s: float = 120.0
    run: Callable[[Any], None] = field(repr=False, compare=False, default=lambda _: None)

    def to_json(self) -> dict[str, Any]:
        """Return what the report keeps of it."""
        return {
            "id": self.id,
            "group": self.group,
            "title": self.title.to_json(),
            "clause": self.clause.document,
            "clause_number": self.clause.clause,
            "confidence": self.clause.confidence,
            "severity": self.severity.value,
            "permissions": sorted(permission.value for permission in self.permissions),
            "functions": list(self.functions),
            "precondition": None if self.precondition is None else self.precondition.to_json(),
            "description": self.description,
        }


class Group:
    """The checks of one file. Filled while the file is imported, then not changed.

    :ivar name: such as "buffers"; prefix: what its ids begin with, such as "SKF-BUF".
    """

    def __init__(self, kind: Kind, name: str, prefix: str, title: Words) -> None:
        self.kind = kind
        self.name = name
        self.prefix = f"{_PREFIX[kind]}-{prefix}"
        self.title = title
        self.checks: list[Check] = []

    def check(
        self,
        number: int,
        en: str,
        zh: str,
        *,
        clause: Clause,
        functions: Iterable[str],
        severity: Severity = Severity.REQUIRED,
        needs: Iterable[Permission] = (),
        precondition: Words | None = None,
        timeout_s: float = 120.0,
    ) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
        """Return the decorator that makes a function a check.

        :param number: of the check in its group: three digits of its id.
        :param en: its title: what holds of a token that is right, or the question where the standard leaves it open;
            zh: the same in Chinese.
        :raises InvalidInputError: when the number was used before, or the function has no docstring.
        """
        own = f"{self.prefix}-{number:03d}"
        if _ID.fullmatch(own) is None or any(other.id == own for other in self.checks):
            raise InvalidInputError(f"{own} is no id for a new check")

        def register(run: Callable[[Any], None]) -> Callable[[Any], None]:
            if not run.__doc__:
                raise InvalidInputError(f"{own} does not say what it does")
            made = Check(
                id=own,
                group=self.name,
                kind=self.kind,
                title=Words(en, zh),
                clause=clause,
                severity=severity,
                permissions=frozenset(needs),
                functions=tuple(functions),
                description=" ".join(run.__doc__.split()),
                precondition=precondition,
                timeout_s=timeout_s,
                run=run,
            )
            self.checks.append(made)
            self.checks.sort(key=lambda check: check.id)  # they run and are listed in the order of their ids
            return run

        return register


@cache
def groups(kind: Kind) -> tuple[Group, ...]:
    """Return the groups of an interface, in the order in which they run.

    :raises InvalidTypeError: when kind is none.
    """
    member(kind, Kind, "kind")
    package = f"gmpki.conformance.{kind.value}"
    return tuple(importlib.import_module(f"{package}.{name}").GROUP for name in _GROUPS[kind])


@cache
def checks(kind: Kind) -> tuple[Check, ...]:
    """Return all checks of an interface, in the order in which they run.

    :raises InvalidTypeError: when kind is none.
    """
    return tuple(check for group in groups(kind) for check in group.checks)


def check_named(identifier: str) -> Check:
    """Return a check by its id.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when there is none of this id.
    """
    for kind in Kind:
        for check in checks(kind):
            if check.id == as_text(identifier, "identifier"):
                return check
    raise InvalidInputError(f"there is no check {identifier[:50]!r}")


def selected(kind: Kind, patterns: Iterable[str]) -> tuple[Check, ...]:
    """Return the checks that patterns choose; no pattern chooses all.

    :param patterns: ids ("SKF-BUF-003"), beginnings of them ("SKF-BUF", "BUF"), names of groups ("buffers") or
        severities ("required").
    :raises InvalidTypeError: when a pattern is no text.
    :raises InvalidInputError: when one chooses nothing.
    """
    wanted = tuple(patterns)
    every = checks(kind)
    if not wanted:
        return every
    chosen: set[str] = set()
    for pattern in wanted:
        found = {check.id for check in every if _chooses(as_text(pattern, "a pattern"), check)}
        if not found:
            raise InvalidInputError(f"{pattern[:50]!r} chooses no check; see 'gmpki conformance list'")
        chosen |= found
    return tuple(check for check in every if check.id in chosen)


def _chooses(pattern: str, check: Check) -> bool:
    if pattern in (check.group, check.severity.value):
        return True
    prefix = _PREFIX[check.kind]
    asked = pattern.upper() if pattern.upper().startswith(f"{prefix}-") else f"{prefix}-{pattern.upper()}"
    return check.id == asked or check.id.startswith(f"{asked}-")
