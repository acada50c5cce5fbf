/* Faults of session keys: given, imported, exported. What they encrypt stands
 * in crypt.c. */
#include "cipher.h"

enum { KEYS = 64 };

HANDLE newest_key;

static seen_key keys[KEYS];
static unsigned next_key;

seen_key *key_of(HANDLE handle) {
    for (unsigned i = 0; i < KEYS; i++) {
        if (keys[i].handle == handle && handle != NULL) {
            return &keys[i];
        }
    }
    seen_key *entry = &keys[next_key++ % KEYS];
    memset(entry, 0, sizeof *entry);
    entry->handle = handle;
    return entry;
}

void key_made(HANDLE handle, ULONG algorithm) {
    seen_key *key = key_of(handle); /* an old one may have had the same handle */
    memset(key, 0, sizeof *key);
    key->handle = handle;
    key->algorithm = algorithm;
    newest_key = handle;
}

ULONG mistaken_algorithm(ULONG algorithm) {
    if (fault("key-for-cbc-is-for-ecb") && algorithm == SGD_SM4_CBC) {
        return SGD_SM4_ECB;
    }
    if (fault("ofb-is-cfb") && algorithm == SGD_SM4_OFB) {
        return SGD_SM4_CFB;
    }
    return algorithm;
}

/* ---- given in clear
 * ----------------------------------------------------------------------- */

ULONG DEVAPI SKF_SetSymmKey(DEVHANDLE hDev, BYTE *pbKey, ULONG ulAlgID, HANDLE *phKey) {
    BYTE key[KEY_LEN] = {0};
    ULONG algorithm = mistaken_algorithm(ulAlgID);
    if (fault("clear-key-reversed") && pbKey != NULL) {
        for (unsigned i = 0; i < KEY_LEN; i++) {
            key[i] = pbKey[KEY_LEN - 1 - i];
        }
        pbKey = key;
    }
    if (fault("clear-key-ignored")) {
        pbKey = key;
    }
    ULONG code = NEXT(SKF_SetSymmKey)(hDev, pbKey, algorithm, phKey);
    if (fault("clear-key-any-algorithm") && code == SAR_NOTSUPPORTYETERR) {
        code = NEXT(SKF_SetSymmKey)(hDev, pbKey, SGD_SM4_ECB, phKey);
    }
    if (code == SAR_OK) {
        key_made(*phKey, ulAlgID);
    }
    return code;
}

/* ---- imported
 * ------------------------------------------------------------------------------
 */

static ULONG import(HCONTAINER container, ULONG algorithm, BYTE *wrapped, ULONG len, HANDLE *key) {
    ULONG code = NEXT(SKF_ImportSessionKey)(container, mistaken_algorithm(algorithm), wrapped, len, key);
    if (fault("session-key-any-algorithm") && code == SAR_NOTSUPPORTYETERR) {
        code = NEXT(SKF_ImportSessionKey)(container, SGD_SM4_ECB, wrapped, len, key);
    }
    if (fault("session-key-ignores-c3") && code == SAR_INDATAERR) {
        return own_zero_key(algorithm, key);
    }
    if (fault("session-key-never-mind-length") && code == SAR_INDATALENERR) {
        return own_zero_key(algorithm, key);
    }
    if (fault("session-key-imported-as-zeros") && code == SAR_OK) {
        (void)NEXT(SKF_CloseHandle)(*key);
        return own_zero_key(algorithm, key);
    }
    return code;
}

ULONG DEVAPI SKF_ImportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, BYTE *pbWrapedData, ULONG ulWrapedLen,
                                  HANDLE *phKey) {
    ULONG code = import(hContainer, ulAlgId, pbWrapedData, ulWrapedLen, phKey);
    if (code == SAR_OK) {
        key_made(*phKey, ulAlgId);
    }
    return code;
}

/* ---- exported
 * ------------------------------------------------------------------------------
 */

static BYTE same_key[] = "the same for all";

/* Take a key that the maker knows instead of the one that was made. */
static ULONG export_same_key(ULONG algorithm, ECCPUBLICKEYBLOB *receiver, ECCCIPHERBLOB *data, HANDLE *key) {
    (void)NEXT(SKF_CloseHandle)(*key);
    data->CipherLen = KEY_LEN;
    ULONG code = NEXT(SKF_ExtECCEncrypt)(own_device(), receiver, same_key, KEY_LEN, data);
    return code == SAR_OK ? NEXT(SKF_SetSymmKey)(own_device(), same_key, algorithm, key) : code;
}

/* C2 before C3, in the same place. */
static void swap_parts(ECCCIPHERBLOB *data) {
    BYTE swapped[sizeof data->HASH + KEY_LEN];
    memcpy(swapped, data->Cipher, KEY_LEN);
    memcpy(swapped + KEY_LEN, data->HASH, sizeof data->HASH);
    memcpy(data->HASH, swapped, sizeof data->HASH);
    memcpy(data->Cipher, swapped + sizeof data->HASH, KEY_LEN);
}

/* What the faults make of a session key that was exported right. */
static ULONG spoil_export(ULONG algorithm, ECCPUBLICKEYBLOB *receiver, ECCCIPHERBLOB *data, HANDLE *key) {
    ULONG code = SAR_OK;
    if (fault("session-key-always-the-same") || fault("session-key-in-clear")) {
        code = export_same_key(algorithm, receiver, data, key);
    }
    if (fault("session-key-in-clear")) {
        memcpy(data->Cipher, same_key, KEY_LEN);
    }
    if (fault("session-key-wraps-another")) {
        (void)NEXT(SKF_CloseHandle)(*key);
        code = own_zero_key(algorithm, key);
    }
    if (fault("session-key-c1c2c3")) {
        swap_parts(data);
    }
    if (fault("session-key-left-aligned")) {
        move_left(data->XCoordinate);
        move_left(data->YCoordinate);
    }
    if (fault("session-key-says-32")) {
        data->CipherLen = 2 * KEY_LEN;
    }
    return code;
}

ULONG DEVAPI SKF_ECCExportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pPubKey,
                                     ECCCIPHERBLOB *pData, HANDLE *phSessionKey) {
    static HANDLE exported[KEYS];
    static unsigned count;
    ULONG algorithm = mistaken_algorithm(ulAlgId);
    ULONG code = NEXT(SKF_ECCExportSessionKey)(hContainer, algorithm, pPubKey, pData, phSessionKey);
    /* Keys that nobody has closed are dropped until there is room: some may be another token's. */
    for (unsigned i = 0; code == SAR_NO_ROOM && i < count && i < KEYS && fault("full-token-drops-a-session-key"); i++) {
        if (NEXT(SKF_CloseHandle)(exported[i]) == SAR_OK) {
            code = NEXT(SKF_ECCExportSessionKey)(hContainer, algorithm, pPubKey, pData, phSessionKey);
        }
    }
    if (fault("session-key-any-algorithm") && code == SAR_NOTSUPPORTYETERR) {
        code = NEXT(SKF_ECCExportSessionKey)(hContainer, SGD_SM4_ECB, pPubKey, pData, phSessionKey);
    }
    if (fault("session-key-for-no-point") && code == SAR_INDATAERR) {
        code = own_zero_key(algorithm, phSessionKey);
    }
    if (code == SAR_OK) {
        code = spoil_export(algorithm, pPubKey, pData, phSessionKey);
    }
    if (code == SAR_OK) {
        exported[count++ % KEYS] = *phSessionKey;
        key_made(*phSessionKey, ulAlgId);
    }
    return code;
}
