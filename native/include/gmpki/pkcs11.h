/*
 * gmpki/pkcs11.h: the C interface of PKCS #11 (Cryptoki), written once: our module is built on it, and the Python
 * client loads modules by it.
 *
 * Standard: OASIS PKCS #11 Cryptographic Token Interface Base Specification 3.0, with the function list of 2.40.
 *
 * Every signature stands once, as a type CK_FN_x; function lists hold pointers to these types, and a module declares
 * the function itself with it.
 */
#ifndef GMPKI_PKCS11_H
#define GMPKI_PKCS11_H

#include "gmpki/pkcs11_types.h"
#include "gmpki/pkcs11_values.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef _WIN32
#pragma pack(push, 1)
#endif

/* ---- functions, clause 5 --------------------------------------------------------------- */

typedef struct CK_FUNCTION_LIST CK_FUNCTION_LIST;
typedef struct CK_FUNCTION_LIST_3_0 CK_FUNCTION_LIST_3_0;

/* general purpose */
typedef CK_RV CK_FN_Initialize(void *pInitArgs);
typedef CK_RV CK_FN_Finalize(void *pReserved);
typedef CK_RV CK_FN_GetInfo(CK_INFO *pInfo);
typedef CK_RV CK_FN_GetFunctionList(CK_FUNCTION_LIST **ppFunctionList);

/* slots and tokens */
typedef CK_RV CK_FN_GetSlotList(CK_BBOOL tokenPresent, CK_SLOT_ID *pSlotList, CK_ULONG *pulCount);
typedef CK_RV CK_FN_GetSlotInfo(CK_SLOT_ID slotID, CK_SLOT_INFO *pInfo);
typedef CK_RV CK_FN_GetTokenInfo(CK_SLOT_ID slotID, CK_TOKEN_INFO *pInfo);
typedef CK_RV CK_FN_GetMechanismList(CK_SLOT_ID slotID, CK_MECHANISM_TYPE *pMechanismList, CK_ULONG *pulCount);
typedef CK_RV CK_FN_GetMechanismInfo(CK_SLOT_ID slotID, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *pInfo);
typedef CK_RV CK_FN_InitToken(CK_SLOT_ID slotID, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen, CK_UTF8CHAR *pLabel);
typedef CK_RV CK_FN_InitPIN(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen);
typedef CK_RV CK_FN_SetPIN(CK_SESSION_HANDLE hSession, CK_UTF8CHAR *pOldPin, CK_ULONG ulOldLen, CK_UTF8CHAR *pNewPin,
                           CK_ULONG ulNewLen);

/* sessions */
typedef CK_RV CK_FN_OpenSession(CK_SLOT_ID slotID, CK_FLAGS flags, void *pApplication, CK_FN_NOTIFY *Notify,
                                CK_SESSION_HANDLE *phSession);
typedef CK_RV CK_FN_CloseSession(CK_SESSION_HANDLE hSession);
typedef CK_RV CK_FN_CloseAllSessions(CK_SLOT_ID slotID);
typedef CK_RV CK_FN_GetSessionInfo(CK_SESSION_HANDLE hSession, CK_SESSION_INFO *pInfo);
typedef CK_RV CK_FN_GetOperationState(CK_SESSION_HANDLE hSession, CK_BYTE *pOperationState,
                                      CK_ULONG *pulOperationStateLen);
typedef CK_RV CK_FN_SetOperationState(CK_SESSION_HANDLE hSession, CK_BYTE *pOperationState,
                                      CK_ULONG ulOperationStateLen, CK_OBJECT_HANDLE hEncryptionKey,
                                      CK_OBJECT_HANDLE hAuthenticationKey);
typedef CK_RV CK_FN_Login(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen);
typedef CK_RV CK_FN_Logout(CK_SESSION_HANDLE hSession);

/* objects */
typedef CK_RV CK_FN_CreateObject(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount,
                                 CK_OBJECT_HANDLE *phObject);
typedef CK_RV CK_FN_CopyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
                               CK_ULONG ulCount, CK_OBJECT_HANDLE *phNewObject);
typedef CK_RV CK_FN_DestroyObject(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject);
typedef CK_RV CK_FN_GetObjectSize(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ULONG *pulSize);
typedef CK_RV CK_FN_GetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
                                      CK_ULONG ulCount);
