/* HKDF (RFC 5869) with HMAC-SM3. */
#include "common/bytes.h"
#include "common/gate.h"
#include "sm3/sm3.h"

/* PRK = HMAC(salt, key material) (2.2). HMAC fills a short key with zeros, so no salt and 32 zero bytes are one. */
int gmpki_sm3_hkdf_extract(uint8_t prk[GMPKI_SM3_DIGEST_LEN], const uint8_t *salt, size_t salt_len,
                           const uint8_t *key_material, size_t key_material_len) {
    return gmpki_sm3_hmac(prk, salt, salt_len, key_material, key_material_len);
}

/* T(i) = HMAC(PRK, T(i-1) || info || i) with T(0) empty; the key is T(1) || T(2) || ... (2.3). */
static void expand(uint8_t *key, size_t key_len, const uint8_t *prk, size_t prk_len, const uint8_t *info,
                   size_t info_len) {
    gmpki_sm3_hmac_ctx keyed;
    gmpki_sm3_hmac_ctx hmac;
    uint8_t t[GMPKI_SM3_DIGEST_LEN];
    size_t t_len = 0;
    sm3_hmac_start(&keyed, prk, prk_len);
    for (uint8_t i = 1; key_len != 0; i++) {
        size_t part = key_len < sizeof t ? key_len : sizeof t;
        hmac = keyed;
        sm3_hmac_add(&hmac, t, t_len);
        sm3_hmac_add(&hmac, info, info_len);
        sm3_hmac_add(&hmac, &i, 1);
        sm3_hmac_finish(&hmac, t);
        t_len = sizeof t;
        memcpy(key, t, part);
        key += part;
        key_len -= part;
    }
    gmpki_cleanse(&keyed, sizeof keyed);
    gmpki_cleanse(t, sizeof t);
}

int gmpki_sm3_hkdf_expand(uint8_t *key, size_t key_len, const uint8_t *prk, size_t prk_len, const uint8_t *info,
                          size_t info_len) {
    if (key == NULL) {
        return GMPKI_ERR_ARGUMENT;
    }
    if (key_len == 0 || key_len > GMPKI_HKDF_SM3_MAX_LEN) {
        return GMPKI_ERR_LENGTH;
    }
    int status = prk_len < GMPKI_SM3_DIGEST_LEN ? GMPKI_ERR_LENGTH : gate(GMPKI_SM3);
    if (prk == NULL || (info == NULL && info_len != 0)) {
        status = GMPKI_ERR_ARGUMENT;
    }
    if (status != GMPKI_OK) {
        memset(key, 0, key_len);
        return status;
    }
    expand(key, key_len, prk, prk_len, info, info_len);
    return GMPKI_OK;
}
