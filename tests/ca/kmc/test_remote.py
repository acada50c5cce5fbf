"""A centre elsewhere: signed requests in, signed answers out, and whatever can be wrong with either."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from ca.conftest import Clock
from ca.kmc.kmc_scene import AUTHORITY, OPENER, OTHER, OWNER, party, several, wanted
from certified import DAY, NOW
from gmpki import oids
from gmpki.asn1.gmt0014 import (
    ApplyKeyReq,
    ApplyKeyRespond,
    CARequest,
    ErrorPkgRespond,
    KMRespond,
    KSRequest,
    KSRespond,
    RevokeKeyReq,
    RevokeKeyRespond,
)
from gmpki.asn1.rfc5280 import AlgorithmIdentifier, SubjectPublicKeyInfo
from gmpki.ca.interfaces import KeyCentre
from gmpki.ca.kmc.answering import KeyManagementService
from gmpki.ca.kmc.centre import KeyManagementCentre
from gmpki.ca.kmc.messages import ErrorNumber, Party, is_fresh, kind_of, sign_request, sign_respond
from gmpki.ca.kmc.remote import RemoteKeyCentre
from gmpki.ca.kmc.signed_keys import open_signed_key
from gmpki.ca.store.schema import kmc_recoveries
from gmpki.ca.store.store import Store
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    FetchError,
    InvalidInputError,
    InvalidTypeError,
    IssuerRefusedError,
    KeyMismatchError,
    NotFoundError,
    UnsupportedAlgorithm,
)
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.delivery import read_delivery

CA = party("示例CA")
KMC = party("示例KMC", serial_number=2)
STRANGER = party("陌生CA")
URL = "http://kmc.example.test/"
SM4_CBC = AlgorithmIdentifier(oids.SM4_CBC)


class Scene:
    """An authority, a centre, and the wire between them, where anything can happen."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.clock = clock
        self.centre = KeyManagementCentre.create(store, OPENER.public_key)
        self.service = KeyManagementService(self.centre, KMC, {AUTHORITY: CA.certificate})
        self.sent: list[bytes] = []
        self.change: Callable[[bytes], bytes] = bytes

    def post(self, url: str, content: bytes, **_: object) -> bytes:
        assert url == URL
        self.sent.append(content)
        return self.change(self.service.answer(content))

    def remote(self, **more: Any) -> RemoteKeyCentre:
        fields: dict[str, Any] = {"party": CA, "centre": KMC.certificate, "sender": self, "clock": self.clock} | more
        return RemoteKeyCentre(URL, AUTHORITY, **fields)

    def answers(self, message: bytes) -> KSRespond:
        return KMRespond.from_der(self.service.answer(message)).respond()

    def refuses(self, message: bytes) -> int:
        """Return the number of the error that a whole message is refused with."""
        (respond,) = self.answers(message).responds
        assert isinstance(respond, ErrorPkgRespond)
        return respond.number


@pytest.fixture
def scene(store: Store, clock: Clock) -> Scene:
    return Scene(store, clock)


def request(*requests: Any, of: Party = CA, **more: Any) -> KSRequest:
    fields = {"requested_at": NOW, "task": secrets.randbits(64)} | more
    return KSRequest(of.name, requests or (RevokeKeyReq(7),), **fields)


# ---- what works ---------------------------------------------------------------------------
def test_is_a_key_centre(scene: Scene) -> None:
    assert isinstance(scene.remote(), KeyCentre)


def test_given_for_a_token(scene: Scene) -> None:
    given = scene.remote().allot(several(3))
    for each in given:
        assert KeyEnvelope.from_der(each.delivery).open(OWNER).public_key == each.public_key
        assert read_delivery(each.delivery).envelope.public_key == each.public_key
    assert [each.public_key for each in scene.centre.allot(several(3))] == [each.public_key for each in given]
    assert len(scene.sent) == 1


@pytest.mark.once
def test_many_in_several_messages(scene: Scene) -> None:
    given = scene.remote().allot(several(201))
    assert len({each.public_key.to_der() for each in given}) == 201
    assert len(scene.sent) == 2
    assert scene.remote().allot([]) == []


