"""Orders by messages: what an authority refuses, what an office does not believe."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from ca import authorities
from ca.authorities import ACTOR, owner, revocation, serials
from ca.conftest import Clock
from ca.remote import remote_scene
from ca.remote.remote_scene import NAME, Both, backend_of, office, spec
from certified import NOW
from gmpki import oids
from gmpki.asn1.rfc5280 import Extension, ReasonCode, Validity
from gmpki.asn1.rfc5280.ext_keys import KeyUsage, KeyUsages
from gmpki.ca.authority.authority import Authority
from gmpki.ca.interfaces import Actor, Issued, IssuerBackend, Order, RevocationOrder
from gmpki.ca.remote import ordered
from gmpki.ca.remote.answering import IssuerService
from gmpki.ca.remote.issuer import RemoteIssuer
from gmpki.ca.remote.messages import (
    ANSWER_KIND,
    MAX_MESSAGE_LEN,
    REQUEST_KIND,
    Fields,
    read_signed,
    verified_fields,
    write_signed,
)
from gmpki.ca.remote.orders import (
    actor_fields,
    issued_fields,
    order_fields,
    read_order,
    read_revocation,
    revocation_fields,
)
from gmpki.ca.store.columns import certificate_digest, digest_text, seconds
from gmpki.ca.store.schema import audit, issues, office_certificates
from gmpki.ca.store.store import Store
from gmpki.cms.signing import sign
from gmpki.errors import (
    ConflictError,
    DecodeError,
    FetchError,
    InvalidInputError,
    InvalidTypeError,
    IssuerRefusedError,
    LimitExceeded,
    StoreError,
    TamperedError,
)
from gmpki.protect.keys import KeyRing
from gmpki.x509.names import build_name

SERVICE = "示例CA服务"
OTHER = "另一LRA"


@pytest.fixture
def sides(store: Store) -> Both:
    return remote_scene.both(store)


@pytest.fixture(scope="module")
def still() -> Iterator[Both]:
    """Give two sides to all tests that leave no trace."""
    with Store.create("sqlite://", KeyRing.generate(created=NOW), clock=lambda: NOW) as made:
        yield remote_scene.both(made)


def order(number: int = 1, **asked: Any) -> Order:
    return authorities.order(number, **asked)


def refused(caught: pytest.ExceptionInfo[IssuerRefusedError]) -> str:
    return caught.value.code


# ---- orders as fields ---------------------------------------------------------------------
FULL = replace(
    authorities.order(1),
    subject=owner(7),
    validity=Validity(NOW, NOW + timedelta(days=30)),
    extensions=(Extension(oids.KEY_USAGE, True, KeyUsage(KeyUsages.DIGITAL_SIGNATURE).to_der()),),
    encryption_key=17,
    replaces=(1, (1 << 159) - 1),
    replaces_reason=ReasonCode.KEY_COMPROMISE,
)


def through_json(fields: dict[str, Any]) -> Fields:
    return Fields.of(json.loads(json.dumps(fields)), "test")


@pytest.mark.parametrize("each", [authorities.order(1), FULL], ids=["short", "full"])
def test_an_order_there_and_back(each: Order) -> None:
    assert read_order(through_json(order_fields(each))) == each


@pytest.mark.parametrize("since", [None, NOW], ids=["plain", "since"])
def test_a_revocation_there_and_back(since: Any) -> None:
    each = RevocationOrder("k", "a", (1, 2), ReasonCode.CERTIFICATE_HOLD, since)
    assert read_revocation(through_json(revocation_fields(each))) == each


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", None),
        ("key", ""),
        ("key", "a\nb"),
        ("key", 1),
        ("request", "AAAA"),
        ("request", "?"),
        ("request", "é"),
        ("subject", "AAAA"),
        ("subject", 1),
        ("not_before", 1),
        ("not_after", True),
        ("not_before", 1 << 80),
        ("not_before", 1.5),
        ("extensions", "AAAA"),
        ("encryption_key", "-1"),
        ("encryption_key", 1),
        ("replaces", "ab"),
        ("replaces", ["0x1"]),
        ("replaces", [1]),
        ("replaces_reason", 7),
        ("replaces_reason", "superseded"),
        ("unknown", 1),
    ],
)
def test_what_is_no_order(field: str, value: Any) -> None:
    fields = {**order_fields(authorities.order(1)), field: value}
    with pytest.raises(InvalidInputError):
        read_order(Fields.of(fields, "test"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("serial_numbers", []), ("serial_numbers", ["0x1"]), ("reason", 99), ("invalidity_at", "x"), ("more", 1)],
)
def test_what_is_no_revocation(field: str, value: Any) -> None:
    fields = {**revocation_fields(RevocationOrder("k", "a", (1,), ReasonCode.SUPERSEDED)), field: value}
    with pytest.raises(InvalidInputError):
        read_revocation(Fields.of(fields, "test"))


# ---- what is carried out ------------------------------------------------------------------
def test_it_is_a_backend(still: Both) -> None:
    assert isinstance(still.backend, IssuerBackend)
    assert not still.backend.completes_within


def test_the_same_order_again(sides: Both) -> None:
    first = sides.backend.issue(order(), actor=ACTOR)
    assert sides.backend.issue(order(), actor=ACTOR) == first
    assert first.signing.subject == owner(1)
    with pytest.raises(IssuerRefusedError) as caught:
        sides.backend.issue(order(2, key="order 1"), actor=ACTOR)
    assert refused(caught) == "ConflictError.key-reused"


def test_the_same_message_again(sides: Both) -> None:
    sides.backend.issue(order(), actor=ACTOR)
    issued = sides.backend.issue(order(2), actor=ACTOR)
    sides.backend.revoke(revocation(issued, ReasonCode.CERTIFICATE_HOLD, "hold"), actor=ACTOR)
    sides.backend.revoke(revocation(issued, ReasonCode.REMOVE_FROM_CRL, "lift"), actor=ACTOR)
    with sides.made.store.reading() as connection:
        before = connection.execute(select(issues.c.id)).all(), connection.execute(select(audit.c.number)).all()
    for message in sides.line.messages:
        fields = verified_fields(read_signed(sides.service.answer(message)), spec(SERVICE).certificate)
        assert "refused" not in fields
    with sides.made.store.reading() as connection:
        after = connection.execute(select(issues.c.id)).all(), connection.execute(select(audit.c.number)).all()
    assert after == before


def test_two_offices_need_not_agree_on_keys(sides: Both, store: Store) -> None:
    first = sides.backend.issue(order(1, key="k"), actor=ACTOR)
    second = backend_of(sides.line, store, OTHER).issue(order(2, key="k"), actor=ACTOR)
    assert first != second


def test_an_office_has_no_say_about_certificates_of_another(sides: Both, store: Store) -> None:
    theirs = backend_of(sides.line, store, OTHER).issue(order(1), actor=ACTOR)
    for asked in (
        lambda: sides.backend.revoke(revocation(theirs, ReasonCode.SUPERSEDED), actor=ACTOR),
        lambda: sides.backend.issue(order(2, replaces=serials(theirs)), actor=ACTOR),
        lambda: sides.backend.issue(order(3, encryption_key=serials(theirs)[1]), actor=ACTOR),
    ):
        with pytest.raises(IssuerRefusedError) as caught:
            asked()
        assert refused(caught) == "NotFoundError"


def test_nor_about_what_the_authority_issued_by_itself(sides: Both) -> None:
    theirs = sides.made.authority.issue(order(1), actor=ACTOR)
    with pytest.raises(IssuerRefusedError) as caught:
        sides.backend.revoke(revocation(theirs, ReasonCode.SUPERSEDED), actor=ACTOR)
    assert refused(caught) == "NotFoundError"


def test_unless_it_was_assigned(sides: Both, store: Store) -> None:
    issued = sides.made.authority.issue(order(1), actor=ACTOR)
    with store.transaction() as tx:
        ordered.assign(tx, sides.made.authority.id, serials(issued), NAME)
    with pytest.raises(ConflictError), store.transaction() as tx:
        ordered.assign(tx, sides.made.authority.id, serials(issued)[:1], OTHER)
    sides.backend.revoke(revocation(issued, ReasonCode.SUPERSEDED), actor=ACTOR)


def test_a_certificate_that_was_made_another_office_s_past_it(sides: Both, store: Store) -> None:
    theirs = backend_of(sides.line, store, OTHER).issue(order(1), actor=ACTOR)
    with store.transaction() as tx:
        tx.connection.execute(update(office_certificates).values(office=NAME))
    with pytest.raises(IssuerRefusedError) as caught:
        sides.backend.revoke(revocation(theirs, ReasonCode.SUPERSEDED), actor=ACTOR)
    assert refused(caught) == "internal"


def test_names_that_begin_alike(store: Store) -> None:
    sides = remote_scene.both(store, office("a"), office("a:b"))
    theirs = backend_of(sides.line, store, "a:b").issue(order(1), actor=ACTOR)
    with pytest.raises(IssuerRefusedError) as caught:
        backend_of(sides.line, store, "a").revoke(revocation(theirs, ReasonCode.SUPERSEDED), actor=ACTOR)
    assert refused(caught) == "NotFoundError"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"profiles": frozenset({"personal"})}, "NotPermittedError.profile"),
        ({"authorities": frozenset({"another"})}, "NotPermittedError.authority"),
        ({"within": build_name(("C", "CN"), ("ST", "广东省"))}, "NotPermittedError.subject"),
    ],
    ids=["profile", "authority", "subject"],
)
def test_what_an_office_may_not_order(store: Store, changes: Any, code: str) -> None:
    sides = remote_scene.both(store, office(**changes))
    with pytest.raises(IssuerRefusedError) as caught:
        sides.backend.issue(order(), actor=ACTOR)
    assert refused(caught) == code
    with store.reading() as connection:
        last = connection.execute(select(audit.c.operation, audit.c.actor).order_by(audit.c.number.desc())).first()
    assert last == ("order.refused", NAME)


def test_what_an_office_orders_within_its_place(store: Store) -> None:
    sides = remote_scene.both(store, office(within=build_name(("C", "CN"), ("O", "示例单位1"))))
    assert sides.backend.issue(order(1), actor=ACTOR).signing.subject == owner(1)
    with pytest.raises(IssuerRefusedError):
        sides.backend.issue(order(2), actor=ACTOR)
    with pytest.raises(IssuerRefusedError):
        sides.backend.issue(order(1, key="k", subject=owner(2)), actor=ACTOR)


def test_states_and_reasons_are_told(sides: Both) -> None:
    issued = sides.backend.issue(order(), actor=ACTOR)
    sides.backend.revoke(revocation(issued, ReasonCode.KEY_COMPROMISE, "1"), actor=ACTOR)
    with pytest.raises(IssuerRefusedError) as caught:
        sides.backend.revoke(revocation(issued, ReasonCode.REMOVE_FROM_CRL, "2"), actor=ACTOR)
    assert refused(caught) == "LifeCycleError.revoked"
    with pytest.raises(IssuerRefusedError) as caught:
        sides.backend.issue(order(2, authority="nowhere"), actor=ACTOR)
    assert refused(caught) == "NotFoundError"
    long = Validity(NOW, NOW + timedelta(days=20_000))
    with pytest.raises(IssuerRefusedError) as caught:
        sides.backend.issue(order(3, validity=long), actor=ACTOR)
    assert refused(caught) == "ProfileError"


def test_what_is_wrong_inside_is_not_told(sides: Both, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise TamperedError("changed", "row 17 of certificates")

    monkeypatch.setattr(Authority, "issue", broken)
    with pytest.raises(IssuerRefusedError) as caught:
        sides.backend.issue(order(), actor=ACTOR)
    assert refused(caught) == "internal"
    assert "row 17" not in str(caught.value)
    assert "row 17" in caplog.text


def test_no_answer_without_the_database(sides: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise StoreError("gone")

    monkeypatch.setattr(Authority, "issue", gone)
    with pytest.raises(StoreError):
        sides.backend.issue(order(), actor=ACTOR)


def test_carried_out_just_now(sides: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    issue, left = Authority.issue, [1, 1]

    def busy(self: Authority, *arguments: Any, **more: Any) -> Issued:
        if left:
            left.pop()
            raise ConflictError("in-progress", "somebody else")
        return issue(self, *arguments, **more)

    monkeypatch.setattr(Authority, "issue", busy)
    assert sides.backend.issue(order(), actor=ACTOR).signing.subject == owner(1)
    left.extend([1] * 4)
    with pytest.raises(IssuerRefusedError) as caught:
        sides.backend.issue(order(2), actor=ACTOR)
    assert refused(caught) == "ConflictError.in-progress"


# ---- messages that are refused ------------------------------------------------------------
def request(store: Store, **changes: Any) -> dict[str, Any]:
    head = {
        "kind": REQUEST_KIND,
        "to": certificate_digest(spec(SERVICE).certificate),
        "at": seconds(store.now()),
        "actor": actor_fields(ACTOR),
        "issue": order_fields(order()),
    }
    return {name: value for name, value in {**head, **changes}.items() if value is not None}


def code_of(sides: Both, message: bytes) -> str:
    """Return the code with which a message is refused, "" when it is not."""
    fields = verified_fields(read_signed(sides.service.answer(message)), spec(SERVICE).certificate)
    assert fields.text("request") == digest_text(message)
    return fields.inner("refused").text("code") if "refused" in fields else ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, ""),
        ({"kind": "gmpki order 2"}, "malformed"),
        ({"kind": None}, "malformed"),
        ({"to": "0" * 64}, "recipient"),
        ({"at": seconds(NOW) + 300}, ""),
        ({"at": seconds(NOW) + 301}, "time"),
        ({"at": seconds(NOW) - 301}, "time"),
        ({"at": 1 << 62}, "malformed"),
        ({"actor": None}, "DecodeError"),
        ({"actor": {"name": "", "certificate": ""}}, "InvalidInputError"),
        ({"issue": None}, "DecodeError"),
        ({"issue": []}, "DecodeError"),
        ({"revoke": {}}, "DecodeError"),
        ({"more": 1}, "DecodeError"),
    ],
)
def test_requests(still: Both, changes: Any, code: str) -> None:
    assert code_of(still, write_signed(request(still.made.store, **changes), spec(NAME))) == code


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"1", b"{", b'{"kind":1,"kind":1}', b"[" * 200_000, b"\xff", b'{"at":' + b"9" * 5000 + b"}"],
    ids=["empty", "list", "number", "cut", "double", "deep", "no-text", "huge"],
)
def test_contents_that_are_no_request(still: Both, content: bytes) -> None:
    assert code_of(still, sign(content, spec(NAME))) == "malformed"


def test_what_is_no_message(still: Both) -> None:
    whole = write_signed(request(still.made.store), spec(NAME))
    assert code_of(still, b"") == "malformed"
    assert code_of(still, whole[:-1]) == "malformed"
    assert code_of(still, bytes(MAX_MESSAGE_LEN + 1)) == "malformed"
    assert code_of(still, sign(b"{}", [spec(NAME), spec(OTHER)])) == "malformed"
    with pytest.raises(InvalidTypeError):
        still.service.answer("text")  # type: ignore[arg-type]


def test_strangers(still: Both) -> None:
    assert code_of(still, write_signed(request(still.made.store), spec("陌生"))) == "unknown-office"
    # Somebody who names the certificate of an office, and brings one of his own that is named so too.
    forged = remote_scene.forged(spec(NAME).certificate, spec("陌生").signer)
    assert code_of(still, sign(json.dumps(request(still.made.store)).encode(), forged)) == "signature"


def test_a_changed_message(still: Both) -> None:
    whole = write_signed(request(still.made.store), spec(NAME))
    changed = whole.replace(b"order 1", b"order 2")
    assert changed != whole
    assert code_of(still, changed) == "signature"


def test_an_office_whose_certificate_has_expired(store: Store, clock: Clock) -> None:
    sides = remote_scene.both(store)
    clock.at = spec(NAME).certificate.not_after + timedelta(seconds=1)
    assert code_of(sides, write_signed(request(store), spec(NAME))) == "unknown-office"


# ---- answers that are not believed --------------------------------------------------------
def answered(sides: Both, change: Callable[[dict[str, Any]], Any], signer: str = SERVICE) -> RemoteIssuer:
    """Return a backend that gets other answers."""

    class Bent:
        def post(self, _: str, content: bytes, **__: Any) -> bytes:
            fields = {
                "kind": ANSWER_KIND,
                "request": digest_text(content),
                "at": seconds(NOW),
                "issued": issued_fields(sides.made.authority.issue(order(1), actor=ACTOR)),
            }
            bent = change(fields)
            return bent if isinstance(bent, bytes) else write_signed(bent, spec(signer))

    return backend_of(Bent(), sides.made.store)  # type: ignore[arg-type]


def test_the_answers_that_are_bent_here_are_right_otherwise(still: Both) -> None:
    assert answered(still, dict).issue(order(1), actor=ACTOR).signing.subject == owner(1)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: b"",
        lambda fields: {**fields, "kind": REQUEST_KIND},
        lambda fields: {**fields, "request": "0" * 64},
        lambda fields: {**fields, "at": fields["at"] - 301},
        lambda fields: {**fields, "at": "now"},
        lambda fields: {**fields, "issued": None},
        lambda fields: {**fields, "more": 1},
        lambda fields: {**fields, "issued": {**fields["issued"], "more": ""}},
        lambda fields: {**fields, "issued": {**fields["issued"], "signing": "AAAA"}},
        lambda fields: {**fields, "issued": {**fields["issued"], "signing": fields["issued"]["encryption"]}},
        lambda fields: {**fields, "issued": {**fields["issued"], "encryption": fields["issued"]["signing"]}},
        lambda fields: {**fields, "issued": {**fields["issued"], "delivery": 1}},
        lambda fields: {**fields, "refused": "no"},
        lambda fields: {**fields, "refused": {"code": 1, "message": ""}},
    ],
    ids=range(14),
)
def test_answers(still: Both, change: Callable[[dict[str, Any]], Any]) -> None:
    with pytest.raises(IssuerRefusedError) as caught:
        answered(still, change).issue(order(1), actor=ACTOR)
    assert refused(caught) == "answer"


def test_an_answer_of_somebody_else(still: Both) -> None:
    with pytest.raises(IssuerRefusedError) as caught:
        answered(still, dict, OTHER).issue(order(1), actor=ACTOR)
    assert refused(caught) == "answer"


def test_certificates_for_another_key(still: Both) -> None:
    with pytest.raises(IssuerRefusedError) as caught:
        answered(still, dict).issue(order(2), actor=ACTOR)
    assert refused(caught) == "answer"


@pytest.mark.parametrize("revoked", ["another", 1, None])
def test_answers_about_revocations(still: Both, revoked: Any) -> None:
    def bent(fields: dict[str, Any]) -> dict[str, Any]:
        del fields["issued"]
        return {**fields, "revoked": revoked}

    with pytest.raises(IssuerRefusedError) as caught:
        answered(still, bent).revoke(RevocationOrder("k", "a", (1,), ReasonCode.SUPERSEDED), actor=ACTOR)
    assert refused(caught) == "answer"


def test_a_service_whose_certificate_has_expired(sides: Both, clock: Clock) -> None:
    clock.at = spec(SERVICE).certificate.not_after + timedelta(seconds=1)
    with pytest.raises(IssuerRefusedError) as caught:
        answered(sides, lambda fields: {**fields, "at": seconds(clock.at)}).issue(order(1), actor=ACTOR)
    assert refused(caught) == "answer"


def test_no_answer(sides: Both) -> None:
    sides.line.loses = ["message"] * 4
    with pytest.raises(FetchError):
        sides.backend.issue(order(), actor=ACTOR)
    assert len(sides.line.messages) == 4


def test_a_message_that_is_too_long(still: Both) -> None:
    with pytest.raises(LimitExceeded):
        still.backend.revoke(RevocationOrder("k", "a", (1 << 150,) * 30_000, ReasonCode.SUPERSEDED), actor=ACTOR)


# ---- arguments ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "make",
    [
        lambda sides: backend_of(sides.line, sides.made.store, window_s=0),
        lambda sides: backend_of(sides.line, sides.made.store, pause_s=-1),
        lambda sides: backend_of(sides.line, sides.made.store, pause_s=float("nan")),
        lambda sides: backend_of(sides.line, sides.made.store, pause_s="1"),
        lambda sides: backend_of(sides.line, sides.made.store, clock=1),
        lambda _: RemoteIssuer(1, spec(NAME), spec(SERVICE).certificate),
        lambda _: RemoteIssuer("", spec(NAME).signer, spec(SERVICE).certificate),
        lambda _: RemoteIssuer("", spec(NAME), spec(SERVICE)),
        lambda sides: sides.backend.issue(1, actor=ACTOR),
        lambda sides: sides.backend.issue(order(), actor="issuer"),
        lambda sides: sides.backend.revoke(order(), actor=ACTOR),
        lambda _: IssuerService([], spec(SERVICE), []),
        lambda sides: IssuerService([sides.made.authority] * 2, spec(SERVICE), []),
        lambda sides: IssuerService([sides.backend], spec(SERVICE), []),
        lambda sides: IssuerService([sides.made.authority], spec(SERVICE), [office(), office()]),
        lambda sides: IssuerService([sides.made.authority], spec(SERVICE), [office(), office(profiles=frozenset())]),
        lambda sides: IssuerService([sides.made.authority], spec(SERVICE), ["office"]),
        lambda sides: IssuerService([sides.made.authority], spec(SERVICE).signer, []),
        lambda sides: IssuerService([sides.made.authority], spec(SERVICE), [], window_s=0),
        lambda _: office("", certificate=spec(NAME).certificate),
        lambda _: office("x" * 41, certificate=spec(NAME).certificate),
        lambda _: office(certificate=spec(NAME)),
        lambda _: office(profiles=["personal"]),
        lambda _: office(authorities={"示例"}),
        lambda _: office(within="C=CN"),
    ],
    ids=range(25),
)
def test_arguments(still: Both, make: Callable[[Both], Any]) -> None:
    with pytest.raises(InvalidInputError):
        make(still)


def test_the_actor_s_name_is_cut(sides: Both) -> None:
    sides.backend.issue(order(), actor=Actor("x" * 128))
    with sides.made.store.reading() as connection:
        (told,) = connection.scalars(select(audit.c.actor).where(audit.c.actor.like(f"{NAME}%")).distinct())
    assert told == f"{NAME}: {'x' * 128}"[:128]


def test_a_field_of_nothing() -> None:
    with pytest.raises(DecodeError):
        Fields.of([], "test")
