"""Tokens: UKeys behind SKF (GM/T 0016), PKCS#11 and PC/SC, and the software token, through one session protocol.

The names below are loaded when they are first used. A token keeps keys that sign for everything of this package:

>>> import os, tempfile
>>> from gmpki.tokens import TokenKeyType, open_token
>>> from gmpki.tokens.soft import SoftSettings, create_soft_device
>>> folder = tempfile.TemporaryDirectory()
>>> os.environ["GMPKI_SOFTTOKEN_DIR"] = folder.name  # the software token's devices are here, not in the user's folder
>>> device = create_soft_device(SoftSettings(serial="00a1", pin_iterations=1000))
>>> with open_token("soft:dev=00a1") as token:
...     token.device.authenticate()
...     application = token.device.create_application("A", admin_pin="87654321", user_pin="12345678")
...     application.login("12345678")
...     public_key = application.create_container("con1").generate(TokenKeyType.SM2)
>>> with open_token("soft:dev=00a1;app=A;con=con1") as token:
...     token.login("12345678")
...     signature = token.key().sign(b"message")
>>> public_key.verify(signature, b"message")
>>> del os.environ["GMPKI_SOFTTOKEN_DIR"]
>>> folder.cleanup()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._lazy import lazy_names

if TYPE_CHECKING:
    from gmpki.tokens.delivery import import_delivery
    from gmpki.tokens.interfaces import (
        Ability,
        Application,
        Container,
        Device,
        DeviceEvent,
        DeviceInfo,
        EventKind,
        FileInfo,
        KeyUsage,
        PinInfo,
        PinRequest,
        PinRole,
        PinSource,
        Rights,
        SessionKey,
        SessionKeyContainer,
        SessionKeyExchange,
        TokenDriver,
        TokenKeyType,
    )
    from gmpki.tokens.key_objects import KeyOperations, TokenDecryptor, TokenKeyAgreer, TokenSigner
    from gmpki.tokens.opening import OpenedToken, open_driver, open_token, open_token_key
    from gmpki.tokens.pins import (
        pin_from_descriptor,
        pin_from_environment,
        pin_from_file,
        pin_from_prompt,
        pin_from_source,
    )
    from gmpki.tokens.uri import PCSCUri, PKCS11Uri, SKFUri, parse_uri

__all__ = [
    "Ability",
    "Application",
    "Container",
    "Device",
    "DeviceEvent",
    "DeviceInfo",
    "EventKind",
    "FileInfo",
    "KeyOperations",
    "KeyUsage",
    "OpenedToken",
    "PCSCUri",
    "PKCS11Uri",
    "PinInfo",
    "PinRequest",
    "PinRole",
    "PinSource",
    "Rights",
    "SKFUri",
    "SessionKey",
    "SessionKeyContainer",
    "SessionKeyExchange",
    "TokenDecryptor",
    "TokenDriver",
    "TokenKeyAgreer",
    "TokenKeyType",
    "TokenSigner",
    "import_delivery",
    "open_driver",
    "open_token",
    "open_token_key",
    "parse_uri",
    "pin_from_descriptor",
    "pin_from_environment",
    "pin_from_file",
    "pin_from_prompt",
    "pin_from_source",
]

# Which module the names that are not of the session protocol come from.
_HOMES = {
    "delivery": ("import_delivery",),
    "key_objects": ("KeyOperations", "TokenDecryptor", "TokenKeyAgreer", "TokenSigner"),
    "opening": ("OpenedToken", "open_driver", "open_token", "open_token_key"),
    "pins": tuple(name for name in __all__ if name.startswith("pin_from_")),
    "uri": ("PCSCUri", "PKCS11Uri", "SKFUri", "parse_uri"),
}
_ELSEWHERE = {name: f"{__name__}.{module}" for module, names in _HOMES.items() for name in names}

__getattr__, __dir__ = lazy_names(__name__, {name: _ELSEWHERE.get(name, f"{__name__}.interfaces") for name in __all__})
