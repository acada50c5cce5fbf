"""Tell which key a session key of the token is, by what it encrypts: nobody can read one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.errors import TokenError
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import AgreementHandle, KeyHandle

__all__ = ["SM4_ID", "close", "demand_sm4", "encrypted", "encrypts_as"]

SM4_ID: Final = "SGD_SM4_ECB"
_SM4_BIT: Final = 0x400
_DATA: Final = bytes(range(32))


def demand_sm4(bench: SKFBench) -> None:
    """End the check as unsupported unless the device claims SM4, which is needed to compare with software."""
    if not bench.info.alg_sym_cap & _SM4_BIT:
        bench.unsupported("the device does not claim SM4", "设备未声明支持 SM4")


def encrypted(bench: SKFBench, key: KeyHandle, iv: bytes = b"") -> bytes:
    """Return two blocks encrypted with a session key, which is closed then: a token may hold few at a time.

    :param iv: for a key of CBC.
    """
    try:
        bench.skf.encrypt_init(key, BlockCipherParam(iv))
        return bench.skf.encrypt(key, _DATA)
    finally:
        close(bench, key)


def close(bench: SKFBench, handle: KeyHandle | AgreementHandle) -> None:
    """Close a handle at once; that the driver has done so already is no error."""
    with contextlib.suppress(TokenError):
        bench.skf.close_handle(handle)


def encrypts_as(key: bytes, ciphertext: bytes, iv: bytes = b"") -> bool:
    """Tell whether SM4 under a key makes of the same two blocks what :func:`encrypted` has answered."""
    mode = sm4.Mode.CBC if iv else sm4.Mode.ECB
    return sm4.encrypt(key, _DATA, mode, iv or None) == ciphertext
