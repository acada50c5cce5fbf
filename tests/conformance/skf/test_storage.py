"""The checks of rights, containers, files, persistence and exhaustion: what passes, and what each fault makes fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import FAULTS, trial
from gmpki.conformance.bench import run_check
from gmpki.conformance.model import Kind, Outcome, Permission, Severity
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import selected
from gmpki.conformance.skf.scene import SKFScene
from gmpki.conformance.target import Options, Target
from gmpki.tokens.interfaces import PinRole, Rights
from gmpki.tokens.skf import device_auth, load
from gmpki.tokens.soft import library_path

pytestmark = pytest.mark.once

GROUPS = ("rights", "containers", "files", "file_contents", "file_rights", "persistence", "exhaustion")
CHECKS = {check.id: check for check in selected(Kind.SKF, GROUPS)}
OWN_FAULTS = {fault.name: fault for fault in FAULTS if any(check in CHECKS for check in fault.caught_by)}

# What a message has to say, so that whoever reads it knows the mistake.
NAMED = {
    "file-write-offset-ignored": ("SKF-DATA-002", "the offset is ignored"),
    "file-read-past-end": ("SKF-DATA-008", "32 bytes are read where the file has 8 more"),
    "file-read-in-sectors": ("SKF-DATA-007", "behind the buffer"),
    "file-write-of-one-command": ("SKF-DATA-001", "byte 200 is 0x00, not 0xC8"),
    "file-size-in-sectors": ("SKF-FILE-001", "the size is 320, not 300 bytes"),
    "file-deletion-forgotten": ("SKF-PERS-006", "listed again after reconnecting"),
    "file-read-right-ignored": ("SKF-FPERM-003", "reading is done for nobody, who has no right"),
    "file-deletion-needs-user": ("SKF-FPERM-035", "deleting a file is refused to nobody, who has the right"),
    "container-types-swapped": ("SKF-CON-002", "is 1 (RSA), not 2"),
    "container-opened-is-the-first": ("SKF-CON-003", "the public key of another container"),
    "container-deletion-forgotten": ("SKF-CON-021", "of the deleted container is there again"),
    "container-creation-needs-no-login": ("SKF-PERM-001", "though nobody has logged in"),
    "login-of-admin-is-user": ("SKF-PERM-004", "though only the administrator has logged in"),
    "login-in-all-applications": ("SKF-PERM-020", "after a login in another application"),
    "certificate-in-memory-only": ("SKF-PERS-007", "a second process sees another certificate, or none"),
    "container-keys-in-memory-only": ("SKF-PERS-001", "the signing key is gone after reconnecting"),
    "full-token-drops-a-session-key": ("SKF-FULL-003", "they were overwritten"),
    "label-of-connection": ("SKF-PERS-005", "after reconnecting the label is"),
}


@pytest.fixture
def right_driver(soft_token: str) -> str:
    """Give the path of the software token's driver, with a device."""
    return library_path("skf")


@pytest.mark.parametrize("group", GROUPS)
def test_right_token(group: str, right_driver: str) -> None:
    results = trial(right_driver, group)
    assert {check: result.message for check, result in results.items() if result.outcome is not Outcome.PASSED} == {}
    assert all(result.functions for result in results.values())


@pytest.mark.parametrize("check", [name for name, check in CHECKS.items() if check.severity is Severity.REQUIRED])
def test_required_checks_have_a_fault(check: str) -> None:
    assert any(check in fault.caught_by for fault in FAULTS)


@pytest.mark.parametrize("name", OWN_FAULTS)
def test_faults(name: str, faulty_skf: Callable[[str], str]) -> None:
    expected = [check for check in OWN_FAULTS[name].caught_by if check in CHECKS]
    results = trial(faulty_skf(name), *expected)
    for check in expected:
        message = results[check].message
        assert results[check].outcome in (Outcome.FAILED, Outcome.DEVIATION), (check, message)
        assert message is not None
        assert message.en
        assert message.zh
    if name in NAMED:
        check, words = NAMED[name]
        assert words in results[check].message.en  # type: ignore[union-attr]


def test_faulty_driver_without_its_fault(faulty_skf: Callable[[str], str]) -> None:
    results = trial(faulty_skf(""), *GROUPS)
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


def test_nothing_is_left_behind(right_driver: str) -> None:
    trial(right_driver, "CON-021", "FILE-009", "FPERM-022", "PERS-006", "FULL-001")
    with load(right_driver) as skf:
        device = skf.connect_dev(skf.enum_dev()[0])
        assert skf.enum_application(device) == ()
        assert skf.get_dev_info(device).label == "SOFTWARE TOKEN"
        skf.disconnect_dev(device)


def test_without_permission_nothing_is_judged(right_driver: str) -> None:
    results = trial(right_driver, "CON-001", "FILE-001", "FPERM-021", "FULL-001", permissions=())
    assert {result.outcome for result in results.values()} == {Outcome.NOT_RUN}
    results = trial(right_driver, "FPERM-021", "FULL-001", permissions=(Permission.WRITE,))
    assert {result.outcome for result in results.values()} == {Outcome.NOT_RUN}


def test_what_others_may_do_is_told(right_driver: str) -> None:
    results = trial(right_driver, "PERM-009", "PERM-023", "FULL-020")
    told = dict(results["SKF-PERM-009"].observed)
    assert told["SKF_ExportPublicKey"] == "SAR_OK"
    assert told["SKF_ImportCertificate"] == "SAR_OK"
    assert dict(results["SKF-PERM-023"].observed)["login"].startswith("gone: ")
    assert dict(results["SKF-FULL-020"].observed) == {"TotalSpace": "131072", "claim": "met"}


def test_a_wrong_pin_of_somebody_is_tried_once(right_driver: str) -> None:
    with load(right_driver) as skf:
        device = skf.connect_dev(skf.enum_dev()[0])
        device_auth.authenticate(skf, device)
        pins = {"admin_pin": "11111111", "user_pin": "22222222"}
        application = skf.create_application(
            device, "Owner", **pins, admin_tries=6, user_tries=6, create_file_rights=Rights.USER
        )
        target = Target(Kind.SKF, right_driver, application="Owner", user_pin=b"33333333", admin_pin=b"11111111")
        for _ in range(2):
            with SKFScene(target, (Permission.WRITE,), Options(), Recorder()) as scene:
                for check in selected(Kind.SKF, ("rights", "files")):
                    if check.permissions <= {Permission.WRITE}:
                        assert run_check(check, scene.bench, scene.recorder).outcome is not Outcome.PASSED
        assert skf.get_pin_info(application, PinRole.USER).tries_left == 5
        assert skf.get_pin_info(application, PinRole.ADMIN).tries_left == 6
        skf.disconnect_dev(device)
