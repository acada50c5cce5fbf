"""``gmpki token doctor`` and its kin at other people's drivers: mock drivers of every layout, and broken ones."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.skf.layouts import Layout
from tokens.skf import mock_drivers

pytestmark = pytest.mark.once

Run = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]

CRASHING = (
    "unsigned SKF_EnumDev(unsigned p, char *n, unsigned *l) { (void)p; (void)n; *(volatile int *)0 = 1; return *l; }"
)


def compiler() -> str:
    found = mock_drivers.compiler()
    if found is None:
        pytest.skip("peer program: a C compiler")
    return found


def mock(layout: Layout, *habits: str) -> str:
    return mock_drivers.build(Path.cwd(), layout, habits, compiler())


def compiled(text: str) -> str:
    """Return the path of a library of a few lines."""
    Path("driver.c").write_text(text, encoding="ascii")
    subprocess.run([compiler(), "-shared", "-fPIC", "driver.c", "-o", "driver.so"], check=True, capture_output=True)
    return str(Path("driver.so").absolute())


@pytest.mark.parametrize("layout", [Layout(8, False), Layout(8, True)], ids=lambda layout: layout.name)
def test_layouts_are_found_out_and_kept(run: Run, answer: Answer, layout: Layout) -> None:
    uri = f"skf:lib={mock(layout)}"
    found = answer("token", "doctor", uri, "--save", "mock.toml")
    assert found["layout"] == layout.name
    assert found["missing"] != []
    assert f"{78 - len(found['missing'])} / 78" in run("token", "doctor", "--in-process", uri).output
    assert DriverProfile.from_toml(Path("mock.toml").read_text(encoding="utf-8")).layout == layout
    kept = answer("token", "doctor", f"{uri};profile=./mock.toml")
    assert (kept["layout"], kept["devices"]) == (found["layout"], found["devices"])


@pytest.mark.parametrize("where", [(), ("--in-process",)], ids=["isolated", "in-process"])
def test_a_profile_that_the_driver_contradicts(run: Run, answer: Answer, where: tuple[str, ...]) -> None:
    said = DriverProfile(
        name="own",
        layout=Layout(),
        notes=("tried in the office", "width of ULONG: seen in what SKF_EnumDev wrote", "packing: assumed"),
    )
    Path("own.toml").write_text(said.to_toml(), encoding="utf-8")
    uri = f"skf:lib={mock(Layout(8, False))};profile=own.toml"
    arguments = ("token", "doctor", *where, uri)
    found = answer(*arguments, "--save", "mended.toml", exit_code=1)
    assert found["contradiction"] == "the profile says u32-packed, and the driver shows u64-natural"
    assert found["error"] == {"type": "ProfileError", "message": found["contradiction"]}
    # The rest goes by what the driver shows, and only once is said how that is known.
    assert found["layout"] == "u64-natural"
    assert [one["label"] for one in found["devices"]] == ["L" * 32]
    assert found["notes"] == [
        "tried in the office",
        "width of ULONG: seen in what SKF_EnumDev wrote",
        "packing: seen in what SKF_GetDevInfo wrote",
    ]
    assert "矛盾" in run(*arguments, exit_code=1).stdout
    mended = f"skf:lib={mock(Layout(8, False))};profile=mended.toml"
    assert answer("token", "doctor", *where, mended)["contradiction"] is None


@pytest.mark.parametrize("layout", [Layout(), Layout(8, True, mixed=True)], ids=lambda layout: layout.name)
def test_what_a_driver_does_not_show_the_profile_says(answer: Answer, layout: Layout) -> None:
    profile = DriverProfile(name="own", layout=layout, notes=("packing: seen in what SKF_GetDevInfo wrote",))
    Path("own.toml").write_text(profile.to_toml(), encoding="utf-8")
    found = answer("token", "doctor", f"skf:lib={mock(layout, 'NO_DEVICE')};profile=own.toml")
    assert (found["layout"], found["contradiction"]) == (layout.name, None)
    assert "packing: as the profile says" in found["notes"]
    assert "packing: seen in what SKF_GetDevInfo wrote" not in found["notes"]
    found = answer("token", "doctor", f"skf:lib={mock(layout)};profile=own.toml")
    assert (found["layout"], found["contradiction"]) == (layout.name, None)
    assert "packing: seen in what SKF_GetDevInfo wrote" in found["notes"]


def test_a_driver_that_crashes_when_probed_goes_by_its_profile(answer: Answer) -> None:
    Path("own.toml").write_text(DriverProfile(name="own", layout=Layout()).to_toml(), encoding="utf-8")
    found = answer("token", "doctor", f"skf:lib={compiled(CRASHING)};profile=own.toml")
    assert (found["layout"], found["contradiction"]) == ("u32-packed", None)
    assert "width of ULONG: as the profile says" in found["notes"]
    assert "gone" in found["failures"][0]


def test_what_is_spelled_otherwise_is_named(answer: Answer) -> None:
    found = answer("token", "doctor", f"skf:lib={mock(Layout(), 'SPELLING')}")
    assert found["spelled_otherwise"] == {"SKF_DisConnectDev": "SKF_DisconnectDev"}


def test_a_driver_without_a_device(run: Run, answer: Answer) -> None:
    uri = f"skf:lib={mock(Layout(), 'NO_DEVICE')}"
    found = answer("token", "doctor", uri)
    assert (found["devices"], found["failures"]) == ([], [])
    assert any("assumed" in note for note in found["notes"])
    assert "没有设备" in run("token", "list", uri).output


def test_a_driver_that_crashes_is_an_answer(answer: Answer) -> None:
    """It runs in a process of its own: this one is here to tell."""
    error = answer("token", "doctor", f"skf:lib={compiled(CRASHING)}", exit_code=1)["error"]
    assert error["type"] == "DriverCrashedError"


def test_a_library_that_is_no_driver(answer: Answer) -> None:
    error = answer("token", "doctor", f"skf:lib={compiled('int nothing;')}", exit_code=1)["error"]
    assert error["type"] == "DriverError"


@pytest.mark.parametrize("text", ["", "format = 2", "name = 1", "\ufeff[", "x" * 300_000], ids=range(5))
def test_profiles_that_are_none(answer: Answer, text: str) -> None:
    Path("bad.toml").write_text(text, encoding="utf-8")
    error = answer("token", "doctor", f"skf:lib={compiled(CRASHING)};profile=bad.toml", exit_code=1)["error"]
    assert error["type"] == "ProfileError"
