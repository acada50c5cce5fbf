/* C_Encrypt..., C_Decrypt.... */
#include <stdlib.h>
#include <string.h>

#include "gmpki/sm2.h"
#include "sm2/der.h"
#include "softtoken/p11_key.h"
#include "softtoken/p11_operation.h"

enum {
    SM2_MAX_LEN = 65536, /* of a message encrypted with SM2: keys are, documents are not */
    SM2_BARE_OVERHEAD = GMPKI_SM2_POINT_LEN + GMPKI_SM2_C3_LEN
};

/* ---- symmetric ciphers ------------------------------------------------------------------- */

/* Wrong lengths and wrong padding have names of their own in each direction. */
static CK_RV cipher_status(const st_p11_operation *operation, enum st_status status) {
    if (status == ST_ERR_INPUT_LEN && operation->function == ST_P11_DECRYPT) {
        return CKR_ENCRYPTED_DATA_LEN_RANGE;
    }
    return st_p11_status(status);
}

/* Bytes that a counter has left; nothing is consumed when there are too few. */
static CK_RV consume(st_p11_operation *operation, size_t len, int only_asked) {
    if (len > operation->left) {
        return operation->function == ST_P11_DECRYPT ? CKR_ENCRYPTED_DATA_LEN_RANGE : CKR_DATA_LEN_RANGE;
    }
    if (!only_asked && operation->left != UINT64_MAX) {
        operation->left -= len;
    }
    return CKR_OK;
}

/* ---- RSA --------------------------------------------------------------------------------- */

static CK_RV encrypt_rsa(const st_p11_operation *operation, const uint8_t *in, size_t in_len, uint8_t *out,
                         size_t *out_len) {
    const st_rsa_public_key *key = &operation->public_key.rsa;
    uint8_t block[ST_RSA_MAX_LEN] = {0};
    size_t len = key->bits / 8;
    if (out == NULL || *out_len < len) {
        *out_len = len;
        return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    }
    switch (operation->mechanism->family) {
    case ST_P11_RSA_PKCS:
        return st_p11_status(st_rsa_encrypt(key, out, out_len, in, in_len));
    case ST_P11_RSA_OAEP:
        return st_p11_status(st_rsa_encrypt_oaep(key, &operation->oaep, out, out_len, in, in_len));
    default:
        if (in_len > len) {
            return CKR_DATA_LEN_RANGE;
        }
        if (in_len != 0) {
            memcpy(block + len - in_len, in, in_len);
        }
        *out_len = len;
        return st_p11_status(st_rsa_raw_public(key, out, block, len));
    }
}

static CK_RV decrypt_rsa(const st_p11_session *session, const st_p11_operation *operation, const st_p11_object *key,
                         const uint8_t *in, size_t in_len, uint8_t *message, size_t *message_len) {
    uint8_t block[ST_RSA_MAX_LEN];
    size_t len = operation->public_key.rsa.bits / 8;
    if (in_len != len) {
        return CKR_ENCRYPTED_DATA_LEN_RANGE;
    }
    CK_RV rv = st_p11_rsa_private(session->slot, key, in, in_len, block);
    if (rv == CKR_OK && operation->mechanism->family == ST_P11_RSA_PKCS) {
        rv = st_p11_status(st_rsa_unpad(block, len, message, message_len));
    } else if (rv == CKR_OK && operation->mechanism->family == ST_P11_RSA_OAEP) {
        rv = st_p11_status(st_rsa_unpad_oaep(&operation->oaep, block, len, message, message_len));
    } else if (rv == CKR_OK) {
        memcpy(message, block, len);
        *message_len = len;
    }
    gmpki_cleanse(block, sizeof block);
    return rv == CKR_DATA_INVALID ? CKR_ENCRYPTED_DATA_INVALID : rv;
}

/* ---- SM2 --------------------------------------------------------------------------------- */

static int sm2_format(const st_p11_operation *operation) {
    return operation->mechanism->variant ? GMPKI_SM2_DER : GMPKI_SM2_C1C3C2;
}

