"""Containers over SoftHSM: RSA and ECDSA pairs, certificates, names."""

from __future__ import annotations

from typing import Any

import pytest

from certified import certify
from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidTypeError,
    KeyMismatchError,
    LoginRequiredError,
    PolicyError,
    TokenExistsError,
    TokenNotFoundError,
    TokenUnsupportedError,
)
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.interfaces import Decryptor, Signer
from gmpki.keys.rsa import EncryptionPadding
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.tokens.interfaces import (
    KeyUsage,
    TokenKeyType,
)
from gmpki.tokens.pkcs11 import MechanismMap, PKCS11Driver
from gmpki.tokens.pkcs11.application import PKCS11Application
from gmpki.tokens.pkcs11.attributes import Mechanism
from gmpki.tokens.pkcs11.header import C
from gmpki.x509.names import build_name
from tokens.scene import ADMIN_PIN, USER_PIN
from tokens.scene import APPLICATION as NAME

HOLDER, AUTHORITY = build_name(("CN", "张三")), build_name(("CN", "示例证书认证中心"))
SIGNING, ENCRYPTION = KeyUsage.SIGNING, KeyUsage.ENCRYPTION


# ---- pairs ----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [TokenKeyType.RSA_2048, TokenKeyType.EC])
def test_a_pair_signs(user: PKCS11Application, kind: TokenKeyType) -> None:
    container = user.create_container("con1")
    public_key = container.generate(kind)
    assert user.containers() == ("con1",)
    assert container.key_type(SIGNING) is kind
    assert container.key_type(ENCRYPTION) is None
    signer = user.container("con1").signing_key
    assert isinstance(signer, Signer)
    public_key.verify(signer.sign(b"message"), b"message")
    public_key.using(hash_name="sha512").verify(signer.using(hash_name="sha512").sign(b"message"), b"message")  # type: ignore[union-attr]
    with pytest.raises(TokenExistsError):
        container.generate(kind)


def test_a_pair_decrypts(user: PKCS11Application) -> None:
    container = user.create_container("con1")
    container.generate(TokenKeyType.EC)
    public_key: Any = container.generate(TokenKeyType.RSA_2048, usage=ENCRYPTION)
    decryptor = container.encryption_key
    assert isinstance(decryptor, Decryptor)
    ciphertext = public_key.encrypt(b"secret", padding=EncryptionPadding.PKCS1V15)
    assert decryptor.decrypt(ciphertext) == b"secret"
    for broken in (bytes(256), b"", ciphertext[:-1], ciphertext + b"\0", b"\xff" * 256):
        with pytest.raises(DecryptionError) as caught:
            decryptor.decrypt(broken)
        assert str(caught.value) == DecryptionError.MESSAGE
    assert container.key_type(SIGNING) is TokenKeyType.EC
    assert user.containers() == ("con1",)


def test_private_keys_want_a_login(user: PKCS11Application) -> None:
    container = user.create_container("con1")
    container.generate(TokenKeyType.EC)
    signer = container.signing_key
    user.logout()
    user.logout()
    with pytest.raises(LoginRequiredError, match="log in first"):
        signer.sign(b"message")
    with pytest.raises(LoginRequiredError):
        container.generate(TokenKeyType.EC, usage=ENCRYPTION)
    with pytest.raises(LoginRequiredError):
        user.delete_container("con1")
    user.login(USER_PIN)
    signer.public_key.verify(signer.sign(b"message"), b"message")


def test_private_keys_stay_inside(user: PKCS11Application) -> None:
    user.create_container("con1").generate(TokenKeyType.RSA_2048)
    (handle,) = user.session.find({C.CKA_CLASS: C.CKO_PRIVATE_KEY})
    secret = (C.CKA_PRIVATE_EXPONENT, C.CKA_PRIME_1, C.CKA_COEFFICIENT)
    assert user.session.attributes(handle, *secret) == {}


def test_what_a_token_without_sm2_refuses(user: PKCS11Application) -> None:
    container = user.create_container("con1")
    with pytest.raises(TokenUnsupportedError, match="'standard'"):
        container.generate()
    container.generate(TokenKeyType.EC)
    with pytest.raises(TokenUnsupportedError):
        _ = container.agreement_key
    with pytest.raises(TokenUnsupportedError):
        container.import_encryption_key(KeyEnvelope.seal(SM2PrivateKey.generate(), SM2PrivateKey.generate().public_key))
    assert container.key_type(ENCRYPTION) is None


def test_an_sm2_pair_is_kept_by_a_token_that_cannot_use_it(user: PKCS11Application) -> None:
    container = user.create_container("con1")
    key = SM2PrivateKey.generate()
    container.import_pair(key, SIGNING)
    assert container.key_type(SIGNING) is TokenKeyType.SM2
    assert container.public_key() == key.public_key
    with pytest.raises(TokenUnsupportedError, match="SM2 signatures"):
        container.signing_key.sign(b"message")
    with pytest.raises(TokenExistsError):
        container.import_pair(key, SIGNING)
    with pytest.raises(InvalidTypeError):
        container.import_pair(key.to_bytes())  # type: ignore[arg-type]


def test_weak_keys_are_made_when_the_policy_allows_them(softhsm: str) -> None:
    strict = PKCS11Driver(softhsm)
    application = strict.open().create_application(NAME, admin_pin=ADMIN_PIN, user_pin=USER_PIN)
    application.login(USER_PIN)
    with pytest.raises(PolicyError, match="rsa-1024"):
        application.create_container("con1").generate(TokenKeyType.RSA_1024)
    assert application.containers() == ()
    lenient = PKCS11Driver(softhsm, policy=DEFAULT_POLICY.allowing("rsa-1024"))
    lenient.open(NAME).application().create_container("con1").generate(TokenKeyType.RSA_1024)
    lenient.close()
    with pytest.raises(PolicyError):
        _ = application.container("con1").signing_key
    assert application.container("con1").key_type(SIGNING) is TokenKeyType.RSA_1024
    strict.close()


