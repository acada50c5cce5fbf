/* What the tests of the software token's engine share: devices that cost little, and an application in them. */
#ifndef GMPKI_TESTS_SOFTTOKEN_ENGINE_SUPPORT_H
#define GMPKI_TESTS_SOFTTOKEN_ENGINE_SUPPORT_H

#include "softtoken_folder.h"

#include "check.h"
#include "softtoken/engine.h"

#define USER_PIN "12345678"
#define ADMIN_PIN "87654321"
#define FACTORY_KEY ((const uint8_t *)"1234567812345678")

/* Make a device with further settings and open it. */
static inline st_device *new_device(const char *settings, char serial[ST_SERIAL_MAX + 1]) {
    char all[256];
    st_device *device = NULL;
    (void)snprintf(all, sizeof all, "pin_iterations=1\n%s", settings);
    CHECK(st_device_create(NULL, all, serial) == ST_OK);
    CHECK(st_device_open(serial, &device) == ST_OK);
    return device;
}

static inline void drop_device(st_device *device, const char *serial) {
    st_device_close(device);
    remove_tree(device_file(serial, ""));
}

/* Show the device a key (GM/T 0016-2012 8.2.3). */
static inline enum st_status show_key(st_device *device, const uint8_t key[16]) {
    uint8_t block[16] = {0};
    size_t len = sizeof block;
    st_cipher_spec spec = {
        .algorithm = ST_SM4, .mode = ST_ECB, .direction = ST_ENCRYPT, .key = key, .key_len = ST_MAX_BLOCK_LEN};
    enum st_status status = st_device_random(device, block, 8);
    if (status == ST_OK) {
        status = st_cipher_once(&spec, block, &len, block, sizeof block);
    }
    return status == ST_OK ? st_device_authenticate(device, block) : status;
}

static inline uint32_t new_application(st_device *device, const char *name, uint32_t create_rights) {
    uint32_t application = 0;
    CHECK(st_application_create(device, name, ADMIN_PIN, 3, USER_PIN, 3, create_rights, 1, &application) == ST_OK);
    return application;
}

static inline enum st_status login_user(st_device *device, uint32_t application) {
    return st_pin_verify(device, application, ST_USER, USER_PIN, NULL);
}

static inline enum st_status login_admin(st_device *device, uint32_t application) {
    return st_pin_verify(device, application, ST_ADMIN, ADMIN_PIN, NULL);
}

/* Pull a device out, put it in again. */
static inline void pull_out(const char *serial) {
    CHECK(write_test_file(device_file(serial, "absent"), NULL, 0) == 0);
}

static inline void put_in(const char *serial) {
    CHECK(remove(device_file(serial, "absent")) == 0);
}

#endif /* GMPKI_TESTS_SOFTTOKEN_ENGINE_SUPPORT_H */
