/*
 * SM4 with GFNI on 16 or 32 blocks, sliced by words: register w of a set holds word w of sixteen blocks, bytes in the
 * order of memory, in the form of the state that tools/sm4_affine.py explains. From round to round this is faster than
 * slices by bytes, and with more blocks slower: for short runs and what is left of long ones.
 */
#ifndef GMPKI_SRC_SM4_GFNI_WORDS_H
#define GMPKI_SRC_SM4_GFNI_WORDS_H

#include "sm4/gfni_schedule.h"

#define WORDS_INLINE static inline __attribute__((always_inline))

enum { SET = 16 /* blocks */, SET_QUAD = 4 /* blocks in a register, before and after the rounds */ };

/* Four registers: of words during the rounds, of four whole blocks each before and after. */
typedef struct set {
    __m512i a, b, c, d;
} set;

/* Round keys in the form of the state. */
typedef struct word_schedule {
    uint32_t keys[GMPKI_SM4_ROUNDS];
} word_schedule;

/* A rotation of words by bytes to the left is, in the order of memory, one of lanes to the right. */
#define WORDS_ROTATE(v, count) _mm512_ror_epi32((v), 8 * (count))

/*
 * A round (GB/T 32907-2016, 7.1): x0 + L(S(x1 + x2 + x3 + key)). With w = u + v, L = u + (w <<< 8) + (w <<< 16) +
 * (v <<< 24): three maps side by side end sooner than two and sums of them. x3 comes last, and joins last.
 */
WORDS_INLINE __m512i words_round(__m512i x0, __m512i x1, __m512i x2, __m512i x3, __m512i key) {
    __m512i z = _mm512_xor_si512(gfni_xor3_512(x1, x2, key), x3);
    __m512i u = GFNI_INVERT_512(z, GFNI_U);
    __m512i w = GFNI_INVERT_512(z, GFNI_W);
    __m512i v = GFNI_INVERT_512(z, GFNI_V);
    __m512i early = gfni_xor3_512(x0, u, WORDS_ROTATE(w, 1));
    return gfni_xor3_512(early, WORDS_ROTATE(w, 2), WORDS_ROTATE(v, 3));
}

WORDS_INLINE __m512i words_key(const word_schedule *s, size_t round) {
    return _mm512_set1_epi32((int)s->keys[round]);
}

WORDS_INLINE void rounds_of_one_set(set *p, const word_schedule *s) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        p->a = words_round(p->a, p->b, p->c, p->d, words_key(s, i));
        p->b = words_round(p->b, p->c, p->d, p->a, words_key(s, i + 1));
        p->c = words_round(p->c, p->d, p->a, p->b, words_key(s, i + 2));
        p->d = words_round(p->d, p->a, p->b, p->c, words_key(s, i + 3));
    }
}

WORDS_INLINE void rounds_of_two_sets(set *p, set *q, const word_schedule *s) {
    for (size_t i = 0; i < GMPKI_SM4_ROUNDS; i += 4) {
        p->a = words_round(p->a, p->b, p->c, p->d, words_key(s, i));
        q->a = words_round(q->a, q->b, q->c, q->d, words_key(s, i));
        p->b = words_round(p->b, p->c, p->d, p->a, words_key(s, i + 1));
        q->b = words_round(q->b, q->c, q->d, q->a, words_key(s, i + 1));
        p->c = words_round(p->c, p->d, p->a, p->b, words_key(s, i + 2));
        q->c = words_round(q->c, q->d, q->a, q->b, words_key(s, i + 2));
        p->d = words_round(p->d, p->a, p->b, p->c, words_key(s, i + 3));
        q->d = words_round(q->d, q->a, q->b, q->c, words_key(s, i + 3));
    }
}

/* In each lane of four blocks' words: a 4 x 4 transposition. */
WORDS_INLINE set words_transpose(set g) {
    __m512i ab_low = _mm512_unpacklo_epi32(g.a, g.b), ab_high = _mm512_unpackhi_epi32(g.a, g.b);
    __m512i cd_low = _mm512_unpacklo_epi32(g.c, g.d), cd_high = _mm512_unpackhi_epi32(g.c, g.d);
    return (set){_mm512_unpacklo_epi64(ab_low, cd_low), _mm512_unpackhi_epi64(ab_low, cd_low),
                 _mm512_unpacklo_epi64(ab_high, cd_high), _mm512_unpackhi_epi64(ab_high, cd_high)};
}

