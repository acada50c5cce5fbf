/*
 * SM2 inside the core: the backend, and what the files of this directory share. The caller of every function here has
 * passed the gate of SM2 and checked for NULL.
 */
#ifndef GMPKI_SRC_SM2_SM2_H
#define GMPKI_SRC_SM2_SM2_H

#include "common/backend.h"
#include "gmpki/sm2.h"
#include "sm2/batch.h"
#include "sm2/fn.h"
#include "sm2/tables.h"
#include "sm2/point.h"

/* One implementation of scalar multiplication. */
typedef struct sm2_backend {
    backend_info info;
    /* r = k * G, k secret. */
    void (*multiply_base)(point *r, const fn *k);
    /* r = k * p, k secret. */
    void (*multiply_point)(point *r, const fn *k, const affine *p);
    /* r = s * G + t * p, all public. */
    void (*multiply_double_vartime)(point *r, const fn *s, const fn *t, const affine *p);
    /* The comb of p, and r = s * G + t * p by it, all public. */
    void (*make_comb_vartime)(affine table[COMB_ROWS][COMB_ENTRIES], const affine *p);
    void (*multiply_comb_vartime)(point *r, const fn *s, const fn *t, const affine table[COMB_ROWS][COMB_ENTRIES]);
    /* The affine coordinates: all ones, or zero and coordinates of 0 for infinity. */
    uint64_t (*to_affine)(affine *r, const point *a);
    /* The same of two points at once: all ones, or zero if one of them is infinity. */
    uint64_t (*to_affine_pair)(affine r[2], const point a[2]);
    /* Several operations at once; NULL where there is nothing faster than one after the other. */
    const sm2_batch *batch;
} sm2_backend;

extern const sm2_backend sm2_ifma;
extern const sm2_backend sm2_adx;
extern const sm2_backend sm2_portable;

static inline const sm2_backend *sm2_current(void) {
    return (const sm2_backend *)(const void *)backend_current(GMPKI_SM2);
}

/* ---- keys ---- */

/* ready of a private key, of one without (1 + d)^-1, of a public key, and of a table. */
enum {
    SM2_PRIVATE_READY = 0x736d3264,
    SM2_PRIVATE_EPHEMERAL = 0x736d3265,
    SM2_PUBLIC_READY = 0x736d3271,
    SM2_TABLE_READY = 0x736d3274
};

/* Whether a key was loaded. That it was is public; the key is not. */
int sm2_private_ready(const gmpki_sm2_private_key *key);
int sm2_public_ready(const gmpki_sm2_public_key *key);

/* The scalar, its companion (1 + d)^-1, which an ephemeral key does not keep, and the point of a key; the point is
 * public. */
void sm2_private_scalar(fn *d, const gmpki_sm2_private_key *key);
void sm2_private_inverse(fn *inverse, const gmpki_sm2_private_key *key);
void sm2_private_public(gmpki_sm2_public_key *public_key, const gmpki_sm2_private_key *key);
void sm2_public_point(affine *p, const gmpki_sm2_public_key *key);

/* Fill an ephemeral key from d in [1, n - 2] and p = d * G; and make a whole key of it with (1 + d)^-1. */
void sm2_private_ephemeral(gmpki_sm2_private_key *key, const fn *d, const affine *p);
void sm2_private_complete(gmpki_sm2_private_key *key, const fn *inverse);

/* d by rejection: 32 bytes of the system's random source until they lie in [1, n - 2]. */
int sm2_random_key_scalar(fn *d);

/* Whether the public half is a point of the curve, which a fault on the way to it leaves with probability 1 / p:
 * GMPKI_OK or GMPKI_ERR_FAULT. */
int sm2_check_point(const gmpki_sm2_private_key *key);

/* Fill a key from d in [1, n - 2]. */
void sm2_private_from_scalar(gmpki_sm2_private_key *key, const fn *d);

/* ---- encodings of points (GB/T 32918.1-2016 4.2.9, 4.2.10) ---- */

/* x || y of 64 bytes: GMPKI_OK if both are below p and the point is on the curve, else GMPKI_ERR_POINT. */
int sm2_point_decode(affine *p, const uint8_t xy[GMPKI_SM2_POINT_LEN]);

/* 02 or 03 || x, by a square root. */
int sm2_point_decompress_vartime(affine *p, const uint8_t encoded[GMPKI_SM2_POINT_COMPRESSED_LEN]);

void sm2_point_encode(uint8_t xy[GMPKI_SM2_POINT_LEN], const affine *p);

/* ---- nonces ---- */

/* A fresh scalar in [1, n - 1] from the system's random source: GMPKI_ERR_RANDOM when that fails. */
int sm2_random_scalar(fn *k);

