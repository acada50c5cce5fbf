/*
 * PBKDF2 (RFC 8018 5.2) with HMAC-SM3 as PRF.
 *
 * After the password's two key blocks, one HMAC of 32 bytes is one compression inside and one outside, each of a block
 * that is 32 bytes of data and a padding that never changes. So an iteration is two compressions on a prepared block,
 * and nothing is keyed or padded anew. The 32-byte parts of a key, and those of several keys, do not depend on each
 * other: as many are made side by side as the backend has lanes.
 */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm3/sm3.h"

/* The state hashes started from, in words, and one block to be hashed from there: U_i, then its padding. */
typedef struct prf_chain {
    uint32_t inner[8];
    uint32_t outer[8];
    uint8_t block[GMPKI_SM3_BLOCK_LEN];
    uint8_t *out; /* where the part of the key goes, and how much of it */
    size_t out_len;
} prf_chain;

/* The passwords and salts of a call; what is derived so far. */
typedef struct derivation {
    const uint8_t *const *passwords;
    const size_t *password_lens;
    const uint8_t *const *salts;
    const size_t *salt_lens;
    uint8_t *next;  /* where the next part goes */
    size_t key_len; /* of each key */
    size_t left;    /* bytes of the present key that no part was begun for */
    size_t key;     /* the present key's number */
    uint32_t index; /* the present key's next part, from 1 */
} derivation;

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

/* What iterate does to one chain, to one in each lane; the sums T are left in words. */
static void iterate_lanes(sm3_lanes *sum, const prf_chain *chains, size_t used, uint32_t iterations) {
    const sm3_backend *backend = sm3_active();
    sm3_lanes inner;
    sm3_lanes outer;
    sm3_lanes state;
    sm3_lane_blocks block;
    memset(&inner, 0, sizeof inner);
    memset(&outer, 0, sizeof outer);
    memset(&block, 0, sizeof block);
    for (size_t l = 0; l < used; l++) {
        for (int i = 0; i < 8; i++) {
            inner.words[i][l] = chains[l].inner[i];
            outer.words[i][l] = chains[l].outer[i];
        }
        for (int i = 0; i < 16; i++) {
            block.words[i][l] = load_be32(chains[l].block + 4 * i);
        }
    }
    memcpy(sum, &block, sizeof *sum); /* the first eight of sixteen words */
    for (uint32_t n = 1; n < iterations; n++) {
        state = inner;
        backend->compress_words(&state, &block, used);
        memcpy(&block, &state, sizeof state);
        state = outer;
        backend->compress_words(&state, &block, used);
        memcpy(&block, &state, sizeof state);
        for (int i = 0; i < 8; i++) {
            for (int l = 0; l < SM3_MAX_LANES; l++) {
                sum->words[i][l] ^= state.words[i][l];
            }
        }
    }
    gmpki_cleanse(&inner, sizeof inner);
    gmpki_cleanse(&outer, sizeof outer);
    gmpki_cleanse(&state, sizeof state);
    gmpki_cleanse(&block, sizeof block);
}

/* Prepare chains for the next parts, at most capacity of them, and return how many. keyed is the present password. */
static size_t prepare(prf_chain *chains, size_t capacity, gmpki_sm3_hmac_ctx *keyed, derivation *d, size_t count) {
    gmpki_sm3_hmac_ctx hmac;
    uint8_t index_bytes[4];
    size_t used = 0;
    for (; used < capacity && d->key < count; used++) {
        prf_chain *chain = &chains[used];
        if (d->index == 1) {
            sm3_hmac_start(keyed, d->passwords[d->key], d->password_lens[d->key]);
        }
        memcpy(chain->inner, keyed->inner.state, sizeof chain->inner);
        memcpy(chain->outer, keyed->outer.state, sizeof chain->outer);
        memset(chain->block, 0, sizeof chain->block);
        chain->block[GMPKI_SM3_DIGEST_LEN] = 0x80;
        store_be64(chain->block + GMPKI_SM3_BLOCK_LEN - 8, 8 * (GMPKI_SM3_BLOCK_LEN + GMPKI_SM3_DIGEST_LEN));
        store_be32(index_bytes, d->index);
        hmac = *keyed;
        sm3_hmac_add(&hmac, d->salts[d->key], d->salt_lens[d->key]);
        sm3_hmac_add(&hmac, index_bytes, sizeof index_bytes);
        sm3_hmac_finish(&hmac, chain->block);
        chain->out = d->next;
        chain->out_len = d->left < GMPKI_SM3_DIGEST_LEN ? d->left : GMPKI_SM3_DIGEST_LEN;
        d->next += chain->out_len;
        d->left -= chain->out_len;
        d->index++;
        if (d->left == 0) {
            d->key++;
            d->left = d->key_len;
            d->index = 1;
        }
    }
    return used;
}

