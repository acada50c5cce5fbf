/* Everything that changes a device, as one table; and the device it is done to. */
#include "softtoken_faults.h"

#include <string.h>

#include "gmpki/sm4.h"

static uint8_t large_content[20000]; /* a state of more than one piece */

static const uint8_t certificate[] = {0x30, 0x03, 0x02, 0x01, 0x05};
static const uint8_t other_certificate[] = {0x30, 0x04, 0x02, 0x02, 0x01, 0x00};

/* ---- operations ------------------------------------------------------------------------- */

static enum st_status create_device(const fault_target *on) {
    char serial[ST_SERIAL_MAX + 1];
    (void)on;
    return st_device_create(NULL, FAULT_SETTINGS, serial);
}

static enum st_status reset_device(const fault_target *on) {
    char serial[ST_SERIAL_MAX + 1];
    (void)on;
    return st_device_create(NULL, FAULT_SETTINGS "replace=1\n", serial);
}

static enum st_status set_label(const fault_target *on) {
    return st_device_set_label(on->device, "another label");
}

static enum st_status change_device_key(const fault_target *on) {
    return st_device_change_key(on->device, (const uint8_t *)"a device key 016");
}

static enum st_status create_application(const fault_target *on) {
    uint32_t id;
    return st_application_create(on->device, "second", ADMIN_PIN, 6, USER_PIN, 6, ST_BY_USER, 0, &id);
}

static enum st_status delete_application(const fault_target *on) {
    return st_application_delete(on->device, FAULT_APPLICATION);
}

static enum st_status format_application(const fault_target *on) {
    uint32_t left;
    return st_application_format(on->device, on->application, "formatted", ADMIN_PIN, &left);
}

static enum st_status verify_user(const fault_target *on) {
    return st_pin_verify(on->device, on->application, ST_USER, USER_PIN, NULL);
}

static enum st_status verify_user_wrong(const fault_target *on) {
    return st_pin_verify(on->device, on->application, ST_USER, "not the PIN", NULL);
}

static enum st_status verify_admin_wrong(const fault_target *on) {
    return st_pin_verify(on->device, on->application, ST_ADMIN, "not the PIN", NULL);
}

static enum st_status change_user_pin(const fault_target *on) {
    return st_pin_change(on->device, on->application, ST_USER, USER_PIN, NEW_PIN, NULL);
}

static enum st_status change_user_pin_wrong(const fault_target *on) {
    return st_pin_change(on->device, on->application, ST_USER, "not the PIN", NEW_PIN, NULL);
}

static enum st_status change_admin_pin(const fault_target *on) {
    return st_pin_change(on->device, on->application, ST_ADMIN, ADMIN_PIN, NEW_PIN, NULL);
}

static enum st_status unblock_user_pin(const fault_target *on) {
    return st_pin_unblock(on->device, on->application, ADMIN_PIN, NEW_PIN, NULL);
}

static enum st_status init_user_pin(const fault_target *on) {
    return st_pin_init(on->device, on->application, NEW_PIN);
}

static enum st_status create_file(const fault_target *on) {
    return st_file_create(on->device, on->application, "new", 3000, ST_BY_USER, ST_BY_USER);
}

static enum st_status write_clear_file(const fault_target *on) {
    return st_file_write(on->device, on->application, "clear", 19000, (const uint8_t *)"written", 7);
}

static enum st_status write_sealed_file(const fault_target *on) {
    return st_file_write(on->device, on->application, "sealed", 50, (const uint8_t *)"written", 7);
}

static enum st_status delete_file(const fault_target *on) {
    return st_file_delete(on->device, on->application, "sealed");
}

static enum st_status create_container(const fault_target *on) {
    uint32_t id;
    return st_container_create(on->device, on->application, "con2", &id);
}

static enum st_status delete_container(const fault_target *on) {
    return st_container_delete(on->device, on->application, on->container);
}

