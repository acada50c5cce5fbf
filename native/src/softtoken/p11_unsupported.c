/* What this token does not have: recovery of messages from signatures, two operations in one call, parallel functions.
 */
#include "softtoken/p11.h"

/* Every parameter but the session's handle is unused: that is what these functions are. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static CK_RV answer(CK_SESSION_HANDLE handle, CK_RV answered) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(handle, &session);
    return rv == CKR_OK ? st_p11_leave(answered) : rv;
}

CK_RV C_SignRecoverInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return answer(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV C_SignRecover(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature,
                    CK_ULONG *pulSignatureLen) {
    return answer(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV C_VerifyRecoverInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return answer(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV C_VerifyRecover(CK_SESSION_HANDLE hSession, CK_BYTE *pSignature, CK_ULONG ulSignatureLen, CK_BYTE *pData,
                      CK_ULONG *pulDataLen) {
    return answer(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV C_DigestEncryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen, CK_BYTE *pEncryptedPart,
                            CK_ULONG *pulEncryptedPartLen) {
    return answer(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV C_DecryptDigestUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pEncryptedPart, CK_ULONG ulEncryptedPartLen,
                            CK_BYTE *pPart, CK_ULONG *pulPartLen) {
    return answer(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV C_SignEncryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen, CK_BYTE *pEncryptedPart,
                          CK_ULONG *pulEncryptedPartLen) {
    return answer(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV C_DecryptVerifyUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pEncryptedPart, CK_ULONG ulEncryptedPartLen,
                            CK_BYTE *pPart, CK_ULONG *pulPartLen) {
    return answer(hSession, CKR_FUNCTION_NOT_SUPPORTED);
}

CK_RV C_GetFunctionStatus(CK_SESSION_HANDLE hSession) {
    return answer(hSession, CKR_FUNCTION_NOT_PARALLEL);
}

CK_RV C_CancelFunction(CK_SESSION_HANDLE hSession) {
    return answer(hSession, CKR_FUNCTION_NOT_PARALLEL);
}
