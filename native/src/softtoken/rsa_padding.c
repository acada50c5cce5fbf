/* RSA padding (RFC 8017): what stands before and after the private operation. */
#include <limits.h>

#include "common/bytes.h"
#include "gmpki/common.h"
#include "softtoken/rsa_key.h"

enum { DIGEST_INFO_HEAD_MAX = 19 };

/* The DER of DigestInfo up to the digest itself: RFC 8017 9.2, note 1; SM3 has the OID 1.2.156.10197.1.401. */
static const struct head {
    uint8_t len;
    uint8_t bytes[DIGEST_INFO_HEAD_MAX];
} heads[] = {
    [ST_SM3] = {18,
                {0x30, 0x30, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 0x01, 0x83, 0x11, 0x05, 0x00, 0x04,
                 0x20}},
    [ST_MD5] = {18,
                {0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04,
                 0x10}},
    [ST_SHA1] = {15, {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14}},
    [ST_SHA256] = {19,
                   {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
                    0x00, 0x04, 0x20}},
    [ST_SHA384] = {19,
                   {0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05,
                    0x00, 0x04, 0x30}},
    [ST_SHA512] = {19,
                   {0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05,
                    0x00, 0x04, 0x40}},
};

enum st_status st_rsa_digest_info(int digest_algorithm, uint8_t *out, size_t *out_len, const uint8_t *digest,
                                  size_t digest_len) {
    if (st_digest_len(digest_algorithm) == 0 || out_len == NULL || (digest == NULL && digest_len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    if (digest_len != st_digest_len(digest_algorithm)) {
        return ST_ERR_INPUT_LEN;
    }
    const struct head *head = &heads[digest_algorithm];
    size_t room = *out_len;
    *out_len = head->len + digest_len;
    if (out == NULL) {
        return ST_OK;
    }
    if (room < *out_len) {
        return ST_ERR_BUFFER;
    }
    memcpy(out, head->bytes, head->len);
    memcpy(out + head->len, digest, digest_len);
    return ST_OK;
}

/* What every padding asks: a block as long as a modulus that is offered, and libcrypto. */
static enum st_status check_block(const st_libcrypto **lib, const uint8_t *block, size_t block_len) {
    *lib = NULL;
    if (block == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (block_len < ST_RSA_MIN_LEN || block_len > ST_RSA_MAX_LEN) {
        return ST_ERR_KEY_LEN;
    }
    *lib = st_libcrypto_get();
    return *lib != NULL ? ST_OK : ST_ERR_NOT_SUPPORTED;
}

enum st_status st_rsa_pad_signature(uint8_t *block, size_t block_len, const uint8_t *data, size_t len) {
    static const uint8_t nothing[1]; /* an empty message still has an address */
    if (data == NULL && len != 0) {
        return ST_ERR_ARGUMENT;
    }
    const st_libcrypto *lib = NULL;
    enum st_status status = check_block(&lib, block, block_len);
    if (status != ST_OK) {
        return status;
    }
    if (len > block_len - ST_RSA_PKCS1_OVERHEAD) {
        return ST_ERR_INPUT_LEN;
    }
    int right = lib->RSA_padding_add_PKCS1_type_1(block, (int)block_len, len != 0 ? data : nothing, (int)len) == 1;
    return right ? ST_OK : ST_ERR_FAILED;
}

/* The answer to a query, or the message, whose length is negative when the padding is wrong. */
static enum st_status deliver(uint8_t *out, size_t *out_len, const uint8_t *message, int len) {
    if (len < 0) {
        return ST_ERR_DECRYPT;
    }
    size_t room = *out_len;
    *out_len = (size_t)len;
    if (room < *out_len) {
        return ST_ERR_BUFFER;
    }
    copy_bytes(out, message, *out_len);
    return ST_OK;
}

enum st_status st_rsa_unpad(const uint8_t *block, size_t block_len, uint8_t *out, size_t *out_len) {
    if (out_len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    const st_libcrypto *lib = NULL;
    enum st_status status = check_block(&lib, block, block_len);
    if (status != ST_OK) {
        return status;
    }
    if (out == NULL) {
        *out_len = block_len - ST_RSA_PKCS1_OVERHEAD;
        return ST_OK;
    }
    uint8_t message[ST_RSA_MAX_LEN];
    lib->ERR_set_mark();
    int len = lib->RSA_padding_check_PKCS1_type_2(message, sizeof message, block, (int)block_len, (int)block_len);
    lib->ERR_pop_to_mark();
    status = deliver(out, out_len, message, len);
    gmpki_cleanse(message, sizeof message);
    return status;
}

const EVP_MD *st_rsa_hash(const st_libcrypto *lib, int digest_algorithm) {
    int offered = digest_algorithm >= ST_SHA1 && digest_algorithm <= ST_SHA512;
    return offered ? st_libcrypto_digest(lib, digest_algorithm) : NULL;
}

enum st_status st_rsa_check_oaep(const st_libcrypto *lib, const st_oaep *oaep, size_t block_len, size_t *max_len) {
    if (oaep == NULL || (oaep->label == NULL && oaep->label_len != 0)) {
        return ST_ERR_ARGUMENT;
    }
    if (st_rsa_hash(lib, oaep->digest) == NULL || st_rsa_hash(lib, oaep->mgf_digest) == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    if (oaep->label_len > INT_MAX) {
        return ST_ERR_INPUT_LEN;
    }
    size_t overhead = 2 * st_digest_len(oaep->digest) + 2;
    if (block_len < overhead) {
        return ST_ERR_KEY_LEN;
    }
    *max_len = block_len - overhead;
    return ST_OK;
}

enum st_status st_rsa_unpad_oaep(const st_oaep *oaep, const uint8_t *block, size_t block_len, uint8_t *out,
                                 size_t *out_len) {
    if (out_len == NULL) {
        return ST_ERR_ARGUMENT;
    }
    const st_libcrypto *lib = NULL;
    size_t max_len = 0;
    enum st_status status = check_block(&lib, block, block_len);
    if (status == ST_OK) {
        status = st_rsa_check_oaep(lib, oaep, block_len, &max_len);
    }
    if (status != ST_OK) {
        return status;
    }
    if (out == NULL) {
        *out_len = max_len;
        return ST_OK;
    }
    uint8_t message[ST_RSA_MAX_LEN];
    lib->ERR_set_mark();
    int len = lib->RSA_padding_check_PKCS1_OAEP_mgf1(message, sizeof message, block, (int)block_len, (int)block_len,
                                                     oaep->label, (int)oaep->label_len, st_rsa_hash(lib, oaep->digest),
                                                     st_rsa_hash(lib, oaep->mgf_digest));
    lib->ERR_pop_to_mark();
    status = deliver(out, out_len, message, len);
    gmpki_cleanse(message, sizeof message);
    return status;
}

enum st_status st_rsa_check_pss(const st_libcrypto *lib, const st_pss *pss, size_t block_len, size_t digest_len) {
    if (pss == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (st_rsa_hash(lib, pss->digest) == NULL || st_rsa_hash(lib, pss->mgf_digest) == NULL) {
        return ST_ERR_NOT_SUPPORTED;
    }
    if (digest_len != st_digest_len(pss->digest)) {
        return ST_ERR_INPUT_LEN;
    }
    /* Moduli have whole bytes, so the encoded message is as long as the modulus and one bit short. */
    int fits = pss->salt_len <= block_len && digest_len + pss->salt_len + 2 <= block_len;
    return fits ? ST_OK : ST_ERR_KEY_LEN;
}

enum st_status st_rsa_pad_pss(const st_rsa_public_key *key, const st_pss *pss, uint8_t *block, const uint8_t *digest,
                              size_t digest_len) {
    enum st_status status = digest == NULL ? ST_ERR_ARGUMENT : st_rsa_check_public(key);
    const st_libcrypto *lib = NULL;
    if (status == ST_OK) {
        status = check_block(&lib, block, key->bits / 8);
    }
    if (status == ST_OK) {
        status = st_rsa_check_pss(lib, pss, key->bits / 8, digest_len);
    }
    if (status != ST_OK) {
        return status;
    }
    lib->ERR_set_mark();
    RSA *rsa = st_rsa_load_public(lib, key);
    if (rsa == NULL) {
        status = ST_ERR_MEMORY;
    } else if (lib->RSA_padding_add_PKCS1_PSS_mgf1(rsa, block, digest, st_rsa_hash(lib, pss->digest),
                                                   st_rsa_hash(lib, pss->mgf_digest), (int)pss->salt_len) != 1) {
        status = ST_ERR_FAILED;
    }
    lib->RSA_free(rsa);
    lib->ERR_pop_to_mark();
    return status;
}
