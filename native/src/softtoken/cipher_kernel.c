/* SM4 from the core; DES, 3DES and AES from libcrypto. */
#include "softtoken/cipher_kernel.h"

#include <stdio.h>

#include "common/bytes.h"

enum {
    DES_KEY_LEN = 8,
    NAME_LEN = 32,
    STEP_LEN = 1 << 30 /* libcrypto counts in int */
};

static enum st_status start_sm4(gmpki_sm4_ctx *ctx, const st_cipher_spec *spec) {
    static const int modes[] = {
        [ST_ECB] = GMPKI_SM4_ECB, [ST_CBC] = GMPKI_SM4_CBC, [ST_CFB] = GMPKI_SM4_CFB128,
        [ST_OFB] = GMPKI_SM4_OFB, [ST_CTR] = GMPKI_SM4_CTR,
    };
    int mode = spec->mode == ST_CFB && spec->feedback_bits == 8 ? GMPKI_SM4_CFB8 : modes[spec->mode];
    int direction = spec->direction == ST_ENCRYPT ? GMPKI_SM4_ENCRYPT : GMPKI_SM4_DECRYPT;
    int status = gmpki_sm4_init(ctx, mode, direction, GMPKI_SM4_NO_PADDING, spec->key, spec->iv, spec->iv_len);
    return status == GMPKI_OK ? ST_OK : ST_ERR_FAILED;
}

/* The cipher by its name in libcrypto, NULL when it does not have it: 3DES has no CTR. */
static const EVP_CIPHER *find_cipher(const st_libcrypto *lib, const st_cipher_spec *spec) {
    static const char *const modes[] = {
        [ST_ECB] = "ECB", [ST_CBC] = "CBC", [ST_CFB] = "CFB", [ST_OFB] = "OFB", [ST_CTR] = "CTR",
    };
    char name[NAME_LEN];
    const char *mode = spec->mode == ST_CFB && spec->feedback_bits == 8 ? "CFB8" : modes[spec->mode];
    if (spec->algorithm == ST_AES) {
        snprintf(name, sizeof name, "AES-%u-%s", (unsigned)spec->key_len * 8, mode);
    } else if (spec->mode == ST_ECB) {
        snprintf(name, sizeof name, "DES-EDE3"); /* the name of ECB in versions 1.1 and 3 */
    } else {
        snprintf(name, sizeof name, "DES-EDE3-%s", mode);
    }
    return lib->EVP_get_cipherbyname(name);
}

/*
 * Key material for libcrypto: AES as it is; DES as 3DES with three equal keys, which is DES, because version 3 keeps
 * single DES in a provider that is seldom loaded; two keys as K1 K2 K1.
 */
static void spread_key(uint8_t key[ST_MAX_CIPHER_KEY_LEN], const st_cipher_spec *spec) {
    copy_bytes(key, spec->key, spec->key_len);
    if (spec->algorithm == ST_DES) {
        copy_bytes(key + DES_KEY_LEN, spec->key, DES_KEY_LEN);
        copy_bytes(key + 2 * DES_KEY_LEN, spec->key, DES_KEY_LEN);
    } else if (spec->algorithm == ST_DES3 && spec->key_len == 2 * DES_KEY_LEN) {
        copy_bytes(key + 2 * DES_KEY_LEN, spec->key, DES_KEY_LEN);
    }
}

static enum st_status start_libcrypto(st_cipher_kernel *kernel, const st_cipher_spec *spec) {
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    lib->ERR_set_mark();
    const EVP_CIPHER *cipher = find_cipher(lib, spec);
    enum st_status status = cipher == NULL ? ST_ERR_NOT_SUPPORTED : ST_OK;
    if (status == ST_OK) {
        uint8_t key[ST_MAX_CIPHER_KEY_LEN] = {0};
        spread_key(key, spec);
        kernel->evp = lib->EVP_CIPHER_CTX_new();
        if (kernel->evp == NULL) {
            status = ST_ERR_MEMORY;
        } else if (lib->EVP_CipherInit_ex(kernel->evp, cipher, NULL, key, spec->iv, spec->direction == ST_ENCRYPT) !=
                       1 ||
                   lib->EVP_CIPHER_CTX_set_padding(kernel->evp, 0) != 1) {
            status = ST_ERR_NOT_SUPPORTED; /* its policy forbids the cipher: a FIPS provider has no 3DES */
        }
        gmpki_cleanse(key, sizeof key);
    }
    lib->ERR_pop_to_mark();
    return status;
}

enum st_status st_cipher_kernel_start(st_cipher_kernel *kernel, const st_cipher_spec *spec) {
    zero_bytes(kernel, sizeof *kernel);
    enum st_status status = spec->algorithm == ST_SM4 ? start_sm4(&kernel->sm4, spec) : start_libcrypto(kernel, spec);
    if (status != ST_OK) {
        st_cipher_kernel_stop(kernel);
    }
    return status;
}

enum st_status st_cipher_kernel_run(st_cipher_kernel *kernel, uint8_t *out, const uint8_t *in, size_t len) {
    if (kernel->evp == NULL) {
        size_t written = 0;
        int status = gmpki_sm4_update(&kernel->sm4, out, len, &written, in, len);
        return status == GMPKI_OK && written == len ? ST_OK : ST_ERR_FAILED;
    }
    const st_libcrypto *lib = st_libcrypto_get();
    while (len != 0) {
        int step = len < STEP_LEN ? (int)len : STEP_LEN;
        int written = 0;
        if (lib->EVP_CipherUpdate(kernel->evp, out, &written, in, step) != 1 || written != step) {
            return ST_ERR_FAILED;
        }
        out += step;
        in += step;
        len -= (size_t)step;
    }
    return ST_OK;
}

enum st_status st_cipher_kernel_copy(st_cipher_kernel *target, const st_cipher_kernel *source) {
    *target = *source;
    if (source->evp == NULL) {
        return ST_OK;
    }
    const st_libcrypto *lib = st_libcrypto_get();
    target->evp = lib->EVP_CIPHER_CTX_new();
    if (target->evp == NULL || lib->EVP_CIPHER_CTX_copy(target->evp, source->evp) != 1) {
        st_cipher_kernel_stop(target);
        return ST_ERR_MEMORY;
    }
    return ST_OK;
}

void st_cipher_kernel_stop(st_cipher_kernel *kernel) {
    if (kernel->evp != NULL) {
        st_libcrypto_get()->EVP_CIPHER_CTX_free(kernel->evp); /* which cleanses */
        kernel->evp = NULL;
    }
    gmpki_cleanse(kernel, sizeof *kernel);
}
