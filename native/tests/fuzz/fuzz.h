/*
 * Fuzz targets: each file here holds one LLVMFuzzerTestOneInput. A target aborts when a property does not hold; the
 * sanitizers it is built with catch the rest.
 */
#ifndef GMPKI_TESTS_FUZZ_H
#define GMPKI_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Stop, naming the property that did not hold. */
#define REQUIRE(property)                                                                                              \
    do {                                                                                                               \
        if (!(property)) {                                                                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #property);                                             \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

#endif /* GMPKI_TESTS_FUZZ_H */
