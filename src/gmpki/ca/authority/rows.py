"""The rows of ``authorities`` and ``generations``: written with their tags, read with the tags verified."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from gmpki.ca.store.schema import authorities, generations
from gmpki.errors import ConflictError, NotFoundError, StateError, TamperedError
from gmpki.x509.certificate import Certificate
from gmpki.x509.request import CertificateRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from gmpki.ca.store.protection import Protection
    from gmpki.ca.store.store import Transaction

__all__ = ["AuthorityRow", "AuthorityState", "Generation", "GenerationState"]


class AuthorityState(Enum):
    """Whether an authority issues."""

    ACTIVE = "active"
    CLOSED = "closed"
    """It issues nothing any more; it still revokes and signs lists."""


class GenerationState(Enum):
    """What has become of a key of an authority."""

    REQUESTED = "requested"
    """Its certificate is not there yet."""
    ACTIVE = "active"
    """Certificates are signed with it; at most one key of an authority."""
    RETIRED = "retired"
    """It signs nothing but the lists that tell about its certificates, until the last of them has expired."""


@dataclass(frozen=True, slots=True)
class AuthorityRow:
    """A row of ``authorities``. Immutable.

    :ivar settings: JSON, as :meth:`AuthoritySettings.to_json` gives.
    """

    id: int
    name: str
    title: str
    parent_id: int | None
    state: AuthorityState
    settings: str
    created_at: int
    tag: bytes = field(repr=False, default=b"")


@dataclass(frozen=True, slots=True)
class Generation:
    """A key that an authority has or had. Immutable.

    :ivar number: 1 for the first.
    :ivar signer: where the key is, as whoever opens the authority understands it.
    :ivar request_der: the PKCS #10 request for its certificate; None when the authority signed it itself.
    :ivar certificate_der: the certificate; None as long as it is only requested.
    :ivar not_after: the end of the certificate, in seconds since 1970.
    :ivar old_with_new: of a root: the key before this one, certified with this one.
    :ivar new_with_old: of a root: this key, certified with the one before.
    """

    id: int
    authority_id: int
    number: int
    state: GenerationState
    public_key_id: str
    signer: str
    created_at: int
    request_der: bytes | None = field(repr=False, default=None)
    certificate_der: bytes | None = field(repr=False, default=None)
    not_after: int | None = None
    old_with_new: bytes | None = field(repr=False, default=None)
    new_with_old: bytes | None = field(repr=False, default=None)
    tag: bytes = field(repr=False, default=b"")

    @property
    def certificate(self) -> Certificate:
        """Its certificate.

        :raises StateError: when it is not there yet.
        """
        if self.certificate_der is None:
            raise StateError(f"key {self.number} of the authority has no certificate yet")
        return Certificate.from_der(self.certificate_der)

    @property
    def request(self) -> CertificateRequest | None:
        """The request for its certificate, if there was one."""
        return None if self.request_der is None else CertificateRequest.from_der(self.request_der)


# Names of fields, and the columns where those have another name.
_COLUMNS: Final = {"number": "generation", "request_der": "request", "certificate_der": "certificate"}


# ---- authorities --------------------------------------------------------------------------
def find_authority(connection: Connection, protection: Protection, name: str, *, lock: bool = False) -> AuthorityRow:
    """Read an authority by its name.

    :raises NotFoundError: when there is none.
    :raises TamperedError: when the row is not as gmpki wrote it.
    """
    query = select(authorities).where(authorities.c.name == name)
    found = connection.execute(query.with_for_update() if lock else query).first()
    if found is None:
        raise NotFoundError(f"there is no authority {name[:80]!r}")
    values = {each.name: found._mapping[each.name] for each in fields(AuthorityRow)}
    protection.verify_row(authorities.name, found.tag, _authority_facts(values), found.name)
    return AuthorityRow(**{**values, "state": AuthorityState(found.state)})


def insert_authority(tx: Transaction, name: str, title: str, parent_id: int | None, settings: str) -> AuthorityRow:
    """Write a new authority.

    :raises ConflictError: with the reason "duplicate" when there is one of that name.
    """
    if tx.connection.scalar(select(authorities.c.id).where(authorities.c.name == name)) is not None:
        raise ConflictError("duplicate", f"there is an authority {name} already")
    values: dict[str, Any] = {
        "name": name,
        "title": title,
        "parent_id": parent_id,
        "state": AuthorityState.ACTIVE.value,
        "settings": settings,
        "last_crl_number": 0,
        "created_at": tx.at,
    }
    values["tag"] = tx.protection.tagger(authorities.name).tag(_authority_facts(values), name)
    tx.connection.execute(insert(authorities), [values])
    return find_authority(tx.connection, tx.protection, name)


def update_authority(tx: Transaction, row: AuthorityRow, **changes: Any) -> AuthorityRow:
    """Change an authority; ``row`` was read in this transaction with ``lock``."""
    new = replace(row, **changes)
    values: dict[str, Any] = {"title": new.title, "state": new.state.value, "settings": new.settings}
    facts = {**values, "parent_id": new.parent_id, "created_at": new.created_at}
    values["tag"] = tx.protection.tagger(authorities.name).tag(facts, new.name)
    tx.connection.execute(update(authorities).where(authorities.c.id == row.id).values(values))
    return replace(new, tag=values["tag"])


def _authority_facts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("title", "parent_id", "state", "settings", "created_at")}


def _state(text: str) -> GenerationState:
    """Return the state in a column.

    :raises TamperedError: when it is none: gmpki does not write such.
    """
    try:
        return GenerationState(text)
    except ValueError:
        raise TamperedError("changed", "a key of an authority is in no state that there is") from None


# ---- generations --------------------------------------------------------------------------
def read_generations(
    connection: Connection, protection: Protection, authority_id: int, *, lock: bool = False
) -> tuple[Generation, ...]:
    """Read the keys of an authority, the first one first.

    :raises TamperedError: when a row is not as gmpki wrote it.
    """
    query = select(generations).where(generations.c.authority_id == authority_id).order_by(generations.c.generation)
    found = []
    for row in connection.execute(query.with_for_update() if lock else query).all():
        values = {each.name: row._mapping[_COLUMNS.get(each.name, each.name)] for each in fields(Generation)}
        generation = Generation(**{**values, "state": _state(row.state)})
        protection.verify_row(generations.name, row.tag, _generation_facts(generation), _identity(generation))
        found.append(generation)
    return tuple(found)


def insert_generation(
    tx: Transaction, authority_id: int, number: int, *, public_key_id: str, signer: str, request: bytes | None
) -> Generation:
    """Write a key whose certificate is not there yet."""
    generation = Generation(
        0, authority_id, number, GenerationState.REQUESTED, public_key_id, signer, tx.at, request_der=request
    )
    values = _generation_columns(tx.protection, generation)
    tx.connection.execute(insert(generations), [{**values, "created_at": tx.at}])
    return read_generations(tx.connection, tx.protection, authority_id)[number - 1]


def update_generation(tx: Transaction, generation: Generation, **changes: Any) -> Generation:
    """Change a key; ``generation`` was read in this transaction with ``lock``."""
    new = replace(generation, **changes)
    values = _generation_columns(tx.protection, new)
    tx.connection.execute(update(generations).where(generations.c.id == generation.id).values(values))
    return replace(new, tag=values["tag"])


def _generation_facts(generation: Generation) -> dict[str, Any]:
    values = {each.name: getattr(generation, each.name) for each in fields(Generation)}
    facts = {_COLUMNS.get(name, name): value for name, value in values.items()}
    facts["state"] = generation.state.value
    for name in ("id", "tag", "created_at"):
        del facts[name]
    return facts


def _generation_columns(protection: Protection, generation: Generation) -> dict[str, Any]:
    facts = _generation_facts(generation)
    return {**facts, "tag": protection.tagger(generations.name).tag(facts, _identity(generation))}


def _identity(generation: Generation) -> tuple[int, int]:
    return generation.authority_id, generation.number
