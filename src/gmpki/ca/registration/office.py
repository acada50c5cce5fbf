"""A registration office: the whole life of certificates, from the application to the end.

An application is entered by one person, proofread by a second and reviewed by a third; then its certificates are issued
and delivered. What is asked later for a pair goes the same way or is done at once, as the settings say:

    office = RegistrationOffice(store, authority, keys=centre)
    application = office.apply(clerk, ApplicationForm(applicant_id, "sub", "personal", request))
    office.proofread(colleague, application.id)
    office.approve(reviewer, application.id)
    outcome = office.issue(issuer, application.id)
    office.deliver(issuer, outcome.application.id, receipt="张三")
    office.report_loss(issuer, outcome.pair.id)

Every operation takes a ``key`` of 1 to 128 printable characters that makes it one that is carried out once: the same
call with the same key gets the same answer, and another call with that key is refused. Every operation is refused with
:class:`~gmpki.errors.LifeCycleError` when :data:`~gmpki.ca.registration.states.TRANSITIONS` does not hold it, and with
:class:`~gmpki.errors.NotPermittedError` when the operator may not do it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gmpki._inputs import function, member
from gmpki.asn1.rfc5280 import ReasonCode
from gmpki.ca.interfaces import SYSTEM, IssuerBackend, KeyCentre
from gmpki.ca.registration import applications, carrying, checking, delivery, entering, escrow, expiry, issuing, pairs
from gmpki.ca.registration._desk import Desk
from gmpki.ca.registration._refusals import refusals_noted
from gmpki.ca.registration.applicants import Applicant, Contact
from gmpki.ca.registration.applications import Application, ApplicationForm
from gmpki.ca.registration.carrying import Outcome
from gmpki.ca.registration.checking import Decision
from gmpki.ca.registration.entering import PairForm
from gmpki.ca.registration.issuing import IssueAsked
from gmpki.ca.registration.settings import OfficeSettings
from gmpki.ca.registration.states import ISSUING_OPERATIONS, ApplicationState, Operation
from gmpki.ca.registration.unlocking import Unlocking, unlock
from gmpki.ca.registration.wanted import Wanted
from gmpki.ca.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from gmpki.asn1.rfc5280 import Name
    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration.pairs import Pair
    from gmpki.errors import GmpkiError
    from gmpki.x509.request import CertificateRequest

__all__ = ["RegistrationOffice"]


@refusals_noted
class RegistrationOffice:
    """Takes applications, and carries them out through an authority. Thread-safe.

    Whom it refuses something by :class:`~gmpki.errors.NotPermittedError` stands in the audit log, with the reason.

    Beside the errors that a method names, all of them raise:

    - :class:`~gmpki.errors.NotPermittedError`: "permission", "region", "remote" or "state", as
      :func:`gmpki.ca.operators.operators.demand`, which reads the operator's rights anew each time;
    - :class:`~gmpki.errors.NotFoundError`: when there is no application or pair of that id;
    - :class:`~gmpki.errors.LifeCycleError`: when its state does not allow the operation;
    - :class:`~gmpki.errors.ConflictError`: "key-reused" when the key belongs to another call, "changed" when somebody
      else was faster;
    - :class:`~gmpki.errors.TamperedError`: when a row that decides is not as it was written;
    - :class:`~gmpki.errors.StoreError`: when the database does not do it;
    - :class:`~gmpki.errors.InvalidInputError`: when an argument is none that can be meant.

    :param store: where applications, pairs and operators are.
    :param backend: who issues and revokes: an authority in the same store, or one elsewhere.
    :param keys: where encryption keys are recovered from; None when they are not.
    :raises InvalidTypeError: when an argument has the wrong type.
    """

    def __init__(
        self,
        store: Store,
        backend: IssuerBackend,
        *,
        keys: KeyCentre | None = None,
        settings: OfficeSettings | None = None,
    ) -> None:
        member(store, Store, "store")
        member(backend, IssuerBackend, "backend")
        if keys is not None:
            member(keys, KeyCentre, "keys")
        settings = settings if settings is not None else OfficeSettings()
        member(settings, OfficeSettings, "settings")
        self._desk = Desk(store, backend, keys, settings)

    @property
    def settings(self) -> OfficeSettings:
        """The rules of the office."""
        return self._desk.settings

    # ---- applications -----------------------------------------------------------------------
    def register(self, operator: Operator, applicant: Applicant) -> int:
        """Write an applicant down who is not registered yet; return their id.

        Who is registered with this identity number keeps the data that are there: they are changed by
        :meth:`change_contact` and :func:`gmpki.ca.registration.applicants.update_applicant`.

        :raises InvalidTypeError: when applicant is none.
        """
        member(applicant, Applicant, "applicant")
        return entering.register(self._desk, operator, applicant)

    def change_contact(
        self,
        operator: Operator,
        applicant_id: int,
        *,
        name: str | None = None,
        phone: str | None = None,
        email: str | None = None,
        address: str | None = None,
    ) -> Contact:
        """Change who handles the matter of an applicant, or how they are reached; return them as they are now.

        What is None stays as it was, and "" takes a number or address away.

        :raises NotFoundError: also when there is no such applicant.
        :raises InvalidTypeError: when something else is no text.
        :raises InvalidInputError: also when there is no contact yet and no name is given, or as :class:`Contact
            <gmpki.ca.registration.applicants.Contact>`.
        """
        given = {"name": name, "phone": phone, "email": email, "address": address}
        changes = {field: value for field, value in given.items() if value is not None}
        return entering.change_contact(self._desk, operator, applicant_id, changes)

    def apply(self, operator: Operator, form: ApplicationForm, *, key: str | None = None) -> Application:
        """Enter an application for new certificates.

        :raises ConflictError: also with the reason "free-taken", when it asks for a free certificate and the applicant
            has one; see :func:`gmpki.ca.registration.uniqueness.existing` for what to warn of.
        """
        member(form, ApplicationForm, "form")
        return entering.enter(self._desk, operator, form, key)

    def amend(
        self, operator: Operator, application_id: int, form: ApplicationForm, *, key: str | None = None
    ) -> Application:
        """Correct what was entered, as long as it has not been proofread; only who entered it does.

        :raises NotPermittedError: also with the reason "not-own-entry".
        """
        member(form, ApplicationForm, "form")
        return entering.amend(self._desk, operator, application_id, form, key)

    def proofread(
        self, operator: Operator, application_id: int, *, seen: str | None = None, key: str | None = None
    ) -> Application:
        """Confirm that what was entered is what the documents say.

        :param seen: the ``content_digest`` of what was compared; given, nothing else is confirmed.
        :raises NotPermittedError: also with the reason "own-entry", when the operator entered it.
        :raises ConflictError: also with the reason "changed", when it is not what was seen.
        """
        return checking.decide(self._desk, operator, Decision(Operation.PROOFREAD, application_id, "", seen), key)

    def send_back(self, operator: Operator, application_id: int, remark: str, *, key: str | None = None) -> Application:
        """Return an application to who entered it: by who proofreads it, or, once proofread, who reviews it.

        :param remark: what is to be corrected.
        :raises NotPermittedError: also with the reason "own-entry".
        """
        return checking.decide(self._desk, operator, Decision(Operation.SEND_BACK, application_id, remark), key)

    def approve(
        self,
        operator: Operator,
        application_id: int,
        *,
        remark: str = "",
        seen: str | None = None,
        key: str | None = None,
    ) -> Application:
        """Approve an application that was proofread.

        :param seen: as for :meth:`proofread`.
        :raises NotPermittedError: also with the reason "own-entry", when the operator entered or proofread it.
        :raises ConflictError: also with the reason "changed", when it is not what was seen.
        """
        return checking.decide(self._desk, operator, Decision(Operation.APPROVE, application_id, remark, seen), key)

    def reject(self, operator: Operator, application_id: int, reason: str, *, key: str | None = None) -> Application:
        """Reject an application that was proofread, for a reason.

        :raises NotPermittedError: also with the reason "own-entry".
        """
        return checking.decide(self._desk, operator, Decision(Operation.REJECT, application_id, reason), key)

    def withdraw(
        self, operator: Operator, application_id: int, *, reason: str = "", key: str | None = None
    ) -> Application:
        """Withdraw an application of which nothing has come yet."""
        return checking.decide(self._desk, operator, Decision(Operation.WITHDRAW, application_id, reason), key)

    def issue(
        self,
        operator: Operator,
        application_id: int,
        *,
        request: CertificateRequest | None = None,
        token_serial: str | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Have the certificates of an approved application issued; the pair that they replace ends in the same commit.

        When it fails, or the process ends, nothing was issued or everything was; the call may be repeated.

        :param request: when the application came without one.
        :param token_serial: of the token that has the signing key, when the application does not tell.
        :raises ConflictError: also with the reasons "request-fixed" and "token-fixed", when the application has
            another one, "token-taken", when somebody else has the token, and "unreviewed", when a request that comes
            only now asks for extensions of its own.
        :raises GmpkiError: what the backend raises.
        """
        return issuing.issue(self._desk, operator, IssueAsked(application_id, request, token_serial, key))

    def issue_many(self, operator: Operator, asked: Iterable[IssueAsked]) -> list[Outcome | GmpkiError]:
        """Have the certificates of several approved applications issued, in few commits where the backend does that.

        :param asked: at most 1000.
        :returns: for each of them, in their sequence, what :meth:`issue` returns or raises.
        :raises LimitExceeded: when there are more.
        :raises StoreError: when the database does not do it.
        """
        return issuing.issue_many(self._desk, operator, asked)

    def carry_out(self, operator: Operator, application_id: int, *, key: str | None = None) -> Outcome:
        """Carry out an approved application that issues nothing: a revocation, a recovery and so on.

        :raises StateError: also when a key is to be recovered, and the office has no key-management centre.
        :raises GmpkiError: what the backend and the key-management centre raise.
        """
        return carrying.carry_out(self._desk, operator, application_id, key)

    def deliver(self, operator: Operator, application_id: int, *, receipt: str, key: str | None = None) -> Outcome:
        """Write down that the holder has got what was issued.

        :param receipt: who took it, and how that is known: at most 256 characters in one line.
        """
        return delivery.deliver(self._desk, operator, application_id, receipt, key)

    # ---- pairs ------------------------------------------------------------------------------
    def renew(
        self,
        operator: Operator,
        pair_id: int,
        *,
        request: CertificateRequest | None = None,
        keep_encryption_key: bool = False,
        wanted: Wanted | None = None,
        token_serial: str | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Ask for a pair to take the place of one that will expire; :meth:`issue` makes it.

        :param request: proves another signing key; None keeps the signing key.
        :param keep_encryption_key: keep the encryption key as well, instead of a new one.
        :param wanted: the validity, where it is not the profile's usual one.
        :raises InvalidInputError: also when another subject or other extensions are wanted: that is a change.
        :raises LifeCycleError: also when it is earlier than the settings allow.
        :raises ConflictError: also with the reason "open-application", when the pair is being replaced already, and
            "unreviewed", when the request asks for extensions that the earlier one did not.
        """
        wanted = replace(wanted if wanted is not None else Wanted(), keeps_encryption_key=keep_encryption_key)
        form = PairForm(Operation.RENEW, pair_id, request, wanted, token_serial=token_serial)
        return self._for_pair(operator, form, key)

    def reissue(
        self,
        operator: Operator,
        pair_id: int,
        *,
        request: CertificateRequest | None = None,
        reason: ReasonCode = ReasonCode.SUPERSEDED,
        keep_encryption_key: bool = False,
        medium: str | None = None,
        token_serial: str | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Ask for a pair in the place of one whose token was lost or damaged; the old one is revoked when it is issued.

        :param request: proves the new signing key; None when it is made later.
        :param reason: of the revocation: ``KEY_COMPROMISE`` when the token may be in wrong hands.
        :raises ConflictError: also with the reason "open-application".
        """
        wanted = Wanted(reason=reason, keeps_encryption_key=keep_encryption_key)
        form = PairForm(Operation.REISSUE, pair_id, request, wanted, medium, token_serial)
        return self._for_pair(operator, form, key)

    def change(
        self,
        operator: Operator,
        pair_id: int,
        subject: Name,
        *,
        request: CertificateRequest | None = None,
        keep_encryption_key: bool = False,
        key: str | None = None,
    ) -> Outcome:
        """Ask for a pair with other data of its holder; the old one is revoked when it is issued.

        :raises ConflictError: also with the reason "open-application".
        """
        wanted = Wanted(
            subject=subject, reason=ReasonCode.AFFILIATION_CHANGED, keeps_encryption_key=keep_encryption_key
        )
        return self._for_pair(operator, PairForm(Operation.CHANGE, pair_id, request, wanted), key)

    def report_loss(self, operator: Operator, pair_id: int, *, asked_by: str = "", key: str | None = None) -> Outcome:
        """Suspend a pair whose token is missing (挂失), until it is found or another one is issued."""
        return self._act(operator, Operation.REPORT_LOSS, pair_id, Wanted(asked_by=asked_by), key)

    def lift_loss(self, operator: Operator, pair_id: int, *, asked_by: str = "", key: str | None = None) -> Outcome:
        """End the suspension of a pair whose token was found."""
        return self._act(operator, Operation.LIFT_LOSS, pair_id, Wanted(asked_by=asked_by), key)

    def suspend(self, operator: Operator, pair_id: int, *, asked_by: str = "", key: str | None = None) -> Outcome:
        """Suspend a pair."""
        return self._act(operator, Operation.SUSPEND, pair_id, Wanted(asked_by=asked_by), key)

    def resume(self, operator: Operator, pair_id: int, *, asked_by: str = "", key: str | None = None) -> Outcome:
        """End the suspension of a pair."""
        return self._act(operator, Operation.RESUME, pair_id, Wanted(asked_by=asked_by), key)

    def revoke(
        self,
        operator: Operator,
        pair_id: int,
        reason: ReasonCode,
        *,
        invalidity_date: datetime | None = None,
        asked_by: str = "",
        key: str | None = None,
    ) -> Outcome:
        """Revoke a pair for good.

        :param reason: one for certificates of holders.
        :param invalidity_date: since when its keys are in wrong hands.
        :param asked_by: who asked for it, when it was not the holder.
        """
        wanted = Wanted(reason=reason, invalidity_date=invalidity_date, asked_by=asked_by)
        return self._act(operator, Operation.REVOKE, pair_id, wanted, key)

    def recover(
        self,
        operator: Operator,
        pair_id: int,
        *,
        recipient_id: int | None = None,
        asked_by: str = "",
        key: str | None = None,
    ) -> Outcome:
        """Ask for the encryption key of a pair to be given to its holder again.

        :param recipient_id: the pair for whose signing key it is enveloped, one of the same holder that is in use;
            None is the pair itself.
        :raises NotPermittedError: also with the reason "other-holder".
        """
        wanted = Wanted(recipient_id=recipient_id, asked_by=asked_by)
        return self._act(operator, Operation.RECOVER, pair_id, wanted, key)

    def unlock(self, operator: Operator, pair_id: int, unlocking: Unlocking, *, key: str | None = None) -> None:
        """Set the user PIN of the token that has a pair, with the administrator's PIN.

        :raises ConflictError: also with the reason "other-token", when the token at hand is not that of the pair.
        :raises TokenError: what the token answers; the audit log has it as well.
        """
        member(unlocking, Unlocking, "unlocking")
        unlock(self._desk, operator, pair_id, unlocking, key)

    def expire(self, operator: Operator | None = None, *, progress: Callable[[int], None] | None = None) -> int:
        """Write down which pairs have expired, and retire their encryption keys; return how many pairs they were.

        :param operator: an administrator of all regions; None is the system, on its schedule.
        :param progress: called with the number of pairs so far.
        :raises TamperedError: when the row of a pair was changed; all others have been seen to.
        :raises GmpkiError: what the key-management centre raises; the next time does what is left.
        """
        if progress is not None:
            function(progress, "progress")
        if operator is not None:
            with self._desk.store.reading() as connection:
                self._desk.permit(connection, operator, Operation.EXPIRE.value, None)
        return expiry.expire(self._desk, SYSTEM if operator is None else operator.actor, progress)

    def settle(self, operator: Operator | None = None) -> int:
        """Do what could not be done at its time; return for how many applications and pairs.

        Revoked is what an authority elsewhere has issued for applications that came to another end meanwhile; retired
        are the encryption keys of revoked pairs.

        :param operator: an administrator of all regions; None is the system, on its schedule.
        :raises TamperedError: when a row was changed.
        :raises GmpkiError: what the backend and the key-management centre raise; the next time does what is left.
        """
        if operator is not None:
            with self._desk.store.reading() as connection:
                self._desk.permit(connection, operator, "settle", None)
        actor = SYSTEM if operator is None else operator.actor
        return issuing.settle(self._desk, actor) + escrow.retire_left(self._desk.store, self._desk.keys, actor)

    # ---- reading ----------------------------------------------------------------------------
    def application(self, operator: Operator, application_id: int) -> Application:
        """Return an application."""
        with self._desk.store.reading() as connection:
            found = applications.read(connection, self._desk.store.protection, application_id)
            self._desk.permit_reading(connection, operator, found.region_id)
            return found

    def application_of_reference(self, operator: Operator, reference: str) -> Application:
        """Return an application by what people name it by."""
        with self._desk.store.reading() as connection:
            found = applications.by_reference(connection, self._desk.store.protection, reference)
            self._desk.permit_reading(connection, operator, found.region_id)
            return found

    def pair(self, operator: Operator, pair_id: int) -> Pair:
        """Return a pair."""
        with self._desk.store.reading() as connection:
            found = pairs.read(connection, self._desk.store.protection, pair_id)
            self._desk.permit_reading(connection, operator, found.region_id)
            return found

    def _act(self, operator: Operator, operation: Operation, pair_id: int, wanted: Wanted, key: str | None) -> Outcome:
        return self._for_pair(operator, PairForm(operation, pair_id, wanted=wanted), key)

    def _for_pair(self, operator: Operator, form: PairForm, key: str | None) -> Outcome:
        """Enter what is asked for, and carry it out when nothing stands between."""
        application = entering.enter_for_pair(self._desk, operator, form, key)
        if form.operation in ISSUING_OPERATIONS or application.state is not ApplicationState.APPROVED:
            return carrying.again(self._desk, application.id)
        return carrying.carry_out(self._desk, operator, application.id, None)
