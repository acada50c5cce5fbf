"""The functions over a mock driver, in every layout: each byte arrives where it belongs, and no driver is believed."""

from __future__ import annotations

import threading

import pytest

from gmpki.algorithms.sm2 import CurvePoint
from gmpki.errors import (
    DecryptionError,
    DriverError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
    PinIncorrectError,
    PinLockedError,
    StateError,
    TokenError,
    TokenExistsError,
    TokenNotFoundError,
    TokenRemovedError,
    TokenTimeoutError,
    TokenUnsupportedError,
)
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.skf import load
from gmpki.tokens.skf.driver_profile import DriverProfile, EnvelopeForm, Quirk, SM2Numbering
from gmpki.tokens.skf.functions import SKF
from gmpki.tokens.skf.layouts import LAYOUTS, Layout
from gmpki.tokens.skf.structures import (
    ApplicationHandle,
    BlockCipherParam,
    ContainerHandle,
    DeviceHandle,
    KeyHandle,
    RsaPublicKey,
)
from tokens.skf.mock_drivers import Build

BASE_POINT = bytes.fromhex(
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)
DIGEST = bytes(range(32))
PROBED = LAYOUTS[:4]  # what calling a driver tells


def open_device(skf: SKF) -> DeviceHandle:
    return skf.connect_dev("MOCK1")


@pytest.fixture(params=LAYOUTS, ids=lambda layout: layout.name)
def skf(request: pytest.FixtureRequest, mock: Build) -> SKF:
    layout: Layout = request.param
    known = DriverProfile(layout=layout) if layout.mixed else None
    return load(mock(layout), known)


@pytest.fixture
def plain(mock: Build) -> SKF:
    return load(mock())


# ---- what arrives in every layout -----------------------------------------------------------


def test_layout_is_found_out(skf: SKF, request: pytest.FixtureRequest) -> None:
    assert skf.layout.name in request.node.callspec.id


def test_device_information(skf: SKF) -> None:
    info = skf.get_dev_info(open_device(skf))
    assert (info.version, info.hw_version, info.firmware_version) == ((1, 0), (0, 2), (3, 0))
    assert (info.manufacturer, info.label, info.serial_number) == ("gmpki mock driver", "L" * 32, "0123456789")
    assert (info.alg_sym_cap, info.alg_asym_cap, info.alg_hash_cap) == (0x403, 0x30200, 3)
    assert (info.dev_auth_alg_id, info.total_space, info.free_space) == (0x401, 65536, 4096)
    assert (info.max_ecc_buffer_size, info.max_buffer_size) == (128, 1024)


def test_lists(skf: SKF) -> None:
    assert skf.enum_dev() == ("MOCK1",)
    assert skf.enum_dev(False) == ("MOCK1", "MOCK2")


def test_pins(skf: SKF) -> None:
    application = skf.open_application(open_device(skf), "one")
    state = skf.get_pin_info(application, 1)
    assert (state.max_tries, state.is_default) == (6, True)
    for pin in ("12345678", b"12345678", bytearray(b"12345678")):
        skf.verify_pin(application, 1, pin)
    with pytest.raises(PinIncorrectError) as wrong:
        skf.verify_pin(application, 1, "12345679")
    assert wrong.value.tries_left == 5
    assert (wrong.value.function, wrong.value.code, wrong.value.code_name) == (
        "SKF_VerifyPIN",
        0x0A000024,
        "SAR_PIN_INCORRECT",
    )
    assert "12345679" not in str(wrong.value)
    assert skf.get_pin_info(application, 0).tries_left == 5
    skf.verify_pin(application, 1, "12345678")


def test_the_last_try_locks(mock: Build) -> None:
    skf = load(mock(Layout(), "LEFT"))
    application = skf.open_application(open_device(skf), "one")
    for left in (5, 4, 3, 2, 1):
        with pytest.raises(PinIncorrectError, match=f"tries left: {left}"):
            skf.verify_pin(application, 1, "87654321")
    for pin in ("87654321", "12345678"):
        with pytest.raises(PinLockedError):
            skf.verify_pin(application, 1, pin)


