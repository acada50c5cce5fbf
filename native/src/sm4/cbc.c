/* CBC (GB/T 17964-2021, clause 6): C_i = E(P_i ^ C_(i-1)), P_i = D(C_i) ^ C_(i-1), C_0 the iv. */
#include "common/bytes.h"
#include "sm4/modes.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

/* Decryption needs no block before the next: in batches, into a buffer so that it works in place. */
static void decrypt(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    const sm4_backend *backend = sm4_active();
    if (backend->cbc_decrypt != NULL) {
        uint32_t reversed[GMPKI_SM4_ROUNDS];
        sm4_reverse(reversed, &ctx->key);
        backend->cbc_decrypt(reversed, ctx->chain, out, in, len / BLOCK);
        gmpki_cleanse(reversed, sizeof reversed);
        return;
    }
    uint8_t plain[SM4_BATCH_LEN];
    while (len != 0) {
        size_t now = len < SM4_BATCH_LEN ? len : SM4_BATCH_LEN;
        sm4_decrypt(&ctx->key, plain, in, now / BLOCK);
        sm4_xor(plain, plain, ctx->chain, BLOCK);
        sm4_xor(plain + BLOCK, plain + BLOCK, in, now - BLOCK);
        copy_bytes(ctx->chain, in + now - BLOCK, BLOCK);
        copy_bytes(out, plain, now);
        in += now;
        out += now;
        len -= now;
    }
    gmpki_cleanse(plain, sizeof plain);
}

void sm4_cbc(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    if (ctx->direction == GMPKI_SM4_ENCRYPT) {
        sm4_active()->cbc_encrypt(ctx->key.round_keys, ctx->chain, out, in, len / BLOCK);
    } else {
        decrypt(ctx, out, in, len);
    }
}
