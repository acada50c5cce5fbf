/* Applications (GM/T 0016-2012 7.3): each has its PINs, its keys and all that lies under them. */
#include "softtoken/device.h"

#include "common/bytes.h"
#include "gmpki/rand.h"
#include "softtoken/names.h"
#include "softtoken/pin.h"

/* ---- making and formatting -------------------------------------------------------------- */

static void rename_application(st_application *application, const char *name) {
    zero_bytes(application->name, sizeof application->name);
    memcpy(application->name, name, strlen(name));
}

/* Make the application's two keys and give the administrator his PIN; the user's too, where there is one. */
static enum st_status make_keys(st_device *device, st_application *application, const char *admin_pin,
                                const char *user_pin, int is_default) {
    uint8_t keys[ST_WRAPPED_KEYS_MAX];
    enum st_status status = gmpki_random(keys, sizeof keys) == GMPKI_OK ? ST_OK : ST_ERR_RANDOM;
    if (status == ST_OK) {
        status = st_pin_set(device, application, ST_ADMIN, admin_pin, keys, is_default);
    }
    st_pin_clear(&application->pins[ST_USER]);
    if (status == ST_OK && user_pin != NULL) {
        status = st_pin_set(device, application, ST_USER, user_pin, keys, is_default);
    }
    gmpki_cleanse(keys, sizeof keys);
    return status;
}

/* Whether what st_application_create is given can be an application. */
static enum st_status check_new(const char *name, const char *admin_pin, uint32_t admin_tries, const char *user_pin,
                                uint32_t user_tries, uint32_t create_rights) {
    if (name == NULL || admin_pin == NULL || admin_tries > ST_TRIES_MAX || user_tries > ST_TRIES_MAX) {
        return ST_ERR_ARGUMENT;
    }
    if (!st_name_is_valid(name, ST_APPLICATION_NAME_MAX)) {
        return ST_ERR_NAME;
    }
    enum st_status status = st_rights_check(create_rights);
    if (status == ST_OK) {
        status = st_pin_check_len(admin_pin);
    }
    if (status == ST_OK && user_pin != NULL) {
        status = st_pin_check_len(user_pin);
    }
    return status;
}

