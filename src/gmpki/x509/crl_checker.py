"""Whether a certificate was revoked, by revocation lists.

The lists are given, or fetched by a function that the caller passes in; nothing here opens a socket. A list counts
only when its issuer, scope, age and signature are right and everything critical in it is understood. Whatever is
wrong with one makes the answer UNKNOWN unless another list answers, never GOOD, and stands in ``detail``.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from weakref import WeakKeyDictionary

from gmpki._inputs import function, iterated, member, number
from gmpki.asn1.rfc5280 import CRLNumber, FreshestCRL, ReasonCode, ReasonFlags
from gmpki.errors import GmpkiError, InvalidInputError
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl import MAX_CRL_LEN, CertificateRevocationList
from gmpki.x509.crl_scope import (
    ALL_REASONS,
    covered_reasons,
    distribution_points,
    listed_uris,
    out_of_scope,
    possible_issuers,
    same_scope,
)
from gmpki.x509.crl_sources import CRLSources, KnownList
from gmpki.x509.crl_verify import certificate_of, out_of_date, unfit_signer
from gmpki.x509.named_key import NamedKey, TrustAnchor
from gmpki.x509.names import name_key
from gmpki.x509.revocation import RevocationContext, RevocationResult, RevocationStatus, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gmpki.asn1.rfc5280 import DistributionPoint
    from gmpki.x509.crl import RevokedCertificate

__all__ = ["MAX_FETCH_LEN", "CRLChecker"]

T = TypeVar("T")

_SOURCE: Final = "crl"
_NO_TIME: Final = timedelta(0)
MAX_FETCH_LEN: Final = 16 * 1024 * 1024
"""The longest list that is fetched unless the caller allows more, in bytes: room for 400,000 entries."""
_MAX_SIGNERS: Final = 8  # of one name, tried for one list
_MAX_VERIFIED: Final = 4096
_MAX_NOTES: Final = 8
_MAX_NOTE_LEN: Final = 400


class CRLChecker:
    """Tells from revocation lists whether a certificate was revoked; a
    :class:`~gmpki.x509.revocation.RevocationChecker`. Thread-safe if ``fetch`` is.

    It remembers which signatures held, and the lists that were fetched until they are out of date.

    What RFC 5280 leaves open: a delta list that is out of date, broken or not by the signer of the complete list is
    left out, and the complete list alone decides; of several complete lists of one scope the latest decides; an entry
    of a complete list that says removeFromCRL, which has no meaning there, is a revocation.

    :standard: RFC 5280 6.3
    """

    __slots__ = (
        "_clock_skew",
        "_max_age",
        "_max_fetches",
        "_max_signatures",
        "_require_number",
        "_sources",
        "_verified",
    )

    def __init__(
        self,
        crls: Iterable[CertificateRevocationList] = (),
        *,
        signers: Iterable[Certificate] = (),
        fetch: Callable[[str], bytes] | None = None,
        max_age: timedelta | None = None,
        clock_skew: timedelta = _NO_TIME,
        lenient: bool = False,
        require_number: bool = False,
        max_signatures: int = 16,
        max_fetches: int = 8,
        max_fetch_len: int = MAX_FETCH_LEN,
    ) -> None:
        """Take lists, and what else there is to find and judge them.

        :param crls: complete and delta lists, in any order.
        :param signers: certificates, not trusted, of those who sign lists in the place of issuers, or of issuers with
            another key than they sign certificates with. They count when ``context.validate_signer`` accepts them.
        :param fetch: returns the list at a URI that a certificate or list names: PEM or DER. Whatever it raises means
            that there is none.
        :param max_age: the longest time since a list was issued; ``None`` leaves that to its next update. Lists that
            do not say when the next one comes are used only with a max_age.
        :param clock_skew: by how much clocks may differ.
        :param lenient: read fetched lists leniently.
        :param require_number: leave out lists without a cRLNumber that is not critical. RFC 5280 5.2.3 demands it of
            who issues lists; what a list says does not hang on it.
        :param max_signatures: how many signatures are verified for one certificate at most.
        :param max_fetches: how often ``fetch`` is called for one certificate at most.
        :param max_fetch_len: the longest fetched list, in bytes, at most 64 MiB.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when a time or a bound is negative.
        """
        for value, name in ((_NO_TIME if max_age is None else max_age, "max_age"), (clock_skew, "clock_skew")):
            member(value, timedelta, name)
            if value < _NO_TIME:
                raise InvalidInputError(f"{name} is not negative")
        if fetch is not None:
            function(fetch, "fetch")
        member(lenient, bool, "lenient")
        member(require_number, bool, "require_number")
        self._require_number = require_number
        self._max_age = max_age
        self._clock_skew = clock_skew
        self._max_signatures = number(max_signatures, 0, 1 << 20, "max_signatures")
        self._max_fetches = number(max_fetches, 0, 1 << 20, "max_fetches")
        self._sources = CRLSources(
            _all(crls, CertificateRevocationList, "crls"),
            _all(signers, Certificate, "signers"),
            fetch,
            max_fetch_len=number(max_fetch_len, 0, MAX_CRL_LEN, "max_fetch_len"),
            lenient=lenient,
        )
        # By the list, which must not be kept in memory for the sake of this when nobody else needs it any more.
        self._verified: WeakKeyDictionary[CertificateRevocationList, set[object]] = WeakKeyDictionary()

    def check(self, certificate: Certificate, issuer: NamedKey, context: RevocationContext) -> RevocationResult:
        """Find out whether a certificate was revoked.

        :param issuer: whose key verified the certificate: a certificate that was validated, or a trust anchor.
        :raises InvalidTypeError: when an input has the wrong type.
        """
        member(certificate, Certificate, "certificate")
        if not isinstance(issuer, (Certificate, TrustAnchor)):
            member(issuer, NamedKey, "issuer")
        member(context, RevocationContext, "context")
        try:
            return _Search(self, certificate, issuer, context).run()
        except GmpkiError as error:  # an extension of the certificate that lenient reading let in
            return RevocationResult(RevocationStatus.UNKNOWN, _SOURCE, detail=str(error))


class _Search:
    """The search for the status of one certificate: RFC 5280 6.3.3."""

    def __init__(
        self, checker: CRLChecker, certificate: Certificate, issuer: NamedKey, context: RevocationContext
    ) -> None:
        self.checker = checker
        self.sources = checker._sources
        self.certificate = certificate
        self.issuer = issuer
        self.context = context
        self.signatures_left = checker._max_signatures
        self.fetches_left = checker._max_fetches
        # The reasons for which the certificate is known not to be revoked, as bits, and the lists that say so.
        self.covered = 0
        self.used: list[KnownList] = []
        # Why other lists say nothing, each reason once.
        self.notes: dict[str, None] = {}

    def run(self) -> RevocationResult:
        """Go through the distribution points until the certificate is revoked, or no reason is left."""
        for point in distribution_points(self.certificate):
            for known in self.lists_of(point):
                revoked = self.consult(known, point)
                if revoked is not None:
                    return revoked
                if self.covered == ALL_REASONS:
                    return self.result(RevocationStatus.GOOD, f"not on {self.used[0]}")
        notes = list(self.notes)
        if self.used:
            missing = ALL_REASONS & ~self.covered
            names = ", ".join(str(flag.name).lower() for flag in ReasonFlags if flag & missing)
            notes.insert(0, f"no list was found for these reasons: {names}")
        detail = "; ".join(notes) or "there is no revocation list of the issuer"
        return self.result(RevocationStatus.UNKNOWN, detail)

    def result(
        self, status: RevocationStatus, detail: str, entry: RevokedCertificate | None = None
    ) -> RevocationResult:
        """Make the result; its times are those of the lists that were used."""
        updates = [known.crl.next_update for known in self.used if known.crl.next_update is not None]
        return RevocationResult(
            status,
            _SOURCE,
            reason=entry.reason if entry is not None else None,
            revoked_at=entry.revocation_date if entry is not None else None,
            invalidity_date=entry.invalidity_date if entry is not None else None,
            this_update=min((known.crl.this_update for known in self.used), default=None),
            next_update=min(updates, default=None),
            detail=detail,
        )

    def note(self, what: object, why: str) -> None:
        """Remember why something did not answer."""
        if len(self.notes) < _MAX_NOTES:
            self.notes[f"{what}: {why}"[:_MAX_NOTE_LEN]] = None

    # ---- lists --------------------------------------------------------------------------
    def lists_of(self, point: DistributionPoint) -> Iterator[KnownList]:
        """Yield the complete lists that may be those of a distribution point: given ones, then fetched ones."""
        for name in possible_issuers(point, self.certificate):
            yield from self.sources.complete(name_key(name))
        yield from self.fetched(listed_uris(point), delta=False)

    def fetched(self, uris: Iterable[str], *, delta: bool) -> Iterator[KnownList]:
        """Fetch lists from URIs one after the other, complete ones or delta lists, as long as somebody asks."""
        if not self.sources.can_fetch:
            return
        for uri in dict.fromkeys(uris):
            known = self.sources.fetched(uri, self.context.at)
            if known is None:
                if self.fetches_left <= 0:
                    self.note(uri, "no more lists are fetched for this certificate")
                    return
                self.fetches_left -= 1
                try:
                    known = self.sources.fetch(uri, self.is_signed)
                except Exception as error:  # noqa: BLE001 - the caller's function may raise anything
                    self.note(uri, said(error))
                    continue
            if (known.delta_base is not None) == delta:
                yield known
            else:
                self.note(uri, f"it gave {known}, which is of the other kind")

    def consult(self, known: KnownList, point: DistributionPoint) -> RevocationResult | None:
        """Ask a complete list, with a delta list to it if there is one; return the result when it says revoked."""
        try:
            why = (
                known.problem
                or self.form(known)
                or out_of_scope(known.crl, known.scope, point, self.certificate)
                or self.age(known)
            )
            covered = covered_reasons(known.scope, point)
            if why is None and covered & ~self.covered:
                signer = self.signer_of(known)
                if signer is None:
                    return None
                return self.look_up(known, signer, covered)
        except GmpkiError as error:
            why = str(error)
        if why is not None:
            self.note(known, why)
        return None

    def look_up(self, known: KnownList, signer: NamedKey, covered: int) -> RevocationResult | None:
        """Look for the certificate, first in the delta list: steps (i) to (l)."""
        number, issuer = self.certificate.serial_number, self.certificate.issuer
        delta = self.delta_to(known, signer)
        entry = delta.crl.find(number, issuer) if delta is not None else None
        removed = entry is not None and entry.reason is ReasonCode.REMOVE_FROM_CRL
        source = delta if entry is not None and delta is not None else known
        if entry is None:
            entry = known.crl.find(number, issuer)
        if entry is not None and not removed:
            self.used = [source]
            return self.result(RevocationStatus.REVOKED, f"on {source}", entry)
        self.covered |= covered
        self.used += [known] if delta is None else [known, delta]
        return None

    def form(self, known: KnownList) -> str | None:
        """Tell why the form of a list is not what the caller requires."""
        if not self.checker._require_number:
            return None
        if known.number is None:
            return "it has no cRLNumber"
        return "its cRLNumber is critical" if known.crl.extensions.is_critical(CRLNumber) else None

    def age(self, known: KnownList) -> str | None:
        """Tell why a list is too new or too old for the time of the question."""
        checker = self.checker
        return out_of_date(known.crl, self.context.at, skew=checker._clock_skew, max_age=checker._max_age)

    # ---- delta lists --------------------------------------------------------------------
    def delta_to(self, known: KnownList, signer: NamedKey) -> KnownList | None:
        """Return the latest usable delta list to a complete list: step (c), and RFC 5280 5.2.4."""
        for delta in self.deltas_of(known):
            try:
                why = delta.problem or self.form(delta) or self.age(delta) or _mismatch(delta, known)
                # Step (h): the key that signed the complete list.
                if why is None:
                    why = self.signed_by(delta.crl, signer)
            except GmpkiError as error:
                why = str(error)
            if why is None:
                self.sources.remember(delta)
                return delta
            self.note(delta, why)
        return None

    def deltas_of(self, known: KnownList) -> Iterator[KnownList]:
        """Yield the delta lists of the issuer of a complete list: given ones, then fetched ones."""
        yield from self.sources.deltas(name_key(known.crl.issuer))
        yield from self.fetched(listed_uris(known.freshest, self.certificate.extensions.find(FreshestCRL)), delta=True)

    # ---- signatures ---------------------------------------------------------------------
    def candidates(self, crl: CertificateRevocationList) -> list[NamedKey]:
        """Return who may have signed a list, by name: the issuer of the certificate, then others.

        :raises DecodeError: when the key identifier of the list is malformed.
        """
        wanted = name_key(crl.issuer)
        found: list[NamedKey] = [self.issuer] if name_key(self.issuer.subject) == wanted else []
        known = [candidate.public_key_info for candidate in found]
        found += [s for s in self.sources.signers_named(wanted) if s.public_key_info not in known]
        # The key identifier is a hint: it says with whom to begin.
        identifier = crl.authority_key_identifier
        if identifier is not None and len(found) > 1:
            found.sort(key=lambda candidate: _other_key(candidate, identifier.key_identifier))
        return found[:_MAX_SIGNERS]

    def is_signed(self, crl: CertificateRevocationList) -> bool:
        """Tell whether the signature of a list is that of somebody who may be asked about: before it is read."""
        return any(self.signed_by(crl, candidate) is None for candidate in self.candidates(crl))

    def signer_of(self, known: KnownList) -> NamedKey | None:
        """Return whose key signed a list: that of the issuer, or of another signer of the list's name: (f), (g)."""
        candidates = self.candidates(known.crl)
        for candidate in candidates:
            why = self.signed_by(known.crl, candidate) or self.may_sign(candidate)
            if why is None:
                self.sources.remember(known)
                return candidate
            self.note(known, why)
        if not candidates:
            self.note(known, "there is no certificate of its signer")
        return None

    def signed_by(self, crl: CertificateRevocationList, signer: NamedKey) -> str | None:
        """Tell why the signature of a list does not hold, or return None if it does; remember those that do."""
        policy = self.context.signatures
        verified = self.checker._verified
        proof = (signer.public_key_info, policy)
        if proof in verified.get(crl, ()):
            return None
        if self.signatures_left <= 0:
            return "no more signatures are verified for this certificate"
        self.signatures_left -= 1
        try:
            crl.verify_signature(signer, policy=policy)
        except GmpkiError as error:
            return str(error)
        if len(verified) >= _MAX_VERIFIED:
            verified.clear()
        verified.setdefault(crl, set()).add(proof)
        return None

    def may_sign(self, signer: NamedKey) -> str | None:
        """Tell why a key must not sign lists, or return None if it may."""
        unfit = unfit_signer(signer)
        if unfit is not None:
            return unfit
        if signer is self.issuer:
            return None
        certificate = certificate_of(signer)
        if certificate is None or self.context.validate_signer is None:
            return "it is signed by another key than that of the issuer, whose certificate cannot be validated"
        try:
            self.context.validate_signer(certificate, certificates=self.sources.signers)
        except GmpkiError as error:
            return f"the certificate of its signer is not valid: {error}"
        return None


def _mismatch(delta: KnownList, complete: KnownList) -> str | None:
    """Tell why a delta list cannot be applied to a complete list."""
    if not same_scope(delta.crl, complete.crl):
        return "it has another scope than the complete list"
    if delta.number is None or complete.number is None or delta.delta_base is None:
        return "it or the complete list has no number"
    if complete.number < delta.delta_base:
        return f"it builds upon list {delta.delta_base}, the complete list is {complete.number}"
    if complete.number >= delta.number:
        return "the complete list is as new"
    return None


def _other_key(signer: NamedKey, key_identifier: bytes | None) -> bool:
    """Tell whether the key identifiers of a list and of a possible signer are there and differ."""
    certificate = certificate_of(signer)
    if certificate is None or key_identifier is None:
        return False
    own = certificate.subject_key_identifier
    return own is not None and own != key_identifier


def _all(items: Iterable[T], kind: type[T], name: str) -> tuple[T, ...]:
    """Return the objects of a class.

    :raises InvalidTypeError: when one is of another, or they cannot be iterated.
    """
    found = iterated(items, name)
    for item in found:
        member(item, kind, name)
    return found
