/*
 * SM4 with GFNI on one block, as fast as it goes from one block to the next.
 *
 * A register holds one word four times: word j of it rotated to the left by j bytes, in the form of the state. So a
 * rotation by bytes is one of words, which takes a cycle where rotations inside words take two. From what a round
 * inverts, z, to the next z it is an inversion, a rotation and two sums of three; all else is ready before.
 */
#ifndef GMPKI_SRC_SM4_GFNI_SINGLE_H
#define GMPKI_SRC_SM4_GFNI_SINGLE_H

#include "sm4/gfni_schedule.h"

#define SINGLE_INLINE static inline __attribute__((always_inline))

/* Word j becomes word j + count of the register. */
#define SINGLE_ROTATE_1(v) _mm_shuffle_epi32((v), 0x39)
#define SINGLE_ROTATE_2(v) _mm_shuffle_epi32((v), 0x4E)
#define SINGLE_ROTATE_3(v) _mm_shuffle_epi32((v), 0x93)

typedef struct single_schedule {
    __m128i keys[GMPKI_SM4_ROUNDS];
} single_schedule;

/* Four words, each with its rotations. */
typedef struct single_words {
    __m128i a, b, c, d;
} single_words;

/* The order of bytes for word 0; that of word w is this plus 4 w. */
SINGLE_INLINE __m128i single_order(int word) {
    const __m128i first = _mm_set_epi8(2, 1, 0, 3, 1, 0, 3, 2, 0, 3, 2, 1, 3, 2, 1, 0);
    return _mm_add_epi8(first, _mm_set1_epi8((char)(4 * word)));
}

SINGLE_INLINE single_words single_spread(__m128i block) {
    return (single_words){_mm_shuffle_epi8(block, single_order(0)), _mm_shuffle_epi8(block, single_order(1)),
                          _mm_shuffle_epi8(block, single_order(2)), _mm_shuffle_epi8(block, single_order(3))};
}

/* Words 0 of four registers. */
SINGLE_INLINE __m128i single_collect(__m128i a, __m128i b, __m128i c, __m128i d) {
    return _mm_unpacklo_epi64(_mm_unpacklo_epi32(a, b), _mm_unpacklo_epi32(c, d));
}

static inline void make_single_schedule(single_schedule *s, const uint32_t round_keys[GMPKI_SM4_ROUNDS]) {
    const __m512i order =
        _mm512_add_epi8(_mm512_broadcast_i32x4(single_order(0)),
                        _mm512_set_epi64(0x0C0C0C0C0C0C0C0C, 0x0C0C0C0C0C0C0C0C, 0x0808080808080808, 0x0808080808080808,
                                         0x0404040404040404, 0x0404040404040404, 0, 0));
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        __m128i four = _mm_loadu_si128((const __m128i *)(const void *)(round_keys + i));
        __m512i keys = GFNI_AFFINE_512(gfni_swap_bytes(_mm512_broadcast_i32x4(four)), GFNI_KEY);
        _mm512_storeu_si512(s->keys + i, _mm512_shuffle_epi8(keys, order));
    }
}

/* Where a block stands before round i: words i .. i + 2, and word i + 3 as z + known. */
typedef struct single_state {
    __m128i a, b, c;
    __m128i z, known;
} single_state;

SINGLE_INLINE single_state single_start(single_words w, __m128i key) {
    __m128i known = gfni_xor3_128(w.b, w.c, key);
    return (single_state){w.a, w.b, w.c, _mm_xor_si128(known, w.d), known};
}

/* The words move on, and z of the next round, whose key is next_key, is still without the linear map of this one. */
SINGLE_INLINE single_state single_advance(single_state s, __m128i next_key) {
    __m128i d = _mm_xor_si128(s.z, s.known);
    __m128i sum = gfni_xor3_128(gfni_xor3_128(s.a, s.c, next_key), s.z, s.known);
    return (single_state){s.b, s.c, d, sum, gfni_xor3_128(s.c, d, next_key)};
}

