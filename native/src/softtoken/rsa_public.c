/* RSA with public keys: verifying and encrypting (RFC 8017 7 and 8). */
#include "common/bytes.h"
#include "common/ct.h"
#include "gmpki/common.h"
#include "softtoken/rsa_key.h"

/* Undo a signature: ST_ERR_SIGNATURE for one of the wrong length or not below the modulus. */
static enum st_status open_signature(const st_rsa_public_key *key, uint8_t *block, const uint8_t *signature,
                                     size_t signature_len) {
    if (signature == NULL && signature_len != 0) {
        return ST_ERR_ARGUMENT;
    }
    if (signature_len != key->bits / 8) {
        return ST_ERR_SIGNATURE;
    }
    enum st_status status = st_rsa_raw_public(key, block, signature, signature_len);
    return status == ST_ERR_INPUT ? ST_ERR_SIGNATURE : status;
}

/* The padded message is made anew and compared whole, so no parser can be lenient. */
enum st_status st_rsa_verify(const st_rsa_public_key *key, const uint8_t *data, size_t len, const uint8_t *signature,
                             size_t signature_len) {
    enum st_status status = st_rsa_check_public(key);
    if (status != ST_OK) {
        return status;
    }
    uint8_t expected[ST_RSA_MAX_LEN];
    uint8_t found[ST_RSA_MAX_LEN];
    status = st_rsa_pad_signature(expected, key->bits / 8, data, len);
    if (status == ST_OK) {
        status = open_signature(key, found, signature, signature_len);
    }
    if (status == ST_OK && difference(expected, found, key->bits / 8) != 0) {
        status = ST_ERR_SIGNATURE;
    }
    return status;
}

enum st_status st_rsa_verify_pss(const st_rsa_public_key *key, const st_pss *pss, const uint8_t *digest,
                                 size_t digest_len, const uint8_t *signature, size_t signature_len) {
    enum st_status status = digest == NULL ? ST_ERR_ARGUMENT : st_rsa_check_public(key);
    if (status != ST_OK) {
        return status;
    }
    const st_libcrypto *lib = st_libcrypto_get();
    if (lib == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    uint8_t block[ST_RSA_MAX_LEN];
    status = st_rsa_check_pss(lib, pss, key->bits / 8, digest_len);
    if (status == ST_OK) {
        status = open_signature(key, block, signature, signature_len);
    }
    if (status != ST_OK) {
        return status;
    }
    lib->ERR_set_mark();
    RSA *rsa = st_rsa_load_public(lib, key);
    if (rsa == NULL) {
        status = ST_ERR_MEMORY;
    } else if (lib->RSA_verify_PKCS1_PSS_mgf1(rsa, digest, st_rsa_hash(lib, pss->digest),
                                              st_rsa_hash(lib, pss->mgf_digest), block, (int)pss->salt_len) != 1) {
        status = ST_ERR_SIGNATURE;
    }
    lib->RSA_free(rsa);
    lib->ERR_pop_to_mark();
    return status;
}

/* What both encryptions ask first; a query (out NULL) has its answer then. */
static enum st_status begin_encryption(const st_rsa_public_key *key, const st_libcrypto **lib, const uint8_t *out,
                                       size_t *out_len, const uint8_t *data, size_t len) {
    enum st_status status = out_len == NULL || (data == NULL && len != 0) ? ST_ERR_ARGUMENT : st_rsa_check_public(key);
    *lib = st_libcrypto_get();
    if (status == ST_OK && *lib == NULL) {
        status = ST_ERR_NOT_SUPPORTED;
    }
    if (status == ST_OK) {
        size_t room = *out_len;
        *out_len = key->bits / 8;
        status = out != NULL && room < *out_len ? ST_ERR_BUFFER : ST_OK;
    }
    return status;
}

static const uint8_t nothing[1]; /* an empty message still has an address */

enum st_status st_rsa_encrypt(const st_rsa_public_key *key, uint8_t *out, size_t *out_len, const uint8_t *data,
                              size_t len) {
    const st_libcrypto *lib = NULL;
    enum st_status status = begin_encryption(key, &lib, out, out_len, data, len);
    if (status != ST_OK || out == NULL) {
        return status;
    }
    if (len > *out_len - ST_RSA_PKCS1_OVERHEAD) {
        return ST_ERR_INPUT_LEN;
    }
    lib->ERR_set_mark();
    RSA *rsa = st_rsa_load_public(lib, key);
    if (rsa == NULL) {
        status = ST_ERR_MEMORY;
    } else if (lib->RSA_public_encrypt((int)len, len != 0 ? data : nothing, out, rsa, RSA_PKCS1_PADDING) !=
               (int)*out_len) {
        status = ST_ERR_FAILED;
    }
    lib->RSA_free(rsa);
    lib->ERR_pop_to_mark();
    return status;
}

enum st_status st_rsa_encrypt_oaep(const st_rsa_public_key *key, const st_oaep *oaep, uint8_t *out, size_t *out_len,
                                   const uint8_t *data, size_t len) {
    const st_libcrypto *lib = NULL;
    size_t max_len = 0;
    enum st_status status = begin_encryption(key, &lib, out, out_len, data, len);
    if (status == ST_OK) {
        status = st_rsa_check_oaep(lib, oaep, *out_len, &max_len);
    }
    if (status != ST_OK || out == NULL) {
        return status;
    }
    if (len > max_len) {
        return ST_ERR_INPUT_LEN;
    }
    uint8_t block[ST_RSA_MAX_LEN];
    lib->ERR_set_mark();
    int padded = lib->RSA_padding_add_PKCS1_OAEP_mgf1(block, (int)*out_len, len != 0 ? data : nothing, (int)len,
                                                      oaep->label, (int)oaep->label_len, st_rsa_hash(lib, oaep->digest),
                                                      st_rsa_hash(lib, oaep->mgf_digest));
    lib->ERR_pop_to_mark();
    status = padded == 1 ? st_rsa_raw_public(key, out, block, *out_len) : ST_ERR_FAILED;
    gmpki_cleanse(block, sizeof block);
    return status;
}
