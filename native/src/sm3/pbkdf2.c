/*
 * PBKDF2 (RFC 8018 5.2) with HMAC-SM3 as PRF.
 *
 * After the password's two key blocks, one HMAC of 32 bytes is one compression inside and one outside, each of a block
 * that is 32 bytes of data and a padding that never changes. So an iteration is two compressions on a prepared block,
 * and nothing is keyed or padded anew.
 */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm3/sm3.h"

/* The state hashes started from, in words, and one block to be hashed from there: U_i, then its padding. */
typedef struct prf_chain {
    uint32_t inner[8];
    uint32_t outer[8];
    uint8_t block[GMPKI_SM3_BLOCK_LEN];
} prf_chain;

/* The block's first 32 bytes become the state that start reaches by compressing the block. */
static void compress_once(uint8_t block[GMPKI_SM3_BLOCK_LEN], const uint32_t start[8], uint32_t state[8]) {
    memcpy(state, start, 8 * sizeof state[0]);
    sm3_compress(state, block, 1);
    sm3_store_state(block, state);
}

/* T_i = U_1 ^ U_2 ^ ... ^ U_iterations. On entry the chain's block begins with U_1. */
static void iterate(uint8_t t[GMPKI_SM3_DIGEST_LEN], prf_chain *chain, uint32_t iterations) {
    uint32_t state[8];
    uint32_t sum[8];
    for (int i = 0; i < 8; i++) {
        sum[i] = load_be32(chain->block + 4 * i);
    }
    for (uint32_t n = 1; n < iterations; n++) {
        compress_once(chain->block, chain->inner, state);
        compress_once(chain->block, chain->outer, state);
        for (int i = 0; i < 8; i++) {
            sum[i] ^= state[i];
        }
    }
    sm3_store_state(t, sum);
    gmpki_cleanse(state, sizeof state);
    gmpki_cleanse(sum, sizeof sum);
}

static void derive(uint8_t *key, size_t key_len, const uint8_t *password, size_t password_len, const uint8_t *salt,
                   size_t salt_len, uint32_t iterations) {
    gmpki_sm3_hmac_ctx keyed;
    gmpki_sm3_hmac_ctx hmac;
    prf_chain chain;
    uint8_t t[GMPKI_SM3_DIGEST_LEN];
    uint8_t index_bytes[4];
    sm3_hmac_start(&keyed, password, password_len);
    memcpy(chain.inner, keyed.inner.state, sizeof chain.inner);
    memcpy(chain.outer, keyed.outer.state, sizeof chain.outer);
    memset(chain.block, 0, sizeof chain.block);
    chain.block[GMPKI_SM3_DIGEST_LEN] = 0x80;
    store_be64(chain.block + GMPKI_SM3_BLOCK_LEN - 8, 8 * (GMPKI_SM3_BLOCK_LEN + GMPKI_SM3_DIGEST_LEN));
    for (uint32_t index = 1; key_len != 0; index++) {
        size_t part = key_len < sizeof t ? key_len : sizeof t;
        store_be32(index_bytes, index);
        hmac = keyed;
        sm3_hmac_add(&hmac, salt, salt_len);
        sm3_hmac_add(&hmac, index_bytes, sizeof index_bytes);
        sm3_hmac_finish(&hmac, chain.block);
        iterate(t, &chain, iterations);
        memcpy(key, t, part);
        key += part;
        key_len -= part;
    }
    gmpki_cleanse(&keyed, sizeof keyed);
    gmpki_cleanse(&chain, sizeof chain);
    gmpki_cleanse(t, sizeof t);
}

int gmpki_sm3_pbkdf2(uint8_t *key, size_t key_len, const uint8_t *password, size_t password_len, const uint8_t *salt,
                     size_t salt_len, uint32_t iterations) {
    if (key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (key_len == 0 || key_len > SM3_COUNTED_MAX_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int status = iterations == 0 ? GMPKI_ERR_LENGTH : gate(GMPKI_SM3);
    if ((password == NULL && password_len != 0) || (salt == NULL && salt_len != 0)) {
        status = GMPKI_ERR_ARGUMENT;
    }
    if (status != GMPKI_OK) {
        memset(key, 0, key_len);
        return status;
    }
    derive(key, key_len, password, password_len, salt, salt_len, iterations);
    return GMPKI_OK;
}
