"""The first step of every operation: an application, for new certificates or for a pair that is there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.registration import applicants, applications, pairs
from gmpki.ca.registration._desk import Once
from gmpki.ca.registration.applicants import Contact
from gmpki.ca.registration.applications import Application, ApplicationForm
from gmpki.ca.registration.carrying import refuse_recipient
from gmpki.ca.registration.retention import end_of_retention
from gmpki.ca.registration.settings import Route, months_before
from gmpki.ca.registration.states import ISSUING_OPERATIONS, ApplicationState, Operation, transition
from gmpki.ca.registration.uniqueness import demand_free
from gmpki.ca.registration.wanted import Wanted
from gmpki.ca.store.columns import digest_text
from gmpki.errors import InvalidInputError, LifeCycleError, NotPermittedError
from gmpki.protect.log_record import time_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration._desk import Desk
    from gmpki.ca.registration.applicants import Applicant
    from gmpki.ca.registration.pairs import Pair
    from gmpki.ca.store.store import Transaction
    from gmpki.x509.request import CertificateRequest

__all__ = ["PairForm", "amend", "change_contact", "enter", "enter_for_pair", "register"]

REVOCATION_REASONS: Final = frozenset(
    {
        ReasonCode.UNSPECIFIED,
        ReasonCode.KEY_COMPROMISE,
        ReasonCode.AFFILIATION_CHANGED,
        ReasonCode.SUPERSEDED,
        ReasonCode.CESSATION_OF_OPERATION,
        ReasonCode.PRIVILEGE_WITHDRAWN,
    }
)
"""Why the certificate of a holder may be revoked; the others of RFC 5280 5.3.1 are for authorities and holds."""


@dataclass(frozen=True, slots=True)
class PairForm:
    """What is asked for a pair. Immutable.

    :ivar request: of new certificates: for another signing key; None is the same key, or one that is made later.
    :ivar medium: of new certificates; None is that of the pair, as with token_serial.
    """

    operation: Operation
    pair_id: int
    request: CertificateRequest | None = None
    wanted: Wanted = field(default_factory=Wanted)
    medium: str | None = None
    token_serial: str | None = None


def register(desk: Desk, operator: Operator, applicant: Applicant) -> int:
    """Write an applicant down who is not registered yet; return their id.

    Errors are those of :meth:`RegistrationOffice.register <gmpki.ca.registration.office.RegistrationOffice.register>`.
    """
    with desk.store.transaction() as tx:
        desk.permit(tx.connection, operator, "register-applicant", applicant.region_id)
        identity = applicant.identity
        found = applicants.find(tx.connection, tx.protection, identity.number, kind=identity.kind)
        return found[0].id if found else applicants.add(tx, applicant, actor=operator.actor)


def change_contact(desk: Desk, operator: Operator, applicant_id: int, changes: Mapping[str, str]) -> Contact:
    """Change fields of an applicant's contact; return the contact as it is then.

    Errors are those of
    :meth:`RegistrationOffice.change_contact <gmpki.ca.registration.office.RegistrationOffice.change_contact>`.
    """
    with desk.store.transaction() as tx:
        applicant = applicants.read(tx.connection, tx.protection, applicant_id, lock=True).applicant
        desk.permit(tx.connection, operator, "change-applicant", applicant.region_id)
        if not changes:
            raise InvalidInputError("nothing is said that the contact is to change to")
        if applicant.contact is not None:
            contact = replace(applicant.contact, **changes)
        elif "name" in changes:
            contact = Contact(**changes)
        else:
            raise InvalidInputError(f"the applicant {applicant_id} has no contact yet: a new one has a name")
        applicants.update_applicant(tx, applicant_id, replace(applicant, contact=contact), actor=operator.actor)
    return contact


def enter(desk: Desk, operator: Operator, form: ApplicationForm, key: str | None) -> Application:
    """Enter an application for new certificates.

    Errors are those of :meth:`RegistrationOffice.apply <gmpki.ca.registration.office.RegistrationOffice.apply>`.
    """
    with desk.store.transaction() as tx:
        applicant = applicants.read(tx.connection, tx.protection, form.applicant_id).applicant
        desk.permit(tx.connection, operator, Operation.APPLY.value, applicant.region_id)
        once = Once(key, Operation.APPLY, operator, *_parts(form))
        found = once.answer(tx)
        if found is None:
            place = _Place(Operation.APPLY, ApplicationState.ENTERED, applicant.region_id, None)
            found = _insert(desk, tx, operator, form, place)
            if form.is_free:
                demand_free(tx, form.applicant_id, besides_application=found)
            once.keep(tx, found)
        return applications.read(tx.connection, tx.protection, found)


def amend(desk: Desk, operator: Operator, application_id: int, form: ApplicationForm, key: str | None) -> Application:
    """Put other contents in the place of those that were entered.

    Errors are those of :meth:`RegistrationOffice.amend <gmpki.ca.registration.office.RegistrationOffice.amend>`.
    """
    with desk.store.transaction() as tx:
        row, application = applications.lock(tx, application_id)
        desk.permit(tx.connection, operator, Operation.AMEND.value, application.region_id)
        once = Once(key, Operation.AMEND, operator, application_id, *_parts(form))
        if once.answer(tx) is None:
            if application.operation not in ISSUING_OPERATIONS:
                raise InvalidInputError(f"{application.operation.value} has nothing to edit; withdraw it")
            if operator.name != application.entered_by:
                # Otherwise who entered it first could proofread it.
                raise NotPermittedError("not-own-entry", "only who entered an application edits it")
            if application.operation is not Operation.APPLY:
                _check_same_holder(form, application)
            elif form.applicant_id != application.applicant_id:
                raise InvalidInputError("an application stays that of its applicant")
            state = transition(Operation.AMEND, application.state)
            if form.is_free and not application.is_free:
                demand_free(tx, form.applicant_id, besides_application=application_id)
            content = applications.content_columns(tx, form, application.reference)
            applications.ROWS.change(tx, row, state=state.value, proofread_by=None, proofread_at=None, **content)
            tx.audit(operator.actor, "application.amend", application.subject)
            once.keep(tx, application_id)
        return applications.read(tx.connection, tx.protection, application_id)


def enter_for_pair(desk: Desk, operator: Operator, form: PairForm, key: str | None) -> Application:
    """Enter what is asked for a pair; where that needs no review, it is approved at once.

    Errors are those of the method of :class:`~gmpki.ca.registration.office.RegistrationOffice` that asks for it.
    """
    with desk.store.transaction() as tx:
        _, pair = pairs.lock(tx, form.pair_id)
        is_direct = desk.settings.routes[form.operation] is Route.DIRECT
        acts = is_direct and form.operation not in ISSUING_OPERATIONS
        needed = form.operation if acts else Operation.APPLY
        desk.permit(tx.connection, operator, needed.value, pair.region_id)
        asked = (form.pair_id, _digest(form.request), form.wanted.digest(), form.medium, form.token_serial)
        once = Once(key, form.operation, operator, *asked)
        found = once.answer(tx)
        if found is None:
            transition(form.operation, pairs.state_at(pair, tx.now))
            _check_form(desk, tx, form, pair)
            state = ApplicationState.APPROVED if is_direct else ApplicationState.ENTERED
            place = _Place(form.operation, state, pair.region_id, pair.id)
            found = _insert(desk, tx, operator, _filled(tx, form, pair), place)
            once.keep(tx, found)
        return applications.read(tx.connection, tx.protection, found)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a new application stands."""

    operation: Operation
    state: ApplicationState
    region_id: int
    pair_id: int | None


