/* Templates of new objects (PKCS#11 v2.40, 4.1.1): what may stand in them, and what is added to them. */
#include "softtoken/p11_mechanism.h"
#include "softtoken/p11_object.h"

/* ---- defaults ---------------------------------------------------------------------------- */

typedef struct flag {
    CK_ATTRIBUTE_TYPE type;
    uint8_t classes; /* that have it */
    uint8_t set_in;  /* of these, those in which it is true by default */
} flag;

enum { U = ST_P11_PUBLIC, R = ST_P11_PRIVATE, S = ST_P11_SECRET, C = ST_P11_CERTIFICATE };

/* Keys that are made without saying what for are for everything their type can, but for deriving; and secret keys stay
 * in. */
static const flag flags[] = {
    {CKA_TOKEN, ST_P11_ALL, 0},
    {CKA_PRIVATE, ST_P11_ALL, R | S},
    {CKA_MODIFIABLE, ST_P11_ALL, ST_P11_ALL},
    {CKA_COPYABLE, ST_P11_ALL, ST_P11_ALL & ~R},
    {CKA_DESTROYABLE, ST_P11_ALL, ST_P11_ALL},
    {CKA_TRUSTED, C | U | S, 0},
    {CKA_DERIVE, ST_P11_KEYS, 0},
    {CKA_LOCAL, ST_P11_KEYS, 0},
    {CKA_ENCRYPT, U | S, U | S},
    {CKA_DECRYPT, R | S, R | S},
    {CKA_SIGN, R | S, R | S},
    {CKA_SIGN_RECOVER, R, 0},
    {CKA_VERIFY, U | S, U | S},
    {CKA_VERIFY_RECOVER, U, 0},
    {CKA_WRAP, U | S, U | S},
    {CKA_UNWRAP, R | S, R | S},
    {CKA_SENSITIVE, R | S, R | S},
    {CKA_EXTRACTABLE, R | S, 0},
    {CKA_ALWAYS_SENSITIVE, R | S, 0},
    {CKA_NEVER_EXTRACTABLE, R | S, 0},
    {CKA_WRAP_WITH_TRUSTED, R | S, 0},
    {CKA_ALWAYS_AUTHENTICATE, R, 0},
};

/* Byte strings that are empty by default. */
static const struct {
    CK_ATTRIBUTE_TYPE type;
    uint8_t classes;
} empty[] = {
    {CKA_LABEL, ST_P11_ALL},         {CKA_ID, C | ST_P11_KEYS},
    {CKA_SUBJECT, C | U | R},        {CKA_START_DATE, C | ST_P11_KEYS},
    {CKA_END_DATE, C | ST_P11_KEYS}, {CKA_ISSUER, C},
    {CKA_SERIAL_NUMBER, C},          {CKA_APPLICATION, ST_P11_DATA},
    {CKA_OBJECT_ID, ST_P11_DATA},    {CKA_VALUE, ST_P11_DATA},
};

CK_RV st_p11_complete(st_p11_attributes *set) {
    unsigned bit = st_p11_class_bit(st_p11_ulong(set, CKA_CLASS, CK_UNAVAILABLE_INFORMATION));
    CK_RV rv = CKR_OK;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0] && rv == CKR_OK; i++) {
        if ((flags[i].classes & bit) != 0) {
            rv = st_p11_default_bool(set, flags[i].type, (flags[i].set_in & bit) != 0);
        }
    }
    for (size_t i = 0; i < sizeof empty / sizeof empty[0] && rv == CKR_OK; i++) {
        if ((empty[i].classes & bit) != 0) {
            rv = st_p11_default(set, empty[i].type, NULL, 0);
        }
    }
    if (rv == CKR_OK && (bit & ST_P11_KEYS) != 0) {
        rv = st_p11_default_ulong(set, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION);
    }
    if (rv == CKR_OK && bit == ST_P11_CERTIFICATE) {
        rv = st_p11_default_ulong(set, CKA_CERTIFICATE_CATEGORY, 0);
    }
    return rv;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* An attribute that the function fixes: the template may repeat it. */
static CK_RV agree(st_p11_attributes *set, CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
    if (value != CK_UNAVAILABLE_INFORMATION && st_p11_ulong(set, type, value) != value) {
        return CKR_TEMPLATE_INCONSISTENT;
    }
    if (value != CK_UNAVAILABLE_INFORMATION) {
        return st_p11_set_ulong(set, type, value);
    }
    return st_p11_get(set, type) != NULL ? CKR_OK : CKR_TEMPLATE_INCOMPLETE;
}

