"""The checks of PINs, of what they may be and of how they are changed: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import EVERY_PERMISSION, FAULTS, expect_named, trial
from gmpki.conformance.bench import run_check
from gmpki.conformance.model import Kind, Outcome, Result
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import check_named, checks
from gmpki.conformance.skf.scene import SKFScene
from gmpki.conformance.target import Options, Target
from gmpki.tokens.interfaces import PinRole, Rights
from gmpki.tokens.skf import device_auth, load

pytestmark = pytest.mark.once

NAMED = (
    ("pin-of-admin-refused", "PIN-001", "SAR_PIN_INVALID"),
    ("pin-wrong-answered-as-failure", "PIN-002", "a wrong PIN is answered with SAR_FAIL"),
    ("pin-wrong-logs-in", "PIN-003", "after a wrong PIN the user can create containers"),
    ("pin-type-unchecked", "PIN-004", "SKF_VerifyPIN takes the PIN type 2"),
    ("pin-empty-accepted", "PIN-005", "an empty PIN logs in the user"),
    ("pin-compared-by-eight-bytes", "PIN-006", "only its beginning is compared"),
    ("pin-maximum-is-fixed", "PIN-010", "the administrator was given 5 tries; of 15"),
    ("pin-wrong-not-counted", "PIN-011", "a wrong PIN of the user is not counted"),
    ("pin-wrong-counted-twice", "PIN-011", "from 4 to 2"),
    ("pin-count-returned-is-maximum", "PIN-012", "SKF_VerifyPIN says 5 tries are left, SKF_GetPINInfo 4"),
    ("pin-tries-not-given-back", "PIN-013", "3 of 4 tries are left"),
    ("pin-wrong-counts-for-both", "PIN-014", "changes the tries of the administrator from 5 to 4"),
    ("pin-wrong-counts-in-all-applications", "PIN-015", "leaves 5 of 6 tries in another"),
    ("pin-tries-back-after-reconnect", "PIN-016", "3 tries were left, and 4 after connecting anew"),
    ("pin-counted-by-driver", "PIN-017", "the driver counts, not the token"),
    ("pin-never-locks", "PIN-020", "of 4 allowed, 1 tries are left"),
    ("pin-count-left-unwritten-at-lock", "PIN-020", "answered with SAR_PIN_LOCKED and 1 tries left"),
    ("pin-lock-answered-as-wrong", "PIN-021", "a locked PIN is answered with SAR_PIN_INCORRECT"),
    ("pin-right-one-unlocks", "PIN-021", "the locked PIN of the user logs in"),
    ("pin-lock-gone-after-reconnect", "PIN-022", "logs in again after connecting anew"),
    ("login-not-cleared", "PIN-030", "after SKF_ClearSecureState"),
    ("pin-six-bytes-refused", "PINL-001", "PINs of 6 bytes are answered with SAR_PIN_LEN_RANGE"),
    ("application-takes-short-user-pin", "PINL-002", "a user's PIN of 5 bytes is taken"),
    ("application-takes-short-admin-pin", "PINL-003", "an administrator's PIN of 5 bytes is taken"),
    ("pin-cut-to-sixteen-bytes", "PINL-004", "a PIN of 64 bytes was taken"),
    ("pin-six-bytes-refused", "PINL-010", "to 6 bytes is answered with SAR_PIN_LEN_RANGE"),
    ("pin-change-takes-short", "PINL-011", "the PIN of the user is changed to 5 bytes"),
    ("unblock-takes-short", "PINL-012", "a user's PIN of 5 bytes is set"),
    ("pin-compared-by-eight-bytes", "PINL-020", "it was cut off"),
    ("pin-cut-to-sixteen-bytes", "PINL-020", "a PIN of 32 bytes was taken"),
    ("pin-maximum-is-fixed", "PINL-031", "the user has 15 tries"),
    ("pin-change-ignored", "PINC-001", "the new PIN of the user is answered with SAR_PIN_INCORRECT"),
    ("pin-change-ignored", "PINC-002", "the old PIN of the user still logs in"),
    ("pin-change-old-unchecked", "PINC-003", "is changed with a wrong old one"),
    ("pin-change-not-counted", "PINC-004", "from 4 to 4"),
    ("pin-change-returns-no-count", "PINC-004", "SKF_ChangePIN says 0 tries are left"),
    ("pin-change-unlocks", "PINC-005", "the locked PIN of the user is changed"),
    ("pin-default-flag-stuck", "PINC-006", "the changed PIN of the user counts as default"),
    ("unblock-leaves-one-try", "PINC-020", "1 of 4 tries are left"),
    ("unblock-keeps-old-pin", "PINC-021", "the PIN from before SKF_UnblockPIN still logs in"),
    ("unblock-leaves-one-try", "PINC-021", "the PIN that SKF_UnblockPIN set is answered with SAR_PIN_LOCKED"),
    ("unblock-takes-any-admin-pin", "PINC-022", "with a wrong PIN of the administrator"),
    ("unblock-not-counted", "PINC-023", "had 5 tries and has 5 after a wrong PIN"),
    ("unblock-returns-count-of-user", "PINC-023", "SKF_UnblockPIN returns 0; the administrator has 4 tries left"),
    ("unblock-ignores-lock-of-admin", "PINC-024", "the administrator's PIN, which is locked"),
)
GROUPS = {"pins": "SKF-PIN", "pin_locks": "SKF-PIN", "pin_limits": "SKF-PINL", "pin_changes": "SKF-PINC"}


@pytest.mark.parametrize(("group", "count"), [("pins", 14), ("pin_locks", 7), ("pin_limits", 10), ("pin_changes", 13)])
def test_right_token(group: str, count: int, right_driver: str) -> None:
    results = trial(right_driver, group)
    assert len(results) == count
    assert {check: result.message for check, result in results.items() if result.outcome is not Outcome.PASSED} == {}
    assert all(result.functions for result in results.values())


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize("fault", ["pin-wrong-not-counted", "pin-tries-not-given-back", "unblock-not-counted"])
def test_only_the_rule_that_is_broken(fault: str, faulty_skf: Callable[[str], str]) -> None:
    """A mistake is reported where its rule is, not by every check that needs a PIN."""
    listed = {check for entry in FAULTS if entry.name == fault for check in entry.caught_by}
    results = trial(faulty_skf(fault), *GROUPS)
    assert {check for check, result in results.items() if result.outcome is Outcome.FAILED} == listed


@pytest.mark.parametrize("function", ["SKF_VerifyPIN", "SKF_ChangePIN", "SKF_UnblockPIN", "SKF_GetPINInfo"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    results = trial(lacking(function), *GROUPS)
    about = {check: result for check, result in results.items() if function in result.functions}
    assert about
    assert all(result.outcome is Outcome.UNSUPPORTED for result in about.values())


# ---- an application of somebody else -------------------------------------------------------


@pytest.fixture
def application(right_driver: str) -> Target:
    """Give a target that names an application with 12 tries, and its user's PIN."""
    with load(right_driver) as skf:
        device = skf.connect_dev("00a1")
        device_auth.authenticate(skf, device)
        skf.create_application(
            device,
            "SOMEBODY",
            admin_pin=b"87654321",
            admin_tries=12,
            user_pin=b"12345678",
            user_tries=12,
            create_file_rights=Rights.USER,
        )
        skf.disconnect_dev(device)
    return Target(Kind.SKF, right_driver, application="SOMEBODY", user_pin=b"12345678")


