/*
 * SM4 with GFNI and AVX-512: sixteen blocks to a set, up to four sets at a time, and one block alone as fast as it
 * goes.
 *
 * Register w of a set holds word w of sixteen blocks, bytes in the order of memory, each byte in the form P x that
 * tools/sm4_affine.py explains: the words of a round add up to the input of the inversion, and the two maps after it
 * contain the rotation by two bits of L. A round is two GFNI instructions, three rotations by bytes and five sums.
 *
 * Only intrinsics: MemorySanitizer has to follow every instruction (see gfni.h).
 */
#include "sm4/gfni.h"

#include "common/bytes.h"
#include "common/cpu.h"
#include "sm4/gfni_generated.h"
#include "sm4/key_schedule.h"
#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, QUAD = 4, SET = 4 * QUAD, SETS = 4, ROUNDS = GMPKI_SM4_ROUNDS };

#define INLINE static inline __attribute__((always_inline))

/* Sixteen blocks: four registers, of words during the rounds, of four whole blocks each before and after. */
typedef struct set {
    __m512i a, b, c, d;
} set;

/* Round keys in the form of the state. */
typedef struct schedule {
    uint32_t keys[ROUNDS];
} schedule;

INLINE __m512i swap_bytes(__m512i v) {
    return _mm512_shuffle_epi8(
        v, _mm512_broadcast_i32x4(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3)));
}

static void make_schedule(schedule *s, const uint32_t round_keys[ROUNDS]) {
    for (size_t i = 0; i < ROUNDS; i += 16) {
        __m512i keys = swap_bytes(_mm512_loadu_si512(round_keys + i));
        _mm512_storeu_si512(s->keys + i, GFNI_AFFINE_512(keys, GFNI_KEY));
    }
}

/* ---- one block -------------------------------------------------------------------------- */

/* A rotation of words by bytes to the left is, in the order of memory, one of lanes to the right. */
#define ROTATE_BYTES_128(v, count) _mm_ror_epi32((v), 8 * (count))

/*
 * x0 ^ L(S(z)) in the form of the state, where the next round waits for nothing but this: with w = u + v, L = u +
 * (w <<< 8) + (w <<< 16) + (v <<< 24), and three maps side by side end sooner than two and sums of them.
 */
INLINE __m128i latency_round(__m128i x0, __m128i z) {
    __m128i u = GFNI_INVERT_128(z, GFNI_U);
    __m128i v = GFNI_INVERT_128(z, GFNI_V);
    __m128i w = GFNI_INVERT_128(z, GFNI_W);
    __m128i early = gfni_xor3_128(x0, u, ROTATE_BYTES_128(w, 1));
    return gfni_xor3_128(early, ROTATE_BYTES_128(w, 2), ROTATE_BYTES_128(v, 3));
}

INLINE __m128i single_key(const schedule *s, size_t round) {
    return _mm_set1_epi32((int)s->keys[round]);
}

/* One block in the form of the state. */
INLINE __m128i encrypt_single(__m128i block, const schedule *s) {
    __m128i a = _mm_shuffle_epi32(block, 0x00), b = _mm_shuffle_epi32(block, 0x55);
    __m128i c = _mm_shuffle_epi32(block, 0xAA), d = _mm_shuffle_epi32(block, 0xFF);
    for (size_t i = 0; i < ROUNDS; i += 4) {
        /* The words known earlier are added up first, the newest last. */
        a = latency_round(a, _mm_xor_si128(gfni_xor3_128(b, c, single_key(s, i)), d));
        b = latency_round(b, _mm_xor_si128(gfni_xor3_128(c, d, single_key(s, i + 1)), a));
        c = latency_round(c, _mm_xor_si128(gfni_xor3_128(d, a, single_key(s, i + 2)), b));
        d = latency_round(d, _mm_xor_si128(gfni_xor3_128(a, b, single_key(s, i + 3)), c));
    }
    return _mm_unpacklo_epi64(_mm_unpacklo_epi32(d, c), _mm_unpacklo_epi32(b, a));
}

/* ---- many blocks ------------------------------------------------------------------------ */

#define ROTATE_BYTES(v, count) _mm512_ror_epi32((v), 8 * (count))

