/*
 * gmpki/skf.h: the SKF interface of GM/T 0016-2012 (GB/T 35291-2017), by which programs reach a UKey.
 *
 * The one place where this ABI is written: the software token exports it, and gmpki.tokens.skf reads this file to call
 * the drivers of other makers. Clause numbers are those of GM/T 0016-2012.
 *
 * The standard gives ULONG 32 bits and is silent about packing. Drivers differ, so both can be chosen before inclusion:
 *   GMPKI_SKF_ULONG       bytes of ULONG and DWORD: 4 (the standard, default) or 8 (drivers that wrote unsigned long)
 *   GMPKI_SKF_BLOB_ULONG  bytes of the numbers within key blobs and FILEATTRIBUTE: as GMPKI_SKF_ULONG unless set; 4
 *                         beside 8 is the mixed layout of one product line
 *   GMPKI_SKF_PACKED      1 (default): structures without gaps, as most drivers have them; 0: natural alignment
 *
 * Conventions of the interface:
 *   - Every function returns SAR_OK or an error code (annex A).
 *   - Strings are UTF-8 and end with NUL. Lists of names end each name with NUL, and the list with one more.
 *   - Numbers within byte arrays are big-endian. SM2 values stand right-aligned in their 64 bytes, zeros before them.
 *   - "size query": with a NULL buffer the function writes the size needed to the length and returns SAR_OK. Otherwise
 *     the length holds the buffer's size on entry and the size written on return; a buffer that is too small is
 *     answered with SAR_BUFFER_TOO_SMALL.
 *   - The standard declares nothing const; inputs are not written to.
 */
#ifndef GMPKI_SKF_H
#define GMPKI_SKF_H

#ifndef GMPKI_SKF_ULONG
#define GMPKI_SKF_ULONG 4
#endif
#ifndef GMPKI_SKF_BLOB_ULONG
#define GMPKI_SKF_BLOB_ULONG GMPKI_SKF_ULONG
#endif
#ifndef GMPKI_SKF_PACKED
#define GMPKI_SKF_PACKED 1
#endif

#include <stdint.h>

#ifdef _WIN32
#include <windows.h>
#endif

/* GMPKI_SKF_API marks the 78 functions that every known driver header declares, GMPKI_SKF_EXTRA the others. */
#ifndef GMPKI_SKF_API
#ifdef _WIN32
#ifdef GMPKI_SKF_BUILD
#define GMPKI_SKF_API __declspec(dllexport)
#else
#define GMPKI_SKF_API
#endif
#else
#define GMPKI_SKF_API __attribute__((visibility("default")))
#endif
#endif
#ifndef GMPKI_SKF_EXTRA
#define GMPKI_SKF_EXTRA GMPKI_SKF_API
#endif

/* The calling convention: it makes a difference on 32-bit Windows only. */
#ifdef _WIN32
#define DEVAPI __stdcall
#else
#define DEVAPI
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- base types (table 1) ---- */

#ifndef _WIN32
typedef uint8_t BYTE;
typedef char CHAR, *LPSTR;
typedef int16_t SHORT;
typedef uint16_t USHORT, WORD;
typedef int32_t LONG;
typedef int32_t BOOL;
typedef void *HANDLE;
#if GMPKI_SKF_ULONG == 8
typedef uint64_t ULONG, DWORD;
#else
typedef uint32_t ULONG, DWORD;
#endif
#define TRUE 1
#define FALSE 0
#endif
#if GMPKI_SKF_BLOB_ULONG == 8
typedef uint64_t SKF_BLOB_ULONG;
#else
typedef uint32_t SKF_BLOB_ULONG;
#endif
typedef HANDLE DEVHANDLE, HAPPLICATION, HCONTAINER;

/* ---- constants ---- */

/* Sizes of the arrays below. */
#define MAX_IV_LEN 32
#define MAX_RSA_MODULUS_LEN 256
#define MAX_RSA_EXPONENT_LEN 4
#define ECC_MAX_XCOORDINATE_BITS_LEN 512
#define ECC_MAX_YCOORDINATE_BITS_LEN 512
#define ECC_MAX_MODULUS_BITS_LEN 512

/* Block ciphers (GB/T 33560): SM1, SSF33 and SM4, the last byte is the mode. */
#define SGD_SM1_ECB 0x00000101
#define SGD_SM1_CBC 0x00000102
#define SGD_SM1_CFB 0x00000104
#define SGD_SM1_OFB 0x00000108
#define SGD_SM1_MAC 0x00000110
#define SGD_SSF33_ECB 0x00000201
#define SGD_SSF33_CBC 0x00000202
#define SGD_SSF33_CFB 0x00000204
#define SGD_SSF33_OFB 0x00000208
#define SGD_SSF33_MAC 0x00000210
#define SGD_SM4_ECB 0x00000401
#define SGD_SM4_CBC 0x00000402
#define SGD_SM4_CFB 0x00000404
#define SGD_SM4_OFB 0x00000408
#define SGD_SM4_MAC 0x00000410

