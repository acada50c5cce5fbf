/* Decryption (GB/T 32918.4-2016 7.1). */
#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm2/cipher_format.h"
#include "sm2/shared.h"
#include "sm2/sm2.h"

/*
 * B3 (x2, y2) = d C1; B4 t = KDF(x2 || y2, C2's length), refused if all zeros; B5 M = C2 xor t; B6 u = SM3(x2 || M ||
 * y2) must equal C3. B1, that C1 is on the curve, was checked when it was read; B2 holds as h = 1. Whichever step
 * fails, the work is the same and the plaintext is zeroed. All ones if M may leave.
 */
static uint64_t decrypt_reading(uint8_t *out, const sm2_reading *reading, const fn *d) {
    uint8_t shared[GMPKI_SM2_POINT_LEN];
    uint8_t u[GMPKI_SM2_C3_LEN];
    uint64_t good = sm2_shared_point(shared, d, &reading->c1);
    good &= sm2_key_stream(out, reading->c2_len, shared);
    for (size_t i = 0; i < reading->c2_len; i++) {
        out[i] ^= reading->c2[i];
    }
    sm2_compute_c3(u, shared, out, reading->c2_len);
    good &= mask_is_zero(difference(u, reading->c3, sizeof u));
    DECLASSIFY(&good, sizeof good); /* the status tells it */
    if (!good) {
        gmpki_cleanse(out, reading->c2_len);
    }
    gmpki_cleanse(shared, sizeof shared);
    gmpki_cleanse(u, sizeof u);
    return good;
}

/* Try each allowed format that the ciphertext can be. */
static int try_formats(const fn *d, uint8_t *out, size_t out_size, size_t *out_len, const uint8_t *ciphertext,
                       size_t ciphertext_len, unsigned formats) {
    int status = GMPKI_ERR_DECRYPT;
    for (int i = 0; i < SM2_FORMAT_COUNT; i++) {
        sm2_reading reading;
        if ((formats >> i & 1) == 0 || !sm2_read_ciphertext(&reading, ciphertext, ciphertext_len, 1 << i)) {
            continue;
        }
        if (reading.c2_len > out_size) {
            status = GMPKI_ERR_BUFFER; /* unless another reading fits and holds */
            continue;
        }
        if (decrypt_reading(out, &reading, d)) {
            *out_len = reading.c2_len;
            return GMPKI_OK;
        }
    }
    return status;
}

int gmpki_sm2_decrypt(const gmpki_sm2_private_key *key, uint8_t *out, size_t out_size, size_t *out_len,
                      const uint8_t *ciphertext, size_t ciphertext_len, unsigned formats) {
    if (out_len != NULL) {
        *out_len = 0;
    }
    if (key == NULL || out == NULL || out_len == NULL || (ciphertext == NULL && ciphertext_len != 0) || formats == 0 ||
        formats > SM2_ALL_FORMATS) {
        zero_output(out, out_size);
        return GMPKI_ERR_ARGUMENT;
    }
    int status = gate(GMPKI_SM2);
    if (status == GMPKI_OK && !sm2_private_ready(key)) {
        status = GMPKI_ERR_STATE;
    }
    if (status == GMPKI_OK) {
        fn d;
        sm2_private_scalar(&d, key);
        status = try_formats(&d, out, out_size, out_len, ciphertext, ciphertext_len, formats);
        gmpki_cleanse(&d, sizeof d);
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(out, out_size);
    }
    return status;
}