enum { SM2_NONCE_RANDOM_LEN = 32 };

/* The hedged nonce: SM3 KDF of d || random || e to 48 bytes, into [1, n - 1]. */
void sm2_nonce_hedged(fn *k, const fn *d, const uint8_t random[SM2_NONCE_RANDOM_LEN],
                      const uint8_t digest[GMPKI_SM3_DIGEST_LEN]);

/* The same for up to SM2_BATCH_MAX items at once; random and digests have 32 bytes for each. */
void sm2_nonces_hedged(fn *k, const fn *d, const uint8_t *random, const uint8_t *digests, size_t count);

/* The deterministic generator of RFC 6979 3.2 with HMAC-SM3. */
typedef struct sm2_rfc6979 {
    uint8_t k[GMPKI_SM3_DIGEST_LEN];
    uint8_t v[GMPKI_SM3_DIGEST_LEN];
    int started; /* a nonce was taken before, so the next step is (h)'s update */
} sm2_rfc6979;

void sm2_rfc6979_start(sm2_rfc6979 *state, const fn *d, const uint8_t digest[GMPKI_SM3_DIGEST_LEN]);
void sm2_rfc6979_next(sm2_rfc6979 *state, fn *k);

/* ---- signatures ---- */

/* What the standard answers to a nonce with r = 0, r + k = n or s = 0: take another. Never leaves the core. */
enum { SM2_NEXT_NONCE = 1 };

/* Steps A4 to A6 with one nonce: GMPKI_OK or SM2_NEXT_NONCE. */
int sm2_sign_with_nonce(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                        const uint8_t digest[GMPKI_SM3_DIGEST_LEN], const fn *k);

/* Steps A5 and A6 from x1, the affine x of k * G. */
int sm2_sign_with_x1(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                     const uint8_t digest[GMPKI_SM3_DIGEST_LEN], const fn *k, const fp *x);

/* Sign e with a key that is ready and flags that are known. On failure the signature is zeroed. */
int sm2_sign_one(const gmpki_sm2_private_key *key, uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                 const uint8_t digest[GMPKI_SM3_DIGEST_LEN], unsigned flags);

/* The ranges of clause 7.1 and t: GMPKI_OK or GMPKI_ERR_SIGNATURE; x1 of s * G + t * P has to be c modulo n. The digest
 * may be secret, and c with it. */
int sm2_verify_scalars(fn *s, fn *t, fn *c, const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                       const uint8_t digest[GMPKI_SM3_DIGEST_LEN]);

/* The equation and the ranges of clause 7.1: GMPKI_OK or GMPKI_ERR_SIGNATURE. The digest may be secret. */
int sm2_verify_signature(const gmpki_sm2_public_key *key, const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                         const uint8_t digest[GMPKI_SM3_DIGEST_LEN]);

/* Signatures of 64 bytes and digests of 32, each with its key. */
typedef struct sm2_signed {
    const gmpki_sm2_public_key *const *keys;
    const uint8_t *signatures;
    const uint8_t *digests;
} sm2_signed;

/* results[i] = what gmpki_sm2_verify_digest would return: GMPKI_OK if all are, else GMPKI_ERR_SIGNATURE. Digests may be
 * secret. */
int sm2_verify_many(const sm2_signed *all, int *results, size_t count);

/* SM3 over ENTL || ID || a || b || xG || yG || xA || yA. */
void sm2_compute_za(uint8_t za[GMPKI_SM3_DIGEST_LEN], const gmpki_sm2_public_key *key, const uint8_t *user_id,
                    size_t user_id_len);

/* e = SM3(ZA || message). */
void sm2_compute_digest(uint8_t digest[GMPKI_SM3_DIGEST_LEN], const gmpki_sm2_public_key *key, const uint8_t *user_id,
                        size_t user_id_len, const uint8_t *message, size_t message_len);

/* ---- encryption ---- */

/* Steps A2 to A7 with one nonce, into one format: GMPKI_OK, or SM2_NEXT_NONCE when the key stream is all zeros. */
int sm2_encrypt_with_nonce(const gmpki_sm2_public_key *key, uint8_t *out, size_t *out_len, const uint8_t *message,
                           size_t message_len, int format, const fn *k);

#ifdef GMPKI_TEST_BUILD
/* Faults: 1 flips a bit of every signature before it is checked and released, 2 one of every public key made. */
extern int sm2_test_fault;
/* So many nonces to refuse as if a retry case had come up. */
extern int sm2_test_refusals;
extern int sm2_known_answer_broken;
#endif

#endif /* GMPKI_SRC_SM2_SM2_H */
