/* Test data that a second implementation can make as well: byte i is 7i + 3. And every backend of an algorithm. */
#ifndef GMPKI_TESTS_PATTERN_H
#define GMPKI_TESTS_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "check.h"
#include "gmpki/common.h"

static inline void fill_pattern(uint8_t *data, size_t len) {
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(7 * i + 3);
    }
}

static inline int all_zero(const void *data, size_t len) {
    const uint8_t *bytes = data;
    size_t i = 0;
    while (i < len && bytes[i] == 0) {
        i++;
    }
    return i == len;
}

/* Run the tests on every backend that this processor can run, then leave the fastest one active. */
static inline void on_every_backend(int algorithm, void (*tests)(void)) {
    const char *name = NULL;
    int available = 0;
    for (size_t i = 0; gmpki_backend_get(&name, &available, algorithm, i) == GMPKI_OK && name != NULL; i++) {
        if (available) {
            CHECK(gmpki_backend_force(algorithm, name) == GMPKI_OK);
            tests();
        }
    }
    CHECK(gmpki_backend_force(algorithm, NULL) == GMPKI_OK);
}

#endif /* GMPKI_TESTS_PATTERN_H */
