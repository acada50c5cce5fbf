"""``gmpki recipients``: groups of those to whom messages are encrypted, kept in the trust folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _cms, _io
from gmpki.cli._files import INPUT
from gmpki.cli._group import Group
from gmpki.cli._output import Report, columns, facts, json_option
from gmpki.cli._times import now
from gmpki.cli._trust import load_certificates
from gmpki.cli._trust_folder import (
    certificate_fields,
    folder_option,
    named_option,
    one_named,
    open_folder,
    shown_row,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gmpki.cms.trust import Trust
    from gmpki.keystore.trust_check import TrustStatus
    from gmpki.keystore.trust_folder import TrustFolder
    from gmpki.x509.certificate import Certificate

__all__ = ["command", "for_encryption", "judged", "usable_members"]

group_argument = click.argument("group")


@click.group(name="recipients", cls=Group)
def command() -> None:
    """Keep groups of recipients: encryption certificates under a name, for "gmpki cms encrypt --group".

    They are kept in the trust folder, whose anchors and revocation lists say how each certificate stands.

    收件人分组：按组名保存加密证书，供 cms encrypt --group 使用。
    """


@command.command(
    epilog="\b\nExamples:\n  gmpki recipients add --trust-folder trust 财务处 encryption.pem\n"
    "  gmpki recipients add --trust-folder trust 财务处 both.pem --json",
)
@folder_option
@group_argument
@click.argument("files", type=INPUT, metavar="FILE...", nargs=-1, required=True)
@click.option("--any-usage", is_flag=True, help="Also take certificates that are not for encryption.")
@json_option
def add(*, path: str, group: str, files: tuple[str, ...], any_usage: bool) -> Report:
    """Add the certificates in files to GROUP, which is made where it is missing. Of a pair the one for encryption is
    taken.

    把加密证书加入收件人组；双证书文件只取加密证书。
    """
    folder = open_folder(path)
    certificates = load_certificates(files) if any_usage else for_encryption(files)
    is_new = folder.recipients.add(group, certificates, any_usage=any_usage)
    told, rows = _told(folder, certificates)
    fields = {"group": group, "new": is_new, "recipients": told}
    return Report(fields, [*facts([("收件人组", "group", group), ("新加入", "new", str(is_new))]), *columns(rows)])


@command.command(
    name="list",
    epilog="\b\nExamples:\n  gmpki recipients list --trust-folder trust 财务处",
)
@folder_option
@group_argument
@json_option
def list_command(*, path: str, group: str) -> Report:
    """List the recipients in GROUP, each with its fingerprint, until when it is valid, and how it stands.

    列出一个组的收件人及其证书状态（过期、撤销等）。
    """
    folder = open_folder(path)
    told, rows = _told(folder, folder.recipients.members(group))
    return Report({"group": group, "recipients": told}, columns(rows))


@command.command(epilog="\b\nExamples:\n  gmpki recipients groups --trust-folder trust")
@folder_option
@json_option
def groups(*, path: str) -> Report:
    """List the groups, each with the number of its recipients, and of those whose certificate is not in order.

    列出所有收件人组、人数及证书有问题的人数。
    """
    folder = open_folder(path)
    trust = trust_in(folder)
    told = []
    for name in folder.recipients.names():
        members = folder.recipients.members(name)
        wrong = sum(_is_wrong(one, trust) for one in members)
        told.append({"group": name, "recipients": len(members), "not_in_order": wrong})
    rows = [(str(one["group"]), f"{one['recipients']}", f"有问题 not in order: {one['not_in_order']}") for one in told]
    return Report({"groups": told}, columns(rows) if rows else ["（空 empty）"])


def _is_wrong(certificate: Certificate, trust: Trust | None) -> bool:
    return judged(certificate, trust)[0].value not in ("valid", "unchecked")


@command.command(
    epilog="\b\nExamples:\n  gmpki recipients show --trust-folder trust 财务处\n"
    "  gmpki recipients show --trust-folder trust 财务处 --certificate encryption.pem --json",
)
@folder_option
@group_argument
@click.argument("fingerprint", required=False)
@named_option
@json_option
def show(*, path: str, group: str, fingerprint: str | None, certificate_file: str | None) -> Report:
    """Show all that the certificates of GROUP say, or that of one recipient.

    查看组内证书的全部内容，或其中一张。
    """
    from gmpki.x509.describe import describe
    from gmpki.x509.text import to_text

    wanted = None
    if fingerprint is not None or certificate_file is not None:
        wanted = one_named(fingerprint, certificate_file)
    found = open_folder(path).recipients.members(group, wanted)
    fields = {"group": group, "certificates": [describe(one) for one in found]}
    return Report(fields, [line for one in found for line in to_text(one).splitlines()])


@command.command(
    epilog="\b\nExamples:\n  gmpki recipients remove --trust-folder trust 财务处 --certificate encryption.pem",
)
@folder_option
@group_argument
@click.argument("fingerprint", required=False)
@named_option
@click.option("--all", "whole", is_flag=True, help="Remove the whole group.")
@json_option
def remove(*, path: str, group: str, fingerprint: str | None, certificate_file: str | None, whole: bool) -> Report:
    """Remove a recipient from GROUP: by its fingerprint, or the first 8 digits or more; or the whole group.

    从组中移除收件人（按指纹，前 8 位即可），或用 --all 删除整组。
    """
    if whole and (fingerprint is not None or certificate_file is not None):
        raise click.UsageError("--all removes everybody: give no fingerprint")
    wanted = None if whole else one_named(fingerprint, certificate_file)
    gone = open_folder(path).recipients.remove(group, wanted)
    told = [certificate_fields(None, one) for one in gone]
    rows = [("已移除 removed", one["subject"]) for one in told]
    return Report({"group": group, "removed": told}, columns(rows))


# ---- how they stand ---------------------------------------------------------------------------
def trust_in(folder: TrustFolder) -> Trust | None:
    """Return whom a folder trusts, None when nobody."""
    from gmpki.keystore.trust_folder import TrustRole

    return folder.trust() if folder.certificates(TrustRole.ANCHOR) else None


def judged(certificate: Certificate, trust: Trust | None) -> tuple[TrustStatus, str]:
    """Tell how the certificate of a recipient stands now, and what is wrong with it."""
    from gmpki.keystore.trust_check import certificate_status

    return certificate_status(certificate, trust, now())


def _told(
    folder: TrustFolder, certificates: Iterable[Certificate]
) -> tuple[list[dict[str, Any]], list[tuple[str, ...]]]:
    trust = trust_in(folder)
    told, rows = [], []
    for certificate in certificates:
        status, detail = judged(certificate, trust)
        fields = certificate_fields(None, certificate)
        told.append({**fields, "status": status.value, "detail": detail})
        rows.append(shown_row(fields, status, detail))
    return told, rows


# ---- for encryption ---------------------------------------------------------------------------
def for_encryption(paths: Iterable[str]) -> list[Certificate]:
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


def usable_members(path: str, groups: Iterable[str]) -> tuple[list[Certificate], list[str]]:
    """Return the recipients in groups, each once, and what is to be said about those whose certificate is not in order.

    :param path: of the trust folder.
    :raises RevokedError: the certificate of one was revoked: somebody else may have its key.
    """
    from gmpki.errors import ValidationError
    from gmpki.keystore.trust_check import TrustStatus

    folder = open_folder(path)
    trust = trust_in(folder)
    chosen = dict.fromkeys(one for name in groups for one in folder.recipients.members(name))
    warnings = []
    for certificate in chosen:
        status, detail = judged(certificate, trust)
        named = certificate_fields(None, certificate)
        who = f"{named['subject']} ({named['fingerprint'][:16]})"
        if status is TrustStatus.REVOKED:
            raise ValidationError(
                "revoked",
                f"{who}: {detail}; nothing is encrypted to it, gmpki recipients remove takes it out of the group",
                certificate=certificate,
            )
        if status not in (TrustStatus.VALID, TrustStatus.UNCHECKED):
            warnings.append(f"{who}: {status.value}: {detail}")
    return list(chosen), warnings
