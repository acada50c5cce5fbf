"""One table from each code to one error."""

from __future__ import annotations

import pytest

from gmpki import errors
from gmpki.tokens.skf import header, sar

KINDS = {
    0x03: errors.TokenUnsupportedError,
    0x0B: errors.TokenUnsupportedError,
    0x0F: errors.TokenTimeoutError,
    0x16: errors.TokenUnsupportedError,
    0x1B: errors.TokenNotFoundError,
    0x1C: errors.TokenNotFoundError,
    0x23: errors.TokenRemovedError,
    0x24: errors.PinIncorrectError,
    0x25: errors.PinLockedError,
    0x26: errors.PinRejectedError,
    0x27: errors.PinRejectedError,
    0x2C: errors.TokenExistsError,
    0x2D: errors.LoginRequiredError,
    0x2E: errors.TokenNotFoundError,
    0x2F: errors.TokenExistsError,
    0x30: errors.TokenFullError,
    0x31: errors.TokenNotFoundError,
    0x32: errors.TokenFullError,
    0x36: errors.TokenNotFoundError,
    0x37: errors.TokenExistsError,
    0x3B: errors.LoginRequiredError,
}


@pytest.mark.parametrize("low", range(1, 0x3C))
def test_codes(low: int) -> None:
    error = sar.error("SKF_Function", 0x0A000000 + low)
    assert type(error) is KINDS.get(low, errors.TokenError)
    assert (error.code, error.function) == (0x0A000000 + low, "SKF_Function")
    assert header.constants()[str(error.code_name)] == error.code


@pytest.mark.parametrize("code", [1, 5, 0x0A000000, 0x0A00003C, 0x0B000001, 0xFFFFFFFF])
def test_unknown_codes(code: int) -> None:
    error = sar.error("SKF_Function", code)
    assert type(error) is errors.TokenError
    assert error.code_name is None
    assert f"0x{code:08x}" in str(error)


def test_only_some_codes_are_verdicts() -> None:
    verdicts = {
        name for name in header.constants() if name.startswith("SAR_") and sar.is_verdict(sar.code_of(name) or 0)
    }
    assert verdicts == {
        "SAR_FAIL",
        "SAR_UNKNOWNERR",
        "SAR_INDATAERR",
        "SAR_HASHNOTEQUALERR",
        "SAR_RSAENCERR",
        "SAR_RSADECERR",
        "SAR_DECRYPTPADERR",
    }


def test_own_names_of_a_driver() -> None:
    own = {0x0A000033: "SAR_CONTAINER_EXISTS"}
    assert type(sar.error("SKF_CreateContainer", 0x0A000033, own)) is errors.TokenExistsError
    assert sar.name_of(0x0A000033) == "SAR_AUTH_BLOCKED"


@pytest.mark.parametrize("name", ["", "SAR_NOTHING", "SGD_SM3", "MAX_IV_LEN"])
def test_names_that_are_no_codes(name: str) -> None:
    assert sar.code_of(name) is None
