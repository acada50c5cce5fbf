"""The checks of PKCS #11 modules: what passes on the right one, what SoftHSM shows, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.trials import FAULTS, Fault, trial
from gmpki.conformance.bench import run_check
from gmpki.conformance.model import Kind, Outcome, Permission, Severity
from gmpki.conformance.pkcs11.recorded import RecordedModule
from gmpki.conformance.pkcs11.scene import P11Scene
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import checks, groups
from gmpki.conformance.target import Options, Target
from gmpki.tokens.pkcs11 import PKCS11Driver
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.soft import SoftSettings, create_soft_device
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN

pytestmark = pytest.mark.once

SEEN = (Outcome.FAILED, Outcome.DEVIATION)
GROUPS = [group.name for group in groups(Kind.PKCS11) if group.name != "latency"]
OURS = [fault for fault in FAULTS if fault.library == "pkcs11"]
# A crash is for a process of its own: the run of all faults has one for each.
CRASHES = ("crash-on-null-info",)

NAMED = (
    ("function-without-address", "GEN-001", "C_CancelFunction"),
    ("info-ends-with-zero", "GEN-009", "filled up with blanks"),
    ("slot-list-overruns", "SLT-001", "answered CKR_OK"),
    ("pin-lengths-swapped", "SLT-004", "ulMinPinLen is 64"),
    ("session-objects-outlive", "SES-006", "outlived the session"),
    ("login-by-session", "PIN-001", "the user has logged in: the state is"),
    ("count-low-stays", "PIN-007", "CKF_USER_PIN_COUNT_LOW is set after the right PIN"),
    ("wrong-pins-not-counted", "PIN-008", "after 10 wrong PINs"),
    ("locked-flag-missing", "PIN-008", "CKF_USER_PIN_LOCKED is not set"),
    ("attribute-overruns", "OBJ-002", "beyond the room"),
    ("search-loses-one", "OBJ-004", "of 5 objects"),
    ("private-flag-ignored", "OBJ-006", "nobody has logged in, and it is found"),
    ("sensitive-value-given", "SEC-001", "came out"),
    ("cbc-is-ecb", "SM-004", "it is ECB"),
    ("initial-vector-ignored", "SM-004", "the initial vector is ignored"),
    ("sm2-point-bare", "SM2-001", "without the OCTET STRING"),
    ("sm2-point-off-curve", "SM2-001", "no point on the curve"),
    ("sm2-hashed-twice", "SM2-002", "the digest is hashed once more"),
    ("sm2-der-signature", "SM2-002", "the signature is DER"),
    ("sm2-swapped", "SM2-002", "r and s are swapped"),
    ("sm2-without-z", "SM2-003", "Z is left out"),
    ("sm2-empty-id", "SM2-003", "Z is made of an empty ID"),
    ("sm2-c1c2c3", "SM2-006", "the ciphertext is C1C2C3"),
    ("sm2-without-04", "SM2-006", "the ciphertext is C1C3C2_BARE"),
    ("changed-ciphertext-decrypted", "SM2-007", "C3 is not looked at"),
    ("random-end-not-written", "RND-001", "is not written"),
    ("one-handle-for-all", "SES-004", "one handle"),
)


@pytest.mark.parametrize("group", GROUPS)
def test_right_token(group: str, right_module: str) -> None:
    results = trial(right_module, group, kind=Kind.PKCS11)
    wrong = {
        check: (result.outcome, result.message)
        for check, result in results.items()
        if result.outcome is not Outcome.PASSED
    }
    wrong.pop("P11-ASY-006", None)  # the software token has no ECDSA
    assert wrong == {}
    assert all(result.functions for check, result in results.items() if check != "P11-GEN-001")


@pytest.mark.parametrize("fault", [fault for fault in OURS if fault.name not in CRASHES], ids=lambda fault: fault.name)
def test_fault_is_seen(fault: Fault, faulty_module: Callable[[str], str]) -> None:
    results = trial(faulty_module(fault.name), *fault.caught_by, kind=Kind.PKCS11)
    assert {check: result.outcome for check, result in results.items() if result.outcome not in SEEN} == {}
    assert all(result.message is not None and result.message.zh for result in results.values())


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_module: Callable[[str], str]) -> None:
    result = trial(faulty_module(fault), check, kind=Kind.PKCS11)[f"P11-{check}"]
    assert result.message is not None
    assert words in result.message.en


def test_a_pin_that_never_locks_is_no_deviation(faulty_module: Callable[[str], str]) -> None:
    """GM/T 0027-2014 9.2 demands the lock, and nothing that a client does takes its place."""
    result = trial(faulty_module("wrong-pins-not-counted"), "PIN-008", kind=Kind.PKCS11)["P11-PIN-008"]
    assert (result.outcome, result.workaround) == (Outcome.FAILED, None)


def test_every_required_check_has_a_fault() -> None:
    seen = {check for fault in OURS for check in fault.caught_by}
    required = {check.id for check in checks(Kind.PKCS11) if check.severity is Severity.REQUIRED}
    assert required - seen == set()
    assert len({fault.name for fault in OURS}) == len(OURS)


def test_nothing_is_written_unasked(right_module: str) -> None:
    """Without a permission somebody's token stays as it is, and what only reads is checked all the same."""
    with PKCS11Driver(right_module) as driver:
        driver.open().create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    target = Target(Kind.PKCS11, right_module, device=APPLICATION, user_pin=USER_PIN.encode())
    recorder = Recorder()
    results = {}
    for group in GROUPS:
        with P11Scene(target, (), Options(), recorder) as scene:
            for check in checks(Kind.PKCS11):
                if check.group == group and not check.permissions:
                    results[check.id] = run_check(check, scene.bench, recorder)
    wrong = {check: result.message for check, result in results.items() if result.outcome is not Outcome.PASSED}
    assert wrong == {}
    assert len(results) > 40
    called = {function for result in results.values() for function in result.functions}
    assert not called & {"C_CreateObject", "C_InitToken", "C_InitPIN", "C_SetPIN", "C_GenerateKeyPair", "C_GenerateKey"}