/* Every attribute must be one of the class, and one that callers give. */
static CK_RV check_members(const st_p11_attributes *set, unsigned bit) {
    for (size_t i = 0; i < set->count; i++) {
        const st_p11_rule *rule = st_p11_rule_of(set->items[i].type);
        if ((rule->classes & bit) == 0) {
            return CKR_ATTRIBUTE_TYPE_INVALID;
        }
        if ((rule->use & ST_P11_GIVEN) == 0) {
            return CKR_ATTRIBUTE_READ_ONLY;
        }
    }
    return CKR_OK;
}

static CK_RV agree_key_type(st_p11_attributes *set, CK_KEY_TYPE key_type) {
    if (st_p11_get(set, CKA_KEY_TYPE) != NULL) {
        CK_KEY_TYPE given = st_p11_unalias_key_type(st_p11_ulong(set, CKA_KEY_TYPE, 0));
        CK_RV rv = st_p11_set_ulong(set, CKA_KEY_TYPE, given);
        if (rv != CKR_OK) {
            return rv;
        }
    }
    return agree(set, CKA_KEY_TYPE, key_type);
}

/* A private key never leaves the token: to ask that it may is refused, to ask that it be read in clear is not heard,
 * since callers say so without meaning it. */
static CK_RV guard_private(st_p11_attributes *set) {
    if (st_p11_is(set, CKA_EXTRACTABLE) || st_p11_is(set, CKA_ALWAYS_AUTHENTICATE) || st_p11_is(set, CKA_COPYABLE)) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    return st_p11_set_bool(set, CKA_SENSITIVE, 1);
}

CK_RV st_p11_read_new(st_p11_attributes *set, const CK_ATTRIBUTE *items, CK_ULONG count, CK_OBJECT_CLASS object_class,
                      CK_KEY_TYPE key_type) {
    CK_RV rv = st_p11_read_template(set, items, count);
    if (rv == CKR_OK) {
        rv = agree(set, CKA_CLASS, object_class);
    }
    if (rv != CKR_OK) {
        return rv;
    }
    unsigned bit = st_p11_class_bit(st_p11_ulong(set, CKA_CLASS, CK_UNAVAILABLE_INFORMATION));
    if (bit == 0) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    rv = check_members(set, bit);
    if (rv == CKR_OK && (bit & ST_P11_KEYS) != 0) {
        rv = agree_key_type(set, key_type);
    }
    if (rv == CKR_OK && bit == ST_P11_PRIVATE) {
        rv = guard_private(set);
    }
    return rv;
}

/* ---- rights ------------------------------------------------------------------------------ */

static CK_RV may(const st_p11_session *session, int on_token, int is_private) {
    if (on_token && (session->flags & CKF_RW_SESSION) == 0) {
        return CKR_SESSION_READ_ONLY;
    }
    return is_private && session->slot->login != CKU_USER ? CKR_USER_NOT_LOGGED_IN : CKR_OK;
}

CK_RV st_p11_may_make(const st_p11_session *session, const st_p11_attributes *set) {
    if (st_p11_is(set, CKA_TRUSTED) && session->slot->login != CKU_SO) {
        return CKR_ATTRIBUTE_READ_ONLY; /* only the security officer says whom to trust (2.40, 4.6.3) */
    }
    return may(session, st_p11_is(set, CKA_TOKEN), st_p11_is(set, CKA_PRIVATE));
}

CK_RV st_p11_may_write(const st_p11_session *session, const st_p11_object *object) {
    return may(session, object->origin != ST_P11_IN_SESSION, st_p11_is(&object->attributes, CKA_PRIVATE));
}

int st_p11_takes_value_len(CK_KEY_TYPE key_type, size_t len) {
    switch (key_type) {
    case CKK_AES:
        return st_cipher_takes_key_len(ST_AES, len);
    case CKK_DES3:
        return len == 24;
    case CKK_GMPKI_SM4:
        return len == 16;
    case CKK_GENERIC_SECRET:
    case CKK_MD5_HMAC:
    case CKK_SHA_1_HMAC:
    case CKK_SHA256_HMAC:
    case CKK_SHA384_HMAC:
    case CKK_SHA512_HMAC:
        return len >= 1 && len <= 512;
    default:
        return 0;
    }
}
