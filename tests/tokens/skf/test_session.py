"""The session protocol over the SKF library of the software token: devices, applications, PINs, files, containers."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.errors import (
    DecodeError,
    DriverCrashedError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LoginRequiredError,
    PinIncorrectError,
    PinLockedError,
    PinRejectedError,
    PolicyError,
    StateError,
    TokenError,
    TokenExistsError,
    TokenNotFoundError,
    TokenTimeoutError,
    TokenUnsupportedError,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens import interfaces
from gmpki.tokens.interfaces import Ability, KeyUsage, PinRequest, PinRole, Rights, TokenKeyType
from gmpki.tokens.skf.application import SKFApplication
from gmpki.tokens.skf.container import SKFContainer
from gmpki.tokens.skf.device import SKFDevice
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import library_path
from seal import samples
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN, provision


# ---- what there is --------------------------------------------------------------------------
def test_protocols(skf_driver: SKFDriver, skf_device: SKFDevice, skf_application: SKFApplication) -> None:
    assert isinstance(skf_driver, interfaces.TokenDriver)
    assert isinstance(skf_application, interfaces.Application)
    for name in (name for name in dir(interfaces.Device) if not name.startswith("_")):
        assert hasattr(type(skf_device), name)
    for name in (name for name in dir(interfaces.Container) if not name.startswith("_")):
        assert hasattr(SKFContainer, name)


def test_a_software_token_says_that_it_is_one(skf_device: SKFDevice) -> None:
    info = skf_device.info
    assert info.is_software
    assert (info.name, info.serial_number) == ("00a1", "00a1")
    assert "SOFTWARE TOKEN" in info.label
    assert {"SM2", "SM3", "SM4-CBC", "RSA"} <= info.algorithms
    assert not {name for name in info.algorithms if name.startswith(("SM1", "SSF33"))}
    assert info.device_auth_algorithm == "SM4-ECB"
    assert (info.total_len, info.specification_version) == (128 * 1024, "1.0")


def test_abilities(skf_driver: SKFDriver, skf_device: SKFDevice, skf_container: SKFContainer) -> None:
    application = skf_container.application
    found = skf_driver.abilities | skf_device.abilities | application.abilities | skf_container.abilities
    assert found == set(Ability) - {Ability.AGREEMENT}


def test_devices_that_are_not_there(skf_driver: SKFDriver) -> None:
    assert skf_driver.devices() == ("00a1",)
    with pytest.raises(TokenNotFoundError, match="00a1"):
        skf_driver.open("00a2")
    with pytest.raises(InvalidTypeError):
        skf_driver.open(b"00a1")  # type: ignore[arg-type]


def test_which_device_must_be_said_when_there_are_several(skf_driver: SKFDriver, soft_root: Any) -> None:
    from gmpki.tokens.soft import SoftSettings, create_soft_device, delete_soft_device

    create_soft_device(SoftSettings(serial="00a2", pin_iterations=1), root=soft_root)
    with pytest.raises(TokenNotFoundError, match="2 devices"):
        skf_driver.open()
    for name in ("00a1", "00a2"):
        delete_soft_device(name, root=soft_root)
    with pytest.raises(TokenNotFoundError, match="no device"):
        skf_driver.open()


def test_label(skf_device: SKFDevice) -> None:
    skf_device.set_label("张三的钥匙")
    assert skf_device.info.label == "张三的钥匙"
    with pytest.raises(InvalidInputError):
        skf_device.set_label("x" * 32)
    assert skf_device.info.label == "张三的钥匙"


def test_random(skf_device: SKFDevice) -> None:
    assert len({skf_device.random(16) for _ in range(8)}) == 8
    for length in (0, -1, 1 << 21):
        with pytest.raises(InvalidInputError):
            skf_device.random(length)


# ---- the device key -------------------------------------------------------------------------
def create(device: SKFDevice, name: str = "B", **more: Any) -> SKFApplication:
    return device.create_application(name, **({"admin_pin": ADMIN_PIN, "user_pin": USER_PIN} | more))


def test_applications_are_made_by_who_has_the_device_key(skf_device: SKFDevice) -> None:
    with pytest.raises(LoginRequiredError):
        create(skf_device)
    with pytest.raises(LoginRequiredError):
        skf_device.authenticate(bytes(16))
    with pytest.raises(LoginRequiredError):
        create(skf_device)
    skf_device.authenticate()
    create(skf_device)
    skf_device.change_device_key(b"K" * 16)
    with pytest.raises(LoginRequiredError, match="does not accept the device key"):
        skf_device.authenticate()
    skf_device.authenticate(b"K" * 16)
    skf_device.delete_application("B")
    assert skf_device.applications() == ()


@pytest.mark.parametrize("key", [b"", bytes(15), bytes(17)], ids=[0, 15, 17])
def test_device_keys_have_16_bytes(skf_device: SKFDevice, key: bytes) -> None:
    with pytest.raises(InvalidInputError):
        skf_device.authenticate(key)
    with pytest.raises(InvalidInputError):
        skf_device.change_device_key(key)


# ---- applications ---------------------------------------------------------------------------
def test_applications(skf_device: SKFDevice) -> None:
    with pytest.raises(TokenNotFoundError, match="no application"):
        skf_device.application()
    skf_device.authenticate()
    first = create(skf_device, "A")
    assert skf_device.application() is first
    with pytest.raises(TokenNotFoundError, match="no application 'B'; it has A"):
        skf_device.application("B")
    create(skf_device, "签章")
    assert set(skf_device.applications()) == {"A", "签章"}
    assert skf_device.application("签章").name == "签章"
    with pytest.raises(TokenNotFoundError, match="2 applications"):
        skf_device.application()
    with pytest.raises(TokenNotFoundError):
        skf_device.application("C")
    with pytest.raises(TokenExistsError):
        create(skf_device, "A")
    skf_device.delete_application("A")
    with pytest.raises(StateError):
        first.containers()
    with pytest.raises(TokenNotFoundError):
        skf_device.delete_application("A")


@pytest.mark.parametrize("more", [{"user_pin": "12345"}, {"admin_pin": "12345"}, {"user_pin": ""}], ids=range(3))
def test_pins_that_no_application_has(skf_device: SKFDevice, more: dict[str, str]) -> None:
    skf_device.authenticate()
    with pytest.raises(PinRejectedError):
        create(skf_device, **more)
    assert skf_device.applications() == ()


@pytest.mark.parametrize(
    "more",
    [{"name": ""}, {"user_tries": 0}, {"admin_tries": -1}, {"create_file_rights": 0x10}, {"name": b"A"}],
    ids=range(5),
)
def test_inputs_of_applications(skf_device: SKFDevice, more: dict[str, Any]) -> None:
    skf_device.authenticate()
    with pytest.raises(InvalidInputError):
        create(skf_device, **more)


# ---- PINs -----------------------------------------------------------------------------------
def test_from_wrong_pins_to_the_lock_and_back(skf_device: SKFDevice) -> None:
    skf_device.authenticate()
    application = create(skf_device, user_tries=3)
    for left in (2, 1):
        with pytest.raises(PinIncorrectError) as caught:
            application.login("00000000")
        assert caught.value.tries_left == left == application.pin_info().tries_left
        assert "00000000" not in str(caught.value)
    with pytest.raises((PinIncorrectError, PinLockedError)):
        application.login("00000000")
    with pytest.raises(PinLockedError):
        application.login(USER_PIN)
    assert application.pin_info().tries_left == 0
    with pytest.raises(PinIncorrectError) as caught:
        application.unblock_pin("00000000", "11111111")
    assert caught.value.tries_left == application.pin_info(PinRole.ADMIN).tries_left == 9
    application.unblock_pin(ADMIN_PIN, "11111111")
    application.login("11111111")
    assert application.pin_info().tries_left == 3


def test_success_gives_tries_back(skf_application: SKFApplication) -> None:
    with pytest.raises(PinIncorrectError):
        skf_application.login("00000000")
    skf_application.login(USER_PIN)
    info = skf_application.pin_info()
    assert (info.tries_left, info.max_tries, info.is_default) == (10, 10, True)


def test_a_source_is_asked_once_and_told_the_tries_left(skf_application: SKFApplication) -> None:
    asked: list[PinRequest] = []

    def source(request: PinRequest) -> str:
        asked.append(request)
        return "00000000"

    with pytest.raises(PinIncorrectError):
        skf_application.login(source)
    with pytest.raises(PinIncorrectError):
        skf_application.login(source)
    assert asked == [PinRequest(PinRole.USER, "00a1", APPLICATION, left) for left in (10, 9)]


def test_pins_are_changed(skf_application: SKFApplication) -> None:
    with pytest.raises(PinIncorrectError):
        skf_application.change_pin("00000000", "11111111")
    with pytest.raises(PinRejectedError):
        skf_application.change_pin(USER_PIN, "1")
    assert skf_application.pin_info().tries_left is not None
    skf_application.change_pin(USER_PIN, "11111111")
    with pytest.raises(PinIncorrectError):
        skf_application.login(USER_PIN)
    skf_application.login(b"11111111")
    assert skf_application.pin_info().is_default is False
    skf_application.change_pin(ADMIN_PIN, "22222222", PinRole.ADMIN)
    skf_application.login(bytearray(b"22222222"), PinRole.ADMIN)


def test_a_new_pin_that_is_none_costs_no_try(skf_application: SKFApplication) -> None:
    def source(_: PinRequest) -> str:
        raise AssertionError("asked for nothing")

    for new in ("", "1234\x005", 5):
        with pytest.raises((PinRejectedError, InvalidTypeError)):
            skf_application.change_pin(source, new)  # type: ignore[arg-type]
        with pytest.raises((PinRejectedError, InvalidTypeError)):
            skf_application.unblock_pin(source, new)  # type: ignore[arg-type]


def test_logout(skf_container: SKFContainer) -> None:
    skf_container.generate()
    key = skf_container.signing_key
    key.sign(b"message")
    skf_container.application.logout()
    with pytest.raises(LoginRequiredError):
        key.sign(b"message")
    skf_container.application.login(USER_PIN)
    key.sign(b"message")


# ---- containers -----------------------------------------------------------------------------
def test_containers(skf_application: SKFApplication) -> None:
    first = skf_application.create_container("con1")
    skf_application.create_container("容器")
    assert set(skf_application.containers()) == {"con1", "容器"}
    assert skf_application.container("con1") is first
    with pytest.raises(TokenExistsError):
        skf_application.create_container("con1")
    with pytest.raises(TokenNotFoundError, match="con1"):
        skf_application.container("con2")
    skf_application.delete_container("con1")
    with pytest.raises(StateError):
        first.key_type(KeyUsage.SIGNING)
    with pytest.raises(TokenNotFoundError):
        skf_application.delete_container("con1")
    with pytest.raises(InvalidInputError):
        skf_application.create_container("")


def test_an_empty_container(skf_container: SKFContainer) -> None:
    for usage in KeyUsage:
        assert skf_container.key_type(usage) is None
        assert skf_container.certificate(usage) is None
        with pytest.raises(TokenNotFoundError):
            skf_container.public_key(usage)
        with pytest.raises(TokenNotFoundError):
            skf_container.import_certificate(samples.root().certificate, usage)
    with pytest.raises(TokenNotFoundError):
        _ = skf_container.signing_key
    with pytest.raises(TokenNotFoundError):
        _ = skf_container.encryption_key
    with pytest.raises(TokenUnsupportedError, match="inside"):
        _ = skf_container.agreement_key


def test_what_is_not_made(skf_container: SKFContainer) -> None:
    with pytest.raises(TokenUnsupportedError):
        skf_container.generate(usage=KeyUsage.ENCRYPTION)
    with pytest.raises(TokenUnsupportedError):
        skf_container.generate(TokenKeyType.EC)
    for wrong in ("sm2", None):
        with pytest.raises(InvalidTypeError):
            skf_container.generate(wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            skf_container.public_key(wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidTypeError):
            skf_container.import_encryption_key(wrong)  # type: ignore[arg-type]


def test_keys_need_the_login(skf_application: SKFApplication) -> None:
    container = skf_application.create_container("con1")
    issued = provision(container)
    skf_application.logout()
    assert container.certificate() == issued.pair.signing
    ciphertext = issued.encryption_key.public_key.encrypt(b"secret")
    for refused in (
        container.generate,
        lambda: container.signing_key.sign(b"m"),
        lambda: container.encryption_key.decrypt(ciphertext),
        lambda: skf_application.create_container("con2"),
        lambda: skf_application.delete_container("con1"),
    ):
        with pytest.raises(LoginRequiredError):
            refused()
    assert container.public_key() == issued.pair.signing.public_key


def test_rsa_keys_follow_the_policy(soft_root: Any, skf_container: SKFContainer) -> None:
    skf_container.generate(TokenKeyType.RSA_1024)
    assert skf_container.key_type(KeyUsage.SIGNING) is TokenKeyType.RSA_1024
    skf_container.public_key().verify(skf_container.signing_key.sign(b"m"), b"m")
    with SKFDriver.load(library_path("skf"), policy=DEFAULT_POLICY) as strict:
        container = strict.open().application().container("con1")
        assert container.key_type(KeyUsage.SIGNING) is TokenKeyType.RSA_1024
        with pytest.raises(PolicyError):
            _ = container.signing_key
        with pytest.raises(PolicyError):
            container.generate(TokenKeyType.RSA_1024)


def test_what_is_kept_as_certificate_may_be_none(skf_container: SKFContainer) -> None:
    skf_container.generate()
    skf = skf_container.application.device.driver.skf
    skf.import_certificate(skf_container._opened(), True, b"\x30\x00")
    assert skf_container.certificate_bytes() == b"\x30\x00"
    with pytest.raises(DecodeError):
        skf_container.certificate()


# ---- files ----------------------------------------------------------------------------------
def test_files(skf_application: SKFApplication) -> None:
    skf_application.create_file("合同.txt", 3000, read_rights=Rights.ANYONE)
    info = skf_application.file_info("合同.txt")
    assert (info.name, info.size, info.read_rights, info.write_rights) == ("合同.txt", 3000, Rights.ANYONE, Rights.USER)
    assert skf_application.files() == ("合同.txt",)
    content = bytes(range(250)) * 12
    skf_application.write_file("合同.txt", content)
    skf_application.write_file("合同.txt", b"changed", 2990)
    assert skf_application.read_file("合同.txt") == content[:2990] + b"changed" + content[2997:]
    assert skf_application.read_file("合同.txt", 2995, 100) == b"ed" + content[2997:]
    assert skf_application.read_file("合同.txt", 3000) == skf_application.read_file("合同.txt", 9999) == b""
    skf_application.logout()
    assert skf_application.read_file("合同.txt", 0, 10) == content[:10]
    with pytest.raises(LoginRequiredError):
        skf_application.write_file("合同.txt", b"x")
    skf_application.login(USER_PIN)
    skf_application.delete_file("合同.txt")
    assert skf_application.files() == ()


def test_files_that_are_refused(skf_application: SKFApplication) -> None:
    skf_application.create_file("f", 10)
    with pytest.raises(TokenExistsError):
        skf_application.create_file("f", 10)
    with pytest.raises(InvalidInputError):
        skf_application.write_file("f", bytes(11))
    with pytest.raises(InvalidInputError):
        skf_application.write_file("f", b"x", 10)
    assert skf_application.read_file("f") == bytes(10)
    for missing in (skf_application.file_info, skf_application.read_file, skf_application.delete_file):
        with pytest.raises(TokenNotFoundError):
            missing("g")
    for name, size in (("", 1), ("x" * 33, 1), ("g", -1), (b"g", 1), ("g\0", 1), ("g", 1 << 40)):
        with pytest.raises(InvalidInputError):
            skf_application.create_file(name, size)  # type: ignore[arg-type]


# ---- locks, threads, the end ----------------------------------------------------------------
def test_lock_keeps_other_connections_out(skf_driver: SKFDriver, skf_device: SKFDevice) -> None:
    other = skf_driver.open()
    with skf_device.lock(1000):
        skf_device.random(8)
        with pytest.raises(TokenTimeoutError), other.lock(50):
            pass
    with other.lock(1000):
        pass
    for timeout in (-1, 1 << 32, "1"):
        with pytest.raises(InvalidInputError), skf_device.lock(timeout):  # type: ignore[arg-type]
            pass


def test_the_holder_of_the_lock_goes_on_while_others_wait(skf_driver: SKFDriver, skf_device: SKFDevice) -> None:
    other = skf_driver.open()
    drawn: list[bytes] = []
    thread = threading.Thread(target=lambda: drawn.append(other.random(8)))
    begin = time.monotonic()
    with skf_device.lock():
        thread.start()
        time.sleep(0.1)
        with skf_device.lock(0):
            skf_device.random(8)
        skf_device.random(8)
        assert drawn == []
    thread.join()
    assert len(drawn) == 1
    assert time.monotonic() - begin < 10


def test_a_device_that_was_closed_unlocks(skf_driver: SKFDriver) -> None:
    first, second = skf_driver.open(), skf_driver.open()
    with first.lock(1000):
        first.close()
    with second.lock(1000):
        pass


def test_threads_share_a_key(skf_container: SKFContainer) -> None:
    key = skf_container.generate() and skf_container.signing_key
    failures: list[Exception] = []

    def work() -> None:
        try:
            for number in range(20):
                message = b"%d" % number
                skf_container.public_key().verify(key.sign(message), message)
        except Exception as error:  # noqa: BLE001 - looked at below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_everything_ends_with_the_driver(skf_driver: SKFDriver, skf_container: SKFContainer) -> None:
    skf_container.generate()
    key, application = skf_container.signing_key, skf_container.application
    session_key, _ = skf_container.new_session_key("SM4-ECB", SM2PrivateKey.generate().public_key)
    skf_driver.close()
    for refused in (
        skf_driver.devices,
        skf_driver.events,
        lambda: skf_driver.open("00a1"),
        lambda: application.device.info,
        lambda: application.login(USER_PIN),
        application.containers,
        skf_container.public_key,
        lambda: key.sign(b"m"),
        lambda: session_key.encrypt(bytes(16)),
    ):
        with pytest.raises(StateError):
            refused()
    for one in (skf_driver, application.device, application, skf_container, session_key):
        one.close()
        assert "closed" in repr(one)


def test_closing_below_leaves_what_is_above(skf_container: SKFContainer) -> None:
    application = skf_container.application
    skf_container.close()
    assert application.containers() == ("con1",)
    assert application.container("con1") is not skf_container
    application.close()
    assert application.device.applications() == (APPLICATION,)
    again = application.device.application()
    assert again is not application
    again.container("con1")
    again.create_container("con2")  # who has logged in stays so (GM/T 0016-2012 7.3.6)


@pytest.mark.parametrize("name", [None, 5, b"con1"])
def test_names_are_text(skf_device: SKFDevice, skf_application: SKFApplication, name: Any) -> None:
    calls = [skf_application.container, skf_application.create_container, skf_application.delete_container]
    calls += [skf_application.file_info, skf_application.read_file, skf_application.delete_file]
    calls += [skf_device.delete_application, skf_device.set_label]
    for call in calls:
        with pytest.raises(InvalidTypeError):
            call(name)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 5000])
def test_names_that_nothing_has(skf_device: SKFDevice, skf_application: SKFApplication, name: str) -> None:
    for call in (skf_application.container, skf_application.create_container, skf_application.file_info):
        with pytest.raises(GmpkiError):
            call(name)
    with pytest.raises((TokenError, InvalidInputError)):
        skf_device.application(name)


# ---- a driver in a process of its own --------------------------------------------------------
def test_after_a_crash_the_device_is_opened_again(soft_root: Any, skf_container: SKFContainer) -> None:
    skf_container.generate()
    skf_container.application.device.close()
    with SKFDriver.load(library_path("skf"), isolated=True) as driver:
        container = driver.open().application(APPLICATION).container("con1")
        container.application.login(USER_PIN)
        key = container.signing_key
        key.sign(b"message")
        child = driver.skf._child  # type: ignore[attr-defined]
        child._process.kill()
        child._process.wait()
        # Who calls while the process ends is told so; who calls after that has handles that ended with it.
        for _ in range(2):
            with pytest.raises((DriverCrashedError, StateError, InvalidInputError)):
                key.sign(b"message")
        container.application.device.close()
        again = driver.open().application(APPLICATION)
        again.login(USER_PIN)
        again.container("con1").signing_key.sign(b"message")
