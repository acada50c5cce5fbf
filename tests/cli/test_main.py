"""The command tree as a whole: start-up, help, usage errors, what every command has."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from cli import (
    ca_files,
    ca_office,
    command_names,
    conformance_files,
    document_files,
    message_files,
    picture_files,
    protect_files,
    sample_files,
    seal_files,
    stamp_files,
    store_files,
    takeover_files,
    token_files,
    trust_files,
)
from gmpki.cli.main import COMMANDS, cli
from gmpki.seal.ofd import PreparedOFD
from gmpki.seal.pdf import PreparedPDF

Process = Callable[..., "subprocess.CompletedProcess[bytes]"]
Run = Callable[..., click.testing.Result]

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


def groups(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of every group below one."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield (*path, name)
            yield from groups(command, (*path, name))


LEAVES = dict(leaves(cli))
PATHS = [" ".join(path) for path in LEAVES]


def test_all_commands_are_there() -> None:
    assert tuple(PATHS) == command_names.PATHS


# Shows the help of the commands named on standard input. Each is shown by a process of its own, which has loaded the
# root and nothing more: starting the interpreter for each takes far longer than the help does.
HELP_OF_ALL = f"""
import contextlib, io, json, os, sys
from gmpki.cli.main import cli
for line in sys.stdin:
    if os.fork():
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 0, line
        continue
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            cli.main([*line.split(), "--help"])
        except SystemExit as end:
            code = end.code
    print(json.dumps([line.strip(), code, [name for name in {HEAVY!r} if name in sys.modules]]), flush=True)
    os._exit(0)
"""


@pytest.fixture(scope="session")
def loaded_by_help() -> dict[str, list[str]]:
    """Give the modules of HEAVY that the help of each command loads; the root's name is empty."""
    command = [sys.executable, "-c", HELP_OF_ALL]
    lines = "\n".join(["", *PATHS, ""])
    ran = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=300)
    shown = [json.loads(line) for line in ran.stdout.splitlines()]
    assert all(code == 0 for _, code, _ in shown)
    return {path: modules for path, _, modules in shown}


@pytest.mark.once
@pytest.mark.parametrize("path", ["", *PATHS], ids=lambda path: path or "root")
def test_help_imports_no_algorithm(path: str, loaded_by_help: dict[str, list[str]]) -> None:
    assert loaded_by_help[path] == []


def test_root_help_imports_no_command() -> None:
    program = (
        "import sys\nfrom gmpki.cli.main import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(sorted(name for name in sys.modules if name.startswith('gmpki.cli.')))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60)
    assert ran.stdout.decode().splitlines()[-1] == "['gmpki.cli._output', 'gmpki.cli.main']"


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...], run: Run) -> None:
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


def examples(path: tuple[str, ...]) -> list[str]:
    epilog = LEAVES[path].epilog
    assert epilog is not None
    return [line.strip() for line in epilog.splitlines() if "gmpki " in line]


