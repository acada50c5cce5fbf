/* Handles and the objects they name. */
#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>

#include "softtoken/skf_session.h"

enum { SLOTS = 4096 };

/* A slot remembers the whole handle: an older one for the same slot differs from it. */
static struct {
    uintptr_t handle;
    st_skf_object *object;
} slots[SLOTS];
static uintptr_t last_serial;
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_prepared = PTHREAD_ONCE_INIT;

/* A process that is forked while another of its threads looks a handle up must not leave the table locked. */
static void before_fork(void) {
    pthread_mutex_lock(&table_lock);
}

static void after_fork(void) {
    pthread_mutex_unlock(&table_lock);
}

static void prepare_fork(void) {
    pthread_atfork(before_fork, after_fork, after_fork);
}

/* ---- objects --------------------------------------------------------------------------- */

st_skf_object *st_skf_new(enum st_skf_kind kind, st_skf_object *parent) {
    pthread_once(&fork_prepared, prepare_fork);
    st_skf_object *object = calloc(1, sizeof *object);
    if (object == NULL) {
        return NULL;
    }
    if (pthread_mutex_init(&object->lock, NULL) != 0) {
        free(object);
        return NULL;
    }
    object->kind = kind;
    object->references = 1;
    object->connection = object;
    if (parent != NULL) {
        pthread_mutex_lock(&table_lock);
        parent->references++;
        pthread_mutex_unlock(&table_lock);
        object->parent = parent;
        object->connection = parent->connection;
        object->device = parent->device;
        object->application = parent->application;
        object->container = parent->container;
    }
    return object;
}

static void destroy(st_skf_object *object) {
    switch (object->kind) {
    case ST_SKF_DEVICE:
        st_apdu_free(object->as.card);
        if (object->device != NULL) {
            /* A lock that came while the handle was being closed goes with it; there is none in most cases. */
            enum st_status ignored = st_device_unlock(object->device, object);
            (void)ignored;
            st_device_close(object->device);
        }
        break;
    case ST_SKF_KEY:
        st_cipher_free(object->as.key.encryption);
        st_cipher_free(object->as.key.decryption);
        break;
    case ST_SKF_DIGEST:
        st_digest_free(object->as.digest);
        break;
    case ST_SKF_MAC:
        st_mac_free(object->as.mac);
        break;
    case ST_SKF_APPLICATION:
    case ST_SKF_CONTAINER:
    case ST_SKF_AGREEMENT:
        break;
    }
    pthread_mutex_destroy(&object->lock);
    gmpki_cleanse(object, sizeof *object);
    free(object);
}

/* Give back one reference; the last one ends the object and gives back its parent's. */
static void release(st_skf_object *object) {
    while (object != NULL) {
        pthread_mutex_lock(&table_lock);
        unsigned left = --object->references;
        pthread_mutex_unlock(&table_lock);
        if (left != 0) {
            return;
        }
        st_skf_object *parent = object->parent;
        destroy(object);
        object = parent;
    }
}

void st_skf_discard(st_skf_object *object) {
    release(object);
}

/* ---- handles --------------------------------------------------------------------------- */

/* The slot of a handle that is open and of one of these kinds, or SLOTS. Under the lock. */
static size_t find(HANDLE handle, unsigned kinds) {
    uintptr_t value = (uintptr_t)handle;
    size_t index = value % SLOTS;
    if (value == 0 || slots[index].object == NULL || slots[index].handle != value ||
        ((unsigned)slots[index].object->kind & kinds) == 0) {
        return SLOTS;
    }
    return index;
}

/* Where a new object goes: the slot behind the last one, or the next that is free. Under the lock. */
static enum st_status choose_slot(const st_skf_object *object, size_t limit, size_t *chosen) {
    size_t same = 0;
    *chosen = SLOTS;
    for (size_t i = 1; i <= SLOTS; i++) {
        size_t index = (last_serial + i) % SLOTS;
        const st_skf_object *other = slots[index].object;
        if (other == NULL) {
            *chosen = *chosen == SLOTS ? index : *chosen;
        } else if (other->kind == object->kind && other->device == object->device) {
            same++;
        }
    }
    return *chosen == SLOTS || same >= limit ? ST_ERR_NO_ROOM : ST_OK;
}

enum st_status st_skf_publish(st_skf_object *object, size_t limit, HANDLE *handle) {
    pthread_mutex_lock(&table_lock);
    size_t index = SLOTS;
    enum st_status status = choose_slot(object, limit, &index);
    if (status == ST_OK && object->parent != NULL && !object->parent->open) {
        status = ST_ERR_FAILED; /* another thread closed it during this call: nothing would close what is below it */
    }
    if (status == ST_OK) {
        uintptr_t serial = (last_serial / SLOTS + 1) * SLOTS + index;
        if (serial < SLOTS) {
            serial = SLOTS + index; /* the counter of a 32-bit system came round */
        }
        last_serial = serial;
        slots[index].handle = serial;
        slots[index].object = object;
        object->open = 1;
        *handle = (HANDLE)serial; /* a number, never followed */
    }
    pthread_mutex_unlock(&table_lock);
    if (status != ST_OK) {
        st_skf_discard(object);
    }
    return status;
}

st_skf_object *st_skf_enter(HANDLE handle, unsigned kinds) {
    st_skf_object *object = NULL;
    pthread_mutex_lock(&table_lock);
    size_t index = find(handle, kinds);
    if (index != SLOTS) {
        object = slots[index].object;
        object->references++;
    }
    pthread_mutex_unlock(&table_lock);
    if (object != NULL) {
        st_caller(object->connection);
    }
    return object;
}

ULONG st_skf_leave(st_skf_object *object, enum st_status status) {
    release(object);
    return st_skf_code(status);
}

static int descends(const st_skf_object *object, const st_skf_object *ancestor) {
    while (object != NULL && object != ancestor) {
        object = object->parent;
    }
    return object != NULL;
}

ULONG st_skf_close(HANDLE handle, unsigned kinds) {
    st_skf_object *closed = NULL;
    pthread_mutex_lock(&table_lock);
    size_t index = find(handle, kinds);
    const st_skf_object *target = index == SLOTS ? NULL : slots[index].object;
    for (size_t i = 0; target != NULL && i < SLOTS; i++) {
        if (slots[i].object != NULL && descends(slots[i].object, target)) {
            slots[i].object->next = closed;
            closed = slots[i].object;
            closed->open = 0;
            slots[i].object = NULL;
        }
    }
    pthread_mutex_unlock(&table_lock);
    if (closed == NULL) {
        return SAR_INVALIDHANDLEERR;
    }
    while (closed != NULL) { /* outside the lock: closing a device asks the engine */
        st_skf_object *next = closed->next;
        release(closed);
        closed = next;
    }
    return SAR_OK;
}

enum st_status st_skf_touch(const st_skf_object *object) {
    uint64_t generation = 0;
    return st_device_generation(object->device, &generation);
}
