/*
 * Every backend against the portable one: each mode that a kernel may have a function for, on numbers of bytes up to
 * two batches of the widest kernel, out of place and in place.
 */
#include "sm4_testing.h"

enum { MAX_LEN = 2048, SLACK = 16, MAX_CASES = 520 };

/* What an operation made, with the bytes behind it, and the tag if it makes one. */
typedef struct result {
    uint8_t out[MAX_LEN + SLACK];
    uint8_t tag[BLOCK];
} result;

static uint8_t key[32], iv[BLOCK], message[MAX_LEN], tag[BLOCK];

static void stream(int mode, int direction, uint8_t *out, const uint8_t *in, size_t len, size_t first_len) {
    gmpki_sm4_ctx ctx;
    size_t done = 0, more = 0;
    int right = gmpki_sm4_init(&ctx, mode, direction, 0, key, iv, mode == GMPKI_SM4_ECB ? 0 : BLOCK) == GMPKI_OK &&
                gmpki_sm4_update(&ctx, out, len, &done, in, first_len) == GMPKI_OK &&
                gmpki_sm4_update(&ctx, out + done, len - done, &more, in + first_len, len - first_len) == GMPKI_OK;
    CHECK(right && done + more == len);
    gmpki_sm4_clear(&ctx);
}

/* The cases: what is computed of the first len bytes of in. A case that does not take len does nothing. */
typedef void operation(uint8_t *out, const uint8_t *in, size_t len);

static void run_blocks(uint8_t *out, const uint8_t *in, size_t len, int direction) {
    gmpki_sm4_key expanded;
    CHECK(gmpki_sm4_key_init(&expanded, key) == GMPKI_OK);
    CHECK(gmpki_sm4_blocks(&expanded, direction, out, in, len / BLOCK) == GMPKI_OK);
}

static void blocks_encrypt(uint8_t *out, const uint8_t *in, size_t len) {
    run_blocks(out, in, len, GMPKI_SM4_ENCRYPT);
}

static void blocks_decrypt(uint8_t *out, const uint8_t *in, size_t len) {
    run_blocks(out, in, len, GMPKI_SM4_DECRYPT);
}

static void cbc_encrypt(uint8_t *out, const uint8_t *in, size_t len) {
    stream(GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, out, in, len - len % BLOCK, 0);
}

static void cbc_decrypt(uint8_t *out, const uint8_t *in, size_t len) {
    stream(GMPKI_SM4_CBC, GMPKI_SM4_DECRYPT, out, in, len - len % BLOCK, 0);
}

static void cbc_decrypt_split(uint8_t *out, const uint8_t *in, size_t len) {
    size_t whole = len - len % BLOCK;
    stream(GMPKI_SM4_CBC, GMPKI_SM4_DECRYPT, out, in, whole, whole / 3 - whole / 3 % BLOCK);
}

static void cfb_decrypt(uint8_t *out, const uint8_t *in, size_t len) {
    stream(GMPKI_SM4_CFB128, GMPKI_SM4_DECRYPT, out, in, len, 0);
}

static void ctr(uint8_t *out, const uint8_t *in, size_t len) {
    stream(GMPKI_SM4_CTR, GMPKI_SM4_ENCRYPT, out, in, len, 0);
}

static void ctr_split(uint8_t *out, const uint8_t *in, size_t len) {
    stream(GMPKI_SM4_CTR, GMPKI_SM4_ENCRYPT, out, in, len, len / 3);
}

static void xts_encrypt(uint8_t *out, const uint8_t *in, size_t len) {
    if (len >= BLOCK) {
        CHECK(gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_IEEE, key, iv, in, len) == GMPKI_OK);
    }
}

static void xts_decrypt(uint8_t *out, const uint8_t *in, size_t len) {
    if (len >= BLOCK) {
        CHECK(gmpki_sm4_xts(out, GMPKI_SM4_DECRYPT, GMPKI_SM4_XTS_GB, key, iv, in, len) == GMPKI_OK);
    }
}

static void gcm_encrypt(uint8_t *out, const uint8_t *in, size_t len) {
    CHECK(gmpki_sm4_gcm_encrypt(out, tag, BLOCK, key, iv, 12, message, len % 50, in, len) == GMPKI_OK);
}

/* In two pieces, of which the first leaves a block begun. */
static void gcm_stream(uint8_t *out, const uint8_t *in, size_t len, int direction) {
    gmpki_sm4_gcm_ctx ctx;
    size_t first = len / 3;
    CHECK(gmpki_sm4_gcm_init(&ctx, direction, key, iv, 12) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_update(&ctx, out, in, first) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_update(&ctx, out + first, in + first, len - first) == GMPKI_OK);
    if (direction == GMPKI_SM4_ENCRYPT) {
        CHECK(gmpki_sm4_gcm_final(&ctx, tag, BLOCK) == GMPKI_OK);
    } else {
        CHECK(gmpki_sm4_gcm_final_verify(&ctx, iv, BLOCK) == GMPKI_ERR_DECRYPT);
    }
}

