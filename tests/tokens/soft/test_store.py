"""Devices of the software token: made, listed, reset and deleted, and what is refused."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from gmpki.errors import (
    InvalidInputError,
    InvalidTypeError,
    LoginRequiredError,
    TokenError,
    TokenExistsError,
    TokenNotFoundError,
    UnsupportedPlatform,
)
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import (
    SoftSettings,
    create_soft_device,
    delete_soft_device,
    library_path,
    list_soft_devices,
    pull_out,
    put_in,
    reset_soft_device,
    store_root,
)

CHEAP = SoftSettings(pin_iterations=1)


def device(root: Path, serial: str | None = None, **more: Any) -> str:
    return create_soft_device(SoftSettings(serial=serial, pin_iterations=1, **more), root=root).name


# ---- paths ----------------------------------------------------------------------------------
def test_where_devices_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GMPKI_SOFTTOKEN_DIR", "XDG_DATA_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(UnsupportedPlatform):
        store_root()
    for name, folder in (
        ("HOME", tmp_path / ".local" / "share" / "gmpki" / "tokens"),
        ("XDG_DATA_HOME", tmp_path / "gmpki" / "tokens"),
        ("GMPKI_SOFTTOKEN_DIR", tmp_path),
    ):
        monkeypatch.setenv(name, os.fspath(tmp_path))
        assert store_root() == os.fspath(folder)
    assert store_root(tmp_path / "own") == os.fspath(tmp_path / "own")
    with pytest.raises(InvalidTypeError):
        store_root(5)  # type: ignore[arg-type]


def test_where_the_libraries_are() -> None:
    assert Path(library_path("skf")).is_file()
    for wrong in ("", "p11", "pcsc"):
        with pytest.raises(InvalidInputError):
            library_path(wrong)


def test_an_installation_without_the_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import gmpki

    monkeypatch.setattr(gmpki, "__path__", [os.fspath(tmp_path)])
    with pytest.raises(UnsupportedPlatform, match="libgmpki_skf"):
        library_path("skf")


# ---- devices --------------------------------------------------------------------------------
def test_made_and_listed(soft_root: Path) -> None:
    assert list_soft_devices(soft_root / "none") == list_soft_devices() == ()
    made = create_soft_device(CHEAP)
    assert len(made.name) == 16
    assert made.folder == os.fspath(soft_root / made.name)
    assert made.is_present
    assert device(soft_root, "A.b-c_1") == "A.b-c_1"
    assert {one.name for one in list_soft_devices()} == {made.name, "A.b-c_1"}
    (soft_root / "empty").mkdir()
    (soft_root / "file").write_bytes(b"")
    assert len(list_soft_devices()) == 2


def test_only_the_owner_can_read_them(soft_root: Path) -> None:
    folder = Path(create_soft_device(CHEAP).folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_settings_are_seen_by_who_uses_the_device(soft_root: Path) -> None:
    device(soft_root, "00a1", profile="ukey-64k", label="张三", device_key=b"K" * 16, max_applications=1)
    with SKFDriver.load(library_path("skf")) as driver:
        opened = driver.open()
        assert (opened.info.label, opened.info.total_len) == ("张三", 65536)
        with pytest.raises(LoginRequiredError):
            opened.authenticate()
        opened.authenticate(b"K" * 16)
        opened.create_application("A", admin_pin="87654321", user_pin="12345678")
        with pytest.raises(TokenError):
            opened.create_application("B", admin_pin="87654321", user_pin="12345678")


def test_a_serial_number_is_there_once(soft_root: Path) -> None:
    device(soft_root, "00a1")
    with pytest.raises(TokenExistsError):
        device(soft_root, "00a1")


def test_reset(soft_root: Path) -> None:
    device(soft_root, "00a1", label="old")
    with SKFDriver.load(library_path("skf")) as driver:
        opened = driver.open()
        opened.authenticate()
        opened.create_application("A", admin_pin="87654321", user_pin="12345678")
    assert reset_soft_device("00a1", SoftSettings(label="new", pin_iterations=1)).name == "00a1"
    with SKFDriver.load(library_path("skf")) as driver:
        opened = driver.open("00a1")
        assert (opened.applications(), opened.info.label) == ((), "new")
    with pytest.raises(InvalidInputError):
        reset_soft_device("00a1", SoftSettings(serial="00a2"))


def test_deleted(soft_root: Path) -> None:
    device(soft_root, "00a1")
    delete_soft_device("00a1", root=soft_root)
    assert list(soft_root.iterdir()) == []


def test_what_is_no_file_of_a_device_is_not_deleted(soft_root: Path) -> None:
    device(soft_root, "00a1")
    (soft_root / "00a1" / "own").write_bytes(b"x")
    with pytest.raises(TokenError):
        delete_soft_device("00a1")
    assert [file.name for file in (soft_root / "00a1").iterdir()] == ["own"]


def test_pulled_out_and_put_in(soft_root: Path) -> None:
    device(soft_root, "00a1")
    for _ in range(2):
        pull_out("00a1")
        assert [one.is_present for one in list_soft_devices()] == [False]
    for _ in range(2):
        put_in("00a1")
        assert [one.is_present for one in list_soft_devices()] == [True]


def test_pulling_out_follows_no_link(soft_root: Path, tmp_path: Path) -> None:
    device(soft_root, "00a2")
    (soft_root / "00a2" / "absent").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TokenError):
        pull_out("00a2")
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("action", [reset_soft_device, delete_soft_device, pull_out, put_in])
def test_devices_that_are_not_there(soft_root: Path, action: Any) -> None:
    with pytest.raises(TokenNotFoundError):
        action("00a1")
    for name in ("", ".", "..", "../x", "a/b", ".hidden", "x" * 32, "a\n", "é"):
        with pytest.raises(InvalidInputError):
            action(name)
    with pytest.raises(InvalidTypeError):
        action(None)


WRONG: list[dict[str, Any]] = [
    {"profile": "ukey-1m"},
    {"serial": ""},
    {"serial": "../x"},
    {"serial": 5},
    {"label": ""},
    {"label": "x" * 32},
    {"label": "a\nserial=b"},
    {"label": "\ud800"},
    {"label": b"x"},
    {"device_key": bytes(15)},
    {"device_key": "1234567812345678"},
    {"pin_iterations": 0},
    {"pin_iterations": True},
    {"pin_iterations": 1, "pin_cost_ms": 1},
    {"total_space": 1023},
    {"max_applications": 65},
    {"pin_tries": 16},
]


@pytest.mark.parametrize("fields", WRONG, ids=range(len(WRONG)))
def test_settings_that_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        SoftSettings(**fields)


def test_every_setting_that_is_taken_here_is_taken_by_the_token(soft_root: Path) -> None:
    limits = {"max_applications": 64, "max_containers": 64, "max_session_keys": 1024, "total_space": 4194304}
    assert device(soft_root, "most", pin_tries=15, label="x" * 31, device_key=bytes(16), **limits) == "most"
    low = dict.fromkeys(("max_applications", "max_containers", "max_session_keys", "pin_tries"), 1)
    assert device(soft_root, "least", total_space=1024, label="x", **low) == "least"


def test_the_device_key_is_not_shown() -> None:
    assert "4b4b" not in repr(SoftSettings(device_key=b"K" * 16)) + str(SoftSettings(device_key=b"K" * 16))
    assert "KK" not in repr(SoftSettings(device_key=b"K" * 16))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    with pytest.raises(TokenError):
        create_soft_device(CHEAP, root=blocked / "below")
    with pytest.raises(TokenError):
        list_soft_devices(blocked)
