"""Revocation lists out of the store: what is on them, their numbers, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from ca.authorities import ACTOR, NAME, SETTINGS, Authorities, found, key, order, serials
from ca.conftest import Clock
from certified import NOW
from gmpki.asn1.rfc5280 import FreshestCRL, ReasonCode
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import Issued
from gmpki.ca.revocation.entries import revoke
from gmpki.ca.revocation.lists import IssuedList, drop_contents, issue_list, latest_list, read_list
from gmpki.ca.revocation.rules import ListIssuer, ListRules
from gmpki.ca.store.schema import crl_pieces, crls, due_publications, revocations
from gmpki.ca.store.store import Store
from gmpki.errors import InvalidInputError, InvalidTypeError, NotFoundError, StateError, TamperedError
from gmpki.x509.crl import CertificateRevocationList
from gmpki.x509.crl_verify import verify_crl
from gmpki.x509.preparing import Addresses

HOLD, LIFT, GONE = ReasonCode.CERTIFICATE_HOLD, ReasonCode.REMOVE_FROM_CRL, ReasonCode.CESSATION_OF_OPERATION
WHOLE = AuthoritySettings(
    lists=ListRules(delta_period_s=600, delta_validity_s=1200),
    crl_uris=("http://crl.example.cn/{generation}.crl",),
    delta_uris=("http://crl.example.cn/{generation}-delta.crl",),
)


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store, WHOLE)


@pytest.fixture
def issuer(made: Authorities) -> ListIssuer:
    (only,) = made.authority.list_issuers()
    return only


def issue(made: Authorities, number: int) -> tuple[int, ...]:
    return serials(made.authority.issue(order(number), actor=ACTOR))


def change(made: Authorities, numbers: tuple[int, ...], reason: ReasonCode, **asked: Any) -> None:
    with made.store.transaction() as tx:
        revoke(tx, made.authority.id, numbers, reason=reason, **asked)


def read(made: Authorities, what: IssuedList | None) -> CertificateRevocationList:
    assert what is not None
    with made.store.reading() as connection:
        crl = CertificateRevocationList.from_der(b"".join(read_list(connection, what.id)))
    (issuer,) = made.authority.list_issuers()
    verify_crl(crl, issuer.certificate, at=what.this_update)
    assert (crl.crl_number, crl.delta_base, len(crl)) == (what.crl_number, what.base_number, what.entries)
    assert (crl.this_update, crl.next_update) == (what.this_update, what.next_update)
    return crl


def listed(crl: CertificateRevocationList) -> dict[int, ReasonCode | None]:
    return {entry.serial_number: entry.reason for entry in crl}


class TestComplete:
    def test_nothing_is_revoked(self, made: Authorities, issuer: ListIssuer) -> None:
        crl = read(made, issue_list(made.store, issuer))
        assert listed(crl) == {}
        assert crl.issuing_distribution_point is None
        assert crl.next_update == NOW + timedelta(seconds=issuer.rules.validity_s)

    def test_what_is_revoked_and_suspended(self, made: Authorities, issuer: ListIssuer) -> None:
        one, two, three = (issue(made, number) for number in range(3))
        change(made, one, ReasonCode.KEY_COMPROMISE, invalidity_date=NOW - timedelta(days=1))
        change(made, two, HOLD)
        change(made, three, ReasonCode.UNSPECIFIED)
        crl = read(made, issue_list(made.store, issuer))
        expected = dict.fromkeys(one, ReasonCode.KEY_COMPROMISE) | dict.fromkeys(two, HOLD)
        assert listed(crl) == expected | dict.fromkeys(three)
        assert {entry.invalidity_date for entry in crl} == {None, NOW - timedelta(days=1)}
        assert {entry.revocation_date for entry in crl} == {NOW}

    def test_what_is_resumed_is_off_again(self, made: Authorities, issuer: ListIssuer) -> None:
        one = issue(made, 1)
        change(made, one, HOLD)
        assert len(read(made, issue_list(made.store, issuer))) == 2
        change(made, one, LIFT)
        assert len(read(made, issue_list(made.store, issuer))) == 0

    def test_numbers_grow_and_are_never_used_again(self, made: Authorities, issuer: ListIssuer) -> None:
        numbers = [read(made, issue_list(made.store, issuer)).crl_number for _ in range(3)]
        with made.store.transaction() as tx:
            tx.connection.execute(text("UPDATE authorities SET last_crl_number = 0"))
        numbers.append(read(made, issue_list(made.store, issuer)).crl_number)
        assert numbers == [1, 2, 3, 4]

    def test_what_has_expired_stays_for_one_list_more(
        self, made: Authorities, issuer: ListIssuer, clock: Clock
    ) -> None:
        issued = made.authority.issue(order(1), actor=ACTOR)
        change(made, serials(issued), GONE)
        sizes = [len(read(made, issue_list(made.store, issuer)))]
        clock.at = issued.signing.not_after + timedelta(days=1)
        sizes += [len(read(made, issue_list(made.store, issuer))) for _ in range(1)]
        clock.move(days=1)
        sizes += [len(read(made, issue_list(made.store, issuer)))]
        assert sizes == [2, 2, 0]

    def test_what_was_revoked_while_a_list_was_made_is_on_the_next(
        self, made: Authorities, issuer: ListIssuer, clock: Clock
    ) -> None:
        issued = made.authority.issue(order(1), actor=ACTOR)
        clock.at = issued.signing.not_after
        change(made, serials(issued), GONE)
        latest = issue_list(made.store, issuer)
        assert latest is not None
        # As if the revocation had been committed behind the first commit of that list.
        with made.store.transaction() as tx:
            tx.connection.execute(update(crls).values(change_number=0, this_update=crls.c.this_update + 5))
        clock.move(days=1)
        assert len(read(made, issue_list(made.store, issuer))) == 2

    def test_a_clock_that_was_set_back(self, made: Authorities, issuer: ListIssuer, clock: Clock) -> None:
        first = read(made, issue_list(made.store, issuer))
        clock.move(days=-1)
        assert read(made, issue_list(made.store, issuer)).this_update >= first.this_update

    def test_freshest_list(self, made: Authorities, issuer: ListIssuer) -> None:
        crl = read(made, issue_list(made.store, issuer))
        freshest = crl.extensions.find(FreshestCRL)
        assert freshest is not None
        assert "http://crl.example.cn/1-delta.crl" in repr(freshest)


class TestDeltas:
    def test_what_has_changed_since(self, made: Authorities, issuer: ListIssuer) -> None:
        one, two, three = (issue(made, number) for number in range(3))
        change(made, one, HOLD)
        change(made, two, GONE)
        base = issue_list(made.store, issuer)
        change(made, one, LIFT)
        change(made, three, HOLD)
        delta = read(made, issue_list(made.store, issuer, is_delta=True))
        assert listed(delta) == dict.fromkeys(one, LIFT) | dict.fromkeys(three, HOLD)
        assert base is not None
        assert delta.delta_base == base.crl_number
        assert delta.extensions.find(FreshestCRL) is None

    def test_each_builds_upon_the_latest_complete_one(self, made: Authorities, issuer: ListIssuer) -> None:
        issue_list(made.store, issuer)
        change(made, issue(made, 1), HOLD)
        for _ in range(2):
            assert len(read(made, issue_list(made.store, issuer, is_delta=True))) == 2
        issue_list(made.store, issuer)
        delta = read(made, issue_list(made.store, issuer, is_delta=True))
        assert (len(delta), delta.delta_base) == (0, 4)

    def test_without_a_complete_list(self, made: Authorities, issuer: ListIssuer) -> None:
        with pytest.raises(StateError, match="complete"):
            issue_list(made.store, issuer, is_delta=True)


class TestParts:
    def test_each_part_has_its_own(self, store: Store) -> None:
        made = found(store, SETTINGS)
        (issuer,) = made.authority.list_issuers()
        numbers = [serial for number in range(4) for serial in issue(made, number)]
        change(made, tuple(numbers), GONE)
        for part in (1, 2, 3, 4):
            crl = read(made, issue_list(store, issuer, part))
            assert set(listed(crl)) == {serial for serial in numbers if serial % 4 + 1 == part}
            assert f"http://crl.example.cn/1/{part}.crl" in repr(crl.issuing_distribution_point)
        whole = read(made, issue_list(store, issuer, 0))
        assert set(listed(whole)) == set(numbers)
        assert whole.issuing_distribution_point is None

    def test_parts_that_there_are_not(self, store: Store) -> None:
        (issuer,) = found(store, SETTINGS).authority.list_issuers()
        for part in (-1, 5, 1 << 70):
            with pytest.raises(InvalidInputError):
                issue_list(store, issuer, part)

    def test_an_old_key_keeps_its_list_and_names_everything(self, made: Authorities) -> None:
        one = issue(made, 1)
        made.authority.renew_generation(key(-9), parent=made.root, actor=ACTOR)
        two = issue(made, 2)
        change(made, one + two, GONE)
        both = made.authority.list_issuers()
        assert len(both) == 2
        for issuer in both:
            made_list = issue_list(made.store, issuer)
            assert made_list is not None
            with made.store.reading() as connection:
                crl = CertificateRevocationList.from_der(b"".join(read_list(connection, made_list.id)))
            verify_crl(crl, issuer.certificate, at=NOW)
            assert set(listed(crl)) == {*one, *two}


class TestWhatIsWritten:
    def test_publications_are_due(self, made: Authorities, issuer: ListIssuer) -> None:
        change(made, issue(made, 1), GONE)
        one = issue_list(made.store, issuer, publishers=("tree", "ldap", "tree"))
        assert one is not None
        with made.store.reading() as connection:
            query = select(due_publications.c.publisher).where(due_publications.c.kind == "crl")
            assert sorted(connection.scalars(query)) == ["ldap", "tree"]
            assert set(connection.scalars(select(revocations.c.published_at))) == {None}

    def test_without_publishers_it_is_published_at_once(self, made: Authorities, issuer: ListIssuer) -> None:
        change(made, issue(made, 1), GONE)
        issue_list(made.store, issuer)
        with made.store.reading() as connection:
            assert set(connection.scalars(select(revocations.c.published_at))) == {int(NOW.timestamp())}

    def test_a_list_that_is_never_finished_uses_up_its_number(
        self, made: Authorities, issuer: ListIssuer, clock: Clock
    ) -> None:
        class NoSigner:
            public_key, signature_algorithm = issuer.signer.public_key, issuer.signer.signature_algorithm

            def sign(self, *_: Any, **__: Any) -> bytes:
                raise StateError("the token was pulled")

            sign_digest = sign

        with pytest.raises(StateError, match="pulled"):
            issue_list(made.store, replace(issuer, signer=NoSigner()))  # type: ignore[arg-type]
        clock.move(hours=2)
        assert read(made, issue_list(made.store, issuer)).crl_number == 2
        with made.store.reading() as connection:
            assert list(connection.scalars(select(crls.c.state).order_by(crls.c.id))) == ["cancelled", "issued"]

    def test_one_that_was_given_up_is_not_finished(
        self, made: Authorities, issuer: ListIssuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import gmpki.ca.revocation.lists as lists

        original = lists._builder

        def slowly(*given: Any) -> Any:
            with made.store.transaction() as tx:
                tx.connection.execute(update(crls).values(state="cancelled"))
            return original(*given)

        monkeypatch.setattr(lists, "_builder", slowly)
        with pytest.raises(StateError, match="given up"):
            issue_list(made.store, issuer)
        with made.store.reading() as connection:
            assert connection.scalar(select(crl_pieces.c.crl_id)) is None
            assert latest_list(connection, issuer.scope()) is None

    def test_contents_are_dropped_when_they_are_old(self, made: Authorities, issuer: ListIssuer, clock: Clock) -> None:
        old, new = issue_list(made.store, issuer), issue_list(made.store, issuer)
        assert drop_contents(made.store, ended_before=NOW) == 0
        clock.move(days=30)
        assert drop_contents(made.store, ended_before=clock.at) == 1
        assert drop_contents(made.store, ended_before=clock.at) == 0
        assert len(read(made, new)) == 0
        assert old is not None
        with pytest.raises(NotFoundError), made.store.reading() as connection:
            list(read_list(connection, old.id))


class TestRefusals:
    @pytest.mark.parametrize("column", ["serial", "revoked_at", "reason", "lifted_at", "part", "not_after"])
    def test_a_row_that_somebody_changed(self, made: Authorities, issuer: ListIssuer, column: str) -> None:
        change(made, issue(made, 1), GONE)
        issued = issue(made, 2)
        change(made, issued, HOLD)
        value = "'5'" if column == "serial" else "9"
        change(made, issued, LIFT)
        with made.store.transaction() as tx:
            tx.connection.execute(text(f"UPDATE revocations SET {column} = {value} WHERE id = 1"))
        with pytest.raises(TamperedError):
            issue_list(made.store, issuer)

    @pytest.mark.parametrize("tag", ["x''", "x'474d5052'", "zeroblob(46)"])
    def test_a_tag_that_is_none(self, made: Authorities, issuer: ListIssuer, tag: str) -> None:
        change(made, issue(made, 1), GONE)
        with made.store.transaction() as tx:
            tx.connection.execute(text(f"UPDATE revocations SET tag = {tag} WHERE id = 1"))
        with pytest.raises(TamperedError):
            issue_list(made.store, issuer)

    def test_the_certificate_of_the_key_has_expired(self, made: Authorities, issuer: ListIssuer, clock: Clock) -> None:
        clock.at = issuer.certificate.not_after
        with pytest.raises(StateError, match="expired"):
            issue_list(made.store, issuer)

    def test_an_authority_that_is_not_there(self, made: Authorities, issuer: ListIssuer) -> None:
        with pytest.raises(NotFoundError):
            issue_list(made.store, replace(issuer, authority_id=99))

    @pytest.mark.parametrize("value", [None, 1, "issuer"])
    def test_types(self, made: Authorities, value: Any) -> None:
        with pytest.raises(InvalidTypeError):
            issue_list(made.store, value)


class TestRules:
    @pytest.mark.parametrize(
        "values",
        [
            {"period_s": 0},
            {"period_s": 10, "validity_s": 9},
            {"delta_period_s": -1},
            {"delta_period_s": 60, "delta_validity_s": 59},
            {"period_s": 60, "validity_s": 60, "delta_period_s": 60, "delta_validity_s": 60},
            {"validity_s": 1 << 40},
        ],
        ids=str,
    )
    def test_impossible_ones(self, values: dict[str, int]) -> None:
        with pytest.raises(InvalidInputError):
            ListRules(**values)

    @pytest.mark.parametrize(
        "values", [{"period_s": "1"}, {"period_s": True}, {"at_once": (1,)}, {"at_once": 5}], ids=str
    )
    def test_types(self, values: dict[str, Any]) -> None:
        with pytest.raises(InvalidTypeError):
            ListRules(**values)

    def test_divided_lists_need_addresses(self, issuer: ListIssuer) -> None:
        with pytest.raises(InvalidInputError, match="addresses"):
            replace(issuer, addresses=Addresses(crl_parts=2), delta_addresses=Addresses())


def test_names(made: Authorities, issuer: ListIssuer) -> None:
    assert (issuer.authority, issuer.generation, made.authority.name) == (NAME, 1, NAME)
    assert isinstance(made.authority.issue(order(5), actor=ACTOR), Issued)
