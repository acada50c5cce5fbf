/*
 * What a function leaves behind when it fails: its outputs are zeroed, whatever argument is at fault, and in the error
 * state of the module. The statuses of each function's own errors are tested with the function.
 */

#include "check.h"
#include "gmpki/kdf.h"
#include "gmpki/rand.h"
#include "gmpki/sm2.h"
#include "gmpki/sm4.h"
#include "pattern.h"

extern int sm4_known_answer_broken;

enum { LEN = 32, FORMAT = GMPKI_SM2_C1C3C2, OUT_SIZE = 256 };

/* The call answers with the status and has zeroed the output, which is an array or another object. */
#define FAILS(status, output, call)                                                                                    \
    do {                                                                                                               \
        memset(&(output), 0xA5, sizeof(output));                                                                       \
        CHECK((call) == (status));                                                                                     \
        CHECK(all_zero(&(output), sizeof(output)));                                                                    \
    } while (0)
#define MISSING(output, call) FAILS(GMPKI_ERR_ARGUMENT, output, call)
#define REFUSED(output, call) FAILS(GMPKI_ERR_SELFTEST, output, call)

static uint8_t in[LEN], out[LEN], wide[OUT_SIZE], point[GMPKI_SM2_POINT_LEN], signature[GMPKI_SM2_SIGNATURE_LEN];
static uint8_t confirm_a[LEN], confirm_b[LEN], tag[GMPKI_SM4_MAX_TAG_LEN];
static size_t out_len;
static gmpki_sm2_private_key private_key, other_private;
static gmpki_sm2_public_key public_key, other_public;
static gmpki_sm3_ctx sm3;
static gmpki_sm3_hmac_ctx hmac;
static gmpki_sm4_key sm4_key;
static gmpki_sm4_ctx sm4;
static gmpki_sm4_gcm_ctx gcm;
static gmpki_sm4_cmac_ctx cmac;
static gmpki_drbg drbg;

static void missing_in_common(void) {
    const char *name;
    int number;
    MISSING(number, gmpki_equal(&number, NULL, in, LEN));
    MISSING(number, gmpki_equal(&number, in, NULL, LEN));
    MISSING(name, gmpki_backend_get(&name, NULL, GMPKI_SM3, 0));
    MISSING(name, gmpki_backend_get(&name, &number, -1, 0));
    MISSING(number, gmpki_backend_get(NULL, &number, GMPKI_SM3, 0));
    MISSING(name, gmpki_backend_active(&name, GMPKI_ALGORITHM_COUNT));
    MISSING(out, gmpki_drbg_generate(NULL, out, LEN, NULL, 0));
    MISSING(drbg, gmpki_drbg_init(&drbg, NULL, LEN, in, LEN, NULL, 0));
    MISSING(drbg, gmpki_drbg_init_system(&drbg, NULL, 1));
}

static void missing_in_sm3(void) {
    MISSING(out, gmpki_sm3_hash(out, NULL, 1));
    MISSING(out, gmpki_sm3_final(NULL, out));
    MISSING(sm3, gmpki_sm3_copy(&sm3, NULL));
    MISSING(out, gmpki_sm3_hmac(out, NULL, 1, in, LEN));
    MISSING(out, gmpki_sm3_hmac(out, in, LEN, NULL, 1));
    MISSING(hmac, gmpki_sm3_hmac_init(&hmac, NULL, 1));
    MISSING(out, gmpki_sm3_hmac_final(NULL, out));
    MISSING(hmac, gmpki_sm3_hmac_copy(&hmac, NULL));
    MISSING(out, gmpki_sm3_kdf(out, LEN, NULL, 1));
    MISSING(out, gmpki_sm3_pbkdf2(out, LEN, NULL, 1, in, LEN, 1));
    MISSING(out, gmpki_sm3_pbkdf2(out, LEN, in, LEN, NULL, 1, 1));
    MISSING(out, gmpki_sm3_hkdf_extract(out, NULL, 1, in, LEN));
    MISSING(out, gmpki_sm3_hkdf_expand(out, LEN, NULL, LEN, NULL, 0));
    MISSING(out, gmpki_sm3_hkdf_expand(out, LEN, in, LEN, NULL, 1));
}

