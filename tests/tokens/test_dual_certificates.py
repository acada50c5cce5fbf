"""The two certificates of a holder on the software token, from the key made inside to a message and a sealed PDF."""

from __future__ import annotations

import pytest

from gmpki.algorithms.policy import DEFAULT_POLICY
from gmpki.cms import SignerSpec, Trust, decrypt, encrypt, sign, verify
from gmpki.cms.profiles import MessageProfile
from gmpki.cms.report import CheckStatus
from gmpki.errors import KeyMismatchError, LoginRequiredError, TokenNotFoundError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.seal.pdf import Stamp, sign_pdf, verify_pdf
from gmpki.seal.report import Verdict
from gmpki.seal.signing import SealSigner
from gmpki.tokens import open_token, open_token_key
from gmpki.tokens.delivery import import_delivery
from gmpki.tokens.interfaces import Container, KeyUsage, TokenKeyType
from gmpki.tokens.pkcs11.container import PKCS11Container
from gmpki.tokens.skf.application import SKFApplication
from gmpki.tokens.skf.container import SKFContainer
from gmpki.tokens.skf.driver import SKFDriver
from gmpki.tokens.soft import library_path
from gmpki.tokens.uri import PKCS11Uri, SKFUri
from gmpki.x509.delivery import CSRResponseDelivery, EnvelopeDelivery, KeyDelivery, SKFBlobDelivery
from gmpki.x509.pair import CertificatePair
from seal import samples
from seal.pdf import documents
from tokens.scene import APPLICATION, USER_PIN, Issued, issue_to, provision

DELIVERIES: list[KeyDelivery] = [EnvelopeDelivery(), CSRResponseDelivery(), SKFBlobDelivery()]


@pytest.fixture
def issued(container: Container) -> Issued:
    return provision(container)


@pytest.mark.parametrize("delivery", DELIVERIES, ids=["envelope", "response", "blob"])
def test_every_delivery_is_imported(container: Container, delivery: KeyDelivery) -> None:
    issued = provision(container, delivery)
    assert container.public_key(KeyUsage.ENCRYPTION) == issued.encryption_key.public_key
    assert container.certificate(KeyUsage.SIGNING) == issued.pair.signing
    assert container.certificate(KeyUsage.ENCRYPTION) == issued.pair.encryption


def test_everything_is_there_after_the_token_was_opened_again(
    skf_driver: SKFDriver, skf_container: SKFContainer
) -> None:
    issued = provision(skf_container)
    skf_container.application.device.close()
    container = skf_driver.open().application(APPLICATION).container("con1")
    certificates = [container.certificate(usage) for usage in KeyUsage]
    assert CertificatePair.from_certificates([one for one in certificates if one is not None]) == issued.pair
    assert [container.key_type(usage) for usage in KeyUsage] == [TokenKeyType.SM2, TokenKeyType.SM2]
    with pytest.raises(LoginRequiredError):  # the last close of a process forgets logins
        container.signing_key.sign(b"message")
    container.application.login(USER_PIN)
    container.public_key().verify(container.signing_key.sign(b"message"), b"message")


@pytest.mark.parametrize("profile", [MessageProfile.GMT0010, MessageProfile.RFC5652])
def test_signed_message(container: Container, issued: Issued, profile: MessageProfile) -> None:
    message = sign("合同".encode(), SignerSpec(container.signing_key, issued.pair.signing), profile=profile)
    verified = verify(message, Trust([samples.root().certificate], at=samples.NOW))
    assert verified.content == "合同".encode()
    assert verified.signers[0].check("signature").status is CheckStatus.PASSED


def test_encrypted_message(container: Container, issued: Issued) -> None:
    message = encrypt(b"secret", [issued.pair])
    assert decrypt(message, [(issued.pair, container.encryption_key)]).content == b"secret"


def test_sealed_pdf(container: Container, issued: Issued) -> None:
    seal = samples.new_seal(signers=[issued.pair.signing])
    signer = SealSigner(seal, container.signing_key, issued.pair.signing, clock=lambda: samples.NOW)
    data = sign_pdf(documents.single_page(), signer, Stamp(1, 50, 50), time=samples.NOW)
    report = verify_pdf(data, samples.trust(accept=samples.UNASKED))
    assert report.verdict is Verdict.VALID
    assert report.signatures[0].signer_certificate == issued.pair.signing


