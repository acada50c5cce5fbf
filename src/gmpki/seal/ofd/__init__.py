"""Seals in OFD documents (GB/T 33190, GM/T 0099).

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.seal.ofd.package import DEFAULT_LIMITS, OFDPackage, PackageLimits
    from gmpki.seal.ofd.signatures import Provider
    from gmpki.seal.ofd.signing import prepare_ofd, sign_ofd
    from gmpki.seal.ofd.stamps import Stamp, StraddleStamp
    from gmpki.seal.ofd.two_phase import PreparedOFD
    from gmpki.seal.ofd.writer import OFDFont, OFDWriter, PageWriter

__all__ = [
    "DEFAULT_LIMITS",
    "OFDFont",
    "OFDPackage",
    "OFDWriter",
    "PackageLimits",
    "PageWriter",
    "PreparedOFD",
    "Provider",
    "Stamp",
    "StraddleStamp",
    "prepare_ofd",
    "sign_ofd",
]

_HOMES = {
    "DEFAULT_LIMITS": "gmpki.seal.ofd.package",
    "OFDFont": "gmpki.seal.ofd.writer",
    "OFDPackage": "gmpki.seal.ofd.package",
    "OFDWriter": "gmpki.seal.ofd.writer",
    "PackageLimits": "gmpki.seal.ofd.package",
    "PageWriter": "gmpki.seal.ofd.writer",
    "PreparedOFD": "gmpki.seal.ofd.two_phase",
    "Provider": "gmpki.seal.ofd.signatures",
    "Stamp": "gmpki.seal.ofd.stamps",
    "StraddleStamp": "gmpki.seal.ofd.stamps",
    "prepare_ofd": "gmpki.seal.ofd.signing",
    "sign_ofd": "gmpki.seal.ofd.signing",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
