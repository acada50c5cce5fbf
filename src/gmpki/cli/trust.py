"""``gmpki trust``: folders of those who are trusted; :mod:`gmpki.cli.trust_update` keeps their lists up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._cms import FILES
from gmpki.cli._group import LaterGroup
from gmpki.cli._output import Failure, Report, columns, facts, json_option
from gmpki.cli._times import now, parse_time
from gmpki.cli._trust import load_certificates, read_file
from gmpki.cli._trust_folder import (
    ROLE_WORDS,
    certificate_fields,
    folder_option,
    list_fields,
    named_option,
    one_named,
    open_folder,
    shown_row,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.keystore.trust_check import Checked
    from gmpki.keystore.trust_folder import HeldList, TrustFolder, TrustRole
    from gmpki.x509.certificate import Certificate

__all__ = ["command"]

OWN = {
    "init": ("Make an empty trust folder", "新建信任目录"),
    "add": ("Add trusted certificates and lists", "加入受信任的证书与撤销列表"),
    "list": ("List what is in the folder, and how it stands", "列出目录内容与状态"),
    "verify": ("Tell whether everything is in order", "检查目录是否正常"),
    "show": ("Show one certificate or list", "查看一张证书或列表"),
    "remove": ("Remove a certificate or list", "移除证书或列表"),
}
# name -> (module, one line in English, one line in Chinese), as in gmpki.cli.main.
LATER = {
    "set": ("trust_update:set_command", "Where time-stamps and lists come from", "设置时间戳服务与撤销列表地址"),
    "update": ("trust_update:update", "Fetch the revocation lists", "下载并验证撤销列表"),
}


@click.group(name="trust", cls=LaterGroup, own=OWN, later=LATER)
def command() -> None:
    """Keep whom you trust in a folder: anchors, intermediate certificates, revocation lists, settings.

    Commands that verify take it with --trust-folder, or from GMPKI_TRUST_FOLDER. Whoever can write to the folder
    decides what you trust: it is made for its owner only.

    信任目录：集中保存信任锚、中间证书、撤销列表与时间戳、CRL 地址设置。
    """


@command.command(epilog="\b\nExamples:\n  gmpki trust init --trust-folder new-trust")
@folder_option
@json_option
def init(*, path: str) -> Report:
    """Make an empty trust folder, for its owner only.

    新建空的信任目录。
    """
    from gmpki.keystore.trust_folder import TrustFolder

    folder = TrustFolder.create(path)
    return Report({"path": folder.path}, facts([("信任目录", "trust folder", folder.path)]))


@command.command(
    epilog="\b\nExamples:\n  gmpki trust add --trust-folder trust --anchor root.pem --intermediate sub.pem\n"
    "  gmpki trust add --trust-folder trust --crl sub.crl --tsa-anchor root.pem",
)
@folder_option
@click.option("--anchor", "anchors", help="Certificates to trust. Like the next three several times.", **FILES)
@click.option("--intermediate", "intermediates", help="Certificates that may stand between, or sign lists.", **FILES)
@click.option("--tsa-anchor", "tsa_anchors", help="Certificates to trust for time-stamps.", **FILES)
@click.option("--crl", "crls", help="A revocation list of somebody in the folder.", **FILES)
@json_option
def add(
    *,
    path: str,
    anchors: tuple[str, ...],
    intermediates: tuple[str, ...],
    tsa_anchors: tuple[str, ...],
    crls: tuple[str, ...],
) -> Report:
    """Add what is in files to the folder, and show the fingerprints of what came in.

    Compare the fingerprint of an anchor with what its owner publishes: nobody else vouches for it. A revocation list
    is verified, and refused when it is older than the one in the folder.

    加入信任锚、中间证书、时间戳信任锚或撤销列表；请核对信任锚的指纹。
    """
    from gmpki.keystore.trust_folder import TrustRole
    from gmpki.x509.crl import MAX_CRL_LEN, load_crl

    if not anchors + intermediates + tsa_anchors + crls:
        raise click.UsageError("give --anchor, --intermediate, --tsa-anchor or --crl with what is to be added")
    folder = open_folder(path)
    wanted = [(TrustRole.ANCHOR, one) for one in load_certificates(anchors, lenient=True)]
    wanted += [(TrustRole.TIMESTAMP_ANCHOR, one) for one in load_certificates(tsa_anchors, lenient=True)]
    wanted += [(TrustRole.INTERMEDIATE, one) for one in load_certificates(intermediates)]
    # Everything is read before anything is added: a file that cannot be read leaves the folder as it was.
    lists = [read_file(name, load_crl, max_len=MAX_CRL_LEN, lenient=False) for name in crls]
    added = [_added(folder, role, certificate) for role, certificate in wanted]
    added += [list_fields(folder.add_crl(crl, now())) for crl in lists]
    rows = []
    for one in added:
        known = "" if one.get("new", True) else "（已有 already there）"
        rows.append((ROLE_WORDS[one["role"]], (one.get("subject") or one["issuer"]) + known))
        rows.append(("  SM3", one["fingerprint"]))
        if "sha256" in one:
            rows.append(("  SHA-256", one["sha256"]))
    return Report({"added": added}, columns(rows))


def _added(folder: TrustFolder, role: TrustRole, certificate: Certificate) -> dict[str, Any]:
    is_new = folder.add(role, certificate)
    sha256 = certificate.fingerprint("sha256").hex()
    return {**certificate_fields(role, certificate), "sha256": sha256, "new": is_new}


@command.command(
    name="list",
    epilog="\b\nExamples:\n  gmpki trust list --trust-folder trust\n"
    "  gmpki trust list --trust-folder trust --at 2026-03-01T08:00:00Z --json",
)
@folder_option
@click.option("--at", "at_text", metavar="TIME", help="How things stand at 2026-03-01T08:00:00Z instead of now.")
@json_option
def list_command(*, path: str, at_text: str | None) -> Report:
    """List what is in the folder, each with its fingerprint, until when it is good, and how it stands.

    列出信任目录的内容：指纹、名称、有效期、状态。
    """
    fields, lines = _standing(_checked(path, at_text))
    return Report(fields, lines)


@command.command(
    epilog="\b\nExamples:\n  gmpki trust verify --trust-folder trust\n  gmpki trust verify --trust-folder trust --json",
)
@folder_option
@click.option("--at", "at_text", metavar="TIME", help="2026-03-01T08:00:00Z instead of now.")
@json_option
def verify(*, path: str, at_text: str | None) -> Report:
    """Tell whether everything in the folder is in order: every certificate valid, every list signed and not out of
    date. Exit code 1 when something is not.

    检查信任目录：证书有效、撤销列表签名正确且未过期；有问题时返回 1。
    """
    checked = _checked(path, at_text)
    fields, lines = _standing(checked)
    wrong = sum(bool(one.detail) for one in checked)
    if not checked:
        return Report(fields, lines, Failure("StateError", "there is nothing in the folder"))
    if wrong:
        message = f"{wrong} of {len(checked)} things in the folder are not in order"
        return Report(fields, lines, Failure("ValidationError", message, "not-in-order"))
    return Report(fields, [*lines, *facts([("全部正常", "everything in order", str(len(checked)))])])


def _checked(path: str, at_text: str | None) -> tuple[Checked, ...]:
    from gmpki.keystore.trust_check import check_trust_folder

    return check_trust_folder(open_folder(path), parse_time(at_text, "--at"))


def _standing(checked: Sequence[Checked]) -> tuple[dict[str, Any], list[str]]:
    """Return what JSON and what a person is told about things in a folder."""
    told: list[dict[str, Any]] = []
    rows: list[tuple[str, ...]] = []
    for one in checked:
        fields = _fields(one.role, one.item)
        told.append({**fields, "status": one.status.value, "detail": one.detail})
        rows.append((ROLE_WORDS[fields["role"]], *shown_row(fields, one.status, one.detail)))
    return {"items": told}, columns(rows) if rows else ["（空 empty）"]


def _fields(role: TrustRole | None, item: Certificate | HeldList) -> dict[str, Any]:
    from gmpki.keystore.trust_folder import HeldList

    return list_fields(item) if isinstance(item, HeldList) else certificate_fields(role, item)


@command.command(
    epilog="\b\nExamples:\n  gmpki trust show --trust-folder trust --certificate root.pem\n"
    "  gmpki trust show --trust-folder trust --certificate sub.pem --json",
)
@folder_option
@click.argument("fingerprint", required=False)
@named_option
@json_option
def show(*, path: str, fingerprint: str | None, certificate_file: str | None) -> Report:
    """Show all that a certificate or list in the folder says: by its fingerprint, or the first 8 digits or more of it.

    查看目录中一张证书或一个撤销列表的全部内容（按指纹，前 8 位即可）。
    """
    from gmpki.keystore.trust_folder import HeldList
    from gmpki.x509.describe import describe
    from gmpki.x509.text import to_text

    found = open_folder(path).find(one_named(fingerprint, certificate_file))
    told: list[dict[str, Any]] = []
    lines: list[str] = []
    for one in found:
        item = one.crl if isinstance(one, HeldList) else one[1]
        role = "crl" if isinstance(one, HeldList) else one[0].value
        told.append({"role": role, "contents": describe(item)})
        lines += facts([("用途", "role", ROLE_WORDS[role])])
    if found:
        lines += to_text(item).splitlines()  # the same certificate in every role
    return Report({"found": told}, lines)


@command.command(
    epilog="\b\nExamples:\n  gmpki trust remove --trust-folder trust --certificate sub.pem",
)
@folder_option
@click.argument("fingerprint", required=False)
@named_option
@json_option
def remove(*, path: str, fingerprint: str | None, certificate_file: str | None) -> Report:
    """Remove a certificate, in all its roles, or a revocation list: by its fingerprint, or the first 8 digits or more.

    从目录中移除证书或撤销列表（按指纹，前 8 位即可）。
    """
    from gmpki.keystore.trust_folder import HeldList

    found = open_folder(path).remove(one_named(fingerprint, certificate_file))
    told = [list_fields(one) if isinstance(one, HeldList) else certificate_fields(*one) for one in found]
    rows = [("已移除 removed", ROLE_WORDS[one["role"]], one.get("subject") or one["issuer"]) for one in told]
    return Report({"removed": told}, columns(rows) if rows else [])
