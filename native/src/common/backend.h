/*
 * The backend registry. Each algorithm has one NULL-ended list of backends, fastest first, the portable one last. A
 * backend is a struct of function pointers whose first member is its backend_info; the algorithm's own header defines
 * the struct.
 */
#ifndef GMPKI_SRC_BACKEND_H
#define GMPKI_SRC_BACKEND_H

#include <stdint.h>

#include "gmpki/common.h"

typedef struct backend_info {
    const char *name;
    uint32_t needs; /* a sum of cpu_feature; 0 for portable */
} backend_info;

/* The lists, each defined in its algorithm's backends.c. */
extern const backend_info *const sm3_backends[];
extern const backend_info *const sm4_backends[];
extern const backend_info *const sm2_backends[];
extern const backend_info *const rand_backends[];

/* Choose the active backend of an algorithm if none is chosen yet: GMPKI_BACKEND, else the fastest that can run here.
 */
int backend_resolve(int algorithm);

/* The active backend; only after backend_resolve succeeded, which gate() sees to. */
const backend_info *backend_current(int algorithm);

#endif /* GMPKI_SRC_BACKEND_H */
