"""``gmpki ca init``: an authority founded in a directory of its own."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _keys
from gmpki.cli._ca import CAPlace, ca_options, require_library
from gmpki.cli._files import INPUT
from gmpki.cli._names import show_name
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import Name
    from gmpki.cli._ca_found import FoundingPlan, OperatorPlan

__all__ = ["PERMISSIONS", "command", "parse_permissions"]

# Whom init appoints where nobody is named: one for each permission, and three for judicial recovery.
DEFAULT_OPERATORS = (
    "administrator=administration",
    "clerk=entry",
    "proofreader=proofreading",
    "reviewer=review",
    "issuer=issuing",
    "auditor=audit",
    "recovery=recovery",
)
# Of gmpki.ca.operators.permissions, written out so that --help imports nothing; a test compares them.
PERMISSIONS = ("entry", "proofreading", "review", "issuing", "audit", "administration", "recovery")
DEFAULT_REGION = "000000=全辖区"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")  # names of files and addresses are made of it

options = together(
    click.option("--organisation", metavar="NAME", help="Whose authority it is: O in the names."),
    click.option("--name", default="ca", show_default=True, metavar="NAME", help="Of the authority in the database."),
    click.option("--root-name", default="root", show_default=True, metavar="NAME", help="Of the root above it."),
    click.option("--subject", metavar="NAME", help="Its name in certificates.  [default: C=CN, O=..., CN=... CA]"),
    click.option("--root-subject", metavar="NAME", help="The root's.  [default: C=CN, O=..., CN=... ROOT CA]"),
    click.option(
        "--authority-key",
        default="",
        metavar=_keys.PRIVATE,
        help="Its key, if that is there already, as in a token.  [default: a new one in a file]",
    ),
    click.option("--root-key", default="", metavar=_keys.PRIVATE, help="The same of the root."),
    click.option("--request", "is_requested", is_flag=True, help="Make no root: write a request for one elsewhere."),
    click.option("--finish", "certificate", type=INPUT, metavar="FILE", help="The certificate that came of --request."),
    click.option("--issuer", type=INPUT, metavar="FILE", help="The certificate of who signed that one."),
    click.option(
        "--database",
        default="sqlite:///ca.db",
        show_default=True,
        metavar="URL",
        help="Where the database is, such as postgresql+psycopg://user@host/name; it is empty.",
    ),
    click.option("--base-url", default="", metavar="URL", help="Where published files are found, for certificates."),
    click.option("--ocsp-url", default="", metavar="URL", help="Where the OCSP responder is found, for certificates."),
    click.option("--production", is_flag=True, help="Refuse keys of authorities in software."),
    click.option(
        "--software-signer",
        multiple=True,
        metavar="NAME",
        help="An exception to --production: the name of a device, or software-key. Several times.",
    ),
    click.option("--development", is_flag=True, help="Let operators act by --as NAME, without logging in."),
    click.option(
        "--spare-keys",
        type=click.IntRange(0, 10_000_000),
        default=200,
        show_default=True,
        metavar="N",
        help="How many encryption keys to make beforehand.",
    ),
    click.option("--no-key-centre", is_flag=True, help="Found no key-management centre."),
    click.option(
        "--region",
        "regions",
        multiple=True,
        metavar="CODE=TITLE",
        help=f"A region where people apply. Several times.  [default: {DEFAULT_REGION}]",
    ),
    click.option(
        "--operator",
        "operators",
        multiple=True,
        metavar="NAME=PERMISSION,...",
        help="One of the first operators. Several times.  [default: one for each permission]",
    ),
    click.option(
        "--operator-request",
        "requests",
        multiple=True,
        metavar="NAME=FILE",
        help="The certificate request of one of them, who has a key already.",
    ),
    secret_options("operator-password", "the password of the keys that are made for operators"),
)


@click.command(
    name="init",
    epilog="\b\nExamples:\n"
    "  gmpki ca init --ca 示例CA --organisation 示例电子认证 --password-env PASSWORD --spare-keys 20\n"
    "  gmpki ca init --ca below --organisation 示例电子认证 --request --password-env PASSWORD --spare-keys 20",
)
@ca_options(acts=False)
@options
@json_option
def command(
    *, place: CAPlace, certificate: str | None, issuer: str | None, organisation: str | None, **said: Any
) -> Report:
    """Found an authority: database, root, an authority below it, its services, its first operators.

    With --request there is no root: the file request.csr goes to one elsewhere, and init --finish CERTIFICATE --issuer
    ROOT completes the directory with what comes back. Nothing that is there is written over.  The keys that are made
    for operators are under --operator-password, or under the password of the directory: hand them out, and have
    everybody choose an own one (gmpki key convert).

    在目录中建立认证机构：数据库、根、下级机构、OCSP、首批操作员。
    """
    require_library()
    password: SecretSource = said.pop("operator_password")
    operators = _operators(said.pop("operators"), said.pop("requests"))
    if certificate is not None:
        return _finish(place, certificate, issuer, operators, password)
    if issuer is not None:
        raise click.UsageError("--issuer goes with --finish")
    if organisation is None:
        raise click.UsageError("say whose authority it is: --organisation NAME")
    from gmpki.cli._ca_found import found

    plan = _plan(place, organisation, operators, password, said)
    names = found(place, plan)
    fields: dict[str, Any] = {
        "directory": place.folder,
        "authority": plan.name,
        "root": None if plan.is_requested else plan.root_name,
        "development": plan.allow_local_operators,
        "operators": [] if plan.is_requested else [each.name for each in plan.operators],
        "files": names,
    }
    rows = [("已建立", "founded", place.folder), ("机构", "authority", show_name(plan.subject))]
    if plan.is_requested:
        rows.append(("请求", "request, for the root", os.path.join(place.folder, "request.csr")))
    else:
        rows.insert(1, ("根", "root", show_name(plan.root_subject)))
        rows += _operator_rows(plan.operators)
    if plan.allow_local_operators:
        rows.append(("注意", "for development", "operators act by --as NAME without logging in 操作员无需登录"))
    return Report(fields, facts(rows))


def _finish(
    place: CAPlace, certificate: str, issuer: str | None, operators: tuple[OperatorPlan, ...], password: SecretSource
) -> Report:
    """Complete a directory with the certificate that its request has brought."""
    from gmpki.cli._ca_found import ACTOR, finish_requested
    from gmpki.cli._issuing import load_one_certificate
    from gmpki.errors import StateError

    if issuer is None:
        raise click.UsageError("--finish needs --issuer FILE, the certificate of who signed")
    with place.open() as ca:
        if ca.settings.ocsp is not None:
            raise StateError(f"{place.folder} is complete already; gmpki ca key activate takes further certificates")
        authority = ca.authority(signs=True)
        authority.activate(load_one_certificate(certificate), issuer=load_one_certificate(issuer), actor=ACTOR)
        finish_requested(ca, operators, _operator_password(place, password))
        subject = show_name(authority.certificate.subject)
    fields = {"directory": place.folder, "authority": authority.name, "operators": [each.name for each in operators]}
    return Report(
        fields,
        facts([("已完成", "complete", place.folder), ("机构", "authority", subject), *_operator_rows(operators)]),
    )


# ---- what the options stand for -----------------------------------------------------------
def _plan(
    place: CAPlace,
    organisation: str,
    operators: tuple[OperatorPlan, ...],
    password: SecretSource,
    said: dict[str, Any],
) -> FoundingPlan:
    from gmpki.cli._ca_found import FoundingPlan

    for option in ("name", "root_name"):
        if not NAME.fullmatch(said[option]):
            raise click.UsageError(f"--{option.replace('_', '-')} takes 1 to 32 letters, digits, . _ and -")
    if said["name"] == said["root_name"]:
        raise click.UsageError("root and authority have different names")
    regions = tuple(_split(text, "--region") for text in said["regions"] or (DEFAULT_REGION,))
    subject = _subject(said["subject"], organisation, "CA")
    root_subject = _subject(said["root_subject"], organisation, "ROOT CA")
    place.password.read("CA 目录新口令 New password of the directory of the authority", confirm=True)
    return FoundingPlan(
        organisation=organisation,
        name=said["name"],
        root_name=said["root_name"],
        subject=subject,
        root_subject=root_subject,
        is_requested=said["is_requested"],
        key=said["authority_key"],
        root_key=said["root_key"],
        database=said["database"],
        base_url=said["base_url"],
        ocsp_url=said["ocsp_url"],
        is_production=said["production"],
        software_signers=said["software_signer"],
        allow_local_operators=said["development"],
        spare_keys=None if said["no_key_centre"] else said["spare_keys"],
        regions=regions,
        operators=operators,
        operator_password=_operator_password(place, password),
    )


def _operator_password(place: CAPlace, password: SecretSource) -> bytes:
    """Return what the keys that are made for operators are put under."""
    source = password if password.given else place.password
    return source.read("操作员私钥口令 Password of the operators' keys")


def _subject(text: str | None, organisation: str, kind: str) -> Name:
    from gmpki.x509.names import build_name, parse_name

    if text is not None:
        return parse_name(text)
    return build_name(("C", "CN"), ("O", organisation), ("CN", f"{organisation} {kind}"))


def _operators(texts: tuple[str, ...], requests: tuple[str, ...]) -> tuple[OperatorPlan, ...]:
    from gmpki.cli._ca_found import OperatorPlan

    files = dict(_split(text, "--operator-request") for text in requests)
    plans = []
    for text in texts or DEFAULT_OPERATORS:
        name, listed = _split(text, "--operator")
        if not NAME.fullmatch(name):
            raise click.UsageError(f"the name of an operator is 1 to 32 letters, digits, . _ and -, not {name[:40]!r}")
        plans.append(OperatorPlan(name, parse_permissions(listed.split(",")), files.pop(name, "")))
    if files:
        raise click.UsageError(f"--operator-request names nobody of --operator: {', '.join(sorted(files))[:80]}")
    if len({plan.name for plan in plans}) != len(plans):
        raise click.UsageError("two operators have one name")
    return tuple(plans)


def parse_permissions(names: list[str] | tuple[str, ...]) -> frozenset[Any]:
    """Return permissions by their names.

    :raises click.UsageError: when there is none of a name, or they do not go together.
    """
    from gmpki.ca.operators.permissions import Permission, check_permissions
    from gmpki.errors import InvalidInputError

    known = {each.value: each for each in Permission}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError(f"there is no permission {unknown[0][:40]!r}; there are {', '.join(known)}")
    try:
        return check_permissions((known[name] for name in names), is_remote=False)
    except InvalidInputError as error:
        raise click.UsageError(str(error)) from None


def _split(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise click.UsageError(f"{option} takes NAME=VALUE, not {text[:80]!r}")
    return name, value


def _operator_rows(operators: tuple[OperatorPlan, ...]) -> list[tuple[str, str, str]]:
    return [("操作员", "operator", f"{each.name} {each.title}") for each in operators]
