"""Certificates and revocation lists in an LDAP directory, with the attributes of RFC 4523.

==================== =============================================== ================================================
what                 entry below the base                            attribute
==================== =============================================== ================================================
issued certificates  ``uid=SUBJECT``, one for each subject           ``userCertificate;binary``, one value each
an authority's own   ``cn=AUTHORITY-GENERATION``                     ``cACertificate;binary``
the list of part 0   the same                                        ``certificateRevocationList;binary``
the list of part 1.. ``cn=PART,cn=AUTHORITY-GENERATION``             ``certificateRevocationList;binary``
delta lists          as the complete ones                            ``deltaRevocationList;binary``
==================== =============================================== ================================================

``SUBJECT`` is the beginning of SM3 of the DER of the subject, 32 digits, so that no name is ever taken for
another; the common name stands in ``cn``, by which people search. An integrator whose directory is laid out otherwise
passes a function that names the entries. The base itself has to be there.
"""

from __future__ import annotations

import contextlib
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from gmpki._inputs import as_text, function, member, number
from gmpki.algorithms import sm3
from gmpki.ca.interfaces import PublicationKind, Published
from gmpki.ca.publication.directory import publisher_name
from gmpki.errors import GmpkiError, InvalidInputError, PublicationError, UnsupportedPlatform
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["LDAPPublisher", "LDAPServer"]

_USER: Final = "userCertificate;binary"
_AUTHORITY: Final = "cACertificate;binary"
_LIST: Final = "certificateRevocationList;binary"
_DELTA: Final = "deltaRevocationList;binary"
_PERSON_CLASSES: Final = ("inetOrgPerson", "pkiUser")
_AUTHORITY_CLASSES: Final = ("applicationProcess", "pkiCA", "deltaCRL")
_POINT_CLASSES: Final = ("cRLDistributionPoint",)
_SUBJECT_DIGITS: Final = 32
_PAGE_LEN: Final = 500
_MAX_TIMEOUT_S: Final = 600
# Result codes, RFC 4511 4.1.9.
_SUCCESS: Final = 0
_VALUE_EXISTS: Final = 20
_NO_SUCH_OBJECT: Final = 32
_ENTRY_EXISTS: Final = 68


@dataclass(frozen=True, slots=True)
class LDAPServer:
    """How a directory is reached. Immutable.

    :ivar uri: ``ldaps://host[:port]``, ``ldap://host[:port]`` or, on this machine, ``ldapi:///path`` with the path
        percent-encoded.
    :ivar user: the name of the entry that is written as; "" for nobody.
    :ivar password: its password.
    :ivar start_tls: begin TLS on an ``ldap://`` connection before anything is said.
    :ivar ca_file: the certificates that the server's is checked against, PEM; None is those of the system. The server's
        name is checked as well.
    :ivar is_trusted_network: send a password without TLS.
    :ivar timeout_s: for connecting and for every answer, 1 to 600 seconds.
    """

    uri: str
    user: str = ""
    password: str = field(default="", repr=False)
    start_tls: bool = False
    ca_file: str | None = None
    is_trusted_network: bool = False
    timeout_s: int = 30

    def __post_init__(self) -> None:
        """Check the values.

        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when the URI is not one of those, TLS is begun twice, or a password would cross the
            network in clear.
        """
        for name in ("uri", "user", "password"):
            as_text(getattr(self, name), name)
        if self.ca_file is not None:
            as_text(self.ca_file, "ca_file")
        number(self.timeout_s, 1, _MAX_TIMEOUT_S, "timeout_s")
        try:
            parts = urlsplit(self.uri)
            is_known = parts.scheme in ("ldap", "ldaps", "ldapi") and (parts.port or 1) > 0
        except ValueError:
            is_known = False
        if not is_known or not (parts.hostname or parts.scheme == "ldapi") or "@" in parts.netloc:
            raise InvalidInputError("the address of a directory is ldap://host, ldaps://host or ldapi:///path")
        if self.start_tls and parts.scheme != "ldap":
            raise InvalidInputError("start_tls is for ldap:// addresses")
        is_private = parts.scheme != "ldap" or self.start_tls or self.is_trusted_network
        if self.password and not is_private:
            raise InvalidInputError("a password is not sent in clear: use ldaps:// or start_tls")


