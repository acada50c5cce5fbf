/* Names: their length and their UTF-8. */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <string.h>

#include "softtoken/engine.h"
#include "softtoken/names.h"

/* The length of the character at p, of which left bytes are there; 0 when it is not UTF-8 or a control character. */
static size_t character_len(const uint8_t *p, size_t left) {
    if (p[0] < 0x80) {
        return p[0] >= 0x20 && p[0] != 0x7F ? 1 : 0;
    }
    size_t len = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < len) {
        return 0;
    }
    uint32_t value = p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (p[i] & 0x3Fu);
    }
    if ((len == 3 && value < 0x800) || (len == 4 && value < 0x10000) || value > 0x10FFFF) {
        return 0;
    }
    int is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    int is_control = value >= 0x80 && value <= 0x9F;
    return is_surrogate || is_control ? 0 : len;
}

int st_name_is_valid(const char *name, size_t max) {
    size_t len = name == NULL ? 0 : strnlen(name, max + 1);
    if (len == 0 || len > max) {
        return 0;
    }
    for (size_t at = 0; at < len;) {
        size_t step = character_len((const uint8_t *)name + at, len - at);
        if (step == 0) {
            return 0;
        }
        at += step;
    }
    return 1;
}

int st_serial_is_valid(const char *serial) {
    static const char allowed[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.";
    size_t len = serial == NULL ? 0 : strnlen(serial, ST_SERIAL_MAX + 1);
    return len != 0 && len <= ST_SERIAL_MAX && serial[0] != '.' && strspn(serial, allowed) == len;
}
