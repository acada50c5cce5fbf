"""The session protocol over SoftHSM: drivers, devices, PINs, and others on the same token."""

from __future__ import annotations

import subprocess
import sys
import threading
from functools import partial
from typing import Any

import pytest

import hostile
from certified import certify
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    LoginRequiredError,
    PinIncorrectError,
    PinRejectedError,
    StateError,
    TokenError,
    TokenExistsError,
    TokenNotFoundError,
    TokenUnsupportedError,
)
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.interfaces import (
    Ability,
    Application,
    Container,
    Device,
    DeviceEvent,
    EventKind,
    KeyUsage,
    PinRequest,
    PinRole,
    Rights,
    TokenDriver,
    TokenKeyType,
)
from gmpki.tokens.pkcs11 import PKCS11Driver
from gmpki.tokens.pkcs11.application import PKCS11Application
from gmpki.tokens.pkcs11.attributes import Mechanism
from gmpki.tokens.pkcs11.header import C
from gmpki.x509.names import build_name
from tokens.scene import ADMIN_PIN, USER_PIN
from tokens.scene import APPLICATION as NAME

HOLDER, AUTHORITY = build_name(("CN", "张三")), build_name(("CN", "示例证书认证中心"))
SIGNING, ENCRYPTION = KeyUsage.SIGNING, KeyUsage.ENCRYPTION


# ---- drivers and devices --------------------------------------------------------------------
def test_the_protocols_are_kept(driver: PKCS11Driver, user: PKCS11Application) -> None:
    device = driver.open()
    assert isinstance(driver, TokenDriver)
    assert isinstance(device, Device)
    assert isinstance(user, Application)
    container: Container = user.create_container("con1")
    assert container.name == "con1"
    assert driver.kind == "pkcs11"


def test_a_token_is_initialised_once(driver: PKCS11Driver) -> None:
    device = driver.open()
    assert device.applications() == ()
    with pytest.raises(TokenNotFoundError, match="none"):
        device.application()
    device.create_application(NAME, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    assert device.applications() == (NAME,)
    assert NAME in driver.devices()
    with pytest.raises(TokenExistsError, match=NAME):
        device.create_application(NAME, admin_pin=ADMIN_PIN, user_pin=USER_PIN)


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"name": ""}, InvalidInputError),
        ({"name": "n" * 33}, InvalidInputError),
        ({"name": None}, InvalidTypeError),
        ({"admin_pin": ""}, PinRejectedError),
        ({"admin_pin": "1"}, TokenError),
        ({"user_pin": "\0" * 8}, PinRejectedError),
        ({"user_pin": None}, InvalidTypeError),
        ({"user_tries": 0}, InvalidInputError),
        ({"create_file_rights": 16}, InvalidTypeError),
    ],
)
def test_what_no_token_is_initialised_with(
    driver: PKCS11Driver, changed: dict[str, Any], kind: type[Exception]
) -> None:
    values = {"name": NAME, "admin_pin": ADMIN_PIN, "user_pin": USER_PIN, **changed}
    with pytest.raises(kind):
        driver.open().create_application(values.pop("name"), **values)
    assert NAME not in driver.devices()


