/*
 * XTS with GFNI and AVX-512 over whole blocks, 64 at a time. Tweaks are polynomials over GF(2), bit i of a lane the
 * coefficient of x^i, as IEEE 1619 has them; the order of GB/T 17964 has the bits of each byte the other way round.
 * Only intrinsics, for MemorySanitizer's sake.
 */
#include "sm4/gfni_single.h"
#include "sm4/gfni_sliced.h"
#include "sm4/gfni_words.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, BATCH_LEN = BATCH * BLOCK, QUADS = BATCH / SET_QUAD };

/* The bits of each byte in reverse order. */
#define GFNI_REVERSE_MATRIX 0x8040201008040201ULL
#define GFNI_REVERSE_CONSTANT 0x00

typedef struct tweaks {
    __m512i powers[QUADS]; /* of the blocks of a batch, as polynomials */
    __m512i bytes[QUADS];  /* as the blocks get them */
} tweaks;

/* v x^count modulo x^128 + x^7 + x^2 + x + 1, count 0 .. 64 in both halves of each lane. */
static inline __m512i multiply_by_power(__m512i v, __m512i count) {
    const __m512i polynomial = _mm512_set1_epi64(0x87);
    __m512i carries = _mm512_srlv_epi64(v, _mm512_sub_epi64(_mm512_set1_epi64(64), count));
    __m512i reduced = _mm512_clmulepi64_epi128(carries, polynomial, 0x01);
    return gfni_xor3_512(_mm512_sllv_epi64(v, count), _mm512_bslli_epi128(carries, 8), reduced);
}

static inline __m512i multiply_by_x64(__m512i v) {
    const __m512i polynomial = _mm512_set1_epi64(0x87);
    return _mm512_xor_si512(_mm512_bslli_epi128(v, 8), _mm512_clmulepi64_epi128(v, polynomial, 0x01));
}

static inline __m128i reverse_bits_128(__m128i v, int order) {
    return order == GMPKI_SM4_XTS_IEEE ? v : GFNI_AFFINE_128(v, GFNI_REVERSE);
}

static inline void write_bytes(tweaks *t, int order, size_t quads) {
    for (size_t i = 0; i < quads; i++) {
        t->bytes[i] = order == GMPKI_SM4_XTS_IEEE ? t->powers[i] : GFNI_AFFINE_512(t->powers[i], GFNI_REVERSE);
    }
}

/* The tweaks of the first quads registers, quads a power of two. */
static inline void start_tweaks(tweaks *t, const uint8_t tweak[BLOCK], int order, size_t quads) {
    __m128i first = reverse_bits_128(_mm_loadu_si128((const __m128i *)(const void *)tweak), order);
    t->powers[0] = multiply_by_power(_mm512_broadcast_i32x4(first), _mm512_set_epi64(3, 3, 2, 2, 1, 1, 0, 0));
    for (size_t known = 1; known < quads; known *= 2) {
        for (size_t i = 0; i < known; i++) {
            t->powers[known + i] = multiply_by_power(t->powers[i], _mm512_set1_epi64((long long)(SET_QUAD * known)));
        }
    }
    write_bytes(t, order, quads);
}

static inline void next_tweaks(tweaks *t, int order) {
    for (size_t i = 0; i < QUADS; i++) {
        t->powers[i] = multiply_by_x64(t->powers[i]);
    }
    write_bytes(t, order, QUADS);
}

/* tweak becomes that of block number of the batch. */
static inline void leave_at(uint8_t tweak[BLOCK], const tweaks *t, size_t number) {
    copy_bytes(tweak, (const uint8_t *)t->bytes + BLOCK * number, BLOCK);
}

