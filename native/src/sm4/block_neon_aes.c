/*
 * SM4 with the AES instructions of ARMv8, for processors that have these but not the SM4 instructions: sixteen blocks
 * at a time in byte planes (planes.h), four blocks or less in words. AESE does the inversion and TBL the affine maps,
 * nibble by nibble: a lookup in a register, which takes the same time for every index. The form of the state is
 * that of aesni.h.
 *
 * Correct under emulation (make qemu); its speed has not been measured.
 */
#include <arm_neon.h>

#include "common/bytes.h"
#include "common/cpu.h"
#include "sm4/aesni_generated.h"
#include "sm4/key_schedule.h"
#include "sm4/sm4.h"

#define INLINE static inline __attribute__((always_inline))
#define PLANES_NEON

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, GROUP = 4, ROUNDS = GMPKI_SM4_ROUNDS };

typedef uint8x16_t vec;

/* Round keys in the form of the state. */
typedef struct schedule {
    uint32_t keys[ROUNDS];
} schedule;

/* A byte cut into its nibbles. */
typedef struct nibbles {
    vec low, high;
} nibbles;

INLINE nibbles cut(vec x) {
    return (nibbles){vandq_u8(x, vdupq_n_u8(0x0F)), vshrq_n_u8(x, 4)};
}

INLINE vec affine(nibbles n, const uint8_t table[2][16]) {
    return veorq_u8(vqtbl1q_u8(vld1q_u8(table[0]), n.low), vqtbl1q_u8(vld1q_u8(table[1]), n.high));
}

INLINE vec into_form(vec v) {
    return affine(cut(v), aesni_state);
}

INLINE vec out_of_form(vec v) {
    return affine(cut(v), aesni_back);
}

INLINE vec invert(vec z) {
    return vaeseq_u8(z, vdupq_n_u8(0));
}

static const uint8_t unshift[16] = {0, 13, 10, 7, 4, 1, 14, 11, 8, 5, 2, 15, 12, 9, 6, 3};

/* ShiftRows has moved the bytes of a plane from block to block. */
INLINE void round_maps(vec *u, vec *v, vec z) {
    nibbles n = cut(vqtbl1q_u8(invert(z), vld1q_u8(unshift)));
    *u = affine(n, aesni_u);
    *v = affine(n, aesni_v);
}

#include "sm4/planes.h"

static void make_schedule(schedule *s, const uint32_t round_keys[ROUNDS]) {
    for (size_t i = 0; i < ROUNDS; i += 4) {
        vec four = vrev32q_u8(vreinterpretq_u8_u32(vld1q_u32(round_keys + i)));
        vst1q_u32(s->keys + i, vreinterpretq_u32_u8(affine(cut(four), aesni_key)));
    }
}

/* ---- four blocks, or one ---------------------------------------------------------------- */

INLINE vec key_of(const schedule *s, size_t round) {
    return vreinterpretq_u8_u32(vdupq_n_u32(s->keys[round]));
}

/* Words rotated by bytes to the left are, in the order of memory, lanes rotated to the right. */
INLINE vec rotate_8(vec v) {
    static const uint8_t order[16] = {1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12};
    return vqtbl1q_u8(v, vld1q_u8(order));
}

INLINE vec rotate_16(vec v) {
    return vreinterpretq_u8_u16(vrev32q_u16(vreinterpretq_u16_u8(v)));
}

/* x0 ^ L(S(z)) on words: t = u + (v <<< 8), L = t + (t <<< 8) + (t <<< 16). */
INLINE vec word_round(vec x0, vec b, vec c, vec newest, vec key) {
    vec u, v;
    round_maps(&u, &v, veorq_u8(veorq_u8(veorq_u8(b, key), c), newest));
    vec t = veorq_u8(u, rotate_8(v));
    return veorq_u8(veorq_u8(x0, t), veorq_u8(rotate_8(t), rotate_16(t)));
}

typedef struct group {
    vec a, b, c, d;
} group;

INLINE group group_rounds(group g, const schedule *s) {
    for (size_t i = 0; i < ROUNDS; i += 4) {
        g.a = word_round(g.a, g.b, g.c, g.d, key_of(s, i));
        g.b = word_round(g.b, g.c, g.d, g.a, key_of(s, i + 1));
        g.c = word_round(g.c, g.d, g.a, g.b, key_of(s, i + 2));
        g.d = word_round(g.d, g.a, g.b, g.c, key_of(s, i + 3));
    }
    return g;
}

/* Four blocks in place. Loads and stores of four words at a time transpose; the words come out in reverse order. */
INLINE void crypt_group(uint8_t blocks[GROUP * BLOCK], const schedule *s) {
    uint32_t words[GROUP * BLOCK / 4];
    memcpy(words, blocks, sizeof words);
    uint32x4x4_t in = vld4q_u32(words);
    group g = {into_form(vreinterpretq_u8_u32(in.val[0])), into_form(vreinterpretq_u8_u32(in.val[1])),
               into_form(vreinterpretq_u8_u32(in.val[2])), into_form(vreinterpretq_u8_u32(in.val[3]))};
    g = group_rounds(g, s);
    uint32x4x4_t out = {{vreinterpretq_u32_u8(out_of_form(g.d)), vreinterpretq_u32_u8(out_of_form(g.c)),
                         vreinterpretq_u32_u8(out_of_form(g.b)), vreinterpretq_u32_u8(out_of_form(g.a))}};
    vst4q_u32(words, out);
    memcpy(blocks, words, sizeof words);
    gmpki_cleanse(words, sizeof words);
}

