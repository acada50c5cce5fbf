"""DigestedData: a content with its digest, against accidents only. Whoever changes the one changes the other too.

>>> from gmpki.cms.digested import digest_content, read_digested
>>> read_digested(digest_content(b"content")).content
b'content'

GM/T 0010 does not have it.

:standard: RFC 5652 7
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from gmpki._inputs import as_bytes, as_text, member
from gmpki.asn1.rfc5652 import ContentInfo, DigestedData, EncapsulatedContentInfo
from gmpki.cms.algorithms import digest_algorithm, digest_name
from gmpki.cms.digests import hash_of
from gmpki.cms.message import read_message
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.errors import InvalidInputError, MessageError

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.cms.variants import Variant
    from gmpki.oids import ObjectIdentifier

__all__ = ["DigestedContent", "digest_content", "read_digested"]


@dataclass(frozen=True, slots=True)
class DigestedContent:
    """A content that its digest fits. Immutable; thread-safe. Nothing is known about who wrote it.

    :ivar content: the content.
    :ivar content_type: what the message says that the content is.
    :ivar digest_name: the hash.
    :ivar quirks: departures from DER that were met and accepted.
    :ivar variants: departures from the standard's meaning that were met and accepted.
    """

    content: bytes
    content_type: ObjectIdentifier
    digest_name: str
    quirks: tuple[Quirk, ...] = ()
    variants: tuple[Variant, ...] = ()


def digest_content(
    content: Buffer,
    *,
    profile: MessageProfile = MessageProfile.RFC5652,
    digest: str = "sm3",
    detached: bool = False,
    content_type: str | None = None,
) -> bytes:
    """Put a content and its digest together; return the DER of a DigestedData.

    :param digest: sm3, sha256, sha384 or sha512.
    :param detached: leave the content out.
    :param content_type: what the content is; None is data of the profile.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when content_type is no object identifier.
    :raises UnsupportedAlgorithm: when digest is another.
    :raises ProfileError: with GMT0010, which does not have it.
    """
    member(profile, MessageProfile, "profile")
    member(detached, bool, "detached")
    outer = profile.content_type(MessageKind.DIGESTED_DATA)
    octets = as_bytes(content, "the content")
    algorithm = digest_algorithm(as_text(digest, "digest"))
    inner = profile.inner_type(content_type)
    version = profile.rules.digested_version(plain_data=MessageKind.of(inner) is MessageKind.DATA)
    encapsulated = EncapsulatedContentInfo(inner, None if detached else octets)
    return ContentInfo(outer, DigestedData(version, algorithm, encapsulated, hash_of(digest, octets)).to_der()).to_der()


def read_digested(data: Buffer, *, content: Buffer | None = None, lenient: bool = False) -> DigestedContent:
    """Return the content of a DigestedData when its digest fits.

    :param data: DER, BER, PEM or base64.
    :param content: the content, when it stands elsewhere.
    :param lenient: accept and note departures from DER other than those of BER, and the identifier of HMAC-SM3 in the
        place of SM3.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when a content is given for a message that holds one.
    :raises DecodeError: when the message is malformed.
    :raises LimitExceeded: when it is longer than 64 MiB.
    :raises MessageError: "not-digested" when it is a message of another kind; "no-content" when the content stands
        elsewhere and was not given; "digest" when the digest does not fit.
    :raises UnsupportedAlgorithm: when the digest is not one of messages.
    """
    member(lenient, bool, "lenient")
    message = read_message(data, lenient=lenient)
    digested = message.content
    if not isinstance(digested, DigestedData):
        raise MessageError("not-digested", f"a message of the type {message.content_type.name}, not DigestedData")
    name, variants = digest_name(digested.digest_algorithm, lenient=lenient)
    octets = digested.encap_content_info.digested_octets
    if content is not None:
        if octets is not None:
            raise InvalidInputError("the message holds its content; no other was to be given")
        octets = as_bytes(content, "the content")
    if octets is None:
        raise MessageError("no-content", "the content is not in the message; give it")
    if not compare_digest(hash_of(name, octets), digested.digest):
        raise MessageError("digest", "the digest in the message is not that of the content")
    return DigestedContent(octets, digested.encap_content_info.content_type, name, message.quirks, variants)
