"""SM2 digests and signatures.

A message is signed through e = SM3(ZA || message), where ZA binds the signer's id and public key. The functions on a
digest take e itself, always 32 bytes, and have names of their own: no function takes a message for e.

:standard: GB/T 32918.2-2016; GB/T 35276-2017 (DER)
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

from gmpki._inputs import member
from gmpki.algorithms import _quick
from gmpki.algorithms._call import (
    as_bytes,
    check,
    failure,
    ffi,
    fixed,
    lib,
    new_digest,
    new_length,
    output,
    readable,
    taken,
)
from gmpki.algorithms._memory import NativeContext
from gmpki.algorithms._sm2_tables import table_of
from gmpki.algorithms.sm2_keys import CurvePoint, PrivateScalar
from gmpki.algorithms.sm3 import SM3
from gmpki.errors import DecodeError, InvalidInputError, InvalidSignature

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = [
    "DEFAULT_USER_ID",
    "DIGEST_LEN",
    "MAX_USER_ID_LEN",
    "SIGNATURE_LEN",
    "MessageDigest",
    "SignatureEncoding",
    "digest",
    "parse_signature",
    "sign",
    "sign_digest",
    "signature_from_der",
    "signature_to_der",
    "verify",
    "verify_digest",
    "za",
]

DEFAULT_USER_ID: Final = b"1234567812345678"
"""The id of a signer where nothing else was agreed (GB/T 35276-2017 clause 10)."""

MAX_USER_ID_LEN: Final = 8191
DIGEST_LEN: Final = 32
SIGNATURE_LEN: Final = 64
_DER_MAX_LEN: Final = 72
_SEQUENCE: Final = 0x30

_DETERMINISTIC: Final[int] = lib.GMPKI_SM2_SIGN_DETERMINISTIC
_VERIFY: Final[int] = lib.GMPKI_SM2_SIGN_VERIFY
_SIGNATURE = ffi.typeof("uint8_t[64]")
_native_sign_digest = lib.gmpki_sm2_sign_digest
_native_verify_with_table = lib.gmpki_sm2_verify_digest_with_table
_native_verify_digest = lib.gmpki_sm2_verify_digest
_quick_hash = _quick.sm3_behind


class SignatureEncoding(enum.Enum):
    """How a signature is written."""

    DER = "der"
    """SEQUENCE { r INTEGER, s INTEGER }, 8 to 72 bytes."""
    RAW = "raw"
    """r, then s: 64 bytes."""


def _user_id(user_id: Buffer) -> Any:
    data = readable(user_id, "user_id")
    if len(data) > MAX_USER_ID_LEN:
        raise InvalidInputError(f"user_id must be at most {MAX_USER_ID_LEN} bytes long, not {len(data)}")
    return data


def known_za(point: CurvePoint, user_id: Buffer) -> bytes:
    """Return :func:`za`, which the point keeps for the user id that was used last."""
    known = point._identity
    if known is None or type(user_id) is not bytes or known[0] != user_id:
        value = za(point, user_id)
        known = (as_bytes(readable(user_id, "user_id")), value)
        point._identity = known  # one store: another thread sees the old or the new
    return known[1]


def za(point: CurvePoint, user_id: Buffer = DEFAULT_USER_ID) -> bytes:
    """Compute ZA, the 32-byte hash that binds a signer's id and public key.

    :param point: the signer's public key.
    :param user_id: the signer's id, 0 to 8191 bytes; empty only where both sides agreed on that.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when user_id is too long.
    :standard: GB/T 32918.2-2016 5.5
    """
    member(point, CurvePoint, "point")
    identity = _user_id(user_id)
    out = new_digest()
    check(lib.gmpki_sm2_za(out, point._native, identity, len(identity)), what="sm2 za")
    return taken(out, DIGEST_LEN)


class MessageDigest(SM3):
    """A running e = SM3(ZA || message), for a message that comes in pieces. Per thread.

    Its ``digest()`` goes to :func:`sign_digest` and :func:`verify_digest`.

    :param point: the signer's public key.
    :param user_id: the signer's id, 0 to 8191 bytes.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when user_id is too long.
    :standard: GB/T 32918.2-2016 6.1 A1 and A2
    """

    __slots__ = ()

    name = "sm2-digest"

    def __init__(self, point: CurvePoint, user_id: Buffer = DEFAULT_USER_ID) -> None:
        member(point, CurvePoint, "point")
        identity = _user_id(user_id)
        memory = self._new()
        check(lib.gmpki_sm2_digest_init(memory, point._native, identity, len(identity)), what="sm2 digest")
        NativeContext.__init__(self, memory)


def digest(point: CurvePoint, message: Buffer, user_id: Buffer = DEFAULT_USER_ID) -> bytes:
    """Compute e = SM3(ZA || message), 32 bytes.

    :param point: the signer's public key.
    :param message: any number of bytes.
    :param user_id: the signer's id, 0 to 8191 bytes.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when user_id is too long.
    :standard: GB/T 32918.2-2016 6.1 A1 and A2
    """
    member(point, CurvePoint, "point")
    quick = _quick_hash(known_za(point, user_id), message)
    if quick is not None:
        return quick
    running = MessageDigest(point, user_id)
    running.update(message)
    return running.digest()


def flags(deterministic: bool, verify: bool) -> int:
    """Return the C core's flags of a signature."""
    return (_DETERMINISTIC if deterministic else 0) | (_VERIFY if verify else 0)


