"""Every function of the interface against the software token: real keys, checked with the cryptography of gmpki."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gmpki.algorithms import sm3, sm4
from gmpki.errors import (
    DecryptionError,
    InvalidInputError,
    InvalidSignature,
    LoginRequiredError,
    PinIncorrectError,
    TokenError,
    TokenNotFoundError,
    TokenUnsupportedError,
)
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.tokens.skf import header, load, load_isolated
from gmpki.tokens.skf.device_auth import authenticate
from gmpki.tokens.skf.driver_profile import DeviceAuthForm, DriverProfile
from gmpki.tokens.skf.functions import SKF
from gmpki.tokens.skf.library import Library
from gmpki.tokens.skf.structures import (
    ApplicationHandle,
    BlockCipherParam,
    ContainerHandle,
    DeviceHandle,
    RsaPublicKey,
)
from gmpki.tokens.soft import library_path

ADMIN_PIN, USER_PIN = "87654321", "12345678"
USER_ID = b"1234567812345678"
SM4_ECB, SM4_CBC = 0x401, 0x402
SM3 = 1


@pytest.fixture
def skf(soft_root: Path) -> SKF:
    driver = load(library_path("skf"))
    driver.soft_create_device(None, "serial=00a1\npin_iterations=1\n")
    return driver


@pytest.fixture
def device(skf: SKF) -> DeviceHandle:
    handle = skf.connect_dev("00a1")
    authenticate(skf, handle)
    return handle


def make_application(skf: SKF, device: DeviceHandle) -> ApplicationHandle:
    application = skf.create_application(
        device,
        "GMPKI-TEST",
        admin_pin=ADMIN_PIN,
        admin_tries=5,
        user_pin=USER_PIN,
        user_tries=5,
        create_file_rights=0x10,
    )
    skf.verify_pin(application, 1, USER_PIN)
    return application


@pytest.fixture
def application(skf: SKF, device: DeviceHandle) -> ApplicationHandle:
    return make_application(skf, device)


@pytest.fixture
def container(skf: SKF, application: ApplicationHandle) -> ContainerHandle:
    return skf.create_container(application, "con1")


def dual(skf: SKF, container: ContainerHandle) -> tuple[bytes, bytes]:
    """Give a container both pairs, and return both public keys."""
    signing = skf.gen_ecc_key_pair(container)
    encryption = SM2PrivateKey.generate()
    skf.import_ecc_key_pair(container, KeyEnvelope.seal(encryption, SM2PublicKey.from_bytes(b"\x04" + signing)))
    return signing, encryption.public_key.to_bytes()[1:]


# ---- parts, each of which the test of coverage runs too ------------------------------------------


def use_device(skf: SKF) -> DeviceHandle:
    assert skf.enum_dev() == ("00a1",)
    device = skf.connect_dev("00a1")
    assert skf.get_dev_state("00a1") == 1
    skf.set_label(device, "new label")
    assert skf.get_dev_info(device).label == "new label"
    skf.lock_dev(device, 1000)
    skf.unlock_dev(device)
    assert len(skf.gen_random(device, 33)) == 33
    authenticate(skf, device)
    skf.change_dev_auth_key(device, bytes(16))
    authenticate(skf, device, bytes(16))
    return device


def use_events(skf: SKF, root: Path) -> None:
    found: list[object] = []
    waiting = threading.Thread(target=lambda: found.append(skf.wait_for_dev_event()))
    waiting.start()
    waiting.join(0.3)
    (root / "00a1" / "absent").touch()
    waiting.join(10)
    (root / "00a1" / "absent").unlink()
    assert found == [("00a1", 2)]
    cancelled = threading.Thread(target=lambda: found.append(skf.wait_for_dev_event()))
    cancelled.start()
    cancelled.join(0.3)
    skf.cancel_wait_for_dev_event()
    cancelled.join(10)
    # The device coming back may have been seen first.
    assert found[1] in (None, ("00a1", 1))


def use_pins(skf: SKF, application: ApplicationHandle) -> None:
    skf.change_pin(application, 1, USER_PIN, "11111111")
    with pytest.raises(PinIncorrectError) as wrong:
        skf.verify_pin(application, 1, USER_PIN)
    assert wrong.value.tries_left == skf.get_pin_info(application, 1).tries_left == 4
    skf.unblock_pin(application, ADMIN_PIN, USER_PIN)
    assert skf.get_pin_info(application, 1).tries_left == 5
    skf.clear_secure_state(application)
    with pytest.raises(LoginRequiredError):
        skf.create_container(application, "refused")
    skf.verify_pin(application, 1, USER_PIN)


def use_files(skf: SKF, application: ApplicationHandle) -> None:
    skf.create_file(application, "file", 100, 0x10, 0x10)
    skf.write_file(application, "file", 10, b"content")
    assert skf.read_file(application, "file", 10, 7) == b"content"
    assert skf.enum_files(application) == ("file",)
    assert skf.get_file_info(application, "file").size == 100
    skf.delete_file(application, "file")
    with pytest.raises(TokenNotFoundError):
        skf.read_file(application, "file", 0, 1)


def use_sm2(skf: SKF, device: DeviceHandle, container: ContainerHandle) -> None:
    signing, encryption = dual(skf, container)
    assert skf.export_public_key(container, True) == signing
    assert skf.export_public_key(container, False) == encryption
    for flag in (True, False):
        skf.import_certificate(container, flag, b"0\x03\x02\x01" + bytes([flag]))
        assert skf.export_certificate(container, flag) == b"0\x03\x02\x01" + bytes([flag])
    assert skf.get_container_type(container) == 2
    public_key = SM2PublicKey.from_bytes(b"\x04" + signing)
    digest = skf.digest_init(device, SM3, signing, USER_ID)
    e = skf.digest(digest, b"message")
    skf.close_handle(digest)
    signature = skf.ecc_sign_data(container, e)
    public_key.verify_digest(signature, e)
    for verify in (skf.ecc_verify, skf.ext_ecc_verify):
        verify(device, signing, e, signature)
        with pytest.raises(InvalidSignature):
            verify(device, signing, bytes(32), signature)
    outside = SM2PrivateKey.generate()
    bare = outside.public_key.to_bytes()[1:]
    skf.ecc_verify(device, bare, e, skf.ext_ecc_sign(device, outside.to_bytes(), e))
    ciphertext = skf.ext_ecc_encrypt(device, bare, b"to outside")
    assert outside.decrypt(ciphertext.to_bytes()) == b"to outside"
    assert skf.ext_ecc_decrypt(device, outside.to_bytes(), ciphertext) == b"to outside"
    with pytest.raises(DecryptionError):
        skf.ecc_decrypt(container, ciphertext)
    assert skf.ecc_decrypt(container, skf.ext_ecc_encrypt(device, encryption, b"inside")) == b"inside"


def use_session_keys(skf: SKF, device: DeviceHandle, container: ContainerHandle) -> None:
    encryption = skf.export_public_key(container, False)
    assert isinstance(encryption, bytes)
    wrapped, made = skf.ecc_export_session_key(container, SM4_CBC, encryption)
    imported = skf.import_session_key(container, SM4_CBC, wrapped)
    iv = bytes(range(16))
    for key in (made, imported):
        skf.encrypt_init(key, BlockCipherParam(iv, 1))
    message = bytes(range(100))
    encrypted = skf.encrypt(made, message)
    assert (
        skf.encrypt_update(imported, message[:33])
        + skf.encrypt_update(imported, message[33:])
        + skf.encrypt_final(imported)
        == encrypted
    )
    skf.decrypt_init(made, BlockCipherParam(iv, 1))
    assert skf.decrypt(made, encrypted) == message
    skf.decrypt_init(imported, BlockCipherParam(iv, 1))
    assert skf.decrypt_update(imported, encrypted) + skf.decrypt_final(imported) == message
    skf.decrypt_init(made, BlockCipherParam(iv, 1))
    with pytest.raises(DecryptionError):
        skf.decrypt(made, encrypted[:-16])
    key = skf.set_symm_key(device, bytes(16), SM4_ECB)
    skf.encrypt_init(key, BlockCipherParam())
    assert skf.encrypt(key, message[:32]) == sm4.encrypt(bytes(16), message[:32], sm4.Mode.ECB)
    mac = skf.mac_init(skf.set_symm_key(device, bytes(16), SM4_CBC), BlockCipherParam(bytes(16)))
    expected = sm4.encrypt(bytes(16), message[:64], sm4.Mode.CBC, bytes(16))[-16:]
    assert skf.mac(mac, message[:64]) == expected
    for handle in (made, imported, key, mac):
        skf.close_handle(handle)


def use_streams(skf: SKF, device: DeviceHandle) -> None:
    digest = skf.digest_init(device, SM3)
    for part in (b"mess", b"age"):
        skf.digest_update(digest, part)
    assert skf.digest_final(digest) == sm3.digest(b"message")
    key = skf.set_symm_key(device, bytes(16), SM4_CBC)
    mac = skf.mac_init(key, BlockCipherParam(bytes(16)))
    for part in (bytes(32), bytes(16)):
        skf.mac_update(mac, part)
    assert skf.mac_final(mac) == sm4.encrypt(bytes(16), bytes(48), sm4.Mode.CBC, bytes(16))[-16:]


def use_agreement(skf: SKF, device: DeviceHandle, application: ApplicationHandle) -> None:
    sides = [skf.create_container(application, f"side{number}") for number in (1, 2)]
    keys = [dual(skf, side)[1] for side in sides]
    ids = [b"initiator", b"responder"]
    ephemeral, agreement = skf.generate_agreement_data_with_ecc(sides[0], SM4_ECB, ids[0])
    answer, responders = skf.generate_agreement_data_and_key_with_ecc(
        sides[1], SM4_ECB, keys[0], ephemeral, user_id=ids[1], initiator_id=ids[0]
    )
    initiators = skf.generate_key_with_ecc(agreement, keys[1], answer, ids[1])
    results = []
    for key in (initiators, responders):
        skf.encrypt_init(key, BlockCipherParam())
        results.append(skf.encrypt(key, bytes(16)))
    assert results[0] == results[1]


def use_rsa(skf: SKF, device: DeviceHandle, application: ApplicationHandle) -> None:
    container = skf.create_container(application, "rsa")
    public_key = skf.gen_rsa_key_pair(container, 1024)
    assert skf.export_public_key(container, True) == public_key
    signature = skf.rsa_sign_data(container, b"data")
    skf.rsa_verify(device, public_key, b"data", signature)
    with pytest.raises(InvalidSignature):
        skf.rsa_verify(device, public_key, b"date", signature)
    outside = skf.gen_ext_rsa_key(device, 1024)
    block = b"\0" + bytes(range(1, 128))
    result = skf.ext_rsa_pri_key_operation(device, outside, block)
    assert skf.ext_rsa_pub_key_operation(device, outside.public_key, result) == block
    import_rsa_pair(skf, device, container, public_key)
    encryption = skf.export_public_key(container, False)
    assert isinstance(encryption, RsaPublicKey)
    wrapped, key = skf.rsa_export_session_key(container, SM4_ECB, encryption)
    imported = skf.import_session_key(container, SM4_ECB, wrapped)
    results = []
    for handle in (key, imported):
        skf.encrypt_init(handle, BlockCipherParam())
        results.append(skf.encrypt(handle, bytes(16)))
    assert results[0] == results[1]


def import_rsa_pair(skf: SKF, device: DeviceHandle, container: ContainerHandle, public_key: RsaPublicKey) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    pair = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    der = pair.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    receiver = rsa.RSAPublicNumbers(public_key.exponent, int.from_bytes(public_key.modulus, "big")).public_key()
    padded = sm4.encrypt(bytes(16), der, sm4.Mode.ECB, padding=sm4.Padding.PKCS7)
    skf.import_rsa_key_pair(container, SM4_ECB, receiver.encrypt(bytes(16), padding.PKCS1v15()), padded)
    found = skf.export_public_key(container, False)
    assert isinstance(found, RsaPublicKey)
    assert int.from_bytes(found.modulus, "big") == pair.public_key().public_numbers().n


# ---- the tests --------------------------------------------------------------------------------


def test_devices(skf: SKF) -> None:
    use_device(skf)


def test_events(skf: SKF, soft_root: Path) -> None:
    use_events(skf, soft_root)


def test_pins(skf: SKF, application: ApplicationHandle) -> None:
    use_pins(skf, application)


def test_files(skf: SKF, application: ApplicationHandle) -> None:
    use_files(skf, application)


def test_sm2(skf: SKF, device: DeviceHandle, container: ContainerHandle) -> None:
    use_sm2(skf, device, container)


def test_session_keys(skf: SKF, device: DeviceHandle, container: ContainerHandle) -> None:
    dual(skf, container)
    use_session_keys(skf, device, container)


def test_streams(skf: SKF, device: DeviceHandle) -> None:
    use_streams(skf, device)


def test_agreement(skf: SKF, device: DeviceHandle, application: ApplicationHandle) -> None:
    use_agreement(skf, device, application)


def test_rsa(skf: SKF, device: DeviceHandle, application: ApplicationHandle) -> None:
    use_rsa(skf, device, application)


def test_every_function_answers(skf: SKF, soft_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the 78 common functions is called and does its work."""
    answered: set[str] = set()
    call = Library.call

    def noted(self: Library, layout: object, function: str, arguments: tuple[object, ...]) -> int:
        code = call(self, layout, function, arguments)  # type: ignore[arg-type]
        if code == 0:
            answered.add(function)
        return code

    monkeypatch.setattr(Library, "call", noted)
    device = use_device(skf)
    assert skf.transmit(device, bytes.fromhex("8004000000"))
    application = make_application(skf, device)
    assert skf.enum_application(device) == ("GMPKI-TEST",)
    use_pins(skf, application)
    use_files(skf, application)
    container = skf.create_container(application, "con1")
    assert skf.enum_container(application) == ("con1",)
    use_sm2(skf, device, container)
    use_session_keys(skf, device, container)
    use_streams(skf, device)
    use_agreement(skf, device, application)
    use_rsa(skf, device, application)
    skf.close_container(container)
    skf.close_container(skf.open_container(application, "con1"))
    skf.delete_container(application, "con1")
    skf.close_application(application)
    skf.close_application(skf.open_application(device, "GMPKI-TEST"))
    skf.delete_application(device, "GMPKI-TEST")
    use_events(skf, soft_root)
    skf.disconnect_dev(device)
    common = {name for name, function in header.functions().items() if function.common}
    assert skf.missing == ()
    assert common - answered == set()
    assert len(common) == 78


