"""The keys and certificates of an authority that is taken over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ca import authorities
from ca.conftest import Clock
from ca.takeover.old_authority import ACTOR, NAME, SUBJECT, OldAuthority
from certified import NOW, certify
from gmpki.asn1.rfc5280 import Validity
from gmpki.asn1.rfc5280.ext_names import BasicConstraints
from gmpki.ca.authority.authority import Authority
from gmpki.ca.authority.rows import GenerationState
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.store.audit_verify import verify_audit
from gmpki.ca.store.store import Store
from gmpki.ca.takeover.authority import AuthorityKey, take_over
from gmpki.errors import (
    ConflictError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    ValidationError,
)
from gmpki.x509.issuing import self_signed
from gmpki.x509.names import build_name


def test_a_root_is_taken_over(store: Store) -> None:
    old = OldAuthority()
    authority = old.taken_over(store, last_crl_number=7, title="旧机构")
    assert authority.certificate == old.certificate
    assert (authority.title, authority.request) == ("旧机构", None)
    verify_audit(store)
    Authority.open(store, NAME, old.signer)


def test_a_root_that_was_taken_over_rolls_over(store: Store) -> None:
    authority = OldAuthority().taken_over(store)
    authority.roll_over(authorities.key(5), actor=ACTOR)
    states = [generation.state for generation in authority.generations]
    assert states == [GenerationState.RETIRED, GenerationState.ACTIVE]


def test_earlier_keys_come_along(store: Store) -> None:
    old = OldAuthority()
    key = authorities.key(5)
    validity = Validity(NOW - timedelta(days=10), NOW + timedelta(days=3000))
    newer = self_signed(SUBJECT, key, "root-ca", at=NOW - timedelta(days=10), validity=validity)
    authority = take_over(store, NAME, [AuthorityKey(newer, key), AuthorityKey(old.certificate)], actor=ACTOR)
    assert [each.state for each in authority.generations] == [GenerationState.RETIRED, GenerationState.ACTIVE]
    assert authority.certificate == newer
    assert len(authority.list_issuers()) == 1


def test_a_subordinate_asks_for_its_next_key(store: Store) -> None:
    root, key = OldAuthority(), authorities.key(5)
    name = build_name(("C", "CN"), ("O", "示例旧CA"), ("CN", "示例二级"))
    validity = Validity(NOW - timedelta(days=1), NOW + timedelta(days=2000))
    certificate = root.issuer.issue((name, key.public_key), "subordinate-ca", at=NOW, validity=validity)
    given = AuthorityKey(certificate, key)
    with pytest.raises(ValidationError) as missing:
        take_over(store, "sub", given, actor=ACTOR)
    assert missing.value.reason == "issuer"
    authority = take_over(store, "sub", given, actor=ACTOR, issuers=[root.certificate])
    request = authority.request_generation(authorities.key(6), actor=ACTOR)
    assert request.subject == name
    with pytest.raises(GmpkiError):
        authority.roll_over(authorities.key(7), actor=ACTOR)


def test_a_name_is_taken_once(store: Store) -> None:
    old = OldAuthority()
    old.taken_over(store)
    with pytest.raises(ConflictError) as taken:
        old.taken_over(store)
    assert taken.value.reason == "duplicate"


def test_what_is_not_taken_over(store: Store) -> None:
    old = OldAuthority()
    other = authorities.key(5)
    good = AuthorityKey(old.certificate, old.signer)

    def refused(kind: type[GmpkiError], keys: object, **more: object) -> GmpkiError:
        with pytest.raises(kind) as error:
            take_over(store, NAME, keys, **{"actor": ACTOR, **more})  # type: ignore[arg-type]
        return error.value

    refused(InvalidInputError, [])
    refused(InvalidInputError, [AuthorityKey(old.certificate)])
    refused(KeyMismatchError, [AuthorityKey(old.certificate, other)])
    refused(KeyMismatchError, [good, good])
    refused(LimitExceeded, [good] * 65)
    refused(InvalidTypeError, [old.certificate])
    refused(InvalidTypeError, [good], actor="admin")
    refused(InvalidInputError, [good], last_crl_number=-1)
    parts = AuthoritySettings(crl_uris=("http://crl.example.cn/{generation}/{part}.crl",), crl_parts=2)
    refused(InvalidInputError, [good], settings=parts)
    refused(InvalidInputError, [good], settings=AuthoritySettings(is_production=True))


def test_two_names_are_two_authorities(store: Store) -> None:
    old, key = OldAuthority(), authorities.key(5)
    name = build_name(("C", "CN"), ("O", "别的"), ("CN", "别的机构"))
    other = self_signed(name, key, "root-ca", at=NOW)
    with pytest.raises(ValidationError) as two:
        take_over(store, NAME, [AuthorityKey(old.certificate), AuthorityKey(other, key)], actor=ACTOR)
    assert two.value.reason == "subject"


def test_a_holder_is_no_authority(store: Store) -> None:
    key = authorities.key(5)
    certificate = certify(SUBJECT, key.public_key, SUBJECT, key)
    with pytest.raises(ValidationError) as no:
        take_over(store, NAME, AuthorityKey(certificate, key), actor=ACTOR)
    assert no.value.reason == "not-a-ca"


def test_a_forged_certificate(store: Store) -> None:
    key = authorities.key(5)
    forged = certify(SUBJECT, key.public_key, SUBJECT, authorities.key(6), BasicConstraints(ca=True))
    with pytest.raises(InvalidSignature):
        take_over(store, NAME, AuthorityKey(forged, key), actor=ACTOR)


def test_an_authority_that_has_ended(store: Store, clock: Clock) -> None:
    old = OldAuthority()
    clock.move(days=4000)
    with pytest.raises(ValidationError) as ended:
        old.taken_over(store)
    assert ended.value.reason == "expired"
