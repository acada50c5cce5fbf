"""What a PKCS #12 file holds: private keys with their certificates, other certificates, and which of them are pairs.

>>> from gmpki import SM2PrivateKey
>>> from gmpki.keystore import PKCS12, KeyEntry, write_pkcs12
>>> key = SM2PrivateKey.generate()
>>> data = write_pkcs12([KeyEntry(key, friendly_name="签名")], b"password", iterations=1000)
>>> store = PKCS12.from_bytes(data, b"password")
>>> store.keys[0].friendly_name, store.keys[0].private_key.public_key == key.public_key
('签名', True)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, iterated, member
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.errors import GmpkiError, InvalidInputError, InvalidTypeError, KeyMismatchError, LimitExceeded
from gmpki.keys._private import PrivateKeyBase
from gmpki.keys.pbkdf2 import MAX_ITERATIONS
from gmpki.x509.certificate import Certificate
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.keys.loader import PrivateKey
    from gmpki.oids import ObjectIdentifier

__all__ = ["MAX_KEYS", "PKCS12", "CertificateEntry", "KeyEntry", "PairEntry", "encoded_public_key", "find_pairs"]

MAX_KEYS: Final = 64
"""The most private keys in one file."""

_MAX_NAME_LEN: Final = 1024
_MAX_ID_LEN: Final = 1024


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A private key and its certificate. Immutable; thread-safe.

    :ivar certificate: the one whose public key it is, or None.
    :ivar friendly_name: the name that people see, at most 1024 characters, or None.
    :ivar local_key_id: what ties key and certificate together in the file, at most 1024 bytes. It means nothing
        elsewhere, and when reading it decides nothing: the public keys do. None lets the writer choose.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a name or an identifier is too long or, the name, no text of Unicode.
    :raises KeyMismatchError: when the certificate is for another key.
    """

    private_key: PrivateKey
    certificate: Certificate | None = None
    friendly_name: str | None = None
    local_key_id: bytes | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.private_key, PrivateKeyBase):
            raise InvalidTypeError(f"private_key must be a private key, not {type(self.private_key).__name__}")
        _check_attributes(self)
        if self.certificate is not None:
            member(self.certificate, Certificate, "certificate")
            if encoded_public_key(self.certificate) != self.private_key.public_key.to_der():
                raise KeyMismatchError(f"the certificate of {self.certificate.subject} is for another key")


@dataclass(frozen=True, slots=True)
class CertificateEntry:
    """A certificate in a file. Immutable; thread-safe.

    :ivar friendly_name: and local_key_id as in :class:`KeyEntry`.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a name or an identifier is too long or, the name, no text of Unicode.
    """

    certificate: Certificate
    friendly_name: str | None = None
    local_key_id: bytes | None = None

    def __post_init__(self) -> None:
        member(self.certificate, Certificate, "certificate")
        _check_attributes(self)


def _check_attributes(entry: KeyEntry | CertificateEntry) -> None:
    if entry.friendly_name is not None:
        if len(as_text(entry.friendly_name, "friendly_name")) > _MAX_NAME_LEN:
            raise InvalidInputError(f"a friendly name has at most {_MAX_NAME_LEN} characters")
        try:
            entry.friendly_name.encode("utf-8")
        except UnicodeEncodeError:
            raise InvalidInputError("a friendly name has no lone surrogates") from None
    if entry.local_key_id is not None:
        identifier = as_bytes(entry.local_key_id, "local_key_id")
        if not 1 <= len(identifier) <= _MAX_ID_LEN:
            raise InvalidInputError(f"a local key id has 1 to {_MAX_ID_LEN} bytes")
        object.__setattr__(entry, "local_key_id", identifier)


@dataclass(frozen=True, slots=True)
class PairEntry:
    """The two certificates of a holder, and those of their keys that are there. Immutable; thread-safe.

    :ivar signing_key: None when it is elsewhere, as in a token.
    :ivar encryption_key: None likewise.
    """

    pair: CertificatePair
    signing_key: PrivateKey | None
    encryption_key: PrivateKey | None


