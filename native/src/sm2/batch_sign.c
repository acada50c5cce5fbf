/* Signing many digests, and making many keys (GB/T 32918.2-2016 6.1, GB/T 32918.1-2016 6.1). */
#include <string.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "common/random.h"
#include "sm2/sm2.h"

enum {
    SIGN_FLAGS = GMPKI_SM2_SIGN_DETERMINISTIC | GMPKI_SM2_SIGN_VERIFY,
    E_LEN = GMPKI_SM3_DIGEST_LEN,
    SIGNATURE_LEN = GMPKI_SM2_SIGNATURE_LEN
};

/* ---- signing ---------------------------------------------------------------------------- */

typedef const gmpki_sm2_private_key *const *private_keys;

/* One nonce for each item, as sign.c takes its first. */
static int make_nonces(fn *k, private_keys keys, const uint8_t *digests, size_t count, unsigned flags) {
    uint8_t random[SM2_BATCH_MAX * SM2_NONCE_RANDOM_LEN];
    fn d[SM2_BATCH_MAX];
    int status = GMPKI_OK;
    for (size_t i = 0; i < count; i++) {
        sm2_private_scalar(&d[i], keys[i]);
    }
    if (flags & GMPKI_SM2_SIGN_DETERMINISTIC) {
        for (size_t i = 0; i < count; i++) {
            sm2_rfc6979 state;
            sm2_rfc6979_start(&state, &d[i], digests + i * E_LEN);
            sm2_rfc6979_next(&state, &k[i]);
            gmpki_cleanse(&state, sizeof state);
        }
    } else {
        status = random_system(random, count * SM2_NONCE_RANDOM_LEN);
        if (status == GMPKI_OK) {
            sm2_nonces_hedged(k, d, random, digests, count);
        }
        gmpki_cleanse(random, sizeof random);
    }
    gmpki_cleanse(d, sizeof d);
    return status;
}

/* At most SM2_BATCH_MAX digests on the lanes, not verified yet. */
static int sign_on_lanes(const sm2_batch *batch, private_keys keys, uint8_t *signatures, const uint8_t *digests,
                         size_t count, unsigned flags) {
    fn k[SM2_BATCH_MAX];
    affine product[SM2_BATCH_MAX];
    int status = make_nonces(k, keys, digests, count, flags);
    if (status == GMPKI_OK) {
        batch->multiply_base(product, k, count);
    }
    for (size_t i = 0; i < count && status == GMPKI_OK; i++) {
        uint8_t *signature = signatures + i * SIGNATURE_LEN;
        status = sm2_sign_with_x1(keys[i], signature, digests + i * E_LEN, &k[i], &product[i].x);
        if (status == SM2_NEXT_NONCE) {
            /* From the beginning, with the first nonce too: it is refused again or is new. */
            status = sm2_sign_one(keys[i], signature, digests + i * E_LEN, flags & GMPKI_SM2_SIGN_DETERMINISTIC);
        }
    }
    gmpki_cleanse(k, sizeof k);
    gmpki_cleanse(product, sizeof product);
    return status;
}

/* Whether at most SM2_BATCH_MAX signatures hold. */
static int verify_own(private_keys keys, const uint8_t *signatures, const uint8_t *digests, size_t count) {
    gmpki_sm2_public_key public_key[SM2_BATCH_MAX];
    const gmpki_sm2_public_key *pointers[SM2_BATCH_MAX];
    int results[SM2_BATCH_MAX];
    for (size_t i = 0; i < count; i++) {
        sm2_private_public(&public_key[i], keys[i]);
        pointers[i] = &public_key[i];
    }
    const sm2_signed all = {pointers, signatures, digests};
    return sm2_verify_many(&all, results, count) == GMPKI_OK ? GMPKI_OK : GMPKI_ERR_FAULT;
}

/* Keys are ready, flags known. */
static int sign_many(private_keys keys, uint8_t *signatures, const uint8_t *digests, size_t count, unsigned flags) {
    const sm2_batch *batch = sm2_current()->batch;
    int status = GMPKI_OK;
    for (size_t done = 0; done < count && status == GMPKI_OK;) {
        private_keys now = keys + done;
        uint8_t *signature = signatures + done * SIGNATURE_LEN;
        const uint8_t *digest = digests + done * E_LEN;
        size_t part = batch == NULL ? 0 : sm2_batch_part(batch, count - done);
        if (part != 0) {
            status = sign_on_lanes(batch, now, signature, digest, part, flags);
#ifdef GMPKI_TEST_BUILD
            signature[63] ^= (uint8_t)(sm2_test_fault & 1);
#endif
            if (status == GMPKI_OK && (flags & GMPKI_SM2_SIGN_VERIFY)) {
                status = verify_own(now, signature, digest, part);
            }
        } else {
            part = 1;
            status = sm2_sign_one(now[0], signature, digest, flags);
        }
        done += part;
    }
    return status;
}

