/*
 * quick_crl.c: revocation lists in the module gmpki._quick: entries of the usual shapes, scanned and sorted.
 *
 * What gmpki.x509.crl_entries says with a regular expression, octet by octet, is done here at once for many entries. An
 * entry that is in any way different ends the scan, and is left to the readers there. Everything in a list is public.
 */
#include "quick.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* So many entries in one call, which keeps the interpreter's lock. */
    SCAN_COUNT = 4096,
    SEQUENCE = 0x30,
    INTEGER = 0x02,
    UTC_TIME = 0x17,
    TIME_LEN = 13,
    MAX_SERIAL_LEN = 20,
    /* The shortest entry: a serial number of one octet and a time. */
    MIN_ENTRY_LEN = 20
};

static const uint8_t reason_start[] = {0x30, 0x0A, 0x06, 0x03, 0x55, 0x1D, 0x15, 0x04, 0x03, 0x0A, 0x01};
static const uint8_t invalidity_start[] = {0x30, 0x18, 0x06, 0x03, 0x55, 0x1D, 0x18, 0x04, 0x11, 0x18, 0x0F};

enum {
    REASON_LEN = sizeof reason_start + 1,
    INVALIDITY_LEN = sizeof invalidity_start + 2 + TIME_LEN,
    REMOVED_REASON = 7, /* assigned to nothing (RFC 5280 5.3.1) */
    LAST_REASON = 10
};

/* Two decimal digits, or -1. */
static int two_digits(const uint8_t *p) {
    if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9') {
        return -1;
    }
    return 10 * (p[0] - '0') + (p[1] - '0');
}

/* YYMMDDhhmmssZ. Of the years 1950 to 2049 that two digits can mean, those divisible by four are leap years. */
static int is_time(const uint8_t *p) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = two_digits(p), month = two_digits(p + 2), day = two_digits(p + 4);
    int hour = two_digits(p + 6), minute = two_digits(p + 8), second = two_digits(p + 10);

    if (year < 0 || month < 1 || month > 12 || p[12] != 'Z') {
        return 0;
    }
    return day >= 1 && day <= days[month - 1] + (month == 2 && year % 4 == 0) && hour >= 0 && hour <= 23 &&
           minute >= 0 && minute <= 59 && second >= 0 && second <= 59;
}

/* A serial number: positive, in as few octets as there can be. */
static int is_serial(const uint8_t *p, size_t len) {
    if (len == 0 || len > MAX_SERIAL_LEN || p[0] > 0x7F) {
        return 0;
    }
    return p[0] != 0 || (len > 1 && p[1] > 0x7F);
}

static int is_reason(const uint8_t *p) {
    uint8_t reason = p[sizeof reason_start];
    return memcmp(p, reason_start, sizeof reason_start) == 0 && reason <= LAST_REASON && reason != REMOVED_REASON;
}

/* A date of the years 1950 to 2049. */
static int is_invalidity(const uint8_t *p) {
    const uint8_t *date = p + sizeof invalidity_start;

    if (memcmp(p, invalidity_start, sizeof invalidity_start) != 0 || !is_time(date + 2)) {
        return 0;
    }
    return memcmp(date, date[2] >= '5' ? "19" : "20", 2) == 0;
}

/* A reason, an invalidity date, or both in either order: len octets of extensions. */
static int are_extensions(const uint8_t *p, size_t len) {
    switch (len) {
    case REASON_LEN:
        return is_reason(p);
    case INVALIDITY_LEN:
        return is_invalidity(p);
    case REASON_LEN + INVALIDITY_LEN:
        return (is_reason(p) && is_invalidity(p + REASON_LEN)) || (is_invalidity(p) && is_reason(p + INVALIDITY_LEN));
    default:
        return 0;
    }
}

