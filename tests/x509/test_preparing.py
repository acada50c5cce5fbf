"""The three steps of issuing, addresses of divided lists, certificates that join two keys of a root."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from certified import NOW
from gmpki.errors import (
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    KeyMismatchError,
    ProfileError,
    StateError,
    ValidationError,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.issuing import Issuer, prepare_self_signed, self_signed
from gmpki.x509.names import build_name
from gmpki.x509.prelint import lint_check
from gmpki.x509.preparing import Accepted, Addresses, Asked
from gmpki.x509.profile import Role
from gmpki.x509.request import CertificateRequest, RequestBuilder
from gmpki.x509.signatures import SignaturePolicy

ROOT_KEY, NEXT_KEY, OWNER_KEY, OTHER_KEY = (SM2PrivateKey.generate() for _ in range(4))
NAME = build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例根"))
OWNER = build_name(("C", "CN"), ("O", "示例单位"), ("CN", "示例单位"))
ROOT = self_signed(NAME, ROOT_KEY, "root-ca", at=NOW)
NEXT = self_signed(NAME, NEXT_KEY, "root-ca", at=NOW + timedelta(days=3000))
ISSUER = Issuer(ROOT, ROOT_KEY, check=lint_check())
REQUEST = (OWNER, OWNER_KEY.public_key)


# ---- steps --------------------------------------------------------------------------------
def test_steps_give_what_one_call_gives() -> None:
    accepted = ISSUER.accept(REQUEST, "organisation", at=NOW)
    prepared = ISSUER.prepare(accepted, encryption_key=OTHER_KEY.public_key, serial_numbers=(5, 6))
    assert [(each.role, each.serial_number) for each in prepared] == [(Role.SIGNING, 5), (Role.ENCRYPTION, 6)]
    at_once = ISSUER.issue_pair(
        REQUEST, OTHER_KEY, "organisation", signing_serial_number=5, encryption_serial_number=6, at=NOW
    ).pair
    signed = [ISSUER.sign(each) for each in prepared]
    for certificate, same, each in zip(signed, (at_once.signing, at_once.encryption), prepared, strict=True):
        assert each.der in certificate.der
        assert each.der in same.der
        assert (each.validity.not_before, each.validity.not_after) == (certificate.not_before, certificate.not_after)
    assert accepted.subject == OWNER
    assert accepted.validity == prepared[0].validity
    assert accepted.public_key == OWNER_KEY.public_key


def test_single() -> None:
    (prepared,) = ISSUER.prepare(ISSUER.accept(REQUEST, "time-stamp", at=NOW))
    assert prepared.role is Role.ONLY
    assert ISSUER.sign(prepared).serial_number == prepared.serial_number


@pytest.mark.parametrize(
    ("profile", "given", "error"),
    [
        ("organisation", {}, InvalidInputError),
        ("time-stamp", {"encryption_key": OTHER_KEY.public_key}, InvalidInputError),
        ("organisation", {"encryption_key": OWNER_KEY.public_key}, KeyMismatchError),
        ("organisation", {"encryption_key": ROOT_KEY.public_key}, KeyMismatchError),
        ("organisation", {"encryption_key": b"key"}, InvalidTypeError),
        ("time-stamp", {"serial_numbers": ()}, InvalidInputError),
        ("time-stamp", {"serial_numbers": (1, 2)}, InvalidInputError),
        ("time-stamp", {"serial_numbers": (0,)}, InvalidInputError),
        ("time-stamp", {"serial_numbers": ("1",)}, InvalidTypeError),
        ("time-stamp", {"serial_numbers": 7}, InvalidTypeError),
        ("organisation", {"encryption_key": OTHER_KEY.public_key, "serial_numbers": (7, 7)}, InvalidInputError),
    ],
    ids=range(11),
)
def test_prepare_refuses(profile: str, given: dict[str, Any], error: type[Exception]) -> None:
    accepted = ISSUER.accept(REQUEST, profile, at=NOW)
    with pytest.raises(error):
        ISSUER.prepare(accepted, **given)


def test_types() -> None:
    for step in (ISSUER.prepare, ISSUER.sign, ISSUER.prepare_link):
        with pytest.raises(InvalidTypeError):
            step(b"")  # type: ignore[operator]


def test_accept_refuses_first() -> None:
    with pytest.raises(ProfileError):
        ISSUER.accept((NAME, OWNER_KEY.public_key), "organisation", at=NOW)


def test_check_sees_what_will_be_signed() -> None:
    seen: list[bytes] = []
    issuer = Issuer(ROOT, ROOT_KEY, check=seen.append)
    prepared = issuer.prepare(issuer.accept(REQUEST, "organisation", at=NOW), encryption_key=OTHER_KEY.public_key)
    assert seen == [each.der for each in prepared]
    assert seen.pop() != issuer.prepare_link(NEXT).der
    assert len(seen) == 2


def test_root() -> None:
    prepared = prepare_self_signed(NAME, ROOT_KEY, serial_number=7, at=NOW)
    assert prepared.der in self_signed(NAME, ROOT_KEY, serial_number=7, at=NOW).der


# ---- many at once ---------------------------------------------------------------------------
def _request(number: int) -> CertificateRequest:
    name = build_name(("C", "CN"), ("O", f"示例单位{number}"), ("CN", f"示例单位{number}"))
    return RequestBuilder().subject(name).sign(SM2PrivateKey.from_bytes((number + 7).to_bytes(32, "big")))


def _many() -> list[Asked]:
    """Return what is accepted, and in between what is refused for one reason or another."""
    requests = [_request(number) for number in range(12)]
    broken = bytearray(requests[5].der)
    broken[-1] ^= 1
    given: list[Any] = [(each, "organisation") for each in requests]
    given[5] = (CertificateRequest.from_der(bytes(broken)), "organisation")
    given[6] = (RequestBuilder().subject(OWNER).sign(SM2PrivateKey.generate(), user_id=b"other"), "organisation")
    given[7] = (REQUEST, "organisation")
    given[8] = (requests[8], "no such profile")
    given[9] = (RequestBuilder().subject(OWNER).sign(ROOT_KEY), "organisation")
    given[10] = (requests[10], "organisation", NAME)
    given[11] = (b"request", "organisation")
    return [Asked(*each) for each in given]


def test_many_are_accepted_as_each_is() -> None:
    asked = _many()
    results = ISSUER.accept_many(iter(asked), at=NOW)
    for each, result in zip(asked, results, strict=True):
        if isinstance(result, Accepted):
            alone = ISSUER.accept(each.request, each.profile, subject=each.subject, at=NOW)
            assert (result.profile, result.public_key) == (alone.profile, alone.public_key)
            assert (result.subject, result.validity) == (alone.subject, alone.validity)
        else:
            with pytest.raises(type(result)) as caught:
                ISSUER.accept(each.request, each.profile, subject=each.subject, at=NOW)
            assert str(caught.value) == str(result)
    kinds = [type(result) for result in results[5:]]
    assert kinds[:3] == [InvalidSignature, InvalidSignature, Accepted]
    assert not any(issubclass(kind, Accepted) for kind in kinds[3:])
    assert all(isinstance(result, Accepted) for result in results[:5])
    assert ISSUER.accept_many([]) == []
    with pytest.raises(InvalidTypeError):
        ISSUER.accept_many([asked[0].request])  # type: ignore[list-item]


class _Elsewhere:
    """A signer that is no key in memory; it fails at one message."""

    public_key = ROOT_KEY.public_key
    signature_algorithm = ROOT_KEY.signature_algorithm

    def __init__(self, fails_at: int) -> None:
        self.left = fails_at

    def sign(self, message: Any, *, user_id: Any = None) -> bytes:
        self.left -= 1
        if self.left == -1:
            raise StateError("the token is gone")
        return ROOT_KEY.sign(message, user_id=user_id)

    def sign_digest(self, digest: Any) -> bytes:
        return ROOT_KEY.sign_digest(digest)


@pytest.mark.parametrize("user_id", [None, b"ALICE"])
def test_many_are_signed_as_each_is(user_id: bytes | None) -> None:
    elsewhere = _Elsewhere(5)
    for signer in (ROOT_KEY, elsewhere):
        issuer = Issuer(ROOT, signer, user_id=user_id)
        accepted = [issuer.accept((owner, OWNER_KEY.public_key), "organisation", at=NOW) for owner in [OWNER] * 5]
        prepared = [issuer.prepare(each, encryption_key=OTHER_KEY.public_key) for each in accepted]
        prepared.append(issuer.prepare(issuer.accept(REQUEST, "time-stamp", at=NOW)))
        results = issuer.sign_many(iter(prepared))
        for place, (group, result) in enumerate(zip(prepared, results, strict=True)):
            if signer is elsewhere and place == 2:
                assert isinstance(result, StateError)
                continue
            assert isinstance(result, tuple)
            assert [each.tbs_der for each in result] == [each.der for each in group]
            assert [each.public_key for each in result] == [each.public_key for each in group]
            for each in result:
                each.verify_signature(ROOT, policy=SignaturePolicy((user_id,)))
        assert issuer.sign_many([]) == []
        assert issuer.sign_many([()]) == [()]
        with pytest.raises(InvalidTypeError):
            issuer.sign_many([prepared[0][0]])  # type: ignore[list-item]


# ---- divided lists ------------------------------------------------------------------------
def test_each_part_has_its_address() -> None:
    addresses = Addresses(crl=("http://a.cn/{part}.crl", "http://b.cn/{part}.crl"), crl_parts=3)
    assert [addresses.part_of(serial) for serial in range(5)] == [1, 2, 3, 1, 2]
    assert addresses.crl_of(2) == ("http://a.cn/2.crl", "http://b.cn/2.crl")
    issuer = Issuer(ROOT, ROOT_KEY, addresses=addresses)
    pair = issuer.issue_pair(
        REQUEST, OTHER_KEY, "organisation", signing_serial_number=4, encryption_serial_number=8, at=NOW
    ).pair
    assert b"http://a.cn/2.crl" in pair.signing.der
    assert b"http://b.cn/3.crl" in pair.encryption.der


def test_one_list() -> None:
    addresses = Addresses(crl=("http://a.cn/ca.crl",))
    assert addresses.part_of(7) == 0
    assert addresses.crl_of(0) == ("http://a.cn/ca.crl",)


@pytest.mark.parametrize(
    ("uris", "parts", "error"),
    [
        (("http://a.cn/ca.crl",), 2, InvalidInputError),
        (("http://a.cn/{part}.crl", "http://a.cn/ca.crl"), 2, InvalidInputError),
        (("http://a.cn/{part}.crl",), 0, InvalidInputError),
        (("http://a.cn/{part}.crl",), -1, InvalidInputError),
        (("http://a.cn/{part}.crl",), 10_001, InvalidInputError),
        (("http://a.cn/{part}.crl",), "2", InvalidTypeError),
    ],
)
def test_parts_refused(uris: tuple[str, ...], parts: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        Addresses(crl=uris, crl_parts=parts)


@pytest.mark.parametrize("part", [0, 4, -1])
def test_no_such_part(part: int) -> None:
    with pytest.raises(InvalidInputError):
        Addresses(crl=("http://a.cn/{part}.crl",), crl_parts=3).crl_of(part)


# ---- links --------------------------------------------------------------------------------
def test_links() -> None:
    new_issuer = Issuer(NEXT, NEXT_KEY, check=lint_check())
    old_with_new = new_issuer.sign(new_issuer.prepare_link(ROOT))
    new_with_old = ISSUER.sign(ISSUER.prepare_link(NEXT, serial_number=9))
    assert new_with_old.serial_number == 9
    assert (old_with_new.public_key, new_with_old.public_key) == (ROOT.public_key, NEXT.public_key)
    assert old_with_new.verify_signature(NEXT) == new_with_old.verify_signature(ROOT) == ()
    for link, of, by in ((old_with_new, ROOT, NEXT), (new_with_old, NEXT, ROOT)):
        identifier = link.authority_key_identifier
        assert identifier is not None
        assert identifier.key_identifier == by.subject_key_identifier
        assert link.subject_key_identifier == of.subject_key_identifier
        assert link.key_usage == of.key_usage
        assert link.is_ca
    assert (new_with_old.not_before, new_with_old.not_after) == (NEXT.not_before, ROOT.not_after)


def test_no_link() -> None:
    stranger = self_signed(build_name(("C", "CN"), ("O", "其他CA"), ("CN", "其他根")), OTHER_KEY, at=NOW)
    leaf = ISSUER.issue(REQUEST, "time-stamp", at=NOW)
    late = self_signed(NAME, OTHER_KEY, at=NOW + timedelta(days=40_000))
    with pytest.raises(InvalidInputError):
        ISSUER.prepare_link(stranger)
    with pytest.raises(ValidationError) as caught:
        ISSUER.prepare_link(leaf)
    assert caught.value.reason == "not-a-ca"
    with pytest.raises(KeyMismatchError):
        ISSUER.prepare_link(ROOT)
    with pytest.raises(InvalidInputError):
        ISSUER.prepare_link(late)
