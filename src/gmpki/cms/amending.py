"""What may be added to a signed message: another signer, and what stands beside a signature without being signed.

Nothing that was signed changes. Nothing is verified either: whoever adds something vouches for nothing that was there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gmpki import oids
from gmpki._inputs import as_bytes, iterated, member, number
from gmpki.asn1.rfc5280.ext_names import Attribute
from gmpki.asn1.rfc5652 import ContentInfo, SignerInfo, encode_attributes
from gmpki.cms.attributes import MAX_ATTRIBUTES
from gmpki.cms.digests import ContentDigests
from gmpki.cms.profiles import MessageKind
from gmpki.cms.signed import SignedMessage
from gmpki.cms.signer_spec import SignerSpec
from gmpki.cms.signing import MAX_SIGNERS, encoded_certificates
from gmpki.errors import InvalidInputError, LimitExceeded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.asn1.rfc5652 import SignedData
    from gmpki.x509.certificate import Certificate

__all__ = ["add_signer", "attach_attributes", "attach_timestamp", "countersign"]


def add_signer(
    message: SignedMessage | Buffer,
    spec: SignerSpec,
    *,
    content: Buffer | None = None,
    certificates: Iterable[Certificate] = (),
) -> bytes:
    """Sign the content of a message beside those who have signed it, and return the message as DER.

    :param content: of a detached message.
    :param certificates: others that go along besides the signer's.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the certificate has signed the message already.
    :raises LimitExceeded: when there are 64 signers already.
    :raises MessageError: "content-missing" and "content-twice" as :func:`~gmpki.cms.verification.verify`, and as
        :func:`~gmpki.cms.signing.sign`.
    :raises GmpkiError: as :meth:`SignedMessage.from_der` for bytes that are no message, and as
        :func:`~gmpki.cms.signing.sign`.
    """
    read = _read(message)
    member(spec, SignerSpec, "a signer")
    octets = read.content_with(content)
    info = spec.sign(ContentDigests.of(octets), read.content_type, read.profile)
    data = read.signed_data
    if any(other.sid == info.sid for other in data.signer_infos):
        raise InvalidInputError("the certificate has signed this message already")
    if len(data.signer_infos) >= MAX_SIGNERS:
        raise LimitExceeded(f"a message is signed by at most {MAX_SIGNERS} signers")
    along = _with_certificates(data.certificates, (spec.certificate, *iterated(certificates, "certificates")))
    return _written(read, replace(data, certificates=along, signer_infos=(*data.signer_infos, info)))


def countersign(message: SignedMessage | Buffer, spec: SignerSpec, *, signer: int = 0) -> bytes:
    """Sign the signature of a signer, and return the message as DER.

    :param signer: which one, counted from 0 in the order of the message.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no such signer, or the counter-signer signs no attributes, which a
        counter-signature needs to be told from a signature over the same bytes as a content.
    :raises LimitExceeded: when the signer has 64 unsigned attributes already.
    :raises GmpkiError: as :meth:`SignedMessage.from_der` for bytes that are no message; what a signer that lives
        elsewhere raises.
    :standard: RFC 5652 11.4
    """
    read = _read(message)
    member(spec, SignerSpec, "a signer")
    if not spec.attributes:
        raise InvalidInputError("a counter-signature has signed attributes")
    info = _signer(read, signer)
    counter = spec.sign(ContentDigests.of(info.signature), None, read.profile)
    along = _with_certificates(read.signed_data.certificates, (spec.certificate,))
    amended = _with_value(info, oids.COUNTERSIGNATURE, counter.to_der())
    return _replaced(read, signer, amended, certificates=along)


def attach_timestamp(message: SignedMessage | Buffer, token: Buffer, *, signer: int = 0) -> bytes:
    """Put a time-stamp over the signature of a signer into the message, and return it as DER.

    :param token: the DER of the TimeStampToken, which is not verified here.
    :param signer: which one, counted from 0 in the order of the message.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no such signer.
    :raises DecodeError: when the token is no ContentInfo.
    :raises LimitExceeded: when the signer has 64 unsigned attributes already.
    :raises GmpkiError: as :meth:`SignedMessage.from_der` for bytes that are no message.
    :standard: RFC 3161 appendix A
    """
    read = _read(message)
    encoded = as_bytes(token, "a time-stamp token")
    info = ContentInfo.from_der(encoded)
    if MessageKind.of(info.content_type) is not MessageKind.SIGNED_DATA:
        raise InvalidInputError(f"a time-stamp token is a signed message, not {info.content_type.name}")
    return _replaced(read, signer, _with_value(_signer(read, signer), oids.TIME_STAMP_TOKEN, encoded))


def attach_attributes(
    message: SignedMessage | Buffer, attributes: Iterable[Attribute], *, signer: int = 0, replacing: bool = False
) -> bytes:
    """Add attributes to those of a signer that are not signed, and return the message as DER.

    :param attributes: their values join those of an attribute of the same type.
    :param signer: which one, counted from 0 in the order of the message.
    :param replacing: take the place of attributes of the same types instead.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is no such signer, or an attribute is one that only signed attributes have.
    :raises LimitExceeded: when the signer would have more than 64.
    :raises GmpkiError: as :meth:`SignedMessage.from_der` for bytes that are no message.
    :standard: RFC 5652 5.3
    """
    read = _read(message)
    member(replacing, bool, "replacing")
    info = _signer(read, signer)
    given = iterated(attributes, "attributes", most=MAX_ATTRIBUTES + 1)
    for attribute in given:
        member(attribute, Attribute, "an attribute")
        if attribute.type in _SIGNED_ONLY:
            raise InvalidInputError(f"the attribute {attribute.type.name} is a signed one")
    if replacing:
        kinds = {attribute.type for attribute in given}
        kept = tuple(attribute for attribute in info.other_attributes() if attribute.type not in kinds)
        info = _with_attributes(info, kept)
    for attribute in given:
        attribute.to_der()
        for value in attribute.values:
            info = _with_value(info, attribute.type, value)
    return _replaced(read, signer, info)


_SIGNED_ONLY = frozenset((oids.CONTENT_TYPE, oids.MESSAGE_DIGEST, oids.SIGNING_TIME))


def _read(message: SignedMessage | Buffer) -> SignedMessage:
    return message if isinstance(message, SignedMessage) else SignedMessage.from_der(message)


def _signer(message: SignedMessage, index: int) -> SignerInfo:
    if not message.signers:
        raise InvalidInputError("nobody has signed the message")
    return message.signers[number(index, 0, len(message.signers) - 1, "signer")]


def _with_value(info: SignerInfo, kind: str, value: bytes) -> SignerInfo:
    """Return a signer's entry with one more value of an unsigned attribute."""
    items = list(info.other_attributes())
    for index, attribute in enumerate(items):
        if attribute.type == kind:
            if value not in attribute.values:
                items[index] = Attribute(attribute.type, (*attribute.values, value))
            break
    else:
        items.append(Attribute(oids.find(kind), (value,)))
    return _with_attributes(info, tuple(items))


