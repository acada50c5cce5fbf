"""``gmpki cert``: the group, and ``show``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import BasicConstraints
from gmpki.cli.cert import LATER
from x509 import made

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

NAMES = ["show", *LATER]


@pytest.fixture
def root(run: Run) -> str:
    Path("root.pem").write_bytes(made.root().to_pem())
    return "root.pem"


def test_show(run: Run, answer: Answer, root: str) -> None:
    text = run("cert", "show", root).output
    for part in ("示例根证书", "序列号", "SM2", "basicConstraints"):
        assert part in text
    (found,) = answer("cert", "show", root)["certificates"]
    assert found["type"] == "certificate"
    assert found["serial_number"] == "1234567890"
    assert answer("cert", "show", stdin=made.root().der)["certificates"][0]["version"] == 3


def test_show_every_certificate_of_a_file(run: Run, answer: Answer, root: str) -> None:
    leaf = made.builder().add_extension(BasicConstraints()).sign(made.KEY)
    Path("bundle.pem").write_bytes(Path(root).read_bytes() + made.KEY.to_pem() + leaf.to_pem())
    assert len(answer("cert", "show", "bundle.pem")["certificates"]) == 2
    text = run("cert", "show", "bundle.pem").output
    assert "张三" in text
    assert text.count("Certificate 证书:") == 2
    assert "PRIVATE KEY" not in text


def test_lenient_reading_names_what_it_met(run: Run, answer: Answer) -> None:
    Path("odd.der").write_bytes(made.certificate(serial=der.encode_integer(-5)))
    error = answer("cert", "show", "odd.der", exit_code=1)["error"]
    assert error["type"] == "DecodeError"
    assert "--lenient" in error["message"]
    (found,) = answer("cert", "show", "--lenient", "odd.der")["certificates"]
    assert [quirk["kind"] for quirk in found["quirks"]] == ["negative-serial"]
    assert "negative-serial" in run("cert", "show", "--lenient", "odd.der").output


@pytest.mark.parametrize(
    "data", [b"", b"text", b"\x30\x00", made.KEY.public_key.to_pem(), made.KEY.public_key.to_der(), bytes(100)]
)
@pytest.mark.parametrize("options", [(), ("--lenient",)])
def test_files_that_are_no_certificate(answer: Answer, data: bytes, options: tuple[str, ...]) -> None:
    Path("file").write_bytes(data)
    error = answer("cert", "show", *options, "file", exit_code=1)["error"]
    assert error["type"] in ("InvalidInputError", "DecodeError")
    assert not ("--lenient" in error["message"] and options)


def test_missing_files(answer: Answer) -> None:
    assert answer("cert", "show", "nothing", exit_code=1)["error"]["type"] == "FileNotFoundError"


def test_unknown_commands(run: Run) -> None:
    assert "No such command" in run("cert", "reverse", exit_code=2).stderr


def test_help_imports_no_command(process: Callable[..., Any]) -> None:
    shown = process("cert", "--help").stdout.decode()
    names = [line.split()[0] for line in shown.partition("Commands:")[2].splitlines() if line.strip()]
    assert names == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help(run: Run, name: str) -> None:
    assert "Usage:" in run("cert", name, "--help").output
