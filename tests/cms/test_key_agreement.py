"""The SM2 key exchange in the messages of GM/T 0010."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import hostile
from cms.envelope_examples import CONTENT, ENCRYPTION_KEY, OLD, OLD_KEY, PAIR, SIGNING_KEY, certify, rsa_recipient
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0010 import KeyAgreementInfo
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.asn1.rfc5652 import ContentInfo
from gmpki.cms import KeyAgreement, KeyAgreementMessage, encrypt
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidPointError,
    InvalidTag,
    InvalidTypeError,
    KeyMismatchError,
    MessageError,
    ProfileError,
    StateError,
)
from gmpki.keys.ec_forms import sm2_public_info
from gmpki.keys.sm2 import Role

read = KeyAgreementMessage.from_der


def begin(first_id: bytes | None = None, second_id: bytes | None = None) -> tuple[KeyAgreement, KeyAgreement]:
    return (
        KeyAgreement(ENCRYPTION_KEY, PAIR.encryption, Role.INITIATOR, user_id=first_id),
        KeyAgreement(OLD_KEY, OLD, Role.RESPONDER, user_id=second_id),
    )


def rebuilt(**fields: Any) -> bytes:
    info = KeyAgreementInfo(1, OLD_KEY.public_key.to_bytes(), OLD.der, b"id")
    return ContentInfo(oids.GM_KEY_AGREEMENT_INFO, replace(info, **fields).to_der()).to_der()


@pytest.mark.parametrize("length", [1, 16, 48])
@pytest.mark.parametrize("ids", [(None, None), (b"zhang", b"li"), (b"", None)], ids=["default", "own", "empty"])
def test_both_sides_hold_one_key(length: int, ids: tuple[bytes | None, bytes | None]) -> None:
    first, second = begin(*ids)
    to_second, to_first = read(first.message), read(second.message)
    assert to_second.certificate == PAIR.encryption
    assert to_second.user_id == (b"1234567812345678" if ids[0] is None else ids[0])
    here, there = first.agree(to_first, length), second.agree(to_second, length)
    assert here.key == there.key
    assert len(here.key) == length
    here.check(there.confirmation)
    there.check(here.confirmation)


def test_the_shape() -> None:
    message = begin()[0].message
    frame = ContentInfo.from_der(message)
    assert frame.content_type == oids.GM_KEY_AGREEMENT_INFO
    assert frame.content is not None
    info = KeyAgreementInfo.from_der(frame.content)
    assert (info.version, info.user_certificate) == (1, PAIR.encryption.der)
    assert read(message).ephemeral_key.to_bytes() == info.temporary_public_key


def test_an_ephemeral_key_in_a_frame_of_its_own() -> None:
    """One implementation writes a SubjectPublicKeyInfo where the bare point belongs."""
    point = OLD_KEY.public_key.to_bytes()
    body = der.encode_sequence(
        der.encode_integer(1), sm2_public_info(point).to_der(), OLD.der, der.encode_octet_string(b"id")
    )
    message = read(ContentInfo(oids.GM_KEY_AGREEMENT_INFO, body).to_der())
    assert message.ephemeral_key == OLD_KEY.public_key
    assert [quirk.kind for quirk in message.quirks] == [QuirkKind.WRAPPED_KEY]


def test_another_peer_has_another_key() -> None:
    """Whoever changes the id, the ephemeral key or the certificate on the way is found by the confirmation."""
    first, second = begin()
    ephemeral = read(second.message).ephemeral_key.to_bytes()
    for changed in (
        rebuilt(temporary_public_key=ephemeral, user_id=b"somebody else"),
        rebuilt(user_id=b"1234567812345678"),
    ):
        one, other = begin()
        here, there = one.agree(read(changed), 16), other.agree(read(one.message), 16)
        with pytest.raises(InvalidTag):
            here.check(there.confirmation)
    assert first.agree(read(second.message), 16).key == second.agree(read(first.message), 16).key


def test_each_run_serves_once() -> None:
    first, second = begin()
    peer = read(second.message)
    first.agree(peer, 16)
    with pytest.raises(StateError):
        first.agree(peer, 16)


def test_what_comes_back_is_refused() -> None:
    first, _ = begin()
    own = read(first.message)
    renewed = certify(ENCRYPTION_KEY.public_key, 99)
    for peer in (
        own,
        read(rebuilt(temporary_public_key=own.ephemeral_key.to_bytes())),
        read(rebuilt(user_certificate=PAIR.encryption.der)),
        read(rebuilt(user_certificate=renewed.der)),
    ):
        with pytest.raises(MessageError) as caught:
            first.agree(peer, 16)
        assert caught.value.reason == "reflected"


NO_AGREEMENT = certify(OLD_KEY.public_key, 70, KeyUsages.KEY_ENCIPHERMENT)
REFUSED: list[tuple[str, Callable[[], object], type[Exception], str]] = [
    ("another kind", lambda: read(encrypt(CONTENT, [PAIR])), MessageError, "not of a key exchange"),
    ("a point of 64 bytes", lambda: read(rebuilt(temporary_public_key=bytes(64))), InvalidInputError, "65 bytes"),
    ("a compressed point", lambda: read(rebuilt(temporary_public_key=b"\x02" + bytes(32))), InvalidInputError, "65"),
    ("no point", lambda: read(rebuilt(temporary_public_key=b"")), InvalidInputError, "65 bytes"),
    ("off the curve", lambda: read(rebuilt(temporary_public_key=b"\x04" + bytes(64))), InvalidPointError, ""),
    ("a long id", lambda: read(rebuilt(user_id=bytes(8192))), InvalidInputError, "8191"),
    ("a broken certificate", lambda: read(rebuilt(user_certificate=b"\x30\x00")), DecodeError, "tbsCertificate"),
    ("version 0", lambda: read(rebuilt(version=0)), DecodeError, "version"),
    ("truncated", lambda: read(rebuilt()[:-1]), DecodeError, ""),
    (
        "a certificate of another key",
        lambda: KeyAgreement(OLD_KEY, PAIR.encryption, Role.INITIATOR),
        KeyMismatchError,
        "",
    ),
    (
        "a signing certificate",
        lambda: KeyAgreement(SIGNING_KEY, PAIR.signing, Role.INITIATOR),
        ProfileError,
        "keyAgreement",
    ),
    (
        "a certificate for something else",
        lambda: KeyAgreement(OLD_KEY, NO_AGREEMENT, Role.INITIATOR),
        ProfileError,
        "keyAgreement",
    ),
    ("no role", lambda: KeyAgreement(OLD_KEY, OLD, "initiator"), InvalidTypeError, "Role"),  # type: ignore[arg-type]
    ("a long own id", lambda: begin(bytes(8192)), InvalidInputError, "8191"),
    (
        "a peer for something else",
        lambda: begin()[0].agree(read(rebuilt(user_certificate=NO_AGREEMENT.der)), 16),
        ProfileError,
        "keyAgreement",
    ),
    (
        "a peer of RSA",
        lambda: begin()[0].agree(read(rebuilt(user_certificate=certify(rsa_recipient()[1].public_key, 71).der)), 16),
        KeyMismatchError,
        "rsaEncryption",
    ),
    ("no length", lambda: begin()[0].agree(read(begin()[1].message), 0), InvalidInputError, ""),
    ("too long", lambda: begin()[0].agree(read(begin()[1].message), 65537), InvalidInputError, ""),
    ("made by hand", KeyAgreementMessage, InvalidTypeError, "from_der"),
    ("pickled", lambda: pickle.dumps(begin()[0]), InvalidTypeError, "pickled"),
]


@pytest.mark.parametrize("row", REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_refused(row: tuple[str, Callable[[], object], type[Exception], str]) -> None:
    _, call, error, phrase = row
    with pytest.raises(error) as caught:
        call()
    assert phrase in str(caught.value)


def test_arguments_of_wrong_types() -> None:
    first, second = begin()
    list(hostile.results(KeyAgreement, (OLD_KEY, OLD, Role.INITIATOR)))
    list(hostile.results(read, (second.message,)))
    list(hostile.results(first.agree, (read(second.message), 16)))
    list(hostile.results(lambda value: KeyAgreement(OLD_KEY, OLD, Role.INITIATOR, user_id=value), (b"",)))
    assert "2b" in repr(second)
    assert "2b" in repr(read(second.message))
