"""The implementations that the benchmarks compare, each behind the same few methods.

A method that a peer does not offer is absent: the benchmark of that operation then has one column less. Peers get
public data only; two of them are known not to be constant time.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

KEY = bytes(range(16))
IV = bytes(range(16, 32))
NONCE = IV[:12]
XTS_KEY = bytes(range(32))
SCALAR = bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
USER_ID = b"1234567812345678"


class Gmpki:
    """This package, with one algorithm forced to one backend."""

    def __init__(self, algorithm: str, backend: str) -> None:
        from gmpki import SM2PrivateKey
        from gmpki.algorithms import sm2, sm3, sm4, sm4_aead

        self.name = f"gmpki[{backend}]"
        self._forced = (algorithm, backend)
        self._sm2, self._sm3, self._sm4 = sm2, sm3, sm4
        self._gcm = sm4_aead.SM4GCM(KEY)
        self._ctr = sm4.SM4Cipher(KEY, sm4.Mode.CTR, IV)
        self._private_key = SM2PrivateKey.from_bytes(SCALAR)
        self._public_key = self._private_key.public_key

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Force the backend for the length of a measurement."""
        from gmpki.algorithms import backends

        with backends.forced(*self._forced):
            yield

    def sm3(self, data: bytes) -> bytes:
        return self._sm3.digest(data)

    def hmac_sm3(self, data: bytes) -> bytes:
        return self._sm3.hmac(KEY, data)

    def sm4_ecb(self, data: bytes) -> bytes:
        return self._sm4.encrypt(KEY, data, self._sm4.Mode.ECB, padding=self._sm4.Padding.NONE)

    def sm4_cbc(self, data: bytes) -> bytes:
        return self._sm4.encrypt(KEY, data, self._sm4.Mode.CBC, IV, padding=self._sm4.Padding.NONE)

    def sm4_ctr(self, data: bytes) -> bytes:
        return self._sm4.encrypt(KEY, data, self._sm4.Mode.CTR, IV)

    def sm4_gcm(self, data: bytes) -> bytes:
        return self._gcm.encrypt(NONCE, data)

    def sm4_cbc_decrypt(self, data: bytes) -> bytes:
        return self._sm4.decrypt(KEY, data, self._sm4.Mode.CBC, IV, padding=self._sm4.Padding.NONE)

    def sm4_xts(self, data: bytes) -> bytes:
        return self._sm4.encrypt_xts(XTS_KEY, IV, data)

    def sm4_ctr_into(self, data: bytes, out: bytearray) -> object:
        return self._ctr.encryptor().update_into(data, out)

    def sm4_gcm_into(self, data: bytes, out: bytearray) -> object:
        return self._gcm.encryptor(NONCE).update_into(data, out)

    def sm2_keygen(self) -> object:
        return self._sm2.PrivateScalar.generate()

    def sm2_sign(self, message: bytes) -> bytes:
        return self._private_key.sign(message)

    def sm2_verify(self, message: bytes, signature: bytes) -> None:
        self._public_key.verify(signature, message)

    def sm2_many(self, count: int, message: bytes) -> list[tuple[Any, bytes]]:
        """Return many public keys, each with its signature."""
        keys = [type(self._private_key).generate() for _ in range(count)]
        return [(key.public_key, key.sign(message)) for key in keys]

    def sm2_verify_of(self, pair: tuple[Any, bytes], message: bytes) -> None:
        public_key, signature = pair
        public_key.verify(signature, message)

    def sm2_encrypt(self, message: bytes) -> bytes:
        return self._public_key.encrypt(message)

    def sm2_decrypt(self, ciphertext: bytes) -> bytes:
        return self._private_key.decrypt(ciphertext)


