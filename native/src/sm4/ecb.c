/* ECB (GB/T 17964-2021, clause 5): each block by itself. */
#include "sm4/modes.h"

void sm4_ecb(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    size_t count = len / GMPKI_SM4_BLOCK_LEN;
    if (ctx->direction == GMPKI_SM4_ENCRYPT) {
        sm4_encrypt(&ctx->key, out, in, count);
    } else {
        sm4_decrypt(&ctx->key, out, in, count);
    }
}
