/*
 * A small SKF driver that the tests build in each layout, and with each habit and fault that drivers have. It does no
 * cryptography: what it answers lets a test see whether every byte arrived where it belongs.
 *
 *   MOCK_NO_DEVICE      no device is present
 *   MOCK_DRAFT          numbers SM2 as the drafts do
 *   MOCK_SPELLING       exports SKF_DisconnectDev
 *   MOCK_LEFT           RSA numbers stand at the beginning of their fields
 *   MOCK_NO_SIZE_QUERY  refuses a NULL buffer
 *   MOCK_BROKEN_KEY     a public key of 0 bits
 */
#define _POSIX_C_SOURCE 200809L
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#define GMPKI_SKF_BUILD
#include "gmpki/skf.h"
#define pause_ms(milliseconds) Sleep(milliseconds)
#else
#include <time.h>
#include <unistd.h>

#include "gmpki/skf.h"

static void pause_ms(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}
#endif

#ifdef MOCK_SPELLING
#define DISCONNECT SKF_DisconnectDev
GMPKI_SKF_API ULONG DEVAPI SKF_DisconnectDev(DEVHANDLE hDev);
#else
#define DISCONNECT SKF_DisConnectDev
#endif

enum { ODD_CODE = 0x0A000033, PIN_TRIES = 6, DATA_MAX = 1024 };

/* The base point of SM2. */
static const BYTE point[64] = {0x32, 0xC4, 0xAE, 0x2C, 0x1F, 0x19, 0x81, 0x19, 0x5F, 0x99, 0x04, 0x46, 0x6A,
                               0x39, 0xC9, 0x94, 0x8F, 0xE3, 0x0B, 0xBF, 0xF2, 0x66, 0x0B, 0xE1, 0x71, 0x5A,
                               0x45, 0x89, 0x33, 0x4C, 0x74, 0xC7, 0xBC, 0x37, 0x36, 0xA2, 0xF4, 0xF6, 0x77,
                               0x9C, 0x59, 0xBD, 0xCE, 0xE3, 0x6B, 0x69, 0x21, 0x53, 0xD0, 0xA9, 0x87, 0x7C,
                               0xC6, 0x2A, 0x47, 0x40, 0x02, 0xDF, 0x32, 0xE5, 0x21, 0x39, 0xF0, 0xA0};

/* "one", then a name in GB 18030 that is no UTF-8. */
static const char applications[] = "one\0\xD6\xD0\xCE\xC4\0";

static int device, application, container, key;
static ULONG tries = PIN_TRIES;
static BYTE last[DATA_MAX];
static ULONG last_len;
static BLOCKCIPHERPARAM parameters;
static volatile int cancelled, inside;

static ULONG answer(const void *data, ULONG len, BYTE *out, ULONG *out_len) {
    ULONG room = *out_len;
    *out_len = len;
    if (out == NULL) {
#ifdef MOCK_NO_SIZE_QUERY
        return SAR_INVALIDPARAMERR;
#else
        return SAR_OK;
#endif
    }
    if (room < len) {
        return SAR_BUFFER_TOO_SMALL;
    }
    memcpy(out, data, (size_t)len);
    return SAR_OK;
}

static void keep(const void *data, size_t len) {
    last_len = (ULONG)(len < DATA_MAX ? len : DATA_MAX);
    memcpy(last, data, (size_t)last_len);
}

static void hang(void) {
    for (;;) {
        pause_ms(1000);
    }
}

static void set_point(ECCPUBLICKEYBLOB *blob) {
    memset(blob, 0, sizeof *blob);
    blob->BitLen = 256;
    memcpy(blob->XCoordinate + 32, point, 32);
    memcpy(blob->YCoordinate + 32, point + 32, 32);
}

/* ---- device ---- */

