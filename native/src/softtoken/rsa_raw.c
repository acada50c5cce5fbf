/* The bare RSA operations. libcrypto blinds the private one and checks what the Chinese remainder theorem gave. */
#include "gmpki/common.h"
#include "softtoken/rsa_key.h"

#include <string.h>

/* Whether in is a number that the key takes. Both are public: a ciphertext, a signature, a padded digest. */
static enum st_status check_number(const uint8_t *n, uint32_t bits, const uint8_t *out, const uint8_t *in,
                                   size_t in_len) {
    if (out == NULL || in == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (in_len != bits / 8) {
        return ST_ERR_INPUT_LEN;
    }
    return memcmp(in, n, in_len) < 0 ? ST_OK : ST_ERR_INPUT;
}

enum st_status st_rsa_raw_public(const st_rsa_public_key *key, uint8_t *out, const uint8_t *in, size_t in_len) {
    enum st_status status = st_rsa_check_public(key);
    if (status == ST_OK) {
        status = check_number(key->n, key->bits, out, in, in_len);
    }
    if (status != ST_OK) {
        return status;
    }
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    uint8_t result[ST_RSA_MAX_LEN];
    lib->ERR_set_mark();
    RSA *rsa = st_rsa_load_public(lib, key);
    if (rsa == NULL) {
        status = ST_ERR_MEMORY;
    } else if (lib->RSA_public_encrypt((int)in_len, in, result, rsa, RSA_NO_PADDING) != (int)in_len) {
        status = ST_ERR_FAILED;
    } else {
        memcpy(out, result, in_len);
    }
    lib->RSA_free(rsa);
    lib->ERR_pop_to_mark();
    return status;
}

enum st_status st_rsa_raw_private(const st_rsa_key *key, uint8_t *out, const uint8_t *in, size_t in_len) {
    enum st_status status = st_rsa_check_shape(key);
    if (status == ST_OK) {
        status = check_number(key->n, key->bits, out, in, in_len);
    }
    if (status != ST_OK) {
        return status;
    }
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    uint8_t result[ST_RSA_PRIVATE_MAX_LEN];
    lib->ERR_set_mark();
    RSA *rsa = st_rsa_load_private(lib, key);
    if (rsa == NULL) {
        status = ST_ERR_MEMORY;
    } else if (lib->RSA_private_encrypt((int)in_len, in, result, rsa, RSA_NO_PADDING) != (int)in_len) {
        status = ST_ERR_INPUT; /* numbers that do not belong together */
    } else {
        memcpy(out, result, in_len);
    }
    lib->RSA_free(rsa);
    lib->ERR_pop_to_mark();
    gmpki_cleanse(result, sizeof result);
    return status;
}
