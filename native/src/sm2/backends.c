/* The backends of SM2, fastest first. */
#include "sm2/mul.h"
#include "sm2/sm2.h"

const sm2_backend sm2_portable = {
    .info = {"portable", 0},
    .multiply_base = multiply_base,
    .multiply_point = multiply_point,
    .multiply_double_vartime = multiply_double_vartime,
};

const backend_info *const sm2_backends[] = {&sm2_portable.info, NULL};
