"""The token that the checks of a group share: chosen, initialised, left as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance.trials import EVERY_PERMISSION
from gmpki.conformance.model import Kind, Permission
from gmpki.conformance.pkcs11.scene import OWN_LABEL, P11Scene
from gmpki.conformance.recording import Recorder
from gmpki.conformance.target import Options, Target
from gmpki.errors import DriverError, InvalidInputError, LoginRequiredError, PinIncorrectError, TokenNotFoundError
from gmpki.tokens.pkcs11 import PKCS11Driver
from gmpki.tokens.pkcs11.header import C
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN


class Told:
    """What a scene tells of the objects that it makes."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.removed: list[str] = []


@contextmanager
def scene(
    path: str, *, permissions: tuple[Permission, ...] = EVERY_PERMISSION, told: Told | None = None, **target: object
) -> Iterator[P11Scene]:
    """Open a scene."""
    told = told or Told()
    opened = P11Scene(
        Target(Kind.PKCS11, path, **target),  # type: ignore[arg-type]
        permissions,
        Options(),
        Recorder(),
        on_made=told.made.append,
        on_removed=told.removed.append,
    )
    with opened:
        yield opened


@pytest.fixture
def somebodys(right_module: str) -> str:
    """Give the module with a token that somebody uses, beside the one that is free."""
    with PKCS11Driver(right_module) as driver:
        driver.open().create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    return right_module


def test_a_free_token_becomes_the_suites_own(right_module: str) -> None:
    with scene(right_module) as opened:
        assert opened.is_own
        assert opened.module.token_info(opened.slot).label == OWN_LABEL
    with scene(right_module) as again:
        assert again.is_own
        assert sum(token.label == OWN_LABEL for token in again._tokens()) == 1


def test_somebodys_token_is_never_initialised(somebodys: str) -> None:
    with scene(somebodys, device=APPLICATION, user_pin=USER_PIN.encode()) as opened:
        assert not opened.is_own
        assert opened.module.token_info(opened.slot).label == APPLICATION
        session = opened.module.open_session(opened.slot)
        opened.login(session)
        session.close()
    with scene(somebodys, permissions=(Permission.WRITE,)) as opened:
        assert not opened.is_own
        assert opened.module.token_info(opened.slot).label == APPLICATION


def test_a_token_that_is_not_initialised_takes_a_permission(right_module: str) -> None:
    with scene(right_module, permissions=()) as opened, pytest.raises(TokenNotFoundError):
        _ = opened.slot


@pytest.mark.parametrize("name", ["", "nobody's", f"{APPLICATION}@0"])
def test_an_unknown_token(somebodys: str, name: str) -> None:
    with scene(somebodys, device=name) as opened, pytest.raises(TokenNotFoundError, match="name the token"):
        _ = opened.slot


def test_a_wrong_pin_costs_one_try(somebodys: str) -> None:
    for expected in (PinIncorrectError, LoginRequiredError):
        with scene(somebodys, permissions=(), user_pin=b"00000000") as opened:
            session = opened.module.open_session(opened.slot)
            with pytest.raises(expected):
                opened.login(session)
            with pytest.raises(LoginRequiredError, match="a wrong PIN was given before"):
                opened.login(session)
            session.close()


def test_no_pin(somebodys: str) -> None:
    with scene(somebodys, permissions=()) as opened:
        session = opened.module.open_session(opened.slot)
        with pytest.raises(LoginRequiredError, match="--pin-file"):
            opened.login(session)
        session.close()


def test_what_was_made_is_removed(right_module: str) -> None:
    told = Told()
    with scene(right_module, told=told) as opened:
        name = opened.new_name()
        opened.made(name)
        session = opened.module.open_session(opened.slot)
        opened.login(session)
        for label in (name, "somebody's"):
            session.create_object({C.CKA_CLASS: C.CKO_DATA, C.CKA_TOKEN: True, C.CKA_LABEL: label})
        opened.remove_application(name)
        session = opened.module.open_session(opened.slot)
        opened.login(session)
        assert len(session.find({C.CKA_LABEL: name})) == 0
        assert len(session.find({C.CKA_LABEL: "somebody's"})) == 1
        with pytest.raises(InvalidInputError):
            opened.remove_application("somebody's")
    assert told.made == told.removed == [name]


def test_the_end_removes_what_is_left(right_module: str) -> None:
    told = Told()
    with scene(right_module, told=told) as opened:
        _ = opened.slot
        opened.made(opened.new_name())
    assert told.made == told.removed


def test_identity_initialises_nothing(right_module: str) -> None:
    with scene(right_module) as opened:
        device, adapted = opened.identity()
        assert not any(token.is_initialized for token in opened._tokens())
    assert device["is_software"] == "yes"
    assert device["specification_version"] == "3.0"
    assert adapted["name"] == "gmpki"
    assert "sm2-sign" in adapted["mechanisms"]


@pytest.mark.parametrize("name", ["nothing.so", "conftest.py"])
def test_what_is_no_module(name: str, tmp_path: object) -> None:
    with pytest.raises(DriverError):
        P11Scene(Target(Kind.PKCS11, f"{tmp_path}/{name}"), (), Options(), Recorder())


def test_no_pin_shows(right_module: str) -> None:
    recorder = Recorder()
    with P11Scene(Target(Kind.PKCS11, right_module), EVERY_PERMISSION, Options(), recorder) as opened:
        pins = opened.pins
        session = opened.module.open_session(opened.slot)
        opened.login(session)
        session.close()
        shown = repr((opened.pins, recorder.calls))
    assert pins.user.decode() not in shown
    assert pins.admin.decode() not in shown
    assert "C_Login" in shown
