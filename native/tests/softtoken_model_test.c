/* Models and their bytes: round trips, bounds, whatever a file may hold instead; names; settings; sealed values. */
#include <stdlib.h>

#include "check.h"
#include "common/bytes.h"
#include "softtoken/names.h"
#include "softtoken/sealed.h"
#include "softtoken/settings.h"
#include "softtoken_sample.h"

/* ---- codec ------------------------------------------------------------------------------ */

static void round_trip(void) {
    st_model *model = sample_model("TEST-1");
    st_model *read = NULL;
    st_bytes body = {NULL, 0};
    st_bytes again = {NULL, 0};
    CHECK(model != NULL && st_model_encode(model, &body) == ST_OK);
    CHECK(st_model_decode(&read, body.data, body.len) == ST_OK && read != NULL);
    if (read != NULL) {
        CHECK(st_model_encode(read, &again) == ST_OK && again.len == body.len);
        CHECK(again.len == body.len && memcmp(again.data, body.data, body.len) == 0);
        CHECK(read->next_id == model->next_id && read->application_count == 2);
        st_application *application = st_model_application_named(read, "GMPKI-TEST");
        CHECK(application != NULL && st_model_application(read, application->id) == application);
        CHECK(st_model_application_named(read, "gmpki-test") == NULL && st_model_application(read, 99) == NULL);
        st_container *container = application == NULL ? NULL : st_model_container_named(application, "con1");
        CHECK(container != NULL && container->pairs[ST_SIGNING].certificate.len == 300);
        st_file *file = application == NULL ? NULL : st_model_file_named(application, "never written");
        CHECK(file != NULL && file->size == 100 && file->content.data == NULL);
        CHECK(st_model_used_space(read) == st_model_used_space(model));
    }
    st_model_free(read);
    st_model_free(model);
    st_bytes_clear(&again);
    st_bytes_clear(&body);
}

/* Whether a body is refused, or is taken and encoded to the very same bytes: there is one encoding of a model. */
static int is_refused_or_canonical(const uint8_t *body, size_t len) {
    st_model *model = NULL;
    enum st_status status = st_model_decode(&model, body, len);
    if (status != ST_OK) {
        return status == ST_ERR_DAMAGED && model == NULL;
    }
    st_bytes again = {NULL, 0};
    int same = st_model_encode(model, &again) == ST_OK && again.len == len && memcmp(again.data, body, len) == 0;
    st_bytes_clear(&again);
    st_model_free(model);
    return same;
}

