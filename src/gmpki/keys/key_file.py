"""What a key file is, seen from its bytes: PEM, DER or bare base64, and which structure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes
from gmpki.asn1 import der
from gmpki.errors import DecodeError, InvalidInputError, LimitExceeded, UnsupportedAlgorithm
from gmpki.keys import pem
from gmpki.keys.pkcs8 import ENCRYPTED_LABEL, PLAIN_LABEL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["MAX_FILE_LEN", "KeyFile", "KeyForm", "open_key_file", "private_keys_of", "refuse_legacy_encryption"]

# A key with its attributes has some kilobytes; files with many certificates in front of the key are larger.
MAX_FILE_LEN: Final = 1 << 20
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_SEQUENCE: Final = 0x30


class KeyForm(Enum):
    """The structures that hold a key."""

    PKCS8 = "PKCS #8 PrivateKeyInfo"
    PKCS8_ENCRYPTED = "PKCS #8 EncryptedPrivateKeyInfo"
    SEC1 = "SEC 1 ECPrivateKey"
    PKCS1 = "PKCS #1 RSAPrivateKey"
    PUBLIC = "SubjectPublicKeyInfo"

    @property
    def is_private(self) -> bool:
        """Tell whether it holds a private key."""
        return self is not KeyForm.PUBLIC


_LABELS: Final = {
    PLAIN_LABEL: KeyForm.PKCS8,
    ENCRYPTED_LABEL: KeyForm.PKCS8_ENCRYPTED,
    "EC PRIVATE KEY": KeyForm.SEC1,
    # OpenSSL 3.0 writes the SEC 1 form of an SM2 key under this label.
    "SM2 PRIVATE KEY": KeyForm.SEC1,
    "RSA PRIVATE KEY": KeyForm.PKCS1,
    "PUBLIC KEY": KeyForm.PUBLIC,
}
_PARAMETER_LABELS: Final = ("EC PARAMETERS", "SM2 PARAMETERS")


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A key file taken apart. Immutable; thread-safe.

    :ivar armour: "PEM", "DER" or "base64".
    :ivar form: the structure.
    :ivar der: its DER; not shown by ``repr``.
    :ivar parameters: the DER of the ``EC PARAMETERS`` block beside it, if any.
    :ivar legacy_encryption: PEM's own encryption of old OpenSSL (``Proc-Type: 4,ENCRYPTED``), which is not read.
    """

    armour: str
    form: KeyForm
    der: bytes = field(repr=False)
    parameters: bytes | None = None
    legacy_encryption: bool = False

    @property
    def is_encrypted(self) -> bool:
        """Tell whether a password is needed."""
        return self.form is KeyForm.PKCS8_ENCRYPTED or self.legacy_encryption

    def __str__(self) -> str:
        return f"{self.armour}, {self.form.value}"


def open_key_file(data: Buffer, *, private: bool) -> KeyFile:
    """Find the one private, or public, key in a file.

    :param private: which of the two is looked for; other blocks of a PEM file are passed over.
    :raises InvalidTypeError: when data is not a buffer.
    :raises LimitExceeded: when it is longer than 1 MiB.
    :raises InvalidInputError: when there is no such key, or more than one; the message says what there is.
    :raises DecodeError: when it is malformed.
    """
    raw = _as_bytes(data)
    wanted = "private" if private else "public"
    if pem.is_pem(raw):
        return _from_pem(raw, wanted)
    armour, encoded = "DER", raw
    if raw[:1] != bytes((_SEQUENCE,)):
        armour, encoded = "base64", pem.bare_base64(raw)
    try:
        form = _form(encoded)
    except DecodeError:
        # A bare key may begin with the byte of a SEQUENCE, and hexadecimal text with 04 does: "0" is 30.
        if not _bare_key(raw):
            raise
        form = None
    if form is None:
        raise InvalidInputError(f"expected a {wanted} key as PEM or DER; came {_description(raw)}")
    if form.is_private != private:
        raise InvalidInputError(_other_kind(form.value, wanted))
    return KeyFile(armour, form, encoded)


def _as_bytes(data: Buffer) -> bytes:
    raw = as_bytes(data, "a key file", text_hint="encode the text as ASCII, or read the file in binary mode")
    if len(raw) > MAX_FILE_LEN:
        raise LimitExceeded(f"a key file of {len(raw)} bytes; at most {MAX_FILE_LEN} are read")
    return raw


