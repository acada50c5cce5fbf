/* SKF: RSA with the keys of containers, and with keys from outside (GM/T 0016-2012 7.6.3 to 7.6.6). */
#include "softtoken/skf_blobs.h"
#include "softtoken/skf_key.h"

/* The one code for a size of RSA keys that is not offered. */
static ULONG leave(st_skf_object *object, enum st_status status) {
    ULONG code = st_skf_leave(object, status);
    return code == SAR_MODULUSLENERR ? SAR_RSAMODULUSLENERR : code;
}

/* ---- pairs of containers --------------------------------------------------------------- */

ULONG DEVAPI SKF_GenRSAKeyPair(HCONTAINER hContainer, ULONG ulBitsLen, RSAPUBLICKEYBLOB *pBlob) {
    st_public_key key;
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pBlob == NULL ? ST_ERR_ARGUMENT
                                          : st_key_generate_rsa(object->device, object->application, object->container,
                                                                ST_SIGNING, ulBitsLen, &key);
    if (status == ST_OK) {
        st_skf_rsa_public_write(pBlob, &key.rsa);
    }
    return leave(object, status);
}

/* Behind the key may stand what made its encoding a whole number of blocks: PKCS#7 padding, or zeros. */
static int is_filling(const uint8_t *data, size_t len) {
    if (len == 0) {
        return 1;
    }
    uint8_t value = data[0];
    int same = len <= ST_MAX_BLOCK_LEN && (value == 0 || value == len);
    for (size_t i = 1; same && i < len; i++) {
        same = data[i] == value;
    }
    return same;
}

/* Decrypt and decode an RSAPrivateKey (RFC 8017 A.1.2). */
static enum st_status open_private_key(ULONG number, const uint8_t *key, size_t key_len, const BYTE *data, size_t len,
                                       st_rsa_key *out) {
    uint8_t der[ST_RSA_PRIVATE_DER_MAX + ST_MAX_BLOCK_LEN];
    size_t used = 0;
    if (len == 0 || len > sizeof der) {
        return ST_ERR_INPUT_LEN;
    }
    enum st_status status = st_skf_ecb_decrypt(number, key, key_len, der, data, len);
    if (status == ST_OK) {
        status = st_rsa_decode(out, &used, der, len);
    }
    if (status == ST_OK && !is_filling(der + used, len - used)) {
        status = ST_ERR_INPUT;
    }
    gmpki_cleanse(der, sizeof der);
    return status;
}

ULONG DEVAPI SKF_ImportRSAKeyPair(HCONTAINER hContainer, ULONG ulSymAlgId, BYTE *pbWrappedKey, ULONG ulWrappedKeyLen,
                                  BYTE *pbEncryptedData, ULONG ulEncryptedDataLen) {
    uint8_t key[ST_RSA_PRIVATE_MAX_LEN];
    size_t key_len = sizeof key;
    st_rsa_key pair;
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pbWrappedKey == NULL || pbEncryptedData == NULL) {
        return leave(object, ST_ERR_ARGUMENT);
    }
    st_skf_algorithm algorithm;
    enum st_status status = st_skf_algorithm_find(&algorithm, ulSymAlgId);
    if (status == ST_OK) {
        status = st_key_rsa_decrypt(object->device, object->application, object->container, ST_SIGNING, key, &key_len,
                                    pbWrappedKey, ulWrappedKeyLen);
    }
    if (status == ST_OK) {
        status = open_private_key(ulSymAlgId, key, key_len, pbEncryptedData, ulEncryptedDataLen, &pair);
    }
    if (status == ST_OK) {
        status = st_key_import_rsa(object->device, object->application, object->container, ST_ENCRYPTION, &pair);
    }
    gmpki_cleanse(key, sizeof key);
    gmpki_cleanse(&pair, sizeof pair);
    return leave(object, status);
}