static void missing_in_sm2_keys(void) {
    MISSING(other_private, gmpki_sm2_private_key_load(&other_private, NULL));
    MISSING(out, gmpki_sm2_private_key_store(NULL, out));
    MISSING(other_public, gmpki_sm2_private_key_public(NULL, &other_public));
    MISSING(other_public, gmpki_sm2_public_key_load(&other_public, NULL, 64));
    MISSING(point, gmpki_sm2_public_key_store(NULL, point, sizeof point));
    MISSING(out, gmpki_sm2_za(out, NULL, in, LEN));
    MISSING(out, gmpki_sm2_za(out, &public_key, NULL, 1));
    MISSING(sm3, gmpki_sm2_digest_init(&sm3, NULL, in, LEN));
    MISSING(sm3, gmpki_sm2_digest_init(&sm3, &public_key, NULL, 1));
    MISSING(point, gmpki_sm2_ecdh(NULL, point, &public_key));
    MISSING(point, gmpki_sm2_ecdh(&private_key, point, NULL));
}

static void missing_in_sm2_messages(void) {
    MISSING(signature, gmpki_sm2_sign_digest(NULL, signature, in, 0));
    MISSING(signature, gmpki_sm2_sign_digest(&private_key, signature, NULL, 0));
    MISSING(signature, gmpki_sm2_sign(NULL, signature, in, LEN, in, LEN, 0));
    MISSING(signature, gmpki_sm2_sign(&private_key, signature, NULL, 1, in, LEN, 0));
    MISSING(signature, gmpki_sm2_sign(&private_key, signature, in, LEN, NULL, 1, 0));
    MISSING(wide, gmpki_sm2_signature_to_der(wide, sizeof wide, &out_len, NULL));
    MISSING(out_len, gmpki_sm2_signature_to_der(NULL, 0, &out_len, point));
    MISSING(wide, gmpki_sm2_signature_to_der(wide, sizeof wide, NULL, point));
    MISSING(signature, gmpki_sm2_signature_from_der(signature, NULL, 1));
    MISSING(wide, gmpki_sm2_encrypt(NULL, wide, sizeof wide, &out_len, in, LEN, FORMAT));
    MISSING(wide, gmpki_sm2_encrypt(&public_key, wide, sizeof wide, NULL, in, LEN, FORMAT));
    MISSING(wide, gmpki_sm2_encrypt(&public_key, wide, sizeof wide, &out_len, NULL, LEN, FORMAT));
    MISSING(out_len, gmpki_sm2_encrypt(&public_key, NULL, 0, &out_len, in, LEN, FORMAT));
    MISSING(wide, gmpki_sm2_decrypt(NULL, wide, sizeof wide, &out_len, in, LEN, FORMAT));
    MISSING(wide, gmpki_sm2_decrypt(&private_key, wide, sizeof wide, NULL, in, LEN, FORMAT));
    MISSING(wide, gmpki_sm2_decrypt(&private_key, wide, sizeof wide, &out_len, NULL, LEN, FORMAT));
    MISSING(out_len, gmpki_sm2_decrypt(&private_key, NULL, 0, &out_len, in, LEN, FORMAT));
}

static int exchange(const gmpki_sm2_private_key *key, uint8_t *shared_key, size_t key_len) {
    return gmpki_sm2_exchange(key, shared_key, key_len, confirm_a, confirm_b, GMPKI_SM2_INITIATOR, &private_key, in,
                              &public_key, &public_key, in);
}

static void failing_exchange(void) {
    MISSING(out, exchange(NULL, out, LEN));
    MISSING(confirm_a, exchange(NULL, out, LEN));
    MISSING(confirm_b, exchange(&private_key, NULL, LEN));
    FAILS(GMPKI_ERR_LENGTH, confirm_a, exchange(&private_key, out, 0));
    /* The size of the buffer is not believed. */
    memset(out, 1, sizeof out);
    FAILS(GMPKI_ERR_LENGTH, confirm_b, exchange(&private_key, out, SIZE_MAX));
    CHECK(out[0] == 1);
}

