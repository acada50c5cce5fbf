/* The engine: files, and every right against everybody. */
#include "softtoken_engine_support.h"

enum { NOBODY, USER, ADMIN, BOTH, WHO_COUNT };

static const uint32_t every_right[] = {ST_NEVER, ST_BY_ADMIN, ST_BY_USER, ST_BY_ADMIN | ST_BY_USER, ST_BY_ANYONE};

enum { RIGHTS = sizeof every_right / sizeof every_right[0] };

static void become(st_device *device, uint32_t application, int who) {
    CHECK(st_logout(device, application) == ST_OK);
    if (who == USER || who == BOTH) {
        CHECK(login_user(device, application) == ST_OK);
    }
    if (who == ADMIN || who == BOTH) {
        CHECK(login_admin(device, application) == ST_OK);
    }
}

/* What the rights mean, said once more and differently than in rights.c. */
static enum st_status expected(uint32_t rights, int who) {
    switch (rights) {
    case ST_NEVER:
        return ST_ERR_LOGIN;
    case ST_BY_ADMIN:
        return who == ADMIN || who == BOTH ? ST_OK : ST_ERR_LOGIN;
    case ST_BY_USER:
        return who == USER || who == BOTH ? ST_OK : ST_ERR_LOGIN;
    case ST_BY_ADMIN | ST_BY_USER:
        return who != NOBODY ? ST_OK : ST_ERR_LOGIN;
    default:
        return ST_OK;
    }
}

static void name_of(char name[16], size_t read, size_t write) {
    (void)snprintf(name, 16, "r%zuw%zu", read, write);
}

/* Every pair of rights, for everybody: who may write does, and who may read finds what was written last. */
static void rights_of_content(void) {
    char serial[ST_SERIAL_MAX + 1], name[16];
    uint8_t last[RIGHTS][RIGHTS] = {{0}};
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_ANYONE);
    for (size_t read = 0; read < RIGHTS; read++) {
        for (size_t write = 0; write < RIGHTS; write++) {
            name_of(name, read, write);
            CHECK(st_file_create(device, application, name, 4, every_right[read], every_right[write]) == ST_OK);
        }
    }
    for (int round = 0; round < 2 * WHO_COUNT; round++) {
        int who = round % WHO_COUNT;
        become(device, application, who);
        for (size_t read = 0; read < RIGHTS; read++) {
            for (size_t write = 0; write < RIGHTS; write++) {
                uint8_t data[4] = {9, 9, 9, 9}, stamp = (uint8_t)(1 + round);
                size_t len = sizeof data;
                name_of(name, read, write);
                enum st_status may_write = expected(every_right[write], who);
                enum st_status may_read = expected(every_right[read], who);
                CHECK(st_file_write(device, application, name, 2, &stamp, 1) == may_write);
                last[read][write] = may_write == ST_OK ? stamp : last[read][write];
                CHECK(st_file_read(device, application, name, 0, data, &len) == may_read);
                CHECK(may_read != ST_OK || (len == 4 && data[0] == 0 && data[2] == last[read][write] && data[3] == 0));
                CHECK(may_read == ST_OK || (data[0] == 9 && data[3] == 9));
            }
        }
    }
    drop_device(device, serial);
}

/* Who may create files may delete them, and nobody else. */
static void rights_of_creation(void) {
    char serial[ST_SERIAL_MAX + 1];
    st_device *device = new_device("", serial);
    for (size_t right = 0; right < RIGHTS; right++) {
        char name[16];
        name_of(name, right, 0);
        uint32_t application = new_application(device, name, every_right[right]);
        for (int who = NOBODY; who < WHO_COUNT; who++) {
            enum st_status may = expected(every_right[right], who);
            become(device, application, who);
            CHECK(st_file_create(device, application, "f", 1, ST_BY_ANYONE, ST_BY_ANYONE) == may);
            CHECK(st_file_delete(device, application, "f") == (may == ST_OK ? ST_OK : ST_ERR_NO_FILE));
            if (may == ST_OK) {
                CHECK(st_file_create(device, application, "g", 1, ST_NEVER, ST_NEVER) == ST_OK);
                become(device, application, NOBODY);
                enum st_status may_nobody = expected(every_right[right], NOBODY);
                CHECK(st_file_delete(device, application, "g") == may_nobody);
                become(device, application, who);
                CHECK(st_file_delete(device, application, "g") == (may_nobody == ST_OK ? ST_ERR_NO_FILE : ST_OK));
            }
        }
    }
    drop_device(device, serial);
}