enum st_status st_application_create(st_device *device, const char *name, const char *admin_pin, uint32_t admin_tries,
                                     const char *user_pin, uint32_t user_tries, uint32_t create_rights, int by_format,
                                     uint32_t *application) {
    st_application *made = NULL;
    uint32_t id = 0;
    if (application == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = check_new(name, admin_pin, admin_tries, user_pin, user_tries, create_rights);
    if (status == ST_OK) {
        status = st_enter(device, ST_CHANGING);
    }
    if (status != ST_OK) {
        return status;
    }
    if (!by_format) {
        status = st_may(ST_DO_CREATE_APPLICATION, device->authenticated ? ST_IS_DEVICE_OWNER : 0u);
    }
    if (status == ST_OK && st_model_application_named(device->model, name) != NULL) {
        status = ST_ERR_APPLICATION_EXISTS;
    }
    if (status == ST_OK) {
        status = st_model_add_application(device->model, &made);
    }
    if (status == ST_OK) {
        uint32_t usual = device->model->profile.pin_tries;
        id = made->id;
        rename_application(made, name);
        made->create_rights = create_rights;
        made->pins[ST_ADMIN].max_tries = admin_tries != 0 ? admin_tries : usual;
        made->pins[ST_USER].max_tries = user_tries != 0 ? user_tries : usual;
        status = make_keys(device, made, admin_pin, user_pin, 1);
    }
    status = st_leave(device, status);
    if (status == ST_OK) {
        *application = id;
    }
    return status;
}

enum st_status st_application_format(st_device *device, uint32_t application, const char *name, const char *admin_pin,
                                     uint32_t *tries_left) {
    st_application *found;
    uint8_t keys[ST_WRAPPED_KEYS_MAX];
    if (name == NULL || admin_pin == NULL) {
        return ST_ERR_ARGUMENT;
    }
    if (!st_name_is_valid(name, ST_APPLICATION_NAME_MAX)) {
        return ST_ERR_NAME;
    }
    enum st_status status = st_enter_application(device, ST_CHANGING, application, &found, NULL);
    if (status != ST_OK) {
        return status;
    }
    const st_application *namesake = st_model_application_named(device->model, name);
    status = namesake != NULL && namesake != found ? ST_ERR_APPLICATION_EXISTS : ST_OK;
    if (status == ST_OK) {
        status = st_pin_show(device, found, ST_ADMIN, admin_pin, keys, tries_left);
    }
    if (status == ST_OK) {
        /* New keys: what was sealed under the old ones is gone for good, and every login anywhere ends. */
        st_model_empty_application(found);
        rename_application(found, name);
        status = make_keys(device, found, admin_pin, NULL, found->pins[ST_ADMIN].is_default);
    }
    if (status == ST_OK) {
        status = st_save_now(device);
    }
    if (status == ST_OK) {
        st_login_forget(device, application, 1u << ST_ADMIN | 1u << ST_USER);
    }
    gmpki_cleanse(keys, sizeof keys);
    return st_leave(device, status);
}

enum st_status st_application_delete(st_device *device, const char *name) {
    if (name == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter(device, ST_CHANGING);
    if (status != ST_OK) {
        return status;
    }
    st_application *found = st_model_application_named(device->model, name);
    status = st_may(ST_DO_DELETE_APPLICATION, device->authenticated ? ST_IS_DEVICE_OWNER : 0u);
    if (status == ST_OK && found == NULL) {
        status = ST_ERR_NO_APPLICATION;
    }
    if (status == ST_OK) {
        uint32_t id = found->id;
        st_model_remove_application(device->model, found);
        status = st_save_now(device);
        if (status == ST_OK) {
            st_login_forget(device, id, 1u << ST_ADMIN | 1u << ST_USER);
        }
    }
    return st_leave(device, status);
}

/* ---- finding ---------------------------------------------------------------------------- */

enum st_status st_enter_application(st_device *device, enum st_entering entering, uint32_t application,
                                    st_application **found, unsigned *who) {
    enum st_status status = st_enter(device, entering);
    if (status != ST_OK) {
        return status;
    }
    st_application *inside = st_inside(device, application, who);
    if (found != NULL) {
        *found = inside;
    }
    return inside != NULL ? ST_OK : st_leave(device, ST_ERR_NO_APPLICATION);
}

enum st_status st_application_find(st_device *device, const char *name, uint32_t *application) {
    if (name == NULL || application == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter(device, ST_LOOKING);
    if (status != ST_OK) {
        return status;
    }
    const st_application *found = st_model_application_named(device->model, name);
    if (found != NULL) {
        *application = found->id;
    }
    return st_leave(device, found != NULL ? ST_OK : ST_ERR_NO_APPLICATION);
}

enum st_status st_application_name(st_device *device, uint32_t application, char name[ST_APPLICATION_NAME_MAX + 1]) {
    st_application *found;
    if (name == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_application(device, ST_LOOKING, application, &found, NULL);
    if (status != ST_OK) {
        return status;
    }
    memcpy(name, found->name, sizeof found->name);
    return st_leave(device, ST_OK);
}

enum st_status st_application_create_rights(st_device *device, uint32_t application, uint32_t *create_rights) {
    st_application *found;
    if (create_rights == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_application(device, ST_LOOKING, application, &found, NULL);
    if (status != ST_OK) {
        return status;
    }
    *create_rights = found->create_rights;
    return st_leave(device, ST_OK);
}

enum st_status st_application_list(st_device *device, uint32_t *applications, size_t *count) {
    if (count == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter(device, ST_LOOKING);
    if (status != ST_OK) {
        return status;
    }
    const st_model *model = device->model;
    status = st_room(applications, count, model->application_count);
    for (size_t i = 0; status == ST_OK && applications != NULL && i < model->application_count; i++) {
        applications[i] = model->applications[i].id;
    }
    return st_leave(device, status);
}
