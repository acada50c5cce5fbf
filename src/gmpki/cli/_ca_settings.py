"""``ca.toml``: what the directory of an authority says of itself. No password stands in it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gmpki.x509._toml_table import Table

__all__ = ["FILE_NAME", "CASettings", "KeyCentrePlace", "KeyPlace", "PublisherPlace", "read_settings"]

FILE_NAME = "ca.toml"
MAX_LEN = 1 << 20
MAX_URL_LEN = 1000
ROUTES = ("reviewed", "direct")


@dataclass(frozen=True)
class KeyPlace:
    """A private key and its certificate.

    :ivar key: a file, or the URI of a token.
    :ivar certificate: a file; "" where there is none.
    """

    key: str
    certificate: str = ""


@dataclass(frozen=True)
class PublisherPlace:
    """A place where certificates and lists are published: a directory of files, or a server of LDAP.

    :ivar password_env: the environment variable that has the password of the server.
    """

    directory: str = ""
    ldap: str = ""
    base: str = ""
    user: str = ""
    password_env: str = ""
    ca_file: str = ""
    start_tls: bool = False
    is_trusted_network: bool = False


@dataclass(frozen=True)
class KeyCentrePlace:
    """The key-management centre: one in the same database, or one elsewhere that is asked by signed messages.

    :ivar key: what opens the one in the database: a file, or the URI of a token; "" where shares do.
    :ivar low: fewer spare keys of SM2 than these, and the pool is to be filled; ``full`` is up to which.
    :ivar address: where messages to one elsewhere are posted; ``certificate`` is its own, ``party`` who asks.
    """

    key: str = ""
    low: int = 200
    full: int = 1000
    address: str = ""
    certificate: str = ""
    party: KeyPlace | None = None


@dataclass(frozen=True)
class CASettings:
    """What ``ca.toml`` says.

    :ivar database: an SQLAlchemy URL; a file of SQLite lies in the directory.
    :ivar ring: the key ring of the database.
    :ivar authority: whose certificates the registration office has issued; "" where there is no authority.
    :ivar login: what operators' programs know the place by.
    :ivar anchors: certificates of others below which operators' certificates may be.
    :ivar allow_local_operators: let whoever has the password of the directory act as any operator.
    :ivar audit: what seals the audit log; ``ocsp`` what answers about certificates, ``key_service`` what the
        key-management centre signs its messages with.
    :ivar routes: operation -> "reviewed" or "direct".
    """

    database: str = "sqlite:///ca.db"
    ring: str = "store.ring"
    authority: str = ""
    login: str = "gmpki-ca"
    anchors: tuple[str, ...] = ()
    allow_local_operators: bool = False
    publishers: Mapping[str, PublisherPlace] = field(default_factory=dict)
    key_centre: KeyCentrePlace | None = None
    audit: KeyPlace | None = None
    ocsp: KeyPlace | None = None
    key_service: KeyPlace | None = None
    renewal_months: int = 2
    retention_years: int = 10
    routes: Mapping[str, str] = field(default_factory=dict)

    def to_toml(self) -> str:
        """Return the text of the file."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "# A certification authority of gmpki. No password or PIN stands in this file."
        yield "# gmpki 认证机构目录的设置；口令与 PIN 不写入本文件。"
        names = ("database", "ring", "authority", "login", "anchors", "allow_local_operators")
        yield from _keys(self, names)
        for name, publisher in self.publishers.items():
            yield from ("", f"[publishers.{_quoted(name)}]", *_keys(publisher))
        if self.key_centre is not None:
            yield from ("", "[key_centre]", *_keys(self.key_centre))
            if self.key_centre.party is not None:
                yield from ("", "[key_centre.party]", *_keys(self.key_centre.party))
        for name in ("audit", "ocsp", "key_service"):
            place: KeyPlace | None = getattr(self, name)
            if place is not None:
                yield from ("", f"[{name}]", *_keys(place))
        yield from ("", "[office]", *_keys(self, ("renewal_months", "retention_years")))
        if self.routes:
            yield from (
                "",
                "[office.routes]",
                *(f"{_quoted(name)} = {_quoted(way)}" for name, way in self.routes.items()),
            )