def _insert(desk: Desk, tx: Transaction, operator: Operator, form: ApplicationForm, place: _Place) -> int:
    reference = applications.new_reference(tx)
    application_id = applications.ROWS.add(
        tx,
        {
            "reference": reference,
            "operation": place.operation.value,
            "state": place.state.value,
            "pair_id": place.pair_id,
            "region_id": place.region_id,
            "point_id": operator.point_id,
            "entered_by": operator.name,
            "entered_at": tx.at,
            "retain_until": end_of_retention(tx.at, desk.settings.retention_years),
            **applications.content_columns(tx, form, reference),
        },
    )
    tx.audit(
        operator.actor,
        f"application.{place.operation.value}",
        applications.subject_of(application_id),
        reference=reference,
        pair=place.pair_id,
        state=place.state.value,
    )
    return application_id


def _check_form(desk: Desk, tx: Transaction, form: PairForm, pair: Pair) -> None:
    """See that what is asked for a pair can be meant."""
    wanted = form.wanted
    if form.operation in ISSUING_OPERATIONS:
        applications.refuse_another(tx, pair.id)
        if wanted.keeps_encryption_key and pair.encryption is None:
            raise InvalidInputError("the holder has no encryption key to keep")
    if form.operation is Operation.RENEW and tx.now < months_before(pair.not_after, desk.settings.renewal_months):
        months, end = desk.settings.renewal_months, time_text(pair.not_after)
        reason = f"a pair is renewed from {months} months before its expiry, {end}"
        raise LifeCycleError("renew", pair.state.value, reason)
    if form.operation is Operation.RENEW and (wanted.subject is not None or wanted.extensions):
        raise InvalidInputError("a renewal keeps the subject and the extensions; what is to be another is a change")
    if form.operation is Operation.CHANGE and wanted.subject is None:
        raise InvalidInputError("a change of data needs the new subject")
    if form.operation is Operation.REVOKE and wanted.reason not in REVOCATION_REASONS:
        raise InvalidInputError("a revocation needs a reason, one for certificates of holders")
    if form.operation is Operation.RECOVER:
        _check_recovery(tx, wanted, pair)


