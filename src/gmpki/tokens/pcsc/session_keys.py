"""Session keys of cards: symmetric keys inside, which nobody can read.

The numbers of the commands are those of one public program (confidence C); the layouts are the software card's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, member
from gmpki.algorithms.sm2 import CiphertextFormat, PointFormat
from gmpki.errors import DecryptionError, InvalidInputError, InvalidTypeError, StateError, TokenError
from gmpki.keys.ciphertext import SM2Ciphertext
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.tokens._opened import Opened
from gmpki.tokens.pcsc.fields import Fields
from gmpki.tokens.skf.algorithm_names import cipher_id, cipher_name

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from gmpki.keys.interfaces import PublicKey
    from gmpki.tokens.pcsc.channel import Channel
    from gmpki.tokens.pcsc.container import PCSCContainer

__all__ = ["PCSCSessionKey", "imported", "new"]

_MAX_IV_LEN: Final = 32
_MAX_CIPHERTEXT_LEN: Final = 256
_PIECE_LEN: Final = 1024
_BLOCK_LEN: Final = 16
_WRONG_DATA: Final = (0x6A80, 0x6988)


class PCSCSessionKey(Opened):
    """A session key; a :class:`~gmpki.tokens.interfaces.SessionKey`. Thread-safe: its messages go one at a time.

    It is gone with its close, with that of its container, and when the card is reset.
    """

    _WHAT = "session key"

    def __init__(self, container: PCSCContainer, number: bytes, identifier: int) -> None:
        super().__init__(container)
        self._container = container
        self._number = number
        self._identifier = identifier
        self._generation = container._generation

    @property
    def algorithm(self) -> str:
        """The cipher with its mode, such as "SM4-CBC"."""
        return cipher_name(self._identifier)

    def encrypt(self, data: Buffer, *, iv: Buffer = b"", padding: bool = False) -> bytes:
        """Encrypt one message.

        :param data: without padding a whole number of blocks, in ECB and CBC.
        :param iv: one block; empty for ECB.
        :param padding: of PKCS #7, in ECB and CBC.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when iv is too long.
        :raises StateError: after close, and after a reset of the card.
        :raises TokenError: when the card refuses a length, or the cipher.
        """
        return self._message("Encrypt", as_bytes(data, "the data"), _parameters(iv, padding))

    def decrypt(self, data: Buffer, *, iv: Buffer = b"", padding: bool = False) -> bytes:
        """Decrypt one message; parameters and errors as :meth:`encrypt`.

        :raises DecryptionError: when the padding is wrong.
        """
        parameters = _parameters(iv, padding)
        try:
            return self._message("Decrypt", as_bytes(data, "the data"), parameters)
        except TokenError as error:
            if padding and error.code in _WRONG_DATA and error.function in ("DecryptFinal", "Decrypt"):
                raise DecryptionError from None
            raise

    def mac(self, data: Buffer, *, iv: Buffer = bytes(_BLOCK_LEN)) -> bytes:
        """Return the MAC of a message: the last block of its encryption with CBC.

        :param data: a whole number of blocks; nothing is padded.
        :param iv: one block.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when iv is too long.
        :raises StateError: after close, and after a reset of the card.
        :raises TokenError: when the card refuses a length, or the cipher.
        """
        return self._message("Mac", as_bytes(data, "the data"), _parameters(iv, False))

    def _message(self, operation: str, data: bytes, parameters: bytes) -> bytes:
        with self._lock:
            channel = self._opened()
            channel.call(f"{operation}Init", self._number + parameters)
            pieces = [data[at : at + _PIECE_LEN] for at in range(0, max(len(data), 1), _PIECE_LEN)]
            if len(pieces) == 1:
                return channel.call(operation, self._number + pieces[0], le=-1)
            done = [channel.call(f"{operation}Update", self._number + piece, le=-1) for piece in pieces]
            return b"".join((*done, channel.call(f"{operation}Final", self._number, le=-1)))

    def _opened(self) -> Channel:
        self._use()
        channel, _ = self._container._open()
        if channel.transport.generation != self._generation:
            raise StateError("the session key went with a reset of the card")
        return channel

    def _give_back(self) -> None:
        channel = self._container.application.device._channel
        if self._generation == channel.transport.generation:
            channel.call("DestroySessionKey", self._number)

    def __repr__(self) -> str:
        return f"<PCSCSessionKey of {self.algorithm}{'' if self._is_open else ', closed'}>"


def new(container: PCSCContainer, algorithm: str, recipient: PublicKey) -> tuple[PCSCSessionKey, bytes]:
    """Make a session key for :meth:`PCSCContainer.new_session_key`, whose errors it has. Under the lock."""
    if not isinstance(recipient, SM2PublicKey):
        raise InvalidTypeError(f"recipient must be an SM2 public key, not {type(recipient).__name__}")
    identifier = cipher_id(algorithm)
    channel, own = container._open()
    data = own + identifier.to_bytes(4, "big") + recipient.to_bytes(PointFormat.BARE)
    answer = channel.call("ECCExportSessionKey", data, le=2 + _MAX_CIPHERTEXT_LEN)
    number = Fields(answer, "a session key").take(2)
    key = PCSCSessionKey(container, number, identifier)
    try:
        wrapped = SM2Ciphertext.from_bytes(answer[2:], CiphertextFormat.C1C3C2_BARE).to_bytes()
    except InvalidInputError:
        key.close()
        raise TokenError("what the card answers is no SM2 ciphertext", function="ECCExportSessionKey") from None
    return key, wrapped


def imported(container: PCSCContainer, algorithm: str, wrapped: bytes) -> PCSCSessionKey:
    """Import a session key for :meth:`PCSCContainer.import_session_key`, whose errors it has. Under the lock."""
    identifier = cipher_id(algorithm)
    try:
        parts = SM2Ciphertext.from_bytes(wrapped, CiphertextFormat.DER)
    except InvalidInputError:
        raise DecryptionError from None
    channel, own = container._open()
    data = own + identifier.to_bytes(4, "big") + parts.to_bytes(CiphertextFormat.C1C3C2_BARE)
    try:
        number = Fields(channel.call("ImportSessionKey", data, le=2), "a session key").take(2)
    except TokenError as error:
        if error.code in _WRONG_DATA:
            raise DecryptionError from None
        raise
    return PCSCSessionKey(container, number, identifier)


def _parameters(iv: Buffer, padding: bool) -> bytes:
    """Return what the Init commands take behind the key's number: the padding in one byte, then the iv."""
    value = as_bytes(iv, "iv")
    member(padding, bool, "padding")
    if len(value) > _MAX_IV_LEN:
        raise InvalidInputError(f"an iv has at most {_MAX_IV_LEN} bytes, not {len(value)}")
    return bytes((padding,)) + value