class LDAPPublisher:
    """A directory that certificates and lists are published in. Thread-safe; every call is a connection of its own.

    :param base: the name of the entry below which everything is.
    :param entry_of: returns the name of the entry for something, in place of those above; the entries have to be there
        already then.
    :param name: of the publisher.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when the base is empty, or the name none of a publisher.
    """

    def __init__(
        self,
        server: LDAPServer,
        base: str,
        *,
        entry_of: Callable[[Published], str] | None = None,
        name: str = "ldap",
    ) -> None:
        member(server, LDAPServer, "server")
        if not as_text(base, "base"):
            raise InvalidInputError("the base is the name of an entry")
        if entry_of is not None:
            function(entry_of, "entry_of")
        self._server = server
        self._base = base
        self._entry_of = entry_of
        self._name = publisher_name(name)

    @property
    def name(self) -> str:
        """What the place is called."""
        return self._name

    def publish(self, what: Published) -> None:
        """Write a certificate or list into its entry, which is made when it is not there.

        :raises PublicationError: when the directory cannot be reached or refuses.
        :raises UnsupportedPlatform: when ldap3 is not installed: the extra ``ldap``.
        :raises InvalidTypeError: when it is no :class:`~gmpki.ca.interfaces.Published`.
        """
        attribute = _attribute(what)
        with self._connection() as connection:
            if self._entry_of is None:
                self._make_entry(connection, what)
            # An entry holds all certificates of a subject, but one list of each kind.
            operation = "MODIFY_ADD" if attribute == _USER else "MODIFY_REPLACE"
            connection.modify(self._entry(what), {attribute: [(operation, [what.content])]})
            self._check(connection, _SUCCESS, _VALUE_EXISTS)

    def find(self, what: Published) -> bytes | None:
        """Return what is in the entry; None when nothing is.

        :raises PublicationError: when the directory cannot be reached or refuses.
        :raises UnsupportedPlatform: when ldap3 is not installed: the extra ``ldap``.
        :raises InvalidTypeError: when it is no :class:`~gmpki.ca.interfaces.Published`.
        """
        attribute = _attribute(what)
        with self._connection() as connection:
            connection.search(self._entry(what), "(objectClass=*)", search_scope="BASE", attributes=[attribute])
            if not self._check(connection, _SUCCESS, _NO_SUCH_OBJECT) or not connection.response:
                return None
            values = _values(connection.response[0], attribute)
        if attribute != _USER:
            return values[0] if values else None
        return next((value for value in values if _is_of_same_number(_read(value), what.certificate)), None)

    def serial_numbers(self, authority: str) -> Iterator[int]:
        """Yield the serial numbers of the issued certificates that are there, of every authority that publishes here.

        :param authority: not used: an entry does not say whose certificates it has.
        :raises PublicationError: when the directory cannot be reached or refuses.
        :raises UnsupportedPlatform: when ldap3 is not installed: the extra ``ldap``.
        """
        as_text(authority, "authority")
        with self._connection() as connection:
            found = connection.extend.standard.paged_search(
                self._base, f"({_USER}=*)", attributes=[_USER], paged_size=_PAGE_LEN, generator=True
            )
            for entry in found:
                for certificate in map(_read, _values(entry, _USER)):
                    if certificate is not None:
                        yield certificate.serial_number

    # ---- entries ----------------------------------------------------------------------------
    def _entry(self, what: Published) -> str:
        if self._entry_of is not None:
            return as_text(self._entry_of(what), "the name of an entry")
        if what.kind == PublicationKind.CERTIFICATE:
            return f"uid={_subject_id(what)},{self._base}"
        entry = self._authority_entry(what)
        return f"cn={what.part},{entry}" if what.part else entry

    def _authority_entry(self, what: Published) -> str:
        from ldap3.utils.dn import escape_rdn  # type: ignore[import-untyped]

        return f"cn={escape_rdn(f'{what.authority}-{what.generation}')},{self._base}"

    def _make_entry(self, connection: Any, what: Published) -> None:
        if what.kind == PublicationKind.CERTIFICATE:
            name = _common_name(what)
            values = {"uid": _subject_id(what), "cn": name, "sn": name}
            self._add(connection, self._entry(what), _PERSON_CLASSES, values)
            return
        own = {"cn": f"{what.authority}-{what.generation}"}
        self._add(connection, self._authority_entry(what), _AUTHORITY_CLASSES, own)
        if what.part:
            self._add(connection, self._entry(what), _POINT_CLASSES, {"cn": str(what.part)})

    def _add(self, connection: Any, entry: str, classes: tuple[str, ...], values: dict[str, str]) -> None:
        connection.add(entry, list(classes), values)
        self._check(connection, _SUCCESS, _ENTRY_EXISTS)

    # ---- connections ------------------------------------------------------------------------
    @contextlib.contextmanager
    def _connection(self) -> Iterator[Any]:
        ldap3 = _library()
        how = self._server
        with self._errors():
            tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=how.ca_file, version=ssl.PROTOCOL_TLS_CLIENT)
            server = ldap3.Server(how.uri, tls=tls, connect_timeout=how.timeout_s, get_info=ldap3.NONE)
            connection = ldap3.Connection(
                server,
                how.user or None,
                how.password or None,
                auto_bind=ldap3.AUTO_BIND_NONE,
                receive_timeout=how.timeout_s,
                auto_referrals=False,
                check_names=False,
            )
            try:
                connection.open()
                if how.start_tls and not connection.start_tls():
                    raise PublicationError(f"{self._name}: the directory does not begin TLS")
                connection.bind()
                self._check(connection, _SUCCESS)
                yield connection
            finally:
                # What went wrong before is what the caller is told, not that there is nothing to take leave of.
                with contextlib.suppress(ldap3.core.exceptions.LDAPException, OSError):
                    connection.unbind()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        from ldap3.core.exceptions import LDAPException  # type: ignore[import-untyped]

        try:
            yield
        except (LDAPException, OSError) as error:
            raise PublicationError(f"{self._name}: {error}") from error

    def _check(self, connection: Any, *good: int) -> bool:
        """Return whether the last operation found its entry.

        :raises PublicationError: when its result is none of the good ones.
        """
        result = connection.result
        if result["result"] not in good:
            raise PublicationError(f"{self._name}: {result['description']} {result['message']}".rstrip())
        return bool(result["result"] == _SUCCESS)


