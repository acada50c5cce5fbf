"""Make src/sm2/batch_ifma_table_generated.h: the multiples of G for eight lanes, arranged for selection in registers.

Row i holds j * 2^(7i) * G for j = 1 .. 64, affine, coordinates times 2^260 modulo p: first word 0 of x of all 64
points, then word 1 and so on, so that a lane finds its own by permuting registers. Run without arguments to write the
file; with --check to recompute and compare.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sm2_curve import N, P, limbs, multiples_of_base, update

TARGET = Path(__file__).resolve().parent.parent / "src" / "sm2" / "batch_ifma_table_generated.h"
RADIX = 2**260
WINDOW_BITS = 7
ROWS = 37
ENTRIES = 2 ** (WINDOW_BITS - 1)


def constants() -> list[str]:
    """Write the numbers that the kernel multiplies or adds, in limbs of 52 bits."""
    numbers = {
        "LANES_ORDER": ("n", N),
        "LANES_ONE": ("2^260 mod p: the element 1", RADIX % P),
        "LANES_TO_FP": ("2^256 mod p: a factor that gives the form of fp.h", 2**256 % P),
        "LANES_FROM_FP": ("2^264 mod p: a factor for what has the form of fp.h", 2**264 % P),
        "LANES_FROM_PLAIN": ("2^520 mod p: a factor for plain numbers", 2**520 % P),
    }
    lines = []
    for name, (meaning, value) in numbers.items():
        parts = ", ".join(f"0x{value >> (52 * i) & (2**52 - 1):013x}" for i in range(5))
        lines += [f"/* {meaning} */", f"#define {name} {{{parts}}}"]
    return lines


def main() -> int:
    """Write or check the table."""
    lines = [
        "/*",
        " * Made by tools/sm2_lanes_table.py; do not edit. Row i: the words, the lowest first, of x and then of y of",
        " * j * 2^(7i) * G for j = 1 .. 64, each word for all j; coordinates times 2^260 mod p.",
        " */",
        "#ifndef GMPKI_SRC_SM2_BATCH_IFMA_TABLE_GENERATED_H",
        "#define GMPKI_SRC_SM2_BATCH_IFMA_TABLE_GENERATED_H",
        "",
        "#include <stdint.h>",
        "",
        "enum { LANES_WINDOW = 7, LANES_ROWS = 37, LANES_ENTRIES = 64, LANES_WORDS = 8 };",
        "",
        "/* clang-format off */",
        *constants(),
        "static const uint64_t lanes_table[LANES_ROWS][LANES_WORDS][LANES_ENTRIES] __attribute__((aligned(64))) = {",
    ]
    for row in multiples_of_base(WINDOW_BITS, ROWS):
        points = [limbs(x * RADIX % P) + limbs(y * RADIX % P) for x, y in row]
        lines.append("    {")
        for word in range(8):
            values = [f"0x{point[word]:016x}" for point in points]
            lines.append("        {")
            lines += ["            " + ", ".join(values[i : i + 4]) + "," for i in range(0, ENTRIES, 4)]
            lines.append("        },")
        lines.append("    },")
    lines += ["};", "/* clang-format on */", "", "#endif /* GMPKI_SRC_SM2_BATCH_IFMA_TABLE_GENERATED_H */", ""]
    return update(str(TARGET), "\n".join(lines), "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
