"""Show that the tests bite: take one check at a time out of the C code; at least one test must fail.

Usage: ``python run_mutants.py [NAME ...]``. Each file ``native/tests/mutants/*.patch`` removes one check from a copy of
the tree, its first line saying which. The vectors run first, through the Python package built from the copy, then the C
tests; a mutant that passes both has survived, and fails the run. Without a mutant the same tests must pass.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from building import ROOT, attempt, build, configure, need, run, run_ctest
from figures import Figures

MUTANTS = ROOT / "native" / "tests" / "mutants"

# The vector file that most likely notices a mutant, by the second word of its name: it runs first.
LIKELY = {
    **dict.fromkeys(("cipher", "decrypt", "encrypt", "der"), "encryption"),
    **dict.fromkeys(("key", "point", "exchange", "user", "private", "public"), "keys"),
    **dict.fromkeys(("sign", "signature", "verify", "nonce"), "signature"),
}

# What the copy needs: the sources, and the tests with their data.
COPIED = ("CMakeLists.txt", "pyproject.toml", "native", "bindings", "src", "tests", "vectors")

TEST_TIMEOUT_S = 900


@dataclass(frozen=True)
class Copy:
    """A copy of the tree with a build of its own."""

    root: Path

    @property
    def build_dir(self) -> Path:
        return self.root / "build"

    @property
    def package(self) -> Path:
        """Where the package lies, the extension module beside its Python files."""
        return self.root / "src"

    def make(self) -> None:
        ignored = shutil.ignore_patterns("__pycache__", "*.so")
        for name in COPIED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, self.root / name, ignore=ignored)
            else:
                shutil.copy2(ROOT / name, self.root / name)
        configure(
            self.build_dir, {"GMPKI_TESTS": "ON", "GMPKI_TEST_BUILD": "ON", "GMPKI_EXTENSION": "ON"}, source=self.root
        )

    def build(self) -> None:
        build(self.build_dir)
        (module,) = (self.build_dir / "bindings").glob("_native.*.so")
        shutil.copy2(module, self.package / "gmpki" / module.name)

    def apply(self, mutant: Path, *options: str) -> None:
        env = {"GIT_CEILING_DIRECTORIES": str(self.root.parent), "GIT_DIR": str(self.root / "none")}
        run([need("git"), "apply", "--recount", *options, str(mutant)], cwd=self.root, env=env)

    def failing_vector(self, area: str, pattern: str = "*") -> str:
        """Return the first vector test that fails in the files of an area ("sm2", or "" for all), or nothing."""
        files = sorted((self.root / "tests" / "vectors").glob(f"test_{area}{pattern}.py"))
        if not files:
            return ""
        command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n", "2"]
        (library,) = self.build_dir.rglob("libgmpki_test.so")
        env = {
            "PYTHONPATH": str(self.package),
            "GMPKI_TEST_DATA": str(self.root / "none"),
            "GMPKI_TEST_LIBRARY": str(library),
        }
        try:
            result = attempt([*command, *map(str, files)], cwd=self.root, env=env, timeout_s=TEST_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return "a vector that never ends"
        failed = [line.split(" - ")[0] for line in result.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        return (failed or [f"pytest ended with {result.returncode}"])[0] if result.returncode else ""

    def failing_check(self, area: str) -> str:
        """Return a word on the C tests of an area when one fails, or nothing."""
        failed = run_ctest(self.build_dir, area=area, quiet=True).failed
        return f"{failed} C checks" if failed else ""


def try_mutant(copy: Copy, mutant: Path) -> str:
    """Return what notices the mutant, or nothing. Its name begins with the algorithm whose tests are asked."""
    area, topic = mutant.stem.split("_")[:2]
    copy.apply(mutant)
    try:
        copy.build()
        noticed = copy.failing_vector(area, f"_{LIKELY[topic]}") if topic in LIKELY else ""
        return noticed or copy.failing_vector(area) or copy.failing_check(area)
    finally:
        copy.apply(mutant, "--reverse")


def main(names: list[str]) -> int:
    figures = Figures("mutants")
    mutants = [path for path in sorted(MUTANTS.glob("*.patch")) if not names or path.stem in names]
    killed = by_vectors = 0
    with tempfile.TemporaryDirectory() as directory:
        copy = Copy(Path(directory) / "tree")
        copy.root.mkdir()
        copy.make()
        copy.build()
        noticed = copy.failing_vector("") or copy.failing_check("")
        if noticed:
            figures.short(f"the tests fail without a mutant: {noticed}")
            return figures.finish("nothing tried")
        for mutant in mutants:
            noticed = try_mutant(copy, mutant)
            print(f"mutants: {mutant.stem}: {noticed or 'SURVIVED'}", flush=True)
            killed += bool(noticed)
            by_vectors += bool(noticed) and "C checks" not in noticed
            if not noticed:
                figures.short(f"{mutant.stem} survived")
    if not names:
        figures.count("killed", killed)
    return figures.finish(f"{killed} of {len(mutants)} killed, {by_vectors} by vectors, the others by C tests")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
