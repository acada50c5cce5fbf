/* The derivations on SM3. Values beyond GB/T 32918.5 are those of Python's hashlib and cryptography on OpenSSL. */
#include "gmpki/kdf.h"

#include "check.h"
#include "pattern.h"
#include "sm3/sm3.h"

static uint8_t pattern[400];
static uint8_t key[10000];

static int digest_of_key_is(size_t len, const char *hex) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    return gmpki_sm3_hash(digest, key, len) == GMPKI_OK && equals_hex(digest, sizeof digest, hex);
}

static void kdf_values(void) {
    /* GB/T 32918.5-2017 annex C: x2 || y2 and the 19 bytes t. */
    uint8_t z[64];
    unhex(z, "64d20d27d0632957f8028c1e024f6b02edf23102a566c932ae8bd613a8e865fe"
             "58d225eca784ae300a81a2d48281a828e1cedf11c4219099840265375077bf78");
    CHECK(gmpki_sm3_kdf(key, 19, z, sizeof z) == GMPKI_OK);
    CHECK(equals_hex(key, 19, "006e30dae231b071dfad8aa379e90264491603"));
    CHECK(gmpki_sm3_kdf(key, 10000, pattern, 9) == GMPKI_OK);
    CHECK(digest_of_key_is(10000, "106cae04c3fee0310da55b5b984b6482355b36c7974cb9573f40b576b1c03675"));

    /* z of 0 .. 199 bytes, a key one byte longer, one after the other. */
    gmpki_sm3_ctx all;
    CHECK(gmpki_sm3_init(&all) == GMPKI_OK);
    for (size_t len = 0; len < 200; len++) {
        CHECK(gmpki_sm3_kdf(key, len + 1, pattern, len) == GMPKI_OK);
        CHECK(gmpki_sm3_update(&all, key, len + 1) == GMPKI_OK);
    }
    CHECK(gmpki_sm3_final(&all, key) == GMPKI_OK);
    CHECK(equals_hex(key, 32, "dd784147226c2e1ffe1ebf1f5dc96243f17ca6b0008d6ad37f9e7e56574b8060"));
}

/* Password and salt are text, or that many bytes of the pattern. */
static const struct {
    const char *password;
    size_t password_len;
    const char *salt;
    size_t salt_len;
    uint32_t iterations;
    const char *key;
} pbkdf2_cases[] = {
    {"password", 8, "salt", 4, 1, "4612f922a1fdcefaf4312fc6f8f3322b489cbf24"},
    {"password", 8, "salt", 4, 2, "fee723a2bc966e11dffb66133f4e8df577383c78ade30e3298edbd3e54ed85b7"},
    {"password", 8, "salt", 4, 1000, "e8b635a41dfe5aaab7cf828cff6f3608e22cac59ba16edd70e000b293d00bc9118"},
    {"", 0, "", 0, 3,
     "3540c8358e4b1cd688bb1f9fe3d9fe2dd7a509f41f62764e8ac53f7e9a2cd2ad624ae2993c28a3b8abec5096b47e36da3a2c0bdbb95397d4"
     "d29814b99d5afc1d2e"},
    {NULL, 65, NULL, 130, 7,
     "c3369ed00f4b50cacde6877817655111b0cdc164e9fd543dce563601160555102ea6aaf63e70cce6f04febd9304d47c59f37bd95e4df3636"
     "baebf6b80be603564650fa72d28d40bb2ad674fbf07a8a865a67c2c05d0ef649a2495b144611f354d9d7f09f"},
    {NULL, 64, NULL, 55, 5,
     "3f9c1168583d34d1060a0955dd7e1f3981b6c242e63d6c3657a5c9a5fc512ee53729d4eb35c32acc5c856f62e2187bee2348c66ffb3ae91f"
     "bb24231068a388b1"},
    {NULL, 200, "salt", 4, 4096, "11e2e20ff958bafbe4bbb52b5379179f9147c6564351465b21287f0f4099c9fd"},
};

