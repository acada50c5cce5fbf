/*
 * SM4 on vectors of 256 bits: what the kernels with AVX2 share. Thirty-two blocks at a time are worked on in byte
 * planes (planes.h), the rest in sets of eight.
 *
 * Register w of a set holds word w of eight blocks, bytes in the order of memory and in the form of the state. A lane
 * of 128 bits never meets the other one: blocks 0, 2, 4 and 6 are in the low lane, the odd ones in the high one.
 *
 * A kernel defines before it includes this, all inline:
 *     vec                                    __m256i
 *     schedule                               the round keys in the kernel's own form, round_keys in the standard's
 *     void make_schedule(s, round_keys)      makes it
 *     void make_planes(keys, s)              the same as planes
 *     vec key256(s, round)                   a round key in each word
 *     vec into_form(v), vec out_of_form(v)   bytes into the form of the state, and back
 *     void round_maps(vec *u, vec *v, vec z) see planes.h
 *     vec round256(x0, z)                    x0 ^ L(S(z)) on words
 *     void few_blocks(out, in, count, s)     the kernel's way for FEW_BLOCKS blocks or less
 */
#ifndef GMPKI_SRC_SM4_LANES256_H
#define GMPKI_SRC_SM4_LANES256_H

#include <immintrin.h>

#include "common/bytes.h"
#include "sm4/planes.h"
#include "sm4/sm4.h"

enum { PAIR = 2 * GMPKI_SM4_BLOCK_LEN, SET = 8, SET_LEN = SET * GMPKI_SM4_BLOCK_LEN };

/* Eight blocks: four registers, of words during the rounds, of two whole blocks each before and after. */
typedef struct set {
    vec a, b, c, d;
} set;

INLINE set load_set(const uint8_t *in) {
    return (set){VEC_LOAD(in), VEC_LOAD(in + PAIR), VEC_LOAD(in + 2 * PAIR), VEC_LOAD(in + 3 * PAIR)};
}

INLINE void store_set(uint8_t *out, set g) {
    VEC_STORE(out, g.a);
    VEC_STORE(out + PAIR, g.b);
    VEC_STORE(out + 2 * PAIR, g.c);
    VEC_STORE(out + 3 * PAIR, g.d);
}

/* In each lane four blocks into words, or words into blocks: a 4 x 4 transposition. */
INLINE set transpose_words(set g) {
    vec ab_low = _mm256_unpacklo_epi32(g.a, g.b), ab_high = _mm256_unpackhi_epi32(g.a, g.b);
    vec cd_low = _mm256_unpacklo_epi32(g.c, g.d), cd_high = _mm256_unpackhi_epi32(g.c, g.d);
    return (set){_mm256_unpacklo_epi64(ab_low, cd_low), _mm256_unpackhi_epi64(ab_low, cd_low),
                 _mm256_unpacklo_epi64(ab_high, cd_high), _mm256_unpackhi_epi64(ab_high, cd_high)};
}

INLINE set into_words(set g) {
    g = transpose_words(g);
    return (set){into_form(g.a), into_form(g.b), into_form(g.c), into_form(g.d)};
}

/* They come out in reverse order (7.1). */
INLINE set into_blocks(set g) {
    g = transpose_words((set){g.d, g.c, g.b, g.a});
    return (set){out_of_form(g.a), out_of_form(g.b), out_of_form(g.c), out_of_form(g.d)};
}

/* One round (GB/T 32907-2016, 7.1). The word that the round before made comes last. */
INLINE vec round_of_set(vec a, vec b, vec c, vec newest, vec key) {
    return round256(a, _mm256_xor_si256(_mm256_xor_si256(_mm256_xor_si256(b, key), c), newest));
}

INLINE void four_rounds_of_set(set *p, const schedule *s, size_t round) {
    p->a = round_of_set(p->a, p->b, p->c, p->d, key256(s, round));
    p->b = round_of_set(p->b, p->c, p->d, p->a, key256(s, round + 1));
    p->c = round_of_set(p->c, p->d, p->a, p->b, key256(s, round + 2));
    p->d = round_of_set(p->d, p->a, p->b, p->c, key256(s, round + 3));
}

INLINE void rounds_of_one_set(set *p, const schedule *s) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        four_rounds_of_set(p, s, i);
    }
}

INLINE void rounds_of_two_sets(set *p, set *q, const schedule *s) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        four_rounds_of_set(p, s, i);
        four_rounds_of_set(q, s, i);
    }
}

/* ---- blocks one by one ------------------------------------------------------------------ */

/* Up to sixteen blocks, in place. */
INLINE void crypt_sets(uint8_t *blocks, size_t block_count, const schedule *s) {
    set p = into_words(load_set(blocks));
    if (block_count <= SET) {
        rounds_of_one_set(&p, s);
    } else {
        set q = into_words(load_set(blocks + SET_LEN));
        rounds_of_two_sets(&p, &q, s);
        store_set(blocks + SET_LEN, into_blocks(q));
    }
    store_set(blocks, into_blocks(p));
}

