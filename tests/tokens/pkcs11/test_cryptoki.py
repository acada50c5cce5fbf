"""Modules loaded and called: what is no module, and modules that break their interface."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import hostile
from gmpki import _native
from gmpki.errors import (
    DriverError,
    InvalidInputError,
    PinIncorrectError,
    StateError,
    TokenError,
    TokenRemovedError,
    TokenUnsupportedError,
)
from gmpki.tokens.pkcs11 import load
from gmpki.tokens.pkcs11.attributes import Mechanism
from gmpki.tokens.pkcs11.cryptoki import Module
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.pkcs11.session import Session


@pytest.fixture
def counters(odd_module: str) -> ctypes.CDLL:
    """Give the odd module's own counters, at zero."""
    library = ctypes.CDLL(odd_module)
    library.odd_reset()
    return library


@pytest.fixture
def module(odd_module: str, counters: ctypes.CDLL) -> Iterator[Module]:
    """Give the odd module, loaded."""
    assert counters.odd_finalized() == 0
    loaded = load(odd_module)
    yield loaded
    loaded.close()


@pytest.fixture
def session(module: Module) -> Session:
    """Give a session of the odd module."""
    return module.open_session(7)


# ---- loading --------------------------------------------------------------------------------
def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.so"
    text = tmp_path / "text.so"
    text.write_text("text")
    for path in (str(nothing), str(text), str(tmp_path), "/"):
        with pytest.raises(DriverError, match="cannot be loaded") as found:
            load(path)
        # The path once, and nothing of ways to find a library that were not asked for.
        assert str(found.value).count(f"'{path}'") == 1
        assert "Additionally" not in str(found.value)


def test_a_library_of_another_kind_is_refused() -> None:
    with pytest.raises(DriverError, match="no C_GetFunctionList"):
        load(_native.__file__)


@pytest.mark.parametrize(
    ("way", "kind", "problem"),
    [
        ("has-no-list", DriverError, "gives no list"),
        ("refuses-its-list", TokenError, "C_GetFunctionList: CKR_FUNCTION_FAILED"),
        ("refuses-to-start", TokenError, "C_Initialize: CKR_GENERAL_ERROR"),
    ],
)
def test_modules_that_do_not_start(
    odd_module: str, monkeypatch: pytest.MonkeyPatch, way: str, kind: type[Exception], problem: str
) -> None:
    monkeypatch.setenv("ODD_MODULE", way)
    with pytest.raises(kind, match=problem):
        load(odd_module)
    monkeypatch.delenv("ODD_MODULE")
    load(odd_module).close()  # nothing of the failure is left


def test_a_module_for_one_thread_is_started_without_locks(
    odd_module: str, monkeypatch: pytest.MonkeyPatch, counters: ctypes.CDLL
) -> None:
    monkeypatch.setenv("ODD_MODULE", "one-thread")
    load(odd_module).close()
    assert counters.odd_finalized() == 1


def test_a_module_that_somebody_else_started_is_left_running(
    odd_module: str, monkeypatch: pytest.MonkeyPatch, counters: ctypes.CDLL
) -> None:
    monkeypatch.setenv("ODD_MODULE", "started-before")
    module = load(odd_module)
    assert module.slots() == (7,)
    module.close()
    assert counters.odd_finalized() == 0


def test_a_file_is_loaded_once_and_finalised_by_the_last(odd_module: str, counters: ctypes.CDLL) -> None:
    first, second = load(odd_module), load(odd_module)
    assert first is second
    first.close()
    assert second.slots() == (7,)
    assert counters.odd_finalized() == 0
    second.close()
    second.close()
    assert counters.odd_finalized() == 1
    with pytest.raises(StateError, match="closed"):
        second.slots()


def test_a_child_does_not_use_its_parents_module(module: Module) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            module.slots()
            os.write(writer, b"used")
        except StateError as error:
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert b"another process" in os.read(reader, 200)
    os.close(reader)
    os.close(writer)
    assert module.slots() == (7,)


# ---- modules that break their interface -----------------------------------------------------
def test_text_that_is_not_utf_8_is_shown(module: Module) -> None:
    assert "\N{REPLACEMENT CHARACTER}" in module.info.manufacturer
    token = module.token_info(7)
    assert (token.label, token.total_len, token.free_len) == ("ODD", None, 4096)


