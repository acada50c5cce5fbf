/*
 * Faults of buffers, in all functions that fill one and tell its size.
 *
 * Each is known by where it is: "enum-dev-..." in SKF_EnumDev alone, without which nothing else could be looked at;
 * "list-..." in the functions that list names; "data-..." in all others.
 */
#include "faulty.h"

#include <stdio.h>

enum { SCRATCH_LEN = 65536, NAME_MAX_LEN = 64, SPARE_LEN = 1 };

/* A call under way. */
typedef struct {
    const char *where;
    BYTE *given;    /* the caller's buffer */
    ULONG capacity; /* and what the caller says of it */
    BYTE *target;   /* what the right function is given */
} filling;

/* What a function writes to when its caller is not to be asked. */
static _Thread_local BYTE scratch[SCRATCH_LEN];

static int is(const filling *call, const char *what) {
    char name[NAME_MAX_LEN];
    (void)snprintf(name, sizeof name, "%s-%s", call->where, what);
    return fault(name);
}

static const char *where_of(const char *function) {
    if (strcmp(function, "SKF_EnumDev") == 0) {
        return "enum-dev";
    }
    return strncmp(function, "SKF_Enum", strlen("SKF_Enum")) == 0 ? "list" : "data";
}

static void *begin(filling *call, const char *function, void *target, ULONG *length) {
    call->where = where_of(function);
    call->given = target;
    call->target = target;
    call->capacity = length == NULL ? 0 : *length;
    if (length == NULL) {
        return target;
    }
    int asks = target == NULL && is(call, "query-ends-operation");
    int squeezed = target != NULL && (is(call, "too-small-overrun") || is(call, "too-small-cut-off"));
    if (asks || squeezed) {
        call->target = scratch;
        *length = sizeof scratch;
    }
    return call->target;
}

/* The answer to a size query. */
static ULONG asked(const filling *call, ULONG *length) {
    if (is(call, "size-query-refused")) {
        return SAR_INVALIDPARAMERR;
    }
    if (is(call, "size-query-unanswered")) {
        *length = call->capacity;
    }
    if (is(call, "size-query-too-little") && *length > SPARE_LEN) {
        *length -= SPARE_LEN;
    }
    return SAR_OK;
}

/* The answer to a caller with a buffer. */
static ULONG filled(const filling *call, ULONG *length) {
    if (call->target == scratch && call->given != scratch) {
        ULONG len = is(call, "too-small-cut-off") && *length > call->capacity ? call->capacity : *length;
        memcpy(call->given, scratch, len);
        *length = len;
    }
    if (is(call, "exact-size-refused") && *length == call->capacity) {
        return SAR_BUFFER_TOO_SMALL;
    }
    if (is(call, "nul-behind-the-end")) {
        call->given[*length] = 0;
    }
    if (is(call, "without-end") && *length > SPARE_LEN) {
        *length -= SPARE_LEN;
    }
    return SAR_OK;
}

static ULONG end(const filling *call, ULONG code, ULONG *length) {
    if (length == NULL) {
        return code;
    }
    if (code == SAR_OK) {
        return call->given == NULL ? asked(call, length) : filled(call, length);
    }
    if (code == SAR_BUFFER_TOO_SMALL && is(call, "needed-size-not-told")) {
        *length = call->capacity;
    }
    if (code == SAR_BUFFER_TOO_SMALL && is(call, "too-small-says-parameter")) {
        return SAR_INVALIDPARAMERR;
    }
    return code;
}

#define FILLS(function, parameters, arguments, target, length)                                                         \
    static ULONG DEVAPI fill_##function parameters {                                                                   \
        filling call;                                                                                                  \
        target = begin(&call, #function, target, length);                                                              \
        ULONG code = BELOW(BUFFERS, function) arguments;                                                               \
        return end(&call, code, length);                                                                               \
    }                                                                                                                  \
    DEFINE_UNLESS_FAMILY(function, parameters, arguments)

FILLS(SKF_EnumDev, (BOOL bPresent, LPSTR szNameList, ULONG *pulSize), (bPresent, szNameList, pulSize), szNameList,
      pulSize)
