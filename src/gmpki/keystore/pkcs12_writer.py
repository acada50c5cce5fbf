"""Writing a PKCS #12 file: certificates in one encrypted safe, each key encrypted in its own bag, a MAC over all.

:standard: RFC 7292; RFC 9579
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from gmpki import oids
from gmpki._inputs import iterated, member, number
from gmpki.algorithms import sm3
from gmpki.asn1 import der
from gmpki.asn1.rfc5280.ext_names import Attribute
from gmpki.asn1.rfc5652 import ContentInfo, EncryptedContentInfo, EncryptedData
from gmpki.asn1.rfc7292 import PFX, AuthenticatedSafe, SafeBag, SafeContents, TypedValue
from gmpki.errors import InvalidInputError, LimitExceeded
from gmpki.keys import pbes2
from gmpki.keys.pbes2 import DEFAULT_ITERATIONS, MAX_ITERATIONS, EncryptionProfile, password_bytes
from gmpki.keystore import pkcs12_mac
from gmpki.keystore._unlocking import MAX_WORK
from gmpki.keystore.pkcs12 import MAX_KEYS, CertificateEntry, KeyEntry
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["MAX_CERTIFICATES", "StoreProfile", "write_pkcs12"]

MAX_CERTIFICATES: Final = 512
"""The most certificates in a file that is written."""

_ID_LEN: Final = 20


class _Profile(NamedTuple):
    encryption: EncryptionProfile
    hash_name: str
    pbmac1: bool = False


class StoreProfile(Enum):
    """Who shall be able to read a file."""

    GM = _Profile(EncryptionProfile.GM, "sm3", pbmac1=True)
    """SM4-CBC under PBKDF2-HMAC-SM3, PBMAC1 with HMAC-SM3: the Go library go-pkcs12, "ShangMi2024" [C]. No standard of
    the GM/T series about these files could be read."""
    GM_CLASSIC = _Profile(EncryptionProfile.GM, "sm3")
    """The same encryption, with the MAC of RFC 7292 over SM3: tools older than PBMAC1 [C]."""
    OPENSSL = _Profile(EncryptionProfile.OPENSSL, "sha256")
    """SM4-CBC under PBKDF2-HMAC-SHA256, the MAC of RFC 7292 over SHA-256: OpenSSL 3.0."""
    AES = _Profile(EncryptionProfile.AES, "sha256")
    """AES-256-CBC under PBKDF2-HMAC-SHA256, the MAC of RFC 7292 over SHA-256: programs without SM4, such as Java's own
    key stores, for RSA and ECDSA keys."""


def write_pkcs12(
    keys: Iterable[KeyEntry],
    password: Buffer,
    *,
    certificates: Iterable[CertificateEntry | Certificate] = (),
    profile: StoreProfile = StoreProfile.GM,
    iterations: int = DEFAULT_ITERATIONS,
) -> bytes:
    """Return a file with private keys and certificates. For a pair give two keys, each with its certificate.

    :param keys: their certificates are written with them, tied to the key by localKeyID.
    :param password: at least 1 byte, UTF-8. Characters beyond U+FFFF, and any that are not ASCII, may be taken
        otherwise by other programs.
    :param certificates: more of them, such as those of the authorities.
    :param iterations: for each key, for the certificates and for the MAC, 1 to 10,000,000, and not so many that they
        cannot be read again: 20,000,000 over all.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when there is nothing to write, the password is empty, or iterations outside.
    :raises LimitExceeded: for more than 64 keys or 512 certificates, or too many iterations over all.
    :raises RandomSourceError: when the random source fails.
    :standard: RFC 7292; RFC 9579
    """
    member(profile, StoreProfile, "profile")
    number(iterations, 1, MAX_ITERATIONS, "iterations")
    secret = password_bytes(password)
    entries = iterated(keys, "keys", most=MAX_KEYS + 1)
    for entry in entries:
        member(entry, KeyEntry, "a key")
    held = _certificate_entries(entries, certificates)
    if len(entries) > MAX_KEYS or len(held) > MAX_CERTIFICATES:
        raise LimitExceeded(f"at most {MAX_KEYS} keys and {MAX_CERTIFICATES} certificates stand in one file")
    if not entries and not held:
        raise InvalidInputError("neither a key nor a certificate: nothing to write")
    if iterations * (len(entries) + 2) > MAX_WORK:
        raise LimitExceeded(f"{iterations} iterations for each of {len(entries)} keys are more than readers do")
    encryption = profile.value.encryption
    safes = []
    if held:
        safes.append(_encrypted_safe(held, secret, encryption, iterations))
    if entries:
        bags = tuple(_key_bag(entry, secret, encryption, iterations) for entry in entries)
        safes.append(_plain(SafeContents(bags).to_der()))
    content = AuthenticatedSafe(tuple(safes)).to_der()
    make = pkcs12_mac.pbmac1 if profile.value.pbmac1 else pkcs12_mac.classic
    return PFX(_plain(content), make(profile.value.hash_name, content, secret, iterations)).to_der()


def _certificate_entries(
    keys: tuple[KeyEntry, ...], certificates: Iterable[CertificateEntry | Certificate]
) -> tuple[CertificateEntry, ...]:
    """Return every certificate once, those of keys first and with the name and identifier of the key."""
    found: dict[bytes, CertificateEntry] = {}
    for key in keys:
        if key.certificate is not None:
            entry = CertificateEntry(key.certificate, key.friendly_name, _key_id(key))
            found.setdefault(key.certificate.der, entry)
    for one in iterated(certificates, "certificates", most=MAX_CERTIFICATES + 1):
        entry = one if isinstance(one, CertificateEntry) else CertificateEntry(one)
        found.setdefault(entry.certificate.der, entry)
    return tuple(found.values())


def _key_id(key: KeyEntry) -> bytes:
    """Return what ties a key to its certificate: its own, or the beginning of the SM3 of the public key."""
    return key.local_key_id or sm3.digest(key.private_key.public_key.to_der())[:_ID_LEN]


def _plain(content: bytes) -> ContentInfo:
    return ContentInfo(oids.DATA, der.encode_octet_string(content))


def _encrypted_safe(
    certificates: tuple[CertificateEntry, ...], password: bytes, encryption: EncryptionProfile, iterations: int
) -> ContentInfo:
    bags = tuple(_certificate_bag(entry) for entry in certificates)
    algorithm, ciphertext = pbes2.encrypt(
        SafeContents(bags).to_der(), password, profile=encryption, iterations=iterations
    )
    encrypted = EncryptedData(0, EncryptedContentInfo(oids.DATA, algorithm, ciphertext))
    return ContentInfo(oids.ENCRYPTED_DATA, encrypted.to_der())


def _certificate_bag(entry: CertificateEntry) -> SafeBag:
    held = TypedValue(oids.CERT_TYPE_X509, der.encode_octet_string(entry.certificate.der))
    return SafeBag(oids.CERT_BAG, held.to_der(), _attributes(entry.friendly_name, entry.local_key_id))


def _key_bag(entry: KeyEntry, password: bytes, encryption: EncryptionProfile, iterations: int) -> SafeBag:
    shrouded = entry.private_key.to_der(password, profile=encryption, iterations=iterations)
    return SafeBag(oids.SHROUDED_KEY_BAG, shrouded, _attributes(entry.friendly_name, _key_id(entry)))


def _attributes(friendly_name: str | None, local_key_id: bytes | None) -> tuple[Attribute, ...]:
    attributes = []
    if friendly_name is not None:
        # BMPString by the standard. Names have characters beyond U+FFFF, which as in the password become surrogates.
        value = der.encode(der.Tag.BMP_STRING, friendly_name.encode("utf-16-be"))
        attributes.append(Attribute(oids.FRIENDLY_NAME, (value,)))
    if local_key_id is not None:
        attributes.append(Attribute(oids.LOCAL_KEY_ID, (der.encode_octet_string(local_key_id),)))
    return tuple(attributes)