static CK_RV encrypt_sm2(const st_p11_operation *operation, const uint8_t *in, size_t in_len, uint8_t *out,
                         size_t *out_len) {
    gmpki_sm2_public_key key;
    if (in_len == 0 || in_len > SM2_MAX_LEN) {
        return CKR_DATA_LEN_RANGE;
    }
    /* What the format takes at most is a little more than what it takes. */
    size_t bound = in_len + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD;
    if (out == NULL) {
        *out_len = bound;
        return CKR_OK;
    }
    uint8_t *ciphertext = malloc(bound);
    size_t len = 0;
    if (ciphertext == NULL) {
        return CKR_HOST_MEMORY;
    }
    int status = gmpki_sm2_public_key_load(&key, operation->public_key.point, GMPKI_SM2_POINT_LEN);
    if (status == GMPKI_OK) {
        status = gmpki_sm2_encrypt(&key, ciphertext, bound, &len, in, in_len, sm2_format(operation));
    }
    CK_ULONG room = *out_len;
    CK_RV rv = status == GMPKI_OK ? st_p11_give(ciphertext, len, out, &room) : CKR_FUNCTION_FAILED;
    *out_len = room;
    free(ciphertext);
    return rv;
}

/* SM2Cipher (GB/T 35276-2017 7.2) to x, y, C3, C2, which is never longer. */
static int bare_of_der(uint8_t *bare, size_t *bare_len, const uint8_t *der, size_t len) {
    der_input in = {der, len};
    der_input contents, c3, c2;
    if (!der_read(&in, DER_SEQUENCE, &contents) || in.len != 0 || !der_read_uint256(&contents, bare) ||
        !der_read_uint256(&contents, bare + 32) || !der_read(&contents, DER_OCTET_STRING, &c3) ||
        !der_read(&contents, DER_OCTET_STRING, &c2) || contents.len != 0 || c3.len != GMPKI_SM2_C3_LEN) {
        return 0;
    }
    memcpy(bare + GMPKI_SM2_POINT_LEN, c3.data, c3.len);
    memcpy(bare + SM2_BARE_OVERHEAD, c2.data, c2.len);
    *bare_len = SM2_BARE_OVERHEAD + c2.len;
    return 1;
}

static CK_RV decrypt_sm2(const st_p11_session *session, const st_p11_operation *operation, const st_p11_object *key,
                         const uint8_t *in, size_t in_len, uint8_t *message, size_t *message_len) {
    if (operation->mechanism->variant == 0) { /* 04, x, y, C3, C2 */
        return in_len > 1 && in[0] == 0x04
                   ? st_p11_sm2_decrypt(session->slot, key, in + 1, in_len - 1, message, message_len)
                   : CKR_ENCRYPTED_DATA_INVALID;
    }
    uint8_t *bare = malloc(in_len + SM2_BARE_OVERHEAD);
    size_t bare_len;
    if (bare == NULL) {
        return CKR_HOST_MEMORY;
    }
    CK_RV rv = bare_of_der(bare, &bare_len, in, in_len)
                   ? st_p11_sm2_decrypt(session->slot, key, bare, bare_len, message, message_len)
                   : CKR_ENCRYPTED_DATA_INVALID;
    free(bare);
    return rv;
}

/* ---- in one call ------------------------------------------------------------------------- */

/* At most how long the message of a ciphertext is. */
static size_t message_bound(const st_p11_operation *operation, size_t in_len) {
    return operation->public_key.kind == ST_RSA ? operation->public_key.rsa.bits / 8 : in_len;
}

static CK_RV decrypt_with_private(const st_p11_session *session, const st_p11_operation *operation, const uint8_t *in,
                                  size_t in_len, uint8_t *out, size_t *out_len) {
    st_p11_object *key;
    size_t bound = message_bound(operation, in_len);
    if (in_len == 0 || in_len > SM2_MAX_LEN + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD) {
        return CKR_ENCRYPTED_DATA_LEN_RANGE;
    }
    if (out == NULL) {
        *out_len = bound;
        return CKR_OK;
    }
    CK_RV rv = st_p11_object_find(session, operation->key, &key);
    if (rv != CKR_OK) {
        return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
    }
    uint8_t *message = malloc(bound);
    size_t message_len = bound;
    if (message == NULL) {
        return CKR_HOST_MEMORY;
    }
    rv = operation->public_key.kind == ST_RSA ? decrypt_rsa(session, operation, key, in, in_len, message, &message_len)
                                              : decrypt_sm2(session, operation, key, in, in_len, message, &message_len);
    if (rv == CKR_OK) {
        CK_ULONG room = *out_len;
        rv = st_p11_give(message, message_len, out, &room);
        *out_len = room;
    }
    st_p11_free(message, bound);
    return rv;
}

