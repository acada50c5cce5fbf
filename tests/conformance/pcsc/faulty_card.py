"""The software token as a card without a reader, right or with one mistake of those that makers of cards make."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from conformance.trials import EVERY_PERMISSION
from gmpki.algorithms import sm3, sm4
from gmpki.conformance.bench import run_check
from gmpki.conformance.model import Kind, Permission, Result
from gmpki.conformance.pcsc.scene import PCSCScene
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import selected
from gmpki.conformance.target import Options, Target
from gmpki.errors import DecodeError
from gmpki.tokens._device_facts import FACTORY_KEY
from gmpki.tokens.pcsc.apdu import Command
from gmpki.tokens.pcsc.command_table import COMMANDS
from gmpki.tokens.skf.library import load
from gmpki.tokens.soft import library_path
from gmpki.tokens.soft.card import ATR
from tokens.pcsc.cards import DirectCard

SERIAL = "00a1"
OK = b"\x90\x00"
INFO_LEN = 288

Send = Callable[[bytes], bytes]


@dataclass
class Memory:
    """What a faulty card keeps, also through a reset."""

    resets: int = 0
    last: bytes = b""
    names: bytes = b""
    pending: bytes = b""
    is_in: bool = False
    seen: set[bytes] = field(default_factory=set)


# Given what sends a command to the right card, a command, and what the card keeps: the answer.
Mistake = Callable[[Send, bytes, Memory], bytes]


class Card(DirectCard):
    """The software token as a card.

    :param mistake: None for a card that is right.
    """

    def __init__(self, mistake: Mistake | None, memory: Memory, atr: bytes = ATR) -> None:
        super().__init__(load(library_path("skf")), SERIAL)
        self._mistake = mistake
        self._memory = memory
        self.atr = atr

    def transmit(self, command: bytes) -> bytes:
        if self._mistake is None:
            return super().transmit(command)
        return self._mistake(super().transmit, command, self._memory)


def trial(
    *patterns: str,
    mistake: Mistake | None = None,
    atr: Callable[[int], bytes] = lambda _: ATR,
    permissions: tuple[Permission, ...] = EVERY_PERMISSION,
    target: Target | None = None,
) -> dict[str, Result]:
    """Run the checks that patterns choose on a card, and return what came of each.

    :param atr: what the card says when it is switched on, given how often that was before.
    """
    recorder, memory = Recorder(), Memory()
    results: dict[str, Result] = {}

    def connect() -> Card:
        memory.resets += 1
        return Card(mistake, memory, atr(memory.resets - 1))

    checks = selected(Kind.PCSC, patterns)
    for group in dict.fromkeys(check.group for check in checks):
        options = Options(latency_count=1)
        with PCSCScene(target or Target(Kind.PCSC, ""), permissions, options, recorder, connect=connect) as scene:
            for check in checks:
                if check.group == group:
                    results[check.id] = run_check(check, scene.bench, recorder)
    return results


# ---- how cards go wrong ------------------------------------------------------------------
def ins(name: str) -> int:
    return COMMANDS[name].ins


def parsed(command: bytes) -> Command | None:
    try:
        return Command.from_bytes(command)
    except DecodeError:
        return None


def turned(words: dict[str, int], answer: bytes = OK) -> Mistake:
    """Answer commands otherwise that the right card refuses with a word."""
    numbers = {ins(name): word for name, word in words.items()}

    def mistake(send: Send, command: bytes, _: Memory) -> bytes:
        found = send(command)
        return answer if numbers.get(command[1]) == int.from_bytes(found, "big") else found

    return mistake


def answered(name: str, change: Callable[[bytes], bytes]) -> Mistake:
    """Change the data of right answers to a command."""

    def mistake(send: Send, command: bytes, _: Memory) -> bytes:
        found = send(command)
        is_meant = command[:2] == bytes((0x80, ins(name))) and found[-2:] == OK and len(found) > 2
        return change(found[:-2]) + OK if is_meant else found

    return mistake


def asked(names: tuple[str, ...], change: Callable[[Command], Command]) -> Mistake:
    """Change commands before the right card sees them."""
    numbers = [ins(name) for name in names]

    def mistake(send: Send, command: bytes, _: Memory) -> bytes:
        found = parsed(command)
        return send(command if found is None or found.ins not in numbers else change(found).to_bytes())

    return mistake


def swallowed(name: str) -> Mistake:
    """Say that a command is done, and do nothing."""
    return lambda send, command, _: OK if command[1] == ins(name) and command[0] >= 0x80 else send(command)


def data_cut(length: int) -> Callable[[Command], Command]:
    return lambda command: replace(command, data=command.data[:length])


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


def at(data: bytes, start: int, part: bytes) -> bytes:
    """Return data of GetDevInfo with another part; what is no whole answer is left."""
    return data[:start] + part + data[start + len(part) :] if len(data) == INFO_LEN else data


def unknown_command(send: Send, command: bytes, _: Memory) -> bytes:
    return OK if send(command) == b"\x6d\x00" else send(command)


def unknown_class(send: Send, command: bytes, _: Memory) -> bytes:
    return send(b"\x80" + command[1:] if command[0] == 0x20 and command[1] == ins("GetDevInfo") else command)


def refusal_sticks(send: Send, command: bytes, memory: Memory) -> bytes:
    found = send(command) if memory.last not in (b"\x6d\x00", b"\x6e\x00") else b"\x69\x85"
    memory.last = found
    return found


def lc_ignored(send: Send, command: bytes, _: Memory) -> bytes:
    return send(command) if parsed(command) is not None else OK


def more_than_le(send: Send, command: bytes, _: Memory) -> bytes:
    found = send(command)
    return found[:-2] + b"\0" + OK if command[1] == ins("GenRandom") and found[-2:] == OK else found


def data_without_le(send: Send, command: bytes, _: Memory) -> bytes:
    return send(command + b"\0" if command == bytes((0x80, ins("GetDevInfo"), 0, 0)) else command)


def rest_changes(send: Send, command: bytes, _: Memory) -> bytes:
    found = send(command)
    return b"\xff" + found[1:] if command[:2] == b"\0\xc0" and len(found) > 2 else found


def rest_is_lost(send: Send, command: bytes, _: Memory) -> bytes:
    found = send(command)
    return found[:-2] + OK if found[-2] == 0x61 else found


def rest_repeats(send: Send, command: bytes, memory: Memory) -> bytes:
    found = send(command)
    return bytes(8) + OK if command[:2] == b"\0\xc0" and found == b"\x69\x85" else found


def chain_is_lost(send: Send, command: bytes, _: Memory) -> bytes:
    return OK if command[0] == 0x90 else send(command)


def chain_remains(send: Send, command: bytes, memory: Memory) -> bytes:
    found = parsed(command)
    if found is not None and found.ins == ins("DigestUpdate"):
        if found.cla == 0x90:
            memory.pending = found.data
        elif memory.pending:
            # The right card has forgotten it if another command came between.
            pending, memory.pending = memory.pending, b""
            was_broken, memory.is_in = memory.is_in, False
            return send(replace(found, data=pending + found.data).to_bytes() if was_broken else command)
    elif found is not None and memory.pending:
        memory.is_in = True
    return send(command)


def random_of(make: Callable[[int, Memory], bytes]) -> Mistake:
    """Give other random numbers, but for challenges, whose 8 bytes the card needs itself."""

    def mistake(send: Send, command: bytes, memory: Memory) -> bytes:
        found = parsed(command)
        if found is None or found.ins != ins("GenRandom") or found.cla != 0x80 or found.le == 8:
            return send(command)
        return make(found.le, memory) + OK

    return mistake


def starts_anew(length: int, memory: Memory) -> bytes:
    """A stream that each reset begins again."""
    memory.seen = memory.seen if memory.last == bytes((memory.resets,)) else set()
    memory.last = bytes((memory.resets,))
    memory.seen.add(len(memory.seen).to_bytes(4, "big"))
    return sm3.digest(len(memory.seen).to_bytes(4, "big"))[:length].ljust(length, b"\x5a")


def deletes_for_anybody(send: Send, command: bytes, _: Memory) -> bytes:
    if command[1] == ins("DeleteApplication"):
        challenge = send(bytes((0x80, ins("GenRandom"), 0, 0, 8)))[:8]
        block = sm4.encrypt(FACTORY_KEY, challenge.ljust(16, b"\0"), sm4.Mode.ECB)
        send(Command(0x80, ins("DevAuth"), data=block).to_bytes())
    return send(command)


def tries(change: Callable[[int], int]) -> Mistake:
    """Answer a wrong PIN with other tries left."""

    def mistake(send: Send, command: bytes, _: Memory) -> bytes:
        found = send(command)
        if command[1] != ins("VerifyPIN") or found[0] != 0x63:
            return found
        return change(int.from_bytes(found, "big")).to_bytes(2, "big")

    return mistake


def tries_back_by_reset(send: Send, command: bytes, memory: Memory) -> bytes:
    found = send(command)
    if command[1] == ins("VerifyPIN"):
        memory.last = bytes((memory.resets,))
    fresh = memory.last != bytes((memory.resets,))
    return found[:1] + found[:1] + found[2:] if command[1] == ins("GetPINInfo") and fresh and len(found) == 5 else found


def one_counter(send: Send, command: bytes, _: Memory) -> bytes:
    found = send(command)
    if command[1] != ins("GetPINInfo") or len(found) != 5:
        return found
    other = send(command[:3] + bytes((command[3] ^ 1,)) + command[4:])
    return found[:1] + bytes((min(found[1], other[1]),)) + found[2:]


def replays(send: Send, command: bytes, memory: Memory) -> bytes:
    if command[1] != ins("VerifyPIN"):
        return send(command)
    found = OK if command in memory.seen else send(command)
    if found == OK:
        memory.seen.add(command)
    return found


def login_is_everywhere(send: Send, command: bytes, memory: Memory) -> bytes:
    found = send(command)
    if command[1] == ins("VerifyPIN") and found == OK:
        memory.is_in = True
    is_meant = command[1] == ins("CreateContainer") and found == b"\x69\x82"
    return b"\0\1" + OK if is_meant and memory.is_in else found


def number_is_any(send: Send, command: bytes, _: Memory) -> bytes:
    found = parsed(command)
    return OK if found is not None and found.data[-2:] == b"\xff\xfe" else send(command)


def containers_everywhere(send: Send, command: bytes, memory: Memory) -> bytes:
    found, given = send(command), parsed(command)
    if given is not None and given.ins == ins("CreateContainer") and found[-2:] == OK:
        memory.names += given.data[2:] + b"\0"
    return memory.names + OK if command[1] == ins("EnumContainer") and found[-2:] == OK else found


def signs_twice_hashed(command: Command) -> Command:
    start = 4 if command.ins == ins("ECCSignData") else 64
    hashed = sm3.digest(command.data[start : start + 32])
    return replace(command, data=command.data[:start] + hashed + command.data[start + 32 :])


def iv_ignored(command: Command) -> Command:
    head, iv = command.data[:3], command.data[3:]
    return replace(command, data=head + bytes(len(iv)))


def writes_start_only(send: Send, command: bytes, _: Memory) -> bytes:
    found = parsed(command)
    beyond = found is not None and found.ins == ins("WriteFile") and found.data[2:6] >= (1024).to_bytes(4, "big")
    return OK if beyond else send(command)


def random_serial(data: bytes) -> bytes:
    return at(data, 164, secrets.token_hex(16).encode())
