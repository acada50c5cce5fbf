"""Whom a verifier of seals trusts, and what is known about a seal: values that check themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

import hostile
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.cms.trust import Trust
from gmpki.errors import InvalidInputError, InvalidTypeError
from gmpki.seal import SealState, SealStatus, SealStatusSource, SealTrust, UseEvent
from seal import samples
from seal.samples import DIGEST, NOW

ONLY = Trust.signature_only()


def test_makers_are_those_of_signers_unless_told() -> None:
    assert SealTrust(ONLY).maker_trust is ONLY
    other = samples.maker_trust()
    assert SealTrust(ONLY, other).maker_trust is other


def test_parts() -> None:
    for name in ("makers", "timestamps", "statuses", "accept"):
        for trust in hostile.results(lambda value, name=name: SealTrust(ONLY, **{name: value}), (None,)):
            assert trust.accept == frozenset()
    for _ in hostile.results(SealTrust, (ONLY,)):
        pytest.fail("trusted something else")
    given: Any = ["time-stamp", "seal-status"]
    assert SealTrust(ONLY, accept=given).accept == frozenset(given)
    for names in (["all"], "time-stamp", [b"time-stamp"]):
        with pytest.raises(InvalidInputError):
            SealTrust(ONLY, accept=names)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError, match="one text"):
        SealTrust(ONLY, accept="time-stamp")  # type: ignore[arg-type]


def test_status() -> None:
    status = SealStatus(SealState.STOPPED, NOW.replace(microsecond=5), ReasonCode.CERTIFICATE_HOLD, "lost")
    assert (status.since, status.known) == (NOW, True)
    assert not SealStatus(SealState.UNKNOWN).known
    for place, name in enumerate(("state", "since", "reason", "detail")):
        arguments: list[Any] = [SealState.IN_USE, NOW, ReasonCode.SUPERSEDED, "x"]

        def make(value: Any, place: int = place, arguments: list[Any] = arguments) -> SealStatus:
            return SealStatus(*arguments[:place], value, *arguments[place + 1 :])

        for made in hostile.results(make, (arguments[place],)):
            assert name in {"since", "reason", "detail"}
            assert made.state is SealState.IN_USE
    with pytest.raises(InvalidInputError):
        SealStatus(SealState.STOPPED, datetime(2026, 3, 1))


def test_status_source_is_told_by_its_method() -> None:
    assert not isinstance(object(), SealStatusSource)
    with pytest.raises(InvalidTypeError, match="status"):
        SealTrust(ONLY, statuses=object())  # type: ignore[arg-type]


def test_event() -> None:
    event = UseEvent(NOW.replace(microsecond=9), "seal", bytearray(DIGEST))  # type: ignore[arg-type]
    assert (event.time, event.digest, event.result) == (NOW, DIGEST, "done")
    for made in hostile.results(UseEvent, (NOW, "seal", DIGEST, "x", "id", "CN=张三", "done")):
        assert made.time == NOW
    with pytest.raises(InvalidInputError):
        UseEvent(datetime(2026, 3, 1), "seal", DIGEST)
