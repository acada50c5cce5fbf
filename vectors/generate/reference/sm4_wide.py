"""SM4 modes over whole messages: XTS, HCTR, GCM, CCM, CMAC, CBC-MAC, by the book."""

from __future__ import annotations

from .sm4 import BLOCK_LEN, SM4, blocks, cbc, ctr, xor

_GHASH_POLYNOMIAL = 0xE1 << 120


def _double_ieee(tweak: bytes) -> bytes:
    """Multiply by x where the first byte holds the lowest powers and bit 0 the lowest of them (IEEE 1619-2018, 5.2)."""
    value = int.from_bytes(tweak, "little") << 1
    if value >> 128:
        value ^= 1 << 128 | 0x87
    return value.to_bytes(BLOCK_LEN, "little")


def _double_gb(tweak: bytes) -> bytes:
    """Multiply by x where bit 7 of the first byte is the lowest power (GB/T 17964-2021, clause 10)."""
    value = int.from_bytes(tweak, "big")
    value = value >> 1 ^ (_GHASH_POLYNOMIAL if value & 1 else 0)
    return value.to_bytes(BLOCK_LEN, "big")


def xts(key: bytes, tweak: bytes, data: bytes, *, gb: bool) -> bytes:
    """Encrypt one data unit in XTS, with ciphertext stealing for a last block that is short."""
    double = _double_gb if gb else _double_ieee
    cipher, mask = SM4(key[:16]), SM4(key[16:]).encrypt(tweak)
    parts = blocks(data)
    out = []
    for block in parts:
        if len(block) == BLOCK_LEN:
            out.append(xor(cipher.encrypt(xor(block, mask)), mask))
        else:
            stolen = out.pop()
            filled = block + stolen[len(block) :]
            out += [xor(cipher.encrypt(xor(filled, mask)), mask), stolen[: len(block)]]
        mask = double(mask)
    return b"".join(out)


def gf_multiply(x: int, y: int) -> int:
    """Multiply in GF(2^128) with the bit order of GCM (NIST SP 800-38D, 6.3)."""
    product = 0
    for i in range(127, -1, -1):
        if y >> i & 1:
            product ^= x
        x = x >> 1 ^ (_GHASH_POLYNOMIAL if x & 1 else 0)
    return product


def polynomial_hash(key: bytes, data: bytes) -> bytes:
    """Horner's rule over blocks; a short last block is filled with zeros."""
    h = int.from_bytes(key, "big")
    y = 0
    for block in blocks(data):
        y = gf_multiply(y ^ int.from_bytes(block.ljust(BLOCK_LEN, b"\0"), "big"), h)
    return y.to_bytes(BLOCK_LEN, "big")


def _hctr_hash(key: bytes, data: bytes) -> bytes:
    """The universal hash of HCTR: the data, filled to whole blocks, then one block with the length in bits."""
    filled = data + bytes(-len(data) % BLOCK_LEN)
    return polynomial_hash(key, filled + (8 * len(data)).to_bytes(BLOCK_LEN, "big"))


def hctr(key: bytes, tweak: bytes, data: bytes) -> bytes:
    """HCTR (GB/T 17964-2021, clause 11): key is the cipher key, then the hash key."""
    cipher, hash_key = SM4(key[:16]), key[16:]
    first, rest = data[:BLOCK_LEN], data[BLOCK_LEN:]
    z1 = xor(first, _hctr_hash(hash_key, rest + tweak))
    z2 = cipher.encrypt(z1)
    base = xor(z1, z2)
    out = b"".join(
        xor(block, cipher.encrypt(xor(base, i.to_bytes(BLOCK_LEN, "big")))) for i, block in enumerate(blocks(rest), 1)
    )
    return xor(z2, _hctr_hash(hash_key, out + tweak)) + out


def gcm(key: bytes, nonce: bytes, associated_data: bytes, data: bytes) -> tuple[bytes, bytes]:
    """Encrypt in GCM (NIST SP 800-38D): ciphertext and the tag of 16 bytes."""
    cipher = SM4(key)
    hash_key = cipher.encrypt(bytes(BLOCK_LEN))

    def ghash(a: bytes, c: bytes) -> bytes:
        lengths = (8 * len(a)).to_bytes(8, "big") + (8 * len(c)).to_bytes(8, "big")
        filled = a + bytes(-len(a) % BLOCK_LEN) + c + bytes(-len(c) % BLOCK_LEN)
        return polynomial_hash(hash_key, filled + lengths)

    first = nonce + b"\0\0\0\x01" if len(nonce) == 12 else ghash(b"", nonce)
    stream = ctr(key, first, bytes(BLOCK_LEN + len(data)), bits=32)
    ciphertext = xor(data, stream[BLOCK_LEN:])
    return ciphertext, xor(stream[:BLOCK_LEN], ghash(associated_data, ciphertext))


def ccm(key: bytes, nonce: bytes, associated_data: bytes, data: bytes, tag_len: int) -> tuple[bytes, bytes]:
    """Encrypt in CCM (RFC 3610): ciphertext and tag."""
    length_size = 15 - len(nonce)
    flags = 64 * bool(associated_data) + 8 * ((tag_len - 2) // 2) + length_size - 1
    head = bytes([flags]) + nonce + len(data).to_bytes(length_size, "big")
    if associated_data:
        size = len(associated_data)
        prefix = size.to_bytes(2, "big") if size < 0xFF00 else b"\xff\xfe" + size.to_bytes(4, "big")
        head += prefix + associated_data
        head += bytes(-len(head) % BLOCK_LEN)
    mac = cbc(key, bytes(BLOCK_LEN), head + data + bytes(-len(data) % BLOCK_LEN))[-BLOCK_LEN:]
    counter = bytes([length_size - 1]) + nonce + bytes(length_size)
    stream = ctr(key, counter, bytes(BLOCK_LEN + len(data)), bits=8 * length_size)
    return xor(data, stream[BLOCK_LEN:]), xor(mac, stream)[:tag_len]


def cbc_mac(key: bytes, data: bytes) -> bytes:
    """CBC-MAC of whole blocks (GB/T 15852.1-2020, MAC algorithm 1)."""
    return cbc(key, bytes(BLOCK_LEN), data)[-BLOCK_LEN:]


def cmac(key: bytes, data: bytes) -> bytes:
    """CMAC (GB/T 15852.1-2020, MAC algorithm 5; NIST SP 800-38B)."""

    def double(value: int) -> int:
        value <<= 1
        return value ^ (1 << 128 | 0x87) if value >> 128 else value

    k1 = double(int.from_bytes(SM4(key).encrypt(bytes(BLOCK_LEN)), "big"))
    head_len = max(len(data) - 1, 0) // BLOCK_LEN * BLOCK_LEN
    head, last = data[:head_len], data[head_len:]
    mask = k1
    if len(last) < BLOCK_LEN:
        last = (last + b"\x80").ljust(BLOCK_LEN, b"\0")
        mask = double(k1)
    return cbc_mac(key, head + xor(last, mask.to_bytes(BLOCK_LEN, "big")))
