"""An authority on a database: it issues, revokes, and changes its keys.

>>> from gmpki.ca.authority.authority import Authority
>>> from gmpki.ca.interfaces import SYSTEM, Order
>>> from gmpki.ca.store.store import Store
>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> from gmpki.protect import KeyRing
>>> from gmpki.x509 import RequestBuilder, build_name
>>> store = Store.create("sqlite://", KeyRing.generate())
>>> root_key, key = SM2PrivateKey.generate(), SM2PrivateKey.generate()
>>> name = build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例根"))
>>> authority = Authority.create(store, "root", name, root_key, actor=SYSTEM)
>>> subject = build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例CA二级"))
>>> request = RequestBuilder().subject(subject).sign(key)
>>> issued = authority.issue(Order("order-1", "root", "subordinate-ca", request), actor=SYSTEM)
>>> issued.signing.subject == subject
True
>>> authority.issue(Order("order-1", "root", "subordinate-ca", request), actor=SYSTEM).signing == issued.signing
True
>>> store.close()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._inputs import as_text, iterated, member
from gmpki.algorithms import sm3
from gmpki.asn1.rfc5280 import Name
from gmpki.ca.authority import ceremony, issuing, recovery, revoking
from gmpki.ca.authority._opened import Opened
from gmpki.ca.authority.ceremony import NewAuthority
from gmpki.ca.authority.issuing import Job
from gmpki.ca.authority.orders import order_digest
from gmpki.ca.authority.recovery import Running
from gmpki.ca.authority.rows import (
    AuthorityState,
    Generation,
    GenerationState,
    find_authority,
    read_generations,
    update_authority,
)
from gmpki.ca.authority.settings import AuthoritySettings
from gmpki.ca.authority.signer import AuthoritySigner
from gmpki.ca.authority.worker import Worker
from gmpki.ca.interfaces import SYSTEM, Actor, AllottedKey, Issued, KeyCentre, Order, RevocationOrder
from gmpki.ca.revocation.rules import ListIssuer
from gmpki.ca.store.columns import seconds, serial_text
from gmpki.ca.store.store import Store
from gmpki.errors import (
    GmpkiError,
    InvalidInputError,
    KeyMismatchError,
    LimitExceeded,
    StateError,
    StoreError,
    TamperedError,
)
from gmpki.keys.interfaces import Signer
from gmpki.x509.certificate import Certificate
from gmpki.x509.profile import load_profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TypeAlias

    from gmpki.asn1.rfc5280 import Validity
    from gmpki.ca.store.store import Transaction
    from gmpki.keys.interfaces import PublicKey
    from gmpki.x509.profile import Profile
    from gmpki.x509.request import CertificateRequest

    Complete: TypeAlias = Callable[[Transaction, Issued], None]
    AnySigner: TypeAlias = AuthoritySigner | Signer

__all__ = ["Authority"]

_MAX_BATCH = 10_000


class Authority:
    """An authority; an :class:`~gmpki.ca.interfaces.IssuerBackend`. Thread-safe, as far as its signers are.

    Made by :meth:`create`, :meth:`create_subordinate`, :meth:`request_subordinate` and :meth:`open`. Any number of
    processes may open one authority.

    Beside the errors that are named, everything but the name and the store is read anew each time, and raises
    :class:`~gmpki.errors.TamperedError` when a row is not as it was written, and :class:`~gmpki.errors.StoreError` when
    the database cannot be read.
    """

    def __init__(
        self, store: Store, name: str, signers: Iterable[AuthoritySigner], *, key_centre: KeyCentre | None
    ) -> None:
        self._store = store
        self._name = name
        self._key_centre = key_centre
        self._signers = {signer.public_key_id: signer for signer in signers}
        self._worker = Worker.here()
        self._running = Running()
        self._opened: Opened | None = None
        settings = self._now().settings
        for signer in self._signers.values():
            signer.check(settings)

    # ---- making and opening -------------------------------------------------------------
    @classmethod
    def create(
        cls,
        store: Store,
        name: str,
        subject: Name,
        signer: AnySigner,
        *,
        actor: Actor,
        title: str = "",
        settings: AuthoritySettings | None = None,
        profile: Profile | str = "root-ca",
        validity: Validity | None = None,
        key_centre: KeyCentre | None = None,
    ) -> Authority:
        """Make a root.

        :param name: what it is called in the database and in addresses: 1 to 64 printable characters.
        :param subject: its name in certificates.
        :param signer: its private key; :class:`AuthoritySigner` says where that is.
        :param actor: who makes it.
        :param title: its name for persons; the same as name unless given.
        :param profile: of its certificate.
        :param key_centre: where the encryption keys of pairs come from.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the name is empty, too long or not printable, or the settings want a key in
            hardware and it is in none.
        :raises ConflictError: with the reason "duplicate" when there is an authority of that name.
        :raises ProfileError: when the profile does not allow the subject or the validity.
        :raises ValidationError: with the reason "lint" when the certificate would break a rule.
        :raises StoreError: when the database does not do it.
        :raises GmpkiError: what the signer raises.
        """
        held = AuthoritySigner.of(signer)
        new = NewAuthority(name, title, _settings(settings))
        rules = load_profile(profile) if isinstance(profile, str) else profile
        ceremony.create_root(
            store, new, subject, held, profile=rules, validity=validity, worker=Worker.here(), actor=actor
        )
        return cls(store, name, [held], key_centre=key_centre)

    @classmethod
    def create_subordinate(
        cls,
        store: Store,
        name: str,
        subject: Name,
        signer: AnySigner,
        *,
        parent: Authority,
        actor: Actor,
        title: str = "",
        settings: AuthoritySettings | None = None,
        profile: str = "subordinate-ca",
        validity: Validity | None = None,
        key_centre: KeyCentre | None = None,
    ) -> Authority:
        """Make an authority below one that is at hand.

        :param parent: signs its certificate; in the same or in another database.
        :param profile: of the certificate, one of the parent's.

        The other parameters and the errors are those of :meth:`create`, and those of :meth:`issue` of the parent.
        """
        member(parent, Authority, "parent")
        held = AuthoritySigner.of(signer)
        new = NewAuthority(name, title, _settings(settings), parent.id if parent.store is store else None)
        ceremony.create_requested(store, new, subject, held, actor=actor)
        authority = cls(store, name, [held], key_centre=key_centre)
        authority._certified_by(parent, profile, validity, actor)
        return authority

    @classmethod
    def request_subordinate(
        cls,
        store: Store,
        name: str,
        subject: Name,
        signer: AnySigner,
        *,
        actor: Actor,
        title: str = "",
        settings: AuthoritySettings | None = None,
        key_centre: KeyCentre | None = None,
    ) -> Authority:
        """Make an authority whose certificate comes from elsewhere, such as a root without a network.

        :attr:`request` is what goes there, :meth:`activate` takes what comes back. Parameters and errors are those of
        :meth:`create`.
        """
        held = AuthoritySigner.of(signer)
        new = NewAuthority(name, title, _settings(settings))
        ceremony.create_requested(store, new, subject, held, actor=actor)
        return cls(store, name, [held], key_centre=key_centre)

    @classmethod
    def open(
        cls,
        store: Store,
        name: str,
        signers: AnySigner | Sequence[AnySigner] = (),
        *,
        key_centre: KeyCentre | None = None,
    ) -> Authority:
        """Open an authority, and give up what was begun in it and never finished.

        :param signers: its private keys, as far as they are at hand: the present one to issue, older ones for the
            lists about what they signed.
        :param key_centre: where the encryption keys of pairs come from.
        :raises NotFoundError: when there is no authority of that name.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises KeyMismatchError: when a key is none of this authority.
        :raises InvalidInputError: when the settings want keys in hardware and one is in none.
        :raises TamperedError: when what the database says of it was not written by gmpki.
        :raises StoreError: when the database does not do it.
        """
        member(store, Store, "store")
        as_text(name, "name")
        if key_centre is not None:
            member(key_centre, KeyCentre, "key_centre")
        given = [signers] if isinstance(signers, (AuthoritySigner, Signer)) else iterated(signers, "signers")
        held = [AuthoritySigner.of(signer) for signer in given]
        authority = cls(store, name, held, key_centre=key_centre)
        known = {generation.public_key_id for generation in authority.generations}
        if any(signer.public_key_id not in known for signer in held):
            raise KeyMismatchError(f"a key that was given is none of the authority {name}")
        authority.recover()
        return authority

    # ---- what it is ---------------------------------------------------------------------
    @property
    def store(self) -> Store:
        """The database."""
        return self._store

    @property
    def name(self) -> str:
        """What it is called."""
        return self._name

    @property
    def id(self) -> int:
        """The number of its row."""
        return self._now().row.id

    @property
    def title(self) -> str:
        """Its name for persons."""
        return self._now().row.title

    @property
    def settings(self) -> AuthoritySettings:
        """Its settings, as they are now."""
        return self._now().settings

    @property
    def generations(self) -> tuple[Generation, ...]:
        """The keys that it has and had, the first one first."""
        return self._now().generations

    @property
    def certificate(self) -> Certificate:
        """The certificate of the key that signs now.

        :raises StateError: when it has none yet, or is closed.
        """
        return self._now().active.certificate

    @property
    def request(self) -> CertificateRequest | None:
        """The request for a certificate that has not come yet; None when none is open."""
        waiting = [each for each in self.generations if each.state is GenerationState.REQUESTED]
        return waiting[0].request if waiting else None

    @property
    def completes_within(self) -> bool:
        """True: what a registration office in the same database completes is part of the authority's commit."""
        return True

    def list_issuer(self, generation: Generation) -> ListIssuer:
        """Return what signs the revocation lists about what one key has signed.

        :raises InvalidTypeError: when generation is none.
        :raises StateError: when the key is not at hand, or has no certificate yet.
        """
        member(generation, Generation, "generation")
        opened = self._now()
        return ListIssuer(
            authority_id=opened.row.id,
            authority=opened.row.name,
            generation_id=generation.id,
            generation=generation.number,
            certificate=generation.certificate,
            signer=opened.signer_of(generation),
            rules=opened.settings.lists,
            addresses=opened.settings.addresses(generation.number),
            delta_addresses=opened.settings.delta_addresses(generation.number),
        )

    def list_issuers(self) -> tuple[ListIssuer, ...]:
        """Return all keys at hand that sign lists: that of now, and earlier ones whose certificates have not all
        expired.
        """
        opened = self._now()
        return tuple(
            self.list_issuer(generation)
            for generation in opened.generations
            if generation.not_after is not None
            and generation.not_after >= seconds(self._store.now())
            and generation.public_key_id in opened.signers
        )

    # ---- issuing and revoking -----------------------------------------------------------
    def issue(self, order: Order, *, actor: Actor, complete: Complete | None = None) -> Issued:
        """Issue what an order asks for, once.

        :param actor: who has it issued.
        :param complete: called in the commit that makes the certificates issued; when it raises an error of gmpki the
            order is given up.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the order is for another authority, or a value cannot be in a certificate.
        :raises ConflictError: with the reason "key-reused" when the key belongs to another order, "in-progress" when
            somebody else is carrying it out just now, "changed" when the authority was changed meanwhile.
        :raises NotFoundError: when there is no such profile, or no certificate of a number that the order names.
        :raises ProfileError: when the profile does not allow what is asked for.
        :raises InvalidSignature: when the signature of the request does not hold.
        :raises KeyMismatchError: when two keys are one that must not be.
        :raises ValidationError: with the reason "lint" when a certificate would break a rule.
        :raises LifeCycleError: when a certificate that is to be replaced was revoked already, or the order took longer
            than the lease.
        :raises StateError: when the authority is closed or has no certificate, its private key is not at hand, or the
            key-management centre has no key.
        :raises StoreError: when the database does not do it; ask again with the same key.
        :raises GmpkiError: what the signer, the key-management centre and complete raise.
        """
        outcome = self.issue_many([order], actor=actor, complete=None if complete is None else [complete])[0]
        if isinstance(outcome, GmpkiError):
            raise outcome
        return outcome

    def issue_many(
        self, orders: Iterable[Order], *, actor: Actor, complete: Sequence[Complete | None] | None = None
    ) -> list[Issued | GmpkiError]:
        """Issue what several orders ask for; they share the two commits, and one that fails does not hinder the others.

        :param orders: at most 10,000; some hundreds at once are the fastest.
        :param complete: one for each order.
        :returns: for each order, in their sequence, what it gave or what stood in its way; errors as :meth:`issue`.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when there are not as many functions as orders.
        :raises LimitExceeded: when there are too many orders.
        :raises StateError: when the authority is closed or has no certificate, or its private key is not at hand.
        :raises StoreError: when the database cannot be read.
        """
        member(actor, Actor, "actor")
        given = iterated(orders, "orders", most=_MAX_BATCH + 1)
        if len(given) > _MAX_BATCH:
            raise LimitExceeded(f"at most {_MAX_BATCH} orders at once")
        actions = [None] * len(given) if complete is None else list(iterated(complete, "complete"))
        if len(actions) != len(given):
            raise InvalidInputError(f"{len(given)} orders, and {len(actions)} functions to complete them")
        jobs = [self._job(order, action) for order, action in zip(given, actions, strict=True)]
        opened = self._now()
        opened.issuer  # noqa: B018 - a closed authority, or one without its key, is told before anything is begun
        issuing.carry_out(opened, jobs, actor)
        return [_outcome(job) for job in jobs]

    def revoke(
        self, order: RevocationOrder, *, actor: Actor, complete: Callable[[Transaction], None] | None = None
    ) -> None:
        """Revoke, suspend or resume certificates, all of the order or none, once.

        :param actor: who has it done.
        :param complete: called in the same commit.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the order is for another authority, or a time lies in the future.
        :raises ConflictError: with the reason "key-reused" when the key belongs to another order.
        :raises NotFoundError: when the authority has issued no such certificate.
        :raises LifeCycleError: when a certificate is in a state that does not allow it.
        :raises TamperedError: when a row is not as it was written.
        :raises StoreError: when the database does not do it.
        :raises GmpkiError: what complete raises.
        """
        member(order, RevocationOrder, "order")
        member(actor, Actor, "actor")
        self._check_name(order.authority)
        self._store.run(lambda tx: revoking.carry_out(tx, order, actor, complete))

    def recover_key(self, serial_number: int, owner: PublicKey, *, actor: Actor) -> AllottedKey:
        """Get the encryption key of a certificate again, enveloped for a signing key: for an owner who has lost it.

        :param serial_number: of the encryption certificate; of any that has the key, when it was kept on renewal.
        :param owner: the public signing key.
        :raises NotFoundError: when the authority has issued no such certificate, or the centre has no such key.
        :raises StateError: when there is no key-management centre.
        :raises IssuerRefusedError: when it refuses.
        :raises StoreError: when the database does not do it.
        """
        member(actor, Actor, "actor")
        opened = self._now()
        key = opened.recover_key(opened.encryption_row(serial_number), owner)
        with self._store.transaction() as tx:
            tx.audit(actor, "key.recovered", f"authority:{self._name}", serial=serial_text(serial_number))
        return key

    def recover(self) -> int:
        """Give up orders that were begun and that nobody will finish; return how many. :meth:`open` does it, and a
        process that runs for long does it now and then.

        :raises StoreError: when the database does not do it.
        :raises TamperedError: when what the database says of it was not written by gmpki.
        """
        opened = self._now()
        done = recovery.recover(self._store, opened.row.id, SYSTEM, opened.is_abandoned)
        try:
            opened.retire_keys(SYSTEM)
        except (StoreError, TamperedError):
            raise
        except GmpkiError:
            pass  # a centre that is away hears of it the next time: what is to be retired stays written
        return done

    # ---- its keys and settings ----------------------------------------------------------
    def roll_over(
        self,
        signer: AnySigner,
        *,
        actor: Actor,
        profile: Profile | str = "root-ca",
        validity: Validity | None = None,
    ) -> None:
        """Give a root its next key; link certificates join it to the one of now, which signs nothing but the revocation
        lists about its certificates from then on.

        :raises StateError: when the authority is no root, or the private key of now is not at hand.
        :raises KeyMismatchError: when it has or had this key already.
        :raises GmpkiError: otherwise as :meth:`create`.
        :standard: RFC 4210 4.4
        """
        member(actor, Actor, "actor")
        opened, held = self._with(signer)
        rules = load_profile(profile) if isinstance(profile, str) else profile
        ceremony.roll_over(opened, held, profile=rules, validity=validity, actor=actor)

    def request_generation(self, signer: AnySigner, *, actor: Actor, subject: Name | None = None) -> CertificateRequest:
        """Ask for the certificate of the next key of a subordinate authority; :meth:`activate` takes it. A request that
        is still open is replaced.

        :param subject: of the request; None is that of the present certificate.
        :raises KeyMismatchError: when it has or had this key already.
        :raises StateError: when there is no certificate to take the subject of.
        :raises GmpkiError: otherwise as :meth:`create`.
        """
        member(actor, Actor, "actor")
        opened, held = self._with(signer)
        ceremony.request_next(
            opened, held, opened.active.certificate.subject if subject is None else subject, actor=actor
        )
        request = self.request
        if request is None:
            raise StateError("the request was taken back by somebody else")
        return request

    def activate(self, certificate: Certificate, *, issuer: Certificate, actor: Actor) -> None:
        """Take the certificate that was asked for; from now on its key signs. To do it twice does no harm.

        :param issuer: the certificate of who signed it.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises KeyMismatchError: when nobody asked for a certificate of this key.
        :raises ConflictError: with the reason "duplicate" when the key has another certificate.
        :raises ValidationError: with the reason "subject", "issuer", "not-a-ca" or "expired".
        :raises InvalidSignature: when the issuer has not signed it.
        :raises StateError: when the private key is not at hand.
        :raises StoreError: when the database does not do it.
        """
        member(certificate, Certificate, "certificate")
        member(issuer, Certificate, "issuer")
        member(actor, Actor, "actor")
        ceremony.activate(self._now(), certificate, issuer, actor=actor)

    def renew_generation(
        self,
        signer: AnySigner,
        *,
        parent: Authority,
        actor: Actor,
        profile: str = "subordinate-ca",
        validity: Validity | None = None,
    ) -> None:
        """Give a subordinate authority its next key, certified by a parent that is at hand.

        :raises GmpkiError: as :meth:`request_generation`, :meth:`activate` and :meth:`issue` of the parent.
        """
        member(parent, Authority, "parent")
        self.request_generation(signer, actor=actor)
        self._certified_by(parent, profile, validity, actor)

    def change_settings(self, settings: AuthoritySettings, *, actor: Actor) -> None:
        """Change what the authority does as its operator wants it.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the settings want keys in hardware and one at hand is in none.
        :raises StoreError: when the database does not do it.
        """
        member(settings, AuthoritySettings, "settings")
        member(actor, Actor, "actor")
        for signer in self._signers.values():
            signer.check(settings)
        with self._store.transaction() as tx:
            row = find_authority(tx.connection, tx.protection, self._name, lock=True)
            update_authority(tx, row, settings=settings.to_json())
            digest = sm3.digest(settings.to_json().encode("utf-8")).hex()
            tx.audit(actor, "authority.settings", f"authority:{self._name}", settings=digest)

    def close(self, *, actor: Actor) -> None:
        """Let the authority issue nothing any more. It still revokes and signs lists; this is not taken back.

        :raises InvalidTypeError: when actor is none.
        :raises StoreError: when the database does not do it.
        """
        member(actor, Actor, "actor")
        with self._store.transaction() as tx:
            row = find_authority(tx.connection, tx.protection, self._name, lock=True)
            update_authority(tx, row, state=AuthorityState.CLOSED)
            tx.audit(actor, "authority.closed", f"authority:{self._name}")

    # ---- inside -------------------------------------------------------------------------
    def _now(self) -> Opened:
        """Return the authority as the database has it now."""
        with self._store.reading() as connection:
            row = find_authority(connection, self._store.protection, self._name)
            generations = read_generations(connection, self._store.protection, row.id)
        known = self._opened
        if known is not None and known.row == row and known.generations == generations:
            return known
        settings = AuthoritySettings.from_json(row.settings)
        self._opened = opened = Opened(
            store=self._store,
            row=row,
            settings=settings,
            profiles=settings.profile_set(),
            generations=generations,
            signers=self._signers,
            key_centre=self._key_centre,
            worker=self._worker,
            running=self._running,
        )
        return opened

    def _with(self, signer: AnySigner) -> tuple[Opened, AuthoritySigner]:
        """Take another private key."""
        held, opened = AuthoritySigner.of(signer), self._now()
        held.check(opened.settings)
        self._signers[held.public_key_id] = held
        return opened, held

    def _certified_by(self, parent: Authority, profile: str, validity: Validity | None, actor: Actor) -> None:
        request = self.request
        if request is None:
            return
        # The same request is the same order: an attempt that was interrupted goes on where it was.
        key = f"authority {self._name[:32]} {sm3.digest(request.der).hex()}"
        issued = parent.issue(Order(key, parent.name, profile, request, validity=validity), actor=actor)
        self.activate(issued.signing, issuer=parent.certificate, actor=actor)

    def _job(self, order: Order, complete: Complete | None) -> Job:
        member(order, Order, "an order")
        self._check_name(order.authority)
        return Job(order, complete, order_digest(order))

    def _check_name(self, name: str) -> None:
        if name != self._name:
            raise InvalidInputError(f"the order is for the authority {name[:80]!r}, this one is {self._name}")


def _outcome(job: Job) -> Issued | GmpkiError:
    return StateError("the order was not carried out") if job.outcome is None else job.outcome


def _settings(given: AuthoritySettings | None) -> AuthoritySettings:
    return AuthoritySettings() if given is None else given
