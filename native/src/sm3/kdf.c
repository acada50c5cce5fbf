/* The key derivation function of GB/T 32918.4-2016 5.4.3. */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm3/sm3.h"

/* K = Ha_1 || Ha_2 || ... with Ha_i = SM3(Z || i); Z is taken in once, and the digests are made several at a time. */
void sm3_derive(uint8_t *key, size_t key_len, const uint8_t *z, size_t z_len) {
    gmpki_sm3_ctx start;
    uint8_t digests[SM3_MAX_LANES * GMPKI_SM3_DIGEST_LEN];
    uint8_t counters[SM3_MAX_LANES][4];
    const uint8_t *messages[SM3_MAX_LANES];
    size_t lens[SM3_MAX_LANES];
    uint32_t counter = 1;
    sm3_start(&start);
    sm3_add(&start, z, z_len);
    while (key_len != 0) {
        size_t part = key_len < sizeof digests ? key_len : sizeof digests;
        size_t count = (part + GMPKI_SM3_DIGEST_LEN - 1) / GMPKI_SM3_DIGEST_LEN;
        for (size_t i = 0; i < count; i++) {
            store_be32(counters[i], counter++);
            messages[i] = counters[i];
            lens[i] = sizeof counters[i];
        }
        sm3_batch(digests, &start, messages, lens, count);
        memcpy(key, digests, part);
        key += part;
        key_len -= part;
    }
    gmpki_cleanse(&start, sizeof start);
    gmpki_cleanse(digests, sizeof digests);
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