def run_one(target: Target, check: str, *, everything: bool = False) -> Result:
    recorder = Recorder()
    with SKFScene(target, EVERY_PERMISSION if everything else (), Options(), recorder) as scene:
        return run_check(check_named(check), scene.bench, recorder)


def test_user_pin_alone(application: Target) -> None:
    result = run_one(application, "SKF-PIN-001")
    assert result.outcome is Outcome.PASSED
    assert "SKF_VerifyPIN" in result.functions


@pytest.mark.parametrize("everything", [False, True])
def test_more_than_ten_tries(application: Target, everything: bool) -> None:
    """The application that was named is judged, also where the suite may make one of its own."""
    result = run_one(application, "SKF-PINL-031", everything=everything)
    assert result.outcome is Outcome.FAILED
    assert result.message is not None
    assert "12 tries" in result.message.en


def test_no_pin_is_tried_where_none_is_known(application: Target) -> None:
    target = Target(Kind.SKF, application.path, application="SOMEBODY")
    assert run_one(target, "SKF-PIN-001").outcome is Outcome.NOT_RUN
    with load(application.path) as skf:
        device = skf.connect_dev("00a1")
        opened = skf.open_application(device, "SOMEBODY")
        assert {skf.get_pin_info(opened, role).tries_left for role in PinRole} == {12}
        skf.close_application(opened)
        skf.disconnect_dev(device)


def test_wrong_pins_are_for_own_applications() -> None:
    """Whatever may lock a PIN has both permissions: it works in applications that it creates."""
    for check in checks(Kind.SKF):
        if check.group in GROUPS:
            permissions = {permission.value for permission in check.permissions}
            assert "lock" not in permissions or "init" in permissions, check.id
