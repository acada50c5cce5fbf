"""What containers of SKF drivers and of cards have in common: they are of one model (GM/T 0016-2012 5.2)."""

from __future__ import annotations

import abc
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member
from gmpki.algorithms.rsa import PublicHandle
from gmpki.errors import DriverError, InvalidInputError, KeyMismatchError, TokenNotFoundError, TokenUnsupportedError
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.tokens._opened import Opened
from gmpki.tokens.interfaces import KeyUsage, TokenKeyType
from gmpki.tokens.key_objects import TokenSigner
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from gmpki.algorithms.policy import AlgorithmPolicy
    from gmpki.keys.rsa import RSAPublicKey
    from gmpki.tokens.key_objects import KeyOperations

__all__ = ["TwoPairContainer"]

_RSA_BITS: Final = {TokenKeyType.RSA_1024: 1024, TokenKeyType.RSA_2048: 2048}
_RSA_TYPES: Final = {bits: key_type for key_type, bits in _RSA_BITS.items()}


class TwoPairContainer(Opened):
    """A signing pair, which is made inside, an encryption pair, which is imported, and the certificates of both.

    Thread-safe. What a driver does beneath is asked under the lock.

    :param policy: decides about RSA keys.
    """

    _WHAT = "container"

    def __init__(self, application: Opened, name: str, policy: AlgorithmPolicy) -> None:
        super().__init__(application, name)
        self._name = name
        self._policy = policy

    @property
    def name(self) -> str:
        """Its name in the application."""
        return self._name

    # ---- what a driver does -------------------------------------------------------------
    @property
    @abc.abstractmethod
    def _place(self) -> str:
        """Where it is, for messages."""

    @property
    @abc.abstractmethod
    def _operations(self) -> KeyOperations:
        """What its private keys do."""

    @abc.abstractmethod
    def _exported(self, usage: KeyUsage) -> bytes | tuple[int, bytes, int] | None:
        """Return x, y of SM2, or bits, modulus and exponent of RSA; None when there is no such pair."""

    @abc.abstractmethod
    def _make_pair(self, rsa_bits: int | None) -> None:
        """Make the signing pair: RSA, or with None SM2."""

    @abc.abstractmethod
    def _take_pair(self, envelope: KeyEnvelope) -> None:
        """Import the encryption pair."""

    @abc.abstractmethod
    def _kept_certificate(self, usage: KeyUsage) -> bytes | None:
        """Return the certificate of a pair; None or nothing when there is none."""

    @abc.abstractmethod
    def _keep_certificate(self, usage: KeyUsage, encoded: bytes) -> None:
        """Keep the certificate of a pair."""

    # ---- the pairs ----------------------------------------------------------------------
    def key_type(self, usage: KeyUsage) -> TokenKeyType | None:
        """Return what kind of pair there is for a usage, None when there is none.

        :raises InvalidTypeError: when usage is no KeyUsage.
        :raises TokenUnsupportedError: when it is an RSA key of a length without a name.
        """
        found = self._found(usage)
        if found is None:
            return None
        if isinstance(found, bytes):
            return TokenKeyType.SM2
        if found[0] not in _RSA_TYPES:
            raise TokenUnsupportedError(f"the {usage.value} pair is an RSA key of {found[0]} bits")
        return _RSA_TYPES[found[0]]

    def public_key(self, usage: KeyUsage = KeyUsage.SIGNING) -> SM2PublicKey | RSAPublicKey:
        """Return the public key of a pair.

        :raises InvalidTypeError: when usage is no KeyUsage.
        :raises TokenNotFoundError: when there is none.
        :raises PolicyError: when the driver's policy refuses an RSA key of its length.
        :raises DriverError: when what is there is no public key.
        """
        from gmpki.keys.rsa import RSAPublicKey

        found = self._found(usage)
        if found is None:
            raise TokenNotFoundError(f"{self._place} has no {usage.value} pair")
        try:
            if isinstance(found, bytes):
                return SM2PublicKey.from_bytes(found)
            handle = PublicHandle.from_numbers(int.from_bytes(found[1], "big"), found[2])
        except InvalidInputError as error:
            raise DriverError(f"the public key in {self._place} is none: {error}") from None
        return RSAPublicKey(handle, policy=self._policy)

    def _found(self, usage: KeyUsage) -> bytes | tuple[int, bytes, int] | None:
        member(usage, KeyUsage, "usage")
        with self._lock:
            return self._exported(usage)

    @property
    def signing_key(self) -> TokenSigner:
        """The signing pair as a key; its use needs the user's login.

        :raises TokenNotFoundError: when there is none.
        :raises PolicyError: when the driver's policy refuses an RSA key of its length.
        """
        return TokenSigner(self.public_key(KeyUsage.SIGNING), self._operations)

    def generate(
        self, key_type: TokenKeyType = TokenKeyType.SM2, *, usage: KeyUsage = KeyUsage.SIGNING
    ) -> SM2PublicKey | RSAPublicKey:
        """Make the signing pair inside the token. What becomes of one that is there already is the token's matter.

        :param key_type: SM2, RSA_1024 or RSA_2048.
        :param usage: SIGNING; encryption pairs are made outside and imported (GM/T 0016-2012 5.2).
        :raises InvalidTypeError: when an input has the wrong type.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenUnsupportedError: for another kind of key, or the encryption pair.
        :raises PolicyError: when the driver's policy refuses RSA keys of this length.
        """
        member(key_type, TokenKeyType, "key_type")
        member(usage, KeyUsage, "usage")
        if usage is not KeyUsage.SIGNING:
            raise TokenUnsupportedError("signing pairs are made inside; an encryption pair is imported")
        rsa_bits = _RSA_BITS.get(key_type)
        if rsa_bits is not None:
            # Asked before, so that no key is made that nobody may use.
            self._policy.check_key("rsa", rsa_bits)
        elif key_type is not TokenKeyType.SM2:
            raise TokenUnsupportedError(f"{self._place} takes no keys of the kind {key_type.value}")
        with self._lock:
            self._make_pair(rsa_bits)
        return self.public_key(usage)

    def import_encryption_key(self, envelope: KeyEnvelope) -> None:
        """Import the encryption pair, encrypted to the container's signing key.

        :raises InvalidTypeError: when it is no KeyEnvelope; :func:`~gmpki.tokens.delivery.import_delivery` takes bytes.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenNotFoundError: when there is no signing pair.
        :raises TokenUnsupportedError: when the driver has no such import.
        :raises DriverError: when the token then has another key.
        """
        member(envelope, KeyEnvelope, "envelope")
        with self._lock:
            if self._exported(KeyUsage.SIGNING) is None:
                raise TokenNotFoundError(f"{self._place} has no signing pair, to which an encryption pair is encrypted")
            self._take_pair(envelope)
            if self.public_key(KeyUsage.ENCRYPTION) != envelope.public_key:
                raise DriverError(f"the encryption pair that {self._place} now has is not the one imported")

    # ---- certificates -------------------------------------------------------------------
    def certificate_bytes(self, usage: KeyUsage = KeyUsage.SIGNING) -> bytes | None:
        """Return what is kept as the certificate of a pair, whatever it is; None when there is none.

        :raises InvalidTypeError: when usage is no KeyUsage.
        """
        member(usage, KeyUsage, "usage")
        with self._lock:
            return self._kept_certificate(usage) or None

    def certificate(self, usage: KeyUsage = KeyUsage.SIGNING) -> Certificate | None:
        """Return the certificate kept for a pair, None when there is none.

        :raises InvalidTypeError: when usage is no KeyUsage.
        :raises DecodeError: when what is kept is no certificate; :meth:`certificate_bytes` gives it as it is.
        """
        kept = self.certificate_bytes(usage)
        return None if kept is None else Certificate.from_der(kept)

    def import_certificate(self, certificate: Certificate, usage: KeyUsage = KeyUsage.SIGNING) -> None:
        """Keep the certificate of a pair.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises TokenNotFoundError: when there is no such pair.
        :raises KeyMismatchError: when its public key is not that of the pair.
        """
        member(certificate, Certificate, "certificate")
        with self._lock:
            if self.public_key(usage).to_der() != certificate.public_key.to_der():
                raise KeyMismatchError(f"the certificate is not that of the {usage.value} pair in {self._place}")
            self._keep_certificate(usage, certificate.der)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._place}{'' if self._is_open else ', closed'}>"
