/* C_CreateObject: an object from its values. */
#include <string.h>

#include "softtoken/p11_key.h"
#include "softtoken/p11_object.h"

/* ---- certificates ------------------------------------------------------------------------ */

/* The pair on the token whose public key a certificate carries, or a public key object is; NULL when there is none. */
static const st_p11_object *pair_of(const st_p11_slot *slot, const uint8_t mark[ST_P11_MARK_LEN],
                                    CK_OBJECT_CLASS object_class) {
    for (const st_p11_object *object = slot->objects; object != NULL; object = object->next) {
        if (object->origin == ST_P11_IN_CONTAINER && object->object_class == object_class &&
            memcmp(object->mark, mark, ST_P11_MARK_LEN) == 0) {
            return object;
        }
    }
    return NULL;
}

/* The handle of the object that shows a place of a container after something was put there. */
static CK_RV shown(st_p11_slot *slot, uint32_t container, int usage, CK_OBJECT_CLASS object_class,
                   CK_OBJECT_HANDLE *handle) {
    slot->loaded = 0;
    CK_RV rv = st_p11_objects_refresh(slot);
    const st_p11_object *object = st_p11_object_in_container(slot, container, usage, object_class);
    if (rv == CKR_OK && object == NULL) {
        return CKR_GENERAL_ERROR;
    }
    if (rv == CKR_OK) {
        *handle = object->handle;
    }
    return rv;
}

/* Put a certificate beside its key, where SKF finds it, with what PKCS#11 knows of it. */
static CK_RV certificate_to_container(st_p11_session *session, st_p11_attributes *set, uint32_t container, int usage,
                                      CK_OBJECT_HANDLE *handle) {
    st_p11_slot *slot = session->slot;
    const st_p11_attribute *value = st_p11_get(set, CKA_VALUE);
    st_p11_extra extra;
    CK_RV rv = st_p11_extra_load(slot, container, usage, &extra);
    st_p11_clear(&extra.certificate);
    if (rv == CKR_OK) {
        rv = st_p11_merge(&extra.certificate, set);
    }
    st_p11_forget_empty_names(&extra.certificate);
    if (rv == CKR_OK) {
        rv = st_p11_extra_save(slot, container, usage, &extra);
    }
    st_p11_extra_clear(&extra);
    if (rv == CKR_OK) {
        rv = st_p11_status(
            st_certificate_set(slot->device, slot->application, container, usage, value->value, value->len));
    }
    return rv == CKR_OK ? shown(slot, container, usage, CKO_CERTIFICATE, handle) : rv;
}

static CK_RV create_certificate(st_p11_session *session, st_p11_attributes *set, CK_OBJECT_HANDLE *handle) {
    st_p11_slot *slot = session->slot;
    st_p11_certificate certificate;
    const st_p11_attribute *value = st_p11_get(set, CKA_VALUE);
    if (st_p11_get(set, CKA_CERTIFICATE_TYPE) == NULL || value == NULL) {
        return CKR_TEMPLATE_INCOMPLETE;
    }
    if (st_p11_ulong(set, CKA_CERTIFICATE_TYPE, CKC_X_509) != CKC_X_509) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    CK_RV rv = st_p11_certificate_read(&certificate, value->value, value->len);
    if (rv == CKR_OK) { /* what stands in it goes before what the template says of it */
        rv = st_p11_set_certificate_names(set, &certificate);
    }
    if (rv == CKR_OK) {
        rv = st_p11_complete(set);
    }
    if (rv == CKR_OK && st_p11_is(set, CKA_TOKEN)) {
        rv = st_p11_objects_refresh(slot);
    }
    if (rv != CKR_OK) {
        return rv;
    }
    value = st_p11_get(set, CKA_VALUE); /* the set has grown since */
    const st_p11_object *pair = NULL;
    if (st_p11_is(set, CKA_TOKEN) && !st_p11_is(set, CKA_PRIVATE) && certificate.has_mark &&
        value->len <= ST_CERTIFICATE_MAX) {
        pair = pair_of(slot, certificate.mark, CKO_PUBLIC_KEY);
        pair = pair != NULL ? pair : pair_of(slot, certificate.mark, CKO_PRIVATE_KEY);
    }
    if (pair != NULL && st_p11_object_in_container(slot, pair->id, pair->usage, CKO_CERTIFICATE) == NULL) {
        return certificate_to_container(session, set, pair->id, pair->usage, handle);
    }
    return st_p11_store_new(session, set, handle);
}

/* ---- keys -------------------------------------------------------------------------------- */

