/* The doors of the test build (tests/test_api.h). This file is compiled with GMPKI_TEST_BUILD only. */
#include "../../tests/test_api.h"

#include "common/bytes.h"
#include "common/gate.h"
#include "common/random.h"
#include "sm2/sm2.h"

extern int sm3_known_answer_broken, sm4_known_answer_broken, rand_known_answer_broken;

static int load_nonce(fn *nonce, const uint8_t k[GMPKI_SM2_SCALAR_LEN]) {
    return fn_from_bytes(nonce, k) && !fn_is_zero(nonce) ? GMPKI_OK : GMPKI_ERR_SCALAR;
}

int gmpki_test_sm2_sign_digest_nonce(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                                     const uint8_t digest[GMPKI_SM3_DIGEST_LEN],
                                     const uint8_t k[GMPKI_SM2_SCALAR_LEN]) {
    fn nonce;
    int status = gate(GMPKI_SM2);
    if (status == GMPKI_OK) {
        status = load_nonce(&nonce, k);
    }
    if (status == GMPKI_OK) {
        status = sm2_sign_with_nonce(key, signature, digest, &nonce);
    }
    if (status != GMPKI_OK) {
        memset(signature, 0, GMPKI_SM2_SIGNATURE_LEN);
    }
    return status;
}

int gmpki_test_sm2_encrypt_nonce(const gmpki_sm2_public_key *key, uint8_t *out, size_t *out_len, const uint8_t *message,
                                 size_t message_len, const uint8_t k[GMPKI_SM2_SCALAR_LEN], int format) {
    fn nonce;
    int status = gate(GMPKI_SM2);
    *out_len = 0;
    if (status == GMPKI_OK) {
        status = load_nonce(&nonce, k);
    }
    return status == GMPKI_OK ? sm2_encrypt_with_nonce(key, out, out_len, message, message_len, format, &nonce)
                              : status;
}

int gmpki_test_sm2_nonce(uint8_t k[GMPKI_SM2_SCALAR_LEN], const uint8_t d[GMPKI_SM2_SCALAR_LEN],
                         const uint8_t random[32], const uint8_t e[GMPKI_SM3_DIGEST_LEN]) {
    fn nonce, scalar;
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    fn_reduce_bytes(&scalar, d);
    sm2_nonce_hedged(&nonce, &scalar, random, e);
    fn_to_bytes(k, &nonce);
    return GMPKI_OK;
}

int gmpki_test_sm2_nonce_deterministic(uint8_t k[GMPKI_SM2_SCALAR_LEN], const uint8_t d[GMPKI_SM2_SCALAR_LEN],
                                       const uint8_t e[GMPKI_SM3_DIGEST_LEN], int count) {
    sm2_rfc6979 state;
    fn nonce, scalar;
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    fn_reduce_bytes(&scalar, d);
    sm2_rfc6979_start(&state, &scalar, e);
    for (int i = 0; i <= count; i++) {
        sm2_rfc6979_next(&state, &nonce);
    }
    fn_to_bytes(k, &nonce);
    return GMPKI_OK;
}

int gmpki_test_sm2_point_mul(uint8_t product[GMPKI_SM2_POINT_LEN], const uint8_t k[GMPKI_SM2_SCALAR_LEN],
                             const uint8_t *encoded) {
    fn scalar;
    affine p;
    point r;
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    if (!fn_from_bytes(&scalar, k)) {
        return GMPKI_ERR_SCALAR;
    }
    if (encoded == NULL) {
        sm2_current()->multiply_base(&r, &scalar);
    } else {
        status = sm2_point_decode(&p, encoded);
        if (status != GMPKI_OK) {
            return status;
        }
        sm2_current()->multiply_point(&r, &scalar, &p);
    }
    (void)point_to_affine(&p, &r);
    sm2_point_encode(product, &p);
    return GMPKI_OK;
}

int gmpki_test_sm2_point_mul_double(uint8_t sum[GMPKI_SM2_POINT_LEN], const uint8_t s[GMPKI_SM2_SCALAR_LEN],
                                    const uint8_t t[GMPKI_SM2_SCALAR_LEN], const uint8_t encoded[GMPKI_SM2_POINT_LEN]) {
    fn s_scalar, t_scalar;
    affine p;
    point r;
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    if (!fn_from_bytes(&s_scalar, s) || !fn_from_bytes(&t_scalar, t)) {
        return GMPKI_ERR_SCALAR;
    }
    status = sm2_point_decode(&p, encoded);
    if (status != GMPKI_OK) {
        return status;
    }
    sm2_current()->multiply_double_vartime(&r, &s_scalar, &t_scalar, &p);
    (void)point_to_affine(&p, &r);
    sm2_point_encode(sum, &p);
    return GMPKI_OK;
}

void gmpki_test_random_mode(int mode) {
    random_test_mode = mode;
}

void gmpki_test_sm2_refuse_nonces(int count) {
    sm2_test_refusals = count;
}

void gmpki_test_sm2_fault(int on) {
    sm2_test_fault = on;
}

int gmpki_test_break_known_answer(int algorithm) {
    static int *const broken[GMPKI_ALGORITHM_COUNT] = {
        [GMPKI_SM3] = &sm3_known_answer_broken,
        [GMPKI_SM4] = &sm4_known_answer_broken,
        [GMPKI_SM2] = &sm2_known_answer_broken,
        [GMPKI_RAND] = &rand_known_answer_broken,
    };
    if (algorithm < 0 || algorithm >= GMPKI_ALGORITHM_COUNT) {
        return GMPKI_ERR_ARGUMENT;
    }
    *broken[algorithm] = 1;
    return GMPKI_OK;
}
