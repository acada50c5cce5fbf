"""The session protocol over a card: the software token, no reader between."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib

import pytest

from gmpki.algorithms import sm4
from gmpki.cms import SignerSpec, sign
from gmpki.errors import (
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LoginRequiredError,
    PinIncorrectError,
    PinLockedError,
    PinRejectedError,
    StateError,
    TokenError,
    TokenExistsError,
    TokenFullError,
    TokenNotFoundError,
    TokenUnsupportedError,
)
from gmpki.keys.interfaces import Signer
from gmpki.tokens.interfaces import (
    Ability,
    Application,
    Device,
    KeyUsage,
    PinRole,
    Rights,
    TokenKeyType,
)
from gmpki.tokens.pcsc import CardProfile, PCSCDriver, PinForm, PinPadding
from gmpki.tokens.pcsc.application import PCSCApplication
from gmpki.tokens.pcsc.container import PCSCContainer
from gmpki.tokens.pcsc.device import PCSCDevice
from tokens.pcsc.cards import SERIAL, DirectCard, ScriptedCard
from tokens.scene import ADMIN_PIN, USER_PIN, provision


def test_objects_are_those_of_the_protocol(card_container: PCSCContainer) -> None:
    application = card_container.application
    assert isinstance(application.device, Device)
    assert isinstance(application, Application)
    card_container.generate()
    assert isinstance(card_container.signing_key, Signer)


def test_the_card_says_what_it_is(card_device: PCSCDevice) -> None:
    info = card_device.info
    assert (info.serial_number, info.manufacturer, info.is_software) == (SERIAL, "gmpki SOFTWARE TOKEN", True)
    assert {"SM2", "SM3", "SM4-ECB"} <= info.algorithms
    assert info.device_auth_algorithm == "SM4-ECB"
    card_device.set_label("测试卡")
    assert card_device.info.label == "测试卡"
    assert card_device.profile.name == "gmpki"


def test_the_dual_certificate_flow(card_container: PCSCContainer) -> None:
    issued = provision(card_container)
    assert [card_container.certificate(usage) for usage in KeyUsage] == [issued.pair.signing, issued.pair.encryption]
    assert card_container.public_key(KeyUsage.ENCRYPTION) == issued.encryption_key.public_key
    message = sign(b"message", SignerSpec(card_container.signing_key, issued.pair.signing))
    assert message
    with pytest.raises(TokenUnsupportedError):
        _ = card_container.encryption_key
    with pytest.raises(TokenUnsupportedError):
        _ = card_container.agreement_key
    with pytest.raises(KeyMismatchError):
        card_container.import_certificate(issued.pair.encryption, KeyUsage.SIGNING)


def test_rsa_keys_sign(card_container: PCSCContainer) -> None:
    public_key = card_container.generate(TokenKeyType.RSA_1024)
    assert card_container.key_type(KeyUsage.SIGNING) is TokenKeyType.RSA_1024
    public_key.verify(card_container.signing_key.sign(b"message"), b"message")
    with pytest.raises(TokenUnsupportedError):
        card_container.generate(TokenKeyType.EC)
    with pytest.raises(TokenUnsupportedError):
        card_container.generate(usage=KeyUsage.ENCRYPTION)


def test_an_empty_container_has_nothing(card_container: PCSCContainer) -> None:
    assert [card_container.key_type(usage) for usage in KeyUsage] == [None, None]
    assert [card_container.certificate(usage) for usage in KeyUsage] == [None, None]
    with pytest.raises(TokenNotFoundError):
        _ = card_container.signing_key


def test_pins_lock_and_are_unblocked(card_application: PCSCApplication) -> None:
    assert card_application.pin_info().is_default
    card_application.change_pin(USER_PIN, "23456789")
    assert not card_application.pin_info().is_default
    for left in (2, 1):
        with pytest.raises(PinIncorrectError) as wrong:
            card_application.login(USER_PIN)
        assert wrong.value.tries_left == left
    asked: list[int | None] = []
    with pytest.raises(PinLockedError):
        card_application.login(lambda request: asked.append(request.tries_left) or USER_PIN)
    assert asked == [1]
    with pytest.raises(PinLockedError):
        card_application.login("23456789")
    with pytest.raises(PinIncorrectError):
        card_application.unblock_pin("00000000", USER_PIN)
    card_application.unblock_pin(ADMIN_PIN, USER_PIN)
    card_application.login(USER_PIN)
    card_application.login(ADMIN_PIN, PinRole.ADMIN)
    with pytest.raises(PinRejectedError):
        card_application.change_pin(USER_PIN, "short")
    with pytest.raises(PinRejectedError):
        card_application.login("9" * 200)
    assert card_application.pin_info().tries_left == 3


def test_what_needs_a_login_says_so(card_application: PCSCApplication) -> None:
    container = card_application.create_container("con1")
    container.generate()
    card_application.logout()
    for refused in (
        lambda: container.signing_key.sign(b"message"),
        container.generate,
        lambda: card_application.create_container("con2"),
        lambda: card_application.delete_container("con1"),
        lambda: card_application.create_file("file", 1),
    ):
        with pytest.raises(LoginRequiredError):
            refused()


def test_the_device_key(card_device: PCSCDevice) -> None:
    with pytest.raises(LoginRequiredError):
        card_device.authenticate(bytes(16))
    card_device.authenticate()
    card_device.change_device_key(b"abcdefghijklmnop")
    with pytest.raises(LoginRequiredError):
        card_device.authenticate()
    card_device.authenticate(b"abcdefghijklmnop")
    for wrong in (b"", bytes(15), bytes(17)):
        with pytest.raises(InvalidInputError):
            card_device.authenticate(wrong)
        with pytest.raises(InvalidInputError):
            card_device.change_device_key(wrong)


def test_applications(card_device: PCSCDevice) -> None:
    assert card_device.applications() == ()
    with pytest.raises(TokenNotFoundError):
        card_device.application()
    with pytest.raises(LoginRequiredError):
        card_device.create_application("A", admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    card_device.authenticate()
    first = card_device.create_application("A", admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    assert card_device.application() is first
    with pytest.raises(TokenExistsError):
        card_device.create_application("A", admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    with pytest.raises(PinRejectedError):
        card_device.create_application("B", admin_pin=ADMIN_PIN, user_pin="")
    for name in ("", "n" * 256, "a\0b", "\ud800"):
        with pytest.raises(InvalidInputError):
            card_device.create_application(name, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    with pytest.raises(TokenNotFoundError):
        card_device.application("B")
    card_device.delete_application("A")
    with pytest.raises(StateError):
        first.pin_info()
    with pytest.raises(TokenNotFoundError):
        card_device.delete_application("A")


def test_containers(card_application: PCSCApplication) -> None:
    first = card_application.create_container("con1")
    assert card_application.container("con1") is first
    assert card_application.containers() == ("con1",)
    with pytest.raises(TokenExistsError):
        card_application.create_container("con1")
    with pytest.raises(TokenNotFoundError):
        card_application.container("con2")
    card_application.delete_container("con1")
    with pytest.raises(StateError):
        first.key_type(KeyUsage.SIGNING)
    for number in range(8):
        card_application.create_container(f"con{number}")
    with pytest.raises(TokenFullError):
        card_application.create_container("one too many")


def test_files(card_application: PCSCApplication) -> None:
    content = bytes(range(256)) * 12
    card_application.create_file("文件", len(content), read_rights=Rights.ANYONE, write_rights=Rights.USER)
    card_application.write_file("文件", content)
    info = card_application.file_info("文件")
    assert (info.size, info.read_rights, info.write_rights) == (len(content), Rights.ANYONE, Rights.USER)
    assert card_application.read_file("文件") == content
    assert card_application.read_file("文件", 1000, 1500) == content[1000:2500]
    assert card_application.read_file("文件", 3000, 1500) == content[3000:]
    assert card_application.files() == ("文件",)
    with pytest.raises(InvalidInputError):
        card_application.write_file("文件", content, 1)
    with pytest.raises(TokenExistsError):
        card_application.create_file("文件", 1)
    with pytest.raises(TokenFullError):
        card_application.create_file("large", 1 << 20)
    for name in ("", "n" * 33):
        with pytest.raises(InvalidInputError):
            card_application.file_info(name)
    card_application.delete_file("文件")
    with pytest.raises(TokenNotFoundError):
        card_application.read_file("文件")


def test_a_reset_ends_logins_and_nothing_else(direct: DirectCard, card_container: PCSCContainer) -> None:
    card_container.generate()
    key = card_container.signing_key
    direct.reset()
    with pytest.raises(LoginRequiredError):
        key.sign(b"message")
    card_container.application.login(USER_PIN)
    card_container.public_key().verify(key.sign(b"message"), b"message")


def test_random_and_lock(card_device: PCSCDevice) -> None:
    assert len(card_device.random(1000)) == 1000
    assert card_device.random(16) != card_device.random(16)
    with card_device.lock():
        assert card_device.random(1)
    with pytest.raises(TokenUnsupportedError), card_device.lock(1000):
        pass
    for wrong in (0, -1, 1 << 21):
        with pytest.raises(InvalidInputError):
            card_device.random(wrong)


def test_what_is_closed_says_so(card_container: PCSCContainer) -> None:
    application = card_container.application
    application.device.driver.close()
    for use in (card_container.key_type, card_container.certificate):
        with pytest.raises(StateError):
            use(KeyUsage.SIGNING)
    with pytest.raises(StateError):
        application.containers()
    with pytest.raises(StateError):
        application.device.random(1)
    with pytest.raises(StateError):
        application.device.driver.devices()
    application.device.driver.close()
    assert "closed" in repr(application.device.driver) + repr(card_container)


def test_wrong_types_are_refused(card_application: PCSCApplication) -> None:
    device = card_application.device
    for wrong in (
        lambda: PCSCDriver(profile="gmpki"),  # type: ignore[arg-type]
        lambda: PCSCDriver(policy=None),  # type: ignore[arg-type]
        lambda: PCSCDriver(log=print),  # type: ignore[arg-type]
        lambda: device.application(1),  # type: ignore[arg-type]
        lambda: device.set_label(b"x"),  # type: ignore[arg-type]
        lambda: card_application.login(12345678),  # type: ignore[arg-type]
        lambda: card_application.pin_info(1),  # type: ignore[arg-type]
        lambda: card_application.container(b"con1"),  # type: ignore[arg-type]
        lambda: card_application.create_container("x").key_type("signing"),  # type: ignore[arg-type]
        lambda: card_application.container("x").import_encryption_key(b""),  # type: ignore[arg-type]
        lambda: card_application.container("x").import_certificate(b""),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidTypeError):
            wrong()


# ---- cards that nobody has confirmed -------------------------------------------------------
@pytest.mark.parametrize("padding", PinPadding)
def test_the_form_with_sha1(padding: PinPadding) -> None:
    random = bytes(range(8))
    answers = {0x26: bytes(8) + b"\0\7\x90\0", 0x50: random + b"\x90\0", 0x18: b"\x63\xc4", 0x28: b"\x90\0"}
    card = ScriptedCard(lambda command: answers[command[1]])
    profile = dataclasses.replace(CardProfile.shipped("gmt0017"), pin_padding=padding)
    with PCSCDriver(profile=profile) as driver:
        application = driver.open_card(card, "scripted").application("A")
        with pytest.raises(PinIncorrectError) as wrong:
            application.login(USER_PIN)
        assert wrong.value.tries_left == 4
        sent = card.commands[-1]
        block = random + (b"\x80" if padding is PinPadding.MARKED else b"\0") + bytes(7)
        key = hashlib.sha1(USER_PIN.encode()).digest()[:16]
        assert sent == bytes.fromhex("80180001120007") + sm4.encrypt(key, block, sm4.Mode.ECB)
        assert [command[1] for command in card.commands] == [0x26, 0x50, 0x18]
        assert card.transactions == 1
        assert Ability.PIN_UNBLOCK not in application.abilities
        with pytest.raises(TokenUnsupportedError):  # nothing is sent in a form that is only guessed
            application.change_pin(USER_PIN, "23456789")
        with pytest.raises(TokenUnsupportedError):
            application.unblock_pin(ADMIN_PIN, USER_PIN)
        assert len(card.commands) == 3
    assert card.is_closed
    assert profile.pin_form is PinForm.SHA1_CHALLENGE


HOSTILE = [
    b"",
    b"\x90",
    b"\x90\x00",
    b"\x00\x90\x00",
    b"\xff" * 300 + b"\x90\x00",
    bytes(68) + b"\x90\x00",
    b"\x00\x00\x01\x00" + b"\xff" * 64 + b"\x90\x00",
    b"\x00\x00\x08\x00" + bytes(260) + b"\x90\x00",
    b"\xff\xff\xff\xff" + bytes(260) + b"\x90\x00",
    b"a\0" * 9000 + b"\x90\x00",
    b"\x61\x00",
    b"\x63\x00",
    bytes(65538),
]


@pytest.mark.parametrize("answer", HOSTILE, ids=[str(number) for number in range(len(HOSTILE))])
def test_whatever_a_card_answers_the_errors_are_ours(answer: bytes) -> None:
    profile = CardProfile.shipped("gmpki")
    opened = bytes(8) + b"\0\1\x90\0"
    card = ScriptedCard(lambda command: {0x26: opened, 0x42: b"\0\1\x90\0"}.get(command[1], answer))
    with PCSCDriver(profile=profile) as driver:
        device = driver.open_card(card, "hostile")
        application = device.application("A")
        container = PCSCContainer(application, "con1")
        for use in (
            lambda: device.info,
            device.authenticate,
            device.applications,
            lambda: device.random(16),
            application.pin_info,
            application.containers,
            application.files,
            lambda: application.file_info("f"),
            lambda: application.read_file("f", 0, 5000),
            lambda: application.login(USER_PIN),
            lambda: container.key_type(KeyUsage.SIGNING),
            container.public_key,
            container.certificate,
            lambda: container.signing_key.sign(b"message"),
            container.generate,
        ):
            # Anything else that is raised fails the test.
            with contextlib.suppress(TokenError, InvalidInputError):
                use()
    # Without a profile the card is asked who made it.
    with PCSCDriver() as driver, contextlib.suppress(TokenError):
        assert not driver.open_card(ScriptedCard(lambda _: answer), "hostile").info.is_software
