"""Call any function of the interface, with arguments made after its declaration: for what all functions have in common.

Each argument is plausible by itself: lengths fit their buffers, structures hold what they should. What a check wants to
be otherwise it replaces.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from gmpki.conformance.skf.sm2_blobs import RIGHT, point_blob, room
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.skf import header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.conformance.skf.bench import SKFBench

__all__ = ["CHANGING", "HANDLES", "Parameter", "call", "functions_on", "parameters"]

HANDLES: Final = {
    "hDev": "device",
    "hApplication": "application",
    "hContainer": "container",
    "hKey": "key",
    "hHash": "digest",
    "hMac": "mac",
    "hAgreementHandle": "agreement",
    "hHandle": "closable",
}
"""Of which class a handle is, by the parameter's name in the standard."""

CHANGING: Final = frozenset(
    f"SKF_{name}"
    for name in (
        *("SetLabel", "Transmit", "ChangeDevAuthKey", "DevAuth", "CreateApplication", "DeleteApplication"),
        *("VerifyPIN", "ChangePIN", "UnblockPIN", "CreateFile", "DeleteFile", "WriteFile"),
        *("CreateContainer", "DeleteContainer", "ImportCertificate"),
        *("GenRSAKeyPair", "ImportRSAKeyPair", "GenECCKeyPair", "ImportECCKeyPair"),
    )
)
"""What changes something, or counts tries, in a driver that does not look at the handle."""

_ROOM_LEN: Final = 4096
_PIN: Final = "20481632"
_KEY_LEN: Final = 16
_DIGEST_LEN: Final = 32
_RSA_BITS: Final = 2048
_TRIES: Final = 6

# The functions whose text is an output.
_LISTS: Final = frozenset(("SKF_EnumDev", "SKF_EnumApplication", "SKF_EnumFiles", "SKF_EnumContainer"))
_SIGNED: Final = frozenset(f"SKF_{name}" for name in ("ECCSignData", "ECCVerify", "ExtECCSign", "ExtECCVerify"))
_SPLIT: Final = re.compile(r"(.*?)(\w+)")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function. Immutable.

    :ivar kind: its type in C, such as "ULONG *".
    """

    kind: str
    name: str

    @property
    def is_pointer(self) -> bool:
        """Whether it points to something that the caller has, which a handle does not."""
        return "*" in self.kind or self.kind == "LPSTR"


@cache
def parameters(function: str) -> tuple[Parameter, ...]:
    """Return what a function takes, in its order."""
    matches = (_SPLIT.fullmatch(text) for text in header.functions()[function].parameters)
    return tuple(Parameter(match[1].strip(), match[2]) for match in matches if match)


@cache
def functions_on(handle: str) -> tuple[str, ...]:
    """Return the common functions whose first parameter is a handle of a class of :data:`HANDLES`."""
    names = (name for name, function in header.functions().items() if function.common and parameters(name))
    return tuple(name for name in names if HANDLES.get(parameters(name)[0].name) == handle)


def call(bench: SKFBench, function: str, replaced: Mapping[str, Any]) -> str:
    """Call a function and return the name of its code.

    :param replaced: the arguments that a check chooses, by the name of the parameter.
    """
    kept: list[Any] = []
    values = [
        replaced[parameter.name] if parameter.name in replaced else _plausible(bench, function, parameter, kept)
        for parameter in parameters(function)
    ]
    answer = bench.answer(function, *values)
    kept.clear()
    return answer


def _plausible(bench: SKFBench, function: str, parameter: Parameter, kept: list[Any]) -> Any:
    """Return an argument; what it points to is kept."""
    ffi, kind = bench.ffi, parameter.kind
    if kind in ("ULONG", "DWORD", "BOOL"):
        return _number(bench, function, parameter.name)
    if kind == "LPSTR":
        kept.append(bench.buffer(_ROOM_LEN, 0) if function in _LISTS else _text(bench, parameter.name))
        return ffi.cast("LPSTR", kept[-1].pointer if function in _LISTS else kept[-1])
    if kind == "BYTE *":
        kept.append(bench.buffer(_ROOM_LEN, 0))
        return kept[-1].pointer
    if kind in ("ULONG *", "BOOL *"):
        cell, pointer = bench.ulong(_ROOM_LEN)
        kept.append(cell)
        return ffi.cast(kind, pointer)
    if kind == "BLOCKCIPHERPARAM":
        return ffi.new("BLOCKCIPHERPARAM *")[0]
    if kind.endswith("*") and kind not in ("HANDLE *", "DEVHANDLE *", "HAPPLICATION *", "HCONTAINER *"):
        blob = _structure(bench, kind.removesuffix("*").strip())
        kept.append(blob)
        return blob.at
    if kind.endswith("*"):
        kept.append(ffi.new("HANDLE *"))
        return kept[-1]
    return ffi.NULL  # a handle, which the check replaces


def _number(bench: SKFBench, function: str, name: str) -> int:
    if name in ("ulAlgID", "ulAlgId", "ulSymAlgId"):
        wanted = {"SKF_DigestInit": "SGD_SM3", "SKF_GenECCKeyPair": "SGD_SM2_1"}
        return bench.constant(wanted.get(function, "SGD_SM4_ECB"))
    if name == "ulDataLen" and function in _SIGNED:
        return _DIGEST_LEN
    others = {
        "bPresent": 1,
        "bSignFlag": 1,
        "ulPINType": bench.constant("USER_TYPE"),
        "ulBitsLen": _RSA_BITS,
        "ulOffset": 0,
        "ulTimeOut": 0,
        "dwAdminPinRetryCount": _TRIES,
        "dwUserPinRetryCount": _TRIES,
        "dwCreateFileRights": bench.constant("SECURE_USER_ACCOUNT"),
        "ulReadRights": bench.constant("SECURE_USER_ACCOUNT"),
        "ulWriteRights": bench.constant("SECURE_USER_ACCOUNT"),
        "ulIDLen": _KEY_LEN,
        "ulSponsorIDLen": _KEY_LEN,
        "ulInputLen": _RSA_BITS // 8,
    }
    return others.get(name, _KEY_LEN)


def _text(bench: SKFBench, name: str) -> Any:
    if "pin" in name.lower():
        return bench.text(_PIN)
    if name in ("szName", "szDevName"):
        return bench.text(bench.device_name)
    if name == "szLabel":
        # Should it be taken in spite of all, nothing changes.
        return bench.text(bench.info.label)
    own = bench.shared.new_name()
    if name == "szAppName":
        bench.shared.made(own)  # should it be made in spite of all, it is removed
    return bench.text(own)


def _structure(bench: SKFBench, structure: str) -> Any:
    """Return a structure that would do as an input, with room behind it."""
    if structure == "ECCPUBLICKEYBLOB":
        return point_blob(bench, SM2PrivateKey.generate().public_key.to_bytes()[1:])
    blob = room(bench, structure, _KEY_LEN)
    if structure == "ECCPRIVATEKEYBLOB":
        blob.at.BitLen = 256
        content = RIGHT.write(SM2PrivateKey.generate().to_bytes())
        bench.ffi.memmove(blob.at.PrivateKey, content, len(content))
    elif structure == "ECCCIPHERBLOB":
        blob.at.CipherLen = _KEY_LEN
    return blob
