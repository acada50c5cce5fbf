"""From a command to its answer: chains, pieces, wrong lengths, cards that do not keep to the rules."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from gmpki.errors import DriverError, PinIncorrectError, TokenError, TokenExistsError, TokenUnsupportedError
from gmpki.tokens.pcsc.apdu import CHAINING, Command
from gmpki.tokens.pcsc.card_profile import CardProfile
from gmpki.tokens.pcsc.channel import Channel
from tokens.pcsc.cards import ScriptedCard

PROFILE = dataclasses.replace(CardProfile.shipped("gmpki"), max_data_len=300)
SHORT = dataclasses.replace(PROFILE, extended=False)


def channel(answer: Callable[[bytes], bytes], profile: CardProfile = PROFILE) -> tuple[Channel, ScriptedCard]:
    card = ScriptedCard(answer)
    return Channel(card, profile), card


def in_turn(*answers: str) -> Callable[[bytes], bytes]:
    left = iter(answers)
    return lambda _: bytes.fromhex(next(left))


def test_an_answer_in_pieces_is_put_together() -> None:
    own, card = channel(in_turn("0102" + "6103", "030405" + "6100", "06" * 256 + "9000"))
    assert own.call("ExportCertificate", b"\0\1\0\1", p1=1, le=-1) == bytes([1, 2, 3, 4, 5]) + b"\x06" * 256
    assert [command.hex() for command in card.commands[1:]] == ["00c0000003", "00c0000000"]


@pytest.mark.parametrize("profile", [PROFILE, SHORT], ids=["extended", "short"])
def test_long_data_go_in_a_chain(profile: CardProfile) -> None:
    own, card = channel(lambda _: b"\x90\x00", profile)
    own.call("ImportCertificate", bytes(700), p1=1)
    commands = [Command.from_bytes(command) for command in card.commands]
    assert sum(len(command.data) for command in commands) == 700
    assert [bool(command.cla & CHAINING) for command in commands] == [True, True, False]
    assert all(command.is_extended == (profile is PROFILE and len(command.data) > 255) for command in commands)


def test_a_chain_ends_where_the_card_refuses_it() -> None:
    own, card = channel(in_turn("9000", "6a84"))
    with pytest.raises(TokenError) as refused:
        own.call("ImportCertificate", bytes(3000), p1=1)
    assert refused.value.code == 0x6A84
    assert len(card.commands) == 2


def test_a_wrong_le_is_mended_once() -> None:
    own, card = channel(in_turn("6c05", "01020304059000"))
    assert own.call("GetPINInfo", b"\0\1", p2=1, le=3) == bytes([1, 2, 3, 4, 5])
    assert card.commands[1].hex() == "8014000102000105"
    own, card = channel(lambda _: b"\x6c\x05")
    with pytest.raises(TokenError):
        own.call("GetPINInfo", b"\0\1", p2=1, le=3)
    assert len(card.commands) == 2


@pytest.mark.parametrize("name", ["VerifyPIN", "ChangePIN", "UnblockPIN"])
@pytest.mark.parametrize("word", ["6c05", "63c1", "6f00", "6883"])
def test_a_pin_is_sent_once(name: str, word: str) -> None:
    own, card = channel(lambda _: bytes.fromhex(word))
    with pytest.raises(TokenError):
        own.call(name, b"\0\1" + bytes(16), p2=1)
    assert len(card.commands) == 1


def test_tries_are_told() -> None:
    own, _ = channel(lambda _: b"\x63\xc2")
    with pytest.raises(PinIncorrectError) as wrong:
        own.call("VerifyPIN", bytes(18), p2=1)
    assert wrong.value.tries_left == 2


@pytest.mark.parametrize("answer", [b"", b"\x90", bytes(65540)], ids=["nothing", "one byte", "too long"])
def test_answers_without_form_are_the_cards_fault(answer: bytes) -> None:
    own, _ = channel(lambda _: answer)
    with pytest.raises(DriverError):
        own.call("GetDevInfo", le=-1)


@pytest.mark.parametrize("answer", [b"\x61\x10", bytes(200) + b"\x61\x00"], ids=["empty", "more and more"])
def test_answers_without_end_are_the_cards_fault(answer: bytes) -> None:
    own, card = channel(lambda _: answer)
    with pytest.raises(DriverError):
        own.call("GetDevInfo", le=-1)
    assert len(card.commands) < 400


def test_a_profile_changes_numbers_and_words() -> None:
    profile = dataclasses.replace(
        PROFILE, commands={"GetPINInfo": 0x99}, words={0x9412: "exists"}, missing=("EnumFiles",)
    )
    own, card = channel(in_turn("9412"), profile)
    with pytest.raises(TokenExistsError):
        own.call("GetPINInfo", b"\0\1", le=3)
    assert card.commands[0][1] == 0x99
    with pytest.raises(TokenUnsupportedError):
        own.call("EnumFiles", b"\0\1", le=-1)
    assert len(card.commands) == 1
