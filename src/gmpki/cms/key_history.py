"""The decryption keys of somebody, old ones too: an envelope from before a renewal opens with the key of its time.

:standard: RFC 5652 6.2.1 (RecipientIdentifier)
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, iterated, member
from gmpki.asn1.rfc5652 import IssuerAndSerialNumber
from gmpki.errors import DecodeError, InvalidInputError, InvalidTypeError, KeyMismatchError, LimitExceeded
from gmpki.keys.interfaces import Decryptor
from gmpki.x509.certificate import Certificate
from gmpki.x509.names import names_match
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MAX_ENTRIES", "KeyEntry", "KeyHistory"]

MAX_ENTRIES: Final = 100_000
"""The most keys that one history holds."""


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A certificate and the private key that belongs to it. Immutable; thread-safe when the key is.

    :raises InvalidTypeError: when a field has the wrong type.
    :raises KeyMismatchError: when the key is not that of the certificate.
    :raises GmpkiError: when the public key of the certificate cannot be loaded, as
        :attr:`Certificate.public_key <gmpki.x509.certificate.Certificate.public_key>`.
    """

    certificate: Certificate
    decryptor: Decryptor

    def __post_init__(self) -> None:
        member(self.certificate, Certificate, "a certificate of the key history")
        member(self.decryptor, Decryptor, "a key of the key history")
        encode = getattr(self.decryptor.public_key, "to_der", None)
        if not callable(encode):
            raise InvalidTypeError(f"a {type(self.decryptor).__name__} does not give its public key as DER")
        encoded = as_bytes(encode(), "the DER of a public key")
        # The key as it stands there first: it may be one that no policy loads any more, and still opens what is old.
        if encoded != self.certificate.public_key_info.to_der() and encoded != self.certificate.public_key.to_der():
            raise KeyMismatchError(f"the private key is not that of the certificate {self.certificate.serial_number:x}")


class KeyHistory:
    """Private keys with their certificates, found by what a message says about its recipients.

    Immutable; thread-safe when the keys are.
    """

    __slots__ = ("_by_key_identifier", "_by_serial", "_entries")

    def __init__(self, entries: Iterable[KeyEntry | tuple[Certificate | CertificatePair, Decryptor]]) -> None:
        """Take entries, or a certificate and a key each; of a pair the encryption certificate counts.

        :param entries: at least one; an older key may stand before or after a newer one.
        :raises InvalidTypeError: when one has the wrong type.
        :raises InvalidInputError: when there is none, or two keys have certificates of one issuer and serial number.
        :raises KeyMismatchError: when a key is not that of its certificate.
        :raises LimitExceeded: for more than 100,000 entries.
        :raises GmpkiError: when the public key of a certificate cannot be loaded.
        """
        given = iterated(entries, "the entries of a key history", most=MAX_ENTRIES + 1)
        if not given:
            raise InvalidInputError("a key history without keys")
        if len(given) > MAX_ENTRIES:
            raise LimitExceeded(f"a key history of more than {MAX_ENTRIES} keys")
        by_serial: dict[int, list[KeyEntry]] = {}
        by_key_identifier: dict[bytes, KeyEntry] = {}
        # The same certificate twice is one entry.
        distinct: dict[bytes, KeyEntry] = {}
        for one in given:
            entry = _entry(one)
            distinct.setdefault(entry.certificate.der, entry)
        found = tuple(distinct.values())
        for entry in found:
            certificate = entry.certificate
            same = by_serial.setdefault(certificate.serial_number, [])
            if any(names_match(one.certificate.issuer, certificate.issuer) for one in same):
                raise InvalidInputError(
                    f"two keys for the certificate {certificate.serial_number:x} of one issuer: which one opens a "
                    "message could not be told"
                )
            same.append(entry)
        # A renewed certificate over the same key has its identifier too, and either entry opens the message. What the
        # certificates say goes before what is computed.
        for entry in found:
            stated = _stated_identifier(entry.certificate)
            if stated is not None:
                by_key_identifier.setdefault(stated, entry)
        for entry in found:
            by_key_identifier.setdefault(computed_key_identifier(entry.certificate), entry)
        self._entries = found
        self._by_serial = by_serial
        self._by_key_identifier = by_key_identifier

    @property
    def entries(self) -> tuple[KeyEntry, ...]:
        """Every entry, in the order given."""
        return self._entries

    def find(self, recipient: IssuerAndSerialNumber | bytes) -> KeyEntry | None:
        """Return the entry of a recipient, or None.

        :param recipient: the issuer and serial number of the certificate, or the identifier of the key: what its
            certificate says, or the SHA-1 digest of the public key.
        :raises InvalidTypeError: when it is neither.
        """
        if isinstance(recipient, bytes):
            return self._by_key_identifier.get(recipient)
        member(recipient, IssuerAndSerialNumber, "recipient")
        for entry in self._by_serial.get(recipient.serial_number, ()):
            if names_match(entry.certificate.issuer, recipient.issuer):
                return entry
        return None

    def __len__(self) -> int:
        """Return how many keys there are."""
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<KeyHistory of {len(self)} keys>"


def computed_key_identifier(certificate: Certificate) -> bytes:
    """Return the SHA-1 digest of the public key, 20 bytes: for certificates that state no identifier.

    :standard: RFC 5280 4.2.1.2 (1)
    """
    key = certificate.public_key_info.subject_public_key
    return hashlib.sha1(key, usedforsecurity=False).digest()


def _stated_identifier(certificate: Certificate) -> bytes | None:
    try:
        return certificate.subject_key_identifier
    except DecodeError:  # an extension that lenient reading let in; the key is found by its other names
        return None


def _entry(given: object) -> KeyEntry:
    if isinstance(given, KeyEntry):
        return given
    if not isinstance(given, tuple) or len(given) != 2:
        raise InvalidTypeError(
            f"an entry of a key history is a certificate and its private key, not {type(given).__name__}"
        )
    certificate, decryptor = given
    return KeyEntry(certificate.encryption if isinstance(certificate, CertificatePair) else certificate, decryptor)
