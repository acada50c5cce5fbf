/*
 * Locks of a store: flock on files of its folder, so that they end with whoever holds them.
 *
 * Waiting is asking again: flock itself cannot be given a time, and signals are not ours to use in a library.
 */
#define _GNU_SOURCE /* flock */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "softtoken/store_state.h"

static uint64_t now_ms(void) {
    struct timespec now;
    return clock_gettime(CLOCK_MONOTONIC, &now) == 0 ? (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u
                                                     : 0;
}

/* Let some time pass: 0.1 ms at first, so that short work of others costs little, then up to 10 ms. */
static void pause_before(unsigned attempt) {
    long pause_us = attempt < 7 ? 100L << attempt : 10000L;
    struct timespec pause = {0, pause_us * 1000L};
    (void)nanosleep(&pause, NULL);
}

/* A child made by fork shares the open files of its parent, and with them the locks, which are the parent's. */
static void drop_inherited(st_store *store) {
    if (store->process == getpid()) {
        return;
    }
    for (int kind = 0; kind < ST_LOCK_KINDS; kind++) {
        if (store->locks[kind] >= 0) {
            (void)close(store->locks[kind]);
            store->locks[kind] = -1;
        }
    }
    store->process = getpid();
}

static enum st_status open_lock_file(int *file, const st_store *store, int kind) {
    int folder;
    enum st_status status = st_open_folder(&folder, store);
    if (status != ST_OK) {
        return status;
    }
    const char *name = kind == ST_LOCK_WRITE ? "lock" : "exclusive";
    *file = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    (void)close(folder);
    return *file >= 0 ? ST_OK : ST_ERR_WRITE;
}

/* A lock on a file whose folder was deleted while we waited holds nobody off. */
static int is_in_use(int file) {
    struct stat status;
    return fstat(file, &status) == 0 && status.st_nlink != 0;
}

static enum st_status take(int file, int kind, uint32_t timeout_ms) {
    int operation = (kind == ST_LOCK_SHARED ? LOCK_SH : LOCK_EX) | LOCK_NB;
    uint64_t begin = now_ms();
    for (unsigned attempt = 0;; attempt++) {
        if (flock(file, operation) == 0) {
            return is_in_use(file) ? ST_OK : ST_ERR_NO_DEVICE;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return ST_ERR_WRITE;
        }
        if (timeout_ms != UINT32_MAX && now_ms() - begin >= timeout_ms) {
            return ST_ERR_TIMEOUT;
        }
        pause_before(attempt);
    }
}

enum st_status st_store_lock(st_store *store, int kind, uint32_t timeout_ms) {
    drop_inherited(store);
    if (kind < 0 || kind >= ST_LOCK_KINDS || store->locks[kind] >= 0) {
        return ST_ERR_ARGUMENT;
    }
    int file;
    enum st_status status = open_lock_file(&file, store, kind);
    if (status != ST_OK) {
        return status;
    }
    status = take(file, kind, timeout_ms);
    if (status != ST_OK) {
        (void)close(file);
        return status;
    }
    store->locks[kind] = file;
    return ST_OK;
}

void st_store_abandon(st_store *store) {
    if (store != NULL) {
        drop_inherited(store);
        gmpki_cleanse(store->mac_key, sizeof store->mac_key);
        gmpki_cleanse(store->key, sizeof store->key);
    }
}

void st_store_unlock(st_store *store, int kind) {
    drop_inherited(store);
    if (kind < 0 || kind >= ST_LOCK_KINDS || store->locks[kind] < 0) {
        return;
    }
    /* Not close alone: a child may have the same open file. And one that is forked now must not close it twice. */
    int file = store->locks[kind];
    (void)flock(file, LOCK_UN);
    store->locks[kind] = -1;
    (void)close(file);
}