ULONG DEVAPI SKF_RSASignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, BYTE *pbSignature,
                             ULONG *pulSignLen) {
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pbData == NULL || pulSignLen == NULL) {
        return leave(object, ST_ERR_ARGUMENT);
    }
    size_t len = pbSignature == NULL ? 0 : *pulSignLen;
    enum st_status status = st_key_rsa_sign(object->device, object->application, object->container, ST_SIGNING,
                                            pbSignature, &len, pbData, ulDataLen);
    return leave(object, st_skf_length(pulSignLen, len, status));
}

/* ---- keys from outside ----------------------------------------------------------------- */

ULONG DEVAPI SKF_RSAVerify(DEVHANDLE hDev, RSAPUBLICKEYBLOB *pRSAPubKeyBlob, BYTE *pbData, ULONG ulDataLen,
                           BYTE *pbSignature, ULONG ulSignLen) {
    st_rsa_public_key key;
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pbData == NULL || pbSignature == NULL ? ST_ERR_ARGUMENT : st_skf_touch(object);
    if (status == ST_OK) {
        status = st_skf_rsa_public_read(&key, pRSAPubKeyBlob);
    }
    if (status == ST_OK) {
        status = st_rsa_verify(&key, pbData, ulDataLen, pbSignature, ulSignLen);
    }
    return leave(object, status);
}

ULONG DEVAPI SKF_GenExtRSAKey(DEVHANDLE hDev, ULONG ulBitsLen, RSAPRIVATEKEYBLOB *pBlob) {
    st_rsa_key key;
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pBlob == NULL ? ST_ERR_ARGUMENT : st_skf_touch(object);
    if (status == ST_OK) {
        status = st_rsa_generate(&key, ulBitsLen);
    }
    if (status == ST_OK) {
        st_skf_rsa_private_write(pBlob, &key);
    }
    gmpki_cleanse(&key, sizeof key);
    return leave(object, status);
}

ULONG DEVAPI SKF_ExtRSAPubKeyOperation(DEVHANDLE hDev, RSAPUBLICKEYBLOB *pRSAPubKeyBlob, BYTE *pbInput,
                                       ULONG ulInputLen, BYTE *pbOutput, ULONG *pulOutputLen) {
    uint8_t result[ST_RSA_MAX_LEN];
    st_rsa_public_key key;
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pbInput == NULL || pulOutputLen == NULL ? ST_ERR_ARGUMENT : st_skf_touch(object);
    if (status == ST_OK) {
        status = st_skf_rsa_public_read(&key, pRSAPubKeyBlob);
    }
    if (status == ST_OK) { /* a size query is answered last, so that it tells of a bad input too */
        status = st_rsa_raw_public(&key, result, pbInput, ulInputLen);
    }
    if (status == ST_OK) {
        status = st_skf_bytes(pbOutput, pulOutputLen, result, key.bits / 8);
    }
    return leave(object, status);
}

ULONG DEVAPI SKF_ExtRSAPriKeyOperation(DEVHANDLE hDev, RSAPRIVATEKEYBLOB *pRSAPriKeyBlob, BYTE *pbInput,
                                       ULONG ulInputLen, BYTE *pbOutput, ULONG *pulOutputLen) {
    uint8_t result[ST_RSA_PRIVATE_MAX_LEN];
    st_rsa_key key;
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pbInput == NULL || pulOutputLen == NULL ? ST_ERR_ARGUMENT : st_skf_touch(object);
    if (status == ST_OK) {
        status = st_skf_rsa_private_read(&key, pRSAPriKeyBlob);
    }
    if (status == ST_OK) {
        status = st_rsa_raw_private(&key, result, pbInput, ulInputLen);
    }
    if (status == ST_OK) {
        status = st_skf_bytes(pbOutput, pulOutputLen, result, key.bits / 8);
    }
    gmpki_cleanse(result, sizeof result);
    gmpki_cleanse(&key, sizeof key);
    return leave(object, status);
}
