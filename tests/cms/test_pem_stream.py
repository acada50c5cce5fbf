"""PEM in pieces is the PEM of the whole."""

from __future__ import annotations

import base64
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.cms import pem_stream
from gmpki.cms.message import PEM_LABELS
from gmpki.cms.pem_stream import PEMWriter, decoded
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError
from gmpki.keys import pem
from streams import Pipe

MESSAGE = b"\x30\x80" + bytes(range(256)) * 5


def read(data: bytes, kind: type[io.BytesIO] = io.BytesIO) -> bytes:
    with decoded(kind(data)) as stream:
        assert stream.seekable()
        return stream.read()


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_written_as_the_whole(pieces: list[bytes]) -> None:
    out = io.BytesIO()
    with PEMWriter(out) as writer:
        assert [writer.write(piece) for piece in pieces] == [len(piece) for piece in pieces]
    assert out.getvalue() == pem.write_pem("CMS", b"".join(pieces))


@given(st.binary(max_size=500), st.integers(1, 300), st.sampled_from(PEM_LABELS), st.booleans())
def test_read_in_pieces(data: bytes, chunk_len: int, label: str, piped: bool) -> None:
    data = b"\x30\x80" + data
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pem_stream, "CHUNK_LEN", chunk_len)
        patch.setattr(pem_stream, "_HEAD_LEN", 100)
        assert read(pem.write_pem(label, data), Pipe if piped else io.BytesIO) == data


@pytest.mark.parametrize("kind", [io.BytesIO, Pipe])
def test_forms_of_one_message(kind: type[io.BytesIO]) -> None:
    text = pem.write_pem("PKCS7", MESSAGE)
    for form in (
        MESSAGE,
        text,
        b"subject: example\n" + text,
        text.replace(b"\n", b"\r\n"),
        text.replace(b"\n", b" \t\n") + b"\n\n",
        base64.b64encode(MESSAGE),
        base64.encodebytes(MESSAGE),
    ):
        assert read(form, kind) == MESSAGE


def test_a_stream_stays_where_it_stands() -> None:
    stream = io.BytesIO(b"before" + MESSAGE)
    stream.seek(6)
    with decoded(stream) as found:
        assert found is stream
        assert found.read() == MESSAGE


@pytest.mark.parametrize("data", [b"", b"\x30", b"hello", bytes(range(200))])
def test_what_is_no_text_of_a_message_passes_as_it_is(data: bytes) -> None:
    assert read(data) == data
    assert read(data, Pipe) == data


TEXT = pem.write_pem("CMS", MESSAGE)
BAD: dict[str, bytes] = {
    "no-end": TEXT[: TEXT.index(b"-----END")],
    "half-an-end": TEXT[:-8],
    "end-of-another": TEXT.replace(b"END CMS", b"END PKCS7"),
    "another-label": pem.write_pem("CERTIFICATE", MESSAGE),
    "behind-the-end": TEXT + b"more\n",
    "two-blocks": TEXT + TEXT,
    "a-character-less": TEXT.replace(b"A", b"", 1),
    "foreign-character": TEXT.replace(b"A", b"*", 1),
    "padding-inside": b"-----BEGIN CMS-----\nMIA=\nMIAA\nMIAA\n-----END CMS-----\n",
    "unused-bits": b"-----BEGIN CMS-----\nMIB=\n-----END CMS-----\n",
    "headers": TEXT.replace(b"-----\n", b"-----\nProc-Type: 4\n\n", 1),
    "base64-with-rubbish": base64.b64encode(MESSAGE * 100)[: 1 << 16] + b"!!!!",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_pem(name: str) -> None:
    with pytest.raises(DecodeError):
        read(BAD[name])


def test_the_writer_refuses() -> None:
    with pytest.raises(InvalidInputError):
        PEMWriter(io.BytesIO(), "a-b")
    with pytest.raises(InvalidTypeError):
        PEMWriter(io.BytesIO()).write("abc")  # type: ignore[arg-type]


def test_what_fails_inside_is_not_closed() -> None:
    out = io.BytesIO()

    def fail() -> None:
        with PEMWriter(out) as writer:
            writer.write(b"abc")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert b"END" not in out.getvalue()