def _with_attributes(info: SignerInfo, items: tuple[Attribute, ...]) -> SignerInfo:
    if len(items) > MAX_ATTRIBUTES:
        raise LimitExceeded(f"a signer has at most {MAX_ATTRIBUTES} attributes")
    return replace(info, unsigned_attributes=encode_attributes(items) if items else None)


def _with_certificates(there: tuple[bytes, ...], more: Iterable[Certificate]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys((*there, *encoded_certificates(more))))


def _replaced(
    message: SignedMessage, index: int, info: SignerInfo, *, certificates: tuple[bytes, ...] | None = None
) -> bytes:
    data = message.signed_data
    infos = (*data.signer_infos[:index], info, *data.signer_infos[index + 1 :])
    along = data.certificates if certificates is None else certificates
    return _written(message, replace(data, certificates=along, signer_infos=infos))


def _written(message: SignedMessage, data: SignedData) -> bytes:
    """Encode a message whose signers or certificates have changed, with the version and digests that they ask for."""
    algorithms: dict[str, AlgorithmIdentifier] = {}
    for algorithm in (*data.digest_algorithms, *(info.digest_algorithm for info in data.signer_infos)):
        algorithms.setdefault(algorithm.algorithm, algorithm)
    version = message.profile.rules.signed_version(
        plain_data=MessageKind.of(message.content_type) is MessageKind.DATA,
        key_identifiers=any(isinstance(info.sid, bytes) for info in data.signer_infos),
        other_certificates=any(encoded[:1] != b"\x30" for encoded in (*data.certificates, *data.crls)),
    )
    amended = replace(data, version=version, digest_algorithms=tuple(algorithms.values()))
    return ContentInfo(message.outer_content_type, amended.to_der()).to_der()
