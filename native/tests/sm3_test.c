/* SM3 and HMAC-SM3: published examples, every length and split, misuse. Values beyond GB/T 32905 are OpenSSL's. */
#include "gmpki/sm3.h"

#include "check.h"
#include "pattern.h"
#include "sm3/sm3.h"

enum { MAX_LEN = 300 };

static uint8_t message[MAX_LEN];

static int digest_is(const uint8_t *data, size_t len, const char *hex) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    return gmpki_sm3_hash(digest, data, len) == GMPKI_OK && equals_hex(digest, sizeof digest, hex);
}

static void published_examples(void) {
    uint8_t block[64];
    CHECK(digest_is((const uint8_t *)"abc", 3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = (uint8_t)('a' + i % 4);
    }
    CHECK(digest_is(block, 64, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"));
    CHECK(digest_is(NULL, 0, "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"));
}

static void million_letters(void) {
    uint8_t part[1000];
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    gmpki_sm3_ctx ctx;
    memset(part, 'a', sizeof part);
    CHECK(gmpki_sm3_init(&ctx) == GMPKI_OK);
    int status = GMPKI_OK;
    for (int i = 0; i < 1000 && status == GMPKI_OK; i++) {
        status = gmpki_sm3_update(&ctx, part, sizeof part);
    }
    CHECK(status == GMPKI_OK);
    CHECK(gmpki_sm3_final(&ctx, digest) == GMPKI_OK);
    CHECK(equals_hex(digest, sizeof digest, "c8aaf89429554029e231941a2acc0ad61ff2a5acd8fadd25847a3a732b3b02c3"));
}

/* The digest of the digests of every length 0 .. 300. */
static void every_length(void) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    gmpki_sm3_ctx all;
    CHECK(gmpki_sm3_init(&all) == GMPKI_OK);
    for (size_t len = 0; len <= MAX_LEN; len++) {
        CHECK(gmpki_sm3_hash(digest, message, len) == GMPKI_OK);
        CHECK(gmpki_sm3_update(&all, digest, sizeof digest) == GMPKI_OK);
    }
    CHECK(gmpki_sm3_final(&all, digest) == GMPKI_OK);
    CHECK(equals_hex(digest, sizeof digest, "b7fbe3512b783283c95794c33eb1f1a1fb91fbf37e169f6880af67a91d33f051"));
}

static void every_split(void) {
    uint8_t whole[GMPKI_SM3_DIGEST_LEN];
    uint8_t parts[GMPKI_SM3_DIGEST_LEN];
    gmpki_sm3_ctx ctx;
    for (size_t len = 0; len <= 200; len++) {
        CHECK(gmpki_sm3_hash(whole, message, len) == GMPKI_OK);
        unsigned differing = 0;
        for (size_t first = 0; first <= len; first++) {
            size_t second = (len - first) / 2;
            int failed = gmpki_sm3_init(&ctx) != GMPKI_OK;
            failed |= gmpki_sm3_update(&ctx, message, first) != GMPKI_OK;
            failed |= gmpki_sm3_update(&ctx, message + first, second) != GMPKI_OK;
            failed |= gmpki_sm3_update(&ctx, message + first + second, len - first - second) != GMPKI_OK;
            failed |= gmpki_sm3_final(&ctx, parts) != GMPKI_OK;
            differing += failed || memcmp(whole, parts, sizeof whole) != 0;
        }
        CHECK(differing == 0);
    }
}

static void copies_are_independent(void) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    gmpki_sm3_ctx ctx;
    gmpki_sm3_ctx copy;
    CHECK(gmpki_sm3_init(&ctx) == GMPKI_OK);
    CHECK(gmpki_sm3_update(&ctx, (const uint8_t *)"ab", 2) == GMPKI_OK);
    CHECK(gmpki_sm3_copy(&copy, &ctx) == GMPKI_OK);
    CHECK(gmpki_sm3_copy(&ctx, &ctx) == GMPKI_OK);
    CHECK(gmpki_sm3_update(&copy, (const uint8_t *)"d", 1) == GMPKI_OK);
    CHECK(gmpki_sm3_update(&ctx, (const uint8_t *)"c", 1) == GMPKI_OK);
    CHECK(gmpki_sm3_final(&ctx, digest) == GMPKI_OK);
    CHECK(equals_hex(digest, sizeof digest, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"));
    CHECK(gmpki_sm3_final(&copy, digest) == GMPKI_OK);
    CHECK(gmpki_sm3_copy(&copy, &ctx) == GMPKI_ERR_STATE);
    CHECK(all_zero(&copy, sizeof copy));
}

static void final_cleanses(void) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    gmpki_sm3_ctx ctx;
    gmpki_sm3_hmac_ctx hmac;
    CHECK(gmpki_sm3_init(&ctx) == GMPKI_OK);
    CHECK(gmpki_sm3_update(&ctx, message, 100) == GMPKI_OK);
    CHECK(gmpki_sm3_final(&ctx, digest) == GMPKI_OK);
    CHECK(all_zero(&ctx, sizeof ctx) && !all_zero(digest, sizeof digest));
    CHECK(gmpki_sm3_update(&ctx, message, 1) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm3_final(&ctx, digest) == GMPKI_ERR_STATE);
    CHECK(all_zero(digest, sizeof digest));

    CHECK(gmpki_sm3_hmac_init(&hmac, message, 20) == GMPKI_OK);
    CHECK(gmpki_sm3_hmac_update(&hmac, message, 100) == GMPKI_OK);
    CHECK(gmpki_sm3_hmac_final(&hmac, digest) == GMPKI_OK);
    CHECK(all_zero(&hmac, sizeof hmac) && !all_zero(digest, sizeof digest));
    CHECK(gmpki_sm3_hmac_update(&hmac, message, 1) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm3_hmac_final(&hmac, digest) == GMPKI_ERR_STATE);
    CHECK(all_zero(digest, sizeof digest));
}

static void length_limit(void) {
    gmpki_sm3_ctx ctx;
    gmpki_sm3_hmac_ctx hmac;
    CHECK(gmpki_sm3_init(&ctx) == GMPKI_OK);
    ctx.total_len = SM3_MAX_LEN - 3;
    CHECK(gmpki_sm3_update(&ctx, message, 4) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm3_update(&ctx, message, SIZE_MAX) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm3_update(&ctx, message, 3) == GMPKI_OK);
    CHECK(gmpki_sm3_update(&ctx, message, 1) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm3_update(&ctx, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_sm3_hmac_init(&hmac, message, 20) == GMPKI_OK);
    hmac.inner.total_len = SM3_MAX_LEN;
    CHECK(gmpki_sm3_hmac_update(&hmac, message, 1) == GMPKI_ERR_LIMIT);
}

static void missing_arguments(void) {
    uint8_t out[GMPKI_SM3_DIGEST_LEN];
    gmpki_sm3_ctx ctx;
    gmpki_sm3_hmac_ctx hmac;
    CHECK(gmpki_sm3_init(&ctx) == GMPKI_OK);
    CHECK(gmpki_sm3_init(NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_update(NULL, message, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_update(&ctx, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_final(&ctx, NULL) == GMPKI_ERR_ARGUMENT);
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm3_final(NULL, out) == GMPKI_ERR_ARGUMENT && all_zero(out, sizeof out));
    CHECK(gmpki_sm3_copy(NULL, &ctx) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_copy(&ctx, NULL) == GMPKI_ERR_ARGUMENT && all_zero(&ctx, sizeof ctx));
    CHECK(gmpki_sm3_hash(NULL, message, 1) == GMPKI_ERR_ARGUMENT);
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm3_hash(out, NULL, 1) == GMPKI_ERR_ARGUMENT && all_zero(out, sizeof out));

    CHECK(gmpki_sm3_hmac_init(NULL, message, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_hmac_init(&hmac, NULL, 1) == GMPKI_ERR_ARGUMENT && all_zero(&hmac, sizeof hmac));
    CHECK(gmpki_sm3_hmac_update(&hmac, message, 1) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm3_hmac_init(&hmac, NULL, 0) == GMPKI_OK);
    CHECK(gmpki_sm3_hmac_update(NULL, message, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_hmac_update(&hmac, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_hmac_final(&hmac, NULL) == GMPKI_ERR_ARGUMENT);
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm3_hmac_final(NULL, out) == GMPKI_ERR_ARGUMENT && all_zero(out, sizeof out));
    CHECK(gmpki_sm3_hmac_copy(NULL, &hmac) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm3_hmac_copy(&hmac, NULL) == GMPKI_ERR_ARGUMENT && all_zero(&hmac, sizeof hmac));
    CHECK(gmpki_sm3_hmac(NULL, message, 1, message, 1) == GMPKI_ERR_ARGUMENT);
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm3_hmac(out, NULL, 1, message, 1) == GMPKI_ERR_ARGUMENT && all_zero(out, sizeof out));
    memset(out, 1, sizeof out);
    CHECK(gmpki_sm3_hmac(out, message, 1, NULL, 1) == GMPKI_ERR_ARGUMENT && all_zero(out, sizeof out));
}

/* HMAC of the first 150 bytes under the first key_len. */
static const struct {
    size_t key_len;
    const char *mac;
} macs[] = {
    {0, "c2b702aab1fddbe0b507245f1b240dda09b84565a56c542892c22c14219ec566"},
    {1, "82e201b1501c1ddcad1aa3503e5040e6dd182e4670c65e8c0fdf2288c1801a58"},
    {31, "815e1540ea50a3d5ab892756956003b4c0848744e7b079e973843ea6e4684bc5"},
    {32, "df9149966249bbac7484afec43e79a6660bc8a9fbdbe35204da3a81334a681d7"},
    {33, "4858eb8a52887d90b33fea82243802f154cb41c68118f03e688f3c2d69ab65bb"},
    {55, "8f51849f13df3f8f05a6a70fa7f6fc0e063bc534859782935d13d5fdc9cd21aa"},
    {63, "a7b6e46859ec29377c94779f94a386b45af4c08eff477afcc07f93f69ac0bd74"},
    {64, "78bd27d37e71c27a177c0c0e4aa11c86ee55eb4a4bd81bfce29dd1288eeecdb8"},
    {65, "4d29c19c2ebe942158c6ca9fb8c72d16c8cd315f6379e45ea47d1ebda22561ae"},
    {100, "131f235c89e93b71083dbccbc67b815aad504d72b0118545584f2ae1814133fb"},
    {127, "cd40d4488d2faf20fb16d6214659281b80f201dfadef39ff480507d164b07470"},
    {128, "5d3e375999508278efb3b92b56cfb6d25c3a7e1452a24b30ae6aa481a9596bbf"},
    {129, "2a7bfee2e3ccd4245a90e571157eac7790472d11844bdb20b6f84bc34d0652da"},
    {200, "fdf0267cb64a6800d9816a4aa80ba4e8e126bf09bbcf24d2075084aee515b656"},
};

static void hmac_values(void) {
    uint8_t mac[GMPKI_SM3_DIGEST_LEN];
    gmpki_sm3_hmac_ctx ctx;
    gmpki_sm3_hmac_ctx copy;
    for (size_t i = 0; i < sizeof macs / sizeof macs[0]; i++) {
        CHECK(gmpki_sm3_hmac(mac, message, macs[i].key_len, message, 150) == GMPKI_OK);
        CHECK(equals_hex(mac, sizeof mac, macs[i].mac));
        CHECK(gmpki_sm3_hmac_init(&ctx, message, macs[i].key_len) == GMPKI_OK);
        CHECK(gmpki_sm3_hmac_update(&ctx, message, 70) == GMPKI_OK);
        CHECK(gmpki_sm3_hmac_copy(&copy, &ctx) == GMPKI_OK);
        CHECK(gmpki_sm3_hmac_update(&ctx, message, 300) == GMPKI_OK);
        CHECK(gmpki_sm3_hmac_update(&copy, message + 70, 80) == GMPKI_OK);
        CHECK(gmpki_sm3_hmac_final(&ctx, mac) == GMPKI_OK);
        CHECK(gmpki_sm3_hmac_final(&copy, mac) == GMPKI_OK);
        CHECK(equals_hex(mac, sizeof mac, macs[i].mac));
    }
    CHECK(gmpki_sm3_hmac_copy(&copy, &ctx) == GMPKI_ERR_STATE && all_zero(&copy, sizeof copy));
}

/* The digest of the HMACs of len / 2 bytes under keys of len = 0 .. 200 bytes. */
static void hmac_every_key_length(void) {
    uint8_t out[GMPKI_SM3_DIGEST_LEN];
    gmpki_sm3_ctx all;
    CHECK(gmpki_sm3_init(&all) == GMPKI_OK);
    for (size_t len = 0; len <= 200; len++) {
        CHECK(gmpki_sm3_hmac(out, message, len, message, len / 2) == GMPKI_OK);
        CHECK(gmpki_sm3_update(&all, out, sizeof out) == GMPKI_OK);
    }
    CHECK(gmpki_sm3_final(&all, out) == GMPKI_OK);
    CHECK(equals_hex(out, sizeof out, "e5513ac0b2d8d432acdfcb3d772b1a7dc0a320b9df64c4a7879ddd593dff8864"));
}

static void values(void) {
    published_examples();
    million_letters();
    every_length();
    every_split();
    hmac_values();
    hmac_every_key_length();
}

int main(void) {
    fill_pattern(message, sizeof message);
    on_every_backend(GMPKI_SM3, values);
    copies_are_independent();
    final_cleanses();
    length_limit();
    missing_arguments();
    return finish();
}
