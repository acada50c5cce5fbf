"""Operators and regions for tests; every person is invented."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from certified import certify
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.operators.appointments import Appointment, appoint, appoint_first
from gmpki.ca.operators.operators import Operator
from gmpki.ca.operators.permissions import Permission
from gmpki.ca.operators.regions import IssuingPoint, Region, add_point, add_region
from gmpki.ca.store.store import Store
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import build_name

AUTHORITY = SM2PrivateKey.from_bytes(bytes(range(1, 33)))
AUTHORITY_NAME = build_name(("C", "CN"), ("CN", "示例操作员认证中心"))
EVERYTHING = frozenset(Permission) - {Permission.AUDIT}


@cache
def key_of(name: str) -> SM2PrivateKey:
    return SM2PrivateKey.from_bytes(name.encode().ljust(32, b"\x01")[:32])


def certificate_of(name: str, serial_number: int = 1) -> Certificate:
    """Return the certificate of a name, the same one each time."""
    return _certificate(name, serial_number)


@cache
def _certificate(name: str, serial_number: int) -> Certificate:
    subject = build_name(("C", "CN"), ("CN", name))
    usage = KeyUsage(KeyUsages.DIGITAL_SIGNATURE)
    key = key_of(name).public_key
    return certify(subject, key, AUTHORITY_NAME, AUTHORITY, usage, serial_number=serial_number)


def appointment(name: str, *permissions: Permission, serial_number: int = 1, **place: int | None) -> Appointment:
    return Appointment(name, f"操作员 {name}", certificate_of(name, serial_number), frozenset(permissions), **place)


@dataclass
class Staff:
    """An administrator of everything, and a tree of regions: city > district > street, and another city."""

    store: Store
    boss: Operator = field(init=False)
    city: Region = field(init=False)
    district: Region = field(init=False)
    street: Region = field(init=False)
    elsewhere: Region = field(init=False)
    counter: IssuingPoint = field(init=False)
    remote: IssuingPoint = field(init=False)

    def __post_init__(self) -> None:
        with self.store.transaction() as tx:
            (self.boss,) = appoint_first(tx, [appointment("boss", Permission.ADMINISTRATION)])
            self.city = add_region(tx, SYSTEM, code="110000", title="示例市")
            self.district = add_region(tx, SYSTEM, code="110101", title="示例区", parent_id=self.city.id)
            self.street = add_region(tx, SYSTEM, code="110101-1", title="示例街道", parent_id=self.district.id)
            self.elsewhere = add_region(tx, SYSTEM, code="310000", title="另一市")
            self.counter = add_point(tx, SYSTEM, region_id=self.district.id, code="P1", title="服务大厅")
            self.remote = add_point(tx, SYSTEM, region_id=self.district.id, code="P2", title="远程", is_remote=True)

    def appoint(self, name: str, *permissions: Permission, **place: int | None) -> Operator:
        with self.store.transaction() as tx:
            return appoint(tx, self.boss, appointment(name, *permissions, **place))
