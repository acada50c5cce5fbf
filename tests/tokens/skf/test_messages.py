"""What passes between two processes: nothing but the known types, whatever is sent."""

from __future__ import annotations

import contextlib
import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import DriverError, InvalidInputError, PinIncorrectError, TokenError
from gmpki.tokens.skf.messages import decode, encode, error_fields, error_of, read_message, write_message
from gmpki.tokens.skf.structures import DeviceHandle, DevInfo, RsaPublicKey

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
    max_leaves=12,
)


@given(PLAIN)
def test_values_come_back(value: object) -> None:
    try:
        sent = encode(value, 1)
    except InvalidInputError:
        return  # nested too deep
    assert decode(sent, 1) == value


@given(st.binary(max_size=200))
def test_nothing_but_an_error_comes_of_noise(data: bytes) -> None:
    with contextlib.suppress(DriverError):
        decode(data, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"X",
        b"NN",
        b"I\x00",
        b"S\x00\x00\x00\x02\xff\xff",
        b"S\xff\xff\xff\xff",
        b"L\xff\xff\xff\xff",
        b"L\x00\x00\x00\x01" * 20 + b"N",
        b"H\x00\x00\x00\x03int" + bytes(8) + b"N",
        b"V\x00\x00\x00\x06Popen_L\x00\x00\x00\x00",
        b"V\x00\x00\x00\x08PinStateL\x00\x00\x00\x00",
        b"V\x00\x00\x00\x08PinStateN",
        b"C\x00\x00\x00\x02\x30\x00",
        b"E\x00\x00\x00\x00",
    ],
    ids=lambda data: data[:6].hex() or "empty",
)
def test_malformed(data: bytes) -> None:
    with pytest.raises(DriverError):
        decode(data, 1)


def test_handles_get_the_session_of_the_reader() -> None:
    handle = DeviceHandle(2**64 - 1, "dev", 7)
    assert decode(encode(handle, 7), 9) == DeviceHandle(2**64 - 1, "dev", 9)
    with pytest.raises(InvalidInputError):
        encode(handle, 8)


def test_values_with_fields() -> None:
    key = RsaPublicKey(1024, b"\xc5" * 128, 3)
    info = DevInfo((1, 0), "m", "i", "l", "s", (1, 1), (2, 2), 1, 2, 3, 4, 5, 6, 7, 8)
    assert decode(encode((key, info), 1), 1) == (key, info)


def test_errors() -> None:
    wrong = PinIncorrectError("wrong", tries_left=3, function="SKF_VerifyPIN", code=5, code_name="SAR_X")
    back = error_of(decode(encode(error_fields(wrong), 1), 1))
    assert isinstance(back, PinIncorrectError)
    assert (str(back), back.tries_left, back.code) == (str(wrong), 3, 5)
    plain = error_of(error_fields(InvalidInputError("no")))
    assert (type(plain), str(plain)) == (InvalidInputError, "no")
    assert not isinstance(plain, TokenError)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        (),
        ("TokenError", "text"),
        ("SystemExit", "", None, None, None, None),
        ("annotations", "", None, None, None, None),
        (1, 2, 3, 4, 5, 6),
        ("TYPE_CHECKING", "", None, None, None, None),
    ],
    ids=["none", "empty", "short", "exit", "module", "numbers", "flag"],
)
def test_errors_that_are_none(sent: object) -> None:
    with pytest.raises(DriverError):
        error_of(sent)


def test_frames() -> None:
    stream = io.BytesIO()
    write_message(stream, b"one")
    write_message(stream, b"")
    stream.seek(0)
    assert [read_message(stream) for _ in range(3)] == [b"one", b"", None]
    assert read_message(io.BytesIO(b"\x00\x00\x00\x05abc")) is None
    with pytest.raises(DriverError, match="too long"):
        read_message(io.BytesIO(struct.pack(">I", 2**31)))


def test_inputs_that_are_too_long_together() -> None:
    with pytest.raises(InvalidInputError, match="together"):
        encode([bytes(11 * 1024 * 1024)] * 3, 1)
