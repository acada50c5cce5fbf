"""The session protocol over PC/SC: a container, its two key pairs and their certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text, member
from gmpki.algorithms.rsa import PublicHandle
from gmpki.algorithms.sm2 import CiphertextFormat
from gmpki.errors import (
    DriverError,
    InvalidInputError,
    KeyMismatchError,
    TokenNotFoundError,
    TokenUnsupportedError,
)
from gmpki.keys.envelope import KeyEnvelope
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.tokens._opened import Opened
from gmpki.tokens.interfaces import Ability, KeyUsage, TokenKeyType
from gmpki.tokens.key_objects import KeyOperations, TokenSigner
from gmpki.tokens.pcsc.fields import Fields, rsa_or_point
from gmpki.x509.certificate import Certificate

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.interfaces import Decryptor, KeyAgreer, PublicKey
    from gmpki.keys.rsa import RSAPublicKey
    from gmpki.tokens.pcsc.application import PCSCApplication
    from gmpki.tokens.pcsc.channel import Channel
    from gmpki.tokens.pcsc.session_keys import PCSCSessionKey

__all__ = ["PCSCContainer"]

_RSA_TYPES: Final = {1024: TokenKeyType.RSA_1024, 2048: TokenKeyType.RSA_2048}
_RSA_BITS: Final = {key_type: bits for bits, key_type in _RSA_TYPES.items()}
_SM2_BITS: Final = 256
_SIGNATURE_LEN: Final = 64
_DIGEST_INPUT: Final = 2  # P1 of ECCSignData: what comes is e (confidence B)
_SM4_ECB: Final = 0x401
_NUMBER_LEN: Final = 32


class PCSCContainer(Opened):
    """An open container; a :class:`~gmpki.tokens.interfaces.Container`. Thread-safe.

    Private keys sign; no command that was found in any source gives a plaintext or an agreed key out, so there are no
    decryptors.
    """

    _WHAT = "container"

    def __init__(self, application: PCSCApplication, name: str) -> None:
        with application._lock:
            channel, above = application._open()
            number_now = _number_of(channel, above, name)
            super().__init__(application, name)
        self.application = application
        self._name = name
        self._number = number_now
        self._generation = channel.transport.generation

    @property
    def name(self) -> str:
        """Its name in the application."""
        return self._name

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do: keep two pairs and their certificates, import the encryption pair, use session keys."""
        return frozenset({Ability.TWO_KEY_PAIRS, Ability.CERTIFICATES, Ability.IMPORT_KEY_PAIR, Ability.SESSION_KEYS})

    def _open(self) -> tuple[Channel, bytes]:
        """Return the channel and the numbers that application and container have now. Under the lock."""
        self._use()
        channel, application = self.application._open()
        if self._generation != channel.transport.generation:
            self._number = _number_of(channel, application, self._name)
            self._generation = channel.transport.generation
        return channel, application + self._number

    def _p1(self, usage: KeyUsage) -> int:
        member(usage, KeyUsage, "usage")
        signing = self.application.device.profile.signing_flag
        return signing if usage is KeyUsage.SIGNING else 1 - signing

    # ---- the pairs ----------------------------------------------------------------------
    def key_type(self, usage: KeyUsage) -> TokenKeyType | None:
        """Return what kind of pair there is for a usage, None when there is none.

        :raises InvalidTypeError: when usage is no KeyUsage.
        :raises TokenUnsupportedError: when it is an RSA key of a length without a name.
        """
        found = self._exported(usage)
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
        :raises DriverError: when what the card gives is no public key.
        """
        found = self._exported(usage)
        if found is None:
            raise TokenNotFoundError(f"{self._place} has no {usage.value} pair")
        return self._made(found)

    def _made(self, found: bytes | tuple[int, bytes, int]) -> SM2PublicKey | RSAPublicKey:
        from gmpki.keys.rsa import RSAPublicKey

        try:
            if isinstance(found, bytes):
                return SM2PublicKey.from_bytes(found)
            handle = PublicHandle.from_numbers(int.from_bytes(found[1], "big"), found[2])
        except InvalidInputError as error:
            raise DriverError(f"the public key in {self._place} is none: {error}") from None
        return RSAPublicKey(handle, policy=self.application.device.driver.policy)

    def _exported(self, usage: KeyUsage) -> bytes | tuple[int, bytes, int] | None:
        p1 = self._p1(usage)
        with self._lock:
            channel, own = self._open()
            try:
                return rsa_or_point(channel.call("ExportPublicKey", own, p1=p1, le=-1))
            except TokenNotFoundError:
                return None

    @property
    def signing_key(self) -> TokenSigner:
        """The signing pair as a key; its use needs the user's login.

        :raises TokenNotFoundError: when there is none.
        :raises PolicyError: when the driver's policy refuses an RSA key of its length.
        """
        return TokenSigner(self.public_key(KeyUsage.SIGNING), _Operations(self))

    @property
    def encryption_key(self) -> Decryptor:
        """Refuse: no source shows a command that gives a plaintext out.

        :raises TokenUnsupportedError: always.
        """
        raise TokenUnsupportedError("no command of cards is known that decrypts and gives the plaintext out")

    @property
    def agreement_key(self) -> KeyAgreer:
        """Refuse: what cards agree on stays inside.

        :raises TokenUnsupportedError: always.
        """
        raise TokenUnsupportedError("no command of cards is known that gives an agreed key out")

    def generate(
        self, key_type: TokenKeyType = TokenKeyType.SM2, *, usage: KeyUsage = KeyUsage.SIGNING
    ) -> SM2PublicKey | RSAPublicKey:
        """Make the signing pair inside the card. What a card does about one that is there already is its own.

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
            raise TokenUnsupportedError("cards make signing pairs; an encryption pair is imported")
        rsa_bits = _RSA_BITS.get(key_type)
        if rsa_bits is None and key_type is not TokenKeyType.SM2:
            raise TokenUnsupportedError(f"cards have no keys of the kind {key_type.value}")
        if rsa_bits is not None:
            # Asked before, so that no key is made that nobody may use.
            self.application.device.driver.policy.check_key("rsa", rsa_bits)
        command, bits = ("GenECCKeyPair", _SM2_BITS) if rsa_bits is None else ("GenRSAKeyPair", rsa_bits)
        with self._lock:
            channel, own = self._open()
            channel.call(command, own + bits.to_bytes(4, "big"), le=-1)
        return self.public_key(usage)

    def import_encryption_key(self, envelope: KeyEnvelope) -> None:
        """Import the encryption pair, encrypted to the container's signing key.

        :raises InvalidTypeError: when it is no KeyEnvelope; :func:`~gmpki.tokens.delivery.import_delivery` takes bytes.
        :raises LoginRequiredError: unless the user has logged in.
        :raises TokenNotFoundError: when there is no signing pair.
        :raises DriverError: when the card then has another key.
        """
        member(envelope, KeyEnvelope, "envelope")
        zeros = envelope.encrypted_zeros or bytes(_NUMBER_LEN)
        fields = (
            _SM4_ECB.to_bytes(4, "big"),
            zeros + envelope.encrypted_private_key,
            envelope.public_key.to_bytes()[1:],
            envelope.encrypted_key.to_bytes(CiphertextFormat.C1C3C2_BARE),
        )
        with self._lock:
            channel, own = self._open()
            if self._exported(KeyUsage.SIGNING) is None:
                raise TokenNotFoundError(f"{self._place} has no signing pair, to which an encryption pair is encrypted")
            channel.call("ImportECCKeyPair", own + b"".join(fields))
            if self.public_key(KeyUsage.ENCRYPTION) != envelope.public_key:
                raise DriverError(f"the encryption pair that {self._place} now has is not the one imported")

    # ---- certificates -------------------------------------------------------------------
    def certificate_bytes(self, usage: KeyUsage = KeyUsage.SIGNING) -> bytes | None:
        """Return what is kept as the certificate of a pair, whatever it is; None when there is none.

        :raises InvalidTypeError: when usage is no KeyUsage.
        """
        p1 = self._p1(usage)
        with self._lock:
            channel, own = self._open()
            try:
                return channel.call("ExportCertificate", own, p1=p1, le=-1) or None
            except TokenNotFoundError:
                return None

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
        p1 = self._p1(usage)
        with self._lock:
            channel, own = self._open()
            if self.public_key(usage).to_der() != certificate.public_key.to_der():
                raise KeyMismatchError(f"the certificate is not that of the {usage.value} pair in {self._place}")
            channel.call("ImportCertificate", own + certificate.der, p1=p1)

    # ---- session keys -------------------------------------------------------------------
    def new_session_key(self, algorithm: str, recipient: PublicKey) -> tuple[PCSCSessionKey, bytes]:
        """Make a session key inside the card; return it, and it encrypted to a public key.

        :param algorithm: the cipher with its mode, such as "SM4-CBC".
        :param recipient: an SM2 public key.
        :returns: the key, and the DER of an SM2 ciphertext (GB/T 35276).
        :raises InvalidTypeError: when an input has the wrong type.
        :raises UnsupportedAlgorithm: when there is no cipher of this name.
        :raises TokenFullError: when there is no room for another session key.
        """
        from gmpki.tokens.pcsc import session_keys

        as_text(algorithm, "algorithm")
        with self._lock:
            return session_keys.new(self, algorithm, recipient)

    def import_session_key(self, algorithm: str, wrapped: Buffer) -> PCSCSessionKey:
        """Import a session key, encrypted to the container's encryption key.

        :param algorithm: the cipher with its mode, such as "SM4-CBC".
        :param wrapped: what :meth:`new_session_key` gives.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises UnsupportedAlgorithm: when there is no cipher of this name.
        :raises LoginRequiredError: unless the user has logged in.
        :raises DecryptionError: when it cannot be decrypted, for whatever cause.
        :raises TokenNotFoundError: when there is no encryption pair.
        :raises TokenFullError: when there is no room for another session key.
        """
        from gmpki.tokens.pcsc import session_keys

        as_text(algorithm, "algorithm")
        with self._lock:
            return session_keys.imported(self, algorithm, as_bytes(wrapped, "the wrapped key"))

    # ---- as an object -------------------------------------------------------------------
    @property
    def _place(self) -> str:
        application = self.application
        return f"the container {self._name!r} of {application.name!r} in the card in {application.device.name!r}"

    def _give_back(self) -> None:
        channel = self.application.device._channel
        if self._generation == channel.transport.generation:
            channel.call("CloseContainer", self.application._number + self._number)

    def __repr__(self) -> str:
        return f"<PCSCContainer {self._place}{'' if self._is_open else ', closed'}>"


class _Operations(KeyOperations):
    """What the private keys of a container do."""

    def __init__(self, container: PCSCContainer) -> None:
        self._container = container

    @property
    def place(self) -> str:
        return self._container._place

    def sign_sm2(self, digest: bytes) -> bytes:
        container = self._container
        with container._lock:
            channel, own = container._open()
            answer = channel.call("ECCSignData", own + digest, p1=_DIGEST_INPUT, le=4 + _SIGNATURE_LEN)
        # What the four bytes before r, s count is not known for sure (confidence C); r and s are wide as they are.
        fields = Fields(answer, "a signature")
        fields.take(4)
        signature = fields.take(_SIGNATURE_LEN)
        fields.end()
        return signature

    def sign_rsa(self, digest_info: bytes) -> bytes:
        container = self._container
        with container._lock:
            channel, own = container._open()
            return channel.call("RSASignData", own + digest_info, le=-1)


def _number_of(channel: Channel, application: bytes, name: str) -> bytes:
    """Open a container; return its number (confidence C)."""
    return Fields(channel.call("OpenContainer", application + name.encode(), le=2), "an opened container").take(2)
