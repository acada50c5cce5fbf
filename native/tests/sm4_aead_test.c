/* GCM and CCM with SM4 on every backend. */
#include "sm4/sm4.h"
#include "sm4_testing.h"

enum { MAX_LEN = 300, MAX_AD = 40, CCM_LONG = 4200 };

static uint8_t key[BLOCK], nonce[64], associated[MAX_AD], message[CCM_LONG];

typedef int seal_function(uint8_t *, uint8_t *, size_t, const uint8_t *, const uint8_t *, size_t, const uint8_t *,
                          size_t, const uint8_t *, size_t);
typedef int open_function(uint8_t *, const uint8_t *, const uint8_t *, size_t, const uint8_t *, size_t, const uint8_t *,
                          size_t, const uint8_t *, size_t);

static const struct {
    seal_function *seal;
    open_function *open;
    size_t nonce_len;
} aeads[] = {{gmpki_sm4_gcm_encrypt, gmpki_sm4_gcm_decrypt, 12}, {gmpki_sm4_ccm_encrypt, gmpki_sm4_ccm_decrypt, 12}};
enum { AEAD_COUNT = sizeof aeads / sizeof aeads[0] };

typedef struct example {
    size_t aead;
    const char *key, *nonce, *associated_data, *plain, *cipher, *tag;
} example;

