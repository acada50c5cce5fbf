"""SignedAndEnvelopedData: signed by somebody, and encrypted to recipients, in one message.

>>> from gmpki.cms import SignerSpec, Trust, open_signed_and_enveloped, sign_and_encrypt
>>> sealed = sign_and_encrypt(b"content", SignerSpec(key, certificate), [pair])  # doctest: +SKIP
>>> open_signed_and_enveloped(sealed, [(pair, encryption_key)], Trust([root])).content  # doctest: +SKIP
b'content'

The signature is over the content alone, without attributes, and is not encrypted a second time, as published software
writes it; PKCS #7 encrypted it, and such messages do not open here. It does not say for whom the message was made: a
recipient can encrypt the content and its signature to somebody else. What must not be passed on so names its recipient
in the content.

What depends on the decrypted content fails in one way: if a wrong padding and a wrong signature could be told apart,
whoever changes a message and watches could decrypt it. All else about the signers, their certificates, chains,
revocation and time-stamps, does not depend on it, and has its own errors.

:standard: GM/T 0010-2012, whose text was not read (confidence B); RFC 2315 11
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, iterated, member
from gmpki.asn1 import der
from gmpki.asn1.ber_writer import MessageFrame
from gmpki.asn1.gmt0010 import SignedAndEnvelopedData
from gmpki.asn1.rfc5280 import AlgorithmIdentifier
from gmpki.asn1.rfc5652 import EncapsulatedContentInfo, SignedData
from gmpki.asn1.rfc5652._shared import encode_certificates, encode_set
from gmpki.asn1.rfc5652.enveloped import encode_recipients
from gmpki.asn1.rfc5652.signed import SignerInfo
from gmpki.cms.content_ciphers import ContentCipher
from gmpki.cms.digests import ContentDigests
from gmpki.cms.enveloped import encrypted_parts, envelope_variants, split_tag
from gmpki.cms.enveloping import new_parameters
from gmpki.cms.key_history import KeyEntry, KeyHistory
from gmpki.cms.message import read_message
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.cms.recipients import content_key, recipient_infos
from gmpki.cms.report import CheckName, SignerReport
from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import checked_signers, encoded_certificates, encoded_crls
from gmpki.cms.verification import verify_signers
from gmpki.errors import DecryptionError, GmpkiError, InvalidSignature, MessageError, ProfileError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.cms.recipients import Recipient
    from gmpki.cms.timestamps import TimestampVerifier
    from gmpki.cms.trust import Trust
    from gmpki.cms.variants import Variant
    from gmpki.keys.interfaces import Decryptor
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList
    from gmpki.x509.pair import CertificatePair

__all__ = ["OpenedSignedEnvelope", "open_signed_and_enveloped", "sign_and_encrypt"]

_VERSION: Final = 1
# Of the errors about a signer's digest and signature, those that say something about the decrypted content.
_OF_THE_CONTENT: Final = "content-is-attributes"


@dataclass(frozen=True, slots=True)
class OpenedSignedEnvelope:
    """What a signed envelope held, its signatures verified. Immutable; thread-safe.

    :ivar content: the content, which every signer signed.
    :ivar content_type: what the message says that the content is; nothing makes sure of it.
    :ivar recipient: the certificate whose key opened it.
    :ivar cipher: what it was encrypted with.
    :ivar signers: one report for each signer, at least one; every check in them passed or was not asked for.
    :ivar quirks: departures from DER that were met and accepted.
    :ivar variants: departures from the standard's meaning that were met and accepted.
    """

    content: bytes = field(repr=False)
    content_type: ObjectIdentifier
    recipient: Certificate
    cipher: ContentCipher
    signers: tuple[SignerReport, ...]
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[Variant, ...] = ()


def sign_and_encrypt(
    content: Buffer,
    signers: SignerSpec | Iterable[SignerSpec],
    recipients: Iterable[Recipient | Certificate | CertificatePair],
    *,
    profile: MessageProfile = MessageProfile.GMT0010,
    cipher: ContentCipher = ContentCipher.SM4_CBC,
    certificates: Iterable[Certificate] = (),
    crls: Iterable[CertificateRevocationList] = (),
    include_signer_certificates: bool = True,
) -> bytes:
    """Sign a content and encrypt it to some recipients; return the DER of a SignedAndEnvelopedData.

    :param signers: one, or several that sign the same content. They sign without attributes, whatever they say about
        that, and have no place for a time or other attributes.
    :param recipients: as in :func:`~gmpki.cms.enveloping.encrypt`.
    :param profile: GMT0010 or CFCA.
    :param cipher: SM4_CBC: there is no place for the tag of GCM.
    :param certificates: others that go along: those of the authorities in between.
    :param crls: revocation lists that go along.
    :param include_signer_certificates: let the signers' own certificates go along.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no signer or recipient, one is there twice, or a signer has attributes.
    :raises LimitExceeded: when there are too many of anything.
    :raises ProfileError: when the profile does not have the message, the cipher, a signer or a form of recipient; when
        a certificate is not for encryption.
    :raises MessageError: "content-is-attributes" when the content would itself pass for signed attributes.
    :raises UnsupportedAlgorithm: when a key is of no kind that signs or is encrypted to.
    :raises RandomSourceError: when the random source fails.
    :raises GmpkiError: what a signer that lives elsewhere raises.
    """
    specs = [replace(spec, attributes=False) for spec in checked_signers(signers, SignerSpec)]
    parameters = new_parameters(cipher, profile)
    outer = profile.content_type(MessageKind.SIGNED_AND_ENVELOPED_DATA)
    if cipher.is_authenticated:
        raise ProfileError(f"SignedAndEnvelopedData has no place for the tag of {cipher.name}; the signature is there")
    octets = as_bytes(content, "the content")
    inner = profile.content_type(MessageKind.DATA)
    digests = ContentDigests.of(octets)
    infos = [spec.sign(digests, inner, profile) for spec in specs]
    key = cipher.generate_key()
    algorithms = tuple(dict.fromkeys(info.digest_algorithm for info in infos))
    before = (
        der.encode_integer(_VERSION),
        encode_recipients(recipient_infos(key, recipients, profile)),
        encode_set(algorithms, AlgorithmIdentifier, "a digest algorithm"),
    )
    own = [spec.certificate for spec in specs] if include_signer_certificates else []
    along = encoded_certificates((*own, *iterated(certificates, "certificates")))
    after = encode_certificates(along, encoded_crls(crls)) + encode_set(infos, SignerInfo, "a signer")
    inside = der.encode_oid(inner) + parameters.algorithm.to_der()
    ciphertext, _ = parameters.encrypt(key, octets)
    return MessageFrame(outer, b"".join(before), inside, implicit=True).around(ciphertext, after)


def open_signed_and_enveloped(
    data: Buffer,
    keys: KeyHistory | Iterable[KeyEntry | tuple[Certificate | CertificatePair, Decryptor]],
    trust: Trust,
    *,
    lenient: bool = False,
    timestamps: TimestampVerifier | None = None,
) -> OpenedSignedEnvelope:
    """Open a signed envelope, verify its signers, and only then give the content.

    :param data: DER, BER, PEM or base64, with the content types of GM/T 0010 or PKCS #7.
    :param keys: the private keys at hand with their certificates, old ones too.
    :param trust: whom to trust as a signer.
    :param lenient: accept and note departures from DER other than those of BER, and the named variants of signers.
    :param timestamps: who verifies time-stamps; without one they are not looked at.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when keys are none, or not told apart by their certificates.
    :raises KeyMismatchError: when a key in ``keys`` is not that of its certificate, or the algorithm of a signature not
        one of the signer's key.
    :raises DecodeError: when the message or something in it is malformed.
    :raises LimitExceeded: when it is longer than 64 MiB, or has too many signers.
    :raises MessageError: "not-signed-and-enveloped" when it is a message of another kind; "no-content" when the
        encrypted content stands elsewhere; "no-signers" when nobody signed; and what
        :func:`~gmpki.cms.verification.verify` says about signers.
    :raises UnsupportedAlgorithm: when an algorithm of the message is not done.
    :raises NoRecipientError: when none of the keys belongs to a recipient of the message.
    :raises ValidationError: when a signer's certificate or its chain is not acceptable.
    :raises TimestampError: when a time-stamp is not acceptable.
    :raises PolicyError: when the algorithm policy refuses a hash or a key.
    :raises DecryptionError: when it cannot be decrypted, or a signature does not hold: always the same.
    """
    member(lenient, bool, "lenient")
    history = keys if isinstance(keys, KeyHistory) else KeyHistory(keys)
    message = read_message(data, lenient=lenient)
    sealed, outer = message.content, message.content_type
    if not isinstance(sealed, SignedAndEnvelopedData):
        raise MessageError("not-signed-and-enveloped", f"a message of the type {outer.name}, not a signed envelope")
    parameters, encrypted = encrypted_parts(sealed.encrypted_content_info)
    ciphertext, tag = split_tag(parameters, encrypted)
    inner = sealed.encrypted_content_info.content_type
    signed = _as_signed(outer, sealed, message.quirks, lenient=lenient)
    if not signed.signers:
        raise MessageError("no-signers", "nobody has signed the message")
    key = content_key(sealed.recipient_infos, history, parameters.cipher.key_len)
    try:
        content: bytes | None = key.decrypt(parameters, ciphertext, tag)
    except DecryptionError:
        content = None
    # What could not be decrypted is verified all the same, over as many other bytes: no one sees which it was.
    digests = ContentDigests.of(ciphertext if content is None else content)
    reports = verify_signers(signed, trust, digests, collect=True, timestamps=timestamps)
    # Every signer first: an error that everybody can foresee must not come or stay away with what was decrypted.
    judged = [_judged(report) for report in reports]
    if content is None or not all(judged):
        raise DecryptionError
    certificate = key.recipient.certificate
    variants = tuple(dict.fromkeys((*signed.variants, *envelope_variants(outer, inner, key, parameters))))
    return OpenedSignedEnvelope(content, inner, certificate, parameters.cipher, reports, signed.quirks, variants)


def _as_signed(
    outer: str, sealed: SignedAndEnvelopedData, quirks: tuple[Quirk, ...], *, lenient: bool
) -> SignedMessage:
    """Return the signing half as the detached message that it is."""
    of_gm = MessageProfile.of(outer) is MessageProfile.GMT0010
    inner = EncapsulatedContentInfo(sealed.encrypted_content_info.content_type)
    half = SignedData(
        sealed.version, sealed.digest_algorithms, inner, sealed.certificates, sealed.crls, sealed.signer_infos
    )
    return SignedMessage.of(oids.GM_SIGNED_DATA if of_gm else oids.SIGNED_DATA, half, quirks, lenient=lenient)


def _judged(report: SignerReport) -> bool:
    """Tell whether a signer's signature holds over the content.

    :raises GmpkiError: the error of a check that does not depend on the content.
    """
    holds = True
    for check in report.checks:
        error = check.error
        if error is None:
            continue
        if check.name not in (CheckName.DIGEST, CheckName.SIGNATURE) or not _depends_on_content(error):
            raise error
        holds = False
    return holds and report.ok


def _depends_on_content(error: GmpkiError) -> bool:
    return isinstance(error, InvalidSignature) or (isinstance(error, MessageError) and error.reason == _OF_THE_CONTENT)