/* x0 ^ L(S(z)) in the form of the state: t = u + (v <<< 8), L = t + (t <<< 8) + (t <<< 16). */
INLINE __m512i round_function(__m512i x0, __m512i z) {
    __m512i u = GFNI_INVERT_512(z, GFNI_U);
    __m512i v = GFNI_INVERT_512(z, GFNI_V);
    __m512i t = _mm512_xor_si512(u, ROTATE_BYTES(v, 1));
    return gfni_xor3_512(_mm512_xor_si512(x0, t), ROTATE_BYTES(t, 1), ROTATE_BYTES(t, 2));
}

/* Two rounds (GB/T 32907-2016, 7.1), which share the sum of two words. */
INLINE void two_rounds(__m512i *a, __m512i *b, __m512i c, __m512i d, __m512i key, __m512i next_key) {
    __m512i shared = _mm512_xor_si512(c, d);
    *a = round_function(*a, gfni_xor3_512(*b, shared, key));
    *b = round_function(*b, gfni_xor3_512(shared, *a, next_key));
}

INLINE __m512i key_of(const schedule *s, size_t round) {
    return _mm512_set1_epi32((int)s->keys[round]);
}

INLINE void rounds_of_four_sets(set *p, set *q, set *r, set *t, const schedule *s) {
    for (size_t i = 0; i < ROUNDS; i += 4) {
        __m512i key = key_of(s, i), next_key = key_of(s, i + 1);
        two_rounds(&p->a, &p->b, p->c, p->d, key, next_key);
        two_rounds(&q->a, &q->b, q->c, q->d, key, next_key);
        two_rounds(&r->a, &r->b, r->c, r->d, key, next_key);
        two_rounds(&t->a, &t->b, t->c, t->d, key, next_key);
        key = key_of(s, i + 2);
        next_key = key_of(s, i + 3);
        two_rounds(&p->c, &p->d, p->a, p->b, key, next_key);
        two_rounds(&q->c, &q->d, q->a, q->b, key, next_key);
        two_rounds(&r->c, &r->d, r->a, r->b, key, next_key);
        two_rounds(&t->c, &t->d, t->a, t->b, key, next_key);
    }
}

INLINE void rounds_of_one_set(set *p, const schedule *s) {
    for (size_t i = 0; i < ROUNDS; i += 4) {
        two_rounds(&p->a, &p->b, p->c, p->d, key_of(s, i), key_of(s, i + 1));
        two_rounds(&p->c, &p->d, p->a, p->b, key_of(s, i + 2), key_of(s, i + 3));
    }
}

/* In each lane of four blocks' words: a 4 x 4 transposition. */
INLINE set transpose(set g) {
    __m512i ab_low = _mm512_unpacklo_epi32(g.a, g.b), ab_high = _mm512_unpackhi_epi32(g.a, g.b);
    __m512i cd_low = _mm512_unpacklo_epi32(g.c, g.d), cd_high = _mm512_unpackhi_epi32(g.c, g.d);
    return (set){_mm512_unpacklo_epi64(ab_low, cd_low), _mm512_unpackhi_epi64(ab_low, cd_low),
                 _mm512_unpacklo_epi64(ab_high, cd_high), _mm512_unpackhi_epi64(ab_high, cd_high)};
}

INLINE set into_form(set g) {
    return (set){GFNI_AFFINE_512(g.a, GFNI_P), GFNI_AFFINE_512(g.b, GFNI_P), GFNI_AFFINE_512(g.c, GFNI_P),
                 GFNI_AFFINE_512(g.d, GFNI_P)};
}

/* Words back to blocks; they come out in reverse order (7.1). */
INLINE set into_blocks(set g) {
    g = transpose((set){g.d, g.c, g.b, g.a});
    return (set){GFNI_AFFINE_512(g.a, GFNI_BACK), GFNI_AFFINE_512(g.b, GFNI_BACK), GFNI_AFFINE_512(g.c, GFNI_BACK),
                 GFNI_AFFINE_512(g.d, GFNI_BACK)};
}