def test_the_same_in_a_process_of_its_own(soft_root: Path) -> None:
    with load_isolated(library_path("skf")) as isolated:
        isolated.soft_create_device(None, "serial=00a1\npin_iterations=1\n")
        device = use_device(isolated)
        application = make_application(isolated, device)
        use_pins(isolated, application)
        container = isolated.create_container(application, "con1")
        use_sm2(isolated, device, container)
        use_session_keys(isolated, device, container)
        use_agreement(isolated, device, application)
        use_rsa(isolated, device, application)


@pytest.mark.parametrize("isolated", [False, True])
def test_the_shipped_profile_is_right(soft_root: Path, isolated: bool) -> None:
    profile = DriverProfile.shipped("gmpki")
    driver = (load_isolated if isolated else load)(library_path("skf"), profile)
    driver.soft_create_device(None, "serial=00a1\npin_iterations=1\n")
    assert driver.get_dev_info(driver.connect_dev("00a1")).serial_number.lower() == "00a1"
    assert driver.profile == profile
    driver.close()


def test_a_wrong_device_key(skf: SKF) -> None:
    device = skf.connect_dev("00a1")
    with pytest.raises(LoginRequiredError):
        authenticate(skf, device, bytes(16))
    authenticate(skf, device)


@pytest.mark.parametrize("form", [DeviceAuthForm.RANDOM_16, DeviceAuthForm.PADDED])
def test_only_the_standard_form_authenticates(skf: SKF, form: DeviceAuthForm) -> None:
    with pytest.raises(TokenError):
        authenticate(skf, skf.connect_dev("00a1"), form=form)


