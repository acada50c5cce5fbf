/* Made by tools/sm4_affine.py, which derives and proves it; do not edit. Affine maps over GF(2)^8. */
#ifndef GMPKI_SRC_SM4_GFNI_GENERATED_H
#define GMPKI_SRC_SM4_GFNI_GENERATED_H

#include <stdint.h>

/* Into the form of the state. */
#define GFNI_P_MATRIX 0x4C287DB91A22505DULL
#define GFNI_P_CONSTANT 0x00
/* Into the form of a round key. */
#define GFNI_KEY_MATRIX 0x4C287DB91A22505DULL
#define GFNI_KEY_CONSTANT 0x3E
/* Out of the form of the state. */
#define GFNI_BACK_MATRIX 0xB3A4F5863284728BULL
#define GFNI_BACK_CONSTANT 0x00
/* After the inversion: S(x). */
#define GFNI_SUBSTITUTE_MATRIX 0xF3AB34A974A6B589ULL
#define GFNI_SUBSTITUTE_CONSTANT 0xD3
/* After the inversion: P u. */
#define GFNI_U_MATRIX 0x040DB891E9A481B7ULL
#define GFNI_U_CONSTANT 0x72
/* After the inversion: P v. */
#define GFNI_V_MATRIX 0x280FBCB4FF84C11AULL
#define GFNI_V_CONSTANT 0x11
/* After the inversion: P (u + v). */
#define GFNI_W_MATRIX 0x2C020425162040ADULL
#define GFNI_W_CONSTANT 0x63

#endif /* GMPKI_SRC_SM4_GFNI_GENERATED_H */