/* Asymmetric algorithms. */
#define SGD_RSA 0x00010000
#define SGD_SM2 0x00020100
/* Signature, key exchange and encryption with SM2 as GM/T 0006 and GB/T 33560 number them. */
#define SGD_SM2_1 0x00020200
#define SGD_SM2_2 0x00020400
#define SGD_SM2_3 0x00020800
/* The same in the drafts of 2009 and 2010, which many drivers keep; note that 0x00020200 and 0x00020400 clash. */
#define SGD_SM2_1_DRAFT 0x00020100
#define SGD_SM2_2_DRAFT 0x00020200
#define SGD_SM2_3_DRAFT 0x00020400

/* Digests. */
#define SGD_SM3 0x00000001
#define SGD_SHA1 0x00000002
#define SGD_SHA256 0x00000004

/* The software token of this project only, as no standard numbers them; ciphers with the mode as above. */
#define SGD_SOFT_DES 0x80000100
#define SGD_SOFT_3DES_112 0x80000200
#define SGD_SOFT_3DES_168 0x80000300
#define SGD_SOFT_AES_128 0x80000400
#define SGD_SOFT_AES_192 0x80000500
#define SGD_SOFT_AES_256 0x80000600
#define SGD_SOFT_MD5 0x80000001
#define SGD_SOFT_SHA384 0x80000002
#define SGD_SOFT_SHA512 0x80000004

/* Who a PIN belongs to. */
#define ADMIN_TYPE 0
#define USER_TYPE 1

/* Rights on files and applications; may be combined. */
#define SECURE_NEVER_ACCOUNT 0x00000000
#define SECURE_ADM_ACCOUNT 0x00000001
#define SECURE_USER_ACCOUNT 0x00000010
#define SECURE_ANYONE_ACCOUNT 0x000000FF

/* What SKF_GetDevState answers (7.1.7). */
#define DEV_ABSENT_STATE 0x00000000
#define DEV_PRESENT_STATE 0x00000001
#define DEV_UNKNOW_STATE 0x00000002

/* What SKF_WaitForDevEvent reports (7.1.2). */
#define SKF_EVENT_INSERTED 1
#define SKF_EVENT_REMOVED 2

/* What SKF_GetContainerType answers (7.5.7). */
#define SKF_CONTAINER_EMPTY 0
#define SKF_CONTAINER_RSA 1
#define SKF_CONTAINER_ECC 2

/* BLOCKCIPHERPARAM.PaddingType (table 11). */
#define SKF_PADDING_NONE 0
#define SKF_PADDING_PKCS5 1

/* ENVELOPEDKEYBLOB.Version. */
#define SKF_ENVELOPED_KEY_VERSION 1

/* SKF_LockDev: wait for ever (7.1.10). */
#define SKF_LOCK_FOREVER 0xFFFFFFFF

/* ---- error codes (annex A) ---- */

