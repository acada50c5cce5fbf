/*
 * The field as formulas.h and multiply.h use it: a backend's file includes one such binding before them. This one is
 * the portable field of fp.h.
 */
#ifndef GMPKI_SRC_SM2_FIELD_PORTABLE_H
#define GMPKI_SRC_SM2_FIELD_PORTABLE_H

#include "sm2/fp.h"

#define field_mul fp_mul
#define field_sqr fp_sqr
#define field_add fp_add
#define field_sub fp_sub
#define field_double fp_double
#define field_half fp_half
#define field_inverse fp_inverse

#endif /* GMPKI_SRC_SM2_FIELD_PORTABLE_H */
