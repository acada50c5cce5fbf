"""Reports as JUnit XML, read by a parser that knows nothing of the suite."""

from __future__ import annotations

import builtins
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from conformance.report import samples
from gmpki.conformance.model import Call, Outcome, Result, Words
from gmpki.conformance.report.junit import write_junit
from gmpki.errors import InvalidTypeError, UnsupportedPlatform

ROOT = ET.fromstring(write_junit(samples.report()))


def case(identifier: str, root: ET.Element = ROOT) -> ET.Element:
    (found,) = (one for one in root.iter("testcase") if one.get("name", "").split()[0] == identifier)
    return found


def properties(element: ET.Element) -> dict[str, str]:
    return {one.get("name", ""): one.get("value", "") for one in element.findall("properties/property")}


def test_one_suite_for_each_group_in_order() -> None:
    suites = ROOT.findall("testsuite")
    assert [suite.get("name") for suite in suites] == ["buffers", "pins", "signing", "ciphers", "codes"]
    assert [suite.get("tests") for suite in suites] == ["3", "2", "2", "1", "1"]


def test_counts() -> None:
    assert {name: ROOT.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "9",
        "failures": "2",
        "errors": "0",
        "skipped": "2",
    }


def test_passed() -> None:
    found = case("SKF-BUF-001")
    assert [child.tag for child in found] == ["properties"]
    assert found.get("classname") == "gmpki.conformance.skf.buffers"
    assert found.get("time") == "0.25"
    assert properties(found) == {"outcome": "passed", "severity": "required", "clause": "GM/T 0016-2012 7.1.4 (A)"}


def test_failed() -> None:
    found = case("SKF-BUF-002")
    failure = found.find("failure")
    assert failure is not None
    assert failure.get("type") == "required"
    assert "SAR_BUFFER_TOO_SMALL expected" in failure.get("message", "")
    assert "应为 SAR_BUFFER_TOO_SMALL" in failure.get("message", "")
    assert (failure.text or "").splitlines() == [
        "SKF_EnumDev(TRUE, NULL, 0) = SAR_OK",
        "SKF_EnumDev(TRUE, 4 bytes, 4) = ",
    ]
    assert properties(found)["observed-code"] == "SAR_OK"


def test_deviation_passes_and_says_so() -> None:
    found = case("SKF-SGN-001")
    assert found.find("failure") is None
    assert found.find("skipped") is None
    assert properties(found)["outcome"] == "deviation"
    text = found.findtext("system-out") or ""
    assert "the coordinates stand on the left" in text
    assert "workaround: the client moves them" in text


@pytest.mark.parametrize(
    ("identifier", "reason"),
    [("SKF-PIN-001", "not run: needs --allow-lock"), ("SKF-SYM-001", "unsupported: SKF_EncryptInit answered")],
)
def test_skipped_with_the_reason(identifier: str, reason: str) -> None:
    skipped = case(identifier).find("skipped")
    assert skipped is not None
    assert skipped.get("message", "").startswith(reason)


def test_not_selected_is_skipped() -> None:
    whole = samples.report()
    root = ET.fromstring(write_junit(replace(whole, results=whole.results[1:])))
    skipped = case("SKF-BUF-001", root).find("skipped")
    assert skipped is not None
    assert "not selected" in skipped.get("message", "")


def test_suites_say_what_was_tested() -> None:
    found = properties(ROOT.findall("testsuite")[0])
    assert found["driver"] == "libexample_skf.so"
    assert found["driver-sha256"] == "0f" * 32
    assert found["verdict"] == "failed"
    assert "not an accredited test" in found["statement"]


def test_characters_that_xml_cannot_hold() -> None:
    whole = samples.report()
    evil = "\x00\x1b\ufffe\ud800</failure>&\u202e"
    hostile = Result(
        "SKF-BUF-001",
        Outcome.FAILED,
        message=Words(evil, evil),
        observed=((evil, evil),),
        calls=(Call(evil, evil, evil), Call("x" * 9000)),
    )
    data = write_junit(replace(whole, results=(hostile, *whole.results[1:]), environment={evil: evil}))
    failure = case("SKF-BUF-001", ET.fromstring(data)).find("failure")
    assert failure is not None
    assert r"\00\1B\EF\BF\BE\ED\A0\80</failure>&\E2\80\AE" in failure.get("message", "")
    assert max(len(line) for line in (failure.text or "").splitlines()) == 4001


@pytest.mark.parametrize("value", [None, {}, b""])
def test_other_types_are_refused(value: Any) -> None:
    with pytest.raises(InvalidTypeError):
        write_junit(value)


def test_without_junitparser(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def importing(module: str, *arguments: Any, **keywords: Any) -> Any:
        if module.startswith("junitparser"):
            raise ImportError(module)
        return real(module, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", importing)
    with pytest.raises(UnsupportedPlatform, match="conformance"):
        write_junit(samples.report())