/* A public key whose pair is on the token is the public key object of that pair, which then shows what is given here;
 * so a caller who writes both keys of a pair has two objects, not three. */
static CK_RV show_public(st_p11_session *session, const st_p11_object *private_key, const st_p11_attributes *set,
                         CK_OBJECT_HANDLE *handle) {
    st_p11_slot *slot = session->slot;
    uint32_t container = private_key->id;
    int usage = private_key->usage;
    st_p11_extra extra;
    CK_RV rv = st_p11_extra_load(slot, container, usage, &extra);
    if (rv == CKR_OK) {
        memcpy(extra.mark, private_key->mark, sizeof extra.mark);
        extra.public_hidden = 0;
        st_p11_clear(&extra.public_key);
        rv = st_p11_merge(&extra.public_key, set);
    }
    st_p11_forget_empty_names(&extra.public_key);
    if (rv == CKR_OK) {
        rv = st_p11_extra_save(slot, container, usage, &extra);
    }
    st_p11_extra_clear(&extra);
    return rv == CKR_OK ? shown(slot, container, usage, CKO_PUBLIC_KEY, handle) : rv;
}

static CK_RV create_public(st_p11_session *session, st_p11_attributes *set, CK_OBJECT_HANDLE *handle) {
    st_public_key key;
    uint8_t mark[ST_P11_MARK_LEN];
    CK_RV rv = st_p11_public_of(set, &key);
    if (rv == CKR_OK) {
        rv = st_p11_set_public_material(set, &key, CKO_PUBLIC_KEY);
    }
    if (rv == CKR_OK) {
        rv = st_p11_complete(set);
    }
    if (rv == CKR_OK) {
        rv = st_p11_mark(&key, mark);
    }
    if (rv == CKR_OK && st_p11_is(set, CKA_TOKEN)) {
        rv = st_p11_objects_refresh(session->slot);
    }
    if (rv != CKR_OK) {
        return rv;
    }
    const st_p11_object *pair = st_p11_is(set, CKA_TOKEN) && !st_p11_is(set, CKA_PRIVATE)
                                    ? pair_of(session->slot, mark, CKO_PRIVATE_KEY)
                                    : NULL;
    return pair != NULL ? show_public(session, pair, set, handle) : st_p11_store_new(session, set, handle);
}

/* A session's private key keeps its value in memory, and its public key beside it. */
static CK_RV private_to_session(st_p11_session *session, const st_public_key *key, st_p11_attributes *set,
                                CK_OBJECT_HANDLE *handle) {
    CK_RV rv = st_p11_set_public_material(set, key, CKO_PRIVATE_KEY);
    return rv == CKR_OK ? st_p11_store_new(session, set, handle) : rv;
}

static CK_RV create_sm2_private(st_p11_session *session, st_p11_attributes *set, CK_OBJECT_HANDLE *handle) {
    uint8_t d[GMPKI_SM2_SCALAR_LEN];
    gmpki_sm2_private_key private_key;
    gmpki_sm2_public_key public_key;
    st_public_key key = {.kind = ST_SM2};
    const st_p11_attribute *point = st_p11_get(set, CKA_EC_POINT);
    uint8_t given[GMPKI_SM2_POINT_LEN];
    CK_RV rv = st_p11_sm2_private_of(set, d);
    if (rv == CKR_OK && (gmpki_sm2_private_key_load(&private_key, d) != GMPKI_OK ||
                         gmpki_sm2_private_key_public(&private_key, &public_key) != GMPKI_OK ||
                         gmpki_sm2_public_key_store(&public_key, key.point, sizeof key.point) != GMPKI_OK ||
                         (point != NULL && (!st_p11_read_point(given, point->value, point->len) ||
                                            memcmp(given, key.point, sizeof given) != 0)))) {
        rv = CKR_ATTRIBUTE_VALUE_INVALID;
    }
    if (rv == CKR_OK) {
        rv = st_p11_complete(set);
    }
    if (rv == CKR_OK && st_p11_is(set, CKA_TOKEN)) {
        st_p11_new_pair pair = {.kind = ST_SM2, .d = d, .point = key.point, .usage = ST_P11_ANY_USAGE};
        rv = st_p11_pair_to_container(session, &pair, NULL, set, NULL, handle);
    } else if (rv == CKR_OK) {
        rv = private_to_session(session, &key, set, handle);
    }
    gmpki_sm2_private_key_clear(&private_key);
    gmpki_cleanse(d, sizeof d);
    return rv;
}

