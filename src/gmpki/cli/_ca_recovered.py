"""Encryption keys that were recovered, and the files that they go into."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._ca_shown import outcome_report
from gmpki.cli._output import Report

if TYPE_CHECKING:
    from gmpki.ca.registration.carrying import Outcome

__all__ = ["form_option", "write_key"]

form_option = click.option(
    "--form",
    type=click.Choice(["envelope", "skf"]),
    default="envelope",
    show_default=True,
    help="SM2EnvelopedKey of GM/T 0009, or the block that a token imports.",
)


def _in_form(delivery: bytes, form: str) -> bytes:
    """Return an enveloped key in one of the forms."""
    from gmpki.x509.delivery import read_delivery

    envelope = read_delivery(delivery).envelope
    return envelope.to_skf_blob() if form == "skf" else envelope.to_der()


def write_key(outcome: Outcome, output: str, form: str, *, force: bool) -> Report:
    """Write the key that a recovery has given, and tell of it.

    :raises StateError: there is none.
    """
    from gmpki.errors import StateError

    if outcome.delivery is None:
        raise StateError("the recovery gave no key")
    _io.write_output(output, _in_form(outcome.delivery, form), private=True, force=force)
    report = outcome_report(outcome, [("加密密钥", "encryption key", output)], output=output, form=form)
    return Report(report.fields, [] if output == "-" else report.lines)
