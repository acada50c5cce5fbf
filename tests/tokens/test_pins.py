"""Where PINs come from; nobody is asked twice, and what would cost a try for nothing is refused before."""

from __future__ import annotations

import os
import pty
import sys
from pathlib import Path

import pytest

from gmpki.errors import InvalidInputError, InvalidTypeError, PinRejectedError
from gmpki.tokens import pins
from gmpki.tokens.interfaces import PinRequest, PinRole
from gmpki.tokens.pins import (
    MAX_PIN_LEN,
    given_pin,
    pin_from_descriptor,
    pin_from_environment,
    pin_from_file,
    pin_from_prompt,
    pin_from_source,
)

REQUEST = PinRequest(PinRole.USER, "UKEY-1", "GMPKI-TEST", 5)


def pipe_with(data: bytes) -> int:
    reading, writing = os.pipe()
    os.write(writing, data)
    os.close(writing)
    return reading


def test_from_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GMPKI_TEST_PIN", "12345678")
    source = pin_from_environment("GMPKI_TEST_PIN")
    assert source(REQUEST) == b"12345678"
    monkeypatch.delenv("GMPKI_TEST_PIN")
    with pytest.raises(InvalidInputError, match="GMPKI_TEST_PIN"):
        source(REQUEST)


def test_from_descriptor_line_by_line() -> None:
    descriptor = pipe_with(b"12345678\r\n87654321\nlast")
    source = pin_from_descriptor(descriptor)
    assert [bytes(source(REQUEST)) for _ in range(3)] == [b"12345678", b"87654321", b"last"]  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="no PIN"):
        source(REQUEST)
    os.close(descriptor)
    with pytest.raises(InvalidInputError, match="cannot be read"):
        source(REQUEST)


def test_a_line_without_end_is_not_read_for_ever() -> None:
    descriptor = pipe_with(b"1" * 4096)
    with pytest.raises(InvalidInputError, match="255"):
        pin_from_descriptor(descriptor)(REQUEST)
    os.close(descriptor)


def test_from_file(tmp_path: Path) -> None:
    path = tmp_path / "pin"
    path.write_bytes(b"12345678\nsecond line\n")
    assert pin_from_file(path)(REQUEST) == b"12345678"
    with pytest.raises(InvalidInputError, match="cannot be read"):
        pin_from_file(tmp_path / "none")(REQUEST)
    with pytest.raises(InvalidInputError, match="cannot be read"):
        pin_from_file(tmp_path)(REQUEST)


@pytest.mark.parametrize("form", ["file:{}", "file://{}", "file://localhost{}", "{}"])
def test_source_of_a_file(form: str, tmp_path: Path) -> None:
    path = tmp_path / "pin"
    path.write_bytes(b"12345678")
    assert pin_from_source(form.format(path))(REQUEST) == b"12345678"


def test_other_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GMPKI_TEST_PIN", "12345678")
    assert pin_from_source("env:GMPKI_TEST_PIN")(REQUEST) == b"12345678"
    descriptor = pipe_with(b"87654321\n")
    assert pin_from_source(f"fd:{descriptor}")(REQUEST) == b"87654321"
    os.close(descriptor)
    assert callable(pin_from_source("prompt:"))


@pytest.mark.parametrize("text", ["", "|cat pin", "fd:", "fd:-1", "fd:x", "fd:99999999999", "env:", "env:A=B", "\0"])
def test_sources_that_are_none(text: str) -> None:
    with pytest.raises(InvalidInputError):
        pin_from_source(text)


@pytest.mark.parametrize("make", [pin_from_environment, pin_from_descriptor, pin_from_file, pin_from_source])
def test_wrong_types(make: object) -> None:
    for value in (None, 1.5, object()):
        with pytest.raises(InvalidTypeError):
            make(value)  # type: ignore[operator]


PROMPTED = """
import sys
from gmpki.tokens import pins
from gmpki.tokens.interfaces import PinRequest, PinRole
from gmpki.tokens.pins import pin_from_prompt
print("answer", pin_from_prompt()(PinRequest(PinRole.ADMIN, "UKEY-1", "A", 3))[::-1])
"""


def test_prompt_shows_what_is_asked_and_not_what_is_typed() -> None:
    process, terminal = pty.fork()
    if process == 0:
        os.execv(sys.executable, [sys.executable, "-B", "-c", PROMPTED])
    shown = b""
    while b": " not in shown:
        shown += os.read(terminal, 1024)
    os.write(terminal, b"12345678\n")
    while b"answer 87654321" not in shown:
        shown += os.read(terminal, 1024)
    os.waitpid(process, 0)
    os.close(terminal)
    assert b"PIN of the administrator of A on UKEY-1, tries left: 3: " in shown
    assert b"12345678" not in shown


def test_a_token_does_not_write_to_the_terminal() -> None:
    """The names in the question are the token's."""
    request = PinRequest(PinRole.USER, "UKEY\x1b]0;x\x07", "应用\r\u202e", 3)
    question = pins._question(request)
    assert question.isprintable()
    assert "应用" in question


def test_prompt_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(InvalidInputError, match="no terminal"):
        pin_from_prompt()(REQUEST)


# ---- how a driver takes them ----------------------------------------------------------------
def test_what_a_driver_gets_is_overwritten() -> None:
    answered = bytearray(b"12345678")
    with given_pin(lambda _: answered, REQUEST) as pin:
        assert pin == b"12345678"
    assert pin == answered == bytes(8)


def test_the_bytearray_of_a_caller_is_left_alone() -> None:
    own = bytearray(b"12345678")
    with given_pin(own, REQUEST) as pin:
        assert pin is not own
    assert own == b"12345678"


def test_a_source_is_asked_once_and_told_what_for() -> None:
    asked = []

    def source(request: PinRequest) -> str:
        asked.append(request)
        return "12345678"

    with given_pin(source, REQUEST) as pin:
        assert pin == b"12345678"
    assert asked == [REQUEST]


def test_the_encoding_is_the_drivers() -> None:
    with given_pin("密码12345678", REQUEST, encoding="gb18030") as pin:
        assert pin == "密码12345678".encode("gb18030")


@pytest.mark.parametrize("pin", ["", b"", "1234\0005", "9" * (MAX_PIN_LEN + 1), "\ud800"], ids=range(5))
def test_pins_that_no_try_is_spent_on(pin: str | bytes) -> None:
    with pytest.raises(PinRejectedError) as caught, given_pin(pin, REQUEST):
        pass
    assert str(pin) not in str(caught.value) or not pin


@pytest.mark.parametrize("pin", [None, 12345678, ["1"], lambda _: None], ids=range(4))
def test_what_is_no_pin(pin: object) -> None:
    with pytest.raises(InvalidTypeError), given_pin(pin, REQUEST):  # type: ignore[arg-type]
        pass
