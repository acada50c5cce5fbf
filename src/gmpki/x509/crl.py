"""Revocation lists, read: fast where they are long, and entry by entry as strict as everything else.

>>> from gmpki.x509.crl import load_crl
>>> crl = load_crl(open("issuer.crl", "rb").read())  # doctest: +SKIP
>>> crl.verify_signature(issuer)  # doctest: +SKIP
()
>>> crl.find(certificate.serial_number) is None  # doctest: +SKIP
True
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from gmpki import _inputs
from gmpki.asn1.quirks import QuirkKind
from gmpki.asn1.rfc5280 import (
    AuthorityKeyIdentifier,
    CRLNumber,
    DeltaCRLIndicator,
    IssuingDistributionPoint,
    Name,
    TBSCertListHead,
)
from gmpki.errors import DecodeError, InvalidTypeError
from gmpki.x509 import _armour
from gmpki.x509._signed import SignedObject
from gmpki.x509.crl_entries import EntryTable, RevokedCertificate
from gmpki.x509.extensions import Extensions
from gmpki.x509.signatures import STANDARD_SIGNATURES, SignaturePolicy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.keys.interfaces import PublicKey
    from gmpki.oids import ObjectIdentifier
    from gmpki.x509.named_key import NamedKey

__all__ = ["MAX_CRL_LEN", "CertificateRevocationList", "RevokedCertificate", "load_crl", "unarmoured"]

MAX_CRL_LEN: Final = 64 * 1024 * 1024
"""The longest list read, in bytes: room for more than a million and a half entries."""

_LABELS: Final = ("X509 CRL", "CRL")
# Entries that may stand twice in memory: to take them out costs more than they do.
_FEW_BYTES: Final = 4096


class CertificateRevocationList(SignedObject[TBSCertListHead]):
    """An X.509 revocation list, complete or delta. Immutable; thread-safe. Equal by its bytes; it can be pickled.

    Every entry is checked when the list is read, and none of them becomes an object before it is asked for. In memory
    the list has its bytes twice, and 8 bytes more for each entry.

    :standard: RFC 5280 5; GM/T 0015-2012
    """

    __slots__ = ("__weakref__", "_entries", "_extensions")
    _entries: EntryTable
    _extensions: Extensions

    _WHAT = "revocation list"
    _LABEL = "X509 CRL"
    _MAX_LEN = MAX_CRL_LEN
    _TBS_NAME = "tbsCertList"

    def __init__(self) -> None:
        """Refuse: a list is read or built.

        :raises InvalidTypeError: always.
        """
        raise InvalidTypeError("a CertificateRevocationList is made by from_der, load_crl or CRLBuilder")

    @classmethod
    def from_der(cls, data: Buffer, *, lenient: bool = False) -> CertificateRevocationList:
        """Read a revocation list.

        Strict reading takes DER that follows RFC 5280, with every known extension of the list and of its entries well
        formed. NULL where parameters of algorithms should be absent is accepted and noted in ``quirks``; a list
        without the time of the next one is accepted too.

        :param lenient: accept and note more: BER, default values written out, an empty list of entries, serial
            numbers that are zero, negative or too long, other forms of times, extensions that are malformed, twice
            there or in version 1, and an algorithm inside that is not the one outside. The issuer of an entry must be
            one name in any case.
        :raises InvalidTypeError: when data is not a buffer.
        :raises DecodeError: when it is no revocation list, or not one that this way of reading takes.
        :raises LimitExceeded: when it is longer than 64 MiB.
        """
        return cls._without_entries(data, lenient=lenient)._read_entries()

    @classmethod
    def _without_entries(cls, data: Buffer, *, lenient: bool) -> CertificateRevocationList:
        """Read what stands around the entries: enough to verify the signature, before more work is done.

        Nothing but the fields and :meth:`verify_signature` may be used before :meth:`_read_entries`.
        """
        self = cls._read(data, TBSCertListHead, lenient=lenient)
        received = self._received
        if received.tbs.signature != received.signed.signature_algorithm:
            message = "the signature algorithm inside the list is not the one beside the signature"
            self._refuse(QuirkKind.ALGORITHM_MISMATCH, message, "signatureAlgorithm")
        extensions = Extensions(received.tbs.extensions, quirks=received.log, path="tbsCertList.crlExtensions")
        object.__setattr__(self, "_extensions", extensions)
        return self

    def _read_entries(self) -> CertificateRevocationList:
        """Check and index the entries, and return the list itself."""
        received = self._received
        head = received.tbs
        if received.normalised_tbs is None:
            where = (self._der, head.revoked_offset)
            # The entries stand in the bytes that are kept anyway.
            if len(head.revoked) > _FEW_BYTES:
                object.__setattr__(self, "_received", replace(received, tbs=replace(head, revoked=b"")))
        else:
            where = (head.revoked, 0)
        entries = EntryTable(*where, where[1] + len(head.revoked), head.issuer, received.log)
        object.__setattr__(self, "_entries", entries)
        self._check_entries()
        object.__setattr__(self, "_quirks", received.log.quirks)
        return self

    def _check_entries(self) -> None:
        """Check that what entries say fits the list that they stand in."""
        broken = self._extensions.problem(IssuingDistributionPoint.OID) is not None
        if self._entries.has_issuers and not broken and not self.is_indirect:
            message = "entries name issuers in a list that is not indirect"
            self._refuse(QuirkKind.MALFORMED_EXTENSION, message, "tbsCertList.revokedCertificates")
        if self.version == 1 and any(entry.extensions for entry in self._entries):
            message = "extensions of entries in version 1"
            self._refuse(QuirkKind.VERSION, message, "tbsCertList.revokedCertificates")

    def _refuse(self, kind: QuirkKind, message: str, path: str) -> None:
        if not self._lenient:
            raise DecodeError(message, path=tuple(path.split(".")))
        self._received.log.note(kind, path=path)

    # ---- fields -------------------------------------------------------------------------
    @property
    def version(self) -> int:
        """1 or 2, as people count."""
        return self._received.tbs.version

    @property
    def issuer(self) -> Name:
        """Who signed it."""
        return self._received.tbs.issuer

    @property
    def this_update(self) -> datetime:
        """When it was issued, in UTC."""
        return self._received.tbs.this_update

    @property
    def next_update(self) -> datetime | None:
        """When the next one will be there at the latest, in UTC; ``None`` when the list does not say."""
        return self._received.tbs.next_update

    @property
    def extensions(self) -> Extensions:
        """The extensions of the list, in their order."""
        return self._extensions

    # ---- extensions that everybody asks for ---------------------------------------------
    # Each raises DecodeError where the extension is malformed, which only lenient reading lets in.
    @property
    def crl_number(self) -> int | None:
        """The number of the list, or ``None``.

        :raises DecodeError: when the extension is malformed or there twice.
        """
        found = self._extensions.find(CRLNumber)
        return None if found is None else found.number

    @property
    def delta_base(self) -> int | None:
        """The number of the list that this delta list builds upon; ``None`` for a complete list.

        :raises DecodeError: as :attr:`crl_number`.
        """
        found = self._extensions.find(DeltaCRLIndicator)
        return None if found is None else found.base_number

    @property
    def issuing_distribution_point(self) -> IssuingDistributionPoint | None:
        """Which certificates and reasons the list is about; ``None`` for all of its issuer.

        :raises DecodeError: as :attr:`crl_number`.
        """
        return self._extensions.find(IssuingDistributionPoint)

    @property
    def authority_key_identifier(self) -> AuthorityKeyIdentifier | None:
        """Which key signed the list, or ``None``.

        :raises DecodeError: as :attr:`crl_number`.
        """
        return self._extensions.find(AuthorityKeyIdentifier)

    @property
    def is_indirect(self) -> bool:
        """Tell whether the list may have entries of other issuers than its own.

        :raises DecodeError: as :attr:`crl_number`.
        """
        scope = self.issuing_distribution_point
        return scope is not None and scope.indirect_crl

    # ---- entries ------------------------------------------------------------------------
    @property
    def names_issuers(self) -> bool:
        """Tell whether an entry names the issuer of its certificate, which only those of indirect lists may."""
        return self._entries.has_issuers

    @property
    def unknown_critical_entry_extensions(self) -> frozenset[ObjectIdentifier]:
        """The critical extensions of entries that gmpki does not understand.

        Who meets one must not use the list for any certificate (RFC 5280 5.3).
        """
        return self._entries.critical

    def __len__(self) -> int:
        """Return the number of entries."""
        return self._entries.count

    def __bool__(self) -> bool:
        """Return True: an empty list is still a list."""
        return True

    def __iter__(self) -> Iterator[RevokedCertificate]:
        """Go through the entries in their order."""
        return iter(self._entries)

    def find(self, serial_number: int, issuer: Name | None = None) -> RevokedCertificate | None:
        """Return the entry of a certificate, or ``None``.

        What the entry says is not judged: in a delta list it may take the certificate off the list again. Should a
        list have several entries for one certificate, one that says revoked comes before one that takes it off.

        :param issuer: of the certificate; ``None`` is the issuer of the list. They are compared as in RFC 5280 7.1.
        :raises InvalidTypeError: when serial_number is no ``int``, or issuer no Name.
        """
        if type(serial_number) is not int:
            raise InvalidTypeError(f"a serial number is an int, not {type(serial_number).__name__}")
        if issuer is None:
            issuer = self.issuer
        elif not isinstance(issuer, Name):
            _inputs.member(issuer, Name, "issuer")
        return self._entries.find(serial_number, issuer)

    # ---- use ----------------------------------------------------------------------------
    def verify_signature(
        self, issuer: NamedKey | PublicKey, *, policy: SignaturePolicy = STANDARD_SIGNATURES
    ) -> tuple[Quirk, ...]:
        """Verify the signature with the key of the issuer: a certificate, a trust anchor or a public key.

        Names, times, scope and what the key may be used for are not looked at;
        :class:`~gmpki.x509.crl_checker.CRLChecker` does.

        :returns: what was accepted that is not as the standards say, by the policy's leave.
        :raises InvalidSignature: when it does not hold.
        :raises KeyMismatchError: when the algorithm beside the signature is not one of the issuer's key.
        :raises UnsupportedAlgorithm: when the algorithm, or that of the issuer's key, is not known.
        :raises DecodeError: when its parameters, or the issuer's key, are malformed.
        :raises InvalidInputError: when the issuer's key has a wrong length or is no point on its curve.
        :raises PolicyError: when the policy refuses the hash or the key.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        return self._verify(issuer, policy)

    def __repr__(self) -> str:
        return f"<CertificateRevocationList of {str(self.issuer)!r}, {self.this_update:%Y-%m-%d}, {len(self)} entries>"


def load_crl(data: Buffer, *, lenient: bool = False) -> CertificateRevocationList:
    """Read the one revocation list in PEM, DER or bare base64.

    :param lenient: see :meth:`CertificateRevocationList.from_der`.
    :raises InvalidTypeError: when data is not a buffer.
    :raises InvalidInputError: when there is no revocation list, or more than one.
    :raises DecodeError: when it is malformed.
    :raises LimitExceeded: when the file or the list is longer than 64 MiB.
    """
    return CertificateRevocationList.from_der(unarmoured(data), lenient=lenient)


def unarmoured(data: Buffer) -> bytes:
    """Return the DER of the one revocation list in a file; errors as :func:`load_crl`."""
    return _armour.read_one(data, _LABELS, "revocation list")
