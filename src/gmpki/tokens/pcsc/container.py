"""The session protocol over PC/SC: a container, its two key pairs and their certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text
from gmpki.algorithms.sm2 import CiphertextFormat
from gmpki.errors import TokenNotFoundError, TokenUnsupportedError
from gmpki.tokens._two_pairs import TwoPairContainer
from gmpki.tokens.interfaces import Ability, KeyUsage
from gmpki.tokens.key_objects import KeyOperations
from gmpki.tokens.pcsc.fields import Fields, rsa_or_point

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.envelope import KeyEnvelope
    from gmpki.keys.interfaces import Decryptor, KeyAgreer, PublicKey
    from gmpki.tokens.pcsc.application import PCSCApplication
    from gmpki.tokens.pcsc.channel import Channel
    from gmpki.tokens.pcsc.session_keys import PCSCSessionKey

__all__ = ["PCSCContainer"]

_SM2_BITS: Final = 256
_SIGNATURE_LEN: Final = 64
_DIGEST_INPUT: Final = 2  # P1 of ECCSignData: what comes is e (confidence B)
_SM4_ECB: Final = 0x401
_NUMBER_LEN: Final = 32


class PCSCContainer(TwoPairContainer):
    """An open container; a :class:`~gmpki.tokens.interfaces.Container`. Thread-safe.

    Private keys sign; no command that was found in any source gives a plaintext or an agreed key out, so there are no
    decryptors.
    """

    def __init__(self, application: PCSCApplication, name: str) -> None:
        with application._lock:
            channel, above = application._open()
            number_now = _number_of(channel, above, name)
            super().__init__(application, name, application.device.driver.policy)
        self.application = application
        self._number = number_now
        self._generation: int = channel.transport.generation

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
        signing = self.application.device.profile.signing_flag
        return signing if usage is KeyUsage.SIGNING else 1 - signing

    # ---- the pairs ----------------------------------------------------------------------
    def _exported(self, usage: KeyUsage) -> bytes | tuple[int, bytes, int] | None:
        channel, own = self._open()
        try:
            return rsa_or_point(channel.call("ExportPublicKey", own, p1=self._p1(usage), le=-1))
        except TokenNotFoundError:
            return None

    @property
    def _operations(self) -> KeyOperations:
        return _Operations(self)

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

    def _make_pair(self, rsa_bits: int | None) -> None:
        command, bits = ("GenECCKeyPair", _SM2_BITS) if rsa_bits is None else ("GenRSAKeyPair", rsa_bits)
        channel, own = self._open()
        channel.call(command, own + bits.to_bytes(4, "big"), le=-1)

    def _take_pair(self, envelope: KeyEnvelope) -> None:
        zeros = envelope.encrypted_zeros or bytes(_NUMBER_LEN)
        fields = (
            _SM4_ECB.to_bytes(4, "big"),
            zeros + envelope.encrypted_private_key,
            envelope.public_key.to_bytes()[1:],
            envelope.encrypted_key.to_bytes(CiphertextFormat.C1C3C2_BARE),
        )
        channel, own = self._open()
        channel.call("ImportECCKeyPair", own + b"".join(fields))

    # ---- certificates -------------------------------------------------------------------
    def _kept_certificate(self, usage: KeyUsage) -> bytes | None:
        channel, own = self._open()
        try:
            return channel.call("ExportCertificate", own, p1=self._p1(usage), le=-1)
        except TokenNotFoundError:
            return None

    def _keep_certificate(self, usage: KeyUsage, encoded: bytes) -> None:
        channel, own = self._open()
        channel.call("ImportCertificate", own + encoded, p1=self._p1(usage))

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
