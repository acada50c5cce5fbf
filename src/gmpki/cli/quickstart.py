"""``gmpki quickstart``: the main job, from a root certificate to sealed documents that are verified.

A root and an authority below it are founded in an SQLite database; an organisation and a person get their certificates
into UKeys; documents are sealed, signed and enveloped, verified, changed and refused; a pair is revoked. Every file
stays in one directory, and a page tells what was done.
"""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._files import INPUT, OUTPUT
from gmpki.cli._output import Failure, Report, columns, json_option, tell, wants_json
from gmpki.errors import GmpkiError, UnsupportedPlatform

if TYPE_CHECKING:
    from gmpki.cli._quickstart_space import StepRecord, Workspace

__all__ = ["command"]

NOTICE_EN = "gmpki is not a certified cryptographic module."
NOTICE_ZH = "gmpki 未取得商用密码产品认证。"
# A library of each extra that the story needs, which is there when the extra is.
EXTRAS = {"seal": ("lxml", "resvg_py", "PIL", "fontTools", "pyhanko", "pypdfium2"), "ca": ("sqlalchemy", "alembic")}


@click.command(
    name="quickstart",
    epilog="\b\nExamples:\n  gmpki quickstart --output demo",
)
@click.argument("documents", nargs=-1, type=INPUT, metavar="[FILE]...")
@click.option(
    "--output", "-o", type=OUTPUT, metavar="DIR", help="Where the files go.  [default: a new temporary directory]"
)
@json_option
def command(*, documents: tuple[str, ...], output: str | None) -> Report:
    """Found an authority, issue pairs into UKeys, seal documents, verify, revoke; keep every file.

    The documents are PDF or OFD. Without any, a contract that comes with gmpki is sealed in both forms. The page
    report.html shows what was done. It takes the extras "seal" and "ca".

    建立根 CA 与下级 CA，签发双证书到 UKey，为 PDF、OFD 签章，逐项验证与篡改，撤销；保留全部文件与一份报告。
    """
    _demand_extras()
    from gmpki.cli._quickstart_space import Workspace
    from gmpki.cli._quickstart_story import tell_story

    as_json = wants_json()
    space = Workspace(_directory(output), (lambda _: None) if as_json else _print_step)
    failure = None
    try:
        tell_story(space, documents)
    except GmpkiError as error:
        where = "" if space.current is None else f"step {space.current.name}: "
        failure = Failure(type(error).__name__, f"{where}{error}")
    return Report(_fields(space), () if failure else _end(space), failure)


def _demand_extras() -> None:
    """See that the libraries are there, before anything is written.

    :raises UnsupportedPlatform: when one is not.
    """
    missing = [extra for extra, modules in EXTRAS.items() if any(find_spec(module) is None for module in modules)]
    if missing:
        raise UnsupportedPlatform(f"libraries are missing; pip install 'gmpki[{','.join(missing)}]' brings them")


def _directory(output: str | None) -> str:
    if output is None:
        return tempfile.mkdtemp(prefix="gmpki-quickstart-")
    os.makedirs(output, mode=0o700, exist_ok=True)
    if os.listdir(output):
        raise click.UsageError(f"the directory {output} is not empty")
    return os.path.abspath(output)


# ---- what is said ---------------------------------------------------------------------------------------------------
def _print_step(step: StepRecord) -> None:
    title = f"{step.title.chinese}  {step.title.english}  {step.elapsed_s:.2f} s"
    tell(Report({}, [title, *columns(step.facts, indent=4)]))


def _end(space: Workspace) -> list[str]:
    refused = sum(finding.is_refusal for finding in space.findings)
    passed = len(space.findings) - refused
    total_s = sum(step.elapsed_s for step in space.steps)
    made = columns([(one.name, *one.what) for one in space.files], indent=2)
    return [
        "",
        f"生成的文件  made, in {space.directory}",
        *made,
        "",
        f"{passed} 项验证通过，{refused} 项应当拒绝的均已拒绝。  {passed} verifications passed, {refused} refusals.",
        f"{NOTICE_ZH}  {NOTICE_EN}",
        f"quickstart: {len(space.steps)} steps 步骤, {total_s:.1f} s, {space.path('report.html')}",
    ]


def _fields(space: Workspace) -> dict[str, Any]:
    steps = [
        {
            "name": step.name,
            "title": step.title.english,
            "title_zh": step.title.chinese,
            "elapsed_ms": round(step.elapsed_s * 1000, 3),
            "facts": [list(fact) for fact in step.facts],
        }
        for step in space.steps
    ]
    findings = [
        {
            "what": finding.what.english,
            "what_zh": finding.what.chinese,
            "outcome": "refused" if finding.is_refusal else "passed",
            "found": finding.found,
        }
        for finding in space.findings
    ]
    return {
        "directory": space.directory,
        "files": [one.name for one in space.files],
        "steps": steps,
        "findings": findings,
        "certified": False,
        "notice": NOTICE_EN,
    }
