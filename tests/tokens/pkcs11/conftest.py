"""Modules that the tests load: SoftHSM with a store of its own, our software token, one that breaks its interface."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmpki.tokens.pkcs11 import PKCS11Driver
from gmpki.tokens.pkcs11.application import PKCS11Application
from tokens.scene import ADMIN_PIN, USER_PIN
from tokens.scene import APPLICATION as NAME

INCLUDE = Path(__file__).resolve().parents[3] / "native" / "include"
SOFTHSM = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")


@pytest.fixture
def softhsm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the path of SoftHSM, with an empty store."""
    found = next((path for path in SOFTHSM if Path(path).is_file()), None)
    if found is None:
        pytest.skip("peer program: softhsm2 not found")
    store = tmp_path / "softhsm"
    store.mkdir()
    settings = tmp_path / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {store}\nobjectstore.backend = file\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(settings))
    return found


@pytest.fixture
def driver(softhsm: str) -> Iterator[PKCS11Driver]:
    """Give a driver of SoftHSM with a token that is not initialised."""
    opened = PKCS11Driver(softhsm)
    yield opened
    opened.close()


@pytest.fixture
def application(driver: PKCS11Driver) -> PKCS11Application:
    """Give an initialised token of SoftHSM, nobody logged in."""
    return driver.open().create_application(NAME, admin_pin=ADMIN_PIN, user_pin=USER_PIN)


@pytest.fixture
def user(application: PKCS11Application) -> PKCS11Application:
    """Give the application with its user logged in."""
    application.login(USER_PIN)
    return application


@pytest.fixture(scope="session")
def odd_module(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give the path of the module that breaks its interface, compiled for this run."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("peer program: cc not found")
    library = tmp_path_factory.mktemp("odd") / "odd_module.so"
    source = Path(__file__).with_name("odd_module.c")
    flags = ("-std=c11", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror")
    subprocess.run([compiler, *flags, f"-I{INCLUDE}", "-o", str(library), str(source)], check=True)
    return str(library)