def test_an_empty_slot(module: Module) -> None:
    with pytest.raises(TokenRemovedError, match="no token in the slot"):
        module.token_info(8)


@pytest.mark.parametrize("function", ["slot_info", "mechanism_info"])
def test_functions_that_the_module_does_not_have(module: Module, function: str) -> None:
    arguments = (7,) if function == "slot_info" else (7, 1)
    with pytest.raises(TokenUnsupportedError, match="does not have this function"):
        getattr(module, function)(*arguments)


def test_an_answer_of_its_own(module: Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODD_MODULE", "own-answer")
    with pytest.raises(TokenError, match="0x80000123"):
        _ = module.info


@pytest.mark.parametrize(
    ("way", "problem"),
    [
        ("many-slots", "claims 1099511627776 entries"),
        ("more-slots-than-room", "claims to have written 1000"),
        ("slots-always-grow", "CKR_BUFFER_TOO_SMALL"),
    ],
)
def test_lists_of_slots_that_lie(module: Module, monkeypatch: pytest.MonkeyPatch, way: str, problem: str) -> None:
    monkeypatch.setenv("ODD_MODULE", way)
    with pytest.raises(TokenError, match=problem):
        module.slots()


@pytest.mark.parametrize("way", ["objects-without-end", "more-objects-than-room"])
def test_searches_that_lie(session: Session, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    assert session.find({}) == ()
    monkeypatch.setenv("ODD_MODULE", way)
    with pytest.raises(DriverError, match="more objects than it may"):
        session.find({})


def test_secret_attributes_are_left_out(session: Session) -> None:
    assert session.attributes(1, 2, 3, 4, 5) == {2: b"v", 4: b"v"}


def test_attributes_that_lie(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ODD_MODULE", "long-attribute")
    with pytest.raises(DriverError, match="an attribute of 1099511627776 bytes"):
        session.attributes(1, 2)
    monkeypatch.setenv("ODD_MODULE", "attribute-grows")
    assert session.attributes(1, 2) == {2: b"\x00"}  # no more than there was room for


def test_outputs_longer_than_offered_are_asked_for_again(session: Session) -> None:
    assert session.sign(Mechanism(1), 1, b"data") == b"s" * 5000


@pytest.mark.parametrize(
    ("way", "problem"),
    [("output-longer-than-room", "claims to have written"), ("never-enough-room", "CKR_BUFFER_TOO_SMALL")],
)
def test_outputs_that_lie(session: Session, monkeypatch: pytest.MonkeyPatch, way: str, problem: str) -> None:
    monkeypatch.setenv("ODD_MODULE", way)
    with pytest.raises(TokenError, match=problem):
        session.sign(Mechanism(1), 1, b"data")


# ---- PINs -----------------------------------------------------------------------------------
@pytest.mark.parametrize(("way", "left"), [("none", None), ("last-try", 1), ("locks", 0)])
def test_the_tries_left_are_those_of_the_flags(
    session: Session, monkeypatch: pytest.MonkeyPatch, counters: ctypes.CDLL, way: str, left: int | None
) -> None:
    monkeypatch.setenv("ODD_MODULE", way)
    with pytest.raises(PinIncorrectError) as caught:
        session.login(C.CKU_USER, b"wrong")
    assert caught.value.tries_left == left
    assert counters.odd_logins() == 1


def test_a_pin_is_looked_at_though_somebody_has_logged_in(session: Session, counters: ctypes.CDLL) -> None:
    session.login(C.CKU_USER, b"right")
    with pytest.raises(PinIncorrectError):
        session.login(C.CKU_USER, b"wrong")
    assert counters.odd_logins() == 2
    session.logout()
    session.logout()


def test_a_closed_session(session: Session) -> None:
    session.close()
    session.close()
    for call in (session.logout, lambda: session.find({}), lambda: session.sign(Mechanism(1), 1, b"")):
        with pytest.raises(StateError, match="the session is closed"):
            call()


# ---- values that nobody wants ---------------------------------------------------------------
@pytest.mark.parametrize("label", ["", "l" * 33, "签" * 11])
def test_labels_that_do_not_fit(module: Module, label: str) -> None:
    with pytest.raises(InvalidInputError, match="1 to 32 bytes"):
        module.init_token(7, b"87654321", label)


def test_hostile_values_are_refused(module: Module) -> None:
    assert list(hostile.results(module.token_info, (7,))) == []
    assert list(hostile.results(load, ("/nothing",))) == []
