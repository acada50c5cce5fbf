"""One function for every file in which a key comes from an authority, and that says what it found.

>>> from gmpki import SM2PrivateKey
>>> from gmpki.keystore import open_key
>>> opened = open_key(SM2PrivateKey.generate().to_pem(b"password", iterations=1000), b"password")
>>> len(opened.keys), opened.found
(1, 'PEM: PKCS #8 EncryptedPrivateKeyInfo, PBES2, PBKDF2-HMAC-SM3 (1000 iterations), SM4-CBC')
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member
from gmpki.algorithms.policy import DEFAULT_POLICY, AlgorithmPolicy
from gmpki.asn1 import der
from gmpki.asn1.ber import ber_to_der
from gmpki.asn1.rfc5083 import AuthEnvelopedData
from gmpki.asn1.rfc5652 import EnvelopedData, SignedData
from gmpki.cms.message import PEM_LABELS, read_message
from gmpki.cms.pair_delivery import open_enveloped_delivery
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded
from gmpki.keys import pem
from gmpki.keys.interfaces import Decryptor
from gmpki.keys.key_file import open_key_file
from gmpki.keys.pbkdf2 import MAX_ITERATIONS
from gmpki.keys.pkcs8 import ENCRYPTED_LABEL
from gmpki.keystore import pem_bundle, pkcs12_reader, sm2_file
from gmpki.keystore._armour import MAX_FILE_LEN, unwrap
from gmpki.keystore._unlocking import Unlocking
from gmpki.keystore.pkcs12 import PKCS12, CertificateEntry, KeyEntry, PairEntry, encoded_public_key, find_pairs
from gmpki.x509.certificate import Certificate
from gmpki.x509.delivery import open_delivery
from gmpki.x509.pair import CertificatePair

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

    from gmpki.asn1.quirks import Quirk
    from gmpki.keys.loader import PrivateKey

__all__ = ["OpenedKey", "needs_password", "open_key"]

_BLOB_START: Final = b"\x01\x00\x00\x00"
_PKCS12_LABELS: Final = ("PKCS12", "PFX")
_UNDER_PASSWORD: Final = (*_PKCS12_LABELS, sm2_file.LABEL, ENCRYPTED_LABEL)
_SHOWN_FIELDS: Final = 5
_CONTENT: Final = der.Tag.context(0, constructed=True)


@dataclass(frozen=True, slots=True)
class OpenedKey:
    """What a file held. Immutable; thread-safe.

    :ivar keys: each with its certificate, where that is there too.
    :ivar certificates: all of them, also those of keys.
    :ivar found: what the file is and how it is protected, for people.
    :ivar store: the PKCS #12 file, where it is one: it knows more.
    :ivar quirks: departures from the standards that were accepted in the file itself; certificates have their own.
    """

    keys: tuple[KeyEntry, ...]
    certificates: tuple[CertificateEntry, ...]
    found: str
    store: PKCS12 | None = None
    quirks: tuple[Quirk, ...] = field(default=(), repr=False)

    @property
    def pairs(self) -> tuple[PairEntry, ...]:
        """The pairs of certificates of which at least one key is there; errors as
        :func:`~gmpki.keystore.pkcs12.find_pairs`.
        """
        certificates = [entry.certificate for entry in self.certificates]
        return find_pairs([entry.private_key for entry in self.keys], certificates)


def open_key(
    data: Buffer,
    password: Buffer | None = None,
    *,
    signing_key: Decryptor | None = None,
    pair: CertificatePair | None = None,
    allow_no_mac: bool = False,
    lenient: bool = False,
    max_iterations: int = MAX_ITERATIONS,
    policy: AlgorithmPolicy = DEFAULT_POLICY,
) -> OpenedKey:
    """Open a file with keys, certificates or both, whatever it is.

    Read are PKCS #12; PKCS #8 plain and encrypted, the SEC 1 form and PKCS #1; PEM files with several keys and
    certificates; CFCA's ".sm2"; certificates alone and in PKCS #7; and, with the signing key of their owner,
    SM2EnvelopedKey, CSRResponse and ENVELOPEDKEYBLOB, with the certificates too a key in EnvelopedData. DER, PEM and
    bare base64; BER where it is met.

    :param password: for what is encrypted under one, UTF-8; not looked at otherwise.
    :param signing_key: the owner's signing key, in software or a token, for what is encrypted to it.
    :param pair: the certificates, to check such a key with; an envelope cannot be opened without.
    :param allow_no_mac: take a PKCS #12 file without a MAC.
    :param lenient: read certificates that break rules of DER.
    :param max_iterations: the most iterations of one derivation, 1 to 2^31 - 1.
    :param policy: decides about RSA, ECDSA and Ed25519 keys.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when it is none of these, or a password or the signing key is missing.
    :raises DecodeError: when it is malformed.
    :raises DecryptionError: when the password or the signing key is the wrong one, or the file was changed.
    :raises UnsupportedAlgorithm: when an algorithm or a kind of encryption is not read.
    :raises LimitExceeded: when it is longer than 4 MiB, holds too much, or asks for too much work.
    :raises KeyMismatchError: when a private key is not that of the public key or the certificate beside it.
    :raises InvalidScalarError: when an SM2 key is outside [1, n-2].
    :raises InvalidPointError: when a point is not on the curve.
    :raises ValidationError: when the two certificates of a response are no pair.
    :raises NoRecipientError: when an envelope is not for the signing certificate.
    :raises PolicyError: when the policy refuses a key.
    """
    raw = as_bytes(data, "a key file", text_hint="encode the text as ASCII, or read the file in binary mode")
    member(policy, AlgorithmPolicy, "policy")
    if signing_key is not None:
        member(signing_key, Decryptor, "signing_key")
    if pair is not None:
        member(pair, CertificatePair, "pair")
    if len(raw) > MAX_FILE_LEN:
        raise LimitExceeded(f"a key file of {len(raw)} bytes; at most {MAX_FILE_LEN} are read")
    unlocking = Unlocking(password, max_iterations)
    opener = _Opener(unlocking, signing_key, pair, allow_no_mac=allow_no_mac, lenient=lenient, policy=policy)
    if pem.is_pem(raw):
        return opener.open_pem(raw)
    if raw[:4] == _BLOB_START:
        return opener.open_delivery(raw, "ENVELOPEDKEYBLOB (GM/T 0016)")
    encoded, armour = unwrap(raw)
    if encoded:
        return opener.open_binary(encoded, armour)
    # No structure at all: what reads keys knows best what to say about it.
    open_key_file(raw, private=True)
    raise InvalidInputError("no form of a key or a certificate that is read")


def needs_password(data: Buffer) -> bool:
    """Tell whether something in a file is under a password, by its form alone: for programs that ask people for one.

    :raises InvalidTypeError: when data is not a buffer.
    :raises DecodeError: when it is broken PEM.
    """
    raw = as_bytes(data, "a key file")
    if pem.is_pem(raw):
        return any(block.label in _UNDER_PASSWORD for block in pem.read_pem(raw))
    encoded, _ = unwrap(raw[: MAX_FILE_LEN + 1])
    match _shape(encoded):
        case (
            [der.Tag.INTEGER, der.Tag.SEQUENCE]
            | [der.Tag.INTEGER, der.Tag.SEQUENCE, der.Tag.SEQUENCE]
            | [der.Tag.SEQUENCE, der.Tag.OCTET_STRING]
        ):
            return True
    return False


class _Opener:
    """The options of :func:`open_key`, and a method for each family of forms."""

    def __init__(
        self,
        unlocking: Unlocking,
        signing_key: Decryptor | None,
        pair: CertificatePair | None,
        *,
        allow_no_mac: bool,
        lenient: bool,
        policy: AlgorithmPolicy,
    ) -> None:
        self._unlocking = unlocking
        self._signing_key = signing_key
        self._pair = pair
        self._allow_no_mac = allow_no_mac
        self._lenient = lenient
        self._policy = policy

    # ---- PEM ----------------------------------------------------------------------------
    def open_pem(self, raw: bytes) -> OpenedKey:
        """Open a PEM file: one block of another form, or keys and certificates."""
        blocks = pem.read_pem(raw)
        if len(blocks) == 1:
            label = blocks[0].label
            if label in _PKCS12_LABELS:
                return self._open_pkcs12(blocks[0].data, "PEM: ")
            if label == sm2_file.LABEL:
                return self._open_sm2_file(blocks[0].data, "PEM: ")
            if label in PEM_LABELS:
                return self._open_message(blocks[0].data, "PEM: ")
        keys, certificates, forms = pem_bundle.read_bundle(
            raw, self._unlocking, lenient=self._lenient, policy=self._policy
        )
        parts = forms if len(keys) < 2 else [f"{len(keys)} keys ({'; '.join(forms)})"]
        if certificates:
            parts.append("1 certificate" if len(certificates) == 1 else f"{len(certificates)} certificates")
        return _opened(keys, certificates, "PEM: " + ", ".join(parts))

    # ---- DER and BER --------------------------------------------------------------------
    def open_binary(self, encoded: bytes, armour: str) -> OpenedKey:
        """Open a structure, told apart by the types of its first fields.

        Only what tells is brought to DER here: what was signed or is keyed by its bytes is read as it came.
        """
        match _shape(encoded):
            case [der.Tag.INTEGER, der.Tag.SEQUENCE] | [der.Tag.INTEGER, der.Tag.SEQUENCE, der.Tag.SEQUENCE]:
                if _is_message(encoded):
                    return self._open_pkcs12(encoded, armour)
                return self._open_sm2_file(encoded, armour)
            case [der.Tag.OID, *_]:
                return self._open_message(encoded, armour)
            case [der.Tag.SET, *_]:
                return self.open_delivery(encoded, f"{armour}CSRResponse (GM/T 0092)")
            case [der.Tag.SEQUENCE, der.Tag.SEQUENCE, der.Tag.BIT_STRING, der.Tag.BIT_STRING]:
                return self.open_delivery(encoded, f"{armour}SM2EnvelopedKey (GM/T 0009)")
            case [der.Tag.SEQUENCE, der.Tag.SEQUENCE, der.Tag.BIT_STRING]:
                return _opened((), [Certificate.from_der(encoded, lenient=self._lenient)], f"{armour}1 certificate")
        key, form = pem_bundle.load_key(open_key_file(encoded, private=True), self._unlocking, policy=self._policy)
        return _opened([key], (), armour + form)

    def open_delivery(self, encoded: bytes, form: str) -> OpenedKey:
        """Open what is encrypted to the owner's signing key."""
        if self._signing_key is None:
            raise InvalidInputError(f"{form}: give the signing key that it is encrypted to")
        opened = open_delivery(encoded, self._signing_key, pair=self._pair)
        certificates = () if opened.pair is None else (opened.pair.signing, opened.pair.encryption)
        return _opened([opened.encryption_key], certificates, form)

    def _open_pkcs12(self, encoded: bytes, armour: str) -> OpenedKey:
        store = pkcs12_reader.read(
            encoded, self._unlocking, allow_no_mac=self._allow_no_mac, lenient=self._lenient, policy=self._policy
        )
        found = f"{armour}PKCS #12, {'; '.join((*store.protections, store.mac or 'no MAC'))}"
        return OpenedKey(store.keys, store.certificates, found, store, store.quirks)

    def _open_sm2_file(self, encoded: bytes, armour: str) -> OpenedKey:
        if not self._unlocking.is_given:
            raise InvalidInputError(f'{armour}CFCA key file (".sm2"): give its password')
        entry = sm2_file.read_sm2_file(encoded, self._unlocking.password, lenient=self._lenient)
        certificates = () if entry.certificate is None else (CertificateEntry(entry.certificate),)
        found = f'{armour}CFCA key file (".sm2"), SM4-CBC under one run of the SM3 key derivation'
        return OpenedKey((entry,), certificates, found)

    def _open_message(self, encoded: bytes, armour: str) -> OpenedKey:
        """Take the certificates out of a PKCS #7 file, or the key out of an envelope."""
        message = read_message(encoded, lenient=self._lenient, max_len=MAX_FILE_LEN)
        if isinstance(message.content, (EnvelopedData, AuthEnvelopedData)):
            form = f"{armour}PKCS #8 in {message.content_info.content_type.name}"
            if self._signing_key is None or self._pair is None:
                raise InvalidInputError(f"{form}: give the pair of certificates and its signing key")
            key = open_enveloped_delivery(encoded, self._pair, self._signing_key)
            return _opened([key], (self._pair.signing, self._pair.encryption), form)
        if not isinstance(message.content, SignedData):
            name = message.content_info.content_type.name
            raise InvalidInputError(f"a message of the type {name}; certificates are taken out of signed data only")
        certificates = [Certificate.from_der(one, lenient=self._lenient) for one in message.content.certificates]
        if not certificates:
            raise InvalidInputError("the PKCS #7 file holds no certificate")
        found = f"{armour}PKCS #7, {len(certificates)} certificate{'s' * (len(certificates) > 1)}"
        return OpenedKey((), tuple(map(CertificateEntry, certificates)), found, None, message.quirks)


