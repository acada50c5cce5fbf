/* The field for x86-64 with BMI2 and ADX, as formulas.h and multiply.h use it. */
#ifndef GMPKI_SRC_SM2_FIELD_ADX_H
#define GMPKI_SRC_SM2_FIELD_ADX_H

#include "sm2/fp_adx.h"

#define field_mul fp_adx_mul
#define field_sqr fp_adx_sqr
#define field_add fp_add
#define field_sub fp_adx_sub
#define field_double fp_double
#define field_half fp_adx_half
#define field_inverse fp_inverse

#endif /* GMPKI_SRC_SM2_FIELD_ADX_H */
