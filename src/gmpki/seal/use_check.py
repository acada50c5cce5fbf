"""Whether a seal may be used at all, and by this person: what a signer asks before each use.

check = UseCheck(registry, grants)
signer = SealSigner(seal, key, certificate, grant=check, purpose="合同")
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gmpki._inputs import utc_seconds
from gmpki.errors import InvalidTypeError, SealError
from gmpki.seal.status import SealState, SealStatusSource

if TYPE_CHECKING:
    from gmpki.seal.interfaces import GrantCheck
    from gmpki.seal.seal import Seal
    from gmpki.x509.certificate import Certificate

__all__ = ["UseCheck"]

_REASONS: Final = {
    SealState.STOPPED: "seal-stopped",
    SealState.REPLACED: "seal-replaced",
    SealState.REVOKED: "seal-revoked",
    SealState.UNKNOWN: "unknown-seal",
}


@dataclass(frozen=True)
class UseCheck:
    """Asks first whether a seal is in use, then for the grant. Immutable; thread-safe when its parts are.

    :ivar statuses: who knows which seals are in use.
    :ivar grants: who knows the grants; None where everybody whom the seal names may use it.
    :raises InvalidTypeError: when a part has the wrong type.
    """

    statuses: SealStatusSource
    grants: GrantCheck | None = None

    def __post_init__(self) -> None:
        for part, method in ((self.statuses, "status"), (self.grants, "check")):
            if part is not None and not callable(getattr(part, method, None)):
                raise InvalidTypeError(f"{type(part).__name__} has no method {method}")
        if self.statuses is None:
            raise InvalidTypeError("somebody must know which seals are in use")

    def check(self, seal: Seal, certificate: Certificate, *, purpose: str, at: datetime) -> object:
        """Return when the seal is in use, now and at the time that is to stand in the signature, and a grant covers it.

        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the time has no time zone.
        :raises SealError: "seal-stopped", "seal-replaced", "seal-revoked" or "unknown-seal"; and what the grants raise.
        :raises GmpkiError: when nobody can be asked at present.
        """
        for moment in (None, utc_seconds(at, "at")):
            found = self.statuses.status(seal, at=moment)
            if found.state is not SealState.IN_USE:
                said = found.detail or found.state.value
                raise SealError(_REASONS[found.state], f"seal {seal.seal_id} is not in use: {said}")
        return None if self.grants is None else self.grants.check(seal, certificate, purpose=purpose, at=at)
