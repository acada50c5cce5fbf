"""``gmpki crl``: show and verify revocation lists; :mod:`gmpki.cli.crl_new` makes them."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, crl_new
from gmpki.cli._files import INPUT
from gmpki.cli._group import Group
from gmpki.cli._hints import naming_lenient, naming_option
from gmpki.cli._names import show_name
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._serial_numbers import parse_serial_number, show_serial_number
from gmpki.cli._times import parse_time, show_time

if TYPE_CHECKING:
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList

__all__ = ["command"]

MAX_SHOWN_ENTRIES = 1 << 31

source_argument = click.argument("source", type=INPUT, metavar="[FILE]", default="-")
lenient_option = click.option(
    "--lenient", is_flag=True, help="Accept what departs from the standards too, and name each departure."
)
find_option = click.option(
    "--find", "serial", metavar="SERIAL", help="Look for one certificate: its serial number in hexadecimal, as shown."
)
owner_option = click.option(
    "--certificate-issuer",
    "owner",
    metavar="NAME",
    help="With --find in an indirect list: who issued that certificate, such as 'C=CN, CN=...'.",
)


@click.group(name="crl", cls=Group)
def command() -> None:
    """Show, verify and make revocation lists (CRL).

    查看、验证、签发证书撤销列表。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki crl show root.crl\n  gmpki crl show --find 1A:2B:3C root.crl\n"
    "  gmpki crl show --lenient --json --limit 5 old.crl",
)
@source_argument
@find_option
@owner_option
@click.option(
    "--limit",
    type=click.IntRange(0, MAX_SHOWN_ENTRIES),
    default=100,
    show_default=True,
    help="How many entries are shown at most.",
)
@lenient_option
@json_option
def show(*, source: str, serial: str | None, owner: str | None, limit: int, lenient: bool) -> Report:
    """Show everything that the list in FILE (standard input without one) says, or one entry. Nothing is verified.

    查看撤销列表的全部内容，或按序列号查找一项；只解析，不验证。
    """
    from gmpki.x509.describe import describe
    from gmpki.x509.text import to_text

    if serial is None and owner is not None:
        raise click.UsageError("--certificate-issuer goes with --find")
    number = None if serial is None else parse_serial_number(serial, "--find")
    crl = _read(source, lenient=lenient)
    if number is None:
        return Report({"crl": describe(crl, limit=limit)}, to_text(crl, limit=limit).splitlines())
    fields, rows = _found(crl, number, owner)
    return Report(fields, facts(rows))


