/* The system's OpenSSL: SM2, and P-256 for scale. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "bench.h"

/* A pair and what is running on it. */
typedef struct pair {
    EVP_PKEY *key;
    EVP_PKEY_CTX *generate, *sign, *verify, *encrypt, *decrypt, *derive;
    uint8_t signature[80];
    size_t signature_len;
    uint8_t ciphertext[256];
    size_t ciphertext_len;
} pair;

enum { SM2_PAIR = 0, P256_PAIR = 1 };
static pair pairs[2];

static int keygen(const bench_case *one) {
    EVP_PKEY *made = NULL;
    int wrong = EVP_PKEY_generate(pairs[one->argument].generate, &made) <= 0;
    EVP_PKEY_free(made);
    return wrong;
}

static int sign(const bench_case *one) {
    size_t len = sizeof pairs[0].signature;
    return EVP_PKEY_sign(pairs[one->argument].sign, bench_out, &len, bench_in, 32) <= 0;
}

static int verify(const bench_case *one) {
    pair *p = &pairs[one->argument];
    return EVP_PKEY_verify(p->verify, p->signature, p->signature_len, bench_in, 32) != 1;
}

static int encrypt(const bench_case *one) {
    size_t len = sizeof pairs[0].ciphertext;
    return EVP_PKEY_encrypt(pairs[one->argument].encrypt, bench_out, &len, bench_in, 32) <= 0;
}

static int decrypt(const bench_case *one) {
    pair *p = &pairs[one->argument];
    size_t len = sizeof pairs[0].ciphertext;
    return EVP_PKEY_decrypt(p->decrypt, bench_out, &len, p->ciphertext, p->ciphertext_len) <= 0;
}

static int derive(const bench_case *one) {
    size_t len = 32;
    return EVP_PKEY_derive(pairs[one->argument].derive, bench_out, &len) <= 0;
}

/* OpenSSL offers no Diffie-Hellman for SM2; this is the multiplication it would be. */
static int multiply(const bench_case *one) {
    static EC_GROUP *group;
    static EC_POINT *product;
    static BIGNUM *scalar;
    (void)one;
    if (group == NULL) {
        group = EC_GROUP_new_by_curve_name(NID_sm2);
        product = group == NULL ? NULL : EC_POINT_new(group);
        scalar = BN_bin2bn(bench_in, 32, NULL);
    }
    return product == NULL || scalar == NULL ||
           !EC_POINT_mul(group, product, NULL, EC_GROUP_get0_generator(group), scalar, NULL);
}

static EVP_PKEY_CTX *context(const pair *p) {
    return EVP_PKEY_CTX_new_from_pkey(NULL, p->key, NULL);
}

/* A pair of a curve with its contexts; 0 where this OpenSSL lacks something. */
static int make(pair *p, const char *type, const char *group) {
    p->generate = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (p->generate == NULL || EVP_PKEY_keygen_init(p->generate) <= 0 ||
        (group != NULL && EVP_PKEY_CTX_set_group_name(p->generate, group) <= 0) ||
        EVP_PKEY_generate(p->generate, &p->key) <= 0) {
        return 0;
    }
    p->sign = context(p);
    p->verify = context(p);
    p->signature_len = sizeof p->signature;
    return EVP_PKEY_sign_init(p->sign) > 0 && EVP_PKEY_verify_init(p->verify) > 0 &&
           EVP_PKEY_sign(p->sign, p->signature, &p->signature_len, bench_in, 32) > 0;
}

static int make_encryption(pair *p) {
    p->encrypt = context(p);
    p->decrypt = context(p);
    p->ciphertext_len = sizeof p->ciphertext;
    return EVP_PKEY_encrypt_init(p->encrypt) > 0 && EVP_PKEY_decrypt_init(p->decrypt) > 0 &&
           EVP_PKEY_encrypt(p->encrypt, p->ciphertext, &p->ciphertext_len, bench_in, 32) > 0;
}

static void add(const char *operation, int (*run)(const bench_case *one), size_t which) {
    bench_case one = {operation, "openssl", BENCH_NO_ALGORITHM, 0, 1, which, run, NULL, NULL};
    bench_add(&one);
}

void peer_openssl_ec_register(void) {
    pair *p = &pairs[SM2_PAIR];
    if (make(p, "SM2", NULL)) {
        add("sm2_keygen", keygen, SM2_PAIR);
        add("sm2_sign", sign, SM2_PAIR);
        add("sm2_verify", verify, SM2_PAIR);
        if (make_encryption(p)) {
            add("sm2_encrypt_32", encrypt, SM2_PAIR);
            add("sm2_decrypt_32", decrypt, SM2_PAIR);
        }
        add("sm2_ecdh", multiply, SM2_PAIR);
    }
    p = &pairs[P256_PAIR];
    if (make(p, "EC", "P-256")) {
        add("scale_p256_keygen", keygen, P256_PAIR);
        add("scale_p256_sign", sign, P256_PAIR);
        add("scale_p256_verify", verify, P256_PAIR);
        p->derive = context(p);
        if (EVP_PKEY_derive_init(p->derive) > 0 && EVP_PKEY_derive_set_peer(p->derive, p->key) > 0) {
            add("scale_p256_ecdh", derive, P256_PAIR);
        }
    }
}
