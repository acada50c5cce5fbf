/* Faults of RSA. */
#include "sm2.h"

enum { SMALL_BITS = 1024, MODULUS_LEN = 256, PADDING_LEN = 11 };

/* ---- key pairs
 * ------------------------------------------------------------------------------
 */

ULONG DEVAPI SKF_GenRSAKeyPair(HCONTAINER hContainer, ULONG ulBitsLen, RSAPUBLICKEYBLOB *pBlob) {
    static RSAPUBLICKEYBLOB first;
    if (fault("rsa-always-1024")) {
        ulBitsLen = SMALL_BITS;
    }
    ULONG code = NEXT(SKF_GenRSAKeyPair)(hContainer, ulBitsLen, pBlob);
    if (fault("rsa-any-length") && code == SAR_RSAMODULUSLENERR) {
        code = NEXT(SKF_GenRSAKeyPair)(hContainer, SMALL_BITS, pBlob);
    }
    if (code != SAR_OK) {
        return code;
    }
    if (fault("rsa-exponent-3")) {
        memset(pBlob->PublicExponent, 0, sizeof pBlob->PublicExponent);
        pBlob->PublicExponent[sizeof pBlob->PublicExponent - 1] = 3;
    }
    if (fault("rsa-same-pair-again")) {
        if (first.BitLen == 0) {
            first = *pBlob;
        }
        *pBlob = first;
    }
    return SAR_OK;
}

ULONG DEVAPI SKF_ImportRSAKeyPair(HCONTAINER hContainer, ULONG ulSymAlgId, BYTE *pbWrappedKey, ULONG ulWrappedKeyLen,
                                  BYTE *pbEncryptedData, ULONG ulEncryptedDataLen) {
    if (fault("rsa-import-forgotten")) {
        return SAR_OK;
    }
    return NEXT(SKF_ImportRSAKeyPair)(hContainer, ulSymAlgId, pbWrappedKey, ulWrappedKeyLen, pbEncryptedData,
                                      ulEncryptedDataLen);
}

ULONG DEVAPI SKF_GenExtRSAKey(DEVHANDLE hDev, ULONG ulBitsLen, RSAPRIVATEKEYBLOB *pBlob) {
    ULONG code = NEXT(SKF_GenExtRSAKey)(hDev, ulBitsLen, pBlob);
    if (code == SAR_OK && fault("rsa-primes-swapped")) {
        BYTE prime[sizeof pBlob->Prime1];
        memcpy(prime, pBlob->Prime1, sizeof prime);
        memcpy(pBlob->Prime1, pBlob->Prime2, sizeof prime);
        memcpy(pBlob->Prime2, prime, sizeof prime);
    }
    return code;
}

/* ---- signatures
 * -----------------------------------------------------------------------------
 */

ULONG DEVAPI SKF_RSASignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, BYTE *pbSignature,
                             ULONG *pulSignLen) {
    BYTE digest[SM3_LEN];
    if (fault("rsa-sign-hashes") && pbData != NULL) {
        own_sm3(pbData, ulDataLen, digest);
        pbData = digest;
        ulDataLen = sizeof digest;
    }
    if (fault("rsa-sign-cuts-off") && ulDataLen > MODULUS_LEN - PADDING_LEN) {
        ulDataLen = MODULUS_LEN - PADDING_LEN;
    }
    return NEXT(SKF_RSASignData)(hContainer, pbData, ulDataLen, pbSignature, pulSignLen);
}

ULONG DEVAPI SKF_RSAVerify(DEVHANDLE hDev, RSAPUBLICKEYBLOB *pRSAPubKeyBlob, BYTE *pbData, ULONG ulDataLen,
                           BYTE *pbSignature, ULONG ulSignLen) {
    ULONG code = NEXT(SKF_RSAVerify)(hDev, pRSAPubKeyBlob, pbData, ulDataLen, pbSignature, ulSignLen);
    if (fault("rsa-verify-anything")) {
        return SAR_OK;
    }
    if (fault("rsa-verify-nothing") && code == SAR_OK) {
        return SAR_HASHNOTEQUALERR;
    }
    return code;
}

/* ---- session keys, bare operations
 * ---------------------------------------------------------- */

ULONG DEVAPI SKF_RSAExportSessionKey(HCONTAINER hContainer, ULONG ulAlgId, RSAPUBLICKEYBLOB *pPubKey, BYTE *pbData,
                                     ULONG *pulDataLen, HANDLE *phSessionKey) {
    ULONG code = NEXT(SKF_RSAExportSessionKey)(hContainer, ulAlgId, pPubKey, pbData, pulDataLen, phSessionKey);
    if (code == SAR_OK && pbData != NULL && fault("rsa-session-key-of-zeros")) {
        (void)NEXT(SKF_CloseHandle)(*phSessionKey);
        return own_zero_key(ulAlgId, phSessionKey);
    }
    return code;
}

static void reverse(BYTE *data, ULONG len) {
    for (ULONG i = 0; i < len / 2; i++) {
        BYTE octet = data[i];
        data[i] = data[len - 1 - i];
        data[len - 1 - i] = octet;
    }
}

ULONG DEVAPI SKF_ExtRSAPubKeyOperation(DEVHANDLE hDev, RSAPUBLICKEYBLOB *pRSAPubKeyBlob, BYTE *pbInput,
                                       ULONG ulInputLen, BYTE *pbOutput, ULONG *pulOutputLen) {
    ULONG code = NEXT(SKF_ExtRSAPubKeyOperation)(hDev, pRSAPubKeyBlob, pbInput, ulInputLen, pbOutput, pulOutputLen);
    if (code == SAR_OK && pbOutput != NULL && fault("rsa-little-endian")) {
        reverse(pbOutput, *pulOutputLen);
    }
    return code;
}

ULONG DEVAPI SKF_ExtRSAPriKeyOperation(DEVHANDLE hDev, RSAPRIVATEKEYBLOB *pRSAPriKeyBlob, BYTE *pbInput,
                                       ULONG ulInputLen, BYTE *pbOutput, ULONG *pulOutputLen) {
    ULONG code = NEXT(SKF_ExtRSAPriKeyOperation)(hDev, pRSAPriKeyBlob, pbInput, ulInputLen, pbOutput, pulOutputLen);
    if (code == SAR_OK && pbOutput != NULL && fault("rsa-little-endian")) {
        reverse(pbOutput, *pulOutputLen);
    }
    return code;
}
