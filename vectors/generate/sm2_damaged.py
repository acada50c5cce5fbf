"""Encodings of SM2 signatures and ciphertexts that are not their DER, each wrong in one way."""

from __future__ import annotations

from collections.abc import Iterator

from reference import der, sm2
from reference.sm2 import N, P


def damaged_signatures(r: int, s: int) -> Iterator[tuple[str, bytes]]:
    """Encodings of a signature that are not its DER."""
    encoded = der.signature(r, s)
    one, two = der.integer(r), der.integer(s)
    yield "length of the SEQUENCE in long form", der.long_length(encoded)
    yield "length of the SEQUENCE in four bytes", der.long_length(encoded, 4)
    yield "length of r in long form", der.sequence(der.long_length(one), two)
    yield "length of s in long form", der.sequence(one, der.long_length(two))
    yield "length of s in 9 bytes", der.sequence(one, der.long_length(two, 9))
    yield "indefinite length", der.indefinite(encoded)
    for name, left, right in (("r", True, False), ("s", False, True), ("r and s", True, True)):

        def part(value: int, changed: bool, change: bytes) -> bytes:
            return der.tlv(0x02, change + der.integer(value)[2:]) if changed else der.integer(value)

        yield f"zero byte before {name}", der.sequence(part(r, left, b"\0"), part(s, right, b"\0"))
        yield f"32 zero bytes before {name}", der.sequence(part(r, left, bytes(32)), part(s, right, bytes(32)))
        yield f"ff before {name}", der.sequence(part(r, left, b"\xff"), part(s, right, b"\xff"))
        negative = [der.integer(-v) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} negative", der.sequence(*negative)
        modular = [der.integer(v - N) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} less n, negative", der.sequence(*modular)
        above = [der.integer(v + (1 << 256)) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} plus 2^256", der.sequence(*above)
        above = [der.integer(v + N) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} plus n", der.sequence(*above)
        empty = [der.tlv(0x02, b"") if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} without content", der.sequence(*empty)
        huge = [der.integer(v + (1 << 8000)) if changed else der.integer(v) for v, changed in ((r, left), (s, right))]
        yield f"{name} of 1001 bytes", der.sequence(*huge)
    yield "r without the zero byte before its first bit", der.sequence(der.tlv(0x02, sm2.number(r)), two)
    yield "s without the zero byte before its first bit", der.sequence(one, der.tlv(0x02, sm2.number(s)))
    for tag in (0x03, 0x04, 0x0A, 0x22, 0x42, 0x82):
        yield f"tag {tag:02x} for r", der.sequence(bytes([tag]) + one[1:], two)
        yield f"tag {tag:02x} for s", der.sequence(one, bytes([tag]) + two[1:])
    for tag in (0x00, 0x10, 0x31, 0x70, 0xB0, 0x24):
        yield f"tag {tag:02x} for the SEQUENCE", bytes([tag]) + encoded[1:]
    yield "tag in long form", b"\x3f\x10" + encoded[1:]
    yield "byte behind", encoded + b"\0"
    yield "signature twice", encoded + encoded
    yield "NULL behind", encoded + b"\x05\0"
    yield "zero byte inside, behind s", der.sequence(one, two, b"\0")
    yield "NULL inside", der.sequence(one, two, b"\x05\0")
    yield "third INTEGER", der.sequence(one, two, der.integer(1))
    yield "s missing", der.sequence(one)
    yield "empty SEQUENCE", der.sequence()
    yield "nothing", b""
    yield "SEQUENCE in a SEQUENCE", der.sequence(encoded)
    yield "in an OCTET STRING", der.octets(encoded)
    yield "in a BIT STRING", der.tlv(0x03, b"\0" + encoded)
    yield "no SEQUENCE around", one + two
    yield "length one too small", bytes([0x30, encoded[1] - 1]) + encoded[2:]
    yield "length one too large", bytes([0x30, encoded[1] + 1]) + encoded[2:]
    yield "length of 2^31 - 1", b"\x30\x84\x7f\xff\xff\xff" + encoded[2:]
    yield "length of 2^64 - 1", b"\x30\x88" + b"\xff" * 8 + encoded[2:]
    yield "reserved length ff", b"\x30\xff" + encoded[2:]
    yield "length of r reaches behind the end", b"\x30" + encoded[1:3] + b"\x7f" + encoded[4:]
    yield "hexadecimal text", encoded.hex().encode()
    yield "raw form with 04 before", b"\x04" + sm2.number(r) + sm2.number(s)
    yield "raw form in little endian", sm2.number(r)[::-1] + sm2.number(s)[::-1]


