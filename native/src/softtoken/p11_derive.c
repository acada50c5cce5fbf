/* C_DeriveKey: the SM2 key exchange (GB/T 32918.3-2016), and plain Diffie-Hellman on its curve. */
#include <string.h>

#include "softtoken/p11_key.h"
#include "softtoken/p11_operation.h"

static const st_p11_purpose deriving = {ST_P11_DECRYPT, CKF_DERIVE, CKA_DERIVE};

enum { DERIVED_MAX_LEN = 512, X_LEN = 32 };

/* The length of the key that is wanted: what its type has, or what the template says. */
static CK_RV derived_len(const st_p11_attributes *set, size_t *len) {
    CK_KEY_TYPE type = st_p11_ulong(set, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    CK_ULONG fixed = type == CKK_GMPKI_SM4 ? 16 : type == CKK_DES3 ? 24 : 0;
    *len = st_p11_ulong(set, CKA_VALUE_LEN, fixed);
    if (*len == 0) {
        return CKR_TEMPLATE_INCOMPLETE;
    }
    return st_p11_takes_value_len(type, *len) && *len <= DERIVED_MAX_LEN ? CKR_OK : CKR_KEY_SIZE_RANGE;
}

/* ---- the key exchange -------------------------------------------------------------------- */

static int read_id(const uint8_t **id, size_t *len, const CK_BYTE *given, CK_ULONG given_len) {
    static const uint8_t by_default[16] = {'1', '2', '3', '4', '5', '6', '7', '8',
                                           '1', '2', '3', '4', '5', '6', '7', '8'};
    *id = given != NULL ? given : by_default;
    *len = given != NULL ? given_len : sizeof by_default;
    return (given != NULL || given_len == 0) && *len <= GMPKI_SM2_MAX_USER_ID_LEN;
}

/* The ephemeral pair was made in a session, so that its private key is in memory. */
static CK_RV read_ephemeral(const st_p11_session *session, CK_OBJECT_HANDLE handle, uint8_t d[GMPKI_SM2_SCALAR_LEN]) {
    st_p11_object *object;
    CK_RV rv = st_p11_object_known(session, handle, &object);
    if (rv != CKR_OK) {
        return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_MECHANISM_PARAM_INVALID : rv;
    }
    int fits = object->origin == ST_P11_IN_SESSION && object->object_class == CKO_PRIVATE_KEY &&
               st_p11_ulong(&object->attributes, CKA_KEY_TYPE, 0) == CKK_GMPKI_SM2;
    return fits ? st_p11_sm2_private_of(&object->attributes, d) : CKR_MECHANISM_PARAM_INVALID;
}

static CK_RV exchange(const st_p11_session *session, const st_p11_object *key, const CK_MECHANISM *mechanism,
                      uint8_t *out, size_t out_len) {
    CK_GMPKI_SM2_EXCHANGE_PARAMS given;
    uint8_t ephemeral[GMPKI_SM2_SCALAR_LEN];
    st_p11_exchange wanted = {.ephemeral = ephemeral};
    if (mechanism->ulParameterLen != sizeof given) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&given, mechanism->pParameter, sizeof given);
    wanted.role = given.initiator ? GMPKI_SM2_INITIATOR : GMPKI_SM2_RESPONDER;
    if (!read_id(&wanted.own_id, &wanted.own_id_len, given.pUserId, given.ulUserIdLen) ||
        !read_id(&wanted.peer_id, &wanted.peer_id_len, given.pPeerUserId, given.ulPeerUserIdLen) ||
        given.pPeerPoint == NULL || given.pPeerEphemeral == NULL ||
        !st_p11_read_point(wanted.peer, given.pPeerPoint, given.ulPeerPointLen) ||
        !st_p11_read_point(wanted.peer_ephemeral, given.pPeerEphemeral, given.ulPeerEphemeralLen)) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    CK_RV rv = read_ephemeral(session, given.hEphemeral, ephemeral);
    if (rv == CKR_OK) {
        rv = st_p11_sm2_exchange(session->slot, key, &wanted, out, out_len);
    }
    gmpki_cleanse(ephemeral, sizeof ephemeral);
    return rv;
}