@pytest.mark.parametrize("kind", ["SM2", "RSA-2048"])
def test_given_as_a_signed_envelope(scene: Scene, kind: str) -> None:
    (given,) = scene.remote(symmetric=SM4_CBC).allot([wanted(kind=kind)])
    key = open_signed_key(given.delivery, given.public_key, OWNER, KMC.certificate)
    assert key.public_key.to_der() == given.public_key.to_der()


def test_recovered(scene: Scene) -> None:
    (given,) = scene.remote().allot([wanted()])
    recovered = scene.remote().recover(AUTHORITY, 1, OTHER.public_key)
    assert KeyEnvelope.from_der(recovered.delivery).open(OTHER).public_key == given.public_key


def test_retired(scene: Scene) -> None:
    remote = scene.remote()
    remote.allot(several(3))
    remote.retire(AUTHORITY, [1, 2, 99])
    remote.retire(AUTHORITY, [])
    assert scene.centre.pool.counts()["SM2"] == {"history": 2, "in-use": 1}


def test_explicit_tags_are_answered_alike(scene: Scene) -> None:
    scene.centre.allot([wanted(7)])
    respond = scene.answers(sign_request(request(explicit_tags=True), CA))
    assert respond.explicit_tags
    assert respond.responds == (RevokeKeyRespond(7),)


def test_each_request_has_its_own_answer(scene: Scene) -> None:
    scene.centre.allot([wanted(7)])
    respond = scene.answers(sign_request(request(RevokeKeyReq(8), RevokeKeyReq(7)), CA))
    assert [type(each) for each in respond.responds] == [ErrorPkgRespond, RevokeKeyRespond]


# ---- sent again ---------------------------------------------------------------------------
class Lossy:
    """Loses so many answers after the centre has carried the request out."""

    def __init__(self, scene: Scene, losses: int) -> None:
        self.scene = scene
        self.losses = losses

    def post(self, url: str, content: bytes, **more: object) -> bytes:
        answer = self.scene.post(url, content, **more)
        if self.losses:
            self.losses -= 1
            raise FetchError("no answer")
        return answer


def test_a_lost_answer_is_asked_for_again(scene: Scene, store: Store) -> None:
    (given,) = scene.centre.allot([wanted()])
    recovered = scene.remote(sender=Lossy(scene, 2)).recover(AUTHORITY, 1, OTHER.public_key)
    assert recovered.public_key == given.public_key
    assert len(set(scene.sent)) == 1
    with store.reading() as connection:  # carried out once
        assert connection.scalar(select(func.count()).select_from(kmc_recoveries)) == 1


def test_no_answer_at_all(scene: Scene) -> None:
    with pytest.raises(FetchError):
        scene.remote(sender=Lossy(scene, 99)).allot([wanted()])
    assert len(scene.sent) == 3


def test_a_task_number_for_another_request(scene: Scene) -> None:
    scene.centre.allot([wanted(7)])
    first, second = request(task=5), request(RevokeKeyReq(8), task=5)
    assert scene.answers(sign_request(first, CA)).responds == (RevokeKeyRespond(7),)
    assert scene.refuses(sign_request(second, CA)) == ErrorNumber.TASK_REUSED
    assert scene.refuses(sign_request(replace(first, requested_at=NOW - timedelta(seconds=1)), CA)) == (
        ErrorNumber.TASK_REUSED
    )
    # The same content again is answered, however its signature comes out.
    assert scene.answers(sign_request(first, CA)).responds == (RevokeKeyRespond(7),)


def test_two_authorities_count_for_themselves(store: Store) -> None:
    centre = KeyManagementCentre.create(store, OPENER.public_key)
    service = KeyManagementService(centre, KMC, {AUTHORITY: CA.certificate, "另一CA": STRANGER.certificate})
    for each, name in ((CA, AUTHORITY), (STRANGER, "另一CA")):
        centre.allot([wanted(7, authority=name)])
        answer = KMRespond.from_der(service.answer(sign_request(request(of=each, task=5), each))).respond()
        assert answer.responds == (RevokeKeyRespond(7),)
        assert centre.find(name, 7).state == "history"


