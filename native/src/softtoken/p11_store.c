/* New objects, changes and destruction, as far as they are no key pairs: see p11_pair.c for those. */
#include <string.h>

#include "softtoken/p11_object.h"

CK_RV st_p11_store_new(st_p11_session *session, st_p11_attributes *set, CK_OBJECT_HANDLE *handle) {
    st_p11_slot *slot = session->slot;
    st_p11_object *object;
    uint8_t *blob = NULL;
    size_t len = 0;
    uint32_t id = 0;
    if (!st_p11_is(set, CKA_TOKEN)) {
        CK_RV rv = st_p11_object_add(slot, ST_P11_IN_SESSION, 0, session->handle, set, &object);
        if (rv == CKR_OK) {
            *handle = object->handle;
        }
        return rv;
    }
    CK_RV rv = st_p11_encode(set, &blob, &len);
    if (rv == CKR_OK && len > ST_BLOB_MAX) {
        rv = CKR_DEVICE_MEMORY;
    }
    if (rv == CKR_OK) {
        rv = st_p11_status(
            st_object_create(slot->device, slot->application, st_p11_is(set, CKA_PRIVATE), blob, len, &id));
    }
    st_p11_free(blob, len);
    if (rv == CKR_OK) {
        rv = st_p11_object_add(slot, ST_P11_GENERIC, id, 0, set, &object);
    }
    if (rv == CKR_OK) {
        *handle = object->handle;
    }
    return rv;
}

/* Write a generic object with its attributes as they are now. */
static CK_RV rewrite(const st_p11_slot *slot, const st_p11_object *object, const st_p11_attributes *set) {
    uint8_t *blob = NULL;
    size_t len = 0;
    CK_RV rv = st_p11_encode(set, &blob, &len);
    if (rv == CKR_OK && len > ST_BLOB_MAX) {
        rv = CKR_DEVICE_MEMORY;
    }
    if (rv == CKR_OK) {
        rv = st_p11_status(st_object_replace(slot->device, slot->application, object->id, blob, len));
    }
    st_p11_free(blob, len);
    return rv;
}

/* Keep the changes beside the container. */
static CK_RV keep(const st_p11_slot *slot, const st_p11_object *object, const st_p11_attributes *changes) {
    st_p11_extra extra;
    CK_RV rv = st_p11_extra_load(slot, object->id, object->usage, &extra);
    if (rv == CKR_OK && object->object_class != CKO_CERTIFICATE &&
        memcmp(extra.mark, object->mark, sizeof extra.mark) != 0) { /* what is there belongs to an older pair */
        st_p11_clear(&extra.public_key);
        st_p11_clear(&extra.private_key);
        extra.public_hidden = 0;
        memcpy(extra.mark, object->mark, sizeof extra.mark);
    }
    if (rv == CKR_OK) {
        rv = st_p11_merge(st_p11_extra_of(&extra, object->object_class), changes);
    }
    if (rv == CKR_OK) {
        rv = st_p11_extra_save(slot, object->id, object->usage, &extra);
    }
    st_p11_extra_clear(&extra);
    return rv;
}

CK_RV st_p11_store_changed(st_p11_session *session, st_p11_object *object, const st_p11_attributes *changes) {
    st_p11_attributes changed = {0};
    CK_RV rv = st_p11_merge(&changed, &object->attributes);
    if (rv == CKR_OK) {
        rv = st_p11_merge(&changed, changes);
    }
    if (rv == CKR_OK && object->origin == ST_P11_GENERIC) {
        rv = rewrite(session->slot, object, &changed);
    } else if (rv == CKR_OK && object->origin == ST_P11_IN_CONTAINER) {
        rv = keep(session->slot, object, changes);
    }
    if (rv != CKR_OK) {
        st_p11_clear(&changed);
        return rv;
    }
    st_p11_clear(&object->attributes);
    object->attributes = changed;
    return CKR_OK;
}

/* ---- destruction ------------------------------------------------------------------------- */

/* A container that holds nothing is of no use to PKCS#11, and there are few of them. */
static CK_RV delete_if_empty(const st_p11_slot *slot, uint32_t container) {
    st_container_info info;
    CK_RV rv = st_p11_status(st_container_get_info(slot->device, slot->application, container, &info));
    if (rv != CKR_OK || slot->login != CKU_USER || info.key_kind[ST_SIGNING] != ST_NO_KEY ||
        info.key_kind[ST_ENCRYPTION] != ST_NO_KEY || info.certificate_len[ST_SIGNING] != 0 ||
        info.certificate_len[ST_ENCRYPTION] != 0) {
        return rv;
    }
    return st_p11_status(st_container_delete(slot->device, slot->application, container));
}

