"""Run every ``python`` and ``console`` block of the README and the guides.

The Python blocks of a page share one namespace, its console blocks one shell and one directory. Under a command stands
what it prints on either stream, ``...`` for anything, and ``[exit 1]`` where it fails. Nothing under a command: it only
has to succeed. The scan that the guides show lies in each directory.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from docs.examples import GUIDES, README, ROOT, Block, blocks, pages
from gmpki.errors import InvalidInputError
from gmpki.seal.picture import find_font

EXIT = re.compile(r"\[exit (\d+)\]")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def make_ready(of_page: list[Block], directory: Path) -> None:
    """Put into a directory what examples find there; skip a page that draws where there is nothing to draw with."""
    shutil.copy(ROOT / "docs" / "images" / "scan.jpg", directory)
    if any(re.search(r"picture draw|\bdraw_\w+_seal\(", block.text) for block in of_page):
        try:
            find_font()
        except InvalidInputError:
            pytest.skip("outside test data: no Chinese font is installed")


def having(language: str) -> list[Path]:
    return [page for page in pages() if any(block.language == language for block in blocks(page))]


@dataclass
class Command:
    """A command of a console block and what is expected of it."""

    text: str
    line: int
    output: list[str] = field(default_factory=list)
    exit_code: int = 0


def commands(block: Block) -> list[Command]:
    found: list[Command] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line):
        if line.startswith("$ "):
            found.append(Command(line[2:], number))
        elif match := EXIT.fullmatch(line):
            found[-1].exit_code = int(match[1])
        else:
            found[-1].output.append(line)
    return found


def pattern(lines: list[str]) -> str:
    """Return the expression for expected output. A line of nothing but ``...`` stands for any number of lines."""
    return "".join("(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + "\n" for line in lines)


# Pages whose Python draws, measures tokens or stretches passwords.
LONG = ("conformance.md", "key-rings.md", "key-stores.md", "seal-pictures.md", "sealing-pdf.md")
WITH_PYTHON = [
    pytest.param(page, marks=pytest.mark.once) if page.name in LONG else page
    for page in having("python")
    if page.parent != GUIDES["en"]
]


@pytest.mark.parametrize("page", WITH_PYTHON, ids=name_of)
def test_python(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That the guides in English have the same blocks is a test of its own, below."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GMPKI_SOFTTOKEN_DIR", str(tmp_path / "tokens"))
    make_ready([block for block in blocks(page) if block.language == "python"], tmp_path)
    namespace: dict[str, object] = {"__name__": "example"}
    for block in blocks(page):
        if block.language == "python":
            # Empty lines in front, so that a traceback shows the line of the page. The future imports of this file are
            # not those of a reader's.
            code = compile("\n" * (block.line - 1) + block.text, str(page), "exec", dont_inherit=True)
            exec(code, namespace)


@pytest.mark.once
@pytest.mark.parametrize(
    "page", [page for page in having("console") if page != README and page.parent != GUIDES["en"]], ids=name_of
)
def test_console(page: Path, tmp_path: Path) -> None:
    """Every command is a process. That the guides in English have the same ones is a test of its own, below."""
    run_console([block for block in blocks(page) if block.language == "console"], tmp_path)


@pytest.mark.once
def test_console_of_the_readme(tmp_path: Path) -> None:
    """The block on the first screen has the Makefile's targets, which build the project; they are looked up there."""
    first, *rest = (block for block in blocks(README) if block.language == "console")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = [command.text.split()[1] for command in commands(first)]
    assert targets == ["quickstart", "test"]
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)
    run_console(rest, tmp_path)


def run_console(of_page: list[Block], directory: Path) -> None:
    expected = [command for block in of_page for command in commands(block)]
    for program in ("openssl", "pkcs11-tool"):
        if any(command.text.startswith(f"{program} ") for command in expected) and shutil.which(program) is None:
            pytest.skip(f"peer program: {program}")
    make_ready(of_page, directory)
    mark = "<<end of a command>>"
    script = "".join(f"{command.text}\nprintf '%s %s\\n' '{mark}' $?\n" for command in expected)
    environment = dict(os.environ)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment.update(PYTHONUTF8="1", LC_ALL="C.UTF-8", COLUMNS="100", GMPKI_SOFTTOKEN_DIR=str(directory / "tokens"))
    environment.pop("GMPKI_BACKEND", None)
    ran = subprocess.run(
        ["bash", "-c", script],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # no terminal: nothing can stop and ask for a password
        timeout=300,
        check=False,
    )
    outputs = re.findall(rf"(.*?){mark} (\d+)\n", ran.stdout.decode("utf-8"), re.DOTALL)
    assert len(outputs) == len(expected)
    for command, (output, code) in zip(expected, outputs, strict=True):
        where = f"line {command.line}: $ {command.text}\n{output}"
        assert int(code) == command.exit_code, where
        if command.output:
            text = output if output.endswith("\n") else output + "\n"
            assert re.fullmatch(pattern(command.output), text), where


def without_comments(text: str) -> str:
    """Return an example without its comments, which are in the language of the page."""
    return re.sub(r"(?:^|  )#.*", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("name", sorted(page.name for page in GUIDES["en"].glob("*.md")))
def test_both_languages_show_the_same(name: str) -> None:
    chinese, english = (
        [
            (block.language, without_comments(block.text))
            for block in blocks(GUIDES[language] / name)
            if block.language in ("python", "console")
        ]
        for language in ("zh", "en")
    )
    assert chinese == english


def test_both_languages_have_the_same_pages() -> None:
    chinese, english = ({page.name for page in GUIDES[language].glob("*.md")} for language in ("zh", "en"))
    assert chinese == english


def test_a_wrong_example_is_noticed() -> None:
    assert not re.fullmatch(pattern(["one", "..."]), "two\n")
    assert re.fullmatch(pattern(["one ...", "...", "end"]), "one thing\nand\nanother\nend\n")
