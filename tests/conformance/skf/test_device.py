"""The checks of the device: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_named, expect_passed, trial
from gmpki.conformance.model import Outcome
from gmpki.tokens.skf import load

pytestmark = pytest.mark.once

NAMED = (
    ("device-state-never-present", "DEV-001", "the state of a device that is listed is 2"),
    ("device-state-always-present", "DEV-002", "a device that does not exist is present"),
    ("connect-takes-any-name", "DEV-003", "a device that does not exist is connected"),
    ("connection-is-one-for-all", "DEV-004", "both connections have one handle"),
    ("info-text-without-end", "DEV-010", "Issuer does not end with NUL"),
    ("info-without-serial-number", "DEV-011", "the serial number is empty"),
    ("info-version-of-firmware", "DEV-012", "version 3.0"),
    ("info-more-free-than-there-is", "DEV-013", "131073 bytes of 131072 are free"),
    ("digest-sha1-missing", "DEV-014", "the device claims SGD_SHA1"),
    ("info-claims-sm1", "DEV-015", "the device claims SGD_SM1 in ECB, CBC, and encrypts in none"),
    ("info-without-buffer-sizes", "DEV-017", "MaxBufferSize is 0"),
    ("info-without-buffer-sizes", "DEV-018", "MaxECCBufferSize is 0"),
    ("info-without-authentication-cipher", "DEV-019", "DevAuthAlgId is 0x0"),
    ("label-of-connection", "DEV-030", "another connection reads 'SOFTWARE TOKEN'"),
    ("label-cut-to-sixteen-bytes", "DEV-031", "of a label of 31 bytes 16 are kept"),
    ("label-too-long-cut", "DEV-032", "a label of 32 bytes is accepted"),
)


def test_right_token(right_driver: str) -> None:
    expect_passed(trial(right_driver, "DEV"), 19)


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


def test_label_is_as_before(right_driver: str) -> None:
    """Whatever the checks do to the label, its owner's is there afterwards."""
    with load(right_driver) as skf:
        device = skf.connect_dev("00a1")
        skf.set_label(device, "label of its owner")
        trial(right_driver, "DEV")
        assert skf.get_dev_info(device).label == "label of its owner"
        skf.disconnect_dev(device)


def test_without_permission(right_driver: str) -> None:
    """What only reads runs; what sets a label is not there to be called, since the runner leaves it out."""
    results = trial(right_driver, "DEV-001", "DEV-010", "DEV-017", permissions=())
    assert {result.outcome for result in results.values()} == {Outcome.PASSED}


def test_driver_takes_no_keys_in_clear(lacking: Callable[..., str]) -> None:
    """The function for that is none of the standard: a session key is made in a container, where that may be."""
    path = lacking("SKF_SetSymmKey")
    assert trial(path, "DEV-015")["SKF-DEV-015"].outcome is Outcome.PASSED
    assert trial(path, "DEV-015", permissions=())["SKF-DEV-015"].outcome is Outcome.NOT_RUN


@pytest.mark.parametrize("function", ["SKF_GetDevState", "SKF_SetLabel", "SKF_Transmit"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    results = trial(lacking(function), "DEV-001", "DEV-002", "DEV-030", "DEV-031", "DEV-032", "DEV-040")
    about = {check: result for check, result in results.items() if function in result.functions}
    assert all(result.outcome is Outcome.UNSUPPORTED for result in about.values())
