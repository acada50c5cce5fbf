/*
 * SM4 with GFNI and AVX-512: 64 blocks at a time, sliced by bytes (gfni_sliced.h), up to 32 sliced by words
 * (gfni_words.h), and one block alone as fast as it goes (gfni_single.h).
 */
#include "common/cpu.h"
#include "sm4/gfni_single.h"
#include "sm4/gfni_sliced.h"
#include "sm4/gfni_words.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, ROUNDS = GMPKI_SM4_ROUNDS, BATCH_LEN = BATCH * BLOCK };

/* Up to 64 blocks. */
SLICED_INLINE void crypt_batch(group g[2], uint8_t *out, const uint8_t *in, size_t block_count,
                               const sliced_schedule *keys) {
    put_blocks(&g[0], load_group(in, 0, block_count), keys);
    put_blocks(&g[1], load_group(in, 16, block_count), keys);
    sliced_rounds(&g[0], &g[1], keys);
    const __m256i last = broadcast_block(keys->last);
    for (size_t half = 0; half < 2; half++) {
        slices s = take_blocks(&g[half]);
#pragma GCC unroll 16
        for (size_t i = 0; i < 16; i++) {
            store_register(out, 16 * half + i, block_count, _mm256_xor_si256(s.r[i], last));
        }
    }
}

static void crypt_few(const uint32_t round_keys[ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    word_schedule keys;
    gfni_key_form(keys.keys, round_keys);
    set p = load_set(in, 0, block_count), q = {0};
    if (block_count > SET) {
        q = load_set(in, SET, block_count);
    }
    words_encrypt(&p, &q, block_count, &keys);
    store_set(out, 0, block_count, p);
    if (block_count > SET) {
        store_set(out, SET, block_count, q);
    }
    gmpki_cleanse(&keys, sizeof keys);
}

static void crypt_many(const uint32_t round_keys[ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    sliced_schedule keys;
    group g[2];
    make_sliced_schedule(&keys, round_keys);
    for (; block_count >= BATCH; block_count -= BATCH) {
        crypt_batch(g, out, in, BATCH, &keys);
        in += BATCH_LEN;
        out += BATCH_LEN;
    }
    if (block_count > GROUP) {
        crypt_batch(g, out, in, block_count, &keys);
    } else if (block_count != 0) {
        crypt_few(round_keys, out, in, block_count);
    }
    gmpki_cleanse(&keys, sizeof keys);
    gmpki_cleanse(g, sizeof g);
}

static void crypt(const uint32_t round_keys[ROUNDS], uint8_t *out, const uint8_t *in, size_t block_count) {
    if (block_count == 1) {
        crypt_single(round_keys, out, in);
    } else if (block_count > GROUP) {
        crypt_many(round_keys, out, in, block_count);
    } else if (block_count != 0) {
        crypt_few(round_keys, out, in, block_count);
    }
}

/* ---- counter mode ----------------------------------------------------------------------- */

SLICED_INLINE void ctr_batch(group g[2], const counter_start *c, uint32_t first, uint8_t *out, const uint8_t *in,
                             size_t block_count, const sliced_schedule *keys) {
    put_counters(&g[0], c, first, keys);
    put_counters(&g[1], c, first + GROUP, keys);
    sliced_rounds(&g[0], &g[1], keys);
    const __m256i last = broadcast_block(keys->last);
    for (size_t half = 0; half < 2; half++) {
        slices s = take_blocks(&g[half]);
#pragma GCC unroll 16
        for (size_t i = 0; i < 16; i++) {
            __m256i message = load_register(in, 16 * half + i, block_count);
            store_register(out, 16 * half + i, block_count, gfni_xor3_256(s.r[i], last, message));
        }
    }
}

static void ctr_few(const uint32_t round_keys[ROUNDS], const uint8_t counter[BLOCK], uint32_t first, uint8_t *out,
                    const uint8_t *in, size_t block_count) {
    word_schedule keys;
    gfni_key_form(keys.keys, round_keys);
    set p = words_of_counters(counter, first), q = words_of_counters(counter, first + SET);
    words_rounds(&p, &q, block_count, &keys);
    store_set(out, 0, block_count, xor_set(p, load_set(in, 0, block_count)));
    if (block_count > SET) {
        store_set(out, SET, block_count, xor_set(q, load_set(in, SET, block_count)));
    }
    gmpki_cleanse(&keys, sizeof keys);
}

static void ctr(const uint32_t round_keys[ROUNDS], const uint8_t counter[BLOCK], uint8_t *out, const uint8_t *in,
                size_t block_count) {
    uint32_t first = load_be32(counter + BLOCK - 4);
    if (block_count == 1) {
        uint8_t stream[BLOCK];
        crypt_single(round_keys, stream, counter);
        sm4_xor(out, in, stream, BLOCK);
        gmpki_cleanse(stream, sizeof stream);
        return;
    }
    if (block_count <= GROUP) {
        if (block_count != 0) {
            ctr_few(round_keys, counter, first, out, in, block_count);
        }
        return;
    }
    sliced_schedule keys;
    counter_start c;
    group g[2];
    make_sliced_schedule(&keys, round_keys);
    make_counter_start(&c, counter);
    for (; block_count >= BATCH; block_count -= BATCH) {
        ctr_batch(g, &c, first, out, in, BATCH, &keys);
        first += BATCH;
        in += BATCH_LEN;
        out += BATCH_LEN;
    }
    if (block_count > GROUP) {
        ctr_batch(g, &c, first, out, in, block_count, &keys);
    } else if (block_count != 0) {
        ctr_few(round_keys, counter, first, out, in, block_count);
    }
    gmpki_cleanse(&keys, sizeof keys);
    gmpki_cleanse(g, sizeof g);
}

/* ---- what needs the block before -------------------------------------------------------- */

/* Up to 64 blocks, and the sum with each block before, the first one's being chain. From the end on, because out may be
 * in; what the first register needs lies partly before in. */
SLICED_INLINE void cbc_decrypt_batch(group g[2], const uint8_t chain[BLOCK], uint8_t *out, const uint8_t *in,
                                     size_t block_count, const sliced_schedule *keys) {
    put_blocks(&g[0], load_group(in, 0, block_count), keys);
    put_blocks(&g[1], load_group(in, 16, block_count), keys);
    sliced_rounds(&g[0], &g[1], keys);
    const __m256i last = broadcast_block(keys->last);
    const __m256i first =
        _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)chain)),
                                _mm_loadu_si128((const __m128i *)(const void *)in), 1);
    for (size_t half = 2; half-- > 0;) {
        slices s = take_blocks(&g[half]);
#pragma GCC unroll 16
        for (size_t i = 16; i-- > 0;) {
            size_t number = 16 * half + i;
            __m256i before = first;
            if (number != 0) {
                before = _mm256_maskz_loadu_epi32(register_mask(number, block_count),
                                                  in + REGISTER_LEN * (2 * number < block_count ? number : 1) - BLOCK);
            }
            store_register(out, number, block_count, gfni_xor3_256(s.r[i], last, before));
        }
    }
}

