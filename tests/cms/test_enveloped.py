"""Digital envelopes: written and opened in every profile, by old keys, other forms and other software."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cms.envelope_examples import (
    CONTENT,
    ENCRYPTION_KEY,
    KEYS,
    OLD,
    OLD_KEY,
    OTHER,
    OTHER_KEY,
    PAIR,
    certify,
    changed,
    parts,
    rsa_recipient,
)
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.ber_writer import END_OF_CONTENTS, indefinite_header
from gmpki.asn1.gmt0009 import SM2Cipher
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652 import ContentInfo, EncryptedContentInfo, EnvelopedData, IssuerAndSerialNumber
from gmpki.asn1.rfc5652.enveloped import encode_recipients
from gmpki.cms import ContentCipher, KeyHistory, MessageProfile, Recipient, Variant, decrypt, encrypt
from gmpki.cms.content_ciphers import CipherParameters
from gmpki.errors import DecryptionError, NoRecipientError
from gmpki.keys import pem
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.rsa import EncryptionPadding
from gmpki.keys.sm2 import CiphertextFormat
from gmpki.x509.names import build_name

PROFILES = [
    (MessageProfile.GMT0010, ContentCipher.SM4_CBC),
    (MessageProfile.CFCA, ContentCipher.SM4_CBC),
    (MessageProfile.CFCA, ContentCipher.SM4_GCM),
    *((MessageProfile.RFC5652, cipher) for cipher in ContentCipher),
]
IDS = [f"{profile.name}-{cipher.name}" for profile, cipher in PROFILES]


@pytest.mark.parametrize(("profile", "cipher"), PROFILES, ids=IDS)
@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 5000])
def test_what_was_encrypted_comes_back(profile: MessageProfile, cipher: ContentCipher, length: int) -> None:
    content = bytes(range(250)) * 20
    message = encrypt(memoryview(content)[:length], [PAIR], profile=profile, cipher=cipher)
    opened = decrypt(bytearray(message), KEYS)
    assert opened.content == content[:length]
    assert (opened.cipher, opened.recipient, opened.quirks) == (cipher, PAIR.encryption, ())
    assert repr(content[:length]) not in repr(opened) or length < 2
    assert decrypt(pem.write_pem("CMS", message), KEYS).content == content[:length]


def test_the_shape_of_gmt0010() -> None:
    message = encrypt(CONTENT, [PAIR])
    assert ContentInfo.from_der(message).content_type == oids.GM_ENVELOPED_DATA
    data = parts(message)
    (info,) = data.recipient_infos
    assert (data.version, info.version) == (1, 1)
    assert info.rid == IssuerAndSerialNumber(PAIR.encryption.issuer, PAIR.encryption.serial_number)
    assert info.key_encryption_algorithm == AlgorithmIdentifier(oids.SM2_ENCRYPT)
    assert len(SM2Cipher.from_der(info.encrypted_key).cipher_text) == 16
    inner = data.encrypted_content_info
    assert inner.content_type == oids.GM_DATA
    assert inner.content_encryption_algorithm.algorithm == oids.SM4_CBC
    assert len(der.Reader(inner.content_encryption_algorithm.parameters).octet_string()) == 16


def test_the_shape_of_rfc5652() -> None:
    data = parts(encrypt(CONTENT, [PAIR], profile=MessageProfile.RFC5652))
    assert (data.version, data.recipient_infos[0].version) == (0, 0)
    by_key = Recipient(PAIR.encryption, key_identifier=True)
    data = parts(encrypt(CONTENT, [by_key, OLD], profile=MessageProfile.RFC5652))
    assert data.version == 2
    assert {info.version: isinstance(info.rid, bytes) for info in data.recipient_infos} == {0: False, 2: True}
    data = parts(encrypt(CONTENT, [PAIR], profile=MessageProfile.RFC5652, cipher=ContentCipher.SM4_GCM))
    assert (data.version, len(data.mac), data.authenticated_attributes) == (0, 16, None)


def test_the_shape_of_cfca() -> None:
    message = encrypt(CONTENT, [PAIR, OLD], profile=MessageProfile.CFCA)
    assert ContentInfo.from_der(message).content_type == oids.GM_ENVELOPED_DATA
    data = parts(message)
    assert data.version == 2
    assert {info.version for info in data.recipient_infos} == {2}
    # What the certificate says, or for one that says nothing the SHA-1 digest of the key.
    assert PAIR.encryption.subject_key_identifier in {info.rid for info in data.recipient_infos}
    assert {len(info.rid) for info in data.recipient_infos} == {20}
    assert data.encrypted_content_info.content_encryption_algorithm.algorithm == oids.SM4
    for keys in (KEYS, [(OLD, OLD_KEY)]):
        variants = decrypt(message, keys).variants
        assert variants == (Variant.KEY_IDENTIFIER_RECIPIENT, Variant.CIPHER_WITHOUT_MODE)
    by_name = encrypt(CONTENT, [Recipient(OLD, key_identifier=False)], profile=MessageProfile.CFCA)
    assert (parts(by_name).version, parts(by_name).recipient_infos[0].version) == (1, 1)


def test_every_recipient_opens_it_and_nobody_else() -> None:
    certificate, rsa = rsa_recipient()
    message = encrypt(CONTENT, [PAIR, certificate, OLD])
    for keys in (KEYS, [(certificate, rsa)], [(OLD, OLD_KEY)], [*KEYS, (OLD, OLD_KEY)]):
        assert decrypt(message, keys).content == CONTENT
    with pytest.raises(NoRecipientError, match="2a of"):
        decrypt(message, [(OTHER, OTHER_KEY)])


@pytest.mark.parametrize("number", range(3))
def test_messages_differ_every_time(number: int) -> None:
    recipients = [[PAIR], [PAIR, OLD], [rsa_recipient()[0]]][number]
    one, other = (parts(encrypt(CONTENT, recipients)) for _ in range(2))
    assert one.encrypted_content_info != other.encrypted_content_info
    assert one.recipient_infos[0].encrypted_key != other.recipient_infos[0].encrypted_key


# ---- RSA ----------------------------------------------------------------------------------
@pytest.mark.parametrize("padding", [None, *EncryptionPadding], ids=str)
@pytest.mark.parametrize("cipher", [ContentCipher.SM4_CBC, ContentCipher.AES256_GCM], ids=lambda one: one.name)
def test_rsa_recipients(padding: EncryptionPadding | None, cipher: ContentCipher) -> None:
    certificate, rsa = rsa_recipient()
    recipient = Recipient(certificate, padding=padding)
    message = encrypt(CONTENT, [recipient], profile=MessageProfile.RFC5652, cipher=cipher)
    expected = oids.RSA_OAEP if padding is EncryptionPadding.OAEP else oids.RSA_ENCRYPTION
    assert parts(message).recipient_infos[0].key_encryption_algorithm.algorithm == expected
    assert decrypt(message, [(certificate, rsa)]).content == CONTENT


def test_the_cryptography_package_opens_ours() -> None:
    from cryptography.hazmat.primitives.serialization import load_der_private_key, pkcs7
    from cryptography.x509 import load_der_x509_certificate

    certificate, rsa = rsa_recipient()
    message = encrypt(CONTENT, [certificate], profile=MessageProfile.RFC5652, cipher=ContentCipher.AES128_CBC)
    key: Any = load_der_private_key(rsa.to_der(), None)
    assert pkcs7.pkcs7_decrypt_der(message, load_der_x509_certificate(certificate.der), key, []) == CONTENT


def test_we_open_those_of_the_cryptography_package() -> None:
    from cryptography.hazmat.primitives.ciphers.algorithms import AES256
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
    from cryptography.x509 import load_der_x509_certificate

    certificate, rsa = rsa_recipient()
    recipient = load_der_x509_certificate(certificate.der)
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(CONTENT).add_recipient(recipient)
    message = builder.set_content_encryption_algorithm(AES256).encrypt(Encoding.DER, [pkcs7.PKCS7Options.Binary])
    assert decrypt(message, [(certificate, rsa)]).content == CONTENT


# ---- keys of other times -----------------------------------------------------------------
def test_old_envelopes_open_after_the_renewal() -> None:
    history = KeyHistory([*KEYS, (OLD, OLD_KEY)])
    assert len(history) == 2
    for certificate in (PAIR.encryption, OLD):
        opened = decrypt(encrypt(CONTENT, [certificate]), history)
        assert (opened.content, opened.recipient) == (CONTENT, certificate)


def test_one_key_renewed_under_a_new_certificate() -> None:
    """Either certificate names the key; by key identifier the first of the history is taken."""
    renewed = certify(ENCRYPTION_KEY.public_key, 52, key_identifier=b"key of the owner 042")
    history = KeyHistory([(renewed, ENCRYPTION_KEY), *KEYS])
    assert decrypt(encrypt(CONTENT, [PAIR]), history).recipient == PAIR.encryption
    assert decrypt(encrypt(CONTENT, [PAIR], profile=MessageProfile.CFCA), history).recipient == renewed


def test_the_issuer_is_found_in_other_spellings() -> None:
    name = build_name(("C", "cn"), ("O", "示例市数字证书认证中心 "), ("CN", "示例根"))
    rid = IssuerAndSerialNumber(name, 42)
    assert decrypt(changed(encrypt(CONTENT, [PAIR]), info={"rid": rid}), KEYS).content == CONTENT


# ---- forms that are met -------------------------------------------------------------------
@pytest.mark.parametrize(
    ("algorithm", "variants"),
    [
        (AlgorithmIdentifier(oids.SM2_ENCRYPT, NULL), ()),
        (AlgorithmIdentifier(oids.SM2_EXCHANGE), (Variant.EXCHANGE_AS_KEY_ENCRYPTION,)),
        (AlgorithmIdentifier(oids.SM2), (Variant.PUBLIC_KEY_AS_KEY_ENCRYPTION,)),
        (PAIR.encryption.public_key_info.algorithm, (Variant.PUBLIC_KEY_AS_KEY_ENCRYPTION,)),
        (AlgorithmIdentifier(oids.EC_PUBLIC_KEY), (Variant.PUBLIC_KEY_AS_KEY_ENCRYPTION,)),
    ],
    ids=["null", "gmssl3", "curve", "bjca", "bare"],
)
def test_other_names_of_the_key_encryption(algorithm: AlgorithmIdentifier, variants: tuple[Variant, ...]) -> None:
    opened = decrypt(changed(encrypt(CONTENT, [PAIR]), info={"key_encryption_algorithm": algorithm}), KEYS)
    assert (opened.content, opened.variants) == (CONTENT, variants)


RAW = [
    CiphertextFormat.C1C3C2,
    CiphertextFormat.C1C3C2_BARE,
    CiphertextFormat.C1C2C3,
    CiphertextFormat.C1C2C3_BARE,
    CiphertextFormat.C1C3C2_COMPRESSED,
]


class Token:
    """A key that lives elsewhere: it takes the ciphertext of the standard and nothing else."""

    def __init__(self, key: Any) -> None:
        self._key = key
        self.asked = 0

    @property
    def public_key(self) -> Any:
        return self._key.public_key

    def decrypt(self, ciphertext: Any) -> Any:
        self.asked += 1
        return self._key.decrypt(ciphertext, formats=CiphertextFormat.DER)


@pytest.mark.parametrize("form", RAW, ids=lambda form: form.name)
@pytest.mark.parametrize("token", [False, True], ids=["software", "token"])
def test_raw_ciphertexts(form: CiphertextFormat, token: bool) -> None:
    message = encrypt(CONTENT, [PAIR])
    encrypted = parts(message).recipient_infos[0].encrypted_key
    raw = SM2Ciphertext.from_bytes(encrypted, CiphertextFormat.DER).to_bytes(form)
    keys: Any = [(PAIR, Token(ENCRYPTION_KEY))] if token else KEYS
    opened = decrypt(changed(message, info={"encrypted_key": raw}), keys)
    assert (opened.content, opened.variants) == (CONTENT, (Variant.RAW_CIPHERTEXT,))


def test_a_token_is_asked_once_for_the_form_of_the_standard() -> None:
    token = Token(ENCRYPTION_KEY)
    assert decrypt(encrypt(CONTENT, [PAIR]), [(PAIR, token)]).content == CONTENT
    assert token.asked == 1


def test_gcm_in_enveloped_data() -> None:
    """The tag stands behind the encrypted content, where there is no other place for it."""
    message = encrypt(CONTENT, [PAIR])
    key = ENCRYPTION_KEY.decrypt(parts(message).recipient_infos[0].encrypted_key)
    parameters = CipherParameters.new(ContentCipher.SM4_GCM)
    ciphertext, tag = parameters.encrypt(key, CONTENT)
    assert tag is not None
    inner = {"content_encryption_algorithm": parameters.algorithm, "encrypted_content": ciphertext + tag}
    opened = decrypt(changed(message, inner=inner), KEYS)
    assert (opened.content, opened.variants) == (CONTENT, (Variant.TAG_IN_CONTENT,))
    for broken in (ciphertext, ciphertext + tag[:-1], b"\x00" + ciphertext + tag, tag):
        inner["encrypted_content"] = broken
        with pytest.raises(DecryptionError):
            decrypt(changed(message, inner=inner), KEYS)


@pytest.mark.parametrize(
    ("profile", "inner", "variants"),
    [
        (MessageProfile.GMT0010, oids.DATA, (Variant.INNER_PKCS7_TYPE,)),
        (MessageProfile.RFC5652, oids.GM_DATA, (Variant.INNER_GM_TYPE,)),
        (MessageProfile.RFC5652, oids.SIGNED_DATA, ()),
    ],
    ids=["gm", "pkcs7", "signed"],
)
def test_content_types(profile: MessageProfile, inner: str, variants: tuple[Variant, ...]) -> None:
    opened = decrypt(encrypt(CONTENT, [PAIR], profile=profile, content_type=inner), KEYS)
    assert (opened.content_type, opened.variants) == (inner, variants)


def test_a_content_type_is_authenticated_with_gcm() -> None:
    message = encrypt(
        CONTENT,
        [PAIR],
        profile=MessageProfile.RFC5652,
        cipher=ContentCipher.AES128_GCM,
        content_type=oids.SIGNED_DATA,
    )
    assert parts(message).authenticated_attributes
    assert decrypt(message, KEYS).content_type == oids.SIGNED_DATA


@given(st.lists(st.integers(0, 40), max_size=30))
def test_ber_with_segments(lengths: list[int]) -> None:
    """Indefinite lengths all the way down, the encrypted content cut anywhere."""
    data = parts(encrypt(CONTENT * 4, [PAIR]))
    inner: EncryptedContentInfo = data.encrypted_content_info
    rest, segments = inner.encrypted_content or b"", []
    for length in lengths:
        segments.append(der.encode_octet_string(rest[:length]))
        rest = rest[length:]
    segments.append(der.encode_octet_string(rest))

    def wrap(tag: int, *contents: bytes) -> bytes:
        return indefinite_header(tag) + b"".join(contents) + END_OF_CONTENTS

    body = wrap(
        0x30,
        der.encode_integer(1),
        encode_recipients(data.recipient_infos),
        wrap(
            0x30,
            der.encode_oid(inner.content_type),
            inner.content_encryption_algorithm.to_der(),
            wrap(0xA0, *segments),
        ),
    )
    opened = decrypt(wrap(0x30, der.encode_oid(oids.GM_ENVELOPED_DATA), wrap(0xA0, body)), KEYS)
    assert opened.content == CONTENT * 4
    assert QuirkKind.INDEFINITE_LENGTH in {quirk.kind for quirk in opened.quirks}


def test_recipients_of_other_kinds_are_passed_over() -> None:
    from gmpki.asn1.rfc5652 import OtherRecipientInfo

    message = encrypt(CONTENT, [PAIR])
    frame = ContentInfo.from_der(message)
    assert frame.content is not None
    data = EnvelopedData.from_der(frame.content)
    password = OtherRecipientInfo(bytes.fromhex("A3053003020100"))
    more = EnvelopedData(3, None, (password, *data.recipient_infos), data.encrypted_content_info)
    assert decrypt(ContentInfo(frame.content_type, more.to_der()).to_der(), KEYS).content == CONTENT
    only = EnvelopedData(3, None, (password,), data.encrypted_content_info)
    with pytest.raises(NoRecipientError, match="another way"):
        decrypt(ContentInfo(frame.content_type, only.to_der()).to_der(), KEYS)