@pytest.fixture
def _sample_files(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what the examples of the help texts name."""
    monkeypatch.setenv("KEY", "00" * 16)
    monkeypatch.setenv("KEY_PASSWORD", "example")
    monkeypatch.setattr("gmpki.cli._secrets._somebody_to_ask", lambda: True)
    monkeypatch.setattr("gmpki.cli._password_file.ITERATIONS", 1000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run("key", "generate", "--no-password", "--output", "key.pem", "--public-output", "pub.pem")
    Path("report.pdf").write_bytes(b"a report")
    Path("key.bin").write_bytes(bytes(16))
    run("sm2", "sign", "--key", "key.pem", "--output", "report.sig", "report.pdf")
    run("sm2", "sign", "--key", "key.pem", "--form", "hex", "--output", "report.sig.hex", "report.pdf")
    run("sm2", "encrypt", "--key", "pub.pem", "--output", "key.sm2", "key.bin")


def interrupted(_seconds: float) -> None:
    raise KeyboardInterrupt


@pytest.fixture
def _authority_files(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what the examples of commands about certificates name, for those only."""
    path = request.getfixturevalue("path")
    if path[0] == "token":
        token_files.set_variables(monkeypatch)
        if path != ("token", "soft", "init"):
            token_files.write_token()
        Path("chain.pem").write_bytes(b"certificates")
        Path("notes.txt").write_bytes(b"notes")
        return
    if path[0] == "conformance":
        if path[1] in ("report", "verify", "compare"):
            conformance_files.write_reports()
        return
    if path[0] in ("ca", "kmc"):
        ca_files.set_variables(monkeypatch)
        monkeypatch.setattr("gmpki.cli._serving._run", lambda *_, **__: None)
        if path[0] == "ca" and path[1] in ca_office.VERBS:
            ca_office.write_for_examples(path, monkeypatch)
        else:
            ca_files.write_for_examples(path)
        if path == ("ca", "import"):
            takeover_files.write_old()
        elif path[:2] == ("ca", "trust"):
            takeover_files.write_trusted(path[2])
        if path == ("ca", "report", "seals"):
            seal_files.write_seals()
        return
    if path[:2] == ("seal", "picture"):
        picture_files.write_pictures()
    elif path[0] in ("seal", "ofd", "pdf", "verify"):
        seal_files.write_seals()
        if path[-1] == "sign":
            document_files.write_plain()
        else:
            document_files.write_sealed()
    of_certificates = ("csr", "cert", "crl", "ocsp", "trust", "cms", "recipients", "tsa", "p12", "log", "manifest")
    if path[0] not in of_certificates:
        return
    monkeypatch.setenv("ROOT_PASSWORD", "example")
    monkeypatch.setenv("REVOKE", "example")
    sample_files.write_authority()
    if path[0] in ("trust", "recipients", "cms"):
        trust_files.write_trust()
    if path == ("trust", "update"):
        monkeypatch.setattr("gmpki.cli.trust_update.pause", interrupted)
    if path[0] == "cms":
        message_files.write_messages()
    if path[0] == "tsa":
        stamp_files.write_stamps()
    if path[0] == "p12":
        monkeypatch.setenv("P12_PASSWORD", "typed")
        store_files.write_stores()
    if path[0] == "log":
        protect_files.write_log()
    if path[0] == "manifest":
        protect_files.write_program()
        if path[1] == "verify":
            protect_files.write_manifest()


# Quickstart does everything there is, each example of an authority works in one of its own, pictures are drawn, tokens
# measured, passwords stretched, and what signs several documents starts processes: all that takes long.
LONG = (
    ("quickstart",),
    ("ca",),
    ("kmc",),
    ("seal", "picture"),
    ("seal", "make"),
    ("ofd", "sign"),
    ("pdf", "sign"),
    ("token", "bench"),
    ("p12", "create"),
)
WITH_EXAMPLES = [
    pytest.param(path, marks=pytest.mark.once) if any(path[: len(long)] == long for long in LONG) else path
    for path in LEAVES
]


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=" ".join)
@pytest.mark.usefixtures("_sample_files", "_authority_files")
def test_the_examples_of_the_help_work(path: tuple[str, ...], run: Run) -> None:
    if path == ("sm2", "decrypt"):
        run("sm2", "encrypt", "--key", "pub.pem", "--form", "hex", "--output", "key.hex", "key.bin")
    else:
        Path("key.hex").write_text("00" * 16, encoding="utf-8")
    force = ["--force"] if any("--force" in parameter.opts for parameter in LEAVES[path].params) else []
    for example in examples(path):
        words = shlex.split(example)
        if "--fetch" in words or "curl" in example:  # asks a server; the tests of the command have one
            continue
        if "/opt/vendor/" in example or "soft card" in example:  # somebody's driver, pcscd: other tests have them
            continue
        if "--finish" in words and path[0] != "cms":
            seal_files.sign_what_waits(words[words.index("--finish") + 1], PreparedOFD, PreparedPDF)
        if path == ("sm4", "decrypt"):  # of what the example with the same options made
            other = next(line for line in examples(("sm4", "encrypt")) if line.split()[3:5] == words[3:5])
            run(*shlex.split(other)[1:], "--force", stdin=b"typed\ntyped\n")
        if words[0] == "gmpki" and not {"*.pdf", ">"} & set(words):
            run(*words[1:], *force, stdin=b"typed\ntyped\ntyped\n")
        else:
            environment = {**os.environ, "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"}
            subprocess.run(["bash", "-c", example], env=environment, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_no_option_takes_a_secret(path: tuple[str, ...]) -> None:
    for parameter in LEAVES[path].params:
        if not isinstance(parameter, click.Option) or parameter.is_flag:
            continue
        name = parameter.opts[0]
        is_pin = "pin" in name.strip("-").split("-") and name not in (
            "--pin-tries",
            "--pin-iterations",
            "--pin-cost-ms",
        )
        if "password" in name or is_pin or (name.startswith("--key-") and name != "--key-usage"):
            assert name.endswith(("-env", "-fd", "-file")), name
        if name == "--key":
            assert parameter.metavar in ("FILE", "FILE|URI")


@pytest.mark.parametrize("path", list(groups(cli)), ids=" ".join)
def test_lists_of_commands_are_not_cut_short(path: tuple[str, ...], run: Run) -> None:
    assert "..." not in run(*path, "--help").output.partition("Commands:")[2]


def test_every_group_is_in_the_table_with_both_languages() -> None:
    for _, english, chinese in COMMANDS.values():
        assert english.isascii()
        assert not chinese.isascii()


@pytest.mark.parametrize(
    "arguments", [["nothing"], ["hash", "--nothing"], ["sm2", "sign"], ["sm4", "encrypt", "--mode", "none"]]
)
def test_usage_errors(arguments: list[str], run: Run) -> None:
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


# Closes one of its standard streams, then becomes the command.
CLOSED = """
import os, sys
os.close(int(sys.argv[1]))
os.execv(sys.executable, [sys.executable, "-m", "gmpki", *sys.argv[2:]])
"""


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize(
    ("descriptor", "arguments", "exit_code"),
    [
        (0, ["backends"], 0),
        (0, ["hash"], 1),
        (1, ["backends"], 1),
        (1, ["hash", "missing"], 1),
        (1, ["sm4", "encrypt", "--key-env", "KEY", "--output", "out", os.devnull], 1),
        (2, ["backends"], 0),
        (2, ["hash", "missing"], 1),
    ],
)
def test_a_stream_that_is_closed(
    descriptor: int, arguments: list[str], exit_code: int, as_json: list[str], tmp_path: Path
) -> None:
    command = [sys.executable, "-c", CLOSED, str(descriptor), *arguments, *as_json]
    environment = {**os.environ, "KEY": "00" * 16, "PYTHONUTF8": "1"}
    ran = subprocess.run(command, capture_output=True, cwd=tmp_path, env=environment, timeout=60, check=False)
    assert ran.returncode == exit_code
    assert b"Traceback" not in ran.stderr
    assert b"Exception ignored" not in ran.stderr
    if as_json and descriptor != 1:
        assert json.loads(ran.stdout)["ok"] is (exit_code == 0)
    if descriptor == 1:
        assert ran.stderr.startswith(b"gmpki: ")
    if descriptor == 0 and exit_code:
        assert b"Bad file descriptor: standard input" in ran.stdout + ran.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["backends"], ["backends", "--json"], ["hash", "missing", "--json"]])
