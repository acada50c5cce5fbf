/* The system's OpenSSL: SM3, HMAC and SM4, and AES and SHA-256 for scale. */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "bench.h"

enum { MAX_CIPHERS = 64 };

/* A context for each case, made once: operation and size share nothing. */
static EVP_CIPHER_CTX *contexts[MAX_CIPHERS];
static size_t context_count;
static EVP_MD *sm3, *sha256;

const char *peer_openssl_version(void) {
    return OpenSSL_version(OPENSSL_VERSION_STRING);
}

static int hash(const bench_case *one, const EVP_MD *md) {
    static EVP_MD_CTX *ctx;
    unsigned len;
    if (ctx == NULL) {
        ctx = EVP_MD_CTX_new();
    }
    return !(EVP_DigestInit_ex2(ctx, md, NULL) && EVP_DigestUpdate(ctx, bench_in, one->argument) &&
             EVP_DigestFinal_ex(ctx, bench_out, &len));
}

static int hash_sm3(const bench_case *one) {
    return hash(one, sm3);
}

static int hash_sha256(const bench_case *one) {
    return hash(one, sha256);
}

static int hmac(const bench_case *one) {
    unsigned len;
    return HMAC(sm3, bench_in, 32, bench_in, one->argument, bench_out, &len) == NULL;
}

static int pbkdf2(const bench_case *one) {
    return !PKCS5_PBKDF2_HMAC((const char *)bench_in, 12, bench_in + 64, 16, 100, sm3, (int)one->argument, bench_out);
}

/* The argument of a cipher's case is its context, whose application data is the length. */
static int update(const bench_case *one) {
    int len;
    return !EVP_CipherUpdate(contexts[one->argument], bench_out, &len, bench_in, (int)one->data_len);
}

/* A message under a key that is ready: nonce, associated data, text, tag. */
static int gcm(const bench_case *one) {
    EVP_CIPHER_CTX *ctx = contexts[one->argument];
    uint8_t tag[16];
    int len;
    return !(EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, bench_in) && EVP_EncryptUpdate(ctx, NULL, &len, bench_in, 13) &&
             EVP_EncryptUpdate(ctx, bench_out, &len, bench_in, (int)one->data_len) &&
             EVP_EncryptFinal_ex(ctx, bench_out + one->data_len, &len) &&
             EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag));
}

/* A data unit under a key that is ready. */
static int xts(const bench_case *one) {
    EVP_CIPHER_CTX *ctx = contexts[one->argument];
    int len;
    return !(EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, bench_in) &&
             EVP_EncryptUpdate(ctx, bench_out, &len, bench_in, (int)one->data_len));
}

/* Add a cipher with every length, where this OpenSSL has it. */
static void add_cipher(const char *operation, const char *name, int encrypt, int (*run)(const bench_case *one)) {
    static const size_t lengths[] = {16, 64, 256, 1024, 8192, 1 << 20};
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    for (size_t i = 0; cipher != NULL && i < sizeof lengths / sizeof lengths[0] && context_count < MAX_CIPHERS; i++) {
        EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
        if (ctx != NULL && EVP_CipherInit_ex2(ctx, cipher, bench_in, bench_in, encrypt, NULL) &&
            EVP_CIPHER_CTX_set_padding(ctx, 0)) {
            contexts[context_count] = ctx;
            bench_case one = {operation, "openssl", BENCH_NO_ALGORITHM, lengths[i], 1, context_count, run, NULL, NULL};
            context_count++;
            bench_add_sized(&one, lengths[i]);
        }
    }
    EVP_CIPHER_free(cipher);
}

static void add_sized(const char *operation, int (*run)(const bench_case *one), size_t len, int per_byte) {
    bench_case one = {operation, "openssl", BENCH_NO_ALGORITHM, per_byte ? len : 0, 1, len, run, NULL, NULL};
    bench_add_sized(&one, len);
}

void peer_openssl_register(void) {
    sm3 = EVP_MD_fetch(NULL, "SM3", NULL);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    static const size_t lengths[] = {64, 1024, 8192, 1 << 20};
    for (size_t i = 0; i < 4; i++) {
        if (sm3 != NULL) {
            add_sized("sm3", hash_sm3, lengths[i], 1);
        }
        if (sm3 != NULL && i < 3) {
            add_sized("sm3_hmac", hmac, lengths[i], 1);
        }
        add_sized("scale_sha256", hash_sha256, lengths[i], 1);
    }
    if (sm3 != NULL) {
        add_sized("sm3_pbkdf2_100", pbkdf2, 32, 0);
        add_sized("sm3_pbkdf2_100", pbkdf2, 512, 0);
    }
    add_cipher("sm4_ecb", "SM4-ECB", 1, update);
    add_cipher("sm4_ctr", "SM4-CTR", 1, update);
    add_cipher("sm4_cbc_encrypt", "SM4-CBC", 1, update);
    add_cipher("sm4_cbc_decrypt", "SM4-CBC", 0, update);
    add_cipher("sm4_gcm", "SM4-GCM", 1, gcm);
    add_cipher("sm4_xts", "SM4-XTS", 1, xts);
    add_cipher("scale_aes128_ctr", "AES-128-CTR", 1, update);
    add_cipher("scale_aes128_gcm", "AES-128-GCM", 1, gcm);
}