def test_a_file_name_fills_its_field(skf: SKF) -> None:
    application = skf.open_application(open_device(skf), "one")
    attribute = skf.get_file_info(application, "x")
    assert (attribute.name, attribute.size, attribute.read_rights, attribute.write_rights) == ("x" * 32, 1000, 255, 16)


def test_signing_pair(skf: SKF) -> None:
    device = open_device(skf)
    container = skf.create_container(skf.open_application(device, "one"), "con1")
    assert skf.gen_ecc_key_pair(container) == BASE_POINT
    assert skf.export_public_key(container, True) == BASE_POINT
    signature = skf.ecc_sign_data(container, DIGEST)
    assert signature == 2 * DIGEST
    skf.ecc_verify(device, BASE_POINT, DIGEST, signature)
    with pytest.raises(InvalidSignature):
        skf.ecc_verify(device, BASE_POINT, DIGEST, signature[::-1])


def test_rsa_public_key(skf: SKF) -> None:
    container = skf.create_container(skf.open_application(open_device(skf), "one"), "con1")
    assert skf.export_public_key(container, False) == RsaPublicKey(1024, b"\xc5" * 128, 65537)


def test_encryption(skf: SKF) -> None:
    device = open_device(skf)
    container = skf.create_container(skf.open_application(device, "one"), "con1")
    ciphertext = skf.ext_ecc_encrypt(device, BASE_POINT, b"message")
    assert ciphertext.c2 == bytes(byte ^ 0x5A for byte in b"message")
    assert ciphertext.c3 == b"\x33" * 32
    assert skf.ecc_decrypt(container, ciphertext) == b"message"
    changed = SM2Ciphertext(ciphertext.c1, bytes(32), ciphertext.c2)
    with pytest.raises(DecryptionError):
        skf.ecc_decrypt(container, changed)
    with pytest.raises(DecryptionError):
        skf.import_session_key(container, 0x402, changed)


def test_cipher_parameters_by_value(skf: SKF) -> None:
    device = open_device(skf)
    container = skf.create_container(skf.open_application(device, "one"), "con1")
    key = skf.import_session_key(container, 0x402, skf.ext_ecc_encrypt(device, BASE_POINT, bytes(16)))
    skf.encrypt_init(key, BlockCipherParam(bytes(range(16)), 1, 128))
    assert skf.encrypt_final(key) == bytes(range(16)) + bytes(16) + bytes([16, 1, 128])
    with pytest.raises(TokenError, match="SAR_INVALIDPARAMERR"):
        skf.encrypt_init(key, BlockCipherParam(bytes(16), 2))
    skf.close_handle(key)


def make_envelope() -> KeyEnvelope:
    return KeyEnvelope.seal(SM2PrivateKey.generate(), SM2PrivateKey.generate().public_key)


def test_envelope(skf: SKF) -> None:
    application = skf.open_application(open_device(skf), "one")
    container = skf.create_container(application, "con1")
    envelope = make_envelope()
    skf.import_ecc_key_pair(container, envelope)
    seen = skf.read_file(application, "last", 0, 1000)
    assert envelope.encrypted_zeros is not None
    assert seen[:64] == envelope.encrypted_zeros + envelope.encrypted_private_key
    assert seen[96:128] == envelope.public_key.to_bytes()[33:]
    assert seen[128:] == envelope.encrypted_key.c2


# ---- what profiles change ---------------------------------------------------------------------


def test_envelope_with_zeros_in_clear(mock: Build) -> None:
    skf = load(mock(), DriverProfile(envelope=EnvelopeForm.NUMBER))
    application = skf.open_application(open_device(skf), "one")
    envelope = make_envelope()
    skf.import_ecc_key_pair(skf.create_container(application, "con1"), envelope)
    assert skf.read_file(application, "last", 0, 64) == bytes(32) + envelope.encrypted_private_key


