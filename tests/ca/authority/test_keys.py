"""How an authority comes by its keys, and by the next ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from ca.authorities import (
    ACTOR,
    CA_KEY,
    NAME,
    ROOT,
    ROOT_KEY,
    ROOT_SUBJECT,
    SETTINGS,
    SUBJECT,
    Authorities,
    found,
    key,
    order,
    revocation,
    serials,
)
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.authority import ceremony
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.rows import GenerationState
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.authority.signer import AuthoritySigner
from gmpki.ca.interfaces import IssuerBackend, Order
from gmpki.ca.store.schema import authorities, certificates, due_publications, generations
from gmpki.ca.store.store import Store
from gmpki.errors import (
    ConflictError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    NotFoundError,
    StateError,
    TamperedError,
    ValidationError,
)
from gmpki.tokens.interfaces import DeviceInfo
from gmpki.x509.certificate import Certificate
from gmpki.x509.issuing import Issuer
from gmpki.x509.lint import Severity, lint_certificate
from gmpki.x509.names import build_name
from gmpki.x509.path import validate_path


@pytest.fixture
def made(store: Store) -> Authorities:
    return found(store)


@pytest.fixture
def root(store: Store) -> Authority:
    return Authority.create(store, ROOT, ROOT_SUBJECT, key(ROOT_KEY), actor=ACTOR)


# ---- the first key ------------------------------------------------------------------------
def test_root(root: Authority) -> None:
    assert isinstance(root, IssuerBackend)
    assert root.completes_within
    assert root.title == ROOT
    certificate = root.certificate
    assert (certificate.subject, certificate.issuer) == (ROOT_SUBJECT, ROOT_SUBJECT)
    certificate.verify_signature(certificate)
    with root.store.reading() as connection:
        row = connection.execute(select(certificates)).one()
    assert (row.state, row.role, row.content) == ("valid", "only", certificate.der)


def test_subordinate_in_the_same_database(made: Authorities) -> None:
    assert made.authority.certificate.issuer == ROOT_SUBJECT
    with made.store.reading() as connection:
        row = connection.execute(select(authorities).where(authorities.c.name == NAME)).one()
    assert row.parent_id == made.root.id
    assert made.authority.request is None
    assert [issuer.generation for issuer in made.authority.list_issuers()] == [1]


def test_root_without_a_network(root: Authority, ring: Any, clock: Any) -> None:
    """The request goes out of one database and the certificate into it; the root lives in another."""
    with Store.create("sqlite://", ring, clock=clock) as elsewhere:
        authority = Authority.request_subordinate(elsewhere, NAME, SUBJECT, key(CA_KEY), actor=ACTOR)
        with pytest.raises(StateError):
            _ = authority.certificate
        with pytest.raises(StateError):
            authority.issue(order(1), actor=ACTOR)
        request = authority.request
        assert request is not None
        issued = root.issue(Order("1", ROOT, "subordinate-ca", request), actor=ACTOR)
        authority.activate(issued.signing, issuer=root.certificate, actor=ACTOR)
        authority.activate(issued.signing, issuer=root.certificate, actor=ACTOR)
        assert authority.certificate == issued.signing
        assert Authority.open(elsewhere, NAME, key(CA_KEY)).certificate == issued.signing
        again = root.issue(Order("2", ROOT, "subordinate-ca", request), actor=ACTOR)
        with pytest.raises(ConflictError):
            authority.activate(again.signing, issuer=root.certificate, actor=ACTOR)


def test_what_is_not_taken_back(root: Authority, clock: Any) -> None:
    authority = Authority.request_subordinate(root.store, NAME, SUBJECT, key(CA_KEY), actor=ACTOR)
    request = authority.request
    assert request is not None
    issuer = Issuer(root.certificate, key(ROOT_KEY))

    def refused(certificate: Certificate, error: type[Exception], by: Certificate = root.certificate) -> Any:
        with pytest.raises(error) as caught:
            authority.activate(certificate, issuer=by, actor=ACTOR)
        return caught.value

    good = issuer.issue(request, "subordinate-ca", at=clock())
    stranger = issuer.issue((SUBJECT, key(1).public_key), "subordinate-ca", at=clock())
    refused(stranger, KeyMismatchError)
    renamed = issuer.issue(
        request, "subordinate-ca", subject=build_name(("C", "CN"), ("O", "示例CA"), ("CN", "其他")), at=clock()
    )
    assert refused(renamed, ValidationError).reason == "subject"
    assert refused(good, ValidationError, by=good).reason == "issuer"
    forged = bytearray(good.der)
    forged[-1] ^= 1
    refused(Certificate.from_der(bytes(forged)), InvalidSignature)
    no_authority = issuer.issue(request, "ocsp-responder", at=clock())
    assert refused(no_authority, ValidationError).reason == "not-a-ca"
    clock.move(days=40_000)
    assert refused(good, ValidationError).reason == "expired"
    assert authority.request == request


def test_interrupted_before_the_first_certificate(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root whose certificate was meant and never signed is made by the same call again, also with another key."""

    def fails(*_: object) -> None:
        raise StateError("no signature")

    with monkeypatch.context() as patch:
        patch.setattr(ceremony, "_signed_by", fails)
        with pytest.raises(StateError):
            Authority.create(store, ROOT, ROOT_SUBJECT, key(1), actor=ACTOR)
    with pytest.raises(ConflictError):
        Authority.create(store, ROOT, ROOT_SUBJECT, key(ROOT_KEY), title="其他", actor=ACTOR)
    root = Authority.create(store, ROOT, ROOT_SUBJECT, key(ROOT_KEY), actor=ACTOR)
    assert root.certificate.public_key == key(ROOT_KEY).public_key
    with store.reading() as connection:
        states = connection.execute(select(certificates.c.state).order_by(certificates.c.id)).scalars().all()
    assert states == ["cancelled", "valid"]


