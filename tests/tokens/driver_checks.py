"""What our own drivers do at their peers: the software token, SoftHSM, cards in a reader, drivers of every layout."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from certified import certify
from gmpki.algorithms.rsa import EncryptionPadding
from gmpki.errors import GmpkiError, InvalidSignature, PinIncorrectError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.interfaces import Ability, KeyUsage, TokenKeyType
from gmpki.tokens.pkcs11 import PKCS11Driver
from gmpki.tokens.pkcs11.application import PKCS11Application
from gmpki.tokens.skf import load
from gmpki.tokens.skf.driver_profile import DriverProfile
from gmpki.tokens.skf.functions import SKF
from gmpki.tokens.skf.layouts import LAYOUTS, Layout
from gmpki.tokens.skf.structures import BlockCipherParam
from gmpki.x509.names import build_name
from tokens.checks import Absent, Check, Group, Wrong, expect
from tokens.dual_flow import dual_flow
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN
from tokens.skf import mock_drivers
from tokens.token_paths import PATHS, Place, TokenPath

__all__ = ["PATH_CHECKS", "mock_drivers_of_every_layout", "softhsm"]

Step = tuple[str, Callable[[], None]]

SOFTHSM = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so")
WRONG_PIN = "00000000"
DIGEST = bytes(range(32))


def refuses(what: str, error: type[GmpkiError], call: Callable[[], object]) -> None:
    """Check that a call is refused as it should be."""
    try:
        call()
    except error:
        return
    raise Wrong(f"accepted {what}")


# ---- the software token, on every way to it -------------------------------------------------
def path_checks(path: TokenPath, _folder: Path) -> Iterator[Check]:
    """Yield the two certificates, and what else the way has."""
    with path.open() as place:
        for name, step in (*dual_flow(place.application, place.container), *steps_of(place)):
            yield Check(path.driver, path.peer, name, step)


PATH_CHECKS: tuple[Group, ...] = tuple(partial(path_checks, path) for path in PATHS)


def steps_of(place: Place) -> Iterator[Step]:
    """Yield what the abilities of a place promise, beside its certificates."""
    device, application = place.device, place.application

    def information() -> None:
        expect("software", device.info.is_software, True)
        expect("SM2", "SM2" in device.info.algorithms, True)

    def random() -> None:
        expect("equal bytes", device.random(32) == device.random(32), False)

    def wrong_pin() -> None:
        refuses("a wrong PIN", PinIncorrectError, lambda: application.login(WRONG_PIN))
        application.login(USER_PIN)

    def pin_changed() -> None:
        application.change_pin(USER_PIN, "abcdefgh")
        refuses("the old PIN", PinIncorrectError, lambda: application.login(USER_PIN))
        application.change_pin("abcdefgh", USER_PIN)
        application.login(USER_PIN)

    def pin_unblocked() -> None:
        application.unblock_pin(ADMIN_PIN, USER_PIN)
        application.login(USER_PIN)

    def rsa_signs() -> None:
        container = application.create_container("con2")
        public: Any = container.generate(TokenKeyType.RSA_2048)
        signature = container.signing_key.sign(b"message")
        public.verify(signature, b"message")
        refuses("a forgery", InvalidSignature, lambda: public.verify(signature, b"massage"))

    def container_deleted() -> None:
        application.delete_container("con2")
        expect("containers", application.containers(), ("con1",))

    def file_kept() -> None:
        application.create_file("note", 8)
        application.write_file("note", b"12345678")
        expect("the file", application.read_file("note"), b"12345678")
        application.delete_file("note")
        expect("files", application.files(), ())

    def session_key() -> None:
        container: Any = application.container("con1")
        key, wrapped = container.new_session_key("SM4-CBC", container.public_key(KeyUsage.ENCRYPTION))
        same = container.import_session_key("SM4-CBC", wrapped)
        sealed = key.encrypt(b"message", iv=bytes(16), padding=True)
        expect("the message", same.decrypt(sealed, iv=bytes(16), padding=True), b"message")

    yield "device information", information
    yield "random", random
    yield "wrong PIN refused", wrong_pin
    if Ability.PIN_UNBLOCK in application.abilities:
        yield "PIN changed", pin_changed
        yield "PIN unblocked", pin_unblocked
    yield "RSA pair signs", rsa_signs
    yield "container deleted", container_deleted
    if Ability.FILES in application.abilities:
        yield "file kept", file_kept
    if Ability.SESSION_KEYS in place.container.abilities:
        yield "session key wrapped", session_key


# ---- SoftHSM --------------------------------------------------------------------------------
def softhsm(folder: Path) -> Iterator[Check]:
    """Yield what our PKCS#11 driver does at SoftHSM: RSA and ECDSA, for it has no SM2."""
    module = next((path for path in SOFTHSM if Path(path).is_file()), None)
    if module is None:
        raise Absent("peer program: softhsm2 not found")
    (folder / "softhsm").mkdir()
    settings = folder / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {folder / 'softhsm'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)
    try:
        with PKCS11Driver(module) as driver:
            application = driver.open().create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
            for name, step in softhsm_steps(application):
                yield Check("PKCS#11", "SoftHSM", name, step)
    finally:
        del os.environ["SOFTHSM2_CONF"]


