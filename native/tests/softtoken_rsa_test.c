/* RSA keys and bare operations: published examples, keys made, checked, encoded; numbers that do not belong together.
 */
#include "pattern.h"
#include "softtoken_rsa_vectors.h"

static uint8_t message[256];
static size_t message_len;

static void published_signature(void) {
    const st_rsa_key key = load_rsa_key(&signing_key);
    const st_rsa_public_key public_key = load_rsa_public_key(&signing_key);
    uint8_t digest[20], info[ST_RSA_DIGEST_INFO_MAX], block[128];
    size_t len = sizeof info;
    CHECK(st_digest_once(ST_SHA1, digest, message, message_len) == ST_OK);
    CHECK(st_rsa_digest_info(ST_SHA1, info, &len, digest, sizeof digest) == ST_OK && len == 35);
    CHECK(st_rsa_pad_signature(block, sizeof block, info, len) == ST_OK);
    CHECK(st_rsa_raw_private(&key, block, block, sizeof block) == ST_OK); /* in place */
    CHECK(equals_hex(block, sizeof block, signature_1_1));
    CHECK(st_rsa_verify(&public_key, info, len, block, sizeof block) == ST_OK);
    for (size_t i = 0; i < sizeof block; i++) {
        block[i] ^= 1;
        CHECK(st_rsa_verify(&public_key, info, len, block, sizeof block) == ST_ERR_SIGNATURE);
        block[i] ^= 1;
    }
    CHECK(st_rsa_verify(&public_key, info, len - 1, block, sizeof block) == ST_ERR_SIGNATURE);
    CHECK(st_rsa_verify(&public_key, info, len, block, sizeof block - 1) == ST_ERR_SIGNATURE);
    CHECK(st_rsa_verify(&public_key, info, len, NULL, 0) == ST_ERR_SIGNATURE);
    CHECK(st_rsa_verify(&public_key, info, len, public_key.n, 128) == ST_ERR_SIGNATURE);
    CHECK(st_rsa_verify(&public_key, NULL, 1, block, sizeof block) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_verify(NULL, info, len, block, sizeof block) == ST_ERR_ARGUMENT);
}

static void signature_with_sm3(void) {
    const st_rsa_key key = load_rsa_key(&signing_key);
    uint8_t digest[32], info[ST_RSA_DIGEST_INFO_MAX], block[128];
    size_t len = sizeof info;
    CHECK(st_digest_once(ST_SM3, digest, (const uint8_t *)"abc", 3) == ST_OK);
    CHECK(st_rsa_digest_info(ST_SM3, info, &len, digest, sizeof digest) == ST_OK);
    CHECK(st_rsa_pad_signature(block, sizeof block, info, len) == ST_OK);
    CHECK(st_rsa_raw_private(&key, block, block, sizeof block) == ST_OK);
    CHECK(equals_hex(block, sizeof block, sm3_signature));
}

static void digest_infos(void) {
    uint8_t digest[ST_MAX_DIGEST_LEN] = {0}, info[ST_RSA_DIGEST_INFO_MAX];
    for (int algorithm = ST_SM3; algorithm <= ST_SHA512; algorithm++) {
        size_t digest_len = st_digest_len(algorithm), needed = 0;
        CHECK(st_rsa_digest_info(algorithm, NULL, &needed, digest, digest_len) == ST_OK && needed <= sizeof info);
        size_t len = needed - 1;
        CHECK(st_rsa_digest_info(algorithm, info, &len, digest, digest_len) == ST_ERR_BUFFER && len == needed);
        CHECK(st_rsa_digest_info(algorithm, info, &len, digest, digest_len) == ST_OK && len == needed);
        CHECK(info[0] == 0x30 && info[1] + 2u == needed && info[needed - digest_len - 1] == digest_len);
        CHECK(st_rsa_digest_info(algorithm, info, &len, digest, digest_len - 1) == ST_ERR_INPUT_LEN);
        CHECK(st_rsa_digest_info(algorithm, info, NULL, digest, digest_len) == ST_ERR_ARGUMENT);
        CHECK(st_rsa_digest_info(algorithm, info, &len, NULL, digest_len) == ST_ERR_ARGUMENT);
    }
    size_t len = sizeof info;
    CHECK(st_rsa_digest_info(0, info, &len, digest, 0) == ST_ERR_ARGUMENT);
}

/* The whole range of messages of a bare signature. */
static void signature_lengths(void) {
    uint8_t block[128], data[118] = {0};
    CHECK(st_rsa_pad_signature(block, 128, NULL, 0) == ST_OK && block[126] == 0xff && block[127] == 0);
    CHECK(st_rsa_pad_signature(block, 128, data, 117) == ST_OK && block[9] == 0xff && block[10] == 0);
    CHECK(block[0] == 0 && block[1] == 1);
    CHECK(st_rsa_pad_signature(block, 128, data, 118) == ST_ERR_INPUT_LEN);
    CHECK(st_rsa_pad_signature(block, 127, data, 1) == ST_ERR_KEY_LEN);
    CHECK(st_rsa_pad_signature(block, 513, data, 1) == ST_ERR_KEY_LEN);
    CHECK(st_rsa_pad_signature(NULL, 128, data, 1) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_pad_signature(block, 128, NULL, 1) == ST_ERR_ARGUMENT);
}