#define SAR_OK 0x00000000
#define SAR_FAIL 0x0A000001
#define SAR_UNKNOWNERR 0x0A000002
#define SAR_NOTSUPPORTYETERR 0x0A000003
#define SAR_FILEERR 0x0A000004
#define SAR_INVALIDHANDLEERR 0x0A000005
#define SAR_INVALIDPARAMERR 0x0A000006
#define SAR_READFILEERR 0x0A000007
#define SAR_WRITEFILEERR 0x0A000008
#define SAR_NAMELENERR 0x0A000009
#define SAR_KEYUSAGEERR 0x0A00000A
#define SAR_MODULUSLENERR 0x0A00000B
#define SAR_NOTINITIALIZEERR 0x0A00000C
#define SAR_OBJERR 0x0A00000D
#define SAR_MEMORYERR 0x0A00000E
#define SAR_TIMEOUTERR 0x0A00000F
#define SAR_INDATALENERR 0x0A000010
#define SAR_INDATAERR 0x0A000011
#define SAR_GENRANDERR 0x0A000012
#define SAR_HASHOBJERR 0x0A000013
#define SAR_HASHERR 0x0A000014
#define SAR_GENRSAKEYERR 0x0A000015
#define SAR_RSAMODULUSLENERR 0x0A000016
#define SAR_CSPIMPRTPUBKEYERR 0x0A000017
#define SAR_RSAENCERR 0x0A000018
#define SAR_RSADECERR 0x0A000019
#define SAR_HASHNOTEQUALERR 0x0A00001A
#define SAR_KEYNOTFOUNTERR 0x0A00001B
#define SAR_CERTNOTFOUNTERR 0x0A00001C
#define SAR_NOTEXPORTERR 0x0A00001D
#define SAR_DECRYPTPADERR 0x0A00001E
#define SAR_MACLENERR 0x0A00001F
#define SAR_BUFFER_TOO_SMALL 0x0A000020
#define SAR_KEYINFOTYPEERR 0x0A000021
#define SAR_NOT_EVENTERR 0x0A000022
#define SAR_DEVICE_REMOVED 0x0A000023
#define SAR_PIN_INCORRECT 0x0A000024
#define SAR_PIN_LOCKED 0x0A000025
#define SAR_PIN_INVALID 0x0A000026
#define SAR_PIN_LEN_RANGE 0x0A000027
#define SAR_USER_ALREADY_LOGGED_IN 0x0A000028
#define SAR_USER_PIN_NOT_INITIALIZED 0x0A000029
#define SAR_USER_TYPE_INVALID 0x0A00002A
#define SAR_APPLICATION_NAME_INVALID 0x0A00002B
#define SAR_APPLICATION_EXISTS 0x0A00002C
#define SAR_USER_NOT_LOGGED_IN 0x0A00002D
#define SAR_APPLICATION_NOT_EXISTS 0x0A00002E
#define SAR_FILE_ALREADY_EXIST 0x0A00002F
#define SAR_NO_ROOM 0x0A000030
#define SAR_FILE_NOT_EXIST 0x0A000031
#define SAR_REACH_MAX_CONTAINER_COUNT 0x0A000032
/*
 * Not in the edition of 2012. A published table of codes gives these numbers and says that GM/T 0016-2023 added all but
 * 0x34 and 0x38, which are one maker's; the text of 2023 was not read. Other makers use 0x33 and above differently.
 */
#define SAR_AUTH_BLOCKED 0x0A000033
#define SAR_CERTNOUSAGEERR 0x0A000034
#define SAR_INVALIDCONTAINERERR 0x0A000035
#define SAR_CONTAINER_NOT_EXISTS 0x0A000036
#define SAR_CONTAINER_EXISTS 0x0A000037
#define SAR_CERTUSAGEERR 0x0A000038
#define SAR_KEYNOUSAGEERR 0x0A000039
#define SAR_FILEATTRIBUTEERR 0x0A00003A
#define SAR_DEVNOAUTH 0x0A00003B

/* ---- structures ---- */

#if GMPKI_SKF_PACKED
#pragma pack(push, 1)
#endif

typedef struct Struct_Version {
    BYTE major;
    BYTE minor;
} VERSION;

/* Device. The capabilities are the identifiers above, combined; strings end with NUL. */
typedef struct Struct_DEVINFO {
    VERSION Version; /* of this structure: 1.0 */
    CHAR Manufacturer[64];
    CHAR Issuer[64];
    CHAR Label[32];
    CHAR SerialNumber[32];
    VERSION HWVersion;
    VERSION FirmwareVersion;
    ULONG AlgSymCap;
    ULONG AlgAsymCap;
    ULONG AlgHashCap;
    ULONG DevAuthAlgId; /* the cipher of device authentication */
    ULONG TotalSpace;   /* bytes */
    ULONG FreeSpace;    /* bytes */
    ULONG MaxECCBufferSize;
    ULONG MaxBufferSize;
    BYTE Reserved[64];
} DEVINFO, *PDEVINFO;

typedef struct Struct_RSAPUBLICKEYBLOB {
    SKF_BLOB_ULONG AlgID;
    SKF_BLOB_ULONG BitLen;
    BYTE Modulus[MAX_RSA_MODULUS_LEN];
    BYTE PublicExponent[MAX_RSA_EXPONENT_LEN];
} RSAPUBLICKEYBLOB, *PRSAPUBLICKEYBLOB;

typedef struct Struct_RSAPRIVATEKEYBLOB {
    SKF_BLOB_ULONG AlgID;
    SKF_BLOB_ULONG BitLen;
    BYTE Modulus[MAX_RSA_MODULUS_LEN];
    BYTE PublicExponent[MAX_RSA_EXPONENT_LEN];
    BYTE PrivateExponent[MAX_RSA_MODULUS_LEN];
    BYTE Prime1[MAX_RSA_MODULUS_LEN / 2];
    BYTE Prime2[MAX_RSA_MODULUS_LEN / 2];
    BYTE Prime1Exponent[MAX_RSA_MODULUS_LEN / 2];
    BYTE Prime2Exponent[MAX_RSA_MODULUS_LEN / 2];
    BYTE Coefficient[MAX_RSA_MODULUS_LEN / 2];
} RSAPRIVATEKEYBLOB, *PRSAPRIVATEKEYBLOB;

