"""What a module answers, as errors: the one table of the CKR_ values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.errors import (
    DecryptionError,
    InvalidSignature,
    LoginRequiredError,
    PinIncorrectError,
    PinLockedError,
    PinRejectedError,
    TokenError,
    TokenFullError,
    TokenNotFoundError,
    TokenRemovedError,
    TokenUnsupportedError,
)
from gmpki.tokens.pkcs11.header import C, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["check", "refusal"]

# Who gave which answer decides what it means; what is in neither table is a plain TokenError.
_MEANINGS: Final[dict[str, tuple[type[TokenError], str]]] = {
    "CKR_PIN_LOCKED": (PinLockedError, "the PIN is locked"),
    "CKR_PIN_INVALID": (PinRejectedError, "the PIN has characters that the token does not take"),
    "CKR_PIN_LEN_RANGE": (PinRejectedError, "the token does not take a PIN of this length"),
    "CKR_PIN_TOO_WEAK": (PinRejectedError, "the token finds the PIN too weak"),
    "CKR_PIN_EXPIRED": (PinRejectedError, "the PIN has expired: it must be changed first"),
    "CKR_USER_NOT_LOGGED_IN": (LoginRequiredError, "log in first"),
    "CKR_USER_PIN_NOT_INITIALIZED": (LoginRequiredError, "the token has no user PIN yet"),
    "CKR_DEVICE_REMOVED": (TokenRemovedError, "the token is gone"),
    "CKR_TOKEN_NOT_PRESENT": (TokenRemovedError, "there is no token in the slot"),
    "CKR_SLOT_ID_INVALID": (TokenRemovedError, "the slot is gone"),
    "CKR_SESSION_CLOSED": (TokenRemovedError, "the module has ended the session"),
    "CKR_SESSION_HANDLE_INVALID": (TokenRemovedError, "the module has ended the session"),
    "CKR_FUNCTION_NOT_SUPPORTED": (TokenUnsupportedError, "the module does not have this function"),
    "CKR_MECHANISM_INVALID": (TokenUnsupportedError, "the token does not have this mechanism"),
    "CKR_CURVE_NOT_SUPPORTED": (TokenUnsupportedError, "the token does not have this curve"),
    "CKR_KEY_SIZE_RANGE": (TokenUnsupportedError, "the token does not take keys of this size"),
    "CKR_KEY_FUNCTION_NOT_PERMITTED": (TokenUnsupportedError, "the key is not for this"),
    "CKR_DEVICE_MEMORY": (TokenFullError, "the token has no room left"),
    "CKR_TOKEN_RESOURCE_EXCEEDED": (TokenFullError, "the token has no room left"),
    "CKR_SESSION_COUNT": (TokenFullError, "the token opens no more sessions"),
    "CKR_OBJECT_HANDLE_INVALID": (TokenNotFoundError, "the object is gone"),
    "CKR_KEY_HANDLE_INVALID": (TokenNotFoundError, "the key is gone"),
}
_VERIFICATIONS: Final = ("C_Verify",)
_WRONG_SIGNATURES: Final = ("CKR_SIGNATURE_INVALID", "CKR_SIGNATURE_LEN_RANGE")
_DECRYPTIONS: Final = ("C_Decrypt", "C_UnwrapKey")
_WRONG_CIPHERTEXTS: Final = (
    "CKR_ENCRYPTED_DATA_INVALID",
    "CKR_ENCRYPTED_DATA_LEN_RANGE",
    "CKR_WRAPPED_KEY_INVALID",
    "CKR_WRAPPED_KEY_LEN_RANGE",
)


def check(function: str, answer: int, tries_left: Callable[[], int | None] | None = None) -> None:
    """Raise what an answer means; CKR_OK means nothing.

    :param function: which gave it, such as "C_Login".
    :param tries_left: asked after a wrong PIN.
    :raises InvalidSignature: when it says that a signature does not hold.
    :raises DecryptionError: when it says that what should be decrypted cannot be.
    :raises TokenError: of the subclass that fits the answer, for any other.
    """
    if answer == C.CKR_OK:
        return
    name = name_of("CKR_", answer)
    if function in _VERIFICATIONS and name in _WRONG_SIGNATURES:
        raise InvalidSignature("the token finds that the signature does not hold")
    if function in _DECRYPTIONS and name in _WRONG_CIPHERTEXTS:
        raise DecryptionError
    if name == "CKR_PIN_INCORRECT":
        raise PinIncorrectError(
            "the PIN is wrong",
            tries_left=None if tries_left is None else tries_left(),
            function=function,
            code=answer,
            code_name=name,
        )
    raise refusal(function, answer)


def refusal(function: str, answer: int) -> TokenError:
    """Return the error for an answer that says nothing about a PIN, a signature or a ciphertext."""
    name = name_of("CKR_", answer)
    kind, meaning = _MEANINGS.get(name or "", (TokenError, "the module refused or failed"))
    return kind(meaning, function=function, code=answer, code_name=name)
