"""What the commands of a registration office share: which application or pair is meant, who works where, options."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

from gmpki.cli import _io
from gmpki.cli._files import INPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection

    from gmpki.asn1.rfc5280 import Name, ReasonCode
    from gmpki.ca.operators.operators import Operator
    from gmpki.ca.registration.office import RegistrationOffice
    from gmpki.ca.store.store import Store
    from gmpki.cli._ca import CAPlace
    from gmpki.x509.request import CertificateRequest

__all__ = [
    "APPLICATION",
    "PAIR",
    "Desk",
    "application_argument",
    "asked_by_option",
    "at_desk",
    "load_request",
    "once_option",
    "pair_argument",
    "parse_subject",
    "read_number",
    "reason_code",
    "request_option",
    "token_serial_option",
]

MAX_REQUEST_LEN = 1 << 20
MAX_ID_DIGITS = 18
SERIAL = "serial:"
APPLICATION, PAIR = "APPLICATION", "PAIR"

application_argument = click.argument("application", metavar=APPLICATION)
pair_argument = click.argument("pair", metavar=PAIR)
once_option = click.option(
    "--once",
    metavar="TEXT",
    help="A name for this call: given again with the same name, it answers as the first time and does nothing more.",
)
asked_by_option = click.option("--asked-by", default="", metavar="TEXT", help="Who asked for it, if not the holder.")
request_option = click.option(
    "--request", "-r", type=INPUT, metavar="FILE", help="The certificate request, which proves the signing key."
)
token_serial_option = click.option("--token-serial", metavar="TEXT", help="The serial number of the token.")


@dataclass(frozen=True)
class Desk:
    """An office with who works there now.

    :ivar authority: the one whose certificates are applied for where nobody says another; "" where there is none.
    """

    store: Store
    office: RegistrationOffice
    operator: Operator
    authority: str
    _codes: dict[tuple[str, int], str] = field(default_factory=dict, repr=False, compare=False)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read the database as somebody who works here, whatever they may do.

        :raises NotPermittedError: they were suspended or removed, or have another certificate now.
        """
        with self.store.reading() as connection:
            self.permit_reading(connection, self.operator.region_id)
            yield connection

    def permit_reading(self, connection: Connection, region_id: int | None) -> None:
        """See that the operator works in a region, whatever they may do there.

        :raises NotPermittedError: they do not, or no longer.
        """
        from gmpki.ca.operators.operators import demand

        # Any permission that they have says so: there is none for reading alone.
        held = min(self.operator.permissions, key=lambda permission: permission.value)
        demand(self.operator, held, region_id=region_id, connection=connection, protection=self.store.protection)

    def permit(self, connection: Connection, operation: str, region_id: int | None) -> None:
        """See that the operator may do something.

        :param operation: of :data:`gmpki.ca.operators.permissions.OPERATIONS`.
        :raises NotPermittedError: they may not.
        """
        from gmpki.ca.operators.operators import demand
        from gmpki.ca.operators.permissions import permission_for

        needed = permission_for(operation)
        demand(self.operator, needed, region_id=region_id, connection=connection, protection=self.store.protection)

    def regions(self, connection: Connection) -> tuple[int, ...] | None:
        """Return the regions in which the operator works; None for all."""
        from gmpki.ca.operators.regions import regions_within

        where = self.operator.region_id
        return None if where is None else regions_within(connection, self.store.protection, where)

    def region_id(self, code: str | None) -> int:
        """Return the number of a region; without a code the one in which the operator works, or the only one.

        :raises click.UsageError: they work in all regions, and there are several.
        """
        from sqlalchemy import select

        from gmpki.ca.operators.regions import find_region
        from gmpki.ca.store.schema import regions

        with self.store.reading() as connection:
            if code is not None:
                return find_region(connection, self.store.protection, code).id
            if self.operator.region_id is not None:
                return self.operator.region_id
            there = connection.scalars(select(regions.c.id).limit(2)).all()
        if len(there) != 1:
            raise click.UsageError("this operator works in all regions: name one with --region CODE")
        return int(there[0])

    def region_code(self, connection: Connection, region_id: int) -> str:
        """Return the code of a region."""
        from gmpki.ca.operators.regions import region_of

        return self._code(("region", region_id), lambda: region_of(connection, self.store.protection, region_id).code)

    def places(self, connection: Connection) -> dict[str, Callable[[int], str]]:
        """Return what gives the codes of regions and of issuing points, by what they are called in rows."""
        from gmpki.ca.operators.regions import point_of

        protection = self.store.protection
        return {
            "region": lambda number: self.region_code(connection, number),
            "point": lambda number: self._code(
                ("point", number), lambda: point_of(connection, protection, number).code
            ),
        }

    def with_codes(self, connection: Connection, row: dict[str, object]) -> dict[str, object]:
        """Return a row with the codes of its region and issuing point in the place of their numbers."""
        codes = {
            name: code(number)
            for name, code in self.places(connection).items()
            if isinstance(number := row.get(name), int)
        }
        return {**row, **codes}

    def _code(self, key: tuple[str, int], read: Callable[[], str]) -> str:
        found = self._codes.get(key)
        if found is None:
            found = self._codes[key] = read()
        return found

    def refuse_unknown_profile(self, authority: str, profile: str) -> None:
        """Refuse a profile under which the authority issues nothing, before anybody proofreads and reviews it.

        :raises NotFoundError: there is no such profile, or no such authority.
        """
        from gmpki.ca.authority.authority import Authority
        from gmpki.errors import NotFoundError

        if profile not in Authority.open(self.store, authority).settings.profile_set():
            raise NotFoundError(f"the authority {authority} issues under no profile {profile[:80]!r}")

    def application_id(self, text: str) -> int:
        """Return the number of an application that was named by it, or by its reference."""
        return int(text) if _is_id(text) else self.office.application_of_reference(self.operator, text).id

    def pair_id(self, text: str) -> int:
        """Return the number of a pair that was named by it, or by the serial number of one of its certificates.

        :raises click.UsageError: it was named in another way.
        :raises NotFoundError: there is no such pair in the regions of the operator.
        """
        from gmpki.ca.reports.search import Criteria, pairs_like
        from gmpki.cli._serial_numbers import parse_serial_number
        from gmpki.errors import NotFoundError

        if _is_id(text):
            return int(text)
        if not text.startswith(SERIAL):
            raise click.UsageError(f"{PAIR} is the number of a pair, or {SERIAL}HEX, not {text[:80]!r}")
        serial = parse_serial_number(text.removeprefix(SERIAL), SERIAL, max_digits=40)
        with self.reading() as connection:
            wanted = Criteria(serial=serial)
            page = pairs_like(connection, self.store.protection, wanted, regions=self.regions(connection), limit=2)
        if len(page.rows) != 1:
            found = "several pairs have a certificate" if page.rows else "no pair has a certificate"
            raise NotFoundError(f"{found} of this serial number")
        return page.rows[0].id


