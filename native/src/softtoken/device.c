/* Which devices this process has open: one st_device for each, counted; and what becomes of them in a child. */
#define _POSIX_C_SOURCE 200809L
#include "softtoken/device.h"

#include <stdlib.h>
#include <string.h>

#include "softtoken/names.h"
#include "softtoken/store_state.h"

static pthread_mutex_t registry = PTHREAD_MUTEX_INITIALIZER;
static st_device *open_devices; /* also those no longer listed, until their last close */
static pthread_once_t watching_forks = PTHREAD_ONCE_INIT;

static void free_device(st_device *device) {
    pthread_mutex_destroy(&device->mutex);
    pthread_cond_destroy(&device->changed);
    st_model_free(device->model);
    st_store_close(device->store);
    free(device->root);
    gmpki_cleanse(device, sizeof *device);
    free(device);
}

/* ---- fork ------------------------------------------------------------------------------- */

/* A fork waits until no thread is in the midst of the few lines that a mutex guards. */
static void before_fork(void) {
    pthread_mutex_lock(&registry);
    for (st_device *device = open_devices; device != NULL; device = device->next) {
        pthread_mutex_lock(&device->mutex);
    }
}

static void after_fork_in_parent(void) {
    for (st_device *device = open_devices; device != NULL; device = device->next) {
        pthread_mutex_unlock(&device->mutex);
    }
    pthread_mutex_unlock(&registry);
}

/*
 * The child has the parent's devices open, but not their locks, nor what its users have shown of themselves. What a
 * thread of the parent was using in the moment of the fork is in no state to be freed, and is left; but its open files
 * are closed, or this child would hold the parent's locks when the parent has died.
 */
static void after_fork_in_child(void) {
    for (st_device *device = open_devices; device != NULL; device = device->next) {
        pthread_mutex_init(&device->mutex, NULL);
        st_condition_init(&device->changed);
        if (device->busy) {
            st_store_abandon(device->store);
        } else {
            st_model_free(device->model);
            st_store_close(device->store);
        }
        device->busy = 0;
        device->owner = NULL;
        device->model = NULL;
        device->store = NULL;
        device->reopen = 1;
        st_device_forget(device);
    }
    pthread_mutex_init(&registry, NULL);
}

static void watch_forks(void) {
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* ---- opening and closing ---------------------------------------------------------------- */

/* root becomes the device's, also when this fails. */
static enum st_status make_device(st_device **made, char *root, const char *serial) {
    st_device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        free(root);
        return ST_ERR_MEMORY;
    }
    device->root = root;
    enum st_status status = st_store_open(&device->store, root, serial);
    if (status != ST_OK) {
        free(root);
        free(device);
        return status;
    }
    memcpy(device->serial, serial, strlen(serial) + 1);
    pthread_mutex_init(&device->mutex, NULL);
    st_condition_init(&device->changed);
    *made = device;
    return ST_OK;
}

/* The listed device of this name, counted once more; NULL when there is none. Under the registry's mutex. */
static st_device *find_listed(const char *root, const char *serial) {
    for (st_device *device = open_devices; device != NULL; device = device->next) {
        if (device->listed && strcmp(device->serial, serial) == 0 && strcmp(device->root, root) == 0) {
            device->opens++;
            return device;
        }
    }
    return NULL;
}

/* Whoever opens this name from now on gets another one. */
static void unlist(st_device *device) {
    pthread_mutex_lock(&registry);
    device->listed = 0;
    pthread_mutex_unlock(&registry);
}

/* Whether the device can be used: it is there, and its state can be read. */
static enum st_status try_device(st_device *device) {
    enum st_status status = st_enter(device, ST_LOOKING);
    return status == ST_OK ? st_leave(device, ST_OK) : status;
}

/* Put it into the registry; when another thread was faster, that one is taken. */
static st_device *list_device(st_device *device) {
    pthread_mutex_lock(&registry);
    st_device *other = find_listed(device->root, device->serial);
    if (other == NULL) {
        device->listed = 1;
        device->opens = 1;
        device->next = open_devices;
        open_devices = device;
    }
    pthread_mutex_unlock(&registry);
    if (other != NULL) {
        free_device(device);
        return other;
    }
    return device;
}

/* What this process has open already, if it still is what is on disk; else NULL. */
static enum st_status open_listed(st_device **device, const char *root, const char *serial) {
    pthread_mutex_lock(&registry);
    st_device *found = find_listed(root, serial);
    pthread_mutex_unlock(&registry);
    if (found == NULL) {
        return ST_OK;
    }
    enum st_status status = try_device(found);
    if (status == ST_OK) {
        *device = found;
        return ST_OK;
    }
    if (status != ST_ERR_TIMEOUT && status != ST_ERR_MEMORY) {
        unlist(found); /* pulled out, or replaced by another of the same name */
        status = ST_OK;
    }
    st_device_close(found);
    return status;
}

/* root becomes the device's, or is freed. */
static enum st_status open_anew(st_device **device, char *root, const char *serial) {
    st_device *made;
    enum st_status status = make_device(&made, root, serial);
    if (status != ST_OK) {
        return status;
    }
    status = try_device(made);
    if (status != ST_OK) {
        free_device(made);
        return status;
    }
    *device = list_device(made);
    return ST_OK;
}

enum st_status st_device_open(const char *serial, st_device **device) {
    if (serial == NULL || device == NULL) {
        return ST_ERR_ARGUMENT;
    }
    *device = NULL;
    char *root = st_serial_is_valid(serial) ? st_root_path(NULL) : NULL;
    if (root == NULL) {
        return ST_ERR_NO_DEVICE;
    }
    pthread_once(&watching_forks, watch_forks);
    enum st_status status = open_listed(device, root, serial);
    if (status == ST_OK && *device == NULL) {
        return open_anew(device, root, serial);
    }
    free(root);
    return status;
}

void st_device_close(st_device *device) {
    if (device == NULL) {
        return;
    }
    pthread_mutex_lock(&registry);
    int last = --device->opens == 0;
    if (last) {
        st_device **link = &open_devices;
        while (*link != device) {
            link = &(*link)->next;
        }
        *link = device->next;
    }
    pthread_mutex_unlock(&registry);
    if (last) {
        free_device(device);
    }
}
