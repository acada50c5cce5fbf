"""Applications and issues by the thousand: a row each, with its own result; it goes on after an interruption.

Each row has the key ``<batch>:<row>``, so a file can be run again after whatever ended it: what was carried out is
found again and not done twice, what failed is tried again, and a row that was changed in between is refused.

    rows = read_batch("persons.csv")
    results = apply_batch(office, clerk, rows, Batch("2026-03-social", "sub", "personal"))
    summary = write_results(results, "persons.results.jsonl", progress=print)
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeVar

from gmpki._inputs import function, member
from gmpki.ca.registration.applicants import Applicant, ApplicantKind, Contact
from gmpki.ca.registration.applications import ApplicationForm, check_text
from gmpki.ca.registration.batch_rows import BatchRow
from gmpki.ca.registration.identity import Identity, IdentityKind
from gmpki.ca.registration.issuing import IssueAsked
from gmpki.ca.registration.office import RegistrationOffice
from gmpki.ca.registration.wanted import Wanted
from gmpki.errors import GmpkiError, InvalidInputError, StoreError
from gmpki.x509.names import parse_name
from gmpki.x509.request import load_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration.applications import Application
    from gmpki.x509.request import CertificateRequest

__all__ = ["Batch", "BatchSummary", "RowResult", "apply_batch", "issue_batch", "write_results"]

_MAX_NAME_LEN: Final = 64
_MAX_ID_DIGITS: Final = 19
_MAX_MESSAGE_LEN: Final = 500
_AT_ONCE: Final = 200
_MAX_SHOWN: Final = 8  # columns, and so many characters of each
_MAX_SHOWN_LEN: Final = 40
_CONTACT: Final = ("contact_name", "contact_phone", "contact_email", "contact_address")
_APPLICANT: Final = ("kind", "name", "identity_kind", "identity", "credit_code", *_CONTACT)
_APPLICATION: Final = (
    "authority",
    "profile",
    "business_kind",
    "medium",
    "token_serial",
    "is_free",
    "subject",
    "request",
)
_APPLY_COLUMNS: Final = frozenset((*_APPLICANT, *_APPLICATION))
_ISSUE_COLUMNS: Final = frozenset(("application", "token_serial", "request"))
E = TypeVar("E", bound=Enum)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Batch:
    """What holds of all rows. Immutable.

    :ivar name: of the batch: 1 to 64 printable characters, another one for each file.
    :ivar authority: where a row does not say; likewise the profile, the kind of business and the medium.
    :ivar region_id: of applicants who are not registered yet.
    """

    name: str
    authority: str = ""
    profile: str = ""
    business_kind: str = "new"
    medium: str = "ukey"
    region_id: int = 1

    def __post_init__(self) -> None:
        """Check the name.

        :raises InvalidTypeError: when it is no text.
        :raises InvalidInputError: when it is empty, too long or not printable.
        """
        check_text(self.name, "the name of a batch", _MAX_NAME_LEN)

    def key(self, row: BatchRow) -> str:
        """Return the key with which a row is carried out once.

        :param row: of this batch: its number is part of the key.
        """
        return f"{self.name}:{row.number}"


@dataclass(frozen=True, slots=True)
class RowResult:
    """What has become of a row. Immutable.

    :ivar application: the id of its application; None when it failed.
    :ivar reference: what people name it by.
    :ivar pair: the id of the pair that was issued.
    :ivar problem: the name of the error, "" when it went well.
    :ivar message: what it says.
    """

    row: int
    application: int | None = None
    reference: str = ""
    pair: int | None = None
    problem: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """How many rows went well and how many failed. Immutable."""

    done: int
    failed: int


def apply_batch(
    office: RegistrationOffice, operator: Operator, rows: Iterable[BatchRow], batch: Batch
) -> Iterator[RowResult]:
    """Enter an application for each row; who is not registered yet is.

    The columns are those of an applicant (``kind``, ``name``, ``identity_kind``, ``identity``, ``credit_code``,
    ``contact_name``, ``contact_phone``, ``contact_email``, ``contact_address``) and of an application (``authority``,
    ``profile``, ``business_kind``, ``medium``, ``token_serial``, ``is_free`` as true or false, ``subject`` as RFC 4514
    has it, ``request`` as PEM or in base64). Somebody who is registered keeps the data that are there.

    :raises StoreError: when the database does not do it; run the same rows again.
    """
    member(office, RegistrationOffice, "office")
    member(batch, Batch, "batch")
    for row in rows:
        found = _tried(lambda: _applied(office, operator, row, batch))  # noqa: B023 - called at once
        yield _failed(row.number, found) if isinstance(found, GmpkiError) else _entered(row.number, found)


def issue_batch(
    office: RegistrationOffice, operator: Operator, rows: Iterable[BatchRow], batch: Batch
) -> Iterator[RowResult]:
    """Have the certificates of an application issued for each row, hundreds of rows in one commit where possible.

    The columns are ``application``, its id or reference, ``request`` and ``token_serial``.

    :raises StoreError: as :func:`apply_batch`.
    """
    member(office, RegistrationOffice, "office")
    member(batch, Batch, "batch")
    left = iter(rows)
    while chunk := list(islice(left, _AT_ONCE)):
        wanted: dict[int, IssueAsked] = {}
        results: dict[int, RowResult] = {}
        for row in chunk:
            asked = _tried(lambda: _issue_wanted(office, operator, row, batch))  # noqa: B023 - called at once
            if isinstance(asked, GmpkiError):
                results[row.number] = _failed(row.number, asked)
            else:
                wanted[row.number] = asked
        given = office.issue_many(operator, list(wanted.values()))
        for number, outcome in zip(wanted, given, strict=True):
            if isinstance(outcome, GmpkiError):
                results[number] = _failed(number, outcome)
            else:
                pair_id = None if outcome.pair is None else outcome.pair.id
                results[number] = replace(_entered(number, outcome.application), pair=pair_id)
        yield from (results[row.number] for row in chunk)


def write_results(
    results: Iterable[RowResult],
    path: str | os.PathLike[str],
    *,
    progress: Callable[[BatchSummary], None] | None = None,
) -> BatchSummary:
    """Write each result behind those of earlier runs as it comes, as JSON Lines; of a row the last one holds.

    :param path: readable by its owner only.
    :param progress: called after each row.
    :raises InvalidInputError: when the file cannot be written.
    :raises GmpkiError: what the results raise.
    """
    if progress is not None:
        function(progress, "progress")
    summary = BatchSummary(0, 0)
    for result in results:
        facts = {name: value for name, value in asdict(result).items() if value not in (None, "")}
        line = json.dumps(facts, ensure_ascii=False, sort_keys=True) + "\n"
        _append(path, line.encode("utf-8", "backslashreplace"))
        failed = bool(result.problem)
        summary = BatchSummary(summary.done + (not failed), summary.failed + failed)
        if progress is not None:
            progress(summary)
    return summary


def _append(path: str | os.PathLike[str], line: bytes) -> None:
    """Write one line at the end of a file, in a single write."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            # What an interrupted run left of a line stays a line of its own.
            if os.write(descriptor, line) != len(line):
                os.write(descriptor, b"\n")
                raise InvalidInputError(f"{path} cannot be written: there is no room left")
        finally:
            os.close(descriptor)
    except (OSError, TypeError, ValueError) as error:
        if isinstance(error, InvalidInputError):
            raise
        raise InvalidInputError(f"{path} cannot be written: {error}") from None


