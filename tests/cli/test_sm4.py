"""``gmpki sm4``."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki import SM4CCM, SM4GCM
from gmpki.algorithms import sm4
from gmpki.algorithms.kdf import pbkdf2
from gmpki.cli import _password_file
from gmpki.cli.sm4 import MODES

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
DOUBLE_KEY = KEY + bytes(range(16))
WHOLE = [mode for mode, known in MODES.items() if known.key_len == 32]
PADDED = [mode for mode, known in MODES.items() if known.padded]
PLAIN = [mode for mode, known in MODES.items() if not known.padded]
LENGTHS = [0, 1, 15, 16, 17, 100_003]


@pytest.fixture(autouse=True)
def _key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setenv("KEY", KEY.hex())
    monkeypatch.setenv("DOUBLE_KEY", DOUBLE_KEY.hex())
    # The iterations are for attackers; here they only take time.
    monkeypatch.setattr(_password_file, "ITERATIONS", 1000)


def options_for(mode: str) -> list[str]:
    variable = "DOUBLE_KEY" if mode in WHOLE else "KEY"
    return ["--mode", mode, "--key-env", variable, *(["--padding", "pkcs7"] if mode in PADDED else [])]


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("mode", MODES)
def test_there_and_back(mode: str, length: int, run: Run) -> None:
    message = os.urandom(length)
    Path("message").write_bytes(message)
    if mode in WHOLE and length < 16:
        # These modes have no shorter messages; not even the tweak comes out.
        assert run("sm4", "encrypt", *options_for(mode), "message", exit_code=1).stdout_bytes == b""
        return
    run("sm4", "encrypt", *options_for(mode), "--output", "out", "message")
    run("sm4", "decrypt", *options_for(mode), "--output", "back", "out")
    assert Path("back").read_bytes() == message
    known = MODES[mode]
    padding = 16 - length % 16 if known.padded else 0
    assert Path("out").stat().st_size == known.iv_len + length + padding + 16 * known.authenticated


@pytest.mark.parametrize("mode", MODES)
def test_the_format_is_the_documented_one(mode: str, run: Run) -> None:
    message = b"a message of some length"
    out = run("sm4", "encrypt", *options_for(mode), stdin=message).stdout_bytes
    iv, rest = out[: MODES[mode].iv_len], out[MODES[mode].iv_len :]
    if mode in ("gcm", "ccm"):
        aead = SM4GCM(KEY) if mode == "gcm" else SM4CCM(KEY)
        assert aead.decrypt(iv, rest) == message
    elif mode == "hctr":
        assert sm4.decrypt_hctr(DOUBLE_KEY, iv, rest) == message
    elif mode in WHOLE:
        order = sm4.XTSOrder.GB if mode == "xts-gb" else sm4.XTSOrder.IEEE
        assert sm4.decrypt_xts(DOUBLE_KEY, iv, rest, order=order) == message
    else:
        padding = sm4.Padding.PKCS7 if mode in PADDED else sm4.Padding.NONE
        assert sm4.decrypt(KEY, rest, sm4.Mode[mode.upper()], iv or None, padding=padding) == message


@pytest.mark.parametrize("mode", [mode for mode in MODES if MODES[mode].iv_len])
def test_a_given_iv_does_not_stand_in_the_file(mode: str, run: Run) -> None:
    iv = os.urandom(MODES[mode].iv_len)
    options = (*options_for(mode), "--iv", iv.hex())
    message = b"message of two blocks"
    out = run("sm4", "encrypt", *options, stdin=message).stdout_bytes
    assert not out.startswith(iv)
    assert run("sm4", "decrypt", *options, stdin=out).stdout_bytes == message
    assert run("sm4", "decrypt", *options_for(mode), stdin=iv + out).stdout_bytes == message


def test_a_new_nonce_each_time(run: Run) -> None:
    outputs = {run("sm4", "encrypt", *options_for("gcm"), stdin=b"message").stdout_bytes for _ in range(5)}
    assert len({out[:12] for out in outputs}) == 5


def test_whole_blocks_without_padding(run: Run) -> None:
    options = ("--mode", "cbc", "--padding", "none", "--key-env", "KEY")
    out = run("sm4", "encrypt", *options, stdin=bytes(32)).stdout_bytes
    assert len(out) == 48
    assert run("sm4", "decrypt", *options, stdin=out).stdout_bytes == bytes(32)
    run("sm4", "encrypt", *options, stdin=bytes(31), exit_code=1)


@pytest.mark.parametrize("mode", ["gcm", "ccm"])
def test_associated_data(mode: str, run: Run) -> None:
    options = (*options_for(mode), "--associated-data", "00ff")
    out = run("sm4", "encrypt", *options, stdin=b"message").stdout_bytes
    assert run("sm4", "decrypt", *options, stdin=out).stdout_bytes == b"message"
    assert run("sm4", "decrypt", *options_for(mode), stdin=out, exit_code=1).stdout == ""


@pytest.mark.parametrize("position", [0, 12, 1_500_000, -16, -1])
@pytest.mark.parametrize("output", ["file", "stream"])
def test_not_one_byte_of_a_forged_message(position: int, output: str, run: Run) -> None:
    message = b"A" * 3_000_000  # pieces before the change decrypt to what they were
    out = bytearray(run("sm4", "encrypt", *options_for("gcm"), stdin=message).stdout_bytes)
    out[position] ^= 1
    before = set(os.listdir())
    target = ["--output", "plain"] if output == "file" else []
    result = run("sm4", "decrypt", *options_for("gcm"), *target, stdin=bytes(out), exit_code=1)
    assert result.stdout_bytes == b""
    assert "认证标签不符" in result.stderr
    assert set(os.listdir()) == before


@pytest.mark.parametrize("mode", ["gcm", "ccm", "cbc"])
@pytest.mark.parametrize("length", [0, 1, 11, 12, 27])
def test_a_truncated_file(mode: str, length: int, answer: Answer) -> None:
    Path("short").write_bytes(bytes(length))
    error = answer("sm4", "decrypt", *options_for(mode), "--output", "plain", "short", exit_code=1)["error"]
    assert error["type"] == ("DecryptionError" if length < MODES[mode].iv_len or mode == "cbc" else "InvalidTag")
    assert not Path("plain").exists()


def test_wrong_padding_leaves_nothing(run: Run) -> None:
    options = options_for("cbc")
    out = run("sm4", "encrypt", *options, stdin=b"message").stdout_bytes
    wrong = out[:15] + bytes([out[15] ^ 0x40]) + out[16:]  # turns the last byte of the padding into another number
    assert run("sm4", "decrypt", *options, stdin=wrong, exit_code=1).stdout_bytes == b""


def test_decrypted_files_are_private(run: Run) -> None:
    run("sm4", "encrypt", *options_for("gcm"), "--output", "out", stdin=b"message")
    run("sm4", "decrypt", *options_for("gcm"), "--output", "plain", "out")
    assert stat.S_IMODE(os.stat("plain").st_mode) == 0o600


@pytest.mark.parametrize("length", [0, 7, 3_000_001])
def test_password(length: int, run: Run) -> None:
    message = os.urandom(length)
    out = run("sm4", "encrypt", "--password-env", "PASSWORD", stdin=message).stdout_bytes
    assert run("sm4", "decrypt", "--password-env", "PASSWORD", stdin=out).stdout_bytes == message
    header, body = out[:40], out[40:]
    assert header[:8] == b"GMSM4PW1"
    key = pbkdf2(os.environb[b"PASSWORD"], header[12:28], int.from_bytes(header[8:12], "big"), 16)
    assert SM4GCM(key).decrypt(header[28:40], body, header) == message


def test_the_password_of_another(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    out = run("sm4", "encrypt", "--password-env", "PASSWORD", stdin=b"message").stdout_bytes
    monkeypatch.setenv("PASSWORD", "wrong")
    result = run("sm4", "decrypt", "--password-env", "PASSWORD", stdin=out, exit_code=1)
    assert result.stdout == ""
    assert "the password is wrong, or the file was changed" in result.stderr


@pytest.mark.parametrize("position", [*range(8, 41), -1])
def test_every_field_of_the_header_is_authenticated(position: int, run: Run) -> None:
    out = bytearray(run("sm4", "encrypt", "--password-env", "PASSWORD", stdin=b"message").stdout_bytes)
    out[position] ^= 1
    if position == 8:  # sixteen million iterations are refused before they are computed
        assert int.from_bytes(out[8:12], "big") > _password_file.MAX_ITERATIONS
    result = run("sm4", "decrypt", "--password-env", "PASSWORD", stdin=bytes(out), exit_code=1)
    assert result.stdout == ""


@pytest.mark.parametrize("iterations", [0, 10_000_001, 0xFFFFFFFF])
def test_iterations_are_bounded(iterations: int, answer: Answer) -> None:
    Path("hostile").write_bytes(b"GMSM4PW1" + iterations.to_bytes(4, "big") + bytes(60))
    error = answer("sm4", "decrypt", "--password-env", "PASSWORD", "--output", "plain", "hostile", exit_code=1)["error"]
    assert error["type"] == "LimitExceeded"


def test_what_is_no_password_file(answer: Answer) -> None:
    Path("other").write_bytes(bytes(100))
    error = answer("sm4", "decrypt", "--password-env", "PASSWORD", "--output", "plain", "other", exit_code=1)["error"]
    assert error["type"] == "DecodeError"


USAGE = [
    ["--mode", "cbc", "--key-env", "KEY"],
    ["--mode", "ctr", "--padding", "none", "--key-env", "KEY"],
    ["--mode", "gcm", "--padding", "pkcs7", "--key-env", "KEY"],
    ["--mode", "ctr", "--associated-data", "00", "--key-env", "KEY"],
    ["--iv", "00", "--key-env", "KEY"],
    ["--iv", "0", "--key-env", "KEY"],
    ["--associated-data", "0x", "--key-env", "KEY"],
    ["--mode", "ecb", "--padding", "pkcs7", "--iv", "00" * 16, "--key-env", "KEY"],
    ["--key-env", "KEY", "--password-env", "PASSWORD"],
    ["--mode", "cbc", "--padding", "pkcs7", "--password-env", "PASSWORD"],
    ["--iv", "00" * 12, "--password-env", "PASSWORD"],
    ["--associated-data", "00", "--password-env", "PASSWORD"],
    ["--key-env", "KEY", "--json"],
    [],
]


@pytest.mark.once
@pytest.mark.parametrize("options", USAGE, ids=" ".join)
@pytest.mark.parametrize("command", ["encrypt", "decrypt"])
def test_usage(command: str, options: list[str], process: Callable[..., subprocess.CompletedProcess[bytes]]) -> None:
    environment = {**os.environ, "KEY": KEY.hex(), "PASSWORD": "x", "PYTHONUTF8": "1"}
    ran = process("sm4", command, *options, env=environment)
    assert ran.returncode == 2, ran
    assert ran.stdout == b"" or "--json" in options


def test_pipes(process: Callable[..., subprocess.CompletedProcess[bytes]]) -> None:
    """Decrypting from a pipe, which cannot be read twice; the tag stands at its end."""
    environment = {**os.environ, "KEY": KEY.hex()}
    message = os.urandom(3_000_001)
    out = process("sm4", "encrypt", "--key-env", "KEY", env=environment, stdin=None, input=message).stdout
    assert len(out) == len(message) + 28
    plain = process("sm4", "decrypt", "--key-env", "KEY", env=environment, stdin=None, input=out)
    assert plain.stdout == message
    changed = out[:-1] + bytes([out[-1] ^ 1])
    forged = process("sm4", "decrypt", "--key-env", "KEY", env=environment, stdin=None, input=changed)
    assert forged.returncode == 1
    assert forged.stdout == b""


def test_ccm_is_bounded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gmpki.cli.sm4.MAX_WHOLE_LEN", 100)
    run("sm4", "encrypt", *options_for("ccm"), stdin=bytes(100))
    result = run("sm4", "encrypt", *options_for("ccm"), "--output", "out", stdin=bytes(101), exit_code=1)
    assert "--mode gcm takes longer" in result.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize("mode", WHOLE)
def test_modes_of_two_keys(mode: str, run: Run) -> None:
    assert "has 32 bytes, not 16" in run("sm4", "encrypt", "--mode", mode, "--key-env", "KEY", exit_code=2).stderr
    assert "has 16 bytes, not 32" in run("sm4", "encrypt", "--key-env", "DOUBLE_KEY", exit_code=2).stderr


def test_json(answer: Answer) -> None:
    fields = answer("sm4", "encrypt", *options_for("cbc"), "--output", "out", stdin=b"message")
    assert fields == {"ok": True, "operation": "encrypted", "mode": "cbc", "padding": "pkcs7", "output": "out"}
