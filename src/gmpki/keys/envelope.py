"""An SM2 key pair under another SM2 key: how an encryption key travels from the key centre to its owner.

The key centre makes the encryption key pair; the owner, who holds a signing key already, receives it encrypted to that
signing key. GM/T 0009 and the token interface of GM/T 0016 write the same parts in two forms:

>>> from gmpki.keys.envelope import KeyEnvelope
>>> from gmpki.keys.sm2 import SM2PrivateKey
>>> signing_key, encryption_key = SM2PrivateKey.generate(), SM2PrivateKey.generate()
>>> envelope = KeyEnvelope.seal(encryption_key, signing_key.public_key)
>>> blob = KeyEnvelope.from_der(envelope.to_der()).to_skf_blob()
>>> KeyEnvelope.from_skf_blob(blob).open(signing_key).public_key == encryption_key.public_key
True

:standard: GM/T 0009-2012 and GB/T 35276-2017 (SM2EnvelopedKey); GM/T 0016-2012 (ENVELOPEDKEYBLOB)
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gmpki import oids
from gmpki._inputs import as_bytes, member
from gmpki.algorithms import rand, sm4
from gmpki.algorithms.sm2 import CiphertextFormat, CurvePoint, PointFormat
from gmpki.asn1.gmt0009 import SM2EnvelopedKey
from gmpki.asn1.rfc5280 import NULL, AlgorithmIdentifier
from gmpki.errors import DecodeError, DecryptionError, InvalidInputError, UnsupportedAlgorithm
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.interfaces import Decryptor
from gmpki.keys.sm2 import SM2PrivateKey
from gmpki.keys.sm2_public import SM2PublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["KeyEnvelope", "SKFLayout"]

_NUMBER_LEN: Final = 32
_SM4_ECB: Final = AlgorithmIdentifier(oids.SM4_ECB, NULL)

# The blob: a field of 64 bytes for each number, of which an SM2 number takes the last 32.
_FIELD_LEN: Final = 64
_VERSION: Final = 1
_SGD_SM4_ECB: Final = 0x401
_BITS: Final = 256
# Drivers size the blob by the C structure, which counts one byte of the ciphertext and may be padded at its end.
_MAX_SPARE_LEN: Final = 8


class SKFLayout(enum.IntEnum):
    """How wide a driver makes ULONG, in bytes; little endian, no gaps. The standard has 4."""

    ULONG_32 = 4
    ULONG_64 = 8
    """Drivers that take ``unsigned long`` for ULONG where that has 64 bits (confidence C)."""


@dataclass(frozen=True, slots=True)
class KeyEnvelope:
    """A private key encrypted with SM4, and the SM4 key encrypted with SM2. Immutable; thread-safe.

    Nothing in it is secret. Made by :meth:`seal`, :meth:`from_der` and :meth:`from_skf_blob`.

    :ivar public_key: the public key of the pair inside.
    :ivar encrypted_key: the SM4 key, encrypted to the receiver.
    :ivar encrypted_private_key: the private key of 32 bytes in two blocks of SM4-ECB, without padding.
    :ivar encrypted_zeros: the 32 zero bytes that stand before the private key in the blob's field, encrypted with it;
        None where the envelope came without, and then the blob has plain zeros there, which readers pass over.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when one has the wrong length.
    :standard: GM/T 0009-2012 and GB/T 35276-2017, the format that protects a key pair
    """

    public_key: SM2PublicKey
    encrypted_key: SM2Ciphertext
    encrypted_private_key: bytes
    encrypted_zeros: bytes | None = None

    def __post_init__(self) -> None:
        member(self.public_key, SM2PublicKey, "public_key")
        member(self.encrypted_key, SM2Ciphertext, "encrypted_key")
        halves = {"encrypted_private_key": self.encrypted_private_key}
        if self.encrypted_zeros is not None:
            halves["encrypted_zeros"] = self.encrypted_zeros
        for name, half in halves.items():
            member(half, bytes, name)
            if len(half) != _NUMBER_LEN:
                raise InvalidInputError(f"{name} must be {_NUMBER_LEN} bytes long, not {len(half)}")
        if len(self.encrypted_key.c2) != sm4.KEY_LEN:
            raise InvalidInputError(f"the SM4 key must be {sm4.KEY_LEN} bytes long, not {len(self.encrypted_key.c2)}")

    @classmethod
    def seal(cls, private_key: SM2PrivateKey, receiver: SM2PublicKey) -> KeyEnvelope:
        """Encrypt a key pair to the holder of another key, with an SM4 key made for it.

        :param private_key: what is sent; its bytes pass through memory of Python, which cannot be overwritten.
        :param receiver: the public key of the receiver's signing key.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the receiver's key is that of the pair itself.
        :raises RandomSourceError: when the random source fails.
        """
        member(private_key, SM2PrivateKey, "private_key")
        member(receiver, SM2PublicKey, "receiver")
        if private_key.public_key == receiver:
            raise InvalidInputError("the key pair would be encrypted to itself, and nobody could open it")
        key = rand.random_bytes(sm4.KEY_LEN)
        field = sm4.encrypt(key, private_key.to_bytes().rjust(_FIELD_LEN, b"\x00"), sm4.Mode.ECB)
        form = CiphertextFormat.C1C3C2
        encrypted_key = SM2Ciphertext.from_bytes(receiver.encrypt(key, fmt=form), form)
        return cls(private_key.public_key, encrypted_key, field[_NUMBER_LEN:], field[:_NUMBER_LEN])

    def open(self, decryptor: Decryptor) -> SM2PrivateKey:
        """Decrypt the key pair and check that the private key is that of the public key.

        :param decryptor: the receiver's private key, in software or in a token.
        :raises DecryptionError: when it cannot be decrypted, for whatever cause: another receiver, a changed envelope.
        :raises InvalidTypeError: when decryptor is no Decryptor, or returns something else than bytes.
        """
        member(decryptor, Decryptor, "decryptor")
        # A fixed form: a token's software may take no other than the standard's.
        opened = decryptor.decrypt(self.encrypted_key.to_bytes(CiphertextFormat.DER))
        key = bytearray(as_bytes(opened, "what the decryptor returns"))
        scalar = bytearray(_NUMBER_LEN)
        try:
            if len(key) != sm4.KEY_LEN:
                raise DecryptionError
            sm4.SM4Cipher(key, sm4.Mode.ECB).decryptor().update_into(self.encrypted_private_key, scalar)
            private_key = SM2PrivateKey.from_bytes(scalar)
        except InvalidInputError:
            raise DecryptionError from None
        finally:
            for secret in (key, scalar):
                secret[:] = bytes(len(secret))
        # ECB has no tag: that the number makes the public key is the only proof that it arrived unchanged.
        if private_key.public_key != self.public_key:
            raise DecryptionError
        return private_key

    # ---- SM2EnvelopedKey ----------------------------------------------------------------
    @classmethod
    def from_der(cls, data: Buffer) -> KeyEnvelope:
        """Read the DER of SM2EnvelopedKey.

        :raises InvalidTypeError: when data is not a buffer.
        :raises DecodeError: when it is malformed, or a length in it is not that of an SM2 key under SM4.
        :raises InvalidPointError: when a point is not on the curve.
        :raises UnsupportedAlgorithm: when the private key is encrypted with something else than SM4-ECB.
        """
        return cls.from_structure(SM2EnvelopedKey.from_der(data))

    @classmethod
    def from_structure(cls, structure: SM2EnvelopedKey) -> KeyEnvelope:
        """Take what has been read; errors as :meth:`from_der`.

        SM4 without a mode is met for SM4-ECB, and absent parameters for NULL (confidence B).
        """
        member(structure, SM2EnvelopedKey, "structure")
        algorithm = structure.algorithm
        if algorithm.algorithm not in (oids.SM4, oids.SM4_ECB) or not algorithm.has_no_parameters:
            raise UnsupportedAlgorithm(f"the private key is encrypted with {algorithm.shown}; SM4-ECB is read")
        point, encrypted = structure.public_key, structure.encrypted_private_key
        if len(point) != PointFormat.UNCOMPRESSED:
            raise DecodeError(f"the public key has {len(point)} bytes; 65 expected (04, x, y)", path=("Sm2PublicKey",))
        if len(encrypted) != _NUMBER_LEN:
            raise DecodeError(
                f"the encrypted private key has {len(encrypted)} bytes; {_NUMBER_LEN} expected",
                path=("Sm2EncryptedPrivateKey",),
            )
        found = len(structure.encrypted_key.cipher_text)
        if found != sm4.KEY_LEN:
            raise DecodeError(
                f"the encrypted SM4 key has {found} bytes; {sm4.KEY_LEN} expected", path=("symEncryptedKey",)
            )
        wrapped = SM2Ciphertext.from_bytes(structure.encrypted_key.to_der(), CiphertextFormat.DER)
        return cls(SM2PublicKey.from_bytes(point), wrapped, encrypted)

    def to_structure(self) -> SM2EnvelopedKey:
        """Return the structure that :meth:`to_der` encodes, for messages that hold one."""
        return SM2EnvelopedKey(
            _SM4_ECB, self.encrypted_key.to_structure(), self.public_key.to_bytes(), self.encrypted_private_key
        )

    def to_der(self) -> bytes:
        """Return the DER of SM2EnvelopedKey, with SM4-ECB and NULL parameters."""
        return self.to_structure().to_der()

    # ---- ENVELOPEDKEYBLOB ---------------------------------------------------------------
    @classmethod
    def from_skf_blob(cls, blob: Buffer) -> KeyEnvelope:
        """Read an ENVELOPEDKEYBLOB; how wide ULONG is, its first eight bytes tell.

        :param blob: 388 bytes, or 408 with 64-bit ULONG, and up to 8 zero bytes that the C structure has behind.
        :raises InvalidTypeError: when blob is not a buffer.
        :raises DecodeError: when it is malformed.
        :raises InvalidPointError: when a point is not on the curve.
        :raises UnsupportedAlgorithm: when the private key is encrypted with something else than SM4-ECB.
        :standard: GM/T 0016-2012, ENVELOPEDKEYBLOB
        """
        data = as_bytes(blob, "the blob")
        fields = _Fields(data, SKFLayout.ULONG_64 if data[4:8] == bytes(4) else SKFLayout.ULONG_32)
        fields.expect("Version", _VERSION)
        algorithm = fields.number()
        if algorithm != _SGD_SM4_ECB:
            raise UnsupportedAlgorithm(
                f"the private key is encrypted with the algorithm {algorithm:#x}; SM4-ECB is read ({_SGD_SM4_ECB:#x})"
            )
        fields.expect("ulBits", _BITS)
        field = fields.take(_FIELD_LEN)
        fields.expect("PubKey.BitLen", _BITS)
        point = b"\x04" + fields.coordinate("PubKey.XCoordinate") + fields.coordinate("PubKey.YCoordinate")
        names = ("ECCCipherBlob.XCoordinate", "ECCCipherBlob.YCoordinate")
        c1 = b"\x04" + b"".join(fields.coordinate(name) for name in names)
        c3 = fields.take(_NUMBER_LEN)
        fields.expect("ECCCipherBlob.CipherLen", sm4.KEY_LEN)
        wrapped = SM2Ciphertext(CurvePoint.from_bytes(c1), c3, fields.take(sm4.KEY_LEN))
        fields.end()
        zeros = None if field[:_NUMBER_LEN] == bytes(_NUMBER_LEN) else field[:_NUMBER_LEN]
        return cls(SM2PublicKey.from_bytes(point), wrapped, field[_NUMBER_LEN:], zeros)

    def to_skf_blob(self, layout: SKFLayout = SKFLayout.ULONG_32) -> bytes:
        """Return the ENVELOPEDKEYBLOB for ``SKF_ImportECCKeyPair``: 388 bytes, or 408 with 64-bit ULONG.

        :param layout: how wide the driver makes ULONG.
        :raises InvalidTypeError: when layout is no SKFLayout.
        :standard: GM/T 0016-2012, ENVELOPEDKEYBLOB
        """
        member(layout, SKFLayout, "layout")

        def number(value: int) -> bytes:
            return value.to_bytes(layout, "little")

        def coordinates(bare: bytes) -> bytes:
            halves = (bare[:_NUMBER_LEN], bare[_NUMBER_LEN:])
            return b"".join(half.rjust(_FIELD_LEN, b"\x00") for half in halves)

        zeros = bytes(_NUMBER_LEN) if self.encrypted_zeros is None else self.encrypted_zeros
        wrapped = self.encrypted_key
        return b"".join(
            (
                *(number(value) for value in (_VERSION, _SGD_SM4_ECB, _BITS)),
                zeros + self.encrypted_private_key,
                number(_BITS) + coordinates(self.public_key.to_bytes(PointFormat.BARE)),
                coordinates(wrapped.c1.to_bytes(PointFormat.BARE)),
                wrapped.c3 + number(len(wrapped.c2)) + wrapped.c2,
            )
        )


class _Fields:
    """A cursor over the fields of a blob."""

    def __init__(self, data: bytes, layout: SKFLayout) -> None:
        self._data = data
        self._ulong_len = int(layout)
        self._pos = 0

    def take(self, length: int) -> bytes:
        """Return the next bytes."""
        taken = self._data[self._pos : self._pos + length]
        if len(taken) != length:
            raise DecodeError(f"the blob ends after {len(self._data)} bytes", offset=self._pos)
        self._pos += length
        return taken

    def number(self) -> int:
        """Return the next ULONG."""
        return int.from_bytes(self.take(self._ulong_len), "little")

    def expect(self, name: str, value: int) -> None:
        """Step over a ULONG that has only one right value."""
        at = self._pos
        found = self.number()
        if found != value:
            raise DecodeError(f"{value} expected, {found} found", offset=at, path=("ENVELOPEDKEYBLOB", name))

    def coordinate(self, name: str) -> bytes:
        """Return a number of 32 bytes that stands at the end of its field of 64."""
        at = self._pos
        field = self.take(_FIELD_LEN)
        if field[:-_NUMBER_LEN] != bytes(_FIELD_LEN - _NUMBER_LEN):
            raise DecodeError("more than 256 bits", offset=at, path=("ENVELOPEDKEYBLOB", name))
        return field[-_NUMBER_LEN:]

    def end(self) -> None:
        """Check that nothing but the padding of a C structure is left."""
        spare = self._data[self._pos :]
        if len(spare) > _MAX_SPARE_LEN or any(spare):
            raise DecodeError(f"{len(spare)} bytes too many", offset=self._pos)
