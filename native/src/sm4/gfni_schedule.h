/* Round keys as the GFNI kernels of AVX-512 want them (the forms are those of tools/sm4_affine.py). */
#ifndef GMPKI_SRC_SM4_GFNI_SCHEDULE_H
#define GMPKI_SRC_SM4_GFNI_SCHEDULE_H

#include "common/bytes.h"
#include "sm4/gfni.h"
#include "sm4/gfni_generated.h"
#include "sm4/sm4.h"

/* For gfni_sliced.h: the terms c_i + c_(i+4), each of their bytes in all four places of a word. */
typedef struct sliced_schedule {
    uint32_t rounds[GMPKI_SM4_ROUNDS][4];
    uint32_t first[4];                 /* c_3, which the input gets; c_0 .. c_2 are zero */
    uint8_t last[GMPKI_SM4_BLOCK_LEN]; /* c_35 .. c_32 out of the form of the state: what blocks lack at the end */
} sliced_schedule;

/* A counter block as slices: its first twelve bytes in the form of the state, each in all four places of a word. */
typedef struct counter_start {
    uint32_t fixed[16];
} counter_start;

static inline __attribute__((always_inline)) __m512i gfni_swap_bytes(__m512i v) {
    return _mm512_shuffle_epi8(
        v, _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
}

/* Each byte of 16 four times. */
static inline __attribute__((always_inline)) __m512i gfni_spread(const void *bytes) {
    __m512i lanes = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)bytes));
    const __m512i order =
        _mm512_set_epi64(0x0F0F0F0F0E0E0E0E, 0x0D0D0D0D0C0C0C0C, 0x0B0B0B0B0A0A0A0A, 0x0909090908080808,
                         0x0707070706060606, 0x0505050504040404, 0x0303030302020202, 0x0101010100000000);
    return _mm512_shuffle_epi8(lanes, order);
}

/* Round keys in the form of the state, with the constant of the S-box's first map, bytes in the order of memory. */
static inline __attribute__((always_inline)) void gfni_key_form(uint32_t keys[GMPKI_SM4_ROUNDS],
                                                                const uint32_t round_keys[GMPKI_SM4_ROUNDS]) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 16) {
        __m512i v = gfni_swap_bytes(_mm512_loadu_si512(round_keys + i));
        _mm512_storeu_si512(keys + i, GFNI_AFFINE_512(v, GFNI_KEY));
    }
}

/* c_(i+1) + c_(i+2) + c_(i+3) = rk_i: the sum of two such equations is c_(i+3) = c_i + rk_i + rk_(i-1). */
static inline void make_sliced_schedule(sliced_schedule *s, const uint32_t round_keys[GMPKI_SM4_ROUNDS]) {
    uint32_t keys[GMPKI_SM4_ROUNDS], c[GMPKI_SM4_ROUNDS + 4] = {0}, terms[GMPKI_SM4_ROUNDS];
    gfni_key_form(keys, round_keys);
    c[3] = keys[0];
    for (size_t i = 4; i < GMPKI_SM4_ROUNDS + 3; i++) {
        c[i] = c[i - 3] ^ keys[i - 3] ^ keys[i - 4];
    }
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i++) {
        terms[i] = c[i] ^ c[i + 4];
    }
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        _mm512_storeu_si512(s->rounds[i], gfni_spread(terms + i));
    }
    for (size_t i = 0; i < 4; i++) {
        s->first[i] = 0x01010101 * (keys[0] >> 8 * i & 0xFF);
    }
    __m128i last = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(c + GMPKI_SM4_ROUNDS)), 0x1B);
    _mm_storeu_si128((__m128i *)(void *)s->last, GFNI_AFFINE_128(last, GFNI_BACK));
    gmpki_cleanse(keys, sizeof keys);
    gmpki_cleanse(c, sizeof c);
    gmpki_cleanse(terms, sizeof terms);
}

static inline void make_counter_start(counter_start *c, const uint8_t counter[GMPKI_SM4_BLOCK_LEN]) {
    __m128i block = GFNI_AFFINE_128(_mm_loadu_si128((const __m128i *)(const void *)counter), GFNI_P);
    uint8_t bytes[GMPKI_SM4_BLOCK_LEN];
    _mm_storeu_si128((__m128i *)(void *)bytes, block);
    _mm512_storeu_si512(c->fixed, gfni_spread(bytes));
}

#endif /* GMPKI_SRC_SM4_GFNI_SCHEDULE_H */
