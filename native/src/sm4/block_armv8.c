/*
 * SM4 with the SM4 instructions of ARMv8.2: SM4E does four rounds of one block, SM4EKEY makes four round keys. Up to
 * eight blocks at a time, because the next SM4E of a block waits for the one before.
 *
 * Correct under emulation (make qemu); its speed has not been measured.
 */
#include <arm_neon.h>

#include "common/bytes.h"
#include "common/cpu.h"
#include "sm4/key_schedule.h"
#include "sm4/sm4.h"

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, ROUNDS = GMPKI_SM4_ROUNDS, QUADS = ROUNDS / 4, GROUP = 8 };

/* Eight blocks as words. */
typedef struct group {
    uint32x4_t a, b, c, d, e, f, g, h;
} group;

typedef struct schedule {
    uint32x4_t keys[QUADS];
} schedule;

INLINE void make_schedule(schedule *s, const uint32_t round_keys[ROUNDS]) {
    for (size_t i = 0; i < QUADS; i++) {
        s->keys[i] = vld1q_u32(round_keys + 4 * i);
    }
}

INLINE uint32x4_t load_block(const uint8_t *in) {
    return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(in)));
}

/* The words come out in reverse order (GB/T 32907-2016, 7.1): so all sixteen bytes do, each word being reversed too. */
INLINE uint8x16_t leave_words(uint32x4_t block) {
    uint8x16_t halves = vrev64q_u8(vreinterpretq_u8_u32(block));
    return vextq_u8(halves, halves, 8);
}

INLINE uint32x4_t encrypt_single(uint32x4_t block, const schedule *s) {
    for (size_t i = 0; i < QUADS; i++) {
        block = vsm4eq_u32(block, s->keys[i]);
    }
    return block;
}

INLINE group encrypt_group(group g, const schedule *s) {
    for (size_t i = 0; i < QUADS; i++) {
        uint32x4_t keys = s->keys[i];
        g.a = vsm4eq_u32(g.a, keys);
        g.b = vsm4eq_u32(g.b, keys);
        g.c = vsm4eq_u32(g.c, keys);
        g.d = vsm4eq_u32(g.d, keys);
        g.e = vsm4eq_u32(g.e, keys);
        g.f = vsm4eq_u32(g.f, keys);
        g.g = vsm4eq_u32(g.g, keys);
        g.h = vsm4eq_u32(g.h, keys);
    }
    return g;
}

INLINE group load_group(const uint8_t *in) {
    return (group){load_block(in),
                   load_block(in + BLOCK),
                   load_block(in + 2 * BLOCK),
                   load_block(in + 3 * BLOCK),
                   load_block(in + 4 * BLOCK),
                   load_block(in + 5 * BLOCK),
                   load_block(in + 6 * BLOCK),
                   load_block(in + 7 * BLOCK)};
}

INLINE void store_group(uint8_t *out, group g) {
    vst1q_u8(out, leave_words(g.a));
    vst1q_u8(out + BLOCK, leave_words(g.b));
    vst1q_u8(out + 2 * BLOCK, leave_words(g.c));
    vst1q_u8(out + 3 * BLOCK, leave_words(g.d));
    vst1q_u8(out + 4 * BLOCK, leave_words(g.e));
    vst1q_u8(out + 5 * BLOCK, leave_words(g.f));
    vst1q_u8(out + 6 * BLOCK, leave_words(g.g));
    vst1q_u8(out + 7 * BLOCK, leave_words(g.h));
}

