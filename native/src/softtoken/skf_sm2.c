/* SKF: SM2 with the keys of containers, and with keys from outside (GM/T 0016-2012 7.6.8 to 7.6.13). */
#include <string.h>

#include "gmpki/sm2.h"
#include "softtoken/skf_blobs.h"
#include "softtoken/skf_key.h"

enum { DIGEST_LEN = 32, SCALAR_LEN = 32, ENCRYPTED_FIELD_LEN = 64 };

ULONG DEVAPI SKF_GenRandom(DEVHANDLE hDev, BYTE *pbRandom, ULONG ulRandomLen) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    return st_skf_leave(object,
                        pbRandom == NULL ? ST_ERR_ARGUMENT : st_device_random(object->device, pbRandom, ulRandomLen));
}

/* ---- pairs of containers --------------------------------------------------------------- */

ULONG DEVAPI SKF_GenECCKeyPair(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pBlob) {
    st_public_key key;
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = ST_OK;
    if (pBlob == NULL) {
        status = ST_ERR_ARGUMENT;
    } else if (ulAlgId != SGD_SM2_1 && ulAlgId != SGD_SM2_1_DRAFT) { /* both numberings are in the field */
        status = ST_ERR_NOT_SUPPORTED;
    } else {
        status = st_key_generate_sm2(object->device, object->application, object->container, ST_SIGNING, &key);
    }
    if (status == ST_OK) {
        st_skf_point_write(pBlob, key.point);
    }
    return st_skf_leave(object, status);
}

/* What the blob of an encryption pair must say of itself before anything is decrypted. */
static enum st_status check_envelope(const ENVELOPEDKEYBLOB *blob) {
    st_skf_algorithm algorithm;
    if (blob->Version != SKF_ENVELOPED_KEY_VERSION || blob->ulBits != 8 * SCALAR_LEN) {
        return ST_ERR_INPUT;
    }
    enum st_status status = st_skf_algorithm_find(&algorithm, blob->ulSymmAlgID);
    if (status == ST_OK && algorithm.mode != ST_ECB) {
        status = ST_ERR_ARGUMENT;
    }
    if (status == ST_OK && blob->ECCCipherBlob.CipherLen != algorithm.key_len) {
        status = ST_ERR_INPUT_LEN;
    }
    return status;
}

/*
 * The private key of an envelope. The standard encrypts its whole field of 64 bytes; most writers encrypt the 32 bytes
 * of the key and put them where they stand in the field. ECB makes the last 32 bytes the same in both.
 */
static enum st_status open_envelope(st_device *device, uint32_t application, uint32_t container,
                                    const ENVELOPEDKEYBLOB *blob, uint8_t d[SCALAR_LEN]) {
    uint8_t ciphertext[ST_SKF_CIPHER_OVERHEAD + ST_SKF_MAX_ECC_PLAINTEXT];
    uint8_t key[ST_MAX_CIPHER_KEY_LEN];
    size_t ciphertext_len = 0;
    size_t key_len = sizeof key;
    enum st_status status = st_skf_cipher_read(ciphertext, &ciphertext_len, &blob->ECCCipherBlob);
    if (status == ST_OK) {
        status =
            st_key_sm2_decrypt(device, application, container, ST_SIGNING, ciphertext, ciphertext_len, key, &key_len);
    }
    if (status == ST_OK) {
        status = st_skf_ecb_decrypt(blob->ulSymmAlgID, key, key_len, d,
                                    blob->cbEncryptedPriKey + ENCRYPTED_FIELD_LEN - SCALAR_LEN, SCALAR_LEN);
    }
    gmpki_cleanse(key, sizeof key);
    return status;
}

enum st_status st_skf_envelope_import(st_device *device, uint32_t application, uint32_t container,
                                      const ENVELOPEDKEYBLOB *blob) {
    uint8_t d[SCALAR_LEN];
    uint8_t point[GMPKI_SM2_POINT_LEN];
    enum st_status status = check_envelope(blob);
    if (status == ST_OK) {
        status = st_skf_point_read(point, &blob->PubKey);
    }
    if (status == ST_OK) {
        status = open_envelope(device, application, container, blob, d);
    }
    if (status == ST_OK) { /* which computes the public key and compares */
        status = st_key_import_sm2(device, application, container, ST_ENCRYPTION, d, point);
    }
    gmpki_cleanse(d, sizeof d);
    return status;
}

ULONG DEVAPI SKF_ImportECCKeyPair(HCONTAINER hContainer, ENVELOPEDKEYBLOB *pEnvelopedKeyBlob) {
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    return st_skf_leave(object, pEnvelopedKeyBlob == NULL
                                    ? ST_ERR_ARGUMENT
                                    : st_skf_envelope_import(object->device, object->application, object->container,
                                                             pEnvelopedKeyBlob));
}

