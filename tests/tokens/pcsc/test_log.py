"""The log of commands shows what is needed to find faults, and no secret."""

from __future__ import annotations

import pytest

from gmpki.errors import InvalidTypeError, PinIncorrectError
from gmpki.tokens.interfaces import TokenKeyType
from gmpki.tokens.pcsc import ApduLog, PCSCDriver
from gmpki.tokens.pcsc.command_table import COMMANDS
from tokens.pcsc.cards import DirectCard
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN

DEVICE_KEY = b"1234567812345678"


def test_commands_and_answers_are_shown() -> None:
    lines: list[str] = []
    ApduLog(lines.append).record("GetPINInfo", bytes.fromhex("80140001020001"), b"\x03\x02\x90\x00", 0.5, masked=False)
    assert lines == ["GetPINInfo           80 14 00 01 02 00 01 -> 03 02 90 00 (500.0 ms)"]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("8418000102aabb", "84 18 00 01 02 [2 bytes]"),
        ("84180001000002aabb", "84 18 00 01 00 00 02 [2 bytes]"),
        ("84180001", "84 18 00 01"),
        ("84", "84"),
    ],
)
def test_secrets_are_counted(command: str, shown: str) -> None:
    lines: list[str] = []
    ApduLog(lines.append).record("VerifyPIN", bytes.fromhex(command), b"secret\x90\x00", 0, masked=True)
    assert lines == [f"VerifyPIN            {shown} -> [6 bytes] 90 00 (0.0 ms)"]


def test_long_data_are_cut() -> None:
    lines: list[str] = []
    ApduLog(lines.append).record("ImportCertificate", bytes(5000), b"\x90\x00", 0, masked=False)
    assert len(lines[0]) < 900
    assert "[5000 bytes]" in lines[0]


def test_nothing_secret_is_in_the_log_of_a_session(direct: DirectCard) -> None:
    lines: list[str] = []
    with PCSCDriver(log=ApduLog(lines.append)) as driver:
        device = driver.open_card(direct, "direct")
        device.authenticate(DEVICE_KEY)
        application = device.create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
        with pytest.raises(PinIncorrectError):
            application.login("99999999")
        application.login(USER_PIN)
        application.create_container("con1").generate(TokenKeyType.SM2)
        application.change_pin(USER_PIN, "23456789")
        application.unblock_pin(ADMIN_PIN, USER_PIN)
        application.login(USER_PIN)
        application.create_file("file", 6)
        application.write_file("file", b"secret")
        assert application.read_file("file") == b"secret"
        device.change_device_key(b"abcdefghijklmnop")
    text = "\n".join(lines)
    secrets = (USER_PIN, ADMIN_PIN, "99999999", "23456789", "secret", "abcdefghijklmnop")
    for secret in secrets:
        assert secret not in text
        assert secret.encode().hex(" ") not in text
    assert text.count("VerifyPIN") == 3
    assert COMMANDS["CreateApplication"].secret


def test_what_is_no_function_is_refused() -> None:
    with pytest.raises(InvalidTypeError):
        ApduLog("log.txt")  # type: ignore[arg-type]
