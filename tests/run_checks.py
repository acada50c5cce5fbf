"""Run the checks that need no tests: style, types, spelling, layers, generated constants and vectors.

Usage: ``python tests/run_checks.py``. Every check runs, also after one has failed.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "native" / "tools"))

from building import attempt, need  # noqa: E402
from figures import Figures  # noqa: E402
from project_files import project_files  # noqa: E402

_MADE_BY = re.compile(r"Made by (tools/\w+\.py)")


def generators() -> list[str]:
    """Return the programs that make the generated C files; with --check each recomputes and compares.

    :raises SystemExit: when a generated file does not name its program in its first lines.
    """
    found = []
    for path in project_files("native/src/*_generated.h"):
        maker = _MADE_BY.search((ROOT / path).read_text(encoding="utf-8")[:200])
        if maker is None:
            raise SystemExit(f'{path} must begin with "Made by tools/..."')
        found.append(f"native/{maker.group(1)}")
    return sorted(set(found))


def checks() -> dict[str, list[str]]:
    """Return name and command of every check."""
    python, c_files = [sys.executable, "-B"], project_files("*.c", "*.h")
    ruff = need("ruff")
    listed = {
        "ruff": [ruff, "check", "."],
        "ruff format": [ruff, "format", "--check", "."],
        "mypy": [*python, "-m", "mypy"],
        "mypy of the tools": [*python, "-m", "mypy", "bindings", "native/tools", "tests/conftest.py"],
        "clang-format": [need("clang-format"), "--dry-run", "--Werror", "--style=file:native/.clang-format", *c_files],
        "codespell": [need("codespell"), *project_files("*.py", "*.c", "*.h", "*.md", "*.toml", "*.txt", "Makefile")],
        "layers": [*python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/meta/test_layers.py"],
    }
    for generator in generators():
        listed[generator] = [*python, generator, "--check"]
    listed["vectors"] = [*python, "vectors/generate/all.py", "--check"]
    return listed


def main() -> int:
    figures = Figures("check")
    commands = checks()
    for name, command in commands.items():
        result = attempt(command, cwd=ROOT)
        print(f"check: {name}: {'ok' if result.returncode == 0 else 'FAILED'}", flush=True)
        if result.returncode != 0:
            print(result.stdout, flush=True)
            figures.short(name)
    figures.count("checks", len(commands))
    python_files, c_files = len(project_files("*.py")), len(project_files("*.c", "*.h"))
    passed = len(commands) - len(figures.shortfalls)
    return figures.finish(f"{passed} of {len(commands)} checks passed over {python_files} Python and {c_files} C files")


if __name__ == "__main__":
    raise SystemExit(main())
