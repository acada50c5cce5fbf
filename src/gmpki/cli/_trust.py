"""Whom a command trusts: files of certificates, revocation lists and OCSP responses, and what is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT
from gmpki.cli._hints import naming_lenient
from gmpki.cli._options import together
from gmpki.cli._trust_folder import taking_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from gmpki.cms.trust import Trust
    from gmpki.tsa.verify import TokenVerifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.revocation import RevocationChecker

__all__ = [
    "load_certificates",
    "read_certificates",
    "read_checkers",
    "read_file",
    "timestamps_of",
    "trust_of",
    "trust_options",
]

T = TypeVar("T")

MAX_RESPONSE_LEN = 1 << 20

trust_options = together(
    click.option(
        "--anchor",
        "anchors",
        type=INPUT,
        metavar="FILE",
        multiple=True,
        help="Certificates that are trusted. Like the next three it may be given several times.",
    ),
    click.option(
        "--intermediate",
        "intermediates",
        type=INPUT,
        metavar="FILE",
        multiple=True,
        help="Certificates that may stand between.",
    ),
    click.option("--crl", "crls", type=INPUT, metavar="FILE", multiple=True, help="A revocation list."),
    click.option("--ocsp", "responses", type=INPUT, metavar="FILE", multiple=True, help="An OCSP response, DER."),
    taking_folder,
    click.option("--signature-only", is_flag=True, help="Look at signatures alone, in place of --anchor."),
    click.option("--at", "at_text", metavar="TIME", help="2026-03-01T08:00:00Z instead of now."),
)


def read_file(path: str, read: Callable[..., T], *, max_len: int, lenient: bool) -> T:
    """Read what is in a file; errors about it name the file."""
    from gmpki.errors import InvalidInputError

    data = _io.read_input(path, max_len=max_len)
    try:
        with naming_lenient(lenient=lenient):
            return read(data, lenient=lenient)
    except InvalidInputError as error:
        error.args = (f"{_io.display_name(path)}: {error}",)
        raise


def read_certificates(path: str, *, lenient: bool) -> tuple[Certificate, ...]:
    """Read the certificates of a file."""
    from gmpki.cms.certificates import load_certificates
    from gmpki.x509._armour import MAX_FILE_LEN

    return read_file(path, load_certificates, max_len=MAX_FILE_LEN, lenient=lenient)


def load_certificates(paths: Iterable[str], *, lenient: bool = False) -> list[Certificate]:
    """Load every certificate of some files, in their order."""
    return [certificate for path in paths for certificate in read_certificates(path, lenient=lenient)]


def read_checkers(
    crls: Sequence[str], responses: Sequence[str], others: Sequence[Certificate], *, lenient: bool
) -> list[RevocationChecker]:
    """Return who can tell about revocation: responses first, which are about one certificate, then lists."""
    checkers: list[RevocationChecker] = []
    if responses:
        from gmpki.ocsp.checker import OCSPChecker
        from gmpki.ocsp.response import OCSPResponse

        found = [
            read_file(path, OCSPResponse.from_der, max_len=MAX_RESPONSE_LEN, lenient=lenient) for path in responses
        ]
        checkers.append(OCSPChecker(found))
    if crls:
        from gmpki.x509.crl import MAX_CRL_LEN, load_crl
        from gmpki.x509.crl_checker import CRLChecker

        lists = [read_file(path, load_crl, max_len=MAX_CRL_LEN, lenient=lenient) for path in crls]
        checkers.append(CRLChecker(lists, signers=others, lenient=lenient))
    return checkers


def trust_of(
    anchors: Sequence[str],
    intermediates: Sequence[str],
    crls: Sequence[str],
    responses: Sequence[str],
    at: datetime | None,
    *,
    signature_only: bool,
    lenient: bool,
) -> Trust:
    """Return whom a command trusts that verifies messages or time-stamps.

    :raises click.UsageError: when nobody is trusted and it was not asked for, or both were asked for.
    """
    from gmpki.cms.trust import Trust
    from gmpki.x509.path import FIELD_DEPARTURES, PathPolicy
    from gmpki.x509.signatures import LENIENT_SIGNATURES, STANDARD_SIGNATURES

    if signature_only is bool(anchors):
        raise click.UsageError(
            "give --anchor with the certificates that are trusted, --trust-folder, or --signature-only"
        )
    signatures = LENIENT_SIGNATURES if lenient else STANDARD_SIGNATURES
    others = load_certificates(intermediates, lenient=lenient)
    if signature_only:
        if crls or responses:
            raise click.UsageError("--signature-only looks at no chain; --crl and --ocsp have no place there")
        return Trust.signature_only(others, signatures=signatures)
    return Trust(
        # What is trusted is trusted as it is: a widely used root has a serial number that strict reading refuses.
        tuple(load_certificates(anchors, lenient=True)),
        tuple(others),
        PathPolicy(signatures=signatures, tolerated=FIELD_DEPARTURES if lenient else frozenset()),
        tuple(read_checkers(crls, responses, others, lenient=lenient)),
        at,
        signatures,
    )


def timestamps_of(
    anchors: Sequence[str],
    intermediates: Sequence[str],
    crls: Sequence[str],
    responses: Sequence[str],
    at: datetime | None,
    *,
    lenient: bool,
) -> TokenVerifier | None:
    """Return who verifies time-stamps; None when nobody is trusted for them."""
    from gmpki.tsa.verify import TokenVerifier
    from gmpki.x509.path import RevocationMode

    if not anchors:
        return None
    trust = trust_of(anchors, intermediates, crls, responses, at, signature_only=False, lenient=lenient)
    if trust.checkers:
        # They were given for the signers, whose authorities need not be those of time-stamps; what they know counts.
        trust = replace(trust, policy=replace(trust.policy, revocation=RevocationMode.SOFT))
    return TokenVerifier(trust, lenient=lenient)
