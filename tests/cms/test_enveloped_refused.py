"""Envelopes that do not open: one error for every cause that only the holder of the key could tell from another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cms.envelope_examples import (
    CBC,
    CONTENT,
    ENCRYPTION_KEY,
    GCM,
    KEYS,
    LONG,
    OTHER_KEY,
    SIGNING_KEY,
    TYPED,
    algorithm_of,
    changed,
    content_of,
    flipped,
    gcm_changed,
    key_of,
    parts,
    rsa_recipient,
    sealed_key,
    with_content,
    with_key,
)
from gmpki import oids
from gmpki.algorithms import rsa as rsa_algorithm
from gmpki.asn1 import der
from gmpki.asn1.gmt0009 import SM2Cipher
from gmpki.asn1.rfc5084 import GCMParameters
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652 import Attribute, ContentInfo, encode_attributes
from gmpki.cms import ContentCipher, KeyEntry, KeyHistory, MessageProfile, Recipient, decrypt, encrypt
from gmpki.cms.content_ciphers import CipherParameters
from gmpki.cms.recipients import content_key
from gmpki.errors import (
    DecryptionError,
)
from gmpki.keys.rsa import EncryptionPadding


def cipher_part(field: str, value: Any) -> Callable[[], bytes]:
    return lambda: with_key(CBC, replace(SM2Cipher.from_der(key_of(CBC)), **{field: value}).to_der())


def iv_changed(message: bytes, cipher: ContentCipher, iv: bytes) -> bytes:
    parameters = GCMParameters(iv, 16).to_der() if cipher.is_authenticated else der.encode_octet_string(iv)
    return changed(message, inner={"content_encryption_algorithm": AlgorithmIdentifier(cipher.oid, parameters)})


def other_attributes() -> bytes:
    more = (
        Attribute(oids.CONTENT_TYPE, (der.encode_oid(oids.SIGNED_DATA),)),
        Attribute(oids.SIGNING_TIME, (der.encode_sequence(),)),
    )
    return gcm_changed(authenticated_attributes=encode_attributes(more))


# Every cause that only the holder of the key could tell from another.
CAUSES: dict[str, Callable[[], bytes]] = {
    "key: C2 changed": lambda: with_key(CBC, flipped(key_of(CBC))),
    "key: C3 changed": cipher_part("hash", bytes(32)),
    "key: point changed": cipher_part("x", 5),
    "key: point of other message": lambda: with_key(
        CBC,
        replace(
            SM2Cipher.from_der(key_of(CBC)),
            x=SM2Cipher.from_der(key_of(LONG)).x,
            y=SM2Cipher.from_der(key_of(LONG)).y,
        ).to_der(),
    ),
    "key: C2 empty": cipher_part("cipher_text", b""),
    "key: of another message": lambda: with_key(CBC, key_of(LONG)),
    "key: for somebody else": lambda: with_key(CBC, sealed_key(bytes(16), OTHER_KEY)),
    "key: for the signing key": lambda: with_key(CBC, sealed_key(bytes(16), SIGNING_KEY)),
    "key: a wrong one": lambda: with_key(CBC, sealed_key(bytes(16))),
    "key: 15 bytes": lambda: with_key(CBC, sealed_key(bytes(15))),
    "key: 17 bytes": lambda: with_key(CBC, sealed_key(bytes(17))),
    "key: 1 byte": lambda: with_key(CBC, sealed_key(b"k")),
    "key: 1 MiB": lambda: with_key(CBC, sealed_key(bytes(1 << 20))),
    "key: empty": lambda: with_key(CBC, b""),
    "key: one byte": lambda: with_key(CBC, b"\x04"),
    "key: raw and no point": lambda: with_key(CBC, b"\x04" + bytes(112)),
    "key: no DER and no raw form": lambda: with_key(CBC, b"\x30\x80" + bytes(110)),
    "key: truncated": lambda: with_key(CBC, key_of(CBC)[:-1]),
    "key: one byte more": lambda: with_key(CBC, key_of(CBC) + b"\x00"),
    "content: empty": lambda: with_content(CBC, b""),
    "content: no whole block": lambda: with_content(CBC, content_of(CBC)[:-1]),
    "content: one byte more": lambda: with_content(CBC, content_of(CBC) + b"\x00"),
    "content: of another message": lambda: with_content(LONG, content_of(CBC)),
    "content: last block gone": lambda: with_content(LONG, content_of(LONG)[:-16]),
    "content: padding changed": lambda: iv_changed(
        CBC, ContentCipher.SM4_CBC, flipped(CipherParameters.read(algorithm_of(CBC)).iv)
    ),
    "content: block before the padding changed": lambda: with_content(LONG, flipped(content_of(LONG), -17)),
    "gcm: tag changed": lambda: gcm_changed(mac=flipped(parts(GCM).mac)),
    "gcm: tag of zeros": lambda: gcm_changed(mac=bytes(16)),
    "gcm: content changed": lambda: with_content(GCM, flipped(content_of(GCM))),
    "gcm: content shorter": lambda: with_content(GCM, content_of(GCM)[:-1]),
    "gcm: content empty": lambda: with_content(GCM, b""),
    "gcm: nonce changed": lambda: iv_changed(GCM, ContentCipher.SM4_GCM, bytes(12)),
    "gcm: nonce of another length": lambda: iv_changed(GCM, ContentCipher.SM4_GCM, bytes(16)),
    "gcm: attributes changed": other_attributes,
    "gcm: attributes gone": lambda: ContentInfo(
        oids.AUTH_ENVELOPED_DATA,
        replace(parts(changed(TYPED, inner={"content_type": oids.DATA})), authenticated_attributes=None).to_der(),
    ).to_der(),
    "gcm: key changed": lambda: with_key(GCM, flipped(key_of(GCM))),
    "gcm: a wrong key": lambda: with_key(GCM, sealed_key(bytes(16))),
    "gcm: cipher changed": lambda: changed(
        GCM, inner={"content_encryption_algorithm": AlgorithmIdentifier(oids.AES128_GCM, algorithm_of(GCM).parameters)}
    ),
    "cipher changed": lambda: changed(
        LONG,
        inner={"content_encryption_algorithm": AlgorithmIdentifier(oids.AES256_CBC, algorithm_of(LONG).parameters)},
    ),
}


def shown(error: BaseException) -> tuple[Any, ...]:
    """Everything about an error that a caller, a log or a traceback can see."""
    visible_cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return type(error), str(error), repr(error), error.args, vars(error), visible_cause


@pytest.mark.parametrize("cause", list(CAUSES))
def test_one_error_for_every_cause(cause: str) -> None:
    message = CAUSES[cause]()
    with pytest.raises(DecryptionError) as caught:
        decrypt(message, KEYS)
    assert shown(caught.value) == shown(DecryptionError())
    with pytest.raises(DecryptionError) as caught:
        decrypt(message, KEYS, lenient=True)
    assert shown(caught.value) == shown(DecryptionError())


def test_two_causes_are_one_error() -> None:
    """A wrong key, which SM2 itself finds, and a wrong padding, which the content shows."""
    seen = set()
    for cause in ("key: C3 changed", "content: padding changed", "gcm: tag changed", "key: 15 bytes"):
        with pytest.raises(DecryptionError) as caught:
            decrypt(CAUSES[cause](), KEYS)
        seen.add(repr(shown(caught.value)))
    assert len(seen) == 1


@pytest.mark.parametrize("cause", [cause for cause in CAUSES if cause.startswith("key")])
def test_the_content_is_decrypted_whatever_becomes_of_the_key(cause: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is the same: the content goes through the cipher once, all of it, with a key of its length."""
    worked: list[tuple[int, int]] = []
    real = CipherParameters.decrypt

    def spy(self: CipherParameters, key: Any, ciphertext: Any, *rest: Any, **options: Any) -> bytes:
        worked.append((len(key), len(ciphertext)))
        return real(self, key, ciphertext, *rest, **options)

    monkeypatch.setattr(CipherParameters, "decrypt", spy)
    with pytest.raises(DecryptionError):
        decrypt(CAUSES[cause](), KEYS)
    assert worked == [(16, 16)]


