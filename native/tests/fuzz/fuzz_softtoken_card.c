/*
 * Any bytes as card commands (GM/T 0017-2012), chained or not, the answers read in pieces of any size; with commands
 * that mean something among them, so that what lies behind the transport is reached.
 */
#include "fuzz_calls.h"

#include "softtoken/apdu.h"
#include "softtoken/engine.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);

enum { COMMANDS_MAX = 48, COMMAND_MAX = 1200, APDU_HEADER_LEN = 4 };

static char serial[ST_SERIAL_MAX + 1];

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    begin_store();
    return 0;
}

/* A new device with an application, its user logged in, a container and its pair for signing. */
static st_device *begin_device(void) {
    st_device *device = NULL;
    st_public_key key;
    uint32_t application = 0, container = 0, left = 0;
    REQUIRE(st_device_create(NULL, "serial=FUZZ\npin_iterations=1\nreplace=1\n", serial) == ST_OK);
    REQUIRE(st_device_open(serial, &device) == ST_OK);
    REQUIRE(st_application_create(device, "APP", "87654321", 6, "12345678", 6, ST_BY_ANYONE, 1, &application) == ST_OK);
    REQUIRE(st_pin_verify(device, application, ST_USER, "12345678", &left) == ST_OK);
    REQUIRE(st_container_create(device, application, "con", &container) == ST_OK);
    REQUIRE(st_key_generate_sm2(device, application, container, ST_SIGNING, &key) == ST_OK);
    return device;
}

/* Data as commands have it: numbers of what is open, a name, and bytes. */
static size_t choose_data(uint8_t *data, size_t room) {
    static const char *const names[] = {"APP", "con", "file"};
    size_t len = 0;
    for (size_t numbers = choose(3); numbers != 0; numbers--) {
        data[len++] = 0;
        data[len++] = (uint8_t)choose(3);
    }
    size_t count = choose(4) == 0 ? 0 : choose_len();
    for (size_t i = 0; i < count && len < room; i++) {
        data[len++] = i < outcome_len && count % 2 ? outcome[i] : choose_byte();
    }
    size_t name = choose(4);
    if (name < 3 && len + 4 < room) {
        memcpy(data + len, names[name], strlen(names[name]));
        len += strlen(names[name]);
    }
    return len;
}

/* A command of a usual form, or any bytes; its length. */
static size_t choose_command(uint8_t *command) {
    if (choose(8) == 0) {
        size_t len = choose_len();
        for (size_t i = 0; i < len && i < COMMAND_MAX; i++) {
            command[i] = choose_byte();
        }
        return len < COMMAND_MAX ? len : COMMAND_MAX;
    }
    uint8_t data[COMMAND_MAX / 2];
    static const uint8_t classes[] = {0x80, 0x80, 0x84, 0x90, 0x94, 0x00};
    command[0] = classes[choose(sizeof classes)];
    command[1] = command[0] == 0 ? 0xC0 : choose_byte();
    command[2] = (uint8_t)choose(3);
    command[3] = (uint8_t)choose(2);
    size_t len = choose_data(data, sizeof data), at = APDU_HEADER_LEN;
    int extended = len > 255 || choose(2) == 0;
    if (extended) {
        command[at++] = 0;
        command[at++] = (uint8_t)(len >> 8);
    }
    command[at++] = (uint8_t)(len + (choose(16) == 0));
    memcpy(command + at, data, len);
    at += len;
    for (size_t le = choose(2) == 0 ? 0 : extended ? 2 : 1; le != 0; le--) {
        command[at++] = choose_byte();
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    st_device *device = begin_device();
    st_apdu_session *session = NULL;
    REQUIRE(st_apdu_new(&session, device) == ST_OK);
    stream = (choices){data, len};
    outcome_len = 0;
    for (int i = 0; stream.left != 0 && i < COMMANDS_MAX; i++) {
        uint8_t chosen[COMMAND_MAX];
        size_t command_len = choose_command(chosen), room = choose(4) == 0 ? choose_len() : 4096, answered = room;
        uint8_t *command = keep(command_len), *answer = keep(room);
        memcpy(command, chosen, command_len);
        enum st_status status = st_apdu_transmit(session, command, command_len, answer, &answered);
        REQUIRE(status == ST_OK ? answered >= 2 && answered <= room : status == ST_ERR_BUFFER && answered > room);
        if (status == ST_OK) {
            remember(answer, answered - 2);
        }
        drop_kept();
    }
    st_apdu_free(session);
    st_device_close(device);
    return 0;
}
