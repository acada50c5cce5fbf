/*
 * Where a key pair that is to stay on the token lands: in a container, so that SKF sees it too. A pair that only signs
 * takes the signing place of a container, one that only decrypts the encryption place, any other the first that is
 * free.
 */
#include <stdio.h>
#include <string.h>

#include "softtoken/model.h"
#include "softtoken/p11_object.h"

enum { NAMES_TRIED = 1000 };

typedef struct place {
    uint32_t container;
    int usage;
    int is_new; /* the container was made for this */
} place;

/* ---- finding a place --------------------------------------------------------------------- */

static int only_signs(const st_p11_attributes *set) {
    return st_p11_is(set, CKA_SIGN) && !st_p11_is(set, CKA_DECRYPT) && !st_p11_is(set, CKA_UNWRAP);
}

static int only_decrypts(const st_p11_attributes *set) {
    return (st_p11_is(set, CKA_DECRYPT) || st_p11_is(set, CKA_UNWRAP)) && !st_p11_is(set, CKA_SIGN);
}

/* The free place of a container that this pair may take, or -1. */
static int free_usage(const st_container_info *info, const st_p11_new_pair *pair, const st_p11_attributes *set) {
    if (info->kind != ST_NO_KEY && info->kind != pair->kind) {
        return -1; /* SKF knows one kind of keys in a container */
    }
    int may_sign = pair->usage == ST_P11_ANY_USAGE ? !only_decrypts(set) : pair->usage == ST_SIGNING;
    int may_decrypt = pair->usage == ST_P11_ANY_USAGE ? !only_signs(set) : pair->usage == ST_ENCRYPTION;
    if (may_sign && info->key_kind[ST_SIGNING] == ST_NO_KEY) {
        return ST_SIGNING;
    }
    return may_decrypt && info->key_kind[ST_ENCRYPTION] == ST_NO_KEY ? ST_ENCRYPTION : -1;
}

/* Whether an object of the container has this CKA_ID. */
static int has_id(const st_p11_slot *slot, uint32_t container, const st_p11_attribute *id) {
    for (const st_p11_object *object = slot->objects; object != NULL; object = object->next) {
        if (object->origin == ST_P11_IN_CONTAINER && object->id == container &&
            st_p11_equals(&object->attributes, CKA_ID, id->value, id->len)) {
            return 1;
        }
    }
    return 0;
}

/* A place in a container that the template names, by its objects' CKA_ID first, by its name second. */
static CK_RV find_place(const st_p11_slot *slot, const st_p11_new_pair *pair, const st_p11_attributes *set,
                        place *found, int *is_found) {
    uint32_t ids[ST_CONTAINERS_MAX];
    size_t count = ST_CONTAINERS_MAX;
    const st_p11_attribute *id = st_p11_get(set, CKA_ID);
    const st_p11_attribute *label = st_p11_get(set, CKA_LABEL);
    int best = 0;
    CK_RV rv = st_p11_status(st_container_list(slot->device, slot->application, ids, &count));
    for (size_t i = 0; i < count && rv == CKR_OK; i++) {
        st_container_info info;
        rv = st_p11_status(st_container_get_info(slot->device, slot->application, ids[i], &info));
        int usage = rv == CKR_OK ? free_usage(&info, pair, set) : -1;
        int by_id = id != NULL && id->len != 0 && has_id(slot, ids[i], id);
        int by_label = label != NULL && label->len != 0 && label->len == strlen(info.name) &&
                       memcmp(label->value, info.name, label->len) == 0;
        if (usage >= 0 && 2 * by_id + by_label > best) {
            best = 2 * by_id + by_label;
            *found = (place){ids[i], usage, 0};
        }
    }
    *is_found = best != 0;
    return rv;
}

/* ---- making a place ---------------------------------------------------------------------- */

/* The n-th name to try: the label, then the label with a number behind it. */
static void name_of(char name[ST_NAME_MAX + 1], const st_p11_attribute *label, int n) {
    char suffix[16];
    int suffix_len = snprintf(suffix, sizeof suffix, "-%d", n);
    int len = label != NULL ? (int)label->len : 0;
    if (len == 0 || len > ST_NAME_MAX - suffix_len || memchr(label->value, 0, (size_t)len) != NULL) {
        (void)snprintf(name, ST_NAME_MAX + 1, "key-%d", n);
        return;
    }
    (void)snprintf(name, ST_NAME_MAX + 1, "%.*s%s", len, (const char *)label->value, n == 1 ? "" : suffix);
}