/* Round i: L = u + (w <<< 8) + (w <<< 16) + (v <<< 24) with w = u + v (see tools/sm4_affine.py). */
SINGLE_INLINE single_state single_round(single_state s, __m128i next_key) {
    __m128i w = GFNI_INVERT_128(s.z, GFNI_W), v = GFNI_INVERT_128(s.z, GFNI_V), u = GFNI_INVERT_128(s.z, GFNI_U);
    s = single_advance(s, next_key);
    __m128i early = gfni_xor3_128(SINGLE_ROTATE_1(w), u, s.z);
    s.z = gfni_xor3_128(early, SINGLE_ROTATE_2(w), SINGLE_ROTATE_3(v));
    return s;
}

/* One block in the form of the state. */
SINGLE_INLINE single_words single_rounds(single_words words, const single_schedule *keys) {
    single_state s = single_start(words, keys->keys[0]);
#pragma GCC unroll 4
    for (size_t i = 1; i < GMPKI_SM4_ROUNDS; i++) {
        s = single_round(s, keys->keys[i]);
    }
    s = single_round(s, _mm_setzero_si128());
    /* Words in reverse order (GB/T 32907-2016, 7.1). */
    return (single_words){_mm_xor_si128(s.z, s.known), s.c, s.b, s.a};
}

SINGLE_INLINE __m128i single_block(__m128i block, const single_schedule *keys) {
    single_words w = single_rounds(single_spread(GFNI_AFFINE_128(block, GFNI_P)), keys);
    return GFNI_AFFINE_128(single_collect(w.a, w.b, w.c, w.d), GFNI_BACK);
}

static inline void crypt_single(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t *out, const uint8_t *in) {
    single_schedule s;
    make_single_schedule(&s, round_keys);
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)in);
    _mm_storeu_si128((__m128i *)(void *)out, single_block(block, &s));
    gmpki_cleanse(&s, sizeof s);
}

/* As single_round, with L' (7.3 c) in the place of L. */
SINGLE_INLINE single_state single_key_round(single_state s, __m128i next_key) {
    __m128i one = GFNI_INVERT_128(s.z, GFNI_K1), two = GFNI_INVERT_128(s.z, GFNI_K2);
    __m128i three = GFNI_INVERT_128(s.z, GFNI_K3), own = GFNI_INVERT_128(s.z, GFNI_K0);
    s = single_advance(s, next_key);
    __m128i early = gfni_xor3_128(SINGLE_ROTATE_1(one), own, s.z);
    s.z = gfni_xor3_128(early, SINGLE_ROTATE_2(two), SINGLE_ROTATE_3(three));
    return s;
}

/* The key schedule (7.3). */
static inline void single_expand_key(uint32_t round_keys[GMPKI_SM4_ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    const __m128i family_key = /* FK, 7.3 a, in the order of memory */
        _mm_set_epi64x((long long)0xDC2270B297917D67, 0x5033AA56C6BAB1A3);
    const __m128i *constants = (const __m128i *)(const void *)gfni_constant_keys;
    __m128i key = _mm_xor_si128(_mm_loadu_si128((const __m128i *)(const void *)raw), family_key);
    single_state s = single_start(single_spread(GFNI_AFFINE_128(key, GFNI_P)), _mm_loadu_si128(constants));
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        s = single_key_round(s, _mm_loadu_si128(constants + i + 1));
        s = single_key_round(s, _mm_loadu_si128(constants + i + 2));
        s = single_key_round(s, _mm_loadu_si128(constants + i + 3));
        s = single_key_round(s, _mm_loadu_si128(constants + (i + 4) % GMPKI_SM4_ROUNDS));
        __m128i four = single_collect(s.a, s.b, s.c, _mm_xor_si128(s.z, s.known));
        four = _mm_shuffle_epi8(GFNI_AFFINE_128(four, GFNI_BACK), swap);
        _mm_storeu_si128((__m128i *)(void *)(round_keys + i), four);
    }
}

#endif /* GMPKI_SRC_SM4_GFNI_SINGLE_H */