static void raw_operations(void) {
    const st_rsa_key key = load_rsa_key(&signing_key);
    const st_rsa_public_key public_key = load_rsa_public_key(&signing_key);
    uint8_t number[128] = {0}, out[128];
    for (unsigned value = 0; value <= 1; value++) { /* fixed points */
        number[127] = (uint8_t)value;
        CHECK(st_rsa_raw_private(&key, out, number, 128) == ST_OK && memcmp(out, number, 128) == 0);
        CHECK(st_rsa_raw_public(&public_key, out, number, 128) == ST_OK && memcmp(out, number, 128) == 0);
    }
    memcpy(number, key.n, 128);
    number[127]--; /* n - 1 is one, too: the exponents are odd */
    CHECK(st_rsa_raw_private(&key, out, number, 128) == ST_OK && memcmp(out, number, 128) == 0);
    CHECK(st_rsa_raw_public(&public_key, out, number, 128) == ST_OK && memcmp(out, number, 128) == 0);
    memset(out, 0xee, sizeof out);
    CHECK(st_rsa_raw_private(&key, out, key.n, 128) == ST_ERR_INPUT && out[0] == 0xee);
    CHECK(st_rsa_raw_public(&public_key, out, key.n, 128) == ST_ERR_INPUT && out[0] == 0xee);
    CHECK(st_rsa_raw_private(&key, out, number, 127) == ST_ERR_INPUT_LEN && out[0] == 0xee);
    CHECK(st_rsa_raw_public(&public_key, out, number, 127) == ST_ERR_INPUT_LEN && out[0] == 0xee);
    CHECK(st_rsa_raw_private(&key, NULL, number, 128) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_raw_public(&public_key, out, NULL, 128) == ST_ERR_ARGUMENT);
    CHECK(st_rsa_raw_private(NULL, out, number, 128) == ST_ERR_ARGUMENT);
}

/* One wrong bit in any field is found by the check, and never answered by a crash in use. */
static void inconsistent_keys(void) {
    const st_rsa_key good = load_rsa_key(&signing_key);
    CHECK(st_rsa_check(&good) == ST_OK);
    const struct {
        size_t offset, len;
    } fields[] = {
        {offsetof(st_rsa_key, n), 128}, {offsetof(st_rsa_key, e), 4},     {offsetof(st_rsa_key, d), 128},
        {offsetof(st_rsa_key, p), 64},  {offsetof(st_rsa_key, q), 64},    {offsetof(st_rsa_key, dp), 64},
        {offsetof(st_rsa_key, dq), 64}, {offsetof(st_rsa_key, qinv), 64},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const size_t at[] = {0, fields[i].len / 2, fields[i].len - 1};
        for (size_t j = 0; j < sizeof at / sizeof at[0]; j++) {
            st_rsa_key bad = good;
            uint8_t number[128] = {0, 2}, out[128];
            ((uint8_t *)&bad)[fields[i].offset + at[j]] ^= 1;
            CHECK(st_rsa_check(&bad) == ST_ERR_INPUT);
            enum st_status status = st_rsa_raw_private(&bad, out, number, sizeof number);
            CHECK(status == ST_OK || status == ST_ERR_INPUT);
        }
        st_rsa_key empty = good;
        uint8_t number[128] = {0, 2}, out[128];
        memset((uint8_t *)&empty + fields[i].offset, 0, fields[i].len);
        CHECK(st_rsa_check(&empty) == ST_ERR_INPUT);
        enum st_status status = st_rsa_raw_private(&empty, out, number, sizeof number);
        CHECK(status == ST_OK || status == ST_ERR_INPUT);
    }
    st_rsa_key same = good; /* n = p p */
    memcpy(same.q, same.p, sizeof same.p);
    CHECK(st_rsa_check(&same) == ST_ERR_INPUT && st_rsa_check(NULL) == ST_ERR_ARGUMENT);
}

