/* C_WrapKey, C_UnwrapKey: secret keys under other keys, and the encryption pair in its envelope. */
#include <stdlib.h>
#include <string.h>

#include "gmpki/sm4.h"
#include "sm2/der.h"
#include "softtoken/p11_key.h"
#include "softtoken/p11_operation.h"

static const st_p11_purpose wrapping = {ST_P11_ENCRYPT, CKF_WRAP, CKA_WRAP};
static const st_p11_purpose unwrapping = {ST_P11_DECRYPT, CKF_UNWRAP, CKA_UNWRAP};

enum { SECRET_MAX_LEN = 512 };

/* ---- wrapping ---------------------------------------------------------------------------- */

/* What goes wrong with the wrapping key has names of its own. */
static CK_RV wrapping_status(CK_RV rv) {
    switch (rv) {
    case CKR_KEY_HANDLE_INVALID:
        return CKR_WRAPPING_KEY_HANDLE_INVALID;
    case CKR_KEY_TYPE_INCONSISTENT:
        return CKR_WRAPPING_KEY_TYPE_INCONSISTENT;
    case CKR_DATA_LEN_RANGE:
        return CKR_KEY_SIZE_RANGE;
    default:
        return rv;
    }
}

static CK_RV unwrapping_status(CK_RV rv) {
    switch (rv) {
    case CKR_KEY_HANDLE_INVALID:
        return CKR_UNWRAPPING_KEY_HANDLE_INVALID;
    case CKR_KEY_TYPE_INCONSISTENT:
        return CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT;
    case CKR_ENCRYPTED_DATA_INVALID:
        return CKR_WRAPPED_KEY_INVALID;
    case CKR_ENCRYPTED_DATA_LEN_RANGE:
        return CKR_WRAPPED_KEY_LEN_RANGE;
    default:
        return rv;
    }
}

/* A secret key that may leave, and under this key. Private keys never do. */
static CK_RV check_wrapped(const st_p11_session *session, CK_OBJECT_HANDLE handle, CK_OBJECT_HANDLE wrapping_handle,
                           const st_p11_attribute **value) {
    st_p11_object *key, *wrapper;
    CK_RV rv = st_p11_object_find(session, wrapping_handle, &wrapper);
    if (rv != CKR_OK) {
        return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_WRAPPING_KEY_HANDLE_INVALID : rv;
    }
    rv = st_p11_object_known(session, handle, &key);
    if (rv != CKR_OK) {
        return rv == CKR_OBJECT_HANDLE_INVALID ? CKR_KEY_HANDLE_INVALID : rv;
    }
    *value = st_p11_get(&key->attributes, CKA_VALUE);
    if (key->object_class == CKO_PRIVATE_KEY) {
        return CKR_KEY_UNEXTRACTABLE;
    }
    if (key->object_class != CKO_SECRET_KEY || *value == NULL) {
        return CKR_KEY_NOT_WRAPPABLE;
    }
    if (!st_p11_is(&key->attributes, CKA_EXTRACTABLE)) {
        return CKR_KEY_UNEXTRACTABLE;
    }
    return st_p11_is(&key->attributes, CKA_WRAP_WITH_TRUSTED) && !st_p11_is(&wrapper->attributes, CKA_TRUSTED)
               ? CKR_KEY_NOT_WRAPPABLE
               : CKR_OK;
}

static CK_RV wrap(const st_p11_session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping_handle,
                  CK_OBJECT_HANDLE handle, CK_BYTE *out, CK_ULONG *out_len) {
    const st_p11_attribute *value;
    st_p11_operation *operation;
    if (out_len == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = st_p11_operation_new(session, &wrapping, mechanism, wrapping_handle, &operation);
    if (rv != CKR_OK) {
        return wrapping_status(rv);
    }
    rv = check_wrapped(session, handle, wrapping_handle, &value);
    if (rv == CKR_OK) {
        size_t len = *out_len;
        rv = wrapping_status(st_p11_crypt(session, operation, value->value, value->len, out, &len));
        *out_len = len;
    }
    st_p11_operation_free(operation);
    return rv;
}

CK_RV C_WrapKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hWrappingKey,
                CK_OBJECT_HANDLE hKey, CK_BYTE *pWrappedKey, CK_ULONG *pulWrappedKeyLen) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = wrap(session, pMechanism, hWrappingKey, hKey, pWrappedKey, pulWrappedKeyLen);
    return st_p11_leave_session(session, rv);
}

