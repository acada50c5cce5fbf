"""``gmpki crl new``: make a revocation list, anew or from the previous one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io, _issuing, _keys, _times
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._names import show_name
from gmpki.cli._output import Report, facts, json_option, refuse_json_beside_output
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._serial_numbers import show_serial_number
from gmpki.cli._times import parse_time, show_time

if TYPE_CHECKING:
    from datetime import datetime

    from gmpki.asn1.rfc5280.ext_crl import ReasonCode
    from gmpki.keys.loader import PrivateKey
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList
    from gmpki.x509.crl_builder import CRLBuilder, Revocation

__all__ = ["command"]

MAX_CRL_LEN = 1 << 28
MAX_LIST_LEN = 1 << 26
# The names of RFC 5280 5.3.1, without what only delta lists have.
REASONS = {
    "unspecified": "UNSPECIFIED",
    "keyCompromise": "KEY_COMPROMISE",
    "cACompromise": "CA_COMPROMISE",
    "affiliationChanged": "AFFILIATION_CHANGED",
    "superseded": "SUPERSEDED",
    "cessationOfOperation": "CESSATION_OF_OPERATION",
    "certificateHold": "CERTIFICATE_HOLD",
    "privilegeWithdrawn": "PRIVILEGE_WITHDRAWN",
    "aACompromise": "AA_COMPROMISE",
}
ENTRY = "SERIAL[,REASON[,TIME]]"


@click.command(
    name="new",
    epilog="\b\nExamples:\n  gmpki crl new --ca ca.pem --ca-key ca.key --output ca.crl\n"
    "  gmpki crl new --ca ca.pem --ca-key ca.key --previous ca.crl --revoke-certificate signing.pem "
    "--reason keyCompromise --output ca2.crl\n"
    "  gmpki crl new --ca ca.pem --ca-key ca.key --number 7 --revoke 1f2e3d,superseded --list revoked.txt -o ca.crl",
)
@click.option("--ca", type=INPUT, required=True, metavar="FILE", help="The certificate of the authority.")
@click.option("--ca-key", type=INPUT, required=True, metavar=_keys.PRIVATE, help="Its private key.")
@secret_options("ca-password", "the password of the authority's key", of_token=True)
@click.option("--previous", type=INPUT, metavar="FILE", help="The previous list, whose entries are kept.")
@click.option("--number", type=click.IntRange(min=0), help="Of the list.  [default: one more than the previous, or 1]")
@click.option("--days", type=click.IntRange(1, 3650), default=7, show_default=True, help="Until the next list.")
@click.option("--revoke", multiple=True, metavar=ENTRY, help="Revoke by serial number, in hexadecimal digits.")
@click.option(
    "--revoke-certificate", multiple=True, type=INPUT, metavar="FILE", help="Revoke the certificates in a file."
)
@click.option("--reason", type=click.Choice(list(REASONS)), help="Why, for --revoke-certificate.")
@click.option("--list", "listed", type=INPUT, metavar="FILE", help=f"Revoke what a file says, lines of {ENTRY}.")
@click.option("--release", multiple=True, metavar="SERIAL", help="Take a certificate off hold, and off the list.")
@click.option("--encoding", type=click.Choice(["der", "pem"]), default="der", show_default=True)
@output_option
@force_option
@json_option
def command(
    *,
    ca: str,
    ca_key: str,
    ca_password: SecretSource,
    previous: str | None,
    number: int | None,
    days: int,
    revoke: tuple[str, ...],
    revoke_certificate: tuple[str, ...],
    reason: str | None,
    listed: str | None,
    release: tuple[str, ...],
    encoding: str,
    output: str,
    force: bool,
) -> Report:
    """Make the revocation list of an authority: complete, signed, in DER unless told.

    With --previous everything stays on the list but what --release takes off hold.

    签发证书撤销列表（CRL）；可在上一期基础上追加或解除冻结。
    """
    from gmpki.x509.describe import plain_number

    refuse_json_beside_output(output)
    if encoding == "der":
        _io.refuse_terminal(output)
    _io.refuse_existing(output, force=force)
    if reason is not None and not revoke_certificate:
        raise click.UsageError("--reason goes with --revoke-certificate; --revoke has it behind the serial number")
    if release and previous is None:
        raise click.UsageError("--release needs --previous")
    certificate, key = _authority(ca, ca_key, ca_password)
    now = _times.now()
    entries = [_entry(text, now, "--revoke") for text in revoke]
    entries += _of_certificates(revoke_certificate, certificate, reason, now)
    entries += _of_list(listed, now)
    old = None if previous is None else _previous(previous, certificate)
    number = _number(number, old)
    released = [_serial(text, "--release") for text in release]
    crl = _builder(certificate, now, days, number, _merged(entries, old, released)).sign(key)
    _io.write_output(output, crl.der if encoding == "der" else crl.to_pem(), force=force)
    fields = {
        "issuer": show_name(crl.issuer),
        "number": plain_number(number),
        "entries": len(crl),
        "this_update": show_time(crl.this_update),
        "next_update": show_time(crl.next_update),
        "output": output,
    }
    rows = [
        ("颁发者", "issuer", show_name(crl.issuer)),
        ("编号", "number", str(number)),
        ("条目", "entries", str(len(crl))),
    ]
    rows += [("下次更新", "next update", str(fields["next_update"])), ("撤销列表", "revocation list", output)]
    return Report(fields, [] if output == "-" else facts(rows))


def _authority(ca: str, ca_key: str, password: SecretSource) -> tuple[Certificate, PrivateKey]:
    """Load who signs, and check that it may."""
    from gmpki.asn1.rfc5280.ext_keys import KeyUsages
    from gmpki.errors import KeyMismatchError, ValidationError

    certificate = _issuing.load_one_certificate(ca)
    usages = certificate.key_usage
    if usages is not None and not usages & KeyUsages.CRL_SIGN:
        raise ValidationError("key-usage", "the key of this certificate signs no revocation lists (keyUsage)")
    key = _keys.open_private_key(ca_key, password)
    if key.public_key.to_der() != certificate.public_key.to_der():
        raise KeyMismatchError("the private key is not that of the authority's certificate")
    return certificate, key


def _previous(path: str, issuer: Certificate) -> CertificateRevocationList:
    """Load the previous list, which must be a complete one of the same issuer and unchanged."""
    from gmpki.errors import InvalidInputError
    from gmpki.x509.crl import load_crl
    from gmpki.x509.names import names_match

    crl = load_crl(_io.read_input(path, max_len=MAX_CRL_LEN))
    if not names_match(crl.issuer, issuer.subject):
        raise InvalidInputError(f"the previous list is of {crl.issuer}, not of {issuer.subject}")
    crl.verify_signature(issuer)
    if crl.delta_base is not None or crl.issuing_distribution_point is not None:
        raise InvalidInputError(
            "the previous list is not about all certificates of its issuer: it is a delta or partial"
        )
    return crl


def _number(asked: int | None, old: CertificateRevocationList | None) -> int:
    last = None if old is None else old.crl_number
    if asked is None:
        return 1 if last is None else last + 1
    if last is not None and asked <= last:
        raise click.UsageError(f"--number must be above {last}, the number of the previous list")
    return asked


def _builder(issuer: Certificate, now: datetime, days: int, number: int, entries: list[Revocation]) -> CRLBuilder:
    from gmpki.x509.crl_builder import CRLBuilder

    return CRLBuilder.for_issuer(
        issuer, this_update=now, next_update=now + timedelta(days=days), number=number, entries=entries
    )


# ---- entries ----------------------------------------------------------------------------
def _merged(entries: list[Revocation], old: CertificateRevocationList | None, released: list[int]) -> list[Revocation]:
    """Put new entries and the previous list together.

    What was revoked for good stays as it was; what was on hold can be released, or revoked for good.
    """
    from gmpki.asn1.rfc5280.ext_crl import ReasonCode
    from gmpki.errors import InvalidInputError
    from gmpki.x509.crl_builder import Revocation

    merged: dict[int, Revocation] = {}
    for one in old or ():
        merged[one.serial_number] = Revocation(one.serial_number, one.revocation_date, one.reason, one.invalidity_date)
    for serial in released:
        known = merged.pop(serial, None)
        if known is None or known.reason is not ReasonCode.CERTIFICATE_HOLD:
            raise InvalidInputError(
                f"the certificate {show_serial_number(serial)} is not on hold, so nothing takes it off the list"
            )
    for entry in entries:
        known = merged.get(entry.serial_number)
        if known is not None and known.reason is not ReasonCode.CERTIFICATE_HOLD:
            raise InvalidInputError(f"the certificate {show_serial_number(entry.serial_number)} is revoked already")
        merged[entry.serial_number] = entry
    return list(merged.values())


def _of_certificates(
    paths: tuple[str, ...], issuer: Certificate, reason: str | None, now: datetime
) -> list[Revocation]:
    """Return the entries of certificates in files; each must be the issuer's."""
    from gmpki.errors import InvalidInputError
    from gmpki.x509.certificate import load_certificates
    from gmpki.x509.crl_builder import Revocation
    from gmpki.x509.names import names_match

    entries = []
    for path in paths:
        for certificate in load_certificates(_io.read_input(path, max_len=_issuing.MAX_FILE_LEN), lenient=True):
            if not names_match(certificate.issuer, issuer.subject):
                raise InvalidInputError(f"{path}: issued by {certificate.issuer}, not by {issuer.subject}")
            entries.append(Revocation(certificate.serial_number, now, _reason(reason)))
    return entries


