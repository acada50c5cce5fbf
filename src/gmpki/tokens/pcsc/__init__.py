"""Cards in readers of PC/SC: the commands of GM/T 0017 as far as public programs show them.

The text of that standard was not read: :mod:`~gmpki.tokens.pcsc.command_table` says of each command how sure it is, and
what nobody has confirmed is configuration, a :class:`~gmpki.tokens.pcsc.card_profile.CardProfile`. No hardware was
tried.

The names of this package are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.tokens.pcsc.card_profile import CardProfile, PinForm, PinPadding
    from gmpki.tokens.pcsc.driver import PCSCDriver
    from gmpki.tokens.pcsc.log import ApduLog

__all__ = ["ApduLog", "CardProfile", "PCSCDriver", "PinForm", "PinPadding"]

_HOMES = {
    "ApduLog": f"{__name__}.log",
    "CardProfile": f"{__name__}.card_profile",
    "PCSCDriver": f"{__name__}.driver",
    "PinForm": f"{__name__}.card_profile",
    "PinPadding": f"{__name__}.card_profile",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