static CK_RV make_place(const st_p11_slot *slot, const st_p11_new_pair *pair, const st_p11_attributes *set,
                        place *made) {
    static const st_container_info empty;
    const st_p11_attribute *label = st_p11_get(set, CKA_LABEL);
    char name[ST_NAME_MAX + 1];
    enum st_status status = ST_ERR_CONTAINER_EXISTS;
    for (int n = 1; n <= NAMES_TRIED && status == ST_ERR_CONTAINER_EXISTS; n++) {
        name_of(name, label, n);
        status = st_container_create(slot->device, slot->application, name, &made->container);
        if (status == ST_ERR_NAME) { /* a label that is no UTF-8 */
            label = NULL;
            status = ST_ERR_CONTAINER_EXISTS;
        }
    }
    made->usage = free_usage(&empty, pair, set);
    made->is_new = 1;
    return st_p11_status(status);
}

/* ---- filling it -------------------------------------------------------------------------- */

static CK_RV put_key(const st_p11_slot *slot, const st_p11_new_pair *pair, const place *at, st_public_key *key) {
    enum st_status status;
    if (pair->d != NULL) {
        status = st_key_import_sm2(slot->device, slot->application, at->container, at->usage, pair->d, pair->point);
    } else if (pair->rsa != NULL) {
        status = st_key_import_rsa(slot->device, slot->application, at->container, at->usage, pair->rsa);
    } else if (pair->kind == ST_SM2) {
        status = st_key_generate_sm2(slot->device, slot->application, at->container, at->usage, key);
    } else {
        status = st_key_generate_rsa(slot->device, slot->application, at->container, at->usage, pair->bits, key);
    }
    if (status == ST_OK) {
        status = st_key_public(slot->device, slot->application, at->container, at->usage, key);
    }
    /* A key that does not hold together is a wrong template, not wrong data. */
    return status == ST_ERR_INPUT ? CKR_ATTRIBUTE_VALUE_INVALID : st_p11_status(status);
}

/* Keep the callers' attributes of both keys, and those of a certificate that was there before. */
static CK_RV keep_attributes(const st_p11_slot *slot, const place *at, const st_public_key *key, int hide_public,
                             const st_p11_attributes *public_key, const st_p11_attributes *private_key) {
    st_p11_extra extra;
    CK_RV rv = st_p11_extra_load(slot, at->container, at->usage, &extra);
    st_p11_clear(&extra.public_key);
    st_p11_clear(&extra.private_key);
    extra.public_hidden = hide_public;
    if (rv == CKR_OK) {
        rv = st_p11_mark(key, extra.mark);
    }
    if (rv == CKR_OK && public_key != NULL) {
        rv = st_p11_merge(&extra.public_key, public_key);
    }
    if (rv == CKR_OK) {
        rv = st_p11_merge(&extra.private_key, private_key);
    }
    st_p11_forget_empty_names(&extra.private_key);
    st_p11_forget_empty_names(&extra.public_key);
    if (rv == CKR_OK) {
        rv = st_p11_extra_save(slot, at->container, at->usage, &extra);
    }
    st_p11_extra_clear(&extra);
    return rv;
}

static void give_up(const st_p11_slot *slot, const place *at, int has_key) {
    enum st_status status = ST_OK;
    if (at->is_new) {
        status = st_container_delete(slot->device, slot->application, at->container);
    } else if (has_key) {
        status = st_key_delete(slot->device, slot->application, at->container, at->usage);
    }
    (void)status; /* the first error is the one to tell */
}

CK_RV st_p11_pair_to_container(st_p11_session *session, const st_p11_new_pair *pair,
                               const st_p11_attributes *public_key, const st_p11_attributes *private_key,
                               CK_OBJECT_HANDLE *public_handle, CK_OBJECT_HANDLE *private_handle) {
    st_p11_slot *slot = session->slot;
    st_public_key key;
    place at;
    int is_found;
    CK_RV rv = st_p11_objects_refresh(slot);
    if (rv == CKR_OK) {
        rv = find_place(slot, pair, private_key, &at, &is_found);
    }
    if (rv == CKR_OK && !is_found) {
        rv = make_place(slot, pair, private_key, &at);
    }
    if (rv != CKR_OK) {
        return rv;
    }
    rv = put_key(slot, pair, &at, &key);
    int has_key = rv == CKR_OK;
    if (rv == CKR_OK) {
        rv = keep_attributes(slot, &at, &key, pair->hide_public, public_key, private_key);
    }
    if (rv != CKR_OK) {
        give_up(slot, &at, has_key);
        return rv;
    }
    slot->loaded = 0;
    rv = st_p11_objects_refresh(slot);
    const st_p11_object *private_object = st_p11_object_in_container(slot, at.container, at.usage, CKO_PRIVATE_KEY);
    const st_p11_object *public_object = st_p11_object_in_container(slot, at.container, at.usage, CKO_PUBLIC_KEY);
    if (rv == CKR_OK && (private_object == NULL || (public_object == NULL && !pair->hide_public))) {
        return CKR_GENERAL_ERROR;
    }
    if (rv == CKR_OK) {
        *private_handle = private_object->handle;
        if (public_handle != NULL && public_object != NULL) {
            *public_handle = public_object->handle;
        }
    }
    return rv;
}
