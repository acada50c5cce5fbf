"""Seals in OFD documents (GB/T 33190, GM/T 0099).

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.seal.ofd.fonts import OpenTypeFont
    from gmpki.seal.ofd.listing import ListedSignature, OFDListing, list_ofd
    from gmpki.seal.ofd.package import DEFAULT_LIMITS, OFDPackage, PackageLimits, build_package
    from gmpki.seal.ofd.pictures import PlacedSeal, extract_seals
    from gmpki.seal.ofd.references import ReferenceResult
    from gmpki.seal.ofd.render import PageRenderer, render_page
    from gmpki.seal.ofd.signatures import Provider
    from gmpki.seal.ofd.signing import prepare_ofd, sign_ofd
    from gmpki.seal.ofd.stamps import Stamp, StraddleStamp
    from gmpki.seal.ofd.two_phase import PreparedOFD
    from gmpki.seal.ofd.verify import OFDSignatureReport, verify_ofd
    from gmpki.seal.ofd.writer import OFDFont, OFDWriter, PageWriter

__all__ = [
    "DEFAULT_LIMITS",
    "ListedSignature",
    "OFDFont",
    "OFDListing",
    "OFDPackage",
    "OFDSignatureReport",
    "OFDWriter",
    "OpenTypeFont",
    "PackageLimits",
    "PageRenderer",
    "PageWriter",
    "PlacedSeal",
    "PreparedOFD",
    "Provider",
    "ReferenceResult",
    "Stamp",
    "StraddleStamp",
    "build_package",
    "extract_seals",
    "list_ofd",
    "prepare_ofd",
    "render_page",
    "sign_ofd",
    "verify_ofd",
]

_HOMES = {
    "DEFAULT_LIMITS": "gmpki.seal.ofd.package",
    "ListedSignature": "gmpki.seal.ofd.listing",
    "OFDFont": "gmpki.seal.ofd.writer",
    "OFDListing": "gmpki.seal.ofd.listing",
    "OFDPackage": "gmpki.seal.ofd.package",
    "OFDSignatureReport": "gmpki.seal.ofd.verify",
    "OFDWriter": "gmpki.seal.ofd.writer",
    "OpenTypeFont": "gmpki.seal.ofd.fonts",
    "PackageLimits": "gmpki.seal.ofd.package",
    "PageRenderer": "gmpki.seal.ofd.render",
    "PageWriter": "gmpki.seal.ofd.writer",
    "PlacedSeal": "gmpki.seal.ofd.pictures",
    "PreparedOFD": "gmpki.seal.ofd.two_phase",
    "Provider": "gmpki.seal.ofd.signatures",
    "ReferenceResult": "gmpki.seal.ofd.references",
    "Stamp": "gmpki.seal.ofd.stamps",
    "StraddleStamp": "gmpki.seal.ofd.stamps",
    "build_package": "gmpki.seal.ofd.package",
    "extract_seals": "gmpki.seal.ofd.pictures",
    "list_ofd": "gmpki.seal.ofd.listing",
    "prepare_ofd": "gmpki.seal.ofd.signing",
    "render_page": "gmpki.seal.ofd.render",
    "sign_ofd": "gmpki.seal.ofd.signing",
    "verify_ofd": "gmpki.seal.ofd.verify",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
