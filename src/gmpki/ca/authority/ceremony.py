"""How an authority comes by its keys: a root, a subordinate authority, and the next key of either.

A certificate that an authority signs for itself goes through the same two commits as all others. One that somebody else
signs is asked for with a PKCS #10 request, which may travel to an authority without a network; when the certificate is
brought back, its key becomes the one that signs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member
from gmpki.asn1.rfc5280 import Name
from gmpki.ca.authority import orders, recovery
from gmpki.ca.authority.orders import IssueRow, IssueState
from gmpki.ca.authority.rows import (
    AuthorityRow,
    Generation,
    GenerationState,
    find_authority,
    insert_authority,
    insert_generation,
    read_generations,
    update_generation,
)
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.interfaces import Actor, PublicationKind
from gmpki.ca.revocation.lists import continue_numbers
from gmpki.ca.store.certificates import MeantCertificate, insert_meant, make_issued, of_issues
from gmpki.ca.store.columns import digest_text, public_key_id, seconds, serial_text
from gmpki.ca.store.due import make_due
from gmpki.ca.store.store import Store
from gmpki.errors import ConflictError, InvalidInputError, KeyMismatchError, LifeCycleError, StateError, ValidationError
from gmpki.x509.issuing import Issuer, prepare_self_signed
from gmpki.x509.names import names_match
from gmpki.x509.prelint import lint_check
from gmpki.x509.request import RequestBuilder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.asn1.rfc5280 import Validity
    from gmpki.ca.authority._opened import Opened
    from gmpki.ca.authority.signer import AuthoritySigner
    from gmpki.ca.authority.worker import Worker
    from gmpki.ca.store.store import Transaction
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.preparing import ToBeSigned
    from gmpki.x509.profile import Profile
    from gmpki.x509.request import CertificateRequest

__all__ = ["ForeignKey", "activate", "adopt", "create_requested", "create_root", "request_next", "roll_over"]

# In front of the keys of orders that an authority gives itself. Those of others are printable.
_OWN: Final = "\x1f"
_LINT: Final = lint_check()
_MAX_NAME_LEN: Final = 64
_MAX_TITLE_LEN: Final = 255
# How many certificates an entry of the audit log names.
_MAX_NAMED: Final = 16


@dataclass(frozen=True, slots=True)
class NewAuthority:
    """What a new authority is called, and what it does.

    :ivar title: its name for persons; "" is the other one.
    :ivar parent_id: the authority above it, where that is in the same database.
    """

    name: str
    title: str
    settings: AuthoritySettings
    parent_id: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(as_text(self.name, "name")) <= _MAX_NAME_LEN or not self.name.isprintable():
            raise InvalidInputError(f"the name of an authority is 1 to {_MAX_NAME_LEN} printable characters")
        if len(as_text(self.title, "title")) > _MAX_TITLE_LEN:
            raise InvalidInputError(f"the title of an authority is at most {_MAX_TITLE_LEN} characters")
        member(self.settings, AuthoritySettings, "settings")


@dataclass(frozen=True, slots=True)
class _Own:
    """A certificate that an authority signs for itself."""

    generation_id: int
    role: str
    profile: str
    prepared: ToBeSigned


# ---- roots --------------------------------------------------------------------------------
def create_root(
    store: Store,
    new: NewAuthority,
    subject: Name,
    signer: AuthoritySigner,
    *,
    profile: Profile,
    validity: Validity | None,
    worker: Worker,
    actor: Actor,
) -> None:
    """Make a root: its row, its key, the certificate that it signs itself.

    Errors are those of :meth:`Authority.create <gmpki.ca.authority.authority.Authority.create>`.
    """
    _check(store, new, subject, signer, actor)
    prepared = prepare_self_signed(subject, signer.signer, profile, validity=validity, check=_LINT, at=store.now())
    with store.transaction() as tx:
        row, generation = _begin(tx, new, signer, None, actor)
        own = _Own(generation.id, "only", profile.name, prepared)
        issue_id = _write_meant(tx, row, f"{generation.number}", [own], worker=worker, actor=actor)
    certificate = _signed_by(prepared, signer)
    with store.transaction() as tx:
        _finish(tx, row, issue_id, [certificate], actor)
        _activate(tx, row, new.settings, generation.number, certificate, actor=actor)


def roll_over(
    opened: Opened, signer: AuthoritySigner, *, profile: Profile, validity: Validity | None, actor: Actor
) -> None:
    """Give a root its next key, and join the two by link certificates (RFC 4210 4.4).

    :raises StateError: when the authority is no root, or the private key of now is not at hand.
    :raises KeyMismatchError: when it has or had this key already.
    """
    store, row, old = opened.store, opened.row, opened.active
    if old.request_der is not None:
        raise StateError("the certificate of this authority was signed by another one: ask that one for the next")
    _demand_new_key(opened.generations, signer)
    prepared = prepare_self_signed(
        old.certificate.subject, signer.signer, profile, validity=validity, check=_LINT, at=store.now()
    )
    with store.transaction() as tx:
        opened.demand_current(tx)
        generation = _next_generation(tx, row, signer, None)
        first = _Own(generation.id, "only", profile.name, prepared)
        root_id = _write_meant(tx, row, f"{generation.number}", [first], worker=opened.worker, actor=actor)
    certificate = _signed_by(prepared, signer)
    new_issuer = Issuer(certificate, signer.signer, check=_LINT)
    links = [
        _Own(generation.id, "link", profile.name, new_issuer.prepare_link(old.certificate)),
        _Own(old.id, "link", profile.name, opened.issuer.prepare_link(certificate)),
    ]
    with store.transaction() as tx:
        link_id = _write_meant(tx, row, f"{generation.number} links", links, worker=opened.worker, actor=actor)
    old_with_new = new_issuer.sign(links[0].prepared)
    new_with_old = opened.issuer.sign(links[1].prepared)
    with store.transaction() as tx:
        _finish(tx, row, root_id, [certificate], actor)
        _finish(tx, row, link_id, [old_with_new, new_with_old], actor)
        joined = {"old_with_new": old_with_new.der, "new_with_old": new_with_old.der}
        _activate(tx, row, opened.settings, generation.number, certificate, actor=actor, **joined)


# ---- keys that somebody else certifies ----------------------------------------------------
def create_requested(store: Store, new: NewAuthority, subject: Name, signer: AuthoritySigner, *, actor: Actor) -> None:
    """Make an authority that cannot issue before somebody else has certified its key.

    Errors are those of
    :meth:`Authority.request_subordinate <gmpki.ca.authority.authority.Authority.request_subordinate>`.
    """
    _check(store, new, subject, signer, actor)
    request = _request(subject, signer)
    with store.transaction() as tx:
        _begin(tx, new, signer, request, actor)


def request_next(opened: Opened, signer: AuthoritySigner, subject: Name, *, actor: Actor) -> None:
    """Ask for the certificate of the next key. A request that is still open is replaced; the same key again changes
    nothing.

    :raises KeyMismatchError: when the authority has or had this key already.
    """
    waiting = [each for each in opened.generations if each.state is GenerationState.REQUESTED]
    if any(each.public_key_id == signer.public_key_id and each.request_der is not None for each in waiting):
        return
    _demand_new_key(opened.generations, signer)
    request = _request(subject, signer)
    with opened.store.transaction() as tx:
        generation = _next_generation(tx, opened.row, signer, request)
        number = generation.number
        tx.audit(actor, "authority.requested", f"authority:{opened.row.name}", generation=number)


def activate(opened: Opened, certificate: Certificate, issuer: Certificate, *, actor: Actor) -> None:
    """Take the certificate that was asked for; from now on its key signs.

    :raises KeyMismatchError: when nobody asked for a certificate of this key.
    :raises ValidationError: with the reason "subject" when it has another subject than the request, "issuer" when it
        names another issuer, "not-a-ca" when it is not one of an authority, "expired" when it is over or not yet valid.
    :raises InvalidSignature: when the issuer has not signed it.
    """
    key = public_key_id(certificate.public_key)
    wanted = next((each for each in opened.generations if each.public_key_id == key), None)
    if wanted is None or wanted.request is None:
        raise KeyMismatchError("no certificate of this key was asked for")
    if wanted.certificate_der == certificate.der:
        return
    if wanted.state is not GenerationState.REQUESTED:
        raise ConflictError("duplicate", "this key of the authority has another certificate already")
    if not names_match(certificate.subject, wanted.request.subject):
        raise ValidationError("subject", "the certificate is for another subject", certificate=certificate)
    if not names_match(certificate.issuer, issuer.subject):
        raise ValidationError("issuer", "the certificate names another issuer", certificate=certificate)
    certificate.verify_signature(issuer)
    now = opened.store.now()
    if not certificate.not_before <= now <= certificate.not_after:
        raise ValidationError("expired", "the certificate is over, or not valid yet", certificate=certificate)
    Issuer(certificate, opened.signer_of(wanted))
    with opened.store.transaction() as tx:
        _activate(tx, opened.row, opened.settings, wanted.number, certificate, actor=actor)


# ---- keys that were used elsewhere --------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A key that an authority used before it came into the database. Immutable.

    :ivar certificate: that of the key.
    :ivar signer: the private key; None for an earlier key that signs nothing any more.
    """

    certificate: Certificate
    signer: AuthoritySigner | None = None


