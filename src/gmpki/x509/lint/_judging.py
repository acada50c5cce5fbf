"""Asking rules what they find."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.x509.lint._model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.x509.lint._model import Rule

__all__ = ["apply", "by_gravity"]

# A certificate with thousands of broken names is told about each only so often.
_MAX_FINDINGS: Final = 20


def apply(items: Iterable[Rule], facts: Any, part: str) -> list[Finding]:
    """Return what rules find, in their order.

    :param part: of a pair, or "certificate".
    """
    found = []
    for item in items:
        for count, text in enumerate(item.check(facts)):
            if count == _MAX_FINDINGS:
                found.append(Finding(item, f"and so on: more than {_MAX_FINDINGS} of the kind", part))
                break
            found.append(Finding(item, text, part))
    return found


def by_gravity(found: list[Finding]) -> tuple[Finding, ...]:
    """Return findings, the gravest first."""
    return tuple(sorted(found, key=lambda finding: finding.severity.rank))
