"""The session protocol over an SKF driver: a container, its two key pairs and their certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, as_text
from gmpki.errors import TokenError, TokenNotFoundError, TokenUnsupportedError
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.tokens._two_pairs import TwoPairContainer
from gmpki.tokens.interfaces import Ability, KeyUsage
from gmpki.tokens.key_objects import KeyOperations, TokenDecryptor, TokenKeyAgreer

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.algorithms.sm2 import Role
    from gmpki.keys.ciphertext import SM2Ciphertext
    from gmpki.keys.envelope import KeyEnvelope
    from gmpki.keys.interfaces import PublicKey
    from gmpki.tokens.skf.application import SKFApplication
    from gmpki.tokens.skf.functions import SKF
    from gmpki.tokens.skf.session_keys import SKFSessionKey, SKFSessionKeyExchange
    from gmpki.tokens.skf.structures import ContainerHandle

__all__ = ["SKFContainer"]

_NEEDED: Final = {
    Ability.TWO_KEY_PAIRS: ("SKF_ExportPublicKey",),
    Ability.CERTIFICATES: ("SKF_ImportCertificate", "SKF_ExportCertificate"),
    Ability.IMPORT_KEY_PAIR: ("SKF_ImportECCKeyPair",),
    Ability.SESSION_KEYS: ("SKF_ECCExportSessionKey", "SKF_ImportSessionKey", "SKF_EncryptInit", "SKF_DecryptInit"),
    Ability.SESSION_KEY_AGREEMENT: (
        "SKF_GenerateAgreementDataWithECC",
        "SKF_GenerateAgreementDataAndKeyWithECC",
        "SKF_GenerateKeyWithECC",
    ),
}
# How drivers say that a key or a certificate is not there. The edition of 2012 has codes for both, and drivers are met
# that answer with one of these instead.
_ABSENT: Final = ("SAR_FAIL", "SAR_FILEERR", "SAR_INVALIDPARAMERR", "SAR_READFILEERR", "SAR_OBJERR")


class SKFContainer(TwoPairContainer):
    """An open container; a :class:`~gmpki.tokens.interfaces.Container` and, where the driver has session keys, a
    :class:`~gmpki.tokens.interfaces.SessionKeyContainer`. Thread-safe.
    """

    def __init__(self, application: SKFApplication, handle: ContainerHandle, name: str) -> None:
        super().__init__(application, name, application.device.driver.policy)
        self.application = application
        self._handle = handle

    @property
    def abilities(self) -> frozenset[Ability]:
        """What it can do, by the functions that the driver has."""
        missing = set(self._skf.missing)
        found = {ability for ability, needed in _NEEDED.items() if missing.isdisjoint(needed)}
        if self._decrypts:
            found.add(Ability.DECRYPTION)
        return frozenset(found)

    @property
    def _skf(self) -> SKF:
        return self.application.device.driver.skf

    @property
    def _decrypts(self) -> bool:
        return "SKF_ECCDecrypt" in self._skf.symbols

    def _opened(self) -> ContainerHandle:
        self._use()
        return self._handle

    # ---- the pairs ----------------------------------------------------------------------
    def _exported(self, usage: KeyUsage) -> bytes | tuple[int, bytes, int] | None:
        try:
            found = self._skf.export_public_key(self._opened(), usage is KeyUsage.SIGNING)
        except TokenError as error:
            if not _is_absence(error):
                raise
            return None
        return found if isinstance(found, bytes) else (found.bits, found.modulus, found.exponent)

    @property
    def _operations(self) -> KeyOperations:
        return _Operations(self)

    @property
    def encryption_key(self) -> TokenDecryptor:
        """The encryption pair as a key; its use needs the user's login.

        The standard has no function that gives a plaintext out, and no driver one for RSA; several makers have
        ``SKF_ECCDecrypt``. Without it session keys can still be imported and used inside the token.

        :raises TokenNotFoundError: when there is none.
        :raises TokenUnsupportedError: when the driver gives no plaintext out.
        """
        public_key = self.public_key(KeyUsage.ENCRYPTION)
        if not isinstance(public_key, SM2PublicKey):
            raise TokenUnsupportedError("SKF has no function that decrypts with RSA and gives the plaintext out")
        if not self._decrypts:
            raise TokenUnsupportedError(
                "the driver lacks SKF_ECCDecrypt, and the standard has nothing that gives a plaintext out",
                function="SKF_ECCDecrypt",
            )
        return TokenDecryptor(public_key, self._operations)

    @property
    def agreement_key(self) -> TokenKeyAgreer:
        """Refuse: what SKF agrees on stays inside the token; see :meth:`session_key_exchange`.

        :raises TokenUnsupportedError: always.
        """
        raise TokenUnsupportedError("SKF keeps the agreed key inside the token: session_key_exchange gives a handle")

    def _make_pair(self, rsa_bits: int | None) -> None:
        if rsa_bits is None:
            self._skf.gen_ecc_key_pair(self._opened())
        else:
            self._skf.gen_rsa_key_pair(self._opened(), rsa_bits)

    def _take_pair(self, envelope: KeyEnvelope) -> None:
        self._skf.import_ecc_key_pair(self._opened(), envelope)

    def import_rsa_encryption_key(self, algorithm: str, wrapped_key: Buffer, encrypted_key: Buffer) -> None:
        """Import an encryption pair of RSA.

        :param algorithm: the cipher that it is encrypted with, such as "SM4-ECB".
        :param wrapped_key: the cipher's key, encrypted to the container's signing key by PKCS #1 v1.5.
        :param encrypted_key: RSAPrivateKey (RFC 8017 A.1.2) in DER, encrypted with it.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises UnsupportedAlgorithm: when there is no cipher of this name.
        :raises LoginRequiredError: unless the user has logged in.
        :standard: GM/T 0016-2012 7.6.4
        """
        from gmpki.tokens.skf.algorithm_names import cipher_id

        wrapped, encrypted = as_bytes(wrapped_key, "wrapped_key"), as_bytes(encrypted_key, "encrypted_key")
        identifier = cipher_id(algorithm)
        with self._lock:
            self._skf.import_rsa_key_pair(self._opened(), identifier, wrapped, encrypted)

    # ---- certificates -------------------------------------------------------------------
    def _kept_certificate(self, usage: KeyUsage) -> bytes | None:
        try:
            return self._skf.export_certificate(self._opened(), usage is KeyUsage.SIGNING)
        except TokenError as error:
            if not _is_absence(error):
                raise
            return None

    def _keep_certificate(self, usage: KeyUsage, encoded: bytes) -> None:
        self._skf.import_certificate(self._opened(), usage is KeyUsage.SIGNING, encoded)

    # ---- session keys -------------------------------------------------------------------
    def new_session_key(self, algorithm: str, recipient: PublicKey) -> tuple[SKFSessionKey, bytes]:
        """Make a session key inside the token; return it, and it encrypted to a public key.

        :param algorithm: the cipher with its mode, such as "SM4-CBC".
        :param recipient: an SM2 or RSA public key.
        :returns: the key, and the DER of an SM2 ciphertext (GB/T 35276) or a block of RSA.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises UnsupportedAlgorithm: when there is no cipher of this name.
        :raises TokenFullError: when there is no room for another session key.
        """
        from gmpki.tokens.skf import session_keys

        as_text(algorithm, "algorithm")
        with self._lock:
            self._use()
            return session_keys.new(self, algorithm, recipient)

    def import_session_key(self, algorithm: str, wrapped: Buffer) -> SKFSessionKey:
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
        from gmpki.tokens.skf import session_keys

        as_text(algorithm, "algorithm")
        with self._lock:
            self._use()
            return session_keys.imported(self, algorithm, as_bytes(wrapped, "the wrapped key"))

    def session_key_exchange(
        self, algorithm: str, role: Role, *, user_id: Buffer | None = None
    ) -> SKFSessionKeyExchange:
        """Begin an SM2 key exchange whose result is a session key, with the encryption pair.

        :param algorithm: the cipher of the key, such as "SM4-CBC".
        :param user_id: the own id, at most 32 bytes (GM/T 0016-2012 7.6.14); None is ``1234567812345678``.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the id is too long.
        :raises UnsupportedAlgorithm: when there is no cipher of this name.
        :raises LoginRequiredError: unless the user has logged in.
        """
        from gmpki.tokens.skf.session_keys import SKFSessionKeyExchange

        return SKFSessionKeyExchange(self, algorithm, role, user_id)

    # ---- as an object -------------------------------------------------------------------
    @property
    def _place(self) -> str:
        application = self.application
        return f"the container {self._name!r} of {application.name!r} in {application.device.name!r}"

    def _give_back(self) -> None:
        self._skf.close_container(self._handle)


class _Operations(KeyOperations):
    """What the private keys of a container do."""

    def __init__(self, container: SKFContainer) -> None:
        self._container = container

    @property
    def place(self) -> str:
        return self._container._place

    def sign_sm2(self, digest: bytes) -> bytes:
        container = self._container
        with container._lock:
            return container._skf.ecc_sign_data(container._opened(), digest)

    def sign_rsa(self, digest_info: bytes) -> bytes:
        container = self._container
        with container._lock:
            return container._skf.rsa_sign_data(container._opened(), digest_info)

    def decrypt_sm2(self, ciphertext: SM2Ciphertext) -> bytes:
        container = self._container
        with container._lock:
            return container._skf.ecc_decrypt(container._opened(), ciphertext)


def _is_absence(error: TokenError) -> bool:
    """Tell whether an answer says that a key or a certificate is not there."""
    return isinstance(error, TokenNotFoundError) or error.code_name in _ABSENT
