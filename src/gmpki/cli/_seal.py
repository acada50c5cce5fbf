"""What the commands about seals share: whom they trust, which seals are in use, what they do without, where uses are
logged.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gmpki.cli._batch import refuse_standard_input
from gmpki.cli._files import INPUT
from gmpki.cli._times import parse_time
from gmpki.cli._trust import timestamps_of, trust_of, trust_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gmpki.cms.trust import Trust
    from gmpki.seal.report import DocumentReport
    from gmpki.seal.trust import SealTrust

__all__ = ["TrustChoice", "seal_trust_options"]

# The values of gmpki.seal.SealCheck, written out so that --help imports nothing; a test compares them.
CHECKS = (
    "structure",
    "references",
    "coverage",
    "changes",
    "digest",
    "signature",
    "signer-usage",
    "signer-chain",
    "signer-revocation",
    "signer-listed",
    "time",
    "time-stamp",
    "seal-copy",
    "seal-signature",
    "maker-usage",
    "maker-chain",
    "maker-revocation",
    "seal-validity",
    "seal-status",
)

Result = TypeVar("Result")


@dataclass(frozen=True)
class TrustChoice:
    """Whom the user said is trusted, and what he does without."""

    anchors: tuple[str, ...]
    intermediates: tuple[str, ...]
    crls: tuple[str, ...]
    responses: tuple[str, ...]
    signature_only: bool
    at_text: str | None
    maker_anchors: tuple[str, ...]
    tsa_anchors: tuple[str, ...]
    registry: str | None
    accept: tuple[str, ...]
    use_log: str | None
    lenient: bool

    @property
    def at(self) -> datetime | None:
        """The time for which paths have to be valid; None for now."""
        return None if self.at_text is None else parse_time(self.at_text, "--at")

    def trust(self) -> SealTrust:
        """Return whom the command trusts.

        :raises click.UsageError: when the options do not fit together.
        """
        from gmpki.seal.trust import SealTrust

        if self.signature_only and self.maker_anchors:
            raise click.UsageError("--signature-only looks at no chain; --maker-anchor has no place there")
        statuses = None
        if self.registry is not None:
            from gmpki.seal.file_registry import FileSealRegistry

            statuses = FileSealRegistry(self.registry)
        return SealTrust(
            self._trust(self.anchors, signature_only=self.signature_only),
            self._trust(self.maker_anchors) if self.maker_anchors else None,
            timestamps_of(
                self.tsa_anchors, self.intermediates, self.crls, self.responses, self.at, lenient=self.lenient
            ),
            statuses,
            frozenset(self.accept),
        )

    def shared(self) -> TrustChoice:
        """Return the same for several processes.

        :raises click.UsageError: when standard input is one of the files.
        """
        files = (self.anchors, self.intermediates, self.crls, self.responses, self.maker_anchors, self.tsa_anchors)
        refuse_standard_input(*(path for paths in files for path in paths))
        return self

    def recorder(self) -> Callable[[DocumentReport], object]:
        """Return what keeps a verification in the log of uses, where one was named."""
        if self.use_log is None:
            return lambda _: None
        from gmpki.cli._seal_signer import open_use_log
        from gmpki.seal.use_log import record_verification

        return functools.partial(record_verification, open_use_log(self.use_log))

    def _trust(self, anchors: tuple[str, ...], *, signature_only: bool = False) -> Trust:
        return trust_of(
            anchors,
            self.intermediates,
            self.crls,
            self.responses,
            self.at,
            signature_only=signature_only,
            lenient=self.lenient,
        )


def seal_trust_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Add what a command that verifies seals needs to know; it gets one :class:`TrustChoice` as ``trusting``."""

    @trust_options
    @click.option(
        "--maker-anchor",
        "maker_anchors",
        type=INPUT,
        metavar="FILE",
        multiple=True,
        help="Certificates that are trusted for makers of seals. Like the next it may be given several times.  "
        "[default: those of --anchor]",
    )
    @click.option(
        "--tsa-anchor",
        "tsa_anchors",
        type=INPUT,
        metavar="FILE",
        multiple=True,
        help="Certificates that are trusted for time-stamps.",
    )
    @click.option("--registry", type=INPUT, metavar="DIRECTORY", help="The registry that knows which seals are in use.")
    @click.option(
        "--accept",
        type=click.Choice(CHECKS),
        metavar="CHECK",
        multiple=True,
        help="Do without a check that cannot be made, such as seal-status or time-stamp. May be given several times. A "
        "check that failed is never accepted.",
    )
    @click.option(
        "--use-log", type=INPUT, metavar="FILE", help="Keep each verification in this file; made where there is none."
    )
    @click.option("--lenient", is_flag=True, help="Accept what documents in the field show, and name each departure.")
    @functools.wraps(command)
    def run(**parameters: Any) -> Result:
        choice = {name: parameters.pop(name) for name in TrustChoice.__dataclass_fields__}
        return command(trusting=TrustChoice(**choice), **parameters)

    decorated: Callable[..., Result] = run
    return decorated
