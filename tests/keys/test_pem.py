"""PEM: strict inside a block, tolerant around it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import DecodeError, InvalidInputError
from gmpki.keys.pem import PEMBlock, is_pem, read_pem, write_pem

DATA = bytes(range(100))
BLOCK = write_pem("PRIVATE KEY", DATA)


def test_form() -> None:
    lines = BLOCK.split(b"\n")
    assert lines[0] == b"-----BEGIN PRIVATE KEY-----"
    assert [len(line) for line in lines[1:-2]] == [64, 64, 8]
    assert lines[-2:] == [b"-----END PRIVATE KEY-----", b""]


@given(st.binary(max_size=300))
def test_round_trip(data: bytes) -> None:
    assert read_pem(write_pem("A LABEL", data)) == (PEMBlock("A LABEL", data),)


@pytest.mark.parametrize(
    "text",
    [
        BLOCK.replace(b"\n", b"\r\n"),
        BLOCK.replace(b"\n", b"\r"),
        BLOCK.rstrip(),
        b"\xef\xbb\xbf" + BLOCK,
        b"Bag Attributes\n    friendlyName: \xe5\x9b\xbd\xe5\xaf\x86\n" + BLOCK + b"\nthe end",
        BLOCK.replace(b"\n", b"  \n"),
        BLOCK.replace(b"\n", b"\n\n"),
        b"\n\n" + BLOCK,
        b"-----BEGIN PRIVATE KEY-----\n" + base64.b64encode(DATA) + b"\n-----END PRIVATE KEY-----",
    ],
)
def test_surroundings_and_line_ends_are_let_through(text: bytes) -> None:
    assert read_pem(text) == (PEMBlock("PRIVATE KEY", DATA),)


def test_several_blocks() -> None:
    blocks = read_pem(b"one\n" + write_pem("A", b"1") + b"two\n" + write_pem("B", b"2"))
    assert [(block.label, block.data) for block in blocks] == [("A", b"1"), ("B", b"2")]
    assert read_pem(b"no block") == ()
    assert not is_pem(b"no block")


def test_headers() -> None:
    text = b"-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: SM4-CBC,\n 00FF\n\nAAEC\n-----END X-----\n"
    (block,) = read_pem(text)
    assert block.headers == ("Proc-Type: 4,ENCRYPTED", "DEK-Info: SM4-CBC,", "00FF")
    assert block.data == b"\x00\x01\x02"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"-----BEGIN A-----\nAAEC\n", "no END line"),
        (b"-----BEGIN A-----\nAAEC\n-----BEGIN A-----\nAAEC\n-----END A-----", "no END line"),
        (b"-----BEGIN A-----\nAAEC\n-----END B-----", "closed by END 'B'"),
        (b"AAEC\n-----END A-----", "without its BEGIN"),
        (b"-----BEGIN A----\nAAEC\n-----END A-----", "not complete"),
        (b"-----BEGIN -----\nAAEC\n-----END -----", "not complete"),
        (b"-----BEGIN \xc3\xa9-----\nAAEC\n", "not complete"),
        (b"-----BEGIN A-----\nAAE\n-----END A-----", "not base64"),
        (b"-----BEGIN A-----\nAAEC=\n-----END A-----", "not base64"),
        (b"-----BEGIN A-----\nAA==AAEC\n-----END A-----", "not base64"),
        (b"-----BEGIN A-----\nAB==\n-----END A-----", "not base64"),
        (b"-----BEGIN A-----\nAA-_\n-----END A-----", "not base64"),
        (b"-----BEGIN A-----\nAA EC\n-----END A-----", "not base64"),
        (b"-----BEGIN A-----\nAAEC\nName: value\n-----END A-----", "not base64"),
        (b"-----BEGIN A-----\nAAEC-----END A-----", "no END line"),
    ],
)
def test_bad_pem_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(DecodeError, match=words):
        read_pem(text)


def test_offset_of_the_block() -> None:
    with pytest.raises(DecodeError) as caught:
        read_pem(b"hello\r\n-----BEGIN A-----\n!\n-----END A-----")
    assert caught.value.offset == 7


@pytest.mark.parametrize("label", ["", "A-B", "A\nB", "密钥"])
def test_bad_labels(label: str) -> None:
    with pytest.raises(InvalidInputError):
        write_pem(label, b"")


def test_data_is_not_shown() -> None:
    assert "secret" not in repr(PEMBlock("A", b"secret"))


@given(
    st.binary(max_size=200)
    | st.lists(st.sampled_from([b"-----BEGIN A-----", b"-----END A-----", b"AAEC", b"", b"x: y"]), max_size=8).map(
        b"\n".join
    )
)
def test_arbitrary_text(text: bytes) -> None:
    try:
        blocks = read_pem(text)
    except DecodeError:
        return
    assert all(isinstance(block.data, bytes) for block in blocks)
