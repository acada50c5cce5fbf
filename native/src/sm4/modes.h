/*
 * The modes that stream through gmpki_sm4_ctx, one function each, which stream.c calls with what is due.
 *
 * A block mode gets whole blocks. A stream mode gets any number of bytes, and ctx->total_len tells how many came
 * before; the key stream of a block begun is in ctx->buffer. The direction is in the context.
 */
#ifndef GMPKI_SRC_SM4_MODES_H
#define GMPKI_SRC_SM4_MODES_H

#include "sm4/sm4.h"

typedef void sm4_mode_function(gmpki_sm4_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len);

sm4_mode_function sm4_ecb, sm4_cbc, sm4_bc, sm4_ofbnlf;           /* block modes */
sm4_mode_function sm4_cfb128, sm4_cfb8, sm4_ofb, sm4_ctr_running; /* stream modes */

/*
 * Counter mode continued: position is how many bytes of the current block were used before (0 .. 15), whose key stream
 * is in stream; counter is that of the next block. CT: as sm4_ctr.
 */
void sm4_ctr_continue(const gmpki_sm4_key *key, uint8_t counter[GMPKI_SM4_BLOCK_LEN], enum sm4_counter counter_len,
                      uint8_t stream[GMPKI_SM4_BLOCK_LEN], size_t position, uint8_t *out, const uint8_t *in,
                      size_t len);

#endif /* GMPKI_SRC_SM4_MODES_H */
