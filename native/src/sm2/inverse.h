/* Inverses modulo the two primes of SM2. CT: constant in every value. */
#ifndef GMPKI_SRC_SM2_INVERSE_H
#define GMPKI_SRC_SM2_INVERSE_H

#include <stdint.h>

/* An odd modulus m < 2^256, its negated inverse modulo 2^64, and the number below m that an inverse comes times. */
typedef struct inverse_field {
    uint64_t modulus[4];
    uint64_t factor[4];
    uint64_t negative_inverse;
} inverse_field;

/* r = factor / a modulo m, fully reduced; 0 for 0. a < m. r and a may be the same. */
void inverse_modulo(uint64_t r[4], const uint64_t a[4], const inverse_field *field);

#endif /* GMPKI_SRC_SM2_INVERSE_H */
