"""``gmpki cms encrypt``: digital envelopes around files of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gmpki.cli import _cms, _io
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._output import Report, check_output, facts, json_option
from gmpki.cli._trust import load_certificates

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    "  gmpki cms encrypt --recipient encryption.pem --profile rfc5652 --cipher sm4-gcm --pem report.pdf > report.pem",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option(
    "--recipient",
    "recipients",
    required=True,
    help="Encryption certificates. Of a pair, the one for encryption is taken. May be given several times.",
    **_cms.FILES,
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
    profile: str,
    cipher: str,
    by_key: bool | None,
    any_usage: bool,
    output: str,
    pem: bool,
    force: bool,
) -> Report:
    """Encrypt FILE (standard input without one) to the holders of certificates.

    Whether the certificates are valid is not looked at: "gmpki cert verify" does that. GCM, which is not in GM/T 0010,
    also detects every change of the message; nothing here says who wrote it.

    制作数字信封：用接收者的加密证书加密文件；可有多个接收者。
    """
    from gmpki.cms.content_ciphers import ContentCipher
    from gmpki.cms.profiles import MessageProfile
    from gmpki.cms.recipients import Recipient
    from gmpki.cms.stream_encrypt import encrypt_stream

    check_output(output, binary=not pem, force=force)
    certificates = load_certificates(recipients) if any_usage else _for_encryption(recipients)
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
    rows.append(("消息", "message", output))
    fields = {"profile": profile, "cipher": cipher, "recipients": shown, "output": output}
    return Report(fields, [] if output == "-" else facts(rows))


def _for_encryption(paths: Iterable[str]) -> list[Certificate]:
    """Load the recipients' certificates: a file with both of a pair means the one that is for encryption.

    :raises ProfileError: a file has none. It is never passed over: whoever was named can open the message.
    """
    from gmpki.errors import ProfileError
    from gmpki.x509.profile import ENCRYPTION_USAGES

    chosen = []
    for path in paths:
        fitting = _cms.usable_certificates(path, ENCRYPTION_USAGES)
        if not fitting:
            raise ProfileError(
                f"{_io.display_name(path)}: keyUsage allows no encryption: this is not the encryption certificate of "
                "a pair; --any-usage takes it all the same"
            )
        chosen += fitting
    return chosen