typedef struct Struct_ECCPUBLICKEYBLOB {
    SKF_BLOB_ULONG BitLen; /* 256 */
    BYTE XCoordinate[ECC_MAX_XCOORDINATE_BITS_LEN / 8];
    BYTE YCoordinate[ECC_MAX_YCOORDINATE_BITS_LEN / 8];
} ECCPUBLICKEYBLOB, *PECCPUBLICKEYBLOB;

typedef struct Struct_ECCPRIVATEKEYBLOB {
    SKF_BLOB_ULONG BitLen; /* 256 */
    BYTE PrivateKey[ECC_MAX_MODULUS_BITS_LEN / 8];
} ECCPRIVATEKEYBLOB, *PECCPRIVATEKEYBLOB;

/*
 * C1 = (XCoordinate, YCoordinate), C3 = HASH, C2 = Cipher, which goes on behind the structure. The standard gives an
 * output no capacity; a caller presets CipherLen to it, because there are drivers that look.
 */
typedef struct Struct_ECCCIPHERBLOB {
    BYTE XCoordinate[ECC_MAX_XCOORDINATE_BITS_LEN / 8];
    BYTE YCoordinate[ECC_MAX_YCOORDINATE_BITS_LEN / 8];
    BYTE HASH[32];
    ULONG CipherLen;
    BYTE Cipher[1];
} ECCCIPHERBLOB, *PECCCIPHERBLOB;

typedef struct Struct_ECCSIGNATUREBLOB {
    BYTE r[ECC_MAX_MODULUS_BITS_LEN / 8];
    BYTE s[ECC_MAX_MODULUS_BITS_LEN / 8];
} ECCSIGNATUREBLOB, *PECCSIGNATUREBLOB;

typedef struct Struct_BLOCKCIPHERPARAM {
    BYTE IV[MAX_IV_LEN];
    ULONG IVLen; /* bytes; 0 for ECB */
    ULONG PaddingType;
    ULONG FeedBitLen; /* bits fed back, for CFB and OFB */
} BLOCKCIPHERPARAM, *PBLOCKCIPHERPARAM;

/*
 * An SM2 key pair made outside, for the container whose signing key ECCCipherBlob is encrypted to: ECCCipherBlob holds
 * a key of ulSymmAlgID (an ECB identifier), and that key encrypts the 64 bytes of the private key.
 */
typedef struct SKF_ENVELOPEDKEYBLOB {
    ULONG Version;
    ULONG ulSymmAlgID;
    ULONG ulBits;
    BYTE cbEncryptedPriKey[64];
    ECCPUBLICKEYBLOB PubKey;
    ECCCIPHERBLOB ECCCipherBlob;
} ENVELOPEDKEYBLOB, *PENVELOPEDKEYBLOB;

typedef struct Struct_FILEATTRIBUTE {
    CHAR FileName[32]; /* without NUL when all 32 bytes are used */
    SKF_BLOB_ULONG FileSize;
    SKF_BLOB_ULONG ReadRights;
    SKF_BLOB_ULONG WriteRights;
} FILEATTRIBUTE, *PFILEATTRIBUTE;

#if GMPKI_SKF_PACKED
#pragma pack(pop)
#endif

/* ---- device management (7.1) ---- */

