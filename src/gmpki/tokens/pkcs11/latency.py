"""What a PKCS #11 module does for the sake of measuring: verification, ciphers and digests inside the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from gmpki import oids
from gmpki.errors import TokenUnsupportedError
from gmpki.tokens.interfaces import KeyUsage
from gmpki.tokens.key_objects import digest_info
from gmpki.tokens.latency import TokenOperations
from gmpki.tokens.pkcs11.attributes import Mechanism
from gmpki.tokens.pkcs11.header import C

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.keys.rsa import RSAPublicKey
    from gmpki.keys.sm2_public import SM2PublicKey
    from gmpki.tokens.interfaces import Container
    from gmpki.tokens.pkcs11.container import PKCS11Container

__all__ = ["PKCS11Operations"]

_BLOCK_LEN: Final = 16


class PKCS11Operations(TokenOperations):
    """The operations of a token of :class:`~gmpki.tokens.pkcs11.driver.PKCS11Driver`."""

    def verify(self, container: Container, algorithm: str, digest: bytes, signature: bytes) -> Callable[[], object]:
        """Verify by C_Verify."""
        own = cast("PKCS11Container", container)
        key, session = _public(own, KeyUsage.SIGNING), own._session
        if algorithm == "sm2":
            mechanism, data = Mechanism(_number(own, "sm2-sign")), digest
        else:
            mechanism, data = Mechanism(C.CKM_RSA_PKCS), digest_info(oids.SHA256, digest)
        return lambda: session.verify(mechanism, key, data, signature)

    def encrypt(self, container: Container, algorithm: str, message: bytes) -> Callable[[], object]:
        """Encrypt by C_Encrypt; with RSA by PKCS #1 v1.5."""
        own = cast("PKCS11Container", container)
        key, session = _public(own, KeyUsage.ENCRYPTION), own._session
        mechanism = Mechanism(_number(own, "sm2-encrypt") if algorithm == "sm2" else C.CKM_RSA_PKCS)
        return lambda: session.encrypt(mechanism, key, message)

    def decrypt(self, container: Container, algorithm: str, message: bytes) -> Callable[[], object]:
        """Decrypt by C_Decrypt; with RSA by PKCS #1 v1.5."""
        key = container.encryption_key
        if algorithm == "sm2":
            ciphertext = cast("SM2PublicKey", key.public_key).encrypt(message)
        else:
            from gmpki.algorithms.rsa import EncryptionPadding

            public = cast("RSAPublicKey", key.public_key)
            ciphertext = public.encrypt(message, padding=EncryptionPadding.PKCS1V15)
        return lambda: key.decrypt(ciphertext)

    def cipher(self, container: Container, algorithm: str, operation: str, data: bytes) -> Callable[[], object]:
        """Encrypt or decrypt with a key of the session, made inside where the token has a mechanism for that."""
        own = cast("PKCS11Container", container)
        numbers, session = own._numbers, own._session
        chained = f"{algorithm}-cbc" in numbers.mechanisms
        number = _number(own, f"{algorithm}-{'cbc' if chained else 'ecb'}")
        mechanism = Mechanism(number, bytes(_BLOCK_LEN) if chained else None)
        if algorithm not in numbers.key_types:
            raise TokenUnsupportedError(f"the token has no type of keys for {algorithm.upper()}")
        template = {
            C.CKA_CLASS: C.CKO_SECRET_KEY,
            C.CKA_KEY_TYPE: numbers.key_types[algorithm],
            C.CKA_TOKEN: False,
            C.CKA_ENCRYPT: True,
            C.CKA_DECRYPT: True,
        }
        maker = numbers.mechanisms.get(f"{algorithm}-key-gen")
        if maker is not None:
            key = session.generate_key(Mechanism(maker), template)
        else:
            key = session.create_object({**template, C.CKA_VALUE: bytes(range(_BLOCK_LEN))})
        work = session.encrypt if operation == "encrypt" else session.decrypt
        return lambda: work(mechanism, key, data)

    def digest(self, container: Container, data: bytes) -> Callable[[], object]:
        """Hash by C_Digest."""
        own = cast("PKCS11Container", container)
        session, mechanism = own._session, Mechanism(_number(own, "sm3"))
        return lambda: session.digest(mechanism, data)


def _number(container: PKCS11Container, name: str) -> int:
    number = container._numbers.mechanisms.get(name)
    if number is None:
        raise TokenUnsupportedError(f"the token lists no mechanism for {name}")
    return number


def _public(container: PKCS11Container, usage: KeyUsage) -> int:
    pair = container._pair(usage)
    if pair.public is None:
        raise TokenUnsupportedError(f"the token keeps no public key object for its {usage.value} pair")
    return pair.public
