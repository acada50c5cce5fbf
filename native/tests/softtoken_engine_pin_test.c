/* The engine: PINs, tries, logins. */
#include "softtoken_engine_support.h"

static uint32_t tries_left(st_device *device, uint32_t application, int role) {
    st_pin_info info = {0, 99, 0, 0};
    CHECK(st_pin_get_info(device, application, role, &info) == ST_OK);
    return info.tries_left;
}

static unsigned roles_of(st_device *device, uint32_t application) {
    unsigned roles = 99;
    CHECK(st_login_state(device, application, &roles) == ST_OK);
    return roles;
}

static void verifying(st_device *device, uint32_t application) {
    uint32_t tries = 99;
    CHECK(roles_of(device, application) == 0);
    CHECK(st_pin_verify(device, application, ST_USER, "wrong PIN", &tries) == ST_ERR_PIN_INCORRECT && tries == 2);
    CHECK(tries_left(device, application, ST_USER) == 2 && tries_left(device, application, ST_ADMIN) == 3);
    CHECK(roles_of(device, application) == 0);
    CHECK(st_pin_verify(device, application, ST_USER, "", &tries) == ST_ERR_PIN_INCORRECT && tries == 1);
    CHECK(st_pin_verify(device, application, ST_USER, USER_PIN, &tries) == ST_OK && tries == 3);
    CHECK(tries_left(device, application, ST_USER) == 3 && roles_of(device, application) == 1u << ST_USER);
    CHECK(login_admin(device, application) == ST_OK);
    CHECK(roles_of(device, application) == (1u << ST_USER | 1u << ST_ADMIN));
    CHECK(st_logout(device, application) == ST_OK && roles_of(device, application) == 0);
    CHECK(st_logout(device, application) == ST_OK);

    char longest[4096];
    memset(longest, '1', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    CHECK(st_pin_verify(device, application, ST_USER, longest, &tries) == ST_ERR_PIN_INCORRECT && tries == 2);
    CHECK(login_user(device, application) == ST_OK && st_logout(device, application) == ST_OK);

    CHECK(st_pin_verify(device, application, 2, USER_PIN, &tries) == ST_ERR_PIN_ROLE);
    CHECK(st_pin_verify(device, application, -1, USER_PIN, &tries) == ST_ERR_PIN_ROLE);
    CHECK(st_pin_verify(device, application, ST_USER, NULL, &tries) == ST_ERR_ARGUMENT);
    CHECK(st_pin_verify(device, 12345, ST_USER, USER_PIN, &tries) == ST_ERR_NO_APPLICATION);
    CHECK(st_pin_verify(NULL, application, ST_USER, USER_PIN, &tries) == ST_ERR_ARGUMENT);
    CHECK(st_pin_get_info(device, application, ST_USER, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_logout(device, 12345) == ST_ERR_NO_APPLICATION);
    CHECK(st_login_state(device, application, NULL) == ST_ERR_ARGUMENT);
    CHECK(tries_left(device, application, ST_USER) == 3);
}

static void changing(st_device *device, uint32_t application) {
    uint32_t tries = 99;
    st_pin_info info;
    CHECK(login_user(device, application) == ST_OK);
    CHECK(st_pin_change(device, application, ST_USER, "wrong PIN", "newpin", &tries) == ST_ERR_PIN_INCORRECT);
    CHECK(tries == 2);
    CHECK(st_pin_change(device, application, ST_USER, USER_PIN, "short", &tries) == ST_ERR_PIN_LEN);
    CHECK(tries_left(device, application, ST_USER) == 2);
    CHECK(st_pin_change(device, application, ST_USER, USER_PIN, "newpin", &tries) == ST_OK && tries == 3);
    CHECK(roles_of(device, application) == 1u << ST_USER); /* who changes his PIN stays logged in */
    CHECK(st_pin_get_info(device, application, ST_USER, &info) == ST_OK && !info.is_default && info.is_set);
    CHECK(st_pin_get_info(device, application, ST_ADMIN, &info) == ST_OK && info.is_default);
    CHECK(login_user(device, application) == ST_ERR_PIN_INCORRECT);
    CHECK(st_pin_verify(device, application, ST_USER, "newpin", NULL) == ST_OK);
    CHECK(st_pin_change(device, application, ST_USER, "newpin", USER_PIN, NULL) == ST_OK);
    CHECK(st_pin_change(device, application, ST_ADMIN, ADMIN_PIN, "new admin PIN", NULL) == ST_OK);
    CHECK(login_admin(device, application) == ST_ERR_PIN_INCORRECT);
    CHECK(st_pin_change(device, application, ST_ADMIN, "new admin PIN", ADMIN_PIN, NULL) == ST_OK);
    CHECK(st_pin_change(device, application, 7, USER_PIN, "newpin", NULL) == ST_ERR_PIN_ROLE);
    CHECK(st_pin_change(device, application, ST_USER, NULL, "newpin", NULL) == ST_ERR_ARGUMENT);
    CHECK(st_pin_change(device, application, ST_USER, USER_PIN, NULL, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_logout(device, application) == ST_OK);
}

static void locking_and_unblocking(st_device *device, uint32_t application) {
    uint32_t tries = 99;
    CHECK(login_user(device, application) == ST_OK);
    for (uint32_t left = 3; left-- > 0;) {
        enum st_status expected = left == 0 ? ST_ERR_PIN_LOCKED : ST_ERR_PIN_INCORRECT;
        CHECK(st_pin_verify(device, application, ST_USER, "wrong PIN", &tries) == expected && tries == left);
    }
    CHECK(st_pin_verify(device, application, ST_USER, USER_PIN, &tries) == ST_ERR_PIN_LOCKED && tries == 0);
    CHECK(st_pin_change(device, application, ST_USER, USER_PIN, "newpin", &tries) == ST_ERR_PIN_LOCKED && tries == 0);
    CHECK(st_pin_unblock(device, application, "wrong PIN", "newpin", &tries) == ST_ERR_PIN_INCORRECT && tries == 2);
    CHECK(st_pin_unblock(device, application, ADMIN_PIN, "short", &tries) == ST_ERR_PIN_LEN);
    CHECK(st_pin_unblock(device, application, NULL, "newpin", &tries) == ST_ERR_ARGUMENT);
    CHECK(st_pin_unblock(device, application, ADMIN_PIN, NULL, &tries) == ST_ERR_ARGUMENT);
    CHECK(tries_left(device, application, ST_USER) == 0 && tries_left(device, application, ST_ADMIN) == 2);
    CHECK(st_pin_unblock(device, application, ADMIN_PIN, "newpin", &tries) == ST_OK && tries == 3);
    CHECK(roles_of(device, application) == 0); /* the old PIN's login has ended */
    CHECK(tries_left(device, application, ST_USER) == 3);
    CHECK(st_pin_verify(device, application, ST_USER, "newpin", NULL) == ST_OK);

    CHECK(st_pin_init(device, application, USER_PIN) == ST_ERR_LOGIN); /* the user is not the administrator */
    CHECK(st_logout(device, application) == ST_OK);
    CHECK(st_pin_init(device, application, USER_PIN) == ST_ERR_LOGIN);
    CHECK(login_admin(device, application) == ST_OK);
    CHECK(st_pin_init(device, application, "short") == ST_ERR_PIN_LEN);
    CHECK(st_pin_init(device, application, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_pin_init(device, application, USER_PIN) == ST_OK);
    CHECK(roles_of(device, application) == 1u << ST_ADMIN);
    CHECK(login_user(device, application) == ST_OK && st_logout(device, application) == ST_OK);

    for (int i = 0; i < 3; i++) {
        CHECK(st_pin_unblock(device, application, "wrong PIN", "newpin", &tries) != ST_OK);
    }
    CHECK(tries == 0 && login_admin(device, application) == ST_ERR_PIN_LOCKED);
    CHECK(st_pin_unblock(device, application, ADMIN_PIN, "newpin", &tries) == ST_ERR_PIN_LOCKED && tries == 0);
    CHECK(login_user(device, application) == ST_OK);
}

/* Keys follow PINs through every change: what lay under the user's key can still be read. */
static void keys_stay(void) {
    char serial[ST_SERIAL_MAX + 1];
    uint8_t data[5];
    size_t len = sizeof data;
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_USER);
    CHECK(login_user(device, application) == ST_OK);
    CHECK(st_file_create(device, application, "f", 5, ST_BY_USER, ST_BY_USER) == ST_OK);
    CHECK(st_file_write(device, application, "f", 0, (const uint8_t *)"hello", 5) == ST_OK);
    CHECK(st_pin_change(device, application, ST_USER, USER_PIN, "second", NULL) == ST_OK);
    CHECK(st_pin_change(device, application, ST_ADMIN, ADMIN_PIN, "second admin", NULL) == ST_OK);
    CHECK(st_pin_unblock(device, application, "second admin", "third PIN", NULL) == ST_OK);
    CHECK(st_pin_verify(device, application, ST_ADMIN, "second admin", NULL) == ST_OK);
    CHECK(st_pin_init(device, application, "fourth PIN") == ST_OK);
    st_device_close(device);
    CHECK(st_device_open(serial, &device) == ST_OK);
    CHECK(st_file_read(device, application, "f", 0, data, &len) == ST_ERR_LOGIN);
    CHECK(st_pin_verify(device, application, ST_USER, "fourth PIN", NULL) == ST_OK);
    CHECK(st_file_read(device, application, "f", 0, data, &len) == ST_OK && memcmp(data, "hello", 5) == 0);
    drop_device(device, serial);
}

/* A try is spent on disk before the PIN is looked at: a device that cannot be written answers nothing. */
static void spent_before_looking(void) {
    char serial[ST_SERIAL_MAX + 1];
    uint32_t tries = 99;
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_USER);
    CHECK(mkdir(device_file(serial, "token.new"), 0700) == 0); /* in the way of every save */
    CHECK(st_pin_verify(device, application, ST_USER, USER_PIN, &tries) == ST_ERR_WRITE);
    CHECK(roles_of(device, application) == 0 && tries_left(device, application, ST_USER) == 3);
    CHECK(rmdir(device_file(serial, "token.new")) == 0);
    CHECK(st_pin_verify(device, application, ST_USER, USER_PIN, &tries) == ST_OK && tries == 3);
    drop_device(device, serial);
}

int main(void) {
    char serial[ST_SERIAL_MAX + 1];
    CHECK(begin_root() == 0);
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_USER);
    verifying(device, application);
    changing(device, application);
    locking_and_unblocking(device, application);
    drop_device(device, serial);
    keys_stay();
    spent_before_looking();
    end_root();
    return finish();
}
