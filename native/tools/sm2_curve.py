"""The curve sm2p256v1 (GB/T 32918.5-2017) on Python integers: the plain model from which the C core's constants come.

Nothing here is fast or constant time; everything follows the definitions.
"""

from __future__ import annotations

P = 2**256 - 2**224 - 2**96 + 2**64 - 1
A = P - 3
B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
N = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
G = (
    0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7,
    0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0,
)
MONTGOMERY = 2**256

Point = tuple[int, int] | None
"""An affine point, None for the point at infinity."""


def on_curve(point: Point) -> bool:
    """Tell whether a point satisfies y^2 = x^3 + ax + b."""
    return point is None or (point[1] ** 2 - point[0] ** 3 - A * point[0] - B) % P == 0


def add(left: Point, right: Point) -> Point:
    """Add two points by the group law of GB/T 32918.1-2016 3.2.3.1."""
    if left is None:
        return right
    if right is None:
        return left
    if left[0] == right[0]:
        if (left[1] + right[1]) % P == 0:
            return None
        slope = (3 * left[0] ** 2 + A) * pow(2 * left[1], -1, P)
    else:
        slope = (right[1] - left[1]) * pow(right[0] - left[0], -1, P)
    x = (slope**2 - left[0] - right[0]) % P
    return x, (slope * (left[0] - x) - left[1]) % P


def multiply(scalar: int, point: Point) -> Point:
    """Multiply a point by double and add."""
    result: Point = None
    for bit in f"{scalar:b}":
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def multiples_of_base(window_bits: int, rows: int) -> list[list[tuple[int, int]]]:
    """Compute the rows of a fixed-base table: j * 2^(window_bits * i) * G for j = 1 .. 2^(window_bits - 1) in row i."""
    table = []
    first: Point = G
    for _ in range(rows):
        row = []
        multiple: Point = None
        for _ in range(2 ** (window_bits - 1)):
            multiple = add(multiple, first)
            if multiple is None or not on_curve(multiple):
                raise AssertionError("a multiple of G below its order is a finite point of the curve")
            row.append(multiple)
        table.append(row)
        first = add(multiple, multiple)
    return table


def limbs(value: int) -> list[int]:
    """Split a number below 2^256 into four 64-bit limbs, the lowest first."""
    return [value >> (64 * i) & (2**64 - 1) for i in range(4)]


def initializer(value: int) -> str:
    """Write a number as the C initialiser of its four limbs."""
    return "{" + ", ".join(f"0x{limb:016x}" for limb in limbs(value)) + "}"


def byte_initializer(value: int) -> str:
    """Write a number as the C initialiser of its 32 bytes, the highest first."""
    return "{" + ", ".join(f"0x{byte:02x}" for byte in value.to_bytes(32, "big")) + "}"


def update(path: str, text: str, check: bool) -> int:
    """Write a generated file, or compare it when check is set; return the exit code."""
    if not check:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return 0
    with open(path, encoding="ascii") as file:
        same = file.read() == text
    print(f"{path}: {'as recomputed' if same else 'differs from what the derivation gives'}")
    return 0 if same else 1
