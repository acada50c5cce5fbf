"""Make src/sm2/base_table_generated.h: the multiples of G that fixed-base multiplication adds up.

Row i holds j * 2^(7i) * G for j = 1 .. 64, affine, coordinates in Montgomery form: with booth-signed digits of
7 bits, 37 rows cover scalars below 2^258. Each point is one line of 64 bytes. Run without arguments to print the
derivation and write the file; with --check to recompute and compare.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sm2_curve import MONTGOMERY, P, initializer, multiples_of_base, update

TARGET = Path(__file__).resolve().parent.parent / "src" / "sm2" / "base_table_generated.h"
WINDOW_BITS = 7
ROWS = 37
ENTRIES = 2 ** (WINDOW_BITS - 1)


def main() -> int:
    """Print or check the table."""
    lines = [
        "/* Made by tools/sm2_base_table.py; do not edit. Row i, entry j - 1: j * 2^(7i) * G in Montgomery form. */",
        "#ifndef GMPKI_SRC_SM2_BASE_TABLE_GENERATED_H",
        "#define GMPKI_SRC_SM2_BASE_TABLE_GENERATED_H",
        "",
        '#include "sm2/tables.h"',
        "",
        "/* clang-format off */",
        "_Alignas(64) const affine sm2_base_table[BASE_ROWS][BASE_ENTRIES] = {",
    ]
    for row in multiples_of_base(WINDOW_BITS, ROWS):
        lines.append("    {")
        for x, y in row:
            lines.append(f"        {{{{{initializer(x * MONTGOMERY % P)}}},")
            lines.append(f"         {{{initializer(y * MONTGOMERY % P)}}}}},")
        lines.append("    },")
    lines += ["};", "/* clang-format on */", "", "#endif /* GMPKI_SRC_SM2_BASE_TABLE_GENERATED_H */", ""]
    check = "--check" in sys.argv[1:]
    if not check:
        print(f"{ROWS} rows of {ENTRIES} points: entry j of row i is (j + 1) * 2^({WINDOW_BITS}i) * G,")
        print("each coordinate times 2^256 mod p; the next row starts from twice the last point of the row before")
    return update(str(TARGET), "\n".join(lines), check)


if __name__ == "__main__":
    sys.exit(main())