static uint32_t draw(uint32_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* Bodies that do not come from the encoder: cut, continued, every byte another, many bytes others. */
static void hostile_bodies(void) {
    st_model *model = sample_model("TEST-1");
    st_bytes body = {NULL, 0};
    CHECK(model != NULL && st_model_encode(model, &body) == ST_OK);
    st_model_free(model);
    uint8_t *changed = malloc(body.len + 1);
    CHECK(changed != NULL);
    if (changed == NULL) {
        return;
    }
    memcpy(changed, body.data, body.len);
    changed[body.len] = 0;
    st_model *read = NULL;
    CHECK(st_model_decode(&read, changed, body.len + 1) == ST_ERR_DAMAGED && read == NULL);
    int refused = 1;
    for (size_t len = 0; len < body.len; len++) {
        refused &= st_model_decode(&read, body.data, len) == ST_ERR_DAMAGED;
    }
    CHECK(refused);
    static const uint8_t values[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    int sound = 1;
    for (size_t i = 0; i < body.len; i++) {
        for (size_t v = 0; v < sizeof values; v++) {
            changed[i] = values[v];
            sound &= is_refused_or_canonical(changed, body.len);
        }
        changed[i] = body.data[i];
    }
    CHECK(sound);
    uint32_t random = 20161;
    for (int round = 0; round < 3000; round++) {
        memcpy(changed, body.data, body.len);
        for (uint32_t n = draw(&random) % 6 + 1; n != 0; n--) {
            changed[draw(&random) % body.len] = (uint8_t)draw(&random);
        }
        sound &= is_refused_or_canonical(changed, body.len - draw(&random) % 2);
    }
    CHECK(sound);
    free(changed);
    st_bytes_clear(&body);
}

/* What an encoder with a bug, or somebody who has the key of the MAC, could write. */
static void models_that_do_not_hold(void) {
    for (int wrong = 0; wrong < 12; wrong++) {
        st_model *model = sample_model("TEST-1");
        if (model == NULL) {
            CHECK(model != NULL);
            return;
        }
        st_application *application = &model->applications[0];
        st_pair *pair = &application->containers[0].pairs[ST_SIGNING];
        switch (wrong) {
        case 0:
            application->id = model->next_id;
            break;
        case 1:
            model->applications[1].id = application->id;
            break;
        case 2:
            application->pins[ST_USER].tries_left = 7;
            break;
        case 3:
            pair->bits = 255;
            break;
        case 4:
            pair->public_key.len = 63;
            break;
        case 5:
            pair->kind = ST_NO_KEY;
            break;
        case 6:
            application->files[0].content.len = 99;
            break;
        case 7:
            application->files[0].size = model->profile.total_space + 1;
            break;
        case 8:
            strcpy(model->serial, "../x");
            break;
        case 9:
            application->name[0] = '\xFF';
            break;
        case 10:
            model->profile.max_containers = 1;
            break;
        default:
            model->profile.total_space = ST_TOTAL_SPACE_MAX + 1;
            break;
        }
        st_bytes body = {NULL, 0};
        st_model *read = NULL;
        CHECK(st_model_encode(model, &body) == ST_OK);
        CHECK(st_model_decode(&read, body.data, body.len) == ST_ERR_DAMAGED && read == NULL);
        st_bytes_clear(&body);
        st_model_free(model);
    }
}

/* ---- arrays and space ------------------------------------------------------------------- */

static void arrays(void) {
    st_model *model = sample_model("TEST-1");
    if (model == NULL) {
        CHECK(model != NULL);
        return;
    }
    st_application *application;
    st_container *container;
    st_object *object;
    uint32_t before = model->next_id;
    CHECK(st_model_add_application(model, &application) == ST_OK && application->id == before);
    st_application *none = NULL;
    CHECK(st_model_add_application(model, &none) == ST_ERR_NO_ROOM && none == NULL);
    for (int i = 0; i < 4; i++) {
        CHECK(st_model_add_container(model, application, &container) == ST_OK);
    }
    CHECK(st_model_add_container(model, application, &container) == ST_ERR_TOO_MANY_CONTAINERS);
    uint32_t last = application->containers[3].id;
    st_model_remove_container(application, &application->containers[1]);
    CHECK(application->container_count == 3 && application->containers[2].id == last);
    CHECK(st_model_add_container(model, application, &container) == ST_OK && container->id == last + 1);
    CHECK(st_model_container(application, last + 1) == container && container->name[0] == 0);

    application = st_model_application_named(model, "GMPKI-TEST");
    uint32_t used = st_model_used_space(model);
    CHECK(application != NULL && used == 64 + 60 + 300 + 20 + 132 + 600 + 40 + 3 * 100 + 50 + 78);
    CHECK(st_model_has_room(model, 65536 - used) && !st_model_has_room(model, 65536 - used + 1));
    CHECK(!st_model_has_room(model, SIZE_MAX));
    object = &application->objects[0];
    st_model_remove_object(application, object);
    CHECK(st_model_used_space(model) == used - 50 && application->object_count == 1);
    st_model_remove_file(application, st_model_file_named(application, "sealed"));
    CHECK(st_model_file_named(application, "sealed") == NULL && application->file_count == 2);
    st_model_empty_application(application);
    CHECK(st_model_used_space(model) == 0 && application->file_count == 0);
    st_model_remove_application(model, application);
    CHECK(model->application_count == 2 && strcmp(model->applications[0].name, "empty") == 0);
    model->next_id = UINT32_MAX;
    CHECK(st_model_add_application(model, &none) == ST_ERR_NO_ROOM);
    CHECK(st_model_add_object(model, &model->applications[0], &object) == ST_ERR_NO_ROOM);
    st_model_free(model);
    st_model_free(NULL);
}

/* ---- names ------------------------------------------------------------------------------ */

static void names(void) {
    static const char *const good[] = {
        "a", "GMPKI-TEST", "a b", "\xC2\xA0", "\xE5\xBA\x94\xE7\x94\xA8", "\xF4\x8F\xBF\xBF"};
    static const char *const bad[] = {"",
                                      "\x01",
                                      "a\n",
                                      "\x7F",
                                      "\x80",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xC2",
                                      "\xC2\x41",
                                      "\xC2\x80",
                                      "\xE0\x9F\xBF",
                                      "\xE5\xBA",
                                      "\xED\xA0\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xFF"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(st_name_is_valid(good[i], 32));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!st_name_is_valid(bad[i], 32));
    }
    CHECK(!st_name_is_valid(NULL, 32));
    CHECK(st_name_is_valid("abcd", 4) && !st_name_is_valid("abcde", 4));
    CHECK(st_serial_is_valid("A0-b_.9") && st_serial_is_valid("1234567890123456789012345678901"));
    CHECK(!st_serial_is_valid("12345678901234567890123456789012") && !st_serial_is_valid("") &&
          !st_serial_is_valid(NULL) && !st_serial_is_valid(".") && !st_serial_is_valid("..") &&
          !st_serial_is_valid("a/b") && !st_serial_is_valid("a b") && !st_serial_is_valid("\xE5\xBA\x94"));
}

/* ---- settings --------------------------------------------------------------------------- */

static void settings(void) {
    st_settings read;
    CHECK(st_settings_read(&read, NULL) == ST_OK);
    CHECK(read.serial[0] == 0 && strcmp(read.label, "SOFTWARE TOKEN") == 0 && read.pin_cost_ms == 100);
    CHECK(memcmp(read.device_key, "1234567812345678", 16) == 0 && read.replace == 0);
    CHECK(read.profile.total_space == 131072 && read.profile.max_applications == 8 && read.profile.pin_iterations == 0);
    CHECK(st_settings_read(&read, "total_space=2048\n\nprofile=ukey-64k\nlabel=a=b\nserial=S1\npin_iterations=1\n"
                                  "device_key=000102030405060708090a0B0C0D0E0F\npin_tries=15\nreplace=1") == ST_OK);
    CHECK(read.profile.total_space == 2048 && read.profile.max_containers == 8 && read.profile.pin_tries == 15);
    CHECK(read.profile.pin_iterations == 1 && read.replace == 1);
    CHECK(strcmp(read.label, "a=b") == 0 && strcmp(read.serial, "S1") == 0);
    CHECK(equals_hex(read.device_key, 16, "000102030405060708090a0b0c0d0e0f"));
    CHECK(st_settings_read(&read, "profile=ukey-64k") == ST_OK && read.profile.total_space == 65536);
    static const char *const bad[] = {
        "label",
        "=",
        "colour=red",
        "labels=a",
        "label=",
        "label=a\nlabel=b",
        "label=12345678901234567890123456789012",
        "label=1234567890123456789012345678901234567890123456789012345678901234567890",
        "label=\xFF",
        "label=a\r\n",
        " label=a",
        "serial=",
        "serial=a/b",
        "serial=..",
        "serial=12345678901234567890123456789012",
        "profile=",
        "profile=ukey",
        "profile=ukey-64k\nprofile=ukey-64k",
        "device_key=00",
        "device_key=000102030405060708090a0b0c0d0e0g",
        "device_key=000102030405060708090a0b0c0d0e0f00",
        "pin_tries=0",
        "pin_tries=16",
        "pin_tries=",
        "pin_tries=-1",
        "pin_tries=+1",
        "pin_tries= 1",
        "pin_tries=0x1",
        "pin_tries=1.5",
        "pin_iterations=0",
        "pin_iterations=50000001",
        "pin_iterations=99999999999999999999",
        "pin_iterations=4294967297",
        "pin_cost_ms=10\npin_iterations=10",
        "pin_cost_ms=0",
        "max_applications=65",
        "max_containers=0",
        "max_session_keys=1025",
        "total_space=1023",
        "total_space=4194305",
        "replace=2",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(st_settings_read(&read, bad[i]) == ST_ERR_ARGUMENT);
    }
}

/* ---- sealed values ---------------------------------------------------------------------- */

static void sealed_values(void) {
    static const uint8_t key[ST_STORE_KEY_LEN] = {1, 2, 3};
    static const uint8_t other_key[ST_STORE_KEY_LEN] = {1, 2, 4};
    static const uint8_t plain[40] = "a private key";
    const st_place place = {"TEST-1", 1, 2, ST_SEALED_SIGNING_KEY};
    uint8_t opened[40];
    st_bytes sealed = {NULL, 0};
    CHECK(st_seal_bytes(&sealed, key, &place, plain, sizeof plain) == ST_OK);
    CHECK(sealed.len == sizeof plain + ST_SEAL_OVERHEAD);
    CHECK(st_unseal(opened, key, &place, sealed.data, sealed.len) == ST_OK);
    CHECK(memcmp(opened, plain, sizeof plain) == 0);
    CHECK(st_unseal(opened, other_key, &place, sealed.data, sealed.len) == ST_ERR_DAMAGED);
    CHECK(opened[0] == 0);
    const st_place others[] = {{"TEST-2", 1, 2, ST_SEALED_SIGNING_KEY},
                               {"TEST-", 1, 2, ST_SEALED_SIGNING_KEY},
                               {"TEST-1", 2, 2, ST_SEALED_SIGNING_KEY},
                               {"TEST-1", 1, 3, ST_SEALED_SIGNING_KEY},
                               {"TEST-1", 1, 2, ST_SEALED_ENCRYPTION_KEY}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        CHECK(st_unseal(opened, key, &others[i], sealed.data, sealed.len) == ST_ERR_DAMAGED);
    }
    int refused = 1;
    for (size_t i = 0; i < sealed.len; i++) {
        refused &= st_unseal(opened, key, &place, sealed.data, i) == ST_ERR_DAMAGED;
        sealed.data[i] ^= 0x10;
        refused &= st_unseal(opened, key, &place, sealed.data, sealed.len) == ST_ERR_DAMAGED;
        sealed.data[i] ^= 0x10;
    }
    CHECK(refused);
    uint8_t first[12];
    memcpy(first, sealed.data, sizeof first);
    CHECK(st_seal_bytes(&sealed, key, &place, plain, sizeof plain) == ST_OK);
    CHECK(memcmp(first, sealed.data, sizeof first) != 0);
    CHECK(st_seal_bytes(&sealed, key, &place, NULL, 0) == ST_OK && sealed.len == ST_SEAL_OVERHEAD);
    CHECK(st_unseal(opened, key, &place, sealed.data, sealed.len) == ST_OK);
    st_bytes_clear(&sealed);
}

static void wrapped_keys(void) {
    static const uint8_t keys[32] = "user key........admin key......";
    const st_place place = {"TEST-1", 1, 0, ST_SEALED_ADMIN_PIN};
    const st_place other = {"TEST-1", 2, 0, ST_SEALED_ADMIN_PIN};
    uint8_t opened[32];
    st_wrap wrap = {0};
    CHECK(st_unwrap_keys(opened, 32, &wrap, &place, "12345678") == ST_ERR_PIN_NOT_SET);
    CHECK(st_wrap_keys(&wrap, &place, 0, "12345678", keys, 32) == ST_ERR_ARGUMENT);
    CHECK(st_wrap_keys(&wrap, &place, ST_ITERATIONS_MAX + 1, "12345678", keys, 32) == ST_ERR_ARGUMENT);
    CHECK(st_wrap_keys(&wrap, &place, 2, "12345678", keys, 33) == ST_ERR_ARGUMENT && wrap.iterations == 0);
    CHECK(st_wrap_keys(&wrap, &place, 2, "12345678", keys, 32) == ST_OK);
    CHECK(st_unwrap_keys(opened, 32, &wrap, &place, "12345678") == ST_OK && memcmp(opened, keys, 32) == 0);
    CHECK(st_unwrap_keys(opened, 32, &wrap, &place, "12345679") == ST_ERR_PIN_INCORRECT && opened[0] == 0);
    CHECK(st_unwrap_keys(opened, 32, &wrap, &place, "1234567") == ST_ERR_PIN_INCORRECT);
    CHECK(st_unwrap_keys(opened, 32, &wrap, &other, "12345678") == ST_ERR_PIN_INCORRECT);
    CHECK(st_unwrap_keys(opened, 16, &wrap, &place, "12345678") == ST_ERR_DAMAGED);
    st_wrap again = wrap;
    again.iterations++;
    CHECK(st_unwrap_keys(opened, 32, &again, &place, "12345678") == ST_ERR_PIN_INCORRECT);
    CHECK(st_wrap_keys(&again, &place, 3, "87654321", keys, 16) == ST_OK);
    CHECK(memcmp(again.salt, wrap.salt, ST_SALT_LEN) != 0);
    CHECK(st_unwrap_keys(opened, 16, &again, &place, "12345678") == ST_ERR_PIN_INCORRECT);
    CHECK(st_unwrap_keys(opened, 16, &again, &place, "87654321") == ST_OK && memcmp(opened, keys, 16) == 0);

    uint32_t iterations = 0;
    CHECK(st_measure_iterations(&iterations, 1) == ST_OK && iterations >= 10000);
    CHECK(st_measure_iterations(&iterations, 10000) == ST_OK && iterations > 10000 && iterations <= ST_ITERATIONS_MAX);
}

int main(void) {
    round_trip();
    hostile_bodies();
    models_that_do_not_hold();
    arrays();
    names();
    settings();
    sealed_values();
    wrapped_keys();
    return finish();
}
