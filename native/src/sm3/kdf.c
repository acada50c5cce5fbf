/* The key derivation function of GB/T 32918.4-2016 5.4.3. */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm3/sm3.h"

/* K = Ha_1 || Ha_2 || ... with Ha_i = SM3(Z || i); Z is taken in once. */
void sm3_derive(uint8_t *key, size_t key_len, const uint8_t *z, size_t z_len) {
    gmpki_sm3_ctx start;
    gmpki_sm3_ctx ctx;
    uint8_t digest[GMPKI_SM3_DIGEST_LEN];
    uint8_t counter_bytes[4];
    sm3_start(&start);
    sm3_add(&start, z, z_len);
    for (uint32_t counter = 1; key_len != 0; counter++) {
        size_t part = key_len < sizeof digest ? key_len : sizeof digest;
        store_be32(counter_bytes, counter);
        ctx = start;
        sm3_add(&ctx, counter_bytes, sizeof counter_bytes);
        sm3_finish(&ctx, digest);
        memcpy(key, digest, part);
        key += part;
        key_len -= part;
    }
    gmpki_cleanse(&start, sizeof start);
    gmpki_cleanse(digest, sizeof digest);
}

int gmpki_sm3_kdf(uint8_t *key, size_t key_len, const uint8_t *z, size_t z_len) {
    if (key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (key_len == 0 || key_len > SM3_COUNTED_MAX_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int status = z == NULL && z_len != 0 ? GMPKI_ERR_ARGUMENT : gate(GMPKI_SM3);
    if (status != GMPKI_OK) {
        memset(key, 0, key_len);
        return status;
    }
    sm3_derive(key, key_len, z, z_len);
    return GMPKI_OK;
}