class _PycaShaped:
    """What ``cryptography`` and ``tongsuopy``, which copies its shape, have in common."""

    active = contextlib.nullcontext
    _cipher: Any
    _sm4: Any
    _modes: Any

    def _encrypt(self, mode: Any, data: bytes) -> bytes:
        encryptor = self._cipher(self._sm4, mode).encryptor()
        return bytes(encryptor.update(data) + encryptor.finalize())

    def sm4_ecb(self, data: bytes) -> bytes:
        return self._encrypt(self._modes.ECB(), data)

    def sm4_cbc(self, data: bytes) -> bytes:
        return self._encrypt(self._modes.CBC(IV), data)

    def sm4_cbc_decrypt(self, data: bytes) -> bytes:
        decryptor = self._cipher(self._sm4, self._modes.CBC(IV)).decryptor()
        return bytes(decryptor.update(data) + decryptor.finalize())

    def sm4_ctr(self, data: bytes) -> bytes:
        return self._encrypt(self._modes.CTR(IV), data)

    def sm4_ctr_into(self, data: bytes, out: bytearray) -> object:
        return self._cipher(self._sm4, self._modes.CTR(IV)).encryptor().update_into(data, out)


class Cryptography(_PycaShaped):
    """PyPI ``cryptography``, which carries OpenSSL: SM3 and SM4, no SM2."""

    name = "cryptography"

    def __init__(self) -> None:
        from cryptography.hazmat.primitives import hashes, hmac
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        self._hashes, self._hmac = hashes, hmac
        self._cipher, self._sm4, self._modes = Cipher, algorithms.SM4(KEY), modes

    def sm3(self, data: bytes) -> bytes:
        running = self._hashes.Hash(self._hashes.SM3())
        running.update(data)
        return running.finalize()

    def hmac_sm3(self, data: bytes) -> bytes:
        running = self._hmac.HMAC(KEY, self._hashes.SM3())
        running.update(data)
        return running.finalize()

    def sm4_gcm(self, data: bytes) -> bytes:
        encryptor = self._cipher(self._sm4, self._modes.GCM(NONCE)).encryptor()
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag


class Tongsuopy(_PycaShaped):
    """PyPI ``tongsuopy``: SM2 signatures, SM3 and SM4 of Tongsuo."""

    name = "tongsuopy"

    def __init__(self) -> None:
        from tongsuopy.crypto import hashes
        from tongsuopy.crypto.asymciphers import ec
        from tongsuopy.crypto.ciphers import Cipher, algorithms, modes
        from tongsuopy.crypto.ciphers.aead import SM4GCM

        self._hashes, self._ec = hashes, ec
        self._cipher, self._sm4, self._modes = Cipher, algorithms.SM4(KEY), modes
        self._gcm = SM4GCM(KEY)
        self._private_key = ec.derive_private_key(int.from_bytes(SCALAR, "big"), ec.SM2())
        self._public_key = self._private_key.public_key()
        self._algorithm = ec.ECDSA(hashes.SM3())

    def sm3(self, data: bytes) -> bytes:
        running = self._hashes.Hash(self._hashes.SM3())
        running.update(data)
        return bytes(running.finalize())

    def sm4_gcm(self, data: bytes) -> bytes:
        return bytes(self._gcm.encrypt(NONCE, data, None))

    def sm2_keygen(self) -> object:
        return self._ec.generate_private_key(self._ec.SM2())

    def sm2_sign(self, message: bytes) -> bytes:
        return bytes(self._private_key.sign(message, self._algorithm))

    def sm2_verify(self, message: bytes, signature: bytes) -> None:
        self._public_key.verify(signature, message, self._algorithm)

    def sm2_many(self, count: int, message: bytes) -> list[tuple[Any, bytes]]:
        keys = [self._ec.generate_private_key(self._ec.SM2()) for _ in range(count)]
        return [(key.public_key(), bytes(key.sign(message, self._algorithm))) for key in keys]

    def sm2_verify_of(self, pair: tuple[Any, bytes], message: bytes) -> None:
        public_key, signature = pair
        public_key.verify(signature, message, self._algorithm)


