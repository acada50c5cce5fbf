/*
 * SM4 in byte planes: register 4 w + j holds byte j of word w of as many blocks as a register has bytes.
 *
 * The rotations by whole bytes in L then cost nothing, they only name other registers: with two maps u and v of each
 * byte z of a round's sum and t[j] = u[j] ^ v[j+1], byte j of x0 receives t[j] ^ t[j+1] ^ t[j+2] (tools/sm4_affine.py
 * proves it for words). A round of all the blocks is ten sums for z, eight maps and fourteen sums after them; the price
 * is a transposition of 16 x 16 bytes before and after.
 *
 * A kernel defines before it includes this, all inline:
 *     vec, and PLANES_512 or PLANES_NEON where it is not __m256i but __m512i or uint8x16_t
 *     vec into_form(v), vec out_of_form(v)         bytes into the form of the state, and back
 *     void round_maps(vec *u, vec *v, vec z)       the two maps after the inversion of z
 */
#ifndef GMPKI_SRC_SM4_PLANES_H
#define GMPKI_SRC_SM4_PLANES_H

#include "common/bytes.h"
#include "sm4/sm4.h"

enum { PLANE = sizeof(vec), PLANES_LEN = PLANE * GMPKI_SM4_BLOCK_LEN, LANES = PLANE / GMPKI_SM4_BLOCK_LEN };

/* The vector instructions by width. EQUAL_BYTES and LESS_BYTES, unsigned, set all bits of a byte for which they hold.
 */
#if defined(PLANES_512)
#define VEC_XOR _mm512_xor_si512
#define VEC_LOAD(p) _mm512_loadu_si512(p)
#define VEC_STORE(p, v) _mm512_storeu_si512((p), (v))
#define ZIP_LOW_BYTES _mm512_unpacklo_epi8
#define ZIP_HIGH_BYTES _mm512_unpackhi_epi8
#define SET_FOUR_BYTES(four) _mm512_set1_epi32((int)(four))
#define SET_BYTES(byte) _mm512_set1_epi8((char)(byte))
#define ADD_BYTES _mm512_add_epi8
#define SUBTRACT_BYTES _mm512_sub_epi8
#define EQUAL_BYTES(x, y) _mm512_movm_epi8(_mm512_cmpeq_epi8_mask((x), (y)))
#define LESS_BYTES(x, y) _mm512_movm_epi8(_mm512_cmplt_epu8_mask((x), (y)))
#define AND_BYTES _mm512_and_si512
#elif defined(PLANES_NEON)
#define VEC_XOR veorq_u8
#define VEC_LOAD(p) vld1q_u8(p)
#define VEC_STORE(p, v) vst1q_u8((p), (v))
#define ZIP_LOW_BYTES vzip1q_u8
#define ZIP_HIGH_BYTES vzip2q_u8
#define SET_FOUR_BYTES(four) vreinterpretq_u8_u32(vdupq_n_u32(four))
#define SET_BYTES(byte) vdupq_n_u8((uint8_t)(byte))
#define ADD_BYTES vaddq_u8
#define SUBTRACT_BYTES vsubq_u8
#define EQUAL_BYTES vceqq_u8
#define LESS_BYTES vcltq_u8
#define AND_BYTES vandq_u8
#else
#define VEC_XOR _mm256_xor_si256
#define VEC_LOAD(p) _mm256_loadu_si256((const __m256i *)(const void *)(p))
#define VEC_STORE(p, v) _mm256_storeu_si256((__m256i *)(void *)(p), (v))
#define ZIP_LOW_BYTES _mm256_unpacklo_epi8
#define ZIP_HIGH_BYTES _mm256_unpackhi_epi8
#define SET_FOUR_BYTES(four) _mm256_set1_epi32((int)(four))
#define SET_BYTES(byte) _mm256_set1_epi8((char)(byte))
#define ADD_BYTES _mm256_add_epi8
#define SUBTRACT_BYTES _mm256_sub_epi8
#define EQUAL_BYTES _mm256_cmpeq_epi8
#define LESS_BYTES(x, y) _mm256_xor_si256(EQUAL_BYTES(_mm256_max_epu8((x), (y)), (x)), _mm256_set1_epi8(-1))
#define AND_BYTES _mm256_and_si256
#endif

/* A word of each block, byte 0 being the first in memory. */
typedef struct word {
    vec p0, p1, p2, p3;
} word;

typedef struct state {
    word words[4];
} state;

/* Round keys: each byte four times, so that a load can fill a vector with it. */
typedef struct plane_keys {
    uint32_t bytes[GMPKI_SM4_ROUNDS][4];
} plane_keys;

/* From keys already in the form of the state. */
static inline void make_plane_keys(plane_keys *keys, const uint32_t formed[GMPKI_SM4_ROUNDS]) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i++) {
        for (size_t j = 0; j < 4; j++) {
            keys->bytes[i][j] = 0x01010101u * (formed[i] >> 8 * j & 0xFF);
        }
    }
}

