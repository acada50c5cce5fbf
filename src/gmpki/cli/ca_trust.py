"""``gmpki ca trust``: lists of authorities of others whose certificates are accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io, _keys
from gmpki.cli._ca import CAPlace, ca_options, read_certificate, read_certificates, yes_option
from gmpki.cli._files import INPUT, OUTPUT, force_option
from gmpki.cli._group import Group
from gmpki.cli._output import Report, columns, facts, json_option, refuse_json_beside_output
from gmpki.cli._times import show_time
from gmpki.cli._token import confirm

if TYPE_CHECKING:
    from gmpki.ca.authority.trusted import TrustedAuthority

__all__ = ["command"]

FORMS = ("pem", "p7b", "signed")
MAX_LIST_LEN = 64 << 20

list_option = click.option(
    "--list", "list_name", default="default", show_default=True, metavar="NAME", help="The name of the list."
)


@click.group(name="trust", cls=Group)
def command() -> None:
    """Keep lists of authorities of others whose certificates are accepted (互信互认).

    互信名单：列出、加入、移除、导出、导入其他机构。
    """


@command.command(name="list", epilog="\b\nExamples:\n  gmpki ca trust list --password-env CA_PASSWORD")
@click.option("--list", "list_name", metavar="NAME", help="Only this list.")
@click.option("--removed", is_flag=True, help="Those that are trusted no longer, too.")
@ca_options(acts=False)
@json_option
def list_trusted(*, place: CAPlace, list_name: str | None, removed: bool) -> Report:
    """List whom is trusted.

    列出互信机构。
    """
    with place.open() as ca:
        from gmpki.ca.authority import trusted

        with ca.store.reading() as connection:
            names = trusted.list_names(connection) if list_name is None else (list_name,)
            found = [
                _fields(each)
                for name in names
                for each in trusted.read(connection, ca.store.protection, name, with_removed=removed)
            ]
    title = ("名单 list", "名称 title", "状态 state", "至 until", "摘要 digest")
    rows = [(one["list"], one["title"], one["state"], one["not_after"], one["digest"][:16]) for one in found]
    return Report({"trusted": found}, columns([title, *rows]))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca trust add --password-env CA_PASSWORD --as administrator other.pem",
)
@click.argument("certificate", type=INPUT, metavar="FILE")
@list_option
@click.option("--title", default="", metavar="TEXT", help="Its name for persons.  [default: its subject]")
@ca_options()
@json_option
def add(*, place: CAPlace, certificate: str, list_name: str, title: str) -> Report:
    """Trust an authority: from now on what it certifies is accepted.

    Compare the digest that is printed with the one that the other side has told.

    加入互信机构；请核对所示摘要。
    """
    found = read_certificate(certificate)
    with place.open() as ca:
        from gmpki.ca.authority import trusted

        actor = ca.acting("trust")
        with ca.store.transaction() as tx:
            is_new = trusted.add(tx, list_name, found, actor=actor, title=title)
    digest = found.fingerprint("sm3").hex()
    rows = [
        ("名单", "list", list_name),
        ("主体", "subject", str(found.subject)),
        ("摘要", "SM3", digest),
        ("新加入", "added", "是 yes" if is_new else "原已在 it was there"),
    ]
    return Report({"list": list_name, "digest": digest, "added": is_new}, facts(rows))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca trust remove --yes --password-env CA_PASSWORD --as administrator other.pem",
)
@click.argument("certificate", type=INPUT, metavar="FILE|DIGEST")
@list_option
@click.option("--reason", default="", metavar="TEXT", help="For the audit log.")
@yes_option
@ca_options()
@json_option
def remove(*, place: CAPlace, certificate: str, list_name: str, reason: str, yes: bool) -> Report:
    """Trust an authority no longer, named by its certificate or by the first digits of its digest.

    移除互信机构。
    """
    import os

    digest = certificate
    if os.path.exists(certificate):
        digest = read_certificate(certificate).fingerprint("sm3").hex()
    with place.open() as ca:
        from gmpki.ca.authority import trusted

        actor = ca.acting("trust")
        confirm(f"{digest[:64]} on the list {list_name} is trusted no longer", yes=yes)
        with ca.store.transaction() as tx:
            trusted.remove(tx, list_name, digest, actor=actor, reason=reason)
    rows = [("名单", "list", list_name), ("已移除", "removed", digest)]
    return Report({"list": list_name, "removed": digest}, facts(rows))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca trust export --form pem --password-env CA_PASSWORD --output trusted.pem\n"
    "  gmpki ca trust export --form signed --signer-key ca/operators/administrator.key "
    "--signer-certificate ca/operators/administrator.pem --password-env CA_PASSWORD --output trusted.p7s",
)
@list_option
@click.option("--form", type=click.Choice(FORMS), default="pem", show_default=True, help="How it is written.")
@click.option("--signer-key", metavar=_keys.PRIVATE, help="What signs it, under the password of the directory.")
@click.option("--signer-certificate", type=INPUT, metavar="FILE", help="The certificate of that key.")
@click.option("--output", "-o", type=OUTPUT, default="-", metavar="FILE", help="Where the list goes.")
@force_option
@ca_options(acts=False)
@json_option
def export(
    *,
    place: CAPlace,
    list_name: str,
    form: str,
    signer_key: str | None,
    signer_certificate: str | None,
    output: str,
    force: bool,
) -> Report:
    """Write a list for others: certificates in PEM, a bundle (p7b), or a bundle that is signed.

    导出互信名单。
    """
    import os

    from gmpki.cli._token import is_token

    refuse_json_beside_output(output)
    _io.refuse_existing(output, force=force)
    named = [each is not None for each in (signer_key, signer_certificate)]
    if named != [form == "signed"] * 2:
        raise click.UsageError("--form signed goes with --signer-key and --signer-certificate, and those with it")
    with place.open() as ca:
        from gmpki.ca.authority import trusted

        with ca.store.reading() as connection:
            given = (connection, ca.store.protection, list_name)
            if signer_key is not None and signer_certificate is not None:
                name = signer_key if is_token(signer_key) else os.path.abspath(signer_key)
                key, certificate = place.private_key(name), read_certificate(signer_certificate)
                data = trusted.export_signed(*given, signer=key, certificate=certificate, at=ca.store.now())
            else:
                data = trusted.export_pem(*given) if form == "pem" else trusted.export_bundle(*given)
    _io.write_output(output, data, force=force)
    fields = {"list": list_name, "form": form, "output": output}
    return Report(fields, [] if output == "-" else facts([("名单", "list", list_name), ("输出", "output", output)]))


@command.command(
    name="take-in",
    epilog="\b\nExamples:\n  gmpki ca trust take-in --yes --signers signers.pem --list province "
    "--password-env CA_PASSWORD --as administrator trusted.p7s",
)
@click.argument("signed", type=INPUT, metavar="FILE")
@click.option("--signers", type=INPUT, required=True, metavar="FILE", help="Who is trusted to sign it: certificates.")
@click.option(
    "--crl", "crls", type=INPUT, multiple=True, metavar="FILE", help="Revocation lists about the signer's certificate."
)
@list_option
@yes_option
@ca_options()
@json_option
def take_in(*, place: CAPlace, signed: str, signers: str, crls: tuple[str, ...], list_name: str, yes: bool) -> Report:
    """Make a list hold exactly what a signed list of somebody else holds. An older one than is here is refused.

    导入经签名的互信名单，替换本地名单。
    """
    data = _io.read_input(signed, max_len=MAX_LIST_LEN)
    anchors = read_certificates(signers)
    with place.open() as ca:
        from gmpki.ca.authority import trusted
        from gmpki.cms.trust import Trust
        from gmpki.x509.crl import load_crl
        from gmpki.x509.crl_checker import CRLChecker
        from gmpki.x509.path import PathPolicy, Purpose

        actor = ca.acting("trust")
        # With lists all has to be known; without any, those who are named are trusted as they are.
        checkers = (
            (CRLChecker([load_crl(_io.read_input(path, max_len=MAX_LIST_LEN)) for path in crls]),) if crls else ()
        )
        policy = PathPolicy(purpose=Purpose.SIGNING)
        trust = Trust(anchors, policy=policy, checkers=checkers, at=ca.store.now())
        found = trusted.read_signed(data, trust)
        confirm(f"the list {list_name} holds {len(found.certificates)} authorities from now on", yes=yes)
        with ca.store.transaction() as tx:
            trusted.demand_newer(found, _taken_in_before(ca.store, list_name))
            added, removed = trusted.replace_all(tx, list_name, found.certificates, actor=actor)
            signer = found.signer.fingerprint("sm3").hex()
            tx.audit(actor, "trust.taken-in", f"trust:{list_name}", signer=signer, signed_at=show_time(found.signed_at))
    signed_at = show_time(found.signed_at) or ""
    rows = [
        ("名单", "list", list_name),
        ("签名者", "signer", str(found.signer.subject)),
        ("签名时间", "signed", signed_at),
        ("加入", "added", str(added)),
        ("移除", "removed", str(removed)),
    ]
    fields = {"list": list_name, "signed_at": signed_at, "added": added, "removed": removed}
    return Report(fields, facts(rows))


def _taken_in_before(store: Any, list_name: str) -> Any:
    """Return when the signed list that is here was signed; None when there is none."""
    from datetime import datetime

    from gmpki.ca.store.audit_rows import find_entries

    entries = find_entries(store, operation="trust.taken-in", subject=f"trust:{list_name}", most=1)
    return datetime.fromisoformat(str(entries[0].details["signed_at"]).replace("Z", "+00:00")) if entries else None


def _fields(each: TrustedAuthority) -> dict[str, Any]:
    return {
        "list": each.list_name,
        "title": each.title,
        "state": each.state.value,
        "subject": str(each.certificate.subject),
        "not_after": show_time(each.certificate.not_after),
        "digest": each.digest,
    }