def test_a_doomed_key_never_opens_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """When SM2 has said that there is no key, the random one fails even where its padding happens to be right."""
    monkeypatch.setattr("gmpki.cms.recipients.rand.random_bytes", lambda _: ENCRYPTION_KEY.decrypt(key_of(CBC)))
    with pytest.raises(DecryptionError):
        decrypt(with_key(CBC, flipped(key_of(CBC))), KEYS)


# ---- RSA ----------------------------------------------------------------------------------
def rsa_message(cipher: ContentCipher = ContentCipher.AES128_GCM, padding: Any = None) -> bytes:
    recipient = Recipient(rsa_recipient()[0], padding=padding)
    return encrypt(CONTENT, [recipient], profile=MessageProfile.RFC5652, cipher=cipher)


def rsa_sealed(key: bytes) -> bytes:
    return rsa_recipient()[1].public_key.encrypt(key, padding=EncryptionPadding.PKCS1V15)


def rsa_raw(block: bytes) -> bytes:
    """Encrypt a number as it is, whatever its padding."""
    modulus, exponent = rsa_algorithm.PublicHandle.from_der(rsa_recipient()[1].public_key.to_der()).numbers()
    return pow(int.from_bytes(block, "big"), exponent, modulus).to_bytes(256, "big")


RSA_KEYS: dict[str, Callable[[], bytes]] = {
    "changed": lambda: flipped(key_of(rsa_message())),
    "wrong key": lambda: rsa_sealed(bytes(16)),
    "15 bytes": lambda: rsa_sealed(bytes(15)),
    "17 bytes": lambda: rsa_sealed(bytes(17)),
    "empty key": lambda: rsa_sealed(b""),
    "longest key": lambda: rsa_sealed(bytes(245)),
    "block type 1": lambda: rsa_raw(b"\x00\x01" + b"\xff" * 237 + b"\x00" + bytes(16)),
    "no zero": lambda: rsa_raw(b"\x00\x02" + b"\xff" * 254),
    "zero too early": lambda: rsa_raw(b"\x00\x02\xff\x00" + b"\xff" * 252),
    "first byte 1": lambda: rsa_raw(b"\x01\x02" + b"\x05" * 237 + b"\x00" + bytes(16)),
    "zero": lambda: bytes(256),
    "one": lambda: bytes(255) + b"\x01",
    "not below the modulus": lambda: b"\xff" * 256,
    "too short": lambda: key_of(rsa_message())[:-1],
    "too long": lambda: key_of(rsa_message()) + b"\x00",
    "no bytes": lambda: b"",
}


