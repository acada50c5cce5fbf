/* Faults of digests: their states, their parts, and sessions that share what
 * should be their own. */
#include "faulty.h"

/* The session in whose place a digest runs. */
static CK_SESSION_HANDLE place_of(CK_SESSION_HANDLE session) {
    return fault("sessions-share-digest") ? hidden_session(slot_of(session)) : session;
}

static CK_RV digest_init(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism) {
    CK_SESSION_HANDLE session = place_of(hSession);
    CK_BYTE digest[64];
    CK_ULONG len = sizeof digest;
    CK_MECHANISM guessed = {CKM_SHA256, NULL, 0};
    CK_RV rv = NEXT(C_DigestInit)(session, pMechanism);
    if (fault("digest-begun-anew") && rv == CKR_OPERATION_ACTIVE) {
        (void)NEXT(C_DigestFinal)(session, digest, &len);
        return NEXT(C_DigestInit)(session, pMechanism);
    }
    if (fault("mechanism-guessed") && rv == CKR_MECHANISM_INVALID) {
        return NEXT(C_DigestInit)(session, &guessed);
    }
    return rv;
}

static CK_RV digest_update(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen) {
    if (fault("short-part-not-digested") && ulPartLen == 1) {
        return CKR_OK;
    }
    return NEXT(C_DigestUpdate)(place_of(hSession), pPart, ulPartLen);
}

static CK_RV digest_final(CK_SESSION_HANDLE hSession, CK_BYTE *pDigest, CK_ULONG *pulDigestLen) {
    return NEXT(C_DigestFinal)(place_of(hSession), pDigest, pulDigestLen);
}

static CK_RV digest(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pDigest,
                    CK_ULONG *pulDigestLen) {
    CK_BYTE unused[64];
    CK_ULONG len = sizeof unused;
    CK_RV rv = NEXT(C_Digest)(place_of(hSession), pData, ulDataLen, pDigest, pulDigestLen);
    if (fault("digest-length-ends-operation") && rv == CKR_OK && pDigest == NULL) {
        (void)NEXT(C_Digest)(place_of(hSession), pData, ulDataLen, unused, &len);
    }
    if (fault("digest-cut") && rv == CKR_BUFFER_TOO_SMALL) {
        return CKR_OK;
    }
    if (fault("empty-digest-wrong") && rv == CKR_OK && pDigest != NULL && ulDataLen == 0) {
        memset(pDigest, 0, *pulDigestLen);
    }
    return rv;
}

void replace_digests(CK_FUNCTION_LIST *list) {
    list->C_DigestInit = digest_init;
    list->C_DigestUpdate = digest_update;
    list->C_DigestFinal = digest_final;
    list->C_Digest = digest;
}
