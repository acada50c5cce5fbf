/*
 * SM4 with AESENCLAST for the inversion and PSHUFB for affine maps, on vectors of 128 bits: what the kernels with
 * AES-NI share.
 *
 * Register w of a group holds word w of four blocks, bytes in the order of memory, each byte in the form P x that
 * tools/sm4_affine.py explains: the words of a round add up to the input of the inversion, and the two maps after it
 * contain the rotation by two bits of L. A map takes two PSHUFBs, one for each nibble of its argument: PSHUFB looks up
 * in a register, which takes the same time for every index.
 */
#ifndef GMPKI_SRC_SM4_AESNI_H
#define GMPKI_SRC_SM4_AESNI_H

#include <immintrin.h>

#include "common/bytes.h"
#include "sm4/aesni_generated.h"
#include "sm4/key_schedule.h"
#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, GROUP = 4, ROUNDS = GMPKI_SM4_ROUNDS };

/* Round keys in the form of the state, four times each. */
typedef struct schedule {
    __m128i keys[ROUNDS];
} schedule;

typedef struct group {
    __m128i a, b, c, d;
} group;

static inline __m128i load(const void *p) {
    return _mm_loadu_si128((const __m128i *)p);
}

static inline void store(void *p, __m128i v) {
    _mm_storeu_si128((__m128i *)p, v);
}

static inline __m128i xor3(__m128i a, __m128i b, __m128i c) {
    return _mm_xor_si128(_mm_xor_si128(a, b), c);
}

static inline __m128i affine(__m128i x, const uint8_t table[2][16]) {
    const __m128i nibble = _mm_set1_epi8(0x0F);
    __m128i low = _mm_and_si128(x, nibble);
    __m128i high = _mm_and_si128(_mm_srli_epi16(x, 4), nibble);
    return _mm_xor_si128(_mm_shuffle_epi8(load(table[0]), low), _mm_shuffle_epi8(load(table[1]), high));
}

/*
 * x0 ^ L(S(z)) in the form of the state. AESENCLAST leaves the bytes as ShiftRows moved them; the shuffles of u and v
 * move them back, that of v with a rotation of each word by one byte.
 */
static inline __m128i round_function(__m128i x0, __m128i z) {
    const __m128i unshift = _mm_set_epi8(3, 6, 9, 12, 15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13, 0);
    const __m128i unshift_rotate_8 = _mm_set_epi8(12, 3, 6, 9, 8, 15, 2, 5, 4, 11, 14, 1, 0, 7, 10, 13);
    const __m128i rotate_8 = _mm_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1);
    const __m128i rotate_16 = _mm_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2);
    __m128i s = _mm_aesenclast_si128(z, _mm_setzero_si128());
    __m128i u = _mm_shuffle_epi8(affine(s, aesni_u), unshift);
    __m128i v = _mm_shuffle_epi8(affine(s, aesni_v), unshift_rotate_8);
    __m128i t = _mm_xor_si128(u, v);
    return xor3(_mm_xor_si128(x0, t), _mm_shuffle_epi8(t, rotate_8), _mm_shuffle_epi8(t, rotate_16));
}

/*
 * The same where one block's word stands in all four places, so that ShiftRows changes nothing, and where the next
 * round waits for nothing but this: with w = u + v, L = u + (w <<< 8) + (w <<< 16) + (v <<< 24).
 */
static inline __m128i latency_round(__m128i x0, __m128i z) {
    const __m128i rotate_8 = _mm_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1);
    const __m128i rotate_16 = _mm_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2);
    const __m128i rotate_24 = _mm_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3);
    __m128i s = _mm_aesenclast_si128(z, _mm_setzero_si128());
    __m128i w = affine(s, aesni_w);
    __m128i early = xor3(x0, affine(s, aesni_u), _mm_shuffle_epi8(w, rotate_8));
    __m128i late = _mm_xor_si128(_mm_shuffle_epi8(w, rotate_16), _mm_shuffle_epi8(affine(s, aesni_v), rotate_24));
    return _mm_xor_si128(early, late);
}

/* The words known earlier are added up first, the newest last. */
static inline __m128i latency_sum(__m128i a, __m128i b, __m128i key, __m128i newest) {
    return _mm_xor_si128(xor3(a, key, b), newest);
}

static inline __m128i encrypt_single(__m128i block, const schedule *s) {
    __m128i a = _mm_shuffle_epi32(block, 0x00), b = _mm_shuffle_epi32(block, 0x55);
    __m128i c = _mm_shuffle_epi32(block, 0xAA), d = _mm_shuffle_epi32(block, 0xFF);
    for (size_t i = 0; i < ROUNDS; i += 4) {
        a = latency_round(a, latency_sum(b, c, s->keys[i], d));
        b = latency_round(b, latency_sum(c, d, s->keys[i + 1], a));
        c = latency_round(c, latency_sum(d, a, s->keys[i + 2], b));
        d = latency_round(d, latency_sum(a, b, s->keys[i + 3], c));
    }
    return _mm_unpacklo_epi64(_mm_unpacklo_epi32(d, c), _mm_unpacklo_epi32(b, a));
}