/* 7.1.2: blocks until a device is inserted or removed; the length counts the NUL. */
GMPKI_SKF_API ULONG DEVAPI SKF_WaitForDevEvent(LPSTR szDevName, ULONG *pulDevNameLen, ULONG *pulEvent);
/* 7.1.3: makes the wait of this process return at once. */
GMPKI_SKF_API ULONG DEVAPI SKF_CancelWaitForDevEvent(void);
/* 7.1.4: TRUE lists the devices that are present, FALSE all that the driver supports. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_EnumDev(BOOL bPresent, LPSTR szNameList, ULONG *pulSize);
/* 7.1.5 */
GMPKI_SKF_API ULONG DEVAPI SKF_ConnectDev(LPSTR szName, DEVHANDLE *phDev);
/* 7.1.6: unlocks first. Table 16 spells it DisconnectDev, and so do some drivers. */
GMPKI_SKF_API ULONG DEVAPI SKF_DisConnectDev(DEVHANDLE hDev);
/* 7.1.7: one of DEV_*_STATE. */
GMPKI_SKF_API ULONG DEVAPI SKF_GetDevState(LPSTR szDevName, ULONG *pulDevState);
/* 7.1.8: a label of less than 32 bytes. */
GMPKI_SKF_API ULONG DEVAPI SKF_SetLabel(DEVHANDLE hDev, LPSTR szLabel);
/* 7.1.9 */
GMPKI_SKF_API ULONG DEVAPI SKF_GetDevInfo(DEVHANDLE hDev, DEVINFO *pDevInfo);
/* 7.1.10: keeps others off the device; ulTimeOut in milliseconds. */
GMPKI_SKF_API ULONG DEVAPI SKF_LockDev(DEVHANDLE hDev, ULONG ulTimeOut);
/* 7.1.11 */
GMPKI_SKF_API ULONG DEVAPI SKF_UnlockDev(DEVHANDLE hDev);
/* 7.1.12: passes a command to the device and its answer back; for tests only. */
GMPKI_SKF_API ULONG DEVAPI SKF_Transmit(DEVHANDLE hDev, BYTE *pbCommand, ULONG ulCommandLen, BYTE *pbData,
                                        ULONG *pulDataLen);

/* ---- access control (7.2) ---- */

/* 7.2.2: needs SKF_DevAuth. */
GMPKI_SKF_API ULONG DEVAPI SKF_ChangeDevAuthKey(DEVHANDLE hDev, BYTE *pbKeyValue, ULONG ulKeyLen);
/* 7.2.3: pbAuthData is 8 bytes of SKF_GenRandom, filled with zeros to a block and encrypted with the device key. */
GMPKI_SKF_API ULONG DEVAPI SKF_DevAuth(DEVHANDLE hDev, BYTE *pbAuthData, ULONG ulLen);
/* 7.2.4: pulRetryCount is what is left when the old PIN was wrong. */
GMPKI_SKF_API ULONG DEVAPI SKF_ChangePIN(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szOldPin, LPSTR szNewPin,
                                         ULONG *pulRetryCount);
/* 7.2.5: 0 tries that remain means locked. */
GMPKI_SKF_API ULONG DEVAPI SKF_GetPINInfo(HAPPLICATION hApplication, ULONG ulPINType, ULONG *pulMaxRetryCount,
                                          ULONG *pulRemainRetryCount, BOOL *pbDefaultPin);
/* 7.2.6: logs in to the application. */
GMPKI_SKF_API ULONG DEVAPI SKF_VerifyPIN(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szPIN, ULONG *pulRetryCount);
/* 7.2.7: pulRetryCount counts the administrator's PIN. */
GMPKI_SKF_API ULONG DEVAPI SKF_UnblockPIN(HAPPLICATION hApplication, LPSTR szAdminPIN, LPSTR szNewUserPIN,
                                          ULONG *pulRetryCount);
/* 7.2.8: logs out of the application. */
GMPKI_SKF_API ULONG DEVAPI SKF_ClearSecureState(HAPPLICATION hApplication);

/* ---- applications (7.3) ---- */

/* 7.3.2: needs SKF_DevAuth; dwCreateFileRights says who may create files. */
GMPKI_SKF_API ULONG DEVAPI SKF_CreateApplication(DEVHANDLE hDev, LPSTR szAppName, LPSTR szAdminPin,
                                                 DWORD dwAdminPinRetryCount, LPSTR szUserPin, DWORD dwUserPinRetryCount,
                                                 DWORD dwCreateFileRights, HAPPLICATION *phApplication);
/* 7.3.3: size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_EnumApplication(DEVHANDLE hDev, LPSTR szAppName, ULONG *pulSize);
/* 7.3.4: needs SKF_DevAuth. */
GMPKI_SKF_API ULONG DEVAPI SKF_DeleteApplication(DEVHANDLE hDev, LPSTR szAppName);
/* 7.3.5 */
GMPKI_SKF_API ULONG DEVAPI SKF_OpenApplication(DEVHANDLE hDev, LPSTR szAppName, HAPPLICATION *phApplication);
/* 7.3.6: does not log out. */
GMPKI_SKF_API ULONG DEVAPI SKF_CloseApplication(HAPPLICATION hApplication);

/* ---- files (7.4) ---- */

/* 7.4.2 */
GMPKI_SKF_API ULONG DEVAPI SKF_CreateFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulFileSize,
                                          ULONG ulReadRights, ULONG ulWriteRights);
