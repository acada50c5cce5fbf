"""Open what a URI names: a driver, a device in it, an application there, a container, a key.

>>> from gmpki.tokens.opening import open_token
>>> with open_token("soft:dev=00a1;app=A;con=con1") as token:  # doctest: +SKIP
...     token.login("12345678")
...     token.key().sign(b"message")
"""

from __future__ import annotations

import os
import weakref
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, TypeVar, cast

from gmpki._inputs import member
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.errors import InvalidInputError, InvalidTypeError, TokenNotFoundError
from gmpki.tokens._opened import Closing
from gmpki.tokens.interfaces import KeyUsage, PinRole
from gmpki.tokens.pins import pin_from_source
from gmpki.tokens.uri import PCSCUri, PKCS11Uri, SKFUri, parse_uri

if TYPE_CHECKING:
    from gmpki.tokens.interfaces import Application, Container, Device, PinSource, TokenDriver
    from gmpki.tokens.key_objects import TokenDecryptor, TokenSigner
    from gmpki.tokens.pcsc.card_profile import CardProfile
    from gmpki.tokens.pkcs11.application import PKCS11Application
    from gmpki.tokens.pkcs11.cryptoki import TokenInfo
    from gmpki.tokens.pkcs11.driver import PKCS11Driver
    from gmpki.tokens.pkcs11.mechanism_map import MechanismMap
    from gmpki.tokens.skf.driver_profile import DriverProfile
    from gmpki.tokens.uri import TokenUri

__all__ = ["OpenedToken", "open_driver", "open_token", "open_token_key", "profile_named", "skf_driver"]

P = TypeVar("P", "DriverProfile", "CardProfile", "MechanismMap")

_MAX_PROFILE_LEN: Final = 1 << 18  # bytes; what reads it takes fewer characters


class OpenedToken(Closing):
    """What a URI names, opened as far as it goes. A context: its end closes everything, the driver last.

    :ivar uri: the URI.
    :ivar driver: the driver, and below it what was named; None from where the URI names nothing more.
    """

    def __init__(self, uri: TokenUri, driver: TokenDriver) -> None:
        """Open a place behind a driver, which is closed with it; made by :func:`open_token`."""
        self.uri = uri
        self.driver = driver
        self.device: Device | None = None
        self.application: Application | None = None
        self._container: Container | None = None

    @property
    def container(self) -> Container | None:
        """The container, opened when it is first asked for: PKCS #11 shows private keys only after the login.

        :raises TokenNotFoundError: when there is none of this name.
        """
        if self._container is None and self.application is not None and _names_container(self.uri):
            self._container = _container(self.application, self.uri)
        return self._container

    def login(self, pin: str | bytes | bytearray | PinSource | None = None, role: PinRole = PinRole.USER) -> None:
        """Log in to the application.

        :param pin: the PIN or where it comes from; None takes what the URI says.
        :raises InvalidInputError: when the URI names no application, or no PIN is given and it says nothing of one.
        :raises PinIncorrectError: when it is wrong, with the tries left; likewise PinLockedError and PinRejectedError.
        """
        if self.application is None:
            raise InvalidInputError("the URI names no application to log in to")
        if pin is None:
            pin = _pin_of(self.uri)
        self.application.login(pin, role)
        self._container = None

    def key(self, usage: KeyUsage | None = None) -> TokenSigner | TokenDecryptor:
        """Return a key of the container.

        :param usage: None is what the URI says, else the signing pair where there is one.
        :raises InvalidTypeError: when usage is no KeyUsage.
        :raises InvalidInputError: when the URI names no container.
        :raises TokenNotFoundError: when there is no such pair.
        :raises TokenUnsupportedError: when the driver gives no plaintext out.
        """
        container = self.container
        if container is None:
            raise InvalidInputError("the URI names no container, and so no key")
        chosen = usage if usage is not None else getattr(self.uri, "usage", None)
        if chosen is None:
            chosen = KeyUsage.ENCRYPTION if container.key_type(KeyUsage.SIGNING) is None else KeyUsage.SIGNING
        member(chosen, KeyUsage, "usage")
        key = container.signing_key if chosen is KeyUsage.SIGNING else container.encryption_key
        return cast("TokenSigner | TokenDecryptor", key)

    def close(self) -> None:
        """Close everything, the driver last; doing so twice is no error."""
        self.driver.close()

    def __repr__(self) -> str:
        return f"<OpenedToken {self.uri}>"


