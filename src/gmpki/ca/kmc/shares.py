"""A secret in shares: any ``threshold`` of them give it back, fewer say nothing about it.

Shamir's scheme, a polynomial of degree threshold - 1 over GF(2^8) for each byte, with the polynomial of AES,
x^8 + x^4 + x^3 + x + 1. The secret is the value at 0, the share of custodian i the value at i.

>>> from gmpki.ca.kmc.shares import Share, combine, split
>>> shares = split(bytes(range(16)), threshold=2, count=3)
>>> combine(shares[1:]) == bytes(range(16))
True

A share as bytes:

====== ====== ==========================================================================================
offset length what
====== ====== ==========================================================================================
0      4      ``GMPS``
4      1      the version of the format: 1
5      8      the set that it belongs to: random, the same in all shares of one secret
13     1      the threshold
14     1      the count of shares
15     1      the number of this share, 1 to count
16     1      n, the length of the value
17     n      the value
17+n   16     HMAC-SM3 of all before, cut to 16 bytes, under a key that HKDF-Expand derives from the secret: it shows,
              once the secret is there, that this share was part of it
33+n   8      SM3 of all before, cut to 8 bytes: it shows a damaged file before others are fetched
====== ====== ==========================================================================================

The value of a share is only ever multiplied by numbers that everybody may know, those that follow from the numbers of
the shares, by shifts and exclusive ors over all bytes at once: no branch and no address depends on it. How long
Python's own arithmetic takes on long integers is beyond this.

:standard: A. Shamir, How to share a secret, 1979
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from gmpki._inputs import as_bytes, iterated, member, number
from gmpki.algorithms import kdf, sm3
from gmpki.algorithms.rand import random_bytes
from gmpki.errors import DecodeError, DecryptionError, InvalidInputError, UnsupportedAlgorithm
from gmpki.keys import pbes2

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from typing_extensions import Buffer

__all__ = ["MAX_SHARES", "Share", "combine", "split"]

MAX_SHARES: Final = 255
_MAX_SECRET_LEN: Final = 64
_MIN_SECRET_LEN: Final = 16
_MAGIC: Final = b"GMPS"
_VERSION: Final = 1
_SET_LEN: Final = 8
_MAC_LEN: Final = 16
_CHECK_LEN: Final = 8
_HEAD_LEN: Final = 17
_MAC_LABEL: Final = b"gmpki share mac 1"
_MAX_FILE_LEN: Final = 4096


@dataclass(frozen=True, slots=True)
class Share:
    """What one custodian keeps. Immutable.

    :ivar set_id: 8 bytes, the same in all shares of one secret.
    :ivar threshold: how many shares give the secret back.
    :ivar count: how many there are.
    :ivar index: the number of this one, 1 to count.
    :ivar value: as long as the secret. Secret; not shown by ``repr``.
    :ivar mac: 16 bytes that only the secret can verify.
    :raises InvalidTypeError: when a field has the wrong type.
    :raises InvalidInputError: when a number or a length is out of bounds.
    """

    set_id: bytes
    threshold: int
    count: int
    index: int
    value: bytes = field(repr=False)
    mac: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for name, low, high in (("set_id", 8, 8), ("value", _MIN_SECRET_LEN, _MAX_SECRET_LEN), ("mac", 16, 16)):
            data = getattr(self, name)
            member(data, bytes, name)
            if not low <= len(data) <= high:
                raise InvalidInputError(f"{name} of a share has {len(data)} bytes")
        number(self.count, 2, MAX_SHARES, "the count of shares")
        number(self.threshold, 2, self.count, "the threshold")
        number(self.index, 1, self.count, "the number of a share")

    def to_bytes(self) -> bytes:
        """Return the share as bytes, as the module describes them. Secret."""
        content = _authenticated(self) + self.mac
        return content + sm3.digest(content)[:_CHECK_LEN]

    @classmethod
    def from_bytes(cls, data: Buffer) -> Share:
        """Read a share.

        :raises InvalidTypeError: when data is not a buffer.
        :raises DecodeError: when it is malformed or damaged.
        :raises UnsupportedAlgorithm: when it has a version that is not known here.
        """
        raw = as_bytes(data, "a share")
        if raw[:4] != _MAGIC or len(raw) < _HEAD_LEN:
            raise DecodeError("a share begins with GMPS and has at least 17 bytes", offset=0)
        if raw[4] != _VERSION:
            raise UnsupportedAlgorithm(f"a share of version {raw[4]}; version {_VERSION} is read")
        value_end = _HEAD_LEN + raw[16]
        mac_end = value_end + _MAC_LEN
        if len(raw) != mac_end + _CHECK_LEN or not compare_digest(
            sm3.digest(raw[:mac_end])[:_CHECK_LEN], raw[mac_end:]
        ):
            raise DecodeError("the share is damaged: its check value does not fit")
        try:
            return cls(raw[5:13], raw[13], raw[14], raw[15], raw[_HEAD_LEN:value_end], raw[value_end:mac_end])
        except InvalidInputError as error:
            raise DecodeError(str(error)) from None

    # ---- files --------------------------------------------------------------------------
    def to_encrypted(self, password: Buffer, *, iterations: int | None = None) -> bytes:
        """Return the share under its custodian's password: the DER of EncryptedPrivateKeyInfo (PBES2) around it.

        :param iterations: of PBKDF2; None is the default of :mod:`gmpki.keys.pbes2`.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises InvalidInputError: when the password is empty, or iterations outside 1 to 10,000,000.
        :raises RandomSourceError: when the random source fails.
        """
        from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo

        count = pbes2.DEFAULT_ITERATIONS if iterations is None else iterations
        return EncryptedPrivateKeyInfo(*pbes2.encrypt(self.to_bytes(), password, iterations=count)).to_der()

    @classmethod
    def from_encrypted(cls, data: Buffer, password: Buffer, *, max_iterations: int = pbes2.MAX_ITERATIONS) -> Share:
        """Decrypt a share.

        :param data: what :meth:`to_encrypted` returned, at most 4096 bytes.
        :param max_iterations: the most iterations of PBKDF2 that are done.
        :raises InvalidTypeError: when an argument has the wrong type.
        :raises DecodeError: when the file is malformed.
        :raises LimitExceeded: when it is too long, or asks for too many iterations.
        :raises UnsupportedAlgorithm: when it is encrypted with something that is not known here.
        :raises DecryptionError: when the password is wrong, or anything in it was changed.
        """
        from gmpki.asn1.rfc5958 import EncryptedPrivateKeyInfo

        info = EncryptedPrivateKeyInfo.from_der(data, max_size=_MAX_FILE_LEN)
        plain = pbes2.decrypt(info.algorithm, info.encrypted_data, password, max_iterations=max_iterations)
        try:
            return cls.from_bytes(plain)
        except (DecodeError, UnsupportedAlgorithm):
            # A wrong password that happens to give a right padding.
            raise DecryptionError from None


def split(secret: Buffer, *, threshold: int, count: int) -> list[Share]:
    """Divide a secret into shares.

    :param secret: 16 to 64 bytes, uniformly random: a key.
    :param threshold: how many shares give it back, at least 2.
    :param count: how many are made, at most 255.
    :raises InvalidTypeError: when an argument has the wrong type.
    :raises InvalidInputError: when a number or the length is out of bounds.
    :raises RandomSourceError: when the random source fails.
    """
    plain = as_bytes(secret, "the secret")
    if not _MIN_SECRET_LEN <= len(plain) <= _MAX_SECRET_LEN:
        raise InvalidInputError(f"a secret of {_MIN_SECRET_LEN} to {_MAX_SECRET_LEN} bytes is shared, not {len(plain)}")
    number(count, 2, MAX_SHARES, "count")
    number(threshold, 2, count, "threshold")
    length = len(plain)
    coefficients = [_vector(random_bytes(length)) for _ in range(threshold - 1)]
    coefficients.append(_vector(plain))
    set_id = random_bytes(_SET_LEN)
    shares = []
    for index in range(1, count + 1):
        value = 0
        for coefficient in coefficients:  # Horner's rule, from the highest power down
            value = _times(index, value, length) ^ coefficient
        bare = Share(set_id, threshold, count, index, value.to_bytes(length, "big"), bytes(_MAC_LEN))
        shares.append(_with_mac(bare, plain))
    return shares


def combine(shares: Iterable[Share]) -> bytes:
    """Give a secret back.

    :param shares: at least as many as their threshold says, in any order, of one set.
    :raises InvalidTypeError: when one is no Share.
    :raises InvalidInputError: when they are too few, of different sets, or one is there twice.
    :raises DecryptionError: when they do not give the secret: one of them was changed.
    """
    given = iterated(shares, "shares", most=MAX_SHARES + 1)
    for share in given:
        member(share, Share, "a share")
    _check_set(given)
    length = len(given[0].value)
    used = given[: given[0].threshold]
    value = 0
    for share in used:
        value ^= _times(_weight(share.index, used), _vector(share.value), length)
    secret = value.to_bytes(length, "big")
    # Shares beyond the threshold take no part in the value, and are checked all the same.
    if not all(compare_digest(_with_mac(share, secret).mac, share.mac) for share in given):
        raise DecryptionError
    return secret


def _check_set(given: Sequence[Share]) -> None:
    if not given:
        raise InvalidInputError("there is no share")
    first = given[0]
    described = (first.set_id, first.threshold, first.count, len(first.value))
    seen = set()
    for share in given:
        if (share.set_id, share.threshold, share.count, len(share.value)) != described:
            raise InvalidInputError("the shares are not of one set")
        if share.index in seen:
            raise InvalidInputError(f"the share {share.index} is there twice")
        seen.add(share.index)
    if len(given) < first.threshold:
        raise InvalidInputError(f"{len(given)} of the {first.threshold} shares that are needed")


def _with_mac(share: Share, secret: bytes) -> Share:
    key = kdf.hkdf_expand(_mac_secret(secret), _MAC_LABEL, 32)
    mac = sm3.hmac(key, _authenticated(share))[:_MAC_LEN]
    return Share(share.set_id, share.threshold, share.count, share.index, share.value, mac)


def _mac_secret(secret: bytes) -> bytes:
    # HKDF-Expand wants 32 bytes at least; a shorter key goes through the first step (RFC 5869 2.2).
    return kdf.hkdf_extract(b"", secret)


def _authenticated(share: Share) -> bytes:
    numbers = bytes((share.threshold, share.count, share.index, len(share.value)))
    return _MAGIC + bytes((_VERSION,)) + share.set_id + numbers + share.value


# ---- GF(2^8) ------------------------------------------------------------------------------
def _vector(data: bytes) -> int:
    """Return bytes as one long integer, a field element in each of its bytes."""
    return int.from_bytes(data, "big")


def _times(public: int, vector: int, length: int) -> int:
    """Multiply every byte of a secret vector by a number that everybody may know."""
    low_bits = int.from_bytes(b"\x01" * length, "big")
    product = 0
    while public:
        if public & 1:
            product ^= vector
        # Doubled: shifted within each byte, and reduced where a bit was shifted out.
        vector = ((vector & (low_bits * 0x7F)) << 1) ^ (((vector >> 7) & low_bits) * 0x1B)
        public >>= 1
    return product


def _weight(index: int, used: Sequence[Share]) -> int:
    """Return Lagrange's factor at 0: the product of j / (j - i) over the other shares. Nothing in it is secret."""
    above = below = 1
    for share in used:
        if share.index != index:
            above = _times(share.index, above, 1)
            below = _times(share.index ^ index, below, 1)
    # The inverse is the 254th power: the group has 255 elements.
    inverse = 1
    for _ in range(254):
        inverse = _times(below, inverse, 1)
    return _times(above, inverse, 1)