@command.command(
    epilog="\b\nExamples:\n  gmpki crl verify --issuer root.pem root.crl\n"
    "  gmpki crl verify --issuer root.pem --find 1A:2B:3C root.crl\n"
    "  gmpki crl verify --issuer root.pem --at 2026-03-01T08:00:00Z --json root.crl",
)
@source_argument
@click.option("--issuer", type=INPUT, required=True, metavar="FILE", help="The certificate of who signed the list.")
@click.option("--at", "at_text", metavar="TIME", help="2026-03-01T08:00:00Z instead of now.")
@find_option
@owner_option
@lenient_option
@json_option
def verify(
    *, source: str, issuer: str, at_text: str | None, serial: str | None, owner: str | None, lenient: bool
) -> Report:
    """Verify the list in FILE: its issuer and the issuer's key usage, its signature, its times. Exit code 1 when
    something is wrong. The issuer's certificate itself is taken as it is; "gmpki cert verify" validates.

    With --lenient also SM2 signatures made with the empty user id, as OpenSSL 3 makes them unless told otherwise,
    without Z, or written as 64 raw bytes.

    用颁发者证书验证撤销列表的签名、签发权限与有效期；不通过时退出码为 1。
    """
    from gmpki.x509.crl_verify import verify_crl
    from gmpki.x509.signatures import LENIENT_SIGNATURES, STANDARD_SIGNATURES

    if serial is None and owner is not None:
        raise click.UsageError("--certificate-issuer goes with --find")
    number = None if serial is None else parse_serial_number(serial, "--find")
    at = parse_time(at_text, "--at")
    signer = _read_certificate(issuer, lenient=lenient)
    crl = _read(source, lenient=lenient)
    with naming_option("--lenient", LENIENT_SIGNATURES, functools.partial(crl.verify_signature, signer)):
        quirks = verify_crl(crl, signer, at=at, policy=LENIENT_SIGNATURES if lenient else STANDARD_SIGNATURES)
    departures = list(dict.fromkeys(str(quirk) for quirk in (*crl.quirks, *quirks)))
    fields: dict[str, Any] = {
        "valid": True,
        "issuer": show_name(crl.issuer),
        "number": _number(crl.crl_number),
        "delta_base": _number(crl.delta_base),
        "this_update": show_time(crl.this_update),
        "next_update": show_time(crl.next_update),
        "revoked_count": len(crl),
        "quirks": departures,
    }
    rows = [
        ("撤销列表有效", "list valid", show_name(crl.issuer)),
        ("本次更新", "this update", f"{crl.this_update:%Y-%m-%d %H:%M:%S} UTC"),
        ("下次更新", "next update", f"{crl.next_update:%Y-%m-%d %H:%M:%S} UTC"),
        ("已撤销证书", "revoked certificates", str(len(crl))),
        *(("与标准不符", "departure", text) for text in departures),
    ]
    if number is not None:
        found, more = _found(crl, number, owner)
        fields |= found
        rows += more
    return Report(fields, facts(rows))


# ---- one entry ----------------------------------------------------------------------------
def _found(
    crl: CertificateRevocationList, number: int, owner: str | None
) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """Look for a certificate; return what JSON and what a person is told."""
    from gmpki.x509._spelling import spelling
    from gmpki.x509.names import parse_name

    entry = crl.find(number, None if owner is None else parse_name(owner))
    serial = show_serial_number(number)
    if entry is None:
        return {"found": None}, [
            ("序列号", "serial number", serial),
            ("不在列表中", "not on the list", show_name(crl.issuer)),
        ]
    rows = [
        ("序列号", "serial number", serial),
        ("在列表中", "on the list", show_name(crl.issuer)),
        ("撤销时间", "revoked", f"{entry.revocation_date:%Y-%m-%d %H:%M:%S} UTC"),
    ]
    reason = None if entry.reason is None else spelling(entry.reason.name)
    if reason is not None:
        rows.append(("撤销原因", "reason", reason))
    if entry.invalidity_date is not None:
        rows.append(("失效时间", "invalid since", f"{entry.invalidity_date:%Y-%m-%d %H:%M:%S} UTC"))
    found = {
        "serial_number": serial,
        "issuer": show_name(entry.issuer),
        "revocation_date": show_time(entry.revocation_date),
        "reason": reason,
        "invalidity_date": show_time(entry.invalidity_date),
    }
    return {"found": found}, rows


def _number(number: int | None) -> int | str | None:
    from gmpki.x509.describe import plain_number

    return None if number is None else plain_number(number)


# ---- files ----------------------------------------------------------------------------------
def _read(source: str, *, lenient: bool) -> CertificateRevocationList:
    from gmpki.x509._armour import MAX_FILE_LEN
    from gmpki.x509.crl import load_crl

    data = _io.read_input(source, max_len=MAX_FILE_LEN)
    with naming_lenient(lenient=lenient):
        return load_crl(data, lenient=lenient)


def _read_certificate(source: str, *, lenient: bool) -> Certificate:
    from gmpki.x509._armour import MAX_FILE_LEN
    from gmpki.x509.certificate import load_certificate

    return load_certificate(_io.read_input(source, max_len=MAX_FILE_LEN), lenient=lenient)


command.add_command(crl_new.command)