ULONG DEVAPI SKF_EnumDev(BOOL bPresent, LPSTR szNameList, ULONG *pulSize) {
#ifdef MOCK_NO_DEVICE
    static const char present[] = "";
#else
    static const char present[] = "MOCK1\0";
#endif
    static const char all[] = "MOCK1\0MOCK2\0";
    return bPresent ? answer(present, sizeof present, (BYTE *)szNameList, pulSize)
                    : answer(all, sizeof all, (BYTE *)szNameList, pulSize);
}

ULONG DEVAPI SKF_ConnectDev(LPSTR szName, DEVHANDLE *phDev) {
    if (strncmp(szName, "MOCK", 4) != 0) {
        return SAR_DEVICE_REMOVED;
    }
    *phDev = &device;
    return SAR_OK;
}

ULONG DEVAPI DISCONNECT(DEVHANDLE hDev) {
    return hDev == &device ? SAR_OK : SAR_INVALIDHANDLEERR;
}

ULONG DEVAPI SKF_GetDevInfo(DEVHANDLE hDev, DEVINFO *pDevInfo) {
    DEVINFO info;
    if (hDev != &device) {
        return SAR_INVALIDHANDLEERR;
    }
    memset(&info, 0, sizeof info);
    info.Version.major = 1;
    strcpy(info.Manufacturer, "gmpki mock driver");
    strcpy(info.Issuer, "issuer");
    memset(info.Label, 'L', sizeof info.Label); /* full, without NUL */
    strcpy(info.SerialNumber, "0123456789");
    info.HWVersion.minor = 2;
    info.FirmwareVersion.major = 3;
    info.AlgSymCap = SGD_SM4_ECB | SGD_SM4_CBC;
#ifdef MOCK_DRAFT
    info.AlgAsymCap = SGD_RSA | SGD_SM2_1_DRAFT | SGD_SM2_2_DRAFT | SGD_SM2_3_DRAFT;
#else
    info.AlgAsymCap = SGD_RSA | SGD_SM2_1;
#endif
    info.AlgHashCap = SGD_SM3 | SGD_SHA1;
    info.DevAuthAlgId = SGD_SM4_ECB;
    info.TotalSpace = 65536;
    info.FreeSpace = 4096;
    info.MaxECCBufferSize = 128;
    info.MaxBufferSize = 1024;
    memcpy(pDevInfo, &info, sizeof info);
    return SAR_OK;
}

/* Takes a moment, and notices another call on the device meanwhile. */
ULONG DEVAPI SKF_SetLabel(DEVHANDLE hDev, LPSTR szLabel) {
    ULONG code = hDev == &device && !inside ? SAR_OK : SAR_FAIL;
    inside = 1;
    keep(szLabel, strlen(szLabel));
    pause_ms(2);
    inside = 0;
    return code;
}

/* The first byte says what to do. */
ULONG DEVAPI SKF_Transmit(DEVHANDLE hDev, BYTE *pbCommand, ULONG ulCommandLen, BYTE *pbData, ULONG *pulDataLen) {
    static BYTE many[100000];
    ULONG room = *pulDataLen;
    if (hDev != &device || ulCommandLen == 0) {
        return SAR_INVALIDPARAMERR;
    }
    switch (pbCommand[0]) {
    case 1: /* crashes */
        abort();
    case 2:
        hang();
        break;
    case 3: /* claims to have written more than there is room */
        *pulDataLen = room + 1;
        return SAR_OK;
    case 4: /* never has enough */
        *pulDataLen = room + 1;
        return SAR_BUFFER_TOO_SMALL;
    case 5: /* wants a larger buffer once */
        return answer(many, sizeof many, pbData, pulDataLen);
    case 6: /* says too small, and asks for no more */
        return SAR_BUFFER_TOO_SMALL;
    case 7: /* wants more than anybody has */
        *pulDataLen = 0x7FFFFFFF;
        return SAR_BUFFER_TOO_SMALL;
    case 8: /* chatters */
        printf("a driver prints\n");
        fflush(stdout);
        break;
    case 9:
        _Exit(3);
    default:
        break;
    }
    return answer(pbCommand, ulCommandLen, pbData, pulDataLen);
}

