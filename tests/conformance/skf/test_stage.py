"""The checks of stages and applications: what passes, how each fault is named, and what is left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_named, expect_passed, trial
from gmpki.conformance.model import Outcome
from gmpki.tokens.interfaces import Rights
from gmpki.tokens.skf import device_auth, load

pytestmark = pytest.mark.once

NAMED = (
    ("application-unknown-opened", "STAGE-001", "an application is opened where there is none"),
    ("device-key-change-refused", "STAGE-002", "SAR_NOTINITIALIZEERR"),
    ("application-refused-in-factory-stage", "STAGE-003", "in the factory stage SKF_CreateApplication answered"),
    ("application-listed-twice", "STAGE-010", "not listed, or more than once"),
    ("application-created-over-another", "STAGE-011", "by a name that is taken"),
    ("application-unknown-opened", "STAGE-012", "by a name that none has"),
    ("application-deletion-ignored", "STAGE-020", "the deleted application is still listed"),
    ("application-unknown-opened", "STAGE-020", "the deleted application can be opened"),
    ("application-unknown-deleted", "STAGE-021", "the deletion of nothing"),
    ("application-deletion-ignored", "STAGE-022", "SAR_APPLICATION_EXISTS"),
)
FACTORY = ("SKF-STAGE-001", "SKF-STAGE-002", "SKF-STAGE-003")


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "STAGE"), 13)
    with load(right_driver) as skf:
        device = skf.connect_dev("00a1")
        assert skf.enum_application(device) == ()
        skf.disconnect_dev(device)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words, Outcome.FAILED)


def test_device_with_an_application(right_driver: str) -> None:
    """Past the factory stage its checks do not run, and somebody's application is left alone."""
    with load(right_driver) as skf:
        device = skf.connect_dev("00a1")
        device_auth.authenticate(skf, device)
        skf.create_application(
            device,
            "SOMEBODY",
            admin_pin=b"87654321",
            admin_tries=6,
            user_pin=b"12345678",
            user_tries=6,
            create_file_rights=Rights.USER,
        )
        results = trial(right_driver, "STAGE")
        assert skf.enum_application(device) == ("SOMEBODY",)
        skf.disconnect_dev(device)
    not_run = {check for check, result in results.items() if result.outcome is Outcome.NOT_RUN}
    assert not_run == set(FACTORY)
    assert {result.outcome for check, result in results.items() if check not in FACTORY} == {Outcome.PASSED}


@pytest.mark.parametrize("function", ["SKF_OpenApplication", "SKF_CreateApplication", "SKF_DeleteApplication"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    results = trial(lacking(function), "STAGE")
    about = {check: result for check, result in results.items() if function in result.functions}
    assert about
    assert all(result.outcome is not Outcome.FAILED for result in about.values())
