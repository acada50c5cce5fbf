"""``gmpki conformance show``: everything about a check."""

from __future__ import annotations

import click

from gmpki.cli._conformance import both, check_fields, permissions_shown
from gmpki.cli._output import Report, facts, json_option

__all__ = ["command"]

# How sure a rule is, as gmpki.conformance.model.CONFIDENCE has it.
CONFIDENCE = {
    "A": "标准与实现均已核对 read in the standard and in code",
    "B": "一份标准或两种实现 one standard, or two implementations",
    "C": "一种实现 one implementation",
    "D": "未核实 not verified",
}


@click.command(name="show", epilog="\b\nExamples:\n  gmpki conformance show SKF-BUF-001")
@click.argument("identifier", metavar="ID")
@json_option
def command(*, identifier: str) -> Report:
    """Say everything about the check ID: its rule with clause and edition, how sure that is, how much it weighs, what
    it does, which functions it is about, and what it takes beyond reading.

    查看检测项：规则、条款与版本、可信度、级别、做法、涉及的函数、所需许可。
    """
    from gmpki.conformance.registry import check_named, groups
    from gmpki.conformance.report.wording import KIND, SEVERITY

    check = check_named(identifier.upper())
    title = next(group.title for group in groups(check.kind) if group.name == check.group)
    rows = [
        ("检测项", "check", check.id),
        ("名称", "title", check.title.zh),
        ("", "", check.title.en),
        ("接口", "interface", both(KIND[check.kind])),
        ("组", "group", f"{both(title)} ({check.group})"),
        ("依据", "clause", f"{check.clause.document} {check.clause.clause}".rstrip()),
        ("可信度", "confidence", f"{check.clause.confidence}: {CONFIDENCE[check.clause.confidence]}"),
        ("级别", "severity", both(SEVERITY[check.severity])),
        ("所需许可", "it takes", permissions_shown(check) or "只读 nothing but reading"),
    ]
    if check.precondition is not None:
        rows.append(("前提", "precondition", both(check.precondition)))
    rows.append(("做法", "what it does", check.description))
    rows += [
        ("函数" if not number else "", "functions" if not number else "", name)
        for number, name in enumerate(check.functions)
    ]
    rows.append(("时限", "time limit", f"{check.timeout_s:g} s"))
    return Report(check_fields(check), facts(rows))
