/*
 * SM2 decryption of arbitrary bytes in every format. The output buffer has exactly the size the header promises to
 * suffice, so that the address sanitizer sees any byte too many.
 */
#include "fuzz.h"

#include "gmpki/sm2.h"

static const uint8_t scalar[GMPKI_SM2_SCALAR_LEN] = {[0] = 0x39, [15] = 0x5A, [31] = 0x88};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static gmpki_sm2_private_key key;
    static int loaded;
    if (!loaded) {
        REQUIRE(gmpki_sm2_private_key_load(&key, scalar) == GMPKI_OK);
        loaded = 1;
    }
    if (len == 0) {
        return 0;
    }
    unsigned formats = data[0] & 63U;
    size_t ciphertext_len = len - 1;
    uint8_t *out = malloc(ciphertext_len + 1);
    REQUIRE(out != NULL);
    size_t out_len = 1;
    int status = gmpki_sm2_decrypt(&key, out, ciphertext_len, &out_len, data + 1, ciphertext_len, formats);
    if (status == GMPKI_OK) {
        REQUIRE(out_len > 0 && out_len + GMPKI_SM2_POINT_COMPRESSED_LEN + GMPKI_SM2_C3_LEN <= ciphertext_len);
    } else {
        REQUIRE(out_len == 0);
    }
    free(out);
    return 0;
}
