/* Faults of SM2 encryption and key agreement. */
#include "sm2.h"

#include <stddef.h>

enum { MAX_LEN = 4096, MAX_ID_LEN = 32, SHORT_LEN = 32 };

/* ---- encryption ------------------------------------------------------------------------------ */

/* C2 of a blob, which goes on behind the structure. */
static BYTE *cipher_of(ECCCIPHERBLOB *blob) {
    return (BYTE *)blob + offsetof(ECCCIPHERBLOB, Cipher);
}

/* The order of 2010: C2 where C3 belongs, C3 behind it. For a message of 32 bytes both are as long. */
static void swap_c2_and_c3(ECCCIPHERBLOB *blob) {
    BYTE kept[SM3_LEN];
    if (blob->CipherLen == SM3_LEN) {
        memcpy(kept, blob->HASH, SM3_LEN);
        memcpy(blob->HASH, cipher_of(blob), SM3_LEN);
        memcpy(cipher_of(blob), kept, SM3_LEN);
    }
}

/* The first ciphertext over and over, of a message of 32 bytes to one key. */
static void repeat(ECCCIPHERBLOB *blob, const ECCPUBLICKEYBLOB *key) {
    static ECCPUBLICKEYBLOB last_key;
    static BYTE last[sizeof(ECCCIPHERBLOB) + SM3_LEN];
    size_t len = offsetof(ECCCIPHERBLOB, Cipher) + SM3_LEN;
    if (blob->CipherLen != SM3_LEN) {
        return;
    }
    if (memcmp(&last_key, key, sizeof last_key) == 0) {
        memcpy(blob, last, len);
    }
    last_key = *key;
    memcpy(last, blob, len);
}

ULONG DEVAPI SKF_ExtECCEncrypt(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbPlainText,
                               ULONG ulPlainTextLen, ECCCIPHERBLOB *pCipherText) {
    if (fault("encrypt-wants-capacity") && pCipherText->CipherLen < ulPlainTextLen) {
        return SAR_BUFFER_TOO_SMALL;
    }
    if (fault("encrypt-at-most-32-bytes") && ulPlainTextLen > SHORT_LEN) {
        return SAR_INDATALENERR;
    }
    ULONG code = NEXT(SKF_ExtECCEncrypt)(hDev, pECCPubKeyBlob, pbPlainText, ulPlainTextLen, pCipherText);
    if (code != SAR_OK) {
        return fault("encrypt-any-point") ? SAR_OK : code;
    }
    if (fault("encrypt-order-of-2010")) {
        swap_c2_and_c3(pCipherText);
    }
    if (fault("encrypt-hashes-message-only")) {
        own_sm3(pbPlainText, ulPlainTextLen, pCipherText->HASH);
    }
    if (fault("encrypt-left-aligned")) {
        move_left(pCipherText->XCoordinate);
        move_left(pCipherText->YCoordinate);
    }
    if (fault("encrypt-in-clear")) {
        memcpy(cipher_of(pCipherText), pbPlainText, ulPlainTextLen);
    }
    if (fault("encrypt-length-of-whole")) {
        pCipherText->CipherLen += 2 * NUMBER_LEN + SM3_LEN;
    }
    if (fault("encrypt-repeats")) {
        repeat(pCipherText, pECCPubKeyBlob);
    }
    return code;
}

/* What a driver writes that does not look at C3: something. */
static ULONG anything(const ECCCIPHERBLOB *blob, BYTE *text, ULONG *len) {
    if (text != NULL && *len >= blob->CipherLen && blob->CipherLen <= MAX_LEN) {
        memset(text, 0x5A, blob->CipherLen);
    }
    *len = blob->CipherLen;
    return SAR_OK;
}

ULONG DEVAPI SKF_ExtECCDecrypt(DEVHANDLE hDev, ECCPRIVATEKEYBLOB *pECCPriKeyBlob, ECCCIPHERBLOB *pCipherText,
                               BYTE *pbPlainText, ULONG *pulPlainTextLen) {
    if (fault("decrypt-at-most-32-bytes") && pCipherText->CipherLen > SHORT_LEN) {
        return SAR_INDATALENERR;
    }
    ULONG code = NEXT(SKF_ExtECCDecrypt)(hDev, pECCPriKeyBlob, pCipherText, pbPlainText, pulPlainTextLen);
    if (fault("decrypt-ignores-c3") && code == SAR_INDATAERR) {
        return anything(pCipherText, pbPlainText, pulPlainTextLen);
    }
    return code;
}