# ---- what does not fit ----------------------------------------------------------------------
def test_nothing_is_imported_when_the_certificates_are_for_another_key(
    skf_application: SKFApplication, skf_container: SKFContainer
) -> None:
    other = skf_application.create_container("con2")
    other.generate()
    foreign = issue_to(other)
    skf_container.generate()
    with pytest.raises(KeyMismatchError):
        import_delivery(skf_container, foreign.delivered, pair=foreign.pair)
    assert skf_container.key_type(KeyUsage.ENCRYPTION) is None
    assert [skf_container.certificate(usage) for usage in KeyUsage] == [None, None]


def test_the_key_of_a_delivery_is_that_of_the_certificate(skf_container: SKFContainer) -> None:
    skf_container.generate()
    issued = issue_to(skf_container)
    receiver = issued.pair.signing.public_key
    other = KeyEnvelope.seal(SM2PrivateKey.generate(), receiver)  # type: ignore[arg-type]
    with pytest.raises(KeyMismatchError):
        import_delivery(skf_container, other.to_der(), pair=issued.pair)
    assert skf_container.key_type(KeyUsage.ENCRYPTION) is None
    # Without certificates the key alone is imported.
    assert import_delivery(skf_container, other.to_der()) is None
    assert skf_container.public_key(KeyUsage.ENCRYPTION) == other.public_key
    with pytest.raises(KeyMismatchError):
        skf_container.import_certificate(issued.pair.encryption, KeyUsage.ENCRYPTION)


def test_no_pair_no_delivery(container: Container) -> None:
    envelope = KeyEnvelope.seal(SM2PrivateKey.generate(), SM2PrivateKey.generate().public_key)
    with pytest.raises(TokenNotFoundError):
        import_delivery(container, envelope.to_der())
    with pytest.raises(TokenNotFoundError):
        container.import_encryption_key(envelope)


def test_certificates_stay_with_their_pair(container: Container, issued: Issued) -> None:
    for usage, certificate in ((KeyUsage.SIGNING, issued.pair.encryption), (KeyUsage.ENCRYPTION, issued.pair.signing)):
        with pytest.raises(KeyMismatchError):
            container.import_certificate(certificate, usage)
    assert container.certificate() == issued.pair.signing


def test_rsa_in_the_token(skf_driver: SKFDriver, skf_container: SKFContainer) -> None:
    """A signing pair of RSA signs certificates' requests and messages too."""
    public_key = skf_container.generate(TokenKeyType.RSA_2048)
    assert skf_container.key_type(KeyUsage.SIGNING) is TokenKeyType.RSA_2048
    key = skf_container.signing_key
    for hash_name in ("sha256", "sha512", "sm3"):
        used = key.using(hash_name=hash_name)
        used.public_key.verify(used.sign(b"message"), b"message")
    assert key.public_key == public_key
    assert skf_driver.policy == DEFAULT_POLICY.allowing("rsa-1024")


# ---- one token behind two drivers -----------------------------------------------------------
def test_what_pkcs11_made_is_there_through_skf(pkcs11_container: PKCS11Container) -> None:
    issued = provision(pkcs11_container)
    with open_token(SKFUri(None, "00a1", APPLICATION, "con1")) as token:
        assert token.container is not None
        assert [token.container.certificate(usage) for usage in KeyUsage] == [
            issued.pair.signing,
            issued.pair.encryption,
        ]
        token.login(USER_PIN)
        issued.pair.signing.public_key.verify(token.key().sign(b"message"), b"message")  # type: ignore[union-attr]
        ciphertext = issued.encryption_key.public_key.encrypt(b"secret")
        assert token.key(KeyUsage.ENCRYPTION).decrypt(ciphertext) == b"secret"  # type: ignore[union-attr]


def test_what_skf_made_is_there_through_pkcs11(skf_container: SKFContainer, monkeypatch: pytest.MonkeyPatch) -> None:
    issued = provision(skf_container)
    monkeypatch.setenv("GMPKI_TEST_PIN", USER_PIN)
    uri = PKCS11Uri(
        token=APPLICATION, object="con1", module_path=library_path("pkcs11"), pin_source="env:GMPKI_TEST_PIN"
    )
    signer = open_token_key(uri)
    issued.pair.signing.public_key.verify(signer.sign(b"message"), b"message")  # type: ignore[union-attr]
    decryptor = open_token_key(uri, usage=KeyUsage.ENCRYPTION)
    assert decryptor.decrypt(issued.encryption_key.public_key.encrypt(b"secret")) == b"secret"  # type: ignore[union-attr]
    with open_token(uri) as token:
        assert token.application is not None
        assert "con1" in token.application.containers()
