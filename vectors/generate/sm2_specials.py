"""Scalars and points of SM2 that are chosen for a reason: where implementations go wrong."""

from __future__ import annotations

from itertools import count

from reference import sm2
from reference.sm2 import N, P
from vectorfile import draw_number


def compressed(point: sm2.Point) -> bytes:
    """02 or 03, then x."""
    return bytes([2 + (point[1] & 1)]) + sm2.number(point[0])


def with_leading_zeros(label: str, coordinate: int, zeros: int = 1) -> int:
    """Find a private key whose public key has leading zero bytes in x (0) or in y (1)."""
    start = draw_number(label, N - (1 << 32))
    point = sm2.base(start)
    for offset in count(1):
        if point[coordinate] >> (256 - 8 * zeros) == 0:
            return start + offset - 1
        step = sm2.add(point, sm2.G)
        assert step is not None
        point = step
    raise AssertionError


def edge_scalars() -> dict[str, int]:
    """Private keys at the edges of the range and of what windowed and recoded multiplication sees."""
    scalars = {str(d): d for d in range(1, 65)}
    scalars |= {f"n-{gap}": N - gap for gap in range(2, 34)}
    for i in range(6, 256):
        scalars[f"2^{i}"] = 1 << i
        if i % 4 == 0:
            scalars[f"2^{i}-1"] = (1 << i) - 1
            scalars[f"n-2^{i}"] = (N - (1 << i)) % N
            scalars[f"2^{i} above a run of ones"] = ((1 << 256) - (1 << i)) % N
    for digit in range(1, 16):
        scalars[f"every nibble {digit:x}"] = int(f"{digit:x}" * 64, 16) % N
    for name, pattern in (
        ("ones between zero bytes", "00ff"),
        ("one nibble in eight", "00000001"),
        ("zero nibble in two", "0f"),
        ("alternating words", "00000000ffffffff"),
    ):
        scalars[name] = int(pattern * (64 // len(pattern)), 16)
    for name, value in (("(n-1)/2", (N - 1) // 2), ("(n+1)/2", (N + 1) // 2), ("p-n", P - N), ("2^256-n", 2**256 - N)):
        scalars[name] = value
    for zeros in (1, 2):
        scalars[f"x with {zeros} leading zero bytes"] = with_leading_zeros(f"x zeros {zeros}", 0, zeros)
        scalars[f"y with {zeros} leading zero bytes"] = with_leading_zeros(f"y zeros {zeros}", 1, zeros)
    for zeros in (1, 2, 8, 31):
        scalars[f"d with {zeros} leading zero bytes"] = draw_number(f"d zeros {zeros}", 1 << (256 - 8 * zeros))
    scalars |= {f"drawn {i}": draw_number(f"key {i}", N - 1) for i in range(20)}
    return scalars


def small_y_point() -> sm2.Point:
    """The point with the smallest y: a root of x^3 + ax + b - y^2 mod p, found as gcd with x^p - x."""
    for y in count(1):
        cubic = [(sm2.B - y * y) % P, sm2.A % P, 0, 1]
        root = _root_of_cubic(cubic)
        if root is not None:
            return root, y
    raise AssertionError


def _reduce_polynomial(poly: list[int], modulus: list[int]) -> list[int]:
    poly = [c % P for c in poly]
    while len(poly) >= len(modulus):
        factor = poly[-1] * pow(modulus[-1], -1, P) % P
        shift = len(poly) - len(modulus)
        for i, c in enumerate(modulus):
            poly[shift + i] = (poly[shift + i] - factor * c) % P
        poly.pop()
    while poly and poly[-1] == 0:
        poly.pop()
    return poly


def _power_of_x(exponent: int, modulus: list[int]) -> list[int]:
    result, square = [1], [0, 1]
    while exponent:
        if exponent & 1:
            result = _reduce_polynomial(_times(result, square), modulus)
        square = _reduce_polynomial(_times(square, square), modulus)
        exponent >>= 1
    return result


def _times(a: list[int], b: list[int]) -> list[int]:
    out = [0] * (len(a) + len(b) - 1)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            out[i + j] += x * y
    return out


def _root_of_cubic(cubic: list[int]) -> int | None:
    """The root when the cubic has exactly one; None otherwise."""
    frobenius = _power_of_x(P, cubic)
    frobenius += [0] * (2 - len(frobenius))
    frobenius[1] -= 1
    a, b = cubic, _reduce_polynomial(frobenius, cubic)
    while b:
        a, b = b, _reduce_polynomial(a, b)
    return -a[0] * pow(a[1], -1, P) % P if len(a) == 2 else None


def off_curve_points() -> dict[str, sm2.Point]:
    """Pairs of coordinates below p that satisfy no curve equation."""
    good = sm2.base(draw_number("off curve", N))
    points = {
        "x = 0, y = 0": (0, 0),
        "x = 0, y = 1": (0, 1),
        "x = 1, y = 0": (1, 0),
        "x = 5, y = 7": (5, 7),
        "G with y + 1": (sm2.G[0], sm2.G[1] + 1),
        "G with x + 1": (sm2.G[0] + 1, sm2.G[1]),
        "G with coordinates swapped": (sm2.G[1], sm2.G[0]),
        "y = 0": (good[0], 0),
        "y = x": (good[0], good[0]),
        "x = p - 1, y = p - 1": (P - 1, P - 1),
    }
    for bit in (0, 1, 31, 32, 63, 64, 128, 192, 200, 223):
        points[f"bit {bit} of y flipped"] = (good[0], good[1] ^ 1 << bit)
    return points


def out_of_range_points() -> dict[str, bytes]:
    """Points whose coordinates stand for a good point once reduced mod p: x, y as 64 bytes."""
    small_x = next(point for x in count() if (point := sm2.lift(x)) is not None)
    small_y = small_y_point()
    return {
        "x + p": sm2.number(small_x[0] + P) + sm2.number(small_x[1]),
        "x + p, other y": sm2.number(small_x[0] + P) + sm2.number(P - small_x[1]),
        "y + p": sm2.number(small_y[0]) + sm2.number(small_y[1] + P),
        "x = p, y = p": sm2.number(P) * 2,
        "x = 2^256 - 1": b"\xff" * 32 + sm2.number(small_x[1]),
        "y = 2^256 - 1": sm2.number(small_x[0]) + b"\xff" * 32,
    }