# ---- refused requests ---------------------------------------------------------------------
@pytest.mark.parametrize(
    "data", [b"", b"\x30\x00", bytes(100), b"GET / HTTP/1.1"], ids=["empty", "short", "zeros", "text"]
)
def test_no_request(scene: Scene, data: bytes) -> None:
    assert scene.refuses(data) == ErrorNumber.MALFORMED
    assert scene.answers(data).task == 0


def test_a_message_too_long(scene: Scene) -> None:
    assert scene.refuses(bytes((4 << 20) + 1)) == ErrorNumber.MALFORMED


def test_an_unknown_authority(scene: Scene) -> None:
    assert scene.refuses(sign_request(request(of=STRANGER), STRANGER)) == ErrorNumber.UNKNOWN_AUTHORITY


@pytest.mark.parametrize("field", ["public_key_hash", "serial_number"])
def test_an_authority_of_the_same_name(scene: Scene, field: str) -> None:
    changed = replace(CA.name, **{field: bytes(32) if field == "public_key_hash" else 99})
    assert scene.refuses(sign_request(replace(request(), authority=changed), CA)) == ErrorNumber.UNKNOWN_AUTHORITY


def test_signed_by_another(scene: Scene) -> None:
    assert scene.refuses(sign_request(request(), STRANGER)) == ErrorNumber.SIGNATURE


@pytest.mark.once
def test_every_changed_byte_of_what_was_signed(scene: Scene) -> None:
    message = CARequest.from_der(sign_request(request(), CA))
    for at in range(0, len(message.content), 5):
        changed = bytearray(message.content)
        changed[at] ^= 1
        refused = scene.refuses(replace(message, content=bytes(changed)).to_der())
        assert refused in (ErrorNumber.MALFORMED, ErrorNumber.UNKNOWN_AUTHORITY, ErrorNumber.SIGNATURE)


@pytest.mark.parametrize("signature", [b"", bytes(64), b"\x30\x00"], ids=["empty", "zeros", "short"])
def test_no_signature(scene: Scene, signature: bytes) -> None:
    message = replace(CARequest.from_der(sign_request(request(), CA)), signature=signature)
    assert scene.refuses(message.to_der()) == ErrorNumber.SIGNATURE


def test_a_signature_of_another_algorithm(scene: Scene) -> None:
    message = CARequest.from_der(sign_request(request(), CA))
    changed = replace(message, signature_algorithm=AlgorithmIdentifier(oids.ECDSA_SHA256))
    assert scene.refuses(changed.to_der()) == ErrorNumber.SIGNATURE


@pytest.mark.parametrize("late_s", [-301, 301, 86_400])
def test_another_time(scene: Scene, late_s: int) -> None:
    late = request(requested_at=NOW - timedelta(seconds=late_s))
    assert scene.refuses(sign_request(late, CA)) == ErrorNumber.TIME


def test_a_replay_after_the_window(scene: Scene) -> None:
    message = sign_request(request(), CA)
    scene.answers(message)
    scene.clock.move(minutes=6)
    assert scene.refuses(message) == ErrorNumber.TIME


def test_an_expired_authority(scene: Scene) -> None:
    scene.clock.move(days=2000)
    late = request(requested_at=scene.clock.at)
    assert scene.refuses(sign_request(late, CA)) == ErrorNumber.UNKNOWN_AUTHORITY


