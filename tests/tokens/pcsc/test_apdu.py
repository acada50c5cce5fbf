"""Commands and answers of cards, in every form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError
from gmpki.tokens.pcsc.apdu import CHAINING, Answer, Command

COMMANDS = st.builds(
    Command,
    *[st.integers(0, 255)] * 4,
    data=st.one_of(st.binary(max_size=300), st.binary(min_size=255, max_size=258)),
    le=st.one_of(st.sampled_from([0, 1, 255, 256, 257, 65535, 65536]), st.integers(0, 65536)),
)

FORMS = {
    "80040000": Command(0x80, 4),
    "8004000000": Command(0x80, 4, le=256),
    "8004000001": Command(0x80, 4, le=1),
    "80040000000101": Command(0x80, 4, le=257),
    "80040000000000": Command(0x80, 4, le=65536),
    "800400000141": Command(0x80, 4, data=b"A"),
    "80040000014100": Command(0x80, 4, data=b"A", le=256),
    "8004000000000141": Command(0x80, 4, data=b"A"),
    "80040000000001410000": Command(0x80, 4, data=b"A", le=65536),
}


@pytest.mark.parametrize(("encoded", "command"), FORMS.items())
def test_every_form_is_read(encoded: str, command: Command) -> None:
    assert Command.from_bytes(bytes.fromhex(encoded)) == command


@given(COMMANDS)
def test_what_is_written_is_read_again(command: Command) -> None:
    assert Command.from_bytes(command.to_bytes()) == command


@given(COMMANDS, st.integers(1, 300))
def test_a_chain_holds_the_data_and_ends(command: Command, length: int) -> None:
    pieces = command.pieces(length)
    assert b"".join(piece.data for piece in pieces) == command.data
    assert all(piece.cla == command.cla | CHAINING and piece.le == 0 for piece in pieces[:-1])
    assert (pieces[-1].cla, pieces[-1].le) == (command.cla, command.le)
    assert all(len(piece.data) <= length for piece in pieces)


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(encoded: bytes) -> None:
    try:
        command = Command.from_bytes(encoded)
    except DecodeError:
        return
    assert Command.from_bytes(command.to_bytes()) == command


@pytest.mark.parametrize(
    "encoded", ["", "8004", "800400", "8004000002ff", "8004000001ff0000", "800400000000", "8004000000000141000001"]
)
def test_what_is_no_command_is_refused(encoded: str) -> None:
    with pytest.raises(DecodeError):
        Command.from_bytes(bytes.fromhex(encoded))


@pytest.mark.parametrize("field", ["cla", "ins", "p1", "p2"])
@pytest.mark.parametrize("value", [-1, 256])
def test_bytes_outside_are_refused(field: str, value: int) -> None:
    with pytest.raises(InvalidInputError):
        Command(**{"cla": 0x80, "ins": 4, field: value})


def test_lengths_outside_are_refused() -> None:
    for le in (-1, 65537):
        with pytest.raises(InvalidInputError):
            Command(0x80, 4, le=le)
    with pytest.raises(InvalidInputError):
        Command(0x80, 4, data=bytes(65536))
    for length in (0, 65536):
        with pytest.raises(InvalidInputError):
            Command(0x80, 4).pieces(length)


def test_wrong_types_are_refused() -> None:
    with pytest.raises(InvalidTypeError):
        Command("80", 4)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        Command(0x80, 4, data="A")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        Command.from_bytes("80040000")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        Answer.from_bytes("9000")  # type: ignore[arg-type]


def test_data_are_not_shown() -> None:
    shown = repr(Command(0x80, 0x18, data=b"12345678")) + repr(Answer(b"12345678", 0x9000))
    assert "12345678" not in shown
    assert "3132" not in shown


def test_answers_are_taken_apart() -> None:
    assert Answer.from_bytes(b"ab\x63\xc2") == Answer(b"ab", 0x63C2)
    for wrong in (b"", b"\x90", bytes(65539)):
        with pytest.raises(DecodeError):
            Answer.from_bytes(wrong)
