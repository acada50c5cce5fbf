"""Error codes: which one comes of which mistake (GM/T 0016-2012 annex A), told where the standard has none for it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms import sm4
from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.known_keys import KEY, known_key
from gmpki.conformance.skf.samples import new_file
from gmpki.conformance.skf.sm2_blobs import point_blob, room, signature_blob
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.skf import header
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "errors", "ERR", Words("Error codes", "错误码"))

_ANNEX: Final = Clause(GMT_0016, "annex A")
_WRITE: Final = (Permission.WRITE,)
_INIT: Final = (Permission.INIT,)
_LAST_OF_2012: Final = 0x0A000032  # SAR_REACH_MAX_CONTAINER_COUNT
_NO_DIGEST, _NO_CIPHER, _NO_SM2 = 0x40, 0x00000F01, 0x00070100  # numbers that nobody has given to anything
_ATTEMPTS: Final = 3
_APPLICATION: Final = Words("an application", "有一个应用")
_SM4: Final = Words("SM4, and SKF_SetSymmKey or the permission to write", "支持 SM4，且有 SKF_SetSymmKey 或允许写入")


@dataclass(frozen=True, slots=True)
class Mistake:
    """A call that has to be refused. Immutable.

    :ivar words: what the mistake is.
    :ivar make: makes it and returns the name of the code.
    :ivar codes: those that say what is wrong; empty where the standard has none for it.
    """

    number: int
    words: Words
    function: str
    make: Callable[[SKFBench], str]
    codes: tuple[str, ...] = ()
    needs: tuple[Permission, ...] = ()
    precondition: Words | None = None


def _handle(bench: SKFBench) -> Any:
    return bench.ffi.new("HANDLE *")


# ---- what is not there, or is there already ------------------------------------------------


def _no_device(bench: SKFBench) -> str:
    return bench.answer("SKF_ConnectDev", bench.text(f"no such device {secrets.token_hex(4)}"), _handle(bench))


def _no_application(bench: SKFBench) -> str:
    name = bench.text(bench.shared.new_name())
    return bench.answer("SKF_OpenApplication", bench.raw(bench.device), name, _handle(bench))


def _no_container(bench: SKFBench) -> str:
    name = bench.text(bench.shared.new_name())
    return bench.answer("SKF_OpenContainer", bench.raw(bench.application), name, _handle(bench))


def _no_file(bench: SKFBench) -> str:
    attributes = room(bench, "FILEATTRIBUTE")
    name = bench.text(bench.shared.new_name())
    return bench.answer("SKF_GetFileInfo", bench.raw(bench.application), name, attributes.at)


def _container_exists(bench: SKFBench) -> str:
    name = bench.text(bench.name_of(bench.new_container()))
    return bench.answer("SKF_CreateContainer", bench.raw(bench.application), name, _handle(bench))


def _file_exists(bench: SKFBench) -> str:
    name = bench.text(new_file(bench, 16))
    user = bench.constant("SECURE_USER_ACCOUNT")
    return bench.answer("SKF_CreateFile", bench.raw(bench.application), name, 16, user, user)


def _no_key(bench: SKFBench) -> str:
    container = bench.raw(bench.new_container())
    return bench.answer("SKF_ECCSignData", container, bench.data(bytes(32)), 32, room(bench, "ECCSIGNATUREBLOB").at)


def _no_device_auth(bench: SKFBench) -> str:
    # A connection of its own, on which nobody has authenticated; some devices keep that beyond it.
    pin, name = bench.text("20481632"), bench.shared.new_name()
    bench.shared.made(name)
    bench.later(bench.shared.remove_application, name)
    device, user = bench.raw(bench.connect()), bench.constant("SECURE_USER_ACCOUNT")
    return bench.answer("SKF_CreateApplication", device, bench.text(name), pin, 6, pin, 6, user, _handle(bench))


# ---- names ---------------------------------------------------------------------------------


def _long_container_name(bench: SKFBench) -> str:
    name = bench.shared.new_name().ljust(65, "x")
    bench.login()
    answer = bench.answer("SKF_CreateContainer", bench.raw(bench.application), bench.text(name), _handle(bench))
    if answer == "SAR_OK":
        bench.later(bench.skf.delete_container, bench.application, name)
    return answer


def _long_file_name(bench: SKFBench) -> str:
    name = bench.shared.new_name().ljust(64, "x")
    user = bench.constant("SECURE_USER_ACCOUNT")
    bench.login()
    answer = bench.answer("SKF_CreateFile", bench.raw(bench.application), bench.text(name), 16, user, user)
    if answer == "SAR_OK":
        bench.later(bench.skf.delete_file, bench.application, name)
    return answer


# ---- algorithms, lengths, order ------------------------------------------------------------


def _unknown_digest(bench: SKFBench) -> str:
    null = bench.ffi.NULL
    return bench.answer("SKF_DigestInit", bench.raw(bench.device), _NO_DIGEST, null, null, 0, _handle(bench))


def _unknown_cipher(bench: SKFBench) -> str:
    return bench.answer("SKF_SetSymmKey", bench.raw(bench.device), bench.data(bytes(64)), _NO_CIPHER, _handle(bench))


def _unknown_curve(bench: SKFBench) -> str:
    container = bench.raw(bench.new_container())
    return bench.answer("SKF_GenECCKeyPair", container, _NO_SM2, room(bench, "ECCPUBLICKEYBLOB").at)


def _crypt(bench: SKFBench, function: str, content: bytes) -> Callable[[Any], str]:
    def with_key(key: Any) -> str:
        memory = bench.buffer(len(content) + 64)
        cell, length = bench.ulong(len(content) + 64)
        answer = bench.answer(function, bench.raw(key), bench.data(content), len(content), memory.pointer, length)
        del cell
        return answer

    return with_key


def _broken_block(bench: SKFBench) -> str:
    key = known_key(bench, "SGD_SM4_ECB")
    bench.skf.encrypt_init(key, BlockCipherParam())
    return _crypt(bench, "SKF_Encrypt", bytes(15))(key)


def _no_init(bench: SKFBench) -> str:
    return _crypt(bench, "SKF_EncryptUpdate", bytes(16))(known_key(bench, "SGD_SM4_ECB"))


def _bad_padding(bench: SKFBench) -> str:
    key = known_key(bench, "SGD_SM4_ECB")
    bench.skf.decrypt_init(key, BlockCipherParam(padding=1))
    # A whole block of zeros is no padding.
    return _crypt(bench, "SKF_Decrypt", sm4.encrypt(KEY, bytes(16), sm4.Mode.ECB))(key)


def _bad_signature(bench: SKFBench) -> str:
    point = point_blob(bench, SM2PrivateKey.generate().public_key.to_bytes()[1:])
    signature = signature_blob(bench, bytes(31) + b"\1" + bytes(31) + b"\2")
    return bench.answer("SKF_ECCVerify", bench.raw(bench.device), point.at, bench.data(bytes(32)), 32, signature.at)


_MISTAKES: Final = (
    Mistake(1, Words("a device that is not there", "不存在的设备"), "SKF_ConnectDev", _no_device),
    Mistake(
        2,
        Words("an application that is not there", "不存在的应用"),
        "SKF_OpenApplication",
        _no_application,
        ("SAR_APPLICATION_NOT_EXISTS",),
    ),
    Mistake(
        3,
        Words("a container that is not there", "不存在的容器"),
        "SKF_OpenContainer",
        _no_container,
        precondition=_APPLICATION,
    ),
    Mistake(
        4,
        Words("a file that is not there", "不存在的文件"),
        "SKF_GetFileInfo",
        _no_file,
        ("SAR_FILE_NOT_EXIST",),
        precondition=_APPLICATION,
    ),
    Mistake(
        5,
        Words("a container that is there already", "已存在的容器"),
        "SKF_CreateContainer",
        _container_exists,
        needs=_WRITE,
    ),
    Mistake(
        6,
        Words("a file that is there already", "已存在的文件"),
        "SKF_CreateFile",
        _file_exists,
        ("SAR_FILE_ALREADY_EXIST",),
        _WRITE,
    ),
    Mistake(
        7,
        Words("a container without a key", "没有密钥的容器"),
        "SKF_ECCSignData",
        _no_key,
        ("SAR_KEYNOTFOUNTERR",),
        _WRITE,
    ),
    Mistake(
        8,
        Words("a connection that was not authenticated", "未经设备认证的连接"),
        "SKF_CreateApplication",
        _no_device_auth,
        needs=_INIT,
    ),
    Mistake(
        11,
        Words("a container's name of 65 bytes", "65 字节的容器名"),
        "SKF_CreateContainer",
        _long_container_name,
        ("SAR_NAMELENERR", "SAR_INVALIDPARAMERR"),
        _WRITE,
    ),
    Mistake(
        12,
        Words("a file's name of 64 bytes", "64 字节的文件名"),
        "SKF_CreateFile",
        _long_file_name,
        ("SAR_NAMELENERR", "SAR_INVALIDPARAMERR"),
        _WRITE,
    ),
    Mistake(
        21,
        Words("an unknown digest", "未知的杂凑算法标识"),
        "SKF_DigestInit",
        _unknown_digest,
        ("SAR_NOTSUPPORTYETERR", "SAR_INVALIDPARAMERR", "SAR_HASHOBJERR"),
    ),
    Mistake(
        22,
        Words("an unknown cipher", "未知的分组密码算法标识"),
        "SKF_SetSymmKey",
        _unknown_cipher,
        ("SAR_NOTSUPPORTYETERR", "SAR_INVALIDPARAMERR"),
    ),
    Mistake(
        23,
        Words("an unknown algorithm", "未知的非对称算法标识"),
        "SKF_GenECCKeyPair",
        _unknown_curve,
        ("SAR_NOTSUPPORTYETERR", "SAR_INVALIDPARAMERR"),
        _WRITE,
    ),
    Mistake(
        24,
        Words("no whole number of blocks, without padding", "无填充且不是整分组的数据"),
        "SKF_Encrypt",
        _broken_block,
        ("SAR_INDATALENERR", "SAR_INVALIDPARAMERR"),
        precondition=_SM4,
    ),
    Mistake(
        25,
        Words("encryption that was not begun", "未初始化的加密"),
        "SKF_EncryptUpdate",
        _no_init,
        ("SAR_NOTINITIALIZEERR",),
        precondition=_SM4,
    ),
    Mistake(
        26,
        Words("padding that is none", "错误的填充"),
        "SKF_Decrypt",
        _bad_padding,
        ("SAR_DECRYPTPADERR", "SAR_INDATAERR"),
        precondition=_SM4,
    ),
    Mistake(27, Words("a signature that does not hold", "无效的签名"), "SKF_ECCVerify", _bad_signature),
)
_HARMLESS: Final = tuple(mistake for mistake in _MISTAKES if not mistake.needs and mistake.precondition is None)


def _alternatives(codes: tuple[str, ...], comma: str, conjunction: str) -> str:
    return conjunction.join(filter(None, (comma.join(codes[:-1]), codes[-1])))


def _register(mistake: Mistake) -> None:
    function, codes = mistake.function, mistake.codes
    severity = Severity.RECOMMENDED if codes else Severity.INFORMATION
    if codes:
        en = f"{function} answers {_alternatives(codes, ', ', ' or ')} to {mistake.words.en}"
        zh = f"对{mistake.words.zh}，{function} 返回 {_alternatives(codes, '、', ' 或 ')}"
    else:
        en = f"Which code {function} has for {mistake.words.en}"
        zh = f"对{mistake.words.zh}，{function} 返回的错误码"

    @GROUP.check(
        mistake.number,
        en,
        zh,
        clause=_ANNEX,
        functions=(function,),
        severity=severity,
        needs=mistake.needs,
        precondition=mistake.precondition,
    )
    def code(bench: SKFBench) -> None:
        """Make the mistake, and tell which code comes of it."""
        answer = mistake.make(bench)
        bench.observe(function, answer)
        bench.expect(
            answer != "SAR_OK",
            f"{function} answers SAR_OK to {mistake.words.en}",
            f"对{mistake.words.zh}，{function} 返回 SAR_OK",
        )
        if codes and answer not in codes:
            bench.deviate(
                f"{function} answers {answer} to {mistake.words.en}",
                f"对{mistake.words.zh}，{function} 返回 {answer}",
                "take any code but SAR_OK for the refusal",
                "将 SAR_OK 以外的任何返回值视为拒绝",
            )


for _mistake in _MISTAKES:
    _register(_mistake)


# ---- all codes -----------------------------------------------------------------------------


@GROUP.check(
    41,
    "Every code is one of the standard's",
    "所有错误码均为标准所定义",
    clause=_ANNEX,
    functions=[mistake.function for mistake in _HARMLESS],
    severity=Severity.RECOMMENDED,
)
def codes_are_known(bench: SKFBench) -> None:
    """Make every mistake that takes no permission, and look each code up in the standard's table."""
    unknown, later = [], []
    for mistake in _HARMLESS:
        answer = mistake.make(bench)
        number = header.constants().get(answer)
        if number is None:
            unknown.append(f"{mistake.function}: {answer}")
        elif number > _LAST_OF_2012:
            later.append(f"{mistake.function}: {answer}")
    if later:
        bench.observe("codes that the edition of 2012 does not have", ", ".join(later))
    if unknown:
        shown = ", ".join(unknown)
        bench.deviate(
            f"codes that the standard does not have: {shown}",
            f"标准未定义的错误码：{shown}",
            "take a code that is not known for a failure; a driver profile can say what it means",
            "将未知错误码视为失败；可在驱动配置中说明其含义",
        )


@GROUP.check(
    42,
    "The same mistake has the same code each time",
    "同样的错误每次返回同样的错误码",
    clause=Clause(GMT_0016, "annex A", "D"),
    functions=[mistake.function for mistake in _HARMLESS],
    severity=Severity.RECOMMENDED,
)
def codes_are_steady(bench: SKFBench) -> None:
    """Make every mistake that takes no permission three times."""
    for mistake in _HARMLESS:
        answers = [mistake.make(bench) for _ in range(_ATTEMPTS)]
        shown = ", ".join(answers)
        bench.expect(
            len(set(answers)) == 1,
            f"{mistake.function} answers {shown} to {mistake.words.en}",
            f"对{mistake.words.zh}，{mistake.function} 依次返回 {shown}",
        )