# ---- rows -----------------------------------------------------------------------------------
def _applied(office: RegistrationOffice, operator: Operator, row: BatchRow, batch: Batch) -> Application:
    values = _checked(row, _APPLY_COLUMNS)
    applicant = _applicant(values, batch)
    subject = values.get("subject")
    form = ApplicationForm(
        applicant_id=office.register(operator, applicant),
        authority=values.get("authority", batch.authority),
        profile=values.get("profile", batch.profile),
        request=_request(values),
        wanted=Wanted(subject=None if subject is None else parse_name(subject)),
        business_kind=values.get("business_kind", batch.business_kind),
        medium=values.get("medium", batch.medium),
        token_serial=values.get("token_serial"),
        is_free=_flag(values, "is_free"),
    )
    return office.apply(operator, form, key=batch.key(row))


def _issue_wanted(office: RegistrationOffice, operator: Operator, row: BatchRow, batch: Batch) -> IssueAsked:
    values = _checked(row, _ISSUE_COLUMNS)
    named = _needed(values, "application")
    is_id = named.isascii() and named.isdecimal() and len(named) < _MAX_ID_DIGITS
    application_id = int(named) if is_id else office.application_of_reference(operator, named).id
    return IssueAsked(application_id, _request(values), values.get("token_serial"), batch.key(row))


def _applicant(values: Mapping[str, str], batch: Batch) -> Applicant:
    contact = None
    if "contact_name" in values:
        reached = (values.get(f"contact_{name}", "") for name in ("phone", "email", "address"))
        contact = Contact(values["contact_name"], *reached)
    return Applicant(
        _one_of(ApplicantKind, _needed(values, "kind"), "kind"),
        _needed(values, "name"),
        Identity(_one_of(IdentityKind, _needed(values, "identity_kind"), "identity_kind"), _needed(values, "identity")),
        batch.region_id,
        values.get("credit_code", ""),
        contact,
    )


def _checked(row: BatchRow, columns: frozenset[str]) -> Mapping[str, str]:
    member(row, BatchRow, "a row")
    if row.problem:
        raise InvalidInputError(row.problem)
    unknown = sorted(set(row.values) - columns)
    if unknown:
        names = ", ".join(repr(each[:_MAX_SHOWN_LEN]) for each in unknown[:_MAX_SHOWN])
        raise InvalidInputError(f"no such column: {names}")
    return row.values


def _needed(values: Mapping[str, str], name: str) -> str:
    if name not in values:
        raise InvalidInputError(f"{name} is missing")
    return values[name]


def _request(values: Mapping[str, str]) -> CertificateRequest | None:
    text = values.get("request")
    return None if text is None else load_request(text.encode("utf-8", "replace"))


def _flag(values: Mapping[str, str], name: str) -> bool:
    found = values.get(name, "false").lower()
    if found not in ("true", "false"):
        raise InvalidInputError(f"{name} is true or false")
    return found == "true"


def _one_of(kind: type[E], value: str, name: str) -> E:
    for each in kind:
        if each.value == value:
            return each
    raise InvalidInputError(f"{name} is one of {', '.join(str(each.value) for each in kind)}")


def _tried(step: Callable[[], T]) -> T | GmpkiError:
    """Return what a step gives, or why it fails; without a database there is no sense in going on."""
    try:
        return step()
    except StoreError:
        raise
    except GmpkiError as error:
        return error


def _entered(row: int, application: Application) -> RowResult:
    return RowResult(row, application.id, application.reference)


def _failed(row: int, error: GmpkiError) -> RowResult:
    return RowResult(row, problem=type(error).__name__, message=str(error)[:_MAX_MESSAGE_LEN])
