/* SKF: session keys, how they come and go (GM/T 0016-2012 7.6.7, 7.6.12, 7.6.18, 7.6.35). */
#include <string.h>

#include "gmpki/rand.h"
#include "softtoken/skf_blobs.h"
#include "softtoken/skf_key.h"

/* ---- algorithms ------------------------------------------------------------------------ */

/* The families of numbers: all but the last byte, which is the mode (GB/T 33560). */
static const struct {
    ULONG family;
    int cipher;
    size_t key_len;
} families[] = {
    {SGD_SM4_ECB & ~0xFFU, ST_SM4, 16}, {SGD_SOFT_DES, ST_DES, 8},      {SGD_SOFT_3DES_112, ST_DES3, 16},
    {SGD_SOFT_3DES_168, ST_DES3, 24},   {SGD_SOFT_AES_128, ST_AES, 16}, {SGD_SOFT_AES_192, ST_AES, 24},
    {SGD_SOFT_AES_256, ST_AES, 32},
};

static const struct {
    ULONG bits;
    int mode;
} modes[] = {
    {SGD_SM4_ECB & 0xFF, ST_ECB}, {SGD_SM4_CBC & 0xFF, ST_CBC},          {SGD_SM4_CFB & 0xFF, ST_CFB},
    {SGD_SM4_OFB & 0xFF, ST_OFB}, {SGD_SM4_MAC & 0xFF, ST_SKF_MAC_MODE},
};

enum st_status st_skf_algorithm_find(st_skf_algorithm *algorithm, ULONG number) {
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
            if (number == (families[f].family | modes[m].bits)) {
                algorithm->cipher = families[f].cipher;
                algorithm->key_len = families[f].key_len;
                algorithm->mode = modes[m].mode;
                return ST_OK;
            }
        }
    }
    return ST_ERR_NOT_SUPPORTED;
}

enum st_status st_skf_ecb_decrypt(ULONG number, const uint8_t *key, size_t key_len, uint8_t *out, const uint8_t *in,
                                  size_t len) {
    st_skf_algorithm algorithm;
    enum st_status status = st_skf_algorithm_find(&algorithm, number);
    if (status == ST_OK && algorithm.mode != ST_ECB) {
        status = ST_ERR_ARGUMENT;
    }
    if (status == ST_OK && key_len != algorithm.key_len) {
        status = ST_ERR_INPUT;
    }
    if (status == ST_OK) {
        st_cipher_spec spec = {.algorithm = algorithm.cipher,
                               .mode = ST_ECB,
                               .direction = ST_DECRYPT,
                               .padding = ST_NO_PADDING,
                               .key = key,
                               .key_len = key_len};
        size_t out_len = len;
        status = st_cipher_once(&spec, out, &out_len, in, len);
    }
    return status;
}

/* ---- making ---------------------------------------------------------------------------- */

enum st_status st_skf_key_make(st_skf_object *object, ULONG number, const uint8_t *value, size_t len, HANDLE *handle) {
    st_skf_algorithm algorithm;
    st_device_info info;
    enum st_status status = st_skf_algorithm_find(&algorithm, number);
    if (status == ST_OK && len != algorithm.key_len) {
        status = ST_ERR_KEY_LEN;
    }
    if (status == ST_OK) {
        status = st_device_get_info(object->device, &info);
    }
    if (status != ST_OK) {
        return status;
    }
    st_skf_object *key = st_skf_new(ST_SKF_KEY, object->connection);
    if (key == NULL) {
        return ST_ERR_MEMORY;
    }
    key->as.key.algorithm = number;
    memcpy(key->as.key.value, value, len);
    key->as.key.len = len;
    return st_skf_publish(key, info.max_session_keys, handle);
}

/* A new random key of an algorithm. */
static enum st_status random_key(ULONG number, uint8_t value[ST_MAX_CIPHER_KEY_LEN], size_t *len) {
    st_skf_algorithm algorithm;
    enum st_status status = st_skf_algorithm_find(&algorithm, number);
    if (status == ST_OK) {
        *len = algorithm.key_len;
        status = st_skf_from_core(gmpki_random(value, algorithm.key_len));
    }
    return status;
}

