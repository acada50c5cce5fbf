/* Constant-time entries of gmpki/sm3.h and gmpki/kdf.h. */
#include <stdlib.h>
#include <string.h>

#include "ctime.h"
#include "gmpki/kdf.h"
#include "gmpki/sm3.h"

static uint8_t secret[150];
static uint8_t salt[20];
static uint8_t out[80];

static void make_secret(void) {
    memset(secret, 0x5A, sizeof secret);
    memset(salt, 0xA5, sizeof salt);
    ctime_secret(secret, sizeof secret);
}

/* A status is public: an entry that fails tests nothing and must not pass. */
static void must(int status) {
    if (status != GMPKI_OK) {
        abort();
    }
}

/* What a running hash holds of its message. Its length and its mark are public. */
static void hide_state(gmpki_sm3_ctx *ctx) {
    ctime_secret(ctx->state, sizeof ctx->state);
    ctime_secret(ctx->block, sizeof ctx->block);
}

static void start(gmpki_sm3_ctx *ctx) {
    make_secret();
    must(gmpki_sm3_init(ctx));
    must(gmpki_sm3_update(ctx, salt, sizeof salt));
    hide_state(ctx);
}

static void start_hmac(gmpki_sm3_hmac_ctx *ctx) {
    make_secret();
    must(gmpki_sm3_hmac_init(ctx, salt, sizeof salt));
    hide_state(&ctx->inner);
    hide_state(&ctx->outer);
}

static void sm3_update(void) {
    gmpki_sm3_ctx ctx;
    start(&ctx);
    must(gmpki_sm3_update(&ctx, secret, sizeof secret));
}

static void sm3_final(void) {
    gmpki_sm3_ctx ctx;
    start(&ctx);
    must(gmpki_sm3_final(&ctx, out));
}

static void sm3_copy(void) {
    gmpki_sm3_ctx ctx;
    gmpki_sm3_ctx copy;
    start(&ctx);
    must(gmpki_sm3_copy(&copy, &ctx));
}

static void sm3_hash(void) {
    make_secret();
    must(gmpki_sm3_hash(out, secret, sizeof secret));
}

/* More messages than the widest kernel has lanes, of three lengths: lanes take new messages, and close up in the end.
 */
enum { BATCH = 19 };

static const uint8_t *messages[BATCH];
static size_t message_lens[BATCH];
static uint8_t batch_out[BATCH][80];

static void make_batch(void) {
    static const size_t lens[] = {150, 64, 20};
    make_secret();
    for (size_t i = 0; i < BATCH; i++) {
        messages[i] = secret;
        message_lens[i] = lens[i % 3];
    }
}

static void sm3_batch_entry(void) {
    make_batch();
    must(gmpki_sm3_batch(batch_out[0], NULL, messages, message_lens, BATCH));
}

static void sm3_batch_prefix(void) {
    gmpki_sm3_ctx ctx;
    start(&ctx);
    make_batch();
    must(gmpki_sm3_batch(batch_out[0], &ctx, messages, message_lens, BATCH));
}

static void hmac_batch(void) {
    make_batch();
    must(gmpki_sm3_hmac_batch(batch_out[0], secret, 32, messages, message_lens, BATCH));
}

/* One message, in the loops for long ones. */
static void sm3_hash_long(void) {
    static uint8_t message[40 * GMPKI_SM3_BLOCK_LEN];
    ctime_secret(message, sizeof message);
    must(gmpki_sm3_hash(out, message, sizeof message));
}

static void hmac_init(void) {
    gmpki_sm3_hmac_ctx ctx;
    make_secret();
    must(gmpki_sm3_hmac_init(&ctx, secret, 32));
}

static void hmac_init_long_key(void) {
    gmpki_sm3_hmac_ctx ctx;
    make_secret();
    must(gmpki_sm3_hmac_init(&ctx, secret, sizeof secret));
}

