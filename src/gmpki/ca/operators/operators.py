"""Operators as the database has them, and the demand that one may do something.

An :class:`Operator` is what a login gives. It says who somebody was then; each operation asks :func:`demand`, which
reads the row again, so that whoever was suspended a moment ago is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from gmpki._inputs import as_text, member
from gmpki.ca.interfaces import Actor
from gmpki.ca.operators.permissions import REMOTE_PERMISSIONS, Permission, permissions_from_text
from gmpki.ca.operators.regions import is_within, point_of, regions_within
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.schema import certificates, operators
from gmpki.ca.store.tagged_rows import TaggedRows
from gmpki.errors import DecodeError, NotFoundError, NotPermittedError, TamperedError
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from gmpki.ca.store.protection import Protection

__all__ = [
    "ROWS",
    "Operator",
    "OperatorState",
    "demand",
    "operator_named",
    "operator_of_certificate",
    "operators_of",
    "require_active",
]

# The certificate need not be tagged: `certificate_digest` is its SM3.
ROWS: Final = TaggedRows(operators, "operator", untagged=("certificate",))


class OperatorState(Enum):
    """Whether an operator may log in. The value is what the database holds, ``title_zh`` the name in Chinese."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    REMOVED = "removed"
    """For good. The name and the certificate stay taken, so that the audit log speaks of one person only."""

    @property
    def title_zh(self) -> str:
        """The name in Chinese."""
        return _TITLES_ZH[self.value]


_TITLES_ZH: Final = {"active": "在岗", "suspended": "停用", "removed": "离岗"}


@dataclass(frozen=True, slots=True)
class Operator:
    """Somebody who works at the authority. Immutable.

    :ivar name: what applications and the audit log call them; it never changes.
    :ivar title: what people call them.
    :ivar region_id: where they work, and in the regions within it; None for everywhere.
    :ivar point_id: the issuing point where they work; None for those who work at none.
    :ivar is_remote: whether that is a remote one.
    :ivar certificate_digest: SM3 of the certificate that they log in with, in hexadecimal digits.
    """

    id: int
    name: str
    title: str
    permissions: frozenset[Permission]
    region_id: int | None
    point_id: int | None
    is_remote: bool
    certificate_digest: str
    state: OperatorState = OperatorState.ACTIVE

    @property
    def actor(self) -> Actor:
        """Who they are in the audit log."""
        return Actor(self.name, self.certificate_digest)


_REFUSALS: Final = {
    OperatorState.SUSPENDED: "the operator is suspended",
    OperatorState.REMOVED: "the operator was removed",
}


