/*
 * SM3 on 16 lanes with AVX-512, and the table of the backend. Only intrinsics: MemorySanitizer follows each of them.
 *
 * The lanes are two halves of 256 bits that go through every step together. With vectors of 512 bits the instructions
 * would be half as many, but where the vector units are 256 bits wide each one keeps two units for two cycles, and the
 * chain of a round, eight steps, then takes 13 cycles instead of 8 (Zen 4); two chains of halves fill the same units.
 */
#include <immintrin.h>

#include "common/bytes.h"
#include "common/cpu.h"
#include "common/ct.h"
#include "sm3/compress_bmi2.h"
#include "sm3/sm3.h"

typedef struct vec {
    __m256i low;
    __m256i high;
} vec;

enum { WIDTH = 16, HALF = 8 };

#define VECTOR_INLINE static inline __attribute__((always_inline))

#define XOR(a, b) _mm256_xor_si256((a), (b))
#ifdef GMPKI_MSAN /* which does not know the next three: it reports their operands; nor does it assembly */
#define XOR3(a, b, c) XOR(XOR((a), (b)), (c))
#define MAJORITY(a, b, c) _mm256_or_si256(_mm256_and_si256((a), (b)), _mm256_and_si256((c), _mm256_or_si256((a), (b))))
#define CHOOSE(a, b, c) XOR(_mm256_and_si256((a), XOR((b), (c))), (c))
#define IN_THIS_ORDER(v) ((void)0)
#else
#define XOR3(a, b, c) _mm256_ternarylogic_epi32((a), (b), (c), 0x96)
#define MAJORITY(a, b, c) _mm256_ternarylogic_epi32((a), (b), (c), 0xe8)
#define CHOOSE(a, b, c) _mm256_ternarylogic_epi32((a), (b), (c), 0xca)
#define IN_THIS_ORDER(v) __asm__ volatile("" : "+v"((v).low), "+v"((v).high))
#endif

VECTOR_INLINE vec vec_add(vec a, vec b) {
    return (vec){_mm256_add_epi32(a.low, b.low), _mm256_add_epi32(a.high, b.high)};
}

VECTOR_INLINE vec vec_xor(vec a, vec b) {
    return (vec){XOR(a.low, b.low), XOR(a.high, b.high)};
}

VECTOR_INLINE vec vec_xor3(vec a, vec b, vec c) {
    return (vec){XOR3(a.low, b.low, c.low), XOR3(a.high, b.high, c.high)};
}

VECTOR_INLINE vec vec_majority(vec a, vec b, vec c) {
    return (vec){MAJORITY(a.low, b.low, c.low), MAJORITY(a.high, b.high, c.high)};
}

VECTOR_INLINE vec vec_choose(vec a, vec b, vec c) {
    return (vec){CHOOSE(a.low, b.low, c.low), CHOOSE(a.high, b.high, c.high)};
}

VECTOR_INLINE vec vec_broadcast(const uint32_t *p) {
    __m256i word = _mm256_set1_epi32((int)*p);
    return (vec){word, word};
}

VECTOR_INLINE vec vec_load(const uint32_t words[WIDTH]) {
    return (vec){_mm256_loadu_si256((const __m256i *)(const void *)words),
                 _mm256_loadu_si256((const __m256i *)(const void *)(words + HALF))};
}

VECTOR_INLINE void vec_store(uint32_t words[WIDTH], vec v) {
    _mm256_storeu_si256((__m256i *)(void *)words, v.low);
    _mm256_storeu_si256((__m256i *)(void *)(words + HALF), v.high);
}

/* The count has to be a constant where the instruction is. */
#define vec_rol(v, n) ((vec){_mm256_rol_epi32((v).low, (n)), _mm256_rol_epi32((v).high, (n))})
#define VEC_ROL_ON(x, turned, n) vec_rol((x), (n))

#include "sm3/rounds.h"

#include "sm3/lanes_load.h"

/* Word i of one block of each lane into w[i]. One half after the other, since blocks of lanes that are a power of two
 * apart share eight places of the cache. */
VECTOR_INLINE void load_words(vec w[16], const uint8_t *const lanes[WIDTH]) {
    __m256i four[4];
    UNROLL
    for (int i = 0; i < 16; i += 4) {
        load_eight_lanes(four, lanes, i);
        UNROLL
        for (int k = 0; k < 4; k++) {
            w[i + k].low = four[k];
        }
    }
    UNROLL
    for (int i = 0; i < 16; i += 4) {
        load_eight_lanes(four, lanes + HALF, i);
        UNROLL
        for (int k = 0; k < 4; k++) {
            w[i + k].high = four[k];
        }
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
