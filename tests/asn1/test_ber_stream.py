"""Content found in streams: the outline and the content together are the message, however it is framed."""

from __future__ import annotations

import contextlib
import io
import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki import oids
from gmpki.asn1 import ber_stream, der
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.ber_stream import CHUNK_LEN, MessageStream, Outline
from gmpki.asn1.ber_writer import (
    END_OF_CONTENTS,
    SEGMENT_LEN,
    MessageFrame,
    MessageWriter,
    SegmentWriter,
    definite_header,
    indefinite_header,
)
from gmpki.asn1.quirks import QuirkKind
from gmpki.errors import DecodeError, GmpkiError, InvalidInputError, InvalidTypeError, LimitExceeded

TYPE = "1.2.156.10197.6.1.4.2.2"
OID = der.encode_oid(TYPE)
INNER_OID = der.encode_oid("1.2.156.10197.6.1.4.2.1")
VERSION = der.encode_integer(1)
ALGORITHMS = der.encode_set_of([der.encode_sequence(der.encode_oid("1.2.156.10197.1.401"), der.encode_null())])
SIGNERS = der.encode_set_of([der.encode_sequence(VERSION)])
CERTIFICATES = der.encode(0xA0, der.encode_sequence(b"\x04\x03abc"))


def element(tag: int, content: bytes, *, indefinite: bool = False) -> bytes:
    return bytes((tag, 0x80)) + content + b"\0\0" if indefinite else der.encode(tag, content)


def explicit(content: bytes, *, indefinite: int = 0, after: bytes = b"") -> bytes:
    """Frame content as signed data does; the bits of ``indefinite`` choose the levels of indefinite length."""
    bits = [bool(indefinite >> level & 1) for level in range(5)]
    wrapped = element(0xA0, content, indefinite=bits[0]) if content else b""
    encapsulated = element(0x30, INNER_OID + wrapped + after, indefinite=bits[1])
    inner = VERSION + ALGORITHMS + encapsulated + CERTIFICATES + SIGNERS
    signed = element(0x30, inner, indefinite=bits[2])
    return element(0x30, OID + element(0xA0, signed, indefinite=bits[3]), indefinite=bits[4])


def implicit(content: bytes, *, indefinite: int = 0) -> bytes:
    bits = [bool(indefinite >> level & 1) for level in range(4)]
    encrypted = element(0x30, INNER_OID + der.encode_sequence(INNER_OID) + content, indefinite=bits[0])
    enveloped = element(0x30, VERSION + ALGORITHMS + encrypted + der.encode(0xA1, b""), indefinite=bits[1])
    return element(0x30, OID + element(0xA0, enveloped, indefinite=bits[2]), indefinite=bits[3])


def read(message: bytes, **how: bool) -> tuple[Outline, bytes]:
    stream = MessageStream(io.BytesIO(message))
    outline = stream.outline(implicit=how.get("implicit", False))
    content = b"" if outline.content is None else b"".join(stream.content(outline.content))
    return outline, content


def segments(data: bytes, cuts: list[int], *, tag: int = 0x24, indefinite: bool = False) -> bytes:
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parts = b"".join(der.encode(0x04, data[a:b]) for a, b in itertools.pairwise(edges))
    return element(tag, parts, indefinite=indefinite)


# ---- reading ----------------------------------------------------------------------------
@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5), st.integers(0, 31), st.booleans())
def test_explicit_content(data: bytes, cuts: list[int], indefinite: int, segment_indefinite: bool) -> None:
    message = explicit(segments(data, cuts, indefinite=segment_indefinite), indefinite=indefinite)
    outline, content = read(message)
    assert content == data
    assert outline.encoded == explicit(b"")
    assert outline.content is not None
    assert outline.content.indefinite is segment_indefinite
    framing = {quirk.kind for quirk in ber_to_der(message).quirks}
    assert {quirk.kind for quirk in outline.quirks} == framing


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5), st.integers(0, 15), st.booleans())
def test_implicit_content(data: bytes, cuts: list[int], indefinite: int, segment_indefinite: bool) -> None:
    string = segments(data, cuts, tag=0xA0, indefinite=segment_indefinite)
    outline, content = read(implicit(string, indefinite=indefinite), implicit=True)
    assert content == data
    assert outline.encoded == implicit(b"")
    assert QuirkKind.CONSTRUCTED_STRING in {quirk.kind for quirk in outline.quirks}


