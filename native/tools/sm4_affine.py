#!/usr/bin/env python3
"""Derive the constants with which AES instructions compute SM4; write src/sm4/{gfni,aesni}_generated.h.

AESENCLAST and GF2P8AFFINEINVQB invert in GF(2^8)/0x11B, SM4 inverts in GF(2^8)/0x1F5. With an isomorphism d from the
second field to the first, and A, c the affine map of SM4's S-box,

    S(x) = A d^-1 inverse(d A x + d c) + c.

The kernels keep every byte y = P x of the state in the form P = d A, so that the first map is gone from the rounds:
with the round key in the form P rk + d c, the sum of words is at once what is to be inverted. L comes along: with
u = s + (s << 2) and v = s + (s >> 6) for the bytes s of a word after the S-box, and t = u + v rotated by one byte,

    L(s) = t + (t <<< 8) + (t <<< 16).

So two affine maps after the inversion, U for u and V for v, and W = U + V where t is not wanted as such, do the S-box
and the rotation by two bits of L; what is left are rotations by bytes. The key schedule has its own linear map, with
rotations by 13 = 8 + 5 and 23 = 16 + 7 bits, which takes four affine maps: K0 .. K3 for what a byte gives to the byte
0 .. 3 places above it. All this is checked for all bytes here.
"""

from __future__ import annotations

from pathlib import Path

from sm4_field import (
    AES_AFFINE,
    AES_CONSTANT,
    AES_POLYNOMIAL,
    IDENTITY,
    SBOX,
    SHIFT_LEFT_2,
    SHIFT_RIGHT_6,
    SM4_AFFINE,
    SM4_CONSTANT,
    Matrix,
    add,
    apply,
    compose,
    emit,
    field_inv,
    invert,
    isomorphisms,
    shift,
)

SOURCES = Path(__file__).resolve().parent.parent / "src" / "sm4"

D = isomorphisms()[0]
P = compose(D, SM4_AFFINE)
P_INVERSE = invert(P)
INPUT_CONSTANT = apply(D, SM4_CONSTANT)
SUBSTITUTE = compose(SM4_AFFINE, invert(D))  # from the inverse to S(x) - c
U = compose(P, compose(add(IDENTITY, SHIFT_LEFT_2), SUBSTITUTE))
V = compose(P, compose(add(IDENTITY, SHIFT_RIGHT_6), SUBSTITUTE))
W = add(U, V)
U_CONSTANT = apply(compose(P, add(IDENTITY, SHIFT_LEFT_2)), SM4_CONSTANT)
V_CONSTANT = apply(compose(P, add(IDENTITY, SHIFT_RIGHT_6)), SM4_CONSTANT)
W_CONSTANT = U_CONSTANT ^ V_CONSTANT
KEY_SHIFTS = (IDENTITY, shift(5), add(shift(-3), shift(7)), shift(-1))  # a byte in b + (b <<< 13) + (b <<< 23)
KEY_MAPS = [compose(P, compose(shifted, SUBSTITUTE)) for shifted in KEY_SHIFTS]
KEY_MAP_CONSTANTS = [apply(compose(P, shifted), SM4_CONSTANT) for shifted in KEY_SHIFTS]


def prove() -> None:
    """Check the identities for all bytes."""
    for x in range(256):
        s = SBOX[x]
        inverse = field_inv(apply(P, x) ^ INPUT_CONSTANT, AES_POLYNOMIAL)
        assert apply(SUBSTITUTE, inverse) ^ SM4_CONSTANT == s
        u = apply(P_INVERSE, apply(U, inverse) ^ U_CONSTANT)
        v = apply(P_INVERSE, apply(V, inverse) ^ V_CONSTANT)
        for position in range(4):
            assert linear_layer(s << 8 * position) == rotations_of_t(u << 8 * position, v << 8 * position)
            word = s << 8 * position
            parts = [apply(P_INVERSE, apply(m, inverse) ^ c) for m, c in zip(KEY_MAPS, KEY_MAP_CONSTANTS, strict=True)]
            moved = 0
            for above, part in enumerate(parts):
                moved ^= rotate_word(part << 8 * position, 8 * above)
            assert word ^ rotate_word(word, 13) ^ rotate_word(word, 23) == moved


def rotate_word(word: int, count: int) -> int:
    """Rotate 32 bits to the left."""
    return (word << count | word >> (32 - count)) & 0xFFFFFFFF


def linear_layer(word: int) -> int:
    """L of GB/T 32907-2016, 6.2."""
    result = word
    for count in (2, 10, 18, 24):
        result ^= rotate_word(word, count)
    return result


def rotations_of_t(u: int, v: int) -> int:
    """Give t + (t <<< 8) + (t <<< 16) for t = u + (v <<< 8)."""
    t = u ^ rotate_word(v, 8)
    return t ^ rotate_word(t, 8) ^ rotate_word(t, 16)


