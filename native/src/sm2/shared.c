/* What both sides of an encryption compute, and plain Diffie-Hellman. */
#include "sm2/shared.h"

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm3/sm3.h"

uint64_t sm2_shared_point(uint8_t shared[GMPKI_SM2_POINT_LEN], const fn *k, const affine *p) {
    point product;
    affine result;
    sm2_current()->multiply_point(&product, k, p);
    uint64_t finite = sm2_current()->to_affine(&result, &product);
    sm2_point_encode(shared, &result);
    gmpki_cleanse(&product, sizeof product);
    gmpki_cleanse(&result, sizeof result);
    return finite;
}

uint64_t sm2_key_stream(uint8_t *t, size_t len, const uint8_t shared[GMPKI_SM2_POINT_LEN]) {
    sm3_derive(t, len, shared, GMPKI_SM2_POINT_LEN);
    return ~mask_is_zero(any_bit(t, len));
}

void sm2_compute_c3(uint8_t c3[GMPKI_SM2_C3_LEN], const uint8_t shared[GMPKI_SM2_POINT_LEN], const uint8_t *message,
                    size_t message_len) {
    gmpki_sm3_ctx ctx;
    sm3_start(&ctx);
    sm3_add(&ctx, shared, 32);
    sm3_add(&ctx, message, message_len);
    sm3_add(&ctx, shared + 32, 32);
    sm3_finish(&ctx, c3);
}

/* With h = 1 and both points of order n the product is finite for every d in [1, n - 2]. */
int gmpki_sm2_ecdh(const gmpki_sm2_private_key *key, uint8_t shared_point[GMPKI_SM2_POINT_LEN],
                   const gmpki_sm2_public_key *peer) {
    if (shared_point == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = key == NULL || peer == NULL ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    if (status == GMPKI_OK && (!sm2_private_ready(key) || !sm2_public_ready(peer))) {
        status = GMPKI_ERR_STATE;
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(shared_point, GMPKI_SM2_POINT_LEN);
        return status;
    }
    fn d;
    affine p;
    sm2_private_scalar(&d, key);
    sm2_public_point(&p, peer);
    (void)sm2_shared_point(shared_point, &d, &p);
    gmpki_cleanse(&d, sizeof d);
    return GMPKI_OK;
}
