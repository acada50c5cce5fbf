"""``gmpki cert verify``: validate a certificate and the path to a trust anchor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._files import INPUT
from gmpki.cli._names import show_name
from gmpki.cli._options import together
from gmpki.cli._output import Failure, Report, facts, json_option
from gmpki.cli._serial_numbers import show_serial_number
from gmpki.cli._times import parse_time, show_time
from gmpki.cli._trust import load_certificates, read_certificates, read_checkers
from gmpki.cli._trust_folder import taking_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.errors import ValidationError
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.path import PathPolicy, PeerName, ValidatedPath
    from gmpki.x509.revocation import RevocationResult

__all__ = ["accepted", "command", "refused"]

# Written out so that --help imports nothing; a test compares them.
USAGES = (
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
)
# The values of gmpki.x509.path.Purpose, for the same reason.
PURPOSES = (
    "signing",
    "encryption",
    "tls-server",
    "tls-client",
    "tlcp-server-signing",
    "tlcp-server-encryption",
    "tlcp-client-signing",
    "tlcp-client-encryption",
    "time-stamping",
    "ocsp-signing",
)

FILES: dict[str, Any] = {"type": INPUT, "metavar": "FILE", "multiple": True}
OPTIONS = together(
    click.option(
        "--anchor",
        "anchors",
        help="Certificates that are trusted. Like the next three it may be given several times.",
        **FILES,
    ),
    click.option("--intermediate", "intermediates", help="Certificates that may stand between.", **FILES),
    click.option("--crl", "crls", help="A revocation list.", **FILES),
    click.option("--ocsp", "responses", help="An OCSP response, DER.", **FILES),
    taking_folder,
    click.option(
        "--revocation",
        type=click.Choice(["hard", "soft", "none"]),
        help="What must be known.  [default: hard with --crl or --ocsp, none without]",
    ),
    click.option("--at", "at_text", metavar="TIME", help="2026-03-01T08:00:00Z instead of now."),
    click.option("--dns", "dns", multiple=True, metavar="NAME", help="The host that subjectAltName must hold."),
    click.option("--ip", "ip", multiple=True, metavar="ADDRESS", help="The same for an address."),
    click.option("--email", "email", multiple=True, metavar="ADDRESS", help="The same for an e-mail address."),
    click.option("--usage", "usages", multiple=True, type=click.Choice(USAGES), help="A bit of keyUsage."),
    click.option("--purpose", type=click.Choice(PURPOSES), help="What the certificate is to be used for."),
    click.option(
        "--profile",
        type=click.Choice(["rfc5280", "webpki"]),
        default="rfc5280",
        show_default=True,
        help="Whose rules about the form hold; webpki: of servers on the public web.",
    ),
    click.option(
        "--lenient",
        is_flag=True,
        help="Accept what certificates in the field show: BER, the empty user id, no Z, extensions that should or "
        "should not be critical; name each departure.",
    ),
)


@click.command(
    name="verify",
    epilog="\b\nExamples:\n  gmpki cert verify --anchor root.pem --intermediate sub.pem user.pem\n"
    "  gmpki cert verify --anchor root.pem --intermediate sub.pem --crl root.crl --crl sub.crl user.pem\n"
    "  gmpki cert verify --anchor root.pem --purpose tlcp-server-signing --dns www.example.cn server.pem",
)
@click.argument("source", type=INPUT, metavar="[CERTIFICATE]", default="-")
@OPTIONS
@json_option
def command(
    *,
    source: str,
    anchors: tuple[str, ...],
    intermediates: tuple[str, ...],
    crls: tuple[str, ...],
    responses: tuple[str, ...],
    revocation: str | None,
    at_text: str | None,
    dns: tuple[str, ...],
    ip: tuple[str, ...],
    email: tuple[str, ...],
    usages: tuple[str, ...],
    purpose: str | None,
    profile: str,
    lenient: bool,
) -> Report:
    """Validate CERTIFICATE (standard input without one): a path to a trusted certificate, and revocation.

    Where the file holds more certificates, the first is validated and the others may stand between. Nothing is
    fetched. Exit code 1, with the reason and the certificate that it concerns, when there is no acceptable path.

    验证证书：构建到信任锚的证书链，检查签名、有效期、用途、名称、撤销状态；不通过时给出原因与所涉证书。
    """
    from gmpki.errors import ValidationError
    from gmpki.x509.path import validate_path

    if not anchors:
        raise click.UsageError("give --anchor with the certificates that are trusted, or --trust-folder")
    if revocation in ("hard", "soft") and not (crls or responses):
        raise click.UsageError(f"--revocation {revocation} needs --crl or --ocsp")
    at = parse_time(at_text, "--at")
    policy = _policy(revocation, usages, purpose, profile, _names(dns, ip, email), lenient=lenient)
    certificate, *others = read_certificates(source, lenient=lenient)
    for path in intermediates:
        others += read_certificates(path, lenient=lenient)
    # What is trusted is trusted as it is: a widely used root has a serial number that strict reading refuses.
    trusted = load_certificates(anchors, lenient=True)
    checkers = read_checkers(crls, responses, others, lenient=lenient)
    try:
        found = validate_path(
            certificate, anchors=trusted, intermediates=others, policy=policy, checkers=checkers, at=at
        )
    except ValidationError as error:
        return refused(certificate, error)
    return accepted(found)


def _names(dns: Sequence[str], ip: Sequence[str], email: Sequence[str]) -> tuple[PeerName, ...]:
    from gmpki.x509.path import PeerName

    return (*map(PeerName.dns, dns), *map(PeerName.ip, ip), *map(PeerName.email, email))


def _policy(
    revocation: str | None,
    usages: Sequence[str],
    purpose: str | None,
    profile: str,
    names: tuple[PeerName, ...],
    *,
    lenient: bool,
) -> PathPolicy:
    from gmpki.asn1.rfc5280.ext_keys import KeyUsages
    from gmpki.x509._spelling import KEY_USAGES
    from gmpki.x509.path import FIELD_DEPARTURES, PathPolicy, PathProfile, Purpose, RevocationMode
    from gmpki.x509.signatures import LENIENT_SIGNATURES, STANDARD_SIGNATURES

    wanted = KeyUsages(0)
    for usage in usages:
        wanted |= KEY_USAGES[usage]
    return PathPolicy(
        profile=PathProfile(profile),
        key_usage=wanted,
        purpose=None if purpose is None else Purpose(purpose),
        peer_names=names,
        revocation=None if revocation is None else RevocationMode(revocation),
        signatures=LENIENT_SIGNATURES if lenient else STANDARD_SIGNATURES,
        tolerated=FIELD_DEPARTURES if lenient else frozenset(),
    )


def _shown(certificate: Certificate) -> dict[str, str]:
    return {"subject": show_name(certificate.subject), "serial_number": show_serial_number(certificate.serial_number)}


def refused(certificate: Certificate, error: ValidationError) -> Report:
    """Return the answer about a certificate that has none."""
    from gmpki.x509.path import FIELD_DEPARTURES, REASONS

    concerned = error.certificate
    fields: dict[str, Any] = {
        "valid": False,
        **_shown(certificate),
        "reason": error.reason,
        "concerns": _shown(concerned) if concerned is not None else None,  # type: ignore[arg-type] # a certificate
    }
    rows = [
        ("证书", "certificate", fields["subject"]),
        ("原因", "reason", f"{error.reason}: {REASONS.get(error.reason, '')}"),
    ]
    if concerned is not None:
        shown = fields["concerns"]
        rows.append(("所涉证书", "concerns", f"{shown['subject']} ({shown['serial_number']})"))
    if error.reason in FIELD_DEPARTURES:
        rows.append(("提示", "hint", "--lenient accepts this, and names it"))
    return Report(fields, facts(rows), Failure.of(error))


def accepted(found: ValidatedPath) -> Report:
    """Return the answer about a certificate that has a path."""
    fields: dict[str, Any] = {
        "valid": True,
        **_shown(found.certificate),
        "chain": [_link(found, index) for index in range(len(found.chain))],
        "anchor": {"subject": show_name(found.anchor.subject)},
        "policies": sorted(found.policies),
        "departures": [{**_shown(d.certificate), "reason": d.reason, "message": d.message} for d in found.departures],
    }
    rows = [("证书有效", "certificate valid", fields["subject"])]
    for index, link in enumerate(fields["chain"]):
        label = ("证书", "certificate") if index == 0 else ("上级", "issuer")
        rows.append((*label, f"{link['subject']} ({link['serial_number']})"))
        rows.append(("有效期", "valid", f"{link['not_before']} - {link['not_after']}"))
        if "revocation" in link:
            rows.append(("撤销状态", "revocation", link["revocation"]["status"]))
        rows += [("与标准不符", "departure", quirk) for quirk in link["quirks"]]
    rows.append(("信任锚", "trust anchor", fields["anchor"]["subject"]))
    rows += [("已容忍", "tolerated", f"{d['reason']}: {d['message']} ({d['subject']})") for d in fields["departures"]]
    return Report(fields, facts(rows))


def _link(found: ValidatedPath, index: int) -> dict[str, Any]:
    certificate = found.chain[index]
    link: dict[str, Any] = {
        **_shown(certificate),
        "not_before": show_time(certificate.not_before),
        "not_after": show_time(certificate.not_after),
        "quirks": [str(quirk) for quirk in found.quirks[index]],
    }
    if found.revocation:
        link["revocation"] = _answer(found.revocation[index])
    return link


def _answer(result: RevocationResult) -> dict[str, str | None]:
    return {
        "status": result.status.value,
        "source": result.source,
        "this_update": show_time(result.this_update),
        "next_update": show_time(result.next_update),
        "detail": result.detail,
    }
