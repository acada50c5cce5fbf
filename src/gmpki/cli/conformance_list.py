"""``gmpki conformance list``: the checks that there are."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import click

from gmpki.cli._conformance import KINDS, both, check_fields, checks_chosen, permissions_shown, select_option
from gmpki.cli._options import together
from gmpki.cli._output import Report, columns, json_option

if TYPE_CHECKING:
    from gmpki.conformance import Check

__all__ = ["command"]

KIND_OPTIONS = together(
    click.option("--skf", is_flag=True, help="Those of SKF drivers."),
    click.option("--pkcs11", is_flag=True, help="Those of PKCS #11 modules."),
    click.option("--pcsc", is_flag=True, help="Those of tokens over PC/SC."),
)


@click.command(
    name="list",
    epilog="\b\nExamples:\n  gmpki conformance list --skf\n"
    "  gmpki conformance list --skf --select PIN --select rights\n  gmpki conformance list --select required --json",
)
@KIND_OPTIONS
@select_option
@json_option
def command(*, patterns: tuple[str, ...], **chosen: bool) -> Report:
    """List checks, in the order in which they run: id, severity, what they take beyond reading, and title.

    列出检测项：编号、级别、所需许可、名称；不加选项时列出全部接口的检测项。
    """
    from gmpki.conformance import Kind

    kinds = [Kind(name) for name in KINDS if chosen[name] or not any(chosen.values())]
    found = checks_chosen(kinds, patterns)
    lines = [line for kind in kinds for line in _lines([check for check in found if check.kind is kind])]
    lines.append(f"{len(found)} 个检测项  {len(found)} checks")
    return Report({"checks": [check_fields(check) for check in found]}, lines)


def _lines(found: list[Check]) -> list[str]:
    """Return the lines about the checks of one interface, by group."""
    from gmpki.conformance.registry import groups
    from gmpki.conformance.report.wording import SEVERITY

    if not found:
        return []
    titles = {group.name: group.title for group in groups(found[0].kind)}
    rows = [
        (check.id, both(SEVERITY[check.severity]), permissions_shown(check) or "–", both(check.title))
        for check in found
    ]
    aligned = iter(columns(rows, indent=2))
    lines = []
    for name, checks in groupby(found, key=lambda check: check.group):
        lines.append(f"{both(titles[name])} ({name})")
        lines += [next(aligned) for _ in checks]
    return lines
