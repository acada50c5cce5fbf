/* C_Digest..., C_GenerateRandom, C_SeedRandom. */
#include "softtoken/p11_operation.h"

#include "gmpki/rand.h"

CK_RV C_DigestInit(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism) {
    return st_p11_operation_begin(hSession, ST_P11_DIGEST, pMechanism, CK_INVALID_HANDLE);
}

static CK_RV add(st_p11_operation *operation, const uint8_t *data, size_t len) {
    if (data == NULL && len != 0) {
        return CKR_ARGUMENTS_BAD;
    }
    return st_p11_status(st_digest_update(operation->digest, data, len));
}

/* Check the room before anything is consumed; then the last data, and the digest. */
static CK_RV finish(st_p11_operation *operation, const CK_BYTE *data, CK_ULONG len, CK_BYTE *out, CK_ULONG *out_len) {
    if (out_len == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    size_t digest_len = st_digest_len(operation->mechanism->algorithm);
    if (out == NULL || *out_len < digest_len) {
        *out_len = digest_len;
        return out == NULL ? CKR_OK : CKR_BUFFER_TOO_SMALL;
    }
    CK_RV rv = add(operation, data, len);
    if (rv == CKR_OK) {
        rv = st_p11_status(st_digest_final(operation->digest, out, &digest_len));
        *out_len = digest_len;
    }
    return rv;
}

CK_RV C_Digest(CK_SESSION_HANDLE hSession, CK_BYTE *pData, CK_ULONG ulDataLen, CK_BYTE *pDigest,
               CK_ULONG *pulDigestLen) {
    st_p11_session *session;
    st_p11_operation *operation;
    CK_RV rv = st_p11_enter_whole(hSession, ST_P11_DIGEST, &session, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = finish(operation, pData, ulDataLen, pDigest, pulDigestLen);
    return st_p11_leave(st_p11_operation_finish(session, ST_P11_DIGEST, pDigest, rv));
}

static CK_RV add_part(st_p11_session *session, const uint8_t *data, size_t len) {
    st_p11_operation *operation;
    CK_RV rv = st_p11_operation_running(session, ST_P11_DIGEST, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    operation->updated = 1;
    rv = add(operation, data, len);
    if (rv != CKR_OK) {
        st_p11_operation_end(session, ST_P11_DIGEST);
    }
    return rv;
}

CK_RV C_DigestUpdate(CK_SESSION_HANDLE hSession, CK_BYTE *pPart, CK_ULONG ulPartLen) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave(add_part(session, pPart, ulPartLen)) : rv;
}

/* A digest shows what it was made of to whoever can guess it: only keys that may be read are digested. */
static CK_RV add_key(st_p11_session *session, CK_OBJECT_HANDLE handle) {
    st_p11_object *object;
    st_p11_operation *operation;
    CK_RV rv = st_p11_operation_running(session, ST_P11_DIGEST, &operation);
    if (rv == CKR_OK) {
        rv = st_p11_object_find(session, handle, &object);
        rv = rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
    }
    if (rv != CKR_OK) {
        return rv;
    }
    const st_p11_attribute *value = st_p11_get(&object->attributes, CKA_VALUE);
    if (object->object_class != CKO_SECRET_KEY || value == NULL || st_p11_is(&object->attributes, CKA_SENSITIVE) ||
        !st_p11_is(&object->attributes, CKA_EXTRACTABLE)) {
        return CKR_KEY_INDIGESTIBLE;
    }
    return add_part(session, value->value, value->len);
}

CK_RV C_DigestKey(CK_SESSION_HANDLE hSession, CK_OBJECT_HANDLE hKey) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave_session(session, add_key(session, hKey)) : rv;
}

CK_RV C_DigestFinal(CK_SESSION_HANDLE hSession, CK_BYTE *pDigest, CK_ULONG *pulDigestLen) {
    st_p11_session *session;
    st_p11_operation *operation;
    CK_RV rv = st_p11_enter_operation(hSession, ST_P11_DIGEST, &session, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = finish(operation, NULL, 0, pDigest, pulDigestLen);
    return st_p11_leave(st_p11_operation_finish(session, ST_P11_DIGEST, pDigest, rv));
}

/* ---- random bytes ------------------------------------------------------------------------ */

/* The source is the system's: nobody's seed makes it better. */
CK_RV C_SeedRandom(CK_SESSION_HANDLE hSession, CK_BYTE *pSeed, CK_ULONG ulSeedLen) {
    st_p11_session *session;
    (void)pSeed;
    (void)ulSeedLen;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave(CKR_RANDOM_SEED_NOT_SUPPORTED) : rv;
}

CK_RV C_GenerateRandom(CK_SESSION_HANDLE hSession, CK_BYTE *pRandomData, CK_ULONG ulRandomLen) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    if (pRandomData == NULL && ulRandomLen != 0) {
        return st_p11_leave(CKR_ARGUMENTS_BAD);
    }
    rv = ulRandomLen == 0 || gmpki_random(pRandomData, ulRandomLen) == GMPKI_OK ? CKR_OK : CKR_DEVICE_ERROR;
    return st_p11_leave(rv);
}
