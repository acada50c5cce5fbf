"""Envelopes that are refused for what everybody can see in them, and those that are not written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hostile
from cms.envelope_examples import (
    CBC,
    CONTENT,
    ENCRYPTION_KEY,
    GCM,
    KEYS,
    LONG,
    OLD,
    OLD_KEY,
    OTHER,
    OTHER_KEY,
    PAIR,
    SIGNING_KEY,
    TYPED,
    certify,
    changed,
    gcm_changed,
    parts,
    rsa_recipient,
)
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5084 import GCMParameters
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652 import ContentInfo, IssuerAndSerialNumber
from gmpki.cms import ContentCipher, KeyEntry, KeyHistory, MessageProfile, Recipient, decrypt, encrypt
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    GmpkiError,
    InvalidInputError,
    InvalidTypeError,
    KeyMismatchError,
    LimitExceeded,
    MessageError,
    NoRecipientError,
    ProfileError,
    UnsupportedAlgorithm,
)
from gmpki.keys.ecdsa import ECDSAPrivateKey
from gmpki.keys.rsa import EncryptionPadding
from x509.pair_examples import STRANGER


def algorithm(oid: str, parameters: bytes | None = None) -> dict[str, Any]:
    return {"content_encryption_algorithm": AlgorithmIdentifier(oids.find(oid), parameters)}


IV = der.encode_octet_string(bytes(16))
PUBLIC: list[tuple[str, Callable[[], bytes], type[Exception], str]] = [
    ("SM1-CBC", lambda: changed(CBC, inner=algorithm(oids.SM1_CBC, IV)), UnsupportedAlgorithm, "SM1.*hardware"),
    ("SM1", lambda: changed(CBC, inner=algorithm(oids.SM1, IV)), UnsupportedAlgorithm, "SM1.*hardware"),
    ("SSF33", lambda: changed(CBC, inner=algorithm(oids.SSF33_CBC, IV)), UnsupportedAlgorithm, "SSF33.*hardware"),
    ("SM4-ECB", lambda: changed(CBC, inner=algorithm(oids.SM4_ECB)), UnsupportedAlgorithm, "ECB"),
    ("SM4 alone", lambda: changed(CBC, inner=algorithm(oids.SM4)), UnsupportedAlgorithm, "ECB"),
    ("SM4 with NULL", lambda: changed(CBC, inner=algorithm(oids.SM4, NULL)), UnsupportedAlgorithm, "ECB"),
    ("SM4-CTR", lambda: changed(CBC, inner=algorithm(oids.SM4_CTR, IV)), UnsupportedAlgorithm, "SM4-CTR"),
    ("triple DES", lambda: changed(CBC, inner=algorithm(oids.DES_EDE3_CBC, IV)), UnsupportedAlgorithm, "des-ede3"),
    ("unknown", lambda: changed(CBC, inner=algorithm("1.2.3.4", IV)), UnsupportedAlgorithm, "1.2.3.4"),
    ("no IV", lambda: changed(CBC, inner=algorithm(oids.SM4_CBC)), DecodeError, "without parameters"),
    ("NULL as IV", lambda: changed(CBC, inner=algorithm(oids.SM4_CBC, NULL)), DecodeError, "OCTET STRING"),
    (
        "IV of 15 bytes",
        lambda: changed(CBC, inner=algorithm(oids.SM4_CBC, der.encode_octet_string(bytes(15)))),
        DecodeError,
        "16 bytes expected",
    ),
    (
        "nonce of 7 bytes",
        lambda: changed(GCM, inner=algorithm(oids.SM4_GCM, GCMParameters(bytes(7), 16).to_der())),
        DecodeError,
        "nonce",
    ),
    ("IV in place of a nonce", lambda: changed(GCM, inner=algorithm(oids.SM4_GCM, IV)), DecodeError, "SEQUENCE"),
    (
        "tag shorter than said",
        lambda: gcm_changed(mac=parts(GCM).mac[:12]),
        DecodeError,
        "12 bytes where the parameters say 16",
    ),
    (
        "tag longer than said",
        lambda: changed(GCM, inner=algorithm(oids.SM4_GCM, GCMParameters(bytes(12)).to_der())),
        DecodeError,
        "16 bytes where the parameters say 12",
    ),
    ("CBC as authenticated", lambda: changed(GCM, inner=algorithm(oids.SM4_CBC, IV)), UnsupportedAlgorithm, "SM4-CBC"),
    (
        "content without room for a tag",
        lambda: changed(
            CBC,
            inner={**algorithm(oids.SM4_GCM, GCMParameters(bytes(12), 16).to_der()), "encrypted_content": bytes(15)},
        ),
        DecodeError,
        "no tag",
    ),
    (
        "another content type",
        lambda: changed(TYPED, inner={"content_type": oids.ENVELOPED_DATA}),
        MessageError,
        "content type",
    ),
    (
        "content type not authenticated",
        lambda: changed(GCM, inner={"content_type": oids.SIGNED_DATA}),
        MessageError,
        "not among the authenticated",
    ),
    ("no content", lambda: changed(CBC, inner={"encrypted_content": None}), MessageError, "not in the message"),
    ("another kind", lambda: ContentInfo(oids.GM_DATA, b"\x04\x00").to_der(), MessageError, "not an envelope"),
    ("unknown kind", lambda: ContentInfo(oids.find("1.2.3"), b"\x04\x00").to_der(), MessageError, "not an envelope"),
    ("nothing inside", lambda: ContentInfo(oids.GM_ENVELOPED_DATA, None).to_der(), MessageError, "not an envelope"),
    (
        "RSA for an SM2 key",
        lambda: changed(CBC, info={"key_encryption_algorithm": AlgorithmIdentifier(oids.RSA_ENCRYPTION, NULL)}),
        UnsupportedAlgorithm,
        "rsaEncryption",
    ),
    (
        "unknown key encryption",
        lambda: changed(CBC, info={"key_encryption_algorithm": AlgorithmIdentifier(oids.SM2_SIGN)}),
        UnsupportedAlgorithm,
        "SM2-1",
    ),
    (
        "parameters with SM2-3",
        lambda: changed(CBC, info={"key_encryption_algorithm": AlgorithmIdentifier(oids.SM2_ENCRYPT, IV)}),
        DecodeError,
        "parameters",
    ),
    (
        "unknown key identifier",
        lambda: changed(CBC, info={"rid": b"nobody"}),
        NoRecipientError,
        b"nobody".hex(),
    ),
    (
        "same serial number of another issuer",
        lambda: changed(CBC, info={"rid": IssuerAndSerialNumber(STRANGER, 42)}),
        NoRecipientError,
        "2a of",
    ),
]


@pytest.mark.parametrize("row", PUBLIC, ids=[row[0] for row in PUBLIC])
def test_what_everybody_can_see(row: tuple[str, Callable[[], bytes], type[Exception], str]) -> None:
    _, make, error, phrase = row
    for lenient in (False, True):
        with pytest.raises(error, match=phrase) as caught:
            decrypt(make(), KEYS, lenient=lenient)
        assert not isinstance(caught.value, DecryptionError)


@pytest.mark.parametrize("message", [CBC, GCM, TYPED], ids=["cbc", "gcm", "typed"])
def test_truncated_messages(message: bytes) -> None:
    for length in range(len(message)):
        with pytest.raises(InvalidInputError):
            decrypt(message[:length], KEYS)
    with pytest.raises(InvalidInputError):
        decrypt(message + b"\x00", KEYS)


@given(st.sampled_from([LONG, GCM, TYPED]), st.integers(0, 10_000), st.integers(1, 255), st.booleans())
def test_changed_messages(message: bytes, place: int, mask: int, lenient: bool) -> None:
    """Any one byte changed: an error of this package, and with GCM never another content."""
    broken = bytearray(message)
    broken[place % len(broken)] ^= mask
    try:
        opened = decrypt(broken, KEYS, lenient=lenient)
    except GmpkiError:
        return
    assert message is LONG or opened.content == CONTENT


def test_arguments_of_wrong_types() -> None:
    for call, arguments in (
        (decrypt, (CBC, KEYS)),
        (encrypt, (CONTENT, [PAIR])),
        (lambda one: encrypt(CONTENT, [one]), (PAIR,)),
        (lambda profile: encrypt(CONTENT, [PAIR], profile=profile), (MessageProfile.GMT0010,)),
        (lambda cipher: encrypt(CONTENT, [PAIR], cipher=cipher), (ContentCipher.SM4_CBC,)),
        (lambda kind: encrypt(CONTENT, [PAIR], content_type=kind), (oids.GM_DATA,)),
        (lambda lenient: decrypt(CBC, KEYS, lenient=lenient), (False,)),
        (lambda certificate, key: KeyHistory([(certificate, key)]), (OLD, OLD_KEY)),
        (lambda entry: KeyHistory([entry]), ((OLD, OLD_KEY),)),
        (lambda rid: KeyHistory(KEYS).find(rid), (b"id",)),
        (lambda one, by_key, usage: Recipient(one, by_key, None, usage), (OLD, True, False)),
    ):
        list(hostile.results(call, arguments))


# ---- what is not written ----------------------------------------------------------------
P256 = ECDSAPrivateKey.generate("P-256")
UNWRITTEN: list[tuple[str, Callable[[], object], type[Exception], str]] = [
    ("nobody", lambda: encrypt(CONTENT, []), InvalidInputError, "at least one"),
    ("twice", lambda: encrypt(CONTENT, [PAIR, PAIR.encryption]), InvalidInputError, "twice"),
    ("too many", lambda: encrypt(CONTENT, [PAIR] * 4097), LimitExceeded, "4096"),
    ("a signing certificate", lambda: encrypt(CONTENT, [PAIR.signing]), ProfileError, "any_usage"),
    ("a signing Recipient", lambda: Recipient(PAIR.signing), ProfileError, "encryption certificate"),
    (
        "an EC key of another curve",
        lambda: encrypt(CONTENT, [certify(P256.public_key, 60)]),
        UnsupportedAlgorithm,
        "SM2 and RSA",
    ),
    (
        "a key identifier in GM/T 0010",
        lambda: encrypt(CONTENT, [Recipient(OLD, key_identifier=True)]),
        ProfileError,
        "serial number",
    ),
    ("GCM in GM/T 0010", lambda: encrypt(CONTENT, [PAIR], cipher=ContentCipher.SM4_GCM), ProfileError, "SM4-CBC"),
    ("AES in GM/T 0010", lambda: encrypt(CONTENT, [PAIR], cipher=ContentCipher.AES128_CBC), ProfileError, "SM4-CBC"),
    (
        "AES of CFCA",
        lambda: encrypt(CONTENT, [PAIR], profile=MessageProfile.CFCA, cipher=ContentCipher.AES128_GCM),
        ProfileError,
        "CFCA has SM4",
    ),
    (
        "a padding for SM2",
        lambda: encrypt(CONTENT, [Recipient(OLD, padding=EncryptionPadding.OAEP)]),
        InvalidInputError,
        "SM2 has none",
    ),
    (
        "OAEP in GM/T 0010",
        lambda: encrypt(CONTENT, [Recipient(rsa_recipient()[0], padding=EncryptionPadding.OAEP)]),
        ProfileError,
        "OAEP",
    ),
    ("no content type", lambda: encrypt(CONTENT, [PAIR], content_type=""), InvalidInputError, "object identifier"),
    ("no keys", lambda: decrypt(CBC, []), InvalidInputError, "without keys"),
    ("a key of another certificate", lambda: decrypt(CBC, [(PAIR, SIGNING_KEY)]), KeyMismatchError, "2a"),
    (
        "two keys of one name",
        lambda: KeyHistory([(OLD, OLD_KEY), (certify(OTHER_KEY.public_key, 43), OTHER_KEY)]),
        InvalidInputError,
        "could not be told",
    ),
    ("an entry of three", lambda: KeyHistory([(OLD, OLD_KEY, 1)]), InvalidTypeError, "entry"),  # type: ignore[list-item]
    ("too many keys", lambda: KeyHistory([(OTHER, OTHER_KEY)] * 100_001), LimitExceeded, "100000"),
]


@pytest.mark.parametrize("row", UNWRITTEN, ids=[row[0] for row in UNWRITTEN])
def test_what_is_not_written(row: tuple[str, Callable[[], object], type[Exception], str]) -> None:
    _, call, error, phrase = row
    with pytest.raises(error, match=phrase):
        call()


def test_a_signing_certificate_when_asked_by_name() -> None:
    message = encrypt(CONTENT, [Recipient(PAIR.signing, any_usage=True)])
    assert decrypt(message, [(PAIR.signing, SIGNING_KEY)]).content == CONTENT


@pytest.mark.parametrize("answer", [b"", bytes(15), bytes(17), "text", None, 5], ids=repr)
def test_tokens_that_answer_badly(answer: Any) -> None:
    class Token:
        public_key = ENCRYPTION_KEY.public_key

        def decrypt(self, ciphertext: Any) -> Any:  # noqa: ARG002 - the protocol has it
            return answer

    error = DecryptionError if isinstance(answer, bytes) else InvalidTypeError
    with pytest.raises(error):
        decrypt(CBC, [(PAIR, Token())])


def test_keys_without_a_public_key() -> None:
    class Token:
        public_key = None

        def decrypt(self, ciphertext: Any) -> bytes:  # noqa: ARG002 - the protocol has it
            raise AssertionError

    with pytest.raises(InvalidTypeError, match="public key"):
        KeyHistory([(PAIR, Token())])


def test_the_same_certificate_twice_is_one_entry() -> None:
    assert len(KeyHistory([(OLD, OLD_KEY), (OLD, OLD_KEY), KeyEntry(OLD, OLD_KEY)])) == 1
    assert "2 keys" in repr(KeyHistory([(OLD, OLD_KEY), *KEYS]))
