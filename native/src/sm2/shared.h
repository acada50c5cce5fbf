/* The shared point, and what encryption and decryption make of it. */
#ifndef GMPKI_SRC_SM2_SHARED_H
#define GMPKI_SRC_SM2_SHARED_H

#include "sm2/sm2.h"

/* x || y of k * p: all ones, or zero for infinity. CT: k and the result are secret. */
uint64_t sm2_shared_point(uint8_t shared[GMPKI_SM2_POINT_LEN], const fn *k, const affine *p);

/* t = KDF(x2 || y2, len): all ones, or zero if every byte of it is 0. CT: time depends on len only. */
uint64_t sm2_key_stream(uint8_t *t, size_t len, const uint8_t shared[GMPKI_SM2_POINT_LEN]);

/* C3 = SM3(x2 || M || y2). CT: time depends on message_len only. */
void sm2_compute_c3(uint8_t c3[GMPKI_SM2_C3_LEN], const uint8_t shared[GMPKI_SM2_POINT_LEN], const uint8_t *message,
                    size_t message_len);

#endif /* GMPKI_SRC_SM2_SHARED_H */
