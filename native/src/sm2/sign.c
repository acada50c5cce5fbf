/* Signing (GB/T 32918.2-2016 6.1). */
#include <string.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "common/random.h"
#include "sm2/sm2.h"

#ifdef GMPKI_TEST_BUILD
int sm2_test_fault;
int sm2_test_refusals;
#endif

enum {
    ALL_FLAGS = GMPKI_SM2_SIGN_DETERMINISTIC | GMPKI_SM2_SIGN_VERIFY,
    MAX_NONCES = 16 /* each fails with probability 2^-254: this many failures in a row are no accident */
};

/*
 * A4 (x1, y1) = kG; A5 r = (e + x1) mod n, next nonce if r = 0 or r + k = n; A6 s = (1 + d)^-1 (k - rd) mod n, next
 * nonce if s = 0. Written as s = (1 + d)^-1 (k + r) - r, which is the same number with one product fewer by d.
 */
int sm2_sign_with_x1(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                     const uint8_t digest[GMPKI_SM3_DIGEST_LEN], const fn *k, const fp *x) {
    fn e, r, s, inverse, r_plus_k;
    uint64_t x1[4];
    fp_to_limbs(x1, x);
    fn_reduce_limbs(&r, x1);
    fn_reduce_bytes(&e, digest);
    fn_add(&r, &r, &e);
    fn_add(&r_plus_k, &r, k);
    sm2_private_inverse(&inverse, key);
    fn_mul(&s, &inverse, &r_plus_k);
    fn_sub(&s, &s, &r);

    uint64_t refused = 0;
    refused |= fn_is_zero(&r);
    refused |= fn_is_zero(&r_plus_k);
    refused |= fn_is_zero(&s);
    DECLASSIFY(&refused, sizeof refused); /* a refused nonce is thrown away */
#ifdef GMPKI_TEST_BUILD
    refused |= (uint64_t)(sm2_test_refusals > 0 && sm2_test_refusals-- > 0);
#endif
    if (!refused) {
        fn_to_bytes(signature, &r);
        fn_to_bytes(signature + 32, &s);
        DECLASSIFY(signature, GMPKI_SM2_SIGNATURE_LEN); /* the signature is the public result */
    }
    gmpki_cleanse(x1, sizeof x1);
    gmpki_cleanse(&e, sizeof e);
    gmpki_cleanse(&r, sizeof r);
    gmpki_cleanse(&s, sizeof s);
    gmpki_cleanse(&inverse, sizeof inverse);
    gmpki_cleanse(&r_plus_k, sizeof r_plus_k);
    return refused ? SM2_NEXT_NONCE : GMPKI_OK;
}

int sm2_sign_with_nonce(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                        const uint8_t digest[GMPKI_SM3_DIGEST_LEN], const fn *k) {
    point product;
    affine p;
    sm2_current()->multiply_base(&product, k);
    (void)sm2_current()->to_affine(&p, &product); /* finite: 0 < k < n */
    int status = sm2_sign_with_x1(key, signature, digest, k, &p.x);
    gmpki_cleanse(&product, sizeof product);
    gmpki_cleanse(&p, sizeof p);
    return status;
}

static int sign_hedged(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                       const uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    uint8_t random[SM2_NONCE_RANDOM_LEN];
    fn d, k = {{0}};
    int status = SM2_NEXT_NONCE;
    sm2_private_scalar(&d, key);
    for (int i = 0; i < MAX_NONCES && status == SM2_NEXT_NONCE; i++) {
        status = random_system(random, sizeof random);
        if (status == GMPKI_OK) {
            sm2_nonce_hedged(&k, &d, random, digest);
            status = sm2_sign_with_nonce(key, signature, digest, &k);
        }
    }
    gmpki_cleanse(random, sizeof random);
    gmpki_cleanse(&d, sizeof d);
    gmpki_cleanse(&k, sizeof k);
    return status;
}

static int sign_deterministic(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                              const uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    sm2_rfc6979 state;
    fn d, k = {{0}};
    int status = SM2_NEXT_NONCE;
    sm2_private_scalar(&d, key);
    sm2_rfc6979_start(&state, &d, digest);
    for (int i = 0; i < MAX_NONCES && status == SM2_NEXT_NONCE; i++) {
        sm2_rfc6979_next(&state, &k);
        status = sm2_sign_with_nonce(key, signature, digest, &k);
    }
    gmpki_cleanse(&state, sizeof state);
    gmpki_cleanse(&d, sizeof d);
    gmpki_cleanse(&k, sizeof k);
    return status;
}

int sm2_sign_one(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                 const uint8_t digest[GMPKI_SM3_DIGEST_LEN], unsigned flags) {
    int status = flags & GMPKI_SM2_SIGN_DETERMINISTIC ? sign_deterministic(key, signature, digest)
                                                      : sign_hedged(key, signature, digest);
    if (status == SM2_NEXT_NONCE) {
        status = GMPKI_ERR_FAULT;
    }
#ifdef GMPKI_TEST_BUILD
    signature[63] ^= (uint8_t)(sm2_test_fault & 1);
#endif
    if (status == GMPKI_OK && (flags & GMPKI_SM2_SIGN_VERIFY)) {
        gmpki_sm2_public_key public_key;
        sm2_private_public(&public_key, key);
        status = sm2_verify_signature(&public_key, signature, digest) == GMPKI_OK ? GMPKI_OK : GMPKI_ERR_FAULT;
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(signature, GMPKI_SM2_SIGNATURE_LEN);
    }
    return status;
}

/* What both exported functions ask before they begin. */
static int check(const gmpki_sm2_private_key *key, unsigned flags) {
    if (key == NULL || (flags & ~(unsigned)ALL_FLAGS) != 0) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    return sm2_private_ready(key) ? GMPKI_OK : GMPKI_ERR_STATE;
}

int gmpki_sm2_sign_digest(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                          const uint8_t digest[GMPKI_SM3_DIGEST_LEN], unsigned flags) {
    if (signature == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = digest == NULL ? GMPKI_ERR_ARGUMENT : check(key, flags);
    if (status != GMPKI_OK) {
        gmpki_cleanse(signature, GMPKI_SM2_SIGNATURE_LEN);
        return status;
    }
    return sm2_sign_one(key, signature, digest, flags);
}

int gmpki_sm2_sign(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN], const uint8_t *user_id,
                   size_t user_id_len, const uint8_t *message, size_t message_len, unsigned flags) {
    if (signature == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int missing = (user_id == NULL && user_id_len != 0) || (message == NULL && message_len != 0);
    int status = missing ? GMPKI_ERR_ARGUMENT : check(key, flags);
    if (status == GMPKI_OK && user_id_len > GMPKI_SM2_MAX_USER_ID_LEN) {
        status = GMPKI_ERR_LENGTH;
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(signature, GMPKI_SM2_SIGNATURE_LEN);
        return status;
    }
    gmpki_sm2_public_key public_key;
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    sm2_private_public(&public_key, key);
    sm2_compute_digest(digest, &public_key, user_id, user_id_len, message, message_len);
    status = sm2_sign_one(key, signature, digest, flags);
    gmpki_cleanse(digest, sizeof digest);
    return status;
}
