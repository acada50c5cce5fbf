"""Verifying signed messages: digest, signature, usage, time-stamp, chain and revocation of every signer.

>>> from gmpki.cms import Trust, verify
>>> verify(data, Trust(anchors=[root])).content  # doctest: +SKIP
b'...'

A message counts only when every signer's checks hold, and there is at least one signer. Whoever wants to know all that
is wrong with a message asks to collect; the content stays out of reach as long as anything is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.cms.algorithms import digest_name
from gmpki.cms.digests import ContentDigests
from gmpki.cms.report import VerifiedMessage
from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_certificate import find_certificate, verifying_key
from gmpki.cms.signer_checks import Judgement
from gmpki.cms.trust import Trust
from gmpki.errors import GmpkiError, InvalidTypeError, LimitExceeded, MessageError
from gmpki.keys.sm2_public import SM2PublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.cms.report import SignerReport
    from gmpki.cms.timestamps import TimestampVerifier

__all__ = ["MAX_VERIFIED_CERTIFICATES", "MAX_VERIFIED_SIGNERS", "needed_digests", "verify", "verify_signers"]

MAX_VERIFIED_SIGNERS: Final = 64
"""The most signers of a message that are verified: each costs a signature and a path."""
MAX_VERIFIED_CERTIFICATES: Final = 512
"""The most certificates among which the path of each signer is looked for."""


def verify(
    message: SignedMessage | Buffer,
    trust: Trust,
    *,
    content: Buffer | None = None,
    collect: bool = False,
    timestamps: TimestampVerifier | None = None,
) -> VerifiedMessage:
    """Verify a message completely, and return its content with a report about each signer.

    :param message: one that was read, or the bytes of one, which are read strictly.
    :param trust: whom to trust; ``Trust.signature_only()`` to look at signatures alone.
    :param content: of a detached message.
    :param collect: return a report in place of an error about a signer; its ``content`` raises that error.
    :param timestamps: who verifies time-stamps. With one that holds, the chain is validated for its time. Without a
        verifier they are not looked at.
    :raises InvalidSignature: when a signature does not hold, or the content is not the one that was signed.
    :raises MessageError: when the message is not acceptable: "no-signers", "content-missing" or "content-twice" also
        when collecting; "signer-missing" and "signer-ambiguous" about the signer's certificate, "digest-not-listed",
        "algorithm-mismatch", "algorithm-protection", "content-type", "content-is-attributes", "no-attributes",
        "attribute-missing", "attribute-twice", "attribute-values", "attribute-malformed", "attribute-place",
        "signing-certificate".
    :raises ValidationError: when the signer's certificate is not acceptable: "key-usage" when it is none to sign with,
        "extended-key-usage" when it is for time-stamps or OCSP alone, and all that path validation raises.
    :raises TimestampError: when a time-stamp is over something else, or not acceptable.
    :raises UnsupportedAlgorithm: when an algorithm is not known.
    :raises KeyMismatchError: when the signature algorithm is not one of the certificate's key.
    :raises PolicyError: when the algorithm policy refuses a hash or a key.
    :raises LimitExceeded: when there are more than 64 signers or 512 certificates, or more than 64 MiB.
    :raises DecodeError: when the message or something in it is malformed.
    :raises InvalidTypeError: when an input has the wrong type.
    :standard: RFC 5652 5.6; GM/T 0010
    """
    if not isinstance(message, SignedMessage):
        message = SignedMessage.from_der(message)
    member(trust, Trust, "trust")
    if not message.signers:
        raise MessageError("no-signers", "nobody has signed the message")
    octets = message.content_with(content)
    reports = verify_signers(message, trust, ContentDigests.of(octets), collect=collect, timestamps=timestamps)
    return VerifiedMessage(octets, reports, message.quirks, message.variants)


def verify_signers(
    message: SignedMessage,
    trust: Trust,
    digests: ContentDigests,
    *,
    collect: bool = False,
    timestamps: TimestampVerifier | None = None,
) -> tuple[SignerReport, ...]:
    """Verify every signer of a message by the digests of its content; the rest as :func:`verify`.

    :param digests: of the content, wherever it went: made with :func:`needed_digests`.
    :returns: one report for each signer.
    """
    member(message, SignedMessage, "message")
    member(trust, Trust, "trust")
    member(collect, bool, "collect")
    if timestamps is not None and not callable(getattr(timestamps, "verify", None)):
        raise InvalidTypeError(f"a verifier of time-stamps has a method verify, not {type(timestamps).__name__}")
    if not message.signers:
        raise MessageError("no-signers", "nobody has signed the message")
    if len(message.signers) > MAX_VERIFIED_SIGNERS:
        raise LimitExceeded(f"a message of {len(message.signers)} signers; at most {MAX_VERIFIED_SIGNERS} are verified")
    if len(message.certificates) > MAX_VERIFIED_CERTIFICATES:
        raise LimitExceeded(
            f"a message with {len(message.certificates)} certificates; at most {MAX_VERIFIED_CERTIFICATES} count"
        )
    judgement = Judgement(message, trust, timestamps, collect=collect)
    return tuple(judgement.signer(index, info, digests) for index, info in enumerate(message.signers))


def needed_digests(message: SignedMessage, trust: Trust) -> ContentDigests:
    """Return running digests of a content that has not passed yet: all that its signers need.

    What cannot be told, because a certificate is missing or an algorithm unknown, is left out here and refused by
    :func:`verify_signers`.

    :raises InvalidTypeError: when an input has the wrong type.
    """
    member(message, SignedMessage, "message")
    member(trust, Trust, "trust")
    hashes: set[str] = set()
    prefixes: set[bytes] = set()
    for info in message.signers[:MAX_VERIFIED_SIGNERS]:
        try:
            hashes.add(digest_name(info.digest_algorithm, lenient=message.is_lenient)[0])
            certificate = find_certificate(info.sid, message.certificates, trust)
            key = verifying_key(certificate, trust.signatures)
        except GmpkiError:
            continue
        if not isinstance(key, SM2PublicKey):
            continue
        if info.signed_attributes is None:
            prefixes.update(key.za(user_id=user_id) for user_id in trust.signatures.user_ids)
        elif message.is_lenient:
            prefixes.add(key.za())
    return ContentDigests(hashes, prefixes)