def sign_digest(scalar: PrivateScalar, e: Buffer, *, deterministic: bool = False, verify: bool = False) -> bytes:
    """Sign a digest e that was computed before, and return r, s as 64 bytes.

    :param scalar: the private key.
    :param e: 32 bytes from :func:`digest` or :class:`MessageDigest`; never a message, and not its plain SM3.
    :param deterministic: take the nonce from RFC 6979 with HMAC-SM3; otherwise from the key, e and fresh random bytes.
    :param verify: verify the signature before it is returned.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when e is not 32 bytes long.
    :raises RandomSourceError: when the random source fails.
    :raises FaultDetected: when verify is set and the signature does not hold.
    :standard: GB/T 32918.2-2016 6.1 A3 to A7
    """
    if type(scalar) is not PrivateScalar:
        member(scalar, PrivateScalar, "scalar")
    return _signed(scalar, fixed(e, DIGEST_LEN, "e"), flags(deterministic, verify))


# Buffers for signatures, each with the view that reads it; as in _call, a call has one alone.
_scratch: list[tuple[Any, Any]] = []


def _signed(scalar: PrivateScalar, e: Any, chosen: int) -> bytes:
    try:
        scratch = _scratch.pop()
    except IndexError:
        memory = ffi.new(_SIGNATURE)
        scratch = memory, ffi.buffer(memory)
    out, view = scratch
    status = _native_sign_digest(scalar._native, out, e, chosen)
    signature: bytes = view[:]
    _scratch.append(scratch)
    if status:
        raise failure(status, "sm2 sign")
    return signature


def sign(
    scalar: PrivateScalar,
    message: Buffer,
    user_id: Buffer = DEFAULT_USER_ID,
    *,
    deterministic: bool = False,
    verify: bool = False,
) -> bytes:
    """Sign a message, and return r, s as 64 bytes.

    :param scalar: the private key.
    :param message: any number of bytes.
    :param user_id: the signer's id, 0 to 8191 bytes.
    :param deterministic: take the nonce from RFC 6979 with HMAC-SM3; otherwise from the key, e and fresh random bytes.
    :param verify: verify the signature before it is returned.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when user_id is too long.
    :raises RandomSourceError: when the random source fails.
    :raises FaultDetected: when verify is set and the signature does not hold.
    :standard: GB/T 32918.2-2016 6.1
    """
    if type(scalar) is not PrivateScalar:
        member(scalar, PrivateScalar, "scalar")
    e = _quick_hash(known_za(scalar._point, user_id), message)
    if e is not None:
        return _signed(scalar, e, flags(deterministic, verify))
    data = readable(message, "message")
    identity = _user_id(user_id)
    out = output(SIGNATURE_LEN)
    status = lib.gmpki_sm2_sign(
        scalar._native, out, identity, len(identity), data, len(data), flags(deterministic, verify)
    )
    check(status, what="sm2 sign")
    return taken(out, SIGNATURE_LEN)


def verify_digest(point: CurvePoint, raw64: Buffer, e: Buffer) -> None:
    """Verify a signature of a digest e that was computed before; return nothing when it holds.

    :param point: the signer's public key.
    :param raw64: r, s as 64 bytes; :func:`parse_signature` makes them from either encoding.
    :param e: 32 bytes from :func:`digest` or :class:`MessageDigest`; never a message, and not its plain SM3.
    :raises InvalidSignature: when it does not hold.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when raw64 or e has another length.
    :standard: GB/T 32918.2-2016 7.1 B3 to B7
    """
    if type(point) is not CurvePoint:
        member(point, CurvePoint, "point")
    signature = fixed(raw64, SIGNATURE_LEN, "raw64")
    status = verdict(point, signature, fixed(e, DIGEST_LEN, "e"))
    if status == lib.GMPKI_ERR_SIGNATURE:
        raise InvalidSignature("the SM2 signature does not hold for this digest and public key")
    check(status, what="sm2 verify")


