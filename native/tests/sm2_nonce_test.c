/* Nonces: how they are derived, that they are long, distinct and evenly spread, and what a failing source does. */
#include <stdlib.h>

#include "common/random.h"
#include "sm2_support.h"

/* RFC 6979 with HMAC-SM3: nonces from an independent program; the signature that follows is always the same. */
static void test_deterministic(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    uint8_t d[32], e[32], k[32], signature[64];
    unhex(d, ANNEX_KEY);
    unhex(e, ANNEX_E);
    CHECK(gmpki_test_sm2_nonce_deterministic(k, d, e, 0) == GMPKI_OK);
    CHECK(equals_hex(k, 32, "f7d1eea09846e85224fe81ca11453a10827c315a97b924765c3a1e96d9611628"));
    CHECK(gmpki_test_sm2_nonce_deterministic(k, d, e, 1) == GMPKI_OK);
    CHECK(equals_hex(k, 32, "08ed9ac7d6dc8c2f20dd0bb763305c6f32e60d88df557e11f733c99b95af17b7"));
    for (int i = 0; i < 2; i++) {
        CHECK(gmpki_sm2_sign_digest(&key, signature, e, GMPKI_SM2_SIGN_DETERMINISTIC) == GMPKI_OK);
        CHECK(equals_hex(signature, 64,
                         "24858ee71d63e687feefe41f5af80a59f0791eb1dabc2bbe71daf0e57f06c367"
                         "3d15550de52785a435004c937256ac715c0e04176ac57062c6722fa692f7a491"));
    }
    gmpki_test_sm2_refuse_nonces(1); /* the loop goes on to the second nonce */
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, GMPKI_SM2_SIGN_DETERMINISTIC) == GMPKI_OK);
    CHECK(equals_hex(signature, 64,
                     "8e9522be614efcda8d514dd9552b4595e239ab7eb2604c086db0a85e0d0298ff"
                     "3ba9cfbf4f9998c0bb88f7e74ad69a00f87dc6de0d391cd06976428280465275"));
}

static int compare_nonces(const void *a, const void *b) {
    return memcmp(a, b, 32);
}

/* The nonce of a signature, from the private key: k = s (1 + d) + r d. */
static void recover_nonce(uint8_t k[32], const gmpki_sm2_private_key *key, const uint8_t signature[64]) {
    fn d, r, s, t;
    sm2_private_scalar(&d, key);
    CHECK(fn_from_bytes(&r, signature) && fn_from_bytes(&s, signature + 32));
    fn_add(&t, &r, &s);
    fn_mul(&t, &t, &d);
    fn_add(&t, &t, &s);
    fn_to_bytes(k, &t);
}

enum { NONCES = 10000 };

/* 10,000 nonces as signing used them: none short, all distinct, the top byte spread evenly. */
static void check_nonces(int mode, unsigned flags) {
    static uint8_t nonces[NONCES][32];
    unsigned histogram[16] = {0};
    unsigned short_ones = 0, equal = 0;
    gmpki_sm2_private_key key = load_key(ANNEX_KEY);
    gmpki_test_random_mode(mode);
    for (int i = 0; i < NONCES; i++) {
        uint8_t e[32] = {0}, signature[64];
        if (mode != RANDOM_REAL || flags != 0) { /* e is all that differs */
            e[30] = (uint8_t)(i >> 8);
            e[31] = (uint8_t)i;
        }
        CHECK(gmpki_sm2_sign_digest(&key, signature, e, flags) == GMPKI_OK);
        recover_nonce(nonces[i], &key, signature);
        histogram[nonces[i][0] >> 4]++;
        short_ones += all_zero(nonces[i], 4) ? 1 : 0;
    }
    gmpki_test_random_mode(RANDOM_REAL);
    qsort(nonces, NONCES, 32, compare_nonces);
    for (int i = 1; i < NONCES; i++) {
        equal += memcmp(nonces[i - 1], nonces[i], 32) == 0 ? 1 : 0;
    }
    CHECK(short_ones == 0); /* below 2^224 */
    CHECK(equal == 0);
    for (int i = 0; i < 16; i++) { /* 625 expected, standard deviation 24: eight of them */
        CHECK(histogram[i] > 625 - 192 && histogram[i] < 625 + 192);
    }
}

static void test_nonces(void) {
    gmpki_sm2_private_key key = load_key(ANNEX_KEY), made;
    gmpki_sm2_public_key public_key = public_of(&key);
    uint8_t d[32], random[32], e[32], k[32], signature[64], again[64], out[200];
    size_t out_len;
    check_nonces(RANDOM_REAL, 0);
    check_nonces(RANDOM_DEAD, 0);

    /* The derivation itself, by an independent program. */
    unhex(d, ANNEX_KEY);
    unhex(e, ANNEX_E);
    for (int i = 0; i < 32; i++) {
        random[i] = (uint8_t)i;
    }
    CHECK(gmpki_test_sm2_nonce(k, d, random, e) == GMPKI_OK);
    CHECK(equals_hex(k, 32, "521d5143cdc4a3693b62eda981e5332cf9d34c417aa1a51505a93bc1abdea585"));

    /* Fresh randomness for every signature; none for deterministic ones. */
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, 0) == GMPKI_OK);
    CHECK(gmpki_sm2_sign_digest(&key, again, e, 0) == GMPKI_OK && memcmp(signature, again, 64) != 0);

    gmpki_test_random_mode(RANDOM_FAILS);
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, 0) == GMPKI_ERR_RANDOM && all_zero(signature, 64));
    CHECK(gmpki_sm2_sign(&key, signature, DEFAULT_ID, e, 32, 2) == GMPKI_ERR_RANDOM && all_zero(signature, 64));
    CHECK(gmpki_sm2_sign_digest(&key, signature, e, GMPKI_SM2_SIGN_DETERMINISTIC) == GMPKI_OK);
    CHECK(gmpki_sm2_generate(&made) == GMPKI_ERR_RANDOM && all_zero(&made, sizeof made));
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm2_encrypt(&public_key, out, sizeof out, &out_len, e, 32, GMPKI_SM2_DER) == GMPKI_ERR_RANDOM);
    CHECK(out_len == 0 && all_zero(out, sizeof out));
    gmpki_test_random_mode(RANDOM_REAL);
}

int main(void) {
    test_deterministic();
    test_nonces();
    return finish();
}