typedef CK_RV CK_FN_SetAttributeValue(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hObject, CK_ATTRIBUTE *pTemplate,
                                      CK_ULONG ulCount);
typedef CK_RV CK_FN_FindObjectsInit(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount);
typedef CK_RV CK_FN_FindObjects(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE *phObject, CK_ULONG ulMaxObjectCount,
                                CK_ULONG *pulObjectCount);
typedef CK_RV CK_FN_FindObjectsFinal(CK_SESSION_HANDLE hSession);

/* encryption */
typedef CK_RV CK_FN_EncryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_Encrypt(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pEncryptedData,
                            CK_ULONG *pulEncryptedDataLen);
typedef CK_RV CK_FN_EncryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen,
                                  CK_BYTE *pEncryptedPart, CK_ULONG *pulEncryptedPartLen);
typedef CK_RV CK_FN_EncryptFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pLastEncryptedPart,
                                 CK_ULONG *pulLastEncryptedPartLen);

/* decryption */
typedef CK_RV CK_FN_DecryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_Decrypt(CK_SESSION_HANDLE hSession, CK_BYTE *pEncryptedData, CK_ULONG ulEncryptedDataLen,
                            CK_BYTE *pData, CK_ULONG *pulDataLen);
typedef CK_RV CK_FN_DecryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pEncryptedPart, CK_ULONG ulEncryptedPartLen,
                                  CK_BYTE *pPart, CK_ULONG *pulPartLen);
typedef CK_RV CK_FN_DecryptFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pLastPart, CK_ULONG *pulLastPartLen);

/* digests */
typedef CK_RV CK_FN_DigestInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism);
typedef CK_RV CK_FN_Digest(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pDigest,
                           CK_ULONG *pulDigestLen);
typedef CK_RV CK_FN_DigestUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen);
typedef CK_RV CK_FN_DigestKey(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_DigestFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pDigest, CK_ULONG *pulDigestLen);

/* signatures and MACs */
typedef CK_RV CK_FN_SignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_Sign(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature,
                         CK_ULONG *pulSignatureLen);
typedef CK_RV CK_FN_SignUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen);
typedef CK_RV CK_FN_SignFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen);
typedef CK_RV CK_FN_SignRecoverInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_SignRecover(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature,
                                CK_ULONG *pulSignatureLen);

/* their verification */
typedef CK_RV CK_FN_VerifyInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_Verify(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature,
                           CK_ULONG ulSignatureLen);
typedef CK_RV CK_FN_VerifyUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen);
typedef CK_RV CK_FN_VerifyFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pSignature, CK_ULONG ulSignatureLen);
typedef CK_RV CK_FN_VerifyRecoverInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_VerifyRecover(CK_SESSION_HANDLE hSession, CK_BYTE *pSignature, CK_ULONG ulSignatureLen,
                                  CK_BYTE *pData, CK_ULONG *pulDataLen);

/* two operations at once */
typedef CK_RV CK_FN_DigestEncryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen,
                                        CK_BYTE *pEncryptedPart, CK_ULONG *pulEncryptedPartLen);
typedef CK_RV CK_FN_DecryptDigestUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pEncryptedPart,
                                        CK_ULONG ulEncryptedPartLen, CK_BYTE *pPart, CK_ULONG *pulPartLen);
typedef CK_RV CK_FN_SignEncryptUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen,
                                      CK_BYTE *pEncryptedPart, CK_ULONG *pulEncryptedPartLen);
typedef CK_RV CK_FN_DecryptVerifyUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pEncryptedPart,
                                        CK_ULONG ulEncryptedPartLen, CK_BYTE *pPart, CK_ULONG *pulPartLen);

/* keys */
typedef CK_RV CK_FN_GenerateKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pTemplate,
                                CK_ULONG ulCount, CK_OBJECT_HANDLE *phKey);
typedef CK_RV CK_FN_GenerateKeyPair(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism,
                                    CK_ATTRIBUTE *pPublicKeyTemplate, CK_ULONG ulPublicKeyAttributeCount,
                                    CK_ATTRIBUTE *pPrivateKeyTemplate, CK_ULONG ulPrivateKeyAttributeCount,
                                    CK_OBJECT_HANDLE *phPublicKey, CK_OBJECT_HANDLE *phPrivateKey);
