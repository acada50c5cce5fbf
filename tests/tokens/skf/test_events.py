"""Devices pulled out and put in: told to whoever listens, and every listener ends when it is told to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmpki.errors import (
    InvalidInputError,
    InvalidTypeError,
    StateError,
    TokenError,
    TokenRemovedError,
    TokenUnsupportedError,
)
from gmpki.tokens.interfaces import DeviceEvent, EventKind
from gmpki.tokens.skf.container import SKFContainer
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.skf.events import EventListener, EventStream
from gmpki.tokens.soft import pull_out, put_in

REMOVED, INSERTED = DeviceEvent("00a1", EventKind.REMOVED), DeviceEvent("00a1", EventKind.INSERTED)


def wait_for(condition: object, seconds: float = 5.0) -> None:
    """Wait until a function says yes."""
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.01)


# ---- with the software token ----------------------------------------------------------------
def test_pulled_out_and_put_in(skf_driver: SKFDriver, soft_root: Path) -> None:
    with skf_driver.events(timeout_s=10) as events:
        time.sleep(0.2)  # until the driver has looked at what is there
        pull_out("00a1", root=soft_root)
        assert next(events) == REMOVED
        assert skf_driver.devices() == ()
        put_in("00a1", root=soft_root)
        assert next(events) == INSERTED
        assert skf_driver.devices() == ("00a1",)


def test_what_was_opened_is_gone_with_the_device(skf_container: SKFContainer, soft_root: Path) -> None:
    skf_container.generate()
    key = skf_container.signing_key
    pull_out("00a1", root=soft_root)
    with pytest.raises(TokenRemovedError):
        key.sign(b"message")
    device = skf_container.application.device
    device.close()  # nothing can be given back any more, and that is no error
    with pytest.raises(StateError):
        device.random(8)


def test_a_function_is_told(skf_driver: SKFDriver, soft_root: Path) -> None:
    told: list[DeviceEvent] = []
    with skf_driver.listen(told.append) as listener:
        time.sleep(0.2)
        pull_out("00a1", root=soft_root)
        wait_for(lambda: told == [REMOVED])
    assert listener.has_ended
    assert listener.error is None


def test_the_time_is_over(skf_driver: SKFDriver) -> None:
    begin = time.monotonic()
    assert list(skf_driver.events(timeout_s=0.2)) == []
    assert 0.15 < time.monotonic() - begin < 3
    assert list(skf_driver.events(timeout_s=0)) == []


def test_cancelled_by_another_thread(skf_driver: SKFDriver) -> None:
    streams = [skf_driver.events(), skf_driver.events()]
    timer = threading.Timer(0.2, skf_driver.cancel_events)
    timer.start()
    assert [list(stream) for stream in streams] == [[], []]
    timer.join()


def test_one_that_stops_leaves_the_others(skf_driver: SKFDriver, soft_root: Path) -> None:
    told: list[DeviceEvent] = []
    with skf_driver.listen(told.append) as listener:
        assert list(skf_driver.events(timeout_s=0.1)) == []
        assert not listener.has_ended
        time.sleep(0.2)
        pull_out("00a1", root=soft_root)
        wait_for(lambda: told == [REMOVED])


def test_ends_with_the_driver(skf_driver: SKFDriver) -> None:
    listener, events = skf_driver.listen(print), skf_driver.events()
    skf_driver.close()
    assert listener.has_ended
    assert list(events) == []
    with pytest.raises(StateError):
        skf_driver.events()


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf"), 1e12])
def test_times_that_are_none(skf_driver: SKFDriver, timeout: float) -> None:
    with pytest.raises(InvalidInputError):
        skf_driver.events(timeout_s=timeout)


def test_wrong_types(skf_driver: SKFDriver) -> None:
    for wrong in ("1", True, b""):
        with pytest.raises(InvalidTypeError):
            skf_driver.events(timeout_s=wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        skf_driver.listen(None)  # type: ignore[arg-type]


# ---- with drivers that behave otherwise ------------------------------------------------------
class Scripted:
    """A driver that answers what is written down, and then waits until it is woken."""

    missing: tuple[str, ...] = ()

    def __init__(self, *answers: object) -> None:
        self.answers: Iterator[object] = iter(answers)
        self.calls = 0
        self.woken = threading.Event()

    def wait_for_dev_event(self) -> tuple[str, int] | None:
        self.calls += 1
        answer = next(self.answers, None)
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            self.woken.wait(10)
            return None
        return answer  # type: ignore[return-value]

    def cancel_wait_for_dev_event(self) -> None:
        self.woken.set()


class NoEvents(Scripted):
    missing = ("SKF_WaitForDevEvent",)


class NoCancel(Scripted):
    missing = ("SKF_CancelWaitForDevEvent",)

    def cancel_wait_for_dev_event(self) -> None:
        raise AssertionError("the driver does not have it")


def test_a_driver_without_events() -> None:
    with pytest.raises(TokenUnsupportedError):
        EventStream(NoEvents())


def test_a_driver_that_cannot_be_woken_keeps_nobody() -> None:
    driver = NoCancel(("a", 1))
    begin = time.monotonic()
    assert list(EventStream(driver, 0.2)) == [DeviceEvent("a", EventKind.INSERTED)]
    assert time.monotonic() - begin < 2
    driver.woken.set()


def test_events_of_no_known_kind_are_passed_over() -> None:
    assert list(EventStream(Scripted(("a", 3), ("b", 2), ("c", 0)), 0.3)) == [DeviceEvent("b", EventKind.REMOVED)]


def test_a_driver_that_fails_now_and_then_is_asked_again() -> None:
    failure = TokenError("the driver failed")
    assert list(EventStream(Scripted(failure, failure, ("a", 1)), 0.5)) == [DeviceEvent("a", EventKind.INSERTED)]


def test_a_driver_that_only_fails_is_told_of() -> None:
    stream = EventStream(Scripted(*[TokenError("the driver failed")] * 100))
    with pytest.raises(TokenError, match="failed"):
        next(stream)
    assert list(stream) == []


def test_a_driver_that_does_not_support_it_after_all() -> None:
    driver = Scripted(*[TokenUnsupportedError("not supported")] * 5)
    with pytest.raises(TokenUnsupportedError):
        next(EventStream(driver))
    assert driver.calls == 1


def test_an_error_of_the_function_ends_its_listening() -> None:
    def fail(_: DeviceEvent) -> None:
        raise ZeroDivisionError

    listener = EventListener(Scripted(("a", 1), ("b", 1)), fail)
    wait_for(lambda: listener.has_ended)
    assert isinstance(listener.error, ZeroDivisionError)


def test_a_function_may_stop_its_own_listener() -> None:
    told: list[DeviceEvent] = []

    def stop(event: DeviceEvent) -> None:
        told.append(event)
        listeners[0].stop()

    listeners: list[EventListener] = []
    driver = Scripted(None, ("a", 1), ("b", 1))
    listeners.append(EventListener(driver, stop))
    driver.woken.set()
    wait_for(lambda: listeners[0].has_ended)
    assert told == [DeviceEvent("a", EventKind.INSERTED)]
