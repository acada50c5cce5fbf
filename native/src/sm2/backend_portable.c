/* SM2 on the portable field. */
#include "sm2/field_portable.h"
#include "sm2/scan.h"
#include "sm2/sm2.h"

/* On the field and the scans above. */
#include "sm2/comb.h"
#include "sm2/multiply.h"
#include "sm2/multiply_vartime.h"

const sm2_backend sm2_portable = {
    .info = {"portable", 0},
    .multiply_base = multiply_base,
    .multiply_point = multiply_point,
    .multiply_double_vartime = multiply_double_vartime,
    .make_comb_vartime = make_comb_vartime,
    .multiply_comb_vartime = multiply_comb_vartime,
    .to_affine = to_affine,
    .to_affine_pair = to_affine_pair,
};
