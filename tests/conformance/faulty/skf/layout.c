/* Faults of the binary interface and of codes: functions that are not there, numbers too wide, fields out of place. */
#define _GNU_SOURCE /* dladdr1 */
#include "faulty.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- a function that is not exported ------------------------------------------------------- */

/* One that is defined nowhere here. */
static const char left_out[] = "SKF_Transmit";

/* Write to a page that is read-only. */
static void overwrite(char *target, char letter) {
    uintptr_t page_len = (uintptr_t)sysconf(_SC_PAGESIZE);
    void *page = (void *)((uintptr_t)target & ~(page_len - 1));
    if (mprotect(page, page_len, PROT_READ | PROT_WRITE) == 0) {
        *target = letter;
    }
}

/*
 * What is not defined here is looked up in the right driver, so a function is left out by spoiling its name there: the
 * names of a loaded library stand in its string table. For the life of the process.
 */
__attribute__((constructor)) static void leave_out(void) {
    Dl_info info;
    struct link_map *map = NULL;
    if (!fault("function-not-exported") ||
        dladdr1(function_from(RIGHT_FUNCTIONS, left_out), &info, (void **)&map, RTLD_DL_LINKMAP) == 0) {
        return;
    }
    char *strings = NULL;
    size_t len = 0;
    for (const ElfW(Dyn) *entry = map->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_STRTAB) {
            strings = (char *)entry->d_un.d_ptr;
        } else if (entry->d_tag == DT_STRSZ) {
            len = entry->d_un.d_val;
        }
    }
    for (size_t i = 0; strings != NULL && i + sizeof left_out <= len; i++) {
        if (memcmp(strings + i, left_out, sizeof left_out) == 0) {
            overwrite(strings + i, 'X');
        }
    }
}

/* ---- the width of numbers ------------------------------------------------------------------ */

/* The number as a maker writes it who has ULONG for unsigned long: with four bytes of zeros behind. */
static void widen(ULONG *number) {
    memset(number + 1, 0, sizeof *number);
}

static ULONG DEVAPI wide_SKF_EnumDev(BOOL bPresent, LPSTR szNameList, ULONG *pulSize) {
    ULONG code = BELOW(LAYOUT, SKF_EnumDev)(bPresent, szNameList, pulSize);
    if (code == SAR_OK && fault("ulong-of-8-bytes-in-enum-dev")) {
        widen(pulSize);
    }
    return code;
}

static ULONG DEVAPI wide_SKF_GetDevState(LPSTR szDevName, ULONG *pulDevState) {
    ULONG code = BELOW(LAYOUT, SKF_GetDevState)(szDevName, pulDevState);
    if (code == SAR_OK && fault("ulong-of-8-bytes-in-device-state")) {
        widen(pulDevState);
    }
    return code;
}

static ULONG DEVAPI wide_SKF_GetPINInfo(HAPPLICATION hApplication, ULONG ulPINType, ULONG *pulMaxRetryCount,
                                        ULONG *pulRemainRetryCount, BOOL *pbDefaultPin) {
    ULONG code =
        BELOW(LAYOUT, SKF_GetPINInfo)(hApplication, ulPINType, pulMaxRetryCount, pulRemainRetryCount, pbDefaultPin);
    if (code == SAR_OK && fault("ulong-of-8-bytes-in-pin-info")) {
        widen(pulMaxRetryCount);
        widen(pulRemainRetryCount);
        widen((ULONG *)pbDefaultPin);
    }
    return code;
}
DEFINE_UNLESS_FAMILY(SKF_GetPINInfo,
                     (HAPPLICATION hApplication, ULONG ulPINType, ULONG *pulMaxRetryCount, ULONG *pulRemainRetryCount,
                      BOOL *pbDefaultPin),
                     (hApplication, ulPINType, pulMaxRetryCount, pulRemainRetryCount, pbDefaultPin))

/* ---- structures ---------------------------------------------------------------------------- */

enum { WIDER_LEN = 4, GAP_LEN = 2 };

