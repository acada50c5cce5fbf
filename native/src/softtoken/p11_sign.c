/* C_Sign..., C_Verify...: the key of a signature is private, that of a MAC secret. */
#include <stdlib.h>
#include <string.h>

#include "gmpki/sm2.h"
#include "softtoken/p11_key.h"
#include "softtoken/p11_operation.h"

enum { DIGEST_LEN = 32 };

/* A signature of RSA or SM2, or a MAC. */
typedef struct tag {
    uint8_t data[ST_RSA_MAX_LEN];
    size_t len;
} tag;

static size_t modulus_len(const st_p11_operation *operation) {
    return operation->public_key.rsa.bits / 8;
}

/* At most how long it will be. */
static size_t tag_len(const st_p11_operation *operation) {
    switch (operation->mechanism->family) {
    case ST_P11_SM2:
    case ST_P11_SM2_HASHED:
        return operation->mechanism->variant ? GMPKI_SM2_SIGNATURE_DER_MAX_LEN : GMPKI_SM2_SIGNATURE_LEN;
    case ST_P11_HMAC:
    case ST_P11_HMAC_CUT:
    case ST_P11_CBC_MAC:
        return operation->mac_len;
    default:
        return modulus_len(operation);
    }
}

/* Whether the message may come in parts. */
static int takes_parts(const st_p11_operation *operation) {
    return operation->digest != NULL || operation->hmac != NULL || operation->mac != NULL;
}

static CK_RV update(st_p11_operation *operation, const uint8_t *data, size_t len) {
    if (data == NULL && len != 0) {
        return CKR_ARGUMENTS_BAD;
    }
    if (operation->digest != NULL) {
        return st_p11_status(st_digest_update(operation->digest, data, len));
    }
    if (operation->hmac != NULL) {
        return st_p11_status(st_hmac_update(operation->hmac, data, len));
    }
    return st_p11_status(st_mac_update(operation->mac, data, len));
}

/* ---- what is signed ---------------------------------------------------------------------- */

/* The message, or the digest of what was given in parts; for PKCS#1 with a hash its DigestInfo. */
typedef struct signed_data {
    const uint8_t *data;
    size_t len;
    uint8_t own[ST_RSA_DIGEST_INFO_MAX];
} signed_data;

static CK_RV finish_digest(st_p11_operation *operation, signed_data *input) {
    uint8_t digest[ST_MAX_DIGEST_LEN];
    size_t digest_len = sizeof digest;
    input->data = input->own;
    input->len = sizeof input->own;
    enum st_status status = st_digest_final(operation->digest, digest, &digest_len);
    if (status == ST_OK && operation->mechanism->family == ST_P11_RSA_HASHED) {
        status = st_rsa_digest_info(operation->mechanism->algorithm, input->own, &input->len, digest, digest_len);
    } else if (status == ST_OK) {
        memcpy(input->own, digest, digest_len);
        input->len = digest_len;
    }
    return st_p11_status(status);
}

/* PSS takes a digest of the length it was told, and nothing else. */
static CK_RV check_input(const st_p11_operation *operation, const signed_data *input) {
    switch (operation->mechanism->family) {
    case ST_P11_SM2:
        return input->len == DIGEST_LEN ? CKR_OK : CKR_DATA_LEN_RANGE;
    case ST_P11_RSA_PSS:
        return input->len == st_digest_len(operation->pss.digest) ? CKR_OK : CKR_DATA_LEN_RANGE;
    case ST_P11_RSA_PKCS:
        return input->len + ST_RSA_PKCS1_OVERHEAD <= modulus_len(operation) ? CKR_OK : CKR_DATA_LEN_RANGE;
    case ST_P11_RSA_RAW:
        return input->len <= modulus_len(operation) ? CKR_OK : CKR_DATA_LEN_RANGE;
    default:
        return CKR_OK;
    }
}

/* ---- signing ----------------------------------------------------------------------------- */

static CK_RV sign_sm2(const st_p11_session *session, const st_p11_operation *operation, const st_p11_object *key,
                      const signed_data *input, tag *result) {
    uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
    CK_RV rv = st_p11_sm2_sign(session->slot, key, input->data, signature);
    if (rv != CKR_OK) {
        return rv;
    }
    if (operation->mechanism->variant) {
        return gmpki_sm2_signature_to_der(result->data, sizeof result->data, &result->len, signature) == GMPKI_OK
                   ? CKR_OK
                   : CKR_FUNCTION_FAILED;
    }
    memcpy(result->data, signature, sizeof signature);
    result->len = sizeof signature;
    return CKR_OK;
}

