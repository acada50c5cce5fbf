"""What the parts of an authority promise each other: who acts, who issues, who keeps encryption keys, who publishes.

A registration office works over an :class:`IssuerBackend`, be it :class:`gmpki.ca.authority.Authority` in the same
database or an authority of somebody else behind a network. The authority works over a :class:`KeyCentre`, in process or
elsewhere, and over any number of :class:`Publisher` objects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from gmpki._inputs import as_text, member, number, utc_seconds
from gmpki.asn1.rfc5280 import Extension, Name, ReasonCode, Validity
from gmpki.errors import InvalidInputError
from gmpki.x509.certificate import Certificate
from gmpki.x509.pair import CertificatePair
from gmpki.x509.request import CertificateRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gmpki.ca.store.store import Transaction
    from gmpki.keys.interfaces import PublicKey

__all__ = [
    "SYSTEM",
    "Actor",
    "AllottedKey",
    "Issued",
    "IssuerBackend",
    "KeyCentre",
    "KeyWanted",
    "Order",
    "PublicationKind",
    "Published",
    "Publisher",
    "RevocationOrder",
]

_MAX_KEY_LEN: Final = 128


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, as the audit log names them. Immutable.

    :ivar name: an operator's, or that of a part of the system such as "system".
    :ivar certificate_digest: SM3 of the certificate that they logged in with, in hexadecimal digits; "" for a part of
        the system.
    :raises InvalidTypeError: when a field is no ``str``.
    :raises InvalidInputError: when the name is empty, longer than 128 characters, or not one line of printable text.
    """

    name: str
    certificate_digest: str = ""

    def __post_init__(self) -> None:
        as_text(self.name, "the name of an actor")
        as_text(self.certificate_digest, "certificate_digest")
        if not 1 <= len(self.name) <= 128 or not self.name.isprintable():
            raise InvalidInputError("the name of an actor is 1 to 128 printable characters")


SYSTEM: Final = Actor("system")
"""What happens by itself: schedules, recovery after a crash."""


@dataclass(frozen=True, slots=True)
class Order:
    """What an authority is asked to issue. Immutable.

    :ivar key: makes the order one that is carried out once: 1 to 128 printable characters, chosen by who orders.
        The same key with the same order gives the same answer again; with another order it is refused.
    :ivar authority: the name of the authority.
    :ivar profile: the name of a profile of that authority.
    :ivar request: the applicant's request, which proves the signing key.
    :ivar subject: in place of the request's.
    :ivar validity: in place of the profile's usual one.
    :ivar extensions: what the profile lets be added.
    :ivar encryption_key: keep the encryption key of this older certificate (a renewal), instead of a new one: the
        serial number of the encryption certificate that has it.
    :ivar replaces: the serial numbers of certificates that are revoked, in the same commit, when these are issued.
    :ivar replaces_reason: why they are.
    """

    key: str
    authority: str
    profile: str
    request: CertificateRequest
    subject: Name | None = None
    validity: Validity | None = None
    extensions: tuple[Extension, ...] = ()
    encryption_key: int | None = None
    replaces: tuple[int, ...] = ()
    replaces_reason: ReasonCode = ReasonCode.SUPERSEDED

    def __post_init__(self) -> None:
        """Check the types.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when the key is empty, too long or not printable.
        """
        for name in ("key", "authority", "profile"):
            as_text(getattr(self, name), name)
        if not 1 <= len(self.key) <= _MAX_KEY_LEN or not self.key.isprintable():
            raise InvalidInputError("the key of an order is 1 to 128 printable characters")
        member(self.request, CertificateRequest, "request")
        member(self.replaces_reason, ReasonCode, "replaces_reason")
        for name, kind in (("extensions", tuple), ("replaces", tuple)):
            member(getattr(self, name), kind, name)


@dataclass(frozen=True, slots=True)
class RevocationOrder:
    """What an authority is asked to revoke, suspend or resume. Immutable.

    :ivar key: as in :class:`Order`.
    :ivar serial_numbers: of the certificates, both of a pair as a rule.
    :ivar reason: why; ``CERTIFICATE_HOLD`` suspends, ``REMOVE_FROM_CRL`` resumes.
    :ivar invalidity_date: since when the key is in wrong hands, where that is known.
    """

    key: str
    authority: str
    serial_numbers: tuple[int, ...]
    reason: ReasonCode
    invalidity_date: datetime | None = None

    def __post_init__(self) -> None:
        """Check the types.

        :raises InvalidTypeError: when a field has the wrong type.
        :raises InvalidInputError: when the key is empty, too long or not printable, there is no serial number, or a
            time without a time zone.
        """
        as_text(self.key, "key")
        as_text(self.authority, "authority")
        if not 1 <= len(self.key) <= _MAX_KEY_LEN or not self.key.isprintable():
            raise InvalidInputError("the key of an order is 1 to 128 printable characters")
        member(self.reason, ReasonCode, "reason")
        member(self.serial_numbers, tuple, "serial_numbers")
        if not self.serial_numbers:
            raise InvalidInputError("nothing to revoke: there is no serial number")
        for each in self.serial_numbers:
            # Authorities that were taken over have used zero, and 20 octets with the highest bit.
            number(each, 0, (1 << 160) - 1, "a serial number")
        if self.invalidity_date is not None:
            utc_seconds(self.invalidity_date, "invalidity_date")