static ULONG DEVAPI place_SKF_GetDevInfo(DEVHANDLE hDev, DEVINFO *pDevInfo) {
    ULONG code = BELOW(LAYOUT, SKF_GetDevInfo)(hDev, pDevInfo);
    if (code != SAR_OK) {
        return code;
    }
    BYTE *numbers = (BYTE *)&pDevInfo->AlgSymCap;
    size_t len = (size_t)((BYTE *)(pDevInfo + 1) - numbers);
    if (fault("info-numbers-left-out")) {
        memset(numbers, 0, len);
    }
    if (fault("info-with-gaps")) {
        memmove(numbers + GAP_LEN, numbers, len);
        memset(numbers, 0, GAP_LEN);
    }
    if (fault("info-too-long")) {
        memset(pDevInfo + 1, 0, WIDER_LEN);
    }
    return code;
}

static ULONG DEVAPI place_SKF_EncryptInit(HANDLE hKey, BLOCKCIPHERPARAM EncryptParam) {
    if (fault("cipher-padding-not-read")) {
        EncryptParam.PaddingType = SKF_PADDING_NONE;
    }
    if (fault("cipher-iv-not-read")) {
        memset(EncryptParam.IV, 0, sizeof EncryptParam.IV);
    }
    return BELOW(LAYOUT, SKF_EncryptInit)(hKey, EncryptParam);
}

static ULONG DEVAPI place_SKF_GenECCKeyPair(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pBlob) {
    ULONG code = BELOW(LAYOUT, SKF_GenECCKeyPair)(hContainer, ulAlgId, pBlob);
    if (code == SAR_OK && fault("public-key-bits-of-8-bytes")) {
        memmove((BYTE *)pBlob + 2 * WIDER_LEN, pBlob->XCoordinate, sizeof *pBlob - WIDER_LEN);
        memset((BYTE *)pBlob + WIDER_LEN, 0, WIDER_LEN);
    }
    return code;
}
DEFINE_UNLESS_FAMILY(SKF_GenECCKeyPair, (HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pBlob),
                     (hContainer, ulAlgId, pBlob))

static ULONG DEVAPI place_SKF_ECCSignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen,
                                          ECCSIGNATUREBLOB *pSignature) {
    ULONG code = BELOW(LAYOUT, SKF_ECCSignData)(hContainer, pbData, ulDataLen, pSignature);
    if (code == SAR_OK && fault("signature-of-64-bytes")) {
        memmove(pSignature->r, pSignature->r + sizeof pSignature->r / 2, sizeof pSignature->r / 2);
        memcpy(pSignature->r + sizeof pSignature->r / 2, pSignature->s + sizeof pSignature->s / 2,
               sizeof pSignature->s / 2);
        memset(pSignature->s, 0, sizeof pSignature->s);
    }
    return code;
}
DEFINE_UNLESS_FAMILY(SKF_ECCSignData,
                     (HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature),
                     (hContainer, pbData, ulDataLen, pSignature))

static ULONG DEVAPI place_SKF_ECCExportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pPubKey,
                                                  ECCCIPHERBLOB *pData, HANDLE *phSessionKey) {
    ULONG code = BELOW(LAYOUT, SKF_ECCExportSessionKey)(hContainer, ulAlgId, pPubKey, pData, phSessionKey);
    if (code == SAR_OK && fault("cipher-length-before-hash")) {
        ULONG len = pData->CipherLen;
        memmove(pData->HASH + sizeof len, pData->HASH, sizeof pData->HASH);
        memcpy(pData->HASH, &len, sizeof len);
    }
    return code;
}
DEFINE_UNLESS_FAMILY(SKF_ECCExportSessionKey,
                     (HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pPubKey, ECCCIPHERBLOB *pData,
                      HANDLE *phSessionKey),
                     (hContainer, ulAlgId, pPubKey, pData, phSessionKey))

