/* Faults of digests. */
#include "sm2.h"

enum { MAX_ID_LEN = 32, BLOCK_LEN = 64 };

static BYTE default_id[] = "1234567812345678";

/* The digest begun last, and the one that data came to last. */
static HANDLE latest, fed;

ULONG DEVAPI SKF_DigestInit(DEVHANDLE hDev, ULONG ulAlgID, ECCPUBLICKEYBLOB *pPubKey, BYTE *pucID, ULONG ulIDLen,
                            HANDLE *phHash) {
    if (fault("digest-ignores-z")) {
        ulIDLen = 0;
    }
    if ((fault("digest-default-id") && ulIDLen != 0) || (fault("digest-z-without-id") && pPubKey != NULL)) {
        pucID = default_id;
        ulIDLen = sizeof default_id - 1;
    }
    if (fault("digest-cuts-long-ids") && ulIDLen > MAX_ID_LEN) {
        ulIDLen = MAX_ID_LEN;
    }
    if (fault("digest-any-algorithm") && ulAlgID == SGD_SM4_ECB) {
        ulAlgID = SGD_SM3;
    }
    if (fault("digest-sha1-missing") && ulAlgID == SGD_SHA1) {
        return SAR_NOTSUPPORTYETERR;
    }
    if (fault("digest-always-sm3") && (ulAlgID == SGD_SHA1 || ulAlgID == SGD_SHA256)) {
        ulAlgID = SGD_SM3;
    }
    if (fault("digest-id-without-key") && pPubKey == NULL) {
        ulIDLen = 0;
    }
    ULONG code = NEXT(SKF_DigestInit)(hDev, ulAlgID, pPubKey, pucID, ulIDLen, phHash);
    if (code == SAR_OK && fault("one-digest-at-a-time") && latest != NULL) {
        (void)NEXT(SKF_CloseHandle)(latest);
    }
    if (code == SAR_OK) {
        latest = *phHash;
        fed = NULL;
    }
    return code;
}

ULONG DEVAPI SKF_Digest(HANDLE hHash, BYTE *pbData, ULONG ulDataLen, BYTE *pbHashData, ULONG *pulHashLen) {
    ULONG code = NEXT(SKF_Digest)(hHash, pbData, ulDataLen, pbHashData, pulHashLen);
    if (fault("digest-hashes-twice") && code == SAR_OK && pbHashData != NULL && *pulHashLen == SM3_LEN) {
        own_sm3(pbHashData, SM3_LEN, pbHashData);
    }
    return code;
}

ULONG DEVAPI SKF_DigestUpdate(HANDLE hHash, BYTE *pbData, ULONG ulDataLen) {
    if (fault("digest-one-block-at-a-time") && ulDataLen > BLOCK_LEN) {
        ulDataLen = BLOCK_LEN;
    }
    fed = hHash;
    return NEXT(SKF_DigestUpdate)(fault("digest-one-for-all") ? latest : hHash, pbData, ulDataLen);
}

ULONG DEVAPI SKF_DigestFinal(HANDLE hHash, BYTE *pHashData, ULONG *pulHashLen) {
    BYTE digest[BLOCK_LEN];
    ULONG len = sizeof digest;
    if (fault("digest-query-ends-it") && pHashData == NULL) {
        ULONG code = NEXT(SKF_DigestFinal)(hHash, digest, &len);
        *pulHashLen = len;
        return code;
    }
    if (fault("digest-of-nothing-refused") && fed != hHash) {
        return SAR_NOTINITIALIZEERR;
    }
    return NEXT(SKF_DigestFinal)(hHash, pHashData, pulHashLen);
}
