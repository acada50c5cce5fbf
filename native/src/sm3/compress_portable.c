/*
 * The compression function CF of GB/T 32905-2016 5.3.3 in plain C.
 *
 * The standard moves eight registers down by one place each round; here the names move instead. Both halves,
 * (A, B, C, D) and (E, F, G, H), return to their places after four rounds, so rounds are written in fours. The message
 * is expanded (5.3.2) four words ahead of the round that uses them, in a ring of the last sixteen.
 *
 * CT: only additions, rotations and bitwise operations on data; indices are round numbers.
 */
#include "common/bytes.h"
#include "sm3/sm3.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

const uint32_t sm3_t_rotated[64] = {
    0x79cc4519, 0xf3988a32, 0xe7311465, 0xce6228cb, 0x9cc45197, 0x3988a32f, 0x7311465e, 0xe6228cbc,
    0xcc451979, 0x988a32f3, 0x311465e7, 0x6228cbce, 0xc451979c, 0x88a32f39, 0x11465e73, 0x228cbce6,
    0x9d8a7a87, 0x3b14f50f, 0x7629ea1e, 0xec53d43c, 0xd8a7a879, 0xb14f50f3, 0x629ea1e7, 0xc53d43ce,
    0x8a7a879d, 0x14f50f3b, 0x29ea1e76, 0x53d43cec, 0xa7a879d8, 0x4f50f3b1, 0x9ea1e762, 0x3d43cec5,
    0x7a879d8a, 0xf50f3b14, 0xea1e7629, 0xd43cec53, 0xa879d8a7, 0x50f3b14f, 0xa1e7629e, 0x43cec53d,
    0x879d8a7a, 0x0f3b14f5, 0x1e7629ea, 0x3cec53d4, 0x79d8a7a8, 0xf3b14f50, 0xe7629ea1, 0xcec53d43,
    0x9d8a7a87, 0x3b14f50f, 0x7629ea1e, 0xec53d43c, 0xd8a7a879, 0xb14f50f3, 0x629ea1e7, 0xc53d43ce,
    0x8a7a879d, 0x14f50f3b, 0x29ea1e76, 0x53d43cec, 0xa7a879d8, 0x4f50f3b1, 0x9ea1e762, 0x3d43cec5,
};

ALWAYS_INLINE uint32_t rotate_left(uint32_t x, int n) {
    return x << n | x >> (32 - n);
}

/* P0 and P1 (4.4). */
ALWAYS_INLINE uint32_t p0(uint32_t x) {
    return x ^ rotate_left(x, 9) ^ rotate_left(x, 17);
}

ALWAYS_INLINE uint32_t p1(uint32_t x) {
    return x ^ rotate_left(x, 15) ^ rotate_left(x, 23);
}

/* Word i < 16 of the expanded message: the block itself (5.3.2 a). */
ALWAYS_INLINE uint32_t given(const uint32_t w[16], int i) {
    return w[i];
}

/* Word i >= 16 of the expanded message (5.3.2 b), put in the place of word i - 16. */
ALWAYS_INLINE uint32_t expand(uint32_t w[16], int i) {
    uint32_t mixed = p1(w[i & 15] ^ w[(i - 9) & 15] ^ rotate_left(w[(i - 3) & 15], 15));
    w[i & 15] = mixed ^ rotate_left(w[(i - 13) & 15], 7) ^ w[(i - 6) & 15];
    return w[i & 15];
}

/*
 * What FF_j and GG_j (4.3) leave for the rest of the round. d and h become the next round's A and E; b and f are
 * rotated on their way to its C and G. w is W_j, w4 is W_(j+4).
 */
ALWAYS_INLINE void mix(uint32_t ff, uint32_t gg, uint32_t a, uint32_t *b, uint32_t *d, uint32_t e, uint32_t *f,
                       uint32_t *h, uint32_t t, uint32_t w, uint32_t w4) {
    uint32_t a12 = rotate_left(a, 12);
    uint32_t ss1 = rotate_left(a12 + e + t, 7);
    *d += ff + (ss1 ^ a12) + (w ^ w4);
    *h = p0(*h + gg + ss1 + w);
    *b = rotate_left(*b, 9);
    *f = rotate_left(*f, 19);
}

/* Rounds 0 .. 15: FF and GG are exclusive or. */
ALWAYS_INLINE void round_early(uint32_t a, uint32_t *b, uint32_t c, uint32_t *d, uint32_t e, uint32_t *f, uint32_t g,
                               uint32_t *h, uint32_t t, uint32_t w, uint32_t w4) {
    mix(a ^ *b ^ c, e ^ *f ^ g, a, b, d, e, f, h, t, w, w4);
}

/* Rounds 16 .. 63: FF is the majority, GG chooses F or G by E. */
ALWAYS_INLINE void round_late(uint32_t a, uint32_t *b, uint32_t c, uint32_t *d, uint32_t e, uint32_t *f, uint32_t g,
                              uint32_t *h, uint32_t t, uint32_t w, uint32_t w4) {
    mix((a & *b) + (c & (a ^ *b)), g ^ (e & (*f ^ g)), a, b, d, e, f, h, t, w, w4);
}

/* Four rounds of one kind from round j on; next gives the word four ahead: given below 16, expand from there on. */
#define FOUR_ROUNDS(round, j, next)                                                                                    \
    do {                                                                                                               \
        round(a, &b, c, &d, e, &f, g, &h, sm3_t_rotated[(j)], w[(j) & 15], next(w, (j) + 4));                          \
        round(d, &a, b, &c, h, &e, f, &g, sm3_t_rotated[(j) + 1], w[((j) + 1) & 15], next(w, (j) + 5));                \
        round(c, &d, a, &b, g, &h, e, &f, sm3_t_rotated[(j) + 2], w[((j) + 2) & 15], next(w, (j) + 6));                \
        round(b, &c, d, &a, f, &g, h, &e, sm3_t_rotated[(j) + 3], w[((j) + 3) & 15], next(w, (j) + 7));                \
    } while (0)

static void compress_portable(uint32_t state[8], const uint8_t *blocks, size_t count) {
    uint32_t w[16];
    for (; count != 0; count--, blocks += GMPKI_SM3_BLOCK_LEN) {
        uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
        for (int i = 0; i < 16; i++) {
            w[i] = load_be32(blocks + 4 * i);
        }
        FOUR_ROUNDS(round_early, 0, given);
        FOUR_ROUNDS(round_early, 4, given);
        FOUR_ROUNDS(round_early, 8, given);
        FOUR_ROUNDS(round_early, 12, expand);
        for (int j = 16; j < 64; j += 16) {
            FOUR_ROUNDS(round_late, j, expand);
            FOUR_ROUNDS(round_late, j + 4, expand);
            FOUR_ROUNDS(round_late, j + 8, expand);
            FOUR_ROUNDS(round_late, j + 12, expand);
        }
        state[0] ^= a;
        state[1] ^= b;
        state[2] ^= c;
        state[3] ^= d;
        state[4] ^= e;
        state[5] ^= f;
        state[6] ^= g;
        state[7] ^= h;
    }
    gmpki_cleanse(w, sizeof w);
}

const sm3_backend sm3_portable = {
    .info = {.name = "portable", .needs = 0},
    .compress = compress_portable,
};
