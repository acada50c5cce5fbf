/* The engine: devices, their authentication, applications. */
#include "softtoken_engine_support.h"

/* ---- devices ---------------------------------------------------------------------------- */

static void making_and_finding(void) {
    char a[ST_SERIAL_MAX + 1] = "", b[ST_SERIAL_MAX + 1] = "";
    char serials[4][ST_SERIAL_MAX + 1];
    size_t count = 99;
    int state = -1;
    CHECK(st_device_list(0, NULL, &count) == ST_OK && count == 0);
    CHECK(st_device_create(NULL, "serial=B\npin_iterations=1\n", b) == ST_OK && strcmp(b, "B") == 0);
    CHECK(st_device_create(NULL, "serial=A\npin_iterations=1\n", a) == ST_OK);
    CHECK(st_device_create(NULL, "serial=A\npin_iterations=1\n", a) == ST_ERR_ARGUMENT);
    CHECK(st_device_create(NULL, "colour=red\n", a) == ST_ERR_ARGUMENT);
    CHECK(st_device_create(NULL, NULL, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_device_list(0, NULL, &count) == ST_OK && count == 2);
    CHECK(st_device_list(0, serials, NULL) == ST_ERR_ARGUMENT);
    count = 1;
    CHECK(st_device_list(0, serials, &count) == ST_ERR_BUFFER && count == 2);
    count = 4;
    CHECK(st_device_list(1, serials, &count) == ST_OK && count == 2);
    CHECK(strcmp(serials[0], "A") == 0 && strcmp(serials[1], "B") == 0);
    pull_out("A");
    count = 4;
    CHECK(st_device_list(1, serials, &count) == ST_OK && count == 1 && strcmp(serials[0], "B") == 0);
    count = 4;
    CHECK(st_device_list(0, serials, &count) == ST_OK && count == 2);
    CHECK(st_device_state("A", &state) == ST_OK && state == ST_ABSENT);
    CHECK(st_device_state("B", &state) == ST_OK && state == ST_PRESENT);
    CHECK(st_device_state("C", &state) == ST_OK && state == ST_UNKNOWN);
    CHECK(st_device_state("../B", &state) == ST_OK && state == ST_UNKNOWN);
    CHECK(st_device_state(NULL, &state) == ST_ERR_ARGUMENT && st_device_state("A", NULL) == ST_ERR_ARGUMENT);
    remove_tree(device_file("A", ""));
    remove_tree(device_file("B", ""));
}

static void opening(void) {
    char serial[ST_SERIAL_MAX + 1], other[ST_SERIAL_MAX + 1];
    st_device *again = NULL;
    st_device *device = new_device("serial=OPENED\n", serial);
    CHECK(st_device_open("OPENED", &again) == ST_OK && again == device);
    st_device_close(again);
    CHECK(st_device_open("NOWHERE", &again) == ST_ERR_NO_DEVICE && again == NULL);
    CHECK(st_device_open("../OPENED", &again) == ST_ERR_NO_DEVICE);
    CHECK(st_device_open("", &again) == ST_ERR_NO_DEVICE);
    CHECK(st_device_open("AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDD", &again) == ST_ERR_NO_DEVICE);
    CHECK(st_device_open(NULL, &again) == ST_ERR_ARGUMENT && st_device_open("OPENED", NULL) == ST_ERR_ARGUMENT);
    st_device_close(NULL);

    /* Another root has its own devices, whatever their names. */
    char second[512];
    (void)snprintf(second, sizeof second, "%s/second", test_root);
    CHECK(setenv("GMPKI_SOFTTOKEN_DIR", second, 1) == 0);
    CHECK(st_device_open("OPENED", &again) == ST_ERR_NO_DEVICE);
    CHECK(st_device_create(NULL, "serial=OPENED\npin_iterations=1\nlabel=second\n", other) == ST_OK);
    CHECK(st_device_open("OPENED", &again) == ST_OK && again != device);
    st_device_info info;
    CHECK(st_device_get_info(again, &info) == ST_OK && strcmp(info.label, "second") == 0);
    CHECK(st_device_get_info(device, &info) == ST_OK && strcmp(info.label, "SOFTWARE TOKEN") == 0);
    st_device_close(again);
    CHECK(setenv("GMPKI_SOFTTOKEN_DIR", test_root, 1) == 0);
    remove_tree(second);
    drop_device(device, serial);
}

static void describing(void) {
    char serial[ST_SERIAL_MAX + 1];
    st_device_info info;
    uint64_t before = 0, after = 0;
    st_device *device =
        new_device("max_applications=2\nmax_containers=3\nmax_session_keys=4\ntotal_space=5000\n", serial);
    CHECK(st_device_get_info(device, &info) == ST_OK);
    CHECK(strcmp(info.serial, serial) == 0 && strcmp(info.label, "SOFTWARE TOKEN") == 0);
    CHECK(info.total_space == 5000 && info.free_space == 5000 && info.applications == 0);
    CHECK(info.max_applications == 2 && info.max_containers == 3 && info.max_session_keys == 4);
    CHECK(st_device_generation(device, &before) == ST_OK);
    CHECK(st_device_set_label(device, "\xe7\xa4\xba\xe4\xbe\x8b") == ST_OK);
    CHECK(st_device_generation(device, &after) == ST_OK && after != before);
    CHECK(st_device_get_info(device, &info) == ST_OK && strcmp(info.label, "\xe7\xa4\xba\xe4\xbe\x8b") == 0);
    CHECK(st_device_set_label(device, "1234567890123456789012345678901") == ST_OK);
    CHECK(st_device_set_label(device, "12345678901234567890123456789012") == ST_ERR_NAME);
    CHECK(st_device_set_label(device, "") == ST_ERR_NAME && st_device_set_label(device, "\xff") == ST_ERR_NAME);
    CHECK(st_device_set_label(device, NULL) == ST_ERR_ARGUMENT && st_device_set_label(NULL, "x") == ST_ERR_ARGUMENT);
    CHECK(st_device_get_info(device, NULL) == ST_ERR_ARGUMENT && st_device_get_info(NULL, &info) == ST_ERR_ARGUMENT);
    CHECK(st_device_generation(device, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_device_get_info(device, &info) == ST_OK && strlen(info.label) == 31);
    drop_device(device, serial);
}

static void pulling_out(void) {
    char serial[ST_SERIAL_MAX + 1];
    st_device_info info;
    st_device *again = NULL;
    unsigned roles = 9;
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_USER);
    CHECK(login_user(device, application) == ST_OK);
    pull_out(serial);
    CHECK(st_device_get_info(device, &info) == ST_ERR_REMOVED);
    CHECK(st_device_lock(device, &info, 0) == ST_ERR_REMOVED);
    CHECK(st_device_open(serial, &again) == ST_ERR_REMOVED && again == NULL);
    put_in(serial);
    CHECK(st_device_get_info(device, &info) == ST_ERR_REMOVED); /* who had it open must open it anew */
    CHECK(st_device_open(serial, &again) == ST_OK && again != device);
    CHECK(st_login_state(again, application, &roles) == ST_OK && roles == 0);
    st_device_close(again);
    drop_device(device, serial);

    device = new_device("", serial);
    remove_tree(device_file(serial, ""));
    CHECK(st_device_get_info(device, &info) == ST_ERR_NO_DEVICE);
    CHECK(st_device_set_label(device, "gone") == ST_ERR_NO_DEVICE);
    st_device_close(device);
}

/* ---- authentication --------------------------------------------------------------------- */

static void authenticating(void) {
    static const uint8_t other_key[16] = {1, 2, 3};
    char serial[ST_SERIAL_MAX + 1];
    uint8_t random[16], zeros[16] = {0};
    st_device *device = new_device("", serial);
    CHECK(st_device_authenticate(device, zeros) == ST_ERR_DEVICE_AUTH); /* nothing was drawn */
    CHECK(st_device_change_key(device, other_key) == ST_ERR_DEVICE_AUTH);
    CHECK(show_key(device, other_key) == ST_ERR_DEVICE_AUTH);
    CHECK(show_key(device, FACTORY_KEY) == ST_OK);
    CHECK(st_device_change_key(device, other_key) == ST_OK);
    CHECK(st_device_change_key(device, other_key) == ST_OK); /* it was shown, and then changed by whom it was shown */
    CHECK(show_key(device, FACTORY_KEY) == ST_ERR_DEVICE_AUTH);
    CHECK(st_device_change_key(device, FACTORY_KEY) == ST_ERR_DEVICE_AUTH); /* a failure takes the right away */
    CHECK(show_key(device, other_key) == ST_OK);

    /* Only 8 bytes make a challenge, and each serves once. */
    uint8_t block[16] = {0};
    size_t len = sizeof block;
    st_cipher_spec spec = {
        .algorithm = ST_SM4, .mode = ST_ECB, .direction = ST_ENCRYPT, .key = other_key, .key_len = sizeof other_key};
    CHECK(st_device_random(device, block, 8) == ST_OK && st_device_random(device, random, 16) == ST_OK);
    CHECK(st_cipher_once(&spec, block, &len, block, sizeof block) == ST_OK);
    CHECK(st_device_authenticate(device, block) == ST_OK);
    CHECK(st_device_authenticate(device, block) == ST_ERR_DEVICE_AUTH);
    len = sizeof random;
    CHECK(st_cipher_once(&spec, random, &len, random, sizeof random) == ST_OK);
    CHECK(st_device_authenticate(device, random) == ST_ERR_DEVICE_AUTH);
    CHECK(st_device_random(device, NULL, 0) == ST_OK);
    CHECK(st_device_random(device, NULL, 8) == ST_ERR_ARGUMENT && st_device_random(NULL, random, 8) == ST_ERR_ARGUMENT);
    CHECK(st_device_authenticate(device, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_device_change_key(device, NULL) == ST_ERR_ARGUMENT);

    /* It is forgotten with the last close, and with the key it was made with. */
    CHECK(show_key(device, other_key) == ST_OK);
    st_device_close(device);
    CHECK(st_device_open(serial, &device) == ST_OK);
    CHECK(st_device_change_key(device, other_key) == ST_ERR_DEVICE_AUTH);
    CHECK(show_key(device, other_key) == ST_OK);
    char settings[128], same[ST_SERIAL_MAX + 1];
    (void)snprintf(settings, sizeof settings, "serial=%s\npin_iterations=1\nreplace=1\n", serial);
    CHECK(st_device_create(NULL, settings, same) == ST_OK);
    CHECK(st_device_change_key(device, other_key) == ST_ERR_DEVICE_AUTH);
    drop_device(device, serial);
}

/* ---- applications ----------------------------------------------------------------------- */

static void refusing_applications(st_device *device) {
    uint32_t id = 77;
#define TRY(name, admin, tries, user, rights) st_application_create(device, name, admin, tries, user, 3, rights, 1, &id)
    CHECK(TRY(NULL, ADMIN_PIN, 3, USER_PIN, ST_BY_USER) == ST_ERR_ARGUMENT);
    CHECK(TRY("x", NULL, 3, USER_PIN, ST_BY_USER) == ST_ERR_ARGUMENT);
    CHECK(TRY("x", ADMIN_PIN, ST_TRIES_MAX + 1, USER_PIN, ST_BY_USER) == ST_ERR_ARGUMENT);
    CHECK(TRY("x", ADMIN_PIN, 3, USER_PIN, 0x02) == ST_ERR_ARGUMENT);
    CHECK(TRY("", ADMIN_PIN, 3, USER_PIN, ST_BY_USER) == ST_ERR_NAME);
    CHECK(TRY("123456789012345678901234567890123", ADMIN_PIN, 3, USER_PIN, ST_BY_USER) == ST_ERR_NAME);
    CHECK(TRY("\xc0\x80", ADMIN_PIN, 3, USER_PIN, ST_BY_USER) == ST_ERR_NAME);
    CHECK(TRY("x", "12345", 3, USER_PIN, ST_BY_USER) == ST_ERR_PIN_LEN);
    CHECK(TRY("x", ADMIN_PIN, 3, "", ST_BY_USER) == ST_ERR_PIN_LEN);
    CHECK(TRY("x", ADMIN_PIN, 3, "12345678901234567890123456789012345678901234567890123456789012345", ST_BY_USER) ==
          ST_ERR_PIN_LEN);
#undef TRY
    CHECK(st_application_create(device, "x", ADMIN_PIN, 3, USER_PIN, 3, ST_BY_USER, 0, &id) == ST_ERR_DEVICE_AUTH);
    CHECK(st_application_create(device, "x", ADMIN_PIN, 3, USER_PIN, 3, ST_BY_USER, 1, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_application_create(NULL, "x", ADMIN_PIN, 3, USER_PIN, 3, ST_BY_USER, 1, &id) == ST_ERR_ARGUMENT);
    CHECK(id == 77);
}

static void applications(void) {
    char serial[ST_SERIAL_MAX + 1], name[ST_APPLICATION_NAME_MAX + 1] = "";
    uint32_t first = 0, second = 0, found = 0, ids[4];
    size_t count = 0;
    st_device *device = new_device("max_applications=2\n", serial);
    refusing_applications(device);
    CHECK(show_key(device, FACTORY_KEY) == ST_OK);
    CHECK(st_application_create(device, "first", ADMIN_PIN, 3, USER_PIN, 0, ST_BY_USER, 0, &first) == ST_OK);
    CHECK(st_application_create(device, "first", ADMIN_PIN, 3, USER_PIN, 3, ST_BY_USER, 0, &second) ==
          ST_ERR_APPLICATION_EXISTS);
    second = new_application(device, "second", ST_BY_ADMIN);
    CHECK(second > first);
    CHECK(st_application_create(device, "third", ADMIN_PIN, 3, USER_PIN, 3, ST_BY_USER, 0, &found) == ST_ERR_NO_ROOM);
    CHECK(st_application_list(device, NULL, &count) == ST_OK && count == 2);
    count = 1;
    CHECK(st_application_list(device, ids, &count) == ST_ERR_BUFFER && count == 2);
    CHECK(st_application_list(device, ids, &count) == ST_OK && ids[0] == first && ids[1] == second);
    CHECK(st_application_find(device, "second", &found) == ST_OK && found == second);
    CHECK(st_application_find(device, "third", &found) == ST_ERR_NO_APPLICATION && found == second);
    CHECK(st_application_name(device, second, name) == ST_OK && strcmp(name, "second") == 0);
    CHECK(st_application_name(device, 12345, name) == ST_ERR_NO_APPLICATION);
    CHECK(st_application_name(device, second, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_application_create_rights(device, first, &found) == ST_OK && found == ST_BY_USER);
    CHECK(st_application_create_rights(device, second, &found) == ST_OK && found == ST_BY_ADMIN);
    CHECK(st_application_create_rights(device, 12345, &found) == ST_ERR_NO_APPLICATION && found == ST_BY_ADMIN);
    CHECK(st_application_create_rights(device, first, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_application_find(device, NULL, &found) == ST_ERR_ARGUMENT);
    CHECK(st_application_list(device, ids, NULL) == ST_ERR_ARGUMENT);

    /* The number of tries that the device's profile has. */
    st_pin_info info;
    CHECK(st_pin_get_info(device, first, ST_USER, &info) == ST_OK && info.max_tries == info.tries_left);
    CHECK(info.max_tries > 3 && info.is_default && info.is_set);

    CHECK(st_application_delete(device, "third") == ST_ERR_NO_APPLICATION);
    CHECK(st_application_delete(device, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_application_delete(device, "second") == ST_OK);
    CHECK(st_application_name(device, second, name) == ST_ERR_NO_APPLICATION);
    CHECK(new_application(device, "second", ST_BY_ADMIN) > second); /* an id is never used again */
    st_device_close(device);
    CHECK(st_device_open(serial, &device) == ST_OK);
    CHECK(st_application_delete(device, "second") == ST_ERR_DEVICE_AUTH);
    drop_device(device, serial);
}

static void formatting(void) {
    char serial[ST_SERIAL_MAX + 1], name[ST_APPLICATION_NAME_MAX + 1] = "";
    uint32_t container = 0, tries = 99;
    size_t count = 99;
    unsigned roles = 99;
    st_pin_info info;
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_ANYONE);
    uint32_t other = new_application(device, "other", ST_BY_ANYONE);
    CHECK(login_user(device, application) == ST_OK && login_user(device, other) == ST_OK);
    CHECK(st_container_create(device, application, "con1", &container) == ST_OK);
    CHECK(st_file_create(device, application, "f", 10, ST_BY_ANYONE, ST_BY_ANYONE) == ST_OK);
    CHECK(st_application_format(device, application, "new", "wrong PIN", &tries) == ST_ERR_PIN_INCORRECT && tries == 2);
    CHECK(st_application_format(device, application, "other", ADMIN_PIN, &tries) == ST_ERR_APPLICATION_EXISTS);
    CHECK(st_application_format(device, application, "", ADMIN_PIN, &tries) == ST_ERR_NAME);
    CHECK(st_application_format(device, application, NULL, ADMIN_PIN, &tries) == ST_ERR_ARGUMENT);
    CHECK(st_application_format(device, 12345, "new", ADMIN_PIN, &tries) == ST_ERR_NO_APPLICATION);
    CHECK(st_container_list(device, application, NULL, &count) == ST_OK && count == 1);
    CHECK(st_application_format(device, application, "new", ADMIN_PIN, &tries) == ST_OK && tries == 3);
    CHECK(st_application_name(device, application, name) == ST_OK && strcmp(name, "new") == 0);
    CHECK(st_container_list(device, application, NULL, &count) == ST_OK && count == 0);
    CHECK(st_file_list(device, application, NULL, &count) == ST_OK && count == 0);
    CHECK(st_login_state(device, application, &roles) == ST_OK && roles == 0);
    CHECK(st_pin_get_info(device, application, ST_USER, &info) == ST_OK && !info.is_set && info.tries_left == 3);
    CHECK(login_user(device, application) == ST_ERR_PIN_NOT_SET);
    CHECK(login_admin(device, application) == ST_OK && st_pin_init(device, application, USER_PIN) == ST_OK);
    CHECK(login_user(device, application) == ST_OK);
    CHECK(st_login_state(device, other, &roles) == ST_OK && roles == 1u << ST_USER);
    drop_device(device, serial);
}

int main(void) {
    CHECK(begin_root() == 0);
    making_and_finding();
    opening();
    describing();
    pulling_out();
    authenticating();
    applications();
    formatting();
    end_root();
    return finish();
}