def apply(**changes: Any) -> ApplyKeyReq:
    """Return what the client would ask for, changed."""
    from gmpki.asn1.gmt0014 import AppUserInfo

    user = {"public_key": SubjectPublicKeyInfo.from_der(OWNER.public_key.to_der()), "certificate_number": 7}
    user |= {name: changes.pop(name) for name in ("public_key", "certificate_number") if name in changes}
    sm2, sm3 = AlgorithmIdentifier(oids.SM2_ENCRYPT), AlgorithmIdentifier(oids.SM3)
    info = AppUserInfo(not_before=NOW, not_after=NOW + DAY, **user)
    made = ApplyKeyReq(AlgorithmIdentifier(oids.SM2), 256, sm2, AlgorithmIdentifier(oids.SM4_ECB), sm3, info)
    return replace(made, **changes)


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"key_type": AlgorithmIdentifier(oids.ED25519)}, ErrorNumber.UNSUPPORTED),
        ({"key_len": 512}, ErrorNumber.UNSUPPORTED),
        ({"asymmetric": AlgorithmIdentifier(oids.RSA_ENCRYPTION)}, ErrorNumber.UNSUPPORTED),
        ({"symmetric": AlgorithmIdentifier(oids.AES256_CBC)}, ErrorNumber.UNSUPPORTED),
        ({"hash_algorithm": AlgorithmIdentifier(oids.SHA256)}, ErrorNumber.UNSUPPORTED),
        ({"certificate_number": 0}, ErrorNumber.MALFORMED),
        (
            {"public_key": SubjectPublicKeyInfo(AlgorithmIdentifier(oids.ED25519), bytes(32))},
            ErrorNumber.UNSUPPORTED,
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_is_not_done(scene: Scene, changes: dict[str, Any], number: int) -> None:
    assert scene.refuses(sign_request(request(apply(**changes)), CA)) == number
    respond = scene.answers(sign_request(request(apply(), RevokeKeyReq(99)), CA))
    assert [type(each) for each in respond.responds] == [ApplyKeyRespond, ErrorPkgRespond]


def test_what_is_wrong_inside_is_not_told(scene: Scene) -> None:
    scene.centre.allot([wanted()])
    scene.centre.close()
    with pytest.raises(IssuerRefusedError, match="cannot do it now") as caught:
        scene.remote().recover(AUTHORITY, 1, OTHER.public_key)
    assert caught.value.code == str(int(ErrorNumber.INTERNAL))
    assert "master" not in str(caught.value)


# ---- refused answers ----------------------------------------------------------------------
def resigned(change: Callable[[KSRespond], KSRespond], by: Party = KMC) -> Callable[[bytes], bytes]:
    return lambda answer: sign_respond(change(KMRespond.from_der(answer).respond()), by)


BAD_ANSWERS: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "text": lambda _: b"<html>",
    "cut": lambda answer: answer[:-1],
    "changed": lambda answer: answer.replace(NOW.strftime("%Y%m%d%H%M%SZ").encode(), b"20260301080001Z"),
    "by a stranger": resigned(lambda respond: respond, STRANGER),
    "another task": resigned(lambda respond: replace(respond, task=respond.task + 1)),
    "task zero": resigned(lambda respond: replace(respond, task=0)),
    "another centre": resigned(lambda respond: replace(respond, centre=STRANGER.name)),
    "old": resigned(lambda respond: replace(respond, responded_at=NOW - DAY)),
    "fewer": resigned(lambda respond: replace(respond, responds=respond.responds[:1])),
    "turned round": resigned(lambda respond: replace(respond, responds=respond.responds[::-1])),
    "other kind": resigned(lambda respond: replace(respond, responds=(RevokeKeyRespond(1), RevokeKeyRespond(2)))),
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_an_answer_that_is_not_acceptable(scene: Scene, name: str) -> None:
    scene.change = BAD_ANSWERS[name]
    with pytest.raises(IssuerRefusedError) as caught:
        scene.remote().allot(several(2))
    assert caught.value.code == "answer"


@pytest.mark.once
def test_the_rest_is_given_back_when_one_is_refused(scene: Scene) -> None:
    scene.centre.allot([wanted(201, owner=OTHER)])
    with pytest.raises(IssuerRefusedError) as caught:
        scene.remote().allot(several(205))
    assert caught.value.code == str(int(ErrorNumber.CONFLICT))
    assert scene.centre.pool.counts()["SM2"] == {"history": 200, "in-use": 1}
    assert scene.centre.find(AUTHORITY, 201).state == "in-use"


def test_of_one_message_all_or_none(scene: Scene) -> None:
    scene.centre.allot([wanted(2), wanted(3, owner=OTHER)])
    with pytest.raises(IssuerRefusedError):
        scene.remote().allot(several(4))
    assert scene.centre.pool.counts()["SM2"] == {"in-use": 2}


def test_nothing_to_recover(scene: Scene) -> None:
    with pytest.raises(NotFoundError):
        scene.remote().recover(AUTHORITY, 99, OTHER.public_key)


def test_another_authority(scene: Scene) -> None:
    remote = scene.remote()
    for use in (
        lambda: remote.allot([wanted(authority="另一CA")]),
        lambda: remote.recover("另一CA", 1, OTHER.public_key),
        lambda: remote.retire("另一CA", [1]),
    ):
        with pytest.raises(InvalidInputError):
            use()
    assert scene.sent == []


@pytest.mark.parametrize("wrong", [None, 5, [None], [5]], ids=str)
def test_what_is_not_wanted(scene: Scene, wrong: Any) -> None:
    with pytest.raises(InvalidTypeError):
        scene.remote().allot(wrong)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"party": None}, InvalidTypeError),
        ({"centre": None}, InvalidTypeError),
        ({"symmetric": "SM4"}, InvalidTypeError),
        ({"clock": 5}, InvalidTypeError),
        ({"window_s": 0}, InvalidInputError),
    ],
)
def test_how_it_is_not_made(scene: Scene, changes: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        scene.remote(**changes)


@pytest.mark.parametrize(
    ("authorities", "error"),
    [
        ({}, InvalidInputError),
        ({"a": CA.certificate, "b": CA.certificate}, InvalidInputError),
        ({"": CA.certificate}, InvalidInputError),
        ({"a": None}, InvalidTypeError),
        ([], InvalidTypeError),
    ],
    ids=["none", "twice", "no-name", "no-certificate", "list"],
)
def test_how_the_service_is_not_made(scene: Scene, authorities: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        KeyManagementService(scene.centre, KMC, authorities)


def test_a_party_with_the_key_of_another() -> None:
    with pytest.raises(KeyMismatchError):
        Party(OTHER, CA.certificate)


# ---- signed envelopes ---------------------------------------------------------------------
def test_a_signed_envelope_is_for_its_owner_and_of_its_centre(scene: Scene) -> None:
    given, second = scene.remote(symmetric=SM4_CBC).allot(several(2))
    for public_key, owner, centre in (
        (given.public_key, OTHER, KMC),
        (given.public_key, OWNER, STRANGER),
        (second.public_key, OWNER, KMC),
    ):
        with pytest.raises(DecryptionError):
            open_signed_key(given.delivery, public_key, owner, centre.certificate)


@pytest.mark.once
def test_every_changed_byte_of_a_signed_envelope(scene: Scene) -> None:
    (given,) = scene.remote(symmetric=SM4_CBC).allot([wanted()])
    key = SM2PrivateKey.to_bytes(open_signed_key(given.delivery, given.public_key, OWNER, KMC.certificate))  # type: ignore[arg-type]
    for at in range(0, len(given.delivery), 7):
        changed = bytearray(given.delivery)
        changed[at] ^= 1
        try:  # what is not authenticated, such as the recipient's name, may differ; the key may not
            opened = open_signed_key(changed, given.public_key, OWNER, KMC.certificate)
        except (DecodeError, DecryptionError, UnsupportedAlgorithm, InvalidInputError):
            continue
        assert opened.to_bytes() == key  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("data", "error"), [(b"", DecodeError), (bytes(1 << 17), InvalidInputError), ("text", InvalidTypeError)], ids=str
)
def test_no_signed_envelope(data: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        open_signed_key(data, OTHER.public_key, OWNER, KMC.certificate)


# ---- small rules --------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("algorithm", "bits", "kind"),
    [
        (AlgorithmIdentifier(oids.SM2), 256, "SM2"),
        (AlgorithmIdentifier(oids.EC_PUBLIC_KEY, bytes.fromhex("06082A811CCF5501822D")), 256, "SM2"),
        (AlgorithmIdentifier(oids.RSA_ENCRYPTION), 3072, "RSA-3072"),
    ],
)
def test_kinds(algorithm: AlgorithmIdentifier, bits: int, kind: str) -> None:
    assert kind_of(algorithm, bits) == kind


@pytest.mark.parametrize(("seconds", "fresh"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_freshness(seconds: int, fresh: bool) -> None:
    assert is_fresh(NOW + timedelta(seconds=seconds), NOW, 300) is fresh