static void refused_sizes(void) {
    static const uint32_t private_bits[] = {0, 8, 512, 1023, 1025, 1536, 2047, 2056, 4096, 0xffffffff};
    static const uint32_t public_bits[] = {0, 8, 1016, 1023, 1025, 4104, 0xfffffff8, 0xffffffff};
    for (size_t i = 0; i < sizeof private_bits / sizeof private_bits[0]; i++) {
        st_rsa_key key = load_rsa_key(&signing_key);
        uint8_t out[512] = {0};
        size_t len = sizeof out;
        key.bits = private_bits[i];
        CHECK(st_rsa_check(&key) == ST_ERR_KEY_LEN && st_rsa_encode(&key, out, &len) == ST_ERR_KEY_LEN);
        CHECK(st_rsa_raw_private(&key, out, out, 128) == ST_ERR_KEY_LEN);
        CHECK(st_rsa_generate(&key, private_bits[i]) == ST_ERR_KEY_LEN && all_zero(&key, sizeof key));
    }
    for (size_t i = 0; i < sizeof public_bits / sizeof public_bits[0]; i++) {
        st_rsa_public_key key = load_rsa_public_key(&signing_key);
        uint8_t out[512] = {0};
        key.bits = public_bits[i];
        CHECK(st_rsa_check_public(&key) == ST_ERR_KEY_LEN && st_rsa_raw_public(&key, out, out, 128) == ST_ERR_KEY_LEN);
    }
    st_rsa_public_key key = load_rsa_public_key(&signing_key);
    CHECK(st_rsa_check_public(&key) == ST_OK && st_rsa_check_public(NULL) == ST_ERR_ARGUMENT);
    key.n[127] ^= 1;
    CHECK(st_rsa_check_public(&key) == ST_ERR_INPUT);
    key.n[127] ^= 1;
    key.n[0] &= 0x7f;
    CHECK(st_rsa_check_public(&key) == ST_ERR_INPUT);
    key.n[0] |= 0x80;
    static const uint8_t exponents[][4] = {{0, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 0, 2}, {0, 1, 0, 0}};
    for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++) {
        memcpy(key.e, exponents[i], 4);
        CHECK(st_rsa_check_public(&key) == ST_ERR_INPUT);
    }
}

static void generated(uint32_t bits) {
    st_rsa_key key, back;
    st_rsa_public_key public_key;
    uint8_t der[ST_RSA_PRIVATE_DER_MAX + 16], block[256];
    size_t len = 0, used = 0;
    CHECK(st_rsa_generate(&key, bits) == ST_OK && key.bits == bits && st_rsa_check(&key) == ST_OK);
    st_rsa_public(&public_key, &key);
    CHECK(public_key.bits == bits && st_rsa_check_public(&public_key) == ST_OK);
    CHECK(all_zero(public_key.n + bits / 8, sizeof public_key.n - bits / 8));
    CHECK(st_rsa_pad_signature(block, bits / 8, (const uint8_t *)"abc", 3) == ST_OK);
    CHECK(st_rsa_raw_private(&key, block, block, bits / 8) == ST_OK);
    CHECK(st_rsa_verify(&public_key, (const uint8_t *)"abc", 3, block, bits / 8) == ST_OK);

    CHECK(st_rsa_encode(&key, NULL, &len) == ST_OK && len <= ST_RSA_PRIVATE_DER_MAX);
    size_t room = len - 1;
    CHECK(st_rsa_encode(&key, der, &room) == ST_ERR_BUFFER && room == len);
    CHECK(st_rsa_encode(&key, der, &room) == ST_OK && room == len);
    CHECK(st_rsa_decode(&back, &used, der, len) == ST_OK && used == len && memcmp(&key, &back, sizeof key) == 0);
    memset(der + len, 0x0b, 16); /* bytes behind it are the caller's */
    CHECK(st_rsa_decode(&back, &used, der, len + 16) == ST_OK && used == len);
    for (size_t cut = 0; cut < len; cut += 1 + len / 50) {
        CHECK(st_rsa_decode(&back, &used, der, cut) == ST_ERR_INPUT && used == 0 && all_zero(&back, sizeof back));
    }
    for (size_t i = 8; i < len; i += 1 + len / 12) { /* damaged: refused, never a crash */
        der[i] ^= 0x11;
        CHECK(st_rsa_decode(&back, &used, der, len) != ST_OK && all_zero(&back, sizeof back));
        der[i] ^= 0x11;
    }
    CHECK(st_rsa_decode(&back, &used, NULL, 1) == ST_ERR_ARGUMENT && st_rsa_decode(&back, NULL, der, len) != ST_OK);
    CHECK(st_rsa_decode(NULL, &used, der, len) == ST_ERR_ARGUMENT && st_rsa_encode(NULL, der, &len) != ST_OK);
    CHECK(st_rsa_generate(NULL, bits) == ST_ERR_ARGUMENT);
}

/* Public keys go up to 4096 bits: 2^4096 - 1 is no RSA modulus, but an odd one. */
static void long_public_key(void) {
    st_rsa_public_key key = {.bits = 4096, .e = {0, 0, 0, 3}};
    uint8_t two[512] = {0}, out[512];
    memset(key.n, 0xff, sizeof key.n);
    two[511] = 2;
    CHECK(st_rsa_raw_public(&key, out, two, sizeof two) == ST_OK && out[511] == 8 && all_zero(out, 511));
    CHECK(st_rsa_raw_public(&key, out, key.n, sizeof key.n) == ST_ERR_INPUT);
}

int main(void) {
    message_len = unhex(message, message_1_1);
    if (!st_libcrypto_available()) {
        digest_infos();
        leave_out("no libcrypto: RSA");
        return finish();
    }
    published_signature();
    signature_with_sm3();
    digest_infos();
    signature_lengths();
    raw_operations();
    inconsistent_keys();
    refused_sizes();
    generated(1024);
    generated(2048);
    long_public_key();
    return finish();
}
