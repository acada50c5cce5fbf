/* How a caller finds the functions: C_GetFunctionList, C_GetInterfaceList, C_GetInterface (3.0, 5.4). */
#include <string.h>

#include "softtoken/p11.h"
#include "softtoken/p11_message.h"
#include "softtoken/p11_operation.h"

/* C_Login knows one user of each type: only a login without a name is one of them. */
static CK_RV login_user(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen,
                        CK_UTF8CHAR *pUsername, CK_ULONG ulUsernameLen) {
    (void)pUsername;
    return ulUsernameLen == 0 ? C_Login(hSession, userType, pPin, ulPinLen) : CKR_FUNCTION_NOT_SUPPORTED;
}

static CK_RV session_cancel(CK_SESSION_HANDLE hSession, CK_FLAGS flags) {
    static const CK_FLAGS of_function[ST_P11_FUNCTION_COUNT] = {
        [ST_P11_ENCRYPT] = CKF_ENCRYPT, [ST_P11_DECRYPT] = CKF_DECRYPT, [ST_P11_DIGEST] = CKF_DIGEST,
        [ST_P11_SIGN] = CKF_SIGN,       [ST_P11_VERIFY] = CKF_VERIFY,
    };
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    for (int function = 0; function < ST_P11_FUNCTION_COUNT; function++) {
        if ((flags & of_function[function]) != 0) {
            st_p11_operation_end(session, function);
        }
    }
    if ((flags & CKF_FIND_OBJECTS) != 0) {
        st_p11_search_end(session);
    }
    return st_p11_leave(CKR_OK);
}

/* The 68 functions of 2.40 in its order, with which 3.0 begins, too. */
#define FUNCTIONS_2_40                                                                                                 \
    C_Initialize, C_Finalize, C_GetInfo, C_GetFunctionList, C_GetSlotList, C_GetSlotInfo, C_GetTokenInfo,              \
        C_GetMechanismList, C_GetMechanismInfo, C_InitToken, C_InitPIN, C_SetPIN, C_OpenSession, C_CloseSession,       \
        C_CloseAllSessions, C_GetSessionInfo, C_GetOperationState, C_SetOperationState, C_Login, C_Logout,             \
        C_CreateObject, C_CopyObject, C_DestroyObject, C_GetObjectSize, C_GetAttributeValue, C_SetAttributeValue,      \
        C_FindObjectsInit, C_FindObjects, C_FindObjectsFinal, C_EncryptInit, C_Encrypt, C_EncryptUpdate,               \
        C_EncryptFinal, C_DecryptInit, C_Decrypt, C_DecryptUpdate, C_DecryptFinal, C_DigestInit, C_Digest,             \
        C_DigestUpdate, C_DigestKey, C_DigestFinal, C_SignInit, C_Sign, C_SignUpdate, C_SignFinal, C_SignRecoverInit,  \
        C_SignRecover, C_VerifyInit, C_Verify, C_VerifyUpdate, C_VerifyFinal, C_VerifyRecoverInit, C_VerifyRecover,    \
        C_DigestEncryptUpdate, C_DecryptDigestUpdate, C_SignEncryptUpdate, C_DecryptVerifyUpdate, C_GenerateKey,       \
        C_GenerateKeyPair, C_WrapKey, C_UnwrapKey, C_DeriveKey, C_SeedRandom, C_GenerateRandom, C_GetFunctionStatus,   \
        C_CancelFunction, C_WaitForSlotEvent

static CK_FUNCTION_LIST functions = {
    {2, 40},
    FUNCTIONS_2_40,
};

static CK_FUNCTION_LIST_3_0 functions_3_0 = {
    {3, 0},
    FUNCTIONS_2_40,
    C_GetInterfaceList,
    C_GetInterface,
    login_user,
    session_cancel,
    st_p11_message_encrypt_init,
    st_p11_encrypt_message,
    st_p11_encrypt_message_begin,
    st_p11_encrypt_message_next,
    st_p11_message_encrypt_final,
    st_p11_message_decrypt_init,
    st_p11_decrypt_message,
    st_p11_decrypt_message_begin,
    st_p11_decrypt_message_next,
    st_p11_message_decrypt_final,
    st_p11_message_sign_init,
    st_p11_sign_message,
    st_p11_sign_message_begin,
    st_p11_sign_message_next,
    st_p11_message_sign_final,
    st_p11_message_verify_init,
    st_p11_verify_message,
    st_p11_verify_message_begin,
    st_p11_verify_message_next,
    st_p11_message_verify_final,
};

static char interface_name[] = "PKCS 11";

/* The newest first: it is the one that a caller who names no version gets. */
static CK_INTERFACE interfaces[] = {
    {interface_name, &functions_3_0, 0},
    {interface_name, &functions, 0},
};

enum { INTERFACES = sizeof interfaces / sizeof interfaces[0] };

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ppFunctionList) {
    if (ppFunctionList == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    *ppFunctionList = &functions;
    return CKR_OK;
}

CK_RV C_GetInterfaceList(CK_INTERFACE *list, CK_ULONG *pulCount) {
    if (pulCount == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_ULONG room = *pulCount;
    *pulCount = INTERFACES;
    if (list == NULL) {
        return CKR_OK;
    }
    if (room < INTERFACES) {
        return CKR_BUFFER_TOO_SMALL;
    }
    memcpy(list, interfaces, sizeof interfaces);
    return CKR_OK;
}

CK_RV C_GetInterface(CK_UTF8CHAR *pInterfaceName, CK_VERSION *pVersion, CK_INTERFACE **ppInterface, CK_FLAGS flags) {
    if (ppInterface == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    if (pInterfaceName != NULL && strcmp((const char *)pInterfaceName, interface_name) != 0) {
        return CKR_FUNCTION_FAILED;
    }
    for (size_t i = 0; i < INTERFACES; i++) {
        const CK_VERSION *version = interfaces[i].pFunctionList; /* every list begins with it */
        int fits = pVersion == NULL || (pVersion->major == version->major && pVersion->minor == version->minor);
        if (fits && (interfaces[i].flags & flags) == flags) {
            *ppInterface = &interfaces[i];
            return CKR_OK;
        }
    }
    return CKR_FUNCTION_FAILED;
}