def _from_pem(raw: bytes, wanted: str) -> KeyFile:
    blocks = pem.read_pem(raw)
    private = wanted == "private"
    keys = [block for block in blocks if block.label in _LABELS and _LABELS[block.label].is_private == private]
    if len(keys) != 1:
        labels = ", ".join(repr(block.label) for block in blocks)
        if len(keys) > 1:
            raise InvalidInputError(f"the file has {len(keys)} {wanted} keys; give one ({labels})")
        if any(block.label in _LABELS for block in blocks):
            raise InvalidInputError(_other_kind(labels, wanted))
        hint = "; a public key in a certificate is read with the certificate" if "CERTIFICATE" in labels else ""
        raise InvalidInputError(f"the PEM file has no {wanted} key; it has {labels}{hint}")
    parameters = [block.data for block in blocks if block.label in _PARAMETER_LABELS]
    if len(parameters) > 1:
        raise InvalidInputError("the file has more than one block of curve parameters")
    return _of_block(keys[0], parameters[0] if parameters else None)


def private_keys_of(blocks: Iterable[pem.PEMBlock]) -> tuple[KeyFile, ...]:
    """Return every private key of a PEM file with several, possibly none; other blocks are passed over.

    A block of curve parameters belongs to the key behind it.

    :raises DecodeError: when a block does not hold what its label says.
    """
    found = []
    parameters = None
    for block in blocks:
        if block.label in _PARAMETER_LABELS:
            parameters = block.data
        elif block.label in _LABELS and _LABELS[block.label].is_private:
            found.append(_of_block(block, parameters))
            parameters = None
    return tuple(found)


def _of_block(key: pem.PEMBlock, parameters: bytes | None) -> KeyFile:
    legacy = any(header.startswith("Proc-Type:") and "ENCRYPTED" in header for header in key.headers)
    form = _LABELS[key.label]
    if not legacy and _form(key.data) is not form:
        raise DecodeError(f"the PEM block {key.label!r} does not hold {form.value}")
    return KeyFile("PEM", form, key.data, parameters, legacy)


def _other_kind(found: str, wanted: str) -> str:
    if wanted == "public":
        return f"expected a public key; the file holds a private one ({found}): load_private_key(...).public_key"
    return f"expected a private key; the file holds a public one ({found}): load_public_key reads it"


def _form(encoded: bytes) -> KeyForm | None:
    """Tell the structures apart by the types of their first fields; None when it is none of them."""
    reader = der.Reader(encoded)
    if not reader.next_is(der.Tag.SEQUENCE):
        return None
    with reader.sequence("key") as fields:
        tags = []
        while not fields.at_end():
            tags.append(fields.peek())
            fields.raw_element()
    reader.end()
    match tags:
        case [der.Tag.INTEGER, der.Tag.SEQUENCE, der.Tag.OCTET_STRING, *_]:
            return KeyForm.PKCS8
        case [der.Tag.SEQUENCE, der.Tag.OCTET_STRING]:
            return KeyForm.PKCS8_ENCRYPTED
        case [der.Tag.INTEGER, der.Tag.OCTET_STRING, *_]:
            return KeyForm.SEC1
        case [der.Tag.INTEGER, der.Tag.INTEGER, der.Tag.INTEGER, *_]:
            return KeyForm.PKCS1
        case [der.Tag.SEQUENCE, der.Tag.BIT_STRING]:
            return KeyForm.PUBLIC
    return None


def _description(raw: bytes) -> str:
    """Say what a file looks like that holds no key this reads, and what reads it."""
    stripped = raw.strip()
    if not stripped:
        return "an empty file"
    bare = _bare_key(raw)
    if bare:
        return bare
    if raw[0] == _SEQUENCE:
        return f"DER of {len(raw)} bytes that is none of: {', '.join(form.value for form in KeyForm)}"
    return f"{len(raw)} bytes that are neither"


def _bare_key(raw: bytes) -> str:
    """Say what reads a bare number or point; "" when the length is that of none."""
    stripped = raw.strip()
    if _HEX.issuperset(stripped) and len(stripped) in (64, 66, 128, 130):
        return f"{len(stripped)} hexadecimal digits: SM2PrivateKey.from_hex (64) or SM2PublicKey.from_hex reads them"
    if len(raw) in (32, 33, 64, 65):
        return f"{len(raw)} bytes: SM2PrivateKey.from_bytes (32) or SM2PublicKey.from_bytes reads them"
    return ""


def refuse_legacy_encryption(file: KeyFile) -> None:
    """Refuse PEM's own encryption.

    :raises UnsupportedAlgorithm: when the file has it.
    """
    if file.legacy_encryption:
        raise UnsupportedAlgorithm(
            "the key has PEM's own encryption (Proc-Type: 4,ENCRYPTED), which rests on MD5; convert it with: "
            "openssl pkcs8 -topk8 -v2 aes-256-cbc"
        )