typedef CK_RV CK_FN_WrapKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hWrappingKey,
                            CK_OBJECT_HANDLE hKey, CK_BYTE *pWrappedKey, CK_ULONG *pulWrappedKeyLen);
typedef CK_RV CK_FN_UnwrapKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hUnwrappingKey,
                              CK_BYTE *pWrappedKey, CK_ULONG ulWrappedKeyLen, CK_ATTRIBUTE *pTemplate,
                              CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE *phKey);
typedef CK_RV CK_FN_DeriveKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hBaseKey,
                              CK_ATTRIBUTE *pTemplate, CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE *phKey);

/* random numbers */
typedef CK_RV CK_FN_SeedRandom(CK_SESSION_HANDLE hSession, CK_BYTE *pSeed, CK_ULONG ulSeedLen);
typedef CK_RV CK_FN_GenerateRandom(CK_SESSION_HANDLE hSession, CK_BYTE *pRandomData, CK_ULONG ulRandomLen);

/* what is left of parallel functions */
typedef CK_RV CK_FN_GetFunctionStatus(CK_SESSION_HANDLE hSession);
typedef CK_RV CK_FN_CancelFunction(CK_SESSION_HANDLE hSession);
typedef CK_RV CK_FN_WaitForSlotEvent(CK_FLAGS flags, CK_SLOT_ID *pSlot, void *pReserved);

/* from 3.0 on: interfaces, sessions */
typedef CK_RV CK_FN_GetInterfaceList(CK_INTERFACE *interfaces, CK_ULONG *pulCount);
typedef CK_RV CK_FN_GetInterface(CK_UTF8CHAR *pInterfaceName, CK_VERSION *pVersion, CK_INTERFACE **ppInterface,
                                 CK_FLAGS flags);
typedef CK_RV CK_FN_LoginUser(CK_SESSION_HANDLE hSession, CK_USER_TYPE userType, CK_UTF8CHAR *pPin, CK_ULONG ulPinLen,
                              CK_UTF8CHAR *pUsername, CK_ULONG ulUsernameLen);
typedef CK_RV CK_FN_SessionCancel(CK_SESSION_HANDLE hSession, CK_FLAGS flags);

/* from 3.0 on: operations on messages */
typedef CK_RV CK_FN_MessageEncryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_EncryptMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                   CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen, CK_BYTE *pPlaintext,
                                   CK_ULONG ulPlaintextLen, CK_BYTE *pCiphertext, CK_ULONG *pulCiphertextLen);
typedef CK_RV CK_FN_EncryptMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                        CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen);
typedef CK_RV CK_FN_EncryptMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                       CK_BYTE *pPlaintextPart, CK_ULONG ulPlaintextPartLen, CK_BYTE *pCiphertextPart,
                                       CK_ULONG *pulCiphertextPartLen, CK_FLAGS flags);
typedef CK_RV CK_FN_MessageEncryptFinal(CK_SESSION_HANDLE hSession);
typedef CK_RV CK_FN_MessageDecryptInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_DecryptMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                   CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen, CK_BYTE *pCiphertext,
                                   CK_ULONG ulCiphertextLen, CK_BYTE *pPlaintext, CK_ULONG *pulPlaintextLen);
typedef CK_RV CK_FN_DecryptMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                        CK_BYTE *pAssociatedData, CK_ULONG ulAssociatedDataLen);
typedef CK_RV CK_FN_DecryptMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                       CK_BYTE *pCiphertextPart, CK_ULONG ulCiphertextPartLen, CK_BYTE *pPlaintextPart,
                                       CK_ULONG *pulPlaintextPartLen, CK_FLAGS flags);
typedef CK_RV CK_FN_MessageDecryptFinal(CK_SESSION_HANDLE hSession);
typedef CK_RV CK_FN_MessageSignInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_SignMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
                                CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen);
typedef CK_RV CK_FN_SignMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen);
typedef CK_RV CK_FN_SignMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                    CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG *pulSignatureLen);
typedef CK_RV CK_FN_MessageSignFinal(CK_SESSION_HANDLE hSession);
typedef CK_RV CK_FN_MessageVerifyInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hKey);
typedef CK_RV CK_FN_VerifyMessage(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen, CK_BYTE *pData,
                                  CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen);
