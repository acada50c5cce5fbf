"""How PINs and keys reach a card.

No text that was read says it; :class:`~gmpki.tokens.pcsc.card_profile.PinForm` has what each form is from.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from gmpki.algorithms import sm4
from gmpki.errors import DriverError, InvalidInputError, PinRejectedError, TokenUnsupportedError
from gmpki.keys.sm2_public import SM2PublicKey
from gmpki.tokens.pcsc.card_profile import PinForm, PinPadding
from gmpki.tokens.pcsc.channel import PLAIN, PROTECTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gmpki.tokens.pcsc.channel import Channel

__all__ = ["CHALLENGE_LEN", "challenge", "counted", "send_protected", "verify_pin"]

CHALLENGE_LEN: Final = 8
_POINT_LEN: Final = 64
_KEY_LEN: Final = 16
_BLOCK_LEN: Final = 16
_MAX_COUNTED_LEN: Final = 255


def challenge(channel: Channel) -> bytes:
    """Return a new challenge of the card.

    :raises DriverError: when it has another length.
    """
    value = channel.call("GenRandom", le=CHALLENGE_LEN)
    if len(value) != CHALLENGE_LEN:
        raise DriverError(f"the card's challenge has {len(value)} bytes, not {CHALLENGE_LEN}", function="GenRandom")
    return value


def counted(texts: Sequence[bytes | bytearray]) -> bytearray:
    """Return texts, each behind its length in one byte.

    :raises InvalidInputError: when one has more than 255 bytes.
    """
    joined = bytearray()
    for text in texts:
        if len(text) > _MAX_COUNTED_LEN:
            raise InvalidInputError(f"a name or PIN has at most {_MAX_COUNTED_LEN} bytes, not {len(text)}")
        joined += bytes((len(text),)) + text
    return joined


def send_protected(
    channel: Channel, name: str, fields: bytearray, *, number: bytes = b"", p2: int = 0, le: int = 0
) -> bytes:
    """Send a command whose data are secret; the fields are overwritten.

    :param number: the application's, which stands before the protected data.
    :raises TokenUnsupportedError: when the card's form of PINs is one that is known for VerifyPIN only.
    :raises DriverError: when the card's key is no SM2 key.
    :raises TokenError: as the card answers.
    """
    try:
        if channel.profile.pin_form is not PinForm.SM2:
            raise TokenUnsupportedError(
                f"how cards of the kind {channel.profile.name} want {name} protected is not known", function=name
            )
        # Nobody else's command may come between the challenge and its use.
        with channel.transport.transaction():
            point = channel.call("GetTransportKey", le=_POINT_LEN)
            try:
                key = SM2PublicKey.from_bytes(point)
            except InvalidInputError:
                raise DriverError("the card's transport key is no SM2 key", function="GetTransportKey") from None
            plaintext = bytearray(challenge(channel)) + fields
            try:
                protected = _bare(key, plaintext)
            finally:
                plaintext[:] = bytes(len(plaintext))
            return channel.call(name, number + protected, p2=p2, cla=PROTECTED, le=le)
    finally:
        fields[:] = bytes(len(fields))


def verify_pin(channel: Channel, number: bytes, role: int, pin: bytearray) -> None:
    """Verify a PIN in the card's form; it is sent once.

    :raises PinIncorrectError: when it is wrong, with the tries left; likewise PinLockedError and PinRejectedError.
    :raises TokenError: as the card answers otherwise.
    """
    if channel.profile.pin_form is PinForm.SM2:
        send_protected(channel, "VerifyPIN", counted([pin]), number=number, p2=role)
        return
    if not pin:
        raise PinRejectedError("a PIN is not empty")
    key = hashlib.sha1(pin, usedforsecurity=False).digest()[:_KEY_LEN]
    marked = channel.profile.pin_padding is PinPadding.MARKED
    with channel.transport.transaction():
        block = (challenge(channel) + (b"\x80" if marked else b"")).ljust(_BLOCK_LEN, b"\0")
        encrypted = sm4.encrypt(key, block, sm4.Mode.ECB)
        channel.call("VerifyPIN", number + encrypted, p2=role, cla=PLAIN)


def _bare(key: SM2PublicKey, plaintext: bytearray) -> bytes:
    from gmpki.algorithms.sm2 import CiphertextFormat

    return key.encrypt(plaintext, fmt=CiphertextFormat.C1C3C2_BARE)
