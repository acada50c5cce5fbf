/* SM2 for x86-64 with BMI2, ADX and AVX2. */
#include "common/cpu.h"
#include "sm2/field_adx.h"
#include "sm2/scan_avx2.h"
#include "sm2/sm2.h"

/* On the field and the scans above. */
#include "sm2/comb.h"
#include "sm2/multiply.h"
#include "sm2/multiply_vartime.h"

const sm2_backend sm2_adx = {
    .info = {"adx", CPU_X86_BMI2 | CPU_X86_ADX | CPU_X86_AVX2},
    .multiply_base = multiply_base,
    .multiply_point = multiply_point,
    .multiply_double_vartime = multiply_double_vartime,
    .make_comb_vartime = make_comb_vartime,
    .multiply_comb_vartime = multiply_comb_vartime,
    .to_affine = to_affine,
    .to_affine_pair = to_affine_pair,
};