def demand(
    operator: Operator,
    permission: Permission,
    *,
    region_id: int | None,
    connection: Connection,
    protection: Protection,
) -> None:
    """Demand that an operator may do something now.

    :param operator: who wants to; whatever has changed since the login is read again.
    :param permission: as :func:`~gmpki.ca.operators.permissions.permission_for` gives it for an operation.
    :param region_id: where that lies which is to be worked on; None for what concerns all regions.
    :param connection: of the transaction in which it is done.
    :raises NotPermittedError: with the reason "state" when the operator is suspended, removed, or has another
        certificate now, or when an authority of this store has revoked or suspended it; "permission" when they do not
        have it; "remote" when it is not for a remote issuing point; "region" when it lies in a region that is not
        theirs.
    :raises NotFoundError: when there is no such operator or region.
    :raises TamperedError: when a row that says so is not as it was written.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    member(operator, Operator, "operator")
    member(permission, Permission, "permission")
    found = connection.execute(select(operators).where(operators.c.id == operator.id)).first()
    now = _operator(connection, protection, found)
    if (now.name, now.certificate_digest) != (operator.name, operator.certificate_digest):
        raise NotPermittedError("state", "the operator has another certificate now, and has to log in with it")
    require_active(now)
    _require_unrevoked(connection, found)
    if permission not in now.permissions:
        raise NotPermittedError("permission", f"the operator has no permission for {permission.value}")
    if now.is_remote and permission not in REMOTE_PERMISSIONS:
        raise NotPermittedError("remote", f"{permission.value} is not done at a remote issuing point")
    if now.region_id is None:
        return
    if region_id is None:
        raise NotPermittedError("region", "it concerns all regions, and the operator works in one")
    if not is_within(connection, protection, region_id, now.region_id):
        raise NotPermittedError("region", "it lies in a region in which the operator does not work")


def require_active(operator: Operator) -> None:
    """Demand that an operator is neither suspended nor removed.

    :raises NotPermittedError: with the reason "state".
    """
    if operator.state is not OperatorState.ACTIVE:
        raise NotPermittedError("state", _REFUSALS[operator.state])


def _require_unrevoked(connection: Connection, row: Row[Any] | None) -> None:
    """Demand that the certificate of an operator, when an authority of this store has issued it, is still good.

    A login is judged by the checkers of who runs it, and may have been hours ago.
    """
    if row is None:
        return
    try:
        key_id, digest = _key_and_digest(bytes(row.certificate))
    except DecodeError:
        key_id = digest = ""
    if digest != row.certificate_digest:
        raise TamperedError("changed", "the certificate of an operator is another one", place=row.id)
    its = (certificates.c.public_key_id == key_id, certificates.c.state.in_(("suspended", "revoked")))
    for content in connection.scalars(select(certificates.c.content).where(*its)):
        if digest_text(content) == digest:
            raise NotPermittedError("state", "the operator's certificate was revoked or suspended")


@lru_cache(maxsize=1024)
def _key_and_digest(content: bytes) -> tuple[str, str]:
    certificate = Certificate.from_der(content, lenient=True)
    return digest_text(certificate.public_key_info.to_der()), digest_text(content)


def operator_named(connection: Connection, protection: Protection, name: str) -> Operator:
    """Return the operator of a name.

    :raises NotFoundError: when there is none.
    :raises TamperedError: when the row is not as it was written.
    :raises InvalidTypeError: when the name is no text.
    """
    query = select(operators).where(operators.c.name == as_text(name, "name"))
    return _operator(connection, protection, connection.execute(query).first())


def operator_of_certificate(connection: Connection, protection: Protection, digest: str) -> Operator:
    """Return the operator who logs in with a certificate.

    :param digest: its SM3, as :func:`~gmpki.ca.store.columns.certificate_digest` gives it.

    Errors as :func:`operator_named`.
    """
    query = select(operators).where(operators.c.certificate_digest == as_text(digest, "digest"))
    return _operator(connection, protection, connection.execute(query).first())


def operators_of(
    connection: Connection,
    protection: Protection,
    *,
    region_id: int | None = None,
    permission: Permission | None = None,
    state: OperatorState | None = None,
) -> list[Operator]:
    """Return operators by name.

    :param region_id: only those who work in this region or in one within it; None for all.
    :param permission: only those who have it.
    :param state: only those in it.
    :raises NotFoundError: when there is no such region.
    :raises TamperedError: when a row is not as it was written.
    :raises InvalidTypeError: when an argument has the wrong type.
    """
    if permission is not None:
        member(permission, Permission, "permission")
    if state is not None:
        member(state, OperatorState, "state")
    where = None if region_id is None else frozenset(regions_within(connection, protection, region_id))
    # There are some hundreds of them at most, and what they may do is decided by what the tags confirm.
    rows = connection.execute(select(operators).order_by(operators.c.name)).all()
    return [
        found
        for found in (_operator(connection, protection, row) for row in rows)
        if (where is None or found.region_id in where)
        and (permission is None or permission in found.permissions)
        and (state is None or found.state is state)
    ]


def _operator(connection: Connection, protection: Protection, row: Row[Any] | None) -> Operator:
    if row is None:
        raise NotFoundError("there is no such operator")
    ROWS.verify(protection, row._mapping)
    return Operator(
        row.id,
        row.name,
        row.title,
        permissions_from_text(row.permissions),
        row.region_id,
        row.point_id,
        row.point_id is not None and point_of(connection, protection, row.point_id).is_remote,
        row.certificate_digest,
        OperatorState(row.state),
    )
