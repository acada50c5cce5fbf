"""The functions of an SKF driver in Python: one method for each, named after it.

Nothing is kept beyond the driver: no order of closing, no login. :mod:`gmpki.tokens.skf.driver` builds the session
protocol on it.

>>> from gmpki.tokens.skf import load                       # doctest: +SKIP
>>> skf = load("/usr/lib/libgm3000.so")                      # doctest: +SKIP
>>> device = skf.connect_dev(skf.enum_dev()[0])              # doctest: +SKIP
>>> skf.get_dev_info(device).label                           # doctest: +SKIP
'SOFTWARE TOKEN'

:standard: GM/T 0016-2012 clause 7
"""

from __future__ import annotations

import re
from typing import Final

from gmpki.tokens.skf.application_functions import ApplicationFunctions
from gmpki.tokens.skf.asymmetric_functions import AsymmetricFunctions
from gmpki.tokens.skf.container_functions import ContainerFunctions
from gmpki.tokens.skf.device_functions import DeviceFunctions
from gmpki.tokens.skf.symmetric_functions import SymmetricFunctions

__all__ = ["SKF", "method_name"]

# Names in which the change of case does not show where a word begins.
_SPELLED: Final = {"SKF_DisConnectDev": "disconnect_dev"}


class SKF(DeviceFunctions, ApplicationFunctions, ContainerFunctions, AsymmetricFunctions, SymmetricFunctions):
    """A loaded driver. Made by :func:`gmpki.tokens.skf.library.load`. Thread-safe: calls on one device queue."""


def method_name(function: str) -> str:
    """Return the name of the method for a function of C, such as "get_dev_info" for "SKF_GetDevInfo"."""
    if function in _SPELLED:
        return _SPELLED[function]
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z]+", function.removeprefix("SKF_"))
    return "_".join(words).lower()