/* Keep an object of a container as a generic one, before what it shows is deleted. */
static CK_RV detach(const st_p11_slot *slot, st_p11_object *object) {
    uint8_t *blob = NULL;
    size_t len = 0;
    uint32_t id = 0;
    CK_RV rv = st_p11_encode(&object->attributes, &blob, &len);
    if (rv == CKR_OK) {
        rv = st_p11_status(st_object_create(slot->device, slot->application, 0, blob, len, &id));
    }
    st_p11_free(blob, len);
    if (rv == CKR_OK) {
        object->origin = ST_P11_GENERIC;
        object->id = id;
        object->usage = 0;
        memset(object->mark, 0, sizeof object->mark);
    }
    return rv;
}

/* The public key goes on to exist, as objects of PKCS#11 do without each other; so does the certificate, which stays in
 * the container if the engine leaves it there. */
static CK_RV destroy_private(st_p11_slot *slot, const st_p11_object *object) {
    uint32_t container = object->id;
    int usage = object->usage;
    st_p11_object *public_key = st_p11_object_in_container(slot, container, usage, CKO_PUBLIC_KEY);
    st_p11_object *certificate = st_p11_object_in_container(slot, container, usage, CKO_CERTIFICATE);
    CK_RV rv = public_key != NULL ? detach(slot, public_key) : CKR_OK;
    if (rv == CKR_OK && certificate != NULL) {
        rv = detach(slot, certificate);
    }
    if (rv == CKR_OK) {
        rv = st_p11_status(st_key_delete(slot->device, slot->application, container, usage));
    }
    if (rv == CKR_OK && certificate != NULL) {
        rv = st_p11_status(st_certificate_set(slot->device, slot->application, container, usage, NULL, 0));
    }
    return rv == CKR_OK ? delete_if_empty(slot, container) : rv;
}

static CK_RV destroy_public(const st_p11_slot *slot, const st_p11_object *object) {
    st_p11_extra extra;
    CK_RV rv = st_p11_extra_load(slot, object->id, object->usage, &extra);
    if (rv == CKR_OK) {
        if (memcmp(extra.mark, object->mark, sizeof extra.mark) != 0) {
            st_p11_clear(&extra.private_key);
            memcpy(extra.mark, object->mark, sizeof extra.mark);
        }
        st_p11_clear(&extra.public_key);
        extra.public_hidden = 1;
        rv = st_p11_extra_save(slot, object->id, object->usage, &extra);
    }
    st_p11_extra_clear(&extra);
    return rv;
}

static CK_RV destroy_certificate(const st_p11_slot *slot, const st_p11_object *object) {
    st_p11_extra extra;
    CK_RV rv = st_p11_status(st_certificate_set(slot->device, slot->application, object->id, object->usage, NULL, 0));
    if (rv != CKR_OK) {
        return rv;
    }
    rv = st_p11_extra_load(slot, object->id, object->usage, &extra);
    if (rv == CKR_OK && extra.certificate.count != 0) {
        st_p11_clear(&extra.certificate);
        rv = st_p11_extra_save(slot, object->id, object->usage, &extra);
    }
    st_p11_extra_clear(&extra);
    return rv == CKR_OK ? delete_if_empty(slot, object->id) : rv;
}

CK_RV st_p11_store_destroy(st_p11_session *session, st_p11_object *object) {
    st_p11_slot *slot = session->slot;
    CK_RV rv = CKR_OK;
    if (object->origin == ST_P11_GENERIC) {
        rv = st_p11_status(st_object_delete(slot->device, slot->application, object->id));
    } else if (object->origin == ST_P11_IN_CONTAINER) {
        rv = object->object_class == CKO_PRIVATE_KEY  ? destroy_private(slot, object)
             : object->object_class == CKO_PUBLIC_KEY ? destroy_public(slot, object)
                                                      : destroy_certificate(slot, object);
    }
    if (rv == CKR_OK) {
        st_p11_object_remove(slot, object);
    }
    return rv;
}
