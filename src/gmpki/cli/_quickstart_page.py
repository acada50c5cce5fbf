"""The page that quickstart ends with: the seal, the sealed pages, the chain, what was verified, how long it took."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import gmpki
from gmpki.cli._quickstart_space import Said
from gmpki.seal._report_figures import certificate_item, page_figure, seal_figure, time_shown
from gmpki.seal._report_markup import Fact, clipped, element, facts_list, page, section_title, words
from gmpki.seal._report_style import STYLE
from gmpki.seal.report_pages import sealed_pages
from gmpki.seal.report_words import Words, certificate_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from gmpki.cli._quickstart_documents import Sealing
    from gmpki.cli._quickstart_findings import Verified
    from gmpki.cli._quickstart_space import Finding, Timing, Workspace
    from gmpki.tokens.limits import Judgement
    from gmpki.x509.certificate import Certificate

__all__ = ["story_page"]

_STYLE = (
    STYLE
    + """
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; font-size: .9rem; white-space: nowrap; }
td { overflow-wrap: anywhere; }
td .en { display: block; line-height: 1.3; color: var(--soft); font-size: .8rem; }
th.number { text-align: right; padding-right: 1.5rem; }
td.number { white-space: nowrap; font-variant-numeric: tabular-nums; text-align: right; padding-right: 1.5rem; }
td.word { white-space: nowrap; color: var(--tone); font-weight: 600; }
.tree { margin-left: 5px; }
.tree .tree { margin: .7rem 0 0 .6rem; }
.tree > li { border-left: 2px solid var(--line); padding: 0 0 .7rem 1rem; overflow-wrap: anywhere; }
.tree > li:last-child { padding-bottom: 0; }
.role { color: var(--soft); font-size: .85rem; display: block; }
.file, header .small { margin-top: 1.25rem; }
a { color: #1f4f8f; }
.findings td:nth-child(2) { width: 38%; }
@media (max-width: 40rem) {
  table { font-size: .85rem; }
  th.number, td.number { padding-right: .7rem; }
  .findings thead, .findings td:first-child { display: none; }
  .findings tr { display: grid; grid-template-columns: minmax(0, 1fr) auto; border-bottom: 1px solid var(--line); }
  .findings td { border: 0; padding: .4rem 0 0; }
  .findings td:nth-child(2) { width: auto; padding-right: 1rem; }
  .findings td:last-child { grid-column: 1 / -1; padding: .1rem 0 .5rem; font-size: .85rem; color: var(--soft); }
}
"""
)


def story_page(
    space: Workspace,
    *,
    at: datetime,
    sealing: Sealing,
    verified: Sequence[Verified],
    tree: Sequence[Certificate],
    issued: Mapping[Said, Certificate],
    judgement: Judgement,
) -> str:
    """Return the page.

    :param tree: the root, and the authorities below it.
    :param issued: what the lowest of them has issued, by what it is for.
    """
    parts = [
        _header(space, at),
        _seal(sealing),
        *(_document(number, one) for number, one in enumerate(verified, 1)),
        _chain(tree, issued),
        _findings(space.findings),
        _limits(judgement),
        _timings(space.timings),
        _files(space),
        element("footer", element("p", f"gmpki {gmpki.__version__}")),
    ]
    return page("gmpki quickstart", "\n".join(parts), _STYLE)


def _header(space: Workspace, at: datetime) -> str:
    count = len(space.findings)
    refused = sum(finding.is_refusal for finding in space.findings)
    badge = element("strong", words(Words("全部符合预期", "All as it should be"))) + element(
        "span",
        words(
            Words(
                f"{count - refused} 项验证通过，{refused} 项应当拒绝的均已拒绝。",
                f"{count - refused} verifications passed, {refused} refusals where there had to be one.",
            )
        ),
    )
    total_s = sum(step.elapsed_s for step in space.steps)
    steps = f"{len(space.steps)} · {total_s:.1f} s"
    notice = Words(
        "gmpki 未取得商用密码产品认证；本次演示中的单位、人员、印章均为虚构，软令牌不是经认证的硬件。",
        "gmpki is not a certified cryptographic module; the parties and the seal are invented, and the software token "
        "is no certified hardware.",
    )
    facts = facts_list(
        [
            Fact(Words("时间", "Time"), time_shown(at)),
            Fact(Words("步骤与用时", "Steps, time"), clipped(steps)),
            Fact(Words("目录", "Directory"), element("span", clipped(space.directory), "code")),
        ]
    )
    return element(
        "header",
        element("p", "gmpki quickstart", "eyebrow")
        + element("h1", words(Words("从根证书到签章验证", "From a root certificate to a verified seal")))
        + element("div", badge, "verdict")
        + facts
        + element("p", words(notice), "small"),
        "valid",
    )


def _seal(sealing: Sealing) -> str:
    seal = sealing.seal
    period = f"{time_shown(seal.valid_from)} – {time_shown(seal.valid_until)}"
    facts = facts_list(
        [
            Fact(Words("印章名称", "Seal"), clipped(seal.name)),
            Fact(Words("印章编码", "Seal code"), element("span", clipped(seal.seal_id), "code")),
            Fact(Words("格式", "Format"), clipped(seal.layout.value)),
            Fact(Words("有效期", "Valid"), period),
            Fact(Words("制章人", "Maker"), clipped(certificate_text(seal.maker_certificate))),
            Fact(Words("签章人", "Signer"), clipped(certificate_text(sealing.certificate))),
        ]
    )
    body = element("div", seal_figure(seal) + facts, "about")
    return element("section", section_title(Words("印章", "The seal")) + body)


def _document(number: int, one: Verified) -> str:
    drawn, _ = sealed_pages(one.report, one.data, 4)
    verdicts = {signature.index: "valid" for signature in one.report.signatures}
    figures = element("div", "".join(page_figure(each, verdicts) for each in drawn), "pages")
    stamped = one.report.signatures[0].signed_at
    facts = [
        Fact(Words("文件", "File"), _link(one.document.sealed_name)),
        Fact(Words("验章报告", "Report"), _link(one.report_name)),
        Fact(Words("结论", "Verdict"), words(Words("有效", "valid"))),
    ]
    if stamped is not None:
        facts.append(Fact(Words("时间戳时间", "Time-stamped"), time_shown(stamped)))
    label = one.document.kind.upper()
    title = section_title(Words(f"签章后的文档 {number}：{label}", f"Sealed document {number}"))
    return element("section", title + facts_list(facts) + element("div", figures, "file"))


def _chain(tree: Sequence[Certificate], issued: Mapping[Said, Certificate]) -> str:
    leaves = "".join(
        element("li", element("span", words(Words(*what)), "role") + certificate_item(certificate))
        for what, certificate in issued.items()
    )
    shown = element("ol", leaves, "tree")
    roles = [Words("根", "root"), *(Words("下级机构", "subordinate authority") for _ in tree[1:])]
    for role, certificate in zip(reversed(roles), reversed(tree), strict=True):
        item = element("span", words(role), "role") + certificate_item(certificate) + shown
        shown = element("ol", element("li", item), "tree")
    return element("section", section_title(Words("证书", "Certificates")) + shown)


def _findings(findings: Sequence[Finding]) -> str:
    rows = []
    for number, finding in enumerate(findings, 1):
        outcome = Words("拒绝", "refused") if finding.is_refusal else Words("通过", "passed")
        rows.append(
            [
                (str(number), "number"),
                (words(Words(*finding.what)), ""),
                (words(outcome), f"word {'incomplete' if finding.is_refusal else 'valid'}"),
                (clipped(finding.found), ""),
            ]
        )
    heads = [Words("", ""), Words("检查", "Check"), Words("结果", "Outcome"), Words("说明", "Found")]
    return element("section", section_title(Words("验证结果", "What was verified")) + _table(heads, rows, "findings"))


def _limits(judgement: Judgement) -> str:
    rows = []
    for row in judgement.rows:
        passed = row.verdict.value == "passed"
        missing = row.measurement is None
        outcome = Words("通过", "passed") if passed else Words("无", "absent") if missing else Words("超限", "failed")
        rows.append(
            [
                (clipped(f"{row.limit.algorithm} {row.limit.operation}"), ""),
                (clipped("–" if missing else row.shown_figure), "number"),
                (clipped(row.shown_limit), "number"),
                (clipped(row.shown_margin), "number"),
                (words(outcome), f"word {'incomplete' if missing else 'valid' if passed else 'invalid'}"),
            ]
        )
    heads = [
        Words("操作", "Operation"),
        Words("测得", "Measured"),
        Words("指标", "Limit"),
        Words("余量", "Margin"),
        Words("结论", "Verdict"),
    ]
    title = Words(
        f"软令牌的性能与指标：{judgement.profile.title_zh}",
        f"The software token beside limits: {judgement.profile.title}",
    )
    note = Words(
        "SM1 与 SSF33 只存在于硬件中；这里测的是软令牌，不是 UKey。",
        "SM1 and SSF33 exist in hardware alone; this is the software token, not a UKey.",
    )
    return element("section", section_title(title) + _table(heads, rows) + element("p", words(note), "small"))


def _timings(timings: Iterable[Timing]) -> str:
    """Return one row for each kind of operation, with the mean where it was done more than once."""
    kinds: dict[Said, list[float]] = {}
    for timing in timings:
        kinds.setdefault(timing.what, []).append(timing.elapsed_s)
    rows = [
        [
            (words(Words(*what)), ""),
            (str(len(times)), "number"),
            (f"{sum(times) / len(times) * 1000:,.1f} ms", "number"),
        ]
        for what, times in kinds.items()
    ]
    heads = [Words("操作", "Operation"), Words("次数", "Count"), Words("平均", "Mean")]
    title = section_title(Words("各项操作的用时", "How long each operation took"))
    return element("section", title + _table(heads, rows))


def _files(space: Workspace) -> str:
    rows = [[(_link(one.name), ""), (words(Words(*one.what)), "")] for one in space.files]
    heads = [Words("文件", "File"), Words("内容", "What it is")]
    return element("section", section_title(Words("生成的文件", "What was made")) + _table(heads, rows))


def _table(heads: Sequence[Words], rows: Sequence[Sequence[tuple[str, str]]], name: str = "") -> str:
    """Return a table; a column of numbers has a heading above its numbers."""
    kinds = ["number" if kind == "number" else "" for _, kind in rows[0]] if rows else [""] * len(heads)
    head = "".join(element("th", words(one), kind) for one, kind in zip(heads, kinds, strict=True))
    body = "".join(element("tr", "".join(element("td", cell, kind) for cell, kind in row)) for row in rows)
    table = element("table", element("thead", element("tr", head)) + element("tbody", body), name)
    return element("div", table, "wide")


def _link(name: str) -> str:
    return f'<a href="{quote(name)}">{clipped(name)}</a>'
