"""What the answers of SKF functions mean: one table from each ``SAR_*`` code to one error.

:standard: GM/T 0016-2012 annex A; the codes from 0x0A000033 on from a published table (confidence C)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from gmpki import errors
from gmpki.errors import TokenError
from gmpki.tokens.skf import header

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OK", "Meaning", "code_of", "error", "is_verdict", "meaning", "name_of"]

OK: Final = 0


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means. Immutable.

    :ivar kind: the error to raise.
    :ivar text: what its message says.
    :ivar verdict: whether it may also be how a driver says that a signature does not hold or a message cannot be
        decrypted, for which the standard reserves no code.
    """

    kind: type[TokenError]
    text: str
    verdict: bool = False


_UNKNOWN: Final = Meaning(TokenError, "the driver answered with a code that is not in the standard")

_MEANINGS: Final[Mapping[str, Meaning]] = {
    "SAR_FAIL": Meaning(TokenError, "the driver failed", verdict=True),
    "SAR_UNKNOWNERR": Meaning(TokenError, "the driver failed for an unknown cause", verdict=True),
    "SAR_NOTSUPPORTYETERR": Meaning(errors.TokenUnsupportedError, "the driver does not support this"),
    "SAR_FILEERR": Meaning(TokenError, "a file operation failed"),
    "SAR_INVALIDHANDLEERR": Meaning(TokenError, "the driver does not know this handle"),
    "SAR_INVALIDPARAMERR": Meaning(TokenError, "the driver refuses a parameter"),
    "SAR_READFILEERR": Meaning(TokenError, "a file cannot be read"),
    "SAR_WRITEFILEERR": Meaning(TokenError, "a file cannot be written"),
    "SAR_NAMELENERR": Meaning(TokenError, "a name has a wrong length"),
    "SAR_KEYUSAGEERR": Meaning(TokenError, "the key is not for this use"),
    "SAR_MODULUSLENERR": Meaning(errors.TokenUnsupportedError, "the token does not have keys of this length"),
    "SAR_NOTINITIALIZEERR": Meaning(TokenError, "the operation was not begun"),
    "SAR_OBJERR": Meaning(TokenError, "the object is wrong"),
    "SAR_MEMORYERR": Meaning(TokenError, "the driver ran out of memory"),
    "SAR_TIMEOUTERR": Meaning(errors.TokenTimeoutError, "the time is over"),
    "SAR_INDATALENERR": Meaning(TokenError, "the input has a wrong length"),
    "SAR_INDATAERR": Meaning(TokenError, "the input is wrong", verdict=True),
    "SAR_GENRANDERR": Meaning(TokenError, "the token's random source failed"),
    "SAR_HASHOBJERR": Meaning(TokenError, "the digest is wrong"),
    "SAR_HASHERR": Meaning(TokenError, "the digest failed"),
    "SAR_GENRSAKEYERR": Meaning(TokenError, "the token could not make an RSA key"),
    "SAR_RSAMODULUSLENERR": Meaning(errors.TokenUnsupportedError, "the token does not have RSA keys of this length"),
    "SAR_CSPIMPRTPUBKEYERR": Meaning(TokenError, "the public key could not be imported"),
    "SAR_RSAENCERR": Meaning(TokenError, "the RSA encryption failed", verdict=True),
    "SAR_RSADECERR": Meaning(TokenError, "the RSA decryption failed", verdict=True),
    "SAR_HASHNOTEQUALERR": Meaning(TokenError, "the digests are not equal", verdict=True),
    "SAR_KEYNOTFOUNTERR": Meaning(errors.TokenNotFoundError, "there is no such key"),
    "SAR_CERTNOTFOUNTERR": Meaning(errors.TokenNotFoundError, "there is no such certificate"),
    "SAR_NOTEXPORTERR": Meaning(TokenError, "the object cannot be exported"),
    "SAR_DECRYPTPADERR": Meaning(TokenError, "the padding is wrong", verdict=True),
    "SAR_MACLENERR": Meaning(TokenError, "the MAC has a wrong length"),
    "SAR_BUFFER_TOO_SMALL": Meaning(TokenError, "the buffer is too small"),
    "SAR_KEYINFOTYPEERR": Meaning(TokenError, "the key has a wrong type"),
    "SAR_NOT_EVENTERR": Meaning(TokenError, "there is no event"),
    "SAR_DEVICE_REMOVED": Meaning(errors.TokenRemovedError, "the device is gone"),
    "SAR_PIN_INCORRECT": Meaning(errors.PinIncorrectError, "the PIN is wrong"),
    "SAR_PIN_LOCKED": Meaning(errors.PinLockedError, "the PIN is locked"),
    "SAR_PIN_INVALID": Meaning(errors.PinRejectedError, "the token does not take this PIN"),
    "SAR_PIN_LEN_RANGE": Meaning(errors.PinRejectedError, "the token does not take a PIN of this length"),
    "SAR_USER_ALREADY_LOGGED_IN": Meaning(TokenError, "somebody has logged in already"),
    "SAR_USER_PIN_NOT_INITIALIZED": Meaning(TokenError, "the user's PIN was never set"),
    "SAR_USER_TYPE_INVALID": Meaning(TokenError, "the token does not know this kind of PIN"),
    "SAR_APPLICATION_NAME_INVALID": Meaning(TokenError, "the token does not take this name of an application"),
    "SAR_APPLICATION_EXISTS": Meaning(errors.TokenExistsError, "there is an application of this name"),
    "SAR_USER_NOT_LOGGED_IN": Meaning(errors.LoginRequiredError, "this needs a login"),
    "SAR_APPLICATION_NOT_EXISTS": Meaning(errors.TokenNotFoundError, "there is no application of this name"),
    "SAR_FILE_ALREADY_EXIST": Meaning(errors.TokenExistsError, "there is a file of this name"),
    "SAR_NO_ROOM": Meaning(errors.TokenFullError, "there is no room left"),
    "SAR_FILE_NOT_EXIST": Meaning(errors.TokenNotFoundError, "there is no file of this name"),
    "SAR_REACH_MAX_CONTAINER_COUNT": Meaning(errors.TokenFullError, "there is no room for another container"),
    "SAR_AUTH_BLOCKED": Meaning(TokenError, "the authentication of the device is locked"),
    "SAR_CERTNOUSAGEERR": Meaning(TokenError, "the certificate names no usage"),
    "SAR_INVALIDCONTAINERERR": Meaning(TokenError, "the container is not valid"),
    "SAR_CONTAINER_NOT_EXISTS": Meaning(errors.TokenNotFoundError, "there is no container of this name"),
    "SAR_CONTAINER_EXISTS": Meaning(errors.TokenExistsError, "there is a container of this name"),
    "SAR_CERTUSAGEERR": Meaning(TokenError, "the certificate is not for this use"),
    "SAR_KEYNOUSAGEERR": Meaning(TokenError, "the key has no use"),
    "SAR_FILEATTRIBUTEERR": Meaning(TokenError, "the attributes of the file are wrong"),
    "SAR_DEVNOAUTH": Meaning(errors.LoginRequiredError, "this needs the authentication of the device"),
}


