/* What can be seen of a device, as text: two looks at the same state give the same text. */
#include "softtoken_faults.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "gmpki/sm3.h"
#include "softtoken/store.h"

enum { MOST = 16, CONTENT_ROOM = 32768 };

static void say(view *seen, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(view *seen, const char *format, ...) {
    size_t len = strlen(seen->text);
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(seen->text + len, sizeof seen->text - len, format, arguments);
    va_end(arguments);
}

/* The length of some bytes and the beginning of their digest, or the error that came instead of them. */
static void say_bytes(view *seen, const char *name, enum st_status status, const uint8_t *data, size_t len) {
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    if (status != ST_OK) {
        say(seen, "  %s error %d\n", name, (int)status);
    } else if (gmpki_sm3_hash(digest, data, len) == GMPKI_OK) {
        say(seen, "  %s %zu %02X%02X%02X%02X\n", name, len, digest[0], digest[1], digest[2], digest[3]);
    }
}

static void look_at_pins(view *seen, st_device *device, uint32_t application, int is_first) {
    for (int role = ST_ADMIN; role <= ST_USER; role++) {
        st_pin_info info;
        if (st_pin_get_info(device, application, role, &info) == ST_OK) {
            say(seen, "  pin %d: %u of %u, default %d, set %d\n", role, info.tries_left, info.max_tries,
                info.is_default, info.is_set);
            if (is_first) {
                seen->tries[role] = (int)info.tries_left;
            }
        }
    }
}

/* Log in with whichever PIN it is: that the keys it wraps are whole shows in what follows. */
static void log_in(view *seen, st_device *device, uint32_t application) {
    static const char *const pins[2][2] = {{ADMIN_PIN, NEW_PIN}, {USER_PIN, NEW_PIN}};
    for (int role = ST_ADMIN; role <= ST_USER; role++) {
        for (int i = 0; i < 2; i++) {
            if (st_pin_verify(device, application, role, pins[role][i], NULL) == ST_OK) {
                say(seen, "  pin %d is %s\n", role, pins[role][i]);
                break;
            }
        }
    }
}

static void look_at_containers(view *seen, st_device *device, uint32_t application) {
    uint32_t ids[MOST];
    size_t count = MOST;
    if (st_container_list(device, application, ids, &count) != ST_OK) {
        say(seen, "  no containers\n");
        return;
    }
    for (size_t i = 0; i < count; i++) {
        static const uint8_t e[32] = {1};
        uint8_t signature[64], data[ST_CERTIFICATE_MAX];
        st_container_info info;
        if (st_container_get_info(device, application, ids[i], &info) != ST_OK) {
            continue;
        }
        say(seen, "  container %u %s, keys %d %d\n", ids[i], info.name, info.key_kind[0], info.key_kind[1]);
        for (int usage = ST_SIGNING; usage <= ST_ENCRYPTION; usage++) {
            size_t len = sizeof data;
            enum st_status status = st_certificate_get(device, application, ids[i], usage, data, &len);
            say_bytes(seen, "certificate", status, data, len);
            len = sizeof data;
            status = st_attributes_get(device, application, ids[i], usage, data, &len);
            say_bytes(seen, "attributes", status, data, len);
            if (info.key_kind[usage] == ST_SM2) {
                status = st_key_sm2_sign(device, application, ids[i], usage, e, signature);
                say(seen, "  signing %d: %d\n", usage, (int)status);
            }
        }
    }
}

static void look_at_files(view *seen, st_device *device, uint32_t application) {
    st_file_info files[MOST];
    uint32_t ids[MOST];
    static uint8_t data[CONTENT_ROOM];
    size_t count = MOST;
    if (st_file_list(device, application, files, &count) == ST_OK) {
        for (size_t i = 0; i < count; i++) {
            size_t len = sizeof data;
            enum st_status status = st_file_read(device, application, files[i].name, 0, data, &len);
            say(seen, "  file of %u, %x %x\n", files[i].size, files[i].read_rights, files[i].write_rights);
            say_bytes(seen, files[i].name, status, data, len);
        }
    }
    count = MOST;
    if (st_object_list(device, application, ids, &count) == ST_OK) {
        for (size_t i = 0; i < count; i++) {
            size_t len = sizeof data;
            enum st_status status = st_object_get(device, application, ids[i], data, &len);
            say(seen, "  object %u\n", ids[i]);
            say_bytes(seen, "blob", status, data, len);
        }
    }
}

/* What no function of the engine tells: where the ids go on. */
static void look_at_ids(view *seen) {
    st_store *store = NULL;
    st_model *model = NULL;
    if (st_store_open(&store, NULL, FAULT_SERIAL) == ST_OK && st_store_load(store, &model) == ST_OK) {
        say(seen, "next id %u\n", model->next_id);
    }
    st_model_free(model);
    st_store_close(store);
}

void look(view *seen) {
    st_device *device = NULL;
    st_device_info info;
    uint32_t ids[MOST];
    size_t count = MOST;
    memset(seen, 0, sizeof *seen);
    seen->tries[ST_ADMIN] = seen->tries[ST_USER] = -1;
    enum st_status status = st_device_open(FAULT_SERIAL, &device);
    if (status != ST_OK || st_device_get_info(device, &info) != ST_OK ||
        st_application_list(device, ids, &count) != ST_OK) {
        say(seen, "no device: %d\n", (int)status);
        st_device_close(device);
        return;
    }
    look_at_ids(seen);
    say(seen, "label %s, free %u\n", info.label, info.free_space);
    for (size_t i = 0; i < count; i++) {
        char name[ST_APPLICATION_NAME_MAX + 1] = "";
        status = st_application_name(device, ids[i], name);
        say(seen, "application %u %s\n", ids[i], name);
        look_at_pins(seen, device, ids[i], i == 0);
        log_in(seen, device, ids[i]);
        look_at_containers(seen, device, ids[i]);
        look_at_files(seen, device, ids[i]);
    }
    st_device_close(device);
}
