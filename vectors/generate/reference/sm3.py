"""SM3 (GB/T 32905-2016) and what is built on it: HMAC, KDF, PBKDF2, HKDF, Hash_DRBG."""

from __future__ import annotations

DIGEST_LEN = 32
BLOCK_LEN = 64
_MASK = 0xFFFFFFFF
_IV = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)


def _rotl(x: int, count: int) -> int:
    count %= 32
    return ((x << count) | (x >> (32 - count))) & _MASK


# T_j rotated by j (clauses 4.2 and 5.3.3).
_T = tuple(_rotl(0x79CC4519 if j < 16 else 0x7A879D8A, j) for j in range(64))


def _p0(x: int) -> int:
    return x ^ _rotl(x, 9) ^ _rotl(x, 17)


def _p1(x: int) -> int:
    return x ^ _rotl(x, 15) ^ _rotl(x, 23)


def _compress(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    """Clause 5.3: expand the message block and run 64 rounds."""
    w = [int.from_bytes(block[i : i + 4], "big") for i in range(0, 64, 4)]
    for j in range(16, 68):
        w.append(_p1(w[j - 16] ^ w[j - 9] ^ _rotl(w[j - 3], 15)) ^ _rotl(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        a12 = _rotl(a, 12)
        ss1 = _rotl((a12 + e + _T[j]) & _MASK, 7)
        ss2 = ss1 ^ a12
        if j < 16:
            ff, gg = a ^ b ^ c, e ^ f ^ g
        else:
            ff, gg = (a & b) | (a & c) | (b & c), (e & f) | (~e & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & _MASK
        tt2 = (gg + h + ss1 + w[j]) & _MASK
        a, b, c, d = tt1, a, _rotl(b, 9), c
        e, f, g, h = _p0(tt2), e, _rotl(f, 19), g
    return tuple(x ^ y for x, y in zip((a, b, c, d, e, f, g, h), state, strict=True))


def sm3(message: bytes) -> bytes:
    """Hash a message: pad (clause 5.2), then compress block by block."""
    zeros = (-len(message) - 9) % BLOCK_LEN
    padded = message + b"\x80" + bytes(zeros) + (8 * len(message)).to_bytes(8, "big")
    state: tuple[int, ...] = _IV
    for i in range(0, len(padded), BLOCK_LEN):
        state = _compress(state, padded[i : i + BLOCK_LEN])
    return b"".join(word.to_bytes(4, "big") for word in state)


def hmac(key: bytes, message: bytes) -> bytes:
    """HMAC (RFC 2104) with SM3."""
    if len(key) > BLOCK_LEN:
        key = sm3(key)
    key = key.ljust(BLOCK_LEN, b"\0")
    inner = sm3(bytes(b ^ 0x36 for b in key) + message)
    return sm3(bytes(b ^ 0x5C for b in key) + inner)


def kdf(z: bytes, length: int) -> bytes:
    """The KDF of GB/T 32918.4-2016, 5.4.3."""
    count = -(-length // DIGEST_LEN)
    return b"".join(sm3(z + i.to_bytes(4, "big")) for i in range(1, count + 1))[:length]


def pbkdf2(password: bytes, salt: bytes, iterations: int, length: int) -> bytes:
    """PBKDF2 (RFC 8018, 5.2) with HMAC-SM3."""
    out = b""
    index = 0
    while len(out) < length:
        index += 1
        u = hmac(password, salt + index.to_bytes(4, "big"))
        total = int.from_bytes(u, "big")
        for _ in range(iterations - 1):
            u = hmac(password, u)
            total ^= int.from_bytes(u, "big")
        out += total.to_bytes(DIGEST_LEN, "big")
    return out[:length]


def hkdf_extract(salt: bytes, key_material: bytes) -> bytes:
    """HKDF-Extract (RFC 5869, 2.2) with HMAC-SM3."""
    return hmac(salt or bytes(DIGEST_LEN), key_material)


def hkdf_expand(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand (RFC 5869, 2.3) with HMAC-SM3."""
    out = block = b""
    index = 0
    while len(out) < length:
        index += 1
        block = hmac(prk, block + info + bytes([index]))
        out += block
    return out[:length]


class HashDRBG:
    """Hash_DRBG on SM3 (GM/T 0105-2021 annex B; NIST SP 800-90A 10.1.1).

    The two standards order the seed material of a reseeding differently: GM/T 0105 puts the entropy before V,
    SP 800-90A behind it. ``entropy_first`` chooses.
    """

    SEED_LEN = 55

    def __init__(
        self, entropy: bytes, nonce: bytes, personalisation: bytes = b"", *, entropy_first: bool = True
    ) -> None:
        self.entropy_first = entropy_first
        self._seed(entropy + nonce + personalisation)

    def _derive(self, material: bytes) -> int:
        bits = (8 * self.SEED_LEN).to_bytes(4, "big")
        blocks = b"".join(sm3(bytes([counter]) + bits + material) for counter in (1, 2))
        return int.from_bytes(blocks[: self.SEED_LEN], "big")

    def _seed(self, material: bytes) -> None:
        self._v = self._derive(material)
        self._c = self._derive(b"\x00" + self._v_bytes())
        self._counter = 1

    def _v_bytes(self) -> bytes:
        return self._v.to_bytes(self.SEED_LEN, "big")

    def _add(self, *terms: int) -> None:
        self._v = (self._v + sum(terms)) % (1 << (8 * self.SEED_LEN))

    def reseed(self, entropy: bytes, additional: bytes = b"") -> None:
        """Take in new entropy."""
        parts = (entropy, self._v_bytes()) if self.entropy_first else (self._v_bytes(), entropy)
        self._seed(b"\x01" + parts[0] + parts[1] + additional)

    def generate(self, length: int, additional: bytes = b"") -> bytes:
        """Give length bytes and step the state."""
        if additional:
            self._add(int.from_bytes(sm3(b"\x02" + self._v_bytes() + additional), "big"))
        out = b""
        data = self._v
        while len(out) < length:
            out += sm3(data.to_bytes(self.SEED_LEN, "big"))
            data = (data + 1) % (1 << (8 * self.SEED_LEN))
        step = int.from_bytes(sm3(b"\x03" + self._v_bytes()), "big")
        self._add(step, self._c, self._counter)
        self._counter += 1
        return out[:length]
