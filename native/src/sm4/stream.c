/* The streaming context: buffering, padding and limits, the same for all modes. */
#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm4/modes.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, READY = 0x54 };

/* What a mode is. iv_len in bytes. */
static const struct mode {
    sm4_mode_function *crypt;
    uint8_t iv_len;
    uint8_t whole_blocks;
} modes[] = {
    [GMPKI_SM4_ECB] = {sm4_ecb, 0, 1},           [GMPKI_SM4_CBC] = {sm4_cbc, BLOCK, 1},
    [GMPKI_SM4_CFB128] = {sm4_cfb128, BLOCK, 0}, [GMPKI_SM4_CFB8] = {sm4_cfb8, BLOCK, 0},
    [GMPKI_SM4_OFB] = {sm4_ofb, BLOCK, 0},       [GMPKI_SM4_CTR] = {sm4_ctr_running, BLOCK, 0},
    [GMPKI_SM4_BC] = {sm4_bc, BLOCK, 1},         [GMPKI_SM4_OFBNLF] = {sm4_ofbnlf, BLOCK, 1},
};

enum { MODE_COUNT = sizeof modes / sizeof modes[0] };

static int known_choice(int mode, int direction, int padding) {
    return mode >= 0 && mode < MODE_COUNT && (direction == GMPKI_SM4_ENCRYPT || direction == GMPKI_SM4_DECRYPT) &&
           (padding == GMPKI_SM4_NO_PADDING || (padding == GMPKI_SM4_PKCS7 && modes[mode].whole_blocks));
}

int gmpki_sm4_init(gmpki_sm4_ctx *ctx, int mode, int direction, int padding, const uint8_t raw_key[GMPKI_SM4_KEY_LEN],
                   const uint8_t *iv, size_t iv_len) {
    if (ctx == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    zero_bytes(ctx, sizeof *ctx);
    if (raw_key == NULL || (iv == NULL && iv_len != 0) || !known_choice(mode, direction, padding)) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (iv_len != modes[mode].iv_len) {
        return GMPKI_ERR_LENGTH;
    }
    int status = gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        return status;
    }
    sm4_expand(&ctx->key, raw_key);
    copy_bytes(ctx->chain, iv, iv_len);
    ctx->mode = (uint8_t)mode;
    ctx->direction = (uint8_t)direction;
    ctx->padding = (uint8_t)padding;
    ctx->ready = READY;
    return GMPKI_OK;
}

/* How many bytes come out now. Decryption with padding keeps the last whole block back: it may be the padded one. */
static size_t due_len(const gmpki_sm4_ctx *ctx, size_t in_len) {
    if (!modes[ctx->mode].whole_blocks) {
        return in_len;
    }
    size_t have = ctx->buffer_len + in_len;
    size_t due = have - have % BLOCK;
    if (ctx->padding == GMPKI_SM4_PKCS7 && ctx->direction == GMPKI_SM4_DECRYPT && due == have && due != 0) {
        due -= BLOCK;
    }
    return due;
}

/* A block mode: the block begun before, then whole blocks straight from in, then the rest into the buffer. */
static void update_blocks(gmpki_sm4_ctx *ctx, uint8_t *out, size_t due, const uint8_t *in, size_t in_len) {
    sm4_mode_function *crypt = modes[ctx->mode].crypt;
    if (due != 0 && ctx->buffer_len != 0) {
        size_t missing = BLOCK - ctx->buffer_len;
        copy_bytes(ctx->buffer + ctx->buffer_len, in, missing);
        crypt(ctx, out, ctx->buffer, BLOCK);
        ctx->buffer_len = 0;
        in += missing;
        in_len -= missing;
        out += BLOCK;
        due -= BLOCK;
    }
    if (due != 0) {
        crypt(ctx, out, in, due);
        in += due;
        in_len -= due;
    }
    copy_bytes(ctx->buffer + ctx->buffer_len, in, in_len);
    ctx->buffer_len += (uint32_t)in_len;
}