ULONG DEVAPI SKF_LockDev(DEVHANDLE hDev, ULONG ulTimeOut) {
    if (hDev != &device) {
        return SAR_INVALIDHANDLEERR;
    }
    return ulTimeOut == 1 ? SAR_TIMEOUTERR : SAR_OK;
}

ULONG DEVAPI SKF_WaitForDevEvent(LPSTR szDevName, ULONG *pulDevNameLen, ULONG *pulEvent) {
    static int calls;
    if (calls++ == 0) {
        *pulEvent = SKF_EVENT_INSERTED;
        return answer("MOCK1", 6, (BYTE *)szDevName, pulDevNameLen);
    }
    while (!cancelled) {
        pause_ms(1);
    }
    cancelled = 0;
    return SAR_FAIL;
}

ULONG DEVAPI SKF_CancelWaitForDevEvent(void) {
    cancelled = 1;
    return SAR_OK;
}

/* ---- applications ---- */

ULONG DEVAPI SKF_EnumApplication(DEVHANDLE hDev, LPSTR szAppName, ULONG *pulSize) {
    (void)hDev;
#ifdef MOCK_MANY_NAMES
    static char names[2 * 5000 + 1]; /* of one letter each */
    for (size_t i = 0; i + 1 < sizeof names; i += 2) {
        names[i] = 'n';
    }
    return answer(names, sizeof names, (BYTE *)szAppName, pulSize);
#else
    return answer(applications, sizeof applications, (BYTE *)szAppName, pulSize);
#endif
}

ULONG DEVAPI SKF_OpenApplication(DEVHANDLE hDev, LPSTR szAppName, HAPPLICATION *phApplication) {
    (void)hDev;
    if (strcmp(szAppName, "one") != 0 && strcmp(szAppName, "\xD6\xD0\xCE\xC4") != 0) {
        return SAR_APPLICATION_NOT_EXISTS;
    }
    *phApplication = &application;
    return SAR_OK;
}

ULONG DEVAPI SKF_VerifyPIN(HAPPLICATION hApplication, ULONG ulPINType, LPSTR szPIN, ULONG *pulRetryCount) {
    if (hApplication != &application || ulPINType > USER_TYPE) {
        return SAR_USER_TYPE_INVALID;
    }
    if (tries > 0 && strcmp(szPIN, "12345678") == 0) {
        tries = PIN_TRIES;
    } else if (tries > 0) {
        tries--;
        *pulRetryCount = tries;
        return tries == 0 ? SAR_PIN_LOCKED : SAR_PIN_INCORRECT;
    }
    *pulRetryCount = tries;
    return tries == 0 ? SAR_PIN_LOCKED : SAR_OK;
}

ULONG DEVAPI SKF_GetPINInfo(HAPPLICATION hApplication, ULONG ulPINType, ULONG *pulMaxRetryCount,
                            ULONG *pulRemainRetryCount, BOOL *pbDefaultPin) {
    (void)hApplication;
    *pulMaxRetryCount = PIN_TRIES;
    *pulRemainRetryCount = tries;
    *pbDefaultPin = ulPINType == USER_TYPE;
    return SAR_OK;
}

ULONG DEVAPI SKF_GetFileInfo(HAPPLICATION hApplication, LPSTR szFileName, FILEATTRIBUTE *pFileInfo) {
    FILEATTRIBUTE info;
    (void)hApplication;
    memset(&info, 0, sizeof info);
    memset(info.FileName, szFileName[0], sizeof info.FileName);
    info.FileSize = 1000;
    info.ReadRights = SECURE_ANYONE_ACCOUNT;
    info.WriteRights = SECURE_USER_ACCOUNT;
    memcpy(pFileInfo, &info, sizeof info);
    return SAR_OK;
}

/* Reads back what another function kept. */
ULONG DEVAPI SKF_ReadFile(HAPPLICATION hApplication, LPSTR szFileName, ULONG ulOffset, ULONG ulSize, BYTE *pbOutData,
                          ULONG *pulOutLen) {
    (void)hApplication;
    (void)szFileName;
    if (ulOffset > last_len) {
        return SAR_READFILEERR;
    }
    return answer(last + ulOffset, last_len - ulOffset < ulSize ? last_len - ulOffset : ulSize, pbOutData, pulOutLen);
}