def test_der_has_no_quirks() -> None:
    for message, how in ((explicit(der.encode(4, b"abc")), False), (implicit(der.encode(0x80, b"abc")), True)):
        outline, content = read(message, implicit=how)
        assert content == b"abc"
        assert outline.quirks == ()


@pytest.mark.parametrize("length", [0, 1, CHUNK_LEN - 1, CHUNK_LEN, CHUNK_LEN + 1, 2 * CHUNK_LEN + 7])
@pytest.mark.parametrize("segment_len", [None, 1000, 70_000, CHUNK_LEN + 1])
def test_pieces_are_bounded(length: int, segment_len: int | None) -> None:
    data = bytes(range(251)) * (length // 251 + 1)
    data = data[:length]
    string = der.encode(4, data)
    if segment_len is not None:
        string = segments(data, list(range(segment_len, length, segment_len)), indefinite=True)
    stream = MessageStream(io.BytesIO(explicit(string)))
    place = stream.outline(implicit=False).content
    assert place is not None
    pieces = list(stream.content(place))
    assert b"".join(pieces) == data
    assert all(0 < len(piece) <= CHUNK_LEN for piece in pieces)


def test_a_message_begins_where_the_stream_stands() -> None:
    source = io.BytesIO(b"before" + explicit(der.encode(4, b"abc")))
    source.seek(6)
    stream = MessageStream(source)
    assert stream.content_type == TYPE
    assert stream.encoded_len == len(source.getvalue()) - 6
    place = stream.outline(implicit=False).content
    assert place is not None
    assert place.encoded_len == 3
    assert b"".join(stream.content(place)) == b"abc"


def test_segments_inside_segments() -> None:
    inner = element(0x24, b"\x04\x01b" + element(0x24, b"\x04\x01c", indefinite=True))
    assert read(explicit(element(0x24, b"\x04\x01a" + inner + b"\x04\x00\x04\x01d", indefinite=True)))[1] == b"abcd"


def test_detached_and_other_content_stay_in_the_outline() -> None:
    for message in (explicit(b""), explicit(der.encode_sequence(VERSION)), implicit(b"")):
        assert read(message) == ((message, None, ()), b"")


def test_elements_beside_the_way_are_copied_as_they_are() -> None:
    certificates = b"\xa0\x80\x30\x80\x04\x81\x01a\0\0\0\0"
    message = explicit(der.encode(4, b"abc")).replace(CERTIFICATES, certificates)
    message = element(0x30, OID + element(0xA0, b"\x30\x80" + message[message.index(VERSION) :] + b"\0\0"))
    outline, content = read(message)
    assert content == b"abc"
    assert certificates in outline.encoded
    assert ber_to_der(outline.encoded, sort_sets=False).der.endswith(SIGNERS)


def test_a_long_length_is_reported() -> None:
    outline, content = read(explicit(b"\x04\x83\x00\x00\x03abc"))
    assert content == b"abc"
    assert [quirk.kind for quirk in outline.quirks] == [QuirkKind.LONG_LENGTH]


def deep(levels: int) -> bytes:
    return b"\x24\x80" * levels + b"\0\0" * levels


GOOD = explicit(der.encode(4, b"abc"))
WRAPPED = element(0xA0, der.encode(4, b"abc"))
OPEN = explicit(segments(b"abcdef", [3], indefinite=True), indefinite=31)
BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "ends inside the header"),
    "one-byte": (b"\x30", "ends inside the header"),
    "not-a-sequence": (b"\x31" + GOOD[1:], "begins with a SEQUENCE"),
    "no-oid": (b"\x30\x03\x02\x01\x01", "an OBJECT IDENTIFIER expected, INTEGER found"),
    "empty-oid": (b"\x30\x02\x06\x00", "OBJECT IDENTIFIER"),
    "endless-oid": (element(0x30, element(0x06, b"\x81" * 5000)), "OBJECT IDENTIFIER"),
    "too-many-bytes": (GOOD + b"\0", "1 bytes too many"),
    "too-many-bytes-indefinite": (OPEN + b"\x05\x00", "2 bytes too many"),
    "longer-than-the-stream": (GOOD[:-1], "are left"),
    "end-mark-missing": (OPEN[:-2], "ends inside the header"),
    "half-an-end-mark": (OPEN[:-1], "ends inside the header"),
    "end-mark-in-definite": (explicit(b"\0\0" + der.encode(4, b"abc")), "an end-of-contents mark where none belongs"),
    "content-twice": (explicit(der.encode(4, b"abc") * 2), "a second time"),
    "wrapper-twice": (explicit(der.encode(4, b"abc"), after=element(0xA0, der.encode(4, b"x"))), "a second time"),
    "wrapper-before-the-type": (GOOD.replace(INNER_OID + WRAPPED, WRAPPED + INNER_OID), "out of its place"),
    "more-in-the-wrapper": (explicit(der.encode(4, b"abc") + der.encode_null()), "more than one element"),
    "length-of-nine-bytes": (b"\x30\x89" + b"\0" * 8 + b"\x05" + GOOD[2:], "a length of 9 bytes"),
    "long-tag": (b"\x30\x80\x1f\x01\x00", "an OBJECT IDENTIFIER expected|tag numbers above 30"),
    "primitive-indefinite": (explicit(b"\x04\x80abc\0\0"), "a primitive element of indefinite length"),
    "other-segments": (explicit(b"\x24\x80\x0c\x01a\0\0"), "UTF8String as a segment"),
    "other-segments-definite": (explicit(element(0x24, b"\x0c\x01a")), "UTF8String as a segment"),
    "segment-too-long": (explicit(b"\x24\x03\x04\x02a"), "where 1 are left"),
    "segments-too-deep": (explicit(deep(33)), "nested too deeply"),
    "beside-too-deep": (OPEN[:-8] + b"\xa1\x80" * 40 + b"\0\0" * 44, "nested too deeply"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_framing(name: str) -> None:
    message, match = BAD[name]
    with pytest.raises(DecodeError, match=match):
        read(message)


@pytest.mark.parametrize("order", [(0, 2, 1), (2, 0, 1)], ids=["before the algorithm", "before the type"])
def test_encrypted_content_stands_behind_its_algorithm(order: tuple[int, ...]) -> None:
    """The outline looks the same wherever the content was."""
    parts = (INNER_OID, der.encode_sequence(INNER_OID), der.encode(0x80, b"abc"))
    good = implicit(parts[2])
    assert read(good, implicit=True)[1] == b"abc"
    changed = good.replace(b"".join(parts), b"".join(parts[index] for index in order))
    assert len(changed) == len(good)
    with pytest.raises(DecodeError, match="out of its place"):
        read(changed, implicit=True)


@pytest.mark.parametrize("message", [GOOD, OPEN], ids=["definite", "indefinite"])
def test_every_truncation_is_refused(message: bytes) -> None:
    for length in range(len(message)):
        with pytest.raises(DecodeError):
            read(message[:length])


@given(st.binary(max_size=100), st.booleans())
def test_only_our_errors(data: bytes, how: bool) -> None:
    with contextlib.suppress(GmpkiError):
        read(b"\x30\x80" + OID + data, implicit=how)


@given(st.sampled_from([GOOD, OPEN]), st.data())
def test_changed_bytes_raise_only_our_errors(message: bytes, data: st.DataObject) -> None:
    changed = bytearray(message)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(GmpkiError):
        read(bytes(changed))


def test_the_outline_is_bounded() -> None:
    message = explicit(der.encode(4, bytes(100)))
    stream = MessageStream(io.BytesIO(message), max_outline_len=20)
    with pytest.raises(LimitExceeded, match="more than 20 bytes around the content"):
        stream.outline(implicit=False)
    with pytest.raises(InvalidTypeError):
        MessageStream(io.BytesIO(message), max_outline_len="20")  # type: ignore[arg-type]


@pytest.mark.once
@pytest.mark.parametrize("elements", [b"\x05\x00" * 65, b"\x31\x80" + b"\x05\x00" * 1_000_001 + b"\x00\x00"])
def test_the_elements_of_the_outline_are_bounded(elements: bytes) -> None:
    """Each of millions of tiny elements would take ten times its length in memory."""
    stream = MessageStream(io.BytesIO(der.encode_sequence(der.encode_oid(oids.SIGNED_DATA), elements)))
    with pytest.raises(LimitExceeded, match="elements around the content"):
        stream.outline(implicit=False)


def test_a_stream_that_cannot_be_sought_is_refused() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    with pytest.raises(InvalidInputError, match="must be seekable"):
        MessageStream(Pipe(GOOD))


def test_a_stream_that_becomes_shorter_is_noticed() -> None:
    source = io.BytesIO(explicit(der.encode(4, bytes(3 * CHUNK_LEN))))
    stream = MessageStream(source)
    place = stream.outline(implicit=False).content
    assert place is not None
    pieces = stream.content(place)
    next(pieces)
    source.truncate(2 * CHUNK_LEN)
    with pytest.raises(DecodeError, match="the stream ends before the message does"):
        list(pieces)


def test_a_stream_that_gives_less_than_asked_is_read_on() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 1000))

    data = bytes(range(250)) * 300
    stream = MessageStream(Slow(explicit(der.encode(4, data))))
    place = stream.outline(implicit=False).content
    assert place is not None
    assert b"".join(stream.content(place)) == data


