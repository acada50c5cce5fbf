"""Messages in streams: what is written is what is written in memory, and what is read is judged the same way."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms import envelope_examples as envelopes
from cms import signers
from gmpki import cms, oids
from gmpki.asn1 import der
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.ber_writer import END_OF_CONTENTS, SEGMENT_LEN, indefinite_header
from gmpki.cms import ContentCipher, MessageProfile, SignedMessage, Trust
from gmpki.cms.signing import sign
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    LimitExceeded,
    MessageError,
    NoRecipientError,
    UnsupportedAlgorithm,
)
from streams import Pipe

CONTENT = signers.CONTENT * 9
LENGTHS = [0, 1, 15, 16, 17, 1 << 16, (1 << 20) - 1, 1 << 20, (1 << 20) + 1]
SIGNATURES = Trust.signature_only()


def signed(content: bytes = CONTENT, *specs: Any, kind: type[io.BytesIO] = io.BytesIO, **options: Any) -> bytes:
    out = io.BytesIO()
    cms.sign_stream(kind(content), out, specs or [signers.person().spec()], **options)
    return out.getvalue()


def verified(message: bytes, trust: Trust = SIGNATURES, **options: Any) -> tuple[bytes, cms.VerifiedMessage]:
    out = io.BytesIO()
    found = cms.verify_stream(io.BytesIO(message), trust, sink=out, **options)
    return out.getvalue(), found


def encrypted(content: bytes = CONTENT, *, kind: type[io.BytesIO] = io.BytesIO, **options: Any) -> bytes:
    out = io.BytesIO()
    cms.encrypt_stream(kind(content), out, [envelopes.PAIR], **options)
    return out.getvalue()


def decrypted(message: bytes, **options: Any) -> tuple[bytes, cms.OpenedStream]:
    out = io.BytesIO()
    opened = cms.decrypt_stream(io.BytesIO(message), out, envelopes.KEYS, **options)
    return out.getvalue(), opened


def segmented(content: bytes, lengths: tuple[int, ...], tag: int) -> bytes:
    """Return a string in segments of these lengths, over and over."""
    parts, at, turn = [], 0, 0
    while at < len(content):
        step = lengths[turn % len(lengths)]
        parts.append(der.encode_octet_string(content[at : at + step]))
        at, turn = at + step, turn + 1
    return indefinite_header(tag) + b"".join(parts) + END_OF_CONTENTS


# ---- signing and verifying ----------------------------------------------------------------
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("kind", [io.BytesIO, Pipe])
@pytest.mark.parametrize("attributes", [True, False])
@pytest.mark.parametrize("detached", [True, False])
def test_signed_in_a_stream_verified_in_both_ways(
    length: int, kind: type[io.BytesIO], attributes: bool, detached: bool
) -> None:
    content = random.Random(length).randbytes(length)
    message = signed(content, signers.person().spec(attributes=attributes), kind=kind, detached=detached)
    beside = content if detached else None
    assert cms.verify(SignedMessage.from_der(message), signers.trust(), content=beside).content == content
    stream = None if beside is None else Pipe(beside)
    written, found = verified(message, signers.trust(), content=stream)
    assert written == content
    assert found.ok
    is_der = kind is io.BytesIO or detached
    assert bool(found.quirks) is not is_der


@pytest.mark.parametrize("profile", MessageProfile)
@pytest.mark.parametrize("kind", [io.BytesIO, Pipe])
@pytest.mark.parametrize("detached", [True, False])
def test_what_is_written_is_what_is_written_in_memory(
    profile: MessageProfile, kind: type[io.BytesIO], detached: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [signers.person().spec(signing_time=signers.NOW), signers.other().spec()]
    options: dict[str, Any] = {"profile": profile, "detached": detached, "certificates": [signers.root()]}
    monkeypatch.setattr(type(signers.person().key), "sign", lambda *_, **__: bytes(70))
    streamed = signed(CONTENT, *specs, kind=kind, **options)
    assert ber_to_der(streamed, sort_sets=False).der == sign(CONTENT, specs, **options)


def test_several_signers_of_every_kind() -> None:
    kinds = ("sm2", "rsa", "p256", "ed25519")
    specs = [signers.person(kind, owner=kind, serial_number=0x2000 + n).spec() for n, kind in enumerate(kinds)]
    for kind in (io.BytesIO, Pipe):
        message = signed(CONTENT, *specs, kind=kind, profile=MessageProfile.RFC5652)
        written, found = verified(message, signers.trust())
        assert written == CONTENT
        assert [report.ok for report in found.signers] == [True] * 4


def test_a_signature_without_attributes_that_needs_the_whole_content_is_refused() -> None:
    spec = signers.person("ed25519", serial_number=0x2003).spec(attributes=False)
    with pytest.raises(UnsupportedAlgorithm, match="this one went past"):
        signed(CONTENT, spec, profile=MessageProfile.RFC5652)


def test_a_type_of_content_of_ones_own() -> None:
    message = signed(content_type="1.2.156.10197.9.9")
    assert SignedMessage.from_der(message).content_type == "1.2.156.10197.9.9"
    assert verified(message)[0] == CONTENT


def test_content_that_changes_between_the_readings_is_noticed() -> None:
    class Changing(io.BytesIO):
        readings = 0

        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            self.readings += self.tell() == len(self.getbuffer()) and not data
            return data if self.readings == 0 else data.swapcase()

    with pytest.raises(InvalidInputError, match="the content changed while it was being signed"):
        cms.sign_stream(Changing(b"contract" * 10), io.BytesIO(), signers.person().spec())


def test_content_that_would_pass_for_attributes_is_refused() -> None:
    attributes = signers.only_signer(signers.message()).signed_attributes_to_sign
    with pytest.raises(MessageError) as caught:
        signed(attributes, signers.person().spec(attributes=False))
    assert caught.value.reason == "content-is-attributes"
    info = signers.only_signer(signers.message())
    swapped = signers.with_signer(
        signers.with_inner(signers.message(), content=info.signed_attributes_to_sign), signed_attributes=None
    )
    with pytest.raises(MessageError) as caught:
        verified(swapped)
    assert caught.value.reason == "content-is-attributes"


@pytest.mark.parametrize("length", [0, 5, 1 << 16, 3 << 20])
def test_progress_is_told(length: int) -> None:
    seen: list[tuple[int, int | None]] = []

    def tell(done: int, total: int | None) -> None:
        seen.append((done, total))

    content = bytes(length)
    message = signed(content, progress=tell)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == ({2 * length} if length else set())
    assert not seen or seen[-1][0] == 2 * length
    seen.clear()
    verified(message, progress=tell)
    assert not seen or seen[-1] == (length, length)
    seen.clear()
    encrypted(content, kind=Pipe, progress=tell)
    assert not seen or seen[-1] == (length, None)


def test_a_detached_message_and_its_content() -> None:
    detached = signed(detached=True)
    with pytest.raises(MessageError) as caught:
        cms.verify_stream(io.BytesIO(detached), SIGNATURES)
    assert caught.value.reason == "content-missing"
    with pytest.raises(MessageError) as caught:
        cms.verify_stream(io.BytesIO(signed()), SIGNATURES, content=io.BytesIO(CONTENT))
    assert caught.value.reason == "content-twice"
    with pytest.raises(InvalidSignature):
        cms.verify_stream(io.BytesIO(detached), SIGNATURES, content=io.BytesIO(CONTENT[:-1]))


def test_the_content_of_a_stream_is_not_in_the_report() -> None:
    _, found = verified(signed())
    with pytest.raises(MessageError) as caught:
        _ = found.content
    assert caught.value.reason == "content-elsewhere"


def test_content_of_another_type_stays_with_the_message() -> None:
    inner = der.encode_sequence(der.encode_integer(7), der.encode_octet_string(b"x" * 40))
    octets = der.Reader(inner).contents(der.Tag.SEQUENCE)
    whole = signers.with_inner(signers.message(octets), content=inner, is_octet_string=False)
    assert verified(whole)[0] == cms.verify(whole, SIGNATURES).content == octets


def test_nobody_signed() -> None:
    for data in (signers.changed(signed(), signer_infos=()), signers.changed(signed(detached=True), signer_infos=())):
        with pytest.raises(MessageError) as caught:
            verified(data, content=io.BytesIO())
        assert caught.value.reason == "no-signers"


@pytest.mark.parametrize("what", [encrypted, lambda: der.encode_sequence(der.encode_oid(oids.DATA))])
def test_other_messages_are_not_verified(what: Callable[[], bytes]) -> None:
    with pytest.raises(MessageError) as caught:
        verified(what())
    assert caught.value.reason == "not-signed"


def test_collecting_reports_what_failed() -> None:
    message = signers.with_inner(signed(), content=b"another content")
    with pytest.raises(InvalidSignature):
        verified(message)
    written, found = verified(message, collect=True)
    assert written == b"another content"
    assert not found.ok
    assert found.signers[0].check("digest").status is cms.CheckStatus.FAILED


# ---- amending -----------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [io.BytesIO, Pipe])
@pytest.mark.parametrize("detached", [True, False])
def test_what_stands_around_a_content_is_amended(kind: type[io.BytesIO], detached: bool) -> None:
    message = signed(kind=kind, detached=detached)
    out = io.BytesIO()
    other = signers.other().spec()
    cms.amend_stream(io.BytesIO(message), out, lambda around: cms.countersign(around, other))
    found = cms.verify(out.getvalue(), signers.trust(), content=CONTENT if detached else None)
    assert found.content == CONTENT
    assert len(found.signers[0].countersignatures) == 1
    assert SignedMessage.from_der(out.getvalue()).quirks == ()


def test_an_amendment_that_is_no_message() -> None:
    with pytest.raises(DecodeError):
        cms.amend_stream(io.BytesIO(signed()), io.BytesIO(), lambda around: around[:-1])
    with pytest.raises(InvalidTypeError):
        cms.amend_stream(io.BytesIO(signed()), io.BytesIO(), lambda _: None)  # type: ignore[arg-type,return-value]


# ---- encrypting and decrypting --------------------------------------------------------------
CIPHERS = [
    (MessageProfile.GMT0010, ContentCipher.SM4_CBC),
    (MessageProfile.CFCA, ContentCipher.SM4_CBC),
    (MessageProfile.CFCA, ContentCipher.SM4_GCM),
    *((MessageProfile.RFC5652, cipher) for cipher in ContentCipher),
]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("kind", [io.BytesIO, Pipe])
@pytest.mark.parametrize("cipher", [ContentCipher.SM4_CBC, ContentCipher.SM4_GCM])
def test_encrypted_in_a_stream_decrypted_in_both_ways(
    length: int, kind: type[io.BytesIO], cipher: ContentCipher
) -> None:
    content = random.Random(length).randbytes(length)
    message = encrypted(content, kind=kind, profile=MessageProfile.RFC5652, cipher=cipher)
    assert cms.decrypt(message, envelopes.KEYS).content == content
    written, opened = decrypted(message)
    assert written == content
    assert (opened.content_len, opened.cipher, opened.recipient) == (length, cipher, envelopes.PAIR.encryption)
    assert bool(opened.quirks) is (kind is Pipe)


@pytest.mark.parametrize(("profile", "cipher"), CIPHERS, ids=lambda value: value.name)
@pytest.mark.parametrize("kind", [io.BytesIO, Pipe])
@pytest.mark.parametrize("content_type", [None, oids.SIGNED_DATA])
def test_every_cipher(
    profile: MessageProfile, cipher: ContentCipher, kind: type[io.BytesIO], content_type: str | None
) -> None:
    message = encrypted(kind=kind, profile=profile, cipher=cipher, content_type=content_type)
    whole = cms.decrypt(message, envelopes.KEYS)
    written, opened = decrypted(message)
    assert written == whole.content == CONTENT
    assert (opened.variants, opened.content_type) == (whole.variants, whole.content_type)


def test_a_source_whose_length_is_not_what_it_said() -> None:
    class Longer(io.BytesIO):
        def seek(self, offset: int, whence: int = 0, /) -> int:
            return super().seek(offset, whence) - (16 if whence == io.SEEK_END else 0)

    with pytest.raises(InvalidInputError, match="announced were"):
        cms.encrypt_stream(Longer(bytes(32)), io.BytesIO(), [envelopes.PAIR])


@pytest.mark.parametrize("lengths", [(1,), (7, 1, 300), (1 << 17,)])
def test_the_tag_at_the_end_of_the_content(lengths: tuple[int, ...]) -> None:
    gcm = envelopes.parts(envelopes.GCM)
    inner = gcm.encrypted_content_info
    string = segmented(inner.encrypted_content + gcm.mac, lengths, 0xA0)
    content = der.encode_sequence(
        der.encode_oid(inner.content_type), inner.content_encryption_algorithm.to_der(), string
    )
    recipients = der.encode_set_of([info.to_der() for info in gcm.recipient_infos])
    data = der.encode_sequence(der.encode_integer(0), recipients, content)
    message = der.encode_sequence(der.encode_oid(oids.ENVELOPED_DATA), der.encode_explicit(0, data))
    written, opened = decrypted(message)
    assert written == envelopes.CONTENT == cms.decrypt(message, envelopes.KEYS).content
    assert cms.Variant.TAG_IN_CONTENT in opened.variants
    short = message.replace(string, b"\xa0\x80\x04\x05short\0\0")
    with pytest.raises(DecodeError):
        decrypted(short)


BAD_ENVELOPES: dict[str, tuple[Callable[[], bytes], type[GmpkiError]]] = {
    "wrong-tag": (lambda: envelopes.gcm_changed(mac=bytes(16)), DecryptionError),
    "short-tag": (lambda: envelopes.gcm_changed(mac=bytes(8)), DecodeError),
    "wrong-content": (lambda: envelopes.with_content(envelopes.GCM, bytes(50)), DecryptionError),
    "wrong-attributes": (lambda: envelopes.gcm_changed(authenticated_attributes=None), MessageError),
    "wrong-padding": (lambda: envelopes.with_content(envelopes.CBC, bytes(16)), DecryptionError),
    "half-a-block": (lambda: envelopes.with_content(envelopes.CBC, bytes(15)), DecryptionError),
    "nothing": (lambda: envelopes.with_content(envelopes.CBC, b""), DecryptionError),
    "wrong-key": (
        lambda: envelopes.with_key(envelopes.CBC, envelopes.sealed_key(bytes(16))),
        DecryptionError,
    ),
    "key-too-short": (
        lambda: envelopes.with_key(envelopes.CBC, envelopes.sealed_key(bytes(15))),
        DecryptionError,
    ),
    "key-damaged": (
        lambda: envelopes.with_key(envelopes.CBC, envelopes.flipped(envelopes.key_of(envelopes.CBC))),
        DecryptionError,
    ),
    "no-content": (lambda: envelopes.changed(envelopes.CBC, inner={"encrypted_content": None}), MessageError),
    "signed": (signed, MessageError),
}


@pytest.mark.parametrize("name", BAD_ENVELOPES)
def test_bad_envelopes_are_refused_as_in_memory(name: str) -> None:
    make, error = BAD_ENVELOPES[name]
    message = make()
    with pytest.raises(error) as in_memory:
        cms.decrypt(message, envelopes.KEYS)
    with pytest.raises(error) as streamed:
        decrypted(message)
    assert type(streamed.value) is type(in_memory.value)
    if error is DecryptionError:
        assert str(streamed.value) == str(in_memory.value) == DecryptionError.MESSAGE


def test_somebody_elses_envelope() -> None:
    with pytest.raises(NoRecipientError):
        cms.decrypt_stream(io.BytesIO(envelopes.CBC), io.BytesIO(), [(envelopes.OTHER, envelopes.OTHER_KEY)])


# ---- both ---------------------------------------------------------------------------------
@pytest.mark.parametrize("lengths", [(1,), (0, 3), (1000,), (1 << 17, 5)])
def test_segments_of_any_length(lengths: tuple[int, ...]) -> None:
    content = random.Random(1).randbytes(1 << 12 if 1 in lengths or 3 in lengths else 1 << 18)
    message = signed(content, kind=Pipe)
    string = segmented(content, (SEGMENT_LEN,), 0x24)
    assert message.count(string) == 1
    framed = message.replace(string, segmented(content, lengths, 0x24))
    assert verified(framed)[0] == content == cms.verify(framed, SIGNATURES).content


@given(st.data())
def test_changed_messages_are_judged_as_in_memory(data: st.DataObject) -> None:
    changed = bytearray(data.draw(st.sampled_from(MESSAGES)))
    for _ in range(data.draw(st.integers(1, 2))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    message = bytes(changed)
    for whole, streamed in (
        (lambda: cms.verify(SignedMessage.from_der(message), SIGNATURES).content, lambda: verified(message)[0]),
        (lambda: cms.decrypt(message, envelopes.KEYS).content, lambda: decrypted(message)[0]),
    ):
        assert outcome(streamed) == outcome(whole)


def outcome(run: Callable[[], bytes]) -> object:
    """Return what came of it: the content, or what kind of error. Of two faults either may be found first when one is
    in the form of the message and the other in its kind.
    """
    try:
        return run()
    except (MessageError, InvalidInputError):
        return InvalidInputError
    except (DecryptionError, InvalidSignature) as error:
        return type(error)
    except GmpkiError:
        return GmpkiError


MESSAGES = [signed(b"short"), signed(b"short", kind=Pipe), envelopes.CBC, envelopes.GCM, encrypted(b"x", kind=Pipe)]


def test_the_outline_is_bounded() -> None:
    message = der.encode_sequence(
        der.encode_oid(oids.GM_SIGNED_DATA), der.encode_explicit(0, der.encode_octet_string(bytes(17 << 20)))
    )
    for run in (verified, decrypted):
        with pytest.raises(LimitExceeded, match="around the content"):
            run(message)


def test_inputs_of_other_kinds() -> None:
    with pytest.raises(InvalidInputError):
        cms.verify_stream(Pipe(signed()), SIGNATURES)
    with pytest.raises(InvalidTypeError):
        cms.verify_stream(io.BytesIO(signed()), SIGNATURES, lenient=1)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        cms.verify_stream(io.BytesIO(signed()), None)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError):
        cms.sign_stream(io.BytesIO(), io.BytesIO(), [])
    with pytest.raises(InvalidInputError):
        cms.encrypt_stream(io.BytesIO(), io.BytesIO(), [])
    with pytest.raises(InvalidTypeError):
        cms.sign_stream(io.BytesIO(), io.BytesIO(), signers.person().spec(), profile="gmt0010")  # type: ignore[arg-type]
