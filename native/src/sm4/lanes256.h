/*
 * SM4 on vectors of 256 bits: eight blocks to a set, up to four sets at a time. What the kernels with AVX2 share.
 *
 * Register w of a set holds word w of eight blocks, bytes in the order of memory and in a form that the kernel chooses.
 * A lane of 128 bits never meets the other one: blocks 0, 2, 4 and 6 are in the low lane, the odd ones in the high one.
 * A round waits long for its own result, so as many sets are worked on side by side as keep the processor busy.
 *
 * A kernel defines before it includes this, all static inline and always inlined:
 *     schedule                               the round keys in the kernel's own form
 *     void make_schedule(s, round_keys)      makes it
 *     __m256i key256(s, round)               a round key in each word
 *     __m256i into_form256(v)                bytes into the form of the state
 *     __m256i out_of_form256(v)              and back
 *     __m256i round256(x0, z)                x0 ^ L(S(z)), all in the form of the state
 *     void few_blocks(out, in, count, s)     the kernel's way for FEW_BLOCKS blocks or less
 */
#ifndef GMPKI_SRC_SM4_LANES256_H
#define GMPKI_SRC_SM4_LANES256_H

#include <immintrin.h>

#include "common/bytes.h"
#include "sm4/sm4.h"

enum { PAIR = 2 * GMPKI_SM4_BLOCK_LEN, SET = 8, SET_LEN = SET * GMPKI_SM4_BLOCK_LEN, SETS = 4 };

/* Eight blocks: four registers, of words during the rounds, of two whole blocks each before and after. */
typedef struct set {
    __m256i a, b, c, d;
} set;

INLINE __m256i load_pair(const uint8_t *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

INLINE void store_pair(uint8_t *p, __m256i v) {
    _mm256_storeu_si256((__m256i *)(void *)p, v);
}

INLINE set load_set(const uint8_t *in) {
    return (set){load_pair(in), load_pair(in + PAIR), load_pair(in + 2 * PAIR), load_pair(in + 3 * PAIR)};
}

INLINE void store_set(uint8_t *out, set g) {
    store_pair(out, g.a);
    store_pair(out + PAIR, g.b);
    store_pair(out + 2 * PAIR, g.c);
    store_pair(out + 3 * PAIR, g.d);
}

/* In each lane four blocks into words, or words into blocks: a 4 x 4 transposition. */
INLINE set transpose256(set g) {
    __m256i ab_low = _mm256_unpacklo_epi32(g.a, g.b), ab_high = _mm256_unpackhi_epi32(g.a, g.b);
    __m256i cd_low = _mm256_unpacklo_epi32(g.c, g.d), cd_high = _mm256_unpackhi_epi32(g.c, g.d);
    return (set){_mm256_unpacklo_epi64(ab_low, cd_low), _mm256_unpackhi_epi64(ab_low, cd_low),
                 _mm256_unpacklo_epi64(ab_high, cd_high), _mm256_unpackhi_epi64(ab_high, cd_high)};
}

INLINE set into_words(set g) {
    g = transpose256(g);
    return (set){into_form256(g.a), into_form256(g.b), into_form256(g.c), into_form256(g.d)};
}

/* They come out in reverse order (7.1). */
INLINE set into_blocks(set g) {
    g = transpose256((set){g.d, g.c, g.b, g.a});
    return (set){out_of_form256(g.a), out_of_form256(g.b), out_of_form256(g.c), out_of_form256(g.d)};
}

INLINE set xor_sets(set g, set h) {
    return (set){_mm256_xor_si256(g.a, h.a), _mm256_xor_si256(g.b, h.b), _mm256_xor_si256(g.c, h.c),
                 _mm256_xor_si256(g.d, h.d)};
}

/* Two rounds (GB/T 32907-2016, 7.1), which share the sum of two words. */
INLINE void two_rounds256(__m256i *a, __m256i *b, __m256i c, __m256i d, __m256i key, __m256i next_key) {
    __m256i shared = _mm256_xor_si256(c, d);
    *a = round256(*a, _mm256_xor_si256(_mm256_xor_si256(*b, key), shared));
    *b = round256(*b, _mm256_xor_si256(_mm256_xor_si256(shared, next_key), *a));
}

INLINE void rounds_of_four_sets(set *p, set *q, set *r, set *t, const schedule *s) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        __m256i key = key256(s, i), next_key = key256(s, i + 1);
        two_rounds256(&p->a, &p->b, p->c, p->d, key, next_key);
        two_rounds256(&q->a, &q->b, q->c, q->d, key, next_key);
        two_rounds256(&r->a, &r->b, r->c, r->d, key, next_key);
        two_rounds256(&t->a, &t->b, t->c, t->d, key, next_key);
        key = key256(s, i + 2);
        next_key = key256(s, i + 3);
        two_rounds256(&p->c, &p->d, p->a, p->b, key, next_key);
        two_rounds256(&q->c, &q->d, q->a, q->b, key, next_key);
        two_rounds256(&r->c, &r->d, r->a, r->b, key, next_key);
        two_rounds256(&t->c, &t->d, t->a, t->b, key, next_key);
    }
}