static enum st_status generate_sm2(const fault_target *on) {
    st_public_key key;
    return st_key_generate_sm2(on->device, on->application, on->container, ST_ENCRYPTION, &key);
}

static enum st_status generate_again(const fault_target *on) {
    st_public_key key;
    return st_key_generate_sm2(on->device, on->application, on->container, ST_SIGNING, &key);
}

static enum st_status import_sm2(const fault_target *on) {
    static const uint8_t d[32] = {0x39, 0x45, 0x20, 0x8F};
    return st_key_import_sm2(on->device, on->application, on->container, ST_ENCRYPTION, d, NULL);
}

static enum st_status delete_key(const fault_target *on) {
    return st_key_delete(on->device, on->application, on->container, ST_SIGNING);
}

static enum st_status set_certificate(const fault_target *on) {
    return st_certificate_set(on->device, on->application, on->container, ST_SIGNING, other_certificate,
                              sizeof other_certificate);
}

static enum st_status remove_certificate(const fault_target *on) {
    return st_certificate_set(on->device, on->application, on->container, ST_SIGNING, NULL, 0);
}

static enum st_status set_attributes(const fault_target *on) {
    return st_attributes_set(on->device, on->application, on->container, ST_SIGNING, (const uint8_t *)"label", 5);
}

static enum st_status create_object(const fault_target *on) {
    uint32_t id;
    return st_object_create(on->device, on->application, 1, (const uint8_t *)"another object", 14, &id);
}

static enum st_status replace_object(const fault_target *on) {
    return st_object_replace(on->device, on->application, on->object, (const uint8_t *)"replaced", 8);
}

static enum st_status delete_object(const fault_target *on) {
    return st_object_delete(on->device, on->application, on->object);
}

const operation operations[] = {
    {"create device", NEEDS_NOTHING_THERE, -1, create_device},
    {"reset device", 0, -1, reset_device},
    {"set label", 0, -1, set_label},
    {"change device key", NEEDS_DEVICE, -1, change_device_key},
    {"create application", NEEDS_DEVICE, -1, create_application},
    {"delete application", NEEDS_DEVICE, -1, delete_application},
    {"format application", 0, ST_ADMIN, format_application},
    {"verify user PIN", 0, ST_USER, verify_user},
    {"verify user PIN, wrong", 0, ST_USER, verify_user_wrong},
    {"verify admin PIN, wrong", 0, ST_ADMIN, verify_admin_wrong},
    {"change user PIN", 0, ST_USER, change_user_pin},
    {"change user PIN, wrong", 0, ST_USER, change_user_pin_wrong},
    {"change admin PIN", 0, ST_ADMIN, change_admin_pin},
    {"unblock user PIN", 0, ST_ADMIN, unblock_user_pin},
    {"set user PIN by admin", NEEDS_ADMIN, -1, init_user_pin},
    {"create file", NEEDS_USER, -1, create_file},
    {"write clear file", NEEDS_USER, -1, write_clear_file},
    {"write sealed file", NEEDS_USER, -1, write_sealed_file},
    {"delete file", NEEDS_USER, -1, delete_file},
    {"create container", NEEDS_USER, -1, create_container},
    {"delete container", NEEDS_USER, -1, delete_container},
    {"generate SM2 pair", NEEDS_USER, -1, generate_sm2},
    {"generate SM2 pair again", NEEDS_USER, -1, generate_again},
    {"import SM2 pair", NEEDS_USER, -1, import_sm2},
    {"delete key", NEEDS_USER, -1, delete_key},
    {"set certificate", NEEDS_USER, -1, set_certificate},
    {"remove certificate", NEEDS_USER, -1, remove_certificate},
    {"set attributes", NEEDS_USER, -1, set_attributes},
    {"create object", NEEDS_USER, -1, create_object},
    {"replace object", NEEDS_USER, -1, replace_object},
    {"delete object", NEEDS_USER, -1, delete_object},
};

