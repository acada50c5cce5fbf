/*
 * What SM2's operations are made of, on the field that the including file has bound. Each call does the same thing many
 * times, each waiting for the one before.
 */
#ifndef GMPKI_BENCH_PRIMITIVES_H
#define GMPKI_BENCH_PRIMITIVES_H

#include "bench.h"
#include "gmpki/sm2.h"
#include "sm2/formulas.h"
#include "sm2/sm2.h"

enum { CHAIN = 100 };

static fp element;
static point jacobian;

static int prepare_primitive(const bench_case *one) {
    (void)one;
    element = point_base.x;
    point_from_affine(&jacobian, &point_base);
    curve_double(&jacobian, &jacobian);
    return gmpki_selftest_run(GMPKI_SM2);
}

static int primitive_mul(const bench_case *one) {
    fp x = element;
    for (size_t i = 0; i < one->items; i++) {
        field_mul(&x, &x, &point_base.y);
    }
    element = x;
    return 0;
}

static int primitive_sqr(const bench_case *one) {
    fp x = element;
    for (size_t i = 0; i < one->items; i++) {
        field_sqr(&x, &x);
    }
    element = x;
    return 0;
}

static int primitive_inverse(const bench_case *one) {
    (void)one;
    field_inverse(&element, &element);
    return 0;
}

static int primitive_double(const bench_case *one) {
    for (size_t i = 0; i < one->items; i++) {
        curve_double(&jacobian, &jacobian);
    }
    return 0;
}

static int primitive_add(const bench_case *one) {
    table_point addend;
    curve_multiple(&addend, &jacobian);
    for (size_t i = 0; i < one->items; i++) {
        curve_double(&jacobian, &jacobian); /* or both would be the same point */
        curve_add(&jacobian, &jacobian, &addend);
    }
    return 0;
}

static int primitive_add_affine(const bench_case *one) {
    for (size_t i = 0; i < one->items; i++) {
        curve_add_affine(&jacobian, &jacobian, &point_base);
    }
    return 0;
}

static void register_primitives(const char *backend) {
    static const struct {
        const char *operation;
        int (*run)(const bench_case *one);
        size_t items;
    } all[] = {
        {"part_fp_mul", primitive_mul, CHAIN},
        {"part_fp_sqr", primitive_sqr, CHAIN},
        {"part_fp_inverse", primitive_inverse, 1},
        {"part_point_double", primitive_double, CHAIN},
        {"part_point_double_and_add", primitive_add, CHAIN},
        {"part_point_add_affine", primitive_add_affine, CHAIN},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        bench_case one = {all[i].operation,  "gmpki", BENCH_NO_ALGORITHM, 0, all[i].items, 0, all[i].run,
                          prepare_primitive, backend};
        bench_add(&one);
    }
}

#endif /* GMPKI_BENCH_PRIMITIVES_H */
