"""Operators who log in at the command line: a challenge, its answer and its verification within one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki.ca.authority.authority import Authority
from gmpki.ca.operators.login import OperatorLogin
from gmpki.ca.operators.operators import Operator, operator_named, require_active
from gmpki.ca.revocation.status import StoreStatusSource
from gmpki.ca.store.schema import authorities
from gmpki.protect.login import answer_challenge
from gmpki.x509.path import PathPolicy, Purpose, RevocationMode
from gmpki.x509.revocation import RevocationResult, RevocationStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.ca.store.store import Store
    from gmpki.keys.interfaces import Signer
    from gmpki.x509.certificate import Certificate
    from gmpki.x509.named_key import NamedKey
    from gmpki.x509.revocation import RevocationContext

__all__ = ["authority_names", "local_operator", "log_in"]

# Of the certificates of authorities in this database everything is known; of those of others, nothing need be.
_POLICY = PathPolicy(purpose=Purpose.SIGNING, revocation=RevocationMode.SOFT)


def authority_names(store: Store) -> list[str]:
    """Return the names of the authorities of a database, the first one first."""
    from sqlalchemy import select

    with store.reading() as connection:
        return list(connection.execute(select(authorities.c.name).order_by(authorities.c.id)).scalars())


def log_in(
    store: Store, server: str, signer: Signer, certificate: Certificate, anchors: Sequence[Certificate]
) -> Operator:
    """Log an operator in with a key.

    :param anchors: of others, besides the authorities of the database.
    :raises LoginError: when it is refused.
    """
    checker = _StoreChecker(store)
    login = OperatorLogin(store, server, anchors=[*checker.certificates, *anchors], checkers=[checker], policy=_POLICY)
    challenge = login.challenge()
    # The clock of the database: one whose log has run ahead of the system's still lets its operators in.
    return login.verify(answer_challenge(challenge, signer, certificate, server=server, clock=store.now))


def local_operator(store: Store, name: str) -> Operator:
    """Return the operator of a name, without a proof; that it was done so becomes an entry of the audit log.

    :raises NotFoundError: when there is none.
    :raises NotPermittedError: when they are suspended or removed.
    """
    with store.transaction() as tx:
        operator = operator_named(tx.connection, tx.protection, name)
        require_active(operator)
        tx.audit(operator.actor, "operator.local-login", f"operator:{operator.name}")
    return operator


class _StoreChecker:
    """Tells from the database whether a certificate of its authorities is revoked."""

    def __init__(self, store: Store) -> None:
        self.certificates: list[Certificate] = []
        self._sources: dict[bytes, StoreStatusSource] = {}
        for name in authority_names(store):
            authority = Authority.open(store, name)
            for generation in authority.generations:
                if generation.certificate_der is not None:
                    certificate = generation.certificate
                    self.certificates.append(certificate)
                    key = certificate.public_key_info.to_der()
                    self._sources[key] = StoreStatusSource(store, authority.id, generation.id)

    def check(self, certificate: Certificate, issuer: NamedKey, _context: RevocationContext) -> RevocationResult:
        """Say what the database says."""
        source = self._sources.get(issuer.public_key_info.to_der())
        if source is None:
            return RevocationResult(RevocationStatus.UNKNOWN, detail="its issuer is none of this database")
        known = source.status(certificate.serial_number)
        if known is None:
            return RevocationResult(RevocationStatus.UNKNOWN, "database", detail="no such certificate was issued")
        said = known.status
        if said.revocation_time is None:
            return RevocationResult(RevocationStatus.GOOD, "database")
        return RevocationResult(
            RevocationStatus.REVOKED, "database", reason=said.revocation_reason, revoked_at=said.revocation_time
        )