/* RFC 8998, A.1 and A.2; then sm4_gcm_test.json of Wycheproof, number 73: the 32 bits of the counter wrap. */
static void test_published(void) {
    static const char rfc_plain[] = "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
                                    "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa";
    static const example rows[] = {
        {0, "0123456789abcdeffedcba9876543210", "00001234567800000000abcd", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
         rfc_plain,
         "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
         "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d",
         "83de3541e4c2b58177e065a9bf7b62ec"},
        {1, "0123456789abcdeffedcba9876543210", "00001234567800000000abcd", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
         rfc_plain,
         "48af93501fa62adbcd414cce6034d895dda1bf8f132f042098661572e7483094"
         "fd12e518ce062c98acee28d95df4416bed31a2f04476c18bb40c84a74b97dc5b",
         "16842d4fa186f56ab33256971fa110f4"},
        {0, "00112233445566778899aabbccddeeff", "31c0f6d7f008723a59fe30ee3c2aa255", "",
         "00000000000000000000000000000000000000000000000000000000000000000000000000000000",
         "62d861508b4633b1bd36116bbf3ac9d1ce3accdfdaa44e27e4d0dd28be07b4d022c0809d825fae45",
         "f5d4357e568000a2c279fc2e02177f22"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t k[BLOCK], n[BLOCK], ad[32], plain[64], out[64], tag[BLOCK];
        unhex(k, rows[i].key);
        size_t n_len = unhex(n, rows[i].nonce), ad_len = unhex(ad, rows[i].associated_data);
        size_t len = unhex(plain, rows[i].plain);
        CHECK(aeads[rows[i].aead].seal(out, tag, BLOCK, k, n, n_len, ad, ad_len, plain, len) == GMPKI_OK);
        CHECK(equals_hex(out, len, rows[i].cipher) && equals_hex(tag, BLOCK, rows[i].tag));
        CHECK(aeads[rows[i].aead].open(out, k, n, n_len, ad, ad_len, out, len, tag, BLOCK) == GMPKI_OK);
        CHECK(memcmp(out, plain, len) == 0);
    }
}

/* What is opened is what was sealed, on this backend and on the portable one, in place too; a flipped bit is not. */
static void test_every_length(void) {
    const char *name = NULL;
    CHECK(gmpki_backend_active(&name, GMPKI_SM4) == GMPKI_OK);
    for (size_t a = 0; a < AEAD_COUNT; a++) {
        for (size_t len = 0; len <= MAX_LEN; len++) {
            uint8_t sealed[MAX_LEN + BLOCK], other[MAX_LEN + BLOCK], opened[MAX_LEN];
            size_t ad_len = len % (MAX_AD + 1), n_len = a == 0 ? 1 + len % 40 : 7 + len % 7;
            CHECK(aeads[a].seal(sealed, sealed + len, BLOCK, key, nonce, n_len, associated, ad_len, message, len) ==
                  GMPKI_OK);
            CHECK(gmpki_backend_force(GMPKI_SM4, "portable") == GMPKI_OK);
            memcpy(other, message, len);
            CHECK(aeads[a].seal(other, other + len, BLOCK, key, nonce, n_len, associated, ad_len, other, len) ==
                  GMPKI_OK);
            CHECK(memcmp(sealed, other, len + BLOCK) == 0);
            CHECK(gmpki_backend_force(GMPKI_SM4, name) == GMPKI_OK);
            CHECK(aeads[a].open(opened, key, nonce, n_len, associated, ad_len, sealed, len, sealed + len, BLOCK) ==
                  GMPKI_OK);
            CHECK(memcmp(opened, message, len) == 0);
            size_t bit = len * 29 % (8 * (len + BLOCK));
            sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
            memset(opened, 0xEE, sizeof opened);
            CHECK(aeads[a].open(opened, key, nonce, n_len, associated, ad_len, sealed, len, sealed + len, BLOCK) ==
                  GMPKI_ERR_DECRYPT);
            CHECK(all_zero(opened, len));
            CHECK(aeads[a].open(sealed, key, nonce, n_len, associated, ad_len, sealed, len, sealed + len, BLOCK) ==
                  GMPKI_ERR_DECRYPT);
            CHECK(all_zero(sealed, len));
        }
    }
}

/* Each bit of tag, nonce and associated data counts; so do their lengths. */
static void test_tampering(void) {
    enum { LEN = 37, AD_LEN = 21 };
    for (size_t a = 0; a < AEAD_COUNT; a++) {
        uint8_t sealed[LEN], tag[BLOCK], out[LEN];
        size_t n_len = aeads[a].nonce_len;
        CHECK(aeads[a].seal(sealed, tag, BLOCK, key, nonce, n_len, associated, AD_LEN, message, LEN) == GMPKI_OK);
        struct {
            uint8_t *data;
            size_t len;
        } parts[] = {{tag, BLOCK}, {nonce, n_len}, {associated, AD_LEN}, {key, BLOCK}};
        for (size_t p = 0; p < sizeof parts / sizeof parts[0]; p++) {
            for (size_t bit = 0; bit < 8 * parts[p].len; bit++) {
                parts[p].data[bit / 8] ^= (uint8_t)(1u << bit % 8);
                CHECK(aeads[a].open(out, key, nonce, n_len, associated, AD_LEN, sealed, LEN, tag, BLOCK) ==
                      GMPKI_ERR_DECRYPT);
                CHECK(all_zero(out, LEN));
                parts[p].data[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
        }
        CHECK(aeads[a].open(out, key, nonce, n_len, associated, AD_LEN - 1, sealed, LEN, tag, BLOCK) ==
              GMPKI_ERR_DECRYPT);
        CHECK(aeads[a].open(out, key, nonce, n_len, associated, AD_LEN, sealed, LEN - 1, tag, BLOCK) ==
              GMPKI_ERR_DECRYPT);
        CHECK(aeads[a].open(out, key, nonce, n_len, associated, AD_LEN, sealed, LEN, tag, BLOCK) == GMPKI_OK);
    }
}

/* The tag lengths of each, shorter ones being beginnings in GCM (in CCM the length is authenticated). */
static void test_tag_lengths(void) {
    for (size_t a = 0; a < AEAD_COUNT; a++) {
        uint8_t full[BLOCK], tag[BLOCK + 1], out[32];
        CHECK(aeads[a].seal(out, full, BLOCK, key, nonce, 12, NULL, 0, message, 32) == GMPKI_OK);
        for (size_t tag_len = 0; tag_len <= BLOCK + 1; tag_len++) {
            int gcm_allows = tag_len == 4 || tag_len == 8 || (tag_len >= 12 && tag_len <= 16);
            int ccm_allows = tag_len >= 4 && tag_len <= 16 && tag_len % 2 == 0;
            int allowed = a == 0 ? gcm_allows : ccm_allows;
            memset(tag, 0xEE, sizeof tag);
            memset(out, 0xEE, sizeof out);
            CHECK(aeads[a].seal(out, tag, tag_len, key, nonce, 12, NULL, 0, message, 32) ==
                  (allowed ? GMPKI_OK : GMPKI_ERR_LENGTH));
            CHECK(tag[BLOCK] == 0xEE);
            if (allowed) {
                CHECK((memcmp(tag, full, tag_len) == 0) == (a == 0 || tag_len == BLOCK));
                CHECK(aeads[a].open(out, key, nonce, 12, NULL, 0, out, 32, tag, tag_len) == GMPKI_OK);
                CHECK(memcmp(out, message, 32) == 0);
            } else {
                CHECK(all_zero(out, 32));
                CHECK(aeads[a].open(out, key, nonce, 12, NULL, 0, message, 32, full, tag_len) == GMPKI_ERR_LENGTH);
            }
        }
    }
}

/* CCM: the counter of two bytes carries after 255 blocks, against A_i written out; and 2^16 - 1 is the longest. */
static void test_ccm_counter(void) {
    static uint8_t out[CCM_LONG];
    uint8_t tag[BLOCK], a_i[BLOCK];
    CHECK(gmpki_sm4_ccm_encrypt(out, tag, BLOCK, key, nonce, 13, associated, 5, message, CCM_LONG) == GMPKI_OK);
    for (size_t i = 1; i <= CCM_LONG / BLOCK; i++) {
        a_i[0] = 1;
        memcpy(a_i + 1, nonce, 13);
        a_i[14] = (uint8_t)(i >> 8);
        a_i[15] = (uint8_t)i;
        model_block(key, GMPKI_SM4_ENCRYPT, a_i, a_i);
        for (size_t j = 0; j < BLOCK; j++) {
            a_i[j] ^= message[BLOCK * (i - 1) + j];
        }
        CHECK(memcmp(out + BLOCK * (i - 1), a_i, BLOCK) == 0);
    }
    CHECK(gmpki_sm4_ccm_decrypt(out, key, nonce, 13, associated, 5, out, CCM_LONG, tag, BLOCK) == GMPKI_OK);
    CHECK(memcmp(out, message, CCM_LONG) == 0);
    CHECK(gmpki_sm4_ccm_encrypt(out, tag, BLOCK, key, nonce, 13, NULL, 0, message, 65536) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm4_ccm_encrypt(out, tag, BLOCK, key, nonce, 12, NULL, 0, message, 1 << 24) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm4_ccm_encrypt(out, tag, BLOCK, key, nonce, 11, NULL, 0, message, (size_t)1 << 32) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm4_ccm_decrypt(out, key, nonce, 13, NULL, 0, message, 65536, tag, BLOCK) == GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm4_ccm_encrypt(out, tag, BLOCK, key, nonce, 6, NULL, 0, message, 1) == GMPKI_ERR_LENGTH);
    CHECK(gmpki_sm4_ccm_encrypt(out, tag, BLOCK, key, nonce, 14, NULL, 0, message, 1) == GMPKI_ERR_LENGTH);
}

/* CCM: 0xFF00 bytes of associated data are the first whose length takes six bytes. */
static void test_ccm_long_associated_data(void) {
    static uint8_t data[0xFF00];
    static uint8_t blocks[BLOCK + 0xFF00 + 2 * BLOCK];
    for (size_t len = 0xFEFF; len <= 0xFF00; len++) {
        uint8_t tag[BLOCK], mac[BLOCK], mask[BLOCK] = {0};
        size_t prefix = len == 0xFEFF ? 2 : 6;
        memset(data, 0x5C, sizeof data);
        memset(blocks, 0, sizeof blocks);
        blocks[0] = 0x40 | 7 << 3 | 2; /* associated data, a tag of 16, a length of 3 bytes; the message is empty */
        memcpy(blocks + 1, nonce, 12);
        memcpy(blocks + BLOCK, prefix == 2 ? "\xFE\xFF" : "\xFF\xFE\x00\x00\xFF\x00", prefix);
        memcpy(blocks + BLOCK + prefix, data, len);
        size_t total = BLOCK + (prefix + len + BLOCK - 1) / BLOCK * BLOCK;
        CHECK(gmpki_sm4_cbc_mac(mac, BLOCK, key, blocks, total) == GMPKI_OK);
        mask[0] = 2;
        memcpy(mask + 1, nonce, 12);
        model_block(key, GMPKI_SM4_ENCRYPT, mask, mask);
        CHECK(gmpki_sm4_ccm_encrypt(NULL, tag, BLOCK, key, nonce, 12, data, len, NULL, 0) == GMPKI_OK);
        for (size_t i = 0; i < BLOCK; i++) {
            mac[i] ^= mask[i];
        }
        CHECK(memcmp(tag, mac, BLOCK) == 0);
    }
}

static void test_errors(void) {
    uint8_t out[32], tag[BLOCK];
    for (size_t a = 0; a < AEAD_COUNT; a++) {
        CHECK(aeads[a].seal(NULL, tag, 16, key, nonce, 12, NULL, 0, message, 1) == GMPKI_ERR_ARGUMENT);
        CHECK(aeads[a].seal(out, NULL, 16, key, nonce, 12, NULL, 0, message, 1) == GMPKI_ERR_ARGUMENT);
        CHECK(aeads[a].seal(out, tag, 16, NULL, nonce, 12, NULL, 0, message, 1) == GMPKI_ERR_ARGUMENT);
        CHECK(aeads[a].seal(out, tag, 16, key, NULL, 12, NULL, 0, message, 1) == GMPKI_ERR_ARGUMENT);
        CHECK(aeads[a].seal(out, tag, 16, key, nonce, 12, NULL, 1, message, 1) == GMPKI_ERR_ARGUMENT);
        CHECK(aeads[a].seal(out, tag, 16, key, nonce, 12, NULL, 0, NULL, 1) == GMPKI_ERR_ARGUMENT);
        CHECK(aeads[a].seal(NULL, tag, 16, key, nonce, 12, NULL, 0, NULL, 0) == GMPKI_OK);
        CHECK(aeads[a].open(NULL, key, nonce, 12, NULL, 0, NULL, 0, tag, 16) == GMPKI_OK);
        CHECK(aeads[a].open(out, NULL, nonce, 12, NULL, 0, message, 1, tag, 16) == GMPKI_ERR_ARGUMENT);
        CHECK(aeads[a].open(out, key, nonce, 12, NULL, 0, message, 1, NULL, 16) == GMPKI_ERR_ARGUMENT);
        CHECK(aeads[a].open(out, key, nonce, 0, NULL, 0, message, 1, tag, 16) == GMPKI_ERR_LENGTH);
    }
    CHECK(gmpki_sm4_gcm_encrypt(out, tag, 16, key, nonce, 12, NULL, 0, message, ((size_t)1 << 36) - 31) ==
          GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm4_gcm_decrypt(out, key, nonce, 12, NULL, 0, message, ((size_t)1 << 36) - 31, tag, 16) ==
          GMPKI_ERR_LIMIT);
    CHECK(gmpki_sm4_gcm_encrypt(out, tag, 16, key, nonce, 12, associated, (size_t)1 << 61, message, 1) ==
          GMPKI_ERR_LIMIT);
}

static void tests(void) {
    test_published();
    test_every_length();
    test_tampering();
    test_tag_lengths();
    test_ccm_counter();
    test_ccm_long_associated_data();
    test_errors();
}

/* The digest of the message, the backend forced to another name on the way. */
static void hash_message(uint8_t digest[BLOCK], const char *first, const char *second) {
    sm4_ghash_state state;
    CHECK(gmpki_backend_force(GMPKI_SM4, first) == GMPKI_OK);
    sm4_ghash_start(&state, key);
    sm4_ghash_add(&state, message, 20);
    CHECK(gmpki_backend_force(GMPKI_SM4, second) == GMPKI_OK);
    sm4_ghash_add(&state, message + 20, 300);
    sm4_ghash_pad(&state);
    sm4_ghash_lengths(&state, 0, 8 * 320);
    memcpy(digest, state.digest, BLOCK);
}

/* A hash that runs while another thread changes the backend comes out right. */
static void test_backend_changed(void) {
    uint8_t expected[BLOCK], digest[BLOCK];
    const char *name = NULL;
    int available = 0;
    hash_message(expected, "portable", "portable");
    for (size_t i = 0; gmpki_backend_get(&name, &available, GMPKI_SM4, i) == GMPKI_OK && name != NULL; i++) {
        if (available) {
            hash_message(digest, name, "portable");
            CHECK(memcmp(digest, expected, BLOCK) == 0);
            hash_message(digest, "portable", name);
            CHECK(memcmp(digest, expected, BLOCK) == 0);
        }
    }
    CHECK(gmpki_backend_force(GMPKI_SM4, NULL) == GMPKI_OK);
}

int main(void) {
    fill_reversed(key, sizeof key);
    fill_reversed(nonce, sizeof nonce);
    fill_pattern(associated, sizeof associated);
    fill_pattern(message, sizeof message);
    on_every_backend(GMPKI_SM4, tests);
    test_backend_changed();
    return finish();
}