/* Up to sixteen blocks, in place. keys is made where there are more than four. */
INLINE void crypt_rest(uint8_t blocks[PLANES_LEN], size_t block_count, const schedule *s, const plane_keys *keys) {
    if (block_count <= GROUP) {
        crypt_group(blocks, s);
    } else {
        crypt_planes(blocks, blocks, keys);
    }
}

static void crypt(const uint32_t round_keys[ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    schedule s;
    plane_keys keys;
    make_schedule(&s, round_keys);
    if (block_count > GROUP) {
        make_plane_keys(&keys, s.keys);
    }
    for (; block_count >= PLANE; block_count -= PLANE) {
        crypt_planes(out, in, &keys);
        in += PLANES_LEN;
        out += PLANES_LEN;
    }
    if (block_count != 0) {
        uint8_t rest[PLANES_LEN] = {0};
        copy_bytes(rest, in, BLOCK * block_count);
        crypt_rest(rest, block_count, &s, &keys);
        copy_bytes(out, rest, BLOCK * block_count);
        gmpki_cleanse(rest, sizeof rest);
    }
    gmpki_cleanse(&s, sizeof s);
    gmpki_cleanse(&keys, sizeof keys);
}

static void ctr(const uint32_t round_keys[ROUNDS], const uint8_t counter[BLOCK], uint8_t *out, const uint8_t *in,
                size_t block_count) {
    static const uint8_t numbers[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    schedule s;
    plane_keys keys;
    fixed_planes fixed;
    uint8_t formed[BLOCK];
    uint32_t first = load_be32(counter + 12);
    make_schedule(&s, round_keys);
    make_plane_keys(&keys, s.keys);
    vst1q_u8(formed, into_form(vld1q_u8(counter)));
    make_fixed_planes(&fixed, formed);
    for (; block_count >= PLANE; block_count -= PLANE) {
        ctr_planes(out, in, &fixed, first, vld1q_u8(numbers), &keys);
        first += PLANE;
        in += PLANES_LEN;
        out += PLANES_LEN;
    }
    if (block_count != 0) {
        uint8_t rest[PLANES_LEN] = {0};
        for (size_t i = 0; i < GROUP; i++) {
            copy_bytes(rest + BLOCK * i, counter, BLOCK - 4);
            store_be32(rest + BLOCK * i + BLOCK - 4, first + (uint32_t)i);
        }
        if (block_count <= GROUP) {
            crypt_group(rest, &s);
            sm4_xor(out, in, rest, BLOCK * block_count);
        } else {
            copy_bytes(rest, in, BLOCK * block_count);
            ctr_planes(rest, rest, &fixed, first, vld1q_u8(numbers), &keys);
            copy_bytes(out, rest, BLOCK * block_count);
        }
        gmpki_cleanse(rest, sizeof rest);
    }
    gmpki_cleanse(&s, sizeof s);
    gmpki_cleanse(&keys, sizeof keys);
    gmpki_cleanse(&fixed, sizeof fixed);
    gmpki_cleanse(formed, sizeof formed);
}

/* ---- what needs the block before, and keys ---------------------------------------------- */

/* One block after the other: its words stand in all four places of the registers. The chain keeps the state's form. */
static void cbc_encrypt(const uint32_t round_keys[ROUNDS], uint8_t chain[BLOCK], uint8_t *out, const uint8_t *in,
                        size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    uint32x4_t linked = vreinterpretq_u32_u8(into_form(vld1q_u8(chain)));
    for (size_t i = 0; i < block_count; i++) {
        linked = veorq_u32(linked, vreinterpretq_u32_u8(into_form(vld1q_u8(in + BLOCK * i))));
        group g = {vreinterpretq_u8_u32(vdupq_laneq_u32(linked, 0)), vreinterpretq_u8_u32(vdupq_laneq_u32(linked, 1)),
                   vreinterpretq_u8_u32(vdupq_laneq_u32(linked, 2)), vreinterpretq_u8_u32(vdupq_laneq_u32(linked, 3))};
        g = group_rounds(g, &s);
        uint32x4_t first = vzip1q_u32(vreinterpretq_u32_u8(g.d), vreinterpretq_u32_u8(g.c));
        uint32x4_t last = vzip1q_u32(vreinterpretq_u32_u8(g.b), vreinterpretq_u32_u8(g.a));
        linked = vcombine_u32(vget_low_u32(first), vget_low_u32(last));
        if (out != NULL) {
            vst1q_u8(out + BLOCK * i, out_of_form(vreinterpretq_u8_u32(linked)));
        }
    }
    vst1q_u8(chain, out_of_form(vreinterpretq_u8_u32(linked)));
    gmpki_cleanse(&s, sizeof s);
}

/* The S-box on the bytes of a word w; with it in all four columns ShiftRows changes nothing. */
static uint32_t substitute(uint32_t w) {
    vec z = affine(cut(vreinterpretq_u8_u32(vdupq_n_u32(w))), aesni_key);
    return vgetq_lane_u32(vreinterpretq_u32_u8(affine(cut(invert(z)), aesni_substitute)), 0);
}

static void expand_key(uint32_t round_keys[ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    sm4_key_schedule(round_keys, raw, substitute);
}

const sm4_backend sm4_backend_neon_aes = {
    .info = {"neon-aes", CPU_ARM_AES | CPU_ARM_PMULL},
    .expand_key = expand_key,
    .crypt = crypt,
    .cbc_encrypt = cbc_encrypt,
    .ctr = ctr,
    .ghash_init = sm4_ghash_init_pmull,
    .ghash = sm4_ghash_pmull,
};
