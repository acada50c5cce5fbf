"""Fuzz targets of the tokens: URIs, profiles and maps of drivers, what cards and the processes of drivers answer."""

from __future__ import annotations

from collections.abc import Callable

from fuzz.promises import outcome, promise, quietly
from gmpki.tokens.pcsc.apdu import Answer, Command
from gmpki.tokens.pcsc.card_profile import CardProfile
from gmpki.tokens.pcsc.fields import CardInfo, names, rsa_or_point
from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.skf.messages import decode, encode, error_of
from gmpki.tokens.uri import parse_uri

__all__ = ["TARGETS"]

SESSION = 7


def token_uri(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for uri in outcome(lambda: parse_uri(text)):
        again = parse_uri(str(uri))
        promise(again == uri and str(again) == str(uri), "a URI that is written out means something else")


def driver_profile(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for profile in outcome(lambda: DriverProfile.from_toml(text)):
        promise(DriverProfile.from_toml(profile.to_toml()) == profile, "a profile that is written out is another")
    for numbers in outcome(lambda: MechanismMap.from_toml(text)):
        promise(MechanismMap.from_toml(numbers.to_toml()) == numbers, "a map that is written out is another")
    quietly(lambda: CardProfile.from_toml(text))


def card_answer(data: bytes) -> None:
    for answer in outcome(lambda: Answer.from_bytes(data)):
        promise(len(answer.data) + 2 == len(data), "an answer loses bytes")
    for command in outcome(lambda: Command.from_bytes(data)):
        promise(Command.from_bytes(command.to_bytes()) == command, "a command that is written out is another")
    for read in (CardInfo.from_bytes, rsa_or_point, lambda raw: names(raw, "names")):
        for found in outcome(lambda read=read: read(data)):
            promise(repr(found) != "", "what a card says cannot be shown")


def driver_message(data: bytes) -> None:
    for value in outcome(lambda: decode(data, SESSION)):
        promise(decode(encode(value, SESSION), SESSION) == value, "a message that is sent on is another")
        for error in outcome(lambda value=value: error_of(value)):
            promise(isinstance(str(error), str), "an error says nothing")


TARGETS: dict[str, Callable[[bytes], None]] = {
    "token_uri": token_uri,
    "driver_profile": driver_profile,
    "card_answer": card_answer,
    "driver_message": driver_message,
}