def gfni_matrix(matrix: Matrix) -> str:
    """Give a matrix as GF2P8AFFINEQB takes it: byte 7 - i of the number is the row of bit i."""
    number = 0
    for i in range(8):
        row = sum((matrix[j] >> i & 1) << j for j in range(8))
        number |= row << 8 * (7 - i)
    return f"0x{number:016X}"


def nibble_tables(matrix: Matrix, constant: int) -> tuple[list[int], list[int]]:
    """Give an affine map as two tables, for the low nibble (with the constant) and for the high one."""
    return [apply(matrix, n) ^ constant for n in range(16)], [apply(matrix, n << 4) for n in range(16)]


def header(name: str, what: str, body: list[str]) -> str:
    """Wrap a header file around its body."""
    guard = f"GMPKI_SRC_SM4_{name.upper()}_GENERATED_H"
    lines = [
        f"/* Made by tools/sm4_affine.py, which derives and proves it; do not edit. {what} */",
        f"#ifndef {guard}",
        f"#define {guard}",
        "",
        "#include <stdint.h>",
        "",
        *body,
        "",
        f"#endif /* {guard} */",
        "",
    ]
    return "\n".join(lines)


def gfni_text() -> str:
    """Write the matrices and constants for GF2P8AFFINEQB and GF2P8AFFINEINVQB."""
    matrices = (
        ("GFNI_P", P, 0, "into the form of the state"),
        ("GFNI_KEY", P, INPUT_CONSTANT, "into the form of a round key"),
        ("GFNI_BACK", P_INVERSE, 0, "out of the form of the state"),
        ("GFNI_SUBSTITUTE", SUBSTITUTE, SM4_CONSTANT, "after the inversion: S(x)"),
        ("GFNI_U", U, U_CONSTANT, "after the inversion: P u"),
        ("GFNI_V", V, V_CONSTANT, "after the inversion: P v"),
        ("GFNI_W", W, W_CONSTANT, "after the inversion: P (u + v)"),
        *(
            (
                f"GFNI_K{i}",
                KEY_MAPS[i],
                KEY_MAP_CONSTANTS[i],
                f"after the inversion, in the key schedule: {i} places up",
            )
            for i in range(4)
        ),
    )
    body = []
    for name, matrix, constant, what in matrices:
        body += [f"/* {what[0].upper()}{what[1:]}. */", f"#define {name}_MATRIX {gfni_matrix(matrix)}ULL"]
        body += [f"#define {name}_CONSTANT 0x{constant:02X}"]
    body += ["", *constant_keys()]
    return header("gfni", "Affine maps over GF(2)^8.", body)


def constant_keys() -> list[str]:
    """Write CK (GB/T 32907-2016, 7.3 b) as the kernel for one block wants it: each word four times, rotated."""
    body = ["/* CK in the form of a round key; word j of a row is rotated to the left by j bytes. */"]
    body.append("static const uint8_t gfni_constant_keys[32][16] = {")
    for i in range(32):
        word = [apply(P, 7 * (4 * i + j) & 0xFF) ^ INPUT_CONSTANT for j in range(4)]
        row = ", ".join(f"0x{word[(m + j) % 4]:02X}" for j in range(4) for m in range(4))
        body.append(f"    {{{row}}},")
    return [*body, "};"]


def aesni_text() -> str:
    """Write the nibble tables; those after AESENCLAST undo its own affine map first."""
    undo = invert(AES_AFFINE)
    after = [
        (name, compose(matrix, undo), apply(compose(matrix, undo), AES_CONSTANT) ^ constant, what)
        for name, matrix, constant, what in (
            ("substitute", SUBSTITUTE, SM4_CONSTANT, "after AESENCLAST: S(x)"),
            ("u", U, U_CONSTANT, "after AESENCLAST: P u"),
            ("v", V, V_CONSTANT, "after AESENCLAST: P v"),
            ("w", W, W_CONSTANT, "after AESENCLAST: P (u + v)"),
        )
    ]
    tables = [
        ("state", P, 0, "into the form of the state"),
        ("key", P, INPUT_CONSTANT, "into the form of a round key"),
        ("back", P_INVERSE, 0, "out of the form of the state"),
        *after,
    ]
    body = ["/* Each affine map as a table for the low nibble and one for the high nibble. */"]
    for name, matrix, constant, what in tables:
        body.append(f"/* {what[0].upper()}{what[1:]}. */")
        body.append(f"static const uint8_t aesni_{name}[2][16] = {{")
        for table in nibble_tables(matrix, constant):
            row = ", ".join(f"0x{byte:02X}" for byte in table)
            body += [f"    {{{row}}},"]
        body.append("};")
    return header("aesni", "Affine maps over GF(2)^8.", body)


def main() -> int:
    """Derive, prove, write or check."""
    prove()
    print(f"isomorphism sends x to {D[1]:#04x}; P = {gfni_matrix(P)}; S-box and L proven for all bytes")
    worst = 0
    for name, text in (("gfni", gfni_text()), ("aesni", aesni_text())):
        worst = max(worst, emit(text, SOURCES / f"{name}_generated.h"))
    return worst


if __name__ == "__main__":
    raise SystemExit(main())