@pytest.mark.once
def test_tiny_segments_take_linear_time() -> None:
    def seconds(count: int) -> float:
        message = explicit(element(0x24, b"\x04\x01a" * count, indefinite=True))
        began = time.process_time()
        assert read(message)[1] == b"a" * count
        return time.process_time() - began

    few = min(seconds(10_000) for _ in range(3))
    assert seconds(80_000) < 8 * 4 * few


def test_what_is_read_at_once_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            asked.append(size or 0)
            return super().read(size)

    monkeypatch.setattr(ber_stream, "CHUNK_LEN", 1 << 18)
    stream = MessageStream(Counting(explicit(der.encode(4, bytes(1 << 20)))))
    place = stream.outline(implicit=False).content
    assert place is not None
    assert sum(map(len, stream.content(place))) == 1 << 20
    assert min(asked) >= 0
    assert max(asked) == 1 << 18


# ---- writing ----------------------------------------------------------------------------
@given(st.lists(st.binary(max_size=2000), max_size=6), st.integers(1, 700))
def test_segments_written(pieces: list[bytes], segment_len: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gmpki.asn1.ber_writer.SEGMENT_LEN", segment_len)
        out = io.BytesIO()
        with SegmentWriter(out) as content:
            assert [content.write(piece) for piece in pieces] == [len(piece) for piece in pieces]
    data = b"".join(pieces)
    assert ber_to_der(out.getvalue()).der == der.encode(4, data)
    assert out.getvalue().count(definite_header(4, segment_len)) >= len(data) // segment_len


def test_segments_are_written_as_they_fill() -> None:
    out = io.BytesIO()
    content = SegmentWriter(out, tag=0xA0)
    content.write(bytearray(SEGMENT_LEN - 1))
    assert out.getvalue() == b"\xa0\x80"
    content.write(memoryview(b"abc"))
    assert len(out.getvalue()) == 2 + 5 + SEGMENT_LEN
    content.close()
    assert out.getvalue().endswith(b"\x04\x02bc" + END_OF_CONTENTS)


def test_what_fails_inside_is_not_closed() -> None:
    out = io.BytesIO()

    def fail() -> None:
        with SegmentWriter(out) as content:
            content.write(b"abc")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert out.getvalue() == b"\x24\x80"


@pytest.mark.parametrize("length", [0, 127, 128, 255, 256, 65535, 1 << 24])
def test_definite_headers_are_those_of_der(length: int) -> None:
    assert definite_header(0x30, length) + bytes(length) == der.encode(0x30, bytes(length))


def test_definite_headers_of_what_is_not_in_memory() -> None:
    assert definite_header(4, 1 << 40).hex() == "0486010000000000"


@pytest.mark.parametrize(("tag", "length"), [(-1, 0), (256, 0), (4, -1), (4, 1 << 63)])
def test_definite_headers_refused(tag: int, length: int) -> None:
    with pytest.raises(InvalidInputError):
        definite_header(tag, length)


@pytest.mark.parametrize("tag", [0x04, 0x80, 0x100, "4", None])
def test_indefinite_headers_refused(tag: int) -> None:
    with pytest.raises(InvalidInputError):
        indefinite_header(tag)


@pytest.mark.parametrize("data", ["abc", None, 3])
def test_content_of_another_type_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidTypeError):
        SegmentWriter(io.BytesIO()).write(data)


