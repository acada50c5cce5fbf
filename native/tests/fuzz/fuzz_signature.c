/* SM2Signature: what the strict decoder accepts is exactly what the encoder writes; what it refuses leaves zeros. */
#include "fuzz.h"

#include "gmpki/sm2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static const uint8_t zeros[GMPKI_SM2_SIGNATURE_LEN];
    uint8_t signature[GMPKI_SM2_SIGNATURE_LEN];
    uint8_t der[GMPKI_SM2_SIGNATURE_DER_MAX_LEN];
    size_t der_len = 0;

    memset(signature, 0xEE, sizeof signature);
    if (gmpki_sm2_signature_from_der(signature, data, len) == GMPKI_OK) {
        REQUIRE(gmpki_sm2_signature_to_der(der, sizeof der, &der_len, signature) == GMPKI_OK);
        REQUIRE(der_len == len && memcmp(der, data, len) == 0);
    } else {
        REQUIRE(memcmp(signature, zeros, sizeof zeros) == 0);
    }
    return 0;
}