WORDS_INLINE set words_of_blocks(set g) {
    g = words_transpose(g);
    return (set){GFNI_AFFINE_512(g.a, GFNI_P), GFNI_AFFINE_512(g.b, GFNI_P), GFNI_AFFINE_512(g.c, GFNI_P),
                 GFNI_AFFINE_512(g.d, GFNI_P)};
}

/* Words back to blocks; they come out in reverse order (7.1). */
WORDS_INLINE set blocks_of_words(set g) {
    g = words_transpose((set){g.d, g.c, g.b, g.a});
    return (set){GFNI_AFFINE_512(g.a, GFNI_BACK), GFNI_AFFINE_512(g.b, GFNI_BACK), GFNI_AFFINE_512(g.c, GFNI_BACK),
                 GFNI_AFFINE_512(g.d, GFNI_BACK)};
}

/* Which words of the quad that starts at block from exist when there are block_count blocks. */
WORDS_INLINE __mmask16 quad_mask(size_t from, size_t block_count) {
    size_t blocks = block_count <= from ? 0 : block_count - from < SET_QUAD ? block_count - from : SET_QUAD;
    return (__mmask16)((1u << 4 * blocks) - 1);
}

/* Load or store the blocks that exist of the quad that starts at block from. */
WORDS_INLINE __m512i load_quad(const uint8_t *in, size_t from, size_t block_count) {
    return _mm512_maskz_loadu_epi32(quad_mask(from, block_count),
                                    in + GMPKI_SM4_BLOCK_LEN * (from < block_count ? from : 0));
}

WORDS_INLINE void store_quad(uint8_t *out, size_t from, size_t block_count, __m512i v) {
    _mm512_mask_storeu_epi32(out + GMPKI_SM4_BLOCK_LEN * (from < block_count ? from : 0), quad_mask(from, block_count),
                             v);
}

WORDS_INLINE set load_set(const uint8_t *in, size_t from, size_t block_count) {
    return (set){load_quad(in, from, block_count), load_quad(in, from + SET_QUAD, block_count),
                 load_quad(in, from + 2 * SET_QUAD, block_count), load_quad(in, from + 3 * SET_QUAD, block_count)};
}

WORDS_INLINE void store_set(uint8_t *out, size_t from, size_t block_count, set g) {
    store_quad(out, from, block_count, g.a);
    store_quad(out, from + SET_QUAD, block_count, g.b);
    store_quad(out, from + 2 * SET_QUAD, block_count, g.c);
    store_quad(out, from + 3 * SET_QUAD, block_count, g.d);
}

WORDS_INLINE set xor_set(set g, set h) {
    return (set){_mm512_xor_si512(g.a, h.a), _mm512_xor_si512(g.b, h.b), _mm512_xor_si512(g.c, h.c),
                 _mm512_xor_si512(g.d, h.d)};
}

/* Up to 32 blocks in words: p is the first sixteen, q the others; out come blocks. */
WORDS_INLINE void words_rounds(set *p, set *q, size_t block_count, const word_schedule *s) {
    if (block_count <= SET) {
        rounds_of_one_set(p, s);
    } else {
        rounds_of_two_sets(p, q, s);
        *q = blocks_of_words(*q);
    }
    *p = blocks_of_words(*p);
}

/* Up to 32 blocks to blocks. */
WORDS_INLINE void words_encrypt(set *p, set *q, size_t block_count, const word_schedule *s) {
    *p = words_of_blocks(*p);
    if (block_count > SET) {
        *q = words_of_blocks(*q);
    }
    words_rounds(p, q, block_count, s);
}

/* Sixteen counter blocks from number first on, as words: the lanes of word 3 differ, and nothing else. After
 * transposition, lane l of a word's quad i belongs to block 4 i + l. */
WORDS_INLINE set words_of_counters(const uint8_t counter[GMPKI_SM4_BLOCK_LEN], uint32_t first) {
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    __m512i block = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)counter));
    block = GFNI_AFFINE_512(block, GFNI_P);
    __m512i numbers = gfni_swap_bytes(_mm512_add_epi32(_mm512_set1_epi32((int)first), order));
    return (set){_mm512_shuffle_epi32(block, 0x00), _mm512_shuffle_epi32(block, 0x55),
                 _mm512_shuffle_epi32(block, 0xAA), GFNI_AFFINE_512(numbers, GFNI_P)};
}

#endif /* GMPKI_SRC_SM4_GFNI_WORDS_H */
