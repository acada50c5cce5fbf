/* The table of objects of a token, and how it follows the store. */
#include "softtoken/p11_object.h"

#include <stdlib.h>
#include <string.h>

#include "softtoken/model.h"

static CK_OBJECT_HANDLE last_handle;
static size_t session_objects;

/* ---- the table --------------------------------------------------------------------------- */

static void free_object(st_p11_object *object) {
    session_objects -= object->origin == ST_P11_IN_SESSION;
    st_p11_clear(&object->attributes);
    free(object);
}

/* Remove every object that the condition holds for. */
static void remove_if(st_p11_slot *slot, int (*condition)(const st_p11_object *object, CK_SESSION_HANDLE session),
                      CK_SESSION_HANDLE session) {
    st_p11_object **link = &slot->objects;
    while (*link != NULL) {
        st_p11_object *object = *link;
        if (condition(object, session)) {
            *link = object->next;
            free_object(object);
        } else {
            link = &object->next;
        }
    }
}

static int is_any(const st_p11_object *object, CK_SESSION_HANDLE session) {
    (void)object;
    (void)session;
    return 1;
}

static int is_of_session(const st_p11_object *object, CK_SESSION_HANDLE session) {
    return object->session == session;
}

static int is_private(const st_p11_object *object, CK_SESSION_HANDLE session) {
    (void)session;
    return st_p11_is(&object->attributes, CKA_PRIVATE);
}

static int is_stale(const st_p11_object *object, CK_SESSION_HANDLE session) {
    (void)session;
    return object->origin != ST_P11_IN_SESSION && !object->seen;
}

void st_p11_objects_free(st_p11_slot *slot) {
    remove_if(slot, is_any, 0);
    slot->loaded = 0;
}

void st_p11_session_objects_free(st_p11_slot *slot, CK_SESSION_HANDLE session) {
    remove_if(slot, is_of_session, session);
}

void st_p11_private_objects_free(st_p11_slot *slot) {
    remove_if(slot, is_private, 0);
    slot->loaded = 0;
}

void st_p11_object_remove(st_p11_slot *slot, st_p11_object *object) {
    for (st_p11_object **link = &slot->objects; *link != NULL; link = &(*link)->next) {
        if (*link == object) {
            *link = object->next;
            free_object(object);
            return;
        }
    }
}

CK_RV st_p11_object_add(st_p11_slot *slot, int origin, uint32_t id, CK_SESSION_HANDLE session,
                        st_p11_attributes *attributes, st_p11_object **object) {
    if (origin == ST_P11_IN_SESSION && session_objects == ST_P11_SESSION_OBJECTS_MAX) {
        return CKR_DEVICE_MEMORY;
    }
    st_p11_object *added = calloc(1, sizeof *added);
    if (added == NULL) {
        return CKR_HOST_MEMORY;
    }
    session_objects += origin == ST_P11_IN_SESSION;
    added->handle = ++last_handle;
    added->session = session;
    added->origin = origin;
    added->id = id;
    added->object_class = st_p11_ulong(attributes, CKA_CLASS, CKO_DATA);
    added->attributes = *attributes;
    added->seen = 1;
    memset(attributes, 0, sizeof *attributes);
    st_p11_object **end = &slot->objects;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = added;
    *object = added;
    return CKR_OK;
}

/* ---- following the store ----------------------------------------------------------------- */

static st_p11_object *find_same(const st_p11_slot *slot, const st_p11_object *wanted) {
    for (st_p11_object *object = slot->objects; object != NULL; object = object->next) {
        if (object->origin == wanted->origin && object->id == wanted->id && object->usage == wanted->usage &&
            object->object_class == wanted->object_class && memcmp(object->mark, wanted->mark, ST_P11_MARK_LEN) == 0) {
            return object;
        }
    }
    return NULL;
}

/* An object as the store has it now: the one known by that identity, brought up to date, or a new one. */
static CK_RV take(st_p11_slot *slot, st_p11_object *loaded) {
    st_p11_object *known = find_same(slot, loaded);
    if (known != NULL) {
        st_p11_clear(&known->attributes);
        known->attributes = loaded->attributes;
        memset(&loaded->attributes, 0, sizeof loaded->attributes);
        known->seen = 1;
        return CKR_OK;
    }
    CK_RV rv = st_p11_object_add(slot, loaded->origin, loaded->id, 0, &loaded->attributes, &known);
    if (rv == CKR_OK) {
        known->usage = loaded->usage;
        memcpy(known->mark, loaded->mark, sizeof known->mark);
    }
    return rv;
}

