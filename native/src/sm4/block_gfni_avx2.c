/*
 * SM4 with GFNI and AVX2, for processors that have GFNI without AVX-512: thirty-two blocks
 * at a time in byte planes, eight in words, and one block alone as fast as it goes.
 *
 * The form of the state is P x as tools/sm4_affine.py explains: the words of a round add up to the input of the
 * inversion, and the two maps after it contain the rotation by two bits of L. Only intrinsics: MemorySanitizer has to
 * follow every instruction (see gfni.h).
 */
#include "sm4/gfni.h"

#include "common/bytes.h"
#include "common/cpu.h"
#include "sm4/gfni_generated.h"
#include "sm4/key_schedule.h"
#include "sm4/sm4.h"

#define INLINE static inline __attribute__((always_inline))

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, ROUNDS = GMPKI_SM4_ROUNDS, FEW_BLOCKS = 1 };

typedef __m256i vec;

/* Round keys in the form of the state. */
typedef struct schedule {
    uint32_t keys[ROUNDS];
} schedule;

static void make_schedule(schedule *s, const uint32_t round_keys[ROUNDS]) {
    const __m256i swap_bytes =
        _mm256_broadcastsi128_si256(_mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
    for (size_t i = 0; i < ROUNDS; i += 8) {
        __m256i keys = _mm256_loadu_si256((const __m256i *)(const void *)(round_keys + i));
        keys = GFNI_AFFINE_256(_mm256_shuffle_epi8(keys, swap_bytes), GFNI_KEY);
        _mm256_storeu_si256((__m256i *)(void *)(s->keys + i), keys);
    }
}

INLINE __m256i key256(const schedule *s, size_t round) {
    return _mm256_set1_epi32((int)s->keys[round]);
}

INLINE vec into_form(vec v) {
    return GFNI_AFFINE_256(v, GFNI_P);
}

INLINE vec out_of_form(vec v) {
    return GFNI_AFFINE_256(v, GFNI_BACK);
}

/* Words rotated by bytes to the left are, in the order of memory, lanes rotated to the right. */
#define ROTATE_8 _mm_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1)
#define ROTATE_16 _mm_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2)
#define ROTATE_24 _mm_set_epi8(14, 13, 12, 15, 10, 9, 8, 11, 6, 5, 4, 7, 2, 1, 0, 3)

INLINE __m256i rotate256(__m256i v, __m128i order) {
    return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(order));
}

INLINE void round_maps(vec *u, vec *v, vec z) {
    *u = GFNI_INVERT_256(z, GFNI_U);
    *v = GFNI_INVERT_256(z, GFNI_V);
}

/* x0 ^ L(S(z)) in the form of the state: t = u + (v <<< 8), L = t + (t <<< 8) + (t <<< 16). */
INLINE __m256i round256(__m256i x0, __m256i z) {
    __m256i u = GFNI_INVERT_256(z, GFNI_U);
    __m256i v = GFNI_INVERT_256(z, GFNI_V);
    __m256i t = _mm256_xor_si256(u, rotate256(v, ROTATE_8));
    __m256i rotated = _mm256_xor_si256(rotate256(t, ROTATE_8), rotate256(t, ROTATE_16));
    return _mm256_xor_si256(_mm256_xor_si256(x0, t), rotated);
}

/* ---- one block -------------------------------------------------------------------------- */

INLINE __m128i load(const void *p) {
    return _mm_loadu_si128((const __m128i *)p);
}

INLINE void store(void *p, __m128i v) {
    _mm_storeu_si128((__m128i *)p, v);
}

/* The same where the next round waits for nothing but this: with w = u + v, L = u + (w <<< 8) + (w <<< 16) +
 * (v <<< 24), and three maps side by side end sooner than two and sums of them. */
