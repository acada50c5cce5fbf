/* What SM2's operations are made of. Each call does the same thing many times, each waiting for the one before. */
#include "bench.h"
#include "gmpki/sm2.h"
#include "sm2/sm2.h"

enum { CHAIN = 100 };

static fp element;
static point jacobian;
static fn multiplier;

static int prepare(const bench_case *one) {
    (void)one;
    gmpki_sm2_private_key key;
    uint8_t scalar[GMPKI_SM2_SCALAR_LEN];
    for (size_t i = 0; i < sizeof scalar; i++) {
        scalar[i] = (uint8_t)(i * 29 + 7);
    }
    element = point_base.x;
    point_from_affine(&jacobian, &point_base);
    point_double(&jacobian, &jacobian);
    (void)fn_from_bytes(&multiplier, scalar);
    return gmpki_sm2_private_key_load(&key, scalar); /* opens the gate */
}

static int field_mul(const bench_case *one) {
    for (size_t i = 0; i < one->items; i++) {
        fp_mul(&element, &element, &point_base.y);
    }
    return 0;
}

static int field_sqr(const bench_case *one) {
    for (size_t i = 0; i < one->items; i++) {
        fp_sqr(&element, &element);
    }
    return 0;
}

static int field_inverse(const bench_case *one) {
    (void)one;
    fp_inverse(&element, &element);
    return 0;
}

static int doubling(const bench_case *one) {
    for (size_t i = 0; i < one->items; i++) {
        point_double(&jacobian, &jacobian);
    }
    return 0;
}

static int affine_addition(const bench_case *one) {
    for (size_t i = 0; i < one->items; i++) {
        point_add_affine_vartime(&jacobian, &jacobian, &point_base);
    }
    return 0;
}

static int base(const bench_case *one) {
    (void)one;
    sm2_current()->multiply_base(&jacobian, &multiplier);
    return 0;
}

static int variable(const bench_case *one) {
    (void)one;
    sm2_current()->multiply_point(&jacobian, &multiplier, &point_base);
    return 0;
}

static void add(const char *operation, int (*run)(const bench_case *one), int algorithm, size_t items) {
    bench_case one = {operation, "gmpki", algorithm, 0, items, 0, run, prepare};
    bench_add(&one);
}

void ours_primitives_register(void) {
    add("part_fp_mul", field_mul, BENCH_NO_ALGORITHM, CHAIN);
    add("part_fp_sqr", field_sqr, BENCH_NO_ALGORITHM, CHAIN);
    add("part_fp_inverse", field_inverse, BENCH_NO_ALGORITHM, 1);
    add("part_point_double", doubling, BENCH_NO_ALGORITHM, CHAIN);
    add("part_point_add_affine", affine_addition, BENCH_NO_ALGORITHM, CHAIN);
    add("part_multiply_base", base, GMPKI_SM2, 1);
    add("part_multiply_point", variable, GMPKI_SM2, 1);
}
