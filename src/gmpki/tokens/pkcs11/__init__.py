"""Tokens behind PKCS #11 modules: keys found and made, certificates kept, RSA, ECDSA and SM2.

A module is called through our own shim over CFFI (:mod:`~gmpki.tokens.pkcs11.cryptoki`), for everything. python-pkcs11
would do for discovery, login, certificates, RSA and ECDSA, but it has neither C_InitToken nor numbers of mechanisms
and attributes that the standard does not list, which is what SM2 needs; and two libraries that call C_Initialize and
C_Finalize on one module in one process end each other's sessions. An application may use python-pkcs11 on the same
module beside gmpki when it loads it first: a module that is initialised already is used as it is, and left so.

The names of this package are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.tokens.pkcs11.cryptoki import Module, load
    from gmpki.tokens.pkcs11.driver import PKCS11Driver
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap

__all__ = ["MechanismMap", "Module", "PKCS11Driver", "load"]

_HOMES = {
    "MechanismMap": "gmpki.tokens.pkcs11.mechanism_map",
    "Module": "gmpki.tokens.pkcs11.cryptoki",
    "PKCS11Driver": "gmpki.tokens.pkcs11.driver",
    "load": "gmpki.tokens.pkcs11.cryptoki",
}

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
