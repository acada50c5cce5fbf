"""Key blobs between Python and C. Numbers stand at the end of their fields, big-endian."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import as_bytes, member
from gmpki.algorithms.sm2 import CurvePoint, PointFormat
from gmpki.errors import InvalidInputError, InvalidPointError
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.tokens.skf.calls import Calls
from gmpki.tokens.skf.driver_profile import EnvelopeForm
from gmpki.tokens.skf.structures import MAX_RSA_LEN, BlockCipherParam, RsaPrivateKey, RsaPublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.envelope import KeyEnvelope

__all__ = ["Blobs"]

_LEN: Final = 32  # of an SM2 number
_FIELD_LEN: Final = 64
_BITS: Final = 256
_SGD_RSA: Final = 0x00010000
_SGD_SM4_ECB: Final = 0x401
_SLACK_LEN: Final = 64
_EXPONENT_LEN: Final = 4


class Blobs(Calls):
    """The conversions that the functions share."""

    def _room(self, structure: str, extra_len: int = 0) -> Any:
        """Return zeroed memory and it as a structure; behind it is room for a driver of a wider layout.

        The memory lives as long as the first of the two: callers keep both.
        """
        ffi = self._ffi
        buffer = ffi.new("BYTE[]", ffi.sizeof(structure) + extra_len + _SLACK_LEN)
        return buffer, ffi.cast(f"{structure} *", buffer)

    # ---- SM2 ----------------------------------------------------------------------------
    def _fill(self, field: Any, value: bytes) -> None:
        """Write a number to the end of a field."""
        self._ffi.buffer(field)[:] = value.rjust(len(field), b"\0")

    def _number_in(self, function: str, field: Any) -> bytes:
        """Read a number of 32 bytes from the end of a field of 64."""
        content = bytes(self._ffi.buffer(field))
        if any(content[:-_LEN]):
            raise self._broken(function, "an SM2 number has more than 256 bits")
        return content[-_LEN:]

    def _public_key(self, public_key: Buffer, name: str = "the public key") -> tuple[Any, Any]:
        """Return an ECCPUBLICKEYBLOB of x || y.

        :raises InvalidInputError: when it has not 64 bytes.
        """
        content = as_bytes(public_key, name)
        if len(content) != 2 * _LEN:
            raise InvalidInputError(f"{name} must be x || y in 64 bytes, not {len(content)}")
        buffer, blob = self._room("ECCPUBLICKEYBLOB")
        self._set_point(blob, content)
        return buffer, blob

    def _set_point(self, blob: Any, content: bytes) -> None:
        blob.BitLen = _BITS
        self._fill(blob.XCoordinate, content[:_LEN])
        self._fill(blob.YCoordinate, content[_LEN:])

    def _point_of(self, function: str, blob: Any) -> bytes:
        """Return x || y of an ECCPUBLICKEYBLOB that the driver wrote."""
        if blob.BitLen != _BITS:
            raise self._broken(function, f"an SM2 public key has {blob.BitLen} bits")
        return self._number_in(function, blob.XCoordinate) + self._number_in(function, blob.YCoordinate)

    def _signature(self, signature: Buffer) -> tuple[Any, Any]:
        content = as_bytes(signature, "the signature")
        if len(content) != 2 * _LEN:
            raise InvalidInputError(f"the signature must be r || s in 64 bytes, not {len(content)}")
        buffer, blob = self._room("ECCSIGNATUREBLOB")
        self._fill(blob.r, content[:_LEN])
        self._fill(blob.s, content[_LEN:])
        return buffer, blob

    def _signature_of(self, function: str, blob: Any) -> bytes:
        return self._number_in(function, blob.r) + self._number_in(function, blob.s)

    def _cipher_room(self, capacity: int) -> tuple[Any, Any]:
        """Return an ECCCIPHERBLOB for output, which carries its capacity: some drivers look."""
        buffer, blob = self._room("ECCCIPHERBLOB", capacity)
        blob.CipherLen = capacity
        return buffer, blob

    def _cipher(self, ciphertext: SM2Ciphertext) -> tuple[Any, Any]:
        member(ciphertext, SM2Ciphertext, "the ciphertext")
        buffer, blob = self._room("ECCCIPHERBLOB", len(ciphertext.c2))
        self._set_cipher(blob, ciphertext)
        return buffer, blob

    def _set_cipher(self, blob: Any, ciphertext: SM2Ciphertext) -> None:
        bare = ciphertext.c1.to_bytes(PointFormat.BARE)
        self._fill(blob.XCoordinate, bare[:_LEN])
        self._fill(blob.YCoordinate, bare[_LEN:])
        self._ffi.buffer(blob.HASH)[:] = ciphertext.c3
        blob.CipherLen = len(ciphertext.c2)
        # The array has one element in C, and goes on behind the structure.
        self._ffi.memmove(self._ffi.addressof(blob, "Cipher"), ciphertext.c2, len(ciphertext.c2))

    def _cipher_len(self, ciphertext: SM2Ciphertext) -> int:
        """Return the length of a ciphertext's blob in bytes, which ends with its last byte."""
        return int(self._ffi.offsetof("ECCCIPHERBLOB", "Cipher")) + len(ciphertext.c2)

    def _cipher_of(self, function: str, blob: Any, capacity: int) -> SM2Ciphertext:
        length = int(blob.CipherLen)
        if not 0 < length <= capacity:
            raise self._broken(function, f"a ciphertext of {length} bytes where at most {capacity} fit")
        point = b"".join(self._number_in(function, field) for field in (blob.XCoordinate, blob.YCoordinate))
        try:
            c1 = CurvePoint.from_bytes(b"\x04" + point)
        except InvalidPointError:
            raise self._broken(function, "C1 of a ciphertext is not on the curve") from None
        c2 = bytes(self._ffi.buffer(self._ffi.addressof(blob, "Cipher"), length))
        return SM2Ciphertext(c1, bytes(self._ffi.buffer(blob.HASH)), c2)

    def _envelope(self, envelope: KeyEnvelope) -> tuple[Any, Any]:
        """Return the ENVELOPEDKEYBLOB of an envelope."""
        buffer, blob = self._room("ENVELOPEDKEYBLOB", len(envelope.encrypted_key.c2))
        blob.Version = 1
        blob.ulSymmAlgID = _SGD_SM4_ECB
        blob.ulBits = _BITS
        zeros = envelope.encrypted_zeros if self.profile.envelope is EnvelopeForm.FIELD else None
        self._ffi.buffer(blob.cbEncryptedPriKey)[:] = (zeros or bytes(_LEN)) + envelope.encrypted_private_key
        self._set_point(blob.PubKey, envelope.public_key.to_bytes(PointFormat.BARE))
        self._set_cipher(blob.ECCCipherBlob, envelope.encrypted_key)
        return buffer, blob

    # ---- RSA ----------------------------------------------------------------------------
    def _aligned(self, field: Any, value: bytes) -> None:
        length = len(field)
        right = self.profile.rsa_alignment == "right"
        self._ffi.buffer(field)[:] = value.rjust(length, b"\0") if right else value.ljust(length, b"\0")

    def _rsa_public(self, key: RsaPublicKey) -> tuple[Any, Any]:
        member(key, RsaPublicKey, "the public key")
        buffer, blob = self._room("RSAPUBLICKEYBLOB")
        self._set_rsa(blob, key)
        return buffer, blob

    def _set_rsa(self, blob: Any, key: RsaPublicKey) -> None:
        blob.AlgID = _SGD_RSA
        blob.BitLen = key.bits
        self._aligned(blob.Modulus, key.modulus)
        self._ffi.buffer(blob.PublicExponent)[:] = key.exponent.to_bytes(_EXPONENT_LEN, "big")

    def _rsa_private(self, key: RsaPrivateKey) -> tuple[Any, Any]:
        member(key, RsaPrivateKey, "the private key")
        buffer, blob = self._room("RSAPRIVATEKEYBLOB")
        self._set_rsa(blob, key.public_key)
        self._aligned(blob.PrivateExponent, key.private_exponent)
        self._aligned(blob.Prime1, key.prime1)
        self._aligned(blob.Prime2, key.prime2)
        self._aligned(blob.Prime1Exponent, key.prime1_exponent)
        self._aligned(blob.Prime2Exponent, key.prime2_exponent)
        self._aligned(blob.Coefficient, key.coefficient)
        return buffer, blob

    def _wipe(self, buffer: Any) -> None:
        """Overwrite what was passed to the driver, or came from it, and is secret."""
        self._ffi.memmove(buffer, bytes(len(buffer)), len(buffer))

    def _rsa_public_of(self, function: str, blob: Any) -> RsaPublicKey:
        modulus = bytes(self._ffi.buffer(blob.Modulus))
        exponent = bytes(self._ffi.buffer(blob.PublicExponent))
        return self._rsa_key(function, int(blob.BitLen), modulus, exponent)

    def _rsa_key(self, function: str, bits: int, modulus: bytes, exponent: bytes) -> RsaPublicKey:
        try:
            return RsaPublicKey(bits, _trimmed(modulus, bits // 8), int.from_bytes(exponent, "big"))
        except InvalidInputError as error:
            raise self._broken(function, f"an RSA key is not possible: {error}") from None

    def _rsa_private_of(self, function: str, blob: Any) -> RsaPrivateKey:
        public = self._rsa_public_of(function, blob)
        length = public.bits // 8
        right = _is_right(bytes(self._ffi.buffer(blob.Modulus)), length)

        def number(field: Any, size: int) -> bytes:
            content = bytes(self._ffi.buffer(field))
            return content[len(content) - size :] if right else content[:size]

        fields = (blob.Prime1, blob.Prime2, blob.Prime1Exponent, blob.Prime2Exponent, blob.Coefficient)
        return RsaPrivateKey(
            public.bits,
            public.modulus,
            public.exponent,
            number(blob.PrivateExponent, length),
            *(number(field, length // 2) for field in fields),
        )

    def _exported_key(self, function: str, raw: bytes) -> bytes | RsaPublicKey:
        """Return the public key of an ECC- or RSAPUBLICKEYBLOB, which its length tells apart."""
        bare_ecc, bare_rsa = 2 * _FIELD_LEN, MAX_RSA_LEN + _EXPONENT_LEN
        for width in (4, 8):
            if len(raw) == width + bare_ecc:
                if int.from_bytes(raw[:width], sys.byteorder) != _BITS or any(raw[width : width + _LEN]):
                    raise self._broken(function, "an SM2 public key has not 256 bits")
                fields = raw[width:]
                if any(fields[_FIELD_LEN : _FIELD_LEN + _LEN]):
                    raise self._broken(function, "an SM2 number has more than 256 bits")
                return fields[_LEN:_FIELD_LEN] + fields[_FIELD_LEN + _LEN :]
            # In C the RSA blob may end with 4 bytes of padding.
            if len(raw) in (2 * width + bare_rsa, 2 * width + bare_rsa + width - 4):
                bits = int.from_bytes(raw[width : 2 * width], sys.byteorder)
                fields = raw[2 * width :]
                exponent = fields[MAX_RSA_LEN : MAX_RSA_LEN + _EXPONENT_LEN]
                return self._rsa_key(function, bits, fields[:MAX_RSA_LEN], exponent)
        raise self._broken(function, f"a public key of {len(raw)} bytes")

    # ---- ciphers ------------------------------------------------------------------------
    def _cipher_param(self, param: BlockCipherParam) -> Any:
        """Return a pointer to BLOCKCIPHERPARAM."""
        member(param, BlockCipherParam, "the parameters")
        blob = self._ffi.new("BLOCKCIPHERPARAM *")
        self._ffi.memmove(blob.IV, param.iv, len(param.iv))
        blob.IVLen = len(param.iv)
        blob.PaddingType = param.padding
        blob.FeedBitLen = param.feedback_bits
        return blob


def _is_right(field: bytes, length: int) -> bool:
    """Tell whether a number of this length stands at the end of its field; a modulus has no leading zero byte."""
    return not any(field[: len(field) - length])


def _trimmed(field: bytes, length: int) -> bytes:
    """Return the modulus in its field, at whichever end it stands."""
    return field[len(field) - length :] if _is_right(field, length) else field[:length]