@dataclass(frozen=True, slots=True)
class Issued:
    """What an order gave. Immutable.

    :ivar signing: the signing certificate, or the only one.
    :ivar encryption: the encryption certificate; None when the profile issues no pairs.
    :ivar delivery: the encryption private key for its owner, in an envelope for the signing key; None when it is kept,
        or when there is none.
    """

    signing: Certificate
    encryption: Certificate | None = None
    delivery: bytes | None = None

    @property
    def pair(self) -> CertificatePair | None:
        """Both as a pair; None when there is only one.

        :raises InvalidInputError: when they are no pair.
        """
        return None if self.encryption is None else CertificatePair(self.signing, self.encryption)


@runtime_checkable
class IssuerBackend(Protocol):
    """Whoever issues and revokes what a registration office asks for."""

    def issue(
        self, order: Order, *, actor: Actor, complete: Callable[[Transaction, Issued], None] | None = None
    ) -> Issued:
        """Issue what an order asks for, once.

        :param complete: what the office writes down about it. A backend that shares the office's database calls it in
            the commit that makes the certificates issued; another one leaves it to the office, by returning
            ``completes_within`` False.
        :raises ProfileError: when the profile does not allow it.
        :raises ConflictError: with the reason "key-reused" when the key belongs to another order.
        :raises IssuerRefusedError: when an authority elsewhere refuses.
        :raises GmpkiError: what else stands in the way; nothing was issued then.
        """

    def revoke(
        self, order: RevocationOrder, *, actor: Actor, complete: Callable[[Transaction], None] | None = None
    ) -> None:
        """Revoke, suspend or resume certificates, all of the order or none.

        :raises NotFoundError: when the authority has issued no such certificate.
        :raises LifeCycleError: when a certificate is in a state that does not allow it.
        :raises GmpkiError: as :meth:`issue`.
        """

    @property
    def completes_within(self) -> bool:
        """Whether ``complete`` is called within the authority's own commit."""


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """What a key-management centre is asked for. Immutable.

    :ivar authority: who asks: the name of the authority.
    :ivar serial_number: of the encryption certificate that the key is for.
    :ivar owner: the public signing key of the owner, for which the private key is enveloped.
    :ivar kind: "SM2", "RSA-2048" and so on.
    """

    authority: str
    serial_number: int
    owner: PublicKey
    not_before: datetime
    not_after: datetime
    kind: str = "SM2"


@dataclass(frozen=True, slots=True)
class AllottedKey:
    """What a key-management centre gives. Immutable.

    :ivar public_key: the public encryption key.
    :ivar delivery: the private key, enveloped for its owner: SM2EnvelopedKey (GM/T 0009) from a centre of gmpki,
        SignedAndEnvelopedData (GM/T 0010) from one behind GM/T 0014.
    """

    public_key: PublicKey
    delivery: bytes = field(repr=False)


@runtime_checkable
class KeyCentre(Protocol):
    """A key-management centre, as an authority sees it. Each of the three is done once, however often it is asked."""

    def allot(self, wanted: Sequence[KeyWanted]) -> list[AllottedKey]:
        """Give spare keys to owners, in the order asked for.

        :raises StateError: when the pool has no spare key and none can be made now.
        :raises IssuerRefusedError: when a centre elsewhere refuses.
        :raises GmpkiError: what else stands in the way; nothing was allotted then.
        """

    def recover(self, authority: str, serial_number: int, owner: PublicKey) -> AllottedKey:
        """Give the key of an encryption certificate again, enveloped for the owner's signing key of now.

        :raises NotFoundError: when the centre has no such key.
        :raises IssuerRefusedError: when a centre elsewhere refuses.
        """

    def retire(self, authority: str, serial_numbers: Sequence[int]) -> None:
        """Move the keys of certificates that have ended from those in use to the history.

        :raises IssuerRefusedError: when a centre elsewhere refuses. An unknown number is passed over.
        """


class PublicationKind:
    """What is published."""

    CERTIFICATE: Final = "certificate"
    CRL: Final = "crl"
    AUTHORITY: Final = "authority"


@dataclass(frozen=True, slots=True)
class Published:
    """One thing to be published. Immutable.

    :ivar kind: one of :class:`PublicationKind`.
    :ivar authority: the name of the authority.
    :ivar generation: the number of the key that signed it; for an authority's own certificate, of the key in it.
    :ivar read: begins its DER anew, piece by piece: a list may be long.
    :ivar certificate: the certificate, when it is one.
    :ivar part: of a list: 0 for the list of all, or the number of its distribution point.
    :ivar is_delta: whether it is a delta list.
    """

    kind: str
    authority: str
    generation: int
    read: Callable[[], Iterator[bytes]] = field(repr=False)
    certificate: Certificate | None = None
    part: int = 0
    is_delta: bool = False

    @property
    def content(self) -> bytes:
        """All of its DER."""
        return b"".join(self.read())


@runtime_checkable
class Publisher(Protocol):
    """A place where certificates and revocation lists are put for others."""

    @property
    def name(self) -> str:
        """What the place is called: 1 to 64 lower-case letters, digits and hyphens."""

    def publish(self, what: Published) -> None:
        """Put something there, in the place of what was there before. To do it twice does no harm.

        :raises PublicationError: when it cannot be done now.
        """

    def find(self, what: Published) -> bytes | None:
        """Return what is there in its place; None when nothing is.

        :raises PublicationError: when the place cannot be read now.
        """
