"""Each status word has its error."""

from __future__ import annotations

import pytest

from gmpki import errors
from gmpki.tokens.pcsc import status_words

KINDS = {
    0x6982: errors.LoginRequiredError,
    0x6983: errors.PinLockedError,
    0x6987: errors.TokenUnsupportedError,
    0x6A81: errors.TokenUnsupportedError,
    0x6A82: errors.TokenNotFoundError,
    0x6A84: errors.TokenFullError,
    0x6A88: errors.TokenNotFoundError,
    0x6A89: errors.TokenExistsError,
    0x6A8A: errors.TokenExistsError,
    0x6D00: errors.TokenUnsupportedError,
    0x6E00: errors.TokenUnsupportedError,
    0x6700: errors.TokenError,
    0x6F00: errors.TokenError,
    0x9412: errors.TokenError,
}


@pytest.mark.parametrize(("word", "kind"), KINDS.items(), ids=[f"{word:04x}" for word in KINDS])
def test_words_have_errors(word: int, kind: type[errors.TokenError]) -> None:
    error = status_words.error("SomeCommand", word)
    assert type(error) is kind
    assert (error.function, error.code, error.code_name) == ("SomeCommand", word, f"SW {word:04X}")


def test_every_word_is_an_error() -> None:
    for word in range(0x6000, 0x10000):
        assert isinstance(status_words.error("SomeCommand", word), errors.TokenError)


@pytest.mark.parametrize("left", [0, 1, 15])
def test_a_wrong_pin_tells_its_tries(left: int) -> None:
    error = status_words.error("VerifyPIN", 0x63C0 | left, takes_pin=True)
    assert isinstance(error, errors.PinIncorrectError)
    assert error.tries_left == left


@pytest.mark.parametrize("word", [0x6A80, 0x6700])
def test_the_form_of_a_pin_is_refused(word: int) -> None:
    assert type(status_words.error("ChangePIN", word, takes_pin=True)) is errors.PinRejectedError
    assert type(status_words.error("ImportCertificate", word)) is errors.TokenError


def test_a_cards_own_words_come_first() -> None:
    assert type(status_words.error("X", 0x6A80, words={0x6A80: "exists"})) is errors.TokenExistsError
    assert type(status_words.error("X", 0x9412, words={0x9412: "full"})) is errors.TokenFullError
