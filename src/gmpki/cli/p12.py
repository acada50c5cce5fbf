"""``gmpki p12``: PKCS #12 files, and every other file that brings a key from an authority."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _keys, _opening
from gmpki.cli._files import INPUT, force_option, output_option
from gmpki.cli._group import LaterGroup
from gmpki.cli._names import show_name
from gmpki.cli._output import Report, check_output, columns, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._serial_numbers import show_serial_number
from gmpki.cli._times import show_time
from gmpki.cli._trust import load_certificates

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from gmpki.keystore import CertificateEntry, KeyEntry, OpenedKey, PairEntry
    from gmpki.x509.certificate import Certificate

__all__ = ["command"]

PROFILES = ("gm", "gm-classic", "openssl", "aes")
LATER = {"extract": ("p12_extract", "Take keys and certificates out", "导出私钥与证书")}
OWN = {
    "create": ("Put keys and certificates into one file", "将私钥与证书打包"),
    "show": ("Tell what a file holds", "查看密钥文件的内容"),
}
NAMES = ("signing", "encryption")


@click.group(name="p12", cls=LaterGroup, own=OWN, later=LATER)
def command() -> None:
    """Make, show and take apart PKCS #12 files, pairs of certificates included.

    密钥库（PKCS #12）的生成、查看、导出，支持双证书。
    """


# ---- create -----------------------------------------------------------------------------
@command.command(
    epilog="\b\nExamples:\n  gmpki p12 create --key signing.key --key encryption.key --certificate signing.pem "
    "--certificate encryption.pem --certificate root.pem --output pair.p12\n"
    "  gmpki p12 create --profile openssl --key www.key --certificate www.pem --name www "
    "--password-env P12_PASSWORD --output www.p12",
)
@click.option("--key", "-k", "keys", type=INPUT, multiple=True, metavar="FILE", help="A private key; repeatable.")
@secret_options("key-password", "the password of the keys")
@click.option(
    "--certificate",
    "-c",
    "certificates",
    type=INPUT,
    multiple=True,
    metavar="FILE",
    help="Certificates of the keys and of authorities; repeatable.",
)
@click.option(
    "--name", "names", multiple=True, metavar="TEXT", help="The friendly name of a key, in the order of the keys."
)
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="gm",
    show_default=True,
    help="Who has to read it: gm (PBMAC1 with HMAC-SM3), gm-classic (older MAC), openssl, aes (no SM4).",
)
@click.option("--iterations", type=click.IntRange(min=1), help="Iterations of each derivation.")
@secret_options("password", "the password that will protect the file")
@output_option
@force_option
@json_option
def create(
    *,
    keys: tuple[str, ...],
    key_password: SecretSource,
    certificates: tuple[str, ...],
    names: tuple[str, ...],
    profile: str,
    iterations: int | None,
    password: SecretSource,
    output: str,
    force: bool,
) -> Report:
    """Put private keys and certificates into one PKCS #12 file, readable for its owner only.

    Which certificate belongs to which key, the public keys decide.

    将私钥与证书打包为 PKCS #12 文件（双证书：两把私钥、两张证书）；文件权限 0600。
    """
    from gmpki.keys.pbes2 import DEFAULT_ITERATIONS
    from gmpki.keystore import StoreProfile, find_pairs, write_pkcs12

    if len(names) > len(keys):
        raise click.UsageError(f"--name is given {len(names)} times for {len(keys)} keys")
    if not keys and not certificates:
        raise click.UsageError("give --key or --certificate: there is nothing to put into the file")
    check_output(output, binary=True, force=force)
    held = load_certificates(certificates)
    entries = _entries(keys, key_password, held, names)
    data = write_pkcs12(
        entries,
        password.read("新口令 New password", confirm=True),
        certificates=held,
        profile=StoreProfile[profile.upper().replace("-", "_")],
        iterations=iterations or DEFAULT_ITERATIONS,
    )
    _io.write_output(output, data, private=True, force=force)
    pairs = find_pairs([entry.private_key for entry in entries], held)
    fields: dict[str, Any] = {"output": output, "profile": profile, "keys": len(entries), "certificates": len(held)}
    fields["pairs"] = [_pair_fields(pair) for pair in pairs]
    lines = [
        ("已生成", "created", output),
        ("私钥", "keys", str(len(entries))),
        ("证书", "certificates", str(len(held))),
    ]
    lines += [("双证书", "pair", show_name(pair.pair.subject)) for pair in pairs]
    return Report(fields, [] if output == "-" else facts(lines))


def _entries(
    keys: tuple[str, ...], password: SecretSource, certificates: list[Certificate], names: tuple[str, ...]
) -> list[KeyEntry]:
    """Load the keys, and find the certificate of each.

    :raises KeyMismatchError: there are certificates, and none is for one of the keys.
    """
    from gmpki.errors import KeyMismatchError
    from gmpki.keystore import KeyEntry
    from gmpki.keystore.pkcs12 import encoded_public_key

    by_key = {encoded_public_key(one): one for one in reversed(certificates)}
    entries = []
    for number, path in enumerate(keys):
        key = _keys.load_private(_keys.read_key_file(path), password, path)
        own = by_key.get(key.public_key.to_der())
        if certificates and own is None:
            raise KeyMismatchError(f"none of the certificates is for the key in {_io.display_name(path)}")
        entries.append(KeyEntry(key, own, names[number] if number < len(names) else None))
    return entries


# ---- show -------------------------------------------------------------------------------
@command.command(
    epilog="\b\nExamples:\n  gmpki p12 show pair.p12\n  gmpki p12 show --password-env P12_PASSWORD --json pair.p12\n"
    "  gmpki p12 show --signing-key signing.key response.der",
)
@_opening.source_options
@json_option
def show(**options: Unpack[_opening.Opening]) -> Report:
    """Tell what a file holds and how it is protected: PKCS #12, PKCS #8, PEM with several keys, ".sm2", PKCS #7; with
    the signing key also what is encrypted to it. Private keys themselves are never shown.

    查看密钥文件的内容与保护方式；不会显示私钥数值。
    """
    opened = _opening.open_source(options)
    mac = opened.store.mac if opened.store is not None else None
    fields: dict[str, Any] = {
        "found": opened.found,
        "mac": mac,
        "keys": [_key_fields(entry) for entry in opened.keys],
        "certificates": [_certificate_fields(entry) for entry in opened.certificates],
        "pairs": [_pair_fields(pair) for pair in opened.pairs],
        "other_bags": [] if opened.store is None else [bag.name for bag in opened.store.other_bags],
        "quirks": [str(quirk) for quirk in opened.quirks],
    }
    return Report(fields, _lines(opened, fields))


def _key_fields(entry: KeyEntry) -> dict[str, Any]:
    from gmpki.algorithms import sm3

    public_key = entry.private_key.public_key
    return {
        "algorithm": _keys.algorithm_name(public_key),
        "sm3_of_public_key": sm3.digest(public_key.to_der()).hex(),
        "name": entry.friendly_name,
        "local_key_id": None if entry.local_key_id is None else entry.local_key_id.hex(),
        "serial_number": None if entry.certificate is None else show_serial_number(entry.certificate.serial_number),
    }


def _certificate_fields(entry: CertificateEntry) -> dict[str, Any]:
    certificate = entry.certificate
    return {
        "subject": show_name(certificate.subject),
        "issuer": show_name(certificate.issuer),
        "serial_number": show_serial_number(certificate.serial_number),
        "not_before": show_time(certificate.not_before),
        "not_after": show_time(certificate.not_after),
        "name": entry.friendly_name,
        "local_key_id": None if entry.local_key_id is None else entry.local_key_id.hex(),
    }


def _pair_fields(entry: PairEntry) -> dict[str, Any]:
    """Return the two serial numbers, and which of the keys are there."""
    both = (entry.pair.signing, entry.pair.encryption)
    fields: dict[str, Any] = {"subject": show_name(entry.pair.subject)}
    for name, certificate, key in zip(NAMES, both, (entry.signing_key, entry.encryption_key), strict=True):
        fields[f"{name}_serial_number"] = show_serial_number(certificate.serial_number)
        fields[f"{name}_key"] = key is not None
    return fields


def _lines(opened: OpenedKey, fields: dict[str, Any]) -> list[str]:
    from gmpki.asn1.rfc5280._name_text import shown_text

    lines = facts([("格式", "found", opened.found)])
    rows = [
        ("私钥", "key", entry["algorithm"], shown_text(entry["name"] or "-"), f"serial {entry['serial_number'] or '-'}")
        for entry in fields["keys"]
    ]
    rows += [
        ("证书", "certificate", entry["subject"], shown_text(entry["name"] or "-"), f"serial {entry['serial_number']}")
        for entry in fields["certificates"]
    ]
    rows += [
        (
            "双证书",
            "pair",
            entry["subject"],
            " + ".join(name for name in NAMES if entry[f"{name}_key"]) + " key",
            f"serials {entry['signing_serial_number']}, {entry['encryption_serial_number']}",
        )
        for entry in fields["pairs"]
    ]
    if rows:
        lines += columns(rows)
    lines += facts([("其他", "other", name) for name in fields["other_bags"]])
    return lines + facts([("与标准不符", "departure", quirk) for quirk in fields["quirks"]])
