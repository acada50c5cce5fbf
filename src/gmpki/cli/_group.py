"""Groups of commands."""

from __future__ import annotations

import click

__all__ = ["Group"]


class Group(click.Group):
    """A group that lists its commands in the order of their definition, which is the order of their use."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)