/* The padded block under the private key. */
static CK_RV sign_rsa(const st_p11_session *session, const st_p11_operation *operation, const st_p11_object *key,
                      const signed_data *input, tag *result) {
    uint8_t block[ST_RSA_MAX_LEN] = {0};
    size_t len = modulus_len(operation);
    enum st_status status = ST_OK;
    switch (operation->mechanism->family) {
    case ST_P11_RSA_RAW:
        memcpy(block + len - input->len, input->data, input->len);
        break;
    case ST_P11_RSA_PSS:
    case ST_P11_RSA_PSS_HASHED:
        status = st_rsa_pad_pss(&operation->public_key.rsa, &operation->pss, block, input->data, input->len);
        break;
    default:
        status = st_rsa_pad_signature(block, len, input->data, input->len);
        break;
    }
    CK_RV rv = st_p11_status(status);
    if (rv == CKR_OK) {
        rv = st_p11_rsa_private(session->slot, key, block, len, result->data);
    }
    result->len = len;
    gmpki_cleanse(block, sizeof block);
    return rv;
}

static CK_RV finish_mac(st_p11_operation *operation, tag *result) {
    result->len = sizeof result->data;
    enum st_status status = operation->hmac != NULL ? st_hmac_final(operation->hmac, result->data, &result->len)
                                                    : st_mac_final(operation->mac, result->data, &result->len);
    if (status == ST_OK) {
        result->len = operation->mac_len;
    }
    return st_p11_status(status);
}

static CK_RV make_tag(const st_p11_session *session, st_p11_operation *operation, signed_data *input, tag *result) {
    st_p11_object *key;
    if (operation->hmac != NULL || operation->mac != NULL) {
        return finish_mac(operation, result);
    }
    CK_RV rv = operation->digest != NULL ? finish_digest(operation, input) : check_input(operation, input);
    if (rv == CKR_OK) {
        rv = st_p11_object_find(session, operation->key, &key);
        rv = rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
    }
    if (rv != CKR_OK) {
        return rv;
    }
    return operation->public_key.kind == ST_SM2 ? sign_sm2(session, operation, key, input, result)
                                                : sign_rsa(session, operation, key, input, result);
}

/* Check the room for the signature before anything is consumed, and make it. */
static CK_RV sign_into(const st_p11_session *session, st_p11_operation *operation, signed_data *input,
                       CK_BYTE *signature, CK_ULONG *signature_len) {
    tag result;
    if (signature == NULL || *signature_len < tag_len(operation)) {
        *signature_len = tag_len(operation);
        return signature == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    }
    if (takes_parts(operation) && !operation->updated) {
        CK_RV rv = update(operation, input->data, input->len);
        if (rv != CKR_OK) {
            return rv;
        }
    }
    CK_RV rv = make_tag(session, operation, input, &result);
    return rv == CKR_OK ? st_p11_give(result.data, result.len, signature, signature_len) : rv;
}

CK_RV C_SignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return st_p11_operation_begin(hSession, ST_P11_SIGN, pMechanism, hKey);
}

