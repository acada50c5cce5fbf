"""An authority in a folder, orders for it, and a database with a long revocation list, as the figures of throughput
need them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import Actor, Order, RevocationOrder
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.pool import PoolLevel
from gmpki.ca.revocation.entries import VERIFIED
from gmpki.ca.store.schema import certificates, revocations
from gmpki.ca.store.store import Store
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.protect.keys import KeyRing
from gmpki.x509.names import build_name
from gmpki.x509.request import CertificateRequest, RequestBuilder

ROOT, NAME = "root", "示例"
ACTOR = Actor("benchmark")
PASSWORD = b"benchmark"
SETTINGS = AuthoritySettings(
    crl_uris=("http://crl.example.cn/{generation}.crl",), ocsp_uris=("http://ocsp.example.cn/",)
)
CHUNK_LEN = 250
_IN_ONE_INSERT = 20_000


@dataclass(frozen=True)
class Place:
    """A database with an authority, and the folder with ring and keys; it opens the authority in any process."""

    folder: Path
    url: str

    def __call__(self) -> Authority:
        return self.opened(Store.open(self.url, KeyRing.load(self.folder / "ring", PASSWORD)))

    def opened(self, store: Store) -> Authority:
        """Open the authority of a store."""
        levels = {"SM2": PoolLevel(0, 1)}
        centre = KeyManagementCentre.open(store, self._key("master"), levels=levels)
        return Authority.open(store, NAME, self._key("ca"), key_centre=centre)

    def _key(self, name: str) -> SM2PrivateKey:
        return SM2PrivateKey.from_bytes((self.folder / name).read_bytes())


def found(folder: Path, url: str, spare: int) -> tuple[Place, Authority]:
    """Make a root, an authority and a key-management centre with spare keys in an empty database, in a new folder."""
    folder.mkdir(mode=0o700)
    ring = KeyRing.generate()
    ring.save(folder / "ring", PASSWORD, iterations=1)
    keys = {name: SM2PrivateKey.generate() for name in ("root", "ca", "master")}
    for name, key in keys.items():
        (folder / name).write_bytes(key.to_bytes())
    store = Store.create(url, ring)
    centre = KeyManagementCentre.create(store, keys["master"].public_key)
    centre.pool.fill("SM2", spare)
    subjects = {name: build_name(("C", "CN"), ("O", "示例CA"), ("CN", f"示例 {name}")) for name in keys}
    root = Authority.create(store, ROOT, subjects["root"], keys["root"], actor=ACTOR)
    authority = Authority.create_subordinate(
        store, NAME, subjects["ca"], keys["ca"], parent=root, settings=SETTINGS, key_centre=centre, actor=ACTOR
    )
    return Place(folder, url), authority


def requests(count: int) -> list[bytes]:
    """Make requests for certificates, each of another organisation with another key."""
    found = []
    for number in range(count):
        name = build_name(("C", "CN"), ("O", f"示例单位{number}"), ("CN", f"示例单位{number}"))
        found.append(RequestBuilder().subject(name).sign(SM2PrivateKey.generate()).der)
    return found


def orders(asked: list[bytes], prefix: str) -> Iterator[Order]:
    """Read requests, and yield an order for each."""
    for number, request in enumerate(asked):
        yield Order(f"{prefix} {number}", NAME, "organisation", CertificateRequest.from_der(request))


# ---- a long list ----------------------------------------------------------------------------
def revoke_many(authority: Authority, request: bytes, count: int) -> None:
    """Write as many revoked certificates into an SQLite database: copies of one, with numbers and tags of their own."""
    (order,) = orders([request], "revoked")
    issued = authority.issue(order, actor=ACTOR)
    serial = issued.signing.serial_number
    authority.revoke(RevocationOrder("revoked", NAME, (serial,), ReasonCode.CESSATION_OF_OPERATION), actor=ACTOR)
    with authority.store.transaction() as tx:
        connection = tx.connection
        one = connection.execute(select(revocations).where(revocations.c.serial == f"{serial:x}")).mappings().one()
        last = connection.scalar(select(func.max(certificates.c.id))) or 0
        _copy_certificate(connection, one["certificate_id"], last, count - 1)
        tagger, tagged, names = tx.protection.tagger(revocations.name), VERIFIED[2:], list(one)
        statement = f"INSERT INTO revocations ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        for begin in range(1, count, _IN_ONE_INSERT):
            rows = []
            for number in range(begin, min(begin + _IN_ONE_INSERT, count)):
                row = dict(one)
                row["id"] += number
                row["certificate_id"] = last + number
                row["serial"] = f"7{number:031x}"
                row["revoked_at"] -= number
                row["change_number"] += number
                row["tag"] = tagger.tag({name: row[name] for name in tagged}, row=row["certificate_id"])
                rows.append(tuple(row.values()))
            connection.exec_driver_sql(statement, rows)


def _copy_certificate(connection: Connection, original: int, last: int, count: int) -> None:
    own = {"id": f"{last} + number", "serial": "printf('7%031x', number)", "content": "x'2d'", "tag": "x'2d'"}
    chosen = ", ".join(own.get(column.name, column.name) for column in certificates.columns)
    connection.exec_driver_sql(
        f"WITH RECURSIVE numbers(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT {count}) "
        f"INSERT INTO certificates SELECT {chosen} FROM certificates JOIN numbers WHERE id = {original}"
    )