/* All keys, as many parts at a time as there are lanes. */
static void derive(derivation *d, uint32_t iterations, size_t count) {
    const sm3_backend *backend = sm3_active();
    gmpki_sm3_hmac_ctx keyed;
    prf_chain chains[SM3_MAX_LANES];
    sm3_lanes sum;
    uint32_t state[8];
    uint8_t t[GMPKI_SM3_DIGEST_LEN];
    size_t capacity = backend->lanes != 0 ? backend->lanes : 1;
    memset(&keyed, 0, sizeof keyed);
    for (size_t used = prepare(chains, capacity, &keyed, d, count); used != 0;
         used = prepare(chains, capacity, &keyed, d, count)) {
        int side_by_side = backend->lanes != 0 && used >= backend->worth_lanes;
        if (side_by_side) {
            iterate_lanes(&sum, chains, used, iterations);
        }
        for (size_t l = 0; l < used; l++) {
            if (side_by_side) {
                for (int i = 0; i < 8; i++) {
                    state[i] = sum.words[i][l];
                }
                sm3_store_state(t, state);
            } else {
                iterate(t, &chains[l], iterations);
            }
            memcpy(chains[l].out, t, chains[l].out_len);
        }
    }
    gmpki_cleanse(&keyed, sizeof keyed);
    gmpki_cleanse(chains, sizeof chains);
    gmpki_cleanse(&sum, sizeof sum);
    gmpki_cleanse(state, sizeof state);
    gmpki_cleanse(t, sizeof t);
}

int gmpki_sm3_pbkdf2(uint8_t *key, size_t key_len, const uint8_t *password, size_t password_len, const uint8_t *salt,
                     size_t salt_len, uint32_t iterations) {
    return gmpki_sm3_pbkdf2_batch(key, key_len, &password, &password_len, &salt, &salt_len, iterations, 1);
}

/* Whether each password and each salt is there. */
static int all_there(const derivation *d, size_t count) {
    int there = d->passwords != NULL && d->password_lens != NULL && d->salts != NULL && d->salt_lens != NULL;
    for (size_t i = 0; i < count && there; i++) {
        there = (d->passwords[i] != NULL || d->password_lens[i] == 0) && (d->salts[i] != NULL || d->salt_lens[i] == 0);
    }
    return there;
}

int gmpki_sm3_pbkdf2_batch(uint8_t *keys, size_t key_len, const uint8_t *const *passwords, const size_t *password_lens,
                           const uint8_t *const *salts, const size_t *salt_lens, uint32_t iterations, size_t count) {
    if (keys == NULL && count != 0) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (key_len == 0 || key_len > SM3_COUNTED_MAX_LEN || count > SIZE_MAX / key_len) {
        return GMPKI_ERR_LENGTH;
    }
    derivation d = {passwords, password_lens, salts, salt_lens, keys, key_len, key_len, 0, 1};
    int status = iterations == 0 ? GMPKI_ERR_LENGTH : gate(GMPKI_SM3);
    if (count != 0 && !all_there(&d, count)) {
        status = GMPKI_ERR_ARGUMENT;
    }
    if (status != GMPKI_OK) {
        zero_bytes(keys, key_len * count);
        return status;
    }
    derive(&d, iterations, count);
    return GMPKI_OK;
}
