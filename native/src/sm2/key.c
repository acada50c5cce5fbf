/* Keys (GB/T 32918.1-2016 clause 6). */
#include <string.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "common/random.h"
#include "sm2/sm2.h"

/* A candidate of 32 random bytes is out of range once in 2^32: this many in a row mean a broken source. */
enum { MAX_CANDIDATES = 16 };

/* What mark the key has, which says how it was made and nothing else. */
static uint64_t private_mark(const gmpki_sm2_private_key *key) {
    uint64_t ready = key->ready;
    DECLASSIFY(&ready, sizeof ready); /* a constant of every key made in that way */
    return ready;
}

int sm2_private_ready(const gmpki_sm2_private_key *key) {
    uint64_t mark = private_mark(key);
    return mark == SM2_PRIVATE_READY || mark == SM2_PRIVATE_EPHEMERAL;
}

int sm2_public_ready(const gmpki_sm2_public_key *key) {
    return key->ready == SM2_PUBLIC_READY;
}

void sm2_private_scalar(fn *d, const gmpki_sm2_private_key *key) {
    memcpy(d->limb, key->d, sizeof d->limb);
}

/* (1 + d)^-1 */
static void compute_inverse(fn *inverse, const fn *d) {
    fn_add(inverse, d, &fn_one);
    fn_inverse(inverse, inverse);
}

void sm2_private_inverse(fn *inverse, const gmpki_sm2_private_key *key) {
    if (private_mark(key) == SM2_PRIVATE_EPHEMERAL) {
        sm2_private_scalar(inverse, key);
        compute_inverse(inverse, inverse);
    } else {
        memcpy(inverse->limb, key->inverse, sizeof inverse->limb);
    }
}

void sm2_private_public(gmpki_sm2_public_key *public_key, const gmpki_sm2_private_key *key) {
    memcpy(public_key->x, key->x, sizeof public_key->x);
    memcpy(public_key->y, key->y, sizeof public_key->y);
    public_key->ready = SM2_PUBLIC_READY;
    DECLASSIFY(public_key, sizeof *public_key); /* the public half of the key pair */
}

void sm2_public_point(affine *p, const gmpki_sm2_public_key *key) {
    memcpy(p->x.limb, key->x, sizeof p->x.limb);
    memcpy(p->y.limb, key->y, sizeof p->y.limb);
}

void sm2_private_ephemeral(gmpki_sm2_private_key *key, const fn *d, const affine *p) {
    memcpy(key->d, d->limb, sizeof key->d);
    memset(key->inverse, 0, sizeof key->inverse);
    memcpy(key->x, p->x.limb, sizeof key->x);
    memcpy(key->y, p->y.limb, sizeof key->y);
    key->ready = SM2_PRIVATE_EPHEMERAL;
#ifdef GMPKI_TEST_BUILD
    key->y[0] ^= (uint64_t)(sm2_test_fault >> 1 & 1);
#endif
}

void sm2_private_complete(gmpki_sm2_private_key *key, const fn *inverse) {
    memcpy(key->inverse, inverse->limb, sizeof key->inverse);
    key->ready = SM2_PRIVATE_READY;
}

/* The key of d but for what signing needs. */
static void ephemeral_from_scalar(gmpki_sm2_private_key *key, const fn *d) {
    point product;
    affine p;
    sm2_current()->multiply_base(&product, d);
    (void)sm2_current()->to_affine(&p, &product); /* finite: 0 < d < n */
    sm2_private_ephemeral(key, d, &p);
    gmpki_cleanse(&product, sizeof product);
}

void sm2_private_from_scalar(gmpki_sm2_private_key *key, const fn *d) {
    fn inverse;
    ephemeral_from_scalar(key, d);
    compute_inverse(&inverse, d);
    sm2_private_complete(key, &inverse);
    gmpki_cleanse(&inverse, sizeof inverse);
}

