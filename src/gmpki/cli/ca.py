"""``gmpki ca``: an authority. Each command stands in a module of its own, which loads when it is asked for."""

from __future__ import annotations

import click

from gmpki.cli._group import LaterGroup

__all__ = ["command"]

# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "init": ("ca_init", "Found an authority in a directory of its own", "在目录中建立认证机构"),
}


@click.group(name="ca", cls=LaterGroup, later=LATER)
def command() -> None:
    """Run a certification authority: registration, issuing, revocation, publication, reports.

    Everything of it is in one directory, --ca DIR or GMPKI_CA: ca.toml says where the database, the keys and the places
    of publication are. One password opens the key ring of the database and the key files in the directory. Whoever does
    something logs in with a key and the certificate that an administrator has appointed.

    认证机构（CA/RA）：注册、签发、撤销、发布、统计。
    """
