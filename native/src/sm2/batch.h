/* Several SM2 operations at once: what a backend with lanes has beside its single operations. */
#ifndef GMPKI_SRC_SM2_BATCH_H
#define GMPKI_SRC_SM2_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "sm2/fn.h"
#include "sm2/point.h"

/* So many operations go to a backend in one call at most: they share one inversion. */
enum { SM2_BATCH_MAX = 32 };

#ifdef GMPKI_TEST_BUILD
/* ab, a^2, a - 8b, ab - 8b^2 and the plain number of a. */
enum { SM2_BATCH_MUL, SM2_BATCH_SQR, SM2_BATCH_DIFFERENCE, SM2_BATCH_TWO_PRODUCTS, SM2_BATCH_PLAIN };
#endif

/* One implementation; count is 1 .. SM2_BATCH_MAX everywhere. */
typedef struct sm2_batch {
    /* So many operations go side by side, a power of 2, and from so many on that is faster than one after the other. */
    size_t width;
    size_t worthwhile;
    /* r[i] = k[i] * G, k[i] in [1, n - 1] and secret. */
    void (*multiply_base)(affine *r, const fn *k, size_t count);
    /*
     * good[i] = all ones if the x of s[i] * G + t[i] * p[i] is c[i] modulo n, zero if it is not.
     * s, t in [1, n - 1] and p are public, c may be secret. unsure[i] = all ones where s * G is t * p or -t * p, which
     * is public too: good[i] says nothing then.
     */
    void (*verify)(uint64_t *good, uint64_t *unsure, const fn *s, const fn *t, const affine *p, const fn *c,
                   size_t count);
#ifdef GMPKI_TEST_BUILD
    /* The field itself, r = op(a, b) with limbs of 52 bits: for sm2_lanes_test.c. */
    void (*field)(uint64_t r[5][8], uint64_t a[5][8], uint64_t b[5][8], int op);
#endif
} sm2_batch;

/* How many of the operations that are left go to the backend in one call: a rest that is not worthwhile stays. */
static inline size_t sm2_batch_part(const sm2_batch *batch, size_t left) {
    size_t part = left < SM2_BATCH_MAX ? left : SM2_BATCH_MAX;
    size_t rest = part & (batch->width - 1); /* no division: the signing function around it handles secrets */
    return rest < batch->worthwhile ? part - rest : part;
}

extern const sm2_batch sm2_batch_ifma;

/* r = a^-1 for a that is not 0, for that one. */
void sm2_ifma_inverse(fp *r, const fp *a);

#endif /* GMPKI_SRC_SM2_BATCH_H */
