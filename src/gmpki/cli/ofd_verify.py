"""``gmpki ofd verify``: the seals and signatures of OFD documents, one or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._batch import each
from gmpki.cli._files import INPUT
from gmpki.cli._output import Report, json_option
from gmpki.cli._seal import TrustChoice, seal_trust_options

if TYPE_CHECKING:
    from gmpki.seal.report import DocumentReport

__all__ = ["command"]

# The length that gmpki.seal.ofd.DEFAULT_LIMITS lets a package have; a test compares them.
MAX_OFD_LEN = 256 << 20


@click.command(
    name="verify",
    epilog="\b\nExamples:\n"
    "  gmpki ofd verify --anchor root.pem --maker-anchor maker-root.pem --crl root.crl --crl maker.crl "
    "--tsa-anchor tsa-root.pem --registry seals contract.ofd\n"
    "  gmpki ofd verify --signature-only --accept signer-chain --accept signer-revocation --accept maker-chain "
    "--accept maker-revocation --accept time-stamp --accept seal-status contract.ofd",
)
@click.argument("sources", type=INPUT, metavar="FILE...", nargs=-1, required=True)
@seal_trust_options
@json_option
def command(*, sources: tuple[str, ...], trusting: TrustChoice) -> Report:
    """Verify every seal and signature of OFD documents.

    Each signature is judged: the files that it protects, what it leaves out, what came after it, its value, the signer,
    the seal and its maker. Exit code 1 unless everything holds and everything was checked that --accept does not name.

    验证 OFD 文档的签章：逐个检查受保护文件、保护范围、签章后的变更、签名值、签章人、印章与制章人。
    """
    from gmpki.errors import GmpkiError
    from gmpki.seal.ofd import verify_ofd

    trust = trusting.trust()
    found: list[tuple[str, DocumentReport | Exception]] = []
    for source in each(sources, "验证 verifying"):
        name = _io.display_name(source)
        try:
            data = _io.read_input(source, max_len=MAX_OFD_LEN)
            found.append((name, verify_ofd(data, trust, lenient=trusting.lenient, now=trusting.at, name=name)))
        except (GmpkiError, OSError) as error:
            found.append((name, error))
    return trusting.answer(found)