static void missing_in_sm4(void) {
    MISSING(sm4_key, gmpki_sm4_key_init(&sm4_key, NULL));
    MISSING(out, gmpki_sm4_blocks(NULL, GMPKI_SM4_ENCRYPT, out, in, 2));
    MISSING(out, gmpki_sm4_blocks(&sm4_key, 2, out, in, 2));
    MISSING(out, gmpki_sm4_blocks(&sm4_key, GMPKI_SM4_ENCRYPT, out, NULL, 2));
    MISSING(sm4, gmpki_sm4_init(&sm4, GMPKI_SM4_CTR, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, NULL, in, 16));
    MISSING(out_len, gmpki_sm4_update(NULL, out, LEN, &out_len, in, LEN));
    MISSING(out_len, gmpki_sm4_final(NULL, out, LEN, &out_len));
    MISSING(out, gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_GB, NULL, in, in, LEN));
    MISSING(out, gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, 2, in, in, in, LEN));
    MISSING(out, gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_GB, in, NULL, in, LEN));
    MISSING(out, gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_GB, in, in, NULL, LEN));
    MISSING(out, gmpki_sm4_hctr(out, GMPKI_SM4_ENCRYPT, NULL, in, LEN, in, LEN));
    MISSING(out, gmpki_sm4_hctr(out, GMPKI_SM4_ENCRYPT, in, NULL, LEN, in, LEN));
    MISSING(out, gmpki_sm4_hctr(out, GMPKI_SM4_ENCRYPT, in, in, LEN, NULL, LEN));
    FAILS(GMPKI_ERR_LENGTH, out, gmpki_sm4_hctr(out, GMPKI_SM4_ENCRYPT, in, in, (1 << 24) + 1, in, LEN));
    MISSING(tag, gmpki_sm4_cbc_mac(tag, sizeof tag, NULL, in, LEN));
    MISSING(tag, gmpki_sm4_cbc_mac(tag, sizeof tag, in, NULL, LEN));
    MISSING(cmac, gmpki_sm4_cmac_init(&cmac, NULL));
    MISSING(tag, gmpki_sm4_cmac_final(NULL, tag, sizeof tag));
    MISSING(tag, gmpki_sm4_cmac(tag, sizeof tag, NULL, in, LEN));
    MISSING(tag, gmpki_sm4_cmac(tag, sizeof tag, in, NULL, LEN));
    MISSING(gcm, gmpki_sm4_gcm_init(&gcm, GMPKI_SM4_ENCRYPT, NULL, in, 12));
    MISSING(tag, gmpki_sm4_gcm_final(NULL, tag, sizeof tag));
}

typedef int seal_function(uint8_t *, uint8_t *, size_t, const uint8_t *, const uint8_t *, size_t, const uint8_t *,
                          size_t, const uint8_t *, size_t);
typedef int open_function(uint8_t *, const uint8_t *, const uint8_t *, size_t, const uint8_t *, size_t, const uint8_t *,
                          size_t, const uint8_t *, size_t);

static void failing_aead(seal_function *seal, open_function *open) {
    MISSING(out, seal(out, tag, 16, NULL, in, 12, NULL, 0, in, LEN));
    MISSING(tag, seal(out, tag, 16, NULL, in, 12, NULL, 0, in, LEN));
    MISSING(out, seal(out, NULL, 16, in, in, 12, NULL, 0, in, LEN));
    MISSING(tag, seal(NULL, tag, 16, in, in, 12, NULL, 0, in, LEN));
    MISSING(out, seal(out, tag, 16, in, NULL, 12, NULL, 0, in, LEN));
    MISSING(out, seal(out, tag, 16, in, in, 12, NULL, 1, in, LEN));
    FAILS(GMPKI_ERR_LENGTH, out, seal(out, tag, 16, in, in, 0, NULL, 0, in, LEN));
    FAILS(GMPKI_ERR_LENGTH, tag, seal(out, tag, 16, in, in, 0, NULL, 0, in, LEN));
    FAILS(GMPKI_ERR_LENGTH, out, seal(out, tag, 5, in, in, 12, NULL, 0, in, LEN));
    MISSING(out, open(out, NULL, in, 12, NULL, 0, in, LEN, tag, 16));
    MISSING(out, open(out, in, in, 12, NULL, 0, NULL, LEN, tag, 16));
    MISSING(out, open(out, in, in, 12, NULL, 0, in, LEN, NULL, 16));
    FAILS(GMPKI_ERR_LENGTH, out, open(out, in, in, 0, NULL, 0, in, LEN, tag, 16));
    FAILS(GMPKI_ERR_LENGTH, out, open(out, in, in, 12, NULL, 0, in, LEN, tag, 5));
    FAILS(GMPKI_ERR_DECRYPT, out, open(out, in, in, 12, NULL, 0, in, LEN, tag, 16));
}

