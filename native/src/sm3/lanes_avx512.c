/*
 * SM3 on 16 lanes with AVX-512, and the table of the backend. Only intrinsics: MemorySanitizer follows each of them.
 *
 * A round is 19 instructions and a word of the message 8 more, all of which run on any two of the four halves of the
 * vector unit, so that the hash is bound by how many there are, not by how they depend on each other.
 */
#include <immintrin.h>

#include "common/bytes.h"
#include "common/cpu.h"
#include "common/ct.h"
#include "sm3/compress_bmi2.h"
#include "sm3/sm3.h"

typedef __m512i vec;

enum { WIDTH = 16 };

#define vec_load(p) _mm512_loadu_si512(p)
#define vec_store(p, v) _mm512_storeu_si512((p), (v))
#define vec_add(a, b) _mm512_add_epi32((a), (b))
#define vec_xor(a, b) _mm512_xor_si512((a), (b))
#define vec_rol(v, n) _mm512_rol_epi32((v), (n))
#ifdef GMPKI_MSAN /* which does not know the next three: it reports their operands */
#define vec_xor3(a, b, c) vec_xor(vec_xor((a), (b)), (c))
#define vec_majority(a, b, c)                                                                                          \
    _mm512_or_si512(_mm512_and_si512((a), (b)), _mm512_and_si512((c), _mm512_or_si512((a), (b))))
#define vec_choose(a, b, c) vec_xor(_mm512_and_si512((a), vec_xor((b), (c))), (c))
#else
#define vec_xor3(a, b, c) _mm512_ternarylogic_epi32((a), (b), (c), 0x96)
#define vec_majority(a, b, c) _mm512_ternarylogic_epi32((a), (b), (c), 0xe8)
#define vec_choose(a, b, c) _mm512_ternarylogic_epi32((a), (b), (c), 0xca)
#endif
#define vec_broadcast(p) _mm512_set1_epi32((int)*(p))
#define VEC_ROL_ON(x, turned, n) vec_rol((x), (n))

#include "sm3/rounds.h"

/* Four lanes from the first one on: afterwards quarter q of r[i] has word 4q + i of each. A block is read in one piece,
 * since blocks of lanes that are a power of two apart drive each other from the cache. */
ROUNDS_INLINE void load_four(vec r[4], const uint8_t *const lanes[WIDTH], size_t first) {
    const vec order = _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    vec a = _mm512_shuffle_epi8(_mm512_loadu_si512(lanes[first]), order);
    vec b = _mm512_shuffle_epi8(_mm512_loadu_si512(lanes[first + 1]), order);
    vec c = _mm512_shuffle_epi8(_mm512_loadu_si512(lanes[first + 2]), order);
    vec d = _mm512_shuffle_epi8(_mm512_loadu_si512(lanes[first + 3]), order);
    vec ab_low = _mm512_unpacklo_epi32(a, b);
    vec ab_high = _mm512_unpackhi_epi32(a, b);
    vec cd_low = _mm512_unpacklo_epi32(c, d);
    vec cd_high = _mm512_unpackhi_epi32(c, d);
    r[0] = _mm512_unpacklo_epi64(ab_low, cd_low);
    r[1] = _mm512_unpackhi_epi64(ab_low, cd_low);
    r[2] = _mm512_unpacklo_epi64(ab_high, cd_high);
    r[3] = _mm512_unpackhi_epi64(ab_high, cd_high);
}

/* Word i of one block of each lane into w[i]. */
ROUNDS_INLINE void load_words(vec w[16], const uint8_t *const lanes[WIDTH]) {
    vec r[4][4];
    for (size_t k = 0; k < 4; k++) {
        load_four(r[k], lanes, 4 * k);
    }
    for (size_t i = 0; i < 4; i++) {
        vec early01 = _mm512_shuffle_i32x4(r[0][i], r[1][i], 0x44);
        vec late01 = _mm512_shuffle_i32x4(r[0][i], r[1][i], 0xee);
        vec early23 = _mm512_shuffle_i32x4(r[2][i], r[3][i], 0x44);
        vec late23 = _mm512_shuffle_i32x4(r[2][i], r[3][i], 0xee);
        w[i] = _mm512_shuffle_i32x4(early01, early23, 0x88);
        w[4 + i] = _mm512_shuffle_i32x4(early01, early23, 0xdd);
        w[8 + i] = _mm512_shuffle_i32x4(late01, late23, 0x88);
        w[12 + i] = _mm512_shuffle_i32x4(late01, late23, 0xdd);
    }
}

#include "sm3/lanes.h"

const sm3_backend sm3_avx512 = {
    .info = {.name = "avx512", .needs = CPU_X86_AVX512 | CPU_X86_AVX2 | CPU_X86_BMI2},
    .compress = compress_message,
    .lanes = WIDTH,
    .worth_lanes = 3,
    .compress_lanes = compress_lanes,
    .compress_words = compress_words,
};