class Gmssl:
    """PyPI ``gmssl``: pure Python, here only as a peer that many programs still use; known to be broken."""

    name = "gmssl"
    active = contextlib.nullcontext

    def __init__(self, point: bytes) -> None:
        from gmssl import func, sm2, sm3, sm4

        self._func, self._sm3 = func, sm3
        self._sm2 = sm2.CryptSM2(private_key=SCALAR.hex(), public_key=point.hex(), mode=1)
        self._sm4 = sm4.CryptSM4(padding_mode=None)
        self._sm4.set_key(KEY, sm4.SM4_ENCRYPT)

    def sm3(self, data: bytes) -> bytes:
        return bytes.fromhex(self._sm3.sm3_hash(list(data)))

    def sm2_sign(self, message: bytes) -> bytes:
        return bytes.fromhex(self._sm2.sign_with_sm3(message))

    def sm2_verify(self, message: bytes, signature: bytes) -> None:
        if not self._sm2.verify_with_sm3(signature.hex(), message):
            raise ValueError("signature refused")

    def sm2_encrypt(self, message: bytes) -> bytes:
        return bytes(self._sm2.encrypt(message))

    def sm2_decrypt(self, ciphertext: bytes) -> bytes:
        return bytes(self._sm2.decrypt(ciphertext))


class GmsslPyx:
    """PyPI ``gmssl-pyx``: GmSSL's C behind Cython."""

    name = "gmssl-pyx"
    active = contextlib.nullcontext

    def __init__(self, point: bytes) -> None:
        import gmssl_pyx

        self._m, self._point = gmssl_pyx, point

    def sm3(self, data: bytes) -> bytes:
        return bytes(self._m.sm3_hash(data))

    def hmac_sm3(self, data: bytes) -> bytes:
        return bytes(self._m.sm3_hmac(KEY, data))

    def sm4_ctr(self, data: bytes) -> bytes:
        return bytes(self._m.sm4_ctr_encrypt(KEY, IV, data))

    def sm4_gcm(self, data: bytes) -> bytes:
        text, tag = self._m.sm4_gcm_encrypt(KEY, NONCE, b"", data)
        return bytes(text + tag)

    def sm2_keygen(self) -> object:
        return self._m.sm2_key_generate()

    def sm2_sign(self, message: bytes) -> bytes:
        return bytes(self._m.sm2_sign(SCALAR, self._point, message))

    def sm2_verify(self, message: bytes, signature: bytes) -> None:
        if not self._m.sm2_verify(self._point, message, signature):
            raise ValueError("signature refused")

    def sm2_encrypt(self, message: bytes) -> bytes:
        return bytes(self._m.sm2_encrypt(self._point, message))

    def sm2_decrypt(self, ciphertext: bytes) -> bytes:
        return bytes(self._m.sm2_decrypt(SCALAR, ciphertext))


class Gmalglib:
    """PyPI ``gmalglib``: its own C; single blocks of SM4 and no mode."""

    name = "gmalglib"
    active = contextlib.nullcontext

    def __init__(self, point: bytes) -> None:
        from gmalglib import sm2, sm3

        self._sm3 = sm3.SM3
        self._sm2 = sm2.SM2(SCALAR, b"\x04" + point)

    def sm3(self, data: bytes) -> bytes:
        running = self._sm3()
        running.update(data)
        return bytes(running.digest())

    def sm2_keygen(self) -> object:
        return self._sm2.generate_keypair()

    def sm2_sign(self, message: bytes) -> bytes:
        return bytes(self._sm2.sign(message))

    def sm2_verify(self, message: bytes, signature: bytes) -> None:
        if not self._sm2.verify(message, signature):
            raise ValueError("signature refused")

    def sm2_encrypt(self, message: bytes) -> bytes:
        return bytes(self._sm2.encrypt(message))

    def sm2_decrypt(self, ciphertext: bytes) -> bytes:
        return bytes(self._sm2.decrypt(ciphertext))


def installed(algorithm: str) -> list[Any]:
    """List the implementations of an algorithm here: every backend of gmpki that can run, then each installed peer."""
    from gmpki.algorithms import backends, sm2

    ours: list[Any] = [Gmpki(algorithm, backend.name) for backend in backends.available(algorithm) if backend.available]
    point = sm2.PrivateScalar.from_bytes(SCALAR).point.to_bytes(sm2.PointFormat.BARE)
    makers: list[Callable[[], Any]] = [
        Cryptography,
        Tongsuopy,
        lambda: GmsslPyx(point),
        lambda: Gmalglib(point),
        lambda: Gmssl(point),
    ]
    peers: list[Any] = []
    for make in makers:
        with contextlib.suppress(ImportError):
            peers.append(make())
    return ours + peers
