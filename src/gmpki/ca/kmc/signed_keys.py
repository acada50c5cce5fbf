"""Private keys as GM/T 0014 sends them: signed by the centre and enveloped for the user, as SignedAndEnvelopedData.

What is inside is the number of an SM2 key, 32 bytes big endian, or the PKCS #8 of an RSA key; under SM4-ECB or SM4-CBC,
padded as in all messages. The user is named by the centre's idea of the certificate: the name of the authority and the
number of the encryption certificate (confidence D; readers of this module do not look at it).

An SM2 key under SM4-ECB is, byte for byte, what SM2EnvelopedKey holds too: :func:`as_key_envelope` rewrites one into
the other without opening it, so that a token can import what came.

:standard: GM/T 0010-2012 and GM/T 0014, whose texts were not read (confidence B; what the content is: C)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.algorithms import sm4
from gmpki.algorithms.rand import random_bytes
from gmpki.asn1.gmt0010 import SignedAndEnvelopedData
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.asn1.rfc5652.content import ContentInfo
from gmpki.asn1.rfc5652.enveloped import EncryptedContentInfo, KeyTransRecipientInfo
from gmpki.asn1.rfc5652.signed import IssuerAndSerialNumber
from gmpki.ca.kmc import kinds
from gmpki.cms.content_ciphers import CipherParameters, ContentCipher
from gmpki.cms.digests import ContentDigests
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.cms.recipients import SM2_IDENTIFIERS
from gmpki.cms.signer_spec import SignerSpec
from gmpki.errors import DecodeError, DecryptionError, GmpkiError, InvalidInputError, UnsupportedAlgorithm
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.interfaces import Decryptor
from gmpki.keys.sm2 import CiphertextFormat, SM2PrivateKey
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280 import Name
    from gmpki.ca.kmc.kinds import EscrowedKey
    from gmpki.keys.interfaces import PublicKey

__all__ = ["SM4_ECB", "as_key_envelope", "open_signed_key", "sign_and_envelop", "to_message"]

SM4_ECB: Final = AlgorithmIdentifier(oids.SM4_ECB, NULL)
_PROFILE: Final = MessageProfile.GMT0010
_NUMBER_LEN: Final = 32
_PADDED_LEN: Final = 48
_MAX_LEN: Final = 1 << 16


def sign_and_envelop(
    key: EscrowedKey,
    owner: PublicKey,
    signer: SignerSpec,
    *,
    symmetric: AlgorithmIdentifier,
    recipient: tuple[Name, int],
) -> SignedAndEnvelopedData:
    """Sign a private key, and encrypt it to its owner.

    :param signer: the centre.
    :param symmetric: SM4-ECB, or SM4-CBC, whose IV is made here.
    :param recipient: what the owner is called: the name of the authority and the number of the certificate.
    :raises UnsupportedAlgorithm: when the owner's key is not of SM2, or symmetric is none of the two.
    :raises InvalidInputError: when the owner's key is the key itself.
    :raises RandomSourceError: when the random source fails.
    :raises GmpkiError: what a signer that lives elsewhere raises.
    """
    if not isinstance(owner, SM2PublicKey):
        raise UnsupportedAlgorithm(f"a key is delivered to an SM2 key, not to {type(owner).__name__}")
    if key.public_key.to_der() == owner.to_der():
        raise InvalidInputError("the key pair would be encrypted to itself, and nobody could open it")
    content = kinds.write_private(key)
    secret = random_bytes(sm4.KEY_LEN)
    if symmetric.algorithm in (oids.SM4_ECB, oids.SM4):
        algorithm = SM4_ECB
        ciphertext = sm4.encrypt(secret, content, sm4.Mode.ECB, padding=sm4.Padding.PKCS7)
    elif symmetric.algorithm == oids.SM4_CBC:
        parameters = CipherParameters.new(ContentCipher.SM4_CBC)
        algorithm = parameters.algorithm
        ciphertext, _ = parameters.encrypt(secret, content)
    else:
        raise UnsupportedAlgorithm(f"a key is encrypted with SM4-ECB or SM4-CBC, not {symmetric.shown}")
    rules = _PROFILE.rules
    inner = _PROFILE.content_type(MessageKind.DATA)
    info = signer.sign(ContentDigests.of(content), inner, _PROFILE)
    entry = KeyTransRecipientInfo(
        rules.recipient_version(key_identifier=False),
        IssuerAndSerialNumber(*recipient),
        rules.sm2_encryption,
        owner.encrypt(secret),
    )
    return SignedAndEnvelopedData(
        1,
        (entry,),
        (info.digest_algorithm,),
        EncryptedContentInfo(oids.find(inner), algorithm, ciphertext),
        (signer.certificate.der,),
        (),
        (info,),
    )


def as_key_envelope(sealed: SignedAndEnvelopedData, public_key: PublicKey) -> KeyEnvelope | None:
    """Rewrite an enveloped SM2 key as SM2EnvelopedKey, without opening it; None where that cannot be done.

    The centre's signature is over what is encrypted, and gets lost: what comes must have been authenticated otherwise.

    :param public_key: of the key inside, as the centre says.
    """
    parts = sealed.encrypted_content_info
    algorithm, encrypted = parts.content_encryption_algorithm, parts.encrypted_content
    if not isinstance(public_key, SM2PublicKey) or encrypted is None or not _is_ecb(algorithm):
        return None
    if len(encrypted) not in (_NUMBER_LEN, _PADDED_LEN) or len(sealed.recipient_infos) != 1:
        return None
    entry = sealed.recipient_infos[0]
    if not isinstance(entry, KeyTransRecipientInfo):
        return None
    try:
        wrapped = SM2Ciphertext.from_bytes(entry.encrypted_key, CiphertextFormat.DER)
        return KeyEnvelope(public_key, wrapped, bytes(encrypted[:_NUMBER_LEN]))
    except InvalidInputError:
        return None


def to_message(sealed: SignedAndEnvelopedData) -> bytes:
    """Return a SignedAndEnvelopedData as a message of its own: the DER of a ContentInfo of GM/T 0010."""
    kind = _PROFILE.content_type(MessageKind.SIGNED_AND_ENVELOPED_DATA)
    return ContentInfo(oids.find(kind), sealed.to_der()).to_der()


def open_signed_key(
    data: Buffer | SignedAndEnvelopedData, public_key: PublicKey, owner: Decryptor, centre: Certificate
) -> EscrowedKey:
    """Open a private key, and check that the centre signed it and that it is the one.

    :param data: what :func:`to_message` wrote, or the structure.
    :param public_key: of the key inside: that of the encryption certificate.
    :param owner: the owner's signing key, in software or in a token that decrypts.
    :param centre: the certificate of the centre. Whether it is valid and not revoked is for the path validation to say.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises DecodeError: when it is malformed, or names no recipient or no signer alone.
    :raises LimitExceeded: when it is longer than 64 KiB.
    :raises UnsupportedAlgorithm: when an algorithm in it is not done.
    :raises DecryptionError: when it cannot be decrypted, the signature does not hold, or it is another key.
    :raises GmpkiError: what a token raises.
    """
    member(owner, Decryptor, "owner")
    member(centre, Certificate, "centre")
    sealed = data if isinstance(data, SignedAndEnvelopedData) else _read(data)
    entry = sealed.recipient_infos[0] if len(sealed.recipient_infos) == 1 else None
    if not isinstance(entry, KeyTransRecipientInfo) or len(sealed.signer_infos) != 1:
        raise DecodeError("an enveloped key is for one recipient, and signed by one signer")
    parts = sealed.encrypted_content_info
    encrypted = parts.encrypted_content
    if encrypted is None:
        raise DecodeError("the encrypted key is not there")
    if entry.key_encryption_algorithm.algorithm not in SM2_IDENTIFIERS:
        raise UnsupportedAlgorithm(f"the key is encrypted with {entry.key_encryption_algorithm.shown}")
    algorithm = parts.content_encryption_algorithm
    parameters = None if _is_ecb(algorithm) else CipherParameters.read(algorithm)
    secret = owner.decrypt(entry.encrypted_key)
    try:
        if parameters is None:
            content = _decrypted_ecb(secret, bytes(encrypted))
        else:
            content = parameters.decrypt(secret, encrypted)
        centre.public_key.verify(sealed.signer_infos[0].signature, content)
        return _read_key(content, public_key)
    except GmpkiError:
        # One error: what tells a wrong padding from a wrong signature is an oracle.
        raise DecryptionError from None


def _read(data: Buffer) -> SignedAndEnvelopedData:
    info = ContentInfo.from_der(as_bytes(data, "an enveloped key"), max_size=_MAX_LEN)
    if info.content_type not in (oids.GM_SIGNED_AND_ENVELOPED_DATA, oids.SIGNED_AND_ENVELOPED_DATA):
        raise DecodeError(f"a message of the type {info.content_type.name}, not a signed envelope")
    return SignedAndEnvelopedData.from_der(info.content or b"")


def _is_ecb(algorithm: AlgorithmIdentifier) -> bool:
    return algorithm.algorithm in (oids.SM4_ECB, oids.SM4) and algorithm.has_no_parameters


def _decrypted_ecb(secret: bytes, encrypted: bytes) -> bytes:
    # Without padding where it is as long as the number alone.
    padding = sm4.Padding.NONE if len(encrypted) == _NUMBER_LEN else sm4.Padding.PKCS7
    return sm4.decrypt(secret, encrypted, sm4.Mode.ECB, padding=padding)


def _read_key(content: bytes, public_key: PublicKey) -> EscrowedKey:
    if isinstance(public_key, SM2PublicKey) and len(content) == 2 * _NUMBER_LEN:
        content = content[_NUMBER_LEN:]  # the wide field of the token interface, with zeros in front
    if isinstance(public_key, SM2PublicKey) and len(content) == _NUMBER_LEN:
        key: EscrowedKey = SM2PrivateKey.from_bytes(content)
    else:
        from gmpki.keys.loader import load_private_key

        key = cast("EscrowedKey", load_private_key(content))
    if key.public_key.to_der() != public_key.to_der():
        raise DecryptionError
    return key