INLINE vec key_plane(const plane_keys *keys, size_t round, size_t byte) {
    return SET_FOUR_BYTES(keys->bytes[round][byte]);
}

/* ---- rounds ----------------------------------------------------------------------------- */

INLINE word xor_words(word x, word y) {
    return (word){VEC_XOR(x.p0, y.p0), VEC_XOR(x.p1, y.p1), VEC_XOR(x.p2, y.p2), VEC_XOR(x.p3, y.p3)};
}

/* x0 ^ L(S(z)). */
INLINE word plane_round(word x0, word z) {
    vec u0, u1, u2, u3, v0, v1, v2, v3;
    round_maps(&u0, &v0, z.p0);
    round_maps(&u1, &v1, z.p1);
    round_maps(&u2, &v2, z.p2);
    round_maps(&u3, &v3, z.p3);
    vec t0 = VEC_XOR(u0, v1), t1 = VEC_XOR(u1, v2), t2 = VEC_XOR(u2, v3), t3 = VEC_XOR(u3, v0);
    vec first = VEC_XOR(t0, t1), second = VEC_XOR(t2, t3);
    return (word){VEC_XOR(VEC_XOR(x0.p0, t2), first), VEC_XOR(VEC_XOR(x0.p1, t1), second),
                  VEC_XOR(VEC_XOR(x0.p2, t0), second), VEC_XOR(VEC_XOR(x0.p3, t3), first)};
}

/*
 * All rounds (GB/T 32907-2016, 7.1). The state does not fit into sixteen registers beside what a round needs: only the
 * newest word, for which the next round waits, stays in registers, the others are read from memory.
 */
INLINE void plane_rounds(word words[4], const plane_keys *keys) {
    word newest = words[3];
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i++) {
        const word key = {key_plane(keys, i, 0), key_plane(keys, i, 1), key_plane(keys, i, 2), key_plane(keys, i, 3)};
        word known = xor_words(xor_words(words[(i + 1) % 4], key), words[(i + 2) % 4]);
        newest = plane_round(words[i % 4], xor_words(known, newest));
        words[i % 4] = newest;
    }
}

/* ---- blocks into planes and back -------------------------------------------------------- */

/* Sixteen registers change places with the sixteen bytes of each lane: an interleaving rotates the eight bits that
 * number registers and bytes, and four of them exchange the halves. Its own inverse. */
#define INTERLEAVE(y, x)                                                                                               \
    vec y##0 = ZIP_LOW_BYTES(x##0, x##8), y##1 = ZIP_HIGH_BYTES(x##0, x##8);                                           \
    vec y##2 = ZIP_LOW_BYTES(x##1, x##9), y##3 = ZIP_HIGH_BYTES(x##1, x##9);                                           \
    vec y##4 = ZIP_LOW_BYTES(x##2, x##10), y##5 = ZIP_HIGH_BYTES(x##2, x##10);                                         \
    vec y##6 = ZIP_LOW_BYTES(x##3, x##11), y##7 = ZIP_HIGH_BYTES(x##3, x##11);                                         \
    vec y##8 = ZIP_LOW_BYTES(x##4, x##12), y##9 = ZIP_HIGH_BYTES(x##4, x##12);                                         \
    vec y##10 = ZIP_LOW_BYTES(x##5, x##13), y##11 = ZIP_HIGH_BYTES(x##5, x##13);                                       \
    vec y##12 = ZIP_LOW_BYTES(x##6, x##14), y##13 = ZIP_HIGH_BYTES(x##6, x##14);                                       \
    vec y##14 = ZIP_LOW_BYTES(x##7, x##15), y##15 = ZIP_HIGH_BYTES(x##7, x##15)

INLINE state transpose_bytes(state s) {
    vec x0 = s.words[0].p0, x1 = s.words[0].p1, x2 = s.words[0].p2, x3 = s.words[0].p3, x4 = s.words[1].p0,
        x5 = s.words[1].p1, x6 = s.words[1].p2, x7 = s.words[1].p3;
    vec x8 = s.words[2].p0, x9 = s.words[2].p1, x10 = s.words[2].p2, x11 = s.words[2].p3, x12 = s.words[3].p0,
        x13 = s.words[3].p1, x14 = s.words[3].p2, x15 = s.words[3].p3;
    INTERLEAVE(y, x);
    INTERLEAVE(z, y);
    INTERLEAVE(v, z);
    INTERLEAVE(w, v);
    return (state){{{w0, w1, w2, w3}, {w4, w5, w6, w7}, {w8, w9, w10, w11}, {w12, w13, w14, w15}}};
}

INLINE word load_word(const uint8_t *in) {
    return (word){into_form(VEC_LOAD(in)), into_form(VEC_LOAD(in + PLANE)), into_form(VEC_LOAD(in + 2 * PLANE)),
                  into_form(VEC_LOAD(in + 3 * PLANE))};
}

