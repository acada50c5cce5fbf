/*
 * HMAC-SM3 (GB/T 15852.2-2012, MAC algorithm 2; RFC 2104): SM3((key ^ opad) || SM3((key ^ ipad) || data)).
 * The context holds both hashes after their key block, so that a copy of it is a keyed start.
 */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm3/sm3.h"

enum { INNER_PAD = 0x36, OUTER_PAD = 0x5c };

void sm3_hmac_start(gmpki_sm3_hmac_ctx *ctx, const uint8_t *key, size_t key_len) {
    uint8_t block[GMPKI_SM3_BLOCK_LEN] = {0};
    if (key_len > sizeof block) {
        sm3_digest(block, key, key_len);
    } else {
        copy_bytes(block, key, key_len);
    }
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] ^= INNER_PAD;
    }
    sm3_start(&ctx->inner);
    sm3_add(&ctx->inner, block, sizeof block);
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] ^= INNER_PAD ^ OUTER_PAD;
    }
    sm3_start(&ctx->outer);
    sm3_add(&ctx->outer, block, sizeof block);
    gmpki_cleanse(block, sizeof block);
}

void sm3_hmac_add(gmpki_sm3_hmac_ctx *ctx, const uint8_t *data, size_t len) {
    sm3_add(&ctx->inner, data, len);
}

void sm3_hmac_finish(gmpki_sm3_hmac_ctx *ctx, uint8_t mac[GMPKI_SM3_DIGEST_LEN]) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    sm3_finish(&ctx->inner, digest);
    sm3_add(&ctx->outer, digest, sizeof digest);
    sm3_finish(&ctx->outer, mac);
    gmpki_cleanse(digest, sizeof digest);
}

/* Whether the context was started and can take len more bytes. */
static int accepts(const gmpki_sm3_hmac_ctx *ctx, size_t len) {
    int status = gate(GMPKI_SM3);
    return status == GMPKI_OK ? sm3_accepts(&ctx->inner, len) : status;
}

int gmpki_sm3_hmac_init(gmpki_sm3_hmac_ctx *ctx, const uint8_t *key, size_t key_len) {
    if (ctx == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    memset(ctx, 0, sizeof *ctx);
    int status = key == NULL && key_len != 0 ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM3);
    if (status == GMPKI_OK) {
        sm3_hmac_start(ctx, key, key_len);
    }
    return status;
}

int gmpki_sm3_hmac_update(gmpki_sm3_hmac_ctx *ctx, const uint8_t *data, size_t len) {
    if (ctx == NULL || (data == NULL && len != 0)) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = accepts(ctx, len);
    if (status == GMPKI_OK) {
        sm3_hmac_add(ctx, data, len);
    }
    return status;
}

int gmpki_sm3_hmac_final(gmpki_sm3_hmac_ctx *ctx, uint8_t mac[GMPKI_SM3_DIGEST_LEN]) {
    if (mac == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    memset(mac, 0, GMPKI_SM3_DIGEST_LEN);
    int status = ctx == NULL ? GMPKI_ERR_ARGUMENT : accepts(ctx, 0);
    if (status == GMPKI_OK) {
        sm3_hmac_finish(ctx, mac);
    }
    return status;
}

int gmpki_sm3_hmac_copy(gmpki_sm3_hmac_ctx *target, const gmpki_sm3_hmac_ctx *source) {
    if (target == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = source == NULL ? GMPKI_ERR_ARGUMENT : accepts(source, 0);
    if (status != GMPKI_OK) {
        gmpki_cleanse(target, sizeof *target);
        return status;
    }
    memmove(target, source, sizeof *target);
    return GMPKI_OK;
}

int gmpki_sm3_hmac(uint8_t mac[GMPKI_SM3_DIGEST_LEN], const uint8_t *key, size_t key_len, const uint8_t *data,
                   size_t len) {
    if (mac == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int missing = (key == NULL && key_len != 0) || (data == NULL && len != 0);
    int status = missing ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM3);
    if (status != GMPKI_OK) {
        memset(mac, 0, GMPKI_SM3_DIGEST_LEN);
        return status;
    }
    gmpki_sm3_hmac_ctx ctx;
    sm3_hmac_start(&ctx, key, key_len);
    sm3_hmac_add(&ctx, data, len);
    sm3_hmac_finish(&ctx, mac);
    return GMPKI_OK;
}
