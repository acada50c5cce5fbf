/* The token's digests, HMACs and CBC-MAC: published examples, pieces of every size, sizes, misuse. */
#include "check.h"
#include "pattern.h"
#include "softtoken/crypto.h"

#define ABC ((const uint8_t *)"abc"), 3

/* The public key of GB/T 32918.5-2017 annex A, and e of its message under the default identity. */
#define ANNEX_POINT                                                                                                    \
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"                                                 \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
#define ANNEX_E "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
#define DEFAULT_ID ((const uint8_t *)"1234567812345678"), 16

static const struct example {
    int algorithm;
    const char *abc;  /* the digest of "abc" */
    const char *jefe; /* the HMAC of "what do ya want for nothing?" under "Jefe" */
} examples[] = {
    /* GB/T 32905-2016 annex A; the HMAC by OpenSSL */
    {ST_SM3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
     "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"},
    /* RFC 1321 A.5; RFC 2202, case 2 */
    {ST_MD5, "900150983cd24fb0d6963f7d28e17f72", "750c783e6ab0b503eaa86e310a5db738"},
    /* FIPS 180-2, appendices A to D; RFC 2202 and RFC 4231, case 2 */
    {ST_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {ST_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {ST_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
     "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"},
    {ST_SHA512,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
     "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
};

enum { EXAMPLE_COUNT = sizeof examples / sizeof examples[0] };

/* Without libcrypto SM3 is the only digest there is. */
static int is_there(int algorithm) {
    return algorithm == ST_SM3 || st_libcrypto_available();
}

static void published_digests(void) {
    uint8_t out[ST_MAX_DIGEST_LEN];
    for (size_t i = 0; i < EXAMPLE_COUNT && is_there(examples[i].algorithm); i++) {
        size_t len = st_digest_len(examples[i].algorithm);
        CHECK(st_digest_once(examples[i].algorithm, out, ABC) == ST_OK && equals_hex(out, len, examples[i].abc));
    }
}

static void published_hmacs(void) {
    static const char text[] = "what do ya want for nothing?";
    uint8_t out[ST_MAX_DIGEST_LEN];
    for (size_t i = 0; i < EXAMPLE_COUNT && is_there(examples[i].algorithm); i++) {
        st_hmac *hmac = NULL;
        size_t len = 0;
        CHECK(st_hmac_new(&hmac, examples[i].algorithm, (const uint8_t *)"Jefe", 4) == ST_OK);
        for (size_t at = 0; at < sizeof text - 1; at++) {
            CHECK(st_hmac_update(hmac, (const uint8_t *)text + at, 1) == ST_OK);
        }
        CHECK(st_hmac_final(hmac, NULL, &len) == ST_OK && len == st_digest_len(examples[i].algorithm));
        size_t room = len - 1;
        CHECK(st_hmac_final(hmac, out, &room) == ST_ERR_BUFFER && room == len);
        CHECK(st_hmac_final(hmac, out, &room) == ST_OK && room == len);
        CHECK(equals_hex(out, len, examples[i].jefe));
        CHECK(st_hmac_update(hmac, ABC) == ST_ERR_STATE && st_hmac_final(hmac, out, &len) == ST_ERR_STATE);
        st_hmac_free(hmac);
    }
}

/* An empty key is a key; a long one is hashed first (RFC 2104 2). */
static void unusual_hmac_keys(int algorithm) {
    uint8_t key[200], hashed[ST_MAX_DIGEST_LEN], one[ST_MAX_DIGEST_LEN], other[ST_MAX_DIGEST_LEN];
    const struct {
        const uint8_t *key;
        size_t len;
    } keys[4] = {{key, sizeof key}, {hashed, st_digest_len(algorithm)}, {NULL, 0}, {(const uint8_t[1]){0}, 1}};
    fill_pattern(key, sizeof key);
    CHECK(st_digest_once(algorithm, hashed, key, sizeof key) == ST_OK);
    for (size_t pair = 0; pair < 4; pair += 2) {
        for (size_t i = pair; i < pair + 2; i++) {
            st_hmac *hmac = NULL;
            size_t len = ST_MAX_DIGEST_LEN;
            CHECK(st_hmac_new(&hmac, algorithm, keys[i].key, keys[i].len) == ST_OK);
            CHECK(st_hmac_update(hmac, ABC) == ST_OK);
            CHECK(st_hmac_final(hmac, i == pair ? one : other, &len) == ST_OK);
            st_hmac_free(hmac);
        }
        CHECK(memcmp(one, other, st_digest_len(algorithm)) == 0);
    }
}

static void digest_in_pieces(int algorithm) {
    uint8_t message[200], whole[ST_MAX_DIGEST_LEN], out[ST_MAX_DIGEST_LEN];
    size_t digest_len = st_digest_len(algorithm);
    fill_pattern(message, sizeof message);
    CHECK(st_digest_once(algorithm, whole, message, sizeof message) == ST_OK);
    for (size_t piece = 1; piece <= 64; piece++) {
        st_digest *digest = NULL;
        size_t len = 0;
        CHECK(st_digest_new(&digest, algorithm) == ST_OK);
        for (size_t at = 0; at < sizeof message; at += piece) {
            size_t step = sizeof message - at < piece ? sizeof message - at : piece;
            CHECK(st_digest_update(digest, message + at, step) == ST_OK);
        }
        CHECK(st_digest_final(digest, NULL, &len) == ST_OK && len == digest_len);
        size_t room = len - 1;
        CHECK(st_digest_final(digest, out, &room) == ST_ERR_BUFFER && room == len);
        CHECK(st_digest_final(digest, out, &room) == ST_OK && memcmp(out, whole, len) == 0);
        CHECK(st_digest_final(digest, out, &len) == ST_ERR_STATE && st_digest_update(digest, ABC) == ST_ERR_STATE);
        st_digest_free(digest);
    }
}

/* The digest that SM2 signs (GB/T 32918.5-2017 annex A). */
static void sm2_digest(void) {
    static const uint8_t long_id[8192];
    uint8_t point[64], out[32];
    size_t len = sizeof out;
    st_digest *digest = NULL;
    unhex(point, ANNEX_POINT);
    CHECK(st_digest_new_sm2(&digest, point, DEFAULT_ID) == ST_OK);
    CHECK(st_digest_update(digest, (const uint8_t *)"message digest", 14) == ST_OK);
    CHECK(st_digest_final(digest, out, &len) == ST_OK && equals_hex(out, len, ANNEX_E));
    st_digest_free(digest);
    CHECK(st_digest_new_sm2(&digest, point, long_id, sizeof long_id) == ST_ERR_INPUT_LEN && digest == NULL);
    CHECK(st_digest_new_sm2(&digest, point, long_id, sizeof long_id - 1) == ST_OK);
    st_digest_free(digest);
    CHECK(st_digest_new_sm2(&digest, point, NULL, 0) == ST_OK);
    st_digest_free(digest);
    CHECK(st_digest_new_sm2(&digest, point, NULL, 1) == ST_ERR_ARGUMENT && digest == NULL);
    CHECK(st_digest_new_sm2(&digest, NULL, DEFAULT_ID) == ST_ERR_ARGUMENT && digest == NULL);
    CHECK(st_digest_new_sm2(NULL, point, DEFAULT_ID) == ST_ERR_ARGUMENT);
    point[63] ^= 1;
    CHECK(st_digest_new_sm2(&digest, point, DEFAULT_ID) == ST_ERR_INPUT && digest == NULL);
}

/* FIPS 113, appendix. */
static void published_mac(void) {
    uint8_t key[8], message[32], out[16];
    st_mac *mac = NULL;
    size_t len = sizeof out;
    unhex(key, "0123456789abcdef");
    unhex(message, "37363534333231204e6f77206973207468652074696d6520666f722000000000");
    CHECK(st_mac_new(&mac, ST_DES, key, 8, NULL, 0) == ST_OK && st_mac_update(mac, message, 32) == ST_OK);
    CHECK(st_mac_final(mac, out, &len) == ST_OK && equals_hex(out, len, "f1d30f6849312ca4"));
    st_mac_free(mac);
}

/* The MAC of a cipher against its own CBC mode. */
static void mac_in_pieces(int algorithm) {
    uint8_t key[16], iv[16], message[64], cipher_text[64], out[16];
    st_mac *mac = NULL;
    size_t len = sizeof out;
    fill_pattern(key, sizeof key);
    fill_pattern(message, sizeof message);
    memset(iv, 0xc4, sizeof iv);
    size_t whole_len = sizeof cipher_text;
    const st_cipher_spec spec = {algorithm, ST_CBC, ST_ENCRYPT, ST_NO_PADDING, 0, key, 16, iv, 16};
    CHECK(st_cipher_once(&spec, cipher_text, &whole_len, message, sizeof message) == ST_OK);
    for (size_t piece = 1; piece <= 64; piece++) {
        CHECK(st_mac_new(&mac, algorithm, key, 16, iv, 16) == ST_OK);
        for (size_t at = 0; at < sizeof message; at += piece) {
            size_t step = sizeof message - at < piece ? sizeof message - at : piece;
            CHECK(st_mac_update(mac, message + at, step) == ST_OK);
        }
        CHECK(st_mac_final(mac, NULL, &len) == ST_OK && len == 16);
        len = 15;
        CHECK(st_mac_final(mac, out, &len) == ST_ERR_BUFFER && len == 16);
        CHECK(st_mac_final(mac, out, &len) == ST_OK && memcmp(out, cipher_text + 48, 16) == 0);
        CHECK(st_mac_final(mac, out, &len) == ST_ERR_STATE && st_mac_update(mac, message, 1) == ST_ERR_STATE);
        st_mac_free(mac);
    }
}

/* More than fits in one step of the MAC. */
static void long_mac(void) {
    static uint8_t message[5000 - 5000 % 16], cipher_text[sizeof message];
    static const uint8_t key[16], iv[16];
    uint8_t out[16];
    st_mac *mac = NULL;
    size_t len = sizeof cipher_text;
    fill_pattern(message, sizeof message);
    const st_cipher_spec spec = {ST_SM4, ST_CBC, ST_ENCRYPT, ST_NO_PADDING, 0, key, 16, iv, 16};
    CHECK(st_cipher_once(&spec, cipher_text, &len, message, sizeof message) == ST_OK);
    CHECK(st_mac_new(&mac, ST_SM4, key, 16, NULL, 0) == ST_OK);
    CHECK(st_mac_update(mac, message, 7) == ST_OK && st_mac_update(mac, message + 7, sizeof message - 7) == ST_OK);
    len = sizeof out;
    CHECK(st_mac_final(mac, out, &len) == ST_OK);
    CHECK(memcmp(out, cipher_text + sizeof cipher_text - 16, 16) == 0);
    st_mac_free(mac);
}

static void refused_macs(void) {
    uint8_t key[16] = {0}, out[16];
    st_mac *mac = NULL;
    size_t len = sizeof out;
    CHECK(st_mac_new(NULL, ST_SM4, key, 16, NULL, 0) == ST_ERR_ARGUMENT);
    CHECK(st_mac_new(&mac, 0, key, 16, NULL, 0) == ST_ERR_ARGUMENT && mac == NULL);
    CHECK(st_mac_new(&mac, ST_SM4, key, 15, NULL, 0) == ST_ERR_KEY_LEN && mac == NULL);
    CHECK(st_mac_new(&mac, ST_SM4, key, 16, key, 8) == ST_ERR_ARGUMENT && mac == NULL);
    CHECK(st_mac_new(&mac, ST_SM4, NULL, 16, NULL, 0) == ST_ERR_ARGUMENT && mac == NULL);
    for (size_t message_len = 0; message_len <= 33; message_len++) {
        static const uint8_t message[33];
        CHECK(st_mac_new(&mac, ST_SM4, key, 16, NULL, 0) == ST_OK);
        CHECK(st_mac_update(mac, message, message_len) == ST_OK);
        len = sizeof out;
        int whole = message_len != 0 && message_len % 16 == 0;
        CHECK(st_mac_final(mac, out, &len) == (whole ? ST_OK : ST_ERR_INPUT_LEN));
        st_mac_free(mac);
    }
    CHECK(st_mac_new(&mac, ST_SM4, key, 16, NULL, 0) == ST_OK);
    CHECK(st_mac_update(mac, NULL, 1) == ST_ERR_ARGUMENT && st_mac_update(NULL, key, 1) == ST_ERR_ARGUMENT);
    CHECK(st_mac_final(mac, out, NULL) == ST_ERR_ARGUMENT && st_mac_final(NULL, out, &len) == ST_ERR_ARGUMENT);
    st_mac_free(mac);
    st_mac_free(NULL);
}

static void refused_digests(void) {
    uint8_t out[64];
    size_t len = sizeof out;
    st_digest *digest = NULL;
    st_hmac *hmac = NULL;
    const int unknown[] = {-1, 0, ST_SHA512 + 1, 1 << 20};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        CHECK(st_digest_len(unknown[i]) == 0);
        CHECK(st_digest_new(&digest, unknown[i]) == ST_ERR_ARGUMENT && digest == NULL);
        CHECK(st_hmac_new(&hmac, unknown[i], NULL, 0) == ST_ERR_ARGUMENT && hmac == NULL);
        CHECK(st_digest_once(unknown[i], out, ABC) == ST_ERR_ARGUMENT);
    }
    CHECK(st_digest_new(NULL, ST_SM3) == ST_ERR_ARGUMENT && st_hmac_new(NULL, ST_SM3, NULL, 0) == ST_ERR_ARGUMENT);
    CHECK(st_hmac_new(&hmac, ST_SM3, NULL, 1) == ST_ERR_ARGUMENT && st_hmac_new(&hmac, ST_SM3, NULL, 0) == ST_OK);
    CHECK(st_digest_new(&digest, ST_SM3) == ST_OK);
    CHECK(st_digest_update(digest, NULL, 1) == ST_ERR_ARGUMENT && st_hmac_update(hmac, NULL, 1) == ST_ERR_ARGUMENT);
    CHECK(st_digest_update(NULL, ABC) == ST_ERR_ARGUMENT && st_hmac_update(NULL, ABC) == ST_ERR_ARGUMENT);
    CHECK(st_digest_final(digest, out, NULL) == ST_ERR_ARGUMENT && st_hmac_final(hmac, out, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_digest_final(NULL, out, &len) == ST_ERR_ARGUMENT && st_hmac_final(NULL, out, &len) == ST_ERR_ARGUMENT);
    CHECK(st_digest_once(ST_SM3, NULL, ABC) == ST_ERR_ARGUMENT);
    st_digest_free(digest);
    st_hmac_free(hmac);
    st_digest_free(NULL);
    st_hmac_free(NULL);
}

int main(void) {
    published_digests();
    published_hmacs();
    for (int algorithm = ST_SM3; algorithm <= ST_SHA512 && is_there(algorithm); algorithm++) {
        unusual_hmac_keys(algorithm);
        digest_in_pieces(algorithm);
    }
    sm2_digest();
    mac_in_pieces(ST_SM4);
    long_mac();
    refused_macs();
    refused_digests();
    if (st_libcrypto_available()) {
        published_mac();
        mac_in_pieces(ST_AES);
    } else {
        leave_out("no libcrypto: MD5, SHA-1 and SHA-2, the MACs of DES and AES");
    }
    return finish();
}
