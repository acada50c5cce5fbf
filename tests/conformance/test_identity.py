"""What is tested: files, devices, and tokens that cannot be asked."""

from __future__ import annotations

import ctypes.util
import hashlib
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from gmpki.conformance import Kind, Options, Permission, Target
from gmpki.conformance.identity import Identity, driver_file, environment, identity
from gmpki.conformance.pkcs11.scene import P11Scene
from gmpki.conformance.recording import Recorder
from gmpki.conformance.skf.scene import SKFScene
from gmpki.errors import InvalidInputError, TokenError, TokenNotFoundError
from gmpki.tokens.skf.functions import SKF
from gmpki.tokens.soft import library_path


def skf_scene(**named: str) -> SKFScene:
    return SKFScene(Target(Kind.SKF, str(library_path("skf")), **named), (), Options(), Recorder())  # type: ignore[arg-type]


# ---- files --------------------------------------------------------------------------------
def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "driver.so"
    path.write_bytes(b"content")
    found = driver_file(Target(Kind.SKF, str(path)))
    assert (found.name, found.length) == ("driver.so", 7)
    assert found.sha256 == hashlib.sha256(b"content").hexdigest()


def test_a_file_that_the_system_found() -> None:
    name = ctypes.util.find_library("c")
    assert name is not None
    found = driver_file(Target(Kind.PKCS11, name))
    assert found.name.startswith(name)
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    ("kind", "path", "name"),
    [
        (Kind.SKF, "/no/such/driver.so", "driver.so"),
        (Kind.SKF, "no-such-driver.so", "no-such-driver.so"),
        (Kind.SKF, "/", "?"),
        (Kind.PCSC, "Reader 00 / 1", "Reader 00 / 1"),
        (Kind.PCSC, "", "PC/SC"),
    ],
    ids=["path", "name", "folder", "reader", "any-reader"],
)
def test_no_file(kind: Kind, path: str, name: str) -> None:
    found = driver_file(Target(kind, path))
    assert (found.name, found.sha256, found.length) == (name, "", 0)


# ---- tokens -------------------------------------------------------------------------------
def test_an_skf_device(soft_token: str) -> None:
    with skf_scene() as scene:
        found = identity(scene)
    assert found.driver.name == os.path.basename(library_path("skf"))
    assert found.device["serial_number"] == "00a1"
    assert found.device["is_software"] == "yes"
    assert "SM2" in found.device["algorithms"]
    assert found.driver_profile["sm2_numbering"] == "standard"
    assert Identity.from_json(found.to_json()) == found


def test_a_pkcs11_token(soft_token: str) -> None:
    target = Target(Kind.PKCS11, str(library_path("pkcs11")))
    with P11Scene(target, (Permission.INIT,), Options(), Recorder()) as scene:
        found = identity(scene)
    assert found.device["is_software"] == "yes"
    assert "sm2-sign" in found.driver_profile["mechanisms"]
    assert Identity.from_json(found.to_json()) == found


def test_a_pkcs11_token_that_may_not_be_initialised(soft_token: str) -> None:
    target = Target(Kind.PKCS11, str(library_path("pkcs11")))
    with P11Scene(target, (), Options(), Recorder()) as scene, pytest.raises(TokenNotFoundError):
        identity(scene)


@pytest.mark.parametrize("function", ["connect_dev", "get_dev_info", "disconnect_dev"])
def test_a_device_that_cannot_be_asked(soft_token: str, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    def refuse(*_: object) -> None:
        raise TokenError("no", function="SKF_X", code=1, code_name="SAR_FAIL")

    with skf_scene() as scene:
        monkeypatch.setattr(SKF, function, refuse)
        found = identity(scene)
        monkeypatch.undo()
    assert found.device == {}
    assert found.driver_profile["layout"] == "u32-packed"
    assert found.driver.sha256


def test_another_device_than_was_named(soft_token: str) -> None:
    with skf_scene(device="OTHER") as scene, pytest.raises(TokenNotFoundError):
        identity(scene)


@pytest.mark.parametrize(("error", "is_raised"), [(TokenError("no"), False), (TokenNotFoundError("no"), True)])
def test_scenes_that_say_it_themselves(error: TokenError, is_raised: bool) -> None:
    def refuse() -> None:
        raise error

    scene = SimpleNamespace(target=Target(Kind.PCSC, "Reader"), identity=refuse)
    if is_raised:
        with pytest.raises(TokenNotFoundError):
            identity(scene)
    else:
        assert identity(scene) == Identity(driver_file(scene.target))


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"driver": {"name": "d"}, "device": {}},
        {"driver": {"name": ""}, "device": {}, "driver_profile": {}},
        {"driver": {"name": "d", "other": 1}, "device": {}, "driver_profile": {}},
        {"driver": {"name": "d"}, "device": [], "driver_profile": {}},
        {"driver": {"name": "d"}, "device": {}, "driver_profile": 5},
        5,
    ],
    ids=range(7),
)
def test_no_identity(value: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        Identity.from_json(value)


def test_the_environment_names_no_machine() -> None:
    found = environment()
    assert all(found.values())
    assert os.uname().nodename not in " ".join(found.values()).split()
