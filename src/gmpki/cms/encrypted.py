"""EncryptedData: a content under a key that both sides have already.

>>> from gmpki.cms.content_ciphers import ContentCipher
>>> from gmpki.cms.encrypted import decrypt_with_key, encrypt_with_key
>>> key = ContentCipher.SM4_CBC.generate_key()
>>> decrypt_with_key(encrypt_with_key(b"content", key), key).content
b'content'

It does not authenticate: whoever can change the message can change the content, within limits. What must not be
changed is signed, or travels in an envelope with GCM.

:standard: RFC 5652 8; RFC 2315 13; GM/T 0010-2012 (confidence B)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gmpki._inputs import as_bytes, member
from gmpki.asn1 import der
from gmpki.asn1.ber_writer import MessageFrame
from gmpki.asn1.rfc5652 import EncryptedData
from gmpki.cms.content_ciphers import ContentCipher
from gmpki.cms.enveloped import encrypted_parts, family_variants, split_tag
from gmpki.cms.enveloping import new_parameters
from gmpki.cms.message import read_message
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.errors import InvalidInputError, MessageError, ProfileError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.cms.variants import Variant
    from gmpki.oids import ObjectIdentifier

__all__ = ["DecryptedContent", "decrypt_with_key", "encrypt_with_key"]


@dataclass(frozen=True, slots=True)
class DecryptedContent:
    """What a message held. Immutable; thread-safe.

    :ivar content: the content.
    :ivar content_type: what the message says that the content is; nothing makes sure of it.
    :ivar cipher: what it was encrypted with.
    :ivar quirks: departures from DER that were met and accepted.
    :ivar variants: departures from the standard's meaning that were met and accepted.
    """

    content: bytes = field(repr=False)
    content_type: ObjectIdentifier
    cipher: ContentCipher
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[Variant, ...] = ()


def encrypt_with_key(
    content: Buffer,
    key: Buffer,
    *,
    profile: MessageProfile = MessageProfile.GMT0010,
    cipher: ContentCipher = ContentCipher.SM4_CBC,
    content_type: str | None = None,
) -> bytes:
    """Encrypt a content with a key; return the DER of an EncryptedData.

    :param content: any number of bytes.
    :param key: of the cipher's length.
    :param cipher: one of CBC: EncryptedData has no place for the tag of GCM.
    :param content_type: what the content is; None is data of the profile.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the key has a wrong length, or content_type is no object identifier.
    :raises ProfileError: when the profile does not have the cipher, or the cipher needs a place for its tag.
    :raises RandomSourceError: when the random source fails.
    """
    parameters = new_parameters(cipher, profile)
    if cipher.is_authenticated:
        raise ProfileError(f"EncryptedData has no place for the tag of {cipher.name}; an envelope has")
    inner = profile.inner_type(content_type)
    frame = MessageFrame(
        profile.content_type(MessageKind.ENCRYPTED_DATA),
        der.encode_integer(profile.rules.encrypted_version()),
        der.encode_oid(inner) + parameters.algorithm.to_der(),
        implicit=True,
    )
    ciphertext, _ = parameters.encrypt(key, content)
    return frame.around(ciphertext, b"")


def decrypt_with_key(data: Buffer, key: Buffer, *, lenient: bool = False) -> DecryptedContent:
    """Decrypt an EncryptedData.

    :param data: DER, BER, PEM or base64, with the content types of GM/T 0010 or PKCS #7.
    :param key: the key, of the length of the cipher in the message.
    :param lenient: accept and note departures from DER other than those of BER.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the key has a length that the cipher in the message does not take.
    :raises DecodeError: when the message or a parameter in it is malformed.
    :raises LimitExceeded: when it is longer than 64 MiB.
    :raises MessageError: "not-encrypted" when it is a message of another kind; "no-content" when the encrypted content
        stands elsewhere.
    :raises UnsupportedAlgorithm: when the cipher is not done, such as SM1.
    :raises DecryptionError: when it cannot be decrypted: always the same, whatever the cause.
    """
    member(lenient, bool, "lenient")
    secret = as_bytes(key, "the key")
    message = read_message(data, lenient=lenient)
    encrypted = message.content
    outer = message.content_type
    if not isinstance(encrypted, EncryptedData):
        raise MessageError("not-encrypted", f"a message of the type {outer.name}, not one encrypted with a key at hand")
    parameters, ciphertext = encrypted_parts(encrypted.encrypted_content_info)
    if len(secret) != parameters.cipher.key_len:
        raise InvalidInputError(
            f"the message is encrypted with {parameters.cipher.name}, whose key has {parameters.cipher.key_len} bytes, "
            f"not {len(secret)}"
        )
    ciphertext, tag = split_tag(parameters, ciphertext)
    content = parameters.decrypt(secret, ciphertext, tag)
    inner = encrypted.encrypted_content_info.content_type
    variants = family_variants(outer, inner, parameters)
    return DecryptedContent(content, inner, parameters.cipher, message.quirks, variants)
