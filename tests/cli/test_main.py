"""The command tree as a whole: start-up, help, usage errors, what every command has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from gmpki.cli.main import COMMANDS, cli

Process = Callable[..., "subprocess.CompletedProcess[bytes]"]

HEAVY = ("cryptography", "asn1crypto", "_cffi_backend", "gmpki._native", "gmpki.algorithms", "gmpki.keys", "gmpki.asn1")


def leaves(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that is no group, with its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from leaves(command, (*path, name))
        else:
            yield (*path, name), command


LEAVES = dict(leaves(cli))
PATHS = [" ".join(path) for path in LEAVES]


def test_all_commands_are_there() -> None:
    assert PATHS == [
        "key generate",
        "key show",
        "key convert",
        "hash",
        "sm2 sign",
        "sm2 verify",
        "sm2 encrypt",
        "sm2 decrypt",
        "sm4 encrypt",
        "sm4 decrypt",
        "quickstart",
        "selftest",
        "backends",
    ]


@pytest.mark.parametrize(
    "arguments", [[], *(path.split() for path in PATHS)], ids=lambda path: " ".join(path) or "root"
)
def test_help_imports_no_algorithm(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom gmpki.cli.main import cli\n"
        f"try:\n    cli.main({[*arguments, '--help']!r})\nexcept SystemExit as end:\n    assert end.code == 0\n"
        f"print('LOADED', *[name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    assert ran.stdout.decode().splitlines()[-1] == "LOADED"


def test_root_help_imports_no_command() -> None:
    program = (
        "import sys\nfrom gmpki.cli.main import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted(name for name in sys.modules if name.startswith('gmpki.cli.')))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    assert ran.stdout.decode().splitlines()[-1] == "['gmpki.cli._output', 'gmpki.cli.main']"


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...], run: Callable[..., click.testing.Result]) -> None:
    command = LEAVES[path]
    assert command.epilog is not None
    assert f"gmpki {' '.join(path)}" in command.epilog
    assert command.help is not None
    assert any("\u4e00" <= character <= "\u9fff" for character in command.help), "no Chinese in the help text"
    options = [name for parameter in command.params for name in parameter.opts]
    assert "--json" in options
    described = [p for p in command.params if isinstance(p, click.Option) and not p.help and not p.show_default]
    assert described == []
    run(*path, "--help")


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_no_option_takes_a_secret(path: tuple[str, ...]) -> None:
    for parameter in LEAVES[path].params:
        if not isinstance(parameter, click.Option) or parameter.is_flag:
            continue
        name = parameter.opts[0]
        if "password" in name or name.startswith("--key-"):
            assert name.endswith(("-env", "-fd", "-file")), name
        if name == "--key":
            assert parameter.metavar == "FILE"


def test_every_group_is_in_the_table_with_both_languages() -> None:
    for _, english, chinese in COMMANDS.values():
        assert english.isascii()
        assert not chinese.isascii()


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["hash", "--nothing"], ["sm2", "sign"], ["sm4", "encrypt", "--mode", "none"]]
)
def test_usage_errors(arguments: list[str], run: Callable[..., click.testing.Result]) -> None:
    result = run(*arguments, exit_code=2)
    assert result.stdout == ""
    assert "Usage: " in result.stderr
    as_json = run(*arguments, "--json", exit_code=2)
    error = json.loads(as_json.stdout)["error"]
    assert error["type"] == "UsageError"
    assert error["message"]


def test_version(process: Process) -> None:
    ran = process("--version")
    assert ran.returncode == 0
    name, version = ran.stdout.decode().split()
    assert name == "gmpki"
    assert version[0].isdigit()


def test_the_installed_command() -> None:
    command = os.path.join(os.path.dirname(sys.executable), "gmpki")
    ran = subprocess.run([command, "--help"], capture_output=True, check=True, timeout=60)
    assert ran.stdout.decode().startswith("Usage: gmpki ")


def test_a_reader_that_goes_away(process: Process) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "gmpki", "backends"]
    with os.fdopen(writing, "wb") as pipe:
        ran = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, timeout=60, check=False)
    assert ran.returncode == 1
    assert ran.stderr == b""


def test_a_file_name_that_is_no_text(process: Process, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.txt")).write_bytes(b"abc")
    listed = process("hash", os.fsdecode(b"\xff.txt"))
    assert listed.stdout.endswith(b"  \xff.txt\n")
    (tmp_path / "sums").write_bytes(listed.stdout)
    assert process("hash", "--check", "sums").returncode == 0
    (file,) = json.loads(process("hash", "--json", os.fsdecode(b"\xff.txt")).stdout)["files"]
    assert os.fsencode(file["name"]) == b"\xff.txt"


def test_a_terminal_without_chinese(process: Process) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    plain = process("backends", env=environment)
    assert plain.returncode == 0
    as_json = process("hash", "--json", "合同.txt", env=environment)
    assert as_json.returncode == 1
    assert as_json.stdout.isascii()
    assert "合同.txt" in json.loads(as_json.stdout)["error"]["message"]
