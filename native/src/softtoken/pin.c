/* PINs (GM/T 0016-2012 7.2) and the logins they make. */
#define _POSIX_C_SOURCE 200809L
#include "softtoken/pin.h"

#include "common/bytes.h"

/* ---- one PIN ---------------------------------------------------------------------------- */

static size_t keys_len(int role) {
    return role == ST_ADMIN ? 2 * ST_STORE_KEY_LEN : ST_STORE_KEY_LEN;
}

static st_place pin_place(const st_device *device, const st_application *application, int role) {
    return (st_place){device->serial, application->id, 0, role == ST_ADMIN ? ST_SEALED_ADMIN_PIN : ST_SEALED_USER_PIN};
}

enum st_status st_pin_check_len(const char *pin) {
    size_t len = strnlen(pin, ST_PIN_MAX + 1);
    return len >= ST_PIN_MIN && len <= ST_PIN_MAX ? ST_OK : ST_ERR_PIN_LEN;
}

enum st_status st_pin_set(st_device *device, st_application *application, int role, const char *pin,
                          const uint8_t *keys, int is_default) {
    st_pin *state = &application->pins[role];
    st_place place = pin_place(device, application, role);
    enum st_status status =
        st_wrap_keys(&state->wrap, &place, device->model->profile.pin_iterations, pin, keys, keys_len(role));
    if (status == ST_OK) {
        state->tries_left = state->max_tries;
        state->is_default = is_default != 0;
    }
    return status;
}

void st_pin_clear(st_pin *pin) {
    zero_bytes(&pin->wrap, sizeof pin->wrap);
    pin->tries_left = pin->max_tries;
    pin->is_default = 0;
}

enum st_status st_pin_show(st_device *device, st_application *application, int role, const char *pin,
                           uint8_t keys[ST_WRAPPED_KEYS_MAX], uint32_t *tries_left) {
    st_pin *state = &application->pins[role];
    if (state->wrap.iterations == 0) {
        return ST_ERR_PIN_NOT_SET;
    }
    enum st_status status = ST_ERR_PIN_LOCKED;
    if (state->tries_left != 0) {
        state->tries_left--;
        status = st_save_now(device);
        if (status != ST_OK) {
            return status;
        }
        st_place place = pin_place(device, application, role);
        status = strnlen(pin, ST_PIN_MAX + 1) > ST_PIN_MAX
                     ? ST_ERR_PIN_INCORRECT
                     : st_unwrap_keys(keys, keys_len(role), &state->wrap, &place, pin);
        if (status == ST_OK) {
            state->tries_left = state->max_tries;
        } else if (status == ST_ERR_PIN_INCORRECT && state->tries_left == 0) {
            status = ST_ERR_PIN_LOCKED;
        }
    }
    if (tries_left != NULL) {
        *tries_left = state->tries_left;
    }
    return status;
}

/* ---- what the front doors call ---------------------------------------------------------- */

/* Enter, and find the application and its role. */
static enum st_status enter_role(st_device *device, enum st_entering entering, uint32_t application, int role,
                                 st_application **found, unsigned *who) {
    if (role != ST_ADMIN && role != ST_USER) {
        return ST_ERR_PIN_ROLE;
    }
    return st_enter_application(device, entering, application, found, who);
}

