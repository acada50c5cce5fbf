"""What an SKF driver does for the sake of measuring: verification, ciphers and digests inside the token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from gmpki import oids
from gmpki.algorithms.sm2 import PointFormat
from gmpki.errors import TokenUnsupportedError
from gmpki.tokens.interfaces import KeyUsage
from gmpki.tokens.key_objects import digest_info
from gmpki.tokens.latency import SessionKeyOperations
from gmpki.tokens.skf import header
from gmpki.tokens.skf.structures import RsaPublicKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from gmpki.keys.rsa import RSAPublicKey
    from gmpki.keys.sm2_public import SM2PublicKey
    from gmpki.tokens.interfaces import Container
    from gmpki.tokens.skf.container import SKFContainer

__all__ = ["SKFOperations"]

_RSA_BITS: Final = {"rsa-1024": 1024, "rsa-2048": 2048}


class SKFOperations(SessionKeyOperations):
    """The operations of a container of :class:`~gmpki.tokens.skf.driver.SKFDriver`."""

    def verify(self, container: Container, algorithm: str, digest: bytes, signature: bytes) -> Callable[[], object]:
        """Verify by SKF_ECCVerify or SKF_RSAVerify."""
        own = cast("SKFContainer", container)
        public = own.public_key(KeyUsage.SIGNING)
        skf, device = own._skf, own.application.device
        if algorithm == "sm2":
            _demand(own, "SKF_ECCVerify")
            point = cast("SM2PublicKey", public).to_bytes(PointFormat.BARE)
            return lambda: skf.ecc_verify(device._opened(), point, digest, signature)
        _demand(own, "SKF_RSAVerify")
        blob, signed = _blob(cast("RSAPublicKey", public)), digest_info(oids.SHA256, digest)
        return lambda: skf.rsa_verify(device._opened(), blob, signed, signature)

    def encrypt(self, container: Container, algorithm: str, message: bytes) -> Callable[[], object]:
        """Encrypt by SKF_ExtECCEncrypt; of RSA, the bare operation of SKF_ExtRSAPubKeyOperation."""
        own = cast("SKFContainer", container)
        skf, device = own._skf, own.application.device
        if algorithm == "sm2":
            _demand(own, "SKF_ExtECCEncrypt")
            point = cast("SM2PublicKey", own.public_key(KeyUsage.ENCRYPTION)).to_bytes(PointFormat.BARE)
            return lambda: skf.ext_ecc_encrypt(device._opened(), point, message)
        _demand(own, "SKF_ExtRSAPubKeyOperation")
        blob = _blob(cast("RSAPublicKey", own.public_key(KeyUsage.SIGNING)))
        block = _block(algorithm)
        return lambda: skf.ext_rsa_pub_key_operation(device._opened(), blob, block)

    def decrypt(self, container: Container, algorithm: str, message: bytes) -> Callable[[], object]:
        """Decrypt by SKF_ECCDecrypt, a maker's function; of RSA, the bare operation of SKF_ExtRSAPriKeyOperation."""
        own = cast("SKFContainer", container)
        skf, device = own._skf, own.application.device
        if algorithm == "sm2":
            key = own.encryption_key
            ciphertext = cast("SM2PublicKey", key.public_key).encrypt(message)
            return lambda: key.decrypt(ciphertext)
        _demand(own, "SKF_GenExtRSAKey", "SKF_ExtRSAPriKeyOperation")
        private = skf.gen_ext_rsa_key(device._opened(), _RSA_BITS[algorithm])
        block = _block(algorithm)
        return lambda: skf.ext_rsa_pri_key_operation(device._opened(), private, block)

    def digest(self, container: Container, data: bytes) -> Callable[[], object]:
        """Hash by SKF_DigestInit and SKF_Digest."""
        own = cast("SKFContainer", container)
        _demand(own, "SKF_DigestInit", "SKF_Digest")
        skf, device = own._skf, own.application.device
        sm3 = header.constants()["SGD_SM3"]

        def digest() -> bytes:
            handle = skf.digest_init(device._opened(), sm3)
            try:
                return skf.digest(handle, data)
            finally:
                skf.close_handle(handle)

        return digest


def _demand(container: SKFContainer, *functions: str) -> None:
    missing = [function for function in functions if function in container._skf.missing]
    if missing:
        raise TokenUnsupportedError(f"the driver lacks {', '.join(missing)}", function=missing[0])


def _blob(public: RSAPublicKey) -> RsaPublicKey:
    modulus, exponent = public._handle.numbers()
    return RsaPublicKey(public.bits, modulus.to_bytes(public.bits // 8, "big"), exponent)


def _block(algorithm: str) -> bytes:
    """Return a number below every modulus of this size."""
    return b"\x00" + b"\x5a" * (_RSA_BITS[algorithm] // 8 - 1)