INLINE __m128i latency_round(__m128i x0, __m128i z) {
    __m128i u = GFNI_INVERT_128(z, GFNI_U);
    __m128i v = GFNI_INVERT_128(z, GFNI_V);
    __m128i w = GFNI_INVERT_128(z, GFNI_W);
    __m128i early = _mm_xor_si128(_mm_xor_si128(x0, u), _mm_shuffle_epi8(w, ROTATE_8));
    return _mm_xor_si128(early, _mm_xor_si128(_mm_shuffle_epi8(w, ROTATE_16), _mm_shuffle_epi8(v, ROTATE_24)));
}

INLINE __m128i key128(const schedule *s, size_t round) {
    return _mm_set1_epi32((int)s->keys[round]);
}

/* The words known earlier are added up first, the newest last. */
INLINE __m128i latency_sum(__m128i a, __m128i b, __m128i key, __m128i newest) {
    return _mm_xor_si128(_mm_xor_si128(_mm_xor_si128(a, key), b), newest);
}

/* One block in the form of the state. */
INLINE __m128i encrypt_single(__m128i block, const schedule *s) {
    __m128i a = _mm_shuffle_epi32(block, 0x00), b = _mm_shuffle_epi32(block, 0x55);
    __m128i c = _mm_shuffle_epi32(block, 0xAA), d = _mm_shuffle_epi32(block, 0xFF);
    for (size_t i = 0; i < ROUNDS; i += 4) {
        a = latency_round(a, latency_sum(b, c, key128(s, i), d));
        b = latency_round(b, latency_sum(c, d, key128(s, i + 1), a));
        c = latency_round(c, latency_sum(d, a, key128(s, i + 2), b));
        d = latency_round(d, latency_sum(a, b, key128(s, i + 3), c));
    }
    return _mm_unpacklo_epi64(_mm_unpacklo_epi32(d, c), _mm_unpacklo_epi32(b, a));
}

/* FEW_BLOCKS is 1. */
INLINE void few_blocks(uint8_t *out, const uint8_t *in, size_t block_count, const schedule *s) {
    (void)block_count;
    store(out, GFNI_AFFINE_128(encrypt_single(GFNI_AFFINE_128(load(in), GFNI_P), s), GFNI_BACK));
}

/* The chain keeps the state's form, so the maps of input and output are off the path from block to block. */
static void cbc_encrypt(const uint32_t round_keys[ROUNDS], uint8_t chain[BLOCK], uint8_t *out, const uint8_t *in,
                        size_t block_count) {
    schedule s;
    make_schedule(&s, round_keys);
    __m128i linked = GFNI_AFFINE_128(load(chain), GFNI_P);
    for (size_t i = 0; i < block_count; i++) {
        linked = encrypt_single(_mm_xor_si128(linked, GFNI_AFFINE_128(load(in + BLOCK * i), GFNI_P)), &s);
        if (out != NULL) {
            store(out + BLOCK * i, GFNI_AFFINE_128(linked, GFNI_BACK));
        }
    }
    store(chain, GFNI_AFFINE_128(linked, GFNI_BACK));
    gmpki_cleanse(&s, sizeof s);
}

static uint32_t substitute(uint32_t word) {
    __m128i z = GFNI_AFFINE_128(_mm_cvtsi32_si128((int)word), GFNI_KEY);
    return (uint32_t)_mm_cvtsi128_si32(GFNI_INVERT_128(z, GFNI_SUBSTITUTE));
}

static void expand_key(uint32_t round_keys[ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    sm4_key_schedule(round_keys, raw, substitute);
}

#include "sm4/planes.h"

INLINE void make_planes(plane_keys *keys, const schedule *s) {
    make_plane_keys(keys, s->keys);
}

#include "sm4/lanes256.h"

const sm4_backend sm4_backend_gfni_avx2 = {
    .info = {"gfni-avx2", CPU_X86_GFNI | CPU_X86_AVX2 | CPU_X86_AVX | CPU_X86_SSSE3 | CPU_X86_PCLMUL | CPU_X86_VPCLMUL},
    .expand_key = expand_key,
    .crypt = crypt,
    .cbc_encrypt = cbc_encrypt,
    .ctr = ctr,
    .ghash_init = sm4_ghash_init_pclmul,
    .ghash = sm4_ghash_vpclmul256,
};