class RSAToken:
    """An RSA key elsewhere, which says it when the padding is wrong."""

    def __init__(self, key: Any) -> None:
        self._key = key

    @property
    def public_key(self) -> Any:
        return self._key.public_key

    def decrypt(self, ciphertext: Any) -> Any:
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

        try:
            return self._key._handle._key.decrypt(bytes(ciphertext), PKCS1v15())
        except ValueError:
            raise DecryptionError from None


@pytest.mark.parametrize("where", ["software", "token"])
@pytest.mark.parametrize("cause", list(RSA_KEYS))
def test_one_error_for_every_rsa_key(cause: str, where: str) -> None:
    certificate, key = rsa_recipient()
    keys: Any = [(certificate, RSAToken(key) if where == "token" else key)]
    message = rsa_message()
    assert decrypt(message, keys).content == CONTENT
    with pytest.raises(DecryptionError) as caught:
        decrypt(with_key(message, RSA_KEYS[cause]()), keys)
    assert shown(caught.value) == shown(DecryptionError())


@pytest.mark.parametrize("where", ["software", "token"])
@pytest.mark.parametrize("cause", list(RSA_KEYS))
def test_a_wrong_rsa_key_is_always_the_same_key(cause: str, where: str) -> None:
    """The substitute depends on the ciphertext alone, as a real key does: whoever asks twice learns nothing."""
    certificate, key = rsa_recipient()
    entry = KeyEntry(certificate, RSAToken(key) if where == "token" else key)
    data = parts(with_key(rsa_message(), RSA_KEYS[cause]()))
    parameters = CipherParameters(
        ContentCipher.SM4_CBC, bytes(16), 0, AlgorithmIdentifier(oids.SM4_CBC, der.encode_octet_string(bytes(16)))
    )
    found = set()
    for _ in range(2):
        unwrapped = content_key(data.recipient_infos, KeyHistory([entry]), 16)
        context = unwrapped.decryptor(parameters)
        found.add(context.update(bytes(32)))
    assert len(found) == 1


def test_oaep_fails_in_the_same_way() -> None:
    certificate, key = rsa_recipient()
    message = rsa_message(padding=EncryptionPadding.OAEP)
    for broken in (
        flipped(key_of(message)),
        rsa_recipient()[1].public_key.encrypt(bytes(15)),
        rsa_recipient()[1].public_key.encrypt(bytes(16), hash_name="sha512"),
        rsa_sealed(bytes(16)),
        b"",
    ):
        with pytest.raises(DecryptionError) as caught:
            decrypt(with_key(message, broken), [(certificate, key)])
        assert shown(caught.value) == shown(DecryptionError())
