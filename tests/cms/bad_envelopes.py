"""Rows of the table of bad inputs: envelopes of every kind, encrypted and digested data."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cms import envelope_examples as envelopes
from cms import signers
from cms.bad_rows import KEY, KINDS, Row, nested, rows
from cms.envelope_examples import (
    CBC,
    CONTENT,
    GCM,
    KEYS,
    PAIR,
    changed,
    content_of,
    flipped,
    gcm_changed,
    key_of,
    parts,
    settled,
)
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.gmt0009 import SM2Cipher
from gmpki.asn1.gmt0010 import SignedAndEnvelopedData
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652 import ContentInfo, EnvelopedData, OtherRecipientInfo
from gmpki.cms import (
    ContentCipher,
    MessageProfile,
    Recipient,
    decrypt,
    decrypt_with_key,
    digest_content,
    encrypt,
    encrypt_with_key,
    open_signed_and_enveloped,
    read_digested,
    sign_and_encrypt,
)
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    KeyMismatchError,
    MessageError,
    NoRecipientError,
    ProfileError,
    UnsupportedAlgorithm,
)

UNIFORM = DecryptionError.MESSAGE
P = 2**256 - 2**224 - 2**96 + 2**64 - 1  # of the curve


def opened(data: bytes) -> object:
    return decrypt(data, KEYS)


def key_of_bytes(encrypted: bytes) -> object:
    """Open an envelope with another encrypted key."""
    return opened(changed(CBC, info={"encrypted_key": encrypted}))


def key_part(**fields: Any) -> object:
    """Open an envelope in whose encrypted key a part is another."""
    return key_of_bytes(replace(SM2Cipher.from_der(key_of(CBC)), **fields).to_der())


def with_cipher(oid: str, parameters: bytes | None, message: bytes = CBC) -> bytes:
    """Name another cipher."""
    return changed(message, inner={"content_encryption_algorithm": AlgorithmIdentifier(oids.find(oid), parameters)})


def with_key_cipher(oid: str) -> bytes:
    return changed(CBC, info={"key_encryption_algorithm": AlgorithmIdentifier(oids.find(oid))})


def only_other_recipients() -> bytes:
    content = replace(parts(CBC), recipient_infos=(OtherRecipientInfo(b"\xa1\x02\x05\x00"),))
    return ContentInfo(oids.GM_ENVELOPED_DATA, content.to_der()).to_der()


def without_recipients() -> bytes:
    encoded = parts(CBC).to_der()
    infos = der.encode_set_of([info.to_der() for info in parts(CBC).recipient_infos])
    fields = encoded[der.Reader(encoded).sequence().offset :].replace(infos, der.encode_set_of([]))
    return ContentInfo(oids.GM_ENVELOPED_DATA, der.encode_sequence(fields)).to_der()


def many_recipients() -> bytes:
    content: EnvelopedData = replace(parts(CBC), recipient_infos=parts(CBC).recipient_infos * 5000)
    return ContentInfo(oids.GM_ENVELOPED_DATA, content.to_der()).to_der()


def both(**options: Any) -> bytes:
    return sign_and_encrypt(CONTENT, signers.person().spec(attributes=False), [PAIR], **options)


def open_both(data: bytes, **trust: Any) -> object:
    return open_signed_and_enveloped(data, KEYS, signers.trust(**trust))


def both_changed(**fields: Any) -> bytes:
    content = SignedAndEnvelopedData.from_der(ContentInfo.from_der(both()).content or b"")
    found = {name: change(content) for name, change in fields.items()}
    return ContentInfo(oids.GM_SIGNED_AND_ENVELOPED_DATA, replace(content, **found).to_der()).to_der()


def signature_changed() -> bytes:
    other = sign_and_encrypt(b"other", signers.person().spec(attributes=False), [PAIR])
    swapped = SignedAndEnvelopedData.from_der(ContentInfo.from_der(other).content or b"").signer_infos
    return both_changed(signer_infos=lambda _: swapped)


ENVELOPES: list[Row] = rows(
    (
        "recipient-wrong",
        "the keys of somebody else",
        lambda: decrypt(CBC, [(envelopes.OTHER, envelopes.OTHER_KEY)]),
        NoRecipientError,
        "no key is at hand",
    ),
    (
        "recipient-signing-key",
        "opened with the signing key under the encryption certificate",
        lambda: decrypt(CBC, [(PAIR.encryption, envelopes.SIGNING_KEY)]),
        KeyMismatchError,
        "private key",
    ),
    (
        "recipient-signing-certificate",
        "the signing pair of key and certificate",
        lambda: decrypt(CBC, [(PAIR.signing, envelopes.SIGNING_KEY)]),
        NoRecipientError,
        "no key is at hand",
    ),
    (
        "recipient-none",
        "its recipients taken out",
        lambda: opened(without_recipients()),
        DecodeError,
        "at least one recipient",
    ),
    (
        "recipient-other-kinds-only",
        "a recipient by key agreement alone",
        lambda: opened(only_other_recipients()),
        NoRecipientError,
        "another way",
    ),
    (
        "recipient-too-many",
        "the same recipient five thousand times",
        lambda: opened(many_recipients()),
        DecodeError,
        "more than 4096",
    ),
    ("no-keys", "no keys at all", lambda: decrypt(CBC, []), InvalidInputError, "without keys"),
    (
        "pair:encrypted-to-signing-certificate",
        "told to encrypt to the signing certificate of a pair",
        lambda: encrypt(CONTENT, [PAIR.signing]),
        ProfileError,
        "encryption certificate",
    ),
    ("nobody-receives", "told to encrypt to nobody", lambda: encrypt(CONTENT, []), InvalidInputError, "recipient"),
    (
        "profile:key-identifier",
        "GM/T 0010 told to name a recipient by key identifier",
        lambda: encrypt(CONTENT, [Recipient(PAIR.encryption, key_identifier=True)]),
        ProfileError,
        "issuer and serial number alone",
    ),
    (
        "profile:gcm",
        "GM/T 0010 told to use GCM",
        lambda: encrypt(CONTENT, [PAIR], cipher=ContentCipher.SM4_GCM),
        ProfileError,
        "not SM4_GCM",
    ),
    (
        "content-elsewhere",
        "the encrypted content left out",
        lambda: opened(changed(CBC, inner={"encrypted_content": None})),
        MessageError,
        "no-content",
    ),
    ("another-kind", "a signed message handed in", lambda: opened(signers.message()), MessageError, "not-enveloped"),
    (
        "cipher-unknown",
        "a cipher that nobody knows",
        lambda: opened(with_cipher("1.2.3", None)),
        UnsupportedAlgorithm,
        "1.2.3",
    ),
    (
        "cipher-ecb",
        "ECB, which shows equal blocks",
        lambda: opened(with_cipher(oids.SM4_ECB, None)),
        UnsupportedAlgorithm,
        "ECB",
    ),
    (
        "cipher-without-iv",
        "the IV left out",
        lambda: opened(with_cipher(oids.SM4_CBC, None)),
        DecodeError,
        "without parameters",
    ),
    (
        "iv-short",
        "an IV of 15 bytes",
        lambda: opened(with_cipher(oids.SM4_CBC, der.encode_octet_string(bytes(15)))),
        DecodeError,
        "16 bytes expected",
    ),
    (
        "parameters-too-deep",
        "parameters of a thousand levels",
        lambda: opened(with_cipher(oids.SM4_CBC, nested(1000))),
        DecodeError,
        "nested too deeply",
    ),
    (
        "tag-of-four-bytes",
        "a tag length that GCM does not have",
        lambda: opened(
            with_cipher(
                oids.SM4_GCM, der.encode_sequence(der.encode_octet_string(bytes(12)), der.encode_integer(4)), GCM
            )
        ),
        DecodeError,
        "a tag has",
    ),
    (
        "tag-cut",
        "the tag cut to 12 bytes where 16 are named",
        lambda: opened(gcm_changed(mac=parts(GCM).mac[:12])),
        DecodeError,
        "tag",
    ),
    (
        "nonce-too-long",
        "a nonce of 200 bytes",
        lambda: opened(
            with_cipher(
                oids.SM4_GCM, der.encode_sequence(der.encode_octet_string(bytes(200)), der.encode_integer(16)), GCM
            )
        ),
        DecodeError,
        "a nonce has",
    ),
    (
        "nonce-empty",
        "no nonce",
        lambda: opened(
            with_cipher(oids.SM4_GCM, der.encode_sequence(der.encode_octet_string(b""), der.encode_integer(16)), GCM)
        ),
        DecodeError,
        "a nonce has",
    ),
    (
        "key-algorithm-unknown",
        "an unknown algorithm beside the key",
        lambda: opened(with_key_cipher("1.2.3")),
        UnsupportedAlgorithm,
        "1.2.3",
    ),
    (
        "key-algorithm-rsa",
        "RSA beside an SM2 recipient",
        lambda: opened(with_key_cipher(oids.RSA_ENCRYPTION)),
        UnsupportedAlgorithm,
        "rsaEncryption",
    ),
    (
        "uniform:key-changed",
        "a bit of the encrypted key changed",
        lambda: opened(changed(CBC, info={"encrypted_key": flipped(key_of(CBC))})),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:key-empty",
        "no encrypted key",
        lambda: opened(changed(CBC, info={"encrypted_key": b""})),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:key-of-another-message",
        "the key of another envelope",
        lambda: opened(changed(CBC, info={"encrypted_key": key_of(envelopes.LONG)})),
        DecryptionError,
        UNIFORM,
    ),
    ("uniform:key-hash-short", "C3 a byte short", lambda: key_part(hash=bytes(31)), DecryptionError, UNIFORM),
    ("uniform:key-hash-long", "C3 a byte long", lambda: key_part(hash=bytes(33)), DecryptionError, UNIFORM),
    ("uniform:key-beyond-the-field", "x of C1 with the prime added", lambda: key_part(x=P), DecryptionError, UNIFORM),
    (
        "uniform:key-on-a-twist",
        "C1 a point of order two elsewhere",
        lambda: key_part(x=5, y=0),
        DecryptionError,
        UNIFORM,
    ),
    ("uniform:key-at-infinity", "C1 the point at infinity", lambda: key_of_bytes(b"\x00"), DecryptionError, UNIFORM),
    (
        "uniform:key-cut",
        "the encrypted key a byte short",
        lambda: key_of_bytes(key_of(CBC)[:-1]),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:key-longer",
        "a byte behind the encrypted key",
        lambda: key_of_bytes(key_of(CBC) + b"\x00"),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:key-off-the-curve",
        "the point of the key not on the curve",
        lambda: opened(changed(CBC, info={"encrypted_key": b"\x04" + bytes(112)})),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:key-of-wrong-length",
        "a key of 15 bytes, encrypted as it should be",
        lambda: opened(changed(CBC, info={"encrypted_key": envelopes.sealed_key(bytes(15))})),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:padding",
        "the last block changed",
        lambda: opened(changed(CBC, inner={"encrypted_content": flipped(content_of(CBC))})),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:content-cut",
        "a byte of the content cut off",
        lambda: opened(changed(CBC, inner={"encrypted_content": content_of(CBC)[:-1]})),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:content-empty",
        "the content empty",
        lambda: opened(changed(CBC, inner={"encrypted_content": b""})),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:tag",
        "a bit of the tag changed",
        lambda: opened(gcm_changed(mac=flipped(parts(GCM).mac))),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:gcm-content",
        "a bit of the content changed under GCM",
        lambda: opened(changed(GCM, inner={"encrypted_content": flipped(content_of(GCM))})),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:attributes-not-covered",
        "authenticated attributes added that the tag is not over",
        lambda: opened(
            gcm_changed(authenticated_attributes=parts(envelopes.TYPED).authenticated_attributes, mac=bytes(16))
        ),
        DecryptionError,
        UNIFORM,
    ),
    (
        "uniform:wrong-symmetric-key",
        "EncryptedData under another key",
        lambda: decrypt_with_key(settled("own key", lambda: encrypt_with_key(CONTENT, KEY)), bytes(16)),
        DecryptionError,
        UNIFORM,
    ),
    (
        "symmetric-key-short",
        "EncryptedData with a key of 15 bytes",
        lambda: decrypt_with_key(encrypt_with_key(CONTENT, KEY), KEY[:15]),
        InvalidInputError,
        "16",
    ),
    (
        "both:no-signers",
        "SignedAndEnvelopedData without signers",
        lambda: open_both(both_changed(signer_infos=lambda _: ())),
        MessageError,
        "no-signers",
    ),
    (
        "both:signature-of-another",
        "SignedAndEnvelopedData with the signer of another",
        lambda: open_both(signature_changed()),
        DecryptionError,
        UNIFORM,
    ),
    (
        "both:signer-missing",
        "its certificates left out",
        lambda: open_both(both_changed(certificates=lambda _: ())),
        MessageError,
        "signer-missing",
    ),
    ("both:another-kind", "an envelope handed in", lambda: open_both(CBC), MessageError, "not-signed-and-enveloped"),
    (
        "digested:other-content",
        "DigestedData whose content was changed",
        lambda: read_digested(KINDS["digested"].good.replace(b"content", b"CONTENT")),
        MessageError,
        "digest",
    ),
    (
        "profile:digested",
        "GM/T 0010 told to make DigestedData",
        lambda: digest_content(CONTENT, profile=MessageProfile.GMT0010),
        ProfileError,
        "digested-data",
    ),
)
