"""Several processes on one database, and keys in tokens."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ca.authorities import ACTOR, CA_KEY, MASTER_KEY, NAME, ROOT_SUBJECT, SETTINGS, found, key, order
from gmpki.ca.authority import issuing
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.signer import AuthoritySigner
from gmpki.ca.interfaces import Issued
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.schema import certificates, issues, kmc_keys
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, LoginRequiredError
from gmpki.protect.keys import KeyRing
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path

ORDERS = range(1, 13)


def states(store: Store, table: Any) -> dict[str, int]:
    with store.reading() as connection:
        return dict(
            tuple(row) for row in connection.execute(select(table.c.state, func.count()).group_by(table.c.state))
        )


def opened(url: str, ring: KeyRing) -> tuple[Store, Authority]:
    store = Store.open(url, ring)
    centre = KeyManagementCentre.open(store, key(MASTER_KEY))
    return store, Authority.open(store, NAME, key(CA_KEY), key_centre=centre)


def work(url: str, ring: KeyRing, first: int) -> None:
    """Carry out all orders, beginning at one of them."""
    store, authority = opened(url, ring)
    asked = [order(number) for number in (*ORDERS[first:], *ORDERS[:first])]
    for begin in range(0, len(asked), 4):
        authority.issue_many(asked[begin : begin + 4], actor=ACTOR)
    store.close()
    os._exit(0)


def die(url: str, ring: KeyRing) -> None:
    """End between the commits."""
    _, authority = opened(url, ring)
    issuing._second_commit = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
    authority.issue_many([order(number) for number in ORDERS], actor=ACTOR)


def side_by_side(url: str, ring: KeyRing) -> None:
    with Store.create(url, ring) as store:
        found(store)
    for number in ORDERS:
        order(number)  # made before the processes part
    context = multiprocessing.get_context("fork")
    dying = context.Process(target=die, args=(url, ring))
    dying.start()
    dying.join(60)
    assert dying.exitcode == -signal.SIGKILL
    children = [context.Process(target=work, args=(url, ring, first)) for first in (0, 5)]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0, 0]
    store, authority = opened(url, ring)
    with store:
        # Whoever lost an order to the other process in that moment asks again, and gets the answer of the other.
        answers = authority.issue_many([order(number) for number in ORDERS], actor=ACTOR)
        assert all(isinstance(answer, Issued) for answer in answers)
        assert "meant" not in states(store, issues)
        assert states(store, issues)["issued"] == len(ORDERS) + 2
        assert states(store, certificates)["valid"] == 2 * len(ORDERS) + 2
        assert states(store, certificates)["cancelled"] >= 2 * len(ORDERS)
        assert states(store, kmc_keys)["in-use"] == len(ORDERS)
        verify_audit(store)


@pytest.mark.once
def test_sqlite(file_url: str, ring: KeyRing) -> None:
    side_by_side(file_url, ring)


@pytest.mark.once
def test_postgresql(postgresql_url: str, ring: KeyRing) -> None:
    side_by_side(postgresql_url, ring)


# ---- a key in a token ---------------------------------------------------------------------
@pytest.mark.once
def test_key_in_a_token(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GMPKI_SOFTTOKEN_DIR", os.fspath(tmp_path))
    create_soft_device(SoftSettings(serial="00a1", pin_iterations=1), root=tmp_path)
    with SKFDriver.load(library_path("skf")) as driver:
        device = driver.open()
        device.authenticate()
        application = device.create_application("CA", admin_pin="87654321", user_pin="12345678")
        application.login("12345678")
        container = application.create_container("root")
        container.generate()
        signer = AuthoritySigner(container.signing_key, device.info, "soft:dev=00a1;app=CA;con=root")
        serious = replace(SETTINGS, is_production=True)
        with pytest.raises(InvalidInputError):
            Authority.create(store, "token", ROOT_SUBJECT, signer, settings=serious, actor=ACTOR)
        allowed = replace(serious, software_signers=(device.info.name,))
        root = Authority.create(store, "token", ROOT_SUBJECT, signer, settings=allowed, actor=ACTOR)
        issued = root.issue(order(1, authority="token", profile="subordinate-ca"), actor=ACTOR)
        issued.signing.verify_signature(root.certificate)
        assert root.generations[0].signer == "soft:dev=00a1;app=CA;con=root"
        # The token refuses when nobody has logged in; the order is given up, and tried again with the PIN.
        application.logout()
        with pytest.raises(LoginRequiredError):
            root.issue(order(2, authority="token", profile="subordinate-ca"), actor=ACTOR)
        assert states(store, issues) == {"issued": 2, "cancelled": 1}
        application.login("12345678")
        root.issue(order(2, authority="token", profile="subordinate-ca"), actor=ACTOR)
