/* CBC-MAC and CMAC with SM4 on every backend. */
#include "sm4_testing.h"

enum { MAX_LEN = 300 };

static uint8_t message[MAX_LEN];

/* Confirmed with OpenSSL: the CMAC of the pattern's first bytes under the key of GB/T 32907-2016 A.1. */
static void test_cmac_values(void) {
    static const struct {
        size_t len;
        const char *mac;
    } rows[] = {
        {0, "29e154322e5c7bd8ee6a25ba549b24bc"},  {1, "dbac5a5cc25921d4d24c4ee0cb2c67d2"},
        {16, "91eca33342b1c9661dd6d90becb1d186"}, {17, "0c5a96291b0ef07e669f7997e6f52b8d"},
        {40, "c3268ee067e3e724a38867c4ad626997"}, {64, "a67d1711b15cdbcd800936ed92ddcc35"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t mac[BLOCK];
        CHECK(gmpki_sm4_cmac(mac, BLOCK, annex_key, rows[i].len == 0 ? NULL : message, rows[i].len) == GMPKI_OK);
        CHECK(equals_hex(mac, BLOCK, rows[i].mac));
    }
}

static void xor_block(uint8_t *out, const uint8_t *a) {
    for (size_t i = 0; i < BLOCK; i++) {
        out[i] ^= a[i];
    }
}

static void double_bits(uint8_t block[BLOCK]) {
    unsigned carry = block[0] >> 7;
    for (size_t i = 0; i + 1 < BLOCK; i++) {
        block[i] = (uint8_t)(block[i] << 1 | block[i + 1] >> 7);
    }
    block[BLOCK - 1] = (uint8_t)(block[BLOCK - 1] << 1 ^ (carry != 0 ? 0x87 : 0));
}

/* CMAC as RFC 4493 defines it. */
static void model_cmac(uint8_t mac[BLOCK], const uint8_t *data, size_t len) {
    uint8_t subkey[BLOCK] = {0}, last[BLOCK] = {0};
    size_t before_last = len == 0 ? 0 : (len - 1) / BLOCK * BLOCK;
    model_block(annex_key, GMPKI_SM4_ENCRYPT, subkey, subkey);
    double_bits(subkey);
    memcpy(last, data + before_last, len - before_last);
    if (len - before_last < BLOCK) {
        last[len - before_last] = 0x80;
        double_bits(subkey);
    }
    memset(mac, 0, BLOCK);
    for (size_t i = 0; i < before_last; i += BLOCK) {
        xor_block(mac, data + i);
        model_block(annex_key, GMPKI_SM4_ENCRYPT, mac, mac);
    }
    xor_block(mac, last);
    xor_block(mac, subkey);
    model_block(annex_key, GMPKI_SM4_ENCRYPT, mac, mac);
}

static void test_cmac_lengths(void) {
    for (size_t len = 0; len <= MAX_LEN; len++) {
        uint8_t expected[BLOCK], mac[BLOCK];
        gmpki_sm4_cmac_ctx ctx;
        size_t piece = 1 + len % 23;
        model_cmac(expected, message, len);
        CHECK(gmpki_sm4_cmac(mac, BLOCK, annex_key, message, len) == GMPKI_OK);
        CHECK(memcmp(mac, expected, BLOCK) == 0);
        CHECK(gmpki_sm4_cmac_init(&ctx, annex_key) == GMPKI_OK);
        for (size_t done = 0; done < len; done += piece) {
            CHECK(gmpki_sm4_cmac_update(&ctx, message + done, len - done < piece ? len - done : piece) == GMPKI_OK);
        }
        size_t mac_len = 1 + len % BLOCK;
        memset(mac, 0, sizeof mac);
        CHECK(gmpki_sm4_cmac_final(&ctx, mac, mac_len) == GMPKI_OK);
        CHECK(memcmp(mac, expected, mac_len) == 0 && all_zero(mac + mac_len, BLOCK - mac_len));
        CHECK(all_zero(&ctx, sizeof ctx));
    }
}

static void test_cbc_mac(void) {
    uint8_t expected[BLOCK] = {0}, mac[BLOCK];
    for (size_t len = BLOCK; len <= MAX_LEN; len += BLOCK) {
        xor_block(expected, message + len - BLOCK);
        model_block(annex_key, GMPKI_SM4_ENCRYPT, expected, expected);
        for (size_t mac_len = 1; mac_len <= BLOCK; mac_len++) {
            CHECK(gmpki_sm4_cbc_mac(mac, mac_len, annex_key, message, len) == GMPKI_OK);
            CHECK(memcmp(mac, expected, mac_len) == 0);
        }
    }
}

static void test_errors(void) {
    uint8_t mac[BLOCK];
    gmpki_sm4_cmac_ctx ctx;
    CHECK(gmpki_sm4_cbc_mac(NULL, BLOCK, annex_key, message, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cbc_mac(mac, BLOCK, NULL, message, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cbc_mac(mac, BLOCK, annex_key, NULL, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cbc_mac(mac, 0, annex_key, message, BLOCK) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm4_cbc_mac(mac, 17, annex_key, message, BLOCK) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm4_cbc_mac(mac, BLOCK, annex_key, message, 0) == GMPKI_ERR_LENGTH);
    memset(mac, 1, sizeof mac);
    CHECK(gmpki_sm4_cbc_mac(mac, BLOCK, annex_key, message, 17) == GMPKI_ERR_LENGTH);
    CHECK(all_zero(mac, BLOCK));
    CHECK(gmpki_sm4_cmac(NULL, BLOCK, annex_key, message, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cmac(mac, BLOCK, NULL, message, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cmac(mac, BLOCK, annex_key, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cmac(mac, 0, annex_key, message, 1) == GMPKI_ERR_LENGTH);
    memset(mac, 1, sizeof mac);
    CHECK(gmpki_sm4_cmac(mac, 17, annex_key, message, 1) == GMPKI_ERR_LENGTH);
    CHECK(all_zero(mac, BLOCK));
    CHECK(gmpki_sm4_cmac_init(NULL, annex_key) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cmac_init(&ctx, NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(all_zero(&ctx, sizeof ctx));
    CHECK(gmpki_sm4_cmac_update(&ctx, message, 1) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm4_cmac_update(NULL, message, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cmac_final(&ctx, mac, BLOCK) == GMPKI_ERR_STATE);
    CHECK(gmpki_sm4_cmac_final(NULL, mac, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cmac_init(&ctx, annex_key) == GMPKI_OK);
    CHECK(gmpki_sm4_cmac_update(&ctx, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_cmac_final(&ctx, NULL, BLOCK) == GMPKI_ERR_ARGUMENT);
    CHECK(all_zero(&ctx, sizeof ctx));
}

static void tests(void) {
    test_cmac_values();
    test_cmac_lengths();
    test_cbc_mac();
    test_errors();
}

int main(void) {
    fill_pattern(message, sizeof message);
    on_every_backend(GMPKI_SM4, tests);
    return finish();
}