def softhsm_steps(application: PKCS11Application) -> Iterator[Step]:
    """Yield the steps in a new token."""
    container = application.create_container("con1")

    def wrong_pin() -> None:
        refuses("a wrong PIN", PinIncorrectError, lambda: application.login(WRONG_PIN))
        application.login(USER_PIN)

    def signs(kind: TokenKeyType) -> None:
        made = container if kind is TokenKeyType.RSA_2048 else application.create_container("con2")
        public: Any = made.generate(kind)
        for hash_name in ("sha256", "sha512"):
            signature = made.signing_key.using(hash_name=hash_name).sign(b"message")
            public.using(hash_name=hash_name).verify(signature, b"message")
        refuses("a forgery", InvalidSignature, lambda: public.verify(signature, b"massage"))

    def decrypts() -> None:
        public: Any = container.generate(TokenKeyType.RSA_2048, usage=KeyUsage.ENCRYPTION)
        ciphertext = public.encrypt(b"secret", padding=EncryptionPadding.PKCS1V15)
        expect("the message", container.encryption_key.decrypt(ciphertext), b"secret")

    def certificate_kept() -> None:
        name, authority = build_name(("CN", "张三")), build_name(("CN", "示例证书认证中心"))
        certificate = certify(name, container.public_key(), authority, SM2PrivateKey.generate())
        container.import_certificate(certificate)
        expect("the certificate", application.container("con1").certificate(), certificate)

    def deleted() -> None:
        for name in application.containers():
            application.delete_container(name)
        expect("containers", application.containers(), ())

    yield "wrong PIN refused", wrong_pin
    yield "RSA pair signs", partial(signs, TokenKeyType.RSA_2048)
    yield "ECDSA pair signs", partial(signs, TokenKeyType.EC)
    yield "RSA pair decrypts", decrypts
    yield "certificate kept", certificate_kept
    yield "containers deleted", deleted


# ---- drivers of every layout ----------------------------------------------------------------
def mock_drivers_of_every_layout(folder: Path) -> Iterator[Check]:
    """Yield what the SKF client does at a driver compiled in each layout."""
    compiler = mock_drivers.compiler()
    if compiler is None:
        raise Absent("peer program: a C compiler not found")
    for layout in LAYOUTS:
        path = mock_drivers.build(folder, layout, (), compiler)
        # A mixed layout answers a probe as another does: it has to be told.
        skf = load(path, DriverProfile(layout=layout) if layout.mixed else None)
        for name, step in mock_steps(skf, layout):
            yield Check("SKF", f"mock driver {layout.name}", name, step)


def mock_steps(skf: SKF, layout: Layout) -> Iterator[Step]:
    """Yield the steps; what the mock driver answers stands in its source."""
    device = skf.connect_dev("MOCK1")
    application = skf.open_application(device, "one")

    def information() -> None:
        info = skf.get_dev_info(device)
        expect("label and serial number", (info.label, info.serial_number), ("L" * 32, "0123456789"))
        expect("sizes", (info.total_space, info.free_space, info.max_buffer_size), (65536, 4096, 1024))

    def tries() -> None:
        refuses("a wrong PIN", PinIncorrectError, lambda: skf.verify_pin(application, 1, WRONG_PIN))
        expect("tries left", skf.get_pin_info(application, 1).tries_left, 5)
        skf.verify_pin(application, 1, USER_PIN)

    def file_attribute() -> None:
        found = skf.get_file_info(application, "x")
        expect("the file", (found.name, found.size, found.write_rights), ("x" * 32, 1000, 0x10))

    def pair() -> None:
        container = skf.create_container(application, "con1")
        public = skf.gen_ecc_key_pair(container)
        expect("the public key", skf.export_public_key(container, True), public)
        skf.ecc_verify(device, public, DIGEST, skf.ecc_sign_data(container, DIGEST))

    def cipher_parameters() -> None:
        container = skf.create_container(application, "con1")
        public = skf.gen_ecc_key_pair(container)
        key = skf.import_session_key(container, 0x402, skf.ext_ecc_encrypt(device, public, bytes(16)))
        skf.encrypt_init(key, BlockCipherParam(DIGEST[:16], 1, 8))
        shown = skf.encrypt_final(key)
        expect("the parameters", shown[:16] + shown[32:], DIGEST[:16] + bytes((16, 1, 8)))
        skf.close_handle(key)

    yield "layout found out", lambda: expect("the layout", skf.layout, layout)
    yield "device information", information
    yield "tries of a PIN", tries
    yield "file attribute", file_attribute
    yield "pair signs", pair
    yield "parameters by value", cipher_parameters
