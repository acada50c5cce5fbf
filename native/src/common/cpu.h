/* What this processor can run. */
#ifndef GMPKI_SRC_CPU_H
#define GMPKI_SRC_CPU_H

#include <stdint.h>

enum cpu_feature {
    CPU_X86_SSSE3 = 1u << 0,
    CPU_X86_AESNI = 1u << 1,
    CPU_X86_PCLMUL = 1u << 2,
    CPU_X86_AVX = 1u << 3,
    CPU_X86_AVX2 = 1u << 4,
    CPU_X86_BMI2 = 1u << 5,
    CPU_X86_ADX = 1u << 6,
    CPU_X86_GFNI = 1u << 7,
    CPU_X86_AVX512 = 1u << 8, /* F, BW, DQ and VL */
    CPU_X86_IFMA = 1u << 9,
    CPU_X86_VPCLMUL = 1u << 10,
    CPU_X86_VAES = 1u << 11,
    CPU_ARM_SM3 = 1u << 16,
    CPU_ARM_SM4 = 1u << 17,
    CPU_ARM_PMULL = 1u << 18,
    CPU_ARM_AES = 1u << 19,
    CPU_ARM_NEON = 1u << 20
};

/* The features of this processor that the operating system lets programs use, as a sum of cpu_feature. */
uint32_t cpu_features(void);

#endif /* GMPKI_SRC_CPU_H */