ULONG DEVAPI SKF_SetSymmKey(DEVHANDLE hDev, BYTE *pbKey, ULONG ulAlgID, HANDLE *phKey) {
    st_skf_algorithm algorithm;
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pbKey == NULL || phKey == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_skf_algorithm_find(&algorithm, ulAlgID);
    if (status == ST_OK) {
        status = st_skf_key_make(object, ulAlgID, pbKey, algorithm.key_len, phKey);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_ECCExportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pPubKey,
                                     ECCCIPHERBLOB *pData, HANDLE *phSessionKey) {
    uint8_t value[ST_MAX_CIPHER_KEY_LEN];
    size_t len = 0;
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pPubKey == NULL || pData == NULL || phSessionKey == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = random_key(ulAlgId, value, &len);
    if (status == ST_OK) {
        status = st_skf_cipher_make(pData, pPubKey, value, len);
    }
    if (status == ST_OK) {
        status = st_skf_key_make(object, ulAlgId, value, len, phSessionKey);
    }
    gmpki_cleanse(value, sizeof value);
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_RSAExportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, RSAPUBLICKEYBLOB *pPubKey, BYTE *pbData,
                                     ULONG *pulDataLen, HANDLE *phSessionKey) {
    uint8_t value[ST_MAX_CIPHER_KEY_LEN];
    size_t len = 0;
    st_rsa_public_key recipient;
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pPubKey == NULL || pulDataLen == NULL || (pbData != NULL && phSessionKey == NULL)) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    size_t data_len = pbData == NULL ? 0 : *pulDataLen;
    enum st_status status = st_skf_rsa_public_read(&recipient, pPubKey);
    if (status == ST_OK) {
        status = random_key(ulAlgId, value, &len);
    }
    if (status == ST_OK) {
        status = st_rsa_encrypt(&recipient, pbData, &data_len, value, len);
        status = st_skf_length(pulDataLen, data_len, status);
    }
    if (status == ST_OK && pbData != NULL) {
        status = st_skf_key_make(object, ulAlgId, value, len, phSessionKey);
    }
    gmpki_cleanse(value, sizeof value);
    return st_skf_leave(object, status);
}

/* ---- importing ------------------------------------------------------------------------- */

/* The wrapped form of an SM2 container: an ECCCIPHERBLOB with its tail, all within the length given. */
static enum st_status unwrap_sm2(const st_skf_object *object, const BYTE *wrapped, size_t wrapped_len, uint8_t *value,
                                 size_t *len) {
    uint8_t ciphertext[ST_SKF_CIPHER_OVERHEAD + ST_SKF_MAX_ECC_PLAINTEXT];
    size_t ciphertext_len = 0;
    const ECCCIPHERBLOB *blob = (const ECCCIPHERBLOB *)wrapped; /* packed: any address will do */
    size_t head = offsetof(ECCCIPHERBLOB, Cipher);
    if (wrapped_len <= head || blob->CipherLen > wrapped_len - head) {
        return ST_ERR_INPUT_LEN;
    }
    enum st_status status = st_skf_cipher_read(ciphertext, &ciphertext_len, blob);
    if (status == ST_OK) {
        status = st_key_sm2_decrypt(object->device, object->application, object->container, ST_ENCRYPTION, ciphertext,
                                    ciphertext_len, value, len);
    }
    return status;
}

ULONG DEVAPI SKF_ImportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, BYTE *pbWrapedData, ULONG ulWrapedLen,
                                  HANDLE *phKey) {
    uint8_t value[ST_RSA_PRIVATE_MAX_LEN]; /* as much as RSA can carry; what is too long for a key is refused */
    size_t len = sizeof value;
    st_skf_algorithm algorithm;
    st_public_key key;
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pbWrapedData == NULL || phKey == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_skf_algorithm_find(&algorithm, ulAlgId);
    if (status == ST_OK) {
        status = st_key_public(object->device, object->application, object->container, ST_ENCRYPTION, &key);
    }
    if (status == ST_OK && key.kind == ST_SM2) {
        status = unwrap_sm2(object, pbWrapedData, ulWrapedLen, value, &len);
    } else if (status == ST_OK) {
        status = st_key_rsa_decrypt(object->device, object->application, object->container, ST_ENCRYPTION, value, &len,
                                    pbWrapedData, ulWrapedLen);
    }
    if (status == ST_ERR_BUFFER || (status == ST_OK && len != algorithm.key_len)) {
        status = ST_ERR_INPUT; /* it was decrypted, and is no key of this algorithm */
    }
    if (status == ST_OK) {
        status = st_skf_key_make(object, ulAlgId, value, len, phKey);
    }
    gmpki_cleanse(value, sizeof value);
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_CloseHandle(HANDLE hHandle) {
    return st_skf_close(hHandle, ST_SKF_KEY | ST_SKF_DIGEST | ST_SKF_MAC | ST_SKF_AGREEMENT);
}