def test_a_full_disk_behind_standard_output(arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "gmpki", *arguments]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, timeout=60, check=False)
    assert ran.returncode == 1
    (line,) = ran.stderr.decode().splitlines()
    assert line.startswith("gmpki: 读写失败 OSError: No space left on device")


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1"])
def test_names_of_standard_output(name: str, process: Process, tmp_path: Path) -> None:
    environment = {**os.environ, "KEY": "00" * 16, "PYTHONUTF8": "1"}
    options = ("sm4", "encrypt", "--key-env", "KEY", "--output", name, "--force", os.devnull)
    ran = process(*options, env=environment)
    assert ran.returncode == 0
    assert len(ran.stdout) == 28, "the report stands in the result"
    assert process(*options, "--json", env=environment).returncode == 2


@pytest.mark.parametrize("arguments", [["hash", ""], ["key", "show", ""], ["key", "generate", "--output", ""]])
def test_a_file_name_that_is_empty(arguments: list[str], run: Run) -> None:
    assert "a file name is not empty" in run(*arguments, exit_code=2).stderr


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_the_shell_completes_file_names(path: tuple[str, ...]) -> None:
    from click.shell_completion import ShellComplete

    files = [p for p in LEAVES[path].params if p.metavar in ("FILE", "[FILE]", "[FILE]...", "DIR")]
    context = click.Context(LEAVES[path])
    assert all(item.type == "file" for parameter in files for item in parameter.shell_complete(context, "re"))
    assert all(parameter.shell_complete(context, "re") for parameter in files)
    completer = ShellComplete(cli, {}, "gmpki", "_GMPKI_COMPLETE")
    assert [item.value for item in completer.get_completions([], "ha")] == ["hash"]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-8:strict"])
def test_a_list_of_digests_holds_names_as_they_are(encoding: str, process: Process, tmp_path: Path) -> None:
    names = [os.fsencode("合同.txt"), b"\xff.txt"]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_bytes(b"abc")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    listed = process("hash", *map(os.fsdecode, names), env=environment)
    assert [line[66:] for line in listed.stdout.splitlines()] == names
    (tmp_path / "sums").write_bytes(listed.stdout)
    assert process("hash", "--check", "sums", env=environment).returncode == 0


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
