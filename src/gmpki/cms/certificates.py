"""Bundles: messages with no content and no signer that only carry certificates and revocation lists (``.p7b``).

>>> from gmpki.cms.certificates import load_certificates, write_bundle
>>> certificates = load_certificates(open("chain.p7b", "rb").read())  # doctest: +SKIP
>>> data = write_bundle(certificates)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki._inputs import member
from gmpki.asn1 import der
from gmpki.asn1.quirks import Quirk
from gmpki.asn1.rfc5652 import ContentInfo, EncapsulatedContentInfo, SignedData
from gmpki.cms.message import PEM_LABELS, read_message
from gmpki.cms.profiles import MessageKind, MessageProfile
from gmpki.errors import InvalidInputError, MessageError
from gmpki.x509._armour import read_all
from gmpki.x509.certificate import PEM_LABELS as CERTIFICATE_LABELS
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import CertificateRevocationList

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["CertificateBundle", "load_certificates", "read_bundle", "write_bundle"]

_LONG_HEADER: Final = 6


class CertificateBundle(NamedTuple):
    """What a bundle carries. None of it is trusted, and nothing says that it belongs together.

    :ivar certificates: in the order of the message; other kinds than X.509 are passed over.
    :ivar crls: likewise.
    :ivar quirks: the departures that were accepted; those inside a certificate stand at that certificate.
    """

    certificates: tuple[Certificate, ...]
    crls: tuple[CertificateRevocationList, ...]
    quirks: tuple[Quirk, ...]


def read_bundle(data: Buffer, *, lenient: bool = False) -> CertificateBundle:
    """Read the certificates and revocation lists that a SignedData carries, with or without signers.

    :param data: DER or BER, PEM, or bare base64.
    :param lenient: take what departs from the rules too, in the message and in what it carries.
    :raises InvalidTypeError: when data is not a buffer.
    :raises InvalidInputError: when a file holds no message, or more than one.
    :raises DecodeError: when the message, or a certificate or a list in it, is malformed.
    :raises LimitExceeded: when it is longer than 64 MiB, or a bound against hostile input is reached.
    :raises MessageError: "not-signed" when it is a message of another kind, "empty-bundle" when it carries nothing.
    :standard: RFC 5652 5.1; RFC 2315 9.1
    """
    message = read_message(data, lenient=lenient)
    content = message.content
    if not isinstance(content, SignedData):
        raise MessageError("not-signed", "certificates are carried by signed data; this message is of another kind")
    certificates = [Certificate.from_der(item, lenient=lenient) for item in _of_x509(content.certificates)]
    crls = [CertificateRevocationList.from_der(item, lenient=lenient) for item in _of_x509(content.crls)]
    if not certificates and not crls:
        raise MessageError("empty-bundle", "the message carries neither certificates nor revocation lists")
    return CertificateBundle(tuple(certificates), tuple(crls), message.quirks)


def _of_x509(items: Iterable[bytes]) -> list[bytes]:
    return [item for item in items if item[0] == der.Tag.SEQUENCE]


def write_bundle(
    certificates: Iterable[Certificate],
    crls: Iterable[CertificateRevocationList] = (),
    *,
    profile: MessageProfile = MessageProfile.RFC5652,
) -> bytes:
    """Return a bundle as DER: a SignedData without content and without signers; each object once.

    :param profile: whose content types it has; nearly every program that reads bundles knows those of RFC 5652 alone.
    :raises InvalidTypeError: when a parameter has the wrong type.
    :raises InvalidInputError: when there is neither a certificate nor a list.
    :raises LimitExceeded: when there are more than 4096 certificates or 1024 lists.
    :standard: RFC 5652 5.1; RFC 2315 9.1
    """
    from gmpki.cms.signing import encoded_certificates, encoded_crls  # of no use to who only reads

    member(profile, MessageProfile, "profile")
    carried, lists = encoded_certificates(certificates), encoded_crls(crls)
    if not carried and not lists:
        raise InvalidInputError("a bundle has at least one certificate or revocation list")
    content = SignedData(1, (), EncapsulatedContentInfo(profile.inner_type(None)), carried, lists)
    return ContentInfo(profile.content_type(MessageKind.SIGNED_DATA), content.to_der()).to_der()


def load_certificates(data: Buffer, *, lenient: bool = False) -> tuple[Certificate, ...]:
    """Read every certificate of a file as certificate authorities hand them out.

    A bundle is a set, which has no order: of its certificates those that issued none of the others come first.

    :param data: PEM with certificates, bundles or both, or one certificate or bundle in DER or bare base64.
    :param lenient: see :func:`read_bundle`.
    :raises InvalidTypeError: when data is not a buffer.
    :raises InvalidInputError: when there is no certificate.
    :raises DecodeError: when one is malformed.
    :raises LimitExceeded: when the file is longer than 64 MiB, or a certificate than 1 MiB.
    :raises MessageError: as :func:`read_bundle`.
    """
    found: list[Certificate] = []
    for encoded in read_all(data, CERTIFICATE_LABELS + PEM_LABELS, "certificate"):
        if _is_message(encoded):
            found += _leaves_first(read_bundle(encoded, lenient=lenient).certificates)
        else:
            found.append(Certificate.from_der(encoded, lenient=lenient))
    if not found:
        raise InvalidInputError("the file has revocation lists, but no certificate")
    return tuple(found)


def _leaves_first(certificates: tuple[Certificate, ...]) -> list[Certificate]:
    issuers = {certificate.issuer for certificate in certificates}
    return sorted(certificates, key=lambda certificate: certificate.subject in issuers)


def _is_message(encoded: bytes) -> bool:
    """Tell a ContentInfo, which begins with an identifier, from a certificate, which begins with a structure."""
    length = encoded[1] if len(encoded) > 1 else 0
    start = 2 + (length & 0x7F if length > 0x80 else 0)
    return start <= _LONG_HEADER and encoded[start : start + 1] == bytes((der.Tag.OID,))
