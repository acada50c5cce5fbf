"""What the commands about tokens share: which token is meant, whose PIN, what is said of it."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gmpki.cli._hints import naming_unblock
from gmpki.cli._output import Declined, visible
from gmpki.cli._secrets import SecretSource, secret_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gmpki.tokens.interfaces import Application, Container, Device, PinRequest
    from gmpki.tokens.uri import TokenUri

__all__ = [
    "SCHEMES",
    "Pin",
    "Place",
    "application_in",
    "application_of",
    "check_usage",
    "confirm",
    "container_in",
    "device_of",
    "is_token",
    "pin_options",
    "place_options",
    "user_in",
    "yes_option",
]

Result = TypeVar("Result")

SCHEMES = ("skf:", "soft:", "pkcs11:", "pcsc:")
TOKEN_VARIABLE = "GMPKI_TOKEN"  # noqa: S105 - the name of a variable
# Role of a PIN -> what it is called, by the numbers of GM/T 0016 for both roles.
ROLE_NAMES = ("管理员 PIN of the administrator", "用户 PIN of the user")

yes_option = click.option("--yes", is_flag=True, help="Do not ask: not before the last try of a PIN, nor before loss.")


def is_token(name: str) -> bool:
    """Tell whether what stands where a file may stand is the URI of a token; a file of such a name is ``./soft:x``."""
    return name.lower().startswith(SCHEMES)


# ---- which token ------------------------------------------------------------------------
@dataclass(frozen=True)
class Place:
    """Where the user said something is.

    :ivar text: the URI; None where there is none.
    :ivar application: that goes into the URI; likewise ``container``.
    """

    text: str | None
    application: str | None = None
    container: str | None = None

    @property
    def uri(self) -> TokenUri:
        """The URI of all that was said.

        :raises click.UsageError: when nothing was said.
        :raises InvalidInputError: when it is malformed.
        """
        from gmpki.tokens.uri import PKCS11Uri, parse_uri

        if self.text is None:
            raise click.UsageError(f"say which token: its URI, --token URI, or {TOKEN_VARIABLE} in the environment")
        uri = parse_uri(self.text)
        names = ("token", "object") if isinstance(uri, PKCS11Uri) else ("application", "container")
        said: dict[str, Any] = {
            name: value for name, value in zip(names, (self.application, self.container), strict=True) if value
        }
        return replace(uri, **said)

    @property
    def own_application(self) -> str | None:
        """The application to open in the device; None is the only one, which a PKCS #11 token is itself."""
        return getattr(self.uri, "application", None)

    @property
    def uri_application(self) -> str | None:
        """The application that was named, or None."""
        uri = self.uri
        return getattr(uri, "token", None) or getattr(uri, "application", None)

    @property
    def label(self) -> str | None:
        """The container that was named by its name, or None."""
        uri = self.uri
        return getattr(uri, "object", None) or getattr(uri, "container", None)

    def named_container(self, application: Application) -> str | None:
        """Return the name of the container that was named, or None."""
        from gmpki.tokens.uri import PKCS11Uri

        uri = self.uri
        if not isinstance(uri, PKCS11Uri):
            return uri.container
        if uri.id is None:
            return uri.object
        finder: Any = application
        name: str = finder.container_of(label=uri.object, identifier=uri.id).name
        return name

    def container_name(self, application: Application) -> str:
        """Return the name of the container that is meant, the only one where none was named.

        :raises TokenNotFoundError: when there is not just one.
        """
        from gmpki.errors import TokenNotFoundError

        named = self.named_container(application)
        if named is not None:
            return named
        there = application.containers()
        if len(there) != 1:
            listed = f"{len(there)} containers ({', '.join(there[:20])}); name one" if there else "no container"
            raise TokenNotFoundError(f"the application {application.name!r} has {listed}")
        return there[0]


def place_options(*, application: bool = True, container: bool = True) -> Callable[..., Any]:
    """Add which token is meant; the command gets one :class:`Place` as ``place``.

    :param application: whether it is about one, which ``--app`` then names too; likewise ``container`` and ``--con``.
    """

    def decorate(command: Callable[..., Result]) -> Callable[..., Result]:
        @functools.wraps(command)
        def run(**parameters: Any) -> Result:
            argument, option = parameters.pop("token_argument"), parameters.pop("token")
            if argument is not None and option is not None:
                raise click.UsageError("give TOKEN or --token, not both")
            text = argument or option or os.environ.get(TOKEN_VARIABLE) or None
            place = Place(text, parameters.pop("app", None), parameters.pop("con", None))
            return command(place=place, **parameters)

        options = [click.argument("token_argument", metavar="[TOKEN]", required=False)]
        options.append(
            click.option("--token", metavar="URI", help=f"The token, in place of TOKEN.  [env: {TOKEN_VARIABLE}]")
        )
        if application:
            options.append(click.option("--app", metavar="NAME", help="The application, in place of app= in the URI."))
        if container:
            options.append(click.option("--con", metavar="NAME", help="The container, in place of con= in the URI."))
        decorated: Callable[..., Result] = run
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