static void refusing(st_device *device, uint32_t application) {
    uint8_t data[8];
    size_t len = sizeof data;
    st_file_info info;
#define CREATE(name, size, read, write) st_file_create(device, application, name, size, read, write)
    CHECK(CREATE("data", 8, ST_BY_ANYONE, ST_BY_ANYONE) == ST_ERR_FILE_EXISTS);
    CHECK(CREATE("", 8, ST_BY_ANYONE, ST_BY_ANYONE) == ST_ERR_NAME);
    CHECK(CREATE("123456789012345678901234567890123", 8, ST_BY_ANYONE, ST_BY_ANYONE) == ST_ERR_NAME);
    CHECK(CREATE(NULL, 8, ST_BY_ANYONE, ST_BY_ANYONE) == ST_ERR_ARGUMENT);
    CHECK(CREATE("x", 8, 0x20, ST_BY_ANYONE) == ST_ERR_ARGUMENT);
    CHECK(CREATE("x", 8, ST_BY_ANYONE, 0xFE) == ST_ERR_ARGUMENT);
    CHECK(CREATE("x", UINT32_MAX, ST_BY_ANYONE, ST_BY_ANYONE) == ST_ERR_NO_ROOM);
    CHECK(CREATE("x", 4097, ST_BY_ANYONE, ST_BY_ANYONE) == ST_ERR_NO_ROOM);
#undef CREATE
    CHECK(st_file_get_info(device, application, "x", &info) == ST_ERR_NO_FILE);
    CHECK(st_file_create(device, 12345, "x", 8, ST_BY_ANYONE, ST_BY_ANYONE) == ST_ERR_NO_APPLICATION);
    CHECK(st_file_read(device, application, "x", 0, data, &len) == ST_ERR_NO_FILE);
    CHECK(st_file_read(device, application, NULL, 0, data, &len) == ST_ERR_ARGUMENT);
    CHECK(st_file_read(device, application, "data", 0, data, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_file_read(device, application, "data", 9, data, &len) == ST_ERR_FILE_RANGE);
    CHECK(st_file_read(device, application, "data", UINT32_MAX, data, &len) == ST_ERR_FILE_RANGE);
    CHECK(st_file_write(device, application, "data", 0, NULL, 1) == ST_ERR_ARGUMENT);
    CHECK(st_file_write(device, application, "data", 1, data, 8) == ST_ERR_FILE_RANGE);
    CHECK(st_file_write(device, application, "data", UINT32_MAX, data, 1) == ST_ERR_FILE_RANGE);
    CHECK(st_file_write(device, application, "data", 1, data, SIZE_MAX) == ST_ERR_FILE_RANGE);
    CHECK(st_file_write(device, application, "x", 0, data, 1) == ST_ERR_NO_FILE);
    CHECK(st_file_delete(device, application, "x") == ST_ERR_NO_FILE);
    CHECK(st_file_delete(device, application, NULL) == ST_ERR_ARGUMENT);
    CHECK(st_file_get_info(device, application, "data", NULL) == ST_ERR_ARGUMENT);
    CHECK(st_file_list(device, application, NULL, NULL) == ST_ERR_ARGUMENT);
}

static void reading_and_writing(void) {
    char serial[ST_SERIAL_MAX + 1];
    uint8_t data[8];
    size_t len = sizeof data, count = 1;
    st_file_info info, list[2];
    st_device_info device_info;
    st_device *device = new_device("total_space=4096\n", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_ANYONE);
    CHECK(st_file_create(device, application, "data", 8, ST_BY_ANYONE, ST_BY_USER) == ST_OK);
    CHECK(st_device_get_info(device, &device_info) == ST_OK && device_info.free_space == 4096 - 8);
    CHECK(st_file_write(device, application, "data", 9, data, 1) == ST_ERR_LOGIN); /* who may not is told no more */
    CHECK(login_user(device, application) == ST_OK);
    refusing(device, application);
    CHECK(st_file_write(device, application, "data", 2, (const uint8_t *)"abc", 3) == ST_OK);
    CHECK(st_file_write(device, application, "data", 8, NULL, 0) == ST_OK);
    CHECK(st_file_read(device, application, "data", 0, data, &len) == ST_OK && len == 8);
    CHECK(memcmp(data, "\0\0abc\0\0\0", 8) == 0);
    len = 2;
    CHECK(st_file_read(device, application, "data", 3, data, &len) == ST_OK && len == 2 && memcmp(data, "bc", 2) == 0);
    len = sizeof data;
    CHECK(st_file_read(device, application, "data", 6, data, &len) == ST_OK && len == 2);
    CHECK(st_file_read(device, application, "data", 8, data, &len) == ST_OK && len == 0);
    CHECK(st_file_read(device, application, "data", 3, NULL, &len) == ST_OK && len == 5);
    CHECK(st_file_create(device, application, "empty", 0, ST_BY_USER, ST_BY_USER) == ST_OK);
    CHECK(st_file_write(device, application, "empty", 0, NULL, 0) == ST_OK);
    len = sizeof data;
    CHECK(st_file_read(device, application, "empty", 0, data, &len) == ST_OK && len == 0);
    CHECK(st_file_get_info(device, application, "data", &info) == ST_OK && info.size == 8);
    CHECK(strcmp(info.name, "data") == 0 && info.read_rights == ST_BY_ANYONE && info.write_rights == ST_BY_USER);
    CHECK(st_file_list(device, application, NULL, &count) == ST_OK && count == 2);
    count = 1;
    CHECK(st_file_list(device, application, list, &count) == ST_ERR_BUFFER && count == 2);
    CHECK(st_file_list(device, application, list, &count) == ST_OK && strcmp(list[1].name, "empty") == 0);
    CHECK(st_file_delete(device, application, "data") == ST_OK);
    CHECK(st_device_get_info(device, &device_info) == ST_OK && device_info.free_space == 4096);
    drop_device(device, serial);
}

/* On disk only what ANYONE may read stands in clear. */
static void on_disk(void) {
    static const char secret[] = "a sentence that stands nowhere else";
    static unsigned char token[65536];
    char serial[ST_SERIAL_MAX + 1];
    st_device *device = new_device("", serial);
    uint32_t application = new_application(device, "GMPKI-TEST", ST_BY_ANYONE);
    CHECK(login_user(device, application) == ST_OK && login_admin(device, application) == ST_OK);
    for (size_t right = 0; right < RIGHTS; right++) {
        char name[16];
        name_of(name, right, 0);
        CHECK(st_file_create(device, application, name, sizeof secret, every_right[right], ST_BY_ANYONE) == ST_OK);
        CHECK(st_file_write(device, application, name, 0, (const uint8_t *)secret, sizeof secret) == ST_OK);
        size_t len = read_test_file(device_file(serial, "token"), token, sizeof token), seen = 0;
        for (size_t i = 0; i + sizeof secret <= len; i++) {
            seen += memcmp(token + i, secret, sizeof secret) == 0;
        }
        CHECK(len > sizeof secret && seen == (every_right[right] == ST_BY_ANYONE ? 1u : 0u));
        CHECK(st_file_delete(device, application, name) == ST_OK);
    }
    drop_device(device, serial);
}

int main(void) {
    CHECK(begin_root() == 0);
    rights_of_content();
    rights_of_creation();
    reading_and_writing();
    on_disk();
    end_root();
    return finish();
}
