"""SM2 key exchange, and the plain Diffie-Hellman point.

:standard: GB/T 32918.3-2016
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

from gmpki._inputs import member, number
from gmpki.algorithms._call import check, fixed, lib, new_digest, output, taken
from gmpki.algorithms.sm2_keys import CurvePoint, PointFormat, PrivateScalar

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["MAX_SHARED_KEY_LEN", "Role", "ecdh", "exchange"]

MAX_SHARED_KEY_LEN: Final = 1 << 16
_HASH_LEN: Final = 32


class Role(enum.IntEnum):
    """The two sides of a key exchange."""

    INITIATOR = 0
    """User A, who sends the first message."""
    RESPONDER = 1
    """User B, who answers."""


def exchange(  # noqa: PLR0917 - the inputs of the standard, in its order
    scalar: PrivateScalar,
    ephemeral: PrivateScalar,
    za: Buffer,
    peer: CurvePoint,
    peer_ephemeral: CurvePoint,
    peer_za: Buffer,
    role: Role,
    length: int,
) -> tuple[bytes, bytes, bytes]:
    """Derive the shared key and both confirmation hashes.

    Each side compares the hash of the other (the responder's first) with the one computed here before it uses the key;
    ``hmac.compare_digest`` does that in constant time.

    :param scalar: the own private key.
    :param ephemeral: an own private key made for this exchange only.
    :param za: ZA of the own side, 32 bytes from :func:`gmpki.algorithms.sm2.za`.
    :param peer: the peer's public key.
    :param peer_ephemeral: the public key that the peer made for this exchange.
    :param peer_za: ZA of the peer, 32 bytes.
    :param role: which side this is.
    :param length: bytes of shared key, 1 to 65536.
    :returns: the shared key; the confirmation of the initiator (SA = S2); that of the responder (SB = S1).
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when za, peer_za or length is wrong.
    :raises InvalidPointError: when the shared point is infinity.
    :standard: GB/T 32918.3-2016 6.1
    """
    member(scalar, PrivateScalar, "scalar")
    member(ephemeral, PrivateScalar, "ephemeral")
    member(peer, CurvePoint, "peer")
    member(peer_ephemeral, CurvePoint, "peer_ephemeral")
    member(role, Role, "role")
    own_za = fixed(za, _HASH_LEN, "za")
    other_za = fixed(peer_za, _HASH_LEN, "peer_za")
    key = output(number(length, 1, MAX_SHARED_KEY_LEN, "length"))
    initiator, responder = new_digest(), new_digest()
    status = lib.gmpki_sm2_exchange(
        scalar._native,
        key,
        length,
        initiator,
        responder,
        role,
        ephemeral._native,
        own_za,
        peer._native,
        peer_ephemeral._native,
        other_za,
    )
    check(status, what="sm2 key exchange")
    return taken(key, length, secret=True), taken(initiator, _HASH_LEN), taken(responder, _HASH_LEN)


def ecdh(scalar: PrivateScalar, point: CurvePoint) -> bytes:
    """Compute the plain Diffie-Hellman point d * P, 64 bytes (x, y), for protocols that derive keys themselves.

    :param scalar: the own private key.
    :param point: the peer's public key.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidPointError: when the shared point is infinity.
    :standard: GB/T 32918.1-2016 A.3 (point multiplication)
    """
    member(scalar, PrivateScalar, "scalar")
    member(point, CurvePoint, "point")
    out = output(PointFormat.BARE)
    check(lib.gmpki_sm2_ecdh(scalar._native, out, point._native), what="sm2 ecdh")
    return taken(out, PointFormat.BARE, secret=True)
