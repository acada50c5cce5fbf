"""``gmpki ca operators``: who works at the authority, and what they may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli import _io
from gmpki.cli._ca import CAPlace, OpenCA, ca_options, read_certificate, yes_option
from gmpki.cli._files import INPUT, OUTPUT
from gmpki.cli._group import Group
from gmpki.cli._options import together
from gmpki.cli._output import Report, columns, facts, json_option
from gmpki.cli._secrets import SecretSource, secret_options
from gmpki.cli._token import confirm
from gmpki.cli.ca_init import PERMISSIONS, parse_permissions

if TYPE_CHECKING:
    from gmpki.ca.operators.appointments import Appointment
    from gmpki.ca.operators.operators import Operator
    from gmpki.x509.certificate import Certificate

__all__ = ["command"]

MAX_REQUEST_LEN = 1 << 20

name_argument = click.argument("name", metavar="NAME")
reason_option = click.option("--reason", metavar="TEXT", help="Why, for the audit log.")
title_option = click.option("--title", metavar="TEXT", help="What people call them.  [default: NAME]")
permission_option = click.option(
    "--permission",
    "permissions",
    type=click.Choice(PERMISSIONS),
    multiple=True,
    help="What they may do. Several times.",
)
place_options = together(
    click.option("--region", metavar="CODE", help="Where they work.  [default: everywhere]"),
    click.option("--point", metavar="CODE", help="The issuing point where they work."),
)
credential_options = together(
    click.option("--certificate", type=INPUT, metavar="FILE", help="The certificate that they log in with."),
    click.option("--request", type=INPUT, metavar="FILE", help="Their request: the authority issues the certificate."),
    click.option("--new-key", type=OUTPUT, metavar="FILE", help="Make a key for them, and write it there."),
    secret_options("key-password", "the password of the key that is made"),
    click.option("--output", "-o", type=OUTPUT, metavar="FILE", help="Where the certificate that is issued goes."),
)


@click.group(name="operators", cls=Group)
def command() -> None:
    """List, appoint, change, suspend and remove operators. Nobody changes what is written of themselves.

    操作员管理：列出、任命、变更、停用、离岗。
    """


@command.command(
    name="list",
    epilog="\b\nExamples:\n  gmpki ca operators list --password-env CA_PASSWORD\n"
    "  gmpki ca operators list --permission review --password-env CA_PASSWORD --json",
)
@click.option("--permission", type=click.Choice(PERMISSIONS), help="Only those who have it.")
@click.option("--region", metavar="CODE", help="Only those who work in this region, or in one within it.")
@ca_options(acts=False)
@json_option
def list_operators(*, place: CAPlace, permission: str | None, region: str | None) -> Report:
    """List the operators.

    列出操作员。
    """
    with place.open() as ca:
        from gmpki.ca.operators.operators import operators_of
        from gmpki.ca.operators.permissions import Permission

        with ca.store.reading() as connection:
            found = operators_of(
                connection,
                ca.store.protection,
                region_id=None if region is None else _region_id(ca, region),
                permission=None if permission is None else Permission(permission),
            )
        listed = [_fields(ca, each) for each in found]
    rows = [
        (
            one["name"],
            one["title"],
            " ".join(one["permissions"]),
            one["point"] or one["region"] or "*",
            one["state"],
        )
        for one in listed
    ]
    title = ("姓名 name", "称谓 title", "权限 permissions", "区域 region", "状态 state")
    return Report({"operators": listed}, columns([title, *rows]))


@command.command(
    epilog="\b\nExamples:\n"
    "  gmpki ca operators add clerk2 --title 李四 --permission entry --region 000000 --new-key clerk2.key "
    "--key-password-env PASSWORD --output clerk2.pem --password-env CA_PASSWORD --as administrator",
)
@name_argument
@title_option
@permission_option
@place_options
@credential_options
@ca_options()
@json_option
def add(*, place: CAPlace, name: str, output: str | None, **said: Any) -> Report:
    """Appoint an operator, with a certificate that is there or that the authority issues now.

    任命操作员：使用已有证书，或由本机构签发。
    """
    if not said["permissions"]:
        raise click.UsageError("say what they may do: --permission")
    if sum(bool(said[option]) for option in ("certificate", "request", "new_key")) != 1:
        raise click.UsageError("give one of --certificate, --request and --new-key")
    for path in (output, said["new_key"]):
        if path is not None:
            _io.refuse_existing(path, force=False)
    with place.open() as ca:
        from gmpki.ca.operators.appointments import appoint

        by = ca.operator
        if said["certificate"] is None:
            ca.acting("operators")  # before anything is issued
        certificate = _certificate(ca, name, said)
        appointment = _appointment(ca, name, certificate, said)
        with ca.store.transaction() as tx:
            made = appoint(tx, by, appointment)
        if output is not None:
            _io.write_output(output, certificate.to_pem())
        return _told(ca, made, ("已任命", "appointed"))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca operators change clerk --title 王五 --permission entry --permission proofreading "
    "--certificate ca/operators/clerk.pem --password-env CA_PASSWORD --as administrator",
)
@name_argument
@title_option
@permission_option
@place_options
@click.option(
    "--certificate", type=INPUT, required=True, metavar="FILE", help="The certificate that they log in with now."
)
@ca_options()
@json_option
def change(*, place: CAPlace, name: str, **said: Any) -> Report:
    """Write something else of an operator: all of it is given anew.

    变更操作员的称谓、权限、区域或证书。
    """
    if not said["permissions"]:
        raise click.UsageError("say what they may do from now on: --permission")
    with place.open() as ca:
        from gmpki.ca.operators.appointments import change_appointment

        appointment = _appointment(ca, name, read_certificate(said["certificate"]), said)
        by = ca.operator
        with ca.store.transaction() as tx:
            changed = change_appointment(tx, by, appointment)
        return _told(ca, changed, ("已变更", "changed"))


@command.command(
    epilog="\b\nExamples:\n"
    "  gmpki ca operators suspend clerk --reason 休假 --password-env CA_PASSWORD --as administrator",
)
@name_argument
@reason_option
@ca_options()
@json_option
def suspend(*, place: CAPlace, name: str, reason: str | None) -> Report:
    """Refuse an operator everything until "resume".

    停用操作员。
    """
    return _stepped(place, name, reason, "suspend", ("已停用", "suspended"))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca operators suspend clerk --password-env CA_PASSWORD --as administrator\n"
    "  gmpki ca operators resume clerk --password-env CA_PASSWORD --as administrator",
)
@name_argument
@reason_option
@ca_options()
@json_option
def resume(*, place: CAPlace, name: str, reason: str | None) -> Report:
    """End a suspension.

    恢复操作员。
    """
    return _stepped(place, name, reason, "resume", ("已恢复", "resumed"))


@command.command(
    epilog="\b\nExamples:\n  gmpki ca operators remove clerk --yes --password-env CA_PASSWORD --as administrator",
)
@name_argument
@reason_option
@yes_option
@ca_options()
@json_option
def remove(*, place: CAPlace, name: str, reason: str | None, yes: bool) -> Report:
    """End an appointment for good. What they did stays under their name, which nobody gets again.

    操作员离岗，不可恢复。
    """
    confirm(f"{name} is removed for good", yes=yes)
    return _stepped(place, name, reason, "remove", ("已离岗", "removed"))


# ---- what they share ------------------------------------------------------------------------
def _stepped(place: CAPlace, name: str, reason: str | None, step: str, done: tuple[str, str]) -> Report:
    with place.open() as ca:
        from gmpki.ca.operators import appointments
        from gmpki.ca.operators.operators import operator_named

        by = ca.operator
        with ca.store.transaction() as tx:
            getattr(appointments, f"{step}_operator")(tx, by, name, reason=reason)
        with ca.store.reading() as connection:
            found = operator_named(connection, ca.store.protection, name)
        return _told(ca, found, done)


def _certificate(ca: OpenCA, name: str, said: dict[str, Any]) -> Certificate:
    """Return the certificate that was named, or have one issued."""
    from gmpki.cli._ca_found import operator_certificate, operator_subject, write_key
    from gmpki.x509.request import RequestBuilder, load_request

    if said["certificate"] is not None:
        return read_certificate(said["certificate"])
    authority = ca.authority(signs=True, keys=True)
    if said["request"] is not None:
        request = load_request(_io.read_input(said["request"], max_len=MAX_REQUEST_LEN))
    else:
        password: SecretSource = said["key_password"]
        secret = password.read("新私钥口令 New password of the operator's key", confirm=True)
        key = write_key(said["new_key"], secret)
        request = RequestBuilder().subject(operator_subject(authority, name)).sign(key)
    return operator_certificate(authority, request, name, actor=ca.operator.actor)


def _appointment(ca: OpenCA, name: str, certificate: Certificate, said: dict[str, Any]) -> Appointment:
    from gmpki.ca.operators.appointments import Appointment
    from gmpki.ca.operators.regions import find_point

    point_id = None
    if said["point"] is not None:
        with ca.store.reading() as connection:
            point_id = find_point(connection, ca.store.protection, said["point"]).id
    region_id = None if said["region"] is None else _region_id(ca, said["region"])
    permissions = parse_permissions(said["permissions"])
    return Appointment(name, said["title"] or name, certificate, permissions, region_id, point_id)


def _region_id(ca: OpenCA, code: str) -> int:
    from gmpki.ca.operators.regions import find_region

    with ca.store.reading() as connection:
        return find_region(connection, ca.store.protection, code).id


def _fields(ca: OpenCA, operator: Operator) -> dict[str, Any]:
    from gmpki.ca.operators.regions import point_of, region_of

    region = point = None
    with ca.store.reading() as connection:
        if operator.region_id is not None:
            region = region_of(connection, ca.store.protection, operator.region_id).code
        if operator.point_id is not None:
            point = point_of(connection, ca.store.protection, operator.point_id).code
    return {
        "name": operator.name,
        "title": operator.title,
        "permissions": sorted(each.value for each in operator.permissions),
        "region": region,
        "point": point,
        "remote": operator.is_remote,
        "state": operator.state.value,
        "certificate_digest": operator.certificate_digest,
    }


def _told(ca: OpenCA, operator: Operator, done: tuple[str, str]) -> Report:
    fields = _fields(ca, operator)
    rows = [(*done, operator.name), ("称谓", "title", operator.title)]
    rows.append(("权限", "permissions", "、".join(each.title_zh for each in operator.permissions)))
    rows.append(("区域", "region", fields["point"] or fields["region"] or "*"))
    rows.append(("状态", "state", f"{operator.state.title_zh} {operator.state.value}"))
    return Report({"operator": fields}, facts(rows))
