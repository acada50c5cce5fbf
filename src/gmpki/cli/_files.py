"""File names on the command line: what ``-`` and its synonyms mean, completion, the options for outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    ParamType = click.ParamType[str]
else:
    ParamType = click.ParamType  # older ones are not generic

__all__ = ["INPUT", "OUTPUT", "FileName", "force_option", "output_option"]

STANDARD_INPUT = frozenset({"-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
STANDARD_OUTPUT = frozenset({"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"})


class FileName(ParamType):
    """The name of a file; each name of ``standard`` becomes ``-``."""

    name = "file"

    def __init__(self, standard: frozenset[str]) -> None:
        self._standard = standard

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name as the commands take it."""
        if not value:
            self.fail("a file name is not empty", param, ctx)
        return "-" if value in self._standard else value

    def shell_complete(self, _ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Let the shell complete names of files."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(incomplete, type="file")]


INPUT = FileName(STANDARD_INPUT)
OUTPUT = FileName(STANDARD_OUTPUT)

output_option = click.option(
    "--output",
    "-o",
    type=OUTPUT,
    default="-",
    metavar="FILE",
    help="Where the result goes; - is standard output.",
)
force_option = click.option("--force", is_flag=True, help="Replace output files that exist.")
