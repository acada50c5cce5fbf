"""Reading any message: the wrapping, the kinds, BER framing, and what is refused."""

from __future__ import annotations

import base64
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from asn1.message_samples import AUTH_MESSAGE, ENCRYPTED, ENVELOPE, MESSAGE, SAMPLES, SIGNER, SM3
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0010 import KeyAgreementInfo, SignedAndEnvelopedData
from gmpki.asn1.quirks import BER_FRAMING, QuirkKind
from gmpki.asn1.rfc5652 import ContentInfo, EncryptedData
from gmpki.cms.message import MAX_MESSAGE_LEN, PEM_LABELS, Message, read_message
from gmpki.cms.profiles import MessageKind
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded
from gmpki.keys.pem import write_pem


def framed(kind: str, content: bytes | None) -> bytes:
    return ContentInfo(oids.find(kind), content).to_der()


SIGNED = framed(oids.GM_SIGNED_DATA, MESSAGE.to_der())
ENVELOPED = framed(oids.GM_ENVELOPED_DATA, ENVELOPE.to_der())


def first(kind: type) -> Any:
    return next(sample for sample in SAMPLES if isinstance(sample, kind))


KINDS = [
    (oids.GM_SIGNED_DATA, MESSAGE),
    (oids.SIGNED_DATA, MESSAGE),
    (oids.GM_ENVELOPED_DATA, ENVELOPE),
    (oids.ENVELOPED_DATA, ENVELOPE),
    (oids.GM_ENCRYPTED_DATA, EncryptedData(1, ENCRYPTED)),
    (oids.AUTH_ENVELOPED_DATA, AUTH_MESSAGE),
    (oids.GM_SIGNED_AND_ENVELOPED_DATA, first(SignedAndEnvelopedData)),
    (oids.SIGNED_AND_ENVELOPED_DATA, first(SignedAndEnvelopedData)),
    (oids.GM_KEY_AGREEMENT_INFO, first(KeyAgreementInfo)),
]


@pytest.mark.parametrize(("kind", "content"), KINDS, ids=[kind.name for kind, _ in KINDS])
def test_kinds(kind: oids.ObjectIdentifier, content: Any) -> None:
    data = framed(kind, content.to_der())
    message = read_message(data)
    assert message.content_info.content_type is kind
    assert message.content_info.content == content.to_der()
    assert message.kind is MessageKind.of(kind)
    assert message.content == type(content).from_der(content.to_der())
    assert message.quirks == ()


def test_data_and_other_types() -> None:
    assert read_message(framed(oids.DATA, der.encode_octet_string(b"hi"))).content == b"hi"
    for kind in (oids.DATA, oids.GM_SIGNED_DATA, oids.find("1.2.156.99999")):
        absent = read_message(framed(kind, None))
        assert (absent.content, absent.content_info.content) == (None, None)
    unknown = read_message(framed("1.2.156.99999", der.encode_sequence()))
    assert (unknown.kind, unknown.content, unknown.content_info.content) == (None, None, b"\x30\x00")
    with pytest.raises(DecodeError, match="OCTET STRING expected"):
        read_message(framed(oids.DATA, der.encode_sequence()))


@pytest.mark.parametrize("label", PEM_LABELS)
def test_wrapping(label: str) -> None:
    expected = read_message(SIGNED)
    for data in (
        bytearray(SIGNED),
        write_pem(label, SIGNED),
        base64.encodebytes(SIGNED),
        b"text\n" + write_pem(label, SIGNED),
    ):
        assert read_message(data) == expected


def test_wrong_wrapping() -> None:
    with pytest.raises(InvalidInputError, match="has no message; it has 'CERTIFICATE'"):
        read_message(write_pem("CERTIFICATE", SIGNED))
    with pytest.raises(InvalidInputError, match="2 PEM blocks"):
        read_message(write_pem("CMS", SIGNED) * 2)
    for data in (b"", b"   ", b"no message", b"\x00" * 10):
        with pytest.raises(InvalidInputError, match="expected a message as PEM, DER or base64"):
            read_message(data)
    with pytest.raises(DecodeError, match="no END line"):
        read_message(write_pem("CMS", SIGNED)[:-20])
    with pytest.raises(InvalidTypeError, match="binary mode"):
        read_message("text")  # type: ignore[arg-type]


def test_too_long() -> None:
    with pytest.raises(LimitExceeded):
        read_message(SIGNED, max_len=len(SIGNED) - 1)
    assert read_message(SIGNED, max_len=len(SIGNED)).kind is MessageKind.SIGNED_DATA
    with pytest.raises(LimitExceeded):
        read_message(bytes(MAX_MESSAGE_LEN + 1))


