/* Running HMACs (RFC 2104): on SM3 from the core, on the other digests from libcrypto. */
#include <limits.h>
#include <stdlib.h>

#include "gmpki/sm3.h"
#include "softtoken/crypto.h"
#include "softtoken/libcrypto.h"

struct st_hmac {
    int algorithm;
    int running;
    gmpki_sm3_hmac_ctx sm3; /* when context is NULL */
    HMAC_CTX *context;
};

static enum st_status start_libcrypto(st_hmac *hmac, const uint8_t *key, size_t key_len) {
    static const uint8_t no_key[1]; /* NULL would mean the key set before */
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    if (key_len > INT_MAX) {
        return ST_ERR_KEY_LEN;
    }
    enum st_status status = ST_OK;
    lib->ERR_set_mark();
    const EVP_MD *md = st_libcrypto_digest(lib, hmac->algorithm);
    hmac->context = lib->HMAC_CTX_new();
    if (hmac->context == NULL) {
        status = ST_ERR_MEMORY;
    } else if (md == NULL ||
               lib->HMAC_Init_ex(hmac->context, key_len != 0 ? key : no_key, (int)key_len, md, NULL) != 1) {
        status = ST_ERR_NOT_SUPPORTED;
    }
    lib->ERR_pop_to_mark();
    return status;
}

enum st_status st_hmac_new(st_hmac **hmac, int algorithm, const uint8_t *key, size_t key_len) {
    if (hmac == NULL) {
        return ST_ERR_ARGUMENT;
    }
    *hmac = NULL;
    if (st_digest_len(algorithm) == 0 || (key == NULL && key_len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    st_hmac *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return ST_ERR_MEMORY;
    }
    made->algorithm = algorithm;
    enum st_status status = ST_OK;
    if (algorithm != ST_SM3) {
        status = start_libcrypto(made, key, key_len);
    } else if (gmpki_sm3_hmac_init(&made->sm3, key, key_len) != GMPKI_OK) {
        status = ST_ERR_FAILED;
    }
    if (status != ST_OK) {
        st_hmac_free(made);
        return status;
    }
    made->running = 1;
    *hmac = made;
    return ST_OK;
}

static enum st_status end(st_hmac *hmac, enum st_status status) {
    if (hmac->context != NULL) {
        st_libcrypto_get()->HMAC_CTX_free(hmac->context); /* which cleanses */
        hmac->context = NULL;
    }
    gmpki_cleanse(&hmac->sm3, sizeof hmac->sm3);
    hmac->running = 0;
    return status;
}

void st_hmac_free(st_hmac *hmac) {
    if (hmac != NULL) {
        end(hmac, ST_OK);
        free(hmac);
    }
}

enum st_status st_hmac_update(st_hmac *hmac, const uint8_t *data, size_t len) {
    if (hmac == NULL || (data == NULL && len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    if (!hmac->running) {
        return ST_ERR_STATE;
    }
    int right = hmac->context == NULL ? gmpki_sm3_hmac_update(&hmac->sm3, data, len) == GMPKI_OK
                                      : st_libcrypto_get()->HMAC_Update(hmac->context, data, len) == 1;
    return right ? ST_OK : end(hmac, ST_ERR_FAILED);
}

enum st_status st_hmac_final(st_hmac *hmac, uint8_t *out, size_t *out_len) {
    if (hmac == NULL || out_len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (!hmac->running) {
        return ST_ERR_STATE;
    }
    size_t room = *out_len;
    *out_len = st_digest_len(hmac->algorithm);
    if (out == NULL) {
        return ST_OK;
    }
    if (room < *out_len) {
        return ST_ERR_BUFFER;
    }
    int right = hmac->context == NULL ? gmpki_sm3_hmac_final(&hmac->sm3, out) == GMPKI_OK
                                      : st_libcrypto_get()->HMAC_Final(hmac->context, out, NULL) == 1;
    return end(hmac, right ? ST_OK : ST_ERR_FAILED);
}
