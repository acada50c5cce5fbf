"""A directory of an authority, for the tests of commands that work in one. It is founded once, and copied."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from gmpki.ca.interfaces import KeyWanted
from gmpki.cli import _ca_found
from gmpki.cli._ca import CAPlace, Who
from gmpki.cli._secrets import RememberedSecret, SecretSource
from gmpki.cli.main import cli
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.issuing import self_signed
from gmpki.x509.names import build_name

__all__ = [
    "PASSWORD",
    "found",
    "init_arguments",
    "operator",
    "set_variables",
    "write_ca",
    "write_for_examples",
    "write_kmc",
]

PASSWORD = "typed"  # as the tests of examples answer every question
NO_PIN = RememberedSecret("pin", None, None, None)
NOBODY = Who(None, None, SecretSource("operator-password", None, None, None), None)
BASE_URL = "http://pki.example.cn"


def set_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the password that examples name, make key derivation cheap, and name the directory."""
    monkeypatch.setenv("CA_PASSWORD", PASSWORD)
    monkeypatch.setattr(_ca_found, "ITERATIONS", 1)
    monkeypatch.setenv("GMPKI_CA", "ca")


def init_arguments(folder: str) -> list[str]:
    """Return the command that founds an authority for tests."""
    arguments = ["ca", "init", "--ca", folder, "--organisation", "示例电子认证", "--password-env", "CA_PASSWORD"]
    arguments += ["--spare-keys", "4", "--development", "--base-url", BASE_URL]
    # Three who recover keys, since a judicial recovery takes as many; the others one permission each.
    staff = ("administration", "entry", "proofreading", "review", "issuing", "audit")
    names = ("administrator", "clerk", "proofreader", "reviewer", "issuer", "auditor")
    operators = [f"{name}={permission}" for name, permission in zip(names, staff, strict=True)]
    operators += [f"{name}=recovery" for name in ("recovery", "recovery2", "recovery3")]
    return [*arguments, *(word for each in operators for word in ("--operator", each))]


@cache
def found() -> Path:
    """Found the authority that is copied."""
    folder = Path(tempfile.mkdtemp(prefix="gmpki-ca-"), "ca")
    before = os.environ.get("CA_PASSWORD")
    os.environ["CA_PASSWORD"] = PASSWORD
    iterations, _ca_found.ITERATIONS = _ca_found.ITERATIONS, 1
    try:
        ran = CliRunner().invoke(cli, init_arguments(str(folder)))
        assert ran.exit_code == 0, ran.output
    finally:
        _ca_found.ITERATIONS = iterations
        if before is None:
            del os.environ["CA_PASSWORD"]
        else:
            os.environ["CA_PASSWORD"] = before
    return folder


def write_ca() -> None:
    """Put the directory ``ca`` into the present one."""
    shutil.copytree(found(), "ca")


def write_kmc() -> None:
    """Put the directory ``ca`` there, with a key in use for the certificate 1234abcd, and who may have it again."""
    write_ca()
    owner, court = SM2PrivateKey.generate(), SM2PrivateKey.generate()
    Path("owner.key").write_bytes(owner.to_pem())
    for name, key in (("new-signing", owner), ("court", court)):
        subject = build_name(("C", "CN"), ("O", "示例"), ("CN", name))
        Path(f"{name}.pem").write_bytes(self_signed(subject, key, "root-ca").to_pem())
    Path("order.pdf").write_bytes(b"an order")
    place = CAPlace("ca", RememberedSecret("password", "CA_PASSWORD", None, None), NO_PIN, NOBODY)
    with place.open() as ca:
        now, key = ca.store.now(), SM2PrivateKey.generate().public_key
        ca.key_centre.allot([KeyWanted("ca", 0x1234ABCD, key, now, now + timedelta(days=365))])


def write_for_examples(path: tuple[str, ...]) -> None:
    """Make what the examples of a command name."""
    if path[1] == "init":
        return
    if path[0] == "kmc":
        write_kmc()
        if path[1] == "judicial":
            for _ in range(2):
                request = ["--serial", "1234abcd", "--reason", "调查", "--document", "order.pdf"]
                command("kmc", "judicial", "request", *request, "--recipient", "court.pem", *operator("recovery"))
            for name in ("recovery2", "recovery3"):
                command("kmc", "judicial", "approve", "2", "--yes", *operator(name))
        return
    write_ca()
    if path in (("ca", "crl", "get"), ("ca", "inspect")):
        command("ca", "crl", "make", "--scheduled", "--password-env", "CA_PASSWORD")
        command("ca", "publish", "--scheduled", "--password-env", "CA_PASSWORD")
    if path == ("ca", "restore"):
        command("ca", "backup", "--output", "ca.backup", *operator("administrator"))
        Path("ca/ca.db").unlink()


def command(*arguments: str) -> None:
    """Run a command that has to succeed."""
    ran = CliRunner().invoke(cli, arguments)
    assert ran.exit_code == 0, ran.output


def operator(name: str) -> list[str]:
    """Return the options that open the directory, and act as an operator without a login."""
    return ["--password-env", "CA_PASSWORD", "--as", name]