CK_RV C_Sign(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature,
             CK_ULONG *pulSignatureLen) {
    st_p11_session *session;
    st_p11_operation *operation;
    CK_RV rv = st_p11_enter_whole(hSession, ST_P11_SIGN, &session, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    if (pulSignatureLen == NULL || (pData == NULL && ulDataLen != 0)) {
        rv = CKR_ARGUMENTS_BAD;
    } else {
        signed_data input = {.data = pData, .len = ulDataLen};
        rv = sign_into(session, operation, &input, pSignature, pulSignatureLen);
    }
    return st_p11_leave_session(session, st_p11_operation_finish(session, ST_P11_SIGN, pSignature, rv));
}

/* A part of a message to sign or to verify. */
static CK_RV add_part(st_p11_session *session, int function, const CK_BYTE *part, CK_ULONG len) {
    st_p11_operation *operation;
    CK_RV rv = st_p11_operation_running(session, function, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    if (!takes_parts(operation)) {
        rv = CKR_FUNCTION_NOT_SUPPORTED;
    } else {
        rv = update(operation, part, len);
    }
    operation->updated = 1;
    if (rv != CKR_OK) {
        st_p11_operation_end(session, function);
    }
    return rv;
}

CK_RV C_SignUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave_session(session, add_part(session, ST_P11_SIGN, pPart, ulPartLen)) : rv;
}

CK_RV C_SignFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen) {
    st_p11_session *session;
    st_p11_operation *operation;
    CK_RV rv = st_p11_enter_operation(hSession, ST_P11_SIGN, &session, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    if (pulSignatureLen == NULL) {
        rv = CKR_ARGUMENTS_BAD;
    } else if (!takes_parts(operation)) {
        rv = CKR_FUNCTION_NOT_SUPPORTED;
    } else {
        signed_data input = {0};
        rv = sign_into(session, operation, &input, pSignature, pulSignatureLen);
    }
    return st_p11_leave_session(session, st_p11_operation_finish(session, ST_P11_SIGN, pSignature, rv));
}

/* ---- verifying --------------------------------------------------------------------------- */

static CK_RV verify_sm2(const st_p11_operation *operation, const signed_data *input, const uint8_t *given,
                        size_t given_len) {
    uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
    gmpki_sm2_public_key key;
    if (operation->mechanism->variant) {
        if (gmpki_sm2_signature_from_der(signature, given, given_len) != GMPKI_OK) {
            return CKR_SIGNATURE_INVALID;
        }
    } else if (given_len != sizeof signature) {
        return CKR_SIGNATURE_LEN_RANGE;
    } else {
        memcpy(signature, given, sizeof signature);
    }
    int status = gmpki_sm2_public_key_load(&key, operation->public_key.point, GMPKI_SM2_POINT_LEN);
    if (status == GMPKI_OK) {
        status = gmpki_sm2_verify_digest(&key, signature, input->data);
    }
    return status == GMPKI_OK ? CKR_OK : status == GMPKI_ERR_SIGNATURE ? CKR_SIGNATURE_INVALID : CKR_FUNCTION_FAILED;
}

static CK_RV verify_raw(const st_p11_operation *operation, const signed_data *input, const uint8_t *given) {
    uint8_t expected[ST_RSA_MAX_LEN] = {0}, found[ST_RSA_MAX_LEN];
    size_t len = modulus_len(operation);
    memcpy(expected + len - input->len, input->data, input->len);
    return st_rsa_raw_public(&operation->public_key.rsa, found, given, len) == ST_OK &&
                   memcmp(expected, found, len) == 0
               ? CKR_OK
               : CKR_SIGNATURE_INVALID;
}

static CK_RV verify_rsa(const st_p11_operation *operation, const signed_data *input, const uint8_t *given,
                        size_t given_len) {
    const st_rsa_public_key *key = &operation->public_key.rsa;
    if (given_len != modulus_len(operation)) {
        return CKR_SIGNATURE_LEN_RANGE;
    }
    switch (operation->mechanism->family) {
    case ST_P11_RSA_RAW:
        return input->len == 0 ? CKR_SIGNATURE_INVALID : verify_raw(operation, input, given);
    case ST_P11_RSA_PSS:
    case ST_P11_RSA_PSS_HASHED:
        return st_p11_status(st_rsa_verify_pss(key, &operation->pss, input->data, input->len, given, given_len));
    default:
        return st_p11_status(st_rsa_verify(key, input->data, input->len, given, given_len));
    }
}

static CK_RV verify_mac(st_p11_operation *operation, const uint8_t *given, size_t given_len) {
    tag expected;
    int equal = 0;
    if (given_len != operation->mac_len) {
        return CKR_SIGNATURE_LEN_RANGE;
    }
    CK_RV rv = finish_mac(operation, &expected);
    if (rv == CKR_OK) {
        rv = gmpki_equal(&equal, expected.data, given, given_len) == GMPKI_OK && equal ? CKR_OK : CKR_SIGNATURE_INVALID;
    }
    gmpki_cleanse(&expected, sizeof expected);
    return rv;
}

static CK_RV verify_tag(st_p11_operation *operation, signed_data *input, const uint8_t *given, size_t given_len) {
    if (given == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    if (takes_parts(operation) && !operation->updated) {
        CK_RV rv = update(operation, input->data, input->len);
        if (rv != CKR_OK) {
            return rv;
        }
    }
    if (operation->hmac != NULL || operation->mac != NULL) {
        return verify_mac(operation, given, given_len);
    }
    CK_RV rv = operation->digest != NULL ? finish_digest(operation, input) : check_input(operation, input);
    if (rv != CKR_OK) {
        return rv;
    }
    return operation->public_key.kind == ST_SM2 ? verify_sm2(operation, input, given, given_len)
                                                : verify_rsa(operation, input, given, given_len);
}

CK_RV C_VerifyInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return st_p11_operation_begin(hSession, ST_P11_VERIFY, pMechanism, hKey);
}

CK_RV C_Verify(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature,
               CK_ULONG ulSignatureLen) {
    st_p11_session *session;
    st_p11_operation *operation;
    CK_RV rv = st_p11_enter_whole(hSession, ST_P11_VERIFY, &session, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    if (pData == NULL && ulDataLen != 0) {
        rv = CKR_ARGUMENTS_BAD;
    } else {
        signed_data input = {.data = pData, .len = ulDataLen};
        rv = verify_tag(operation, &input, pSignature, ulSignatureLen);
    }
    st_p11_operation_end(session, ST_P11_VERIFY);
    return st_p11_leave_session(session, rv);
}

CK_RV C_VerifyUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave_session(session, add_part(session, ST_P11_VERIFY, pPart, ulPartLen)) : rv;
}

CK_RV C_VerifyFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pSignature, CK_ULONG ulSignatureLen) {
    st_p11_session *session;
    st_p11_operation *operation;
    CK_RV rv = st_p11_enter_operation(hSession, ST_P11_VERIFY, &session, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    signed_data input = {0};
    rv =
        takes_parts(operation) ? verify_tag(operation, &input, pSignature, ulSignatureLen) : CKR_FUNCTION_NOT_SUPPORTED;
    st_p11_operation_end(session, ST_P11_VERIFY);
    return st_p11_leave_session(session, rv);
}