/* ---- unwrapping a secret key ------------------------------------------------------------- */

/* A key that came from outside may have been seen there (2.40, 4.9): whatever it is now, it was not always so. */
static CK_RV store_unwrapped(st_p11_session *session, st_p11_attributes *set, const uint8_t *value, size_t len,
                             CK_OBJECT_HANDLE *handle) {
    CK_KEY_TYPE type = st_p11_ulong(set, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    if (!st_p11_takes_value_len(type, len) || st_p11_ulong(set, CKA_VALUE_LEN, len) != len) {
        return CKR_WRAPPED_KEY_LEN_RANGE;
    }
    CK_RV rv = st_p11_set(set, CKA_VALUE, value, len);
    if (rv == CKR_OK) {
        rv = st_p11_set_ulong(set, CKA_VALUE_LEN, len);
    }
    return rv == CKR_OK ? st_p11_store_new(session, set, handle) : rv;
}

static CK_RV unwrap_secret(st_p11_session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping_handle,
                           const uint8_t *wrapped, size_t wrapped_len, const CK_ATTRIBUTE *items, CK_ULONG count,
                           CK_OBJECT_HANDLE *handle) {
    st_p11_attributes set = {0};
    st_p11_operation *operation;
    uint8_t value[SECRET_MAX_LEN + ST_MAX_BLOCK_LEN];
    size_t len = sizeof value;
    CK_RV rv = st_p11_operation_new(session, &unwrapping, mechanism, unwrapping_handle, &operation);
    if (rv != CKR_OK) {
        return unwrapping_status(rv);
    }
    rv = st_p11_read_new(&set, items, count, CKO_SECRET_KEY, CK_UNAVAILABLE_INFORMATION);
    if (rv == CKR_OK && st_p11_get(&set, CKA_VALUE) != NULL) {
        rv = CKR_TEMPLATE_INCONSISTENT;
    }
    if (rv == CKR_OK) {
        rv = st_p11_complete(&set);
    }
    if (rv == CKR_OK) {
        rv = st_p11_may_make(session, &set);
    }
    if (rv == CKR_OK) {
        rv = unwrapping_status(st_p11_crypt(session, operation, wrapped, wrapped_len, value, &len));
        rv = rv == CKR_BUFFER_TOO_SMALL ? CKR_WRAPPED_KEY_LEN_RANGE : rv;
    }
    if (rv == CKR_OK) {
        rv = store_unwrapped(session, &set, value, len, handle);
    }
    gmpki_cleanse(value, sizeof value);
    st_p11_clear(&set);
    st_p11_operation_free(operation);
    return rv;
}

/* ---- the encryption pair in its envelope ------------------------------------------------- */

/* SM2EnvelopedKey (GB/T 35276-2017 7.4): the algorithm, SM2Cipher of the symmetric key, the public key, and the
 * private key under the symmetric key. */
typedef struct envelope {
    st_p11_bytes cipher; /* whole */
    uint8_t point[GMPKI_SM2_POINT_LEN];
    uint8_t encrypted[GMPKI_SM2_SCALAR_LEN];
} envelope;

enum { DER_BIT_STRING = 0x03, DER_OID = 0x06 };

/* The private key has 32 bytes; some writers encrypt the 64 bytes of its field, the upper half of which is zero. */
static int read_envelope(envelope *read, const uint8_t *der, size_t len) {
    static const uint8_t sm4_ecb[] = {0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x68, 0x01}; /* 1.2.156.10197.1.104.1 */
    static const uint8_t sm4[] = {0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x68};           /* 1.2.156.10197.1.104 */
    der_input in = {der, len};
    der_input contents, algorithm, oid, cipher, point, encrypted;
    if (!der_read(&in, DER_SEQUENCE, &contents) || in.len != 0 || !der_read(&contents, DER_SEQUENCE, &algorithm) ||
        !der_read(&algorithm, DER_OID, &oid)) {
        return 0;
    }
    int is_sm4 = (oid.len == sizeof sm4_ecb && memcmp(oid.data, sm4_ecb, oid.len) == 0) ||
                 (oid.len == sizeof sm4 && memcmp(oid.data, sm4, oid.len) == 0);
    read->cipher.data = contents.data;
    if (!is_sm4 || !der_read(&contents, DER_SEQUENCE, &cipher)) {
        return 0;
    }
    read->cipher.len = (size_t)(contents.data - read->cipher.data);
    if (!der_read(&contents, DER_BIT_STRING, &point) || !der_read(&contents, DER_BIT_STRING, &encrypted) ||
        contents.len != 0 || point.len < 1 || point.data[0] != 0 || encrypted.len < 1 || encrypted.data[0] != 0 ||
        !st_p11_read_point(read->point, point.data + 1, point.len - 1)) {
        return 0;
    }
    encrypted.len--;
    encrypted.data++;
    if (encrypted.len != GMPKI_SM2_SCALAR_LEN && encrypted.len != 2 * GMPKI_SM2_SCALAR_LEN) {
        return 0;
    }
    memcpy(read->encrypted, encrypted.data + encrypted.len - GMPKI_SM2_SCALAR_LEN, GMPKI_SM2_SCALAR_LEN);
    return 1;
}

/* Open the envelope with the signing key: d, which must belong to the public key that stands beside it. */
static CK_RV open_envelope(const st_p11_session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE signing_key,
                           const envelope *sealed, uint8_t d[GMPKI_SM2_SCALAR_LEN]) {
    static const CK_MECHANISM decryption = {CKM_GMPKI_SM2_ENCRYPT_DER, NULL, 0};
    st_p11_operation *operation;
    gmpki_sm4_key sm4;
    uint8_t key[GMPKI_SM2_POINT_LEN * 4];
    size_t key_len = sizeof key;
    if (mechanism->ulParameterLen != 0) {
        return CKR_MECHANISM_PARAM_INVALID;
    }
    CK_RV rv = st_p11_operation_new(session, &unwrapping, &decryption, signing_key, &operation);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = st_p11_crypt(session, operation, sealed->cipher.data, sealed->cipher.len, key, &key_len);
    if (rv == CKR_BUFFER_TOO_SMALL || (rv == CKR_OK && key_len != GMPKI_SM4_KEY_LEN)) {
        rv = CKR_ENCRYPTED_DATA_INVALID;
    }
    if (rv == CKR_OK && (gmpki_sm4_key_init(&sm4, key) != GMPKI_OK ||
                         gmpki_sm4_blocks(&sm4, GMPKI_SM4_DECRYPT, d, sealed->encrypted, 2) != GMPKI_OK)) {
        rv = CKR_FUNCTION_FAILED;
    }
    gmpki_cleanse(key, sizeof key);
    gmpki_cleanse(&sm4, sizeof sm4);
    st_p11_operation_free(operation);
    return rv;
}

/* The attributes of the key that comes out: it only decrypts, unless the template says more; its label and CKA_ID are
 * those of the signing key that opened it, so that it lands beside it. */
static CK_RV prepare_private(const st_p11_session *session, st_p11_attributes *set, const CK_ATTRIBUTE *items,
                             CK_ULONG count, CK_OBJECT_HANDLE signing_key) {
    st_p11_object *opener;
    CK_RV rv = st_p11_read_new(set, items, count, CKO_PRIVATE_KEY, CKK_GMPKI_SM2);
    if (rv == CKR_OK && (st_p11_get(set, CKA_VALUE) != NULL || st_p11_get(set, CKA_EC_POINT) != NULL)) {
        rv = CKR_TEMPLATE_INCONSISTENT;
    }
    if (rv == CKR_OK) {
        rv = st_p11_default_bool(set, CKA_SIGN, 0);
    }
    if (rv == CKR_OK) {
        rv = st_p11_object_find(session, signing_key, &opener);
    }
    if (rv == CKR_OK) {
        const st_p11_attribute *label = st_p11_get(&opener->attributes, CKA_LABEL);
        rv = st_p11_default(set, CKA_LABEL, label != NULL ? label->value : NULL, label != NULL ? label->len : 0);
    }
    if (rv == CKR_OK) {
        rv = st_p11_complete(set);
    }
    return rv == CKR_OK ? st_p11_may_make(session, set) : rv;
}

static CK_RV place_private(st_p11_session *session, st_p11_attributes *set, const envelope *sealed,
                           const uint8_t d[GMPKI_SM2_SCALAR_LEN], CK_OBJECT_HANDLE *handle) {
    if (st_p11_is(set, CKA_TOKEN)) {
        st_p11_new_pair pair = {.kind = ST_SM2, .d = d, .point = sealed->point, .usage = ST_ENCRYPTION};
        CK_RV rv = st_p11_pair_to_container(session, &pair, NULL, set, NULL, handle);
        return rv == CKR_ATTRIBUTE_VALUE_INVALID ? CKR_WRAPPED_KEY_INVALID : rv;
    }
    st_public_key key = {.kind = ST_SM2};
    gmpki_sm2_private_key private_key;
    gmpki_sm2_public_key public_key;
    int fits = gmpki_sm2_private_key_load(&private_key, d) == GMPKI_OK &&
               gmpki_sm2_private_key_public(&private_key, &public_key) == GMPKI_OK &&
               gmpki_sm2_public_key_store(&public_key, key.point, sizeof key.point) == GMPKI_OK &&
               memcmp(key.point, sealed->point, sizeof key.point) == 0;
    gmpki_sm2_private_key_clear(&private_key);
    CK_RV rv = fits ? st_p11_set(set, CKA_VALUE, d, GMPKI_SM2_SCALAR_LEN) : CKR_WRAPPED_KEY_INVALID;
    if (rv == CKR_OK) {
        rv = st_p11_set_public_material(set, &key, CKO_PRIVATE_KEY);
    }
    return rv == CKR_OK ? st_p11_store_new(session, set, handle) : rv;
}

static CK_RV unwrap_envelope(st_p11_session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE signing_key,
                             const uint8_t *wrapped, size_t wrapped_len, const CK_ATTRIBUTE *items, CK_ULONG count,
                             CK_OBJECT_HANDLE *handle) {
    st_p11_attributes set = {0};
    envelope sealed;
    uint8_t d[GMPKI_SM2_SCALAR_LEN];
    CK_RV rv = read_envelope(&sealed, wrapped, wrapped_len) ? CKR_OK : CKR_WRAPPED_KEY_INVALID;
    if (rv == CKR_OK) {
        rv = unwrapping_status(open_envelope(session, mechanism, signing_key, &sealed, d));
    }
    if (rv == CKR_OK) {
        rv = prepare_private(session, &set, items, count, signing_key);
    }
    if (rv == CKR_OK) {
        rv = place_private(session, &set, &sealed, d, handle);
    }
    gmpki_cleanse(d, sizeof d);
    st_p11_clear(&set);
    return rv;
}

/* ---- the function ------------------------------------------------------------------------ */

static CK_RV unwrap(st_p11_session *session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping_handle,
                    const CK_BYTE *wrapped, CK_ULONG wrapped_len, const CK_ATTRIBUTE *items, CK_ULONG count,
                    CK_OBJECT_HANDLE *handle) {
    if (mechanism == NULL || handle == NULL || (wrapped == NULL && wrapped_len != 0)) {
        return CKR_ARGUMENTS_BAD;
    }
    const st_p11_mechanism *found = st_p11_mechanism_of(mechanism->mechanism);
    if (found == NULL || (found->flags & CKF_UNWRAP) == 0) {
        return CKR_MECHANISM_INVALID;
    }
    return found->family == ST_P11_SM2_ENVELOPED
               ? unwrap_envelope(session, mechanism, unwrapping_handle, wrapped, wrapped_len, items, count, handle)
               : unwrap_secret(session, mechanism, unwrapping_handle, wrapped, wrapped_len, items, count, handle);
}

CK_RV C_UnwrapKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_OBJECT_HANDLE hUnwrappingKey,
                  CK_BYTE *pWrappedKey, CK_ULONG ulWrappedKeyLen, CK_ATTRIBUTE *pTemplate, CK_ULONG ulAttributeCount,
                  CK_OBJECT_HANDLE *phKey) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = unwrap(session, pMechanism, hUnwrappingKey, pWrappedKey, ulWrappedKeyLen, pTemplate, ulAttributeCount, phKey);
    return st_p11_leave_session(session, rv);
}