INLINE void rounds_of_two_sets(set *p, set *q, const schedule *s) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        __m256i key = key256(s, i), next_key = key256(s, i + 1);
        two_rounds256(&p->a, &p->b, p->c, p->d, key, next_key);
        two_rounds256(&q->a, &q->b, q->c, q->d, key, next_key);
        key = key256(s, i + 2);
        next_key = key256(s, i + 3);
        two_rounds256(&p->c, &p->d, p->a, p->b, key, next_key);
        two_rounds256(&q->c, &q->d, q->a, q->b, key, next_key);
    }
}

INLINE void rounds_of_one_set(set *p, const schedule *s) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        two_rounds256(&p->a, &p->b, p->c, p->d, key256(s, i), key256(s, i + 1));
        two_rounds256(&p->c, &p->d, p->a, p->b, key256(s, i + 2), key256(s, i + 3));
    }
}

/* ---- blocks one by one ------------------------------------------------------------------ */

static void crypt_four_sets(uint8_t *out, const uint8_t *in, const schedule *s) {
    set p = into_words(load_set(in)), q = into_words(load_set(in + SET_LEN));
    set r = into_words(load_set(in + 2 * SET_LEN)), t = into_words(load_set(in + 3 * SET_LEN));
    rounds_of_four_sets(&p, &q, &r, &t, s);
    store_set(out, into_blocks(p));
    store_set(out + SET_LEN, into_blocks(q));
    store_set(out + 2 * SET_LEN, into_blocks(r));
    store_set(out + 3 * SET_LEN, into_blocks(t));
}

static void crypt_two_sets(uint8_t *out, const uint8_t *in, const schedule *s) {
    set p = into_words(load_set(in)), q = into_words(load_set(in + SET_LEN));
    rounds_of_two_sets(&p, &q, s);
    store_set(out, into_blocks(p));
    store_set(out + SET_LEN, into_blocks(q));
}

static void crypt_one_set(uint8_t *out, const uint8_t *in, const schedule *s) {
    set p = into_words(load_set(in));
    rounds_of_one_set(&p, s);
    store_set(out, into_blocks(p));
}

/* Less than four sets, in a buffer that has room for all. */
static void crypt_tail(uint8_t *out, const uint8_t *in, size_t block_count, const schedule *s) {
    uint8_t rest[SETS * SET_LEN];
    size_t len = GMPKI_SM4_BLOCK_LEN * block_count;
    zero_bytes(rest, sizeof rest);
    copy_bytes(rest, in, len);
    if (block_count > 2 * SET) {
        crypt_four_sets(rest, rest, s);
    } else if (block_count > SET) {
        crypt_two_sets(rest, rest, s);
    } else {
        crypt_one_set(rest, rest, s);
    }
    copy_bytes(out, rest, len);
    gmpki_cleanse(rest, sizeof rest);
}

