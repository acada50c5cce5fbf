"""What somebody has written down about certificates beside them: a table of their serial numbers.

Two kinds are read. The database of ``openssl ca``, usually ``index.txt``, has six columns with tabulators between them;
its format is documented with that program. A table of one's own is CSV, or JSON Lines with an object a line, with these
columns, of which only ``serial`` is needed:

================== =====================================================================================
serial             the serial number in hexadecimal digits
partner            the serial number of the other certificate of the pair, where it cannot be told otherwise
status             "valid", "revoked" or "suspended"
revoked_at         when; ISO 8601 with a time zone
reason             of a revocation: "keyCompromise" and so on (RFC 5280 5.3.1)
invalidity_date    since when the key is in wrong hands
profile            the profile under which it is renewed
kind               "person", "organization" or "device"
name               of the holder
identity_kind      of the number by which the holder is known, as in an application: "resident-id" and so on
identity           that number
credit_code        of the organisation that a person or device belongs to
region             the code of the holder's region
contact_name       who handles the matter; contact_phone, contact_email and contact_address likewise
business_kind      what the certificate is for
medium             what it was delivered on: "ukey", "file"
token_serial       of the token that has the key; token_kind and token_maker likewise
is_free            "true" or "false"
================== =====================================================================================
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, utc_seconds
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.registration.batch_rows import read_batch
from gmpki.ca.store.columns import serial_number
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Buffer

__all__ = ["COLUMNS", "IndexEntry", "Problem", "is_openssl_index", "parse_serial", "read_openssl_index", "read_table"]

_MAX_LEN: Final = 1 << 30
_MAX_ENTRIES: Final = 10_000_000
_MAX_LINE_LEN: Final = 1 << 16
_OPENSSL_COLUMNS: Final = 6
_STATUSES: Final = ("valid", "revoked", "suspended")
_HOLDER: Final = (
    "profile",
    "kind",
    "name",
    "identity_kind",
    "identity",
    "credit_code",
    "region",
    "contact_name",
    "contact_phone",
    "contact_email",
    "contact_address",
    "business_kind",
    "medium",
    "token_serial",
    "token_kind",
    "token_maker",
    "is_free",
)
COLUMNS: Final = ("serial", "partner", "status", "revoked_at", "reason", "invalidity_date", *_HOLDER)
"""The columns of a table."""

# RFC 5280 5.3.1 names the reasons; OpenSSL writes CACompromise and, unlike the RFC, the instruction of a hold.
_REASONS: Final = {
    re.sub("[^a-z]", "", name.lower()): reason
    for reason in ReasonCode
    for name in (reason.name, {"CA_COMPROMISE": "CACompromise"}.get(reason.name, reason.name))
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read. Immutable.

    :ivar place: the file, with the line or the number of the object in it.
    """

    place: str
    message: str


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What is written down about one certificate. Immutable; ``repr`` shows nothing of its holder.

    :ivar place: where it stands.
    :ivar status: "valid", "revoked" or "suspended"; "" where the table does not say.
    :ivar not_after: when the certificate ends, where the table says.
    :ivar subject: its subject as the table has it, for people.
    :ivar holder: the columns about the holder and the medium, those that are not empty.
    """

    serial: int
    place: str
    status: str = ""
    revoked_at: datetime | None = None
    reason: ReasonCode | None = None
    invalidity_date: datetime | None = None
    not_after: datetime | None = None
    partner: int | None = None
    subject: str = field(default="", repr=False)
    holder: Mapping[str, str] = field(default_factory=dict, repr=False)


def parse_serial(text: str) -> int:
    """Return a serial number written in hexadecimal digits, in whatever case, with "0x" or colons.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when it is none.
    """
    digits = text.strip().lower().replace(":", "").removeprefix("0x")
    return serial_number(digits.lstrip("0") or ("0" if digits else ""))


# ---- a table of one's own -----------------------------------------------------------------
def read_table(path: str | os.PathLike[str], *, encoding: str = "utf-8-sig") -> tuple[list[IndexEntry], list[Problem]]:
    """Read a table: JSON Lines when its name ends in ``.jsonl`` or ``.ndjson``, CSV otherwise.

    :returns: the entries, and the rows that cannot be read.
    :raises InvalidInputError: when the file cannot be read at all, or has a column that is not known.
    :raises LimitExceeded: when it has more than ten million rows, or a line or its columns are too many.
    """
    entries: list[IndexEntry] = []
    problems: list[Problem] = []
    name = os.path.basename(os.fspath(path))
    for row in read_batch(path, encoding=encoding):
        if row.number > _MAX_ENTRIES:
            raise LimitExceeded(f"a table has at most {_MAX_ENTRIES} rows")
        place = f"{name}:{row.number}"
        unknown = sorted(set(row.values) - set(COLUMNS))
        if unknown:
            raise InvalidInputError(f"{place}: there is no column {unknown[0][:40]!r}; {', '.join(COLUMNS)} are")
        try:
            if row.problem:
                raise InvalidInputError(row.problem)
            entries.append(_of_row(row.values, place))
        except InvalidInputError as error:
            problems.append(Problem(place, str(error)))
    return entries, problems


def _of_row(values: Mapping[str, str], place: str) -> IndexEntry:
    if "serial" not in values:
        raise InvalidInputError("the serial number is missing")
    status = values.get("status", "").lower()
    if status and status not in _STATUSES:
        raise InvalidInputError(f"the status is {', '.join(_STATUSES)}, not {status[:20]!r}")

    def parsed(name: str, read: Callable[[str], Any]) -> Any:
        return read(values[name]) if name in values else None

    entry = IndexEntry(
        serial=parse_serial(values["serial"]),
        place=place,
        status=status,
        revoked_at=parsed("revoked_at", _iso_time),
        reason=parsed("reason", _reason),
        invalidity_date=parsed("invalidity_date", _iso_time),
        partner=parsed("partner", parse_serial),
        holder={name: values[name] for name in _HOLDER if name in values},
    )
    if status == "revoked" and entry.revoked_at is None:
        raise InvalidInputError("it is revoked, and revoked_at is missing")
    return entry


def _iso_time(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        raise InvalidInputError(f"a time is written as 2026-01-31T08:00:00+08:00, not {text[:40]!r}") from None
    return utc_seconds(found, "a time")


def _reason(text: str) -> ReasonCode:
    found = _REASONS.get(re.sub("[^a-z]", "", text.lower()))
    if found is None:
        raise InvalidInputError(f"no reason of RFC 5280 5.3.1: {text[:40]!r}")
    return found


# ---- the database of openssl ca -----------------------------------------------------------
def read_openssl_index(data: Buffer, name: str = "index.txt") -> tuple[list[IndexEntry], list[Problem]]:
    """Read the database of ``openssl ca``: status, end, revocation, serial number, file and subject of each.

    :param name: of the file, for the places of entries.
    :returns: the entries, and the lines that are none.
    :raises InvalidTypeError: when data is no buffer.
    :raises LimitExceeded: when it is longer than 1 GiB, or has more than ten million lines.
    """
    content = as_bytes(data, "the database of openssl ca")
    if len(content) > _MAX_LEN:
        raise LimitExceeded(f"a database of openssl ca has at most {_MAX_LEN} bytes")
    entries: list[IndexEntry] = []
    problems: list[Problem] = []
    for number, raw in enumerate(content.split(b"\n"), 1):
        if number > _MAX_ENTRIES:
            raise LimitExceeded(f"a database of openssl ca has at most {_MAX_ENTRIES} lines")
        line = raw.rstrip(b"\r")
        if not line or line.startswith(b"#"):
            continue
        place = f"{name}:{number}"
        try:
            entries.append(_openssl_entry(line, place))
        except InvalidInputError as error:
            problems.append(Problem(place, str(error)))
    return entries, problems


def is_openssl_index(data: bytes) -> bool:
    """Tell whether a file begins as the database of ``openssl ca`` does."""
    line = data[:_MAX_LINE_LEN].split(b"\n", 1)[0]
    return line[:2] in (b"V\t", b"R\t", b"E\t") and line.count(b"\t") == _OPENSSL_COLUMNS - 1


def _openssl_entry(line: bytes, place: str) -> IndexEntry:
    cells = line[:_MAX_LINE_LEN].decode("utf-8", "replace").split("\t")
    if len(cells) != _OPENSSL_COLUMNS:
        raise InvalidInputError(f"{len(cells)} columns instead of {_OPENSSL_COLUMNS}")
    status, ends, revocation, serial, _, subject = cells
    if status not in ("V", "R", "E"):
        raise InvalidInputError(f"no status: {status[:10]!r}")
    known = IndexEntry(parse_serial(serial), place, "valid", not_after=_asn1_time(ends), subject=subject)
    if status != "R":
        return known
    parts = revocation.split(",")
    reason, invalidity = _openssl_reason(parts[1:])
    return replace(
        known,
        status="suspended" if reason is ReasonCode.CERTIFICATE_HOLD else "revoked",
        revoked_at=_asn1_time(parts[0]),
        reason=reason,
        invalidity_date=invalidity,
    )


def _openssl_reason(parts: list[str]) -> tuple[ReasonCode, datetime | None]:
    """Return the reason, and the date of invalidity that two kinds of it have behind them."""
    if not parts:
        return ReasonCode.UNSPECIFIED, None
    kinds = {
        "keyTime": ReasonCode.KEY_COMPROMISE,
        "CAkeyTime": ReasonCode.CA_COMPROMISE,
        "holdInstruction": ReasonCode.CERTIFICATE_HOLD,
    }
    if parts[0] in kinds:
        is_time = parts[0] != "holdInstruction" and len(parts) > 1
        return kinds[parts[0]], _asn1_time(parts[1]) if is_time else None
    return _reason(parts[0]), None


def _asn1_time(text: str) -> datetime:
    """Read a UTCTime or GeneralizedTime; two digits of a year are 1950 to 2049 (RFC 5280 4.1.2.5.1)."""
    match = re.fullmatch(r"(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z", text, re.ASCII)
    if match is None:
        raise DecodeError(f"no time: {text[:20]!r}")
    year = int(match[1])
    if len(match[1]) == 2:
        year += 1900 if year >= 50 else 2000
    try:
        month, day, hour, minute, second = map(int, match.groups()[1:])
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        raise DecodeError(f"no time: {text[:20]!r}") from None
