/*
 * OFBNLF, output feedback with a nonlinear function (GB/T 17964-2021, clause 13): K_i = E_K(K_(i-1)) with K_0 the iv,
 * and C_i = E under the key K_i of P_i. Every block costs a key expansion. The rule and the clause are taken from
 * published implementations; the standard's text was not at hand, its example is in our tests.
 */
#include "sm4/modes.h"

enum { BLOCK = GMPKI_SM4_BLOCK_LEN };

void sm4_ofbnlf(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len) {
    gmpki_sm4_key block_key;
    for (size_t i = 0; i < len; i += BLOCK) {
        sm4_encrypt(&ctx->key, ctx->chain, ctx->chain, 1);
        sm4_expand(&block_key, ctx->chain);
        if (ctx->direction == GMPKI_SM4_ENCRYPT) {
            sm4_encrypt(&block_key, out + i, in + i, 1);
        } else {
            sm4_decrypt(&block_key, out + i, in + i, 1);
        }
    }
    gmpki_cleanse(&block_key, sizeof block_key);
}