def test_names_of_devices(driver: PKCS11Driver, application: PKCS11Application) -> None:
    (token,) = (token for token in driver.tokens().values() if token.label == NAME)
    for name in (NAME, f"{NAME}@{token.serial}", None):
        assert driver.open(name).applications() == (NAME,)
    second = driver.open("slot 1").create_application(NAME, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    twins = sorted(name for name in driver.devices() if name.startswith(NAME))
    assert len(twins) == 2
    assert all("@" in name for name in twins)
    assert {driver.open(name).slot for name in twins} == {application.session.slot, second.session.slot}
    for unclear in (NAME, None, "", "slot 99", "x" * 1000):
        with pytest.raises(TokenNotFoundError):
            driver.open(unclear)
    assert driver.open_slot(0).slot == 0
    with pytest.raises(TokenNotFoundError):
        driver.open_slot(99)


def test_what_a_device_says(driver: PKCS11Driver, application: PKCS11Application) -> None:
    info = driver.open(NAME).info
    assert (info.label, info.is_software, info.device_auth_algorithm) == (NAME, True, None)
    assert {"RSA", "ECDSA", "SHA256"} <= info.algorithms
    assert "SM2" not in info.algorithms
    assert Ability.IMPORT_KEY_PAIR not in application.abilities


def test_random_bytes(driver: PKCS11Driver, application: PKCS11Application) -> None:
    device = driver.open(NAME)
    assert len({device.random(32) for _ in range(3)}) == 3
    assert device.random(0) == b""
    for length in (-1, (1 << 20) + 1):
        with pytest.raises(InvalidInputError):
            device.random(length)
    assert application.name == NAME


def test_what_pkcs11_does_not_have(driver: PKCS11Driver, application: PKCS11Application) -> None:
    device = driver.open(NAME)
    calls: list[Any] = [
        lambda: device.set_label("label"),
        device.lock,
        device.authenticate,
        lambda: device.change_device_key(bytes(16)),
        lambda: device.delete_application(NAME),
        lambda: application.create_file("f", 1),
        lambda: application.read_file("f"),
        lambda: application.write_file("f", b""),
        lambda: application.file_info("f"),
        lambda: application.delete_file("f"),
    ]
    for call in calls:
        with pytest.raises(TokenUnsupportedError):
            call()
    assert application.files() == ()


def test_reset_empties_a_token(driver: PKCS11Driver, user: PKCS11Application) -> None:
    user.create_container("con1").generate(TokenKeyType.EC)
    device = driver.open(NAME)
    user.close()
    with pytest.raises(PinIncorrectError):
        device.reset("NEW", admin_pin="00000000")
    device.reset("NEW", admin_pin=ADMIN_PIN)
    fresh = driver.open("NEW").application()
    assert fresh.containers() == ()
    with pytest.raises(LoginRequiredError):
        fresh.login(USER_PIN)


def test_closing(driver: PKCS11Driver, user: PKCS11Application) -> None:
    container = user.create_container("con1")
    container.generate(TokenKeyType.EC)
    signer = container.signing_key
    container.close()
    with pytest.raises(StateError):
        signer.sign(b"message")
    user.close()
    user.close()
    with pytest.raises(StateError):
        user.containers()
    device = driver.open(NAME)
    device.close()
    for call in (device.applications, lambda: device.info, lambda: device.random(1)):
        with pytest.raises(StateError):
            call()
    driver.close()
    driver.close()
    with pytest.raises(StateError):
        driver.devices()


def test_drivers_are_made_of_a_path_a_map_and_a_policy(softhsm: str) -> None:
    for options in ({"mechanism_map": "gmpki"}, {"policy": None}):
        with pytest.raises(InvalidTypeError):
            PKCS11Driver(softhsm, **options)  # type: ignore[arg-type]


def test_events(driver: PKCS11Driver, application: PKCS11Application) -> None:
    watching = driver.events(timeout_s=5)
    driver.open("slot 1").create_application("LATER", admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    assert DeviceEvent("LATER", EventKind.INSERTED) in [next(watching), next(watching)]
    threading.Timer(0.1, driver.cancel_events).start()
    assert list(driver.events()) == []
    assert list(driver.events(timeout_s=0)) == []
    with pytest.raises(InvalidInputError):
        driver.events(timeout_s=-1)
    with pytest.raises(InvalidTypeError):
        driver.events(timeout_s="1")  # type: ignore[arg-type]
    assert application.name == NAME


# ---- PINs -----------------------------------------------------------------------------------
def test_a_wrong_pin_is_told_and_asked_once(application: PKCS11Application) -> None:
    asked: list[PinRequest] = []

    def source(request: PinRequest) -> str:
        asked.append(request)
        return "00000000"

    with pytest.raises(PinIncorrectError, match="C_Login: CKR_PIN_INCORRECT") as caught:
        application.login(source)
    assert "00000000" not in str(caught.value)
    assert [request.role for request in asked] == [PinRole.USER]
    assert not application.is_user_logged_in


def test_pins_are_changed_and_unblocked(application: PKCS11Application) -> None:
    application.change_pin(USER_PIN, "abcdefgh")
    with pytest.raises(PinIncorrectError):
        application.login(USER_PIN)
    application.login("abcdefgh")
    with pytest.raises(PinIncorrectError):
        application.unblock_pin("00000000", USER_PIN)
    application.unblock_pin(ADMIN_PIN, USER_PIN)
    assert not application.is_user_logged_in
    application.change_pin(ADMIN_PIN, "98765432", PinRole.ADMIN)
    application.login("98765432", PinRole.ADMIN)
    application.login(USER_PIN)
    assert application.is_user_logged_in


def test_pins_that_are_not_changed(user: PKCS11Application) -> None:
    with pytest.raises(PinIncorrectError):
        user.change_pin("00000000", "abcdefgh")
    with pytest.raises(PinRejectedError):
        user.change_pin(USER_PIN, "1")
    user.login(USER_PIN)


def test_the_state_of_a_pin(application: PKCS11Application) -> None:
    assert application.pin_info().tries_left is None
    assert application.pin_info(PinRole.ADMIN).role is PinRole.ADMIN


@pytest.mark.parametrize("pin", [None, 12345678, "", "\0" * 8, "p" * 256, b"", "\ud800"])
def test_values_that_are_no_pin(application: PKCS11Application, pin: Any) -> None:
    with pytest.raises((InvalidTypeError, PinRejectedError)):
        application.login(pin)
    with pytest.raises(InvalidTypeError):
        application.login(USER_PIN, 1)  # type: ignore[arg-type]


# ---- others on the same token ---------------------------------------------------------------
def test_python_pkcs11_uses_what_we_made(softhsm: str, user: PKCS11Application) -> None:
    """In a process of its own: it would end our sessions with C_Finalize."""
    pytest.importorskip("pkcs11", reason="peer program: python-pkcs11 not found")
    container = user.create_container("con1")
    public_key = container.generate(TokenKeyType.RSA_2048)
    container.import_certificate(certify(HOLDER, public_key, AUTHORITY, SM2PrivateKey.generate()))
    program = (
        "import sys, pkcs11\n"
        "from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass\n"
        f"token = pkcs11.lib({softhsm!r}).get_token(token_label={NAME!r})\n"
        f"with token.open(user_pin={USER_PIN!r}) as session:\n"
        "    key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, label='con1')\n"
        "    (certificate,) = session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE})\n"
        "    print(key.sign(b'message', mechanism=Mechanism.SHA256_RSA_PKCS).hex())\n"
        "    print(certificate[Attribute.VALUE].hex())\n"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    public_key.verify(bytes.fromhex(told[0]), b"message")
    kept = container.certificate()
    assert kept is not None
    assert kept.to_der().hex() == told[1]


@pytest.mark.once
def test_python_pkcs11_in_the_same_process(softhsm: str, user: PKCS11Application) -> None:
    pytest.importorskip("pkcs11", reason="peer program: python-pkcs11 not found")
    user.create_container("con1").generate(TokenKeyType.EC)
    user.close()
    program = (
        "import pkcs11\n"
        "from gmpki.tokens.pkcs11 import PKCS11Driver\n"
        f"library = pkcs11.lib({softhsm!r})\n"
        f"with library.get_token(token_label={NAME!r}).open(user_pin={USER_PIN!r}) as session:\n"
        f"    with PKCS11Driver({softhsm!r}) as driver:\n"
        f"        key = driver.open({NAME!r}).application().container('con1').signing_key\n"
        "        key.public_key.verify(key.sign(b'message'), b'message')\n"
        "    print(len(list(session.get_objects())))\n"
    )
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert told.split() == ["2"]


def test_hostile_values_are_refused(driver: PKCS11Driver, user: PKCS11Application) -> None:
    container = user.create_container("con1")
    container.generate(TokenKeyType.EC)
    device = driver.open(NAME)
    refusing: list[tuple[Any, tuple[Any, ...]]] = [
        (container.key_type, (SIGNING,)),
        (container.public_key, (SIGNING,)),
        (container.certificate, (SIGNING,)),
        (container.import_certificate, (None, SIGNING)),
        (container.import_encryption_key, (None,)),
        (container.import_pair, (None, SIGNING)),
        (user.container, ("con1",)),
        (user.delete_container, ("con1",)),
        (user.pin_info, (PinRole.USER,)),
        (device.application, (NAME,)),
        (device.delete_application, (NAME,)),
        (driver.open_slot, (0,)),
    ]
    for call, arguments in refusing:
        # None is taken as the only application that there is.
        taken = list(hostile.results(call, arguments))
        assert len(taken) == (call == device.application)
    assert user.containers() == ("con1",)
    user.login(USER_PIN)


def test_hostile_values_are_refused_below(user: PKCS11Application) -> None:
    session = user.session
    user.create_container("con1").generate(TokenKeyType.EC)
    (private,) = session.find({C.CKA_CLASS: C.CKO_PRIVATE_KEY})
    (public,) = session.find({C.CKA_CLASS: C.CKO_PUBLIC_KEY})
    ecdsa = Mechanism(C.CKM_ECDSA)
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (session.find, ({C.CKA_TOKEN: False},)),
        (session.attributes, (public, C.CKA_LABEL)),
        (session.set_attributes, (public, {C.CKA_LABEL: "con1"})),
        (session.sign, (ecdsa, private, bytes(32))),
        (session.verify, (ecdsa, public, bytes(32), bytes(64))),
        (session.decrypt, (ecdsa, private, bytes(64))),
        (session.digest, (Mechanism(C.CKM_SHA256), b"abc")),
        (session.generate_key, (Mechanism(C.CKM_AES_KEY_GEN), {C.CKA_VALUE_LEN: 16})),
        (session.wrap_key, (ecdsa, private, public)),
        (session.unwrap_key, (ecdsa, private, bytes(64), {C.CKA_TOKEN: False})),
        (session.derive_key, (ecdsa, private, {C.CKA_TOKEN: False})),
        (session.random, (8,)),
        (session.login, (C.CKU_USER, b"00000000")),
        (partial(session.set_pin, user=C.CKU_USER), (b"00000000", b"11111111")),
        (Mechanism, (1, None)),
        (session.destroy_object, (9999,)),
    ]
    for call, arguments in calls:
        for result in hostile.results(call, arguments):
            assert not isinstance(result, memoryview)
    user.login(USER_PIN)


def test_threads_share_an_application(user: PKCS11Application) -> None:
    container = user.create_container("con1")
    public_key = container.generate(TokenKeyType.EC)
    signer = container.signing_key
    problems: list[GmpkiError] = []

    def work(number: int) -> None:
        try:
            for turn in range(20):
                message = b"%d %d" % (number, turn)
                public_key.verify(signer.sign(message), message)
        except GmpkiError as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_rights_are_looked_at(driver: PKCS11Driver) -> None:
    created = driver.open().create_application(
        NAME, admin_pin=ADMIN_PIN, user_pin=USER_PIN, create_file_rights=Rights.NEVER
    )
    assert created.name == NAME
