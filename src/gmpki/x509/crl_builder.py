"""Revocation lists, written: from a few entries in memory, or from a million that stream by.

>>> from datetime import datetime, timezone
>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.x509.crl_builder import CRLBuilder, Revocation
>>> from gmpki.x509.names import build_name
>>> key = SM2PrivateKey.generate()
>>> builder = CRLBuilder(
...     issuer=build_name(("C", "CN"), ("CN", "示例根证书")),
...     this_update=datetime(2026, 1, 1, tzinfo=timezone.utc),
...     next_update=datetime(2026, 2, 1, tzinfo=timezone.utc),
...     number=1,
...     entries=[Revocation(7, datetime(2025, 12, 31, tzinfo=timezone.utc))],
... )
>>> crl = builder.sign(key)
>>> crl.find(7).revocation_date.year
2025
"""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Final, Protocol

from gmpki._inputs import as_bytes, member, number
from gmpki.asn1 import der
from gmpki.asn1.rfc5280 import (
    AuthorityKeyIdentifier,
    CertificateIssuer,
    CRLNumber,
    DeltaCRLIndicator,
    Extension,
    FreshestCRL,
    GeneralName,
    IssuingDistributionPoint,
    Name,
    ReasonCode,
    SubjectPublicKeyInfo,
)
from gmpki.errors import InvalidInputError, InvalidTypeError, KeyMismatchError
from gmpki.x509._building import demand_signer
from gmpki.x509.crl_encoding import EncodedBlock, encode_entry, encode_invalidity, encode_reason
from gmpki.x509.extensions import make
from gmpki.x509.named_key import key_info_of
from gmpki.x509.names import names_match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typing_extensions import Buffer

    from gmpki.keys.interfaces import PublicKey, Signer
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.crl import CertificateRevocationList

__all__ = ["MAX_NUMBER", "CRLBuilder", "Revocation"]

# 20 octets with the sign: RFC 5280 4.1.2.2 for serial numbers, 5.2.3 for the numbers of lists.
MAX_NUMBER: Final = (1 << 159) - 1
_V2: Final = der.encode_integer(1)
_PIECE_LEN: Final = 1 << 20
# Encoded entries up to this size stay in memory, more go to a temporary file.
_SPOOL_LEN: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Revocation:
    """One certificate that a list names. Immutable.

    :ivar serial_number: of the certificate, 1 to 2^159 - 1.
    :ivar revocation_date: when it was revoked, with a time zone and whole seconds.
    :ivar reason: why; unspecified is written as no reason at all. ``REMOVE_FROM_CRL``, in delta lists only, takes a
        certificate off the list again.
    :ivar invalidity_date: since when the key is known or suspected to be in wrong hands.
    :ivar certificate_issuer: who issued the certificate, in an indirect list; ``None`` is the issuer of the list.
    """

    serial_number: int
    revocation_date: datetime
    reason: ReasonCode | None = None
    invalidity_date: datetime | None = None
    certificate_issuer: Name | None = None

    def __post_init__(self) -> None:
        """Check the types, and the serial number.

        :raises InvalidTypeError: when a value has the wrong type.
        :raises InvalidInputError: when the serial number is out of range.
        """
        number(self.serial_number, 1, MAX_NUMBER, "serial_number")
        member(self.revocation_date, datetime, "revocation_date")
        # One by one: lists are long.
        if self.reason is not None:
            member(self.reason, ReasonCode, "reason")
        if self.invalidity_date is not None:
            member(self.invalidity_date, datetime, "invalidity_date")
        if self.certificate_issuer is not None:
            member(self.certificate_issuer, Name, "certificate_issuer")


