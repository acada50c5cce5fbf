"""Run the constant-time tests: every entry, every backend, both compilers, each optimisation level.

Usage: ``python run_ctime.py [--levels 1 2 3]``. -O2 is what ships; the other levels show that the source does not owe
its constant time to one compiler's choices.

valgrind watches the backends whose instructions it decodes; the others run under clang's MemorySanitizer. A run counts
only when the checker also reports every leak planted on that backend's results.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "bindings"))

import headers
from building import ROOT, attempt, build, clang, configure, need, run
from division import divisions
from figures import Figures

REPORT_LINES = 40  # of a checker's report, on the screen

MSAN_ENV = {"MSAN_OPTIONS": "halt_on_error=1:print_stats=0"}


@dataclass(frozen=True)
class Configuration:
    """One way to build the program."""

    compiler: str
    level: str
    sanitizer: str = ""

    @property
    def name(self) -> str:
        checker = "-msan" if self.sanitizer else ""
        return f"{Path(self.compiler).name}-O{self.level}{checker}"

    @property
    def build_dir(self) -> Path:
        return ROOT / "build" / "ctime" / self.name

    @property
    def program(self) -> Path:
        return self.build_dir / "native" / "tests" / "ctime_tests"

    def build(self) -> None:
        options = {"GMPKI_CTIME": "ON", "CMAKE_C_COMPILER": self.compiler, "CMAKE_C_FLAGS_RELEASE": f"-O{self.level}"}
        configure(self.build_dir, {**options, "GMPKI_SANITIZE": self.sanitizer})
        build(self.build_dir, "ctime_tests")

    def objects(self) -> list[Path]:
        return sorted((self.build_dir / "native" / "CMakeFiles" / "gmpki_core_ctime.dir").rglob("*.o"))


def valgrind(*arguments: str) -> list[str]:
    return [need("valgrind"), "--quiet", "--error-limit=no", "--num-callers=12", *arguments]


def backends(command: list[str]) -> dict[str, list[tuple[str, bool]]]:
    """Return each algorithm's backends and whether they can run where the command runs."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for line in run([*command, "--backends"]).splitlines():
        algorithm, name, available = line.split()
        found.setdefault(algorithm, []).append((name, available == "1"))
    return found


def rounds(usable: dict[str, list[str]]) -> list[str]:
    """Return values of GMPKI_BACKEND that together use every backend; round i takes the i-th of each algorithm."""
    count = max(len(names) for names in usable.values())
    return [
        ",".join(f"{algorithm}={names[min(i, len(names) - 1)]}" for algorithm, names in usable.items())
        for i in range(count)
    ]


def watch(configuration: Configuration, command: list[str], backend: str, figures: Figures) -> int:
    """Run entries and planted leaks once on one choice of backends; return the number of planted leaks seen."""
    env = {"GMPKI_BACKEND": backend, **MSAN_ENV}
    entries = attempt([*command, str(configuration.program)], env=env)
    last = entries.stdout.strip().splitlines()[-1] if entries.stdout.strip() else "no output"
    if entries.returncode != 0 or not last.endswith(", 0 findings"):
        report = configuration.build_dir / "report.txt"
        report.write_text(entries.stdout, encoding="utf-8")
        print("\n".join(entries.stdout.splitlines()[:REPORT_LINES]), f"... all of it in {report}", sep="\n")
        found = [line for line in entries.stdout.splitlines() if line.startswith("FINDING")] or [last]
        figures.shortfalls += [f"{configuration.name} {backend}: {line}" for line in found]
    planted = attempt([*command, str(configuration.program), "--planted"], env=env)
    blind = [line for line in planted.stdout.splitlines() if line.startswith("BLIND")]
    summary = [line.split() for line in planted.stdout.splitlines() if line.endswith(" seen")]
    if planted.returncode != 0 or blind or not summary:
        figures.short(f"{configuration.name} {backend}: checker blind: {blind or planted.stdout[-400:]}")
    print(
        f"ctime: {configuration.name} {backend}: {last}; {' '.join(summary[0]) if summary else 'no planted'}",
        flush=True,
    )
    return int(summary[0][2]) if summary else 0


def missing_entries(program: Path) -> list[str]:
    """Return the functions that take a secret and have no entry."""
    have = set(run([str(program), "--list"]).split())
    return sorted(set(headers.secret_functions()) - have)


def check(levels: list[str]) -> int:
    figures = Figures("ctime")
    compilers = [need("gcc", "cc"), clang()]
    seen = 0
    watched: set[str] = set()
    undecodable: dict[str, list[str]] = {}
    for configuration in [Configuration(compiler, level) for level in levels for compiler in compilers]:
        configuration.build()
        program = str(configuration.program)
        here = backends([program])
        decodable = backends([*valgrind("--log-file=/dev/null"), program])
        usable = {algorithm: [n for n, ok in names if ok] for algorithm, names in decodable.items()}
        for algorithm, names in here.items():
            undecodable[algorithm] = [n for n, ok in names if ok and n not in usable[algorithm]]
        for backend in rounds(usable):
            seen += watch(configuration, valgrind(), backend, figures)
            watched |= set(backend.split(","))
        for function in missing_entries(configuration.program):
            figures.short(f"{function} takes a secret and has no entry")
        for division in divisions(configuration.objects()):
            figures.short(f"{configuration.name}: division in {division}")
    if any(undecodable.values()):
        for configuration in [Configuration(clang(), level, "memory") for level in levels]:
            configuration.build()
            left = {a: names or ["portable"] for a, names in undecodable.items()}
            for backend in rounds(left):
                seen += watch(configuration, [], backend, figures)
                watched |= set(backend.split(","))
    for algorithm, names in here.items():
        for name, available in names:
            if not available:
                figures.skip(f"{algorithm}={name}: this processor cannot run it")
    functions = set(headers.secret_functions())
    figures.shortfalls = list(dict.fromkeys(figures.shortfalls))
    figures.count("functions", len(functions))
    figures.count("backends", len(watched))
    figures.count("planted_per_level", seen // len(levels))
    findings = len(figures.shortfalls)
    return figures.finish(
        f"{len(functions)} functions x {len(watched)} backends, {findings} findings "
        f"(gcc and clang at -O{' -O'.join(levels)}; {seen} planted leaks seen)"
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--levels", nargs="+", default=["1", "2", "3"], choices=["1", "2", "3"])
    return check(parser.parse_args(arguments).levels)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
