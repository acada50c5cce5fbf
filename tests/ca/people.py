"""Applicants, pairs and applications for the tests of registration and reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from gmpki.ca.interfaces import Actor
from gmpki.ca.operators import regions
from gmpki.ca.registration import applicants
from gmpki.ca.registration.applicants import Applicant, ApplicantKind, Contact
from gmpki.ca.registration.identity import Identity, IdentityKind
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store, Transaction

CLERK = Actor("录入员 01")
CREDIT_CODE = "91110000600037341L"


def resident_number(serial: int) -> str:
    """Return the number of an invented person."""
    front = f"110105{1950 + serial // 1000 % 50}0101{serial % 1000:03}"
    total = sum(pow(2, 17 - place, 11) * int(digit) for place, digit in enumerate(front))
    return front + "10X98765432"[total % 11]


def person(serial: int = 1, *, region_id: int = 1, name: str = "张三", **more: Any) -> Applicant:
    """Return an invented person."""
    more.setdefault("contact", Contact("李四", "13800138000", "lisi@example.test", "示例市幸福路 1 号"))
    identity = Identity(IdentityKind.RESIDENT_ID, resident_number(serial))
    return Applicant(ApplicantKind.PERSON, name, identity, region_id, **more)


def organization(
    code: str = CREDIT_CODE, *, region_id: int = 1, name: str = "示例市社会保障局", **more: Any
) -> Applicant:
    """Return an invented organisation."""
    return Applicant(ApplicantKind.ORGANIZATION, name, Identity(IdentityKind.CREDIT_CODE, code), region_id, **more)


def device(name: str = "vpn-01", *, region_id: int = 1) -> Applicant:
    """Return an invented device."""
    return Applicant(ApplicantKind.DEVICE, name, Identity(IdentityKind.DEVICE, name), region_id)


def add_regions(store: Store, *codes: str) -> list[int]:
    """Add regions, each within the one before; return their numbers."""
    found: list[int] = []
    with store.transaction() as tx:
        for code in codes or ("440000",):
            parent = found[-1] if found else None
            found.append(regions.add_region(tx, CLERK, code=code, title=f"区域 {code}", parent_id=parent).id)
    return found


def register(store: Store, applicant: Applicant) -> int:
    """Add an applicant."""
    with store.transaction() as tx:
        return applicants.add(tx, applicant, actor=CLERK)


def add_application(tx: Transaction, applicant_id: int, reference: str, **more: Any) -> int:
    """Write a row of an application as it may stand in the database, without the office."""
    values = {
        "reference": reference,
        "operation": "apply",
        "applicant_id": applicant_id,
        "authority": "示例",
        "profile": "person",
        "state": "entered",
        "business_kind": "社保",
        "medium": "ukey",
        "wanted": "{}",
        "region_id": 1,
        "is_free": False,
        "entered_by": "录入员 01",
        "entered_at": tx.at,
        "retain_until": tx.at,
        "tag": b"",
        **more,
    }
    return int(tx.connection.execute(insert(schema.applications), values).inserted_primary_key[0])


def add_pair(tx: Transaction, applicant_id: int, serial: int, **more: Any) -> int:
    """Write a row of a pair as it may stand in the database, without the office."""
    values = {
        "applicant_id": applicant_id,
        "authority": "示例",
        "profile": "person",
        "state": "active",
        "signing_serial": f"{serial:x}",
        "encryption_serial": f"{serial + 1:x}",
        "signing_certificate": b"",
        "subject": f"CN={serial},C=CN",
        "business_kind": "社保",
        "medium": "ukey",
        "region_id": 1,
        "is_free": False,
        "not_before": tx.at,
        "not_after": tx.at + 365 * 86400,
        "issued_at": tx.at,
        "changed_at": tx.at,
        "tag": b"",
        **more,
    }
    return int(tx.connection.execute(insert(schema.pairs), values).inserted_primary_key[0])
