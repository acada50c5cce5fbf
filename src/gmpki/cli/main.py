"""The root of the command tree: which commands there are, and how an error becomes an answer."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from gmpki.cli import _output
from gmpki.errors import GmpkiError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cli", "main"]

# name -> (module, one line in English, one line in Chinese). The texts stand here so that --help imports no command.
COMMANDS: dict[str, tuple[str, str, str]] = {
    "key": ("key", "Make, show and convert keys", "生成、查看、转换密钥"),
    "hash": ("hash", "SM3 digests of files, and checking them", "计算与核对 SM3 摘要"),
    "sm2": ("sm2", "Sign, verify, encrypt, decrypt with SM2", "SM2 签名、验签、加密、解密"),
    "sm4": ("sm4", "Encrypt and decrypt files with SM4", "SM4 文件加密与解密"),
    "csr": ("csr", "Make, show and verify certificate requests", "生成、查看、验证证书请求"),
    "cert": ("cert", "Show, verify, judge and issue certificates", "查看、验证、检查、签发证书"),
    "crl": ("crl", "Show, verify and make revocation lists", "查看、验证、签发证书撤销列表"),
    "ocsp": ("ocsp", "Online certificate status", "在线证书状态查询"),
    "trust": ("trust", "Keep whom you trust, and fetch revocation lists", "信任目录与撤销列表更新"),
    "cms": ("cms", "Sign, verify, encrypt and decrypt messages", "消息签名、验签、数字信封"),
    "recipients": ("recipients", "Groups of recipients of encrypted messages", "收件人分组"),
    "tsa": ("tsa", "Time-stamps: request, reply, verify", "时间戳申请、签发、验证"),
    "p12": ("p12", "Make, show and take apart PKCS #12 files", "PKCS #12 密钥库的生成、查看、导出"),
    "token": ("token", "Use and manage tokens: UKeys, the software token", "令牌（UKey）的使用与管理"),
    "conformance": (
        "conformance",
        "Check a token's driver, and write a report of it",
        "密码令牌驱动符合性自测与报告",
    ),
    "seal": ("seal", "Make, show and manage electronic seals", "电子印章的制作、查看、管理"),
    "ofd": ("ofd", "Seal and verify OFD documents", "OFD 文档签章与验章"),
    "pdf": ("pdf", "Seal and verify PDF documents", "PDF 文档签章与验章"),
    "verify": ("verify", "Verify any signed or sealed file", "识别并验证各类文件"),
    "ca": ("ca", "Run a certification authority", "认证机构：注册、签发、撤销、发布、统计"),
    "kmc": ("kmc", "Keep encryption keys for authorities", "密钥管理中心：备用、在用、历史、恢复"),
    "log": ("log", "A log that shows every change", "防篡改日志"),
    "manifest": ("manifest", "Sign and check lists of files", "文件清单的签名与校验"),
    "quickstart": (
        "quickstart",
        "The main job: authority, UKeys, seals, and a report",
        "主要流程：CA、UKey、签章与报告",
    ),
    "selftest": ("selftest", "Known answers and library integrity", "密码算法自检与完整性检查"),
    "backends": ("backends", "Which implementation of each algorithm runs", "查看各算法的实现后端"),
}


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"gmpki.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            rows = [(name, chinese, english) for name, (_, english, chinese) in COMMANDS.items()]
            for line in _output.columns(rows, indent=formatter.current_indent):
                formatter.write(line + "\n")

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and turn what happened into one exit code: 0 ok, 1 failed, 2 usage.

        An error that is not foreseen is a bug and keeps its traceback.
        """
        arguments = list(sys.argv[1:] if args is None else args)
        prog_name = prog_name or "gmpki"
        if not standalone_mode:
            return super().main(arguments, prog_name, complete_var, False, **extra)
        try:
            code = super().main(arguments, prog_name, complete_var, False, **extra)
            sys.stdout.flush()
        except (GmpkiError, OSError, click.ClickException, click.Abort) as error:
            as_json = "--json" in arguments
            try:
                code = _answer_error(error, as_json=as_json)
            except OSError as unwritten:
                # Standard output does not take the answer either; a person may still read it.
                code = _answer_error(unwritten, as_json=False)
            _drop_what_cannot_be_written()
        sys.exit(code if isinstance(code, int) else 0)


def _answer_error(error: Exception, *, as_json: bool) -> int:
    """Tell the user what went wrong and return the exit code."""
    if isinstance(error, click.UsageError):
        _output.usage_error(error, as_json=as_json)
        return 2
    if isinstance(error, OSError) and error.errno == errno.EPIPE:
        return 1  # the reader of our output went away
    _output.error(error, as_json=as_json)
    return 1


def _drop_what_cannot_be_written() -> None:
    """Give up what standard output does not take. Python would complain once more, and change the exit code, when it
    flushes at exit.
    """
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        import gmpki

        click.echo(f"gmpki {gmpki.__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n  gmpki quickstart\n  gmpki key generate --output key.pem --public-output pub.pem\n"
    "  gmpki sm2 sign --key key.pem --output report.sig report.pdf\n\n"
    "gmpki is not a certified cryptographic module.  gmpki 未取得商用密码产品认证。",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def cli() -> None:
    """Chinese commercial cryptography: SM2, SM3, SM4.

    国密算法 SM2、SM3、SM4 命令行工具。

    Every command takes --json. Exit code: 0 ok, 1 verification or operation failed, 2 usage.
    """


def _terminate(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _fill_closed_streams() -> None:
    """Put something in the place of standard streams that are closed, so that no file we open lands there.

    To read standard input or to write standard output is then an error, as it should be; messages are lost.
    """
    for descriptor, (name, flags, mode) in enumerate(
        (("stdin", os.O_WRONLY, "r"), ("stdout", os.O_RDONLY, "w"), ("stderr", os.O_WRONLY, "w"))
    ):
        if getattr(sys, name) is not None:
            continue
        placed = os.open(os.devnull, flags)
        if placed != descriptor:
            os.dup2(placed, descriptor)
            os.close(placed)
        setattr(sys, name, os.fdopen(descriptor, mode, encoding="utf-8", closefd=False))


def main() -> None:
    """Run the command line of this process."""
    _fill_closed_streams()
    # As after Ctrl-C, a file that is half written is removed before the process ends; nohup stays what it is.
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _terminate)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # File names that are no text pass through as they are; what the stream cannot carry is escaped.
            utf8 = (stream.encoding or "").lower() in ("utf-8", "utf8")
            reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")
    cli()
