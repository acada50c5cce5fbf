/*
 * An open device, and the frame that every function of the engine works in:
 *
 *     enum st_status status = st_enter(device, ST_CHANGING);
 *     if (status != ST_OK) {
 *         return status;
 *     }
 *     ... look at and change device->model ...
 *     return st_leave(device, status);
 *
 * Between the two no other thread is inside the device, and while something is changed no other process changes it.
 *
 * Order of locks: the registry's mutex, a device's mutex, the file `exclusive`, the file `lock`. No mutex is held while
 * a file's lock is waited for: a device that is in use says so by `busy`.
 */
#ifndef GMPKI_SOFTTOKEN_DEVICE_H
#define GMPKI_SOFTTOKEN_DEVICE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "softtoken/engine.h"
#include "softtoken/model.h"
#include "softtoken/rights.h"
#include "softtoken/sealed.h"
#include "softtoken/store.h"

enum { ST_CHALLENGE_LEN = 8, ST_WAIT_MS = 30000, ST_FOR_EVER = (int)-1 };

/*
 * Who has logged in to an application, in this process. A login holds as long as the PIN it was made with: the salt of
 * the PIN's wrap tells, which every change of the PIN and every new state of the device renews.
 */
typedef struct st_login {
    uint32_t application;
    unsigned roles; /* bits of 1 << enum st_role; 0: this entry is free */
    uint8_t salts[2][ST_SALT_LEN];
    uint8_t user_key[ST_STORE_KEY_LEN];
    uint8_t admin_key[ST_STORE_KEY_LEN]; /* only with the administrator's role */
} st_login;

struct st_device {
    st_device *next; /* in the registry, under its mutex: also opens and listed */
    unsigned opens;
    int listed;
    char serial[ST_SERIAL_MAX + 1];

    pthread_mutex_t mutex; /* for what follows, up to owner */
    pthread_cond_t changed;
    int busy;          /* a thread is between st_enter and st_leave */
    const void *owner; /* who has the exclusive use, NULL: nobody of this process */

    /* for the thread that made it busy */
    int changing;      /* entered with ST_CHANGING */
    int reopen;        /* a child after fork: the store is to be opened anew */
    int removed;       /* was seen pulled out; stays so for this opening */
    st_store *store;   /* NULL only with reopen */
    st_model *model;   /* NULL: to be loaded */
    int authenticated; /* the device key was shown */
    uint8_t challenge[ST_CHALLENGE_LEN];
    int has_challenge;
    st_login logins[ST_APPLICATIONS_MAX];
};

enum st_entering { ST_LOOKING = 0, ST_CHANGING = 1 };

/* Wait for the device, at most ST_WAIT_MS, and have its newest state in device->model. ST_ERR_TIMEOUT, ST_ERR_REMOVED,
 * and what the store answers. After an error nothing is entered. */
ST_CHECKED enum st_status st_enter(st_device *device, enum st_entering entering);

/* Let the device go. When something was to be changed, it is saved if status is ST_OK, else thrown away. Returns
 * status, or why the save failed. */
ST_CHECKED enum st_status st_leave(st_device *device, enum st_status status);

/* Save in the midst of a change: what must be durable before it goes on. After an error only st_leave may follow. */
ST_CHECKED enum st_status st_save_now(st_device *device);

/* Add ms to the clock that conditions of the engine use; UINT32_MAX ms: never. */
struct timespec;
void st_deadline_after(struct timespec *deadline, uint32_t ms);

/* Make a condition on the monotonic clock. */
void st_condition_init(pthread_cond_t *condition);

/* ---- what is asked inside ---- */

/* The application with this id, NULL when there is none; *who: bits of enum ST_IS_* for it. */
st_application *st_inside(st_device *device, uint32_t application, unsigned *who);

/* Its login, NULL when nobody has logged in. */
st_login *st_login_of(st_device *device, const st_application *application);

/* Forget a role's login (all: both bits), with the keys that came with it. */
void st_login_forget(st_login *login, unsigned roles);

/* ST_ERR_NAME unless it is UTF-8 of 1 .. max bytes. */
ST_CHECKED enum st_status st_name_check(const char *name, size_t max);

/* Give a list or a value out as engine.h says: NULL asks, too little room is ST_ERR_BUFFER. */
ST_CHECKED enum st_status st_give(void *out, size_t *len, const void *data, size_t data_len);

#endif /* GMPKI_SOFTTOKEN_DEVICE_H */
