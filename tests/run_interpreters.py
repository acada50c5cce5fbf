"""Build the wheel once and run the tests with it: the C tests, then the Python suite on every interpreter found.

Usage: ``python tests/run_interpreters.py [PYTEST-ARGUMENT ...]`` in an environment with the dependency group ``dev``.
Each interpreter from 3.10 to 3.13 gets an environment of its own under .venvs/, which is kept. The interpreter that
runs this program is the primary one; it searches longest for counterexamples, and runs alone what is marked ``once``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "native" / "tools"))

import run_ctest  # noqa: E402
from building import build, configure, need, run  # noqa: E402
from figures import Figures  # noqa: E402

# The versions that are promised, and whatever runs this program.
PROMISED = (10, 11, 12, 13)
MINORS = sorted({*PROMISED, sys.version_info.minor})


def is_python(path: str | Path | None, minor: int) -> bool:
    """Return whether the path is a working interpreter of that version: version managers leave stand-ins."""
    if path is None or not Path(path).exists():
        return False
    command = [str(path), "-c", "import sys, venv; print(sys.version_info[:2])"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    return result.stdout.strip() == f"(3, {minor})"


def interpreters() -> dict[int, str]:
    """Return the interpreters found: this one, those on PATH, and those that pyenv keeps."""
    found = {}
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in MINORS:
        base = Path(sys.base_prefix) / "bin" / f"python3.{minor}"
        candidates = [
            base,
            shutil.which(f"python3.{minor}"),
            *sorted(kept.glob(f"3.{minor}.*/bin/python"), reverse=True),
        ]
        match = next((str(path) for path in candidates if is_python(path, minor)), None)
        if match:
            found[minor] = match
    return found


def build_wheel() -> Path:
    """Build the wheel with this environment's tools, see that it keeps to the stable ABI, and return its path."""
    output = ROOT / "dist"
    for old in output.glob("gmpki-*.whl"):
        old.unlink()
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--no-deps",
            "--no-build-isolation",
            "-w",
            str(output),
            str(ROOT),
        ]
    )
    wheel = next(output.glob("gmpki-*.whl"))
    run([need("abi3audit"), "--strict", str(wheel)])
    return wheel


def build_test_library() -> Path:
    build_dir = ROOT / "build" / "test-library"
    configure(build_dir, {"GMPKI_TEST_BUILD": "ON"})
    build(build_dir, "gmpki_test")
    return next((build_dir / "native").glob("libgmpki_test.*"))


def environment(python: str, minor: int, wheel: Path) -> Path:
    """Make or refresh the environment of one interpreter and return its python."""
    place = ROOT / ".venvs" / f"3.{minor}"
    own = place / "bin" / "python"
    if not is_python(own, minor):
        run([python, "-m", "venv", "--clear", str(place)])
        run([str(own), "-m", "pip", "install", "--quiet", "--upgrade", "pip"])
    run([str(own), "-m", "pip", "install", "--quiet", "--group", f"{ROOT / 'pyproject.toml'}:test", str(wheel)])
    run([str(own), "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", str(wheel)])
    return own


def run_suite(python: Path, *, primary: bool, library: Path, arguments: list[str]) -> tuple[int, dict[str, int]]:
    """Run the suite, its output passed through, and return pytest's exit code and the counts."""
    figures_file = ROOT / "build" / "pytest-figures.json"
    figures_file.unlink(missing_ok=True)
    env = {
        **os.environ,
        "GMPKI_TEST_LIBRARY": str(library),
        "GMPKI_TEST_FIGURES": str(figures_file),
        "GMPKI_HYPOTHESIS_PROFILE": "full" if primary else "short",
    }
    # Rewritten assertions tell more, and cost each process half a minute: the primary one tells what fails everywhere.
    options = [] if primary else ["--assert=plain", "-m", "not once"]
    command = [str(python), "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *options, *arguments]
    code = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    counts = json.loads(figures_file.read_text(encoding="utf-8")) if figures_file.exists() else {}
    return code, {"passed": 0, "failed": 0, "skipped": 0, **counts}


def main(arguments: list[str]) -> int:
    figures = Figures("test")
    if run_ctest.native() != 0:
        figures.short("the C tests")
    library, wheel = build_test_library(), build_wheel()
    found = interpreters()
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for minor in sorted(found, key=lambda minor: minor != sys.version_info.minor):
        print(f"test: Python 3.{minor}", flush=True)
        python = environment(found[minor], minor, wheel)
        primary = minor == sys.version_info.minor
        code, counts = run_suite(python, primary=primary, library=library, arguments=arguments)
        if code != 0:
            figures.short(f"Python 3.{minor}: pytest ended with {code}")
        if not arguments:
            figures.count("cases", counts["passed"])
        total = {name: total[name] + counts[name] for name in total}
    for minor in PROMISED:
        if minor not in found:
            figures.skip(f"Python 3.{minor} not found")
    versions = " ".join(f"3.{minor}" for minor in sorted(found))
    return figures.finish(
        f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped on Python {versions}"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
