/* Faults of signatures and MACs. */
#include "faulty.h"

enum { DIGEST_LEN = 32, NUMBER_LEN = 32, SIGNATURE_LEN = 64 };

static CK_MECHANISM_TYPE signing; /* the mechanism that the caller has begun with */

static int is_sm2(CK_MECHANISM_TYPE type) {
    return type == CKM_GMPKI_SM2 || type == CKM_GMPKI_SM2_SM3;
}

/* SM3 of data, in the session whose signature runs: it has another operation.
 */
static void hash(CK_SESSION_HANDLE session, CK_BYTE digest[DIGEST_LEN], CK_BYTE *data, CK_ULONG len) {
    CK_MECHANISM sm3 = {CKM_GMPKI_SM3, NULL, 0};
    CK_ULONG digest_len = DIGEST_LEN;
    (void)NEXT(C_DigestInit)(session, &sm3);
    (void)NEXT(C_Digest)(session, data, len, digest, &digest_len);
}

static CK_RV sign_init(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    static CK_BYTE nothing[1];
    CK_MECHANISM made = *pMechanism;
    signing = made.mechanism;
    if (fault("sm2-without-z") && made.mechanism == CKM_GMPKI_SM2_SM3) {
        made = (CK_MECHANISM){CKM_GMPKI_SM2, NULL, 0};
    }
    if (fault("sm2-empty-id") && made.mechanism == CKM_GMPKI_SM2_SM3 && made.pParameter == NULL) {
        made.pParameter = nothing;
    }
    if (fault("sm2-der-signature") && made.mechanism == CKM_GMPKI_SM2) {
        made.mechanism = CKM_GMPKI_SM2_DER;
    }
    return NEXT(C_SignInit)(hSession, &made, hKey);
}

static void swap(CK_BYTE signature[SIGNATURE_LEN]) {
    CK_BYTE r[NUMBER_LEN];
    memcpy(r, signature, NUMBER_LEN);
    memmove(signature, signature + NUMBER_LEN, NUMBER_LEN);
    memcpy(signature + NUMBER_LEN, r, NUMBER_LEN);
}

static CK_RV sign(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature,
                  CK_ULONG *pulSignatureLen) {
    CK_BYTE digest[DIGEST_LEN], unused[512];
    CK_ULONG len = sizeof unused;
    if ((fault("sm2-without-z") && signing == CKM_GMPKI_SM2_SM3) ||
        (fault("sm2-hashed-twice") && signing == CKM_GMPKI_SM2)) {
        hash(hSession, digest, pData, ulDataLen);
        pData = digest;
        ulDataLen = sizeof digest;
    }
    CK_RV rv = NEXT(C_Sign)(hSession, pData, ulDataLen, pSignature, pulSignatureLen);
    if (fault("signature-length-ends-operation") && rv == CKR_OK && pSignature == NULL) {
        (void)NEXT(C_Sign)(hSession, pData, ulDataLen, unused, &len);
    }
    if (fault("sm2-swapped") && rv == CKR_OK && pSignature != NULL && is_sm2(signing)) {
        swap(pSignature);
    }
    if (fault("mac-wrong") && rv == CKR_OK && pSignature != NULL &&
        (signing == CKM_GMPKI_SM4_MAC || signing == CKM_SHA256_HMAC || signing == CKM_GMPKI_SM3_HMAC)) {
        pSignature[0] ^= 1;
    }
    return rv;
}

static CK_RV verify(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature,
                    CK_ULONG ulSignatureLen) {
    CK_RV rv = NEXT(C_Verify)(hSession, pData, ulDataLen, pSignature, ulSignatureLen);
    return fault("every-signature-holds") && rv == CKR_SIGNATURE_INVALID ? CKR_OK : rv;
}

void replace_signatures(CK_FUNCTION_LIST *list) {
    list->C_SignInit = sign_init;
    list->C_Sign = sign;
    list->C_Verify = verify;
}