@pytest.mark.parametrize("length", [0, 8, 15, 17, 32])
def test_device_keys_of_wrong_length(skf: SKF, length: int) -> None:
    with pytest.raises(InvalidInputError, match="16 bytes"):
        authenticate(skf, skf.connect_dev("00a1"), bytes(length))


@pytest.mark.parametrize("algorithm", [0x101, 0x201, 0x102, 0x202])
def test_sm1_and_ssf33_are_not_claimed(skf: SKF, device: DeviceHandle, algorithm: int) -> None:
    with pytest.raises(TokenUnsupportedError):
        skf.set_symm_key(device, bytes(16), algorithm)


def test_handles_that_were_closed(skf: SKF, device: DeviceHandle, application: ApplicationHandle) -> None:
    container = skf.create_container(application, "con1")
    skf.close_container(container)
    for call in (skf.close_container, skf.gen_ecc_key_pair, skf.get_container_type):
        with pytest.raises(TokenError):
            call(container)
    skf.disconnect_dev(device)
    for call in (skf.disconnect_dev, skf.get_dev_info, skf.enum_application):
        with pytest.raises(TokenError):
            call(device)
    with pytest.raises(TokenError):
        skf.enum_container(application)


@pytest.mark.parametrize("value", [1, 8, 0xFFFF, 0xDEADBEEF00, 2**64 - 1])
def test_handles_that_were_never_given(skf: SKF, value: int) -> None:
    with pytest.raises(TokenError):
        skf.get_dev_info(DeviceHandle(value, "00a1", skf.session))
