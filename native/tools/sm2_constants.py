"""Make src/sm2/constants_generated.h: the constants of field, scalars and curve, each with its derivation.

Run without arguments to print the derivation and write the file; with --check to recompute and compare.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sm2_curve import MONTGOMERY, A, B, G, N, P, byte_initializer, initializer, on_curve, update

TARGET = Path(__file__).resolve().parent.parent / "src" / "sm2" / "constants_generated.h"

LIMBS = [
    ("FP_MODULUS_LIMBS", P, "p = 2^256 - 2^224 - 2^96 + 2^64 - 1"),
    ("FP_ONE_LIMBS", MONTGOMERY % P, "2^256 mod p"),
    ("FP_RADIX_SQUARED_LIMBS", MONTGOMERY**2 % P, "2^512 mod p"),
    ("FP_CURVE_B_LIMBS", B * MONTGOMERY % P, "b * 2^256 mod p"),
    ("FP_BASE_X_LIMBS", G[0] * MONTGOMERY % P, "xG * 2^256 mod p"),
    ("FP_BASE_Y_LIMBS", G[1] * MONTGOMERY % P, "yG * 2^256 mod p"),
    ("FN_MODULUS_LIMBS", N, "n, the order of G"),
    ("FN_RADIX_SQUARED_LIMBS", MONTGOMERY**2 % N, "2^512 mod n"),
    ("FN_HALF_LIMBS", (N - 1) // 2, "(n - 1) / 2"),
    ("FN_FOLD_LIMBS", MONTGOMERY - (N - 1), "2^256 - (n - 1)"),
    ("FN_MODULUS_MINUS_1_LIMBS", N - 1, "n - 1"),
]
BYTES = [
    ("CURVE_A_BYTES", A, "a = p - 3"),
    ("CURVE_B_BYTES", B, "b"),
    ("CURVE_BASE_X_BYTES", G[0], "xG"),
    ("CURVE_BASE_Y_BYTES", G[1], "yG"),
]


def main() -> int:
    """Print or check the constants."""
    if not on_curve(G):
        raise AssertionError("G is not on the curve")
    negative_inverse = -pow(N, -1, 2**64) % 2**64
    lines = [
        "/* Made by tools/sm2_constants.py from the parameters of GB/T 32918.5-2017; do not edit. */",
        "#ifndef GMPKI_SRC_SM2_CONSTANTS_GENERATED_H",
        "#define GMPKI_SRC_SM2_CONSTANTS_GENERATED_H",
        "",
        "/* clang-format off */",
    ]
    for name, value, derivation in LIMBS:
        lines += [f"/* {derivation} */", f"#define {name} {initializer(value)}"]
    lines += ["/* -n^-1 mod 2^64 */", f"#define FN_NEGATIVE_INVERSE 0x{negative_inverse:016x}u"]
    for name, value, derivation in BYTES:
        lines += [f"/* {derivation} */", f"#define {name} {byte_initializer(value)}"]
    lines += ["/* clang-format on */", "", "#endif /* GMPKI_SRC_SM2_CONSTANTS_GENERATED_H */", ""]
    check = "--check" in sys.argv[1:]
    if not check:
        for name, value, derivation in LIMBS + BYTES:
            print(f"{name} = {derivation} = {value:064x}")
    return update(str(TARGET), "\n".join(lines), check)


if __name__ == "__main__":
    sys.exit(main())
