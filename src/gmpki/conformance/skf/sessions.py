"""Session keys: made, wrapped for others, imported, gone (GM/T 0016-2012 7.6.12, 7.6.18, 7.6.35)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.algorithms import rand, sm4
from gmpki.algorithms.sm2 import PointFormat
from gmpki.conformance.clauses import DRAFT, GMT_0016, ON_CURVE
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.cipher_calls import CBC, ECB, MODES, CipherMode, claimed
from gmpki.conformance.skf.known_keys import KEY
from gmpki.conformance.skf.samples import wrapped_key
from gmpki.conformance.skf.session_calls import demand_exported, exported, import_answer, opened
from gmpki.conformance.skf.session_probe import SM4_ID, demand_sm4, encrypted, encrypts_as
from gmpki.conformance.skf.sm2_blobs import (
    Blob,
    CipherParts,
    cipher_parts,
    off_curve,
)
from gmpki.keys.sm2 import SM2PrivateKey

if TYPE_CHECKING:
    from typing import Any

    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.tokens.skf.structures import ContainerHandle, KeyHandle

__all__ = ["GROUP"]

_EXPORT: Final = Clause(GMT_0016, "7.6.12")
_IMPORT: Final = Clause(GMT_0016, "7.6.18")
_WRITE: Final = (Permission.WRITE,)
_USED: Final = ("SKF_EncryptInit", "SKF_Encrypt")
_PRECONDITION: Final = Words("AlgSymCap claims SM4", "AlgSymCap 声明 SM4")
_BLOCK: Final = 16
# Identifiers that are no ciphers': a digest's, that of SM2, one that nobody has.
_NO_CIPHERS: Final = ("SGD_SM3", "SGD_SM2_1")
_NOBODYS: Final = 0x0000FF01

GROUP: Final = Group(Kind.SKF, "sessions", "SESS", Words("Session keys", "会话密钥"))


def _encrypted_by(bench: SKFBench, handle: Any, mode: CipherMode = ECB) -> bytes:
    """Return :data:`KEY` encrypted by a session key that is a handle as C takes it."""
    param = bench.ffi.new("BLOCKCIPHERPARAM *")
    bench.ffi.memmove(param.IV, mode.iv, len(mode.iv))
    param.IVLen, param.FeedBitLen = len(mode.iv), mode.feedback_bits
    bench.demand("SKF_EncryptInit", handle, param[0])
    out, (_cell, length) = bench.buffer(4 * _BLOCK, 0), bench.ulong(4 * _BLOCK)
    bench.demand("SKF_Encrypt", handle, bench.data(KEY), len(KEY), out.pointer, length)
    return out.bytes(int(length[0]))


# ---- exporting ---------------------------------------------------------------------------
@GROUP.check(
    1,
    "Software opens the session key that the token exports, and encrypts the same with it",
    "软件可解开令牌导出的会话密钥，且加密结果一致",
    clause=_EXPORT,
    functions=("SKF_ECCExportSessionKey", *_USED),
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def software_opens(bench: SKFBench) -> None:
    """Have a session key made for a public key from outside, open it there, and encrypt a block by both."""
    demand_sm4(bench)
    container, _point = bench.signing_container()
    receiver = SM2PrivateKey.generate()
    blob, handle = demand_exported(bench, container, receiver.public_key.to_bytes(PointFormat.BARE))
    found = _encrypted_by(bench, handle)
    in_clear = sm4.encrypt(cipher_parts(bench, blob, _BLOCK).c2, KEY, sm4.Mode.ECB)
    bench.expect(found != in_clear, "the session key leaves the token in clear", "会话密钥以明文导出")
    value = opened(bench, receiver, blob)
    right = found == sm4.encrypt(value, KEY, sm4.Mode.ECB)
    bench.expect(right, "another key is exported than the token encrypts with", "导出的密钥与令牌使用的密钥不一致")


@GROUP.check(
    2,
    "CipherLen says 16, and the wrapped key has 164 + 16 bytes",
    "CipherLen 为 16，密文总长为 164+16 字节",
    clause=_EXPORT,
    functions=("SKF_ECCExportSessionKey",),
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def wrapped_len(bench: SKFBench) -> None:
    """Export with more room in CipherLen than is needed: afterwards it is the key's length, and no more is written."""
    demand_sm4(bench)
    container, point = bench.signing_container()
    answer, blob, _handle = exported(bench, container, point, preset=2 * _BLOCK)
    function = "SKF_ECCExportSessionKey"
    bench.expect(answer == "SAR_OK", f"{function} answered {answer}", f"{function} 返回 {answer}")
    said = int(blob.at.CipherLen)
    bench.expect(said == _BLOCK, f"CipherLen is {said} instead of 16", f"CipherLen 为 {said}，应为 16")
    bench.expect(not any(cipher_parts(bench, blob, 2 * _BLOCK).c2[_BLOCK:]), "more is written", "写入超出 16 字节")