/* Up to 64 blocks. */
SLICED_INLINE void xts_batch(group g[2], const tweaks *t, uint8_t *out, const uint8_t *in, size_t block_count,
                             const sliced_schedule *keys) {
    const __m256i *pairs = (const __m256i *)(const void *)t->bytes;
    for (size_t half = 0; half < 2; half++) {
        slices s = load_group(in, 16 * half, block_count);
#pragma GCC unroll 16
        for (size_t i = 0; i < 16; i++) {
            s.r[i] = _mm256_xor_si256(s.r[i], pairs[16 * half + i]);
        }
        put_blocks(&g[half], s, keys);
    }
    sliced_rounds(&g[0], &g[1], keys);
    const __m256i last = broadcast_block(keys->last);
    for (size_t half = 0; half < 2; half++) {
        slices s = take_blocks(&g[half]);
#pragma GCC unroll 16
        for (size_t i = 0; i < 16; i++) {
            store_register(out, 16 * half + i, block_count, gfni_xor3_256(s.r[i], last, pairs[16 * half + i]));
        }
    }
}

/* Up to 32 blocks. */
static inline void xts_few(const tweaks *t, uint8_t *out, const uint8_t *in, size_t block_count,
                           const uint32_t round_keys[GMPKI_SM4_ROUNDS]) {
    word_schedule keys;
    gfni_key_form(keys.keys, round_keys);
    const __m512i *b = t->bytes;
    set first_tweaks = {b[0], b[1], b[2], b[3]}, second_tweaks = {0};
    set p = xor_set(load_set(in, 0, block_count), first_tweaks), q = {0};
    if (block_count > SET) {
        second_tweaks = (set){b[4], b[5], b[6], b[7]};
        q = xor_set(load_set(in, SET, block_count), second_tweaks);
    }
    words_encrypt(&p, &q, block_count, &keys);
    store_set(out, 0, block_count, xor_set(p, first_tweaks));
    if (block_count > SET) {
        store_set(out, SET, block_count, xor_set(q, second_tweaks));
    }
    gmpki_cleanse(&keys, sizeof keys);
}

static void xts_many(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t tweak[BLOCK], int order, uint8_t *out,
                     const uint8_t *in, size_t block_count) {
    tweaks t;
    sliced_schedule keys;
    group g[2];
    make_sliced_schedule(&keys, round_keys);
    start_tweaks(&t, tweak, order, QUADS);
    for (; block_count >= BATCH; block_count -= BATCH) {
        xts_batch(g, &t, out, in, BATCH, &keys);
        next_tweaks(&t, order);
        in += BATCH_LEN;
        out += BATCH_LEN;
    }
    if (block_count > GROUP) {
        xts_batch(g, &t, out, in, block_count, &keys);
    } else if (block_count != 0) {
        xts_few(&t, out, in, block_count, round_keys);
    }
    leave_at(tweak, &t, block_count);
    gmpki_cleanse(&keys, sizeof keys);
    gmpki_cleanse(g, sizeof g);
    gmpki_cleanse(&t, sizeof t);
}

void sm4_xts_gfni_avx512(const uint32_t round_keys[GMPKI_SM4_ROUNDS], uint8_t tweak[BLOCK], int order, uint8_t *out,
                         const uint8_t *in, size_t block_count) {
    if (block_count > GROUP) {
        xts_many(round_keys, tweak, order, out, in, block_count);
        return;
    }
    tweaks t;
    size_t quads = block_count < SET ? SET / SET_QUAD : block_count < GROUP ? GROUP / SET_QUAD : QUADS;
    start_tweaks(&t, tweak, order, quads);
    if (block_count == 1) {
        uint8_t work[BLOCK];
        sm4_xor(work, in, tweak, BLOCK);
        crypt_single(round_keys, work, work);
        sm4_xor(out, work, tweak, BLOCK);
        gmpki_cleanse(work, sizeof work);
    } else if (block_count != 0) {
        xts_few(&t, out, in, block_count, round_keys);
    }
    leave_at(tweak, &t, block_count);
    gmpki_cleanse(&t, sizeof t);
}
