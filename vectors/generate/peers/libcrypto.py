"""SM2 from OpenSSL's libcrypto (3.0 or newer) through ctypes."""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import cache
from typing import Any

from reference import der, sm2

NAME = "OpenSSL libcrypto"
_NID_SM2 = 1172
_ID_EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")
_ID_SM2 = bytes.fromhex("06082a811ccf5501822d")
_ALGORITHM = der.sequence(_ID_EC_PUBLIC_KEY, _ID_SM2)
_POINTERS = (
    "BN_bin2bn",
    "EC_GROUP_new_by_curve_name",
    "EC_POINT_new",
    "EVP_MD_CTX_new",
    "EVP_PKEY_CTX_new",
    "d2i_AutoPrivateKey",
    "d2i_PUBKEY",
)


@cache
def _library() -> Any:
    name = ctypes.util.find_library("crypto")
    if name is None:
        raise OSError("libcrypto is not installed")
    library = ctypes.CDLL(name)
    for function in _POINTERS:
        getattr(library, function).restype = ctypes.c_void_p
    library.OpenSSL_version.restype = ctypes.c_char_p
    if library.OPENSSL_version_major() < 3:
        raise OSError("libcrypto is older than 3.0")
    return library


def version() -> str:
    """The version, for instance ``3.0.19``."""
    text: str = _library().OpenSSL_version(0).decode()
    return text.split()[1]


def _pointer(value: int | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(value)


class _Key:
    """An EVP_PKEY read from DER; falsy when libcrypto does not take it."""

    def __init__(self, encoded: bytes, *, private: bool) -> None:
        self.library = _library()
        start = ctypes.c_char_p(encoded)
        read = self.library.d2i_AutoPrivateKey if private else self.library.d2i_PUBKEY
        self.handle = _pointer(read(None, ctypes.byref(start), ctypes.c_long(len(encoded))))

    def __bool__(self) -> bool:
        return bool(self.handle.value)

    def __enter__(self) -> _Key:
        return self

    def __exit__(self, *_: object) -> None:
        self.library.EVP_PKEY_free(self.handle)
        self.library.ERR_clear_error()


def _public(encoded: bytes) -> _Key:
    return _Key(der.sequence(_ALGORITHM, der.tlv(0x03, b"\0" + encoded)), private=False)


def _private(d: bytes) -> _Key:
    key = der.sequence(der.integer(1), der.octets(d))
    return _Key(der.sequence(der.integer(0), _ALGORITHM, der.octets(key)), private=True)


def takes_public_key(encoded: bytes) -> bool:
    """Tell whether libcrypto takes these bytes as a public key."""
    with _public(encoded) as key:
        return bool(key)


def verify_digest(public: bytes, digest: bytes, signature: bytes) -> bool:
    """Verify a DER signature of the digest e."""
    with _public(public) as key:
        if not key:
            return False
        library = key.library
        context = _pointer(library.EVP_PKEY_CTX_new(key.handle, None))
        try:
            return (
                library.EVP_PKEY_verify_init(context) == 1
                and library.EVP_PKEY_verify(
                    context, signature, ctypes.c_size_t(len(signature)), digest, ctypes.c_size_t(len(digest))
                )
                == 1
            )
        finally:
            library.EVP_PKEY_CTX_free(context)


def verify_message(public: bytes, user_id: bytes, message: bytes, signature: bytes) -> bool:
    """Verify a DER signature of a message under a user id."""
    with _public(public) as key:
        if not key:
            return False
        library = key.library
        context, inner = _pointer(library.EVP_MD_CTX_new()), ctypes.c_void_p()
        try:
            return (
                library.EVP_DigestVerifyInit_ex(context, ctypes.byref(inner), b"SM3", None, None, key.handle, None) == 1
                and library.EVP_PKEY_CTX_set1_id(inner, user_id, ctypes.c_int(len(user_id))) == 1
                and library.EVP_DigestVerify(
                    context, signature, ctypes.c_size_t(len(signature)), message, ctypes.c_size_t(len(message))
                )
                == 1
            )
        finally:
            library.EVP_MD_CTX_free(context)


def decrypt(d: bytes, ciphertext: bytes) -> bytes | None:
    """Decrypt an SM2Cipher; None when libcrypto refuses."""
    with _private(d) as key:
        if not key:
            return None
        library = key.library
        context = _pointer(library.EVP_PKEY_CTX_new(key.handle, None))
        out = ctypes.create_string_buffer(len(ciphertext) + 64)
        size = ctypes.c_size_t(len(out))
        try:
            good = (
                library.EVP_PKEY_decrypt_init(context) == 1
                and library.EVP_PKEY_decrypt(
                    context, out, ctypes.byref(size), ciphertext, ctypes.c_size_t(len(ciphertext))
                )
                == 1
            )
            return out.raw[: size.value] if good else None
        finally:
            library.EVP_PKEY_CTX_free(context)


def multiply(k: int, point: sm2.Point) -> sm2.Point | None:
    """k times a point; None for infinity, or for a point that libcrypto does not take."""
    library = _library()
    group = _pointer(library.EC_GROUP_new_by_curve_name(_NID_SM2))
    source, target = _pointer(library.EC_POINT_new(group)), _pointer(library.EC_POINT_new(group))
    scalar = _pointer(library.BN_bin2bn(sm2.number(k), 32, None))
    encoded = b"\x04" + sm2.xy(point)
    out = ctypes.create_string_buffer(65)
    try:
        taken = library.EC_POINT_oct2point(group, source, encoded, ctypes.c_size_t(65), None) == 1
        if not taken or library.EC_POINT_mul(group, target, None, source, scalar, None) != 1:
            return None
        size = library.EC_POINT_point2oct(group, target, 4, out, ctypes.c_size_t(65), None)
        return (int.from_bytes(out.raw[1:33], "big"), int.from_bytes(out.raw[33:], "big")) if size == 65 else None
    finally:
        library.EC_POINT_free(source)
        library.EC_POINT_free(target)
        library.BN_free(scalar)
        library.EC_GROUP_free(group)
        library.ERR_clear_error()