@dataclass(frozen=True, slots=True, kw_only=True)
class CRLBuilder:
    """What a revocation list says. Immutable; it is used once when ``entries`` can be iterated only once.

    The numbers of lists of one issuer and one scope grow from list to list; the caller keeps the last one.
    The same values always give the same bytes to be signed.

    :ivar issuer: the name of who signs the list.
    :ivar this_update: when the list is issued, with a time zone and whole seconds.
    :ivar next_update: when the next one will be at the latest.
    :ivar number: the number of the list, 0 to 2^159 - 1, 20 octets.
    :ivar entries: the revoked certificates in any order, each one once. With delta_base, what changed since. Long lists
        come in blocks that :func:`gmpki.x509.crl_encoding.encode_block` has encoded; those are taken as they are, and
        are about certificates of the issuer of the list.
    :ivar authority_key_identifier: which key signs; RFC 5280 5.2.1 asks for it in every list.
    :ivar delta_base: makes this a delta list: the number of the complete list that it builds upon.
    :ivar issuing_distribution_point: the scope, where the list is not about all certificates of its issuer.
    :ivar freshest_crl: where the delta lists to this complete list are.
    :ivar extensions: further extensions.
    :ivar public_key_info: the key that the list is signed with; None leaves that to who signs.
    :standard: RFC 5280 5.1 to 5.3
    """

    issuer: Name
    this_update: datetime
    next_update: datetime
    number: int
    entries: Iterable[Revocation | EncodedBlock] = ()
    authority_key_identifier: AuthorityKeyIdentifier | None = None
    delta_base: int | None = None
    issuing_distribution_point: IssuingDistributionPoint | None = None
    freshest_crl: FreshestCRL | None = None
    extensions: tuple[Extension, ...] = ()
    public_key_info: SubjectPublicKeyInfo | None = None

    @classmethod
    def for_issuer(
        cls,
        issuer: Certificate,
        *,
        this_update: datetime,
        next_update: datetime,
        number: int,
        entries: Iterable[Revocation | EncodedBlock] = (),
    ) -> CRLBuilder:
        """Begin the list of the owner of a certificate: name, key identifier and key are the certificate's.

        :func:`dataclasses.replace` adds what makes it special.

        :raises InvalidInputError: when the certificate has no subject key identifier, or another value is not allowed.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        from gmpki.x509.certificate import Certificate

        member(issuer, Certificate, "issuer")
        identifier = issuer.subject_key_identifier
        if identifier is None:
            raise InvalidInputError("the certificate of the issuer has no subject key identifier")
        return cls(
            issuer=issuer.subject,
            this_update=this_update,
            next_update=next_update,
            number=number,
            entries=entries,
            authority_key_identifier=AuthorityKeyIdentifier(identifier),
            public_key_info=issuer.public_key_info,
        )

    def __post_init__(self) -> None:
        """Check the values that stand outside the entries.

        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when the issuer is empty, the next update is not after this one, a number is out of
            range or not after its base, a delta list points to delta lists, or an extension is given twice.
        """
        member(self.issuer, Name, "issuer")
        if self.public_key_info is not None:
            member(self.public_key_info, SubjectPublicKeyInfo, "public_key_info")
        if self.issuer.is_empty:
            raise InvalidInputError("the issuer of a revocation list has a name that is not empty")
        der.encode_time(self.this_update)
        der.encode_time(self.next_update)
        if self.next_update <= self.this_update:
            raise InvalidInputError("the next update comes after this one")
        number(self.number, 0, MAX_NUMBER, "number")
        if self.delta_base is not None:
            number(self.delta_base, 0, MAX_NUMBER, "delta_base")
            if self.delta_base >= self.number:
                raise InvalidInputError("the number of a delta list is above that of its base")
            if self.freshest_crl is not None:
                raise InvalidInputError("a delta list does not point to delta lists (RFC 5280 5.2.6)")
        member(self.extensions, tuple, "extensions")
        for extension in self.extensions:
            member(extension, Extension, "an extension")
        if not isinstance(self.entries, Iterable) or isinstance(self.entries, (str, bytes, memoryview)):
            raise InvalidTypeError(f"entries must be an iterable of Revocation, not {type(self.entries).__name__}")
        present = [extension.extn_id for extension in self._all_extensions()]
        if len(set(present)) != len(present):
            raise InvalidInputError("an extension is given twice")

    # ---- signing ------------------------------------------------------------------------
    def sign(self, signer: Signer, *, user_id: Buffer | None = None) -> CertificateRevocationList:
        """Sign the list and return it; all of it is in memory.

        :param user_id: the signer's id, for SM2 only; None is ``1234567812345678``.
        :raises InvalidTypeError: when an entry is no Revocation, or an input has the wrong type.
        :raises InvalidInputError: when an entry is not allowed.
        :raises KeyMismatchError: when the signer's key is not the one that the list is to be signed with.
        :raises LimitExceeded: when the list is longer than 64 MiB; :meth:`write` writes longer ones.
        """
        from gmpki.x509.crl import CertificateRevocationList

        stream = io.BytesIO()
        self.write(stream, signer, user_id=user_id)
        return CertificateRevocationList.from_der(stream.getvalue())

    def write(self, stream: IO[bytes], signer: Signer, *, user_id: Buffer | None = None) -> int:
        """Sign the list and write its DER to a stream; return how many entries it has.

        Memory does not grow with the number of entries: their encoding goes to a temporary file, from which the
        digest is taken and the list written. Only for keys that sign messages and no digests (Ed25519) the whole list
        is in memory once. Nothing is written before the signature is made.

        :param stream: takes bytes, with a ``write`` method; it is neither flushed nor closed.
        :param user_id: the signer's id, for SM2 only; None is ``1234567812345678``.
        :raises InvalidTypeError: when an entry is no Revocation, or an input has the wrong type.
        :raises InvalidInputError: when an entry is not allowed: a serial number or time out of range, the reason
            ``REMOVE_FROM_CRL`` in a complete list, or an issuer in a list that is not indirect.
        :raises KeyMismatchError: when the signer's key is not the one that the list is to be signed with.
        """
        demand_signer(signer)
        if self.public_key_info not in (None, key_info_of(signer.public_key)):
            raise KeyMismatchError("the signer's key is not that of the certificate for which the list is made")
        algorithm = signer.signature_algorithm.to_der()
        with tempfile.SpooledTemporaryFile(_SPOOL_LEN) as spool:
            count = 0
            for block in self._encoded_entries():
                spool.write(block.der)
                count += block.entries
            entries_len = spool.tell()
            head, tail = self._around_entries(algorithm, entries_len)

            def to_be_signed() -> Iterator[bytes]:
                yield head
                spool.seek(0)
                while piece := spool.read(_PIECE_LEN):
                    yield piece
                yield tail

            signature = der.encode_bit_string(_sign_pieces(signer, to_be_signed, user_id))
            length = len(head) + entries_len + len(tail) + len(algorithm) + len(signature)
            stream.write(_header(length))
            for piece in to_be_signed():
                stream.write(piece)
            stream.write(algorithm + signature)
        return count

    # ---- encoding -----------------------------------------------------------------------
    def _around_entries(self, algorithm: bytes, entries_len: int) -> tuple[bytes, bytes]:
        """Return the bytes of TBSCertList before and after the contents of revokedCertificates."""
        fields = b"".join(
            (
                _V2,
                algorithm,
                self.issuer.to_der(),
                der.encode_time(self.this_update),
                der.encode_time(self.next_update),
                # RFC 5280 5.1.2.6: the field is absent when nothing is revoked.
                _header(entries_len) if entries_len else b"",
            )
        )
        extensions = der.encode_sequence(*(extension.to_der() for extension in self._all_extensions()))
        tail = der.encode_explicit(0, extensions)
        return _header(len(fields) + entries_len + len(tail)) + fields, tail

    def _all_extensions(self) -> tuple[Extension, ...]:
        values = (
            self.authority_key_identifier,
            CRLNumber(self.number),
            None if self.delta_base is None else DeltaCRLIndicator(self.delta_base),
            self.issuing_distribution_point,
            self.freshest_crl,
        )
        return (*(make(value) for value in values if value is not None), *self.extensions)

    def _encoded_entries(self) -> Iterator[EncodedBlock]:
        """Encode the entries one by one; blocks are encoded already."""
        scope = self.issuing_distribution_point
        indirect = scope is not None and scope.indirect_crl
        is_delta = self.delta_base is not None
        # An entry without certificateIssuer has that of the entry before it (RFC 5280 5.3.3).
        current = self.issuer
        for entry in self.entries:
            if type(entry) is EncodedBlock:
                yield entry
                continue
            if type(entry) is not Revocation:
                raise InvalidTypeError(f"an entry of a revocation list is a Revocation, not {type(entry).__name__}")
            extensions = b"" if entry.reason is None else encode_reason(int(entry.reason), is_delta)
            if entry.invalidity_date is not None:
                extensions += encode_invalidity(entry.invalidity_date)
            issuer = entry.certificate_issuer if entry.certificate_issuer is not None else self.issuer
            if issuer is not current and not names_match(issuer, current):
                if not indirect:
                    raise InvalidInputError("only an indirect list has entries of other issuers")
                extensions += make(CertificateIssuer((GeneralName.directory(issuer),))).to_der()
                current = issuer
            yield EncodedBlock(1, encode_entry(entry.serial_number, _time(entry.revocation_date), extensions))


# Entries repeat many times.
@lru_cache(maxsize=4096)
def _time(value: datetime) -> bytes:
    return der.encode_time(value)


def _header(length: int) -> bytes:
    """Return identifier and length octets of a SEQUENCE whose contents are written piece by piece."""
    if length < 0x80:
        return bytes((der.Tag.SEQUENCE, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((der.Tag.SEQUENCE, 0x80 | len(octets))) + octets


# ---- signatures over what comes in pieces ---------------------------------------------------------------------------
class _Digest(Protocol):
    def update(self, data: bytes, /) -> object: ...

    def digest(self) -> bytes: ...


def _sign_pieces(signer: Signer, pieces: Callable[[], Iterator[bytes]], user_id: Buffer | None) -> bytes:
    running = _running_digest(signer.public_key, user_id)
    if running is None:
        message = b"".join(pieces())
        signature = signer.sign(message) if user_id is None else signer.sign(message, user_id=user_id)
    else:
        for piece in pieces():
            running.update(piece)
        signature = signer.sign_digest(running.digest())
    return as_bytes(signature, "the signature")


def _running_digest(key: PublicKey, user_id: Buffer | None) -> _Digest | None:
    """Return the running form of ``key.digest``, or None for a key that has none."""
    message_digest: Callable[..., _Digest] | None = getattr(key, "message_digest", None)
    if message_digest is not None:
        return message_digest(user_id=user_id)
    hash_name: str | None = getattr(key, "hash_name", None)
    if hash_name is None or user_id is not None:  # a key without user ids refuses one when it signs
        return None
    return hashlib.new(hash_name)
