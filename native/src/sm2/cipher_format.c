/* Ciphertexts in six forms (GB/T 32918.4-2016 6.1 A8; GB/T 35276-2017 7.2; the 2010 draft's order C1C2C3). */
#include "sm2/cipher_format.h"

#include <string.h>

#include "sm2/der.h"

enum { PREFIX_UNCOMPRESSED = 0x04 };

/* SM2Cipher: SEQUENCE { XCoordinate INTEGER, YCoordinate INTEGER, HASH OCTET STRING (32), CipherText OCTET STRING }. */
static int read_der(sm2_reading *reading, const uint8_t *ciphertext, size_t len) {
    der_input in = {ciphertext, len};
    der_input contents, c3, c2;
    uint8_t xy[GMPKI_SM2_POINT_LEN];
    if (!der_read(&in, DER_SEQUENCE, &contents) || !der_read_uint256(&contents, xy) ||
        !der_read_uint256(&contents, xy + 32) || !der_read(&contents, DER_OCTET_STRING, &c3) ||
        !der_read(&contents, DER_OCTET_STRING, &c2)) {
        return 0;
    }
    if (contents.len != 0) { /* bytes behind CipherText, inside the SEQUENCE */
        return 0;
    }
    if (in.len != 0) { /* bytes behind the SEQUENCE */
        return 0;
    }
    if (c3.len != GMPKI_SM2_C3_LEN) {
        return 0;
    }
    if (c2.len == 0) {
        return 0;
    }
    reading->c3 = c3.data;
    reading->c2 = c2.data;
    reading->c2_len = c2.len;
    return sm2_point_decode(&reading->c1, xy) == GMPKI_OK;
}

/* C1 of c1_len bytes, then C3 and C2 in the format's order. C1 itself is decoded by the caller. */
static int split_plain(sm2_reading *reading, const uint8_t *ciphertext, size_t len, size_t c1_len, int c2_first) {
    if (len <= c1_len + GMPKI_SM2_C3_LEN) {
        return 0;
    }
    reading->c2_len = len - c1_len - GMPKI_SM2_C3_LEN;
    reading->c2 = ciphertext + c1_len + (c2_first ? 0 : GMPKI_SM2_C3_LEN);
    reading->c3 = ciphertext + c1_len + (c2_first ? reading->c2_len : 0);
    return 1;
}

int sm2_read_ciphertext(sm2_reading *reading, const uint8_t *ciphertext, size_t len, int format) {
    int c2_first = format == GMPKI_SM2_C1C2C3 || format == GMPKI_SM2_C1C2C3_BARE;
    switch (format) {
    case GMPKI_SM2_DER:
        return read_der(reading, ciphertext, len);
    case GMPKI_SM2_C1C3C2:
    case GMPKI_SM2_C1C2C3:
        return split_plain(reading, ciphertext, len, GMPKI_SM2_POINT_UNCOMPRESSED_LEN, c2_first) &&
               ciphertext[0] == PREFIX_UNCOMPRESSED && sm2_point_decode(&reading->c1, ciphertext + 1) == GMPKI_OK;
    case GMPKI_SM2_C1C3C2_BARE:
    case GMPKI_SM2_C1C2C3_BARE:
        return split_plain(reading, ciphertext, len, GMPKI_SM2_POINT_LEN, c2_first) &&
               sm2_point_decode(&reading->c1, ciphertext) == GMPKI_OK;
    default: /* GMPKI_SM2_C1C3C2_COMPRESSED */
        return split_plain(reading, ciphertext, len, GMPKI_SM2_POINT_COMPRESSED_LEN, 0) &&
               sm2_point_decompress_vartime(&reading->c1, ciphertext) == GMPKI_OK;
    }
}

static void lay_out_der(sm2_layout *layout, uint8_t *out, const uint8_t xy[GMPKI_SM2_POINT_LEN], size_t message_len) {
    size_t contents_len = der_uint256_len(xy) + der_uint256_len(xy + 32) + der_element_len(GMPKI_SM2_C3_LEN) +
                          der_element_len(message_len);
    out = der_write_header(out, DER_SEQUENCE, contents_len);
    out = der_write_uint256(out, xy);
    out = der_write_uint256(out, xy + 32);
    layout->c3 = der_write_header(out, DER_OCTET_STRING, GMPKI_SM2_C3_LEN);
    layout->c2 = der_write_header(layout->c3 + GMPKI_SM2_C3_LEN, DER_OCTET_STRING, message_len);
    layout->len = der_element_len(contents_len);
}

void sm2_lay_out_ciphertext(sm2_layout *layout, uint8_t *out, const affine *c1, size_t message_len, int format) {
    uint8_t xy[GMPKI_SM2_POINT_LEN];
    size_t c1_len;
    sm2_point_encode(xy, c1);
    if (format == GMPKI_SM2_DER) {
        lay_out_der(layout, out, xy, message_len);
        return;
    }
    if (format == GMPKI_SM2_C1C3C2_COMPRESSED) {
        c1_len = GMPKI_SM2_POINT_COMPRESSED_LEN;
        out[0] = (uint8_t)(0x02 | (xy[63] & 1));
        memcpy(out + 1, xy, 32);
    } else if (format == GMPKI_SM2_C1C3C2 || format == GMPKI_SM2_C1C2C3) {
        c1_len = GMPKI_SM2_POINT_UNCOMPRESSED_LEN;
        out[0] = PREFIX_UNCOMPRESSED;
        memcpy(out + 1, xy, sizeof xy);
    } else {
        c1_len = GMPKI_SM2_POINT_LEN;
        memcpy(out, xy, sizeof xy);
    }
    int c2_first = format == GMPKI_SM2_C1C2C3 || format == GMPKI_SM2_C1C2C3_BARE;
    layout->c2 = out + c1_len + (c2_first ? 0 : GMPKI_SM2_C3_LEN);
    layout->c3 = out + c1_len + (c2_first ? message_len : 0);
    layout->len = c1_len + GMPKI_SM2_C3_LEN + message_len;
}
