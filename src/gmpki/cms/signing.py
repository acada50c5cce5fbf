"""Making signed messages.

>>> from gmpki.cms import MessageProfile, SignerSpec, sign
>>> sign(b"contract", SignerSpec(key, certificate))  # doctest: +SKIP
>>> sign(b"contract", SignerSpec(key, certificate), profile=MessageProfile.RFC5652, detached=True)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar, cast

from gmpki._inputs import as_bytes, iterated, member
from gmpki.asn1.rfc5652 import MAX_CERTIFICATES, MAX_CRLS, ContentInfo, EncapsulatedContentInfo, SignedData
from gmpki.cms.digests import ContentDigests
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.cms.signer_spec import SignerPlan, SignerSpec
from gmpki.errors import InvalidInputError, LimitExceeded
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.asn1.rfc5652 import SignerInfo
    from gmpki.x509.crl import CertificateRevocationList

__all__ = [
    "MAX_SIGNERS",
    "assemble",
    "checked_signers",
    "digests_for",
    "message_head",
    "sign",
    "sign_digests",
]

P = TypeVar("P", SignerPlan, SignerSpec)

MAX_SIGNERS: Final = 64
"""The most signers that one message is given."""


def sign(
    content: Buffer,
    signers: SignerSpec | Iterable[SignerSpec],
    *,
    profile: MessageProfile = MessageProfile.GMT0010,
    detached: bool = False,
    certificates: Iterable[Certificate] = (),
    crls: Iterable[CertificateRevocationList] = (),
    include_signer_certificates: bool = True,
    content_type: str | None = None,
) -> bytes:
    """Sign a content, and return the message as DER.

    :param signers: one, or several that sign the same content side by side.
    :param profile: whose identifiers and versions are written.
    :param detached: leave the content out of the message.
    :param certificates: others that go along: those of the authorities in between.
    :param crls: revocation lists that go along.
    :param include_signer_certificates: let the signers' own certificates go along; without them only who has them
        can verify.
    :param content_type: an object identifier; None is data of the profile.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no signer, or one certificate signs twice.
    :raises LimitExceeded: when there are more than 64 signers, 4096 certificates or 1024 lists.
    :raises ProfileError: when the profile has no such signer, or the content type asks for signed attributes.
    :raises MessageError: "content-is-attributes" when a content to be signed without attributes would itself pass for
        signed attributes.
    :raises GmpkiError: what a signer that lives elsewhere raises.
    :raises FaultDetected: when the signature that such a signer made does not hold.
    :standard: RFC 5652 5.1 to 5.4; GM/T 0010
    """
    member(detached, bool, "detached")
    octets = as_bytes(content, "content")
    return sign_digests(
        ContentDigests.of(octets),
        signers,
        None if detached else octets,
        profile=profile,
        certificates=certificates,
        crls=crls,
        include_signer_certificates=include_signer_certificates,
        content_type=content_type,
    )


def sign_digests(
    digests: ContentDigests,
    signers: SignerSpec | Iterable[SignerSpec],
    content: bytes | None = None,
    *,
    profile: MessageProfile,
    certificates: Iterable[Certificate],
    crls: Iterable[CertificateRevocationList],
    include_signer_certificates: bool,
    content_type: str | None,
) -> bytes:
    """Sign by the digests of a content, wherever it is; parameters and errors are those of :func:`sign`.

    :param content: what is put into the message; None for a detached one.
    """
    specs = checked_signers(signers, SignerSpec)
    member(profile, MessageProfile, "profile")
    kind = profile.inner_type(content_type)
    own = [spec.certificate for spec in specs] if include_signer_certificates else []
    return assemble(
        profile,
        EncapsulatedContentInfo(kind, content),
        [spec.sign(digests, kind, profile) for spec in specs],
        encoded_certificates((*own, *iterated(certificates, "certificates"))),
        encoded_crls(crls),
    )


def digests_for(plans: Iterable[SignerPlan]) -> ContentDigests:
    """Return running digests of a content that streams past, as its signers need them."""
    hashes: set[str] = set()
    prefixes: set[bytes] = set()
    for plan in plans:
        names, starts = plan.needed
        hashes.update(names)
        prefixes.update(starts)
    return ContentDigests(hashes, prefixes)


def assemble(
    profile: MessageProfile,
    inner: EncapsulatedContentInfo,
    infos: Iterable[SignerInfo],
    certificates: Iterable[bytes] = (),
    crls: Iterable[bytes] = (),
) -> bytes:
    """Put signers' entries, certificates and lists together to a message, as DER.

    :param certificates: the DER of each.
    :param crls: the DER of each.
    :raises InvalidTypeError: when an input has the wrong type.
    """
    signers = tuple(infos)
    announced = [(isinstance(info.sid, bytes), info.digest_algorithm) for info in signers]
    version, algorithms = message_head(profile, inner.content_type, announced)
    data = SignedData(version, algorithms, inner, tuple(certificates), tuple(crls), signers)
    return ContentInfo(profile.content_type(MessageKind.SIGNED_DATA), data.to_der()).to_der()


def message_head(
    profile: MessageProfile, content_type: str, signers: Iterable[tuple[bool, AlgorithmIdentifier]]
) -> tuple[int, tuple[AlgorithmIdentifier, ...]]:
    """Return what a message says before its content: its version, and the digest algorithms that it announces.

    :param signers: of each, whether he is named by key identifier, and his digest algorithm.
    """
    given = tuple(signers)
    version = profile.rules.signed_version(
        plain_data=MessageKind.of(content_type) is MessageKind.DATA,
        key_identifiers=any(by_key for by_key, _ in given),
    )
    return version, tuple(dict.fromkeys(algorithm for _, algorithm in given))


def encoded_certificates(certificates: Iterable[Certificate]) -> tuple[bytes, ...]:
    """Return the DER of certificates, each once.

    :raises InvalidTypeError: when one is none.
    :raises LimitExceeded: when there are more than 4096.
    """
    found: dict[bytes, None] = {}
    for certificate in iterated(certificates, "certificates", most=MAX_CERTIFICATES + 1):
        member(certificate, Certificate, "a certificate")
        found[certificate.der] = None
    if len(found) > MAX_CERTIFICATES:
        raise LimitExceeded(f"a message carries at most {MAX_CERTIFICATES} certificates")
    return tuple(found)


def encoded_crls(crls: Iterable[CertificateRevocationList]) -> tuple[bytes, ...]:
    """Return the DER of revocation lists, each once.

    :raises InvalidTypeError: when one is none.
    :raises LimitExceeded: when there are more than 1024.
    """
    given = iterated(crls, "crls", most=MAX_CRLS + 1)
    if not given:
        return ()
    from gmpki.x509.crl import CertificateRevocationList

    found: dict[bytes, None] = {}
    for crl in given:
        member(crl, CertificateRevocationList, "a revocation list")
        found[crl.to_der()] = None
    if len(found) > MAX_CRLS:
        raise LimitExceeded(f"a message carries at most {MAX_CRLS} revocation lists")
    return tuple(found)


def checked_signers(signers: P | Iterable[P], kind: type[P]) -> tuple[P, ...]:
    """Return the signers, with their keys or without.

    :raises InvalidTypeError: when one is not of the kind.
    :raises InvalidInputError: when there is none, or a certificate signs twice.
    :raises LimitExceeded: when there are more than 64.
    """
    if isinstance(signers, kind):
        return (signers,)
    found = iterated(cast("Iterable[P]", signers), "signers", most=MAX_SIGNERS + 1)
    if not found:
        raise InvalidInputError("a message is signed by at least one signer")
    if len(found) > MAX_SIGNERS:
        raise LimitExceeded(f"a message is signed by at most {MAX_SIGNERS} signers")
    for signer in found:
        member(signer, kind, "a signer")
    if len({signer.certificate for signer in found}) != len(found):
        raise InvalidInputError("one certificate signs a message once")
    return found