int gmpki_sm2_sign_batch(const gmpki_sm2_private_key *const *keys, uint8_t *signatures, const uint8_t *digests,
                         size_t count, unsigned flags) {
    if (signatures == NULL) {
        return count == 0 ? gate(GMPKI_SM2) : GMPKI_ERR_ARGUMENT;
    }
    int wrong = (flags & ~(unsigned)SIGN_FLAGS) != 0 || (count != 0 && (keys == NULL || digests == NULL));
    for (size_t i = 0; i < count && !wrong; i++) {
        wrong = keys[i] == NULL;
    }
    int status = wrong ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    for (size_t i = 0; i < count && status == GMPKI_OK; i++) {
        status = sm2_private_ready(keys[i]) ? GMPKI_OK : GMPKI_ERR_STATE;
    }
    if (status == GMPKI_OK) {
        status = sign_many(keys, signatures, digests, count, flags);
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(signatures, count * SIGNATURE_LEN);
    }
    return status;
}

/* ---- keys ------------------------------------------------------------------------------- */

/* inverse[i] = (1 + d[i])^-1 with one inversion for all (Montgomery's trick); 1 + d is not 0. */
static void invert_companions(fn *inverse, const fn *d, size_t count) {
    fn all = fn_one;
    fn companion;
    for (size_t i = 0; i < count; i++) {
        inverse[i] = all; /* the product of those before */
        fn_add(&companion, &d[i], &fn_one);
        fn_mul(&all, &all, &companion);
    }
    fn_inverse(&all, &all);
    for (size_t i = count; i-- > 0;) {
        fn_mul(&inverse[i], &inverse[i], &all);
        fn_add(&companion, &d[i], &fn_one);
        fn_mul(&all, &all, &companion);
    }
    gmpki_cleanse(&all, sizeof all);
    gmpki_cleanse(&companion, sizeof companion);
}

/* Candidates of one request for random bytes; one that is out of range is made anew. */
static int random_scalars(fn *d, size_t count) {
    uint8_t bytes[SM2_BATCH_MAX * GMPKI_SM2_SCALAR_LEN];
    int status = random_system(bytes, count * GMPKI_SM2_SCALAR_LEN);
    for (size_t i = 0; i < count && status == GMPKI_OK; i++) {
        uint64_t in_range = fn_from_key_bytes(&d[i], bytes + i * GMPKI_SM2_SCALAR_LEN);
        DECLASSIFY(&in_range, sizeof in_range); /* says nothing about the candidate that is kept */
        if (!in_range) {
            status = sm2_random_key_scalar(&d[i]);
        }
    }
    gmpki_cleanse(bytes, sizeof bytes);
    return status;
}

/* The pairwise check: a signature by each private half verifies with the public half. */
static int check_pairs(const gmpki_sm2_private_key *keys, size_t count) {
    static const uint8_t digest[GMPKI_SM3_DIGEST_LEN] = {'p', 'a', 'i', 'r'};
    const gmpki_sm2_private_key *pointers[SM2_BATCH_MAX];
    uint8_t signatures[SM2_BATCH_MAX * SIGNATURE_LEN];
    uint8_t digests[SM2_BATCH_MAX * E_LEN];
    for (size_t i = 0; i < count; i++) {
        pointers[i] = &keys[i];
        memcpy(digests + i * E_LEN, digest, E_LEN);
    }
    return sign_many(pointers, signatures, digests, count, GMPKI_SM2_SIGN_VERIFY);
}

static int check_points(const gmpki_sm2_private_key *keys, size_t count) {
    int status = GMPKI_OK;
    for (size_t i = 0; i < count && status == GMPKI_OK; i++) {
        status = sm2_check_point(&keys[i]);
    }
    return status;
}

/* At most SM2_BATCH_MAX keys on the lanes. */
static int generate_on_lanes(const sm2_batch *batch, gmpki_sm2_private_key *keys, size_t count, unsigned flags) {
    fn d[SM2_BATCH_MAX];
    fn inverse[SM2_BATCH_MAX];
    affine product[SM2_BATCH_MAX];
    int status = random_scalars(d, count);
    if (status == GMPKI_OK) {
        batch->multiply_base(product, d, count);
        for (size_t i = 0; i < count; i++) {
            sm2_private_ephemeral(&keys[i], &d[i], &product[i]);
        }
        if (flags & GMPKI_SM2_GENERATE_UNCHECKED) {
            status = check_points(keys, count);
        } else {
            invert_companions(inverse, d, count);
            for (size_t i = 0; i < count; i++) {
                sm2_private_complete(&keys[i], &inverse[i]);
            }
            status = check_pairs(keys, count);
        }
    }
    gmpki_cleanse(d, sizeof d);
    gmpki_cleanse(inverse, sizeof inverse);
    return status;
}

int gmpki_sm2_generate_batch(gmpki_sm2_private_key *keys, size_t count, unsigned flags) {
    if (keys == NULL && count != 0) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = flags & ~(unsigned)GMPKI_SM2_GENERATE_UNCHECKED ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    const sm2_batch *batch = status == GMPKI_OK ? sm2_current()->batch : NULL;
    for (size_t done = 0; done < count && status == GMPKI_OK;) {
        size_t part = batch == NULL ? 0 : sm2_batch_part(batch, count - done);
        if (part != 0) {
            status = generate_on_lanes(batch, keys + done, part, flags);
        } else {
            part = 1;
            status = flags & GMPKI_SM2_GENERATE_UNCHECKED ? gmpki_sm2_generate_unchecked(&keys[done])
                                                          : gmpki_sm2_generate(&keys[done]);
        }
        done += part;
    }
    if (status != GMPKI_OK && count != 0) {
        gmpki_cleanse(keys, count * sizeof *keys);
    }
    return status;
}
