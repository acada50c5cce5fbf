/*
 * SM4 with GFNI on 64 blocks, sliced by bytes: of a group of 32 blocks, register 4 w + j holds byte j, in the order of
 * memory, of word w of every block. Rotations by bytes, all that the form of tools/sm4_affine.py leaves of L, are then
 * a matter of names, and a round takes per byte two maps after the inversion and four sums.
 *
 * Two groups take turns, because a round by itself waits for its inversions; their 128 vectors of bytes do not fit into
 * 32 registers, so that of each group the two youngest words stay there and the others in memory.
 *
 * The round keys are not added to what a round inverts but to what it puts out, where the sum has room for one more
 * term: the state is kept as y_i = x_i + c_i, with c chosen such that c_(i+1) + c_(i+2) + c_(i+3) = rk_i, so that
 *     y_(i+4) = y_i + L(S(y_(i+1) + y_(i+2) + y_(i+3))) + c_i + c_(i+4).
 */
#ifndef GMPKI_SRC_SM4_GFNI_SLICED_H
#define GMPKI_SRC_SM4_GFNI_SLICED_H

#include "sm4/gfni_schedule.h"

#define SLICED_INLINE static inline __attribute__((always_inline))

enum { GROUP = 32 /* blocks */, BATCH = 2 * GROUP, REGISTER_LEN = 32, REGISTER_BLOCKS = 2 };

/* Blocks, register after register, or their bytes. */
typedef struct slices {
    __m256i r[16];
} slices;

/* The bytes of one word. */
typedef struct word_slices {
    __m256i b[4];
} word_slices;

/* The words of one group, in memory. */
typedef struct group {
    word_slices words[4];
} group;

/* One of four equal stages: number of register and of byte, eight bits together, are rotated by one bit. */
#define SLICED_PAIR(i) _mm256_unpacklo_epi8(s.r[i], s.r[(i) + 8]), _mm256_unpackhi_epi8(s.r[i], s.r[(i) + 8])

SLICED_INLINE slices quarter_transpose(slices s) {
    return (slices){{SLICED_PAIR(0), SLICED_PAIR(1), SLICED_PAIR(2), SLICED_PAIR(3), SLICED_PAIR(4), SLICED_PAIR(5),
                     SLICED_PAIR(6), SLICED_PAIR(7)}};
}

/* In each lane, byte i of register j and byte j of register i change places. */
SLICED_INLINE slices sliced_transpose(slices s) {
    return quarter_transpose(quarter_transpose(quarter_transpose(quarter_transpose(s))));
}

SLICED_INLINE __m256i sliced_broadcast(uint32_t word) {
    return _mm256_set1_epi32((int)word);
}

/* y0 + L(S(y1 + y2 + y3)) + key replaces y0: t = u + (v <<< 8), L = t + (t <<< 8) + (t <<< 16); the byte that a
 * rotation to the left brings to a place is the next one in memory. */
SLICED_INLINE word_slices sliced_round(word_slices *y0, const word_slices *y1, word_slices y2, word_slices y3,
                                       const uint32_t key[4]) {
    __m256i z0 = gfni_xor3_256(y3.b[0], y2.b[0], y1->b[0]), z1 = gfni_xor3_256(y3.b[1], y2.b[1], y1->b[1]);
    __m256i z2 = gfni_xor3_256(y3.b[2], y2.b[2], y1->b[2]), z3 = gfni_xor3_256(y3.b[3], y2.b[3], y1->b[3]);
    __m256i t0 = _mm256_xor_si256(GFNI_INVERT_256(z0, GFNI_U), GFNI_INVERT_256(z1, GFNI_V));
    __m256i t1 = _mm256_xor_si256(GFNI_INVERT_256(z1, GFNI_U), GFNI_INVERT_256(z2, GFNI_V));
    __m256i t2 = _mm256_xor_si256(GFNI_INVERT_256(z2, GFNI_U), GFNI_INVERT_256(z3, GFNI_V));
    __m256i t3 = _mm256_xor_si256(GFNI_INVERT_256(z3, GFNI_U), GFNI_INVERT_256(z0, GFNI_V));
    *y0 = (word_slices){{gfni_xor3_256(gfni_xor3_256(t0, t1, y0->b[0]), t2, sliced_broadcast(key[0])),
                         gfni_xor3_256(gfni_xor3_256(t1, t2, y0->b[1]), t3, sliced_broadcast(key[1])),
                         gfni_xor3_256(gfni_xor3_256(t2, t3, y0->b[2]), t0, sliced_broadcast(key[2])),
                         gfni_xor3_256(gfni_xor3_256(t3, t0, y0->b[3]), t1, sliced_broadcast(key[3]))}};
    return *y0;
}

