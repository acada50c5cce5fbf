"""A driver in a process of its own: the same answers, and no crash, hang or chatter of it reaches this one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from gmpki.errors import (
    DecryptionError,
    DriverCrashedError,
    DriverError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    PinIncorrectError,
    StateError,
    TokenTimeoutError,
    TokenUnsupportedError,
)
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.skf import load_isolated
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.skf.driver_profile import DriverProfile, SM2Numbering
from gmpki.tokens.skf.isolation import IsolatedSKF
from gmpki.tokens.skf.layouts import Layout
from gmpki.tokens.skf.structures import BlockCipherParam, RsaPublicKey
from tokens.skf.mock_drivers import Build

pytestmark = pytest.mark.once

DIGEST = bytes(range(32))


@pytest.fixture(scope="module")
def shared(mock: Build) -> Iterator[IsolatedSKF]:
    """A driver that no test makes crash."""
    with load_isolated(mock()) as skf:
        yield skf


@pytest.fixture
def skf(mock: Build) -> Iterator[IsolatedSKF]:
    with load_isolated(mock(), timeout_s=30) as skf:
        yield skf


def test_every_kind_of_value_passes(shared: IsolatedSKF) -> None:
    assert shared.enum_dev(present=False) == ("MOCK1", "MOCK2")
    device = shared.connect_dev("MOCK1")
    assert shared.get_dev_info(device).label == "L" * 32
    application = shared.open_application(device, "one")
    assert shared.get_pin_info(application, 1).is_default is True
    shared.verify_pin(application, 1, bytearray(b"12345678"))
    container = shared.create_container(application, "con1")
    public_key = shared.gen_ecc_key_pair(container)
    assert len(public_key) == 64
    assert shared.export_public_key(container, False) == RsaPublicKey(1024, b"\xc5" * 128, 65537)
    shared.ecc_verify(device, public_key, DIGEST, shared.ecc_sign_data(container, memoryview(DIGEST)))
    ciphertext = shared.ext_ecc_encrypt(device, public_key, b"message")
    assert shared.ecc_decrypt(container, ciphertext) == b"message"
    envelope = KeyEnvelope.seal(SM2PrivateKey.generate(), SM2PrivateKey.generate().public_key)
    shared.import_ecc_key_pair(container, envelope)
    assert shared.read_file(application, "f", 32, 32) == envelope.encrypted_private_key
    key = shared.import_session_key(container, 0x402, ciphertext)
    shared.encrypt_init(key, BlockCipherParam(bytes(16), 1))
    assert shared.encrypt_final(key) == bytes(32) + bytes([16, 1, 0])
    assert shared.get_file_info(application, "f").size == 1000


def test_what_was_found_out_comes_back(shared: IsolatedSKF, mock: Build) -> None:
    assert shared.layout == Layout()
    assert "SKF_GenRandom" in shared.missing
    assert shared.symbols["SKF_EnumDev"] == "SKF_EnumDev"
    assert shared.path == mock()
    with load_isolated(mock(Layout(8, False), "DRAFT")) as wide:
        assert wide.layout == Layout(8, False)
        device = wide.connect_dev("MOCK1")
        wide.gen_ecc_key_pair(wide.create_container(wide.open_application(device, "one"), "con1"))
        assert wide.profile.sm2_numbering is SM2Numbering.DRAFT


def test_errors_keep_what_they_carry(shared: IsolatedSKF) -> None:
    device = shared.connect_dev("MOCK1")
    application = shared.open_application(device, "one")
    with pytest.raises(PinIncorrectError) as wrong:
        shared.verify_pin(application, 1, "00000000")
    assert (wrong.value.tries_left, wrong.value.code, wrong.value.function) == (5, 0x0A000024, "SKF_VerifyPIN")
    assert str(wrong.value) == "the PIN is wrong; tries left: 5 (SKF_VerifyPIN: SAR_PIN_INCORRECT)"
    shared.verify_pin(application, 1, "12345678")
    with pytest.raises(TokenUnsupportedError):
        shared.gen_random(device, 8)
    with pytest.raises(InvalidSignature):
        shared.ecc_verify(device, shared.gen_ecc_key_pair(shared.create_container(application, "c")), DIGEST, bytes(64))


def test_one_error_for_what_cannot_be_decrypted(shared: IsolatedSKF) -> None:
    device = shared.connect_dev("MOCK1")
    container = shared.create_container(shared.open_application(device, "one"), "con1")
    ciphertext = shared.ext_ecc_encrypt(device, shared.gen_ecc_key_pair(container), b"m")
    with pytest.raises(DecryptionError):
        shared.ecc_decrypt(container, SM2Ciphertext(ciphertext.c1, bytes(32), ciphertext.c2))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((object(),), InvalidTypeError),
        ((2**70,), InvalidInputError),
        (([[[[[[[[[[[]]]]]]]]]]],), InvalidInputError),
        ((bytes(17 * 1024 * 1024),), InvalidInputError),
        (("\ud800",), InvalidInputError),
    ],
    ids=["object", "number", "nested", "long", "surrogate"],
)
def test_inputs_that_cannot_be_sent(shared: IsolatedSKF, arguments: tuple[object, ...], error: type[Exception]) -> None:
    with pytest.raises(error):
        shared.connect_dev(*arguments)  # type: ignore[arg-type]
    assert shared.enum_dev() == ("MOCK1",)


@pytest.mark.parametrize("timeout_ms", [-1, 2**40, "1", 1.5])
def test_times_of_a_lock_that_are_none(shared: IsolatedSKF, timeout_ms: object) -> None:
    with pytest.raises((InvalidInputError, InvalidTypeError)):
        shared.lock_dev(shared.connect_dev("MOCK1"), timeout_ms)  # type: ignore[arg-type]


def test_a_lock_is_waited_for(shared: IsolatedSKF) -> None:
    device = shared.connect_dev("MOCK1")
    shared.lock_dev(device)
    with pytest.raises(TokenTimeoutError, match="SAR_TIMEOUTERR"):
        shared.lock_dev(device, timeout_ms=1)


def test_wrong_arguments_of_a_call(shared: IsolatedSKF) -> None:
    with pytest.raises(DriverError, match="TypeError"):
        shared.enum_dev(1, 2, 3)  # type: ignore[call-arg]
    assert shared.enum_dev() == ("MOCK1",)


def test_a_driver_may_print(shared: IsolatedSKF, capfd: pytest.CaptureFixture[str]) -> None:
    assert shared.transmit(shared.connect_dev("MOCK1"), b"\x08abc") == b"\x08abc"
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(("command", "how"), [(1, "signal 6"), (9, "code 3")], ids=["crash", "exit"])
def test_a_crash_is_an_error(skf: IsolatedSKF, command: int, how: str) -> None:
    device = skf.connect_dev("MOCK1")
    with pytest.raises(DriverCrashedError, match=how) as crashed:
        skf.transmit(device, bytes([command]))
    assert crashed.value.function == "SKF_Transmit"
    # Handles from before are refused, before the process is started again and after.
    gone = skf._child
    for call in (lambda: skf.get_dev_info(device), lambda: skf.lock_dev(device, timeout_ms=1)):
        with pytest.raises(DriverCrashedError, match="connect again") as refused:
            call()
        assert refused.value.function in ("SKF_GetDevInfo", "SKF_LockDev")
    assert skf._child is gone
    assert skf.enum_dev() == ("MOCK1",)
    with pytest.raises(DriverCrashedError, match="connect again"):
        skf.get_dev_info(device=device)
    assert skf.get_dev_info(skf.connect_dev("MOCK1")).serial_number == "0123456789"


def test_handles_of_another_driver_are_refused(skf: IsolatedSKF, shared: IsolatedSKF) -> None:
    with pytest.raises(InvalidInputError, match="not one of this driver"):
        skf.get_dev_info(shared.connect_dev("MOCK1"))


def test_what_was_opened_before_a_crash_says_so(mock: Build) -> None:
    with SKFDriver.load(mock(), isolated=True) as driver:
        device = driver.open("MOCK1")
        application = device.application("one")
        assert isinstance(driver.skf, IsolatedSKF)
        with pytest.raises(DriverCrashedError):
            driver.skf.transmit(device._handle, b"\x01")
        for call in (lambda: device.info, application.pin_info, application.containers):
            with pytest.raises(DriverCrashedError):
                call()
        assert driver.open("MOCK1").info.serial_number == "0123456789"
        with pytest.raises(DriverCrashedError):
            application.containers()


def test_a_hang_is_an_error(mock: Build) -> None:
    with load_isolated(mock(), timeout_s=30) as skf:
        device = skf.connect_dev("MOCK1")
        skf._timeout_s = 0.3  # the start, on a busy machine, took longer
        began = time.monotonic()
        with pytest.raises(TokenTimeoutError) as late:
            skf.transmit(device, b"\x02")
        assert time.monotonic() - began < 10
        assert late.value.function == "SKF_Transmit"
        skf._timeout_s = 30
        assert skf.enum_dev() == ("MOCK1",)


def test_all_who_wait_hear_of_a_crash(skf: IsolatedSKF) -> None:
    device = skf.connect_dev("MOCK1")
    assert skf.wait_for_dev_event() == ("MOCK1", 1)
    heard: list[Exception] = []

    def wait() -> None:
        try:
            skf.wait_for_dev_event()
        except DriverCrashedError as error:
            heard.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    time.sleep(0.1)
    with pytest.raises(DriverCrashedError):
        skf.transmit(device, b"\x01")
    waiting.join(5)
    assert [error.function for error in heard] == ["SKF_WaitForDevEvent"]  # type: ignore[attr-defined]


def test_waits_can_be_cancelled(skf: IsolatedSKF) -> None:
    assert skf.wait_for_dev_event() == ("MOCK1", 1)
    found: list[object] = []
    waiting = threading.Thread(target=lambda: found.append(skf.wait_for_dev_event()))
    waiting.start()
    time.sleep(0.1)
    assert skf.enum_dev() == ("MOCK1",)
    skf.cancel_wait_for_dev_event()
    waiting.join(5)
    assert found == [None]


def test_nothing_after_close(mock: Build) -> None:
    skf = load_isolated(mock())
    skf.close()
    skf.close()
    with pytest.raises(StateError):
        skf.enum_dev()


def test_a_driver_that_cannot_be_loaded(mock: Build) -> None:
    with pytest.raises(DriverError, match="cannot be loaded"):
        load_isolated("no-such-driver.so")
    with pytest.raises(InvalidTypeError):
        load_isolated(3)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        load_isolated(mock(), "feitian")  # type: ignore[arg-type]


@pytest.mark.parametrize("timeout_s", [0, -1, 1e9, float("nan"), "1", True, None])
def test_times_that_are_none(mock: Build, timeout_s: object) -> None:
    with pytest.raises(InvalidInputError):
        load_isolated(mock(), timeout_s=timeout_s)  # type: ignore[arg-type]


def test_a_profile_goes_with_the_driver(mock: Build) -> None:
    profile = DriverProfile(name="own", layout=Layout(), codes={0x0A000033: "SAR_CONTAINER_EXISTS"})
    with load_isolated(mock(), profile) as skf:
        assert skf.profile == profile