def adopt(
    store: Store, new: NewAuthority, keys: Sequence[ForeignKey], *, last_crl_number: int, actor: Actor
) -> AuthorityRow:
    """Write an authority that exists already, with the keys that it has and had; the last one signs from now on.

    :param keys: checked by the caller; those of an authority that others certify are asked for anew when they end, so
        there is a request of the last one.
    :raises ConflictError: with the reason "duplicate" when there is an authority of that name.
    """
    member(actor, Actor, "actor")
    last = keys[-1]
    for key in keys:
        if key.signer is not None:
            key.signer.check(new.settings)
    request = None
    if last.signer is not None and not last.certificate.is_self_issued:
        request = _request(last.certificate.subject, last.signer).der
    with store.transaction() as tx:
        row = insert_authority(tx, new.name, new.title or new.name, new.parent_id, new.settings.to_json())
        for number, key in enumerate(keys, 1):
            generation = _adopt_key(tx, row, number, key, request if key is last else None)
            make_due(tx, new.settings.publishers, PublicationKind.AUTHORITY, [generation.id])
        continue_numbers(tx, row.id, last_crl_number)
        digests = " ".join(digest_text(key.certificate.der) for key in keys[-_MAX_NAMED:])
        tx.audit(
            actor,
            "authority.taken-over",
            f"authority:{row.name}",
            generations=len(keys),
            certificates=digests,
            crl_number=last_crl_number,
        )
    return row


