/* Constant-time entries of the batches of gmpki/sm2.h: more than one vector of lanes, and a count that does not fill
 * the last. */
#include <stdlib.h>
#include <string.h>

#include "ctime.h"
#include "gmpki/sm2.h"

enum { ITEMS = 11 };

static gmpki_sm2_private_key key[ITEMS];
static gmpki_sm2_public_key public_key[ITEMS];
static const gmpki_sm2_private_key *keys[ITEMS];
static const gmpki_sm2_public_key *public_keys[ITEMS];
static uint8_t digests[ITEMS * GMPKI_SM3_DIGEST_LEN];
static uint8_t signatures[ITEMS * GMPKI_SM2_SIGNATURE_LEN];
static int results[ITEMS];

/* An entry that ends otherwise than it should tests nothing and must not pass. */
static void must(int status) {
    if (status != GMPKI_OK) {
        abort();
    }
}

/* Keys and digests that are secret in every byte. */
static void make_items(void) {
    for (size_t i = 0; i < ITEMS; i++) {
        uint8_t d[GMPKI_SM2_SCALAR_LEN] = {0x39, 0x45, 0x20, (uint8_t)i, 0x7b};
        must(gmpki_sm2_private_key_load(&key[i], d));
        must(gmpki_sm2_private_key_public(&key[i], &public_key[i]));
        keys[i] = &key[i];
        public_keys[i] = &public_key[i];
    }
    memset(digests, 0xa5, sizeof digests);
    ctime_secret(key, sizeof key);
    ctime_secret(digests, sizeof digests);
}

static void sign_with(unsigned flags) {
    make_items();
    must(gmpki_sm2_sign_batch(keys, signatures, digests, ITEMS, flags));
    must(gmpki_sm2_verify_batch(public_keys, results, signatures, digests, ITEMS)); /* a signature is public */
}

static void sign(void) {
    sign_with(0);
}

static void sign_deterministic(void) {
    sign_with(GMPKI_SM2_SIGN_DETERMINISTIC);
}

static void sign_verify(void) {
    sign_with(GMPKI_SM2_SIGN_VERIFY);
}

static void generate(void) {
    must(gmpki_sm2_generate_batch(key, ITEMS, 0));
}

static void generate_unchecked(void) {
    must(gmpki_sm2_generate_batch(key, ITEMS, GMPKI_SM2_GENERATE_UNCHECKED));
}

const ctime_entry ctime_sm2_batch[] = {
    {"gmpki_sm2_sign_batch", "", sign},
    {"gmpki_sm2_sign_batch", "deterministic", sign_deterministic},
    {"gmpki_sm2_sign_batch", "verify after sign", sign_verify},
    {"gmpki_sm2_generate_batch", "", generate},
    {"gmpki_sm2_generate_batch", "without the pairwise check", generate_unchecked},
    {NULL, NULL, NULL},
};
