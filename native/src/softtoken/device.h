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
#include <string.h>

#include "softtoken/engine.h"
#include "softtoken/model.h"
#include "softtoken/rights.h"
#include "softtoken/sealed.h"
#include "softtoken/store.h"

enum { ST_CHALLENGE_LEN = 8, ST_WAIT_MS = 30000 };

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
    char *root; /* the folder that was the default one when it was opened */
    char serial[ST_SERIAL_MAX + 1];

    pthread_mutex_t mutex; /* for what follows, up to owner */
    pthread_cond_t changed;
    int busy;          /* a thread is between st_enter and st_leave */
    const void *owner; /* who has the exclusive use, NULL: nobody of this process */

    /* for the thread that made it busy */
    int changing;      /* entered with ST_CHANGING */
    int saved;         /* by st_save_now */
    int reopen;        /* a child after fork: the store is to be opened anew */
    int removed;       /* was seen pulled out; stays so for this opening */
    st_store *store;   /* NULL only with reopen */
    st_model *model;   /* NULL: to be loaded */
    int authenticated; /* the device key was shown: this one */
    uint8_t shown_key[ST_STORE_KEY_LEN + ST_SEAL_OVERHEAD];
    uint8_t challenge[ST_CHALLENGE_LEN];
    int has_challenge;
    st_login logins[ST_APPLICATIONS_MAX];
};

enum st_entering { ST_LOOKING = 0, ST_CHANGING = 1 };

/* Wait for the device, at most ST_WAIT_MS, and have its newest state in device->model. ST_ERR_TIMEOUT, ST_ERR_REMOVED,
 * and what the store answers. After an error nothing is entered. */
ST_CHECKED enum st_status st_enter(st_device *device, enum st_entering entering);

/* The same, and find an application: *found and *who (either may be NULL) as st_inside has them. ST_ERR_NO_APPLICATION.
 */
ST_CHECKED enum st_status st_enter_application(st_device *device, enum st_entering entering, uint32_t application,
                                               st_application **found, unsigned *who);

/* Let the device go. When something was to be changed, it is saved if status is ST_OK, else thrown away. Returns
 * status, or why the save failed. */
ST_CHECKED enum st_status st_leave(st_device *device, enum st_status status);

/* Save in the midst of a change what must be durable before it goes on. st_leave saves nothing after that: a further
 * change takes a further call. After an error only st_leave may follow. */
ST_CHECKED enum st_status st_save_now(st_device *device);

/* The moment that comes ms from now, on the clock that conditions of the engine use. */
struct timespec;
void st_deadline_after(struct timespec *deadline, uint32_t ms);
void st_condition_init(pthread_cond_t *condition);

/* ---- login.c ---------------------------------------------------------------------------- */

/* The application with this id, NULL when there is none; *who (may be NULL): bits of ST_IS_* for it. */
st_application *st_inside(st_device *device, uint32_t application, unsigned *who);

/* What the process knows of an application's logins; NULL when nobody has logged in. */
st_login *st_login_of(st_device *device, uint32_t application);

/* Note a login. keys: the user key, and for the administrator the admin key behind it. */
void st_login_note(st_device *device, const st_application *application, int role, GMPKI_SECRET const uint8_t *keys);

/* The PIN of a role has a new wrap by the will of somebody who showed the old one: whoever is logged in stays so. */
void st_login_renew(st_device *device, const st_application *application, int role);

/* Forget logins, roles being bits of 1 << enum st_role, with the keys that came with them. */
void st_login_forget(st_device *device, uint32_t application, unsigned roles);

/* The device key, as it now stands in the model, was shown, or was changed by who had shown the old one. */
void st_note_authentication(st_device *device);

/* Forget the logins and the authentication that the state no longer bears out. */
void st_logins_review(st_device *device);

/* Forget every login and the authentication of the device. */
void st_device_forget(st_device *device);

/* ---- outputs ----------------------------------------------------------------------------- */

/* Tell how much there is to give out, in bytes or elements; ST_ERR_BUFFER when there is an output with less room. */
static inline enum st_status st_room(const void *out, size_t *len, size_t needed) {
    size_t room = *len;
    *len = needed;
    return out != NULL && room < needed ? ST_ERR_BUFFER : ST_OK;
}

/* Give bytes out, unless only the length was asked for. */
static inline enum st_status st_give(uint8_t *out, size_t *len, const st_bytes *data) {
    enum st_status status = st_room(out, len, data->len);
    if (status == ST_OK && out != NULL && data->len != 0) {
        memcpy(out, data->data, data->len);
    }
    return status;
}

#endif /* GMPKI_SOFTTOKEN_DEVICE_H */
