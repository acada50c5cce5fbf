"""Reports about sealed documents as a page of HTML: Chinese and English, with the seals and the pages that carry them.

The page is one file that needs nothing else and runs nothing: pictures stand in it as data, there are no scripts, and
its own policy forbids whatever else. All that comes from the document is escaped, and is cut where it is long.

>>> from gmpki.seal.report import DocumentReport
>>> page = report_as_html(DocumentReport("pdf", "<合同>.pdf", bytes(32), ()))
>>> "&lt;合同&gt;.pdf" in page, "<script" in page
(True, False)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member, number, utc_seconds
from gmpki.cms.report import CheckStatus
from gmpki.seal._report_figures import certificate_item, page_figure, seal_figure, time_shown
from gmpki.seal._report_markup import (
    Fact,
    checks_list,
    clipped,
    element,
    facts_list,
    notes_list,
    page,
    section_title,
    words,
)
from gmpki.seal._report_style import STYLE
from gmpki.seal.report import DocumentReport, Verdict
from gmpki.seal.report_pages import sealed_pages
from gmpki.seal.report_words import ACCEPTED, DOCUMENT_TEXTS, KIND_TEXTS, VERDICT_TEXTS, Words, certificate_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.cms.timestamps import StampedTime
    from gmpki.seal.report import SignatureReport
    from gmpki.seal.report_pages import SealedPage
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.path.result import ValidatedPath

__all__ = ["MAX_PAGES", "report_as_html"]

MAX_PAGES: Final = 60
"""The most pages that a report shows."""
_MOST_SIGNATURES: Final = 100
_MOST_LINKS: Final = 12  # of a chain
_MOST_NOTES: Final = 30
_SENTENCES: Final = {
    Verdict.VALID: Words("每一项检查都已通过。", "Every check passed."),
    Verdict.INCOMPLETE: Words(
        "没有发现问题，但有的检查未能进行，不能认定有效。", "Nothing failed, but not everything was checked."
    ),
    Verdict.INVALID: Words("有检查未通过，不得信赖。", "A check failed; do not rely on it."),
}
_BUT: Final = Words("除已声明不要求的检查外，全部通过。", "Everything passed but what was accepted not to be checked.")
_UNSIGNED: Final = Words("文档没有签章或签名。", "Nobody has signed the document.")


def report_as_html(
    report: DocumentReport, document: Buffer = b"", *, verified_at: datetime | None = None, pages: int = 12
) -> str:
    """Return a report as one page of HTML.

    :param document: the file that the report is about; its sealed pages are drawn when it is PDF or OFD. Empty leaves
        the pages out.
    :param verified_at: when it was verified, for people; None leaves that out.
    :param pages: how many pages are drawn at most, 0 to 60.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the time has no time zone, or a number is out of its range.
    """
    member(report, DocumentReport, "report")
    data = as_bytes(document, "document")
    number(pages, 0, MAX_PAGES, "pages")
    at = None if verified_at is None else utc_seconds(verified_at, "verified_at")
    shown = report.signatures[:_MOST_SIGNATURES]
    parts = [_header(report, at)]
    if report.checks:
        title = section_title(Words("整个文档", "The document as a whole"))
        parts.append(element("section", title + checks_list(report.checks, report.accepted)))
    parts += [_signature(one, report) for one in shown]
    left = len(report.signatures) - len(shown)
    if left:
        text = Words(f"另有 {left} 个签章或签名未在此列出。", f"{left} more signatures are not listed here.")
        parts.append(element("section", words(text)))
    if data and report.kind in ("ofd", "pdf"):
        parts.append(_pages(report, *sealed_pages(report, data, pages)))
    title = f"{clipped(report.name or report.kind)} · 签章验证报告 Verification report"
    return page(title, "\n".join([*parts, _footer()]), STYLE)


# ---- around it ------------------------------------------------------------------------------------------------------
def _header(report: DocumentReport, at: datetime | None) -> str:
    verdict = report.verdict
    sentence = _SENTENCES[verdict]
    if not report.signatures:
        sentence = _UNSIGNED
    elif verdict is Verdict.VALID and _was_accepted(report):
        sentence = _BUT
    facts = [
        Fact(Words("类型", "Kind"), words(DOCUMENT_TEXTS.get(report.kind, Words(report.kind, "")))),
        Fact(Words("签章与签名", "Signatures"), str(len(report.signatures))),
        Fact(Words("SM3 摘要", "SM3 digest"), element("span", report.digest.hex(), "code")),
    ]
    if at is not None:
        facts.append(Fact(Words("验证时间", "Verified"), time_shown(at)))
    if report.accepted:
        names = ", ".join(sorted(str(getattr(name, "value", name)) for name in report.accepted))
        facts.append(Fact(Words(f"{ACCEPTED.chinese}的检查", "Accepted without"), clipped(names)))
    badge = element("strong", words(VERDICT_TEXTS[verdict.value])) + element("span", words(sentence))
    return element(
        "header",
        element("p", words(Words("签章验证报告", "Verification report")), "eyebrow")
        + element("h1", clipped(report.name) or words(DOCUMENT_TEXTS.get(report.kind, Words(report.kind, ""))))
        + element("div", badge, "verdict")
        + facts_list(facts),
        verdict.value,
    )


def _was_accepted(report: DocumentReport) -> bool:
    every = [*report.checks, *(check for one in report.signatures for check in one.checks)]
    return any(check.status is CheckStatus.NOT_CHECKED for check in every)


def _footer() -> str:
    basis = Words(
        "本报告说明所列检查在验证之时、按验证者所信任的机构得出的结果。页面缩略图仅供辨认，不构成证明。",
        "This report tells what the checks came to at that time, for the authorities that the verifier trusts. "
        "Pictures of pages are for recognition only and prove nothing.",
    )
    return element("footer", element("p", words(basis)) + element("p", "gmpki"))


# ---- one signature --------------------------------------------------------------------------------------------------
def _signature(one: SignatureReport, report: DocumentReport) -> str:
    verdict = one.verdict(report.accepted).value
    kind = words(KIND_TEXTS.get(one.kind, Words(one.kind, "")))
    pill = element("span", words(VERDICT_TEXTS[verdict]), "pill")
    title = element("div", element("h2", f"{one.index + 1} · {kind}") + pill, "title")
    about = ("" if one.seal is None else seal_figure(one.seal)) + facts_list(_facts(one))
    parts = [title, element("div", about, "about"), _heading("检查", "Checks")]
    parts.append(checks_list(one.checks, report.accepted))
    maker = None if one.seal is None else one.seal.maker_certificate
    chains = _chain(Words("签章人", "Signer"), one.signer_certificate, one.signer_path)
    chains += _chain(Words("制章人", "Maker of the seal"), maker, one.maker_path)
    parts.append(element("div", chains, "chains"))
    if one.timestamps:
        parts += [_heading("时间戳", "Time-stamps"), "".join(_stamp(stamp) for stamp in one.timestamps[:_MOST_LINKS])]
    departures = [*map(str, one.quirks[:_MOST_NOTES]), *one.variants[:_MOST_NOTES]]
    if departures:
        parts += [_heading("与标准不符之处", "Departures from the standards"), notes_list(departures)]
    return element("section", "".join(parts), f"signature {verdict}")


def _facts(one: SignatureReport) -> Iterable[Fact]:
    seal = one.seal
    if seal is not None:
        yield Fact(Words("印章名称", "Seal"), clipped(seal.name))
        yield Fact(Words("印章编码", "Seal code"), element("span", clipped(seal.seal_id), "code"))
        period = f"{time_shown(seal.valid_from)} – {time_shown(seal.valid_until)}"
        yield Fact(Words("印章有效期", "Seal valid"), period)
    if one.signer_certificate is not None:
        yield Fact(Words("签章人", "Signer"), clipped(certificate_text(one.signer_certificate)))
    if one.signed_at is not None:
        yield Fact(Words("时间戳时间", "Time-stamped"), time_shown(one.signed_at))
    if one.claimed_time is not None:
        yield Fact(Words("声称的签章时间", "Claimed time"), time_shown(one.claimed_time))
    if one.layout:
        yield Fact(Words("格式", "Format"), clipped(one.layout))
    if one.coverage:
        yield Fact(Words("保护范围", "Protects"), clipped(one.coverage))
    if one.name:
        yield Fact(Words("位于", "Stands in"), element("span", clipped(one.name), "code"))


def _chain(label: Words, certificate: Certificate | None, path: ValidatedPath | None) -> str:
    if certificate is None:
        return ""
    links = path.chain if path is not None else (certificate,)
    items = [certificate_item(link) for link in links[:_MOST_LINKS]]
    if path is not None:
        anchor = words(Words("信任锚", "trust anchor"))
        items.append(clipped(_name(path.anchor.subject)) + element("span", anchor, "small"))
    else:
        none = Words("没有得到认可的证书链", "no chain that was validated")
        items.append(element("span", words(none), "small"))
    chain = element("ol", "".join(element("li", item) for item in items), "chain")
    return element("div", element("h3", words(Words(f"{label.chinese}及证书链", f"{label.english}, chain"))) + chain)


def _stamp(stamp: StampedTime) -> str:
    facts = [Fact(Words("时间", "Time"), time_shown(stamp.time))]
    if stamp.certificate is not None:
        facts.append(Fact(Words("时间戳机构", "Authority"), clipped(certificate_text(stamp.certificate))))
    trusted = Words("受信任", "trusted") if stamp.is_trusted else Words("不受信任，时间不予采信", "not trusted")
    return facts_list([*facts, Fact(Words("信任", "Trust"), words(trusted))])


def _name(name: object) -> str:
    from gmpki.asn1.rfc5280 import Name
    from gmpki.x509.names import format_name

    return format_name(name, "as-encoded") if isinstance(name, Name) else str(name)


# ---- pages ----------------------------------------------------------------------------------------------------------
def _pages(report: DocumentReport, drawn: tuple[SealedPage, ...], more: int) -> str:
    title = section_title(Words("盖章页面", "Sealed pages"))
    if not drawn and not more:
        text = Words("页面上没有可见的签章。", "No seal shows on any page.")
        return element("section", title + element("p", words(text)))
    verdicts = {one.index: one.verdict(report.accepted).value for one in report.signatures}
    figures = "".join(page_figure(page, verdicts) for page in drawn)
    rest = ""
    if more:
        text = Words(f"另有 {more} 页带有签章，未在此显示。", f"{more} more pages carry seals and are not shown.")
        rest = element("p", words(text), "small")
    return element("section", title + element("div", figures, "pages") + rest)


# ---- small parts ----------------------------------------------------------------------------------------------------
def _heading(chinese: str, english: str) -> str:
    return element("h3", words(Words(chinese, english)))
