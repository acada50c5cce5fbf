/*
 * SM2 for x86-64 with AVX-512 IFMA: eight operations at once. A single one goes through the scalar kernel, which is
 * faster than a lane; MemorySanitizer, which cannot see through its assembly, gets the portable one.
 */
#include "common/cpu.h"
#include "common/ct.h"
#include "gmpki/common.h"
#include "sm2/sm2.h"

#ifdef GMPKI_MSAN
#define SINGLE sm2_portable
#else
#define SINGLE sm2_adx
#endif

static void multiply_base(point *r, const fn *k) {
    SINGLE.multiply_base(r, k);
}

static void multiply_point(point *r, const fn *k, const affine *p) {
    SINGLE.multiply_point(r, k, p);
}

static void multiply_double_vartime(point *r, const fn *s, const fn *t, const affine *p) {
    SINGLE.multiply_double_vartime(r, s, t, p);
}

static void make_comb_vartime(affine table[COMB_ROWS][COMB_ENTRIES], const affine *p) {
    SINGLE.make_comb_vartime(table, p);
}

static void multiply_comb_vartime(point *r, const fn *s, const fn *t, const affine table[COMB_ROWS][COMB_ENTRIES]) {
    SINGLE.multiply_comb_vartime(r, s, t, table);
}

static uint64_t to_affine(affine *r, const point *a) {
    return SINGLE.to_affine(r, a);
}

static uint64_t to_affine_pair(affine r[2], const point a[2]) {
    return SINGLE.to_affine_pair(r, a);
}

/* The affine x of a point with x = z is z^-1. */
void sm2_ifma_inverse(fp *r, const fp *a) {
    point p = {*a, *a, *a};
    affine result;
    (void)to_affine(&result, &p);
    *r = result.x;
    gmpki_cleanse(&p, sizeof p);
    gmpki_cleanse(&result, sizeof result);
}

const sm2_backend sm2_ifma = {
    .info = {"ifma", CPU_X86_AVX512 | CPU_X86_IFMA | CPU_X86_BMI2 | CPU_X86_ADX | CPU_X86_AVX2},
    .multiply_base = multiply_base,
    .multiply_point = multiply_point,
    .multiply_double_vartime = multiply_double_vartime,
    .make_comb_vartime = make_comb_vartime,
    .multiply_comb_vartime = multiply_comb_vartime,
    .to_affine = to_affine,
    .to_affine_pair = to_affine_pair,
    .batch = &sm2_batch_ifma,
};
