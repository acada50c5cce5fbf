/* SKF: encryption and decryption with session keys (GM/T 0016-2012 7.6.19 to 7.6.26). */
#include "softtoken/skf_key.h"

/* Make the running cipher that an Init asks for. */
static enum st_status make_cipher(st_cipher **cipher, const st_skf_key *key, int direction,
                                  const BLOCKCIPHERPARAM *param) {
    st_skf_algorithm algorithm;
    enum st_status status = st_skf_algorithm_find(&algorithm, key->algorithm);
    if (status != ST_OK) {
        return status;
    }
    if (algorithm.mode == ST_SKF_MAC_MODE) {
        return ST_ERR_KEY_USAGE;
    }
    if (param->IVLen > MAX_IV_LEN ||
        (param->PaddingType != SKF_PADDING_NONE && param->PaddingType != SKF_PADDING_PKCS5)) {
        return ST_ERR_ARGUMENT;
    }
    size_t block_bits = 8 * st_cipher_block_len(algorithm.cipher);
    if (algorithm.mode == ST_OFB && param->FeedBitLen != 0 && param->FeedBitLen != block_bits) {
        return ST_ERR_NOT_SUPPORTED;
    }
    st_cipher_spec spec = {.algorithm = algorithm.cipher,
                           .mode = algorithm.mode,
                           .direction = direction,
                           .padding = param->PaddingType == SKF_PADDING_PKCS5 ? ST_PKCS7 : ST_NO_PADDING,
                           .feedback_bits = param->FeedBitLen,
                           .key = key->value,
                           .key_len = key->len,
                           .iv = param->IVLen == 0 ? NULL : param->IV,
                           .iv_len = param->IVLen};
    return st_cipher_new(cipher, &spec);
}

static st_cipher **cipher_of(st_skf_object *object, int direction) {
    return direction == ST_ENCRYPT ? &object->as.key.encryption : &object->as.key.decryption;
}

static ULONG init(HANDLE handle, int direction, const BLOCKCIPHERPARAM *param) {
    st_cipher *cipher = NULL;
    st_skf_object *object = st_skf_enter(handle, ST_SKF_KEY);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = st_skf_touch(object);
    if (status == ST_OK) {
        status = make_cipher(&cipher, &object->as.key, direction, param);
    }
    if (status == ST_OK) {
        pthread_mutex_lock(&object->lock);
        st_cipher_free(*cipher_of(object, direction));
        *cipher_of(object, direction) = cipher;
        pthread_mutex_unlock(&object->lock);
    }
    return st_skf_leave(object, status);
}

/* One step of a running cipher. */
typedef enum st_status step(st_cipher *cipher, uint8_t *out, size_t *out_len, const uint8_t *in, size_t in_len);

static enum st_status last_step(st_cipher *cipher, uint8_t *out, size_t *out_len, const uint8_t *in, size_t in_len) {
    (void)in;
    (void)in_len;
    return st_cipher_final(cipher, out, out_len);
}

static ULONG run(HANDLE handle, int direction, step *next, const BYTE *in, ULONG in_len, BYTE *out, ULONG *out_len) {
    st_skf_object *object = st_skf_enter(handle, ST_SKF_KEY);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (out_len == NULL || (in == NULL && in_len != 0)) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    enum st_status status = st_skf_touch(object);
    if (status == ST_OK) {
        size_t len = out == NULL ? 0 : *out_len;
        pthread_mutex_lock(&object->lock);
        st_cipher *cipher = *cipher_of(object, direction);
        status = cipher == NULL ? ST_ERR_STATE : next(cipher, out, &len, in, in_len);
        pthread_mutex_unlock(&object->lock);
        status = st_skf_length(out_len, len, status);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_EncryptInit(HANDLE hKey, BLOCKCIPHERPARAM EncryptParam) {
    return init(hKey, ST_ENCRYPT, &EncryptParam);
}

ULONG DEVAPI SKF_Encrypt(HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData, ULONG *pulEncryptedLen) {
    return run(hKey, ST_ENCRYPT, st_cipher_crypt, pbData, ulDataLen, pbEncryptedData, pulEncryptedLen);
}

ULONG DEVAPI SKF_EncryptUpdate(HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData,
                               ULONG *pulEncryptedLen) {
    return run(hKey, ST_ENCRYPT, st_cipher_update, pbData, ulDataLen, pbEncryptedData, pulEncryptedLen);
}

ULONG DEVAPI SKF_EncryptFinal(HANDLE hKey, BYTE *pbEncryptedData, ULONG *pulEncryptedDataLen) {
    return run(hKey, ST_ENCRYPT, last_step, NULL, 0, pbEncryptedData, pulEncryptedDataLen);
}

ULONG DEVAPI SKF_DecryptInit(HANDLE hKey, BLOCKCIPHERPARAM DecryptParam) {
    return init(hKey, ST_DECRYPT, &DecryptParam);
}

ULONG DEVAPI SKF_Decrypt(HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData, ULONG *pulDataLen) {
    return run(hKey, ST_DECRYPT, st_cipher_crypt, pbEncryptedData, ulEncryptedLen, pbData, pulDataLen);
}

ULONG DEVAPI SKF_DecryptUpdate(HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData,
                               ULONG *pulDataLen) {
    return run(hKey, ST_DECRYPT, st_cipher_update, pbEncryptedData, ulEncryptedLen, pbData, pulDataLen);
}

ULONG DEVAPI SKF_DecryptFinal(HANDLE hKey, BYTE *pbDecryptedData, ULONG *pulDecryptedDataLen) {
    return run(hKey, ST_DECRYPT, last_step, NULL, 0, pbDecryptedData, pulDecryptedDataLen);
}
