"""Certificates and lists in a directory: a real slapd is written to and read from."""

from __future__ import annotations

import gc
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from ca import slapd
from certified import DAY, NOW, certify
from gmpki.ca.interfaces import PublicationKind, Published, Publisher
from gmpki.ca.publication.ldap import LDAPPublisher, LDAPServer
from gmpki.errors import InvalidInputError, InvalidTypeError, PublicationError
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.x509.certificate import Certificate
from gmpki.x509.crl_builder import CRLBuilder, Revocation
from gmpki.x509.names import build_name

KEY = SM2PrivateKey.generate()
ROOT = build_name(("C", "CN"), ("O", "示例CA"), ("CN", "示例根"))
AUTHORITY = certify(ROOT, KEY.public_key, ROOT, KEY)


def certificate(name: str, serial_number: int) -> Certificate:
    subject = build_name(("C", "CN"), ("CN", name))
    return certify(subject, SM2PrivateKey.generate().public_key, ROOT, KEY, serial_number=serial_number)


def issued(name: str, serial_number: int) -> Published:
    made = certificate(name, serial_number)
    return Published(PublicationKind.CERTIFICATE, "a", 1, lambda: iter((made.to_der(),)), certificate=made)


def authority(generation: int = 1) -> Published:
    content = AUTHORITY.to_der()
    return Published(PublicationKind.AUTHORITY, "a", generation, lambda: iter((content,)), certificate=AUTHORITY)


def crl(number: int, *, part: int = 0, is_delta: bool = False, name: str = "a") -> Published:
    builder = CRLBuilder(
        issuer=ROOT,
        this_update=NOW,
        next_update=NOW + DAY,
        number=number,
        delta_base=number - 1 if is_delta else None,
        entries=[Revocation(number, NOW)],
    )
    content = builder.sign(KEY).to_der()
    halves = (content[:100], content[100:])
    return Published(PublicationKind.CRL, name, 1, lambda: iter(halves), part=part, is_delta=is_delta)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slapd.Slapd]:
    program = slapd.program()
    if program is None:
        pytest.skip(slapd.ABSENT)
    folder = tmp_path_factory.mktemp("slapd")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    command += ["-keyout", str(folder / "server.key"), "-out", str(folder / "server.pem")]
    subprocess.run(command, check=True, capture_output=True)
    made = slapd.Slapd(program, folder)
    made.ca_file = folder / "server.pem"
    made.start()
    yield made
    made.stop()


@pytest.fixture
def sockets_are_collected() -> Iterator[None]:
    """Collect, while the warning is off, the sockets that ldap3 leaves behind when it cannot connect or begin TLS."""
    yield
    gc.collect()


@pytest.fixture
def publisher(server: slapd.Slapd) -> LDAPPublisher:
    reached = LDAPServer(server.uri, slapd.USER, slapd.PASSWORD, is_trusted_network=True, timeout_s=10)
    return LDAPPublisher(reached, slapd.BASE)


pytestmark = [
    pytest.mark.once,
    # ldap3 2.9.1 uses names that its ASN.1 library has renamed, and a function of ssl that Python 3.12 dropped.
    pytest.mark.filterwarnings("ignore:ssl.match_hostname:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:(tagMap|typeMap) is deprecated:DeprecationWarning"),
]


class TestRoundTrips:
    def test_it_is_a_publisher(self, publisher: LDAPPublisher) -> None:
        assert isinstance(publisher, Publisher)
        assert publisher.name == "ldap"

    def test_certificate(self, publisher: LDAPPublisher) -> None:
        what = issued("张三", 0x11)
        assert publisher.find(what) is None
        publisher.publish(what)
        assert publisher.find(what) == what.content
        publisher.publish(what)  # to do it twice does no harm
        assert list(publisher.serial_numbers("a")).count(0x11) == 1

    def test_the_certificates_of_one_subject_share_an_entry(self, publisher: LDAPPublisher) -> None:
        signing, encryption, other = issued("李四", 0x21), issued("李四", 0x22), issued("李四", 0x23)
        publisher.publish(signing)
        publisher.publish(encryption)
        assert publisher.find(signing) == signing.content
        assert publisher.find(encryption) == encryption.content
        assert publisher.find(other) is None
        assert {0x21, 0x22} <= set(publisher.serial_numbers("a"))

    @pytest.mark.parametrize("name", ["a,b=c", "a+b", '"#;<>\\', " 王 ", "=", "*)(uid=*"])
    def test_names_full_of_signs(self, publisher: LDAPPublisher, name: str) -> None:
        what = issued(name, 0x31)
        publisher.publish(what)
        assert publisher.find(what) == what.content

    @pytest.mark.parametrize("name", ["a", "示例", "a,b", "x=y+z", "#1"])
    def test_lists_take_the_place_of_those_before(self, publisher: LDAPPublisher, name: str) -> None:
        for number in (1, 2):
            what = crl(number, name=name)
            publisher.publish(what)
            assert publisher.find(what) == what.content

    def test_complete_lists_deltas_and_parts_are_apart(self, publisher: LDAPPublisher) -> None:
        different = [crl(5), crl(6, is_delta=True), crl(7, part=1), crl(8, part=2), crl(9, part=2, is_delta=True)]
        for what in different:
            publisher.publish(what)
        assert [publisher.find(what) for what in different] == [what.content for what in different]

    def test_the_certificates_of_authorities(self, publisher: LDAPPublisher) -> None:
        publisher.publish(authority())
        assert publisher.find(authority()) == AUTHORITY.to_der()
        assert publisher.find(authority(generation=2)) is None

    def test_entries_named_by_the_integrator(self, server: slapd.Slapd, publisher: LDAPPublisher) -> None:
        what = issued("王五", 0x41)
        publisher.publish(what)
        entries = {}

        def entry_of(asked: Published) -> str:
            entries[asked.certificate.serial_number] = True  # type: ignore[union-attr]
            return publisher._entry(what)

        reached = LDAPServer(server.uri, slapd.USER, slapd.PASSWORD, is_trusted_network=True)
        own = LDAPPublisher(reached, slapd.BASE, entry_of=entry_of)
        assert own.find(what) == what.content
        another = issued("赵六", 0x42)
        own.publish(another)
        assert own.find(another) == another.content
        assert entries == {0x41: True, 0x42: True}


