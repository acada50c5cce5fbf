/*
 * The compression function of SM3 (GB/T 32905-2016, 5.3.3) with the SM3 instructions of ARMv8.2.
 *
 * Registers A .. D stand in one vector and E .. H in another, the first of each in the highest lane: SM3TT1 and SM3TT2
 * do a round's two halves and move all lanes down by one place, SM3SS1 gives what both need. SM3PARTW1 and SM3PARTW2
 * expand the message by four words.
 *
 * Correct under emulation (make qemu); its speed has not been measured.
 *
 * CT: only these instructions on data; indices are round numbers.
 */
#include <arm_neon.h>

#include "common/cpu.h"
#include "sm3/sm3.h"

#define INLINE static inline __attribute__((always_inline))

/* T_j <<< j (4.2): the first of sixteen rounds, from which each next one is rotated by one; and of the others. */
static const uint32_t t_early = 0x79cc4519, t_late = 0x9d8a7a87; /* 0x7a879d8a <<< 16 */

INLINE uint32_t rotate_one(uint32_t t) {
    return t << 1 | t >> 31;
}

typedef struct registers {
    uint32x4_t abcd, efgh;
} registers;

/* A lane of w (W_j) and w_prime (W'_j) is named by a constant, so rounds are macros. */
#define ROUND(kind, lane)                                                                                              \
    do {                                                                                                               \
        uint32x4_t ss1 = vsm3ss1q_u32(r.abcd, r.efgh, vdupq_n_u32(t));                                                 \
        r.abcd = vsm3tt1##kind##q_u32(r.abcd, ss1, w_prime, lane);                                                     \
        r.efgh = vsm3tt2##kind##q_u32(r.efgh, ss1, w, lane);                                                           \
        t = rotate_one(t);                                                                                             \
    } while (0)

/* Rounds 0 .. 15: FF and GG are exclusive or (4.3). */
INLINE registers four_early(registers r, uint32_t t, uint32x4_t w, uint32x4_t w_prime) {
    ROUND(a, 0);
    ROUND(a, 1);
    ROUND(a, 2);
    ROUND(a, 3);
    return r;
}

/* Rounds 16 .. 63: FF is the majority, GG chooses. */
INLINE registers four_late(registers r, uint32_t t, uint32x4_t w, uint32x4_t w_prime) {
    ROUND(b, 0);
    ROUND(b, 1);
    ROUND(b, 2);
    ROUND(b, 3);
    return r;
}

/* Words 16 .. 19 from words 0 .. 15 (5.3.2 b). */
INLINE uint32x4_t expand(uint32x4_t w0, uint32x4_t w4, uint32x4_t w8, uint32x4_t w12) {
    uint32x4_t mixed = vsm3partw1q_u32(w0, vextq_u32(w4, w8, 3), w12);
    return vsm3partw2q_u32(mixed, vextq_u32(w8, w12, 2), vextq_u32(w0, w4, 3));
}

INLINE uint32x4_t load_words(const uint8_t *p) {
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p)));
}

INLINE uint32x4_t reverse_words(uint32x4_t v) {
    uint32x4_t halves = vrev64q_u32(v);
    return vextq_u32(halves, halves, 2);
}

static void compress_armv8(uint32_t state[8], const uint8_t *blocks, size_t count) {
    registers sum = {reverse_words(vld1q_u32(state)), reverse_words(vld1q_u32(state + 4))};
    for (; count != 0; count--, blocks += GMPKI_SM3_BLOCK_LEN) {
        registers r = sum;
        uint32x4_t w0 = load_words(blocks), w4 = load_words(blocks + 16);
        uint32x4_t w8 = load_words(blocks + 32), w12 = load_words(blocks + 48);
        uint32_t t = t_early;
        for (int j = 0; j < 64; j += 4) {
            uint32x4_t w16 = expand(w0, w4, w8, w12);
            if (j < 16) {
                r = four_early(r, t, w0, veorq_u32(w0, w4));
            } else {
                r = four_late(r, t, w0, veorq_u32(w0, w4));
            }
            t = j == 12 ? t_late : t << 4 | t >> 28;
            w0 = w4;
            w4 = w8;
            w8 = w12;
            w12 = w16;
        }
        sum = (registers){veorq_u32(sum.abcd, r.abcd), veorq_u32(sum.efgh, r.efgh)};
    }
    vst1q_u32(state, reverse_words(sum.abcd));
    vst1q_u32(state + 4, reverse_words(sum.efgh));
}

const sm3_backend sm3_armv8 = {
    .info = {.name = "armv8", .needs = CPU_ARM_SM3},
    .compress = compress_armv8,
};
