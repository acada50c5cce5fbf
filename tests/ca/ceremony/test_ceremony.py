"""Ceremonies and their records; a root on a machine of its own."""

from __future__ import annotations

import pytest

from ca import authorities
from ca.conftest import Clock
from certified import NOW
from gmpki.ca.authority.authority import Authority
from gmpki.ca.ceremony.offline import certificate_in, request_out, sign_request
from gmpki.ca.ceremony.record import Ceremony, Witness, read_record, spoken_digest
from gmpki.ca.interfaces import Actor
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.store import Store
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LifeCycleError,
    LimitExceeded,
    NotFoundError,
    StateError,
    ValidationError,
)
from gmpki.protect.keys import KeyRing

ACTOR = Actor("admin")
WITNESSES = (Witness("张三", "见证人"), Witness("李四", "审计"))


def begun(store: Store) -> Ceremony:
    return Ceremony.begin(store, "根密钥", WITNESSES, actor=ACTOR, place="示例机房")


def test_a_record(store: Store, clock: Clock) -> None:
    ceremony = begun(store)
    clock.move(minutes=5)
    step = ceremony.step("密钥已在令牌中产生", {"公钥": b"key"})
    clock.move(minutes=5)
    record = ceremony.end("全体签字")
    assert (step.number, step.digests) == (1, (("公钥", digest_text(b"key")),))
    assert read_record(store, ceremony.identifier) == record
    assert (record.witnesses, record.operator, record.steps) == (WITNESSES, "admin", (step,))
    text = record.to_text()
    assert record.text_digest == digest_text(text.encode("utf-8"))
    for said in ("示例机房", "张三", "审计", "密钥已在令牌中产生", "全体签字", spoken_digest(b"key")[:39]):
        assert said in text
    verify_audit(store)


def test_it_goes_on_elsewhere_and_ends_once(store: Store) -> None:
    first = begun(store)
    first.step("一")
    again = Ceremony.resume(store, first.identifier, actor=ACTOR)
    assert again.step("二").number == 2
    again.end()
    for act in (first.end, lambda: first.step("三"), lambda: Ceremony.resume(store, first.identifier, actor=ACTOR)):
        with pytest.raises(LifeCycleError):
            act()


def test_what_is_no_ceremony(store: Store) -> None:
    def refused(kind: type[GmpkiError], title: object = "x", witnesses: object = WITNESSES) -> None:
        with pytest.raises(kind):
            Ceremony.begin(store, title, witnesses, actor=ACTOR)  # type: ignore[arg-type]

    refused(InvalidInputError, "")
    refused(InvalidInputError, "x", [])
    refused(InvalidTypeError, "x", ["张三"])
    refused(LimitExceeded, "x", [WITNESSES[0]] * 17)
    for name, role in (("", "x"), ("x", ""), ("a / b", "x"), ("x\n", "\x00")):
        with pytest.raises(InvalidInputError):
            Witness(name, role)
    for identifier in ("", "20260301-AAAAAAAA", "ceremony"):
        with pytest.raises(NotFoundError):
            read_record(store, identifier)


def test_steps_that_are_none(store: Store) -> None:
    ceremony = begun(store)
    for what, made, kind in (
        ("", None, InvalidInputError),
        ("x" * 257, None, InvalidInputError),
        ("x", {"a / b": b""}, InvalidInputError),
        ("x", {"a": "text"}, InvalidTypeError),
        ("x", {str(number): b"" for number in range(17)}, LimitExceeded),
    ):
        with pytest.raises(kind):
            ceremony.step(what, made)  # type: ignore[arg-type]
    assert read_record(store, ceremony.identifier).steps == ()


# ---- a root without a network ---------------------------------------------------------------
@pytest.fixture
def offline(clock: Clock) -> Store:
    return Store.create("sqlite://", KeyRing.generate(created=NOW), clock=clock)


def found(store: Store, offline: Store) -> tuple[Authority, Authority]:
    root = Authority.create(offline, "root", authorities.ROOT_SUBJECT, authorities.key(-1), actor=ACTOR)
    below = Authority.request_subordinate(store, "sub", authorities.SUBJECT, authorities.key(-2), actor=ACTOR)
    return root, below


def test_out_and_in(store: Store, offline: Store) -> None:
    root, below = found(store, offline)
    here, there = begun(store), begun(offline)
    data = request_out(below, ceremony=here)
    answer = sign_request(root, data, digest=spoken_digest(data).upper(), actor=ACTOR, ceremony=there)
    assert sign_request(root, data, digest=spoken_digest(data), actor=ACTOR) == answer
    said = spoken_digest(root.certificate.der)
    taken = certificate_in(below, answer, issuer_digest=said, actor=ACTOR, ceremony=here)
    assert below.certificate == taken
    assert [len(each.end().steps) for each in (here, there)] == [2, 1]
    with pytest.raises(StateError):
        request_out(below)
    offline.close()


def test_what_was_exchanged_on_the_way(store: Store, offline: Store) -> None:
    root, below = found(store, offline)
    data = request_out(below)
    with pytest.raises(ValidationError) as other:
        sign_request(root, data, digest=spoken_digest(data + b"\n"), actor=ACTOR)
    assert other.value.reason == "digest"
    for digest in ("", "abc", "x" * 64):
        with pytest.raises(InvalidInputError):
            sign_request(root, data, digest=digest, actor=ACTOR)
    answer = sign_request(root, data, digest=spoken_digest(data), actor=ACTOR)
    with pytest.raises(ValidationError) as other:
        certificate_in(below, answer, issuer_digest=spoken_digest(b"another root"), actor=ACTOR)
    assert other.value.reason == "digest"
    assert below.request is not None
    with pytest.raises(KeyMismatchError):
        certificate_in(_other(store), answer, issuer_digest=spoken_digest(b""), actor=ACTOR)
    offline.close()


def _other(store: Store) -> Authority:
    return Authority.request_subordinate(store, "other", authorities.SUBJECT, authorities.key(7), actor=ACTOR)
