/* The field kernels of the backends, each against the portable one in sm2_differential_test.c. */
#ifndef GMPKI_TESTS_SM2_KERNELS_H
#define GMPKI_TESTS_SM2_KERNELS_H

#include <stddef.h>

#include "sm2/fp.h"

enum { KERNEL_BATCH = 64 };

/* r[i] = a[i] op b[i] for KERNEL_BATCH elements that keep the contract of fp.h; a square and a half leave b aside. */
typedef void (*kernel_operation)(fp *r, const fp *a, const fp *b);

/* An operation that a kernel does not have for itself is NULL. */
typedef struct field_kernel {
    const char *name;
    uint32_t features; /* of common/cpu.h, which the processor must have */
    kernel_operation mul, sqr, add, sub, half;
} field_kernel;

/* Ends with NULL. A kernel stands in a file of its own, with its flags in CMakeLists.txt. */
extern const field_kernel *const field_kernels[];

#endif /* GMPKI_TESTS_SM2_KERNELS_H */
