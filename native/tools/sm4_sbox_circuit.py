#!/usr/bin/env python3
"""Derive SM4's S-box as a circuit of AND, OR, XOR and NOT gates and write src/sm4/sbox_circuit_generated.h.

The inversion in GF(2^8) is taken down to the subfield GF(2^4) (J. Boyar, R. Peralta, "A small depth-16 circuit for the
AES S-box", SEC 2012, for the idea and for the five-AND inversion in GF(2^4)):

    x = a Y^16 + b Y with a, b in GF(2^4) and Y + Y^16 = 1
    norm = Y^17 (a + b)^2 + a b,  d = 1 / norm,  1 / x = (b d) Y^16 + (a d) Y

Products in GF(2^4) are sums of nine bit products of linear forms (Karatsuba, twice). Linear layers are shortened by
taking out the commonest pair first (C. Paar, 1997). Of all bases of GF(2^4) in which the inversion has the cited form
and all Y, the choice below needs the fewest gates. The result is evaluated for all 256 inputs before it is written.
"""

from __future__ import annotations

import itertools
from pathlib import Path

from sm4_field import (
    SBOX,
    SM4_AFFINE,
    SM4_CONSTANT,
    Matrix,
    apply,
    compose,
    emit,
    field_inv,
    field_mul,
    field_pow,
    invert,
)

TARGET = Path(__file__).resolve().parent.parent / "src" / "sm4" / "sbox_circuit_generated.h"

SUBFIELD_BASIS = (0x2A, 0x7B, 0x77, 0x27)  # of GF(2^4) inside GF(2^8)/0x1F5
Y = 0xBE
FORMS = (0b0001, 0b0010, 0b0011, 0b0100, 0b1000, 0b1100, 0b0101, 0b1010, 0b1111)  # of the nine bit products
INVERSE_ORDER = (3, 1, 0, 2)  # which coordinate each output of the cited inversion is

Gate = tuple[str, str, str, str]  # name, operator, operands (the second is empty for ~)


class Circuit:
    """A growing list of gates; signals are named."""

    def __init__(self) -> None:
        self.gates: list[Gate] = []

    def gate(self, operator: str, a: str, b: str = "") -> str:
        """Add a gate and give its name."""
        name = f"t{len(self.gates)}"
        self.gates.append((name, operator, a, b))
        return name

    def linear(self, signals: list[str], targets: list[int]) -> list[str]:
        """Add XOR gates for sums of signals, each target a mask, taking out the commonest pair first."""
        names = list(signals)
        left = list(targets)
        while True:
            counts: dict[tuple[int, int], int] = {}
            for target in left:
                used = [i for i in range(len(names)) if target >> i & 1]
                for pair in itertools.combinations(used, 2):
                    counts[pair] = counts.get(pair, 0) + 1
            if not counts:
                return [names[target.bit_length() - 1] for target in left]
            most = max(counts.values())
            pair = next(p for p, count in counts.items() if count == most)
            mask = 1 << pair[0] | 1 << pair[1]
            left = [(t & ~mask) | 1 << len(names) if t & mask == mask else t for t in left]
            names.append(self.gate("^", names[pair[0]], names[pair[1]]))

    def evaluate(self, inputs: dict[str, int]) -> dict[str, int]:
        """Compute every signal for one-bit inputs."""
        values = dict(inputs)
        for name, operator, a, b in self.gates:
            if operator == "~":
                values[name] = 1 - values[a]
            elif operator == "^":
                values[name] = values[a] ^ values[b]
            elif operator == "&":
                values[name] = values[a] & values[b]
            else:
                values[name] = values[a] | values[b]
        return values


def subfield_element(bits: int) -> int:
    """Give the element of GF(2^4) with these coordinates."""
    result = 0
    for i, element in enumerate(SUBFIELD_BASIS):
        if bits >> i & 1:
            result ^= element
    return result


COORDINATES = {subfield_element(bits): bits for bits in range(16)}