def _opened(keys: Iterable[PrivateKey], certificates: Iterable[Certificate], found: str) -> OpenedKey:
    """Return keys and certificates that came without names, each key with its certificate."""
    held = tuple(certificates)
    by_key: dict[bytes, Certificate] = {}
    for certificate in held:
        by_key.setdefault(encoded_public_key(certificate), certificate)
    entries = tuple(KeyEntry(key, by_key.get(key.public_key.to_der())) for key in keys)
    return OpenedKey(entries, tuple(map(CertificateEntry, held)), found)


def _shape(encoded: bytes) -> list[int]:
    """Return the tags of the first fields of a structure, BER or DER; none when it is no structure at all."""
    try:
        return _tags(ber_to_der(encoded, max_size=MAX_FILE_LEN).der)
    except (DecodeError, LimitExceeded):
        return []


def _tags(encoded: bytes) -> list[int]:
    tags: list[int] = []
    fields = der.Reader(encoded).sequence()
    while not fields.at_end() and len(tags) < _SHOWN_FIELDS:
        tag = fields.peek()
        if tag is None:
            break
        tags.append(tag)
        fields.exact(tag)
    return tags


def _is_message(encoded: bytes) -> bool:
    """Tell whether the second field is a ContentInfo, as in PKCS #12."""
    fields = der.Reader(ber_to_der(encoded, max_size=MAX_FILE_LEN).der).sequence()
    fields.integer()
    return _tags(fields.exact(der.Tag.SEQUENCE)) == [der.Tag.OID, _CONTENT]
