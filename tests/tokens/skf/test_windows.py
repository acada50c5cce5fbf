"""Drivers on Windows: the names of stdcall as a compiler makes them, and a driver that runs under Wine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gmpki.tokens.skf import header
from gmpki.tokens.skf.layouts import Layout
from gmpki.tokens.skf.windows import symbol_names, uses_stdcall
from tokens.skf import mock_drivers

pytestmark = pytest.mark.once

# The types of windows.h that skf.h wants; the compiler used here has no such header.
WINDOWS_H = """\
typedef unsigned char BYTE;
typedef char CHAR;
typedef unsigned long ULONG;
typedef unsigned long DWORD;
typedef int BOOL;
typedef char *LPSTR;
typedef void *HANDLE;
"""
WINE = ("/usr/lib/wine/wine64", "/usr/bin/wine64")


def test_only_32_bit_windows_has_stdcall() -> None:
    assert uses_stdcall("win32", 4)
    assert not uses_stdcall("win32", 8)
    assert not uses_stdcall("linux", 4)
    assert not uses_stdcall()


def test_names_of_a_symbol() -> None:
    function = header.functions()["SKF_EnumDev"]
    assert symbol_names(function) == ("SKF_EnumDev",)
    assert symbol_names(function, "Enum") == ("Enum", "SKF_EnumDev")
    assert symbol_names(function, stdcall=True) == ("SKF_EnumDev", "_SKF_EnumDev@12")
    assert symbol_names(header.functions()["SKF_DisConnectDev"], stdcall=True) == (
        "SKF_DisConnectDev",
        "SKF_DisconnectDev",
        "_SKF_DisConnectDev@4",
        "_SKF_DisconnectDev@4",
    )


def test_every_decorated_name_is_the_compilers(tmp_path: Path) -> None:
    clang = next(
        (found for name in ("clang", "clang-16", "clang-15", "clang-14") if (found := shutil.which(name))), None
    )
    if clang is None:
        pytest.skip("peer program: clang")
    (tmp_path / "windows.h").write_text(WINDOWS_H)
    lines = [f"void *address_{name} = (void *){name};" for name in header.functions()]
    source = tmp_path / "addresses.c"
    source.write_text('#include "gmpki/skf.h"\n' + "\n".join(lines) + "\n")
    command = [clang, "--target=i686-pc-windows-gnu", "-ffreestanding", f"-I{tmp_path}", f"-I{mock_drivers.INCLUDE}"]
    made = subprocess.run([*command, "-S", str(source), "-o", "-"], check=True, capture_output=True, text=True).stdout
    found = set(re.findall(r"\.long\s+(_SKF_\w+@\d+)", made))
    assert found == {symbol_names(function, stdcall=True)[-1] for function in header.functions().values()} - {
        "_SKF_DisconnectDev@4"
    } | {"_SKF_DisConnectDev@4"}


def test_declarations_of_stdcall() -> None:
    ffi = Layout().stdcall_ffi()
    assert ffi.typeof("SKF_EncryptInit_t").kind == "function"
    assert ffi.sizeof("DEVINFO") == 294


def wine_prefix(prefix: Path, system: Path) -> Path:
    """Make a Windows for Wine of what a program in a console needs; setting up a whole one takes a quarter minute."""
    (prefix / "drive_c" / "windows").mkdir(parents=True)
    (prefix / "drive_c" / "windows" / "system32").symlink_to(system)
    (prefix / "dosdevices").mkdir()
    (prefix / "dosdevices" / "c:").symlink_to("../drive_c")
    (prefix / "dosdevices" / "z:").symlink_to("/")
    (prefix / ".update-timestamp").write_text("disable")
    for name, root in (("system", "Machine"), ("userdef", r"User\\.Default"), ("user", r"User\\S-1-5-21-0-0-0-1000")):
        registry = f"WINE REGISTRY Version 2\n;; All keys relative to \\\\{root}\n\n#arch=win64\n"
        (prefix / f"{name}.reg").write_text(registry)
    return prefix


def test_a_driver_for_windows_runs(tmp_path: Path) -> None:
    wine = next((path for path in WINE if Path(path).exists()), None)
    system = next(Path("/usr/lib").glob("*/wine/x86_64-windows"), None)
    cc = shutil.which("x86_64-w64-mingw32-gcc")
    if wine is None or system is None or cc is None:
        pytest.skip("peer program: Wine and MinGW")
    driver, caller = tmp_path / "driver.dll", tmp_path / "caller.exe"
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", f"-I{mock_drivers.INCLUDE}"]
    folder = mock_drivers.SOURCE.parent
    subprocess.run([cc, *flags, "-shared", str(mock_drivers.SOURCE), "-o", str(driver)], check=True)
    subprocess.run([cc, *flags, str(folder / "windows_caller.c"), "-o", str(caller)], check=True)
    settings = {
        "WINEPREFIX": str(wine_prefix(tmp_path / "prefix", system)),
        "WINEDEBUG": "-all",
        "WINEARCH": "win64",
        "WINEDLLOVERRIDES": "wineboot.exe,winemenubuilder.exe,mscoree,mshtml=d",
    }
    ran = subprocess.run(
        [wine, str(caller), str(driver)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    steps = (
        "load",
        "missing symbol",
        "size",
        "list",
        "connect",
        "describe",
        "import",
        "by value",
        "disconnect",
    )
    assert ran.stdout.splitlines() == [*(f"{step} ok" for step in steps), "0 failed"]
    assert ran.returncode == 0