class TestTLS:
    def test_start_tls(self, server: Any) -> None:
        safe = LDAPServer(server.uri, slapd.USER, slapd.PASSWORD, start_tls=True, ca_file=str(server.ca_file))
        what = issued("孙七", 0x51)
        LDAPPublisher(safe, slapd.BASE).publish(what)
        assert LDAPPublisher(safe, slapd.BASE).find(what) == what.content

    @pytest.mark.usefixtures("sockets_are_collected")
    def test_a_server_that_nobody_vouches_for(self, server: Any) -> None:
        unknown = LDAPServer(server.uri, slapd.USER, slapd.PASSWORD, start_tls=True)
        with pytest.raises(PublicationError, match="certificate"):
            LDAPPublisher(unknown, slapd.BASE).find(crl(1))

    @pytest.mark.usefixtures("sockets_are_collected")
    def test_a_server_of_another_name(self, server: Any) -> None:
        uri = server.uri.replace("127.0.0.1", "localhost")
        other = LDAPServer(uri, slapd.USER, slapd.PASSWORD, start_tls=True, ca_file=str(server.ca_file))
        with pytest.raises(PublicationError):
            LDAPPublisher(other, slapd.BASE).find(crl(1))


class TestRefusals:
    def test_nobody_may_write(self, server: slapd.Slapd) -> None:
        with pytest.raises(PublicationError):
            LDAPPublisher(LDAPServer(server.uri), slapd.BASE).publish(crl(1, name="nobody"))

    def test_wrong_password(self, server: slapd.Slapd) -> None:
        wrong = LDAPServer(server.uri, slapd.USER, "wrong", is_trusted_network=True)
        with pytest.raises(PublicationError):
            LDAPPublisher(wrong, slapd.BASE).publish(crl(1))

    @pytest.mark.parametrize("base", ["dc=nowhere", "ou=none,dc=example,dc=cn", "no name at all", "=", ",,"])
    def test_base_that_is_not_there(self, server: slapd.Slapd, base: str) -> None:
        reached = LDAPServer(server.uri, slapd.USER, slapd.PASSWORD, is_trusted_network=True)
        with pytest.raises(PublicationError):
            LDAPPublisher(reached, base).publish(crl(1))

    @pytest.mark.usefixtures("sockets_are_collected")
    def test_nobody_listens(self) -> None:
        publisher = LDAPPublisher(LDAPServer("ldap://127.0.0.1:1", timeout_s=2), slapd.BASE)
        for call in (publisher.publish, publisher.find):
            with pytest.raises(PublicationError):
                call(crl(1))

    @pytest.mark.parametrize(
        "uri", ["", "http://host", "ldap://", "host", "ldap://host:99999", "ldap://u@host", "ldap://[", "ldaps:///x"]
    )
    def test_addresses_that_are_none(self, uri: str) -> None:
        with pytest.raises(InvalidInputError):
            LDAPServer(uri)

    def test_passwords_do_not_travel_in_clear(self) -> None:
        with pytest.raises(InvalidInputError, match="clear"):
            LDAPServer("ldap://host", "cn=x", "secret")
        assert "secret" not in repr(LDAPServer("ldaps://host", "cn=x", "secret"))

    def test_tls_within_tls(self) -> None:
        with pytest.raises(InvalidInputError):
            LDAPServer("ldaps://host", start_tls=True)

    @pytest.mark.parametrize(
        "make",
        [
            lambda: LDAPServer(1),  # type: ignore[arg-type]
            lambda: LDAPServer("ldap://host", timeout_s="1"),  # type: ignore[arg-type]
            lambda: LDAPPublisher("ldap://host", "dc=x"),  # type: ignore[arg-type]
            lambda: LDAPPublisher(LDAPServer("ldap://host"), None),  # type: ignore[arg-type]
            lambda: LDAPPublisher(LDAPServer("ldap://host"), "dc=x", entry_of=1),  # type: ignore[arg-type]
            lambda: LDAPPublisher(LDAPServer("ldap://host"), "dc=x").publish(b""),  # type: ignore[arg-type]
        ],
        ids=["uri", "timeout", "server", "base", "entry-of", "what"],
    )
    def test_types(self, make: Any) -> None:
        with pytest.raises(InvalidTypeError):
            make()

    @pytest.mark.parametrize("name", ["", "LDAP", "a b", "目录", "x" * 65])
    def test_names_of_publishers(self, name: str) -> None:
        with pytest.raises(InvalidInputError):
            LDAPPublisher(LDAPServer("ldap://host"), "dc=x", name=name)

    def test_certificate_that_is_missing(self, publisher: LDAPPublisher) -> None:
        with pytest.raises(InvalidInputError):
            publisher.publish(Published(PublicationKind.CERTIFICATE, "a", 1, lambda: iter((b"x",))))