ULONG DEVAPI SKF_ECCSignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature) {
    uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = ST_OK;
    if (pbData == NULL || pSignature == NULL) {
        status = ST_ERR_ARGUMENT;
    } else if (ulDataLen != DIGEST_LEN) {
        status = ST_ERR_INPUT_LEN;
    } else {
        status = st_key_sm2_sign(object->device, object->application, object->container, ST_SIGNING, pbData, signature);
    }
    if (status == ST_OK) {
        st_skf_signature_write(pSignature, signature);
    }
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_ECCDecrypt(HCONTAINER hContainer, ECCCIPHERBLOB *pCipherText, BYTE *pbPlainText,
                            ULONG *pulPlainTextLen) {
    uint8_t ciphertext[ST_SKF_CIPHER_OVERHEAD + ST_SKF_MAX_ECC_PLAINTEXT];
    size_t ciphertext_len = 0;
    st_skf_object *object = st_skf_enter(hContainer, ST_SKF_CONTAINER);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    if (pulPlainTextLen == NULL) {
        return st_skf_leave(object, ST_ERR_ARGUMENT);
    }
    size_t len = pbPlainText == NULL ? 0 : *pulPlainTextLen;
    enum st_status status = st_skf_cipher_read(ciphertext, &ciphertext_len, pCipherText);
    if (status == ST_OK) {
        status = st_key_sm2_decrypt(object->device, object->application, object->container, ST_ENCRYPTION, ciphertext,
                                    ciphertext_len, pbPlainText, &len);
        status = st_skf_length(pulPlainTextLen, len, status);
    }
    return st_skf_leave(object, status);
}

/* ---- keys from outside ----------------------------------------------------------------- */

static enum st_status verify(const ECCPUBLICKEYBLOB *blob, const BYTE *digest, ULONG digest_len,
                             const ECCSIGNATUREBLOB *signature_blob) {
    uint8_t point[GMPKI_SM2_POINT_LEN];
    uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
    gmpki_sm2_public_key key;
    if (digest == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (digest_len != DIGEST_LEN) {
        return ST_ERR_INPUT_LEN;
    }
    enum st_status status = st_skf_point_read(point, blob);
    if (status == ST_OK) {
        status = st_skf_signature_read(signature, signature_blob);
    }
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_public_key_load(&key, point, sizeof point));
    }
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_verify_digest(&key, signature, digest));
    }
    return status;
}

ULONG DEVAPI SKF_ECCVerify(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbData, ULONG ulDataLen,
                           ECCSIGNATUREBLOB *pSignature) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = st_skf_touch(object);
    return st_skf_leave(object, status == ST_OK ? verify(pECCPubKeyBlob, pbData, ulDataLen, pSignature) : status);
}

ULONG DEVAPI SKF_ExtECCVerify(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbData, ULONG ulDataLen,
                              ECCSIGNATUREBLOB *pSignature) {
    return SKF_ECCVerify(hDev, pECCPubKeyBlob, pbData, ulDataLen, pSignature);
}

ULONG DEVAPI SKF_ExtECCEncrypt(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbPlainText,
                               ULONG ulPlainTextLen, ECCCIPHERBLOB *pCipherText) {
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = st_skf_touch(object);
    if (status == ST_OK) {
        status = st_skf_cipher_make(pCipherText, pECCPubKeyBlob, pbPlainText, ulPlainTextLen);
    }
    return st_skf_leave(object, status);
}

static enum st_status load_private(gmpki_sm2_private_key *key, const ECCPRIVATEKEYBLOB *blob) {
    uint8_t d[SCALAR_LEN];
    enum st_status status = st_skf_scalar_read(d, blob);
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_private_key_load(key, d));
    }
    gmpki_cleanse(d, sizeof d);
    return status;
}

ULONG DEVAPI SKF_ExtECCDecrypt(DEVHANDLE hDev, ECCPRIVATEKEYBLOB *pECCPriKeyBlob, ECCCIPHERBLOB *pCipherText,
                               BYTE *pbPlainText, ULONG *pulPlainTextLen) {
    uint8_t ciphertext[ST_SKF_CIPHER_OVERHEAD + ST_SKF_MAX_ECC_PLAINTEXT];
    uint8_t plaintext[ST_SKF_CIPHER_OVERHEAD + ST_SKF_MAX_ECC_PLAINTEXT]; /* the core asks for as much */
    size_t ciphertext_len = 0;
    size_t len = 0;
    gmpki_sm2_private_key key = {0};
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pulPlainTextLen == NULL ? ST_ERR_ARGUMENT : st_skf_touch(object);
    if (status == ST_OK) {
        status = st_skf_cipher_read(ciphertext, &ciphertext_len, pCipherText);
    }
    if (status == ST_OK) {
        status = load_private(&key, pECCPriKeyBlob);
    }
    if (status == ST_OK && pbPlainText != NULL) {
        status = st_skf_from_core(gmpki_sm2_decrypt(&key, plaintext, sizeof plaintext, &len, ciphertext, ciphertext_len,
                                                    GMPKI_SM2_C1C3C2_BARE));
    }
    if (status == ST_OK) { /* a size query needs no decryption: C2 is as long as the plaintext */
        status = st_skf_bytes(pbPlainText, pulPlainTextLen, plaintext, ciphertext_len - ST_SKF_CIPHER_OVERHEAD);
    }
    gmpki_sm2_private_key_clear(&key);
    gmpki_cleanse(plaintext, len);
    return st_skf_leave(object, status);
}

ULONG DEVAPI SKF_ExtECCSign(DEVHANDLE hDev, ECCPRIVATEKEYBLOB *pECCPriKeyBlob, BYTE *pbData, ULONG ulDataLen,
                            ECCSIGNATUREBLOB *pSignature) {
    uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
    gmpki_sm2_private_key key = {0};
    st_skf_object *object = st_skf_enter(hDev, ST_SKF_DEVICE);
    if (object == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    enum st_status status = pbData == NULL || pSignature == NULL ? ST_ERR_ARGUMENT : st_skf_touch(object);
    if (status == ST_OK && ulDataLen != DIGEST_LEN) {
        status = ST_ERR_INPUT_LEN;
    }
    if (status == ST_OK) {
        status = load_private(&key, pECCPriKeyBlob);
    }
    if (status == ST_OK) {
        status = st_skf_from_core(gmpki_sm2_sign_digest(&key, signature, pbData, GMPKI_SM2_SIGN_VERIFY));
    }
    if (status == ST_OK) {
        st_skf_signature_write(pSignature, signature);
    }
    gmpki_sm2_private_key_clear(&key);
    return st_skf_leave(object, status);
}