static void refused_by_sm2(void) {
    REFUSED(other_private, gmpki_sm2_generate(&other_private));
    REFUSED(other_private, gmpki_sm2_private_key_load(&other_private, in));
    REFUSED(out, gmpki_sm2_private_key_store(&private_key, out));
    REFUSED(other_public, gmpki_sm2_private_key_public(&private_key, &other_public));
    REFUSED(other_public, gmpki_sm2_public_key_load(&other_public, point, sizeof point));
    REFUSED(point, gmpki_sm2_public_key_store(&public_key, point, sizeof point));
    REFUSED(out, gmpki_sm2_za(out, &public_key, NULL, 0));
    REFUSED(sm3, gmpki_sm2_digest_init(&sm3, &public_key, NULL, 0));
    REFUSED(signature, gmpki_sm2_sign_digest(&private_key, signature, in, 0));
    REFUSED(signature, gmpki_sm2_sign(&private_key, signature, NULL, 0, in, LEN, 0));
    CHECK(gmpki_sm2_verify_digest(&public_key, signature, in) == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_sm2_verify(&public_key, signature, NULL, 0, in, LEN) == GMPKI_ERR_SELFTEST);
    REFUSED(wide, gmpki_sm2_signature_to_der(wide, sizeof wide, &out_len, point));
    REFUSED(signature, gmpki_sm2_signature_from_der(signature, in, LEN));
    REFUSED(wide, gmpki_sm2_encrypt(&public_key, wide, sizeof wide, &out_len, in, LEN, FORMAT));
    REFUSED(wide, gmpki_sm2_decrypt(&private_key, wide, sizeof wide, &out_len, in, LEN, FORMAT));
    REFUSED(out, exchange(&private_key, out, LEN));
    REFUSED(point, gmpki_sm2_ecdh(&private_key, point, &public_key));
}

static void refused_by_sm3_and_drbg(void) {
    CHECK(gmpki_sm3_update(&sm3, in, LEN) == GMPKI_ERR_SELFTEST);
    REFUSED(hmac, gmpki_sm3_hmac_init(&hmac, in, LEN));
    CHECK(gmpki_sm3_hmac_update(&hmac, in, LEN) == GMPKI_ERR_SELFTEST);
    REFUSED(out, gmpki_sm3_hmac_final(&hmac, out));
    REFUSED(hmac, gmpki_sm3_hmac_copy(&hmac, &hmac));
    REFUSED(sm3, gmpki_sm3_copy(&sm3, &sm3));
    REFUSED(out, gmpki_sm3_hkdf_extract(out, NULL, 0, in, LEN));
    REFUSED(out, gmpki_sm3_hkdf_expand(out, LEN, in, LEN, NULL, 0));
    REFUSED(out, gmpki_drbg_generate(&drbg, out, LEN, NULL, 0));
    CHECK(gmpki_drbg_reseed(&drbg, in, LEN, NULL, 0) == GMPKI_ERR_SELFTEST);
}