/* ---- containers ---- */

ULONG DEVAPI SKF_CreateContainer(HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer) {
    (void)hApplication;
    if (strcmp(szContainerName, "there") == 0) {
        return ODD_CODE;
    }
    *phContainer = &container;
    return SAR_OK;
}

ULONG DEVAPI SKF_GenECCKeyPair(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pBlob) {
    (void)hContainer;
#ifdef MOCK_DRAFT
    if (ulAlgId != SGD_SM2_1_DRAFT) {
#else
    if (ulAlgId != SGD_SM2_1) {
#endif
        return SAR_INVALIDPARAMERR;
    }
    set_point(pBlob);
#ifdef MOCK_BROKEN_KEY
    pBlob->BitLen = 0;
#endif
    return SAR_OK;
}

ULONG DEVAPI SKF_ExportPublicKey(HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbBlob, ULONG *pulBlobLen) {
    ECCPUBLICKEYBLOB ecc;
    RSAPUBLICKEYBLOB rsa;
    (void)hContainer;
    if (bSignFlag) {
        set_point(&ecc);
        return answer(&ecc, sizeof ecc, pbBlob, pulBlobLen);
    }
    memset(&rsa, 0, sizeof rsa);
    rsa.AlgID = SGD_RSA;
    rsa.BitLen = 1024;
#ifdef MOCK_LEFT
    memset(rsa.Modulus, 0xC5, 128);
#else
    memset(rsa.Modulus + 128, 0xC5, 128);
#endif
    rsa.PublicExponent[1] = 1;
    rsa.PublicExponent[3] = 1;
    return answer(&rsa, sizeof rsa, pbBlob, pulBlobLen);
}

ULONG DEVAPI SKF_ImportECCKeyPair(HCONTAINER hContainer, ENVELOPEDKEYBLOB *pEnvelopedKeyBlob) {
    (void)hContainer;
    if (pEnvelopedKeyBlob->Version != 1 || pEnvelopedKeyBlob->ulSymmAlgID != SGD_SM4_ECB ||
        pEnvelopedKeyBlob->ulBits != 256 || pEnvelopedKeyBlob->PubKey.BitLen != 256 ||
        pEnvelopedKeyBlob->ECCCipherBlob.CipherLen != 16) {
        return SAR_INDATAERR;
    }
    keep(pEnvelopedKeyBlob->cbEncryptedPriKey, 64);
    memcpy(last + 64, pEnvelopedKeyBlob->PubKey.YCoordinate, 64);
    memcpy(last + 128,
           (BYTE *)pEnvelopedKeyBlob + offsetof(ENVELOPEDKEYBLOB, ECCCipherBlob) + offsetof(ECCCIPHERBLOB, Cipher), 16);
    last_len = 144;
    return SAR_OK;
}

ULONG DEVAPI SKF_ECCSignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature) {
    (void)hContainer;
    if (ulDataLen != 32) {
        return SAR_INDATALENERR;
    }
    memset(pSignature, 0, sizeof *pSignature);
    memcpy(pSignature->r + 32, pbData, 32);
    memcpy(pSignature->s + 32, pbData, 32);
    return SAR_OK;
}

ULONG DEVAPI SKF_ECCVerify(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbData, ULONG ulDataLen,
                           ECCSIGNATUREBLOB *pSignature) {
    if (hDev != &device || ulDataLen != 32 || pECCPubKeyBlob->BitLen != 256 ||
        memcmp(pECCPubKeyBlob->XCoordinate + 32, point, 32) != 0) {
        return SAR_INVALIDPARAMERR;
    }
    return memcmp(pSignature->r + 32, pbData, 32) == 0 && memcmp(pSignature->s + 32, pbData, 32) == 0 ? SAR_OK
                                                                                                      : SAR_FAIL;
}