def verify(point: CurvePoint, raw64: Buffer, message: Buffer, user_id: Buffer = DEFAULT_USER_ID) -> None:
    """Verify a signature of a message; return nothing when it holds.

    :param point: the signer's public key.
    :param raw64: r, s as 64 bytes; :func:`parse_signature` makes them from either encoding.
    :param message: any number of bytes.
    :param user_id: the signer's id, 0 to 8191 bytes.
    :raises InvalidSignature: when it does not hold.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when raw64 has another length or user_id is too long.
    :standard: GB/T 32918.2-2016 7.1
    """
    if type(point) is not CurvePoint:
        member(point, CurvePoint, "point")
    signature = fixed(raw64, SIGNATURE_LEN, "raw64")
    status = verdict(point, signature, digest(point, message, user_id))
    if status == lib.GMPKI_ERR_SIGNATURE:
        raise InvalidSignature(
            f"the SM2 signature does not hold for this message of {len(readable(message, 'message'))} bytes, this "
            f"public key and the user id {as_bytes(readable(user_id, 'user_id'))[:32]!r}"
        )
    check(status, what="sm2 verify")


def verdict(point: CurvePoint, signature: Any, e: Any) -> int:
    """Return the C core's status for a signature of 64 bytes and a digest of 32."""
    table = table_of(point)
    status: int = (
        _native_verify_digest(point._native, signature, e)
        if table is None
        else _native_verify_with_table(table, signature, e)
    )
    return status


def signature_to_der(raw64: Buffer) -> bytes:
    """Write a signature as DER.

    :param raw64: r, s as 64 bytes.
    :raises InvalidTypeError: when it is not a buffer.
    :raises InvalidInputError: when it has another length.
    :standard: GB/T 35276-2017 7.3
    """
    quick = _quick.signature_to_der(raw64)
    if quick is not None:
        return quick
    signature = fixed(raw64, SIGNATURE_LEN, "raw64")
    out = output(_DER_MAX_LEN)
    length = new_length()
    check(lib.gmpki_sm2_signature_to_der(out, _DER_MAX_LEN, length, signature), what="sm2 signature")
    return taken(out, length[0])


def signature_from_der(der: Buffer) -> bytes:
    """Read a signature from strict DER, and return r, s as 64 bytes.

    :param der: SEQUENCE { r INTEGER, s INTEGER } with minimal lengths and INTEGERs, positive, of at most 32 bytes each,
        and nothing behind it.
    :raises InvalidTypeError: when it is not a buffer.
    :raises DecodeError: when it is anything else.
    :standard: GB/T 35276-2017 7.3
    """
    data = readable(der, "der")
    raw = _from_der(data)
    if raw is None:
        raise DecodeError(
            "expected an SM2 signature in strict DER (SEQUENCE of two minimal positive INTEGERs of at most 32 bytes, "
            f"nothing behind); came {_description(data)}"
        )
    return raw


def parse_signature(data: Buffer) -> bytes:
    """Read a signature in either encoding, and return r, s as 64 bytes.

    What is strict DER as a whole is DER, also at a length of 64 bytes; any other 64 bytes are r, s.

    :param data: strict DER, or 64 bytes.
    :raises InvalidTypeError: when it is not a buffer.
    :raises DecodeError: when it is neither.
    :standard: GB/T 35276-2017 7.3
    """
    encoded = readable(data, "data")
    raw = _from_der(encoded)
    if raw is not None:
        return raw
    if len(encoded) == SIGNATURE_LEN:
        return as_bytes(encoded)
    raise DecodeError(
        "expected an SM2 signature: strict DER (SEQUENCE of two minimal positive INTEGERs of at most 32 bytes) or 64 "
        f"raw bytes r, s; came {_description(encoded)}; tried both"
    )


def _from_der(data: Any) -> bytes | None:
    """Return r, s of strict DER, or ``None`` for anything else."""
    quick = _quick.signature_from_der(data)
    if quick is not None:
        return quick or None
    out = output(SIGNATURE_LEN)
    status = lib.gmpki_sm2_signature_from_der(out, data, len(data))
    if status in (lib.GMPKI_ERR_ENCODING, lib.GMPKI_ERR_LENGTH):
        return None
    check(status, what="sm2 signature")
    return taken(out, SIGNATURE_LEN)


def _description(data: Any) -> str:
    """Say what came in place of a signature."""
    if len(data) == 0:
        return "no bytes"
    kind = "" if data[0] == _SEQUENCE else ", not a SEQUENCE"
    return f"{len(data)} bytes beginning with {as_bytes(data)[:4].hex(' ')}{kind}"
