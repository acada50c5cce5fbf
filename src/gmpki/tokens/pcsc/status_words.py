"""What the status words of cards mean: one table from each to one error.

:standard: ISO/IEC 7816-4 5.1.3 in common use (confidence B). Which of them GM/T 0017 assigns to what was not read; a
    card with others is described by its profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import errors
from gmpki.errors import TokenError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MEANINGS", "OK", "VERIFICATION_FAILED", "error", "tries_left"]

OK: Final = 0x9000
VERIFICATION_FAILED: Final = 0x6300

_WRONG_PIN: Final = 0x63C0
_REJECTED: Final = frozenset({0x6A80, 0x6700})

MEANINGS: Final[Mapping[str, tuple[type[TokenError], str]]] = {
    "failed": (TokenError, "the card failed"),
    "memory": (TokenError, "the card's memory failed"),
    "verification": (TokenError, "the verification failed"),
    "length": (TokenError, "the card refuses the length of the command"),
    "security": (errors.LoginRequiredError, "this needs a login"),
    "blocked": (errors.PinLockedError, "the PIN is locked"),
    "no-pin": (TokenError, "the PIN was never set"),
    "conditions": (TokenError, "the card does not do this now"),
    "protection-missing": (errors.TokenUnsupportedError, "the card wants the command in a protected form"),
    "protection-wrong": (TokenError, "the card cannot read the protected data"),
    "data": (TokenError, "the card refuses the data"),
    "unsupported": (errors.TokenUnsupportedError, "the card does not support this"),
    "not-found": (errors.TokenNotFoundError, "there is nothing of this name"),
    "full": (errors.TokenFullError, "there is no room left"),
    "parameters": (TokenError, "the card refuses P1 or P2"),
    "no-data": (errors.TokenNotFoundError, "there is no such key or certificate"),
    "exists": (errors.TokenExistsError, "there is something of this name already"),
    "range": (TokenError, "this is beyond the end of the file"),
}
"""What a word can mean, by the name that a card profile gives it."""

_WORDS: Final[Mapping[int, str]] = {
    0x6300: "verification",
    0x6581: "memory",
    0x6700: "length",
    0x6982: "security",
    0x6983: "blocked",
    0x6984: "no-pin",
    0x6985: "conditions",
    0x6987: "protection-missing",
    0x6988: "protection-wrong",
    0x6A80: "data",
    0x6A81: "unsupported",
    0x6A82: "not-found",
    0x6A83: "not-found",
    0x6A84: "full",
    0x6A86: "parameters",
    0x6A88: "no-data",
    0x6A89: "exists",
    0x6A8A: "exists",
    0x6B00: "range",
    0x6D00: "unsupported",
    0x6E00: "unsupported",
    0x6F00: "failed",
}


def tries_left(status: int) -> int | None:
    """Return the tries that a status word says are left, or None when it does not speak of that."""
    return status & 0x0F if status & 0xFFF0 == _WRONG_PIN else None


def error(function: str, status: int, *, words: Mapping[int, str] | None = None, takes_pin: bool = False) -> TokenError:
    """Return the error for a status word other than 9000.

    :param function: the command, such as "VerifyPIN".
    :param words: meanings of the card's own, by the names of :data:`MEANINGS`; they come before the common ones.
    :param takes_pin: whether the command brought a PIN, and it is the PIN's form that is refused.
    """
    left = tries_left(status)
    name = f"SW {status:04X}"
    if left is not None:
        text = "the PIN is wrong" if takes_pin else "the card refuses the authentication"
        return errors.PinIncorrectError(text, tries_left=left, function=function, code=status, code_name=name)
    if takes_pin and status in _REJECTED:
        text = "the card does not take a PIN of this length or form"
        return errors.PinRejectedError(text, function=function, code=status, code_name=name)
    meaning = (words or {}).get(status) or _WORDS.get(status)
    kind, text = MEANINGS[meaning] if meaning else (TokenError, "the card answers with a status word of its own")
    return kind(text, function=function, code=status, code_name=name)