AFTER = CERTIFICATES + SIGNERS
SIGNED = MessageFrame(TYPE, VERSION + ALGORITHMS, INNER_OID, implicit=False)
ENVELOPED = MessageFrame(TYPE, VERSION + ALGORITHMS, INNER_OID + der.encode_sequence(INNER_OID), implicit=True)


@given(st.lists(st.binary(max_size=200), max_size=4), st.booleans(), st.booleans())
def test_messages_written(pieces: list[bytes], implicit_content: bool, known: bool) -> None:
    frame, after = (ENVELOPED, der.encode(0xA1, b"")) if implicit_content else (SIGNED, AFTER)
    data = b"".join(pieces)
    out = io.BytesIO()
    writer = MessageWriter(out, frame, lengths=(len(data), len(after)) if known else None)
    assert [writer.write(piece) for piece in pieces] == [len(piece) for piece in pieces]
    writer.finish(after)
    outline, content = read(out.getvalue(), implicit=implicit_content)
    assert content == data
    assert outline.encoded == (implicit(b"") if implicit_content else explicit(b""))
    expected = implicit(der.encode(0x80, data)) if implicit_content else explicit(der.encode(4, data))
    if known:
        assert out.getvalue() == expected
    elif not implicit_content:
        assert ber_to_der(out.getvalue(), sort_sets=False).der == expected


@pytest.mark.parametrize("lengths", [(2, len(AFTER)), (4, len(AFTER)), (3, len(AFTER) - 1), (3, 0)])
def test_lengths_that_are_not_kept(lengths: tuple[int, int]) -> None:
    writer = MessageWriter(io.BytesIO(), SIGNED, lengths=lengths)
    writer.write(b"abc")
    with pytest.raises(InvalidInputError, match="announced were"):
        writer.finish(AFTER)


@pytest.mark.parametrize("lengths", [(-1, 0), (0, -1), (1 << 63, 0), ("3", 0), (3, None)])
def test_lengths_that_are_none(lengths: tuple[int, int]) -> None:
    with pytest.raises(InvalidInputError):
        MessageWriter(io.BytesIO(), SIGNED, lengths=lengths)


def test_a_type_that_is_none() -> None:
    with pytest.raises(InvalidInputError):
        MessageWriter(io.BytesIO(), SIGNED._replace(content_type="abc"))
