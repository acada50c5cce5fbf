/*
 * SM3 and what stands on it, without the gate and without errors: for the other algorithms of the core. The exported
 * functions of gmpki/sm3.h and gmpki/kdf.h check their arguments, pass the gate and call these.
 *
 * The caller has passed the gate of SM3, or that of an algorithm which uses it (SM2, the DRBG): gate_test opens those
 * only after SM3. Arguments are as the exported functions demand; data may be NULL where its length is 0.
 * CT: every function takes time by lengths and counts only.
 */
#ifndef GMPKI_SRC_SM3_H
#define GMPKI_SRC_SM3_H

#include <stddef.h>
#include <stdint.h>

#include "common/backend.h"
#include "gmpki/kdf.h"
#include "gmpki/sm3.h"

/* One implementation of the compression function CF of GB/T 32905-2016 5.3.3. */
typedef struct sm3_backend {
    backend_info info;
    /* Take count whole blocks of 64 bytes into the state. */
    void (*compress)(uint32_t state[8], const uint8_t *blocks, size_t count);
} sm3_backend;

extern const sm3_backend sm3_portable;

/* ctx->ready of a hash that was started and not finished. */
enum { SM3_READY = 0x736d3321 };

/* The longest message: its length in bits has 64 bits (5.2). */
#define SM3_MAX_LEN ((UINT64_C(1) << 61) - 1)

/* What a derivation that counts digests in 32 bits, from 1, can give. */
#define SM3_COUNTED_MAX_LEN (GMPKI_SM3_DIGEST_LEN * UINT64_C(0xffffffff))

/* Run the active backend's compression function. */
void sm3_compress(uint32_t state[8], const uint8_t *blocks, size_t count);

/* Write the state's words as bytes. */
void sm3_store_state(uint8_t digest[GMPKI_SM3_DIGEST_LEN], const uint32_t state[8]);

/* ---- hash ---- */
void sm3_start(gmpki_sm3_ctx *ctx);
void sm3_add(gmpki_sm3_ctx *ctx, const uint8_t *data, size_t len);
/* Writes the digest and cleanses the context. */
void sm3_finish(gmpki_sm3_ctx *ctx, uint8_t digest[GMPKI_SM3_DIGEST_LEN]);
/* GMPKI_OK when the context is running and can take len more bytes, else GMPKI_ERR_STATE or GMPKI_ERR_LIMIT. */
int sm3_accepts(const gmpki_sm3_ctx *ctx, size_t len);
/* One message. */
void sm3_digest(uint8_t digest[GMPKI_SM3_DIGEST_LEN], const uint8_t *data, size_t len);

/* ---- HMAC ---- */
void sm3_hmac_start(gmpki_sm3_hmac_ctx *ctx, const uint8_t *key, size_t key_len);
void sm3_hmac_add(gmpki_sm3_hmac_ctx *ctx, const uint8_t *data, size_t len);
/* Writes the MAC and cleanses the context. */
void sm3_hmac_finish(gmpki_sm3_hmac_ctx *ctx, uint8_t mac[GMPKI_SM3_DIGEST_LEN]);

/* ---- the KDF of GB/T 32918.4-2016 5.4.3 ---- */
void sm3_derive(uint8_t *key, size_t key_len, const uint8_t *z, size_t z_len);

#endif /* GMPKI_SRC_SM3_H */
