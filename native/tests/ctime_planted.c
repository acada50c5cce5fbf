/*
 * Leaks planted on purpose, one branch and one index on what each algorithm's active backend makes of a secret. The
 * checker must report every one: if it does not, it lost the secret on its way through the kernel and its silence
 * elsewhere says nothing.
 */
#include "ctime_planted.h"

#include <string.h>

#include "ctime.h"
#include "gmpki/rand.h"
#include "gmpki/sm2.h"
#include "gmpki/sm3.h"
#include "gmpki/sm4.h"

enum { SECRET_LEN = 32, RESULT_LEN = 512 };

/* Each makes RESULT_LEN or fewer secret bytes from SECRET_LEN secret ones, and returns how many. */
typedef size_t (*make_result)(uint8_t result[RESULT_LEN], const uint8_t secret[SECRET_LEN]);

static size_t sm3_digest(uint8_t result[RESULT_LEN], const uint8_t secret[SECRET_LEN]) {
    return gmpki_sm3_hash(result, secret, SECRET_LEN) == GMPKI_OK ? GMPKI_SM3_DIGEST_LEN : 0;
}

/* As many messages as the widest kernel has lanes. */
static size_t sm3_many_digests(uint8_t result[RESULT_LEN], const uint8_t secret[SECRET_LEN]) {
    enum { COUNT = RESULT_LEN / GMPKI_SM3_DIGEST_LEN };
    const uint8_t *messages[COUNT];
    size_t lens[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        messages[i] = secret;
        lens[i] = SECRET_LEN;
    }
    return gmpki_sm3_batch(result, NULL, messages, lens, COUNT) == GMPKI_OK ? RESULT_LEN : 0;
}

/* Enough blocks at once for the widest kernel. */
static size_t sm4_many_blocks(uint8_t result[RESULT_LEN], const uint8_t secret[SECRET_LEN]) {
    gmpki_sm4_key key;
    memset(result, 0, RESULT_LEN);
    if (gmpki_sm4_key_init(&key, secret) != GMPKI_OK ||
        gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, result, result, RESULT_LEN / GMPKI_SM4_BLOCK_LEN) != GMPKI_OK) {
        return 0;
    }
    return RESULT_LEN;
}

static size_t sm4_one_block(uint8_t result[RESULT_LEN], const uint8_t secret[SECRET_LEN]) {
    gmpki_sm4_key key;
    memset(result, 0, GMPKI_SM4_BLOCK_LEN);
    if (gmpki_sm4_key_init(&key, secret) != GMPKI_OK ||
        gmpki_sm4_blocks(&key, GMPKI_SM4_DECRYPT, result, result, 1) != GMPKI_OK) {
        return 0;
    }
    return GMPKI_SM4_BLOCK_LEN;
}

static size_t sm4_gcm_tag(uint8_t result[RESULT_LEN], const uint8_t secret[SECRET_LEN]) {
    static const uint8_t nonce[12] = {1};
    uint8_t out[RESULT_LEN];
    memset(out, 0, sizeof out);
    if (gmpki_sm4_gcm_encrypt(out, result, GMPKI_SM4_MAX_TAG_LEN, secret, nonce, sizeof nonce, NULL, 0, out,
                              sizeof out) != GMPKI_OK) {
        return 0;
    }
    return GMPKI_SM4_MAX_TAG_LEN;
}

static size_t sm2_shared_point(uint8_t result[RESULT_LEN], const uint8_t secret[SECRET_LEN]) {
    gmpki_sm2_private_key key;
    gmpki_sm2_public_key peer;
    if (gmpki_sm2_private_key_load(&key, secret) != GMPKI_OK || gmpki_sm2_private_key_public(&key, &peer) != GMPKI_OK) {
        return 0;
    }
    ctime_declassify(&peer, sizeof peer);
    return gmpki_sm2_ecdh(&key, result, &peer) == GMPKI_OK ? GMPKI_SM2_POINT_LEN : 0;
}

/* Public halves before they are published: what the lanes make of random scalars, which are secret by themselves. */
static size_t sm2_base_lanes(uint8_t result[RESULT_LEN], const uint8_t secret[SECRET_LEN]) {
    gmpki_sm2_private_key keys[8];
    (void)secret;
    if (gmpki_sm2_generate_batch(keys, 8, GMPKI_SM2_GENERATE_UNCHECKED) != GMPKI_OK) {
        return 0;
    }
    memcpy(result, keys[5].x, sizeof keys[5].x);
    return sizeof keys[5].x;
}

static size_t rand_bytes(uint8_t result[RESULT_LEN], const uint8_t secret[SECRET_LEN]) {
    static const uint8_t nonce[16] = {1};
    gmpki_drbg drbg;
    if (gmpki_drbg_init(&drbg, secret, SECRET_LEN, nonce, sizeof nonce, NULL, 0) != GMPKI_OK ||
        gmpki_drbg_generate(&drbg, result, SECRET_LEN, NULL, 0) != GMPKI_OK) {
        return 0;
    }
    return SECRET_LEN;
}

static volatile uint8_t table[256];
static volatile uint8_t sink;

/* The assembly keeps the compiler from turning the branch into a select. */
static void leak_by_branch(uint8_t secret) {
    if (secret & 1) {
        __asm__ __volatile__("nop");
    }
}

static void leak_by_index(uint8_t secret) {
    sink = table[secret];
}

static void leak(make_result make, void (*by)(uint8_t)) {
    uint8_t secret[SECRET_LEN];
    uint8_t result[RESULT_LEN];
    memset(secret, 0x31, sizeof secret);
    ctime_secret(secret, sizeof secret);
    size_t len = make(result, secret);
    if (len != 0) {
        by(result[len - 1]);
    }
}

#define PLANT(make)                                                                                                    \
    static void make##_branch(void) {                                                                                  \
        leak(make, leak_by_branch);                                                                                    \
    }                                                                                                                  \
    static void make##_index(void) {                                                                                   \
        leak(make, leak_by_index);                                                                                     \
    }

PLANT(sm3_digest)
PLANT(sm3_many_digests)
PLANT(sm4_many_blocks)
PLANT(sm4_one_block)
PLANT(sm4_gcm_tag)
PLANT(sm2_shared_point)
PLANT(sm2_base_lanes)
PLANT(rand_bytes)

#define PLANTED(make)                                                                                                  \
    {#make, "branch", make##_branch}, {                                                                                \
        #make, "index", make##_index                                                                                   \
    }

const ctime_entry ctime_planted[] = {
    PLANTED(sm3_digest),     PLANTED(sm3_many_digests), PLANTED(sm4_many_blocks),
    PLANTED(sm4_one_block),  PLANTED(sm4_gcm_tag),      PLANTED(sm2_shared_point),
    PLANTED(sm2_base_lanes), PLANTED(rand_bytes),       {NULL, NULL, NULL},
};
