"""SM2 on sm2p256v1 (GB/T 32918.1-5) with affine Python integers."""

from __future__ import annotations

from functools import lru_cache

from .sm3 import hmac, kdf, sm3

# GB/T 32918.5-2017, clause 4.
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
DEFAULT_USER_ID = b"1234567812345678"

Point = tuple[int, int]
INFINITY: Point | None = None


def number(value: int) -> bytes:
    """Write a number as 32 bytes."""
    return value.to_bytes(32, "big")


def xy(point: Point) -> bytes:
    """Write a point as x, y."""
    return number(point[0]) + number(point[1])


def on_curve(point: Point) -> bool:
    """Tell whether coordinates are in range and satisfy the curve equation."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (y * y - x * x * x - A * x - B) % P == 0


def lift(x: int, odd: int = 0) -> Point | None:
    """Find the point with this x and this parity of y, if there is one (p = 3 mod 4)."""
    square = (x * x * x + A * x + B) % P
    y = pow(square, (P + 1) // 4, P)
    if x >= P or y * y % P != square:
        return None
    return (x, y if y & 1 == odd else P - y)


def negate(point: Point) -> Point:
    """The point with the other y."""
    return point[0], -point[1] % P


def add(p: Point | None, q: Point | None, a: int = A) -> Point | None:
    """Add two points (GB/T 32918.1-2016, 3.2.3.1). Only a enters the formulas, so points of other curves work too."""
    if p is None or q is None:
        return q if p is None else p
    if p[0] == q[0]:
        if (p[1] + q[1]) % P == 0:
            return None
        slope = (3 * p[0] * p[0] + a) * pow(2 * p[1], -1, P)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


@lru_cache(maxsize=64)
def _doubles(point: Point) -> tuple[Point | None, ...]:
    out: list[Point | None] = [point]
    for _ in range(256):
        out.append(add(out[-1], out[-1]))
    return tuple(out)


def multiply(k: int, point: Point) -> Point | None:
    """k times a point by adding doubles; k is not reduced."""
    total: Point | None = None
    doubles = _doubles(point)
    for i in range(k.bit_length()):
        if k >> i & 1:
            total = add(total, doubles[i])
    return total


def base(k: int) -> Point:
    """k times G, for k that is not a multiple of n."""
    point = multiply(k % N, G)
    assert point is not None
    return point


def za(public: Point, user_id: bytes) -> bytes:
    """ZA of GB/T 32918.2-2016, 5.5."""
    bits = (8 * len(user_id)).to_bytes(2, "big")
    return sm3(bits + user_id + number(A) + number(B) + xy(G) + xy(public))


def digest(public: Point, user_id: bytes, message: bytes) -> int:
    """e of GB/T 32918.2-2016, 6.1 (A1, A2)."""
    return int.from_bytes(sm3(za(public, user_id) + message), "big")


def sign(d: int, e: int, k: int) -> tuple[int, int]:
    """GB/T 32918.2-2016, 6.1 (A4 to A6) with a chosen k; no retry."""
    r = (e + base(k)[0]) % N
    s = pow(1 + d, -1, N) * (k - r * d) % N
    return r, s


def verify(public: Point, e: int, r: int, s: int) -> bool:
    """GB/T 32918.2-2016, 7.1 (B1, B2, B5 to B7)."""
    if not (1 <= r < N and 1 <= s < N):
        return False
    t = (r + s) % N
    if t == 0:
        return False
    point = add(multiply(s, G), multiply(t, public))
    return point is not None and (e + point[0]) % N == r


def rfc6979_nonce(d: int, e: int) -> int:
    """The nonce of RFC 6979, 3.2, with HMAC-SM3 and q = n."""
    seed = number(d) + number(e % N)
    k, v = bytes(32), b"\x01" * 32
    for separator in (b"\x00", b"\x01"):
        k = hmac(k, v + separator + seed)
        v = hmac(k, v)
    while True:
        v = hmac(k, v)
        candidate = int.from_bytes(v, "big")
        if 1 <= candidate < N:
            return candidate
        k = hmac(k, v + b"\x00")
        v = hmac(k, v)


def encrypt(public: Point, message: bytes, k: int) -> tuple[Point, bytes, bytes]:
    """GB/T 32918.4-2016, 6.1: C1, C3, C2 for a chosen k."""
    shared = multiply(k, public)
    assert shared is not None
    c2, c3 = seal(shared, message)
    return base(k), c3, c2


def seal(shared: Point, message: bytes) -> tuple[bytes, bytes]:
    """C2 and C3 under a shared point (x2, y2)."""
    stream = kdf(xy(shared), len(message))
    c2 = bytes(m ^ t for m, t in zip(message, stream, strict=True))
    return c2, sm3(number(shared[0]) + message + number(shared[1]))


def decrypt(d: int, c1: Point, c3: bytes, c2: bytes) -> bytes | None:
    """GB/T 32918.4-2016, 7.1 for a ciphertext already taken apart; None when it does not hold."""
    if not on_curve(c1) or not c2:
        return None
    shared = multiply(d, c1)
    if shared is None:
        return None
    stream = kdf(xy(shared), len(c2))
    if not any(stream):
        return None
    message = bytes(c ^ t for c, t in zip(c2, stream, strict=True))
    return message if sm3(number(shared[0]) + message + number(shared[1])) == c3 else None


def reduced_x(point: Point) -> int:
    """2^127 + (x mod 2^127) of GB/T 32918.3-2016, 6.1 (A4): w = 127."""
    return (1 << 127) | (point[0] & ((1 << 127) - 1))


def exchange(
    d: int,
    ephemeral: int,
    peer: Point,
    peer_ephemeral: Point,
    za_initiator: bytes,
    za_responder: bytes,
    length: int,
    *,
    initiator: bool,
) -> tuple[bytes, bytes, bytes] | None:
    """GB/T 32918.3-2016, 6.1: the key, SA = S2 (initiator's hash) and SB = S1 (responder's hash)."""
    own = base(ephemeral)
    t = (d + reduced_x(own) * ephemeral) % N
    sum_point = add(peer, multiply(reduced_x(peer_ephemeral), peer_ephemeral))
    shared = None if sum_point is None else multiply(t, sum_point)
    if shared is None:
        return None
    first, second = (own, peer_ephemeral) if initiator else (peer_ephemeral, own)
    key = kdf(xy(shared) + za_initiator + za_responder, length)
    inner = sm3(number(shared[0]) + za_initiator + za_responder + xy(first) + xy(second))
    confirm = {tag: sm3(bytes([tag]) + number(shared[1]) + inner) for tag in (2, 3)}
    return key, confirm[3], confirm[2]
