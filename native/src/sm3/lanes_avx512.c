/*
 * SM3 on 16 lanes with AVX-512, and the table of the backend. Only intrinsics: MemorySanitizer follows each of them.
 *
 * A round is 19 instructions and a word of the message 8 more, all of which run on any two of the four halves of the
 * vector unit, so that the hash is bound by how many there are, not by how they depend on each other.
 */
#include <immintrin.h>

#include "common/bytes.h"
#include "common/cpu.h"
#include "sm3/compress_bmi2.h"
#include "sm3/sm3.h"

typedef __m512i vec;

enum { WIDTH = 16, BLOCK = GMPKI_SM3_BLOCK_LEN };

#define vec_add(a, b) _mm512_add_epi32((a), (b))
#define vec_xor(a, b) _mm512_xor_si512((a), (b))
#define vec_rol(v, n) _mm512_rol_epi32((v), (n))
#define vec_xor3(a, b, c) _mm512_ternarylogic_epi32((a), (b), (c), 0x96)
#define vec_majority(a, b, c) _mm512_ternarylogic_epi32((a), (b), (c), 0xe8)
#define vec_choose(a, b, c) _mm512_ternarylogic_epi32((a), (b), (c), 0xca)
#define vec_broadcast(p) _mm512_set1_epi32((int)*(p))
#define VEC_ROL_ON(x, turned, n) vec_rol((x), (n))

#include "sm3/rounds.h"

/* Words q, 4 + q, 8 + q, 12 + q of lanes 4r .. 4r + 3 come together when four registers of one r are interleaved; so a
 * register begins as one quarter of the block of four lanes, r apart. */
ROUNDS_INLINE vec quarter(const uint8_t *const lanes[WIDTH], size_t r, size_t q) {
    const size_t at = 16 * q;
    vec v = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)(lanes[r] + at)));
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(lanes[4 + r] + at)), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(lanes[8 + r] + at)), 2);
    return _mm512_inserti32x4(v, _mm_loadu_si128((const __m128i *)(lanes[12 + r] + at)), 3);
}

/* Word i of one block of each lane into w[i], in the order of numbers. */
ROUNDS_INLINE void load_words(vec w[16], const uint8_t *const lanes[WIDTH]) {
    const vec order = _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    for (size_t q = 0; q < 4; q++) {
        vec a = quarter(lanes, 0, q);
        vec b = quarter(lanes, 1, q);
        vec c = quarter(lanes, 2, q);
        vec d = quarter(lanes, 3, q);
        vec ab_low = _mm512_unpacklo_epi32(a, b);
        vec ab_high = _mm512_unpackhi_epi32(a, b);
        vec cd_low = _mm512_unpacklo_epi32(c, d);
        vec cd_high = _mm512_unpackhi_epi32(c, d);
        w[4 * q] = _mm512_shuffle_epi8(_mm512_unpacklo_epi64(ab_low, cd_low), order);
        w[4 * q + 1] = _mm512_shuffle_epi8(_mm512_unpackhi_epi64(ab_low, cd_low), order);
        w[4 * q + 2] = _mm512_shuffle_epi8(_mm512_unpacklo_epi64(ab_high, cd_high), order);
        w[4 * q + 3] = _mm512_shuffle_epi8(_mm512_unpackhi_epi64(ab_high, cd_high), order);
    }
}

static void compress_lanes(sm3_lanes *state, const uint8_t *const blocks[], size_t count, size_t used) {
    const uint8_t *lanes[WIDTH];
    vec s[8];
    vec w[16];
    for (size_t l = 0; l < WIDTH; l++) {
        lanes[l] = blocks[l < used ? l : 0];
    }
    for (int i = 0; i < 8; i++) {
        s[i] = _mm512_loadu_si512(state->words[i]);
    }
    for (; count != 0; count--) {
        load_words(w, lanes);
        compress_vectors(s, w);
        for (size_t l = 0; l < WIDTH; l++) {
            lanes[l] += BLOCK;
        }
    }
    for (int i = 0; i < 8; i++) {
        _mm512_storeu_si512(state->words[i], s[i]);
    }
}

static void compress_words(sm3_lanes *state, const sm3_lane_blocks *block, size_t used) {
    vec s[8];
    vec w[16];
    (void)used;
    for (int i = 0; i < 8; i++) {
        s[i] = _mm512_loadu_si512(state->words[i]);
    }
    for (int i = 0; i < 16; i++) {
        w[i] = _mm512_loadu_si512(block->words[i]);
    }
    compress_vectors(s, w);
    for (int i = 0; i < 8; i++) {
        _mm512_storeu_si512(state->words[i], s[i]);
    }
}

const sm3_backend sm3_avx512 = {
    .info = {.name = "avx512", .needs = CPU_X86_AVX512 | CPU_X86_AVX2 | CPU_X86_BMI2},
    .compress = compress_message,
    .lanes = WIDTH,
    .worth_lanes = 3,
    .compress_lanes = compress_lanes,
    .compress_words = compress_words,
};
