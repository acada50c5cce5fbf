/* Points where one operation is all that is needed, on the portable field. */
#include "sm2/point.h"

#include "sm2/field_portable.h"
#include "sm2/formulas.h"

const affine point_base = {{FP_BASE_X_LIMBS}, {FP_BASE_Y_LIMBS}};

void point_from_affine(point *r, const affine *a) {
    r->x = a->x;
    r->y = a->y;
    r->z = fp_one;
}

uint64_t point_to_affine(affine *r, const point *a) {
    return curve_to_affine(r, a);
}

void point_double(point *r, const point *a) {
    curve_double(r, a);
}

void point_add_vartime(point *r, const point *a, const point *b) {
    table_point term;
    point sum = *a;
    if (!point_is_infinity(b)) {
        curve_multiple(&term, b);
        curve_add_vartime(&sum, &term);
    }
    *r = sum;
}

void point_add_affine_vartime(point *r, const point *a, const affine *b) {
    point sum = *a;
    curve_add_affine_vartime(&sum, b);
    *r = sum;
}

uint64_t point_on_curve(const affine *a) {
    fp left, right;
    fp_sqr(&left, &a->y);
    fp_sqr(&right, &a->x);
    fp_sub(&right, &right, &fp_one);
    fp_sub(&right, &right, &fp_one);
    fp_sub(&right, &right, &fp_one);
    fp_mul(&right, &right, &a->x); /* x(x^2 - 3) */
    fp_add(&right, &right, &fp_curve_b);
    return fp_equal(&left, &right);
}
