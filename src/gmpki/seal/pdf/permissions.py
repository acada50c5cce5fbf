"""What a signature itself says about changes after it: certification (DocMDP) and locked fields (FieldMDP).

This package allows less than DocMDP can: no filling in of forms and no annotations, whatever P says. So of its three
values only P 1, which allows no further signature either, makes a difference. Time-stamps over the document and
validation data are allowed by all of them.

:standard: ISO 32000-1 12.8.2 and 12.7.4.5; ISO 32000-2 12.8.2.2
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gmpki.errors import SealError
from gmpki.seal.pdf.fields import Field, text_of
from gmpki.seal.pdf.syntax import Real, shown

if TYPE_CHECKING:
    from gmpki.seal.pdf.revision import Revision

__all__ = ["Lock", "Permissions", "read_permissions"]


@dataclass(frozen=True, slots=True)
class Lock:
    """Which fields a signature locks. Immutable.

    :ivar action: "All", "Include" (those that are named) or "Exclude" (all others).
    """

    action: str
    names: tuple[str, ...] = ()

    def covers(self, name: str) -> bool:
        """Tell whether a field is locked; to name a field names those below it."""
        if self.action == "All":
            return True
        named = any(name == one or name.startswith(f"{one}.") for one in self.names)
        return named == (self.action == "Include")


@dataclass(frozen=True, slots=True)
class Permissions:
    """What a signature allows after it. Immutable.

    :ivar level: P of DocMDP, 1 to 3; None when the signature does not certify the document.
    """

    level: int | None = None
    locks: tuple[Lock, ...] = ()

    def check_signature(self, name: str) -> None:
        """Check that a field may be signed later.

        :raises SealError: "not-allowed" when it may not.
        """
        if self.level == 1:
            raise SealError("not-allowed", f"the signature allows no further ones, and {name!r} was signed after it")
        if any(lock.covers(name) for lock in self.locks):
            raise SealError("not-allowed", f"the signature locks the field {name!r}, which was signed after it")


def read_permissions(revision: Revision, field: Field) -> Permissions:
    """Return what the signature of a field allows.

    :raises SealError: "transform" when it says so in a way that is not known, which may forbid anything.
    :raises DecodeError: when an object is malformed.
    """
    levels: list[int] = []
    locks: list[Lock] = []
    value = field.value.dictionary if field.value else {}
    for item in revision.array(value.get("Reference"), "Reference of a signature"):
        reference = revision.dictionary(item, "an element of Reference")
        method = revision.resolve(reference.get("TransformMethod"))
        parameters = revision.resolve(reference.get("TransformParams"))
        if parameters is not None and not isinstance(parameters, dict):
            raise SealError("transform", "TransformParams of a signature is no dictionary")
        if method == "DocMDP":
            levels.append(_level(revision, parameters or {}, 2))
        elif method == "FieldMDP" and parameters:
            locks.append(_lock(revision, parameters))
        else:
            raise SealError("transform", f"the signature has the transform method {shown(method)}, which is not known")
    asked = revision.resolve(field.dictionary.get("Lock"))
    if asked is not None:
        # It asks of who signs to say the same in the signature; who did not is held to it all the same.
        lock = revision.dictionary(asked, "Lock of a field")
        locks.append(_lock(revision, lock))
        if "P" in lock:
            levels.append(_level(revision, lock, 3))
    return Permissions(min(levels, default=None), tuple(locks))


def _level(revision: Revision, parameters: dict[str, Any], default: int) -> int:
    level = revision.resolve(parameters.get("P", default))
    if type(level) is Real and level.is_integer():
        level = int(level)
    if type(level) is not int or not 1 <= level <= 3:
        raise SealError("transform", "P of DocMDP is 1, 2 or 3")
    return level


def _lock(revision: Revision, parameters: dict[str, Any]) -> Lock:
    action = revision.resolve(parameters.get("Action"))
    if action not in ("All", "Include", "Exclude"):
        raise SealError("transform", f"a signature locks fields by the action {shown(action)}, which is not known")
    names = [text_of(revision.resolve(one)) for one in revision.array(parameters.get("Fields"), "Fields of a lock")]
    return Lock(str(action), tuple(names))
