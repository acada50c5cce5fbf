/* Batches of verifications: each result is that of the single verification, whatever stands beside it. */
#include "fuzz.h"

#include "gmpki/sm2.h"

enum { KEYS = 5, MOST = 40, CHANGED_LEN = GMPKI_SM2_SIGNATURE_LEN + GMPKI_SM3_DIGEST_LEN };

static gmpki_sm2_public_key keys[KEYS];
static uint8_t right[KEYS][CHANGED_LEN]; /* a signature and its digest under each key */

static void make_keys(void) {
    static int made;
    for (size_t i = 0; i < KEYS && !made; i++) {
        uint8_t d[GMPKI_SM2_SCALAR_LEN] = {(uint8_t)(17 * i)};
        gmpki_sm2_private_key key;
        d[GMPKI_SM2_SCALAR_LEN - 1] = (uint8_t)(i + 1);
        memset(right[i] + GMPKI_SM2_SIGNATURE_LEN, (int)(41 * i), GMPKI_SM3_DIGEST_LEN);
        REQUIRE(gmpki_sm2_private_key_load(&key, d) == GMPKI_OK);
        REQUIRE(gmpki_sm2_private_key_public(&key, &keys[i]) == GMPKI_OK);
        REQUIRE(gmpki_sm2_sign_digest(&key, right[i], right[i] + GMPKI_SM2_SIGNATURE_LEN,
                                      GMPKI_SM2_SIGN_DETERMINISTIC) == GMPKI_OK);
    }
    made = 1;
}

/* Three bytes of input make an item: which key and how much of what is right stays, and what changes where. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    const gmpki_sm2_public_key *pointers[MOST];
    uint8_t signatures[MOST][GMPKI_SM2_SIGNATURE_LEN];
    uint8_t digests[MOST][GMPKI_SM3_DIGEST_LEN];
    int results[MOST];
    size_t count = len / 3 < MOST ? len / 3 : MOST;
    int all = GMPKI_OK;

    make_keys();
    for (size_t i = 0; i < count; i++) {
        const uint8_t *item = data + 3 * i;
        uint8_t both[CHANGED_LEN];
        memcpy(both, right[item[0] % KEYS], sizeof both);
        if (item[0] & 0x80) {
            both[item[1] % CHANGED_LEN] ^= item[2];
        }
        if (item[0] & 0x40) {
            memset(both + item[1] % CHANGED_LEN, item[2], CHANGED_LEN - item[1] % CHANGED_LEN);
        }
        pointers[i] = &keys[item[0] / KEYS % 4 == 3 ? item[1] % KEYS : item[0] % KEYS];
        memcpy(signatures[i], both, sizeof signatures[i]);
        memcpy(digests[i], both + GMPKI_SM2_SIGNATURE_LEN, sizeof digests[i]);
    }
    int status = gmpki_sm2_verify_batch(pointers, results, signatures[0], digests[0], count);
    for (size_t i = 0; i < count; i++) {
        REQUIRE(results[i] == gmpki_sm2_verify_digest(pointers[i], signatures[i], digests[i]));
        all = results[i] == GMPKI_OK ? all : GMPKI_ERR_SIGNATURE;
    }
    REQUIRE(status == all);
    return 0;
}
