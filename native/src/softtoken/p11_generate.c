/* C_GenerateKey, C_GenerateKeyPair. */
#include <string.h>

#include "gmpki/rand.h"
#include "softtoken/p11_key.h"
#include "softtoken/p11_mechanism.h"
#include "softtoken/p11_object.h"

enum { SECRET_MAX_LEN = 512 };

/* The mechanism of a generation, which has no parameter. */
static CK_RV find_mechanism(const CK_MECHANISM *given, CK_FLAGS flag, const st_p11_mechanism **mechanism) {
    if (given == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    *mechanism = st_p11_mechanism_of(given->mechanism);
    if (*mechanism == NULL || ((*mechanism)->flags & flag) == 0) {
        return CKR_MECHANISM_INVALID;
    }
    return given->ulParameterLen == 0 ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

/* What a key that was made here says of itself. */
static CK_RV mark_as_made(st_p11_attributes *set, CK_MECHANISM_TYPE mechanism) {
    CK_RV rv = st_p11_set_bool(set, CKA_LOCAL, 1);
    if (rv == CKR_OK) {
        rv = st_p11_set_ulong(set, CKA_KEY_GEN_MECHANISM, mechanism);
    }
    if (rv == CKR_OK && st_p11_ulong(set, CKA_CLASS, CKO_DATA) != CKO_PUBLIC_KEY) {
        rv = st_p11_set_bool(set, CKA_ALWAYS_SENSITIVE, st_p11_is(set, CKA_SENSITIVE));
        if (rv == CKR_OK) {
            rv = st_p11_set_bool(set, CKA_NEVER_EXTRACTABLE, !st_p11_is(set, CKA_EXTRACTABLE));
        }
    }
    return rv;
}

/* Read, complete and mark the set of a key that is about to be made. */
static CK_RV prepare(const st_p11_session *session, st_p11_attributes *set, const CK_ATTRIBUTE *items, CK_ULONG count,
                     CK_OBJECT_CLASS object_class, const st_p11_mechanism *mechanism) {
    CK_RV rv = st_p11_read_new(set, items, count, object_class, mechanism->key_type);
    if (rv == CKR_OK && (st_p11_get(set, CKA_VALUE) != NULL || st_p11_get(set, CKA_MODULUS) != NULL ||
                         st_p11_get(set, CKA_EC_POINT) != NULL)) {
        rv = CKR_TEMPLATE_INCONSISTENT; /* that is what is to be made */
    }
    if (rv == CKR_OK) {
        rv = st_p11_complete(set);
    }
    if (rv == CKR_OK) {
        rv = st_p11_may_make(session, set);
    }
    return rv == CKR_OK ? mark_as_made(set, mechanism->type) : rv;
}

/* ---- secret keys ------------------------------------------------------------------------- */

/* Each byte of a DES key has an odd number of ones (FIPS 46-3). */
static void set_parity(uint8_t *key, size_t len) {
    for (size_t i = 0; i < len; i++) {
        unsigned ones = 0;
        for (unsigned bit = 1; bit < 8; bit++) {
            ones += (unsigned)key[i] >> bit & 1;
        }
        key[i] = (uint8_t)((key[i] & 0xFE) | (~ones & 1));
    }
}

static CK_RV random_value(st_p11_attributes *set, const st_p11_mechanism *mechanism) {
    uint8_t value[SECRET_MAX_LEN];
    int is_fixed = mechanism->min_size == mechanism->max_size;
    const st_p11_attribute *given = st_p11_get(set, CKA_VALUE_LEN);
    CK_ULONG len = st_p11_ulong(set, CKA_VALUE_LEN, mechanism->min_size);
    if (given == NULL && !is_fixed) {
        return CKR_TEMPLATE_INCOMPLETE;
    }
    if (!st_p11_takes_value_len(mechanism->key_type, len)) {
        return CKR_KEY_SIZE_RANGE;
    }
    if (gmpki_random(value, len) != GMPKI_OK) {
        return CKR_DEVICE_ERROR;
    }
    if (mechanism->key_type == CKK_DES3) {
        set_parity(value, len);
    }
    CK_RV rv = st_p11_set(set, CKA_VALUE, value, len);
    if (rv == CKR_OK) {
        rv = st_p11_set_ulong(set, CKA_VALUE_LEN, len);
    }
    gmpki_cleanse(value, sizeof value);
    return rv;
}

static CK_RV generate_secret(st_p11_session *session, const CK_MECHANISM *given, const CK_ATTRIBUTE *items,
                             CK_ULONG count, CK_OBJECT_HANDLE *handle) {
    st_p11_attributes set = {0};
    const st_p11_mechanism *mechanism;
    if (handle == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = find_mechanism(given, CKF_GENERATE, &mechanism);
    if (rv == CKR_OK) {
        rv = prepare(session, &set, items, count, CKO_SECRET_KEY, mechanism);
    }
    if (rv == CKR_OK) {
        rv = random_value(&set, mechanism);
    }
    if (rv == CKR_OK) {
        rv = st_p11_store_new(session, &set, handle);
    }
    st_p11_clear(&set);
    return rv;
}

CK_RV C_GenerateKey(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount,
                    CK_OBJECT_HANDLE *phKey) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    return st_p11_leave_session(session, generate_secret(session, pMechanism, pTemplate, ulCount, phKey));
}

/* ---- pairs ------------------------------------------------------------------------------- */

typedef struct pair_sets {
    st_p11_attributes public_key, private_key;
} pair_sets;

/* The token makes RSA pairs of two sizes with the exponent 65537, and says so before it makes another. */
static CK_RV read_rsa_size(const st_p11_attributes *set, uint32_t *bits) {
    static const uint8_t exponent[] = {0x01, 0x00, 0x01};
    const st_p11_attribute *given = st_p11_get(set, CKA_PUBLIC_EXPONENT);
    CK_ULONG wanted = st_p11_ulong(set, CKA_MODULUS_BITS, 0);
    if (wanted == 0) {
        return CKR_TEMPLATE_INCOMPLETE;
    }
    if (wanted != 1024 && wanted != 2048) {
        return CKR_KEY_SIZE_RANGE;
    }
    *bits = (uint32_t)wanted;
    if (given == NULL) {
        return CKR_OK;
    }
    size_t zeros = 0;
    while (zeros < given->len && given->value[zeros] == 0) {
        zeros++;
    }
    return given->len - zeros == sizeof exponent && memcmp(given->value + zeros, exponent, sizeof exponent) == 0
               ? CKR_OK
               : CKR_ATTRIBUTE_VALUE_INVALID;
}

/* The only curve there is, if one is named. */
static CK_RV check_curve(const st_p11_attributes *set) {
    static const uint8_t sm2[] = {0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D};
    return st_p11_get(set, CKA_EC_PARAMS) == NULL || st_p11_equals(set, CKA_EC_PARAMS, sm2, sizeof sm2)
               ? CKR_OK
               : CKR_CURVE_NOT_SUPPORTED;
}

static CK_RV make_sm2_in_memory(st_p11_attributes *set, st_public_key *key) {
    gmpki_sm2_private_key private_key;
    gmpki_sm2_public_key public_key;
    uint8_t d[GMPKI_SM2_SCALAR_LEN];
    key->kind = ST_SM2;
    CK_RV rv = gmpki_sm2_generate(&private_key) == GMPKI_OK &&
                       gmpki_sm2_private_key_public(&private_key, &public_key) == GMPKI_OK &&
                       gmpki_sm2_public_key_store(&public_key, key->point, sizeof key->point) == GMPKI_OK &&
                       gmpki_sm2_private_key_store(&private_key, d) == GMPKI_OK
                   ? st_p11_set(set, CKA_VALUE, d, sizeof d)
                   : CKR_FUNCTION_FAILED;
    gmpki_sm2_private_key_clear(&private_key);
    gmpki_cleanse(d, sizeof d);
    return rv;
}

static CK_RV make_rsa_in_memory(st_p11_attributes *set, uint32_t bits, st_public_key *key) {
    st_rsa_key rsa;
    key->kind = ST_RSA;
    CK_RV rv = st_p11_status(st_rsa_generate(&rsa, bits));
    if (rv == CKR_OK) {
        st_rsa_public(&key->rsa, &rsa);
        rv = st_p11_set_rsa_private(set, &rsa);
    }
    gmpki_cleanse(&rsa, sizeof rsa);
    return rv;
}

/* A pair whose private key lives with the session. */
static CK_RV pair_to_session(st_p11_session *session, const st_p11_mechanism *mechanism, uint32_t bits, pair_sets *sets,
                             CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle) {
    st_public_key key;
    memset(&key, 0, sizeof key);
    CK_RV rv = mechanism->family == ST_P11_GENERATE_SM2 ? make_sm2_in_memory(&sets->private_key, &key)
                                                        : make_rsa_in_memory(&sets->private_key, bits, &key);
    if (rv == CKR_OK) {
        rv = st_p11_set_public_material(&sets->private_key, &key, CKO_PRIVATE_KEY);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set_public_material(&sets->public_key, &key, CKO_PUBLIC_KEY);
    }
    if (rv == CKR_OK) {
        rv = st_p11_store_new(session, &sets->private_key, private_handle);
    }
    if (rv == CKR_OK) {
        rv = st_p11_store_new(session, &sets->public_key, public_handle);
    }
    return rv;
}

/* A pair that stays; its public key may be asked for in the session only. */
static CK_RV pair_to_token(st_p11_session *session, const st_p11_mechanism *mechanism, uint32_t bits, pair_sets *sets,
                           CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle) {
    int public_stays = st_p11_is(&sets->public_key, CKA_TOKEN);
    st_p11_new_pair pair = {.kind = mechanism->family == ST_P11_GENERATE_SM2 ? ST_SM2 : ST_RSA,
                            .bits = bits,
                            .usage = ST_P11_ANY_USAGE,
                            .hide_public = !public_stays};
    st_p11_object *made;
    st_public_key key;
    CK_RV rv = st_p11_pair_to_container(session, &pair, public_stays ? &sets->public_key : NULL, &sets->private_key,
                                        public_handle, private_handle);
    if (rv != CKR_OK || public_stays) {
        return rv;
    }
    rv = st_p11_object_find(session, *private_handle, &made);
    if (rv == CKR_OK) {
        rv = st_p11_public_of(&made->attributes, &key);
    }
    if (rv == CKR_OK) {
        rv = st_p11_set_public_material(&sets->public_key, &key, CKO_PUBLIC_KEY);
    }
    return rv == CKR_OK ? st_p11_store_new(session, &sets->public_key, public_handle) : rv;
}

static CK_RV generate_pair(st_p11_session *session, const CK_MECHANISM *given, const CK_ATTRIBUTE *public_items,
                           CK_ULONG public_count, const CK_ATTRIBUTE *private_items, CK_ULONG private_count,
                           CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle) {
    pair_sets sets = {{0}, {0}};
    const st_p11_mechanism *mechanism;
    uint32_t bits = 0;
    if (public_handle == NULL || private_handle == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = find_mechanism(given, CKF_GENERATE_KEY_PAIR, &mechanism);
    if (rv == CKR_OK) {
        rv = prepare(session, &sets.public_key, public_items, public_count, CKO_PUBLIC_KEY, mechanism);
    }
    if (rv == CKR_OK) {
        rv = prepare(session, &sets.private_key, private_items, private_count, CKO_PRIVATE_KEY, mechanism);
    }
    if (rv == CKR_OK) {
        rv = mechanism->family == ST_P11_GENERATE_RSA ? read_rsa_size(&sets.public_key, &bits)
                                                      : check_curve(&sets.public_key);
    }
    if (rv == CKR_OK) {
        rv = st_p11_is(&sets.private_key, CKA_TOKEN)
                 ? pair_to_token(session, mechanism, bits, &sets, public_handle, private_handle)
                 : pair_to_session(session, mechanism, bits, &sets, public_handle, private_handle);
    }
    st_p11_clear(&sets.public_key);
    st_p11_clear(&sets.private_key);
    return rv;
}

CK_RV C_GenerateKeyPair(CK_SESSION_HANDLE hSession, CK_MECHANISM *pMechanism, CK_ATTRIBUTE *pPublicKeyTemplate,
                        CK_ULONG ulPublicKeyAttributeCount, CK_ATTRIBUTE *pPrivateKeyTemplate,
                        CK_ULONG ulPrivateKeyAttributeCount, CK_OBJECT_HANDLE *phPublicKey,
                        CK_OBJECT_HANDLE *phPrivateKey) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    if (rv != CKR_OK) {
        return rv;
    }
    rv = generate_pair(session, pMechanism, pPublicKeyTemplate, ulPublicKeyAttributeCount, pPrivateKeyTemplate,
                       ulPrivateKeyAttributeCount, phPublicKey, phPrivateKey);
    return st_p11_leave_session(session, rv);
}
