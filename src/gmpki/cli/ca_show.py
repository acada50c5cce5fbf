"""``gmpki ca show``: an application, a pair, an applicant, with everything that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import application_argument, at_desk, pair_argument
from gmpki.cli._ca_shown import (
    application_fields,
    application_rows,
    pair_fields,
    pair_rows,
    plain_rows,
    row_of,
    shown,
    titled,
)
from gmpki.cli._group import Group
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gmpki.ca.registration.applicants import RegisteredApplicant
    from gmpki.ca.registration.applications import Application
    from gmpki.ca.registration.attachments import Attachment
    from gmpki.cli._ca_desk import Desk

__all__ = ["command"]

STEPS = (
    ("entered", "录入", "entered"),
    ("proofread", "校对", "proofread"),
    ("reviewed", "审核", "reviewed"),
    ("issued", "签发", "issued"),
)


@click.group(name="show", cls=Group)
def command() -> None:
    """Show an application, a pair or an applicant.

    查看申请、证书对或申请人。
    """


@command.command(epilog="\b\nExamples:\n  gmpki ca show application 1")
@application_argument
@ca_options()
@json_option
def application(*, application: str, place: CAPlace) -> Report:
    """Show an application, by its number or reference: what was entered, who worked on it, its attachments.

    Its content_digest names what was entered, for --seen of proofreading and review.

    查看申请的内容、经办过程与附件。
    """
    from gmpki.ca.registration import attachments
    from gmpki.ca.registration.states import operations_in

    with at_desk(place) as desk:
        found = desk.office.application(desk.operator, desk.application_id(application))
        with desk.reading() as connection:
            files = attachments.of_application(connection, found.id)
            whose = _read_applicant(desk, connection, found.applicant_id)
            region = desk.region_code(connection, found.region_id)
    possible = operations_in(found.state)
    fields = application_fields(found)
    told = {
        **fields,
        "applicant_name": whose.applicant.name,
        "region": region,
        "attachments": plain_rows(row_of(each, "id") for each in files),
        "possible": [each.value for each in possible],
    }
    rows = application_rows(found)
    rows[3:3] = [
        ("申请人", "applicant", f"{whose.id}  {whose.applicant.name}, {whose.applicant.identity.masked}"),
        ("模板", "profile", f"{found.profile}, {found.authority}"),
        ("主体", "subject", shown(fields["subject"])),
        ("证书请求", "request", "有 yes" if found.request is not None else "没有 none"),
        ("介质", "medium", f"{found.medium}  {shown(found.token_serial)}"),
        ("业务类别", "kind of business", found.business_kind),
        ("区域", "region", region),
        *_step_rows(found),
    ]
    rows += [("附件", "attachment", _attachment(each)) for each in files]
    rows += [
        ("内容摘要", "content digest", found.content_digest),
        ("可办", "possible", ", ".join(titled(each) for each in possible) or "-"),
    ]
    return Report(told, facts(rows))


@command.command(epilog="\b\nExamples:\n  gmpki ca show pair 1\n  gmpki ca show pair 1 --pem")
@pair_argument
@ca_options()
@click.option("--pem", is_flag=True, help="Print the certificates themselves as well.")
@json_option
def pair(*, pair: str, place: CAPlace, pem: bool) -> Report:
    """Show a pair: PAIR is its number, or serial:HEX, the serial number of one of its certificates.

    查看证书对的状态与经过。
    """
    from gmpki.ca.registration import pairs
    from gmpki.ca.registration.states import PAIR_OPERATIONS, operations_in

    with at_desk(place) as desk:
        found = desk.office.pair(desk.operator, desk.pair_id(pair))
        now = desk.store.now()
        with desk.reading() as connection:
            whose = _read_applicant(desk, connection, found.applicant_id)
            region = desk.region_code(connection, found.region_id)
    possible = [each for each in operations_in(pairs.state_at(found, now)) if each in PAIR_OPERATIONS]
    told = {
        **pair_fields(found),
        "applicant_name": whose.applicant.name,
        "region": region,
        "possible": [each.value for each in possible],
    }
    held = [each for each in (found.signing, found.encryption) if each is not None]
    rows = pair_rows(found)
    rows += [
        ("持有人", "holder", f"{whose.id}  {whose.applicant.name}, {whose.applicant.identity.masked}"),
        ("模板", "profile", f"{found.profile}, {found.authority}"),
        ("申请", "application", shown(found.application_id)),
        ("区域", "region", region),
        ("签发", "issued", shown(show_time(found.issued_at))),
        ("交付", "delivered", f"{shown(show_time(found.delivered_at))}  {found.receipt or ''}"),
        ("可办", "possible", ", ".join(titled(each) for each in possible) or "-"),
    ]
    if found.replaced_by is not None:
        rows.append(("更换为", "replaced by", str(found.replaced_by)))
    if not pem:
        return Report(told, facts(rows))
    texts = [each.to_pem().decode("ascii") for each in held]
    return Report({**told, "pem": texts}, [*facts(rows), *(text.rstrip() for text in texts)])


@command.command(epilog="\b\nExamples:\n  gmpki ca show applicant 1\n  gmpki ca show applicant 1 --in-full")
@click.argument("applicant", type=click.IntRange(min=1), metavar="ID")
@ca_options()
@click.option("--in-full", is_flag=True, help="Show numbers and addresses whole; the audit log then says so.")
@json_option
def applicant(*, applicant: int, place: CAPlace, in_full: bool) -> Report:
    """Show somebody who is registered, and what they have. Numbers have stars in their middle.

    查看申请人登记信息；号码默认隐去中间部分。
    """
    from gmpki.ca.registration.uniqueness import existing

    with at_desk(place) as desk:
        with desk.reading() as connection:
            found = _read_applicant(desk, connection, applicant)
            desk.permit_reading(connection, found.applicant.region_id)
            region = desk.region_code(connection, found.applicant.region_id)
            held = existing(connection, applicant)
        if in_full:
            with desk.store.transaction() as tx:
                desk.permit_reading(tx.connection, found.applicant.region_id)
                tx.audit(desk.operator.actor, "applicant.show", f"applicant:{applicant}")
    told = _applicant_fields(found, in_full=in_full)
    told["region"] = region
    told["held"] = plain_rows(row_of(each, "id") for each in held)
    rows = [
        ("申请人", "applicant", f"{found.id}  {found.applicant.name}"),
        ("类别", "kind", str(told["kind"])),
        (found.applicant.identity.kind.title, str(told["identity_kind"]), str(told["identity"])),
    ]
    labels = (
        ("credit_code", "统一社会信用代码", "credit code"),
        ("contact_name", "经办人", "contact"),
        ("contact_phone", "电话", "phone"),
        ("contact_email", "邮箱", "e-mail"),
        ("contact_address", "地址", "address"),
    )
    rows += [(chinese, english, str(told[name])) for name, chinese, english in labels if told[name]]
    rows += [("其他", name, value) for name, value in told["fields"].items()]
    rows += [("区域", "region", region), ("保存至", "kept until", shown(told["retain_until"]))]
    rows += [("已有", "has", f"{each.kind} {each.id}: {each.profile}, {titled(each.state)}") for each in held]
    return Report(told, facts(rows))


# ---- what is shown --------------------------------------------------------------------------
def _read_applicant(desk: Desk, connection: Connection, applicant_id: int) -> RegisteredApplicant:
    from gmpki.ca.registration import applicants

    return applicants.read(connection, desk.store.protection, applicant_id)


def _applicant_fields(found: RegisteredApplicant, *, in_full: bool) -> dict[str, Any]:
    from gmpki.ca.registration.identity import masked

    def number(text: str) -> str:
        return text if in_full else masked(text)

    applicant = found.applicant
    told: dict[str, Any] = {
        "applicant": found.id,
        "kind": applicant.kind.value,
        "name": applicant.name,
        "identity_kind": applicant.identity.kind.value,
        "identity": number(applicant.identity.number),
        "credit_code": applicant.credit_code or None,
    }
    for name in ("name", "phone", "email", "address"):
        value = "" if applicant.contact is None else getattr(applicant.contact, name)
        told[f"contact_{name}"] = (value if name == "name" else number(value)) or None
    told["fields"] = {name: number(value) for name, value in applicant.fields.items()}
    for name in ("created_at", "updated_at", "retain_until"):
        told[name] = show_time(getattr(found, name))
    return told


def _step_rows(found: Application) -> list[tuple[str, str, str]]:
    rows = []
    for name, chinese, english in STEPS:
        who, at = getattr(found, f"{name}_by"), getattr(found, f"{name}_at")
        if who is not None:
            rows.append((chinese, english, f"{shown(show_time(at))}  {who}"))
    return rows


def _attachment(each: Attachment) -> str:
    return f"{each.title}, {each.media_type}, {each.length} bytes, SM3 {each.digest}"
