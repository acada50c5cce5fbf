"""Configure and build the C side in a directory of its own, and run its tests: what the run_*.py programs share."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

_CHECKS = re.compile(r"(\d+) passed, (\d+) failed")
_LEFT_OUT = re.compile(r"left out: (.+)")


@dataclass(frozen=True)
class Outcome:
    """What the C tests counted, and what they say they did not check."""

    programs: int
    passed: int
    failed: int
    left_out: tuple[str, ...]


def tool(*names: str) -> str | None:
    """Return the first of these programs there is: beside this interpreter, then on PATH."""
    beside = str(Path(sys.executable).parent)
    for name in names:
        found = shutil.which(name, path=beside) or shutil.which(name)
        if found:
            return found
    return None


def need(*names: str) -> str:
    """Return the first of these programs there is, or end with a message that says what to install."""
    found = tool(*names)
    if found is None:
        raise SystemExit(f"{' or '.join(names)} not found: run 'make setup', or install it")
    return found


def clang() -> str:
    """Return the newest clang there is."""
    return need(*(f"clang-{version}" for version in range(25, 13, -1)), "clang")


def run(command: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a command and return what it printed; on failure print that and end."""
    result = attempt(command, cwd=cwd, env=env)
    if result.returncode != 0:
        print(result.stdout)
        raise SystemExit(f"failed ({result.returncode}): {' '.join(command)}")
    return result.stdout


def attempt(
    command: Sequence[str],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout_s: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command and return its result, output and errors together."""
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=timeout_s,
    )


def configure(build_dir: Path, options: Mapping[str, str], *, source: Path = ROOT) -> None:
    """Run CMake for a build directory."""
    command = [need("cmake"), "-S", str(source), "-B", str(build_dir), "-G", "Ninja"]
    command += [f"-DCMAKE_MAKE_PROGRAM={need('ninja')}", f"-DPython_EXECUTABLE={sys.executable}"]
    run(command + [f"-D{name}={value}" for name, value in options.items()])


def build(build_dir: Path, *targets: str) -> None:
    """Build targets (all of them when none is named)."""
    run([need("cmake"), "--build", str(build_dir), *(("--target", *targets) if targets else ())])


def run_ctest(build_dir: Path, *, env: Mapping[str, str] | None = None, area: str = "", quiet: bool = False) -> Outcome:
    """Run the C tests and return what they counted; print what failed unless quiet, and then end with the first.

    An area limits them to the programs whose names begin with it. A program that fails without failed checks (a crash,
    a sanitizer's report) counts as one failed check.
    """
    command = [need("ctest"), "--test-dir", str(build_dir), "--verbose", "--no-tests=error", "--timeout", "1200"]
    command += ["--parallel", str(os.cpu_count() or 1)]
    result = attempt([*command, "--tests-regex", f"^{area}", *(["--stop-on-failure"] if quiet else [])], env=env)
    counts = [(int(passed), int(failed)) for passed, failed in _CHECKS.findall(result.stdout)]
    programs = len(re.findall(r"^ *\d+/\d+ Test +#", result.stdout, re.MULTILINE))
    failed = sum(count for _, count in counts)
    if result.returncode != 0:
        if not quiet:
            print(result.stdout)
        failed = max(failed, 1)
    left_out = tuple(dict.fromkeys(_LEFT_OUT.findall(result.stdout)))
    return Outcome(programs, sum(count for count, _ in counts), failed, left_out)