@cache
def _names() -> Mapping[int, str]:
    return {header.constants()[name]: name for name in ("SAR_OK", *_MEANINGS)}


def name_of(code: int, own_names: Mapping[int, str] | None = None) -> str | None:
    """Return the name of a code, or None when it has none.

    :param own_names: the names of codes that this driver uses in its own way, before those of the table.
    """
    return (own_names or {}).get(code) or _names().get(code)


def code_of(name: str) -> int | None:
    """Return the code of a name such as "SAR_FAIL", or None when there is none of this name."""
    return header.constants().get(name) if name in _MEANINGS or name == "SAR_OK" else None


def meaning(code: int, own_names: Mapping[int, str] | None = None) -> Meaning:
    """Return what a code means; parameters as :func:`name_of`."""
    return _MEANINGS.get(name_of(code, own_names) or "", _UNKNOWN)


def is_verdict(code: int, own_names: Mapping[int, str] | None = None) -> bool:
    """Tell whether a code may say that a signature does not hold or a message cannot be decrypted."""
    return meaning(code, own_names).verdict


def error(
    function: str, code: int, own_names: Mapping[int, str] | None = None, *, tries_left: int | None = None
) -> TokenError:
    """Return the error for a code other than SAR_OK.

    :param function: the function that answered.
    :param tries_left: what it said of the PIN's tries.
    """
    found, name = meaning(code, own_names), name_of(code, own_names)
    if found.kind is errors.PinIncorrectError:
        return errors.PinIncorrectError(found.text, tries_left=tries_left, function=function, code=code, code_name=name)
    return found.kind(found.text, function=function, code=code, code_name=name)
