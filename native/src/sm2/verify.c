/* Verifying (GB/T 32918.2-2016 7.1). */
#include <stddef.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm2/sm2.h"

/*
 * Whether x mod n = c for the affine x of p, without an inversion: x is c, or c + n where that is still below p, and
 * p.x = x * z^2. c follows from the digest, which may be secret, so both are compared and masked. All ones or zero.
 */
static uint64_t x_is_congruent(const point *p, const fn *c) {
    static const uint64_t n[4] = FN_MODULUS_LIMBS;
    uint64_t plain[4];
    carry_bit carry = 0;
    fp z2, candidate, x;
    fp_sqr(&z2, &p->z);

    uint64_t below_p = fp_from_limbs(&candidate, c->limb);
    fp_mul(&x, &candidate, &z2);
    uint64_t equal = below_p & fp_equal(&x, &p->x);

    for (int i = 0; i < 4; i++) {
        plain[i] = add_carry(c->limb[i], n[i], &carry);
    }
    below_p = fp_from_limbs(&candidate, plain) & mask_is_zero(carry);
    fp_mul(&x, &candidate, &z2);
    equal |= below_p & fp_equal(&x, &p->x);
    gmpki_cleanse(plain, sizeof plain);
    gmpki_cleanse(&candidate, sizeof candidate);
    gmpki_cleanse(&x, sizeof x);
    return equal;
}

_Static_assert(sizeof(((gmpki_sm2_verify_table *)0)->comb) == sizeof(affine[COMB_ROWS][COMB_ENTRIES]), "the comb");

typedef const affine comb_row[COMB_ENTRIES];

static comb_row *table_comb(const gmpki_sm2_verify_table *table) {
    return (comb_row *)(const void *)table->comb;
}

/*
 * B1, B2: r and s in [1, n - 1]. B5: t = (r + s) mod n is not 0. What x1 has to be modulo n for R = (e + x1) mod n to
 * equal r is c = r - e.
 */
int sm2_verify_scalars(fn *s, fn *t, fn *c, const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                       const uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    fn r, e;
    if (!fn_from_bytes(&r, signature)) {
        return GMPKI_ERR_SIGNATURE;
    }
    if (fn_is_zero(&r)) {
        return GMPKI_ERR_SIGNATURE;
    }
    if (!fn_from_bytes(s, signature + 32)) {
        return GMPKI_ERR_SIGNATURE;
    }
    if (fn_is_zero(s)) {
        return GMPKI_ERR_SIGNATURE;
    }
    fn_add(t, &r, s);
    if (fn_is_zero(t)) {
        return GMPKI_ERR_SIGNATURE;
    }
    fn_reduce_bytes(&e, digest);
    fn_sub(c, &r, &e);
    gmpki_cleanse(&e, sizeof e);
    return GMPKI_OK;
}

/* B6: (x1, y1) = sG + tP; B7. By the table of the key, where there is one. */
static int verify_signature(const gmpki_sm2_public_key *key, const gmpki_sm2_verify_table *table,
                            const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                            const uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    fn s, t, c;
    affine p;
    point sum;
    if (sm2_verify_scalars(&s, &t, &c, signature, digest) != GMPKI_OK) {
        return GMPKI_ERR_SIGNATURE;
    }
    if (table != NULL) {
        sm2_current()->multiply_comb_vartime(&sum, &s, &t, table_comb(table));
    } else {
        sm2_public_point(&p, key);
        sm2_current()->multiply_double_vartime(&sum, &s, &t, &p);
    }
    uint64_t good = x_is_congruent(&sum, &c) & ~point_is_infinity(&sum);
    DECLASSIFY(&good, sizeof good); /* the status tells it */
    gmpki_cleanse(&c, sizeof c);
    return good ? GMPKI_OK : GMPKI_ERR_SIGNATURE;
}

int sm2_verify_signature(const gmpki_sm2_public_key *key, const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                         const uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    return verify_signature(key, NULL, signature, digest);
}

/* What the functions that verify with a key ask before they begin. */
static int check(const gmpki_sm2_public_key *key) {
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    return sm2_public_ready(key) ? GMPKI_OK : GMPKI_ERR_STATE;
}

int gmpki_sm2_verify_digest(const gmpki_sm2_public_key *key, const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                            const uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    if (key == NULL || signature == NULL || digest == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = check(key);
    return status == GMPKI_OK ? sm2_verify_signature(key, signature, digest) : status;
}

int gmpki_sm2_verify(const gmpki_sm2_public_key *key, const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                     const uint8_t *user_id, size_t user_id_len, const uint8_t *message, size_t message_len) {
    if (key == NULL || signature == NULL || (user_id == NULL && user_id_len != 0) ||
        (message == NULL && message_len != 0)) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (user_id_len > GMPKI_SM2_MAX_USER_ID_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int status = check(key);
    if (status == GMPKI_OK) {
        uint8_t digest[GMPKI_SM3_DIGEST_LEN];
        sm2_compute_digest(digest, key, user_id, user_id_len, message, message_len);
        status = sm2_verify_signature(key, signature, digest);
    }
    return status;
}

int gmpki_sm2_verify_table_make(gmpki_sm2_verify_table *table, const gmpki_sm2_public_key *key) {
    if (table == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = key == NULL ? GMPKI_ERR_ARGUMENT : check(key);
    if (status != GMPKI_OK) {
        gmpki_cleanse(table, sizeof *table);
        return status;
    }
    affine p;
    sm2_public_point(&p, key);
    sm2_current()->make_comb_vartime((affine(*)[COMB_ENTRIES])(void *)table->comb, &p);
    table->ready = SM2_TABLE_READY;
    return GMPKI_OK;
}

int gmpki_sm2_verify_digest_with_table(const gmpki_sm2_verify_table *table,
                                       const uint8_t signature[GMPKI_SM2_SIGNATURE_LEN],
                                       const uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    if (table == NULL || signature == NULL || digest == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    return table->ready == SM2_TABLE_READY ? verify_signature(NULL, table, signature, digest) : GMPKI_ERR_STATE;
}
