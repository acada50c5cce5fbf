/* Faults of encryption and of random numbers. */
#include "faulty.h"

enum { POINT_LEN = 65, C3_LEN = 32, BLOCK_LEN = 16 };

static CK_MECHANISM begun;
static CK_OBJECT_HANDLE begun_key;

/* ---- encryption
 * ---------------------------------------------------------------------------
 */

/* What a careless maker makes of a mechanism. */
static CK_MECHANISM misread(const CK_MECHANISM *given) {
    static CK_BYTE zeros[BLOCK_LEN];
    CK_MECHANISM made = *given;
    if (fault("cbc-is-ecb") && made.mechanism == CKM_GMPKI_SM4_CBC) {
        made = (CK_MECHANISM){CKM_GMPKI_SM4_ECB, NULL, 0};
    }
    if (fault("initial-vector-ignored") && made.ulParameterLen == BLOCK_LEN) {
        made.pParameter = zeros;
    }
    if (fault("parameter-not-checked") && made.mechanism == CKM_GMPKI_SM4_CBC && made.ulParameterLen != BLOCK_LEN) {
        made.pParameter = zeros;
        made.ulParameterLen = BLOCK_LEN;
    }
    return made;
}

static CK_RV encrypt_init(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    static CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE use = {CKA_ENCRYPT, &yes, sizeof yes};
    begun = misread(pMechanism);
    begun_key = hKey;
    CK_RV rv = NEXT(C_EncryptInit)(hSession, &begun, hKey);
    if (fault("key-use-not-checked") && rv == CKR_KEY_FUNCTION_NOT_PERMITTED) {
        (void)NEXT(C_SetAttributeValue)(hSession, hKey, &use, 1);
        return NEXT(C_EncryptInit)(hSession, &begun, hKey);
    }
    return fault("key-type-not-checked") && rv == CKR_KEY_TYPE_INCONSISTENT ? CKR_OK : rv;
}

/* 04, x, y, C3, C2 to 04, x, y, C2, C3. */
static void to_c1c2c3(CK_BYTE *ciphertext, CK_ULONG len) {
    CK_BYTE c3[C3_LEN];
    CK_ULONG c2_len = len - POINT_LEN - C3_LEN;
    memcpy(c3, ciphertext + POINT_LEN, C3_LEN);
    memmove(ciphertext + POINT_LEN, ciphertext + POINT_LEN + C3_LEN, c2_len);
    memcpy(ciphertext + POINT_LEN + c2_len, c3, C3_LEN);
}

static CK_RV encrypt(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pEncryptedData,
                     CK_ULONG *pulEncryptedDataLen) {
    CK_RV rv = NEXT(C_Encrypt)(hSession, pData, ulDataLen, pEncryptedData, pulEncryptedDataLen);
    if (fault("error-keeps-operation") && rv == CKR_DATA_LEN_RANGE) {
        (void)NEXT(C_EncryptInit)(hSession, &begun, begun_key);
    }
    if (fault("sm2-c1c2c3") && rv == CKR_OK && pEncryptedData != NULL && begun.mechanism == CKM_GMPKI_SM2_ENCRYPT) {
        to_c1c2c3(pEncryptedData, *pulEncryptedDataLen);
    }
    if (fault("sm2-without-04") && rv == CKR_OK && pEncryptedData != NULL && begun.mechanism == CKM_GMPKI_SM2_ENCRYPT) {
        memmove(pEncryptedData, pEncryptedData + 1, --*pulEncryptedDataLen);
    }
    return rv;
}

static CK_RV encrypt_update(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen, CK_BYTE *pEncryptedPart,
                            CK_ULONG *pulEncryptedPartLen) {
    if (fault("short-part-lost") && ulPartLen == 1) {
        *pulEncryptedPartLen = 0;
        return CKR_OK;
    }
    return NEXT(C_EncryptUpdate)(hSession, pPart, ulPartLen, pEncryptedPart, pulEncryptedPartLen);
}

static CK_RV decrypt(CK_SESSION_HANDLE hSession, CK_BYTE *pEncryptedData, CK_ULONG ulEncryptedDataLen, CK_BYTE *pData,
                     CK_ULONG *pulDataLen) {
    CK_RV rv = NEXT(C_Decrypt)(hSession, pEncryptedData, ulEncryptedDataLen, pData, pulDataLen);
    if (fault("changed-ciphertext-decrypted") && rv == CKR_ENCRYPTED_DATA_INVALID) {
        *pulDataLen = 0;
        return CKR_OK;
    }
    return rv;
}

/* ---- random numbers
 * ----------------------------------------------------------------------- */

static CK_RV generate_random(CK_SESSION_HANDLE hSession, CK_BYTE *pRandomData, CK_ULONG ulRandomLen) {
    CK_BYTE kept[8] = {0};
    int cuts = fault("random-end-not-written") && ulRandomLen >= sizeof kept;
    if (cuts) {
        memcpy(kept, pRandomData + ulRandomLen - sizeof kept, sizeof kept);
    }
    CK_RV rv = NEXT(C_GenerateRandom)(hSession, pRandomData, ulRandomLen);
    if (cuts) {
        memcpy(pRandomData + ulRandomLen - sizeof kept, kept, sizeof kept);
    }
    for (CK_ULONG i = 0; i < ulRandomLen && fault("random-repeats"); i++) {
        pRandomData[i] = (CK_BYTE)(i * 73);
    }
    for (CK_ULONG i = 0; i < ulRandomLen && fault("random-digits-only"); i++) {
        pRandomData[i] = (CK_BYTE)('0' + pRandomData[i] % 10);
    }
    return rv;
}

void replace_ciphers(CK_FUNCTION_LIST *list) {
    list->C_EncryptInit = encrypt_init;
    list->C_Encrypt = encrypt;
    list->C_EncryptUpdate = encrypt_update;
    list->C_Decrypt = decrypt;
    list->C_GenerateRandom = generate_random;
}
