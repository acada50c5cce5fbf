/* Primitives on the portable field, and the multiplications of every backend. */
#include "sm2/field_portable.h"

#include "primitives.h"

static fn multiplier;

static int prepare(const bench_case *one) {
    uint8_t scalar[GMPKI_SM2_SCALAR_LEN];
    for (size_t i = 0; i < sizeof scalar; i++) {
        scalar[i] = (uint8_t)(i * 29 + 7);
    }
    (void)fn_from_bytes(&multiplier, scalar);
    return prepare_primitive(one);
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

void ours_primitives_register(void) {
    bench_case of_base = {"part_multiply_base", "gmpki", GMPKI_SM2, 0, 1, 0, base, prepare, NULL};
    bench_case of_point = {"part_multiply_point", "gmpki", GMPKI_SM2, 0, 1, 0, variable, prepare, NULL};
    register_primitives("portable");
    bench_add(&of_base);
    bench_add(&of_point);
}
