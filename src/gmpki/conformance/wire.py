"""What a run and its children tell each other: JSON, one message a line. What is secret passes by the pipe only."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.model import Kind, Permission
from gmpki.conformance.target import Options, Target
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Task", "line", "message", "options_from_json", "printable", "target_from_json", "target_to_json"]

_SECRETS: Final = ("user_pin", "admin_pin", "device_key")
_PLAIN: Final = ("path", "device", "application")
_UNUSUAL: Final = re.compile(r"[^ -~\n]+")


def line(value: Mapping[str, Any]) -> bytes:
    """Return a message as it is sent."""
    text = printable(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def printable(text: str) -> str:
    """Return JSON that means the same, with escapes for what a terminal obeys or hides: a token may have sent it."""
    return _UNUSUAL.sub(lambda found: "".join(map(_escaped, found.group())), text)


def _escaped(char: str) -> str:
    return char if char.isprintable() else json.dumps(char)[1:-1]


def message(text: bytes) -> dict[str, Any]:
    """Return what a line says.

    :raises InvalidInputError: when it is no message.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise InvalidInputError("this is no message of a run or its child")
    return value


def target_to_json(target: Target, *, secrets: bool = False) -> dict[str, Any]:
    """Return a target as it is sent or kept.

    :param secrets: with PINs and the device key: for the pipe to a child, never for a file.
    """
    value: dict[str, Any] = {"kind": target.kind.value}
    value.update({name: getattr(target, name) for name in _PLAIN})
    profile, numbers = target.driver_profile, target.mechanism_map
    value["driver_profile"] = None if profile is None else profile.to_toml()
    value["mechanism_map"] = None if numbers is None else numbers.to_toml()
    for name in _SECRETS if secrets else ():
        secret = getattr(target, name)
        value[name] = None if secret is None else secret.hex()
    return value


def target_from_json(value: Mapping[str, Any]) -> Target:
    """Read a target back.

    :raises InvalidInputError: when it is not what :func:`target_to_json` makes.
    """
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
    from gmpki.tokens.skf.driver_profile import DriverProfile

    try:
        profile, numbers = value["driver_profile"], value["mechanism_map"]
        fields: dict[str, Any] = {name: value[name] for name in _PLAIN}
        fields.update({name: bytes.fromhex(value[name]) for name in _SECRETS if value.get(name) is not None})
        return Target(
            kind=Kind(value["kind"]),
            **fields,
            driver_profile=None if profile is None else DriverProfile.from_toml(profile),
            mechanism_map=None if numbers is None else MechanismMap.from_toml(numbers),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"this is no target: {error}") from None


def options_from_json(value: Mapping[str, Any]) -> Options:
    """Read options back.

    :raises InvalidInputError: when they are not what ``dataclasses.asdict`` makes of them.
    """
    try:
        return Options(**value)
    except TypeError as error:
        raise InvalidInputError(f"these are no options: {error}") from None


@dataclass(frozen=True, slots=True)
class Task:
    """What a child is to do. Immutable.

    :ivar slots: the descriptor of the file in which calls are noted, see :mod:`gmpki.conformance.call_slots`.
    :ivar checks: ids, of one group; none: identify what is tested.
    :ivar remove: the applications of an earlier child to remove, and nothing else then.
    :ivar is_key_refused: whether an earlier child found that the device refuses the device key.
    """

    target: Target
    permissions: frozenset[Permission]
    options: Options
    slots: int
    checks: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    is_key_refused: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as it is sent, with what is secret."""
        return {
            "target": target_to_json(self.target, secrets=True),
            "permissions": sorted(permission.value for permission in self.permissions),
            "options": asdict(self.options),
            "slots": self.slots,
            "checks": self.checks,
            "remove": self.remove,
            "is_key_refused": self.is_key_refused,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Task:
        """Read it back.

        :raises InvalidInputError: when it is not what :meth:`to_json` makes.
        """
        try:
            return cls(
                target=target_from_json(value["target"]),
                permissions=frozenset(Permission(name) for name in value["permissions"]),
                options=options_from_json(value["options"]),
                slots=int(value["slots"]),
                checks=tuple(value["checks"]),
                remove=tuple(value["remove"]),
                is_key_refused=bool(value["is_key_refused"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise InvalidInputError(f"this is no task: {error}") from None
