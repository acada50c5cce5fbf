"""SM2 keys, points, user ids, Diffie-Hellman and the key exchange."""

from __future__ import annotations

import pytest

from gmpki.algorithms import sm2
from gmpki.algorithms.sm2 import CurvePoint, PointFormat, PrivateScalar, Role
from gmpki.errors import InvalidInputError, InvalidPointError
from vector_files import Vector, each


@each("sm2/keys.json", algorithm="sm2")
def test_private_key(vector: Vector) -> None:
    if not vector.valid:
        with pytest.raises(InvalidInputError):
            PrivateScalar.from_bytes(vector.private_key)
        return
    scalar = PrivateScalar.from_bytes(vector.private_key)
    assert scalar.to_bytes() == vector.private_key
    assert scalar.point.to_bytes(PointFormat.UNCOMPRESSED) == vector.public_key
    assert scalar.point.to_bytes(PointFormat.COMPRESSED) == vector.compressed
    assert scalar.point.to_bytes(PointFormat.BARE) == vector.public_key[1:]


@each("sm2/points.json", algorithm="sm2")
def test_point(vector: Vector) -> None:
    if vector.valid:
        assert CurvePoint.from_bytes(vector.encoded).to_bytes() == vector.public_key
    else:
        with pytest.raises(InvalidInputError):
            CurvePoint.from_bytes(vector.encoded)


@each("sm2/user_id.json", algorithm="sm2")
def test_user_id(vector: Vector) -> None:
    point = CurvePoint.from_bytes(vector.public_key)
    if not vector.valid:
        with pytest.raises(InvalidInputError):
            sm2.za(point, vector.user_id)
        return
    assert sm2.za(point, vector.user_id) == vector.za
    assert sm2.digest(point, vector.message, vector.user_id) == vector.digest
    sm2.verify(point, vector.signature, vector.message, vector.user_id)


@each("sm2/ecdh.json", algorithm="sm2")
def test_ecdh(vector: Vector) -> None:
    scalar = PrivateScalar.from_bytes(vector.private_key)
    assert sm2.ecdh(scalar, CurvePoint.from_bytes(vector.public_key)) == vector.shared


@each("sm2/exchange.json", types=("Exchange",), algorithm="sm2")
def test_exchange(vector: Vector) -> None:
    a, ra, b, rb = (
        PrivateScalar.from_bytes(d)
        for d in (
            vector.initiator_key,
            vector.initiator_ephemeral,
            vector.responder_key,
            vector.responder_ephemeral,
        )
    )
    za, zb = sm2.za(a.point, vector.initiator_id), sm2.za(b.point, vector.responder_id)
    expected = vector.shared, vector.confirm_initiator, vector.confirm_responder
    assert sm2.exchange(a, ra, za, b.point, rb.point, zb, Role.INITIATOR, vector.size) == expected
    assert sm2.exchange(b, rb, zb, a.point, ra.point, za, Role.RESPONDER, vector.size) == expected


@each("sm2/exchange.json", types=("ExchangeInfinity",), algorithm="sm2")
def test_exchange_refuses_infinity(vector: Vector) -> None:
    scalar, ephemeral = PrivateScalar.from_bytes(vector.private_key), PrivateScalar.from_bytes(vector.ephemeral)
    peer, peer_ephemeral = CurvePoint.from_bytes(vector.peer), CurvePoint.from_bytes(vector.peer_ephemeral)
    za, peer_za = sm2.za(scalar.point), sm2.za(peer)
    for role in Role:
        with pytest.raises(InvalidPointError):
            sm2.exchange(scalar, ephemeral, za, peer, peer_ephemeral, peer_za, role, 16)