CK_RV st_p11_crypt(const st_p11_session *session, st_p11_operation *operation, const uint8_t *in, size_t in_len,
                   uint8_t *out, size_t *out_len) {
    if (in == NULL && in_len != 0) {
        return CKR_ARGUMENTS_BAD;
    }
    if (operation->cipher != NULL) {
        CK_RV rv = consume(operation, in_len, 1);
        return rv == CKR_OK ? cipher_status(operation, st_cipher_crypt(operation->cipher, out, out_len, in, in_len))
                            : rv;
    }
    if (operation->function == ST_P11_DECRYPT) {
        return decrypt_with_private(session, operation, in, in_len, out, out_len);
    }
    return operation->public_key.kind == ST_RSA ? encrypt_rsa(operation, in, in_len, out, out_len)
                                                : encrypt_sm2(operation, in, in_len, out, out_len);
}

/* ---- the functions ----------------------------------------------------------------------- */

static CK_RV whole(CK_SESSION_HANDLE handle, int function, const CK_BYTE *in, CK_ULONG in_len, CK_BYTE *out,
                   CK_ULONG *out_len) {
    st_p11_session *session;
    st_p11_operation *operation;
    CK_RV rv = st_p11_enter_whole(handle, function, &session, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    if (out_len == NULL) {
        rv = CKR_ARGUMENTS_BAD;
    } else {
        size_t len = *out_len;
        rv = st_p11_crypt(session, operation, in, in_len, out, &len);
        *out_len = len;
    }
    return st_p11_leave_session(session, st_p11_operation_finish(session, function, out, rv));
}

/* A part; in NULL with out_len for the end. Only symmetric ciphers take parts. */
static CK_RV part(CK_SESSION_HANDLE handle, int function, const CK_BYTE *in, CK_ULONG in_len, int is_last, CK_BYTE *out,
                  CK_ULONG *out_len) {
    st_p11_session *session;
    st_p11_operation *operation;
    CK_RV rv = st_p11_enter_operation(handle, function, &session, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    if (operation->cipher == NULL) {
        rv = CKR_FUNCTION_NOT_SUPPORTED;
    } else if (out_len == NULL || (in == NULL && in_len != 0)) {
        rv = CKR_ARGUMENTS_BAD;
    } else {
        rv = consume(operation, in_len, 1);
    }
    if (rv == CKR_OK) {
        size_t len = *out_len;
        enum st_status status = is_last ? st_cipher_final(operation->cipher, out, &len)
                                        : st_cipher_update(operation->cipher, out, &len, in, in_len);
        *out_len = len;
        rv = cipher_status(operation, status);
    }
    if (rv == CKR_OK && !is_last) {
        if (out != NULL) {
            operation->updated = 1;
            rv = consume(operation, in_len, 0);
        }
        return st_p11_leave(rv); /* it goes on */
    }
    return st_p11_leave(st_p11_operation_finish(session, function, out, rv));
}

CK_RV C_EncryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return st_p11_operation_begin(hSession, ST_P11_ENCRYPT, pMechanism, hKey);
}

CK_RV C_Encrypt(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pEncryptedData,
                CK_ULONG *pulEncryptedDataLen) {
    return whole(hSession, ST_P11_ENCRYPT, pData, ulDataLen, pEncryptedData, pulEncryptedDataLen);
}

CK_RV C_EncryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen, CK_BYTE *pEncryptedPart,
                      CK_ULONG *pulEncryptedPartLen) {
    return part(hSession, ST_P11_ENCRYPT, pPart, ulPartLen, 0, pEncryptedPart, pulEncryptedPartLen);
}

CK_RV C_EncryptFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pLastEncryptedPart, CK_ULONG *pulLastEncryptedPartLen) {
    return part(hSession, ST_P11_ENCRYPT, NULL, 0, 1, pLastEncryptedPart, pulLastEncryptedPartLen);
}

CK_RV C_DecryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return st_p11_operation_begin(hSession, ST_P11_DECRYPT, pMechanism, hKey);
}

CK_RV C_Decrypt(CK_SESSION_HANDLE hSession, CK_BYTE *pEncryptedData, CK_ULONG ulEncryptedDataLen, CK_BYTE *pData,
                CK_ULONG *pulDataLen) {
    return whole(hSession, ST_P11_DECRYPT, pEncryptedData, ulEncryptedDataLen, pData, pulDataLen);
}

CK_RV C_DecryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pEncryptedPart, CK_ULONG ulEncryptedPartLen, CK_BYTE *pPart,
                      CK_ULONG *pulPartLen) {
    return part(hSession, ST_P11_DECRYPT, pEncryptedPart, ulEncryptedPartLen, 0, pPart, pulPartLen);
}

CK_RV C_DecryptFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pLastPart, CK_ULONG *pulLastPartLen) {
    return part(hSession, ST_P11_DECRYPT, NULL, 0, 1, pLastPart, pulLastPartLen);
}
