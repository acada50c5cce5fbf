/* OFB (GB/T 17964-2021, clause 8): the key stream is E(iv), E(E(iv)), ...; both directions are the same. */
#include "common/bytes.h"
#include "sm4/modes.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

void sm4_ofb(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    size_t position = (size_t)(ctx->total_len % BLOCK);
    while (len != 0) {
        if (position == 0) {
            sm4_encrypt(&ctx->key, ctx->chain, ctx->chain, 1);
        }
        size_t now = BLOCK - position < len ? BLOCK - position : len;
        sm4_xor(out, in, ctx->chain + position, now);
        position = 0;
        in += now;
        out += now;
        len -= now;
    }
}
