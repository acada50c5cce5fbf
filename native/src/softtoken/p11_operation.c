/* Starting, finding and ending operations. */
#include "softtoken/p11_operation.h"

#include <stdlib.h>
#include <string.h>

#include "softtoken/p11_key.h"

const st_p11_purpose st_p11_purposes[ST_P11_FUNCTION_COUNT] = {
    [ST_P11_ENCRYPT] = {ST_P11_ENCRYPT, CKF_ENCRYPT, CKA_ENCRYPT},
    [ST_P11_DECRYPT] = {ST_P11_DECRYPT, CKF_DECRYPT, CKA_DECRYPT},
    [ST_P11_DIGEST] = {ST_P11_DIGEST, CKF_DIGEST, CK_UNAVAILABLE_INFORMATION},
    [ST_P11_SIGN] = {ST_P11_SIGN, CKF_SIGN, CKA_SIGN},
    [ST_P11_VERIFY] = {ST_P11_VERIFY, CKF_VERIFY, CKA_VERIFY},
};

/* ---- the key ----------------------------------------------------------------------------- */

static int is_hmac_type(CK_KEY_TYPE type) {
    return type == CKK_GENERIC_SECRET || type == CKK_MD5_HMAC || type == CKK_SHA_1_HMAC || type == CKK_SHA256_HMAC ||
           type == CKK_SHA384_HMAC || type == CKK_SHA512_HMAC;
}

/* The class of key that a function with a mechanism takes. */
static CK_OBJECT_CLASS class_for(const st_p11_mechanism *mechanism, int function) {
    if (mechanism->key_type != CKK_RSA && mechanism->key_type != CKK_GMPKI_SM2) {
        return CKO_SECRET_KEY;
    }
    return function == ST_P11_ENCRYPT || function == ST_P11_VERIFY ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY;
}

/* CKA_ALLOWED_MECHANISMS, where the key has it. */
static int is_allowed(const st_p11_attributes *set, CK_MECHANISM_TYPE type) {
    const st_p11_attribute *allowed = st_p11_get(set, CKA_ALLOWED_MECHANISMS);
    if (allowed == NULL || allowed->len == 0) {
        return 1;
    }
    for (size_t i = 0; i < allowed->len / sizeof type; i++) {
        CK_MECHANISM_TYPE one;
        memcpy(&one, allowed->value + i * sizeof one, sizeof one);
        if (one == type) {
            return 1;
        }
    }
    return 0;
}

