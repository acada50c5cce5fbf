"""The SM2 key exchange, one side of it at a time.

Both sides send each other :attr:`SM2KeyExchange.ephemeral`, call :meth:`SM2KeyExchange.agree`, and may then prove to
each other with the confirmations that they hold the same key.

:standard: GB/T 32918.3-2016
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from gmpki._inputs import as_bytes, member
from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import DEFAULT_USER_ID, CurvePoint, PrivateScalar, Role
from gmpki.errors import InvalidTag, InvalidTypeError, StateError
from gmpki.keys._immutable import Secret

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["SM2AgreedKey", "SM2KeyExchange"]


class SM2AgreedKey(Secret):
    """What a key exchange gives. Immutable; thread-safe.

    :ivar key: the shared key. Secret.
    :ivar confirmation: 32 bytes for the peer: SA (S2) of the initiator, SB (S1) of the responder.
    """

    __slots__ = ("_peer_confirmation", "confirmation", "key")
    key: bytes
    confirmation: bytes
    _peer_confirmation: bytes

    def __init__(self, key: bytes, confirmation: bytes, peer_confirmation: bytes) -> None:
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "confirmation", confirmation)
        object.__setattr__(self, "_peer_confirmation", peer_confirmation)

    def check(self, confirmation: Buffer) -> None:
        """Check the peer's confirmation in constant time.

        :raises InvalidTag: when the peer has another key.
        :raises InvalidTypeError: when it is not a buffer.
        :raises InvalidInputError: when its buffer has gaps.
        :standard: GB/T 32918.3-2016 6.1 A9 and B10
        """
        received = as_bytes(confirmation, "the confirmation")
        from hmac import compare_digest

        if not compare_digest(received, self._peer_confirmation):
            raise InvalidTag

    def __repr__(self) -> str:
        return f"<SM2AgreedKey of {len(self.key)} bytes>"


class SM2KeyExchange:
    """One side of one key exchange. A context, used once; made by :meth:`gmpki.keys.sm2.SM2PrivateKey.exchange`."""

    __slots__ = ("_ephemeral", "_role", "_scalar", "_shown", "_za")

    def __init__(self, scalar: PrivateScalar, role: Role, user_id: Buffer = DEFAULT_USER_ID) -> None:
        """Make an ephemeral key pair for this run.

        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when the user id is longer than 8191 bytes.
        :raises RandomSourceError: when the random source fails.
        """
        member(scalar, PrivateScalar, "scalar")
        member(role, Role, "role")
        # Computed now, so that a wrong user id is found before anything is sent.
        self._za = sm2.za(scalar.point, user_id)
        self._scalar = scalar
        self._role = role
        ephemeral = PrivateScalar.generate(checked=False)  # never signs
        # Whoever takes it off the list has it alone, among threads too.
        self._ephemeral = [ephemeral]
        self._shown = ephemeral.point.to_bytes()

    @property
    def ephemeral(self) -> bytes:
        """The ephemeral public key for the peer: 65 bytes (04, x, y)."""
        return self._shown

    def agree(
        self, peer: Buffer, peer_ephemeral: Buffer, length: int, *, peer_user_id: Buffer | None = None
    ) -> SM2AgreedKey:
        """Derive the shared key. The ephemeral key is given up, whether this succeeds or not.

        :param peer: the peer's public key, a point of 33, 64 or 65 bytes.
        :param peer_ephemeral: the ephemeral public key that the peer sent, in the same forms.
        :param length: bytes of key, 1 to 65536.
        :param peer_user_id: the peer's id, 0 to 8191 bytes; None is ``1234567812345678``.
        :raises StateError: when this exchange was used before.
        :raises InvalidTypeError: when an input has the wrong type.
        :raises InvalidInputError: when one has a wrong length.
        :raises InvalidPointError: when a point is not on the curve, or the shared point is infinity.
        :standard: GB/T 32918.3-2016 6.1 A4 to A8, B3 to B9
        """
        try:
            ephemeral = self._ephemeral.pop()
        except IndexError:
            raise StateError("this key exchange was used; each run needs a new one") from None
        peer_point = CurvePoint.from_bytes(peer)
        peer_za = sm2.za(peer_point, DEFAULT_USER_ID if peer_user_id is None else peer_user_id)
        key, of_initiator, of_responder = sm2.exchange(
            self._scalar,
            ephemeral,
            self._za,
            peer_point,
            CurvePoint.from_bytes(peer_ephemeral),
            peer_za,
            self._role,
            length,
        )
        if self._role is Role.INITIATOR:
            return SM2AgreedKey(key, of_initiator, of_responder)
        return SM2AgreedKey(key, of_responder, of_initiator)

    def __repr__(self) -> str:
        return f"<SM2KeyExchange {self._role.name.lower()} {'open' if self._ephemeral else 'used'}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise InvalidTypeError("a key exchange can be neither pickled nor copied")
