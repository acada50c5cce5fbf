"""Measure everything, from C and from Python, beside what else is installed here: ``make bench``.

Writes ``build/bench/bench.json`` and ``build/bench/bench.md``, and ends with the targets and one line with the figure.
Usage: ``python run_bench.py [--quick] [--native-only] [--no-install]``.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path

import native_bench
from bench_results import PYTHON, Measurement, Run, markdown
from bench_targets import outcomes, table
from native_bench import FOLDER, ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGES = ("cryptography", "tongsuopy", "gmssl-pyx", "gmalglib", "gmssl")
BACKEND = re.compile(r"(\w+)\[(.+)\]")


def install_peers() -> list[str]:
    """Install the group of peers one by one; return what could not be had."""
    group = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["bench"]
    missing = []
    for requirement in group:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", requirement]
        if subprocess.run(command, check=False, capture_output=True).returncode != 0:
            missing.append(f"{requirement} cannot be installed here: it was not measured")
    return missing


def python_suites(json_path: Path, *, quick: bool) -> int:
    """Run the pytest suites; return pytest's exit code."""
    command = [sys.executable, "-B", "-m", "pytest", "--import-mode=prepend", "-q", "-p", "no:cacheprovider"]
    command += ["--benchmark-disable-gc", "--benchmark-warmup=on", "--benchmark-warmup-iterations=20"]
    command += [f"--benchmark-max-time={0.05 if quick else 0.3}", "--benchmark-min-rounds=3", "--benchmark-quiet"]
    command += [f"--benchmark-json={json_path}", str(ROOT / "benchmarks")]
    return subprocess.run(command, check=False, cwd=ROOT).returncode


def read_suites(json_path: Path) -> list[Measurement]:
    """Return what pytest-benchmark wrote, each figure for one item."""
    found = []
    for entry in json.loads(json_path.read_text(encoding="utf-8"))["benchmarks"]:
        info, stats = entry["extra_info"], entry["stats"]
        items = info.get("items", 1)
        match = BACKEND.fullmatch(info["implementation"])
        implementation, backend = (match[1], match[2]) if match else (info["implementation"], "")
        best, median = stats["min"] / items, stats["median"] / items
        rounds = stats["rounds"]
        name = entry["group"]
        found.append(Measurement(PYTHON, name, implementation, backend, info["data_len"], best, median, rounds))
    return found


def package_versions() -> tuple[dict[str, str], list[str]]:
    """Return the versions of the packages measured, and what is said of those that are not here."""
    installed = {
        one.metadata["Name"].replace("_", "-").lower(): one.version for one in importlib.metadata.distributions()
    }
    found = {name: installed[name] for name in PACKAGES if name in installed}
    return found, [f"{name} is not installed: it was not measured" for name in PACKAGES if name not in installed]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short samples: to see that everything runs")
    parser.add_argument("--native-only", action="store_true", help="from C only")
    parser.add_argument("--no-install", action="store_true", help="measure the peers that are installed")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)

    begin = time.monotonic()
    absent = [] if options.no_install or options.native_only else install_peers()
    print("bench: from C", flush=True)
    passes, budget_ms = (1, 10) if options.quick else (3, 60)
    run: Run = native_bench.measure_often(native_bench.built(), passes=passes, budget_ms=budget_ms)
    run.absent += absent
    run.machine |= {"python": platform.python_version(), "date": time.strftime("%Y-%m-%d")}
    failures = 0
    if not options.native_only:
        print("bench: from Python", flush=True)
        suites = FOLDER / "suites.json"
        suites.unlink(missing_ok=True)
        failures = python_suites(suites, quick=options.quick)
        run.measurements += read_suites(suites) if suites.exists() else []
        versions, missing = package_versions()
        run.versions |= versions
        run.absent += missing
        if suites.exists():
            subprocess.run([sys.executable, "-B", str(ROOT / "benchmarks" / "report.py"), str(suites)], check=False)
    run.save(FOLDER / "bench.json")
    (FOLDER / "bench.md").write_text(markdown(run), encoding="utf-8")

    for line in dict.fromkeys(run.absent):
        print(f"bench: {line}")
    found = outcomes(run)
    print("\ntargets", *table(found), sep="\n")
    reached = sum(one.reached for one in found)
    print(f"bench: {reached} of {len(found)} targets reached; {os.cpu_count()} cores, {run.machine.get('processor')}")
    compared = list(run.compared())
    wins = sum(ours.min < peer.min for ours, peer in compared)
    operations = len({(one.level, one.operation) for one in run.measurements})
    print(f"bench: {time.monotonic() - begin:.0f} s; build/bench/bench.json, build/bench/bench.md")
    print(
        f"bench: {len(run.measurements)} measurements of {operations} operations, "
        f"faster than every peer in {wins} of {len(compared)}"
    )
    return 1 if failures or not run.measurements else 0


if __name__ == "__main__":
    raise SystemExit(main())
