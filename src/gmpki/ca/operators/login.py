"""Login of operators: a challenge, answered with the key of the certificate that an operator is bound to.

The challenge and the answer are those of :mod:`gmpki.protect.login`, and so is what a client does,
:func:`~gmpki.protect.login.answer_challenge`. Open challenges are rows of the database, so that one node can give a
challenge and another judge the answer, and each is answered once.

What a login gives is an :class:`~gmpki.ca.operators.operators.Operator`. How long a program believes that it is still
they who are there, its session, is for the program to decide; whether they may still do something is demanded anew for
each operation.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select

from gmpki._inputs import as_bytes, function, number, utc
from gmpki.algorithms import sm3
from gmpki.ca.interfaces import SYSTEM
from gmpki.ca.operators.operators import Operator, operator_of_certificate, require_active
from gmpki.ca.store.columns import certificate_digest, seconds
from gmpki.ca.store.schema import login_challenges
from gmpki.errors import InvalidInputError, LimitExceeded, LoginError, NotFoundError, NotPermittedError, TamperedError
from gmpki.protect.login import LOGIN_POLICY, LoginServer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from typing_extensions import Buffer

    from gmpki.ca.store.store import Store
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.named_key import TrustAnchor
    from gmpki.x509.path import PathPolicy
    from gmpki.x509.revocation import RevocationChecker

__all__ = ["OperatorLogin", "StoreChallenges"]

_MAX_OPEN: Final = 10_000
# Refusals of answers to a challenge that was open. Others cost whoever sends them nothing, and would fill the log.
_UNLOGGED: Final = frozenset({"malformed", "server", "purpose", "time", "challenge"})


class StoreChallenges:
    """Remembers open challenges in the database: a :class:`~gmpki.protect.login_store.ChallengeStore` of many nodes.

    :param most: how many may be open at a time, 1 to 10^6.
    :raises InvalidTypeError: when that is no ``int``.
    :raises InvalidInputError: when it is out of its range.
    """

    def __init__(self, store: Store, most: int = _MAX_OPEN) -> None:
        self._store = store
        self._most = number(most, 1, 10**6, "most")

    def add(self, identifier: Buffer, expires_at: datetime, now: datetime) -> None:
        """Remember a challenge until it expires, and forget those that have expired.

        :raises LimitExceeded: when too many are open.
        :raises ConflictError: with the reason "duplicate" when it is remembered already.
        :raises InvalidInputError: when it has another length than a digest, or a time has no zone.
        :raises StoreError: when the database cannot be written.
        """
        row = {"identifier": _name(identifier), "expires_at": seconds(expires_at)}
        with self._store.transaction() as tx:
            tx.connection.execute(delete(login_challenges).where(login_challenges.c.expires_at <= seconds(now)))
            open_now = tx.connection.scalar(select(func.count()).select_from(login_challenges))
            if open_now is not None and open_now >= self._most:
                raise LimitExceeded(f"{self._most} challenges are open already")
            tx.connection.execute(insert(login_challenges), [row])

    def take(self, identifier: Buffer, expires_at: datetime) -> bool:
        """Forget a challenge; tell whether it was remembered. For one challenge that is so once.

        :raises InvalidInputError: when it has another length than a digest, or the time has no zone.
        :raises StoreError: when the database cannot be written.
        """
        utc(expires_at, "expires_at")
        name = _name(identifier)
        with self._store.transaction() as tx:
            done = tx.connection.execute(delete(login_challenges).where(login_challenges.c.identifier == name))
            return done.rowcount == 1


class OperatorLogin:
    """Gives challenges to operators and judges their answers. Thread-safe; many nodes over one database do it together.

    :param name: what clients know the server by, such as ``https://ra.example.cn``.
    :param anchors: the authorities whose certificates operators have.
    :param intermediates: certificates that may stand between.
    :param checkers: who can tell whether an operator's certificate is revoked.
    :param policy: what is asked of certificates; where nothing can be known about revocation, it says so.
    :param window: how long a challenge can be answered, 1 second to an hour.
    :param on_refusal: called with each :class:`~gmpki.protect.login.Refusal`, before the error is raised.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: as :class:`~gmpki.protect.login.LoginServer`.
    """

    def __init__(
        self,
        store: Store,
        name: str,
        *,
        anchors: Iterable[Certificate | TrustAnchor],
        intermediates: Iterable[Certificate] = (),
        checkers: Iterable[RevocationChecker] = (),
        policy: PathPolicy = LOGIN_POLICY,
        window: timedelta = timedelta(minutes=2),
        on_refusal: Callable[[Refusal], None] | None = None,
    ) -> None:
        if on_refusal is not None:
            function(on_refusal, "on_refusal")
        self._store = store
        self._on_refusal = on_refusal
        self._server = LoginServer(
            name,
            anchors=anchors,
            intermediates=intermediates,
            checkers=checkers,
            policy=policy,
            store=StoreChallenges(store),
            window=window,
            clock=store.now,
            on_refusal=self._refused,
        )

    def challenge(self) -> bytes:
        """Make a challenge; return the bytes for the client.

        How often somebody may ask for one is for the service to limit.

        :raises LimitExceeded: when too many challenges are open.
        :raises StoreError: when the database cannot be written.
        :raises RandomSourceError: when the random source fails.
        """
        return self._server.challenge()

    def verify(self, answer: Buffer) -> Operator:
        """Judge an answer; return who has logged in. The login, or that it was refused, is an entry of the audit log.

        Answers to no open challenge are told to ``on_refusal`` alone: anybody could fill the log with them.

        :raises LoginError: when it is refused; the reasons are those of
            :meth:`~gmpki.protect.login.LoginServer.verify`, "operator" for a certificate that is no operator's,
            "state" for an operator who is suspended or removed, "tampered" for one whose row was changed.
        :raises StoreError: when the database cannot be read or written.
        :raises InvalidTypeError: when it is no buffer.
        """
        login = self._server.verify(answer)
        digest = certificate_digest(login.certificate)
        try:
            with self._store.transaction() as tx:
                operator = operator_of_certificate(tx.connection, tx.protection, digest)
                require_active(operator)
                tx.audit(operator.actor, "operator.login", f"operator:{operator.name}")
        except (NotFoundError, NotPermittedError, TamperedError) as error:
            reason = {NotFoundError: "operator", NotPermittedError: "state"}.get(type(error), "tampered")
            self._refused(Refusal(reason, str(error), login.at, login.certificate))
            raise LoginError(reason, "the login was refused") from error
        return operator

    def _refused(self, refusal: Refusal) -> None:
        if refusal.reason not in _UNLOGGED:
            shown = None if refusal.certificate is None else certificate_digest(refusal.certificate)
            with self._store.transaction() as tx:
                tx.audit(SYSTEM, "operator.refuse-login", "login", reason=refusal.reason, certificate=shown)
        if self._on_refusal is not None:
            self._on_refusal(refusal)


def _name(identifier: Buffer) -> str:
    name = as_bytes(identifier, "identifier")
    if len(name) != sm3.DIGEST_LEN:
        raise InvalidInputError(f"the identifier of a challenge is {sm3.DIGEST_LEN} bytes, not {len(name)}")
    return name.hex()
