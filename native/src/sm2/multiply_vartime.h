/*
 * Scalar multiplication of public values, for verification, on the field that the including file has bound: s * G + t *
 * P, where the part of G is added from the fixed-base table without a doubling.
 */
#ifndef GMPKI_SRC_SM2_MULTIPLY_VARTIME_H
#define GMPKI_SRC_SM2_MULTIPLY_VARTIME_H

#include "sm2/multiply.h"

/* r = r + the multiple that a Booth digit names in its row. */
static inline void add_digit_vartime(point *r, const affine *row, unsigned bits, int window) {
    uint64_t negative;
    uint64_t index = recode_booth(bits, window, &negative);
    if (index != 0) {
        affine term = row[index - 1];
        if (negative) {
            fp_neg(&term.y, &term.y);
        }
        curve_add_affine_vartime(r, &term);
    }
}

/* r = r + s * G */
static inline void add_base_vartime(point *r, const fn *s) {
    for (int i = 0; i < BASE_ROWS; i++) {
        add_digit_vartime(r, sm2_base_table[i], scalar_bits(s, BASE_WINDOW * i - 1, BASE_WINDOW + 1), BASE_WINDOW);
    }
}

/* t * P by its non-adjacent form. */
static void multiply_double_vartime(point *r, const fn *s, const fn *t, const affine *p) {
    table_point odd[2][WNAF_ENTRIES]; /* P, 3P .. 15P, and their opposites */
    int8_t digits[WNAF_DIGITS];
    point sum;
    odd_multiples(odd[0], WNAF_ENTRIES, p);
    for (int i = 0; i < WNAF_ENTRIES; i++) {
        odd[1][i] = odd[0][i];
        fp_neg(&odd[1][i].y, &odd[1][i].y);
    }
    memset(&sum, 0, sizeof sum);
    for (int i = recode_wnaf_vartime(digits, t) - 1; i >= 0; i--) {
        curve_double(&sum, &sum);
        if (digits[i] != 0) {
            const table_point *term = digits[i] > 0 ? &odd[0][digits[i] / 2] : &odd[1][-digits[i] / 2];
            curve_add_vartime(&sum, term);
        }
    }
    add_base_vartime(&sum, s);
    *r = sum;
}

#endif /* GMPKI_SRC_SM2_MULTIPLY_VARTIME_H */
