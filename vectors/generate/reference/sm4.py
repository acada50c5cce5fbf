"""SM4 (GB/T 32907-2016) and its modes of operation (GB/T 17964-2021), by the book."""

from __future__ import annotations

BLOCK_LEN = 16

# GB/T 32907-2016, 6.2.1, table 1.
_SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c05"
    "2b679a762abe04c3aa44132649860699"
    "9c4250f491ef987a33540b43edcfac62"
    "e4b31ca9c908e89580df94fa758f3fa6"
    "4707a7fcf37317ba83593c19e6854fa8"
    "686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887"
    "d40046579fd327524c3602e7a0c4c89e"
    "eabf8ad240c738b5a3f7f2cef96115a1"
    "e0ae5da49b341a55ad933230f58cb1e3"
    "1df6e22e8266ca60c02923ab0d534e6f"
    "d5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad8"
    "0ac13188a5cd7bbd2d74d012b8e5b4b0"
    "8969974a0c96777e65b9f109c56ec684"
    "18f07dec3adc4d2079ee5f3ed7cb3948"
)
_FK = (0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC)
# CK_i has the bytes (4i + j) * 7 mod 256 (7.3.2).
_CK = tuple(int.from_bytes(bytes((4 * i + j) * 7 % 256 for j in range(4)), "big") for i in range(32))


def _rotl(x: int, count: int) -> int:
    return ((x << count) | (x >> (32 - count))) & 0xFFFFFFFF


def _tau(x: int) -> int:
    return int.from_bytes(bytes(_SBOX[b] for b in x.to_bytes(4, "big")), "big")


def _linear(b: int) -> int:
    return b ^ _rotl(b, 2) ^ _rotl(b, 10) ^ _rotl(b, 18) ^ _rotl(b, 24)


# L(S(byte)) in each of the four places: L is linear, so T(x) is the XOR of four entries (6.2).
_TABLES = tuple(tuple(_linear(_SBOX[byte] << shift) for byte in range(256)) for shift in (24, 16, 8, 0))


def expand(key: bytes) -> tuple[int, ...]:
    """Make the 32 round keys (7.3)."""
    k = [int.from_bytes(key[i : i + 4], "big") ^ fk for i, fk in zip(range(0, 16, 4), _FK, strict=True)]
    for i in range(32):
        b = _tau(k[i + 1] ^ k[i + 2] ^ k[i + 3] ^ _CK[i])
        k.append(k[i] ^ b ^ _rotl(b, 13) ^ _rotl(b, 23))
    return tuple(k[4:])


def _crypt(round_keys: tuple[int, ...], block: bytes) -> bytes:
    t0, t1, t2, t3 = _TABLES
    a, b, c, d = (int.from_bytes(block[i : i + 4], "big") for i in range(0, 16, 4))
    for rk in round_keys:
        x = b ^ c ^ d ^ rk
        a, b, c, d = b, c, d, a ^ t0[x >> 24] ^ t1[x >> 16 & 255] ^ t2[x >> 8 & 255] ^ t3[x & 255]
    return b"".join(word.to_bytes(4, "big") for word in (d, c, b, a))


class SM4:
    """The block cipher with one key."""

    def __init__(self, key: bytes) -> None:
        self._round_keys = expand(key)

    def encrypt(self, block: bytes) -> bytes:
        """Encrypt one block."""
        return _crypt(self._round_keys, block)

    def decrypt(self, block: bytes) -> bytes:
        """Decrypt one block."""
        return _crypt(self._round_keys[::-1], block)


def xor(a: bytes, b: bytes) -> bytes:
    """XOR of the first min(len) bytes."""
    return bytes(x ^ y for x, y in zip(a, b, strict=False))


def blocks(data: bytes) -> list[bytes]:
    """Split into blocks; the last may be short."""
    return [data[i : i + BLOCK_LEN] for i in range(0, len(data), BLOCK_LEN)]


def pad(data: bytes) -> bytes:
    """PKCS#7 padding (RFC 5652, 6.3)."""
    count = BLOCK_LEN - len(data) % BLOCK_LEN
    return data + bytes([count]) * count


def ecb(key: bytes, data: bytes) -> bytes:
    """Electronic codebook (GB/T 17964-2021, clause 5)."""
    cipher = SM4(key)
    return b"".join(cipher.encrypt(block) for block in blocks(data))


def cbc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Cipher block chaining (clause 6)."""
    cipher = SM4(key)
    out = []
    for block in blocks(data):
        iv = cipher.encrypt(xor(iv, block))
        out.append(iv)
    return b"".join(out)


def cfb(key: bytes, iv: bytes, data: bytes, segment: int) -> bytes:
    """Cipher feedback with segments of 1 or 16 bytes (clause 7)."""
    cipher = SM4(key)
    out = b""
    for i in range(0, len(data), segment):
        piece = xor(data[i : i + segment], cipher.encrypt(iv))
        iv = (iv + piece)[-BLOCK_LEN:]
        out += piece
    return out


def ofb(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Output feedback (clause 8)."""
    cipher = SM4(key)
    out = []
    for block in blocks(data):
        iv = cipher.encrypt(iv)
        out.append(xor(block, iv))
    return b"".join(out)


def ctr(key: bytes, counter: bytes, data: bytes, *, bits: int = 128) -> bytes:
    """Counter mode (clause 9); the counter is the last ``bits`` bits of the block, big endian."""
    cipher = SM4(key)
    fixed, number = divmod(int.from_bytes(counter, "big"), 1 << bits)
    out = []
    for i, block in enumerate(blocks(data)):
        value = (fixed << bits) | (number + i) % (1 << bits)
        out.append(xor(block, cipher.encrypt(value.to_bytes(BLOCK_LEN, "big"))))
    return b"".join(out)


def bc(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Block chaining (clause 12): the chain is the XOR of the iv and of all ciphertext blocks so far."""
    cipher = SM4(key)
    out = []
    for block in blocks(data):
        out.append(cipher.encrypt(xor(block, iv)))
        iv = xor(iv, out[-1])
    return b"".join(out)


def ofbnlf(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Output feedback with a nonlinear function (clause 13): every block is encrypted under its own key."""
    cipher = SM4(key)
    out = []
    for block in blocks(data):
        iv = cipher.encrypt(iv)
        out.append(SM4(iv).encrypt(block))
    return b"".join(out)
