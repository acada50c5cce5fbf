/* The backends of SM2, fastest first. */
#include "sm2/sm2.h"

const backend_info *const sm2_backends[] = {
#if defined(__x86_64__)
    &sm2_ifma.info,
    &sm2_adx.info,
#endif
    &sm2_portable.info,
    NULL,
};
