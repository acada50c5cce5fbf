/* The operations on messages of PKCS#11 3.0, which this token does not have: they say so. */
#include "softtoken/p11_message.h"

#include "softtoken/p11.h"

/* Every parameter but the session's handle is unused: that is what these functions are. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

static CK_RV no_messages(CK_SESSION_HANDLE handle) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(handle, &session);
    return rv == CKR_OK ? st_p11_leave(CKR_FUNCTION_NOT_SUPPORTED) : rv;
}

CK_RV st_p11_message_encrypt_init(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return no_messages(hSession);
}

CK_RV st_p11_encrypt_message(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                             CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen, CK_BYTE *pPlaintext,
                             CK_ULONG ulPlaintextLen, CK_BYTE *pCiphertext, CK_ULONG *pulCiphertextLen) {
    return no_messages(hSession);
}

CK_RV st_p11_encrypt_message_begin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                   CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen) {
    return no_messages(hSession);
}

CK_RV st_p11_encrypt_message_next(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                  CK_BYTE *pPlaintextPart, CK_ULONG ulPlaintextPartLen, CK_BYTE *pCiphertextPart,
                                  CK_ULONG *pulCiphertextPartLen, CK_FLAGS flags) {
    return no_messages(hSession);
}

CK_RV st_p11_message_encrypt_final(CK_SESSION_HANDLE hSession) {
    return no_messages(hSession);
}

CK_RV st_p11_message_decrypt_init(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return no_messages(hSession);
}

CK_RV st_p11_decrypt_message(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                             CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen, CK_BYTE *pCiphertext,
                             CK_ULONG ulCiphertextLen, CK_BYTE *pPlaintext, CK_ULONG *pulPlaintextLen) {
    return no_messages(hSession);
}

CK_RV st_p11_decrypt_message_begin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                   CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen) {
    return no_messages(hSession);
}

CK_RV st_p11_decrypt_message_next(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                  CK_BYTE *pCiphertextPart, CK_ULONG ulCiphertextPartLen, CK_BYTE *pPlaintextPart,
                                  CK_ULONG *pulPlaintextPartLen, CK_FLAGS flags) {
    return no_messages(hSession);
}

CK_RV st_p11_message_decrypt_final(CK_SESSION_HANDLE hSession) {
    return no_messages(hSession);
}

CK_RV st_p11_message_sign_init(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return no_messages(hSession);
}

CK_RV st_p11_sign_message(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
                          CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen) {
    return no_messages(hSession);
}

CK_RV st_p11_sign_message_begin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen) {
    return no_messages(hSession);
}

CK_RV st_p11_sign_message_next(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
                               CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen) {
    return no_messages(hSession);
}

CK_RV st_p11_message_sign_final(CK_SESSION_HANDLE hSession) {
    return no_messages(hSession);
}

CK_RV st_p11_message_verify_init(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey) {
    return no_messages(hSession);
}

CK_RV st_p11_verify_message(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
                            CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen) {
    return no_messages(hSession);
}

CK_RV st_p11_verify_message_begin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen) {
    return no_messages(hSession);
}

CK_RV st_p11_verify_message_next(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
                                 CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen) {
    return no_messages(hSession);
}

CK_RV st_p11_message_verify_final(CK_SESSION_HANDLE hSession) {
    return no_messages(hSession);
}
