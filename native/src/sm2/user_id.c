/* ZA and e: what binds a signature to its signer's identity and key (GB/T 32918.2-2016 5.5 and 6.1 A1, A2). */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm2/constants_generated.h"
#include "sm2/sm2.h"
#include "sm3/sm3.h"

void sm2_compute_za(uint8_t za[GMPKI_SM3_DIGEST_LEN], const gmpki_sm2_public_key *key, const uint8_t *user_id,
                    size_t user_id_len) {
    static const uint8_t curve[4][32] = {CURVE_A_BYTES, CURVE_B_BYTES, CURVE_BASE_X_BYTES, CURVE_BASE_Y_BYTES};
    const uint8_t entl[2] = {(uint8_t)(user_id_len >> 5), (uint8_t)(user_id_len << 3)}; /* in bits, big endian */
    uint8_t xy[GMPKI_SM2_POINT_LEN];
    affine p;
    gmpki_sm3_ctx ctx;
    sm2_public_point(&p, key);
    sm2_point_encode(xy, &p);
    sm3_start(&ctx);
    sm3_add(&ctx, entl, sizeof entl);
    sm3_add(&ctx, user_id, user_id_len);
    sm3_add(&ctx, curve[0], sizeof curve);
    sm3_add(&ctx, xy, sizeof xy);
    sm3_finish(&ctx, za);
}

/* A running hash that has taken in ZA. */
static void start_digest(gmpki_sm3_ctx *ctx, const gmpki_sm2_public_key *key, const uint8_t *user_id,
                         size_t user_id_len) {
    uint8_t za[GMPKI_SM3_DIGEST_LEN];
    sm2_compute_za(za, key, user_id, user_id_len);
    sm3_start(ctx);
    sm3_add(ctx, za, sizeof za);
}

void sm2_compute_digest(uint8_t digest[GMPKI_SM3_DIGEST_LEN], const gmpki_sm2_public_key *key, const uint8_t *user_id,
                        size_t user_id_len, const uint8_t *message, size_t message_len) {
    gmpki_sm3_ctx ctx;
    start_digest(&ctx, key, user_id, user_id_len);
    sm3_add(&ctx, message, message_len);
    sm3_finish(&ctx, digest);
}

/* What both exported functions ask before they begin. */
static int check(const gmpki_sm2_public_key *key, const uint8_t *user_id, size_t user_id_len) {
    if (key == NULL || (user_id == NULL && user_id_len != 0)) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (user_id_len > GMPKI_SM2_MAX_USER_ID_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    return sm2_public_ready(key) ? GMPKI_OK : GMPKI_ERR_STATE;
}

int gmpki_sm2_za(uint8_t za[GMPKI_SM3_DIGEST_LEN], const gmpki_sm2_public_key *key, const uint8_t *user_id,
                 size_t user_id_len) {
    if (za == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = check(key, user_id, user_id_len);
    if (status == GMPKI_OK) {
        sm2_compute_za(za, key, user_id, user_id_len);
    } else {
        gmpki_cleanse(za, GMPKI_SM3_DIGEST_LEN);
    }
    return status;
}

int gmpki_sm2_digest_init(gmpki_sm3_ctx *ctx, const gmpki_sm2_public_key *key, const uint8_t *user_id,
                          size_t user_id_len) {
    if (ctx == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = check(key, user_id, user_id_len);
    if (status == GMPKI_OK) {
        start_digest(ctx, key, user_id, user_id_len);
    } else {
        gmpki_cleanse(ctx, sizeof *ctx);
    }
    return status;
}