/* The length of the entry at the start of len octets, header included; 0 unless it has one of the usual shapes. */
static size_t usual_entry(const uint8_t *p, size_t len, size_t *serial_len) {
    size_t total, used, rest;

    if (len < MIN_ENTRY_LEN || p[0] != SEQUENCE || p[1] > 0x7F || p[2] != INTEGER) {
        return 0;
    }
    total = 2 + (size_t)p[1];
    *serial_len = p[3];
    used = 4 + *serial_len + 2 + TIME_LEN;
    if (total > len || used > total || !is_serial(p + 4, *serial_len)) {
        return 0;
    }
    p += 4 + *serial_len;
    if (p[0] != UTC_TIME || p[1] != TIME_LEN || !is_time(p + 2)) {
        return 0;
    }
    rest = total - used;
    p += 2 + TIME_LEN;
    if (rest != 0 && (rest < 2 || p[0] != SEQUENCE || p[1] != rest - 2 || !are_extensions(p + 2, rest - 2))) {
        return 0;
    }
    return total;
}

/* One number of the index: the upper half of Python's own hash of the serial number, mixed with owner; the offset. */
static int key_of(uint64_t *key, const uint8_t *serial, size_t serial_len, uint64_t owner, size_t offset) {
    PyObject *bytes = PyBytes_FromStringAndSize((const char *)serial, (Py_ssize_t)serial_len);
    Py_hash_t hash;

    if (bytes == NULL) {
        return 0;
    }
    hash = PyObject_Hash(bytes);
    Py_DECREF(bytes);
    *key = (((uint64_t)hash ^ owner) & 0xFFFFFFFF00000000u) | offset;
    return 1;
}

/* (data, start, end, owner): the numbers of the entries as bytes, and where the scan ended. */
PyObject *quick_crl_scan(PyObject *module, PyObject *const *arguments, Py_ssize_t count) {
    uint64_t keys[SCAN_COUNT], owner;
    quick_view data;
    size_t pos, end, found = 0;
    PyObject *numbers, *place, *result;

    (void)module;
    if (count != 4 || !quick_view_of(&data, arguments[0]) || !PyLong_CheckExact(arguments[1]) ||
        !PyLong_CheckExact(arguments[2]) || !PyLong_CheckExact(arguments[3])) {
        return quick_none();
    }
    pos = PyLong_AsSize_t(arguments[1]);
    end = PyLong_AsSize_t(arguments[2]);
    owner = PyLong_AsUnsignedLongLongMask(arguments[3]);
    if (PyErr_Occurred() != NULL || pos > end || end > data.len || end > UINT32_MAX) {
        PyErr_Clear();
        return quick_none();
    }
    while (found < SCAN_COUNT) {
        size_t serial_len, len = usual_entry(data.data + pos, end - pos, &serial_len);
        if (len == 0) {
            break;
        }
        if (!key_of(&keys[found], data.data + pos + 4, serial_len, owner, pos)) {
            return NULL;
        }
        found++;
        pos += len;
    }
    numbers = PyBytes_FromStringAndSize((const char *)keys, (Py_ssize_t)(found * sizeof keys[0]));
    place = PyLong_FromSize_t(pos);
    result = numbers != NULL && place != NULL ? PyTuple_Pack(2, numbers, place) : NULL;
    Py_XDECREF(numbers);
    Py_XDECREF(place);
    return result;
}

static int compare(const void *a, const void *b) {
    uint64_t x, y;

    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return (x > y) - (x < y);
}

/* Numbers of 64 bits in the order of this machine, as bytes; the same, smallest first. */
PyObject *quick_sorted_numbers(PyObject *module, PyObject *numbers) {
    quick_view v;
    PyThreadState *state;
    PyObject *result;
    uint8_t *out;

    (void)module;
    if (!quick_view_of(&v, numbers) || v.len % sizeof(uint64_t) != 0) {
        return quick_none();
    }
    result = quick_new_bytes(v.len, &out);
    if (result == NULL) {
        return quick_none();
    }
    state = quick_release(v.len);
    memcpy(out, v.data, v.len);
    qsort(out, v.len / sizeof(uint64_t), sizeof(uint64_t), compare);
    quick_take_back(state);
    return result;
}
