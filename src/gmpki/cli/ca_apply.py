"""``gmpki ca apply``, ``amend`` and ``withdraw``: what is entered for new certificates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict

import click

from gmpki.cli import _issuing
from gmpki.cli._alternative_names import alternative_name, san_option
from gmpki.cli._ca import CAPlace, ca_options
from gmpki.cli._ca_desk import (
    Desk,
    application_argument,
    at_desk,
    load_request,
    once_option,
    parse_subject,
    read_number,
    request_option,
    token_serial_option,
)
from gmpki.cli._ca_shown import application_fields, application_report, application_rows
from gmpki.cli._options import together
from gmpki.cli._output import Report, facts, json_option
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from gmpki.asn1.rfc5280 import Extension
    from gmpki.ca.registration.applicants import Applicant
    from gmpki.ca.registration.applications import Application, ApplicationForm
    from gmpki.ca.registration.identity import Identity
    from gmpki.ca.registration.uniqueness import Existing

__all__ = ["amend", "command", "withdraw"]

# kind of an identity number -> who has such a one; a test compares them with the registers of applicants.
KINDS = {
    "resident-id": "person",
    "passport": "person",
    "military-card": "person",
    "credit-code": "organization",
    "organization-code": "organization",
    "business-registration": "organization",
    "taxation-number": "organization",
    "device": "device",
}


class Entry(TypedDict):
    """The options of what is entered, as click hands them over; None is what was not given."""

    profile: str | None
    authority: str | None
    request: str | None
    subject: str | None
    san: tuple[str, ...]
    identity_extension: tuple[str, ...]
    business_kind: str | None
    medium: str | None
    token_serial: str | None
    is_free: bool | None


class Person(TypedDict):
    """The options that say who applies, likewise."""

    applicant: int | None
    name: str | None
    identity: str | None
    credit_code: str
    region: str | None
    contact_name: str | None
    contact_phone: str
    contact_email: str
    contact_address: str
    field: tuple[str, ...]


applicant_options = together(
    click.option("--applicant", type=click.IntRange(min=1), metavar="ID", help="Somebody who is registered already."),
    click.option("--name", metavar="TEXT", help="The name of who applies."),
    click.option(
        "--identity",
        metavar="KIND=NUMBER",
        help=f"The number that they are known by: {', '.join(KINDS)}. KIND=- reads the number from standard input.",
    ),
    click.option("--credit-code", default="", metavar="CODE", help="Of the organisation of a person or device."),
    click.option("--region", metavar="CODE", help="Their region.  [default: yours, or the only one]"),
    click.option("--contact-name", metavar="TEXT", help="Who handles the matter."),
    click.option("--contact-phone", default="", metavar="TEXT", help="Of the contact."),
    click.option("--contact-email", default="", metavar="TEXT", help="Of the contact."),
    click.option("--contact-address", default="", metavar="TEXT", help="Of the contact."),
    click.option("--field", multiple=True, metavar="NAME=VALUE", help="A further fact about them, kept encrypted."),
)
entry_options = together(
    click.option("--authority", metavar="NAME", help="Who is to issue.  [default: that of ca.toml]"),
    request_option,
    click.option("--subject", metavar="NAME", help="The subject of the certificates.  [default: that of the request]"),
    san_option,
    click.option(
        "--identity-extension",
        multiple=True,
        metavar="KIND=NUMBER",
        help="An identity number that is to stand in the certificates, such as organizationCode=...",
    ),
    click.option("--business-kind", metavar="TEXT", help="What the certificates are for."),
    click.option("--medium", metavar="TEXT", help='What they are delivered on, such as "ukey" or "file".'),
    token_serial_option,
    click.option("--free/--paid", "is_free", default=None, help="Whether they cost their holder nothing."),
)


@click.command(
    name="apply",
    epilog="\b\nExamples:\n"
    "  gmpki ca apply --profile personal --name 张三 --identity resident-id=11010519491231002X "
    "--contact-name 李四 --request zhangsan.csr\n"
    "  gmpki ca apply --profile personal --applicant 1 --request zhangsan.csr --once 2026-0001",
)
@ca_options()
@click.option("--profile", required=True, metavar="NAME", help="A name of gmpki cert profiles.")
@applicant_options
@entry_options
@once_option
@json_option
def command(*, place: CAPlace, once: str | None, **options: Any) -> Report:
    """Enter an application for new certificates, and register who applies.

    Somebody who is registered with the identity number keeps the data that are there. What they have already is shown.
    Somebody else proofreads the application, and a third one reviews it.

    录入新证书申请，并登记申请人；此后由他人校对、审核。
    """
    from gmpki.ca.registration.applications import ApplicationForm
    from gmpki.ca.registration.uniqueness import existing

    person, entry = _split(options)
    _check_person(person)
    values = _given(entry)
    with at_desk(place) as desk:
        values.setdefault("authority", desk.authority)
        desk.refuse_unknown_profile(values["authority"], values["profile"])
        applicant_id = person["applicant"]
        if applicant_id is None:
            applicant_id = desk.office.register(desk.operator, _applicant(desk, person))
        form = ApplicationForm(applicant_id, **values)
        with desk.reading() as connection:
            held = existing(connection, applicant_id)
        application = desk.office.apply(desk.operator, form, key=once)
    others = [each for each in held if (each.kind, each.id) != ("application", application.id)]
    rows = application_rows(application)
    rows += [("注意：已有", "note: they have", _held_text(each)) for each in others]
    fields = {**application_fields(application), "existing": [_held_fields(each) for each in others]}
    return Report(fields, facts(rows))


@click.command(
    name="amend",
    epilog="\b\nExamples:\n  gmpki ca amend 1 --subject 'C=CN, O=示例市社会保障局, CN=张三'",
)
@application_argument
@ca_options()
@click.option("--profile", metavar="NAME", help="A name of gmpki cert profiles.")
@entry_options
@once_option
@json_option
def amend(*, application: str, place: CAPlace, once: str | None, **options: Any) -> Report:
    """Correct an application (its number or its reference) that you entered and nobody has proofread yet.

    What is not given stays as it was.

    修改尚未校对、或被退回的申请（仅限录入者本人）。
    """
    _, entry = _split(options)
    values = _given(entry)
    if not values:
        raise click.UsageError("nothing to correct: say what is to be another")
    with at_desk(place) as desk:
        before = desk.office.application(desk.operator, desk.application_id(application))
        if "profile" in values:
            desk.refuse_unknown_profile(values.get("authority", before.authority), values["profile"])
        return application_report(desk.office.amend(desk.operator, before.id, _amended(before, values), key=once))


@click.command(
    name="withdraw",
    epilog="\b\nExamples:\n  gmpki ca withdraw 1 --reason 申请人要求",
)
@application_argument
@ca_options()
@click.option("--reason", default="", metavar="TEXT", help="Why.")
@once_option
@json_option
def withdraw(*, application: str, place: CAPlace, reason: str, once: str | None) -> Report:
    """Withdraw an application of which nothing has come yet.

    撤回尚未办理的申请。
    """
    with at_desk(place) as desk:
        number = desk.application_id(application)
        return application_report(desk.office.withdraw(desk.operator, number, reason=reason, key=once))


# ---- what the options stand for -------------------------------------------------------------
def _split(options: dict[str, Any]) -> tuple[Person, Entry]:
    person: Any = {name: options[name] for name in Person.__annotations__ if name in options}
    entry: Any = {name: options[name] for name in Entry.__annotations__}
    return person, entry


def _given(entry: Entry) -> dict[str, Any]:
    """Return the fields of a form that were given."""
    from gmpki.ca.registration.wanted import Wanted

    names = ("profile", "authority", "business_kind", "medium", "token_serial", "is_free")
    values: dict[str, Any] = {name: entry[name] for name in names if entry[name] is not None}  # type: ignore[literal-required]
    request = load_request(entry["request"])
    if request is not None:
        values["request"] = request
    subject, extensions = parse_subject(entry["subject"]), _extensions(entry)
    if subject is not None or extensions:
        values["wanted"] = Wanted(subject=subject, extensions=extensions)
    return values


def _amended(before: Application, values: dict[str, Any]) -> ApplicationForm:
    """Return the form of an application with other values."""
    from gmpki.ca.registration.applications import ApplicationForm

    kept = {name: getattr(before, name) for name in ApplicationForm.__dataclass_fields__}
    wanted = values.get("wanted")
    if wanted is not None:
        values["wanted"] = replace(
            before.wanted,
            subject=before.wanted.subject if wanted.subject is None else wanted.subject,
            extensions=wanted.extensions or before.wanted.extensions,
        )
    return ApplicationForm(**{**kept, **values})


def _extensions(entry: Entry) -> tuple[Extension, ...]:
    from gmpki.asn1.rfc5280.ext_names import SubjectAltName
    from gmpki.x509.extensions import ExtensionValue, make

    values: list[ExtensionValue] = []
    if entry["san"]:
        values.append(SubjectAltName(tuple(alternative_name(text) for text in entry["san"])))
    values += [_issuing.identity_extension(text, "--identity-extension") for text in entry["identity_extension"]]
    return tuple(make(value) for value in values)


def _check_person(person: Person) -> None:
    given = [name for name, value in person.items() if value and name != "applicant"]
    if person["applicant"] is not None and given:
        raise click.UsageError(f"--applicant is somebody who is registered, without --{given[0].replace('_', '-')}")
    if person["applicant"] is None and (person["name"] is None or person["identity"] is None):
        raise click.UsageError("say who applies: --name and --identity, or --applicant ID")
    if person["contact_name"] is None and any(name.startswith("contact_") for name in given):
        raise click.UsageError("a contact has a name: --contact-name")


def _applicant(desk: Desk, person: Person) -> Applicant:
    from gmpki.ca.registration.applicants import Applicant, ApplicantKind, Contact

    identity = read_identity(person["identity"] or "")
    contact = None
    if person["contact_name"] is not None:
        contact = Contact(
            person["contact_name"], person["contact_phone"], person["contact_email"], person["contact_address"]
        )
    fields = dict(text.partition("=")[::2] for text in person["field"])
    return Applicant(
        ApplicantKind(KINDS[identity.kind.value]),
        person["name"] or "",
        identity,
        desk.region_id(person["region"]),
        person["credit_code"],
        contact,
        fields,
    )


def read_identity(text: str) -> Identity:
    """Return the identity that KIND=NUMBER says; the number ``-`` is read from standard input.

    :raises click.UsageError: when there is no such kind. The message does not repeat the number.
    """
    from gmpki.ca.registration.identity import Identity, IdentityKind

    kind, separator, number = text.partition("=")
    if not separator or kind not in KINDS:
        raise click.UsageError(f"--identity takes KIND=NUMBER with one of {', '.join(KINDS)}")
    return Identity(IdentityKind(kind), read_number(number))


# ---- what is answered -----------------------------------------------------------------------
def _held_fields(held: Existing) -> dict[str, Any]:
    return {
        "kind": held.kind,
        "id": held.id,
        "state": held.state.value,
        "authority": held.authority,
        "profile": held.profile,
        "business_kind": held.business_kind,
        "free": held.is_free,
        "not_after": show_time(held.until),
    }


def _held_text(held: Existing) -> str:
    what = "证书对 pair" if held.kind == "pair" else "申请 application"
    return f"{what} {held.id}: {held.profile}, {held.state.title_zh} {held.state.value}"