/* Which words of the quad that starts at block from exist when there are block_count blocks. */
INLINE __mmask16 quad_mask(size_t from, size_t block_count) {
    size_t blocks = block_count <= from ? 0 : block_count - from < QUAD ? block_count - from : QUAD;
    return (__mmask16)((1u << 4 * blocks) - 1);
}

/* Load or store the blocks that exist of the set that starts at block from. */
INLINE set load_set(const uint8_t *in, size_t from, size_t block_count) {
    const uint8_t *p = in + BLOCK * (from < block_count ? from : 0);
    return (set){_mm512_maskz_loadu_epi32(quad_mask(from, block_count), p),
                 _mm512_maskz_loadu_epi32(quad_mask(from + QUAD, block_count), p + BLOCK * QUAD),
                 _mm512_maskz_loadu_epi32(quad_mask(from + 2 * QUAD, block_count), p + 2 * BLOCK * QUAD),
                 _mm512_maskz_loadu_epi32(quad_mask(from + 3 * QUAD, block_count), p + 3 * BLOCK * QUAD)};
}

INLINE void store_set(uint8_t *out, size_t from, size_t block_count, set g) {
    uint8_t *p = out + BLOCK * (from < block_count ? from : 0);
    _mm512_mask_storeu_epi32(p, quad_mask(from, block_count), g.a);
    _mm512_mask_storeu_epi32(p + BLOCK * QUAD, quad_mask(from + QUAD, block_count), g.b);
    _mm512_mask_storeu_epi32(p + 2 * BLOCK * QUAD, quad_mask(from + 2 * QUAD, block_count), g.c);
    _mm512_mask_storeu_epi32(p + 3 * BLOCK * QUAD, quad_mask(from + 3 * QUAD, block_count), g.d);
}

INLINE void crypt_four_sets(uint8_t *out, const uint8_t *in, size_t block_count, const schedule *s) {
    set p = into_form(transpose(load_set(in, 0, block_count)));
    set q = into_form(transpose(load_set(in, SET, block_count)));
    set r = into_form(transpose(load_set(in, 2 * SET, block_count)));
    set t = into_form(transpose(load_set(in, 3 * SET, block_count)));
    rounds_of_four_sets(&p, &q, &r, &t, s);
    store_set(out, 0, block_count, into_blocks(p));
    store_set(out, SET, block_count, into_blocks(q));
    store_set(out, 2 * SET, block_count, into_blocks(r));
    store_set(out, 3 * SET, block_count, into_blocks(t));
}

static void crypt(const uint32_t round_keys[ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    for (; block_count >= SETS * SET; block_count -= SETS * SET) {
        crypt_four_sets(out, in, SETS * SET, &s);
        in += BLOCK * SETS * SET;
        out += BLOCK * SETS * SET;
    }
    if (block_count > SET) {
        crypt_four_sets(out, in, block_count, &s);
    } else if (block_count == 1) {
        __m128i block = GFNI_AFFINE_128(_mm_loadu_si128((const __m128i *)(const void *)in), GFNI_P);
        block = encrypt_single(block, &s);
        _mm_storeu_si128((__m128i *)(void *)out, GFNI_AFFINE_128(block, GFNI_BACK));
    } else if (block_count != 0) {
        set p = into_form(transpose(load_set(in, 0, block_count)));
        rounds_of_one_set(&p, &s);
        store_set(out, 0, block_count, into_blocks(p));
    }
    gmpki_cleanse(&s, sizeof s);
}

/* ---- counter mode ----------------------------------------------------------------------- */

/* The counter blocks as words, already in the form of the state. The lanes of word 3 differ, and nothing else. */
typedef struct counters {
    set words;     /* d: unused */
    __m512i first; /* the numbers of the set's sixteen blocks */
} counters;

INLINE set next_set(counters *c) {
    set g = c->words;
    g.d = GFNI_AFFINE_512(swap_bytes(c->first), GFNI_P);
    c->first = _mm512_add_epi32(c->first, _mm512_set1_epi32(SET));
    return g;
}

INLINE counters start_counters(const uint8_t counter[BLOCK]) {
    /* After transposition, lane l of a word's quad i belongs to block 4 i + l of the set. */
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    __m512i block =
        GFNI_AFFINE_512(_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)counter)), GFNI_P);
    counters c;
    c.words = (set){_mm512_shuffle_epi32(block, 0x00), _mm512_shuffle_epi32(block, 0x55),
                    _mm512_shuffle_epi32(block, 0xAA), block};
    c.first = _mm512_add_epi32(_mm512_set1_epi32((int)load_be32(counter + 12)), order);
    return c;
}

