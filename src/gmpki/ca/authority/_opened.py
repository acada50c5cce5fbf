"""An authority as it stands in the database at one moment, with what is needed to work for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from gmpki.ca.authority import recovery
from gmpki.ca.authority.rows import AuthorityRow, AuthorityState, Generation, GenerationState
from gmpki.ca.interfaces import SYSTEM, Actor, AllottedKey, KeyCentre
from gmpki.ca.store.certificates import CertificateRow, find
from gmpki.ca.store.columns import serial_number
from gmpki.ca.store.schema import authorities, certificates, generations
from gmpki.errors import ConflictError, NotFoundError, StateError, UnsupportedAlgorithm
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.x509.issuing import Issuer
from gmpki.x509.prelint import lint_check

if TYPE_CHECKING:
    from gmpki.ca.authority.orders import IssueRow
    from gmpki.ca.authority.recovery import Running
    from gmpki.ca.authority.settings import AuthoritySettings
    from gmpki.ca.authority.signer import AuthoritySigner
    from gmpki.ca.authority.worker import Worker
    from gmpki.ca.store.store import Store, Transaction
    from gmpki.keys.interfaces import PublicKey, Signer
    from gmpki.x509.preparing import Addresses
    from gmpki.x509.profile import Profile

__all__ = ["Opened"]

_LINT: Final = lint_check()


@dataclass(frozen=True)
class Opened:
    """What one operation works with. Immutable.

    :ivar generations: the keys, the first one first.
    :ivar signers: the private keys at hand, by the identifier of the public key.
    :ivar running: the orders that this object works on just now.
    """

    store: Store
    row: AuthorityRow
    settings: AuthoritySettings
    profiles: dict[str, Profile]
    generations: tuple[Generation, ...]
    signers: dict[str, AuthoritySigner]
    key_centre: KeyCentre | None
    worker: Worker
    running: Running
    system: Actor = field(default=SYSTEM)

    @cached_property
    def active(self) -> Generation:
        """The key that signs certificates.

        :raises StateError: when the authority is closed, or has no such key.
        """
        if self.row.state is AuthorityState.CLOSED:
            raise StateError(f"the authority {self.row.name} is closed and issues nothing")
        for generation in self.generations:
            if generation.state is GenerationState.ACTIVE:
                return generation
        raise StateError(f"the authority {self.row.name} has no certificate yet")

    @cached_property
    def addresses(self) -> Addresses:
        """Where what belongs to the certificates under the active key is found."""
        return self.settings.addresses(self.active.number)

    @cached_property
    def issuer(self) -> Issuer:
        """What signs certificates.

        :raises StateError: when there is no active key, or its private key is not at hand.
        """
        return Issuer(self.active.certificate, self.signer_of(self.active), addresses=self.addresses, check=_LINT)

    def signer_of(self, generation: Generation) -> Signer:
        """Return a private key.

        :raises StateError: when it is not at hand.
        """
        found = self.signers.get(generation.public_key_id)
        if found is None:
            raise StateError(f"the private key {generation.number} of the authority {self.row.name} is not at hand")
        return found.signer

    def demand_current(self, tx: Transaction) -> None:
        """See that authority and active key are still as they were read.

        :raises ConflictError: with the reason "changed" when they are not.
        """
        own = tx.connection.scalar(select(authorities.c.tag).where(authorities.c.id == self.row.id))
        key = tx.connection.scalar(select(generations.c.tag).where(generations.c.id == self.active.id))
        if own != self.row.tag or key != self.active.tag:
            raise ConflictError("changed", "the settings or the key of the authority have just been changed; try again")

    def is_abandoned(self, row: IssueRow, now: int | None = None) -> bool:
        """Tell whether nobody works on an order any more."""
        at = int(self.store.now().timestamp()) if now is None else now
        return recovery.is_abandoned(row, now=at, lease_s=self.settings.lease_s, own=self.worker, running=self.running)

    # ---- encryption keys ----------------------------------------------------------------
    def demand_key_centre(self) -> KeyCentre:
        """Return the key-management centre.

        :raises StateError: when there is none.
        """
        if self.key_centre is None:
            raise StateError(f"the authority {self.row.name} was opened without a key-management centre")
        return self.key_centre

    @staticmethod
    def key_kind(owner: PublicKey) -> str:
        """Return the kind of encryption key that goes with a signing key, as :class:`KeyWanted` calls it.

        :raises UnsupportedAlgorithm: when there is none.
        """
        from gmpki.keys.rsa import RSAPublicKey

        if isinstance(owner, SM2PublicKey):
            return "SM2"
        if isinstance(owner, RSAPublicKey):
            return f"RSA-{owner.bits}"
        raise UnsupportedAlgorithm("pairs have keys of SM2 or RSA")

    def encryption_row(self, serial: int) -> CertificateRow:
        """Read an encryption certificate.

        :raises NotFoundError: when the authority has issued none of that number.
        """
        with self.store.reading() as connection:
            row = find(connection, self.store.protection, self.row.id, [serial]).get(serial)
        if row is None or not row.is_issued or row.role != "encryption":
            raise NotFoundError(f"the authority has issued no encryption certificate {serial:x}")
        return row

    def key_serial(self, row: CertificateRow) -> int:
        """Return the serial number under which the key-management centre knows the key of an encryption certificate:
        that of the first certificate with this key.
        """
        same = select(certificates.c.serial).where(
            certificates.c.authority_id == self.row.id,
            certificates.c.public_key_id == row.public_key_id,
            certificates.c.role == "encryption",
        )
        with self.store.reading() as connection:
            return serial_number(str(connection.scalar(same.order_by(certificates.c.id).limit(1))))

    def recover_key(self, row: CertificateRow, owner: PublicKey) -> AllottedKey:
        """Get the key of an encryption certificate again, enveloped for a signing key.

        :raises NotFoundError: when the centre has no such key.
        :raises StateError: when there is no centre.
        :raises IssuerRefusedError: when it refuses.
        """
        return self.demand_key_centre().recover(self.row.name, self.key_serial(row), owner)

    def retire_keys(self, actor: Actor) -> None:
        """Retire what cancelled orders have left in use at the key-management centre.

        :raises GmpkiError: when the centre refuses or cannot be reached.
        """
        if self.key_centre is not None:
            recovery.retire_keys(self.store, self.row.id, self.row.name, self.key_centre, actor)
