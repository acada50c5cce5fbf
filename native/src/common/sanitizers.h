/*
 * Which sanitizer watches this build. Kernels step aside for them: MemorySanitizer cannot follow a secret through
 * assembly and some intrinsics, whose operands it reports; AddressSanitizer and, with clang,
 * UndefinedBehaviorSanitizer leave assembly too few registers.
 */
#ifndef GMPKI_SRC_SANITIZERS_H
#define GMPKI_SRC_SANITIZERS_H

#ifdef __SANITIZE_ADDRESS__
#define GMPKI_ASAN
#endif
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define GMPKI_ASAN
#endif
#if __has_feature(memory_sanitizer)
#define GMPKI_MSAN
#endif
#if __has_feature(undefined_behavior_sanitizer)
#define GMPKI_UBSAN
#endif
#endif

#endif /* GMPKI_SRC_SANITIZERS_H */
