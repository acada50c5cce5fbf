"""Cut off every change of the software UKey at every point where it writes, fill its disk, share it between processes.

Usage: ``python tests/tokens/run_faults.py``. The work is done by native/tests/softtoken_faults.c, on the test build of
the engine; here it is built, given a small disk of its own, and its losses are counted.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "native" / "tools")]

from building import attempt, build, configure, tool  # noqa: E402
from figures import Figures  # noqa: E402

SMALL_DISK = "256k"
TIMEOUT_S = 600

_LAST_LINE = re.compile(r"(\d+) operations, (\d+) points, (\d+) trials, (\d+) losses")

# How to get a mount of one's own, which ends with the process: as anybody, where the kernel allows it, or as root.
NAMESPACES = (("--user", "--map-root-user", "--mount"), ("--mount",))


@dataclass(frozen=True, slots=True)
class Count:
    """What one part of the fault program counted."""

    operations: int = 0
    points: int = 0
    trials: int = 0
    losses: int = 0


def fast_folder() -> str | None:
    """Return a folder in memory, if there is one: a process that is killed does not lose what the kernel holds."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def count(figures: Figures, name: str, command: Sequence[str], temporary: str) -> Count:
    """Run one part, print its table, and hold its exit code and last line together."""
    result = attempt(command, env={"TMPDIR": temporary}, timeout_s=TIMEOUT_S)
    print(f"--- {name}\n{result.stdout}", end="", flush=True)
    found = _LAST_LINE.findall(result.stdout)
    counted = Count(*map(int, found[-1])) if found else Count()
    if result.returncode != 0 or counted.trials == 0:
        figures.short(f"{name}: exit code {result.returncode}, {counted.losses} losses")
    return counted


def on_small_disk(program: Path, folder: str) -> list[str] | None:
    """Return the command that runs the program on a disk of its own; None where nobody lets us have one."""
    unshare, mount = tool("unshare"), tool("mount")
    if unshare is None or mount is None:
        return None
    for namespace in NAMESPACES:
        prefix = [unshare, *namespace, "sh", "-ec"]
        mounting = f'"{mount}" -t tmpfs -o size={SMALL_DISK} tmpfs "$0"'
        if attempt([*prefix, mounting, folder]).returncode == 0:
            return [*prefix, f'{mounting}; "$1" full-disk "$0"', folder, str(program)]
    return None


def main() -> int:
    figures = Figures("faults")
    build_dir = ROOT / "build" / "faults"
    configure(build_dir, {"GMPKI_TESTS": "ON", "GMPKI_WERROR": "ON"})
    build(build_dir, "softtoken_faults")
    program = build_dir / "native" / "tests" / "softtoken_faults"
    with tempfile.TemporaryDirectory(dir=fast_folder()) as folder:
        killed = count(figures, "killed, failing, files that cannot grow", [str(program), "kill"], folder)
        shared = count(figures, "several processes", [str(program), "share"], folder)
        command = on_small_disk(program, folder)
        if command is None:
            figures.skip("full disk: no small disk can be mounted here")
            full = Count()
        else:
            full = count(figures, f"full disk of {SMALL_DISK}", command, folder)
            figures.count("full_disk", full.trials)
    figures.count("points", killed.points)
    figures.count("trials", killed.trials + shared.trials)
    losses = killed.losses + shared.losses + full.losses
    kinds = f"{killed.trials} cut off, {shared.trials} shared, {full.trials} disk full"
    return figures.finish(f"{killed.points} points in {killed.operations} operations, {kinds}, {losses} losses")


if __name__ == "__main__":
    raise SystemExit(main())
