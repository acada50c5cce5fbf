/* The SM4 block cipher on every backend. */
#include "sm4_testing.h"

enum { MAX_BLOCKS = 200, MILLION = 1000000 };

static uint8_t message[MAX_BLOCKS * BLOCK], out[(MAX_BLOCKS + 1) * BLOCK];

/* GB/T 32907-2016 A.1; draft-ribose-cfrg-sm4-10 A.1.4. */
static void test_published_blocks(void) {
    static const struct {
        const char *key, *plain, *cipher;
    } rows[] = {
        {"0123456789abcdeffedcba9876543210", "0123456789abcdeffedcba9876543210", "681edf34d206965e86b3e94f536e4246"},
        {"fedcba98765432100123456789abcdef", "000102030405060708090a0b0c0d0e0f", "f766678f13f01adeac1b3ea955adb594"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t raw[BLOCK], block[BLOCK];
        gmpki_sm4_key key;
        unhex(raw, rows[i].key);
        unhex(block, rows[i].plain);
        CHECK(gmpki_sm4_key_init(&key, raw) == GMPKI_OK);
        CHECK(gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, block, block, 1) == GMPKI_OK);
        CHECK(equals_hex(block, BLOCK, rows[i].cipher));
        CHECK(gmpki_sm4_blocks(&key, GMPKI_SM4_DECRYPT, block, block, 1) == GMPKI_OK);
        CHECK(equals_hex(block, BLOCK, rows[i].plain));
    }
}

/* GB/T 32907-2016 A.1: the first and the last round key. */
static void test_round_keys(void) {
    gmpki_sm4_key key;
    CHECK(gmpki_sm4_key_init(&key, annex_key) == GMPKI_OK);
    CHECK(key.round_keys[0] == 0xF12186F9 && key.round_keys[31] == 0x9124A012);
}

/* Each block of any number of blocks is what it is alone; and nothing is written behind them. */
static void test_block_counts(void) {
    gmpki_sm4_key key;
    static uint8_t alone[MAX_BLOCKS * BLOCK];
    fill_pattern(message, sizeof message);
    CHECK(gmpki_sm4_key_init(&key, annex_key) == GMPKI_OK);
    for (size_t i = 0; i < MAX_BLOCKS; i++) {
        CHECK(gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, alone + BLOCK * i, message + BLOCK * i, 1) == GMPKI_OK);
    }
    for (size_t count = 0; count <= MAX_BLOCKS; count++) {
        memset(out, 0xEE, sizeof out);
        CHECK(gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, out, message, count) == GMPKI_OK);
        CHECK(memcmp(out, alone, BLOCK * count) == 0);
        CHECK(out[BLOCK * count] == 0xEE);
        CHECK(gmpki_sm4_blocks(&key, GMPKI_SM4_DECRYPT, out, out, count) == GMPKI_OK);
        CHECK(memcmp(out, message, BLOCK * count) == 0);
        CHECK(out[BLOCK * count] == 0xEE);
    }
}

/* Encrypting a block again and again is the CBC encryption of zeros with the block as iv. */
static void encrypt_repeatedly(uint8_t block[BLOCK], size_t times) {
    static const uint8_t zeros[sizeof message];
    gmpki_sm4_ctx ctx;
    size_t len = 0;
    CHECK(gmpki_sm4_init(&ctx, GMPKI_SM4_CBC, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, annex_key, block, BLOCK) ==
          GMPKI_OK);
    while (times != 0) {
        size_t now = times < MAX_BLOCKS ? times : MAX_BLOCKS;
        CHECK(gmpki_sm4_update(&ctx, out, sizeof out, &len, zeros, BLOCK * now) == GMPKI_OK);
        memcpy(block, out + BLOCK * (now - 1), BLOCK);
        times -= now;
    }
    gmpki_sm4_clear(&ctx);
}

/* The value after 10,000 is OpenSSL's. */
static void test_ten_thousand(void) {
    uint8_t block[BLOCK];
    memcpy(block, annex_key, BLOCK);
    encrypt_repeatedly(block, 10000);
    CHECK(equals_hex(block, BLOCK, "2d8bfc27381c68ecb316320ee72ba074"));
}

/* GB/T 32907-2016 A.2; on the fastest backend, since it takes the portable one seconds. */
static void test_million(void) {
    uint8_t block[BLOCK];
    memcpy(block, annex_key, BLOCK);
    encrypt_repeatedly(block, MILLION);
    CHECK(equals_hex(block, BLOCK, "595298c7c6fd271f0402f804c33d3f66"));
}

static void test_key_schedules_agree(void) {
    for (unsigned i = 0; i < 64; i++) {
        uint8_t raw[BLOCK];
        gmpki_sm4_key key, portable;
        const char *name = NULL;
        for (unsigned j = 0; j < BLOCK; j++) {
            raw[j] = (uint8_t)(i * 37 + j * j * 11 + 5);
        }
        CHECK(gmpki_backend_active(&name, GMPKI_SM4) == GMPKI_OK);
        CHECK(gmpki_sm4_key_init(&key, raw) == GMPKI_OK);
        CHECK(gmpki_backend_force(GMPKI_SM4, "portable") == GMPKI_OK);
        CHECK(gmpki_sm4_key_init(&portable, raw) == GMPKI_OK);
        CHECK(memcmp(&key, &portable, sizeof key) == 0);
        CHECK(gmpki_backend_force(GMPKI_SM4, name) == GMPKI_OK);
    }
}

static void test_errors(void) {
    gmpki_sm4_key key;
    uint8_t block[BLOCK] = {0};
    CHECK(gmpki_sm4_key_init(NULL, annex_key) == GMPKI_ERR_ARGUMENT);
    memset(&key, 1, sizeof key);
    CHECK(gmpki_sm4_key_init(&key, NULL) == GMPKI_ERR_ARGUMENT);
    CHECK(all_zero(&key, sizeof key));
    CHECK(gmpki_sm4_key_init(&key, annex_key) == GMPKI_OK);
    CHECK(gmpki_sm4_blocks(NULL, GMPKI_SM4_ENCRYPT, block, block, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, NULL, block, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, block, NULL, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_blocks(&key, 2, block, block, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_blocks(&key, -1, block, block, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, block, block, SIZE_MAX / BLOCK + 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, NULL, NULL, 0) == GMPKI_OK);
}

static void tests(void) {
    test_published_blocks();
    test_round_keys();
    test_block_counts();
    test_ten_thousand();
    test_key_schedules_agree();
    test_errors();
}

int main(void) {
    on_every_backend(GMPKI_SM4, tests);
    test_million();
    return finish();
}
