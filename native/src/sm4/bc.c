/*
 * BC, block chaining (GB/T 17964-2021, clause 12): C_i = E(P_i ^ F_i) with F_1 the iv and F_(i+1) = F_i ^ C_i, so each
 * block depends on all ciphertext before it. The rule and the clause are taken from published implementations; the
 * standard's text was not at hand, its example is in our tests.
 */
#include "common/bytes.h"
#include "sm4/modes.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

static void encrypt(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    for (size_t i = 0; i < len; i += BLOCK) {
        sm4_xor(out + i, in + i, ctx->chain, BLOCK);
        sm4_encrypt(&ctx->key, out + i, out + i, 1);
        sm4_xor(ctx->chain, ctx->chain, out + i, BLOCK);
    }
}

static void decrypt(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    uint8_t plain[SM4_BATCH_LEN];
    while (len != 0) {
        size_t now = len < SM4_BATCH_LEN ? len : SM4_BATCH_LEN;
        sm4_decrypt(&ctx->key, plain, in, now / BLOCK);
        for (size_t i = 0; i < now; i += BLOCK) {
            sm4_xor(plain + i, plain + i, ctx->chain, BLOCK);
            sm4_xor(ctx->chain, ctx->chain, in + i, BLOCK);
        }
        copy_bytes(out, plain, now);
        in += now;
        out += now;
        len -= now;
    }
    gmpki_cleanse(plain, sizeof plain);
}

void sm4_bc(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    if (ctx->direction == GMPKI_SM4_ENCRYPT) {
        encrypt(ctx, out, in, len);
    } else {
        decrypt(ctx, out, in, len);
    }
}