def _check_recovery(tx: Transaction, wanted: Wanted, pair: Pair) -> None:
    if pair.encryption is None:
        raise InvalidInputError("there is no encryption key to recover")
    recipient = pairs.read(tx.connection, tx.protection, wanted.recipient_id or pair.id)
    if recipient.applicant_id != pair.applicant_id:
        raise NotPermittedError("other-holder", "a key is recovered for a pair of the same holder")
    refuse_recipient(recipient, tx.now)


def _filled(tx: Transaction, form: PairForm, pair: Pair) -> ApplicationForm:
    """Return the whole form: what was not given is as it was with the pair."""
    request, wanted = form.request, form.wanted
    if form.operation in ISSUING_OPERATIONS:
        before = None
        if pair.application_id is not None:
            before = applications.read(tx.connection, tx.protection, pair.application_id)
        if form.operation is Operation.RENEW and request is not None:
            known = () if before is None else before.wanted.extensions
            asked = () if before is None or before.request is None else before.request.extensions
            applications.refuse_unreviewed(request, (*known, *asked))
        if request is None and before is not None and form.operation is Operation.RENEW:
            request = before.request  # it still proves the same key
        subject = wanted.subject if wanted.subject is not None else pair.signing.subject
        extensions = wanted.extensions or (before.wanted.extensions if before is not None else ())
        wanted = replace(wanted, subject=subject, extensions=extensions)
    else:
        wanted = replace(wanted, subject=pair.signing.subject)
    return ApplicationForm(
        applicant_id=pair.applicant_id,
        authority=pair.authority,
        profile=pair.profile,
        request=request,
        wanted=wanted,
        business_kind=pair.business_kind,
        medium=form.medium if form.medium is not None else pair.medium,
        token_serial=form.token_serial if form.token_serial is not None else pair.token_serial,
        is_free=pair.is_free,
    )


def _check_same_holder(form: ApplicationForm, application: Application) -> None:
    for name in ("applicant_id", "authority", "profile"):
        if getattr(form, name) != getattr(application, name):
            raise InvalidInputError(f"{name} stays that of the pair")


def _parts(form: ApplicationForm) -> tuple[str | int | None, ...]:
    """Return what tells one form from another."""
    named = (form.applicant_id, form.authority, form.profile, form.business_kind, form.medium, form.token_serial)
    return (*named, form.is_free, _digest(form.request), form.wanted.digest())


def _digest(request: CertificateRequest | None) -> str | None:
    return None if request is None else digest_text(request.der)
