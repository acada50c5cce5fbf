"""What private keys have in common: they can be written as PKCS #8, plain or under a password."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from gmpki.keys import pkcs8
from gmpki.keys._immutable import Secret
from gmpki.keys.pbes2 import DEFAULT_ITERATIONS, EncryptionProfile

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.asn1.rfc5958 import PrivateKeyInfo

__all__ = ["PrivateKeyBase"]


class PrivateKeyBase(Secret, ABC):
    """A private key. Immutable; thread-safe. It can be neither pickled nor copied."""

    __slots__ = ()

    @abstractmethod
    def _info(self) -> PrivateKeyInfo:
        """Return the key as PKCS #8 has it."""

    def to_der(
        self,
        password: Buffer | None = None,
        *,
        profile: EncryptionProfile = EncryptionProfile.GM,
        iterations: int = DEFAULT_ITERATIONS,
    ) -> bytes:
        """Return the DER of PKCS #8, encrypted unless password is None.

        :param password: at least 1 byte.
        :param profile: who shall be able to read it.
        :param iterations: of PBKDF2, 1 to 10,000,000.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the password is empty, or iterations outside.
        :raises RandomSourceError: when the random source fails.
        :standard: RFC 5958 2 and 3; RFC 8018 for the encryption
        """
        return pkcs8.encode(self._info(), password, profile, iterations)

    def to_pem(
        self,
        password: Buffer | None = None,
        *,
        profile: EncryptionProfile = EncryptionProfile.GM,
        iterations: int = DEFAULT_ITERATIONS,
    ) -> bytes:
        """Return the same as PEM, ``PRIVATE KEY`` or ``ENCRYPTED PRIVATE KEY``; parameters and errors as there."""
        return pkcs8.encode_pem(self._info(), password, profile, iterations)
