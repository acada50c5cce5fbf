"""SM4's S-box as algebra: the field, the affine maps and the matrices that the generators of constants share."""

from __future__ import annotations

import sys
from pathlib import Path

SM4_POLYNOMIAL = 0x1F5  # x^8 + x^7 + x^6 + x^5 + x^4 + x^2 + 1
AES_POLYNOMIAL = 0x11B  # x^8 + x^4 + x^3 + x + 1
SM4_CONSTANT = 0xD3
AES_CONSTANT = 0x63

# GB/T 32907-2016, 6.2: the table of the S-box. Everything else here is checked against it.
SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa44132649860699"
    "9c4250f491ef987a33540b43edcfac62e4b31ca9c908e89580df94fa758f3fa6"
    "4707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89e"
    "eabf8ad240c738b5a3f7f2cef96115a1e0ae5da49b341a55ad933230f58cb1e3"
    "1df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b0"
    "8969974a0c96777e65b9f109c56ec68418f07dec3adc4d2079ee5f3ed7cb3948"
)

Matrix = list[int]  # eight columns: column i is the image of bit i


def field_mul(a: int, b: int, polynomial: int = SM4_POLYNOMIAL) -> int:
    """Multiply two elements of GF(2^8)."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0x100:
            a ^= polynomial
        b >>= 1
    return product


def field_pow(a: int, exponent: int, polynomial: int = SM4_POLYNOMIAL) -> int:
    """Raise an element of GF(2^8) to a power of at least 0."""
    result = 1
    for _ in range(exponent):
        result = field_mul(result, a, polynomial)
    return result


def field_inv(a: int, polynomial: int = SM4_POLYNOMIAL) -> int:
    """Invert an element of GF(2^8); 0 gives 0, as both S-boxes want it."""
    return field_pow(a, 254, polynomial)


def rotate(byte: int, count: int) -> int:
    """Rotate a byte to the left."""
    return (byte << count | byte >> (8 - count)) & 0xFF


def apply(matrix: Matrix, byte: int) -> int:
    """Multiply a matrix by the vector of a byte's bits."""
    result = 0
    for i in range(8):
        if byte >> i & 1:
            result ^= matrix[i]
    return result


def compose(outer: Matrix, inner: Matrix) -> Matrix:
    """Give the matrix that applies inner first, then outer."""
    return [apply(outer, column) for column in inner]


def invert(matrix: Matrix) -> Matrix:
    """Give the inverse of a regular matrix."""
    preimage = {apply(matrix, byte): byte for byte in range(256)}
    return [preimage[1 << i] for i in range(8)]


def add(a: Matrix, b: Matrix) -> Matrix:
    """Give the sum of two matrices."""
    return [x ^ y for x, y in zip(a, b, strict=True)]


def circulant(rotations: tuple[int, ...]) -> Matrix:
    """Give the matrix that adds up the rotations of a byte."""
    columns = []
    for i in range(8):
        column = 0
        for count in rotations:
            column ^= rotate(1 << i, count)
        columns.append(column)
    return columns


IDENTITY: Matrix = [1 << i for i in range(8)]
SM4_AFFINE = circulant((0, 1, 3, 6, 7))  # before and after the inversion
AES_AFFINE = circulant((0, 1, 2, 3, 4))  # FIPS 197, 5.1.1


def shift(count: int) -> Matrix:
    """Give the matrix that shifts a byte to the left, or to the right when count is negative."""
    return [(1 << (i + count + 8) >> 8) & 0xFF for i in range(8)]


SHIFT_LEFT_2 = shift(2)
SHIFT_RIGHT_6 = shift(-6)


def sm4_sbox(byte: int) -> int:
    """Compute S(x) = A(inverse(A(x) + c)) + c."""
    return apply(SM4_AFFINE, field_inv(apply(SM4_AFFINE, byte) ^ SM4_CONSTANT)) ^ SM4_CONSTANT


def isomorphisms() -> list[Matrix]:
    """List the eight field isomorphisms from GF(2^8)/0x1F5 to GF(2^8)/0x11B, each sending x to a root of 0x1F5."""
    found = []
    for root in range(2, 256):
        powers = [field_pow(root, i, AES_POLYNOMIAL) for i in range(9)]
        value = 0
        for i, power in enumerate(powers):
            if SM4_POLYNOMIAL >> i & 1:
                value ^= power
        if value == 0:
            found.append(powers[:8])
    return found


def emit(text: str, target: Path) -> int:
    """Write text to target, or with --check compare the two; give the exit code."""
    if sys.argv[1:] not in ([], ["--check"]):
        print(f"usage: {sys.argv[0]} [--check]", file=sys.stderr)
        return 2
    if not sys.argv[1:]:
        target.write_text(text, encoding="ascii")
        print(f"{target.name}: written")
        return 0
    same = target.exists() and target.read_text(encoding="ascii") == text
    print(f"{target.name}: {'as committed' if same else 'DIFFERS from what the derivation gives'}")
    return 0 if same else 1


assert all(sm4_sbox(byte) == SBOX[byte] for byte in range(256)), "the algebra does not give the table of GB/T 32907"