static void crypt(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    for (; block_count >= SETS * SET; block_count -= SETS * SET) {
        crypt_four_sets(out, in, &s);
        in += SETS * SET_LEN;
        out += SETS * SET_LEN;
    }
    if (block_count > FEW_BLOCKS) {
        crypt_tail(out, in, block_count, &s);
    } else if (block_count != 0) {
        few_blocks(out, in, block_count, &s);
    }
    gmpki_cleanse(&s, sizeof s);
}

/* ---- counter mode ----------------------------------------------------------------------- */

/* The counter blocks as words, already in the form of the state. The lanes of word 3 differ, and nothing else. */
typedef struct counters {
    set words;     /* d: unused */
    __m256i first; /* the numbers of the set's eight blocks */
} counters;

INLINE set next_set(counters *c) {
    const __m256i swap =
        _mm256_broadcastsi128_si256(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    set g = c->words;
    g.d = into_form256(_mm256_shuffle_epi8(c->first, swap));
    c->first = _mm256_add_epi32(c->first, _mm256_set1_epi32(SET));
    return g;
}

INLINE counters start_counters(const uint8_t counter[GMPKI_SM4_BLOCK_LEN]) {
    const __m256i order = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
    __m256i block = into_form256(_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)counter)));
    counters c;
    c.words = (set){_mm256_shuffle_epi32(block, 0x00), _mm256_shuffle_epi32(block, 0x55),
                    _mm256_shuffle_epi32(block, 0xAA), block};
    c.first = _mm256_add_epi32(_mm256_set1_epi32((int)load_be32(counter + 12)), order);
    return c;
}

static void ctr_four_sets(uint8_t *out, const uint8_t *in, counters *c, const schedule *s) {
    set p = next_set(c), q = next_set(c), r = next_set(c), t = next_set(c);
    rounds_of_four_sets(&p, &q, &r, &t, s);
    store_set(out, xor_sets(into_blocks(p), load_set(in)));
    store_set(out + SET_LEN, xor_sets(into_blocks(q), load_set(in + SET_LEN)));
    store_set(out + 2 * SET_LEN, xor_sets(into_blocks(r), load_set(in + 2 * SET_LEN)));
    store_set(out + 3 * SET_LEN, xor_sets(into_blocks(t), load_set(in + 3 * SET_LEN)));
}

/* Less than four sets: their key stream, then the message. */
static void ctr_tail(uint8_t *out, const uint8_t *in, size_t block_count, counters *c, const schedule *s) {
    uint8_t stream[SETS * SET_LEN];
    set p = next_set(c);
    if (block_count <= SET) {
        rounds_of_one_set(&p, s);
        store_set(stream, into_blocks(p));
    } else {
        set q = next_set(c);
        rounds_of_two_sets(&p, &q, s);
        store_set(stream, into_blocks(p));
        store_set(stream + SET_LEN, into_blocks(q));
    }
    if (block_count > 2 * SET) {
        set r = next_set(c), t = next_set(c);
        rounds_of_two_sets(&r, &t, s);
        store_set(stream + 2 * SET_LEN, into_blocks(r));
        store_set(stream + 3 * SET_LEN, into_blocks(t));
    }
    sm4_xor(out, in, stream, GMPKI_SM4_BLOCK_LEN * block_count);
    gmpki_cleanse(stream, sizeof stream);
}

static void ctr(const uint32_t round_keys[GMPKI_SM4_ROUNDS], const uint8_t counter[GMPKI_SM4_BLOCK_LEN], uint8_t *out,
                const uint8_t *in, size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    if (block_count == 1) {
        uint8_t stream[GMPKI_SM4_BLOCK_LEN];
        few_blocks(stream, counter, 1, &s);
        sm4_xor(out, in, stream, sizeof stream);
        gmpki_cleanse(stream, sizeof stream);
        block_count = 0;
    }
    counters c = start_counters(counter);
    for (; block_count >= SETS * SET; block_count -= SETS * SET) {
        ctr_four_sets(out, in, &c, &s);
        in += SETS * SET_LEN;
        out += SETS * SET_LEN;
    }
    if (block_count != 0) {
        ctr_tail(out, in, block_count, &c, &s);
    }
    gmpki_cleanse(&s, sizeof s);
}

#endif /* GMPKI_SRC_SM4_LANES256_H */