/* 7.4.3 */
GMPKI_SKF_API ULONG DEVAPI SKF_DeleteFile(HAPPLICATION hApplication, LPSTR szFileName);
/* 7.4.4: size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_EnumFiles(HAPPLICATION hApplication, LPSTR szFileList, ULONG *pulSize);
/* 7.4.5 */
GMPKI_SKF_API ULONG DEVAPI SKF_GetFileInfo(HAPPLICATION hApplication, LPSTR szFileName, FILEATTRIBUTE *pFileInfo);
/* 7.4.6 */
GMPKI_SKF_API ULONG DEVAPI SKF_ReadFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulOffset, ULONG ulSize,
                                        BYTE *pbOutData, ULONG *pulOutLen);
/* 7.4.7 */
GMPKI_SKF_API ULONG DEVAPI SKF_WriteFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulOffset, BYTE *pbData,
                                         ULONG ulSize);

/* ---- containers (7.5) ---- */

/* 7.5.2: a name of at most 64 bytes; needs the user's login. */
GMPKI_SKF_API ULONG DEVAPI SKF_CreateContainer(HAPPLICATION hApplication, LPSTR szContainerName,
                                               HCONTAINER *phContainer);
/* 7.5.3: destroys its keys; needs the user's login. */
GMPKI_SKF_API ULONG DEVAPI SKF_DeleteContainer(HAPPLICATION hApplication, LPSTR szContainerName);
/* 7.5.4 */
GMPKI_SKF_API ULONG DEVAPI SKF_OpenContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer);
/* 7.5.5 */
GMPKI_SKF_API ULONG DEVAPI SKF_CloseContainer(HCONTAINER hContainer);
/* 7.5.6: size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_EnumContainer(HAPPLICATION hApplication, LPSTR szContainerName, ULONG *pulSize);
/* 7.5.7: one of SKF_CONTAINER_*. */
GMPKI_SKF_API ULONG DEVAPI SKF_GetContainerType(HCONTAINER hContainer, ULONG *pulContainerType);
/* 7.5.8: DER; bSignFlag TRUE is the signing certificate, FALSE the encryption certificate. */
GMPKI_SKF_API ULONG DEVAPI SKF_ImportCertificate(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG ulCertLen);
/* 7.5.9: size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_ExportCertificate(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert,
                                                 ULONG *pulCertLen);

/* ---- cryptography (7.6): random numbers, RSA ---- */

/* 7.6.2 */
GMPKI_SKF_API ULONG DEVAPI SKF_GenRandom(DEVHANDLE hDev, BYTE *pbRandom, ULONG ulRandomLen);
/* Draft of 2009, not in the edition of 2012: a key pair that leaves the device. */
GMPKI_SKF_API ULONG DEVAPI SKF_GenExtRSAKey(DEVHANDLE hDev, ULONG ulBitsLen, RSAPRIVATEKEYBLOB *pBlob);
/* 7.6.3: the signing pair of the container; needs the user's login. */
GMPKI_SKF_API ULONG DEVAPI SKF_GenRSAKeyPair(HCONTAINER hContainer, ULONG ulBitsLen, RSAPUBLICKEYBLOB *pBlob);
/* 7.6.4: pbWrappedKey, encrypted to the signing key, encrypts the PKCS#1 private key in pbEncryptedData. */
GMPKI_SKF_API ULONG DEVAPI SKF_ImportRSAKeyPair(HCONTAINER hContainer, ULONG ulSymAlgId, BYTE *pbWrappedKey,
                                                ULONG ulWrappedKeyLen, BYTE *pbEncryptedData, ULONG ulEncryptedDataLen);
/* 7.6.5: at most the modulus less 11 bytes; needs the user's login. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_RSASignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, BYTE *pbSignature,
                                           ULONG *pulSignLen);
/* 7.6.6 */
GMPKI_SKF_API ULONG DEVAPI SKF_RSAVerify(DEVHANDLE hDev, RSAPUBLICKEYBLOB *pRSAPubKeyBlob, BYTE *pbData,
                                         ULONG ulDataLen, BYTE *pbSignature, ULONG ulSignLen);
/* 7.6.7: makes a session key and encrypts it to the public key by PKCS#1 v1.5. */
GMPKI_SKF_API ULONG DEVAPI SKF_RSAExportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, RSAPUBLICKEYBLOB *pPubKey,
                                                   BYTE *pbData, ULONG *pulDataLen, HANDLE *phSessionKey);
