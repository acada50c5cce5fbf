"""The private keys of authorities, and whether they are where the settings want them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpki._inputs import member
from gmpki.ca.authority.settings import SOFTWARE_KEY
from gmpki.ca.store.columns import public_key_id
from gmpki.errors import InvalidInputError
from gmpki.keys.interfaces import Signer

if TYPE_CHECKING:
    from gmpki.ca.authority.settings import AuthoritySettings
    from gmpki.tokens.interfaces import DeviceInfo

__all__ = ["AuthoritySigner"]


@dataclass(frozen=True, slots=True)
class AuthoritySigner:
    """A private key of an authority, and where it is. Immutable.

    :ivar device: the token that it is in; None for a software key.
    :ivar place: how whoever opens the authority finds it again, such as the URI of a token's container; kept in the
        database, so nothing secret.
    """

    signer: Signer
    device: DeviceInfo | None = None
    place: str = ""

    @classmethod
    def of(cls, signer: AuthoritySigner | Signer) -> AuthoritySigner:
        """Return a key of which nothing is said as one in software.

        :raises InvalidTypeError: when it is no private key.
        """
        if isinstance(signer, cls):
            return signer
        member(signer, Signer, "signer")
        return cls(signer)  # type: ignore[arg-type]

    @property
    def public_key_id(self) -> str:
        """What its public key is found by."""
        return public_key_id(self.signer.public_key)

    def check(self, settings: AuthoritySettings) -> None:
        """Refuse a key in software where the settings want one in hardware.

        :raises InvalidInputError: when they do.
        """
        if not settings.is_production or (self.device is not None and not self.device.is_software):
            return
        name = SOFTWARE_KEY if self.device is None else self.device.name
        if name not in settings.software_signers:
            raise InvalidInputError(
                f"a production authority keeps its key in hardware, and this one is in {name!r}; "
                "software_signers in its settings names the exceptions"
            )
