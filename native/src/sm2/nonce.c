/*
 * Nonces. A signature whose nonce is known, repeated or biased gives the private key away, so the usual nonce is
 * hedged: it depends on the key, on fresh randomness and on what is signed, and stays secret as long as one of the key
 * and the randomness is good.
 */
#include <string.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "common/random.h"
#include "sm2/sm2.h"
#include "sm3/sm3.h"

int sm2_random_scalar(fn *k) {
    uint8_t wide[FN_WIDE_LEN];
    int status = random_system(wide, sizeof wide);
    fn_from_wide_bytes(k, wide);
    gmpki_cleanse(wide, sizeof wide);
    return status;
}

void sm2_nonce_hedged(fn *k, const fn *d, const uint8_t random[SM2_NONCE_RANDOM_LEN],
                      const uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    uint8_t input[GMPKI_SM2_SCALAR_LEN + SM2_NONCE_RANDOM_LEN + GMPKI_SM3_DIGEST_LEN];
    uint8_t wide[FN_WIDE_LEN];
    fn_to_bytes(input, d);
    memcpy(input + 32, random, SM2_NONCE_RANDOM_LEN);
    memcpy(input + 64, digest, GMPKI_SM3_DIGEST_LEN);
    sm3_derive(wide, sizeof wide, input, sizeof input);
    fn_from_wide_bytes(k, wide);
    gmpki_cleanse(input, sizeof input);
    gmpki_cleanse(wide, sizeof wide);
}

/* The KDF is SM3 of the input and a counter of four bytes, which starts with 1 (GB/T 32918.4-2016 5.4.3). */
void sm2_nonces_hedged(fn *k, const fn *d, const uint8_t *random, const uint8_t *digests, size_t count) {
    enum { INPUT_LEN = GMPKI_SM2_SCALAR_LEN + SM2_NONCE_RANDOM_LEN + GMPKI_SM3_DIGEST_LEN, COUNTERS = 2 };
    uint8_t inputs[COUNTERS * SM2_BATCH_MAX][INPUT_LEN + 4];
    uint8_t wide[SM2_BATCH_MAX][COUNTERS * GMPKI_SM3_DIGEST_LEN];
    const uint8_t *messages[COUNTERS * SM2_BATCH_MAX];
    size_t lens[COUNTERS * SM2_BATCH_MAX];
    for (size_t i = 0; i < COUNTERS * SM2_BATCH_MAX; i++) {
        messages[i] = inputs[i];
        lens[i] = sizeof inputs[i];
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < COUNTERS; j++) {
            uint8_t *input = inputs[COUNTERS * i + j];
            fn_to_bytes(input, &d[i]);
            memcpy(input + 32, random + i * SM2_NONCE_RANDOM_LEN, SM2_NONCE_RANDOM_LEN);
            memcpy(input + 64, digests + i * GMPKI_SM3_DIGEST_LEN, GMPKI_SM3_DIGEST_LEN);
            store_be32(input + INPUT_LEN, (uint32_t)j + 1);
        }
    }
    sm3_batch(wide[0], NULL, messages, lens, COUNTERS * count);
    for (size_t i = 0; i < count; i++) {
        fn_from_wide_bytes(&k[i], wide[i]); /* 48 of the 64 bytes */
    }
    gmpki_cleanse(inputs, sizeof inputs);
    gmpki_cleanse(wide, sizeof wide);
}

/* K = HMAC_K(V || tag || data), V = HMAC_K(V). */
static void rfc6979_update(sm2_rfc6979 *state, uint8_t tag, const uint8_t *data, size_t len) {
    gmpki_sm3_hmac_ctx ctx;
    sm3_hmac_start(&ctx, state->k, sizeof state->k);
    sm3_hmac_add(&ctx, state->v, sizeof state->v);
    sm3_hmac_add(&ctx, &tag, 1);
    sm3_hmac_add(&ctx, data, len);
    sm3_hmac_finish(&ctx, state->k);
    sm3_hmac_start(&ctx, state->k, sizeof state->k);
    sm3_hmac_add(&ctx, state->v, sizeof state->v);
    sm3_hmac_finish(&ctx, state->v);
}

/* RFC 6979 3.2 (a) to (g); h1 is e itself, and bits2octets takes it modulo n. */
void sm2_rfc6979_start(sm2_rfc6979 *state, const fn *d, const uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    uint8_t input[GMPKI_SM2_SCALAR_LEN + GMPKI_SM3_DIGEST_LEN];
    fn e;
    fn_to_bytes(input, d);
    fn_reduce_bytes(&e, digest);
    fn_to_bytes(input + GMPKI_SM2_SCALAR_LEN, &e);
    memset(state->v, 0x01, sizeof state->v);
    memset(state->k, 0x00, sizeof state->k);
    state->started = 0;
    rfc6979_update(state, 0x00, input, sizeof input);
    rfc6979_update(state, 0x01, input, sizeof input);
    gmpki_cleanse(input, sizeof input);
    gmpki_cleanse(&e, sizeof e);
}

/* RFC 6979 3.2 (h): candidates until one lies in [1, n - 1]. */
void sm2_rfc6979_next(sm2_rfc6979 *state, fn *k) {
    uint64_t good = 0;
    while (!good) {
        gmpki_sm3_hmac_ctx ctx;
        if (state->started) {
            rfc6979_update(state, 0x00, NULL, 0);
        }
        state->started = 1;
        sm3_hmac_start(&ctx, state->k, sizeof state->k);
        sm3_hmac_add(&ctx, state->v, sizeof state->v);
        sm3_hmac_finish(&ctx, state->v);
        good = fn_from_bytes(k, state->v) & ~fn_is_zero(k);
        DECLASSIFY(&good, sizeof good); /* says nothing about the candidate that is kept */
    }
}