@GROUP.check(
    3,
    "Each export makes a new key",
    "每次导出均生成新的会话密钥",
    clause=_EXPORT,
    functions=("SKF_ECCExportSessionKey",),
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def keys_are_new(bench: SKFBench) -> None:
    """Have four keys made for one receiver, and open them: no two are the same, and none is zeros."""
    demand_sm4(bench)
    container, _point = bench.signing_container()
    receiver = SM2PrivateKey.generate()
    found = []
    for _ in range(4):
        blob, handle = demand_exported(bench, container, receiver.public_key.to_bytes(PointFormat.BARE))
        found.append(opened(bench, receiver, blob))
        bench.demand("SKF_CloseHandle", handle)
    bench.expect(bytes(_BLOCK) not in found, "a session key is all zeros", "会话密钥全零")
    bench.expect(len(set(found)) == len(found), "a session key comes twice", "会话密钥重复")


@GROUP.check(
    4,
    "Session keys are made for every mode that the device claims",
    "可为设备声明的各种模式生成会话密钥",
    clause=_EXPORT,
    functions=("SKF_ECCExportSessionKey", *_USED),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def every_mode(bench: SKFBench) -> None:
    """Export a key for ECB, CBC, CFB and OFB where claimed, and encrypt a block by it and by software."""
    container, _point = bench.signing_container()
    receiver = SM2PrivateKey.generate()
    for mode in claimed(bench, MODES):
        blob, handle = demand_exported(
            bench, container, receiver.public_key.to_bytes(PointFormat.BARE), mode.identifier
        )
        value = opened(bench, receiver, blob)
        right = _encrypted_by(bench, handle, mode) == sm4.encrypt(value, KEY, mode.software, mode.iv or None)
        bench.expect(right, f"{mode.name} is wrong by a key made for it", f"{mode.name} 会话密钥的加密结果错误")
        bench.demand("SKF_CloseHandle", handle)


@GROUP.check(
    5,
    "Nothing is exported to a public key that is not on the curve",
    "公钥不在曲线上时拒绝导出会话密钥",
    clause=ON_CURVE,
    functions=("SKF_ECCExportSessionKey",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def key_off_curve(bench: SKFBench) -> None:
    """Export to coordinates near those of a point, and to zeros."""
    demand_sm4(bench)
    container, point = bench.signing_container()
    for bad in (off_curve(point), bytes(len(point))):
        answer, _blob, _handle = exported(bench, container, bad)
        bench.observe("SKF_ECCExportSessionKey", answer)
        bench.expect(answer != "SAR_OK", "a key is exported to what is no point", "以不在曲线上的公钥导出")


@GROUP.check(
    6,
    "A session key of an unknown algorithm is not made",
    "算法标识未知时拒绝生成会话密钥",
    clause=Clause(GMT_0016, "7.6.12", "B"),
    functions=("SKF_ECCExportSessionKey",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def unknown_algorithm(bench: SKFBench) -> None:
    """Export with the identifiers of a digest and of SM2, and with one that nobody has."""
    container, point = bench.signing_container()
    for number in (*(bench.constant(name) for name in _NO_CIPHERS), _NOBODYS):
        answer, _blob, _handle = exported(bench, container, point, number)
        bench.observe(f"0x{number:08X}", answer)
        bench.expect(answer != "SAR_OK", f"a key is made for 0x{number:08X}", f"为 0x{number:08X} 生成了密钥")


# ---- importing ---------------------------------------------------------------------------
@GROUP.check(
    7,
    "The token imports the session key that software wraps",
    "令牌可导入软件封装的会话密钥",
    clause=_IMPORT,
    functions=("SKF_ImportSessionKey", *_USED),
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def imports(bench: SKFBench) -> None:
    """Import a key encrypted to the container's encryption key, and compare what it encrypts."""
    demand_sm4(bench)
    dual = bench.dual_container()
    value = rand.random_bytes(_BLOCK)
    wrapped = wrapped_key(dual.encryption_key.public_key, value)
    found = encrypted(bench, bench.skf.import_session_key(dual.container, bench.constant(SM4_ID), wrapped))
    zeros = encrypts_as(bytes(_BLOCK), found)
    bench.expect(not zeros, "it is imported as a key of zeros", "导入后密钥全零")
    reverse = encrypts_as(value[::-1], found)
    bench.expect(not reverse, "the bytes of the key are reversed", "密钥字节序颠倒")
    bench.expect(encrypts_as(value, found), "another key is imported", "导入的密钥不一致")


@GROUP.check(
    8,
    "One container imports what another exports",
    "一个容器可导入另一容器导出的会话密钥",
    clause=_IMPORT,
    functions=("SKF_ECCExportSessionKey", "SKF_ImportSessionKey", *_USED),
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def from_container_to_container(bench: SKFBench) -> None:
    """Export a key to another container's encryption key, import it there just as it came, encrypt by both."""
    demand_sm4(bench)
    sender, _point = bench.signing_container()
    dual = bench.dual_container()
    point = dual.encryption_key.public_key.to_bytes(PointFormat.BARE)
    blob, handle = demand_exported(bench, sender, point)
    first = _encrypted_by(bench, handle)
    length = int(bench.ffi.offsetof("ECCCIPHERBLOB", "Cipher")) + int(blob.at.CipherLen)
    imported = _demand_imported(bench, dual.container, blob, length)
    bench.expect(_encrypted_by(bench, imported) == first, "the two keys differ", "两端密钥不一致")


def _demand_imported(bench: SKFBench, container: ContainerHandle, blob: Blob, length: int) -> Any:
    """Import a session key as it stands in memory, until the end of the check, and return it as C takes it."""
    cell = bench.ffi.new("HANDLE *")
    data = bench.ffi.cast("BYTE *", blob.at)
    bench.demand("SKF_ImportSessionKey", bench.raw(container), bench.constant(SM4_ID), data, length, cell)
    bench.later(bench.code, "SKF_CloseHandle", cell[0])
    return cell[0]


@GROUP.check(
    9,
    "An imported key works in every mode that the device claims",
    "导入的会话密钥可用于设备声明的各种模式",
    clause=_IMPORT,
    functions=("SKF_ImportSessionKey", *_USED),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def imports_every_mode(bench: SKFBench) -> None:
    """Import one wrapped key for ECB, CBC, CFB and OFB where claimed, and encrypt a block by it and by software."""
    dual = bench.dual_container()
    value = rand.random_bytes(_BLOCK)
    wrapped = wrapped_key(dual.encryption_key.public_key, value)
    for mode in claimed(bench, MODES):
        key = bench.skf.import_session_key(dual.container, bench.constant(mode.identifier), wrapped)
        found = _encrypted_by(bench, bench.raw(key), mode)
        bench.skf.close_handle(key)
        right = found == sm4.encrypt(value, KEY, mode.software, mode.iv or None)
        bench.expect(right, f"{mode.name} is wrong by an imported key", f"导入密钥的 {mode.name} 加密结果错误")


@GROUP.check(
    10,
    "What is no key of the cipher is not imported",
    "长度不符的密钥被拒绝导入",
    clause=Clause(GMT_0016, "7.6.18", "B"),
    functions=("SKF_ImportSessionKey",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def wrong_key_len(bench: SKFBench) -> None:
    """Import 8, 15, 17 and 32 bytes as a key of SM4."""
    demand_sm4(bench)
    dual = bench.dual_container()
    for length in (8, 15, 17, 32):
        parts = CipherParts.of(wrapped_key(dual.encryption_key.public_key, rand.random_bytes(length)))
        answer = import_answer(bench, dual.container, parts)
        bench.observe(f"{length} bytes", answer)
        bench.expect(answer != "SAR_OK", f"{length} bytes are a key of SM4", f"接受了 {length} 字节的 SM4 密钥")


@GROUP.check(
    11,
    "A session key of an unknown algorithm is not imported",
    "算法标识未知时拒绝导入会话密钥",
    clause=Clause(GMT_0016, "7.6.18", "B"),
    functions=("SKF_ImportSessionKey",),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def import_unknown_algorithm(bench: SKFBench) -> None:
    """Import with the identifiers of a digest and of SM2, and with one that nobody has."""
    dual = bench.dual_container()
    parts = CipherParts.of(wrapped_key(dual.encryption_key.public_key, rand.random_bytes(_BLOCK)))
    for number in (*(bench.constant(name) for name in _NO_CIPHERS), _NOBODYS):
        answer = import_answer(bench, dual.container, parts, number)
        bench.observe(f"0x{number:08X}", answer)
        bench.expect(answer != "SAR_OK", f"a key is imported for 0x{number:08X}", f"为 0x{number:08X} 导入了密钥")


@GROUP.check(
    12,
    "A container does not import what is meant for another",
    "容器不能导入发给其他容器的会话密钥",
    clause=_IMPORT,
    functions=("SKF_ImportSessionKey",),
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def meant_for_another(bench: SKFBench) -> None:
    """Import a key that is encrypted to another public key."""
    demand_sm4(bench)
    dual = bench.dual_container()
    stranger = SM2PrivateKey.generate().public_key
    answer = import_answer(bench, dual.container, CipherParts.of(wrapped_key(stranger, KEY)))
    bench.observe("SKF_ImportSessionKey", answer)
    bench.expect(answer != "SAR_OK", "it imports what it cannot decrypt", "导入了无法解密的会话密钥")


# ---- in clear ----------------------------------------------------------------------------
@GROUP.check(
    13,
    "SKF_SetSymmKey takes a key in clear",
    "SKF_SetSymmKey 可设置明文密钥",
    clause=DRAFT,
    functions=("SKF_SetSymmKey", *_USED),
    severity=Severity.RECOMMENDED,
    precondition=_PRECONDITION,
)
def key_in_clear(bench: SKFBench) -> None:
    """Give keys for ECB and CBC, and encrypt a block by each and by software."""
    for mode in claimed(bench, (ECB, CBC)):
        key = bench.skf.set_symm_key(bench.device, KEY, bench.constant(mode.identifier))
        found = encrypted(bench, key, mode.iv)
        bench.expect(encrypts_as(KEY, found, mode.iv), f"{mode.name} is wrong", f"{mode.name} 加密结果错误")


@GROUP.check(
    14,
    "SKF_SetSymmKey refuses an unknown algorithm",
    "SKF_SetSymmKey 拒绝未知算法标识",
    clause=DRAFT,
    functions=("SKF_SetSymmKey",),
    severity=Severity.RECOMMENDED,
)
def clear_unknown_algorithm(bench: SKFBench) -> None:
    """Give a key with the identifiers of a digest and of SM2, and with one that nobody has."""
    cell = bench.ffi.new("HANDLE *")
    for number in (*(bench.constant(name) for name in _NO_CIPHERS), _NOBODYS):
        answer = bench.answer("SKF_SetSymmKey", bench.raw(bench.device), bench.data(bytes(32)), number, cell)
        bench.observe(f"0x{number:08X}", answer)
        if answer == "SAR_OK":
            bench.later(bench.code, "SKF_CloseHandle", cell[0])
            bench.fail(f"a key is taken for 0x{number:08X}", f"为 0x{number:08X} 设置了密钥")


# ---- gone --------------------------------------------------------------------------------
def _expect_gone(bench: SKFBench, handle: Any, en: str, zh: str) -> None:
    param = bench.ffi.new("BLOCKCIPHERPARAM *")
    bench.refuses(en, zh, "SKF_EncryptInit", handle, param[0])


def _made(bench: SKFBench) -> KeyHandle:
    """Return a session key made by the token."""
    container, point = bench.signing_container()
    with bench.scene():
        return bench.skf.ecc_export_session_key(container, bench.constant(SM4_ID), point)[1]


@GROUP.check(
    16,
    "Session keys do not outlast the connection",
    "断开设备后会话密钥消失",
    clause=Clause(GMT_0016, "5.2", "B"),
    functions=("SKF_ECCExportSessionKey", "SKF_DisConnectDev", "SKF_ConnectDev", "SKF_EncryptInit"),
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def disconnected(bench: SKFBench) -> None:
    """Make a session key, disconnect, connect again, and begin to encrypt with it."""
    demand_sm4(bench)
    key = _made(bench)
    bench.reconnect()
    _ = bench.device
    _expect_gone(bench, bench.raw(key), "a session key encrypts after a new connection", "重新连接后会话密钥仍可加密")


@GROUP.check(
    17,
    "Whether a session key outlasts its container's handle and the login",
    "关闭容器或注销后会话密钥是否可用",
    clause=Clause(GMT_0016, "7.5.5", "B"),
    functions=("SKF_ECCExportSessionKey", "SKF_CloseContainer", "SKF_ClearSecureState", "SKF_EncryptInit"),
    severity=Severity.INFORMATION,
    needs=_WRITE,
    precondition=_PRECONDITION,
)
def container_closed(bench: SKFBench) -> None:
    """Make a session key, log out, close the container, and tell whether it encrypts after each."""
    demand_sm4(bench)
    container, point = bench.signing_container()
    key = bench.skf.ecc_export_session_key(container, bench.constant(SM4_ID), point)[1]
    bench.later(bench.skf.close_handle, key)
    param = bench.ffi.new("BLOCKCIPHERPARAM *")
    bench.logout()
    bench.observe("after logout", bench.answer("SKF_EncryptInit", bench.raw(key), param[0]))
    with bench.scene():
        bench.skf.close_container(container)
    bench.observe("after its container is closed", bench.answer("SKF_EncryptInit", bench.raw(key), param[0]))