static void hmac_update(void) {
    gmpki_sm3_hmac_ctx ctx;
    start_hmac(&ctx);
    must(gmpki_sm3_hmac_update(&ctx, secret, sizeof secret));
}

static void hmac_final(void) {
    gmpki_sm3_hmac_ctx ctx;
    start_hmac(&ctx);
    must(gmpki_sm3_hmac_final(&ctx, out));
}

static void hmac_copy(void) {
    gmpki_sm3_hmac_ctx ctx;
    gmpki_sm3_hmac_ctx copy;
    start_hmac(&ctx);
    must(gmpki_sm3_hmac_copy(&copy, &ctx));
}

static void hmac(void) {
    make_secret();
    must(gmpki_sm3_hmac(out, secret, 32, secret, sizeof secret));
}

static void kdf(void) {
    make_secret();
    must(gmpki_sm3_kdf(out, sizeof out, secret, 64));
}

static void pbkdf2(void) {
    make_secret();
    must(gmpki_sm3_pbkdf2(out, sizeof out, secret, 32, salt, sizeof salt, 3));
}

static void pbkdf2_batch(void) {
    const uint8_t *salts[BATCH];
    size_t salt_lens[BATCH];
    make_batch();
    for (size_t i = 0; i < BATCH; i++) {
        salts[i] = salt;
        salt_lens[i] = sizeof salt;
    }
    must(gmpki_sm3_pbkdf2_batch(batch_out[0], 40, messages, message_lens, salts, salt_lens, 3, BATCH));
}

/* A key of as many parts as there are lanes. */
static void pbkdf2_long_key(void) {
    make_secret();
    must(gmpki_sm3_pbkdf2(batch_out[0], 16 * GMPKI_SM3_DIGEST_LEN, secret, 32, salt, sizeof salt, 3));
}

static void kdf_long_key(void) {
    make_secret();
    must(gmpki_sm3_kdf(batch_out[0], 20 * GMPKI_SM3_DIGEST_LEN, secret, 64));
}

static void hkdf_extract(void) {
    make_secret();
    must(gmpki_sm3_hkdf_extract(out, salt, sizeof salt, secret, sizeof secret));
}

static void hkdf_expand(void) {
    make_secret();
    must(gmpki_sm3_hkdf_expand(out, sizeof out, secret, 32, salt, sizeof salt));
}

const ctime_entry ctime_sm3[] = {
    {"gmpki_sm3_update", "", sm3_update},
    {"gmpki_sm3_final", "", sm3_final},
    {"gmpki_sm3_copy", "", sm3_copy},
    {"gmpki_sm3_hash", "", sm3_hash},
    {"gmpki_sm3_hash", "long", sm3_hash_long},
    {"gmpki_sm3_batch", "", sm3_batch_entry},
    {"gmpki_sm3_batch", "prefix", sm3_batch_prefix},
    {"gmpki_sm3_hmac_batch", "", hmac_batch},
    {"gmpki_sm3_hmac_init", "short key", hmac_init},
    {"gmpki_sm3_hmac_init", "key longer than a block", hmac_init_long_key},
    {"gmpki_sm3_hmac_update", "", hmac_update},
    {"gmpki_sm3_hmac_final", "", hmac_final},
    {"gmpki_sm3_hmac_copy", "", hmac_copy},
    {"gmpki_sm3_hmac", "", hmac},
    {"gmpki_sm3_kdf", "", kdf},
    {"gmpki_sm3_kdf", "long key", kdf_long_key},
    {"gmpki_sm3_pbkdf2", "", pbkdf2},
    {"gmpki_sm3_pbkdf2", "long key", pbkdf2_long_key},
    {"gmpki_sm3_pbkdf2_batch", "", pbkdf2_batch},
    {"gmpki_sm3_hkdf_extract", "", hkdf_extract},
    {"gmpki_sm3_hkdf_expand", "", hkdf_expand},
    {NULL, NULL, NULL},
};
