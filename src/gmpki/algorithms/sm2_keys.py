"""SM2 keys as the C core holds them: checked once when they are made, then passed to every call.

:standard: GB/T 32918.1-2016 (points, key pairs)
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Final

from gmpki.algorithms._call import as_bytes, check, ffi, fixed, lib, output, readable, taken
from gmpki.algorithms._memory import NotCopied, secret_maker
from gmpki.errors import InvalidInputError, InvalidPointError, InvalidScalarError, InvalidTypeError

if TYPE_CHECKING:
    from typing_extensions import Buffer

__all__ = ["SCALAR_LEN", "CurvePoint", "PointFormat", "PrivateScalar"]

SCALAR_LEN: Final = 32

_PUBLIC = ffi.typeof("gmpki_sm2_public_key *")
_ENCODED = ffi.typeof("uint8_t[65]")
new_private = secret_maker("gmpki_sm2_private_key")


class PointFormat(enum.IntEnum):
    """The encodings of a point; each value is the length in bytes."""

    COMPRESSED = 33
    """02 or 03, then x."""
    BARE = 64
    """x, then y."""
    UNCOMPRESSED = 65
    """04, then x, then y."""


_BARE: Final = PointFormat.BARE.value


class CurvePoint(NotCopied):
    """A point that was checked to be on the curve: an SM2 public key. Immutable; any thread may use it.

    Made by :meth:`from_bytes` and :attr:`PrivateScalar.point`.
    """

    __slots__ = ("_bare", "_identity", "_native")

    _bare: bytes
    _native: Any
    _identity: tuple[bytes, bytes] | None
    """The user id that was used last with this point, and ZA of both; :mod:`.sm2_sign` keeps it."""

    def __init__(self) -> None:
        raise InvalidTypeError("a CurvePoint is made by CurvePoint.from_bytes() or taken from PrivateScalar.point")

    @classmethod
    def from_bytes(cls, encoded: Buffer) -> CurvePoint:
        """Decode a point and check that it is on the curve.

        :param encoded: 65 bytes (04, x, y), 64 bytes (x, y) or 33 bytes (02 or 03, x).
        :raises InvalidTypeError: when it is not a buffer; hexadecimal text is decoded by the caller.
        :raises InvalidInputError: when it has another length.
        :raises InvalidPointError: when the first byte is wrong, a coordinate is not below p, or the point is not on the
            curve.
        :standard: GB/T 32918.1-2016 4.2.10
        """
        data = readable(encoded, "encoded")
        native = ffi.new(_PUBLIC)
        status = lib.gmpki_sm2_public_key_load(native, data, len(data))
        if status == lib.GMPKI_ERR_LENGTH:
            raise InvalidInputError(
                "a point is 65 bytes (04, x, y), 64 bytes (x, y) or 33 bytes (02 or 03, x) long, "
                f"not {len(data)}{_hint(data)}"
            )
        if status == lib.GMPKI_ERR_POINT:
            raise InvalidPointError(f"not a point of the SM2 curve: {_reading(data)}")
        check(status, what="sm2 point")
        return cls._over(native)

    @classmethod
    def _over(cls, native: Any) -> CurvePoint:
        point = cls.__new__(cls)
        point._native = native
        point._identity = None
        point._bare = _encoded(native, _BARE)
        return point

    def to_bytes(self, fmt: PointFormat = PointFormat.UNCOMPRESSED) -> bytes:
        """Return the encoded point.

        :param fmt: the form, which also says the length.
        :raises InvalidTypeError: when fmt is not a :class:`PointFormat`.
        """
        if fmt is PointFormat.BARE:
            return self._bare
        if not isinstance(fmt, PointFormat):
            raise InvalidTypeError(f"fmt must be a PointFormat, not {type(fmt).__name__}")
        return _encoded(self._native, fmt)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CurvePoint):
            return NotImplemented
        return self._bare == other._bare

    def __hash__(self) -> int:
        return hash(self._bare)

    def __repr__(self) -> str:
        return f"<CurvePoint {self._bare[:8].hex()}...>"


class PrivateScalar(NotCopied):
    """An SM2 private key d with its point. Immutable; any thread may use it.

    It lives in memory of the C core that is overwritten when the object goes. What Python copies cannot be overwritten:
    the bytes given to :meth:`from_bytes` and those that :meth:`to_bytes` returns.

    Made by :meth:`generate` and :meth:`from_bytes`.
    """

    __slots__ = ("_native", "_point")

    _native: Any
    _point: CurvePoint

    def __init__(self) -> None:
        raise InvalidTypeError("a PrivateScalar is made by PrivateScalar.generate() or PrivateScalar.from_bytes()")

    @classmethod
    def generate(cls, *, checked: bool = True) -> PrivateScalar:
        """Make a new key from the operating system's random source, checked by a signature that it makes and verifies.

        :param checked: whether to make that check, which takes most of the time; a key that lives for one exchange
            does without.
        :raises RandomSourceError: when the source fails.
        :raises FaultDetected: when the check fails.
        :standard: GB/T 32918.1-2016 6.1
        """
        native = new_private()
        make = lib.gmpki_sm2_generate if checked else lib.gmpki_sm2_generate_unchecked
        check(make(native), what="sm2 key generation")
        return cls._over(native)

    @classmethod
    def from_bytes(cls, d: Buffer) -> PrivateScalar:
        """Load a private key and compute its point.

        :param d: 32 bytes, big endian.
        :raises InvalidTypeError: when it is not a buffer.
        :raises InvalidInputError: when it has another length.
        :raises InvalidScalarError: when it is outside [1, n-2].
        :standard: GB/T 32918.1-2016 6.1
        """
        secret = fixed(d, SCALAR_LEN, "d")
        native = new_private()
        status = lib.gmpki_sm2_private_key_load(native, secret)
        if status == lib.GMPKI_ERR_SCALAR:
            raise InvalidScalarError("an SM2 private key must be in [1, n-2]; this one is not")
        check(status, what="sm2 private key")
        return cls._over(native)

    @classmethod
    def _over(cls, native: Any) -> PrivateScalar:
        public = ffi.new(_PUBLIC)
        check(lib.gmpki_sm2_private_key_public(native, public), what="sm2 public key")
        scalar = cls.__new__(cls)
        scalar._native = native
        scalar._point = CurvePoint._over(public)
        return scalar

    def to_bytes(self) -> bytes:
        """Return d as 32 bytes, big endian."""
        out = output(SCALAR_LEN)
        check(lib.gmpki_sm2_private_key_store(self._native, out), what="sm2 private key")
        return taken(out, SCALAR_LEN, secret=True)

    @property
    def point(self) -> CurvePoint:
        """The public key."""
        return self._point

    def __repr__(self) -> str:
        return f"<PrivateScalar of {self._point!r}>"


# Memory for encoded points, each with the view that reads it; as in _call, a call has one alone.
_scratch: list[tuple[Any, Any]] = []


def _encoded(native: Any, length: int) -> bytes:
    try:
        scratch = _scratch.pop()
    except IndexError:
        memory = ffi.new(_ENCODED)
        scratch = memory, ffi.buffer(memory)
    out, view = scratch
    check(lib.gmpki_sm2_public_key_store(native, out, length), what="sm2 point")
    encoded: bytes = view[:length]
    _scratch.append(scratch)
    return encoded


def _reading(data: Any) -> str:
    """Say how an encoded point was read."""
    if len(data) == PointFormat.BARE:
        return "64 bytes, read as x, y"
    return f"{len(data)} bytes beginning with {data[0]:02x}"


def _hint(data: Any) -> str:
    """Say what data of a wrong length looks like, where it looks like something."""
    if len(data) in (66, 128, 130) and as_bytes(data).isalnum():
        return "; these look like hexadecimal digits: decode them first"
    return ""