def open_driver(uri: str | TokenUri, *, policy: AlgorithmPolicy = DEFAULT_POLICY) -> TokenDriver:
    """Load the driver that a URI names.

    :param policy: decides about RSA keys of tokens.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the URI is malformed, or names no driver or no driver profile that there is.
    :raises DriverError: when it cannot be loaded, or does not keep to its interface.
    :raises UnsupportedPlatform: when a library that it needs is not installed.
    """
    parsed = _parsed(uri)
    member(policy, AlgorithmPolicy, "policy")
    if isinstance(parsed, SKFUri):
        from gmpki.tokens.skf.driver import SKFDriver

        path, profile = skf_driver(parsed)
        return SKFDriver.load(path, profile=profile, isolated=parsed.isolated, policy=policy)
    if isinstance(parsed, PKCS11Uri):
        from gmpki.tokens.pkcs11.driver import PKCS11Driver

        if parsed.module_path is None:
            raise InvalidInputError(
                "a pkcs11: URI names the module here (module-path=); names of modules are not known"
            )
        return PKCS11Driver(parsed.module_path, policy=policy)
    from gmpki.tokens.pcsc.card_profile import CardProfile
    from gmpki.tokens.pcsc.driver import PCSCDriver

    return PCSCDriver(profile=profile_named(CardProfile, parsed.profile), policy=policy)


def skf_driver(uri: SKFUri) -> tuple[str, DriverProfile | None]:
    """Return the path of the driver that a URI names, and what is known of it.

    :raises InvalidTypeError: when uri is no SKFUri.
    :raises InvalidInputError: when it names no driver profile that there is.
    :raises ProfileError: when the file that it names is no driver profile.
    :raises UnsupportedPlatform: when the software token does not come along.
    """
    from gmpki.tokens.skf.driver_profile import DriverProfile
    from gmpki.tokens.soft.paths import library_path

    member(uri, SKFUri, "uri")
    path = library_path("skf") if uri.library is None else uri.library
    # Of our own library everything is known, also while no device is there to find it out with.
    known = "gmpki" if uri.library is None else None
    return os.fspath(path), profile_named(DriverProfile, uri.profile or known)


def open_token(uri: str | TokenUri, *, policy: AlgorithmPolicy = DEFAULT_POLICY) -> OpenedToken:
    """Open what a URI names, as far as it goes. A device or an application that is not named is the only one there is,
    where something below it is named.

    :param policy: decides about RSA keys of tokens.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when the URI is malformed, or names no driver.
    :raises DriverError: when the driver cannot be loaded, or does not keep to its interface.
    :raises UnsupportedPlatform: when a library that it needs is not installed.
    :raises TokenNotFoundError: when there is no such device, application or container.
    :raises TokenError: of its other subclasses, as :mod:`gmpki.tokens.interfaces` lists.
    """
    parsed = _parsed(uri)
    with ExitStack() as undo:
        opened = OpenedToken(parsed, open_driver(parsed, policy=policy))
        undo.callback(opened.close)
        if isinstance(parsed, PKCS11Uri):
            opened.device = _matching(opened.driver, parsed)
            opened.application = opened.device.application()
        else:
            device = parsed.device if isinstance(parsed, SKFUri) else parsed.reader
            in_application = parsed.application is not None or parsed.container is not None
            if device is not None or in_application:
                opened.device = opened.driver.open(device)
            if opened.device is not None and in_application:
                opened.application = opened.device.application(parsed.application)
            # Found now where nobody need log in to see it.
            _ = opened.container
        undo.pop_all()
    return opened


def open_token_key(
    uri: str | TokenUri,
    pin: str | bytes | bytearray | PinSource | None = None,
    *,
    usage: KeyUsage | None = None,
    policy: AlgorithmPolicy = DEFAULT_POLICY,
) -> TokenSigner | TokenDecryptor:
    """Open a key that a URI names, logged in, for as long as the object lives; with it the driver is closed.

    :param pin: the user's PIN or where it comes from; None takes what the URI says, and logs nobody in when that is
        nothing.
    :param usage: which pair; None is what the URI says, else the signing pair where there is one.
    :param policy: decides about RSA keys of tokens.
    :raises InvalidInputError: also when the URI names no container.
    :raises PinIncorrectError: when the PIN is wrong, with the tries left; likewise PinLockedError and PinRejectedError.
    :raises TokenUnsupportedError: when the driver gives no plaintext out, and the encryption pair is meant.
    :raises GmpkiError: what :func:`open_token` raises.
    """
    with ExitStack() as undo:
        opened = open_token(uri, policy=policy)
        undo.callback(opened.close)
        if pin is not None or _has_pin(opened.uri):
            opened.login(pin)
        key = opened.key(usage)
        undo.pop_all()
    weakref.finalize(key, opened.close)
    return key


