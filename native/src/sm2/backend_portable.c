/* SM2 on the portable field. */
#include "sm2/field_portable.h"
#include "sm2/formulas.h"
#include "sm2/scan.h"
#include "sm2/multiply.h"
#include "sm2/multiply_vartime.h"
#include "sm2/sm2.h"

const sm2_backend sm2_portable = {
    .info = {"portable", 0},
    .multiply_base = multiply_base,
    .multiply_point = multiply_point,
    .multiply_double_vartime = multiply_double_vartime,
    .to_affine = to_affine,
    .to_affine_pair = to_affine_pair,
};
