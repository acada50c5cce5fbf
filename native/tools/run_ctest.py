"""Build and run the C unit tests: natively, under sanitizers, or for another processor under qemu-user.

Usage: ``python run_ctest.py ctest|sanitize|qemu``. What a program leaves out must stand in tests/skips.toml.
"""

from __future__ import annotations

import sys

from building import ROOT, Outcome, build, clang, configure, need, run_ctest
from figures import Figures

# Debian's name of each processor's cross compiler, its C library's place, and qemu's name of the processor.
CROSS = {
    "aarch64": "aarch64-linux-gnu",
    "s390x": "s390x-linux-gnu",
}

# Beyond the defaults. Not detect_stack_use_after_return: with it, gcc 12 misaligns vectors of 64 bytes on the stack.
SANITIZER_OPTIONS = {
    "ASAN_OPTIONS": "strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def judge(figures: Figures, outcome: Outcome, where: str) -> None:
    """Note what failed and what was left out in one run of the tests."""
    if outcome.failed:
        figures.short(f"{where}: {outcome.failed} checks failed")
    for what in outcome.left_out:
        figures.skip(f"{where}: {what}")
    figures.count("programs", outcome.programs)


def native() -> int:
    figures = Figures("ctest")
    build_dir = ROOT / "build" / "ctest"
    configure(build_dir, {"GMPKI_TESTS": "ON", "GMPKI_WERROR": "ON"})
    build(build_dir)
    outcome = run_ctest(build_dir)
    judge(figures, outcome, "here")
    figures.count("checks", outcome.passed)
    return figures.finish(f"{outcome.programs} programs, {outcome.passed} checks passed, {outcome.failed} failed")


def sanitize() -> int:
    figures = Figures("sanitize")
    total = 0
    for compiler in (need("gcc", "cc"), clang()):
        build_dir = ROOT / "build" / f"sanitize-{compiler.rsplit('/', 1)[-1]}"
        options = {"GMPKI_TESTS": "ON", "GMPKI_WERROR": "ON", "GMPKI_SANITIZE": "address,undefined"}
        configure(build_dir, {**options, "CMAKE_C_COMPILER": compiler, "CMAKE_C_FLAGS_RELEASE": "-O1"})
        build(build_dir)
        outcome = run_ctest(build_dir, env=SANITIZER_OPTIONS)
        judge(figures, outcome, compiler)
        total += outcome.passed
    figures.count("checks", total)
    return figures.finish(f"{total} checks under ASan and UBSan, gcc and clang, {len(figures.shortfalls)} findings")


def qemu() -> int:
    figures = Figures("qemu")
    total = 0
    for processor, triple in CROSS.items():
        build_dir = ROOT / "build" / f"qemu-{processor}"
        emulator = f"{need(f'qemu-{processor}', f'qemu-{processor}-static')};-L;/usr/{triple}"
        configure(
            build_dir,
            {
                "GMPKI_TESTS": "ON",
                "GMPKI_WERROR": "ON",
                "CMAKE_SYSTEM_NAME": "Linux",
                "CMAKE_SYSTEM_PROCESSOR": processor,
                "CMAKE_C_COMPILER": need(f"{triple}-gcc"),
                "CMAKE_CROSSCOMPILING_EMULATOR": emulator,
            },
        )
        build(build_dir)
        outcome = run_ctest(build_dir)
        judge(figures, outcome, processor)
        total += outcome.passed
    figures.count("checks", total)
    return figures.finish(f"{total} checks passed on {', '.join(CROSS)}")


def main(arguments: list[str]) -> int:
    return {"ctest": native, "sanitize": sanitize, "qemu": qemu}[arguments[0]]()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
