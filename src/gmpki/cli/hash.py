"""``gmpki hash``: SM3 digests of files, in the form of ``sm3sum``, and checking a list of them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT
from gmpki.cli._output import Failure, Report, json_option, sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["command"]

MAX_LIST_LEN = 64 << 20
# As in the lists of coreutils: digest, a space, a space or an asterisk, the name. A leading backslash says that the
# name has escapes.
LIST_LINE = re.compile(r"(?P<escaped>\\?)(?P<digest>[0-9A-Fa-f]{64}) [ *](?P<name>[^\0]+)")
# The other form of coreutils, which is that of BSD and of OpenSSL too.
TAGGED_LINE = re.compile(r"(?P<escaped>\\?)SM3 ?\((?P<name>[^\0]+)\) ?= (?P<digest>[0-9A-Fa-f]{64})")
STATUS_WORDS = {"ok": "OK 一致", "failed": "FAILED 不符"}
ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r"}


@click.command(
    name="hash",
    epilog="\b\nExamples:\n  gmpki hash report.pdf\n  gmpki hash *.pdf > SM3SUMS\n  gmpki hash --check SM3SUMS\n"
    "  printf abc | gmpki hash",
)
@click.argument("files", type=INPUT, nargs=-1, metavar="[FILE]...")
@click.option("--check", "-c", is_flag=True, help="The files are lists of digests: check what they name.")
@json_option
def command(*, files: tuple[str, ...], check: bool) -> Report:
    """Print the SM3 digest of each FILE (standard input without one), or check lists of digests.

    计算文件的 SM3 摘要；加 --check 则按清单核对。

    The list has the form of sm3sum: 64 hexadecimal digits, two spaces, the name.
    """
    names = files or ("-",)
    return _check(names) if check else _print(names)


def _print(names: Sequence[str]) -> Report:
    files: list[dict[str, str]] = []
    lines = []
    errors: list[OSError] = []
    for name in names:
        digest = _digest_or_error(name)
        if isinstance(digest, str):
            files.append({"name": name, "digest": digest})
            lines.append(_list_line(name, digest))
        else:  # the others have their digests all the same
            files.append({"name": name, "error": digest.strerror or str(digest)})
            errors.append(digest)
    failure = None
    if errors:
        failure = Failure(type(errors[0]).__name__, "; ".join(sentence(error) for error in errors))
    return Report({"algorithm": "sm3", "files": files}, lines, failure)


def _digest_or_error(name: str) -> str | OSError:
    try:
        return _digest_of(name)
    except OSError as error:
        error.filename = error.filename or _io.display_name(name)
        return error


def _digest_of(name: str) -> str:
    from gmpki.algorithms.sm3 import SM3

    running = SM3()
    with _io.open_input(name) as stream:
        for chunk in _io.chunks(stream, label=_io.display_name(name)):
            running.update(chunk)
    return running.hexdigest()


def _list_line(name: str, digest: str) -> bytes:
    """Return a line of a list: the name in the bytes it has, whatever the encoding of the terminal is."""
    mark, escaped = _escaped(name)
    return os.fsencode(f"{mark}{digest}  {escaped}")


def _escaped(name: str) -> tuple[str, str]:
    """Return what stands at the beginning of a line about a file, and its name, which does not end the line."""
    escaped = name.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return ("" if escaped == name else "\\"), escaped


def _check(lists: Sequence[str]) -> Report:
    results = []
    for list_name in lists:
        for name, expected in _read_list(list_name):
            digest = _digest_or_error(name)
            if isinstance(digest, str):
                status = "ok" if digest == expected.lower() else "failed"
            else:
                status = f"unreadable: {digest.strerror}"
            results.append({"name": name, "status": status})
    wrong = sum(result["status"] != "ok" for result in results)
    failure = Failure("ChecksumMismatch", f"{wrong} of {len(results)} files do not match") if wrong else None
    lines = [_status_line(result["name"], result["status"]) for result in results]
    return Report({"algorithm": "sm3", "files": results}, lines, failure)


def _status_line(name: str, status: str) -> str:
    mark, escaped = _escaped(name)
    return f"{mark}{escaped}: {STATUS_WORDS.get(status, status)}"


def _read_list(list_name: str) -> Iterator[tuple[str, str]]:
    """Yield name and digest of each line of a list.

    :raises DecodeError: a line is no entry, or there is none at all. A list that is damaged proves nothing.
    """
    from gmpki.errors import DecodeError

    text = os.fsdecode(_io.read_input(list_name, max_len=MAX_LIST_LEN))
    entries = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        entry = LIST_LINE.fullmatch(line.rstrip("\r")) or TAGGED_LINE.fullmatch(line.rstrip("\r"))
        if entry is None:
            raise DecodeError(f"line {number} of {_io.display_name(list_name)} is not a digest and a name")
        name = entry["name"]
        if entry["escaped"]:
            name = re.sub(r"\\[\\nr]", lambda escape: ESCAPES[escape[0]], name)
        entries += 1
        yield name, entry["digest"]
    if entries == 0:
        raise DecodeError(f"{_io.display_name(list_name)} holds no digest")