def subfield_product_sums() -> list[int]:
    """For each coordinate of a product in GF(2^4), which of the nine bit products add up to it (found by trial)."""
    sums = [0] * 4
    for k in range(4):
        wanted = {
            (a, b): COORDINATES[field_mul(subfield_element(a), subfield_element(b))] >> k & 1
            for a in (1, 2, 4, 8)
            for b in (1, 2, 4, 8)
        }
        fitting = [
            mask
            for mask in range(512)
            if all(
                sum(mask >> q & 1 and FORMS[q] & a and FORMS[q] & b and 1 for q in range(9)) % 2 == bit
                for (a, b), bit in wanted.items()
            )
        ]
        sums[k] = fitting[0]
    return sums


def invert_subfield(circuit: Circuit, x: list[str]) -> list[str]:
    """Add the inversion in GF(2^4): 5 AND and 11 XOR gates (Boyar and Peralta, section 3)."""

    def xor(a: str, b: str) -> str:
        return circuit.gate("^", a, b)

    def conj(a: str, b: str) -> str:
        return circuit.gate("&", a, b)

    x1, x2, x3, x4 = x
    sum12, and13, sum34 = xor(x1, x2), conj(x1, x3), xor(x3, x4)
    low = xor(x4, and13)
    y1 = xor(conj(sum12, low), x2)
    y2 = xor(conj(xor(x2, and13), sum34), x4)
    last = conj(x4, xor(low, y2))
    y3 = xor(last, xor(x3, y2))
    y4 = xor(sum12, conj(y1, xor(low, last)))
    outputs = [""] * 4
    for name, position in zip((y1, y2, y3, y4), INVERSE_ORDER, strict=True):
        outputs[position] = name
    return outputs


def form_of_inputs(to_coordinates: Matrix, form: int) -> int:
    """Give, as a mask of the eight inputs, a linear form of the eight coordinates."""
    return sum((apply(to_coordinates, 1 << i) & form).bit_count() % 2 << i for i in range(8))


def norm_layer(sums: list[int]) -> tuple[int, list[int]]:
    """Choose which bit products of a b become ORs, so that least remains to be added for Y^17 (a + b)^2.

    x | y = x & y ^ x ^ y, and Y^17 (a + b)^2 is a linear form of a + b: an OR brings two forms of it for nothing.
    Gives the mask of ORs and, for each coordinate, what remains as a form of the eight coordinates.
    """
    nu = field_mul(Y, field_pow(Y, 16))
    linear = [0] * 4
    for i, element in enumerate(SUBFIELD_BASIS):
        image = COORDINATES[field_mul(nu, field_mul(element, element))]
        for k in range(4):
            if image >> k & 1:
                linear[k] ^= 1 << i
    choices = []
    for mask in range(512):
        rest = list(linear)
        for q, k in itertools.product(range(9), range(4)):
            if mask >> q & 1 and sums[k] >> q & 1:
                rest[k] ^= FORMS[q]
        cost = sum(form != 0 for form in rest) + len({form for form in rest if form} - set(FORMS))
        choices.append((cost, mask, rest))
    _, mask, rest = min(choices)
    return mask, [form | form << 4 for form in rest]


