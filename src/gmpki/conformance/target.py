"""What is tested: a driver, one of its devices, and what it takes to log in there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_text, member, number
from gmpki.conformance.model import Kind
from gmpki.errors import InvalidInputError, InvalidTypeError

if TYPE_CHECKING:
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
    from gmpki.tokens.skf.driver_profile import DriverProfile

__all__ = ["Options", "Target"]

_MAX_TEXT_LEN: Final = 4096
_DEVICE_KEY_LEN: Final = 16
_MAX_SAMPLES: Final = 10_000
_MAX_COUNT: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Target:
    """A token and the way to it. Immutable; what is secret does not show in its representation.

    :ivar path: of the driver's library; over PC/SC the name of the reader, empty for the only one.
    :ivar device: as the driver lists it; over PKCS #11 the token's label. None is the only one there is.
    :ivar application: one that exists, to work in where none may be created; None elsewhere.
    :ivar user_pin: of that application, or of the PKCS #11 token; likewise admin_pin, the security officer's there.
    :ivar device_key: 16 bytes, for device authentication; None is the key that products are delivered with.
    :ivar driver_profile: what is known of an SKF driver; None finds out.
    :ivar mechanism_map: the numbers of a PKCS #11 module for SM2, SM3 and SM4; None finds a preset that fits.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a text is too long or the device key has not 16 bytes.
    """

    kind: Kind
    path: str
    device: str | None = None
    application: str | None = None
    user_pin: bytes | None = field(default=None, repr=False)
    admin_pin: bytes | None = field(default=None, repr=False)
    device_key: bytes | None = field(default=None, repr=False)
    driver_profile: DriverProfile | None = None
    mechanism_map: MechanismMap | None = None

    def __post_init__(self) -> None:
        member(self.kind, Kind, "kind")
        for name in ("path", "device", "application"):
            text = getattr(self, name)
            if text is not None and len(as_text(text, name)) > _MAX_TEXT_LEN:
                raise InvalidInputError(f"{name} is longer than {_MAX_TEXT_LEN} characters")
        for name in ("user_pin", "admin_pin", "device_key"):
            secret = getattr(self, name)
            if secret is not None and not isinstance(secret, bytes):
                raise InvalidTypeError(f"{name} must be bytes, not {type(secret).__name__}")
        if self.device_key is not None and len(self.device_key) != _DEVICE_KEY_LEN:
            raise InvalidInputError(f"device_key must be {_DEVICE_KEY_LEN} bytes long, not {len(self.device_key)}")


@dataclass(frozen=True, slots=True)
class Options:
    """How thorough the run is. Immutable.

    :ivar random_samples: of 20,000 bits each, for the statistical tests; 20 to 10,000.
    :ivar latency_count: how often each operation is measured, 1 to 1,000,000.
    :ivar limits: the table of latency limits, as :func:`gmpki.tokens.limits.limit_profile` has it.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one is outside.
    """

    random_samples: int = 20
    latency_count: int = 20
    limits: str = "tender"

    def __post_init__(self) -> None:
        number(self.random_samples, 20, _MAX_SAMPLES, "random_samples")
        number(self.latency_count, 1, _MAX_COUNT, "latency_count")
        as_text(self.limits, "limits")
