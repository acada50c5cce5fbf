"""Message authentication with SM4: CMAC and CBC-MAC.

:standard: GB/T 15852.1-2020
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from gmpki._inputs import number
from gmpki.algorithms import _quick
from gmpki.algorithms._call import check, ffi, fixed, lib, output, readable, taken
from gmpki.algorithms._digest import RunningMAC
from gmpki.algorithms._memory import NativeContext, secret_maker
from gmpki.algorithms.sm4 import BLOCK_LEN, KEY_LEN
from gmpki.errors import InvalidInputError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["CMACSM4", "MAC_LEN", "cbc_mac", "cmac"]

MAC_LEN: Final = 16

_CMAC_SIZE: Final[int] = ffi.sizeof("gmpki_sm4_cmac_ctx")


def _copy(target: Any, source: Any) -> int:
    ffi.memmove(target, source, _CMAC_SIZE)
    return 0


def _final(memory: Any, out: Any) -> int:
    status: int = lib.gmpki_sm4_cmac_final(memory, out, MAC_LEN)
    return status


class CMACSM4(RunningMAC):
    """A running CMAC with SM4. Per thread; the key and what comes of it are overwritten when the object goes.

    :param key: 16 bytes.
    :param data: first bytes to authenticate.
    :raises InvalidTypeError: when one of them is not a buffer.
    :raises InvalidInputError: when the key is not 16 bytes long.
    :standard: GB/T 15852.1-2020, MAC algorithm 5; RFC 4493 with SM4
    """

    __slots__ = ()

    name = "cmac-sm4"
    digest_size = MAC_LEN
    block_size = BLOCK_LEN

    _new: ClassVar[Any] = staticmethod(secret_maker("gmpki_sm4_cmac_ctx"))
    _native_copy: ClassVar[Any] = staticmethod(_copy)
    _native_update: ClassVar[Any] = lib.gmpki_sm4_cmac_update
    _native_final: ClassVar[Any] = staticmethod(_final)

    def __init__(self, key: Buffer, data: Buffer = b"") -> None:
        memory = self._new()
        check(lib.gmpki_sm4_cmac_init(memory, fixed(key, KEY_LEN, "key")), what="cmac-sm4")
        NativeContext.__init__(self, memory)
        self.update(data)


def cmac(key: Buffer, data: Buffer, length: int = MAC_LEN) -> bytes:
    """Authenticate one message and return its CMAC.

    :param key: 16 bytes.
    :param data: any number of bytes.
    :param length: bytes of the MAC to keep, 1 to 16.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the key is not 16 bytes long or length outside.
    :standard: GB/T 15852.1-2020, MAC algorithm 5; RFC 4493 with SM4
    """
    mac = _quick.sm4_cmac(key, data, length)
    if mac is not None:
        return mac
    secret = fixed(key, KEY_LEN, "key")
    source = readable(data, "data")
    out = output(number(length, 1, MAC_LEN, "length"))
    check(lib.gmpki_sm4_cmac(out, length, secret, source, len(source)), what="cmac-sm4")
    return taken(out, length)


def cbc_mac(key: Buffer, data: Buffer, length: int = MAC_LEN) -> bytes:
    """Authenticate one message of whole blocks and return its CBC-MAC.

    Safe only where all messages under a key have one length: from the MACs of two messages that of a third can be
    computed otherwise. Prefer :func:`cmac`.

    :param key: 16 bytes.
    :param data: a whole number of 16-byte blocks, at least one.
    :param length: bytes of the MAC to keep, 1 to 16.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the key is not 16 bytes long, data not whole blocks, or length outside.
    :standard: GB/T 15852.1-2020, MAC algorithm 1
    """
    secret = fixed(key, KEY_LEN, "key")
    source = readable(data, "data")
    if len(source) == 0 or len(source) % BLOCK_LEN:
        raise InvalidInputError(
            f"data must be whole blocks of {BLOCK_LEN} bytes, at least one, not {len(source)} bytes"
        )
    out = output(number(length, 1, MAC_LEN, "length"))
    check(lib.gmpki_sm4_cbc_mac(out, length, secret, source, len(source)), what="cbc-mac-sm4")
    return taken(out, length)