/* Looks at the capacity that stands in CipherLen, as some drivers do. */
ULONG DEVAPI SKF_ExtECCEncrypt(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbPlainText,
                               ULONG ulPlainTextLen, ECCCIPHERBLOB *pCipherText) {
    BYTE *cipher = (BYTE *)pCipherText + offsetof(ECCCIPHERBLOB, Cipher);
    (void)hDev;
    if (pCipherText->CipherLen < ulPlainTextLen) {
        return SAR_BUFFER_TOO_SMALL;
    }
    memcpy(pCipherText->XCoordinate, pECCPubKeyBlob->XCoordinate, 64);
    memcpy(pCipherText->YCoordinate, pECCPubKeyBlob->YCoordinate, 64);
    memset(pCipherText->HASH, 0x33, 32);
    pCipherText->CipherLen = ulPlainTextLen;
    for (ULONG i = 0; i < ulPlainTextLen; i++) {
        cipher[i] = pbPlainText[i] ^ 0x5A;
    }
    return SAR_OK;
}

ULONG DEVAPI SKF_ECCDecrypt(HCONTAINER hContainer, ECCCIPHERBLOB *pCipherText, BYTE *pbPlainText,
                            ULONG *pulPlainTextLen) {
    BYTE plain[DATA_MAX];
    BYTE *cipher = (BYTE *)pCipherText + offsetof(ECCCIPHERBLOB, Cipher);
    (void)hContainer;
    if (pCipherText->HASH[0] != 0x33 || pCipherText->CipherLen > sizeof plain) {
        return SAR_FAIL;
    }
    for (ULONG i = 0; i < pCipherText->CipherLen; i++) {
        plain[i] = cipher[i] ^ 0x5A;
    }
    return answer(plain, pCipherText->CipherLen, pbPlainText, pulPlainTextLen);
}

/* ---- session keys ---- */

ULONG DEVAPI SKF_ImportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, BYTE *pbWrapedData, ULONG ulWrapedLen,
                                  HANDLE *phKey) {
    ECCCIPHERBLOB blob;
    (void)hContainer;
    if (ulAlgId != SGD_SM4_CBC || ulWrapedLen < offsetof(ECCCIPHERBLOB, Cipher)) {
        return SAR_INVALIDPARAMERR;
    }
    memcpy(&blob, pbWrapedData, offsetof(ECCCIPHERBLOB, Cipher));
    if (ulWrapedLen != offsetof(ECCCIPHERBLOB, Cipher) + blob.CipherLen) {
        return SAR_INDATALENERR;
    }
    *phKey = &key;
    return blob.HASH[0] == 0x33 ? SAR_OK : SAR_DECRYPTPADERR;
}

ULONG DEVAPI SKF_EncryptInit(HANDLE hKey, BLOCKCIPHERPARAM EncryptParam) {
    parameters = EncryptParam;
    return hKey == &key && EncryptParam.PaddingType <= 1 ? SAR_OK : SAR_INVALIDPARAMERR;
}

/* Answers with the parameters that came by value: IVLen bytes of IV, then the three numbers in a byte each. */
ULONG DEVAPI SKF_EncryptFinal(HANDLE hKey, BYTE *pbEncryptedData, ULONG *pulEncryptedDataLen) {
    BYTE shown[MAX_IV_LEN + 3];
    (void)hKey;
    memcpy(shown, parameters.IV, MAX_IV_LEN);
    shown[MAX_IV_LEN] = (BYTE)parameters.IVLen;
    shown[MAX_IV_LEN + 1] = (BYTE)parameters.PaddingType;
    shown[MAX_IV_LEN + 2] = (BYTE)parameters.FeedBitLen;
    return answer(shown, sizeof shown, pbEncryptedData, pulEncryptedDataLen);
}

ULONG DEVAPI SKF_CloseHandle(HANDLE hHandle) {
    return hHandle == &key ? SAR_OK : SAR_INVALIDHANDLEERR;
}