static void gcm_stream_encrypt(uint8_t *out, const uint8_t *in, size_t len) {
    gcm_stream(out, in, len, GMPKI_SM4_ENCRYPT);
}

static void gcm_stream_decrypt(uint8_t *out, const uint8_t *in, size_t len) {
    gcm_stream(out, in, len, GMPKI_SM4_DECRYPT);
}

static void cmac(uint8_t *out, const uint8_t *in, size_t len) {
    CHECK(gmpki_sm4_cmac(tag, BLOCK, key, in, len) == GMPKI_OK);
    memcpy(out, tag, len < BLOCK ? len : BLOCK);
}

static operation *const operations[] = {
    blocks_encrypt, blocks_decrypt, cbc_encrypt, cbc_decrypt, cbc_decrypt_split,  cfb_decrypt,        ctr,
    ctr_split,      xts_encrypt,    xts_decrypt, gcm_encrypt, gcm_stream_encrypt, gcm_stream_decrypt, cmac};

/* The backends of this processor beside the portable one. */
static const char *backends[16];
static size_t backend_count;

/* Out of place: from message into a buffer of 0xEE; in place: message in the buffer. */
static void run_on(operation *run, result *r, size_t len, int in_place) {
    memset(r->out, 0xEE, sizeof r->out);
    memset(tag, 0, sizeof tag);
    if (in_place) {
        memcpy(r->out, message, len);
    }
    run(r->out, in_place ? r->out : message, len);
    memcpy(r->tag, tag, sizeof tag);
}

/*
 * One operation on count cases, on the portable backend and then on all others. To force a backend runs its
 * known-answer tests, and so it is forced once for all cases. prepare(i) sets what the i-th needs and returns its
 * number of bytes.
 */
static void compare(operation *run, size_t (*prepare)(size_t i), size_t count) {
    static result expected[MAX_CASES], made;
    for (int in_place = 0; in_place < 2; in_place++) {
        CHECK(gmpki_backend_force(GMPKI_SM4, "portable") == GMPKI_OK);
        for (size_t i = 0; i < count; i++) {
            run_on(run, &expected[i], prepare(i), in_place);
        }
        for (size_t b = 0; b < backend_count; b++) {
            CHECK(gmpki_backend_force(GMPKI_SM4, backends[b]) == GMPKI_OK);
            for (size_t i = 0; i < count; i++) {
                run_on(run, &made, prepare(i), in_place);
                CHECK(memcmp(&made, &expected[i], sizeof made) == 0);
            }
        }
    }
}

static size_t lens[MAX_CASES];

static size_t prepare_length(size_t i) {
    return lens[i];
}

/* In a sparse run one length in seven, and all that are a byte or less from whole blocks. */
static void test_lengths(void) {
    size_t count = 0;
    for (size_t len = 0; len <= MAX_LEN; len += len < 320 ? 1 : 9) {
        if (!SPARSE || len % 7 == 0 || (len + 1) % BLOCK <= 2) {
            lens[count++] = len;
        }
    }
    CHECK(lens[count - 1] == MAX_LEN);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        compare(operations[i], prepare_length, count);
    }
}

/* A counter whose last 32 bits wrap after i / 2 blocks, and in every second case a carry that goes no further. */
static size_t prepare_counter(size_t i) {
    memset(iv, 0xFF, BLOCK);
    iv[BLOCK - 1] = (uint8_t)(0xFF - i / 2);
    if (i % 2 == 0) {
        return MAX_LEN;
    }
    memset(iv + 8, 0x5A, 4);
    return MAX_LEN - 5;
}

/* Counters that wrap at every place of a batch. */
static void test_wrapping_counters(void) {
    compare(ctr, prepare_counter, (size_t)2 * 131);
}

int main(void) {
    fill_reversed(key, sizeof key);
    fill_reversed(iv, sizeof iv);
    fill_pattern(message, sizeof message);
    const char *name = "";
    for (size_t i = 0; name != NULL && backend_count < sizeof backends / sizeof backends[0]; i++) {
        int available = 0;
        CHECK(gmpki_backend_get(&name, &available, GMPKI_SM4, i) == GMPKI_OK);
        if (name != NULL && available && strcmp(name, "portable") != 0) {
            backends[backend_count++] = name;
        }
    }
    test_lengths();
    test_wrapping_counters();
    return finish();
}
