/*
 * gmpki/sm3.h: the SM3 hash (GB/T 32905-2016) and HMAC on it (GB/T 15852.2-2012).
 */
#ifndef GMPKI_SM3_H
#define GMPKI_SM3_H

#include "gmpki/common.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { GMPKI_SM3_DIGEST_LEN = 32, GMPKI_SM3_BLOCK_LEN = 64 };

/* A running hash. Fields are private. May be copied with gmpki_sm3_copy. */
typedef struct gmpki_sm3_ctx {
    uint32_t state[8];
    uint8_t block[GMPKI_SM3_BLOCK_LEN];
    uint64_t total_len;
    uint32_t ready;
} gmpki_sm3_ctx;

/* Start a hash. CT: no data yet. */
GMPKI_API int gmpki_sm3_init(GMPKI_OUT gmpki_sm3_ctx *ctx);

/* Add len bytes. GMPKI_ERR_LIMIT past 2^61 - 1 bytes in all. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm3_update(GMPKI_SECRET gmpki_sm3_ctx *ctx, GMPKI_SECRET const uint8_t *data, size_t len);

/* Write the digest, cleanse the context; a new init may follow. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm3_final(GMPKI_SECRET gmpki_sm3_ctx *ctx, GMPKI_OUT uint8_t digest[GMPKI_SM3_DIGEST_LEN]);

/* Make target an independent copy of source. CT: constant. */
GMPKI_API int gmpki_sm3_copy(GMPKI_OUT gmpki_sm3_ctx *target, GMPKI_SECRET const gmpki_sm3_ctx *source);

/* Hash one message. CT: time depends on len only. */
GMPKI_API int gmpki_sm3_hash(GMPKI_OUT uint8_t digest[GMPKI_SM3_DIGEST_LEN], GMPKI_SECRET const uint8_t *data,
                             size_t len);

/*
 * Hash count messages at once: digest i, of 32 bytes, stands at digests + 32 * i. With a prefix every digest is that of
 * what the prefix, a running hash, has taken so far, followed by the message; the prefix stays as it is. Messages of
 * any lengths, several at a time where the processor has the means; many of about one length are best. The digests may
 * not overlap messages: they are zeroed first. messages and message_lens may be NULL where count is 0. GMPKI_ERR_LIMIT
 * where a message is longer than gmpki_sm3_update takes.
 * CT: time depends on lengths and count only.
 */
GMPKI_API int gmpki_sm3_batch(GMPKI_OUT uint8_t *digests, GMPKI_SECRET const gmpki_sm3_ctx *prefix,
                              GMPKI_SECRET const uint8_t *const *messages, GMPKI_PUBLIC const size_t *message_lens,
                              size_t count);

/* A running HMAC-SM3. Fields are private. */
typedef struct gmpki_sm3_hmac_ctx {
    gmpki_sm3_ctx inner;
    gmpki_sm3_ctx outer;
} gmpki_sm3_hmac_ctx;

/* Start an HMAC; a key longer than 64 bytes is hashed first; an empty key is allowed. CT: time depends on key_len only.
 */
GMPKI_API int gmpki_sm3_hmac_init(GMPKI_OUT gmpki_sm3_hmac_ctx *ctx, GMPKI_SECRET const uint8_t *key, size_t key_len);

/* Add len bytes. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm3_hmac_update(GMPKI_SECRET gmpki_sm3_hmac_ctx *ctx, GMPKI_SECRET const uint8_t *data, size_t len);

/* Write the 32-byte MAC and cleanse the context. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm3_hmac_final(GMPKI_SECRET gmpki_sm3_hmac_ctx *ctx, GMPKI_OUT uint8_t mac[GMPKI_SM3_DIGEST_LEN]);

/* Make target an independent copy of source. CT: constant. */
GMPKI_API int gmpki_sm3_hmac_copy(GMPKI_OUT gmpki_sm3_hmac_ctx *target, GMPKI_SECRET const gmpki_sm3_hmac_ctx *source);

/* HMAC-SM3 of one message. CT: time depends on lengths only. */
GMPKI_API int gmpki_sm3_hmac(GMPKI_OUT uint8_t mac[GMPKI_SM3_DIGEST_LEN], GMPKI_SECRET const uint8_t *key,
                             size_t key_len, GMPKI_SECRET const uint8_t *data, size_t len);

/*
 * HMAC-SM3 of count messages under one key, several at a time: MAC i, of 32 bytes, stands at macs + 32 * i. Otherwise
 * as gmpki_sm3_batch. CT: time depends on lengths and count only.
 */
GMPKI_API int gmpki_sm3_hmac_batch(GMPKI_OUT uint8_t *macs, GMPKI_SECRET const uint8_t *key, size_t key_len,
                                   GMPKI_SECRET const uint8_t *const *messages, GMPKI_PUBLIC const size_t *message_lens,
                                   size_t count);

#ifdef __cplusplus
}
#endif

#endif /* GMPKI_SM3_H */
