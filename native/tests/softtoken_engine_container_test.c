/* The engine: containers, certificates, attributes, generic objects. */
#include "softtoken_engine_support.h"

static const uint8_t certificate[] = {0x30, 0x03, 0x02, 0x01, 0x05};

static void containers(void) {
    char serial[ST_SERIAL_MAX + 1];
    uint32_t first = 0, second = 0, found = 0, ids[4];
    size_t count = 0;
    st_container_info info;
    st_device *device = new_device("max_containers=2\n", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_USER);
    CHECK(st_container_create(device, application, "con1", &first) == ST_ERR_LOGIN);
    CHECK(login_admin(device, application) == ST_OK);
    CHECK(st_container_create(device, application, "con1", &first) == ST_ERR_LOGIN && first == 0);
    CHECK(login_user(device, application) == ST_OK);
    CHECK(st_container_create(device, application, "con1", &first) == ST_OK);
    CHECK(st_container_create(device, application, "con1", &second) == ST_ERR_CONTAINER_EXISTS);
    CHECK(st_container_create(device, application, "", &second) == ST_ERR_NAME);
    CHECK(st_container_create(device, application, "12345678901234567890123456789012345678901234567890123456789012345",
                              &second) == ST_ERR_NAME);
    CHECK(st_container_create(device, application, NULL, &second) == ST_ERR_ARGUMENT);
    CHECK(st_container_create(device, application, "con2", NULL) == ST_ERR_ARGUMENT);
    CHECK(st_container_create(device, 12345, "con2", &second) == ST_ERR_NO_APPLICATION);
    CHECK(st_container_create(device, application, "con2", &second) == ST_OK && second > first);
    CHECK(st_container_create(device, application, "con3", &found) == ST_ERR_TOO_MANY_CONTAINERS);
    CHECK(st_container_find(device, application, "con2", &found) == ST_OK && found == second);
    CHECK(st_container_find(device, application, "con3", &found) == ST_ERR_NO_CONTAINER);
    CHECK(st_container_find(device, application, NULL, &found) == ST_ERR_ARGUMENT);
    CHECK(st_container_list(device, application, NULL, &count) == ST_OK && count == 2);
    count = 1;
    CHECK(st_container_list(device, application, ids, &count) == ST_ERR_BUFFER && count == 2);
    CHECK(st_container_list(device, application, ids, &count) == ST_OK && ids[0] == first && ids[1] == second);
    CHECK(st_container_list(device, application, ids, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_container_get_info(device, application, first, &info) == ST_OK && strcmp(info.name, "con1") == 0);
    CHECK(info.kind == ST_NO_KEY && info.key_kind[0] == ST_NO_KEY && info.certificate_len[1] == 0);
    CHECK(st_container_get_info(device, application, 12345, &info) == ST_ERR_NO_CONTAINER);
    CHECK(st_container_get_info(device, application, first, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_logout(device, application) == ST_OK);
    CHECK(st_container_delete(device, application, second) == ST_ERR_LOGIN);
    CHECK(login_user(device, application) == ST_OK);
    CHECK(st_container_delete(device, application, second) == ST_OK);
    CHECK(st_container_delete(device, application, second) == ST_ERR_NO_CONTAINER);
    CHECK(st_container_create(device, application, "con2", &found) == ST_OK && found > second);
    drop_device(device, serial);
}

/* What is not one SEQUENCE in DER. */
static void refusing_certificates(st_device *device, uint32_t application, uint32_t container) {
    static const struct {
        size_t len;
        uint8_t der[8];
    } bad[] = {
        {1, {0x30}},
        {5, {0x31, 0x03, 0x02, 0x01, 0x05}},
        {4, {0x30, 0x03, 0x02, 0x01}},
        {6, {0x30, 0x03, 0x02, 0x01, 0x05, 0x00}},
        {6, {0x30, 0x81, 0x03, 0x02, 0x01, 0x05}},
        {7, {0x30, 0x82, 0x00, 0x03, 0x02, 0x01, 0x05}},
        {7, {0x30, 0x80, 0x02, 0x01, 0x05, 0x00, 0x00}},
        {8, {0x30, 0x83, 0x00, 0x00, 0x03, 0x02, 0x01, 0x05}},
        {3, {0x30, 0x82, 0x01}},
        {2, {0x30, 0x81}},
    };
    static const uint8_t long_one[ST_CERTIFICATE_MAX + 1] = {0x30, 0x82};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(st_certificate_set(device, application, container, ST_SIGNING, bad[i].der, bad[i].len) == ST_ERR_INPUT);
    }
    CHECK(st_certificate_set(device, application, container, ST_SIGNING, long_one, sizeof long_one) ==
          ST_ERR_INPUT_LEN);
    CHECK(st_certificate_set(device, application, container, ST_SIGNING, NULL, 5) == ST_ERR_ARGUMENT);
    CHECK(st_certificate_set(device, application, container, 2, certificate, 5) == ST_ERR_ARGUMENT);
    CHECK(st_certificate_set(device, application, 12345, ST_SIGNING, certificate, 5) == ST_ERR_NO_CONTAINER);
}

static void certificates(void) {
    static uint8_t largest[ST_CERTIFICATE_MAX] = {0x30, 0x82, (ST_CERTIFICATE_MAX - 4) >> 8,
                                                  (ST_CERTIFICATE_MAX - 4) & 0xFF};
    static uint8_t read[ST_CERTIFICATE_MAX];
    uint8_t middle[131] = {0x30, 0x81, 128};
    char serial[ST_SERIAL_MAX + 1];
    uint32_t container = 0;
    size_t len = 0;
    st_container_info info;
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_USER);
    CHECK(login_user(device, application) == ST_OK);
    CHECK(st_container_create(device, application, "con1", &container) == ST_OK);
    CHECK(st_logout(device, application) == ST_OK); /* nobody need log in for certificates */
    refusing_certificates(device, application, container);
    CHECK(st_certificate_get(device, application, container, ST_SIGNING, NULL, &len) == ST_ERR_NO_CERTIFICATE);
    CHECK(st_certificate_set(device, application, container, ST_SIGNING, certificate, sizeof certificate) == ST_OK);
    CHECK(st_certificate_set(device, application, container, ST_ENCRYPTION, largest, sizeof largest) == ST_OK);
    CHECK(st_certificate_get(device, application, container, ST_SIGNING, NULL, &len) == ST_OK && len == 5);
    len = 4;
    CHECK(st_certificate_get(device, application, container, ST_SIGNING, read, &len) == ST_ERR_BUFFER && len == 5);
    CHECK(st_certificate_get(device, application, container, ST_SIGNING, read, &len) == ST_OK && len == 5);
    CHECK(memcmp(read, certificate, 5) == 0);
    len = sizeof read;
    CHECK(st_certificate_get(device, application, container, ST_ENCRYPTION, read, &len) == ST_OK);
    CHECK(len == sizeof largest && memcmp(read, largest, len) == 0);
    CHECK(st_certificate_get(device, application, container, ST_SIGNING, read, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_certificate_get(device, application, container, -1, read, &len) == ST_ERR_ARGUMENT);
    CHECK(st_container_get_info(device, application, container, &info) == ST_OK);
    CHECK(info.certificate_len[ST_SIGNING] == 5 && info.certificate_len[ST_ENCRYPTION] == sizeof largest);
    CHECK(st_certificate_set(device, application, container, ST_SIGNING, middle, sizeof middle) == ST_OK);
    CHECK(st_certificate_set(device, application, container, ST_SIGNING, NULL, 0) == ST_OK);
    CHECK(st_certificate_get(device, application, container, ST_SIGNING, NULL, &len) == ST_ERR_NO_CERTIFICATE);
    drop_device(device, serial);
}

static void attributes(void) {
    static const uint8_t large[ST_BLOB_MAX + 1];
    char serial[ST_SERIAL_MAX + 1];
    uint8_t read[8];
    uint32_t container = 0;
    size_t len = sizeof read;
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_USER);
    CHECK(login_user(device, application) == ST_OK);
    CHECK(st_container_create(device, application, "con1", &container) == ST_OK);
    CHECK(st_attributes_get(device, application, container, ST_SIGNING, read, &len) == ST_OK && len == 0);
    CHECK(st_attributes_set(device, application, container, ST_SIGNING, (const uint8_t *)"abc", 3) == ST_OK);
    len = 2;
    CHECK(st_attributes_get(device, application, container, ST_SIGNING, read, &len) == ST_ERR_BUFFER && len == 3);
    CHECK(st_attributes_get(device, application, container, ST_SIGNING, read, &len) == ST_OK && len == 3);
    CHECK(memcmp(read, "abc", 3) == 0);
    CHECK(st_attributes_get(device, application, container, ST_ENCRYPTION, NULL, &len) == ST_OK && len == 0);
    CHECK(st_attributes_set(device, application, container, ST_SIGNING, large, sizeof large) == ST_ERR_INPUT_LEN);
    CHECK(st_attributes_set(device, application, container, ST_SIGNING, NULL, 1) == ST_ERR_ARGUMENT);
    CHECK(st_attributes_set(device, application, container, 9, large, 1) == ST_ERR_ARGUMENT);
    CHECK(st_attributes_get(device, application, container, ST_SIGNING, read, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_attributes_set(device, application, container, ST_SIGNING, NULL, 0) == ST_OK);
    CHECK(st_attributes_get(device, application, container, ST_SIGNING, NULL, &len) == ST_OK && len == 0);
    drop_device(device, serial);
}

static void objects(void) {
    static const uint8_t large[ST_BLOB_MAX + 1] = {1};
    static uint8_t read[ST_BLOB_MAX];
    char serial[ST_SERIAL_MAX + 1];
    uint32_t shown = 0, hidden = 0, more = 0, ids[4];
    size_t count = 4, len = 0;
    st_device *device = new_device("total_space=65536\n", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_USER);
    CHECK(st_object_create(device, application, 0, (const uint8_t *)"open", 4, &shown) == ST_OK);
    CHECK(st_object_create(device, application, 1, (const uint8_t *)"secret", 6, &hidden) == ST_ERR_LOGIN);
    CHECK(login_admin(device, application) == ST_OK); /* private is the user's, not the administrator's */
    CHECK(st_object_create(device, application, 1, (const uint8_t *)"secret", 6, &hidden) == ST_ERR_LOGIN);
    CHECK(login_user(device, application) == ST_OK);
    CHECK(st_object_create(device, application, 1, (const uint8_t *)"secret", 6, &hidden) == ST_OK && hidden > shown);
    CHECK(st_object_list(device, application, ids, &count) == ST_OK && count == 2);
    CHECK(ids[0] == shown && ids[1] == hidden);
    count = 1;
    CHECK(st_object_list(device, application, ids, &count) == ST_ERR_BUFFER && count == 2);
    CHECK(st_object_get(device, application, hidden, NULL, &len) == ST_OK && len == 6);
    len = 5;
    CHECK(st_object_get(device, application, hidden, read, &len) == ST_ERR_BUFFER && len == 6);
    CHECK(st_object_get(device, application, hidden, read, &len) == ST_OK && memcmp(read, "secret", 6) == 0);
    CHECK(st_object_replace(device, application, hidden, large, ST_BLOB_MAX) == ST_OK);
    len = sizeof read;
    CHECK(st_object_get(device, application, hidden, read, &len) == ST_OK && len == ST_BLOB_MAX && read[0] == 1);
    CHECK(st_logout(device, application) == ST_OK);

    CHECK(st_object_list(device, application, ids, &count) == ST_OK && count == 1 && ids[0] == shown);
    CHECK(st_object_get(device, application, hidden, read, &len) == ST_ERR_NO_OBJECT);
    CHECK(st_object_replace(device, application, hidden, large, 1) == ST_ERR_NO_OBJECT);
    CHECK(st_object_delete(device, application, hidden) == ST_ERR_NO_OBJECT);
    CHECK(st_object_get(device, application, shown, read, &len) == ST_OK && len == 4 && memcmp(read, "open", 4) == 0);
    CHECK(st_object_replace(device, application, shown, (const uint8_t *)"other", 5) == ST_OK);
    CHECK(st_object_get(device, application, shown, NULL, &len) == ST_OK && len == 5);
    CHECK(st_object_create(device, application, 0, large, sizeof large, &more) == ST_ERR_INPUT_LEN);
    CHECK(st_object_create(device, application, 0, NULL, 1, &more) == ST_ERR_ARGUMENT);
    CHECK(st_object_create(device, application, 0, large, 0, &more) == ST_ERR_ARGUMENT);
    CHECK(st_object_create(device, application, 0, large, 1, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_object_get(device, application, shown, read, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_object_list(device, application, ids, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_object_delete(device, application, 12345) == ST_ERR_NO_OBJECT);
    int made = 0;
    enum st_status status;
    while ((status = st_object_create(device, application, 0, large, ST_BLOB_MAX, &more)) == ST_OK) {
        made++;
    }
    CHECK(status == ST_ERR_NO_ROOM && made == 2); /* the private one took the rest of 64 KiB */
    CHECK(st_object_delete(device, application, shown) == ST_OK);
    CHECK(st_object_delete(device, application, shown) == ST_ERR_NO_OBJECT);
    drop_device(device, serial);
}

int main(void) {
    CHECK(begin_root() == 0);
    containers();
    certificates();
    attributes();
    objects();
    end_root();
    return finish();
}
