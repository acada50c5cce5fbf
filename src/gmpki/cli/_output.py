"""What a command says: text for a person, or one JSON object for a program."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from gmpki.errors import PinIncorrectError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = [
    "Failure",
    "Report",
    "check_output",
    "columns",
    "error",
    "facts",
    "json_option",
    "refuse_json_beside_output",
    "sentence",
    "tell",
    "usage_error",
    "visible",
    "wants_json",
]

# What an error is called in Chinese; the sentence that follows it is the exception's own.
CHINESE_NAMES = {
    "Abort": "已中止",
    "BackendError": "后端不可用",
    "ChecksumMismatch": "摘要不符",
    "ConflictError": "记录冲突",
    "Declined": "未执行",
    "DecodeError": "编码错误",
    "DecryptionError": "无法解密",
    "DriverCrashedError": "驱动已崩溃",
    "DriverError": "驱动不可用",
    "FaultDetected": "检测到计算故障",
    "FetchError": "下载失败",
    "FileExistsError": "文件已存在",
    "FileNotFoundError": "找不到文件",
    "InvalidInputError": "输入无效",
    "InvalidPointError": "公钥无效",
    "InvalidScalarError": "私钥无效",
    "InvalidSignature": "签名无效",
    "InvalidTag": "认证标签不符",
    "InvalidTypeError": "输入类型有误",
    "IsADirectoryError": "是目录而非文件",
    "IssuerRefusedError": "签发方拒绝",
    "KeyMismatchError": "密钥不匹配",
    "LifeCycleError": "当前状态不允许此操作",
    "LimitExceeded": "超出限制",
    "LintErrors": "证书有错误",
    "LoginError": "登录未通过",
    "LoginRequiredError": "需要先验证 PIN 或设备",
    "MessageError": "消息不可接受",
    "NoRecipientError": "没有接收者的私钥",
    "NotADirectoryError": "不是目录",
    "NotFoundError": "没有这条记录",
    "NotPermittedError": "没有权限",
    "OSError": "读写失败",
    "PermissionError": "没有权限",
    "PinIncorrectError": "PIN 错误",
    "PinLockedError": "PIN 已锁定",
    "PinRejectedError": "PIN 不合要求",
    "PolicyError": "算法策略不允许",
    "ProfileError": "不符合模板或规范",
    "PublicationError": "发布失败",
    "RandomSourceError": "随机源故障",
    "ResponderError": "OCSP 服务未予答复",
    "RevocationUnknownError": "撤销状态未知",
    "RevokedError": "证书已撤销",
    "SealError": "印章或签章不可接受",
    "SelfTestError": "自检失败",
    "StateError": "当前状态不允许",
    "StoreError": "数据库不可用",
    "TamperedError": "数据已被改动",
    "TimestampError": "时间戳无效",
    "TimestampRejected": "时间戳机构未予签发",
    "TokenError": "令牌操作失败",
    "TokenExistsError": "令牌中已有该对象",
    "TokenFullError": "令牌空间已满",
    "TokenNotFoundError": "令牌中没有该对象",
    "TokenRemovedError": "令牌已拔出",
    "TokenTimeoutError": "令牌响应超时",
    "TokenUnsupportedError": "令牌不支持",
    "UnknownKeyError": "没有该密钥",
    "UnsupportedAlgorithm": "不支持的算法或格式",
    "UnsupportedPlatform": "不支持的平台",
    "ValidationError": "验证未通过",
}


class Declined(click.Abort):
    """A question whether to go on was answered, and not with yes."""


@dataclass(frozen=True)
class Failure:
    """Why a command that ran to its end did not succeed.

    :ivar reason: the stable code of a ValidationError.
    :ivar tries_left: of a PIN that was wrong.
    """

    type: str
    message: str
    reason: str | None = None
    tries_left: int | None = None

    @classmethod
    def of(cls, problem: Exception) -> Failure:
        """Return what an exception says."""
        reason = problem.reason if isinstance(problem, ValidationError) else None
        tries_left = problem.tries_left if isinstance(problem, PinIncorrectError) else None
        return cls(type(problem).__name__, sentence(problem), reason, tries_left)


@dataclass(frozen=True)
class Report:
    """What a command hands back: ``fields`` for a program, ``lines`` for a person, ``failure`` if it failed.

    A line of bytes is written as it is.
    """

    fields: Mapping[str, Any]
    lines: Sequence[str | bytes] = ()
    failure: Failure | None = field(default=None)

    def as_json(self) -> dict[str, Any]:
        """Return the one object that ``--json`` prints."""
        answer: dict[str, Any] = {"ok": self.failure is None}
        if self.failure is not None:
            answer["error"] = {"type": self.failure.type, "message": self.failure.message}
            for name in ("reason", "tries_left"):
                value = getattr(self.failure, name)
                if value is not None:
                    answer["error"][name] = value
        answer.update(self.fields)
        return answer


def json_option(command: Callable[..., Report]) -> Callable[..., int]:
    """Add ``--json`` to a command that returns a :class:`Report`, print the report, return the exit code.

    A command whose result may go to standard output asks :func:`wants_json` and then puts a short result into the
    report, or calls :func:`refuse_json_beside_output`.
    """

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object, errors included.")
    @functools.wraps(command)
    def run(*, as_json: bool, **parameters: Any) -> int:
        report = command(**parameters)
        _tell(report, as_json=as_json)
        return 0 if report.failure is None else 1

    return run


def tell(report: Report) -> None:
    """Print what a command that goes on has to say so far, as it prints its last report."""
    _tell(report, as_json=wants_json())
    sys.stdout.flush()


def _tell(report: Report, *, as_json: bool) -> None:
    if as_json:
        _print_json(report.as_json())
        return
    for line in report.lines:
        _echo(visible(line) if isinstance(line, str) else line)
    if report.failure is not None:
        _print_failure(report.failure)


def wants_json() -> bool:
    """Tell whether the command that runs was given ``--json``."""
    return bool(click.get_current_context().params["as_json"])


def refuse_json_beside_output(output: str, option: str = "--output") -> None:
    """Refuse ``--json`` where the result itself goes to standard output.

    :param option: that says where the result goes.
    :raises click.UsageError: both would be printed there.
    """
    if output == "-" and wants_json():
        raise click.UsageError(f"--json needs {option} FILE: standard output holds the answer")


def check_output(output: str, *, binary: bool, force: bool) -> None:
    """Refuse an output early that cannot be written.

    :raises click.UsageError: standard output is asked for two things, or would take a terminal binary data.
    :raises FileExistsError: the file exists.
    """
    from gmpki.cli import _io  # the list of commands needs none of it

    refuse_json_beside_output(output)
    if binary:
        _io.refuse_terminal(output)
    _io.refuse_existing(output, force=force)


def error(problem: Exception, *, as_json: bool) -> None:
    """Tell of an operation that failed."""
    failure = Failure.of(problem)
    if as_json:
        _print_json(Report({}, failure=failure).as_json())
    else:
        _print_failure(failure)


def usage_error(problem: click.UsageError, *, as_json: bool) -> None:
    """Tell of a command line that does not make sense."""
    if as_json:
        _print_json(Report({}, failure=Failure("UsageError", problem.format_message())).as_json())
    else:
        with contextlib.suppress(OSError):
            click.UsageError(visible(problem.format_message()), problem.ctx).show()


def sentence(problem: Exception) -> str:
    """Say what an exception says, and which file it is about."""
    if isinstance(problem, click.ClickException):
        return problem.format_message()
    if isinstance(problem, Declined):
        return "the answer was not yes; nothing was done"
    if isinstance(problem, click.Abort):
        return "interrupted; no half-written file is left"
    if isinstance(problem, OSError) and problem.strerror is not None:
        where = f": {os.fsdecode(problem.filename)}" if isinstance(problem.filename, (str, bytes)) else ""
        return f"{problem.strerror}{where}"
    return str(problem)


def visible(text: str) -> str:
    """Write characters that a terminal obeys or hides as escapes; a certificate or a token may have sent them.

    Lines and tabulators stay.
    """
    if text.isprintable():
        return text
    import json

    return "".join(char if char.isprintable() or char in "\n\t" else json.dumps(char)[1:-1] for char in text)


def _print_failure(failure: Failure) -> None:
    chinese = CHINESE_NAMES.get(failure.type)
    name = f"{chinese} {failure.type}" if chinese else failure.type
    # Where standard error takes nothing, the exit code still tells.
    with contextlib.suppress(OSError):
        click.echo(visible(f"gmpki: {name}: {failure.message}"), err=True)


def _print_json(answer: Mapping[str, Any]) -> None:
    import json

    text = visible(json.dumps(answer, ensure_ascii=False))
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        # The stream cannot carry Chinese, or a file name is not text: escapes say the same.
        text = json.dumps(answer)
    _echo(text)


def _echo(text: str | bytes) -> None:
    try:
        click.echo(text)
    except OSError as problem:
        problem.filename = "standard output"
        raise


def _width(text: str) -> int:
    """Return how many columns a terminal needs for ``text``: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def columns(rows: Iterable[Sequence[str]], *, indent: int = 0) -> list[str]:
    """Align rows of equal length into columns with two spaces between them; the last column is not padded."""
    table = [tuple(row) for row in rows]
    widths = [max(_width(cell) for cell in column) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        lines.append((" " * indent + "  ".join(cells)).rstrip())
    return lines


def facts(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """Align ``(Chinese label, English label, value)`` rows."""
    return columns(rows)
