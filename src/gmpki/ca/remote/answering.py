"""The authority's side of orders over HTTP: signed orders of registration offices in, signed answers out.

>>> office = Office("示例市LRA", certificate, profiles=frozenset({"personal"}))  # doctest: +SKIP
>>> service = IssuerService([authority], SignerSpec(key, service_certificate), [office])  # doctest: +SKIP
>>> answer = service.answer(message)  # doctest: +SKIP

An order is taken when one of the configured offices has signed it, for this service, within some minutes of its time.
The key of an order makes it one that is carried out once, so the same message again, whoever sends it, gets the same
answer again and changes nothing. An office orders what it was allowed, and works on certificates that it has ordered,
or that were assigned to it (:func:`gmpki.ca.remote.ordered.assign`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, iterated, member, number
from gmpki.asn1.rfc5280 import Name
from gmpki.ca.authority.authority import Authority
from gmpki.ca.interfaces import Actor
from gmpki.ca.kmc.messages import is_fresh
from gmpki.ca.remote import ordered
from gmpki.ca.remote.messages import (
    ANSWER_KIND,
    MAX_MESSAGE_LEN,
    REQUEST_KIND,
    read_signed,
    signed_by,
    verified_fields,
    write_signed,
)
from gmpki.ca.remote.orders import issued_fields, read_actor, read_order, read_revocation
from gmpki.ca.store.columns import certificate_digest, digest_text, from_seconds, seconds
from gmpki.cms.signer_spec import SignerSpec
from gmpki.errors import (
    ConflictError,
    GmpkiError,
    InvalidInputError,
    InvalidSignature,
    LifeCycleError,
    NotFoundError,
    NotPermittedError,
    StateError,
    StoreError,
    UnknownKeyError,
    UnsupportedAlgorithm,
    ValidationError,
)
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from typing_extensions import Buffer

    from gmpki.ca.interfaces import Issued, Order, RevocationOrder
    from gmpki.ca.remote.messages import Fields
    from gmpki.ca.store.store import Transaction

__all__ = ["IssuerService", "Office"]

_LOGGER: Final = logging.getLogger(__name__)
_MAX_NAME_LEN: Final = 40
# What an order itself gives cause for. The rest is for the log of the authority, not for offices.
_TOLD: Final = (
    InvalidInputError,
    InvalidSignature,
    ConflictError,
    LifeCycleError,
    NotPermittedError,
    StateError,
    UnsupportedAlgorithm,
    ValidationError,
)


@dataclass(frozen=True, slots=True)
class Office:
    """A registration office that may order, and what. Immutable.

    :ivar name: for the audit log and the keys of its orders, 1 to 40 printable characters; never given to another one.
    :ivar certificate: whose key signs its orders. Whether it is revoked is for whoever configures it to know.
    :ivar profiles: the profiles that it may order.
    :ivar authorities: the names of the authorities that it may order from; None for all of the service.
    :ivar within: how the subject of what it orders begins, such as ``C=CN, ST=广东省`` for an office of that
        province; None for any subject.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when the name is empty, too long or not printable.
    """

    name: str
    certificate: Certificate
    profiles: frozenset[str]
    authorities: frozenset[str] | None = None
    within: Name | None = None

    def __post_init__(self) -> None:
        Actor(self.name)
        if len(self.name) > _MAX_NAME_LEN:
            raise InvalidInputError(f"the name of an office has at most {_MAX_NAME_LEN} characters")
        member(self.certificate, Certificate, "certificate")
        member(self.profiles, frozenset, "profiles")
        if self.authorities is not None:
            member(self.authorities, frozenset, "authorities")
        if self.within is not None:
            member(self.within, Name, "within")

    def key(self, key: str) -> str:
        """Return under what the authority keeps an order, so that offices need not agree on keys."""
        return f"office:{self.name}:{digest_text(key.encode('utf-8'))}"

    def demand(self, order: Order) -> None:
        """See that the office may order this.

        :raises NotPermittedError: with the reason "authority", "profile" or "subject".
        """
        self.demand_authority(order.authority)
        if order.profile not in self.profiles:
            raise NotPermittedError("profile", "the office does not order certificates of this profile")
        if self.within is not None:
            subject = order.subject if order.subject is not None else order.request.subject
            begins = self.within.rdns
            if subject.rdns[: len(begins)] != begins:
                raise NotPermittedError("subject", f"the office orders certificates within {self.within}")

    def demand_authority(self, name: str) -> None:
        """See that the office may order from an authority.

        :raises NotPermittedError: with the reason "authority".
        """
        if self.authorities is not None and name not in self.authorities:
            raise NotPermittedError("authority", "the office does not order from this authority")


class _RefusedError(Exception):
    """A message is refused before it is known what it orders."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class IssuerService:
    """Answers signed orders. Thread-safe, as far as the signers are; any number of processes may answer.

    :param authorities: who issues, at least one, each by its name.
    :param spec: what signs answers, and its certificate, which the offices know.
    :param offices: who may order.
    :param window_s: how many seconds the time of a message may differ from the clock of the store.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when there is no authority, two authorities, or two offices, have one name, two offices
        one certificate, or window_s is outside 1 to 86,400.
    """

    def __init__(
        self, authorities: Iterable[Authority], spec: SignerSpec, offices: Iterable[Office], *, window_s: int = 300
    ) -> None:
        given = iterated(authorities, "authorities")
        for each in given:
            member(each, Authority, "an authority")
        member(spec, SignerSpec, "spec")
        known = iterated(offices, "offices")
        for one in known:
            member(one, Office, "an office")
        self._authorities = {each.name: each for each in given}
        self._offices = {one.certificate: one for one in known}
        if not given or len(self._authorities) != len(given):
            raise InvalidInputError("there is at least one authority, and no two have one name")
        if len(self._offices) != len(known) or len({one.name for one in known}) != len(known):
            raise InvalidInputError("two offices have one name or one certificate")
        self._store = given[0].store
        self._spec = spec
        self._me = certificate_digest(spec.certificate)
        self._window_s = number(window_s, 1, 86_400, "window_s")

    def answer(self, data: Buffer) -> bytes:
        """Answer a message: SignedData, also where it is refused.

        :raises InvalidTypeError: when it is no buffer.
        :raises StoreError: when the database cannot be read or written; the same message may be sent again.
        :raises GmpkiError: what the signer of answers raises.
        """
        raw = as_bytes(data, "a message")
        try:
            office, fields = self._opened(raw)
            answer = self._carried_out(office, fields)
        except _RefusedError as refused:
            answer = {"refused": {"code": refused.code, "message": str(refused)}}
        head = {"kind": ANSWER_KIND, "request": digest_text(raw), "at": seconds(self._store.now())}
        return write_signed({**head, **answer}, self._spec)

    # ---- who asks -----------------------------------------------------------------------
    def _opened(self, raw: bytes) -> tuple[Office, Fields]:
        """Return who has signed a message, and what."""
        if len(raw) > MAX_MESSAGE_LEN:
            raise _RefusedError("malformed", f"a message has at most {MAX_MESSAGE_LEN} bytes")
        try:
            message = read_signed(raw)
        except GmpkiError as error:
            raise _RefusedError("malformed", f"not a message: {error}") from None
        certificate = signed_by(message, self._offices)
        if certificate is None:
            raise _RefusedError("unknown-office", "not an office of this authority")
        now = self._store.now()
        if not certificate.not_before <= now <= certificate.not_after:
            raise _RefusedError("unknown-office", "the certificate of the office is not valid now")
        try:
            fields = verified_fields(message, certificate)
            kind, to, at = fields.text("kind"), fields.text("to"), from_seconds(fields.number("at"))
        except InvalidInputError as error:
            raise _RefusedError("malformed", f"not an order: {error}") from None
        except GmpkiError:
            raise _RefusedError("signature", "the signature does not hold") from None
        if kind != REQUEST_KIND:
            raise _RefusedError("malformed", f"not a {REQUEST_KIND}")
        if to != self._me:
            raise _RefusedError("recipient", "the message is for another service")
        if not is_fresh(at, now, self._window_s):
            raise _RefusedError("time", "the time of the message is not that of the authority")
        return self._offices[certificate], fields

    # ---- what is asked ------------------------------------------------------------------
    def _carried_out(self, office: Office, fields: Fields) -> dict[str, Any]:
        try:
            asked = read_actor(fields.inner("actor"))
            actor = _actor(office, asked)
            if "issue" in fields:
                order = read_order(fields.inner("issue"))
                fields.end()
                return {"issued": issued_fields(self._issue(office, order, actor))}
            revocation = read_revocation(fields.inner("revoke"))
            fields.end()
            self._revoke(office, revocation, actor)
        except StoreError:
            raise
        except NotPermittedError as error:
            self._write_down(office, error)
            raise _RefusedError(_code(error), str(error)) from None
        except GmpkiError as error:
            if isinstance(error, UnknownKeyError) or not isinstance(error, _TOLD):
                _LOGGER.exception("an order of the office %s could not be carried out", office.name)
                raise _RefusedError("internal", "the authority cannot do it now") from None
            raise _RefusedError(_code(error), str(error)) from None
        return {"revoked": revocation.key}

    def _issue(self, office: Office, order: Order, actor: Actor) -> Issued:
        authority = self._authority(order.authority)
        office.demand(order)
        kept = () if order.encryption_key is None else (order.encryption_key,)
        self._demand_own(office, authority, (*order.replaces, *kept))
        authority_id = authority.id

        def complete(tx: Transaction, issued: Issued) -> None:
            both = (issued.signing, issued.encryption)
            serials = [each.serial_number for each in both if each is not None]
            ordered.assign(tx, authority_id, serials, office.name)

        return authority.issue(replace(order, key=office.key(order.key)), actor=actor, complete=complete)

    def _revoke(self, office: Office, order: RevocationOrder, actor: Actor) -> None:
        authority = self._authority(order.authority)
        office.demand_authority(order.authority)
        self._demand_own(office, authority, order.serial_numbers)
        authority.revoke(replace(order, key=office.key(order.key)), actor=actor)

    def _authority(self, name: str) -> Authority:
        found = self._authorities.get(name)
        if found is None:
            raise NotFoundError("there is no authority of that name here")
        return found

    def _demand_own(self, office: Office, authority: Authority, serials: Sequence[int]) -> None:
        """See that certificates were ordered by an office.

        :raises NotFoundError: when one of them was not.
        """
        store = authority.store
        with store.reading() as connection:
            ordered.demand(connection, store.protection, authority.id, serials, office.name)

    def _write_down(self, office: Office, error: NotPermittedError) -> None:
        actor = Actor(office.name, certificate_digest(office.certificate))
        with self._store.transaction() as tx:
            tx.audit(actor, "order.refused", f"office:{office.name}", reason=error.reason)


def _actor(office: Office, asked: Actor) -> Actor:
    """Return whom the audit log names: who works at the office, as the office says, and what has signed for it."""
    name = f"{office.name}: {asked.name}"
    return Actor(name[:128], certificate_digest(office.certificate))


def _code(error: GmpkiError) -> str:
    """Return what an error is called in an answer."""
    reason = getattr(error, "reason", None)
    if reason is None and isinstance(error, LifeCycleError):
        reason = error.state
    return type(error).__name__ if not isinstance(reason, str) else f"{type(error).__name__}.{reason}"
