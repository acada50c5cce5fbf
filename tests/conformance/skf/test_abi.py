"""The checks of the binary interface: what passes, how each fault is named, and drivers of other layouts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.trials import expect_named, trial
from gmpki.conformance.model import Outcome
from gmpki.tokens.skf import header

pytestmark = pytest.mark.once

NAMED = (
    ("ulong-of-8-bytes-in-enum-dev", "ABI-004", "SKF_EnumDev writes the length as 8 bytes"),
    ("ulong-of-8-bytes-in-device-state", "ABI-005", "SKF_GetDevState writes the state as 8 bytes"),
    ("ulong-of-8-bytes-in-pin-info", "ABI-006", "SKF_GetPINInfo writes the most tries as 8 bytes"),
    ("ulong-of-8-bytes-in-pin-info", "ABI-007", "SKF_GetPINInfo writes the flag as 8 bytes"),
    ("info-numbers-left-out", "ABI-008", "makes sense in no layout"),
    ("info-with-gaps", "ABI-009", "natural alignment"),
    ("info-too-long", "ABI-010", "SKF_GetDevInfo writes outside DEVINFO"),
    ("cipher-padding-not-read", "ABI-011", "PaddingType is not read"),
    ("cipher-iv-not-read", "ABI-011", "IV is not read"),
    ("public-key-bits-of-8-bytes", "ABI-012", "SKF_GenECCKeyPair writes outside ECCPUBLICKEYBLOB"),
    ("signature-of-64-bytes", "ABI-013", "no signature stands where ECCSIGNATUREBLOB has it"),
    ("cipher-length-before-hash", "ABI-014", "no ciphertext of a key of 16 bytes"),
    ("file-name-of-36-bytes", "ABI-015", "SKF_GetFileInfo writes outside FILEATTRIBUTE"),
)
ROOT = Path(__file__).resolve().parents[3]
_IN_A_PROCESS = """
import sys
sys.path[:0] = sys.argv[2:]
from conformance.trials import trial
print(trial(sys.argv[1], "ABI-001")["SKF-ABI-001"].message.en)
"""


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "ABI")
    assert len(results) == 15
    assert {check for check, result in results.items() if result.outcome is not Outcome.PASSED} == set()
    assert dict(results["SKF-ABI-008"].observed) == {"layout": "u32-packed"}
    assert dict(results["SKF-ABI-003"].observed) == {"symbol": "SKF_DisConnectDev"}


def test_the_functions_of_the_standard() -> None:
    """The two checks share the 78 functions that every known driver header declares."""
    functions = header.functions().values()
    assert sum(1 for function in functions if function.clause) == 71
    assert sum(1 for function in functions if function.common and not function.clause) == 7


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


def test_a_function_is_not_exported(faulty_skf: Callable[[str], str]) -> None:
    """In a process of its own: the fault stays with the library that is loaded."""
    folders = [os.fspath(ROOT / "tests"), os.fspath(ROOT / "native" / "tools")]
    command = [sys.executable, "-c", _IN_A_PROCESS, faulty_skf("function-not-exported"), *folders]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "1 functions of the standard are not exported: SKF_Transmit"


def test_the_workaround_names_the_layout(faulty_skf: Callable[[str], str]) -> None:
    result = trial(faulty_skf("info-with-gaps"), "ABI-009")["SKF-ABI-009"]
    assert result.workaround is not None
    assert result.workaround.en == "call the driver by the layout u32-natural"


def test_without_permissions(right_driver: str) -> None:
    results = trial(right_driver, "ABI", permissions=())
    ran = {check for check, result in results.items() if result.outcome is Outcome.PASSED}
    # Those about applications, and those that write, are without a verdict.
    assert ran == {f"SKF-ABI-{number:03d}" for number in (*range(1, 6), 8, 9, 10, 11)}
    assert all(result.outcome is Outcome.NOT_RUN for check, result in results.items() if check not in ran)
