"""Session keys by hand: wrapped by the token, opened by software, and imported (GM/T 0016-2012 7.6.12, 7.6.18)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms.sm2 import CiphertextFormat
from gmpki.conformance.model import Words
from gmpki.conformance.skf.session_probe import SM4_ID
from gmpki.conformance.skf.sm2_blobs import (
    FORMS,
    RIGHT,
    Blob,
    CipherParts,
    cipher_blob,
    cipher_len,
    cipher_parts,
    on_curve,
    point_blob,
    room,
)
from gmpki.errors import DecryptionError

if TYPE_CHECKING:
    from typing import Any

    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.keys.sm2 import SM2PrivateKey
    from gmpki.tokens.skf.structures import ContainerHandle

__all__ = ["demand_exported", "exported", "import_answer", "opened"]

_KEY_LEN: Final = 16
_C3_LEN: Final = 32


def exported(
    bench: SKFBench, container: ContainerHandle, point: bytes, number: int | None = None, preset: int = _KEY_LEN
) -> tuple[str, Blob, Any]:
    """Have a session key made, and return the answer, what it is wrapped in, and its handle as C takes it.

    :param point: of the receiver, x || y.
    :param number: the identifier where it may be one that is not supported; None is that of SM4.
    :param preset: what CipherLen holds before.
    """
    function, algorithm = "SKF_ECCExportSessionKey", bench.constant(SM4_ID) if number is None else number
    key, blob, cell = point_blob(bench, point), room(bench, "ECCCIPHERBLOB", 2 * _KEY_LEN), bench.ffi.new("HANDLE *")
    blob.at.CipherLen = preset
    call = bench.supported if number is None else bench.answer
    answer = call(function, bench.raw(container), algorithm, key.at, blob.at, cell)
    if answer == "SAR_OK":
        bench.later(bench.code, "SKF_CloseHandle", cell[0])
    return answer, blob, cell[0]


def demand_exported(
    bench: SKFBench, container: ContainerHandle, point: bytes, identifier: str = SM4_ID
) -> tuple[Blob, Any]:
    """Have a session key made as :func:`exported`; the check fails where that is refused."""
    function = "SKF_ECCExportSessionKey"
    answer, blob, handle = exported(bench, container, point, bench.constant(identifier))
    bench.end_if_unsupported(function, answer)
    bench.expect(answer == "SAR_OK", f"{function} answered {answer}", f"{function} 返回 {answer}")
    return blob, handle


def import_answer(
    bench: SKFBench,
    container: ContainerHandle,
    parts: CipherParts,
    number: int | None = None,
    *,
    length: int | None = None,
) -> str:
    """Return what SKF_ImportSessionKey answers; a key that it makes is closed at the end of the check.

    :param number: the identifier where it may be one that is not supported; None is that of SM4.
    :param length: of the blob as the driver is told, in bytes; None is right.
    """
    function, algorithm = "SKF_ImportSessionKey", bench.constant(SM4_ID) if number is None else number
    blob, cell = cipher_blob(bench, parts), bench.ffi.new("HANDLE *")
    told = cipher_len(bench, parts) if length is None else length
    call = bench.supported if number is None else bench.answer
    answer = call(function, bench.raw(container), algorithm, bench.ffi.cast("BYTE *", blob.at), told, cell)
    if answer == "SAR_OK":
        bench.later(bench.code, "SKF_CloseHandle", cell[0])
    return answer


# ---- opening what was exported ---------------------------------------------------------------
def opened(bench: SKFBench, receiver: SM2PrivateKey, blob: Blob) -> bytes:
    """Return the session key that was exported to a receiver; fail and name the mistake where there is none."""
    value = _unwrapped(receiver, cipher_parts(bench, blob, _KEY_LEN))
    if value is None:
        mistake = _mistake_in_wrapping(bench, receiver, blob)
        bench.fail(f"software cannot open the session key: {mistake.en}", f"软件无法解开会话密钥：{mistake.zh}")
    return value


def _unwrapped(receiver: SM2PrivateKey, parts: CipherParts) -> bytes | None:
    """Return what a ciphertext holds; None when it cannot be decrypted."""
    if not on_curve(parts.c1):
        return None
    try:
        return receiver.decrypt(parts.c1 + parts.c3 + parts.c2, formats=CiphertextFormat.C1C3C2_BARE)
    except DecryptionError:
        return None


def _mistake_in_wrapping(bench: SKFBench, receiver: SM2PrivateKey, blob: Blob) -> Words:
    for form in FORMS:
        parts = cipher_parts(bench, blob, _KEY_LEN, form)
        if form is not RIGHT and _unwrapped(receiver, parts) is not None:
            return form.words
    whole = cipher_parts(bench, blob, _C3_LEN)  # C2 || C3 in the place of C3 || C2
    behind = whole.c3 + whole.c2
    old = CipherParts(whole.c1, behind[_KEY_LEN : _KEY_LEN + _C3_LEN], behind[:_KEY_LEN])
    if _unwrapped(receiver, old) is not None:
        return Words("C2 and C3 are swapped, the order C1 C2 C3 of 2010", "C2 与 C3 互换（2010 年的 C1C2C3 次序）")
    if not on_curve(whole.c1):
        return Words("C1 is not on the curve", "C1 不在曲线上")
    if not any(whole.c3):
        return Words("C3 is not written: HASH holds zeros", "未写入 C3：HASH 字段全零")
    return Words("C2 or C3 does not fit", "C2 或 C3 不符")