/* Draft of 2009: the bare operation with a public key. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_ExtRSAPubKeyOperation(DEVHANDLE hDev, RSAPUBLICKEYBLOB *pRSAPubKeyBlob, BYTE *pbInput,
                                                     ULONG ulInputLen, BYTE *pbOutput, ULONG *pulOutputLen);
/* Draft of 2009: the bare operation with a private key from outside. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_ExtRSAPriKeyOperation(DEVHANDLE hDev, RSAPRIVATEKEYBLOB *pRSAPriKeyBlob, BYTE *pbInput,
                                                     ULONG ulInputLen, BYTE *pbOutput, ULONG *pulOutputLen);

/* ---- cryptography (7.6): SM2 ---- */

/* 7.6.8: the signing pair of the container; ulAlgId is SGD_SM2_1. Needs the user's login. */
GMPKI_SKF_API ULONG DEVAPI SKF_GenECCKeyPair(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pBlob);
/* 7.6.9: the encryption pair of the container; needs the user's login. */
GMPKI_SKF_API ULONG DEVAPI SKF_ImportECCKeyPair(HCONTAINER hContainer, ENVELOPEDKEYBLOB *pEnvelopedKeyBlob);
/* 7.6.10: pbData is e = SM3(ZA || M), 32 bytes; needs the user's login. */
GMPKI_SKF_API ULONG DEVAPI SKF_ECCSignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen,
                                           ECCSIGNATUREBLOB *pSignature);
/* 7.6.11: pbData is the same e. */
GMPKI_SKF_API ULONG DEVAPI SKF_ECCVerify(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbData,
                                         ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature);
/* 7.6.12: makes a session key and encrypts it to the public key. */
GMPKI_SKF_API ULONG DEVAPI SKF_ECCExportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pPubKey,
                                                   ECCCIPHERBLOB *pData, HANDLE *phSessionKey);
/* 7.6.13 */
GMPKI_SKF_API ULONG DEVAPI SKF_ExtECCEncrypt(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbPlainText,
                                             ULONG ulPlainTextLen, ECCCIPHERBLOB *pCipherText);
/* Draft of 2009: with a private key from outside. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_ExtECCDecrypt(DEVHANDLE hDev, ECCPRIVATEKEYBLOB *pECCPriKeyBlob,
                                             ECCCIPHERBLOB *pCipherText, BYTE *pbPlainText, ULONG *pulPlainTextLen);
/* Draft of 2009: with a private key from outside; pbData is e. */
GMPKI_SKF_API ULONG DEVAPI SKF_ExtECCSign(DEVHANDLE hDev, ECCPRIVATEKEYBLOB *pECCPriKeyBlob, BYTE *pbData,
                                          ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature);
/* Draft of 2009: what SKF_ECCVerify does. */
GMPKI_SKF_API ULONG DEVAPI SKF_ExtECCVerify(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbData,
                                            ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature);
/* 7.6.14: the initiator begins; an ID of at most 32 bytes. */
GMPKI_SKF_API ULONG DEVAPI SKF_GenerateAgreementDataWithECC(HCONTAINER hContainer, ULONG ulAlgId,
                                                            ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID,
                                                            ULONG ulIDLen, HANDLE *phAgreementHandle);
/* 7.6.15: the responder does all its steps. */
GMPKI_SKF_API ULONG DEVAPI SKF_GenerateAgreementDataAndKeyWithECC(HANDLE hContainer, ULONG ulAlgId,
                                                                  ECCPUBLICKEYBLOB *pSponsorECCPubKeyBlob,
                                                                  ECCPUBLICKEYBLOB *pSponsorTempECCPubKeyBlob,
                                                                  ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID,
                                                                  ULONG ulIDLen, BYTE *pbSponsorID,
                                                                  ULONG ulSponsorIDLen, HANDLE *phKeyHandle);
/* 7.6.16: the initiator ends; pbID is the responder's. */
GMPKI_SKF_API ULONG DEVAPI SKF_GenerateKeyWithECC(HANDLE hAgreementHandle, ECCPUBLICKEYBLOB *pECCPubKeyBlob,
                                                  ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID, ULONG ulIDLen,
                                                  HANDLE *phKeyHandle);
/* 7.6.17: an RSAPUBLICKEYBLOB or an ECCPUBLICKEYBLOB; bSignFlag TRUE is the signing key. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_ExportPublicKey(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbBlob, ULONG *pulBlobLen);

/* ---- cryptography (7.6): session keys ---- */

/* 7.6.18: pbWrapedData is an ECCCIPHERBLOB or an RSA block for the container's encryption key. */
GMPKI_SKF_API ULONG DEVAPI SKF_ImportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, BYTE *pbWrapedData,
                                                ULONG ulWrapedLen, HANDLE *phKey);
