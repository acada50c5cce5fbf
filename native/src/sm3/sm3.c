/* SM3 (GB/T 32905-2016): padding and iteration around the compression function, streaming and in one call. */
#include "sm3/sm3.h"

#include "common/bytes.h"
#include "common/gate.h"

/* Bytes of the message length at the end of the last block (5.2). */
enum { LENGTH_LEN = 8 };

const uint32_t sm3_initial_value[8] = {
    0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
};

const sm3_backend *sm3_active(void) {
    return (const sm3_backend *)backend_current(GMPKI_SM3);
}

void sm3_compress(uint32_t state[8], const uint8_t *blocks, size_t count) {
    sm3_active()->compress(state, blocks, count);
}

void sm3_start(gmpki_sm3_ctx *ctx) {
    memcpy(ctx->state, sm3_initial_value, sizeof ctx->state);
    memset(ctx->block, 0, sizeof ctx->block);
    ctx->total_len = 0;
    ctx->ready = SM3_READY;
}

void sm3_add(gmpki_sm3_ctx *ctx, const uint8_t *data, size_t len) {
    if (len == 0) {
        return;
    }
    size_t held = (size_t)(ctx->total_len % GMPKI_SM3_BLOCK_LEN);
    ctx->total_len += len;
    if (held != 0) {
        size_t room = GMPKI_SM3_BLOCK_LEN - held;
        size_t part = len < room ? len : room;
        copy_bytes(ctx->block + held, data, part);
        if (part < room) {
            return;
        }
        sm3_compress(ctx->state, ctx->block, 1);
        data += part;
        len -= part;
    }
    size_t count = len / GMPKI_SM3_BLOCK_LEN;
    if (count != 0) {
        sm3_compress(ctx->state, data, count);
        data += count * GMPKI_SM3_BLOCK_LEN;
    }
    copy_bytes(ctx->block, data, len % GMPKI_SM3_BLOCK_LEN);
}

/* Padding (5.2): a bit 1, bits 0 up to the last 64 bits of a block, there the message length in bits. */
void sm3_finish(gmpki_sm3_ctx *ctx, uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    size_t held = (size_t)(ctx->total_len % GMPKI_SM3_BLOCK_LEN);
    ctx->block[held++] = 0x80;
    if (held > GMPKI_SM3_BLOCK_LEN - LENGTH_LEN) {
        memset(ctx->block + held, 0, GMPKI_SM3_BLOCK_LEN - held);
        sm3_compress(ctx->state, ctx->block, 1);
        held = 0;
    }
    memset(ctx->block + held, 0, GMPKI_SM3_BLOCK_LEN - LENGTH_LEN - held);
    store_be64(ctx->block + GMPKI_SM3_BLOCK_LEN - LENGTH_LEN, ctx->total_len * 8);
    sm3_compress(ctx->state, ctx->block, 1);
    sm3_store_state(digest, ctx->state);
    gmpki_cleanse(ctx, sizeof *ctx);
}

void sm3_store_state(uint8_t digest[GMPKI_SM3_DIGEST_LEN], const uint32_t state[8]) {
    for (int i = 0; i < 8; i++) {
        store_be32(digest + 4 * i, state[i]);
    }
}

/*
 * A short message is padded in one piece, so that all of its blocks reach the backend at once; a long one is read where
 * it lies, and only its end copied.
 */
void sm3_digest(uint8_t digest[GMPKI_SM3_DIGEST_LEN], const uint8_t *data, size_t len) {
    uint8_t end[4 * GMPKI_SM3_BLOCK_LEN];
    uint32_t state[8];
    memcpy(state, sm3_initial_value, sizeof state);
    size_t whole = len > sizeof end - LENGTH_LEN - 1 ? len / GMPKI_SM3_BLOCK_LEN : 0;
    size_t left = len - whole * GMPKI_SM3_BLOCK_LEN;
    if (whole != 0) {
        sm3_compress(state, data, whole);
        data += whole * GMPKI_SM3_BLOCK_LEN;
    }
    size_t count = (left + 1 + LENGTH_LEN + GMPKI_SM3_BLOCK_LEN - 1) / GMPKI_SM3_BLOCK_LEN;
    copy_bytes(end, data, left);
    memset(end + left, 0, count * GMPKI_SM3_BLOCK_LEN - left);
    end[left] = 0x80;
    store_be64(end + count * GMPKI_SM3_BLOCK_LEN - LENGTH_LEN, (uint64_t)len * 8);
    sm3_compress(state, end, count);
    sm3_store_state(digest, state);
    gmpki_cleanse(end, count * GMPKI_SM3_BLOCK_LEN);
    gmpki_cleanse(state, sizeof state);
}

int sm3_accepts(const gmpki_sm3_ctx *ctx, size_t len) {
    if (ctx->ready != SM3_READY) {
        return GMPKI_ERR_STATE;
    }
    return len <= SM3_MAX_LEN - ctx->total_len ? GMPKI_OK : GMPKI_ERR_LIMIT;
}

int gmpki_sm3_init(gmpki_sm3_ctx *ctx) {
    if (ctx == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    memset(ctx, 0, sizeof *ctx);
    int status = gate(GMPKI_SM3);
    if (status == GMPKI_OK) {
        sm3_start(ctx);
    }
    return status;
}

int gmpki_sm3_update(gmpki_sm3_ctx *ctx, const uint8_t *data, size_t len) {
    if (ctx == NULL || (data == NULL && len != 0)) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM3);
    if (status == GMPKI_OK) {
        status = sm3_accepts(ctx, len);
    }
    if (status == GMPKI_OK) {
        sm3_add(ctx, data, len);
    }
    return status;
}

int gmpki_sm3_final(gmpki_sm3_ctx *ctx, uint8_t digest[GMPKI_SM3_DIGEST_LEN]) {
    if (digest == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    memset(digest, 0, GMPKI_SM3_DIGEST_LEN);
    int status = ctx == NULL ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM3);
    if (status == GMPKI_OK) {
        status = sm3_accepts(ctx, 0);
    }
    if (status == GMPKI_OK) {
        sm3_finish(ctx, digest);
    }
    return status;
}

int gmpki_sm3_copy(gmpki_sm3_ctx *target, const gmpki_sm3_ctx *source) {
    if (target == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = source == NULL ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM3);
    if (status == GMPKI_OK) {
        status = sm3_accepts(source, 0);
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(target, sizeof *target);
        return status;
    }
    memmove(target, source, sizeof *target);
    return GMPKI_OK;
}

int gmpki_sm3_hash(uint8_t digest[GMPKI_SM3_DIGEST_LEN], const uint8_t *data, size_t len) {
    if (digest == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = data == NULL && len != 0 ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM3);
    if (status != GMPKI_OK) {
        memset(digest, 0, GMPKI_SM3_DIGEST_LEN);
        return status;
    }
    sm3_digest(digest, data, len);
    return GMPKI_OK;
}
