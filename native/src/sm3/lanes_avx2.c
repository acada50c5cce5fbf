/*
 * SM3 on 8 lanes with AVX2, and the table of the backend. A rotation is two shifts and their sum, but by eight bits one
 * shuffle; the words of the message stay in memory, for which there are too few registers.
 */
#include <immintrin.h>

#include "common/bytes.h"
#include "common/cpu.h"
#include "sm3/compress_bmi2.h"
#include "sm3/sm3.h"

typedef __m256i vec;

enum { WIDTH = 8 };

#define vec_load(p) _mm256_loadu_si256((const vec *)(p))
#define vec_store(p, v) _mm256_storeu_si256((vec *)(p), (v))
#define vec_add(a, b) _mm256_add_epi32((a), (b))
#define vec_xor(a, b) _mm256_xor_si256((a), (b))
#define vec_rol(v, n) vec_xor(_mm256_slli_epi32((v), (n)), _mm256_srli_epi32((v), 32 - (n)))
#define vec_xor3(a, b, c) vec_xor(vec_xor((a), (b)), (c))
#define vec_majority(a, b, c)                                                                                          \
    _mm256_or_si256(_mm256_and_si256((a), (b)), _mm256_and_si256((c), _mm256_or_si256((a), (b))))
#define vec_choose(a, b, c) vec_xor(_mm256_and_si256((a), vec_xor((b), (c))), (c))
#define vec_broadcast(p) _mm256_set1_epi32((int)*(p))
#define VEC_ROL_ON(x, turned, n) turn_byte(turned)

/* Each lane turned left by eight. */
static inline __attribute__((always_inline)) vec turn_byte(vec v) {
    const __m128i order = _mm_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3);
    return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(order));
}

#include "sm3/rounds.h"

#include "sm3/lanes_load.h"

ROUNDS_INLINE void load_words(vec w[16], const uint8_t *const lanes[WIDTH]) {
    UNROLL
    for (int i = 0; i < 16; i += 4) {
        load_eight_lanes(w + i, lanes, i);
    }
}

#include "sm3/lanes.h"

const sm3_backend sm3_avx2 = {
    .info = {.name = "avx2", .needs = CPU_X86_AVX2 | CPU_X86_BMI2},
    .compress = compress_message,
    .lanes = WIDTH,
    .worth_lanes = 3,
    .compress_lanes = compress_lanes,
    .compress_words = compress_words,
};
