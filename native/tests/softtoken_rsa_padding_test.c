/* RSA encryption, OAEP and PSS: published examples, both ways, every length, and one answer to whatever is wrong. */
#include "pattern.h"
#include "softtoken_rsa_vectors.h"

enum { LEN = 128 };

#define TEXT ((const uint8_t *)"message")

static const st_oaep sha1_oaep = {ST_SHA1, ST_SHA1, NULL, 0};
static const st_oaep sha256_oaep = {ST_SHA256, ST_SHA256, (const uint8_t *)"label", 5};
static const st_pss sha1_pss = {ST_SHA1, ST_SHA1, 20};
static const st_pss sha256_pss = {ST_SHA256, ST_SHA256, 32};

/* Undo a ciphertext given in hex into a padded block. */
static void open_block(uint8_t block[LEN], const key_text *text, const char *ciphertext) {
    const st_rsa_key key = load_rsa_key(text);
    CHECK(unhex(block, ciphertext) == LEN && st_rsa_raw_private(&key, block, block, LEN) == ST_OK);
}

static void published_oaep(void) {
    uint8_t block[LEN], out[LEN];
    size_t len = sizeof out;
    open_block(block, &decryption_key, oaep_ciphertext_1_1);
    CHECK(st_rsa_unpad_oaep(&sha1_oaep, block, LEN, out, &len) == ST_OK && equals_hex(out, len, oaep_message_1_1));
    open_block(block, &signing_key, oaep_sha256);
    len = sizeof out;
    CHECK(st_rsa_unpad_oaep(&sha256_oaep, block, LEN, out, &len) == ST_OK && len == 7 && memcmp(out, TEXT, 7) == 0);
    open_block(block, &signing_key, oaep_sha256_sha1);
    const st_oaep mixed = {ST_SHA256, ST_SHA1, (const uint8_t *)"label", 5};
    len = sizeof out;
    CHECK(st_rsa_unpad_oaep(&mixed, block, LEN, out, &len) == ST_OK && len == 7 && memcmp(out, TEXT, 7) == 0);
    CHECK(st_rsa_unpad_oaep(&sha256_oaep, block, LEN, out, &len) == ST_ERR_DECRYPT);
}