def test_interrupted_between_parent_and_child(root: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise StateError("not now")

    def make() -> Authority:
        return Authority.create_subordinate(root.store, NAME, SUBJECT, key(CA_KEY), parent=root, actor=ACTOR)

    with monkeypatch.context() as patch:
        patch.setattr(ceremony, "activate", fails)
        with pytest.raises(StateError):
            make()
    assert make().certificate.public_key == key(CA_KEY).public_key


@pytest.mark.parametrize(("name", "title"), [("", ""), ("a" * 65, ""), ("a\n", ""), ("a", "t" * 256)])
def test_names(store: Store, name: str, title: str) -> None:
    with pytest.raises(InvalidInputError):
        Authority.create(store, name, ROOT_SUBJECT, key(1), title=title, actor=ACTOR)


def test_name_is_taken(root: Authority) -> None:
    with pytest.raises(ConflictError) as caught:
        Authority.create(root.store, ROOT, ROOT_SUBJECT, key(1), actor=ACTOR)
    assert caught.value.reason == "duplicate"


@pytest.mark.parametrize(
    "wrong", [{"store": 1}, {"name": 1}, {"subject": "CN=x"}, {"signer": b""}, {"actor": "me"}], ids=str
)
def test_types(store: Store, wrong: dict[str, Any]) -> None:
    given = {"store": store, "name": ROOT, "subject": ROOT_SUBJECT, "signer": key(1), "actor": ACTOR} | wrong
    with pytest.raises(InvalidTypeError):
        Authority.create(**given)


# ---- opening ------------------------------------------------------------------------------
def test_open_unknown(store: Store) -> None:
    with pytest.raises(NotFoundError):
        Authority.open(store, "nobody")


def test_open_with_a_key_of_somebody_else(root: Authority) -> None:
    with pytest.raises(KeyMismatchError):
        Authority.open(root.store, ROOT, [key(ROOT_KEY), key(1)])


@pytest.mark.parametrize(
    ("table", "change"),
    [
        (authorities, {"settings": "{}"}),
        (authorities, {"state": "closed"}),
        (authorities, {"title": "其他"}),
        (generations, {"certificate": b"0"}),
        (generations, {"state": "retired"}),
        (generations, {"state": "lost"}),
        (generations, {"tag": b""}),
        (authorities, {"tag": b"0"}),
        (generations, {"public_key_id": "0" * 64}),
        (generations, {"not_after": 1}),
        (generations, {"signer": "elsewhere"}),
    ],
    ids=lambda value: value.name if hasattr(value, "name") else str(value),
)
def test_changed_rows(root: Authority, table: Any, change: dict[str, Any]) -> None:
    with root.store.transaction() as tx:
        tx.connection.execute(update(table).values(change))
    with pytest.raises(TamperedError):
        Authority.open(root.store, ROOT, key(ROOT_KEY))
    with pytest.raises(TamperedError):
        _ = root.certificate


# ---- the next key -------------------------------------------------------------------------
def test_roll_over(made: Authorities) -> None:
    root, old = made.root, made.root.certificate
    root.roll_over(key(5), actor=ACTOR)
    new = root.certificate
    first, second = root.generations
    assert (first.state, second.state) == (GenerationState.RETIRED, GenerationState.ACTIVE)
    assert new.public_key == key(5).public_key
    old_with_new, new_with_old = (
        Certificate.from_der(der or b"") for der in (second.old_with_new, second.new_with_old)
    )
    old_with_new.verify_signature(new)
    new_with_old.verify_signature(old)
    assert (old_with_new.public_key, new_with_old.public_key) == (old.public_key, new.public_key)
    assert (old_with_new.not_before, old_with_new.not_after) == (old.not_before, old.not_after)
    assert (new_with_old.not_before, new_with_old.not_after) == (new.not_before, old.not_after)
    for link in (old_with_new, new_with_old):
        assert not [each for each in lint_certificate(link) if each.severity is Severity.ERROR]
    # Who trusts the new root alone accepts what the old key signed, and the other way round.
    now = made.store.now()
    validate_path(made.authority.certificate, intermediates=[old_with_new], anchors=[new], at=now)
    below = root.issue(Order("x", ROOT, "subordinate-ca", order(3).request), actor=ACTOR).signing
    validate_path(below, intermediates=[new_with_old], anchors=[old], at=now)
    assert [issuer.generation for issuer in root.list_issuers()] == [1, 2]


def test_roll_over_twice(root: Authority) -> None:
    root.roll_over(key(5), actor=ACTOR)
    root.roll_over(key(6), actor=ACTOR)
    assert [generation.number for generation in root.generations] == [1, 2, 3]
    assert root.certificate.public_key == key(6).public_key
    reopened = Authority.open(root.store, ROOT, [key(6), key(ROOT_KEY)])
    assert [issuer.generation for issuer in reopened.list_issuers()] == [1, 3]


def test_roll_over_to_a_key_of_before(root: Authority) -> None:
    root.roll_over(key(5), actor=ACTOR)
    for number in (5, ROOT_KEY):
        with pytest.raises(KeyMismatchError):
            root.roll_over(key(number), actor=ACTOR)


def test_only_roots_roll_over_alone(made: Authorities) -> None:
    with pytest.raises(StateError):
        made.authority.roll_over(key(5), actor=ACTOR)


def test_interrupted_roll_over(root: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise StateError("no signature")

    with monkeypatch.context() as patch:
        patch.setattr(Issuer, "sign", fails)
        with pytest.raises(StateError):
            root.roll_over(key(5), actor=ACTOR)
    assert root.certificate.public_key == key(ROOT_KEY).public_key
    root.roll_over(key(6), actor=ACTOR)
    assert [generation.state.value for generation in root.generations] == ["retired", "active"]


def test_next_key_of_a_subordinate(made: Authorities) -> None:
    authority = made.authority
    before = authority.issue(order(1), actor=ACTOR)
    request = authority.request_generation(key(5), actor=ACTOR)
    assert authority.request_generation(key(5), actor=ACTOR) == request
    # The key of now signs until the certificate is there.
    authority.issue(order(2), actor=ACTOR)
    replaced = authority.request_generation(key(6), actor=ACTOR)
    assert replaced != request
    authority.renew_generation(key(6), parent=made.root, actor=ACTOR)
    after = authority.issue(order(3), actor=ACTOR)
    after.signing.verify_signature(authority.certificate)
    assert authority.certificate.public_key == key(6).public_key
    assert b"http://crl.example.cn/2/" in after.signing.der
    # Certificates of the old key are revoked as before, and its lists go on.
    authority.revoke(revocation(before, ReasonCode.SUPERSEDED), actor=ACTOR)
    assert [issuer.generation for issuer in authority.list_issuers()] == [1, 2]
    with pytest.raises(KeyMismatchError):
        authority.request_generation(key(CA_KEY), actor=ACTOR)


def test_lists_end_with_the_key(made: Authorities, clock: Any) -> None:
    clock.move(days=40_000)
    assert made.root.list_issuers() == ()


def test_authority_certificates_are_published(made: Authorities) -> None:
    with made.store.reading() as connection:
        kinds = connection.execute(select(due_publications.c.kind)).scalars().all()
    assert kinds == ["authority"]


# ---- keys in hardware ---------------------------------------------------------------------
def device(name: str, *, is_software: bool) -> DeviceInfo:
    facts: dict[str, Any] = dict.fromkeys(DeviceInfo.__slots__)
    return DeviceInfo(**facts | {"name": name, "is_software": is_software})


PRODUCTION = replace(SETTINGS, is_production=True)


@pytest.mark.parametrize("held", [None, device("soft", is_software=True)], ids=["file", "soft"])
def test_production_wants_hardware(root: Authority, held: DeviceInfo | None) -> None:
    signer = AuthoritySigner(key(5), held)
    with pytest.raises(InvalidInputError):
        Authority.create(root.store, "other", ROOT_SUBJECT, signer, settings=PRODUCTION, actor=ACTOR)
    with pytest.raises(NotFoundError):
        Authority.open(root.store, "other")
    root.change_settings(replace(PRODUCTION, software_signers=("software-key",)), actor=ACTOR)
    with pytest.raises(InvalidInputError):
        root.change_settings(PRODUCTION, actor=ACTOR)
    if held is not None:
        with pytest.raises(InvalidInputError):
            root.roll_over(signer, actor=ACTOR)


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        (PRODUCTION, device("UKey", is_software=False)),
        (replace(PRODUCTION, software_signers=("soft",)), device("soft", is_software=True)),
        (replace(PRODUCTION, software_signers=("software-key",)), None),
        (SETTINGS, device("soft", is_software=True)),
    ],
    ids=["hardware", "named", "named file", "no production"],
)
def test_what_production_takes(store: Store, settings: AuthoritySettings, held: DeviceInfo | None) -> None:
    signer = AuthoritySigner(key(5), held, "token:1")
    made = Authority.create(store, "other", ROOT_SUBJECT, signer, settings=settings, actor=ACTOR)
    assert made.generations[0].signer == "token:1"


def test_serials_are_unique_to_an_authority(made: Authorities) -> None:
    issued = made.authority.issue(order(1), actor=ACTOR)
    with pytest.raises(NotFoundError):
        made.root.revoke(replace(revocation(issued, ReasonCode.SUPERSEDED), authority=ROOT), actor=ACTOR)
    assert len(set(serials(issued))) == 2