/* Draft of 2009: a session key in clear. */
GMPKI_SKF_API ULONG DEVAPI SKF_SetSymmKey(DEVHANDLE hDev, BYTE *pbKey, ULONG ulAlgID, HANDLE *phKey);
/* 7.6.19 */
GMPKI_SKF_API ULONG DEVAPI SKF_EncryptInit(HANDLE hKey, BLOCKCIPHERPARAM EncryptParam);
/* 7.6.20: the whole of a message. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_Encrypt(HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData,
                                       ULONG *pulEncryptedLen);
/* 7.6.21 */
GMPKI_SKF_API ULONG DEVAPI SKF_EncryptUpdate(HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData,
                                             ULONG *pulEncryptedLen);
/* 7.6.22 */
GMPKI_SKF_API ULONG DEVAPI SKF_EncryptFinal(HANDLE hKey, BYTE *pbEncryptedData, ULONG *pulEncryptedDataLen);
/* 7.6.23 */
GMPKI_SKF_API ULONG DEVAPI SKF_DecryptInit(HANDLE hKey, BLOCKCIPHERPARAM DecryptParam);
/* 7.6.24: the whole of a message. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_Decrypt(HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData,
                                       ULONG *pulDataLen);
/* 7.6.25 */
GMPKI_SKF_API ULONG DEVAPI SKF_DecryptUpdate(HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData,
                                             ULONG *pulDataLen);
/* 7.6.26: size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_DecryptFinal(HANDLE hKey, BYTE *pbDecryptedData, ULONG *pulDecryptedDataLen);

/* ---- cryptography (7.6): digests and MAC ---- */

/* 7.6.27: with SGD_SM3 and an ID the digest begins with Z of the public key and the ID; otherwise both are ignored. */
GMPKI_SKF_API ULONG DEVAPI SKF_DigestInit(DEVHANDLE hDev, ULONG ulAlgID, ECCPUBLICKEYBLOB *pPubKey, BYTE *pucID,
                                          ULONG ulIDLen, HANDLE *phHash);
/* 7.6.28: the whole of a message. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_Digest(HANDLE hHash, BYTE *pbData, ULONG ulDataLen, BYTE *pbHashData, ULONG *pulHashLen);
/* 7.6.29 */
GMPKI_SKF_API ULONG DEVAPI SKF_DigestUpdate(HANDLE hHash, BYTE *pbData, ULONG ulDataLen);
/* 7.6.30: size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_DigestFinal(HANDLE hHash, BYTE *pHashData, ULONG *pulHashLen);
/* 7.6.31: the last block of CBC; the message is a whole number of blocks. */
GMPKI_SKF_API ULONG DEVAPI SKF_MacInit(HANDLE hKey, BLOCKCIPHERPARAM *pMacParam, HANDLE *phMac);
/* 7.6.32: the whole of a message. Size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_Mac(HANDLE hMac, BYTE *pbData, ULONG ulDataLen, BYTE *pbMacData, ULONG *pulMacLen);
/* 7.6.33 */
GMPKI_SKF_API ULONG DEVAPI SKF_MacUpdate(HANDLE hMac, BYTE *pbData, ULONG ulDataLen);
/* 7.6.34: size query. */
GMPKI_SKF_API ULONG DEVAPI SKF_MacFinal(HANDLE hMac, BYTE *pbMacData, ULONG *pulMacDataLen);
/* 7.6.35: closes a session key, digest, MAC or agreement. */
GMPKI_SKF_API ULONG DEVAPI SKF_CloseHandle(HANDLE hHandle);

/* ---- beside the standard ---- */

/* Several makers: decrypts with the container's encryption key; needs the user's login. Size query. */
GMPKI_SKF_EXTRA ULONG DEVAPI SKF_ECCDecrypt(HCONTAINER hContainer, ECCCIPHERBLOB *pCipherText, BYTE *pbPlainText,
                                            ULONG *pulPlainTextLen);
/* Several makers: encrypts a session key that exists already to one more public key. Size query. */
GMPKI_SKF_EXTRA ULONG DEVAPI SKF_ECCExportSessionKeyEx(HANDLE hSessionKey, ECCPUBLICKEYBLOB *pPubKey, BYTE *pbData,
                                                       ULONG *pulDataLen);
/*
 * The software token of this project only: makes a device in szFolder (NULL: the default folder) from lines name=value
 * (NULL: the defaults) and answers its name. Size query: it makes nothing when szDevName is NULL.
 */
GMPKI_SKF_EXTRA ULONG DEVAPI SKF_SoftCreateDevice(LPSTR szFolder, LPSTR szSettings, LPSTR szDevName,
                                                  ULONG *pulDevNameLen);

#ifdef __cplusplus
}
#endif

#endif /* GMPKI_SKF_H */
