/*
 * What a bit plane is: 64 bits, or two times 64 where processors of the kind always have vectors of 128 bits. Compilers
 * turn their own vector types into what there is.
 */
#ifndef GMPKI_SRC_SM4_BIT_PLANE_H
#define GMPKI_SRC_SM4_BIT_PLANE_H

#include <stdint.h>

#if defined(__SSE2__) || defined(__aarch64__) || defined(__loongarch_sx) || defined(__ALTIVEC__) || defined(__VX__)
enum { SM4_PLANE_PARTS = 2 };
typedef uint64_t sm4_plane __attribute__((vector_size(16)));
#else
enum { SM4_PLANE_PARTS = 1 };
typedef uint64_t sm4_plane;
#endif

#endif /* GMPKI_SRC_SM4_BIT_PLANE_H */
