"""Pointers: NULL where something has to be is refused and crashes nothing. One check to a family of functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.clauses import GMT_0016
from gmpki.conformance.model import Clause, Kind, Permission, Severity, Words
from gmpki.conformance.registry import Group
from gmpki.conformance.skf.any_call import call, parameters
from gmpki.conformance.skf.known_keys import known_key
from gmpki.conformance.skf.samples import new_file
from gmpki.conformance.skf.sized import SIZED
from gmpki.tokens.skf.structures import BlockCipherParam

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["GROUP"]

GROUP: Final = Group(Kind.SKF, "pointers", "PTR", Words("NULL pointers", "空指针"))

# The code is the standard's; that NULL has to be answered with it the standard does not say.
_ERRORS: Final = Clause(GMT_0016, "annex A", "B")
_WRITE: Final = (Permission.WRITE,)
_SM4: Final = Words("SM4, and SKF_SetSymmKey or the permission to write", "支持 SM4，且有 SKF_SetSymmKey 或允许写入")

# Outputs that a driver may well take as not wanted: NULL there harms nobody.
_OPTIONAL: Final = frozenset(("pulRetryCount", "pulMaxRetryCount", "pulRemainRetryCount", "pbDefaultPin"))
# Where NULL has a meaning: a size query, and a digest without Z.
_QUERIES: Final = frozenset(
    (
        *(case.function for case in SIZED),
        *("SKF_RSASignData", "SKF_RSAExportSessionKey", "SKF_EncryptUpdate", "SKF_EncryptFinal", "SKF_DecryptUpdate"),
        *("SKF_ReadFile", "SKF_ExtECCDecrypt", "SKF_ExtRSAPubKeyOperation", "SKF_ExtRSAPriKeyOperation"),
    )
)
_MEANINGFUL: Final = frozenset((("SKF_DigestInit", "pPubKey"), ("SKF_DigestInit", "pucID")))


def _is_output(function: str, index: int) -> bool:
    """Tell whether a parameter is the buffer of a function that tells its size: it stands before the length."""
    following = parameters(function)[index + 1 : index + 2]
    return function in _QUERIES and bool(following) and following[0].kind == "ULONG *"


def _demanded(function: str) -> tuple[str, ...]:
    """Return the names of the parameters of a function that may not be NULL."""
    return tuple(
        parameter.name
        for index, parameter in enumerate(parameters(function))
        if parameter.is_pointer and not _is_output(function, index) and (function, parameter.name) not in _MEANINGFUL
    )


def _refuse_null(bench: SKFBench, functions: Iterable[str], replaced: Mapping[str, Any]) -> None:
    """Call functions with NULL for one pointer after another.

    :param replaced: what else they are called with: handles, and names of what is there.
    """
    taken = []
    for function in functions:
        if not bench.has(function):
            continue
        for name in _demanded(function):
            answer = call(bench, function, {**replaced, name: bench.ffi.NULL})
            if answer == "SAR_OK" and name not in _OPTIONAL:
                taken.append(f"{function}({name})")
    shown = ", ".join(taken)
    bench.expect(not taken, f"NULL is answered with SAR_OK: {shown}", f"对 NULL 返回 SAR_OK：{shown}")


_DEVICE: Final = (
    *("SKF_EnumDev", "SKF_ConnectDev", "SKF_GetDevState", "SKF_GetDevInfo", "SKF_GenRandom"),
    *("SKF_EnumApplication", "SKF_OpenApplication"),
)


@GROUP.check(
    1,
    "NULL is refused by the functions of devices",
    "设备函数拒绝 NULL 指针",
    clause=_ERRORS,
    functions=_DEVICE,
    severity=Severity.RECOMMENDED,
)
def device_functions(bench: SKFBench) -> None:
    """Give NULL for each name, handle, length and structure in turn."""
    _refuse_null(bench, _DEVICE, {"hDev": bench.raw(bench.device)})


_ACCESS: Final = (
    *("SKF_SetLabel", "SKF_DevAuth", "SKF_CreateApplication", "SKF_DeleteApplication"),
    *("SKF_GetPINInfo", "SKF_VerifyPIN", "SKF_ChangePIN", "SKF_UnblockPIN"),
)


@GROUP.check(
    2,
    "NULL is refused by the functions that take PINs or make applications",
    "涉及 PIN 与创建应用的函数拒绝 NULL 指针",
    clause=_ERRORS,
    functions=_ACCESS,
    severity=Severity.RECOMMENDED,
    needs=(Permission.INIT, Permission.LOCK),
)
def access_functions(bench: SKFBench) -> None:
    """Give NULL for each PIN, name, count and handle in turn, in an application made for it."""
    own = bench.new_application()
    replaced = {"hDev": bench.raw(bench.device), "hApplication": bench.raw(own.handle)}
    user, admin = bench.text(own.pins.user), bench.text(own.pins.admin)
    # The right PINs, so that what is missing is the only mistake.
    _refuse_null(bench, _ACCESS[:6], {**replaced, "szPIN": user})
    _refuse_null(bench, ("SKF_ChangePIN",), {**replaced, "szOldPin": user, "szNewPin": user})
    _refuse_null(bench, ("SKF_UnblockPIN",), {**replaced, "szAdminPIN": admin, "szNewUserPIN": user})


_FILES: Final = (
    *("SKF_CreateFile", "SKF_DeleteFile", "SKF_EnumFiles", "SKF_GetFileInfo", "SKF_ReadFile", "SKF_WriteFile"),
    *("SKF_CreateContainer", "SKF_DeleteContainer", "SKF_OpenContainer", "SKF_EnumContainer"),
)


@GROUP.check(
    3,
    "NULL is refused by the functions of files, and of containers by name",
    "文件函数与按名称操作容器的函数拒绝 NULL 指针",
    clause=_ERRORS,
    functions=_FILES,
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def file_functions(bench: SKFBench) -> None:
    """Give NULL for each name, buffer, length, structure and handle in turn, with a file that is there."""
    name = bench.text(new_file(bench, 32))
    replaced = {"hApplication": bench.raw(bench.application)}
    _refuse_null(bench, _FILES[:1], replaced)
    _refuse_null(bench, _FILES[1:6], {**replaced, "szFileName": name})
    container = bench.text(bench.name_of(bench.new_container()))
    _refuse_null(bench, ("SKF_CreateContainer", "SKF_EnumContainer"), replaced)
    _refuse_null(bench, ("SKF_DeleteContainer", "SKF_OpenContainer"), {**replaced, "szContainerName": container})


_CONTAINER: Final = (
    *("SKF_GetContainerType", "SKF_ImportCertificate", "SKF_ExportCertificate", "SKF_ExportPublicKey"),
    *("SKF_GenECCKeyPair", "SKF_ImportECCKeyPair", "SKF_ECCSignData", "SKF_ECCExportSessionKey"),
    *("SKF_ImportSessionKey", "SKF_GenerateAgreementDataWithECC", "SKF_GenerateAgreementDataAndKeyWithECC"),
    *("SKF_ECCVerify", "SKF_ExtECCEncrypt", "SKF_ExtECCDecrypt", "SKF_ExtECCSign", "SKF_ExtECCVerify"),
)


@GROUP.check(
    4,
    "NULL is refused by the functions of keys and certificates",
    "密钥与证书函数拒绝 NULL 指针",
    clause=_ERRORS,
    functions=_CONTAINER,
    severity=Severity.RECOMMENDED,
    needs=_WRITE,
)
def container_functions(bench: SKFBench) -> None:
    """Give NULL for each structure, buffer, length and handle in turn, in a container with both pairs."""
    dual = bench.dual_container()
    replaced = {"hDev": bench.raw(bench.device), "hContainer": bench.raw(dual.container)}
    _refuse_null(bench, _CONTAINER, replaced)


_CIPHERS: Final = (
    *("SKF_Encrypt", "SKF_EncryptUpdate", "SKF_EncryptFinal"),
    *("SKF_Decrypt", "SKF_DecryptUpdate", "SKF_DecryptFinal"),
)


@GROUP.check(
    5,
    "NULL is refused by the functions of session keys",
    "会话密钥函数拒绝 NULL 指针",
    clause=_ERRORS,
    functions=(*_CIPHERS, "SKF_SetSymmKey", "SKF_MacInit", "SKF_Mac", "SKF_MacUpdate", "SKF_MacFinal"),
    severity=Severity.RECOMMENDED,
    precondition=_SM4,
)
def cipher_functions(bench: SKFBench) -> None:
    """Give NULL for each input and length in turn while a cipher and a MAC are under way."""
    key = known_key(bench, "SGD_SM4_ECB")
    _refuse_null(bench, ("SKF_SetSymmKey",), {"hDev": bench.raw(bench.device)})
    for function in _CIPHERS:
        bench.skf.encrypt_init(key, BlockCipherParam())
        bench.skf.decrypt_init(key, BlockCipherParam())
        _refuse_null(bench, (function,), {"hKey": bench.raw(key)})
    mac_key = known_key(bench, "SGD_SM4_MAC")
    _refuse_null(bench, ("SKF_MacInit",), {"hKey": bench.raw(mac_key)})
    mac = bench.skf.mac_init(mac_key, BlockCipherParam(bytes(16)))
    bench.later(bench.skf.close_handle, mac)
    _refuse_null(bench, ("SKF_Mac", "SKF_MacUpdate", "SKF_MacFinal"), {"hMac": bench.raw(mac)})


_DIGESTS: Final = ("SKF_DigestInit", "SKF_Digest", "SKF_DigestUpdate", "SKF_DigestFinal")


@GROUP.check(
    6,
    "NULL is refused by the functions of digests",
    "摘要函数拒绝 NULL 指针",
    clause=_ERRORS,
    functions=_DIGESTS,
    severity=Severity.RECOMMENDED,
)
def digest_functions(bench: SKFBench) -> None:
    """Give NULL for each input, length and handle in turn, and for the public key where there is an ID for Z."""
    digest = bench.skf.digest_init(bench.device, bench.constant("SGD_SM3"))
    bench.later(bench.skf.close_handle, digest)
    replaced = {"hDev": bench.raw(bench.device), "hHash": bench.raw(digest)}
    _refuse_null(bench, _DIGESTS, replaced)
    for name in ("pPubKey", "pucID"):
        answer = call(bench, "SKF_DigestInit", {**replaced, name: bench.ffi.NULL})
        bench.expect(
            answer != "SAR_OK",
            f"SKF_DigestInit takes NULL for {name} though the length of the ID is not 0",
            f"ID 长度不为 0 时，SKF_DigestInit 仍接受 {name} 为 NULL",
        )