typedef CK_RV CK_FN_VerifyMessageBegin(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen);
typedef CK_RV CK_FN_VerifyMessageNext(CK_SESSION_HANDLE hSession, void *pParameter, CK_ULONG ulParameterLen,
                                      CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pSignature, CK_ULONG ulSignatureLen);
typedef CK_RV CK_FN_MessageVerifyFinal(CK_SESSION_HANDLE hSession);

/* 2.40: 68 functions in this order. */
struct CK_FUNCTION_LIST {
    CK_VERSION version;
    CK_FN_Initialize *C_Initialize;
    CK_FN_Finalize *C_Finalize;
    CK_FN_GetInfo *C_GetInfo;
    CK_FN_GetFunctionList *C_GetFunctionList;
    CK_FN_GetSlotList *C_GetSlotList;
    CK_FN_GetSlotInfo *C_GetSlotInfo;
    CK_FN_GetTokenInfo *C_GetTokenInfo;
    CK_FN_GetMechanismList *C_GetMechanismList;
    CK_FN_GetMechanismInfo *C_GetMechanismInfo;
    CK_FN_InitToken *C_InitToken;
    CK_FN_InitPIN *C_InitPIN;
    CK_FN_SetPIN *C_SetPIN;
    CK_FN_OpenSession *C_OpenSession;
    CK_FN_CloseSession *C_CloseSession;
    CK_FN_CloseAllSessions *C_CloseAllSessions;
    CK_FN_GetSessionInfo *C_GetSessionInfo;
    CK_FN_GetOperationState *C_GetOperationState;
    CK_FN_SetOperationState *C_SetOperationState;
    CK_FN_Login *C_Login;
    CK_FN_Logout *C_Logout;
    CK_FN_CreateObject *C_CreateObject;
    CK_FN_CopyObject *C_CopyObject;
    CK_FN_DestroyObject *C_DestroyObject;
    CK_FN_GetObjectSize *C_GetObjectSize;
    CK_FN_GetAttributeValue *C_GetAttributeValue;
    CK_FN_SetAttributeValue *C_SetAttributeValue;
    CK_FN_FindObjectsInit *C_FindObjectsInit;
    CK_FN_FindObjects *C_FindObjects;
    CK_FN_FindObjectsFinal *C_FindObjectsFinal;
    CK_FN_EncryptInit *C_EncryptInit;
    CK_FN_Encrypt *C_Encrypt;
    CK_FN_EncryptUpdate *C_EncryptUpdate;
    CK_FN_EncryptFinal *C_EncryptFinal;
    CK_FN_DecryptInit *C_DecryptInit;
    CK_FN_Decrypt *C_Decrypt;
    CK_FN_DecryptUpdate *C_DecryptUpdate;
    CK_FN_DecryptFinal *C_DecryptFinal;
    CK_FN_DigestInit *C_DigestInit;
    CK_FN_Digest *C_Digest;
    CK_FN_DigestUpdate *C_DigestUpdate;
    CK_FN_DigestKey *C_DigestKey;
    CK_FN_DigestFinal *C_DigestFinal;
    CK_FN_SignInit *C_SignInit;
    CK_FN_Sign *C_Sign;
    CK_FN_SignUpdate *C_SignUpdate;
    CK_FN_SignFinal *C_SignFinal;
    CK_FN_SignRecoverInit *C_SignRecoverInit;
    CK_FN_SignRecover *C_SignRecover;
    CK_FN_VerifyInit *C_VerifyInit;
    CK_FN_Verify *C_Verify;
    CK_FN_VerifyUpdate *C_VerifyUpdate;
    CK_FN_VerifyFinal *C_VerifyFinal;
    CK_FN_VerifyRecoverInit *C_VerifyRecoverInit;
    CK_FN_VerifyRecover *C_VerifyRecover;
    CK_FN_DigestEncryptUpdate *C_DigestEncryptUpdate;
    CK_FN_DecryptDigestUpdate *C_DecryptDigestUpdate;
    CK_FN_SignEncryptUpdate *C_SignEncryptUpdate;
    CK_FN_DecryptVerifyUpdate *C_DecryptVerifyUpdate;
    CK_FN_GenerateKey *C_GenerateKey;
    CK_FN_GenerateKeyPair *C_GenerateKeyPair;
    CK_FN_WrapKey *C_WrapKey;
    CK_FN_UnwrapKey *C_UnwrapKey;
    CK_FN_DeriveKey *C_DeriveKey;
    CK_FN_SeedRandom *C_SeedRandom;
    CK_FN_GenerateRandom *C_GenerateRandom;
    CK_FN_GetFunctionStatus *C_GetFunctionStatus;
    CK_FN_CancelFunction *C_CancelFunction;
    CK_FN_WaitForSlotEvent *C_WaitForSlotEvent;
};

