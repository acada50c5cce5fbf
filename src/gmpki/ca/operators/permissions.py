"""What an operator may do, and which permission each operation asks for.

Permissions are few, and each operation needs exactly one of them; what is more is asked by the operation itself, such
as that nobody reviews what they entered.

Two rules hold for sets of permissions:

- whoever audits does nothing else: the audit log is read and judged by people who leave no other entries in it. That
  administration and audit are kept apart is what products of this kind are examined for; that audit excludes the other
  permissions as well is a choice of this project;
- at a remote issuing point data are entered and certificates issued, and nothing is decided.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, iterated, member
from gmpki.errors import InvalidInputError, NotPermittedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "OPERATIONS",
    "REMOTE_PERMISSIONS",
    "Permission",
    "check_permissions",
    "demand_another",
    "permission_for",
    "permissions_from_text",
    "permissions_text",
]


class Permission(Enum):
    """What an operator may do.

    The value is what the database holds, ``title_zh`` the name in Chinese.

    >>> Permission.REVIEW.title_zh
    '审核'
    """

    ENTRY = "entry"
    """Enter applications, and change what was entered before it is proofread."""
    PROOFREADING = "proofreading"
    """Compare what somebody else entered with the documents."""
    REVIEW = "review"
    """Approve or reject."""
    ISSUING = "issuing"
    """Have certificates made, handed out, suspended and revoked."""
    AUDIT = "audit"
    """Read, verify, seal and export the audit log."""
    ADMINISTRATION = "administration"
    """Manage operators, regions, authorities, publication, and what the system does by itself."""
    RECOVERY = "recovery"
    """Have the encryption key of a holder given out again."""

    @property
    def title_zh(self) -> str:
        """The name in Chinese."""
        return _TITLES_ZH[self.value]


_TITLES_ZH: Final = {
    "entry": "录入",
    "proofreading": "校对",
    "review": "审核",
    "issuing": "制证",
    "audit": "审计",
    "administration": "管理",
    "recovery": "密钥恢复",
}


REMOTE_PERMISSIONS: Final = frozenset({Permission.ENTRY, Permission.PROOFREADING, Permission.ISSUING})
"""What may be done at a remote issuing point; proofreading counts as part of the entry."""

OPERATIONS: Final[Mapping[str, Permission]] = MappingProxyType(
    {
        # applications
        "apply": Permission.ENTRY,
        "amend": Permission.ENTRY,
        "attach": Permission.ENTRY,
        "withdraw": Permission.ENTRY,
        "proofread": Permission.PROOFREADING,
        "send-back": Permission.PROOFREADING,
        "approve": Permission.REVIEW,
        "reject": Permission.REVIEW,
        "issue": Permission.ISSUING,
        "carry-out": Permission.ISSUING,
        "close": Permission.ISSUING,
        # certificates: what begins an application where the settings want one, and is done at once where they do not
        "change": Permission.ENTRY,
        "reissue": Permission.ENTRY,
        "renew": Permission.ENTRY,
        "report-loss": Permission.ENTRY,
        "lift-loss": Permission.ISSUING,
        "deliver": Permission.ISSUING,
        "suspend": Permission.ISSUING,
        "resume": Permission.ISSUING,
        "revoke": Permission.ISSUING,
        "unlock": Permission.ISSUING,
        "recover": Permission.RECOVERY,
        # people, media, reports
        "register-applicant": Permission.ENTRY,
        "change-applicant": Permission.ENTRY,
        "media": Permission.ISSUING,
        "report": Permission.ADMINISTRATION,
        "remind": Permission.ADMINISTRATION,
        "purge": Permission.ADMINISTRATION,
        # the authority
        "expire": Permission.ADMINISTRATION,
        "settle": Permission.ADMINISTRATION,
        "publish": Permission.ADMINISTRATION,
        "inspect": Permission.ADMINISTRATION,
        "crl": Permission.ADMINISTRATION,
        "authority": Permission.ADMINISTRATION,
        "generation": Permission.ADMINISTRATION,
        "trust": Permission.ADMINISTRATION,
        "takeover": Permission.ADMINISTRATION,
        "backup": Permission.ADMINISTRATION,
        "restore": Permission.ADMINISTRATION,
        "operators": Permission.ADMINISTRATION,
        "regions": Permission.ADMINISTRATION,
        "key-centre": Permission.ADMINISTRATION,
        # the audit log
        "audit-list": Permission.AUDIT,
        "audit-verify": Permission.AUDIT,
        "audit-seal": Permission.AUDIT,
        "audit-export": Permission.AUDIT,
    }
)
"""The permission that each operation asks for, by the operation's name."""


def permission_for(operation: str) -> Permission:
    """Return the permission that an operation asks for.

    :param operation: one of :data:`OPERATIONS`.
    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when there is no such operation.
    """
    found = OPERATIONS.get(as_text(operation, "operation"))
    if found is None:
        raise InvalidInputError(f"there is no operation {operation[:40]!r}")
    return found


def check_permissions(permissions: Iterable[Permission], *, is_remote: bool) -> frozenset[Permission]:
    """Return permissions as a set, when one operator may have them together.

    :raises InvalidTypeError: when something in it is no permission.
    :raises InvalidInputError: when there is none, when audit is not alone, or when at a remote issuing point there is
        one that is not among :data:`REMOTE_PERMISSIONS`.
    """
    listed = iterated(permissions, "permissions")
    for permission in listed:
        member(permission, Permission, "a permission")
    found = frozenset(listed)
    if not found:
        raise InvalidInputError("an operator has at least one permission")
    if Permission.AUDIT in found and len(found) > 1:
        raise InvalidInputError("who audits has no other permission")
    if is_remote and not found <= REMOTE_PERMISSIONS:
        raise InvalidInputError(
            f"at a remote issuing point nobody has the permission {_listed(found - REMOTE_PERMISSIONS)}"
        )
    return found


def permissions_text(permissions: Iterable[Permission]) -> str:
    """Return permissions as a column holds them: their names in alphabetical order with blanks between them."""
    return " ".join(sorted(permission.value for permission in permissions))


def permissions_from_text(text: str) -> frozenset[Permission]:
    """Return the permissions that a column holds.

    :raises InvalidTypeError: when it is no text.
    :raises InvalidInputError: when one of them is not known to this version.
    """
    known = {permission.value: permission for permission in Permission}
    names = as_text(text, "permissions").split()
    if not known.keys() >= set(names):
        raise InvalidInputError("a permission that is not known here")
    return frozenset(known[name] for name in names)


def demand_another(name: str, earlier: Iterable[str | None]) -> None:
    """Demand that somebody is not one of those who have worked on a thing before.

    :param name: of the operator who wants to go on with it.
    :param earlier: the names of those who entered and proofread it; None where nobody has yet.
    :raises NotPermittedError: with the reason "own-entry", when it is one of them.
    """
    if name in earlier:
        raise NotPermittedError("own-entry", "nobody proofreads or reviews what they have worked on themselves")


def _listed(permissions: Iterable[Permission]) -> str:
    return permissions_text(permissions).replace(" ", ", ")
