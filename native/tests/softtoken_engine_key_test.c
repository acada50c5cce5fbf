/* The engine: pairs of containers, made, imported, used. */
#include "softtoken_engine_support.h"

#include "gmpki/sm2.h"

/* The private and public key of annex A of GB/T 32918.5-2017. */
#define ANNEX_D "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
#define ANNEX_P                                                                                                        \
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"                                                 \
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"

static const uint8_t certificate[] = {0x30, 0x03, 0x02, 0x01, 0x05};

typedef struct place {
    st_device *device;
    uint32_t application, container;
} place;

#define AT(p) (p)->device, (p)->application, (p)->container

static enum st_status verify(const uint8_t point[64], const uint8_t digest[32], const uint8_t signature[64]) {
    gmpki_sm2_public_key key;
    int status = gmpki_sm2_public_key_load(&key, point, GMPKI_SM2_POINT_LEN);
    return status == GMPKI_OK && gmpki_sm2_verify_digest(&key, signature, digest) == GMPKI_OK ? ST_OK
                                                                                              : ST_ERR_SIGNATURE;
}

static void sm2_pairs(const place *at) {
    const uint8_t digest[32] = {1, 2, 3};
    uint8_t signature[64], d[32], point[64];
    st_public_key made, shown;
    st_container_info info;
    size_t len = 0;
    CHECK(st_key_public(AT(at), ST_SIGNING, &shown) == ST_ERR_NO_KEY);
    CHECK(st_key_sm2_sign(AT(at), ST_SIGNING, digest, signature) == ST_ERR_NO_KEY);
    CHECK(st_key_delete(AT(at), ST_SIGNING) == ST_ERR_NO_KEY);
    CHECK(st_key_generate_sm2(AT(at), ST_SIGNING, &made) == ST_OK && made.kind == ST_SM2);
    CHECK(st_key_public(AT(at), ST_SIGNING, &shown) == ST_OK && memcmp(shown.point, made.point, 64) == 0);
    CHECK(st_key_sm2_sign(AT(at), ST_SIGNING, digest, signature) == ST_OK);
    CHECK(verify(made.point, digest, signature) == ST_OK);
    CHECK(st_container_get_info(AT(at), &info) == ST_OK && info.kind == ST_SM2 && info.key_kind[1] == ST_NO_KEY);

    /* A new pair takes the certificate and attributes of the old one with it. */
    CHECK(st_certificate_set(AT(at), ST_SIGNING, certificate, sizeof certificate) == ST_OK);
    CHECK(st_attributes_set(AT(at), ST_SIGNING, certificate, sizeof certificate) == ST_OK);
    CHECK(st_key_generate_sm2(AT(at), ST_SIGNING, &shown) == ST_OK && memcmp(shown.point, made.point, 64) != 0);
    CHECK(st_certificate_get(AT(at), ST_SIGNING, NULL, &len) == ST_ERR_NO_CERTIFICATE);
    CHECK(st_attributes_get(AT(at), ST_SIGNING, NULL, &len) == ST_OK && len == 0);
    CHECK(st_key_sm2_sign(AT(at), ST_SIGNING, digest, signature) == ST_OK);
    CHECK(verify(shown.point, digest, signature) == ST_OK && verify(made.point, digest, signature) != ST_OK);

    unhex(d, ANNEX_D);
    unhex(point, ANNEX_P);
    point[63] ^= 1;
    CHECK(st_key_import_sm2(AT(at), ST_ENCRYPTION, d, point) == ST_ERR_INPUT);
    point[63] ^= 1;
    CHECK(st_key_public(AT(at), ST_ENCRYPTION, &shown) == ST_ERR_NO_KEY);
    CHECK(st_key_import_sm2(AT(at), ST_ENCRYPTION, d, point) == ST_OK);
    CHECK(st_key_public(AT(at), ST_ENCRYPTION, &shown) == ST_OK && memcmp(shown.point, point, 64) == 0);
    CHECK(st_key_import_sm2(AT(at), ST_ENCRYPTION, d, NULL) == ST_OK);
    memset(d, 0, sizeof d);
    CHECK(st_key_import_sm2(AT(at), ST_ENCRYPTION, d, NULL) == ST_ERR_INPUT);
    memset(d, 0xFF, sizeof d);
    CHECK(st_key_import_sm2(AT(at), ST_ENCRYPTION, d, NULL) == ST_ERR_INPUT);
    CHECK(st_key_import_sm2(AT(at), ST_ENCRYPTION, NULL, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_key_generate_sm2(AT(at), 2, &made) == ST_ERR_ARGUMENT);
    CHECK(st_key_generate_sm2(AT(at), ST_SIGNING, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_key_public(AT(at), ST_SIGNING, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_key_sm2_sign(AT(at), ST_SIGNING, NULL, signature) == ST_ERR_ARGUMENT);
    CHECK(st_key_sm2_sign(AT(at), ST_SIGNING, digest, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_key_sm2_sign(at->device, at->application, 12345, ST_SIGNING, digest, signature) == ST_ERR_NO_CONTAINER);
    CHECK(st_key_rsa_private(AT(at), ST_SIGNING, signature, 64, signature) == ST_ERR_KEY_USAGE);
}

/* The encryption pair is that of annex A. */
static void sm2_decrypting(const place *at) {
    uint8_t point[64], ciphertext[256], plaintext[256];
    gmpki_sm2_public_key key;
    size_t ciphertext_len = 0, len = 0;
    unhex(point, ANNEX_P);
    CHECK(gmpki_sm2_public_key_load(&key, point, sizeof point) == GMPKI_OK);
    CHECK(gmpki_sm2_encrypt(&key, ciphertext, sizeof ciphertext, &ciphertext_len, (const uint8_t *)"message", 7,
                            GMPKI_SM2_C1C3C2_BARE) == GMPKI_OK);
#define DECRYPT(from, from_len, to) st_key_sm2_decrypt(AT(at), ST_ENCRYPTION, from, from_len, to, &len)
    CHECK(DECRYPT(ciphertext, ciphertext_len, NULL) == ST_OK && len == 7);
    len = 6;
    CHECK(DECRYPT(ciphertext, ciphertext_len, plaintext) == ST_ERR_BUFFER && len == 7);
    CHECK(DECRYPT(ciphertext, ciphertext_len, plaintext) == ST_OK && len == 7);
    CHECK(memcmp(plaintext, "message", 7) == 0);
    len = sizeof plaintext;
    CHECK(DECRYPT(ciphertext, 96, plaintext) == ST_ERR_DECRYPT);
    CHECK(DECRYPT(ciphertext, 0, plaintext) == ST_ERR_DECRYPT);
    for (size_t i = 0; i < ciphertext_len; i += 13) {
        ciphertext[i] ^= 0x40;
        len = sizeof plaintext;
        CHECK(DECRYPT(ciphertext, ciphertext_len, plaintext) == ST_ERR_DECRYPT);
        ciphertext[i] ^= 0x40;
    }
    CHECK(DECRYPT(NULL, ciphertext_len, plaintext) == ST_ERR_ARGUMENT);
#undef DECRYPT
    CHECK(st_key_sm2_decrypt(AT(at), ST_ENCRYPTION, ciphertext, ciphertext_len, plaintext, NULL) == ST_ERR_ARGUMENT);
}

static void sm2_agreeing(const place *at) {
    st_public_key signing, encryption;
    gmpki_sm2_private_key ephemeral[2];
    uint8_t d[2][32], points[2][64], keys[2][40], shared[2][64];
    gmpki_sm2_public_key key;
    const uint8_t *ids[2] = {(const uint8_t *)"initiator", (const uint8_t *)"responder!"};
    CHECK(st_key_public(AT(at), ST_SIGNING, &signing) == ST_OK);
    CHECK(st_key_public(AT(at), ST_ENCRYPTION, &encryption) == ST_OK);
    for (int i = 0; i < 2; i++) {
        CHECK(gmpki_sm2_generate(&ephemeral[i]) == GMPKI_OK);
        CHECK(gmpki_sm2_private_key_store(&ephemeral[i], d[i]) == GMPKI_OK);
        CHECK(gmpki_sm2_private_key_public(&ephemeral[i], &key) == GMPKI_OK);
        CHECK(gmpki_sm2_public_key_store(&key, points[i], 64) == GMPKI_OK);
    }
    CHECK(st_key_sm2_exchange(AT(at), ST_SIGNING, GMPKI_SM2_INITIATOR, d[0], ids[0], 9, encryption.point, points[1],
                              ids[1], 10, keys[0], 40) == ST_OK);
    CHECK(st_key_sm2_exchange(AT(at), ST_ENCRYPTION, GMPKI_SM2_RESPONDER, d[1], ids[1], 10, signing.point, points[0],
                              ids[0], 9, keys[1], 40) == ST_OK);
    CHECK(memcmp(keys[0], keys[1], 40) == 0);
    CHECK(st_key_sm2_exchange(AT(at), ST_SIGNING, 2, d[0], ids[0], 9, encryption.point, points[1], ids[1], 10, keys[0],
                              40) == ST_ERR_ARGUMENT);
    CHECK(st_key_sm2_exchange(AT(at), ST_SIGNING, 0, d[0], NULL, 9, encryption.point, points[1], ids[1], 10, keys[0],
                              40) == ST_ERR_ARGUMENT);
    CHECK(st_key_sm2_exchange(AT(at), ST_SIGNING, 0, d[0], ids[0], 9, encryption.point, points[1], ids[1], 10, keys[0],
                              0) == ST_ERR_ARGUMENT);
    CHECK(st_key_sm2_ecdh(AT(at), ST_SIGNING, encryption.point, shared[0]) == ST_OK);
    CHECK(st_key_sm2_ecdh(AT(at), ST_ENCRYPTION, signing.point, shared[1]) == ST_OK);
    CHECK(memcmp(shared[0], shared[1], 64) == 0);
    points[1][5] ^= 1; /* off the curve */
    CHECK(st_key_sm2_ecdh(AT(at), ST_SIGNING, points[1], shared[0]) == ST_ERR_INPUT);
    CHECK(st_key_sm2_exchange(AT(at), ST_SIGNING, 0, d[0], ids[0], 9, points[1], points[0], ids[1], 10, keys[0], 40) ==
          ST_ERR_INPUT);
    CHECK(st_key_sm2_exchange(AT(at), ST_SIGNING, 0, d[0], ids[0], 9, points[0], points[1], ids[1], 10, keys[0], 40) ==
          ST_ERR_INPUT);
    CHECK(st_key_sm2_ecdh(AT(at), ST_SIGNING, NULL, shared[0]) == ST_ERR_ARGUMENT);
}

static void rsa_pairs(const place *at) {
    st_public_key made;
    st_rsa_key outside;
    st_container_info info;
    uint8_t signature[256], plaintext[256];
    size_t len = 0;
    if (!st_libcrypto_available()) {
        CHECK(st_key_generate_rsa(AT(at), ST_SIGNING, 1024, &made) == ST_ERR_NOT_SUPPORTED);
        leave_out("no libcrypto: RSA pairs of containers");
        return;
    }
    CHECK(st_key_generate_rsa(AT(at), ST_SIGNING, 1000, &made) == ST_ERR_KEY_LEN);
    CHECK(st_key_generate_rsa(AT(at), ST_SIGNING, 1024, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_key_generate_rsa(AT(at), ST_SIGNING, 1024, &made) == ST_OK && made.kind == ST_RSA);
    CHECK(st_container_get_info(AT(at), &info) == ST_OK && info.kind == ST_RSA && info.key_kind[1] == ST_SM2);
    CHECK(st_key_rsa_sign(AT(at), ST_SIGNING, NULL, &len, (const uint8_t *)"data", 4) == ST_OK && len == 128);
    len = 127;
    CHECK(st_key_rsa_sign(AT(at), ST_SIGNING, signature, &len, (const uint8_t *)"data", 4) == ST_ERR_BUFFER);
    CHECK(len == 128);
    CHECK(st_key_rsa_sign(AT(at), ST_SIGNING, signature, &len, (const uint8_t *)"data", 4) == ST_OK);
    CHECK(st_rsa_verify(&made.rsa, (const uint8_t *)"data", 4, signature, len) == ST_OK);
    CHECK(st_key_rsa_sign(AT(at), ST_SIGNING, signature, &len, signature, 118) == ST_ERR_INPUT_LEN);
    CHECK(st_key_rsa_sign(AT(at), ST_SIGNING, signature, &len, NULL, 4) == ST_ERR_ARGUMENT);
    CHECK(st_key_sm2_sign(AT(at), ST_SIGNING, signature, plaintext) == ST_ERR_KEY_USAGE);

    CHECK(st_rsa_generate(&outside, 2048) == ST_OK);
    CHECK(st_key_import_rsa(AT(at), ST_ENCRYPTION, &outside) == ST_OK);
    CHECK(st_key_public(AT(at), ST_ENCRYPTION, &made) == ST_OK && made.rsa.bits == 2048);
    CHECK(memcmp(made.rsa.n, outside.n, 256) == 0);
    len = sizeof signature;
    CHECK(st_rsa_encrypt(&made.rsa, signature, &len, (const uint8_t *)"secret", 6) == ST_OK && len == 256);
    size_t room = sizeof plaintext;
    CHECK(st_key_rsa_decrypt(AT(at), ST_ENCRYPTION, plaintext, &room, signature, len) == ST_OK && room == 6);
    CHECK(memcmp(plaintext, "secret", 6) == 0);
    CHECK(st_key_rsa_private(AT(at), ST_ENCRYPTION, signature, 256, signature) == ST_OK && signature[1] == 2);
    room = sizeof plaintext;
    CHECK(st_key_rsa_decrypt(AT(at), ST_ENCRYPTION, plaintext, &room, signature, 255) == ST_ERR_INPUT_LEN);
    memset(signature, 0xFF, sizeof signature);
    CHECK(st_key_rsa_private(AT(at), ST_ENCRYPTION, signature, 256, signature) == ST_ERR_INPUT);
    outside.d[7] ^= 1;
    CHECK(st_key_import_rsa(AT(at), ST_ENCRYPTION, &outside) == ST_ERR_INPUT);
    CHECK(st_key_import_rsa(AT(at), ST_ENCRYPTION, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_key_delete(AT(at), ST_ENCRYPTION) == ST_OK);
    CHECK(st_key_public(AT(at), ST_ENCRYPTION, &made) == ST_ERR_NO_KEY);
}

/* Everything that needs the user, asked by nobody and by the administrator. */
static void without_the_user(const place *at) {
    static st_rsa_key rsa;
    uint8_t digest[256] = {1}, out[256], d[32] = {1};
    size_t len = sizeof out;
    st_public_key key;
    CHECK(st_logout(at->device, at->application) == ST_OK);
    for (int round = 0; round < 2; round++) {
        CHECK(st_key_generate_sm2(AT(at), ST_SIGNING, &key) == ST_ERR_LOGIN);
        CHECK(st_key_generate_rsa(AT(at), ST_SIGNING, 1024, &key) == ST_ERR_LOGIN);
        CHECK(st_key_import_sm2(AT(at), ST_SIGNING, d, NULL) == ST_ERR_LOGIN);
        CHECK(st_key_import_rsa(AT(at), ST_SIGNING, &rsa) == ST_ERR_LOGIN);
        CHECK(st_key_delete(AT(at), ST_SIGNING) == ST_ERR_LOGIN);
        CHECK(st_key_sm2_sign(AT(at), ST_SIGNING, digest, out) == ST_ERR_LOGIN);
        CHECK(st_key_sm2_decrypt(AT(at), ST_SIGNING, digest, 100, out, &len) == ST_ERR_LOGIN);
        CHECK(st_key_rsa_private(AT(at), ST_SIGNING, digest, 128, out) == ST_ERR_LOGIN);
        CHECK(st_key_rsa_sign(AT(at), ST_SIGNING, out, &len, digest, 4) == ST_ERR_LOGIN);
        CHECK(st_key_rsa_decrypt(AT(at), ST_SIGNING, out, &len, digest, 128) == ST_ERR_LOGIN);
        CHECK(st_key_public(AT(at), ST_SIGNING, &key) == ST_OK);
        CHECK(st_key_sm2_ecdh(AT(at), ST_SIGNING, key.point, out) == ST_ERR_LOGIN);
        CHECK(st_key_sm2_exchange(AT(at), ST_SIGNING, 0, d, NULL, 0, key.point, key.point, NULL, 0, out, 16) ==
              ST_ERR_LOGIN);
        CHECK(login_admin(at->device, at->application) == ST_OK);
    }
}

int main(void) {
    char serial[ST_SERIAL_MAX + 1];
    place at = {NULL, 0, 0};
    CHECK(begin_root() == 0);
    at.device = new_device("", serial);
    at.application = new_application(at.device, "GMPKI-TEST", ST_BY_USER);
    CHECK(login_user(at.device, at.application) == ST_OK);
    CHECK(st_container_create(at.device, at.application, "con1", &at.container) == ST_OK);
    sm2_pairs(&at);
    sm2_decrypting(&at);
    sm2_agreeing(&at);
    without_the_user(&at);
    CHECK(login_user(at.device, at.application) == ST_OK);
    rsa_pairs(&at);
    drop_device(at.device, serial);
    end_root();
    return finish();
}