@pytest.mark.parametrize(
    ("habits", "numbering"), [((), SM2Numbering.STANDARD), (("DRAFT",), SM2Numbering.DRAFT)], ids=["standard", "draft"]
)
def test_numbering_is_found_out(mock: Build, habits: tuple[str, ...], numbering: SM2Numbering) -> None:
    skf = load(mock(Layout(), *habits))
    container = skf.create_container(skf.open_application(open_device(skf), "one"), "con1")
    assert skf.profile.sm2_numbering is None
    skf.gen_ecc_key_pair(container)
    assert skf.profile.sm2_numbering is numbering
    assert skf.gen_ecc_key_pair(container) == BASE_POINT


def test_wrong_numbering_stays_wrong(mock: Build) -> None:
    skf = load(mock(), DriverProfile(sm2_numbering=SM2Numbering.DRAFT))
    container = skf.create_container(skf.open_application(open_device(skf), "one"), "con1")
    with pytest.raises(TokenError, match="SAR_INVALIDPARAMERR"):
        skf.gen_ecc_key_pair(container)


def test_second_spelling(mock: Build) -> None:
    skf = load(mock(Layout(), "SPELLING"))
    skf.disconnect_dev(open_device(skf))
    assert "SKF_DisConnectDev" not in skf.missing
    assert skf.symbols["SKF_DisConnectDev"] == "SKF_DisconnectDev"


def test_spelling_of_a_profile(mock: Build) -> None:
    skf = load(mock(), DriverProfile(spelling={"SKF_CancelWaitForDevEvent": "SKF_GetDevInfo", "SKF_Digest": "nothing"}))
    assert skf.symbols["SKF_CancelWaitForDevEvent"] == "SKF_GetDevInfo"
    assert "SKF_Digest" in skf.missing


def test_numbers_at_the_beginning_of_rsa_fields(mock: Build) -> None:
    skf = load(mock(Layout(), "LEFT"))
    container = skf.create_container(skf.open_application(open_device(skf), "one"), "con1")
    assert skf.export_public_key(container, False) == RsaPublicKey(1024, b"\xc5" * 128, 65537)


def test_no_size_query(mock: Build) -> None:
    path = mock(Layout(), "NO_SIZE_QUERY")
    with pytest.raises(TokenError, match="SAR_INVALIDPARAMERR"):
        load(path).enum_dev()
    skf = load(path, DriverProfile(quirks=frozenset({Quirk.NO_SIZE_QUERY})))
    assert skf.enum_dev() == ("MOCK1",)


def test_codes_of_a_profile(mock: Build) -> None:
    path = mock()
    for codes, kind in (({}, TokenError), ({0x0A000033: "SAR_CONTAINER_EXISTS"}, TokenExistsError)):
        skf = load(path, DriverProfile(codes=codes))
        application = skf.open_application(open_device(skf), "one")
        with pytest.raises(TokenError) as refused:
            skf.create_container(application, "there")
        assert type(refused.value) is kind
        assert refused.value.code == 0x0A000033


def test_names_in_another_encoding(plain: SKF, mock: Build) -> None:
    device = open_device(plain)
    one, odd = plain.enum_application(device)
    assert (one, odd) == ("one", r"\xd6\xd0\xce\xc4")
    assert isinstance(plain.open_application(device, odd), ApplicationHandle)
    chinese = load(mock(), DriverProfile(encoding="gb18030"))
    device = open_device(chinese)
    assert chinese.enum_application(device) == ("one", "中文")
    assert isinstance(chinese.open_application(device, "中文"), ApplicationHandle)
    with pytest.raises(TokenNotFoundError):
        chinese.open_application(device, "文中")


# ---- what drivers get wrong ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "problem"), [(3, "wrote"), (4, "keeps growing"), (7, "wants a buffer")], ids=["claims", "grows", "huge"]
)
def test_lengths_are_not_believed(plain: SKF, command: int, problem: str) -> None:
    with pytest.raises(DriverError, match=problem) as broken:
        plain.transmit(open_device(plain), bytes([command]))
    assert broken.value.function == "SKF_Transmit"


def test_a_larger_buffer_is_given_once_it_is_wanted(plain: SKF) -> None:
    assert plain.transmit(open_device(plain), b"\x05") == bytes(100000)