/* What is in memory has to stay there: compilers would choose worse. */
#define SLICED_KEEP_IN_MEMORY() __asm__ __volatile__("" : : : "memory")

/* All rounds of both groups, in the form of the state with c in them, before and after. */
SLICED_INLINE void sliced_rounds(group *p, group *q, const sliced_schedule *keys) {
    word_slices p2 = p->words[2], p3 = p->words[3], q2 = q->words[2], q3 = q->words[3];
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        p2 = sliced_round(&p->words[0], &p->words[1], p2, p3, keys->rounds[i]);
        q2 = sliced_round(&q->words[0], &q->words[1], q2, q3, keys->rounds[i]);
        SLICED_KEEP_IN_MEMORY();
        p3 = sliced_round(&p->words[1], &p->words[2], p3, p2, keys->rounds[i + 1]);
        q3 = sliced_round(&q->words[1], &q->words[2], q3, q2, keys->rounds[i + 1]);
        SLICED_KEEP_IN_MEMORY();
        p2 = sliced_round(&p->words[2], &p->words[3], p2, p3, keys->rounds[i + 2]);
        q2 = sliced_round(&q->words[2], &q->words[3], q2, q3, keys->rounds[i + 2]);
        SLICED_KEEP_IN_MEMORY();
        p3 = sliced_round(&p->words[3], &p->words[0], p3, p2, keys->rounds[i + 3]);
        q3 = sliced_round(&q->words[3], &q->words[0], q3, q2, keys->rounds[i + 3]);
        SLICED_KEEP_IN_MEMORY();
    }
}

#define SLICED_EACH(f)                                                                                                 \
    (slices) {                                                                                                         \
        {                                                                                                              \
            f(0), f(1), f(2), f(3), f(4), f(5), f(6), f(7), f(8), f(9), f(10), f(11), f(12), f(13), f(14), f(15)       \
        }                                                                                                              \
    }
#define SLICED_INTO(i) GFNI_AFFINE_256(s.r[i], GFNI_P)
#define SLICED_BACK(i) GFNI_AFFINE_256(s.r[i], GFNI_BACK)
#define SLICED_REVERSED(i) g->words[3 - (i) / 4].b[(i) % 4]

/* Word 3 into a group; c comes in. */
SLICED_INLINE void put_last_word(group *g, __m256i b0, __m256i b1, __m256i b2, __m256i b3,
                                 const sliced_schedule *keys) {
    g->words[3] = (word_slices){{_mm256_xor_si256(b0, sliced_broadcast(keys->first[0])),
                                 _mm256_xor_si256(b1, sliced_broadcast(keys->first[1])),
                                 _mm256_xor_si256(b2, sliced_broadcast(keys->first[2])),
                                 _mm256_xor_si256(b3, sliced_broadcast(keys->first[3]))}};
}

SLICED_INLINE void put_blocks(group *g, slices s, const sliced_schedule *keys) {
    s = sliced_transpose(SLICED_EACH(SLICED_INTO));
    g->words[0] = (word_slices){{s.r[0], s.r[1], s.r[2], s.r[3]}};
    g->words[1] = (word_slices){{s.r[4], s.r[5], s.r[6], s.r[7]}};
    g->words[2] = (word_slices){{s.r[8], s.r[9], s.r[10], s.r[11]}};
    put_last_word(g, s.r[12], s.r[13], s.r[14], s.r[15], keys);
}