int gmpki_sm2_private_key_load(gmpki_sm2_private_key *key, const uint8_t d[GMPKI_SM2_SCALAR_LEN]) {
    if (key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = d == NULL ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        gmpki_cleanse(key, sizeof *key);
        return status;
    }
    fn scalar;
    uint64_t in_range = fn_from_key_bytes(&scalar, d);
    DECLASSIFY(&in_range, sizeof in_range); /* the status tells it */
    if (in_range) {
        sm2_private_from_scalar(key, &scalar);
    } else {
        gmpki_cleanse(key, sizeof *key);
        status = GMPKI_ERR_SCALAR;
    }
    gmpki_cleanse(&scalar, sizeof scalar);
    return status;
}

/* Whether a signature made with the private half verifies with the public half. */
static int check_pair(const gmpki_sm2_private_key *key) {
    static const uint8_t digest[GMPKI_SM3_DIGEST_LEN] = {'p', 'a', 'i', 'r'};
    uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
    return gmpki_sm2_sign_digest(key, signature, digest, GMPKI_SM2_SIGN_VERIFY);
}

int sm2_random_key_scalar(fn *d) {
    uint8_t bytes[GMPKI_SM2_SCALAR_LEN];
    uint64_t in_range = 0;
    int status = GMPKI_OK;
    for (int i = 0; i < MAX_CANDIDATES && !in_range && status == GMPKI_OK; i++) {
        status = random_system(bytes, sizeof bytes);
        in_range = fn_from_key_bytes(d, bytes);
        DECLASSIFY(&in_range, sizeof in_range); /* says nothing about the candidate that is kept */
    }
    gmpki_cleanse(bytes, sizeof bytes);
    if (status == GMPKI_OK && !in_range) {
        status = GMPKI_ERR_RANDOM;
    }
    return status;
}

int sm2_check_point(const gmpki_sm2_private_key *key) {
    gmpki_sm2_public_key public_key;
    affine p;
    sm2_private_public(&public_key, key);
    sm2_public_point(&p, &public_key);
    return point_on_curve(&p) ? GMPKI_OK : GMPKI_ERR_FAULT;
}

static int generate(gmpki_sm2_private_key *key, int ephemeral) {
    if (key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    fn d = {{0}};
    int status = gate(GMPKI_SM2);
    if (status == GMPKI_OK) {
        status = sm2_random_key_scalar(&d);
    }
    if (status == GMPKI_OK && ephemeral) {
        ephemeral_from_scalar(key, &d);
        status = sm2_check_point(key);
    } else if (status == GMPKI_OK) {
        sm2_private_from_scalar(key, &d);
        status = check_pair(key);
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(key, sizeof *key);
    }
    gmpki_cleanse(&d, sizeof d);
    return status;
}

int gmpki_sm2_generate(gmpki_sm2_private_key *key) {
    return generate(key, 0);
}

int gmpki_sm2_generate_unchecked(gmpki_sm2_private_key *key) {
    return generate(key, 1);
}

int gmpki_sm2_private_key_store(const gmpki_sm2_private_key *key, uint8_t d[GMPKI_SM2_SCALAR_LEN]) {
    if (d == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = key == NULL ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    if (status == GMPKI_OK && !sm2_private_ready(key)) {
        status = GMPKI_ERR_STATE;
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(d, GMPKI_SM2_SCALAR_LEN);
        return status;
    }
    fn scalar;
    sm2_private_scalar(&scalar, key);
    fn_to_bytes(d, &scalar);
    gmpki_cleanse(&scalar, sizeof scalar);
    return GMPKI_OK;
}

int gmpki_sm2_private_key_public(const gmpki_sm2_private_key *key, gmpki_sm2_public_key *public_key) {
    if (public_key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = key == NULL ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    if (status == GMPKI_OK && !sm2_private_ready(key)) {
        status = GMPKI_ERR_STATE;
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(public_key, sizeof *public_key);
        return status;
    }
    sm2_private_public(public_key, key);
    return GMPKI_OK;
}

void gmpki_sm2_private_key_clear(gmpki_sm2_private_key *key) {
    if (key != NULL) {
        gmpki_cleanse(key, sizeof *key);
    }
}
