"""``gmpki key``."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gmpki.keys.loader import load_private_key, load_public_key

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

QUICK = ("--iterations", "1000")
PEM = serialization.Encoding.PEM


def mode_of(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def foreign(kind: str) -> None:
    """Write an RSA or ECDSA key and its public key as another library does."""
    key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    encryption = serialization.NoEncryption()
    Path("key.pem").write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, encryption))
    public = key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    Path("pub.pem").write_bytes(public)


@pytest.mark.parametrize("profile", ["gm", "gmssl", "openssl", "aes"])
@pytest.mark.parametrize("encoding", ["pem", "der"])
def test_generate_encrypted(profile: str, encoding: str, run: Run) -> None:
    options = ("--profile", profile, "--encoding", encoding, "--password-env", "PASSWORD", *QUICK)
    run("key", "generate", *options, "--output", "key", "--public-output", "pub")
    assert mode_of("key") == 0o600
    data = Path("key").read_bytes()
    assert data.startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") is (encoding == "pem")
    key = load_private_key(data, os.environb[b"PASSWORD"])
    assert key.public_key == load_public_key(Path("pub").read_bytes())


@pytest.mark.parametrize("form", ["pkcs8", "sec1"])
@pytest.mark.parametrize("encoding", ["pem", "der"])
def test_generate_plain(form: str, encoding: str, run: Run, answer: Answer) -> None:
    run("key", "generate", "--no-password", "--format", form, "--encoding", encoding, "--output", "key")
    assert mode_of("key") == 0o600
    shown = answer("key", "show", "key")
    assert shown["kind"] == "private"
    assert shown["encrypted"] is False
    assert shown["form"].startswith(encoding.upper())
    assert ("SEC 1" in shown["form"]) is (form == "sec1")


def test_generate_to_standard_output(run: Run, answer: Answer) -> None:
    output = run("key", "generate", "--no-password").stdout_bytes
    assert output.startswith(b"-----BEGIN PRIVATE KEY-----\n")
    load_private_key(output)
    fields = answer("key", "generate", "--no-password")
    assert load_private_key(fields["pem"].encode()).public_key.to_hex() == fields["public_key"]


def test_generate_with_a_file_tells_no_key(answer: Answer) -> None:
    fields = answer("key", "generate", "--no-password", "--output", "key.pem")
    assert set(fields) == {"ok", "algorithm", "encrypted", "format", "output", "public_key", "public_output"}


def test_every_key_is_another(answer: Answer) -> None:
    assert len({answer("key", "generate", "--no-password")["public_key"] for _ in range(5)}) == 5


USAGE = [
    ["--no-password", "--password-env", "PASSWORD"],
    ["--no-password", "--profile", "gm"],
    ["--no-password", "--iterations", "1000"],
    ["--format", "sec1", "--password-env", "PASSWORD"],
    ["--iterations", "0", "--password-env", "PASSWORD"],
    ["--no-password", "--output", "same", "--public-output", "same"],
    ["--no-password", "--encoding", "der", "--json"],
]


@pytest.mark.parametrize("options", USAGE, ids=" ".join)
def test_usage(options: list[str], run: Run) -> None:
    run("key", "generate", *options, exit_code=2)
    assert os.listdir() == []


def test_too_many_iterations(answer: Answer) -> None:
    options = ("--iterations", "10000001", "--password-env", "PASSWORD", "--output", "key.pem")
    assert answer("key", "generate", *options, exit_code=1)["error"]["type"] in {"InvalidInputError", "LimitExceeded"}
    assert not Path("key.pem").exists()


@pytest.mark.parametrize("existing", ["key.pem", "pub.pem"])
def test_nothing_is_made_when_one_output_exists(existing: str, run: Run) -> None:
    Path(existing).write_bytes(b"old")
    options = ("--no-password", "--output", "key.pem", "--public-output", "pub.pem")
    run("key", "generate", *options, exit_code=1)
    assert os.listdir() == [existing]
    assert Path(existing).read_bytes() == b"old"
    run("key", "generate", *options, "--force")
    assert sorted(os.listdir()) == ["key.pem", "pub.pem"]


def test_show_never_shows_the_secret(run: Run, key_pair: tuple[str, str]) -> None:
    secret = load_private_key(Path("key.pem").read_bytes()).to_bytes()
    for option in ([], ["--json"]):
        shown = run("key", "show", "key.pem", *option).stdout
        assert secret.hex() not in shown.lower()
        assert str(int.from_bytes(secret, "big")) not in shown


def test_show_both_halves_of_a_pair(answer: Answer, key_pair: tuple[str, str]) -> None:
    private, public = (answer("key", "show", name) for name in key_pair)
    assert (private["kind"], public["kind"]) == ("private", "public")
    for name in ("algorithm", "public_key", "public_key_compressed", "sm3_of_public_key"):
        assert private[name] == public[name]
    assert private["algorithm"] == "SM2"
    assert len(private["public_key"]) == 130


@pytest.mark.parametrize(("kind", "algorithm"), [("rsa", "RSA 2048"), ("ec", "ECDSA ")])
def test_keys_of_other_algorithms(kind: str, algorithm: str, run: Run, answer: Answer) -> None:
    foreign(kind)
    private, public = answer("key", "show", "key.pem"), answer("key", "show", "pub.pem")
    assert private["algorithm"].startswith(algorithm)
    assert private["sm3_of_public_key"] == public["sm3_of_public_key"]
    run("key", "convert", "--new-password-env", "PASSWORD", *QUICK, "--output", "out.pem", "key.pem")
    run("key", "convert", "--to", "public", "--password-env", "PASSWORD", "--output", "out.pub", "out.pem")
    assert Path("out.pub").read_bytes() == Path("pub.pem").read_bytes()
    error = answer("key", "convert", "--to", "sec1", "--no-password", "--output", "no", "key.pem", exit_code=1)
    assert error["error"]["type"] == "UnsupportedAlgorithm"
    for arguments in (["sign", "--key", "key.pem"], ["encrypt", "--key", "pub.pem", "--output", "no"]):
        error = answer("sm2", *arguments, "key.pem", exit_code=1)
        assert error["error"]["type"] == "KeyMismatchError"
    assert not Path("no").exists()


@pytest.mark.parametrize("to", ["pkcs8", "sec1"])
@pytest.mark.parametrize("encoding", ["pem", "der"])
@pytest.mark.parametrize("source", ["pkcs8", "sec1"])
def test_convert_plain(source: str, to: str, encoding: str, run: Run) -> None:
    run("key", "generate", "--no-password", "--format", source, "--output", "in")
    run("key", "convert", "--to", to, "--encoding", encoding, "--no-password", "--output", "out", "in")
    assert mode_of("out") == 0o600
    first, second = (load_private_key(Path(name).read_bytes()) for name in ("in", "out"))
    assert first.public_key == second.public_key


@pytest.mark.parametrize("profile", ["gm", "gmssl", "openssl", "aes"])
def test_convert_changes_password_and_profile(profile: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEW", "another password")
    run("key", "generate", "--password-env", "PASSWORD", *QUICK, "--output", "in")
    options = ("--password-env", "PASSWORD", "--new-password-env", "NEW", "--profile", profile, *QUICK)
    run("key", "convert", *options, "--output", "out", "in")
    old, new = os.environb[b"PASSWORD"], b"another password"
    assert (
        load_private_key(Path("out").read_bytes(), new).public_key
        == load_private_key(Path("in").read_bytes(), old).public_key
    )


@pytest.mark.parametrize("source", ["key.pem", "pub.pem"])
@pytest.mark.parametrize("encoding", ["pem", "der"])
def test_convert_to_public(source: str, encoding: str, run: Run, key_pair: tuple[str, str]) -> None:
    run("key", "convert", "--to", "public", "--encoding", encoding, "--output", "out", source)
    assert load_public_key(Path("out").read_bytes()) == load_public_key(Path("pub.pem").read_bytes())
    if encoding == "pem":
        assert Path("out").read_bytes() == Path("pub.pem").read_bytes()


def test_convert_to_public_takes_no_protection(run: Run, key_pair: tuple[str, str]) -> None:
    for option in (["--no-password"], ["--profile", "gm"], ["--new-password-env", "PASSWORD"], list(QUICK)):
        run("key", "convert", "--to", "public", *option, "key.pem", exit_code=2)


def test_a_public_key_has_no_private_one(answer: Answer, key_pair: tuple[str, str]) -> None:
    error = answer("key", "convert", "--no-password", "--output", "out", "pub.pem", exit_code=1)["error"]
    assert "private" in error["message"]
    assert not Path("out").exists()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x30\x03\x02\x01\x01", bytes((1 << 20) + 1)])
def test_what_is_no_key(content: bytes, answer: Answer) -> None:
    Path("file").write_bytes(content)
    error = answer("key", "show", "file", exit_code=1)["error"]
    assert error["type"] in {"DecodeError", "InvalidInputError", "LimitExceeded"}


def test_no_private_key_without_the_public_one(run: Run) -> None:
    run("key", "generate", "--no-password", "--output", "key.pem", "--public-output", "nowhere/pub.pem", exit_code=1)
    assert os.listdir() == []


@pytest.mark.parametrize("public_output", ["key.pem", "./key.pem", "link/key.pem"])
def test_two_keys_do_not_go_to_one_file(public_output: str, run: Run) -> None:
    os.symlink(".", "link")
    options = ("--no-password", "--force", "--output", "key.pem", "--public-output", public_output)
    assert "name the same file" in run("key", "generate", *options, exit_code=2).stderr
    assert os.listdir() == ["link"]


def test_the_public_key_goes_to_a_file(run: Run) -> None:
    run("key", "generate", "--no-password", "--output", "key.pem", "--public-output", "-", exit_code=2)
    assert os.listdir() == []
