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

/* The most hashes that a kernel runs side by side; lane l of word w stands at [w][l], whatever the kernel's width. */
enum { SM3_MAX_LANES = 16 };

typedef struct sm3_lanes {
    uint32_t words[8][SM3_MAX_LANES];
} sm3_lanes;

/* One block of each lane, as words. */
typedef struct sm3_lane_blocks {
    uint32_t words[16][SM3_MAX_LANES];
} sm3_lane_blocks;

/* One implementation of the compression function CF of GB/T 32905-2016 5.3.3. */
typedef struct sm3_backend {
    backend_info info;
    /* Take count whole blocks of 64 bytes into the state. */
    void (*compress)(uint32_t state[8], const uint8_t *blocks, size_t count);

    /* How many hashes run side by side, and from how many on that is faster than one after the other. 0: none do, and
     * the two functions below are NULL. */
    size_t lanes;
    size_t worth_lanes;
    /* Take count whole blocks into each of the first used lanes, 1 .. lanes: blocks[l] are those of lane l. What the
     * other lanes hold afterwards is undefined. */
    void (*compress_lanes)(sm3_lanes *state, const uint8_t *const blocks[], size_t count, size_t used);
    /* The same for one block each that is there as words. */
    void (*compress_words)(sm3_lanes *state, const sm3_lane_blocks *block, size_t used);
} sm3_backend;

extern const sm3_backend sm3_portable;
#if defined(__aarch64__)
extern const sm3_backend sm3_armv8;
extern const sm3_backend sm3_neon;
#endif
#if defined(__x86_64__)
extern const sm3_backend sm3_avx512;
extern const sm3_backend sm3_avx2;
#endif

/* T_j <<< (j mod 32), with T_j = 79cc4519 for j < 16 and 7a879d8a from there on (4.2). */
extern const uint32_t sm3_t_rotated[64];

/* The active backend, behind an open gate. */
const sm3_backend *sm3_active(void);

/* The initial value IV (4.1). */
extern const uint32_t sm3_initial_value[8];

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

/*
 * Several messages at once, each after what the prefix has taken (NULL: nothing), on as many lanes as the backend has:
 * digest i goes to digests + 32 * i, and may be where message i was. For callers with several hashes to make, such as
 * the batches of SM2; from two or three messages on it is faster than one after the other.
 */
void sm3_batch(uint8_t *digests, const gmpki_sm3_ctx *prefix, const uint8_t *const *messages, const size_t *lens,
               size_t count);

/* ---- HMAC ---- */
void sm3_hmac_start(gmpki_sm3_hmac_ctx *ctx, const uint8_t *key, size_t key_len);
void sm3_hmac_add(gmpki_sm3_hmac_ctx *ctx, const uint8_t *data, size_t len);
/* Writes the MAC and cleanses the context. */
void sm3_hmac_finish(gmpki_sm3_hmac_ctx *ctx, uint8_t mac[GMPKI_SM3_DIGEST_LEN]);

/* ---- the KDF of GB/T 32918.4-2016 5.4.3 ---- */
void sm3_derive(uint8_t *key, size_t key_len, const uint8_t *z, size_t z_len);

#endif /* GMPKI_SRC_SM3_H */