def _adopt_key(tx: Transaction, row: AuthorityRow, number: int, key: ForeignKey, request: bytes | None) -> Generation:
    """Write one key, and let it sign in the place of the one before it."""
    certificate = key.certificate
    place = "" if key.signer is None else key.signer.place
    identifier = public_key_id(certificate.public_key)
    generation = insert_generation(tx, row.id, number, public_key_id=identifier, signer=place, request=request)
    for before in read_generations(tx.connection, tx.protection, row.id, lock=True):
        if before.state is GenerationState.ACTIVE:
            update_generation(tx, before, state=GenerationState.RETIRED)
    ended = {"certificate_der": certificate.der, "not_after": seconds(certificate.not_after)}
    return update_generation(tx, generation, state=GenerationState.ACTIVE, **ended)


def _check(store: Store, new: NewAuthority, subject: Name, signer: AuthoritySigner, actor: Actor) -> None:
    member(store, Store, "store")
    member(subject, Name, "subject")
    member(actor, Actor, "actor")
    signer.check(new.settings)


def _request(subject: Name, signer: AuthoritySigner) -> CertificateRequest:
    return RequestBuilder().subject(subject).sign(signer.signer, verify=True)


# ---- rows ---------------------------------------------------------------------------------
def _begin(
    tx: Transaction, new: NewAuthority, signer: AuthoritySigner, request: CertificateRequest | None, actor: Actor
) -> tuple[AuthorityRow, Generation]:
    """Write an authority with its first key; one whose first certificate never came to be is begun again."""
    try:
        row = insert_authority(tx, new.name, new.title or new.name, new.parent_id, new.settings.to_json())
    except ConflictError:
        row = find_authority(tx.connection, tx.protection, new.name, lock=True)
        known = read_generations(tx.connection, tx.protection, row.id, lock=True)
        same = (row.title, row.parent_id, row.settings) == (
            new.title or new.name,
            new.parent_id,
            new.settings.to_json(),
        )
        if not same or any(each.state is not GenerationState.REQUESTED for each in known):
            raise
    generation = _next_generation(tx, row, signer, request)
    tx.audit(actor, "authority.begun", f"authority:{row.name}", generation=generation.number)
    return row, generation


def _next_generation(
    tx: Transaction, row: AuthorityRow, signer: AuthoritySigner, request: CertificateRequest | None
) -> Generation:
    """Write the next key, in the place of one whose certificate never came to be."""
    known = read_generations(tx.connection, tx.protection, row.id, lock=True)
    der = None if request is None else request.der
    waiting = [each for each in known if each.state is GenerationState.REQUESTED]
    if waiting:
        return update_generation(
            tx, waiting[0], public_key_id=signer.public_key_id, signer=signer.place, request_der=der
        )
    key = signer.public_key_id
    return insert_generation(tx, row.id, len(known) + 1, public_key_id=key, signer=signer.place, request=der)


