"""Session keys: symmetric keys inside a token, which nobody can read, and the key exchange that ends in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member
from gmpki.algorithms.sm2 import DEFAULT_USER_ID, CiphertextFormat, CurvePoint, PointFormat, Role
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTypeError, StateError, TokenError
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.tokens._opened import Opened
from gmpki.tokens.interfaces import KeyUsage
from gmpki.tokens.skf.algorithm_names import cipher_id, cipher_name
from gmpki.tokens.skf.structures import BlockCipherParam, RsaPublicKey

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.interfaces import PublicKey
    from gmpki.tokens.skf.container import SKFContainer
    from gmpki.tokens.skf.structures import AgreementHandle, KeyHandle

__all__ = ["SKFSessionKey", "SKFSessionKeyExchange", "imported", "new"]

_MAX_USER_ID_LEN: Final = 32
# At most so much at once, whatever the device says that it takes; and a whole number of blocks.
_MAX_PIECE_LEN: Final = 1 << 16
_MIN_PIECE_LEN: Final = 256


class SKFSessionKey(Opened):
    """A session key; a :class:`~gmpki.tokens.interfaces.SessionKey`. Thread-safe: its messages go one at a time.

    It is gone with its close, and with that of its container.
    """

    _WHAT = "session key"

    def __init__(self, container: SKFContainer, handle: KeyHandle, identifier: int) -> None:
        super().__init__(container)
        self._container = container
        self._handle = handle
        self._identifier = identifier
        self._piece_len = 0

    @property
    def algorithm(self) -> str:
        """The cipher with its mode, such as "SM4-CBC"."""
        return cipher_name(self._identifier)

    def encrypt(self, data: Buffer, *, iv: Buffer = b"", padding: bool = False, feedback_bits: int = 0) -> bytes:
        """Encrypt one message.

        :param data: without padding a whole number of blocks, in ECB and CBC.
        :param iv: one block; empty for ECB.
        :param padding: of PKCS #7, in ECB and CBC.
        :param feedback_bits: of CFB and OFB; 0 leaves them to the driver.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when iv or feedback_bits is outside.
        :raises TokenError: when the token refuses a length, or the cipher.
        """
        skf = self._container._skf
        param = _param(iv, padding, feedback_bits)
        with self._lock:
            self._use()
            skf.encrypt_init(self._handle, param)
            pieces = self._pieces(as_bytes(data, "the data"))
            if len(pieces) == 1:
                return skf.encrypt(self._handle, pieces[0])
            done = [skf.encrypt_update(self._handle, piece) for piece in pieces]
            return b"".join((*done, skf.encrypt_final(self._handle)))

    def decrypt(self, data: Buffer, *, iv: Buffer = b"", padding: bool = False, feedback_bits: int = 0) -> bytes:
        """Decrypt one message; parameters and errors as :meth:`encrypt`.

        :raises DecryptionError: when the padding is wrong.
        """
        skf = self._container._skf
        param = _param(iv, padding, feedback_bits)
        with self._lock:
            self._use()
            skf.decrypt_init(self._handle, param)
            pieces = self._pieces(as_bytes(data, "the data"))
            if len(pieces) == 1:
                return skf.decrypt(self._handle, pieces[0])
            done = [skf.decrypt_update(self._handle, piece) for piece in pieces]
            return b"".join((*done, skf.decrypt_final(self._handle)))

    def mac(self, data: Buffer, *, iv: Buffer = bytes(16)) -> bytes:
        """Return the MAC of a message: the last block of its encryption with CBC.

        :param data: a whole number of blocks; nothing is padded.
        :param iv: one block.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when iv is too long.
        :raises TokenError: when the token refuses a length, or the cipher.
        :standard: GM/T 0016-2012 7.6.31 to 7.6.34
        """
        skf = self._container._skf
        param = _param(iv, False, 0)
        with self._lock:
            self._use()
            handle = skf.mac_init(self._handle, param)
            try:
                pieces = self._pieces(as_bytes(data, "the data"))
                if len(pieces) == 1:
                    return skf.mac(handle, pieces[0])
                for piece in pieces:
                    skf.mac_update(handle, piece)
                return skf.mac_final(handle)
            finally:
                skf.close_handle(handle)

    def _pieces(self, data: bytes) -> list[bytes]:
        """Divide a message into what the device takes at once, at least one piece."""
        if not self._piece_len:
            most = self._container.application.device.info.max_input_len or _MAX_PIECE_LEN
            self._piece_len = max(_MIN_PIECE_LEN, min(most, _MAX_PIECE_LEN) & ~15)
        return [data[at : at + self._piece_len] for at in range(0, max(len(data), 1), self._piece_len)]

    def _give_back(self) -> None:
        self._container._skf.close_handle(self._handle)

    def __repr__(self) -> str:
        return f"<SKFSessionKey of {self.algorithm}{'' if self._is_open else ', closed'}>"


class SKFSessionKeyExchange:
    """One run of the SM2 key exchange. A context: one thread at a time, used once.

    The initiator sends :attr:`ephemeral` first. The responder has one when it has agreed.

    :standard: GM/T 0016-2012 7.6.14 to 7.6.16; GB/T 32918.3-2016
    """

    def __init__(self, container: SKFContainer, algorithm: str, role: Role, user_id: Buffer | None) -> None:
        """Begin a run; see :meth:`SKFContainer.session_key_exchange
        <gmpki.tokens.skf.container.SKFContainer.session_key_exchange>`.
        """
        member(role, Role, "role")
        self._identifier = cipher_id(algorithm)
        self._user_id = _checked_id(user_id)
        self._container = container
        self._role = role
        self._is_used = False
        self._ephemeral: bytes | None = None
        self._agreement: AgreementHandle | None = None
        if role is Role.INITIATOR:
            with container._lock:
                self._ephemeral, self._agreement = container._skf.generate_agreement_data_with_ecc(
                    container._opened(), self._identifier, self._user_id
                )

    @property
    def ephemeral(self) -> bytes:
        """The ephemeral public key for the peer: 65 bytes (04, x, y).

        :raises StateError: for the responder, before it has agreed.
        """
        if self._ephemeral is None:
            raise StateError("the responder has an ephemeral key when it has agreed")
        return b"\x04" + self._ephemeral

    def agree(self, peer: Buffer, peer_ephemeral: Buffer, *, peer_user_id: Buffer | None = None) -> SKFSessionKey:
        """Derive the session key.

        :param peer: the peer's public key, a point of 33, 64 or 65 bytes; likewise its ephemeral one.
        :param peer_user_id: the peer's id, at most 32 bytes; None is ``1234567812345678``.
        :raises StateError: when this exchange was used before.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the id is too long.
        :raises InvalidPointError: when a point is not on the curve.
        :raises LoginRequiredError: unless the user has logged in.
        """
        peer_key, peer_point = (CurvePoint.from_bytes(one).to_bytes(PointFormat.BARE) for one in (peer, peer_ephemeral))
        peer_id = _checked_id(peer_user_id)
        container = self._container
        skf = container._skf
        with container._lock:
            handle = container._opened()
            if self._is_used:
                raise StateError("this key exchange was used; each run needs a new one")
            self._is_used = True
            if self._agreement is not None:
                try:
                    key = skf.generate_key_with_ecc(self._agreement, peer_key, peer_point, peer_id)
                finally:
                    self._close_agreement()
            else:
                self._ephemeral, key = skf.generate_agreement_data_and_key_with_ecc(
                    handle, self._identifier, peer_key, peer_point, user_id=self._user_id, initiator_id=peer_id
                )
            return SKFSessionKey(container, key, self._identifier)

    def _close_agreement(self) -> None:
        agreement, self._agreement = self._agreement, None
        if agreement is not None:
            try:
                self._container._skf.close_handle(agreement)
            except TokenError:  # drivers are met that end it with its use
                return

    def __repr__(self) -> str:
        return f"<SKFSessionKeyExchange {self._role.name.lower()} {'used' if self._is_used else 'open'}>"


def new(container: SKFContainer, algorithm: str, recipient: PublicKey) -> tuple[SKFSessionKey, bytes]:
    """Make a session key in an open container, under its lock."""
    identifier = cipher_id(algorithm)
    skf = container._skf
    if isinstance(recipient, SM2PublicKey):
        ciphertext, handle = skf.ecc_export_session_key(
            container._handle, identifier, recipient.to_bytes(PointFormat.BARE)
        )
        return SKFSessionKey(container, handle, identifier), ciphertext.to_bytes(CiphertextFormat.DER)
    from gmpki.keys.rsa import RSAPublicKey

    if not isinstance(recipient, RSAPublicKey):
        raise InvalidTypeError(f"recipient must be an SM2 or RSA public key, not {type(recipient).__name__}")
    modulus, exponent = recipient._handle.numbers()
    if recipient.bits % 8 or recipient.bits > 2048:
        raise InvalidInputError(f"SKF has RSA keys of up to 2048 bits, not of {recipient.bits}")
    blob = RsaPublicKey(recipient.bits, modulus.to_bytes(recipient.bits // 8, "big"), exponent)
    wrapped, handle = skf.rsa_export_session_key(container._handle, identifier, blob)
    return SKFSessionKey(container, handle, identifier), wrapped


def imported(container: SKFContainer, algorithm: str, wrapped: bytes) -> SKFSessionKey:
    """Import a session key into an open container, under its lock."""
    identifier = cipher_id(algorithm)
    given: SM2Ciphertext | bytes = wrapped
    if isinstance(container.public_key(KeyUsage.ENCRYPTION), SM2PublicKey):
        try:
            given = SM2Ciphertext.from_bytes(wrapped, CiphertextFormat.DER)
        except InvalidInputError:
            raise DecryptionError from None
    handle = container._skf.import_session_key(container._handle, identifier, given)
    return SKFSessionKey(container, handle, identifier)


def _param(iv: Buffer, padding: bool, feedback_bits: int) -> BlockCipherParam:
    member(padding, bool, "padding")
    return BlockCipherParam(as_bytes(iv, "iv"), int(padding), feedback_bits)


def _checked_id(user_id: Buffer | None) -> bytes:
    identity = DEFAULT_USER_ID if user_id is None else as_bytes(user_id, "user_id")
    if len(identity) > _MAX_USER_ID_LEN:
        raise InvalidInputError(f"SKF takes ids of at most {_MAX_USER_ID_LEN} bytes, not {len(identity)}")
    return identity