/* 3.0: these, and 24 more. */
struct CK_FUNCTION_LIST_3_0 {
    CK_VERSION version;
    CK_FN_Initialize *C_Initialize;
    CK_FN_Finalize *C_Finalize;
    CK_FN_GetInfo *C_GetInfo;
    CK_FN_GetFunctionList *C_GetFunctionList;
    CK_FN_GetSlotList *C_GetSlotList;
    CK_FN_GetSlotInfo *C_GetSlotInfo;
    CK_FN_GetTokenInfo *C_GetTokenInfo;
    CK_FN_GetMechanismList *C_GetMechanismList;
    CK_FN_GetMechanismInfo *C_GetMechanismInfo;
    CK_FN_InitToken *C_InitToken;
    CK_FN_InitPIN *C_InitPIN;
    CK_FN_SetPIN *C_SetPIN;
    CK_FN_OpenSession *C_OpenSession;
    CK_FN_CloseSession *C_CloseSession;
    CK_FN_CloseAllSessions *C_CloseAllSessions;
    CK_FN_GetSessionInfo *C_GetSessionInfo;
    CK_FN_GetOperationState *C_GetOperationState;
    CK_FN_SetOperationState *C_SetOperationState;
    CK_FN_Login *C_Login;
    CK_FN_Logout *C_Logout;
    CK_FN_CreateObject *C_CreateObject;
    CK_FN_CopyObject *C_CopyObject;
    CK_FN_DestroyObject *C_DestroyObject;
    CK_FN_GetObjectSize *C_GetObjectSize;
    CK_FN_GetAttributeValue *C_GetAttributeValue;
    CK_FN_SetAttributeValue *C_SetAttributeValue;
    CK_FN_FindObjectsInit *C_FindObjectsInit;
    CK_FN_FindObjects *C_FindObjects;
    CK_FN_FindObjectsFinal *C_FindObjectsFinal;
    CK_FN_EncryptInit *C_EncryptInit;
    CK_FN_Encrypt *C_Encrypt;
    CK_FN_EncryptUpdate *C_EncryptUpdate;
    CK_FN_EncryptFinal *C_EncryptFinal;
    CK_FN_DecryptInit *C_DecryptInit;
    CK_FN_Decrypt *C_Decrypt;
    CK_FN_DecryptUpdate *C_DecryptUpdate;
    CK_FN_DecryptFinal *C_DecryptFinal;
    CK_FN_DigestInit *C_DigestInit;
    CK_FN_Digest *C_Digest;
    CK_FN_DigestUpdate *C_DigestUpdate;
    CK_FN_DigestKey *C_DigestKey;
    CK_FN_DigestFinal *C_DigestFinal;
    CK_FN_SignInit *C_SignInit;
    CK_FN_Sign *C_Sign;
    CK_FN_SignUpdate *C_SignUpdate;
    CK_FN_SignFinal *C_SignFinal;
    CK_FN_SignRecoverInit *C_SignRecoverInit;
    CK_FN_SignRecover *C_SignRecover;
    CK_FN_VerifyInit *C_VerifyInit;
    CK_FN_Verify *C_Verify;
    CK_FN_VerifyUpdate *C_VerifyUpdate;
    CK_FN_VerifyFinal *C_VerifyFinal;
    CK_FN_VerifyRecoverInit *C_VerifyRecoverInit;
    CK_FN_VerifyRecover *C_VerifyRecover;
    CK_FN_DigestEncryptUpdate *C_DigestEncryptUpdate;
    CK_FN_DecryptDigestUpdate *C_DecryptDigestUpdate;
    CK_FN_SignEncryptUpdate *C_SignEncryptUpdate;
    CK_FN_DecryptVerifyUpdate *C_DecryptVerifyUpdate;
    CK_FN_GenerateKey *C_GenerateKey;
    CK_FN_GenerateKeyPair *C_GenerateKeyPair;
    CK_FN_WrapKey *C_WrapKey;
    CK_FN_UnwrapKey *C_UnwrapKey;
    CK_FN_DeriveKey *C_DeriveKey;
    CK_FN_SeedRandom *C_SeedRandom;
    CK_FN_GenerateRandom *C_GenerateRandom;
    CK_FN_GetFunctionStatus *C_GetFunctionStatus;
    CK_FN_CancelFunction *C_CancelFunction;
    CK_FN_WaitForSlotEvent *C_WaitForSlotEvent;
    CK_FN_GetInterfaceList *C_GetInterfaceList;
    CK_FN_GetInterface *C_GetInterface;
    CK_FN_LoginUser *C_LoginUser;
    CK_FN_SessionCancel *C_SessionCancel;
    CK_FN_MessageEncryptInit *C_MessageEncryptInit;
    CK_FN_EncryptMessage *C_EncryptMessage;
    CK_FN_EncryptMessageBegin *C_EncryptMessageBegin;
    CK_FN_EncryptMessageNext *C_EncryptMessageNext;
    CK_FN_MessageEncryptFinal *C_MessageEncryptFinal;
    CK_FN_MessageDecryptInit *C_MessageDecryptInit;
    CK_FN_DecryptMessage *C_DecryptMessage;
    CK_FN_DecryptMessageBegin *C_DecryptMessageBegin;
    CK_FN_DecryptMessageNext *C_DecryptMessageNext;
    CK_FN_MessageDecryptFinal *C_MessageDecryptFinal;
    CK_FN_MessageSignInit *C_MessageSignInit;
    CK_FN_SignMessage *C_SignMessage;
    CK_FN_SignMessageBegin *C_SignMessageBegin;
    CK_FN_SignMessageNext *C_SignMessageNext;
    CK_FN_MessageSignFinal *C_MessageSignFinal;
    CK_FN_MessageVerifyInit *C_MessageVerifyInit;
    CK_FN_VerifyMessage *C_VerifyMessage;
    CK_FN_VerifyMessageBegin *C_VerifyMessageBegin;
    CK_FN_VerifyMessageNext *C_VerifyMessageNext;
    CK_FN_MessageVerifyFinal *C_MessageVerifyFinal;
};

