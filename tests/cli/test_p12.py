"""``gmpki p12``: create, show, extract."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.keys.loader import load_private_key
from gmpki.keystore import PKCS12, StoreProfile, write_sm2_file
from gmpki.keystore.pkcs12 import KeyEntry
from gmpki.x509.certificate import load_certificates
from gmpki.x509.delivery import CSRResponseDelivery, EnvelopeDelivery
from gmpki.x509.pair import CertificatePair
from keystore.stores import ENCRYPTION_KEY, SIGNING_KEY, certificates, written
from keystore.stores import PASSWORD as STORE_PASSWORD
from x509 import pair_examples as examples

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
Process = Callable[..., subprocess.CompletedProcess[bytes]]

PAIR = ("--key", "signing.key", "--key", "encryption.key", "--certificate", "pair.pem", "--certificate", "root.pem")
FAST = ("--iterations", "5")
OPEN = ("--password-env", "PASSWORD")


@pytest.fixture(autouse=True)
def files(run: Run) -> None:
    """Put keys and certificates into the empty directory."""
    signing, encryption, root = certificates()
    Path("signing.key").write_bytes(SIGNING_KEY.to_pem())
    Path("encryption.key").write_bytes(ENCRYPTION_KEY.to_pem())
    Path("pair.pem").write_bytes(signing.to_pem() + encryption.to_pem())
    Path("root.pem").write_bytes(root.to_pem())
    Path("store-password").write_bytes(STORE_PASSWORD + b"\n")
    Path("written.p12").write_bytes(written())


def mode_of(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


# ---- create -----------------------------------------------------------------------------
@pytest.mark.parametrize("profile", [None, *StoreProfile])
def test_create(answer: Answer, profile: StoreProfile | None) -> None:
    option = () if profile is None else ("--profile", profile.name.lower().replace("_", "-"))
    told = answer("p12", "create", *PAIR, *FAST, *OPEN, *option, "--name", "签名", "--output", "pair.p12")
    assert (told["keys"], told["certificates"], told["output"]) == (2, 3, "pair.p12")
    assert told["profile"] == ("gm" if profile is None else option[1])
    (pair,) = told["pairs"]
    assert (pair["signing_key"], pair["encryption_key"]) == (True, True)
    assert mode_of("pair.p12") == 0o600
    store = PKCS12.from_bytes(Path("pair.p12").read_bytes(), os.environ["PASSWORD"].encode())
    assert [entry.friendly_name for entry in store.keys] == ["签名", None]
    assert store.pairs[0].pair == CertificatePair(*certificates()[:2])


def test_create_in_words(run: Run) -> None:
    out = run("p12", "create", *PAIR, *FAST, *OPEN, "--output", "pair.p12").stdout
    assert "已生成" in out
    assert "双证书" in out


def test_create_of_certificates_alone(answer: Answer) -> None:
    assert answer("p12", "create", "-c", "root.pem", *FAST, *OPEN, "-o", "root.p12")["keys"] == 0


def test_create_to_standard_output(run: Run) -> None:
    made = run("p12", "create", *PAIR, *FAST, *OPEN).stdout_bytes
    assert len(PKCS12.from_bytes(made, os.environ["PASSWORD"].encode()).keys) == 2


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (
            ("--key", "signing.key", "-c", "root.pem", *OPEN),
            1,
            "is for the key in signing.key",
        ),
        ((*OPEN,), 2, "nothing to put into the file"),
        ((*PAIR,), 2, "--password-env"),
        ((*PAIR, *OPEN, "--name", "a", "--name", "b", "--name", "c"), 2, "3 times for 2 keys"),
        ((*PAIR, *OPEN, "--iterations", "0"), 2, "--iterations"),
        ((*PAIR, *OPEN, "--iterations", "9000000"), 1, "more than readers do"),
        ((*PAIR, *OPEN, "--profile", "pfx"), 2, "--profile"),
        (("--key", "missing.key", *OPEN), 1, "missing.key"),
        (("--key", "root.pem", *OPEN), 1, "no private key"),
        ((*PAIR, *OPEN, "--certificate", "signing.key"), 1, "certificate"),
    ],
)
def test_create_refuses(
    process: Process, tmp_path: Path, arguments: tuple[str, ...], exit_code: int, words: str
) -> None:
    done = process("p12", "create", *arguments, "--output", "new.p12")
    assert done.returncode == exit_code
    assert words in done.stderr.decode()
    assert not (tmp_path / "new.p12").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".gmpki-")] == []


def test_create_replaces_nothing(run: Run) -> None:
    before = Path("written.p12").read_bytes()
    run("p12", "create", *PAIR, *FAST, *OPEN, "--output", "written.p12", exit_code=1)
    assert Path("written.p12").read_bytes() == before
    run("p12", "create", *PAIR, *FAST, *OPEN, "--output", "written.p12", "--force")
    assert Path("written.p12").read_bytes() != before


# ---- show -------------------------------------------------------------------------------
def test_show(answer: Answer, run: Run) -> None:
    told = answer("p12", "show", "--password-file", "store-password", "written.p12")
    assert told["mac"] == "HMAC-SM3, PKCS #12 key derivation (3 iterations)"
    assert told["found"].startswith("PKCS #12, PBES2")
    assert [(entry["algorithm"], entry["name"], entry["serial_number"]) for entry in told["keys"]] == [
        ("SM2", "签名", "0C"),
        ("SM2", "加密", "0D"),
    ]
    assert [entry["serial_number"] for entry in told["certificates"]] == ["0C", "0D", "01"]
    assert [entry["signing_serial_number"] for entry in told["pairs"]] == ["0C"]
    assert (told["other_bags"], told["quirks"]) == ([], [])
    text = run("p12", "show", "--password-file", "store-password", "written.p12").stdout
    for words in ("双证书", "签名", "PBKDF2-HMAC-SM3", "CN=示例根"):
        assert words in text
    for key in (SIGNING_KEY, ENCRYPTION_KEY):
        assert key.to_bytes().hex() not in (text + str(told)).lower()


def test_a_name_that_a_terminal_would_obey(run: Run) -> None:
    run("p12", "create", "--key", "signing.key", "--name", "\x1b[31mred", *FAST, *OPEN, "--output", "red.p12")
    text = run("p12", "show", *OPEN, "red.p12").stdout
    assert "\x1b" not in text
    assert "\\1B[31mred" in text


def test_show_asks_for_no_password_where_none_is_needed(answer: Answer) -> None:
    assert answer("p12", "show", "root.pem")["found"] == "PEM: 1 certificate"
    assert answer("p12", "show", "signing.key")["found"] == "PEM: PKCS #8 PrivateKeyInfo"


def test_show_of_what_is_encrypted_to_the_signing_key(answer: Answer) -> None:
    pair = CertificatePair(*certificates()[:2])
    Path("response.der").write_bytes(CSRResponseDelivery().deliver(ENCRYPTION_KEY, pair))
    Path("envelope.der").write_bytes(EnvelopeDelivery().deliver(ENCRYPTION_KEY, pair))
    told = answer("p12", "show", "--signing-key", "signing.key", "response.der")
    assert (told["pairs"][0]["signing_key"], told["pairs"][0]["encryption_key"]) == (False, True)
    told = answer("p12", "show", "--signing-key", "signing.key", "--pair", "pair.pem", "envelope.der")
    assert told["keys"][0]["serial_number"] == "0D"
    assert "signing key" in answer("p12", "show", "envelope.der", exit_code=1)["error"]["message"]


def test_show_of_a_sm2_file(answer: Answer) -> None:
    Path("cfca.sm2").write_bytes(write_sm2_file(KeyEntry(SIGNING_KEY, certificates()[0]), STORE_PASSWORD))
    told = answer("p12", "show", "--password-file", "store-password", "cfca.sm2")
    assert told["found"].startswith('base64: CFCA key file (".sm2")')


def test_a_wrong_password(answer: Answer) -> None:
    told = answer("p12", "show", *OPEN, "written.p12", exit_code=1)
    assert told["error"]["type"] == "DecryptionError"
    assert "password" in told["error"]["message"]


@pytest.mark.once
@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("--empty-password", *OPEN, "written.p12"), 2, "--empty-password"),
        (("--empty-password", "written.p12"), 1, "password"),
        (("written.p12",), 2, "--password-env"),
        (("missing.p12",), 1, "missing.p12"),
        (("store-password",), 1, "expected a private key"),
    ],
)
def test_show_refuses(process: Process, arguments: tuple[str, ...], exit_code: int, words: str) -> None:
    done = process("p12", "show", *arguments)
    assert done.returncode == exit_code
    assert words in done.stderr.decode()


# ---- extract ----------------------------------------------------------------------------
EXTRACT = ("p12", "extract", "--password-file", "store-password", "--output", "out", "written.p12")


def test_extract_a_pair(answer: Answer) -> None:
    signing, encryption, root = certificates()
    told = answer(*EXTRACT, "--new-password-env", "PASSWORD")
    names = ["signing.key", "encryption.key", "signing.pem", "encryption.pem", "chain.pem"]
    assert told["files"] == [os.path.join("out", name) for name in names]
    assert told["encrypted"] is True
    assert [mode_of(path) for path in told["files"][:2]] == [0o600, 0o600]
    password = os.environ["PASSWORD"].encode()
    for name, key in (("signing", SIGNING_KEY), ("encryption", ENCRYPTION_KEY)):
        data = Path("out", f"{name}.key").read_bytes()
        assert load_private_key(data, password).public_key == key.public_key
    held = [load_certificates(Path("out", name).read_bytes()) for name in names[2:]]
    assert held == [(signing,), (encryption,), (root,)]


def test_extract_in_plain(answer: Answer) -> None:
    told = answer(*EXTRACT, "--no-password")
    assert told["encrypted"] is False
    assert load_private_key(Path("out/signing.key").read_bytes()).public_key == SIGNING_KEY.public_key
    assert mode_of("out/signing.key") == 0o600


def test_extract_certificates_only(answer: Answer) -> None:
    told = answer(*EXTRACT, "--certificates-only")
    assert [os.path.basename(path) for path in told["files"]] == ["signing.pem", "encryption.pem", "chain.pem"]
    assert sorted(os.listdir("out")) == ["chain.pem", "encryption.pem", "signing.pem"]


def test_extract_keys_that_are_no_pair(answer: Answer) -> None:
    other = examples.certificate(examples.SIGNING_USAGES, 14)
    Path("other.key").write_bytes(examples.OTHER_KEY.to_pem())
    Path("other.pem").write_bytes(other.to_pem())
    answer("p12", "create", "-k", "other.key", "-c", "other.pem", "-c", "root.pem", *FAST, *OPEN, "-o", "one.p12")
    told = answer("p12", "extract", *OPEN, "--no-password", "--output", "out", "one.p12")
    assert [os.path.basename(path) for path in told["files"]] == ["key-1.key", "key-1.pem", "chain.pem"]
    assert load_certificates(Path("out/key-1.pem").read_bytes()) == (other,)


def test_extract_writes_all_or_nothing(run: Run) -> None:
    os.mkdir("out")
    Path("out/chain.pem").write_text("mine")
    run(*EXTRACT, "--no-password", exit_code=1)
    assert os.listdir("out") == ["chain.pem"]
    assert Path("out/chain.pem").read_text() == "mine"
    run(*EXTRACT, "--no-password", "--force")
    assert len(os.listdir("out")) == 5


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (("--no-password", "--new-password-env", "PASSWORD"), 2, "--no-password goes without"),
        (("--certificates-only", "--no-password"), 2, "--certificates-only writes no key"),
        ((), 2, "--new-password-env"),
    ],
)
def test_extract_refuses(
    process: Process, tmp_path: Path, arguments: tuple[str, ...], exit_code: int, words: str
) -> None:
    done = process(*EXTRACT, *arguments)
    assert done.returncode == exit_code
    assert words in done.stderr.decode()
    assert not (tmp_path / "out").exists()


def test_extract_into_a_file(run: Run) -> None:
    Path("out").write_text("a file")
    assert "out" in run(*EXTRACT, "--no-password", exit_code=1).stderr
