"""Digests of a content in one pass, and contents that are the attributes of somebody else's signature."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from gmpki import oids
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5652 import Attribute
from gmpki.cms.digests import MAX_ATTRIBUTES_LEN, ContentDigests, is_attributes
from gmpki.errors import InvalidInputError, InvalidTypeError, StateError, UnsupportedAlgorithm

HASHES = ("sm3", "sha256", "sha384", "sha512", "sha1")


def _expected(name: str, data: bytes) -> bytes:
    return sm3.digest(data) if name == "sm3" else hashlib.new(name, data).digest()


@given(pieces=st.lists(st.binary(max_size=300), max_size=8), prefix=st.binary(max_size=40))
def test_pieces_and_the_whole_agree(pieces: list[bytes], prefix: bytes) -> None:
    content = b"".join(pieces)
    running = ContentDigests(HASHES, (prefix,))
    for piece in pieces:
        running.update(piece)
    whole = ContentDigests.of(content)
    for name in HASHES:
        assert running.hash(name) == whole.hash(name) == whole.hash(name) == _expected(name, content)
    assert running.sm3_after(prefix) == whole.sm3_after(prefix) == sm3.digest(prefix + content)
    assert running.size == whole.size == len(content)
    assert running.is_attributes == whole.is_attributes


def test_buffers_of_other_kinds() -> None:
    running = ContentDigests(("sm3",))
    for piece in (bytearray(b"ab"), memoryview(b"cd"), memoryview(b"efgh").cast("H")):
        running.update(piece)
    assert running.hash("sm3") == sm3.digest(b"abcdefgh")
    assert running.size == 8


def test_known_digests() -> None:
    digest = sm3.digest(b"abc")
    assert ContentDigests.known({"sm3": digest}).hash("sm3") == digest
    with pytest.raises(InvalidInputError):
        ContentDigests.known({"sm3": digest}).hash("sha256")
    with pytest.raises(InvalidInputError):
        ContentDigests.known({"sm3": digest[:31]})
    with pytest.raises(UnsupportedAlgorithm):
        ContentDigests.known({"crc32": digest})


def test_what_was_not_announced_is_not_there() -> None:
    running = ContentDigests(("sm3",), (b"z",))
    running.update(b"abc")
    with pytest.raises(InvalidInputError):
        running.hash("sha256")
    with pytest.raises(InvalidInputError):
        running.sm3_after(b"y")
    with pytest.raises(StateError):
        ContentDigests.of(b"abc").update(b"d")


def test_arguments_that_nobody_wants() -> None:
    for digests in hostile.results(ContentDigests.of, (b"",)):
        assert digests.hash("sm3")
    for value in (5, None, "crc32", b"sm3"):
        with pytest.raises((InvalidTypeError, UnsupportedAlgorithm)):
            ContentDigests((value,))  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        ContentDigests().update("text")  # type: ignore[arg-type]


# ---- contents that are attributes -----------------------------------------------------------
TYPE = Attribute(oids.CONTENT_TYPE, (der.encode_oid(oids.DATA),)).to_der()
DIGEST = Attribute(oids.MESSAGE_DIGEST, (der.encode_octet_string(bytes(32)),)).to_der()
OTHER = Attribute(oids.CONTENT_HINT, (der.encode_utf8_string("x"),)).to_der()


@pytest.mark.parametrize(
    "parts",
    [(TYPE, DIGEST), (DIGEST, TYPE), (TYPE,), (DIGEST,), (OTHER, DIGEST), (DIGEST, DIGEST)],
    ids=["both", "unsorted", "type", "digest", "other", "twice"],
)
def test_attributes_are_seen(parts: tuple[bytes, ...]) -> None:
    content = der.encode(der.Tag.SET, b"".join(parts))
    assert is_attributes(content)
    running = ContentDigests()
    for byte in content:
        running.update(bytes((byte,)))
    assert running.is_attributes


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x31",
        b"\x31\x00",
        b"\x31\x80",
        b"1 is the loneliest number",
        der.encode(der.Tag.SET, OTHER),
        der.encode(der.Tag.SET, TYPE + DIGEST)[:-1],
        der.encode(der.Tag.SET, TYPE + DIGEST) + b"\n",
        der.encode(der.Tag.SEQUENCE, TYPE + DIGEST),
        TYPE + DIGEST,
    ],
    ids=["empty", "tag", "empty-set", "indefinite", "text", "other", "cut", "longer", "sequence", "bare"],
)
def test_other_contents_are_not(content: bytes) -> None:
    assert not is_attributes(content)


def test_a_long_content_costs_no_memory() -> None:
    huge = Attribute(oids.CONTENT_HINT, (der.encode_octet_string(bytes(MAX_ATTRIBUTES_LEN)),)).to_der()
    content = der.encode(der.Tag.SET, TYPE + huge)
    running = ContentDigests()
    running.update(content)
    assert not running.is_attributes
    assert not is_attributes(content)
    fits = Attribute(oids.CONTENT_HINT, (der.encode_octet_string(bytes(MAX_ATTRIBUTES_LEN // 2)),)).to_der()
    running = ContentDigests()
    whole: Any = memoryview(der.encode(der.Tag.SET, TYPE + fits))
    for start in range(0, len(whole), 1 << 16):
        running.update(whole[start : start + (1 << 16)])
    assert running.is_attributes


def test_more_attributes_than_anybody_signs() -> None:
    crowd = b"".join(Attribute(oids.find(f"1.2.3.{number}"), (der.encode_null(),)).to_der() for number in range(300))
    assert not is_attributes(der.encode(der.Tag.SET, crowd + TYPE))
