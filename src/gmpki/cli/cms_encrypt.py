"""``gmpki cms encrypt``: digital envelopes around files of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _cms, _io
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._output import Report, check_output, facts, json_option
from gmpki.cli._trust import load_certificates
from gmpki.cli._trust_folder import TRUST_VARIABLE

if TYPE_CHECKING:
    from gmpki.x509.certificate import Certificate

__all__ = ["command"]

# The names of gmpki.cms.ContentCipher with hyphens, written out so that --help imports nothing; a test compares them.
CIPHERS = (
    "sm4-cbc",
    "sm4-gcm",
    "aes128-cbc",
    "aes192-cbc",
    "aes256-cbc",
    "aes128-gcm",
    "aes192-gcm",
    "aes256-gcm",
)


@click.command(
    name="encrypt",
    epilog="\b\nExamples:\n  gmpki cms encrypt --recipient encryption.pem --output report.enc report.pdf\n"
    "  gmpki cms encrypt --trust-folder trust --group 财务处 --output report.enc report.pdf\n"
    "  gmpki cms encrypt --recipient encryption.pem --profile rfc5652 --cipher sm4-gcm --pem report.pdf > report.pem",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option(
    "--recipient",
    "recipients",
    help="Encryption certificates. Of a pair, the one for encryption is taken. May be given several times.",
    **_cms.FILES,
)
@click.option(
    "--group",
    "groups",
    metavar="NAME",
    multiple=True,
    help='A group of recipients in the trust folder (see "gmpki recipients"). May be given several times.',
)
@click.option(
    "--trust-folder",
    type=INPUT,
    metavar="DIRECTORY",
    envvar=TRUST_VARIABLE,
    help=f"Where the groups are.  [default: the one that {TRUST_VARIABLE} names]",
)
@_cms.profile_option
@click.option("--cipher", type=click.Choice(CIPHERS), default="sm4-cbc", show_default=True)
@click.option("--by-key/--by-issuer", default=None, help="How recipients are named.  [default: as the profile says]")
@click.option("--any-usage", is_flag=True, help="Also encrypt to certificates that are not for encryption.")
@output_option
@_cms.pem_option
@force_option
@json_option
def command(
    *,
    source: str,
    recipients: tuple[str, ...],
    groups: tuple[str, ...],
    trust_folder: str | None,
    profile: str,
    cipher: str,
    by_key: bool | None,
    any_usage: bool,
    output: str,
    pem: bool,
    force: bool,
) -> Report:
    """Encrypt FILE (standard input without one) to the holders of certificates.

    Whether the certificates of --recipient are valid is not looked at: "gmpki cert verify" does that. Of those in a
    --group it is: one that was revoked stops the command, one that expired or has no path is named. GCM, which is not
    in GM/T 0010, also detects every change of the message; nothing here says who wrote it.

    制作数字信封：用接收者的加密证书加密文件；可有多个接收者，或用收件人组。
    """
    from gmpki.cms.content_ciphers import ContentCipher
    from gmpki.cms.profiles import MessageProfile
    from gmpki.cms.recipients import Recipient
    from gmpki.cms.stream_encrypt import encrypt_stream

    check_output(output, binary=not pem, force=force)
    certificates, warnings = _chosen(recipients, groups, trust_folder, any_usage=any_usage)
    chosen = [Recipient(one, key_identifier=by_key, any_usage=any_usage) for one in certificates]
    with (
        _io.open_input(source) as content,
        _cms.created(output, pem=pem, force=force) as sink,
        _io.progress("加密 encrypting") as tell,
    ):
        encrypt_stream(
            content,
            sink,
            chosen,
            profile=MessageProfile(profile),
            cipher=ContentCipher[cipher.upper().replace("-", "_")],
            progress=tell,
        )
    shown = [_cms.shown_certificate(one) for one in certificates]
    rows = [("已加密", "encrypted", _io.display_name(source)), ("算法", "cipher", cipher)]
    rows += [("接收者", "recipient", f"{one['subject']} ({one['serial_number']})") for one in shown]
    rows += [("注意", "warning", text) for text in warnings]
    rows.append(("消息", "message", output))
    fields = {"profile": profile, "cipher": cipher, "recipients": shown, "warnings": warnings, "output": output}
    if output == "-":
        for text in warnings:
            click.echo(f"gmpki: 注意 warning: {text}", err=True)
    return Report(fields, [] if output == "-" else facts(rows))


def _chosen(
    files: tuple[str, ...], groups: tuple[str, ...], trust_folder: str | None, *, any_usage: bool
) -> tuple[list[Certificate], list[str]]:
    """Return the certificates of all recipients, and what is to be said about some of them. Who is named by a file and
    in a group too counts once.

    :raises click.UsageError: when there is no recipient, or no folder for a group.
    """
    from gmpki.cli.recipients import for_encryption, usable_members

    if not files and not groups:
        raise click.UsageError("give --recipient with certificates, or --group")
    if groups and trust_folder is None:
        raise click.UsageError(f"--group needs --trust-folder, or {TRUST_VARIABLE} in the environment")
    chosen = load_certificates(files) if any_usage else for_encryption(files)
    warnings: list[str] = []
    if groups and trust_folder is not None:
        members, warnings = usable_members(trust_folder, groups)
        named = set(chosen)
        chosen += [one for one in members if one not in named]
    return chosen, warnings
