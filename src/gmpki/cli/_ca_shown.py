"""How commands show what a registration office has: applications, pairs, what has become of them."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Any

from gmpki.cli._names import show_name
from gmpki.cli._output import Report, facts
from gmpki.cli._output import columns as aligned
from gmpki.cli._serial_numbers import show_serial_number
from gmpki.cli._times import show_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gmpki.ca.registration.applications import Application
    from gmpki.ca.registration.carrying import Outcome
    from gmpki.ca.registration.pairs import Pair
    from gmpki.ca.registration.states import ApplicationState, Operation, PairState

__all__ = [
    "application_fields",
    "application_report",
    "application_rows",
    "column_name",
    "outcome_report",
    "pair_fields",
    "pair_rows",
    "plain_rows",
    "row_of",
    "shown",
    "table",
    "titled",
]

# What comes next in the life of an application, by its state.
NEXT = {
    "entered": "proofread",
    "returned": "amend",
    "proofread": "review",
    "issued": "deliver",
}


def titled(value: ApplicationState | PairState | Operation) -> str:
    """Return a state or an operation as a person reads it."""
    return f"{value.title_zh} {value.value}"


def shown(value: object) -> str:
    """Return a value in a cell of a table: nothing as a dash, states with their Chinese names."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, Enum):
        title = getattr(value, "title_zh", None)
        return str(value.value) if title is None else f"{title} {value.value}"
    return str(plain(value))


def plain(value: object) -> object:
    """Return a value as JSON has it: members of enumerations by their values, times in UTC."""
    if isinstance(value, Enum):
        return value.value
    return show_time(value) if isinstance(value, datetime) else value


def plain_rows(rows: Iterable[Mapping[str, object]]) -> list[dict[str, object]]:
    """Return rows of a table for a program."""
    return [{name: plain(value) for name, value in row.items()} for row in rows]


def table(columns: Mapping[str, str], rows: Iterable[Mapping[str, object]]) -> list[str]:
    """Align rows under the titles of their columns."""
    cells = [tuple(shown(row[name]) for name in columns) for row in rows]
    return aligned([tuple(columns.values()), *cells])


def row_of(found: Any, own: str) -> dict[str, object]:
    """Return the fields of a dataclass as a row, under the names that commands use.

    :param own: what its number is called.
    """
    row: dict[str, object] = {}
    for each in fields(found):
        value = getattr(found, each.name)
        if each.name in ("signing_serial", "encryption_serial"):
            value = None if value is None else show_serial_number(value)
        row[own if each.name == "id" else column_name(each.name)] = value
    return row


def column_name(name: str) -> str:
    """Return what a field of a dataclass is called in rows."""
    if name.endswith("_serial") and name != "token_serial":
        return f"{name}_number"
    return name.removeprefix("is_").removesuffix("_id")


# ---- applications -----------------------------------------------------------------------
def application_fields(application: Application) -> dict[str, Any]:
    """Return what a program is told of an application."""
    wanted, request = application.wanted, application.request
    subject = wanted.subject if wanted.subject is not None else None if request is None else request.subject
    told: dict[str, Any] = {
        "application": application.id,
        "reference": application.reference,
        "operation": application.operation.value,
        "state": application.state.value,
        "applicant": application.applicant_id,
        "pair": application.pair_id,
        "authority": application.authority,
        "profile": application.profile,
        "subject": None if subject is None else show_name(subject),
        "has_request": request is not None,
        "business_kind": application.business_kind,
        "medium": application.medium,
        "token_serial": application.token_serial,
        "free": application.is_free,
        "reason": None if wanted.reason is None else wanted.reason.name.lower().replace("_", "-"),
        "asked_by": wanted.asked_by or None,
        "decision": application.decision,
        "content_digest": application.content_digest,
    }
    for name in ("entered", "proofread", "reviewed", "issued"):
        told[f"{name}_by"] = getattr(application, f"{name}_by")
        told[f"{name}_at"] = show_time(getattr(application, f"{name}_at"))
    told["delivered_at"] = show_time(application.delivered_at)
    told["closed_at"] = show_time(application.closed_at)
    return told


def application_rows(application: Application) -> list[tuple[str, str, str]]:
    """Return what a person is told of an application in few lines."""
    rows = [
        ("申请", "application", f"{application.id}  {application.reference}"),
        ("业务", "operation", titled(application.operation)),
        ("状态", "state", titled(application.state)),
    ]
    if application.pair_id is not None:
        rows.append(("证书对", "pair", str(application.pair_id)))
    if application.decision:
        rows.append(("意见", "remark", application.decision))
    step = _next_step(application)
    return rows if step is None else [*rows, ("下一步", "next", f"gmpki ca {step} {application.id}")]


def _next_step(application: Application) -> str | None:
    from gmpki.ca.registration.states import ISSUING_OPERATIONS, ApplicationState

    if application.state is ApplicationState.APPROVED:
        return "issue" if application.operation in ISSUING_OPERATIONS else "carry-out"
    return NEXT.get(application.state.value)


def application_report(application: Application) -> Report:
    """Return what a command answers about an application."""
    return Report(application_fields(application), facts(application_rows(application)))


# ---- pairs ------------------------------------------------------------------------------
def pair_fields(pair: Pair) -> dict[str, Any]:
    """Return what a program is told of a pair."""
    encryption = pair.encryption
    return {
        "pair": pair.id,
        "state": pair.state.value,
        "applicant": pair.applicant_id,
        "application": pair.application_id,
        "authority": pair.authority,
        "profile": pair.profile,
        "subject": show_name(pair.signing.subject),
        "signing_serial_number": show_serial_number(pair.signing.serial_number),
        "encryption_serial_number": None if encryption is None else show_serial_number(encryption.serial_number),
        "not_before": show_time(pair.not_before),
        "not_after": show_time(pair.not_after),
        "business_kind": pair.business_kind,
        "medium": pair.medium,
        "token_serial": pair.token_serial,
        "free": pair.is_free,
        "issued_at": show_time(pair.issued_at),
        "delivered_at": show_time(pair.delivered_at),
        "receipt": pair.receipt,
        "changed_at": show_time(pair.changed_at),
        "replaced_by": pair.replaced_by,
    }


def pair_rows(pair: Pair) -> list[tuple[str, str, str]]:
    """Return what a person is told of a pair in few lines."""
    rows = [
        ("证书对", "pair", str(pair.id)),
        ("状态", "state", titled(pair.state)),
        ("主体", "subject", show_name(pair.signing.subject)),
        ("签名证书序列号", "signing serial", show_serial_number(pair.signing.serial_number)),
    ]
    if pair.encryption is not None:
        rows.append(("加密证书序列号", "encryption serial", show_serial_number(pair.encryption.serial_number)))
    rows.append(("有效期", "valid", f"{show_time(pair.not_before)} - {show_time(pair.not_after)}"))
    if pair.token_serial is not None:
        rows.append(("令牌", "token", pair.token_serial))
    return rows


def outcome_report(outcome: Outcome, done: Iterable[tuple[str, str, str]] = (), **more: Any) -> Report:
    """Return what a command answers that asks for something, or carries it out.

    :param done: what else a person is told; ``more`` are further fields, for a program.
    """
    pair = None if outcome.pair is None else pair_fields(outcome.pair)
    told = {"application": application_fields(outcome.application), "pair": pair}
    rows = application_rows(outcome.application)
    if outcome.pair is not None:
        _, (_, _, state), *others = pair_rows(outcome.pair)
        rows += [("证书对状态", "state of the pair", state), *others]
    return Report({**told, **more}, facts([*rows, *done]))