static void pbkdf2_values(void) {
    for (size_t i = 0; i < sizeof pbkdf2_cases / sizeof pbkdf2_cases[0]; i++) {
        const char *password = pbkdf2_cases[i].password;
        const char *salt = pbkdf2_cases[i].salt;
        size_t len = strlen(pbkdf2_cases[i].key) / 2;
        CHECK(gmpki_sm3_pbkdf2(key, len, password == NULL ? pattern : (const uint8_t *)password,
                               pbkdf2_cases[i].password_len, salt == NULL ? pattern : (const uint8_t *)salt,
                               pbkdf2_cases[i].salt_len, pbkdf2_cases[i].iterations) == GMPKI_OK);
        CHECK(equals_hex(key, len, pbkdf2_cases[i].key));
    }

    /* Passwords of 0 .. 99 bytes, salts twice as long, keys one byte longer, three iterations. */
    gmpki_sm3_ctx all;
    CHECK(gmpki_sm3_init(&all) == GMPKI_OK);
    for (size_t len = 0; len < 100; len++) {
        CHECK(gmpki_sm3_pbkdf2(key, len + 1, pattern, len, pattern, 2 * len, 3) == GMPKI_OK);
        CHECK(gmpki_sm3_update(&all, key, len + 1) == GMPKI_OK);
    }
    CHECK(gmpki_sm3_final(&all, key) == GMPKI_OK);
    CHECK(equals_hex(key, 32, "781b409cc688405ba8480fa98c93d921bfb8490c7396c6a0f4be99fb283a6ebb"));
}

/* Each length is that many bytes of the pattern. */
static const struct {
    size_t salt_len;
    size_t key_material_len;
    size_t info_len;
    const char *prk;
    const char *key;
} hkdf_cases[] = {
    {0, 22, 0, "b147de171c31ddcdceb7894629dc9382f9c5b63f73aa7fde43f01c22488a4ada",
     "f133bb1e37081ec2ad3f631cfb917ee9ba4019a13859266604b9433cb45b75284ecfd167af6e8123f687"},
    {13, 22, 10, "9584e2bb34616508caa8ebcef81cb4951f890ddfd38822724d8eccc67c6c5891",
     "4d3b66cdbd5874a0d85d9130c7efb670642fa075c97c871e5aba585aaf4b86fe1bd319d8ef70feca48b6"},
    {80, 80, 80, "37a38be2d6029b660e5e6a345eba50a6b9800ce675c79ad32f3e0725f52af6f3",
     "868b70884277292dbc6240cf6469af555dbd9cb12f5d1cfdc15f605b89181c2c8f3e9755d2b9b1a241a548473b4642705abf262db76e355a"
     "1fff82781a5ffb23ab47ef16729bb50085137becfb0728dccb6f"},
    {65, 0, 0, "0b080b2c59d4229c613805d31e130c40ba3465519d039f9ea2fe6f90dcd3072f", "09"},
};

static void hkdf_values(void) {
    uint8_t prk[GMPKI_SM3_DIGEST_LEN];
    static const uint8_t zeros[GMPKI_SM3_DIGEST_LEN];
    for (size_t i = 0; i < sizeof hkdf_cases / sizeof hkdf_cases[0]; i++) {
        size_t len = strlen(hkdf_cases[i].key) / 2;
        CHECK(gmpki_sm3_hkdf_extract(prk, pattern, hkdf_cases[i].salt_len, pattern, hkdf_cases[i].key_material_len) ==
              GMPKI_OK);
        CHECK(equals_hex(prk, sizeof prk, hkdf_cases[i].prk));
        CHECK(gmpki_sm3_hkdf_expand(key, len, prk, sizeof prk, pattern, hkdf_cases[i].info_len) == GMPKI_OK);
        CHECK(equals_hex(key, len, hkdf_cases[i].key));
    }
    CHECK(gmpki_sm3_hkdf_extract(prk, zeros, sizeof zeros, pattern, 22) == GMPKI_OK);
    CHECK(equals_hex(prk, sizeof prk, hkdf_cases[0].prk));
    CHECK(gmpki_sm3_hkdf_expand(key, GMPKI_HKDF_SM3_MAX_LEN, pattern, 40, pattern, 5) == GMPKI_OK);
    CHECK(digest_of_key_is(GMPKI_HKDF_SM3_MAX_LEN, "31cf1435f01da7afb879a8a5c055c05bb10e1d47c9216e567f9c505d5efa6ffe"));

    /* Keys of 1 .. 200 bytes, info one byte shorter, PRK 31 bytes longer. */
    gmpki_sm3_ctx all;
    CHECK(gmpki_sm3_init(&all) == GMPKI_OK);
    for (size_t len = 0; len < 200; len++) {
        CHECK(gmpki_sm3_hkdf_expand(key, len + 1, pattern, 32 + len, pattern, len) == GMPKI_OK);
        CHECK(gmpki_sm3_update(&all, key, len + 1) == GMPKI_OK);
    }
    CHECK(gmpki_sm3_final(&all, key) == GMPKI_OK);
    CHECK(equals_hex(key, 32, "a5c3231f53517c80990481e10a56ee7981bd3d6aaf9657376f465f26d8e11f48"));
}