def _demand_new_key(known: Sequence[Generation], signer: AuthoritySigner) -> None:
    if any(each.public_key_id == signer.public_key_id and each.certificate_der is not None for each in known):
        raise KeyMismatchError("the authority has or had this key already: the next one is another")


def _write_meant(
    tx: Transaction, row: AuthorityRow, what: str, wanted: Sequence[_Own], *, worker: Worker, actor: Actor
) -> int:
    """Write certificates that the authority is about to sign for itself; an earlier attempt at them is given up."""
    key = f"{_OWN}{row.name} {what}"
    before = orders.latest(tx.connection, [key], lock=True).get(key)
    if before is not None and before.state is IssueState.MEANT:
        recovery.cancel(tx, [before.id], actor, "begun again")
    digest = digest_text(b"".join(own.prepared.der for own in wanted))
    attempt = 1 if before is None else before.attempt + 1
    order = IssueRow(
        order_key=key,
        attempt=attempt,
        request_digest=digest,
        authority_id=row.id,
        generation_id=wanted[0].generation_id,
        profile=wanted[0].profile,
        worker=worker.to_text(),
        meant_at=tx.at,
    )
    issue_id = orders.write(tx, [order])[0].id
    insert_meant(tx, [_meant(row, issue_id, own) for own in wanted])
    serials = " ".join(serial_text(own.prepared.serial_number) for own in wanted)
    tx.audit(actor, "certificate.meant", f"issue:{issue_id}", authority=row.name, serials=serials)
    return issue_id


def _meant(row: AuthorityRow, issue_id: int, own: _Own) -> MeantCertificate:
    return MeantCertificate(
        issue_id=issue_id,
        authority_id=row.id,
        generation_id=own.generation_id,
        serial=own.prepared.serial_number,
        role=own.role,
        profile=own.profile,
        part=0,
        subject=str(own.prepared.subject),
        public_key_id=public_key_id(own.prepared.public_key),
        not_before=own.prepared.validity.not_before,
        not_after=own.prepared.validity.not_after,
        tbs=own.prepared.der,
    )


def _signed_by(prepared: ToBeSigned, signer: AuthoritySigner) -> Certificate:
    from gmpki.x509.preparing import sign

    return sign(prepared, signer.signer, None)


def _finish(tx: Transaction, row: AuthorityRow, issue_id: int, signed: Sequence[Certificate], actor: Actor) -> None:
    """Make issued what the authority has signed for itself.

    :raises LifeCycleError: when it was given up meanwhile.
    """
    state = orders.lock(tx.connection, [issue_id])[issue_id].state
    if state is not IssueState.MEANT:
        raise LifeCycleError("issue", state.value, "the certificate was given up: it took too long")
    certificates = {certificate.serial_number: certificate for certificate in signed}
    rows = of_issues(tx.connection, tx.protection, [issue_id], lock=True)[issue_id]
    make_issued(tx, [(each, certificates[each.serial].der) for each in rows])
    orders.set_state(tx, [issue_id], IssueState.ISSUED)
    tx.audit(actor, "certificate.issued", f"issue:{issue_id}", authority=row.name)


def _activate(
    tx: Transaction,
    row: AuthorityRow,
    settings: AuthoritySettings,
    number: int,
    certificate: Certificate,
    *,
    actor: Actor,
    **joined: bytes,
) -> None:
    """Let a key sign from now on, and the one before it no longer.

    :raises KeyMismatchError: when another key was put in its place meanwhile.
    """
    for generation in read_generations(tx.connection, tx.protection, row.id, lock=True):
        if generation.number == number:
            if generation.public_key_id != public_key_id(certificate.public_key):
                raise KeyMismatchError("another key was put in the place of this one meanwhile")
            changes = {"certificate_der": certificate.der, "not_after": seconds(certificate.not_after), **joined}
            update_generation(tx, generation, state=GenerationState.ACTIVE, **changes)
            make_due(tx, settings.publishers, PublicationKind.AUTHORITY, [generation.id])
        elif generation.state is GenerationState.ACTIVE:
            update_generation(tx, generation, state=GenerationState.RETIRED)
    serial = serial_text(certificate.serial_number)
    tx.audit(actor, "authority.activated", f"authority:{row.name}", generation=number, serial=serial)
