"""Centres, authorities and owners for the tests of key management."""

from __future__ import annotations

from typing import Any

from certified import DAY, NOW, certify
from gmpki.ca.interfaces import KeyWanted
from gmpki.ca.kmc.messages import Party
from gmpki.ca.operators.appointments import Appointment, appoint_first
from gmpki.ca.operators.operators import Operator
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.store.store import Store
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.names import parse_name

AUTHORITY = "示例CA"
OPENER = SM2PrivateKey.generate()
OWNER = SM2PrivateKey.generate()
OTHER = SM2PrivateKey.generate()


def wanted(serial: int = 1, owner: Any = OWNER, **more: Any) -> KeyWanted:
    """Return what an authority asks for."""
    fields = {"authority": AUTHORITY, "not_before": NOW, "not_after": NOW + 365 * DAY} | more
    return KeyWanted(serial_number=serial, owner=owner.public_key, **fields)


def several(count: int, first: int = 1) -> list[KeyWanted]:
    return [wanted(serial) for serial in range(first, first + count)]


def party(common_name: str, **more: Any) -> Party:
    """Return somebody with a key and a certificate."""
    key = SM2PrivateKey.generate()
    name = parse_name(f"CN={common_name},C=CN")
    return Party(key, certify(name, key.public_key, name, key, **more))


def operators(store: Store) -> dict[str, Operator]:
    """Appoint an administrator, three who recover keys, and one who issues."""
    permissions = {
        "admin": Permission.ADMINISTRATION,
        "judge": Permission.RECOVERY,
        "first": Permission.RECOVERY,
        "second": Permission.RECOVERY,
        "issuer": Permission.ISSUING,
    }
    appointed = [
        Appointment(name, name, party(name).certificate, frozenset({permission}))
        for name, permission in permissions.items()
    ]
    with store.transaction() as tx:
        return {operator.name: operator for operator in appoint_first(tx, appointed)}