/* Blocks after the rounds, their words in reverse order (GB/T 32907-2016, 7.1). They lack the sum with keys->last,
 * for which the caller may have a free place. */
SLICED_INLINE slices take_blocks(const group *g) {
    slices s = sliced_transpose(SLICED_EACH(SLICED_REVERSED));
    return SLICED_EACH(SLICED_BACK);
}

/* Which words of register i exist when there are block_count blocks. */
SLICED_INLINE __mmask8 register_mask(size_t i, size_t block_count) {
    size_t from = REGISTER_BLOCKS * i;
    size_t blocks = block_count <= from ? 0 : block_count - from < REGISTER_BLOCKS ? 1 : REGISTER_BLOCKS;
    return (__mmask8)((1u << 4 * blocks) - 1);
}

/* Load or store those blocks of register i that exist. */
SLICED_INLINE __m256i load_register(const uint8_t *in, size_t i, size_t block_count) {
    return _mm256_maskz_loadu_epi32(register_mask(i, block_count),
                                    in + REGISTER_LEN * (REGISTER_BLOCKS * i < block_count ? i : 0));
}

SLICED_INLINE void store_register(uint8_t *out, size_t i, size_t block_count, __m256i v) {
    _mm256_mask_storeu_epi32(out + REGISTER_LEN * (REGISTER_BLOCKS * i < block_count ? i : 0),
                             register_mask(i, block_count), v);
}

#define SLICED_LOAD(i) load_register(in, from + (i), block_count)

/* The group whose first register is from. */
SLICED_INLINE slices load_group(const uint8_t *in, size_t from, size_t block_count) {
    return SLICED_EACH(SLICED_LOAD);
}

/* The same 16 bytes in each lane. */
SLICED_INLINE __m256i broadcast_block(const uint8_t block[GMPKI_SM4_BLOCK_LEN]) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)block));
}

/* A group of counter blocks from number first on: the numbers in four registers, whose bytes are then collected by
 * their weight. */
SLICED_INLINE void put_counters(group *g, const counter_start *c, uint32_t first, const sliced_schedule *keys) {
    const __m256i gather =
        _mm256_broadcastsi128_si256(_mm_set_epi8(12, 8, 4, 0, 13, 9, 5, 1, 14, 10, 6, 2, 15, 11, 7, 3));
    const __m256i order = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
    __m256i q0 = _mm256_add_epi32(order, sliced_broadcast(first));
    __m256i q1 = _mm256_add_epi32(q0, sliced_broadcast(8)), q2 = _mm256_add_epi32(q0, sliced_broadcast(16));
    __m256i q3 = _mm256_add_epi32(q0, sliced_broadcast(24));
    q0 = _mm256_shuffle_epi8(q0, gather);
    q1 = _mm256_shuffle_epi8(q1, gather);
    q2 = _mm256_shuffle_epi8(q2, gather);
    q3 = _mm256_shuffle_epi8(q3, gather);
    __m256i low01 = _mm256_unpacklo_epi32(q0, q1), low23 = _mm256_unpacklo_epi32(q2, q3);
    __m256i high01 = _mm256_unpackhi_epi32(q0, q1), high23 = _mm256_unpackhi_epi32(q2, q3);
#pragma GCC unroll 12
    for (size_t i = 0; i < 12; i++) {
        g->words[i / 4].b[i % 4] = sliced_broadcast(c->fixed[i]);
    }
    put_last_word(g, GFNI_AFFINE_256(_mm256_unpacklo_epi64(low01, low23), GFNI_P),
                  GFNI_AFFINE_256(_mm256_unpackhi_epi64(low01, low23), GFNI_P),
                  GFNI_AFFINE_256(_mm256_unpacklo_epi64(high01, high23), GFNI_P),
                  GFNI_AFFINE_256(_mm256_unpackhi_epi64(high01, high23), GFNI_P), keys);
}

#endif /* GMPKI_SRC_SM4_GFNI_SLICED_H */
