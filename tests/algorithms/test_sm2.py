"""SM2 as a whole: its enumerations, key exchange, wrong types, buffers, threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

from algorithms.sm2_examples import POINT, SIGNATURE, D, E, few, scalars
from gmpki.algorithms import sm2
from gmpki.algorithms._call import lib
from gmpki.algorithms.sm2 import CiphertextFormat, CurvePoint, PointFormat, PrivateScalar, Role
from gmpki.errors import (
    DecodeError,
    InvalidInputError,
    InvalidSignature,
    InvalidTypeError,
)

ALGORITHM = "sm2"
pytestmark = pytest.mark.usefixtures("backend")


def test_enumerations_are_those_of_the_core() -> None:
    for fmt in ("DER", "C1C3C2", "C1C3C2_BARE", "C1C2C3", "C1C2C3_BARE", "C1C3C2_COMPRESSED"):
        assert getattr(lib, f"GMPKI_SM2_{fmt}") == CiphertextFormat[fmt]
    assert (lib.GMPKI_SM2_INITIATOR, lib.GMPKI_SM2_RESPONDER) == (Role.INITIATOR, Role.RESPONDER)
    assert lib.GMPKI_SM2_POINT_COMPRESSED_LEN == PointFormat.COMPRESSED
    assert lib.GMPKI_SM2_POINT_UNCOMPRESSED_LEN == PointFormat.UNCOMPRESSED
    assert lib.GMPKI_SM2_POINT_LEN == PointFormat.BARE
    assert (lib.GMPKI_SM2_MAX_USER_ID_LEN, lib.GMPKI_SM2_MAX_PLAINTEXT_LEN) == (
        sm2.MAX_USER_ID_LEN,
        sm2.MAX_PLAINTEXT_LEN,
    )
    assert CiphertextFormat.AUTO_WITH_C1C2C3 == 63
    assert CiphertextFormat.AUTO == 63 - CiphertextFormat.C1C2C3 - CiphertextFormat.C1C2C3_BARE


def test_both_sides_agree(scalar: PrivateScalar) -> None:
    a, b = scalar, PrivateScalar.generate()
    ra, rb = PrivateScalar.generate(), PrivateScalar.generate()
    za, zb = sm2.za(a.point, b"Alice"), sm2.za(b.point, b"Bob")
    for length in (1, 16, 48, sm2.MAX_SHARED_KEY_LEN):
        initiator = sm2.exchange(a, ra, za, b.point, rb.point, zb, Role.INITIATOR, length)
        responder = sm2.exchange(b, rb, zb, a.point, ra.point, za, Role.RESPONDER, length)
        assert initiator == responder
        key, confirm_initiator, confirm_responder = initiator
        assert len(key) == length
        assert len(confirm_initiator) == len(confirm_responder) == 32
        assert confirm_initiator != confirm_responder
    same_role = sm2.exchange(b, rb, zb, a.point, ra.point, za, Role.INITIATOR, 48)
    other_id = sm2.exchange(b, rb, za, a.point, ra.point, za, Role.RESPONDER, 48)
    assert len({same_role[0], other_id[0], sm2.exchange(a, ra, za, b.point, rb.point, zb, Role.INITIATOR, 48)[0]}) == 3


def test_exchange_refusals(scalar: PrivateScalar) -> None:
    point, za = scalar.point, bytes(32)
    good: list[Any] = [scalar, scalar, za, point, point, za, Role.INITIATOR, 16]
    for index, values in {
        0: [point, None, D],
        1: [point, None, D],
        2: [b"", bytes(31), bytes(33), "z" * 32, None],
        3: [scalar, None, POINT],
        4: [scalar, None, POINT],
        5: [b"", bytes(31), bytes(33), "z" * 32, None],
        6: [0, "INITIATOR", None],
        7: [0, -1, sm2.MAX_SHARED_KEY_LEN + 1, 1 << 80, "16", None],
    }.items():
        for value in values:
            with pytest.raises(InvalidInputError):
                sm2.exchange(*good[:index], value, *good[index + 1 :])


@few
@given(scalars, scalars)
def test_diffie_hellman_points_agree(a: PrivateScalar, b: PrivateScalar) -> None:
    shared = sm2.ecdh(a, b.point)
    assert shared == sm2.ecdh(b, a.point)
    assert CurvePoint.from_bytes(shared).to_bytes(PointFormat.BARE) == shared


def test_keys_of_other_types(scalar: PrivateScalar) -> None:
    for wrong in (D, scalar.point, None, "key"):
        for call in (
            lambda key: sm2.sign(key, b"m"),
            lambda key: sm2.sign_digest(key, bytes(32)),
            lambda key: sm2.decrypt(key, b"c"),
            lambda key: sm2.ecdh(key, scalar.point),
        ):
            with pytest.raises(InvalidTypeError, match="PrivateScalar"):
                call(wrong)
    for wrong in (POINT, scalar, None, "key"):
        for call in (
            sm2.za,
            sm2.MessageDigest,
            lambda point: sm2.digest(point, b"m"),
            lambda point: sm2.verify(point, SIGNATURE, b"m"),
            lambda point: sm2.verify_digest(point, SIGNATURE, bytes(32)),
            lambda point: sm2.encrypt(point, b"m"),
            lambda point: sm2.ecdh(scalar, point),
        ):
            with pytest.raises(InvalidTypeError, match="CurvePoint"):
                call(wrong)


def test_refused_buffers(scalar: PrivateScalar, refuses_non_buffers: Callable[..., None]) -> None:
    point = scalar.point
    for call in (
        PrivateScalar.from_bytes,
        CurvePoint.from_bytes,
        lambda x: sm2.za(point, x),
        lambda x: sm2.digest(point, x),
        sm2.MessageDigest(point).update,
        lambda x: sm2.sign(scalar, x),
        lambda x: sm2.sign(scalar, b"m", x),
        lambda x: sm2.sign_digest(scalar, x),
        lambda x: sm2.verify(point, x, b"m"),
        lambda x: sm2.verify(point, SIGNATURE, x),
        lambda x: sm2.verify(point, SIGNATURE, b"m", x),
        lambda x: sm2.verify_digest(point, x, bytes(32)),
        lambda x: sm2.verify_digest(point, SIGNATURE, x),
        sm2.signature_to_der,
        sm2.signature_from_der,
        sm2.parse_signature,
        lambda x: sm2.encrypt(point, x),
        lambda x: sm2.decrypt(scalar, x),
    ):
        refuses_non_buffers(call)


def test_every_kind_of_buffer(as_buffer: Callable[[bytes], Any]) -> None:
    scalar = PrivateScalar.from_bytes(as_buffer(D))
    point = CurvePoint.from_bytes(as_buffer(POINT))
    assert scalar.point == point
    user_id, message = as_buffer(sm2.DEFAULT_USER_ID), as_buffer(b"message digest")
    assert sm2.digest(point, message, user_id).hex() == E
    sm2.verify(point, as_buffer(SIGNATURE), message, user_id)
    sm2.verify_digest(point, as_buffer(SIGNATURE), as_buffer(bytes.fromhex(E)))
    with pytest.raises(InvalidSignature, match="1234567812345678"):
        sm2.verify(point, as_buffer(SIGNATURE), as_buffer(b"other"), user_id)
    encoded = as_buffer(sm2.signature_to_der(as_buffer(SIGNATURE)))
    assert sm2.signature_from_der(encoded) == sm2.parse_signature(encoded) == SIGNATURE
    assert sm2.parse_signature(as_buffer(SIGNATURE)) == SIGNATURE
    with pytest.raises(DecodeError, match="ff ff"):
        sm2.parse_signature(as_buffer(b"\xff\xff"))
    assert sm2.decrypt(scalar, as_buffer(sm2.encrypt(point, message))) == b"message digest"
    sm2.verify(point, sm2.sign(scalar, message, user_id), message)


def test_threads_share_keys(scalar: PrivateScalar) -> None:
    failures: list[BaseException] = []

    def work(index: int) -> None:
        try:
            for round_number in range(20):
                message = f"{index} {round_number}".encode()
                sm2.verify(scalar.point, sm2.sign(scalar, message), message)
                assert sm2.decrypt(scalar, sm2.encrypt(scalar.point, message)) == message
        except BaseException as error:  # noqa: BLE001 - handed to the test below
            failures.append(error)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
