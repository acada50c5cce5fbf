/* The list of field kernels, and those that need no compiler flags. */
#include "sm2_kernels.h"

#include "common/cpu.h"
#include "sm2/fp_adx.h"

#if FP_ADX

static void adx_mul(fp *r, const fp *a, const fp *b) {
    for (int i = 0; i < KERNEL_BATCH; i++) {
        fp_adx_mul(&r[i], &a[i], &b[i]);
    }
}

static void adx_sqr(fp *r, const fp *a, const fp *b) {
    (void)b;
    for (int i = 0; i < KERNEL_BATCH; i++) {
        fp_adx_sqr(&r[i], &a[i]);
    }
}

static void adx_sub(fp *r, const fp *a, const fp *b) {
    for (int i = 0; i < KERNEL_BATCH; i++) {
        fp_adx_sub(&r[i], &a[i], &b[i]);
    }
}

static void adx_half(fp *r, const fp *a, const fp *b) {
    (void)b;
    for (int i = 0; i < KERNEL_BATCH; i++) {
        fp_adx_half(&r[i], &a[i]);
    }
}

static const field_kernel adx = {
    .name = "adx",
    .features = CPU_X86_BMI2 | CPU_X86_ADX,
    .mul = adx_mul,
    .sqr = adx_sqr,
    .sub = adx_sub,
    .half = adx_half,
};

#endif

const field_kernel *const field_kernels[] = {
#if FP_ADX
    &adx,
#endif
    NULL,
};