int gmpki_sm4_update(gmpki_sm4_ctx *ctx, uint8_t *out, size_t out_size, size_t *out_len, const uint8_t *in,
                     size_t in_len) {
    if (out_len == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    *out_len = 0;
    if (ctx == NULL || (out == NULL && out_size != 0) || (in == NULL && in_len != 0)) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        return status;
    }
    if (ctx->ready != READY) {
        return GMPKI_ERR_STATE;
    }
    /* 2^64 - 1 bytes are fewer than 2^60 blocks: a counter of 128 bits does not come round. */
    if (in_len > UINT64_MAX - ctx->total_len || in_len > SIZE_MAX - ctx->buffer_len) {
        return GMPKI_ERR_LIMIT;
    }
    size_t due = due_len(ctx, in_len);
    if (due > out_size) {
        return GMPKI_ERR_BUFFER;
    }
    if (in_len == 0) {
        return GMPKI_OK;
    }
    if (modes[ctx->mode].whole_blocks) {
        update_blocks(ctx, out, due, in, in_len);
    } else {
        modes[ctx->mode].crypt(ctx, out, in, in_len);
    }
    ctx->total_len += in_len;
    *out_len = due;
    return GMPKI_OK;
}

/* Fill the last block up to 16 bytes, or add one of sixteen bytes of 16 (RFC 5652, 6.3). */
static void finish_padded(gmpki_sm4_ctx *ctx, uint8_t *out, size_t *out_len) {
    uint8_t missing = (uint8_t)(BLOCK - ctx->buffer_len);
    memset(ctx->buffer + ctx->buffer_len, missing, missing);
    modes[ctx->mode].crypt(ctx, out, ctx->buffer, BLOCK);
    *out_len = BLOCK;
}

/*
 * Decrypt the block kept back and take its padding off. All sixteen bytes are looked at whatever the last one says, so
 * time tells whether the padding is right, which the caller learns anyway, and not where it is wrong.
 */
static int finish_unpadded(gmpki_sm4_ctx *ctx, uint8_t *out, size_t *out_len) {
    if (ctx->buffer_len != BLOCK) {
        return GMPKI_ERR_DECRYPT;
    }
    uint8_t plain[BLOCK];
    modes[ctx->mode].crypt(ctx, plain, ctx->buffer, BLOCK);
    uint64_t pad = plain[BLOCK - 1];
    /* pad - 1 < 16 */
    uint64_t wrong = ~mask_is_zero((pad - 1) >> 4);
    for (uint64_t i = 0; i < BLOCK; i++) {
        /* i < pad: the i-th byte from the end is padding. */
        uint64_t inside = mask_from_bit((i - pad) >> 63);
        wrong |= inside & (plain[BLOCK - 1 - i] ^ pad);
    }
    uint64_t right = mask_is_zero(wrong);
    DECLASSIFY(&right, sizeof right); /* it becomes the status */
    int status = GMPKI_ERR_DECRYPT;
    if (right) {
        DECLASSIFY(&pad, sizeof pad); /* it becomes *out_len */
        *out_len = BLOCK - (size_t)pad;
        copy_bytes(out, plain, *out_len);
        status = GMPKI_OK;
    }
    gmpki_cleanse(plain, sizeof plain);
    return status;
}

int gmpki_sm4_final(gmpki_sm4_ctx *ctx, uint8_t *out, size_t out_size, size_t *out_len) {
    if (out_len != NULL) {
        *out_len = 0;
    }
    if (ctx == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = out_len == NULL || (out == NULL && out_size != 0) ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM4);
    if (status == GMPKI_OK && ctx->ready != READY) {
        status = GMPKI_ERR_STATE;
    }
    if (status == GMPKI_OK && ctx->padding == GMPKI_SM4_PKCS7) {
        if (out_size < BLOCK) {
            status = GMPKI_ERR_BUFFER;
        } else if (ctx->direction == GMPKI_SM4_ENCRYPT) {
            finish_padded(ctx, out, out_len);
        } else {
            status = finish_unpadded(ctx, out, out_len);
        }
    } else if (status == GMPKI_OK && ctx->buffer_len != 0) {
        status = GMPKI_ERR_PADDING;
    }
    gmpki_cleanse(ctx, sizeof *ctx);
    return status;
}

void gmpki_sm4_clear(gmpki_sm4_ctx *ctx) {
    if (ctx != NULL) {
        gmpki_cleanse(ctx, sizeof *ctx);
    }
}
