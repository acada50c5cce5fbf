"""A root, an authority below it and a key-management centre, as tests of the authority want them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from gmpki.asn1.rfc5280 import Name
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import Actor, Issued, Order, RevocationOrder
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.pool import PoolLevel
from gmpki.ca.store.store import Store
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.names import build_name
from gmpki.x509.request import RequestBuilder

ACTOR = Actor("issuer")
ROOT, NAME = "root", "示例"
ROOT_SUBJECT = build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例根"))
SUBJECT = build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例签发CA"))
SETTINGS = AuthoritySettings(
    crl_uris=("http://crl.example.cn/{generation}/{part}.crl",),
    crl_parts=4,
    ocsp_uris=("http://ocsp.example.cn/",),
    publishers=("tree",),
)


@cache
def key(number: int) -> SM2PrivateKey:
    """Return one of several keys, made once in a process."""
    return SM2PrivateKey.generate()


ROOT_KEY, CA_KEY, MASTER_KEY = -1, -2, -3


@dataclass(frozen=True)
class Authorities:
    """All that issues."""

    store: Store
    root: Authority
    authority: Authority
    centre: KeyManagementCentre

    def reopened(self, **changes: Any) -> Authority:
        """Open the authority once more, as another process would."""
        return Authority.open(self.store, NAME, key(CA_KEY), **{"key_centre": self.centre, **changes})


def found(store: Store, settings: AuthoritySettings = SETTINGS) -> Authorities:
    """Make them all in an empty store."""
    levels = {"SM2": PoolLevel(1, 4)}
    KeyManagementCentre.create(store, key(MASTER_KEY).public_key, levels=levels).close()
    centre = KeyManagementCentre.open(store, key(MASTER_KEY), levels=levels)
    root = Authority.create(store, ROOT, ROOT_SUBJECT, key(ROOT_KEY), actor=ACTOR)
    authority = Authority.create_subordinate(
        store, NAME, SUBJECT, key(CA_KEY), parent=root, settings=settings, key_centre=centre, actor=ACTOR
    )
    return Authorities(store, root, authority, centre)


def owner(number: int) -> Name:
    """Return the name of one of several organisations."""
    return build_name(("C", "CN"), ("O", f"示例单位{number}"), ("CN", f"示例单位{number}"))


@cache
def order(number: int, **asked: Any) -> Order:
    """Return an order for a pair of one of several organisations."""
    request = RequestBuilder().subject(owner(number)).sign(key(number))
    return Order(**{"key": f"order {number}", "authority": NAME, "profile": "organisation", "request": request} | asked)


def serials(issued: Issued) -> tuple[int, ...]:
    """Return the serial numbers of a pair."""
    assert issued.encryption is not None
    return issued.signing.serial_number, issued.encryption.serial_number


def revocation(issued: Issued, reason: Any, key: str = "revocation", **asked: Any) -> RevocationOrder:
    """Return an order to revoke a pair."""
    return RevocationOrder(key, NAME, serials(issued), reason, **asked)
