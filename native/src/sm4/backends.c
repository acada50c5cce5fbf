/* The backends of SM4, fastest first. */
#include "sm4/sm4.h"

const backend_info *const sm4_backends[] = {
#if defined(__x86_64__)
    &sm4_backend_gfni_avx512.info, &sm4_backend_gfni_avx2.info,
    &sm4_backend_aesni_avx2.info,  &sm4_backend_aesni.info,
#endif
#if defined(__aarch64__)
    &sm4_backend_armv8.info,       &sm4_backend_neon_aes.info,
#endif
    &sm4_backend_portable.info,    NULL,
};
