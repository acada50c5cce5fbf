/* Running digests: SM3 from the core, with and without Z, the others from libcrypto. */
#include <stdlib.h>

#include "common/bytes.h"
#include "gmpki/sm2.h"
#include "softtoken/crypto.h"
#include "softtoken/libcrypto.h"

struct st_digest {
    int algorithm;
    int running;
    gmpki_sm3_ctx sm3; /* when evp is NULL */
    EVP_MD_CTX *evp;
};

size_t st_digest_len(int algorithm) {
    static const uint8_t lengths[] = {
        [ST_SM3] = 32, [ST_MD5] = 16, [ST_SHA1] = 20, [ST_SHA256] = 32, [ST_SHA384] = 48, [ST_SHA512] = 64,
    };
    return algorithm > 0 && algorithm < (int)sizeof lengths ? lengths[algorithm] : 0;
}

static enum st_status start_libcrypto(st_digest *digest) {
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    enum st_status status = ST_OK;
    lib->ERR_set_mark();
    const EVP_MD *md = st_libcrypto_digest(lib, digest->algorithm);
    digest->evp = lib->EVP_MD_CTX_new();
    if (digest->evp == NULL) {
        status = ST_ERR_MEMORY;
    } else if (md == NULL || lib->EVP_DigestInit_ex(digest->evp, md, NULL) != 1) {
        status = ST_ERR_NOT_SUPPORTED; /* its policy forbids the digest: a FIPS provider has no MD5 */
    }
    lib->ERR_pop_to_mark();
    return status;
}

/* A digest without its context yet. */
static enum st_status allocate(st_digest **digest, int algorithm) {
    if (digest == NULL) {
        return ST_ERR_ARGUMENT;
    }
    *digest = NULL;
    if (st_digest_len(algorithm) == 0) {
        return ST_ERR_ARGUMENT;
    }
    *digest = calloc(1, sizeof **digest);
    if (*digest == NULL) {
        return ST_ERR_MEMORY;
    }
    (*digest)->algorithm = algorithm;
    return ST_OK;
}

/* Keep the digest that was started, or free it. */
static enum st_status started(st_digest **digest, enum st_status status) {
    if (status == ST_OK) {
        (*digest)->running = 1;
    } else {
        st_digest_free(*digest);
        *digest = NULL;
    }
    return status;
}

enum st_status st_digest_new(st_digest **digest, int algorithm) {
    enum st_status status = allocate(digest, algorithm);
    if (status != ST_OK) {
        return status;
    }
    if (algorithm != ST_SM3) {
        status = start_libcrypto(*digest);
    } else if (gmpki_sm3_init(&(*digest)->sm3) != GMPKI_OK) {
        status = ST_ERR_FAILED;
    }
    return started(digest, status);
}

enum st_status st_digest_new_sm2(st_digest **digest, const uint8_t point[GMPKI_SM2_POINT_LEN], const uint8_t *user_id,
                                 size_t user_id_len) {
    enum st_status status = allocate(digest, ST_SM3);
    if (status != ST_OK) {
        return status;
    }
    gmpki_sm2_public_key key;
    if (point == NULL || (user_id == NULL && user_id_len != 0)) {
        status = ST_ERR_ARGUMENT;
    } else if (user_id_len > GMPKI_SM2_MAX_USER_ID_LEN) {
        status = ST_ERR_INPUT_LEN;
    } else {
        int core = gmpki_sm2_public_key_load(&key, point, GMPKI_SM2_POINT_LEN);
        if (core == GMPKI_OK) {
            core = gmpki_sm2_digest_init(&(*digest)->sm3, &key, user_id, user_id_len);
        }
        status = core == GMPKI_OK ? ST_OK : core == GMPKI_ERR_POINT ? ST_ERR_INPUT : ST_ERR_FAILED;
    }
    return started(digest, status);
}

static enum st_status end(st_digest *digest, enum st_status status) {
    if (digest->evp != NULL) {
        st_libcrypto_get()->EVP_MD_CTX_free(digest->evp);
        digest->evp = NULL;
    }
    gmpki_cleanse(&digest->sm3, sizeof digest->sm3);
    digest->running = 0;
    return status;
}

void st_digest_free(st_digest *digest) {
    if (digest != NULL) {
        end(digest, ST_OK);
        free(digest);
    }
}

enum st_status st_digest_update(st_digest *digest, const uint8_t *data, size_t len) {
    if (digest == NULL || (data == NULL && len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    if (!digest->running) {
        return ST_ERR_STATE;
    }
    int right = digest->evp == NULL ? gmpki_sm3_update(&digest->sm3, data, len) == GMPKI_OK
                                    : st_libcrypto_get()->EVP_DigestUpdate(digest->evp, data, len) == 1;
    return right ? ST_OK : end(digest, ST_ERR_FAILED);
}

enum st_status st_digest_final(st_digest *digest, uint8_t *out, size_t *out_len) {
    if (digest == NULL || out_len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (!digest->running) {
        return ST_ERR_STATE;
    }
    size_t room = *out_len;
    *out_len = st_digest_len(digest->algorithm);
    if (out == NULL) {
        return ST_OK;
    }
    if (room < *out_len) {
        return ST_ERR_BUFFER;
    }
    int right = digest->evp == NULL ? gmpki_sm3_final(&digest->sm3, out) == GMPKI_OK
                                    : st_libcrypto_get()->EVP_DigestFinal_ex(digest->evp, out, NULL) == 1;
    return end(digest, right ? ST_OK : ST_ERR_FAILED);
}

enum st_status st_digest_once(int algorithm, uint8_t *out, const uint8_t *data, size_t len) {
    st_digest *digest = NULL;
    size_t out_len = st_digest_len(algorithm);
    if (out == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_digest_new(&digest, algorithm);
    if (status == ST_OK) {
        status = st_digest_update(digest, data, len);
    }
    if (status == ST_OK) {
        status = st_digest_final(digest, out, &out_len);
    }
    st_digest_free(digest);
    return status;
}
