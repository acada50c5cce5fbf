/*
 * GCM in pieces. Between calls the hash is kept as its digest, the bytes of a block begun (pending) and the lengths,
 * from which follows how many bytes are pending; the GHASH key is made ready anew in each call.
 */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm4/gcm.h"
#include "sm4/modes.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, READY = 0x6D };

static void load_hash(sm4_ghash_state *hash, const gmpki_sm4_gcm_ctx *ctx, uint64_t len_so_far) {
    sm4_ghash_start(hash, ctx->hash_key);
    copy_bytes(hash->digest, ctx->digest, BLOCK);
    copy_bytes(hash->pending, ctx->pending, BLOCK);
    hash->pending_len = (size_t)(len_so_far % BLOCK);
}

static void save_hash(gmpki_sm4_gcm_ctx *ctx, sm4_ghash_state *hash) {
    copy_bytes(ctx->digest, hash->digest, BLOCK);
    copy_bytes(ctx->pending, hash->pending, BLOCK);
    gmpki_cleanse(hash, sizeof *hash);
}

int gmpki_sm4_gcm_init(gmpki_sm4_gcm_ctx *ctx, int direction, const uint8_t raw_key[GMPKI_SM4_KEY_LEN],
                       const uint8_t *nonce, size_t nonce_len) {
    if (ctx == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    zero_bytes(ctx, sizeof *ctx);
    if (raw_key == NULL || (nonce == NULL && nonce_len != 0) ||
        (direction != GMPKI_SM4_ENCRYPT && direction != GMPKI_SM4_DECRYPT)) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (nonce_len == 0 || nonce_len > GCM_MAX_OTHER_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int status = gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        return status;
    }
    gcm g;
    sm4_gcm_start(&g, raw_key, nonce, nonce_len);
    ctx->key = g.key;
    copy_bytes(ctx->hash_key, g.hash_key, BLOCK);
    copy_bytes(ctx->counter, g.counter, BLOCK);
    copy_bytes(ctx->tag_mask, g.tag_mask, BLOCK);
    ctx->direction = (uint8_t)direction;
    ctx->ready = READY;
    gmpki_cleanse(&g, sizeof g);
    return GMPKI_OK;
}

int gmpki_sm4_gcm_associate(gmpki_sm4_gcm_ctx *ctx, const uint8_t *associated_data, size_t len) {
    if (ctx == NULL || (associated_data == NULL && len != 0)) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        return status;
    }
    if (ctx->ready != READY || ctx->message_len != 0) {
        return GMPKI_ERR_STATE;
    }
    if (len > GCM_MAX_OTHER_LEN - ctx->associated_data_len) {
        return GMPKI_ERR_LIMIT;
    }
    sm4_ghash_state hash;
    load_hash(&hash, ctx, ctx->associated_data_len);
    sm4_ghash_add(&hash, associated_data, len);
    save_hash(ctx, &hash);
    ctx->associated_data_len += len;
    return GMPKI_OK;
}

/* The hash takes the ciphertext: before decryption, which may overwrite it, or after encryption. */
int gmpki_sm4_gcm_update(gmpki_sm4_gcm_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    if (ctx == NULL || (len != 0 && (out == NULL || in == NULL))) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        return status;
    }
    if (ctx->ready != READY) {
        return GMPKI_ERR_STATE;
    }
    if (len > GCM_MAX_MESSAGE_LEN - ctx->message_len) {
        return GMPKI_ERR_LIMIT;
    }
    if (len == 0) {
        return GMPKI_OK;
    }
    sm4_ghash_state hash;
    if (ctx->message_len == 0) {
        load_hash(&hash, ctx, ctx->associated_data_len);
        sm4_ghash_pad(&hash);
    } else {
        load_hash(&hash, ctx, ctx->message_len);
    }
    if (ctx->direction == GMPKI_SM4_DECRYPT) {
        sm4_ghash_add(&hash, in, len);
    }
    sm4_ctr_continue(&ctx->key, ctx->counter, SM4_SHORT_COUNTER, ctx->buffer, (size_t)(ctx->message_len % BLOCK), out,
                     in, len);
    if (ctx->direction == GMPKI_SM4_ENCRYPT) {
        sm4_ghash_add(&hash, out, len);
    }
    save_hash(ctx, &hash);
    ctx->message_len += len;
    return GMPKI_OK;
}

static void finish_tag(const gmpki_sm4_gcm_ctx *ctx, uint8_t tag[BLOCK]) {
    sm4_ghash_state hash;
    load_hash(&hash, ctx, ctx->message_len != 0 ? ctx->message_len : ctx->associated_data_len);
    sm4_ghash_pad(&hash);
    sm4_ghash_lengths(&hash, 8 * ctx->associated_data_len, 8 * ctx->message_len);
    sm4_xor(tag, hash.digest, ctx->tag_mask, BLOCK);
    gmpki_cleanse(&hash, sizeof hash);
}

/* What both ends ask before the tag may be computed. */
static int check_final(const gmpki_sm4_gcm_ctx *ctx, const void *tag, size_t tag_len, int direction) {
    if (tag == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (!sm4_gcm_tag_len_allowed(tag_len)) {
        return GMPKI_ERR_LENGTH;
    }
    int status = gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        return status;
    }
    return ctx->ready == READY && ctx->direction == direction ? GMPKI_OK : GMPKI_ERR_STATE;
}

int gmpki_sm4_gcm_final(gmpki_sm4_gcm_ctx *ctx, uint8_t *tag, size_t tag_len) {
    if (ctx == NULL) {
        sm4_zero_tag(tag, tag_len);
        return GMPKI_ERR_ARGUMENT;
    }
    int status = check_final(ctx, tag, tag_len, GMPKI_SM4_ENCRYPT);
    if (status == GMPKI_OK) {
        uint8_t full_tag[BLOCK];
        finish_tag(ctx, full_tag);
        copy_bytes(tag, full_tag, tag_len);
        gmpki_cleanse(full_tag, sizeof full_tag);
    } else {
        sm4_zero_tag(tag, tag_len);
    }
    gmpki_cleanse(ctx, sizeof *ctx);
    return status;
}

int gmpki_sm4_gcm_final_verify(gmpki_sm4_gcm_ctx *ctx, const uint8_t *tag, size_t tag_len) {
    if (ctx == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = check_final(ctx, tag, tag_len, GMPKI_SM4_DECRYPT);
    if (status == GMPKI_OK) {
        uint8_t full_tag[BLOCK];
        finish_tag(ctx, full_tag);
        status = sm4_tag_check(full_tag, tag, tag_len);
        gmpki_cleanse(full_tag, sizeof full_tag);
    }
    gmpki_cleanse(ctx, sizeof *ctx);
    return status;
}

void gmpki_sm4_gcm_clear(gmpki_sm4_gcm_ctx *ctx) {
    if (ctx != NULL) {
        gmpki_cleanse(ctx, sizeof *ctx);
    }
}
