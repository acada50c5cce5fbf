"""``gmpki selftest``: the known answers of every algorithm and the integrity of the library."""

from __future__ import annotations

import click

from gmpki.cli._output import Failure, Report, columns, json_option

__all__ = ["command"]

CHINESE_STATUS = {"passed": "通过", "failed": "失败", "unsupported": "本平台不支持"}


@click.command(name="selftest", epilog="\b\nExamples:\n  gmpki selftest\n  gmpki selftest --json")
@json_option
def command() -> Report:
    """Run the known-answer test of every algorithm and compare the library with the value it was linked with.

    运行各算法的已知答案测试，并检查密码库的完整性。

    The integrity check finds damage, not an attacker. Exit code 1 when a test fails.
    """
    from gmpki.algorithms import selftest

    report = selftest.run()
    tests = [{"name": result.name, "status": result.status, "detail": result.detail} for result in report.results]
    rows = [("test 测试项", "result 结果", "detail 说明")]
    rows += [(test["name"], f"{test['status']} {CHINESE_STATUS[test['status']]}", test["detail"]) for test in tests]
    failed = [test["name"] for test in tests if test["status"] == "failed"]
    failure = Failure("SelfTestError", f"failed: {', '.join(failed)}") if failed else None
    return Report({"tests": tests}, columns(rows), failure)