#ifdef _WIN32
#pragma pack(pop)
#endif

/* What a module exports by these names; the rest is found through them (2.40, 5.4; 3.0, 5.4). */
#ifdef _WIN32
#define GMPKI_P11_API __declspec(dllexport)
#else
#define GMPKI_P11_API __attribute__((visibility("default")))
#endif
#ifdef GMPKI_P11_MODULE
GMPKI_P11_API CK_FN_Initialize C_Initialize;
GMPKI_P11_API CK_FN_Finalize C_Finalize;
GMPKI_P11_API CK_FN_GetInfo C_GetInfo;
GMPKI_P11_API CK_FN_GetFunctionList C_GetFunctionList;
GMPKI_P11_API CK_FN_GetSlotList C_GetSlotList;
GMPKI_P11_API CK_FN_GetSlotInfo C_GetSlotInfo;
GMPKI_P11_API CK_FN_GetTokenInfo C_GetTokenInfo;
GMPKI_P11_API CK_FN_GetMechanismList C_GetMechanismList;
GMPKI_P11_API CK_FN_GetMechanismInfo C_GetMechanismInfo;
GMPKI_P11_API CK_FN_InitToken C_InitToken;
GMPKI_P11_API CK_FN_InitPIN C_InitPIN;
GMPKI_P11_API CK_FN_SetPIN C_SetPIN;
GMPKI_P11_API CK_FN_OpenSession C_OpenSession;
GMPKI_P11_API CK_FN_CloseSession C_CloseSession;
GMPKI_P11_API CK_FN_CloseAllSessions C_CloseAllSessions;
GMPKI_P11_API CK_FN_GetSessionInfo C_GetSessionInfo;
GMPKI_P11_API CK_FN_GetOperationState C_GetOperationState;
GMPKI_P11_API CK_FN_SetOperationState C_SetOperationState;
GMPKI_P11_API CK_FN_Login C_Login;
GMPKI_P11_API CK_FN_Logout C_Logout;
GMPKI_P11_API CK_FN_CreateObject C_CreateObject;
GMPKI_P11_API CK_FN_CopyObject C_CopyObject;
GMPKI_P11_API CK_FN_DestroyObject C_DestroyObject;
GMPKI_P11_API CK_FN_GetObjectSize C_GetObjectSize;
GMPKI_P11_API CK_FN_GetAttributeValue C_GetAttributeValue;
GMPKI_P11_API CK_FN_SetAttributeValue C_SetAttributeValue;
GMPKI_P11_API CK_FN_FindObjectsInit C_FindObjectsInit;
GMPKI_P11_API CK_FN_FindObjects C_FindObjects;
GMPKI_P11_API CK_FN_FindObjectsFinal C_FindObjectsFinal;
GMPKI_P11_API CK_FN_EncryptInit C_EncryptInit;
GMPKI_P11_API CK_FN_Encrypt C_Encrypt;
GMPKI_P11_API CK_FN_EncryptUpdate C_EncryptUpdate;
GMPKI_P11_API CK_FN_EncryptFinal C_EncryptFinal;
GMPKI_P11_API CK_FN_DecryptInit C_DecryptInit;
GMPKI_P11_API CK_FN_Decrypt C_Decrypt;
GMPKI_P11_API CK_FN_DecryptUpdate C_DecryptUpdate;
GMPKI_P11_API CK_FN_DecryptFinal C_DecryptFinal;
GMPKI_P11_API CK_FN_DigestInit C_DigestInit;
GMPKI_P11_API CK_FN_Digest C_Digest;
GMPKI_P11_API CK_FN_DigestUpdate C_DigestUpdate;
GMPKI_P11_API CK_FN_DigestKey C_DigestKey;
GMPKI_P11_API CK_FN_DigestFinal C_DigestFinal;
GMPKI_P11_API CK_FN_SignInit C_SignInit;
GMPKI_P11_API CK_FN_Sign C_Sign;
GMPKI_P11_API CK_FN_SignUpdate C_SignUpdate;
GMPKI_P11_API CK_FN_SignFinal C_SignFinal;
GMPKI_P11_API CK_FN_SignRecoverInit C_SignRecoverInit;
GMPKI_P11_API CK_FN_SignRecover C_SignRecover;
GMPKI_P11_API CK_FN_VerifyInit C_VerifyInit;
GMPKI_P11_API CK_FN_Verify C_Verify;
GMPKI_P11_API CK_FN_VerifyUpdate C_VerifyUpdate;
GMPKI_P11_API CK_FN_VerifyFinal C_VerifyFinal;
GMPKI_P11_API CK_FN_VerifyRecoverInit C_VerifyRecoverInit;
GMPKI_P11_API CK_FN_VerifyRecover C_VerifyRecover;
GMPKI_P11_API CK_FN_DigestEncryptUpdate C_DigestEncryptUpdate;
GMPKI_P11_API CK_FN_DecryptDigestUpdate C_DecryptDigestUpdate;
GMPKI_P11_API CK_FN_SignEncryptUpdate C_SignEncryptUpdate;
GMPKI_P11_API CK_FN_DecryptVerifyUpdate C_DecryptVerifyUpdate;
GMPKI_P11_API CK_FN_GenerateKey C_GenerateKey;
GMPKI_P11_API CK_FN_GenerateKeyPair C_GenerateKeyPair;
GMPKI_P11_API CK_FN_WrapKey C_WrapKey;
GMPKI_P11_API CK_FN_UnwrapKey C_UnwrapKey;
GMPKI_P11_API CK_FN_DeriveKey C_DeriveKey;
GMPKI_P11_API CK_FN_SeedRandom C_SeedRandom;
GMPKI_P11_API CK_FN_GenerateRandom C_GenerateRandom;
GMPKI_P11_API CK_FN_GetFunctionStatus C_GetFunctionStatus;
GMPKI_P11_API CK_FN_CancelFunction C_CancelFunction;
GMPKI_P11_API CK_FN_WaitForSlotEvent C_WaitForSlotEvent;
GMPKI_P11_API CK_FN_GetInterfaceList C_GetInterfaceList;
GMPKI_P11_API CK_FN_GetInterface C_GetInterface;
#endif

#ifdef __cplusplus
}
#endif

#endif /* GMPKI_PKCS11_H */
