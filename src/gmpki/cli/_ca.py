"""What the commands about an authority share: its directory, what is opened of it, who acts.

A command takes ``place``, which :func:`ca_options` gives it, and works within ``with place.open() as ca``. Everything
of :class:`OpenCA` but the database is opened when it is first asked for.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gmpki.cli import _io, _keys
from gmpki.cli._ca_settings import CASettings, read_settings
from gmpki.cli._files import INPUT
from gmpki.cli._options import together
from gmpki.cli._secrets import RememberedSecret, SecretSource, secret_options
from gmpki.cli._token import is_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gmpki.ca.authority.authority import Authority
    from gmpki.ca.authority.signer import AuthoritySigner
    from gmpki.ca.interfaces import Actor, KeyCentre, Publisher
    from gmpki.ca.kmc.centre import KeyManagementCentre
    from gmpki.ca.kmc.shares import Share
    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration.office import RegistrationOffice
    from gmpki.ca.store.store import Store
    from gmpki.cli._ca_settings import KeyCentrePlace, KeyPlace, PublisherPlace
    from gmpki.keys.interfaces import Signer
    from gmpki.protect.keys import KeyRing
    from gmpki.x509.certificate import Certificate

__all__ = [
    "CAPlace",
    "OpenCA",
    "Who",
    "authority_option",
    "ca_options",
    "counting",
    "read_certificate",
    "read_ring",
    "require_library",
    "scheduled_option",
    "share_options",
    "yes_option",
]

Result = TypeVar("Result")

MAX_SHARE_LEN = 4096
PROGRESS_FROM = 1000  # fewer are done before a bar says anything
MAX_CERTIFICATES_LEN = 1 << 22
FOUNDER = "founder"  # who acts before there are operators

scheduled_option = click.option(
    "--scheduled", is_flag=True, help="Act as the system itself, for timers: nobody logs in."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask before what cannot be undone.")
authority_option = click.option(
    "--authority", metavar="NAME", help="Which authority in the database.  [default: that of ca.toml]"
)
share_options = together(
    click.option(
        "--share",
        "shares",
        type=INPUT,
        multiple=True,
        metavar="FILE",
        help="A custodian's share of the key-management centre's master key. Several times.",
    ),
    click.option(
        "--share-password-env",
        multiple=True,
        metavar="NAME",
        help="An environment variable with the password of each share, in their order.  [default: they are asked for]",
    ),
)


@dataclass(frozen=True)
class Who:
    """Who acts, as the command line says.

    :ivar key: of an operator: a file, or the URI of a token.
    :ivar certificate: a file; None takes the one in the token.
    :ivar name: of an operator who does not prove it.
    """

    key: str | None
    certificate: str | None
    password: SecretSource
    name: str | None


@dataclass(frozen=True)
class CAPlace:
    """Where an authority is, and what opens it.

    :ivar password: of the key ring and of the key files in the directory.
    :ivar pin: of the tokens in which keys of the authority are, where their URIs do not say it.
    """

    folder: str
    password: RememberedSecret
    pin: RememberedSecret
    who: Who
    shares: tuple[str, ...] = ()
    share_passwords: tuple[str, ...] = ()

    @contextlib.contextmanager
    def open(self) -> Iterator[OpenCA]:
        """Open the database.

        :raises FileNotFoundError: when there is no ``ca.toml``.
        :raises ProfileError: when that is not as it should be.
        :raises GmpkiError: what opening a key ring and a store raises.
        """
        require_library()
        from gmpki.ca.store.store import Store

        settings = read_settings(self.folder)
        with contextlib.ExitStack() as stack:
            ring = self.read_ring(settings)
            store = stack.enter_context(Store.open(self.database_url(settings), ring))
            yield OpenCA(self, settings, store, stack)

    def read_ring(self, settings: CASettings) -> KeyRing:
        """Open the key ring of the database."""
        return read_ring(self.path(settings.ring), self.password)

    def path(self, name: str) -> str:
        """Return the path of what ``ca.toml`` names; URIs of tokens stay."""
        return name if is_token(name) else os.path.join(self.folder, name)

    def database_url(self, settings: CASettings) -> str:
        """Return the address of the database; a relative file of SQLite lies in the directory."""
        scheme, separator, path = settings.database.partition(":///")
        if separator and scheme.partition("+")[0] == "sqlite" and path and not path.startswith("/"):
            return f"{scheme}:///{os.path.abspath(os.path.join(self.folder, path))}"
        return settings.database

    def private_key(self, name: str) -> Any:
        """Open a private key that signs."""
        return self.signer(name).signer

    def signer(self, name: str) -> AuthoritySigner:
        """Open a private key that signs, and say where it is."""
        from gmpki.ca.authority.signer import AuthoritySigner

        if is_token(name):
            from gmpki.cli._token_key import open_token_key

            found = open_token_key(name, self.pin, "signing")
            return AuthoritySigner(found.key, found.device, name)
        key: Any = _keys.load_private(_keys.read_key_file(self.path(name)), self.password, self.path(name))
        return AuthoritySigner(key, None, name)

    def decryptor(self, name: str) -> Any:
        """Open a private key that decrypts."""
        if is_token(name):
            from gmpki.cli._token_key import open_token_key

            return open_token_key(name, self.pin, "encryption").key
        return _keys.load_private(_keys.read_key_file(self.path(name)), self.password, self.path(name))

    def certificate(self, name: str) -> Certificate:
        """Read a certificate."""
        return read_certificate(self.path(name))

    def read_shares(self) -> list[Share]:
        """Read the shares that were named, each with its password.

        :raises click.UsageError: when there are fewer passwords than shares, and some.
        """
        from gmpki.ca.kmc.shares import Share

        if self.share_passwords and len(self.share_passwords) != len(self.shares):
            raise click.UsageError("give --share-password-env once for each --share, or not at all")
        found = []
        for index, path in enumerate(self.shares):
            name = self.share_passwords[index] if self.share_passwords else None
            source = SecretSource("share-password", name, None, None)
            data = _io.read_input(path, max_len=MAX_SHARE_LEN)
            found.append(Share.from_encrypted(data, source.read(f"份额口令 Password of the share {path}")))
        return found


class OpenCA:
    """An authority whose database is open.

    :ivar settings: what ``ca.toml`` says.
    :ivar store: the database.
    """

    def __init__(self, place: CAPlace, settings: CASettings, store: Store, stack: contextlib.ExitStack) -> None:
        self.place = place
        self.settings = settings
        self.store = store
        self._stack = stack

    # ---- who acts ---------------------------------------------------------------------------
    @functools.cached_property
    def operator(self) -> Operator:
        """Who acts: whoever logs in with the key that was named.

        :raises click.UsageError: when nobody was named, or somebody without a proof and ``ca.toml`` does not allow
            that.
        :raises LoginError: when the login is refused.
        """
        from gmpki.cli._ca_login import local_operator, log_in

        who = self.place.who
        if who.name is not None:
            if not self.settings.allow_local_operators:
                raise click.UsageError(
                    "--as is for development, where ca.toml says allow_local_operators = true; "
                    "log in with --operator-key"
                )
            return local_operator(self.store, who.name)
        if who.key is None:
            raise click.UsageError("say who acts: --operator-key FILE|URI with --operator-certificate FILE")
        key, certificate = open_operator_key(who)
        anchors = [each for name in self.settings.anchors for each in read_certificates(self.place.path(name))]
        return log_in(self.store, self.settings.login, key, certificate, anchors)

    def acting(self, operation: str, *, scheduled: bool = False) -> Actor:
        """Return who does something that concerns all regions, after demanding that they may.

        Before there are operators, whoever has the password of the directory may do everything.

        :param operation: one of :data:`gmpki.ca.operators.permissions.OPERATIONS`.
        :param scheduled: whether the system does it by itself.
        :raises NotPermittedError: when they may not.
        """
        from sqlalchemy import select

        from gmpki.ca.interfaces import SYSTEM, Actor
        from gmpki.ca.operators.operators import demand
        from gmpki.ca.operators.permissions import permission_for
        from gmpki.ca.store.schema import operators

        if scheduled:
            return SYSTEM
        with self.store.reading() as connection:
            # Whether there is any, and no more: a changed row of somebody else keeps no auditor from the log.
            if connection.scalar(select(operators.c.id).limit(1)) is None:
                return Actor(FOUNDER)
        operator = self.operator
        with self.store.reading() as connection:
            protection = self.store.protection
            demand(operator, permission_for(operation), region_id=None, connection=connection, protection=protection)
        return operator.actor

    # ---- what there is ----------------------------------------------------------------------
    def authority_names(self) -> list[str]:
        """Return the names of the authorities in the database."""
        from gmpki.cli._ca_login import authority_names

        return authority_names(self.store)

    def authority(self, name: str | None = None, *, signs: bool = False, keys: bool = False) -> Authority:
        """Open an authority.

        :param name: None is that of ``ca.toml``.
        :param signs: with its private keys, as far as they are where the database says.
        :param keys: with the key-management centre.
        :raises click.UsageError: when there is none.
        :raises GmpkiError: what opening keys and the authority raises.
        """
        from gmpki.ca.authority.authority import Authority

        name = self._authority_name(name)
        centre = self.key_centre if keys and self.settings.key_centre is not None else None
        if not signs:
            return Authority.open(self.store, name, key_centre=centre)
        places = [each.signer for each in Authority.open(self.store, name).generations if each.signer]
        return Authority.open(self.store, name, self._signers(places), key_centre=centre)

    def _authority_name(self, name: str | None) -> str:
        name = name or self.settings.authority
        if not name:
            raise click.UsageError("ca.toml names no authority: say which one")
        return name

    def _signers(self, places: list[str]) -> list[AuthoritySigner]:
        """Open keys but those in files that were taken away, as a root's is; what needs one then says which."""
        here = [name for name in places if is_token(name) or os.path.exists(self.place.path(name))]
        return [self.place.signer(name) for name in here]

    def office(self, *, issues: bool = False, retires: bool = False) -> RegistrationOffice:
        """Open the registration office over the authority of ``ca.toml``.

        :param issues: whether certificates are to be issued or keys recovered, for which private keys are opened.
        :param retires: whether pairs may end, whose encryption keys then retire at the key-management centre.
        """
        from gmpki.ca.registration.office import RegistrationOffice
        from gmpki.ca.registration.settings import OfficeSettings, Route
        from gmpki.ca.registration.states import Operation

        operations = {each.value: each for each in Operation}
        unknown = [name for name in self.settings.routes if name not in operations]
        if unknown:
            raise click.UsageError(f"ca.toml: office.routes has no operation {unknown[0][:40]!r}")
        routes = {operations[name]: Route(way) for name, way in self.settings.routes.items()}
        settings = OfficeSettings(routes, self.settings.renewal_months, self.settings.retention_years)
        backend = self.authority(signs=issues, keys=issues)
        centre = self.key_centre if (issues or retires) and self.settings.key_centre is not None else None
        return RegistrationOffice(self.store, backend, keys=centre, settings=settings)

    @functools.cached_property
    def key_centre(self) -> KeyCentre:
        """The key-management centre, unlocked.

        :raises click.UsageError: when ``ca.toml`` names none, or its master key is in shares and none were named.
        """
        place = self._key_centre_place()
        if not place.address:
            return self.local_key_centre
        from gmpki.ca.kmc.remote import RemoteKeyCentre

        party = self.party(place.party)
        return RemoteKeyCentre(place.address, self.settings.authority, party, self.place.certificate(place.certificate))

    @functools.cached_property
    def local_key_centre(self) -> KeyManagementCentre:
        """The key-management centre in this database, unlocked.

        :raises click.UsageError: also when it is elsewhere.
        """
        from gmpki.ca.kmc.centre import KeyManagementCentre
        from gmpki.ca.kmc.pool import PoolLevel

        place = self._key_centre_place()
        if place.address:
            raise click.UsageError("the key-management centre is not in this database")
        if not place.key and not self.place.shares:
            raise click.UsageError(
                "the master key of the key-management centre is in shares: give --share FILE for each"
            )
        unlocker: Any = self.place.decryptor(place.key) if place.key else self.place.read_shares()
        levels = {"SM2": PoolLevel(place.low, place.full)}
        return self._stack.enter_context(KeyManagementCentre.open(self.store, unlocker, levels=levels))

    def _key_centre_place(self) -> KeyCentrePlace:
        if self.settings.key_centre is None:
            raise click.UsageError("there is no key-management centre: gmpki kmc init makes one")
        return self.settings.key_centre

    def party(self, place: KeyPlace | None) -> Any:
        """Open what signs messages between authority and key-management centre.

        :raises click.UsageError: when ``ca.toml`` does not name it.
        """
        from gmpki.ca.kmc.messages import Party

        if place is None:
            raise click.UsageError("ca.toml does not say what signs the messages: [key_service] key, certificate")
        return Party(self.place.private_key(place.key), self.place.certificate(place.certificate))

    @functools.cached_property
    def publishers(self) -> list[Publisher]:
        """The places where certificates and lists are published."""
        return [self._publisher(name, place) for name, place in self.settings.publishers.items()]

    def _publisher(self, name: str, place: PublisherPlace) -> Publisher:
        if place.directory:
            from gmpki.ca.publication.directory import DirectoryPublisher

            return DirectoryPublisher(self.place.path(place.directory), name=name)
        from gmpki.ca.publication.ldap import LDAPPublisher, LDAPServer

        password = ""
        if place.password_env:
            given = os.environ.get(place.password_env)
            if given is None:
                raise click.UsageError(
                    f"the environment has no variable {place.password_env}, the password of the publisher {name}"
                )
            password = given
        server = LDAPServer(
            place.ldap,
            place.user,
            password,
            start_tls=place.start_tls,
            ca_file=self.place.path(place.ca_file) if place.ca_file else None,
            is_trusted_network=place.is_trusted_network,
        )
        return LDAPPublisher(server, place.base, name=name)

    @functools.cached_property
    def audit_signer(self) -> Signer:
        """The key that seals the audit log.

        :raises click.UsageError: when ``ca.toml`` names none.
        """
        if self.settings.audit is None:
            raise click.UsageError("ca.toml does not say what seals the audit log: [audit] key")
        signer: Signer = self.place.private_key(self.settings.audit.key)
        return signer


