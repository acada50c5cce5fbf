/* GCM in pieces with SM4 on every backend. */
#include "sm4_testing.h"

enum { MAX_LEN = 300, MAX_AD = 40, NONCE_LEN = 12 };

static uint8_t key[BLOCK], nonce[NONCE_LEN], associated[MAX_AD], message[2048];

static void add_pieces(gmpki_sm4_gcm_ctx *ctx, size_t ad_len, size_t piece) {
    for (size_t done = 0; done < ad_len; done += piece) {
        size_t now = ad_len - done < piece ? ad_len - done : piece;
        CHECK(gmpki_sm4_gcm_associate(ctx, associated + done, now) == GMPKI_OK);
    }
}

static void crypt_pieces(gmpki_sm4_gcm_ctx *ctx, uint8_t *out, const uint8_t *in, size_t len, size_t piece) {
    for (size_t done = 0; done < len; done += piece) {
        size_t now = len - done < piece ? len - done : piece;
        CHECK(gmpki_sm4_gcm_update(ctx, out + done, in + done, now) == GMPKI_OK);
    }
}

/* Pieces of any size give what one call gives; decryption in place. */
static void test_split(size_t len, size_t ad_len, size_t piece) {
    static uint8_t expected[sizeof message], out[sizeof message];
    uint8_t expected_tag[BLOCK], tag[BLOCK];
    gmpki_sm4_gcm_ctx ctx;
    CHECK(gmpki_sm4_gcm_encrypt(expected, expected_tag, BLOCK, key, nonce, NONCE_LEN, associated, ad_len, message,
                                len) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_init(&ctx, GMPKI_SM4_ENCRYPT, key, nonce, NONCE_LEN) == GMPKI_OK);
    add_pieces(&ctx, ad_len, piece);
    crypt_pieces(&ctx, out, message, len, piece);
    CHECK(gmpki_sm4_gcm_final(&ctx, tag, BLOCK) == GMPKI_OK);
    CHECK(memcmp(out, expected, len) == 0 && memcmp(tag, expected_tag, BLOCK) == 0);
    CHECK(all_zero(&ctx, sizeof ctx));
    CHECK(gmpki_sm4_gcm_init(&ctx, GMPKI_SM4_DECRYPT, key, nonce, NONCE_LEN) == GMPKI_OK);
    add_pieces(&ctx, ad_len, piece);
    crypt_pieces(&ctx, out, out, len, piece);
    CHECK(gmpki_sm4_gcm_final_verify(&ctx, expected_tag, BLOCK) == GMPKI_OK);
    CHECK(memcmp(out, message, len) == 0);
    CHECK(all_zero(&ctx, sizeof ctx));
}

static void test_splits(void) {
    static const size_t pieces[] = {1, 7, 16, 31, 48, MAX_LEN};
    for (size_t len = 0; len <= MAX_LEN; len++) {
        test_split(len, len % (MAX_AD + 1), pieces[len % (sizeof pieces / sizeof pieces[0])]);
    }
    test_split(sizeof message, MAX_AD, 1100);
}

static void test_wrong_tag(void) {
    uint8_t out[32], tag[BLOCK] = {0};
    gmpki_sm4_gcm_ctx ctx;
    CHECK(gmpki_sm4_gcm_init(&ctx, GMPKI_SM4_DECRYPT, key, nonce, NONCE_LEN) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_update(&ctx, out, message, sizeof out) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_final_verify(&ctx, tag, BLOCK) == GMPKI_ERR_DECRYPT);
    CHECK(all_zero(&ctx, sizeof ctx));
}

static void test_errors(void) {
    uint8_t out[32], tag[BLOCK];
    gmpki_sm4_gcm_ctx ctx;
    memset(&ctx, 0, sizeof ctx);
    CHECK(gmpki_sm4_gcm_associate(&ctx, associated, 1) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm4_gcm_update(&ctx, out, message, 1) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm4_gcm_final(&ctx, tag, BLOCK) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm4_gcm_final_verify(&ctx, tag, BLOCK) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm4_gcm_init(NULL, 0, key, nonce, NONCE_LEN) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_init(&ctx, 0, NULL, nonce, NONCE_LEN) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_init(&ctx, 0, key, NULL, NONCE_LEN) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_init(&ctx, 2, key, nonce, NONCE_LEN) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_init(&ctx, 0, key, nonce, 0) == GMPKI_ERR_LENGTH);
    CHECK(all_zero(&ctx, sizeof ctx));
    CHECK(gmpki_sm4_gcm_init(&ctx, 0, key, nonce, NONCE_LEN) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_associate(NULL, associated, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_associate(&ctx, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_associate(&ctx, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_associate(&ctx, associated, 1) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_associate(&ctx, associated, ((size_t)1 << 61) - 1) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm4_gcm_update(NULL, out, message, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_update(&ctx, NULL, message, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_update(&ctx, out, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_update(&ctx, NULL, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_update(&ctx, out, message, 1) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_update(&ctx, out, message, ((size_t)1 << 36) - 32) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm4_gcm_associate(&ctx, associated, 1) == GMPKI_ERR_STATE);
    /* The end of the other direction, which ends it all the same. */
    CHECK(gmpki_sm4_gcm_final_verify(&ctx, tag, BLOCK) == GMPKI_ERR_STATE);
    CHECK(all_zero(&ctx, sizeof ctx));
    CHECK(gmpki_sm4_gcm_init(&ctx, GMPKI_SM4_DECRYPT, key, nonce, NONCE_LEN) == GMPKI_OK);
    memset(tag, 1, sizeof tag);
    CHECK(gmpki_sm4_gcm_final(&ctx, tag, BLOCK) == GMPKI_ERR_STATE);
    CHECK(all_zero(tag, BLOCK) && all_zero(&ctx, sizeof ctx));
    CHECK(gmpki_sm4_gcm_init(&ctx, GMPKI_SM4_ENCRYPT, key, nonce, NONCE_LEN) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_final(&ctx, tag, 17) == GMPKI_ERR_LENGTH);
    CHECK(all_zero(&ctx, sizeof ctx));
    CHECK(gmpki_sm4_gcm_final(&ctx, NULL, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_final(NULL, tag, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_final_verify(NULL, tag, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_final_verify(&ctx, NULL, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_gcm_init(&ctx, GMPKI_SM4_DECRYPT, key, nonce, NONCE_LEN) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_final_verify(&ctx, tag, 7) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm4_gcm_init(&ctx, GMPKI_SM4_DECRYPT, key, nonce, NONCE_LEN) == GMPKI_OK);
    gmpki_sm4_gcm_clear(&ctx);
    CHECK(all_zero(&ctx, sizeof ctx));
    gmpki_sm4_gcm_clear(NULL);
}

static void tests(void) {
    test_splits();
    test_wrong_tag();
    test_errors();
}

int main(void) {
    fill_reversed(key, sizeof key);
    fill_reversed(nonce, sizeof nonce);
    fill_pattern(associated, sizeof associated);
    fill_pattern(message, sizeof message);
    on_every_backend(GMPKI_SM4, tests);
    return finish();
}