static CK_RV create_rsa_private(st_p11_session *session, st_p11_attributes *set, CK_OBJECT_HANDLE *handle) {
    st_rsa_key rsa;
    st_public_key key = {.kind = ST_RSA};
    CK_RV rv = st_p11_rsa_private_of(set, &rsa);
    if (rv == CKR_OK) {
        enum st_status status = st_rsa_check(&rsa);
        rv = status == ST_ERR_INPUT ? CKR_ATTRIBUTE_VALUE_INVALID : st_p11_status(status);
    }
    if (rv == CKR_OK) {
        rv = st_p11_complete(set);
    }
    if (rv == CKR_OK && st_p11_is(set, CKA_TOKEN)) {
        st_p11_new_pair pair = {.kind = ST_RSA, .bits = rsa.bits, .rsa = &rsa, .usage = ST_P11_ANY_USAGE};
        rv = st_p11_pair_to_container(session, &pair, NULL, set, NULL, handle);
    } else if (rv == CKR_OK) {
        st_rsa_public(&key.rsa, &rsa);
        rv = private_to_session(session, &key, set, handle);
    }
    gmpki_cleanse(&rsa, sizeof rsa);
    return rv;
}

static CK_RV create_private(st_p11_session *session, st_p11_attributes *set, CK_OBJECT_HANDLE *handle) {
    switch (st_p11_ulong(set, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION)) {
    case CKK_GMPKI_SM2:
        return create_sm2_private(session, set, handle);
    case CKK_RSA:
        return create_rsa_private(session, set, handle);
    default:
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
}

static CK_RV create_secret(st_p11_session *session, st_p11_attributes *set, CK_OBJECT_HANDLE *handle) {
    const st_p11_attribute *value = st_p11_get(set, CKA_VALUE);
    if (value == NULL) {
        return CKR_TEMPLATE_INCOMPLETE;
    }
    if (st_p11_ulong(set, CKA_VALUE_LEN, value->len) != value->len) {
        return CKR_TEMPLATE_INCONSISTENT;
    }
    if (!st_p11_takes_value_len(st_p11_ulong(set, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION), value->len)) {
        return CKR_ATTRIBUTE_VALUE_INVALID;
    }
    CK_RV rv = st_p11_set_ulong(set, CKA_VALUE_LEN, value->len);
    if (rv == CKR_OK) {
        rv = st_p11_complete(set);
    }
    return rv == CKR_OK ? st_p11_store_new(session, set, handle) : rv;
}

/* ---- the function ------------------------------------------------------------------------ */

static CK_RV create_of_class(st_p11_session *session, st_p11_attributes *set, CK_OBJECT_HANDLE *handle) {
    CK_RV rv = CKR_OK;
    switch (st_p11_ulong(set, CKA_CLASS, CK_UNAVAILABLE_INFORMATION)) {
    case CKO_CERTIFICATE:
        return create_certificate(session, set, handle);
    case CKO_PUBLIC_KEY:
        return create_public(session, set, handle);
    case CKO_PRIVATE_KEY:
        return create_private(session, set, handle);
    case CKO_SECRET_KEY:
        return create_secret(session, set, handle);
    default:
        rv = st_p11_complete(set);
        return rv == CKR_OK ? st_p11_store_new(session, set, handle) : rv;
    }
}

static CK_RV create(st_p11_session *session, const CK_ATTRIBUTE *items, CK_ULONG count, CK_OBJECT_HANDLE *handle) {
    st_p11_attributes set = {0};
    if (handle == NULL) {
        return CKR_ARGUMENTS_BAD;
    }
    CK_RV rv = st_p11_read_new(&set, items, count, CK_UNAVAILABLE_INFORMATION, CK_UNAVAILABLE_INFORMATION);
    CK_OBJECT_CLASS object_class = st_p11_ulong(&set, CKA_CLASS, CKO_DATA);
    if (rv == CKR_OK) { /* who may make it depends on this */
        rv = st_p11_default_bool(&set, CKA_PRIVATE, object_class == CKO_PRIVATE_KEY || object_class == CKO_SECRET_KEY);
    }
    if (rv == CKR_OK) {
        rv = st_p11_may_make(session, &set);
    }
    if (rv == CKR_OK) {
        rv = create_of_class(session, &set, handle);
    }
    st_p11_clear(&set);
    return rv;
}

CK_RV C_CreateObject(CK_SESSION_HANDLE hSession, CK_ATTRIBUTE *pTemplate, CK_ULONG ulCount,
                     CK_OBJECT_HANDLE *phObject) {
    st_p11_session *session;
    CK_RV rv = st_p11_enter_session(hSession, &session);
    return rv == CKR_OK ? st_p11_leave_session(session, create(session, pTemplate, ulCount, phObject)) : rv;
}
