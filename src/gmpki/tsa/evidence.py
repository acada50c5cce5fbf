"""Evidence: a signature kept with all that is needed to verify it years later, offline, as one signed message.

Beside the signature stand a time-stamp over it, the certificates of its path, and lists or responses that say who was
not revoked; each time-stamp brings the same for its own authority. Before the key or the hash of the newest time-stamp
gets weak, or the certificate of its authority ends, :meth:`Evidence.renewed` puts a newer one over everything.

>>> evidence = Evidence.from_der(message)  # doctest: +SKIP
>>> evidence = evidence.stamped(stamp).with_data(signer_data).with_stamp_data(tsa_data)  # doctest: +SKIP
>>> evidence = evidence.renewed(stamp)  # years later  # doctest: +SKIP
>>> verify_evidence(evidence, Trust(anchors=[root])).signed_at  # doctest: +SKIP
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, function, member, number
from gmpki.asn1 import der
from gmpki.asn1.rfc5652 import Attribute, encode_attributes
from gmpki.cms.amending import attach_attributes, attach_timestamp
from gmpki.cms.signed import SignedMessage
from gmpki.errors import InvalidInputError, LimitExceeded, MessageError, StateError, TimestampError
from gmpki.keys._immutable import Immutable
from gmpki.tsa.imprint import Imprint
from gmpki.tsa.token import TimestampToken
from gmpki.tsa.validation_data import ValidationData

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

    from gmpki.asn1.rfc5652 import SignerInfo

    Stamp = Callable[[Imprint], Buffer]

__all__ = ["MAX_TIMESTAMPS", "Evidence"]

MAX_TIMESTAMPS: Final = 32
"""How many time-stamps of a kind are read: one every five years lasts for more than a century."""


class Evidence(Immutable):
    """One signature of a message with what verifies it. Immutable; thread-safe: each method returns a new one.

    :standard: RFC 5126 6.1.1 (signature-time-stamp), 6.3.3, 6.3.4 and 6.4.1 (archive-time-stamp, the one of
        1.2.840.113549.1.9.16.2.48). The references of CAdES-C are not written, since the values themselves are there.
        How the imprint of an archive time-stamp is computed follows the text of 6.4.1; that other software reads it
        in the same way has not been tried
    """

    __slots__ = ("_archives", "_content", "_index", "_message", "_stamps")
    _message: SignedMessage
    _content: bytes | None
    _index: int
    _stamps: tuple[TimestampToken, ...]
    _archives: tuple[TimestampToken, ...]

    def __init__(self) -> None:
        """Refuse: evidence begins with a signed message.

        :raises InvalidInputError: always.
        """
        raise InvalidInputError("Evidence is made by from_der, from a signed message")

    @classmethod
    def from_der(cls, message: SignedMessage | Buffer, *, content: Buffer | None = None, signer: int = 0) -> Evidence:
        """Take a signed message, with or without anything beside its signature.

        :param content: of a detached message.
        :param signer: whose signature it is about, counted from 0 in the order of the message.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when there is no such signer.
        :raises MessageError: when it is no signed message; "content-missing" or "content-twice".
        :raises DecodeError: when it or a time-stamp in it is malformed.
        :raises LimitExceeded: when it is too long, or has more than 32 time-stamps of a kind.
        :raises TimestampError: when what stands in the place of a time-stamp is none.
        """
        read = message if isinstance(message, SignedMessage) else SignedMessage.from_der(message)
        if not read.signers:
            raise MessageError("no-signers", "nobody has signed the message")
        index = number(signer, 0, len(read.signers) - 1, "signer")
        if read.is_detached and content is None:
            raise MessageError("content-missing", "the message is detached: its content has to be given")
        if content is not None and not read.is_detached:
            raise MessageError("content-twice", "the message has its content inside; another one was given")
        attributes = read.signers[index].other_attributes()
        self = object.__new__(cls)
        object.__setattr__(self, "_message", read)
        object.__setattr__(self, "_content", None if content is None else as_bytes(content, "content"))
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_stamps", _tokens(attributes.find_all(oids.TIME_STAMP_TOKEN)))
        object.__setattr__(self, "_archives", _tokens(attributes.find_all(oids.ARCHIVE_TIME_STAMP)))
        return self

    # ---- what there is ------------------------------------------------------------------
    def to_der(self) -> bytes:
        """Return the message with all that stands in it; a detached content stays outside."""
        return self._message.to_der()

    @property
    def message(self) -> SignedMessage:
        """The message, nothing of it verified."""
        return self._message

    @property
    def content(self) -> bytes | None:
        """The content that was given for a detached message; None when it stands inside."""
        return self._content

    @property
    def index(self) -> int:
        """Which signer of the message it is about."""
        return self._index

    @property
    def signer(self) -> SignerInfo:
        """The signer's entry in the message."""
        return self._message.signers[self._index]

    @property
    def timestamps(self) -> tuple[TimestampToken, ...]:
        """The time-stamps over the signature, the oldest first, none of them verified."""
        return self._stamps

    @property
    def archive_timestamps(self) -> tuple[TimestampToken, ...]:
        """The time-stamps over everything, the oldest first, none of them verified."""
        return self._archives

    @property
    def data(self) -> ValidationData:
        """What is kept about the signer's certificate.

        :raises DecodeError: when it is malformed.
        """
        return ValidationData.of_attributes(self.signer.other_attributes())

    # ---- keeping more -------------------------------------------------------------------
    def stamped(self, stamp: Stamp, *, hash_name: str = "sm3") -> Evidence:
        """Return the same with a time-stamp over the signature.

        :param stamp: returns the token for an imprint, as the ``stamp`` of an authority does; what it raises goes
            through. Of a client it is ``lambda imprint: client.stamp(imprint).token``.
        :raises StateError: when an archive time-stamp covers everything already.
        :raises TimestampError: "imprint" when the token is over something else.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises UnsupportedAlgorithm: when there is no such hash.
        """
        self._demand_open("a time-stamp over the signature")
        token = _stamped(stamp, Imprint.of(self.signer.signature, hash_name))
        return self._with(attach_timestamp(self._message, token.message.to_der(), signer=self._index))

    def with_data(self, data: ValidationData) -> Evidence:
        """Return the same with more about the signer's certificate, beside what is kept already.

        :raises StateError: when an archive time-stamp covers everything already.
        :raises InvalidTypeError: when data is none.
        :raises LimitExceeded: when there is more than 1024 of a kind.
        """
        member(data, ValidationData, "data")
        self._demand_open("data about the signer")
        attributes = self.data.merged(data).to_attributes()
        return self._with(attach_attributes(self._message, attributes, signer=self._index, replacing=True))

    def with_stamp_data(self, data: ValidationData) -> Evidence:
        """Return the same with more about the authority of the newest time-stamp.

        It is put into the token: the newest archive time-stamp, or those over the signature while there is none.

        :raises StateError: when there is no time-stamp yet.
        :raises InvalidTypeError: when data is none.
        :raises LimitExceeded: when there is more than 1024 of a kind.
        """
        member(data, ValidationData, "data")
        if self._archives:
            tokens = (*self._archives[:-1], _with_data(self._archives[-1], data))
            return self._with_tokens(oids.ARCHIVE_TIME_STAMP, tokens)
        if not self._stamps:
            raise StateError("there is no time-stamp yet to keep data about")
        return self._with_tokens(oids.TIME_STAMP_TOKEN, tuple(_with_data(token, data) for token in self._stamps))

    def renewed(self, stamp: Stamp, *, hash_name: str = "sm3") -> Evidence:
        """Return the same with a newer time-stamp over everything that is there.

        What proves that the authority of the newest time-stamp was in order has to be there before, by
        :meth:`with_stamp_data`: it is covered, and cannot be added later.

        :param stamp: as for :meth:`stamped`.
        :raises StateError: when the signature has no time-stamp yet.
        :raises TimestampError: "imprint" when the token is over something else, "order" when it is not newer than
            those that are there.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises UnsupportedAlgorithm: when there is no such hash.
        :raises LimitExceeded: when there are 32 already.
        :standard: RFC 5126 6.4.1
        """
        if not self._stamps:
            raise StateError("the signature has no time-stamp yet; use stamped()")
        if len(self._archives) >= MAX_TIMESTAMPS:
            raise LimitExceeded(f"at most {MAX_TIMESTAMPS} archive time-stamps")
        token = _stamped(stamp, self.archive_imprint(hash_name))
        newest = max(found.time for found in self._stamps + self._archives)
        if token.time <= newest:
            raise TimestampError("order", f"the new time-stamp is of {token.time}, the newest one there of {newest}")
        return self._with_tokens(oids.ARCHIVE_TIME_STAMP, (*self._archives, token))

    def archive_imprint(self, hash_name: str = "sm3", *, older: int | None = None) -> Imprint:
        """Return the imprint of an archive time-stamp over what is there.

        :param older: how many of the archive time-stamps it covers, the oldest ones; None covers all.
        :raises InvalidInputError: when there are fewer.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises UnsupportedAlgorithm: when there is no such hash.
        :standard: RFC 5126 6.4.1
        """
        count = len(self._archives) if older is None else number(older, 0, len(self._archives), "older")
        return Imprint.of_pieces(self._covered(count), hash_name)

    def _covered(self, count: int) -> Iterator[bytes]:
        """Give what an archive time-stamp covers, each element without its tag and length."""
        data = self._message.signed_data
        yield _contents(data.encap_content_info.to_der())
        if self._content is not None:
            yield self._content
        for elements in (data.certificates, data.crls):
            yield _contents(der.encode_set_of(elements))
        kept = [found for found in self.signer.other_attributes() if found.type != oids.ARCHIVE_TIME_STAMP]
        if count:
            values = tuple(token.to_der() for token in self._archives[:count])
            kept.append(Attribute(oids.ARCHIVE_TIME_STAMP, values))
        info = replace(self.signer, unsigned_attributes=encode_attributes(tuple(kept)) if kept else None)
        with der.Reader(info.to_der()).sequence() as fields:
            while not fields.at_end():
                yield _contents(fields.raw_element())

    # ---- helpers ------------------------------------------------------------------------
    def _demand_open(self, what: str) -> None:
        if self._archives:
            raise StateError(f"an archive time-stamp covers everything already; {what} comes before")

    def _with(self, encoded: bytes) -> Evidence:
        """Return the evidence in a message that was amended: a set of signers may stand in another order then."""
        read = SignedMessage.from_der(encoded)
        index = [info.signature for info in read.signers].index(self.signer.signature)
        return Evidence.from_der(read, content=self._content, signer=index)

    def _with_tokens(self, kind: str, tokens: tuple[TimestampToken, ...]) -> Evidence:
        attribute = Attribute(oids.find(kind), tuple(token.message.to_der() for token in tokens))
        return self._with(attach_attributes(self._message, [attribute], signer=self._index, replacing=True))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Evidence):
            return NotImplemented
        mine, theirs = ((e._message, e._content, e._index) for e in (self, other))
        return mine == theirs

    def __hash__(self) -> int:
        return hash((self._message, self._index))

    def __repr__(self) -> str:
        return f"<Evidence, {len(self._stamps)} time-stamps, {len(self._archives)} archive time-stamps>"


def _tokens(values: tuple[bytes, ...]) -> tuple[TimestampToken, ...]:
    if len(values) > MAX_TIMESTAMPS:
        raise LimitExceeded(f"{len(values)} time-stamps of a kind; at most {MAX_TIMESTAMPS} are read")
    return tuple(sorted((TimestampToken.from_der(value) for value in values), key=lambda token: token.time))


def _stamped(stamp: Stamp, imprint: Imprint) -> TimestampToken:
    function(stamp, "stamp")
    token = TimestampToken.from_der(stamp(imprint))
    if not token.imprint.matches(imprint):
        raise TimestampError("imprint", "the time-stamp is over other data")
    return token


def _with_data(token: TimestampToken, data: ValidationData) -> TimestampToken:
    """Return a token that keeps more about its authority."""
    merged = ValidationData.of_attributes(token.signer.other_attributes()).merged(data)
    return TimestampToken.from_der(attach_attributes(token.message, merged.to_attributes(), replacing=True))


def _contents(element: bytes) -> bytes:
    return der.Reader(element).contents(element[0])
