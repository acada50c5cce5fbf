"""The rows of a store compared with its audit log.

Tags show that a row was written by gmpki, and not that it is the last one that gmpki wrote: whoever administers the
database can put an older row back, tag and all, or delete one. The log has a place for every record, so it knows
better. What is compared is what never turns back: a certificate that was issued stays there and one that was revoked
stays revoked, a pair or an application that has ended stays so, a file that was added to one is that file, a key that
was given out is no spare key again, a recovery for a court is carried out once; and of operators the last that was
written of each.

Certificates that are suspended are compared as well; memory grows with their number and with that of the operators.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.schema import (
    applications,
    attachments,
    audit,
    authorities,
    certificates,
    issues,
    kmc_keys,
    kmc_recoveries,
    operators,
    pairs,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Table

    from gmpki.ca.store.store import Store
    from gmpki.protect.log_record import Record

__all__ = ["compare_with_log"]

_AT_ONCE: Final = 400
_ISSUED: Final = frozenset({"valid", "suspended", "revoked"})
_HELD: Final = frozenset({"suspended", "revoked"})
_REVOKED: Final = frozenset({"revoked"})
_CERTIFICATES: Final[Mapping[str, frozenset[str]]] = {
    "certificate.issued": _ISSUED,
    "certificate.revoked": _REVOKED,
}
_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "kmc.allot": frozenset({"in-use", "history"}),
    "kmc.retire": frozenset({"history"}),
}
# The states that nothing leads out of, by what leads into them.
_ENDED: Final[Mapping[str, tuple[Table, str]]] = {
    "pair.expire": (pairs, "expired"),
    "application.reject": (applications, "rejected"),
    "application.withdraw": (applications, "withdrawn"),
    "kmc.judicial-refuse": (kmc_recoveries, "refused"),
    "kmc.judicial-carry-out": (kmc_recoveries, "done"),
}
_OPERATOR_STATES: Final[Mapping[str, str]] = {
    "operator.suspend": "suspended",
    "operator.resume": "active",
    "operator.remove": "removed",
}
# The names in the entry, and those of the columns.
_APPOINTED: Final[Mapping[str, str]] = {
    "title": "title",
    "permissions": "permissions",
    "region": "region_id",
    "point": "point_id",
    "certificate": "certificate_digest",
}


def compare_with_log(store: Store, found: Callable[[str, str], None]) -> int:
    """Verify the audit log, and compare what it says with the rows; return how many entries were read.

    :param found: called with what is not as the log says, such as "certificate 5af0", and a sentence.
    :raises StoreError: when the database cannot be read, or has no log.
    """
    walk = _Walk(store, found)
    report = verify_audit(store, collect=True, on_entry=walk.take)
    for each in report.findings:
        found("audit log", each.message)
    walk.finish(report.last)
    return report.entries


class _Walk:
    """What the entries have said so far and was not compared yet. A context."""

    def __init__(self, store: Store, found: Callable[[str, str], None]) -> None:
        self._store = store
        self._found = found
        self._certificates: list[tuple[str, str, frozenset[str]]] = []
        self._keys: list[tuple[str, str, frozenset[str]]] = []
        self._ended: list[tuple[Table, int, str]] = []
        self._attachments: list[tuple[int, str]] = []
        self._held: dict[tuple[str, str], None] = {}
        self._operators: dict[str, dict[str, Any]] = {}

    def take(self, record: Record) -> None:
        """Take what an entry says, and compare when much has come together."""
        try:
            said = json.loads(record.data)
            operation, (kind, name) = said["operation"], said["subject"].split(":", 1)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return  # about nothing here, or no entry of an authority, which the verification tells
        if operation.startswith("certificate."):
            self._of_certificates(operation, said)
        elif operation in _KEYS:
            self._keys += [(said["by"], serial, _KEYS[operation]) for serial in said.get("serials", "").split()]
        elif operation in _ENDED and name.isdecimal():
            table, state = _ENDED[operation]
            self._ended.append((table, int(name), state))
        elif kind == "pair" and said.get("state") == "revoked" and name.isdecimal():
            self._ended.append((pairs, int(name), "revoked"))
        elif operation == "attachment.add" and name.isdecimal():
            self._attachments.append((int(name), str(said.get("digest"))))
        elif kind == "operator":
            self._of_operator(operation, name, said)
        waiting = len(self._certificates) + len(self._keys) + len(self._ended) + len(self._attachments)
        if waiting >= _AT_ONCE:
            self._compare()

    def _of_certificates(self, operation: str, said: dict[str, Any]) -> None:
        # Where it is not named, the order tells which authority it was.
        place = said["subject"] if "authority" not in said else f"authority:{said['authority']}"
        serials = said.get("serials", "").split()
        if operation == "certificate.suspended":
            self._held.update(dict.fromkeys((place, serial) for serial in serials))
        elif operation in ("certificate.resumed", "certificate.revoked"):
            for serial in serials:
                self._held.pop((place, serial), None)
        if operation in _CERTIFICATES:
            self._certificates += [(place, serial, _CERTIFICATES[operation]) for serial in serials]

    def _of_operator(self, operation: str, name: str, said: dict[str, Any]) -> None:
        if operation in ("operator.appoint", "operator.change"):
            now = self._operators.setdefault(name, {"state": "active"})
            now.update({column: said.get(field) for field, column in _APPOINTED.items()})
        elif operation in _OPERATOR_STATES:
            self._operators.setdefault(name, {})["state"] = _OPERATOR_STATES[operation]

    def finish(self, last: int) -> None:
        """Compare what is left.

        :param last: the number of the last record that was read.
        """
        with self._store.reading() as connection:
            # Others go on working: of these the log may say something newer by now.
            newer = set(connection.scalars(select(audit.c.subject).where(audit.c.number > last)))
            rows = {row["name"]: row for row in connection.execute(select(operators)).mappings()}
        for name, wanted in self._operators.items():
            row = rows.get(name)
            if f"operator:{name}" in newer:
                continue
            if row is None:
                self._found(f"operator {name}", "the audit log has an appointment, and the row is gone")
            elif different := [column for column, value in wanted.items() if row[column] != value]:
                self._found(f"operator {name}", f"the audit log says something else of {', '.join(sorted(different))}")
        held = [(*each, _HELD) for each in self._held]
        if not any(subject.startswith("authority:") for subject in newer):
            self._certificates += held
        self._compare()

    # ---- comparing ----------------------------------------------------------------------
    def _compare_attachments(self) -> None:
        """See that files which belong to an application are still those, as long as it is kept."""
        added, self._attachments = self._attachments, []
        for some in _chunks(added):
            owners = {number for number, _ in some}
            its = (attachments.c.application_id, attachments.c.digest)
            with self._store.reading() as connection:
                kept = set(connection.scalars(select(applications.c.id).where(applications.c.id.in_(owners))))
                query = select(*its).where(attachments.c.application_id.in_(owners))
                there = {tuple(row) for row in connection.execute(query)}
            for number, digest in some:
                if number in kept and (number, digest) not in there:
                    self._found(f"attachment {digest[:16]} of application {number}", "it is gone, or another file")

    def _compare(self) -> None:
        self._compare_attachments()
        certificate_claims, self._certificates = self._certificates, []
        key_claims, self._keys = self._keys, []
        ended, self._ended = self._ended, []
        with self._store.reading() as connection:
            of_issues = [int(place[6:]) for place, _, _ in certificate_claims if place.startswith("issue:")]
            places = {
                f"issue:{row.id}": row.authority_id
                for some in _chunks(sorted(set(of_issues)))
                for row in connection.execute(select(issues.c.id, issues.c.authority_id).where(issues.c.id.in_(some)))
            }
            names = connection.execute(select(authorities.c.id, authorities.c.name))
            places.update({f"authority:{row.name}": row.id for row in names})
            there = {
                (row.authority_id, row.serial): row.state
                for some in _chunks([serial for _, serial, _ in certificate_claims])
                for row in connection.execute(
                    select(certificates.c.authority_id, certificates.c.serial, certificates.c.state).where(
                        certificates.c.authority_id.in_(select(authorities.c.id)), certificates.c.serial.in_(some)
                    )
                )
            }
            keys = {
                (row.authority, row.serial): row.state
                for some in _chunks([serial for _, serial, _ in key_claims])
                for row in connection.execute(
                    select(kmc_keys.c.authority, kmc_keys.c.serial, kmc_keys.c.state).where(
                        kmc_keys.c.authority.in_({authority for authority, _, _ in key_claims}),
                        kmc_keys.c.serial.in_(some),
                    )
                )
            }
            rows = {
                (table.name, row.id): row.state
                for table in (pairs, applications, kmc_recoveries)
                for some in _chunks([number for its, number, _ in ended if its is table])
                for row in connection.execute(select(table.c.id, table.c.state).where(table.c.id.in_(some)))
            }
        for place, serial, states in certificate_claims:
            self._judge(f"certificate {serial}", there.get((places.get(place, 0), serial)), states)
        for authority, serial, states in key_claims:
            self._judge(f"key of certificate {serial} of {authority}", keys.get((authority, serial)), states)
        for table, number, state in ended:
            # What is kept no longer than it has to be is gone: that the log says as well, of the applicant.
            is_gone = (table.name, number) not in rows and table is not kmc_recoveries
            if not is_gone:
                self._judge(f"{table.name} {number}", rows.get((table.name, number)), frozenset({state}))

    def _judge(self, what: str, state: str | None, states: frozenset[str]) -> None:
        if state is None:
            self._found(what, "the audit log tells of it, and it is gone")
        elif state not in states:
            self._found(what, f"it is {state}, and by the audit log {' or '.join(sorted(states))}")


def _chunks(values: list[Any]) -> Iterable[list[Any]]:
    return (values[begin : begin + _AT_ONCE] for begin in range(0, len(values), _AT_ONCE))
