/* A minimal unit-test harness: CHECK counts, finish() prints "N passed, N failed" and gives the exit code. */
#ifndef GMPKI_TESTS_CHECK_H
#define GMPKI_TESTS_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static unsigned long checks_passed, checks_failed;

/*
 * Whether what is repeated on many operands is repeated less often here: in a build for an emulator or a sanitizer,
 * where a program takes ten times as long (native/tests/CMakeLists.txt). Every backend and every edge is tested all the
 * same.
 */
#ifdef GMPKI_TESTS_SPARSE
enum { SPARSE = 1 };
#else
enum { SPARSE = 0 };
#endif

/* How often to repeat something that a full run does count times. */
static inline unsigned long repetitions(unsigned long count) {
    return SPARSE ? count / 10 : count;
}

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (condition) {                                                                                               \
            checks_passed++;                                                                                           \
        } else {                                                                                                       \
            checks_failed++;                                                                                           \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                            \
        }                                                                                                              \
    } while (0)

/* Decode hex text into out and return the number of bytes. The text must be well formed: it is part of a test. */
static inline size_t unhex(uint8_t *out, const char *text) {
    size_t n = 0;
    unsigned byte = 0;
    for (; sscanf(text, "%2x", &byte) == 1; text += 2) {
        out[n++] = (uint8_t)byte;
    }
    return n;
}

/* Whether data equals the hex text. */
static inline int equals_hex(const uint8_t *data, size_t len, const char *text) {
    uint8_t expected[4096];
    return strlen(text) == 2 * len && len <= sizeof expected && unhex(expected, text) == len &&
           (len == 0 || memcmp(data, expected, len) == 0);
}

/* Say what is not checked here, and why. A run passes only if tests/skips.toml lists it (native/tools/run_ctest.py). */
static inline void leave_out(const char *what) {
    printf("left out: %s\n", what);
}

static inline int finish(void) {
    if (SPARSE) {
        printf("a build for an emulator or a sanitizer: what is repeated on many operands, less often\n");
    }
    printf("%lu passed, %lu failed\n", checks_passed, checks_failed);
    return checks_failed == 0 && checks_passed > 0 ? 0 : 1;
}

#endif /* GMPKI_TESTS_CHECK_H */
