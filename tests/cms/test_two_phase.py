"""Signing in two phases: what waits between them survives, and no signature that does not hold comes out."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import Any

import pytest

import hostile
from cms import signers
from cms.signers import CONTENT, NOW, person
from gmpki import oids
from gmpki.algorithms import sm2, sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.cms import ContentDigests, MessageProfile, PreparedSignature, SignerPlan, prepare, sign, verify
from gmpki.errors import (
    DecodeError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
    MessageError,
    ProfileError,
    UnsupportedAlgorithm,
)
from gmpki.keys.rsa import SignaturePadding


def plan(**options: Any) -> SignerPlan:
    return SignerPlan(person().certificate, **options)


@pytest.mark.parametrize("profile", MessageProfile)
@pytest.mark.parametrize("attributes", [True, False], ids=["attributes", "bare"])
@pytest.mark.parametrize("detached", [False, True], ids=["attached", "detached"])
def test_between_processes(profile: MessageProfile, attributes: bool, detached: bool) -> None:
    plans = [plan(attributes=attributes), SignerPlan(signers.other().certificate)]
    prepared = prepare(CONTENT, plans, profile=profile, detached=detached)
    for kept in (prepared, PreparedSignature.from_bytes(prepared.to_bytes()), pickle.loads(pickle.dumps(prepared))):
        assert kept == prepared
        keys = [person().key, signers.other().key]
        by_digest = [key.sign_digest(one.digest) for key, one in zip(keys, kept.to_be_signed, strict=True)]
        by_data = [key.sign(one.data) for key, one in zip(keys, kept.to_be_signed, strict=True)]
        raw = [sm2.parse_signature(signature) for signature in by_digest]
        for signatures in (by_digest, by_data, raw):
            verified = verify(kept.finish(signatures), signers.trust(), content=CONTENT if detached else None)
            assert verified.content == CONTENT
            assert len(verified.signers) == 2


def test_the_same_bytes_as_signing_at_once() -> None:
    key = person().key
    options: dict[str, Any] = {"signing_time": NOW, "user_id": b"me"}
    prepared = prepare(CONTENT, plan(**options), certificates=[signers.root()])
    signature = key.sign(prepared.to_be_signed[0].data, user_id=b"me", deterministic=True)

    class Deterministic:
        public_key = key.public_key
        signature_algorithm = key.signature_algorithm

        def sign(self, message: bytes, *, user_id: bytes | None = None) -> bytes:
            return key.sign(message, user_id=user_id, deterministic=True)

        def sign_digest(self, digest: bytes) -> bytes:
            return key.sign_digest(digest, deterministic=True)

    spec = signers.SignerSpec(Deterministic(), person().certificate, **options)
    assert prepared.finish([signature]) == sign(CONTENT, spec, certificates=[signers.root()])


@pytest.mark.parametrize("kind", ["rsa", "p256", "ed25519"])
@pytest.mark.parametrize("attributes", [True, False], ids=["attributes", "bare"])
def test_other_keys(kind: str, attributes: bool) -> None:
    someone = person(kind, serial_number=7)
    prepared = prepare(CONTENT, SignerPlan(someone.certificate, attributes=attributes), profile=MessageProfile.RFC5652)
    (waiting,) = prepared.to_be_signed
    assert (waiting.digest is None) is (kind == "ed25519")
    assert verify(prepared.finish([someone.key.sign(waiting.data)]), signers.trust()).ok


def test_rsa_with_pss() -> None:
    someone = person("rsa", serial_number=7)
    key = someone.key.using(padding=SignaturePadding.PSS)
    wanted = SignerPlan(someone.certificate, signature_algorithm=key.signature_algorithm)
    prepared = prepare(CONTENT, wanted, profile=MessageProfile.RFC5652)
    assert verify(prepared.finish([key.sign_digest(prepared.to_be_signed[0].digest)]), signers.trust()).ok
    with pytest.raises(InvalidSignature):
        prepared.finish([someone.key.sign_digest(prepared.to_be_signed[0].digest)])


def test_a_content_that_is_not_shown() -> None:
    known = ContentDigests.known({"sm3": sm3.digest(CONTENT)})
    prepared = prepare(None, plan(), digests=known, detached=True)
    data = prepared.finish([person().key.sign_digest(prepared.to_be_signed[0].digest)])
    assert verify(data, signers.trust(), content=CONTENT).ok
    streamed = ContentDigests(*plan(attributes=False).needed)
    streamed.update(CONTENT)
    bare = PreparedSignature.from_bytes(
        prepare(None, plan(attributes=False), digests=streamed, detached=True).to_bytes()
    )
    assert bare.to_be_signed[0].data is None
    data = bare.finish([person().key.sign_digest(bare.to_be_signed[0].digest)])
    assert verify(data, signers.trust(), content=CONTENT).ok


def test_the_content_is_needed_where_z_is_hashed_first() -> None:
    known = ContentDigests.known({"sm3": sm3.digest(CONTENT)})
    with pytest.raises(InvalidInputError, match="needed"):
        prepare(None, plan(attributes=False), digests=known, detached=True)
    with pytest.raises(InvalidInputError):
        prepare(None, plan(), digests=ContentDigests.known({"sha256": bytes(32)}), detached=True)


def test_ed25519_needs_the_content() -> None:
    someone = person("ed25519", serial_number=7)
    digests = ContentDigests(("sha512",))
    digests.update(CONTENT)
    with pytest.raises(UnsupportedAlgorithm):
        prepare(
            None,
            SignerPlan(someone.certificate, attributes=False),
            digests=digests,
            detached=True,
            profile=MessageProfile.RFC5652,
        )


# ---- what is refused ------------------------------------------------------------------------
@pytest.mark.parametrize("attributes", [True, False], ids=["attributes", "bare"])
def test_signatures_that_do_not_hold(attributes: bool) -> None:
    prepared = prepare(CONTENT, plan(attributes=attributes))
    digest = prepared.to_be_signed[0].digest or b""
    good = person().key.sign_digest(digest)
    bad = [
        b"",
        bytes(64),
        good[:-1],
        good + b"\0",
        signers.other().key.sign_digest(digest),
        person().key.sign_digest(bytes(32)),
        person().key.sign(digest),
        person().key.sign(CONTENT, user_id=b"someone"),
    ]
    for signature in bad:
        with pytest.raises(InvalidSignature):
            prepared.finish([signature])
    assert verify(prepared.finish([good]), signers.trust()).ok


def test_signatures_in_the_wrong_order() -> None:
    prepared = prepare(CONTENT, [plan(), SignerPlan(signers.other().certificate)])
    keys = [person().key, signers.other().key]
    signatures = [key.sign_digest(one.digest) for key, one in zip(keys, prepared.to_be_signed, strict=True)]
    with pytest.raises(InvalidSignature):
        prepared.finish(reversed(signatures))
    for wrong in (signatures[:1], [*signatures, signatures[0]], []):
        with pytest.raises(InvalidInputError):
            prepared.finish(wrong)
    with pytest.raises(InvalidTypeError):
        prepared.finish(["text", "text"])  # type: ignore[list-item]


def test_what_is_kept_is_read_strictly() -> None:
    kept = prepare(CONTENT, plan(user_id=b"me")).to_bytes()
    for length in range(len(kept)):
        with pytest.raises(DecodeError):
            PreparedSignature.from_bytes(kept[:length])
    with pytest.raises(DecodeError):
        PreparedSignature.from_bytes(kept + b"\0")
    for position in range(len(kept)):
        bent = kept[:position] + bytes((kept[position] ^ 1,)) + kept[position + 1 :]
        try:
            read = PreparedSignature.from_bytes(bent)
            read.finish([person().key.sign(CONTENT)])
        except GmpkiError:
            continue
        pytest.fail("a signature over something else was put in")


def _elsewhere(**fields: Any) -> Any:
    """Change the entry of the signer."""
    return lambda kept: {"_infos": (replace(kept._infos[0], **fields),)}


def _shown(**fields: Any) -> Any:
    """Change what the signer is shown."""
    return lambda kept: {"to_be_signed": (replace(kept.to_be_signed[0], **fields),)}


def _other(kept: PreparedSignature) -> PreparedSignature:
    """Prepare the same for another content."""
    attributes = kept._infos[0].signed_attributes is not None
    return prepare(b"another contract", plan(attributes=attributes), detached=kept._inner.content is None)


@pytest.mark.parametrize(
    ("bend", "says"),
    [
        (lambda kept: {"_infos": _other(kept)._infos}, "bytes to sign are not the signed attributes"),
        (lambda kept: {"_inner": _other(kept)._inner}, "digest is not that of the content"),
        (lambda kept: {"_inner": replace(kept._inner, content_type=oids.TST_INFO)}, "content type"),
        (lambda kept: {"to_be_signed": _other(kept).to_be_signed}, "bytes to sign are not the signed attributes"),
        (
            lambda kept: {"_infos": _other(kept)._infos, "to_be_signed": _other(kept).to_be_signed},
            "digest is not that of the content",
        ),
        (_shown(digest=bytes(32)), "digest to sign"),
        (_shown(user_id=b"somebody"), "digest to sign"),
        (_shown(data=None), "bytes to sign are not the signed attributes"),
        (_shown(certificate=signers.other().certificate), "names"),
        (_shown(certificate=person("rsa").certificate), "do not fit together"),
        (_elsewhere(sid=b"somebody"), "names"),
        (_elsewhere(digest_algorithm=AlgorithmIdentifier(oids.SHA256)), "do not fit together"),
    ],
)
def test_parts_that_were_changed_while_they_waited(bend: Any, says: str) -> None:
    """Neither is a digest signed that is not that of what is shown, nor a message made that does not verify."""
    kept = prepare(CONTENT, plan())
    with pytest.raises(DecodeError, match=says):
        PreparedSignature.from_bytes(replace(kept, **bend(kept)).to_bytes())


def test_a_bare_content_that_was_changed_while_it_waited() -> None:
    kept = prepare(CONTENT, plan(attributes=False))
    with pytest.raises(DecodeError, match="bytes to sign are not the content"):
        PreparedSignature.from_bytes(replace(kept, _inner=_other(kept)._inner).to_bytes())


def test_frames_without_signers() -> None:
    empty = der.encode_sequence(
        der.encode_integer(1),
        der.encode_utf8_string("gmt0010"),
        der.encode_sequence(der.encode_oid(oids.GM_DATA)),
        der.encode_sequence(),
        der.encode_sequence(),
        der.encode_sequence(),
    )
    with pytest.raises(DecodeError, match="has a signer"):
        PreparedSignature.from_bytes(empty)
    with pytest.raises(DecodeError, match="no profile"):
        PreparedSignature.from_bytes(empty.replace(b"gmt0010", b"gmt0099"))


def test_wishes_that_cannot_be() -> None:
    with pytest.raises(InvalidInputError):
        prepare(CONTENT, [])
    with pytest.raises(InvalidInputError):
        prepare(CONTENT, [plan(), plan(attributes=False)])
    with pytest.raises(LimitExceeded):
        prepare(CONTENT, [plan()] * 65)
    with pytest.raises(InvalidInputError):
        prepare(None, plan())
    with pytest.raises(InvalidInputError):
        prepare(CONTENT, plan(), digests=ContentDigests.of(CONTENT), detached=True)
    with pytest.raises(InvalidInputError):
        prepare(None, plan(), digests=ContentDigests.of(CONTENT))
    with pytest.raises(ProfileError):
        prepare(CONTENT, SignerPlan(person("rsa", serial_number=7).certificate))
    bait = der.encode(der.Tag.SET, b"".join(sorted(signers.encoded(signers.message()))))
    with pytest.raises(MessageError):
        prepare(bait, plan(attributes=False))


def test_arguments_that_nobody_wants() -> None:
    def call(content: Any, plans: Any) -> PreparedSignature:
        return prepare(content, plans)

    for prepared in hostile.results(call, (CONTENT, plan())):
        assert prepared.to_be_signed[0].digest
    for _ in hostile.results(PreparedSignature.from_bytes, (b"",)):
        pytest.fail("something was read")
