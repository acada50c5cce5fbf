/* Points as bytes (GB/T 32918.1-2016 4.2.9 and 4.2.10). */
#include <string.h>

#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm2/sm2.h"

enum { PREFIX_EVEN_Y = 0x02, PREFIX_ODD_Y = 0x03, PREFIX_UNCOMPRESSED = 0x04 };

int sm2_point_decode(affine *p, const uint8_t xy[GMPKI_SM2_POINT_LEN]) {
    uint64_t good = fp_from_bytes(&p->x, xy);
    good &= fp_from_bytes(&p->y, xy + 32);
    good &= point_on_curve(p);
    return good ? GMPKI_OK : GMPKI_ERR_POINT;
}

/* The root of x^3 - 3x + b whose last bit the prefix names. No point has y = 0, as the group's order is odd. */
int sm2_point_decompress_vartime(affine *p, const uint8_t encoded[GMPKI_SM2_POINT_COMPRESSED_LEN]) {
    fp cube, linear;
    uint8_t y[32];
    if (encoded[0] != PREFIX_EVEN_Y && encoded[0] != PREFIX_ODD_Y) {
        return GMPKI_ERR_POINT;
    }
    if (!fp_from_bytes(&p->x, encoded + 1)) {
        return GMPKI_ERR_POINT;
    }
    fp_sqr(&cube, &p->x);
    fp_mul(&cube, &cube, &p->x);
    fp_double(&linear, &p->x);
    fp_add(&linear, &linear, &p->x);
    fp_sub(&cube, &cube, &linear);
    fp_add(&cube, &cube, &fp_curve_b);
    if (!fp_sqrt(&p->y, &cube)) {
        return GMPKI_ERR_POINT;
    }
    fp_to_bytes(y, &p->y);
    if ((y[31] & 1) != (encoded[0] & 1)) {
        fp_neg(&p->y, &p->y);
    }
    return GMPKI_OK;
}

void sm2_point_encode(uint8_t xy[GMPKI_SM2_POINT_LEN], const affine *p) {
    fp_to_bytes(xy, &p->x);
    fp_to_bytes(xy + 32, &p->y);
}

static int decode(affine *p, const uint8_t *encoded, size_t encoded_len) {
    switch (encoded_len) {
    case GMPKI_SM2_POINT_LEN:
        return sm2_point_decode(p, encoded);
    case GMPKI_SM2_POINT_UNCOMPRESSED_LEN:
        return encoded[0] == PREFIX_UNCOMPRESSED ? sm2_point_decode(p, encoded + 1) : GMPKI_ERR_POINT;
    case GMPKI_SM2_POINT_COMPRESSED_LEN:
        return sm2_point_decompress_vartime(p, encoded);
    default:
        return GMPKI_ERR_LENGTH;
    }
}

int gmpki_sm2_public_key_load(gmpki_sm2_public_key *key, const uint8_t *encoded, size_t encoded_len) {
    if (key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    affine p;
    gmpki_cleanse(key, sizeof *key);
    int status = encoded == NULL && encoded_len != 0 ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    if (status == GMPKI_OK) {
        status = decode(&p, encoded, encoded_len);
    }
    if (status == GMPKI_OK) {
        memcpy(key->x, p.x.limb, sizeof key->x);
        memcpy(key->y, p.y.limb, sizeof key->y);
        key->ready = SM2_PUBLIC_READY;
    }
    return status;
}

int gmpki_sm2_public_key_store(const gmpki_sm2_public_key *key, uint8_t *encoded, size_t encoded_len) {
    if (encoded == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    gmpki_cleanse(encoded, encoded_len);
    int status = key == NULL ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    if (!sm2_public_ready(key)) {
        return GMPKI_ERR_STATE;
    }
    affine p;
    uint8_t xy[GMPKI_SM2_POINT_LEN];
    sm2_public_point(&p, key);
    sm2_point_encode(xy, &p);
    switch (encoded_len) {
    case GMPKI_SM2_POINT_LEN:
        memcpy(encoded, xy, sizeof xy);
        return GMPKI_OK;
    case GMPKI_SM2_POINT_UNCOMPRESSED_LEN:
        encoded[0] = PREFIX_UNCOMPRESSED;
        memcpy(encoded + 1, xy, sizeof xy);
        return GMPKI_OK;
    case GMPKI_SM2_POINT_COMPRESSED_LEN:
        encoded[0] = (uint8_t)(PREFIX_EVEN_Y | (xy[63] & 1));
        memcpy(encoded + 1, xy, 32);
        return GMPKI_OK;
    default:
        return GMPKI_ERR_LENGTH;
    }
}