static void refused_by_sm4(void) {
    REFUSED(out, gmpki_sm4_blocks(&sm4_key, GMPKI_SM4_ENCRYPT, out, in, 2));
    REFUSED(sm4_key, gmpki_sm4_key_init(&sm4_key, in));
    REFUSED(out_len, gmpki_sm4_update(&sm4, out, LEN, &out_len, in, LEN));
    REFUSED(sm4, gmpki_sm4_final(&sm4, out, LEN, &out_len));
    REFUSED(sm4, gmpki_sm4_init(&sm4, GMPKI_SM4_CTR, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, in, in, 16));
    REFUSED(out, gmpki_sm4_xts(out, GMPKI_SM4_ENCRYPT, GMPKI_SM4_XTS_GB, in, in, in, LEN));
    REFUSED(out, gmpki_sm4_hctr(out, GMPKI_SM4_ENCRYPT, in, in, LEN, in, LEN));
    REFUSED(out, gmpki_sm4_gcm_encrypt(out, tag, 16, in, in, 12, NULL, 0, in, LEN));
    REFUSED(tag, gmpki_sm4_gcm_encrypt(out, tag, 16, in, in, 12, NULL, 0, in, LEN));
    REFUSED(out, gmpki_sm4_gcm_decrypt(out, in, in, 12, NULL, 0, in, LEN, tag, 16));
    REFUSED(out, gmpki_sm4_ccm_encrypt(out, tag, 16, in, in, 12, NULL, 0, in, LEN));
    REFUSED(tag, gmpki_sm4_ccm_encrypt(out, tag, 16, in, in, 12, NULL, 0, in, LEN));
    REFUSED(out, gmpki_sm4_ccm_decrypt(out, in, in, 12, NULL, 0, in, LEN, tag, 16));
    CHECK(gmpki_sm4_gcm_associate(&gcm, in, LEN) == GMPKI_ERR_SELFTEST);
    CHECK(gmpki_sm4_gcm_update(&gcm, out, in, LEN) == GMPKI_ERR_SELFTEST);
    REFUSED(tag, gmpki_sm4_gcm_final(&gcm, tag, sizeof tag));
    REFUSED(gcm, gmpki_sm4_gcm_final_verify(&gcm, in, sizeof tag));
    REFUSED(gcm, gmpki_sm4_gcm_init(&gcm, GMPKI_SM4_ENCRYPT, in, in, 12));
    REFUSED(tag, gmpki_sm4_cbc_mac(tag, sizeof tag, in, in, LEN));
    CHECK(gmpki_sm4_cmac_update(&cmac, in, LEN) == GMPKI_ERR_SELFTEST);
    REFUSED(tag, gmpki_sm4_cmac_final(&cmac, tag, sizeof tag));
    REFUSED(cmac, gmpki_sm4_cmac_init(&cmac, in));
    REFUSED(tag, gmpki_sm4_cmac(tag, sizeof tag, in, in, LEN));
}

/* Everything was ready for use when the module entered its error state. */
static void in_error_state(void) {
    CHECK(gmpki_sm3_init(&sm3) == GMPKI_OK);
    CHECK(gmpki_sm3_hmac_init(&hmac, in, LEN) == GMPKI_OK);
    CHECK(gmpki_sm4_key_init(&sm4_key, in) == GMPKI_OK);
    CHECK(gmpki_sm4_init(&sm4, GMPKI_SM4_CTR, GMPKI_SM4_ENCRYPT, GMPKI_SM4_NO_PADDING, in, in, 16) == GMPKI_OK);
    CHECK(gmpki_sm4_gcm_init(&gcm, GMPKI_SM4_DECRYPT, in, in, 12) == GMPKI_OK);
    CHECK(gmpki_sm4_cmac_init(&cmac, in) == GMPKI_OK);
    CHECK(gmpki_drbg_init_system(&drbg, NULL, 0) == GMPKI_OK);
    sm4_known_answer_broken = 1;
    CHECK(gmpki_selftest_run(GMPKI_SM4) == GMPKI_ERR_SELFTEST);
    refused_by_sm2();
    refused_by_sm3_and_drbg();
    refused_by_sm4();
}

int main(void) {
    fill_pattern(in, sizeof in);
    CHECK(gmpki_sm2_private_key_load(&private_key, in) == GMPKI_OK);
    CHECK(gmpki_sm2_private_key_public(&private_key, &public_key) == GMPKI_OK);
    missing_in_common();
    missing_in_sm3();
    missing_in_sm2_keys();
    missing_in_sm2_messages();
    failing_exchange();
    missing_in_sm4();
    failing_aead(gmpki_sm4_gcm_encrypt, gmpki_sm4_gcm_decrypt);
    failing_aead(gmpki_sm4_ccm_encrypt, gmpki_sm4_ccm_decrypt);
    in_error_state();
    return finish();
}