/* Four rounds (GB/T 32907-2016, 7.1). */
static inline void four_rounds(group *g, const __m128i keys[4]) {
    g->a = round_function(g->a, _mm_xor_si128(xor3(g->b, g->c, keys[0]), g->d));
    g->b = round_function(g->b, _mm_xor_si128(xor3(g->c, g->d, keys[1]), g->a));
    g->c = round_function(g->c, _mm_xor_si128(xor3(g->d, g->a, keys[2]), g->b));
    g->d = round_function(g->d, _mm_xor_si128(xor3(g->a, g->b, keys[3]), g->c));
}

/* Four blocks into words, or words into blocks: a 4 x 4 transposition, then an affine map or the other way round. */
static inline group transpose(group g) {
    __m128i ab_low = _mm_unpacklo_epi32(g.a, g.b), ab_high = _mm_unpackhi_epi32(g.a, g.b);
    __m128i cd_low = _mm_unpacklo_epi32(g.c, g.d), cd_high = _mm_unpackhi_epi32(g.c, g.d);
    return (group){_mm_unpacklo_epi64(ab_low, cd_low), _mm_unpackhi_epi64(ab_low, cd_low),
                   _mm_unpacklo_epi64(ab_high, cd_high), _mm_unpackhi_epi64(ab_high, cd_high)};
}

static inline group affine_group(group g, const uint8_t table[2][16]) {
    return (group){affine(g.a, table), affine(g.b, table), affine(g.c, table), affine(g.d, table)};
}

static inline group load_group(const uint8_t *in) {
    group g = {load(in), load(in + BLOCK), load(in + 2 * BLOCK), load(in + 3 * BLOCK)};
    return affine_group(transpose(g), aesni_state);
}

/* The words come out in reverse order (7.1). */
static inline void store_group(uint8_t *out, group g) {
    g = transpose((group){g.d, g.c, g.b, g.a});
    g = affine_group(g, aesni_back);
    store(out, g.a);
    store(out + BLOCK, g.b);
    store(out + 2 * BLOCK, g.c);
    store(out + 3 * BLOCK, g.d);
}

static inline void one_group(uint8_t *out, const uint8_t *in, const schedule *s) {
    group g = load_group(in);
    for (size_t i = 0; i < ROUNDS; i += 4) {
        four_rounds(&g, s->keys + i);
    }
    store_group(out, g);
}

static void make_schedule(schedule *s, const uint32_t round_keys[ROUNDS]) {
    const __m128i swap_bytes = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    for (size_t i = 0; i < ROUNDS; i += 4) {
        __m128i four = affine(_mm_shuffle_epi8(load(round_keys + i), swap_bytes), aesni_key);
        s->keys[i] = _mm_shuffle_epi32(four, 0x00);
        s->keys[i + 1] = _mm_shuffle_epi32(four, 0x55);
        s->keys[i + 2] = _mm_shuffle_epi32(four, 0xAA);
        s->keys[i + 3] = _mm_shuffle_epi32(four, 0xFF);
    }
}

/* One block after the other. The chain keeps the state's form. */
static void cbc_encrypt(const uint32_t round_keys[ROUNDS], uint8_t chain[BLOCK], uint8_t *out, const uint8_t *in,
                        size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    __m128i linked = affine(load(chain), aesni_state);
    for (size_t i = 0; i < block_count; i++) {
        linked = _mm_xor_si128(linked, affine(load(in + BLOCK * i), aesni_state));
        linked = encrypt_single(linked, &s);
        if (out != NULL) {
            store(out + BLOCK * i, affine(linked, aesni_back));
        }
    }
    store(chain, affine(linked, aesni_back));
    gmpki_cleanse(&s, sizeof s);
}

/* The S-box on the bytes of a word; with the word in all four columns ShiftRows changes nothing. */
static uint32_t substitute(uint32_t word) {
    __m128i z = affine(_mm_set1_epi32((int)word), aesni_key);
    __m128i s = affine(_mm_aesenclast_si128(z, _mm_setzero_si128()), aesni_substitute);
    return (uint32_t)_mm_cvtsi128_si32(s);
}

static void expand_key(uint32_t round_keys[ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    sm4_key_schedule(round_keys, raw, substitute);
}

#endif /* GMPKI_SRC_SM4_AESNI_H */
