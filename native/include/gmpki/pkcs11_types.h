/*
 * gmpki/pkcs11_types.h: the types and structures of PKCS #11; see pkcs11.h.
 *
 * Structures are packed to one byte on Windows and natural elsewhere (2.40, 2.1). Strings inside them are filled up
 * with blanks and do not end with NUL.
 */
#ifndef GMPKI_PKCS11_TYPES_H
#define GMPKI_PKCS11_TYPES_H

#ifdef __cplusplus
extern "C" {
#endif
#ifdef _WIN32
#pragma pack(push, 1)
#endif

/* ---- simple types, clause 3.2 ---------------------------------------------------------- */

typedef unsigned char CK_BYTE;
typedef unsigned char CK_BBOOL;
typedef unsigned char CK_UTF8CHAR;
typedef unsigned long CK_ULONG;
typedef long CK_LONG;

#define CK_TRUE 0x01UL
#define CK_FALSE 0x00UL

typedef CK_ULONG CK_RV;
typedef CK_ULONG CK_FLAGS;
typedef CK_ULONG CK_SLOT_ID;
typedef CK_ULONG CK_SESSION_HANDLE;
typedef CK_ULONG CK_OBJECT_HANDLE;
typedef CK_ULONG CK_OBJECT_CLASS;
typedef CK_ULONG CK_KEY_TYPE;
typedef CK_ULONG CK_CERTIFICATE_TYPE;
typedef CK_ULONG CK_ATTRIBUTE_TYPE;
typedef CK_ULONG CK_MECHANISM_TYPE;
typedef CK_ULONG CK_USER_TYPE;
typedef CK_ULONG CK_STATE;
typedef CK_ULONG CK_NOTIFICATION;

/* ---- structures, clause 3 -------------------------------------------------------------- */

typedef struct CK_VERSION {
    CK_BYTE major;
    CK_BYTE minor;
} CK_VERSION;

typedef struct CK_INFO {
    CK_VERSION cryptokiVersion;
    CK_UTF8CHAR manufacturerID[32];
    CK_FLAGS flags;
    CK_UTF8CHAR libraryDescription[32];
    CK_VERSION libraryVersion;
} CK_INFO;

typedef struct CK_SLOT_INFO {
    CK_UTF8CHAR slotDescription[64];
    CK_UTF8CHAR manufacturerID[32];
    CK_FLAGS flags;
    CK_VERSION hardwareVersion;
    CK_VERSION firmwareVersion;
} CK_SLOT_INFO;

typedef struct CK_TOKEN_INFO {
    CK_UTF8CHAR label[32];
    CK_UTF8CHAR manufacturerID[32];
    CK_UTF8CHAR model[16];
    CK_UTF8CHAR serialNumber[16];
    CK_FLAGS flags;
    CK_ULONG ulMaxSessionCount;
    CK_ULONG ulSessionCount;
    CK_ULONG ulMaxRwSessionCount;
    CK_ULONG ulRwSessionCount;
    CK_ULONG ulMaxPinLen;
    CK_ULONG ulMinPinLen;
    CK_ULONG ulTotalPublicMemory;
    CK_ULONG ulFreePublicMemory;
    CK_ULONG ulTotalPrivateMemory;
    CK_ULONG ulFreePrivateMemory;
    CK_VERSION hardwareVersion;
    CK_VERSION firmwareVersion;
    CK_UTF8CHAR utcTime[16]; /* YYYYMMDDhhmmss00, where the token has a clock */
} CK_TOKEN_INFO;

typedef struct CK_SESSION_INFO {
    CK_SLOT_ID slotID;
    CK_STATE state;
    CK_FLAGS flags;
    CK_ULONG ulDeviceError;
} CK_SESSION_INFO;

typedef struct CK_ATTRIBUTE {
    CK_ATTRIBUTE_TYPE type;
    void *pValue;
    CK_ULONG ulValueLen; /* bytes */
} CK_ATTRIBUTE;

typedef struct CK_DATE {
    CK_UTF8CHAR year[4];
    CK_UTF8CHAR month[2];
    CK_UTF8CHAR day[2];
} CK_DATE;

typedef struct CK_MECHANISM {
    CK_MECHANISM_TYPE mechanism;
    void *pParameter;
    CK_ULONG ulParameterLen; /* bytes */
} CK_MECHANISM;

typedef struct CK_MECHANISM_INFO {
    CK_ULONG ulMinKeySize;
    CK_ULONG ulMaxKeySize;
    CK_FLAGS flags;
} CK_MECHANISM_INFO;

typedef CK_RV CK_FN_CREATEMUTEX(void **ppMutex);
typedef CK_RV CK_FN_DESTROYMUTEX(void *pMutex);
typedef CK_RV CK_FN_LOCKMUTEX(void *pMutex);
typedef CK_RV CK_FN_UNLOCKMUTEX(void *pMutex);
typedef CK_RV CK_FN_NOTIFY(CK_SESSION_HANDLE hSession, CK_NOTIFICATION event, void *pApplication);

typedef struct CK_C_INITIALIZE_ARGS {
    CK_FN_CREATEMUTEX *CreateMutex;
    CK_FN_DESTROYMUTEX *DestroyMutex;
    CK_FN_LOCKMUTEX *LockMutex;
    CK_FN_UNLOCKMUTEX *UnlockMutex;
    CK_FLAGS flags;
    void *pReserved;
} CK_C_INITIALIZE_ARGS;

/* 3.0: one of the function lists a module has, "PKCS 11" and a version in pFunctionList naming the standard's. */
typedef struct CK_INTERFACE {
    char *pInterfaceName;
    void *pFunctionList;
    CK_FLAGS flags;
} CK_INTERFACE;

/* ---- parameters of mechanisms ---------------------------------------------------------- */

typedef struct CK_RSA_PKCS_OAEP_PARAMS {
    CK_MECHANISM_TYPE hashAlg;
    CK_ULONG mgf;
    CK_ULONG source;
    void *pSourceData;
    CK_ULONG ulSourceDataLen;
} CK_RSA_PKCS_OAEP_PARAMS;

typedef struct CK_RSA_PKCS_PSS_PARAMS {
    CK_MECHANISM_TYPE hashAlg;
    CK_ULONG mgf;
    CK_ULONG sLen;
} CK_RSA_PKCS_PSS_PARAMS;

typedef struct CK_ECDH1_DERIVE_PARAMS {
    CK_ULONG kdf;
    CK_ULONG ulSharedDataLen;
    CK_BYTE *pSharedData;
    CK_ULONG ulPublicDataLen;
    CK_BYTE *pPublicData;
} CK_ECDH1_DERIVE_PARAMS;

typedef struct CK_AES_CTR_PARAMS {
    CK_ULONG ulCounterBits;
    CK_BYTE cb[16];
} CK_AES_CTR_PARAMS;

typedef struct CK_GCM_PARAMS {
    CK_BYTE *pIv;
    CK_ULONG ulIvLen;
    CK_ULONG ulIvBits;
    CK_BYTE *pAAD;
    CK_ULONG ulAADLen;
    CK_ULONG ulTagBits;
} CK_GCM_PARAMS;

/* Of CKM_GMPKI_SM2_EXCHANGE. hEphemeral is the private key of the own ephemeral pair, an SM2 pair made in the same
 * session whose public key the peer got; points are 04, x, y; a user id of NULL is 1234567812345678. */
typedef struct CK_GMPKI_SM2_EXCHANGE_PARAMS {
    CK_BBOOL initiator;
    CK_OBJECT_HANDLE hEphemeral;
    CK_BYTE *pUserId;
    CK_ULONG ulUserIdLen;
    CK_BYTE *pPeerPoint;
    CK_ULONG ulPeerPointLen;
    CK_BYTE *pPeerEphemeral;
    CK_ULONG ulPeerEphemeralLen;
    CK_BYTE *pPeerUserId;
    CK_ULONG ulPeerUserIdLen;
} CK_GMPKI_SM2_EXCHANGE_PARAMS;

#ifdef _WIN32
#pragma pack(pop)
#endif
#ifdef __cplusplus
}
#endif

#endif /* GMPKI_PKCS11_TYPES_H */
