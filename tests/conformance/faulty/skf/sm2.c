/* Faults of SM2: pairs of containers, signatures, encryption. */
#include "sm2.h"

/* ---- what mistakes are made of --------------------------------------------------------------- */

void move_left(BYTE field[FIELD_LEN]) {
    memmove(field, field + NUMBER_LEN, NUMBER_LEN);
    memset(field + NUMBER_LEN, 0, NUMBER_LEN);
}

static void move_right(BYTE field[FIELD_LEN]) {
    memmove(field + NUMBER_LEN, field, NUMBER_LEN);
    memset(field, 0, NUMBER_LEN);
}

static void reverse(BYTE *bytes, size_t len) {
    for (size_t i = 0; i < len / 2; i++) {
        BYTE kept = bytes[i];
        bytes[i] = bytes[len - 1 - i];
        bytes[len - 1 - i] = kept;
    }
}

/* The value written from where its first byte that is not zero stands. */
static void drop_leading_zeros(BYTE field[FIELD_LEN]) {
    size_t zeros = 0;
    while (zeros < NUMBER_LEN && field[NUMBER_LEN + zeros] == 0) {
        zeros++;
    }
    memmove(field + NUMBER_LEN, field + NUMBER_LEN + zeros, NUMBER_LEN - zeros);
    memset(field + FIELD_LEN - zeros, 0, zeros);
}

static void swap_fields(BYTE first[FIELD_LEN], BYTE second[FIELD_LEN]) {
    BYTE kept[FIELD_LEN];
    memcpy(kept, first, FIELD_LEN);
    memcpy(first, second, FIELD_LEN);
    memcpy(second, kept, FIELD_LEN);
}

DEVHANDLE own_device(void) {
    static DEVHANDLE device;
    DEVINFO info;
    /* Another device may have taken its place: tests have one each. */
    if (device == NULL || NEXT(SKF_GetDevInfo)(device, &info) != SAR_OK) {
        CHAR names[1024];
        ULONG size = sizeof names;
        if (NEXT(SKF_EnumDev)(TRUE, names, &size) == SAR_OK) {
            (void)NEXT(SKF_ConnectDev)(names, &device);
        }
    }
    return device;
}

void own_sm3(const BYTE *data, ULONG len, BYTE digest[SM3_LEN]) {
    HANDLE handle;
    ULONG size = SM3_LEN;
    if (NEXT(SKF_DigestInit)(own_device(), SGD_SM3, NULL, NULL, 0, &handle) == SAR_OK) {
        (void)NEXT(SKF_Digest)(handle, (BYTE *)(uintptr_t)data, len, digest, &size);
        (void)NEXT(SKF_CloseHandle)(handle);
    }
}

ULONG own_zero_key(ULONG algorithm, HANDLE *handle) {
    BYTE zeros[16] = {0};
    return NEXT(SKF_SetSymmKey)(own_device(), zeros, algorithm, handle);
}

/* ---- pairs of containers --------------------------------------------------------------------- */

ULONG DEVAPI SKF_GenECCKeyPair(HCONTAINER hContainer, ULONG ulAlgId, ECCPUBLICKEYBLOB *pBlob) {
    static ECCPUBLICKEYBLOB first;
    if (fault("generate-draft-identifier-only") && ulAlgId == SGD_SM2_1) {
        return SAR_INVALIDPARAMERR;
    }
    if (fault("generate-any-identifier") && ulAlgId == SGD_RSA) {
        ulAlgId = SGD_SM2_1;
    }
    ULONG code = NEXT(SKF_GenECCKeyPair)(hContainer, ulAlgId, pBlob);
    if (code != SAR_OK) {
        return code;
    }
    if (fault("generate-point-off-curve")) {
        pBlob->YCoordinate[FIELD_LEN - 1] ^= 1;
    }
    if (fault("generate-left-aligned")) {
        move_left(pBlob->XCoordinate);
        move_left(pBlob->YCoordinate);
    }
    if (fault("generate-bits-of-field")) {
        pBlob->BitLen = 8 * FIELD_LEN;
    }
    if (fault("generate-same-pair")) {
        if (first.BitLen == 0) {
            first = *pBlob;
        }
        *pBlob = first;
    }
    return code;
}

static int all_zero(const BYTE *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] != 0) {
            return 0;
        }
    }
    return 1;
}

ULONG DEVAPI SKF_ImportECCKeyPair(HCONTAINER hContainer, ENVELOPEDKEYBLOB *pEnvelopedKeyBlob) {
    if (fault("import-pair-whole-field-only") && all_zero(pEnvelopedKeyBlob->cbEncryptedPriKey, NUMBER_LEN)) {
        return SAR_INDATAERR;
    }
    if (fault("import-pair-number-first")) {
        move_right(pEnvelopedKeyBlob->cbEncryptedPriKey);
    }
    ULONG code = NEXT(SKF_ImportECCKeyPair)(hContainer, pEnvelopedKeyBlob);
    if (fault("import-pair-never-refused")) {
        return SAR_OK;
    }
    if (fault("import-pair-renews-signing-pair") && code == SAR_OK) {
        ECCPUBLICKEYBLOB blob;
        (void)NEXT(SKF_GenECCKeyPair)(hContainer, SGD_SM2_1, &blob);
    }
    return code;
}

/* ---- signing --------------------------------------------------------------------------------- */