def profile_named(kind: type[P], name: str | None) -> P | None:
    """Return a profile that comes with gmpki, or that of a file: a name with a separator of folders or ".toml" behind.

    :param name: None names none.
    :raises InvalidInputError: when there is none of this name, or the file cannot be read.
    :raises ProfileError: when the file is no such profile.
    """
    if name is None:
        return None
    if os.sep not in name and not name.endswith(".toml"):
        return kind.shipped(name)
    try:
        with open(name, "rb") as file:
            return kind.from_toml(file.read(_MAX_PROFILE_LEN).decode("utf-8"))
    except OSError as error:
        raise InvalidInputError(f"the profile {name} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"the profile {name} is not text of UTF-8") from None


# ---- URIs -----------------------------------------------------------------------------------
def _parsed(uri: str | TokenUri) -> TokenUri:
    if isinstance(uri, str):
        return parse_uri(uri)
    if not isinstance(uri, (SKFUri, PKCS11Uri, PCSCUri)):
        raise InvalidTypeError(f"uri must be str or a URI of a token, not {type(uri).__name__}")
    return uri


def _names_container(uri: TokenUri) -> bool:
    if isinstance(uri, PKCS11Uri):
        return uri.object is not None or uri.id is not None
    return uri.container is not None


def _has_pin(uri: TokenUri) -> bool:
    return isinstance(uri, PKCS11Uri) and (uri.pin_value is not None or uri.pin_source is not None)


def _pin_of(uri: TokenUri) -> str | PinSource:
    if isinstance(uri, PKCS11Uri):
        if uri.pin_value is not None:
            return uri.pin_value
        if uri.pin_source is not None:
            return pin_from_source(uri.pin_source)
    raise InvalidInputError("no PIN was given, and the URI does not say where it is")


def _container(application: Application, uri: TokenUri) -> Container:
    if isinstance(uri, PKCS11Uri):
        found = cast("PKCS11Application", application)
        return cast("Container", found.container_of(label=uri.object, identifier=uri.id))
    return application.container(str(uri.container))


# ---- PKCS #11 -------------------------------------------------------------------------------
def _matching(driver: TokenDriver, uri: PKCS11Uri) -> Device:
    """Open the one token that has all attributes of a URI (RFC 7512 2.3 and 2.5)."""
    own = cast("PKCS11Driver", driver)
    module = own.module
    info = module.info
    of_module = (
        (uri.library_manufacturer, info.manufacturer),
        (uri.library_description, info.description),
        (uri.library_version, info.library_version),
    )
    if any(wanted not in (None, value) for wanted, value in of_module):
        raise TokenNotFoundError("the module is not the one that the URI describes")
    found = [token for token in own.tokens().values() if _is_meant(own, token, uri)]
    if len(found) > 1 and uri.slot_id is None:
        # What is not initialised is meant by nobody who does not say which slot.
        found = [token for token in found if token.is_initialized]
    if len(found) != 1:
        raise TokenNotFoundError(f"{len(found) or 'no'} tokens have the attributes of the URI; one must")
    return cast("Device", own.open_slot(found[0].slot))


def _is_meant(driver: PKCS11Driver, token: TokenInfo, uri: PKCS11Uri) -> bool:
    pairs: list[tuple[object, object]] = [
        (uri.token, token.label),
        (uri.manufacturer, token.manufacturer),
        (uri.serial, token.serial),
        (uri.model, token.model),
        (uri.slot_id, token.slot),
    ]
    if uri.slot_description is not None or uri.slot_manufacturer is not None:
        slot = driver.module.slot_info(token.slot)
        pairs += [(uri.slot_description, slot.description), (uri.slot_manufacturer, slot.manufacturer)]
    return all(wanted in (None, value) for wanted, value in pairs)
