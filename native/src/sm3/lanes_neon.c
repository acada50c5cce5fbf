/*
 * SM3 on 4 lanes with NEON, and the table of the backend; one message alone goes through the portable code, which a
 * processor without SM3 instructions runs as fast.
 *
 * Correct under emulation (make qemu); its speed has not been measured.
 */
#include <arm_neon.h>

#include "common/bytes.h"
#include "common/cpu.h"
#include "sm3/sm3.h"

typedef uint32x4_t vec;

enum { WIDTH = 4 };

#define vec_load(p) vld1q_u32(p)
#define vec_store(p, v) vst1q_u32((p), (v))
#define vec_add(a, b) vaddq_u32((a), (b))
#define vec_xor(a, b) veorq_u32((a), (b))
#define vec_rol(v, n) vsriq_n_u32(vshlq_n_u32((v), (n)), (v), 32 - (n))
#define vec_xor3(a, b, c) vec_xor(vec_xor((a), (b)), (c))
#define vec_majority(a, b, c) vbslq_u32(vec_xor((a), (b)), (c), (a))
#define vec_choose(a, b, c) vbslq_u32((a), (b), (c))
#define vec_broadcast(p) vld1q_dup_u32(p)
#define VEC_ROL_ON(x, turned, n) vec_rol((x), (n))

#include "sm3/rounds.h"

/* Words first .. first + 3 of one block of each lane, in the order of numbers: a 4 x 4 transposition. */
ROUNDS_INLINE void load_four(vec w[16], const uint8_t *const lanes[WIDTH], int first) {
    uint32x4_t r[WIDTH];
    for (int i = 0; i < WIDTH; i++) {
        r[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(lanes[i] + 4 * first)));
    }
    uint32x4x2_t upper = vtrnq_u32(r[0], r[1]), lower = vtrnq_u32(r[2], r[3]);
    w[first] = vcombine_u32(vget_low_u32(upper.val[0]), vget_low_u32(lower.val[0]));
    w[first + 1] = vcombine_u32(vget_low_u32(upper.val[1]), vget_low_u32(lower.val[1]));
    w[first + 2] = vcombine_u32(vget_high_u32(upper.val[0]), vget_high_u32(lower.val[0]));
    w[first + 3] = vcombine_u32(vget_high_u32(upper.val[1]), vget_high_u32(lower.val[1]));
}

ROUNDS_INLINE void load_words(vec w[16], const uint8_t *const lanes[WIDTH]) {
    for (int i = 0; i < 16; i += 4) {
        load_four(w, lanes, i);
    }
}

#include "sm3/lanes.h"

static void compress_message(uint32_t state[8], const uint8_t *blocks, size_t count) {
    sm3_portable.compress(state, blocks, count);
}

const sm3_backend sm3_neon = {
    .info = {.name = "neon", .needs = CPU_ARM_NEON},
    .compress = compress_message,
    .lanes = WIDTH,
    .worth_lanes = 3,
    .compress_lanes = compress_lanes,
    .compress_words = compress_words,
};
