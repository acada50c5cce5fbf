/* The frame of every function of the engine (device.h): waiting for a device, its newest state, saving. */
#define _POSIX_C_SOURCE 200809L
#include "softtoken/device.h"

#include <time.h>

enum { POLL_MS = 5 }; /* how often a file's lock that another process holds is tried */

static _Thread_local const void *caller;

void st_caller(const void *owner) {
    caller = owner;
}

/* ---- time ------------------------------------------------------------------------------- */

void st_condition_init(pthread_cond_t *condition) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

void st_deadline_after(struct timespec *deadline, uint32_t ms) {
    clock_gettime(CLOCK_MONOTONIC, deadline);
    deadline->tv_sec += (time_t)(ms / 1000);
    deadline->tv_nsec += (long)(ms % 1000) * 1000000;
    if (deadline->tv_nsec >= 1000000000) {
        deadline->tv_sec++;
        deadline->tv_nsec -= 1000000000;
    }
}

static int is_later(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

/* What somebody who waits has: until when (or for ever, and then the time is not looked at). */
typedef struct patience {
    int for_ever;
    struct timespec end;
} patience;

static patience patience_of(uint32_t ms) {
    patience left = {ms == UINT32_MAX, {0, 0}};
    if (!left.for_ever) {
        st_deadline_after(&left.end, ms);
    }
    return left;
}

/* Wait with the device's mutex held, at most most_ms or until patience ends. 0: it has ended. */
static int wait_change(st_device *device, const patience *left, uint32_t most_ms) {
    struct timespec until, now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (!left->for_ever && !is_later(&left->end, &now)) {
        return 0;
    }
    st_deadline_after(&until, most_ms);
    if (!left->for_ever && is_later(&until, &left->end)) {
        until = left->end;
    }
    pthread_cond_timedwait(&device->changed, &device->mutex, &until);
    return 1;
}

/* ---- taking a device -------------------------------------------------------------------- */

static void release(st_device *device) {
    pthread_mutex_lock(&device->mutex);
    device->busy = 0;
    pthread_cond_broadcast(&device->changed);
    pthread_mutex_unlock(&device->mutex);
}

/* Make the device busy for this thread once nobody of this process stands in the way of owner. */
static enum st_status take(st_device *device, const void *owner, const patience *left) {
    enum st_status status = ST_OK;
    pthread_mutex_lock(&device->mutex);
    while (device->busy || (device->owner != NULL && device->owner != owner)) {
        if (!wait_change(device, left, 1000)) {
            status = ST_ERR_TIMEOUT;
            break;
        }
    }
    if (status == ST_OK) {
        device->busy = 1;
    }
    pthread_mutex_unlock(&device->mutex);
    return status;
}

/* Let the device go and wait a little, for a file's lock that another process holds. */
static enum st_status step_back(st_device *device, const patience *left) {
    pthread_mutex_lock(&device->mutex);
    device->busy = 0;
    pthread_cond_broadcast(&device->changed);
    int may_go_on = wait_change(device, left, POLL_MS);
    pthread_mutex_unlock(&device->mutex);
    return may_go_on ? ST_OK : ST_ERR_TIMEOUT;
}

static enum st_status reopen(st_device *device) {
    if (!device->reopen) {
        return ST_OK;
    }
    enum st_status status = st_store_open(&device->store, device->root, device->serial);
    if (status == ST_OK) {
        device->reopen = 0;
    }
    return status;
}

/* Make the device busy and take the file's lock of this kind. The device's own lock serves whoever has it. */
static enum st_status take_with(st_device *device, const void *owner, int kind, const patience *left) {
    for (;;) {
        enum st_status status = take(device, owner, left);
        if (status != ST_OK) {
            return status;
        }
        status = reopen(device);
        if (status == ST_OK && device->owner == NULL) {
            status = st_store_lock(device->store, kind, 0);
        }
        if (status == ST_OK) {
            return ST_OK;
        }
        if (status != ST_ERR_TIMEOUT) {
            release(device);
            return status;
        }
        status = step_back(device, left);
        if (status != ST_OK) {
            return status;
        }
    }
}

/* The reverse of st_enter, without its changes. */
static void leave(st_device *device) {
    if (device->changing) {
        st_store_unlock(device->store, ST_LOCK_WRITE);
        device->changing = 0;
    }
    if (device->owner == NULL) {
        st_store_unlock(device->store, ST_LOCK_SHARED);
    }
    release(device);
}

static void drop_model(st_device *device) {
    st_model_free(device->model);
    device->model = NULL;
}

/* Whether it is pulled out; then it forgets what it knows. */
static int is_removed(st_device *device) {
    if (!device->removed && st_store_is_absent(device->store)) {
        device->removed = 1;
        st_device_forget(device);
        drop_model(device);
    }
    return device->removed;
}

/* Have the newest state in memory. */
static enum st_status refresh(st_device *device) {
    if (device->model != NULL && st_store_is_current(device->store)) {
        return ST_OK;
    }
    drop_model(device);
    enum st_status status = st_store_load(device->store, &device->model);
    if (status == ST_OK) {
        st_logins_review(device);
    }
    return status;
}

enum st_status st_enter(st_device *device, enum st_entering entering) {
    if (device == NULL) {
        return ST_ERR_ARGUMENT;
    }
    patience left = patience_of(ST_WAIT_MS);
    enum st_status status = take_with(device, caller, ST_LOCK_SHARED, &left);
    if (status != ST_OK) {
        return status;
    }
    if (is_removed(device)) {
        status = ST_ERR_REMOVED;
    }
    if (status == ST_OK && entering == ST_CHANGING) {
        status = st_store_lock(device->store, ST_LOCK_WRITE, ST_WAIT_MS);
        device->changing = status == ST_OK;
        device->saved = 0;
    }
    if (status == ST_OK) {
        status = refresh(device);
    }
    if (status != ST_OK) {
        leave(device);
    }
    return status;
}

enum st_status st_save_now(st_device *device) {
    device->saved = 1;
    return st_store_save(device->store, device->model);
}

enum st_status st_leave(st_device *device, enum st_status status) {
    if (device->changing) {
        if (status == ST_OK && !device->saved) {
            status = st_save_now(device);
        }
        if (status != ST_OK) {
            drop_model(device); /* it holds what was not to be, or is not on disk */
        }
    }
    leave(device);
    return status;
}

/* ---- the exclusive use (GM/T 0016-2012 7.1.10, 7.1.11) ---------------------------------- */

enum st_status st_device_lock(st_device *device, const void *owner, uint32_t timeout_ms) {
    if (device == NULL || owner == NULL) {
        return ST_ERR_ARGUMENT;
    }
    patience left = patience_of(timeout_ms);
    enum st_status status = take_with(device, owner, ST_LOCK_EXCLUSIVE, &left);
    if (status != ST_OK) {
        return status;
    }
    if (is_removed(device)) {
        if (device->owner == NULL) {
            st_store_unlock(device->store, ST_LOCK_EXCLUSIVE);
        }
        release(device);
        return ST_ERR_REMOVED;
    }
    pthread_mutex_lock(&device->mutex);
    device->owner = owner;
    pthread_mutex_unlock(&device->mutex);
    release(device);
    return ST_OK;
}

enum st_status st_device_unlock(st_device *device, const void *owner) {
    if (device == NULL || owner == NULL) {
        return ST_ERR_ARGUMENT;
    }
    patience left = patience_of(ST_WAIT_MS);
    pthread_mutex_lock(&device->mutex);
    enum st_status status = ST_OK;
    while (device->owner == owner && device->busy && status == ST_OK) {
        status = wait_change(device, &left, 1000) ? ST_OK : ST_ERR_TIMEOUT;
    }
    if (status == ST_OK && device->owner != owner) {
        status = ST_ERR_STATE;
    }
    if (status == ST_OK) {
        st_store_unlock(device->store, ST_LOCK_EXCLUSIVE);
        device->owner = NULL;
        pthread_cond_broadcast(&device->changed);
    }
    pthread_mutex_unlock(&device->mutex);
    return status;
}
