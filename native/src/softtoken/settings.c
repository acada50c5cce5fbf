/* The settings of a new device. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>

#include "softtoken/names.h"
#include "softtoken/settings.h"

enum { VALUE_MAX = 63 };

/* One setting's value, as text. */
typedef char value_text[VALUE_MAX + 1];

/* ---- numbers ---------------------------------------------------------------------------- */

enum number_name {
    PIN_COST_MS,
    PIN_ITERATIONS,
    MAX_APPLICATIONS,
    MAX_CONTAINERS,
    MAX_SESSION_KEYS,
    TOTAL_SPACE,
    PIN_TRIES,
    REPLACE,
    NUMBERS
};

static const struct {
    const char *name;
    uint32_t least, most;
} number_settings[NUMBERS] = {
    [PIN_COST_MS] = {"pin_cost_ms", 1, 10000},
    [PIN_ITERATIONS] = {"pin_iterations", 1, ST_ITERATIONS_MAX},
    [MAX_APPLICATIONS] = {"max_applications", 1, ST_APPLICATIONS_MAX},
    [MAX_CONTAINERS] = {"max_containers", 1, ST_CONTAINERS_MAX},
    [MAX_SESSION_KEYS] = {"max_session_keys", 1, ST_SESSION_KEYS_MAX},
    [TOTAL_SPACE] = {"total_space", 1024, ST_TOTAL_SPACE_MAX},
    [PIN_TRIES] = {"pin_tries", 1, ST_TRIES_MAX},
    [REPLACE] = {"replace", 0, 1},
};

/* Where the number of that name stands. */
static uint32_t *number_field(st_settings *settings, int name) {
    switch (name) {
    case PIN_COST_MS:
        return &settings->pin_cost_ms;
    case PIN_ITERATIONS:
        return &settings->profile.pin_iterations;
    case MAX_APPLICATIONS:
        return &settings->profile.max_applications;
    case MAX_CONTAINERS:
        return &settings->profile.max_containers;
    case MAX_SESSION_KEYS:
        return &settings->profile.max_session_keys;
    case TOTAL_SPACE:
        return &settings->profile.total_space;
    case PIN_TRIES:
        return &settings->profile.pin_tries;
    default:
        return &settings->replace;
    }
}

static int read_number(uint32_t *number, const char *text, uint32_t least, uint32_t most) {
    uint64_t value = 0;
    size_t len = strlen(text);
    if (len == 0 || len > 9 || strspn(text, "0123456789") != len) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        value = 10 * value + (uint64_t)(text[i] - '0');
    }
    *number = (uint32_t)value;
    return value >= least && value <= most;
}

/* ---- the others ------------------------------------------------------------------------- */

static int hex_digit(char digit) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *at = digit == 0 ? NULL : strchr(digits, digit);
    return at == NULL ? -1 : (int)((at - digits) % 16);
}

static int read_device_key(uint8_t key[ST_STORE_KEY_LEN], const char *text) {
    if (strlen(text) != 2 * ST_STORE_KEY_LEN) {
        return 0;
    }
    for (size_t i = 0; i < ST_STORE_KEY_LEN; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return 0;
        }
        key[i] = (uint8_t)(16 * high + low);
    }
    return 1;
}

static int read_profile(st_settings *settings, const char *text) {
    static const struct {
        const char *name;
        st_profile profile;
    } profiles[] = {
        {"ukey-128k",
         {.total_space = 131072, .max_applications = 8, .max_containers = 8, .max_session_keys = 8, .pin_tries = 10}},
        {"ukey-64k",
         {.total_space = 65536, .max_applications = 8, .max_containers = 8, .max_session_keys = 8, .pin_tries = 10}},
    };
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        if (strcmp(text, profiles[i].name) == 0) {
            settings->profile = profiles[i].profile;
            return 1;
        }
    }
    return 0;
}

/* ---- lines ------------------------------------------------------------------------------ */

enum setting_name { PROFILE = NUMBERS, SERIAL, LABEL, DEVICE_KEY, SETTINGS };

static const char *name_of(int setting) {
    static const char *const names[SETTINGS - NUMBERS] = {"profile", "serial", "label", "device_key"};
    return setting < NUMBERS ? number_settings[setting].name : names[setting - NUMBERS];
}

static int apply(st_settings *settings, int setting, const char *value) {
    switch (setting) {
    case PROFILE:
        return read_profile(settings, value);
    case SERIAL:
        memcpy(settings->serial, value, strnlen(value, ST_SERIAL_MAX) + 1);
        return st_serial_is_valid(value);
    case LABEL:
        memcpy(settings->label, value, strnlen(value, ST_LABEL_MAX) + 1);
        return st_name_is_valid(value, ST_LABEL_MAX);
    case DEVICE_KEY:
        return read_device_key(settings->device_key, value);
    default:
        return read_number(number_field(settings, setting), value, number_settings[setting].least,
                           number_settings[setting].most);
    }
}

/* Sort one line of len bytes into values. */
static int take_line(value_text values[SETTINGS], int seen[SETTINGS], const char *line, size_t len) {
    const char *equals = memchr(line, '=', len);
    if (equals == NULL) {
        return 0;
    }
    size_t name_len = (size_t)(equals - line);
    size_t value_len = len - name_len - 1;
    for (int i = 0; i < SETTINGS; i++) {
        if (strlen(name_of(i)) == name_len && memcmp(name_of(i), line, name_len) == 0) {
            if (seen[i] || value_len > VALUE_MAX) {
                return 0;
            }
            seen[i] = 1;
            memcpy(values[i], equals + 1, value_len);
            return 1;
        }
    }
    return 0;
}

enum st_status st_settings_read(st_settings *settings, const char *text) {
    value_text values[SETTINGS] = {{0}};
    int seen[SETTINGS] = {0};
    int good = 1;
    for (const char *line = text == NULL ? "" : text; good && *line != 0;) {
        size_t len = strcspn(line, "\n");
        good = len == 0 || take_line(values, seen, line, len);
        line += len + (line[len] == '\n');
    }
    *settings = (st_settings){.label = "SOFTWARE TOKEN", .device_key = "1234567812345678", .pin_cost_ms = 100};
    good = good && read_profile(settings, seen[PROFILE] ? values[PROFILE] : "ukey-128k");
    for (int i = 0; i < SETTINGS && good; i++) {
        good = !seen[i] || i == PROFILE || apply(settings, i, values[i]);
    }
    gmpki_cleanse(values, sizeof values);
    return good && !(seen[PIN_COST_MS] && seen[PIN_ITERATIONS]) ? ST_OK : ST_ERR_ARGUMENT;
}
