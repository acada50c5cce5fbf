"""Lists of authorities of others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from ca import authorities
from ca.conftest import Clock
from certified import NOW, certify
from gmpki.ca.authority import trusted
from gmpki.ca.interfaces import Actor
from gmpki.ca.store import schema
from gmpki.ca.store.store import Store
from gmpki.cms.certificates import read_bundle
from gmpki.cms.trust import Trust
from gmpki.errors import (
    ConflictError,
    GmpkiError,
    InvalidInputError,
    NotFoundError,
    TamperedError,
    ValidationError,
)
from gmpki.x509.certificate import Certificate, load_certificates
from gmpki.x509.issuing import self_signed
from gmpki.x509.names import build_name

ACTOR = Actor("admin")
LIST = "province"


def authority(number: int) -> Certificate:
    name = build_name(("C", "CN"), ("O", f"示例{number}"), ("CN", f"示例根{number}"))
    return self_signed(name, authorities.key(number), "root-ca", at=NOW)


def add(store: Store, *numbers: int) -> list[Certificate]:
    found = [authority(number) for number in numbers]
    with store.transaction() as tx:
        for each in found:
            assert trusted.add(tx, LIST, each, actor=ACTOR)
    return found


def names(store: Store) -> list[Certificate]:
    with store.reading() as connection:
        return [each.certificate for each in trusted.read(connection, store.protection, LIST)]


def test_added_and_removed(store: Store) -> None:
    one, two = add(store, 1, 2)
    with store.transaction() as tx:
        assert not trusted.add(tx, LIST, one, actor=ACTOR)
        trusted.remove(tx, LIST, one.fingerprint("sm3").hex()[:16], actor=ACTOR, reason="测试")
    assert names(store) == [two]
    with store.reading() as connection:
        everybody = trusted.read(connection, store.protection, LIST, with_removed=True)
        assert [each.state.value for each in everybody] == ["removed", "trusted"]
        assert trusted.list_names(connection) == (LIST,)
        (anchor,) = trusted.anchors(connection, store.protection, LIST)
    assert anchor.certificate == two
    with store.transaction() as tx:
        assert trusted.add(tx, LIST, one, actor=ACTOR)
    assert names(store) == [one, two]


def test_what_cannot_be_added(store: Store, clock: Clock) -> None:
    key = authorities.key(1)
    holder = certify(build_name(("CN", "张三")), key.public_key, build_name(("CN", "x")), key)

    def refused(kind: type[GmpkiError], list_name: str, certificate: Certificate) -> None:
        with store.transaction() as tx, pytest.raises(kind):
            trusted.add(tx, list_name, certificate, actor=ACTOR)

    refused(ValidationError, LIST, holder)
    refused(InvalidInputError, "List 1", authority(1))
    clock.move(days=20_000)
    refused(ValidationError, LIST, authority(1))


def test_what_cannot_be_removed(store: Store) -> None:
    add(store, 1)
    for digest, kind in (("0" * 16, NotFoundError), ("abc", InvalidInputError), ("xyzxyzxyz", InvalidInputError)):
        with store.transaction() as tx, pytest.raises(kind):
            trusted.remove(tx, LIST, digest, actor=ACTOR)


def test_several_that_begin_alike(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = iter(("a" * 63 + "1", "a" * 63 + "2"))
    monkeypatch.setattr(trusted, "certificate_digest", lambda _: next(counter))
    add(store, 1, 2)
    with store.transaction() as tx, pytest.raises(ConflictError):
        trusted.remove(tx, LIST, "a" * 10, actor=ACTOR)


@pytest.mark.parametrize("column", ["state", "title", "certificate"])
def test_a_changed_row_is_noticed(store: Store, column: str) -> None:
    add(store, 1)
    other: object = authority(3).der if column == "certificate" else "removed"
    with store.transaction() as tx:
        tx.connection.execute(update(schema.trusted).values({column: other}))
    with pytest.raises(TamperedError):
        names(store)


def test_exports(store: Store) -> None:
    found = add(store, 1, 2)
    with store.reading() as connection:
        given = (connection, store.protection, LIST)
        assert list(load_certificates(trusted.export_pem(*given))) == found
        assert set(read_bundle(trusted.export_bundle(*given)).certificates) == set(found)
        with pytest.raises(InvalidInputError):
            trusted.export_bundle(connection, store.protection, "empty")


def test_a_signed_list(store: Store) -> None:
    found = add(store, 1, 2)
    key = authorities.key(3)
    root = authority(3)
    signer = certify(build_name(("CN", "签名者")), key.public_key, root.subject, key, serial_number=5)
    with store.reading() as connection:
        data = trusted.export_signed(connection, store.protection, LIST, signer=key, certificate=signer, at=NOW)
    trust = Trust((root,), at=NOW)
    read = trusted.read_signed(data, trust)
    assert (set(read.certificates), read.signer, read.signed_at) == (set(found), signer, NOW)
    trusted.read_signed(data, trust, newer_than=NOW - timedelta(seconds=1))
    with pytest.raises(ValidationError) as stale:
        trusted.read_signed(data, trust, newer_than=NOW)
    assert stale.value.reason == "stale"
    with pytest.raises(GmpkiError):
        trusted.read_signed(data, Trust((authority(4),), at=NOW))
    with pytest.raises(GmpkiError):
        trusted.read_signed(data.replace(found[0].der[-20:], bytes(20)), trust)


def test_a_list_is_replaced(store: Store) -> None:
    one, two = add(store, 1, 2)
    three = authority(3)
    with store.transaction() as tx:
        assert trusted.replace_all(tx, LIST, [two, three], actor=ACTOR) == (1, 1)
    assert names(store) == [two, three]
    assert one not in names(store)