# ---- options --------------------------------------------------------------------------------
def ca_options(*, acts: bool = True, shares: bool = False) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Add where the authority is and what opens it; the command gets one :class:`CAPlace` as ``place``.

    :param acts: whether somebody has to be logged in, and add how.
    :param shares: whether the key-management centre is opened, which shares may be needed for.
    """

    def decorate(command: Callable[..., Result]) -> Callable[..., Result]:
        @functools.wraps(command)
        def run(**parameters: Any) -> Result:
            nobody = SecretSource("operator-password", None, None, None)
            who = Who(
                parameters.pop("operator_key", None),
                parameters.pop("operator_certificate", None),
                parameters.pop("operator_password", nobody),
                parameters.pop("act_as", None),
            )
            place = CAPlace(
                parameters.pop("ca"),
                RememberedSecret.of(parameters.pop("password")),
                RememberedSecret.of(parameters.pop("pin")),
                who,
                parameters.pop("shares", ()),
                parameters.pop("share_password_env", ()),
            )
            return command(place=place, **parameters)

        options = [_place_options]
        if acts:
            options.append(_acting_options)
        if shares:
            options.append(share_options)
        decorated: Callable[..., Result] = together(*options)(run)
        return decorated

    return decorate


_place_options = together(
    click.option(
        "--ca", type=INPUT, default=".", show_default=True, envvar="GMPKI_CA", metavar="DIR", help="Its directory."
    ),
    secret_options("password", "the password of the directory"),
    secret_options("pin", "the PIN of tokens in which its keys are"),
)
_acting_options = together(
    click.option(
        "--operator-key",
        type=INPUT,
        envvar="GMPKI_OPERATOR_KEY",
        metavar=_keys.PRIVATE,
        help="The key that you log in with.",
    ),
    click.option(
        "--operator-certificate",
        type=INPUT,
        envvar="GMPKI_OPERATOR_CERTIFICATE",
        metavar="FILE",
        help="Your certificate.  [default: the one in the token]",
    ),
    secret_options("operator-password", "the password of your key", of_token=True),
    click.option(
        "--as",
        "act_as",
        envvar="GMPKI_OPERATOR",
        metavar="NAME",
        help="Act as an operator without logging in, where ca.toml allows that for development.",
    ),
)


@contextlib.contextmanager
def counting(label: str) -> Iterator[Callable[[int, int], None]]:
    """Give what is told how many of how many are done. Where there are many and a person is there, a progress bar goes
    to standard error.
    """
    with contextlib.ExitStack() as stack:
        bars: list[Any] = []
        shown = 0

        def tell(done: int, total: int) -> None:
            nonlocal shown
            if total < PROGRESS_FROM or not sys.stderr.isatty():
                return
            if not bars:
                bars.append(stack.enter_context(click.progressbar(length=total, label=label, file=sys.stderr)))
            bars[0].update(done - shown)
            shown = done

        yield tell


# ---- opening --------------------------------------------------------------------------------
def require_library() -> None:
    """See that SQLAlchemy is there.

    :raises UnsupportedPlatform: when it is not.
    """
    try:
        import sqlalchemy  # noqa: F401
    except ImportError:
        from gmpki.errors import UnsupportedPlatform

        raise UnsupportedPlatform('this needs SQLAlchemy: install "gmpki[ca]"') from None


def read_ring(path: str, password: SecretSource) -> KeyRing:
    """Open a key ring with the password of the directory."""
    from gmpki.errors import DecryptionError
    from gmpki.protect.keys import KeyRing

    try:
        return KeyRing.load(path, password.read("CA 目录口令 Password of the directory of the authority"))
    except DecryptionError as error:
        error.args = (f"{path}: the password is wrong, or the file is damaged",)
        raise


def read_certificate(path: str) -> Certificate:
    """Read the one certificate of a file."""
    from gmpki.cli._io import read_input
    from gmpki.x509.certificate import load_certificate

    return load_certificate(read_input(path, max_len=MAX_CERTIFICATES_LEN))


def read_certificates(path: str) -> tuple[Certificate, ...]:
    """Read all certificates of a file."""
    from gmpki.cli._io import read_input
    from gmpki.x509.certificate import load_certificates

    return load_certificates(read_input(path, max_len=MAX_CERTIFICATES_LEN))


def open_operator_key(who: Who) -> tuple[Signer, Certificate]:
    """Open what an operator logs in with.

    :raises click.UsageError: when there is no certificate.
    """
    assert who.key is not None  # noqa: S101 - asked before
    key: Any
    certificate: Certificate | None = None
    if is_token(who.key):
        from gmpki.cli._token_key import open_token_key

        found = open_token_key(who.key, who.password, "signing")
        key, certificate = found.key, found.certificate
    else:
        key = _keys.load_private(_keys.read_key_file(who.key), who.password, who.key)
    if who.certificate is not None:
        certificate = read_certificate(who.certificate)
    if certificate is None:
        raise click.UsageError("give --operator-certificate FILE: there is none beside the key")
    return key, certificate
