/* Devices put in and pulled out (GM/T 0016-2012 7.1.2, 7.1.3): the store's root is looked at again and again. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "softtoken/device.h"

enum { LOOK_MS = 50 };

typedef struct present {
    size_t count;
    char serials[ST_LIST_MAX][ST_SERIAL_MAX + 1]; /* sorted */
} present;

/* What was last seen, less what was not told since. NULL: nobody has looked. */
static present *seen;
static pthread_mutex_t watching = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cancelled;
static pthread_once_t condition_made = PTHREAD_ONCE_INIT;
static unsigned long cancellations;

static void after_fork_in_child(void) {
    pthread_mutex_init(&watching, NULL);
    st_condition_init(&cancelled);
}

static void before_fork(void) {
    pthread_mutex_lock(&watching);
}

static void after_fork_in_parent(void) {
    pthread_mutex_unlock(&watching);
}

static void make_condition(void) {
    st_condition_init(&cancelled);
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* The index of a serial number, or of where it would stand. */
static size_t place_of(const present *list, const char *serial) {
    size_t at = 0;
    while (at < list->count && strcmp(list->serials[at], serial) < 0) {
        at++;
    }
    return at;
}

static int has(const present *list, const char *serial) {
    size_t at = place_of(list, serial);
    return at < list->count && strcmp(list->serials[at], serial) == 0;
}

static void tell(char serial[ST_SERIAL_MAX + 1], int *event, const char *which, int what) {
    memmove(serial, which, strlen(which) + 1);
    *event = what;
}

/* Find one difference, note it as seen and tell it. ST_ERR_NO_EVENT when there is none. */
static enum st_status next_event(const present *now, char serial[ST_SERIAL_MAX + 1], int *event) {
    for (size_t i = 0; i < seen->count; i++) {
        if (!has(now, seen->serials[i])) {
            tell(serial, event, seen->serials[i], ST_REMOVED);
            memmove(seen->serials + i, seen->serials + i + 1, (seen->count - i - 1) * sizeof seen->serials[0]);
            seen->count--;
            return ST_OK;
        }
    }
    for (size_t i = 0; i < now->count; i++) {
        if (!has(seen, now->serials[i])) {
            size_t at = place_of(seen, now->serials[i]);
            memmove(seen->serials + at + 1, seen->serials + at, (seen->count - at) * sizeof seen->serials[0]);
            memcpy(seen->serials[at], now->serials[i], sizeof seen->serials[0]);
            seen->count++;
            tell(serial, event, now->serials[i], ST_INSERTED);
            return ST_OK;
        }
    }
    return ST_ERR_NO_EVENT;
}

/* Look once, with the mutex held. */
static enum st_status look(char serial[ST_SERIAL_MAX + 1], int *event) {
    present *now = malloc(sizeof *now);
    if (now == NULL) {
        return ST_ERR_MEMORY;
    }
    now->count = ST_LIST_MAX;
    enum st_status status = st_device_list(1, now->serials, &now->count);
    if (status == ST_OK && seen == NULL) {
        seen = now;
        return ST_ERR_NO_EVENT;
    }
    if (status == ST_OK) {
        status = next_event(now, serial, event);
    }
    free(now);
    return status;
}

enum st_status st_event_wait(char serial[ST_SERIAL_MAX + 1], int *event) {
    if (serial == NULL || event == NULL) {
        return ST_ERR_ARGUMENT;
    }
    pthread_once(&condition_made, make_condition);
    pthread_mutex_lock(&watching);
    unsigned long begun_after = cancellations;
    enum st_status status = look(serial, event);
    while (status == ST_ERR_NO_EVENT && cancellations == begun_after) {
        struct timespec next;
        st_deadline_after(&next, LOOK_MS);
        pthread_cond_timedwait(&cancelled, &watching, &next);
        if (cancellations == begun_after) {
            status = look(serial, event);
        }
    }
    pthread_mutex_unlock(&watching);
    return status;
}

void st_event_cancel(void) {
    pthread_once(&condition_made, make_condition);
    pthread_mutex_lock(&watching);
    cancellations++;
    free(seen);
    seen = NULL;
    pthread_cond_broadcast(&cancelled);
    pthread_mutex_unlock(&watching);
}
