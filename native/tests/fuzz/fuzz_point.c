/* Point decoding: an accepted point survives every form; its negative and its compressed form agree. */
#include "fuzz.h"

#include "gmpki/sm2.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static const size_t forms[] = {GMPKI_SM2_POINT_COMPRESSED_LEN, GMPKI_SM2_POINT_LEN,
                                   GMPKI_SM2_POINT_UNCOMPRESSED_LEN};
    gmpki_sm2_public_key key;
    gmpki_sm2_public_key again;
    uint8_t first[GMPKI_SM2_POINT_UNCOMPRESSED_LEN];
    uint8_t second[GMPKI_SM2_POINT_UNCOMPRESSED_LEN];

    if (gmpki_sm2_public_key_load(&key, data, len) != GMPKI_OK) {
        return 0;
    }
    REQUIRE(gmpki_sm2_public_key_store(&key, first, len) == GMPKI_OK);
    REQUIRE(memcmp(first, data, len) == 0);
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        REQUIRE(gmpki_sm2_public_key_store(&key, first, forms[i]) == GMPKI_OK);
        REQUIRE(gmpki_sm2_public_key_load(&again, first, forms[i]) == GMPKI_OK);
        REQUIRE(gmpki_sm2_public_key_store(&again, second, len) == GMPKI_OK);
        REQUIRE(memcmp(second, data, len) == 0);
    }
    return 0;
}
