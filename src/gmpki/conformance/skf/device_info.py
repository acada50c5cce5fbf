"""What the device says of itself, and whether that is so (GM/T 0016-2012 7.1.9)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, Final, NoReturn

from gmpki.algorithms import sm3
from gmpki.algorithms.sm2 import PointFormat
from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.errors import GmpkiError, TokenUnsupportedError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from gmpki.conformance.skf.bench import SKFBench
    from gmpki.keys.ciphertext import SM2Ciphertext
    from gmpki.tokens.skf.structures import KeyHandle

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "device_info", "DEV", Words("What the device says of itself", "设备信息"))

_INFO: Final = Clause(GMT_0016, "7.1.9")

_UNLIMITED: Final = 0xFFFFFFFF  # what some devices say where there is no limit
_MOST_DATA_LEN: Final = 65536  # that one call of a check hashes
_MOST_PLAIN_LEN: Final = 1024  # that one call of a check encrypts with SM2
_INFO_LEN: Final = 512  # more than DEVINFO has in any layout
_TEXTS: Final = ("Manufacturer", "Issuer", "Label", "SerialNumber")
_ASYMMETRIC: Final = ("SGD_RSA", "SGD_SM2_1", "SGD_SM2_1_DRAFT")
_CIPHERS: Final = ("SGD_SM1", "SGD_SSF33", "SGD_SM4")
_MODES: Final = ("ECB", "CBC")  # those whose parameters every driver takes alike


def _fields(bench: SKFBench) -> tuple[Any, Any]:
    """Return the memory of a DEVINFO that the device filled, and it as a structure; whoever takes it keeps both."""
    room = bench.buffer(_INFO_LEN)
    info = bench.ffi.cast("DEVINFO *", room.pointer)
    bench.demand("SKF_GetDevInfo", bench.raw(bench.device), info)
    return room, info


@GROUP.check(
    10,
    "The texts of DEVINFO end with NUL, and are ASCII",
    "DEVINFO 中的字符串以 NUL 结尾且为 ASCII",
    clause=_INFO,
    functions=("SKF_GetDevInfo",),
)
def texts_end(bench: SKFBench) -> None:
    """Read manufacturer, issuer, label and serial number from memory that was full of 0xA5."""
    room, info = _fields(bench)
    for name in _TEXTS:
        raw = bytes(bench.ffi.buffer(getattr(info, name)))
        text, end, _ = raw.partition(b"\0")
        bench.expect(end, f"{name} does not end with NUL", f"{name} 未以 NUL 结尾")
        # A label is whatever its owner gave.
        bench.expect(
            name == "Label" or (text.isascii() and text.decode("ascii").isprintable()),
            f"{name} holds bytes that are no printable ASCII",
            f"{name} 含有不可打印的 ASCII 以外的字节",
        )
    bench.expect(not room.overrun, "SKF_GetDevInfo wrote far behind the structure", "SKF_GetDevInfo 写越界")


@GROUP.check(
    11,
    "The device has a serial number",
    "设备具有序列号",
    clause=Clause(GMT_0016, "7.1.9", "B"),
    severity=Severity.RECOMMENDED,
    functions=("SKF_GetDevInfo",),
)
def serial_number(bench: SKFBench) -> None:
    """Read the serial number, by which tokens are told apart; it does not change from one connection to the next."""
    first = bench.info.serial_number
    bench.expect(first.strip(), "the serial number is empty", "序列号为空")
    bench.reconnect()
    again = bench.info.serial_number
    bench.expect(
        again == first,
        "the serial number is another after connecting anew",
        "重新连接后序列号改变",
    )


@GROUP.check(
    12,
    "The structure's version is 1.0",
    "DEVINFO 结构版本为 1.0",
    clause=_INFO,
    severity=Severity.RECOMMENDED,
    functions=("SKF_GetDevInfo",),
)
def structure_version(bench: SKFBench) -> None:
    """Read the version of DEVINFO, which the standard sets to 1.0."""
    version = bench.info.version
    bench.observe("hardware", "{}.{}".format(*bench.info.hw_version))
    bench.observe("firmware", "{}.{}".format(*bench.info.firmware_version))
    if version != (1, 0):
        bench.deviate(
            "the structure says version {}.{}".format(*version),
            "结构版本为 {}.{}".format(*version),
            "do not judge the structure by its version; find its layout out",
            "不要依据版本号判断结构，应探测其布局",
        )


@GROUP.check(
    13,
    "There is no more free space than there is space",
    "剩余空间不大于总空间",
    clause=_INFO,
    functions=("SKF_GetDevInfo",),
)
def space(bench: SKFBench) -> None:
    """Compare TotalSpace and FreeSpace."""
    info = bench.info
    bench.observe("bytes", f"{info.free_space} of {info.total_space}")
    bench.expect(
        info.free_space <= info.total_space or info.free_space == _UNLIMITED,
        f"{info.free_space} bytes of {info.total_space} are free",
        f"总空间 {info.total_space} 字节，剩余 {info.free_space} 字节",
    )


@GROUP.check(
    14,
    "Every digest that the device claims works",
    "设备声明的杂凑算法均可用",
    clause=_INFO,
    functions=("SKF_GetDevInfo", "SKF_DigestInit"),
)
def claimed_digests(bench: SKFBench) -> None:
    """Begin a digest by each algorithm of AlgHashCap; tell which work that are not claimed."""
    claimed = bench.info.alg_hash_cap
    for name in ("SGD_SM3", "SGD_SHA1", "SGD_SHA256"):
        number = bench.constant(name)
        works = _works(lambda number=number: _end_digest(bench, number))
        bench.observe(name, _verdict(bool(claimed & number), works))
        bench.expect(
            works or not claimed & number,
            f"the device claims {name}, and SKF_DigestInit refuses it",
            f"设备声明支持 {name}，但 SKF_DigestInit 拒绝",
        )


def _works(attempt: Any) -> bool:
    try:
        attempt()
    except GmpkiError:
        return False
    return True


def _verdict(claimed: bool, works: bool) -> str:
    return f"{'claimed' if claimed else 'not claimed'}, {'works' if works else 'does not work'}"


def _end_digest(bench: SKFBench, algorithm: int) -> None:
    digest = bench.skf.digest_init(bench.device, algorithm)
    bench.skf.close_handle(digest)


@GROUP.check(
    15,
    "Every cipher that the device claims works",
    "设备声明的分组密码算法均可用",
    clause=_INFO,
    functions=("SKF_GetDevInfo", "SKF_EncryptInit"),
)
def claimed_ciphers(bench: SKFBench) -> None:
    """Begin an encryption by each cipher of AlgSymCap, in ECB and CBC, under a session key."""
    claimed = bench.info.alg_sym_cap
    families = [cipher for cipher in _CIPHERS if claimed & bench.constant(f"{cipher}_ECB") & ~0xFF]
    for cipher in families:
        modes = [mode for mode in _MODES if claimed & bench.constant(f"{cipher}_{mode}") & 0xFF]
        working = [mode for mode in modes if _works(lambda c=cipher, m=mode: _begin_cipher(bench, c, m))]
        bench.observe(cipher, ", ".join(working) or "none")
        # The identifiers stand combined: which of several ciphers a mode belongs to cannot be told.
        bench.expect(
            working == modes or (working and len(families) > 1),
            f"the device claims {cipher} in {', '.join(modes)}, and encrypts in {', '.join(working) or 'none'}",
            f"设备声明支持 {cipher} 的 {', '.join(modes)} 模式，实际可用：{', '.join(working) or '无'}",
        )


def _session_key(bench: SKFBench, algorithm: int) -> KeyHandle:
    """Return a session key: given in clear, or made in a container where the driver lacks that draft function."""
    with contextlib.suppress(TokenUnsupportedError):
        return bench.skf.set_symm_key(bench.device, bytes(16), algorithm)
    if Permission.WRITE not in bench.shared.permissions:
        bench.not_run("it takes --allow-write to make a session key", "生成会话密钥需要 --allow-write")
    recipient = SM2PrivateKey.generate().public_key.to_bytes(PointFormat.BARE)
    return bench.skf.ecc_export_session_key(bench.new_container(), algorithm, recipient)[1]


def _begin_cipher(bench: SKFBench, cipher: str, mode: str) -> None:
    key = _session_key(bench, bench.constant(f"{cipher}_{mode}"))
    try:
        bench.skf.encrypt_init(key, BlockCipherParam(iv=b"" if mode == "ECB" else bytes(16)))
    finally:
        bench.skf.close_handle(key)


@GROUP.check(
    16,
    "Which asymmetric algorithms the device claims",
    "设备声明支持的非对称密码算法",
    clause=_INFO,
    severity=Severity.INFORMATION,
    functions=("SKF_GetDevInfo",),
)
def claimed_asymmetric(bench: SKFBench) -> None:
    """Read AlgAsymCap: RSA, and SM2 by the numbering of the standard or that of the drafts before it."""
    claimed = bench.info.alg_asym_cap
    names = [name for name in _ASYMMETRIC if claimed & bench.constant(name) == bench.constant(name)]
    bench.observe("AlgAsymCap", f"0x{claimed:08X}: {', '.join(names) or 'none known'}")


def _deviate_without_limit(bench: SKFBench, field: str) -> NoReturn:
    bench.deviate(
        f"{field} is 0: the device does not say how much it takes at once",
        f"{field} 为 0：设备未说明一次可处理的数据量",
        "give it pieces of 1024 bytes at most",
        "每次传入不超过 1024 字节的数据",
    )


@GROUP.check(
    17,
    "As much is hashed at once as MaxBufferSize says",
    "可一次处理 MaxBufferSize 声明的数据量",
    clause=_INFO,
    functions=("SKF_GetDevInfo", "SKF_DigestInit", "SKF_Digest"),
)
def max_buffer_size(bench: SKFBench) -> None:
    """Hash MaxBufferSize bytes by one call, at most 65,536, and compare with SM3 in software."""
    most = bench.info.max_buffer_size
    bench.observe("MaxBufferSize", most)
    if not most:
        _deviate_without_limit(bench, "MaxBufferSize")
    data = bytes(range(256)) * (_MOST_DATA_LEN // 256)
    data = data[: min(most, _MOST_DATA_LEN)]
    digest = bench.skf.digest_init(bench.device, bench.constant("SGD_SM3"))
    bench.later(bench.skf.close_handle, digest)
    bench.expect(
        bench.skf.digest(digest, data) == sm3.digest(data),
        f"the digest of {len(data)} bytes is wrong",
        f"{len(data)} 字节数据的摘要错误",
    )


@GROUP.check(
    18,
    "As much is encrypted with SM2 at once as MaxECCBufferSize says",
    "可一次加密 MaxECCBufferSize 声明的数据量",
    clause=_INFO,
    functions=("SKF_GetDevInfo", "SKF_ExtECCEncrypt"),
)
def max_ecc_buffer_size(bench: SKFBench) -> None:
    """Encrypt MaxECCBufferSize bytes by one call, at most 1,024, and decrypt them in software."""
    most = bench.info.max_ecc_buffer_size
    bench.observe("MaxECCBufferSize", most)
    if not most:
        _deviate_without_limit(bench, "MaxECCBufferSize")
    key = SM2PrivateKey.generate()
    data = bytes(range(256)) * (_MOST_PLAIN_LEN // 256)
    data = data[: min(most, _MOST_PLAIN_LEN)]
    secret = bench.skf.ext_ecc_encrypt(bench.device, key.public_key.to_bytes(PointFormat.BARE), data)
    bench.expect(
        _decrypted(key, secret) == data,
        f"what was made of {len(data)} bytes does not decrypt to them",
        f"{len(data)} 字节的密文无法还原",
    )


def _decrypted(key: SM2PrivateKey, secret: SM2Ciphertext) -> bytes | None:
    try:
        return key.decrypt(secret.to_bytes())
    except GmpkiError:
        return None


@GROUP.check(
    19,
    "The device names the cipher of its authentication",
    "设备给出设备认证所用的分组密码算法",
    clause=_INFO,
    functions=("SKF_GetDevInfo",),
)
def authentication_cipher(bench: SKFBench) -> None:
    """DevAuthAlgId is that of a block cipher in ECB."""
    number = bench.info.dev_auth_alg_id
    names = {bench.constant(f"{cipher}_ECB"): f"{cipher}_ECB" for cipher in _CIPHERS}
    bench.observe("DevAuthAlgId", names.get(number, hex(number)))
    bench.expect(
        number and not number & 0xFE and number & 1,
        f"DevAuthAlgId is 0x{number:X}, which is no block cipher in ECB",
        f"DevAuthAlgId 为 0x{number:X}，不是 ECB 模式的分组密码算法",
    )
