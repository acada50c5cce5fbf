"""The page for a buyer: what it says, in both languages; that it needs nothing else, and is no driver's to write."""

from __future__ import annotations

import builtins
import hashlib
import html
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from conformance.report import samples
from gmpki.algorithms.sm3 import SM3
from gmpki.conformance.model import Call, Kind, LatencyRow, Outcome, Result, Words
from gmpki.conformance.report import page as page_module
from gmpki.conformance.report import wording
from gmpki.conformance.report.json_form import write_json
from gmpki.conformance.report.page import report_page
from gmpki.conformance.report.summary import command_line, latency_lines
from gmpki.conformance.report.wording import OUTCOME, STATEMENT, VERDICT
from gmpki.errors import InvalidTypeError, UnsupportedPlatform

VOID = {"meta", "br", "rect", "line"}


class Reader(HTMLParser):
    """Checks that elements close in order, and collects them."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def said(text: str) -> str:
    return " ".join("".join(read(text).text).split())


PAGE = report_page(samples.report())


def test_it_says_what_it_is() -> None:
    text = said(PAGE)
    for words in (STATEMENT, Words("Self-test report", "自测报告"), VERDICT[samples.report().verdict]):
        assert words.zh in text
        assert words.en in text


@pytest.mark.parametrize(
    "text",
    [
        "libexample_skf.so",
        "示例公司 · Example UKey · 0123456789",
        "a5" * 32,
        "0f" * 32,
        "3 / 78 (3.8%)",
        "digest-without-init",
        "2026-03-01 08:00:00 UTC – 2026-03-01 08:12:34 UTC",
        "客户端将其右移",
        "the client moves them to the right",
        "needs --allow-lock",
        "GM/T 0016-2012 7.6.10",
        "SKF_EnumDev(TRUE, 4 bytes, 4) → …",
        "Linux 6.1",
        "gmpki conformance run --skf libexample_skf.so --profile tender --allow-init --allow-write --report report",
        "public tender for UKeys",
        "31.20 ms",
        "10,486 kbps",
        "0.96 x",
    ],
)
def test_it_says(text: str) -> None:
    assert text in said(PAGE)


def test_every_check_is_there_and_only_failures_are_open() -> None:
    details = {one["id"]: "open" in one for tag, one in read(PAGE).elements if tag == "details"}
    outcomes = samples.report().outcomes
    assert details == {name: result.outcome is Outcome.FAILED for name, result in outcomes.items()}


def test_links_lead_somewhere() -> None:
    elements = read(PAGE).elements
    places = {one["id"] for _, one in elements if "id" in one}
    links = [one["href"] for tag, one in elements if tag == "a"]
    assert links
    assert all(link is not None and link.removeprefix("#") in places for link in links)


def test_it_is_complete_in_itself() -> None:
    elements = read(PAGE).elements
    assert not {tag for tag, _ in elements} & {"script", "link", "img", "iframe", "object", "form"}
    assert not [one for _, one in elements if {"src", "style", "onclick", "onload"} & set(one)]
    assert "@import" not in PAGE
    assert "url(" not in PAGE
    policy = next(one["content"] for tag, one in elements if one.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_digests_are_those_of_the_json() -> None:
    data = write_json(samples.report())
    sm3 = SM3()
    sm3.update(data)
    assert hashlib.sha256(data).hexdigest() in PAGE
    assert sm3.digest().hex() in PAGE
    other = report_page(samples.report(), data + b" ")
    assert hashlib.sha256(data).hexdigest() not in other
    assert hashlib.sha256(data + b" ").hexdigest() in other


def header(page: str) -> str:
    return said(page[page.index("<header") : page.index("</header>") + len("</header>")])


@pytest.mark.parametrize(("outcome", "is_named"), [(Outcome.PASSED, False), (Outcome.NOT_RUN, True)])
def test_an_incomplete_run_is_called_so_at_the_top(outcome: Outcome, is_named: bool) -> None:
    top = header(report_page(samples.report(*samples.passing(), ("SKF-PIN-001", outcome))))
    assert ("不完整 Incomplete" in top) == is_named
    assert ("通过 Passed" in top) != is_named


def test_why_a_run_ended_is_told() -> None:
    why = Words("somebody stopped it", "运行被停止")
    top = header(report_page(samples.report(is_complete=False, incomplete_why=why)))
    assert "运行被停止 somebody stopped it" in top


def test_a_failed_and_incomplete_run_says_both() -> None:
    top = header(PAGE)
    for text in ("不完整 Incomplete", "未通过 Failed", "超出指标 limits exceeded"):
        assert text in top


def test_nothing_wrong_needs_no_section() -> None:
    text = said(report_page(samples.report(*samples.passing(), latency=(), limits=None)))
    for title in ("What failed, what deviates", "What was not run", "Latency"):
        assert title not in text
        assert title in said(PAGE)


def test_other_interfaces_have_no_list_of_functions() -> None:
    text = said(report_page(samples.report(kind=Kind.PKCS11)))
    assert "PKCS #11" in text
    assert "/ 78" not in text


@pytest.mark.parametrize(("says", "is_named"), [("yes", True), ("no", False)])
def test_a_software_token_is_called_so(says: str, is_named: bool) -> None:
    top = header(report_page(samples.report(device={"label": "x", "is_software": says})))
    assert (wording.SOFTWARE.zh in top) == is_named
    assert (wording.SOFTWARE.en in top) == is_named


def test_what_was_observed_shows_without_unfolding() -> None:
    (summary,) = re.findall(r'id="SKF-COD-001">\s*<summary>(.*?)</summary>', PAGE, re.DOTALL)
    assert "code: SAR_FAIL" in summary


# ---- what comes from the driver -----------------------------------------------------------
EVIL = '<script>alert("1")</script>&amp;\u202e\u200b\x07\'">'


def hostile() -> Any:
    report = samples.report()
    words = Words(f"en {EVIL}", f"zh {EVIL}")
    result = Result(
        "SKF-BUF-002",
        Outcome.FAILED,
        message=words,
        workaround=words,
        observed=((EVIL, EVIL),),
        calls=(Call(EVIL, EVIL, EVIL),),
        functions=(EVIL,),
    )
    check = replace(report.checks[0], description=EVIL, title=words, group_title=words, precondition=words)
    return replace(
        report,
        driver=replace(report.driver, name="<b>lib.so"),
        checks=(check, *report.checks[1:]),
        results=(report.results[0], result, *report.results[2:]),
        device={"manufacturer": EVIL, EVIL: EVIL},
        driver_profile={EVIL: [EVIL, {EVIL: EVIL}]},
        environment={EVIL: EVIL},
        selection=(EVIL,),
        incomplete_why=words,
        is_complete=False,
    )


def test_texts_of_a_driver_stay_texts() -> None:
    page = report_page(hostile())
    reader = read(page)
    assert "script" not in {tag for tag, _ in reader.elements}
    assert not set(page) & set("\u202e\u200b\x07")
    assert html.escape('<script>alert("1")</script>&amp;').replace("&quot;", "&#34;") in page
    assert r"\E2\80\AE" in page


def test_long_texts_are_cut() -> None:
    report = samples.report(device={"label": "x" * 3000})
    assert max(len(run) for run in re.findall("x+", report_page(report))) == 1000


# ---- latency ------------------------------------------------------------------------------
def bars(report: Any) -> dict[str, Any]:
    return {f"{one.algorithm} {one.operation}": page_module._bar(one) for one in latency_lines(report)}


def test_bars_end_where_the_share_of_the_limit_is() -> None:
    found = bars(
        samples.report(
            latency=(
                LatencyRow("sm2", "sign", 10, 0.030, 0.030, 0.030, 0.300),  # at the limit, the longest ten times that
                LatencyRow("sm2", "verify", 10, 0.0007, 0.0007, 0.007, 0.007),  # a hundredth, a tenth
                LatencyRow("sm4", "encrypt", 10, 0.01, 0.01, 0.01, 0.01, 4125),  # 3300 kbps of 330: a tenth
                LatencyRow("sm2", "generate", 10, 1e-9, 1e-9, 1e-9, 1e4),
            )
        )
    )
    sign, verify, encrypt, generate = (
        found[f"{name}"] for name in ("sm2 sign", "sm2 verify", "sm4 encrypt", "sm2 generate")
    )
    assert (sign.mean, sign.limit, sign.max) == (150, 150, 200)
    assert (verify.mean, verify.p95, verify.max) == (50, 100, 100)
    assert (encrypt.mean, encrypt.p95, encrypt.max) == (100, None, None)
    assert (generate.mean, generate.max) == (0, 200)
    assert sign.decades == (50, 100, 150)
    assert found["rsa-2048 sign"] is None


def test_what_has_no_limit_has_no_bar() -> None:
    assert bars(samples.report())["sm3 digest"] is None
    assert set(bars(samples.report(limits=None)).values()) == {None}


# ---- the command --------------------------------------------------------------------------
def test_command_quotes_what_a_shell_would_take_apart() -> None:
    report = samples.report(driver=replace(samples.driver(), name="a b;c.so"), selection=("$(x)",), limits=None)
    assert command_line(report) == (
        "gmpki conformance run --skf 'a b;c.so' --allow-init --allow-write --select '$(x)' --report report"
    )


# ---- errors -------------------------------------------------------------------------------
@pytest.mark.parametrize("arguments", [(None,), ({},), (samples.report(), "text")], ids=["none", "dict", "text"])
def test_other_types_are_refused(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(InvalidTypeError):
        report_page(*arguments)


def test_without_jinja2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtins, "__import__", refusing("jinja2", builtins.__import__))
    page_module._template.cache_clear()
    with pytest.raises(UnsupportedPlatform, match="conformance"):
        report_page(samples.report())


def refusing(name: str, real: Any) -> Any:
    def importing(module: str, *arguments: Any, **keywords: Any) -> Any:
        if module.partition(".")[0] == name:
            raise ImportError(name)
        return real(module, *arguments, **keywords)

    return importing


def test_every_outcome_has_words() -> None:
    assert set(OUTCOME) == set(Outcome)
