"""SM4 from OpenSSL through cryptography; modes that OpenSSL lacks are written a second time over its block cipher."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

NAME = "OpenSSL through cryptography"
OVER_BLOCKS = "OpenSSL's block cipher through cryptography, the mode written a second time"


def _run(key: bytes, mode: modes.Mode, data: bytes) -> bytes:
    context = Cipher(algorithms.SM4(key), mode).encryptor()
    return context.update(data) + context.finalize()


def ecb(key: bytes, data: bytes) -> bytes:
    """Encrypt in ECB."""
    return _run(key, modes.ECB(), data)


def cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Encrypt in CBC."""
    return _run(key, modes.CBC(iv), data)


def ctr(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Encrypt in CTR."""
    return _run(key, modes.CTR(iv), data)


def iterate(key: bytes, block: bytes, count: int) -> bytes:
    """Encrypt a block count times over."""
    context = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    buffer = bytearray(31)
    for _ in range(count):
        context.update_into(block, buffer)
        block = bytes(buffer[:16])
    return block


def gcm(key: bytes, nonce: bytes, associated_data: bytes, data: bytes) -> tuple[bytes, bytes]:
    """Encrypt in GCM: ciphertext and the tag of 16 bytes."""
    context = Cipher(algorithms.SM4(key), modes.GCM(nonce)).encryptor()
    context.authenticate_additional_data(associated_data)
    ciphertext = context.update(data) + context.finalize()
    return ciphertext, context.tag


def cmac(key: bytes, data: bytes) -> bytes:
    """CMAC of a message."""
    running = CMAC(algorithms.SM4(key))
    running.update(data)
    return running.finalize()


def _int_xor(a: bytes, b: bytes) -> bytes:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).to_bytes(len(a), "big")


def bc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """BC, where the chain is computed anew for every block from all ciphertext before it."""
    out = b""
    for i in range(0, len(data), 16):
        chain = iv
        for j in range(0, i, 16):
            chain = _int_xor(chain, out[j : j + 16])
        out += ecb(key, _int_xor(data[i : i + 16], chain))
    return out


def ofbnlf(key: bytes, iv: bytes, data: bytes) -> bytes:
    """OFBNLF: the keys are what CBC makes of zeros behind the iv."""
    keys = cbc(key, iv, bytes(len(data)))
    return b"".join(ecb(keys[i : i + 16], data[i : i + 16]) for i in range(0, len(data), 16))


def _reflect(block: bytes) -> int:
    """A block as a polynomial whose lowest power is bit 7 of the first byte."""
    return int(f"{int.from_bytes(block, 'big'):0128b}"[::-1], 2)


def _unreflect(value: int) -> bytes:
    return int(f"{value:0128b}"[::-1], 2).to_bytes(16, "big")


def _reduce(value: int) -> int:
    """Reduce by x^128 + x^7 + x^2 + x + 1."""
    for power in range(value.bit_length() - 1, 127, -1):
        if value >> power & 1:
            value ^= (1 << 128 | 0x87) << (power - 128)
    return value


def _product(a: int, b: int) -> int:
    total = 0
    while b:
        total ^= a * (b & 1)
        a, b = a << 1, b >> 1
    return _reduce(total)


def xts_gb(key: bytes, tweak: bytes, data: bytes) -> bytes:
    """XTS in the order of GB/T 17964, each mask as a power of x times the first."""
    start = _reflect(ecb(key[16:], tweak))
    whole, rest = divmod(len(data), 16)
    masks = [_unreflect(_reduce(start << i)) for i in range(whole + 1)]

    def one(block: bytes, index: int) -> bytes:
        return _int_xor(ecb(key[:16], _int_xor(block, masks[index])), masks[index])

    out = [one(data[16 * i : 16 * i + 16], i) for i in range(whole)]
    if rest:
        last = out.pop()
        out += [one(data[16 * whole :] + last[rest:], whole), last[:rest]]
    return b"".join(out)


def hctr(key: bytes, tweak: bytes, data: bytes) -> bytes:
    """HCTR, its hash as a sum of powers of the hash key rather than by Horner's rule."""
    h = _reflect(key[16:])

    def universal_hash(text: bytes) -> bytes:
        padded = text + bytes(-len(text) % 16) + (8 * len(text)).to_bytes(16, "big")
        total, power = 0, 1
        for i in range(len(padded) - 16, -1, -16):
            power = _product(power, h)
            total ^= _product(_reflect(padded[i : i + 16]), power)
        return _unreflect(total)

    z1 = _int_xor(data[:16], universal_hash(data[16:] + tweak))
    z2 = ecb(key[:16], z1)
    count = -(-(len(data) - 16) // 16)
    counters = b"".join(_int_xor(_int_xor(z1, z2), i.to_bytes(16, "big")) for i in range(1, count + 1))
    stream = ecb(key[:16], counters)[: len(data) - 16]
    rest = _int_xor(data[16:], stream)
    return _int_xor(z2, universal_hash(rest + tweak)) + rest