/* What signs before anything else is asked: rights taken, digests made once more. */
static ULONG sign(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature) {
    BYTE digest[SM3_LEN];
    if (fault("sign-hashes-again")) {
        own_sm3(pbData, ulDataLen, digest);
        return NEXT(SKF_ECCSignData)(hContainer, digest, SM3_LEN, pSignature);
    }
    if (fault("sign-digest-reversed") && ulDataLen == SM3_LEN) {
        memcpy(digest, pbData, SM3_LEN);
        reverse(digest, SM3_LEN);
        return NEXT(SKF_ECCSignData)(hContainer, digest, SM3_LEN, pSignature);
    }
    ULONG code = NEXT(SKF_ECCSignData)(hContainer, pbData, ulDataLen, pSignature);
    if (fault("sign-without-key") && code == SAR_KEYNOTFOUNTERR) {
        memset(pSignature, 0, sizeof *pSignature);
        return SAR_OK;
    }
    if (fault("sign-without-login") && code == SAR_USER_NOT_LOGGED_IN) {
        HAPPLICATION application = seen_application_of(hContainer);
        seen_login(application);
        code = NEXT(SKF_ECCSignData)(hContainer, pbData, ulDataLen, pSignature);
        (void)NEXT(SKF_ClearSecureState)(application);
    }
    return code;
}

ULONG DEVAPI SKF_ECCSignData(HCONTAINER hContainer, BYTE *pbData, ULONG ulDataLen, ECCSIGNATUREBLOB *pSignature) {
    static BYTE last_digest[SM3_LEN];
    static ECCSIGNATUREBLOB last_signature;
    if (fault("sign-repeats-signature") && ulDataLen == SM3_LEN && memcmp(pbData, last_digest, SM3_LEN) == 0) {
        *pSignature = last_signature;
        return SAR_OK;
    }
    ULONG code = sign(hContainer, pbData, ulDataLen, pSignature);
    if (code != SAR_OK) {
        return code;
    }
    if (fault("sign-left-aligned")) {
        move_left(pSignature->r);
        move_left(pSignature->s);
    }
    if (fault("sign-little-endian")) {
        reverse(pSignature->r + NUMBER_LEN, NUMBER_LEN);
        reverse(pSignature->s + NUMBER_LEN, NUMBER_LEN);
    }
    if (fault("sign-swaps-r-and-s")) {
        swap_fields(pSignature->r, pSignature->s);
    }
    if (fault("sign-drops-leading-zeros")) {
        drop_leading_zeros(pSignature->r);
        drop_leading_zeros(pSignature->s);
    }
    if (ulDataLen == SM3_LEN) {
        memcpy(last_digest, pbData, SM3_LEN);
        last_signature = *pSignature;
    }
    return code;
}

ULONG DEVAPI SKF_ExtECCSign(DEVHANDLE hDev, ECCPRIVATEKEYBLOB *pECCPriKeyBlob, BYTE *pbData, ULONG ulDataLen,
                            ECCSIGNATUREBLOB *pSignature) {
    BYTE digest[SM3_LEN];
    if (fault("external-sign-hashes-again")) {
        own_sm3(pbData, ulDataLen, digest);
        return NEXT(SKF_ExtECCSign)(hDev, pECCPriKeyBlob, digest, SM3_LEN, pSignature);
    }
    return NEXT(SKF_ExtECCSign)(hDev, pECCPriKeyBlob, pbData, ulDataLen, pSignature);
}

/* ---- verifying ------------------------------------------------------------------------------- */

static int begins_with_zero(const BYTE field[FIELD_LEN]) {
    return field[NUMBER_LEN] == 0;
}

ULONG DEVAPI SKF_ECCVerify(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbData, ULONG ulDataLen,
                           ECCSIGNATUREBLOB *pSignature) {
    if (pECCPubKeyBlob == NULL || pSignature == NULL) {
        return NEXT(SKF_ECCVerify)(hDev, pECCPubKeyBlob, pbData, ulDataLen, pSignature);
    }
    ECCPUBLICKEYBLOB key = *pECCPubKeyBlob;
    ECCSIGNATUREBLOB signature = *pSignature;
    BYTE digest[SM3_LEN];
    if (fault("verify-accepts-all")) {
        return SAR_OK;
    }
    if (fault("verify-accepts-zeros") &&
        (all_zero(signature.r, sizeof signature.r) || all_zero(signature.s, sizeof signature.s))) {
        return SAR_OK;
    }
    if (fault("verify-refuses-leading-zeros") &&
        (begins_with_zero(key.XCoordinate) || begins_with_zero(key.YCoordinate) || begins_with_zero(signature.r) ||
         begins_with_zero(signature.s))) {
        return SAR_INDATAERR;
    }
    if (fault("verify-hashes-again")) {
        own_sm3(pbData, ulDataLen, digest);
        return NEXT(SKF_ECCVerify)(hDev, &key, digest, SM3_LEN, &signature);
    }
    if (fault("verify-reads-left-aligned")) {
        move_right(key.XCoordinate);
        move_right(key.YCoordinate);
        move_right(signature.r);
        move_right(signature.s);
    }
    if (fault("verify-swaps-r-and-s")) {
        swap_fields(signature.r, signature.s);
    }
    return NEXT(SKF_ECCVerify)(hDev, &key, pbData, ulDataLen, &signature);
}

ULONG DEVAPI SKF_ExtECCVerify(DEVHANDLE hDev, ECCPUBLICKEYBLOB *pECCPubKeyBlob, BYTE *pbData, ULONG ulDataLen,
                              ECCSIGNATUREBLOB *pSignature) {
    if (fault("external-verify-accepts-all")) {
        return SAR_OK;
    }
    return NEXT(SKF_ExtECCVerify)(hDev, pECCPubKeyBlob, pbData, ulDataLen, pSignature);
}
