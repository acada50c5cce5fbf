"""The functions that tell how much room they need: how each is made ready, and how it is called by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms import sm3, sm4
from gmpki.conformance.model import Permission, Words
from gmpki.conformance.skf.known_keys import KEY, known_key
from gmpki.conformance.skf.samples import certificate, new_file
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.skf.bench import Guarded, SKFBench
    from gmpki.tokens.skf.structures import Handle

__all__ = ["LISTS", "MOST_LEN", "SIZED", "Filled", "Ready", "Sized", "ask", "fill", "needed", "result_len"]

_WRITE: Final = (Permission.WRITE,)
_MESSAGE: Final = bytes(range(48))
_SHORT_MESSAGE: Final = _MESSAGE[:23]  # no whole number of blocks, so that there is padding
_BLOCK_LEN: Final = 16

MOST_LEN: Final = 1 << 20
"""More than any of these functions has to answer, in bytes."""

# What the length is set to before a size query: none that a driver would tell.
_UNWRITTEN: Final = 0x5A5A5A5A


@dataclass(frozen=True, slots=True)
class Ready:
    """A function that can be called once. Immutable.

    :ivar arguments: those before the buffer.
    :ivar expected: what it has to answer, where that is known.
    """

    arguments: tuple[Any, ...]
    expected: bytes | None = None


@dataclass(frozen=True, slots=True)
class Sized:
    """A function that fills a buffer and tells the size when the buffer is NULL. Immutable.

    :ivar number: of it among them; its checks have it in their ids.
    :ivar clause: of GM/T 0016-2012.
    :ivar ready: makes it so that the next call of the function has something to answer.
    :ivar is_stateful: whether its call ends what was begun before, so that a size query could do that too.
    """

    number: int
    function: str
    clause: str
    ready: Callable[[SKFBench], Ready]
    needs: tuple[Permission, ...] = ()
    precondition: Words | None = None
    is_stateful: bool = False


@dataclass(frozen=True, slots=True)
class Filled:
    """What came of a call with a buffer. Immutable.

    :ivar answer: the name of the code.
    :ivar length: as the function says.
    """

    answer: str
    length: int
    memory: Guarded


def ask(bench: SKFBench, case: Sized, ready: Ready) -> tuple[str, int | None]:
    """Ask for the size; return the name of the code, and the size where one was told."""
    cell, length = bench.ulong(_UNWRITTEN)
    answer = bench.supported(case.function, *ready.arguments, bench.ffi.NULL, length)
    told = int(length[0])
    del cell
    return answer, None if told == _UNWRITTEN else told


def needed(bench: SKFBench, case: Sized, ready: Ready) -> int:
    """Return the size that a function tells; no verdict where it tells none."""
    answer, size = ask(bench, case, ready)
    if answer != "SAR_OK" or not size:
        bench.not_run(f"{case.function} does not tell the size", f"{case.function} 未报告长度")
    if size > MOST_LEN:
        bench.fail(f"{case.function} tells a size of {size} bytes", f"{case.function} 报告的长度为 {size} 字节")
    return size


def result_len(bench: SKFBench, case: Sized, ready: Ready) -> int:
    """Return how long a result is, in bytes: a size that is told may be more than that.

    What ends by its call has a result that is known; the others answer the same again.
    """
    if ready.expected is not None:
        return len(ready.expected)
    return fill(bench, case, ready, needed(bench, case, ready)).length


def fill(bench: SKFBench, case: Sized, ready: Ready, capacity: int) -> Filled:
    """Call a function with a buffer of so many bytes, between bytes that have to stay."""
    memory = bench.buffer(capacity)
    cell, length = bench.ulong(capacity)
    answer = bench.supported(case.function, *ready.arguments, memory.pointer, length)
    said = int(length[0])
    del cell
    return Filled(answer, said, memory)


# ---- lists ---------------------------------------------------------------------------------


def _devices(_bench: SKFBench) -> Ready:
    return Ready((1,))


def _applications(bench: SKFBench) -> Ready:
    if Permission.INIT in bench.shared.permissions:
        _ = bench.application_name  # so that there is one to list
    return Ready((bench.raw(bench.device),))


def _files(bench: SKFBench) -> Ready:
    new_file(bench, _BLOCK_LEN)
    return Ready((bench.raw(bench.application),))


def _containers(bench: SKFBench) -> Ready:
    bench.new_container()
    return Ready((bench.raw(bench.application),))


# ---- what containers hold ------------------------------------------------------------------


def _certificate(bench: SKFBench) -> Ready:
    container, point = bench.signing_container()
    encoded = certificate(point)
    with bench.scene():
        bench.skf.import_certificate(container, True, encoded)
    return Ready((bench.raw(container), 1), encoded)


def _public_key(bench: SKFBench) -> Ready:
    container, _ = bench.signing_container()
    return Ready((bench.raw(container), 1))


# ---- contexts ------------------------------------------------------------------------------


def _open(bench: SKFBench, handle: Handle) -> Any:
    """Return a handle for a call, which is closed at the end of the check."""
    bench.later(bench.answer, "SKF_CloseHandle", bench.raw(handle))
    return bench.raw(handle)


def _encrypt(bench: SKFBench) -> Ready:
    key = known_key(bench, "SGD_SM4_ECB")
    with bench.scene():
        bench.skf.encrypt_init(key, BlockCipherParam())
    expected = sm4.encrypt(KEY, _MESSAGE, sm4.Mode.ECB)
    return Ready((bench.raw(key), bench.data(_MESSAGE), len(_MESSAGE)), expected)


def _decrypt(bench: SKFBench) -> Ready:
    key = known_key(bench, "SGD_SM4_ECB")
    with bench.scene():
        bench.skf.decrypt_init(key, BlockCipherParam())
    ciphertext = sm4.encrypt(KEY, _MESSAGE, sm4.Mode.ECB)
    return Ready((bench.raw(key), bench.data(ciphertext), len(ciphertext)), _MESSAGE)


def _decrypt_final(bench: SKFBench) -> Ready:
    key = known_key(bench, "SGD_SM4_ECB")
    ciphertext = sm4.encrypt(KEY, _SHORT_MESSAGE, sm4.Mode.ECB, padding=sm4.Padding.PKCS7)
    with bench.scene():
        bench.skf.decrypt_init(key, BlockCipherParam(padding=1))
        before = bench.skf.decrypt_update(key, ciphertext)
    if not _SHORT_MESSAGE.startswith(before) or before == _SHORT_MESSAGE:
        bench.not_run("SKF_DecryptUpdate leaves nothing for the end", "SKF_DecryptUpdate 未留下末尾数据")
    return Ready((bench.raw(key),), _SHORT_MESSAGE[len(before) :])


def _digest(bench: SKFBench) -> Ready:
    with bench.scene():
        handle = _open(bench, bench.skf.digest_init(bench.device, bench.constant("SGD_SM3")))
    return Ready((handle, bench.data(_MESSAGE), len(_MESSAGE)), sm3.digest(_MESSAGE))


def _digest_final(bench: SKFBench) -> Ready:
    with bench.scene():
        digest = bench.skf.digest_init(bench.device, bench.constant("SGD_SM3"))
        bench.skf.digest_update(digest, _MESSAGE)
    return Ready((_open(bench, digest),), sm3.digest(_MESSAGE))


def _mac(bench: SKFBench) -> Ready:
    key = known_key(bench, "SGD_SM4_MAC")
    with bench.scene():
        handle = _open(bench, bench.skf.mac_init(key, BlockCipherParam(bytes(_BLOCK_LEN))))
    return Ready((handle, bench.data(_MESSAGE), len(_MESSAGE)), _mac_of_message())


def _mac_final(bench: SKFBench) -> Ready:
    key = known_key(bench, "SGD_SM4_MAC")
    with bench.scene():
        mac = bench.skf.mac_init(key, BlockCipherParam(bytes(_BLOCK_LEN)))
        bench.skf.mac_update(mac, _MESSAGE)
    return Ready((_open(bench, mac),), _mac_of_message())


def _mac_of_message() -> bytes:
    """Return the last block of CBC, which is the MAC of 7.6.31."""
    return sm4.encrypt(KEY, _MESSAGE, sm4.Mode.CBC, bytes(_BLOCK_LEN))[-_BLOCK_LEN:]


_SM4: Final = Words("SM4, and SKF_SetSymmKey or the permission to write", "支持 SM4，且有 SKF_SetSymmKey 或允许写入")

LISTS: Final = (
    Sized(1, "SKF_EnumDev", "7.1.4", _devices),
    Sized(2, "SKF_EnumApplication", "7.3.3", _applications),
    Sized(3, "SKF_EnumFiles", "7.4.4", _files, _WRITE),
    Sized(4, "SKF_EnumContainer", "7.5.6", _containers, _WRITE),
)
"""Those that answer names."""

SIZED: Final = (
    *LISTS,
    Sized(5, "SKF_ExportCertificate", "7.5.9", _certificate, _WRITE),
    Sized(6, "SKF_ExportPublicKey", "7.6.17", _public_key, _WRITE),
    Sized(8, "SKF_Encrypt", "7.6.20", _encrypt, precondition=_SM4, is_stateful=True),
    Sized(9, "SKF_Decrypt", "7.6.24", _decrypt, precondition=_SM4, is_stateful=True),
    Sized(10, "SKF_DecryptFinal", "7.6.26", _decrypt_final, precondition=_SM4, is_stateful=True),
    Sized(11, "SKF_Digest", "7.6.28", _digest, is_stateful=True),
    Sized(12, "SKF_DigestFinal", "7.6.30", _digest_final, is_stateful=True),
    Sized(13, "SKF_Mac", "7.6.32", _mac, precondition=_SM4, is_stateful=True),
    Sized(14, "SKF_MacFinal", "7.6.34", _mac_final, precondition=_SM4, is_stateful=True),
)
"""All of them but SKF_RSASignData, the 7th, for which a key would have to be made each time."""