const size_t operation_count = sizeof operations / sizeof operations[0];

/* ---- what they begin with --------------------------------------------------------------- */

static int authenticate(st_device *device) {
    uint8_t challenge[16] = {0};
    uint8_t response[16];
    gmpki_sm4_key key;
    return st_device_random(device, challenge, 8) == ST_OK &&
           gmpki_sm4_key_init(&key, (const uint8_t *)"1234567812345678") == GMPKI_OK &&
           gmpki_sm4_blocks(&key, GMPKI_SM4_ENCRYPT, response, challenge, 1) == GMPKI_OK &&
           st_device_authenticate(device, response) == ST_OK;
}

static int fill_base(st_device *device) {
    st_public_key key;
    uint32_t application, container, object;
    for (size_t i = 0; i < sizeof large_content; i++) {
        large_content[i] = (uint8_t)(i * 7);
    }
    return authenticate(device) &&
           st_application_create(device, FAULT_APPLICATION, ADMIN_PIN, 15, USER_PIN, 15, ST_BY_USER, 0, &application) ==
               ST_OK &&
           st_pin_verify(device, application, ST_USER, USER_PIN, NULL) == ST_OK &&
           st_container_create(device, application, "con1", &container) == ST_OK &&
           st_key_generate_sm2(device, application, container, ST_SIGNING, &key) == ST_OK &&
           st_certificate_set(device, application, container, ST_SIGNING, certificate, sizeof certificate) == ST_OK &&
           st_file_create(device, application, "clear", sizeof large_content, ST_BY_ANYONE, ST_BY_USER) == ST_OK &&
           st_file_write(device, application, "clear", 0, large_content, sizeof large_content) == ST_OK &&
           st_file_create(device, application, "sealed", 100, ST_BY_USER, ST_BY_USER) == ST_OK &&
           st_file_write(device, application, "sealed", 0, large_content, 100) == ST_OK &&
           st_object_create(device, application, 1, (const uint8_t *)"an object", 9, &object) == ST_OK &&
           st_pin_verify(device, application, ST_USER, "not the PIN", NULL) == ST_ERR_PIN_INCORRECT &&
           st_pin_verify(device, application, ST_ADMIN, "not the PIN", NULL) == ST_ERR_PIN_INCORRECT;
}

int make_base(void) {
    char serial[ST_SERIAL_MAX + 1];
    st_device *device = NULL;
    int good = st_device_create(NULL, FAULT_SETTINGS, serial) == ST_OK && st_device_open(serial, &device) == ST_OK &&
               fill_base(device);
    st_device_close(device);
    return good;
}

int prepare(const operation *what, fault_target *on) {
    uint32_t objects[ST_LIST_MAX];
    size_t count = ST_LIST_MAX;
    *on = (fault_target){.device = NULL};
    if ((what->needs & NEEDS_NOTHING_THERE) != 0) {
        return 1;
    }
    if (st_device_open(FAULT_SERIAL, &on->device) != ST_OK ||
        st_application_find(on->device, FAULT_APPLICATION, &on->application) != ST_OK ||
        st_container_find(on->device, on->application, "con1", &on->container) != ST_OK) {
        return 0;
    }
    if ((what->needs & NEEDS_DEVICE) != 0 && !authenticate(on->device)) {
        return 0;
    }
    if ((what->needs & NEEDS_ADMIN) != 0 &&
        st_pin_verify(on->device, on->application, ST_ADMIN, ADMIN_PIN, NULL) != ST_OK) {
        return 0;
    }
    if ((what->needs & NEEDS_USER) == 0) {
        return 1;
    }
    if (st_pin_verify(on->device, on->application, ST_USER, USER_PIN, NULL) != ST_OK ||
        st_object_list(on->device, on->application, objects, &count) != ST_OK || count == 0) {
        return 0;
    }
    on->object = objects[0];
    return 1;
}
