/* The forms of a ciphertext: where C1, C2 and C3 stand. */
#ifndef GMPKI_SRC_SM2_CIPHER_FORMAT_H
#define GMPKI_SRC_SM2_CIPHER_FORMAT_H

#include "sm2/sm2.h"

enum { SM2_FORMAT_COUNT = 6, SM2_ALL_FORMATS = (1 << SM2_FORMAT_COUNT) - 1 };

/* A ciphertext read as one format. C1 is on the curve. */
typedef struct sm2_reading {
    affine c1;
    const uint8_t *c3; /* GMPKI_SM2_C3_LEN bytes */
    const uint8_t *c2;
    size_t c2_len;
} sm2_reading;

/* Where the parts of a ciphertext of message_len bytes are to be written; C1 is there already. */
typedef struct sm2_layout {
    uint8_t *c3;
    uint8_t *c2;
    size_t len; /* of the whole */
} sm2_layout;

/* Read a ciphertext as one format: 1 when that is possible, C1 a point and C2 not empty; else 0. CT: it is public. */
int sm2_read_ciphertext(sm2_reading *reading, const uint8_t *ciphertext, size_t len, int format);

/* Write C1 and all fixed bytes of one format. CT: C1 is public. */
void sm2_lay_out_ciphertext(sm2_layout *layout, uint8_t *out, const affine *c1, size_t message_len, int format);

#endif /* GMPKI_SRC_SM2_CIPHER_FORMAT_H */