# ---- PINs -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Pin:
    """Where the user said a PIN comes from; what a token asks for it with.

    :ivar yes: spend the last try without asking.
    """

    source: SecretSource
    yes: bool = False

    def __call__(self, request: PinRequest) -> bytes:
        """Return the PIN.

        :raises click.UsageError: nobody says what it is, or whether the last try is to be spent.
        :raises Declined: when the last try is not to be spent.
        """
        self._confirm(request)
        left = "" if request.tries_left is None else f", 剩余次数 tries left: {request.tries_left}"
        return self.source.read(f"{ROLE_NAMES[request.role]}, {request.application} @ {request.device}{left}")

    def _confirm(self, request: PinRequest) -> None:
        if request.tries_left != 1 or self.yes:
            return
        question = f"only one try is left before the PIN of {request.application} locks"
        if not _somebody_to_ask():
            raise click.UsageError(f'{question}; "gmpki token pin verify --yes" spends it')
        _ask(f"仅剩一次尝试。{question}. 继续 Go on?")

    def new(self, role: str) -> bytes:
        """Return a PIN that is to be set; it is asked for twice.

        :param role: whose, for the question.
        """
        return self.source.read(role, confirm=True)


def pin_options(option: str = "pin", what: str = "the PIN of the user", *, asks: bool = True) -> Callable[..., Any]:
    """Add where a PIN comes from; the command gets one :class:`Pin`.

    :param asks: add ``--yes`` too. Where a command takes several PINs, only the one that is tried has it.
    """
    parameter = option.replace("-", "_")

    def decorate(command: Callable[..., Result]) -> Callable[..., Result]:
        @secret_options(option, what)
        @functools.wraps(command)
        def run(**parameters: Any) -> Result:
            parameters[parameter] = Pin(parameters[parameter], parameters.pop("yes") if asks else False)
            return command(**parameters)

        decorated: Callable[..., Result] = run
        return yes_option(decorated) if asks else decorated

    return decorate


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is lost.

    :raises click.UsageError: when there is nobody to ask.
    :raises Declined: when the answer is no.
    """
    if yes:
        return
    if not _somebody_to_ask():
        raise click.UsageError(f"{question}; --yes says so where nobody can be asked")
    _ask(f"{question}. 确定 Sure?")


def _ask(question: str) -> None:
    if not click.confirm(visible(question), err=True):
        raise Declined


def _somebody_to_ask() -> bool:
    return sys.stdin.isatty()


# ---- opening ----------------------------------------------------------------------------
@contextlib.contextmanager
def device_of(place: Place, *, weak_rsa: bool = False) -> Iterator[Device]:
    """Open the device that is meant, the only one where none is named, and nothing below it.

    :param weak_rsa: let RSA keys of 1024 bits be made.
    """
    from gmpki.algorithms.policy import DEFAULT_POLICY
    from gmpki.tokens.opening import open_driver, open_token
    from gmpki.tokens.uri import PKCS11Uri, SKFUri

    uri = place.uri
    policy = DEFAULT_POLICY.allowing("rsa-1024") if weak_rsa else DEFAULT_POLICY
    if isinstance(uri, PKCS11Uri):
        # A token is found by any of its attributes, and is its own one application.
        with open_token(replace(uri, object=None, id=None, type=None), policy=policy) as opened:
            assert opened.device is not None  # noqa: S101 - of these URIs always
            yield opened.device
        return
    driver = open_driver(uri, policy=policy)
    try:
        yield driver.open(uri.device if isinstance(uri, SKFUri) else uri.reader)
    finally:
        driver.close()


@contextlib.contextmanager
def application_of(place: Place, *, weak_rsa: bool = False) -> Iterator[Application]:
    """Open the application that is meant, the only one where none is named, and nothing below it."""
    with device_of(place, weak_rsa=weak_rsa) as device:
        yield device.application(place.own_application)


@contextlib.contextmanager
def application_in(place: Place, pin: Pin, *, weak_rsa: bool = False) -> Iterator[Application]:
    """Open the application that is meant, the user logged in."""
    with application_of(place, weak_rsa=weak_rsa) as application:
        user_in(application, place, pin)
        yield application


@contextlib.contextmanager
def container_in(place: Place, pin: Pin | None) -> Iterator[Container]:
    """Open the container that is meant, the only one where none is named.

    :param pin: of the user, who is logged in; None logs nobody in.
    """
    with application_of(place) as application:
        if pin is not None:
            user_in(application, place, pin)
        yield application.container(place.container_name(application))


def user_in(application: Application, place: Place, pin: Pin) -> None:
    """Log the user in, with the PIN that the URI names where no option does."""
    from gmpki.tokens.pins import pin_from_source

    named = getattr(place.uri, "pin_source", None)
    with naming_unblock():
        application.login(pin if named is None or pin.source.given else pin_from_source(named))


def check_usage(place: Place, usage: str) -> None:
    """Refuse a URI that says another usage than the command needs, before a PIN is tried.

    :param usage: "signing" or "encryption".
    :raises click.UsageError: when the URI says the other.
    """
    said = getattr(place.uri, "usage", None)
    if said is not None and said.value != usage:
        raise click.UsageError(f"this needs the {usage} pair, and the URI says usage={said.value}")
