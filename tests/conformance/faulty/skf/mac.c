/* Faults of MACs. */
#include "cipher.h"

enum { MACS = 64, DATA_MAX = 4096 };

/* A MAC under way. */
typedef struct {
    HANDLE handle;
    int updated;
    BYTE given[BLOCK_LEN]; /* the MAC, once it was given */
    ULONG given_len;
} seen_mac;

static seen_mac macs[MACS];
static unsigned next_mac;
static HANDLE newest_mac;

static seen_mac *mac_of(HANDLE handle) {
    for (unsigned i = 0; i < MACS; i++) {
        if (macs[i].handle == handle && handle != NULL) {
            return &macs[i];
        }
    }
    seen_mac *entry = &macs[next_mac++ % MACS];
    memset(entry, 0, sizeof *entry);
    entry->handle = handle;
    return entry;
}

/* A token with room for one MAC: whichever is named, the one begun last is
 * used. */
static HANDLE meant(HANDLE mac) {
    return fault("macs-share-one-slot") && newest_mac != NULL ? newest_mac : mac;
}

ULONG DEVAPI SKF_MacInit(HANDLE hKey, BLOCKCIPHERPARAM *pMacParam, HANDLE *phMac) {
    BLOCKCIPHERPARAM param = {0};
    if (pMacParam != NULL) {
        param = *pMacParam;
    }
    if (fault("mac-ignores-iv")) {
        memset(param.IV, 0, sizeof param.IV);
    }
    if (fault("mac-iv-length-not-checked")) {
        param.IVLen = BLOCK_LEN;
    }
    if (fault("mac-spoils-encryption")) {
        (void)NEXT(SKF_EncryptInit)(hKey, param);
    }
    ULONG code = NEXT(SKF_MacInit)(hKey, pMacParam == NULL ? NULL : &param, phMac);
    if (code == SAR_OK) {
        seen_mac *mac = mac_of(*phMac); /* an old one may have had the same handle */
        memset(mac, 0, sizeof *mac);
        mac->handle = newest_mac = *phMac;
    }
    return code;
}

/* Zeros up to a whole number of blocks. */
static ULONG filled_up(BYTE data[DATA_MAX], const BYTE *in, ULONG len) {
    ULONG whole = (len + BLOCK_LEN - 1) / BLOCK_LEN * BLOCK_LEN;
    if (in == NULL || whole > DATA_MAX) {
        return 0;
    }
    memset(data, 0, whole);
    memcpy(data, in, len);
    return whole;
}

ULONG DEVAPI SKF_Mac(HANDLE hMac, BYTE *pbData, ULONG ulDataLen, BYTE *pbMacData, ULONG *pulMacLen) {
    BYTE data[DATA_MAX];
    if (fault("mac-fills-up") && filled_up(data, pbData, ulDataLen) != 0) {
        ulDataLen = filled_up(data, pbData, ulDataLen);
        pbData = data;
    }
    if (fault("mac-of-first-block") && ulDataLen > BLOCK_LEN) {
        ulDataLen = BLOCK_LEN;
    }
    return NEXT(SKF_Mac)(meant(hMac), pbData, ulDataLen, pbMacData, pulMacLen);
}

ULONG DEVAPI SKF_MacUpdate(HANDLE hMac, BYTE *pbData, ULONG ulDataLen) {
    BYTE data[DATA_MAX];
    seen_mac *mac = mac_of(hMac);
    if (fault("mac-takes-one-update") && mac->updated) {
        return SAR_OK;
    }
    if (fault("mac-whole-blocks-only") && ulDataLen % BLOCK_LEN != 0) {
        return SAR_INDATALENERR;
    }
    if (fault("mac-fills-up") && filled_up(data, pbData, ulDataLen) != 0) {
        ulDataLen = filled_up(data, pbData, ulDataLen);
        pbData = data;
    }
    mac->updated = 1;
    return NEXT(SKF_MacUpdate)(meant(hMac), pbData, ulDataLen);
}

ULONG DEVAPI SKF_MacFinal(HANDLE hMac, BYTE *pbMacData, ULONG *pulMacDataLen) {
    seen_mac *mac = mac_of(hMac);
    BYTE unseen[BLOCK_LEN];
    if (fault("mac-query-ends-it") && pbMacData == NULL) {
        *pulMacDataLen = sizeof unseen;
        return NEXT(SKF_MacFinal)(hMac, unseen, pulMacDataLen);
    }
    if (fault("mac-given-again") && mac->given_len != 0 && pbMacData != NULL) {
        memcpy(pbMacData, mac->given, mac->given_len);
        *pulMacDataLen = mac->given_len;
        return SAR_OK;
    }
    ULONG code = NEXT(SKF_MacFinal)(meant(hMac), pbMacData, pulMacDataLen);
    if (code == SAR_OK && pbMacData != NULL && *pulMacDataLen <= BLOCK_LEN) {
        memcpy(mac->given, pbMacData, *pulMacDataLen);
        mac->given_len = *pulMacDataLen;
    }
    return code;
}