static void crypt(const uint32_t round_keys[ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    for (; block_count >= GROUP; block_count -= GROUP) {
        store_group(out, encrypt_group(load_group(in), &s));
        in += GROUP * BLOCK;
        out += GROUP * BLOCK;
    }
    if (block_count == 1) {
        vst1q_u8(out, leave_words(encrypt_single(load_block(in), &s)));
    } else if (block_count != 0) {
        uint8_t rest[GROUP * BLOCK] = {0};
        copy_bytes(rest, in, BLOCK * block_count);
        store_group(rest, encrypt_group(load_group(rest), &s));
        copy_bytes(out, rest, BLOCK * block_count);
        gmpki_cleanse(rest, sizeof rest);
    }
    gmpki_cleanse(&s, sizeof s);
}

/* ---- counter mode ----------------------------------------------------------------------- */

/* The counter block n places on, as words. */
INLINE uint32x4_t counter_block(uint32x4_t first, uint32_t n) {
    return vaddq_u32(first, vsetq_lane_u32(n, vdupq_n_u32(0), 3));
}

INLINE group counter_group(uint32x4_t first) {
    return (group){first,
                   counter_block(first, 1),
                   counter_block(first, 2),
                   counter_block(first, 3),
                   counter_block(first, 4),
                   counter_block(first, 5),
                   counter_block(first, 6),
                   counter_block(first, 7)};
}

INLINE void xor_block(uint8_t *out, const uint8_t *in, uint32x4_t stream) {
    vst1q_u8(out, veorq_u8(vld1q_u8(in), leave_words(stream)));
}

INLINE void xor_group(uint8_t *out, const uint8_t *in, group g) {
    xor_block(out, in, g.a);
    xor_block(out + BLOCK, in + BLOCK, g.b);
    xor_block(out + 2 * BLOCK, in + 2 * BLOCK, g.c);
    xor_block(out + 3 * BLOCK, in + 3 * BLOCK, g.d);
    xor_block(out + 4 * BLOCK, in + 4 * BLOCK, g.e);
    xor_block(out + 5 * BLOCK, in + 5 * BLOCK, g.f);
    xor_block(out + 6 * BLOCK, in + 6 * BLOCK, g.g);
    xor_block(out + 7 * BLOCK, in + 7 * BLOCK, g.h);
}

static void ctr(const uint32_t round_keys[ROUNDS], const uint8_t counter[BLOCK], uint8_t *out, const uint8_t *in,
                size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    uint32x4_t first = load_block(counter);
    for (; block_count >= GROUP; block_count -= GROUP) {
        xor_group(out, in, encrypt_group(counter_group(first), &s));
        first = counter_block(first, GROUP);
        in += GROUP * BLOCK;
        out += GROUP * BLOCK;
    }
    for (; block_count != 0; block_count--) {
        xor_block(out, in, encrypt_single(first, &s));
        first = counter_block(first, 1);
        in += BLOCK;
        out += BLOCK;
    }
    gmpki_cleanse(&s, sizeof s);
}

/* ---- what needs the block before, and keys ---------------------------------------------- */

static void cbc_encrypt(const uint32_t round_keys[ROUNDS], uint8_t chain[BLOCK], uint8_t *out, const uint8_t *in,
                        size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    uint8x16_t linked = vld1q_u8(chain);
    for (size_t i = 0; i < block_count; i++) {
        uint8x16_t block = vrev32q_u8(veorq_u8(linked, vld1q_u8(in + BLOCK * i)));
        linked = leave_words(encrypt_single(vreinterpretq_u32_u8(block), &s));
        if (out != NULL) {
            vst1q_u8(out + BLOCK * i, linked);
        }
    }
    vst1q_u8(chain, linked);
    gmpki_cleanse(&s, sizeof s);
}

/* GB/T 32907-2016, 7.3: four round keys are the words that the next four start from. */
static void expand_key(uint32_t round_keys[ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    static const uint32_t family_key[4] = {0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC}; /* FK, 7.3 a */
    uint32x4_t k = veorq_u32(load_block(raw), vld1q_u32(family_key));
    for (uint32_t i = 0; i < ROUNDS; i += 4) {
        const uint32_t constants[4] = {sm4_constant_key(i), sm4_constant_key(i + 1), sm4_constant_key(i + 2),
                                       sm4_constant_key(i + 3)};
        k = vsm4ekeyq_u32(k, vld1q_u32(constants));
        vst1q_u32(round_keys + i, k);
    }
}

const sm4_backend sm4_backend_armv8 = {
    .info = {"armv8", CPU_ARM_SM4 | CPU_ARM_PMULL},
    .expand_key = expand_key,
    .crypt = crypt,
    .cbc_encrypt = cbc_encrypt,
    .ctr = ctr,
    .ghash_init = sm4_ghash_init_pmull,
    .ghash = sm4_ghash_pmull,
};