/* Each changed byte, another label, another digest: one answer. */
static void wrong_oaep(void) {
    uint8_t block[LEN], out[LEN];
    size_t len = sizeof out;
    open_block(block, &signing_key, oaep_sha256);
    for (size_t i = 0; i < LEN; i++) {
        block[i] ^= 0x40;
        memset(out, 0xee, sizeof out);
        CHECK(st_rsa_unpad_oaep(&sha256_oaep, block, LEN, out, &len) == ST_ERR_DECRYPT && out[0] == 0xee);
        block[i] ^= 0x40;
    }
    st_oaep other = sha256_oaep;
    other.label_len = 4;
    CHECK(st_rsa_unpad_oaep(&other, block, LEN, out, &len) == ST_ERR_DECRYPT);
    other = sha1_oaep;
    CHECK(st_rsa_unpad_oaep(&other, block, LEN, out, &len) == ST_ERR_DECRYPT);
    other.digest = ST_MD5;
    CHECK(st_rsa_unpad_oaep(&other, block, LEN, out, &len) == ST_ERR_NOT_SUPPORTED);
    other = sha256_oaep;
    other.mgf_digest = ST_SM3;
    CHECK(st_rsa_unpad_oaep(&other, block, LEN, out, &len) == ST_ERR_NOT_SUPPORTED);
    other = (st_oaep){ST_SHA512, ST_SHA512, NULL, 0};
    CHECK(st_rsa_unpad_oaep(&other, block, LEN, out, &len) == ST_ERR_KEY_LEN); /* 130 bytes of overhead */
    other = (st_oaep){ST_SHA1, ST_SHA1, NULL, 1};
    CHECK(st_rsa_unpad_oaep(&other, block, LEN, out, &len) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_unpad_oaep(NULL, block, LEN, out, &len) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_unpad_oaep(&sha1_oaep, NULL, LEN, out, &len) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_unpad_oaep(&sha1_oaep, block, LEN, out, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_unpad_oaep(&sha1_oaep, block, LEN - 1, out, &len) == ST_ERR_KEY_LEN);
}

/* Every length that fits goes there and back, by a fresh seed each time; one byte more is refused. */
static void oaep_both_ways(const st_oaep *oaep) {
    const st_rsa_key key = load_rsa_key(&signing_key);
    const st_rsa_public_key public_key = load_rsa_public_key(&signing_key);
    const size_t max_len = LEN - 2 - 2 * st_digest_len(oaep->digest);
    uint8_t message[LEN], one[LEN], other[LEN], out[LEN];
    fill_pattern(message, sizeof message);
    for (size_t len = 0; len <= max_len; len += len < 2 || len + 1 == max_len ? 1 : max_len - len > 9 ? 9 : 1) {
        size_t a = LEN, b = LEN;
        CHECK(st_rsa_encrypt_oaep(&public_key, oaep, one, &a, len != 0 ? message : NULL, len) == ST_OK && a == LEN);
        CHECK(st_rsa_encrypt_oaep(&public_key, oaep, other, &b, message, len) == ST_OK && memcmp(one, other, LEN) != 0);
        CHECK(st_rsa_raw_private(&key, one, one, LEN) == ST_OK);
        CHECK(st_rsa_unpad_oaep(oaep, one, LEN, NULL, &a) == ST_OK && a == max_len);
        for (a = 0; a < len; a += 7) {
            size_t room = a;
            out[0] = 0xee;
            CHECK(st_rsa_unpad_oaep(oaep, one, LEN, out, &room) == ST_ERR_BUFFER && room == len && out[0] == 0xee);
        }
        a = len;
        CHECK(st_rsa_unpad_oaep(oaep, one, LEN, out, &a) == ST_OK && a == len && memcmp(out, message, len) == 0);
    }
    size_t len = LEN;
    CHECK(st_rsa_encrypt_oaep(&public_key, oaep, one, &len, message, max_len + 1) == ST_ERR_INPUT_LEN);
    CHECK(st_rsa_encrypt_oaep(&public_key, oaep, NULL, &len, message, 1) == ST_OK && len == LEN);
    len = LEN - 1;
    CHECK(st_rsa_encrypt_oaep(&public_key, oaep, one, &len, message, 1) == ST_ERR_BUFFER && len == LEN);
    CHECK(st_rsa_encrypt_oaep(&public_key, NULL, one, &len, message, 1) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_encrypt_oaep(NULL, oaep, one, &len, message, 1) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_encrypt_oaep(&public_key, oaep, one, &len, NULL, 1) == ST_ERR_ARGUMENT);
}

static void pkcs1_decryption(void) {
    uint8_t block[LEN], out[LEN];
    size_t len = 0;
    open_block(block, &signing_key, pkcs1_ciphertext);
    CHECK(st_rsa_unpad(block, LEN, NULL, &len) == ST_OK && len == LEN - ST_RSA_PKCS1_OVERHEAD);
    len = 6;
    CHECK(st_rsa_unpad(block, LEN, out, &len) == ST_ERR_BUFFER && len == 7);
    CHECK(st_rsa_unpad(block, LEN, out, &len) == ST_OK && len == 7 && memcmp(out, TEXT, 7) == 0);
    uint8_t bad[LEN];
    static const struct {
        size_t at;
        uint8_t value;
    } changes[] = {{0, 1}, {1, 1}, {1, 0}, {2, 0}, {5, 0}, {9, 0}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) { /* first bytes, padding shorter than 8 */
        memcpy(bad, block, LEN);
        bad[changes[i].at] = changes[i].value;
        len = LEN;
        CHECK(st_rsa_unpad(bad, LEN, out, &len) == ST_ERR_DECRYPT);
    }
    memset(bad + 2, 1, LEN - 2); /* no end of padding */
    bad[1] = 2;
    CHECK(st_rsa_unpad(bad, LEN, out, &len) == ST_ERR_DECRYPT);
    bad[10] = 0; /* the shortest padding, the longest message */
    len = LEN;
    CHECK(st_rsa_unpad(bad, LEN, out, &len) == ST_OK && len == LEN - ST_RSA_PKCS1_OVERHEAD);
    bad[10] = 1;
    bad[LEN - 1] = 0;
    CHECK(st_rsa_unpad(bad, LEN, out, &len) == ST_OK && len == 0);
    CHECK(st_rsa_unpad(NULL, LEN, out, &len) == ST_ERR_ARGUMENT && st_rsa_unpad(block, LEN, out, NULL) != ST_OK);
    CHECK(st_rsa_unpad(block, 0, out, &len) == ST_ERR_KEY_LEN && st_rsa_unpad(block, 513, out, &len) == ST_ERR_KEY_LEN);
}

static void pkcs1_both_ways(void) {
    const st_rsa_key key = load_rsa_key(&signing_key);
    const st_rsa_public_key public_key = load_rsa_public_key(&signing_key);
    uint8_t message[LEN], cipher_text[LEN], out[LEN];
    const size_t max_len = LEN - ST_RSA_PKCS1_OVERHEAD;
    fill_pattern(message, sizeof message);
    for (size_t len = 0; len <= max_len; len += 9) { /* 117 is thirteen nines */
        size_t room = LEN;
        CHECK(st_rsa_encrypt(&public_key, cipher_text, &room, len != 0 ? message : NULL, len) == ST_OK && room == LEN);
        CHECK(st_rsa_raw_private(&key, cipher_text, cipher_text, LEN) == ST_OK);
        room = len;
        CHECK(st_rsa_unpad(cipher_text, LEN, out, &room) == ST_OK && room == len && memcmp(out, message, len) == 0);
    }
    size_t room = LEN;
    CHECK(st_rsa_encrypt(&public_key, cipher_text, &room, message, max_len + 1) == ST_ERR_INPUT_LEN);
    CHECK(st_rsa_encrypt(&public_key, NULL, &room, message, 1) == ST_OK && room == LEN);
    room = LEN - 1;
    CHECK(st_rsa_encrypt(&public_key, cipher_text, &room, message, 1) == ST_ERR_BUFFER && room == LEN);
    CHECK(st_rsa_encrypt(&public_key, cipher_text, NULL, message, 1) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_encrypt(&public_key, cipher_text, &room, NULL, 1) == ST_ERR_ARGUMENT);
}

static void published_pss(void) {
    const st_rsa_public_key key = load_rsa_public_key(&signing_key);
    uint8_t message[256], digest[32], signature[LEN];
    CHECK(st_digest_once(ST_SHA1, digest, message, unhex(message, message_1_1)) == ST_OK);
    unhex(signature, pss_signature_1_1);
    CHECK(st_rsa_verify_pss(&key, &sha1_pss, digest, 20, signature, LEN) == ST_OK);
    CHECK(st_digest_once(ST_SHA256, digest, (const uint8_t *)"abc", 3) == ST_OK);
    unhex(signature, pss_sha256);
    CHECK(st_rsa_verify_pss(&key, &sha256_pss, digest, 32, signature, LEN) == ST_OK);
    st_pss other = sha256_pss;
    for (other.salt_len = 0; other.salt_len <= LEN; other.salt_len++) { /* no other length of the salt */
        enum st_status expected = other.salt_len == 32            ? ST_OK
                                  : other.salt_len > LEN - 2 - 32 ? ST_ERR_KEY_LEN
                                                                  : ST_ERR_SIGNATURE;
        CHECK(st_rsa_verify_pss(&key, &other, digest, 32, signature, LEN) == expected);
    }
    for (size_t i = 0; i < LEN; i++) {
        signature[i] ^= 1;
        CHECK(st_rsa_verify_pss(&key, &sha256_pss, digest, 32, signature, LEN) == ST_ERR_SIGNATURE);
        signature[i] ^= 1;
    }
    digest[0] ^= 1;
    CHECK(st_rsa_verify_pss(&key, &sha256_pss, digest, 32, signature, LEN) == ST_ERR_SIGNATURE);
    CHECK(st_rsa_verify_pss(&key, &sha256_pss, digest, 32, signature, LEN - 1) == ST_ERR_SIGNATURE);
    CHECK(st_rsa_verify_pss(&key, &sha256_pss, digest, 31, signature, LEN) == ST_ERR_INPUT_LEN);
    CHECK(st_rsa_verify_pss(&key, NULL, digest, 32, signature, LEN) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_verify_pss(&key, &sha256_pss, NULL, 32, signature, LEN) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_verify_pss(&key, &sha256_pss, digest, 32, NULL, LEN) == ST_ERR_ARGUMENT);
    other = (st_pss){ST_SM3, ST_SM3, 32};
    CHECK(st_rsa_verify_pss(&key, &other, digest, 32, signature, LEN) == ST_ERR_NOT_SUPPORTED);
}

static void pss_both_ways(void) {
    const st_rsa_key key = load_rsa_key(&signing_key);
    const st_rsa_public_key public_key = load_rsa_public_key(&signing_key);
    for (int algorithm = ST_SHA1; algorithm <= ST_SHA512; algorithm++) {
        const size_t digest_len = st_digest_len(algorithm);
        const size_t salts[] = {0, 1, 20, LEN - 2 - digest_len};
        uint8_t digest[ST_MAX_DIGEST_LEN], block[LEN], again[LEN];
        fill_pattern(digest, sizeof digest);
        for (size_t i = 0; i < sizeof salts / sizeof salts[0]; i++) {
            const st_pss pss = {algorithm, ST_SHA1, salts[i]};
            CHECK(st_rsa_pad_pss(&public_key, &pss, block, digest, digest_len) == ST_OK && block[LEN - 1] == 0xbc);
            CHECK(st_rsa_pad_pss(&public_key, &pss, again, digest, digest_len) == ST_OK);
            CHECK((memcmp(block, again, LEN) == 0) == (salts[i] == 0) || salts[i] == 1); /* one byte may repeat */
            CHECK(st_rsa_raw_private(&key, block, block, LEN) == ST_OK);
            CHECK(st_rsa_verify_pss(&public_key, &pss, digest, digest_len, block, LEN) == ST_OK);
        }
        const st_pss too_long = {algorithm, algorithm, LEN - 1 - digest_len};
        const st_pss absurd = {algorithm, algorithm, SIZE_MAX};
        CHECK(st_rsa_pad_pss(&public_key, &too_long, block, digest, digest_len) == ST_ERR_KEY_LEN);
        CHECK(st_rsa_pad_pss(&public_key, &absurd, block, digest, digest_len) == ST_ERR_KEY_LEN);
        CHECK(st_rsa_pad_pss(&public_key, &too_long, block, digest, digest_len + 1) == ST_ERR_INPUT_LEN);
    }
    uint8_t block[LEN], digest[20] = {0};
    CHECK(st_rsa_pad_pss(NULL, &sha1_pss, block, digest, 20) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_pad_pss(&public_key, NULL, block, digest, 20) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_pad_pss(&public_key, &sha1_pss, NULL, digest, 20) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_pad_pss(&public_key, &sha1_pss, block, NULL, 20) == ST_ERR_ARGUMENT);
}

int main(void) {
    if (!st_libcrypto_available()) {
        CHECK(st_rsa_pad_signature((uint8_t[LEN]){0}, LEN, NULL, 0) == ST_ERR_NOT_SUPPORTED);
        leave_out("no libcrypto: the padding of RSA");
        return finish();
    }
    published_oaep();
    wrong_oaep();
    oaep_both_ways(&sha1_oaep);
    oaep_both_ways(&sha256_oaep);
    pkcs1_decryption();
    pkcs1_both_ways();
    published_pss();
    pss_both_ways();
    return finish();
}