def test_too_small_without_a_size(plain: SKF) -> None:
    with pytest.raises(TokenError, match="SAR_BUFFER_TOO_SMALL"):
        plain.transmit(open_device(plain), b"\x06")


def test_a_key_that_is_none(mock: Build) -> None:
    skf = load(mock(Layout(), "BROKEN_KEY"))
    with pytest.raises(DriverError, match="0 bits"):
        skf.gen_ecc_key_pair(skf.create_container(skf.open_application(open_device(skf), "one"), "con1"))


def test_a_function_that_is_missing(plain: SKF) -> None:
    assert "SKF_GenRandom" in plain.missing
    with pytest.raises(TokenUnsupportedError) as missing:
        plain.gen_random(open_device(plain), 8)
    assert (missing.value.function, missing.value.code_name) == ("SKF_GenRandom", "SAR_NOTSUPPORTYETERR")


def test_what_a_profile_says_is_missing(mock: Build) -> None:
    skf = load(mock(), DriverProfile(missing=("SKF_WaitForDevEvent", "SKF_GenRandom")))
    assert "SKF_WaitForDevEvent" in skf.missing
    assert skf.missing.count("SKF_GenRandom") == 1
    assert "SKF_EnumDev" not in skf.missing


def test_codes_become_errors(plain: SKF) -> None:
    device = open_device(plain)
    with pytest.raises(TokenRemovedError):
        plain.connect_dev("gone")
    with pytest.raises(TokenNotFoundError):
        plain.open_application(device, "two")
    with pytest.raises(TokenTimeoutError):
        plain.lock_dev(device, 1)
    with pytest.raises(TokenError, match="SAR_INVALIDHANDLEERR"):
        plain.disconnect_dev(DeviceHandle(1, "MOCK1", plain.session))


# ---- what callers get wrong ---------------------------------------------------------------------


def test_handles_of_others_are_refused(plain: SKF, mock: Build) -> None:
    foreign = open_device(load(mock()))
    with pytest.raises(InvalidInputError, match="not one of this driver"):
        plain.get_dev_info(foreign)


@pytest.mark.parametrize(
    "handle", [None, 0, "MOCK1", ContainerHandle(1, "MOCK1", 1)], ids=["none", "int", "str", "other"]
)
def test_what_is_no_device(plain: SKF, handle: object) -> None:
    for call in (plain.get_dev_info, plain.disconnect_dev, plain.enum_application, plain.unlock_dev):
        with pytest.raises(InvalidTypeError):
            call(handle)  # type: ignore[operator]


def test_only_some_handles_are_closed(plain: SKF) -> None:
    for handle in (open_device(plain), None, 3):
        with pytest.raises(InvalidInputError):
            plain.close_handle(handle)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a\0b", "\ud800", "x" * 5000], ids=["nul", "surrogate", "long"])
def test_names_that_cannot_be_passed(plain: SKF, name: str) -> None:
    with pytest.raises(InvalidInputError):
        plain.connect_dev(name)
    with pytest.raises(InvalidInputError):
        plain.open_application(open_device(plain), name)


@pytest.mark.parametrize(
    "pin", ["1234\0", b"12\x0034", "\udfff", "1" * 5000], ids=["nul", "bytes", "surrogate", "long"]
)
def test_pins_that_cannot_be_passed(plain: SKF, pin: str | bytes) -> None:
    application = plain.open_application(open_device(plain), "one")
    with pytest.raises(InvalidInputError):
        plain.verify_pin(application, 1, pin)


def test_a_pin_is_not_shown(plain: SKF) -> None:
    application = plain.open_application(open_device(plain), "one")
    with pytest.raises(InvalidInputError) as refused:
        plain.verify_pin(application, 1, "secret\0")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("number", [-1, 2**32, 2**80])
