"""Calls whose work is short, past CFFI: exact ``bytes`` in, ``bytes`` out.

CFFI adds 300 to 500 cycles to a call and an output buffer as much again, which beside the 700 of a short SM3 is the
larger part; a short message in SM4 takes three calls. ``bindings/quick.c`` and ``quick_sm4.c`` do these few in C. Each
returns ``None`` for whatever is not plain: another kind of buffer, an error. The caller then goes the way through CFFI,
which raises.
"""

from __future__ import annotations

import sys
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from typing import TYPE_CHECKING, Any

from gmpki import _native

if TYPE_CHECKING:
    from collections.abc import Callable

    _Sealing = Callable[[object, int, object, object, object], bytes | None]

__all__ = [
    "crl_scan",
    "hmac",
    "hmac_batch",
    "signature_from_der",
    "signature_to_der",
    "sm3",
    "sm3_batch",
    "sm3_behind",
    "sm4_ccm_decrypt",
    "sm4_ccm_encrypt",
    "sm4_cmac",
    "sm4_crypt",
    "sm4_gcm_decrypt",
    "sm4_gcm_encrypt",
    "sm4_key",
    "sm4_xts",
    "sorted_numbers",
]

_NAME = "gmpki._quick"


def _declined(*_arguments: object) -> None:
    """Leave everything to CFFI."""


def _module() -> Any:
    """Return the module, which lives in the shared library of ``gmpki._native``: one core, one state.

    ``None`` where another build of the core stands in for that library, as in tests.
    """
    path: str | None = getattr(_native, "__file__", None)
    if path is None:
        return None
    loader = ExtensionFileLoader(_NAME, path)
    module = loader.create_module(ModuleSpec(_NAME, loader, origin=path))
    loader.exec_module(module)
    module.__file__ = path
    return sys.modules.setdefault(_NAME, module)


_functions = _module()

sm3: Callable[[object], bytes | None] = getattr(_functions, "sm3", _declined)
sm3_behind: Callable[[object, object], bytes | None] = getattr(_functions, "sm3_behind", _declined)
hmac: Callable[[object, object], bytes | None] = getattr(_functions, "hmac", _declined)
sm3_batch: Callable[[object, object], list[bytes] | None] = getattr(_functions, "sm3_batch", _declined)
hmac_batch: Callable[[object, object], list[bytes] | None] = getattr(_functions, "hmac_batch", _declined)
signature_to_der: Callable[[object], bytes | None] = getattr(_functions, "signature_to_der", _declined)
signature_from_der: Callable[[object], bytes | None] = getattr(_functions, "signature_from_der", _declined)

# Direction, key, data, mode, iv or None, padding. That mode and padding are of their enumerations is for the caller.
sm4_crypt: Callable[[int, object, object, int, object, int], bytes | None] = getattr(_functions, "sm4_crypt", _declined)
# Direction, key, tweak, data, order.
sm4_xts: Callable[[int, object, object, object, int], bytes | None] = getattr(_functions, "sm4_xts", _declined)
# Key, data, length of the MAC.
sm4_cmac: Callable[[object, object, object], bytes | None] = getattr(_functions, "sm4_cmac", _declined)
# A copy of a key, for the four below: kept where it is overwritten when it goes.
sm4_key: Callable[[object], object] = getattr(_functions, "sm4_key", _declined)
# What sm4_key gave, the length of the tag, nonce, data, associated data or None.
sm4_gcm_encrypt: _Sealing = getattr(_functions, "sm4_gcm_encrypt", _declined)
sm4_gcm_decrypt: _Sealing = getattr(_functions, "sm4_gcm_decrypt", _declined)
sm4_ccm_encrypt: _Sealing = getattr(_functions, "sm4_ccm_encrypt", _declined)
sm4_ccm_decrypt: _Sealing = getattr(_functions, "sm4_ccm_decrypt", _declined)

# The contents of a revocation list, start, end, what the issuer adds to hashes; numbers of 64 bits, where it ended.
crl_scan: Callable[[object, int, int, int], tuple[bytes, int] | None] = getattr(_functions, "crl_scan", _declined)
sorted_numbers: Callable[[object], bytes | None] = getattr(_functions, "sorted_numbers", _declined)