def damaged_ciphertexts(c1: sm2.Point, c3: bytes, c2: bytes) -> Iterator[tuple[str, bytes]]:
    """Encodings of a ciphertext that are not its DER."""
    x, y = c1
    encoded = der.ciphertext(x, y, c3, c2)
    pieces = {"x": der.integer(x), "y": der.integer(y), "C3": der.octets(c3), "C2": der.octets(c2)}

    def with_piece(name: str, piece: bytes) -> bytes:
        return der.sequence(*({**pieces, name: piece}.values()))

    yield "length of the SEQUENCE longer than needed", der.long_length(encoded)
    yield "length of the SEQUENCE in 9 bytes", der.long_length(encoded, 8)
    yield "indefinite length", der.indefinite(encoded)
    for name, piece in pieces.items():
        yield f"length of {name} in long form", with_piece(name, der.long_length(piece))
        yield f"{name} missing", der.sequence(*(p for n, p in pieces.items() if n != name))
        yield f"{name} twice", with_piece(name, piece + piece)
        yield f"{name} as BIT STRING", with_piece(name, der.tlv(0x03, b"\0" + piece[2:]))
        yield f"tag of {name} changed", with_piece(name, bytes([piece[0] ^ 0x06]) + piece[1:])
        yield f"tag of {name} constructed", with_piece(name, bytes([piece[0] | 0x20]) + piece[1:])
        yield f"{name} empty", with_piece(name, der.tlv(piece[0], b""))
        yield f"NULL behind {name}", with_piece(name, piece + b"\x05\0")
    for name, value in (("x", x), ("y", y)):
        yield f"zero byte before {name}", with_piece(name, der.tlv(0x02, b"\0" + pieces[name][2:]))
        yield f"32 zero bytes before {name}", with_piece(name, der.tlv(0x02, bytes(32) + pieces[name][2:]))
        yield f"{name} without the zero byte before its first bit", with_piece(name, der.tlv(0x02, sm2.number(value)))
        yield f"{name} negative", with_piece(name, der.integer(-value))
        yield f"{name} less p, negative", with_piece(name, der.integer(value - P))
        yield f"{name} plus p", with_piece(name, der.integer(value + P))
        yield f"{name} plus 2^256", with_piece(name, der.integer(value + (1 << 256)))
        yield f"{name} of 1001 bytes", with_piece(name, der.integer(value + (1 << 8000)))
    for size in (1, 16, 31):
        yield f"C3 of {size} bytes", with_piece("C3", der.octets(c3[:size]))
    for more in (1, 16, 32):
        yield f"C3 of {32 + more} bytes", with_piece("C3", der.octets(c3 + bytes(more)))
        yield f"C3 of {32 + more} bytes, zeros before", with_piece("C3", der.octets(bytes(more) + c3))
    yield "C3 and C2 swapped", der.sequence(pieces["x"], pieces["y"], pieces["C2"], pieces["C3"])
    yield "x and y swapped", der.sequence(pieces["y"], pieces["x"], pieces["C3"], pieces["C2"])
    yield "C1 as one OCTET STRING", der.sequence(der.octets(b"\x04" + sm2.xy(c1)), pieces["C3"], pieces["C2"])
    yield "C2 in two pieces (BER)", with_piece("C2", der.tlv(0x24, der.octets(c2[:7]) + der.octets(c2[7:])))
    yield "byte behind", encoded + b"\0"
    yield "ciphertext twice", encoded + encoded
    yield "end of contents behind", encoded + b"\0\0"
    yield "tag of a SET", b"\x31" + encoded[1:]
    yield "no SEQUENCE around", b"".join(pieces.values())
    yield "SEQUENCE in a SEQUENCE", der.sequence(encoded)
    yield "in an OCTET STRING", der.octets(encoded)
    yield "empty SEQUENCE", der.sequence()
    yield "length of 2^32 - 1", b"\x30\x84" + b"\xff" * 4 + b"".join(pieces.values())
    yield "length of 2^64 - 1", b"\x30\x88" + b"\xff" * 8 + b"".join(pieces.values())
    yield "length of C2 reaches behind the end", encoded[: -len(pieces["C2"])] + b"\x04\x7f" + c2
    yield "length of C2 of 2^64 - 1", encoded[: -len(pieces["C2"])] + b"\x04\x88" + b"\xff" * 8 + c2
    yield "C1C2C3 behind a SEQUENCE tag", b"\x30\x04" + sm2.xy(c1) + c2 + c3
