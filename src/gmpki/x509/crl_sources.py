"""Where :class:`~gmpki.x509.crl_checker.CRLChecker` has its lists from: those given, and those fetched."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.asn1.rfc5280 import (
    AuthorityInfoAccess,
    AuthorityKeyIdentifier,
    CRLNumber,
    DeltaCRLIndicator,
    FreshestCRL,
    IssuerAltName,
    IssuingDistributionPoint,
)
from gmpki.errors import GmpkiError, InvalidSignature, LimitExceeded
from gmpki.x509.crl import CertificateRevocationList, unarmoured
from gmpki.x509.names import name_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from gmpki.asn1.rfc5280 import Name
    from gmpki.x509.certificate import Certificate

__all__ = ["CRLSources", "KnownList"]

_UNDERSTOOD: Final = frozenset(
    kind.OID
    for kind in (
        AuthorityInfoAccess,
        AuthorityKeyIdentifier,
        CRLNumber,
        DeltaCRLIndicator,
        FreshestCRL,
        IssuerAltName,
        IssuingDistributionPoint,
    )
)
_SHOWN_NAME_LEN: Final = 100
_REMEMBERED_LEN: Final = 1024  # of names, in bytes
_MAX_FETCHED: Final = 64


@dataclass(frozen=True, slots=True)
class KnownList:
    """A list, and what is needed of it each time it is looked at. Immutable.

    :ivar uri: where it was fetched from, or ``None``.
    :ivar scope: its issuing distribution point.
    :ivar problem: why it can be used for no certificate at all, or ``None``.
    """

    crl: CertificateRevocationList
    uri: str | None = None
    scope: IssuingDistributionPoint | None = None
    number: int | None = None
    delta_base: int | None = None
    freshest: FreshestCRL | None = None
    problem: str | None = None

    @classmethod
    def of(cls, crl: CertificateRevocationList, uri: str | None = None) -> KnownList:
        """Look at what a list says about itself."""
        problem = None
        unknown = (*crl.extensions.unknown_critical(_UNDERSTOOD), *sorted(crl.unknown_critical_entry_extensions))
        if unknown:
            problem = f"it has the critical extension {unknown[0].name}, which is not understood"
        try:
            if crl.names_issuers and not crl.is_indirect:
                problem = "its entries name issuers, but it is not indirect"
            scope, freshest = crl.issuing_distribution_point, crl.extensions.find(FreshestCRL)
            return cls(crl, uri, scope, crl.crl_number, crl.delta_base, freshest, problem)
        except GmpkiError as error:  # an extension that lenient reading let in
            return cls(crl, uri, problem=str(error))

    def __str__(self) -> str:
        issuer = self.crl.issuer
        shown = _remembered_name(issuer) if len(issuer.to_der()) <= _REMEMBERED_LEN else _shown_name(issuer)
        kind = "list" if self.delta_base is None else "delta list"
        return f"the {kind} of {shown} of {self.crl.this_update.replace(tzinfo=None)}"


def _shown_name(issuer: Name) -> str:
    name = str(issuer)
    return name if len(name) <= _SHOWN_NAME_LEN else name[:_SHOWN_NAME_LEN] + "..."


# Every answer names the list that it rests on, and there are few issuers.
_remembered_name = lru_cache(maxsize=256)(_shown_name)


class CRLSources:
    """Lists and certificates of their signers by name, the latest list first; lists that were fetched by URI.

    Thread-safe if ``fetch`` is.
    """

    __slots__ = ("_complete", "_deltas", "_fetch", "_fetched", "_lenient", "_max_fetch_len", "_signers", "signers")

    def __init__(
        self,
        crls: Iterable[CertificateRevocationList],
        signers: Iterable[Certificate],
        fetch: Callable[[str], bytes] | None,
        *,
        max_fetch_len: int,
        lenient: bool,
    ) -> None:
        """Sort what is given.

        :ivar signers: all certificates of signers.
        """
        self._fetch = fetch
        self._max_fetch_len = max_fetch_len
        self._lenient = lenient
        self._fetched: dict[str, KnownList] = {}
        self._complete: dict[bytes, list[KnownList]] = {}
        self._deltas: dict[bytes, list[KnownList]] = {}
        for known in sorted((KnownList.of(crl) for crl in crls), key=_order, reverse=True):
            group = self._complete if known.delta_base is None else self._deltas
            group.setdefault(name_key(known.crl.issuer), []).append(known)
        self.signers = tuple(signers)
        self._signers: dict[bytes, list[Certificate]] = {}
        for signer in self.signers:
            self._signers.setdefault(name_key(signer.subject), []).append(signer)

    @property
    def can_fetch(self) -> bool:
        """Tell whether there is a function that fetches lists."""
        return self._fetch is not None

    def complete(self, issuer: bytes) -> list[KnownList]:
        """Return the complete lists of an issuer, given by the key of its name, the latest first."""
        return self._complete.get(issuer, [])

    def deltas(self, issuer: bytes) -> list[KnownList]:
        """Return the delta lists of an issuer in the same way."""
        return self._deltas.get(issuer, [])

    def signers_named(self, name: bytes) -> list[Certificate]:
        """Return the certificates of signers with a name, given by its key."""
        return self._signers.get(name, [])

    def fetched(self, uri: str, at: datetime) -> KnownList | None:
        """Return what was fetched from a URI before, if it is good at a time."""
        known = self._fetched.get(uri)
        if known is None or known.crl.next_update is None or not known.crl.this_update <= at <= known.crl.next_update:
            return None
        return known

    def fetch(self, uri: str, is_signed: Callable[[CertificateRevocationList], bool]) -> KnownList:
        """Fetch a list. Its entries are read only when its signature holds: a forged list of millions costs little.

        :raises InvalidSignature: when the signature does not hold.
        :raises GmpkiError: when what came is no revocation list, or too long.
        :raises Exception: whatever the caller's function raises.
        """
        data = as_bytes(self._fetch(uri), "what was fetched") if self._fetch is not None else b""
        if len(data) > self._max_fetch_len:
            raise LimitExceeded(f"{len(data)} bytes were fetched; at most {self._max_fetch_len} are read")
        crl = CertificateRevocationList._without_entries(unarmoured(data), lenient=self._lenient)
        if not is_signed(crl):
            raise InvalidSignature("no key is known whose signature it is")
        return KnownList.of(crl._read_entries(), uri)

    def remember(self, known: KnownList) -> None:
        """Remember a fetched list. Only one whose signature holds: a forged one must not stand in the way later."""
        if known.uri is not None:
            if len(self._fetched) >= _MAX_FETCHED:
                self._fetched.clear()
            self._fetched[known.uri] = known


def _order(known: KnownList) -> tuple[datetime, int]:
    return known.crl.this_update, known.number if known.number is not None else -1