/* ---- Diffie-Hellman ---------------------------------------------------------------------- */

/* The x coordinate, of which a shorter key takes the end (2.40 mechanisms, 2.3.7). */
static CK_RV ecdh(const st_p11_session *session, const st_p11_object *key, const CK_MECHANISM *mechanism, uint8_t *out,
                  size_t out_len) {
    CK_ECDH1_DERIVE_PARAMS given;
    uint8_t peer[GMPKI_SM2_POINT_LEN], shared[GMPKI_SM2_POINT_LEN];
    if (mechanism->ulParameterLen != sizeof given) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    memcpy(&given, mechanism->pParameter, sizeof given);
    if (given.kdf != CKD_NULL || given.ulSharedDataLen != 0 || given.pPublicData == NULL ||
        !st_p11_read_point(peer, given.pPublicData, given.ulPublicDataLen)) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    if (out_len > X_LEN) {
        return CKR_KEY_SIZE_RANGE;
    }
    CK_RV rv = st_p11_sm2_ecdh(session->slot, key, peer, shared);
    if (rv == CKR_OK) {
        memcpy(out, shared + X_LEN - out_len, out_len);
    }
    gmpki_cleanse(shared, sizeof shared);
    return rv;
}

/* ---- the function ------------------------------------------------------------------------ */

static CK_RV find_base(const st_p11_session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE handle,
                       const st_p11_mechanism **found, st_p11_object **key) {
    if (mechanism == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    *found = st_p11_mechanism_of(mechanism->mechanism);
    if (*found == NULL || ((*found)->flags & deriving.flag) == 0) {
        return CKR_MECHANISM_INVALID;
    }
    if (mechanism->pParameter == NULL) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    CK_RV rv = st_p11_object_find(session, handle, key);
    if (rv != CKR_OK) {
        return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
    }
    if ((*key)->object_class != CKO_PRIVATE_KEY ||
        st_p11_ulong(&(*key)->attributes, CKA_KEY_TYPE, 0) != CKK_GMPKI_SM2) {
        return CKR_KEY_TYPE_INCONSISTENT;
    }
    return st_p11_is(&(*key)->attributes, deriving.permission) ? CKR_OK : CKR_KEY_FUNCTION_NOT_PERMITTED;
}

static CK_RV derive(st_p11_session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
                    const CK_ATTRIBUTE *items, CK_ULONG count, CK_OBJECT_HANDLE *handle) {
    st_p11_attributes set = {0};
    const st_p11_mechanism *found;
    st_p11_object *key;
    uint8_t value[DERIVED_MAX_LEN];
    size_t len = 0;
    if (handle == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = find_base(session, mechanism, base, &found, &key);
    if (rv == CKR_OK) {
        rv = st_p11_read_new(&set, items, count, CKO_SECRET_KEY, CK_UNAVAILABLE_INFORMATION);
    }
    if (rv == CKR_OK && st_p11_get(&set, CKA_VALUE) != NULL) {
        rv = CKR_TEMPLATE_INCONSISTENT;
    }
    if (rv == CKR_OK) {
        rv = derived_len(&set, &len);
    }
    if (rv == CKR_OK) {
        rv = st_p11_complete(&set);
    }
    if (rv == CKR_OK) {
        rv = st_p11_may_make(session, &set);
    }
    if (rv == CKR_OK) {
        rv = found->family == ST_P11_SM2_EXCHANGE ? exchange(session, key, mechanism, value, len)
                                                  : ecdh(session, key, mechanism, value, len);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set(&set, CKA_VALUE, value, len);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set_ulong(&set, CKA_VALUE_LEN, len);
    }
    if (rv == CKR_OK) {
        rv = st_p11_store_new(session, &set, handle);
    }
    gmpki_cleanse(value, sizeof value);
    st_p11_clear(&set);
    return rv;
}

CK_RV C_DeriveKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hBaseKey,
                  CK_ATTRIBUTE *pTemplate, CK_ULONG ulAttributeCount, CK_OBJECT_HANDLE *phKey) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = derive(session, pMechanism, hBaseKey, pTemplate, ulAttributeCount, phKey);
    return st_p11_leave_session(session, rv);
}
