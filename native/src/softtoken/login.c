/* Who has logged in, in this process; and the keys that this gives into its hands. */
#include <string.h>

#include "common/bytes.h"
#include "softtoken/device.h"

st_login *st_login_of(st_device *device, uint32_t application) {
    for (size_t i = 0; i < ST_APPLICATIONS_MAX; i++) {
        if (device->logins[i].roles != 0 && device->logins[i].application == application) {
            return &device->logins[i];
        }
    }
    return NULL;
}

st_application *st_inside(st_device *device, uint32_t application, unsigned *who) {
    st_application *found = st_model_application(device->model, application);
    if (who != NULL) {
        st_login *login = st_login_of(device, application);
        unsigned roles = login == NULL ? 0 : login->roles;
        *who = ((roles & 1u << ST_ADMIN) != 0 ? ST_IS_ADMIN : 0u) | ((roles & 1u << ST_USER) != 0 ? ST_IS_USER : 0u) |
               (device->authenticated ? ST_IS_DEVICE_OWNER : 0u);
    }
    return found;
}

void st_login_note(st_device *device, const st_application *application, int role, const uint8_t *keys) {
    st_login *login = st_login_of(device, application->id);
    for (size_t i = 0; login == NULL && i < ST_APPLICATIONS_MAX; i++) {
        login = device->logins[i].roles == 0 ? &device->logins[i] : NULL;
    }
    if (login == NULL) {
        return; /* st_logins_review keeps no entry without an application, and of those there are no more */
    }
    login->application = application->id;
    login->roles |= 1u << role;
    memcpy(login->salts[role], application->pins[role].wrap.salt, ST_SALT_LEN);
    memcpy(login->user_key, keys, ST_STORE_KEY_LEN);
    if (role == ST_ADMIN) {
        memcpy(login->admin_key, keys + ST_STORE_KEY_LEN, ST_STORE_KEY_LEN);
    }
}

void st_login_renew(st_device *device, const st_application *application, int role) {
    st_login *login = st_login_of(device, application->id);
    if (login != NULL) {
        memcpy(login->salts[role], application->pins[role].wrap.salt, ST_SALT_LEN);
    }
}

static void forget_roles(st_login *login, unsigned roles) {
    login->roles &= ~roles;
    if ((login->roles & 1u << ST_ADMIN) == 0) {
        gmpki_cleanse(login->admin_key, sizeof login->admin_key);
    }
    if (login->roles == 0) {
        gmpki_cleanse(login, sizeof *login);
    }
}

void st_login_forget(st_device *device, uint32_t application, unsigned roles) {
    st_login *login = st_login_of(device, application);
    if (login != NULL) {
        forget_roles(login, roles);
    }
}

void st_note_authentication(st_device *device) {
    device->authenticated = 1;
    memcpy(device->shown_key, device->model->device_key, sizeof device->shown_key);
}

void st_logins_review(st_device *device) {
    if (memcmp(device->shown_key, device->model->device_key, sizeof device->shown_key) != 0) {
        device->authenticated = 0;
    }
    for (size_t i = 0; i < ST_APPLICATIONS_MAX; i++) {
        st_login *login = &device->logins[i];
        if (login->roles == 0) {
            continue;
        }
        const st_application *application = st_model_application(device->model, login->application);
        for (int role = ST_ADMIN; role <= ST_USER && login->roles != 0; role++) {
            if (application == NULL ||
                memcmp(login->salts[role], application->pins[role].wrap.salt, ST_SALT_LEN) != 0) {
                forget_roles(login, 1u << role);
            }
        }
    }
}

void st_device_forget(st_device *device) {
    gmpki_cleanse(device->logins, sizeof device->logins);
    gmpki_cleanse(device->challenge, sizeof device->challenge);
    device->has_challenge = 0;
    device->authenticated = 0;
}