@pytest.mark.parametrize(
    "function",
    [
        "C_CopyObject",
        "C_CreateObject",
        "C_DigestUpdate",
        "C_EncryptUpdate",
        "C_GenerateKeyPair",
        "C_InitPIN",
        "C_SetPIN",
        "C_WaitForSlotEvent",
        "C_WrapKey",
    ],
)
def test_module_lacks_a_function(function: str, right_module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is never called a mistake that a module says what it has not got."""
    right = RecordedModule.answer

    def answer(self: RecordedModule, name: str, *arguments: Any) -> int:
        return int(C.CKR_FUNCTION_NOT_SUPPORTED) if name == function else right(self, name, *arguments)

    monkeypatch.setattr(RecordedModule, "answer", answer)
    about = [check.id for check in checks(Kind.PKCS11) if function in check.functions and check.group != "latency"]
    results = trial(right_module, *about, kind=Kind.PKCS11)
    outcomes = {result.outcome for result in results.values()}
    assert Outcome.FAILED not in outcomes
    assert Outcome.UNSUPPORTED in outcomes


def test_initialisation_takes_a_token_of_its_own(right_module: str) -> None:
    results = trial(right_module, "PIN-009", "SES-009", kind=Kind.PKCS11, permissions=(Permission.WRITE,))
    assert {result.outcome for result in results.values()} == {Outcome.NOT_RUN}


def test_softhsm(softhsm: str) -> None:
    """It has no SM, takes C_Logout from nobody, and locks no PIN; the rest of what is required holds."""
    wanted = [name for name in GROUPS if name not in ("asymmetric", "randomness", "sm", "sm2")]
    results = trial(softhsm, *wanted, kind=Kind.PKCS11)
    by_outcome: dict[Outcome, set[str]] = {}
    for check, result in results.items():
        by_outcome.setdefault(result.outcome, set()).add(check)
    assert Outcome.NOT_RUN not in by_outcome
    assert by_outcome[Outcome.FAILED] == {"P11-PIN-008"}
    assert by_outcome[Outcome.DEVIATION] == {"P11-PIN-003", "P11-PIN-012"}
    assert by_outcome[Outcome.UNSUPPORTED] <= {"P11-GEN-012", "P11-SEC-007", "P11-MEC-010"}


def test_several_tokens(right_module: str, soft_token: str) -> None:
    create_soft_device(SoftSettings(serial="00a2", pin_iterations=1), root=Path(soft_token).parent)
    results = trial(right_module, "SLT-012", "SES-002", kind=Kind.PKCS11)
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}
