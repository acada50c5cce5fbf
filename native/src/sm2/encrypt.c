/* Encryption (GB/T 32918.4-2016 6.1). */
#include "common/bytes.h"
#include "common/ct.h"
#include "common/gate.h"
#include "sm2/cipher_format.h"
#include "sm2/shared.h"
#include "sm2/sm2.h"

/* An all-zero key stream is likeliest for one byte, once in 256 nonces: 64 in a row mean a broken random source. */
enum { MAX_NONCES = 64 };

/*
 * A2 C1 = kG; A4 (x2, y2) = kP; A5 t = KDF(x2 || y2, message_len), next nonce if t is all zeros; A6 C2 = M xor t;
 * A7 C3 = SM3(x2 || M || y2). A3, [h]P not infinity, holds for every loaded key, as h = 1.
 */
int sm2_encrypt_with_nonce(const gmpki_sm2_public_key *key, uint8_t *out, size_t *out_len, const uint8_t *message,
                           size_t message_len, int format, const fn *k) {
    point products[2];
    affine points[2], p; /* C1 and (x2, y2) */
    uint8_t shared[GMPKI_SM2_POINT_LEN];
    sm2_layout layout;
    sm2_public_point(&p, key);
    sm2_current()->multiply_base(&products[0], k);
    sm2_current()->multiply_point(&products[1], k, &p);
    (void)sm2_current()->to_affine_pair(points, products); /* finite: 0 < k < n and P has order n */
    DECLASSIFY(&points[0], sizeof points[0]);              /* C1 stands in the ciphertext */
    sm2_lay_out_ciphertext(&layout, out, &points[0], message_len, format);
    sm2_point_encode(shared, &points[1]);
    uint64_t usable = sm2_key_stream(layout.c2, message_len, shared);
    DECLASSIFY(&usable, sizeof usable); /* an unusable nonce is thrown away */
#ifdef GMPKI_TEST_BUILD
    usable &= (uint64_t)(sm2_test_refusals <= 0 || sm2_test_refusals-- <= 0);
#endif
    if (usable) {
        for (size_t i = 0; i < message_len; i++) {
            layout.c2[i] ^= message[i];
        }
        sm2_compute_c3(layout.c3, shared, message, message_len);
        *out_len = layout.len;
    }
    gmpki_cleanse(products, sizeof products);
    gmpki_cleanse(&points[1], sizeof points[1]);
    gmpki_cleanse(shared, sizeof shared);
    return usable ? GMPKI_OK : SM2_NEXT_NONCE;
}

static int is_one_format(int format) {
    return format > 0 && format <= SM2_ALL_FORMATS && (format & (format - 1)) == 0;
}

/* What is asked before anything is computed. */
static int check(const gmpki_sm2_public_key *key, size_t out_size, size_t message_len, int format) {
    if (!is_one_format(format)) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (message_len == 0 || message_len > GMPKI_SM2_MAX_PLAINTEXT_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    if (out_size < message_len + GMPKI_SM2_CIPHERTEXT_MAX_OVERHEAD) {
        return GMPKI_ERR_BUFFER;
    }
    int status = gate(GMPKI_SM2);
    if (status != GMPKI_OK) {
        return status;
    }
    return sm2_public_ready(key) ? GMPKI_OK : GMPKI_ERR_STATE;
}

int gmpki_sm2_encrypt(const gmpki_sm2_public_key *key, uint8_t *out, size_t out_size, size_t *out_len,
                      const uint8_t *message, size_t message_len, int format) {
    if (out_len != NULL) {
        *out_len = 0;
    }
    if (key == NULL || out == NULL || out_len == NULL || (message == NULL && message_len != 0)) {
        zero_output(out, out_size);
        return GMPKI_ERR_ARGUMENT;
    }
    fn k = {{0}};
    int status = check(key, out_size, message_len, format);
    if (status == GMPKI_OK) {
        status = SM2_NEXT_NONCE;
        for (int i = 0; i < MAX_NONCES && status == SM2_NEXT_NONCE; i++) {
            status = sm2_random_scalar(&k);
            if (status == GMPKI_OK) {
                status = sm2_encrypt_with_nonce(key, out, out_len, message, message_len, format, &k);
            }
        }
        status = status == SM2_NEXT_NONCE ? GMPKI_ERR_RANDOM : status;
    }
    if (status != GMPKI_OK) {
        gmpki_cleanse(out, out_size);
    }
    gmpki_cleanse(&k, sizeof k);
    return status;
}