static CK_RV load_generic(st_p11_slot *slot, uint32_t id) {
    st_p11_object loaded = {.origin = ST_P11_GENERIC, .id = id};
    uint8_t *blob = malloc(ST_BLOB_MAX);
    size_t len = ST_BLOB_MAX;
    if (blob == NULL) {
        return CKR_HOST_MEMORY;
    }
    enum st_status status = st_object_get(slot->device, slot->application, id, blob, &len);
    CK_RV rv = st_p11_status(status);
    if (rv == CKR_OK) {
        rv = st_p11_decode(&loaded.attributes, blob, len);
    }
    st_p11_free(blob, ST_BLOB_MAX);
    if (rv == CKR_OK) {
        loaded.object_class = st_p11_ulong(&loaded.attributes, CKA_CLASS, CKO_DATA);
        rv = take(slot, &loaded);
    }
    st_p11_clear(&loaded.attributes);
    /* Deleted by another process since it was listed. */
    return status == ST_ERR_NO_OBJECT ? CKR_OK : rv;
}

static CK_RV load_generics(st_p11_slot *slot) {
    uint32_t ids[ST_OBJECTS_MAX];
    size_t count = ST_OBJECTS_MAX;
    CK_RV rv = st_p11_status(st_object_list(slot->device, slot->application, ids, &count));
    for (size_t i = 0; i < count && rv == CKR_OK; i++) {
        rv = load_generic(slot, ids[i]);
    }
    return rv;
}

static CK_RV load_containers(st_p11_slot *slot) {
    uint32_t ids[ST_CONTAINERS_MAX];
    size_t count = ST_CONTAINERS_MAX;
    CK_RV rv = st_p11_status(st_container_list(slot->device, slot->application, ids, &count));
    for (size_t i = 0; i < count && rv == CKR_OK; i++) {
        rv = st_p11_container_objects(slot, ids[i], take);
    }
    return rv;
}

CK_RV st_p11_objects_refresh(st_p11_slot *slot) {
    uint64_t generation;
    CK_RV rv = st_p11_status(st_device_generation(slot->device, &generation));
    if (rv != CKR_OK || (slot->loaded && slot->loaded_login == slot->login && slot->generation == generation)) {
        return rv;
    }
    for (st_p11_object *object = slot->objects; object != NULL; object = object->next) {
        object->seen = 0;
    }
    rv = load_containers(slot);
    if (rv == CKR_OK) {
        rv = load_generics(slot);
    }
    if (rv == CKR_OK) {
        remove_if(slot, is_stale, 0);
    }
    slot->loaded = rv == CKR_OK;
    slot->loaded_login = slot->login;
    slot->generation = generation;
    return rv;
}

/* ---- looking up -------------------------------------------------------------------------- */

int st_p11_object_visible(const st_p11_slot *slot, const st_p11_object *object) {
    return slot->login == CKU_USER || !st_p11_is(&object->attributes, CKA_PRIVATE);
}

CK_RV st_p11_object_known(const st_p11_session *session, CK_OBJECT_HANDLE handle, st_p11_object **object) {
    for (*object = session->slot->objects; *object != NULL; *object = (*object)->next) {
        if ((*object)->handle == handle) {
            return st_p11_object_visible(session->slot, *object) ? CKR_OK : CKR_OBJECT_HANDLE_INVALID;
        }
    }
    return CKR_OBJECT_HANDLE_INVALID;
}

CK_RV st_p11_object_find(const st_p11_session *session, CK_OBJECT_HANDLE handle, st_p11_object **object) {
    CK_RV rv = st_p11_objects_refresh(session->slot);
    return rv == CKR_OK ? st_p11_object_known(session, handle, object) : rv;
}

st_p11_object *st_p11_object_in_container(const st_p11_slot *slot, uint32_t container, int usage,
                                          CK_OBJECT_CLASS object_class) {
    for (st_p11_object *object = slot->objects; object != NULL; object = object->next) {
        if (object->origin == ST_P11_IN_CONTAINER && object->id == container && object->usage == usage &&
            object->object_class == object_class) {
            return object;
        }
    }
    return NULL;
}
