"""The session protocol and the SM mechanisms over the software token's own module."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmpki.algorithms import sm3, sm4
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.cms import SignerSpec, Trust, decrypt, encrypt, sign, verify
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.report import CheckStatus
from gmpki.errors import (
    DecryptionError,
    InvalidInputError,
    InvalidPointError,
    InvalidSignature,
    InvalidTypeError,
    LoginRequiredError,
    PinIncorrectError,
    PinLockedError,
    PinRejectedError,
    StateError,
    TokenExistsError,
    TokenNotFoundError,
    TokenRemovedError,
    TokenUnsupportedError,
)
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import CiphertextFormat, Role, SM2PrivateKey
from gmpki.seal.pdf import Stamp, sign_pdf, verify_pdf
from gmpki.seal.report import Verdict
from gmpki.seal.signing import SealSigner
from gmpki.tokens.interfaces import DeviceEvent, EventKind, KeyUsage, TokenKeyType
from gmpki.tokens.pkcs11 import MechanismMap, PKCS11Driver
from gmpki.tokens.pkcs11.application import PKCS11Application
from gmpki.tokens.pkcs11.attributes import Mechanism
from gmpki.tokens.pkcs11.container import PKCS11Container
from gmpki.tokens.pkcs11.header import C
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import SoftSettings, create_soft_device, library_path, pull_out, put_in
from seal import samples
from seal.pdf import documents
from tokens.scene import ADMIN_PIN, APPLICATION, USER_PIN, issue_to, provision

SIGNING, ENCRYPTION = KeyUsage.SIGNING, KeyUsage.ENCRYPTION
OURS = MechanismMap.shipped("gmpki").mechanisms
TRIES = 6


@pytest.fixture
def driver(soft_root: Path) -> Iterator[PKCS11Driver]:
    """Give the module with one device."""
    create_soft_device(SoftSettings(serial="00a1", pin_iterations=1, pin_tries=TRIES), root=soft_root)
    with PKCS11Driver(library_path("pkcs11"), policy=DEFAULT_POLICY.allowing("rsa-1024")) as opened:
        yield opened


@pytest.fixture
def application(driver: PKCS11Driver) -> PKCS11Application:
    """Give an application there, in which the user has logged in."""
    made = driver.open().create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    made.login(USER_PIN)
    return made


@pytest.fixture
def container(application: PKCS11Application) -> PKCS11Container:
    """Give a container with a signing pair."""
    made = application.create_container("con1")
    made.generate()
    return made


# ---- the flow of two certificates -----------------------------------------------------------
def test_two_certificates(driver: PKCS11Driver, application: PKCS11Application) -> None:
    issued = provision(application.create_container("con1"))
    application.logout()
    found = driver.open().application().container("con1")
    assert found.certificate(SIGNING) == issued.pair.signing
    assert found.certificate(ENCRYPTION) == issued.pair.encryption
    assert found.public_key(ENCRYPTION) == issued.encryption_key.public_key
    assert application.containers() == ("con1",)


def test_messages_and_seals_by_both_keys(application: PKCS11Application) -> None:
    container = application.create_container("con1")
    issued = provision(container)
    message = sign(b"contract", SignerSpec(container.signing_key, issued.pair.signing), profile=MessageProfile.GMT0010)
    verified = verify(message, Trust([samples.root().certificate], at=samples.NOW))
    assert verified.signers[0].check("signature").status is CheckStatus.PASSED
    letter = encrypt(b"secret", [issued.pair])
    assert decrypt(letter, [(issued.pair, container.encryption_key)]).content == b"secret"
    seal = samples.new_seal(signers=[issued.pair.signing])
    signer = SealSigner(seal, container.signing_key, issued.pair.signing, clock=lambda: samples.NOW)
    data = sign_pdf(documents.single_page(), signer, Stamp(1, 50, 50), time=samples.NOW)
    assert verify_pdf(data, samples.trust(accept=samples.UNASKED)).verdict is Verdict.VALID


def test_an_envelope_for_somebody_else_is_refused(container: PKCS11Container) -> None:
    stranger = SM2PrivateKey.generate()
    envelope = KeyEnvelope.seal(SM2PrivateKey.generate(), stranger.public_key)
    with pytest.raises(DecryptionError):
        container.import_encryption_key(envelope)
    assert container.key_type(ENCRYPTION) is None
    with pytest.raises(InvalidTypeError):
        container.import_encryption_key(envelope.to_der())  # type: ignore[arg-type]


def test_an_encryption_pair_is_imported_once(container: PKCS11Container) -> None:
    key = SM2PrivateKey.generate()
    envelope = KeyEnvelope.seal(key, container.public_key())  # type: ignore[arg-type]
    container.import_encryption_key(envelope)
    with pytest.raises(TokenExistsError):
        container.import_encryption_key(envelope)
    ciphertext = key.public_key.encrypt(b"secret")
    assert container.encryption_key.decrypt(ciphertext) == b"secret"
    for broken in (b"", ciphertext[:-1], ciphertext + b"\0", bytes(len(ciphertext)), ciphertext[:-1] + b"\0"):
        with pytest.raises(DecryptionError) as caught:
            container.encryption_key.decrypt(broken)
        assert str(caught.value) == DecryptionError.MESSAGE


def test_an_envelope_wants_a_signing_pair_and_a_login(application: PKCS11Application) -> None:
    container = application.create_container("con1")
    envelope = KeyEnvelope.seal(SM2PrivateKey.generate(), SM2PrivateKey.generate().public_key)
    with pytest.raises(TokenNotFoundError, match="no signing pair"):
        container.import_encryption_key(envelope)
    container.generate()
    application.logout()
    with pytest.raises(LoginRequiredError):
        container.import_encryption_key(envelope)


def test_the_same_container_through_skf(application: PKCS11Application) -> None:
    issued = provision(application.create_container("con1"))
    with SKFDriver.load(library_path("skf")) as skf, skf.open().application(APPLICATION) as other:
        assert other.containers() == ("con1",)
        container = other.container("con1")
        assert container.certificate(ENCRYPTION) == issued.pair.encryption
        assert container.public_key(SIGNING) == issued.request.public_key
        other.login(USER_PIN)
        signature = container.signing_key.sign(b"message")
    application.container("con1").public_key().verify(signature, b"message")


# ---- PINs -----------------------------------------------------------------------------------
def test_a_pin_locks_and_is_unblocked(application: PKCS11Application, container: PKCS11Container) -> None:
    application.logout()
    left = []
    for _ in range(TRIES - 1):
        with pytest.raises(PinIncorrectError) as caught:
            application.login("00000000")
        left.append(caught.value.tries_left)
    assert left[-1] == 1
    assert application.pin_info().tries_left == 1
    with pytest.raises((PinIncorrectError, PinLockedError)):
        application.login("00000000")
    assert application.pin_info().tries_left == 0
    for pin in ("00000000", USER_PIN):
        with pytest.raises(PinLockedError):
            application.login(pin)
    application.unblock_pin(ADMIN_PIN, "abcdefgh")
    application.login("abcdefgh")
    container.public_key().verify(container.signing_key.sign(b"message"), b"message")


@pytest.mark.parametrize("pin", ["12345", "p" * 65])
def test_pins_of_a_wrong_length_spend_no_try(application: PKCS11Application, pin: str) -> None:
    for _ in range(TRIES + 1):
        with pytest.raises(PinRejectedError):
            application.change_pin(USER_PIN, pin)
    application.login(USER_PIN)


# ---- tokens that come and go ----------------------------------------------------------------
def test_a_token_that_is_pulled_out(
    driver: PKCS11Driver, application: PKCS11Application, container: PKCS11Container, soft_root: Path
) -> None:
    device, signer, watching = driver.open(), container.signing_key, driver.events(timeout_s=10)
    device.random(8)
    pull_out("00a1", root=soft_root)
    assert next(watching) == DeviceEvent(APPLICATION, EventKind.REMOVED)
    calls = (lambda: signer.sign(b"message"), application.containers, lambda: device.info, lambda: device.random(8))
    for call in calls:
        with pytest.raises(TokenRemovedError):
            call()
    assert driver.devices() == ()
    put_in("00a1", root=soft_root)
    assert next(event for event in watching if event.device == APPLICATION).kind is EventKind.INSERTED
    with pytest.raises(TokenRemovedError):
        signer.sign(b"message")
    assert len(device.random(8)) == 8
    application.close()
    assert device.application().containers() == ("con1",)


# ---- keys -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [TokenKeyType.SM2, TokenKeyType.RSA_1024, TokenKeyType.RSA_2048])
@pytest.mark.parametrize("usage", list(KeyUsage))
def test_every_kind_of_pair(application: PKCS11Application, kind: TokenKeyType, usage: KeyUsage) -> None:
    container = application.create_container("con1")
    public_key = container.generate(kind, usage=usage)
    assert container.key_type(usage) is kind
    assert {one for one in KeyUsage if container.key_type(one) is not None} == {usage}
    if usage is SIGNING:
        public_key.verify(container.signing_key.sign(b"message"), b"message")


def test_a_curve_that_the_token_does_not_have(application: PKCS11Application) -> None:
    with pytest.raises(TokenUnsupportedError):
        application.create_container("con1").generate(TokenKeyType.EC)
    assert application.containers() == ()


def test_a_pair_is_imported_in_clear(application: PKCS11Application) -> None:
    container = application.create_container("con1")
    keys = {usage: SM2PrivateKey.generate() for usage in KeyUsage}
    for usage, key in keys.items():
        container.import_pair(key, usage)
    keys[SIGNING].public_key.verify(
        container.signing_key.sign(b"message", user_id=b"ALICE"), b"message", user_id=b"ALICE"
    )
    assert container.encryption_key.decrypt(keys[ENCRYPTION].public_key.encrypt(b"secret")) == b"secret"
    assert application.containers() == ("con1",)
    (handle, *_) = application.session.find({C.CKA_CLASS: C.CKO_PRIVATE_KEY})
    assert application.session.attributes(handle, C.CKA_VALUE) == {}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("identities", [(None, None), (b"ALICE", b"BOB"), (b"", b"")])
def test_the_key_exchange(
    container: PKCS11Container, role: Role, identities: tuple[bytes | None, bytes | None]
) -> None:
    key, peer = SM2PrivateKey.generate(), SM2PrivateKey.generate()
    container.import_encryption_key(KeyEnvelope.seal(key, container.public_key()))  # type: ignore[arg-type]
    other = Role.RESPONDER if role is Role.INITIATOR else Role.INITIATOR
    inside = container.agreement_key.exchange(role, user_id=identities[0])
    outside = peer.exchange(other, user_id=identities[1])
    ours = inside.agree(peer.public_key.to_bytes(), outside.ephemeral, 48, peer_user_id=identities[1])
    theirs = outside.agree(key.public_key.to_bytes(), inside.ephemeral, 48, peer_user_id=identities[0])
    assert ours.key == theirs.key
    assert ours.key.hex() not in repr(ours)
    with pytest.raises(TokenUnsupportedError):
        _ = ours.confirmation
    with pytest.raises(TokenUnsupportedError):
        ours.check(theirs.confirmation)
    with pytest.raises(StateError, match="was used"):
        inside.agree(peer.public_key.to_bytes(), outside.ephemeral, 48)


def test_a_key_exchange_that_fails_leaves_nothing(application: PKCS11Application, container: PKCS11Container) -> None:
    key, peer = SM2PrivateKey.generate(), SM2PrivateKey.generate()
    container.import_encryption_key(KeyEnvelope.seal(key, container.public_key()))  # type: ignore[arg-type]
    before = len(application.session.find({}))
    point = peer.public_key.to_bytes()
    for arguments, kind in (
        ((bytes(64), point, 16), InvalidPointError),
        ((point, b"", 16), InvalidInputError),
        ((point, point, 0), InvalidInputError),
        ((point, point, 1 << 17), InvalidInputError),
        ((None, point, 16), InvalidTypeError),
    ):
        exchange = container.agreement_key.exchange(Role.INITIATOR)
        with pytest.raises(kind):
            exchange.agree(*arguments)  # type: ignore[arg-type]
        exchange.agree(point, point, 16)
    assert len(application.session.find({})) == before


# ---- mechanisms -----------------------------------------------------------------------------
def secret_key(application: PKCS11Application, value: bytes, kind: int) -> int:
    uses = (C.CKA_ENCRYPT, C.CKA_DECRYPT, C.CKA_SIGN, C.CKA_VERIFY)
    values = {C.CKA_CLASS: C.CKO_SECRET_KEY, C.CKA_KEY_TYPE: kind, C.CKA_VALUE: value, C.CKA_TOKEN: False}
    return application.session.create_object({**values, **dict.fromkeys(uses, True)})


def test_sm3_and_its_hmac(application: PKCS11Application) -> None:
    session = application.session
    assert session.digest(Mechanism(OURS["sm3"]), b"abc") == sm3.digest(b"abc")
    key = secret_key(application, b"key" * 20, C.CKK_GENERIC_SECRET)
    expected = sm3.hmac(b"key" * 20, b"message")
    mac = Mechanism(OURS["sm3-hmac"])
    assert session.sign(mac, key, b"message") == expected
    session.verify(mac, key, b"message", expected)
    for wrong in (bytes(32), expected[:-1], b""):
        with pytest.raises(InvalidSignature):
            session.verify(mac, key, b"message", wrong)


@pytest.mark.parametrize("name", ["sm4-ecb", "sm4-ecb-pad", "sm4-cbc", "sm4-cbc-pad", "sm4-cfb", "sm4-ofb"])
@pytest.mark.parametrize("length", [16, 160])
def test_sm4(application: PKCS11Application, name: str, length: int) -> None:
    value, iv, message = bytes(range(16)), bytes(range(16, 32)), bytes(range(length))
    key = secret_key(application, value, C.CKK_GMPKI_SM4)
    mode = {"ecb": sm4.Mode.ECB, "cbc": sm4.Mode.CBC, "cfb": sm4.Mode.CFB128, "ofb": sm4.Mode.OFB}[name.split("-")[1]]
    mechanism = Mechanism(OURS[name], None if mode is sm4.Mode.ECB else iv)
    padded = message + (b"\x10" * 16 if name.endswith("-pad") else b"")
    cipher = sm4.SM4Cipher(value, mode) if mode is sm4.Mode.ECB else sm4.SM4Cipher(value, mode, iv)
    expected = cipher.encryptor().update(padded)
    assert application.session.encrypt(mechanism, key, message) == expected
    assert application.session.decrypt(mechanism, key, expected) == message


def test_sm2_mechanisms_with_the_hash_inside(application: PKCS11Application, container: PKCS11Container) -> None:
    session, public_key = application.session, container.public_key()
    (private,) = session.find({C.CKA_CLASS: C.CKO_PRIVATE_KEY})
    (public,) = session.find({C.CKA_CLASS: C.CKO_PUBLIC_KEY})
    for name in ("sm2-sm3-sign", "sm2-sm3-sign-der"):
        for user_id in (None, b"", b"ALICE"):
            mechanism = Mechanism(OURS[name], user_id)
            signature = session.sign(mechanism, private, b"message")
            public_key.verify(signature, b"message", user_id=user_id)
            session.verify(mechanism, public, b"message", signature)
            with pytest.raises(InvalidSignature):
                session.verify(mechanism, public, b"other", signature)


def test_sm2_encryption_in_both_forms(application: PKCS11Application) -> None:
    key = SM2PrivateKey.generate()
    container = application.create_container("con1")
    container.import_pair(key)
    session = application.session
    (public,) = session.find({C.CKA_CLASS: C.CKO_PUBLIC_KEY})
    for name, form in (("sm2-encrypt", CiphertextFormat.C1C3C2), ("sm2-encrypt-der", CiphertextFormat.DER)):
        ciphertext = session.encrypt(Mechanism(OURS[name]), public, b"secret")
        assert SM2Ciphertext.from_bytes(ciphertext, form).to_bytes(form) == ciphertext
        assert key.decrypt(ciphertext) == b"secret"


def test_every_mechanism_of_the_map_is_listed(driver: PKCS11Driver) -> None:
    device = driver.open()
    assert device.numbers.name == "gmpki"
    assert device.numbers.mechanisms == OURS
    for number in OURS.values():
        assert driver.module.mechanism_info(device.slot, number).flags


@pytest.mark.parametrize("family", ["haitai", "westone", "swpkcs11", "ibm-ep11"])
def test_numbers_of_other_families(soft_root: Path, monkeypatch: pytest.MonkeyPatch, family: str) -> None:
    monkeypatch.setenv("GMPKI_P11_ALIASES", family)
    create_soft_device(SoftSettings(serial="00a1", pin_iterations=1), root=soft_root)
    with PKCS11Driver(library_path("pkcs11"), mechanism_map=MechanismMap.shipped(family)) as driver:
        application = driver.open().create_application(APPLICATION, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
        application.login(USER_PIN)
        container = application.create_container("con1")
        public_key = container.generate()
        public_key.verify(container.signing_key.sign(b"message"), b"message")
        assert application.session.digest(Mechanism(application.numbers.mechanisms["sm3"]), b"abc") == sm3.digest(
            b"abc"
        )
        issue_to(container).request.verify_signature()


def test_digests_of_libcrypto(application: PKCS11Application) -> None:
    for name, number in (("md5", C.CKM_MD5), ("sha1", C.CKM_SHA_1), ("sha256", C.CKM_SHA256), ("sha512", C.CKM_SHA512)):
        assert application.session.digest(Mechanism(number), b"abc") == hashlib.new(name, b"abc").digest()
