"""UKeys behind SKF, the C interface of GM/T 0016: drivers loaded, probed and called, in this process or apart from it.

The names of this package are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.tokens.skf.driver import SKFDriver
    from gmpki.tokens.skf.driver_profile import DriverProfile
    from gmpki.tokens.skf.functions import SKF
    from gmpki.tokens.skf.isolation import load_isolated
    from gmpki.tokens.skf.layouts import Layout
    from gmpki.tokens.skf.library import load

__all__ = ["SKF", "DriverProfile", "Layout", "SKFDriver", "load", "load_isolated"]

_HOMES = {
    "SKF": "gmpki.tokens.skf.functions",
    "DriverProfile": "gmpki.tokens.skf.driver_profile",
    "Layout": "gmpki.tokens.skf.layouts",
    "SKFDriver": "gmpki.tokens.skf.driver",
    "load": "gmpki.tokens.skf.library",
    "load_isolated": "gmpki.tokens.skf.isolation",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
