"""``gmpki seal uses``: the outbox of uses."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._files import INPUT
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal_report import shown_facts
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from gmpki.seal.use_log import LoggedUse

__all__ = ["command"]

HAND_ON_TIMEOUT_S = 300


@click.command(
    name="uses",
    epilog="\b\nExamples:\n  gmpki seal uses uses.log\n  gmpki seal uses --hand-on 'tee -a uploaded.json' uses.log",
)
@click.argument("source", type=INPUT, metavar="LOG")
@click.option(
    "--hand-on",
    metavar="COMMAND",
    help="Give them to this program, one line of JSON each; when it exits with 0 they count as handed on.",
)
@click.option("--batch", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many at once.")
@json_option
def command(*, source: str, hand_on: str | None, batch: int) -> Report:
    """Count the uses in LOG that were not handed on yet; with --hand-on, hand them on.

    Each use is handed on at least once, with its number: what a receiver gets twice, it knows by that.

    统计尚未上报的用章记录；--hand-on 逐批上报，失败则保留待报。
    """
    from gmpki.seal.use_log import FileUseLog

    log = FileUseLog(source)
    done = 0 if hand_on is None else log.drain(_program(hand_on), batch=batch)
    pending = log.pending
    rows = [("已上报", "handed on", str(done))] if hand_on is not None else []
    return Report({"handed_on": done, "pending": pending}, shown_facts([*rows, ("待上报", "pending", str(pending))]))


def shown_use(use: LoggedUse) -> dict[str, Any]:
    """Return a use for a program."""
    event = use.event
    return {
        "number": use.number,
        "time": show_time(event.time),
        "action": event.action,
        "document": event.name,
        "digest": event.digest.hex(),
        "seal_id": event.seal_id,
        "signer": event.signer,
        "result": event.result,
    }


def _program(command_line: str) -> Any:
    import shlex

    words = shlex.split(command_line)
    if not words:
        raise click.UsageError("--hand-on names no program")

    def give(uses: tuple[LoggedUse, ...]) -> None:
        lines = "".join(json.dumps(shown_use(use)) + "\n" for use in uses)
        try:
            done = subprocess.run(  # noqa: S603 - the program that the user named
                words, input=lines.encode("ascii"), stdout=subprocess.DEVNULL, timeout=HAND_ON_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise click.ClickException(f"{words[0]} did not end in {HAND_ON_TIMEOUT_S} s; the uses stay") from None
        if done.returncode != 0:
            raise click.ClickException(f"{words[0]} ended with {done.returncode}; the uses stay")

    return give
