/*
 * CMAC (GB/T 15852.1-2020, MAC algorithm 5; RFC 4493 with SM4 in the place of AES): a CBC-MAC whose last block is
 * masked with K1 when it is whole, and is filled with a one bit and zeros and masked with K2 when it is not.
 */
#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm4/sm4.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN, READY = 0x434D4143 };

int gmpki_sm4_cmac_init(gmpki_sm4_cmac_ctx *ctx, const uint8_t raw_key[GMPKI_SM4_KEY_LEN]) {
    if (ctx == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    zero_bytes(ctx, sizeof *ctx);
    if (raw_key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        return status;
    }
    sm4_expand(&ctx->key, raw_key);
    ctx->ready = READY;
    return GMPKI_OK;
}

/* At least one byte stays in the buffer: the last block is not like the others. */
int gmpki_sm4_cmac_update(gmpki_sm4_cmac_ctx *ctx, const uint8_t *data, size_t len) {
    if (ctx == NULL || (data == NULL && len != 0)) {
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM4);
    if (status != GMPKI_OK) {
        return status;
    }
    if (ctx->ready != READY) {
        return GMPKI_ERR_STATE;
    }
    const sm4_backend *backend = sm4_active();
    size_t missing = BLOCK - ctx->buffer_len;
    if (len > missing) {
        copy_bytes(ctx->buffer + ctx->buffer_len, data, missing);
        backend->cbc_encrypt(ctx->key.round_keys, ctx->chain, NULL, ctx->buffer, 1);
        ctx->buffer_len = 0;
        data += missing;
        len -= missing;
        size_t whole = (len - 1) / BLOCK;
        backend->cbc_encrypt(ctx->key.round_keys, ctx->chain, NULL, data, whole);
        data += BLOCK * whole;
        len -= BLOCK * whole;
    }
    copy_bytes(ctx->buffer + ctx->buffer_len, data, len);
    ctx->buffer_len += (uint32_t)len;
    return GMPKI_OK;
}

/* v *= x modulo x^128 + x^7 + x^2 + x + 1, the block being one big-endian number (RFC 4493, 2.3). */
static void double_block(uint8_t v[BLOCK]) {
    uint64_t high = load_be64(v), low = load_be64(v + 8);
    store_be64(v, high << 1 | low >> 63);
    store_be64(v + 8, low << 1 ^ (mask_from_bit(high >> 63) & 0x87));
}

int gmpki_sm4_cmac_final(gmpki_sm4_cmac_ctx *ctx, uint8_t *mac, size_t mac_len) {
    if (ctx == NULL) {
        sm4_zero_tag(mac, mac_len);
        return GMPKI_ERR_ARGUMENT;
    }
    int status = mac == NULL                       ? GMPKI_ERR_ARGUMENT
                 : mac_len == 0 || mac_len > BLOCK ? GMPKI_ERR_LENGTH
                                                   : gate(GMPKI_SM4);
    if (status == GMPKI_OK && ctx->ready != READY) {
        status = GMPKI_ERR_STATE;
    }
    if (status == GMPKI_OK) {
        uint8_t subkey[BLOCK] = {0};
        sm4_encrypt(&ctx->key, subkey, subkey, 1);
        double_block(subkey);
        if (ctx->buffer_len < BLOCK) {
            double_block(subkey);
            ctx->buffer[ctx->buffer_len] = 0x80;
            zero_bytes(ctx->buffer + ctx->buffer_len + 1, BLOCK - 1 - ctx->buffer_len);
        }
        sm4_xor(ctx->buffer, ctx->buffer, subkey, BLOCK);
        sm4_active()->cbc_encrypt(ctx->key.round_keys, ctx->chain, NULL, ctx->buffer, 1);
        copy_bytes(mac, ctx->chain, mac_len);
        gmpki_cleanse(subkey, sizeof subkey);
    } else {
        sm4_zero_tag(mac, mac_len);
    }
    gmpki_cleanse(ctx, sizeof *ctx);
    return status;
}

int gmpki_sm4_cmac(uint8_t *mac, size_t mac_len, const uint8_t raw_key[GMPKI_SM4_KEY_LEN], const uint8_t *data,
                   size_t len) {
    gmpki_sm4_cmac_ctx ctx;
    int status = gmpki_sm4_cmac_init(&ctx, raw_key);
    if (status == GMPKI_OK) {
        status = gmpki_sm4_cmac_update(&ctx, data, len);
    }
    if (status == GMPKI_OK) {
        return gmpki_sm4_cmac_final(&ctx, mac, mac_len);
    }
    sm4_zero_tag(mac, mac_len);
    gmpki_cleanse(&ctx, sizeof ctx);
    return status;
}
