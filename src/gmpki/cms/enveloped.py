"""Opening digital envelopes.

What everybody can see in a message is told apart: that it is malformed, of another kind, encrypted with an algorithm
that is not done, or for somebody else. From then on there is one error: :class:`~gmpki.errors.DecryptionError`, with
one text, after the same work, whether the private key, the encrypted key, the padding, the tag or the length was wrong.

:standard: RFC 5652 6; RFC 5083; RFC 3218; GM/T 0010-2012 (confidence B)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gmpki import oids
from gmpki._inputs import member
from gmpki.asn1 import der
from gmpki.asn1.rfc5083 import AuthEnvelopedData
from gmpki.asn1.rfc5652 import Attributes, EnvelopedData, read_attributes
from gmpki.cms.content_ciphers import CipherParameters, ContentCipher
from gmpki.cms.key_history import KeyEntry, KeyHistory
from gmpki.cms.message import read_message
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.cms.recipients import ContentKey, content_key
from gmpki.cms.variants import Variant
from gmpki.errors import DecodeError, MessageError, UnsupportedAlgorithm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.asn1.rfc5652 import EncryptedContentInfo
    from gmpki.keys.interfaces import Decryptor
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.pair import CertificatePair

__all__ = [
    "OpenedEnvelope",
    "authenticated_parts",
    "decrypt",
    "encrypted_parts",
    "envelope_variants",
    "family_variants",
    "split_tag",
]


@dataclass(frozen=True, slots=True)
class OpenedEnvelope:
    """What an envelope held. Immutable; thread-safe.

    Nothing is known about who wrote it.

    :ivar content: the content.
    :ivar content_type: what the message says that the content is. Only GCM makes sure of it.
    :ivar recipient: the certificate whose key opened it.
    :ivar cipher: what it was encrypted with.
    :ivar quirks: departures from DER that were met and accepted.
    :ivar variants: departures from the standard's meaning that were met and accepted.
    """

    content: bytes = field(repr=False)
    content_type: ObjectIdentifier
    recipient: Certificate
    cipher: ContentCipher
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[Variant, ...] = ()


def decrypt(
    data: Buffer,
    keys: KeyHistory | Iterable[KeyEntry | tuple[Certificate | CertificatePair, Decryptor]],
    *,
    lenient: bool = False,
) -> OpenedEnvelope:
    """Open an envelope with whichever key at hand it was made for: an EnvelopedData or AuthEnvelopedData.

    :param data: DER, BER, PEM or base64, with the content types of GM/T 0010 or PKCS #7.
    :param keys: the private keys at hand with their certificates, old ones too.
    :param lenient: accept and note departures from DER other than those of BER.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when keys are none, or not told apart by their certificates.
    :raises KeyMismatchError: when a key in ``keys`` is not that of its certificate.
    :raises GmpkiError: when the public key of a certificate in ``keys`` cannot be loaded; what a private key outside
        raises that is no DecryptionError, such as a token that is gone.
    :raises DecodeError: when the message or a parameter in it is malformed.
    :raises LimitExceeded: when it is longer than 64 MiB; larger ones are opened in pieces.
    :raises MessageError: "not-enveloped" when it is a message of another kind; "no-content" when the encrypted content
        stands elsewhere; "content-type" when an authenticated attribute says another content type.
    :raises UnsupportedAlgorithm: when an algorithm of the message is not done, such as SM1.
    :raises NoRecipientError: when none of the keys belongs to a recipient of the message.
    :raises DecryptionError: when it cannot be decrypted: always the same, whatever the cause.
    """
    member(lenient, bool, "lenient")
    history = keys if isinstance(keys, KeyHistory) else KeyHistory(keys)
    message = read_message(data, lenient=lenient)
    enveloped = message.content
    if isinstance(enveloped, EnvelopedData):
        parameters, encrypted = encrypted_parts(enveloped.encrypted_content_info)
        ciphertext, tag = split_tag(parameters, encrypted)
        associated_data = b""
    elif isinstance(enveloped, AuthEnvelopedData):
        parameters, ciphertext = encrypted_parts(enveloped.encrypted_content_info)
        tag, associated_data = authenticated_parts(enveloped, parameters)
    else:
        kind = message.content_type.name
        raise MessageError("not-enveloped", f"a message of the type {kind}, not an envelope")
    key = content_key(enveloped.recipient_infos, history, parameters.cipher.key_len)
    content = key.decrypt(parameters, ciphertext, tag, associated_data)
    inner = enveloped.encrypted_content_info.content_type
    variants = envelope_variants(message.content_type, inner, key, parameters)
    certificate = key.recipient.certificate
    return OpenedEnvelope(content, inner, certificate, parameters.cipher, message.quirks, variants)


def encrypted_parts(inner: EncryptedContentInfo) -> tuple[CipherParameters, Buffer]:
    """Return the cipher and the encrypted content; errors as :func:`decrypt`."""
    parameters = CipherParameters.read(inner.content_encryption_algorithm)
    if inner.encrypted_content is None:
        raise MessageError("no-content", "the encrypted content is not in the message")
    return parameters, inner.encrypted_content


def split_tag(parameters: CipherParameters, ciphertext: Buffer) -> tuple[Buffer, bytes | None]:
    """Take the tag of GCM from the end of an encrypted content, where EnvelopedData has no other place for it.

    :raises DecodeError: when the content is too short to end with one.
    """
    if not parameters.tag_len:
        return ciphertext, None
    view = memoryview(ciphertext)
    start = len(view) - parameters.tag_len
    if start < 0:
        raise DecodeError(f"an encrypted content of {len(view)} bytes has no tag", path=("encryptedContent",))
    return view[:start], bytes(view[start:])


def authenticated_parts(message: AuthEnvelopedData, parameters: CipherParameters) -> tuple[bytes, bytes]:
    """Return the tag of an AuthEnvelopedData and what it authenticates beside the content.

    :raises UnsupportedAlgorithm: when the cipher does not authenticate.
    :raises DecodeError: when the tag has not the length that the parameters say, or an attribute is malformed.
    :raises MessageError: "content-type" when the attributes say another content type, or none where they must.
    :standard: RFC 5083 2.1, 2.2
    """
    if not parameters.cipher.is_authenticated:
        raise UnsupportedAlgorithm(f"AuthEnvelopedData with {parameters.algorithm.shown}, which does not authenticate")
    if len(message.mac) != parameters.tag_len:
        raise DecodeError(
            f"a tag of {len(message.mac)} bytes where the parameters say {parameters.tag_len}", path=("mac",)
        )
    inner = message.encrypted_content_info.content_type
    stated = _attributes(message).find(oids.CONTENT_TYPE)
    if stated is None and MessageKind.of(inner) is not MessageKind.DATA:
        raise MessageError("content-type", f"the content type {inner.name} is not among the authenticated attributes")
    if stated is not None and stated != der.encode_oid(inner):
        raise MessageError("content-type", f"the authenticated content type is not {inner.name}")
    return message.mac, message.associated_data


def _attributes(message: AuthEnvelopedData) -> Attributes:
    if message.authenticated_attributes is None:
        return Attributes()
    reader = der.Reader(message.associated_data)
    # The reading of the message has judged them; what it took is taken here.
    return read_attributes(reader, "authAttrs", der.Tag.SET)[1]


def envelope_variants(
    content_type: str, inner: str, key: ContentKey, parameters: CipherParameters
) -> tuple[Variant, ...]:
    """Name how an envelope departs from its standard.

    :param content_type: of the outer ContentInfo.
    :param inner: the type of the content.
    :param key: of the recipient that was opened.
    """
    found = key.variants
    if MessageProfile.of(content_type) is MessageProfile.GMT0010 and isinstance(key.info.rid, bytes):
        found += (Variant.KEY_IDENTIFIER_RECIPIENT,)
    return found + family_variants(content_type, inner, parameters)


def family_variants(content_type: str, inner: str, parameters: CipherParameters) -> tuple[Variant, ...]:
    """Name what is unusual about the types and the cipher of an encrypted message; parameters as above."""
    found = []
    is_gm = MessageProfile.of(content_type) is MessageProfile.GMT0010
    if is_gm and inner == oids.DATA:
        found.append(Variant.INNER_PKCS7_TYPE)
    if not is_gm and inner == oids.GM_DATA and content_type != oids.AUTH_ENVELOPED_DATA:
        found.append(Variant.INNER_GM_TYPE)
    if parameters.tag_len and content_type != oids.AUTH_ENVELOPED_DATA:
        found.append(Variant.TAG_IN_CONTENT)
    if parameters.variant is not None:
        found.append(parameters.variant)
    return tuple(found)
