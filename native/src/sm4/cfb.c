/*
 * CFB (GB/T 17964-2021, clause 7) with a feedback of 128 and of 8 bits; the register, which starts as the iv, is
 * ctx->chain.
 */
#include "common/bytes.h"
#include "sm4/modes.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

/* Bytes inside one block, of which position were done before. The ciphertext takes the register's place as it comes. */
static void within_block(gmpki_sm4_ctx *ctx, size_t position, uint8_t *out, const uint8_t *in, size_t len) {
    if (position == 0) {
        sm4_encrypt(&ctx->key, ctx->buffer, ctx->chain, 1);
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t given = in[i];
        uint8_t made = given ^ ctx->buffer[position + i];
        ctx->chain[position + i] = ctx->direction == GMPKI_SM4_ENCRYPT ? made : given;
        out[i] = made;
    }
}

/* Whole blocks of ciphertext: all registers are known beforehand. */
static void decrypt_blocks(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    uint8_t stream[SM4_BATCH_LEN];
    while (len != 0) {
        size_t now = len < SM4_BATCH_LEN ? len : SM4_BATCH_LEN;
        copy_bytes(stream, ctx->chain, BLOCK);
        copy_bytes(stream + BLOCK, in, now - BLOCK);
        copy_bytes(ctx->chain, in + now - BLOCK, BLOCK);
        sm4_encrypt(&ctx->key, stream, stream, now / BLOCK);
        sm4_xor(out, in, stream, now);
        in += now;
        out += now;
        len -= now;
    }
    gmpki_cleanse(stream, sizeof stream);
}

void sm4_cfb128(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    size_t position = (size_t)(ctx->total_len % BLOCK);
    while (len != 0) {
        size_t now = BLOCK - position < len ? BLOCK - position : len;
        if (position == 0 && now == BLOCK && ctx->direction == GMPKI_SM4_DECRYPT) {
            now = len - len % BLOCK;
            decrypt_blocks(ctx, out, in, now);
        } else {
            within_block(ctx, position, out, in, now);
        }
        position = 0;
        in += now;
        out += now;
        len -= now;
    }
}

/* The register moves by one byte, the ciphertext byte, for each byte; only the first byte of E(register) is used. */
void sm4_cfb8(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    for (size_t i = 0; i < len; i++) {
        sm4_encrypt(&ctx->key, ctx->buffer, ctx->chain, 1);
        uint8_t given = in[i];
        uint8_t made = given ^ ctx->buffer[0];
        memmove(ctx->chain, ctx->chain + 1, BLOCK - 1);
        ctx->chain[BLOCK - 1] = ctx->direction == GMPKI_SM4_ENCRYPT ? made : given;
        out[i] = made;
    }
}