/* A block short of the registers' whole: up to 32 blocks decrypted beside, then added to what comes before them. */
static void cbc_decrypt_few(const uint32_t round_keys[ROUNDS], const uint8_t chain[BLOCK], uint8_t *out,
                            const uint8_t *in, size_t block_count) {
    uint8_t plain[GROUP * BLOCK];
    crypt(round_keys, plain, in, block_count);
    sm4_xor(plain, plain, chain, BLOCK);
    sm4_xor(plain + BLOCK, plain + BLOCK, in, BLOCK * (block_count - 1));
    copy_bytes(out, plain, BLOCK * block_count);
    gmpki_cleanse(plain, BLOCK * block_count);
}

static void cbc_decrypt(const uint32_t round_keys[ROUNDS], uint8_t chain[BLOCK], uint8_t *out, const uint8_t *in,
                        size_t block_count) {
    uint8_t previous[BLOCK], next[BLOCK];
    sliced_schedule keys;
    group g[2];
    copy_bytes(previous, chain, BLOCK);
    if (block_count != 0) {
        copy_bytes(chain, in + BLOCK * (block_count - 1), BLOCK);
    }
    if (block_count > GROUP) {
        make_sliced_schedule(&keys, round_keys);
        while (block_count > GROUP) {
            size_t now = block_count < BATCH ? block_count : BATCH;
            copy_bytes(next, in + BLOCK * (now - 1), BLOCK);
            if (now == BATCH) {
                cbc_decrypt_batch(g, previous, out, in, BATCH, &keys);
            } else {
                cbc_decrypt_batch(g, previous, out, in, now, &keys);
            }
            copy_bytes(previous, next, BLOCK);
            in += BLOCK * now;
            out += BLOCK * now;
            block_count -= now;
        }
        gmpki_cleanse(&keys, sizeof keys);
        gmpki_cleanse(g, sizeof g);
    }
    if (block_count != 0) {
        cbc_decrypt_few(round_keys, previous, out, in, block_count);
    }
}

/* The chain stays as words in the form of the state, so that all else is off the path from block to block. */
static void cbc_encrypt(const uint32_t round_keys[ROUNDS], uint8_t chain[BLOCK], uint8_t *out, const uint8_t *in,
                        size_t block_count) {
    single_schedule s;
    make_single_schedule(&s, round_keys);
    __m128i block = GFNI_AFFINE_128(_mm_loadu_si128((const __m128i *)(const void *)chain), GFNI_P);
    single_words w = single_spread(block);
    for (size_t i = 0; i < block_count; i++) {
        block = _mm_loadu_si128((const __m128i *)(const void *)(in + BLOCK * i));
        single_words message = single_spread(GFNI_AFFINE_128(block, GFNI_P));
        w = single_rounds((single_words){_mm_xor_si128(w.a, message.a), _mm_xor_si128(w.b, message.b),
                                         _mm_xor_si128(w.c, message.c), _mm_xor_si128(w.d, message.d)},
                          &s);
        if (out != NULL) {
            block = GFNI_AFFINE_128(single_collect(w.a, w.b, w.c, w.d), GFNI_BACK);
            _mm_storeu_si128((__m128i *)(void *)(out + BLOCK * i), block);
        }
    }
    block = GFNI_AFFINE_128(single_collect(w.a, w.b, w.c, w.d), GFNI_BACK);
    _mm_storeu_si128((__m128i *)(void *)chain, block);
    gmpki_cleanse(&s, sizeof s);
}

static void expand_key(uint32_t round_keys[ROUNDS], const uint8_t raw[GMPKI_SM4_KEY_LEN]) {
    single_expand_key(round_keys, raw);
}

const sm4_backend sm4_backend_gfni_avx512 = {
    .info = {"gfni-avx512",
             CPU_X86_GFNI | CPU_X86_AVX512 | CPU_X86_AVX | CPU_X86_SSSE3 | CPU_X86_PCLMUL | CPU_X86_VPCLMUL},
    .expand_key = expand_key,
    .crypt = crypt,
    .cbc_encrypt = cbc_encrypt,
    .cbc_decrypt = cbc_decrypt,
    .cbc_encrypt_many = sm4_cbc_encrypt_many_gfni_avx512,
    .xts = sm4_xts_gfni_avx512,
    .ctr = ctr,
    .ghash_init = sm4_ghash_init_vpclmul,
    .ghash = sm4_ghash_vpclmul,
};