static ULONG DEVAPI place_SKF_ExtECCEncrypt(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbPlainText,
                                            ULONG ulPlainTextLen, ECCCIPHERBLOB *pCipherText) {
    if (pCipherText != NULL && pCipherText->CipherLen != 0 && fault("cipher-length-has-to-be-zero")) {
        return SAR_INVALIDPARAMERR;
    }
    return BELOW(LAYOUT, SKF_ExtECCEncrypt)(hDev, pECCPubKeyBlob, pbPlainText, ulPlainTextLen, pCipherText);
}
DEFINE_UNLESS_FAMILY(SKF_ExtECCEncrypt,
                     (DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbPlainText, ULONG ulPlainTextLen,
                      ECCCIPHERBLOB *pCipherText),
                     (hDev, pECCPubKeyBlob, pbPlainText, ulPlainTextLen, pCipherText))

static ULONG DEVAPI place_SKF_GetFileInfo(HAPPLICATION hApplication, LPSTR szFileName, FILEATTRIBUTE *pFileInfo) {
    ULONG code = BELOW(LAYOUT, SKF_GetFileInfo)(hApplication, szFileName, pFileInfo);
    if (code == SAR_OK && fault("file-name-of-36-bytes")) {
        memmove((BYTE *)&pFileInfo->FileSize + WIDER_LEN, &pFileInfo->FileSize, 3 * sizeof pFileInfo->FileSize);
        memset(&pFileInfo->FileSize, 0, WIDER_LEN);
    }
    return code;
}
DEFINE_UNLESS_FAMILY(SKF_GetFileInfo, (HAPPLICATION hApplication, LPSTR szFileName, FILEATTRIBUTE *pFileInfo),
                     (hApplication, szFileName, pFileInfo))

/* ---- codes --------------------------------------------------------------------------------- */

enum { OF_NO_STANDARD = 0x0B000001 };

static ULONG DEVAPI code_SKF_ConnectDev(LPSTR szName, DEVHANDLE *phDev) {
    static unsigned count;
    ULONG code = BELOW(LAYOUT, SKF_ConnectDev)(szName, phDev);
    if (code != SAR_OK && fault("code-of-no-standard")) {
        return OF_NO_STANDARD;
    }
    if (code != SAR_OK && fault("code-changes") && count++ % 2 == 1) {
        return SAR_FAIL;
    }
    return code;
}

static ULONG DEVAPI code_SKF_OpenApplication(DEVHANDLE hDev, LPSTR szAppName, HAPPLICATION *phApplication) {
    ULONG code = BELOW(LAYOUT, SKF_OpenApplication)(hDev, szAppName, phApplication);
    return code == SAR_APPLICATION_NOT_EXISTS && fault("every-failure-is-sar-fail") ? SAR_FAIL : code;
}
DEFINE_UNLESS_FAMILY(SKF_OpenApplication, (DEVHANDLE hDev, LPSTR szAppName, HAPPLICATION *phApplication),
                     (hDev, szAppName, phApplication))

const standing standing_layout[] = {
    {"SKF_EnumDev", (void *)wide_SKF_EnumDev},
    {"SKF_GetDevState", (void *)wide_SKF_GetDevState},
    {"SKF_GetPINInfo", (void *)wide_SKF_GetPINInfo},
    {"SKF_GetDevInfo", (void *)place_SKF_GetDevInfo},
    {"SKF_EncryptInit", (void *)place_SKF_EncryptInit},
    {"SKF_GenECCKeyPair", (void *)place_SKF_GenECCKeyPair},
    {"SKF_ECCSignData", (void *)place_SKF_ECCSignData},
    {"SKF_ECCExportSessionKey", (void *)place_SKF_ECCExportSessionKey},
    {"SKF_ExtECCEncrypt", (void *)place_SKF_ExtECCEncrypt},
    {"SKF_GetFileInfo", (void *)place_SKF_GetFileInfo},
    {"SKF_ConnectDev", (void *)code_SKF_ConnectDev},
    {"SKF_OpenApplication", (void *)code_SKF_OpenApplication},
    {NULL, NULL},
};
