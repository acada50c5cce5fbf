"""The checks of handles and of NULL pointers: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import EVERY_PERMISSION, expect_named, expect_passed, trial
from gmpki.conformance.bench import run_check
from gmpki.conformance.model import Kind, Outcome
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import check_named, checks
from gmpki.conformance.skf.any_call import CHANGING, HANDLES, functions_on, parameters
from gmpki.conformance.skf.scene import SKFScene
from gmpki.conformance.target import Options, Target
from gmpki.tokens.skf import header

pytestmark = pytest.mark.once

NAMED = (
    ("bad-handle-is-ok", "HND-001", "SKF_GetDevInfo answers SAR_OK to NULL for a handle"),
    ("bad-handle-is-ok", "HND-002", "SKF_ClearSecureState answers SAR_OK to NULL for a handle"),
    ("bad-handle-is-ok", "HND-003", "SKF_GetContainerType answers SAR_OK to NULL for a handle"),
    ("bad-handle-is-ok", "HND-004", "SKF_EncryptInit answers SAR_OK to NULL for a handle"),
    ("bad-handle-is-ok", "HND-005", "SKF_SetLabel answers SAR_OK to NULL for a handle"),
    ("bad-handle-is-ok", "HND-013", "SKF_GetContainerType answers SAR_OK to a handle that it never gave out"),
    ("closed-stays-open", "HND-021", "SKF_GetDevInfo answers SAR_OK to a handle that was closed"),
    ("closed-stays-open", "HND-022", "answers SAR_OK to a handle that was closed"),
    ("closed-stays-open", "HND-023", "SKF_GetContainerType answers SAR_OK to a handle that was closed"),
    ("closed-stays-open", "HND-024", "SKF_EncryptInit answers SAR_OK to a handle that was closed"),
    ("closed-stays-open", "HND-025", "SKF_Digest answers SAR_OK to a handle that was closed"),
    ("closed-stays-open", "HND-026", "SKF_Mac answers SAR_OK to a handle that was closed"),
    ("closed-stays-open", "HND-027", "SKF_GenerateKeyWithECC answers SAR_OK to a handle that was closed"),
    ("bad-handle-is-ok", "HND-031", "SKF_GetDevInfo answers SAR_OK to a handle from applications"),
    ("bad-handle-is-ok", "HND-037", "SKF_GenerateKeyWithECC answers SAR_OK to a handle from digests"),
    ("closing-cannot-fail", "HND-041", "SKF_DisConnectDev answers SAR_OK to a handle that was closed"),
    ("closing-cannot-fail", "HND-047", "SKF_CloseHandle answers SAR_OK to a handle that was closed"),
    ("any-handle-is-the-device", "HND-051", "SKF_GenRandom answers SAR_OK to a handle from before"),
    ("closed-stays-open", "HND-052", "answers SAR_OK to a handle from before"),
    ("closed-stays-open", "HND-061", "of before"),
    ("closed-stays-open", "HND-062", "a container of an application that was closed"),
    ("null-is-ok", "PTR-001", "SKF_GetDevInfo(pDevInfo)"),
    ("null-is-ok", "PTR-002", "SKF_SetLabel(szLabel)"),
    ("null-is-ok", "PTR-003", "SKF_CreateContainer(szContainerName)"),
    ("null-is-ok", "PTR-004", "SKF_GetContainerType(pulContainerType), SKF_ImportCertificate(pbCert)"),
    ("null-is-ok", "PTR-005", "SKF_MacUpdate(pbData)"),
    ("null-is-ok", "PTR-006", "SKF_DigestUpdate(pbData)"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "HND", "PTR"), 41)


def test_fault_build_without_a_fault(faulty_skf: Callable[[str], str]) -> None:
    """What stands before the right token does no harm by itself, whatever it is given."""
    results = trial(faulty_skf(""), "HND", "PTR")
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


def test_every_function_with_a_handle_is_called_with_null() -> None:
    called = {name for number in range(1, 6) for name in check_named(f"SKF-HND-{number:03d}").functions}
    taking = {name for kind in HANDLES.values() for name in functions_on(kind)}
    assert called == taking
    assert len(taking) == 73
    without = {name for name, function in header.functions().items() if function.common} - taking
    assert without == {f"SKF_{name}" for name in ("WaitForDevEvent", "CancelWaitForDevEvent", *_DEVICELESS)}


_DEVICELESS = ("EnumDev", "ConnectDev", "GetDevState")


def test_what_changes_something_takes_every_permission() -> None:
    for check in checks(Kind.SKF):
        if check.group == "handles" and CHANGING & set(check.functions):
            assert check.permissions == frozenset(EVERY_PERMISSION)


def test_parameters() -> None:
    shown = [(parameter.kind, parameter.name) for parameter in parameters("SKF_GenRandom")]
    assert shown == [("DEVHANDLE", "hDev"), ("BYTE *", "pbRandom"), ("ULONG", "ulRandomLen")]
    assert [parameter.is_pointer for parameter in parameters("SKF_VerifyPIN")] == [False, False, True, True]


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words, Outcome.FAILED)


def test_another_code_is_a_deviation(right_driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that refuses by a code of its own harms nobody."""
    from gmpki.tokens.skf.library import Library

    right, fail = Library.call, header.constants()["SAR_FAIL"]

    def call(self: Library, layout: object, function: str, arguments: tuple[object, ...]) -> int:
        code = right(self, layout, function, arguments)  # type: ignore[arg-type]
        return fail if code == header.constants()["SAR_INVALIDHANDLEERR"] else code

    monkeypatch.setattr(Library, "call", call)
    result = trial(right_driver, "HND-002")["SKF-HND-002"]
    assert result.outcome is Outcome.DEVIATION
    assert result.message is not None
    assert "SKF_EnumFiles: SAR_FAIL" in result.message.en


@pytest.mark.parametrize("function", ["SKF_SetSymmKey", "SKF_DigestInit", "SKF_MacInit", "SKF_GetContainerType"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    results = trial(lacking(function), "HND", "PTR")
    assert [check for check, result in results.items() if result.outcome is Outcome.FAILED] == []


def test_label_stays(right_driver: str) -> None:
    """Calls with handles that are none carry the label that the device has, should a driver take them."""
    recorder = Recorder()
    with SKFScene(Target(Kind.SKF, right_driver), EVERY_PERMISSION, Options(), recorder) as scene:
        before = scene.bench().info
        run_check(check_named("SKF-HND-005"), scene.bench, recorder)
        run_check(check_named("SKF-PTR-002"), scene.bench, recorder)
        bench = scene.bench()
        assert bench.info.label == before.label
        assert scene.skf.enum_application(bench.device) in ((), (scene.application_name,))
        bench.close()
