/*
 * A PKCS #11 module that breaks its interface in one way at a time: the environment variable ODD_MODULE says which.
 * Everything else it does right, as far as the tests ask.
 */
#define GMPKI_P11_MODULE
#include "gmpki/pkcs11.h"

#include <stdlib.h>
#include <string.h>

/* What the tests look at. */
GMPKI_P11_API int odd_finalized(void);
GMPKI_P11_API int odd_logins(void);
GMPKI_P11_API void odd_reset(void);

static int finalized, logins, logged_in;

int odd_finalized(void) {
    return finalized;
}
int odd_logins(void) {
    return logins;
}
void odd_reset(void) {
    finalized = logins = logged_in = 0;
}

static int odd(const char *way) {
    const char *set = getenv("ODD_MODULE");
    return set != NULL && strcmp(set, way) == 0;
}

CK_RV C_Initialize(void *pInitArgs) {
    if (odd("refuses-to-start")) {
        return CKR_GENERAL_ERROR;
    }
    if (odd("one-thread") && pInitArgs != NULL) {
        return CKR_CANT_LOCK;
    }
    return odd("started-before") ? CKR_CRYPTOKI_ALREADY_INITIALIZED : CKR_OK;
}

CK_RV C_Finalize(void *pReserved) {
    (void)pReserved;
    finalized++;
    return CKR_OK;
}

CK_RV C_GetInfo(CK_INFO *pInfo) {
    if (odd("own-answer")) {
        return CKR_VENDOR_DEFINED | 0x123;
    }
    memset(pInfo, 0xFF, sizeof *pInfo);
    return CKR_OK;
}

CK_RV C_GetSlotList(CK_BBOOL tokenPresent, CK_SLOT_ID *pSlotList, CK_ULONG *pulCount) {
    (void)tokenPresent;
    if (odd("many-slots")) {
        *pulCount = 1UL << 40;
        return CKR_OK;
    }
    if (pSlotList != NULL) {
        pSlotList[0] = 7;
    }
    *pulCount = odd("more-slots-than-room") && pSlotList != NULL ? 1000 : 1;
    return odd("slots-always-grow") && pSlotList != NULL ? CKR_BUFFER_TOO_SMALL : CKR_OK;
}

CK_RV C_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO *pInfo) {
    memset(pInfo, 0, sizeof *pInfo);
    memset(pInfo->label, ' ', sizeof pInfo->label);
    memcpy(pInfo->label, "ODD", 3);
    memset(pInfo->manufacturerID, 0xFF, sizeof pInfo->manufacturerID);
    pInfo->flags = CKF_TOKEN_INITIALIZED;
    if (odd("last-try")) {
        pInfo->flags |= CKF_USER_PIN_FINAL_TRY;
    }
    if (odd("locks")) {
        pInfo->flags |= CKF_USER_PIN_LOCKED | CKF_SO_PIN_LOCKED;
    }
    pInfo->ulTotalPublicMemory = CK_UNAVAILABLE_INFORMATION;
    pInfo->ulFreePublicMemory = 4096;
    return slotID == 7 ? CKR_OK : CKR_TOKEN_NOT_PRESENT;
}

CK_RV C_GetMechanismList(CK_SLOT_ID slotID, CK_MECHANISM_TYPE *pMechanismList, CK_ULONG *pulCount) {
    (void)slotID;
    (void)pMechanismList;
    *pulCount = 0;
    return CKR_OK;
}

CK_RV C_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, void *pApplication, CK_FN_NOTIFY *Notify,
                    CK_SESSION_HANDLE *phSession) {
    (void)slotID;
    (void)flags;
    (void)pApplication;
    (void)Notify;
    *phSession = 42;
    return CKR_OK;
}

CK_RV C_CloseSession(CK_SESSION_HANDLE hSession) {
    return hSession == 42 ? CKR_OK : CKR_SESSION_HANDLE_INVALID;
}

/* The PIN is "right". Who is logged in already is told so, and his PIN is not looked at. */
CK_RV C_Login(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen) {
    (void)hSession;
    (void)userType;
    if (logged_in) {
        return CKR_USER_ALREADY_LOGGED_IN;
    }
    logins++;
    if (ulPinLen != 5 || memcmp(pPin, "right", 5) != 0) {
        return CKR_PIN_INCORRECT;
    }
    logged_in = 1;
    return CKR_OK;
}

