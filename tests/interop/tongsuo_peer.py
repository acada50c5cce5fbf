"""The Python package tongsuopy as a peer for keys and signatures of SM2, with the default user id alone."""

# Every implementation has the same methods with the same arguments.
# ruff: noqa: ARG002

from __future__ import annotations

from importlib import import_module
from typing import Any

from tongsuopy.crypto import hashes, serialization
from tongsuopy.crypto.asymciphers import ec
from tongsuopy.crypto.exceptions import InvalidSignature, UnsupportedAlgorithm

from interop.refusing import refusing
from interop.scenario import Algorithm, Refused

__all__ = ["Tongsuopy"]

refused = refusing(AttributeError, ImportError, TypeError, ValueError, InvalidSignature, UnsupportedAlgorithm)


class Tongsuopy:
    """Keys and signatures of SM2, with the default user id alone."""

    name = "tongsuopy"

    def __getattr__(self, name: str) -> Any:
        """Stand for every other method: they need a module for certificates."""

        @refused
        def absent(*_: object) -> None:
            import_module("tongsuopy.crypto.x509")

        return absent

    @staticmethod
    def _scheme(algorithm: Algorithm) -> Any:
        if algorithm == "sm2-empty-id":
            return ec.ECDSA(hashes.SM3(), b"")
        return ec.ECDSA(hashes.SM3())

    @refused
    def new_key(self, algorithm: Algorithm) -> bytes:
        if algorithm in ("rsa", "rsa-pss", "ed25519"):
            import_module(f"tongsuopy.crypto.asymciphers.{algorithm.partition('-')[0]}")
        key = ec.generate_private_key(ec.SECP256R1() if algorithm == "p256" else ec.SM2())
        form = serialization.PrivateFormat.PKCS8
        return bytes(key.private_bytes(serialization.Encoding.DER, form, serialization.NoEncryption()))

    @staticmethod
    def _public_bytes(key: Any) -> bytes:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return bytes(key.public_bytes(serialization.Encoding.DER, form))

    @refused
    def public_key(self, algorithm: Algorithm, key: bytes) -> bytes:
        return self._public_bytes(serialization.load_der_private_key(key, None).public_key())

    @refused
    def check_key(self, algorithm: Algorithm, key: bytes, public_key: bytes) -> bytes:
        found = self._public_bytes(serialization.load_der_public_key(public_key))
        if self.public_key(algorithm, key) != found:
            raise Refused("the keys are not a pair")
        return found

    @refused
    def sign(self, algorithm: Algorithm, key: bytes, message: bytes) -> bytes:
        private = serialization.load_der_private_key(key, None)
        return bytes(private.sign(message, self._scheme(algorithm)))

    @refused
    def check_signature(self, algorithm: Algorithm, public_key: bytes, message: bytes, signature: bytes) -> None:
        public = serialization.load_der_public_key(public_key)
        public.verify(signature, message, self._scheme(algorithm))
