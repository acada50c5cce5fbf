"""Electronic seals (GM/T 0031, GB/T 38540): made, used, verified, on OFD, PDF and other documents.

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.seal.layouts import SealLayout
    from gmpki.seal.making import PendingSeal, SealSpec, make_seal, prepare_seal
    from gmpki.seal.report import DocumentReport, Placement, SealCheck, SignatureReport, Verdict
    from gmpki.seal.seal import Seal, SealPicture, SealType, SignerDigest
    from gmpki.seal.status import SealState, SealStatus, SealStatusSource
    from gmpki.seal.trust import SealTrust

__all__ = [
    "DocumentReport",
    "PendingSeal",
    "Placement",
    "Seal",
    "SealCheck",
    "SealLayout",
    "SealPicture",
    "SealSpec",
    "SealState",
    "SealStatus",
    "SealStatusSource",
    "SealTrust",
    "SealType",
    "SignatureReport",
    "SignerDigest",
    "Verdict",
    "make_seal",
    "prepare_seal",
]

_HOMES = {
    "DocumentReport": "gmpki.seal.report",
    "PendingSeal": "gmpki.seal.making",
    "Placement": "gmpki.seal.report",
    "Seal": "gmpki.seal.seal",
    "SealCheck": "gmpki.seal.report",
    "SealLayout": "gmpki.seal.layouts",
    "SealPicture": "gmpki.seal.seal",
    "SealSpec": "gmpki.seal.making",
    "SealState": "gmpki.seal.status",
    "SealStatus": "gmpki.seal.status",
    "SealStatusSource": "gmpki.seal.status",
    "SealTrust": "gmpki.seal.trust",
    "SealType": "gmpki.seal.seal",
    "SignatureReport": "gmpki.seal.report",
    "SignerDigest": "gmpki.seal.seal",
    "Verdict": "gmpki.seal.report",
    "make_seal": "gmpki.seal.making",
    "prepare_seal": "gmpki.seal.making",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