enum st_status st_pin_get_info(st_device *device, uint32_t application, int role, st_pin_info *info) {
    st_application *found;
    if (info == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = enter_role(device, ST_LOOKING, application, role, &found, NULL);
    if (status != ST_OK) {
        return status;
    }
    const st_pin *pin = &found->pins[role];
    *info = (st_pin_info){pin->max_tries, pin->tries_left, pin->is_default, pin->wrap.iterations != 0};
    return st_leave(device, ST_OK);
}

enum st_status st_pin_verify(st_device *device, uint32_t application, int role, const char *pin, uint32_t *tries_left) {
    st_application *found;
    uint8_t keys[ST_WRAPPED_KEYS_MAX];
    if (pin == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = enter_role(device, ST_CHANGING, application, role, &found, NULL);
    if (status != ST_OK) {
        return status;
    }
    status = st_pin_show(device, found, role, pin, keys, tries_left);
    if (status == ST_OK) {
        status = st_save_now(device);
    }
    if (status == ST_OK) {
        st_login_note(device, found, role, keys);
    }
    gmpki_cleanse(keys, sizeof keys);
    return st_leave(device, status);
}

enum st_status st_pin_change(st_device *device, uint32_t application, int role, const char *old_pin,
                             const char *new_pin, uint32_t *tries_left) {
    st_application *found;
    uint8_t keys[ST_WRAPPED_KEYS_MAX];
    if (old_pin == NULL || new_pin == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_pin_check_len(new_pin);
    if (status == ST_OK) {
        status = enter_role(device, ST_CHANGING, application, role, &found, NULL);
    }
    if (status != ST_OK) {
        return status;
    }
    status = st_pin_show(device, found, role, old_pin, keys, tries_left);
    if (status == ST_OK) {
        status = st_pin_set(device, found, role, new_pin, keys, 0);
    }
    if (status == ST_OK) {
        status = st_save_now(device);
    }
    if (status == ST_OK) {
        st_login_renew(device, found, role);
    }
    gmpki_cleanse(keys, sizeof keys);
    return st_leave(device, status);
}

/* Set the user's PIN, save, and end the user's login. keys begin with the user key. */
static enum st_status give_user_pin(st_device *device, st_application *application, const char *pin,
                                    const uint8_t *keys) {
    enum st_status status = st_pin_set(device, application, ST_USER, pin, keys, 0);
    if (status == ST_OK) {
        status = st_save_now(device);
    }
    if (status == ST_OK) {
        st_login_forget(device, application->id, 1u << ST_USER);
    }
    return status;
}

enum st_status st_pin_unblock(st_device *device, uint32_t application, const char *admin_pin, const char *new_user_pin,
                              uint32_t *tries_left) {
    st_application *found;
    uint8_t keys[ST_WRAPPED_KEYS_MAX];
    if (admin_pin == NULL || new_user_pin == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_pin_check_len(new_user_pin);
    if (status == ST_OK) {
        status = st_enter_application(device, ST_CHANGING, application, &found, NULL);
    }
    if (status != ST_OK) {
        return status;
    }
    status = st_pin_show(device, found, ST_ADMIN, admin_pin, keys, tries_left);
    if (status == ST_OK) {
        status = give_user_pin(device, found, new_user_pin, keys);
    }
    gmpki_cleanse(keys, sizeof keys);
    return st_leave(device, status);
}

enum st_status st_pin_init(st_device *device, uint32_t application, const char *user_pin) {
    st_application *found;
    unsigned who;
    if (user_pin == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_pin_check_len(user_pin);
    if (status == ST_OK) {
        status = st_enter_application(device, ST_CHANGING, application, &found, &who);
    }
    if (status != ST_OK) {
        return status;
    }
    status = st_may(ST_DO_SET_USER_PIN, who);
    if (status == ST_OK) {
        status = give_user_pin(device, found, user_pin, st_login_of(device, application)->user_key);
    }
    return st_leave(device, status);
}

enum st_status st_logout(st_device *device, uint32_t application) {
    enum st_status status = st_enter_application(device, ST_LOOKING, application, NULL, NULL);
    if (status != ST_OK) {
        return status;
    }
    st_login_forget(device, application, 1u << ST_ADMIN | 1u << ST_USER);
    return st_leave(device, ST_OK);
}

enum st_status st_login_state(st_device *device, uint32_t application, unsigned *roles) {
    if (roles == NULL) {
        return ST_ERR_ARGUMENT;
    }
    enum st_status status = st_enter_application(device, ST_LOOKING, application, NULL, NULL);
    if (status != ST_OK) {
        return status;
    }
    const st_login *login = st_login_of(device, application);
    *roles = login == NULL ? 0 : login->roles;
    return st_leave(device, ST_OK);
}
