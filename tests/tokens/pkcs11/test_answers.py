"""What the answers of a module mean."""

from __future__ import annotations

import pytest

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
from gmpki.tokens.pkcs11.answers import _MEANINGS, check, refusal
from gmpki.tokens.pkcs11.header import C, numbers

ANSWERS = sorted(name for name in numbers() if name.startswith("CKR_") and name != "CKR_OK")


def test_ok_means_nothing() -> None:
    check("C_Sign", C.CKR_OK)


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_is_an_error_that_names_it(name: str) -> None:
    with pytest.raises(TokenError, match=f"C_GetInfo: {name}") as caught:
        check("C_GetInfo", numbers()[name])
    assert (caught.value.function, caught.value.code, caught.value.code_name) == ("C_GetInfo", numbers()[name], name)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("CKR_PIN_LOCKED", PinLockedError),
        ("CKR_PIN_LEN_RANGE", PinRejectedError),
        ("CKR_PIN_INVALID", PinRejectedError),
        ("CKR_USER_NOT_LOGGED_IN", LoginRequiredError),
        ("CKR_USER_PIN_NOT_INITIALIZED", LoginRequiredError),
        ("CKR_DEVICE_REMOVED", TokenRemovedError),
        ("CKR_TOKEN_NOT_PRESENT", TokenRemovedError),
        ("CKR_SESSION_HANDLE_INVALID", TokenRemovedError),
        ("CKR_FUNCTION_NOT_SUPPORTED", TokenUnsupportedError),
        ("CKR_MECHANISM_INVALID", TokenUnsupportedError),
        ("CKR_DEVICE_MEMORY", TokenFullError),
        ("CKR_KEY_HANDLE_INVALID", TokenNotFoundError),
        ("CKR_GENERAL_ERROR", TokenError),
        ("CKR_ENCRYPTED_DATA_INVALID", TokenError),
    ],
)
def test_kinds(name: str, kind: type[TokenError]) -> None:
    assert type(refusal("C_Login", numbers()[name])) is kind


def test_the_table_speaks_of_answers_that_there_are() -> None:
    assert _MEANINGS.keys() <= numbers().keys()


def test_answers_of_a_vendor_keep_their_number() -> None:
    with pytest.raises(TokenError, match=r"C_Sign: answer 0x80000123") as caught:
        check("C_Sign", 0x80000123)
    assert caught.value.code_name is None


@pytest.mark.parametrize("name", ["CKR_SIGNATURE_INVALID", "CKR_SIGNATURE_LEN_RANGE"])
def test_a_wrong_signature_is_one_only_when_verifying(name: str) -> None:
    with pytest.raises(InvalidSignature):
        check("C_Verify", numbers()[name])
    with pytest.raises(TokenError):
        check("C_Sign", numbers()[name])


@pytest.mark.parametrize("function", ["C_Decrypt", "C_UnwrapKey"])
def test_wrong_ciphertexts_are_told_apart_by_nobody(function: str) -> None:
    messages = set()
    for name in ("CKR_ENCRYPTED_DATA_INVALID", "CKR_ENCRYPTED_DATA_LEN_RANGE", "CKR_WRAPPED_KEY_INVALID"):
        with pytest.raises(DecryptionError) as caught:
            check(function, numbers()[name])
        messages.add(str(caught.value))
    assert messages == {DecryptionError.MESSAGE}


def test_a_wrong_pin_asks_for_the_tries_left() -> None:
    with pytest.raises(PinIncorrectError, match="tries left: 3") as caught:
        check("C_Login", C.CKR_PIN_INCORRECT, lambda: 3)
    assert caught.value.tries_left == 3
    with pytest.raises(PinIncorrectError) as caught:
        check("C_SetPIN", C.CKR_PIN_INCORRECT)
    assert caught.value.tries_left is None
