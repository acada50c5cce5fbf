"""The little DER that SM2 signatures and ciphertexts need (GB/T 35276-2017, 7.2 and 7.3), and ways to get it wrong."""

from __future__ import annotations


def length(size: int) -> bytes:
    """A definite length in its shortest form."""
    if size < 0x80:
        return bytes([size])
    body = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(body)]) + body


def tlv(tag: int, content: bytes) -> bytes:
    """Tag, length, value."""
    return bytes([tag]) + length(len(content)) + content


def integer(value: int) -> bytes:
    """An INTEGER, two's complement, shortest."""
    size = (value + (value < 0)).bit_length() // 8 + 1
    return tlv(0x02, value.to_bytes(size, "big", signed=True))


def octets(data: bytes) -> bytes:
    """An OCTET STRING."""
    return tlv(0x04, data)


def sequence(*parts: bytes) -> bytes:
    """A SEQUENCE."""
    return tlv(0x30, b"".join(parts))


def long_length(encoded: bytes, extra: int = 1) -> bytes:
    """The same element with its length written with ``extra`` bytes more than needed."""
    tag, first = encoded[0], encoded[1]
    head = 2 if first < 0x80 else 2 + (first & 0x7F)
    size = len(encoded) - head
    minimal = 0 if size < 0x80 else (size.bit_length() + 7) // 8
    count = minimal + extra
    return bytes([tag, 0x80 | count]) + size.to_bytes(count, "big") + encoded[head:]


def indefinite(encoded: bytes) -> bytes:
    """The same element, whose length is below 128 or in long form, with indefinite length (BER)."""
    head = 2 if encoded[1] < 0x80 else 2 + (encoded[1] & 0x7F)
    return bytes([encoded[0], 0x80]) + encoded[head:] + b"\0\0"


def signature(r: int, s: int) -> bytes:
    """SM2Signature ::= SEQUENCE { r INTEGER, s INTEGER }."""
    return sequence(integer(r), integer(s))


def ciphertext(x: int, y: int, c3: bytes, c2: bytes) -> bytes:
    """SM2Cipher ::= SEQUENCE { x INTEGER, y INTEGER, hash OCTET STRING, ciphertext OCTET STRING }."""
    return sequence(integer(x), integer(y), octets(c3), octets(c2))
