"""The suite as tests of pytest, run in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from conformance.tiny_group import tiny_library

__all__ = ["tiny_library"]

pytestmark = pytest.mark.once

TESTS = Path(__file__).resolve().parents[1]
# The checks of the suite are replaced here as in a child, before pytest begins.
MAIN = """
import sys
from conformance import tiny_checks, tiny_group
from gmpki.conformance import process
tiny_checks.install()
process._START = tiny_group.START
import pytest
sys.exit(pytest.main(sys.argv[1:]))
"""


def suite(folder: Path, *arguments: str, main: str = MAIN, **environment: str) -> tuple[int, str]:
    """Run pytest and return its exit code and what it printed."""
    command = [sys.executable, "-c", main, "-p", "no:cacheprovider", "-p", "gmpki.conformance.pytest_plugin", "-rA"]
    path = os.pathsep.join([str(TESTS), *filter(None, sys.path)])
    done = subprocess.run(
        [*command, "--pyargs", "gmpki.conformance", "-W", "error", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": path,
            "PYTEST_ADDOPTS": "",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_each_check_is_a_test(tiny_library: str, tmp_path: Path) -> None:
    report = tmp_path / "junit.xml"
    code, output = suite(
        tmp_path,
        "--skf-library",
        tiny_library,
        "--junit-xml",
        str(report),
        "-k",
        "not TINY-003",
        "-o",
        "junit_family=xunit1",
    )
    assert code == 1, output
    cases = {case.get("name"): case for case in ET.parse(report).iter("testcase")}
    found = {str(name): [child.tag for child in case if child.tag != "properties"] for name, case in cases.items()}
    assert found == {
        "SKF-TINY-001": [],
        "SKF-TINY-002": ["failure"],
        "SKF-TINY-004": ["failure"],
        "SKF-TINY-005": [],
        "SKF-TINY-006": ["skipped"],
        "SKF-TINY-007": ["skipped"],
        "SKF-TINYB-001": ["failure"],
        "SKF-TINYB-002": ["skipped"],
        "SKF-TINYB-003": [],
        "SKF-TINYB-004": [],
        "SKF-TINYB-005": ["failure"],
        "SKF-TINYB-006": [],
        "SKF-TINYB-007": ["skipped"],
    }
    deviation = {item.get("name"): item.get("value") for item in cases["SKF-TINYB-003"].iter("property")}
    assert deviation == {"deviation": "it does", "workaround": "look away"}
    crash = cases["SKF-TINY-002"].find("failure")
    assert crash is not None
    assert "the driver crashed in SKF_SetLabel: SIGSEGV" in str(crash.text)
    assert "SKF_SetLabel() -> did not return" in str(crash.text)
    skipped = cases["SKF-TINY-006"].find("skipped")
    assert skipped is not None
    assert "it takes --allow-write" in str(skipped.get("message"))


@pytest.mark.parametrize("permission", ["--allow-write"])
def test_permissions_and_selection(tiny_library: str, tmp_path: Path, permission: str) -> None:
    code, output = suite(
        tmp_path,
        "--skf-library",
        tiny_library,
        permission,
        "--conformance-select",
        "TINY-006",
        "--conformance-select",
        "TINY-007",
    )
    assert code == 0, output
    assert "1 passed, 1 skipped" in output
    assert "it takes --allow-lock --allow-init" in output


def test_stopping_at_the_first_failure_ends_the_run(tiny_library: str, tmp_path: Path) -> None:
    code, output = suite(tmp_path, "--skf-library", tiny_library, "-x", "--conformance-select", "after")
    assert code == 1
    assert "1 failed" in output
    assert "passed" not in output


def test_without_a_driver_nothing_is_collected(tmp_path: Path) -> None:
    code, output = suite(tmp_path)
    assert code == 5
    assert output.count("no driver to test; give --skf-library PATH") == 1


def test_other_tests_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pytest_plugin.py").write_text("def test_one(): pass\n")
    (tmp_path / "test_two.py").write_text("def test_two(): pass\n")
    main = (
        "import sys, pytest; sys.argv.remove('--pyargs'); sys.argv.remove('gmpki.conformance'); "
        "sys.exit(pytest.main(sys.argv[1:]))"
    )
    code, output = suite(tmp_path, main=main)
    assert code == 0, output
    assert "1 passed" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--conformance-select", "NONE"), "chooses no check"),
        (("--pkcs11-library", "other.so"), "one driver at a time"),
        (("--pin-file", "none.toml"), "none.toml"),
    ],
    ids=["selection", "two", "pins"],
)
def test_wrong_use(tiny_library: str, tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    code, output = suite(tmp_path, "--skf-library", tiny_library, *arguments)
    assert code == 2, output
    assert words in output


@pytest.mark.parametrize("program", ["raise ZeroDivisionError", "sys.executable = ''"], ids=["bug", "no-python"])
def test_variables_are_not_shown(tiny_library: str, tmp_path: Path, program: str) -> None:
    """The process that is started has PINs at hand, and pytest may be told to show what every variable holds."""
    pins = tmp_path / "pins.toml"
    pins.write_text(f'user_pin = "31415926"\ndevice_key = "{bytes(range(16)).hex()}"\n')
    started = (
        "def started(descriptor): raise ZeroDivisionError\nprocess.ChildProcess._started = staticmethod(started)\n"
    )
    main = MAIN.replace("import pytest\n", (started if "raise" in program else program) + "\nimport pytest\n")
    code, output = suite(
        tmp_path,
        *("--skf-library", tiny_library, "--pin-file", str(pins), "--showlocals", "--full-trace"),
        *("--conformance-select", "TINY-001"),
        main=main,
    )
    assert code == 1, output
    assert "ZeroDivisionError" in output or "UnsupportedPlatform" in output
    for secret in ("31415926", bytes(range(16)).hex(), repr(bytes(range(16))), b"31415926".hex()):
        assert secret not in output


def test_what_a_driver_prints_moves_no_cursor(tiny_library: str, tmp_path: Path) -> None:
    code, output = suite(tmp_path, "--skf-library", tiny_library, "--conformance-select", "TINY-002")
    assert code == 1, output
    assert "SIGSEGV" in output
    assert "\x1b" not in output


def test_the_plugin_costs_others_nothing() -> None:
    """pytest loads it wherever gmpki is installed."""
    program = (
        "import sys, pytest; before = set(sys.modules); import gmpki.conformance.pytest_plugin; "
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('pytest')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['gmpki', 'gmpki._lazy', 'gmpki.conformance', 'gmpki.conformance.pytest_plugin']"
