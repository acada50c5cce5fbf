"""Digital envelopes: a content encrypted with a key of its own, and that key encrypted to each recipient.

>>> from datetime import datetime, timedelta, timezone
>>> from gmpki import SM2PrivateKey, cms
>>> from gmpki.x509.certificate_builder import CertificateBuilder
>>> from gmpki.x509.names import build_name
>>> now = datetime.now(timezone.utc).replace(microsecond=0)
>>> key, name = SM2PrivateKey.generate(), build_name(("C", "CN"), ("CN", "张三"))
>>> builder = CertificateBuilder().subject(name).issuer(name).serial_number(1).public_key(key.public_key)
>>> certificate = builder.validity(now, now + timedelta(days=1)).sign(key)

>>> sealed = cms.encrypt(b"content", [certificate])
>>> cms.decrypt(sealed, [(certificate, key)]).content
b'content'

Of a :class:`~gmpki.x509.pair.CertificatePair` the encryption certificate is taken.

An envelope says nothing about who made it: anybody can encrypt to a recipient. What must have a known author is signed
first, or travels as :func:`~gmpki.cms.signed_and_enveloped.sign_and_encrypt` makes it.

:standard: RFC 5652 6; RFC 5083; GM/T 0010-2012, whose text was not read (confidence B)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import member
from gmpki.asn1 import der
from gmpki.asn1.ber_writer import MessageFrame
from gmpki.asn1.rfc5652 import Attribute, encode_attributes
from gmpki.asn1.rfc5652.enveloped import encode_recipients
from gmpki.cms.content_ciphers import CipherParameters, ContentCipher
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.cms.recipients import recipient_infos
from gmpki.errors import ProfileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.cms.recipients import Recipient
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.pair import CertificatePair

__all__ = ["EmptyEnvelope", "empty_envelope", "encrypt", "new_parameters"]

_AUTHENTICATED_ATTRIBUTES: Final = der.Tag.context(1, constructed=True)
_AUTH_ENVELOPED_VERSION: Final = 0  # RFC 5083 2.1


def encrypt(
    content: Buffer,
    recipients: Iterable[Recipient | Certificate | CertificatePair],
    *,
    profile: MessageProfile = MessageProfile.GMT0010,
    cipher: ContentCipher = ContentCipher.SM4_CBC,
    content_type: str | None = None,
) -> bytes:
    """Encrypt a content to some recipients; return the DER of an EnvelopedData, or with GCM an AuthEnvelopedData.

    :param content: any number of bytes.
    :param recipients: 1 to 4096; of a pair its encryption certificate is taken. Whether a certificate is valid and not
        revoked is for the path validation to say, before.
    :param profile: GMT0010 has SM4-CBC and recipients by issuer and serial number; CFCA writes them by key identifier,
        and SM4-CBC as SM4 (confidence C); GCM and AES are of RFC5652, SM4-GCM also of CFCA.
    :param cipher: of the content.
    :param content_type: what the content is; None is data of the profile.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no recipient, one is there twice, or content_type is no object identifier.
    :raises LimitExceeded: for more than 4096 recipients, or more content than the cipher takes.
    :raises ProfileError: when the profile does not have the cipher or a form of recipient, or a certificate is not for
        encryption.
    :raises UnsupportedAlgorithm: when the key of a certificate is neither of SM2 nor of RSA.
    :raises GmpkiError: when the public key of a certificate cannot be loaded.
    :raises RandomSourceError: when the random source fails.
    """
    envelope = empty_envelope(recipients, profile=profile, cipher=cipher, content_type=content_type)
    ciphertext, tag = envelope.parameters.encrypt(envelope.key, content, envelope.associated_data)
    return envelope.frame.around(ciphertext, envelope.after(tag))


@dataclass(frozen=True, slots=True)
class EmptyEnvelope:
    """An envelope whose content is still to come: the key for it, and everything around it. For one content.

    :ivar frame: what stands before the encrypted content.
    :ivar attributes: the encoded attributes that are authenticated, or nothing.
    """

    parameters: CipherParameters
    key: bytes = field(repr=False)
    frame: MessageFrame
    attributes: bytes

    @property
    def associated_data(self) -> bytes:
        """What the tag is over beside the content: the attributes as a SET OF (RFC 5083 2.2)."""
        return der.encode(der.Tag.SET, self.attributes) if self.attributes else b""

    def after(self, tag: bytes | None) -> bytes:
        """Return what stands behind the encrypted content: nothing without GCM."""
        if not self.parameters.cipher.is_authenticated:
            return b""
        attributes = der.encode(_AUTHENTICATED_ATTRIBUTES, self.attributes) if self.attributes else b""
        return attributes + der.encode_octet_string(tag or b"")


def empty_envelope(
    recipients: Iterable[Recipient | Certificate | CertificatePair],
    *,
    profile: MessageProfile,
    cipher: ContentCipher,
    content_type: str | None,
) -> EmptyEnvelope:
    """Make everything of an envelope but its content; parameters and errors are those of :func:`encrypt`."""
    parameters = new_parameters(cipher, profile)
    key = cipher.generate_key()
    infos = recipient_infos(key, recipients, profile)
    inner = profile.inner_type(content_type)
    inside = der.encode_oid(inner) + parameters.algorithm.to_der()
    attributes = b""
    if cipher.is_authenticated:
        outer, version = oids.AUTH_ENVELOPED_DATA, _AUTH_ENVELOPED_VERSION
        if MessageKind.of(inner) is not MessageKind.DATA:  # then its type has to be among them (RFC 5083 2.1)
            attributes = encode_attributes((Attribute(oids.CONTENT_TYPE, (der.encode_oid(inner),)),))
    else:
        by_key = any(isinstance(info.rid, bytes) for info in infos)
        outer = profile.content_type(MessageKind.ENVELOPED_DATA)
        version = profile.rules.enveloped_version(key_identifiers=by_key)
    before = der.encode_integer(version) + encode_recipients(infos)
    return EmptyEnvelope(parameters, key, MessageFrame(outer, before, inside, implicit=True), attributes)


def new_parameters(cipher: ContentCipher, profile: MessageProfile) -> CipherParameters:
    """Make the parameters of a content cipher as a profile writes them.

    :raises InvalidTypeError: when an input has the wrong type.
    :raises ProfileError: when the profile does not have the cipher.
    :raises RandomSourceError: when the random source fails.
    """
    member(cipher, ContentCipher, "cipher")
    member(profile, MessageProfile, "profile")
    if profile is MessageProfile.GMT0010 and cipher is not ContentCipher.SM4_CBC:
        raise ProfileError(
            f"GM/T 0010 has SM4-CBC, not {cipher.name}; the profile RFC5652 has it, and CFCA has SM4 with GCM"
        )
    if profile is MessageProfile.CFCA and not cipher.is_sm4:
        raise ProfileError(f"the profile CFCA has SM4, not {cipher.name}; the profile RFC5652 has it")
    return CipherParameters.new(cipher, identifier=profile.rules.sm4_cbc if cipher is ContentCipher.SM4_CBC else None)
