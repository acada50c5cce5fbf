"""EncryptedData and DigestedData: written, read, refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import hostile
from cms.envelope_examples import CONTENT, PAIR, flipped, settled
from gmpki import oids
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652 import ContentInfo, DigestedData, EncryptedData
from gmpki.cms import (
    CipherParameters,
    ContentCipher,
    MessageProfile,
    Variant,
    decrypt_with_key,
    digest_content,
    encrypt,
    encrypt_with_key,
    read_digested,
)
from gmpki.errors import (
    DecodeError,
    DecryptionError,
    InvalidInputError,
    MessageError,
    ProfileError,
    UnsupportedAlgorithm,
)

KEY = bytes(range(16))
MESSAGE = settled("own key", lambda: encrypt_with_key(CONTENT, KEY))
DIGESTED = digest_content(CONTENT)


def encrypted(message: bytes = MESSAGE) -> EncryptedData:
    frame = ContentInfo.from_der(message)
    assert frame.content is not None
    return EncryptedData.from_der(frame.content)


def with_inner(**fields: Any) -> bytes:
    data = encrypted()
    inner = replace(data.encrypted_content_info, **fields)
    return ContentInfo(oids.GM_ENCRYPTED_DATA, replace(data, encrypted_content_info=inner).to_der()).to_der()


def digested(**fields: Any) -> bytes:
    frame = ContentInfo.from_der(DIGESTED)
    assert frame.content is not None
    return ContentInfo(oids.DIGESTED_DATA, replace(DigestedData.from_der(frame.content), **fields).to_der()).to_der()


# ---- EncryptedData --------------------------------------------------------------------------
CBC = [ContentCipher.SM4_CBC, ContentCipher.AES128_CBC, ContentCipher.AES192_CBC, ContentCipher.AES256_CBC]


@pytest.mark.parametrize("cipher", CBC, ids=lambda cipher: cipher.name)
@pytest.mark.parametrize("content", [b"", CONTENT, bytes(1000)], ids=len)
def test_what_was_encrypted_comes_back(cipher: ContentCipher, content: bytes) -> None:
    key = cipher.generate_key()
    message = encrypt_with_key(content, key, profile=MessageProfile.RFC5652, cipher=cipher)
    opened = decrypt_with_key(message, key)
    assert (opened.content, opened.cipher, opened.variants) == (content, cipher, ())
    assert encrypted(message).version == 0


def test_the_shape_of_gmt0010_and_cfca() -> None:
    assert ContentInfo.from_der(MESSAGE).content_type == oids.GM_ENCRYPTED_DATA
    assert encrypted().version == 1
    message = encrypt_with_key(CONTENT, KEY, profile=MessageProfile.CFCA)
    assert decrypt_with_key(message, KEY).variants == (Variant.CIPHER_WITHOUT_MODE,)


def test_gcm_with_the_tag_behind() -> None:
    parameters = CipherParameters.new(ContentCipher.SM4_GCM)
    ciphertext, tag = parameters.encrypt(KEY, CONTENT)
    message = with_inner(content_encryption_algorithm=parameters.algorithm, encrypted_content=ciphertext + (tag or b""))
    opened = decrypt_with_key(message, KEY)
    assert (opened.content, opened.variants) == (CONTENT, (Variant.TAG_IN_CONTENT,))


@pytest.mark.parametrize(
    "make",
    [
        lambda: (MESSAGE, bytes(16)),
        lambda: (with_inner(encrypted_content=b""), KEY),
        lambda: (with_inner(encrypted_content=bytes(15)), KEY),
        lambda: (with_inner(encrypted_content=flipped(encrypted().encrypted_content_info.encrypted_content, -17)), KEY),
    ],
    ids=["key", "empty", "block", "padding"],
)
def test_one_error(make: Callable[[], tuple[bytes, bytes]]) -> None:
    message, key = make()
    with pytest.raises(DecryptionError) as caught:
        decrypt_with_key(message, key)
    assert type(caught.value) is DecryptionError


def test_what_everybody_can_see() -> None:
    iv = der.encode_octet_string(bytes(16))
    for message, key, error, phrase in (
        (MESSAGE, bytes(15), InvalidInputError, "16 bytes"),
        (MESSAGE, bytes(32), InvalidInputError, "16 bytes"),
        (MESSAGE, b"", InvalidInputError, "16 bytes"),
        (encrypt(CONTENT, [PAIR]), KEY, MessageError, "gm-envelopedData"),
        (DIGESTED, KEY, MessageError, "id-digestedData"),
        (with_inner(encrypted_content=None), KEY, MessageError, "not in the message"),
        (
            with_inner(content_encryption_algorithm=AlgorithmIdentifier(oids.SM1_CBC, iv)),
            KEY,
            UnsupportedAlgorithm,
            "SM1",
        ),
        (with_inner(content_encryption_algorithm=AlgorithmIdentifier(oids.SM4_CBC)), KEY, DecodeError, "parameters"),
        (MESSAGE[:-1], KEY, DecodeError, ""),
        (MESSAGE + b"\x00", KEY, DecodeError, "too many"),
    ):
        with pytest.raises(error) as caught:
            decrypt_with_key(message, key)
        assert phrase in str(caught.value)


def test_what_is_not_written() -> None:
    for options, error in (
        ({"cipher": ContentCipher.AES128_CBC}, ProfileError),
        ({"cipher": ContentCipher.SM4_GCM, "profile": MessageProfile.RFC5652}, ProfileError),
        ({"content_type": "no oid"}, InvalidInputError),
    ):
        with pytest.raises(error):
            encrypt_with_key(CONTENT, KEY, **options)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="16 bytes"):
        encrypt_with_key(CONTENT, bytes(15))


# ---- DigestedData ---------------------------------------------------------------------------
@pytest.mark.parametrize("digest", ["sm3", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("content", [b"", CONTENT], ids=len)
def test_digests(digest: str, content: bytes) -> None:
    for profile in (MessageProfile.RFC5652, MessageProfile.CFCA):
        opened = read_digested(digest_content(content, digest=digest, profile=profile))
        assert (opened.content, opened.digest_name) == (content, digest)
        bare = digest_content(content, digest=digest, profile=profile, detached=True)
        assert content not in bare or not content
        assert read_digested(bare, content=content).content == content


def test_versions_of_digested_data() -> None:
    def version(message: bytes) -> int:
        frame = ContentInfo.from_der(message)
        assert frame.content is not None
        return DigestedData.from_der(frame.content).version

    assert version(DIGESTED) == 0
    assert version(digest_content(CONTENT, content_type=oids.SIGNED_DATA)) == 2


def test_digests_that_do_not_fit() -> None:
    detached = digest_content(CONTENT, detached=True)
    for message, content, reason in (
        (digested(digest=bytes(32)), None, "digest"),
        (digested(digest=b""), None, "digest"),
        (digested(digest_algorithm=AlgorithmIdentifier(oids.SHA256)), None, "digest"),
        (detached, CONTENT + b"x", "digest"),
        (detached, b"", "digest"),
        (detached, None, "no-content"),
        (MESSAGE, None, "not-digested"),
    ):
        with pytest.raises(MessageError) as caught:
            read_digested(message, content=content)
        assert caught.value.reason == reason


def test_digests_that_are_not_read_or_written() -> None:
    def refused(error: type[Exception], call: Callable[[], object]) -> None:
        with pytest.raises(error):
            call()

    hmac = digested(digest_algorithm=AlgorithmIdentifier(oids.HMAC_SM3))
    refused(UnsupportedAlgorithm, lambda: read_digested(hmac))
    assert read_digested(hmac, lenient=True).variants == (Variant.DIGEST_HMAC_IDENTIFIER,)
    assert read_digested(digested(digest_algorithm=AlgorithmIdentifier(oids.SM3, NULL))).content == CONTENT
    refused(DecodeError, lambda: read_digested(digested(digest_algorithm=AlgorithmIdentifier(oids.SM3, b"\x04\x00"))))
    refused(InvalidInputError, lambda: read_digested(DIGESTED, content=CONTENT))
    refused(InvalidInputError, lambda: read_digested(DIGESTED[:-1]))
    refused(ProfileError, lambda: digest_content(CONTENT, profile=MessageProfile.GMT0010))
    refused(UnsupportedAlgorithm, lambda: digest_content(CONTENT, digest="md5"))
    refused(InvalidInputError, lambda: digest_content(CONTENT, content_type="1"))


def test_arguments_of_wrong_types() -> None:
    list(hostile.results(encrypt_with_key, (CONTENT, KEY)))
    list(hostile.results(decrypt_with_key, (MESSAGE, KEY)))
    list(hostile.results(digest_content, (CONTENT,)))
    list(hostile.results(read_digested, (DIGESTED,)))
    calls: list[tuple[Callable[..., Any], str, tuple[Any, ...]]] = [
        (encrypt_with_key, "profile", (CONTENT, KEY)),
        (encrypt_with_key, "cipher", (CONTENT, KEY)),
        (encrypt_with_key, "content_type", (CONTENT, KEY)),
        (decrypt_with_key, "lenient", (MESSAGE, KEY)),
        (digest_content, "profile", (CONTENT,)),
        (digest_content, "digest", (CONTENT,)),
        (digest_content, "detached", (CONTENT,)),
        (digest_content, "content_type", (CONTENT,)),
        (read_digested, "content", (digest_content(CONTENT, detached=True),)),
        (read_digested, "lenient", (DIGESTED,)),
    ]
    for call, name, arguments in calls:
        list(hostile.results(lambda value, call=call, name=name, given=arguments: call(*given, **{name: value}), (0,)))
