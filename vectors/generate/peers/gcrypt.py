"""SM4 from libgcrypt (1.9 or newer) through ctypes."""

from __future__ import annotations

import ctypes
from functools import cache

NAME = "libgcrypt"
_SM4 = 318
_CMAC_SM4 = 212
_MODES = {"ECB": 1, "CFB": 2, "CBC": 3, "OFB": 5, "CTR": 6, "CCM": 8, "GCM": 9, "CFB8": 12, "XTS": 13}


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libgcrypt.so.20")
    library.gcry_check_version.restype = ctypes.c_char_p
    library.gcry_check_version(None)
    return library


def _check(status: int) -> None:
    if status:
        raise RuntimeError(f"libgcrypt gives error {status}")


def _size(data: bytes) -> ctypes.c_size_t:
    return ctypes.c_size_t(len(data))


class _Cipher:
    def __init__(self, mode: str, key: bytes, iv: bytes = b"") -> None:
        self.library = _library()
        self.handle = ctypes.c_void_p()
        _check(self.library.gcry_cipher_open(ctypes.byref(self.handle), _SM4, _MODES[mode], 0))
        _check(self.library.gcry_cipher_setkey(self.handle, key, _size(key)))
        if mode == "CTR":
            _check(self.library.gcry_cipher_setctr(self.handle, iv, _size(iv)))
        elif iv:
            _check(self.library.gcry_cipher_setiv(self.handle, iv, _size(iv)))

    def encrypt(self, data: bytes) -> bytes:
        out = ctypes.create_string_buffer(max(len(data), 1))
        if data:
            _check(self.library.gcry_cipher_encrypt(self.handle, out, _size(data), data, _size(data)))
        return out.raw[: len(data)]

    def authenticate(self, data: bytes) -> None:
        _check(self.library.gcry_cipher_authenticate(self.handle, data, _size(data)))

    def tag(self, size: int) -> bytes:
        out = ctypes.create_string_buffer(size)
        _check(self.library.gcry_cipher_gettag(self.handle, out, ctypes.c_size_t(size)))
        return out.raw

    def close(self) -> None:
        self.library.gcry_cipher_close(self.handle)


def encrypt(mode: str, key: bytes, iv: bytes, data: bytes) -> bytes:
    """Encrypt in ECB, CBC, CFB, CFB8, OFB, CTR or XTS."""
    cipher = _Cipher(mode, key, iv)
    try:
        return cipher.encrypt(data)
    finally:
        cipher.close()


def seal(mode: str, key: bytes, nonce: bytes, associated_data: bytes, data: bytes, tag_len: int) -> tuple[bytes, bytes]:
    """Encrypt in GCM or CCM: ciphertext and tag."""
    cipher = _Cipher(mode, key, nonce)
    try:
        if mode == "CCM":
            lengths = (ctypes.c_uint64 * 3)(len(data), len(associated_data), tag_len)
            set_lengths = 69  # GCRYCTL_SET_CCM_LENGTHS
            _check(cipher.library.gcry_cipher_ctl(cipher.handle, set_lengths, lengths, ctypes.c_size_t(24)))
        if associated_data or mode == "CCM":
            cipher.authenticate(associated_data)
        ciphertext = cipher.encrypt(data)
        return ciphertext, cipher.tag(tag_len)
    finally:
        cipher.close()


def cmac(key: bytes, data: bytes) -> bytes:
    """CMAC of a message."""
    library = _library()
    handle = ctypes.c_void_p()
    _check(library.gcry_mac_open(ctypes.byref(handle), _CMAC_SM4, 0, None))
    try:
        _check(library.gcry_mac_setkey(handle, key, _size(key)))
        _check(library.gcry_mac_write(handle, data, _size(data)))
        out = ctypes.create_string_buffer(16)
        size = ctypes.c_size_t(16)
        _check(library.gcry_mac_read(handle, out, ctypes.byref(size)))
        return out.raw
    finally:
        library.gcry_mac_close(handle)
