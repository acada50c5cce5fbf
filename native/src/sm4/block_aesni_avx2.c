/*
 * SM4 with AES-NI and AVX2: eight blocks to a set, up to four sets at a time, four blocks or less in a group of
 * aesni.h, whose form of the state this shares.
 *
 * All is 256 bits wide but AESENCLAST, which works on one half after the other. This is the kernel of the processors
 * that have neither GFNI nor AVX-512. valgrind decodes all of it.
 */
#include "sm4/aesni.h"

#include "common/cpu.h"

#define INLINE static inline __attribute__((always_inline))

enum { FEW_BLOCKS = GROUP };

typedef __m256i vec;

INLINE __m256i both_lanes(const void *p) {
    return _mm256_broadcastsi128_si256(load(p));
}

INLINE __m256i key256(const schedule *s, size_t round) {
    return both_lanes(s->keys + round);
}

/* A byte cut into its nibbles. */
typedef struct nibbles {
    __m256i low, high;
} nibbles;

INLINE nibbles cut(__m256i x) {
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    return (nibbles){_mm256_and_si256(x, nibble), _mm256_and_si256(_mm256_srli_epi16(x, 4), nibble)};
}

INLINE __m256i affine256(nibbles n, const uint8_t table[2][16]) {
    return _mm256_xor_si256(_mm256_shuffle_epi8(both_lanes(table[0]), n.low),
                            _mm256_shuffle_epi8(both_lanes(table[1]), n.high));
}

INLINE vec into_form(vec v) {
    return affine256(cut(v), aesni_state);
}

INLINE vec out_of_form(vec v) {
    return affine256(cut(v), aesni_back);
}

/* AESENCLAST on both halves. */
INLINE __m256i invert256(__m256i z) {
    __m128i low = _mm_aesenclast_si128(_mm256_castsi256_si128(z), _mm_setzero_si128());
    __m128i high = _mm_aesenclast_si128(_mm256_extracti128_si256(z, 1), _mm_setzero_si128());
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* ShiftRows has moved the bytes of a plane from block to block. */
INLINE void round_maps(vec *u, vec *v, vec z) {
    const vec unshift = _mm256_broadcastsi128_si256(_mm_set_epi8(3, 6, 9, 12, 15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13, 0));
    nibbles n = cut(_mm256_shuffle_epi8(invert256(z), unshift));
    *u = affine256(n, aesni_u);
    *v = affine256(n, aesni_v);
}

/* As round_function. */
INLINE __m256i round256(__m256i x0, __m256i z) {
    const __m256i unshift =
        _mm256_broadcastsi128_si256(_mm_set_epi8(3, 6, 9, 12, 15, 2, 5, 8, 11, 14, 1, 4, 7, 10, 13, 0));
    const __m256i unshift_rotate_8 =
        _mm256_broadcastsi128_si256(_mm_set_epi8(12, 3, 6, 9, 8, 15, 2, 5, 4, 11, 14, 1, 0, 7, 10, 13));
    const __m256i rotate_8 =
        _mm256_broadcastsi128_si256(_mm_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1));
    const __m256i rotate_16 =
        _mm256_broadcastsi128_si256(_mm_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2));
    nibbles n = cut(invert256(z));
    __m256i u = _mm256_shuffle_epi8(affine256(n, aesni_u), unshift);
    __m256i v = _mm256_shuffle_epi8(affine256(n, aesni_v), unshift_rotate_8);
    __m256i t = _mm256_xor_si256(u, v);
    __m256i rotated = _mm256_xor_si256(_mm256_shuffle_epi8(t, rotate_8), _mm256_shuffle_epi8(t, rotate_16));
    return _mm256_xor_si256(_mm256_xor_si256(x0, t), rotated);
}

static void few_blocks(uint8_t *out, const uint8_t *in, size_t block_count, const schedule *s) {
    uint8_t rest[GROUP * BLOCK] = {0};
    copy_bytes(rest, in, BLOCK * block_count);
    one_group(rest, rest, s);
    copy_bytes(out, rest, BLOCK * block_count);
    gmpki_cleanse(rest, sizeof rest);
}

#include "sm4/planes.h"

INLINE void make_planes(plane_keys *keys, const schedule *s) {
    uint32_t formed[ROUNDS];
    for (size_t i = 0; i < ROUNDS; i++) {
        formed[i] = (uint32_t)_mm_cvtsi128_si32(s->keys[i]);
    }
    make_plane_keys(keys, formed);
    gmpki_cleanse(formed, sizeof formed);
}

#include "sm4/lanes256.h"

const sm4_backend sm4_backend_aesni_avx2 = {
    .info = {"aesni-avx2", CPU_X86_SSSE3 | CPU_X86_AESNI | CPU_X86_PCLMUL | CPU_X86_AVX | CPU_X86_AVX2},
    .expand_key = expand_key,
    .crypt = crypt,
    .cbc_encrypt = cbc_encrypt,
    .ctr = ctr,
    .ghash_init = sm4_ghash_init_pclmul,
    .ghash = sm4_ghash_pclmul,
};