@contextlib.contextmanager
def at_desk(place: CAPlace, *, issues: bool = False, retires: bool = False) -> Iterator[Desk]:
    """Open an office, and log in there.

    :param issues: whether certificates are issued or keys recovered, for which private keys are opened.
    :param retires: whether pairs may end. Their encryption keys then retire, but where the key-management centre opens
        only with shares, and none were given: no revocation waits for custodians.
    """
    with place.open() as ca:
        operator = ca.operator
        centre = ca.settings.key_centre
        is_locked = centre is not None and not centre.key and not centre.address and not place.shares
        office = ca.office(issues=issues, retires=retires and not is_locked)
        yield Desk(ca.store, office, operator, ca.settings.authority)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS


def read_number(text: str) -> str:
    """Return an identity number that was given; ``-`` reads it from standard input, where no list of processes is."""
    if text != "-":
        return text
    _io.claim_standard_input()
    return sys.stdin.readline(200).strip()


def load_request(path: str | None) -> CertificateRequest | None:
    """Load the one request of a file; None where none was named."""
    from gmpki.x509.request import load_request as load

    return None if path is None else load(_io.read_input(path, max_len=MAX_REQUEST_LEN))


def parse_subject(text: str | None) -> Name | None:
    """Return the name that an option gives, such as "C=CN, O=..., CN=..."; None where it was not given."""
    from gmpki.x509.names import parse_name

    return None if text is None else parse_name(text)


def reason_code(name: str) -> ReasonCode:
    """Return the code of a reason by its name on the command line, such as "key-compromise"."""
    from gmpki.asn1.rfc5280 import ReasonCode

    return ReasonCode[name.upper().replace("-", "_")]