/* Whether a call answered with that status and zeroed the 32 bytes that it was given. */
static int refused(int status, int expected) {
    int zeroed = all_zero(key, 32);
    memset(key, 1, 32);
    return status == expected && zeroed;
}

static void refused_arguments(void) {
    const uint8_t *p = pattern;
    memset(key, 1, 32);
    CHECK(gmpki_sm3_kdf(NULL, 32, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(refused(gmpki_sm3_kdf(key, 32, NULL, 1), GMPKI_ERR_ARGUMENT));
    CHECK(gmpki_sm3_kdf(key, 32, NULL, 0) == GMPKI_OK);
    memset(key, 1, 32);

    CHECK(gmpki_sm3_pbkdf2(NULL, 32, p, 1, p, 1, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(refused(gmpki_sm3_pbkdf2(key, 32, NULL, 1, p, 1, 1), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_pbkdf2(key, 32, p, 1, NULL, 1, 1), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_pbkdf2(key, 32, p, 1, p, 1, 0), GMPKI_ERR_LENGTH));

    CHECK(gmpki_sm3_hkdf_extract(NULL, p, 1, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(refused(gmpki_sm3_hkdf_extract(key, NULL, 1, p, 1), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_hkdf_extract(key, p, 1, NULL, 1), GMPKI_ERR_ARGUMENT));
    CHECK(gmpki_sm3_hkdf_expand(NULL, 32, p, 32, p, 1) == GMPKI_ERR_ARGUMENT);
    CHECK(refused(gmpki_sm3_hkdf_expand(key, 32, NULL, 32, p, 1), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_hkdf_expand(key, 32, p, 32, NULL, 1), GMPKI_ERR_ARGUMENT));
    CHECK(refused(gmpki_sm3_hkdf_expand(key, 32, p, 31, p, 1), GMPKI_ERR_LENGTH));
}

static void refused_key_lengths(void) {
    const uint8_t *p = pattern;
    CHECK(gmpki_sm3_kdf(key, 0, p, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm3_pbkdf2(key, 0, p, 1, p, 1, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm3_hkdf_expand(key, 0, p, 32, p, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm3_hkdf_expand(key, GMPKI_HKDF_SM3_MAX_LEN + 1, p, 32, p, 1) == GMPKI_ERR_LENGTH);
#if SIZE_MAX > UINT32_MAX
    CHECK(gmpki_sm3_kdf(key, SM3_COUNTED_MAX_LEN + 1, p, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm3_pbkdf2(key, SM3_COUNTED_MAX_LEN + 1, p, 1, p, 1, 1) == GMPKI_ERR_LENGTH);
#endif
}

static void values(void) {
    kdf_values();
    pbkdf2_values();
    hkdf_values();
}

int main(void) {
    fill_pattern(pattern, sizeof pattern);
    on_every_backend(GMPKI_SM3, values);
    refused_arguments();
    refused_key_lengths();
    return finish();
}