CK_RV C_Logout(CK_SESSION_HANDLE hSession) {
    (void)hSession;
    if (!logged_in) {
        return CKR_USER_NOT_LOGGED_IN;
    }
    logged_in = 0;
    return CKR_OK;
}

CK_RV C_FindObjectsInit(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount) {
    (void)hSession;
    (void)pTemplate;
    (void)ulCount;
    return CKR_OK;
}

CK_RV C_FindObjects(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE *phObject, CK_ULONG ulMaxObjectCount,
                    CK_ULONG *pulObjectCount) {
    (void)hSession;
    *pulObjectCount = 0;
    if (odd("objects-without-end")) {
        memset(phObject, 0, ulMaxObjectCount * sizeof *phObject);
        *pulObjectCount = ulMaxObjectCount;
    }
    if (odd("more-objects-than-room")) {
        *pulObjectCount = ulMaxObjectCount + 1;
    }
    return CKR_OK;
}

CK_RV C_FindObjectsFinal(CK_SESSION_HANDLE hSession) {
    (void)hSession;
    return CKR_OK;
}

/* Every attribute is one byte; odd numbers are secret. */
CK_RV C_GetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
                          CK_ULONG ulCount) {
    CK_RV answer = CKR_OK;
    (void)hSession;
    (void)hObject;
    for (CK_ULONG i = 0; i < ulCount; i++) {
        if (odd("long-attribute")) {
            pTemplate[i].ulValueLen = 1UL << 40;
        } else if (pTemplate[i].type % 2 == 1) {
            pTemplate[i].ulValueLen = CK_UNAVAILABLE_INFORMATION;
            answer = CKR_ATTRIBUTE_SENSITIVE;
        } else if (pTemplate[i].pValue == NULL) {
            pTemplate[i].ulValueLen = 1;
        } else if (odd("attribute-grows")) {
            pTemplate[i].ulValueLen = 500;
        } else {
            memset(pTemplate[i].pValue, 'v', 1);
            pTemplate[i].ulValueLen = 1;
        }
    }
    return answer;
}

CK_RV C_SignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    (void)hSession;
    (void)pMechanism;
    (void)hKey;
    return CKR_OK;
}

CK_RV C_Sign(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature,
             CK_ULONG *pulSignatureLen) {
    const CK_ULONG room = *pulSignatureLen;
    (void)hSession;
    (void)pData;
    (void)ulDataLen;
    *pulSignatureLen = odd("output-longer-than-room") ? 1UL << 40 : odd("never-enough-room") ? room + 1 : 5000;
    if (odd("never-enough-room") || (room < 5000 && !odd("output-longer-than-room"))) {
        return CKR_BUFFER_TOO_SMALL;
    }
    memset(pSignature, 's', room < 5000 ? room : 5000);
    return CKR_OK;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ppFunctionList) {
    /* What does not stand here is NULL. */
    static CK_FUNCTION_LIST list = {
        .version = {2, 40},
        .C_Initialize = C_Initialize,
        .C_Finalize = C_Finalize,
        .C_GetInfo = C_GetInfo,
        .C_GetFunctionList = C_GetFunctionList,
        .C_GetSlotList = C_GetSlotList,
        .C_GetTokenInfo = C_GetTokenInfo,
        .C_GetMechanismList = C_GetMechanismList,
        .C_OpenSession = C_OpenSession,
        .C_CloseSession = C_CloseSession,
        .C_Login = C_Login,
        .C_Logout = C_Logout,
        .C_FindObjectsInit = C_FindObjectsInit,
        .C_FindObjects = C_FindObjects,
        .C_FindObjectsFinal = C_FindObjectsFinal,
        .C_GetAttributeValue = C_GetAttributeValue,
        .C_SignInit = C_SignInit,
        .C_Sign = C_Sign,
    };
    if (odd("refuses-its-list")) {
        return CKR_FUNCTION_FAILED;
    }
    *ppFunctionList = odd("has-no-list") ? NULL : &list;
    return CKR_OK;
}
