"""What an authority issued before it was taken over is written into the database: certificates, revocations, holders,
pairs, tokens. Afterwards all of it is renewed, revoked, listed and reported like what was issued here.

    material = Material()
    material.add_folder("old-ca")
    report = import_all(store, authority, material, rules=TakeoverRules(region_id=1), actor=actor, dry_run=True)

Some hundred rows are one commit, each with its entries in the audit log. What is there already is left as it is, so an
import that was interrupted is simply done again; one with a newer revocation list brings what was revoked since.

Each holding gets an application that is closed already, for what a renewal keeps is read from there: the extensions
that the profile lets be given, and the request, where there is one. Nobody here has proofread or reviewed it, and it
says so.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from gmpki._inputs import member
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.authority.authority import Authority
from gmpki.ca.interfaces import Actor, PublicationKind
from gmpki.ca.registration.applicants import ApplicantKind
from gmpki.ca.registration.applications import check_text
from gmpki.ca.revocation.entries import KnownRevocation, take_over
from gmpki.ca.revocation.lists import continue_numbers
from gmpki.ca.store.certificates import (
    CertificateRow,
    CertificateState,
    MeantCertificate,
    TakenOver,
    find,
    insert_taken_over,
    put_in_place,
)
from gmpki.ca.store.columns import digest_text, from_seconds, public_key_id, row_id, seconds, serial_text
from gmpki.ca.store.due import make_due
from gmpki.ca.store.schema import revocations
from gmpki.ca.store.store import Store
from gmpki.ca.takeover import holdings
from gmpki.ca.takeover.material import Material
from gmpki.ca.takeover.plan import Bare, Found, Holding, Plan, make_plan
from gmpki.ca.takeover.report import Outcome, RowResult, TakeoverReport
from gmpki.errors import ConflictError, GmpkiError, InvalidInputError, StoreError, TamperedError
from gmpki.protect.log_record import time_text
from gmpki.x509.names import format_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gmpki.ca.authority.settings import AuthoritySettings
    from gmpki.ca.store.store import Transaction
    from gmpki.ca.takeover.revocations import Revoked
    from gmpki.x509.profile import Profile

__all__ = ["TakeoverRules", "import_all"]

_IN_ONE_COMMIT: Final = 100
_NO_TBS: Final = b""
_PROFILES: Final = MappingProxyType(
    {
        ApplicantKind.PERSON: "personal",
        ApplicantKind.ORGANIZATION: "organisation",
        ApplicantKind.DEVICE: "device",
    }
)


@dataclass(frozen=True, slots=True)
class TakeoverRules:
    """What is assumed about certificates where no table says it. Immutable.

    :ivar region_id: the region of their holders.
    :ivar default_kind: what a holder is of whom the certificate does not tell.
    :ivar profiles: under which profile of the authority certificates are renewed, by the kind of holder.
    :ivar authority_profile: the same of certificates of authorities.
    :ivar business_kind: what the applications that come of it are for.
    :ivar medium: what they were delivered on.
    :ivar publish: have certificates that are valid published where the authority publishes.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a value is impossible.
    """

    region_id: int
    default_kind: ApplicantKind = ApplicantKind.ORGANIZATION
    profiles: Mapping[ApplicantKind, str] = field(default_factory=lambda: _PROFILES)
    authority_profile: str = "subordinate-ca"
    business_kind: str = "takeover"
    medium: str = "ukey"
    publish: bool = True

    def __post_init__(self) -> None:
        row_id(self.region_id, "region_id")
        member(self.default_kind, ApplicantKind, "default_kind")
        member(self.publish, bool, "publish")
        check_text(self.business_kind, "business_kind", 64)
        check_text(self.medium, "medium", 24)
        check_text(self.authority_profile, "authority_profile", 64)
        for kind in ApplicantKind:
            if kind not in self.profiles:
                raise InvalidInputError(f"profiles names none for a {kind.value}")
            check_text(self.profiles[kind], "a profile", 64)


def import_all(
    store: Store,
    authority: Authority,
    material: Material,
    *,
    rules: TakeoverRules,
    actor: Actor,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> TakeoverReport:
    """Take over what an authority has issued.

    :param authority: that :func:`gmpki.ca.takeover.authority.take_over` has made.
    :param dry_run: do everything, and commit nothing of it.
    :param progress: called with how many rows are done, and how many there are.
    :returns: what became of each row; a row that fails does not hinder the others.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises StateError: when the authority has no certificate yet.
    :raises InvalidInputError: when the numbers of its lists are too great to go on from.
    :raises StoreError: when the database does not do it; what was committed before stays, and the same call goes on.
    :raises TamperedError: when a row of the database is not as it was written.
    """
    member(store, Store, "store")
    member(authority, Authority, "authority")
    member(material, Material, "material")
    member(rules, TakeoverRules, "rules")
    member(actor, Actor, "actor")
    plan = make_plan(material, authority.generations, store.now())
    report = TakeoverReport(authority.name, dry_run, plan.crl_number, list(plan.notes))
    for each in plan.refused:
        serial = "" if each.serial is None else f"{each.serial:x}"
        report.rows.append(RowResult(each.place, serial, Outcome.REFUSED, each.code, message=each.message))
    _begin(store, authority, plan, actor, dry_run=dry_run)
    work: list[Holding | Bare] = [*plan.holdings, *plan.bare]
    writer = _Writer(authority.id, authority.name, authority.settings, rules, actor)
    for begin in range(0, len(work), _IN_ONE_COMMIT):
        some = work[begin : begin + _IN_ONE_COMMIT]
        report.rows += _committed(store, writer, some, dry_run=dry_run)
        if progress is not None:
            progress(begin + len(some), len(work))
    if not dry_run:
        with store.transaction() as tx:
            counts: dict[str, Any] = {name: count for name, count in report.counts.items() if ":" not in name}
            tx.audit(actor, "takeover.done", f"authority:{authority.name}", **counts)
    return report


class _NotMeant(Exception):
    """Raised to end a transaction of a dry run."""


def _begin(store: Store, authority: Authority, plan: Plan, actor: Actor, *, dry_run: bool) -> None:
    """Have the numbers of lists go on, before anything that a list tells of is here."""
    with contextlib.suppress(_NotMeant), store.transaction() as tx:
        continue_numbers(tx, authority.id, plan.crl_number)
        facts = {"holdings": len(plan.holdings), "bare": len(plan.bare), "refused": len(plan.refused)}
        tx.audit(actor, "takeover.begun", f"authority:{authority.name}", crl_number=plan.crl_number, **facts)
        if dry_run:
            raise _NotMeant


def _committed(store: Store, writer: _Writer, work: Sequence[Holding | Bare], *, dry_run: bool) -> list[RowResult]:
    results: list[RowResult] = []

    def write(tx: Transaction) -> None:
        results.clear()
        results.extend(writer.result(tx, each) for each in work)
        if dry_run:
            raise _NotMeant

    with contextlib.suppress(_NotMeant):
        store.run(write)
    return results


class _Writer:
    """Writes holdings of one authority."""

    def __init__(
        self, authority_id: int, authority: str, settings: AuthoritySettings, rules: TakeoverRules, actor: Actor
    ) -> None:
        self._id = authority_id
        self._name = authority
        self._profiles = settings.profile_set()
        self._publishers = settings.publishers if rules.publish else ()
        self._rules = rules
        self._actor = actor

    def result(self, tx: Transaction, each: Holding | Bare) -> RowResult:
        """Write one thing, or say why it cannot be written."""
        place = each.place if isinstance(each, Bare) else each.first.place
        numbers = [each.serial] if isinstance(each, Bare) else [found.serial for found in each.both]
        serials = " ".join(f"{serial:x}" for serial in numbers)
        try:
            with tx.savepoint():
                if isinstance(each, Bare):
                    outcome, state = self._bare(tx, each)
                    return RowResult(place, serials, outcome, "bare", state)
                return self._holding(tx, each, place, serials)
        except (StoreError, TamperedError):
            raise
        except ConflictError as error:
            return RowResult(place, serials, Outcome.REFUSED, error.reason, message=str(error))
        except GmpkiError as error:
            return RowResult(place, serials, Outcome.REFUSED, "refused", message=str(error))

    # ---- certificates ---------------------------------------------------------------------
    def _holding(self, tx: Transaction, holding: Holding, place: str, serials: str) -> RowResult:
        profile, kind = self._profile(holding)
        states, outcomes = [], []
        for found in holding.both:
            outcome, state = self._certificate(tx, found, profile)
            outcomes.append(outcome)
            states.append(state)
        pair_id, message = None, ""
        if kind is not None:
            pair_id, message = holdings.write(
                tx,
                holding,
                states[0],
                authority=self._name,
                profile=profile,
                rules=self._rules,
                actor=self._actor,
            )
        outcome = next(each for each in (Outcome.UPDATED, Outcome.IMPORTED, Outcome.PRESENT) if each in outcomes)
        return RowResult(place, serials, outcome, holding.code, states[0].value, pair_id, message)

    def _profile(self, holding: Holding) -> tuple[Profile, ApplicantKind | None]:
        """Return the profile under which it is renewed, and the kind of its holder; None for an authority."""
        said = holdings.said_of(holding)
        kind = None
        if holding.code != "authority":
            kind = holdings.applicant_of(holding, self._rules.region_id, self._rules.default_kind).kind
        usual = self._rules.authority_profile if kind is None else self._rules.profiles[kind]
        name = said.get("profile", usual)
        profile = self._profiles.get(name)
        if profile is None:
            raise InvalidInputError(f"the authority has no profile {name[:64]!r} to renew it under")
        return profile, kind

    def _certificate(self, tx: Transaction, found: Found, profile: Profile) -> tuple[Outcome, CertificateState]:
        """Write a certificate with its revocation."""
        taken = TakenOver(
            self._meant(found, profile.name), found.certificate.der, seconds(found.certificate.not_before)
        )
        row = self._find(tx, found.serial)
        outcome = Outcome.PRESENT
        if row is None:
            insert_taken_over(tx, [taken])
            outcome = Outcome.IMPORTED
        elif row.role == "unknown":
            put_in_place(tx, row, taken)
            outcome = Outcome.UPDATED
        elif row.tbs_digest != digest_text(found.tbs):
            raise ConflictError(
                "serial-collision", f"the authority has another certificate {found.serial:x} in this database"
            )
        row = self._demand(tx, found.serial)
        state = self._revoked(tx, row, found.revoked)
        if outcome is Outcome.PRESENT and state is not row.state:
            outcome = Outcome.UPDATED
        if outcome is Outcome.IMPORTED:
            self._publish(tx, row, profile, state)
        return outcome, state

    def _meant(self, found: Found, profile: str) -> MeantCertificate:
        certificate = found.certificate
        return MeantCertificate(
            issue_id=None,
            authority_id=self._id,
            generation_id=found.generation.id,
            serial=found.serial,
            role=found.role,
            profile=profile,
            part=0,
            subject=format_name(certificate.subject),
            public_key_id=public_key_id(certificate.public_key),
            not_before=certificate.not_before,
            not_after=certificate.not_after,
            tbs=found.tbs,
        )

    def _bare(self, tx: Transaction, bare: Bare) -> tuple[Outcome, str]:
        """Write a serial number without a certificate, so that it is listed and never used again."""
        row = self._find(tx, bare.serial)
        outcome = Outcome.PRESENT
        if row is None:
            begin = bare.generation.certificate.not_before
            meant = MeantCertificate(
                issue_id=None,
                authority_id=self._id,
                generation_id=bare.generation.id,
                serial=bare.serial,
                role="unknown",
                profile="",
                part=0,
                subject=bare.subject,
                public_key_id=digest_text(_NO_TBS),
                not_before=begin,
                not_after=bare.not_after,
                tbs=_NO_TBS,
            )
            insert_taken_over(tx, [TakenOver(meant, b"", seconds(begin))])
            outcome = Outcome.IMPORTED
        row = self._demand(tx, bare.serial)
        state = self._revoked(tx, row, bare.revoked)
        if outcome is Outcome.IMPORTED:
            serial = serial_text(bare.serial)
            tx.audit(self._actor, "certificate.taken-over", f"authority:{self._name}", serial=serial, state=state.value)
        return Outcome.UPDATED if outcome is Outcome.PRESENT and state is not row.state else outcome, state.value

    def _find(self, tx: Transaction, serial: int) -> CertificateRow | None:
        return find(tx.connection, tx.protection, self._id, [serial], lock=True).get(serial)

    def _demand(self, tx: Transaction, serial: int) -> CertificateRow:
        row = self._find(tx, serial)
        if row is None or not row.is_issued:
            raise ConflictError("serial-collision", f"the authority has used the number {serial:x} for something else")
        return row

    # ---- revocations and publication ------------------------------------------------------
    def _revoked(self, tx: Transaction, row: CertificateRow, revoked: Revoked | None) -> CertificateState:
        """Write a revocation that is not here yet; return the state of the certificate."""
        if revoked is None or row.state is CertificateState.REVOKED:
            return row.state
        if revoked.is_hold and self._is_known(tx, row):
            return row.state  # suspended here already, or resumed since
        if revoked.at > tx.at:
            raise InvalidInputError(f"it was revoked in the future, {time_text(from_seconds(revoked.at))}")
        known = KnownRevocation(row, revoked.at, revoked.reason, revoked.invalidity_at)
        take_over(tx, self._id, [known])
        after = CertificateState.SUSPENDED if revoked.is_hold else CertificateState.REVOKED
        if row.role != "unknown":
            what = f"authority:{self._name}"
            reason = ReasonCode(revoked.reason).name
            tx.audit(self._actor, "revocation.taken-over", what, serial=serial_text(row.serial), reason=reason)
        return after

    @staticmethod
    def _is_known(tx: Transaction, row: CertificateRow) -> bool:
        return tx.connection.scalar(select(revocations.c.id).where(revocations.c.certificate_id == row.id)) is not None

    def _publish(self, tx: Transaction, row: CertificateRow, profile: Profile, state: CertificateState) -> None:
        if profile.published and state is not CertificateState.REVOKED and row.not_after >= tx.at:
            make_due(tx, self._publishers, PublicationKind.CERTIFICATE, [row.id])
