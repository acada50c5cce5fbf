"""Encryption keys delivered in envelopes: pairs of RSA, of SM2 and of both."""

from __future__ import annotations

from typing import Any

import pytest

import hostile
from cms.envelope_examples import ENCRYPTION_KEY, OTHER_KEY, PAIR, SIGNING_KEY, certify, changed, flipped, parts
from gmpki import oids
from gmpki.asn1.rfc5280.ext_keys import KeyUsages
from gmpki.asn1.rfc5652 import ContentInfo
from gmpki.cms import ContentCipher, EnvelopedDelivery, MessageProfile, Recipient, encrypt, open_enveloped_delivery
from gmpki.errors import (
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    MessageError,
    NoRecipientError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.rsa import EncryptionPadding
from gmpki.x509.delivery import KeyDelivery
from gmpki.x509.pair import CertificatePair
from gmpki.x509.profile import Profile, profile_text
from rsa_keys import rsa_key
from x509.pair_examples import AT, OWNER, SIGNING_USAGES, issuer

RSA_ENCRYPTION = rsa_key("encryption")
PAIRS: dict[str, tuple[CertificatePair, Any, Any]] = {
    "rsa": (
        CertificatePair(
            certify(rsa_key().public_key, 80, SIGNING_USAGES),
            certify(RSA_ENCRYPTION.public_key, 81, KeyUsages.KEY_ENCIPHERMENT),
        ),
        rsa_key(),
        RSA_ENCRYPTION,
    ),
    "sm2": (PAIR, SIGNING_KEY, ENCRYPTION_KEY),
    "sm2 signs, rsa encrypts": (
        CertificatePair(
            certify(SIGNING_KEY.public_key, 82, SIGNING_USAGES),
            certify(RSA_ENCRYPTION.public_key, 83, KeyUsages.KEY_ENCIPHERMENT),
        ),
        SIGNING_KEY,
        RSA_ENCRYPTION,
    ),
}
DELIVERIES = [
    EnvelopedDelivery(),
    EnvelopedDelivery(ContentCipher.SM4_GCM),
    EnvelopedDelivery(ContentCipher.SM4_CBC, EncryptionPadding.PKCS1V15),
]
IDS = ["default", "gcm", "pkcs1"]
pair_of_each = pytest.mark.parametrize("kind", list(PAIRS))
each_delivery = pytest.mark.parametrize("delivery", DELIVERIES, ids=IDS)


@pair_of_each
@each_delivery
def test_the_owner_opens_it(kind: str, delivery: EnvelopedDelivery) -> None:
    pair, signing, encryption = PAIRS[kind]
    assert isinstance(delivery, KeyDelivery)
    delivery.check(encryption, signing.public_key)
    opened = open_enveloped_delivery(delivery.deliver(encryption, pair), pair, signing)
    assert opened.to_der() == encryption.to_der()


@pytest.mark.once
@pair_of_each
@each_delivery
def test_changed_ones_give_no_key(kind: str, delivery: EnvelopedDelivery) -> None:
    """Without an authenticating cipher too: another key than that of the certificate is none."""
    pair, signing, encryption = PAIRS[kind]
    message = delivery.deliver(encryption, pair)
    content = parts(message).encrypted_content_info.encrypted_content
    for place in range(0, len(content), max(1, len(content) // 12)):
        broken = changed(message, inner={"encrypted_content": flipped(content, place)})
        with pytest.raises(DecryptionError) as caught:
            open_enveloped_delivery(broken, pair, signing)
        assert type(caught.value) is DecryptionError
    broken = changed(message, info={"encrypted_key": flipped(parts(message).recipient_infos[0].encrypted_key)})
    with pytest.raises(DecryptionError):
        open_enveloped_delivery(broken, pair, signing)


@pytest.mark.parametrize("content", [b"", b"no key", OTHER_KEY.to_der(), rsa_key().to_der()], ids=["0", "1", "2", "3"])
def test_what_is_no_key_of_the_certificate(content: bytes) -> None:
    """Whoever can write to the owner can put anything inside; it is the same error as what cannot be decrypted."""
    message = encrypt(content, [Recipient(PAIR.signing, any_usage=True)], profile=MessageProfile.RFC5652)
    with pytest.raises(DecryptionError) as caught:
        open_enveloped_delivery(message, PAIR, SIGNING_KEY)
    assert str(caught.value) == DecryptionError.MESSAGE


@pytest.mark.parametrize("kind", ["rsa", "sm2 signs, rsa encrypts"])
def test_an_authority_issues_pairs_with_it(kind: str) -> None:
    _, signing, encryption = PAIRS[kind]
    text = profile_text("organisation").replace('["SM2"]', '["SM2", "RSA"]').replace(', "keyAgreement"', "")
    profile = Profile.from_toml(text)
    applicant = (OWNER, signing.public_key)
    issued = issuer().issue_pair(applicant, encryption, profile, delivery=EnvelopedDelivery(), at=AT)
    assert issued.delivery is not None
    assert open_enveloped_delivery(issued.delivery, issued.pair, signing).to_der() == encryption.to_der()


def test_keys_of_other_kinds() -> None:
    delivery, other = DELIVERIES[0], ECDSAPrivateKey.generate("P-256")
    for encryption, signing in (
        (other, SIGNING_KEY.public_key),
        (ENCRYPTION_KEY, other.public_key),
        (None, SIGNING_KEY.public_key),
        (ENCRYPTION_KEY.public_key, SIGNING_KEY.public_key),
        (ENCRYPTION_KEY, SIGNING_KEY),
    ):
        with pytest.raises(UnsupportedAlgorithm):
            delivery.check(encryption, signing)
    with pytest.raises(UnsupportedAlgorithm):
        delivery.deliver(other, PAIR)


def test_what_does_not_belong_together() -> None:
    delivery, message = DELIVERIES[0], DELIVERIES[0].deliver(ENCRYPTION_KEY, PAIR)
    with pytest.raises(KeyMismatchError):
        delivery.deliver(OTHER_KEY, PAIR)
    with pytest.raises(KeyMismatchError):
        open_enveloped_delivery(message, PAIR, OTHER_KEY)
    with pytest.raises(NoRecipientError):
        open_enveloped_delivery(message, PAIRS["rsa"][0], rsa_key())
    with pytest.raises(MessageError):
        open_enveloped_delivery(ContentInfo(oids.GM_DATA, None).to_der(), PAIR, SIGNING_KEY)
    for length in range(0, len(message), 7):
        with pytest.raises(InvalidInputError):
            open_enveloped_delivery(message[:length], PAIR, SIGNING_KEY)


def test_arguments_of_wrong_types() -> None:
    message = DELIVERIES[0].deliver(ENCRYPTION_KEY, PAIR)
    list(hostile.results(open_enveloped_delivery, (message, PAIR, SIGNING_KEY)))
    list(hostile.results(DELIVERIES[0].deliver, (ENCRYPTION_KEY, PAIR)))
    for value in hostile.VALUES:
        with pytest.raises(InvalidTypeError):
            EnvelopedDelivery(value)
        with pytest.raises(GmpkiError):
            EnvelopedDelivery(padding=value)