INLINE void xor_set(uint8_t *out, const uint8_t *in, size_t from, size_t block_count, set g) {
    set message = load_set(in, from, block_count);
    g = into_blocks(g);
    store_set(out, from, block_count,
              (set){_mm512_xor_si512(g.a, message.a), _mm512_xor_si512(g.b, message.b),
                    _mm512_xor_si512(g.c, message.c), _mm512_xor_si512(g.d, message.d)});
}

INLINE void ctr_four_sets(uint8_t *out, const uint8_t *in, size_t block_count, counters *c, const schedule *s) {
    set p = next_set(c), q = next_set(c), r = next_set(c), t = next_set(c);
    rounds_of_four_sets(&p, &q, &r, &t, s);
    xor_set(out, in, 0, block_count, p);
    xor_set(out, in, SET, block_count, q);
    xor_set(out, in, 2 * SET, block_count, r);
    xor_set(out, in, 3 * SET, block_count, t);
}

static void ctr(const uint32_t round_keys[ROUNDS], const uint8_t counter[BLOCK], uint8_t *out, const uint8_t *in,
                size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    counters c = start_counters(counter);
    for (; block_count >= SETS * SET; block_count -= SETS * SET) {
        ctr_four_sets(out, in, SETS * SET, &c, &s);
        in += BLOCK * SETS * SET;
        out += BLOCK * SETS * SET;
    }
    if (block_count > SET) {
        ctr_four_sets(out, in, block_count, &c, &s);
    } else if (block_count != 0) {
        set p = next_set(&c);
        rounds_of_one_set(&p, &s);
        xor_set(out, in, 0, block_count, p);
    }
    gmpki_cleanse(&s, sizeof s);
}

/* ---- what needs the block before, and keys --------------------------------------------- */

/* The chain keeps the state's form, so the maps of input and output are off the path from block to block. */
static void cbc_encrypt(const uint32_t round_keys[ROUNDS], uint8_t chain[BLOCK], uint8_t *out, const uint8_t *in,
                        size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    __m128i linked = GFNI_AFFINE_128(_mm_loadu_si128((const __m128i *)(const void *)chain), GFNI_P);
    for (size_t i = 0; i < block_count; i++) {
        __m128i block = _mm_loadu_si128((const __m128i *)(const void *)(in + BLOCK * i));
        linked = encrypt_single(_mm_xor_si128(linked, GFNI_AFFINE_128(block, GFNI_P)), &s);
        if (out != NULL) {
            _mm_storeu_si128((__m128i *)(void *)(out + BLOCK * i), GFNI_AFFINE_128(linked, GFNI_BACK));
        }
    }
    _mm_storeu_si128((__m128i *)(void *)chain, GFNI_AFFINE_128(linked, GFNI_BACK));
    gmpki_cleanse(&s, sizeof s);
}

static uint32_t substitute(uint32_t word) {
    __m128i z = GFNI_AFFINE_128(_mm_cvtsi32_si128((int)word), GFNI_KEY);
    return (uint32_t)_mm_cvtsi128_si32(GFNI_INVERT_128(z, GFNI_SUBSTITUTE));
}

static void expand_key(uint32_t round_keys[ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    sm4_key_schedule(round_keys, raw, substitute);
}

const sm4_backend sm4_backend_gfni_avx512 = {
    .info = {"gfni-avx512",
             CPU_X86_GFNI | CPU_X86_AVX512 | CPU_X86_AVX | CPU_X86_SSSE3 | CPU_X86_PCLMUL | CPU_X86_VPCLMUL},
    .expand_key = expand_key,
    .crypt = crypt,
    .cbc_encrypt = cbc_encrypt,
    .ctr = ctr,
    .ghash_init = sm4_ghash_init_pclmul,
    .ghash = sm4_ghash_vpclmul,
};
