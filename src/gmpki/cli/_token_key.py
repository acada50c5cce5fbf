"""Keys in tokens, where commands take the private key of a file."""

from __future__ import annotations

import contextlib
import weakref
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gmpki.cli._token import Pin, Place, check_usage, device_of, user_in

if TYPE_CHECKING:
    from gmpki.cli._secrets import SecretSource
    from gmpki.tokens.interfaces import DeviceInfo
    from gmpki.x509.certificate import Certificate

__all__ = ["TokenKey", "open_token_key"]


@dataclass(frozen=True)
class TokenKey:
    """A key in a token, whose user is logged in for as long as it lives.

    :ivar key: a Signer or a Decryptor of :mod:`gmpki.keys.interfaces`.
    :ivar certificate: the one that the token keeps for it, or None.
    :ivar device: what the device says of itself.
    """

    key: Any
    certificate: Certificate | None
    device: DeviceInfo


def open_token_key(uri: str, pin: SecretSource, usage: str) -> TokenKey:
    """Open a key in a token.

    :param pin: where the user said the PIN is; what the URI says of it counts when he said nothing.
    :param usage: "signing" or "encryption", what the command needs.
    :raises click.UsageError: when the URI says the other, or nobody says what the PIN is.
    :raises GmpkiError: as :func:`gmpki.tokens.opening.open_token_key`.
    """
    from gmpki.errors import DecodeError, TokenUnsupportedError
    from gmpki.tokens.interfaces import KeyUsage

    place = Place(uri)
    check_usage(place, usage)
    with contextlib.ExitStack() as stack:
        device = stack.enter_context(device_of(place))
        application = device.application(place.own_application)
        user_in(application, place, Pin(pin))
        container = application.container(place.container_name(application))
        key: Any = container.signing_key if usage == "signing" else container.encryption_key
        certificate = None
        with contextlib.suppress(DecodeError, TokenUnsupportedError):  # one is not always needed, or is given
            certificate = container.certificate(KeyUsage(usage))
        weakref.finalize(key, stack.pop_all().close)
        info = device.info
    return TokenKey(key, certificate, info)
