"""Groups of commands."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _output

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Group", "LaterGroup"]

_SENTENCE_LEN = 500


class Group(click.Group):
    """A group that lists its commands in the order of their definition, which is the order of their use."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with the whole first sentence of its help; click would cut it to one line."""
        with formatter.section("Commands"):
            commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
            formatter.write_dl([(name, found.get_short_help_str(_SENTENCE_LEN)) for name, found in commands if found])


class LaterGroup(Group):
    """A group most of whose commands stand in modules of their own, imported when a command is used.

    :ivar own: the commands that are defined with the group, which come first: one line in English, one in Chinese.
    :ivar later: the module in :mod:`gmpki.cli` of each other one, with the name that the command has there behind a
        colon where that is not "command"; and the same two lines.
    """

    def __init__(
        self,
        *arguments: Any,
        own: Mapping[str, tuple[str, str]] | None = None,
        later: Mapping[str, tuple[str, str, str]],
        **options: Any,
    ) -> None:
        """Make a group; everything else is click's."""
        super().__init__(*arguments, **options)
        self.own = dict(own or {})
        self.later = dict(later)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return [*super().list_commands(ctx), *self.later]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None when there is none of that name."""
        if cmd_name not in self.later:
            return super().get_command(ctx, cmd_name)
        name, _, attribute = self.later[cmd_name][0].partition(":")
        module = importlib.import_module(f"gmpki.cli.{name}")
        command: click.Command = getattr(module, attribute or "command")
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            rows = [(name, chinese, english) for name, (english, chinese) in self.own.items()]
            rows += [(name, chinese, english) for name, (_, english, chinese) in self.later.items()]
            for line in _output.columns(rows, indent=formatter.current_indent):
                formatter.write(line + "\n")
