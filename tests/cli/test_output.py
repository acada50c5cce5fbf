"""What commands print: JSON that a terminal neither obeys nor hides."""

from __future__ import annotations

import json

import click
import pytest

from gmpki import errors
from gmpki.cli import _output

SPECIAL = "张三\x1b[2J\x9b31m\u202egnp.exe\u2066\u200b\u2028\x85\x7f\r\n\U000e0041\u3000"


def test_json_holds_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    _output._print_json({"name": SPECIAL, SPECIAL: ["统一社会信用代码", 1, None]})
    printed = capsys.readouterr().out
    assert printed.endswith("}\n")
    assert printed[:-1].isprintable()
    assert "统一社会信用代码" in printed
    assert json.loads(printed) == {"name": SPECIAL, SPECIAL: ["统一社会信用代码", 1, None]}


HOSTILE = "con\x1b[2J\x9b31m\u202e\x07\x7f"
SHOWN = r"con\u001b[2J\u009b31m\u202e\u0007\u007f"


def test_lines_and_failures_hold_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    """Names come from certificates and tokens; lines, tabulators and Chinese stay as they are."""
    failure = _output.Failure("TokenNotFoundError", f"it has {HOSTILE}")
    _output._tell(_output.Report({}, [f"容器\t{HOSTILE}\nb", b"\x1b"], failure), as_json=False)
    printed = capsys.readouterr()
    assert printed.out == f"容器\t{SHOWN}\nb\n\x1b\n"
    assert printed.err.endswith(f"it has {SHOWN}\n")


def test_usage_errors_hold_no_control_characters(capsys: pytest.CaptureFixture[str]) -> None:
    _output.usage_error(click.UsageError(f"only one try is left for {HOSTILE}"), as_json=False)
    assert SHOWN in capsys.readouterr().err


def test_every_error_has_a_chinese_name() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.GmpkiError)]
    assert len(kinds) > 25
    assert [kind.__name__ for kind in kinds if kind.__name__ not in {"GmpkiError", *_output.CHINESE_NAMES}] == []