ULONG DEVAPI SKF_ECCDecrypt(HCONTAINER hContainer, ECCCIPHERBLOB *pCipherText, BYTE *pbPlainText,
                            ULONG *pulPlainTextLen) {
    ULONG code = NEXT(SKF_ECCDecrypt)(hContainer, pCipherText, pbPlainText, pulPlainTextLen);
    if (fault("decrypt-ignores-c3") && code == SAR_INDATAERR) {
        return anything(pCipherText, pbPlainText, pulPlainTextLen);
    }
    return code;
}

/* ---- key agreement --------------------------------------------------------------------------- */

static BYTE default_id[] = "1234567812345678";

/* What a driver takes for an ID. */
static void choose_id(BYTE **id, ULONG *len) {
    if (fault("agree-ignores-ids")) {
        *id = default_id;
        *len = sizeof default_id - 1;
    }
    if (fault("agree-cuts-long-ids") && *len > MAX_ID_LEN) {
        *len = MAX_ID_LEN;
    }
}

/* The key that a driver gives whose exchange went wrong, or which does not look. */
static ULONG choose_key(ULONG code, ULONG algorithm, HANDLE *key) {
    if (fault("agree-on-zeros") && code == SAR_OK) {
        (void)NEXT(SKF_CloseHandle)(*key);
        return own_zero_key(algorithm, key);
    }
    if (fault("agree-with-any-point") && code == SAR_INDATAERR) {
        return own_zero_key(algorithm, key);
    }
    if (fault("agree-many-times") && code == SAR_NOTINITIALIZEERR) {
        return own_zero_key(algorithm, key);
    }
    return code;
}

static ULONG choose_algorithm(ULONG algorithm) {
    return fault("agree-on-ecb-only") ? SGD_SM4_ECB : algorithm;
}

ULONG DEVAPI SKF_GenerateAgreementDataWithECC(HCONTAINER hContainer, ULONG ulAlgId,
                                              ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID, ULONG ulIDLen,
                                              HANDLE *phAgreementHandle) {
    static ECCPUBLICKEYBLOB first;
    choose_id(&pbID, &ulIDLen);
    ULONG code = NEXT(SKF_GenerateAgreementDataWithECC)(hContainer, choose_algorithm(ulAlgId), pTempECCPubKeyBlob, pbID,
                                                        ulIDLen, phAgreementHandle);
    if (fault("agree-same-ephemeral") && code == SAR_OK) {
        if (first.BitLen == 0) {
            first = *pTempECCPubKeyBlob;
        }
        *pTempECCPubKeyBlob = first;
    }
    return code;
}

ULONG DEVAPI SKF_GenerateAgreementDataAndKeyWithECC(HANDLE hContainer, ULONG ulAlgId,
                                                    ECCPUBLICKEYBLOB *pSponsorECCPubKeyBlob,
                                                    ECCPUBLICKEYBLOB *pSponsorTempECCPubKeyBlob,
                                                    ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID, ULONG ulIDLen,
                                                    BYTE *pbSponsorID, ULONG ulSponsorIDLen, HANDLE *phKeyHandle) {
    choose_id(&pbID, &ulIDLen);
    choose_id(&pbSponsorID, &ulSponsorIDLen);
    ULONG code = NEXT(SKF_GenerateAgreementDataAndKeyWithECC)(
        hContainer, choose_algorithm(ulAlgId), pSponsorECCPubKeyBlob, pSponsorTempECCPubKeyBlob, pTempECCPubKeyBlob,
        pbID, ulIDLen, pbSponsorID, ulSponsorIDLen, phKeyHandle);
    return choose_key(code, ulAlgId, phKeyHandle);
}

ULONG DEVAPI SKF_GenerateKeyWithECC(HANDLE hAgreementHandle, ECCPUBLICKEYBLOB *pECCPubKeyBlob,
                                    ECCPUBLICKEYBLOB *pTempECCPubKeyBlob, BYTE *pbID, ULONG ulIDLen,
                                    HANDLE *phKeyHandle) {
    choose_id(&pbID, &ulIDLen);
    ULONG code =
        NEXT(SKF_GenerateKeyWithECC)(hAgreementHandle, pECCPubKeyBlob, pTempECCPubKeyBlob, pbID, ulIDLen, phKeyHandle);
    return choose_key(code, SGD_SM4_ECB, phKeyHandle);
}
