"""``gmpki cms decrypt``: digital envelopes of any size opened."""

from __future__ import annotations

import click

from gmpki.cli import _cms, _io
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._hints import naming_lenient
from gmpki.cli._output import Report, check_output, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._trust import load_certificates

__all__ = ["command"]


@click.command(
    name="decrypt",
    epilog="\b\nExamples:\n"
    "  gmpki cms decrypt --key encryption.key --certificate encryption.pem --output report.txt report.enc\n"
    "  gmpki cms decrypt --key encryption.key --key old.key --certificate both.pem --output report.txt report.enc",
)
@click.argument("source", type=INPUT, metavar="[FILE]", default="-")
@click.option(
    "--key",
    "-k",
    "keys",
    required=True,
    help="Private keys or PKCS #12, old ones too: which opens the message, it says. May be given several times.",
    **_cms.KEYS,
)
@click.option("--certificate", "certificates", help="Their certificates.", **_cms.FILES)
@secret_options("password", "the password of the keys", of_token=True)
@click.option("--lenient", is_flag=True, help="Read what departs from the standards too, and name each departure.")
@output_option
@force_option
@json_option
def command(
    *,
    source: str,
    keys: tuple[str, ...],
    certificates: tuple[str, ...],
    password: SecretSource,
    lenient: bool,
    output: str,
    force: bool,
) -> Report:
    """Open the digital envelope FILE (standard input without one): DER, BER, PEM or base64.

    The output, which only its owner can read, appears when everything was in order. Who wrote the message stays
    unknown: anybody can encrypt to a recipient.

    打开数字信封：用加密私钥解密；全部通过后才产生输出。
    """
    from gmpki.cms.key_history import KeyHistory
    from gmpki.cms.stream_decrypt import decrypt_stream
    from gmpki.x509.profile import ENCRYPTION_USAGES

    check_output(output, binary=False, force=force)
    known = load_certificates(certificates, lenient=True)
    found = _cms.load_keys(keys, password, known, usages=ENCRYPTION_USAGES)
    history = KeyHistory([(certificate, key) for key, certificate in found])  # type: ignore[misc] # checked there
    with (
        naming_lenient(lenient=lenient),
        _cms.message_source(source) as message,
        _io.create(output, private=True, force=force, withhold=True) as sink,
        _io.progress("解密 decrypting") as tell,
    ):
        opened = decrypt_stream(message, sink, history, lenient=lenient, progress=tell)
    recipient = _cms.shown_certificate(opened.recipient)
    cipher = opened.cipher.name.lower().replace("_", "-")
    fields = {
        "recipient": recipient,
        "cipher": cipher,
        "content_type": str(opened.content_type),
        "length": opened.content_len,
        "quirks": [str(quirk) for quirk in opened.quirks],
        "variants": [variant.value for variant in opened.variants],
        "output": output,
    }
    rows = [
        ("已解密", "decrypted", _io.display_name(source)),
        ("接收者", "recipient", f"{recipient['subject']} ({recipient['serial_number']})"),
        ("算法", "cipher", cipher),
        *[("与标准不符", "departure", str(quirk)) for quirk in opened.quirks],
        *[("变体", "variant", variant.value) for variant in opened.variants],
        ("输出", "output", output),
    ]
    return Report(fields, [] if output == "-" else facts(rows))