def _keys(place: Any, names: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the lines of fields; without names all of them that do not say nothing."""
    for name in names or tuple(place.__dataclass_fields__):
        value = getattr(place, name)
        if isinstance(value, bool):
            if names or value:
                yield f"{name} = {str(value).lower()}"
        elif isinstance(value, int):
            yield f"{name} = {value}"
        elif isinstance(value, tuple):
            yield f"{name} = [{', '.join(map(_quoted, value))}]"
        elif isinstance(value, str) and (names or value):
            yield f"{name} = {_quoted(value)}"


def _quoted(text: str) -> str:
    """Write a basic string of TOML, whose escapes are those of JSON, and which holds no DEL as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_settings(folder: str) -> CASettings:
    """Read the file of a directory.

    :raises FileNotFoundError: when there is none.
    :raises ProfileError: when it is not as it should be; the message names the line.
    """
    from gmpki.errors import ProfileError
    from gmpki.x509._toml_table import read_toml

    path = os.path.join(folder, FILE_NAME)
    with open(path, "rb") as stream:
        data = stream.read(MAX_LEN + 1)
    if len(data) > MAX_LEN:
        raise ProfileError(f"{path} is longer than {MAX_LEN} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProfileError(f"{path} is no UTF-8: {error}") from None
    return _settings(read_toml(text, path))


def _settings(table: Table) -> CASettings:
    given: dict[str, Any] = {
        name: table.text(name, getattr(CASettings, name), max_len=MAX_URL_LEN)
        for name in ("database", "ring", "authority", "login")
    }
    given["anchors"] = table.items("anchors", str)
    given["allow_local_operators"] = table.boolean("allow_local_operators", default=False)
    publishers = table.table("publishers")
    if publishers is not None:
        given["publishers"] = {name: _publisher(each) for name, each in publishers.tables().items()}
    centre = table.table("key_centre")
    given["key_centre"] = None if centre is None else _key_centre(centre)
    for name in ("audit", "ocsp", "key_service"):
        given[name] = _key_place(table.table(name))
    office = table.table("office")
    if office is not None:
        given["renewal_months"] = office.number("renewal_months", 1, 120, 2)
        given["retention_years"] = office.number("retention_years", 10, 1000, 10)
        routes = office.table("routes")
        given["routes"] = {} if routes is None else routes.texts()
        for name, way in given["routes"].items():
            if way not in ROUTES:
                office.fail(f"the route of {name[:40]!r} is one of {', '.join(ROUTES)}, not {way[:40]!r}")
        office.end(("renewal_months", "retention_years", "routes"))
    table.end(tuple(CASettings.__dataclass_fields__))
    return CASettings(**given)


def _publisher(table: Table) -> PublisherPlace:
    texts = ("directory", "ldap", "base", "user", "password_env", "ca_file")
    flags = ("start_tls", "is_trusted_network")
    given: dict[str, Any] = {name: table.text(name, "", max_len=MAX_URL_LEN) for name in texts}
    given |= {name: table.boolean(name, default=False) for name in flags}
    if bool(given["directory"]) is bool(given["ldap"]):
        table.fail("a publisher has either a directory or the address of a server (ldap)")
    table.end((*texts, *flags))
    return PublisherPlace(**given)


def _key_centre(table: Table) -> KeyCentrePlace:
    texts = ("key", "address", "certificate")
    given: dict[str, Any] = {name: table.text(name, "", max_len=MAX_URL_LEN) for name in texts}
    given["low"] = table.number("low", 0, 10_000_000, 200)
    given["full"] = table.number("full", 1, 10_000_000, 1000)
    given["party"] = _key_place(table.table("party"))
    if given["low"] > given["full"]:
        table.fail("the low-water mark is above what the pool is filled to", "low")
    if given["address"] and (given["key"] or not given["certificate"] or given["party"] is None):
        table.fail("a centre elsewhere has an address, a certificate, and a party (key and certificate) that asks it")
    table.end((*texts, "low", "full", "party"))
    return KeyCentrePlace(**given)


def _key_place(table: Table | None) -> KeyPlace | None:
    if table is None:
        return None
    place = KeyPlace(table.text("key", max_len=MAX_URL_LEN), table.text("certificate", "", max_len=MAX_URL_LEN))
    table.end(("key", "certificate"))
    return place