# ---- BER ----------------------------------------------------------------------------------
def indefinite(data: bytes, *, pieces: int = 0) -> bytes:
    """Frame every constructed element anew with an indefinite length; cut OCTET STRINGs into pieces of a size."""
    out = b""
    reader = der.Reader(data)
    while not reader.at_end():
        tag = reader.peek() or 0
        element = reader.exact(tag)
        contents = element[der.Reader(element).inside(tag).offset :]
        if tag & 0x20:
            out += bytes((tag, 0x80)) + indefinite(contents, pieces=pieces) + bytes(2)
        elif pieces and tag in (0x04, 0x80):
            segments = [der.encode_octet_string(contents[at : at + pieces]) for at in range(0, len(contents), pieces)]
            out += bytes((tag | 0x20, 0x80)) + b"".join(segments) + bytes(2)
        else:
            out += element
    return out


@pytest.mark.parametrize(("kind", "content"), KINDS, ids=[kind.name for kind, _ in KINDS])
def test_ber_framing_is_always_taken(kind: oids.ObjectIdentifier, content: Any) -> None:
    data = framed(kind, content.to_der())
    expected = read_message(data)
    message = read_message(indefinite(data))
    assert message[:3] == expected[:3]
    assert {quirk.kind for quirk in message.quirks} == {QuirkKind.INDEFINITE_LENGTH}
    assert message.quirks[0].times > 3


def test_segments() -> None:
    for data, content in ((SIGNED, MESSAGE.encap_content_info.content), (ENVELOPED, ENCRYPTED.encrypted_content)):
        cut = read_message(indefinite(data, pieces=3))
        assert cut[1:3] == read_message(data)[1:3]
        assert {quirk.kind for quirk in cut.quirks} == {QuirkKind.INDEFINITE_LENGTH, QuirkKind.CONSTRUCTED_STRING}
        assert content is not None


@given(pieces=st.integers(0, 40), cut=st.integers(0, 10_000), value=st.integers(0, 255))
def test_broken_ber(pieces: int, cut: int, value: int) -> None:
    """A truncated message is refused, a changed one is read or refused, and no other error leaves."""
    data = bytearray(indefinite(ENVELOPED, pieces=pieces))
    with pytest.raises(GmpkiError):
        read_message(bytes(data[: cut % len(data)]))
    data[cut % len(data)] = value
    with contextlib.suppress(GmpkiError):
        read_message(data, lenient=True)
    with contextlib.suppress(GmpkiError):
        met = {quirk.kind for quirk in read_message(data).quirks}
        assert met <= BER_FRAMING | {QuirkKind.NULL_PARAMETERS}


def test_long_lengths_and_unsorted_sets() -> None:
    long = b"\x30\x84" + (len(SIGNED) - der.Reader(SIGNED).sequence().offset).to_bytes(4, "big")
    message = read_message(long + SIGNED[der.Reader(SIGNED).sequence().offset :])
    assert [quirk.kind for quirk in message.quirks] == [QuirkKind.LONG_LENGTH]
    assert message.content == MESSAGE


def test_other_departures_are_for_lenient_reading() -> None:
    attribute = der.encode_sequence(der.encode_oid("1.2.3"), der.encode(0x31, b"\x01\x01\x01"))
    signer = der.encode_sequence(*_parts(SIGNER.to_der()), der.encode(0xA1, attribute))
    content = der.encode_sequence(*_parts(MESSAGE.to_der())[:-1], der.encode_set_of([signer]))
    data = framed(oids.GM_SIGNED_DATA, content)
    for wrong in (data, indefinite(data)):
        with pytest.raises(DecodeError):
            read_message(wrong)
        assert QuirkKind.BOOLEAN in {quirk.kind for quirk in read_message(wrong, lenient=True).quirks}
    with pytest.raises(DecodeError, match="not accepted unless reading is lenient: boolean"):
        read_message(indefinite(data))


def _parts(encoded: bytes) -> list[bytes]:
    found = []
    reader = der.Reader(encoded).sequence()
    while not reader.at_end():
        found.append(reader.exact(reader.peek() or 0))
    return found


def test_the_error_names_the_place() -> None:
    broken = SIGNED.replace(SM3.to_der(), SM3.to_der()[:-1] + b"\x80", 1)
    with pytest.raises(DecodeError) as caught:
        read_message(broken)
    assert caught.value.path[:2] == ("ContentInfo", "content")
    assert caught.value.offset is not None
    truncated = indefinite(SIGNED)[:-2]
    with pytest.raises(DecodeError, match="header of an element"):  # of BER, not that it is no DER
        read_message(truncated)


def test_hostile_framing() -> None:
    """Depth is bounded, whatever the framing; the number of elements is in the table of bad input."""
    deep = framed(oids.DATA, b"\x24\x80" * 100_000)
    for data in (deep, b"\x30\x80" * 100_000, b"\xa0\x80" * 1000):
        with pytest.raises(InvalidInputError):
            read_message(data)


def test_hostile_values() -> None:
    for result in hostile.results(lambda data, lenient: read_message(data, lenient=lenient), (SIGNED, False)):
        assert isinstance(result, Message)
