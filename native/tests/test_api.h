/*
 * tests/test_api.h: doors that exist in the test build alone (GMPKI_TEST_BUILD), never in a shipped library: forced
 * nonces, raw scalars, a random source that fails, faults. Everything here is on public data and of no use for keys
 * that matter. NULL is not checked.
 */
#ifndef GMPKI_TESTS_TEST_API_H
#define GMPKI_TESTS_TEST_API_H

#include "gmpki/sm2.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a forced nonce may answer besides a status: the standard asks for another nonce. */
enum { GMPKI_TEST_NEXT_NONCE = 1 };

/* Sign with the nonce k, 1 <= k <= n-1 (GMPKI_ERR_SCALAR otherwise). GMPKI_TEST_NEXT_NONCE for r = 0, r + k = n or
 * s = 0; the signature is zeroed then. */
GMPKI_API int gmpki_test_sm2_sign_digest_nonce(GMPKI_PUBLIC const gmpki_sm2_private_key *key,
                                               GMPKI_OUT uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                                               GMPKI_PUBLIC const uint8_t digest[GMPKI_SM3_DIGEST_LEN],
                                               GMPKI_PUBLIC const uint8_t k[GMPKI_SM2_SCALAR_LEN]);

/* Encrypt with the nonce k, 1 <= k <= n-1 (GMPKI_ERR_SCALAR otherwise); out holds message_len +
 * GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD bytes. GMPKI_TEST_NEXT_NONCE for an all-zero key stream. */
GMPKI_API int gmpki_test_sm2_encrypt_nonce(GMPKI_PUBLIC const gmpki_sm2_public_key *key, GMPKI_OUT uint8_t *out,
                                           GMPKI_OUT size_t *out_len, GMPKI_PUBLIC const uint8_t *message,
                                           size_t message_len, GMPKI_PUBLIC const uint8_t k[GMPKI_SM2_SCALAR_LEN],
                                           int format);

/* The nonce that signing derives from d, 32 random bytes and e. */
GMPKI_API int gmpki_test_sm2_nonce(GMPKI_OUT uint8_t k[GMPKI_SM2_SCALAR_LEN],
                                   GMPKI_PUBLIC const uint8_t d[GMPKI_SM2_SCALAR_LEN],
                                   GMPKI_PUBLIC const uint8_t random[32],
                                   GMPKI_PUBLIC const uint8_t e[GMPKI_SM3_DIGEST_LEN]);

/* The count-th (from 0) nonce of RFC 6979 for d and e. */
GMPKI_API int gmpki_test_sm2_nonce_deterministic(GMPKI_OUT uint8_t k[GMPKI_SM2_SCALAR_LEN],
                                                 GMPKI_PUBLIC const uint8_t d[GMPKI_SM2_SCALAR_LEN],
                                                 GMPKI_PUBLIC const uint8_t e[GMPKI_SM3_DIGEST_LEN], int count);

/*
 * k * point by the active backend, for any 0 <= k < n; a point of NULL is G, by the fixed-base table.
 * GMPKI_ERR_SCALAR, GMPKI_ERR_POINT for input out of range; GMPKI_OK with 64 zero bytes for infinity.
 */
GMPKI_API int gmpki_test_sm2_point_mul(GMPKI_OUT uint8_t product[GMPKI_SM2_POINT_LEN],
                                       GMPKI_PUBLIC const uint8_t k[GMPKI_SM2_SCALAR_LEN],
                                       GMPKI_PUBLIC const uint8_t *point);

/* s * G + t * point, as verification computes it; the same answers. */
GMPKI_API int gmpki_test_sm2_point_mul_double(GMPKI_OUT uint8_t sum[GMPKI_SM2_POINT_LEN],
                                              GMPKI_PUBLIC const uint8_t s[GMPKI_SM2_SCALAR_LEN],
                                              GMPKI_PUBLIC const uint8_t t[GMPKI_SM2_SCALAR_LEN],
                                              GMPKI_PUBLIC const uint8_t point[GMPKI_SM2_POINT_LEN]);

/* The random source: 0 the system's bytes, 1 fail, 2 the same byte for ever. */
GMPKI_API_VOID void gmpki_test_random_mode(int mode);

/* Make the next count nonces be refused, as if one of the standard's retry cases had come up. */
GMPKI_API_VOID void gmpki_test_sm2_refuse_nonces(int count);

/* 1: flip a bit of every signature between computing and checking it. 0: stop that. */
GMPKI_API_VOID void gmpki_test_sm2_fault(int on);

/* Make the known-answer test of an algorithm fail from now on. GMPKI_ERR_ARGUMENT for an unknown one. */
GMPKI_API int gmpki_test_break_known_answer(int algorithm);

#ifdef __cplusplus
}
#endif

#endif /* GMPKI_TESTS_TEST_API_H */
