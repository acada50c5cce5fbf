"""Reading a PKCS #12 file: BER made DER, MAC, safes, bags, and which certificate belongs to which key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes
from gmpki.asn1 import der
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.quirks import QuirkKind, QuirkLog
from gmpki.asn1.rfc5652 import ContentInfo, EncryptedData
from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo, PrivateKeyInfo
from gmpki.asn1.rfc7292 import MAX_BAGS, PFX, AuthenticatedSafe, SafeBag, SafeContents, TypedValue
from gmpki.errors import DecodeError, DecryptionError, InvalidInputError, LimitExceeded, UnsupportedAlgorithm
from gmpki.keys.loader import load_private_key
from gmpki.keystore import pbe, pkcs12_mac
from gmpki.keystore._armour import MAX_FILE_LEN, unwrap
from gmpki.keystore.pkcs12 import MAX_KEYS, PKCS12, CertificateEntry, KeyEntry, encoded_public_key
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.algorithms.policy import AlgorithmPolicy
    from gmpki.asn1.rfc5280 import AlgorithmIdentifier
    from gmpki.asn1.rfc5280.ext_names import Attribute
    from gmpki.keys.loader import PrivateKey
    from gmpki.keystore._unlocking import Unlocking
    from gmpki.oids import ObjectIdentifier

__all__ = ["decrypt_key", "read"]

_MAX_NESTING: Final = 8
_PLAIN: Final = (oids.DATA, oids.GM_DATA)
_ENCRYPTED: Final = (oids.ENCRYPTED_DATA, oids.GM_ENCRYPTED_DATA)


def read(data: Buffer, unlocking: Unlocking, *, allow_no_mac: bool, lenient: bool, policy: AlgorithmPolicy) -> PKCS12:
    """Read a file; parameters and errors are those of :meth:`PKCS12.from_bytes`."""
    log = QuirkLog()
    pfx = PFX.from_der(_normalised(_encoded(data), "PFX", log), quirks=log)
    if pfx.auth_safe.content_type not in _PLAIN:
        raise UnsupportedAlgorithm(
            f"a PKCS #12 file with {pfx.auth_safe.content_type.name} outside, which is signed, not under a password"
        )
    content = _octets(pfx.auth_safe, "authSafe")
    mac = None
    if pfx.mac_data is not None:
        mac = pkcs12_mac.describe(pfx.mac_data)
        pkcs12_mac.check(pfx.mac_data, content, unlocking)
    elif not allow_no_mac:
        raise InvalidInputError(
            "the PKCS #12 file has no MAC: nothing shows that it is what its maker wrote; allow_no_mac takes it"
        )
    reader = _Bags(unlocking, log, has_mac=mac is not None, lenient=lenient, policy=policy)
    safe = AuthenticatedSafe.from_der(_normalised(content, "authSafe", log), quirks=log)
    for number, info in enumerate(safe.contents):
        reader.read_safe(info, f"safe[{number}]")
    return PKCS12(
        reader.keys_with_certificates(),
        tuple(reader.certificates),
        mac,
        tuple(reader.protections),
        tuple(reader.others),
        log.quirks,
    )


def _encoded(data: Buffer) -> bytes:
    raw = as_bytes(data, "a PKCS #12 file")
    if len(raw) > MAX_FILE_LEN:
        raise LimitExceeded(f"a PKCS #12 file of {len(raw)} bytes; at most {MAX_FILE_LEN} are read")
    encoded, _ = unwrap(raw)
    if not encoded:
        raise InvalidInputError("expected a PKCS #12 file as DER, BER or base64")
    return encoded


def _normalised(data: bytes, path: str, log: QuirkLog) -> bytes:
    """Return the DER of BER, and note what was not DER."""
    normalised = ber_to_der(data, max_size=MAX_FILE_LEN)
    log.extend(normalised.quirks, path)
    return normalised.der


def _octets(info: ContentInfo, name: str) -> bytes:
    if info.content is None:
        raise DecodeError("the content is missing", path=(name,))
    reader = der.Reader(info.content, name=name)
    content = reader.octet_string("content")
    reader.end()
    return content


class _Bags:
    """What has been read of a file so far. A context: one thread at a time."""

    def __init__(
        self, unlocking: Unlocking, log: QuirkLog, *, has_mac: bool, lenient: bool, policy: AlgorithmPolicy
    ) -> None:
        self._unlocking = unlocking
        self._log = log
        self._has_mac = has_mac
        self._lenient = lenient
        self._policy = policy
        self._bags = 0
        self._keys: list[tuple[PrivateKey, str | None, bytes | None]] = []
        self.certificates: list[CertificateEntry] = []
        self.protections: dict[str, None] = {}
        self.others: list[ObjectIdentifier] = []

    # ---- safes --------------------------------------------------------------------------
    def read_safe(self, info: ContentInfo, path: str) -> None:
        """Read one ContentInfo with everything in it."""
        if info.content_type in _PLAIN:
            self._read_contents(_octets(info, path), path)
        elif info.content_type in _ENCRYPTED:
            encrypted = EncryptedData.from_der(info.content or b"", quirks=self._log).encrypted_content_info
            self._protected(encrypted.content_encryption_algorithm)
            plain = pbe.decrypt(
                encrypted.content_encryption_algorithm, bytes(encrypted.encrypted_content or b""), self._unlocking
            )
            try:
                self._read_contents(plain, path)
            except DecodeError:
                if self._has_mac:
                    raise
                # Without a MAC a wrong password may leave the padding right by chance, and nothing else.
                raise DecryptionError from None
        else:
            raise UnsupportedAlgorithm(
                f"{path} of the PKCS #12 file is {info.content_type.name}; safes under a password are read"
            )

    def _protected(self, algorithm: AlgorithmIdentifier) -> None:
        self.protections[pbe.describe(algorithm)] = None

    def _read_contents(self, data: bytes, path: str) -> None:
        """Read SafeContents, and those inside them."""
        contents = SafeContents.from_der(_normalised(data, path, self._log), quirks=self._log)
        waiting = [(bag, 1) for bag in reversed(contents.bags)]
        while waiting:
            bag, depth = waiting.pop()
            self._bags += 1
            if self._bags > MAX_BAGS:
                raise LimitExceeded(f"more than {MAX_BAGS} bags in one PKCS #12 file")
            if bag.bag_id != oids.SAFE_CONTENTS_BAG:
                self._read_bag(bag, path)
                continue
            if depth >= _MAX_NESTING:
                raise DecodeError("nested too deeply", path=(path, "safeContentsBag"))
            inner = SafeContents.from_der(bag.value, quirks=self._log)
            waiting += [(one, depth + 1) for one in reversed(inner.bags)]

    # ---- bags ---------------------------------------------------------------------------
    def _read_bag(self, bag: SafeBag, path: str) -> None:
        if bag.bag_id in (oids.KEY_BAG, oids.SHROUDED_KEY_BAG):
            self._read_key(bag, path)
        elif bag.bag_id == oids.CERT_BAG:
            self._read_certificate(bag, path)
        else:
            self.others.append(bag.bag_id)

    def _read_key(self, bag: SafeBag, path: str) -> None:
        if len(self._keys) >= MAX_KEYS:
            raise LimitExceeded(f"more than {MAX_KEYS} keys in one PKCS #12 file")
        encoded = bag.value
        if bag.bag_id == oids.SHROUDED_KEY_BAG:
            shrouded = EncryptedPrivateKeyInfo.from_der(encoded, quirks=self._log)
            self._protected(shrouded.algorithm)
            encoded = decrypt_key(shrouded, self._unlocking)
        key = load_private_key(encoded, policy=self._policy)
        self._keys.append((key, *self._attributes(bag.attributes, path)))

    def _read_certificate(self, bag: SafeBag, path: str) -> None:
        held = TypedValue.from_der(bag.value, quirks=self._log)
        if held.type != oids.CERT_TYPE_X509:
            self.others.append(held.type)
            return
        reader = der.Reader(held.value, name="certBag")
        encoded = reader.octet_string("certValue")
        reader.end()
        certificate = Certificate.from_der(encoded, lenient=self._lenient)
        self.certificates.append(CertificateEntry(certificate, *self._attributes(bag.attributes, path)))

    def _attributes(self, attributes: tuple[Attribute, ...], path: str) -> tuple[str | None, bytes | None]:
        """Return friendlyName and localKeyID."""
        found: dict[str, bytes] = {}
        for attribute in attributes:
            if attribute.type in found or len(attribute.values) > 1:
                self._log.note(QuirkKind.DUPLICATE_ATTRIBUTE, path=f"{path}.bagAttributes")
            if attribute.values:
                found.setdefault(attribute.type, attribute.values[0])
        name = identifier = None
        if oids.FRIENDLY_NAME in found:
            name = der.Reader(found[oids.FRIENDLY_NAME], name="friendlyName", quirks=self._log).any_string()
        if oids.LOCAL_KEY_ID in found:
            identifier = der.Reader(found[oids.LOCAL_KEY_ID], name="localKeyID").octet_string() or None
        return name or None, identifier

    def keys_with_certificates(self) -> tuple[KeyEntry, ...]:
        """Return the keys, each with the certificate that has its public key."""
        by_key: dict[bytes, Certificate] = {}
        for entry in self.certificates:
            by_key.setdefault(encoded_public_key(entry.certificate), entry.certificate)
        return tuple(
            KeyEntry(key, by_key.get(key.public_key.to_der()), name, identifier) for key, name, identifier in self._keys
        )


def decrypt_key(encrypted: EncryptedPrivateKeyInfo, unlocking: Unlocking) -> bytes:
    """Decrypt EncryptedPrivateKeyInfo; return the DER of PrivateKeyInfo, which may come as BER.

    :raises DecryptionError: when the password is wrong, also when what comes out is no private key.
    :raises UnsupportedAlgorithm: when the encryption is not read.
    :raises LimitExceeded: when it asks for more work than allowed.
    :raises DecodeError: when the parameters of the encryption are malformed.
    """
    plain = pbe.decrypt(encrypted.algorithm, encrypted.encrypted_data, unlocking)
    try:
        return PrivateKeyInfo.from_der(ber_to_der(plain).der).to_der()
    except (DecodeError, LimitExceeded):
        raise DecryptionError from None
