"""Alternative names on the command line, such as ``DNS:www.example.cn``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import GeneralName

__all__ = ["alternative_name", "san_option"]

KINDS = ("DNS", "email", "URI", "IP")

san_option = click.option(
    "--san", multiple=True, metavar="KIND:NAME", help="An alternative name: DNS, email, URI or IP."
)


def alternative_name(text: str) -> GeneralName:
    """Return the name that an option gives.

    :raises click.UsageError: when its kind is not known.
    :raises InvalidInputError: when the name cannot be of its kind.
    """
    from gmpki.asn1.rfc5280 import GeneralName

    kind, _, value = text.partition(":")
    makers = (GeneralName.dns, GeneralName.email, GeneralName.uri, GeneralName.ip)
    for name, make in zip(KINDS, makers, strict=True):
        if kind.lower() == name.lower():
            return make(value)
    raise click.UsageError(f"--san takes {', '.join(f'{name}:...' for name in KINDS)}, not {text!r}")