FILLS(SKF_EnumApplication, (DEVHANDLE hDev, LPSTR szAppName, ULONG *pulSize), (hDev, szAppName, pulSize), szAppName,
      pulSize)
FILLS(SKF_EnumFiles, (HAPPLICATION hApplication, LPSTR szFileList, ULONG *pulSize), (hApplication, szFileList, pulSize),
      szFileList, pulSize)
FILLS(SKF_EnumContainer, (HAPPLICATION hApplication, LPSTR szContainerName, ULONG *pulSize),
      (hApplication, szContainerName, pulSize), szContainerName, pulSize)
FILLS(SKF_ExportCertificate, (HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbCert, ULONG *pulCertLen),
      (hContainer, bSignFlag, pbCert, pulCertLen), pbCert, pulCertLen)
FILLS(SKF_ExportPublicKey, (HCONTAINER hContainer, BOOL bSignFlag, BYTE *pbBlob, ULONG *pulBlobLen),
      (hContainer, bSignFlag, pbBlob, pulBlobLen), pbBlob, pulBlobLen)
FILLS(SKF_RSASignData, (HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, BYTE *pbSignature, ULONG *pulSignLen),
      (hContainer, pbData, ulDataLen, pbSignature, pulSignLen), pbSignature, pulSignLen)
FILLS(SKF_Encrypt, (HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData, ULONG *pulEncryptedLen),
      (hKey, pbData, ulDataLen, pbEncryptedData, pulEncryptedLen), pbEncryptedData, pulEncryptedLen)
FILLS(SKF_EncryptUpdate, (HANDLE hKey, BYTE *pbData, ULONG ulDataLen, BYTE *pbEncryptedData, ULONG *pulEncryptedLen),
      (hKey, pbData, ulDataLen, pbEncryptedData, pulEncryptedLen), pbEncryptedData, pulEncryptedLen)
FILLS(SKF_Decrypt, (HANDLE hKey, BYTE *pbEncryptedData, ULONG ulEncryptedLen, BYTE *pbData, ULONG *pulDataLen),
      (hKey, pbEncryptedData, ulEncryptedLen, pbData, pulDataLen), pbData, pulDataLen)
FILLS(SKF_DecryptFinal, (HANDLE hKey, BYTE *pbDecryptedData, ULONG *pulDecryptedDataLen),
      (hKey, pbDecryptedData, pulDecryptedDataLen), pbDecryptedData, pulDecryptedDataLen)
FILLS(SKF_Digest, (HANDLE hHash, BYTE *pbData, ULONG ulDataLen, BYTE *pbHashData, ULONG *pulHashLen),
      (hHash, pbData, ulDataLen, pbHashData, pulHashLen), pbHashData, pulHashLen)
FILLS(SKF_DigestFinal, (HANDLE hHash, BYTE *pHashData, ULONG *pulHashLen), (hHash, pHashData, pulHashLen), pHashData,
      pulHashLen)
FILLS(SKF_Mac, (HANDLE hMac, BYTE *pbData, ULONG ulDataLen, BYTE *pbMacData, ULONG *pulMacLen),
      (hMac, pbData, ulDataLen, pbMacData, pulMacLen), pbMacData, pulMacLen)
FILLS(SKF_MacFinal, (HANDLE hMac, BYTE *pbMacData, ULONG *pulMacDataLen), (hMac, pbMacData, pulMacDataLen), pbMacData,
      pulMacDataLen)

#define STANDS(function) {#function, (void *)fill_##function}

const standing standing_buffers[] = {
    STANDS(SKF_EnumDev),         STANDS(SKF_EnumApplication),
    STANDS(SKF_EnumFiles),       STANDS(SKF_EnumContainer),
    STANDS(SKF_RSASignData),     STANDS(SKF_ExportCertificate),
    STANDS(SKF_ExportPublicKey), STANDS(SKF_Encrypt),
    STANDS(SKF_Decrypt),         STANDS(SKF_EncryptUpdate),
    STANDS(SKF_DecryptFinal),    STANDS(SKF_Digest),
    STANDS(SKF_DigestFinal),     STANDS(SKF_Mac),
    STANDS(SKF_MacFinal),        {NULL, NULL},
};
