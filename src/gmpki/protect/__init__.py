"""Protection of an application's own data: keys, fields, files, records, logs, logins, programs.

Each name below is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    from gmpki.protect.keys import KeyInfo, KeyRing, KeyState

__all__ = ["KeyInfo", "KeyRing", "KeyState"]

_HOMES = {
    "KeyInfo": "gmpki.protect.keys",
    "KeyRing": "gmpki.protect.keys",
    "KeyState": "gmpki.protect.keys",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
