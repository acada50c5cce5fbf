"""Many signatures of one private key: at once where the key is in memory, one after the other where it is elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gmpki._inputs import iterated, member
from gmpki.keys.interfaces import Signer
from gmpki.keys.sm2 import SM2PrivateKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from typing_extensions import Buffer

__all__ = ["sign_many", "signs_at_once"]


def signs_at_once(signer: Signer) -> bool:
    """Tell whether :func:`sign_many` signs several messages at a time with a key.

    A token signs one after the other, and so does whoever wraps a key to count, ask or log.

    :raises InvalidTypeError: when it is no Signer.
    """
    # The class is asked first: what a protocol asks for takes ten times as long to find out.
    if type(signer) is SM2PrivateKey:
        return True
    member(signer, Signer, "signer")
    return False


def sign_many(signer: Signer, messages: Iterable[Buffer], *, user_id: Buffer | None = None) -> list[bytes]:
    """Sign many messages as ``signer.sign`` signs each, and return the signatures in their order.

    When one cannot be made, no signature is returned.

    :raises InvalidTypeError: when an input has the wrong type.
    :raises GmpkiError: what the signer raises.
    """
    if signs_at_once(signer) and isinstance(signer, SM2PrivateKey):
        return signer.sign_batch(messages, user_id=user_id)
    return [signer.sign(message, user_id=user_id) for message in iterated(messages, "messages")]
