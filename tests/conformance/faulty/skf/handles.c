/* Faults of handles and of NULL, in functions of all classes. */
#include "faulty.h"

#include <signal.h>

/* ---- closing ------------------------------------------------------------------------------- */

/* A maker who frees nothing: what was closed goes on working. Another, for whom closing cannot fail. */
static ULONG closed(ULONG code) {
    return code == SAR_INVALIDHANDLEERR && fault("closing-cannot-fail") ? SAR_OK : code;
}

#define CLOSES(function, handle)                                                                                       \
    static ULONG DEVAPI close_##function(HANDLE handle) {                                                              \
        return fault("closed-stays-open") ? SAR_OK : closed(BELOW(HANDLES, function)(handle));                         \
    }                                                                                                                  \
    DEFINE_UNLESS_FAMILY(function, (HANDLE handle), (handle))

CLOSES(SKF_DisConnectDev, hDev)
CLOSES(SKF_CloseApplication, hApplication)
CLOSES(SKF_CloseContainer, hContainer)
CLOSES(SKF_CloseHandle, hHandle)

/* ---- handles that are none ----------------------------------------------------------------- */

/*
 * A maker who looks at no code of the layer below: what is no handle is answered with SAR_OK. One function of each
 * class has it. Another maker follows every handle.
 */
static ULONG looked_at(ULONG code) {
    if (code == SAR_INVALIDHANDLEERR && fault("crash-on-bad-handle")) {
        (void)raise(SIGSEGV);
    }
    return code == SAR_INVALIDHANDLEERR && fault("bad-handle-is-ok") ? SAR_OK : code;
}

/* The same maker where the mistake is another: a pointer that is NULL. */
static ULONG missed(ULONG code, const void *pointer) {
    return code == SAR_INVALIDPARAMERR && pointer == NULL && fault("null-is-ok") ? SAR_OK : looked_at(code);
}

#define LOOKS(function, parameters, arguments, pointer)                                                                \
    static ULONG DEVAPI look_##function parameters {                                                                   \
        return missed(BELOW(HANDLES, function) arguments, pointer);                                                    \
    }                                                                                                                  \
    DEFINE_UNLESS_FAMILY(function, parameters, arguments)

LOOKS(SKF_GetDevInfo, (DEVHANDLE hDev, DEVINFO *pDevInfo), (hDev, pDevInfo), pDevInfo)
LOOKS(SKF_ClearSecureState, (HAPPLICATION hApplication), (hApplication), &hApplication)
LOOKS(SKF_GetContainerType, (HCONTAINER hContainer, ULONG *pulContainerType), (hContainer, pulContainerType),
      pulContainerType)
LOOKS(SKF_EncryptInit, (HANDLE hKey, BLOCKCIPHERPARAM EncryptParam), (hKey, EncryptParam), &EncryptParam)
LOOKS(SKF_DigestUpdate, (HANDLE hHash, BYTE *pbData, ULONG ulDataLen), (hHash, pbData, ulDataLen), pbData)
LOOKS(SKF_MacUpdate, (HANDLE hMac, BYTE *pbData, ULONG ulDataLen), (hMac, pbData, ulDataLen), pbData)
LOOKS(SKF_GenerateKeyWithECC,
      (HANDLE hAgreementHandle, ECCPUBLICKEYBLOB *pECCPubKeyBlob, ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID,
       ULONG ulIDLen, HANDLE *phKeyHandle),
      (hAgreementHandle, pECCPubKeyBlob, pTempECCPubKeyBlob, pbID, ulIDLen, phKeyHandle), pECCPubKeyBlob)
LOOKS(SKF_CreateContainer, (HAPPLICATION hApplication, LPSTR szContainerName, HCONTAINER *phContainer),
      (hApplication, szContainerName, phContainer), szContainerName)
LOOKS(SKF_SetLabel, (DEVHANDLE hDev, LPSTR szLabel), (hDev, szLabel), szLabel)
LOOKS(SKF_ImportCertificate, (HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG ulCertLen),
      (hContainer, bSignFlag, pbCert, ulCertLen), pbCert)

/* A maker who knows of one device only, and uses that whatever the handle. */
static ULONG DEVAPI look_SKF_GenRandom(DEVHANDLE hDev, BYTE *pbRandom, ULONG ulRandomLen) {
    ULONG code = BELOW(HANDLES, SKF_GenRandom)(hDev, pbRandom, ulRandomLen);
    if (code == SAR_INVALIDHANDLEERR && fault("any-handle-is-the-device")) {
        code = BELOW(HANDLES, SKF_GenRandom)(seen_device, pbRandom, ulRandomLen);
    }
    return code;
}

/* ---- crashes ------------------------------------------------------------------------------- */

static ULONG DEVAPI crash_SKF_GetDevState(LPSTR szDevName, ULONG *pulDevState) {
    if (fault("crash-on-null")) {
        *(volatile ULONG *)pulDevState = DEV_UNKNOW_STATE;
    }
    return BELOW(HANDLES, SKF_GetDevState)(szDevName, pulDevState);
}

const standing standing_handles[] = {
    {"SKF_DisConnectDev", (void *)close_SKF_DisConnectDev},
    {"SKF_CloseApplication", (void *)close_SKF_CloseApplication},
    {"SKF_CloseContainer", (void *)close_SKF_CloseContainer},
    {"SKF_CloseHandle", (void *)close_SKF_CloseHandle},
    {"SKF_GetDevInfo", (void *)look_SKF_GetDevInfo},
    {"SKF_ClearSecureState", (void *)look_SKF_ClearSecureState},
    {"SKF_GetContainerType", (void *)look_SKF_GetContainerType},
    {"SKF_EncryptInit", (void *)look_SKF_EncryptInit},
    {"SKF_DigestUpdate", (void *)look_SKF_DigestUpdate},
    {"SKF_MacUpdate", (void *)look_SKF_MacUpdate},
    {"SKF_GenerateKeyWithECC", (void *)look_SKF_GenerateKeyWithECC},
    {"SKF_CreateContainer", (void *)look_SKF_CreateContainer},
    {"SKF_SetLabel", (void *)look_SKF_SetLabel},
    {"SKF_ImportCertificate", (void *)look_SKF_ImportCertificate},
    {"SKF_GenRandom", (void *)look_SKF_GenRandom},
    {"SKF_GetDevState", (void *)crash_SKF_GetDevState},
    {NULL, NULL},
};
