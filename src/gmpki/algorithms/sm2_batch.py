"""Many SM2 operations at once: signatures, verifications, keys.

Where the processor has lanes for it, one of many takes a fraction of the time of one alone; elsewhere it takes the
same. Items come from any iterable and are worked on in parts, so that an iterator of millions needs little memory
beside its results.

:standard: GB/T 32918.2-2016; GB/T 32918.1-2016 6.1
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from gmpki._inputs import member, number
from gmpki.algorithms import _quick, backends
from gmpki.algorithms._batch import parts
from gmpki.algorithms._call import as_bytes, check, failure, ffi, fixed, lib, output, readable, taken
from gmpki.algorithms.sm2_keys import CurvePoint, PrivateScalar, new_private
from gmpki.algorithms.sm2_sign import (
    DEFAULT_USER_ID,
    DIGEST_LEN,
    SIGNATURE_LEN,
    digest,
    flags,
    known_za,
    verdict,
)
from gmpki.errors import InvalidSignature, InvalidTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from typing_extensions import Buffer

__all__ = ["generate_batch", "sign_batch", "sign_digest_batch", "verify_batch", "verify_digest_batch"]

T = TypeVar("T")

_PART: Final = 256
_PRIVATE_KEYS = ffi.typeof("gmpki_sm2_private_key *[]")
_PUBLIC_KEYS = ffi.typeof("gmpki_sm2_public_key *[]")
_STATUSES = ffi.typeof("int[]")
_KEY_LEN: Final = ffi.sizeof("gmpki_sm2_private_key")
_WITH_LANES: Final = ("ifma",)
_MANY: Final = 4


def generate_batch(count: int, *, checked: bool = True) -> list[PrivateScalar]:
    """Make many new keys, as :meth:`~gmpki.algorithms.sm2_keys.PrivateScalar.generate` makes one.

    :param count: how many, 0 to 2^20.
    :param checked: make and verify a signature with each; not needed for keys that live for one exchange.
    :raises InvalidTypeError: when count is not an ``int``.
    :raises InvalidInputError: when it is outside.
    :raises RandomSourceError: when the random source fails.
    :raises FaultDetected: when a check fails.
    :standard: GB/T 32918.1-2016 6.1
    """
    number(count, 0, 1 << 20, "count")
    unchecked = 0 if checked else lib.GMPKI_SM2_GENERATE_UNCHECKED
    scalars: list[PrivateScalar] = []
    memory = ffi.gc(ffi.new("gmpki_sm2_private_key[]", _PART), _cleansed)
    while len(scalars) < count:
        some = min(_PART, count - len(scalars))
        check(lib.gmpki_sm2_generate_batch(memory, some, unchecked), what="sm2 key generation")
        for i in range(some):
            native = new_private()
            ffi.memmove(native, memory + i, _KEY_LEN)
            scalars.append(PrivateScalar._over(native))
    return scalars


def _cleansed(memory: Any) -> None:
    lib.gmpki_cleanse(memory, _PART * _KEY_LEN)


def sign_batch(
    items: Iterable[tuple[PrivateScalar, Buffer]],
    user_id: Buffer = DEFAULT_USER_ID,
    *,
    deterministic: bool = False,
    verify: bool = False,
) -> list[bytes]:
    """Sign many messages, and return r, s as 64 bytes for each.

    :param items: pairs of a private key and a message; the keys may be one or many.
    :param user_id: the signers' id, 0 to 8191 bytes.
    :param deterministic: take the nonces from RFC 6979 with HMAC-SM3; otherwise from key, e and fresh random bytes.
    :param verify: verify each signature before it is returned.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when user_id is too long.
    :raises RandomSourceError: when the random source fails.
    :raises FaultDetected: when verify is set and a signature does not hold; none is returned then.
    :standard: GB/T 32918.2-2016 6.1
    """
    signatures: list[bytes] = []
    for part in parts(items, "items", _PART):
        split = [_split(item, 2) for item in part]
        scalars = _members([one for one, _ in split], PrivateScalar)
        points = [scalar.point for scalar in scalars]
        hashed = _digests(points, [message for _, message in split], user_id)
        signatures += _signed(scalars, hashed, flags(deterministic, verify))
    return signatures


def sign_digest_batch(
    items: Iterable[tuple[PrivateScalar, Buffer]], *, deterministic: bool = False, verify: bool = False
) -> list[bytes]:
    """Sign many digests e that were computed before, and return r, s as 64 bytes for each.

    :param items: pairs of a private key and the 32 bytes of e, as :func:`~gmpki.algorithms.sm2_sign.digest` returns.
    :param deterministic: take the nonces from RFC 6979 with HMAC-SM3; otherwise from key, e and fresh random bytes.
    :param verify: verify each signature before it is returned.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when an e is not 32 bytes long.
    :raises RandomSourceError: when the random source fails.
    :raises FaultDetected: when verify is set and a signature does not hold; none is returned then.
    :standard: GB/T 32918.2-2016 6.1 A3 to A7
    """
    signatures: list[bytes] = []
    for part in parts(items, "items", _PART):
        split = [_split(item, 2) for item in part]
        scalars = _members([one for one, _ in split], PrivateScalar)
        hashed = [
            as_bytes(fixed(e, DIGEST_LEN, f"e of items[{len(signatures) + i}]")) for i, (_, e) in enumerate(split)
        ]
        signatures += _signed(scalars, hashed, flags(deterministic, verify))
    return signatures


def verify_batch(
    items: Iterable[tuple[CurvePoint, Buffer, Buffer]], user_id: Buffer = DEFAULT_USER_ID
) -> list[InvalidSignature | None]:
    """Verify signatures of many messages, and return a result for each: ``None`` where it holds, the error where not.

    A signature that does not hold, or is not 64 bytes long, is a result and raises nothing: look at every one of them.

    :param items: a public key, r and s as 64 bytes, and the message, for each; the keys may be one or many.
    :param user_id: the signers' id, 0 to 8191 bytes.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when user_id is too long.
    :standard: GB/T 32918.2-2016 7.1
    """
    results: list[InvalidSignature | None] = []
    for part in parts(items, "items", _PART):
        split = [_split(item, 3) for item in part]
        points = _members([point for point, _, _ in split], CurvePoint)
        hashed = _digests(points, [message for _, _, message in split], user_id)
        results += _verified(points, [raw64 for _, raw64, _ in split], hashed)
    return results


def verify_digest_batch(items: Iterable[tuple[CurvePoint, Buffer, Buffer]]) -> list[InvalidSignature | None]:
    """Verify signatures of many digests e, and return a result for each: ``None`` where it holds, the error where not.

    A signature that does not hold, or is not 64 bytes long, is a result and raises nothing: look at every one of them.

    :param items: a public key, r and s as 64 bytes, and the 32 bytes of e, for each; the keys may be one or many.
    :raises InvalidTypeError: when an input has the wrong type.
    :raises InvalidInputError: when an e is not 32 bytes long.
    :standard: GB/T 32918.2-2016 7.1 B3 to B7
    """
    results: list[InvalidSignature | None] = []
    for part in parts(items, "items", _PART):
        split = [_split(item, 3) for item in part]
        points = _members([point for point, _, _ in split], CurvePoint)
        hashed = [
            as_bytes(fixed(e, DIGEST_LEN, f"e of items[{len(results) + i}]")) for i, (_, _, e) in enumerate(split)
        ]
        results += _verified(points, [raw64 for _, raw64, _ in split], hashed)
    return results


def _split(item: Any, length: int) -> Any:
    """Return an item, which is a tuple of that length."""
    if type(item) is not tuple or len(item) != length:
        raise InvalidTypeError(f"an item must be a tuple of {length}, not {type(item).__name__}")
    return item


def _members(keys: list[T], kind: type[T]) -> list[T]:
    for key in keys:
        if type(key) is not kind:
            member(key, kind, "the key of an item")
    return keys


def _digests(points: Sequence[CurvePoint], messages: Sequence[Buffer], user_id: Buffer) -> list[bytes]:
    """Return e of each message; those of one key are hashed together."""
    for message in messages:
        if type(message) is not bytes:
            readable(message, "the message of an item")
    places: dict[CurvePoint, list[int]] = {}
    for i, point in enumerate(points):
        places.setdefault(point, []).append(i)
    hashed = [b""] * len(points)
    for point, wanted in places.items():
        some = tuple(messages[i] for i in wanted)
        es = _quick.sm3_batch(some, known_za(point, user_id)) if len(some) > 1 else None
        if es is None:
            es = [digest(point, message, user_id) for message in some]
        for i, e in zip(wanted, es, strict=True):
            hashed[i] = e
    return hashed


def _signed(scalars: Sequence[PrivateScalar], hashed: Sequence[bytes], chosen: int) -> list[bytes]:
    keys = ffi.new(_PRIVATE_KEYS, [scalar._native for scalar in scalars])
    total = SIGNATURE_LEN * len(scalars)
    out = output(total)
    status = lib.gmpki_sm2_sign_batch(keys, out, b"".join(hashed), len(scalars), chosen)
    check(status, what="sm2 sign batch")
    signatures = taken(out, total)
    return [signatures[start : start + SIGNATURE_LEN] for start in range(0, total, SIGNATURE_LEN)]


def _verified(
    points: Sequence[CurvePoint], signatures: Sequence[Buffer], hashed: Sequence[bytes]
) -> list[InvalidSignature | None]:
    results: list[InvalidSignature | None] = [None] * len(points)
    right, raw = [], []
    for i, raw64 in enumerate(signatures):
        signature = readable(raw64, "the signature of an item")
        if len(signature) == SIGNATURE_LEN:
            right.append(i)
            raw.append(as_bytes(signature))
        else:
            results[i] = InvalidSignature(f"an SM2 signature is {SIGNATURE_LEN} bytes long here, not {len(signature)}")
    for i, status in zip(right, _statuses([points[i] for i in right], raw, [hashed[i] for i in right]), strict=True):
        if status == lib.GMPKI_ERR_SIGNATURE:
            results[i] = InvalidSignature("the SM2 signature does not hold for this item's digest and public key")
        elif status:
            raise failure(status, "sm2 verify batch")
    return results


def _statuses(points: Sequence[CurvePoint], signatures: Sequence[bytes], hashed: Sequence[bytes]) -> Sequence[int]:
    """Return the C core's verdict on each. One after the other without lanes and for a few: keys have tables."""
    if len(points) < _MANY or backends.active("sm2") not in _WITH_LANES:
        return [verdict(point, raw, e) for point, raw, e in zip(points, signatures, hashed, strict=True)]
    keys = ffi.new(_PUBLIC_KEYS, [point._native for point in points])
    statuses = ffi.new(_STATUSES, len(points))
    status = lib.gmpki_sm2_verify_batch(keys, statuses, b"".join(signatures), b"".join(hashed), len(points))
    if status not in (0, lib.GMPKI_ERR_SIGNATURE):
        raise failure(status, "sm2 verify batch")
    found: list[int] = ffi.unpack(statuses, len(points)) if points else []
    return found
