"""How checks are written down, and those on the path of a certificate, for a signer as for a maker of seals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.cms.report import Check, CheckStatus, Question, check_without_error
from gmpki.errors import GmpkiError, RevocationUnknownError, RevokedError
from gmpki.seal.report import SealCheck

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gmpki.x509.path.result import ValidatedPath

__all__ = ["attempted", "failed", "in_order", "left", "passed", "path_checks"]


def passed(name: SealCheck, detail: str) -> Check:
    """Return a check that passed."""
    return check_without_error(name, CheckStatus.PASSED, detail)


def left(name: SealCheck, detail: str) -> Check:
    """Return a check that was not made, and why."""
    return check_without_error(name, CheckStatus.NOT_CHECKED, detail)


def failed(name: SealCheck, error: GmpkiError) -> Check:
    """Return a check that failed."""
    return Check(name, CheckStatus.FAILED, str(error), error)


def attempted(name: SealCheck, check: Callable[[], str]) -> Check:
    """Make a check that returns what it found, or raises."""
    try:
        return passed(name, check())
    except GmpkiError as error:
        return failed(name, error)


def path_checks(
    chain: SealCheck, revocation: SealCheck, validate: Callable[[], ValidatedPath], when: str
) -> tuple[ValidatedPath | None, tuple[Check, Check]]:
    """Validate a path; what is wrong about revocation is told apart from the rest.

    :param when: for which time the path is valid, for people.
    """
    try:
        path = validate()
    except (RevokedError, RevocationUnknownError) as error:
        return None, (passed(chain, "but for revocation"), failed(revocation, error))
    except GmpkiError as error:
        return None, (failed(chain, error), left(revocation, "there is no chain"))
    valid = passed(chain, f"valid {when}")
    if not path.revocation:
        return path, (valid, left(revocation, "nobody was asked"))
    return path, (valid, passed(revocation, ", ".join(result.status.value for result in path.revocation)))


def in_order(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Return checks in the order of their questions."""
    return tuple(sorted(checks, key=lambda check: _PLACES[check.name]))


_PLACES: Final[dict[Question, int]] = {name: place for place, name in enumerate(SealCheck)}