def test_keys_without_a_name_here(user: PKCS11Application) -> None:
    labels = {C.CKA_TOKEN: True, C.CKA_LABEL: "large", C.CKA_ID: b"1"}
    public = {**labels, C.CKA_MODULUS_BITS: 3072, C.CKA_PUBLIC_EXPONENT: b"\x01\x00\x01", C.CKA_VERIFY: True}
    private = {**labels, C.CKA_PRIVATE: True, C.CKA_SIGN: True}
    user.session.generate_key_pair(Mechanism(C.CKM_RSA_PKCS_KEY_PAIR_GEN), public, private)
    container = user.container("large")
    with pytest.raises(TokenUnsupportedError, match="3072 bits"):
        container.key_type(SIGNING)
    container.public_key().verify(container.signing_key.sign(b"message"), b"message")


def test_a_map_of_somebody_elses_numbers_is_narrowed_to_what_is_there(softhsm: str) -> None:
    driver = PKCS11Driver(softhsm, mechanism_map=MechanismMap.shipped("gmpki"))
    assert driver.open().numbers.mechanisms == {}
    driver.close()


# ---- certificates ---------------------------------------------------------------------------
def test_both_certificates(user: PKCS11Application) -> None:
    authority = SM2PrivateKey.generate()
    container = user.create_container("con1")
    issued = {}
    for usage, kind in ((SIGNING, TokenKeyType.EC), (ENCRYPTION, TokenKeyType.RSA_2048)):
        assert container.certificate(usage) is None
        issued[usage] = certify(HOLDER, container.generate(kind, usage=usage), AUTHORITY, authority)
        container.import_certificate(issued[usage], usage)
        container.import_certificate(issued[usage], usage)
    user.logout()
    found = user.container("con1")
    assert {usage: found.certificate(usage) for usage in issued} == issued


def test_a_certificate_takes_the_place_of_the_old_one(user: PKCS11Application) -> None:
    authority = SM2PrivateKey.generate()
    container = user.create_container("con1")
    public_key = container.generate(TokenKeyType.EC)
    for number in (1, 2):
        container.import_certificate(certify(HOLDER, public_key, AUTHORITY, authority, serial_number=number))
    assert len(user.session.find({C.CKA_CLASS: C.CKO_CERTIFICATE})) == 1
    kept = container.certificate()
    assert kept is not None
    assert kept.serial_number == 2


def test_certificates_that_do_not_fit(user: PKCS11Application) -> None:
    authority = SM2PrivateKey.generate()
    container = user.create_container("con1")
    stranger = certify(HOLDER, authority.public_key, AUTHORITY, authority)
    with pytest.raises(TokenNotFoundError, match="no signing pair"):
        container.import_certificate(stranger)
    container.generate(TokenKeyType.EC)
    with pytest.raises(KeyMismatchError):
        container.import_certificate(stranger)
    with pytest.raises(InvalidTypeError):
        container.import_certificate(stranger.to_der())  # type: ignore[arg-type]
    assert container.certificate() is None


def test_a_broken_certificate_says_so(user: PKCS11Application) -> None:
    container = user.create_container("con1")
    container.generate(TokenKeyType.EC)
    (public,) = user.session.find({C.CKA_CLASS: C.CKO_PUBLIC_KEY})
    identifier = user.session.attributes(public, C.CKA_ID)[C.CKA_ID]
    values = {C.CKA_CLASS: C.CKO_CERTIFICATE, C.CKA_CERTIFICATE_TYPE: C.CKC_X_509, C.CKA_TOKEN: True}
    user.session.create_object({**values, C.CKA_ID: identifier, C.CKA_SUBJECT: b"s", C.CKA_VALUE: b"broken"})
    user.changed()
    with pytest.raises(DecodeError):
        container.certificate()
    assert user.containers() == ("con1",)


# ---- containers -----------------------------------------------------------------------------
def test_containers_come_and_go(user: PKCS11Application) -> None:
    for name in ("签章", "con2"):
        user.create_container(name).generate(TokenKeyType.EC)
    assert sorted(user.containers()) == ["con2", "签章"]
    with pytest.raises(TokenExistsError):
        user.create_container("签章")
    user.delete_container("签章")
    assert user.containers() == ("con2",)
    assert len(user.session.find({})) == 2
    for call in (user.container, user.delete_container):
        with pytest.raises(TokenNotFoundError):
            call("签章")


@pytest.mark.parametrize("name", ["", "n" * 65, "end ", "nu\0l", "\ud800", None, b"con1"])
def test_names_that_no_container_has(user: PKCS11Application, name: Any) -> None:
    with pytest.raises(GmpkiError):
        user.create_container(name)
    with pytest.raises(GmpkiError):
        user.container(name)


def test_containers_are_found_by_their_attributes(user: PKCS11Application) -> None:
    for name in ("con1", "con2"):
        user.create_container(name).generate(TokenKeyType.EC)
    assert user.container_of(label="con2").name == "con2"
    identifier = user.groups()[0].pairs[0].identifier
    assert user.container_of(identifier=identifier).name == "con1"
    for nothing in ({"label": "con3"}, {"label": "con2", "identifier": identifier}, {}):
        with pytest.raises(TokenNotFoundError):
            user.container_of(**nothing)  # type: ignore[arg-type]