def build() -> tuple[Circuit, list[str]]:
    """Build the circuit; gives it and its outputs, lowest bit first."""
    circuit = Circuit()
    basis = [field_mul(field_pow(Y, 16), e) for e in SUBFIELD_BASIS] + [field_mul(Y, e) for e in SUBFIELD_BASIS]
    to_coordinates = compose(invert(basis), SM4_AFFINE)
    sums = subfield_product_sums()

    # A(x) + c = A(x + c'): the constant goes into the inputs.
    complemented = apply(invert(SM4_AFFINE), SM4_CONSTANT)
    inputs = [circuit.gate("~", f"x[{i}]") if complemented >> i & 1 else f"x[{i}]" for i in range(8)]

    or_mask, rest = norm_layer(sums)
    forms = [*FORMS, *(form << 4 for form in FORMS), *(form for form in rest if form)]
    top = circuit.linear(inputs, [form_of_inputs(to_coordinates, form) for form in forms])
    a, b, added = top[:9], top[9:18], iter(top[18:])

    first = [circuit.gate("|" if or_mask >> q & 1 else "&", a[q], b[q]) for q in range(9)]
    partial = circuit.linear(first, sums)
    norm = [circuit.gate("^", partial[k], next(added)) if rest[k] else partial[k] for k in range(4)]
    d = circuit.linear(invert_subfield(circuit, norm), list(FORMS))

    # Coordinates of the inverse: b d for Y^16, a d for Y; then the basis and A in one step.
    products = [circuit.gate("&", d[q], b[q]) for q in range(9)] + [circuit.gate("&", d[q], a[q]) for q in range(9)]
    from_coordinates = compose(SM4_AFFINE, basis)
    targets = [0] * 8
    for half, k in itertools.product(range(2), range(4)):
        for bit in range(8):
            if from_coordinates[4 * half + k] >> bit & 1:
                targets[bit] ^= sums[k] << 9 * half
    outputs = circuit.linear(products, targets)
    return circuit, [circuit.gate("~", s) if SM4_CONSTANT >> i & 1 else s for i, s in enumerate(outputs)]


def prove(circuit: Circuit, outputs: list[str]) -> None:
    """Compare the circuit with the table of GB/T 32907 for all inputs, and the algebra on the way."""
    assert field_pow(Y, 16) ^ Y == 1
    assert all(COORDINATES[field_inv(subfield_element(v))] < 16 for v in range(16))
    for byte in range(256):
        values = circuit.evaluate({f"x[{i}]": byte >> i & 1 for i in range(8)})
        assert sum(values[name] << i for i, name in enumerate(outputs)) == SBOX[byte], byte


def text(circuit: Circuit, outputs: list[str]) -> str:
    """Write the circuit as a C function on bit planes."""
    counts = {op: sum(gate[1] == op for gate in circuit.gates) for op in "&|^~"}
    tally = ", ".join(f"{counts[op]} {name}" for op, name in zip("&|^~", ("AND", "OR", "XOR", "NOT"), strict=True))
    lines = [
        "/*",
        " * Made by tools/sm4_sbox_circuit.py, which derives it and proves it for all 256 inputs; do not edit.",
        f" * The S-box of SM4 (GB/T 32907-2016, 6.2) as a circuit of {tally} gates.",
        " */",
        "#ifndef GMPKI_SRC_SM4_SBOX_CIRCUIT_GENERATED_H",
        "#define GMPKI_SRC_SM4_SBOX_CIRCUIT_GENERATED_H",
        "",
        '#include "sm4/bit_plane.h"',
        "",
        "/* Substitute a plane of bytes at once: bit i of each of them stands in x[i]. CT: constant. */",
        "static inline void sm4_sbox_planes(sm4_plane x[8]) {",
    ]
    for name, operator, first, second in circuit.gates:
        expression = f"~{first}" if operator == "~" else f"{first} {operator} {second}"
        lines.append(f"    const sm4_plane {name} = {expression};")
    lines += [f"    x[{i}] = {name};" for i, name in enumerate(outputs)]
    lines += ["}", "", "#endif /* GMPKI_SRC_SM4_SBOX_CIRCUIT_GENERATED_H */", ""]
    return "\n".join(lines)


def main() -> int:
    """Derive, prove, write or check."""
    circuit, outputs = build()
    prove(circuit, outputs)
    basis = ", ".join(f"{element:#x}" for element in SUBFIELD_BASIS)
    print(f"GF(2^4) basis {basis}, Y = {Y:#x}: {len(circuit.gates)} gates, 256 inputs proven")
    return emit(text(circuit, outputs), TARGET)


if __name__ == "__main__":
    raise SystemExit(main())