@dataclass(frozen=True, slots=True)
class PKCS12:
    """What was read from a file. Immutable; thread-safe.

    :ivar keys: each with its certificate, where that is there.
    :ivar certificates: all of them, also those of keys.
    :ivar mac: what its MAC is, such as "HMAC-SM3, PKCS #12 key derivation (2048 iterations)", or None: then nothing
        shows that the file is what its maker wrote.
    :ivar protections: how its parts are encrypted, each way once.
    :ivar other_bags: the types of what is there besides, such as revocation lists, once for each that there is.
    :ivar quirks: departures from DER and the like that were accepted.
    """

    keys: tuple[KeyEntry, ...]
    certificates: tuple[CertificateEntry, ...]
    mac: str | None
    protections: tuple[str, ...]
    other_bags: tuple[ObjectIdentifier, ...] = ()
    quirks: tuple[Quirk, ...] = field(default=(), repr=False)

    @classmethod
    def from_bytes(
        cls,
        data: Buffer,
        password: Buffer | None = None,
        *,
        allow_no_mac: bool = False,
        lenient: bool = False,
        max_iterations: int = MAX_ITERATIONS,
        policy: AlgorithmPolicy = DEFAULT_POLICY,
    ) -> PKCS12:
        """Read a file: DER, BER or base64 of it.

        The MAC is checked before anything is decrypted. All the work that the file asks for is bounded before it is
        done: the iterations of one derivation by max_iterations, those of all together by 20,000,000 or, if that is
        more, twice max_iterations.

        :param password: UTF-8; None for a file without. Writers disagree about what an empty password is and what one
            is that is not ASCII: every form is tried.
        :param allow_no_mac: take a file without a MAC, whose certificates anybody may have exchanged.
        :param lenient: read certificates that break rules of DER.
        :param max_iterations: 1 to 2^31 - 1.
        :param policy: decides about RSA, ECDSA and Ed25519 keys.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when it is no PKCS #12 file, or has no MAC and that was not allowed.
        :raises DecodeError: when it is malformed.
        :raises DecryptionError: when the password is wrong or the file was changed.
        :raises UnsupportedAlgorithm: when a scheme, a kind of safe or a key in it is not read.
        :raises LimitExceeded: when it is longer than 4 MiB, has more than 64 keys or 1024 parts, or asks for too much
            work; or when the password is longer than 65,536 bytes.
        :raises KeyMismatchError: when a key in it is not that of the public key beside it.
        :raises InvalidScalarError: when an SM2 key is outside [1, n-2].
        :raises PolicyError: when the policy refuses a key.
        :standard: RFC 7292; RFC 9579
        """
        from gmpki.keystore._unlocking import Unlocking
        from gmpki.keystore.pkcs12_reader import read

        member(policy, AlgorithmPolicy, "policy")
        unlocking = Unlocking(password, max_iterations)
        return read(data, unlocking, allow_no_mac=allow_no_mac, lenient=lenient, policy=policy)

    @property
    def pairs(self) -> tuple[PairEntry, ...]:
        """The pairs of certificates of which at least one key is there; errors as :func:`find_pairs`."""
        certificates = [entry.certificate for entry in self.certificates]
        return find_pairs([entry.private_key for entry in self.keys], certificates)


def encoded_public_key(certificate: Certificate) -> bytes:
    """Return the DER of the public key in a certificate; nothing when it cannot be loaded."""
    try:
        return certificate.public_key.to_der()
    except GmpkiError:
        return b""


def find_pairs(keys: Iterable[PrivateKey], certificates: Iterable[Certificate]) -> tuple[PairEntry, ...]:
    """Find the pairs among some certificates of which at least one key is at hand.

    When an encryption key was renewed, a signing certificate may stand in several pairs.

    :raises InvalidTypeError: when one is no private key, or no Certificate.
    :raises LimitExceeded: for more than 64 keys.
    """
    by_key: dict[bytes, PrivateKey] = {}
    for key in iterated(keys, "keys"):
        if not isinstance(key, PrivateKeyBase):
            raise InvalidTypeError(f"a private key expected, not {type(key).__name__}")
        by_key[key.public_key.to_der()] = key
    if len(by_key) > MAX_KEYS:
        raise LimitExceeded(f"pairs are looked for among at most {MAX_KEYS} keys")
    owned: list[tuple[Certificate, PrivateKey]] = []
    others: dict[tuple[bytes, bytes], list[Certificate]] = {}
    for certificate in dict.fromkeys(iterated(certificates, "certificates")):
        member(certificate, Certificate, "a certificate")
        others.setdefault(_names(certificate), []).append(certificate)
        found = by_key.get(encoded_public_key(certificate))
        if found is not None:
            owned.append((certificate, found))
    pairs: dict[tuple[bytes, bytes], PairEntry] = {}
    for certificate, _ in owned[:MAX_KEYS]:
        for other in others[_names(certificate)][: 2 * MAX_KEYS]:
            pair = _pair(certificate, other)
            if pair is not None:
                both = (pair.signing, pair.encryption)
                at_hand = (by_key.get(encoded_public_key(one)) for one in both)
                pairs[pair.signing.der, pair.encryption.der] = PairEntry(pair, *at_hand)
    return tuple(pairs.values())


def _names(certificate: Certificate) -> tuple[bytes, bytes]:
    """Return what the two certificates of a pair have in common, so that no others are compared."""
    return certificate.issuer.to_der(), certificate.subject.to_der()


def _pair(one: Certificate, other: Certificate) -> CertificatePair | None:
    """Return the pair that two certificates make, whichever is which; None when they make none."""
    if one is other:
        return None
    try:
        return CertificatePair.from_certificates((one, other))
    except GmpkiError:
        return None
