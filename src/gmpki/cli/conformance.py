"""``gmpki conformance``: checks of a token's driver. Each command stands in a module of its own, which loads when it is
asked for.
"""

from __future__ import annotations

import click

from gmpki.cli._group import LaterGroup

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "run": ("conformance_run", "Check a driver, and write a report", "检测驱动并生成报告"),
    "list": ("conformance_list", "List the checks that there are", "列出检测项"),
    "show": ("conformance_show", "Say what a check does, and by which clause", "查看检测项的内容与依据条款"),
    "report": ("conformance_report", "Show a report, and write its forms again", "查看报告，重新生成各种形式"),
    "verify": ("conformance_verify", "Verify who signed a report", "验证报告的签名"),
    "compare": ("conformance_compare", "Say what changed between two reports", "比较两份报告"),
}


@click.group(name="conformance", cls=LaterGroup, later=LATER)
def command() -> None:
    """Check a token's driver against GM/T 0016, GM/T 0027, GM/T 0017 and PKCS #11, and write a report for a buyer.

    It is a self-test: whoever runs it answers for it. It is no accredited test under GM/T 0063 or GM/T 0048. A run
    reads only, unless --allow-write, --allow-lock or --allow-init says more, and tells beforehand what it will do.

    密码令牌驱动符合性自测与报告：默认只读；写入、锁定 PIN、创建应用均需明确允许。本测试为自测，不是检测机构的检测。
    """
