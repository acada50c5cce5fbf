"""The holder of a pair that was taken over, its application, its row among the pairs, and its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import or_, select

from gmpki import oids
from gmpki.ca.interfaces import Actor, Issued
from gmpki.ca.operators.regions import find_region
from gmpki.ca.registration import _medium, applicants, applications, media, pairs
from gmpki.ca.registration.applications import ApplicationForm
from gmpki.ca.registration.retention import end_of_retention
from gmpki.ca.registration.states import ApplicationState, Operation, PairState
from gmpki.ca.registration.wanted import Wanted
from gmpki.ca.store.certificates import CertificateState
from gmpki.ca.store.columns import seconds, serial_text
from gmpki.ca.store.schema import media as media_table
from gmpki.ca.store.schema import pairs as pairs_table
from gmpki.ca.takeover.holders import holder_of
from gmpki.errors import ConflictError, InvalidInputError, LifeCycleError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gmpki.asn1.rfc5280 import Extension
    from gmpki.ca.registration.applicants import Applicant, ApplicantKind
    from gmpki.ca.store.store import Transaction
    from gmpki.ca.takeover.importing import TakeoverRules
    from gmpki.ca.takeover.plan import Holding
    from gmpki.x509.profile import Profile

__all__ = ["applicant_of", "said_of", "write"]

_DECISION: Final = "taken over"
_PAIR_STATES: Final = {
    CertificateState.VALID: PairState.ACTIVE,
    CertificateState.SUSPENDED: PairState.SUSPENDED,
    CertificateState.REVOKED: PairState.REVOKED,
}
_FOLLOWS: Final = {CertificateState.SUSPENDED: Operation.SUSPEND, CertificateState.REVOKED: Operation.REVOKE}
# The issuer writes these for each certificate anew, whatever an earlier one had.
_WRITTEN_ANEW: Final = frozenset(
    {oids.KEY_USAGE, oids.BASIC_CONSTRAINTS, oids.SUBJECT_KEY_IDENTIFIER, oids.AUTHORITY_KEY_IDENTIFIER}
)


def said_of(holding: Holding) -> Mapping[str, str]:
    """Return what tables say of a holding; of the signing certificate before the other."""
    said: dict[str, str] = {}
    for found in reversed(holding.both):
        if found.entry is not None:
            said.update(found.entry.holder)
    return said


def applicant_of(holding: Holding, region_id: int, default_kind: ApplicantKind) -> Applicant:
    """Return the holder of a holding.

    :raises InvalidInputError: when what a table says of them cannot be meant.
    """
    return holder_of(holding.first.certificate, said_of(holding), region_id=region_id, default_kind=default_kind)


def write(
    tx: Transaction,
    holding: Holding,
    state: CertificateState,
    *,
    authority: str,
    profile: Profile,
    rules: TakeoverRules,
    actor: Actor,
) -> tuple[int, str]:
    """Write what the registration office knows about a pair; return its id, and what a person should know.

    :param state: of its certificates, which are written already.
    :raises InvalidInputError: when what a table says of them cannot be meant.
    :raises NotFoundError: when a table names a region that there is none of.
    :raises TamperedError: when a row of the office is not as it was written.
    """
    known = _known(tx, authority, [found.serial for found in holding.both])
    if known is not None:
        return known, _follow(tx, known, state, holding, actor)
    said = said_of(holding)
    region_id = rules.region_id
    if "region" in said:
        region_id = find_region(tx.connection, tx.protection, said["region"]).id
    applicant_id = _registered(tx, applicant_of(holding, region_id, rules.default_kind), actor)
    token, message = _token(tx, said, applicant_id, region_id, actor)
    first = holding.first
    form = ApplicationForm(
        applicant_id=applicant_id,
        authority=authority,
        profile=profile.name,
        request=first.request,
        wanted=Wanted(subject=first.certificate.subject, extensions=_kept(holding, profile)),
        business_kind=said.get("business_kind", rules.business_kind),
        medium=said.get("medium", rules.medium),
        token_serial=token,
        is_free=_is_free(said),
    )
    columns = {"region_id": region_id, "entered_by": actor.name[:64]}
    pair_id = _rows(tx, holding, form, state, columns)
    if token is not None and state is not CertificateState.REVOKED and first.certificate.not_after >= tx.now:
        message = _hand_out(tx, token, applicant_id, pair_id, actor) or message
    serials = " ".join(serial_text(found.serial) for found in holding.both)
    tx.audit(actor, "pair.taken-over", f"pair:{pair_id}", serials=serials, state=state.value, code=holding.code)
    return pair_id, message


def _known(tx: Transaction, authority: str, serials: list[int]) -> int | None:
    """Return the pair that has one of the certificates, as the one or the other."""
    texts = [serial_text(serial) for serial in serials]
    either = or_(pairs_table.c.signing_serial.in_(texts), pairs_table.c.encryption_serial.in_(texts))
    query = select(pairs_table.c.id).where(pairs_table.c.authority == authority, either)
    return tx.connection.scalar(query.order_by(pairs_table.c.id).limit(1))


def _follow(tx: Transaction, pair_id: int, state: CertificateState, holding: Holding, actor: Actor) -> str:
    """Have a pair follow its signing certificate into what was learned of it."""
    row, pair = pairs.lock(tx, pair_id)
    serials = {found.serial for found in holding.both}
    if pair.signing.serial_number not in serials:
        return "" if state is CertificateState.VALID else f"the other certificate of pair {pair_id} is not revoked"
    operation = _FOLLOWS.get(state)
    if operation is not None:
        try:
            new = pairs.move(tx, row, operation)
        except LifeCycleError:
            return ""  # it is there already, or further
        tx.audit(actor, f"pair.{operation.value}", pair.subject, state=new.value, reason="taken over")
        if set(pair.serial_numbers) - serials:
            return f"only one certificate of pair {pair_id} is {state.value}"
    return ""


def _registered(tx: Transaction, applicant: Applicant, actor: Actor) -> int:
    identity = applicant.identity
    known = applicants.find(tx.connection, tx.protection, identity.number, kind=identity.kind)
    return known[0].id if known else applicants.add(tx, applicant, actor=actor)


def _kept(holding: Holding, profile: Profile) -> tuple[Extension, ...]:
    """Return the extensions that a renewal keeps: those which who issues may give under the profile."""
    may = {*profile.from_operator, *profile.extensions.identity} - _WRITTEN_ANEW
    extensions = holding.first.certificate.extensions
    return tuple(each for each in extensions if each.extn_id in may and extensions.problem(each.extn_id) is None)


def _is_free(said: Mapping[str, str]) -> bool:
    text = said.get("is_free", "false").lower()
    if text not in ("true", "false"):
        raise InvalidInputError(f'is_free is "true" or "false", not {text[:20]!r}')
    return text == "true"


# ---- rows -----------------------------------------------------------------------------------
def _rows(
    tx: Transaction, holding: Holding, form: ApplicationForm, state: CertificateState, columns: Mapping[str, Any]
) -> int:
    """Write the application and the pair."""
    begin = seconds(holding.first.certificate.not_before)
    reference = applications.new_reference(tx)
    application_id = applications.ROWS.add(
        tx,
        {
            "reference": reference,
            "operation": Operation.APPLY.value,
            "state": ApplicationState.DELIVERED.value,
            **columns,
            "entered_at": begin,
            "decision": _DECISION,
            "issued_at": begin,
            "delivered_at": begin,
            "retain_until": end_of_retention(seconds(holding.first.certificate.not_after)),
            **applications.content_columns(tx, form, reference),
        },
    )
    row, application = applications.lock(tx, application_id)
    encryption = None if holding.encryption is None else holding.encryption.certificate
    known: dict[str, Any] = {
        "state": _pair_state(tx, holding, state).value,
        "issued_at": begin,
        "delivered_at": begin,
        "receipt": _DECISION,
    }
    pair_id = pairs.add(tx, application, Issued(holding.first.certificate, encryption), **known)
    applications.ROWS.change(tx, row, pair_id=pair_id)
    return pair_id


def _pair_state(tx: Transaction, holding: Holding, state: CertificateState) -> PairState:
    ends = min(found.certificate.not_after for found in holding.both)
    if ends < tx.now and state is not CertificateState.REVOKED:
        return PairState.EXPIRED
    return _PAIR_STATES[state]


# ---- tokens ---------------------------------------------------------------------------------
def _token(
    tx: Transaction, said: Mapping[str, str], applicant_id: int, region_id: int, actor: Actor
) -> tuple[str | None, str]:
    """Return the token that a table names, registered; a token that somebody else has is told of and left out."""
    serial = said.get("token_serial")
    if serial is None:
        return None, ""
    try:
        _medium.is_with(tx.connection, serial, applicant_id)
    except ConflictError as error:
        return None, str(error)
    kind, maker = said.get("token_kind", "ukey"), said.get("token_maker", "")
    if tx.connection.scalar(select(media_table.c.serial).where(media_table.c.serial == serial)) is None:
        new = media.NewMedium(serial, kind, maker, region_id)
        media.register(tx, [new], actor=actor)
    return serial, ""


def _hand_out(tx: Transaction, serial: str, applicant_id: int, pair_id: int, actor: Actor) -> str:
    try:
        _medium.hand_out(tx, actor, serial, applicant_id, pair_id)
    except LifeCycleError as error:
        return str(error)
    return ""