static void crypt_rest(uint8_t *out, const uint8_t *in, size_t block_count, const schedule *s) {
    uint8_t rest[PLANES_LEN];
    size_t len = GMPKI_SM4_BLOCK_LEN * block_count;
    copy_bytes(rest, in, len);
    zero_bytes(rest + len, sizeof rest - len);
    crypt_sets(rest, block_count, s);
    copy_bytes(out, rest, len);
    gmpki_cleanse(rest, sizeof rest);
}

static void crypt_many(uint8_t *out, const uint8_t *in, size_t block_count, const schedule *s) {
    plane_keys keys;
    make_planes(&keys, s);
    for (; block_count >= PLANE; block_count -= PLANE) {
        crypt_planes(out, in, &keys);
        in += PLANES_LEN;
        out += PLANES_LEN;
    }
    if (block_count > 2 * SET) {
        uint8_t rest[PLANES_LEN];
        size_t len = GMPKI_SM4_BLOCK_LEN * block_count;
        copy_bytes(rest, in, len);
        zero_bytes(rest + len, sizeof rest - len);
        crypt_planes(rest, rest, &keys);
        copy_bytes(out, rest, len);
        gmpki_cleanse(rest, sizeof rest);
    } else if (block_count != 0) {
        crypt_rest(out, in, block_count, s);
    }
    gmpki_cleanse(&keys, sizeof keys);
}

static void crypt(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    if (block_count > 2 * SET) {
        crypt_many(out, in, block_count, &s);
    } else if (block_count > FEW_BLOCKS) {
        crypt_rest(out, in, block_count, &s);
    } else if (block_count != 0) {
        few_blocks(out, in, block_count, &s);
    }
    gmpki_cleanse(&s, sizeof s);
}

/* ---- counter mode ----------------------------------------------------------------------- */

/* Up to sixteen counter blocks: encrypted as they stand in memory. */
static void ctr_rest(uint8_t *out, const uint8_t *in, const uint8_t counter[GMPKI_SM4_BLOCK_LEN], uint32_t first,
                     size_t block_count, const schedule *s) {
    const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
    uint8_t stream[2 * SET_LEN];
    __m128i block = _mm_loadu_si128((const __m128i *)(const void *)counter);
    block = _mm_insert_epi32(block, (int)first, 3);
    for (size_t i = 0; i < 2 * SET; i++) {
        _mm_storeu_si128((__m128i *)(void *)(stream + GMPKI_SM4_BLOCK_LEN * i), _mm_shuffle_epi8(block, swap));
        block = _mm_add_epi32(block, _mm_set_epi32(1, 0, 0, 0));
    }
    if (block_count > FEW_BLOCKS) {
        crypt_sets(stream, block_count, s);
    } else {
        few_blocks(stream, stream, block_count, s);
    }
    sm4_xor(out, in, stream, GMPKI_SM4_BLOCK_LEN * block_count);
    gmpki_cleanse(stream, sizeof stream);
}

INLINE void fix_counter(fixed_planes *f, const uint8_t counter[GMPKI_SM4_BLOCK_LEN]) {
    uint8_t formed[PAIR];
    vec block = into_form(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)counter)));
    VEC_STORE(formed, block);
    make_fixed_planes(f, formed);
    gmpki_cleanse(formed, sizeof formed);
}

static void ctr_many(uint8_t *out, const uint8_t *in, const uint8_t counter[GMPKI_SM4_BLOCK_LEN], size_t block_count,
                     const schedule *s) {
    const vec offsets = _mm256_set_epi8(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1, 30, 28, 26, 24, 22,
                                        20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    uint32_t first = load_be32(counter + 12);
    plane_keys keys;
    fixed_planes fixed;
    make_planes(&keys, s);
    fix_counter(&fixed, counter);
    for (; block_count >= PLANE; block_count -= PLANE) {
        ctr_planes(out, in, &fixed, first, offsets, &keys);
        first += PLANE;
        in += PLANES_LEN;
        out += PLANES_LEN;
    }
    if (block_count > 2 * SET) {
        uint8_t rest[PLANES_LEN];
        size_t len = GMPKI_SM4_BLOCK_LEN * block_count;
        copy_bytes(rest, in, len);
        zero_bytes(rest + len, sizeof rest - len);
        ctr_planes(rest, rest, &fixed, first, offsets, &keys);
        copy_bytes(out, rest, len);
        gmpki_cleanse(rest, sizeof rest);
    } else if (block_count != 0) {
        ctr_rest(out, in, counter, first, block_count, s);
    }
    gmpki_cleanse(&keys, sizeof keys);
    gmpki_cleanse(&fixed, sizeof fixed);
}

static void ctr(const uint32_t round_keys[GMPKI_SM4_ROUNDS], const uint8_t counter[GMPKI_SM4_BLOCK_LEN], uint8_t *out,
                const uint8_t *in, size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    if (block_count > 2 * SET) {
        ctr_many(out, in, counter, block_count, &s);
    } else if (block_count != 0) {
        ctr_rest(out, in, counter, load_be32(counter + 12), block_count, &s);
    }
    gmpki_cleanse(&s, sizeof s);
}

#endif /* GMPKI_SRC_SM4_LANES256_H */