def _library() -> Any:
    try:
        import ldap3  # type: ignore[import-untyped]
    except ImportError:
        raise UnsupportedPlatform("directories need ldap3: install gmpki[ldap]") from None
    return ldap3


def _attribute(what: Published) -> str:
    member(what, Published, "what is published")
    if what.kind == PublicationKind.CRL:
        return _DELTA if what.is_delta else _LIST
    return _AUTHORITY if what.kind == PublicationKind.AUTHORITY else _USER


def _subject_id(what: Published) -> str:
    if what.certificate is None:
        raise InvalidInputError("a certificate to be published is missing")
    return sm3.digest(what.certificate.subject.to_der()).hex()[:_SUBJECT_DIGITS]


def _common_name(what: Published) -> str:
    return (what.certificate is not None and what.certificate.subject.get("CN")) or "-"


def _values(entry: Any, attribute: str) -> list[bytes]:
    found = entry.get("raw_attributes", {})
    return [bytes(value) for name, values in found.items() if name.lower() == attribute.lower() for value in values]


def _read(value: bytes) -> Certificate | None:
    try:
        return Certificate.from_der(value)
    except GmpkiError:
        return None


def _is_of_same_number(one: Certificate | None, other: Certificate | None) -> bool:
    if one is None or other is None:
        return False
    return one.serial_number == other.serial_number and one.issuer == other.issuer
