"""The checks of buffers: what passes, and how each fault is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.trials import expect_named, expect_passed, trial
from gmpki.conformance.model import Kind, Outcome, Severity
from gmpki.conformance.registry import checks

pytestmark = pytest.mark.once

NAMED = (
    ("enum-dev-size-query-refused", "BUF-001", "a size query of SKF_EnumDev is answered with SAR_INVALIDPARAMERR"),
    ("enum-dev-size-query-unanswered", "BUF-001", "tells no size"),
    ("enum-dev-size-query-too-little", "BUF-001", "and writes"),
    ("enum-dev-needs-spare-byte", "BUF-021", "SAR_BUFFER_TOO_SMALL for a buffer of the size that it told"),
    ("enum-dev-nul-behind-the-end", "BUF-021", "writes outside a buffer"),
    ("enum-dev-too-small-overrun", "BUF-041", "one byte too small"),
    ("enum-dev-too-small-cut-off", "BUF-041", "answers SAR_OK though its result does not fit"),
    ("enum-dev-too-small-says-parameter", "BUF-041", "answers SAR_INVALIDPARAMERR to a buffer that is too small"),
    ("enum-dev-without-end", "BUF-081", "does not end with two NUL bytes"),
    ("list-size-query-refused", "BUF-002", "a size query of SKF_EnumApplication is answered with SAR_INVALIDPARAMERR"),
    ("list-size-query-too-little", "BUF-023", "SKF_EnumFiles answers SAR_BUFFER_TOO_SMALL"),
    ("list-too-small-cut-off", "BUF-044", "SKF_EnumContainer answers SAR_OK"),
    ("list-without-end", "BUF-082", "does not end with two NUL bytes"),
    ("list-size-query-refused", "BUF-085", "where there is nothing to list"),
    ("data-size-query-too-little", "BUF-005", "SKF_ExportCertificate tells a size"),
    ("data-exact-size-refused", "BUF-026", "SKF_ExportPublicKey answers SAR_BUFFER_TOO_SMALL"),
    ("data-too-small-overrun", "BUF-048", "SKF_Encrypt writes outside"),
    ("data-size-query-unanswered", "BUF-009", "SKF_Decrypt tells no size"),
    ("data-without-end", "BUF-030", "SKF_DecryptFinal writes another result"),
    ("data-query-ends-operation", "BUF-070", "SKF_DecryptFinal tells"),
    ("data-query-ends-operation", "BUF-072", "answers SAR_NOTINITIALIZEERR"),
    ("data-too-small-cut-off", "BUF-053", "SKF_Mac answers SAR_OK"),
    ("data-too-small-overrun", "BUF-086", "does not look at the length"),
    ("cipher-length-has-to-be-zero", "BUF-087", "SKF_ExtECCEncrypt answered SAR_INVALIDPARAMERR"),
    ("data-needed-size-not-told", "BUF-089", "are needed"),
)


def test_right_token(right_driver: str) -> None:
    results = trial(right_driver, "BUF")
    expect_passed(results, 55)
    told = [dict(result.observed).get("needed size told", "yes") for result in results.values()]
    assert set(told) == {"yes"}


def test_every_function_has_its_checks() -> None:
    """The 14 functions of the rule, each with a size query, a buffer that fits, and one that is too small."""
    ours = [check for check in checks(Kind.SKF) if check.group == "buffers" and check.severity is Severity.REQUIRED]
    for number in (*range(1, 7), *range(8, 15)):
        about = [check for check in ours if check.id in {f"SKF-BUF-{base + number:03d}" for base in (0, 20, 40)}]
        assert len(about) == 3
        assert len({check.functions for check in about}) == 1


@pytest.mark.parametrize(("fault", "check", "words"), NAMED, ids=[f"{check}-{fault}" for fault, check, _ in NAMED])
def test_fault_is_named(fault: str, check: str, words: str, faulty_skf: Callable[[str], str]) -> None:
    expect_named(trial(faulty_skf(fault), check)[f"SKF-{check}"], words)


@pytest.mark.parametrize("fault", ["data-size-query-refused", "data-exact-size-refused", "data-too-small-overrun"])
def test_rsa(fault: str, faulty_skf: Callable[[str], str]) -> None:
    assert trial(faulty_skf(fault), "BUF-007")["SKF-BUF-007"].outcome is Outcome.FAILED


@pytest.mark.parametrize("function", ["SKF_ExportPublicKey", "SKF_Digest", "SKF_ExtECCEncrypt"])
def test_driver_lacks_a_function(function: str, lacking: Callable[..., str]) -> None:
    """It is never called a mistake that a driver says what it has not got."""
    results = trial(lacking(function), "BUF")
    assert [check for check, result in results.items() if result.outcome is Outcome.FAILED] == []
    about = [result for result in results.values() if function in result.functions]
    assert any(result.outcome is Outcome.UNSUPPORTED for result in about)


def test_keys_are_imported_where_none_are_taken_in_clear(lacking: Callable[..., str]) -> None:
    """Many devices refuse the function of the draft: then a key comes in an envelope."""
    path = lacking("SKF_SetSymmKey")
    results = trial(path, "BUF-028", "BUF-073")
    assert [result.outcome for result in results.values()] == [Outcome.PASSED, Outcome.PASSED]
    result = trial(path, "BUF-028", permissions=())["SKF-BUF-028"]
    assert result.outcome is Outcome.NOT_RUN
    assert result.message is not None
    assert "--allow-write" in result.message.en


def test_without_permissions(right_driver: str) -> None:
    results = trial(right_driver, "BUF", permissions=())
    assert {result.outcome for result in results.values()} == {Outcome.PASSED, Outcome.NOT_RUN}
    assert results["SKF-BUF-001"].outcome is Outcome.PASSED
