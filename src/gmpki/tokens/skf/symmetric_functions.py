"""Session keys at work, digests and MACs (GM/T 0016-2012 7.6.19 to 7.6.35).

A session key, digest or MAC is a context in the token: one thread at a time. No size is asked for, because there are
drivers in which asking moves the context; buffers are as large as the result can be. Errors: see
:mod:`gmpki.tokens.skf.device_functions`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki.errors import DecryptionError, InvalidInputError
from gmpki.tokens.skf.blobs import Blobs
from gmpki.tokens.skf.structures import (
    AgreementHandle,
    BlockCipherParam,
    DeviceHandle,
    DigestHandle,
    KeyHandle,
    MacHandle,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["SymmetricFunctions"]

# What a call may give beyond its input: a block held back before, and one of padding.
_SPARE_LEN: Final = 64
_MAX_DIGEST_LEN: Final = 64
_MODE_BITS: Final = 0xFF
_BLOCK_CIPHERS: Final = (0x100, 0x200, 0x400)  # SM1, SSF33, SM4 without their modes (GB/T 33560)
_BLOCK_KEY_LEN: Final = 16
_LEAST_KEY_LEN: Final = 8  # DES
_MAX_USER_ID_LEN: Final = 8191


class SymmetricFunctions(Blobs):
    """The functions of session keys, digests and MACs."""

    def set_symm_key(self, device: DeviceHandle, key: Buffer, algorithm: int) -> KeyHandle:
        """Give the token a session key in clear; from the draft of 2009.

        :param key: as long as the cipher's keys are, since the function is not told: 16 bytes for SM1, SSF33 and SM4.
        :param algorithm: the SGD identifier of its cipher.
        """
        handle, cell = self._handle(device, DeviceHandle), self._ffi.new("HANDLE *")
        cipher = self._ulong(algorithm, "algorithm")
        with self._secret(key, "the key") as (data, length):
            if length != _BLOCK_KEY_LEN if cipher & ~_MODE_BITS in _BLOCK_CIPHERS else length < _LEAST_KEY_LEN:
                raise InvalidInputError(f"a key of {length} bytes is none of the cipher 0x{cipher:08x}")
            self._call(device.device, "SKF_SetSymmKey", handle, data, cipher, cell)
        return self._new_handle(KeyHandle, cell, device.device)

    def close_handle(self, handle: KeyHandle | DigestHandle | MacHandle | AgreementHandle) -> None:
        """Close a session key, a digest, a MAC or an agreement."""
        value = self._closable(handle)
        self._call(handle.device, "SKF_CloseHandle", value)

    # ---- encryption ---------------------------------------------------------------------
    def encrypt_init(self, key: KeyHandle, param: BlockCipherParam) -> None:
        """Begin to encrypt."""
        self._on(key, KeyHandle, "SKF_EncryptInit", self._cipher_param(param)[0])

    def encrypt(self, key: KeyHandle, data: Buffer) -> bytes:
        """Encrypt the whole of a message."""
        return self._worked(key, "SKF_Encrypt", data)

    def encrypt_update(self, key: KeyHandle, data: Buffer) -> bytes:
        """Encrypt the next part of a message; the token may hold some of it back."""
        return self._worked(key, "SKF_EncryptUpdate", data)

    def encrypt_final(self, key: KeyHandle) -> bytes:
        """Return what was held back, encrypted."""
        handle = self._handle(key, KeyHandle)
        return self._output(key.device, "SKF_EncryptFinal", handle, capacity=_SPARE_LEN)

    def decrypt_init(self, key: KeyHandle, param: BlockCipherParam) -> None:
        """Begin to decrypt."""
        self._on(key, KeyHandle, "SKF_DecryptInit", self._cipher_param(param)[0])

    def decrypt(self, key: KeyHandle, data: Buffer) -> bytes:
        """Decrypt the whole of a message.

        :raises DecryptionError: when its padding is wrong.
        """
        return self._worked(key, "SKF_Decrypt", data, DecryptionError())

    def decrypt_update(self, key: KeyHandle, data: Buffer) -> bytes:
        """Decrypt the next part of a message; the token may hold some of it back."""
        return self._worked(key, "SKF_DecryptUpdate", data)

    def decrypt_final(self, key: KeyHandle) -> bytes:
        """Return what was held back, decrypted.

        :raises DecryptionError: when its padding is wrong.
        """
        handle = self._handle(key, KeyHandle)
        return self._output(key.device, "SKF_DecryptFinal", handle, capacity=_SPARE_LEN, verdict=DecryptionError())

    def _worked(self, key: KeyHandle, function: str, data: Buffer, verdict: Exception | None = None) -> bytes:
        handle = self._handle(key, KeyHandle)
        copy, length = self._input(data, "data")
        return self._output(key.device, function, handle, copy, length, capacity=length + _SPARE_LEN, verdict=verdict)

    # ---- digests ------------------------------------------------------------------------
    def digest_init(
        self, device: DeviceHandle, algorithm: int, public_key: Buffer | None = None, user_id: Buffer = b""
    ) -> DigestHandle:
        """Begin a digest; with SM3, a public key x || y and a user ID it begins with Z of the two.

        :param algorithm: the SGD identifier of the digest.
        """
        handle, kind = self._handle(device, DeviceHandle), self._ulong(algorithm, "algorithm")
        own_id, own_id_len = self._input(user_id, "user_id", most=_MAX_USER_ID_LEN)
        null = self._ffi.NULL
        _buffer, key = (null, null) if public_key is None else self._public_key(public_key)
        cell = self._ffi.new("HANDLE *")
        id_or_null = own_id if own_id_len else null
        self._call(device.device, "SKF_DigestInit", handle, kind, key, id_or_null, own_id_len, cell)
        return self._new_handle(DigestHandle, cell, device.device)

    def digest(self, digest: DigestHandle, data: Buffer) -> bytes:
        """Return the digest of the whole of a message."""
        handle = self._handle(digest, DigestHandle)
        copy, length = self._input(data, "data")
        return self._output(digest.device, "SKF_Digest", handle, copy, length, capacity=_MAX_DIGEST_LEN)

    def digest_update(self, digest: DigestHandle, data: Buffer) -> None:
        """Add the next part of a message."""
        copy, length = self._input(data, "data")
        self._on(digest, DigestHandle, "SKF_DigestUpdate", copy, length)

    def digest_final(self, digest: DigestHandle) -> bytes:
        """Return the digest."""
        handle = self._handle(digest, DigestHandle)
        return self._output(digest.device, "SKF_DigestFinal", handle, capacity=_MAX_DIGEST_LEN)

    # ---- MAC ----------------------------------------------------------------------------
    def mac_init(self, key: KeyHandle, param: BlockCipherParam) -> MacHandle:
        """Begin a MAC: the last block of CBC encryption."""
        handle, cell = self._handle(key, KeyHandle), self._ffi.new("HANDLE *")
        self._call(key.device, "SKF_MacInit", handle, self._cipher_param(param), cell)
        return self._new_handle(MacHandle, cell, key.device)

    def mac(self, mac: MacHandle, data: Buffer) -> bytes:
        """Return the MAC of the whole of a message, a whole number of blocks."""
        handle = self._handle(mac, MacHandle)
        copy, length = self._input(data, "data")
        return self._output(mac.device, "SKF_Mac", handle, copy, length, capacity=_MAX_DIGEST_LEN)

    def mac_update(self, mac: MacHandle, data: Buffer) -> None:
        """Add the next part of a message."""
        copy, length = self._input(data, "data")
        self._on(mac, MacHandle, "SKF_MacUpdate", copy, length)

    def mac_final(self, mac: MacHandle) -> bytes:
        """Return the MAC."""
        handle = self._handle(mac, MacHandle)
        return self._output(mac.device, "SKF_MacFinal", handle, capacity=_MAX_DIGEST_LEN)
