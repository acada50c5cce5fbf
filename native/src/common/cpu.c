/* CPU detection: compiler builtins on x86 (they also ask the system about vector state), hardware capabilities on ARM.
 */
#include "common/cpu.h"

#if defined(__x86_64__)

#include <cpuid.h>

#ifdef GMPKI_CTIME
int checker_active(void);
#endif

/*
 * ADX is no vector state, so that CPUID alone says it; not every compiler has a builtin for it. valgrind decodes it but
 * leaves it out of CPUID: where the constant-time tests watch, it is there with BMI2.
 */
static int has_adx(void) {
    enum { LEAF_FEATURES = 7, EBX_ADX = 1 << 19 };
    unsigned eax, ebx, ecx, edx;
#ifdef GMPKI_CTIME
    if (checker_active()) {
        return __builtin_cpu_supports("bmi2") != 0;
    }
#endif
    return __get_cpuid_count(LEAF_FEATURES, 0, &eax, &ebx, &ecx, &edx) && (ebx & EBX_ADX) != 0;
}

uint32_t cpu_features(void) {
    __builtin_cpu_init();
    uint32_t f = 0;
    f |= __builtin_cpu_supports("ssse3") ? CPU_X86_SSSE3 : 0;
    f |= __builtin_cpu_supports("aes") ? CPU_X86_AESNI : 0;
    f |= __builtin_cpu_supports("pclmul") ? CPU_X86_PCLMUL : 0;
    f |= __builtin_cpu_supports("avx") ? CPU_X86_AVX : 0;
    f |= __builtin_cpu_supports("avx2") ? CPU_X86_AVX2 : 0;
    f |= __builtin_cpu_supports("bmi2") ? CPU_X86_BMI2 : 0;
    f |= has_adx() ? CPU_X86_ADX : 0;
    f |= __builtin_cpu_supports("gfni") ? CPU_X86_GFNI : 0;
    f |= __builtin_cpu_supports("vpclmulqdq") ? CPU_X86_VPCLMUL : 0;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl")) {
        f |= CPU_X86_AVX512;
        f |= __builtin_cpu_supports("avx512ifma") ? CPU_X86_IFMA : 0;
    }
    return f;
}

#elif defined(__aarch64__) && defined(__linux__)

#include <sys/auxv.h>

/* Bits of AT_HWCAP in the Linux ABI for arm64. */
enum {
    ARM_HWCAP_ASIMD = 1u << 1,
    ARM_HWCAP_AES = 1u << 3,
    ARM_HWCAP_PMULL = 1u << 4,
    ARM_HWCAP_SM3 = 1u << 18,
    ARM_HWCAP_SM4 = 1u << 19
};

uint32_t cpu_features(void) {
    unsigned long capabilities = getauxval(AT_HWCAP);
    uint32_t f = 0;
    f |= capabilities & ARM_HWCAP_ASIMD ? CPU_ARM_NEON : 0;
    f |= capabilities & ARM_HWCAP_AES ? CPU_ARM_AES : 0;
    f |= capabilities & ARM_HWCAP_PMULL ? CPU_ARM_PMULL : 0;
    f |= capabilities & ARM_HWCAP_SM3 ? CPU_ARM_SM3 : 0;
    f |= capabilities & ARM_HWCAP_SM4 ? CPU_ARM_SM4 : 0;
    return f;
}

#else

uint32_t cpu_features(void) {
    return 0;
}

#endif