INLINE state load_state(const uint8_t *in) {
    return transpose_bytes(
        (state){{load_word(in), load_word(in + 4 * PLANE), load_word(in + 8 * PLANE), load_word(in + 12 * PLANE)}});
}

/* The words come out in reverse order (7.1). */
INLINE state leave_planes(state s) {
    return transpose_bytes((state){{s.words[3], s.words[2], s.words[1], s.words[0]}});
}

INLINE void store_word(uint8_t *out, word w) {
    VEC_STORE(out, out_of_form(w.p0));
    VEC_STORE(out + PLANE, out_of_form(w.p1));
    VEC_STORE(out + 2 * PLANE, out_of_form(w.p2));
    VEC_STORE(out + 3 * PLANE, out_of_form(w.p3));
}

INLINE void xor_word(uint8_t *out, const uint8_t *in, word w) {
    VEC_STORE(out, VEC_XOR(out_of_form(w.p0), VEC_LOAD(in)));
    VEC_STORE(out + PLANE, VEC_XOR(out_of_form(w.p1), VEC_LOAD(in + PLANE)));
    VEC_STORE(out + 2 * PLANE, VEC_XOR(out_of_form(w.p2), VEC_LOAD(in + 2 * PLANE)));
    VEC_STORE(out + 3 * PLANE, VEC_XOR(out_of_form(w.p3), VEC_LOAD(in + 3 * PLANE)));
}

INLINE void store_state(uint8_t *out, state s) {
    s = leave_planes(s);
    store_word(out, s.words[0]);
    store_word(out + 4 * PLANE, s.words[1]);
    store_word(out + 8 * PLANE, s.words[2]);
    store_word(out + 12 * PLANE, s.words[3]);
}

INLINE void xor_state(uint8_t *out, const uint8_t *in, state s) {
    s = leave_planes(s);
    xor_word(out, in, s.words[0]);
    xor_word(out + 4 * PLANE, in + 4 * PLANE, s.words[1]);
    xor_word(out + 8 * PLANE, in + 8 * PLANE, s.words[2]);
    xor_word(out + 12 * PLANE, in + 12 * PLANE, s.words[3]);
}

/* PLANE blocks. */
INLINE void crypt_planes(uint8_t *out, const uint8_t *in, const plane_keys *keys) {
    state s = load_state(in);
    plane_rounds(s.words, keys);
    store_state(out, s);
}

/* ---- counters --------------------------------------------------------------------------- */

/* The bytes of the counter block that stay, in the form of the state, each four times. */
typedef struct fixed_planes {
    uint32_t bytes[12];
} fixed_planes;

/* From the counter block in the form of the state. */
INLINE void make_fixed_planes(fixed_planes *f, const uint8_t formed[GMPKI_SM4_BLOCK_LEN]) {
    for (size_t i = 0; i < 12; i++) {
        f->bytes[i] = 0x01010101u * formed[i];
    }
}

INLINE vec fixed_plane(const fixed_planes *f, size_t byte) {
    return SET_FOUR_BYTES(f->bytes[byte]);
}

INLINE word fixed_word(const fixed_planes *f, size_t w) {
    return (word){fixed_plane(f, 4 * w), fixed_plane(f, 4 * w + 1), fixed_plane(f, 4 * w + 2),
                  fixed_plane(f, 4 * w + 3)};
}

/*
 * The last word of the counter blocks from number first on. Byte n of lane l belongs to block LANES n + l, as the
 * transposition would put it. A carry is a plane with all bits set where there is one: taking it away adds 1.
 */
INLINE word counter_word(uint32_t first, vec offsets) {
    const vec zero = VEC_XOR(offsets, offsets);
    vec p3 = ADD_BYTES(SET_BYTES(first & 0xFF), offsets);
    vec carry = LESS_BYTES(p3, offsets);
    vec p2 = SUBTRACT_BYTES(SET_BYTES(first >> 8 & 0xFF), carry);
    carry = AND_BYTES(carry, EQUAL_BYTES(p2, zero));
    vec p1 = SUBTRACT_BYTES(SET_BYTES(first >> 16 & 0xFF), carry);
    carry = AND_BYTES(carry, EQUAL_BYTES(p1, zero));
    vec p0 = SUBTRACT_BYTES(SET_BYTES(first >> 24), carry);
    return (word){into_form(p0), into_form(p1), into_form(p2), into_form(p3)};
}

/* The key stream of PLANE counter blocks over in. */
INLINE void ctr_planes(uint8_t *out, const uint8_t *in, const fixed_planes *f, uint32_t first, vec offsets,
                       const plane_keys *keys) {
    state s = {{fixed_word(f, 0), fixed_word(f, 1), fixed_word(f, 2), counter_word(first, offsets)}};
    plane_rounds(s.words, keys);
    xor_state(out, in, s);
}

#endif /* GMPKI_SRC_SM4_PLANES_H */
