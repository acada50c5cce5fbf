"""Make the pages that list all checks of the suite, in both languages, from the checks themselves.

Run it from anywhere: ``python docs/conformance_checks.py``. A test compares the pages with what this makes.
"""

from __future__ import annotations

from pathlib import Path

from gmpki.conformance import Check, Kind, Permission, checks
from gmpki.conformance.registry import groups
from gmpki.conformance.report.wording import CONFIDENCE, KIND, SEVERITY

HERE = Path(__file__).resolve().parent
NAME = "conformance-checks.md"

TITLE = {"en": "All checks of drivers", "zh": "全部检测项"}
# Before the tables; what follows a number of checks; what stands where a check takes no permission.
INTRODUCTION = {
    "en": "What [the suite](conformance.md) checks, in the order in which it runs. Ids are stable: a check that is "
    "dropped leaves its\nnumber unused. `gmpki conformance show ID` says what a check does, and which functions it "
    "calls.\n\nConfidence, in brackets behind the clause: {confidence}.\n",
    "zh": "[测试套件](conformance.md)的全部检测项，按运行的次序。编号固定不变：取消的检测项，其编号不再使用。"
    "`gmpki conformance show 编号` 给出其做法与涉及的函数。\n\n条款后括号内为可信度：{confidence}。\n",
}
JOINT = {"en": "; ", "zh": "；"}
COUNT = {
    "en": "{all} checks, {required} of them required; {reading} read only.",
    "zh": "共 {all} 项，其中必须项 {required} 项；只读即可运行的 {reading} 项。",
}
HEAD = {
    "en": "| id | severity | what holds of a driver that is right | clause | takes |",
    "zh": "| 编号 | 级别 | 正确的驱动应有的表现 | 条款 | 所需许可 |",
}


def row(check: Check, language: str) -> str:
    """Return the row of a check."""
    permissions = ", ".join(one.value for one in Permission if one in check.permissions)
    severity = SEVERITY[check.severity].in_language(language)
    title = check.title.in_language(language).replace("|", "\\|")
    return f"| `{check.id}` | {severity} | {title} | {check.clause.shown} | {permissions} |"


def section(kind: Kind, language: str) -> str:
    """Return the tables of an interface."""
    every = checks(kind)
    counts = {
        "all": len(every),
        "required": sum(check.severity.value == "required" for check in every),
        "reading": sum(not check.permissions for check in every),
    }
    parts = [f"## {KIND[kind].in_language(language)}\n\n{COUNT[language].format(**counts)}\n"]
    for group in groups(kind):
        rows = "\n".join(row(check, language) for check in group.checks)
        title = group.title.in_language(language)
        parts.append(f"### {title}: `{group.name}`\n\n{HEAD[language]}\n|---|---|---|---|---|\n{rows}\n")
    return "\n".join(parts)


def page(language: str) -> str:
    """Return the page in "en" or "zh"."""
    confidence = JOINT[language].join(f"{mark} {words.in_language(language)}" for mark, words in CONFIDENCE.items())
    introduction = INTRODUCTION[language].format(confidence=confidence)
    sections = "\n".join(section(kind, language) for kind in Kind)
    return f"<!-- Made by docs/conformance_checks.py -->\n\n# {TITLE[language]}\n\n{introduction}\n{sections}"


def main() -> None:
    """Write both pages."""
    for language in TITLE:
        (HERE / language / NAME).write_text(page(language), encoding="utf-8")


if __name__ == "__main__":
    main()
