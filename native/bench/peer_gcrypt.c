/* The system's libgcrypt: SM3, SM4 and SM2. */
#include <gcrypt.h>

#include "bench.h"

enum { MAX_HANDLES = 64 };

static gcry_cipher_hd_t handles[MAX_HANDLES];
static size_t handle_count;
static gcry_sexp_t key, data, signature, encrypted_data, ciphertext;

const char *peer_gcrypt_version(void) {
    return gcry_check_version(NULL);
}

static int hash(const bench_case *one) {
    gcry_md_hash_buffer(GCRY_MD_SM3, bench_out, bench_in, one->argument);
    return 0;
}

static int hmac(const bench_case *one) {
    static gcry_md_hd_t handle;
    if (handle == NULL &&
        (gcry_md_open(&handle, GCRY_MD_SM3, GCRY_MD_FLAG_HMAC) || gcry_md_setkey(handle, bench_in, 32))) {
        return 1;
    }
    gcry_md_reset(handle);
    gcry_md_write(handle, bench_in, one->argument);
    return gcry_md_read(handle, GCRY_MD_SM3) == NULL;
}

static int pbkdf2(const bench_case *one) {
    return gcry_kdf_derive(bench_in, 12, GCRY_KDF_PBKDF2, GCRY_MD_SM3, bench_in + 64, 16, 100, one->argument,
                           bench_out) != 0;
}

static int encrypt(const bench_case *one) {
    return gcry_cipher_encrypt(handles[one->argument], bench_out, one->data_len, bench_in, one->data_len) != 0;
}

static int decrypt(const bench_case *one) {
    return gcry_cipher_decrypt(handles[one->argument], bench_out, one->data_len, bench_in, one->data_len) != 0;
}

/* A message under a key that is ready: nonce, associated data, text, tag. */
static int gcm(const bench_case *one) {
    gcry_cipher_hd_t handle = handles[one->argument];
    uint8_t tag[16];
    return gcry_cipher_setiv(handle, bench_in, 12) || gcry_cipher_authenticate(handle, bench_in, 13) ||
           gcry_cipher_encrypt(handle, bench_out, one->data_len, bench_in, one->data_len) ||
           gcry_cipher_gettag(handle, tag, sizeof tag);
}

/* A data unit under a key that is ready. */
static int xts(const bench_case *one) {
    return gcry_cipher_setiv(handles[one->argument], bench_in, 16) || encrypt(one);
}

static int sign(const bench_case *one) {
    gcry_sexp_t made = NULL;
    (void)one;
    int wrong = gcry_pk_sign(&made, data, key) != 0;
    gcry_sexp_release(made);
    return wrong;
}

static int verify(const bench_case *one) {
    (void)one;
    return gcry_pk_verify(signature, data, key) != 0;
}

static int pk_encrypt(const bench_case *one) {
    gcry_sexp_t made = NULL;
    (void)one;
    int wrong = gcry_pk_encrypt(&made, encrypted_data, key) != 0;
    gcry_sexp_release(made);
    return wrong;
}

static int pk_decrypt(const bench_case *one) {
    gcry_sexp_t made = NULL;
    (void)one;
    int wrong = gcry_pk_decrypt(&made, ciphertext, key) != 0;
    gcry_sexp_release(made);
    return wrong;
}

static int keygen(const bench_case *one) {
    static gcry_sexp_t parameters;
    gcry_sexp_t made = NULL;
    (void)one;
    int wrong = (parameters == NULL && gcry_sexp_build(&parameters, NULL, "(genkey(ecc(curve sm2p256v1)))") != 0) ||
                gcry_pk_genkey(&made, parameters) != 0;
    gcry_sexp_release(made);
    return wrong;
}

static void add_cipher(const char *operation, int mode, int (*run)(const bench_case *one), size_t key_len) {
    static const size_t lengths[] = {16, 64, 256, 1024, 8192, 1 << 20};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] && handle_count < MAX_HANDLES; i++) {
        gcry_cipher_hd_t handle;
        if (gcry_cipher_open(&handle, GCRY_CIPHER_SM4, mode, 0) != 0 ||
            gcry_cipher_setkey(handle, bench_in, key_len) != 0) {
            return;
        }
        if (mode == GCRY_CIPHER_MODE_CTR) {
            (void)gcry_cipher_setctr(handle, bench_in, 16);
        } else if (mode == GCRY_CIPHER_MODE_CBC) {
            (void)gcry_cipher_setiv(handle, bench_in, 16);
        }
        handles[handle_count] = handle;
        bench_case one = {operation, "libgcrypt", BENCH_NO_ALGORITHM, lengths[i], 1, handle_count, run, NULL, NULL};
        handle_count++;
        bench_add_sized(&one, lengths[i]);
    }
}

static void add(const char *operation, int (*run)(const bench_case *one)) {
    bench_case one = {operation, "libgcrypt", BENCH_NO_ALGORITHM, 0, 1, 0, run, NULL, NULL};
    bench_add(&one);
}

static void add_sized(const char *operation, int (*run)(const bench_case *one), size_t len, int per_byte) {
    bench_case one = {operation, "libgcrypt", BENCH_NO_ALGORITHM, per_byte ? len : 0, 1, len, run, NULL, NULL};
    bench_add_sized(&one, len);
}

static void add_sm2(void) {
    gcry_sexp_t parameters = NULL;
    if (gcry_sexp_build(&parameters, NULL, "(genkey(ecc(curve sm2p256v1)))") != 0 ||
        gcry_pk_genkey(&key, parameters) != 0) {
        return;
    }
    gcry_sexp_release(parameters);
    add("sm2_keygen", keygen);
    if (gcry_sexp_build(&data, NULL, "(data(flags sm2)(hash sm3 %b))", 32, bench_in) == 0 &&
        gcry_pk_sign(&signature, data, key) == 0) {
        add("sm2_sign", sign);
        add("sm2_verify", verify);
    }
    if (gcry_sexp_build(&encrypted_data, NULL, "(data(flags sm2)(hash-algo sm3)(value %b))", 32, bench_in) == 0 &&
        gcry_pk_encrypt(&ciphertext, encrypted_data, key) == 0) {
        add("sm2_encrypt_32", pk_encrypt);
        add("sm2_decrypt_32", pk_decrypt);
    }
}

void peer_gcrypt_register(void) {
    static const size_t lengths[] = {64, 1024, 8192, 1 << 20};
    (void)gcry_check_version(NULL);
    (void)gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    (void)gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    for (size_t i = 0; i < 4; i++) {
        add_sized("sm3", hash, lengths[i], 1);
        if (i < 3) {
            add_sized("sm3_hmac", hmac, lengths[i], 1);
        }
    }
    add_sized("sm3_pbkdf2_100", pbkdf2, 32, 0);
    add_sized("sm3_pbkdf2_100", pbkdf2, 512, 0);
    add_cipher("sm4_ecb", GCRY_CIPHER_MODE_ECB, encrypt, 16);
    add_cipher("sm4_ctr", GCRY_CIPHER_MODE_CTR, encrypt, 16);
    add_cipher("sm4_cbc_encrypt", GCRY_CIPHER_MODE_CBC, encrypt, 16);
    add_cipher("sm4_cbc_decrypt", GCRY_CIPHER_MODE_CBC, decrypt, 16);
    add_cipher("sm4_gcm", GCRY_CIPHER_MODE_GCM, gcm, 16);
    add_cipher("sm4_xts", GCRY_CIPHER_MODE_XTS, xts, 32);
    add_sm2();
}
