/* The backends of SM3, fastest first. */
#include <stddef.h>

#include "sm3/sm3.h"

const backend_info *const sm3_backends[] = {
#if defined(__x86_64__)
    &sm3_avx512.info,   &sm3_avx2.info,
#endif
#if defined(__aarch64__)
    &sm3_armv8.info,    &sm3_neon.info,
#endif
    &sm3_portable.info, NULL,
};