static CK_RV check_key(const st_p11_object *object, const st_p11_mechanism *mechanism, const st_p11_purpose *purpose,
                       CK_MECHANISM_TYPE asked) {
    CK_KEY_TYPE type = st_p11_ulong(&object->attributes, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    int fits = type == mechanism->key_type || (mechanism->key_type == CKK_GENERIC_SECRET && is_hmac_type(type));
    if (!fits || object->object_class != class_for(mechanism, purpose->function)) {
        return CKR_KEY_TYPE_INCONSISTENT;
    }
    if (!st_p11_is(&object->attributes, purpose->permission)) {
        return CKR_KEY_FUNCTION_NOT_PERMITTED;
    }
    return is_allowed(&object->attributes, asked) ? CKR_OK : CKR_MECHANISM_INVALID;
}

/* ---- contexts ---------------------------------------------------------------------------- */

static CK_RV start_cipher(st_p11_operation *operation, const st_p11_attribute *value,
                          const st_p11_parameters *parameters) {
    const st_p11_mechanism *mechanism = operation->mechanism;
    int by_byte = mechanism->variant == ST_P11_FEEDBACK_8;
    st_cipher_spec spec = {
        .algorithm = mechanism->algorithm,
        .mode = mechanism->mode,
        .direction = operation->function == ST_P11_ENCRYPT ? ST_ENCRYPT : ST_DECRYPT,
        .padding = by_byte ? ST_NO_PADDING : mechanism->variant,
        .feedback_bits = by_byte ? ST_P11_FEEDBACK_8 : 0,
        .key = value->value,
        .key_len = value->len,
        .iv = parameters->iv,
        .iv_len = parameters->iv_len,
    };
    return st_p11_status(st_cipher_new(&operation->cipher, &spec));
}

static CK_RV copy_oaep(st_p11_operation *operation, const st_oaep *oaep) {
    operation->oaep = *oaep;
    if (oaep->label_len != 0) {
        operation->label = malloc(oaep->label_len);
        if (operation->label == NULL) {
            return CKR_HOST_MEMORY;
        }
        memcpy(operation->label, oaep->label, oaep->label_len);
    }
    operation->oaep.label = operation->label;
    return CKR_OK;
}

/* What the family needs beside the key. */
static CK_RV start(st_p11_operation *operation, const st_p11_object *object, const st_p11_parameters *parameters) {
    const st_p11_mechanism *mechanism = operation->mechanism;
    const st_p11_attribute *value = object != NULL ? st_p11_get(&object->attributes, CKA_VALUE) : NULL;
    int takes_secret = mechanism->family == ST_P11_CIPHER || mechanism->family == ST_P11_CBC_MAC ||
                       mechanism->family == ST_P11_HMAC || mechanism->family == ST_P11_HMAC_CUT;
    if (takes_secret && value == NULL) {
        return CKR_KEY_HANDLE_INVALID;
    }
    switch (mechanism->family) {
    case ST_P11_PLAIN_DIGEST:
    case ST_P11_RSA_HASHED:
    case ST_P11_RSA_PSS_HASHED:
        operation->pss = parameters->pss;
        return st_p11_status(st_digest_new(&operation->digest, mechanism->algorithm));
    case ST_P11_SM2_HASHED:
        return st_p11_status(
            st_digest_new_sm2(&operation->digest, operation->public_key.point, parameters->iv, parameters->iv_len));
    case ST_P11_HMAC:
    case ST_P11_HMAC_CUT:
        operation->mac_len =
            mechanism->family == ST_P11_HMAC ? st_digest_len(mechanism->algorithm) : parameters->mac_len;
        return st_p11_status(st_hmac_new(&operation->hmac, mechanism->algorithm, value->value, value->len));
    case ST_P11_CBC_MAC:
        operation->mac_len = st_cipher_block_len(mechanism->algorithm);
        return st_p11_status(st_mac_new(&operation->mac, mechanism->algorithm, value->value, value->len, parameters->iv,
                                        parameters->iv_len));
    case ST_P11_CIPHER:
        operation->left = parameters->counter_left;
        return start_cipher(operation, value, parameters);
    case ST_P11_RSA_PSS:
        operation->pss = parameters->pss;
        return CKR_OK;
    case ST_P11_RSA_OAEP:
        return copy_oaep(operation, &parameters->oaep);
    default:
        return CKR_OK;
    }
}

/* ---- the life of an operation ------------------------------------------------------------ */

void st_p11_operation_free(st_p11_operation *operation) {
    if (operation == NULL) {
        return;
    }
    st_cipher_free(operation->cipher);
    st_digest_free(operation->digest);
    st_hmac_free(operation->hmac);
    st_mac_free(operation->mac);
    free(operation->label);
    st_p11_free(operation, sizeof *operation);
}

static CK_RV find_key(const st_p11_session *session, CK_OBJECT_HANDLE handle, const st_p11_purpose *purpose,
                      const st_p11_mechanism *mechanism, CK_MECHANISM_TYPE asked, st_p11_object **object) {
    CK_RV rv = st_p11_object_find(session, handle, object);
    if (rv == CKR_OBJECT_HANDLE_INVALID) {
        return CKR_KEY_HANDLE_INVALID;
    }
    return rv == CKR_OK ? check_key(*object, mechanism, purpose, asked) : rv;
}

CK_RV st_p11_operation_new(const st_p11_session *session, const st_p11_purpose *purpose, const CK_MECHANISM *mechanism,
                           CK_OBJECT_HANDLE key, st_p11_operation **operation) {
    st_p11_parameters parameters;
    st_p11_object *object = NULL;
    if (mechanism == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    const st_p11_mechanism *found = st_p11_mechanism_of(mechanism->mechanism);
    if (found == NULL || (found->flags & purpose->flag) == 0) {
        return CKR_MECHANISM_INVALID;
    }
    CK_RV rv = CKR_OK;
    if (found->key_type != ST_P11_NO_KEY) {
        rv = find_key(session, key, purpose, found, mechanism->mechanism, &object);
    }
    if (rv == CKR_OK) {
        rv = st_p11_read_parameters(&parameters, found, mechanism);
    }
    if (rv != CKR_OK) {
        return rv;
    }
    st_p11_operation *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return CKR_HOST_MEMORY;
    }
    made->mechanism = found;
    made->function = purpose->function;
    made->key = key;
    made->left = UINT64_MAX;
    if (found->key_type == CKK_RSA || found->key_type == CKK_GMPKI_SM2) {
        rv = st_p11_public_of(&object->attributes, &made->public_key);
    }
    if (rv == CKR_OK) {
        rv = start(made, object, &parameters);
    }
    if (rv != CKR_OK) {
        st_p11_operation_free(made);
        return rv;
    }
    *operation = made;
    return CKR_OK;
}

CK_RV st_p11_operation_begin(CK_SESSION_HANDLE handle, int function, const CK_MECHANISM *mechanism,
                             CK_OBJECT_HANDLE key) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(handle, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    st_p11_operation **operation = &session->operations[function];
    rv = *operation != NULL ? CKR_OPERATION_ACTIVE
                            : st_p11_operation_new(session, &st_p11_purposes[function], mechanism, key, operation);
    return st_p11_leave_session(session, rv);
}

CK_RV st_p11_operation_running(const st_p11_session *session, int function, st_p11_operation **operation) {
    *operation = session->operations[function];
    return *operation != NULL ? CKR_OK : CKR_OPERATION_NOT_INITIALIZED;
}

CK_RV st_p11_enter_operation(CK_SESSION_HANDLE handle, int function, st_p11_session **session,
                             st_p11_operation **operation) {
    CK_RV rv = st_p11_enter_session(handle, session);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = st_p11_operation_running(*session, function, operation);
    return rv == CKR_OK ? CKR_OK : st_p11_leave(rv);
}

CK_RV st_p11_enter_whole(CK_SESSION_HANDLE handle, int function, st_p11_session **session,
                         st_p11_operation **operation) {
    CK_RV rv = st_p11_enter_operation(handle, function, session, operation);
    return rv == CKR_OK && (*operation)->updated ? st_p11_leave(CKR_OPERATION_ACTIVE) : rv;
}

void st_p11_operation_end(st_p11_session *session, int function) {
    st_p11_operation_free(session->operations[function]);
    session->operations[function] = NULL;
}

CK_RV st_p11_operation_finish(st_p11_session *session, int function, const void *out, CK_RV rv) {
    if (rv != CKR_BUFFER_TOO_SMALL && (rv != CKR_OK || out != NULL)) {
        st_p11_operation_end(session, function);
    }
    return rv;
}

CK_RV st_p11_give(const uint8_t *result, size_t len, CK_BYTE *out, CK_ULONG *out_len) {
    CK_ULONG room = *out_len;
    *out_len = len;
    if (out == NULL) {
        return CKR_OK;
    }
    if (room < len) {
        return CKR_BUFFER_TOO_SMALL;
    }
    memcpy(out, result, len);
    return CKR_OK;
}