def test_numbers_out_of_range(plain: SKF, number: int) -> None:
    device = open_device(plain)
    application = plain.open_application(device, "one")
    with pytest.raises(InvalidInputError):
        plain.get_pin_info(application, number)
    with pytest.raises(InvalidInputError):
        plain.read_file(application, "f", number, 1)
    with pytest.raises(InvalidInputError):
        plain.lock_dev(device, number)


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_points_of_wrong_length(plain: SKF, length: int) -> None:
    with pytest.raises(InvalidInputError, match="64 bytes"):
        plain.ecc_verify(open_device(plain), bytes(length), DIGEST, bytes(64))
    with pytest.raises(InvalidInputError, match="64 bytes"):
        plain.ecc_verify(open_device(plain), BASE_POINT, DIGEST, bytes(length))


def test_text_is_no_bytes(plain: SKF) -> None:
    device = open_device(plain)
    container = plain.create_container(plain.open_application(device, "one"), "con1")
    with pytest.raises(InvalidTypeError):
        plain.ecc_sign_data(container, "digest")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        plain.transmit(device, 5)  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        plain.import_ecc_key_pair(container, b"blob")  # type: ignore[arg-type]
    with pytest.raises(InvalidTypeError):
        plain.ecc_decrypt(container, b"ciphertext")  # type: ignore[arg-type]


def test_nothing_after_close(mock: Build) -> None:
    with load(mock()) as skf:
        device = open_device(skf)
    skf.close()
    for call in (skf.enum_dev, lambda: skf.get_dev_info(device)):
        with pytest.raises(StateError):
            call()


# ---- several threads --------------------------------------------------------------------------


def hammer(calls: list[object]) -> list[Exception]:
    failures: list[Exception] = []

    def run(call: object) -> None:
        try:
            for _ in range(5):
                call()  # type: ignore[operator]
        except TokenError as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_calls_on_one_device_queue(plain: SKF) -> None:
    first, second = open_device(plain), open_device(plain)
    calls = [lambda handle=handle: plain.set_label(handle, "label") for handle in (first, second, first)]
    assert hammer(calls) == []


def test_calls_on_two_devices_do_not_unless_asked(mock: Build) -> None:
    # The mock notices a call during another one; only the profile keeps those on two devices apart.
    skf = load(mock(), DriverProfile(quirks=frozenset({Quirk.ONE_CALL_AT_A_TIME})))
    handles = [skf.connect_dev("MOCK1"), skf.connect_dev("MOCK2")]
    assert hammer([lambda handle=handle: skf.set_label(handle, "label") for handle in handles]) == []
    free = load(mock())
    handles = [free.connect_dev("MOCK1"), free.connect_dev("MOCK2")]
    assert hammer([lambda handle=handle: free.set_label(handle, "label") for handle in handles]) != []


def test_waiting_for_events_and_its_end(mock: Build) -> None:
    skf = load(mock(Layout(), "LEFT", "DRAFT"))
    assert skf.wait_for_dev_event() == ("MOCK1", 1)
    found: list[object] = ["nothing"]
    waiting = threading.Thread(target=lambda: found.append(skf.wait_for_dev_event()))
    waiting.start()
    # Other calls go on meanwhile, in this thread, which would stand still if the wait kept Python's lock.
    assert skf.enum_dev() == ("MOCK1",)
    waiting.join(0.05)
    assert waiting.is_alive()
    skf.cancel_wait_for_dev_event()
    waiting.join(5)
    assert found == ["nothing", None]


def test_ciphertexts_are_values(plain: SKF) -> None:
    ciphertext = plain.ext_ecc_encrypt(open_device(plain), BASE_POINT, b"m")
    assert ciphertext == SM2Ciphertext(CurvePoint.from_bytes(b"\x04" + BASE_POINT), b"\x33" * 32, b"\x37")


def test_a_session_key_belongs_to_its_device(plain: SKF) -> None:
    device = open_device(plain)
    container = plain.create_container(plain.open_application(device, "one"), "con1")
    key = plain.import_session_key(container, 0x402, plain.ext_ecc_encrypt(device, BASE_POINT, bytes(16)))
    assert isinstance(key, KeyHandle)
    assert (key.device, key.session) == ("MOCK1", plain.session)
