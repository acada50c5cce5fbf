"""What every operation of an office needs: its parts, who may do it, and that it is done once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki._inputs import member
from gmpki.ca.operators.operators import Operator, demand
from gmpki.ca.operators.permissions import permission_for
from gmpki.ca.store.columns import digest_text
from gmpki.ca.store.idempotency import keep_answer, once

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from gmpki.ca.interfaces import IssuerBackend, KeyCentre
    from gmpki.ca.registration.settings import OfficeSettings
    from gmpki.ca.registration.states import Operation
    from gmpki.ca.store.store import Store, Transaction

__all__ = ["Desk", "Once"]


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of an office. Immutable."""

    store: Store
    backend: IssuerBackend
    keys: KeyCentre | None
    settings: OfficeSettings

    def permit(self, connection: Connection, operator: Operator, operation: str, region_id: int | None) -> None:
        """See that an operator may do something; errors as :func:`gmpki.ca.operators.operators.demand`."""
        permission = permission_for(operation)
        demand(operator, permission, region_id=region_id, connection=connection, protection=self.store.protection)

    def permit_reading(self, connection: Connection, operator: Operator, region_id: int) -> None:
        """See that an operator works in a region, whatever they may do there; errors as :meth:`permit`."""
        member(operator, Operator, "operator")
        # Any permission that they have says so: there is none for reading alone.
        held = min(operator.permissions, key=lambda permission: permission.value)
        demand(operator, held, region_id=region_id, connection=connection, protection=self.store.protection)


class Once:
    """A request that is carried out once: the same request with the same key gets the answer of the first time.

    :param key: chosen by who asks; None is a request that may be repeated.
    :param parts: what was asked for; digests in the place of long data.
    """

    def __init__(self, key: str | None, operation: Operation, operator: Operator, *parts: str | int | None) -> None:
        member(operator, Operator, "operator")
        self._key = key
        self._operation = operation.value
        # An answer is for who asked: the same key of somebody else is another request.
        self._digest = digest_text(json.dumps([operation.value, operator.name, *parts]).encode("ascii"))

    def answer(self, tx: Transaction) -> int | None:
        """Return the id that the answer was, when the request has been carried out.

        :raises ConflictError: with the reason "key-reused", when the key belongs to another request.
        """
        if self._key is None:
            return None
        found = once(tx, self._key, self._operation, self._digest)
        return None if found is None else int(found)

    def keep(self, tx: Transaction, row_id: int) -> None:
        """Keep the answer, in the commit that carries the request out."""
        if self._key is not None:
            keep_answer(tx, self._key, self._operation, self._digest, str(row_id))
