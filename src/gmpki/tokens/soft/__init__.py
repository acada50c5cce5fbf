"""The software token: where its devices and its two libraries are, and its devices made, listed, reset and deleted.

It behaves like a token in everything that software can, for development, tests and acceptance runs. It is no certified
hardware: who can read its files may guess PINs elsewhere, and who can write them may put an older state back.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.tokens.soft.card import SoftCard
    from gmpki.tokens.soft.paths import library_path, store_root
    from gmpki.tokens.soft.store import (
        SoftDevice,
        SoftSettings,
        create_soft_device,
        delete_soft_device,
        list_soft_devices,
        pull_out,
        put_in,
        reset_soft_device,
    )

__all__ = [
    "SoftCard",
    "SoftDevice",
    "SoftSettings",
    "create_soft_device",
    "delete_soft_device",
    "library_path",
    "list_soft_devices",
    "pull_out",
    "put_in",
    "reset_soft_device",
    "store_root",
]

_HOMES = {"SoftCard": "card", "library_path": "paths", "store_root": "paths"}
__getattr__, __dir__ = lazy_names(__name__, {name: f"{__name__}.{_HOMES.get(name, 'store')}" for name in __all__})