def _of_list(path: str | None, now: datetime) -> list[Revocation]:
    """Return the entries of a file with one in each line; what follows a # is passed over."""
    if path is None:
        return []
    text = _io.read_input(path, max_len=MAX_LIST_LEN).decode("ascii", "replace")
    name = _io.display_name(path)
    lines = ((count, line.partition("#")[0].strip()) for count, line in enumerate(text.splitlines(), 1))
    return [_entry(line, now, f"--list: line {count} of {name}") for count, line in lines if line]


def _entry(text: str, now: datetime, option: str) -> Revocation:
    from gmpki.x509.crl_builder import Revocation

    serial, _, rest = text.partition(",")
    reason, _, time = rest.partition(",")
    return Revocation(
        _serial(serial, option), parse_time(time.strip(), option) if time else now, _reason(reason or None, option)
    )


def _serial(text: str, option: str) -> int:
    number = _issuing.serial_number(text.strip(), option)
    if number is None or number < 1:
        raise click.UsageError(f"{option}: a serial number is positive")
    return number


def _reason(name: str | None, option: str = "--reason") -> ReasonCode | None:
    from gmpki.asn1.rfc5280.ext_crl import ReasonCode

    if name is None:
        return None
    if name.strip() not in REASONS:
        raise click.UsageError(f"{option}: the reason is one of {', '.join(REASONS)}, not {name[:40]!r}")
    return ReasonCode[REASONS[name.strip()]]
