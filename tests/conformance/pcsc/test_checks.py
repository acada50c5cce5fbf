"""The checks of cards: what passes on the software token, and how each mistake of a card is named."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from conformance.pcsc import faulty_card as faulty
from conformance.pcsc.faulty_card import OK, Mistake, answered, asked, at, data_cut, flipped, swallowed, trial, turned
from gmpki.conformance.model import Kind, Outcome, Permission, Result, Severity
from gmpki.conformance.pcsc.scene import PCSCScene
from gmpki.conformance.recording import Recorder
from gmpki.conformance.registry import Check, checks, groups
from gmpki.conformance.target import Options, Target
from gmpki.tokens._device_facts import FACTORY_KEY
from gmpki.tokens.interfaces import PinRole
from gmpki.tokens.pcsc.apdu import Command
from gmpki.tokens.skf import device_auth
from gmpki.tokens.skf.library import load
from gmpki.tokens.soft import library_path
from gmpki.tokens.soft.card import ATR

pytestmark = [pytest.mark.once, pytest.mark.usefixtures("soft_token")]

SEEN = (Outcome.FAILED, Outcome.DEVIATION)
TIMED = "latency"


@dataclass(frozen=True)
class Fault:
    """A mistake of a card.

    :ivar caught_by: the checks that have to see it, without what all ids begin with.
    :ivar words: what the first of them says.
    """

    name: str
    mistake: Mistake | None
    caught_by: tuple[str, ...]
    words: str
    atr: Callable[[int], bytes] = lambda _: ATR


def info(start: int, part: bytes) -> Mistake:
    return answered("GetDevInfo", lambda data: at(data, start, part))


FAULTS = (
    Fault("atr-check-byte", None, ("APDU-001",), "its check byte is wrong", lambda _: flipped(ATR)),
    Fault("atr-too-short", None, ("APDU-001",), "not as long as it says", lambda _: ATR[:-1]),
    Fault("atr-convention", None, ("APDU-001",), "it begins with 3A", lambda _: b"\x3a" + ATR[1:]),
    Fault("atr-changes", None, ("APDU-002",), "the ATR is another", lambda before: ATR if not before else b"\x3b\x00"),
    Fault("class-taken", faulty.unknown_class, ("APDU-003",), "a class that nobody has is taken"),
    Fault("class-by-other-word", turned({"GetDevInfo": 0x6E00}, b"\x6d\x00"), ("APDU-003",), "and not SW 6E00"),
    Fault("command-taken", faulty.unknown_command, ("APDU-004",), "a command that nobody has is taken"),
    Fault("refusal-sticks", faulty.refusal_sticks, ("APDU-005",), "a right command is answered with SW 6985"),
    Fault(
        "parameters-ignored",
        asked(("GetDevInfo",), lambda command: replace(command, p1=0, p2=0)),
        ("APDU-006",),
        "P1 FF P2 00 are taken",
    ),
    Fault("data-ignored", asked(("GetDevInfo",), data_cut(0)), ("APDU-007",), "data that mean nothing are taken"),
    Fault("half-number", turned({"GetPINInfo": 0x6700}), ("APDU-008",), "half a number is taken"),
    Fault("word-of-zeros", turned({"OpenApplication": 0x6A82}, bytes(2)), ("APDU-009",), "SW 0000 is no status word"),
    Fault("lc-ignored", faulty.lc_ignored, ("LEN-001",), "whose data end before Lc"),
    Fault("more-than-le", faulty.more_than_le, ("LEN-002",), "asked for 1 bytes the card gives 2"),
    Fault("data-without-le", faulty.data_without_le, ("LEN-003",), "without Le the card gives 256 bytes"),
    Fault("rest-changes", faulty.rest_changes, ("LEN-004",), "in pieces the answer is another"),
    Fault("rest-is-lost", faulty.rest_is_lost, ("LEN-004",), "nothing says that there are more"),
    Fault("rest-repeats", faulty.rest_repeats, ("LEN-005", "LEN-006"), "before any command"),
    Fault("extended-data-cut", asked(("DigestUpdate",), data_cut(255)), ("LEN-007",), "256 bytes arrive changed"),
    Fault(
        "extended-le-cut",
        asked(("GenRandom",), lambda command: replace(command, le=min(command.le, 256))),
        ("LEN-008",),
        "of 512 bytes 256 come",
    ),
    Fault("chain-is-lost", faulty.chain_is_lost, ("LEN-009",), "only the last part arrives"),
    Fault("chain-remains", faulty.chain_remains, ("LEN-010",), "a part of the broken chain"),
    Fault("no-serial-number", info(164, bytes(32)), ("DEV-001",), "the serial number is empty"),
    Fault("more-free-than-there-is", info(220, b"\xff" * 4), ("DEV-002",), "bytes of"),
    Fault("sm3-not-claimed", info(208, bytes(4)), ("DEV-003",), "SM3 are not claimed"),
    Fault("serial-number-changes", answered("GetDevInfo", faulty.random_serial), ("DEV-004",), "the answers differ"),
    Fault("label-cut", asked(("SetLabel",), data_cut(16)), ("DEV-005",), "of a label of 31 bytes 16 are kept"),
    Fault("long-label-cut", asked(("SetLabel",), data_cut(31)), ("DEV-006",), "a label of 40 bytes is accepted"),
    Fault("device-key-unknown", asked(("DevAuth",), lambda c: replace(c, data=bytes(16))), ("DEV-007",), "is refused"),
    Fault("device-key-any", swallowed("DevAuth"), ("DEV-008", "DEV-009"), "a wrong bit is accepted"),
    Fault("deletes-for-anybody", faulty.deletes_for_anybody, ("DEV-010",), "anybody deletes applications"),
    Fault("random-short", faulty.random_of(lambda n, _: secrets.token_bytes(n - 1)), ("RND-001",), "0 come"),
    Fault("random-constant", faulty.random_of(lambda n, _: bytes(n)), ("RND-001", "RND-002"), "came twice"),
    Fault("random-starts-anew", faulty.random_of(faulty.starts_anew), ("RND-003",), "starts anew"),
    Fault(
        "random-of-letters",
        answered("GenRandom", lambda data: bytes(byte & 0x7F for byte in data) if len(data) > 8 else data),
        ("RND-004",),
        "not random",
    ),
    Fault("wrong-pin-logs-in", faulty.tries(lambda _: 0x9000), ("PIN-001",), "a wrong PIN logs in"),
    Fault("wrong-pin-without-tries", faulty.tries(lambda _: 0x6300), ("PIN-002",), "answered with SW 6300"),
    Fault("wrong-pin-one-try-more", faulty.tries(lambda word: word + 1), ("PIN-002",), "the word says 3"),
    Fault(
        "tries-never-fewer",
        answered("GetPINInfo", lambda data: data[:1] * 2 + data[2:]),
        ("PIN-003", "PIN-007"),
        "3 tries are left instead of 2",
    ),
    Fault(
        "tries-not-given-back",
        answered("GetPINInfo", lambda data: bytes((data[0], data[1] - 1)) + data[2:]),
        ("PIN-004",),
        "then 2 of 3 tries are left",
    ),
    Fault("tries-back-by-reset", faulty.tries_back_by_reset, ("PIN-005",), "and 3 after a reset"),
    Fault("one-counter", faulty.one_counter, ("PIN-006",), "changes the tries of"),
    Fault("locked-pin-logs-in", turned({"VerifyPIN": 0x6983}), ("PIN-007",), "a wrong PIN logs in"),
    Fault("locked-by-other-word", turned({"VerifyPIN": 0x6983}, b"\x69\x85"), ("PIN-007",), "and not SW 6983"),
    Fault("unblocks-for-anybody", turned({"UnblockPIN": 0x63C2}), ("PIN-009",), "unblocks"),
    Fault("old-pin-ignored", turned({"ChangePIN": 0x63C2}), ("PIN-010",), "a wrong old PIN changes it"),
    Fault("short-pin", turned({"ChangePIN": 0x6A80}), ("PIN-011",), "a PIN of 5 digits is accepted"),
    Fault("login-replayed", faulty.replays, ("PIN-012",), "logs in again"),
    Fault("logout-ignored", swallowed("ClearSecureState"), ("PIN-013",), "still logged in"),
    Fault("login-everywhere", faulty.login_is_everywhere, ("PIN-014", "PIN-015"), "the login outlasts a reset"),
    Fault("any-application", turned({"OpenApplication": 0x6A82}, bytes(10) + OK), ("CON-001", "CON-004"), "is opened"),
    Fault("any-number", faulty.number_is_any, ("CON-002", "CON-009"), "takes a number of no application"),
    Fault("close-ignored", swallowed("CloseApplication"), ("CON-003",), "the number still works"),
    Fault("containers-everywhere", faulty.containers_everywhere, ("CON-005", "CON-006"), "the container is in both"),
    Fault("same-container", turned({"CreateContainer": 0x6A8A}, b"\0\1" + OK), ("CON-007",), "has the name"),
    Fault("containers-for-anybody", turned({"DeleteContainer": 0x6982}), ("CON-008",), "anybody deletes containers"),
    Fault("file-end-lost", faulty.writes_start_only, ("FILE-001",), "differs from byte 1024 on"),
    Fault("file-size", answered("GetFileInfo", lambda d: (80).to_bytes(4, "big") + d[4:]), ("FILE-002",), "80, not 77"),
    Fault("reads-beyond", turned({"ReadFile": 0x6B00}, bytes(8) + OK), ("FILE-003",), "8 bytes from byte 65536"),
    Fault("writes-beyond", turned({"WriteFile": 0x6B00}), ("FILE-003",), "8 bytes are written at byte 28"),
    Fault("same-file", turned({"CreateFile": 0x6A89}), ("FILE-004",), "a second file has the name"),
    Fault("rights-ignored", turned({"ReadFile": 0x6982}, b"\0" + OK), ("FILE-005",), "nobody can read a file"),
    Fault("files-for-anybody", turned({"CreateFile": 0x6982}), ("FILE-006",), "anybody creates files"),
    Fault("key-answered-is-another", answered("GenECCKeyPair", flipped), ("KEY-001",), "answer two keys"),
    Fault("pairs-for-anybody", turned({"GenECCKeyPair": 0x6982}), ("KEY-002",), "anybody makes a pair"),
    Fault("key-of-nothing", turned({"ExportPublicKey": 0x6A88}, bytes(68) + OK), ("KEY-003",), "has a public key"),
    Fault(
        "one-pair-for-both",
        asked(("ExportPublicKey",), lambda command: replace(command, p1=1)),
        ("KEY-004",),
        "is not the one imported",
    ),
    Fault("any-envelope", turned({"ImportECCKeyPair": 0x6A80}), ("KEY-005",), "no encryption pair"),
    Fault(
        "certificates-swapped",
        asked(("ExportCertificate",), lambda command: replace(command, p1=1 - command.p1)),
        ("KEY-006",),
        "the certificates are swapped",
    ),
    Fault("certificate-of-nothing", turned({"ExportCertificate": 0x6A88}, b"\x30\0" + OK), ("KEY-007",), "2 bytes"),
    Fault("sm3-wrong", answered("Digest", flipped), ("DIG-001", "DIG-003"), "SM3 of 3 bytes is wrong"),
    Fault("pieces-cut", asked(("DigestUpdate",), data_cut(64)), ("DIG-002",), "wrong in pieces of 65 bytes"),
    Fault("z-ignored", asked(("DigestInit",), data_cut(0)), ("DIG-004",), "Z is ignored"),
    Fault("id-ignored", asked(("DigestInit",), data_cut(64)), ("DIG-004",), "the ID is ignored in Z"),
    Fault("digest-without-init", turned({"DigestUpdate": 0x6985}), ("DIG-005",), "DigestUpdate works without"),
    Fault("any-digest", turned({"DigestInit": 0x6A86}), ("DIG-006",), "an unknown algorithm is taken"),
    Fault(
        "r-and-s-swapped",
        answered("ECCSignData", lambda data: data[:4] + data[36:] + data[4:36]),
        ("SIGN-001", "SIGN-002"),
        "r and s are swapped",
    ),
    Fault(
        "digest-hashed-again",
        asked(("ECCSignData", "ECCVerify"), faulty.signs_twice_hashed),
        ("SIGN-001", "SIGN-007"),
        "the digest is hashed once more",
    ),
    Fault("signs-for-anybody", turned({"ECCSignData": 0x6982}, bytes(68) + OK), ("SIGN-003",), "signs for whoever"),
    Fault("signs-without-key", turned({"ECCSignData": 0x6A88}, bytes(68) + OK), ("SIGN-004",), "an empty container"),
    Fault("signature-changed", answered("ECCSignData", flipped), ("SIGN-006",), "no known mistake explains it"),
    Fault("verifies-everything", turned({"ECCVerify": 0x6300}), ("SIGN-008",), "with a wrong bit in r holds"),
    Fault(
        "order-of-2010",
        answered("ExtECCEncrypt", lambda data: data[:64] + data[96:] + data[64:96]),
        ("SIGN-009",),
        "the order C1 C2 C3 of 2010",
    ),
    Fault("encrypts-wrong", answered("Encrypt", flipped), ("SYM-001", "SYM-006"), "encrypts with another key"),
    Fault("keys-for-anybody", turned({"ImportSessionKey": 0x6982}, b"\0\1" + OK), ("SYM-002",), "uses the private key"),
    Fault("any-session-key", turned({"ImportSessionKey": 0x6988}, b"\0\1" + OK), ("SYM-003",), "is imported"),
    Fault("key-not-destroyed", swallowed("DestroySessionKey"), ("SYM-004",), "after it was destroyed the key"),
    Fault(
        "iv-ignored", asked(("EncryptInit", "MacInit"), faulty.iv_ignored), ("SYM-006", "SYM-010"), "the IV is ignored"
    ),
    Fault("pieces-wrong", answered("EncryptUpdate", flipped), ("SYM-007",), "is another in pieces"),
    Fault("padding-not-read", turned({"Decrypt": 0x6A80}), ("SYM-008",), "is accepted"),
    Fault("part-of-a-block", turned({"Encrypt": 0x6700}), ("SYM-009",), "15 bytes are encrypted in ECB"),
)


@pytest.fixture(scope="module")
def names() -> list[str]:
    return [group.name for group in groups(Kind.PCSC) if group.name != TIMED]


def wrong(results: dict[str, Result]) -> dict[str, object]:
    return {check: result.message for check, result in results.items() if result.outcome is not Outcome.PASSED}


def test_right_card(names: list[str]) -> None:
    results = trial(*names)
    assert len(results) == len([check for check in checks(Kind.PCSC) if check.group != TIMED])
    assert wrong(results) == {}
    assert all(result.functions for result in results.values())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_fault_is_named(fault: Fault) -> None:
    results = trial(*fault.caught_by, mistake=fault.mistake, atr=fault.atr)
    assert {check: result.outcome in SEEN for check, result in results.items()} == dict.fromkeys(results, True), results
    said = results[f"PCSC-{fault.caught_by[0]}"].message
    assert said is not None
    assert fault.words in said.en
    assert said.zh


def test_every_required_check_can_fail() -> None:
    caught = {f"PCSC-{check}" for fault in FAULTS for check in fault.caught_by}
    required = {check.id for check in checks(Kind.PCSC) if check.severity is Severity.REQUIRED}
    assert required <= caught


def test_required_is_what_all_cards_share() -> None:
    """The text of GM/T 0017 was not read."""
    for check in checks(Kind.PCSC):
        if check.severity is Severity.REQUIRED:
            assert check.clause.document.startswith("ISO/IEC 7816-")


def test_speed() -> None:
    results = trial("LAT-002", "LAT-005", "LAT-006")
    for number in (2, 6):
        result = results[f"PCSC-LAT-00{number}"]
        assert result.outcome in (Outcome.PASSED, Outcome.FAILED)  # by how busy the machine is
        assert set(check_of(result.check).functions) <= set(result.functions)
    assert results["PCSC-LAT-005"].outcome is Outcome.UNSUPPORTED  # no command is known


def check_of(identifier: str) -> Check:
    return next(check for check in checks(Kind.PCSC) if check.id == identifier)


# ---- what is given and what is not -------------------------------------------------------
def test_reading_only(names: list[str]) -> None:
    """Without a permission what may run passes, and the card is as it was."""
    results = trial(
        *(check.id for check in checks(Kind.PCSC) if not check.permissions and check.group in names), permissions=()
    )
    assert wrong(results) == {}


def test_no_application_is_named() -> None:
    result = trial("KEY-001", permissions=(Permission.WRITE,))["PCSC-KEY-001"]
    assert result.outcome is Outcome.NOT_RUN
    assert result.message is not None
    assert "--application" in result.message.en


def test_secrets_are_not_recorded() -> None:
    """Of commands a record has names, parameters and lengths."""
    result = trial("PIN-001", mistake=faulty.tries(lambda _: 0x9000))["PCSC-PIN-001"]
    lines = [(call.function, call.arguments, call.answer) for call in result.calls]
    assert ("VerifyPIN", "P1 00, P2 00, protected, 115 bytes", "SW 9000") in lines
    assert ("GenRandom", "P1 00, P2 00, Le 8", "SW 9000, 8 bytes") in lines


def test_applications_are_removed() -> None:
    trial("PIN", "KEY-001")
    card = faulty.Card(None, faulty.Memory())
    try:
        assert card.transmit(bytes((0x80, faulty.ins("EnumApplication"), 0, 0, 0))) == OK
    finally:
        card.close()


def test_a_card_of_an_unknown_kind() -> None:
    """How it wants a new PIN protected is not known: nothing is created, and no try of its device key is spent."""
    stranger = info(4, b"somebody else".ljust(64, b"\0"))
    results = trial("PIN-001", "KEY-001", "APDU-003", "DIG-001", mistake=stranger)
    outcomes = {check.removeprefix("PCSC-"): result.outcome for check, result in results.items()}
    assert outcomes == {
        "APDU-003": Outcome.PASSED,
        "PIN-001": Outcome.UNSUPPORTED,
        "KEY-001": Outcome.UNSUPPORTED,
        "DIG-001": Outcome.PASSED,
    }
    assert "DevAuth" not in results["PCSC-PIN-001"].functions


def test_a_wrong_device_key_is_tried_once() -> None:
    tried = 0

    def count(command: Command) -> Command:
        nonlocal tried
        tried += 1
        return command

    target = Target(Kind.PCSC, "", device_key=bytes(16))
    results = trial("device", mistake=asked(("DevAuth",), count), target=target)
    assert results["PCSC-DEV-007"].outcome is Outcome.FAILED
    assert [results[f"PCSC-DEV-0{number}"].outcome for number in ("08", "09", "10")] == [Outcome.NOT_RUN] * 3
    assert tried == 1


def test_pins_are_those_of_the_application() -> None:
    """Also when they are asked for before it is there."""
    memory = faulty.Memory()
    target, recorder = Target(Kind.PCSC, ""), Recorder()
    with PCSCScene(target, tuple(Permission), Options(), recorder, connect=lambda: faulty.Card(None, memory)) as scene:
        pins = scene.pins
        scene.device.application(scene.application_name).login(pins.user)


def test_what_is_tested_is_told() -> None:
    memory = faulty.Memory()
    target, recorder = Target(Kind.PCSC, ""), Recorder()
    with PCSCScene(target, (), Options(), recorder, connect=lambda: faulty.Card(None, memory)) as scene:
        device, adapted = scene.identity()
    assert device["serial_number"] == faulty.SERIAL
    assert device["atr"] == "3B 80 80 01 01"
    assert device["is_software"] == "yes"
    assert (adapted["name"], adapted["pin_form"], adapted["max_data_len"]) == ("gmpki", "sm2", 16384)


def test_a_named_application_is_spared() -> None:
    """A PIN that is wrong costs one try, and not one for each check."""
    target = Target(Kind.PCSC, "", application="APP", user_pin=b"00000000")
    skf = load(library_path("skf"))
    device = skf.connect_dev(faulty.SERIAL)
    device_auth.authenticate(skf, device, FACTORY_KEY)
    application = skf.create_application(
        device, "APP", admin_pin=b"12345678", admin_tries=6, user_pin=b"87654321", user_tries=6, create_file_rights=0x10
    )
    skf.close_application(application)
    results = trial("KEY", permissions=(Permission.WRITE,), target=target)
    assert {result.outcome for result in results.values()} == {Outcome.NOT_RUN}
    application = skf.open_application(device, "APP")
    assert skf.get_pin_info(application, PinRole.USER).tries_left == 5
    skf.disconnect_dev(device)
